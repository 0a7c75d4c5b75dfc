# SPDX-License-Identifier: GPL-2.0-only
"""net/core/sock.c: what all sockets have in common: making and ending one, its options, and who pays for its skbs.

An skb is paid for by the socket that made it (`skb_set_owner_w`), later by the one in whose queue it waits
(`skb_set_owner_r`); its destructor gives the bytes back. Left out: locks and reference counts (an orphaned socket ends
when its last skb does), streams, timers, socket filters, cgroups, memory pressure, bound CPU and busy polling.
"""

from __future__ import annotations

from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.gfp import GFP_KERNEL
from vethkernel.include.linux.jiffies import HZ, MAX_JIFFY_OFFSET
from vethkernel.include.linux.net import socket
from vethkernel.include.linux.skbuff import sk_buff, skb_queue_head_init
from vethkernel.include.linux.socket import msghdr
from vethkernel.include.net.dropreason import (
    SKB_DROP_REASON_SOCKET_RCVBUFF,
    SKB_NOT_DROPPED_YET,
    skb_drop_reason,
)
from vethkernel.include.net.sock import (
    SEND_SHUTDOWN,
    SK_CAN_REUSE,
    SK_NO_REUSE,
    SOCK_BROADCAST,
    SOCK_DBG,
    SOCK_DEAD,
    SOCK_KEEPOPEN,
    SOCK_LOCALROUTE,
    SOCK_MIN_RCVBUF,
    SOCK_MIN_SNDBUF,
    SOCK_RCVBUF_LOCK,
    SOCK_RCVTSTAMP,
    SOCK_RCVTSTAMPNS,
    SOCK_RXQ_OVFL,
    SOCK_SNDBUF_LOCK,
    SOCK_TIMESTAMP,
    SOCK_URGINLINE,
    SOCK_USE_WRITE_QUEUE,
    SOCK_ZAPPED,
    TCP_CLOSE,
    proto,
    sock,
    sock_error,
    sock_flag,
    sock_net_set,
    sock_orphan,
    sock_reset_flag,
    sock_set_flag,
    sock_valbool_flag,
    sock_writeable,
    sk_set_socket,
)
from vethkernel.include.uapi.asm_generic.errno import (
    EAGAIN,
    EDOM,
    EINVAL,
    ENODEV,
    ENOMEM,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPIPE,
)
from vethkernel.include.uapi.linux.if_ import IFNAMSIZ
from vethkernel.include.uapi.linux.socket import (
    MSG_ERRQUEUE,
    MSG_TRUNC,
    SO_ACCEPTCONN,
    SO_BINDTODEVICE,
    SO_BROADCAST,
    SO_BSDCOMPAT,
    SO_DEBUG,
    SO_DOMAIN,
    SO_DONTROUTE,
    SO_ERROR,
    SO_KEEPALIVE,
    SO_MARK,
    SO_NO_CHECK,
    SO_OOBINLINE,
    SO_PRIORITY,
    SO_PROTOCOL,
    SO_RCVBUF,
    SO_RCVBUFFORCE,
    SO_RCVLOWAT,
    SO_RCVTIMEO,
    SO_REUSEADDR,
    SO_REUSEPORT,
    SO_RXQ_OVFL,
    SO_SNDBUF,
    SO_SNDBUFFORCE,
    SO_SNDLOWAT,
    SO_SNDTIMEO,
    SO_TIMESTAMP,
    SO_TIMESTAMPNS,
    SO_TYPE,
)

INT_MAX = 0x7FFFFFFF
USEC_PER_SEC = 1_000_000
USEC_PER_JIFFY = USEC_PER_SEC // HZ
SK_MEM_DEFAULT = 212992  # 256 skbs with 256 bytes of packet each
SK_MEM_MAX = 4 << 20
OPTMEM_MAX = 128 << 10
MAX_SCHEDULE_TIMEOUT = MAX_JIFFY_OFFSET

# options that are a flag of the socket and nothing else
_FLAGS = {
    SO_DEBUG: SOCK_DBG,
    SO_BROADCAST: SOCK_BROADCAST,
    SO_DONTROUTE: SOCK_LOCALROUTE,
    SO_RXQ_OVFL: SOCK_RXQ_OVFL,
    SO_KEEPALIVE: SOCK_KEEPOPEN,
    SO_OOBINLINE: SOCK_URGINLINE,
}


def sock_set_timeout(optval: bytes, optlen: int) -> tuple[int, int]:
    """A struct timeval as jiffies: (0, they), or (negative errno, 0). `net/core/sock.c:331`"""
    if optlen < 16:
        return -EINVAL, 0
    seconds = int.from_bytes(optval[:8], "little", signed=True)
    micros = int.from_bytes(optval[8:16], "little", signed=True)
    if micros < 0 or micros >= USEC_PER_SEC:
        return -EDOM, 0
    if seconds < 0:
        return 0, 0
    if seconds == 0 and micros == 0:
        return 0, MAX_SCHEDULE_TIMEOUT
    return 0, min(seconds * HZ + (micros + USEC_PER_JIFFY - 1) // USEC_PER_JIFFY, MAX_SCHEDULE_TIMEOUT)


def sock_get_timeout(timeo: int) -> bytes:
    """Jiffies as a struct timeval. `net/core/sock.c:361 (6.1)`"""
    seconds, rest = (0, 0) if timeo == MAX_SCHEDULE_TIMEOUT else divmod(timeo, HZ)
    return seconds.to_bytes(8, "little") + (rest * USEC_PER_JIFFY).to_bytes(8, "little")


def sock_disable_timestamp(sk: sock, flags: int) -> None:
    """The socket no longer asks for the time of arrival. `net/core/sock.c:375`"""
    if sk.sk_flags & flags:
        sk.sk_flags &= ~flags
        net_disable_timestamp()


def sock_queue_rcv_skb_reason(sk: sock, skb: sk_buff) -> tuple[int, skb_drop_reason]:
    """Put a packet into the receive queue: (0, _), or (negative errno, reason) and the skb stays the caller's.
    `net/core/sock.c:515 (6.1)`"""
    if sk.sk_rmem_alloc >= sk.sk_rcvbuf:
        sk.sk_drops += 1
        return -ENOMEM, SKB_DROP_REASON_SOCKET_RCVBUFF
    skb.dev = None
    skb_set_owner_r(skb, sk)
    sk.sk_receive_queue.queue.append(skb)
    if not sk.sk_flags & 1 << SOCK_DEAD:
        sk.sk_data_ready(sk)
    return 0, SKB_NOT_DROPPED_YET


def sock_queue_rcv_skb(sk: sock, skb: sk_buff) -> int:
    """Put a packet into the receive queue: 0, or a negative errno and the skb is still the caller's.
    `net/core/sock.c:385`"""
    return sock_queue_rcv_skb_reason(sk, skb)[0]


def sk_dst_reset(sk: sock) -> None:
    """Forget the route of a connected socket. `include/net/sock.h:1775`"""
    sk.sk_dst_cache = None


def sk_dst_set(sk: sock, dst: Any) -> None:
    """Remember the route of a connected socket. `include/net/sock.h:1761`"""
    sk.sk_dst_cache = dst


def sk_dst_get(sk: sock) -> Any:
    """The remembered route, or None. `include/net/sock.h:1717`"""
    return sk.sk_dst_cache


def sk_dst_check(sk: sock, cookie: int) -> Any:
    """The remembered route if it still holds, else None. `net/core/sock.c:496`"""
    dst = sk_dst_get(sk)
    if dst is not None and dst.obsolete and dst.ops.check(dst, cookie) is None:
        sk_dst_reset(sk)
        return None
    return dst


def sock_setbindtodevice(sk: sock, optval: bytes, optlen: int) -> int:
    """SO_BINDTODEVICE: from now on only through this device; an empty name lifts it. `net/core/sock.c:510`"""
    devname = optval[: min(optlen, IFNAMSIZ - 1)].split(b"\0")[0].decode("latin-1")
    index = 0
    if devname:
        dev = dev_get_by_name_rcu(sk.sk_net, devname)
        if dev is None:
            return -ENODEV
        index = dev.ifindex
    return sock_bindtoindex(sk, index)


def sock_bindtoindex(sk: sock, ifindex: int) -> int:
    """Bind the socket to the device of that number; a route it remembered may lead elsewhere.
    `net/core/sock.c:657 (6.1)`"""
    sk.sk_bound_dev_if = ifindex
    if sk.sk_prot.rehash:
        sk.sk_prot.rehash(sk)
    sk_dst_reset(sk)
    return 0


def sock_getbindtodevice(sk: sock, len: int) -> tuple[int, bytes]:
    """The name of the device that the socket is bound to. `net/core/sock.c:568`"""
    if sk.sk_bound_dev_if == 0:
        return 0, b""
    if len < IFNAMSIZ:
        return -EINVAL, b""
    dev = dev_get_by_index_rcu(sk.sk_net, sk.sk_bound_dev_if)
    return (-ENODEV, b"") if dev is None else (0, dev.name.encode("latin-1") + b"\0")


def __sock_set_rcvbuf(sk: sock, val: int) -> None:
    """Set the receive buffer's limit: twice what was asked, since skbs need room themselves.
    `net/core/sock.c:952 (6.1)`"""
    sk.sk_userlocks |= SOCK_RCVBUF_LOCK
    sk.sk_rcvbuf = max(min(val, INT_MAX // 2) * 2, SOCK_MIN_RCVBUF)


def __sock_set_sndbuf(sk: sock, val: int) -> None:
    """Likewise the send buffer's; in C a label of sock_setsockopt."""
    sk.sk_userlocks |= SOCK_SNDBUF_LOCK
    sk.sk_sndbuf = max(min(val, INT_MAX // 2) * 2, SOCK_MIN_SNDBUF)
    sk.sk_write_space(sk)


def sock_set_timestamp(sk: sock, optname: int, valbool: bool) -> None:
    """SO_TIMESTAMP, SO_TIMESTAMPNS: tell the time of arrival in micro- or nanoseconds. `net/core/sock.c:844 (6.1)`"""
    if valbool:
        sock_set_flag(sk, SOCK_RCVTSTAMP)
        sock_valbool_flag(sk, SOCK_RCVTSTAMPNS, optname == SO_TIMESTAMPNS)
        sock_enable_timestamp(sk, SOCK_TIMESTAMP)
    else:
        sock_reset_flag(sk, SOCK_RCVTSTAMP)
        sock_reset_flag(sk, SOCK_RCVTSTAMPNS)


def sk_setsockopt(sk: sock, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """The options that all sockets have. `net/core/sock.c:1085 (6.1)`"""
    if optname == SO_BINDTODEVICE:
        return sock_setbindtodevice(sk, optval, optlen)
    if optlen < 4:
        return -EINVAL
    val = int.from_bytes(optval[:4], "little", signed=True)
    unsigned = val & 0xFFFFFFFF
    if optname in _FLAGS:
        sock_valbool_flag(sk, _FLAGS[optname], val)
        if optname == SO_DONTROUTE:
            sk_dst_reset(sk)
    elif optname in (SO_REUSEADDR, SO_REUSEPORT):
        if optname == SO_REUSEADDR:
            sk.sk_reuse = SK_CAN_REUSE if val else SK_NO_REUSE
        else:
            sk.sk_reuseport = bool(val)
    elif optname in (SO_SNDBUF, SO_SNDBUFFORCE):
        __sock_set_sndbuf(sk, min(unsigned, g.sysctl_wmem_max) if optname == SO_SNDBUF else max(val, 0))
    elif optname in (SO_RCVBUF, SO_RCVBUFFORCE):
        __sock_set_rcvbuf(sk, min(unsigned, g.sysctl_rmem_max) if optname == SO_RCVBUF else max(val, 0))
    elif optname == SO_NO_CHECK:
        sk.sk_no_check = bool(val)
    elif optname == SO_PRIORITY:
        sk.sk_priority = val
    elif optname == SO_MARK:
        sk.sk_mark = unsigned
    elif optname in (SO_TIMESTAMP, SO_TIMESTAMPNS):
        sock_set_timestamp(sk, optname, bool(val))
    elif optname == SO_RCVLOWAT:
        sk.sk_rcvlowat = INT_MAX if val < 0 else val or 1
    elif optname == SO_RCVTIMEO:
        err, timeo = sock_set_timeout(optval, optlen)
        sk.sk_rcvtimeo = sk.sk_rcvtimeo if err else timeo
        return err
    elif optname == SO_SNDTIMEO:
        err, timeo = sock_set_timeout(optval, optlen)
        sk.sk_sndtimeo = sk.sk_sndtimeo if err else timeo
        return err
    elif optname != SO_BSDCOMPAT:
        return -ENOPROTOOPT
    return 0


def sock_setsockopt(sock: socket, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """setsockopt(2) at level SOL_SOCKET. `net/core/sock.c:621`"""
    return sk_setsockopt(sock.sk, level, optname, optval, optlen)


def sock_option(sk: sock, optname: int) -> int | None:
    """The value of an option that is a number; None if there is no such option."""
    if optname in _FLAGS:
        return sock_flag(sk, _FLAGS[optname])
    if optname == SO_ERROR:
        err = -sock_error(sk)
        if not err:
            err, sk.sk_err_soft = sk.sk_err_soft, 0
        return err
    if optname in (SO_TIMESTAMP, SO_TIMESTAMPNS):
        nanoseconds = sock_flag(sk, SOCK_RCVTSTAMPNS)
        return nanoseconds if optname == SO_TIMESTAMPNS else sock_flag(sk, SOCK_RCVTSTAMP) and not nanoseconds
    return {
        SO_SNDBUF: sk.sk_sndbuf, SO_RCVBUF: sk.sk_rcvbuf, SO_REUSEADDR: sk.sk_reuse, SO_REUSEPORT: sk.sk_reuseport,
        SO_TYPE: sk.sk_type, SO_PROTOCOL: sk.sk_protocol, SO_DOMAIN: sk.sk_family, SO_NO_CHECK: sk.sk_no_check,
        SO_PRIORITY: sk.sk_priority, SO_RCVLOWAT: sk.sk_rcvlowat, SO_SNDLOWAT: 1, SO_ACCEPTCONN: 0,
        SO_MARK: sk.sk_mark, SO_BSDCOMPAT: 0,
    }.get(optname)  # fmt: skip


def sk_getsockopt(sk: sock, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """(0, the option's value, at most `optlen` bytes of it), or (negative errno, b""). `net/core/sock.c:1598 (6.1)`"""
    if optlen < 0:
        return -EINVAL, b""
    if optname == SO_BINDTODEVICE:
        return sock_getbindtodevice(sk, optlen)
    if optname in (SO_RCVTIMEO, SO_SNDTIMEO):
        return 0, sock_get_timeout(sk.sk_rcvtimeo if optname == SO_RCVTIMEO else sk.sk_sndtimeo)[:optlen]
    val = sock_option(sk, optname)
    if val is None:
        return -ENOPROTOOPT, b""
    return 0, (int(val) & 0xFFFFFFFF).to_bytes(4, "little")[:optlen]


def sock_getsockopt(sock: socket, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """getsockopt(2) at level SOL_SOCKET. `net/core/sock.c:925`"""
    return sk_getsockopt(sock.sk, level, optname, optlen)


def sk_prot_alloc(prot: proto, priority: int, family: int) -> sock:
    """The memory for a socket of that protocol. `net/core/sock.c:1225`"""
    return prot.slab()


def sk_alloc(net: Any, family: int, priority: int, prot: proto, kern: int = 0) -> sock:
    """A socket of the network's side, in namespace `net`, which it keeps alive unless it is the kernel's own.
    `net/core/sock.c:1314`"""
    sk = sk_prot_alloc(prot, priority, family)
    sk.sk_family = family
    sk.sk_prot = prot
    sk.sk_net_refcnt = not kern
    sock_net_set(sk, net if kern else get_net(net))
    sk.sk_wmem_alloc = 1
    return sk


def __sk_free(sk: sock) -> None:
    """Nothing of the socket is under way any more: it is gone. `net/core/sock.c:1339`"""
    if sk.sk_destruct:
        sk.sk_destruct(sk)
    sock_disable_timestamp(sk, 1 << SOCK_TIMESTAMP)
    if sk.sk_net_refcnt:
        put_net(sk.sk_net)


def sk_free(sk: sock) -> None:
    """Nobody holds the socket any more; what it sent may still be under way, and then ends it.
    `net/core/sock.c:1366`"""
    sk.sk_wmem_alloc -= 1
    if not sk.sk_wmem_alloc:
        __sk_free(sk)


def sock_put(sk: sock) -> None:
    """The last holder lets go: nobody else is counted. `include/net/sock.h:1645`"""
    sk_free(sk)


def sock_wfree(skb: sk_buff) -> None:
    """An skb that the socket sent has ended. `net/core/sock.c:1534`"""
    sk = skb.sk
    sk.sk_wmem_alloc -= skb.truesize
    if not sk.sk_flags & 1 << SOCK_USE_WRITE_QUEUE:
        sk.sk_write_space(sk)
    if not sk.sk_wmem_alloc:
        __sk_free(sk)


def skb_set_owner_w(skb: sk_buff, sk: sock) -> None:
    """The socket pays for an skb that it sends. `net/core/sock.c:2490 (6.1)`"""
    if skb.destructor is not None:
        skb_orphan(skb)
    skb.sk = sk
    skb.destructor = sock_wfree
    sk.sk_wmem_alloc += skb.truesize


def sock_rfree(skb: sk_buff) -> None:
    """An skb has left the socket's receive queue. `net/core/sock.c:1560`"""
    skb.sk.sk_rmem_alloc -= skb.truesize


def skb_set_owner_r(skb: sk_buff, sk: sock) -> None:
    """The socket pays for an skb in its receive queue. `include/net/sock.h:1995`"""
    if skb.destructor is not None:
        skb_orphan(skb)
    skb.sk = sk
    skb.destructor = sock_rfree
    sk.sk_rmem_alloc += skb.truesize


def sock_i_ino(sk: sock) -> int:
    """The number by which the socket's file is known, as /proc/net shows it. `net/core/sock.c:1594`"""
    return sk.sk_socket.ino if sk.sk_socket is not None else 0


def sock_wmalloc(sk: sock, size: int, force: int, priority: int) -> sk_buff:
    """An skb to send, paid for by the socket; None if its send buffer is used up. `net/core/sock.c:1608`"""
    if not force and sk.sk_wmem_alloc >= sk.sk_sndbuf:
        return None
    skb = __alloc_skb(size, priority, 0, -1)
    skb_set_owner_w(skb, sk)
    return skb


def sock_alloc_send_pskb(sk: sock, header_len: int, data_len: int, noblock: int) -> tuple[sk_buff, int]:
    """An skb to send and 0; or None and why there is none: an error that waited, or a full send buffer.
    `net/core/sock.c:1701`"""
    if sk.sk_err:
        return None, sock_error(sk)
    if sk.sk_shutdown & SEND_SHUTDOWN:
        return None, -EPIPE
    if sk.sk_wmem_alloc >= sk.sk_sndbuf:
        return None, -EAGAIN
    skb = __alloc_skb(header_len, sk.sk_allocation, 0, -1)
    skb_set_owner_w(skb, sk)
    return skb, 0


def sock_alloc_send_skb(sk: sock, size: int, noblock: int) -> tuple[sk_buff, int]:
    """An skb with room for `size` bytes to send, and 0; or None and a negative errno. `net/core/sock.c:1786`"""
    return sock_alloc_send_pskb(sk, size, 0, noblock)


def sock_no_connect(sock: socket, saddr: Any, len: int, flags: int) -> int:
    """The protocol has no such call. `net/core/sock.c:2031`"""
    return -EOPNOTSUPP


def sock_no_shutdown(sock: socket, how: int) -> int:
    """The protocol has no such call. `net/core/sock.c:2075`"""
    return -EOPNOTSUPP


def sock_def_wakeup(sk: sock) -> None:
    """The socket's state has changed: wake whoever waits for it. `net/core/sock.c:2134`"""
    for wake in sk.sk_wq:
        wake()


def sock_def_error_report(sk: sock) -> None:
    """The socket has an error to tell: wake whoever waits for it. `net/core/sock.c:2145`"""
    for wake in sk.sk_wq:
        wake()


def sock_def_readable(sk: sock) -> None:
    """The socket has something to read: wake whoever waits for it. `net/core/sock.c:2157`"""
    for wake in sk.sk_wq:
        wake()


def sock_def_write_space(sk: sock) -> None:
    """At least half of the send buffer is free: wake whoever waits for that. `net/core/sock.c:2170`"""
    if sk.sk_wq and sock_writeable(sk):
        for wake in sk.sk_wq:
            wake()


def sock_def_destruct(sk: sock) -> None:
    """Nothing to do for a protocol that keeps nothing. `net/core/sock.c:2193`"""


def sock_init_data(sock: socket | None, sk: sock) -> None:
    """A new socket's queues, limits and callbacks. `net/core/sock.c:2221`"""
    skb_queue_head_init(sk.sk_receive_queue)
    skb_queue_head_init(sk.sk_write_queue)
    skb_queue_head_init(sk.sk_error_queue)
    sk.sk_allocation = GFP_KERNEL
    sk.sk_rcvbuf = g.sysctl_rmem_default
    sk.sk_sndbuf = g.sysctl_wmem_default
    sk.sk_state = TCP_CLOSE
    sk_set_socket(sk, sock)
    sock_set_flag(sk, SOCK_ZAPPED)
    if sock is not None:
        sk.sk_type = sock.type
        sock.sk = sk
    sk.sk_state_change = sock_def_wakeup
    sk.sk_data_ready = sock_def_readable
    sk.sk_write_space = sock_def_write_space
    sk.sk_error_report = sock_def_error_report
    sk.sk_destruct = sock_def_destruct
    sk.sk_rcvlowat = 1
    sk.sk_rcvtimeo = MAX_SCHEDULE_TIMEOUT
    sk.sk_sndtimeo = MAX_SCHEDULE_TIMEOUT
    sk.sk_stamp = -1


def sock_enable_timestamp(sk: sock, flag: int) -> None:
    """The socket asks for the time of arrival, so packets must be stamped. `net/core/sock.c:2386`"""
    if not sock_flag(sk, flag):
        sock_set_flag(sk, flag)
        net_enable_timestamp()


def sock_recv_errqueue(sk: sock, msg: msghdr, len: int, level: int, type: int) -> int:
    """Fetch from the error queue: what was sent, and what became of it. `net/core/sock.c:3653 (6.1)`"""
    skb = sock_dequeue_err_skb(sk)
    if skb is None:
        return -EAGAIN
    copied = skb.len
    if copied > len:
        msg.msg_flags |= MSG_TRUNC
        copied = len
    skb_copy_datagram_iovec(skb, 0, msg.msg_iov, copied)
    sock_recv_timestamp(msg, sk, skb)
    ee = bytes(SKB_EXT_ERR(skb).ee)
    put_cmsg(msg, level, type, ee.__len__(), ee)
    msg.msg_flags |= MSG_ERRQUEUE
    consume_skb(skb)
    return copied


def sock_common_getsockopt(sock: socket, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """Hand on to the protocol. `net/core/sock.c:2409`"""
    return sock.sk.sk_prot.getsockopt(sock.sk, level, optname, optlen)


def sock_common_setsockopt(sock: socket, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """Hand on to the protocol. `net/core/sock.c:2450`"""
    return sock.sk.sk_prot.setsockopt(sock.sk, level, optname, optval, optlen)


def sk_common_release(sk: sock) -> None:
    """The program has closed the socket: out of the tables, and gone when its last packet is. `net/core/sock.c:2473`"""
    if sk.sk_prot.destroy:
        sk.sk_prot.destroy(sk)
    sk.sk_prot.unhash(sk)
    sock_orphan(sk)
    sock_put(sk)


from vethkernel.include.linux.errqueue import SKB_EXT_ERR
from vethkernel.include.net.net_namespace import get_net, put_net
from vethkernel.net.core.datagram import skb_copy_datagram_iovec
from vethkernel.net.core.dev import (
    dev_get_by_index_rcu,
    dev_get_by_name_rcu,
    net_disable_timestamp,
    net_enable_timestamp,
)
from vethkernel.net.core.scm import put_cmsg
from vethkernel.net.core.skbuff import __alloc_skb, consume_skb, skb_orphan, sock_dequeue_err_skb
from vethkernel.net.socket import sock_recv_timestamp
