# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/rtnetlink.h and the structs of its uapi half: what rtnetlink messages begin with."""

from vethkernel.wire import Header, s32, u8, u16, u32

RTNL_FAMILY_MAX = 129
NET_NAME_ENUM = 1
NET_NAME_USER = 3


class rtgenmsg(Header):
    """The least that a message has: an address family."""

    __slots__ = ()
    SIZE = 1
    rtgen_family = u8(0)


class ifinfomsg(Header):
    """What a message about a device begins with."""

    __slots__ = ()
    SIZE = 16
    ifi_family = u8(0)
    ifi_pad = u8(1)
    ifi_type = u16(2)
    ifi_index = s32(4)
    ifi_flags = u32(8)
    ifi_change = u32(12)
