# SPDX-License-Identifier: GPL-2.0-only
"""net/ethernet/eth.c: the Ethernet link layer, which veth and lo share with every network card.

`eth_header` puts the 14 bytes before a packet that leaves, `eth_type_trans` takes them off one that arrives, and
`ether_setup` gives a new device its Ethernet-like properties. Left out: DSA tags.
"""

from __future__ import annotations

from typing import Any

from vethkernel.include.linux.etherdevice import is_multicast_ether_addr, is_valid_ether_addr
from vethkernel.include.linux.if_ether import ETH_P_802_3_MIN, eth_hdr, ethhdr
from vethkernel.include.linux.netdevice import (
    IFF_LIVE_ADDR_CHANGE,
    IFF_TX_SKB_SHARING,
    header_ops,
    net_device,
    netif_running,
)
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.uapi.asm_generic.errno import EADDRNOTAVAIL, EBUSY, EINVAL
from vethkernel.include.uapi.linux.if_ import IFF_BROADCAST, IFF_LOOPBACK, IFF_MULTICAST, IFF_NOARP
from vethkernel.include.uapi.linux.if_arp import ARPHRD_ETHER
from vethkernel.include.uapi.linux.if_ether import (
    ETH_ALEN,
    ETH_DATA_LEN,
    ETH_HLEN,
    ETH_P_802_2,
    ETH_P_802_3,
    ETH_P_IP,
)
from vethkernel.include.uapi.linux.if_packet import PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST

ETH_MIN_MTU = 68  # the least that IPv4 asks of a link, RFC 791 section 3.2


def eth_header(skb: sk_buff, dev: net_device, type: int, daddr: bytes | None, saddr: bytes | None, len: int) -> int:
    """Put an Ethernet header before the packet; returns its length, negative if nobody said where to.
    `net/ethernet/eth.c:78`"""
    at = skb_push(skb, ETH_HLEN)
    eth = ethhdr(skb.head, at)
    eth.h_proto = len if type in (ETH_P_802_3, ETH_P_802_2) else type
    eth.h_source = saddr or dev.dev_addr
    if daddr is not None:
        eth.h_dest = daddr
        return ETH_HLEN
    if dev.flags & (IFF_LOOPBACK | IFF_NOARP):
        eth.h_dest = bytes(ETH_ALEN)
        return ETH_HLEN
    return -ETH_HLEN


def eth_rebuild_header(skb: sk_buff) -> int:
    """Complete a header whose destination was not known when it was made. `net/ethernet/eth.c:125`"""
    eth = ethhdr(skb.head, skb.data)
    dev = skb.dev
    if eth.h_proto == ETH_P_IP:
        haddr = bytearray(eth.h_dest)
        ret = arp_find(haddr, skb)
        eth.h_dest = bytes(haddr)
        return ret
    printk(f"{dev.name}: unable to resolve type {eth.h_proto:X} addresses.")
    eth.h_source = dev.dev_addr
    return 0


def eth_type_trans(skb: sk_buff, dev: net_device) -> int:
    """From now on the frame is one that `dev` received: take the header off, note whom it is for; returns its protocol.
    `net/ethernet/eth.c:157`"""
    skb.dev = dev
    head = skb.head
    skb.mac_header = at = skb.data
    skb.len -= ETH_HLEN  # skb_pull_inline
    skb.data = at + ETH_HLEN
    dest = head[at : at + ETH_ALEN]
    if dest != dev.dev_addr:
        if is_multicast_ether_addr(dest):
            skb.pkt_type = PACKET_BROADCAST if dest == dev.broadcast else PACKET_MULTICAST
        else:
            skb.pkt_type = PACKET_OTHERHOST
    h_proto = head[at + 12] << 8 | head[at + 13]
    if h_proto >= ETH_P_802_3_MIN:
        return h_proto
    if skb.len >= 2 and head[skb.data : skb.data + 2] == b"\xff\xff":
        return ETH_P_802_3
    return ETH_P_802_2


def eth_header_parse(skb: sk_buff) -> bytes:
    """The sender's address of a received frame. `net/ethernet/eth.c:222`"""
    return eth_hdr(skb).h_source


def eth_header_cache(neigh: Any, hh: Any, type: int) -> int:
    """Keep a ready-made header for a neighbour whose address is known. `net/ethernet/eth.c:238`"""
    if type == ETH_P_802_3:
        return -1
    eth = ethhdr(bytearray(ETH_HLEN))
    eth.h_proto = type
    eth.h_source = neigh.dev.dev_addr
    eth.h_dest = neigh.ha
    hh.hh_data = bytes(eth.head)
    hh.hh_len = ETH_HLEN
    return 0


def eth_header_cache_update(hh: Any, dev: net_device, haddr: bytes) -> None:
    """The neighbour has a new address. `net/ethernet/eth.c:265`"""
    hh.hh_data = haddr + hh.hh_data[ETH_ALEN:]


def eth_prepare_mac_addr_change(dev: net_device, p: bytes) -> int:
    """May the device bear this address, and now? `net/ethernet/eth.c:279`"""
    if not dev.priv_flags & IFF_LIVE_ADDR_CHANGE and netif_running(dev):
        return -EBUSY
    if not is_valid_ether_addr(p):
        return -EADDRNOTAVAIL
    return 0


def eth_commit_mac_addr_change(dev: net_device, p: bytes) -> None:
    """The device bears the address from now on. `net/ethernet/eth.c:296`"""
    dev.dev_addr = p


def eth_mac_addr(dev: net_device, p: bytes) -> int:
    """Change the device's address, if it may be. `net/ethernet/eth.c:314`"""
    ret = eth_prepare_mac_addr_change(dev, p)
    if ret < 0:
        return ret
    eth_commit_mac_addr_change(dev, p)
    return 0


def eth_change_mtu(dev: net_device, new_mtu: int) -> int:
    """Change the MTU within what plain Ethernet allows. `net/ethernet/eth.c:334`"""
    if new_mtu < ETH_MIN_MTU or new_mtu > ETH_DATA_LEN:
        return -EINVAL
    dev.mtu = new_mtu
    return 0


def eth_validate_addr(dev: net_device) -> int:
    """Does the device bear an address at all? `net/ethernet/eth.c:343`"""
    return 0 if is_valid_ether_addr(dev.dev_addr) else -EADDRNOTAVAIL


eth_header_ops = header_ops(
    create=eth_header,
    parse=eth_header_parse,
    rebuild=eth_rebuild_header,
    cache=eth_header_cache,
    cache_update=eth_header_cache_update,
)


def ether_setup(dev: net_device) -> None:
    """Make a new device an Ethernet one. `net/ethernet/eth.c:366`"""
    dev.header_ops = eth_header_ops
    dev.type = ARPHRD_ETHER
    dev.hard_header_len = ETH_HLEN
    dev.mtu = ETH_DATA_LEN
    dev.min_mtu = ETH_MIN_MTU
    dev.max_mtu = ETH_DATA_LEN
    dev.addr_len = ETH_ALEN
    dev.tx_queue_len = 1000
    dev.flags = IFF_BROADCAST | IFF_MULTICAST
    dev.priv_flags |= IFF_TX_SKB_SHARING
    dev.broadcast = b"\xff" * ETH_ALEN


def alloc_etherdev_mqs(sizeof_priv: Any, txqs: int, rxqs: int) -> net_device:
    """A new Ethernet device, named eth0, eth1 ... once it is registered. `net/ethernet/eth.c:397`"""
    return alloc_netdev_mqs(sizeof_priv, "eth%d", ether_setup, txqs, rxqs)


def sysfs_format_mac(addr: bytes, len: int) -> str:
    """The address as /sys shows it. `net/ethernet/eth.c:419`"""
    return addr[:len].hex(":") + "\n"


from vethkernel.kernel.printk import printk
from vethkernel.net.core.dev import alloc_netdev_mqs
from vethkernel.net.core.skbuff import skb_push
from vethkernel.net.ipv4.arp import arp_find
