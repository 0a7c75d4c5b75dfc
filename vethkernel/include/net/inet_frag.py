# SPDX-License-Identifier: GPL-2.0-only
"""include/net/inet_frag.h: datagrams of which not all fragments have come yet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vethkernel.include.linux.skbuff import sk_buff

INET_FRAG_COMPLETE = 4
INET_FRAG_FIRST_IN = 2
INET_FRAG_LAST_IN = 1

INETFRAGS_HASHSZ = 1024
INETFRAGS_MAXDEPTH = 128

IPFRAG_ECN_NOT_ECT = 0x01
IPFRAG_ECN_ECT_1 = 0x02
IPFRAG_ECN_ECT_0 = 0x04
IPFRAG_ECN_CE = 0x08


@dataclass(slots=True, eq=False)
class netns_frags:
    """One namespace's incomplete datagrams: how many, how much memory, and the limits."""

    nqueues: int = 0
    lru_list: list["inet_frag_queue"] = field(default_factory=list)
    mem: int = 0
    timeout: int = 0
    high_thresh: int = 0
    low_thresh: int = 0
    max_dist: int = 64
    container: Any = None


@dataclass(slots=True, eq=False)
class inet_frag_queue:
    """The fragments of one datagram, in order, chained by `skb.next`."""

    net: netns_frags
    container: Any = None
    timer: Any = None
    refcnt: int = 1
    fragments: sk_buff = None
    fragments_tail: sk_buff = None
    stamp: int = 0
    len: int = 0
    meat: int = 0
    last_in: int = 0
    max_size: int = 0


@dataclass(slots=True, eq=False)
class inet_frags:
    """What one protocol's reassembly consists of: its hash table, and how to make, match and give up a queue."""

    qsize: int
    hashfn: Callable[[inet_frag_queue], int]
    match: Callable[[inet_frag_queue, Any], bool]
    constructor: Callable[[inet_frag_queue, Any], None]
    destructor: Callable[[inet_frag_queue], None]
    frag_expire: Callable[[inet_frag_queue], None]
    hash: list[list[inet_frag_queue]] = field(default_factory=list)
    rnd: int = 0


def frag_mem_limit(nf: netns_frags) -> int:
    """Bytes that the namespace's fragments take. `include/net/inet_frag.h:110`"""
    return nf.mem


def sub_frag_mem_limit(q: inet_frag_queue, i: int) -> None:
    """`i` bytes less. `include/net/inet_frag.h:115`"""
    q.net.mem -= i


def add_frag_mem_limit(q: inet_frag_queue, i: int) -> None:
    """`i` bytes more. `include/net/inet_frag.h:120`"""
    q.net.mem += i


def init_frag_mem_limit(nf: netns_frags) -> None:
    """No fragments yet. `include/net/inet_frag.h:125`"""
    nf.mem = 0


def sum_frag_mem_limit(nf: netns_frags) -> int:
    """Bytes that the namespace's fragments take, for /proc. `include/net/inet_frag.h:130`"""
    return nf.mem


def inet_frag_lru_move(q: inet_frag_queue) -> None:
    """This queue was used last, so it is thrown out last. `include/net/inet_frag.h:141`"""
    if q in q.net.lru_list:
        q.net.lru_list.remove(q)
        q.net.lru_list.append(q)


def inet_frag_lru_del(q: inet_frag_queue) -> None:
    """The queue is done with. `include/net/inet_frag.h:149`"""
    if q in q.net.lru_list:
        q.net.lru_list.remove(q)
    q.net.nqueues -= 1


def inet_frag_lru_add(nf: netns_frags, q: inet_frag_queue) -> None:
    """A new queue. `include/net/inet_frag.h:157`"""
    nf.lru_list.append(q)
    nf.nqueues += 1
