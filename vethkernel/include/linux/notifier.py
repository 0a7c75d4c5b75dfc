# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/notifier.h: who wants to hear of an event, and how a listener can refuse it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NOTIFY_DONE = 0x0000
NOTIFY_OK = 0x0001
NOTIFY_STOP_MASK = 0x8000
NOTIFY_BAD = NOTIFY_STOP_MASK | 0x0002


@dataclass(slots=True, eq=False)
class notifier_block:
    """A listener: `notifier_call(nb, event, what)` gives NOTIFY_DONE, NOTIFY_OK or what notifier_from_errno makes."""

    notifier_call: Callable[["notifier_block", int, Any], int]
    priority: int = 0


def notifier_from_errno(err: int) -> int:
    """A refusal that carries an errno. `include/linux/notifier.h:168`"""
    return NOTIFY_STOP_MASK | (NOTIFY_OK - err) if err else NOTIFY_OK


def notifier_to_errno(ret: int) -> int:
    """The errno in what a chain returned, 0 for none. `include/linux/notifier.h:177`"""
    ret &= ~NOTIFY_STOP_MASK
    return NOTIFY_OK - ret if ret > NOTIFY_OK else 0
