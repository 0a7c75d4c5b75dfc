# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/fib_frontend.c: the routing tables as others see them: netlink messages about routes, the routes that come
with an address or go with a device, and the check of a packet's source.

Left out: routing rules (the tables local, main and default are asked in turn), VRF, NETLINK_FIB_LOOKUP.
"""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.linux.inetdevice import (
    IN_DEV_ACCEPT_LOCAL,
    IN_DEV_RPFILTER,
    IN_DEV_SRC_VMARK,
    IN_DEV_TX_REDIRECTS,
    __in_dev_get_rcu,
    __in_dev_get_rtnl,
    bad_mask,
    in_device,
    in_ifaddr,
    inet_ifa_match,
    inet_mask_len,
)
from vethkernel.include.linux.ip import ip_hdr, IPHDR_DADDR
from vethkernel.include.linux.netdevice import (
    NETDEV_CHANGE,
    NETDEV_CHANGEMTU,
    NETDEV_DOWN,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    net_device,
)
from vethkernel.include.linux.netlink import (
    NETLINK_CB,
    NL_SET_ERR_MSG,
    netlink_callback,
    netlink_ext_ack,
    nlmsghdr,
)
from vethkernel.include.linux.notifier import NOTIFY_DONE, notifier_block
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.flow import LOOPBACK_IFINDEX, flowi4
from vethkernel.include.linux.in_ import ipv4_is_lbcast, ipv4_is_multicast, ipv4_is_zeronet
from vethkernel.include.net.ip_fib import (
    FIB_LOOKUP_IGNORE_LINKSTATE,
    FIB_LOOKUP_NOREF,
    FIB_RES_NH,
    FIB_TABLE_HASHSZ,
    fib_config,
    fib_dump_filter,
    fib_info,
    fib_result,
    fib_table,
)
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.net_namespace import pernet_operations
from vethkernel.include.net.netlink import (
    NLA_NESTED,
    NLA_U8,
    NLA_U16,
    NLA_U32,
    nl_info,
    nla_data,
    nla_first,
    nla_for_each_attr,
    nla_get_be32,
    nla_get_u32,
    nla_len,
    nla_policy,
    nla_type,
    nlattr,
    nlmsg_attrdata,
    nlmsg_attrlen,
    nlmsg_data,
    nlmsg_len,
    nlmsg_msg_size,
    nlmsg_parse_deprecated_strict,
    nlmsg_validate_deprecated,
)
from vethkernel.include.net.route import RT_TOS
from vethkernel.include.uapi.asm_generic.errno import EAFNOSUPPORT, EINVAL, ENODEV, ENOENT, ESRCH, EXDEV
from vethkernel.include.uapi.linux.if_ import IFF_LOOPBACK, IFF_LOWER_UP, IFF_RUNNING, IFF_UP
from vethkernel.include.uapi.linux.if_addr import IFA_F_NOPREFIXROUTE, IFA_F_SECONDARY
from vethkernel.include.uapi.linux.in_ import INADDR_BROADCAST
from vethkernel.include.uapi.linux.in_route import RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST
from vethkernel.include.uapi.linux.ip import IPV4_DEVCONF_RP_FILTER, IPV4_DEVCONF_ACCEPT_LOCAL
from vethkernel.include.uapi.linux.netlink import NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP_FILTERED
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_NOWHERE,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_DEFAULT,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTA_DPORT,
    RTA_DST,
    RTA_ENCAP,
    RTA_ENCAP_TYPE,
    RTA_FLOW,
    RTA_GATEWAY,
    RTA_IIF,
    RTA_IP_PROTO,
    RTA_MARK,
    RTA_MAX,
    RTA_METRICS,
    RTA_MULTIPATH,
    RTA_NH_ID,
    RTA_OIF,
    RTA_PREFSRC,
    RTA_PRIORITY,
    RTA_SPORT,
    RTA_SRC,
    RTA_TABLE,
    RTA_UID,
    RTA_VIA,
    RTM_DELROUTE,
    RTM_F_CLONED,
    RTM_F_PREFIX,
    RTM_GETROUTE,
    RTM_NEWROUTE,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MAX,
    RTN_MULTICAST,
    RTN_UNICAST,
    RTN_UNREACHABLE,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
    RTPROT_BOOT,
    RTPROT_KERNEL,
    rtmsg,
    rtnexthop,
)
from vethkernel.include.uapi.linux.route import RTF_GATEWAY, RTF_HOST, RTF_REJECT, rtentry
from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, PF_INET
from vethkernel.include.uapi.linux.sockios import SIOCDELRT
from vethkernel.wire import get_be32

LOCAL_OK, BRD_OK, BRD0_OK, BRD1_OK = 1, 2, 4, 8
ECN_MASK = 3


def fib_new_table(net: net_t, id: int) -> fib_table:
    """The table of this number, made if it is missing. `net/ipv4/fib_frontend.c:75`"""
    id = id or RT_TABLE_MAIN
    tb = fib_get_table(net, id)
    if tb is not None:
        return tb
    alias = None
    if id == RT_TABLE_LOCAL and not net.ipv4.fib_has_custom_rules:
        alias = fib_new_table(net, RT_TABLE_MAIN)
    tb = fib_trie_table(id, alias)
    if id == RT_TABLE_MAIN:
        net.ipv4.fib_main = tb
    elif id == RT_TABLE_DEFAULT:
        net.ipv4.fib_default = tb
    net.ipv4.fib_table_hash[id & (FIB_TABLE_HASHSZ - 1)].insert(0, tb)
    return tb


def fib_get_table(net: net_t, id: int) -> fib_table | None:
    """The table of this number, or None. `net/ipv4/fib_frontend.c:112`"""
    id = id or RT_TABLE_MAIN
    for tb in net.ipv4.fib_table_hash[id & (FIB_TABLE_HASHSZ - 1)]:
        if tb.tb_id == id:
            return tb
    return None


def fib_flush(net: net_t) -> None:
    """Delete the dead routes of all tables. `net/ipv4/fib_frontend.c:135`"""
    flushed = 0
    for head in net.ipv4.fib_table_hash:
        for tb in head:
            flushed += fib_table_flush(net, tb, False)
    if flushed:
        rt_cache_flush(net)


def __inet_dev_addr_type(net: net_t, dev: net_device, addr: int, tb_id: int) -> int:
    """What kind of address it is, as if only `dev` were there; None for any. `net/ipv4/fib_frontend.c:156`"""
    if ipv4_is_zeronet(addr) or ipv4_is_lbcast(addr):
        return RTN_BROADCAST
    if ipv4_is_multicast(addr):
        return RTN_MULTICAST
    table = fib_get_table(net, tb_id)
    if table is None:
        return RTN_BROADCAST
    res = fib_result()
    if not fib_table_lookup(table, flowi4(addr), res, FIB_LOOKUP_NOREF):
        if dev is None or dev is res.fi.fib_nh[0].nh_dev:
            return res.type
    return RTN_UNICAST


def inet_addr_type_table(net: net_t, addr: int, tb_id: int) -> int:
    """What kind of address it is by this table. `net/ipv4/fib_frontend.c:237 (6.1)`"""
    return __inet_dev_addr_type(net, None, addr, tb_id)


def inet_addr_type(net: net_t, addr: int) -> int:
    """What kind of address it is: RTN_LOCAL is ours. `net/ipv4/fib_frontend.c:183`"""
    return __inet_dev_addr_type(net, None, addr, RT_TABLE_LOCAL)


def inet_dev_addr_type(net: net_t, dev: net_device, addr: int) -> int:
    """What kind of address it is on this device. `net/ipv4/fib_frontend.c:189`"""
    return __inet_dev_addr_type(net, dev, addr, RT_TABLE_LOCAL)


def inet_addr_type_dev_table(net: net_t, dev: net_device, addr: int) -> int:
    """inet_addr_type, by the table of the device's VRF; there are none. `net/ipv4/fib_frontend.c:261 (6.1)`"""
    return __inet_dev_addr_type(net, None, addr, RT_TABLE_LOCAL)


def fib_compute_spec_dst(skb: sk_buff) -> int:
    """Which of our addresses an answer to the packet should come from. `net/ipv4/fib_frontend.c:196`"""
    dev = skb.dev
    if skb.dst.container.rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST | RTCF_LOCAL) == RTCF_LOCAL:
        return get_be32(skb.head, skb.network_header + IPHDR_DADDR)[0]
    iph = ip_hdr(skb)
    in_dev = __in_dev_get_rcu(dev)
    net = dev.nd_net
    scope = RT_SCOPE_UNIVERSE
    if ipv4_is_zeronet(iph.saddr):
        scope = RT_SCOPE_LINK
    else:
        mark = skb.mark if in_dev is not None and IN_DEV_SRC_VMARK(in_dev) else 0
        fl4 = flowi4(iph.saddr, 0, 0, LOOPBACK_IFINDEX, mark, RT_TOS(iph.tos), scope)
        res = fib_result()
        if not fib_lookup(net, fl4, res):
            return fib_result_prefsrc(net, res)
    return inet_select_addr(dev, iph.saddr, scope)


def fib_info_nh_uses_dev(fi: fib_info, dev: net_device) -> bool:
    """Whether one of the next hops is over `dev`. `net/ipv4/fib_frontend.c:309 (6.1)`"""
    for nh in fi.fib_nh:
        if nh.nh_dev is dev:
            return True
    return False


def __fib_validate_source(
    skb: sk_buff, src: int, dst: int, tos: int, oif: int, dev: net_device, rpf: int, idev: in_device
) -> int:
    """Ask for the way back to `src`: -EINVAL if that is not somebody else's unicast address (or ours, if the device
    accepts that); -EXDEV if `rpf` wants the way to be over `dev` (1), or to be at all (2). Else 1 if the sender is on
    the link itself, or 0. `net/ipv4/fib_frontend.c:242`"""
    net = dev.nd_net
    fl4 = flowi4(src, dst, 0, oif or LOOPBACK_IFINDEX, skb.mark if IN_DEV_SRC_VMARK(idev) else 0, tos)
    res = fib_result()
    if fib_lookup(net, fl4, res, 0):
        return -EXDEV if rpf else 0
    if res.type != RTN_UNICAST and (res.type != RTN_LOCAL or not IN_DEV_ACCEPT_LOCAL(idev)):
        return -EINVAL
    if fib_info_nh_uses_dev(res.fi, dev) or res.type == RTN_LOCAL and dev is net.loopback_dev:
        return int(FIB_RES_NH(res).nh_scope >= RT_SCOPE_HOST)
    if not idev.ifa_list:
        return -EXDEV if rpf else 0
    if rpf == 1:
        return -EXDEV
    fl4.flowi4_oif = dev.ifindex
    if fib_lookup(net, fl4, res, FIB_LOOKUP_IGNORE_LINKSTATE) == 0 and res.type == RTN_UNICAST:
        return int(FIB_RES_NH(res).nh_scope >= RT_SCOPE_HOST)
    return 0


def fib_validate_source(
    skb: sk_buff, src: int, dst: int, tos: int, oif: int, dev: net_device, idev: in_device
) -> int:
    """Whether a packet from `src` may come in by `dev`. With rp_filter off, and nobody to redirect, it only must not
    have an address of our own. `net/ipv4/fib_frontend.c:317`"""
    net = dev.nd_net
    all, own = net.ipv4.devconf_all.data, idev.cnf.data
    rp_filter, accept_local = IPV4_DEVCONF_RP_FILTER - 1, IPV4_DEVCONF_ACCEPT_LOCAL - 1
    if not all[rp_filter] and not own[rp_filter] and (dev.ifindex != oif or not IN_DEV_TX_REDIRECTS(idev)):
        if all[accept_local] or own[accept_local]:
            return 0
        if not net.ipv4.fib_has_custom_local_routes:
            return -EINVAL if inet_lookup_ifaddr_rcu(net, src) is not None else 0
    return __fib_validate_source(skb, src, dst, tos, oif, dev, IN_DEV_RPFILTER(idev), idev)


def rtentry_to_fib_config(net: net_t, cmd: int, rt: rtentry, cfg: fib_config) -> int:
    """Read a route that an ioctl is about. `net/ipv4/fib_frontend.c:348`"""
    cfg.fc_nlinfo.nl_net = net
    if rt.rt_dst_family != AF_INET:
        return -EAFNOSUPPORT
    cfg.fc_dst, cfg.fc_dst_len = rt.rt_dst, 32
    if not rt.rt_flags & RTF_HOST:
        if rt.rt_genmask_family != AF_INET and (rt.rt_genmask or rt.rt_genmask_family):
            return -EAFNOSUPPORT
        if bad_mask(rt.rt_genmask, rt.rt_dst):
            return -EINVAL
        cfg.fc_dst_len = inet_mask_len(rt.rt_genmask)
    if cmd != SIOCDELRT:
        cfg.fc_nlflags = NLM_F_CREATE
        cfg.fc_protocol = RTPROT_BOOT
    cfg.fc_table = RT_TABLE_MAIN
    cfg.fc_priority = max(rt.rt_metric - 1, 0)
    if rt.rt_flags & RTF_REJECT:
        cfg.fc_scope, cfg.fc_type = RT_SCOPE_HOST, RTN_UNREACHABLE
        return 0
    cfg.fc_scope, cfg.fc_type = RT_SCOPE_NOWHERE, RTN_UNICAST
    if rt.rt_gateway_family == AF_INET and rt.rt_gateway:
        cfg.fc_gw, cfg.fc_gw_family = rt.rt_gateway, AF_INET
        if rt.rt_flags & RTF_GATEWAY and inet_addr_type_table(net, rt.rt_gateway, cfg.fc_table) == RTN_UNICAST:
            cfg.fc_scope = RT_SCOPE_UNIVERSE
    if cmd == SIOCDELRT:
        return 0
    if rt.rt_flags & RTF_GATEWAY and not cfg.fc_gw_family:
        return -EINVAL
    if cfg.fc_scope == RT_SCOPE_NOWHERE:
        cfg.fc_scope = RT_SCOPE_LINK
    return 0


def ip_rt_ioctl(net: net_t, cmd: int, arg: bytearray) -> int:
    """Add or delete a route as before there was netlink. `net/ipv4/fib_frontend.c:480`"""
    cfg = fib_config()
    err = rtentry_to_fib_config(net, cmd, rtentry(arg), cfg)
    if err:
        return err
    if cmd == SIOCDELRT:
        tb = fib_get_table(net, cfg.fc_table)
        return fib_table_delete(net, tb, cfg, None) if tb is not None else -ESRCH
    return fib_table_insert(net, fib_new_table(net, cfg.fc_table), cfg, None)


rtm_ipv4_policy = {
    RTA_DST: nla_policy(NLA_U32),
    RTA_SRC: nla_policy(NLA_U32),
    RTA_IIF: nla_policy(NLA_U32),
    RTA_OIF: nla_policy(NLA_U32),
    RTA_GATEWAY: nla_policy(NLA_U32),
    RTA_PRIORITY: nla_policy(NLA_U32),
    RTA_PREFSRC: nla_policy(NLA_U32),
    RTA_METRICS: nla_policy(NLA_NESTED),
    RTA_MULTIPATH: nla_policy(len=rtnexthop.SIZE),
    RTA_FLOW: nla_policy(NLA_U32),
    RTA_ENCAP_TYPE: nla_policy(NLA_U16),
    RTA_ENCAP: nla_policy(NLA_NESTED),
    RTA_UID: nla_policy(NLA_U32),
    RTA_MARK: nla_policy(NLA_U32),
    RTA_TABLE: nla_policy(NLA_U32),
    RTA_IP_PROTO: nla_policy(NLA_U8),
    RTA_SPORT: nla_policy(NLA_U16),
    RTA_DPORT: nla_policy(NLA_U16),
    RTA_NH_ID: nla_policy(NLA_U32),
}


def fib_gw_from_via(cfg: fib_config, nla: nlattr, extack: netlink_ext_ack) -> int:
    """A gateway given with its family. `net/ipv4/fib_frontend.c:683 (6.1)`"""
    via = nla_data(nla)
    if len(via) < 2:
        NL_SET_ERR_MSG(extack, "Invalid attribute length for RTA_VIA")
        return -EINVAL
    family = int.from_bytes(via[:2], "little")
    if family == AF_INET6:
        NL_SET_ERR_MSG(extack, "IPv6 support not enabled in kernel")
        return -EINVAL
    if family != AF_INET:
        NL_SET_ERR_MSG(extack, "Unsupported address family in RTA_VIA")
        return -EINVAL
    if len(via) != 6:
        NL_SET_ERR_MSG(extack, "Invalid IPv4 address in RTA_VIA")
        return -EINVAL
    cfg.fc_gw_family = AF_INET
    cfg.fc_gw = int.from_bytes(via[2:], "big")
    return 0


def rtm_to_fib_config(
    net: net_t, skb: sk_buff, nlh: nlmsghdr, cfg: fib_config, extack: netlink_ext_ack
) -> int:
    """Read a request about a route. `net/ipv4/fib_frontend.c:536`"""
    err = nlmsg_validate_deprecated(nlh, rtmsg.SIZE, RTA_MAX, rtm_ipv4_policy, extack)
    if err < 0:
        return err
    rtm = rtmsg(nlh.head, nlmsg_data(nlh))
    if rtm.rtm_tos & ECN_MASK:
        NL_SET_ERR_MSG(extack, "Invalid dsfield (tos): ECN bits must be 0")
        return -EINVAL
    cfg.fc_tos = rtm.rtm_tos
    cfg.fc_dst_len = rtm.rtm_dst_len
    cfg.fc_table = rtm.rtm_table
    cfg.fc_protocol = rtm.rtm_protocol
    cfg.fc_scope = rtm.rtm_scope
    cfg.fc_type = rtm.rtm_type
    cfg.fc_flags = rtm.rtm_flags
    cfg.fc_nlflags = nlh.nlmsg_flags
    cfg.fc_nlinfo = nl_info(nlh, net, NETLINK_CB(skb).portid)
    if cfg.fc_type > RTN_MAX:
        NL_SET_ERR_MSG(extack, "Invalid route type")
        return -EINVAL
    err = fib_config_attrs(nlh, cfg, extack)
    if err:
        return err
    if cfg.fc_dst_len > 32:
        NL_SET_ERR_MSG(extack, "Invalid prefix length")
        return -EINVAL
    if cfg.fc_dst << cfg.fc_dst_len & 0xFFFFFFFF:
        NL_SET_ERR_MSG(extack, "Invalid prefix for given prefix length")
        return -EINVAL
    cfg.fc_table = cfg.fc_table or RT_TABLE_MAIN
    return 0


def fib_config_attrs(nlh: nlmsghdr, cfg: fib_config, extack: netlink_ext_ack) -> int:
    """Read the attributes. The loop of rtm_to_fib_config in C. `net/ipv4/fib_frontend.c:559`"""
    has_gw = has_via = False
    for attr in nla_for_each_attr(nlmsg_attrdata(nlh, rtmsg.SIZE), nlmsg_attrlen(nlh, rtmsg.SIZE)):
        type = nla_type(attr)
        if type == RTA_DST:
            cfg.fc_dst = nla_get_be32(attr)
        elif type == RTA_OIF:
            cfg.fc_oif = nla_get_u32(attr)
        elif type == RTA_GATEWAY:
            has_gw = True
            cfg.fc_gw = nla_get_be32(attr)
            cfg.fc_gw_family = AF_INET if cfg.fc_gw else 0
        elif type == RTA_VIA:
            has_via = True
            err = fib_gw_from_via(cfg, attr, extack)
            if err:
                return err
        elif type == RTA_PRIORITY:
            cfg.fc_priority = nla_get_u32(attr)
        elif type == RTA_PREFSRC:
            cfg.fc_prefsrc = nla_get_be32(attr)
        elif type == RTA_METRICS:
            cfg.fc_mx, cfg.fc_mx_len = nla_first(attr), nla_len(attr)
        elif type == RTA_MULTIPATH:
            cfg.fc_mp, cfg.fc_mp_len = nla_first(attr), nla_len(attr)
        elif type == RTA_TABLE:
            cfg.fc_table = nla_get_u32(attr)
        elif type == RTA_NH_ID and nla_get_u32(attr):
            NL_SET_ERR_MSG(extack, "Nexthop id does not exist")
            return -EINVAL
    if has_gw and has_via:
        NL_SET_ERR_MSG(extack, "Nexthop configuration can not contain both GATEWAY and VIA")
        return -EINVAL
    return 0


def inet_rtm_delroute(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """`ip route del`. `net/ipv4/fib_frontend.c:607`"""
    net = skb.sk.sk_net
    cfg = fib_config()
    err = rtm_to_fib_config(net, skb, nlh, cfg, extack)
    if err < 0:
        return err
    tb = fib_get_table(net, cfg.fc_table)
    if tb is None:
        NL_SET_ERR_MSG(extack, "FIB table does not exist")
        return -ESRCH
    return fib_table_delete(net, tb, cfg, extack)


def inet_rtm_newroute(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """`ip route add`, and its kin. `net/ipv4/fib_frontend.c:629`"""
    net = skb.sk.sk_net
    cfg = fib_config()
    err = rtm_to_fib_config(net, skb, nlh, cfg, extack)
    if err < 0:
        return err
    err = fib_table_insert(net, fib_new_table(net, cfg.fc_table), cfg, extack)
    if not err and cfg.fc_type == RTN_LOCAL:
        net.ipv4.fib_has_custom_local_routes = True
    return err


def ip_valid_fib_dump_req(net: net_t, nlh: nlmsghdr, filter: fib_dump_filter, cb: netlink_callback) -> int:
    """Read which routes a dump is to tell. `net/ipv4/fib_frontend.c:924 (6.1)`"""
    extack = cb.extack
    if nlh.nlmsg_len < nlmsg_msg_size(rtmsg.SIZE):
        NL_SET_ERR_MSG(extack, "Invalid header for FIB dump request")
        return -EINVAL
    rtm = rtmsg(nlh.head, nlmsg_data(nlh))
    if rtm.rtm_dst_len or rtm.rtm_src_len or rtm.rtm_tos or rtm.rtm_scope:
        NL_SET_ERR_MSG(extack, "Invalid values in header for FIB dump request")
        return -EINVAL
    if rtm.rtm_flags & ~(RTM_F_CLONED | RTM_F_PREFIX):
        NL_SET_ERR_MSG(extack, "Invalid flags for FIB dump request")
        return -EINVAL
    if rtm.rtm_flags & RTM_F_CLONED:
        filter.dump_routes = False
    else:
        filter.dump_exceptions = False
    filter.flags = rtm.rtm_flags
    filter.protocol = rtm.rtm_protocol
    filter.rt_type = rtm.rtm_type
    filter.table_id = rtm.rtm_table
    tb: list[nlattr] = [None] * (RTA_MAX + 1)
    err = nlmsg_parse_deprecated_strict(nlh, rtmsg.SIZE, tb, RTA_MAX, rtm_ipv4_policy, extack)
    if err < 0:
        return err
    for i, attr in enumerate(tb):
        if attr is None:
            continue
        if i == RTA_TABLE:
            filter.table_id = nla_get_u32(attr)
        elif i == RTA_OIF:
            filter.dev = __dev_get_by_index(net, nla_get_u32(attr))
            if filter.dev is None:
                return -ENODEV
        else:
            NL_SET_ERR_MSG(extack, "Unsupported attribute in dump request")
            return -EINVAL
    if filter.flags or filter.protocol or filter.rt_type or filter.table_id or filter.dev is not None:
        filter.filter_set = True
        cb.answer_flags = NLM_F_DUMP_FILTERED
    return 0


def inet_dump_fib(skb: sk_buff, cb: netlink_callback) -> int:
    """`ip route show`: tell the routes of one table, or of all. `net/ipv4/fib_frontend.c:651`"""
    net = skb.sk.sk_net
    filter = fib_dump_filter()
    if cb.strict_check:
        err = ip_valid_fib_dump_req(net, cb.nlh, filter, cb)
        if err < 0:
            return err
    elif nlmsg_len(cb.nlh) >= rtmsg.SIZE:
        filter.flags = rtmsg(cb.nlh.head, nlmsg_data(cb.nlh)).rtm_flags & (RTM_F_PREFIX | RTM_F_CLONED)
    if filter.flags & RTM_F_PREFIX:
        return skb.len
    if filter.table_id:
        tb = fib_get_table(net, filter.table_id)
        if tb is None:
            if rtnl_msg_family(cb.nlh) != PF_INET:
                return skb.len
            NL_SET_ERR_MSG(cb.extack, "ipv4: FIB table does not exist")
            return -ENOENT
        err = fib_table_dump(tb, skb, cb, filter)
        return skb.len or err
    tables = [tb for head in net.ipv4.fib_table_hash for tb in head]
    for e in range(cb.args[1], len(tables)):
        err = fib_table_dump(tables[e], skb, cb, filter)
        if err < 0:
            cb.args[1] = e
            return skb.len or err
        cb.args[2:] = [0] * len(cb.args[2:])
    cb.args[1] = len(tables)
    return skb.len


def fib_magic(cmd: int, type: int, dst: int, dst_len: int, ifa: in_ifaddr, rt_priority: int) -> None:
    """Add or delete a route on the kernel's own behalf, for an address. `net/ipv4/fib_frontend.c:696`"""
    dev = ifa.ifa_dev.dev
    net = dev.nd_net
    tb = fib_new_table(net, RT_TABLE_MAIN if type == RTN_UNICAST else RT_TABLE_LOCAL)
    cfg = fib_config(
        fc_protocol=RTPROT_KERNEL,
        fc_type=type,
        fc_dst=dst,
        fc_dst_len=dst_len,
        fc_priority=rt_priority,
        fc_prefsrc=ifa.ifa_local,
        fc_oif=dev.ifindex,
        fc_nlflags=NLM_F_CREATE | NLM_F_APPEND,
        fc_nlinfo=nl_info(nl_net=net),
        fc_table=tb.tb_id,
        fc_scope=RT_SCOPE_LINK if type != RTN_LOCAL else RT_SCOPE_HOST,
    )
    if cmd == RTM_NEWROUTE:
        fib_table_insert(net, tb, cfg, None)
    else:
        fib_table_delete(net, tb, cfg, None)


def fib_add_ifaddr(ifa: in_ifaddr) -> None:
    """Add the routes that an address brings: to itself, and, once its device is up, to its subnet and to everybody
    there. `net/ipv4/fib_frontend.c:734`"""
    in_dev = ifa.ifa_dev
    dev = in_dev.dev
    prim = ifa
    mask, addr = ifa.ifa_mask, ifa.ifa_local
    prefix = ifa.ifa_address & mask
    if ifa.ifa_flags & IFA_F_SECONDARY:
        prim = inet_ifa_byprefix(in_dev, prefix, mask)
        if prim is None:
            return
    fib_magic(RTM_NEWROUTE, RTN_LOCAL, addr, 32, prim, 0)
    if not dev.flags & IFF_UP:
        return
    if ifa.ifa_broadcast and ifa.ifa_broadcast != INADDR_BROADCAST:
        fib_magic(RTM_NEWROUTE, RTN_BROADCAST, ifa.ifa_broadcast, 32, prim, 0)
        arp_invalidate(dev, ifa.ifa_broadcast, False)
    if ipv4_is_zeronet(prefix) or ifa.ifa_flags & IFA_F_SECONDARY or prefix == addr and ifa.ifa_prefixlen == 32:
        return
    if not ifa.ifa_flags & IFA_F_NOPREFIXROUTE:
        type = RTN_LOCAL if dev.flags & IFF_LOOPBACK else RTN_UNICAST
        fib_magic(RTM_NEWROUTE, type, prefix, ifa.ifa_prefixlen, prim, ifa.ifa_rt_priority)
    if ifa.ifa_prefixlen < 31:
        fib_magic(RTM_NEWROUTE, RTN_BROADCAST, prefix | ~mask & 0xFFFFFFFF, 32, prim, 0)
        arp_invalidate(dev, prefix | ~mask & 0xFFFFFFFF, False)


def fib_modify_prefix_metric(ifa: in_ifaddr, new_metric: int) -> None:
    """Give the route to an address's subnet another metric. `net/ipv4/fib_frontend.c:1169 (6.1)`"""
    prefix = ifa.ifa_address & ifa.ifa_mask
    dev = ifa.ifa_dev.dev
    if (
        not dev.flags & IFF_UP
        or ifa.ifa_flags & (IFA_F_SECONDARY | IFA_F_NOPREFIXROUTE)
        or ipv4_is_zeronet(prefix)
        or prefix == ifa.ifa_local and ifa.ifa_prefixlen == 32
    ):  # fmt: skip
        return
    type = RTN_LOCAL if dev.flags & IFF_LOOPBACK else RTN_UNICAST
    fib_magic(RTM_NEWROUTE, type, prefix, ifa.ifa_prefixlen, ifa, new_metric)
    fib_magic(RTM_DELROUTE, type, prefix, ifa.ifa_prefixlen, ifa, ifa.ifa_rt_priority)


def fib_del_ifaddr(ifa: in_ifaddr, iprim: in_ifaddr) -> None:
    """Delete the routes of an address that no other address still needs; `iprim` is the primary that goes when its
    secondaries are being promoted. `net/ipv4/fib_frontend.c:780`"""
    in_dev = ifa.ifa_dev
    dev = in_dev.dev
    prim = ifa
    brd = ifa.ifa_address | ~ifa.ifa_mask & 0xFFFFFFFF
    any = ifa.ifa_address & ifa.ifa_mask
    subnet = False
    if ifa.ifa_flags & IFA_F_SECONDARY:
        prim = inet_ifa_byprefix(in_dev, any, ifa.ifa_mask)
        if prim is None or iprim is not None and iprim is not prim:
            return
    elif not ipv4_is_zeronet(any) and (any != ifa.ifa_local or ifa.ifa_prefixlen < 32):
        if not ifa.ifa_flags & IFA_F_NOPREFIXROUTE:
            type = RTN_LOCAL if dev.flags & IFF_LOOPBACK else RTN_UNICAST
            fib_magic(RTM_DELROUTE, type, any, ifa.ifa_prefixlen, prim, 0)
        subnet = True
    ok, gone = (0, True) if in_dev.dead else fib_still_needed(ifa, prim, iprim, brd, any)
    if not ok & BRD_OK:
        fib_magic(RTM_DELROUTE, RTN_BROADCAST, ifa.ifa_broadcast, 32, prim, 0)
    if subnet and ifa.ifa_prefixlen < 31:
        if not ok & BRD1_OK:
            fib_magic(RTM_DELROUTE, RTN_BROADCAST, brd, 32, prim, 0)
        if not ok & BRD0_OK:
            fib_magic(RTM_DELROUTE, RTN_BROADCAST, any, 32, prim, 0)
    if not ok & LOCAL_OK:
        fib_magic(RTM_DELROUTE, RTN_LOCAL, ifa.ifa_local, 32, prim, 0)
        if gone and inet_addr_type(dev.nd_net, ifa.ifa_local) != RTN_LOCAL:
            if fib_sync_down_addr(dev, ifa.ifa_local):
                fib_flush(dev.nd_net)


def fib_still_needed(ifa: in_ifaddr, prim: in_ifaddr, iprim: in_ifaddr, brd: int, any: int) -> tuple[int, bool]:
    """Which of an address's routes the device's other addresses have in common with it, and whether it is off the
    device's list. The loop of fib_del_ifaddr in C. `net/ipv4/fib_frontend.c:820`"""
    ok, gone, same_prefsrc = 0, True, False
    prim1: in_ifaddr = None
    for ifa1 in ifa.ifa_dev.ifa_list:
        if ifa1 is ifa:
            gone = False
            continue
        if iprim is not None and ifa1.ifa_mask == iprim.ifa_mask and inet_ifa_match(ifa1.ifa_address, iprim):
            continue
        if ifa1.ifa_flags & IFA_F_SECONDARY:
            if ifa1.ifa_mask == prim.ifa_mask and inet_ifa_match(ifa1.ifa_address, prim):
                prim1 = prim
            else:
                if not same_prefsrc:
                    continue
                if (
                    prim1 is None
                    or ifa1.ifa_mask != prim1.ifa_mask
                    or not inet_ifa_match(ifa1.ifa_address, prim1)
                ):
                    prim1 = inet_ifa_byprefix(ifa.ifa_dev, ifa1.ifa_address, ifa1.ifa_mask)
                if prim1 is None or prim1.ifa_local != prim.ifa_local:
                    continue
        else:
            if prim.ifa_local != ifa1.ifa_local:
                continue
            prim1 = ifa1
            same_prefsrc = same_prefsrc or prim is not prim1
        ok |= fib_common_routes(ifa, ifa1, prim1, brd, any)
    return ok, gone


def fib_common_routes(ifa: in_ifaddr, ifa1: in_ifaddr, prim1: in_ifaddr, brd: int, any: int) -> int:
    """Which routes of `ifa` are those of `ifa1` as well. Innermost in fib_del_ifaddr in C.
    `net/ipv4/fib_frontend.c:870`"""
    theirs = {ifa1.ifa_broadcast}
    if prim1 is ifa1 and ifa1.ifa_prefixlen < 31:
        any1 = ifa1.ifa_address & ifa1.ifa_mask
        if not ipv4_is_zeronet(any1):
            theirs |= {ifa1.ifa_address | ~ifa1.ifa_mask & 0xFFFFFFFF, any1}
    ok = LOCAL_OK if ifa.ifa_local == ifa1.ifa_local else 0
    for address, bit in ((ifa.ifa_broadcast, BRD_OK), (brd, BRD1_OK), (any, BRD0_OK)):
        if address in theirs:
            ok |= bit
    return ok


def fib_disable_ip(dev: net_device, event: int, force: bool) -> None:
    """No more IPv4 over this device. `net/ipv4/fib_frontend.c:1000`"""
    if fib_sync_down_dev(dev, event, force):
        fib_flush(dev.nd_net)
    else:
        rt_cache_flush(dev.nd_net)
    arp_ifdown(dev)


def fib_inetaddr_event(this: notifier_block, event: int, ptr: in_ifaddr) -> int:
    """An address came or went. `net/ipv4/fib_frontend.c:1008`"""
    ifa = ptr
    dev = ifa.ifa_dev.dev
    net = dev.nd_net
    if event == NETDEV_UP:
        fib_add_ifaddr(ifa)
        fib_sync_up(dev, RTNH_F_DEAD)
        net.ipv4.dev_addr_genid += 1
        rt_cache_flush(net)
    elif event == NETDEV_DOWN:
        fib_del_ifaddr(ifa, None)
        net.ipv4.dev_addr_genid += 1
        if not ifa.ifa_dev.ifa_list:
            fib_disable_ip(dev, event, True)
        else:
            rt_cache_flush(net)
    return NOTIFY_DONE


def fib_netdev_event(this: notifier_block, event: int, ptr: net_device) -> int:
    """Something happened to a device. `net/ipv4/fib_frontend.c:1039`"""
    dev = ptr
    net = dev.nd_net
    if event == NETDEV_UNREGISTER:
        fib_disable_ip(dev, event, True)
        return NOTIFY_DONE
    in_dev = __in_dev_get_rtnl(dev)
    if in_dev is None:
        return NOTIFY_DONE
    if event == NETDEV_UP:
        for ifa in in_dev.ifa_list:
            fib_add_ifaddr(ifa)
        fib_sync_up(dev, RTNH_F_DEAD)
        net.ipv4.dev_addr_genid += 1
        rt_cache_flush(net)
    elif event == NETDEV_DOWN:
        fib_disable_ip(dev, event, False)
    elif event == NETDEV_CHANGE:
        if dev_get_flags(dev) & (IFF_RUNNING | IFF_LOWER_UP):
            fib_sync_up(dev, RTNH_F_LINKDOWN)
        else:
            fib_sync_down_dev(dev, event, False)
        rt_cache_flush(net)
    elif event == NETDEV_CHANGEMTU:
        rt_cache_flush(net)
    return NOTIFY_DONE


fib_inetaddr_notifier = notifier_block(fib_inetaddr_event)
fib_netdev_notifier = notifier_block(fib_netdev_event)


def ip_fib_net_init(net: net_t) -> int:
    """A namespace starts without tables, and with three rules. `net/ipv4/fib_frontend.c:1083`"""
    net.ipv4.fib_table_hash = [[] for _ in range(FIB_TABLE_HASHSZ)]
    return fib4_rules_init(net)


def ip_fib_net_exit(net: net_t) -> None:
    """It leaves none behind; local goes before main, whose entries it shares. `net/ipv4/fib_frontend.c:1105`"""
    net.ipv4.fib_main = net.ipv4.fib_default = None
    for head in reversed(net.ipv4.fib_table_hash):
        while head:
            fib_table_flush(net, head.pop(0), True)
    fib4_rules_exit(net)


def fib_net_init(net: net_t) -> int:
    """A namespace begins. `net/ipv4/fib_frontend.c:1130`"""
    error = ip_fib_net_init(net)
    if error < 0:
        return error
    return fib_proc_init(net)


def fib_net_exit(net: net_t) -> None:
    """A namespace ends. `net/ipv4/fib_frontend.c:1156`"""
    fib_proc_exit(net)
    ip_fib_net_exit(net)


fib_net_ops = pernet_operations(init=fib_net_init, exit=fib_net_exit)


def ip_fib_init() -> None:
    """Boot. `net/ipv4/fib_frontend.c:1168`"""
    g.fib_info_hash = {}
    g.fib_info_laddrhash = {}
    g.fib_info_devhash = {}
    rtnl_register(PF_INET, RTM_NEWROUTE, inet_rtm_newroute, None, None)
    rtnl_register(PF_INET, RTM_DELROUTE, inet_rtm_delroute, None, None)
    rtnl_register(PF_INET, RTM_GETROUTE, None, inet_dump_fib, None)
    register_pernet_subsys(fib_net_ops)
    register_netdevice_notifier(fib_netdev_notifier)
    register_inetaddr_notifier(fib_inetaddr_notifier)


from vethkernel.net.core.dev import (
    __dev_get_by_index,
    dev_get_flags,
    register_netdevice_notifier,
)
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.rtnetlink import rtnl_msg_family, rtnl_register
from vethkernel.net.ipv4.arp import arp_ifdown, arp_invalidate
from vethkernel.net.ipv4.devinet import (
    inet_ifa_byprefix,
    inet_lookup_ifaddr_rcu,
    inet_select_addr,
    register_inetaddr_notifier,
)
from vethkernel.net.ipv4.fib_rules import fib4_rules_exit, fib4_rules_init
from vethkernel.net.ipv4.fib_semantics import (
    fib_result_prefsrc,
    fib_sync_down_addr,
    fib_sync_down_dev,
    fib_sync_up,
)
from vethkernel.net.ipv4.fib_trie import (
    fib_lookup,
    fib_proc_exit,
    fib_proc_init,
    fib_table_delete,
    fib_table_dump,
    fib_table_flush,
    fib_table_insert,
    fib_table_lookup,
    fib_trie_table,
)
from vethkernel.net.ipv4.route import rt_cache_flush
