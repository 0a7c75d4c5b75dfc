# SPDX-License-Identifier: GPL-2.0-only
"""net/core/fib_rules.c: which routing tables are asked, in which order. The rules are the kernel's own, to be seen.

Left out: adding and deleting rules, and with it all look-ups by rule; fib_lookup asks the three tables as a kernel does
in which nobody has added a rule.
"""

from __future__ import annotations

from dataclasses import replace

from vethkernel.include.linux.err import ERR_PTR
from vethkernel.include.linux.netlink import NETLINK_CB, NL_SET_ERR_MSG, netlink_callback, netlink_ext_ack, nlmsghdr
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.fib_rules import fib_rule, fib_rules_ops
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.net_namespace import pernet_operations
from vethkernel.include.net.netlink import (
    nla_put_u8,
    nla_put_u32,
    nlmsg_attrlen,
    nlmsg_cancel,
    nlmsg_data,
    nlmsg_end,
    nlmsg_msg_size,
    nlmsg_put,
)
from vethkernel.include.net.sock import sock_net
from vethkernel.include.uapi.asm_generic.errno import EAFNOSUPPORT, EEXIST, EINVAL, EMSGSIZE
from vethkernel.include.uapi.linux.fib_rules import (
    FR_ACT_TO_TBL,
    FRA_PRIORITY,
    FRA_PROTOCOL,
    FRA_SUPPRESS_PREFIXLEN,
    FRA_TABLE,
    fib_rule_hdr,
)
from vethkernel.include.uapi.linux.netlink import NLM_F_MULTI
from vethkernel.include.uapi.linux.rtnetlink import RTM_GETRULE, RTM_NEWRULE, RTPROT_KERNEL
from vethkernel.include.uapi.linux.socket import AF_UNSPEC


def fib_default_rule_add(ops: fib_rules_ops, pref: int, table: int, flags: int) -> int:
    """A rule that is there from the start: all packets ask `table`. `net/core/fib_rules.c:19`"""
    r: fib_rule = ops.rule_size().common
    r.action = FR_ACT_TO_TBL
    r.pref = pref
    r.table = table
    r.flags = flags
    r.proto = RTPROT_KERNEL
    r.fr_net = ops.fro_net
    ops.rules_list.append(r)
    return 0


def lookup_rules_ops(net: net_t, family: int) -> fib_rules_ops:
    """The family's rules, or None. `net/core/fib_rules.c:65`"""
    return next((ops for ops in net.rules_ops if ops.family == family), None)


def __fib_rules_register(ops: fib_rules_ops) -> int:
    """A namespace has one list for each family. `net/core/fib_rules.c:95`"""
    if lookup_rules_ops(ops.fro_net, ops.family):
        return -EEXIST
    ops.fro_net.rules_ops.append(ops)
    return 0


def fib_rules_register(tmpl: fib_rules_ops, net: net_t) -> fib_rules_ops:
    """A family's rules for a new namespace: none yet. `net/core/fib_rules.c:126`"""
    ops = replace(tmpl, rules_list=[], fro_net=net)
    err = __fib_rules_register(ops)
    return ops if not err else ERR_PTR(err)


def fib_rules_unregister(ops: fib_rules_ops) -> None:
    """They go with their namespace. `net/core/fib_rules.c:168`"""
    ops.fro_net.rules_ops.remove(ops)


def fib_nl_fill_rule(
    skb: sk_buff, rule: fib_rule, pid: int, seq: int, type: int, flags: int, ops: fib_rules_ops
) -> int:
    """Write one rule as a message. `net/core/fib_rules.c:535`"""
    nlh = nlmsg_put(skb, pid, seq, type, fib_rule_hdr.SIZE, flags)
    if nlh is None:
        return -EMSGSIZE
    frh = fib_rule_hdr(nlh.head, nlmsg_data(nlh))
    frh.family = ops.family
    frh.table = rule.table
    frh.action = rule.action
    frh.flags = rule.flags
    if (
        nla_put_u32(skb, FRA_TABLE, rule.table)
        or nla_put_u32(skb, FRA_SUPPRESS_PREFIXLEN, rule.suppress_prefixlen & 0xFFFFFFFF)
        or nla_put_u8(skb, FRA_PROTOCOL, rule.proto)
        or rule.pref
        and nla_put_u32(skb, FRA_PRIORITY, rule.pref)
        or ops.fill(rule, skb, frh) < 0
    ):
        nlmsg_cancel(skb, nlh)
        return -EMSGSIZE
    nlmsg_end(skb, nlh)
    return 0


def dump_rules(skb: sk_buff, cb: netlink_callback, ops: fib_rules_ops) -> int:
    """Tell a family's rules, as many as fit. `net/core/fib_rules.c:592`"""
    portid, seq = NETLINK_CB(cb.skb).portid, cb.nlh.nlmsg_seq
    for rule in ops.rules_list[cb.args[1] :]:
        err = fib_nl_fill_rule(skb, rule, portid, seq, RTM_NEWRULE, NLM_F_MULTI, ops)
        if err:
            return err
        cb.args[1] += 1
    return 0


def fib_valid_dumprule_req(nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """A strict reader's request may name a family and nothing else. `net/core/fib_rules.c:1107 (6.1)`"""
    if nlh.nlmsg_len < nlmsg_msg_size(fib_rule_hdr.SIZE):
        NL_SET_ERR_MSG(extack, "Invalid header for fib rule dump request")
        return -EINVAL
    frh = fib_rule_hdr(nlh.head, nlmsg_data(nlh))
    if frh.dst_len or frh.src_len or frh.tos or frh.table or frh.res1 or frh.res2 or frh.action or frh.flags:
        NL_SET_ERR_MSG(extack, "Invalid values in header for fib rule dump request")
        return -EINVAL
    if nlmsg_attrlen(nlh, fib_rule_hdr.SIZE):
        NL_SET_ERR_MSG(extack, "Invalid data after header in fib rule dump request")
        return -EINVAL
    return 0


def fib_nl_dumprule(skb: sk_buff, cb: netlink_callback) -> int:
    """`ip rule show`: the rules of one family, or of all. `net/core/fib_rules.c:618`"""
    nlh = cb.nlh
    net = sock_net(skb.sk)
    if cb.strict_check:
        err = fib_valid_dumprule_req(nlh, cb.extack)
        if err < 0:
            return err
    family = rtnl_msg_family(nlh)
    if family != AF_UNSPEC:
        ops = lookup_rules_ops(net, family)
        if ops is None:
            return -EAFNOSUPPORT
        dump_rules(skb, cb, ops)
        return skb.len
    for ops in net.rules_ops[cb.args[0] :]:
        if dump_rules(skb, cb, ops) < 0:
            break
        cb.args[1] = 0
        cb.args[0] += 1
    return skb.len


def fib_rules_net_init(net: net_t) -> int:
    """A namespace begins without rules. `net/core/fib_rules.c:736`"""
    net.rules_ops = []
    return 0


fib_rules_net_ops = pernet_operations(init=fib_rules_net_init)


def fib_rules_init() -> int:
    """Boot. `net/core/fib_rules.c:747`"""
    rtnl_register(AF_UNSPEC, RTM_GETRULE, None, fib_nl_dumprule, None)
    return register_pernet_subsys(fib_rules_net_ops)


from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.rtnetlink import rtnl_msg_family, rtnl_register
