# SPDX-License-Identifier: GPL-2.0-only
"""include/net/sch_generic.h: the queue discipline, which stands between a device and what wants to leave by it.

`qdisc.enqueue(skb, qdisc)` takes a packet in, `qdisc.dequeue(qdisc)` gives the next one out; a discipline without an
enqueue (noqueue) lets packets pass straight to the driver. Left out: classes, filters, rate estimation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vethkernel.include.linux.netdevice import net_device, netdev_queue
from vethkernel.include.linux.skbuff import sk_buff, sk_buff_head

TCQ_F_BUILTIN = 1
TCQ_F_ONETXQUEUE = 0x10
TCQ_F_MQROOT = 8
TCQ_F_NOPARENT = 0x40

__QDISC_STATE_SCHED = 1 << 0
__QDISC_STATE_DEACTIVATED = 1 << 1
__QDISC___STATE_RUNNING = 1 << 0

TC_H_ROOT = 0xFFFFFFFF


@dataclass(slots=True, eq=False)
class Qdisc_ops:
    """A kind of discipline; `id` is its name in `ip link`."""

    id: str
    priv_size: Any = None
    enqueue: Callable[[sk_buff, Qdisc], int] = None
    dequeue: Callable[[Qdisc], sk_buff] = None
    peek: Callable[[Qdisc], sk_buff] = None
    init: Callable[[Qdisc, Any], int] = None
    reset: Callable[[Qdisc], None] = None
    destroy: Callable[[Qdisc], None] = None
    attach: Callable[[Qdisc], None] = None


@dataclass(slots=True, eq=False)
class gnet_stats_queue:
    """What a discipline counts. include/uapi/linux/gen_stats.h"""

    drops: int = 0
    requeues: int = 0


@dataclass(slots=True, eq=False)
class Qdisc:
    """One discipline at work on one queue."""

    ops: Qdisc_ops
    enqueue: Callable[[sk_buff, Qdisc], int] = None
    dequeue: Callable[[Qdisc], sk_buff] = None
    flags: int = 0
    handle: int = 0
    parent: int = 0
    dev_queue: netdev_queue = None
    state: int = 0
    running: bool = False
    qlen: int = 0
    gso_skb: sk_buff_head = field(default_factory=sk_buff_head)
    qstats: gnet_stats_queue = field(default_factory=gnet_stats_queue)
    priv: Any = None


def qdisc_is_running(qdisc: Qdisc) -> bool:
    """Whether somebody is sending from it at this moment. `include/net/sch_generic.h:95`"""
    return qdisc.running


def qdisc_run_begin(qdisc: Qdisc) -> bool:
    """Begin to send from it, unless somebody does already. `include/net/sch_generic.h:100`"""
    if qdisc_is_running(qdisc):
        return False
    qdisc.running = True
    return True


def qdisc_run_end(qdisc: Qdisc) -> None:
    """Stop sending from it. `include/net/sch_generic.h:108`"""
    qdisc.running = False


def qdisc_priv(q: Qdisc) -> Any:
    """The discipline's own struct. `include/net/pkt_sched.h:18`"""
    return q.priv


def qdisc_qlen(q: Qdisc) -> int:
    """How many packets wait in it. `include/net/sch_generic.h:244`"""
    return q.qlen


def qdisc_dev(qdisc: Qdisc) -> net_device:
    """The device that it serves. `include/net/sch_generic.h:296`"""
    return qdisc.dev_queue.dev


def qdisc_tx_changing(dev: net_device) -> bool:
    """Whether a queue's discipline is not at work yet. `include/net/sch_generic.h:412`"""
    return any(txq.qdisc is not txq.qdisc_sleeping for txq in dev._tx)


def netif_is_multiqueue(dev: net_device) -> bool:
    """Whether the device has more than one transmit queue. `include/linux/netdevice.h:2151`"""
    return dev.num_tx_queues > 1
