# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/percpu.h: one copy of a variable for each CPU, so that none waits for another."""

from collections.abc import Callable
from typing import Any

from vethkernel.globals import g


def alloc_percpu(type: Callable[[], Any]) -> list[Any]:
    """A `type()` for each CPU. `include/linux/percpu.h:165`"""
    return [type() for _ in range(g.nr_cpu_ids)]


def free_percpu(pdata: list[Any]) -> None:
    """They are no longer needed. `mm/percpu.c:913`"""
    pdata.clear()


def for_each_possible_cpu() -> range:
    """The numbers of all CPUs. `include/linux/cpumask.h:721`"""
    return range(g.nr_cpu_ids)


def per_cpu_ptr(ptr: list[Any], cpu: int) -> Any:
    """That CPU's copy. `include/linux/percpu.h:148`"""
    return ptr[cpu]


def this_cpu_ptr(ptr: list[Any]) -> Any:
    """The running CPU's copy. `include/asm-generic/percpu.h:65`"""
    return ptr[g.cpu]
