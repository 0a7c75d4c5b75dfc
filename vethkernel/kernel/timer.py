# SPDX-License-Identifier: GPL-2.0-only
"""kernel/timer.c: functions to be called later, at a tick of the machine's clock.

A heap takes the place of the kernel's wheel of buckets: what fires, and in which order, is the same. As in the wheel of
4.8 and later, a timer fires a little late, and the later the farther off it is: ARP asks again after a second and a few
hundredths (`calc_wheel_index`).
The machine moves the clock and raises TIMER_SOFTIRQ when a timer is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.interrupt import TIMER_SOFTIRQ, softirq_action

LVL_CLK_SHIFT = 3  # each level of the wheel turns eight times slower than the one before
LVL_START = 63  # jiffies that the first level holds


@dataclass(slots=True, eq=False)
class timer_list:
    """A function, its argument, and the jiffy at which it is to be called. include/linux/timer.h"""

    function: Callable[[Any], None] | None = None
    data: Any = None
    expires: int = 0
    pending: int = 0  # the number of the heap's entry that counts; 0 while the timer is idle


def setup_timer(timer: timer_list, fn: Callable[[Any], None], data: Any) -> None:
    """Say what the timer shall do. `include/linux/timer.h:152`"""
    timer.function = fn
    timer.data = data


def timer_pending(timer: timer_list) -> bool:
    """True if the timer is set. `include/linux/timer.h:169`"""
    return timer.pending != 0


def calc_wheel_index(expires: int, clk: int) -> int:
    """When the wheel's bucket for `expires` is due: in steps of 1, 8, 64 ... jiffies.
    `kernel/time/timer.c:533 (6.1)`"""
    delta = expires - clk
    shift = 0
    while delta >= LVL_START << shift:
        shift += LVL_CLK_SHIFT
    return (expires >> shift) + 1 << shift if delta >= 0 else clk


def mod_timer(timer: timer_list, expires: int) -> int:
    """Set the timer, or set it anew; returns 1 if it was set already. `kernel/timer.c:852`"""
    was = timer.pending
    if was and timer.expires == expires:
        return 1
    timer.expires = expires
    g.timer_count += 1
    timer.pending = g.timer_count
    heappush(g.timers, (calc_wheel_index(expires, g.jiffies), timer.pending, timer))
    return 1 if was else 0


def add_timer(timer: timer_list) -> None:
    """Set an idle timer to its `expires`. `kernel/timer.c:910`"""
    mod_timer(timer, timer.expires)


def del_timer(timer: timer_list) -> int:
    """Stop the timer; returns 1 if it was set. `kernel/timer.c:959`"""
    was = timer.pending
    timer.pending = 0
    return 1 if was else 0


def del_timer_sync(timer: timer_list) -> int:
    """del_timer: with one thread there is nobody to wait for. `kernel/timer.c:1042`"""
    return del_timer(timer)


def next_timer_jiffy() -> int | None:
    """When the next timer is due, or None; stopped timers are forgotten on the way."""
    while g.timers and g.timers[0][2].pending != g.timers[0][1]:
        heappop(g.timers)
    return g.timers[0][0] if g.timers else None


def run_timer_softirq(h: softirq_action) -> None:
    """Call all that is due. `kernel/timer.c:1369`"""
    while (expires := next_timer_jiffy()) is not None and expires <= g.jiffies:
        timer = heappop(g.timers)[2]
        timer.pending = 0
        timer.function(timer.data)


def init_timers() -> None:
    """An empty heap, and the soft interrupt that works it off. `kernel/timer.c:1643`"""
    g.timers = []
    g.timer_count = 0
    open_softirq(TIMER_SOFTIRQ, run_timer_softirq)


from vethkernel.kernel.softirq import open_softirq
