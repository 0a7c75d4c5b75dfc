# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/interrupt.h and hardirq.h: the kinds of soft interrupt, and how the kernel knows that it is in one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HI_SOFTIRQ = 0
TIMER_SOFTIRQ = 1
NET_TX_SOFTIRQ = 2
NET_RX_SOFTIRQ = 3
NR_SOFTIRQS = 10

# preempt_count: bits 8 to 15 count how deep we are in soft interrupts (include/linux/hardirq.h)
SOFTIRQ_SHIFT = 8
SOFTIRQ_OFFSET = 1 << SOFTIRQ_SHIFT
SOFTIRQ_MASK = 0xFF << SOFTIRQ_SHIFT
SOFTIRQ_DISABLE_OFFSET = 2 * SOFTIRQ_OFFSET


@dataclass(slots=True, eq=False)
class softirq_action:
    """What to do when a soft interrupt of this kind was raised."""

    action: Callable[["softirq_action"], Any] | None = None
