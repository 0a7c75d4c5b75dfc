# SPDX-License-Identifier: GPL-2.0-only
"""kernel/workqueue.c: functions that a kernel thread shall call soon, outside of any interrupt.

The machine runs what waits whenever a program comes back from a system call or sleeps. Left out: pools of workers,
priorities, flushing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vethkernel.globals import g
from vethkernel.kernel.timer import add_timer, del_timer, setup_timer, timer_list, timer_pending


@dataclass(slots=True, eq=False)
class work_struct:
    """A function to be called with this very struct. include/linux/workqueue.h"""

    func: Callable[[work_struct], None]
    container: Any = None
    pending: bool = False


@dataclass(slots=True, eq=False)
class delayed_work:
    """Work, and the timer that queues it. include/linux/workqueue.h"""

    work: work_struct
    timer: timer_list = field(default_factory=timer_list)
    container: Any = None

    def __post_init__(self) -> None:
        self.work.container = self
        setup_timer(self.timer, delayed_work_timer_fn, self)


def schedule_work(work: work_struct) -> bool:
    """Have `work` done soon; False if it waits already. `include/linux/workqueue.h:525`"""
    if work.pending:
        return False
    work.pending = True
    g.workqueue.append(work)
    return True


def delayed_work_timer_fn(dwork: delayed_work) -> None:
    """The delay is over. `kernel/workqueue.c:1416`"""
    dwork.work.pending = False
    schedule_work(dwork.work)


def schedule_delayed_work(dwork: delayed_work, delay: int) -> bool:
    """Have the work done after `delay` jiffies; False if it waits already. `include/linux/workqueue.h:553`"""
    if dwork.work.pending:
        return False
    if not delay:
        return schedule_work(dwork.work)
    dwork.work.pending = True
    dwork.timer.expires = g.jiffies + delay
    add_timer(dwork.timer)
    return True


def mod_delayed_work(dwork: delayed_work, delay: int) -> bool:
    """Have the work done after `delay` jiffies, whatever was agreed before. `include/linux/workqueue.h:495`"""
    cancel_delayed_work(dwork)
    return not schedule_delayed_work(dwork, delay)


def cancel_delayed_work(dwork: delayed_work) -> bool:
    """Forget the work; False if there was nothing to forget. `kernel/workqueue.c:2917`"""
    was = dwork.work.pending
    if timer_pending(dwork.timer):
        del_timer(dwork.timer)
    elif was:
        g.workqueue.remove(dwork.work)
    dwork.work.pending = False
    return was


def process_one_work(work: work_struct) -> None:
    """Do one piece of work. `kernel/workqueue.c:2094`"""
    work.pending = False
    work.func(work)


def run_workqueue() -> None:
    """What the worker threads do until nothing waits."""
    while g.workqueue:
        process_one_work(g.workqueue.popleft())
