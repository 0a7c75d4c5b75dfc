# SPDX-License-Identifier: GPL-2.0-only
"""net/core/dev.c: the device layer, between the protocols and the drivers.

A device's life: alloc_netdev, register_netdevice, dev_open, dev_close, unregister_netdevice. A frame's way out:
dev_queue_xmit, dev_hard_start_xmit, the driver. A software device turns it round: dev_forward_skb, netif_rx,
enqueue_to_backlog. Its way in: net_rx_action, process_backlog, __netif_receive_skb_core, deliver_skb, a protocol.

Left out: segmentation offload and GRO, VLAN tags, steering between CPUs and queues, hardware address lists, feature
negotiation, old ioctl-style configuration (see dev_ioctl.py), netpoll.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.bug import BUG_ON
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.if_ether import VLAN_HLEN
from vethkernel.include.linux.interrupt import NET_RX_SOFTIRQ, NET_TX_SOFTIRQ, SOFTIRQ_MASK, softirq_action
from vethkernel.include.linux.ktime import ktime_get_real
from vethkernel.include.linux.netdevice import (
    __LINK_STATE_PRESENT,
    __LINK_STATE_START,
    IFF_XMIT_DST_RELEASE,
    NAPI_POLL_WEIGHT,
    NAPI_STATE_SCHED,
    QUEUE_STATE_ANY_XOFF,
    NET_ADDR_PERM,
    NET_ADDR_SET,
    NET_RX_DROP,
    NET_RX_SUCCESS,
    NET_XMIT_MASK,
    NETDEV_CHANGE,
    NETDEV_CHANGE_TX_QUEUE_LEN,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NET_NAME_RENAMED,
    NETDEV_CHANGENAME,
    NETDEV_DOWN,
    NETDEV_GOING_DOWN,
    NETDEV_NOTIFY_PEERS,
    NETDEV_POST_INIT,
    NETDEV_PRE_UP,
    NETDEV_PRECHANGEMTU,
    NETDEV_REGISTER,
    NETDEV_TX_OK,
    NETDEV_UNREGISTER,
    NETDEV_UNREGISTER_FINAL,
    NETDEV_UP,
    NETIF_F_ALL_CSUM,
    NETIF_F_FRAGLIST,
    NETIF_F_NETNS_LOCAL,
    NETIF_F_SOFT_FEATURES,
    NETREG_REGISTERED,
    NETREG_RELEASED,
    NETREG_UNINITIALIZED,
    NETREG_UNREGISTERED,
    NETREG_UNREGISTERING,
    RTNL_LINK_INITIALIZED,
    dev_net,
    dev_net_set,
    napi_struct,
    net_device,
    netdev_queue,
    netif_carrier_ok,
    netif_device_present,
    netif_dormant,
    netif_oper_up,
    netif_running,
    packet_type,
    rtnl_link_stats64,
    softnet_data,
)
from vethkernel.include.linux.netlink import NL_SET_ERR_MSG, netlink_ext_ack
from vethkernel.include.linux.notifier import notifier_block, notifier_to_errno
from vethkernel.include.linux.percpu import for_each_possible_cpu
from vethkernel.include.linux.skbuff import (
    CHECKSUM_NONE,
    CHECKSUM_PARTIAL,
    CHECKSUM_UNNECESSARY,
    __skb_pull,
    __skb_unlink,
    sk_buff,
    skb_checksum_start_offset,
    skb_cloned,
    skb_has_frag_list,
    skb_is_nonlinear,
    skb_network_offset,
    skb_reset_mac_header,
    skb_reset_network_header,
)
from vethkernel.include.net.checksum import csum_fold
from vethkernel.include.net.dropreason import (
    SKB_DROP_REASON_CPU_BACKLOG,
    SKB_DROP_REASON_DEV_READY,
    SKB_DROP_REASON_UNHANDLED_PROTO,
)
from vethkernel.include.net.net_namespace import net, pernet_operations
from vethkernel.include.net.sch_generic import Qdisc
from vethkernel.include.uapi.asm_generic.errno import (
    EBUSY,
    EEXIST,
    EINVAL,
    EIO,
    ENETDOWN,
    ENFILE,
    ENODEV,
    ENOENT,
    EOPNOTSUPP,
    EOVERFLOW,
    ERANGE,
)
from vethkernel.include.uapi.linux.if_ import (
    IFF_ALLMULTI,
    IFF_AUTOMEDIA,
    IFF_DEBUG,
    IFF_DORMANT,
    IFF_DYNAMIC,
    IFF_LOWER_UP,
    IFF_MULTICAST,
    IFF_NOARP,
    IFF_NOTRAILERS,
    IFF_PORTSEL,
    IFF_PROMISC,
    IFF_RUNNING,
    IFF_UP,
    IFF_VOLATILE,
    IFNAMSIZ,
)
from vethkernel.include.uapi.linux.if_ether import ETH_P_ALL
from vethkernel.include.uapi.linux.if_packet import PACKET_HOST, PACKET_LOOPBACK, PACKET_OUTGOING
from vethkernel.include.uapi.linux.rtnetlink import RTM_DELLINK, RTM_NEWLINK

MAX_NETDEVICES = 8 * 4096  # how far the numbers in veth0, veth1, ... may go
RECURSION_LIMIT = 10
RX_HANDLER_CONSUMED = 0
RX_HANDLER_ANOTHER = 1
RX_HANDLER_EXACT = 2
RX_HANDLER_PASS = 3
ALL_CHANGES = 0xFFFFFFFF


# ---- who receives: packet types ----


def ptype_head(pt: packet_type) -> list[packet_type]:
    """The list that receivers of this protocol stand in. `net/core/dev.c:354`"""
    return g.ptype_all if pt.type == ETH_P_ALL else g.ptype_base.setdefault(pt.type, [])


def dev_add_pack(pt: packet_type) -> None:
    """From now on `pt` receives. The newest receiver comes first. `net/core/dev.c:375`"""
    ptype_head(pt).insert(0, pt)


def __dev_remove_pack(pt: packet_type) -> None:
    """From now on `pt` receives no more. `net/core/dev.c:398`"""
    ptype_head(pt).remove(pt)


def dev_remove_pack(pt: packet_type) -> None:
    """__dev_remove_pack, for callers that may wait. `net/core/dev.c:430`"""
    __dev_remove_pack(pt)


# ---- devices by name and number ----


def netdev_name_node_add(net: net, dev: net_device, name: str) -> None:
    """Enter a name of the device. `net/core/dev.c:285 (6.1)`"""
    net.dev_name_head[name] = dev


def netdev_name_node_del(net: net, name: str) -> None:
    """Take it out again. `net/core/dev.c:292 (6.1)`"""
    del net.dev_name_head[name]


def netdev_name_node_lookup(net: net, name: str) -> net_device:
    """Whose name this is, its first or another; or None. `net/core/dev.c:297 (6.1)`"""
    return net.dev_name_head.get(name)


def netdev_name_node_alt_create(dev: net_device, name: str) -> int:
    """Give the device one more name. `net/core/dev.c:327 (6.1)`"""
    net = dev_net(dev)
    if netdev_name_node_lookup(net, name) is not None:
        return -EEXIST
    netdev_name_node_add(net, dev, name)
    dev.altnames.append(name)
    return 0


def netdev_name_node_alt_destroy(dev: net_device, name: str) -> int:
    """Take such a name away; not the first one, and not another device's. `net/core/dev.c:352 (6.1)`"""
    net = dev_net(dev)
    owner = netdev_name_node_lookup(net, name)
    if owner is None:
        return -ENOENT
    if name == dev.name or owner is not dev:
        return -EINVAL
    netdev_name_node_del(net, name)
    dev.altnames.remove(name)
    return 0


def list_netdevice(dev: net_device) -> None:
    """Enter the device into its namespace's tables. `net/core/dev.c:203`"""
    net = dev_net(dev)
    net.dev_base_head.append(dev)
    for name in (dev.name, *dev.altnames):
        netdev_name_node_add(net, dev, name)
    net.dev_index_head[dev.ifindex] = dev


def unlist_netdevice(dev: net_device) -> None:
    """Take it out again. `net/core/dev.c:222`"""
    net = dev_net(dev)
    net.dev_base_head.remove(dev)
    for name in (dev.name, *dev.altnames):
        netdev_name_node_del(net, name)
    del net.dev_index_head[dev.ifindex]


def __dev_get_by_name(net: net, name: str) -> net_device:
    """The device of that name, or None. `net/core/dev.c:657`"""
    return net.dev_name_head.get(name)


def dev_get_by_name(net: net, name: str) -> net_device:
    """__dev_get_by_name for callers without the lock. `net/core/dev.c:707`"""
    return net.dev_name_head.get(name)


def dev_get_by_name_rcu(net: net, name: str) -> net_device:
    """__dev_get_by_name for readers. `net/core/dev.c:682`"""
    return net.dev_name_head.get(name)


def __dev_get_by_index(net: net, ifindex: int) -> net_device:
    """The device of that number, or None. `net/core/dev.c:732`"""
    return net.dev_index_head.get(ifindex)


def dev_get_by_index_rcu(net: net, ifindex: int) -> net_device:
    """__dev_get_by_index for readers. `net/core/dev.c:756`"""
    return net.dev_index_head.get(ifindex)


def dev_get_by_index(net: net, ifindex: int) -> net_device:
    """__dev_get_by_index for callers without the lock. `net/core/dev.c:781`"""
    return net.dev_index_head.get(ifindex)


def dev_valid_name(name: str) -> bool:
    """May a device be called so? `net/core/dev.c:920`"""
    if not name or len(name.encode()) >= IFNAMSIZ or name in (".", ".."):
        return False
    return not any(c in "/:" or c.isspace() and c.isascii() for c in name)


def __dev_alloc_name(net: net, name: str) -> tuple[int, str]:
    """The lowest number that makes the pattern `name` (veth%d) a name nobody has, and that name.
    `net/core/dev.c:953`"""
    if not dev_valid_name(name):
        return -EINVAL, ""
    before, percent, after = name.partition("%")
    i = 0
    if percent:
        if not after.startswith("d") or "%" in after:
            return -EINVAL, ""
        while i < MAX_NETDEVICES and f"{before}{i}{after[1:]}"[: IFNAMSIZ - 1] in net.dev_name_head:
            i += 1
        name = f"{before}{i}{after[1:]}"[: IFNAMSIZ - 1]
    if __dev_get_by_name(net, name) is None:
        return i, name
    return -ENFILE, ""


def dev_alloc_name_ns(net: net, dev: net_device, name: str) -> int:
    """Give the device the lowest free name of a pattern. `net/core/dev.c:1033`"""
    ret, buf = __dev_alloc_name(net, name)
    if ret >= 0:
        dev.name = buf
    return ret


def dev_alloc_name(dev: net_device, name: str) -> int:
    """dev_alloc_name_ns in the device's own namespace. `net/core/dev.c:1018`"""
    return dev_alloc_name_ns(dev_net(dev), dev, name)


def dev_get_valid_name(net: net, dev: net_device, name: str) -> int:
    """Give the device this name, if it is one and is free. `net/core/dev.c:1046`"""
    if not dev_valid_name(name):
        return -EINVAL
    if "%" in name:
        return dev_alloc_name_ns(net, dev, name)
    if __dev_get_by_name(net, name) is not None:
        return -EEXIST
    dev.name = name
    return 0


def dev_change_name(dev: net_device, newname: str) -> int:
    """Rename a device, be it up or down. `net/core/dev.c:1073`"""
    net = dev_net(dev)
    if newname == dev.name:
        return 0
    oldname = dev.name
    err = dev_get_valid_name(net, dev, newname)
    if err < 0:
        return err
    old_assign_type, dev.name_assign_type = dev.name_assign_type, NET_NAME_RENAMED
    del net.dev_name_head[oldname]
    net.dev_name_head[dev.name] = dev
    ret = notifier_to_errno(call_netdevice_notifiers(NETDEV_CHANGENAME, dev))
    if ret:
        del net.dev_name_head[dev.name]
        dev.name, dev.name_assign_type = oldname, old_assign_type
        net.dev_name_head[oldname] = dev
        return ret
    return err


def dev_set_alias(dev: net_device, alias: str, len: int) -> int:
    """Note a description of the device. `net/core/dev.c:1149`"""
    if len >= 256:  # IFALIASZ
        return -EINVAL
    dev.ifalias = alias
    return len


def netdev_state_change(dev: net_device) -> None:
    """Tell everybody that a running device changed. `net/core/dev.c:1194`"""
    if dev.flags & IFF_UP:
        call_netdevice_notifiers(NETDEV_CHANGE, dev)
        rtmsg_ifinfo(RTM_NEWLINK, dev, 0)


def netdev_notify_peers(dev: net_device) -> None:
    """Tell the link who we are. `net/core/dev.c:1213`"""
    call_netdevice_notifiers(NETDEV_NOTIFY_PEERS, dev)


# ---- up and down ----


def __dev_open(dev: net_device) -> int:
    """Start the driver, then what manages its queues. `net/core/dev.c:1221`"""
    ops = dev.netdev_ops
    if not netif_device_present(dev):
        return -ENODEV
    ret = notifier_to_errno(call_netdevice_notifiers(NETDEV_PRE_UP, dev))
    if ret:
        return ret
    dev.state |= __LINK_STATE_START
    if ops.ndo_validate_addr:
        ret = ops.ndo_validate_addr(dev)
    if not ret and ops.ndo_open:
        ret = ops.ndo_open(dev)
    if ret:
        dev.state &= ~__LINK_STATE_START
    else:
        dev.flags |= IFF_UP
        dev_set_rx_mode(dev)
        dev_activate(dev)
    return ret


def dev_open(dev: net_device) -> int:
    """Set a device up, and say so. `net/core/dev.c:1279`"""
    if dev.flags & IFF_UP:
        return 0
    ret = __dev_open(dev)
    if ret < 0:
        return ret
    rtmsg_ifinfo(RTM_NEWLINK, dev, IFF_UP | IFF_RUNNING)
    call_netdevice_notifiers(NETDEV_UP, dev)
    return ret


def __dev_close_many(head: list[net_device]) -> int:
    """Stop devices: first their queues, then their drivers. `net/core/dev.c:1297`"""
    for dev in head:
        call_netdevice_notifiers(NETDEV_GOING_DOWN, dev)
        dev.state &= ~__LINK_STATE_START
    dev_deactivate_many(head)
    for dev in head:
        ops = dev.netdev_ops
        if ops.ndo_stop:
            ops.ndo_stop(dev)
        dev.flags &= ~IFF_UP
    return 0


def __dev_close(dev: net_device) -> int:
    """__dev_close_many for one. `net/core/dev.c:1340`"""
    return __dev_close_many([dev])


def dev_close_many(head: list[net_device]) -> int:
    """Set devices down, and say so. `net/core/dev.c:1358`"""
    running = [dev for dev in head if dev.flags & IFF_UP]
    __dev_close_many(running)
    for dev in running:
        rtmsg_ifinfo(RTM_NEWLINK, dev, IFF_UP | IFF_RUNNING)
        call_netdevice_notifiers(NETDEV_DOWN, dev)
    return 0


def dev_close(dev: net_device) -> int:
    """Set one device down. `net/core/dev.c:1388`"""
    if dev.flags & IFF_UP:
        dev_close_many([dev])
    return 0


def register_netdevice_notifier(nb: notifier_block) -> int:
    """Hear of every device from now on, and of those that are there already. `net/core/dev.c:1452`"""
    raw_notifier_chain_register(g.netdev_chain, nb)
    for net in g.net_namespace_list:
        for dev in net.dev_base_head:
            err = notifier_to_errno(nb.notifier_call(nb, NETDEV_REGISTER, dev))
            if err:
                raw_notifier_chain_unregister(g.netdev_chain, nb)
                return err
            if dev.flags & IFF_UP:
                nb.notifier_call(nb, NETDEV_UP, dev)
    return 0


def unregister_netdevice_notifier(nb: notifier_block) -> int:
    """Hear no more. `net/core/dev.c:1518`"""
    return raw_notifier_chain_unregister(g.netdev_chain, nb)


def call_netdevice_notifiers(val: int, dev: net_device) -> int:
    """Tell all listeners that `val` happened to `dev`. `net/core/dev.c:1553`"""
    return raw_notifier_call_chain(g.netdev_chain, val, dev)


# ---- time stamps, for taps and for sockets that ask ----


def net_enable_timestamp() -> None:
    """One more who wants to know when packets came. `net/core/dev.c:1569`"""
    g.netstamp_needed += 1


def net_disable_timestamp() -> None:
    """One fewer. `net/core/dev.c:1584`"""
    g.netstamp_needed -= 1


def net_timestamp_set(skb: sk_buff) -> None:
    """Note the time, if anybody wants to know it. `net/core/dev.c:1596`"""
    skb.tstamp = ktime_get_real() if g.netstamp_needed else 0


def __net_timestamp(skb: sk_buff) -> None:
    """Note the time. `include/linux/skbuff.h:2561`"""
    skb.tstamp = ktime_get_real()


def is_skb_forwardable(dev: net_device, skb: sk_buff) -> bool:
    """Is the device up, and the frame short enough for it? `net/core/dev.c:1609`"""
    return bool(dev.flags & IFF_UP) and skb.len <= dev.mtu + dev.hard_header_len + VLAN_HLEN


def dev_forward_skb(dev: net_device, skb: sk_buff) -> int:
    """Turn a frame that one device sends into one that `dev` receives. `net/core/dev.c:1648`"""
    if not is_skb_forwardable(dev, skb):
        dev.rx_dropped += 1
        kfree_skb(skb)
        return NET_RX_DROP
    if skb.destructor is not None:
        skb_orphan(skb)
    skb.skb_iif = 0
    skb.dst = None
    skb.tstamp = 0
    skb.pkt_type = PACKET_HOST
    skb.mark = 0
    skb.local_df = False  # (since 3.16) or the next router would split what may not be split
    skb.protocol = eth_type_trans(skb, dev)
    return netif_rx(skb)


def deliver_skb(skb: sk_buff, pt_prev: packet_type, orig_dev: net_device) -> int:
    """Give the packet to a receiver who is not the last: both then hold it. `net/core/dev.c:1679`"""
    skb.users += 1
    return pt_prev.func(skb, skb.dev, pt_prev, orig_dev)


def skb_loop_sk(ptype: packet_type, skb: sk_buff) -> bool:
    """Did the packet come from the very socket that listens here? `net/core/dev.c:1689`"""
    if ptype.af_packet_priv is None or skb.sk is None:
        return False
    if ptype.id_match:
        return ptype.id_match(ptype, skb.sk)
    return ptype.af_packet_priv is skb.sk


def dev_queue_xmit_nit(skb: sk_buff, dev: net_device) -> None:
    """Show a frame that is about to leave to all taps. `net/core/dev.c:1707`"""
    skb2: sk_buff = None
    pt_prev: packet_type = None
    for ptype in list(g.ptype_all):
        if (ptype.dev is dev or ptype.dev is None) and not skb_loop_sk(ptype, skb):
            if pt_prev is not None:
                deliver_skb(skb2, pt_prev, skb.dev)
                pt_prev = ptype
                continue
            skb2 = skb_clone(skb, GFP_ATOMIC)
            net_timestamp_set(skb2)
            skb_reset_mac_header(skb2)
            if skb2.network_header < skb2.data or skb2.network_header > skb2.tail:
                printk(f"protocol {skb2.protocol:04x} is buggy, dev {dev.name}")
                skb_reset_network_header(skb2)
            skb2.transport_header = skb2.network_header
            skb2.pkt_type = PACKET_OUTGOING
            pt_prev = ptype
    if pt_prev is not None:
        pt_prev.func(skb2, skb.dev, pt_prev, skb.dev)


# ---- the way out ----


def __netif_schedule(q: Qdisc) -> None:
    """Let a queue that could not send now try again in the transmit soft interrupt. `net/core/dev.c:2113`"""
    g.softnet_data[g.cpu].output_queue.append(q)
    raise_softirq_irqoff(NET_TX_SOFTIRQ)


def skb_checksum_help(skb: sk_buff) -> int:
    """Fill in, by software, the checksum that was left to the hardware. `net/core/dev.c:2201`"""
    skb_linearize(skb)
    offset = skb_checksum_start_offset(skb)
    csum = skb_checksum(skb, offset, skb.len - offset, 0)
    if skb_cloned(skb):
        pskb_expand_head(skb, 0, 0, GFP_ATOMIC)
    at = skb.csum_start + skb.csum_offset
    skb.head[at : at + 2] = csum_fold(csum).to_bytes(2, "big")
    skb.ip_summed = CHECKSUM_NONE
    return 0


def netif_skb_features(skb: sk_buff) -> int:
    """What the packet's device can do for it. `net/core/dev.c:2469`"""
    return skb.dev.features


def skb_needs_linearize(skb: sk_buff, features: int) -> bool:
    """Must the packet be brought into one piece for this device? `net/core/dev.c:2503`"""
    return skb_is_nonlinear(skb) and skb_has_frag_list(skb) and not features & NETIF_F_FRAGLIST


def dev_hard_start_xmit(skb: sk_buff, dev: net_device, txq: netdev_queue) -> int:
    """Show the frame to the taps and hand it to the driver. `net/core/dev.c:2513`"""
    ops = dev.netdev_ops
    if dev.priv_flags & IFF_XMIT_DST_RELEASE:
        skb.dst = None
    if skb.data_len and skb_needs_linearize(skb, netif_skb_features(skb)):
        __skb_linearize(skb)
    if skb.ip_summed == CHECKSUM_PARTIAL:
        skb.transport_header = skb.csum_start
        if not netif_skb_features(skb) & NETIF_F_ALL_CSUM:
            skb_checksum_help(skb)
    if g.ptype_all:
        dev_queue_xmit_nit(skb, dev)
    rc = ops.ndo_start_xmit(skb, dev)
    if rc == NETDEV_TX_OK:
        txq.trans_start = g.jiffies
    return rc


def netdev_pick_tx(dev: net_device, skb: sk_buff) -> netdev_queue:
    """Which of the device's queues the packet goes to; without flow hashing, the first. `net/core/dev.c:4219 (6.1)`"""
    skb.queue_mapping = 0
    return dev._tx[0]


def __dev_xmit_skb(skb: sk_buff, q: Qdisc, dev: net_device, txq: netdev_queue) -> int:
    """Give the packet to the queue's discipline, and let that send what it may. `net/core/dev.c:2654`"""
    rc = q.enqueue(skb, q) & NET_XMIT_MASK
    qdisc_run(q)
    return rc


def dev_loopback_xmit(skb: sk_buff) -> int:
    """Give ourselves a copy of what goes to everybody. `net/core/dev.c:2740`"""
    skb_reset_mac_header(skb)
    __skb_pull(skb, skb_network_offset(skb))
    skb.pkt_type = PACKET_LOOPBACK
    skb.ip_summed = CHECKSUM_UNNECESSARY
    netif_rx(skb)
    return 0


def dev_queue_xmit(skb: sk_buff) -> int:
    """Send a finished frame on `skb.dev`; 0, a NET_XMIT_ code or a negative errno. The skb is gone afterwards.
    `net/core/dev.c:2778`"""
    dev = skb.dev
    skb.mac_header = skb.data
    rcu_read_lock_bh()
    txq = netdev_pick_tx(dev, skb)
    q = txq.qdisc
    if q.enqueue:
        rc = __dev_xmit_skb(skb, q, dev, txq)
        rcu_read_unlock_bh()
        return rc
    if dev.flags & IFF_UP:
        if g.xmit_recursion > RECURSION_LIMIT:
            printk(f"Dead loop on virtual device {dev.name}, fix it urgently!")
        else:
            if not txq.state & QUEUE_STATE_ANY_XOFF:
                g.xmit_recursion += 1
                rc = dev_hard_start_xmit(skb, dev, txq)
                g.xmit_recursion -= 1
                if rc < NET_XMIT_MASK:
                    rcu_read_unlock_bh()
                    return rc
            printk(f"Virtual device {dev.name} asks to queue packet!")
    dev.tx_dropped += 1
    rcu_read_unlock_bh()
    kfree_skb(skb)
    return -ENETDOWN


# ---- the turn ----


def ____napi_schedule(sd: softnet_data, napi: napi_struct) -> None:
    """Ask to be polled: stand in the CPU's list, and raise the receive soft interrupt. `net/core/dev.c:2874`"""
    sd.poll_list.append(napi)
    __raise_softirq_irqoff(NET_RX_SOFTIRQ)


def enqueue_to_backlog(skb: sk_buff, cpu: int) -> int:
    """Put a received frame into a CPU's queue, and see to it that somebody will look there. `net/core/dev.c:3106`"""
    sd = g.softnet_data[cpu]
    queue = sd.input_pkt_queue.queue
    if len(queue) <= g.netdev_max_backlog:
        if not queue:
            if not sd.backlog.state & NAPI_STATE_SCHED:
                sd.backlog.state |= NAPI_STATE_SCHED
                ____napi_schedule(sd, sd.backlog)
        queue.append(skb)
        return NET_RX_SUCCESS
    sd.dropped += 1
    skb.dev.rx_dropped += 1
    kfree_skb_reason(skb, SKB_DROP_REASON_CPU_BACKLOG)
    return NET_RX_DROP


def netif_rx_internal(skb: sk_buff) -> int:
    """Queue a received frame on this CPU. `net/core/dev.c:5075 (6.1)`"""
    if g.netstamp_needed and not skb.tstamp:
        skb.tstamp = ktime_get_real()
    return enqueue_to_backlog(skb, g.cpu)


def netif_rx(skb: sk_buff) -> int:
    """A driver's way to say: this frame arrived. The soft interrupt goes on with it. `net/core/dev.c:3162`"""
    if g.preempt_count & SOFTIRQ_MASK:
        return netif_rx_internal(skb)
    local_bh_disable()
    ret = netif_rx_internal(skb)
    local_bh_enable()
    return ret


def net_tx_action(h: softirq_action) -> None:
    """Let the queues that were put off send. `net/core/dev.c:3214`"""
    sd = g.softnet_data[g.cpu]
    head, sd.output_queue = sd.output_queue, []
    for q in head:
        qdisc_run(q)


# ---- the way in ----


def netdev_rx_handler_register(dev: net_device, rx_handler: Callable, rx_handler_data: Any) -> int:
    """Let somebody, a bridge say, see the device's frames before the protocols do. `net/core/dev.c:3357`"""
    if dev.rx_handler is not None:
        return -EBUSY
    dev.rx_handler_data = rx_handler_data
    dev.rx_handler = rx_handler
    return 0


def netdev_rx_handler_unregister(dev: net_device) -> None:
    """The protocols see the frames first again. `net/core/dev.c:3382`"""
    dev.rx_handler = None
    dev.rx_handler_data = None


def __netif_receive_skb_core(skb: sk_buff) -> int:
    """Hand a received packet to every tap, then to the protocol it belongs to. `net/core/dev.c:3414`"""
    orig_dev = skb.dev
    skb.network_header = data = skb.data
    if skb.transport_header < 0:
        skb.transport_header = data
    pt_prev: packet_type = None
    deliver_exact = False
    while True:
        dev = skb.dev
        skb.skb_iif = dev.ifindex
        g.softnet_data[g.cpu].processed += 1
        for ptype in g.ptype_all:
            if ptype.dev is None or ptype.dev is dev:
                if pt_prev is not None:
                    deliver_skb(skb, pt_prev, orig_dev)
                pt_prev = ptype
        if dev.rx_handler is None:
            break
        if pt_prev is not None:
            deliver_skb(skb, pt_prev, orig_dev)
            pt_prev = None
        verdict, skb = dev.rx_handler(skb)
        if verdict == RX_HANDLER_CONSUMED:
            return NET_RX_SUCCESS
        if verdict == RX_HANDLER_ANOTHER:
            continue
        deliver_exact = verdict == RX_HANDLER_EXACT
        break

    null_or_dev = dev if deliver_exact else None
    for ptype in g.ptype_base.get(skb.protocol, ()):
        if ptype.dev is null_or_dev or ptype.dev is dev or ptype.dev is orig_dev:
            if pt_prev is not None:
                deliver_skb(skb, pt_prev, orig_dev)
            pt_prev = ptype
    if pt_prev is not None:
        return pt_prev.func(skb, dev, pt_prev, orig_dev)
    dev.rx_dropped += 1
    kfree_skb_reason(skb, SKB_DROP_REASON_UNHANDLED_PROTO)
    return NET_RX_DROP


def __netif_receive_skb(skb: sk_buff) -> int:
    """A received packet begins its way up. `net/core/dev.c:3562`"""
    return __netif_receive_skb_core(skb)


def netif_receive_skb(skb: sk_buff) -> int:
    """The same, for drivers that are polled themselves. `net/core/dev.c:3602`"""
    if g.netstamp_needed and not skb.tstamp:
        __net_timestamp(skb)
    return __netif_receive_skb(skb)


def flush_backlog(arg: net_device) -> None:
    """Forget what a vanishing device received and nobody has looked at. `net/core/dev.c:3633`"""
    for sd in g.softnet_data:
        for queue in (sd.input_pkt_queue, sd.process_queue):
            for skb in [skb for skb in queue.queue if skb.dev is arg]:
                __skb_unlink(skb, queue)
                kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY)


def process_backlog(napi: napi_struct, quota: int) -> int:
    """Poll the queue behind netif_rx: up to `quota` packets go their way up; returns how many. `net/core/dev.c:4014`"""
    sd = napi.container
    queue = sd.process_queue.queue
    work = 0
    napi.weight = g.dev_weight
    while True:
        while queue:
            __netif_receive_skb(queue.popleft())
            work += 1
            if work >= quota:
                return work
        if not sd.input_pkt_queue.queue:
            napi.state = 0
            return work
        queue.extend(sd.input_pkt_queue.queue)  # skb_queue_splice_tail_init
        sd.input_pkt_queue.queue.clear()


def napi_complete(n: napi_struct) -> None:
    """A driver has nothing more to be polled for. `net/core/dev.c:4098`"""
    n.state &= ~NAPI_STATE_SCHED


def net_rx_action(h: softirq_action) -> None:
    """The receive soft interrupt: poll whoever asked to be polled, as long as the budget lasts.
    `net/core/dev.c:4156`"""
    sd = g.softnet_data[g.cpu]
    time_limit = g.jiffies + 2
    budget = g.netdev_budget
    while sd.poll_list:
        if budget <= 0 or g.jiffies >= time_limit:
            sd.time_squeeze += 1
            __raise_softirq_irqoff(NET_RX_SOFTIRQ)
            return
        n = sd.poll_list.pop(0)
        weight = n.weight
        work = n.poll(n, weight) if n.state & NAPI_STATE_SCHED else 0
        budget -= work
        if work == weight and n.state & NAPI_STATE_SCHED:
            sd.poll_list.append(n)


def netdev_master_upper_dev_get(dev: net_device) -> net_device:
    """The device, a bridge say, that this one serves; or None. `net/core/dev.c:4344`"""
    return dev.master


# ---- flags, MTU, address ----


def dev_change_rx_flags(dev: net_device, flags: int) -> None:
    """Tell a driver that wants to know. `net/core/dev.c:4477`"""
    ops = dev.netdev_ops
    if dev.flags & IFF_UP and ops.ndo_change_rx_flags:
        ops.ndo_change_rx_flags(dev, flags)


def __dev_set_promiscuity(dev: net_device, inc: int) -> int:
    """Count those who want every frame; the flag follows the count. `net/core/dev.c:4485`"""
    old_flags = dev.flags
    dev.flags |= IFF_PROMISC
    dev.promiscuity += inc
    if dev.promiscuity == 0:
        if inc >= 0:
            dev.promiscuity -= inc
            return -EOVERFLOW
        dev.flags &= ~IFF_PROMISC
    if dev.flags != old_flags:
        printk(f"{dev.name}: {'entered' if dev.flags & IFF_PROMISC else 'left'} promiscuous mode")
        dev_change_rx_flags(dev, IFF_PROMISC)
    return 0


def dev_set_promiscuity(dev: net_device, inc: int) -> int:
    """One more, or one fewer, who wants every frame. `net/core/dev.c:4542`"""
    old_flags = dev.flags
    err = __dev_set_promiscuity(dev, inc)
    if err < 0:
        return err
    if dev.flags != old_flags:
        dev_set_rx_mode(dev)
        rtmsg_ifinfo(RTM_NEWLINK, dev, IFF_PROMISC)
    return err


def dev_set_allmulti(dev: net_device, inc: int) -> int:
    """One more, or one fewer, who wants every group's frames. `net/core/dev.c:4569`"""
    old_flags = dev.flags
    dev.flags |= IFF_ALLMULTI
    dev.allmulti += inc
    if dev.allmulti == 0:
        if inc >= 0:
            dev.allmulti -= inc
            return -EOVERFLOW
        dev.flags &= ~IFF_ALLMULTI
    if dev.flags ^ old_flags:
        printk(f"{dev.name}: {'entered' if dev.flags & IFF_ALLMULTI else 'left'} allmulticast mode")
        dev_change_rx_flags(dev, IFF_ALLMULTI)
        dev_set_rx_mode(dev)
    return 0


def dev_set_rx_mode(dev: net_device) -> None:
    """Tell the driver which frames are wanted. `net/core/dev.c:4633`"""
    if dev.flags & IFF_UP and netif_device_present(dev) and dev.netdev_ops.ndo_set_rx_mode:
        dev.netdev_ops.ndo_set_rx_mode(dev)


def dev_get_flags(dev: net_device) -> int:
    """The flags as user space sees them, with what is known of the link. `net/core/dev.c:4646`"""
    flags = (dev.flags & ~(IFF_PROMISC | IFF_ALLMULTI | IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT)) | (
        dev.gflags & (IFF_PROMISC | IFF_ALLMULTI)
    )
    if netif_running(dev):
        if netif_oper_up(dev):
            flags |= IFF_RUNNING
        if netif_carrier_ok(dev):
            flags |= IFF_LOWER_UP
        if netif_dormant(dev):
            flags |= IFF_DORMANT
    return flags


def __dev_change_flags(dev: net_device, flags: int) -> int:
    """Set what of the flags the user may set; up and down, and the counted ones, by their own ways.
    `net/core/dev.c:4671`"""
    old_flags = dev.flags
    mine = IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC | IFF_MULTICAST | IFF_PORTSEL | IFF_AUTOMEDIA
    dev.flags = (flags & mine) | (dev.flags & (IFF_UP | IFF_VOLATILE | IFF_PROMISC | IFF_ALLMULTI))
    if (old_flags ^ flags) & IFF_MULTICAST:
        dev_change_rx_flags(dev, IFF_MULTICAST)
    dev_set_rx_mode(dev)
    ret = 0
    if (old_flags ^ flags) & IFF_UP:
        ret = __dev_close(dev) if old_flags & IFF_UP else __dev_open(dev)
        if not ret:
            dev_set_rx_mode(dev)
    if (flags ^ dev.gflags) & IFF_PROMISC:
        dev.gflags ^= IFF_PROMISC
        before = dev.flags
        if __dev_set_promiscuity(dev, 1 if flags & IFF_PROMISC else -1) >= 0 and dev.flags != before:
            dev_set_rx_mode(dev)
    if (flags ^ dev.gflags) & IFF_ALLMULTI:
        dev.gflags ^= IFF_ALLMULTI
        dev_set_allmulti(dev, 1 if flags & IFF_ALLMULTI else -1)
    return ret


def __dev_notify_flags(dev: net_device, old_flags: int) -> None:
    """Tell the listeners which flags changed. `net/core/dev.c:4732`"""
    changes = dev.flags ^ old_flags
    if changes & IFF_UP:
        call_netdevice_notifiers(NETDEV_UP if dev.flags & IFF_UP else NETDEV_DOWN, dev)
    if dev.flags & IFF_UP and changes & ~(IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_VOLATILE):
        dev.flags_changed = changes  # 6.1 hands it to the listeners in a struct of its own
        call_netdevice_notifiers(NETDEV_CHANGE, dev)
        dev.flags_changed = 0


def dev_change_flags(dev: net_device, flags: int) -> int:
    """Change the flags as the user asks, and tell everybody. `net/core/dev.c:4756`"""
    old_flags = dev.flags
    ret = __dev_change_flags(dev, flags)
    if ret < 0:
        return ret
    changes = old_flags ^ dev.flags
    if changes:
        rtmsg_ifinfo(RTM_NEWLINK, dev, changes)
    __dev_notify_flags(dev, old_flags)
    return ret


def dev_validate_mtu(dev: net_device, new_mtu: int, extack: netlink_ext_ack) -> int:
    """Is the MTU within what the device can do? `net/core/dev.c:8790 (6.1)`"""
    if new_mtu < 0 or new_mtu < dev.min_mtu:
        NL_SET_ERR_MSG(extack, "mtu less than device minimum")
        return -EINVAL
    if dev.max_mtu > 0 and new_mtu > dev.max_mtu:
        NL_SET_ERR_MSG(extack, "mtu greater than device maximum")
        return -EINVAL
    return 0


def __dev_set_mtu(dev: net_device, new_mtu: int) -> int:
    """Let the driver change the MTU, or change it for one that does not care. `net/core/dev.c:8777 (6.1)`"""
    ops = dev.netdev_ops
    if ops.ndo_change_mtu:
        return ops.ndo_change_mtu(dev, new_mtu)
    dev.mtu = new_mtu
    return 0


def dev_set_mtu_ext(dev: net_device, new_mtu: int, extack: netlink_ext_ack) -> int:
    """Change the MTU as the user asks, and tell everybody. `net/core/dev.c:8814 (6.1)`"""
    if new_mtu == dev.mtu:
        return 0
    err = dev_validate_mtu(dev, new_mtu, extack)
    if err:
        return err
    if not netif_device_present(dev):
        return -ENODEV
    err = notifier_to_errno(call_netdevice_notifiers(NETDEV_PRECHANGEMTU, dev))
    if err:
        return err
    err = __dev_set_mtu(dev, new_mtu)
    if not err:
        call_netdevice_notifiers(NETDEV_CHANGEMTU, dev)
    return err


def dev_set_mtu(dev: net_device, new_mtu: int) -> int:
    """dev_set_mtu_ext, for who cannot be told why not. `net/core/dev.c:4781`"""
    return dev_set_mtu_ext(dev, new_mtu, None)


def dev_change_tx_queue_len(dev: net_device, new_len: int) -> int:
    """Change how many packets a queue may hold. `net/core/dev.c:8871 (6.1)`"""
    if new_len > 0xFFFFFFFF:
        return -ERANGE
    if new_len != dev.tx_queue_len:
        dev.tx_queue_len = new_len
        call_netdevice_notifiers(NETDEV_CHANGE_TX_QUEUE_LEN, dev)
    return 0


def dev_set_group(dev: net_device, new_group: int) -> None:
    """Put the device into a group. `net/core/dev.c:4813`"""
    dev.group = new_group


def dev_set_mac_address(dev: net_device, sa: bytes) -> int:
    """Change the hardware address as the user asks. `net/core/dev.c:4826`"""
    ops = dev.netdev_ops
    if not ops.ndo_set_mac_address:
        return -EOPNOTSUPP
    if not netif_device_present(dev):
        return -ENODEV
    if sa != dev.dev_addr:
        err = ops.ndo_set_mac_address(dev, sa)
        if err:
            return err
    dev.addr_assign_type = NET_ADDR_SET
    call_netdevice_notifiers(NETDEV_CHANGEADDR, dev)
    return 0


def dev_change_carrier(dev: net_device, new_carrier: int) -> int:
    """Pull or plug the cable by command, where the driver has such a thing. `net/core/dev.c:4854`"""
    ops = dev.netdev_ops
    if not ops.ndo_change_carrier:
        return -EOPNOTSUPP
    if not netif_device_present(dev):
        return -ENODEV
    return ops.ndo_change_carrier(dev, new_carrier)


def dev_get_iflink(dev: net_device) -> int:
    """The number of the device this one is tied to: its own, unless it has a peer. `net/core/dev.c:659 (6.1)`"""
    if dev.netdev_ops.ndo_get_iflink:
        return dev.netdev_ops.ndo_get_iflink(dev)
    return dev.ifindex


# ---- a device's life ----


def dev_new_index(net: net) -> int:
    """The next number of this namespace that no device has. `net/core/dev.c:4874`"""
    while True:
        net.ifindex += 1
        if __dev_get_by_index(net, net.ifindex) is None:
            return net.ifindex


def net_set_todo(dev: net_device) -> None:
    """The rest of its end comes when the lock is released. `net/core/dev.c:4888`"""
    g.net_todo_list.append(dev)


def rollback_registered_many(head: list[net_device]) -> None:
    """Stop devices, take them out of all tables, and tell everybody. `net/core/dev.c:4893`"""
    for dev in head:
        BUG_ON(dev.reg_state == NETREG_UNINITIALIZED)
        dev.dismantle = True
        BUG_ON(dev.reg_state != NETREG_REGISTERED)
    dev_close_many(head)
    for dev in head:
        unlist_netdevice(dev)
        dev.reg_state = NETREG_UNREGISTERING
    for dev in head:
        dev_shutdown(dev)
        call_netdevice_notifiers(NETDEV_UNREGISTER, dev)
        if dev.rtnl_link_ops is None or dev.rtnl_link_state == RTNL_LINK_INITIALIZED:
            rtmsg_ifinfo(RTM_DELLINK, dev, ALL_CHANGES)
        if dev.netdev_ops.ndo_uninit:
            dev.netdev_ops.ndo_uninit(dev)
        netdev_unregister_kobject(dev)


def rollback_registered(dev: net_device) -> None:
    """rollback_registered_many for one. `net/core/dev.c:4969`"""
    rollback_registered_many([dev])


def register_netdevice(dev: net_device) -> int:
    """Make a new device known: a name, a number, a place in the tables; then tell everybody. `net/core/dev.c:5204`"""
    net = dev_net(dev)
    BUG_ON(dev.reg_state != NETREG_UNINITIALIZED)
    ret = dev_get_valid_name(net, dev, dev.name)
    if ret < 0:
        return ret
    if dev.netdev_ops.ndo_init:
        ret = dev.netdev_ops.ndo_init(dev)
        if ret:
            return -EIO if ret > 0 else ret

    if not dev.ifindex:
        dev.ifindex = dev_new_index(net)
    elif __dev_get_by_index(net, dev.ifindex) is not None:
        return err_uninit(dev, -EBUSY)
    dev.hw_features |= NETIF_F_SOFT_FEATURES
    dev.features |= NETIF_F_SOFT_FEATURES
    dev.wanted_features = dev.features & dev.hw_features
    ret = notifier_to_errno(call_netdevice_notifiers(NETDEV_POST_INIT, dev))
    if ret:
        return err_uninit(dev, ret)
    ret = netdev_register_kobject(dev)
    if ret:
        return err_uninit(dev, ret)
    dev.reg_state = NETREG_REGISTERED

    dev.state |= __LINK_STATE_PRESENT
    linkwatch_init_dev(dev)
    dev_init_scheduler(dev)
    list_netdevice(dev)
    if dev.addr_assign_type == NET_ADDR_PERM:
        dev.perm_addr = dev.dev_addr
    ret = notifier_to_errno(call_netdevice_notifiers(NETDEV_REGISTER, dev))
    if ret:
        rollback_registered(dev)
        dev.reg_state = NETREG_UNREGISTERED
    if dev.rtnl_link_ops is None or dev.rtnl_link_state == RTNL_LINK_INITIALIZED:
        rtmsg_ifinfo(RTM_NEWLINK, dev, ALL_CHANGES)
    return ret


def err_uninit(dev: net_device, err: int) -> int:
    """register_netdevice gives up after the driver's init: C's label of this name. `net/core/dev.c:5330`"""
    if dev.netdev_ops.ndo_uninit:
        dev.netdev_ops.ndo_uninit(dev)
    return err


def register_netdev(dev: net_device) -> int:
    """register_netdevice, for callers without the lock. `net/core/dev.c:5391`"""
    rtnl_lock()
    err = register_netdevice(dev)
    rtnl_unlock()
    return err


def netdev_run_todo() -> None:
    """The last act of devices that were unregistered: nobody holds them any more. `net/core/dev.c:5498`"""
    while g.net_todo_list:
        dev = g.net_todo_list.pop(0)
        call_netdevice_notifiers(NETDEV_UNREGISTER_FINAL, dev)
        dev.reg_state = NETREG_UNREGISTERED
        flush_backlog(dev)
        if dev.destructor is not None:
            dev.destructor(dev)


def dev_get_stats(dev: net_device, storage: rtnl_link_stats64) -> rtnl_link_stats64:
    """The driver's counters, and what the device layer itself dropped. `net/core/dev.c:5580`"""
    ops = dev.netdev_ops
    if ops.ndo_get_stats64:
        ops.ndo_get_stats64(dev, storage)
    storage.rx_dropped += dev.rx_dropped
    storage.tx_dropped += dev.tx_dropped
    storage.rx_otherhost_dropped += dev.rx_otherhost_dropped
    return storage


def netif_alloc_netdev_queues(dev: net_device) -> int:
    """Its transmit queues. `net/core/dev.c:5168`"""
    dev._tx = [netdev_queue(dev) for _ in range(dev.num_tx_queues)]
    return 0


def alloc_netdev_mqs(
    sizeof_priv: Any, name: str, setup: Callable[[net_device], None], txqs: int, rxqs: int
) -> net_device:
    """A new device with the driver's own struct: `sizeof_priv` is that struct's class, or 0. `net/core/dev.c:5638`"""
    dev = net_device(name)
    dev_net_set(dev, g.init_net)
    dev.priv_flags = IFF_XMIT_DST_RELEASE
    dev.priv = sizeof_priv() if sizeof_priv else None
    setup(dev)
    dev.num_tx_queues = dev.real_num_tx_queues = txqs
    dev.num_rx_queues = rxqs
    netif_alloc_netdev_queues(dev)
    return dev


def alloc_netdev(sizeof_priv: Any, name: str, setup: Callable[[net_device], None]) -> net_device:
    """A new device with one queue. `include/linux/netdevice.h:2587`"""
    return alloc_netdev_mqs(sizeof_priv, name, setup, 1, 1)


def free_netdev(dev: net_device) -> None:
    """The end of a device, registered or not. `net/core/dev.c:5741`"""
    dev._tx = []
    dev.reg_state = NETREG_RELEASED


def unregister_netdevice_queue(dev: net_device, head: list[net_device]) -> None:
    """Unregister a device: now, or together with the others in `head`. `net/core/dev.c:5806`"""
    if head is not None:
        head.append(dev)
    else:
        rollback_registered(dev)
        net_set_todo(dev)


def unregister_netdevice_many(head: list[net_device]) -> None:
    """Unregister all that were collected. `net/core/dev.c:5824`"""
    if head:
        rollback_registered_many(head)
        for dev in head:
            net_set_todo(dev)


def unregister_netdevice(dev: net_device) -> None:
    """Unregister one device. `include/linux/netdevice.h:1685`"""
    unregister_netdevice_queue(dev, None)


def unregister_netdev(dev: net_device) -> None:
    """unregister_netdevice, for callers without the lock. `net/core/dev.c:5847`"""
    rtnl_lock()
    unregister_netdevice(dev)
    rtnl_unlock()


def dev_change_net_namespace(
    dev: net_device, net: net, pat: str | None, new_ifindex: int = 0, extack: netlink_ext_ack | None = None
) -> int:
    """Move a device to another namespace: it vanishes here and appears there, down. `net/core/dev.c:5869`"""
    if dev_net(dev) is net:
        return 0
    if dev.features & NETIF_F_NETNS_LOCAL:
        NL_SET_ERR_MSG(extack, "The interface netns is immutable")
        return -EINVAL
    if dev.reg_state != NETREG_REGISTERED:
        return -EINVAL
    new_name = dev.name
    if __dev_get_by_name(net, dev.name) is not None:
        if not pat:
            NL_SET_ERR_MSG(extack, "An interface with the same name exists in the target netns")
            return -EEXIST
        err, new_name = dev_prep_valid_name(net, dev, pat)
        if err < 0:
            NL_SET_ERR_MSG(extack, f"Unable to use '{pat}' for the new interface name in the target netns")
            return err
    for altname in dev.altnames:
        if netdev_name_node_lookup(net, altname) is not None:
            NL_SET_ERR_MSG(extack, f"An interface with the altname {altname} exists in the target netns")
            return -EEXIST
    if new_ifindex and __dev_get_by_index(net, new_ifindex) is not None:
        NL_SET_ERR_MSG(extack, f"The ifindex {new_ifindex} is not available in the target netns")
        return -EBUSY

    dev_close(dev)
    unlist_netdevice(dev)
    dev_shutdown(dev)
    call_netdevice_notifiers(NETDEV_UNREGISTER, dev)
    call_netdevice_notifiers(NETDEV_UNREGISTER_FINAL, dev)
    new_nsid = peernet2id_alloc(dev_net(dev), net)
    if not new_ifindex:
        new_ifindex = dev.ifindex if __dev_get_by_index(net, dev.ifindex) is None else dev_new_index(net)
    rtmsg_ifinfo_newnet(RTM_DELLINK, dev, ALL_CHANGES, new_nsid, new_ifindex)
    netdev_unregister_kobject(dev)

    dev_net_set(dev, net)
    dev.ifindex = new_ifindex
    dev.name = new_name
    netdev_register_kobject(dev)
    list_netdevice(dev)
    call_netdevice_notifiers(NETDEV_REGISTER, dev)
    rtmsg_ifinfo(RTM_NEWLINK, dev, ALL_CHANGES)
    return 0


def dev_prep_valid_name(net: net, dev: net_device, want_name: str) -> tuple[int, str]:
    """The name that dev_get_valid_name would give, without giving it. `net/core/dev.c:1148 (6.1)`"""
    if not dev_valid_name(want_name):
        return -EINVAL, ""
    if "%" in want_name:
        ret, out_name = __dev_alloc_name(net, want_name)
        return min(ret, 0), out_name
    if __dev_get_by_name(net, want_name) is not None:
        return -EEXIST, ""
    return 0, want_name


# ---- namespaces, and the start of it all ----


def netdev_init(net: net) -> int:
    """Empty device tables for a new namespace. `net/core/dev.c:6072`"""
    net.dev_base_head = []
    net.dev_name_head = {}
    net.dev_index_head = {}
    return 0


netdev_net_ops = pernet_operations(init=netdev_init)


def default_device_exit(net: net) -> None:
    """Hardware survives a namespace that ends: it goes back to the first one. `net/core/dev.c:6195`"""
    rtnl_lock()
    for dev in list(net.dev_base_head):
        if not dev.features & NETIF_F_NETNS_LOCAL and dev.rtnl_link_ops is None:
            fb_name = f"dev{dev.ifindex}"
            if __dev_get_by_name(g.init_net, fb_name) is not None:
                fb_name = "dev%d"
            for altname in [*dev.altnames]:
                if netdev_name_node_lookup(g.init_net, altname) is not None:
                    netdev_name_node_alt_destroy(dev, altname)
            BUG_ON(dev_change_net_namespace(dev, g.init_net, fb_name))
    rtnl_unlock()


def default_device_exit_batch(net_list: list[net]) -> None:
    """All others end with it, the last made first, lo at the very end. `net/core/dev.c:6227`"""
    dev_kill_list: list[net_device] = []
    rtnl_lock()
    for net in net_list:
        for dev in reversed(net.dev_base_head):
            if dev in dev_kill_list:
                continue
            if dev.rtnl_link_ops is not None:
                dev.rtnl_link_ops.dellink(dev, dev_kill_list)
            else:
                unregister_netdevice_queue(dev, dev_kill_list)
    unregister_netdevice_many(dev_kill_list)
    rtnl_unlock()


default_device_ops = pernet_operations(exit=default_device_exit, exit_batch=default_device_exit_batch)


def dev_data() -> None:
    """The variables that C gives their first values when the file is compiled."""
    g.netdev_chain = []
    g.net_todo_list = []
    g.netstamp_needed = 0
    g.xmit_recursion = 0
    g.netdev_max_backlog = 1000
    g.netdev_budget = 300
    g.dev_weight = NAPI_POLL_WEIGHT


def net_dev_init() -> int:
    """The device layer starts: a backlog queue for each CPU, lo for each namespace. `net/core/dev.c:6268`"""
    dev_proc_init()
    netdev_kobject_init()
    g.ptype_all = []
    g.ptype_base = {}
    register_pernet_subsys(netdev_net_ops)
    g.softnet_data = []
    for i in for_each_possible_cpu():
        sd = softnet_data(cpu=i)
        sd.backlog.container = sd
        sd.backlog.poll = process_backlog
        sd.backlog.weight = g.dev_weight
        g.softnet_data.append(sd)
    register_pernet_device(loopback_net_ops)
    register_pernet_device(default_device_ops)
    open_softirq(NET_TX_SOFTIRQ, net_tx_action)
    open_softirq(NET_RX_SOFTIRQ, net_rx_action)
    return 0


from vethkernel.drivers.net.loopback import loopback_net_ops
from vethkernel.kernel.notifier import (
    raw_notifier_call_chain,
    raw_notifier_chain_register,
    raw_notifier_chain_unregister,
)
from vethkernel.kernel.printk import printk
from vethkernel.kernel.softirq import (
    __raise_softirq_irqoff,
    local_bh_disable,
    local_bh_enable,
    open_softirq,
    raise_softirq_irqoff,
    rcu_read_lock_bh,
    rcu_read_unlock_bh,
)
from vethkernel.net.core.link_watch import linkwatch_init_dev
from vethkernel.net.core.net_namespace import peernet2id_alloc, register_pernet_device, register_pernet_subsys
from vethkernel.net.core.net_procfs import dev_proc_init
from vethkernel.net.core.net_sysfs import netdev_kobject_init, netdev_register_kobject, netdev_unregister_kobject
from vethkernel.net.core.rtnetlink import rtmsg_ifinfo, rtmsg_ifinfo_newnet, rtnl_lock, rtnl_unlock
from vethkernel.net.core.skbuff import (
    __skb_linearize,
    kfree_skb,
    kfree_skb_reason,
    pskb_expand_head,
    skb_checksum,
    skb_clone,
    skb_linearize,
    skb_orphan,
)
from vethkernel.net.ethernet.eth import eth_type_trans
from vethkernel.net.sched.sch_generic import (
    dev_activate,
    dev_deactivate_many,
    dev_init_scheduler,
    dev_shutdown,
    qdisc_run,
)
