# SPDX-License-Identifier: GPL-2.0-only
"""include/uapi/linux/route.h: a route as the ioctls SIOCADDRT and SIOCDELRT take it."""

from vethkernel.wire import Header, be32, u16

RTF_UP = 0x0001
RTF_GATEWAY = 0x0002
RTF_HOST = 0x0004
RTF_REJECT = 0x0200


class rtentry(Header):
    """Addresses of destination, gateway and mask, each with its family. The device's name, a pointer, is left out."""

    __slots__ = ()
    SIZE = 120
    rt_dst_family = u16(8)
    rt_dst = be32(12)
    rt_gateway_family = u16(24)
    rt_gateway = be32(28)
    rt_genmask_family = u16(40)
    rt_genmask = be32(44)
    rt_flags = u16(56)
    rt_metric = u16(80)
