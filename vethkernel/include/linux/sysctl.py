# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/sysctl.h: the switches under /proc/sys, as tables.

A table is a list of ctl_table entries; `register_net_sysctl(net, "net/ipv4/conf/lo", table)` makes one file of each.
An entry's `data` says which variable the file shows: C takes its address, here an `int_ptr` names it:

    int_ptr(g, "netdev_max_backlog")          a global
    int_ptr(net.ipv4, "sysctl_ip_default_ttl")  a field of a struct
    int_ptr(cnf.data, IPV4_DEVCONF_TAG - 1)   an element of an array

A handler is called `handler(table, write, buffer, lenp, ppos)` and returns (0 or a negative errno, the text read).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

proc_handler = Callable[["ctl_table", bool, str, int, int], tuple[int, str]]


class int_ptr:
    """The address of an int: `value` is what it points to."""

    __slots__ = ("holder", "name")

    def __init__(self, holder: Any, name: Any) -> None:
        self.holder = holder
        self.name = name

    @property
    def value(self) -> int:
        return self.holder[self.name] if type(self.holder) is list else getattr(self.holder, self.name)

    @value.setter
    def value(self, new: int) -> None:
        if type(self.holder) is list:
            self.holder[self.name] = new
        else:
            setattr(self.holder, self.name, new)


@dataclass(slots=True, eq=False)
class ctl_table:
    """One file: its name, the variable behind it (an int_ptr, or a list of ints), who may, and who does the work."""

    procname: str = ""
    data: Any = None
    maxlen: int = 4
    mode: int = 0o644
    proc_handler: proc_handler = None
    extra1: Any = None
    extra2: Any = None


@dataclass(slots=True, eq=False)
class ctl_table_header:
    """A registered table: where its files are, and in which namespace."""

    ctl_table_arg: list[ctl_table]
    path: str
    net: Any
