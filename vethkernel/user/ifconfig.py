# SPDX-License-Identifier: GPL-2.0-only
"""`ifconfig`, as net-tools 2.10's: devices and their first addresses, by ioctl and /proc/net/dev.

It knows Ethernet and loopback devices and IPv4. Words are done one after the other, and an error stops only its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from struct import pack, unpack_from
from typing import TYPE_CHECKING, NoReturn

from vethkernel.include.uapi.asm_generic.errno import EBUSY, ENODEV
from vethkernel.include.uapi.linux.if_ import (
    IFF_ALLMULTI,
    IFF_BROADCAST,
    IFF_DYNAMIC,
    IFF_MULTICAST,
    IFF_NOARP,
    IFF_NOTRAILERS,
    IFF_POINTOPOINT,
    IFF_PROMISC,
    IFF_RUNNING,
    IFF_UP,
    IFNAMSIZ,
)
from vethkernel.include.uapi.linux.if_arp import ARPHRD_ETHER
from vethkernel.include.uapi.linux.socket import AF_INET, SOCK_DGRAM
from vethkernel.include.uapi.linux.sockios import (
    SIOCGIFFLAGS,
    SIOCSIFADDR,
    SIOCSIFBRDADDR,
    SIOCSIFDSTADDR,
    SIOCSIFFLAGS,
    SIOCSIFHWADDR,
    SIOCSIFMTU,
    SIOCSIFNAME,
    SIOCSIFNETMASK,
    SIOCSIFTXQLEN,
)
from vethkernel.user.interfaces import (
    SHORT_HEAD,
    Interface,
    ask,
    fetch,
    long,
    read_counters,
    read_labels,
    short,
    sort_key,
)

if TYPE_CHECKING:
    from vethkernel.syscalls import Process

HOSTS = {"default": "0.0.0.0", "localhost": "127.0.0.1", "loopback": "127.0.0.0", "link-local": "169.254.0.0"}
HELP = "ifconfig: `--help' gives usage information."
BEYOND = (
    "inet6 unix ax25 netrom rose ipx ddp ec ash x25 unspec add del tunnel keepalive outfill mem_start io_addr irq "
    "media port"
).split()


class Exit(Exception):
    """The program ends, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Ifconfig:
    """One run of the program."""

    def __init__(self, proc: Process) -> None:
        self.proc = proc
        self.sock = proc.socket(AF_INET, SOCK_DGRAM)
        self.options: set[str] = set()
        self.name = ""
        self.error = 0
        self.netmask_done = False
        self.netmask_due: bytes = None

    def err(self, text: str) -> None:
        self.proc.stderr.write(text + "\n")

    def usage(self, status: int) -> NoReturn:
        """The usage text; at an error all of it goes to stderr, else only the lists in it do."""
        for line in files(__package__).joinpath("ifconfig.txt").read_text("utf-8").splitlines(True):
            stream = self.proc.stderr if status or line.startswith("    ") else self.proc.stdout
            stream.write(line)
        raise Exit(status)


def main(proc: Process, argv: list[str]) -> int:
    """The program: returns its exit status."""
    run = Ifconfig(proc)
    try:
        words = options(run, argv[1:])
        if len(words) < 2:
            return show(run, [word[: IFNAMSIZ - 1] for word in words])
        run.name = words[0][: IFNAMSIZ - 1]
        return change(run, words[1:])
    except Exit as end:
        return end.status
    finally:
        run.sock.close()


def options(run: Ifconfig, words: list[str]) -> list[str]:
    """Read the options before the interface; returns the other words."""
    for at, word in enumerate(words):
        if not word.startswith("-"):
            return words[at:]
        if word in ("-V", "-version", "--version"):
            run.proc.stdout.write("net-tools 2.10\n")
            raise Exit(0)
        if word in ("-?", "-h", "-help", "--help"):
            run.usage(0)
        if word not in ("-a", "-s", "-v"):
            run.err(f"ifconfig: option `{word}' not recognised.\n{HELP}")
            raise Exit(1)
        run.options.add(word)
    return []


def show(run: Ifconfig, names: list[str]) -> int:
    """Print one interface, or those that are up, or all of them."""
    if "-s" in run.options:
        run.proc.stdout.write(SHORT_HEAD)
    counters = read_counters(run.proc)
    every = bool(names) or "-a" in run.options
    for name in names or sorted({*counters, *read_labels(run.sock)}, key=sort_key):
        interface = Interface(name, counters.get(name))
        try:
            fetch(run.sock, interface)
        except OSError as error:
            why = "Device not found" if error.errno == ENODEV else error.strerror
            run.err(f"{name}: error fetching interface information: {why}")
            return 1
        if every or interface.flags & IFF_UP:
            run.proc.stdout.write(short(interface) if "-s" in run.options else long(interface))
    return 0


def change(run: Ifconfig, words: list[str]) -> int:
    """Do what the words after the interface say: 0, or what went wrong."""
    words = words[words[0] == "inet" :]
    while words:
        word = words.pop(0)
        if word in SWITCHES:
            switch(run, *SWITCHES[word])
        elif word in ACTIONS:
            ACTIONS[word](run, words.pop(0) if words else run.usage(3))
        elif word in PEERS:
            _peer(run, word, words)
        elif word == "hw":
            _hw(run, words)
        elif word in BEYOND:
            run.err(f"ifconfig: `{word}' is beyond this program.")
            raise Exit(1)
        else:
            _address(run, word)
    if run.netmask_due:
        set_address(run, SIOCSIFNETMASK, "SIOCSIFNETMASK", run.netmask_due)
    if "-v" in run.options and run.error:
        run.err(f"WARNING: at least one error occured. ({run.error})")
    return run.error & 0xFF


def switch(run: Ifconfig, flag: int, on: bool, warning: str = "") -> None:
    """Set or clear a flag; with a warning, look whether it has gone."""
    try:
        (flags,) = unpack_from("<H", ask(run.sock, SIOCGIFFLAGS, run.name))
    except OSError as error:
        doing = ("getting", "testing") if warning else ("getting",)
        for verb in doing:
            run.err(f"{run.name}: ERROR while {verb} interface flags: {error.strerror}")
        run.error = -1
        return
    try:
        ask(run.sock, SIOCSIFFLAGS, run.name, pack("<H", flags | flag if on else flags & ~flag))
    except OSError as error:
        run.err(f"SIOCSIFFLAGS: {error.strerror}")
        run.error = -1
    if warning and unpack_from("<H", ask(run.sock, SIOCGIFFLAGS, run.name))[0] & flag:
        run.err(f"Warning: Interface {run.name} still in {warning}")


SWITCHES: dict[str, tuple[int, bool] | tuple[int, bool, str]] = {
    "up": (IFF_UP | IFF_RUNNING, True),
    "down": (IFF_UP, False),
    "arp": (IFF_NOARP, False),
    "-arp": (IFF_NOARP, True),
    "trailers": (IFF_NOTRAILERS, False),
    "-trailers": (IFF_NOTRAILERS, True),
    "promisc": (IFF_PROMISC, True),
    "-promisc": (IFF_PROMISC, False, "promisc mode... maybe other application is running?"),
    "multicast": (IFF_MULTICAST, True),
    "-multicast": (IFF_MULTICAST, False, "MULTICAST mode."),
    "allmulti": (IFF_ALLMULTI, True),
    "-allmulti": (IFF_ALLMULTI, False, "ALLMULTI mode."),
    "dynamic": (IFF_DYNAMIC, True),
    "-dynamic": (IFF_DYNAMIC, False, "DYNAMIC mode."),
    "-broadcast": (IFF_BROADCAST, False, "BROADCAST mode."),
    "-pointopoint": (IFF_POINTOPOINT, False, "POINTOPOINT mode."),
    "-pointtopoint": (IFF_POINTOPOINT, False, "POINTOPOINT mode."),
}


def attempt(run: Ifconfig, request: int, what: str, data: bytes) -> None:
    """Change something, or say what went wrong."""
    try:
        ask(run.sock, request, run.name, data)
    except OSError as error:
        hint = " - you may need to down the interface" if request == SIOCSIFHWADDR and error.errno == EBUSY else ""
        run.err(f"{what}: {error.strerror}{hint}")
        run.error = run.error | 1 if request == SIOCSIFNETMASK else 1


def set_address(run: Ifconfig, request: int, what: str, address: bytes) -> None:
    attempt(run, request, what, pack("<HH4s", AF_INET, 0, address))


def _number(request: int, what: str, base: int, run: Ifconfig, word: str) -> None:
    attempt(run, request, what, pack("<I", number(word, base) & 0xFFFFFFFF))


def _name(run: Ifconfig, word: str) -> None:
    attempt(run, SIOCSIFNAME, "SIOCSIFNAME", word.encode("utf-8", "surrogateescape")[: IFNAMSIZ - 1])


def _netmask(run: Ifconfig, word: str) -> None:
    if run.netmask_done:
        run.usage(3)
    mask = resolve(run, word)
    if mask is not None:
        run.netmask_done = True
        set_address(run, SIOCSIFNETMASK, "SIOCSIFNETMASK", mask)


def _dstaddr(run: Ifconfig, word: str) -> None:
    address = resolve(run, word)
    if address is not None:
        set_address(run, SIOCSIFDSTADDR, "SIOCSIFDSTADDR", address)


PEERS = {
    "broadcast": (SIOCSIFBRDADDR, "SIOCSIFBRDADDR", IFF_BROADCAST),
    "pointopoint": (SIOCSIFDSTADDR, "SIOCSIFDSTADDR", IFF_POINTOPOINT),
    "pointtopoint": (SIOCSIFDSTADDR, "SIOCSIFDSTADDR", IFF_POINTOPOINT),
}


def _peer(run: Ifconfig, word: str, words: list[str]) -> None:
    """`broadcast` and `pointopoint`: an address may follow; the flag is set in any case."""
    request, what, flag = PEERS[word]
    if words:
        address = resolve(run, words.pop(0))
        if address is None:
            return
        set_address(run, request, what, address)
    switch(run, flag, True)


def _hw(run: Ifconfig, words: list[str]) -> None:
    """`hw ether ADDRESS`."""
    kind = words.pop(0) if words else run.usage(3)
    if kind == "loop":
        run.err(f"hw address type `{kind}' has no handler to set address. failed.")
        run.error = 1
        del words[:1]
        return
    if kind != "ether" or not words:
        run.usage(3)
    word = words.pop(0)
    address = ether(word)
    if address is None:
        run.err(f"{word}: invalid ether address.")
        run.error = 1
        return
    attempt(run, SIOCSIFHWADDR, "SIOCSIFHWADDR", pack("<H6s", ARPHRD_ETHER, address))


def _address(run: Ifconfig, word: str) -> None:
    """An address, which also brings the interface up; a prefix length behind it is applied at the end."""
    host, slash, length = word.partition("/")
    if slash:
        if not re.fullmatch(r"0[xX][0-9a-fA-F]+|[0-9]*", length, re.ASCII) or run.netmask_done:
            run.usage(3)
        run.netmask_due = (~(0xFFFFFFFF >> (number(length, 0) & 31)) & 0xFFFFFFFF).to_bytes(4, "big")
    address = resolve(run, host)
    if address is None:
        run.err(HELP)
        raise Exit(1)
    set_address(run, SIOCSIFADDR, "SIOCSIFADDR", address)
    if ":" not in run.name or not (run.name.endswith("-") or address == bytes(4)):
        switch(run, IFF_UP | IFF_RUNNING, True)


ACTIONS: dict[str, Callable[[Ifconfig, str], None]] = {
    "mtu": partial(_number, SIOCSIFMTU, "SIOCSIFMTU", 10),
    "txqueuelen": partial(_number, SIOCSIFTXQLEN, "SIOCSIFTXQLEN", 0),
    "name": _name,
    "netmask": _netmask,
    "dstaddr": _dstaddr,
}


# words


def number(word: str, base: int) -> int:
    """The number that a word begins with, or 0: of base 10, or with 0 as C writes numbers."""
    m = re.match(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)" if base == 0 else r"\s*([+-]?)([0-9]+)", word, re.ASCII)
    if not m:
        return 0
    digits = m[2]
    octal = base == 0 and digits[0] == "0" and digits[:2].lower() != "0x"
    value = int((re.match("[0-7]+", digits)[0]) if octal else digits, 8 if octal else 10 if base else 0)
    return -value if m[1] == "-" else value


def inet_aton(text: str) -> bytes | None:
    """One to four numbers, the last of which fills what is left: 10.1 is 10.0.0.1."""
    parts = text.split(".")
    if len(parts) > 4 or not all(re.fullmatch(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*", p, re.ASCII) for p in parts):
        return None
    *front, last = (number(part, 0) for part in parts)
    room = 4 - len(front)
    if any(n > 255 for n in front) or last >= 256**room:
        return None
    return bytes(front) + last.to_bytes(room, "big")


def resolve(run: Ifconfig, word: str) -> bytes | None:
    """An address, or a name from the few that are known without asking anyone; None after an error message."""
    address = inet_aton(HOSTS.get(word, word))
    if address is None:
        numeric = re.fullmatch(r"[0-9]([0-9.]*[0-9])?", word)
        askable = not numeric and re.fullmatch(r"\.|(?!-)[\w-]+(\.[\w-]+)*\.?", word, re.ASCII)
        why = "Host name lookup failure" if askable else "Unknown host" if word else "Unknown server error"
        run.err(f"{word}: {why}")
        run.error = 1
    return address


def ether(word: str) -> bytes | None:
    """Six bytes in hexadecimal, with or without colons; what is missing is zero."""
    found: list[int] = []
    while word and len(found) < 6:
        m = re.match(r"([0-9a-fA-F]{2}):?|([0-9a-fA-F])(?::{1,2}|$)", word)
        if not m:
            return None
        found.append(int(m[1] or m[2], 16))
        word = word[m.end() :]
    return bytes(found).ljust(6, b"\0")
