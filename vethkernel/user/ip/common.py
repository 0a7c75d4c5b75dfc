# SPDX-License-Identifier: GPL-2.0-only
"""What the objects of `ip` share: the run itself, the walk over its words, numbers, addresses, names of numbers.

Words may be abbreviated where a table marks them with `~`: `"~address"` is met by `a`, `addr`, `address`.
The first entry of a table that is met decides, so the order of entries is part of the grammar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from vethkernel.include.uapi.linux.netlink import NLM_F_ACK, NLM_F_ECHO
from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, AF_PACKET, AF_UNSPEC
from vethkernel.user.ip.output import Output
from vethkernel.user.ip.values import (
    AF_MPLS,
    BITS,
    FAMILY_NAMES,
    Names,
    Prefix,
    get_netmask,
    get_number,
    parse_ipv4,
    parse_ipv6,
)
from vethkernel.user.libc import Exit, strtol
from vethkernel.user.rtnl import Request, Rtnl

if TYPE_CHECKING:
    from vethkernel.syscalls import Process
    from vethkernel.user.ip.links import Links


T = TypeVar("T")


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
    force: bool = False
    batch: str | None = None  # the file that holds the commands
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
        if not answer:
            return  # a change that the kernel only agrees to
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


# addresses that must be right


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


def parse_lladdr(ip: Ip, text: str, room: int) -> bytes:
    """A hardware address: hexadecimal numbers between colons, or an IPv4 address."""
    if "." in text:
        return parse_ipv4(text) or ip.die(f'"{text}" is invalid lladdr.', 1)
    found = []
    for part in text.split(":")[:room]:
        value, rest = strtol(part, 16)
        value = min(value, 2**64 - 1) & 0xFFFFFFFF  # sscanf's %x keeps the low half of a long number
        if rest == part or value > 255:
            ip.die(f'"{part}" is invalid lladdr.', 1)
        found.append(value)
    return bytes(found)


