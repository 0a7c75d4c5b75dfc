# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/udp.h and include/uapi/linux/udp.h: the UDP header on the wire (RFC 768)."""

from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.wire import Header, be16


class udphdr(Header):
    """Ports, length and checksum."""

    __slots__ = ()
    SIZE = 8
    source = be16(0)
    dest = be16(2)
    len = be16(4)
    check = be16(6)


def udp_hdr(skb: sk_buff) -> udphdr:
    """The packet's UDP header. `include/linux/udp.h:25`"""
    return udphdr(skb.head, skb.transport_header)
