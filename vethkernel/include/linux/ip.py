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


# The same fields in one go, or some of them, for those who handle every packet.
IPHDR = Struct("!BBHHHBBHII")
iphdr_start = Struct("!BBH").unpack_from  # version and length, tos, tot_len
iphdr_route = Struct("!xB10xII").unpack_from  # tos, saddr, daddr
IPHDR_TOT_LEN = 2
IPHDR_ID = 4
IPHDR_FRAG_OFF = 6
IPHDR_PROTOCOL = 9
IPHDR_CHECK = 10
IPHDR_SADDR = 12
IPHDR_DADDR = 16


def ip_hdr(skb: sk_buff) -> iphdr:
    """The packet's IP header. `include/linux/ip.h:23`"""
    return iphdr(skb.head, skb.network_header)


def ipip_hdr(skb: sk_buff) -> iphdr:
    """The IP header that lies behind the packet's own, as in an ICMP error. `include/linux/ip.h:33`"""
    return iphdr(skb.head, skb.transport_header)
