# SPDX-License-Identifier: GPL-2.0-only
"""Arithmetic in a filter expression: `icmp[icmptype] = icmp-echo`, `ip[2:2] - (ip[0] & 15) * 4 > 100`, `len <= 60`.

A Value is what stands on one side of a comparison: a function of the packet, and the protocols that the packet must
have for the value to be there at all. Numbers are unsigned and have 32 bits, as in the kernel's filter machine.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vethkernel.include.uapi.linux.if_ether import ETH_P_ARP, ETH_P_IP, ETH_P_IPV6
from vethkernel.user.libc import strtol

Tree = tuple[Any, ...]
ETHERTYPES = {"ip": ETH_P_IP, "arp": ETH_P_ARP, "rarp": 0x8035, "ip6": ETH_P_IPV6}
IP_PROTOCOLS = {"icmp": 1, "igmp": 2, "tcp": 6, "igrp": 9, "udp": 17, "esp": 50, "ah": 51, "pim": 103, "vrrp": 112} | {
    "sctp": 132
}
# pcap-filter(7): offsets and values that have names
NAMES = {"icmptype": 0, "icmpcode": 1, "tcpflags": 13} | {
    "icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5, "icmp-echo": 8,
    "icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12, "icmp-tstamp": 13,
    "icmp-tstampreply": 14, "icmp-ireq": 15, "icmp-ireqreply": 16, "icmp-maskreq": 17, "icmp-maskreply": 18,
    "tcp-fin": 1, "tcp-syn": 2, "tcp-rst": 4, "tcp-push": 8, "tcp-ack": 16, "tcp-urg": 32,
    "tcp-ece": 64, "tcp-cwr": 128,
}
COMPARISONS = {
    "=": operator.eq, "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}
OPERATORS = {
    "|": operator.or_, "&": operator.and_, "^": operator.xor, "+": operator.add, "-": operator.sub,
    "*": operator.mul, "/": operator.floordiv, "%": operator.mod,
    "<<": lambda a, b: a << b if b < 32 else 0, ">>": lambda a, b: a >> b if b < 32 else 0,
}
BINDING = {  # how tightly a sign binds
    "|": 1, "&": 1, "^": 1, "<<": 2, ">>": 2, "+": 3, "-": 3, "*": 4, "/": 4, "%": 4,
}
WORD = 0xFFFFFFFF


class BadFilter(Exception):
    """The expression cannot be read, or makes no sense; the message is libpcap's."""


class OutOfBounds(Exception):
    """A question about bytes that the packet does not have."""


SYNTAX_ERROR = "can't parse filter expression: syntax error"


@dataclass(slots=True)
class Frame:
    """A packet as the questions see it: where its network header starts, where its protocol field is, did it leave."""

    data: bytes
    length: int
    network: int
    ethertype: int
    outgoing: bool | None  # None: who asks must give the packet up

    def load(self, at: int, size: int) -> int:
        if at + size > len(self.data):
            raise OutOfBounds
        return int.from_bytes(self.data[at : at + size])

    def transport(self) -> int:
        return self.network + (self.load(self.network, 1) & 15) * 4


def not_a_later_fragment(frame: Frame) -> bool:
    return not frame.load(frame.network + 6, 2) & 0x1FFF


Question = Callable[[Frame], bool]


@dataclass
class Value:
    """A number read off a packet that passes all of `given`; `constant` if it is the same for every packet."""

    of: Callable[[Frame], int]
    given: tuple[Tree, ...] = ()
    constant: bool = False


class Values:
    """Tokens of a filter expression, and how a comparison of two values is read from them."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted: str) -> str:
        """The next token, if it is one of those wanted (any, if none is named); "" if not."""
        token = self.next
        if wanted and token not in wanted:
            return ""
        self.at += 1
        return token

    def expect(self, token: str) -> None:
        if not self.take(token):
            raise BadFilter(SYNTAX_ERROR)

    def number(self) -> int:
        value, rest = strtol(self.next, 0)
        if rest or not self.next:
            raise BadFilter(SYNTAX_ERROR)
        self.take()
        return value

    def comparison(self) -> Tree | None:
        """Two values compared, if that is what comes next."""
        start = self.at
        if not self.arithmetic_ahead():
            return None
        try:
            left = self.value()
            if self.next not in COMPARISONS:
                raise BadFilter(SYNTAX_ERROR)
        except BadFilter:
            if self.tokens[start] != "(":  # it may be a group of questions instead
                raise
            self.at = start
            return None
        compare = COMPARISONS[self.take()]
        right = self.value()
        tree: Tree = ("test", lambda frame: compare(left.of(frame), right.of(frame)))
        if left.constant and right.constant:
            tree = ("test", compare(left.of(None), right.of(None)))
        for given in reversed((*left.given, *right.given)):
            tree = ("and", given, tree)
        return tree

    def arithmetic_ahead(self) -> bool:
        here = self.at
        while here < len(self.tokens) and self.tokens[here] in ("(", "-"):
            here += 1
        first, second = [*self.tokens[here : here + 2], "", ""][:2]
        numeric = first in NAMES or (first and not strtol(first, 0)[1])
        return first == "len" or second == "[" or bool(numeric and (second in OPERATORS or second in COMPARISONS))

    def value(self, loosest: int = 1) -> Value:
        """What comes next, with all that follows and binds no looser."""
        left = self.operand()
        while (binding := BINDING.get(self.next, 0)) >= loosest:
            left = combined(self.take(), left, self.value(binding + 1))
        return left

    def operand(self) -> Value:
        if self.take("-"):
            inner = self.operand()
            return Value(lambda frame: -inner.of(frame) & WORD, inner.given, inner.constant)
        if self.take("("):
            inner = self.value()
            self.expect(")")
            return inner
        if self.take("len"):
            return Value(lambda frame: frame.length)
        if self.tokens[self.at + 1 : self.at + 2] == ["["]:
            return self.bytes_of(self.take())
        known = NAMES[self.take()] if self.next in NAMES else self.number()
        return Value(lambda frame: known, constant=True)

    def bytes_of(self, protocol: str) -> Value:
        """`protocol[offset:size]`."""
        self.expect("[")
        offset, size = self.value(), 1
        if self.take(":"):
            size = self.number()
        self.expect("]")
        if size not in (1, 2, 4):
            raise BadFilter("data size must be 1, 2, or 4")
        if protocol in ("ether", "link"):
            return Value(lambda frame: frame.load(offset.of(frame), size), offset.given)
        if protocol in ETHERTYPES:
            given: tuple[Tree, ...] = (("ether", ETHERTYPES[protocol]),)
            return Value(lambda frame: frame.load(frame.network + offset.of(frame), size), given + offset.given)
        if protocol in IP_PROTOCOLS:
            given = (("ether", ETH_P_IP), ("ip", IP_PROTOCOLS[protocol]), ("test", not_a_later_fragment))
            return Value(lambda frame: frame.load(frame.transport() + offset.of(frame), size), given + offset.given)
        raise BadFilter(SYNTAX_ERROR)


def combined(sign: str, left: Value, right: Value) -> Value:
    """Two values made one; what no number can be divided by is refused at once, if it is known."""
    operate = OPERATORS[sign]
    if sign in "/%" and right.constant and not right.of(None):
        raise BadFilter("division by zero" if sign == "/" else "modulus by zero")

    def of(frame: Frame) -> int:
        divisor = right.of(frame)
        if sign in "/%" and not divisor:
            raise OutOfBounds  # the filter machine gives the packet up
        return operate(left.of(frame), divisor) & WORD

    return Value(of, left.given + right.given, left.constant and right.constant)
