# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/udp.c: UDP sockets: ports, sending, finding the socket a datagram is for, receiving, and errors.

Left out: UDP-Lite, encapsulation, the second hash table by address and port, collecting several sends into one
datagram (UDP_CORK, MSG_MORE), early demultiplexing, and memory pressure.
"""

from __future__ import annotations

from typing import Any

from vethkernel.drivers.char.random import prandom_u32
from vethkernel.globals import g
from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.errno import ENOIOCTLCMD
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.icmp import icmp_hdr
from vethkernel.include.linux.ip import ip_hdr, iphdr
from vethkernel.include.linux.net import POLLIN, POLLRDNORM, socket
from vethkernel.include.linux.seq_file import seq_file, seq_printf
from vethkernel.include.linux.skbuff import (
    CHECKSUM_NONE,
    CHECKSUM_PARTIAL,
    CHECKSUM_UNNECESSARY,
    sk_buff,
    skb_csum_unnecessary,
    skb_peek,
    skb_shinfo,
    skb_transport_offset,
)
from vethkernel.include.linux.socket import msghdr, sockaddr_in
from vethkernel.include.linux.udp import udp_hdr, udphdr
from vethkernel.include.net.checksum import CSUM_MANGLED_0, csum_add, csum_tcpudp_magic, csum_tcpudp_nofold
from vethkernel.include.net.dropreason import (
    SKB_DROP_REASON_NO_SOCKET,
    SKB_DROP_REASON_NOT_SPECIFIED,
    SKB_DROP_REASON_PKT_TOO_SMALL,
    SKB_DROP_REASON_SOCKET_RCVBUFF,
    SKB_DROP_REASON_UDP_CSUM,
    skb_drop_reason,
)
from vethkernel.include.net.flow import flowi4, flowi4_init_output
from vethkernel.include.net.inet_sock import inet_reset_saddr, inet_sk_flowi_flags, swab32
from vethkernel.include.net.ip import ipcm_cookie
from vethkernel.include.net.sock import (
    RCV_SHUTDOWN,
    SOCK_BINDADDR_LOCK,
    SOCK_BINDPORT_LOCK,
    SOCK_BROADCAST,
    SOCK_LOCALROUTE,
    TCP_CLOSE,
    TCP_ESTABLISHED,
    proto,
    sk_rcvqueues_full,
    sk_rmem_alloc_get,
    sk_wmem_alloc_get,
    sock,
    sock_flag,
)
from vethkernel.include.net.udp import (
    UDP_HLEN,
    UDP_INC_STATS,
    udp_hashslot,
    udp_hslot,
    udp_sock,
    udp_table,
)
from vethkernel.include.uapi.asm_generic.errno import (
    EACCES,
    EAFNOSUPPORT,
    EAGAIN,
    EDESTADDRREQ,
    EHOSTUNREACH,
    EINVAL,
    EMSGSIZE,
    ENETUNREACH,
    ENOBUFS,
    ENOMEM,
    EOPNOTSUPP,
    EPROTO,
)
from vethkernel.include.uapi.linux.icmp import (
    ICMP_DEST_UNREACH,
    ICMP_FRAG_NEEDED,
    ICMP_PARAMETERPROB,
    ICMP_PORT_UNREACH,
    ICMP_REDIRECT,
    ICMP_SOURCE_QUENCH,
    NR_ICMP_UNREACH,
)
from vethkernel.include.uapi.linux.in_ import IP_PMTUDISC_DONT, IPPROTO_UDP
from vethkernel.include.uapi.linux.in_route import RTCF_BROADCAST, RTCF_MULTICAST
from vethkernel.include.uapi.linux.rtnetlink import RT_SCOPE_UNIVERSE
from vethkernel.include.uapi.linux.snmp import (
    ICMP_MIB_INERRORS,
    IPSTATS_MIB_OUTNOROUTES,
    UDP_MIB_CSUMERRORS,
    UDP_MIB_IGNOREDMULTI,
    UDP_MIB_INDATAGRAMS,
    UDP_MIB_INERRORS,
    UDP_MIB_MEMERRORS,
    UDP_MIB_NOPORTS,
    UDP_MIB_OUTDATAGRAMS,
    UDP_MIB_RCVBUFERRORS,
    UDP_MIB_SNDBUFERRORS,
)
from vethkernel.include.uapi.linux.socket import (
    AF_INET,
    MSG_DONTROUTE,
    MSG_ERRQUEUE,
    MSG_OOB,
    MSG_PEEK,
    MSG_TRUNC,
)
from vethkernel.include.uapi.linux.sockios import SIOCINQ, SIOCOUTQ

UDPHDR_CHECK = 6  # offsetof(struct udphdr, check)


def udp_lib_lport_inuse(net: Any, num: int, hslot: udp_hslot, sk: sock) -> bool:
    """True if another socket has the port in a way that excludes this one. `net/ipv4/udp.c:132`"""
    return any(
        sk2.sk_net is net
        and sk2 is not sk
        and sk2.container.inet_num == num
        and (not sk2.sk_reuse or not sk.sk_reuse)
        and (not sk2.sk_bound_dev_if or not sk.sk_bound_dev_if or sk2.sk_bound_dev_if == sk.sk_bound_dev_if)
        and (not sk2.sk_reuseport or not sk.sk_reuseport)
        and ipv4_rcv_saddr_equal(sk, sk2)
        for sk2 in hslot.head
    )


def udp_lib_get_port(sk: sock, snum: int) -> int:
    """Take port `snum`, or a free one of the local range for 0; 1 if there is none to take. `net/ipv4/udp.c:205`"""
    net, table = sk.sk_net, g.udp_table
    if snum:
        if udp_lib_lport_inuse(net, snum, udp_hashslot(table, net, snum), sk):
            return 1
    else:
        low, high = inet_get_local_port_range(net)
        remaining = high - low + 1
        first = prandom_u32() * remaining >> 32
        for i in range(remaining):
            snum = low + (first + i) % remaining
            if not udp_lib_lport_inuse(net, snum, udp_hashslot(table, net, snum), sk):
                break
        else:
            return 1
    sk.container.inet_num = snum
    head = udp_hashslot(table, net, snum).head
    if sk not in head:
        head.insert(0, sk)
    return 0


def ipv4_rcv_saddr_equal(sk1: sock, sk2: sock) -> bool:
    """True if both sockets would receive what is sent to one address. `net/ipv4/udp.c:309`"""
    saddr1, saddr2 = sk1.container.inet_rcv_saddr, sk2.container.inet_rcv_saddr
    return not saddr1 or not saddr2 or saddr1 == saddr2


def udp_v4_get_port(sk: sock, snum: int) -> int:
    """0 once the socket has the port. `net/ipv4/udp.c:324`"""
    return udp_lib_get_port(sk, snum)


def compute_score(sk: sock, net: Any, saddr: int, sport: int, daddr: int, hnum: int, dif: int) -> int:
    """How exactly the datagram is what the socket waits for; -1 if it is not for it. `net/ipv4/udp.c:336`"""
    inet = sk.container
    if sk.sk_net is not net or inet.inet_num != hnum:
        return -1
    score = 2
    for own, packets in (
        (inet.inet_rcv_saddr, daddr),
        (inet.inet_daddr, saddr),
        (inet.inet_dport, sport),
        (sk.sk_bound_dev_if, dif),
    ):
        if own:
            if own != packets:
                return -1
            score += 4
    return score


def __udp4_lib_lookup(net: Any, saddr: int, sport: int, daddr: int, dport: int, dif: int, udptable: udp_table) -> sock:
    """The socket that a datagram suits best, or None. `net/ipv4/udp.c:464`"""
    result, badness = None, 0
    for sk in udp_hashslot(udptable, net, dport).head:
        score = compute_score(sk, net, saddr, sport, daddr, dport, dif)
        if score > badness:
            result, badness = sk, score
    return result


def __udp4_lib_lookup_skb(skb: sk_buff, sport: int, dport: int, udptable: udp_table) -> sock:
    """The socket that a received datagram is for, or None. `net/ipv4/udp.c:545`"""
    iph = ip_hdr(skb)
    return __udp4_lib_lookup(skb.dev.nd_net, iph.saddr, sport, iph.daddr, dport, inet_iif(skb), udptable)


def __udp_is_mcast_sock(
    net: Any, sk: sock, loc_port: int, loc_addr: int, rmt_port: int, rmt_addr: int, dif: int
) -> bool:
    """True if the socket is one of those that a multicast or broadcast datagram is for. `net/ipv4/udp.c:646 (6.1)`"""
    inet = sk.container
    return (
        sk.sk_net is net
        and inet.inet_num == loc_port
        and inet.inet_daddr in (0, rmt_addr)
        and inet.inet_dport in (0, rmt_port)
        and inet.inet_rcv_saddr in (0, loc_addr)
        and sk.sk_bound_dev_if in (0, dif)
    )


def __udp4_lib_err(skb: sk_buff, info: int, udptable: udp_table) -> None:
    """An ICMP error about a datagram of ours: queue it, or let the connected socket's next call fail with it.
    `net/ipv4/udp.c:608`"""
    net = skb.dev.nd_net
    iph = iphdr(skb.head, skb.data)
    uh = udphdr(skb.head, skb.data + iph.ihl * 4)
    type, code = icmp_hdr(skb).type, icmp_hdr(skb).code
    sk = __udp4_lib_lookup(net, iph.daddr, uh.dest, iph.saddr, uh.source, skb.dev.ifindex, udptable)
    if sk is None:
        ICMP_INC_STATS_BH(net, ICMP_MIB_INERRORS)
        return
    inet = sk.container
    err, harderr = EHOSTUNREACH, False
    if type == ICMP_SOURCE_QUENCH:
        return
    if type == ICMP_PARAMETERPROB:
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
        return
    if inet.recverr:
        ip_icmp_error(sk, skb, err, uh.dest, info, uh.off + udphdr.SIZE)
    elif not harderr or sk.sk_state != TCP_ESTABLISHED:
        return
    sk.sk_err = err
    sk.sk_error_report(sk)


def udp_err(skb: sk_buff, info: int) -> None:
    """An ICMP error about a UDP datagram. `net/ipv4/udp.c:679`"""
    __udp4_lib_err(skb, info, g.udp_table)


def udp4_hwcsum(skb: sk_buff, src: int, dst: int) -> None:
    """The device will sum up: leave it the pseudo header's sum; or sum up here, if there is a chain.
    `net/ipv4/udp.c:706`"""
    uh = udp_hdr(skb)
    offset = skb_transport_offset(skb)
    len = hlen = skb.len - offset
    frags, csum = skb_shinfo(skb).frag_list, 0
    if frags is None:
        skb.csum_start = skb.transport_header
        skb.csum_offset = UDPHDR_CHECK
        uh.check = ~csum_tcpudp_magic(src, dst, len, IPPROTO_UDP, 0) & 0xFFFF
        return
    while frags is not None:
        csum = csum_add(csum, frags.csum)
        hlen -= frags.len
        frags = frags.next
    csum = skb_checksum(skb, offset, hlen, csum)
    skb.ip_summed = CHECKSUM_NONE
    uh.check = csum_tcpudp_magic(src, dst, len, IPPROTO_UDP, csum) or CSUM_MANGLED_0


def udp_send_skb(skb: sk_buff, fl4: flowi4) -> int:
    """Write the UDP header and send. `net/ipv4/udp.c:743`"""
    sk = skb.sk
    net = sk.sk_net
    len = skb.len - skb_transport_offset(skb)
    uh = udp_hdr(skb)
    uh.source = sk.container.inet_sport
    uh.dest = fl4.fl4_dport
    uh.len = len
    uh.check = 0
    if sk.sk_no_check:
        skb.ip_summed = CHECKSUM_NONE
    elif skb.ip_summed == CHECKSUM_PARTIAL:
        udp4_hwcsum(skb, fl4.saddr, fl4.daddr)
    else:
        csum = udp_csum(skb)
        uh.check = csum_tcpudp_magic(fl4.saddr, fl4.daddr, len, sk.sk_protocol, csum) or CSUM_MANGLED_0
    err = ip_send_skb(net, skb)
    if err == -ENOBUFS and not sk.container.recverr:
        UDP_INC_STATS(net, UDP_MIB_SNDBUFERRORS)
        return 0
    if not err:
        UDP_INC_STATS(net, UDP_MIB_OUTDATAGRAMS)
    return err


def udp_csum(skb: sk_buff) -> int:
    """The sum of a datagram whose pieces were summed when they were copied. `include/net/udp.h:148`"""
    csum = csum_partial(skb.head[skb.transport_header : skb.transport_header + UDP_HLEN], UDP_HLEN, skb.csum)
    frags = skb_shinfo(skb).frag_list
    while frags is not None:
        csum = csum_add(csum, frags.csum)
        frags = frags.next
    return csum


def udp_sendmsg(sk: sock, msg: msghdr, len: int) -> int:
    """Send one datagram. `net/ipv4/udp.c:823`"""
    inet, net = sk.container, sk.sk_net
    if len > 0xFFFF:
        return -EMSGSIZE
    if msg.msg_flags & MSG_OOB:
        return -EOPNOTSUPP
    usin = msg.msg_name
    connected = usin is None
    if not connected:
        if usin.sa_family != AF_INET and usin.sa_family:
            return -EAFNOSUPPORT
        daddr, dport = usin.sin_addr, usin.sin_port
        if dport == 0:
            return -EINVAL
    else:
        if sk.sk_state != TCP_ESTABLISHED:
            return -EDESTADDRREQ
        daddr, dport = inet.inet_daddr, inet.inet_dport
    ipc = ipcm_cookie()
    ipcm_init_sk(ipc, inet)
    if msg.msg_control:
        err = ip_cmsg_send(sk, msg, ipc)
        if err:
            return err
        connected = False
    saddr, ipc.addr = ipc.addr, daddr
    tos = get_rttos(ipc, inet)
    if sock_flag(sk, SOCK_LOCALROUTE) or msg.msg_flags & MSG_DONTROUTE:
        tos |= RTO_ONLINK
        connected = False
    if ipv4_is_multicast(daddr):
        ipc.oif = ipc.oif or inet.mc_index
        saddr = saddr or inet.mc_addr
        connected = False
    elif not ipc.oif:
        ipc.oif = inet.uc_index
    dst = sk_dst_check(sk, 0) if connected else None
    if dst is not None:
        rt, fl4 = dst.container, inet.cork.fl
    else:
        fl4 = flowi4()
        flowi4_init_output(
            fl4, ipc.oif, sk.sk_mark, tos, RT_SCOPE_UNIVERSE, sk.sk_protocol, inet_sk_flowi_flags(sk),
            daddr, saddr, dport, inet.inet_sport,
        )  # fmt: skip
        rt = ip_route_output_flow(net, fl4, sk)
        if IS_ERR(rt):
            if rt == -ENETUNREACH:
                IP_INC_STATS_BH(net, IPSTATS_MIB_OUTNOROUTES)
            return rt
        if rt.rt_flags & RTCF_BROADCAST and not sock_flag(sk, SOCK_BROADCAST):
            return -EACCES
        if connected:
            sk_dst_set(sk, rt.dst)
            inet.cork.fl = fl4
    ipc.addr = ipc.addr or fl4.daddr
    skb = ip_make_skb(
        sk, fl4, ip_generic_getfrag, msg.msg_iov, len + UDP_HLEN, UDP_HLEN, ipc, rt, msg.msg_flags
    )  # fmt: skip
    err = skb if IS_ERR(skb) else 0 if skb is None else udp_send_skb(skb, fl4)
    if err == -ENOBUFS or err == -EAGAIN:
        UDP_INC_STATS(net, UDP_MIB_SNDBUFERRORS)
    return err or len


def first_packet_length(sk: sock) -> int:
    """How long the first datagram in the queue is; those with a bad checksum are dropped. -1 if there is none.
    `net/ipv4/udp.c:1124`"""
    skb = skb_peek(sk.sk_receive_queue)
    while skb is not None and udp_lib_checksum_complete(skb):
        UDP_INC_STATS(sk.sk_net, UDP_MIB_CSUMERRORS)
        UDP_INC_STATS(sk.sk_net, UDP_MIB_INERRORS)
        sk.sk_drops += 1
        skb_unlink(skb, sk.sk_receive_queue)
        kfree_skb_reason(skb, SKB_DROP_REASON_UDP_CSUM)
        skb = skb_peek(sk.sk_receive_queue)
    return skb.len - UDP_HLEN if skb is not None else -1


def udp_ioctl(sk: sock, cmd: int, arg: bytearray) -> int:
    """How much waits to be sent, and how long the first datagram in the queue is. `net/ipv4/udp.c:1160`"""
    if cmd == SIOCOUTQ:
        arg[:4] = sk_wmem_alloc_get(sk).to_bytes(4, "little")
        return 0
    if cmd == SIOCINQ:
        arg[:4] = max(0, first_packet_length(sk)).to_bytes(4, "little")
        return 0
    return -ENOIOCTLCMD


def udp_lib_checksum_complete(skb: sk_buff) -> bool:
    """True if the checksum is bad. `include/net/udp.h:126`"""
    return not skb_csum_unnecessary(skb) and __skb_checksum_complete(skb) != 0


def udp_recvmsg(sk: sock, msg: msghdr, len: int, flags: int) -> int:
    """Fetch a datagram; or, with MSG_ERRQUEUE, an error. `net/ipv4/udp.c:1198`"""
    if flags & MSG_ERRQUEUE:
        return ip_recv_error(sk, msg, len)
    skb, err = __skb_recv_datagram(sk, flags)
    if skb is None:
        return err
    net = sk.sk_net
    ulen = skb.len - UDP_HLEN
    copied = min(len, ulen)
    if copied < ulen:
        msg.msg_flags |= MSG_TRUNC
    if udp_lib_checksum_complete(skb):
        if not skb_kill_datagram(sk, skb, flags, SKB_DROP_REASON_UDP_CSUM):
            UDP_INC_STATS(net, UDP_MIB_CSUMERRORS)
            UDP_INC_STATS(net, UDP_MIB_INERRORS)
        return -EAGAIN
    skb_copy_datagram_iovec(skb, UDP_HLEN, msg.msg_iov, copied)
    if not flags & MSG_PEEK:
        UDP_INC_STATS(net, UDP_MIB_INDATAGRAMS)
    sock_recv_ts_and_drops(msg, sk, skb)
    msg.msg_name = sockaddr_in(ip_hdr(skb).saddr, udp_hdr(skb).source)
    if sk.container.cmsg_flags:
        ip_cmsg_recv(msg, skb)
    skb_free_datagram(sk, skb)
    return ulen if flags & MSG_TRUNC else copied


def udp_disconnect(sk: sock, flags: int) -> int:
    """connect(2) to nowhere: the socket talks to everybody again. `net/ipv4/udp.c:1307`"""
    inet = sk.container
    sk.sk_state = TCP_CLOSE
    inet.inet_daddr = inet.inet_dport = 0
    sk.sk_bound_dev_if = 0
    if not sk.sk_userlocks & SOCK_BINDADDR_LOCK:
        inet_reset_saddr(sk)
    if not sk.sk_userlocks & SOCK_BINDPORT_LOCK:
        sk.sk_prot.unhash(sk)
        inet.inet_sport = 0
    sk_dst_reset(sk)
    return 0


def udp_lib_unhash(sk: sock) -> None:
    """Give the port back. `net/ipv4/udp.c:1331`"""
    head = udp_hashslot(g.udp_table, sk.sk_net, sk.container.inet_num).head
    if sk in head:
        head.remove(sk)
        sk.container.inet_num = 0


def __udp_queue_rcv_skb(sk: sock, skb: sk_buff) -> int:
    """Put the datagram into the socket's queue, or drop it and count that. `net/ipv4/udp.c:1400`"""
    rc, reason = sock_queue_rcv_skb_reason(sk, skb)
    if rc < 0:
        UDP_INC_STATS(sk.sk_net, UDP_MIB_RCVBUFERRORS if rc == -ENOMEM else UDP_MIB_MEMERRORS)
        UDP_INC_STATS(sk.sk_net, UDP_MIB_INERRORS)
        kfree_skb_reason(skb, reason)
        return -1
    return 0


def udp_queue_rcv_skb(sk: sock, skb: sk_buff) -> int:
    """A datagram for this socket. `net/ipv4/udp.c:1441`"""
    if sk_rcvqueues_full(sk, sk.sk_rcvbuf):
        UDP_INC_STATS(sk.sk_net, UDP_MIB_RCVBUFERRORS)
        UDP_INC_STATS(sk.sk_net, UDP_MIB_INERRORS)
        sk.sk_drops += 1
        kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_RCVBUFF)
        return -1
    ipv4_pktinfo_prepare(sk, skb)
    return __udp_queue_rcv_skb(sk, skb)


def __udp4_lib_mcast_deliver(
    net: Any, skb: sk_buff, uh: udphdr, saddr: int, daddr: int, udptable: udp_table
) -> int:
    """A broadcast or multicast goes to every socket that listens. `net/ipv4/udp.c:1583`"""
    dport, sport, dif = uh.dest, uh.source, inet_iif(skb)
    stack = [
        sk
        for sk in udp_hashslot(udptable, net, dport).head
        if __udp_is_mcast_sock(net, sk, dport, daddr, sport, saddr, dif)
    ]
    if not stack:
        consume_skb(skb)
        UDP_INC_STATS(net, UDP_MIB_IGNOREDMULTI)
        return 0
    for sk in stack[1:]:
        udp_queue_rcv_skb(sk, skb_clone(skb, GFP_ATOMIC))
    udp_queue_rcv_skb(stack[0], skb)
    return 0


def udp4_csum_init(skb: sk_buff, uh: udphdr, proto: int) -> int:
    """Prepare the check of the checksum, which is done when somebody reads the datagram. `net/ipv4/udp.c:1635`"""
    if uh.check == 0:
        skb.ip_summed = CHECKSUM_UNNECESSARY
    if not skb_csum_unnecessary(skb):
        iph = ip_hdr(skb)
        skb.csum = csum_tcpudp_nofold(iph.saddr, iph.daddr, skb.len, proto, 0)
    return 0


def __udp4_lib_rcv(skb: sk_buff, udptable: udp_table, proto: int) -> int:
    """A datagram has come in: find its socket, or tell the sender that there is none. `net/ipv4/udp.c:1672`"""
    net = skb.dev.nd_net
    if not pskb_may_pull(skb, UDP_HLEN):
        return udp_drop(net, skb, SKB_DROP_REASON_NOT_SPECIFIED)
    rt = skb.dst.container
    uh = udp_hdr(skb)
    ulen = uh.len
    if ulen > skb.len or ulen < UDP_HLEN or pskb_trim_rcsum(skb, ulen):
        return udp_drop(net, skb, SKB_DROP_REASON_PKT_TOO_SMALL)
    udp4_csum_init(skb, uh, proto)
    if rt.rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST):
        iph = ip_hdr(skb)
        return __udp4_lib_mcast_deliver(net, skb, uh, iph.saddr, iph.daddr, udptable)
    sk = __udp4_lib_lookup_skb(skb, uh.source, uh.dest, udptable)
    if sk is not None:
        udp_queue_rcv_skb(sk, skb)
        return 0
    if udp_lib_checksum_complete(skb):
        UDP_INC_STATS(net, UDP_MIB_CSUMERRORS)
        return udp_drop(net, skb, SKB_DROP_REASON_UDP_CSUM)
    UDP_INC_STATS(net, UDP_MIB_NOPORTS)
    icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0)
    kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET)
    return 0


def udp_drop(net: Any, skb: sk_buff, reason: skb_drop_reason) -> int:
    """A bad datagram is counted and given up; in C a label of __udp4_lib_rcv."""
    UDP_INC_STATS(net, UDP_MIB_INERRORS)
    kfree_skb_reason(skb, reason)
    return 0


def udp_rcv(skb: sk_buff) -> int:
    """IP hands over a datagram. `net/ipv4/udp.c:1766`"""
    return __udp4_lib_rcv(skb, g.udp_table, IPPROTO_UDP)


def udp_setsockopt(sk: sock, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """setsockopt(2) on a UDP socket. `net/ipv4/udp.c:1871`"""
    return ip_setsockopt(sk, level, optname, optval, optlen)


def udp_getsockopt(sk: sock, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """getsockopt(2) on a UDP socket. `net/ipv4/udp.c:1936`"""
    return ip_getsockopt(sk, level, optname, optlen)


def udp_lib_close(sk: sock, timeout: int) -> None:
    """The program has closed the socket. `include/net/udp.h:168`"""
    sk_common_release(sk)


def udp_poll(file: Any, sock: socket) -> int:
    """What a program could do now: a datagram with a bad checksum does not count. `net/ipv4/udp.c:1966`"""
    mask = datagram_poll(file, sock)
    sk = sock.sk
    if mask & POLLRDNORM and not sk.sk_shutdown & RCV_SHUTDOWN and first_packet_length(sk) == -1:
        mask &= ~(POLLIN | POLLRDNORM)
    return mask


def udp4_format_sock(sp: sock, f: seq_file, bucket: int) -> None:
    """One line of /proc/net/udp. `net/ipv4/udp.c:2145`"""
    inet = sp.container
    source, dest = swab32(inet.inet_rcv_saddr), swab32(inet.inet_daddr)
    addresses = f"{source:08X}:{inet.inet_sport:04X} {dest:08X}:{inet.inet_dport:04X}"
    queues = f"{sp.sk_state:02X} {sk_wmem_alloc_get(sp):08X}:{sk_rmem_alloc_get(sp):08X} 00:00000000 00000000"
    line = f"{bucket:5d}: {addresses} {queues} {0:5d} {0:8d} {sock_i_ino(sp)} 2 {0:016x} {sp.sk_drops}"
    seq_printf(f, "%-127s\n", line)


def udp4_seq_show(seq: seq_file, v: Any) -> int:
    """/proc/net/udp. `net/ipv4/udp.c:2166`"""
    seq_printf(
        seq,
        "%-127s\n",
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer"
        " drops",
    )
    for bucket, hslot in enumerate(g.udp_table.hash):
        for sk in hslot.head:
            if sk.sk_net is seq.net:
                udp4_format_sock(sk, seq, bucket)
    return 0


def udp4_proc_init_net(net: Any) -> int:
    """A new namespace gets its /proc/net/udp. `net/ipv4/udp.c:2202`"""
    proc_create_net_single("udp", 0, net.proc_net, udp4_seq_show, None)
    return 0


def udp4_proc_exit_net(net: Any) -> None:
    """A namespace ends. `net/ipv4/udp.c:2207`"""
    remove_proc_entry("udp", net.proc_net)


def udp4_proc_init() -> int:
    """At boot: /proc/net/udp for every namespace. `net/ipv4/udp.c:2217`"""
    return register_pernet_subsys(pernet_operations(init=udp4_proc_init_net, exit=udp4_proc_exit_net))


def udp_init() -> None:
    """At boot: an empty table. `net/ipv4/udp.c:2273`"""
    g.udp_table = udp_table()


udp_prot = proto(
    name="UDP",
    slab=lambda: udp_sock().inet.sk,
    close=udp_lib_close,
    disconnect=udp_disconnect,
    ioctl=udp_ioctl,
    setsockopt=udp_setsockopt,
    getsockopt=udp_getsockopt,
    sendmsg=udp_sendmsg,
    recvmsg=udp_recvmsg,
    backlog_rcv=__udp_queue_rcv_skb,
    unhash=udp_lib_unhash,
    get_port=udp_v4_get_port,
)


from vethkernel.fs.proc.proc_net import proc_create_net_single, remove_proc_entry
from vethkernel.include.linux.in_ import ipv4_is_multicast
from vethkernel.include.net.checksum import csum_partial
from vethkernel.include.net.icmp import ICMP_INC_STATS_BH
from vethkernel.include.net.ip import IP_INC_STATS_BH, get_rttos, ipcm_init_sk
from vethkernel.include.net.net_namespace import pernet_operations
from vethkernel.include.net.route import RTO_ONLINK, inet_iif
from vethkernel.net.core.datagram import (
    __skb_checksum_complete,
    __skb_recv_datagram,
    datagram_poll,
    skb_copy_datagram_iovec,
    skb_free_datagram,
    skb_kill_datagram,
)
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.skbuff import (
    consume_skb,
    kfree_skb_reason,
    pskb_may_pull,
    pskb_trim_rcsum,
    skb_checksum,
    skb_clone,
    skb_unlink,
)
from vethkernel.net.core.sock import (
    sk_common_release,
    sk_dst_check,
    sk_dst_reset,
    sk_dst_set,
    sock_i_ino,
    sock_queue_rcv_skb_reason,
)
from vethkernel.net.ipv4.datagram import ip4_datagram_connect
from vethkernel.net.ipv4.icmp import icmp_err_convert, icmp_send
from vethkernel.net.ipv4.inet_connection_sock import inet_get_local_port_range
from vethkernel.net.ipv4.ip_output import ip_generic_getfrag, ip_make_skb, ip_send_skb
from vethkernel.net.ipv4.ip_sockglue import (
    ip_cmsg_recv,
    ip_cmsg_send,
    ip_getsockopt,
    ip_icmp_error,
    ip_recv_error,
    ip_setsockopt,
    ipv4_pktinfo_prepare,
)
from vethkernel.net.ipv4.route import ip_route_output_flow, ipv4_sk_redirect, ipv4_sk_update_pmtu
from vethkernel.net.socket import sock_recv_ts_and_drops

udp_prot.connect = ip4_datagram_connect
