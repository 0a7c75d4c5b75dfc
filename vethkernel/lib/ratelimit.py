# SPDX-License-Identifier: GPL-2.0-only
"""lib/ratelimit.c: keeps a message from flooding the log."""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.linux.ratelimit import ratelimit_state


def ___ratelimit(rs: ratelimit_state, func: str) -> int:
    """1 if one more message is allowed now. `lib/ratelimit.c:28`"""
    if not rs.interval:
        return 1
    if not rs.begin or g.jiffies > rs.begin + rs.interval:
        if rs.missed:
            printk(f"{func}: {rs.missed} callbacks suppressed")
        rs.begin = g.jiffies
        rs.printed = rs.missed = 0
    if rs.burst > rs.printed:
        rs.printed += 1
        return 1
    rs.missed += 1
    return 0


from vethkernel.kernel.printk import printk
