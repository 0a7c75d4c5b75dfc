# SPDX-License-Identifier: GPL-2.0-only
"""tcpdump's filter expressions, read as libpcap reads them: `icmp and not host 10.0.0.1`.

`Filter(text)` raises BadFilter with libpcap's message, and `matches(packet)` says whether a packet passes. Where
libpcap makes a program for the kernel, here an expression is a small tree of tuples:

    ("and", a, b)  ("or", a, b)  ("not", a)    of such trees
    ("ether", n)   ("ip", n)                   the protocol field of the link layer, or of the IPv4 header
    ("test", f)                                any other question: f(frame) -> bool, or the answer if it is known

Left out: protocols that this kernel does not have. A packet too short for what a question asks is refused as a whole,
as the kernel's filter does.
"""

import operator
import re
from collections.abc import Iterator
from typing import Any

from vethkernel.include.uapi.linux.if_ether import ETH_HLEN, ETH_P_IP, ETH_P_IPV6
from vethkernel.include.uapi.linux.if_packet import PACKET_OUTGOING
from vethkernel.include.uapi.linux.in_ import IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP
from vethkernel.syscalls import inet_ntoa
from vethkernel.user.libc import getaddrinfo, strtol
from vethkernel.user.pcap import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2, LINKTYPES, Packet
from vethkernel.user.pcap_values import (
    ETHERTYPES,
    IP_PROTOCOLS,
    NAMES,
    SYNTAX_ERROR,
    BadFilter,
    Frame,
    OutOfBounds,
    Question,
    Tree,
    Values,
    not_a_later_fragment,
)
from vethkernel.user.print_ip import SERVICES

PORT_PROTOCOLS = {"tcp": IPPROTO_TCP, "udp": IPPROTO_UDP, "sctp": IPPROTO_SCTP}
DIRECTIONS = ("src", "dst")
KINDS = ("host", "net", "port", "portrange", "proto")
ELSEWHERE = "mpls pppoed pppoes geneve llc gateway protochain".split()
WORDS = {"ether", "link", "len", "and", "or", "not", "less", "greater", "broadcast", "multicast", "mask"} | {
    "inbound", "outbound", "vlan", "icmp6", "ifname", "on"
}  # fmt: skip
VLAN_ETHERTYPES = (0x8100, 0x88A8, 0x9100)
LAST_VLAN = 4095
# where the network header starts, and where its protocol is told
PLACES = {LINKTYPE_ETHERNET: (ETH_HLEN, 12), LINKTYPE_LINUX_SLL: (16, 14), LINKTYPE_LINUX_SLL2: (20, 0)}
KEYWORDS = {*NAMES, *ETHERTYPES, *IP_PROTOCOLS, *DIRECTIONS, *KINDS, *ELSEWHERE, *WORDS}
TOKEN = re.compile(r"\s*(&&|\|\||<<|>>|[<>=!]=|[()\[\]!<>=+*/%&|^:-]|\\?[A-Za-z0-9](?:[\w.:-]*[A-Za-z0-9])?|$)", re.A)
TOKEN_INSIDE = re.compile(TOKEN.pattern.replace("[\\w.:-]", "[\\w.-]"), re.A)
LONGEST = 250  # words in an expression, so that its tree is not too deep to walk
MAC = re.compile(r"[0-9A-Fa-f]{1,2}(?:[:.-][0-9A-Fa-f]{1,2}){5}")


class Filter:
    """A filter expression, ready for use."""

    def __init__(self, text: str, linktype: int = LINKTYPE_ETHERNET, live: bool = False) -> None:
        self.place = PLACES.get(linktype, PLACES[LINKTYPE_ETHERNET])
        self.tree = Parser(text, linktype, live).parse() if text.strip() else None
        if self.tree and not satisfiable(self.tree):
            raise BadFilter("expression rejects all packets")

    def matches(self, packet: Packet) -> bool:
        if not self.tree:
            return True
        try:
            return evaluate(self.tree, Frame(packet.data, packet.length, *self.place, packet.outgoing))
        except OutOfBounds:
            return False


def evaluate(tree: Tree, frame: Frame) -> bool:
    kind, first = tree[0], tree[1]
    if kind == "and":
        return evaluate(first, frame) and evaluate(tree[2], frame)
    if kind == "or":
        return evaluate(first, frame) or evaluate(tree[2], frame)
    if kind == "not":
        return not evaluate(first, frame)
    if kind == "ether":
        return frame.load(frame.ethertype, 2) == first
    if kind == "ip":
        return frame.load(frame.network + 9, 1) == first
    return first if isinstance(first, bool) else first(frame)


def satisfiable(tree: Tree) -> bool:
    """Whether any packet can pass, by its protocols alone: what libpcap's optimizer finds out."""
    ethers = {first for kind, first in leaves(tree) if kind == "ether"} | {-1}
    protocols = {first for kind, first in leaves(tree) if kind == "ip"} | {-1}
    return any(outcome(tree, {"ether": e, "ip": i}) is not False for e in ethers for i in protocols)


def leaves(tree: Tree) -> list[tuple[str, Any]]:
    if tree[0] in ("and", "or", "not"):
        return [leaf for part in tree[1:] for leaf in leaves(part)]
    return [(tree[0], tree[1])]


def outcome(tree: Tree, fields: dict[str, int]) -> bool | None:
    """What the tree says of packets with these protocol fields; None: it depends."""
    kind = tree[0]
    if kind == "not":
        inner = outcome(tree[1], fields)
        return None if inner is None else not inner
    if kind in ("and", "or"):
        sides = [outcome(part, fields) for part in tree[1:]]
        decisive = kind == "or"
        return decisive if decisive in sides else None if None in sides else not decisive
    if kind in fields:
        return fields[kind] == tree[1]
    return tree[1] if isinstance(tree[1], bool) else None


def both(*trees: Tree) -> Tree:
    """All of several trees."""
    tree = trees[0]
    for other in trees[1:]:
        tree = ("and", tree, other)
    return tree


def either(*trees: Tree) -> Tree:
    """Any of several trees."""
    tree = trees[0]
    for other in trees[1:]:
        tree = ("or", tree, other)
    return tree


class Parser(Values):
    """Reads an expression from left to right; `and` and `or` bind alike, as in libpcap."""

    def __init__(self, text: str, linktype: int, live: bool) -> None:
        super().__init__(list(words(text)))
        self.linktype = linktype
        self.cooked = linktype in (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2)
        self.live = live
        self.qualifiers: tuple[str, str, str] | None = None
        if len(self.tokens) > LONGEST:
            raise BadFilter("expression is too long")

    def parse(self) -> Tree:
        tree = self.expression()
        if self.at < len(self.tokens):
            raise BadFilter(SYNTAX_ERROR)
        return tree

    def expression(self) -> Tree:
        tree = self.term()
        while self.next in ("and", "or", "&&", "||"):
            kind = "and" if self.take() in ("and", "&&") else "or"
            tree = (kind, tree, self.term(inherit=True))
        return tree

    def term(self, inherit: bool = False) -> Tree:
        if self.take("not", "!"):
            return ("not", self.term(inherit))
        if compared := self.comparison():
            return compared
        if self.take("("):
            tree = self.expression()
            self.expect(")")
            return tree
        if inherit and self.qualifiers and is_value(self.next):
            return self.identifier(self.qualifiers)
        return self.primitive()

    def primitive(self) -> Tree:
        """A protocol, or a kind of address with what it must be."""
        if self.take("less", "greater"):
            word, size = self.tokens[self.at - 1], self.number()
            compare = operator.le if word == "less" else operator.ge
            return ("test", lambda frame: compare(frame.length, size))
        if word := self.take("inbound", "outbound"):
            return self.way(word == "outbound")
        if self.take("vlan"):
            return self.vlan()
        if self.take("icmp6"):
            return ("ether", ETH_P_IPV6)  # of which this kernel has none
        if self.take("ifname", "on"):
            raise BadFilter("ifname supported only on PF linktype" if is_value(self.next) else SYNTAX_ERROR)
        if self.next == "gateway" and re.fullmatch(r"[0-9.]+", "".join(self.tokens[self.at + 1 : self.at + 2])):
            raise BadFilter("'gateway' requires a name")
        if self.next in ELSEWHERE:
            raise BadFilter(f"'{self.next}': this part of the filter language is left out here")
        protocol = self.take("ether", "link", *ETHERTYPES, *IP_PROTOCOLS)
        protocol = "ether" if protocol == "link" else protocol
        if self.next in ("broadcast", "multicast"):
            return self.many(protocol, self.take())
        direction = self.direction()
        kind = self.take(*KINDS)
        if not direction and not kind:
            return self.protocol(protocol)
        if kind == "proto" and direction:
            raise BadFilter(SYNTAX_ERROR)
        self.qualifiers = (protocol, direction, kind or "host")
        if self.take("("):
            tree = self.identifiers(self.qualifiers)
            self.expect(")")
            return tree
        return self.identifier(self.qualifiers)

    def way(self, outgoing: bool) -> Tree:
        """Whether the packet leaves or has come in: the cooked header says it, and on a device the kernel."""
        if self.cooked:
            at, size = (0, 2) if self.linktype == LINKTYPE_LINUX_SLL else (10, 1)
            return ("test", lambda frame: (frame.load(at, size) == PACKET_OUTGOING) == outgoing)
        if not self.live:
            raise BadFilter(f"inbound/outbound not supported on {LINKTYPES[self.linktype][1]} when reading savefiles")
        return ("test", lambda frame: has_left(frame) == outgoing)

    def vlan(self) -> Tree:
        if self.cooked:
            raise BadFilter(f"no VLAN support for {LINKTYPES[self.linktype][1]}")
        if self.next.isdecimal() and (number := self.number()) > LAST_VLAN:
            raise BadFilter(f"VLAN tag {number} greater than maximum {LAST_VLAN}")
        return ("test", lambda frame: frame.load(frame.ethertype, 2) in VLAN_ETHERTYPES)

    def direction(self) -> str:
        first = self.take(*DIRECTIONS)
        if first and self.next in ("or", "and") and self.tokens[self.at + 1 : self.at + 2] in (["src"], ["dst"]):
            how = self.take()
            return first if self.take() == first else how
        return first

    def protocol(self, name: str) -> Tree:
        """A protocol's name alone."""
        if name in ETHERTYPES:
            return ("ether", ETHERTYPES[name])
        if name in IP_PROTOCOLS:
            return both(("ether", ETH_P_IP), ("ip", IP_PROTOCOLS[name]))
        raise BadFilter("link layer applied in wrong context" if name else SYNTAX_ERROR)

    def many(self, protocol: str, what: str) -> Tree:
        if protocol in ("", "ether"):
            if self.cooked:
                raise BadFilter(f"not a {what} link")
            if what == "broadcast":
                return ("test", lambda frame: frame.load(0, 6) == 0xFFFFFFFFFFFF)
            return ("test", lambda frame: bool(frame.load(0, 1) & 1))
        if protocol != "ip":
            raise BadFilter(f"only link-layer/IP {what} filters supported")
        if what == "broadcast":
            limited = ("test", lambda frame: frame.load(frame.network + 16, 4) in (0, 0xFFFFFFFF))
            return both(("ether", ETH_P_IP), limited)
        return both(("ether", ETH_P_IP), ("test", lambda frame: frame.load(frame.network + 16, 1) >= 224))

    def identifiers(self, qualifiers: tuple[str, str, str]) -> Tree:
        tree = self.identifier(qualifiers)
        while self.next in ("and", "or", "&&", "||"):
            kind = "and" if self.take() in ("and", "&&") else "or"
            tree = (kind, tree, self.identifier(qualifiers))
        return tree

    def identifier(self, qualifiers: tuple[str, str, str]) -> Tree:
        """What an address, a port or a protocol must be."""
        if self.take("not", "!"):
            return ("not", self.identifier(qualifiers))
        protocol, direction, kind = qualifiers
        word = self.next
        if not is_value(word):
            raise BadFilter(SYNTAX_ERROR)
        self.take()
        word = word.removeprefix("\\")
        if kind == "proto":
            return self.protocol_number(protocol, word)
        if kind in ("port", "portrange"):
            return ports(protocol, direction, kind, word)
        if MAC.match(word):
            return self.hardware_address(qualifiers, word)
        if protocol == "ether":
            raise BadFilter("illegal link layer address")
        address, mask = self.network(kind, word)
        return self.address(protocol, direction, address, mask)

    def hardware_address(self, qualifiers: tuple[str, str, str], word: str) -> Tree:
        protocol, direction, kind = qualifiers
        if not MAC.fullmatch(word):
            raise BadFilter(f"bogus ethernet address {word}")
        if protocol != "ether" or kind != "host":
            raise BadFilter("ethernet address used in non-ether expression")
        if self.cooked:
            only = "ethernet/FDDI/token ring/802.11/ATM LANE/Fibre Channel"
            raise BadFilter(f"ethernet addresses supported only on {only}")
        wanted = int.from_bytes(bytes(int(byte, 16) for byte in re.split("[:.-]", word)))
        return fields(direction, lambda frame: frame.load(6, 6) == wanted, lambda frame: frame.load(0, 6) == wanted)

    def network(self, kind: str, word: str) -> tuple[int, int]:
        """An address and its mask, from a name or from dotted numbers of which the last may be missing."""
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)*|0[xX][0-9a-fA-F]+", word):
            named = getaddrinfo(word)
            if kind == "net" or isinstance(named, str):
                raise BadFilter(f"unknown {'network' if kind == 'net' else 'host'} '{word}'")
            return named, 0xFFFFFFFF
        parts = [strtol(part, 0 if "." not in word else 10)[0] for part in word.split(".")]
        if len(parts) > 4 or "." in word and max(parts) > 255 or parts[0] > 0xFFFFFFFF:
            raise BadFilter(f"invalid IPv4 address '{word}'")
        address, mask = int.from_bytes(bytes(parts)) if "." in word else parts[0], 0xFFFFFFFF
        if "." in word:
            address, mask = address << 8 * (4 - len(parts)), mask << 8 * (4 - len(parts)) & 0xFFFFFFFF
        elif kind == "net":
            while address and address < 1 << 24:
                address, mask = address << 8, mask << 8 & 0xFFFFFFFF
        if self.take("/"):
            length = self.number()
            if length > 32:
                raise BadFilter("mask length must be <= 32")
            mask = 0xFFFFFFFF << 32 - length & 0xFFFFFFFF
            word += f"/{length}"
        elif self.take("mask"):
            mask = self.network("host", self.take())[0]
            word += f" mask {inet_ntoa(mask)}"
        else:
            return address, mask if kind == "net" else 0xFFFFFFFF
        if address & ~mask:
            raise BadFilter(f'non-network bits set in "{word}"')
        if kind != "net":
            raise BadFilter("Mask syntax for networks only")
        return address, mask

    def address(self, protocol: str, direction: str, address: int, mask: int) -> Tree:
        if protocol not in ("", "ip", "arp", "rarp"):
            raise BadFilter(f"'{protocol}' modifier applied to {'ip host' if protocol == 'ip6' else 'host'}")
        trees = []
        for name, source, destination in (("ip", 12, 16), ("arp", 14, 24), ("rarp", 14, 24)):
            if protocol in ("", name):
                where = fields(direction, at(source, address, mask), at(destination, address, mask))
                trees.append(both(("ether", ETHERTYPES[name]), where))
        return either(*trees)

    def protocol_number(self, protocol: str, word: str) -> Tree:
        number, rest = strtol(word, 0)
        if protocol == "ether":
            if rest and word not in ETHERTYPES:
                raise BadFilter(f"unknown ether proto '{word}'")
            return ("ether", ETHERTYPES.get(word, number))
        if protocol not in ("", "ip"):
            raise BadFilter(f"'{protocol} proto' is bogus")
        if rest and word not in IP_PROTOCOLS:
            raise BadFilter(f"unknown ip proto '{word}'")
        return both(("ether", ETH_P_IP), ("ip", IP_PROTOCOLS.get(word, number)))


def words(text: str) -> Iterator[str]:
    """An expression's tokens. Between brackets `2:2` is an offset and a size, elsewhere a colon is part of a word."""
    where, inside = 0, 0
    while where < len(text):
        m = (TOKEN_INSIDE if inside else TOKEN).match(text, where)
        if not m:
            raise BadFilter(SYNTAX_ERROR)
        where = m.end()
        inside += (m[1] == "[") - (m[1] == "]")
        if m[1]:
            yield m[1]


def has_left(frame: Frame) -> bool:
    if frame.outgoing is None:
        raise OutOfBounds
    return frame.outgoing


def is_value(token: str) -> bool:
    return bool(token) and token not in KEYWORDS and (token[0].isalnum() or token[0] == "\\")


def fields(direction: str, source: Question, destination: Question) -> Tree:
    """The question to the source, the destination, or both, as the direction says."""
    if direction in DIRECTIONS:
        return ("test", source if direction == "src" else destination)
    return ("and" if direction == "and" else "or", ("test", source), ("test", destination))


def at(offset: int, address: int, mask: int) -> Question:
    """Whether the address at this offset of the network header is within the network."""
    return lambda frame: frame.load(frame.network + offset, 4) & mask == address


def ports(protocol: str, direction: str, kind: str, word: str) -> Tree:
    if protocol not in ("", *PORT_PROTOCOLS):
        raise BadFilter(f"illegal qualifier of '{kind}'")
    ends = word.split("-") if kind == "portrange" else [word]
    low, high = port_number(protocol, ends[0]), port_number(protocol, ends[-1])
    low, high = min(low, high), max(low, high)

    def within(offset: int) -> Question:
        return lambda frame: low <= frame.load(frame.transport() + offset, 2) <= high

    wanted = [PORT_PROTOCOLS[protocol]] if protocol else list(PORT_PROTOCOLS.values())
    protocols = either(*(("ip", number) for number in wanted))
    whole = ("test", not_a_later_fragment)
    return both(("ether", ETH_P_IP), protocols, whole, fields(direction, within(0), within(2)))


def port_number(protocol: str, word: str) -> int:
    number, rest = strtol(word, 0)
    if not rest and word:
        if number > 65535:
            raise BadFilter(f"illegal port number {number} > 65535")
        return number
    if word not in SERVICES:
        raise BadFilter(f"unknown port '{word}'")
    number, protocols = SERVICES[word]
    if protocol and protocol[0] not in protocols:
        raise BadFilter(f"port '{word}' is {'udp' if protocols == 'u' else 'tcp'}")
    return number
