# SPDX-License-Identifier: GPL-2.0-only
"""include/net/ping.h: ping sockets, datagram sockets that send and receive ICMP echo without privileges."""

from dataclasses import dataclass, field

from vethkernel.include.linux.icmp import icmphdr
from vethkernel.include.net.inet_sock import inet_sock
from vethkernel.include.net.sock import sock

PING_HTABLE_SIZE = 64
PING_HTABLE_MASK = PING_HTABLE_SIZE - 1


@dataclass(slots=True, eq=False)
class ping_table:
    """All ping sockets of the machine, by identifier."""

    hash: list[list[sock]] = field(default_factory=lambda: [[] for _ in range(PING_HTABLE_SIZE)])


@dataclass(slots=True, eq=False)
class pingfakehdr:
    """The echo header that is to go before the program's data, and the sum of the data so far."""

    icmph: icmphdr
    iov: list[bytes]
    wcheck: int = 0


class ping_sock:
    """A ping socket: an inet_sock and nothing else."""

    __slots__ = ("inet",)

    def __init__(self) -> None:
        self.inet = inet_sock(self)
