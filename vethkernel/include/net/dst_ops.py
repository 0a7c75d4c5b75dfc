# SPDX-License-Identifier: GPL-2.0-only
"""include/net/dst_ops.h: what a protocol family does with its destinations."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class dst_ops:
    """The table of a family's functions."""

    family: int
    protocol: int
    check: Callable | None = None
    default_advmss: Callable | None = None
    mtu: Callable | None = None
    destroy: Callable | None = None
    negative_advice: Callable | None = None
    link_failure: Callable | None = None
    update_pmtu: Callable | None = None
    redirect: Callable | None = None
    neigh_lookup: Callable | None = None
