# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/fib_rules.c: the three rules that IPv4 starts with: ask local, then main, then default.

Left out: rules of the user's, and with it looking a route up by rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vethkernel.include.linux.err import IS_ERR, PTR_ERR
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.fib_rules import fib_rule, fib_rules_ops
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.uapi.linux.fib_rules import fib_rule_hdr
from vethkernel.include.uapi.linux.rtnetlink import RT_TABLE_DEFAULT, RT_TABLE_LOCAL, RT_TABLE_MAIN
from vethkernel.include.uapi.linux.socket import AF_INET


@dataclass(slots=True, eq=False)
class fib4_rule:
    """A rule with what IPv4 can ask of a packet; prefixes of no length fit all."""

    common: fib_rule = field(default_factory=fib_rule)
    dst_len: int = 0
    src_len: int = 0
    tos: int = 0

    def __post_init__(self) -> None:
        self.common.container = self


def fib4_rule_fill(rule: fib_rule, skb: sk_buff, frh: fib_rule_hdr) -> int:
    """IPv4's part of a rule's message. `net/ipv4/fib_rules.c:224`"""
    rule4: fib4_rule = rule.container
    frh.dst_len = rule4.dst_len
    frh.src_len = rule4.src_len
    frh.tos = rule4.tos
    return 0


fib4_rules_ops_template = fib_rules_ops(family=AF_INET, rule_size=fib4_rule, fill=fib4_rule_fill)


def fib_default_rules_init(ops: fib_rules_ops) -> int:
    """The rules of the start. `net/ipv4/fib_rules.c:280`"""
    return (
        fib_default_rule_add(ops, 0, RT_TABLE_LOCAL, 0)
        or fib_default_rule_add(ops, 0x7FFE, RT_TABLE_MAIN, 0)
        or fib_default_rule_add(ops, 0x7FFF, RT_TABLE_DEFAULT, 0)
    )


def fib4_rules_init(net: net_t) -> int:
    """A namespace begins. `net/ipv4/fib_rules.c:296`"""
    ops = fib_rules_register(fib4_rules_ops_template, net)
    if IS_ERR(ops):
        return PTR_ERR(ops)
    err = fib_default_rules_init(ops)
    if err < 0:
        fib_rules_unregister(ops)
        return err
    net.ipv4.rules_ops = ops
    net.ipv4.fib_has_custom_rules = False
    return 0


def fib4_rules_exit(net: net_t) -> None:
    """A namespace ends. `net/ipv4/fib_rules.c:319`"""
    fib_rules_unregister(net.ipv4.rules_ops)


from vethkernel.net.core.fib_rules import fib_default_rule_add, fib_rules_register, fib_rules_unregister
