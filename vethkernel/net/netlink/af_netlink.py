# SPDX-License-Identifier: GPL-2.0-only
"""net/netlink/af_netlink.c: sockets between programs and the kernel, and the rules by which it answers.

A program's message reaches the kernel's own socket and its `input` function, which goes through the requests in it by
`netlink_rcv_skb(skb, doit)`. Each may be answered by messages, by an acknowledgement (`netlink_ack`) with errno and
text, or by a dump that goes on as the program reads. Left out: shared-memory rings, waiting, capabilities, taps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vethkernel.globals import g
from vethkernel.include.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from vethkernel.include.linux.errno import ENOIOCTLCMD
from vethkernel.include.linux.gfp import GFP_KERNEL
from vethkernel.include.linux.net import SS_UNCONNECTED, net_proto_family, proto_ops, socket
from vethkernel.include.linux.netlink import (
    NETLINK_CB,
    NLMSG_GOODSIZE,
    netlink_callback,
    netlink_dump_control,
    netlink_ext_ack,
    netlink_kernel_cfg,
    netlink_skb_parms,
    nlmsg_hdr,
    nlmsgerr,
    nlmsghdr,
)
from vethkernel.include.linux.skbuff import __skb_queue_tail, sk_buff, skb_queue_empty, skb_reserve, skb_tailroom
from vethkernel.include.linux.socket import msghdr, sockaddr_nl
from vethkernel.include.net.net_namespace import get_net, net, net_eq, put_net
from vethkernel.include.net.netlink import (
    NLMSG_ALIGN,
    nl_dump_check_consistent,
    nla_put_string,
    nla_put_u32,
    nla_total_size,
    nlmsg_data,
    nlmsg_end,
    nlmsg_len,
    nlmsg_msg_size,
    nlmsg_multicast,
    nlmsg_new,
    nlmsg_put,
    nlmsg_put_answer,
    nlmsg_total_size,
    nlmsg_unicast,
)
from vethkernel.include.net.sock import proto, sock, sock_net, sock_net_set, sock_orphan
from vethkernel.include.uapi.asm_generic.errno import (
    EADDRINUSE,
    EAGAIN,
    EBUSY,
    ECONNREFUSED,
    EINTR,
    EINVAL,
    EMSGSIZE,
    ENOBUFS,
    ENODATA,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPROTONOSUPPORT,
    ESOCKTNOSUPPORT,
    ESRCH,
)
from vethkernel.include.uapi.linux.netlink import (
    NETLINK_ADD_MEMBERSHIP,
    NETLINK_BROADCAST_ERROR,
    NETLINK_CAP_ACK,
    NETLINK_CONNECTED,
    NETLINK_DROP_MEMBERSHIP,
    NETLINK_EXT_ACK,
    NETLINK_GET_STRICT_CHK,
    NETLINK_LISTEN_ALL_NSID,
    NETLINK_NO_ENOBUFS,
    NETLINK_PKTINFO,
    NLM_F_ACK,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLM_F_MULTI,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSG_HDRLEN,
    NLMSG_MIN_TYPE,
    NLMSGERR_ATTR_MISS_TYPE,
    NLMSGERR_ATTR_MSG,
    NLMSGERR_ATTR_OFFS,
)
from vethkernel.include.uapi.linux.socket import (
    AF_NETLINK,
    MSG_DONTWAIT,
    MSG_OOB,
    MSG_TRUNC,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_NETLINK,
)
from vethkernel.wire import Header, s32

PF_NETLINK = AF_NETLINK
MAX_LINKS = 32
U32 = 0xFFFFFFFF
NETLINK_S_CONGESTED = 1
MAX_RECVMSG_LEN = 32768
INT_MAX = 0x7FFFFFFF

# netlink_sock.flags; the socket options of the same names set them
NETLINK_F_KERNEL_SOCKET = 1 << 0
NETLINK_F_RECV_PKTINFO = 1 << 1
NETLINK_F_BROADCAST_SEND_ERROR = 1 << 2
NETLINK_F_RECV_NO_ENOBUFS = 1 << 3
NETLINK_F_LISTEN_ALL_NSID = 1 << 4
NETLINK_F_CAP_ACK = 1 << 5
NETLINK_F_EXT_ACK = 1 << 6
NETLINK_F_STRICT_CHK = 1 << 7

sockopt_flags = {
    NETLINK_PKTINFO: NETLINK_F_RECV_PKTINFO,
    NETLINK_BROADCAST_ERROR: NETLINK_F_BROADCAST_SEND_ERROR,
    NETLINK_NO_ENOBUFS: NETLINK_F_RECV_NO_ENOBUFS,
    NETLINK_LISTEN_ALL_NSID: NETLINK_F_LISTEN_ALL_NSID,
    NETLINK_CAP_ACK: NETLINK_F_CAP_ACK,
    NETLINK_EXT_ACK: NETLINK_F_EXT_ACK,
    NETLINK_GET_STRICT_CHK: NETLINK_F_STRICT_CHK,
}


class dump_done(Header):
    """What the last message of a dump holds: its errno."""

    __slots__ = ()
    SIZE = 4
    error = s32(0)


class netlink_sock:
    """A netlink socket. net/netlink/af_netlink.h; `groups` has bit N - 1 set for each group N that it listens to."""

    __slots__ = (
        "sk", "portid", "dst_portid", "dst_group", "flags", "subscriptions", "ngroups", "groups", "state",
        "max_recvmsg_len", "bound", "cb_running", "dump_done_errno", "cb", "netlink_rcv",
    )  # fmt: skip

    def __init__(self) -> None:
        self.sk = sock(self)
        self.portid = self.dst_portid = self.dst_group = self.flags = 0
        self.subscriptions = self.ngroups = self.groups = self.state = 0
        self.max_recvmsg_len = 0
        self.bound = False
        self.cb_running = False
        self.dump_done_errno = 0
        self.cb: netlink_callback = None
        self.netlink_rcv: Callable[[sk_buff], None] = None


@dataclass(slots=True, eq=False)
class netlink_table:
    """The sockets of one netlink protocol: by namespace and port, and those that listen to groups."""

    hash: dict[tuple[net, int], sock] = field(default_factory=dict)
    mc_list: list[sock] = field(default_factory=list)
    flags: int = 0
    groups: int = 0
    registered: int = 0


def nlk_sk(sk: sock) -> netlink_sock:
    """The netlink socket that a sock belongs to. `net/netlink/af_netlink.h:49`"""
    return sk.container


def netlink_is_kernel(sk: sock) -> bool:
    """Whether it is the kernel's end. `net/netlink/af_netlink.c:83`"""
    return bool(nlk_sk(sk).flags & NETLINK_F_KERNEL_SOCKET)


def netlink_group_mask(group: int) -> int:
    """A group's bit, as an address has it. `net/netlink/af_netlink.c:104`"""
    return 1 << (group - 1) if 0 < group <= 32 else 0


def netlink_overrun(sk: sock) -> None:
    """A message did not fit: the program will be told ENOBUFS. `net/netlink/af_netlink.c:114`"""
    nlk = nlk_sk(sk)
    if not nlk.flags & NETLINK_F_RECV_NO_ENOBUFS and not nlk.state & NETLINK_S_CONGESTED:
        nlk.state |= NETLINK_S_CONGESTED
        sk.sk_err = ENOBUFS
        sk.sk_error_report(sk)
    sk.sk_drops += 1


def netlink_rcv_wake(sk: sock) -> None:
    """The program has read: there is room again. `net/netlink/af_netlink.c:127`"""
    if skb_queue_empty(sk.sk_receive_queue):
        nlk_sk(sk).state &= ~NETLINK_S_CONGESTED


def netlink_skb_destructor(skb: sk_buff) -> None:
    """A message leaves the socket that pays for it. `net/netlink/af_netlink.c:719`"""
    sock_rfree(skb)


def netlink_skb_set_owner_r(skb: sk_buff, sk: sock) -> None:
    """Let a socket pay for a message. `net/netlink/af_netlink.c:757`"""
    skb.sk = sk
    skb.destructor = netlink_skb_destructor
    sk.sk_rmem_alloc += skb.truesize


def netlink_sock_destruct(sk: sock) -> None:
    """The socket is gone: so is what it never read. `net/netlink/af_netlink.c:766`"""
    nlk = nlk_sk(sk)
    if nlk.cb_running:
        if nlk.cb.done:
            nlk.cb.done(nlk.cb)
        nlk.cb_running = False
        kfree_skb(nlk.cb.skb)
    skb_queue_purge(sk.sk_receive_queue)


def netlink_lookup(net: net, protocol: int, portid: int) -> sock:
    """The socket with that port, or None. `net/netlink/af_netlink.c:857`"""
    return g.nl_table[protocol].hash.get((net, portid))


def netlink_insert(sk: sock, net: net, portid: int) -> int:
    """Give a socket its port. `net/netlink/af_netlink.c:977`"""
    nlk = nlk_sk(sk)
    if nlk.bound:
        return 0 if nlk.portid == portid else -EBUSY
    hash = g.nl_table[sk.sk_protocol].hash
    if (net, portid) in hash:
        return -EADDRINUSE
    hash[net, portid] = sk
    nlk.portid = portid
    nlk.bound = True
    return 0


def netlink_remove(sk: sock) -> None:
    """Take a socket out of the tables. `net/netlink/af_netlink.c:1016`"""
    table = g.nl_table[sk.sk_protocol]
    nlk = nlk_sk(sk)
    if nlk.bound:
        del table.hash[sock_net(sk), nlk.portid]
    if nlk.subscriptions:
        table.mc_list.remove(sk)


def __netlink_create(net: net, sock: socket, cb_mutex: None, protocol: int) -> int:
    """Make the network's side of a socket. `net/netlink/af_netlink.c:1032`"""
    sock.ops = netlink_ops
    sk = sk_alloc(net, PF_NETLINK, GFP_KERNEL, netlink_proto)
    sock_init_data(sock, sk)
    sk.sk_destruct = netlink_sock_destruct
    sk.sk_protocol = protocol
    return 0


def netlink_create(net: net, sock: socket, protocol: int, kern: int) -> int:
    """Make a program's netlink socket. `net/netlink/af_netlink.c:1063`"""
    sock.state = SS_UNCONNECTED
    if sock.type not in (SOCK_RAW, SOCK_DGRAM):
        return -ESOCKTNOSUPPORT
    if protocol < 0 or protocol >= MAX_LINKS or not g.nl_table[protocol].registered:
        return -EPROTONOSUPPORT
    return __netlink_create(net, sock, None, protocol)


def netlink_release(sock: socket) -> int:
    """The program has closed it. `net/netlink/af_netlink.c:1119`"""
    sk = sock.sk
    if sk is None:
        return 0
    netlink_remove(sk)
    sock_orphan(sk)
    sock.sk = None
    skb_queue_purge(sk.sk_write_queue)
    nlk_sk(sk).subscriptions = nlk_sk(sk).groups = 0
    sock_put(sk)
    return 0


def netlink_autobind(sock: socket) -> int:
    """Choose a port: the process's number, or a negative one if that is taken. `net/netlink/af_netlink.c:1182`"""
    sk = sock.sk
    net = sock_net(sk)
    portid = g.current.pid
    while netlink_lookup(net, sk.sk_protocol, portid) is not None:
        portid = g.nl_rover & U32
        g.nl_rover -= 1
    return netlink_insert(sk, net, portid)


def netlink_update_subscriptions(sk: sock, subscriptions: int) -> None:
    """Be among those that get group messages, or not. `net/netlink/af_netlink.c:1229`"""
    nlk = nlk_sk(sk)
    mc_list = g.nl_table[sk.sk_protocol].mc_list
    if nlk.subscriptions and not subscriptions:
        mc_list.remove(sk)
    elif not nlk.subscriptions and subscriptions:
        mc_list.append(sk)
    nlk.subscriptions = subscriptions


def netlink_bind(sock: socket, addr: sockaddr_nl, addr_len: int) -> int:
    """Take a port, and listen to groups. `net/netlink/af_netlink.c:1273`"""
    sk = sock.sk
    nlk = nlk_sk(sk)
    if addr_len < sockaddr_nl.SIZE or addr.sa_family != AF_NETLINK:
        return -EINVAL
    if nlk.bound:
        if addr.nl_pid != nlk.portid:
            return -EINVAL
    else:
        err = netlink_insert(sk, sock_net(sk), addr.nl_pid) if addr.nl_pid else netlink_autobind(sock)
        if err:
            return err
    groups = nlk.groups & ~U32 | addr.nl_groups
    netlink_update_subscriptions(sk, groups.bit_count())
    nlk.groups = groups
    return 0


def netlink_connect(sock: socket, addr: sockaddr_nl, alen: int, flags: int) -> int:
    """Say where messages without an address go. `net/netlink/af_netlink.c:1331`"""
    nlk = nlk_sk(sock.sk)
    if addr.sa_family != AF_NETLINK:
        return -EINVAL
    err = 0 if nlk.bound else netlink_autobind(sock)
    if err == 0:
        sock.sk.sk_state = NETLINK_CONNECTED
        nlk.dst_portid = addr.nl_pid
        nlk.dst_group = ffs(addr.nl_groups)
    return err


def ffs(x: int) -> int:
    """The number of the lowest bit that is set, from 1; 0 if none is. include/asm-generic/bitops/ffs.h"""
    return (x & -x).bit_length()


def netlink_getname(sock: socket, peer: int) -> tuple[int, sockaddr_nl]:
    """Its address, or the other side's. `net/netlink/af_netlink.c:1367`"""
    nlk = nlk_sk(sock.sk)
    if peer:
        return 0, sockaddr_nl(nlk.dst_portid, netlink_group_mask(nlk.dst_group))
    return 0, sockaddr_nl(nlk.portid, nlk.groups & U32)


def netlink_getsockbyportid(ssk: sock, portid: int) -> sock:
    """The socket that a message is for, or an error. `net/netlink/af_netlink.c:1388`"""
    sk = netlink_lookup(sock_net(ssk), ssk.sk_protocol, portid)
    if sk is None:
        return ERR_PTR(-ECONNREFUSED)
    if sk.sk_state == NETLINK_CONNECTED and nlk_sk(sk).dst_portid != nlk_sk(ssk).portid:
        return ERR_PTR(-ECONNREFUSED)
    return sk


def netlink_attachskb(sk: sock, skb: sk_buff, timeo: int, ssk: sock) -> int:
    """Let the receiver pay for a message, unless its buffer is full. `net/netlink/af_netlink.c:1433`"""
    if sk.sk_rmem_alloc > sk.sk_rcvbuf or nlk_sk(sk).state & NETLINK_S_CONGESTED:
        if ssk is None or netlink_is_kernel(ssk):
            netlink_overrun(sk)
        kfree_skb(skb)
        return -EAGAIN
    netlink_skb_set_owner_r(skb, sk)
    return 0


def __netlink_sendskb(sk: sock, skb: sk_buff) -> int:
    """Queue a message for the program. `net/netlink/af_netlink.c:1474`"""
    __skb_queue_tail(sk.sk_receive_queue, skb)
    sk.sk_data_ready(sk)
    return skb.len


def netlink_sendskb(sk: sock, skb: sk_buff) -> int:
    """The same. `net/netlink/af_netlink.c:1490`"""
    return __netlink_sendskb(sk, skb)


def netlink_trim(skb: sk_buff, allocation: int) -> sk_buff:
    """Give back the room that a message did not need: here the books alone. `net/netlink/af_netlink.c:1504`"""
    return skb


def netlink_unicast_kernel(sk: sock, skb: sk_buff, ssk: sock) -> int:
    """A program's message has reached the kernel: do what it asks. `net/netlink/af_netlink.c:1530`"""
    nlk = nlk_sk(sk)
    if nlk.netlink_rcv is None:
        kfree_skb(skb)
        return -ECONNREFUSED
    ret = skb.len
    netlink_skb_set_owner_r(skb, sk)
    NETLINK_CB(skb).sk = ssk
    nlk.netlink_rcv(skb)
    consume_skb(skb)
    return ret


def netlink_unicast(ssk: sock, skb: sk_buff, portid: int, nonblock: int) -> int:
    """Send a message to the socket with this port: its length, or a negative errno. `net/netlink/af_netlink.c:1550`"""
    skb = netlink_trim(skb, GFP_KERNEL)
    sk = netlink_getsockbyportid(ssk, portid)
    if IS_ERR(sk):
        kfree_skb(skb)
        return PTR_ERR(sk)
    if netlink_is_kernel(sk):
        return netlink_unicast_kernel(sk, skb, ssk)
    err = netlink_attachskb(sk, skb, 0, ssk)
    return err or netlink_sendskb(sk, skb)


def netlink_has_listeners(sk: sock, group: int) -> bool:
    """Whether anybody listens to the group, in any namespace. `net/netlink/af_netlink.c:1649`"""
    return any(nlk_sk(listener).groups >> (group - 1) & 1 for listener in g.nl_table[sk.sk_protocol].mc_list)


def netlink_strict_get_check(skb: sk_buff) -> bool:
    """Whether the sender wants its request read strictly. `net/netlink/af_netlink.c:1382 (6.1)`"""
    return bool(nlk_sk(NETLINK_CB(skb).sk).flags & NETLINK_F_STRICT_CHK)


def netlink_broadcast_deliver(sk: sock, skb: sk_buff) -> int:
    """Queue a group message for one listener: -1 if its buffer is full. `net/netlink/af_netlink.c:1668`"""
    if sk.sk_rmem_alloc <= sk.sk_rcvbuf and not nlk_sk(sk).state & NETLINK_S_CONGESTED:
        netlink_skb_set_owner_r(skb, sk)
        __netlink_sendskb(sk, skb)
        return int(sk.sk_rmem_alloc > sk.sk_rcvbuf >> 1)
    return -1


def do_one_broadcast(sk: sock, exclude_sk: sock, net: net, portid: int, group: int, skb: sk_buff) -> bool:
    """Give one listener its copy; whether it got it. `net/netlink/af_netlink.c:1696`"""
    nlk = nlk_sk(sk)
    if exclude_sk is sk or nlk.portid == portid or not nlk.groups >> (group - 1) & 1:
        return False
    if not net_eq(sock_net(sk), net):
        return False
    skb2 = skb_clone(skb, GFP_KERNEL)
    if netlink_broadcast_deliver(sk, skb2) < 0:
        netlink_overrun(sk)
        kfree_skb(skb2)
        return False
    return True


def netlink_broadcast(ssk: sock, skb: sk_buff, portid: int, group: int, allocation: int) -> int:
    """Send a message to all listeners of a group but `portid`: -ESRCH if there are none.
    `net/netlink/af_netlink.c:1808`"""
    net = sock_net(ssk)
    skb = netlink_trim(skb, allocation)
    listeners = list(g.nl_table[ssk.sk_protocol].mc_list)
    delivered = [do_one_broadcast(sk, ssk, net, portid, group, skb) for sk in listeners]
    consume_skb(skb)
    return 0 if any(delivered) else -ESRCH


def netlink_set_err(ssk: sock, portid: int, group: int, code: int) -> int:
    """Tell the listeners of a group that something was lost. `net/netlink/af_netlink.c:1859`"""
    for sk in g.nl_table[ssk.sk_protocol].mc_list:
        if net_eq(sock_net(sk), sock_net(ssk)) and nlk_sk(sk).groups >> (group - 1) & 1:
            sk.sk_err = -code
            sk.sk_error_report(sk)
    return 0


def netlink_update_socket_mc(nlk: netlink_sock, group: int, is_new: bool) -> None:
    """Join or leave a group. `net/netlink/af_netlink.c:1882`"""
    bit = 1 << (group - 1)
    groups = nlk.groups | bit if is_new else nlk.groups & ~bit
    netlink_update_subscriptions(nlk.sk, groups.bit_count())
    nlk.groups = groups


def netlink_setsockopt(sock: socket, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """Set an option of the family. `net/netlink/af_netlink.c:1898`"""
    nlk = nlk_sk(sock.sk)
    if level != SOL_NETLINK:
        return -ENOPROTOOPT
    val = int.from_bytes(optval[:4], "little") if optlen >= 4 else 0
    if optname in (NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP):
        if not val or val - 1 >= g.nl_table[sock.sk.sk_protocol].groups:
            return -EINVAL
        netlink_update_socket_mc(nlk, val, optname == NETLINK_ADD_MEMBERSHIP)
        return 0
    flag = sockopt_flags.get(optname)
    if flag is None:
        return -ENOPROTOOPT
    nlk.flags = nlk.flags | flag if val else nlk.flags & ~flag
    return 0


def netlink_getsockopt(sock: socket, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """Read an option of the family. `net/netlink/af_netlink.c:1984`"""
    if level != SOL_NETLINK or optname not in sockopt_flags:
        return -ENOPROTOOPT, b""
    if optlen < 4:
        return -EINVAL, b""
    return 0, int(bool(nlk_sk(sock.sk).flags & sockopt_flags[optname])).to_bytes(4, "little")


def netlink_sendmsg(sock: socket, msg: msghdr, len: int) -> int:
    """A program sends: mostly to the kernel. `net/netlink/af_netlink.c:2044`"""
    sk = sock.sk
    nlk = nlk_sk(sk)
    if msg.msg_flags & MSG_OOB:
        return -EOPNOTSUPP
    if len == 0:
        return -ENODATA
    dst_portid, dst_group = nlk.dst_portid, nlk.dst_group
    if msg.msg_name is not None:
        if msg.msg_name.sa_family != AF_NETLINK:
            return -EINVAL
        dst_portid, dst_group = msg.msg_name.nl_pid, ffs(msg.msg_name.nl_groups)
    if not nlk.bound:
        err = netlink_autobind(sock)
        if err:
            return err
    if len > sk.sk_sndbuf - 32:
        return -EMSGSIZE
    skb = alloc_skb(len, GFP_KERNEL)
    skb.cb = netlink_skb_parms(nlk.portid, dst_group)
    at = skb_put(skb, len)
    skb.head[at : at + len] = b"".join(msg.msg_iov)
    if dst_group:
        skb.users += 1
        netlink_broadcast(sk, skb, dst_portid, dst_group, GFP_KERNEL)
    return netlink_unicast(sk, skb, dst_portid, msg.msg_flags & MSG_DONTWAIT)


def netlink_recvmsg(sock: socket, msg: msghdr, len: int, flags: int) -> int:
    """A program reads a message; a dump in progress then goes on. `net/netlink/af_netlink.c:2130`"""
    sk = sock.sk
    nlk = nlk_sk(sk)
    if flags & MSG_OOB:
        return -EOPNOTSUPP
    skb, err = skb_recv_datagram(sk, flags)
    if skb is None:
        return err
    nlk.max_recvmsg_len = min(max(nlk.max_recvmsg_len, len), MAX_RECVMSG_LEN)
    whole = copied = skb.len
    if len < copied:
        msg.msg_flags |= MSG_TRUNC
        copied = len
    skb_copy_datagram_iovec(skb, 0, msg.msg_iov, copied)
    msg.msg_name = sockaddr_nl(NETLINK_CB(skb).portid, netlink_group_mask(NETLINK_CB(skb).dst_group))
    skb_free_datagram(sk, skb)
    if nlk.cb_running and sk.sk_rmem_alloc <= sk.sk_rcvbuf // 2:
        ret = netlink_dump(sk)
        if ret:
            sk.sk_err = -ret
            sk.sk_error_report(sk)
    netlink_rcv_wake(sk)
    return whole if flags & MSG_TRUNC else copied


def netlink_ioctl(sock: socket, cmd: int, arg: bytearray) -> int:
    """The family has none of its own. `net/netlink/af_netlink.c:1131 (6.1)`"""
    return -ENOIOCTLCMD


def __netlink_kernel_create(net: net, unit: int, cfg: netlink_kernel_cfg) -> sock:
    """The kernel's own end of a protocol in a namespace, which it does not hold. `net/netlink/af_netlink.c:2230`"""
    sock = socket()
    sock.type = SOCK_DGRAM
    __netlink_create(g.init_net, sock, None, unit)
    sk = sock.sk
    put_net(g.init_net)
    sock_net_set(sk, net)
    nlk = nlk_sk(sk)
    nlk.netlink_rcv = cfg.input
    netlink_insert(sk, net, 0)
    nlk.flags |= NETLINK_F_KERNEL_SOCKET
    table = g.nl_table[unit]
    if not table.registered:
        table.groups = max(cfg.groups, 32)
        table.flags = cfg.flags
    table.registered += 1
    return sk


def netlink_kernel_release(sk: sock) -> None:
    """The end of it. `net/netlink/af_netlink.c:2309`"""
    sock = sk.sk_socket
    netlink_remove(sk)
    nlk_sk(sk).bound = False
    g.nl_table[sk.sk_protocol].registered -= 1
    sock_net_set(sk, get_net(g.init_net))
    netlink_release(sock)


def __nlmsg_put(skb: sk_buff, portid: int, seq: int, type: int, len: int, flags: int) -> nlmsghdr:
    """Add a message's header and the room of its family header. `net/netlink/af_netlink.c:2386`"""
    if skb.cb is None:
        skb.cb = netlink_skb_parms()
    size = nlmsg_msg_size(len)
    total = NLMSG_ALIGN(size)
    at = skb_put(skb, total)
    skb.head[at : at + total] = bytes(total)
    nlh = nlmsghdr(skb.head, at)
    nlh.nlmsg_type = type
    nlh.nlmsg_len = size
    nlh.nlmsg_flags = flags
    nlh.nlmsg_pid = portid
    nlh.nlmsg_seq = seq
    return nlh


def netlink_dump_done(nlk: netlink_sock, skb: sk_buff, cb: netlink_callback, extack: netlink_ext_ack) -> int:
    """The message that ends a dump. `net/netlink/af_netlink.c:2147 (6.1)`"""
    nlh = nlmsg_put_answer(skb, cb, NLMSG_DONE, dump_done.SIZE, NLM_F_MULTI | cb.answer_flags)
    if nlh is None:
        return -ENOBUFS
    nl_dump_check_consistent(cb, nlh)
    dump_done(nlh.head, nlmsg_data(nlh)).error = nlk.dump_done_errno
    if extack._msg and nlk.flags & NETLINK_F_EXT_ACK:
        nlh.nlmsg_flags |= NLM_F_ACK_TLVS
        if not nla_put_string(skb, NLMSGERR_ATTR_MSG, extack._msg):
            nlmsg_end(skb, nlh)
    return 0


def netlink_dump(sk: sock) -> int:
    """Fill the next message of a dump, and end it if that was all. `net/netlink/af_netlink.c:2408`"""
    nlk = nlk_sk(sk)
    extack = netlink_ext_ack()
    if not nlk.cb_running:
        return -EINVAL
    if sk.sk_rmem_alloc >= sk.sk_rcvbuf:
        return -ENOBUFS
    cb = nlk.cb
    alloc_size = max(cb.min_dump_alloc, NLMSG_GOODSIZE, nlk.max_recvmsg_len)
    skb = alloc_skb(alloc_size, GFP_KERNEL)
    skb_reserve(skb, skb_tailroom(skb) - alloc_size)
    skb.cb = netlink_skb_parms()
    netlink_skb_set_owner_r(skb, sk)
    if nlk.dump_done_errno > 0:
        cb.extack = extack
        nlk.dump_done_errno = cb.dump(skb, cb)
        cb.extack = None
    if nlk.dump_done_errno > 0 or skb_tailroom(skb) < nlmsg_total_size(dump_done.SIZE):
        __netlink_sendskb(sk, skb)
        return 0
    if netlink_dump_done(nlk, skb, cb, extack):
        kfree_skb(skb)
        return -ENOBUFS
    __netlink_sendskb(sk, skb)
    if cb.done:
        cb.done(cb)
    nlk.cb_running = False
    consume_skb(cb.skb)
    return 0


def __netlink_dump_start(ssk: sock, skb: sk_buff, nlh: nlmsghdr, control: netlink_dump_control) -> int:
    """Begin to answer a request with a dump; -EINTR says that it began, and needs no acknowledgement.
    `net/netlink/af_netlink.c:2475`"""
    sk = netlink_lookup(sock_net(ssk), ssk.sk_protocol, NETLINK_CB(skb).portid)
    if sk is None:
        return -ECONNREFUSED
    nlk = nlk_sk(sk)
    if nlk.cb_running:
        return -EBUSY
    skb.users += 1
    cb = netlink_callback(skb, nlh, control.dump, control.done, control.data, min_dump_alloc=control.min_dump_alloc)
    cb.strict_check = bool(nlk_sk(NETLINK_CB(skb).sk).flags & NETLINK_F_STRICT_CHK)
    nlk.cb = cb
    if control.start:
        ret = control.start(cb)
        if ret:
            consume_skb(skb)
            return ret
    nlk.cb_running = True
    nlk.dump_done_errno = INT_MAX
    ret = netlink_dump(sk)
    return ret or -EINTR


def netlink_ack_tlv_len(nlk: netlink_sock, err: int, extack: netlink_ext_ack) -> int:
    """Room that the texts of an answer need. `net/netlink/af_netlink.c:2367 (6.1)`"""
    tlvlen = 0
    if extack is None or not nlk.flags & NETLINK_F_EXT_ACK:
        return 0
    if extack._msg:
        tlvlen += nla_total_size(len(extack._msg) + 1)
    if err and extack.bad_attr is not None:
        tlvlen += nla_total_size(4)
    if err and extack.miss_type:
        tlvlen += nla_total_size(4)
    return tlvlen


def netlink_ack_tlv_fill(in_skb: sk_buff, skb: sk_buff, nlh: nlmsghdr, err: int, extack: netlink_ext_ack) -> None:
    """Write them: what is wrong, and where in the request. `net/netlink/af_netlink.c:2398 (6.1)`"""
    if extack._msg:
        nla_put_string(skb, NLMSGERR_ATTR_MSG, extack._msg)
    if not err:
        return
    bad = extack.bad_attr
    if bad is not None and bad.head is in_skb.head:
        nla_put_u32(skb, NLMSGERR_ATTR_OFFS, bad.off - nlh.off)
    if extack.miss_type:
        nla_put_u32(skb, NLMSGERR_ATTR_MISS_TYPE, extack.miss_type)


def netlink_ack(in_skb: sk_buff, nlh: nlmsghdr, err: int, extack: netlink_ext_ack) -> None:
    """Answer a request with its errno, and what more there is to say. `net/netlink/af_netlink.c:2549`"""
    nlk = nlk_sk(NETLINK_CB(in_skb).sk)
    payload = nlmsgerr.SIZE
    flags = 0
    if err and not nlk.flags & NETLINK_F_CAP_ACK:
        payload += nlmsg_len(nlh)
    else:
        flags |= NLM_F_CAPPED
    tlvlen = netlink_ack_tlv_len(nlk, err, extack)
    if tlvlen:
        flags |= NLM_F_ACK_TLVS
    skb = nlmsg_new(payload + tlvlen, GFP_KERNEL)
    rep = nlmsg_put(skb, NETLINK_CB(in_skb).portid, nlh.nlmsg_seq, NLMSG_ERROR, payload, flags)
    at = nlmsg_data(rep)
    nlmsgerr(rep.head, at).error = err
    rep.head[at + 4 : at + payload] = nlh.head[nlh.off : nlh.off + payload - 4]
    if tlvlen:
        netlink_ack_tlv_fill(in_skb, skb, nlh, err, extack)
    nlmsg_end(skb, rep)
    nlmsg_unicast(in_skb.sk, skb, NETLINK_CB(in_skb).portid)


def netlink_rcv_skb(skb: sk_buff, cb: Callable[[sk_buff, nlmsghdr, netlink_ext_ack], int]) -> int:
    """Call `cb` for each request in a program's message, and answer it. `net/netlink/af_netlink.c:2585`"""
    while skb.len >= nlmsg_total_size(0):
        nlh = nlmsg_hdr(skb)
        extack = netlink_ext_ack()
        err = 0
        if nlh.nlmsg_len < NLMSG_HDRLEN or skb.len < nlh.nlmsg_len:
            return 0
        if nlh.nlmsg_flags & NLM_F_REQUEST and nlh.nlmsg_type >= NLMSG_MIN_TYPE:
            err = cb(skb, nlh, extack)
        if err != -EINTR and (nlh.nlmsg_flags & NLM_F_ACK or err):
            netlink_ack(skb, nlh, err, extack)
        skb_pull(skb, min(NLMSG_ALIGN(nlh.nlmsg_len), skb.len))
    return 0


def nlmsg_notify(sk: sock, skb: sk_buff, portid: int, group: int, report: int, flags: int) -> int:
    """Tell a group, and who asked for the change if it wants that too. `net/netlink/af_netlink.c:2636`"""
    err = 0
    if group:
        exclude_portid = 0
        if report:
            skb.users += 1
            exclude_portid = portid
        err = nlmsg_multicast(sk, skb, exclude_portid, group, flags)
        if err == -ESRCH:
            err = 0
    if report:
        err2 = nlmsg_unicast(sk, skb, portid)
        err = err or err2
    return err


netlink_proto = proto(name="NETLINK", slab=lambda: netlink_sock().sk)
netlink_family_ops = net_proto_family(family=PF_NETLINK, create=netlink_create)


def netlink_proto_init() -> int:
    """The family begins, and rtnetlink with it. `net/netlink/af_netlink.c:2886`"""
    g.nl_table = [netlink_table() for _ in range(MAX_LINKS)]
    g.nl_rover = -4097
    sock_register(netlink_family_ops)
    rtnetlink_init()
    return 0


from vethkernel.net.core.datagram import (
    datagram_poll,
    skb_copy_datagram_iovec,
    skb_free_datagram,
    skb_recv_datagram,
)
from vethkernel.net.core.rtnetlink import rtnetlink_init
from vethkernel.net.core.skbuff import (
    alloc_skb,
    consume_skb,
    kfree_skb,
    skb_clone,
    skb_pull,
    skb_put,
    skb_queue_purge,
)
from vethkernel.net.core.sock import (
    sk_alloc,
    sock_init_data,
    sock_no_shutdown,
    sock_put,
    sock_rfree,
)
from vethkernel.net.socket import sock_register

netlink_ops = proto_ops(
    family=PF_NETLINK,
    release=netlink_release,
    bind=netlink_bind,
    connect=netlink_connect,
    getname=netlink_getname,
    poll=datagram_poll,
    ioctl=netlink_ioctl,
    shutdown=sock_no_shutdown,
    setsockopt=netlink_setsockopt,
    getsockopt=netlink_getsockopt,
    sendmsg=netlink_sendmsg,
    recvmsg=netlink_recvmsg,
)
