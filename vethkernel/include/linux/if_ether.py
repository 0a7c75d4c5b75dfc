# SPDX-License-Identifier: GPL-2.0-only
"""include/uapi/linux/if_ether.h and include/linux/if_ether.h: the Ethernet header, IEEE 802.3 section 3.2."""

from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.wire import Header, be16, octets

VLAN_HLEN = 4
ETH_P_802_3_MIN = 0x0600
ETH_MAX_MTU = 0xFFFF


class ethhdr(Header):
    """14 bytes: who shall have the frame, who sends it, and what is in it."""

    __slots__ = ()
    SIZE = 14
    h_dest = octets(0, 6)
    h_source = octets(6, 6)
    h_proto = be16(12)


def eth_hdr(skb: sk_buff) -> ethhdr:
    """The frame's Ethernet header. `include/linux/if_ether.h:26`"""
    return ethhdr(skb.head, skb.mac_header)
