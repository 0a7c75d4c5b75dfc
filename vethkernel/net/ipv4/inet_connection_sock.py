# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/inet_connection_sock.c: of this file, which serves TCP, only the range of ports that it keeps for all."""

from __future__ import annotations

from typing import Any


def inet_get_local_port_range(net: Any) -> tuple[int, int]:
    """The first and the last port for sockets that ask for none. `net/ipv4/inet_connection_sock.c:43`"""
    low, high = net.ipv4.ip_local_ports.range
    return low, high
