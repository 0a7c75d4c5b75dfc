# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv6/fib6_rules.c: IPv6's two rules, which are there even where IPv6 is switched off."""

from __future__ import annotations

from dataclasses import dataclass, field

from vethkernel.include.linux.err import IS_ERR, PTR_ERR
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.fib_rules import fib_rule, fib_rules_ops
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.net_namespace import pernet_operations
from vethkernel.include.uapi.linux.fib_rules import fib_rule_hdr
from vethkernel.include.uapi.linux.rtnetlink import RT_TABLE_LOCAL, RT_TABLE_MAIN
from vethkernel.include.uapi.linux.socket import AF_INET6

RT6_TABLE_LOCAL = RT_TABLE_LOCAL  # include/net/ip6_fib.h
RT6_TABLE_MAIN = RT_TABLE_MAIN


@dataclass(slots=True, eq=False)
class fib6_rule:
    """A rule of IPv6. Its own fields would name prefixes; here there is no rule that does."""

    common: fib_rule = field(default_factory=fib_rule)
    tclass: int = 0

    def __post_init__(self) -> None:
        self.common.container = self


def fib6_rule_fill(rule: fib_rule, skb: sk_buff, frh: fib_rule_hdr) -> int:
    """IPv6's part of a rule's message. `net/ipv6/fib6_rules.c:208`"""
    rule6: fib6_rule = rule.container
    frh.tos = rule6.tclass
    return 0


fib6_rules_ops_template = fib_rules_ops(family=AF_INET6, rule_size=fib6_rule, fill=fib6_rule_fill)


def fib6_rules_net_init(net: net_t) -> int:
    """A namespace begins. `net/ipv6/fib6_rules.c:258`"""
    ops = fib_rules_register(fib6_rules_ops_template, net)
    if IS_ERR(ops):
        return PTR_ERR(ops)
    err = fib_default_rule_add(ops, 0, RT6_TABLE_LOCAL, 0) or fib_default_rule_add(ops, 0x7FFE, RT6_TABLE_MAIN, 0)
    if err:
        fib_rules_unregister(ops)
    return err


fib6_rules_net_ops = pernet_operations(init=fib6_rules_net_init)


def fib6_rules_init() -> int:
    """Boot. `net/ipv6/fib6_rules.c:297`"""
    return register_pernet_subsys(fib6_rules_net_ops)


from vethkernel.net.core.fib_rules import fib_default_rule_add, fib_rules_register, fib_rules_unregister
from vethkernel.net.core.net_namespace import register_pernet_subsys
