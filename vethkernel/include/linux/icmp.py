# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/icmp.h and include/uapi/linux/icmp.h: the ICMP header on the wire (RFC 792)."""

from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.wire import Header, be16, be32, u8


class icmphdr(Header):
    """Eight bytes; the last four mean, by type, an echo's `id` and `sequence`, a `gateway`, or the next hop's `mtu`."""

    __slots__ = ()
    SIZE = 8
    type = u8(0)
    code = u8(1)
    checksum = be16(2)
    id = be16(4)
    sequence = be16(6)
    gateway = be32(4)
    mtu = be16(6)

ICMPHDR_CHECKSUM = 2
ICMPHDR_ID = 4


def icmp_hdr(skb: sk_buff) -> icmphdr:
    """The packet's ICMP header. `include/linux/icmp.h:23`"""
    return icmphdr(skb.head, skb.transport_header)
