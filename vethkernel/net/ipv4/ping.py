# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/ping.c: ping sockets, which send and receive ICMP echo without privileges; the kernel writes the identifier.

ping tries one first, but the range of groups that may have one (ping_group_range) is empty at boot.
"""

from __future__ import annotations

from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.icmp import icmp_hdr, icmphdr, ICMPHDR_ID
from vethkernel.include.linux.ip import ip_hdr, iphdr
from vethkernel.include.linux.seq_file import seq_file, seq_printf
from vethkernel.include.linux.skbuff import CHECKSUM_NONE, sk_buff, skb_peek
from vethkernel.include.linux.socket import msghdr, sockaddr_in
from vethkernel.include.net.checksum import csum_fold, csum_partial
from vethkernel.include.net.dropreason import SKB_DROP_REASON_NO_SOCKET, SKB_NOT_DROPPED_YET, skb_drop_reason
from vethkernel.include.net.flow import flowi4, flowi4_init_output
from vethkernel.include.net.inet_sock import inet_sk_flowi_flags, swab32
from vethkernel.include.net.ip import ipcm_cookie
from vethkernel.include.net.ping import PING_HTABLE_MASK, ping_sock, ping_table, pingfakehdr
from vethkernel.include.net.sock import (
    SOCK_BINDADDR_LOCK,
    SOCK_BINDPORT_LOCK,
    SOCK_BROADCAST,
    SOCK_LOCALROUTE,
    TCP_ESTABLISHED,
    proto,
    sk_rmem_alloc_get,
    sk_wmem_alloc_get,
    sock,
    sock_flag,
)
from vethkernel.include.uapi.asm_generic.errno import (
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EDESTADDRREQ,
    EHOSTUNREACH,
    EINVAL,
    EMSGSIZE,
    ENETUNREACH,
    EOPNOTSUPP,
    EPROTO,
    EREMOTEIO,
)
from vethkernel.include.uapi.linux.icmp import (
    ICMP_DEST_UNREACH,
    ICMP_ECHO,
    ICMP_FRAG_NEEDED,
    ICMP_PARAMETERPROB,
    ICMP_REDIRECT,
    ICMP_SOURCE_QUENCH,
    NR_ICMP_UNREACH,
)
from vethkernel.include.uapi.linux.in_ import IP_PMTUDISC_DONT
from vethkernel.include.uapi.linux.in_route import RTCF_BROADCAST
from vethkernel.include.uapi.linux.rtnetlink import RT_SCOPE_UNIVERSE, RTN_LOCAL, RTN_UNICAST
from vethkernel.include.uapi.linux.snmp import IPSTATS_MIB_OUTNOROUTES
from vethkernel.include.uapi.linux.socket import AF_INET, AF_UNSPEC, MSG_DONTROUTE, MSG_ERRQUEUE, MSG_OOB, MSG_TRUNC
from vethkernel.wire import get_be16

ROOT_GID = 0  # every task is root


def ping_hashslot(table: ping_table, net: Any, num: int) -> list[sock]:
    """The sockets among which an identifier's is. `net/ipv4/ping.c:62`"""
    return table.hash[num + net.hash_mix & PING_HTABLE_MASK]


def ping_get_port(sk: sock, ident: int) -> int:
    """Take the identifier, or the next free one for 0; 1 if it is in use. `net/ipv4/ping.c:78 (6.1)`"""
    net, isk = sk.sk_net, sk.container
    if ident:
        for sk2 in ping_hashslot(g.ping_table, net, ident):
            same = sk2.sk_net is net and sk2.container.inet_num == ident and sk2 is not sk
            if same and (not sk2.sk_reuse or not sk.sk_reuse):
                return 1
    else:
        used = {sk2.container.inet_num for head in g.ping_table.hash for sk2 in head if sk2.sk_net is net}
        candidates = (g.ping_port_rover + i & 0xFFFF for i in range(1, 0x10001))
        ident = next((i for i in candidates if i and i not in used), 0)
        if not ident:
            return 1
        g.ping_port_rover = ident
    isk.inet_num = ident
    head = ping_hashslot(g.ping_table, net, ident)
    if sk not in head:
        head.insert(0, sk)
    return 0


def ping_unhash(sk: sock) -> None:
    """Give the identifier back. `net/ipv4/ping.c:155 (6.1)`"""
    isk = sk.container
    head = ping_hashslot(g.ping_table, sk.sk_net, isk.inet_num)
    if sk in head:
        head.remove(sk)
        isk.inet_num = isk.inet_sport = 0


def ping_lookup(net: Any, skb: sk_buff, ident: int) -> sock:
    """The socket with this identifier that the message is for, or None. `net/ipv4/ping.c:171 (6.1)`"""
    for sk in ping_hashslot(g.ping_table, net, ident):
        isk = sk.container
        if (
            sk.sk_net is net
            and isk.inet_num == ident
            and isk.inet_rcv_saddr in (0, ip_hdr(skb).daddr)
            and sk.sk_bound_dev_if in (0, inet_iif(skb))
        ):
            return sk
    return None


def ping_init_sock(sk: sock) -> int:
    """Only members of certain groups may have a ping socket. `net/ipv4/ping.c:203`"""
    sk.sk_reuse = 1
    low, high = sk.sk_net.ipv4.ping_group_range.range
    return 0 if low <= ROOT_GID <= high else -EACCES


def ping_close(sk: sock, timeout: int) -> None:
    """The program has closed the socket. `net/ipv4/ping.c:229`"""
    sk_common_release(sk)


def ping_check_bind_addr(sk: sock, uaddr: sockaddr_in, addr_len: int) -> int:
    """0 if the address is one of ours, or none. `net/ipv4/ping.c:318 (6.1)`"""
    if addr_len < sockaddr_in.SIZE:
        return -EINVAL
    if uaddr.sa_family != AF_INET and not (uaddr.sa_family == AF_UNSPEC and not uaddr.sin_addr):
        return -EAFNOSUPPORT
    if not uaddr.sin_addr:
        return 0
    chk_addr_ret = inet_addr_type(sk.sk_net, uaddr.sin_addr)
    nonlocal_ok = inet_can_nonlocal_bind(sk.sk_net, sk.container) and chk_addr_ret in (RTN_UNICAST, RTN_LOCAL)
    return 0 if chk_addr_ret == RTN_LOCAL or nonlocal_ok else -EADDRNOTAVAIL


def ping_bind(sk: sock, uaddr: sockaddr_in, addr_len: int) -> int:
    """Take an address, and the "port" as identifier. `net/ipv4/ping.c:427 (6.1)`"""
    isk = sk.container
    err = ping_check_bind_addr(sk, uaddr, addr_len)
    if err:
        return err
    if isk.inet_num:
        return -EINVAL
    isk.inet_rcv_saddr = isk.inet_saddr = uaddr.sin_addr
    if ping_get_port(sk, uaddr.sin_port):
        isk.inet_saddr = isk.inet_rcv_saddr = 0
        return -EADDRINUSE
    if isk.inet_rcv_saddr:
        sk.sk_userlocks |= SOCK_BINDADDR_LOCK
    if uaddr.sin_port:
        sk.sk_userlocks |= SOCK_BINDPORT_LOCK
    isk.inet_sport = isk.inet_num
    isk.inet_daddr = isk.inet_dport = 0
    sk_dst_reset(sk)
    return 0


def ping_supported(type: int, code: int) -> bool:
    """Echo requests alone can be sent. `net/ipv4/ping.c:306`"""
    return type == ICMP_ECHO and code == 0


def ping_err(skb: sk_buff, info: int) -> None:
    """An ICMP error about an echo request of ours. `net/ipv4/ping.c:320`"""
    net = skb.dev.nd_net
    iph = iphdr(skb.head, skb.data)
    icmph = icmphdr(skb.head, skb.data + iph.ihl * 4)
    type, code = icmp_hdr(skb).type, icmp_hdr(skb).code
    if not ping_supported(icmph.type, icmph.code):
        return
    sk = ping_lookup(net, skb, icmph.id)
    if sk is None:
        return
    inet = sk.container
    err, harderr = EHOSTUNREACH, False
    if type == ICMP_SOURCE_QUENCH:
        err = EREMOTEIO
    elif type == ICMP_PARAMETERPROB:
        err, harderr = EPROTO, True
    elif type == ICMP_DEST_UNREACH and code == ICMP_FRAG_NEEDED:
        ipv4_sk_update_pmtu(skb, sk, info)
        if inet.pmtudisc == IP_PMTUDISC_DONT:
            return
        err, harderr = EMSGSIZE, True
    elif type == ICMP_DEST_UNREACH and code <= NR_ICMP_UNREACH:
        err, harderr = icmp_err_convert[code].errno, icmp_err_convert[code].fatal
    elif type == ICMP_REDIRECT:
        ipv4_sk_redirect(skb, sk)
        err = EREMOTEIO
    if inet.recverr:
        ip_icmp_error(sk, skb, err, 0, info, icmph.off)
    elif not harderr or sk.sk_state != TCP_ESTABLISHED:
        return
    sk.sk_err = err
    sk.sk_error_report(sk)


def ping_getfrag(pfh: pingfakehdr, to: int, offset: int, fraglen: int, odd: int, skb: sk_buff) -> int:
    """Copy a piece of the program's data into the packet, and sum it up. `net/ipv4/ping.c:416`"""
    data = memcpy_fromiovecend(pfh.iov, offset, fraglen)
    skb.head[to : to + fraglen] = data
    pfh.wcheck = csum_block_add(pfh.wcheck, csum_partial(data, fraglen, 0), offset)
    return 0


def ping_push_pending_frames(sk: sock, pfh: pingfakehdr, fl4: flowi4) -> int:
    """Write the echo header with its checksum, and send. `net/ipv4/ping.c:440`"""
    skb = skb_peek(sk.sk_write_queue)
    if skb is None:
        return 0
    header = pfh.icmph
    pfh.wcheck = csum_partial(bytes(header), icmphdr.SIZE, pfh.wcheck)
    header.checksum = csum_fold(pfh.wcheck)
    skb.head[skb.transport_header : skb.transport_header + icmphdr.SIZE] = bytes(header)
    skb.ip_summed = CHECKSUM_NONE
    return ip_push_pending_frames(sk, fl4)


def ping_common_sendmsg(family: int, msg: msghdr, len: int) -> tuple[int, icmphdr]:
    """Take the program's echo header off its data: (0, the header), or (negative errno, None).
    `net/ipv4/ping.c:662 (6.1)`"""
    if len > 0xFFFF:
        return -EMSGSIZE, None
    if len < icmphdr.SIZE:
        return -EINVAL, None
    if msg.msg_flags & MSG_OOB:
        return -EOPNOTSUPP, None
    user_icmph = icmphdr(bytearray(memcpy_fromiovec(msg.msg_iov, icmphdr.SIZE)))
    if not ping_supported(user_icmph.type, user_icmph.code):
        return -EINVAL, None
    return 0, user_icmph


def ping_sendmsg(sk: sock, msg: msghdr, len: int) -> int:
    """Send an echo request. `net/ipv4/ping.c:453`"""
    inet, net = sk.container, sk.sk_net
    err, user_icmph = ping_common_sendmsg(AF_INET, msg, len)
    if err:
        return err
    if msg.msg_name is not None:
        if msg.msg_name.sa_family != AF_INET:
            return -EAFNOSUPPORT
        daddr = msg.msg_name.sin_addr
    else:
        if sk.sk_state != TCP_ESTABLISHED:
            return -EDESTADDRREQ
        daddr = inet.inet_daddr
    ipc = ipcm_cookie()
    ipcm_init_sk(ipc, inet)
    if msg.msg_control:
        err = ip_cmsg_send(sk, msg, ipc)
        if err:
            return err
    saddr, ipc.addr = ipc.addr, daddr
    tos = get_rttos(ipc, inet)
    if sock_flag(sk, SOCK_LOCALROUTE) or msg.msg_flags & MSG_DONTROUTE:
        tos |= RTO_ONLINK
    if ipv4_is_multicast(daddr):
        ipc.oif = ipc.oif or inet.mc_index
        saddr = saddr or inet.mc_addr
    elif not ipc.oif:
        ipc.oif = inet.uc_index
    fl4 = flowi4()
    flowi4_init_output(
        fl4, ipc.oif, sk.sk_mark, tos, RT_SCOPE_UNIVERSE, sk.sk_protocol, inet_sk_flowi_flags(sk), daddr, saddr, 0, 0
    )
    fl4.fl4_icmp_type, fl4.fl4_icmp_code = user_icmph.type, user_icmph.code
    rt = ip_route_output_flow(net, fl4, sk)
    if IS_ERR(rt):
        if rt == -ENETUNREACH:
            IP_INC_STATS_BH(net, IPSTATS_MIB_OUTNOROUTES)
        return rt
    if rt.rt_flags & RTCF_BROADCAST and not sock_flag(sk, SOCK_BROADCAST):
        return -EACCES
    ipc.addr = ipc.addr or fl4.daddr
    user_icmph.checksum = 0
    user_icmph.id = inet.inet_sport
    pfh = pingfakehdr(user_icmph, msg.msg_iov)
    err = ip_append_data(sk, fl4, ping_getfrag, pfh, len, icmphdr.SIZE, ipc, rt, msg.msg_flags)
    if err:
        ip_flush_pending_frames(sk)
    else:
        err = ping_push_pending_frames(sk, pfh, fl4)
    return err or len


def ping_recvmsg(sk: sock, msg: msghdr, len: int, flags: int) -> int:
    """Fetch an echo reply, from its ICMP header on; or, with MSG_ERRQUEUE, an error. `net/ipv4/ping.c:625`"""
    if flags & MSG_OOB:
        return -EOPNOTSUPP
    if flags & MSG_ERRQUEUE:
        return ip_recv_error(sk, msg, len)
    skb, err = skb_recv_datagram(sk, flags)
    if skb is None:
        return err
    copied = skb.len
    if copied > len:
        msg.msg_flags |= MSG_TRUNC
        copied = len
    skb_copy_datagram_iovec(skb, 0, msg.msg_iov, copied)
    sock_recv_timestamp(msg, sk, skb)
    msg.msg_name = sockaddr_in(ip_hdr(skb).saddr)
    if sk.container.cmsg_flags:
        ip_cmsg_recv(msg, skb)
    skb_free_datagram(sk, skb)
    return copied


def __ping_queue_rcv_skb(sk: sock, skb: sk_buff) -> skb_drop_reason:
    """Put the message into the socket's queue, or drop it and say why. `net/ipv4/ping.c:957 (6.1)`"""
    err, reason = sock_queue_rcv_skb_reason(sk, skb)
    if err < 0:
        kfree_skb_reason(skb, reason)
        return reason
    return SKB_NOT_DROPPED_YET


def ping_queue_rcv_skb(sk: sock, skb: sk_buff) -> int:
    """The same, 0 or -1. `net/ipv4/ping.c:680`"""
    return -1 if __ping_queue_rcv_skb(sk, skb) else 0


def ping_rcv(skb: sk_buff) -> skb_drop_reason:
    """An echo reply has come in: give a clone to the ping socket it is for. `net/ipv4/ping.c:697`"""
    net = skb.dev.nd_net
    icmph = skb.transport_header
    skb_push(skb, skb.data - icmph)
    sk = ping_lookup(net, skb, get_be16(skb.head, icmph + ICMPHDR_ID)[0])
    if sk is None:
        return SKB_DROP_REASON_NO_SOCKET
    return __ping_queue_rcv_skb(sk, skb_clone(skb, GFP_ATOMIC))


def ping_v4_format_sock(sp: sock, f: seq_file, bucket: int) -> None:
    """One line of /proc/net/icmp. `net/ipv4/ping.c:1130 (6.1)`"""
    inet = sp.container
    source, dest = swab32(inet.inet_rcv_saddr), swab32(inet.inet_daddr)
    addresses = f"{source:08X}:{inet.inet_sport:04X} {dest:08X}:{inet.inet_dport:04X}"
    queues = f"{sp.sk_state:02X} {sk_wmem_alloc_get(sp):08X}:{sk_rmem_alloc_get(sp):08X} 00:00000000 00000000"
    line = f"{bucket:5d}: {addresses} {queues} {0:5d} {0:8d} {sock_i_ino(sp)} 2 {0:016x} {sp.sk_drops}"
    seq_printf(f, "%-127s\n", line)


def ping_v4_seq_show(seq: seq_file, v: Any) -> int:
    """/proc/net/icmp. `net/ipv4/ping.c:1151 (6.1)`"""
    seq_printf(
        seq,
        "%-127s\n",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer"
        " drops",
    )
    for bucket, head in enumerate(g.ping_table.hash):
        for sk in head:
            if sk.sk_net is seq.net:
                ping_v4_format_sock(sk, seq, bucket)
    return 0


def ping_v4_proc_init_net(net: Any) -> int:
    """A new namespace gets its /proc/net/icmp. `net/ipv4/ping.c:1174 (6.1)`"""
    proc_create_net_single("icmp", 0, net.proc_net, ping_v4_seq_show, None)
    return 0


def ping_v4_proc_exit_net(net: Any) -> None:
    """A namespace ends. `net/ipv4/ping.c:1182 (6.1)`"""
    remove_proc_entry("icmp", net.proc_net)


def ping_proc_init() -> int:
    """At boot: /proc/net/icmp for every namespace. `net/ipv4/ping.c:918`"""
    return register_pernet_subsys(pernet_operations(init=ping_v4_proc_init_net, exit=ping_v4_proc_exit_net))


def ping_init() -> None:
    """At boot: an empty table. `net/ipv4/ping.c:930`"""
    g.ping_table = ping_table()
    g.ping_port_rover = prandom_u32() & 0xFFFF


ping_prot = proto(
    name="PING",
    slab=lambda: ping_sock().inet.sk,
    close=ping_close,
    init=ping_init_sock,
    sendmsg=ping_sendmsg,
    recvmsg=ping_recvmsg,
    bind=ping_bind,
    backlog_rcv=ping_queue_rcv_skb,
    unhash=ping_unhash,
    get_port=ping_get_port,
)


from vethkernel.drivers.char.random import prandom_u32
from vethkernel.fs.proc.proc_net import proc_create_net_single, remove_proc_entry
from vethkernel.include.linux.in_ import ipv4_is_multicast
from vethkernel.include.net.checksum import csum_block_add
from vethkernel.include.net.ip import IP_INC_STATS_BH, get_rttos, ipcm_init_sk
from vethkernel.include.net.net_namespace import pernet_operations
from vethkernel.include.net.route import RTO_ONLINK, inet_iif
from vethkernel.net.core.datagram import (
    skb_copy_datagram_iovec,
    skb_free_datagram,
    skb_recv_datagram,
)
from vethkernel.net.core.iovec import memcpy_fromiovec, memcpy_fromiovecend
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.skbuff import kfree_skb_reason, skb_clone, skb_push
from vethkernel.net.core.sock import sk_common_release, sk_dst_reset, sock_i_ino, sock_queue_rcv_skb_reason
from vethkernel.net.ipv4.af_inet import inet_can_nonlocal_bind
from vethkernel.net.ipv4.datagram import ip4_datagram_connect
from vethkernel.net.ipv4.fib_frontend import inet_addr_type
from vethkernel.net.ipv4.icmp import icmp_err_convert
from vethkernel.net.ipv4.ip_output import ip_append_data, ip_flush_pending_frames, ip_push_pending_frames
from vethkernel.net.ipv4.ip_sockglue import (
    ip_cmsg_recv,
    ip_cmsg_send,
    ip_getsockopt,
    ip_icmp_error,
    ip_recv_error,
    ip_setsockopt,
)
from vethkernel.net.ipv4.route import ip_route_output_flow, ipv4_sk_redirect, ipv4_sk_update_pmtu
from vethkernel.net.ipv4.udp import udp_disconnect
from vethkernel.net.socket import sock_recv_timestamp

ping_prot.connect = ip4_datagram_connect
ping_prot.disconnect = udp_disconnect
ping_prot.setsockopt = ip_setsockopt
ping_prot.getsockopt = ip_getsockopt
