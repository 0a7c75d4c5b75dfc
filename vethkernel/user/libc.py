# SPDX-License-Identifier: GPL-2.0-only
"""What programs owe to the C library: reading their options, numbers, addresses and files, and its error texts.

A program ends early by raising `Exit(status)`; its `main` catches it. Names are what a machine without a name
server knows, `localhost` alone; every other name fails as the resolver fails there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from vethkernel.syscalls import Process

PATH = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/")
LONG_MAX = (1 << 63) - 1
INT_MAX = (1 << 31) - 1
NO_ARGUMENT, REQUIRED_ARGUMENT, OPTIONAL_ARGUMENT = 0, 1, 2

Longopts = Mapping[str, tuple[int, str]]


class Exit(Exception):
    """A program ends, with this exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Getopt:
    """The options of a command line, one (option, argument) at a time; the rest is left in `operands`.

    `short` is getopt's string ("c:nv"), `long` gives each long option's argument kind and the option it stands for.
    A wrong option comes as ("?", what getopt would print). Operands and options may be mixed, as in the GNU C library.
    """

    def __init__(self, argv: Sequence[str], short: str, long: Longopts | None = None) -> None:
        self.name = argv[0]
        self.todo = list(argv[1:])
        self.short = short
        self.long = long or {}
        self.operands: list[str] = []

    def __iter__(self) -> Iterator[tuple[str, str]]:
        while self.todo:
            word = self.todo.pop(0)
            if word == "--":
                break
            if word.startswith("--") and self.long:
                yield self._long(word[2:])
            elif word.startswith("-") and word != "-":
                yield from self._cluster(word[1:])
            else:
                self.operands.append(word)
        self.operands += self.todo

    def _cluster(self, letters: str) -> Iterator[tuple[str, str]]:
        while letters:
            letter, letters = letters[0], letters[1:]
            at = self.short.find(letter)
            if at < 0 or letter == ":":
                yield "?", f"{self.name}: invalid option -- '{letter}'"
            elif self.short[at + 1 : at + 3] == "::":
                yield letter, letters
                return
            elif self.short[at + 1 : at + 2] != ":":
                yield letter, ""
            elif letters or self.todo:
                yield letter, letters or self.todo.pop(0)
                return
            else:
                yield "?", f"{self.name}: option requires an argument -- '{letter}'"

    def _long(self, word: str) -> tuple[str, str]:
        name, equals, value = word.partition("=")
        found = [name] if name in self.long else [n for n in self.long if n.startswith(name)]
        if not found:
            return "?", f"{self.name}: unrecognized option '--{word}'"
        if len({self.long[n] for n in found}) > 1:
            possible = " ".join(f"'--{n}'" for n in found)
            return "?", f"{self.name}: option '--{word}' is ambiguous; possibilities: {possible}"
        kind, option = self.long[found[0]]
        if equals and kind == NO_ARGUMENT:
            return "?", f"{self.name}: option '--{found[0]}' doesn't allow an argument"
        if not equals and kind == REQUIRED_ARGUMENT:
            if not self.todo:
                return "?", f"{self.name}: option '--{found[0]}' requires an argument"
            value = self.todo.pop(0)
        return option, value


def strtol(text: str, base: int = 10) -> tuple[int, str]:
    """The number that `text` begins with, and what follows it: ("", all of it) is (0, text), as in C."""
    digits = {10: "[0-9]+", 16: "(?:0[xX])?[0-9a-fA-F]+", 0: "0[xX][0-9a-fA-F]+|[0-9]+"}[base]
    m = re.match(rf"[ \t\n\v\f\r]*([+-]?)({digits})", text)
    if not m:
        return 0, text
    number = m[2]
    if base == 0:
        base = 16 if number[:2] in ("0x", "0X") else 8 if number[0] == "0" else 10
        if base == 8:
            number = re.match("[0-7]+", number)[0]
    rest = text[m.start(2) + len(number) :]
    return int(m[1] + number[:300], base), rest  # 300 digits are far outside of every range already


def strtod(text: str) -> tuple[float, str]:
    """The floating-point number that `text` begins with, and what follows it."""
    m = re.match(r"[ \t\n\v\f\r]*([+-]?(?:inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))", text, re.I | re.A)
    return (float(m[1]), text[m.end() :]) if m else (0.0, text)


def inet_aton(text: str) -> int | None:
    """The address that numbers and dots mean: one to four parts, the last filling what is left; hex and octal too."""
    parts = text.split(".")
    if not 1 <= len(parts) <= 4 or not all(re.fullmatch(r"0[xX][0-9a-fA-F]+|[0-9]+", p) for p in parts):
        return None
    numbers = []
    for part in parts:
        number, rest = strtol(part, 0)
        if rest:
            return None
        numbers.append(number)
    room = 1 << 8 * (5 - len(numbers))
    if any(n > 255 for n in numbers[:-1]) or numbers[-1] >= room:
        return None
    return sum(n << 24 - 8 * i for i, n in enumerate(numbers[:-1])) + numbers[-1]


def inet_pton(text: str) -> int | None:
    """The address of exactly four decimal parts, as `ip` and ping's -I read it."""
    if not re.fullmatch(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})", text, re.A):
        return None
    return inet_aton(text)


def is_inet6(text: str) -> bool:
    """Whether `text` is an IPv6 address (with or without a zone)."""
    head, _, zone = text.partition("%")
    left, gap, right = head.partition("::")
    if "%" in text and not zone or "::" in right or ":" not in head:
        return False
    groups = [g for side in (left, right) for g in side.split(":") if side]
    tail = 0
    if groups and "." in groups[-1] and inet_pton(groups[-1]) is not None:
        groups.pop()
        tail = 2
    if not all(re.fullmatch("[0-9a-fA-F]{1,4}", g) for g in groups):
        return False
    return len(groups) + tail < 8 if gap else len(groups) + tail == 8


def getaddrinfo(name: str) -> int | str:
    """The IPv4 address of a name or of numbers and dots; or the resolver's message."""
    address = inet_aton(name)
    if address is not None:
        return address
    if name.lower() == "localhost":
        return 0x7F000001
    if not name.isascii():
        return "Parameter string not correctly encoded"
    labels = name.removesuffix(".").split(".")
    if len(name) > 253 or name.startswith("-") or not all(re.fullmatch(r"[\w-]{1,63}", x, re.A) for x in labels):
        return "Name or service not known"
    return "Temporary failure in name resolution"


def getnameinfo(address: str) -> str:
    """The name of an address, or the address where it has none."""
    return "localhost" if address == "127.0.0.1" else address


def program(word: str) -> str:
    """What a command's first word runs: /sbin/ip is ip; other paths stay, for no program is there."""
    folder, slash, name = word.rpartition("/")
    return name if folder + slash in PATH else word


def contents(proc: Process, path: str) -> str:
    """All of a file as text, whatever its bytes are; OSError if it cannot be read."""
    with proc.open(path) as file:
        content: Any = file.read()
    return content.decode("latin-1") if isinstance(content, bytes) else content


def text(name: str) -> str:
    """A program's own words on how to use it: the part of usage.txt that begins with "%% name"."""
    whole = files(__package__).joinpath("usage.txt").read_text("utf-8")
    return whole.split(f"%% {name}\n", 1)[1].split("%% ", 1)[0]
