# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/devinet.c: the IPv4 addresses of devices: netlink messages and ioctls about them, what happens to them with
their device, the choice of a source address, and the switches under /proc/sys/net/ipv4/conf.

A device's addresses are the Python list `in_dev.ifa_list`; where C hands over a pointer into its chain (`ifap`), the
port hands over the address. Left out: RTM_GETNETCONF and its notifications, multicast membership by address.
"""

from __future__ import annotations

from dataclasses import dataclass

from vethkernel.globals import g
from vethkernel.include.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from vethkernel.include.linux.in_ import ipv4_is_lbcast, ipv4_is_loopback, ipv4_is_zeronet
from vethkernel.include.linux.inetdevice import (
    IN_DEV_ARP_NOTIFY,
    IN_DEV_CONF_SET,
    IN_DEV_PROMOTE_SECONDARIES,
    IN_DEV_ROUTE_LOCALNET,
    IPV4_DEVCONF_ALL,
    __in_dev_get_rcu,
    __in_dev_get_rtnl,
    bad_mask,
    devinet_sysctl_table,
    in_device,
    in_ifaddr,
    inet_ifa_match,
    inet_make_mask,
    inet_mask_len,
    ipv4_devconf,
    ipv4_devconf_set,
    ipv4_devconf_setall,
)
from vethkernel.include.linux.jiffies import HZ, INITIAL_JIFFIES
from vethkernel.include.linux.netdevice import (
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NETDEV_CHANGENAME,
    NETDEV_DOWN,
    NETDEV_NOTIFY_PEERS,
    NETDEV_REGISTER,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    dev_net,
    net_device,
)
from vethkernel.include.linux.netlink import (
    NETLINK_CB,
    NL_SET_ERR_MSG,
    netlink_callback,
    netlink_ext_ack,
    nlmsg_hdr,
    nlmsghdr,
)
from vethkernel.include.linux.notifier import NOTIFY_DONE, notifier_block, notifier_from_errno
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.linux.sysctl import ctl_table, int_ptr
from vethkernel.include.net.flow import flowi4
from vethkernel.include.net.ip_fib import FIB_LOOKUP_NOREF, FIB_RES_DEV, fib_result
from vethkernel.include.net.net_namespace import for_each_net, pernet_operations, put_net
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.netlink import (
    NLA_NESTED,
    NLA_S32,
    NLA_STRING,
    NLA_U8,
    NLA_U32,
    NLMSG_ALIGN,
    nl_dump_check_consistent,
    nla_data,
    nla_for_each_nested,
    nla_get_in_addr,
    nla_get_s32,
    nla_get_u8,
    nla_get_u32,
    nla_len,
    nla_parse_nested_deprecated,
    nla_policy,
    nla_put_in_addr,
    nla_put_string,
    nla_put_u8,
    nla_put_u32,
    nla_total_size,
    nla_type,
    nlattr,
    nlmsg_cancel,
    nlmsg_data,
    nlmsg_end,
    nlmsg_msg_size,
    nlmsg_new,
    nlmsg_parse_deprecated,
    nlmsg_parse_deprecated_strict,
    nlmsg_put,
)
from vethkernel.include.net.rtnetlink import rtnl_af_ops
from vethkernel.include.net.sock import sock, sock_net
from vethkernel.include.uapi.asm_generic.errno import (
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EEXIST,
    EINVAL,
    EMSGSIZE,
    ENOBUFS,
    ENODATA,
    ENODEV,
)
from vethkernel.include.uapi.linux.if_ import (
    IFF_BROADCAST,
    IFF_LOOPBACK,
    IFF_POINTOPOINT,
    IFF_UP,
    IFNAMSIZ,
    ifreq,
)
from vethkernel.include.uapi.linux.if_addr import (
    IFA_ADDRESS,
    IFA_BROADCAST,
    IFA_CACHEINFO,
    IFA_F_DADFAILED,
    IFA_F_DEPRECATED,
    IFA_F_HOMEADDRESS,
    IFA_F_MANAGETEMPADDR,
    IFA_F_NODAD,
    IFA_F_OPTIMISTIC,
    IFA_F_PERMANENT,
    IFA_F_SECONDARY,
    IFA_F_STABLE_PRIVACY,
    IFA_F_TENTATIVE,
    IFA_FLAGS,
    IFA_LABEL,
    IFA_LOCAL,
    IFA_MAX,
    IFA_PROTO,
    IFA_RT_PRIORITY,
    IFA_TARGET_NETNSID,
    ifa_cacheinfo,
    ifaddrmsg,
)
from vethkernel.include.uapi.linux.if_arp import ARPOP_REQUEST
from vethkernel.include.uapi.linux.if_ether import ETH_P_ARP
from vethkernel.include.uapi.linux.if_link import IFLA_INET_CONF, IFLA_INET_MAX
from vethkernel.include.uapi.linux.in_ import INADDR_LOOPBACK
from vethkernel.include.uapi.linux.ip import (
    IPV4_DEVCONF_ACCEPT_LOCAL,
    IPV4_DEVCONF_ACCEPT_REDIRECTS,
    IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE,
    IPV4_DEVCONF_ARP_ACCEPT,
    IPV4_DEVCONF_ARP_ANNOUNCE,
    IPV4_DEVCONF_ARP_EVICT_NOCARRIER,
    IPV4_DEVCONF_ARP_IGNORE,
    IPV4_DEVCONF_ARP_NOTIFY,
    IPV4_DEVCONF_ARPFILTER,
    IPV4_DEVCONF_BC_FORWARDING,
    IPV4_DEVCONF_BOOTP_RELAY,
    IPV4_DEVCONF_DROP_GRATUITOUS_ARP,
    IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST,
    IPV4_DEVCONF_FORCE_IGMP_VERSION,
    IPV4_DEVCONF_FORWARDING,
    IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL,
    IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL,
    IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN,
    IPV4_DEVCONF_LOG_MARTIANS,
    IPV4_DEVCONF_MAX,
    IPV4_DEVCONF_MC_FORWARDING,
    IPV4_DEVCONF_MEDIUM_ID,
    IPV4_DEVCONF_NOPOLICY,
    IPV4_DEVCONF_NOXFRM,
    IPV4_DEVCONF_PROMOTE_SECONDARIES,
    IPV4_DEVCONF_PROXY_ARP,
    IPV4_DEVCONF_PROXY_ARP_PVLAN,
    IPV4_DEVCONF_ROUTE_LOCALNET,
    IPV4_DEVCONF_RP_FILTER,
    IPV4_DEVCONF_SECURE_REDIRECTS,
    IPV4_DEVCONF_SEND_REDIRECTS,
    IPV4_DEVCONF_SHARED_MEDIA,
    IPV4_DEVCONF_SRC_VMARK,
    IPV4_DEVCONF_TAG,
)
from vethkernel.include.uapi.linux.netlink import (
    NLM_F_DUMP_FILTERED,
    NLM_F_EXCL,
    NLM_F_MULTI,
    NLM_F_REPLACE,
)
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_TABLE_LOCAL,
    RTM_DELADDR,
    RTM_GETADDR,
    RTM_NEWADDR,
    RTN_LOCAL,
    RTNLGRP_IPV4_IFADDR,
)
from vethkernel.include.uapi.linux.socket import AF_INET, PF_INET
from vethkernel.include.uapi.linux.sockios import (
    SIOCGIFADDR,
    SIOCGIFBRDADDR,
    SIOCGIFDSTADDR,
    SIOCGIFNETMASK,
    SIOCSIFADDR,
    SIOCSIFBRDADDR,
    SIOCSIFDSTADDR,
    SIOCSIFFLAGS,
    SIOCSIFNETMASK,
)

INFINITY_LIFE_TIME = 0xFFFFFFFF
ADDR_CHECK_FREQUENCY = 120 * HZ
ADDRCONF_TIMER_FUZZ_MINUS = HZ // 50
ADDRCONF_TIMER_FUZZ = HZ // 4
ADDRCONF_TIMER_FUZZ_MAX = HZ
MIN_IPV4_MTU = 68
IPV6ONLY_FLAGS = (
    IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_DADFAILED | IFA_F_HOMEADDRESS | IFA_F_TENTATIVE | IFA_F_MANAGETEMPADDR
    | IFA_F_STABLE_PRIVACY
)  # fmt: skip

IPV4_DEVCONF_START = {
    IPV4_DEVCONF_ACCEPT_REDIRECTS: 1,
    IPV4_DEVCONF_SEND_REDIRECTS: 1,
    IPV4_DEVCONF_SECURE_REDIRECTS: 1,
    IPV4_DEVCONF_SHARED_MEDIA: 1,
    IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL: 10000,
    IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL: 1000,
    IPV4_DEVCONF_ARP_EVICT_NOCARRIER: 1,
}
IPV4_DEVCONF_DFLT_START = IPV4_DEVCONF_START | {IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE: 1}

ifa_ipv4_policy = {
    IFA_LOCAL: nla_policy(NLA_U32),
    IFA_ADDRESS: nla_policy(NLA_U32),
    IFA_BROADCAST: nla_policy(NLA_U32),
    IFA_LABEL: nla_policy(NLA_STRING, IFNAMSIZ - 1),
    IFA_CACHEINFO: nla_policy(len=ifa_cacheinfo.SIZE),
    IFA_FLAGS: nla_policy(NLA_U32),
    IFA_RT_PRIORITY: nla_policy(NLA_U32),
    IFA_TARGET_NETNSID: nla_policy(NLA_S32),
    IFA_PROTO: nla_policy(NLA_U8),
}


@dataclass(slots=True, eq=False)
class inet_fill_args:
    """What a message about an address says besides it. `net/ipv4/devinet.c:69 (6.1)`"""

    portid: int
    seq: int
    event: int
    flags: int = 0
    netnsid: int = -1
    ifindex: int = 0


def inet_hash_insert(net: net_t, ifa: in_ifaddr) -> None:
    """Make the address findable. `net/ipv4/devinet.c:113`"""
    net.ipv4.inet_addr_lst.setdefault(ifa.ifa_local, []).insert(0, ifa)


def inet_hash_remove(ifa: in_ifaddr) -> None:
    """It is no longer there. `net/ipv4/devinet.c:122`"""
    inet_addr_lst = dev_net(ifa.ifa_dev.dev).ipv4.inet_addr_lst
    inet_addr_lst[ifa.ifa_local].remove(ifa)
    if not inet_addr_lst[ifa.ifa_local]:
        del inet_addr_lst[ifa.ifa_local]


def __ip_dev_find(net: net_t, addr: int, devref: bool) -> net_device | None:
    """The device that has this address of ours, or None. `net/ipv4/devinet.c:137`"""
    ifa = inet_lookup_ifaddr_rcu(net, addr)
    if ifa is not None:
        return ifa.ifa_dev.dev
    local = fib_get_table(net, RT_TABLE_LOCAL)
    res = fib_result()
    if local is not None and not fib_table_lookup(local, flowi4(addr), res, FIB_LOOKUP_NOREF):
        if res.type == RTN_LOCAL:
            return FIB_RES_DEV(res)
    return None


def inet_lookup_ifaddr_rcu(net: net_t, addr: int) -> in_ifaddr | None:
    """The entry of this address of ours, or None. `net/ipv4/devinet.c:184 (6.1)`"""
    found = net.ipv4.inet_addr_lst.get(addr)
    return found[0] if found else None


def inetdev_init(dev: net_device) -> in_device:
    """Give a device its IPv4 half. `net/ipv4/devinet.c:229`"""
    in_dev = in_device(dev)
    dflt = dev_net(dev).ipv4.devconf_dflt
    in_dev.cnf.data, in_dev.cnf.state = list(dflt.data), set(dflt.state)
    in_dev.arp_parms = neigh_parms_alloc(dev, g.arp_tbl)
    err = devinet_sysctl_register(in_dev)
    if err:
        in_dev.dead = True
        neigh_parms_release(g.arp_tbl, in_dev.arp_parms)
        return ERR_PTR(err)
    if dev.flags & IFF_UP:
        ip_mc_up(in_dev)
    dev.ip_ptr = in_dev
    return in_dev


def inetdev_destroy(in_dev: in_device) -> None:
    """Take it away, with its addresses. `net/ipv4/devinet.c:273`"""
    dev = in_dev.dev
    in_dev.dead = True
    while in_dev.ifa_list:
        inet_del_ifa(in_dev, in_dev.ifa_list[0], 0)
    dev.ip_ptr = None
    devinet_sysctl_unregister(in_dev)
    neigh_parms_release(g.arp_tbl, in_dev.arp_parms)
    arp_ifdown(dev)


def inet_addr_onlink(in_dev: in_device, a: int, b: int) -> int:
    """Whether both are in one subnet of the device. `net/ipv4/devinet.c:300`"""
    for ifa in in_dev.ifa_list:
        if not ifa.ifa_flags & IFA_F_SECONDARY and inet_ifa_match(a, ifa):
            if not b or inet_ifa_match(b, ifa):
                return 1
    return 0


def __inet_del_ifa(in_dev: in_device, ifap: in_ifaddr, destroy: int, nlh: nlmsghdr, portid: int) -> None:
    """Delete an address; the secondaries of a primary one go with it, or the first of them takes its place
    (promote_secondaries). `net/ipv4/devinet.c:315`"""
    ifa1 = ifap
    promote: in_ifaddr = None
    if not in_dev.dead and not ifa1.ifa_flags & IFA_F_SECONDARY:
        for ifa in inet_secondaries(in_dev, ifa1):
            if IN_DEV_PROMOTE_SECONDARIES(in_dev):
                promote = ifa
                break
            inet_hash_remove(ifa)
            in_dev.ifa_list.remove(ifa)
            rtmsg_ifa(RTM_DELADDR, ifa, nlh, portid)
            blocking_notifier_call_chain(g.inetaddr_chain, NETDEV_DOWN, ifa)
    followers = inet_secondaries(in_dev, ifa1) if promote else []
    for ifa in followers:
        fib_del_ifaddr(ifa, ifa1)
    at = in_dev.ifa_list.index(ifa1)
    in_dev.ifa_list.remove(ifa1)
    inet_hash_remove(ifa1)
    rtmsg_ifa(RTM_DELADDR, ifa1, nlh, portid)
    blocking_notifier_call_chain(g.inetaddr_chain, NETDEV_DOWN, ifa1)
    if promote is None:
        return
    inet_move_promoted(in_dev, promote, at, ifa1.ifa_scope)
    promote.ifa_flags &= ~IFA_F_SECONDARY
    rtmsg_ifa(RTM_NEWADDR, promote, nlh, portid)
    blocking_notifier_call_chain(g.inetaddr_chain, NETDEV_UP, promote)
    for ifa in followers[1:]:
        fib_add_ifaddr(ifa)


def inet_secondaries(in_dev: in_device, ifa1: in_ifaddr) -> list[in_ifaddr]:
    """The secondary addresses of a primary one, behind it. A loop of __inet_del_ifa in C."""
    return [
        ifa
        for ifa in in_dev.ifa_list[in_dev.ifa_list.index(ifa1) + 1 :]
        if ifa.ifa_flags & IFA_F_SECONDARY
        and ifa.ifa_mask == ifa1.ifa_mask
        and inet_ifa_match(ifa1.ifa_address, ifa)
    ]


def inet_move_promoted(in_dev: in_device, promote: in_ifaddr, at: int, scope: int) -> None:
    """Put a promoted address among the primaries: behind the last of those between the place `at` of the deleted one
    and its own whose scope is not wider, or there; not if nothing lies between. A part of __inet_del_ifa in C."""
    between = in_dev.ifa_list[at : in_dev.ifa_list.index(promote)]
    if not between:
        return
    in_dev.ifa_list.remove(promote)
    primaries = [ifa for ifa in between if not ifa.ifa_flags & IFA_F_SECONDARY and scope <= ifa.ifa_scope]
    in_dev.ifa_list.insert(in_dev.ifa_list.index(primaries[-1]) + 1 if primaries else at, promote)


def inet_del_ifa(in_dev: in_device, ifap: in_ifaddr, destroy: int) -> None:
    """Delete an address on the kernel's own behalf. `net/ipv4/devinet.c:415`"""
    __inet_del_ifa(in_dev, ifap, destroy, None, 0)


def __inet_insert_ifa(ifa: in_ifaddr, nlh: nlmsghdr, portid: int, extack: netlink_ext_ack) -> int:
    """Add an address to its device: behind the primaries of a scope as wide as its own, or as a secondary one behind
    all if another has its subnet. `net/ipv4/devinet.c:425`"""
    in_dev = ifa.ifa_dev
    if not ifa.ifa_local:
        return 0
    ifa.ifa_flags &= ~(IFA_F_SECONDARY | IPV6ONLY_FLAGS)
    last_primary = 0
    for i, ifa1 in enumerate(in_dev.ifa_list):
        if not ifa1.ifa_flags & IFA_F_SECONDARY and ifa.ifa_scope <= ifa1.ifa_scope:
            last_primary = i + 1
        if ifa1.ifa_mask == ifa.ifa_mask and inet_ifa_match(ifa1.ifa_address, ifa):
            if ifa1.ifa_local == ifa.ifa_local:
                NL_SET_ERR_MSG(extack, "ipv4: Address already assigned")
                return -EEXIST
            if ifa1.ifa_scope != ifa.ifa_scope:
                NL_SET_ERR_MSG(extack, "ipv4: Invalid scope value")
                return -EINVAL
            ifa.ifa_flags |= IFA_F_SECONDARY
    if ifa.ifa_flags & IFA_F_SECONDARY:
        in_dev.ifa_list.append(ifa)
    else:
        in_dev.ifa_list.insert(last_primary, ifa)
    inet_hash_insert(dev_net(in_dev.dev), ifa)
    cancel_delayed_work(g.check_lifetime_work)
    schedule_delayed_work(g.check_lifetime_work, 0)
    rtmsg_ifa(RTM_NEWADDR, ifa, nlh, portid)
    blocking_notifier_call_chain(g.inetaddr_chain, NETDEV_UP, ifa)
    return 0


def inet_insert_ifa(ifa: in_ifaddr) -> int:
    """Add an address on the kernel's own behalf. `net/ipv4/devinet.c:482`"""
    return __inet_insert_ifa(ifa, None, 0, None)


def inet_set_ifa(dev: net_device, ifa: in_ifaddr) -> int:
    """Add an address that an ioctl made. `net/ipv4/devinet.c:487`"""
    in_dev = __in_dev_get_rtnl(dev)
    if in_dev is None:
        return -ENOBUFS
    ipv4_devconf_setall(in_dev)
    ifa.ifa_dev = in_dev
    if ipv4_is_loopback(ifa.ifa_local):
        ifa.ifa_scope = RT_SCOPE_HOST
    return inet_insert_ifa(ifa)


def inetdev_by_index(net: net_t, ifindex: int) -> in_device | None:
    """The IPv4 half of the device of this number. `net/ipv4/devinet.c:511`"""
    dev = dev_get_by_index_rcu(net, ifindex)
    return None if dev is None else dev.ip_ptr


def inet_ifa_byprefix(in_dev: in_device, prefix: int, mask: int) -> in_ifaddr | None:
    """The primary address of this subnet. `net/ipv4/devinet.c:527`"""
    for ifa in in_dev.ifa_list:
        if ifa.ifa_mask == mask and inet_ifa_match(prefix, ifa):
            return ifa
    return None


def inet_rtm_deladdr(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """`ip addr del`: the first address that is all that is said. `net/ipv4/devinet.c:539`"""
    net = sock_net(skb.sk)
    tb: list[nlattr] = [None] * (IFA_MAX + 1)
    err = nlmsg_parse_deprecated(nlh, ifaddrmsg.SIZE, tb, IFA_MAX, ifa_ipv4_policy, extack)
    if err < 0:
        return err
    ifm = ifaddrmsg(nlh.head, nlmsg_data(nlh))
    in_dev = inetdev_by_index(net, ifm.ifa_index)
    if in_dev is None:
        NL_SET_ERR_MSG(extack, "ipv4: Device not found")
        return -ENODEV
    for ifa in in_dev.ifa_list:
        if tb[IFA_LOCAL] is not None and ifa.ifa_local != nla_get_in_addr(tb[IFA_LOCAL]):
            continue
        if tb[IFA_LABEL] is not None and nla_strcmp(tb[IFA_LABEL], ifa.ifa_label):
            continue
        if tb[IFA_ADDRESS] is not None and (
            ifm.ifa_prefixlen != ifa.ifa_prefixlen or not inet_ifa_match(nla_get_in_addr(tb[IFA_ADDRESS]), ifa)
        ):
            continue
        __inet_del_ifa(in_dev, ifa, 1, nlh, NETLINK_CB(skb).portid)
        return 0
    NL_SET_ERR_MSG(extack, "ipv4: Address not found")
    return -EADDRNOTAVAIL


def check_lifetime(work: work_struct) -> None:
    """Delete the addresses whose life is over, mark those deprecated that are no longer preferred, and come again when
    the next is due. `net/ipv4/devinet.c:586`"""
    now = g.jiffies
    next = now + ADDR_CHECK_FREQUENCY
    every = [ifa for net in for_each_net() for found in net.ipv4.inet_addr_lst.values() for ifa in found]
    for ifa in every:
        if ifa.ifa_flags & IFA_F_PERMANENT:
            continue
        age = (now - ifa.ifa_tstamp + ADDRCONF_TIMER_FUZZ_MINUS) // HZ
        if ifa.ifa_valid_lft != INFINITY_LIFE_TIME and age >= ifa.ifa_valid_lft:
            inet_del_ifa(ifa.ifa_dev, ifa, 1)
            continue
        due = ifa.ifa_valid_lft
        if ifa.ifa_preferred_lft != INFINITY_LIFE_TIME and age < ifa.ifa_preferred_lft:
            due = ifa.ifa_preferred_lft
        elif ifa.ifa_preferred_lft != INFINITY_LIFE_TIME and not ifa.ifa_flags & IFA_F_DEPRECATED:
            ifa.ifa_flags |= IFA_F_DEPRECATED
            rtmsg_ifa(RTM_NEWADDR, ifa, None, 0)
        next = min(next, ifa.ifa_tstamp + due * HZ)
    next_sec = (next + HZ - 1) // HZ * HZ
    next_sched = next_sec if next_sec < next + ADDRCONF_TIMER_FUZZ else next
    schedule_delayed_work(g.check_lifetime_work, max(next_sched - now, ADDRCONF_TIMER_FUZZ_MAX))


def set_ifa_lifetime(ifa: in_ifaddr, valid_lft: int, prefered_lft: int) -> None:
    """How long the address is to live, in seconds. `net/ipv4/devinet.c:683`"""
    ifa.ifa_flags &= ~(IFA_F_PERMANENT | IFA_F_DEPRECATED)
    ifa.ifa_valid_lft = valid_lft
    if valid_lft == INFINITY_LIFE_TIME:
        ifa.ifa_flags |= IFA_F_PERMANENT
    ifa.ifa_preferred_lft = prefered_lft
    if prefered_lft == 0:
        ifa.ifa_flags |= IFA_F_DEPRECATED
    ifa.ifa_tstamp = g.jiffies
    ifa.ifa_cstamp = ifa.ifa_cstamp or ifa.ifa_tstamp


def rtm_to_ifaddr(net: net_t, nlh: nlmsghdr, extack: netlink_ext_ack) -> tuple[in_ifaddr, int, int]:
    """Read a request for an address: (the address or an error, valid_lft, prefered_lft). `net/ipv4/devinet.c:707`"""
    lifetimes = INFINITY_LIFE_TIME, INFINITY_LIFE_TIME
    tb: list[nlattr] = [None] * (IFA_MAX + 1)
    err = nlmsg_parse_deprecated(nlh, ifaddrmsg.SIZE, tb, IFA_MAX, ifa_ipv4_policy, extack)
    if err < 0:
        return ERR_PTR(err), *lifetimes
    ifm = ifaddrmsg(nlh.head, nlmsg_data(nlh))
    if ifm.ifa_prefixlen > 32:
        NL_SET_ERR_MSG(extack, "ipv4: Invalid prefix length")
        return ERR_PTR(-EINVAL), *lifetimes
    if tb[IFA_LOCAL] is None:
        NL_SET_ERR_MSG(extack, "ipv4: Local address is not supplied")
        return ERR_PTR(-EINVAL), *lifetimes
    dev = __dev_get_by_index(net, ifm.ifa_index)
    if dev is None:
        NL_SET_ERR_MSG(extack, "ipv4: Device not found")
        return ERR_PTR(-ENODEV), *lifetimes
    in_dev = __in_dev_get_rtnl(dev)
    if in_dev is None:
        return ERR_PTR(-ENOBUFS), *lifetimes
    ipv4_devconf_setall(in_dev)
    ifa = in_ifaddr(in_dev)
    ifa.ifa_prefixlen = ifm.ifa_prefixlen
    ifa.ifa_mask = inet_make_mask(ifm.ifa_prefixlen)
    ifa.ifa_flags = nla_get_u32(tb[IFA_FLAGS]) if tb[IFA_FLAGS] is not None else ifm.ifa_flags
    ifa.ifa_scope = ifm.ifa_scope
    ifa.ifa_local = nla_get_in_addr(tb[IFA_LOCAL])
    ifa.ifa_address = nla_get_in_addr(tb[IFA_ADDRESS] if tb[IFA_ADDRESS] is not None else tb[IFA_LOCAL])
    if tb[IFA_BROADCAST] is not None:
        ifa.ifa_broadcast = nla_get_in_addr(tb[IFA_BROADCAST])
    ifa.ifa_label = nla_strscpy(tb[IFA_LABEL], IFNAMSIZ) if tb[IFA_LABEL] is not None else dev.name
    if tb[IFA_RT_PRIORITY] is not None:
        ifa.ifa_rt_priority = nla_get_u32(tb[IFA_RT_PRIORITY])
    if tb[IFA_PROTO] is not None:
        ifa.ifa_proto = nla_get_u8(tb[IFA_PROTO])
    if tb[IFA_CACHEINFO] is not None:
        ci = ifa_cacheinfo(nla_data(tb[IFA_CACHEINFO]))
        if not ci.ifa_valid or ci.ifa_prefered > ci.ifa_valid:
            NL_SET_ERR_MSG(extack, "ipv4: address lifetime invalid")
            return ERR_PTR(-EINVAL), *lifetimes
        lifetimes = ci.ifa_valid, ci.ifa_prefered
    return ifa, *lifetimes


def find_matching_ifa(ifa: in_ifaddr) -> in_ifaddr | None:
    """The device's address that is the same. `net/ipv4/devinet.c:786`"""
    for ifa1 in ifa.ifa_dev.ifa_list:
        if (
            ifa1.ifa_mask == ifa.ifa_mask
            and inet_ifa_match(ifa1.ifa_address, ifa)
            and ifa1.ifa_local == ifa.ifa_local
        ):
            return ifa1
    return None


def inet_rtm_newaddr(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """`ip addr add`, change and replace. `net/ipv4/devinet.c:804`"""
    net = sock_net(skb.sk)
    ifa, valid_lft, prefered_lft = rtm_to_ifaddr(net, nlh, extack)
    if IS_ERR(ifa):
        return PTR_ERR(ifa)
    ifa_existing = find_matching_ifa(ifa)
    if ifa_existing is None:
        set_ifa_lifetime(ifa, valid_lft, prefered_lft)
        return __inet_insert_ifa(ifa, nlh, NETLINK_CB(skb).portid, extack)
    if nlh.nlmsg_flags & NLM_F_EXCL or not nlh.nlmsg_flags & NLM_F_REPLACE:
        NL_SET_ERR_MSG(extack, "ipv4: Address already assigned")
        return -EEXIST
    new_metric = ifa.ifa_rt_priority
    ifa = ifa_existing
    if ifa.ifa_rt_priority != new_metric:
        fib_modify_prefix_metric(ifa, new_metric)
        ifa.ifa_rt_priority = new_metric
    set_ifa_lifetime(ifa, valid_lft, prefered_lft)
    cancel_delayed_work(g.check_lifetime_work)
    schedule_delayed_work(g.check_lifetime_work, 0)
    rtmsg_ifa(RTM_NEWADDR, ifa, nlh, NETLINK_CB(skb).portid)
    return 0


def inet_abc_len(addr: int) -> int:
    """The prefix length that an address had before there were masks, -1 for none. `net/ipv4/devinet.c:845`"""
    if ipv4_is_zeronet(addr) or ipv4_is_lbcast(addr):
        return 0
    first = addr >> 28
    return 8 if first < 8 else 16 if first < 12 else 24 if first < 14 else 32 if first == 15 else -1


def devinet_ioctl(net: net_t, cmd: int, ifr: bytearray) -> int:
    """What `ifconfig` asks and sets; the struct ifreq is answered in place. `net/ipv4/devinet.c:866`"""
    sin = ifreq(ifr)
    get = cmd in (SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFDSTADDR, SIOCGIFNETMASK)
    if not get and cmd not in (SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFBRDADDR, SIOCSIFDSTADDR, SIOCSIFNETMASK):
        return -EINVAL
    if not get and cmd != SIOCSIFFLAGS and sin.sin_family != AF_INET:
        return -EINVAL
    label = sin.ifr_name.split(b"\0")[0][: IFNAMSIZ - 1].decode("latin-1")
    dev = __dev_get_by_name(net, label.split(":")[0])
    if dev is None:
        return -ENODEV
    in_dev = __in_dev_get_rtnl(dev)
    named = [ifa for ifa in in_dev.ifa_list if ifa.ifa_label == label] if in_dev is not None else []
    ifa = named[0] if named else None
    if get and sin.sin_family == AF_INET:
        ifa = next((other for other in named if other.ifa_local == sin.sin_addr), ifa)
    if ifa is None and cmd not in (SIOCSIFADDR, SIOCSIFFLAGS):
        return -EADDRNOTAVAIL
    if get:
        values = {
            SIOCGIFADDR: ifa.ifa_local,
            SIOCGIFBRDADDR: ifa.ifa_broadcast,
            SIOCGIFDSTADDR: ifa.ifa_address,
            SIOCGIFNETMASK: ifa.ifa_mask,
        }
        ifr[IFNAMSIZ : IFNAMSIZ + 16] = bytes(16)
        sin.sin_family = AF_INET
        sin.sin_addr = values[cmd]
        return 0
    if cmd == SIOCSIFFLAGS:
        return inet_set_flags(dev, in_dev, ifa, ":" in label, sin.ifr_flags)
    if cmd == SIOCSIFADDR:
        return inet_set_address(dev, in_dev, ifa, label, sin.sin_addr)
    return inet_set_other(dev, in_dev, ifa, cmd, sin.sin_addr)


def inet_set_flags(dev: net_device, in_dev: in_device, ifa: in_ifaddr, colon: bool, flags: int) -> int:
    """SIOCSIFFLAGS: up or down; for "eth0:1", down deletes that address. A case of devinet_ioctl in C.
    `net/ipv4/devinet.c:993`"""
    if not colon:
        return dev_change_flags(dev, flags)
    if ifa is None:
        return -EADDRNOTAVAIL
    if not flags & IFF_UP:
        inet_del_ifa(in_dev, ifa, 1)
    return 0


def inet_set_address(dev: net_device, in_dev: in_device, ifa: in_ifaddr, label: str, addr: int) -> int:
    """SIOCSIFADDR: the address, with the mask and the broadcast address of its class. A case of devinet_ioctl in C.
    `net/ipv4/devinet.c:1005`"""
    if inet_abc_len(addr) < 0:
        return -EINVAL
    if ifa is None:
        ifa = in_ifaddr(ifa_label=label if ":" in label else dev.name)
    elif ifa.ifa_local == addr:
        return 0
    else:
        inet_del_ifa(in_dev, ifa, 0)
        ifa.ifa_broadcast = ifa.ifa_scope = 0
    ifa.ifa_address = ifa.ifa_local = addr
    if dev.flags & IFF_POINTOPOINT:
        ifa.ifa_prefixlen = 32
    else:
        ifa.ifa_prefixlen = inet_abc_len(addr)
    ifa.ifa_mask = inet_make_mask(ifa.ifa_prefixlen)
    if dev.flags & IFF_BROADCAST and not dev.flags & IFF_POINTOPOINT and ifa.ifa_prefixlen < 31:
        ifa.ifa_broadcast = addr | ~ifa.ifa_mask & 0xFFFFFFFF
    set_ifa_lifetime(ifa, INFINITY_LIFE_TIME, INFINITY_LIFE_TIME)
    return inet_set_ifa(dev, ifa)


def inet_set_other(dev: net_device, in_dev: in_device, ifa: in_ifaddr, cmd: int, addr: int) -> int:
    """SIOCSIFBRDADDR, SIOCSIFDSTADDR, SIOCSIFNETMASK: the address is deleted, changed and added again. Cases of
    devinet_ioctl in C. `net/ipv4/devinet.c:1047`"""
    if cmd == SIOCSIFNETMASK and bad_mask(addr, 0):
        return -EINVAL
    field = {SIOCSIFBRDADDR: "ifa_broadcast", SIOCSIFDSTADDR: "ifa_address", SIOCSIFNETMASK: "ifa_mask"}[cmd]
    if getattr(ifa, field) == addr:
        return 0
    if cmd == SIOCSIFDSTADDR and inet_abc_len(addr) < 0:
        return -EINVAL
    inet_del_ifa(in_dev, ifa, 0)
    old_mask = ifa.ifa_mask
    setattr(ifa, field, addr)
    if cmd == SIOCSIFNETMASK:
        ifa.ifa_prefixlen = inet_mask_len(addr)
        derived = ifa.ifa_broadcast == ifa.ifa_local | ~old_mask & 0xFFFFFFFF
        if dev.flags & IFF_BROADCAST and ifa.ifa_prefixlen < 31 and derived:
            ifa.ifa_broadcast = ifa.ifa_local | ~addr & 0xFFFFFFFF
    inet_insert_ifa(ifa)
    return 0


def inet_gifconf(dev: net_device, buf: bytearray | None, len: int, size: int) -> int:
    """SIOCGIFCONF: add a struct ifreq for each address, up to `len` bytes; returns the bytes it takes.
    `net/ipv4/devinet.c:1108`"""
    in_dev = __in_dev_get_rtnl(dev)
    done = 0
    for ifa in in_dev.ifa_list if in_dev is not None else ():
        if buf is not None:
            if len - done < size:
                break
            sin = ifreq(bytearray(size))
            sin.ifr_name = ifa.ifa_label.encode("latin-1")
            sin.sin_family = AF_INET
            sin.sin_addr = ifa.ifa_local
            buf += sin.head
        done += size
    return done


def in_dev_select_addr(in_dev: in_device, scope: int) -> int:
    """The first address for the outer world, or 0. `net/ipv4/devinet.c:1300 (6.1)`"""
    for ifa in in_dev.ifa_list:
        if not ifa.ifa_flags & IFA_F_SECONDARY and ifa.ifa_scope != RT_SCOPE_LINK and ifa.ifa_scope <= scope:
            return ifa.ifa_local
    return 0


def inet_select_addr(dev: net_device, dst: int, scope: int) -> int:
    """The source address for packets to `dst` over `dev`: one in the same subnet, else the device's first, else that of
    any device; 0 if there is none of this scope. `net/ipv4/devinet.c:1147`"""
    in_dev = __in_dev_get_rcu(dev)
    addr = 0
    if in_dev is not None:
        localnet_scope = RT_SCOPE_LINK if IN_DEV_ROUTE_LOCALNET(in_dev) else RT_SCOPE_HOST
        for ifa in in_dev.ifa_list:
            if ifa.ifa_flags & IFA_F_SECONDARY or min(ifa.ifa_scope, localnet_scope) > scope:
                continue
            if not dst or inet_ifa_match(dst, ifa):
                return ifa.ifa_local
            addr = addr or ifa.ifa_local
    if addr:
        return addr
    for other in dev_net(dev).dev_base_head:
        in_dev = __in_dev_get_rcu(other)
        addr = in_dev_select_addr(in_dev, scope) if in_dev is not None else 0
        if addr:
            return addr
    return 0


def confirm_addr_indev(in_dev: in_device, dst: int, local: int, scope: int) -> int:
    """inet_confirm_addr for one device. `net/ipv4/devinet.c:1196`"""
    localnet_scope = RT_SCOPE_LINK if IN_DEV_ROUTE_LOCALNET(in_dev) else RT_SCOPE_HOST
    addr = 0
    same = False
    for ifa in in_dev.ifa_list:
        min_scope = min(ifa.ifa_scope, localnet_scope)
        if not addr and local in (0, ifa.ifa_local) and min_scope <= scope:
            addr = ifa.ifa_local
            if same:
                break
        if not same:
            same = (not local or inet_ifa_match(local, ifa)) and (not dst or inet_ifa_match(dst, ifa))
            if same and addr:
                if local or not dst or inet_ifa_match(addr, ifa):
                    break
                if min_scope <= scope:
                    addr = ifa.ifa_local
                    break
                same = False
    return addr if same else 0


def inet_confirm_addr(net: net_t, in_dev: in_device, dst: int, local: int, scope: int) -> int:
    """An address of ours on `in_dev` (None: on any device): `local` itself, or 0 for whichever; in the subnet of `dst`,
    if that is not 0; of this scope at most. 0 if there is none. `net/ipv4/devinet.c:1240`"""
    if in_dev is not None:
        return confirm_addr_indev(in_dev, dst, local, scope)
    for dev in net.dev_base_head:
        in_dev = __in_dev_get_rcu(dev)
        addr = confirm_addr_indev(in_dev, dst, local, scope) if in_dev is not None else 0
        if addr:
            return addr
    return 0


def register_inetaddr_notifier(nb: notifier_block) -> int:
    """Hear of addresses from now on. `net/ipv4/devinet.c:1270`"""
    return blocking_notifier_chain_register(g.inetaddr_chain, nb)


def unregister_inetaddr_notifier(nb: notifier_block) -> int:
    """Hear no more. `net/ipv4/devinet.c:1276`"""
    return blocking_notifier_chain_unregister(g.inetaddr_chain, nb)


def inetdev_changename(dev: net_device, in_dev: in_device) -> None:
    """Give the labels of a device's addresses its new name: the first alone, the others with what stood behind a colon,
    or their number. `net/ipv4/devinet.c:1285`"""
    for named, ifa in enumerate(in_dev.ifa_list):
        old = ifa.ifa_label
        ifa.ifa_label = dev.name
        if named:
            dot = old[old.index(":") :] if ":" in old else f":{named + 1}"
            ifa.ifa_label = dev.name[: IFNAMSIZ - 1 - len(dot)] + dot
        rtmsg_ifa(RTM_NEWADDR, ifa, None, 0)


def inetdev_valid_mtu(mtu: int) -> bool:
    """Whether IPv4 can live with it. `net/ipv4/devinet.c:1311`"""
    return mtu >= MIN_IPV4_MTU


def inetdev_send_gratuitous_arp(dev: net_device, in_dev: in_device) -> None:
    """Tell the link that our addresses are here. `net/ipv4/devinet.c:1316`"""
    for ifa in in_dev.ifa_list:
        arp_send(ARPOP_REQUEST, ETH_P_ARP, ifa.ifa_local, dev, ifa.ifa_local, None, dev.dev_addr, None)


def inetdev_event(this: notifier_block, event: int, ptr: net_device) -> int:
    """Something happened to a device. `net/ipv4/devinet.c:1333`"""
    dev = ptr
    in_dev = __in_dev_get_rtnl(dev)
    if in_dev is None:
        if event == NETDEV_REGISTER:
            in_dev = inetdev_init(dev)
            if IS_ERR(in_dev):
                return notifier_from_errno(PTR_ERR(in_dev))
            if dev.flags & IFF_LOOPBACK:
                IN_DEV_CONF_SET(in_dev, IPV4_DEVCONF_NOXFRM, 1)
                IN_DEV_CONF_SET(in_dev, IPV4_DEVCONF_NOPOLICY, 1)
        elif event == NETDEV_CHANGEMTU and inetdev_valid_mtu(dev.mtu):
            inetdev_init(dev)
        return NOTIFY_DONE
    if event == NETDEV_UP and inetdev_valid_mtu(dev.mtu):
        if dev.flags & IFF_LOOPBACK:
            inetdev_loopback_up(dev, in_dev)
        ip_mc_up(in_dev)
    if event in (NETDEV_UP, NETDEV_CHANGEADDR) and IN_DEV_ARP_NOTIFY(in_dev) or event == NETDEV_NOTIFY_PEERS:
        inetdev_send_gratuitous_arp(dev, in_dev)
    elif event == NETDEV_DOWN:
        ip_mc_down(in_dev)
    elif event == NETDEV_UNREGISTER or event == NETDEV_CHANGEMTU and not inetdev_valid_mtu(dev.mtu):
        inetdev_destroy(in_dev)
    elif event == NETDEV_CHANGENAME:
        inetdev_changename(dev, in_dev)
        devinet_sysctl_unregister(in_dev)
        devinet_sysctl_register(in_dev)
    return NOTIFY_DONE


def inetdev_loopback_up(dev: net_device, in_dev: in_device) -> None:
    """lo gets 127.0.0.1/8 by itself. A case of inetdev_event in C. `net/ipv4/devinet.c:1363`"""
    ifa = in_ifaddr(in_dev, INADDR_LOOPBACK, INADDR_LOOPBACK, inet_make_mask(8))
    ifa.ifa_prefixlen = 8
    ifa.ifa_scope = RT_SCOPE_HOST
    ifa.ifa_label = dev.name
    set_ifa_lifetime(ifa, INFINITY_LIFE_TIME, INFINITY_LIFE_TIME)
    ipv4_devconf_setall(in_dev)
    inet_insert_ifa(ifa)


ip_netdev_notifier = notifier_block(inetdev_event)


def inet_nlmsg_size() -> int:
    """Room for a message about an address. `net/ipv4/devinet.c:1428`"""
    return (
        NLMSG_ALIGN(ifaddrmsg.SIZE) + 5 * nla_total_size(4) + nla_total_size(1) + nla_total_size(IFNAMSIZ)
        + nla_total_size(ifa_cacheinfo.SIZE)
    )  # fmt: skip


def cstamp_delta(cstamp: int) -> int:
    """Jiffies as hundredths of a second since boot. `net/ipv4/devinet.c:1437`"""
    return (cstamp - INITIAL_JIFFIES) * 100 // HZ & 0xFFFFFFFF


def put_cacheinfo(skb: sk_buff, cstamp: int, tstamp: int, preferred: int, valid: int) -> int:
    """Add the lifetimes. `net/ipv4/devinet.c:1442`"""
    ci = ifa_cacheinfo(bytearray(ifa_cacheinfo.SIZE))
    ci.cstamp = cstamp_delta(cstamp)
    ci.tstamp = cstamp_delta(tstamp)
    ci.ifa_prefered = preferred
    ci.ifa_valid = valid
    return nla_put(skb, IFA_CACHEINFO, ci.SIZE, ci.head)


def inet_fill_ifaddr(skb: sk_buff, ifa: in_ifaddr, args: inet_fill_args) -> int:
    """Add a message about an address. `net/ipv4/devinet.c:1455`"""
    nlh = nlmsg_put(skb, args.portid, args.seq, args.event, ifaddrmsg.SIZE, args.flags)
    if nlh is None:
        return -EMSGSIZE
    ifm = ifaddrmsg(nlh.head, nlmsg_data(nlh))
    ifm.ifa_family = AF_INET
    ifm.ifa_prefixlen = ifa.ifa_prefixlen
    ifm.ifa_flags = ifa.ifa_flags & 0xFF
    ifm.ifa_scope = ifa.ifa_scope
    ifm.ifa_index = ifa.ifa_dev.dev.ifindex
    preferred = valid = INFINITY_LIFE_TIME
    if not ifa.ifa_flags & IFA_F_PERMANENT:
        preferred, valid = ifa.ifa_preferred_lft, ifa.ifa_valid_lft
        if preferred != INFINITY_LIFE_TIME:
            tval = (g.jiffies - ifa.ifa_tstamp) // HZ
            preferred = max(preferred - tval, 0)
            if valid != INFINITY_LIFE_TIME:
                valid = max(valid - tval, 0)
    if (
        ifa.ifa_address and nla_put_in_addr(skb, IFA_ADDRESS, ifa.ifa_address)
        or ifa.ifa_local and nla_put_in_addr(skb, IFA_LOCAL, ifa.ifa_local)
        or ifa.ifa_broadcast and nla_put_in_addr(skb, IFA_BROADCAST, ifa.ifa_broadcast)
        or ifa.ifa_label and nla_put_string(skb, IFA_LABEL, ifa.ifa_label)
        or ifa.ifa_proto and nla_put_u8(skb, IFA_PROTO, ifa.ifa_proto)
        or nla_put_u32(skb, IFA_FLAGS, ifa.ifa_flags)
        or ifa.ifa_rt_priority and nla_put_u32(skb, IFA_RT_PRIORITY, ifa.ifa_rt_priority)
        or put_cacheinfo(skb, ifa.ifa_cstamp, ifa.ifa_tstamp, preferred, valid)
    ):  # fmt: skip
        nlmsg_cancel(skb, nlh)
        return -EMSGSIZE
    nlmsg_end(skb, nlh)
    return 0


def inet_valid_dump_ifaddr_req(
    nlh: nlmsghdr, fillargs: inet_fill_args, tgt_net: net_t, sk: sock, cb: netlink_callback
) -> tuple[int, net_t]:
    """Read which addresses a dump is to tell: (0 or an error, of which namespace). `net/ipv4/devinet.c:1735 (6.1)`"""
    extack = cb.extack
    if nlh.nlmsg_len < nlmsg_msg_size(ifaddrmsg.SIZE):
        NL_SET_ERR_MSG(extack, "ipv4: Invalid header for address dump request")
        return -EINVAL, tgt_net
    ifm = ifaddrmsg(nlh.head, nlmsg_data(nlh))
    if ifm.ifa_prefixlen or ifm.ifa_flags or ifm.ifa_scope:
        NL_SET_ERR_MSG(extack, "ipv4: Invalid values in header for address dump request")
        return -EINVAL, tgt_net
    fillargs.ifindex = ifm.ifa_index
    if fillargs.ifindex:
        cb.answer_flags |= NLM_F_DUMP_FILTERED
        fillargs.flags |= NLM_F_DUMP_FILTERED
    tb: list[nlattr] = [None] * (IFA_MAX + 1)
    err = nlmsg_parse_deprecated_strict(nlh, ifaddrmsg.SIZE, tb, IFA_MAX, ifa_ipv4_policy, extack)
    if err < 0:
        return err, tgt_net
    for i, attr in enumerate(tb):
        if attr is None:
            continue
        if i != IFA_TARGET_NETNSID:
            NL_SET_ERR_MSG(extack, "ipv4: Unsupported attribute in dump request")
            return -EINVAL, tgt_net
        fillargs.netnsid = nla_get_s32(attr)
        tgt_net = rtnl_get_net_ns_capable(sk, fillargs.netnsid)
        if IS_ERR(tgt_net):
            fillargs.netnsid = -1
            NL_SET_ERR_MSG(extack, "ipv4: Invalid target network namespace id")
            return PTR_ERR(tgt_net), None
    return 0, tgt_net


def in_dev_dump_addr(
    in_dev: in_device, skb: sk_buff, cb: netlink_callback, s_ip_idx: int, fillargs: inet_fill_args
) -> int:
    """Tell a device's addresses, from number `s_ip_idx` on. `net/ipv4/devinet.c:1792 (6.1)`"""
    for ip_idx, ifa in enumerate(in_dev.ifa_list):
        if ip_idx < s_ip_idx:
            continue
        cb.args[2] = ip_idx
        err = inet_fill_ifaddr(skb, ifa, fillargs)
        if err < 0:
            return err
        nl_dump_check_consistent(cb, nlmsg_hdr(skb))
    cb.args[2] = len(in_dev.ifa_list)
    return 0


def inet_base_seq(net: net_t) -> int:
    """A number that changes with the addresses and devices. `net/ipv4/devinet.c:1822 (6.1)`"""
    return net.ipv4.dev_addr_genid + net.dev_base_seq or 0x80000000


def inet_dump_ifaddr(skb: sk_buff, cb: netlink_callback) -> int:
    """`ip addr show`: tell all addresses, or one device's. `net/ipv4/devinet.c:1513`"""
    nlh = cb.nlh
    fillargs = inet_fill_args(NETLINK_CB(cb.skb).portid, nlh.nlmsg_seq, RTM_NEWADDR, NLM_F_MULTI)
    tgt_net = sock_net(skb.sk)
    err = 0
    if cb.strict_check:
        err, tgt_net = inet_valid_dump_ifaddr_req(nlh, fillargs, tgt_net, skb.sk, cb)
    if not err and fillargs.ifindex:
        dev = __dev_get_by_index(tgt_net, fillargs.ifindex)
        in_dev = __in_dev_get_rtnl(dev) if dev is not None else None
        if in_dev is not None:
            err = in_dev_dump_addr(in_dev, skb, cb, cb.args[2], fillargs)
        elif dev is None:
            err = -ENODEV
    elif not err:
        err = inet_dump_all(tgt_net, skb, cb, fillargs)
    if fillargs.netnsid >= 0:
        put_net(tgt_net)
    return skb.len or err


def inet_dump_all(net: net_t, skb: sk_buff, cb: netlink_callback, fillargs: inet_fill_args) -> int:
    """Tell the addresses of every device, from the one where the last message was full. The loop of inet_dump_ifaddr
    in C. `net/ipv4/devinet.c:1520`"""
    cb.seq = inet_base_seq(net)
    for ifindex in sorted(net.dev_index_head):
        if ifindex < cb.args[0]:
            continue
        if ifindex != cb.args[0]:
            cb.args[2] = 0
        cb.args[0] = ifindex
        in_dev = __in_dev_get_rcu(net.dev_index_head[ifindex])
        err = in_dev_dump_addr(in_dev, skb, cb, cb.args[2], fillargs) if in_dev is not None else 0
        if err < 0:
            return err
    return 0


def rtmsg_ifa(event: int, ifa: in_ifaddr, nlh: nlmsghdr, portid: int) -> None:
    """Tell those who listen that an address came, changed or went. `net/ipv4/devinet.c:1570`"""
    fillargs = inet_fill_args(portid, nlh.nlmsg_seq if nlh else 0, event)
    net = dev_net(ifa.ifa_dev.dev)
    skb = nlmsg_new(inet_nlmsg_size(), GFP_KERNEL)
    err = inet_fill_ifaddr(skb, ifa, fillargs)
    if err < 0:
        kfree_skb(skb)
        rtnl_set_sk_err(net, RTNLGRP_IPV4_IFADDR, err)
        return
    rtnl_notify(skb, net, portid, RTNLGRP_IPV4_IFADDR, nlh, GFP_KERNEL)


def inet_get_link_af_size(dev: net_device, ext_filter_mask: int) -> int:
    """Room for a device's switches. `net/ipv4/devinet.c:1597`"""
    return nla_total_size(IPV4_DEVCONF_MAX * 4) if dev.ip_ptr is not None else 0


def inet_fill_link_af(skb: sk_buff, dev: net_device, ext_filter_mask: int) -> int:
    """Add a device's switches to a message about it. `net/ipv4/devinet.c:1607`"""
    in_dev = __in_dev_get_rtnl(dev)
    if in_dev is None:
        return -ENODATA
    values = b"".join(value.to_bytes(4, "little", signed=True) for value in in_dev.cnf.data)
    return nla_put(skb, IFLA_INET_CONF, len(values), values)


inet_af_policy = {IFLA_INET_CONF: nla_policy(NLA_NESTED)}


def inet_validate_link_af(dev: net_device, nla: nlattr, extack: netlink_ext_ack) -> int:
    """Whether switches that a message wants to set can be. `net/ipv4/devinet.c:1630`"""
    if dev is not None and __in_dev_get_rtnl(dev) is None:
        return -EAFNOSUPPORT
    tb: list[nlattr] = [None] * (IFLA_INET_MAX + 1)
    err = nla_parse_nested_deprecated(tb, IFLA_INET_MAX, nla, inet_af_policy, extack)
    if err < 0:
        return err
    if tb[IFLA_INET_CONF] is not None:
        for a in nla_for_each_nested(tb[IFLA_INET_CONF]):
            if nla_len(a) < 4 or not 0 < nla_type(a) <= IPV4_DEVCONF_MAX:
                return -EINVAL
    return 0


def inet_set_link_af(dev: net_device, nla: nlattr, extack: netlink_ext_ack) -> int:
    """Set them. `net/ipv4/devinet.c:1658`"""
    in_dev = __in_dev_get_rtnl(dev)
    if in_dev is None:
        return -EAFNOSUPPORT
    tb: list[nlattr] = [None] * (IFLA_INET_MAX + 1)
    if nla_parse_nested_deprecated(tb, IFLA_INET_MAX, nla, None, None) < 0:
        return -EINVAL
    if tb[IFLA_INET_CONF] is not None:
        for a in nla_for_each_nested(tb[IFLA_INET_CONF]):
            ipv4_devconf_set(in_dev, nla_type(a), nla_get_u32(a))
    return 0


def devinet_copy_dflt_conf(net: net_t, i: int) -> None:
    """conf/default reaches the devices whose switch nobody set. `net/ipv4/devinet.c:1899`"""
    for dev in net.dev_base_head:
        in_dev = __in_dev_get_rcu(dev)
        if in_dev is not None and i not in in_dev.cnf.state:
            in_dev.cnf.data[i] = net.ipv4.devconf_dflt.data[i]


def inet_forward_change(net: net_t) -> None:
    """The whole host becomes a router, or stops being one. `net/ipv4/devinet.c:1915`"""
    on = IPV4_DEVCONF_ALL(net, IPV4_DEVCONF_FORWARDING)
    net.ipv4.devconf_all.data[IPV4_DEVCONF_ACCEPT_REDIRECTS - 1] = int(not on)
    net.ipv4.devconf_dflt.data[IPV4_DEVCONF_FORWARDING - 1] = on
    for dev in net.dev_base_head:
        in_dev = __in_dev_get_rcu(dev)
        if in_dev is not None:
            IN_DEV_CONF_SET(in_dev, IPV4_DEVCONF_FORWARDING, on)


def devinet_conf_proc(ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """Read or write one switch. `net/ipv4/devinet.c:1944`"""
    old_value = ctl.data.value
    ret, text = proc_dointvec(ctl, write, buffer, lenp, ppos)
    if write:
        cnf, net, i = ctl.extra1, ctl.extra2, ctl.data.name
        cnf.state.add(i)
        if cnf is net.ipv4.devconf_dflt:
            devinet_copy_dflt_conf(net, i)
        if i in (IPV4_DEVCONF_ACCEPT_LOCAL - 1, IPV4_DEVCONF_ROUTE_LOCALNET - 1):
            if ctl.data.value == 0 and old_value != 0:
                rt_cache_flush(net)
        if i == IPV4_DEVCONF_BC_FORWARDING - 1 and ctl.data.value != old_value:
            rt_cache_flush(net)
    return ret, text


def devinet_sysctl_forward(ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """Read or write a switch `forwarding`, or ip_forward, which is that of "all". `net/ipv4/devinet.c:1987`"""
    val = ctl.data.value
    ret, text = proc_dointvec(ctl, write, buffer, lenp, ppos)
    if write and ctl.data.value != val:
        net = ctl.extra2
        if ctl.extra1 is not net.ipv4.devconf_dflt:
            if ctl.extra1 is net.ipv4.devconf_all:
                inet_forward_change(net)
            rt_cache_flush(net)
    return ret, text


def ipv4_doint_and_flush(ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """Read or write a switch that routes depend on. `net/ipv4/devinet.c:2030`"""
    val = ctl.data.value
    ret, text = proc_dointvec(ctl, write, buffer, lenp, ppos)
    if write and ctl.data.value != val:
        rt_cache_flush(ctl.extra2)
    return ret, text


devinet_vars = (
    ("forwarding", IPV4_DEVCONF_FORWARDING, 0o644, devinet_sysctl_forward),
    ("mc_forwarding", IPV4_DEVCONF_MC_FORWARDING, 0o444, devinet_conf_proc),
    ("bc_forwarding", IPV4_DEVCONF_BC_FORWARDING, 0o644, devinet_conf_proc),
    ("accept_redirects", IPV4_DEVCONF_ACCEPT_REDIRECTS, 0o644, devinet_conf_proc),
    ("secure_redirects", IPV4_DEVCONF_SECURE_REDIRECTS, 0o644, devinet_conf_proc),
    ("shared_media", IPV4_DEVCONF_SHARED_MEDIA, 0o644, devinet_conf_proc),
    ("rp_filter", IPV4_DEVCONF_RP_FILTER, 0o644, devinet_conf_proc),
    ("send_redirects", IPV4_DEVCONF_SEND_REDIRECTS, 0o644, devinet_conf_proc),
    ("accept_source_route", IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE, 0o644, devinet_conf_proc),
    ("accept_local", IPV4_DEVCONF_ACCEPT_LOCAL, 0o644, devinet_conf_proc),
    ("src_valid_mark", IPV4_DEVCONF_SRC_VMARK, 0o644, devinet_conf_proc),
    ("proxy_arp", IPV4_DEVCONF_PROXY_ARP, 0o644, devinet_conf_proc),
    ("medium_id", IPV4_DEVCONF_MEDIUM_ID, 0o644, devinet_conf_proc),
    ("bootp_relay", IPV4_DEVCONF_BOOTP_RELAY, 0o644, devinet_conf_proc),
    ("log_martians", IPV4_DEVCONF_LOG_MARTIANS, 0o644, devinet_conf_proc),
    ("tag", IPV4_DEVCONF_TAG, 0o644, devinet_conf_proc),
    ("arp_filter", IPV4_DEVCONF_ARPFILTER, 0o644, devinet_conf_proc),
    ("arp_announce", IPV4_DEVCONF_ARP_ANNOUNCE, 0o644, devinet_conf_proc),
    ("arp_ignore", IPV4_DEVCONF_ARP_IGNORE, 0o644, devinet_conf_proc),
    ("arp_accept", IPV4_DEVCONF_ARP_ACCEPT, 0o644, devinet_conf_proc),
    ("arp_notify", IPV4_DEVCONF_ARP_NOTIFY, 0o644, devinet_conf_proc),
    ("arp_evict_nocarrier", IPV4_DEVCONF_ARP_EVICT_NOCARRIER, 0o644, devinet_conf_proc),
    ("proxy_arp_pvlan", IPV4_DEVCONF_PROXY_ARP_PVLAN, 0o644, devinet_conf_proc),
    ("force_igmp_version", IPV4_DEVCONF_FORCE_IGMP_VERSION, 0o644, devinet_conf_proc),
    (
        "igmpv2_unsolicited_report_interval",
        IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL,
        0o644,
        devinet_conf_proc,
    ),
    (
        "igmpv3_unsolicited_report_interval",
        IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL,
        0o644,
        devinet_conf_proc,
    ),
    ("ignore_routes_with_linkdown", IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, 0o644, devinet_conf_proc),
    ("drop_gratuitous_arp", IPV4_DEVCONF_DROP_GRATUITOUS_ARP, 0o644, devinet_conf_proc),
    ("disable_xfrm", IPV4_DEVCONF_NOXFRM, 0o644, ipv4_doint_and_flush),
    ("disable_policy", IPV4_DEVCONF_NOPOLICY, 0o644, ipv4_doint_and_flush),
    ("promote_secondaries", IPV4_DEVCONF_PROMOTE_SECONDARIES, 0o644, ipv4_doint_and_flush),
    ("route_localnet", IPV4_DEVCONF_ROUTE_LOCALNET, 0o644, ipv4_doint_and_flush),
    (
        "drop_unicast_in_l2_multicast",
        IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST,
        0o644,
        ipv4_doint_and_flush,
    ),
)


def __devinet_sysctl_register(net: net_t, dev_name: str, p: ipv4_devconf) -> int:
    """Make the files of one directory of conf/. `net/ipv4/devinet.c:2109`"""
    t = devinet_sysctl_table()
    t.devinet_vars = [
        ctl_table(name, int_ptr(p.data, attr - 1), 4, mode, proc, p, net) for name, attr, mode, proc in devinet_vars
    ]
    t.sysctl_header = register_net_sysctl(net, f"net/ipv4/conf/{dev_name}", t.devinet_vars)
    p.sysctl = t
    return 0


def __devinet_sysctl_unregister(cnf: ipv4_devconf) -> None:
    """Take them away. `net/ipv4/devinet.c:2141`"""
    t = cnf.sysctl
    if t is None:
        return
    cnf.sysctl = None
    unregister_net_sysctl_table(t.sysctl_header)


def devinet_sysctl_register(idev: in_device) -> int:
    """Make a device's directories in conf/ and neigh/; not if it is called as one that is there.
    `net/ipv4/devinet.c:2153`"""
    if idev.dev.name in ("all", "default"):
        return -EINVAL
    err = neigh_sysctl_register(idev.dev, idev.arp_parms, None)
    if err:
        return err
    return __devinet_sysctl_register(dev_net(idev.dev), idev.dev.name, idev.cnf)


def devinet_sysctl_unregister(idev: in_device) -> None:
    """Take them away. `net/ipv4/devinet.c:2160`"""
    __devinet_sysctl_unregister(idev.cnf)
    neigh_sysctl_unregister(idev.arp_parms)


def devinet_init_net(net: net_t) -> int:
    """A namespace begins, with conf/all and conf/default as they are at boot. `net/ipv4/devinet.c:2181`"""
    all = ipv4_devconf(IPV4_DEVCONF_START)
    dflt = ipv4_devconf(IPV4_DEVCONF_DFLT_START)
    net.ipv4.devconf_all = all
    net.ipv4.devconf_dflt = dflt
    __devinet_sysctl_register(net, "all", all)
    __devinet_sysctl_register(net, "default", dflt)
    ip_forward = int_ptr(all.data, IPV4_DEVCONF_FORWARDING - 1)
    tbl = [ctl_table("ip_forward", ip_forward, 4, 0o644, devinet_sysctl_forward, all, net)]
    net.ipv4.forw_hdr = register_net_sysctl(net, "net/ipv4", tbl)
    return 0


def devinet_exit_net(net: net_t) -> None:
    """A namespace ends. `net/ipv4/devinet.c:2253`"""
    unregister_net_sysctl_table(net.ipv4.forw_hdr)
    __devinet_sysctl_unregister(net.ipv4.devconf_dflt)
    __devinet_sysctl_unregister(net.ipv4.devconf_all)


devinet_ops = pernet_operations(init=devinet_init_net, exit=devinet_exit_net)
inet_af_ops = rtnl_af_ops(
    family=AF_INET,
    fill_link_af=inet_fill_link_af,
    get_link_af_size=inet_get_link_af_size,
    validate_link_af=inet_validate_link_af,
    set_link_af=inet_set_link_af,
)


def devinet_init() -> None:
    """Boot. `net/ipv4/devinet.c:2281`"""
    g.inetaddr_chain = []
    g.check_lifetime_work = delayed_work(work_struct(check_lifetime))
    register_pernet_subsys(devinet_ops)
    register_netdevice_notifier(ip_netdev_notifier)
    schedule_delayed_work(g.check_lifetime_work, 0)
    rtnl_af_register(inet_af_ops)
    rtnl_register(PF_INET, RTM_NEWADDR, inet_rtm_newaddr, None, None)
    rtnl_register(PF_INET, RTM_DELADDR, inet_rtm_deladdr, None, None)
    rtnl_register(PF_INET, RTM_GETADDR, None, inet_dump_ifaddr, None)


from vethkernel.fs.proc.proc_sysctl import register_net_sysctl, unregister_net_sysctl_table
from vethkernel.include.linux.gfp import GFP_KERNEL
from vethkernel.kernel.notifier import (
    blocking_notifier_call_chain,
    blocking_notifier_chain_register,
    blocking_notifier_chain_unregister,
)
from vethkernel.kernel.sysctl import proc_dointvec
from vethkernel.kernel.workqueue import (
    cancel_delayed_work,
    delayed_work,
    schedule_delayed_work,
    work_struct,
)
from vethkernel.lib.nlattr import nla_put, nla_strcmp, nla_strscpy
from vethkernel.net.core.dev import (
    __dev_get_by_index,
    __dev_get_by_name,
    dev_change_flags,
    dev_get_by_index_rcu,
    register_netdevice_notifier,
)
from vethkernel.net.core.neighbour import (
    neigh_parms_alloc,
    neigh_parms_release,
    neigh_sysctl_register,
    neigh_sysctl_unregister,
)
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.rtnetlink import (
    rtnl_af_register,
    rtnl_get_net_ns_capable,
    rtnl_notify,
    rtnl_register,
    rtnl_set_sk_err,
)
from vethkernel.net.core.skbuff import kfree_skb
from vethkernel.net.ipv4.arp import arp_ifdown, arp_send
from vethkernel.net.ipv4.fib_frontend import (
    fib_add_ifaddr,
    fib_del_ifaddr,
    fib_get_table,
    fib_modify_prefix_metric,
)
from vethkernel.net.ipv4.fib_trie import fib_table_lookup
from vethkernel.net.ipv4.igmp import ip_mc_down, ip_mc_up
from vethkernel.net.ipv4.route import rt_cache_flush
