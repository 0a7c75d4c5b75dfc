# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/ip.h and include/uapi/linux/ip.h: the IPv4 header on the wire (RFC 791, section 3.1)."""

from struct import Struct

from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.wire import Header, be16, be32, bits, u8


class iphdr(Header):
    """The 20 bytes that every IPv4 packet begins with; `ihl` counts words of four bytes, options included."""

    __slots__ = ()
    SIZE = 20
    version = bits(0, 4, 4)
    ihl = bits(0, 0, 4)
    tos = u8(1)
    tot_len = be16(2)
    id = be16(4)
    frag_off = be16(6)
    ttl = u8(8)
    protocol = u8(9)
    check = be16(10)
    saddr = be32(12)
    daddr = be32(16)


IPHDR = Struct("!BBHHHBBHII")  # the same fields in one go, for those who handle every packet


def ip_hdr(skb: sk_buff) -> iphdr:
    """The packet's IP header. `include/linux/ip.h:23`"""
    return iphdr(skb.head, skb.network_header)


def ipip_hdr(skb: sk_buff) -> iphdr:
    """The IP header that lies behind the packet's own, as in an ICMP error. `include/linux/ip.h:33`"""
    return iphdr(skb.head, skb.transport_header)
