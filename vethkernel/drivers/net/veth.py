# SPDX-License-Identifier: GPL-2.0-only
"""drivers/net/veth.c: the virtual Ethernet pair. Two devices, each the other's peer: what one sends the other gets.

Interface:
  - `ip link add A type veth peer name B` reaches `veth_newlink`, which makes both devices, the peer first.
  - a frame sent on A reaches `veth_xmit(skb, A)`, which hands it to B as received.
  - deleting either end deletes both: `veth_dellink`.
Left out: XDP and NAPI, which came long after v3.10 and are off unless asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from vethkernel.include.linux.err import IS_ERR, PTR_ERR
from vethkernel.include.linux.etherdevice import eth_hw_addr_random, is_valid_ether_addr
from vethkernel.include.linux.if_ether import ETH_MAX_MTU
from vethkernel.include.linux.netdevice import (
    IFF_LIVE_ADDR_CHANGE,
    IFF_NO_QUEUE,
    IFF_TX_SKB_SHARING,
    NET_RX_SUCCESS,
    NET_XMIT_DROP,
    NETDEV_TX_OK,
    NETIF_F_ALL_TSO,
    NETIF_F_FRAGLIST,
    NETIF_F_HIGHDMA,
    NETIF_F_HW_CSUM,
    NETIF_F_LLTX,
    NETIF_F_RXCSUM,
    NETIF_F_SG,
    dev_net,
    ethtool_ops,
    net_device,
    net_device_ops,
    netdev_priv,
    rtnl_link_stats64,
)
from vethkernel.include.linux.percpu import alloc_percpu, for_each_possible_cpu, free_percpu, per_cpu_ptr, this_cpu_ptr
from vethkernel.include.linux.skbuff import CHECKSUM_NONE, CHECKSUM_UNNECESSARY, sk_buff
from vethkernel.include.net.net_namespace import net
from vethkernel.include.net.netlink import (
    NLA_HDRLEN,
    nla_data,
    nla_get_u32,
    nla_len,
    nla_parse_deprecated,
    nla_policy,
    nla_strlcpy,
    nlattr,
)
from vethkernel.include.net.rtnetlink import SIZEOF_IFINFOMSG, ifinfomsg, rtnl_link_ops
from vethkernel.include.uapi.asm_generic.errno import EADDRNOTAVAIL, EINVAL, ENOMEM, ENOTCONN, EOPNOTSUPP
from vethkernel.include.uapi.linux.if_ import IFF_UP, IFNAMSIZ
from vethkernel.include.uapi.linux.if_ether import ETH_ALEN
from vethkernel.include.uapi.linux.if_link import IFLA_ADDRESS, IFLA_IFNAME, IFLA_MAX, IFLA_MTU
from vethkernel.include.uapi.linux.veth import VETH_INFO_MAX, VETH_INFO_PEER
from vethkernel.net.core.ethtool import ethtool_op_get_link
from vethkernel.net.ethernet.eth import eth_mac_addr

DRV_NAME = "veth"
DRV_VERSION = "1.0"
MIN_MTU = 68
MAX_MTU = 65535
ETH_SS_STATS = 1  # include/uapi/linux/ethtool.h


@dataclass(slots=True, eq=False)
class pcpu_vstats:
    """What one CPU sent over this end."""

    packets: int = 0
    bytes: int = 0


@dataclass(slots=True, eq=False)
class veth_priv:
    """All that makes a device one end of a pair: who the other end is, and how many frames were lost."""

    peer: net_device = None
    dropped: int = 0


ethtool_stats_keys = ("peer_ifindex",)


def veth_get_settings(dev: net_device) -> dict[str, int]:
    """What `ethtool veth0` shows: a fast cable, as far as anybody asks. `drivers/net/veth.c:49`"""
    return {"speed": 10000, "duplex": 1, "port": 0, "phy_address": 0, "transceiver": 0, "autoneg": 0}


def veth_get_drvinfo(dev: net_device) -> tuple[str, str]:
    """The driver's name and version. `drivers/net/veth.c:64`"""
    return DRV_NAME, DRV_VERSION


def veth_get_strings(dev: net_device, stringset: int) -> tuple[str, ...]:
    """The names of the driver's own counters. `drivers/net/veth.c:70`"""
    return ethtool_stats_keys if stringset == ETH_SS_STATS else ()


def veth_get_sset_count(dev: net_device, sset: int) -> int:
    """How many there are. `drivers/net/veth.c:79`"""
    return len(ethtool_stats_keys) if sset == ETH_SS_STATS else -EOPNOTSUPP


def veth_get_ethtool_stats(dev: net_device) -> list[int]:
    """Their values: the interface number of the other end. `drivers/net/veth.c:89`"""
    priv: veth_priv = netdev_priv(dev)
    return [priv.peer.ifindex if priv.peer else 0]


veth_ethtool_ops = ethtool_ops(
    get_settings=veth_get_settings,
    get_drvinfo=veth_get_drvinfo,
    get_link=ethtool_op_get_link,
    get_strings=veth_get_strings,
    get_sset_count=veth_get_sset_count,
    get_ethtool_stats=veth_get_ethtool_stats,
)


def veth_xmit(skb: sk_buff, dev: net_device) -> int:
    """Send: the other end receives. `drivers/net/veth.c:107`"""
    priv: veth_priv = netdev_priv(dev)
    length = skb.len
    rcv = priv.peer
    if rcv is None:
        kfree_skb(skb)
        priv.dropped += 1
        return NET_XMIT_DROP
    if skb.ip_summed == CHECKSUM_NONE and rcv.features & NETIF_F_RXCSUM:
        skb.ip_summed = CHECKSUM_UNNECESSARY
    if dev_forward_skb(rcv, skb) != NET_RX_SUCCESS:
        priv.dropped += 1
        return NET_XMIT_DROP
    stats = this_cpu_ptr(dev.vstats)
    stats.bytes += length
    stats.packets += 1
    return NETDEV_TX_OK


def veth_stats_one(result: pcpu_vstats, dev: net_device) -> int:
    """Add all CPUs' counters up; returns the frames lost. `drivers/net/veth.c:145`"""
    priv: veth_priv = netdev_priv(dev)
    for cpu in for_each_possible_cpu():
        stats = per_cpu_ptr(dev.vstats, cpu)
        result.packets += stats.packets
        result.bytes += stats.bytes
    return priv.dropped


def veth_get_stats64(dev: net_device, tot: rtnl_link_stats64) -> rtnl_link_stats64:
    """The counters of this end: what the other end sent, this one received. `drivers/net/veth.c:168`"""
    priv: veth_priv = netdev_priv(dev)
    one = pcpu_vstats()
    tot.tx_dropped = veth_stats_one(one, dev)
    tot.tx_bytes = one.bytes
    tot.tx_packets = one.packets
    peer = priv.peer
    if peer is not None:
        one = pcpu_vstats()
        veth_stats_one(one, peer)
        tot.rx_bytes = one.bytes
        tot.rx_packets = one.packets
    return tot


def veth_open(dev: net_device) -> int:
    """This end goes up; once both are, both have carrier. `drivers/net/veth.c:191`"""
    priv: veth_priv = netdev_priv(dev)
    peer = priv.peer
    if peer is None:
        return -ENOTCONN
    if peer.flags & IFF_UP:
        netif_carrier_on(dev)
        netif_carrier_on(peer)
    return 0


def veth_close(dev: net_device) -> int:
    """This end goes down, and both lose carrier. `drivers/net/veth.c:206`"""
    priv: veth_priv = netdev_priv(dev)
    peer = priv.peer
    netif_carrier_off(dev)
    if peer is not None:
        netif_carrier_off(peer)
    return 0


def is_valid_veth_mtu(new_mtu: int) -> bool:
    """True for an MTU that a pair can have. `drivers/net/veth.c:218`"""
    return MIN_MTU <= new_mtu <= MAX_MTU


def veth_change_mtu(dev: net_device, new_mtu: int) -> int:
    """Change this end's MTU; the other keeps its own. `drivers/net/veth.c:223`"""
    if not is_valid_veth_mtu(new_mtu):
        return -EINVAL
    dev.mtu = new_mtu
    return 0


def veth_dev_init(dev: net_device) -> int:
    """Counters for every CPU. `drivers/net/veth.c:231`"""
    dev.vstats = alloc_percpu(pcpu_vstats)
    if not dev.vstats:
        return -ENOMEM
    return 0


def veth_dev_free(dev: net_device) -> None:
    """The last act of an end that was deleted. `drivers/net/veth.c:240`"""
    free_percpu(dev.vstats)
    free_netdev(dev)


def veth_get_iflink(dev: net_device) -> int:
    """The interface number of the other end: what `veth0@veth1` is made of. `drivers/net/veth.c:1416 (6.1)`"""
    priv: veth_priv = netdev_priv(dev)
    peer = priv.peer
    return peer.ifindex if peer is not None else 0


def veth_get_link_net(dev: net_device) -> net:
    """The namespace that the other end lives in. `drivers/net/veth.c:1836 (6.1)`"""
    priv: veth_priv = netdev_priv(dev)
    peer = priv.peer
    return dev_net(peer) if peer is not None else dev_net(dev)


def veth_get_num_queues() -> int:
    """One queue for each CPU. `drivers/net/veth.c:1844 (6.1)`"""
    return len(for_each_possible_cpu())


veth_netdev_ops = net_device_ops(
    ndo_init=veth_dev_init,
    ndo_open=veth_open,
    ndo_stop=veth_close,
    ndo_start_xmit=veth_xmit,
    ndo_change_mtu=veth_change_mtu,
    ndo_get_stats64=veth_get_stats64,
    ndo_set_mac_address=eth_mac_addr,
    ndo_get_iflink=veth_get_iflink,
)

VETH_FEATURES = (
    NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_ALL_TSO | NETIF_F_HW_CSUM | NETIF_F_RXCSUM | NETIF_F_HIGHDMA
)  # fmt: skip


def veth_setup(dev: net_device) -> None:
    """What makes a new device one end of a pair, short of its peer. `drivers/net/veth.c:261`"""
    ether_setup(dev)
    dev.priv_flags &= ~IFF_TX_SKB_SHARING
    dev.priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE
    dev.netdev_ops = veth_netdev_ops
    dev.ethtool_ops = veth_ethtool_ops
    dev.features |= NETIF_F_LLTX
    dev.features |= VETH_FEATURES
    dev.destructor = veth_dev_free
    dev.max_mtu = ETH_MAX_MTU
    dev.hw_features = VETH_FEATURES


def veth_validate(tb: list[nlattr], data: list[nlattr]) -> int:
    """May an end have the address and the MTU that the user asks for? `drivers/net/veth.c:281`"""
    if tb[IFLA_ADDRESS]:
        if nla_len(tb[IFLA_ADDRESS]) != ETH_ALEN:
            return -EINVAL
        if not is_valid_ether_addr(nla_data(tb[IFLA_ADDRESS])):
            return -EADDRNOTAVAIL
    if tb[IFLA_MTU]:
        if not is_valid_veth_mtu(nla_get_u32(tb[IFLA_MTU])):
            return -EINVAL
    return 0


def veth_newlink(src_net: net, dev: net_device, tb: list[nlattr], data: list[nlattr]) -> int:
    """Make a pair: `dev` is the half-made end that the user named first, the peer is made here.
    `drivers/net/veth.c:298`"""
    if data and data[VETH_INFO_PEER]:
        nla_peer = data[VETH_INFO_PEER]
        ifmp = ifinfomsg(nla_data(nla_peer))
        peer_tb: list[nlattr] = [None] * (IFLA_MAX + 1)
        attrs = nlattr(nla_peer.head, nla_peer.off + NLA_HDRLEN + SIZEOF_IFINFOMSG)
        err = nla_parse_deprecated(peer_tb, IFLA_MAX, attrs, nla_len(nla_peer) - SIZEOF_IFINFOMSG, ifla_policy, None)
        if err < 0:
            return err
        err = veth_validate(peer_tb, None)
        if err < 0:
            return err
        tbp = peer_tb
    else:
        ifmp = None
        tbp = tb

    ifname = nla_strlcpy(tbp[IFLA_IFNAME], IFNAMSIZ) if tbp[IFLA_IFNAME] and ifmp else DRV_NAME + "%d"
    net = rtnl_link_get_net(src_net, tbp)
    if IS_ERR(net):
        return PTR_ERR(net)
    peer = rtnl_create_link(net, ifname, veth_link_ops, tbp)
    if IS_ERR(peer):
        put_net(net)
        return PTR_ERR(peer)
    if not tbp[IFLA_ADDRESS] or not ifmp:
        eth_hw_addr_random(peer)
    if ifmp and dev.ifindex != 0:
        peer.ifindex = ifmp.ifi_index

    err = register_netdevice(peer)
    put_net(net)
    if err < 0:
        free_netdev(peer)
        return err
    netif_carrier_off(peer)
    err = rtnl_configure_link(peer, ifmp)
    if err < 0:
        unregister_netdevice(peer)
        return err

    # only now is the peer's name taken, so only now can this end's be chosen
    if not tb[IFLA_ADDRESS]:
        eth_hw_addr_random(dev)
    dev.name = nla_strlcpy(tb[IFLA_IFNAME], IFNAMSIZ) if tb[IFLA_IFNAME] else DRV_NAME + "%d"
    if "%" in dev.name:
        err = dev_alloc_name(dev, dev.name)
        if err < 0:
            unregister_netdevice(peer)
            return err
    err = register_netdevice(dev)
    if err < 0:
        unregister_netdevice(peer)
        return err
    netif_carrier_off(dev)

    priv: veth_priv = netdev_priv(dev)
    priv.peer = peer
    priv = netdev_priv(peer)
    priv.peer = dev
    return 0


def veth_dellink(dev: net_device, head: list[net_device]) -> None:
    """Delete both ends, whichever of them was named. `drivers/net/veth.c:417`"""
    priv: veth_priv = netdev_priv(dev)
    peer = priv.peer
    priv.peer = None
    unregister_netdevice_queue(dev, head)
    if peer is not None:
        priv = netdev_priv(peer)
        priv.peer = None
        unregister_netdevice_queue(peer, head)


veth_policy = {VETH_INFO_PEER: nla_policy(len=SIZEOF_IFINFOMSG)}

veth_link_ops = rtnl_link_ops(
    kind=DRV_NAME,
    priv_size=veth_priv,
    setup=veth_setup,
    validate=veth_validate,
    newlink=veth_newlink,
    dellink=veth_dellink,
    policy=veth_policy,
    maxtype=VETH_INFO_MAX,
    peer_type=VETH_INFO_PEER,
    get_link_net=veth_get_link_net,
    get_num_tx_queues=veth_get_num_queues,
    get_num_rx_queues=veth_get_num_queues,
)


def veth_init() -> int:
    """The driver is loaded: from now on there is a link type `veth`. `drivers/net/veth.c:458`"""
    return rtnl_link_register(veth_link_ops)


def veth_exit() -> None:
    """The driver goes, and every pair with it. `drivers/net/veth.c:463`"""
    rtnl_link_unregister(veth_link_ops)


from vethkernel.net.core.dev import (
    dev_alloc_name,
    dev_forward_skb,
    free_netdev,
    register_netdevice,
    unregister_netdevice,
    unregister_netdevice_queue,
)
from vethkernel.net.core.net_namespace import put_net
from vethkernel.net.core.rtnetlink import (
    ifla_policy,
    rtnl_configure_link,
    rtnl_create_link,
    rtnl_link_get_net,
    rtnl_link_register,
    rtnl_link_unregister,
)
from vethkernel.net.core.skbuff import kfree_skb
from vethkernel.net.ethernet.eth import ether_setup
from vethkernel.net.sched.sch_generic import netif_carrier_off, netif_carrier_on
