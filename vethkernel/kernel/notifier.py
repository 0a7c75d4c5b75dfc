# SPDX-License-Identifier: GPL-2.0-only
"""kernel/notifier.c: chains of listeners, called one after the other, highest priority first."""

from __future__ import annotations

from typing import Any

from vethkernel.include.linux.notifier import NOTIFY_DONE, NOTIFY_STOP_MASK, notifier_block


def raw_notifier_chain_register(nh: list[notifier_block], n: notifier_block) -> int:
    """Add a listener behind those of the same priority. `kernel/notifier.c:344`"""
    at = next((i for i, other in enumerate(nh) if n.priority > other.priority), len(nh))
    nh.insert(at, n)
    return 0


def raw_notifier_chain_unregister(nh: list[notifier_block], n: notifier_block) -> int:
    """Take a listener out. `kernel/notifier.c:361`"""
    nh.remove(n)
    return 0


def raw_notifier_call_chain(nh: list[notifier_block], val: int, v: Any) -> int:
    """Tell every listener of event `val`, until one stops the chain; returns the last answer.
    `kernel/notifier.c:395`"""
    ret = NOTIFY_DONE
    for nb in list(nh):
        ret = nb.notifier_call(nb, val, v)
        if ret & NOTIFY_STOP_MASK:
            break
    return ret


def blocking_notifier_chain_register(nh: list[notifier_block], n: notifier_block) -> int:
    """The same for a chain whose listeners may sleep. `kernel/notifier.c:210`"""
    return raw_notifier_chain_register(nh, n)


def blocking_notifier_chain_unregister(nh: list[notifier_block], n: notifier_block) -> int:
    """Take a listener out of such a chain. `kernel/notifier.c:263`"""
    return raw_notifier_chain_unregister(nh, n)


def blocking_notifier_call_chain(nh: list[notifier_block], val: int, v: Any) -> int:
    """Tell the listeners of such a chain. `kernel/notifier.c:322`"""
    return raw_notifier_call_chain(nh, val, v)
