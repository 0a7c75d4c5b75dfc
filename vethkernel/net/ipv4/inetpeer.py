# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/inetpeer.c: what is remembered of a remote address for a while: how many ICMP errors it was sent.

The kernel keeps the peers in a balanced tree and forgets the oldest; here a dictionary holds those of a namespace.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vethkernel.globals import g
from vethkernel.include.linux.jiffies import HZ

XRLIM_BURST_FACTOR = 6


@dataclass(slots=True, eq=False)
class inet_peer:
    """One remote address. `include/net/inetpeer.h:30`"""

    daddr: int
    rate_tokens: int = 0
    rate_last: int = 0
    n_redirects: int = 0
    rid: int = 0


@dataclass(slots=True, eq=False)
class inet_peer_base:
    """All of a namespace's. `include/net/inetpeer.h:62`"""

    root: dict[int, inet_peer] = field(default_factory=dict)
    total: int = 0


def inet_getpeer(base: inet_peer_base, daddr: int, create: int) -> inet_peer:
    """What is known of an address; made if `create`. `net/ipv4/inetpeer.c:459`"""
    p = base.root.get(daddr)
    if p is None and create:
        p = base.root[daddr] = inet_peer(daddr, rate_last=g.jiffies - 60 * HZ)
        base.total += 1
    return p


def inet_getpeer_v4(base: inet_peer_base, v4daddr: int, create: int) -> inet_peer:
    """inet_getpeer for an IPv4 address. `include/net/inetpeer.h:139`"""
    return inet_getpeer(base, v4daddr, create)


def inet_peer_xrlim_allow(peer: inet_peer, timeout: int) -> bool:
    """True if one more ICMP error may go to this address: one per `timeout`, and six at once.
    `net/ipv4/inetpeer.c:555`"""
    if peer is None:
        return True
    now = g.jiffies
    token = min(peer.rate_tokens + now - peer.rate_last, XRLIM_BURST_FACTOR * timeout)
    peer.rate_last = now
    rc = token >= timeout
    peer.rate_tokens = token - timeout if rc else token
    return rc

