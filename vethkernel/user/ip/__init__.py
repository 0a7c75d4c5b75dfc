# SPDX-License-Identifier: GPL-2.0-only
"""`ip`, as iproute2 6.1.0's: network devices, addresses, routes, neighbours and namespaces, over rtnetlink.

What it takes and what it says follows iproute2, with its abbreviations, messages and exit statuses. Objects and
options that have no meaning on this machine are refused in words of our own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from io import StringIO
from typing import TYPE_CHECKING, Any

from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, AF_PACKET
from vethkernel.user.ip import addr, link, neigh, netns, route, rule
from vethkernel.user.ip.common import Ip, Words, matches
from vethkernel.user.ip.links import Links
from vethkernel.user.ip.output import Output
from vethkernel.user.ip.values import AF_BRIDGE, AF_MPLS, FAMILIES
from vethkernel.user.libc import Exit, contents, strtol
from vethkernel.user.rtnl import Refused, Rtnl

if TYPE_CHECKING:
    from vethkernel.syscalls import Process

VERSION = "ip utility, iproute2-6.1.0, libbpf 1.1.2\n"
# in iproute2's order, which decides what an abbreviation means; without a function: not in this program
OBJECTS: dict[str, Callable[[Ip, Words], Any] | None] = {
    "address": addr.main,
    "addrlabel": None,
    "maddress": None,
    "route": route.main,
    "rule": rule.main,
    "neighbor": neigh.main,
    "neighbour": neigh.main,
    "ntable": None,
    "ntbl": None,
    "link": link.main,
    "l2tp": None,
    "fou": None,
    "ila": None,
    "macsec": None,
    "tunnel": None,
    "tunl": None,
    "tuntap": None,
    "tap": None,
    "token": None,
    "tcpmetrics": None,
    "tcp_metrics": None,
    "monitor": None,
    "xfrm": None,
    "mroute": None,
    "mrule": None,
    "netns": netns.main,
    "netconf": None,
    "vrf": None,
    "sr": None,
    "nexthop": None,
    "mptcp": None,
    "ioam": None,
    "help": lambda ip, words: ip.usage("ip"),
    "stats": None,
}


def main(proc: Process, argv: list[str]) -> Generator[Any, Any, int]:
    """The program: returns its exit status."""
    ip = Ip(proc, Output(proc.stdout.write))
    try:
        words = Words(ip, argv[1:])
        options(ip, words)
        ip.rtnl = Rtnl(proc, strict=True)
        ip.links = Links(ip)
        status = batch(ip) if ip.batch is not None else command(ip, words)
        if isinstance(status, Generator):
            status = yield from status
        return status or 0
    except Exit as end:
        return end.status
    except Refused:
        return 2
    except OSError as error:
        ip.err(f"ip: {error.strerror}")
        return 1
    finally:
        if ip.rtnl:
            ip.rtnl.close()


def command(ip: Ip, words: Words) -> Any:
    """Do what the words after the options say."""
    if not words:
        ip.usage("ip")
    do = next((do for name, do in OBJECTS.items() if matches(words.word, name)), None)
    if not do:
        ip.die(f'Object "{words.word}" is unknown, try "ip help".', 1)
    words.at += 1
    return do(ip, words)


def batch(ip: Ip) -> Generator[Any, Any, int]:
    """`ip -batch FILE`: one command a line, up to the first that fails, or with -force all of them. What iproute2
    itself takes for a mistake of typing (255) ends it in any case."""
    try:
        text = "" if ip.batch == "-" else contents(ip.proc, ip.batch)  # standard input is empty
    except OSError as error:
        if ip.proc.exists(ip.batch):
            return 0  # a directory can be opened, and has no lines
        ip.die(f'Cannot open file "{ip.batch}" for reading: {error.strerror}', 1)
    failed, family = 0, ip.family
    for number, line in command_lines(ip, text):
        words = arguments(ip, line)
        if not words:
            continue
        ip.family = family
        try:
            status = command(ip, Words(ip, words))
            if isinstance(status, Generator):
                status = yield from status
        except Refused:
            status = 2
        except Exit as end:
            if end.status == 255:
                raise
            status = end.status
        if status:
            ip.err(f"Command failed {ip.batch}:{number}")
            failed = 1
            if not ip.force:
                break
    return failed


def command_lines(ip: Ip, text: str) -> Iterator[tuple[int, str]]:
    """Such a file's lines, each with the number of its last one: what follows a # is a comment, and a \\ at the end
    joins two."""
    lines = enumerate(StringIO(text, newline="\n"), 1)
    for number, line in lines:
        whole = line.partition("#")[0]
        while whole.endswith("\\\n"):
            number, line = next(lines, (0, ""))
            if not line:
                ip.err("Missing continuation line")
                return
            whole = whole[:-2] + line.partition("#")[0]
        yield number, whole


def arguments(ip: Ip, line: str) -> list[str]:
    """The words of a line in such a file; quotes count where a word begins."""
    found = re.findall(r"""'([^']*)'|"([^"]*)"|([^\s'"]\S*)|(['"])""", line)
    if any(lonely for *_, lonely in found):
        ip.die("Unterminated quoted string", 1)
    return [single or double or plain for single, double, plain, _ in found]


# the global options


def options(ip: Ip, words: Words) -> None:
    """Read the options before the object."""
    while words and words.word.startswith("-"):
        word = words.word
        if word == "--":
            words.at += 1
            return
        word = word[1:] if word.startswith("--") else word
        option = next((do for names, do in OPTIONS.items() if _met(word, names)), None)
        if not option and not _colour(ip, word):
            ip.die(f'Option "{word}" is unknown, try "ip -help".')
        if option:
            option(ip, words)
        words.at += 1


def _met(word: str, names: str) -> bool:
    return any(matches(word, name[1:]) if name[0] == "~" else word == name for name in names.split())


def _value(ip: Ip, words: Words) -> str:
    words.at += 1
    return words.word if words else ip.usage("ip")


def _loops(ip: Ip, words: Words) -> None:
    ip.flush_loops = strtol(_value(ip, words), 10)[0]


def _family(ip: Ip, words: Words) -> None:
    word = _value(ip, words)
    if word == "help":
        ip.usage("ip")
    ip.family = FAMILIES.get(word) or ip.invarg("invalid protocol family", word)


def _set(name: str, value: Any) -> Callable[[Ip, Words], None]:
    return lambda ip, words: setattr(ip, name, value)


def _more(name: str) -> Callable[[Ip, Words], None]:
    return lambda ip, words: setattr(ip, name, getattr(ip, name) + 1)


def _json(name: str) -> Callable[[Ip, Words], None]:
    return lambda ip, words: setattr(ip.out, name, True)


def _oneline(ip: Ip, words: Words) -> None:
    ip.oneline = True
    ip.out.newline = "\\"


def _version(ip: Ip, words: Words) -> None:
    ip.out.write(VERSION)
    raise Exit(0)


def _batch(ip: Ip, words: Words) -> None:
    ip.batch = _value(ip, words)


def _netns(ip: Ip, words: Words) -> None:
    words.at += 1
    netns.switch(ip, words.word if words else "(null)")


def _nothing(ip: Ip, words: Words) -> None:
    """An option that changes nothing here: names are never looked up, timestamps are ip monitor's."""


def _colour(ip: Ip, word: str) -> bool:
    """-color, or -color=always, auto, never."""
    name, _, when = word.partition("=")
    if not matches(name, "-color") or when not in ("", "always", "auto", "never"):
        return False
    ip.out.coloured = when in ("", "always")
    return True


OPTIONS: dict[str, Callable[[Ip, Words], Any]] = {
    "~-loops": _loops,
    "~-family": _family,
    "-4": _set("family", AF_INET),
    "-6": _set("family", AF_INET6),
    "-0": _set("family", AF_PACKET),
    "-M": _set("family", AF_MPLS),
    "-B": _set("family", AF_BRIDGE),
    "~-human ~-human-readable": _set("human", True),
    "~-iec": _set("iec", True),
    "~-stats ~-statistics": _more("stats"),
    "~-details": _more("details"),
    "~-resolve": _nothing,
    "~-oneline": _oneline,
    "~-timestamp": _nothing,
    "~-tshort": _nothing,
    "~-Version": _version,
    "~-force": _set("force", True),
    "~-batch": _batch,
    "~-brief": _set("brief", True),
    "~-json": _json("json"),
    "~-pretty": _json("pretty"),
    "~-rcvbuf": _value,
    "~-help": lambda ip, words: ip.usage("ip"),
    "~-netns": _netns,
    "~-Numeric": _set("numeric", True),
    "~-all": _set("every", True),
    "-echo": _set("echo", True),
}
