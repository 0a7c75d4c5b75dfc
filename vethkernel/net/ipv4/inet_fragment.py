# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/inet_fragment.c: the table of incomplete datagrams: finding them, timing out, throwing out to save memory.

Left out: the rehashing with a new secret every ten minutes, and the warning about a bucket that grew too long.
"""

from __future__ import annotations

from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.err import ERR_PTR
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.inet_frag import (
    INET_FRAG_COMPLETE,
    INETFRAGS_HASHSZ,
    INETFRAGS_MAXDEPTH,
    IPFRAG_ECN_CE,
    IPFRAG_ECN_ECT_0,
    IPFRAG_ECN_ECT_1,
    IPFRAG_ECN_NOT_ECT,
    add_frag_mem_limit,
    frag_mem_limit,
    inet_frag_lru_add,
    inet_frag_lru_del,
    inet_frag_queue,
    inet_frags,
    init_frag_mem_limit,
    netns_frags,
    sub_frag_mem_limit,
)
from vethkernel.include.uapi.asm_generic.errno import ENOBUFS

INET_ECN_CE = 3

# The ECN bits of a whole datagram from those of its fragments (RFC 3168, 5.3); 0xff: they contradict each other.
_table = [0] * 16
for _ect in (IPFRAG_ECN_ECT_0, IPFRAG_ECN_ECT_1, IPFRAG_ECN_ECT_0 | IPFRAG_ECN_ECT_1):
    _table[IPFRAG_ECN_CE | _ect] = INET_ECN_CE
for _mix in (IPFRAG_ECN_CE, IPFRAG_ECN_ECT_0, IPFRAG_ECN_ECT_1, IPFRAG_ECN_CE | IPFRAG_ECN_ECT_0):
    _table[IPFRAG_ECN_NOT_ECT | _mix] = 0xFF
ip_frag_ecn_table = tuple(_table)


def inet_frags_init(f: inet_frags) -> None:
    """Set up a protocol's table. `net/ipv4/inet_fragment.c:84`"""
    f.hash = [[] for _ in range(INETFRAGS_HASHSZ)]
    f.rnd = int.from_bytes(get_random_bytes(4), "little")


def inet_frags_init_net(nf: netns_frags) -> None:
    """A new namespace has no fragments. `net/ipv4/inet_fragment.c:106`"""
    nf.nqueues = 0
    init_frag_mem_limit(nf)
    nf.lru_list = []


def inet_frags_exit_net(nf: netns_frags, f: inet_frags) -> None:
    """A namespace ends: give its fragments up. `net/ipv4/inet_fragment.c:121`"""
    nf.low_thresh = 0
    inet_frag_evictor(nf, f, True)


def fq_unlink(fq: inet_frag_queue, f: inet_frags) -> None:
    """Take a queue out of the table. `net/ipv4/inet_fragment.c:133`"""
    f.hash[f.hashfn(fq)].remove(fq)
    inet_frag_lru_del(fq)


def inet_frag_kill(fq: inet_frag_queue, f: inet_frags) -> None:
    """Nothing more is added to this queue. `net/ipv4/inet_fragment.c:150`"""
    if del_timer(fq.timer):
        fq.refcnt -= 1
    if not fq.last_in & INET_FRAG_COMPLETE:
        fq_unlink(fq, f)
        fq.refcnt -= 1
        fq.last_in |= INET_FRAG_COMPLETE


def inet_frag_destroy(q: inet_frag_queue, f: inet_frags) -> int:
    """The end of a queue, with the fragments still in it; returns the memory set free.
    `net/ipv4/inet_fragment.c:171`"""
    sum = f.qsize
    fp: sk_buff = q.fragments
    while fp is not None:
        xp = fp.next
        sum += fp.truesize
        kfree_skb(fp)
        fp = xp
    sub_frag_mem_limit(q, sum)
    f.destructor(q)
    return sum


def inet_frag_put(q: inet_frag_queue, f: inet_frags) -> None:
    """One user of the queue less. `include/net/inet_frag.h:95`"""
    q.refcnt -= 1
    if not q.refcnt:
        inet_frag_destroy(q, f)


def inet_frag_evictor(nf: netns_frags, f: inet_frags, force: bool) -> int:
    """Throw the oldest queues out until there is memory again; returns how many. `net/ipv4/inet_fragment.c:203`"""
    if not force and frag_mem_limit(nf) <= nf.high_thresh:
        return 0
    work = frag_mem_limit(nf) - nf.low_thresh
    evicted = 0
    while work > 0 and nf.lru_list:
        q = nf.lru_list.pop(0)
        q.refcnt += 1
        if not q.last_in & INET_FRAG_COMPLETE:
            inet_frag_kill(q, f)
        q.refcnt -= 1
        if not q.refcnt:
            work -= inet_frag_destroy(q, f)
        evicted += 1
    return evicted


def inet_frag_intern(nf: netns_frags, qp_in: inet_frag_queue, f: inet_frags, arg: Any) -> inet_frag_queue:
    """Put a new queue into the table, and give it its time. `net/ipv4/inet_fragment.c:244`"""
    if not mod_timer(qp_in.timer, g.jiffies + nf.timeout):
        qp_in.refcnt += 1
    qp_in.refcnt += 1
    f.hash[f.hashfn(qp_in)].insert(0, qp_in)
    inet_frag_lru_add(nf, qp_in)
    return qp_in


def inet_frag_alloc(nf: netns_frags, f: inet_frags, arg: Any) -> inet_frag_queue:
    """A new queue. `net/ipv4/inet_fragment.c:292`"""
    q = inet_frag_queue(net=nf)
    f.constructor(q, arg)
    add_frag_mem_limit(q, f.qsize)
    q.timer = timer_list()
    setup_timer(q.timer, f.frag_expire, q)
    return q


def inet_frag_create(nf: netns_frags, f: inet_frags, arg: Any) -> inet_frag_queue:
    """A new queue, in the table. `net/ipv4/inet_fragment.c:313`"""
    return inet_frag_intern(nf, inet_frag_alloc(nf, f, arg), f, arg)


def inet_frag_find(nf: netns_frags, f: inet_frags, key: Any, hash: int) -> inet_frag_queue:
    """The queue that a fragment belongs to, made if it is the first; or an error. `net/ipv4/inet_fragment.c:325`"""
    bucket = f.hash[hash]
    for q in bucket:
        if q.net is nf and f.match(q, key):
            q.refcnt += 1
            return q
    if len(bucket) > INETFRAGS_MAXDEPTH:
        return ERR_PTR(-ENOBUFS)
    return inet_frag_create(nf, f, key)


from vethkernel.drivers.char.random import get_random_bytes
from vethkernel.kernel.timer import del_timer, mod_timer, setup_timer, timer_list
from vethkernel.net.core.skbuff import kfree_skb
