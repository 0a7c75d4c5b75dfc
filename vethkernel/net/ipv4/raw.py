# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/raw.c: raw sockets, which receive a copy of every packet of their protocol, IP header and all.

ping uses one: it writes ICMP itself and reads every echo reply that comes in, its own or not. Left out: multicast
filters, IPsec, and the options of an IP header.
"""

from __future__ import annotations

from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.errno import ENOIOCTLCMD
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.icmp import icmp_hdr, icmphdr
from vethkernel.include.linux.ip import ip_hdr, iphdr, iphdr_route, IPHDR_PROTOCOL, IPHDR_SADDR
from vethkernel.include.linux.netdevice import LL_RESERVED_SPACE, NET_RX_DROP, NET_RX_SUCCESS, net_xmit_errno
from vethkernel.include.linux.seq_file import seq_file, seq_printf, seq_puts
from vethkernel.include.linux.skbuff import (
    CHECKSUM_NONE,
    sk_buff,
    skb_dst_set,
    skb_peek,
    skb_reserve,
    skb_reset_network_header,
)
from vethkernel.include.linux.socket import msghdr, sockaddr_in
from vethkernel.include.net.flow import FLOWI_FLAG_KNOWN_NH, flowi4, FLOWI_FLAG_ANYSRC
from vethkernel.include.net.inet_sock import inet_sdif, swab32
from vethkernel.include.net.ip import ipcm_cookie
from vethkernel.include.net.raw import raw_hashfunc, raw_sk, raw_sk_bound_dev_eq, raw_sock, RAW_HTABLE_SIZE
from vethkernel.include.net.sock import (
    SOCK_BROADCAST,
    TCP_CLOSE,
    TCP_ESTABLISHED,
    proto,
    sk_rmem_alloc_get,
    sk_wmem_alloc_get,
    sock,
    sock_flag,
)
from vethkernel.include.uapi.asm_generic.errno import (
    EACCES,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EDESTADDRREQ,
    EFAULT,
    EHOSTUNREACH,
    EINVAL,
    EMSGSIZE,
    ENOBUFS,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPROTO,
)
from vethkernel.include.uapi.linux.icmp import (
    ICMP_DEST_UNREACH,
    ICMP_FILTER,
    ICMP_FRAG_NEEDED,
    ICMP_PARAMETERPROB,
    ICMP_REDIRECT,
    ICMP_SOURCE_QUENCH,
    NR_ICMP_UNREACH,
)
from vethkernel.include.uapi.linux.if_ether import ETH_P_IP
from vethkernel.include.uapi.linux.in_ import IP_PMTUDISC_DONT, IPPROTO_ICMP, IPPROTO_RAW
from vethkernel.include.uapi.linux.in_route import RTCF_BROADCAST
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_UNIVERSE,
    RTN_BROADCAST,
    RTN_MULTICAST,
)
from vethkernel.include.uapi.linux.snmp import IPSTATS_MIB_OUTDISCARDS
from vethkernel.include.uapi.linux.socket import (
    AF_INET,
    MSG_DONTROUTE,
    MSG_DONTWAIT,
    MSG_ERRQUEUE,
    MSG_MORE,
    MSG_OOB,
    MSG_PROBE,
    MSG_TRUNC,
    SOL_RAW,
)
from vethkernel.include.uapi.linux.sockios import SIOCINQ, SIOCOUTQ
from vethkernel.wire import get_be32


def raw_hash_sk(sk: sock) -> int:
    """From now on the socket sees packets of its protocol. `net/ipv4/raw.c:86`"""
    g.raw_v4_hashinfo.ht[raw_hashfunc(sk.sk_net, sk.container.inet_num)].insert(0, sk)
    return 0


def raw_unhash_sk(sk: sock) -> None:
    """From now on the socket sees no more packets. `net/ipv4/raw.c:100`"""
    head = g.raw_v4_hashinfo.ht[raw_hashfunc(sk.sk_net, sk.container.inet_num)]
    if sk in head:
        head.remove(sk)


def raw_v4_match(net: Any, sk: sock, num: int, raddr: int, laddr: int, dif: int, sdif: int) -> bool:
    """True if a packet of this protocol, from `raddr` to `laddr`, in by device `dif`, is for the socket.
    `net/ipv4/raw.c:119 (6.1)`"""
    inet = sk.container
    return (
        sk.sk_net is net
        and inet.inet_num == num
        and (not inet.inet_daddr or inet.inet_daddr == raddr)
        and (not inet.inet_rcv_saddr or inet.inet_rcv_saddr == laddr)
        and (not sk.sk_bound_dev_if or raw_sk_bound_dev_eq(net, sk.sk_bound_dev_if, dif, sdif))
    )


def icmp_filter(sk: sock, skb: sk_buff) -> bool:
    """True if the socket does not want to see ICMP messages of this type. `net/ipv4/raw.c:132`"""
    if skb.len - skb.data_len < icmphdr.SIZE and not pskb_may_pull(skb, icmphdr.SIZE):
        return True
    type = skb.head[skb.transport_header]
    return type < 32 and sk.container.container.filter >> type & 1 == 1


def raw_v4_input(net: Any, skb: sk_buff, iph: int, hash: int) -> int:
    """Give a clone to each raw socket that wants the packet; 1 if there was any. `net/ipv4/raw.c:158`"""
    head = g.raw_v4_hashinfo.ht[hash]
    if not head:
        return 0
    _, saddr, daddr = iphdr_route(skb.head, iph)
    protocol = skb.head[iph + IPHDR_PROTOCOL]
    dif, sdif = inet_iif(skb), inet_sdif(skb)
    delivered = 0
    for sk in head[:]:
        if raw_v4_match(net, sk, protocol, saddr, daddr, dif, sdif):
            delivered = 1
            if protocol != IPPROTO_ICMP or not icmp_filter(sk, skb):
                raw_rcv(sk, skb_clone(skb, GFP_ATOMIC))
    return delivered


def raw_local_deliver(skb: sk_buff, protocol: int) -> int:
    """A packet for this host: raw sockets first; 1 if any of them matched. `net/ipv4/raw.c:193`"""
    net = skb.dev.nd_net
    hash = (net.hash_mix ^ protocol) & RAW_HTABLE_SIZE - 1  # raw_hashfunc
    return raw_v4_input(net, skb, skb.network_header, hash)


def raw_err(sk: sock, skb: sk_buff, info: int) -> None:
    """An ICMP error about a packet of this socket: queue it, or end its connection with it. `net/ipv4/raw.c:211`"""
    inet = sk.container
    type, code = icmp_hdr(skb).type, icmp_hdr(skb).code
    if type == ICMP_DEST_UNREACH and code == ICMP_FRAG_NEEDED:
        ipv4_sk_update_pmtu(skb, sk, info)
    elif type == ICMP_REDIRECT:
        ipv4_sk_redirect(skb, sk)
        return
    if not inet.recverr and sk.sk_state != TCP_ESTABLISHED or type == ICMP_SOURCE_QUENCH:
        return
    err, harderr = EHOSTUNREACH, False
    if type == ICMP_PARAMETERPROB:
        err, harderr = EPROTO, True
    elif type == ICMP_DEST_UNREACH and code == ICMP_FRAG_NEEDED:
        err, harderr = EMSGSIZE, inet.pmtudisc != IP_PMTUDISC_DONT
    elif type == ICMP_DEST_UNREACH and code <= NR_ICMP_UNREACH:
        err, harderr = icmp_err_convert[code].errno, icmp_err_convert[code].fatal
    if inet.recverr:
        payload = skb.data if inet.hdrincl else skb.data + iphdr(skb.head, skb.data).ihl * 4
        ip_icmp_error(sk, skb, err, 0, info, payload)
    if inet.recverr or harderr:
        sk.sk_err = err
        sk.sk_error_report(sk)


def raw_icmp_error(skb: sk_buff, protocol: int, info: int) -> None:
    """An ICMP error about a packet of this protocol: tell the sockets that may have sent it. `net/ipv4/raw.c:270`"""
    net = skb.dev.nd_net
    dif, sdif = skb.dev.ifindex, inet_sdif(skb)
    iph = iphdr(skb.head, skb.data)
    for sk in g.raw_v4_hashinfo.ht[raw_hashfunc(net, protocol)][:]:
        if raw_v4_match(net, sk, iph.protocol, iph.daddr, iph.saddr, dif, sdif):
            raw_err(sk, skb, info)


def raw_rcv_skb(sk: sock, skb: sk_buff) -> int:
    """Put the packet into the socket's queue, or drop it. `net/ipv4/raw.c:296`"""
    ipv4_pktinfo_prepare(sk, skb)
    err, reason = sock_queue_rcv_skb_reason(sk, skb)
    if err < 0:
        kfree_skb_reason(skb, reason)
        return NET_RX_DROP
    return NET_RX_SUCCESS


def raw_rcv(sk: sock, skb: sk_buff) -> int:
    """A packet for this socket: it gets the IP header too. `net/ipv4/raw.c:309`"""
    skb_push(skb, skb.data - skb.network_header)
    raw_rcv_skb(sk, skb)
    return 0


def raw_send_hdrinc(sk: sock, fl4: flowi4, msg: msghdr, length: int, rt: Any, flags: int) -> int:
    """Send a packet whose IP header the program wrote (IP_HDRINCL). `net/ipv4/raw.c:324`"""
    inet, net = sk.container, sk.sk_net
    dev = rt.dst.dev
    if length > dev.mtu:
        ip_local_error(sk, EMSGSIZE, fl4.daddr, inet.inet_dport, dev.mtu)
        return -EMSGSIZE
    if length < iphdr.SIZE:
        return -EINVAL
    if flags & MSG_PROBE:
        return 0
    hlen = LL_RESERVED_SPACE(dev)
    skb, err = sock_alloc_send_skb(sk, length + hlen + dev.needed_tailroom + 15, flags & MSG_DONTWAIT)
    if skb is None:
        IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS)
        return 0 if err == -ENOBUFS and not inet.recverr else err
    skb_reserve(skb, hlen)
    skb.protocol = ETH_P_IP
    skb.priority = sk.sk_priority
    skb.mark = sk.sk_mark
    skb_dst_set(skb, rt.dst)
    skb_reset_network_header(skb)
    start = skb_put(skb, length)
    skb.head[start : start + length] = memcpy_fromiovecend(msg.msg_iov, 0, length)
    skb.ip_summed = CHECKSUM_NONE
    iph = ip_hdr(skb)
    iphlen = iph.ihl * 4
    if iphlen > length or iphlen < iphdr.SIZE:
        IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS)
        kfree_skb(skb)
        return -EINVAL
    if not iph.saddr:
        iph.saddr = fl4.saddr
    iph.check = 0
    iph.tot_len = length
    if not iph.id:
        ip_select_ident(net, skb, None)
    iph.check = ip_fast_csum(iph.head, iph.off, iph.ihl)
    skb.transport_header = skb.network_header + iphlen
    if iph.protocol == IPPROTO_ICMP and length >= iphlen + icmphdr.SIZE:
        icmp_out_count(net, icmp_hdr(skb).type)
    err = dst_output(skb)
    if err > 0:
        err = net_xmit_errno(err)
    if err:
        IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS)
        return 0 if err == -ENOBUFS and not inet.recverr else err
    return 0


def raw_probe_proto_opt(fl4: flowi4, msg: msghdr) -> int:
    """Tell the route lookup the type and code of the ICMP message. `net/ipv4/raw.c:416`"""
    if fl4.flowi4_proto == IPPROTO_ICMP:
        header = msg.msg_iov[0]
        if len(header) < 2:
            header = memcpy_fromiovecend(msg.msg_iov, 0, 2)
            if len(header) < 2:
                return -EFAULT
        fl4.fl4_icmp_type, fl4.fl4_icmp_code = header[0], header[1]
    return 0


def raw_sendmsg(sk: sock, msg: msghdr, len: int) -> int:
    """Send one packet; the program wrote what follows the IP header. `net/ipv4/raw.c:463`"""
    inet, net = sk.container, sk.sk_net
    if len > 0xFFFF:
        return -EMSGSIZE
    if msg.msg_flags & MSG_OOB:
        return -EOPNOTSUPP
    usin = msg.msg_name
    if usin is not None:
        if usin.sa_family != AF_INET and usin.sa_family:
            return -EAFNOSUPPORT
        daddr = usin.sin_addr
    else:
        if sk.sk_state != TCP_ESTABLISHED:
            return -EDESTADDRREQ
        daddr = inet.inet_daddr
    ipc = ipcm_cookie()
    ipcm_init_sk(ipc, inet)
    if inet.hdrincl:
        ipc.protocol = IPPROTO_RAW
    if msg.msg_control:
        err = ip_cmsg_send(sk, msg, ipc)
        if err:
            return err
    saddr, ipc.addr = ipc.addr, daddr
    tos = get_rtconn_flags(ipc, sk)
    if msg.msg_flags & MSG_DONTROUTE:
        tos |= RTO_ONLINK
    if daddr >> 28 == 14:  # ipv4_is_multicast
        ipc.oif = ipc.oif or inet.mc_index
        saddr = saddr or inet.mc_addr
    elif not ipc.oif:
        ipc.oif = inet.uc_index
    protocol, flags = sk.sk_protocol, FLOWI_FLAG_ANYSRC if inet.transparent else 0
    if inet.hdrincl:
        protocol, flags = ipc.protocol, FLOWI_FLAG_ANYSRC | FLOWI_FLAG_KNOWN_NH
    fl4 = flowi4(daddr, saddr, ipc.oif, 0, sk.sk_mark, tos, RT_SCOPE_UNIVERSE, protocol, flags)  # flowi4_init_output
    if not inet.hdrincl:
        err = raw_probe_proto_opt(fl4, msg)
        if err:
            return err
    rt = ip_route_output_flow(net, fl4, sk)
    if type(rt) is int:
        return rt
    if rt.rt_flags & RTCF_BROADCAST and not sock_flag(sk, SOCK_BROADCAST):
        return -EACCES
    if inet.hdrincl:
        err = raw_send_hdrinc(sk, fl4, msg, len, rt, msg.msg_flags)
    else:
        ipc.addr = ipc.addr or fl4.daddr
        err = ip_append_data(sk, fl4, ip_generic_getfrag, msg.msg_iov, len, 0, ipc, rt, msg.msg_flags)
        if err:
            ip_flush_pending_frames(sk)
        elif not msg.msg_flags & MSG_MORE:
            err = ip_push_pending_frames(sk, fl4)
            if err == -ENOBUFS and not inet.recverr:
                err = 0
    return err if err < 0 else len


def raw_close(sk: sock, timeout: int) -> None:
    """The program has closed the socket. `net/ipv4/raw.c:637`"""
    sk_common_release(sk)


def raw_destroy(sk: sock) -> None:
    """What was begun with MSG_MORE and never sent goes. `net/ipv4/raw.c:647`"""
    ip_flush_pending_frames(sk)


def raw_bind(sk: sock, uaddr: sockaddr_in, addr_len: int) -> int:
    """Receive only what is sent to this address, and send from it. `net/ipv4/raw.c:655`"""
    inet = sk.container
    if sk.sk_state != TCP_CLOSE or addr_len < sockaddr_in.SIZE:
        return -EINVAL
    chk_addr_ret = inet_addr_type(sk.sk_net, uaddr.sin_addr)
    if not inet_addr_valid_or_nonlocal(sk.sk_net, inet, uaddr.sin_addr, chk_addr_ret):
        return -EADDRNOTAVAIL
    inet.inet_rcv_saddr = inet.inet_saddr = uaddr.sin_addr
    if chk_addr_ret in (RTN_MULTICAST, RTN_BROADCAST):
        inet.inet_saddr = 0
    sk_dst_reset(sk)
    return 0


def raw_recvmsg(sk: sock, msg: msghdr, len: int, flags: int) -> int:
    """Fetch a packet, IP header and all; or, with MSG_ERRQUEUE, an error. `net/ipv4/raw.c:682`"""
    if flags & MSG_OOB:
        return -EOPNOTSUPP
    if flags & MSG_ERRQUEUE:
        return ip_recv_error(sk, msg, len)
    skb, err = skb_recv_datagram(sk, flags)
    if skb is None:
        return err
    copied = skb.len
    if len < copied:
        msg.msg_flags |= MSG_TRUNC
        copied = len
    skb_copy_datagram_iovec(skb, 0, msg.msg_iov, copied)
    sock_recv_ts_and_drops(msg, sk, skb)
    msg.msg_name = sockaddr_in(get_be32(skb.head, skb.network_header + IPHDR_SADDR)[0])
    if sk.container.cmsg_flags:
        ip_cmsg_recv(msg, skb)
    if flags & MSG_TRUNC:
        copied = skb.len
    skb_free_datagram(sk, skb)
    return copied


def raw_init(sk: sock) -> int:
    """A new socket sees every type of ICMP message. `net/ipv4/raw.c:737`"""
    if sk.container.inet_num == IPPROTO_ICMP:
        raw_sk(sk).filter = 0
    return 0


def raw_seticmpfilter(sk: sock, optval: bytes, optlen: int) -> int:
    """ICMP_FILTER: which types the socket does not want to see. `net/ipv4/raw.c:746`"""
    old = raw_sk(sk).filter.to_bytes(4, "little")
    raw_sk(sk).filter = int.from_bytes(optval[:4] + old[len(optval[:4]) :], "little")
    return 0


def do_raw_setsockopt(sk: sock, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """The options of level SOL_RAW. `net/ipv4/raw.c:774`"""
    if optname == ICMP_FILTER:
        return raw_seticmpfilter(sk, optval, optlen) if sk.container.inet_num == IPPROTO_ICMP else -EOPNOTSUPP
    return -ENOPROTOOPT


def raw_setsockopt(sk: sock, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """setsockopt(2) on a raw socket. `net/ipv4/raw.c:786`"""
    if level != SOL_RAW:
        return ip_setsockopt(sk, level, optname, optval, optlen)
    return do_raw_setsockopt(sk, level, optname, optval, optlen)


def raw_geticmpfilter(sk: sock, optlen: int) -> tuple[int, bytes]:
    """The same, asked back. `net/ipv4/raw.c:755`"""
    return 0, raw_sk(sk).filter.to_bytes(4, "little")[:optlen]


def do_raw_getsockopt(sk: sock, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """The options of level SOL_RAW. `net/ipv4/raw.c:804`"""
    if optname == ICMP_FILTER:
        if sk.container.inet_num == IPPROTO_ICMP:
            return raw_geticmpfilter(sk, optlen)
        return -EOPNOTSUPP, b""
    return -ENOPROTOOPT, b""


def raw_getsockopt(sk: sock, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """getsockopt(2) on a raw socket. `net/ipv4/raw.c:816`"""
    if level != SOL_RAW:
        return ip_getsockopt(sk, level, optname, optlen)
    return do_raw_getsockopt(sk, level, optname, optlen)


def raw_ioctl(sk: sock, cmd: int, arg: bytearray) -> int:
    """How much waits to be sent, and how long the first packet in the queue is. `net/ipv4/raw.c:834`"""
    if cmd == SIOCOUTQ:
        arg[:4] = sk_wmem_alloc_get(sk).to_bytes(4, "little")
        return 0
    if cmd == SIOCINQ:
        skb = skb_peek(sk.sk_receive_queue)
        arg[:4] = (skb.len if skb is not None else 0).to_bytes(4, "little")
        return 0
    return -ENOIOCTLCMD


def raw_sock_seq_show(seq: seq_file, sp: sock, i: int) -> None:
    """One line of /proc/net/raw. `net/ipv4/raw.c:981`"""
    inet = sp.container
    seq_printf(
        seq, "%4d: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08X %08X %5u %8d %u %d %016x %u\n",
        i, swab32(inet.inet_rcv_saddr), inet.inet_num, swab32(inet.inet_daddr), 0, sp.sk_state,
        sk_wmem_alloc_get(sp), sk_rmem_alloc_get(sp), 0, 0, 0, 0, 0, sock_i_ino(sp), 2, 0, sp.sk_drops,
    )  # fmt: skip


def raw_seq_show(seq: seq_file, v: Any) -> int:
    """/proc/net/raw. `net/ipv4/raw.c:1000`"""
    seq_puts(
        seq,
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer"
        " drops\n",
    )
    for i, head in enumerate(g.raw_v4_hashinfo.ht):
        for sk in head:
            if sk.sk_net is seq.net:
                raw_sock_seq_show(seq, sk, i)
    return 0


def raw_init_net(net: Any) -> int:
    """A new namespace gets its /proc/net/raw. `net/ipv4/raw.c:1047`"""
    proc_create_net_single("raw", 0, net.proc_net, raw_seq_show, None)
    return 0


def raw_exit_net(net: Any) -> None:
    """A namespace ends. `net/ipv4/raw.c:1055`"""
    remove_proc_entry("raw", net.proc_net)


def raw_proc_init() -> int:
    """At boot: /proc/net/raw for every namespace. `net/ipv4/raw.c:1065`"""
    return register_pernet_subsys(pernet_operations(init=raw_init_net, exit=raw_exit_net))


raw_prot = proto(
    name="RAW",
    slab=lambda: raw_sock().inet.sk,
    close=raw_close,
    destroy=raw_destroy,
    ioctl=raw_ioctl,
    init=raw_init,
    setsockopt=raw_setsockopt,
    getsockopt=raw_getsockopt,
    sendmsg=raw_sendmsg,
    recvmsg=raw_recvmsg,
    bind=raw_bind,
    backlog_rcv=raw_rcv_skb,
    hash=raw_hash_sk,
    unhash=raw_unhash_sk,
)


from vethkernel.fs.proc.proc_net import proc_create_net_single, remove_proc_entry
from vethkernel.include.net.checksum import ip_fast_csum
from vethkernel.include.net.dst import dst_output
from vethkernel.include.net.ip import IP_INC_STATS, get_rtconn_flags, ipcm_init_sk
from vethkernel.include.net.net_namespace import pernet_operations
from vethkernel.include.net.route import RTO_ONLINK, inet_iif
from vethkernel.net.core.datagram import skb_copy_datagram_iovec, skb_free_datagram, skb_recv_datagram
from vethkernel.net.core.iovec import memcpy_fromiovecend
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.skbuff import (
    kfree_skb,
    kfree_skb_reason,
    pskb_may_pull,
    skb_clone,
    skb_push,
    skb_put,
)
from vethkernel.net.core.sock import (
    sk_common_release,
    sk_dst_reset,
    sock_alloc_send_skb,
    sock_i_ino,
    sock_queue_rcv_skb_reason,
)
from vethkernel.net.ipv4.af_inet import inet_addr_valid_or_nonlocal
from vethkernel.net.ipv4.datagram import ip4_datagram_connect
from vethkernel.net.ipv4.fib_frontend import inet_addr_type
from vethkernel.net.ipv4.icmp import icmp_err_convert, icmp_out_count
from vethkernel.net.ipv4.ip_output import (
    ip_append_data,
    ip_flush_pending_frames,
    ip_generic_getfrag,
    ip_push_pending_frames,
    ip_select_ident,
)
from vethkernel.net.ipv4.ip_sockglue import (
    ip_cmsg_recv,
    ip_cmsg_send,
    ip_getsockopt,
    ip_icmp_error,
    ip_local_error,
    ip_recv_error,
    ip_setsockopt,
    ipv4_pktinfo_prepare,
)
from vethkernel.net.ipv4.route import ip_route_output_flow, ipv4_sk_redirect, ipv4_sk_update_pmtu
from vethkernel.net.ipv4.udp import udp_disconnect
from vethkernel.net.socket import sock_recv_ts_and_drops

raw_prot.connect = ip4_datagram_connect
raw_prot.disconnect = udp_disconnect
