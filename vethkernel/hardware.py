# SPDX-License-Identifier: GPL-2.0-only
"""Hardware that a machine may be given besides lo: network cards, and how a distribution leaves them after boot.

    boot(devices=ARTICLE_HOST)      # the machine on which the article's first listing was printed

A card's driver is ours, not a port of any: what it sends goes out on a cable where nobody answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vethkernel.globals import g
from vethkernel.include.linux.netdevice import (
    NETDEV_TX_OK,
    net_device,
    net_device_ops,
    netdev_priv,
    rtnl_link_stats64,
)
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.uapi.linux.if_ import IFF_UP
from vethkernel.net.core.dev import dev_change_flags, register_netdevice
from vethkernel.net.core.rtnetlink import rtnl_lock, rtnl_unlock
from vethkernel.net.core.skbuff import consume_skb
from vethkernel.net.ethernet.eth import alloc_etherdev_mqs, eth_change_mtu, eth_mac_addr, eth_validate_addr
from vethkernel.net.sched.sch_generic import netif_carrier_off, netif_carrier_on

QUEUES = 4


class Device(Protocol):
    """Something that `boot` can install."""

    def install(self) -> None:
        """Make the device known to the kernel that is being started."""


@dataclass(slots=True)
class card_priv:
    """The driver's own: what went out."""

    packets: int = 0
    bytes: int = 0


def card_open(dev: net_device) -> int:
    """The cable is plugged in, so there is carrier at once."""
    netif_carrier_on(dev)
    return 0


def card_stop(dev: net_device) -> int:
    """A card that is switched off has none."""
    netif_carrier_off(dev)
    return 0


def card_start_xmit(skb: sk_buff, dev: net_device) -> int:
    """Put the frame on the cable."""
    priv: card_priv = netdev_priv(dev)
    priv.packets += 1
    priv.bytes += skb.len
    consume_skb(skb)
    return NETDEV_TX_OK


def card_get_stats64(dev: net_device, stats: rtnl_link_stats64) -> rtnl_link_stats64:
    """Report what went out; nothing ever comes in."""
    priv: card_priv = netdev_priv(dev)
    stats.tx_packets = priv.packets
    stats.tx_bytes = priv.bytes
    return stats


card_netdev_ops = net_device_ops(
    ndo_open=card_open,
    ndo_stop=card_stop,
    ndo_start_xmit=card_start_xmit,
    ndo_get_stats64=card_get_stats64,
    ndo_change_mtu=eth_change_mtu,
    ndo_set_mac_address=eth_mac_addr,
    ndo_validate_addr=eth_validate_addr,
)


@dataclass(frozen=True)
class Card:
    """A network card: its interface name, its address as text, and whether it was set up at boot."""

    name: str
    address: str
    up: bool = False

    def install(self) -> None:
        """Plug the card in."""
        dev = alloc_etherdev_mqs(card_priv, QUEUES, QUEUES)
        dev.name = self.name
        dev.dev_addr = bytes.fromhex(self.address.replace(":", ""))
        dev.netdev_ops = card_netdev_ops
        netif_carrier_off(dev)
        rtnl_lock()
        register_netdevice(dev)
        if self.up:
            dev_change_flags(dev, dev.flags | IFF_UP)
        rtnl_unlock()


@dataclass(frozen=True)
class LoopbackUp:
    """lo, which every distribution sets up at boot and a fresh namespace does not."""

    def install(self) -> None:
        """Set lo up."""
        rtnl_lock()
        lo = g.init_net.loopback_dev
        dev_change_flags(lo, lo.flags | IFF_UP)
        rtnl_unlock()


ARTICLE_HOST: tuple[Device, ...] = (
    LoopbackUp(),
    Card("eth0", "6c:0b:84:d5:88:d1", up=True),
    Card("eth1", "6c:0b:84:d5:88:d2"),
)

HOSTS: dict[str, tuple[Device, ...]] = {"plain": (), "article": ARTICLE_HOST}
