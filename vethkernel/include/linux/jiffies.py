# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/jiffies.h: the kernel's coarse clock, HZ ticks a second, and conversions."""

HZ = 1000
NSEC_PER_JIFFY = 1_000_000_000 // HZ
MAX_JIFFY_OFFSET = (1 << 62) - 1
INITIAL_JIFFIES = 300 * HZ
USER_HZ = 100


def time_after(a: int, b: int) -> bool:
    """True if moment `a` comes after `b`. `include/linux/jiffies.h:101`"""
    return a > b


def time_before(a: int, b: int) -> bool:
    """True if moment `a` comes before `b`. `include/linux/jiffies.h:105`"""
    return a < b


def time_after_eq(a: int, b: int) -> bool:
    """True if `a` is `b` or later. `include/linux/jiffies.h:107`"""
    return a >= b


def time_before_eq(a: int, b: int) -> bool:
    """True if `a` is `b` or earlier. `include/linux/jiffies.h:111`"""
    return a <= b


def msecs_to_jiffies(m: int) -> int:
    """Milliseconds in ticks; a negative number means for ever. `kernel/time.c:437`"""
    return MAX_JIFFY_OFFSET if m < 0 else m * HZ // 1000


def jiffies_to_msecs(j: int) -> int:
    """Ticks in milliseconds. `kernel/time.c:244`"""
    return j * 1000 // HZ


def jiffies_to_clock_t(x: int) -> int:
    """Ticks in the hundredths of a second that user space is told. `kernel/time.c:581`"""
    return x * USER_HZ // HZ


def clock_t_to_jiffies(x: int) -> int:
    """Hundredths of a second in ticks. `kernel/time.c:595`"""
    return x * HZ // USER_HZ
