# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/inetdevice.h: what IPv4 knows of a device: its addresses and its switches.

`dev.ip_ptr` is the device's in_device. Its addresses are the Python list `ifa_list`, in the order of C's chain. Its
switches are `cnf.data`, indexed by IPV4_DEVCONF_X - 1; IN_DEV_X functions combine them with those of "all", each in its
own way (C builds them by macros of macros).
"""

from dataclasses import dataclass, field
from typing import Any

from vethkernel.include.linux.netdevice import net_device
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
    IPV4_DEVCONF_FORWARDING,
    IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN,
    IPV4_DEVCONF_LOG_MARTIANS,
    IPV4_DEVCONF_MAX,
    IPV4_DEVCONF_MEDIUM_ID,
    IPV4_DEVCONF_NOPOLICY,
    IPV4_DEVCONF_PROMOTE_SECONDARIES,
    IPV4_DEVCONF_PROXY_ARP,
    IPV4_DEVCONF_PROXY_ARP_PVLAN,
    IPV4_DEVCONF_ROUTE_LOCALNET,
    IPV4_DEVCONF_RP_FILTER,
    IPV4_DEVCONF_SECURE_REDIRECTS,
    IPV4_DEVCONF_SEND_REDIRECTS,
    IPV4_DEVCONF_SHARED_MEDIA,
    IPV4_DEVCONF_SRC_VMARK,
)


class ipv4_devconf:
    """One directory of /proc/sys/net/ipv4/conf: the values, and the indexes that somebody set."""

    __slots__ = ("sysctl", "data", "state", "container")

    def __init__(self, data: dict[int, int] | None = None, container: Any = None) -> None:
        self.sysctl: Any = None
        self.data = [0] * IPV4_DEVCONF_MAX
        self.state: set[int] = set()
        self.container = container
        for attr, value in (data or {}).items():
            self.data[attr - 1] = value


class in_device:
    """A device's IPv4 half."""

    __slots__ = ("dev", "dead", "ifa_list", "mc_list", "arp_parms", "cnf")

    def __init__(self, dev: net_device) -> None:
        self.dev = dev
        self.dead = False
        self.ifa_list: list[in_ifaddr] = []
        self.mc_list: list[Any] = []
        self.arp_parms: Any = None
        self.cnf = ipv4_devconf(container=self)


@dataclass(slots=True, eq=False)
class in_ifaddr:
    """An address of a device. Lifetimes are in seconds, counted from `ifa_tstamp`."""

    ifa_dev: in_device = None
    ifa_local: int = 0
    ifa_address: int = 0
    ifa_mask: int = 0
    ifa_rt_priority: int = 0
    ifa_broadcast: int = 0
    ifa_scope: int = 0
    ifa_prefixlen: int = 0
    ifa_proto: int = 0
    ifa_flags: int = 0
    ifa_label: str = ""
    ifa_valid_lft: int = 0
    ifa_preferred_lft: int = 0
    ifa_cstamp: int = 0
    ifa_tstamp: int = 0


@dataclass(slots=True, eq=False)
class devinet_sysctl_table:
    """The files of one directory of conf/, as registered."""

    sysctl_header: Any = None
    devinet_vars: list[Any] = field(default_factory=list)


def IPV4_DEVCONF(cnf: ipv4_devconf, attr: int) -> int:
    """One switch of a set. `include/linux/inetdevice.h:76`"""
    return cnf.data[attr - 1]


def IPV4_DEVCONF_ALL(net: Any, attr: int) -> int:
    """One switch of the namespace's conf/all. `include/linux/inetdevice.h:77`"""
    return net.ipv4.devconf_all.data[attr - 1]


def ipv4_devconf_get(in_dev: in_device, index: int) -> int:
    """One switch of the device. `include/linux/inetdevice.h:59 (6.1)`"""
    return in_dev.cnf.data[index - 1]


def ipv4_devconf_set(in_dev: in_device, index: int, val: int) -> None:
    """Set a switch, and remember that it was set. `include/linux/inetdevice.h:65 (6.1)`"""
    in_dev.cnf.state.add(index - 1)
    in_dev.cnf.data[index - 1] = val


def ipv4_devconf_setall(in_dev: in_device) -> None:
    """From now on conf/default does not reach this device. `include/linux/inetdevice.h:73 (6.1)`"""
    in_dev.cnf.state = set(range(IPV4_DEVCONF_MAX))


IN_DEV_CONF_GET = ipv4_devconf_get
IN_DEV_CONF_SET = ipv4_devconf_set


def IN_DEV_ANDCONF(in_dev: in_device, attr: int) -> bool:
    """On for "all" and for the device. `include/linux/inetdevice.h:104`"""
    return bool(in_dev.dev.nd_net.ipv4.devconf_all.data[attr - 1] and in_dev.cnf.data[attr - 1])


def IN_DEV_NET_ORCONF(in_dev: in_device, net: Any, attr: int) -> bool:
    """On for "all" of this namespace or for the device. `include/linux/inetdevice.h:108`"""
    return bool(net.ipv4.devconf_all.data[attr - 1] or in_dev.cnf.data[attr - 1])


def IN_DEV_ORCONF(in_dev: in_device, attr: int) -> bool:
    """On for "all" or for the device. `include/linux/inetdevice.h:112`"""
    return bool(in_dev.dev.nd_net.ipv4.devconf_all.data[attr - 1] or in_dev.cnf.data[attr - 1])


def IN_DEV_MAXCONF(in_dev: in_device, attr: int) -> int:
    """The greater of the two values. `include/linux/inetdevice.h:115`"""
    all = in_dev.dev.nd_net.ipv4.devconf_all.data[attr - 1]
    own = in_dev.cnf.data[attr - 1]
    return all if all > own else own


def IN_DEV_FORWARD(in_dev: in_device) -> int:
    """Whether packets that arrive here may go on to others. `include/linux/inetdevice.h:119`"""
    return in_dev.cnf.data[IPV4_DEVCONF_FORWARDING - 1]


def IN_DEV_BFORWARD(in_dev: in_device) -> bool:
    """Whether directed broadcasts may. `include/linux/inetdevice.h:100 (6.1)`"""
    return IN_DEV_ANDCONF(in_dev, IPV4_DEVCONF_BC_FORWARDING)


def IN_DEV_RPFILTER(in_dev: in_device) -> int:
    """How the way back to the sender is checked: 0 not, 1 strictly, 2 loosely. `include/linux/inetdevice.h:121`"""
    return IN_DEV_MAXCONF(in_dev, IPV4_DEVCONF_RP_FILTER)


def IN_DEV_SRC_VMARK(in_dev: in_device) -> bool:
    """Whether that check looks at the packet's mark. `include/linux/inetdevice.h:122`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_SRC_VMARK)


def IN_DEV_SOURCE_ROUTE(in_dev: in_device) -> bool:
    """Whether source-routed packets are taken. `include/linux/inetdevice.h:123`"""
    return IN_DEV_ANDCONF(in_dev, IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE)


def IN_DEV_ACCEPT_LOCAL(in_dev: in_device) -> bool:
    """Whether a packet may come in with one of our own addresses as its source. `include/linux/inetdevice.h:125`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_ACCEPT_LOCAL)


def IN_DEV_LOG_MARTIANS(in_dev: in_device) -> bool:
    """Whether packets with impossible addresses are logged. `include/linux/inetdevice.h:128`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_LOG_MARTIANS)


def IN_DEV_PROXY_ARP(in_dev: in_device) -> bool:
    """Whether ARP requests for others are answered. `include/linux/inetdevice.h:129`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_PROXY_ARP)


def IN_DEV_PROXY_ARP_PVLAN(in_dev: in_device) -> bool:
    """Likewise, when the other is on the same device. `include/linux/inetdevice.h:130`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_PROXY_ARP_PVLAN)


def IN_DEV_SHARED_MEDIA(in_dev: in_device) -> bool:
    """Whether several subnets may share the wire. `include/linux/inetdevice.h:131`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_SHARED_MEDIA)


def IN_DEV_TX_REDIRECTS(in_dev: in_device) -> bool:
    """Whether a sender is told of a shorter way. `include/linux/inetdevice.h:132`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_SEND_REDIRECTS)


def IN_DEV_SEC_REDIRECTS(in_dev: in_device) -> bool:
    """Whether only a known gateway may tell us of one. `include/linux/inetdevice.h:133`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_SECURE_REDIRECTS)


def IN_DEV_RX_REDIRECTS(in_dev: in_device) -> bool:
    """Whether we listen to that: a router needs both switches, a host one. `include/linux/inetdevice.h:144`"""
    if IN_DEV_FORWARD(in_dev):
        return IN_DEV_ANDCONF(in_dev, IPV4_DEVCONF_ACCEPT_REDIRECTS)
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_ACCEPT_REDIRECTS)


def IN_DEV_MEDIUM_ID(in_dev: in_device) -> int:
    """Which wire the device is on, for proxy ARP. `include/linux/inetdevice.h:136`"""
    return in_dev.cnf.data[IPV4_DEVCONF_MEDIUM_ID - 1]


def IN_DEV_PROMOTE_SECONDARIES(in_dev: in_device) -> bool:
    """Whether a secondary address follows a deleted primary one. `include/linux/inetdevice.h:137`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_PROMOTE_SECONDARIES)


def IN_DEV_ROUTE_LOCALNET(in_dev: in_device) -> bool:
    """Whether 127.0.0.0/8 may appear on this wire. `include/linux/inetdevice.h:140`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_ROUTE_LOCALNET)


def IN_DEV_NET_ROUTE_LOCALNET(in_dev: in_device, net: Any) -> bool:
    """The same, the namespace given. `include/linux/inetdevice.h:141`"""
    return IN_DEV_NET_ORCONF(in_dev, net, IPV4_DEVCONF_ROUTE_LOCALNET)


def IN_DEV_IGNORE_ROUTES_WITH_LINKDOWN(in_dev: in_device) -> bool:
    """Whether a route over a device without carrier counts as none. `include/linux/inetdevice.h:130 (6.1)`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN)


def IN_DEV_ARPFILTER(in_dev: in_device) -> bool:
    """Whether ARP answers only where the answer would be routed. `include/linux/inetdevice.h:150`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_ARPFILTER)


def IN_DEV_ARP_ACCEPT(in_dev: in_device) -> int:
    """Whether an unasked ARP message makes a new neighbour. `include/linux/inetdevice.h:134 (6.1)`"""
    return IN_DEV_MAXCONF(in_dev, IPV4_DEVCONF_ARP_ACCEPT)


def IN_DEV_ARP_ANNOUNCE(in_dev: in_device) -> int:
    """Which source address an ARP request may show. `include/linux/inetdevice.h:152`"""
    return IN_DEV_MAXCONF(in_dev, IPV4_DEVCONF_ARP_ANNOUNCE)


def IN_DEV_ARP_IGNORE(in_dev: in_device) -> int:
    """Which ARP requests are not answered. `include/linux/inetdevice.h:153`"""
    return IN_DEV_MAXCONF(in_dev, IPV4_DEVCONF_ARP_IGNORE)


def IN_DEV_ARP_NOTIFY(in_dev: in_device) -> int:
    """Whether a device that comes up announces its addresses. `include/linux/inetdevice.h:154`"""
    return IN_DEV_MAXCONF(in_dev, IPV4_DEVCONF_ARP_NOTIFY)


def IN_DEV_ARP_EVICT_NOCARRIER(in_dev: in_device) -> bool:
    """Whether neighbours are forgotten with the carrier. `include/linux/inetdevice.h:138 (6.1)`"""
    return IN_DEV_ANDCONF(in_dev, IPV4_DEVCONF_ARP_EVICT_NOCARRIER)


def IN_DEV_NOPOLICY(in_dev: in_device) -> bool:
    """Whether IPsec's policies are passed over. `include/linux/inetdevice.h:86`"""
    return IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_NOPOLICY)


def inet_ifa_match(addr: int, ifa: in_ifaddr) -> bool:
    """Whether `addr` lies in the subnet of `ifa`. `include/linux/inetdevice.h:203 (6.1)`"""
    return not (addr ^ ifa.ifa_address) & ifa.ifa_mask


def bad_mask(mask: int, addr: int) -> bool:
    """True if the mask has holes, or does not cover `addr`. `include/linux/inetdevice.h:212 (6.1)`"""
    hmask = ~mask & 0xFFFFFFFF
    return bool(addr & hmask or hmask & (hmask + 1))


def __in_dev_get_rcu(dev: net_device) -> in_device:
    """The device's IPv4 half, or None. `include/linux/inetdevice.h:231 (6.1)`"""
    return dev.ip_ptr


def in_dev_get(dev: net_device) -> in_device:
    """The same, to be given back by in_dev_put. `include/linux/inetdevice.h:236 (6.1)`"""
    return dev.ip_ptr


def __in_dev_get_rtnl(dev: net_device) -> in_device:
    """The same, for those who change it. `include/linux/inetdevice.h:248 (6.1)`"""
    return dev.ip_ptr


def ip_ignore_linkdown(dev: net_device) -> bool:
    """Whether routes over `dev` do not count while it has no carrier. `include/linux/inetdevice.h:254 (6.1)`"""
    in_dev = dev.ip_ptr
    return in_dev is not None and IN_DEV_IGNORE_ROUTES_WITH_LINKDOWN(in_dev)


def inet_make_mask(logmask: int) -> int:
    """The mask of a prefix length. `include/linux/inetdevice.h:292 (6.1)`"""
    return 0xFFFFFFFF << (32 - logmask) & 0xFFFFFFFF


def inet_mask_len(mask: int) -> int:
    """The prefix length of a mask. `include/linux/inetdevice.h:299 (6.1)`"""
    hmask = ~mask & 0xFFFFFFFF
    return 32 - hmask.bit_length() if mask else 0


def ip_dev_find(net: Any, addr: int) -> net_device:
    """The device that has this address of ours, or None. `include/linux/inetdevice.h:179 (6.1)`"""
    from vethkernel.net.ipv4.devinet import __ip_dev_find  # a header loads no .c module

    return __ip_dev_find(net, addr, True)
