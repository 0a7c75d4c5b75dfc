# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/route.c: the way of a packet: from the tables' answer to the rtable it carries, on its way in and out.

Interface:
    ip_route_input_noref(skb, daddr, saddr, tos, dev)   a received packet: sets skb.dst, or returns why not
    ip_route_output_flow(net, flowi4, sk)               a packet to be sent: an rtable or an error; fills flowi4 in
A next hop keeps the last rtable made for it, one for each direction, as long as nothing changes (`rt_genid`). What is
learnt of single addresses (a smaller MTU, a redirect) are its exceptions. Left out: the list of routes that no next hop
keeps, statistics, multicast routing, IPsec, tunnels, traffic classes.
"""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from vethkernel.include.linux.icmp import icmp_hdr
from vethkernel.include.linux.in_ import (
    ipv4_is_lbcast,
    ipv4_is_local_multicast,
    ipv4_is_loopback,
    ipv4_is_multicast,
    ipv4_is_zeronet,
)
from vethkernel.include.linux.inetdevice import (
    IN_DEV_BFORWARD,
    IN_DEV_FORWARD,
    IN_DEV_LOG_MARTIANS,
    IN_DEV_NET_ROUTE_LOCALNET,
    IN_DEV_PROXY_ARP_PVLAN,
    IN_DEV_ROUTE_LOCALNET,
    IN_DEV_RX_REDIRECTS,
    IN_DEV_SEC_REDIRECTS,
    IN_DEV_SHARED_MEDIA,
    IN_DEV_TX_REDIRECTS,
    IPV4_DEVCONF_ALL,
    __in_dev_get_rcu,
    in_device,
)
from vethkernel.include.linux.ip import ip_hdr, iphdr, IPHDR_SADDR, IPHDR_PROTOCOL, IPHDR_ID
from vethkernel.include.linux.jiffies import HZ, time_after, time_before
from vethkernel.include.linux.netdevice import net_device
from vethkernel.include.linux.netlink import NETLINK_CB, NL_SET_ERR_MSG, netlink_callback, netlink_ext_ack, nlmsghdr
from vethkernel.include.linux.skbuff import (
    sk_buff,
    skb_dst_drop,
    skb_dst_set,
    skb_dst_set_noref,
    skb_mac_header_was_set,
    skb_reset_mac_header,
    skb_reset_network_header,
)
from vethkernel.include.linux.sysctl import ctl_table, int_ptr
from vethkernel.include.net.dropreason import (
    SKB_DROP_REASON_IP_INADDRERRORS,
    SKB_DROP_REASON_IP_INNOROUTES,
    SKB_DROP_REASON_NOT_SPECIFIED,
)
from vethkernel.include.net.dst import (
    DST_OBSOLETE_FORCE_CHK,
    DST_OBSOLETE_KILL,
    dst_check,
    dst_entry,
    dst_init_metrics,
    dst_metric_locked,
    dst_metric_raw,
    dst_metrics_ptr,
    dst_set_expires,
)
from vethkernel.include.net.dst_ops import dst_ops
from vethkernel.include.net.flow import (
    FLOWI_FLAG_ANYSRC,
    FLOWI_FLAG_KNOWN_NH,
    LOOPBACK_IFINDEX,
    flowi4,
    flowi4_init_output,
)
from vethkernel.include.net.inet_sock import inet_sk_flowi_flags
from vethkernel.include.net.ip import IP_INC_STATS_BH, IP_MAX_MTU, IPCB, IPSKB_DOREDIRECT, inet_skb_parm
from vethkernel.include.net.ip_fib import (
    FIB_RES_DEV,
    FIB_RES_NH,
    FIB_RES_OIF,
    fib_info,
    fib_nh,
    fib_nh_exception,
    fib_result,
    fib_rt_info,
)
from vethkernel.include.net.neighbour import NUD_VALID, neighbour
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.net_namespace import pernet_operations
from vethkernel.include.net.netlink import (
    nla_get_be16,
    nla_get_in_addr,
    nla_get_u8,
    nla_get_u32,
    nla_put_in_addr,
    nla_put_u32,
    nlattr,
    nlmsg_cancel,
    nlmsg_data,
    nlmsg_end,
    nlmsg_msg_size,
    nlmsg_parse_deprecated,
    nlmsg_parse_deprecated_strict,
    nlmsg_put,
)
from vethkernel.include.net.route import (
    IPTOS_RT_MASK,
    RT_CONN_FLAGS,
    RT_TOS,
    RTO_ONLINK,
    inet_iif,
    rt_is_input_route,
    rt_is_output_route,
    rt_nexthop,
    rtable,
)
from vethkernel.include.net.sock import sock
from vethkernel.include.uapi.asm_generic.errno import (
    EACCES,
    EHOSTUNREACH,
    EINVAL,
    EMSGSIZE,
    ENETUNREACH,
    ENODEV,
    EOPNOTSUPP,
)
from vethkernel.include.uapi.linux.icmp import (
    ICMP_DEST_UNREACH,
    ICMP_HOST_UNREACH,
    ICMP_NET_UNREACH,
    ICMP_PKT_FILTERED,
    ICMP_REDIR_HOST,
    ICMP_REDIRECT,
)
from vethkernel.include.uapi.linux.if_ import IFF_LOOPBACK, IFF_UP
from vethkernel.include.uapi.linux.if_ether import ETH_P_IP
from vethkernel.include.uapi.linux.in_ import (
    IN_LOOPBACKNET,
    INADDR_BROADCAST,
    INADDR_LOOPBACK,
    INADDR_UNSPEC_GROUP,
    IPPROTO_ICMP,
    IPPROTO_IGMP,
    IPPROTO_RAW,
    IPPROTO_TCP,
    IPPROTO_UDP,
)
from vethkernel.include.uapi.linux.in_route import (
    RTCF_BROADCAST,
    RTCF_DOREDIRECT,
    RTCF_LOCAL,
    RTCF_MULTICAST,
    RTCF_NOTIFY,
    RTCF_REDIRECTED,
)
from vethkernel.include.uapi.linux.ip import IPV4_DEVCONF_BC_FORWARDING
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_COMPAT,
    RT_TABLE_MAIN,
    RTA_DPORT,
    RTA_DST,
    RTA_GATEWAY,
    RTA_IIF,
    RTA_IP_PROTO,
    RTA_MARK,
    RTA_MAX,
    RTA_OIF,
    RTA_PREFSRC,
    RTA_SPORT,
    RTA_SRC,
    RTA_TABLE,
    RTA_UID,
    RTAX_ADVMSS,
    RTAX_LOCK,
    RTAX_MTU,
    RTM_F_CLONED,
    RTM_F_FIB_MATCH,
    RTM_F_LOOKUP_TABLE,
    RTM_F_NOTIFY,
    RTM_GETROUTE,
    RTM_NEWROUTE,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_UNICAST,
    RTN_UNREACHABLE,
    RTNH_F_DEAD,
    RTPROT_UNSPEC,
    rtmsg,
)
from vethkernel.include.uapi.linux.snmp import IPSTATS_MIB_INADDRERRORS, IPSTATS_MIB_INNOROUTES
from vethkernel.include.uapi.linux.socket import AF_INET, PF_INET
from vethkernel.wire import put_be16

IP_RT_REDIRECT_NUMBER = 9
IP_RT_REDIRECT_LOAD = HZ // 50
IP_RT_REDIRECT_SILENCE = (HZ // 50) << (9 + 1)
IP_RT_GC_TIMEOUT = 300 * HZ
IP_RT_ERROR_COST = HZ
IP_RT_ERROR_BURST = 5 * HZ
ICMP_REDIR_CODES = 4
ERR_GETROUTE_HEADER = "ipv4: Invalid header for route get request"
INVALID_UID = 0xFFFFFFFF
GLOBAL_ROOT_UID = 0


def rt_is_expired(rth: rtable) -> bool:
    """Whether something changed since the route was made. `net/ipv4/route.c:436`"""
    return rth.rt_genid != rth.dst.dev.nd_net.ipv4.rt_genid


def rt_cache_flush(net: net_t) -> None:
    """Something changed: no route made until now is good any more. `net/ipv4/route.c:441`"""
    net.ipv4.rt_genid += 1


def ipv4_neigh_lookup(dst: dst_entry, skb: sk_buff, daddr: int) -> neighbour:
    """Whom to hand packets on this way to: the gateway, or the receiver itself. `net/ipv4/route.c:446`"""
    rt: rtable = dst.container
    pkey = rt.rt_gateway or (ip_hdr(skb).daddr if skb is not None else daddr)
    n = __ipv4_neigh_lookup(dst.dev, pkey)
    if n is not None:
        return n
    return neigh_create(g.arp_tbl, pkey, dst.dev)


def ip_idents_reserve(hash: tuple[bytes, int], segs: int) -> int:
    """Take `segs` identifiers for packets between two addresses; between two takes, some are skipped, by chance and the
    more the longer it was. `net/ipv4/route.c:472 (6.1)`"""
    now = g.jiffies
    id, old = g.ip_idents.get(hash) or (prandom_u32() & 0xFFFF, now)
    delta = prandom_u32_max(now - old) if now != old else 0
    g.ip_idents[hash] = id + segs + delta & 0xFFFF, now
    return id + delta & 0xFFFF


def __ip_select_ident(net: net_t, iph: iphdr, segs: int) -> None:
    """Number a packet that may be fragmented. `net/ipv4/route.c:487`"""
    head, off = iph.head, iph.off
    hash = bytes(head[off + IPHDR_SADDR : off + iphdr.SIZE]), head[off + IPHDR_PROTOCOL]
    put_be16(head, off + IPHDR_ID, ip_idents_reserve(hash, segs))


def __build_flow_key(
    fl4: flowi4, sk: sock, iph: iphdr, oif: int, tos: int, prot: int, mark: int, flow_flags: int
) -> None:
    """Ask for the way that a packet went; if it is a socket's, as the socket would. `net/ipv4/route.c:503`"""
    if sk is not None:
        oif = sk.sk_bound_dev_if
        mark = sk.sk_mark
        tos = RT_CONN_FLAGS(sk)
        prot = IPPROTO_RAW if sk.container.hdrincl else sk.sk_protocol
    flowi4_init_output(fl4, oif, mark, tos, RT_SCOPE_UNIVERSE, prot, flow_flags, iph.daddr, iph.saddr, 0, 0)


def build_skb_flow_key(fl4: flowi4, skb: sk_buff, sk: sock) -> None:
    """The same for a packet with its IP header in place. `net/ipv4/route.c:522`"""
    iph = ip_hdr(skb)
    __build_flow_key(fl4, sk, iph, skb.dev.ifindex, RT_TOS(iph.tos), iph.protocol, skb.mark, 0)


def build_sk_flow_key(fl4: flowi4, sk: sock) -> None:
    """Ask for the way of a connected socket. `net/ipv4/route.c:534`"""
    inet = sk.container
    prot = IPPROTO_RAW if inet.hdrincl else sk.sk_protocol
    flowi4_init_output(
        fl4, sk.sk_bound_dev_if, sk.sk_mark, RT_CONN_FLAGS(sk), RT_SCOPE_UNIVERSE, prot, inet_sk_flowi_flags(sk),
        inet.inet_daddr, inet.inet_saddr, 0, 0,
    )  # fmt: skip


def ip_rt_build_flow_key(fl4: flowi4, sk: sock, skb: sk_buff) -> None:
    """Ask for the way of the packet, or else of the socket. `net/ipv4/route.c:552`"""
    if skb is not None:
        build_skb_flow_key(fl4, skb, sk)
    else:
        build_sk_flow_key(fl4, sk)


def fill_route_from_fnhe(rt: rtable, fnhe: fib_nh_exception) -> None:
    """Let a route know what was learnt of its receiver. `net/ipv4/route.c:640 (6.1)`"""
    rt.rt_pmtu = fnhe.fnhe_pmtu
    rt.rt_mtu_locked = fnhe.fnhe_mtu_locked
    rt.dst.expires = fnhe.fnhe_expires
    if fnhe.fnhe_gw:
        rt.rt_flags |= RTCF_REDIRECTED
        rt.rt_uses_gateway = True
        rt.rt_gateway = fnhe.fnhe_gw


def update_or_create_fnhe(nh: fib_nh, daddr: int, gw: int, pmtu: int, lock: bool, expires: int) -> None:
    """Note what was learnt of an address behind a next hop. `net/ipv4/route.c:597`"""
    genid = nh.nh_dev.nd_net.ipv4.fnhe_genid
    if nh.nh_exceptions is None:
        nh.nh_exceptions = {}
    fnhe = nh.nh_exceptions.get(daddr)
    if fnhe is not None:
        fnhe.fnhe_genid = genid
        fnhe.fnhe_gw = gw or fnhe.fnhe_gw
        if pmtu:
            fnhe.fnhe_pmtu = pmtu
            fnhe.fnhe_mtu_locked = lock
        fnhe.fnhe_expires = max(1, expires)
        for rt in (fnhe.fnhe_rth_input, fnhe.fnhe_rth_output):
            if rt is not None:
                fill_route_from_fnhe(rt, fnhe)
    else:
        fnhe = fib_nh_exception(daddr, pmtu, lock, gw, max(1, expires), fnhe_genid=genid)
        nh.nh_exceptions[daddr] = fnhe
        for rt in (nh.nh_rth_input, nh.nh_rth_output):
            if rt is not None:
                rt.dst.obsolete = DST_OBSOLETE_KILL
    fnhe.fnhe_stamp = g.jiffies


def __ip_do_redirect(rt: rtable, skb: sk_buff, fl4: flowi4, kill_route: bool) -> None:
    """A router says that another one is nearer: believe it if it is the one we use, and the other is our neighbour.
    `net/ipv4/route.c:656`"""
    icmph = icmp_hdr(skb)
    new_gw, old_gw = icmph.gateway, ip_hdr(skb).saddr
    if icmph.code & 7 >= ICMP_REDIR_CODES or rt.rt_gateway != old_gw:
        return
    dev = skb.dev
    in_dev = __in_dev_get_rcu(dev)
    if in_dev is None:
        return
    net = dev.nd_net
    if not redirect_acceptable(net, in_dev, new_gw, old_gw):
        ip_log_ignored_redirect(in_dev, skb, old_gw, new_gw)
        return
    n = __ipv4_neigh_lookup(rt.dst.dev, new_gw) or neigh_create(g.arp_tbl, new_gw, rt.dst.dev)
    if IS_ERR(n):
        return
    if not n.nud_state & NUD_VALID:
        neigh_event_send(n, None)
    else:
        res = fib_result()
        if fib_lookup(net, fl4, res) == 0:
            fib_select_path(net, res, fl4, skb)
            update_or_create_fnhe(FIB_RES_NH(res), fl4.daddr, new_gw, 0, False, g.jiffies + IP_RT_GC_TIMEOUT)
        if kill_route:
            rt.dst.obsolete = DST_OBSOLETE_KILL
    neigh_release(n)


def redirect_acceptable(net: net_t, in_dev: in_device, new_gw: int, old_gw: int) -> bool:
    """Whether a redirect may be believed. The middle of __ip_do_redirect in C. `net/ipv4/route.c:690`"""
    if new_gw == old_gw or not IN_DEV_RX_REDIRECTS(in_dev):
        return False
    if ipv4_is_multicast(new_gw) or ipv4_is_lbcast(new_gw) or ipv4_is_zeronet(new_gw):
        return False
    if IN_DEV_SHARED_MEDIA(in_dev):
        return inet_addr_type(net, new_gw) == RTN_UNICAST
    if not inet_addr_onlink(in_dev, new_gw, old_gw):
        return False
    return not (IN_DEV_SEC_REDIRECTS(in_dev) and ip_fib_check_default(new_gw, in_dev.dev))


def ip_log_ignored_redirect(in_dev: in_device, skb: sk_buff, old_gw: int, new_gw: int) -> None:
    """Say that a redirect is not believed. The end of __ip_do_redirect in C. `net/ipv4/route.c:727`"""
    if IN_DEV_LOG_MARTIANS(in_dev) and net_ratelimit():
        iph = iphdr(skb.head, skb.data)
        old, new, src, dst = (ip4_addr_string(addr) for addr in (old_gw, new_gw, iph.saddr, iph.daddr))
        printk(f"IPv4: Redirect from {old} on {in_dev.dev.name} about {new} ignored")
        printk(f"  Advised path = {src} -> {dst}")


def ip_do_redirect(dst: dst_entry, sk: sock, skb: sk_buff) -> None:
    """A redirect came for this destination. `net/ipv4/route.c:736`"""
    iph = iphdr(skb.head, skb.data)
    fl4 = flowi4()
    __build_flow_key(fl4, sk, iph, skb.dev.ifindex, RT_TOS(iph.tos), iph.protocol, skb.mark, 0)
    __ip_do_redirect(dst.container, skb, fl4, True)


def ipv4_negative_advice(dst: dst_entry) -> dst_entry:
    """The socket gets no answer on this way: is another worth a try? `net/ipv4/route.c:752`"""
    rt: rtable = dst.container
    if dst.obsolete > 0 or rt.rt_flags & RTCF_REDIRECTED or dst.expires:
        return None
    return dst


def ip_rt_send_redirect(skb: sk_buff) -> None:
    """Tell the sender of a packet that goes out as it came in about the nearer router: less and less often, and not for
    ever. `net/ipv4/route.c:786`"""
    rt = skb.dst.container
    in_dev = __in_dev_get_rcu(rt.dst.dev)
    if in_dev is None or not IN_DEV_TX_REDIRECTS(in_dev):
        return
    iph = ip_hdr(skb)
    peer = inet_getpeer_v4(rt.dst.dev.nd_net.ipv4.peers, iph.saddr, 1)
    if time_after(g.jiffies, peer.rate_last + IP_RT_REDIRECT_SILENCE):
        peer.rate_tokens = peer.n_redirects = 0
    if peer.n_redirects >= IP_RT_REDIRECT_NUMBER:
        peer.rate_last = g.jiffies
        return
    if peer.n_redirects and not time_after(g.jiffies, peer.rate_last + (IP_RT_REDIRECT_LOAD << peer.n_redirects)):
        return
    gw = rt_nexthop(rt, iph.daddr)
    icmp_send(skb, ICMP_REDIRECT, ICMP_REDIR_HOST, gw)
    peer.rate_last = g.jiffies
    peer.n_redirects += 1
    if IN_DEV_LOG_MARTIANS(in_dev) and peer.n_redirects == IP_RT_REDIRECT_NUMBER and net_ratelimit():
        src, dst, by = (ip4_addr_string(addr) for addr in (iph.saddr, iph.daddr, gw))
        printk(f"IPv4: host {src}/if{inet_iif(skb)} ignores redirects for {dst} to {by}")


def ip_error(skb: sk_buff) -> int:
    """The end of a packet that there is no way for; a router tells the sender so, unless it did too often.
    `net/ipv4/route.c:849`"""
    rt = skb.dst.container
    in_dev = __in_dev_get_rcu(skb.dev)
    reason = SKB_DROP_REASON_NOT_SPECIFIED
    if in_dev is None:
        kfree_skb_reason(skb, reason)
        return 0
    net = rt.dst.dev.nd_net
    if not IN_DEV_FORWARD(in_dev):
        if rt.dst.error == EHOSTUNREACH:
            reason = SKB_DROP_REASON_IP_INADDRERRORS
            IP_INC_STATS_BH(net, IPSTATS_MIB_INADDRERRORS)
        elif rt.dst.error == ENETUNREACH:
            reason = SKB_DROP_REASON_IP_INNOROUTES
            IP_INC_STATS_BH(net, IPSTATS_MIB_INNOROUTES)
        kfree_skb_reason(skb, reason)
        return 0
    codes = {EHOSTUNREACH: ICMP_HOST_UNREACH, ENETUNREACH: ICMP_NET_UNREACH, EACCES: ICMP_PKT_FILTERED}
    code = codes.get(rt.dst.error)
    if code is None:
        kfree_skb_reason(skb, reason)
        return 0
    if rt.dst.error == ENETUNREACH:
        reason = SKB_DROP_REASON_IP_INNOROUTES
        IP_INC_STATS_BH(net, IPSTATS_MIB_INNOROUTES)
    peer = inet_getpeer_v4(net.ipv4.peers, ip_hdr(skb).saddr, 1)
    now = g.jiffies
    peer.rate_tokens = min(peer.rate_tokens + now - peer.rate_last, IP_RT_ERROR_BURST)
    peer.rate_last = now
    if peer.rate_tokens >= IP_RT_ERROR_COST:
        peer.rate_tokens -= IP_RT_ERROR_COST
        icmp_send(skb, ICMP_DEST_UNREACH, code, 0)
    kfree_skb_reason(skb, reason)
    return 0


def __ip_rt_update_pmtu(rt: rtable, fl4: flowi4, mtu: int) -> None:
    """Somebody on the way cannot pass more than `mtu` bytes on to this receiver. `net/ipv4/route.c:911`"""
    dst = rt.dst
    if dst_metric_locked(dst, RTAX_MTU):
        return
    old_mtu = ipv4_mtu(dst)
    if old_mtu < mtu:
        return
    net = dst.dev.nd_net
    lock = mtu < net.ipv4.ip_rt_min_pmtu
    if lock:
        mtu = min(old_mtu, net.ipv4.ip_rt_min_pmtu)
    mtu_expires = net.ipv4.ip_rt_mtu_expires
    if rt.rt_pmtu == mtu and not lock and time_before(g.jiffies, dst.expires - mtu_expires // 2):
        return
    res = fib_result()
    if fib_lookup(net, fl4, res) == 0:
        fib_select_path(net, res, fl4, None)
        for nh in res.fi.fib_nh if res.fi.fib_nhs > 1 else (FIB_RES_NH(res),):
            update_or_create_fnhe(nh, fl4.daddr, 0, mtu, lock, g.jiffies + mtu_expires)


def ip_rt_update_pmtu(dst: dst_entry, sk: sock, skb: sk_buff, mtu: int) -> None:
    """The same for a destination, by its packet or its socket. `net/ipv4/route.c:942`"""
    fl4 = flowi4()
    ip_rt_build_flow_key(fl4, sk, skb)
    __ip_rt_update_pmtu(dst.container, fl4, mtu)


def ipv4_update_pmtu(skb: sk_buff, net: net_t, mtu: int, oif: int, mark: int, protocol: int, flow_flags: int) -> None:
    """The same for the packet that an ICMP error returns. `net/ipv4/route.c:952`"""
    iph = iphdr(skb.head, skb.data)
    fl4 = flowi4()
    __build_flow_key(fl4, None, iph, oif, RT_TOS(iph.tos), protocol, mark, flow_flags)
    rt = __ip_route_output_key(net, fl4)
    if not IS_ERR(rt):
        __ip_rt_update_pmtu(rt, fl4, mtu)


def __ipv4_sk_update_pmtu(skb: sk_buff, sk: sock, mtu: int) -> None:
    """The same for a socket without a route of its own. `net/ipv4/route.c:969`"""
    fl4 = flowi4()
    __build_flow_key(fl4, sk, iphdr(skb.head, skb.data), 0, 0, 0, 0, 0)
    rt = __ip_route_output_key(sk.sk_net, fl4)
    if not IS_ERR(rt):
        __ip_rt_update_pmtu(rt, fl4, mtu)


def ipv4_sk_update_pmtu(skb: sk_buff, sk: sock, mtu: int) -> None:
    """The same for a socket, which gets a new route by it. `net/ipv4/route.c:983`"""
    dst = sk_dst_get(sk)
    if dst is None:
        __ipv4_sk_update_pmtu(skb, sk, mtu)
        return
    rt = dst.container
    fl4 = flowi4()
    __build_flow_key(fl4, sk, iphdr(skb.head, skb.data), 0, 0, 0, 0, 0)
    new = False
    if dst_check(dst, 0) is None:
        rt = ip_route_output_flow(sk.sk_net, fl4, sk)
        if IS_ERR(rt):
            return
        new = True
    __ip_rt_update_pmtu(rt, fl4, mtu)
    if dst_check(rt.dst, 0) is None:
        rt = ip_route_output_flow(sk.sk_net, fl4, sk)
        if IS_ERR(rt):
            return
        new = True
    if new:
        sk_dst_set(sk, rt.dst)


def ipv4_redirect(skb: sk_buff, net: net_t, oif: int, mark: int, protocol: int, flow_flags: int) -> None:
    """A redirect for the packet that it returns. `net/ipv4/route.c:1031`"""
    iph = iphdr(skb.head, skb.data)
    fl4 = flowi4()
    __build_flow_key(fl4, None, iph, oif, RT_TOS(iph.tos), protocol, mark, flow_flags)
    rt = __ip_route_output_key(net, fl4)
    if not IS_ERR(rt):
        __ip_do_redirect(rt, skb, fl4, False)


def ipv4_sk_redirect(skb: sk_buff, sk: sock) -> None:
    """A redirect for a socket. `net/ipv4/route.c:1048`"""
    fl4 = flowi4()
    __build_flow_key(fl4, sk, iphdr(skb.head, skb.data), 0, 0, 0, 0, 0)
    rt = __ip_route_output_key(sk.sk_net, fl4)
    if not IS_ERR(rt):
        __ip_do_redirect(rt, skb, fl4, False)


def ipv4_dst_check(dst: dst_entry, cookie: int) -> dst_entry:
    """The route if it is still good, else None. `net/ipv4/route.c:1063`"""
    if dst.obsolete != DST_OBSOLETE_FORCE_CHK or rt_is_expired(dst.container):
        return None
    return dst


def ipv4_link_failure(skb: sk_buff) -> None:
    """The next hop does not answer: tell the sender. `net/ipv4/route.c:1080`"""
    icmp_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0)
    rt = skb.dst.container
    if rt is not None:
        dst_set_expires(rt.dst, 0)


def ip_rt_bug(skb: sk_buff) -> int:
    """A received packet is being sent: that cannot be. `net/ipv4/route.c:1091`"""
    iph = ip_hdr(skb)
    name = skb.dev.name if skb.dev is not None else "?"
    printk(f"IPv4: ip_rt_bug: {ip4_addr_string(iph.saddr)} -> {ip4_addr_string(iph.daddr)}, {name}")
    kfree_skb(skb)
    return 0


def ip_rt_get_source(skb: sk_buff, rt: rtable) -> int:
    """Our address on the packet's way, for its options. `net/ipv4/route.c:1110`"""
    iph = ip_hdr(skb)
    if rt_is_output_route(rt):
        return iph.saddr
    net = rt.dst.dev.nd_net
    fl4 = flowi4(iph.daddr, iph.saddr, rt.dst.dev.ifindex, skb.dev.ifindex, skb.mark, RT_TOS(iph.tos))
    res = fib_result()
    if fib_lookup(net, fl4, res) == 0:
        return fib_result_prefsrc(net, res)
    return inet_select_addr(rt.dst.dev, rt_nexthop(rt, iph.daddr), RT_SCOPE_UNIVERSE)


def ipv4_default_advmss(dst: dst_entry) -> int:
    """The segment size that fits the device. `net/ipv4/route.c:1153`"""
    advmss = dst_metric_raw(dst, RTAX_ADVMSS)
    return advmss or min(max(dst.dev.mtu - 40, dst.dev.nd_net.ipv4.ip_rt_min_advmss), 65535 - 40)


def ipv4_mtu(dst: dst_entry) -> int:
    """The largest packet: by what was learnt, or by the route, or by the device. `net/ipv4/route.c:1166`"""
    rt: rtable = dst.container
    mtu = rt.rt_pmtu
    if not mtu or g.jiffies >= dst.expires:
        mtu = dst._metrics[RTAX_MTU - 1]
        if not mtu:
            mtu = dst.dev.mtu
            if rt.rt_uses_gateway and mtu > 576 and dst_metric_locked(dst, RTAX_MTU):
                mtu = 576
    return mtu if mtu < IP_MAX_MTU else IP_MAX_MTU


def ip_del_fnhe(nh: fib_nh, daddr: int) -> None:
    """What was learnt of an address is too old. `net/ipv4/route.c:1386 (6.1)`"""
    fnhe = nh.nh_exceptions.pop(daddr)
    fnhe.fnhe_daddr = 0
    fnhe_flush_routes(fnhe)


def fnhe_flush_routes(fnhe: fib_nh_exception) -> None:
    """Its routes are no good any more. `net/ipv4/route.c:586 (6.1)`"""
    for rt in (fnhe.fnhe_rth_input, fnhe.fnhe_rth_output):
        if rt is not None:
            __dst_free(rt.dst)
    fnhe.fnhe_rth_input = fnhe.fnhe_rth_output = None


def find_exception(nh: fib_nh, daddr: int) -> fib_nh_exception | None:
    """What was learnt of this address. `net/ipv4/route.c:1190`"""
    if not nh.nh_exceptions:
        return None
    fnhe = nh.nh_exceptions.get(daddr)
    if fnhe is not None and fnhe.fnhe_expires and time_after(g.jiffies, fnhe.fnhe_expires):
        ip_del_fnhe(nh, daddr)
        return None
    return fnhe


def rt_bind_exception(rt: rtable, fnhe: fib_nh_exception, daddr: int, do_cache: bool) -> bool:
    """Let a new route know what was learnt, and keep it there. `net/ipv4/route.c:1209`"""
    if daddr != fnhe.fnhe_daddr:
        return False
    genid = rt.dst.dev.nd_net.ipv4.fnhe_genid
    if fnhe.fnhe_genid != genid:
        fnhe.fnhe_genid = genid
        fnhe.fnhe_gw = fnhe.fnhe_pmtu = fnhe.fnhe_expires = 0
        fnhe.fnhe_mtu_locked = False
        fnhe_flush_routes(fnhe)
    fill_route_from_fnhe(rt, fnhe)
    rt.rt_gateway = rt.rt_gateway or daddr
    fnhe.fnhe_stamp = g.jiffies
    if do_cache and rt_is_input_route(rt):
        fnhe.fnhe_rth_input = rt
    elif do_cache:
        fnhe.fnhe_rth_output = rt
    return do_cache


def rt_cache_route(nh: fib_nh, rt: rtable) -> bool:
    """Keep the route at its next hop, for the next packet. `net/ipv4/route.c:1251`"""
    if rt_is_input_route(rt):
        nh.nh_rth_input = rt
    else:
        nh.nh_rth_output = rt
    return True


def rt_cache_valid(rt: rtable) -> bool:
    """Whether a kept route is still good. `net/ipv4/route.c:1312`"""
    if rt is None:
        return False
    dst = rt.dst
    return dst.obsolete == DST_OBSOLETE_FORCE_CHK and rt.rt_genid == dst.dev.nd_net.ipv4.rt_genid  # rt_is_expired


def rt_set_nexthop(
    rt: rtable, daddr: int, res: fib_result, fnhe: fib_nh_exception, fi: fib_info, type: int, do_cache: bool
) -> None:
    """Give a new route its gateway and its metrics, and keep it for others if it is not for `daddr` alone.
    `net/ipv4/route.c:1319`"""
    if fi is None:
        return
    nh = FIB_RES_NH(res)
    if nh.nh_gw and nh.nh_scope == RT_SCOPE_LINK:
        rt.rt_gateway = nh.nh_gw
        rt.rt_uses_gateway = True
    dst_init_metrics(rt.dst, fi.fib_metrics, True)
    cached = False
    if fnhe is not None:
        cached = rt_bind_exception(rt, fnhe, daddr, do_cache)
    elif do_cache:
        cached = rt_cache_route(nh, rt)
    if not cached and not rt.rt_gateway:
        rt.rt_gateway = daddr


def rt_dst_alloc(dev: net_device, flags: int, type: int, noxfrm: bool) -> rtable:
    """A new route over `dev`. `net/ipv4/route.c:1363`"""
    dst = dst_alloc(ipv4_dst_ops, dev, 1, DST_OBSOLETE_FORCE_CHK, 0)
    rt = rtable(dst)
    dst.container = rt
    rt.rt_genid = dev.nd_net.ipv4.rt_genid
    rt.rt_flags = flags
    rt.rt_type = type
    dst.output = ip_output
    if flags & RTCF_LOCAL:
        dst.input = ip_local_deliver
    return rt


def ip_mc_validate_source(
    skb: sk_buff, daddr: int, saddr: int, tos: int, dev: net_device, in_dev: in_device
) -> int:
    """Whether a packet from `saddr` to a group may come in by `dev`. `net/ipv4/route.c:1751 (6.1)`"""
    if in_dev is None or ipv4_is_multicast(saddr) or ipv4_is_lbcast(saddr) or skb.protocol != ETH_P_IP:
        return -EINVAL
    if ipv4_is_loopback(saddr) and not IN_DEV_ROUTE_LOCALNET(in_dev):
        return -EINVAL
    if ipv4_is_zeronet(saddr):
        return 0 if ipv4_is_local_multicast(daddr) or ip_hdr(skb).protocol == IPPROTO_IGMP else -EINVAL
    err = fib_validate_source(skb, saddr, 0, tos, 0, dev, in_dev)
    return min(err, 0)


def ip_route_input_mc(skb: sk_buff, daddr: int, saddr: int, tos: int, dev: net_device, our: int) -> int:
    """The way of a packet to a group. `net/ipv4/route.c:1373`"""
    in_dev = __in_dev_get_rcu(dev)
    err = ip_mc_validate_source(skb, daddr, saddr, tos, dev, in_dev)
    if err:
        return err
    flags = RTCF_MULTICAST | RTCF_LOCAL if our else RTCF_MULTICAST
    rth = rt_dst_alloc(dev.nd_net.loopback_dev, flags, RTN_MULTICAST, False)
    rth.dst.output = ip_rt_bug
    rth.rt_is_input = True
    skb_dst_drop(skb)
    skb_dst_set(skb, rth.dst)
    return 0


def ip_handle_martian_source(dev: net_device, in_dev: in_device, skb: sk_buff, daddr: int, saddr: int) -> None:
    """Log that a packet came with a source that cannot be (log_martians). `net/ipv4/route.c:1445`"""
    if not IN_DEV_LOG_MARTIANS(in_dev) or not net_ratelimit():
        return
    printk(f"IPv4: martian source {ip4_addr_string(daddr)} from {ip4_addr_string(saddr)}, on dev {dev.name}")
    if dev.hard_header_len and skb_mac_header_was_set(skb):
        header = skb.head[skb.mac_header : skb.mac_header + dev.hard_header_len]
        printk(f"ll header: 00000000: {hex_dump_to_buffer(bytes(header))}")


def __mkroute_input(skb: sk_buff, res: fib_result, in_dev: in_device, daddr: int, saddr: int, tos: int) -> int:
    """The way of a packet that is to be passed on. `net/ipv4/route.c:1471`"""
    nh = FIB_RES_NH(res)
    out_dev = __in_dev_get_rcu(FIB_RES_DEV(res))
    if out_dev is None:
        return -EINVAL
    err = fib_validate_source(skb, saddr, daddr, tos, FIB_RES_OIF(res), in_dev.dev, in_dev)
    if err < 0:
        ip_handle_martian_source(in_dev.dev, in_dev, skb, daddr, saddr)
        return err
    do_cache = res.fi is not None
    if out_dev is in_dev and err and IN_DEV_TX_REDIRECTS(out_dev) and skb.protocol == ETH_P_IP:
        if IN_DEV_SHARED_MEDIA(out_dev) or inet_addr_onlink(out_dev, saddr, nh.nh_gw):
            IPCB(skb).flags |= IPSKB_DOREDIRECT
    if skb.protocol != ETH_P_IP and out_dev is in_dev and not IN_DEV_PROXY_ARP_PVLAN(in_dev):
        return -EINVAL
    fnhe = find_exception(nh, daddr)
    if do_cache:
        rth = fnhe.fnhe_rth_input if fnhe is not None else nh.nh_rth_input
        if rt_cache_valid(rth):
            skb_dst_set_noref(skb, rth.dst)
            return 0
    rth = rt_dst_alloc(out_dev.dev, 0, res.type, False)
    rth.rt_is_input = True
    rth.dst.input = ip_forward
    rt_set_nexthop(rth, daddr, res, fnhe, res.fi, res.type, do_cache)
    skb_dst_set(skb, rth.dst)
    return 0


def fib_multipath_hash(net: net_t, fl4: flowi4, skb: sk_buff) -> int:
    """31 bits that are the same for all packets between two addresses. `net/ipv4/route.c:2099 (6.1)`"""
    return ((fl4.saddr ^ fl4.daddr) * 0x9E3779B1 & 0xFFFFFFFF) >> 1


def ip_mkroute_input(skb: sk_buff, res: fib_result, in_dev: in_device, daddr: int, saddr: int, tos: int) -> int:
    """Choose among several next hops, then __mkroute_input. `net/ipv4/route.c:1559`"""
    if res.fi is not None and res.fi.fib_nhs > 1:
        fib_select_multipath(res, fib_multipath_hash(res.fi.fib_net, flowi4(daddr, saddr), skb))
    return __mkroute_input(skb, res, in_dev, daddr, saddr, tos)


def ip_route_input_slow(
    skb: sk_buff, daddr: int, saddr: int, tos: int, dev: net_device, res: fib_result
) -> int:
    """Find the way of a received packet: to us, on to others, or to nowhere. A packet that came in with one of our own
    addresses as its source was not sent by us: our own find their way when they are sent. `net/ipv4/route.c:1585`"""
    in_dev = dev.ip_ptr
    if in_dev is None:
        return -EINVAL
    skb.dst = None
    if saddr >= INADDR_UNSPEC_GROUP and (ipv4_is_multicast(saddr) or ipv4_is_lbcast(saddr)):
        return martian_source(dev, in_dev, skb, daddr, saddr, -EINVAL)
    if daddr == INADDR_BROADCAST or saddr == 0 and daddr == 0:
        return ip_route_input_brd(skb, daddr, saddr, tos, dev, res, True)
    if not saddr:
        return martian_source(dev, in_dev, skb, daddr, saddr, -EINVAL)
    if not daddr:
        return martian_destination(dev, in_dev, daddr, saddr)
    net = dev.nd_net
    if daddr >> 24 == IN_LOOPBACKNET:
        if not IN_DEV_NET_ROUTE_LOCALNET(in_dev, net):
            return martian_destination(dev, in_dev, daddr, saddr)
    elif saddr >> 24 == IN_LOOPBACKNET and not IN_DEV_NET_ROUTE_LOCALNET(in_dev, net):
        return martian_source(dev, in_dev, skb, daddr, saddr, -EINVAL)
    fl4 = flowi4(daddr, saddr, 0, dev.ifindex, skb.mark, tos)
    err = fib_lookup(net, fl4, res, 0)
    if err:
        return ip_route_input_none(skb, dev, res, err if IN_DEV_FORWARD(in_dev) else -EHOSTUNREACH)
    if res.type == RTN_LOCAL:
        err = fib_validate_source(skb, saddr, daddr, tos, 0, dev, in_dev)
        if err < 0:
            return martian_source(dev, in_dev, skb, daddr, saddr, err)
        return ip_route_input_local(skb, dev, res, 0, 0, True)
    if res.type == RTN_BROADCAST and not IN_DEV_BFORWARD(in_dev):
        do_cache = not IPV4_DEVCONF_ALL(net, IPV4_DEVCONF_BC_FORWARDING)
        return ip_route_input_brd(skb, daddr, saddr, tos, dev, res, do_cache)
    if res.type != RTN_BROADCAST:
        if not IN_DEV_FORWARD(in_dev):
            return ip_route_input_none(skb, dev, res, -EHOSTUNREACH)
        if res.type != RTN_UNICAST:
            return martian_destination(dev, in_dev, daddr, saddr)
    return ip_mkroute_input(skb, res, in_dev, daddr, saddr, tos)


def ip_route_input_brd(
    skb: sk_buff, daddr: int, saddr: int, tos: int, dev: net_device, res: fib_result, do_cache: bool
) -> int:
    """A broadcast. The label brd_input of ip_route_input_slow in C. `net/ipv4/route.c:1665`"""
    if skb.protocol != ETH_P_IP:
        return -EINVAL
    in_dev = __in_dev_get_rcu(dev)
    if not ipv4_is_zeronet(saddr):
        err = fib_validate_source(skb, saddr, 0, tos, 0, dev, in_dev)
        if err < 0:
            return martian_source(dev, in_dev, skb, daddr, saddr, err)
    res.type = RTN_BROADCAST
    return ip_route_input_local(skb, dev, res, RTCF_BROADCAST, 0, do_cache)


def ip_route_input_none(skb: sk_buff, dev: net_device, res: fib_result, err: int) -> int:
    """There is no way: the packet gets one to ip_error. The label no_route of ip_route_input_slow in C.
    `net/ipv4/route.c:1723`"""
    res.type = RTN_UNREACHABLE
    res.fi = res.table = None
    return ip_route_input_local(skb, dev, res, 0, err, True)


def ip_route_input_local(
    skb: sk_buff, dev: net_device, res: fib_result, flags: int, err: int, do_cache: bool
) -> int:
    """It ends here: the route that the next hop keeps, or a new one. The label local_input of ip_route_input_slow in C.
    `net/ipv4/route.c:1679`"""
    do_cache = do_cache and res.fi is not None
    if do_cache:
        rth = res.fi.fib_nh[res.nh_sel].nh_rth_input
        if rt_cache_valid(rth):
            skb.dst = rth.dst
            return 0
    rth = rt_dst_alloc(dev.nd_net.loopback_dev, flags | RTCF_LOCAL, res.type, False)
    rth.dst.output = ip_rt_bug
    rth.rt_is_input = True
    if res.type == RTN_UNREACHABLE:
        rth.dst.input = ip_error
        rth.dst.error = -err
        rth.rt_flags &= ~RTCF_LOCAL
    if do_cache:
        rt_cache_route(FIB_RES_NH(res), rth)
    skb_dst_set(skb, rth.dst)
    return 0


def martian_source(dev: net_device, in_dev: in_device, skb: sk_buff, daddr: int, saddr: int, err: int) -> int:
    """The label of that name of ip_route_input_slow in C. `net/ipv4/route.c:1755`"""
    ip_handle_martian_source(dev, in_dev, skb, daddr, saddr)
    return err


def martian_destination(dev: net_device, in_dev: in_device, daddr: int, saddr: int) -> int:
    """The label of that name of ip_route_input_slow in C. `net/ipv4/route.c:1739`"""
    if IN_DEV_LOG_MARTIANS(in_dev) and net_ratelimit():
        printk(f"IPv4: martian destination {ip4_addr_string(daddr)} from {ip4_addr_string(saddr)}, dev {dev.name}")
    return -EINVAL


def ip_route_input_rcu(
    skb: sk_buff, daddr: int, saddr: int, tos: int, dev: net_device, res: fib_result
) -> int:
    """Packets to a group that nobody here listens to are dropped at once. `net/ipv4/route.c:2500 (6.1)`"""
    if daddr >> 28 != 14:  # ipv4_is_multicast
        return ip_route_input_slow(skb, daddr, saddr, tos, dev, res)
    in_dev = __in_dev_get_rcu(dev)
    our = ip_check_mc_rcu(in_dev, daddr, saddr, ip_hdr(skb).protocol) if in_dev is not None else 0
    return ip_route_input_mc(skb, daddr, saddr, tos, dev, our) if our else -EINVAL


def ip_route_input_noref(skb: sk_buff, daddr: int, saddr: int, tos: int, dev: net_device) -> int:
    """Find the way of a packet that came in by `dev`: 0 and skb.dst, or a negative errno. `net/ipv4/route.c:1762`"""
    if daddr >> 28 == 14:  # ipv4_is_multicast
        return ip_route_input_rcu(skb, daddr, saddr, tos & IPTOS_RT_MASK, dev, fib_result())
    return ip_route_input_slow(skb, daddr, saddr, tos & IPTOS_RT_MASK, dev, fib_result())


def __mkroute_output(
    res: fib_result, fl4: flowi4, orig_oif: int, dev_out: net_device, flags: int
) -> rtable:
    """The route for what the tables said: the one that the next hop keeps, or a new one. `net/ipv4/route.c:1809`"""
    fi, type = res.fi, res.type
    in_dev = dev_out.ip_ptr
    if in_dev is None:
        return ERR_PTR(-EINVAL)
    loopback = dev_out.flags & IFF_LOOPBACK
    daddr = fl4.daddr
    if not loopback and fl4.saddr >> 24 == IN_LOOPBACKNET and not IN_DEV_ROUTE_LOCALNET(in_dev):
        return ERR_PTR(-EINVAL)
    if daddr == INADDR_BROADCAST:
        type = RTN_BROADCAST
        fi = None
    elif daddr >> 28 == 14:  # ipv4_is_multicast
        type = RTN_MULTICAST
    elif not daddr:
        return ERR_PTR(-EINVAL)
    if loopback:
        flags |= RTCF_LOCAL
    do_cache = True
    if type == RTN_BROADCAST:
        flags |= RTCF_BROADCAST | RTCF_LOCAL
    elif type == RTN_MULTICAST:
        flags |= RTCF_MULTICAST | RTCF_LOCAL
        do_cache = not ip_check_mc_rcu(in_dev, daddr, fl4.saddr, fl4.flowi4_proto)
        if do_cache:
            flags &= ~RTCF_LOCAL
        if fi is not None and res.prefixlen < 4:
            fi = None
    elif type == RTN_LOCAL and orig_oif and orig_oif != dev_out.ifindex:
        do_cache = False
    fnhe = None
    if fi is not None:
        nh = fi.fib_nh[res.nh_sel]
        fnhe = find_exception(nh, daddr) if nh.nh_exceptions else None
        if do_cache and fnhe is None and fl4.flowi4_flags & FLOWI_FLAG_KNOWN_NH:
            do_cache = bool(nh.nh_gw and nh.nh_scope == RT_SCOPE_LINK)
        if do_cache:
            rth = nh.nh_rth_output if fnhe is None else fnhe.fnhe_rth_output
            if rt_cache_valid(rth):
                return rth
    rth = rt_dst_alloc(dev_out, flags, type, False)
    rth.rt_iif = orig_oif
    if flags & (RTCF_BROADCAST | RTCF_MULTICAST) and flags & RTCF_LOCAL and not loopback:
        rth.dst.output = ip_mc_output
    rt_set_nexthop(rth, daddr, res, fnhe, fi, type, do_cache and fi is not None)
    return rth


def __ip_route_output_key(net: net_t, fl4: flowi4) -> rtable:
    """The way out for what is asked: an rtable or an error. `net/ipv4/route.c:1934`"""
    return ip_route_output_key_hash(net, fl4, None)


def ip_route_output_key_hash(net: net_t, fl4: flowi4, skb: sk_buff) -> rtable:
    """The same; `skb` would tell which of several ways. `net/ipv4/route.c:2695 (6.1)`"""
    tos = fl4.flowi4_tos
    fl4.flowi4_iif = LOOPBACK_IFINDEX
    fl4.flowi4_tos = tos & IPTOS_RT_MASK
    if tos & RTO_ONLINK:
        fl4.flowi4_scope = RT_SCOPE_LINK
    return ip_route_output_key_hash_rcu(net, fl4, fib_result(), skb)


def ip_route_output_key_hash_rcu(net: net_t, fl4: flowi4, res: fib_result, skb: sk_buff) -> rtable:
    """The major route resolver: checks the source, the device, asks the tables, chooses what was left open, and writes
    it into `fl4`. `net/ipv4/route.c:2717 (6.1)`"""
    dev_out: net_device = None
    orig_oif = fl4.flowi4_oif
    if fl4.saddr:
        saddr = fl4.saddr
        if saddr >= INADDR_UNSPEC_GROUP and (ipv4_is_multicast(saddr) or ipv4_is_lbcast(saddr)):
            return ERR_PTR(-EINVAL)
        if not orig_oif and (fl4.daddr >> 28 == 14 or fl4.daddr == INADDR_BROADCAST):
            dev_out = __ip_dev_find(net, saddr, False)
            if dev_out is None:
                return ERR_PTR(-ENETUNREACH)
            fl4.flowi4_oif = dev_out.ifindex
            return __mkroute_output(res, fl4, orig_oif, dev_out, 0)
        if not fl4.flowi4_flags & FLOWI_FLAG_ANYSRC and __ip_dev_find(net, saddr, False) is None:
            return ERR_PTR(-ENETUNREACH)
    if orig_oif:
        dev_out = dev_get_by_index_rcu(net, orig_oif)
        if dev_out is None:
            return ERR_PTR(-ENODEV)
        if not dev_out.flags & IFF_UP or dev_out.ip_ptr is None:
            return ERR_PTR(-ENETUNREACH)
        if (
            ipv4_is_local_multicast(fl4.daddr)
            or ipv4_is_lbcast(fl4.daddr)
            or fl4.flowi4_proto == IPPROTO_IGMP
        ):
            fl4.saddr = fl4.saddr or inet_select_addr(dev_out, 0, RT_SCOPE_LINK)
            return __mkroute_output(res, fl4, orig_oif, dev_out, 0)
        if not fl4.saddr and (ipv4_is_multicast(fl4.daddr) or not fl4.daddr):
            fl4.saddr = inet_select_addr(dev_out, 0, fl4.flowi4_scope if fl4.daddr else RT_SCOPE_HOST)
    if not fl4.daddr:
        fl4.daddr = fl4.saddr = fl4.saddr or INADDR_LOOPBACK
        fl4.flowi4_oif = LOOPBACK_IFINDEX
        res.type = RTN_LOCAL
        return __mkroute_output(res, fl4, orig_oif, net.loopback_dev, RTCF_LOCAL)
    err = fib_lookup(net, fl4, res, 0)
    if err:
        res.fi = res.table = None
        if not fl4.flowi4_oif:
            return ERR_PTR(err)
        fl4.saddr = fl4.saddr or inet_select_addr(dev_out, 0, RT_SCOPE_LINK)
        res.type = RTN_UNICAST
        return __mkroute_output(res, fl4, orig_oif, dev_out, 0)
    if res.type == RTN_LOCAL:
        fl4.saddr = fl4.saddr or res.fi.fib_prefsrc or fl4.daddr
        dev_out = net.loopback_dev
        orig_oif = FIB_RES_OIF(res)
        fl4.flowi4_oif = dev_out.ifindex
        return __mkroute_output(res, fl4, orig_oif, dev_out, RTCF_LOCAL)
    fib_select_path(net, res, fl4, skb)
    return __mkroute_output(res, fl4, orig_oif, res.fi.fib_nh[res.nh_sel].nh_dev, 0)


def ip_route_output_flow(net: net_t, flp4: flowi4, sk: sock) -> rtable:
    """The way out of a socket's packet: an rtable or an error. `net/ipv4/route.c:2192`"""
    rt = ip_route_output_key_hash(net, flp4, None)  # __ip_route_output_key
    if type(rt) is int:
        return ERR_PTR(rt)
    if flp4.flowi4_proto:
        flp4.flowi4_oif = rt.dst.dev.ifindex
    return rt


def rt_fill_info(
    net: net_t, dst: int, src: int, rt: rtable, table_id: int, tos: int, fl4: flowi4 | None, skb: sk_buff,
    portid: int, seq: int, flags: int,
) -> int:  # fmt: skip
    """Add a message about a route to one address. `net/ipv4/route.c:2209`"""
    nlh = nlmsg_put(skb, portid, seq, RTM_NEWROUTE, rtmsg.SIZE, flags)
    if nlh is None:
        return -EMSGSIZE
    r = rtmsg(nlh.head, nlmsg_data(nlh))
    r.rtm_family = AF_INET
    r.rtm_dst_len = 32
    r.rtm_src_len = 32 if src else 0
    r.rtm_tos = tos
    r.rtm_table = table_id if table_id < 256 else RT_TABLE_COMPAT
    r.rtm_type = rt.rt_type
    r.rtm_scope = RT_SCOPE_UNIVERSE
    r.rtm_protocol = RTPROT_UNSPEC
    r.rtm_flags = rt.rt_flags & ~0xFFFF | RTM_F_CLONED
    if rt.rt_flags & RTCF_NOTIFY:
        r.rtm_flags |= RTM_F_NOTIFY
    if IPCB(skb).flags & IPSKB_DOREDIRECT:
        r.rtm_flags |= RTCF_DOREDIRECT
    expires = max(rt.dst.expires - g.jiffies, 0) if rt.dst.expires else 0
    metrics = list(dst_metrics_ptr(rt.dst))
    if rt.rt_pmtu and expires:
        metrics[RTAX_MTU - 1] = rt.rt_pmtu
    if rt.rt_mtu_locked and expires:
        metrics[RTAX_LOCK - 1] |= 1 << RTAX_MTU
    if (
        nla_put_u32(skb, RTA_TABLE, table_id)
        or nla_put_in_addr(skb, RTA_DST, dst)
        or src and nla_put_in_addr(skb, RTA_SRC, src)
        or nla_put_u32(skb, RTA_OIF, rt.dst.dev.ifindex)
        or fl4 is not None and not rt_is_input_route(rt) and fl4.saddr != src
        and nla_put_in_addr(skb, RTA_PREFSRC, fl4.saddr)
        or rt.rt_uses_gateway and nla_put_in_addr(skb, RTA_GATEWAY, rt.rt_gateway)
        or rtnetlink_put_metrics(skb, metrics) < 0
        or fl4 is not None and (
            fl4.flowi4_mark and nla_put_u32(skb, RTA_MARK, fl4.flowi4_mark)
            or fl4.flowi4_uid != INVALID_UID and nla_put_u32(skb, RTA_UID, fl4.flowi4_uid)
            or rt_is_input_route(rt) and nla_put_u32(skb, RTA_IIF, fl4.flowi4_iif)
        )
        or rtnl_put_cacheinfo(skb, rt.dst, 0, expires, rt.dst.error) < 0
    ):  # fmt: skip
        nlmsg_cancel(skb, nlh)
        return -EMSGSIZE
    nlmsg_end(skb, nlh)
    return 0


def fnhe_dump_bucket(
    net: net_t, skb: sk_buff, cb: netlink_callback, table_id: int, bucket: dict[int, fib_nh_exception], genid: int,
    fa_index: int, fa_start: int, flags: int,
) -> tuple[int, int]:  # fmt: skip
    """Tell what was learnt of the addresses behind a next hop and is in use; also returns the number of the next entry.
    `net/ipv4/route.c:3095 (6.1)`"""
    for daddr, fnhe in bucket.items():
        rt = fnhe.fnhe_rth_input or fnhe.fnhe_rth_output
        expired = fnhe.fnhe_expires and time_after(g.jiffies, fnhe.fnhe_expires)
        if fa_index >= fa_start and fnhe.fnhe_genid == genid and not expired and rt is not None:
            portid, seq = NETLINK_CB(cb.skb).portid, cb.nlh.nlmsg_seq
            err = rt_fill_info(net, daddr, 0, rt, table_id, 0, None, skb, portid, seq, flags)
            if err:
                return err, fa_index
        fa_index += 1
    return 0, fa_index


def fib_dump_info_fnhe(
    skb: sk_buff, cb: netlink_callback, table_id: int, fi: fib_info, fa_index: int, fa_start: int, flags: int
) -> tuple[int, int]:
    """`ip route show cache`: the same for all next hops of a route. `net/ipv4/route.c:3140 (6.1)`"""
    net = cb.skb.sk.sk_net
    err = 0
    for nh in fi.fib_nh:
        if not nh.nh_flags & RTNH_F_DEAD and nh.nh_exceptions and not err:
            err, fa_index = fnhe_dump_bucket(
                net, skb, cb, table_id, nh.nh_exceptions, net.ipv4.fnhe_genid, fa_index, fa_start, flags
            )
    return err, fa_index


def inet_rtm_getroute_build_skb(src: int, dst: int, ip_proto: int, sport: int, dport: int) -> sk_buff:
    """A packet such as the one that is asked about. `net/ipv4/route.c:3170 (6.1)`"""
    skb = alloc_skb(NLMSG_GOODSIZE, GFP_KERNEL)
    skb.cb = inet_skb_parm()
    skb_reset_mac_header(skb)
    skb_reset_network_header(skb)
    skb.protocol = ETH_P_IP
    skb_put(skb, iphdr.SIZE)
    iph = ip_hdr(skb)
    iph.version, iph.ihl = 4, 5
    iph.protocol = ip_proto
    iph.saddr = src
    iph.daddr = dst
    return skb


GETROUTE_ATTRS = (RTA_IIF, RTA_OIF, RTA_SRC, RTA_DST, RTA_IP_PROTO, RTA_SPORT, RTA_DPORT, RTA_MARK, RTA_UID)


def inet_rtm_valid_getroute_req(
    skb: sk_buff, nlh: nlmsghdr, tb: list[nlattr], extack: netlink_ext_ack
) -> int:
    """Read a request for a route. `net/ipv4/route.c:3231 (6.1)`"""
    if nlh.nlmsg_len < nlmsg_msg_size(rtmsg.SIZE):
        NL_SET_ERR_MSG(extack, ERR_GETROUTE_HEADER)
        return -EINVAL
    if not netlink_strict_get_check(skb):
        return nlmsg_parse_deprecated(nlh, rtmsg.SIZE, tb, RTA_MAX, rtm_ipv4_policy, extack)
    rtm = rtmsg(nlh.head, nlmsg_data(nlh))
    if (
        rtm.rtm_src_len not in (0, 32) or rtm.rtm_dst_len not in (0, 32)
        or rtm.rtm_table or rtm.rtm_protocol or rtm.rtm_scope or rtm.rtm_type
    ):  # fmt: skip
        NL_SET_ERR_MSG(extack, "ipv4: Invalid values in header for route get request")
        return -EINVAL
    if rtm.rtm_flags & ~(RTM_F_NOTIFY | RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH):
        NL_SET_ERR_MSG(extack, "ipv4: Unsupported rtm_flags for route get request")
        return -EINVAL
    err = nlmsg_parse_deprecated_strict(nlh, rtmsg.SIZE, tb, RTA_MAX, rtm_ipv4_policy, extack)
    if err:
        return err
    if tb[RTA_SRC] is not None and not rtm.rtm_src_len or tb[RTA_DST] is not None and not rtm.rtm_dst_len:
        NL_SET_ERR_MSG(extack, "ipv4: rtm_src_len and rtm_dst_len must be 32 for IPv4")
        return -EINVAL
    if any(attr is not None and i not in GETROUTE_ATTRS for i, attr in enumerate(tb)):
        NL_SET_ERR_MSG(extack, "ipv4: Unsupported attribute in route get request")
        return -EINVAL
    return 0


def inet_rtm_getroute(in_skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """`ip route get`. `net/ipv4/route.c:2319`"""
    net = in_skb.sk.sk_net
    tb: list[nlattr] = [None] * (RTA_MAX + 1)
    err = inet_rtm_valid_getroute_req(in_skb, nlh, tb, extack)
    if err < 0:
        return err
    rtm = rtmsg(nlh.head, nlmsg_data(nlh))
    src = nla_get_in_addr(tb[RTA_SRC]) if tb[RTA_SRC] is not None else 0
    dst = nla_get_in_addr(tb[RTA_DST]) if tb[RTA_DST] is not None else 0
    iif = nla_get_u32(tb[RTA_IIF]) if tb[RTA_IIF] is not None else 0
    mark = nla_get_u32(tb[RTA_MARK]) if tb[RTA_MARK] is not None else 0
    ip_proto = nla_get_u8(tb[RTA_IP_PROTO]) if tb[RTA_IP_PROTO] is not None else IPPROTO_UDP
    if ip_proto not in (IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP):
        NL_SET_ERR_MSG(extack, "Unsupported ip proto")
        return -EOPNOTSUPP
    sport = nla_get_be16(tb[RTA_SPORT]) if tb[RTA_SPORT] is not None else 0
    dport = nla_get_be16(tb[RTA_DPORT]) if tb[RTA_DPORT] is not None else 0
    oif = nla_get_u32(tb[RTA_OIF]) if tb[RTA_OIF] is not None else 0
    fl4 = flowi4(dst, src, oif, iif or LOOPBACK_IFINDEX, mark, rtm.rtm_tos & IPTOS_RT_MASK, 0, ip_proto)
    if tb[RTA_UID] is not None:
        fl4.flowi4_uid = nla_get_u32(tb[RTA_UID])
    else:
        fl4.flowi4_uid = INVALID_UID if iif else GLOBAL_ROOT_UID
    skb = inet_rtm_getroute_build_skb(src, dst, ip_proto, sport, dport)
    res = fib_result()
    rt = inet_getroute_lookup(net, skb, fl4, iif, res)
    err = PTR_ERR(rt) if IS_ERR(rt) else inet_getroute_fill(net, in_skb, nlh, skb, dst, src, rt, fl4, res)
    if err < 0:
        kfree_skb(skb)
        return err
    return rtnl_unicast(skb, net, NETLINK_CB(in_skb).portid)


def inet_getroute_lookup(net: net_t, skb: sk_buff, fl4: flowi4, iif: int, res: fib_result) -> rtable:
    """Find the way of the packet, in by `iif` or out; an rtable or an error. A part of inet_rtm_getroute in C.
    `net/ipv4/route.c:2360`"""
    if not iif:
        skb.dev = net.loopback_dev
        return ip_route_output_key_hash_rcu(net, fl4, res, skb)
    dev = dev_get_by_index_rcu(net, iif)
    if dev is None:
        return ERR_PTR(-ENODEV)
    skb.dev = dev
    skb.mark = fl4.flowi4_mark
    if ip_route_input_rcu(skb, fl4.daddr, fl4.saddr, fl4.flowi4_tos, dev, res):
        return ERR_PTR(-EINVAL)
    rt = skb.dst.container
    return ERR_PTR(-rt.dst.error) if rt.dst.error else rt


def inet_getroute_fill(
    net: net_t, in_skb: sk_buff, nlh: nlmsghdr, skb: sk_buff, dst: int, src: int, rt: rtable, fl4: flowi4,
    res: fib_result,
) -> int:  # fmt: skip
    """Answer with the route, or with the table's entry (`fibmatch`). The end of inet_rtm_getroute in C.
    `net/ipv4/route.c:2384`"""
    rtm = rtmsg(nlh.head, nlmsg_data(nlh))
    if rtm.rtm_flags & RTM_F_NOTIFY:
        rt.rt_flags |= RTCF_NOTIFY
    table_id = RT_TABLE_MAIN
    if rtm.rtm_flags & RTM_F_LOOKUP_TABLE:
        table_id = res.table.tb_id if res.table is not None else 0
    skb_trim(skb, 0)
    skb_reset_network_header(skb)
    skb_reset_mac_header(skb)
    portid, seq = NETLINK_CB(in_skb).portid, nlh.nlmsg_seq
    if not rtm.rtm_flags & RTM_F_FIB_MATCH:
        err = rt_fill_info(net, dst, src, rt, table_id, res.tos, fl4, skb, portid, seq, 0)
    elif res.fi is None:
        err = fib_props[res.type].error or -EHOSTUNREACH
    else:
        fri = fib_rt_info(res.fi, table_id, res.prefix, res.prefixlen, res.tos, rt.rt_type)
        err = fib_dump_info(skb, portid, seq, RTM_NEWROUTE, fri, 0)
    skb_dst_drop(skb)
    skb.cb = netlink_skb_parms()
    return err


def ip_rt_multicast_event(in_dev: in_device) -> None:
    """The groups that a device listens to changed. `net/ipv4/route.c:2421`"""
    rt_cache_flush(in_dev.dev.nd_net)


def ipv4_sysctl_rtcache_flush(
    __ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int
) -> tuple[int, str]:
    """Whatever is written to route/flush, the routes and what was learnt are forgotten. `net/ipv4/route.c:2432`"""
    if not write:
        return -EINVAL, ""
    net = __ctl.extra1
    rt_cache_flush(net)
    net.ipv4.fnhe_genid += 1
    return 0, ""


def sysctl_route_net_init(net: net_t) -> int:
    """A namespace begins: the files of /proc/sys/net/ipv4/route. `net/ipv4/route.c:2565`"""
    tbl = [
        ctl_table("flush", None, 4, 0o200, ipv4_sysctl_rtcache_flush, net),
        ctl_table("min_pmtu", int_ptr(net.ipv4, "ip_rt_min_pmtu"), 4, 0o644, proc_dointvec_minmax, MIN_VALID_PMTU),
        ctl_table("mtu_expires", int_ptr(net.ipv4, "ip_rt_mtu_expires"), 4, 0o644, proc_dointvec_jiffies),
        ctl_table("min_adv_mss", int_ptr(net.ipv4, "ip_rt_min_advmss"), 4, 0o644, proc_dointvec),
    ]
    net.ipv4.route_hdr = register_net_sysctl(net, "net/ipv4/route", tbl)
    return 0


MIN_VALID_PMTU = 68


def sysctl_route_net_exit(net: net_t) -> None:
    """A namespace ends. `net/ipv4/route.c:2593`"""
    unregister_net_sysctl_table(net.ipv4.route_hdr)


sysctl_route_ops = pernet_operations(init=sysctl_route_net_init, exit=sysctl_route_net_exit)


def rt_genid_init(net: net_t) -> int:
    """The counts of changes begin. `net/ipv4/route.c:2609`"""
    net.ipv4.rt_genid = 0
    net.ipv4.fnhe_genid = 0
    net.ipv4.dev_addr_genid = prandom_u32()
    return 0


rt_genid_ops = pernet_operations(init=rt_genid_init)


def ipv4_inetpeer_init(net: net_t) -> int:
    """Nobody is known yet. `net/ipv4/route.c:2621`"""
    net.ipv4.peers = inet_peer_base()
    return 0


def ipv4_inetpeer_exit(net: net_t) -> None:
    """All are forgotten. `net/ipv4/route.c:2632`"""
    net.ipv4.peers = None


ipv4_inetpeer_ops = pernet_operations(init=ipv4_inetpeer_init, exit=ipv4_inetpeer_exit)


def ip_rt_init() -> int:
    """Boot. `net/ipv4/route.c:2650`"""
    g.ip_idents = {}
    devinet_init()
    ip_fib_init()
    rtnl_register(PF_INET, RTM_GETROUTE, inet_rtm_getroute, None, None)
    register_pernet_subsys(sysctl_route_ops)
    register_pernet_subsys(rt_genid_ops)
    register_pernet_subsys(ipv4_inetpeer_ops)
    return 0


ipv4_dst_ops = dst_ops(
    family=AF_INET,
    protocol=ETH_P_IP,
    check=ipv4_dst_check,
    default_advmss=ipv4_default_advmss,
    mtu=ipv4_mtu,
    negative_advice=ipv4_negative_advice,
    link_failure=ipv4_link_failure,
    update_pmtu=ip_rt_update_pmtu,
    redirect=ip_do_redirect,
    neigh_lookup=ipv4_neigh_lookup,
)

from vethkernel.drivers.char.random import prandom_u32, prandom_u32_max
from vethkernel.fs.proc.proc_sysctl import register_net_sysctl, unregister_net_sysctl_table
from vethkernel.include.linux.gfp import GFP_KERNEL
from vethkernel.include.linux.netlink import NLMSG_GOODSIZE, netlink_skb_parms
from vethkernel.kernel.printk import printk
from vethkernel.kernel.sysctl import proc_dointvec, proc_dointvec_jiffies, proc_dointvec_minmax
from vethkernel.lib.vsprintf import hex_dump_to_buffer, ip4_addr_string
from vethkernel.net.core.dev import dev_get_by_index_rcu
from vethkernel.net.core.dst import __dst_free, dst_alloc
from vethkernel.net.core.neighbour import neigh_create, neigh_event_send, neigh_release
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.rtnetlink import (
    rtnetlink_put_metrics,
    rtnl_put_cacheinfo,
    rtnl_register,
    rtnl_unicast,
)
from vethkernel.net.core.skbuff import alloc_skb, kfree_skb, kfree_skb_reason, skb_put, skb_trim
from vethkernel.net.core.sock import sk_dst_get, sk_dst_set
from vethkernel.net.core.utils import net_ratelimit
from vethkernel.net.ipv4.arp import __ipv4_neigh_lookup
from vethkernel.net.ipv4.devinet import __ip_dev_find, devinet_init, inet_addr_onlink, inet_select_addr
from vethkernel.net.ipv4.fib_frontend import (
    fib_validate_source,
    inet_addr_type,
    ip_fib_init,
    rtm_ipv4_policy,
)
from vethkernel.net.ipv4.fib_semantics import (
    fib_dump_info,
    fib_props,
    fib_result_prefsrc,
    fib_select_multipath,
    fib_select_path,
    ip_fib_check_default,
)
from vethkernel.net.ipv4.fib_trie import fib_lookup
from vethkernel.net.ipv4.icmp import icmp_send
from vethkernel.net.ipv4.igmp import ip_check_mc_rcu
from vethkernel.net.ipv4.inetpeer import inet_getpeer_v4, inet_peer_base
from vethkernel.net.ipv4.ip_forward import ip_forward
from vethkernel.net.ipv4.ip_input import ip_local_deliver
from vethkernel.net.ipv4.ip_output import ip_mc_output, ip_output
from vethkernel.net.netlink.af_netlink import netlink_strict_get_check
