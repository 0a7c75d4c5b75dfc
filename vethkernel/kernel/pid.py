# SPDX-License-Identifier: GPL-2.0-only
"""kernel/pid.c: finds a running program by its number. Pid namespaces are left out."""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.linux.sched import task_struct


def find_task_by_vpid(vnr: int) -> task_struct:
    """The task with this number, or None. `kernel/pid.c:451`"""
    return g.pid_hash.get(vnr)


def pid_hash_add(task: task_struct) -> None:
    """A program has started: it can be found by its number, C has it in attach_pid. `kernel/pid.c:376`"""
    g.pid_hash[task.pid] = task


def detach_pid(task: task_struct) -> None:
    """It has ended. `kernel/pid.c:406`"""
    g.pid_hash.pop(task.pid, None)


def pidhash_init() -> None:
    """No program runs yet. `kernel/pid.c:567`"""
    g.pid_hash = {}
