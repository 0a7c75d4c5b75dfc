# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/ktime.h, hrtimer.h: the machine's fine clock, in nanoseconds."""

from vethkernel.globals import g

CLOCK_READ_NS = 1_000  # what a look at the clock costs: the one thing inside the model's kernel that takes time


def ktime_get() -> int:
    """Nanoseconds since the machine was started. `kernel/time/timekeeping.c:332`"""
    g.clock_ns += CLOCK_READ_NS
    return g.clock_ns


def ktime_get_real() -> int:
    """Nanoseconds since 1970, as the machine's calendar has it. `kernel/time/timekeeping.c:666`"""
    g.clock_ns += CLOCK_READ_NS
    return g.clock_ns + g.wall_offset_ns
