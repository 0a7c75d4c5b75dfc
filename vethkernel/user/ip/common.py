# SPDX-License-Identifier: GPL-2.0-only
"""What the objects of `ip` share: the run itself, the walk over its words, numbers, addresses, names of numbers.

Words may be abbreviated where a table marks them with `~`: `"~address"` is met by `a`, `addr`, `address`.
The first entry of a table that is met decides, so the order of entries is part of the grammar.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from vethkernel.include.uapi.linux.if_ import IFNAMSIZ
from vethkernel.include.uapi.linux.netlink import NLM_F_ACK, NLM_F_ECHO
from vethkernel.include.uapi.linux.rtnetlink import RT_TABLE_MAX
from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, AF_PACKET, AF_UNSPEC
from vethkernel.user.ip.output import Output
from vethkernel.user.rtnl import Request, Rtnl, encode

if TYPE_CHECKING:
    from vethkernel.syscalls import Process
    from vethkernel.user.ip.links import Links

AF_BRIDGE, AF_MPLS = 7, 28
FAMILIES = {"inet": AF_INET, "inet6": AF_INET6, "link": AF_PACKET, "mpls": AF_MPLS, "bridge": AF_BRIDGE}
FAMILY_NAMES = {number: name for name, number in FAMILIES.items()}
BITS = {AF_INET: 32, AF_INET6: 128, AF_MPLS: 20}
SPACES = " \t\n\v\f\r"
FOREVER = 0xFFFFFFFF
USER_HZ = 100

T = TypeVar("T")


class Exit(Exception):
    """The program ends, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class Ip:
    """One run of `ip`: its options and what it has open."""

    proc: Process
    out: Output
    rtnl: Rtnl = None
    links: Links = None
    family: int = AF_UNSPEC
    stats: int = 0
    details: int = 0
    oneline: bool = False
    brief: bool = False
    human: bool = False
    iec: bool = False
    numeric: bool = False
    every: bool = False  # -all
    echo: bool = False
    flush_loops: int = 10

    def err(self, text: str) -> None:
        self.proc.stderr.write(text + "\n")

    def die(self, text: str, status: int = 255) -> NoReturn:
        self.err(text)
        raise Exit(status)

    def invarg(self, why: str, word: str) -> NoReturn:
        self.die(f'Error: argument "{word}" is wrong: {why}')

    def duparg(self, key: str, word: str) -> NoReturn:
        self.die(f'Error: duplicate "{key}": "{word}" is the second value.')

    def duparg2(self, key: str, word: str) -> NoReturn:
        self.die(f'Error: either "{key}" is duplicate, or "{word}" is a garbage.')

    def usage(self, name: str) -> NoReturn:
        self.proc.stderr.write(text(name))
        raise Exit(255)

    def nodev(self, name: str) -> NoReturn:
        self.die(f'Cannot find device "{name}"', 1)

    def unsupported(self, word: str) -> NoReturn:
        self.die(f'Error: "{word}" is beyond this program.')

    def ifindex(self, name: str) -> int:
        """A device's number, which must exist."""
        return self.links.index(name) or self.nodev(name)

    def change(self, request: Request, show: Any) -> None:
        """Ask for a change; with -echo, print what the kernel says it has done."""
        if not self.echo:
            self.rtnl.talk(request)
            return
        request.flags |= NLM_F_ECHO | NLM_F_ACK
        answer = self.rtnl.talk(request, answer=True)
        self.out.start()
        self.out.open()
        show(answer)
        self.out.close()
        self.out.finish()


def text(name: str) -> str:
    """One of the longer texts, from usage.txt."""
    whole = files(__package__).joinpath("usage.txt").read_text("utf-8")
    return whole.partition(f"\n== {name}\n")[2].partition("\n== ")[0].rstrip("\n") + "\n"


class Words:
    """The words of a command, and where we stand in them."""

    def __init__(self, ip: Ip, words: list[str]) -> None:
        self.ip = ip
        self.words = words
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self.words)

    @property
    def word(self) -> str:
        return self.words[self.at]

    def next(self) -> str:
        """Step to the next word, which must be there."""
        self.at += 1
        if not self:
            self.ip.die('Command line is not complete. Try option "help"')
        return self.word

    def skip(self, word: str) -> None:
        """Step over a word that may stand here but need not."""
        if self.word == word:
            self.next()

    def rest(self) -> list[str]:
        return self.words[self.at :]

    def number(self, low: int, high: int, why: str) -> int:
        """The next word, which must be a number."""
        value = get_number(self.next(), low, high)
        return value if value is not None else self.ip.invarg(why, self.word)

    def u32(self, why: str) -> int:
        return self.number(0, 0xFFFFFFFF, why)

    def integer(self, why: str) -> int:
        return self.number(-0x80000000, 0x7FFFFFFF, why)

    def name(self, names: Names, why: str) -> int:
        """The next word, which must be a name in a table, or a number."""
        value = names.number(self.next())
        return value if value is not None else self.ip.invarg(why, self.word)


def matches(word: str, full: str) -> bool:
    """Whether `word` abbreviates `full`."""
    return word != "" and full.startswith(word)


def look_up(table: dict[str, T], word: str) -> T | None:
    """The entry whose key a word meets: keys are alternatives, `~` marks those that may be abbreviated."""
    for key, value in table.items():
        for name in key.split():
            if matches(word, name[1:]) if name[0] == "~" else word == name:
                return value
    return None


Command = Callable[[Ip, Words], Any]


def run(ip: Ip, words: Words, commands: dict[str, Command], title: str) -> Any:
    """Do the command that the current word names."""
    command = look_up(commands, words.word)
    if not command:
        ip.die(f'Command "{words.word}" is unknown, try "ip {title} help".')
    words.at += 1
    return command(ip, words)


def usage(name: str) -> Command:
    """The command that shows one of the usage texts."""
    return lambda ip, words: ip.usage(name)


def unsupported(ip: Ip, words: Words) -> None:
    """A command that iproute2 has and this program has not."""
    ip.unsupported(words.words[words.at - 1])


Option = Callable[[Ip, Words, Any], None]  # what stands behind an option's word; the last word it takes stays current


def put(name: str, read: Callable[[Words], Any]) -> Option:
    """The option that reads something and keeps it under a name."""

    def option(ip: Ip, words: Words, o: Any) -> None:
        setattr(o, name, read(words))

    return option


def beyond(ip: Ip, words: Words, o: Any) -> None:
    """An option that iproute2 has and this program has not."""
    ip.unsupported(words.word)


# numbers

_NUMBER = {
    0: re.compile(r"[ \t\n\v\f\r]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([0-9]+))", re.ASCII),
    10: re.compile(r"[ \t\n\v\f\r]*([+-]?)()()([0-9]+)", re.ASCII),
    16: re.compile(r"[ \t\n\v\f\r]*([+-]?)(?:0[xX])?([0-9a-fA-F]+)()()", re.ASCII),
}


def strtol(text: str, base: int = 0) -> tuple[int, str]:
    """The number that a text begins with, and the rest; with no digits, 0 and the whole text."""
    m = _NUMBER[base].match(text)
    if not m:
        return 0, text
    sign, hexa, octal, decimal = m.groups("")
    value = int(hexa, 16) if hexa else int(octal, 8) if octal else int(decimal[:30])
    return -value if sign == "-" else value, text[m.end() :]


def get_number(text: str, low: int, high: int, base: int = 0) -> int | None:
    """A word that is a number from `low` to `high`, or None."""
    value, rest = strtol(text, base)
    return value if text and not rest and low <= value <= high else None


def get_unsigned(text: str) -> int | None:
    return get_number(text, 0, 0xFFFFFFFF)


# names of numbers: what /etc/iproute2 holds on a fresh system


@dataclass(slots=True)
class Names:
    """Names for some of the numbers up to `limit`."""

    names: dict[int, str]
    limit: int = 255
    base: int = 0
    form: str = "%d"

    def name(self, number: int, numeric: bool = False) -> str:
        return self.form % number if numeric or number not in self.names else self.names[number]

    def number(self, text: str) -> int | None:
        for number, name in self.names.items():
            if name == text:
                return number
        return get_number(text, 0, self.limit, self.base)


def _table(text: str) -> dict[int, str]:
    return {int(number, 0): name for number, name in (pair.split(":") for pair in text.split())}


SCOPES = Names(_table("0:global 200:site 253:link 254:host 255:nowhere"))
TABLES = Names(_table("0:unspec 253:default 254:main 255:local"), RT_TABLE_MAX)
GROUPS = Names({0: "default"}, 0x7FFFFFFF)
PROTOCOLS = Names(
    _table(
        "0:unspec 1:redirect 2:kernel 3:boot 4:static 8:gated 9:ra 10:mrt 11:zebra 12:bird 13:dnrouted 14:xorp 15:ntk "
        "16:dhcp 18:keepalived 42:babel 99:openr 186:bgp 187:isis 188:ospf 189:rip 192:eigrp"
    )
)
DSFIELDS = Names(
    _table(
        "0:default 0x20:CS1 0x28:AF11 0x30:AF12 0x38:AF13 0x40:CS2 0x48:AF21 0x50:AF22 0x58:AF23 0x60:CS3 0x68:AF31 "
        "0x70:AF32 0x78:AF33 0x80:CS4 0x88:AF41 0x90:AF42 0x98:AF43 0xa0:CS5 0xb8:EF 0xc0:CS6 0xe0:CS7"
    ),
    base=16,
    form="0x%02x",
)


# addresses


@dataclass(slots=True)
class Prefix:
    """An address with the length of its network part; `given` tells that the length was written."""

    family: int = AF_UNSPEC
    data: bytes = b""
    bits: int = 0
    given: bool = False

    @property
    def head(self) -> int:
        """Its first bits as a number."""
        return _head(self.data, self.bits)

    def covers(self, data: bytes, bits: int = None) -> bool:
        """Whether `data` begins with the same bits: this prefix's own number of them, or `bits`."""
        bits = self.bits if bits is None else bits
        return bits <= 0 or _head(self.data, bits) == _head(data, bits)


def _head(data: bytes, bits: int) -> int:
    return int.from_bytes(data.ljust(16, b"\0"), "big") >> 128 - bits


def parse_ipv4(text: str) -> bytes | None:
    """Four numbers or fewer with dots between them: 10.8 is 10.8.0.0."""
    parts = text.split(".")
    numbers = [get_number(part, 0, 255) for part in parts]
    if len(parts) > 4 or None in numbers:
        return None
    return bytes(numbers).ljust(4, b"\0")


def parse_ipv6(text: str) -> bytes | None:
    try:
        return None if "%" in text else ipaddress.IPv6Address(text).packed
    except ValueError:
        return None


def parse_address(ip: Ip, text: str, family: int) -> Prefix | None:
    """An address of a family, or of any; `default` and `all` stand for none in particular."""
    if text == "default":
        return None if family == AF_MPLS else Prefix(family, bytes(BITS.get(family, 0) // 8), -2, True)
    if text in ("all", "any"):
        return None if family == AF_MPLS else Prefix(family, b"", -2)
    if family == AF_PACKET:
        try:
            lladdr = parse_lladdr(ip, text, 256)
        except Exit:
            return None
        return Prefix(AF_PACKET, lladdr, len(lladdr) * 8)
    found, data = (AF_INET6, parse_ipv6(text)) if ":" in text else (AF_INET, parse_ipv4(text))
    return Prefix(found, data, -1) if data and family in (AF_UNSPEC, found) else None


def parse_prefix(ip: Ip, text: str, family: int) -> Prefix | None:
    address, slash, length = text.partition("/")
    prefix = parse_address(ip, address, family)
    if not prefix or (slash and prefix.bits == -2):
        return None
    bits = BITS.get(prefix.family, 0)
    if slash:
        wanted = get_netmask(length)
        if wanted is None or wanted > bits:
            return None
        prefix.given = True
        bits = wanted
    prefix.bits = 0 if prefix.bits == -2 else bits
    return prefix


def get_netmask(text: str) -> int | None:
    """A prefix length, or a dotted mask without holes."""
    length = get_unsigned(text)
    mask = parse_ipv4(text) if length is None else None
    if mask is None:
        return length
    host = ~int.from_bytes(mask, "big") & 0xFFFFFFFF
    return 32 - host.bit_length() if host & host + 1 == 0 else None


def get_address(ip: Ip, text: str, family: int) -> Prefix:
    address = parse_address(ip, text, family)
    text = text.partition(":")[0] if family == AF_PACKET else text  # iproute2 has cut its word there
    return address or ip.die(f'Error: {expected(family)} address is expected rather than "{text}".', 1)


def get_prefix(ip: Ip, text: str, family: int) -> Prefix:
    if family == AF_PACKET:
        ip.die(f'Error: "{text}" may be inet prefix, but it is not allowed in this context.', 1)
    prefix = parse_prefix(ip, text, family)
    return prefix or ip.die(f'Error: {expected(family)} prefix is expected rather than "{text}".', 1)


def expected(family: int) -> str:
    return "any valid" if family == AF_UNSPEC else FAMILY_NAMES.get(family, "???")


def host(family: int, data: bytes) -> str:
    """An address as it is printed."""
    if family == AF_INET and len(data) >= 4:
        return ".".join(map(str, data[:4]))
    if family == AF_INET6 and len(data) >= 16:
        return str(ipaddress.IPv6Address(data[:16]))
    return lladdr_text(data) if family == AF_PACKET else "???"


def parse_lladdr(ip: Ip, text: str, room: int) -> bytes:
    """A hardware address: hexadecimal numbers between colons, or an IPv4 address."""
    if "." in text:
        return parse_ipv4(text) or ip.die(f'"{text}" is invalid lladdr.', 1)
    found = []
    for part in text.split(":")[:room]:
        value, rest = strtol(part, 16)
        if rest == part or not 0 <= value <= 255:
            ip.die(f'"{part}" is invalid lladdr.', 1)
        found.append(value)
    return bytes(found)


def lladdr_text(data: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in data)


def valid_ifname(name: str, longest: int = IFNAMSIZ - 1) -> bool:
    """The kernel's rules for a device's name, but for those that it alone knows."""
    return 0 < len(encode(name)) <= longest and not any(c == "/" or c in SPACES for c in name)
