# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/ip_fragment.c: puts a datagram together again from its fragments (RFC 791, section 3.2).

Fragments wait, in order, in the `ipq` of their datagram, found by source, destination, protocol and identifier, until
none is missing (`ip_frag_reasm`), or for `ipfrag_time` (`ip_expire`: the sender is told, if the first one is there).
Fragments that overlap end their datagram, as they do since 4.19. Left out: users other than local delivery.
"""

from __future__ import annotations

from dataclasses import dataclass

from vethkernel.globals import g
from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.ip import ip_hdr, iphdr
from vethkernel.include.linux.jiffies import HZ
from vethkernel.include.linux.netdevice import dev_net, net_device
from vethkernel.include.linux.skbuff import (
    CHECKSUM_NONE,
    CHECKSUM_UNNECESSARY,
    sk_buff,
    skb_dst_drop,
    skb_shinfo,
)
from vethkernel.include.linux.sysctl import ctl_table, int_ptr
from vethkernel.include.net.inet_frag import (
    INET_FRAG_COMPLETE,
    INET_FRAG_FIRST_IN,
    INET_FRAG_LAST_IN,
    INETFRAGS_HASHSZ,
    add_frag_mem_limit,
    inet_frag_lru_move,
    inet_frag_queue,
    inet_frags,
    netns_frags,
    sub_frag_mem_limit,
    sum_frag_mem_limit,
)
from vethkernel.include.net.ip import IP_ADD_STATS_BH, IP_INC_STATS_BH, IPCB, inet_skb_parm, ip_hdrlen
from vethkernel.include.net.ip import IP_DF, IP_MF, IP_OFFSET
from vethkernel.include.net.net_namespace import net, pernet_operations
from vethkernel.include.uapi.asm_generic.errno import E2BIG, EINPROGRESS, EINVAL, ENOENT, ENOMEM
from vethkernel.include.uapi.linux.icmp import ICMP_EXC_FRAGTIME, ICMP_TIME_EXCEEDED
from vethkernel.include.uapi.linux.snmp import (
    IPSTATS_MIB_REASM_OVERLAPS,
    IPSTATS_MIB_REASMFAILS,
    IPSTATS_MIB_REASMOKS,
    IPSTATS_MIB_REASMREQDS,
    IPSTATS_MIB_REASMTIMEOUT,
)

INET_ECN_MASK = 3
IPQ_SIZE = 200  # what the kernel's struct ipq takes of the memory for fragments


@dataclass(slots=True, eq=False)
class ipq:
    """One incomplete datagram. `net/ipv4/ip_fragment.c:68`"""

    q: inet_frag_queue = None
    user: int = 0
    saddr: int = 0
    daddr: int = 0
    id: int = 0
    protocol: int = 0
    ecn: int = 0
    iif: int = 0


@dataclass(slots=True, eq=False)
class ip4_create_arg:
    """What a queue is found, or made, by."""

    iph: iphdr
    user: int


def FRAG_CB(skb: sk_buff) -> inet_skb_parm:
    """The reassembly's notes on a fragment. `net/ipv4/ip_fragment.c:65`"""
    return IPCB(skb)


def ip4_frag_ecn(tos: int) -> int:
    """The ECN bits of a fragment as one bit of a set. `net/ipv4/ip_fragment.c:82`"""
    return 1 << (tos & INET_ECN_MASK)


def ip_frag_nqueues(net: net) -> int:
    """How many datagrams are incomplete. `net/ipv4/ip_fragment.c:89`"""
    return net.ipv4.frags.nqueues


def ip_frag_mem(net: net) -> int:
    """Memory that their fragments take. `net/ipv4/ip_fragment.c:94`"""
    return sum_frag_mem_limit(net.ipv4.frags)


def ipqhashfn(id: int, saddr: int, daddr: int, prot: int) -> int:
    """The bucket of a datagram. `net/ipv4/ip_fragment.c:107`"""
    return (id << 16 ^ prot ^ saddr ^ daddr * 2654435761 ^ g.ip4_frags.rnd) % INETFRAGS_HASHSZ


def ip4_hashfn(q: inet_frag_queue) -> int:
    """The bucket of a queue. `net/ipv4/ip_fragment.c:114`"""
    ipq = q.container
    return ipqhashfn(ipq.id, ipq.saddr, ipq.daddr, ipq.protocol)


def ip4_frag_match(q: inet_frag_queue, a: ip4_create_arg) -> bool:
    """True if the fragment belongs to the queue. `net/ipv4/ip_fragment.c:122`"""
    qp, iph = q.container, a.iph
    return (
        qp.id == iph.id
        and qp.saddr == iph.saddr
        and qp.daddr == iph.daddr
        and qp.protocol == iph.protocol
        and qp.user == a.user
    )


def ip4_frag_init(q: inet_frag_queue, a: ip4_create_arg) -> None:
    """Set up a queue for the datagram of a fragment. `net/ipv4/ip_fragment.c:135`"""
    iph = a.iph
    q.container = ipq(q, a.user, iph.saddr, iph.daddr, iph.id, iph.protocol, ip4_frag_ecn(iph.tos))


def ip4_frag_free(q: inet_frag_queue) -> None:
    """The end of a queue: nothing else belongs to it here. `net/ipv4/ip_fragment.c:154`"""


def ipq_put(ipq: ipq) -> None:
    """One user of the queue less. `net/ipv4/ip_fragment.c:166`"""
    inet_frag_put(ipq.q, g.ip4_frags)


def ipq_kill(ipq: ipq) -> None:
    """Nothing more is added to it. `net/ipv4/ip_fragment.c:174`"""
    inet_frag_kill(ipq.q, g.ip4_frags)


def ip_evictor(net: net) -> None:
    """Make room if the fragments take too much. `net/ipv4/ip_fragment.c:182`"""
    evicted = inet_frag_evictor(net.ipv4.frags, g.ip4_frags, False)
    if evicted:
        IP_ADD_STATS_BH(net, IPSTATS_MIB_REASMFAILS, evicted)


def ip_expire(arg: inet_frag_queue) -> None:
    """A datagram stayed incomplete for too long: give it up, and tell its sender. `net/ipv4/ip_fragment.c:194`"""
    qp = arg.container
    net = arg.net.container
    if not arg.last_in & INET_FRAG_COMPLETE:
        ipq_kill(qp)
        IP_INC_STATS_BH(net, IPSTATS_MIB_REASMTIMEOUT)
        IP_INC_STATS_BH(net, IPSTATS_MIB_REASMFAILS)
        head = arg.fragments
        if arg.last_in & INET_FRAG_FIRST_IN and head is not None:
            head.dev = dev_get_by_index_rcu(net, qp.iif)
            if head.dev is not None:
                iph = ip_hdr(head)
                if not ip_route_input_noref(head, iph.daddr, iph.saddr, iph.tos, head.dev):
                    icmp_send(head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0)
    ipq_put(qp)


def ip_find(net: net, iph: iphdr, user: int) -> ipq:
    """The queue of a fragment's datagram, made if there is none. `net/ipv4/ip_fragment.c:252`"""
    hash = ipqhashfn(iph.id, iph.saddr, iph.daddr, iph.protocol)
    q = inet_frag_find(net.ipv4.frags, g.ip4_frags, ip4_create_arg(iph, user), hash)
    return None if IS_ERR(q) else q.container


def ip_frag_queue(qp: ipq, skb: sk_buff) -> int:
    """Add a fragment to its queue; 0 if the datagram is complete now, and `skb` is it. `net/ipv4/ip_fragment.c:332`"""
    q = qp.q
    if q.last_in & INET_FRAG_COMPLETE:
        kfree_skb(skb)
        return -ENOENT
    iph = ip_hdr(skb)
    ecn = ip4_frag_ecn(iph.tos)
    flags = iph.frag_off & ~IP_OFFSET
    offset = (iph.frag_off & IP_OFFSET) << 3
    ihl = ip_hdrlen(skb)
    end = offset + skb.len - ihl
    if not flags & IP_MF:
        bad = end < q.len or q.last_in & INET_FRAG_LAST_IN and end != q.len
        q.last_in |= INET_FRAG_LAST_IN
    else:
        if end & 7:
            end &= ~7
            if skb.ip_summed != CHECKSUM_UNNECESSARY:
                skb.ip_summed = CHECKSUM_NONE
        bad = end > q.len and q.last_in & INET_FRAG_LAST_IN
    if bad or end == offset or pskb_pull(skb, ihl) is None or pskb_trim_rcsum(skb, end - offset):
        kfree_skb(skb)
        return -EINVAL
    q.len = max(q.len, end)
    if not ip_frag_insert(qp, skb, offset, end):
        ipq_kill(qp)
        net = q.net.container
        IP_INC_STATS_BH(net, IPSTATS_MIB_REASM_OVERLAPS)
        IP_INC_STATS_BH(net, IPSTATS_MIB_REASMFAILS)
        kfree_skb(skb)
        return -EINVAL
    dev = skb.dev
    qp.iif = dev.ifindex
    skb.dev = None
    q.stamp = skb.tstamp
    q.meat += skb.len
    qp.ecn |= ecn
    add_frag_mem_limit(q, skb.truesize)
    if offset == 0:
        q.last_in |= INET_FRAG_FIRST_IN
    if flags & IP_DF:
        q.max_size = max(q.max_size, skb.len + ihl)
    if q.last_in == INET_FRAG_FIRST_IN | INET_FRAG_LAST_IN and q.meat == q.len:
        return ip_frag_reasm(qp, skb, dev)
    skb_dst_drop(skb)
    inet_frag_lru_move(q)
    return -EINPROGRESS


def ip_frag_insert(qp: ipq, skb: sk_buff, offset: int, end: int) -> bool:
    """The middle of ip_frag_queue: find the fragment's place in the chain; False if it overlaps another."""
    q = qp.q
    prev, next = q.fragments_tail, None
    if prev is not None and FRAG_CB(prev).offset >= offset:
        prev, next = None, q.fragments
        while next is not None and FRAG_CB(next).offset < offset:
            prev, next = next, next.next
    if prev is not None and FRAG_CB(prev).offset + prev.len > offset or next is not None and FRAG_CB(next).offset < end:
        return False
    FRAG_CB(skb).offset = offset
    skb.next = next
    if next is None:
        q.fragments_tail = skb
    if prev is not None:
        prev.next = skb
    else:
        q.fragments = skb
    return True


def ip_frag_reasm(qp: ipq, skb: sk_buff, dev: net_device) -> int:
    """Make one packet of all fragments: `skb`, the one that came last, becomes it. `net/ipv4/ip_fragment.c:517`"""
    q = qp.q
    net = q.net.container
    ipq_kill(qp)
    ecn = ip_frag_ecn_table[qp.ecn]
    head = q.fragments
    ihlen = ip_hdrlen(head)
    len = ihlen + q.len
    if ecn == 0xFF or len > 65535:
        IP_INC_STATS_BH(net, IPSTATS_MIB_REASMFAILS)
        return -EINVAL if ecn == 0xFF else -E2BIG
    if head is not skb:
        head = ip_frag_make_head(q, head, skb)
    skb_unclone(head, GFP_ATOMIC)
    skb_push(head, head.data - head.network_header)
    sum_truesize = head.truesize
    fp = head.next
    if fp is not None:
        skb_shinfo(head).frag_list = fp
    while fp is not None:
        sum_truesize += fp.truesize
        if head.ip_summed != fp.ip_summed:
            head.ip_summed = CHECKSUM_NONE
        head.data_len += fp.len
        head.len += fp.len
        head.truesize += fp.truesize
        skb_dst_drop(fp)
        fp = fp.next
    sub_frag_mem_limit(q, sum_truesize)
    head.next = None
    head.dev = dev
    head.tstamp = q.stamp
    IPCB(head).frag_max_size = q.max_size
    iph = ip_hdr(head)
    iph.frag_off = IP_DF if q.max_size else 0
    iph.tot_len = len
    iph.tos |= ecn
    ip_send_check(iph)
    IP_INC_STATS_BH(net, IPSTATS_MIB_REASMOKS)
    q.fragments = q.fragments_tail = None
    return 0


def ip_frag_make_head(q: inet_frag_queue, first: sk_buff, skb: sk_buff) -> sk_buff:
    """The step of ip_frag_reasm for a first fragment that did not come last: our caller holds `skb`, so `skb` takes the
    first one's place and bytes, and a clone of it stays where it was."""
    fp = skb_clone(skb, GFP_ATOMIC)
    fp.next = skb.next
    if q.fragments_tail is skb:
        q.fragments_tail = fp
    prev = first
    while prev.next is not skb:
        prev = prev.next
    prev.next = fp
    dst = skb.dst
    skb_morph(skb, first)
    skb.dst = dst
    skb.next = first.next
    consume_skb(first)
    q.fragments = skb
    return skb


def ip_defrag(skb: sk_buff, user: int) -> int:
    """Take a fragment; 0 if with it the datagram is complete, and `skb` is that. `net/ipv4/ip_fragment.c:648`"""
    net = dev_net(skb.dev or skb.dst.dev)
    IP_INC_STATS_BH(net, IPSTATS_MIB_REASMREQDS)
    ip_evictor(net)
    qp = ip_find(net, ip_hdr(skb), user)
    if qp is None:
        IP_INC_STATS_BH(net, IPSTATS_MIB_REASMFAILS)
        kfree_skb(skb)
        return -ENOMEM
    ret = ip_frag_queue(qp, skb)
    ipq_put(qp)
    return ret


def ip4_frags_ns_ctl_register(net: net) -> int:
    """The namespace's switches about fragments. `net/ipv4/ip_fragment.c:808`"""
    frags = net.ipv4.frags
    high, low = int_ptr(frags, "high_thresh"), int_ptr(frags, "low_thresh")
    table = [
        ctl_table("ipfrag_high_thresh", high, proc_handler=proc_doulongvec_minmax, extra1=low),
        ctl_table("ipfrag_low_thresh", low, proc_handler=proc_doulongvec_minmax, extra2=high),
        ctl_table("ipfrag_time", int_ptr(frags, "timeout"), proc_handler=proc_dointvec_jiffies),
        ctl_table("ipfrag_max_dist", int_ptr(frags, "max_dist"), proc_handler=proc_dointvec_minmax, extra1=0),
    ]
    net.ipv4.frags_hdr = register_net_sysctl(net, "net/ipv4", table)
    return 0


def ip4_frags_ns_ctl_unregister(net: net) -> None:
    """The namespace ends. `net/ipv4/ip_fragment.c:813`"""
    unregister_net_sysctl_table(net.ipv4.frags_hdr)


def ipv4_frags_init_net(net: net) -> int:
    """A new namespace: its limits, and no fragments yet. `net/ipv4/ip_fragment.c:822`"""
    net.ipv4.frags = netns_frags(
        high_thresh=4 * 1024 * 1024, low_thresh=3 * 1024 * 1024, timeout=30 * HZ, container=net
    )
    inet_frags_init_net(net.ipv4.frags)
    return ip4_frags_ns_ctl_register(net)


def ipv4_frags_exit_net(net: net) -> None:
    """The namespace ends. `net/ipv4/ip_fragment.c:852`"""
    ip4_frags_ns_ctl_unregister(net)
    inet_frags_exit_net(net.ipv4.frags, g.ip4_frags)


def ipfrag_init() -> None:
    """Have reassembly in every namespace. `net/ipv4/ip_fragment.c:863`"""
    g.ip4_frags = inet_frags(
        qsize=IPQ_SIZE,
        hashfn=ip4_hashfn,
        match=ip4_frag_match,
        constructor=ip4_frag_init,
        destructor=ip4_frag_free,
        frag_expire=ip_expire,
    )
    inet_frags_init(g.ip4_frags)
    register_pernet_subsys(pernet_operations(init=ipv4_frags_init_net, exit=ipv4_frags_exit_net))


from vethkernel.fs.proc.proc_sysctl import register_net_sysctl, unregister_net_sysctl_table
from vethkernel.kernel.sysctl import proc_dointvec_jiffies, proc_dointvec_minmax, proc_doulongvec_minmax
from vethkernel.net.core.dev import dev_get_by_index_rcu
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    pskb_pull,
    pskb_trim_rcsum,
    skb_clone,
    skb_morph,
    skb_push,
    skb_unclone,
)
from vethkernel.net.ipv4.icmp import icmp_send
from vethkernel.net.ipv4.inet_fragment import (
    inet_frag_evictor,
    inet_frag_find,
    inet_frag_kill,
    inet_frag_put,
    inet_frags_exit_net,
    inet_frags_init,
    inet_frags_init_net,
    ip_frag_ecn_table,
)
from vethkernel.net.ipv4.ip_output import ip_send_check
from vethkernel.net.ipv4.route import ip_route_input_noref
