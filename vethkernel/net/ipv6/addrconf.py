# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv6/addrconf.c: the one thing that `ip -d link` still says of IPv6 where it is switched off.

The rest of IPv6 is left out: its machines have none, as a kernel has that was told `disable_ipv6`.
"""

from __future__ import annotations

from vethkernel.include.linux.netdevice import net_device
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.netlink import nla_put_u8, nla_total_size
from vethkernel.include.net.rtnetlink import rtnl_af_ops
from vethkernel.include.uapi.asm_generic.errno import EMSGSIZE, ENODATA
from vethkernel.include.uapi.linux.if_ import IFF_LOOPBACK
from vethkernel.include.uapi.linux.if_link import IFLA_INET6_ADDR_GEN_MODE
from vethkernel.include.uapi.linux.socket import AF_INET6

IPV6_MIN_MTU = 1280


def inet6_get_link_af_size(dev: net_device, ext_filter_mask: int) -> int:
    """Room for it. `net/ipv6/addrconf.c:4291`"""
    return nla_total_size(1)


def inet6_fill_link_af(skb: sk_buff, dev: net_device, ext_filter_mask: int) -> int:
    """How the device would make addresses of its own, if IPv6 has it at all. `net/ipv6/addrconf.c:4299`"""
    if dev.mtu < IPV6_MIN_MTU and not dev.flags & IFF_LOOPBACK:
        return -ENODATA
    return -EMSGSIZE if nla_put_u8(skb, IFLA_INET6_ADDR_GEN_MODE, dev.addr_genmode) else 0


inet6_ops = rtnl_af_ops(family=AF_INET6, fill_link_af=inet6_fill_link_af, get_link_af_size=inet6_get_link_af_size)


def addrconf_init() -> int:
    """The family makes itself known. `net/ipv6/addrconf.c:5078`"""
    rtnl_af_register(inet6_ops)
    return 0


from vethkernel.net.core.rtnetlink import rtnl_af_register
