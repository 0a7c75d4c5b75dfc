# SPDX-License-Identifier: GPL-2.0-only
"""net/core/neighbour.c: the neighbour cache, a table of who is reachable at which hardware address, and its upkeep.

An entry's life: NONE until somebody sends; INCOMPLETE while we ask, once per `retrans_time`, with the packets waiting
in `arp_queue`; REACHABLE when an answer came, for a random time around `base_reachable_time`; then STALE, still used;
DELAY for `delay_probe_time` after the next packet, in case the other side shows signs of life; PROBE, asking the known
address; FAILED when nobody answers. PERMANENT and NOARP entries do not move.
Left out: the netlink view of whole tables (`ip ntable`), per-CPU statistics, entries managed by a daemon.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from vethkernel.include.linux.gfp import GFP_ATOMIC, GFP_KERNEL
from vethkernel.include.linux.jiffies import (
    HZ,
    jiffies_to_clock_t,
    msecs_to_jiffies,
    time_after,
    time_before,
    time_before_eq,
)
from vethkernel.include.linux.seq_file import SEQ_START_TOKEN, seq_file, seq_file_net
from vethkernel.include.linux.sysctl import ctl_table, int_ptr, proc_handler
from vethkernel.include.linux.inetdevice import __in_dev_get_rcu
from vethkernel.include.linux.neighbour import nda_cacheinfo, ndmsg
from vethkernel.include.linux.netdevice import dev_hard_header, dev_net, net_device, netif_running
from vethkernel.include.linux.netlink import (
    NETLINK_CB,
    NL_SET_ERR_MSG,
    netlink_callback,
    netlink_ext_ack,
    nlmsghdr,
)
from vethkernel.include.linux.skbuff import (
    SKB_TRUESIZE,
    __skb_dequeue,
    __skb_pull,
    __skb_queue_tail,
    __skb_unlink,
    sk_buff,
    sk_buff_head,
    skb_dst,
    skb_dst_drop,
    skb_network_offset,
    skb_peek_tail,
    skb_queue_empty,
    skb_queue_head_init,
)
from vethkernel.include.net.dropreason import (
    SKB_DROP_REASON_NEIGH_DEAD,
    SKB_DROP_REASON_NEIGH_FAILED,
    SKB_DROP_REASON_NEIGH_QUEUEFULL,
)
from vethkernel.include.net.dst import dst_entry, dst_neigh_lookup_skb
from vethkernel.include.net.neighbour import (
    LOCALLY_ENQUEUED,
    NEIGH_SEQ_IS_PNEIGH,
    NEIGH_SEQ_NEIGH_ONLY,
    NEIGH_SEQ_SKIP_NOARP,
    NEIGH_CACHE_STAT_INC,
    NEIGH_CB,
    NEIGH_UPDATE_F_ADMIN,
    NEIGH_UPDATE_F_EXT_LEARNED,
    NEIGH_UPDATE_F_ISROUTER,
    NEIGH_UPDATE_F_OVERRIDE,
    NEIGH_UPDATE_F_OVERRIDE_ISROUTER,
    NEIGH_UPDATE_F_USE,
    NEIGH_UPDATE_F_WEAK_OVERRIDE,
    NUD_CONNECTED,
    NUD_IN_TIMER,
    NUD_VALID,
    neigh_ha_snapshot,
    neigh_hash_table,
    neigh_hold,
    neigh_parms,
    neigh_parms_clone,
    neigh_parms_net,
    neigh_seq_state,
    neigh_table,
    neighbour,
    pneigh_entry,
    pneigh_net,
    hh_cache,
)
from vethkernel.include.net.net_namespace import net, net_eq
from vethkernel.include.net.netlink import (
    NLA_BINARY,
    NLA_NESTED,
    NLA_U8,
    NLA_U16,
    NLA_U32,
    NLMSG_ALIGN,
    nla_data,
    nla_get_u8,
    nla_get_u32,
    nla_len,
    nla_policy,
    nla_put,
    nla_put_u8,
    nla_put_u32,
    nla_total_size,
    nlmsg_cancel,
    nlmsg_data,
    nlmsg_end,
    nlmsg_find_attr,
    nlmsg_len,
    nlmsg_msg_size,
    nlmsg_new,
    nlmsg_parse_deprecated,
    nlmsg_parse_deprecated_strict,
    nlmsg_put,
)
from vethkernel.include.net.sock import sock_net
from vethkernel.include.uapi.asm_generic.errno import (
    EAFNOSUPPORT,
    EEXIST,
    EINVAL,
    EMSGSIZE,
    ENETDOWN,
    ENOBUFS,
    ENODEV,
    ENOENT,
    EPERM,
)
from vethkernel.include.uapi.linux.if_ether import ETH_FRAME_LEN
from vethkernel.include.uapi.linux.neighbour import (
    NDA_CACHEINFO,
    NDA_DST,
    NDA_FDB_EXT_ATTRS,
    NDA_FLAGS_EXT,
    NDA_IFINDEX,
    NDA_LLADDR,
    NDA_MASTER,
    NDA_MAX,
    NDA_NH_ID,
    NDA_PORT,
    NDA_PROBES,
    NDA_PROTOCOL,
    NDA_VLAN,
    NDA_VNI,
    NTF_EXT_LEARNED,
    NTF_PROXY,
    NTF_ROUTER,
    NTF_USE,
    NUD_DELAY,
    NUD_FAILED,
    NUD_INCOMPLETE,
    NUD_NOARP,
    NUD_NONE,
    NUD_PERMANENT,
    NUD_PROBE,
    NUD_REACHABLE,
    NUD_STALE,
)
from vethkernel.include.uapi.linux.netlink import (
    NLM_F_CREATE,
    NLM_F_DUMP_FILTERED,
    NLM_F_EXCL,
    NLM_F_MULTI,
    NLM_F_REPLACE,
    NLM_F_REQUEST,
)
from vethkernel.include.uapi.linux.rtnetlink import (
    RTM_DELNEIGH,
    RTM_GETNEIGH,
    RTM_NEWNEIGH,
    RTN_UNICAST,
    RTNLGRP_NEIGH,
)
from vethkernel.include.uapi.linux.socket import AF_UNSPEC

PNEIGH_HASHMASK = 0xF
MAX_ADDR_LEN = 32


def neigh_blackhole(neigh: neighbour, skb: sk_buff) -> int:
    """The output of an entry that is not ready, or no longer. `net/core/neighbour.c:95`"""
    kfree_skb(skb)
    return -ENETDOWN


def neigh_cleanup_and_release(neigh: neighbour) -> None:
    """The table lets go of an entry that it no longer lists. `net/core/neighbour.c:101`"""
    __neigh_notify(neigh, RTM_DELNEIGH, 0, 0)
    neigh_release(neigh)


def neigh_rand_reach_time(base: int) -> int:
    """How long to believe in an answer: between one half and three halves of `base`. `net/core/neighbour.c:116`"""
    return prandom_u32_max(base) + (base >> 1) if base else 0


def neigh_del(n: neighbour, bucket: list[neighbour]) -> bool:
    """Take an entry out of its bucket, if nobody but the table uses it. `net/core/neighbour.c:209 (6.1)`"""
    if n.refcnt != 1:
        return False
    bucket.remove(n)
    n.dead = True
    neigh_cleanup_and_release(n)
    return True


def neigh_remove_one(ndel: neighbour, tbl: neigh_table) -> bool:
    """Take one entry out of the table. `net/core/neighbour.c:230 (6.1)`"""
    bucket = neigh_bucket(tbl, ndel.primary_key, ndel.dev)
    return ndel in bucket and neigh_del(ndel, bucket)


def neigh_forced_gc(tbl: neigh_table) -> bool:
    """The table is full: throw out all that is neither in use nor permanent. `net/core/neighbour.c:123`"""
    NEIGH_CACHE_STAT_INC(tbl, "forced_gc_runs")
    shrunk = False
    for bucket in tbl.nht.hash_buckets:
        for n in bucket[:]:
            if n.refcnt == 1 and not n.nud_state & NUD_PERMANENT:
                bucket.remove(n)
                n.dead = True
                shrunk = True
                neigh_cleanup_and_release(n)
    tbl.last_flush = g.jiffies
    return shrunk


def neigh_add_timer(n: neighbour, when: int) -> None:
    """Look at the entry again at `when`; the timer is a user of it. `net/core/neighbour.c:169`"""
    neigh_hold(n)
    mod_timer(n.timer, when)


def neigh_del_timer(n: neighbour) -> int:
    """Stop the entry's timer; returns 1 if it ran. `net/core/neighbour.c:179`"""
    if n.nud_state & NUD_IN_TIMER and del_timer(n.timer):
        neigh_release(n)
        return 1
    return 0


def pneigh_queue_purge(list: sk_buff_head, net: net) -> None:
    """Give up what waits for a proxy's answer in one namespace, or in all. `net/core/neighbour.c:189`"""
    for skb in [*list.queue]:
        if net is None or net_eq(dev_net(skb.dev), net):
            __skb_unlink(skb, list)
            kfree_skb(skb)


def neigh_flush_dev(tbl: neigh_table, dev: net_device, skip_perm: bool) -> None:
    """Forget all neighbours on `dev`, perhaps but the permanent ones. `net/core/neighbour.c:199`"""
    for bucket in tbl.nht.hash_buckets:
        for n in bucket[:]:
            if dev is not None and n.dev is not dev or skip_perm and n.nud_state & NUD_PERMANENT:
                continue
            bucket.remove(n)
            neigh_del_timer(n)
            n.dead = True
            if n.refcnt != 1:  # its last user will destroy it; until then it must do no harm
                __skb_queue_purge(n.arp_queue)
                n.arp_queue_len_bytes = 0
                n.output = neigh_blackhole
                n.nud_state = NUD_NOARP if n.nud_state & NUD_VALID else NUD_NONE
            neigh_cleanup_and_release(n)


def neigh_changeaddr(tbl: neigh_table, dev: net_device) -> None:
    """The device has a new address, so its neighbours must ask anew. `net/core/neighbour.c:249`"""
    neigh_flush_dev(tbl, dev, False)


def __neigh_ifdown(tbl: neigh_table, dev: net_device, skip_perm: bool) -> int:
    """Forget neighbours, proxies and waiting packets of a device. `net/core/neighbour.c:443 (6.1)`"""
    neigh_flush_dev(tbl, dev, skip_perm)
    pneigh_ifdown(tbl, dev, skip_perm)
    pneigh_queue_purge(tbl.proxy_queue, dev_net(dev) if dev is not None else None)
    if skb_queue_empty(tbl.proxy_queue):
        del_timer_sync(tbl.proxy_timer)
    return 0


def neigh_carrier_down(tbl: neigh_table, dev: net_device) -> int:
    """The cable is out: forget what was learned, keep what was configured. `net/core/neighbour.c:456 (6.1)`"""
    return __neigh_ifdown(tbl, dev, True)


def neigh_ifdown(tbl: neigh_table, dev: net_device) -> int:
    """The device is down: forget all. `net/core/neighbour.c:257`"""
    return __neigh_ifdown(tbl, dev, False)


def neigh_alloc(tbl: neigh_table, dev: net_device) -> neighbour:
    """A new entry, not yet in the table; None if the table is full. `net/core/neighbour.c:270`"""
    now = g.jiffies
    entries = tbl.entries
    tbl.entries += 1
    if entries >= tbl.gc_thresh3 or entries >= tbl.gc_thresh2 and time_after(now, tbl.last_flush + 5 * HZ):
        if not neigh_forced_gc(tbl) and entries >= tbl.gc_thresh3:
            printk(f"neighbour: {tbl.id}: neighbor table overflow!")
            NEIGH_CACHE_STAT_INC(tbl, "table_fulls")
            tbl.entries -= 1
            return None
    n = neighbour()
    n.updated = n.used = now
    n.nud_state = NUD_NONE
    n.output = neigh_blackhole
    n.parms = neigh_parms_clone(tbl.parms)
    n.timer = timer_list()
    setup_timer(n.timer, neigh_timer_handler, n)
    NEIGH_CACHE_STAT_INC(tbl, "allocs")
    n.tbl = tbl
    return n


def neigh_get_hash_rnd() -> int:
    """A random odd number to hash with. `net/core/neighbour.c:311`"""
    return int.from_bytes(get_random_bytes(4), "little") | 1


def neigh_hash_alloc(shift: int) -> neigh_hash_table:
    """A hash table of 2**shift buckets. `net/core/neighbour.c:317`"""
    return neigh_hash_table(shift, neigh_get_hash_rnd())


def neigh_hash_grow(tbl: neigh_table, new_shift: int) -> neigh_hash_table:
    """Move all entries into a larger hash table. `net/core/neighbour.c:359`"""
    NEIGH_CACHE_STAT_INC(tbl, "hash_grows")
    old_nht = tbl.nht
    tbl.nht = neigh_hash_alloc(new_shift)
    for bucket in old_nht.hash_buckets:
        for n in bucket:
            neigh_bucket(tbl, n.primary_key, n.dev).insert(0, n)
    return tbl.nht


def neigh_bucket(tbl: neigh_table, pkey: int, dev: net_device) -> list[neighbour]:
    """The bucket in which an entry for this address on this device lies."""
    nht = tbl.nht
    return nht.hash_buckets[tbl.hash(pkey, dev, nht.hash_rnd) >> 32 - nht.hash_shift]


def neigh_lookup(tbl: neigh_table, pkey: int, dev: net_device) -> neighbour:
    """The entry for an address on a device, held for the caller, or None. `net/core/neighbour.c:400`"""
    NEIGH_CACHE_STAT_INC(tbl, "lookups")
    for n in neigh_bucket(tbl, pkey, dev):
        if n.dev is dev and n.primary_key == pkey:
            neigh_hold(n)
            NEIGH_CACHE_STAT_INC(tbl, "hits")
            return n
    return None


def __neigh_create(tbl: neigh_table, pkey: int, dev: net_device, want_ref: bool) -> neighbour:
    """The entry for an address on a device, made new unless there is one; or an error. `net/core/neighbour.c:461`"""
    n = neigh_alloc(tbl, dev)
    if n is None:
        return ERR_PTR(-ENOBUFS)
    n.primary_key = pkey
    n.dev = dev
    error = tbl.constructor(n)
    if error >= 0 and n.parms.neigh_setup is not None:
        error = n.parms.neigh_setup(n)
    if error < 0:
        neigh_release(n)
        return ERR_PTR(error)
    n.confirmed = g.jiffies - (n.parms.base_reachable_time << 1)
    if tbl.entries > 1 << tbl.nht.hash_shift:
        neigh_hash_grow(tbl, tbl.nht.hash_shift + 1)
    if n.parms.dead:
        neigh_release(n)
        return ERR_PTR(-EINVAL)
    bucket = neigh_bucket(tbl, n.primary_key, dev)
    for n1 in bucket:
        if n1.dev is dev and n1.primary_key == n.primary_key:
            if want_ref:
                neigh_hold(n1)
            neigh_release(n)
            return n1
    n.dead = False
    if want_ref:
        neigh_hold(n)
    bucket.insert(0, n)
    return n


def pneigh_hash(pkey: int) -> int:
    """The bucket of a proxy entry. `net/core/neighbour.c:549`"""
    hash_val = pkey ^ pkey >> 16
    hash_val ^= hash_val >> 8
    hash_val ^= hash_val >> 4
    return hash_val & PNEIGH_HASHMASK


def pneigh_lookup(tbl: neigh_table, net: net, pkey: int, dev: net_device, creat: int) -> pneigh_entry:
    """The proxy entry for an address, made if `creat`, or None. `net/core/neighbour.c:586`"""
    bucket = tbl.phash_buckets[pneigh_hash(pkey)]
    for n in bucket:
        if n.key == pkey and net_eq(pneigh_net(n), net) and (n.dev is dev or n.dev is None):
            return n
    if not creat:
        return None
    bucket.insert(0, pneigh_entry(net, dev, pkey))
    return bucket[0]


def pneigh_delete(tbl: neigh_table, net: net, pkey: int, dev: net_device) -> int:
    """Take a proxy entry away. `net/core/neighbour.c:633`"""
    bucket = tbl.phash_buckets[pneigh_hash(pkey)]
    for n in bucket:
        if n.key == pkey and n.dev is dev and net_eq(pneigh_net(n), net):
            bucket.remove(n)
            return 0
    return -ENOENT


def pneigh_ifdown(tbl: neigh_table, dev: net_device, skip_perm: bool) -> None:
    """Take a device's proxy entries away. `net/core/neighbour.c:660`"""
    for bucket in tbl.phash_buckets:
        bucket[:] = [n for n in bucket if skip_perm and n.permanent or dev is not None and n.dev is not dev]


def neigh_parms_put(parms: neigh_parms) -> None:
    """One user of a device's parameters less; Python frees them after the last. `net/core/neighbour.c:686`"""
    parms.refcnt -= 1


def neigh_destroy(neigh: neighbour) -> None:
    """The end of an entry that no table lists and nobody uses. `net/core/neighbour.c:696`"""
    NEIGH_CACHE_STAT_INC(neigh.tbl, "destroys")
    neigh_del_timer(neigh)
    __skb_queue_purge(neigh.arp_queue)
    neigh.arp_queue_len_bytes = 0
    neigh_parms_put(neigh.parms)
    neigh.tbl.entries -= 1


def neigh_release(neigh: neighbour) -> None:
    """One user of the entry less. `include/net/neighbour.h:298`"""
    neigh.refcnt -= 1
    if not neigh.refcnt:
        neigh_destroy(neigh)


def neigh_suspect(neigh: neighbour) -> None:
    """Packets take the careful way from now on. `net/core/neighbour.c:734`"""
    neigh.output = neigh.ops.output


def neigh_connect(neigh: neighbour) -> None:
    """Packets take the fast way from now on. `net/core/neighbour.c:746`"""
    neigh.output = neigh.ops.connected_output


def neigh_periodic_work(work: work_struct) -> None:
    """Now and then: draw new reachable times, and forget old entries once there are many. `net/core/neighbour.c:753`"""
    tbl = work.container.container
    NEIGH_CACHE_STAT_INC(tbl, "periodic_gc_runs")
    if time_after(g.jiffies, tbl.last_rand + 300 * HZ):
        tbl.last_rand = g.jiffies
        for p in tbl.parms_list:
            p.reachable_time = neigh_rand_reach_time(p.base_reachable_time)
    if tbl.entries >= tbl.gc_thresh1:
        for bucket in tbl.nht.hash_buckets:
            for n in bucket[:]:
                if n.nud_state & (NUD_PERMANENT | NUD_IN_TIMER) or n.flags & NTF_EXT_LEARNED:
                    continue
                if time_before(n.used, n.confirmed):
                    n.used = n.confirmed
                stale = time_after(g.jiffies, n.used + n.parms.gc_staletime)
                if n.refcnt == 1 and (n.nud_state == NUD_FAILED or stale):
                    bucket.remove(n)
                    n.dead = True
                    neigh_cleanup_and_release(n)
    schedule_delayed_work(tbl.gc_work, tbl.parms.base_reachable_time >> 1)


def neigh_max_probes(n: neighbour) -> int:
    """How often to ask before giving up. `net/core/neighbour.c:834`"""
    p = n.parms
    return p.ucast_probes + p.app_probes + (p.mcast_reprobes if n.nud_state & NUD_PROBE else p.mcast_probes)


def neigh_invalidate(neigh: neighbour) -> None:
    """Nobody answered: tell the senders of all that waits. `net/core/neighbour.c:842`"""
    NEIGH_CACHE_STAT_INC(neigh.tbl, "res_failed")
    neigh.updated = g.jiffies
    while neigh.nud_state == NUD_FAILED and (skb := __skb_dequeue(neigh.arp_queue)) is not None:
        neigh.ops.error_report(neigh, skb)
    __skb_queue_purge(neigh.arp_queue)
    neigh.arp_queue_len_bytes = 0


def neigh_probe(neigh: neighbour) -> None:
    """Ask once more, in the name of the packet that waits last. `net/core/neighbour.c:867`"""
    skb = skb_peek_tail(neigh.arp_queue)
    if skb is not None:
        skb = skb_clone(skb, GFP_ATOMIC)
    if neigh.ops.solicit is not None:
        neigh.ops.solicit(neigh, skb)
    neigh.probes += 1
    consume_skb(skb)


def neigh_timer_handler(neigh: neighbour) -> None:
    """An entry's time is up: believe, doubt, ask again or give up. `net/core/neighbour.c:882`"""
    p = neigh.parms
    now = g.jiffies
    notify = False
    if neigh.nud_state & NUD_IN_TIMER:
        retrans = now + max(p.retrans_time, HZ // 100)
        if neigh.nud_state & NUD_REACHABLE:
            next, notify = neigh_age_reachable(neigh, p, now)
        elif not neigh.nud_state & NUD_DELAY:
            next = retrans
        elif time_before_eq(now, neigh.confirmed + p.delay_probe_time):
            neigh.nud_state = NUD_REACHABLE
            neigh.updated = now
            neigh_connect(neigh)
            next, notify = neigh.confirmed + p.reachable_time, True
        else:
            neigh.nud_state = NUD_PROBE
            neigh.updated = now
            neigh.probes = 0
            next, notify = retrans, True
        if neigh.nud_state & (NUD_INCOMPLETE | NUD_PROBE) and neigh.probes >= neigh_max_probes(neigh):
            neigh.nud_state = NUD_FAILED
            notify = True
            neigh_invalidate(neigh)
        elif neigh.nud_state & NUD_IN_TIMER:
            if not mod_timer(neigh.timer, max(next, now + HZ // 100)):
                neigh_hold(neigh)
            if neigh.nud_state & (NUD_INCOMPLETE | NUD_PROBE):
                neigh_probe(neigh)
    if notify:
        neigh_update_notify(neigh, 0)
    neigh_release(neigh)


def neigh_age_reachable(neigh: neighbour, p: neigh_parms, now: int) -> tuple[int, bool]:
    """The case of neigh_timer_handler for a REACHABLE entry: when to look again, and whether to tell of a change."""
    if time_before_eq(now, neigh.confirmed + p.reachable_time):
        return neigh.confirmed + p.reachable_time, False
    in_use = time_before_eq(now, neigh.used + p.delay_probe_time)
    neigh.nud_state = NUD_DELAY if in_use else NUD_STALE
    neigh.updated = now
    neigh_suspect(neigh)
    return now + p.delay_probe_time, not in_use


def __neigh_event_send(neigh: neighbour, skb: sk_buff) -> int:
    """Somebody sends to a neighbour that may not be there: 0 if it may go out, 1 if it was taken.
    `net/core/neighbour.c:964`"""
    p = neigh.parms
    immediate_probe = False
    rc = 0
    if neigh.dead:
        if neigh.nud_state & NUD_STALE:
            return 0
        kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_DEAD)
        return 1
    if not neigh.nud_state & (NUD_STALE | NUD_INCOMPLETE):
        if not p.mcast_probes + p.app_probes:
            neigh.nud_state = NUD_FAILED
            neigh.updated = g.jiffies
            kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED)
            return 1
        neigh.probes = p.ucast_probes
        neigh_del_timer(neigh)
        neigh.nud_state = NUD_INCOMPLETE
        neigh.updated = g.jiffies
        neigh_add_timer(neigh, g.jiffies + max(p.retrans_time, HZ // 100))
        immediate_probe = True
    elif neigh.nud_state & NUD_STALE:
        neigh_del_timer(neigh)
        neigh.nud_state = NUD_DELAY
        neigh.updated = g.jiffies
        neigh_add_timer(neigh, g.jiffies + p.delay_probe_time)
    if neigh.nud_state == NUD_INCOMPLETE:
        if skb is not None:
            while neigh.arp_queue_len_bytes + skb.truesize > p.queue_len_bytes:
                buff = __skb_dequeue(neigh.arp_queue)
                if buff is None:
                    break
                neigh.arp_queue_len_bytes -= buff.truesize
                kfree_skb_reason(buff, SKB_DROP_REASON_NEIGH_QUEUEFULL)
                NEIGH_CACHE_STAT_INC(neigh.tbl, "unres_discards")
            __skb_queue_tail(neigh.arp_queue, skb)
            neigh.arp_queue_len_bytes += skb.truesize
        rc = 1
    if immediate_probe:
        local_bh_disable()  # with the entry's lock, as in C: the answer may come only when the question is out
        neigh_probe(neigh)
        local_bh_enable()
    return rc


def neigh_event_send(neigh: neighbour, skb: sk_buff) -> int:
    """Note that the entry is used, and see that it is fit to be. `include/net/neighbour.h:313`"""
    neigh.used = g.jiffies
    if not neigh.nud_state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE):
        return __neigh_event_send(neigh, skb)
    return 0


def neigh_update_hhs(neigh: neighbour) -> None:
    """The ready-made header gets the new address. `net/core/neighbour.c:1030`"""
    ops = neigh.dev.header_ops
    if ops is not None and ops.cache_update is not None and neigh.hh.hh_len:
        ops.cache_update(neigh.hh, neigh.dev, neigh.ha)


def neigh_update_flags(neigh: neighbour, flags: int) -> bool:
    """An administrator says whether some protocol keeps the entry; True if that is new.
    `net/core/neighbour.c:180 (6.1)`"""
    if not flags & NEIGH_UPDATE_F_ADMIN:
        return False
    ndm_flags = NTF_EXT_LEARNED if flags & NEIGH_UPDATE_F_EXT_LEARNED else 0
    changed = (neigh.flags ^ ndm_flags) & NTF_EXT_LEARNED
    neigh.flags ^= changed
    return changed != 0


def __neigh_update(
    neigh: neighbour, lladdr: bytes | None, new: int, flags: int, nlmsg_pid: int, extack: netlink_ext_ack
) -> int:
    """Something was learned, or decided, about a neighbour: its address (None: no news) and its state.
    `net/core/neighbour.c:1302 (6.1)`"""
    dev, old = neigh.dev, neigh.nud_state
    if neigh.dead:
        NL_SET_ERR_MSG(extack, "Neighbor entry is now dead")
        return -EPERM
    if not flags & NEIGH_UPDATE_F_ADMIN and old & (NUD_NOARP | NUD_PERMANENT):
        return -EPERM
    notify = neigh_update_flags(neigh, flags)
    if flags & NEIGH_UPDATE_F_USE:
        neigh.nud_state = old & ~NUD_PERMANENT
        if notify:
            neigh_update_notify(neigh, nlmsg_pid)
        return 0
    if not new & NUD_VALID:
        return neigh_update_invalid(neigh, new, nlmsg_pid)
    if not dev.addr_len or lladdr is not None and old & NUD_VALID and lladdr == neigh.ha:
        lladdr = neigh.ha
    elif lladdr is None:
        if not old & NUD_VALID:
            NL_SET_ERR_MSG(extack, "No link layer address given")
            return -EINVAL
        lladdr = neigh.ha
    if new & NUD_CONNECTED:
        neigh.confirmed = g.jiffies
    if old & NUD_VALID:
        if lladdr is not neigh.ha and not flags & NEIGH_UPDATE_F_OVERRIDE:
            if not (flags & NEIGH_UPDATE_F_WEAK_OVERRIDE and old & NUD_CONNECTED):
                return 0
            flags &= ~NEIGH_UPDATE_F_OVERRIDE_ISROUTER
            lladdr, new = neigh.ha, NUD_STALE
        elif lladdr is neigh.ha and new == NUD_STALE and not flags & NEIGH_UPDATE_F_ADMIN:
            new = old
    if new != old or lladdr is not neigh.ha:
        neigh.updated = g.jiffies
        notify = True
    if new != old:
        neigh_del_timer(neigh)
        if new & NUD_PROBE:
            neigh.probes = 0
        if new & NUD_IN_TIMER:
            neigh_add_timer(neigh, g.jiffies + (neigh.parms.reachable_time if new & NUD_REACHABLE else 0))
        neigh.nud_state = new
    if lladdr is not neigh.ha:
        neigh.ha = lladdr
        neigh_update_hhs(neigh)
        if not new & NUD_CONNECTED:
            neigh.confirmed = g.jiffies - (neigh.parms.base_reachable_time << 1)
    if new != old:
        if new & NUD_CONNECTED:
            neigh_connect(neigh)
        else:
            neigh_suspect(neigh)
        if not old & NUD_VALID:
            neigh_update_queue(neigh)
    if flags & NEIGH_UPDATE_F_OVERRIDE_ISROUTER:
        router = NTF_ROUTER if flags & NEIGH_UPDATE_F_ISROUTER else 0
        neigh.flags = neigh.flags & ~NTF_ROUTER | router
    if notify:
        neigh_update_notify(neigh, nlmsg_pid)
    return 0


def neigh_update_invalid(neigh: neighbour, new: int, nlmsg_pid: int) -> int:
    """The case of __neigh_update in which the address is not, or no longer, known."""
    old = neigh.nud_state
    neigh_del_timer(neigh)
    if old & NUD_CONNECTED:
        neigh_suspect(neigh)
    neigh.nud_state = new
    gave_up = old & (NUD_INCOMPLETE | NUD_PROBE) and new & NUD_FAILED
    if gave_up:
        neigh_invalidate(neigh)
    if gave_up or old & NUD_VALID:
        neigh_update_notify(neigh, nlmsg_pid)
    return 0


def neigh_update_queue(neigh: neighbour) -> None:
    """The end of __neigh_update: the address is known at last, so what waited for it goes out."""
    while neigh.nud_state & NUD_VALID and (skb := __skb_dequeue(neigh.arp_queue)) is not None:
        dst = skb_dst(skb)
        n2 = dst_neigh_lookup_skb(dst, skb) if dst is not None else None
        n1 = n2 or neigh
        n1.output(n1, skb)
        if n2 is not None:
            neigh_release(n2)
    __skb_queue_purge(neigh.arp_queue)
    neigh.arp_queue_len_bytes = 0


def neigh_update(neigh: neighbour, lladdr: bytes | None, new: int, flags: int, nlmsg_pid: int) -> int:
    """__neigh_update for callers without an extended answer. `net/core/neighbour.c:1072`"""
    return __neigh_update(neigh, lladdr, new, flags, nlmsg_pid, None)


def neigh_event_ns(tbl: neigh_table, lladdr: bytes, saddr: int, dev: net_device) -> neighbour:
    """Somebody asked for us, which tells where they are. `net/core/neighbour.c:1233`"""
    neigh = __neigh_lookup(tbl, saddr, dev, lladdr or not dev.addr_len)
    if neigh is not None:
        neigh_update(neigh, lladdr, NUD_STALE, NEIGH_UPDATE_F_OVERRIDE, 0)
    return neigh


def __neigh_lookup(tbl: neigh_table, pkey: int, dev: net_device, creat: Any) -> neighbour:
    """The entry for an address, made if `creat`, or None. `include/net/neighbour.h:361`"""
    n = neigh_lookup(tbl, pkey, dev)
    if n is not None or not creat:
        return n
    n = neigh_create(tbl, pkey, dev)
    return None if IS_ERR(n) else n


def __neigh_lookup_errno(tbl: neigh_table, pkey: int, dev: net_device) -> neighbour:
    """The entry for an address, made if need be, or an error. `include/net/neighbour.h:373`"""
    return neigh_lookup(tbl, pkey, dev) or neigh_create(tbl, pkey, dev)


def neigh_create(tbl: neigh_table, pkey: int, dev: net_device) -> neighbour:
    """The entry for an address, held for the caller. `include/net/neighbour.h:210`"""
    return __neigh_create(tbl, pkey, dev, True)


def neigh_hh_init(n: neighbour, dst: dst_entry) -> None:
    """Make the header ready that later packets need only copy. `net/core/neighbour.c:1247`"""
    if not n.hh.hh_len:
        dst.dev.header_ops.cache(n, n.hh, dst.ops.protocol)


def neigh_resolve_output(neigh: neighbour, skb: sk_buff) -> int:
    """The careful way out: ask for the address if need be, then put the header before the packet.
    `net/core/neighbour.c:1286`"""
    dst = skb.dst
    if neigh_event_send(neigh, skb):
        return 0
    dev = neigh.dev
    if dev.header_ops.cache is not None and not neigh.hh.hh_len:
        neigh_hh_init(neigh, dst)
    if skb.data != skb.network_header:
        __skb_pull(skb, skb_network_offset(skb))
    if dev_hard_header(skb, dev, skb.protocol, neigh.ha, None, skb.len) < 0:
        kfree_skb(skb)
        return -EINVAL
    return dev_queue_xmit(skb)


def neigh_connected_output(neigh: neighbour, skb: sk_buff) -> int:
    """The fast way out for devices that keep no header ready. `net/core/neighbour.c:1327`"""
    __skb_pull(skb, skb_network_offset(skb))
    if dev_hard_header(skb, neigh.dev, skb.protocol, neigh.ha, None, skb.len) < 0:
        kfree_skb(skb)
        return -EINVAL
    return dev_queue_xmit(skb)


def neigh_direct_output(neigh: neighbour, skb: sk_buff) -> int:
    """The way out of a device without addresses. `net/core/neighbour.c:1350`"""
    return dev_queue_xmit(skb)


def neigh_hh_output(hh: hh_cache, skb: sk_buff) -> int:
    """Copy the ready-made header before the packet, and off it goes. `include/net/neighbour.h:338`"""
    data = skb.data
    skb.data = start = data - hh.hh_len  # skb_push
    skb.len += hh.hh_len
    skb.head[start:data] = hh.hh_data
    return dev_queue_xmit(skb)


def neigh_output(n: neighbour, skb: sk_buff, skip_cache: bool) -> int:
    """The way out through this neighbour, the fastest that its state allows. `include/net/neighbour.h:536 (6.1)`"""
    hh = n.hh
    if n.nud_state & NUD_CONNECTED and hh.hh_len and not skip_cache:
        return neigh_hh_output(hh, skb)
    return n.output(n, skb)


def neigh_proxy_process(tbl: neigh_table) -> None:
    """The delay of a proxy's answer is over. `net/core/neighbour.c:1356`"""
    sched_next = 0
    for skb in [*tbl.proxy_queue.queue]:
        tdif = NEIGH_CB(skb).sched_next - g.jiffies
        if tdif <= 0:
            __skb_unlink(skb, tbl.proxy_queue)
            if netif_running(skb.dev):
                tbl.proxy_redo(skb)
            else:
                kfree_skb(skb)
        elif not sched_next or tdif < sched_next:
            sched_next = tdif
    del_timer(tbl.proxy_timer)
    if sched_next:
        mod_timer(tbl.proxy_timer, g.jiffies + sched_next)


def pneigh_enqueue(tbl: neigh_table, p: neigh_parms, skb: sk_buff) -> None:
    """Answer in another's place, but not at once: the other may do it. `net/core/neighbour.c:1390`"""
    sched_next = g.jiffies + prandom_u32_max(p.proxy_delay)
    if tbl.proxy_queue.qlen > p.proxy_qlen:
        kfree_skb(skb)
        return
    NEIGH_CB(skb).sched_next = sched_next
    NEIGH_CB(skb).flags |= LOCALLY_ENQUEUED
    if del_timer(tbl.proxy_timer) and time_before(tbl.proxy_timer.expires, sched_next):
        sched_next = tbl.proxy_timer.expires
    skb_dst_drop(skb)
    __skb_queue_tail(tbl.proxy_queue, skb)
    mod_timer(tbl.proxy_timer, sched_next)


def neigh_parms_alloc(dev: net_device, tbl: neigh_table) -> neigh_parms:
    """A device's own parameters, at first those of the table. `net/core/neighbour.c:1431`"""
    p = replace(tbl.parms, refcnt=1, tbl=tbl, dev=dev, net=dev_net(dev), sysctl_table=None, data_state=set())
    p.reachable_time = neigh_rand_reach_time(p.base_reachable_time)
    ops = dev.netdev_ops
    if ops.ndo_neigh_setup is not None and ops.ndo_neigh_setup(dev, p):
        return None
    tbl.parms_list.insert(1, p)
    return p


def neigh_parms_release(tbl: neigh_table, parms: neigh_parms) -> None:
    """The device is going: its parameters end with the last neighbour that uses them. `net/core/neighbour.c:1475`"""
    if parms is None or parms is tbl.parms:
        return
    tbl.parms_list.remove(parms)
    parms.dead = True
    neigh_parms_put(parms)


def neigh_table_init(tbl: neigh_table) -> None:
    """Set up a protocol's table. `net/core/neighbour.c:1551`"""
    tbl.parms_list = [tbl.parms]
    tbl.parms.tbl = tbl
    tbl.parms.net = g.init_net
    tbl.parms.reachable_time = neigh_rand_reach_time(tbl.parms.base_reachable_time)
    tbl.nht = neigh_hash_alloc(3)
    tbl.phash_buckets = [[] for _ in range(PNEIGH_HASHMASK + 1)]
    tbl.gc_work = delayed_work(work_struct(neigh_periodic_work), container=tbl)
    schedule_delayed_work(tbl.gc_work, tbl.parms.reachable_time)
    tbl.proxy_timer = timer_list()
    setup_timer(tbl.proxy_timer, neigh_proxy_process, tbl)
    skb_queue_head_init(tbl.proxy_queue)
    tbl.last_flush = g.jiffies
    tbl.last_rand = g.jiffies + tbl.parms.reachable_time * 20
    g.neigh_tables.append(tbl)


def neigh_find_table(family: int) -> neigh_table:
    """The table of a protocol family, or None. `net/core/neighbour.c:1862 (6.1)`"""
    return next((tbl for tbl in g.neigh_tables if tbl.family == family), None)


nda_policy = {
    NDA_DST: nla_policy(NLA_BINARY, MAX_ADDR_LEN),
    NDA_LLADDR: nla_policy(NLA_BINARY, MAX_ADDR_LEN),
    NDA_CACHEINFO: nla_policy(len=nda_cacheinfo.SIZE),
    NDA_PROBES: nla_policy(NLA_U32),
    NDA_VLAN: nla_policy(NLA_U16),
    NDA_PORT: nla_policy(NLA_U16),
    NDA_VNI: nla_policy(NLA_U32),
    NDA_IFINDEX: nla_policy(NLA_U32),
    NDA_MASTER: nla_policy(NLA_U32),
    NDA_PROTOCOL: nla_policy(NLA_U8),
    NDA_NH_ID: nla_policy(NLA_U32),
    NDA_FLAGS_EXT: nla_policy(NLA_U32),
    NDA_FDB_EXT_ATTRS: nla_policy(NLA_NESTED),
}


def neigh_delete(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """RTM_DELNEIGH: forget an entry. `net/core/neighbour.c:1609`"""
    net = sock_net(skb.sk)
    if nlmsg_len(nlh) < ndmsg.SIZE:
        return -EINVAL
    dst_attr = nlmsg_find_attr(nlh, ndmsg.SIZE, NDA_DST)
    if dst_attr is None:
        NL_SET_ERR_MSG(extack, "Network address not specified")
        return -EINVAL
    ndm = ndmsg(nlh.head, nlmsg_data(nlh))
    dev = None
    if ndm.ndm_ifindex:
        dev = __dev_get_by_index(net, ndm.ndm_ifindex)
        if dev is None:
            return -ENODEV
    tbl = neigh_find_table(ndm.ndm_family)
    if tbl is None:
        return -EAFNOSUPPORT
    if nla_len(dst_attr) < tbl.key_len:
        NL_SET_ERR_MSG(extack, "Invalid network address")
        return -EINVAL
    pkey = int.from_bytes(nla_data(dst_attr)[: tbl.key_len], "big")
    if ndm.ndm_flags & NTF_PROXY:
        return pneigh_delete(tbl, net, pkey, dev)
    if dev is None:
        return -EINVAL
    neigh = neigh_lookup(tbl, pkey, dev)
    if neigh is None:
        return -ENOENT
    flags = NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN
    err = __neigh_update(neigh, None, NUD_FAILED, flags, NETLINK_CB(skb).portid, extack)
    neigh_release(neigh)
    neigh_remove_one(neigh, tbl)
    return err


def neigh_add(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """RTM_NEWNEIGH: make an entry, or change one. `net/core/neighbour.c:1673`"""
    net = sock_net(skb.sk)
    tb = [None] * (NDA_MAX + 1)
    err = nlmsg_parse_deprecated(nlh, ndmsg.SIZE, tb, NDA_MAX, nda_policy, extack)
    if err < 0:
        return err
    if tb[NDA_DST] is None:
        NL_SET_ERR_MSG(extack, "Network address not specified")
        return -EINVAL
    ndm = ndmsg(nlh.head, nlmsg_data(nlh))
    dev = None
    if ndm.ndm_ifindex:
        dev = __dev_get_by_index(net, ndm.ndm_ifindex)
        if dev is None:
            return -ENODEV
        if tb[NDA_LLADDR] is not None and nla_len(tb[NDA_LLADDR]) < dev.addr_len:
            NL_SET_ERR_MSG(extack, "Invalid link address")
            return -EINVAL
    tbl = neigh_find_table(ndm.ndm_family)
    if tbl is None:
        return -EAFNOSUPPORT
    if nla_len(tb[NDA_DST]) < tbl.key_len:
        NL_SET_ERR_MSG(extack, "Invalid network address")
        return -EINVAL
    dst = int.from_bytes(nla_data(tb[NDA_DST])[: tbl.key_len], "big")
    protocol = nla_get_u8(tb[NDA_PROTOCOL]) if tb[NDA_PROTOCOL] is not None else 0
    if ndm.ndm_flags & NTF_PROXY:
        pn = pneigh_lookup(tbl, net, dst, dev, 1)
        pn.flags = ndm.ndm_flags
        pn.permanent = ndm.ndm_state & NUD_PERMANENT != 0
        pn.protocol = protocol or pn.protocol
        return 0
    if dev is None:
        NL_SET_ERR_MSG(extack, "Device not specified")
        return -EINVAL
    return neigh_add_entry(skb, nlh, ndm, tb, tbl, dst, dev, protocol, extack)


def neigh_add_entry(
    skb: sk_buff, nlh: nlmsghdr, ndm: ndmsg, tb: list, tbl: neigh_table, dst: int, dev: net_device, protocol: int,
    extack: netlink_ext_ack,
) -> int:  # fmt: skip
    """The second half of neigh_add: the request is a good one, and is not about a proxy."""
    flags = NEIGH_UPDATE_F_ADMIN | NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE_ISROUTER
    neigh = neigh_lookup(tbl, dst, dev)
    if neigh is None:
        if not nlh.nlmsg_flags & NLM_F_CREATE:
            return -ENOENT
        neigh = neigh_create(tbl, dst, dev)
        if IS_ERR(neigh):
            return PTR_ERR(neigh)
    elif nlh.nlmsg_flags & NLM_F_EXCL:
        neigh_release(neigh)
        return -EEXIST
    elif not nlh.nlmsg_flags & NLM_F_REPLACE:
        flags &= ~(NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE_ISROUTER)
    neigh.protocol = protocol or neigh.protocol
    ndm_flags = ndm.ndm_flags
    if ndm_flags & NTF_EXT_LEARNED:
        flags |= NEIGH_UPDATE_F_EXT_LEARNED
    if ndm_flags & NTF_ROUTER:
        flags |= NEIGH_UPDATE_F_ISROUTER
    if ndm_flags & NTF_USE:
        flags |= NEIGH_UPDATE_F_USE
    lladdr = nla_data(tb[NDA_LLADDR])[: dev.addr_len] if tb[NDA_LLADDR] is not None else None
    err = __neigh_update(neigh, lladdr, ndm.ndm_state & 0xFF, flags, NETLINK_CB(skb).portid, extack)
    if not err and ndm_flags & NTF_USE:
        neigh_event_send(neigh, None)
    neigh_release(neigh)
    return err


def neigh_fill_info(skb: sk_buff, neigh: neighbour, pid: int, seq: int, type: int, flags: int) -> int:
    """Write an entry as a netlink message. `net/core/neighbour.c:2129`"""
    nlh = nlmsg_put(skb, pid, seq, type, ndmsg.SIZE, flags)
    if nlh is None:
        return -EMSGSIZE
    now = g.jiffies
    tbl = neigh.tbl
    ndm = ndmsg(nlh.head, nlmsg_data(nlh))
    ndm.ndm_family = neigh.ops.family
    ndm.ndm_flags = neigh.flags
    ndm.ndm_type = neigh.type
    ndm.ndm_ifindex = neigh.dev.ifindex
    ndm.ndm_state = neigh.nud_state
    ci = nda_cacheinfo(bytearray(nda_cacheinfo.SIZE))
    ci.ndm_used = jiffies_to_clock_t(now - neigh.used)
    ci.ndm_confirmed = jiffies_to_clock_t(now - neigh.confirmed)
    ci.ndm_updated = jiffies_to_clock_t(now - neigh.updated)
    ci.ndm_refcnt = neigh.refcnt - 1
    if (
        nla_put(skb, NDA_DST, tbl.key_len, neigh.primary_key.to_bytes(tbl.key_len, "big"))
        or neigh.nud_state & NUD_VALID
        and nla_put(skb, NDA_LLADDR, neigh.dev.addr_len, neigh_ha_snapshot(neigh, neigh.dev))
        or nla_put_u32(skb, NDA_PROBES, neigh.probes)
        or nla_put(skb, NDA_CACHEINFO, ci.SIZE, bytes(ci))
        or neigh.protocol
        and nla_put_u8(skb, NDA_PROTOCOL, neigh.protocol)
    ):
        nlmsg_cancel(skb, nlh)
        return -EMSGSIZE
    nlmsg_end(skb, nlh)
    return 0


def pneigh_fill_info(
    skb: sk_buff, pn: pneigh_entry, pid: int, seq: int, type: int, flags: int, tbl: neigh_table
) -> int:
    """Write a proxy entry as a netlink message. `net/core/neighbour.c:2181`"""
    nlh = nlmsg_put(skb, pid, seq, type, ndmsg.SIZE, flags)
    if nlh is None:
        return -EMSGSIZE
    ndm = ndmsg(nlh.head, nlmsg_data(nlh))
    ndm.ndm_family = tbl.family
    ndm.ndm_flags = pn.flags | NTF_PROXY
    ndm.ndm_type = RTN_UNICAST
    ndm.ndm_ifindex = pn.dev.ifindex if pn.dev is not None else 0
    ndm.ndm_state = NUD_NONE
    if nla_put(skb, NDA_DST, tbl.key_len, pn.key.to_bytes(tbl.key_len, "big")) or (
        pn.protocol and nla_put_u8(skb, NDA_PROTOCOL, pn.protocol)
    ):
        nlmsg_cancel(skb, nlh)
        return -EMSGSIZE
    nlmsg_end(skb, nlh)
    return 0


def neigh_update_notify(neigh: neighbour, nlmsg_pid: int) -> None:
    """Tell who listens (`ip monitor neigh`) of a change. `net/core/neighbour.c:2211`"""
    __neigh_notify(neigh, RTM_NEWNEIGH, 0, nlmsg_pid)


def neigh_master_filtered(dev: net_device, master_idx: int) -> bool:
    """True if the caller asked for devices of another master. `net/core/neighbour.c:2673 (6.1)`"""
    if not master_idx:
        return False
    master = dev.master if dev is not None else None
    if master_idx == 0xFFFFFFFF:
        return master is not None
    return master is None or master.ifindex != master_idx


def neigh_ifindex_filtered(dev: net_device, filter_idx: int) -> bool:
    """True if the caller asked for another device. `net/core/neighbour.c:2694 (6.1)`"""
    return filter_idx != 0 and (dev is None or dev.ifindex != filter_idx)


def neigh_dump_table(tbl: neigh_table, skb: sk_buff, cb: netlink_callback, filter: tuple[int, int]) -> int:
    """As many entries of this namespace as the skb holds; `cb.args` says where to go on. `net/core/neighbour.c:2217`"""
    net = sock_net(skb.sk)
    dev_idx, master_idx = filter
    flags = NLM_F_MULTI | (NLM_F_DUMP_FILTERED if dev_idx or master_idx else 0)
    buckets = tbl.nht.hash_buckets
    h, s_idx = cb.args[1], cb.args[2]
    while h < len(buckets):
        for idx, n in enumerate(buckets[h]):
            if idx < s_idx or not net_eq(dev_net(n.dev), net):
                continue
            if neigh_ifindex_filtered(n.dev, dev_idx) or neigh_master_filtered(n.dev, master_idx):
                continue
            if neigh_fill_info(skb, n, NETLINK_CB(cb.skb).portid, cb.nlh.nlmsg_seq, RTM_NEWNEIGH, flags) < 0:
                cb.args[1], cb.args[2] = h, idx
                return -1
        h, s_idx = h + 1, 0
    cb.args[1], cb.args[2] = h, 0
    return skb.len


def pneigh_dump_table(tbl: neigh_table, skb: sk_buff, cb: netlink_callback, filter: tuple[int, int]) -> int:
    """The same for the proxy entries. `net/core/neighbour.c:2258`"""
    net = sock_net(skb.sk)
    dev_idx, master_idx = filter
    flags = NLM_F_MULTI | (NLM_F_DUMP_FILTERED if dev_idx or master_idx else 0)
    h, s_idx = cb.args[3], cb.args[4]
    while h <= PNEIGH_HASHMASK:
        for idx, n in enumerate(tbl.phash_buckets[h]):
            if idx < s_idx or not net_eq(pneigh_net(n), net):
                continue
            if neigh_ifindex_filtered(n.dev, dev_idx) or neigh_master_filtered(n.dev, master_idx):
                continue
            portid = NETLINK_CB(cb.skb).portid
            if pneigh_fill_info(skb, n, portid, cb.nlh.nlmsg_seq, RTM_NEWNEIGH, flags, tbl) < 0:
                cb.args[3], cb.args[4] = h, idx
                return -1
        h, s_idx = h + 1, 0
    cb.args[3], cb.args[4] = h, 0
    return skb.len


def neigh_valid_dump_req(
    nlh: nlmsghdr, strict_check: bool, extack: netlink_ext_ack
) -> tuple[int, tuple[int, int]]:
    """Look at a dump request: an errno, and the device and the master it asks for. `net/core/neighbour.c:2799 (6.1)`"""
    tb = [None] * (NDA_MAX + 1)
    if strict_check:
        if nlh.nlmsg_len < nlmsg_msg_size(ndmsg.SIZE):
            NL_SET_ERR_MSG(extack, "Invalid header for neighbor dump request")
            return -EINVAL, (0, 0)
        ndm = ndmsg(nlh.head, nlmsg_data(nlh))
        if ndm.ndm_pad1 or ndm.ndm_pad2 or ndm.ndm_ifindex or ndm.ndm_state or ndm.ndm_type:
            NL_SET_ERR_MSG(extack, "Invalid values in header for neighbor dump request")
            return -EINVAL, (0, 0)
        if ndm.ndm_flags & ~NTF_PROXY:
            NL_SET_ERR_MSG(extack, "Invalid flags in header for neighbor dump request")
            return -EINVAL, (0, 0)
        err = nlmsg_parse_deprecated_strict(nlh, ndmsg.SIZE, tb, NDA_MAX, nda_policy, extack)
    else:
        err = nlmsg_parse_deprecated(nlh, ndmsg.SIZE, tb, NDA_MAX, nda_policy, extack)
    if err < 0:
        return err, (0, 0)
    known = {NDA_IFINDEX: 0, NDA_MASTER: 0}
    for i, attr in enumerate(tb):
        if attr is None:
            continue
        if i in known:
            known[i] = nla_get_u32(attr)
        elif strict_check:
            NL_SET_ERR_MSG(extack, "Unsupported attribute in neighbor dump request")
            return -EINVAL, (0, 0)
    return 0, (known[NDA_IFINDEX], known[NDA_MASTER])


def neigh_dump_info(skb: sk_buff, cb: netlink_callback) -> int:
    """RTM_GETNEIGH for all: one table after the other. `net/core/neighbour.c:2298`"""
    nlh = cb.nlh
    family = nlh.head[nlmsg_data(nlh)]
    proxy = nlmsg_len(nlh) >= ndmsg.SIZE and ndmsg(nlh.head, nlmsg_data(nlh)).ndm_flags == NTF_PROXY
    err, filter = neigh_valid_dump_req(nlh, cb.strict_check, cb.extack)
    if err < 0 and cb.strict_check:
        return err
    dump_table = pneigh_dump_table if proxy else neigh_dump_table
    t = s_t = cb.args[0]
    for t in range(s_t, len(g.neigh_tables)):
        tbl = g.neigh_tables[t]
        if family and tbl.family != family:
            continue
        if t > s_t:
            cb.args[1:] = [0] * (len(cb.args) - 1)
        if dump_table(tbl, skb, cb, filter) < 0:
            cb.args[0] = t
            return skb.len
    cb.args[0] = len(g.neigh_tables)
    return skb.len


def neigh_valid_get_req(
    nlh: nlmsghdr, extack: netlink_ext_ack
) -> tuple[int, neigh_table | None, int | None, int, int]:
    """Look at a request for one entry: an errno, table, address, device and flags. `net/core/neighbour.c:2907 (6.1)`"""
    nothing = (None, None, 0, 0)
    if nlh.nlmsg_len < nlmsg_msg_size(ndmsg.SIZE):
        NL_SET_ERR_MSG(extack, "Invalid header for neighbor get request")
        return -EINVAL, *nothing
    ndm = ndmsg(nlh.head, nlmsg_data(nlh))
    if ndm.ndm_pad1 or ndm.ndm_pad2 or ndm.ndm_state or ndm.ndm_type:
        NL_SET_ERR_MSG(extack, "Invalid values in header for neighbor get request")
        return -EINVAL, *nothing
    if ndm.ndm_flags & ~NTF_PROXY:
        NL_SET_ERR_MSG(extack, "Invalid flags in header for neighbor get request")
        return -EINVAL, *nothing
    tb = [None] * (NDA_MAX + 1)
    err = nlmsg_parse_deprecated_strict(nlh, ndmsg.SIZE, tb, NDA_MAX, nda_policy, extack)
    if err < 0:
        return err, *nothing
    tbl = neigh_find_table(ndm.ndm_family)
    if tbl is None:
        NL_SET_ERR_MSG(extack, "Unsupported family in header for neighbor get request")
        return -EAFNOSUPPORT, *nothing
    dst = None
    for i, attr in enumerate(tb):
        if attr is None:
            continue
        if i != NDA_DST:
            NL_SET_ERR_MSG(extack, "Unsupported attribute in neighbor get request")
            return -EINVAL, *nothing
        if nla_len(attr) != tbl.key_len:
            NL_SET_ERR_MSG(extack, "Invalid network address in neighbor get request")
            return -EINVAL, *nothing
        dst = int.from_bytes(nla_data(attr), "big")
    return 0, tbl, dst, ndm.ndm_ifindex, ndm.ndm_flags


def neigh_nlmsg_size() -> int:
    """Room that the message about an entry needs. `net/core/neighbour.c:2725`"""
    addresses = nla_total_size(MAX_ADDR_LEN) * 2
    return NLMSG_ALIGN(ndmsg.SIZE) + addresses + nla_total_size(nda_cacheinfo.SIZE) + nla_total_size(4) * 3


def neigh_get_reply(net: net, neigh: neighbour, pid: int, seq: int) -> int:
    """Answer a request for one entry. `net/core/neighbour.c:2978 (6.1)`"""
    skb = nlmsg_new(neigh_nlmsg_size(), GFP_KERNEL)
    neigh_fill_info(skb, neigh, pid, seq, RTM_NEWNEIGH, 0)
    return rtnl_unicast(skb, net, pid)


def pneigh_get_reply(net: net, neigh: pneigh_entry, pid: int, seq: int, tbl: neigh_table) -> int:
    """Answer a request for one proxy entry. `net/core/neighbour.c:3007 (6.1)`"""
    skb = nlmsg_new(neigh_nlmsg_size(), GFP_KERNEL)
    pneigh_fill_info(skb, neigh, pid, seq, RTM_NEWNEIGH, 0, tbl)
    return rtnl_unicast(skb, net, pid)


def neigh_get(in_skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """RTM_GETNEIGH for one entry. `net/core/neighbour.c:3028 (6.1)`"""
    net = sock_net(in_skb.sk)
    err, tbl, dst, dev_idx, ndm_flags = neigh_valid_get_req(nlh, extack)
    if err < 0:
        return err
    dev = None
    if dev_idx:
        dev = __dev_get_by_index(net, dev_idx)
        if dev is None:
            NL_SET_ERR_MSG(extack, "Unknown device ifindex")
            return -ENODEV
    if dst is None:
        NL_SET_ERR_MSG(extack, "Network address not specified")
        return -EINVAL
    portid = NETLINK_CB(in_skb).portid
    if ndm_flags & NTF_PROXY:
        pn = pneigh_lookup(tbl, net, dst, dev, 0)
        if pn is None:
            NL_SET_ERR_MSG(extack, "Proxy neighbour entry not found")
            return -ENOENT
        return pneigh_get_reply(net, pn, portid, nlh.nlmsg_seq, tbl)
    if dev is None:
        NL_SET_ERR_MSG(extack, "No device specified")
        return -EINVAL
    neigh = neigh_lookup(tbl, dst, dev)
    if neigh is None:
        NL_SET_ERR_MSG(extack, "Neighbour entry not found")
        return -ENOENT
    err = neigh_get_reply(net, neigh, portid, nlh.nlmsg_seq)
    neigh_release(neigh)
    return err


def neigh_get_first(seq: seq_file) -> neighbour:
    """The first entry of the reader's namespace that is to be shown, from the current bucket on.
    `net/core/neighbour.c:2396`"""
    state, net = seq.private, seq_file_net(seq)
    buckets = state.nht.hash_buckets
    while state.bucket < len(buckets):
        for n in buckets[state.bucket]:
            if neigh_is_shown(state, net, n):
                return n
        state.bucket += 1
    return None


def neigh_is_shown(state: neigh_seq_state, net: net, n: neighbour) -> bool:
    """Whether a reader of the table shall see this entry: what the two walks of C test in the same words."""
    return net_eq(dev_net(n.dev), net) and not (state.flags & NEIGH_SEQ_SKIP_NOARP and n.nud_state == NUD_NOARP)


def neigh_get_next(seq: seq_file, n: neighbour) -> neighbour:
    """The entry behind `n`. `net/core/neighbour.c:2435`"""
    state, net = seq.private, seq_file_net(seq)
    bucket = state.nht.hash_buckets[state.bucket]
    for after in bucket[bucket.index(n) + 1 :]:
        if neigh_is_shown(state, net, after):
            return after
    state.bucket += 1
    return neigh_get_first(seq)


def pneigh_get_first(seq: seq_file) -> pneigh_entry:
    """The first proxy entry of the reader's namespace. `net/core/neighbour.c:2498`"""
    seq.private.flags |= NEIGH_SEQ_IS_PNEIGH
    return next(iter(pneigh_of(seq)), None)


def pneigh_get_next(seq: seq_file, pn: pneigh_entry) -> pneigh_entry:
    """The proxy entry behind `pn`. `net/core/neighbour.c:2519`"""
    entries = pneigh_of(seq)
    return next(iter(entries[entries.index(pn) + 1 :]), None)


def pneigh_of(seq: seq_file) -> list[pneigh_entry]:
    """All proxy entries of the reader's namespace, in the order of their buckets."""
    net = seq_file_net(seq)
    return [pn for bucket in seq.private.tbl.phash_buckets for pn in bucket if net_eq(pneigh_net(pn), net)]


def neigh_seq_start(seq: seq_file, pos: int, tbl: neigh_table, neigh_seq_flags: int) -> Any:
    """Begin to read a table. `net/core/neighbour.c:2575`"""
    seq.private = neigh_seq_state(tbl, tbl.nht, 0, neigh_seq_flags & ~NEIGH_SEQ_IS_PNEIGH)
    return SEQ_START_TOKEN


def neigh_seq_next(seq: seq_file, v: Any, pos: int) -> Any:
    """What comes behind `v`: the entries, then the proxies. `net/core/neighbour.c:2591`"""
    if seq.private.flags & NEIGH_SEQ_IS_PNEIGH:
        return pneigh_get_next(seq, v)
    rc = neigh_get_first(seq) if v is SEQ_START_TOKEN else neigh_get_next(seq, v)
    if rc is None and not seq.private.flags & NEIGH_SEQ_NEIGH_ONLY:
        return pneigh_get_first(seq)
    return rc


def neigh_seq_stop(seq: seq_file, v: Any) -> None:
    """The end of the reading. `net/core/neighbour.c:2618`"""


def __neigh_notify(n: neighbour, type: int, flags: int, pid: int) -> None:
    """Send a message about the entry to who listens. `net/core/neighbour.c:2734`"""
    net = dev_net(n.dev)
    skb = nlmsg_new(neigh_nlmsg_size(), GFP_ATOMIC)
    neigh_fill_info(skb, n, pid, 0, type, flags)
    rtnl_notify(skb, net, 0, RTNLGRP_NEIGH, None, GFP_ATOMIC)


def neigh_app_ns(n: neighbour) -> None:
    """Have a daemon find the address out. `net/core/neighbour.c:2759`"""
    __neigh_notify(n, RTM_GETNEIGH, NLM_F_REQUEST, 0)


def proc_unres_qlen(ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A limit in bytes, shown as a number of full-size frames. `net/core/neighbour.c:2770`"""
    tmp = replace(ctl, data=int_ptr([ctl.data.value // SKB_TRUESIZE(ETH_FRAME_LEN)], 0), extra1=0)
    tmp.extra2 = INT_MAX // SKB_TRUESIZE(ETH_FRAME_LEN)
    ret, text = proc_dointvec_minmax(tmp, write, buffer, lenp, ppos)
    if write and not ret:
        ctl.data.value = tmp.data.value * SKB_TRUESIZE(ETH_FRAME_LEN)
    return ret, text


def neigh_copy_dflt_parms(net: net, p: neigh_parms, name: str) -> None:
    """A default has changed: so it does for each device where nobody set it. `net/core/neighbour.c:3568 (6.1)`"""
    for dev in net.dev_base_head:
        in_dev = __in_dev_get_rcu(dev)
        if in_dev is not None and name not in in_dev.arp_parms.data_state:
            setattr(in_dev.arp_parms, name, getattr(p, name))


def neigh_proc_update(ctl: ctl_table, write: bool) -> None:
    """A switch was written: it is the device's own from now on. `net/core/neighbour.c:3585 (6.1)`"""
    if not write:
        return
    p = ctl.extra2
    p.data_state.add(ctl.data.name)
    if ctl.extra1 is None:
        neigh_copy_dflt_parms(neigh_parms_net(p), p, ctl.data.name)


def neigh_proc_dointvec_zero_intmax(ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A switch that cannot be negative. `net/core/neighbour.c:3602 (6.1)`"""
    ret = proc_dointvec_minmax(replace(ctl, extra1=0, extra2=INT_MAX), write, buffer, lenp, ppos)
    neigh_proc_update(ctl, write)
    return ret


def neigh_proc_dointvec_ms_jiffies_positive(
    ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int
) -> tuple[int, str]:
    """A time in milliseconds, at least one. `net/core/neighbour.c:3617 (6.1)`"""
    tmp = replace(ctl, extra1=msecs_to_jiffies(1), extra2=None)
    ret = proc_dointvec_ms_jiffies_minmax(tmp, write, buffer, lenp, ppos)
    neigh_proc_update(ctl, write)
    return ret


def neigh_proc_dointvec_jiffies(ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A time in seconds. `net/core/neighbour.c:3643 (6.1)`"""
    ret = proc_dointvec_jiffies(ctl, write, buffer, lenp, ppos)
    neigh_proc_update(ctl, write)
    return ret


def neigh_proc_dointvec_userhz_jiffies(
    ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int
) -> tuple[int, str]:
    """A time in hundredths of a second. `net/core/neighbour.c:3653 (6.1)`"""
    ret = proc_dointvec_userhz_jiffies(ctl, write, buffer, lenp, ppos)
    neigh_proc_update(ctl, write)
    return ret


def neigh_proc_dointvec_ms_jiffies(ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """A time in milliseconds. `net/core/neighbour.c:3663 (6.1)`"""
    ret = proc_dointvec_ms_jiffies(ctl, write, buffer, lenp, ppos)
    neigh_proc_update(ctl, write)
    return ret


def neigh_proc_dointvec_unres_qlen(ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """The queue's limit in frames. `net/core/neighbour.c:3673 (6.1)`"""
    ret = proc_unres_qlen(ctl, write, buffer, lenp, ppos)
    neigh_proc_update(ctl, write)
    return ret


def neigh_proc_base_reachable_time(ctl: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """How long an answer holds on average; a new value is effective at once. `net/core/neighbour.c:3683 (6.1)`"""
    handler = neigh_proc_dointvec_ms_jiffies if ctl.procname.endswith("_ms") else neigh_proc_dointvec_jiffies
    ret, text = handler(ctl, write, buffer, lenp, ppos)
    if write and ret == 0:
        ctl.extra2.reachable_time = neigh_rand_reach_time(ctl.extra2.base_reachable_time)
    return ret, text


# The files of a device's directory in /proc/sys/net/ipv4/neigh: name, field of neigh_parms, handler.
neigh_sysctl_template = (
    ("mcast_solicit", "mcast_probes", neigh_proc_dointvec_zero_intmax),
    ("ucast_solicit", "ucast_probes", neigh_proc_dointvec_zero_intmax),
    ("app_solicit", "app_probes", neigh_proc_dointvec_zero_intmax),
    ("mcast_resolicit", "mcast_reprobes", neigh_proc_dointvec_zero_intmax),
    ("retrans_time", "retrans_time", neigh_proc_dointvec_userhz_jiffies),
    ("base_reachable_time", "base_reachable_time", neigh_proc_base_reachable_time),
    ("delay_first_probe_time", "delay_probe_time", neigh_proc_dointvec_jiffies),
    ("interval_probe_time_ms", "interval_probe_time", neigh_proc_dointvec_ms_jiffies_positive),
    ("gc_stale_time", "gc_staletime", neigh_proc_dointvec_jiffies),
    ("unres_qlen_bytes", "queue_len_bytes", neigh_proc_dointvec_zero_intmax),
    ("proxy_qlen", "proxy_qlen", neigh_proc_dointvec_zero_intmax),
    ("anycast_delay", "anycast_delay", neigh_proc_dointvec_userhz_jiffies),
    ("proxy_delay", "proxy_delay", neigh_proc_dointvec_userhz_jiffies),
    ("locktime", "locktime", neigh_proc_dointvec_userhz_jiffies),
    ("unres_qlen", "queue_len_bytes", neigh_proc_dointvec_unres_qlen),
    ("retrans_time_ms", "retrans_time", neigh_proc_dointvec_ms_jiffies),
    ("base_reachable_time_ms", "base_reachable_time", neigh_proc_base_reachable_time),
)


def neigh_sysctl_register(dev: net_device, p: neigh_parms, handler: proc_handler) -> int:
    """The directory of a device's parameters, or, without a device, of the defaults. `net/core/neighbour.c:2935`"""
    table = [
        ctl_table(name, int_ptr(p, field), proc_handler=proc, extra1=dev, extra2=p)
        for name, field, proc in neigh_sysctl_template
    ]
    if dev is None:
        tbl = p.tbl
        table.append(ctl_table("gc_interval", int_ptr(tbl, "gc_interval"), proc_handler=proc_dointvec_jiffies))
        for name in ("gc_thresh1", "gc_thresh2", "gc_thresh3"):
            entry = ctl_table(name, int_ptr(tbl, name), proc_handler=proc_dointvec_minmax, extra1=0, extra2=INT_MAX)
            table.append(entry)
    dev_name_source = dev.name if dev is not None else "default"
    p.sysctl_table = register_net_sysctl(neigh_parms_net(p), f"net/ipv4/neigh/{dev_name_source}", table)
    return 0


def neigh_sysctl_unregister(p: neigh_parms) -> None:
    """The directory goes with its device. `net/core/neighbour.c:3012`"""
    if p.sysctl_table is not None:
        unregister_net_sysctl_table(p.sysctl_table)
        p.sysctl_table = None


def neigh_init() -> int:
    """The messages that this file answers. `net/core/neighbour.c:3025`"""
    g.neigh_tables = []
    rtnl_register(AF_UNSPEC, RTM_NEWNEIGH, neigh_add, None, 0)
    rtnl_register(AF_UNSPEC, RTM_DELNEIGH, neigh_delete, None, 0)
    rtnl_register(AF_UNSPEC, RTM_GETNEIGH, neigh_get, neigh_dump_info, 0)
    return 0


from vethkernel.drivers.char.random import get_random_bytes, prandom_u32_max
from vethkernel.fs.proc.proc_sysctl import register_net_sysctl, unregister_net_sysctl_table
from vethkernel.kernel.printk import printk
from vethkernel.kernel.softirq import local_bh_disable, local_bh_enable
from vethkernel.kernel.sysctl import (
    INT_MAX,
    proc_dointvec_jiffies,
    proc_dointvec_minmax,
    proc_dointvec_ms_jiffies,
    proc_dointvec_ms_jiffies_minmax,
    proc_dointvec_userhz_jiffies,
)
from vethkernel.kernel.timer import del_timer, del_timer_sync, mod_timer, setup_timer, timer_list
from vethkernel.kernel.workqueue import delayed_work, schedule_delayed_work, work_struct
from vethkernel.net.core.dev import __dev_get_by_index, dev_queue_xmit
from vethkernel.net.core.rtnetlink import rtnl_notify, rtnl_register, rtnl_unicast
from vethkernel.net.core.skbuff import __skb_queue_purge, consume_skb, kfree_skb, kfree_skb_reason, skb_clone
