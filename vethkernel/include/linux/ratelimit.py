# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/ratelimit.h: so many messages in so much time."""

from dataclasses import dataclass

from vethkernel.include.linux.jiffies import HZ

DEFAULT_RATELIMIT_INTERVAL = 5 * HZ
DEFAULT_RATELIMIT_BURST = 10


@dataclass(slots=True, eq=False)
class ratelimit_state:
    """`burst` messages in `interval` jiffies, and where we are."""

    interval: int = DEFAULT_RATELIMIT_INTERVAL
    burst: int = DEFAULT_RATELIMIT_BURST
    printed: int = 0
    missed: int = 0
    begin: int = 0
