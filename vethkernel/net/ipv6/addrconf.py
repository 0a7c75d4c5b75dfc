# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv6/addrconf.c: what a kernel that was told `disable_ipv6` still says of IPv6: that no address can be had.

The rest of IPv6 is left out.
"""

from __future__ import annotations

from vethkernel.include.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from vethkernel.include.linux.netdevice import NETREG_UNINITIALIZED, net_device
from vethkernel.include.linux.netlink import NL_SET_ERR_MSG, netlink_ext_ack, nlmsghdr
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.netlink import (
    NLA_U8,
    nla_data,
    nla_get_u8,
    nla_parse_nested_deprecated,
    nla_policy,
    nla_put_u8,
    nla_total_size,
    nlattr,
    nlmsg_data,
    nlmsg_parse_deprecated,
)
from vethkernel.include.net.rtnetlink import rtnl_af_ops
from vethkernel.include.net.sock import sock_net
from vethkernel.include.uapi.asm_generic.errno import (
    EACCES,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EINVAL,
    EMSGSIZE,
    ENODATA,
    ENODEV,
)
from vethkernel.include.uapi.linux.if_ import IFF_LOOPBACK
from vethkernel.include.uapi.linux.if_addr import (
    IFA_ADDRESS,
    IFA_CACHEINFO,
    IFA_LOCAL,
    IFA_MAX,
    ifa_cacheinfo,
    ifaddrmsg,
)
from vethkernel.include.uapi.linux.if_link import (
    IFLA_INET6_ADDR_GEN_MODE,
    IFLA_INET6_MAX,
    IN6_ADDR_GEN_MODE_EUI64,
    IN6_ADDR_GEN_MODE_NONE,
    IN6_ADDR_GEN_MODE_RANDOM,
    IN6_ADDR_GEN_MODE_STABLE_PRIVACY,
)
from vethkernel.include.uapi.linux.rtnetlink import RTM_DELADDR, RTM_NEWADDR
from vethkernel.include.uapi.linux.socket import AF_INET6

IPV6_MIN_MTU = 1280
INFINITY_LIFE_TIME = 0xFFFFFFFF


def addrconf_add_dev(dev: net_device) -> int:
    """What IPv6 keeps about the device, if it may be used there: it may not. `net/ipv6/addrconf.c:2023`"""
    return ERR_PTR(-EACCES)


def inet6_addr_add(
    net: net_t, ifindex: int, pfx: bytes, plen: int, prefered_lft: int, valid_lft: int, extack: netlink_ext_ack
) -> int:
    """Give a device an address, if it may have one. `net/ipv6/addrconf.c:2412`"""
    if plen > 128 or not valid_lft or prefered_lft > valid_lft:
        return -EINVAL
    dev = __dev_get_by_index(net, ifindex)
    if dev is None:
        return -ENODEV
    idev = addrconf_add_dev(dev)
    if IS_ERR(idev):
        NL_SET_ERR_MSG(extack, "ipv6: IPv6 is disabled on this device")
    return PTR_ERR(idev)


def inet6_addr_del(net: net_t, ifindex: int, pfx: bytes, plen: int, extack: netlink_ext_ack) -> int:
    """Take an address away: there is none. `net/ipv6/addrconf.c:2486`"""
    if plen > 128:
        return -EINVAL
    if __dev_get_by_index(net, ifindex) is None:
        return -ENODEV
    NL_SET_ERR_MSG(extack, "ipv6: address not found")
    return -EADDRNOTAVAIL


def extract_addr(addr: nlattr, local: nlattr) -> bytes | None:
    """The address itself; the other one is the peer's. `net/ipv6/addrconf.c:3626`"""
    return nla_data(local) if local else nla_data(addr) if addr else None


ifa_ipv6_policy = {
    IFA_ADDRESS: nla_policy(len=16),
    IFA_LOCAL: nla_policy(len=16),
    IFA_CACHEINFO: nla_policy(len=ifa_cacheinfo.SIZE),
}


def inet6_rtm_deladdr(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """`ip -6 addr del`. `net/ipv6/addrconf.c:3650`"""
    tb: list[nlattr] = []
    err = nlmsg_parse_deprecated(nlh, ifaddrmsg.SIZE, tb, IFA_MAX, ifa_ipv6_policy, extack)
    if err < 0:
        return err
    ifm = ifaddrmsg(nlh.head, nlmsg_data(nlh))
    pfx = extract_addr(tb[IFA_ADDRESS], tb[IFA_LOCAL])
    if pfx is None:
        return -EINVAL
    return inet6_addr_del(sock_net(skb.sk), ifm.ifa_index, pfx, ifm.ifa_prefixlen, extack)


def inet6_rtm_newaddr(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """`ip -6 addr add`, change and replace. `net/ipv6/addrconf.c:3716`"""
    net = sock_net(skb.sk)
    tb: list[nlattr] = []
    err = nlmsg_parse_deprecated(nlh, ifaddrmsg.SIZE, tb, IFA_MAX, ifa_ipv6_policy, extack)
    if err < 0:
        return err
    ifm = ifaddrmsg(nlh.head, nlmsg_data(nlh))
    pfx = extract_addr(tb[IFA_ADDRESS], tb[IFA_LOCAL])
    if pfx is None:
        return -EINVAL
    valid_lft = preferred_lft = INFINITY_LIFE_TIME
    if tb[IFA_CACHEINFO]:
        ci = ifa_cacheinfo(nla_data(tb[IFA_CACHEINFO]))
        valid_lft, preferred_lft = ci.ifa_valid, ci.ifa_prefered
    if __dev_get_by_index(net, ifm.ifa_index) is None:
        return -ENODEV
    return inet6_addr_add(net, ifm.ifa_index, pfx, ifm.ifa_prefixlen, preferred_lft, valid_lft, extack)


def __in6_dev_get(dev: net_device) -> bool:
    """Whether IPv6 has the device at all. `include/net/addrconf.h:249`"""
    return dev.mtu >= IPV6_MIN_MTU or bool(dev.flags & IFF_LOOPBACK)


def inet6_get_link_af_size(dev: net_device, ext_filter_mask: int) -> int:
    """Room for it. `net/ipv6/addrconf.c:4291`"""
    return nla_total_size(1)


def inet6_fill_link_af(skb: sk_buff, dev: net_device, ext_filter_mask: int) -> int:
    """How the device would make addresses of its own, if IPv6 has it at all. `net/ipv6/addrconf.c:4299`"""
    if not __in6_dev_get(dev):
        return -ENODATA
    return -EMSGSIZE if nla_put_u8(skb, IFLA_INET6_ADDR_GEN_MODE, dev.addr_genmode) else 0


inet6_af_policy = {IFLA_INET6_ADDR_GEN_MODE: nla_policy(NLA_U8)}


def check_addr_gen_mode(mode: int) -> int:
    """Whether there is such a way. `net/ipv6/addrconf.c:5915 (6.1)`"""
    modes = (
        IN6_ADDR_GEN_MODE_EUI64,
        IN6_ADDR_GEN_MODE_NONE,
        IN6_ADDR_GEN_MODE_STABLE_PRIVACY,
        IN6_ADDR_GEN_MODE_RANDOM,
    )
    return 1 if mode in modes else -EINVAL


def check_stable_privacy(mode: int) -> int:
    """A secret would have to be there, and nobody has set one. `net/ipv6/addrconf.c:5925 (6.1)`"""
    return -EINVAL if mode == IN6_ADDR_GEN_MODE_STABLE_PRIVACY else 1


def inet6_validate_link_af(dev: net_device, nla: nlattr, extack: netlink_ext_ack) -> int:
    """Look at what a request says about it. A device that is not registered yet has no IPv6 half, nor one whose MTU is
    too small. `net/ipv6/addrconf.c:5935 (6.1)`"""
    if dev and (dev.reg_state == NETREG_UNINITIALIZED or not __in6_dev_get(dev)):
        return -EAFNOSUPPORT
    tb: list[nlattr] = []
    err = nla_parse_nested_deprecated(tb, IFLA_INET6_MAX, nla, inet6_af_policy, extack)
    if err:
        return err
    if not tb[IFLA_INET6_ADDR_GEN_MODE]:
        return -EINVAL
    mode = nla_get_u8(tb[IFLA_INET6_ADDR_GEN_MODE])
    return -EINVAL if check_addr_gen_mode(mode) < 0 or dev and check_stable_privacy(mode) < 0 else 0


def inet6_set_link_af(dev: net_device, nla: nlattr, extack: netlink_ext_ack) -> int:
    """Note the way, unless IPv6 has just lost the device: the same request may have made its MTU too small.
    `net/ipv6/addrconf.c:5969 (6.1)`"""
    if not __in6_dev_get(dev):
        return -EAFNOSUPPORT
    tb: list[nlattr] = []
    err = nla_parse_nested_deprecated(tb, IFLA_INET6_MAX, nla, None, None)
    if err >= 0 and tb[IFLA_INET6_ADDR_GEN_MODE]:
        dev.addr_genmode = nla_get_u8(tb[IFLA_INET6_ADDR_GEN_MODE])
    return err


inet6_ops = rtnl_af_ops(
    family=AF_INET6,
    fill_link_af=inet6_fill_link_af,
    get_link_af_size=inet6_get_link_af_size,
    validate_link_af=inet6_validate_link_af,
    set_link_af=inet6_set_link_af,
)


def addrconf_init() -> int:
    """The family makes itself known. `net/ipv6/addrconf.c:5078`"""
    rtnl_af_register(inet6_ops)
    rtnl_register(AF_INET6, RTM_NEWADDR, inet6_rtm_newaddr, None, None)
    rtnl_register(AF_INET6, RTM_DELADDR, inet6_rtm_deladdr, None, None)
    return 0


from vethkernel.net.core.dev import __dev_get_by_index
from vethkernel.net.core.rtnetlink import rtnl_af_register, rtnl_register
