# SPDX-License-Identifier: GPL-2.0-only
"""include/uapi/linux/if.h: constants, and the struct of the ioctls about devices."""

from vethkernel.wire import Header, be32, octets, s32, u16

IFNAMSIZ = 16
IFF_UP = 1
IFF_BROADCAST = 2
IFF_DEBUG = 4
IFF_LOOPBACK = 8
IFF_POINTOPOINT = 0x10
IFF_NOTRAILERS = 0x20
IFF_RUNNING = 0x40
IFF_NOARP = 0x80
IFF_PROMISC = 0x100
IFF_ALLMULTI = 0x200
IFF_MASTER = 0x400
IFF_SLAVE = 0x800
IFF_MULTICAST = 0x1000
IFF_PORTSEL = 0x2000
IFF_AUTOMEDIA = 0x4000
IFF_DYNAMIC = 0x8000
IFF_LOWER_UP = 0x10000
IFF_DORMANT = 0x20000
IFF_ECHO = 0x40000
IFF_VOLATILE = 0x70c5a
IF_OPER_UNKNOWN = 0
IF_OPER_NOTPRESENT = 1
IF_OPER_DOWN = 2
IF_OPER_LOWERLAYERDOWN = 3
IF_OPER_TESTING = 4
IF_OPER_DORMANT = 5
IF_OPER_UP = 6
IF_LINK_MODE_DEFAULT = 0
IF_LINK_MODE_DORMANT = 1
IF_LINK_MODE_TESTING = 2


class ifreq(Header):
    """A device's name, and one thing about it: all fields behind the name lie in the same place."""

    __slots__ = ()
    SIZE = 40
    ifr_name = octets(0, 16)
    ifr_flags = u16(16)
    ifr_ifindex = s32(16)
    ifr_metric = s32(16)
    ifr_mtu = s32(16)
    ifr_qlen = s32(16)
    ifr_newname = octets(16, 16)
    hwaddr_family = u16(16)
    hwaddr_data = octets(18, 14)
    sin_family = u16(16)
    sin_addr = be32(20)


class ifconf(Header):
    """What SIOCGIFCONF is given: how many bytes there are for the answer, which follow; 0 asks how many it takes."""

    __slots__ = ()
    SIZE = 16
    ifc_len = s32(0)
