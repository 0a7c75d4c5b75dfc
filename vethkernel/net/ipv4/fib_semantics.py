# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/fib_semantics.c: what a route means: its next hops, whether they can be reached, and what happens to it when
a device or an address goes. The messages about a route are made here too.

Left out: next-hop objects (`ip nexthop`), tunnels by route, traffic classes, IPv6 gateways, offload to hardware, and
the hash functions, whose work Python's dictionaries do.
"""

from __future__ import annotations

from dataclasses import dataclass

from vethkernel.globals import g
from vethkernel.include.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from vethkernel.include.linux.inetdevice import __in_dev_get_rtnl, ip_ignore_linkdown
from vethkernel.include.linux.netdevice import (
    NETDEV_CHANGE,
    NETDEV_DOWN,
    NETDEV_UNREGISTER,
    dev_net,
    net_device,
    netif_carrier_ok,
)
from vethkernel.include.linux.netlink import NL_SET_ERR_MSG, netlink_ext_ack
from vethkernel.include.linux.skbuff import sk_buff, skb_tailroom
from vethkernel.include.net.flow import LOOPBACK_IFINDEX, flowi4
from vethkernel.include.net.ip_fib import (
    FA_S_ACCESSED,
    FIB_LOOKUP_IGNORE_LINKSTATE,
    FIB_LOOKUP_NOREF,
    FIB_RES_DEV,
    FIB_RES_NH,
    FIB_RES_OIF,
    fib_alias,
    fib_config,
    fib_info,
    fib_nh,
    fib_result,
    fib_rt_info,
)
from vethkernel.include.net.neighbour import NUD_VALID
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.netlink import (
    NLMSG_ALIGN,
    nl_info,
    nla_find,
    nla_for_each_attr,
    nla_get_in_addr,
    nla_get_u32,
    nla_len,
    nla_nest_end,
    nla_nest_start_noflag,
    nla_put_in_addr,
    nla_put_u32,
    nla_total_size,
    nla_type,
    nlattr,
    nlmsg_cancel,
    nlmsg_data,
    nlmsg_end,
    nlmsg_get_pos,
    nlmsg_new,
    nlmsg_put,
)
from vethkernel.include.net.route import rtable
from vethkernel.include.uapi.asm_generic.errno import (
    EACCES,
    EAGAIN,
    EHOSTUNREACH,
    EINVAL,
    EMSGSIZE,
    ENETDOWN,
    ENODEV,
)
from vethkernel.include.uapi.linux.if_ import IFF_LOWER_UP, IFF_RUNNING, IFF_UP
from vethkernel.include.uapi.linux.neighbour import NUD_NONE, NUD_REACHABLE
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_NOWHERE,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_COMPAT,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTA_DST,
    RTA_GATEWAY,
    RTA_MULTIPATH,
    RTA_OIF,
    RTA_PREFSRC,
    RTA_PRIORITY,
    RTA_TABLE,
    RTAX_CC_ALGO,
    RTAX_MAX,
    RTN_ANYCAST,
    RTN_BLACKHOLE,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MAX,
    RTN_MULTICAST,
    RTN_NAT,
    RTN_PROHIBIT,
    RTN_THROW,
    RTN_UNICAST,
    RTN_UNREACHABLE,
    RTN_UNSPEC,
    RTN_XRESOLVE,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
    RTNH_F_OFFLOAD,
    RTNH_F_ONLINK,
    RTNH_F_PERVASIVE,
    RTNH_F_TRAP,
    RTNLGRP_IPV4_ROUTE,
    rtmsg,
    rtnexthop,
)
from vethkernel.include.uapi.linux.socket import AF_INET

RTNH_COMPARE_MASK = RTNH_F_DEAD | RTNH_F_LINKDOWN | RTNH_F_OFFLOAD | RTNH_F_TRAP


@dataclass(slots=True, frozen=True, eq=False)
class fib_prop:
    """What a type of route answers with, and the narrowest scope it can have."""

    error: int
    scope: int


fib_props = {
    RTN_UNSPEC: fib_prop(0, RT_SCOPE_NOWHERE),
    RTN_UNICAST: fib_prop(0, RT_SCOPE_UNIVERSE),
    RTN_LOCAL: fib_prop(0, RT_SCOPE_HOST),
    RTN_BROADCAST: fib_prop(0, RT_SCOPE_LINK),
    RTN_ANYCAST: fib_prop(0, RT_SCOPE_LINK),
    RTN_MULTICAST: fib_prop(0, RT_SCOPE_UNIVERSE),
    RTN_BLACKHOLE: fib_prop(-EINVAL, RT_SCOPE_UNIVERSE),
    RTN_UNREACHABLE: fib_prop(-EHOSTUNREACH, RT_SCOPE_UNIVERSE),
    RTN_PROHIBIT: fib_prop(-EACCES, RT_SCOPE_UNIVERSE),
    RTN_THROW: fib_prop(-EAGAIN, RT_SCOPE_UNIVERSE),
    RTN_NAT: fib_prop(-EINVAL, RT_SCOPE_NOWHERE),
    RTN_XRESOLVE: fib_prop(-EINVAL, RT_SCOPE_NOWHERE),
}


def rt_fibinfo_free(rt: rtable) -> None:
    """A next hop's ready-made route is no good any more. `net/ipv4/fib_semantics.c:143`"""
    if rt is not None:
        __dst_free(rt.dst)


def free_nh_exceptions(nh: fib_nh) -> None:
    """Nor are the routes of its exceptions. `net/ipv4/fib_semantics.c:158`"""
    for fnhe in nh.nh_exceptions.values():
        rt_fibinfo_free(fnhe.fnhe_rth_input)
        rt_fibinfo_free(fnhe.fnhe_rth_output)
    nh.nh_exceptions = None


def free_fib_info(fi: fib_info) -> None:
    """The last route that used it is gone. `net/ipv4/fib_semantics.c:219`"""
    for nh in fi.fib_nh:
        if nh.nh_exceptions:
            free_nh_exceptions(nh)
        rt_fibinfo_free(nh.nh_rth_output)
        rt_fibinfo_free(nh.nh_rth_input)


def fib_release_info(fi: fib_info) -> None:
    """One route less uses it. `net/ipv4/fib_semantics.c:235`"""
    fi.fib_treeref -= 1
    if fi.fib_treeref:
        return
    g.fib_info_hash[fib_info_hashfn(fi)].remove(fi)
    if fi.fib_prefsrc:
        g.fib_info_laddrhash[fi.fib_prefsrc].remove(fi)
    for nexthop_nh in fi.fib_nh:
        if nexthop_nh.nh_dev is not None:
            g.fib_info_devhash[nexthop_nh.nh_dev].remove(nexthop_nh)
    fi.fib_dead = True
    free_fib_info(fi)


def nh_comp(fi: fib_info, ofi: fib_info) -> int:
    """0 if both have the same next hops. `net/ipv4/fib_semantics.c:253`"""
    for nh, onh in zip(fi.fib_nh, ofi.fib_nh, strict=True):
        if (
            (nh.nh_oif, nh.nh_gw, nh.nh_scope, nh.nh_weight) != (onh.nh_oif, onh.nh_gw, onh.nh_scope, onh.nh_weight)
            or (nh.nh_flags ^ onh.nh_flags) & ~RTNH_COMPARE_MASK
        ):  # fmt: skip
            return -1
    return 0


def fib_info_hashfn(fi: fib_info) -> tuple[int, int, int, int, int]:
    """The key that look-alikes have in common. `net/ipv4/fib_semantics.c:283`"""
    return fi.fib_nhs, fi.fib_protocol, fi.fib_scope, fi.fib_prefsrc, fi.fib_priority


def fib_find_info(nfi: fib_info) -> fib_info | None:
    """One that is all the same as `nfi`. `net/ipv4/fib_semantics.c:298`"""
    for fi in g.fib_info_hash.get(fib_info_hashfn(nfi), ()):
        if (
            fi.fib_net is nfi.fib_net
            and fi.fib_type == nfi.fib_type
            and fi.fib_tb_id == nfi.fib_tb_id
            and fi.fib_metrics == nfi.fib_metrics
            and not (nfi.fib_flags ^ fi.fib_flags) & ~RTNH_COMPARE_MASK
            and nh_comp(fi, nfi) == 0
        ):
            return fi
    return None


def ip_fib_check_default(gw: int, dev: net_device) -> int:
    """0 if `gw` is a gateway of ours on `dev`: who else may redirect us? `net/ipv4/fib_semantics.c:330`"""
    for nh in g.fib_info_devhash.get(dev, ()):
        if nh.nh_gw == gw and not nh.nh_flags & RTNH_F_DEAD:
            return 0
    return -1


def fib_nlmsg_size(fi: fib_info) -> int:
    """Room for a message about it. `net/ipv4/fib_semantics.c:354`"""
    payload = NLMSG_ALIGN(rtmsg.SIZE) + 4 * nla_total_size(4) + nla_total_size(RTAX_MAX * nla_total_size(4))
    nhsize = nla_total_size(rtnexthop.SIZE) + 2 * nla_total_size(4)
    return payload + nla_total_size(fi.fib_nhs * nhsize)


def rtmsg_fib(
    event: int, key: int, fa: fib_alias, dst_len: int, tb_id: int, info: nl_info, nlm_flags: int
) -> None:
    """Tell those who listen that a route came or went. `net/ipv4/fib_semantics.c:381`"""
    seq = info.nlh.nlmsg_seq if info.nlh else 0
    skb = nlmsg_new(fib_nlmsg_size(fa.fa_info), GFP_KERNEL)
    fri = fib_rt_info(fa.fa_info, tb_id, key, dst_len, fa.fa_tos, fa.fa_type)
    err = fib_dump_info(skb, info.portid, seq, event, fri, nlm_flags)
    if err < 0:
        kfree_skb(skb)
        rtnl_set_sk_err(info.nl_net, RTNLGRP_IPV4_ROUTE, err)
        return
    rtnl_notify(skb, info.nl_net, info.portid, RTNLGRP_IPV4_ROUTE, info.nlh, GFP_KERNEL)


def fib_detect_death(fi: fib_info, order: int, last_resort: fib_info, last_idx: int, dflt: int) -> tuple:
    """Whether the gateway seems dead, as the neighbour table knows it; and the best of those that do:
    (1 or 0, last_resort, last_idx). `net/ipv4/fib_semantics.c:428`"""
    state = NUD_NONE
    n = neigh_lookup(g.arp_tbl, fi.fib_nh[0].nh_gw, fi.fib_dev)
    if n is not None:
        state = n.nud_state
        neigh_release(n)
    if state == NUD_REACHABLE or state & NUD_VALID and order != dflt:
        return 0, last_resort, last_idx
    if state & NUD_VALID or last_idx < 0 and order > dflt:
        return 1, fi, order
    return 1, last_resort, last_idx


def fib_nh_init(net: net_t, nh: fib_nh, cfg: fib_config, nh_weight: int, extack: netlink_ext_ack) -> int:
    """Fill a next hop in as asked for. `net/ipv4/fib_semantics.c:656 (6.1)`"""
    nh.nh_oif = cfg.fc_oif
    nh.nh_gw_family = cfg.fc_gw_family
    nh.nh_gw = cfg.fc_gw
    nh.nh_flags = cfg.fc_flags
    nh.nh_weight = nh_weight
    return 0


def fib_count_nexthops(rtnh: nlattr, remaining: int, extack: netlink_ext_ack) -> int:
    """How many next hops the attribute lists; 0 if it is broken. `net/ipv4/fib_semantics.c:453`"""
    nhs, off = 0, rtnh.off
    while (hop := rtnh_ok(rtnh.head, off, remaining)) is not None:
        nhs += 1
        off, remaining = off + hop.rtnh_len, remaining - hop.rtnh_len
    if remaining > 0:
        NL_SET_ERR_MSG(extack, "Invalid nexthop configuration - extra data after nexthops")
        return 0
    return nhs


def rtnh_ok(head: bytes, off: int, remaining: int) -> rtnexthop | None:
    """The next hop that stands there, if a whole one does. `include/net/nexthop.h:7`"""
    hop = rtnexthop(head, off)
    return hop if remaining >= hop.SIZE and hop.SIZE <= hop.rtnh_len <= remaining else None


def fib_get_nhs(fi: fib_info, rtnh: nlattr, remaining: int, cfg: fib_config, extack: netlink_ext_ack) -> int:
    """Fill several next hops in. `net/ipv4/fib_semantics.c:466`"""
    off = rtnh.off
    for nexthop_nh in fi.fib_nh:
        hop = rtnh_ok(rtnh.head, off, remaining)
        if hop is None:
            NL_SET_ERR_MSG(extack, "Invalid nexthop configuration - extra data after nexthop")
            return -EINVAL
        if hop.rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN):
            NL_SET_ERR_MSG(extack, "Invalid flags for nexthop - can not contain DEAD or LINKDOWN")
            return -EINVAL
        gateway = nla_find(nlattr(rtnh.head, off + hop.SIZE), hop.rtnh_len - hop.SIZE, RTA_GATEWAY)
        nexthop_nh.nh_flags = cfg.fc_flags & ~0xFF | hop.rtnh_flags
        nexthop_nh.nh_oif = hop.rtnh_ifindex
        nexthop_nh.nh_weight = hop.rtnh_hops + 1
        nexthop_nh.nh_gw = nla_get_in_addr(gateway) if gateway is not None else 0
        nexthop_nh.nh_gw_family = AF_INET if nexthop_nh.nh_gw else 0
        off, remaining = off + hop.rtnh_len, remaining - hop.rtnh_len
    nh = fi.fib_nh[0]
    if cfg.fc_oif and nh.nh_oif != cfg.fc_oif:
        NL_SET_ERR_MSG(extack, "Nexthop device index does not match RTA_OIF")
        return -EINVAL
    if cfg.fc_gw_family and cfg.fc_gw != nh.nh_gw:
        NL_SET_ERR_MSG(extack, "Nexthop gateway does not match RTA_GATEWAY or RTA_VIA")
        return -EINVAL
    return 0


def fib_rebalance(fi: fib_info) -> None:
    """Share 2**31 hash values among the living next hops by their weights. `net/ipv4/fib_semantics.c:836 (6.1)`"""
    if fi.fib_nhs < 2:
        return

    def usable(nh: fib_nh) -> bool:
        return not nh.nh_flags & RTNH_F_DEAD and not (ip_ignore_linkdown(nh.nh_dev) and nh.nh_flags & RTNH_F_LINKDOWN)

    total = sum(nh.nh_weight for nh in fi.fib_nh if usable(nh))
    w = 0
    for nexthop_nh in fi.fib_nh:
        nexthop_nh.nh_upper_bound = -1
        if total and usable(nexthop_nh):
            w += nexthop_nh.nh_weight
            nexthop_nh.nh_upper_bound = ((w << 31) + total // 2) // total - 1


def fib_nh_match(net: net_t, cfg: fib_config, fi: fib_info, extack: netlink_ext_ack) -> int:
    """0 if `fi` has the metric and the next hops that are asked for. `net/ipv4/fib_semantics.c:502`"""
    if cfg.fc_priority and cfg.fc_priority != fi.fib_priority:
        return 1
    if cfg.fc_oif or cfg.fc_gw_family:
        nh = fi.fib_nh[0]
        return int(cfg.fc_oif not in (0, nh.nh_oif) or bool(cfg.fc_gw_family) and cfg.fc_gw != nh.nh_gw)
    if cfg.fc_mp is None:
        return 0
    off, remaining = cfg.fc_mp.off, cfg.fc_mp_len
    for nh in fi.fib_nh:
        hop = rtnh_ok(cfg.fc_mp.head, off, remaining)
        if hop is None:
            return -EINVAL
        gateway = nla_find(nlattr(cfg.fc_mp.head, off + hop.SIZE), hop.rtnh_len - hop.SIZE, RTA_GATEWAY)
        if hop.rtnh_ifindex not in (0, nh.nh_oif) or gateway is not None and nla_get_in_addr(gateway) != nh.nh_gw:
            return 1
        off, remaining = off + hop.rtnh_len, remaining - hop.rtnh_len
    return 0


def fib_metrics_match(cfg: fib_config, fi: fib_info) -> bool:
    """Whether `fi` has the metrics that are asked for. `net/ipv4/fib_semantics.c:1044 (6.1)`"""
    if cfg.fc_mx is None:
        return True
    for nla in nla_for_each_attr(cfg.fc_mx, cfg.fc_mx_len):
        type = nla_type(nla)
        if not type:
            continue
        if type > RTAX_MAX:
            return False
        if type == RTAX_CC_ALGO:
            val, _ = tcp_ca_get_key_by_name(fi.fib_net, nla_strscpy(nla, TCP_CA_NAME_MAX))
        elif nla_len(nla) == 4:
            val = nla_get_u32(nla)
        else:
            return False
        if fi.fib_metrics[type - 1] != val:
            return False
    return True


def fib_check_nh_v4_gw(net: net_t, nh: fib_nh, table: int, scope: int, extack: netlink_ext_ack) -> int:
    """Whether the gateway can be reached: directly by a route of narrower scope, or because the user swears it is on
    the link. `net/ipv4/fib_semantics.c:1154 (6.1)`"""
    if nh.nh_flags & RTNH_F_ONLINK:
        return fib_check_nh_onlink(net, nh, scope, extack)
    fl4 = flowi4(nh.nh_gw, 0, nh.nh_oif, LOOPBACK_IFINDEX, flowi4_scope=max(scope + 1, RT_SCOPE_LINK))
    res = fib_result()
    err = -EAGAIN
    tbl = fib_get_table(net, table) if table not in (0, RT_TABLE_MAIN) else None
    if tbl is not None:
        err = fib_table_lookup(tbl, fl4, res, FIB_LOOKUP_IGNORE_LINKSTATE | FIB_LOOKUP_NOREF)
    if err:
        err = fib_lookup(net, fl4, res, FIB_LOOKUP_IGNORE_LINKSTATE)
    if err:
        NL_SET_ERR_MSG(extack, "Nexthop has invalid gateway")
        return err
    if res.type not in (RTN_UNICAST, RTN_LOCAL):
        NL_SET_ERR_MSG(extack, "Nexthop has invalid gateway")
        return -EINVAL
    nh.nh_scope = res.scope
    nh.nh_oif = FIB_RES_OIF(res)
    nh.nh_dev = dev = FIB_RES_DEV(res)
    if dev is None:
        NL_SET_ERR_MSG(extack, "No egress device for nexthop gateway")
        return -EINVAL
    if not netif_carrier_ok(dev):
        nh.nh_flags |= RTNH_F_LINKDOWN
    return 0 if dev.flags & IFF_UP else -ENETDOWN


def fib_check_nh_onlink(net: net_t, nh: fib_nh, scope: int, extack: netlink_ext_ack) -> int:
    """A gateway that is said to be on the link. The first half of fib_check_nh_v4_gw in C.
    `net/ipv4/fib_semantics.c:1140 (6.1)`"""
    if scope >= RT_SCOPE_LINK:
        NL_SET_ERR_MSG(extack, "Nexthop has invalid scope")
        return -EINVAL
    dev = __dev_get_by_index(net, nh.nh_oif)
    if dev is None:
        NL_SET_ERR_MSG(extack, "Nexthop device required for onlink")
        return -ENODEV
    if not dev.flags & IFF_UP:
        NL_SET_ERR_MSG(extack, "Nexthop device is not up")
        return -ENETDOWN
    if inet_addr_type(net, nh.nh_gw) != RTN_UNICAST:
        NL_SET_ERR_MSG(extack, "Nexthop has invalid gateway")
        return -EINVAL
    if not netif_carrier_ok(dev):
        nh.nh_flags |= RTNH_F_LINKDOWN
    nh.nh_dev = dev
    nh.nh_scope = RT_SCOPE_LINK
    return 0


def fib_check_nh_nongw(net: net_t, nh: fib_nh, extack: netlink_ext_ack) -> int:
    """Whether the device of a direct route is there and up. `net/ipv4/fib_semantics.c:1248 (6.1)`"""
    if nh.nh_flags & (RTNH_F_PERVASIVE | RTNH_F_ONLINK):
        NL_SET_ERR_MSG(extack, "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set")
        return -EINVAL
    in_dev = inetdev_by_index(net, nh.nh_oif)
    if in_dev is None:
        return -ENODEV
    if not in_dev.dev.flags & IFF_UP:
        NL_SET_ERR_MSG(extack, "Device for nexthop is not up")
        return -ENETDOWN
    nh.nh_dev = in_dev.dev
    nh.nh_scope = RT_SCOPE_HOST
    if not netif_carrier_ok(nh.nh_dev):
        nh.nh_flags |= RTNH_F_LINKDOWN
    return 0


def fib_check_nh(net: net_t, nh: fib_nh, table: int, scope: int, extack: netlink_ext_ack) -> int:
    """Whether the next hop can be used; fills its device and scope in. The scope of what is reached gets narrower from
    hop to hop: a route through a gateway needs one to the gateway, that one an address on the link, which is ours.
    `net/ipv4/fib_semantics.c:599`"""
    if nh.nh_gw_family == AF_INET:
        return fib_check_nh_v4_gw(net, nh, table, scope, extack)
    return fib_check_nh_nongw(net, nh, extack)


def fib_info_update_nh_saddr(net: net_t, nh: fib_nh, scope: int) -> int:
    """Choose the source address for packets to the next hop, until an address changes.
    `net/ipv4/fib_semantics.c:763`"""
    nh.nh_saddr = inet_select_addr(nh.nh_dev, nh.nh_gw, scope)
    nh.nh_saddr_genid = net.ipv4.dev_addr_genid
    return nh.nh_saddr


def fib_result_prefsrc(net: net_t, res: fib_result) -> int:
    """The source address for packets on this way. `net/ipv4/fib_semantics.c:1376 (6.1)`"""
    fi = res.fi
    if fi.fib_prefsrc:
        return fi.fib_prefsrc
    nh = FIB_RES_NH(res)
    if nh.nh_saddr_genid == net.ipv4.dev_addr_genid:
        return nh.nh_saddr
    return fib_info_update_nh_saddr(net, nh, fi.fib_scope)


def fib_valid_prefsrc(cfg: fib_config, fib_prefsrc: int) -> bool:
    """Whether the preferred source is an address of ours. `net/ipv4/fib_semantics.c:1395 (6.1)`"""
    if cfg.fc_type == RTN_LOCAL and cfg.fc_dst and fib_prefsrc == cfg.fc_dst:
        return True
    net = cfg.fc_nlinfo.nl_net
    tb_id = RT_TABLE_LOCAL if cfg.fc_table == RT_TABLE_MAIN else cfg.fc_table
    rc = inet_addr_type_table(net, fib_prefsrc, tb_id)
    if rc != RTN_LOCAL and tb_id != RT_TABLE_LOCAL:
        rc = inet_addr_type_table(net, fib_prefsrc, RT_TABLE_LOCAL)
    return rc == RTN_LOCAL


def fib_create_info(cfg: fib_config, extack: netlink_ext_ack) -> fib_info:
    """A fib_info for the route that is asked for, a new one or one that is the same; or an error.
    `net/ipv4/fib_semantics.c:773`"""
    net = cfg.fc_nlinfo.nl_net
    if cfg.fc_type > RTN_MAX:
        return ERR_PTR(-EINVAL)
    if fib_props[cfg.fc_type].scope > cfg.fc_scope:
        NL_SET_ERR_MSG(extack, "Invalid scope")
        return ERR_PTR(-EINVAL)
    if cfg.fc_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN):
        NL_SET_ERR_MSG(extack, "Invalid rtm_flags - can not contain DEAD or LINKDOWN")
        return ERR_PTR(-EINVAL)
    nhs = 1 if cfg.fc_mp is None else fib_count_nexthops(cfg.fc_mp, cfg.fc_mp_len, extack)
    if nhs == 0:
        return ERR_PTR(-EINVAL)
    fi = fib_info()
    fi.fib_metrics = ip_fib_metrics_init(net, cfg.fc_mx, cfg.fc_mx_len, extack)
    if IS_ERR(fi.fib_metrics):
        return ERR_PTR(PTR_ERR(fi.fib_metrics))
    fi.fib_net = net
    fi.fib_protocol = cfg.fc_protocol
    fi.fib_scope = cfg.fc_scope
    fi.fib_flags = cfg.fc_flags
    fi.fib_priority = cfg.fc_priority
    fi.fib_prefsrc = cfg.fc_prefsrc
    fi.fib_type = cfg.fc_type
    fi.fib_tb_id = cfg.fc_table
    fi.fib_nhs = nhs
    fi.fib_nh = [fib_nh(fi) for _ in range(nhs)]
    if cfg.fc_mp is not None:
        err = fib_get_nhs(fi, cfg.fc_mp, cfg.fc_mp_len, cfg, extack)
    else:
        err = fib_nh_init(net, fi.fib_nh[0], cfg, 1, extack)
    err = err or fib_check_info(net, fi, cfg, extack)
    if err:
        return ERR_PTR(err)
    return fib_link_info(fi)


def fib_check_info(net: net_t, fi: fib_info, cfg: fib_config, extack: netlink_ext_ack) -> int:
    """Whether type, scope, next hops and preferred source go together. The middle of fib_create_info in C.
    `net/ipv4/fib_semantics.c:879`"""
    if fib_props[cfg.fc_type].error:
        if cfg.fc_gw_family or cfg.fc_oif or cfg.fc_mp is not None:
            NL_SET_ERR_MSG(extack, "Gateway, device and multipath can not be specified for this route type")
            return -EINVAL
        return 0
    if cfg.fc_type not in (RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST):
        NL_SET_ERR_MSG(extack, "Invalid route type")
        return -EINVAL
    if cfg.fc_scope > RT_SCOPE_HOST:
        NL_SET_ERR_MSG(extack, "Invalid scope")
        return -EINVAL
    if cfg.fc_scope == RT_SCOPE_HOST:
        err = fib_check_host_scope(net, fi, extack)
        if err:
            return err
    else:
        for nexthop_nh in fi.fib_nh:
            err = fib_check_nh(net, nexthop_nh, cfg.fc_table, cfg.fc_scope, extack)
            if err:
                return err
        if all(nexthop_nh.nh_flags & RTNH_F_LINKDOWN for nexthop_nh in fi.fib_nh):
            fi.fib_flags |= RTNH_F_LINKDOWN
    if fi.fib_prefsrc and not fib_valid_prefsrc(cfg, fi.fib_prefsrc):
        NL_SET_ERR_MSG(extack, "Invalid prefsrc address")
        return -EINVAL
    for nexthop_nh in fi.fib_nh:
        fib_info_update_nh_saddr(net, nexthop_nh, fi.fib_scope)
    fib_rebalance(fi)
    return 0


def fib_check_host_scope(net: net_t, fi: fib_info, extack: netlink_ext_ack) -> int:
    """A route that ends in this host has its device and nothing else. A part of fib_create_info in C.
    `net/ipv4/fib_semantics.c:897`"""
    nh = fi.fib_nh[0]
    if fi.fib_nhs != 1:
        NL_SET_ERR_MSG(extack, "Route with host scope can not have multiple nexthops")
        return -EINVAL
    if nh.nh_gw_family:
        NL_SET_ERR_MSG(extack, "Route with host scope can not have a gateway")
        return -EINVAL
    nh.nh_scope = RT_SCOPE_NOWHERE
    nh.nh_dev = dev_get_by_index(net, nh.nh_oif)
    return 0 if nh.nh_dev is not None else -ENODEV


def fib_link_info(fi: fib_info) -> fib_info:
    """Note where to find it by its address and its devices, or take the one that is the same. The end of
    fib_create_info in C. `net/ipv4/fib_semantics.c:930`"""
    ofi = fib_find_info(fi)
    if ofi is not None:
        fi.fib_dead = True
        ofi.fib_treeref += 1
        return ofi
    fi.fib_treeref = 1
    g.fib_info_hash.setdefault(fib_info_hashfn(fi), []).insert(0, fi)
    if fi.fib_prefsrc:
        g.fib_info_laddrhash.setdefault(fi.fib_prefsrc, []).insert(0, fi)
    for nexthop_nh in fi.fib_nh:
        if nexthop_nh.nh_dev is not None:
            g.fib_info_devhash.setdefault(nexthop_nh.nh_dev, []).insert(0, nexthop_nh)
    return fi


def fib_nexthop_info(skb: sk_buff, nh: fib_nh, flags: int, skip_oif: bool) -> tuple[int, int]:
    """Add a next hop's attributes; returns (0 or -EMSGSIZE, flags with what is to be said of it added).
    `net/ipv4/fib_semantics.c:1670 (6.1)`"""
    flags |= nh.nh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN | RTNH_F_ONLINK)
    if nh.nh_flags & RTNH_F_LINKDOWN and ip_ignore_linkdown(nh.nh_dev):
        flags |= RTNH_F_DEAD
    if nh.nh_gw_family and nla_put_in_addr(skb, RTA_GATEWAY, nh.nh_gw):
        return -EMSGSIZE, flags
    if not skip_oif and nh.nh_dev is not None and nla_put_u32(skb, RTA_OIF, nh.nh_dev.ifindex):
        return -EMSGSIZE, flags
    return 0, flags


def fib_add_nexthop(skb: sk_buff, nh: fib_nh, nh_weight: int) -> int:
    """Add one of several next hops. `net/ipv4/fib_semantics.c:1741 (6.1)`"""
    start = skb.tail
    if skb_tailroom(skb) < rtnexthop.SIZE:
        return -EMSGSIZE
    skb_put(skb, rtnexthop.SIZE)
    rtnh = rtnexthop(skb.head, start)
    rtnh.rtnh_hops = nh_weight - 1
    rtnh.rtnh_ifindex = nh.nh_dev.ifindex if nh.nh_dev is not None else 0
    err, flags = fib_nexthop_info(skb, nh, 0, True)
    if err < 0:
        return err
    rtnh.rtnh_flags = flags
    rtnh.rtnh_len = nlmsg_get_pos(skb) - start
    return 0


def fib_add_multipath(skb: sk_buff, fi: fib_info) -> int:
    """Add all of several next hops. `net/ipv4/fib_semantics.c:1775 (6.1)`"""
    mp = nla_nest_start_noflag(skb, RTA_MULTIPATH)
    if mp is None:
        return -EMSGSIZE
    for nh in fi.fib_nh:
        if fib_add_nexthop(skb, nh, nh.nh_weight) < 0:
            return -EMSGSIZE
    nla_nest_end(skb, mp)
    return 0


def fib_dump_info(skb: sk_buff, portid: int, seq: int, event: int, fri: fib_rt_info, flags: int) -> int:
    """Add a message about a route to the skb. `net/ipv4/fib_semantics.c:994`"""
    fi = fri.fi
    nlh = nlmsg_put(skb, portid, seq, event, rtmsg.SIZE, flags)
    if nlh is None:
        return -EMSGSIZE
    rtm = rtmsg(nlh.head, nlmsg_data(nlh))
    rtm.rtm_family = AF_INET
    rtm.rtm_dst_len = fri.dst_len
    rtm.rtm_src_len = 0
    rtm.rtm_tos = fri.tos
    rtm.rtm_table = fri.tb_id if fri.tb_id < 256 else RT_TABLE_COMPAT
    rtm.rtm_type = fri.type
    rtm.rtm_flags = fi.fib_flags
    rtm.rtm_scope = fi.fib_scope
    rtm.rtm_protocol = fi.fib_protocol
    failed = (
        nla_put_u32(skb, RTA_TABLE, fri.tb_id)
        or fri.dst_len and nla_put_in_addr(skb, RTA_DST, fri.dst)
        or fi.fib_priority and nla_put_u32(skb, RTA_PRIORITY, fi.fib_priority)
        or rtnetlink_put_metrics(skb, fi.fib_metrics) < 0
        or fi.fib_prefsrc and nla_put_in_addr(skb, RTA_PREFSRC, fi.fib_prefsrc)
    )  # fmt: skip
    if not failed and fi.fib_nhs == 1:
        failed, rtm.rtm_flags = fib_nexthop_info(skb, fi.fib_nh[0], 0, False)
    elif not failed:
        failed = fib_add_multipath(skb, fi)
    if failed:
        nlmsg_cancel(skb, nlh)
        return -EMSGSIZE
    nlmsg_end(skb, nlh)
    return 0


def fib_sync_down_addr(dev: net_device, local: int) -> int:
    """An address is gone: mark the routes that prefer it as their source dead. `net/ipv4/fib_semantics.c:1092`"""
    net = dev_net(dev)
    ret = 0
    for fi in g.fib_info_laddrhash.get(local, ()):
        if fi.fib_net is net and fi.fib_tb_id == RT_TABLE_MAIN:
            fi.fib_flags |= RTNH_F_DEAD
            fi.pfsrc_removed = True
            ret += 1
    return ret


def fib_sync_down_dev(dev: net_device, event: int, force: bool) -> int:
    """A device lost its carrier (NETDEV_CHANGE), went down, or goes for good: mark the next hops over it; those of our
    own addresses only with `force`. Returns how many fib_infos have none left. `net/ipv4/fib_semantics.c:1113`"""
    mark = RTNH_F_LINKDOWN if event == NETDEV_CHANGE else RTNH_F_LINKDOWN | RTNH_F_DEAD
    assert event in (NETDEV_CHANGE, NETDEV_DOWN, NETDEV_UNREGISTER)
    scope = -1 if force else RT_SCOPE_NOWHERE
    ret = 0
    prev_fi = None
    for nh in g.fib_info_devhash.get(dev, ()):
        fi = nh.nh_parent
        if fi is prev_fi:
            continue
        prev_fi = fi
        dead = 0
        for nexthop_nh in fi.fib_nh:
            if nexthop_nh.nh_flags & RTNH_F_DEAD:
                dead += 1
            elif nexthop_nh.nh_dev is dev and nexthop_nh.nh_scope != scope:
                nexthop_nh.nh_flags |= mark
                dead += 1
            if event == NETDEV_UNREGISTER and nexthop_nh.nh_dev is dev:
                dead = fi.fib_nhs
                break
        if dead == fi.fib_nhs:
            fi.fib_flags |= mark
            ret += 1
        fib_rebalance(fi)
    return ret


def fib_select_default(flp: flowi4, res: fib_result) -> None:
    """Of several default routes take the first whose gateway seems alive. `net/ipv4/fib_semantics.c:1165`"""
    fi = last_resort = None
    order = last_idx = -1
    fa1 = None
    last_prio = res.fi.fib_priority
    for fa in res.fa_head:
        next_fi = fa.fa_info
        if fa.tb_id != res.table.tb_id or fa.fa_tos not in (0, flp.flowi4_tos):
            continue
        if next_fi.fib_priority > last_prio:
            break
        if next_fi.fib_flags & RTNH_F_DEAD:
            continue
        last_prio = next_fi.fib_priority
        nh = next_fi.fib_nh[0]
        if next_fi.fib_scope != res.scope or fa.fa_type != RTN_UNICAST:
            continue
        if not nh.nh_gw_family or nh.nh_scope != RT_SCOPE_LINK:
            continue
        fa.fa_state |= FA_S_ACCESSED
        if fi is None:
            if next_fi is not res.fi:
                break
            fa1 = fa
        else:
            dead, last_resort, last_idx = fib_detect_death(fi, order, last_resort, last_idx, fa1.fa_default)
            if not dead:
                res.fi = fi
                fa1.fa_default = order
                return
        fi = next_fi
        order += 1
    if order <= 0 or fi is None:
        if fa1 is not None:
            fa1.fa_default = -1
        return
    dead, last_resort, last_idx = fib_detect_death(fi, order, last_resort, last_idx, fa1.fa_default)
    if not dead:
        last_resort, last_idx = fi, order
    if last_idx >= 0:
        res.fi = last_resort
    fa1.fa_default = last_idx


def fib_sync_up(dev: net_device, nh_flags: int) -> int:
    """A device is up or has its carrier again: take the marks off its next hops. `net/ipv4/fib_semantics.c:1226`"""
    if not dev.flags & IFF_UP:
        return 0
    if nh_flags & RTNH_F_DEAD and dev_get_flags(dev) & (IFF_RUNNING | IFF_LOWER_UP):
        nh_flags |= RTNH_F_LINKDOWN
    ret = 0
    prev_fi = None
    for nh in g.fib_info_devhash.get(dev, ()):
        fi = nh.nh_parent
        if fi is prev_fi:
            continue
        prev_fi = fi
        alive = 0
        for nexthop_nh in fi.fib_nh:
            if not nexthop_nh.nh_flags & nh_flags:
                alive += 1
            elif nexthop_nh.nh_dev is dev and __in_dev_get_rtnl(dev) is not None:
                alive += 1
                nexthop_nh.nh_flags &= ~nh_flags
        if alive > 0:
            fi.fib_flags &= ~nh_flags
            ret += 1
        fib_rebalance(fi)
    return ret


def fib_select_multipath(res: fib_result, hash: int) -> None:
    """The next hop whose share the hash falls in. `net/ipv4/fib_semantics.c:1283`"""
    for nhsel, nexthop_nh in enumerate(res.fi.fib_nh):
        if hash <= nexthop_nh.nh_upper_bound:
            res.nh_sel = nhsel
            return


def fib_select_path(net: net_t, res: fib_result, fl4: flowi4, skb: sk_buff) -> None:
    """Choose among several next hops or default routes, and then the source address.
    `net/ipv4/fib_semantics.c:2275 (6.1)`"""
    if not fl4.flowi4_oif:
        if res.fi.fib_nhs > 1:
            fib_select_multipath(res, fib_multipath_hash(net, fl4, skb))
        elif not res.prefixlen and res.table.tb_num_default > 1 and res.type == RTN_UNICAST:
            fib_select_default(fl4, res)
    if not fl4.saddr:
        fl4.saddr = fib_result_prefsrc(net, res)


from vethkernel.include.linux.gfp import GFP_KERNEL
from vethkernel.lib.nlattr import nla_strscpy
from vethkernel.net.core.dev import __dev_get_by_index, dev_get_by_index, dev_get_flags
from vethkernel.net.core.dst import __dst_free
from vethkernel.net.core.neighbour import neigh_lookup, neigh_release
from vethkernel.net.core.rtnetlink import rtnetlink_put_metrics, rtnl_notify, rtnl_set_sk_err
from vethkernel.net.core.skbuff import kfree_skb, skb_put
from vethkernel.net.ipv4.devinet import inet_select_addr, inetdev_by_index
from vethkernel.net.ipv4.fib_frontend import fib_get_table, inet_addr_type, inet_addr_type_table
from vethkernel.net.ipv4.fib_trie import fib_lookup, fib_table_lookup
from vethkernel.net.ipv4.metrics import ip_fib_metrics_init
from vethkernel.net.ipv4.route import fib_multipath_hash
from vethkernel.net.ipv4.tcp_cong import TCP_CA_NAME_MAX, tcp_ca_get_key_by_name
