# SPDX-License-Identifier: GPL-2.0-only
"""net/sched/sch_mq.c: the discipline of hardware with many queues: each queue gets a default one of its own.

Left out: configuration and statistics by class.
"""

from __future__ import annotations

from vethkernel.include.net.sch_generic import TC_H_ROOT, TCQ_F_MQROOT, Qdisc, Qdisc_ops, qdisc_dev, qdisc_priv
from vethkernel.include.uapi.asm_generic.errno import EOPNOTSUPP


class mq_sched:
    """The disciplines of the queues, until they are attached."""

    __slots__ = ("qdiscs",)

    def __init__(self) -> None:
        self.qdiscs: list[Qdisc] = []


def mq_destroy(sch: Qdisc) -> None:
    """Forget what was never attached. `net/sched/sch_mq.c:25`"""
    priv: mq_sched = qdisc_priv(sch)
    for qdisc in priv.qdiscs:
        qdisc_destroy(qdisc)
    priv.qdiscs = []


def mq_init(sch: Qdisc, opt: object) -> int:
    """Make a default discipline for each queue of the device. `net/sched/sch_mq.c:38`"""
    dev = qdisc_dev(sch)
    priv: mq_sched = qdisc_priv(sch)
    if sch.parent != TC_H_ROOT:
        return -EOPNOTSUPP
    for dev_queue in dev._tx:
        priv.qdiscs.append(qdisc_create_dflt(dev_queue, pfifo_fast_ops, TC_H_ROOT))
    sch.flags |= TCQ_F_MQROOT
    return 0


def mq_attach(sch: Qdisc) -> None:
    """Put them to their queues. `net/sched/sch_mq.c:77`"""
    priv: mq_sched = qdisc_priv(sch)
    for qdisc in priv.qdiscs:
        old = dev_graft_qdisc(qdisc.dev_queue, qdisc)
        if old is not None:
            qdisc_destroy(old)
    priv.qdiscs = []


mq_qdisc_ops = Qdisc_ops(id="mq", priv_size=mq_sched, init=mq_init, destroy=mq_destroy, attach=mq_attach)


from vethkernel.net.sched.sch_generic import (
    dev_graft_qdisc,
    pfifo_fast_ops,
    qdisc_create_dflt,
    qdisc_destroy,
)
