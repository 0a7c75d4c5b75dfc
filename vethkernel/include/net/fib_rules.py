# SPDX-License-Identifier: GPL-2.0-only
"""include/net/fib_rules.h: a rule says which packets ask which routing table; a family keeps its rules in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vethkernel.include.net.net_namespace import net


@dataclass(slots=True, eq=False)
class fib_rule:
    """One rule, embedded in a family's own (`container`). Its default: all packets."""

    container: Any = None
    action: int = 0
    pref: int = 0
    table: int = 0
    flags: int = 0
    proto: int = 0
    suppress_prefixlen: int = -1
    fr_net: net = None


@dataclass(slots=True, eq=False)
class fib_rules_ops:
    """A family's rules in one namespace, and what the family adds to them."""

    family: int
    rule_size: Callable[[], Any]
    fill: Callable[..., int]
    rules_list: list[fib_rule] = field(default_factory=list)
    fro_net: net = None
