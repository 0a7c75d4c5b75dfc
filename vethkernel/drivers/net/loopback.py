# SPDX-License-Identifier: GPL-2.0-only
"""drivers/net/loopback.c: lo, the device on which a machine talks to itself. Each namespace has one.

What is sent on it is received on it: `loopback_xmit` turns the frame round and hands it to `netif_rx`.
"""

from __future__ import annotations

from dataclasses import dataclass

from vethkernel.include.linux.bug import BUG_ON
from vethkernel.include.linux.netdevice import (
    IFF_LIVE_ADDR_CHANGE,
    IFF_NO_QUEUE,
    IFF_XMIT_DST_RELEASE,
    NET_RX_SUCCESS,
    NETDEV_TX_OK,
    NETIF_F_ALL_TSO,
    NETIF_F_FRAGLIST,
    NET_NAME_PREDICTABLE,
    NETIF_F_HIGHDMA,
    NETIF_F_HW_CSUM,
    NETIF_F_LLTX,
    NETIF_F_LOOPBACK,
    NETIF_F_NETNS_LOCAL,
    NETIF_F_RXCSUM,
    NETIF_F_SG,
    NETIF_F_UFO,
    NETIF_F_VLAN_CHALLENGED,
    dev_net_set,
    ethtool_ops,
    net_device,
    net_device_ops,
    rtnl_link_stats64,
)
from vethkernel.include.linux.percpu import alloc_percpu, for_each_possible_cpu, free_percpu, per_cpu_ptr, this_cpu_ptr
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.net_namespace import net, pernet_operations
from vethkernel.include.uapi.linux.if_ import IFF_LOOPBACK
from vethkernel.include.uapi.linux.if_arp import ARPHRD_LOOPBACK
from vethkernel.include.uapi.linux.if_ether import ETH_ALEN, ETH_HLEN
from vethkernel.net.ethernet.eth import eth_header_ops, eth_mac_addr

LOOPBACK_IFINDEX = 1  # include/net/flow.h


@dataclass(slots=True, eq=False)
class pcpu_lstats:
    """What one CPU sent over lo."""

    packets: int = 0
    bytes: int = 0


def loopback_xmit(skb: sk_buff, dev: net_device) -> int:
    """Send: the frame becomes one that the same device received. `drivers/net/loopback.c:72`"""
    skb_orphan(skb)
    skb.protocol = eth_type_trans(skb, dev)
    lb_stats = this_cpu_ptr(dev.lstats)
    len = skb.len
    if netif_rx(skb) == NET_RX_SUCCESS:
        lb_stats.bytes += len
        lb_stats.packets += 1
    return NETDEV_TX_OK


def loopback_get_stats64(dev: net_device, stats: rtnl_link_stats64) -> rtnl_link_stats64:
    """All CPUs' counters in one: what was sent was received. `drivers/net/loopback.c:101`"""
    for i in for_each_possible_cpu():
        lb_stats = per_cpu_ptr(dev.lstats, i)
        stats.tx_bytes += lb_stats.bytes
        stats.tx_packets += lb_stats.packets
    stats.rx_packets = stats.tx_packets
    stats.rx_bytes = stats.tx_bytes
    return stats


def always_on(dev: net_device) -> int:
    """lo has no cable that could be out. `drivers/net/loopback.c:129`"""
    return 1


loopback_ethtool_ops = ethtool_ops(get_link=always_on)


def loopback_dev_init(dev: net_device) -> int:
    """Counters for every CPU. `drivers/net/loopback.c:138`"""
    dev.lstats = alloc_percpu(pcpu_lstats)
    return 0


def loopback_dev_free(dev: net_device) -> None:
    """The device goes with its namespace. `drivers/net/loopback.c:147`"""
    free_percpu(dev.lstats)
    free_netdev(dev)


loopback_ops = net_device_ops(
    ndo_init=loopback_dev_init,
    ndo_start_xmit=loopback_xmit,
    ndo_get_stats64=loopback_get_stats64,
    ndo_set_mac_address=eth_mac_addr,
)


def loopback_setup(dev: net_device) -> None:
    """What makes a new device a loopback one. `drivers/net/loopback.c:163`"""
    dev.mtu = 64 * 1024
    dev.hard_header_len = ETH_HLEN
    dev.addr_len = ETH_ALEN
    dev.tx_queue_len = 1000
    dev.type = ARPHRD_LOOPBACK
    dev.flags = IFF_LOOPBACK
    dev.dev_addr = dev.broadcast = bytes(ETH_ALEN)
    dev.priv_flags &= ~IFF_XMIT_DST_RELEASE
    dev.priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE
    dev.hw_features = NETIF_F_ALL_TSO | NETIF_F_UFO
    dev.features = (
        NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_ALL_TSO | NETIF_F_UFO | NETIF_F_HW_CSUM | NETIF_F_RXCSUM
        | NETIF_F_HIGHDMA | NETIF_F_LLTX | NETIF_F_NETNS_LOCAL | NETIF_F_VLAN_CHALLENGED | NETIF_F_LOOPBACK
    )  # fmt: skip
    dev.ethtool_ops = loopback_ethtool_ops
    dev.header_ops = eth_header_ops
    dev.netdev_ops = loopback_ops
    dev.destructor = loopback_dev_free


def loopback_net_init(net: net) -> int:
    """Give a new namespace its lo, always the first device. `drivers/net/loopback.c:190`"""
    dev = alloc_netdev(0, "lo", loopback_setup)
    dev.name_assign_type = NET_NAME_PREDICTABLE
    dev_net_set(dev, net)
    err = register_netdev(dev)
    if err:
        free_netdev(dev)
        return err
    BUG_ON(dev.ifindex != LOOPBACK_IFINDEX)
    net.loopback_dev = dev
    return 0


loopback_net_ops = pernet_operations(init=loopback_net_init)


from vethkernel.net.core.dev import alloc_netdev, free_netdev, netif_rx, register_netdev
from vethkernel.net.core.skbuff import skb_orphan
from vethkernel.net.ethernet.eth import eth_type_trans
