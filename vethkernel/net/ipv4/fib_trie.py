# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/fib_trie.c: the routing tables' entries, and the search for the longest prefix that fits.

The kernel's level-compressed trie is left out. Its stead takes a dictionary for each prefix length in use, asked from
the longest on: few lengths are in use, so few questions find the answer. What the entry points do is the kernel's.
As since 4.1, the tables local and main share one trie; `tb_id` says whose an entry is, and local's come first.
"""

from __future__ import annotations

from vethkernel.include.linux.err import IS_ERR, PTR_ERR
from vethkernel.include.linux.inetdevice import inet_make_mask, ip_ignore_linkdown
from vethkernel.include.linux.netlink import NETLINK_CB, netlink_callback, netlink_ext_ack
from vethkernel.include.linux.seq_file import seq_file, seq_file_net, seq_printf
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.flow import flowi4
from vethkernel.include.net.ip_fib import (
    FA_S_ACCESSED,
    FIB_LOOKUP_IGNORE_LINKSTATE,
    FIB_LOOKUP_NOREF,
    fib_alias,
    fib_config,
    fib_dump_filter,
    fib_info,
    fib_nh,
    fib_result,
    fib_rt_info,
    fib_table,
)
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.netlink import nl_info
from vethkernel.include.uapi.asm_generic.errno import EAGAIN, EEXIST, ENETUNREACH, ENOENT, ESRCH
from vethkernel.include.uapi.linux.netlink import (
    NLM_F_APPEND,
    NLM_F_CREATE,
    NLM_F_DUMP_FILTERED,
    NLM_F_EXCL,
    NLM_F_MULTI,
    NLM_F_REPLACE,
)
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_NOWHERE,
    RT_TABLE_MAIN,
    RTAX_ADVMSS,
    RTAX_RTT,
    RTAX_WINDOW,
    RTM_DELROUTE,
    RTM_NEWROUTE,
    RTN_BROADCAST,
    RTN_MULTICAST,
    RTN_PROHIBIT,
    RTN_UNREACHABLE,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
)
from vethkernel.include.uapi.linux.route import RTF_GATEWAY, RTF_HOST, RTF_REJECT, RTF_UP

KEYLENGTH = 32


class trie:
    """Entries by prefix length and prefix; `levels` lists (mask, length, leaves of it), the longest first."""

    __slots__ = ("levels",)

    def __init__(self) -> None:
        self.levels: list[tuple[int, int, dict[int, list[fib_alias]]]] = []


def fib_find_node(t: trie, key: int, plen: int) -> list[fib_alias] | None:
    """The entries of exactly this prefix, or None. `net/ipv4/fib_trie.c:956`"""
    for _, length, leaves in t.levels:
        if length == plen:
            return leaves.get(key)
    return None


def fib_insert_node(t: trie, new: fib_alias, key: int) -> None:
    """A first entry for its prefix. `net/ipv4/fib_trie.c:1107 (6.1)`"""
    plen = KEYLENGTH - new.fa_slen
    for _, length, leaves in t.levels:
        if length == plen:
            leaves[key] = [new]
            return
    t.levels.append((0xFFFFFFFF << new.fa_slen & 0xFFFFFFFF, plen, {key: [new]}))
    t.levels.sort(key=lambda level: -level[1])


def fib_insert_alias(t: trie, leaf: list[fib_alias] | None, new: fib_alias, fa: fib_alias | None, key: int) -> None:
    """Put `new` before `fa`, or behind the last of its table. `net/ipv4/fib_trie.c:1157 (6.1)`"""
    if leaf is None:
        fib_insert_node(t, new, key)
    elif fa is not None:
        leaf.insert(leaf.index(fa), new)
    else:
        leaf.insert(sum(last.tb_id >= new.tb_id for last in leaf), new)


def fib_remove_alias(t: trie, leaf: list[fib_alias], old: fib_alias, key: int) -> None:
    """Take an entry out, and what it leaves empty. `net/ipv4/fib_trie.c:1630 (6.1)`"""
    leaf.remove(old)
    if leaf:
        return
    for level in t.levels:
        if level[1] == KEYLENGTH - old.fa_slen:
            del level[2][key]
            if not level[2]:
                t.levels.remove(level)
            return


def fib_find_alias(
    fah: list[fib_alias] | None, slen: int, tos: int, prio: int, tb_id: int, find_first: bool
) -> fib_alias | None:
    """The first entry of this table with this TOS and at least this metric, or with a lesser TOS: what a new entry is
    to be put before. `net/ipv4/fib_trie.c:982 (6.1)`"""
    for fa in fah or ():
        if fa.tb_id > tb_id:
            continue
        if fa.tb_id != tb_id:
            break
        if find_first:
            return fa
        if fa.fa_tos > tos:
            continue
        if fa.fa_info.fib_priority >= prio or fa.fa_tos < tos:
            return fa
    return None


def fib_table_insert(net: net_t, tb: fib_table, cfg: fib_config, extack: netlink_ext_ack) -> int:
    """Add the route that `cfg` asks for; its flags say what to do if there is one. `net/ipv4/fib_trie.c:1172`"""
    t: trie = tb.tb_data
    fi = fib_create_info(cfg, extack)
    if IS_ERR(fi):
        return PTR_ERR(fi)
    key, plen, slen = cfg.fc_dst, cfg.fc_dst_len, KEYLENGTH - cfg.fc_dst_len
    nlflags = NLM_F_EXCL
    leaf = fib_find_node(t, key, plen)
    fa = fib_find_alias(leaf, slen, cfg.fc_tos, fi.fib_priority, tb.tb_id, False) if leaf else None
    if fa is not None and fa.fa_tos == cfg.fc_tos and fa.fa_info.fib_priority == fi.fib_priority:
        if cfg.fc_nlflags & NLM_F_EXCL:
            fib_release_info(fi)
            return -EEXIST
        nlflags = 0
        same, after = fib_same_key(leaf, fa)
        fa_match = next((alias for alias in same if alias.fa_type == cfg.fc_type and alias.fa_info is fi), None)
        if cfg.fc_nlflags & NLM_F_REPLACE:
            return fib_table_replace(tb, leaf, fa, fa_match, fi, cfg)
        if fa_match is not None:
            fib_release_info(fi)
            return -EEXIST
        if cfg.fc_nlflags & NLM_F_APPEND:
            nlflags |= NLM_F_APPEND
            fa = after
    if not cfg.fc_nlflags & NLM_F_CREATE:
        fib_release_info(fi)
        return -ENOENT
    new_fa = fib_alias(fi, cfg.fc_tos, cfg.fc_type, slen, tb.tb_id)
    fib_insert_alias(t, leaf, new_fa, fa, key)
    if not plen:
        tb.tb_num_default += 1
    rt_cache_flush(cfg.fc_nlinfo.nl_net)
    rtmsg_fib(RTM_NEWROUTE, key, new_fa, plen, tb.tb_id, cfg.fc_nlinfo, nlflags | NLM_F_CREATE)
    return 0


def fib_same_key(leaf: list[fib_alias], fa: fib_alias) -> tuple[list[fib_alias], fib_alias | None]:
    """`fa` and the entries behind it of the same table, TOS and metric; and the one behind those. A loop inside
    fib_table_insert in C."""
    start = stop = leaf.index(fa)
    while stop < len(leaf):
        other = leaf[stop]
        if (other.tb_id, other.fa_tos, other.fa_info.fib_priority) != (fa.tb_id, fa.fa_tos, fa.fa_info.fib_priority):
            break
        stop += 1
    return leaf[start:stop], leaf[stop] if stop < len(leaf) else None


def fib_table_replace(
    tb: fib_table, leaf: list[fib_alias], fa: fib_alias, fa_match: fib_alias | None, fi: fib_info, cfg: fib_config
) -> int:
    """Put a new entry in the place of `fa`. A part of fib_table_insert in C. `net/ipv4/fib_trie.c:1236`"""
    if fa_match is not None:
        fib_release_info(fi)
        return 0 if fa is fa_match else -EEXIST
    new_fa = fib_alias(fi, fa.fa_tos, cfg.fc_type, fa.fa_slen, tb.tb_id)
    new_fa.fa_state = fa.fa_state & ~FA_S_ACCESSED
    leaf[leaf.index(fa)] = new_fa
    rtmsg_fib(RTM_NEWROUTE, cfg.fc_dst, new_fa, cfg.fc_dst_len, tb.tb_id, cfg.fc_nlinfo, NLM_F_REPLACE)
    fib_release_info(fa.fa_info)
    if fa.fa_state & FA_S_ACCESSED:
        rt_cache_flush(cfg.fc_nlinfo.nl_net)
    return 0


def fib_lookup_good_nhc(nh: fib_nh, fib_flags: int, flp: flowi4) -> bool:
    """Whether this next hop can be used now, and for that device. `net/ipv4/fib_trie.c:1405 (6.1)`"""
    flags = nh.nh_flags
    if flags & RTNH_F_DEAD:
        return False
    if flags & RTNH_F_LINKDOWN and not fib_flags & FIB_LOOKUP_IGNORE_LINKSTATE and ip_ignore_linkdown(nh.nh_dev):
        return False
    return not flp.flowi4_oif or flp.flowi4_oif == nh.nh_oif


def fib_table_lookup(tb: fib_table, flp: flowi4, res: fib_result, fib_flags: int) -> int:
    """Find the longest prefix around `flp.daddr` with an entry that will do, and tell it in `res`: 0; -EAGAIN if there
    is none; or the error that the entry stands for. `net/ipv4/fib_trie.c:1405`"""
    daddr, tos, scope = flp.daddr, flp.flowi4_tos, flp.flowi4_scope
    for mask, plen, leaves in tb.tb_data.levels:
        leaf = leaves.get(daddr & mask)
        if leaf is None:
            continue
        for fa in leaf:
            fi = fa.fa_info
            if fa.fa_tos and fa.fa_tos != tos or fi.fib_dead or fi.fib_scope < scope:
                continue
            fa.fa_state |= FA_S_ACCESSED
            err = fib_props[fa.fa_type].error
            if err < 0:
                return err
            if fi.fib_flags & RTNH_F_DEAD:
                continue
            nhsel = 0
            for nh in fi.fib_nh:
                if fib_lookup_good_nhc(nh, fib_flags, flp):
                    res.prefix, res.prefixlen, res.nh_sel = daddr & mask, plen, nhsel
                    res.type, res.scope, res.tos = fa.fa_type, fi.fib_scope, fa.fa_tos
                    res.fi, res.table, res.fa_head = fi, tb, leaf
                    return 0
                nhsel += 1
    return -EAGAIN


def fib_lookup(net: net_t, flp: flowi4, res: fib_result, flags: int = 0) -> int:
    """Ask the tables local and main, which are one, then default. `include/net/ip_fib.h:369 (6.1)`"""
    ipv4 = net.ipv4
    tb = ipv4.fib_main
    err = fib_table_lookup(tb, flp, res, flags | FIB_LOOKUP_NOREF) if tb is not None else -EAGAIN
    if err == -EAGAIN:
        tb = ipv4.fib_default
        if tb is not None:
            err = fib_table_lookup(tb, flp, res, flags | FIB_LOOKUP_NOREF)
        if err == -EAGAIN:
            err = -ENETUNREACH
    return err


def fib_table_delete(net: net_t, tb: fib_table, cfg: fib_config, extack: netlink_ext_ack) -> int:
    """Delete the first route that is all that `cfg` says. `net/ipv4/fib_trie.c:1621`"""
    key, plen, slen = cfg.fc_dst, cfg.fc_dst_len, KEYLENGTH - cfg.fc_dst_len
    leaf = fib_find_node(tb.tb_data, key, plen)
    first = fib_find_alias(leaf, slen, cfg.fc_tos, 0, tb.tb_id, False) if leaf else None
    if first is None:
        return -ESRCH
    for fa in leaf[leaf.index(first) :]:
        fi = fa.fa_info
        if fa.tb_id != tb.tb_id or fa.fa_tos != cfg.fc_tos:
            break
        if (
            (not cfg.fc_type or fa.fa_type == cfg.fc_type)
            and cfg.fc_scope in (RT_SCOPE_NOWHERE, fi.fib_scope)
            and (not cfg.fc_prefsrc or fi.fib_prefsrc == cfg.fc_prefsrc)
            and (not cfg.fc_protocol or fi.fib_protocol == cfg.fc_protocol)
            and fib_nh_match(net, cfg, fi, extack) == 0
            and fib_metrics_match(cfg, fi)
        ):
            rtmsg_fib(RTM_DELROUTE, key, fa, plen, tb.tb_id, cfg.fc_nlinfo, 0)
            if not plen:
                tb.tb_num_default -= 1
            fib_remove_alias(tb.tb_data, leaf, fa, key)
            if fa.fa_state & FA_S_ACCESSED:
                rt_cache_flush(cfg.fc_nlinfo.nl_net)
            fib_release_info(fi)
            return 0
    return -ESRCH


def leaf_walk_rcu(t: trie) -> list[tuple[int, int, list[fib_alias]]]:
    """Every prefix with its entries, in the order of a dump: by number, at the same number the longest first.
    `net/ipv4/fib_trie.c:1761 (6.1)`"""
    leaves = [(key, -plen, leaf) for _, plen, level in t.levels for key, leaf in level.items()]
    return [(key, -plen, leaf) for key, plen, leaf in sorted(leaves, key=lambda at: at[:2])]


def fib_table_flush(net: net_t, tb: fib_table, flush_all: bool) -> int:
    """Delete the dead routes, or all that lead nowhere as well; returns how many. `net/ipv4/fib_trie.c:1819`"""
    info = nl_info(nl_net=net)
    found = 0
    for key, plen, leaf in reversed(leaf_walk_rcu(tb.tb_data)):
        for fa in list(leaf):
            fi = fa.fa_info
            dead = fi.fib_flags & RTNH_F_DEAD
            if tb.tb_id != fa.tb_id or not dead and not (flush_all and fib_props[fa.fa_type].error):
                continue
            if fi.pfsrc_removed:
                rtmsg_fib(RTM_DELROUTE, key, fa, plen, tb.tb_id, info, 0)
            fib_remove_alias(tb.tb_data, leaf, fa, key)
            fib_release_info(fi)
            found += 1
    return found


def fn_trie_dump_leaf(
    key: int, plen: int, leaf: list[fib_alias], tb: fib_table, skb: sk_buff, cb: netlink_callback,
    filter: fib_dump_filter,
) -> int:  # fmt: skip
    """Tell a prefix's entries, from the one where the last message was full. `net/ipv4/fib_trie.c:1882`"""
    flags = NLM_F_MULTI
    if filter.filter_set or not filter.dump_exceptions or not filter.dump_routes:
        flags |= NLM_F_DUMP_FILTERED
    s_fa = cb.args[5]
    for i in range(cb.args[4], len(leaf)):
        fa = leaf[i]
        fi = fa.fa_info
        if tb.tb_id != fa.tb_id:
            continue
        if (
            filter.rt_type not in (0, fa.fa_type)
            or filter.protocol not in (0, fi.fib_protocol)
            or filter.dev is not None
            and not fib_info_nh_uses_dev(fi, filter.dev)
        ):
            continue
        err, i_fa = 0, int(filter.dump_routes)
        if filter.dump_routes and not s_fa:
            fri = fib_rt_info(fi, tb.tb_id, key, plen, fa.fa_tos, fa.fa_type)
            err = fib_dump_info(skb, NETLINK_CB(cb.skb).portid, cb.nlh.nlmsg_seq, RTM_NEWROUTE, fri, flags)
            i_fa = 0 if err < 0 else 1
        if err >= 0 and filter.dump_exceptions:
            err, i_fa = fib_dump_info_fnhe(skb, cb, tb.tb_id, fi, i_fa, s_fa, flags)
        if err < 0:
            cb.args[4:6] = i, i_fa
            return err
    cb.args[4:6] = 0, 0
    return skb.len


def fib_table_dump(tb: fib_table, skb: sk_buff, cb: netlink_callback, filter: fib_dump_filter) -> int:
    """Tell the table's entries, from the prefix where the last message was full. `net/ipv4/fib_trie.c:1915`"""
    leaves = leaf_walk_rcu(tb.tb_data)
    for count in range(cb.args[2], len(leaves)):
        key, plen, leaf = leaves[count]
        err = fn_trie_dump_leaf(key, plen, leaf, tb, skb, cb, filter)
        if err < 0:
            cb.args[2] = count
            return err
    cb.args[2] = len(leaves)
    return skb.len


def fib_trie_table(id: int, alias: fib_table | None) -> fib_table:
    """A new table; with `alias`, one that keeps its entries together with that one's. `net/ipv4/fib_trie.c:1970`"""
    return fib_table(id, trie() if alias is None else alias.tb_data)


def fib_flag_trans(type: int, mask: int, fi: fib_info) -> int:
    """The flags that `route` shows. `net/ipv4/fib_trie.c:2494`"""
    flags = RTF_UP
    if type in (RTN_UNREACHABLE, RTN_PROHIBIT):
        flags |= RTF_REJECT
    if fi.fib_nh[0].nh_gw:
        flags |= RTF_GATEWAY
    if mask == 0xFFFFFFFF:
        flags |= RTF_HOST
    return flags


def fib_route_seq_show(seq: seq_file, v: None) -> int:
    """/proc/net/route: the table main, in numbers as they lie in the memory of this kind of machine.
    `net/ipv4/fib_trie.c:2514`"""
    tb = fib_get_table(seq_file_net(seq), RT_TABLE_MAIN)
    if tb is None:
        return 0
    head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
    seq_printf(seq, "%-127s\n", head)
    for key, plen, leaf in leaf_walk_rcu(tb.tb_data):
        mask = inet_make_mask(plen)
        for fa in leaf:
            fi = fa.fa_info
            if fa.tb_id != tb.tb_id or fa.fa_type in (RTN_BROADCAST, RTN_MULTICAST):
                continue
            advmss, window, rtt = (fi.fib_metrics[i - 1] for i in (RTAX_ADVMSS, RTAX_WINDOW, RTAX_RTT))
            name = fi.fib_dev.name if fi.fib_dev is not None else "*"
            flags = fib_flag_trans(fa.fa_type, mask, fi)
            line = (
                f"{name}\t{swab32(key):08X}\t{swab32(fi.fib_nh[0].nh_gw):08X}\t{flags:04X}\t0\t0\t{fi.fib_priority}\t"
                f"{swab32(mask):08X}\t{advmss + 40 if advmss else 0}\t{window}\t{rtt >> 3}"
            )
            seq_printf(seq, "%-127s\n", line)
    return 0


def swab32(x: int) -> int:
    """The number that the same bytes make, read from the other end. `include/uapi/linux/swab.h:95`"""
    return int.from_bytes(x.to_bytes(4, "big"), "little")


def fib_proc_init(net: net_t) -> int:
    """Make /proc/net/route. `net/ipv4/fib_trie.c:2590`"""
    proc_create_net_single("route", 0o444, net.proc_net, fib_route_seq_show, None)
    return 0


def fib_proc_exit(net: net_t) -> None:
    """Take it away. `net/ipv4/fib_trie.c:2612`"""
    remove_proc_entry("route", net.proc_net)


from vethkernel.fs.proc.proc_net import proc_create_net_single, remove_proc_entry
from vethkernel.net.ipv4.fib_frontend import fib_get_table, fib_info_nh_uses_dev
from vethkernel.net.ipv4.fib_semantics import (
    fib_create_info,
    fib_dump_info,
    fib_metrics_match,
    fib_nh_match,
    fib_props,
    fib_release_info,
    rtmsg_fib,
)
from vethkernel.net.ipv4.route import fib_dump_info_fnhe, rt_cache_flush
