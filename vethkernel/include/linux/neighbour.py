# SPDX-License-Identifier: GPL-2.0-only
"""include/uapi/linux/neighbour.h: the structs of the netlink messages about neighbours."""

from vethkernel.wire import Header, s32, u8, u16, u32


class ndmsg(Header):
    """The head of a message about one neighbour; its address and hardware address follow as attributes."""

    __slots__ = ()
    SIZE = 12
    ndm_family = u8(0)
    ndm_pad1 = u8(1)
    ndm_pad2 = u16(2)
    ndm_ifindex = s32(4)
    ndm_state = u16(8)
    ndm_flags = u8(10)
    ndm_type = u8(11)


class nda_cacheinfo(Header):
    """How long ago the entry was confirmed, used and updated, in hundredths of a second, and its users."""

    __slots__ = ()
    SIZE = 16
    ndm_confirmed = u32(0)
    ndm_used = u32(4)
    ndm_updated = u32(8)
    ndm_refcnt = u32(12)
