# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/tcp_cong.c: the ways in which TCP avoids congestion, by name. Without TCP a route can ask for one."""

from __future__ import annotations

from dataclasses import dataclass

from vethkernel.include.net.net_namespace import net as net_t

TCP_CA_NAME_MAX = 16  # include/net/tcp.h
TCP_CA_UNSPEC = 0
TCP_CONG_NEEDS_ECN = 2


@dataclass(slots=True, frozen=True)
class tcp_congestion_ops:
    """One way: its name, and the number that stands for it in a route's metrics. include/net/tcp.h"""

    name: str
    key: int
    flags: int = 0


tcp_cong_list = (tcp_congestion_ops("reno", 1), tcp_congestion_ops("cubic", 2))


def tcp_ca_find(name: str) -> tcp_congestion_ops:
    """The one of that name, or None. `net/ipv4/tcp_cong.c:24`"""
    return next((e for e in tcp_cong_list if e.name == name), None)


def tcp_ca_find_autoload(net: net_t, name: str) -> tcp_congestion_ops:
    """The same, where C may load a module to have it. `net/ipv4/tcp_cong.c:49 (6.1)`"""
    return tcp_ca_find(name)


def tcp_ca_find_key(key: int) -> tcp_congestion_ops:
    """The one of that number, or None. `net/ipv4/tcp_cong.c:66 (6.1)`"""
    return next((e for e in tcp_cong_list if e.key == key), None)


def tcp_ca_get_key_by_name(net: net_t, name: str) -> tuple[int, bool]:
    """The number of a name, and whether that way needs marks of congestion. `net/ipv4/tcp_cong.c:133 (6.1)`"""
    ca = tcp_ca_find_autoload(net, name)
    return (ca.key, bool(ca.flags & TCP_CONG_NEEDS_ECN)) if ca else (TCP_CA_UNSPEC, False)


def tcp_ca_get_name_by_key(key: int) -> str | None:
    """The name of a number. `net/ipv4/tcp_cong.c:151 (6.1)`"""
    ca = tcp_ca_find_key(key)
    return ca.name if ca else None
