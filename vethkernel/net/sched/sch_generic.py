# SPDX-License-Identifier: GPL-2.0-only
"""net/sched/sch_generic.c: carrier, the queue disciplines that devices start with, and sending from them.

A device that is down has noop, which drops; one that needs no queue (lo, veth) gets noqueue when it goes up; hardware
gets pfifo_fast, or mq above several of those. `dev.qdisc` is what `ip link` shows; `txq.qdisc` is what packets meet,
noop as long as there is no carrier. Left out: the watchdog, segmentation, sending without a lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.netdevice import (
    __LINK_STATE_NOCARRIER,
    IFF_NO_QUEUE,
    NET_XMIT_CN,
    NET_XMIT_DROP,
    NET_XMIT_SUCCESS,
    NETDEV_TX_BUSY,
    NETREG_UNINITIALIZED,
    dev_xmit_complete,
    net_device,
    netdev_get_tx_queue,
    netdev_queue,
    netif_carrier_ok,
    netif_xmit_frozen_or_stopped,
)
from vethkernel.include.linux.skbuff import (
    __skb_dequeue,
    __skb_queue_head,
    __skb_queue_tail,
    sk_buff,
    sk_buff_head,
    skb_peek,
)
from vethkernel.include.net.dropreason import SKB_DROP_REASON_QDISC_DROP
from vethkernel.include.net.sch_generic import (
    __QDISC_STATE_DEACTIVATED,
    TC_H_ROOT,
    TCQ_F_BUILTIN,
    TCQ_F_ONETXQUEUE,
    Qdisc,
    Qdisc_ops,
    netif_is_multiqueue,
    qdisc_dev,
    qdisc_priv,
    qdisc_qlen,
    qdisc_run_begin,
    qdisc_run_end,
)

PFIFO_FAST_BANDS = 3
TC_PRIO_MAX = 15


def dev_requeue_skb(skb: sk_buff, q: Qdisc) -> int:
    """The driver is busy: put the packet back, first in line. `net/sched/sch_generic.c:43`"""
    __skb_queue_head(q.gso_skb, skb)
    q.qstats.requeues += 1
    q.qlen += 1
    __netif_schedule(q)
    return 0


def dequeue_skb(q: Qdisc) -> sk_buff:
    """The next packet to send, one that was put back before all others. `net/sched/sch_generic.c:54`"""
    skb = skb_peek(q.gso_skb)
    txq = q.dev_queue
    if skb is not None:
        if netif_xmit_frozen_or_stopped(txq):
            return None
        q.qlen -= 1
        return __skb_dequeue(q.gso_skb)
    if not q.flags & TCQ_F_ONETXQUEUE or not netif_xmit_frozen_or_stopped(txq):
        return q.dequeue(q)
    return None


def sch_direct_xmit(skb: sk_buff, q: Qdisc, dev: net_device, txq: netdev_queue, root_lock: None) -> int:
    """Hand a packet to the driver; returns how many still wait, 0 to stop sending. `net/sched/sch_generic.c:113`"""
    ret = NETDEV_TX_BUSY
    if not netif_xmit_frozen_or_stopped(txq):
        ret = dev_hard_start_xmit(skb, dev, txq)
    ret = qdisc_qlen(q) if dev_xmit_complete(ret) else dev_requeue_skb(skb, q)
    return 0 if netif_xmit_frozen_or_stopped(txq) else ret


def qdisc_restart(q: Qdisc) -> int:
    """Send the next packet; 0 if there is no more to do. `net/sched/sch_generic.c:170`"""
    skb = dequeue_skb(q)
    if skb is None:
        return 0
    dev = qdisc_dev(q)
    txq = netdev_get_tx_queue(dev, skb.queue_mapping)
    return sch_direct_xmit(skb, q, dev, txq, None)


def __qdisc_run(q: Qdisc) -> None:
    """Send what waits, up to a quota; the soft interrupt does the rest. `net/sched/sch_generic.c:189`"""
    quota = g.dev_weight
    while qdisc_restart(q):
        quota -= 1
        if quota <= 0:
            __netif_schedule(q)
            break
    qdisc_run_end(q)


def qdisc_run(q: Qdisc) -> None:
    """Send what waits, unless somebody does so already. `include/net/pkt_sched.h:102`"""
    if qdisc_run_begin(q):
        __qdisc_run(q)


def dev_trans_start(dev: net_device) -> int:
    """When the device last sent. `net/sched/sch_generic.c:208`"""
    return max(netdev_get_tx_queue(dev, i).trans_start for i in range(dev.num_tx_queues))


def netif_carrier_on(dev: net_device) -> None:
    """The driver found the other side. `net/sched/sch_generic.c:299`"""
    if dev.state & __LINK_STATE_NOCARRIER:
        dev.state &= ~__LINK_STATE_NOCARRIER
        if dev.reg_state == NETREG_UNINITIALIZED:
            return
        dev.carrier_up_count += 1
        linkwatch_fire_event(dev)


def netif_carrier_off(dev: net_device) -> None:
    """The driver lost the other side. `net/sched/sch_generic.c:317`"""
    if not dev.state & __LINK_STATE_NOCARRIER:
        dev.state |= __LINK_STATE_NOCARRIER
        if dev.reg_state == NETREG_UNINITIALIZED:
            return
        dev.carrier_down_count += 1
        linkwatch_fire_event(dev)


def noop_enqueue(skb: sk_buff, qdisc: Qdisc) -> int:
    """Drop: the device is down, or nobody hears it. `net/sched/sch_generic.c:332`"""
    skb.dev.tx_dropped += 1
    kfree_skb_reason(skb, SKB_DROP_REASON_QDISC_DROP)
    return NET_XMIT_CN


def noop_dequeue(qdisc: Qdisc) -> sk_buff:
    """There is never anything in it. `net/sched/sch_generic.c:338`"""
    return None


noop_qdisc_ops = Qdisc_ops(id="noop", enqueue=noop_enqueue, dequeue=noop_dequeue, peek=noop_dequeue)
noop_qdisc = Qdisc(noop_qdisc_ops, noop_enqueue, noop_dequeue, TCQ_F_BUILTIN)


def noqueue_init(qdisc: Qdisc, opt: object) -> int:
    """A discipline without an enqueue: packets pass. `net/sched/sch_generic.c:710 (6.1)`"""
    qdisc.enqueue = None
    return 0


noqueue_qdisc_ops = Qdisc_ops(
    id="noqueue", init=noqueue_init, enqueue=noop_enqueue, dequeue=noop_dequeue, peek=noop_dequeue
)

prio2band = (1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)


@dataclass(slots=True, eq=False)
class pfifo_fast_priv:
    """Three queues, the first served before the second, the second before the third."""

    q: list[sk_buff_head] = field(default_factory=lambda: [sk_buff_head() for _ in range(PFIFO_FAST_BANDS)])


def band2list(priv: pfifo_fast_priv, band: int) -> sk_buff_head:
    """One of the three. `net/sched/sch_generic.c:424`"""
    return priv.q[band]


def pfifo_fast_enqueue(skb: sk_buff, qdisc: Qdisc) -> int:
    """Queue by the packet's priority; drop when the queue is full. `net/sched/sch_generic.c:430`"""
    if qdisc.qlen < qdisc_dev(qdisc).tx_queue_len:
        band = prio2band[skb.priority & TC_PRIO_MAX]
        __skb_queue_tail(band2list(qdisc_priv(qdisc), band), skb)
        qdisc.qlen += 1
        return NET_XMIT_SUCCESS
    qdisc.qstats.drops += 1
    kfree_skb_reason(skb, SKB_DROP_REASON_QDISC_DROP)
    return NET_XMIT_DROP


def pfifo_fast_dequeue(qdisc: Qdisc) -> sk_buff:
    """The first packet of the first queue that has one. `net/sched/sch_generic.c:445`"""
    for band in range(PFIFO_FAST_BANDS):
        skb = __skb_dequeue(band2list(qdisc_priv(qdisc), band))
        if skb is not None:
            qdisc.qlen -= 1
            return skb
    return None


def pfifo_fast_peek(qdisc: Qdisc) -> sk_buff:
    """The same, left where it is. `net/sched/sch_generic.c:464`"""
    for band in range(PFIFO_FAST_BANDS):
        skb = skb_peek(band2list(qdisc_priv(qdisc), band))
        if skb is not None:
            return skb
    return None


def pfifo_fast_reset(qdisc: Qdisc) -> None:
    """Drop all that waits. `net/sched/sch_generic.c:478`"""
    for band in range(PFIFO_FAST_BANDS):
        skb_queue_purge(band2list(qdisc_priv(qdisc), band))
    qdisc.qlen = 0


pfifo_fast_ops = Qdisc_ops(
    id="pfifo_fast",
    priv_size=pfifo_fast_priv,
    enqueue=pfifo_fast_enqueue,
    dequeue=pfifo_fast_dequeue,
    peek=pfifo_fast_peek,
    reset=pfifo_fast_reset,
)


def qdisc_alloc(dev_queue: netdev_queue, ops: Qdisc_ops) -> Qdisc:
    """A discipline for a queue, not yet at work. `net/sched/sch_generic.c:532`"""
    return Qdisc(ops, ops.enqueue, ops.dequeue, dev_queue=dev_queue, priv=ops.priv_size() if ops.priv_size else None)


def qdisc_create_dflt(dev_queue: netdev_queue, ops: Qdisc_ops, parentid: int) -> Qdisc:
    """The same, set up; None if that fails. `net/sched/sch_generic.c:576`"""
    sch = qdisc_alloc(dev_queue, ops)
    sch.parent = parentid
    if not ops.init or ops.init(sch, None) == 0:
        return sch
    qdisc_destroy(sch)
    return None


def qdisc_reset(qdisc: Qdisc) -> None:
    """Drop all that waits in it. `net/sched/sch_generic.c:597`"""
    if qdisc.ops.reset:
        qdisc.ops.reset(qdisc)
    skb_queue_purge(qdisc.gso_skb)
    qdisc.qlen = 0


def qdisc_destroy(qdisc: Qdisc) -> None:
    """The end of a discipline. `net/sched/sch_generic.c:619`"""
    if qdisc.flags & TCQ_F_BUILTIN:
        return
    qdisc_reset(qdisc)
    if qdisc.ops.destroy:
        qdisc.ops.destroy(qdisc)


def dev_graft_qdisc(dev_queue: netdev_queue, qdisc: Qdisc) -> Qdisc:
    """Give a queue another discipline for when it is next active; returns the old one. `net/sched/sch_generic.c:651`"""
    oqdisc = dev_queue.qdisc_sleeping
    dev_queue.qdisc_sleeping = qdisc or noop_qdisc
    dev_queue.qdisc = noop_qdisc
    return oqdisc


def netdev_for_each_tx_queue(dev: net_device, f: Callable[[net_device, netdev_queue, Any], None], arg: Any) -> None:
    """Call `f` for each queue of a device. `include/linux/netdevice.h:1401`"""
    for dev_queue in dev._tx:
        f(dev, dev_queue, arg)


def attach_one_default_qdisc(dev: net_device, dev_queue: netdev_queue, _unused: None) -> None:
    """Give a queue the discipline that suits its device. `net/sched/sch_generic.c:676`"""
    ops = noqueue_qdisc_ops if dev.priv_flags & IFF_NO_QUEUE else pfifo_fast_ops
    qdisc = qdisc_create_dflt(dev_queue, ops, TC_H_ROOT)
    if not netif_is_multiqueue(dev):
        qdisc.flags |= TCQ_F_ONETXQUEUE
    dev_queue.qdisc_sleeping = qdisc


def attach_default_qdiscs(dev: net_device) -> None:
    """Give a device its disciplines, at its first way up. `net/sched/sch_generic.c:695`"""
    txq = netdev_get_tx_queue(dev, 0)
    if not netif_is_multiqueue(dev) or dev.priv_flags & IFF_NO_QUEUE:
        netdev_for_each_tx_queue(dev, attach_one_default_qdisc, None)
        dev.qdisc = txq.qdisc_sleeping
    else:
        qdisc = qdisc_create_dflt(txq, mq_qdisc_ops, TC_H_ROOT)
        dev.qdisc = qdisc
        qdisc.ops.attach(qdisc)


def transition_one_qdisc(dev: net_device, dev_queue: netdev_queue, _need_watchdog: None) -> None:
    """Put a queue's discipline to work. `net/sched/sch_generic.c:715`"""
    new_qdisc = dev_queue.qdisc_sleeping
    if not new_qdisc.flags & TCQ_F_BUILTIN:
        new_qdisc.state &= ~__QDISC_STATE_DEACTIVATED
    dev_queue.qdisc = new_qdisc
    dev_queue.trans_start = g.jiffies


def dev_activate(dev: net_device) -> None:
    """The device is up: packets may pass, once there is carrier. `net/sched/sch_generic.c:732`"""
    if dev.qdisc is noop_qdisc:
        attach_default_qdiscs(dev)
    if not netif_carrier_ok(dev):
        return
    netdev_for_each_tx_queue(dev, transition_one_qdisc, None)


def dev_deactivate_queue(dev: net_device, dev_queue: netdev_queue, qdisc_default: Qdisc) -> None:
    """From now on a queue's packets meet `qdisc_default`. `net/sched/sch_generic.c:761`"""
    qdisc = dev_queue.qdisc
    if qdisc is not None:
        if not qdisc.flags & TCQ_F_BUILTIN:
            qdisc.state |= __QDISC_STATE_DEACTIVATED
        dev_queue.qdisc = qdisc_default
        qdisc_reset(qdisc)


def dev_deactivate_many(head: list[net_device]) -> None:
    """The devices go down, or have lost their carrier: what is sent is dropped. `net/sched/sch_generic.c:816`"""
    for dev in head:
        netdev_for_each_tx_queue(dev, dev_deactivate_queue, noop_qdisc)


def dev_deactivate(dev: net_device) -> None:
    """The same for one. `net/sched/sch_generic.c:845`"""
    dev_deactivate_many([dev])


def dev_init_scheduler_queue(dev: net_device, dev_queue: netdev_queue, qdisc: Qdisc) -> None:
    """A new queue begins with this discipline. `net/sched/sch_generic.c:855`"""
    dev_queue.qdisc = qdisc
    dev_queue.qdisc_sleeping = qdisc


def dev_init_scheduler(dev: net_device) -> None:
    """A new device begins with noop. `net/sched/sch_generic.c:865`"""
    dev.qdisc = noop_qdisc
    netdev_for_each_tx_queue(dev, dev_init_scheduler_queue, noop_qdisc)


def shutdown_scheduler_queue(dev: net_device, dev_queue: netdev_queue, qdisc_default: Qdisc) -> None:
    """A queue's discipline ends. `net/sched/sch_generic.c:875`"""
    qdisc = dev_queue.qdisc_sleeping
    if qdisc is not None:
        dev_queue.qdisc = qdisc_default
        dev_queue.qdisc_sleeping = qdisc_default
        qdisc_destroy(qdisc)


def dev_shutdown(dev: net_device) -> None:
    """The device's disciplines end with it. `net/sched/sch_generic.c:890`"""
    netdev_for_each_tx_queue(dev, shutdown_scheduler_queue, noop_qdisc)
    qdisc_destroy(dev.qdisc)
    dev.qdisc = noop_qdisc


from vethkernel.net.core.dev import __netif_schedule, dev_hard_start_xmit
from vethkernel.net.core.link_watch import linkwatch_fire_event
from vethkernel.net.core.skbuff import kfree_skb_reason, skb_queue_purge
from vethkernel.net.sched.sch_mq import mq_qdisc_ops
