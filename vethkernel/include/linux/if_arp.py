# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/if_arp.h and include/uapi/linux/if_arp.h: the ARP packet on the wire (RFC 826)."""

from typing import TYPE_CHECKING

from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.wire import Header, be16, be32, octets, u8

if TYPE_CHECKING:
    from vethkernel.include.linux.netdevice import net_device


class arphdr(Header):
    """ARP's fixed part, and the four addresses behind it as they lie for IPv4 over Ethernet."""

    __slots__ = ()
    SIZE = 8
    ar_hrd = be16(0)
    ar_pro = be16(2)
    ar_hln = u8(4)
    ar_pln = u8(5)
    ar_op = be16(6)
    ar_sha = octets(8, 6)
    ar_sip = be32(14)
    ar_tha = octets(18, 6)
    ar_tip = be32(24)


def arp_hdr(skb: sk_buff) -> arphdr:
    """The packet's ARP header. `include/linux/if_arp.h:29`"""
    return arphdr(skb.head, skb.network_header)


def arp_hdr_len(dev: "net_device") -> int:
    """The header, plus two addresses of the device's kind and two of IPv4. `include/linux/if_arp.h:34`"""
    return arphdr.SIZE + (dev.addr_len + 4) * 2
