# SPDX-License-Identifier: GPL-2.0-only
"""kernel/printk.c: the kernel's log, `g.log_buf`, which `dmesg` reads. Left out: levels, consoles, the ring's limit."""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.linux.jiffies import INITIAL_JIFFIES, NSEC_PER_JIFFY


def printk(text: str) -> int:
    """Log a line, with the time since boot in nanoseconds. `kernel/printk.c:1681`"""
    g.log_buf.append(((g.jiffies - INITIAL_JIFFIES) * NSEC_PER_JIFFY, text))
    return len(text)


def log_init() -> None:
    """An empty log. `kernel/printk.c:733`"""
    g.log_buf = []


def devkmsg_read() -> str:
    """What /dev/kmsg gives, all at once: "level,sequence,microseconds,-;text" a line. `kernel/printk.c`"""
    return "".join(f"6,{seq},{ns // 1000},-;{text}\n" for seq, (ns, text) in enumerate(g.log_buf))
