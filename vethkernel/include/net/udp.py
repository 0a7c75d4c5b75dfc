# SPDX-License-Identifier: GPL-2.0-only
"""include/net/udp.h and include/linux/udp.h: a UDP socket, and the table in which they are found by port."""

from dataclasses import dataclass, field
from typing import Any

from vethkernel.include.net.inet_sock import inet_sock
from vethkernel.include.net.sock import sock

UDP_HTABLE_SIZE = 256
UDP_HLEN = 8


@dataclass(slots=True, eq=False)
class udp_hslot:
    """The sockets of some of the ports."""

    head: list[sock] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.head)


class udp_table:
    """All UDP sockets of the machine."""

    __slots__ = ("hash", "mask")

    def __init__(self) -> None:
        self.hash = [udp_hslot() for _ in range(UDP_HTABLE_SIZE)]
        self.mask = UDP_HTABLE_SIZE - 1


class udp_sock:
    """A UDP socket."""

    __slots__ = ("inet",)

    def __init__(self) -> None:
        self.inet = inet_sock(self)


def udp_hashfn(net: Any, num: int, mask: int) -> int:
    """Where in the table a port's sockets are. `include/linux/udp.h:37`"""
    return num + net.hash_mix & mask


def udp_hashslot(table: udp_table, net: Any, num: int) -> udp_hslot:
    """The sockets among which a port's are. `include/net/udp.h:83`"""
    return table.hash[udp_hashfn(net, num, table.mask)]


def UDP_INC_STATS(net: Any, field: int) -> None:
    """Count one event of UDP. `include/net/udp.h:212`"""
    net.mib.udp_statistics[field] += 1
