# SPDX-License-Identifier: GPL-2.0-only
"""kernel/softirq.c: work that is put off until the processor is free of more urgent things.

`raise_softirq` leaves a mark; `do_softirq` works the marks off, when the last `local_bh_disable` is taken back or,
if there is too much of it, in the ksoftirqd thread. Here, as on a real machine, that moment usually lies inside the
sender's own system call. Left out: tasklets, hot-plugged CPUs, hard interrupts (the model has none).
"""

from __future__ import annotations

from collections.abc import Callable

from vethkernel.globals import g
from vethkernel.include.linux.interrupt import (
    NR_SOFTIRQS,
    SOFTIRQ_DISABLE_OFFSET,
    SOFTIRQ_MASK,
    SOFTIRQ_OFFSET,
    softirq_action,
)

MAX_SOFTIRQ_RESTART = 10


def softirq_count() -> int:
    """Non-zero while soft interrupts are held back or served. `include/linux/hardirq.h:77`"""
    return g.preempt_count & SOFTIRQ_MASK


def in_interrupt() -> int:
    """Non-zero while soft interrupts may not start. `include/linux/hardirq.h:89`"""
    return g.preempt_count & SOFTIRQ_MASK


def in_serving_softirq() -> int:
    """Non-zero while a soft interrupt runs. `include/linux/hardirq.h:90`"""
    return g.preempt_count & SOFTIRQ_OFFSET


def local_softirq_pending() -> int:
    """The marks of this CPU, one bit for each kind. `include/linux/irq_cpustat.h:25`"""
    return g.softirq_pending[g.cpu]


def wakeup_softirqd() -> None:
    """Leave the rest to this CPU's ksoftirqd. `kernel/softirq.c:71`"""
    g.ksoftirqd[g.cpu] = True


def local_bh_disable() -> None:
    """Hold soft interrupts back on this CPU. `kernel/softirq.c:128`"""
    g.preempt_count += SOFTIRQ_DISABLE_OFFSET


def local_bh_enable() -> None:
    """Take one local_bh_disable back; after the last one, what was raised meanwhile runs. `kernel/softirq.c:185`"""
    g.preempt_count -= SOFTIRQ_DISABLE_OFFSET
    if not g.preempt_count & SOFTIRQ_MASK and g.softirq_pending[g.cpu]:
        do_softirq()


rcu_read_lock_bh = local_bh_disable  # with one thread, nothing more is left of it: include/linux/rcupdate.h
rcu_read_unlock_bh = local_bh_enable


def __do_softirq() -> None:
    """Serve all that was raised, and what is raised meanwhile, a few times over. `kernel/softirq.c:213`"""
    cpu = g.cpu
    vec = g.softirq_vec
    g.preempt_count += SOFTIRQ_OFFSET
    restart = MAX_SOFTIRQ_RESTART
    while restart and (pending := g.softirq_pending[cpu]):
        g.softirq_pending[cpu] = 0
        restart -= 1
        while pending:
            h = vec[(pending & -pending).bit_length() - 1]  # the lowest mark first
            h.action(h)
            pending &= pending - 1
    if g.softirq_pending[cpu]:
        wakeup_softirqd()
    g.preempt_count -= SOFTIRQ_OFFSET


def do_softirq() -> None:
    """Serve what was raised, unless that is going on already. `kernel/softirq.c:290`"""
    if not g.preempt_count & SOFTIRQ_MASK and g.softirq_pending[g.cpu]:
        __do_softirq()


def raise_softirq_irqoff(nr: int) -> None:
    """Raise soft interrupt `nr`; outside of one, ksoftirqd is woken to see to it. `kernel/softirq.c:376`"""
    __raise_softirq_irqoff(nr)
    if not in_interrupt():
        wakeup_softirqd()


def raise_softirq(nr: int) -> None:
    """raise_softirq_irqoff, from anywhere. `kernel/softirq.c:393`"""
    raise_softirq_irqoff(nr)


def __raise_softirq_irqoff(nr: int) -> None:
    """Leave the mark for soft interrupt `nr`. `kernel/softirq.c:402`"""
    g.softirq_pending[g.cpu] |= 1 << nr


def open_softirq(nr: int, action: Callable[[softirq_action], object]) -> None:
    """Say what soft interrupt `nr` does. `kernel/softirq.c:408`"""
    g.softirq_vec[nr].action = action


def run_ksoftirqd(cpu: int) -> None:
    """What this CPU's ksoftirqd does when it is woken. `kernel/softirq.c:763`"""
    g.ksoftirqd[cpu] = False
    if local_softirq_pending():
        __do_softirq()


def softirq_init() -> None:
    """No marks, no handlers yet. `kernel/softirq.c:737`"""
    g.preempt_count = 0
    g.softirq_pending = [0] * g.nr_cpu_ids
    g.ksoftirqd = [False] * g.nr_cpu_ids
    g.softirq_vec = [softirq_action() for _ in range(NR_SOFTIRQS)]
