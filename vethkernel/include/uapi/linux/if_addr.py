# SPDX-License-Identifier: GPL-2.0-only
"""include/uapi/linux/if_addr.h: constants, and the structs that addresses travel in."""

from vethkernel.wire import Header, u8, u32

IFA_MAX = 11
IFA_F_SECONDARY = 1
IFA_F_NODAD = 2
IFA_F_OPTIMISTIC = 4
IFA_F_DADFAILED = 8
IFA_F_HOMEADDRESS = 0x10
IFA_F_DEPRECATED = 0x20
IFA_F_TENTATIVE = 0x40
IFA_F_PERMANENT = 0x80
IFA_F_MANAGETEMPADDR = 0x100
IFA_F_NOPREFIXROUTE = 0x200
IFA_F_MCAUTOJOIN = 0x400
IFA_F_STABLE_PRIVACY = 0x800
IFA_ADDRESS = 1
IFA_LOCAL = 2
IFA_LABEL = 3
IFA_BROADCAST = 4
IFA_ANYCAST = 5
IFA_CACHEINFO = 6
IFA_FLAGS = 8
IFA_RT_PRIORITY = 9
IFA_TARGET_NETNSID = 10
IFA_PROTO = 11


class ifaddrmsg(Header):
    """The fixed part of a message about an address."""

    __slots__ = ()
    SIZE = 8
    ifa_family = u8(0)
    ifa_prefixlen = u8(1)
    ifa_flags = u8(2)
    ifa_scope = u8(3)
    ifa_index = u32(4)


class ifa_cacheinfo(Header):
    """What IFA_CACHEINFO holds: lifetimes in seconds, stamps in hundredths of a second."""

    __slots__ = ()
    SIZE = 16
    ifa_prefered = u32(0)
    ifa_valid = u32(4)
    cstamp = u32(8)
    tstamp = u32(12)
