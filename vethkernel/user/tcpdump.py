# SPDX-License-Identifier: GPL-2.0-only
"""tcpdump 4.99.3: captures on a device or reads a capture file, and prints or writes the packets.

What it sees comes from an AF_PACKET socket. The real one reads a ring that the kernel hands over once a second (ten
times a second with -l), so a packet may have been "received by filter" and yet not been captured when ^C comes; this
one looks at its socket in the same rhythm. The filter is applied here and not in the kernel, and counts as there.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from struct import pack, unpack, unpack_from
from typing import Any

from vethkernel.include.uapi.asm_generic.errno import EAGAIN, EISDIR, ENETDOWN, ENODEV
from vethkernel.include.uapi.linux.if_ import IFF_UP
from vethkernel.include.uapi.linux.if_ether import ETH_P_ALL
from vethkernel.include.uapi.linux.if_packet import (
    PACKET_ADD_MEMBERSHIP,
    PACKET_MR_PROMISC,
    PACKET_OUTGOING,
    PACKET_STATISTICS,
)
from vethkernel.include.uapi.linux.socket import (
    AF_PACKET,
    SCM_TIMESTAMP,
    SO_ERROR,
    SO_RCVBUFFORCE,
    SO_TIMESTAMP,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_PACKET,
    SOL_SOCKET,
)
from vethkernel.include.uapi.linux.sockios import SIOCGIFINDEX
from vethkernel.syscalls import Poll, Process, Socket
from vethkernel.user.libc import NO_ARGUMENT, REQUIRED_ARGUMENT, Exit, Getopt, contents, strtol, text
from vethkernel.user.pcap import (
    LINKTYPE_ETHERNET,
    LINKTYPE_LINUX_SLL,
    LINKTYPE_LINUX_SLL2,
    LINKTYPES,
    MAXIMUM_SNAPLEN,
    BadFile,
    Packet,
    capture_file,
    read,
    record,
)
from vethkernel.user.pcap_filter import BadFilter, Filter
from vethkernel.user.print_packet import pretty_print_packet
from vethkernel.user.printer import Printer

OPTIONS = "aAbB:c:C:dDeE:fF:G:hHi:Ij:JKlLm:M:nNOpqQ:r:s:StT:uUvV:w:W:xXy:Yz:Z:#"
LONG_OPTIONS = {
    name: (REQUIRED_ARGUMENT if option in "BijQsyZ" or option == "precision" else NO_ARGUMENT, option)
    for name, option in {
        "buffer-size": "B",
        "list-interfaces": "D",
        "help": "h",
        "interface": "i",
        "monitor-mode": "I",
        "time-stamp-type": "j",
        "list-time-stamp-types": "J",
        "micro": "micro",
        "nano": "nano",
        "time-stamp-precision": "precision",
        "dont-verify-checksums": "K",
        "list-data-link-types": "L",
        "no-optimize": "O",
        "no-promiscuous-mode": "p",
        "direction": "Q",
        "snapshot-length": "s",
        "absolute-tcp-sequence-numbers": "S",
        "packet-buffered": "U",
        "linktype": "y",
        "immediate-mode": "immediate",
        "relinquish-privileges": "Z",
        "count": "count",
        "number": "#",
        "print": "print",
        "version": "version",
    }.items()
}
LEFT_OUT = ("C", "d", "E", "G", "M", "V", "W", "z", "nano")
PACKET_TYPES = """aodv carp cnfp domain lmp pgm pgm_zmtp1 ptp radius resp rpc rtcp rtp snmp someip tftp vat vxlan wb
zmtp1""".split()
PLACES = {
    "e": "link",
    "v": "verbose",
    "q": "quiet",
    "t": "stamps",
    "x": "hexadecimal",
    "X": "hex_and_ascii",
    "A": "ascii",
}
DESCRIPTIONS = {  # what libpcap offers besides the devices; of these only "any" is there
    "any": "Pseudo-device that captures on all interfaces",
    "bluetooth-monitor": "Bluetooth Linux Monitor",
    "nflog": "Linux netfilter log (NFLOG) interface",
    "nfqueue": "Linux netfilter queue (NFQUEUE) interface",
    "dbus-system": "D-Bus system bus",
    "dbus-session": "D-Bus session bus",
}
RING_BYTES = 4 << 20
BLOCK_SECONDS, LINE_SECONDS = 1.0, 0.1  # how often the kernel hands over what the ring holds; with -l
START_SECONDS = 0.01  # by so much tcpdump is sooner at work than the command that is typed a second later


@dataclass(slots=True)
class Tcpdump:
    """What one tcpdump was asked, and what it has counted."""

    proc: Process
    printer: Printer = field(default_factory=Printer)
    flags: set[str] = field(default_factory=set)
    device: str | None = None
    infile: str = ""
    outfile: str = ""
    expression_file: str = ""
    count: int = 0
    snaplen: int = MAXIMUM_SNAPLEN
    direction: str = "inout"
    datalink: str = ""
    linktype: int = LINKTYPE_ETHERNET
    filter: Filter | None = None
    filtered: bool = False
    socket: Socket = None
    output: Any = None
    went_down: bool = False
    first_block: bool = True
    captured: int = 0
    passed: int = 0

    def error(self, text: str) -> None:
        """Report and end, as tcpdump's error() does."""
        self.proc.stderr.write(f"tcpdump: {text}\n")
        raise Exit(1)


def main(proc: Process, argv: list[str]) -> Generator[Poll, Any, int]:
    t = Tcpdump(proc)
    try:
        words = parse_options(t, argv)
        if "D" in t.flags:
            list_interfaces(t)
        if t.infile:
            return from_file(t, words)
        return (yield from live(t, words))
    except Exit as end:
        return end.status


def parse_options(t: Tcpdump, argv: list[str]) -> str:
    """Take the options in; returns the filter expression."""
    words = Getopt(["tcpdump", *argv[1:]], OPTIONS, LONG_OPTIONS)
    for option, value in words:
        if option == "?":
            t.proc.stderr.write(f"{value}\n{text('tcpdump')}")
            raise Exit(1)
        if option in ("h", "version"):
            t.proc.stdout.write(text("tcpdump" if option == "h" else "tcpdump version"))
            raise Exit(0)
        if option in LEFT_OUT:
            t.error(f"option {'-' if len(option) == 1 else '--'}{option} is left out of this tcpdump")
        if option in PLACES:
            setattr(t.printer, PLACES[option], getattr(t.printer, PLACES[option]) + 1)
        t.flags.add(option)
        valued_option(t, option, value)
    t.printer.names, t.printer.checksums, t.printer.number = ("n" not in t.flags, "K" not in t.flags, "#" in t.flags)
    if t.printer.stamps > 5:
        t.error("only -t, -tt, -ttt, -tttt and -ttttt are supported")
    if "f" in t.flags and t.infile:
        t.error("-f can not be used with -V or -r")
    return " ".join(words.operands)


def valued_option(t: Tcpdump, option: str, value: str) -> None:
    """The options that say more than that they are there."""
    number, rest = strtol(value, 0 if option == "s" else 10) if option in "Bcs" else (0, "")
    if option == "i":
        t.device = value
    elif option == "r":
        t.infile = value
    elif option == "w":
        t.outfile = value
    elif option == "c":
        t.count = number
        if number <= 0:
            t.error(f"invalid packet count {value}")
    elif option == "B" and number <= 0:
        t.error(f"invalid packet buffer size {value}")
    elif option == "s":
        if rest or not value or not 0 <= number <= MAXIMUM_SNAPLEN:
            t.error(f"invalid snaplen {value} (must be >= 0 and <= {MAXIMUM_SNAPLEN})")
        t.snaplen = number or MAXIMUM_SNAPLEN
    elif option == "Q":
        t.direction = value.lower()
        if t.direction not in ("in", "out", "inout"):
            t.error(f"unknown capture direction `{value}'")
    elif option == "y":
        t.datalink = value.upper()
        if t.datalink not in [name for name, _ in LINKTYPES.values()]:
            t.error(f"invalid data link type {value}")
    elif option == "j" and value != "host":
        t.error(f"invalid time stamp type {value}")
    elif option == "F":
        t.expression_file = value
    elif option == "T" and value.lower() not in PACKET_TYPES:
        t.error(f"unknown packet type `{value}'")
    elif option == "precision" and value != "micro":
        t.error("unsupported time stamp precision")


def compile_filter(t: Tcpdump, expression: str) -> None:
    t.printer.linktype = t.linktype
    if t.expression_file:
        expression = read_expression(t)
    try:
        t.filter = Filter(expression, t.linktype, live=not t.infile)
    except BadFilter as e:
        t.error(str(e))
    t.filtered = t.filter.tree is not None


def read_expression(t: Tcpdump) -> str:
    """-F: the filter stands in a file; what follows a # is a comment."""
    try:
        content = contents(t.proc, t.expression_file)
    except OSError as e:
        t.error(f"can't open {t.expression_file}: {e.strerror}")
    return re.sub(r"#[^\n]*", "", content)


def handle(t: Tcpdump, packet: Packet) -> None:
    """One packet that passed the filter: print it, write it, or only count it."""
    t.captured += 1
    if t.output:
        t.output.write(record(packet))
    if (not t.output or "print" in t.flags) and "count" not in t.flags:
        t.proc.stdout.write(pretty_print_packet(t.printer, packet, t.captured))


def open_output(t: Tcpdump) -> None:
    if not t.outfile:
        return
    try:
        t.output = t.proc.open(t.outfile, "w")
        t.output.write(capture_file(t.linktype, t.snaplen))
    except OSError as e:
        t.error(f"{t.outfile}: {e.strerror}")


# ---- a capture file ----


def from_file(t: Tcpdump, expression: str) -> int:
    """-r: the packets of a capture file."""
    try:
        with t.proc.open(t.infile) as file:
            content = file.read()
        t.linktype, t.snaplen, packets = read(content if isinstance(content, bytes) else content.encode())
    except OSError as e:
        t.error(f"{'error reading dump file' if e.errno == EISDIR else t.infile}: {e.strerror}")
    except BadFile as e:
        t.error(str(e))
    kind = "{} ({})".format(*LINKTYPES[t.linktype]) if t.linktype in LINKTYPES else str(t.linktype)
    t.proc.stderr.write(f"reading from file {t.infile}, link-type {kind}, snapshot length {t.snaplen}\n")
    if t.linktype == LINKTYPE_LINUX_SLL2:
        t.proc.stderr.write("Warning: interface names might be incorrect\n")
        t.printer.interfaces = dict(interfaces(t.proc))
    compile_filter(t, expression)
    open_output(t)
    status = 0
    try:
        for packet in packets:
            if t.filter.matches(packet):
                handle(t, packet)
                if t.captured == t.count:
                    break
    except BadFile as e:
        t.proc.stderr.write(f"tcpdump: pcap_loop: {e}\n")
        status = 1
    if "count" in t.flags:
        t.proc.stdout.write(f"{packets_of(t.captured)}\n")
    return status


# ---- a device ----


def interfaces(proc: Process) -> Iterator[tuple[int, str]]:
    """The devices, by number."""
    with proc.socket(AF_PACKET, SOCK_RAW, 0) as sock:
        for name in proc.listdir("/sys/class/net"):
            yield ifindex(sock, name), name


def ifindex(sock: Socket, name: str) -> int:
    return unpack_from("<i", sock.ioctl(SIOCGIFINDEX, name.encode()[:15].ljust(40, b"\0")), 16)[0]


def devices(proc: Process) -> list[tuple[str, list[str]]]:
    """The devices in libpcap's order, with what it says of each: those with a carrier, "any", lo, the rest."""
    rows = [(1, 0, "any", ["Up", "Running"])]
    rows += [(4, i, name, ["Wireless" if i == 0 else "none"]) for i, name in enumerate(list(DESCRIPTIONS)[1:])]
    for index, name in interfaces(proc):
        with proc.open(f"/sys/class/net/{name}/flags") as file:
            up = int(file.read(), 16) & IFF_UP
        with proc.open(f"/sys/class/net/{name}/operstate") as file:
            running = up and file.read().strip() in ("up", "unknown")
        link = "Loopback" if name == "lo" else "Connected" if running else "Disconnected"
        words = ["Up"] * bool(up) + ["Running"] * bool(running)
        if name == "lo":
            rank = 2 if running else 5
        else:
            rank = 0 if running else 3 if up else 6
        rows.append((rank, index, name, [*(words or ["none"] * (name != "lo")), link]))
    return [(name, words) for _, _, name, words in sorted(rows)]


def list_interfaces(t: Tcpdump) -> None:
    """-D: the devices that can be captured on."""
    for i, (name, words) in enumerate(devices(t.proc), 1):
        described = f" ({DESCRIPTIONS[name]})" if name in DESCRIPTIONS else ""
        t.proc.stdout.write(f"{i}.{name}{described} [{', '.join(words)}]\n")
    raise Exit(0)


def live(t: Tcpdump, expression: str) -> Generator[Poll, Any, int]:
    """Capture until enough packets have come, the device is gone, or ^C."""
    t.linktype = LINKTYPE_LINUX_SLL2 if t.device == "any" else LINKTYPE_ETHERNET
    if t.device == "any" and t.datalink == LINKTYPES[LINKTYPE_LINUX_SLL][0]:
        t.linktype = LINKTYPE_LINUX_SLL
    chosen = t.device is None
    number, rest = strtol(t.device or "x")
    if not rest and not t.proc.exists(f"/sys/class/net/{t.device}"):
        names = [name for name, _ in devices(t.proc)]
        if not 0 < number <= len(names):
            t.error("Invalid adapter index")
        t.device = names[number - 1]
    if chosen:
        t.device = devices(t.proc)[0][0]
        t.linktype = LINKTYPE_LINUX_SLL if t.device == "any" else LINKTYPE_ETHERNET
    open_device(t)
    name, description = LINKTYPES[t.linktype]
    if "L" in t.flags:
        t.proc.stderr.write(f"Data link types for {t.device} (use option -y to set):\n")
        kinds = [LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2] if t.device == "any" else [t.linktype]
        t.proc.stderr.write("".join("  {} ({})\n".format(*LINKTYPES[kind]) for kind in kinds))
        if t.device not in ("any", "lo"):
            t.proc.stderr.write("  DOCSIS (DOCSIS) (printing not supported)\n")
        return 0
    if "J" in t.flags:
        t.proc.stderr.write(f"Time stamp types for {t.device} (use option -j to set):\n  host (Host)\n")
        return 0
    if t.datalink and t.datalink != name:
        t.error(f"{t.datalink} is not one of the DLTs supported by this device")
    if t.linktype == LINKTYPE_LINUX_SLL2 or t.datalink:
        t.proc.stderr.write(f"tcpdump: data link type {name}\n")
    compile_filter(t, expression)
    open_output(t)
    t.printer.interfaces = dict(interfaces(t.proc))
    if not t.printer.verbose and not t.outfile:
        t.proc.stderr.write("tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n")
    else:
        t.proc.stderr.write("tcpdump: ")
    what = f"link-type {name} ({description}), snapshot length {t.snaplen} bytes"
    t.proc.stderr.write(f"listening on {t.device}, {what}\n")
    trouble = yield from capture(t)
    if trouble:
        t.proc.stderr.write(f"tcpdump: pcap_loop: {trouble}\n")
    statistics(t)
    return int(bool(trouble))


def open_device(t: Tcpdump) -> None:
    """An AF_PACKET socket on the device; on "any", one that leaves the link-layer headers off."""
    any_device = t.device == "any"
    t.socket = t.proc.socket(AF_PACKET, *((SOCK_DGRAM, ETH_P_ALL) if any_device else (SOCK_RAW, 0)))
    t.socket.setsockopt(SOL_SOCKET, SO_RCVBUFFORCE, RING_BYTES)
    t.socket.setsockopt(SOL_SOCKET, SO_TIMESTAMP, 1)
    if any_device:
        return
    if "I" in t.flags and t.proc.exists(f"/sys/class/net/{t.device}"):
        t.error(f"{t.device}: That device doesn't support monitor mode")
    try:
        if not t.device or len(t.device) > 15:
            raise OSError(ENODEV, "No such device")
        t.socket.bind((t.device, ETH_P_ALL))
        if "p" not in t.flags:
            request = pack("<iHH8x", ifindex(t.socket, t.device), PACKET_MR_PROMISC, 0)
            t.socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)
    except OSError as e:
        if e.errno == ENODEV:
            t.error(f"{t.device}: No such device exists\n(No such device exists)")
        t.error(f"{t.device}: {e.strerror}")
    if t.socket.getsockopt(SOL_SOCKET, SO_ERROR) == ENETDOWN:
        t.error(f"{t.device}: That device is not up")


def capture(t: Tcpdump) -> Generator[Poll, Any, str]:
    """Look at the socket whenever the ring would be handed over; returns what went wrong, if anything did."""
    told = -1
    period = int((LINE_SECONDS if t.flags & {"l", "immediate"} else BLOCK_SECONDS) * 1e9)
    tick = t.proc.monotonic() + period - int(START_SECONDS * 1e9)
    try:
        while True:
            yield Poll((), max(tick - t.proc.monotonic(), 0) / 1e9)
            tick += period
            trouble = read_ring(t)
            if t.outfile and t.printer.verbose and told != t.captured:
                told = t.captured
                t.proc.stderr.write(f"Got {told}\r")
            if trouble or t.captured == t.count > 0:
                return trouble
    except KeyboardInterrupt:
        if not t.outfile:
            t.proc.stdout.write("\n")
        return ""


def read_ring(t: Tcpdump) -> str:
    """Handle every packet that has come, up to the number that is wanted."""
    passed = t.passed
    if t.linktype == LINKTYPE_LINUX_SLL2:
        t.printer.interfaces = dict(interfaces(t.proc))  # one may be new, or have a new name
    try:
        for packet in waiting(t):
            handle(t, packet)
            if t.captured == t.count:
                return ""
    except OSError as e:
        return e.strerror
    t.first_block = t.first_block and t.passed == passed
    return "The interface disappeared" if disappeared(t) else ""


def disappeared(t: Tcpdump) -> bool:
    return t.went_down and not t.proc.exists(f"/sys/class/net/{t.device}")


def waiting(t: Tcpdump) -> Iterator[Packet]:
    """The packets in the socket that pass the filter; what leaves by lo comes in by it too, and is seen once."""
    while True:
        try:
            data, ancillary, _, address = t.socket.recvmsg(MAXIMUM_SNAPLEN, 256)
        except OSError as e:
            if e.errno == EAGAIN:
                return
            if e.errno != ENETDOWN:
                raise
            t.went_down = True
            if disappeared(t):  # the end of it, whatever the ring still holds
                return
            continue
        name, protocol, pkttype, hatype, hardware = address
        if t.linktype == LINKTYPE_LINUX_SLL2:
            header = pack("!HHIHBB8s", protocol, 0, by_name(t, name), hatype, pkttype, len(hardware), hardware)
            data = header + data
        elif t.linktype == LINKTYPE_LINUX_SLL:
            data = pack("!HHH8sH", pkttype, hatype, len(hardware), hardware, protocol) + data
        outgoing = pkttype == PACKET_OUTGOING
        packet = Packet(arrival(t, ancillary), data, len(data), outgoing)
        if not t.filter.matches(packet):
            continue
        t.passed += 1
        if t.first_block and not passes_again(t, packet):
            continue
        if outgoing and (name == "lo" or t.direction == "in") or not outgoing and t.direction == "out":
            continue
        packet.data = data[: t.snaplen]
        yield packet


def passes_again(t: Tcpdump, packet: Packet) -> bool:
    """The filter once more: the first block may be older than the kernel's filter, and libpcap knows no direction."""
    outgoing, packet.outgoing = packet.outgoing, None
    passes = t.filter.matches(packet)
    packet.outgoing = outgoing
    return passes


def by_name(t: Tcpdump, name: str) -> int:
    return next((index for index, known in t.printer.interfaces.items() if known == name), 0)


def arrival(t: Tcpdump, ancillary: list[tuple[int, int, bytes]]) -> int:
    """When the packet came, in microseconds since 1970."""
    for level, kind, data in ancillary:
        if level == SOL_SOCKET and kind == SCM_TIMESTAMP:
            seconds, microseconds = unpack("<qq", data)
            return seconds * 1000000 + microseconds
    return t.proc.clock_gettime() // 1000


def packets_of(count: int) -> str:
    return f"{count} packet{'' if count == 1 else 's'}"


def statistics(t: Tcpdump) -> None:
    """What tcpdump says last; the kernel counts what has come, read or not."""
    received, dropped = unpack_from("<II", t.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    if t.filtered:
        for _ in waiting(t):
            pass
        received = t.passed + dropped
    t.proc.stderr.write(f"{packets_of(t.captured)} captured\n{packets_of(received)} received by filter\n")
    t.proc.stderr.write(f"{packets_of(dropped)} dropped by kernel\n")
