# SPDX-License-Identifier: GPL-2.0-only
"""include/net/raw.h and include/linux/icmp.h: a raw socket, and the table in which they are found by protocol."""

from typing import Any

from vethkernel.include.net.inet_sock import inet_sock
from vethkernel.include.net.sock import sock

RAW_HTABLE_SIZE = 256


class raw_hashinfo:
    """All raw sockets of the machine, by protocol."""

    __slots__ = ("ht",)

    def __init__(self) -> None:
        self.ht: list[list[sock]] = [[] for _ in range(RAW_HTABLE_SIZE)]


class raw_sock:
    """A raw socket; `filter` has a bit for each ICMP type that it does not want to see."""

    __slots__ = ("inet", "filter")

    def __init__(self) -> None:
        self.inet = inet_sock(self)
        self.filter = 0


def raw_sk(sk: sock) -> raw_sock:
    """The raw socket around a sock. `include/net/raw.h:70`"""
    return sk.container.container


def raw_hashfunc(net: Any, proto: int) -> int:
    """The place in the table: another one in each namespace. `include/net/raw.h:43 (6.1)`"""
    return (net.hash_mix ^ proto) & RAW_HTABLE_SIZE - 1


def raw_sk_bound_dev_eq(net: Any, bound_dev_if: int, dif: int, sdif: int) -> bool:
    """True unless the socket is bound to another device. `include/net/raw.h:91 (6.1)`"""
    return not bound_dev_if or bound_dev_if == dif or bound_dev_if == sdif
