# SPDX-License-Identifier: GPL-2.0-only
"""ping, as iputils 20221126 has it: its options, its messages, and the setting up of its socket.

The loop itself is in ping_common. IPv6 and the IP options (-R, -T) are recognised and refused.
"""

from collections.abc import Generator
from math import isfinite
from struct import iter_unpack, pack, unpack_from
from typing import Any

from vethkernel.include.uapi.asm_generic.errno import EACCES
from vethkernel.include.uapi.linux.icmp import (
    ICMP_DEST_UNREACH,
    ICMP_ECHO,
    ICMP_ECHOREPLY,
    ICMP_PARAMETERPROB,
    ICMP_REDIRECT,
    ICMP_SOURCE_QUENCH,
    ICMP_TIME_EXCEEDED,
)
from vethkernel.include.uapi.linux.if_addr import IFA_LABEL, IFA_LOCAL
from vethkernel.include.uapi.linux.in_ import (
    IP_MTU_DISCOVER,
    IP_MULTICAST_IF,
    IP_MULTICAST_LOOP,
    IP_MULTICAST_TTL,
    IP_PMTUDISC_DO,
    IP_PMTUDISC_DONT,
    IP_PMTUDISC_WANT,
    IP_RECVERR,
    IP_RECVTTL,
    IP_TOS,
    IP_TTL,
    IPPROTO_ICMP,
)
from vethkernel.include.uapi.linux.rtnetlink import RTM_GETADDR
from vethkernel.include.uapi.linux.socket import (
    AF_INET,
    SO_BINDTODEVICE,
    SO_BROADCAST,
    SO_DEBUG,
    SO_DONTROUTE,
    SO_MARK,
    SO_RCVBUF,
    SO_SNDBUF,
    SO_TIMESTAMP,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_IP,
    SOL_SOCKET,
)
from vethkernel.include.uapi.linux.sockios import SIOCGIFINDEX
from vethkernel.syscalls import Poll, Process, Socket, inet_ntoa
from vethkernel.user.libc import (
    INT_MAX,
    LONG_MAX,
    Exit,
    Getopt,
    getaddrinfo,
    inet_aton,
    inet_pton,
    is_inet6,
    strtod,
    strtol,
    text,
)
from vethkernel.user.ping_common import SENT_BUFFER_MAX, main_loop
from vethkernel.user.ping_reply import set_filter
from vethkernel.user.ping_state import TIMEVAL, Ping
from vethkernel.user.rtnl import IFADDRMSG, Request, Rtnl, attributes, string

OPTIONS = "h?4bRT:6F:N:aABc:CdDe:fi:I:l:Lm:M:nOp:qQ:rs:S:t:UvVw:W:"
MTU_DISCOVERY = {"do": IP_PMTUDISC_DO, "dont": IP_PMTUDISC_DONT, "want": IP_PMTUDISC_WANT}
TIMESTAMP_TYPES = ("tsonly", "tsandaddr", "tsprespec")
NODE_QUERIES = "name fqdn ipv6 ipv6-all ipv6-compatible ipv6-linklocal ipv6-sitelocal ipv6-global ipv4 ipv4-all".split()
NODE_SUBJECTS = ("subject-ipv6=", "subject-ipv4=", "subject-name=", "subject-fqdn=")
# the options that are a number: the field of Ping, and the range that is accepted
NUMBERS = {
    "c": ("npackets", 1, LONG_MAX),
    "e": ("ident", 0, 0xFFFF),
    "l": ("preload", 1, 0x10000),
    "m": ("mark", 0, 0xFFFFFFFF),
    "s": ("datalen", 0, INT_MAX),
    "S": ("sndbuf", 1, INT_MAX),
    "t": ("ttl", 0, 255),
    "w": ("deadline", 0, INT_MAX),
}


def main(proc: Process, argv: list[str]) -> Generator[Poll, Any, int]:
    p = Ping(proc)
    try:
        targets = parse_options(p, argv)
        if not targets:
            die(p, "usage error: Destination address required", 1)
        prepare(p, targets[-1])
        run(p, targets)
        return (yield from main_loop(p))
    except Exit as end:
        return end.status


def die(p: Ping, text: str, status: int = 2) -> None:
    p.error(text)
    raise Exit(status)


def usage(p: Ping) -> None:
    p.proc.stderr.write(text("ping"))
    raise Exit(2)


def parse_options(p: Ping, argv: list[str]) -> list[str]:
    """Fill in what the options say; returns the destinations."""
    words = Getopt(["ping", *argv[1:]], OPTIONS)
    for option, value in words:
        if option in NUMBERS:
            name, low, high = NUMBERS[option]
            setattr(p, name, number(p, value, low, high))
        elif option in "46":
            if p.family not in ("", option):
                die(p, "only one -4 or -6 option may be specified")
            p.family = option
        elif option in "RT":
            timestamp_or_route(p, option, value)
        elif option == "?" and value:
            p.proc.stderr.write(value + "\n")
            usage(p)
        elif option in "h?":
            usage(p)
        elif option == "V":
            p.proc.stdout.write(text("ping version"))
            raise Exit(0)
        else:
            set_option(p, option, value)
    p.flood, p.quiet, p.adaptive, p.latency = (x in p.flags for x in "fqAU")
    if p.flood:
        p.flags.add("n")
    return words.operands


def set_option(p: Ping, option: str, value: str) -> None:
    """One option that is neither a plain number nor about the protocol."""
    p.flags.add(option)
    if option == "i":
        seconds = fraction(p, value, "bad timing interval")
        if seconds > INT_MAX / 1000:
            die(p, f"bad timing interval: {value}")
        p.interval = int(seconds * 1000)
    elif option == "W":
        seconds = fraction(p, value, "bad linger time")
        if not 0 <= seconds <= INT_MAX / 1000:
            die(p, f"bad linger time: {value}")
        p.lingertime = int(seconds * 1000)
    elif option == "I":
        interface(p, value)
    elif option == "M":
        if value not in MTU_DISCOVERY:
            die(p, f"invalid -M argument: {value}")
        p.pmtudisc = MTU_DISCOVERY[value]
    elif option == "N":
        node_information(p, value)
    elif option == "p":
        p.pattern = value
    elif option == "Q":
        p.tos = tos(p, value)


def node_information(p: Ping, query: str) -> None:
    """-N asks IPv6 nodes: only what is wrong with it, and its help, is there."""
    if query == "help":
        p.proc.stdout.write(text("ping node information"))
        raise Exit(0)
    if query not in NODE_QUERIES and not query.startswith(NODE_SUBJECTS):
        p.proc.stderr.write(text("ping node information"))
        raise Exit(2)


def number(p: Ping, text: str, low: int, high: int) -> int:
    """A whole number within a range, or the end."""
    value, rest = strtol(text)
    if rest or not text:
        die(p, f"invalid argument: '{text}'", 1)
    if not -LONG_MAX - 1 <= value <= LONG_MAX:
        die(p, f"invalid argument: '{text}': Numerical result out of range", 1)
    if not low <= value <= high:
        die(p, f"invalid argument: '{text}': out of range: {low} <= value <= {high}", 1)
    return value


def fraction(p: Ping, text: str, message: str) -> float:
    """A number of seconds; trailing garbage is only warned of."""
    value, rest = strtod(text)
    if not text:
        die(p, f"{message}: ")
    if rest:
        p.error(f"option argument contains garbage: {rest}")
        p.error("this will become fatal error in the future")
    if not isfinite(value):
        die(p, f"{message}: {text}: Numerical result out of range")
    return value


def tos(p: Ping, text: str) -> int:
    value, rest = strtol(text[2:], 16) if text[:2] in ("0x", "0X") else strtol(text)
    if rest:
        die(p, f"bad TOS value: {text}")
    if value > 255:
        die(p, f"the decimal value of TOS bits must be in range 0-255: {value}")
    return value


def timestamp_or_route(p: Ping, option: str, value: str) -> None:
    if p.ip_option and p.ip_option[0] != option:
        die(p, "only one of -T or -R may be used")
    if option == "T" and value not in TIMESTAMP_TYPES:
        die(p, f"invalid timestamp type: {value}")
    p.ip_option = option + value


def interface(p: Ping, value: str) -> None:
    """-I: a source address, or the device to send from."""
    address = inet_pton(value)
    if ":" in value:
        head, _, zone = value.partition("%")
        if not is_inet6(head):
            die(p, f"invalid source address: {value}")
        p.device = zone or p.device
        p.flags.add("B")
    elif address is not None:
        p.source = inet_ntoa(address)
        p.flags.add("B")
    else:
        p.device = value


def prepare(p: Ping, target: str) -> None:
    """The payload, the socket, and who is meant."""
    size = min(p.datalen, SENT_BUFFER_MAX)
    p.outpack = bytearray(8 + size)
    if p.pattern is None:
        p.outpack[8:] = (bytes(range(256)) * (size // 256 + 1))[:size]
    else:
        fill(p, p.pattern, size)
    if p.ident == 0 and "v" in p.flags:
        p.error("WARNING: ident 0 => forcing raw socket")
    open_socket(p)
    if p.tos:
        setsockopt(p, p.sock, SOL_IP, IP_TOS, p.tos, "setsockopt")
    if is_inet6(target):
        if p.family == "4":
            die(p, f"{target}: Address family for hostname not supported")
        die(p, "connect: Cannot assign requested address")
    p.whereto = inet_ntoa(resolve(p, target))
    if p.family == "6":
        die(p, f"{target}: Address family for hostname not supported")
    if "v" in p.flags:
        p.proc.stdout.write(f"ai->ai_family: AF_INET, ai->ai_canonname: '{target}'\n")


def resolve(p: Ping, name: str) -> int:
    """The address of a name, or the end."""
    address = getaddrinfo(name)
    if isinstance(address, str):
        die(p, f"{name}: {address}")
        return 0
    return address


def open_socket(p: Ping) -> None:
    """A ping socket if the kernel grants one (ping_group_range), a raw one if not."""
    p.datagram = p.ident != 0
    try:
        p.sock = p.proc.socket(AF_INET, SOCK_DGRAM if p.datagram else SOCK_RAW, IPPROTO_ICMP)
    except OSError:
        p.datagram = False
        p.sock = p.proc.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)
    if "v" in p.flags:
        kind = "SOCK_DGRAM" if p.datagram else "SOCK_RAW"
        family = {"4": "AF_INET", "6": "AF_INET6", "": "AF_UNSPEC"}[p.family]
        p.error(f"sock4.fd: 3 (socktype: {kind}), sock6.fd: 4 (socktype: {kind}), hints.ai_family: {family}\n")


def fill(p: Ping, pattern: str, size: int) -> None:
    """-p: the payload repeats these bytes."""
    for i, digit in enumerate(pattern):
        if digit not in "0123456789abcdefABCDEF":
            die(p, f"patterns must be specified as hex digits: {pattern[i:]}")
    pairs = [pattern[i : i + 2] for i in range(0, len(pattern), 2)][:16]
    pat = bytes(int(pair, 16) for pair in pairs)
    if pat:
        repeated = pat * (size // len(pat) + 1) if size >= len(pat) + 8 else pat + bytes(8)
        p.outpack[8:] = repeated[:size].ljust(size, b"\0")
    if not p.quiet:
        p.proc.stdout.write(f"PATTERN: 0x{pat.hex()}\n")


def run(p: Ping, targets: list[str]) -> None:
    """Settle addresses and socket options and print the first line (ping4_run and setup)."""
    if len(targets) > 1 and (p.ip_option and p.ip_option != "Ttsprespec" or len(targets) > (5 if p.ip_option else 10)):
        usage(p)
    hops = [inet_ntoa(resolve(p, hop)) for hop in targets[:-1]]
    if p.ip_option:
        die(p, "this ping cannot send IP options")
    p.hostname = "localhost" if targets[-1].lower() == "localhost" else targets[-1]  # as /etc/hosts writes it
    if len(targets) == 1 and inet_aton(targets[0]) is not None:
        p.flags.add("n")
    if p.source == "0.0.0.0":
        find_source(p, (hops or [p.whereto])[0])
    elif p.device is not None:
        bind_to_device(p, p.sock)
    if p.whereto == "0.0.0.0":
        p.whereto = p.source
    socket_options(p)
    if hops:  # the kernel wants CAP_NET_RAW (6.1), and ping has given it up by now
        die(p, "record route: Operation not permitted")
    buffers(p)
    more_socket_options(p)
    source = f"from {p.source} {p.device or ''}: " if p.device is not None or "B" in p.flags else ""
    p.proc.stdout.write(f"PING {p.hostname} ({p.whereto}) {source}{p.datalen}({p.datalen + 28}) bytes of data.\n")
    setup(p)


def setsockopt(p: Ping, sock: Socket, level: int, option: int, value: int | bytes, message: str) -> None:
    """Set an option that ping cannot do without."""
    try:
        sock.setsockopt(level, option, value)
    except OSError as e:
        die(p, f"{message}: {e.strerror}")


def is_multicast(address: str) -> bool:
    return 224 <= int(address.split(".")[0]) < 240


def bind_to_device(p: Ping, sock: Socket) -> None:
    try:
        sock.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, p.device.encode() + b"\0")
    except OSError as e:
        if not is_multicast(p.whereto):
            die(p, f"SO_BINDTODEVICE {p.device}: {e.strerror}")
        try:
            ifreq = sock.ioctl(SIOCGIFINDEX, p.device.encode()[:15].ljust(40, b"\0"))
        except OSError:
            die(p, f"unknown iface: {p.device}")
        mreqn = pack("<8xi", *unpack_from("<i", ifreq, 16))
        setsockopt(p, sock, SOL_IP, IP_MULTICAST_IF, mreqn, "IP_MULTICAST_IF")


def find_source(p: Ping, target: str) -> None:
    """Which address the kernel would send from: what a datagram socket is bound to once it is connected."""
    probe = p.proc.socket(AF_INET, SOCK_DGRAM, 0)
    if p.device is not None:
        bind_to_device(p, probe)
        bind_to_device(p, p.sock)
    if p.tos:
        probe.setsockopt(SOL_IP, IP_TOS, p.tos)
    if p.mark is not None:
        set_mark(p, probe)
    try:
        probe.connect((target, 1025))
    except OSError as e:
        if e.errno != EACCES:
            die(p, f"connect: {e.strerror}")
        if "b" not in p.flags:
            die(p, "Do you want to ping broadcast? Then -b. If not, check your local firewall rules")
        p.proc.stderr.write("WARNING: pinging broadcast address\n")
        setsockopt(p, probe, SOL_SOCKET, SO_BROADCAST, 1, "cannot set broadcasting")
        try:
            probe.connect((target, 1025))
        except OSError as again:
            die(p, f"connect: {again.strerror}")
    p.source = probe.getsockname()[0]
    probe.close()
    if p.device is not None and (p.device, p.source) not in getifaddrs(p.proc):
        p.error(f"Warning: source address might be selected on device other than: {p.device}")


def getifaddrs(proc: Process) -> set[tuple[str, str]]:
    """Every (label, address) that the devices have."""
    kernel = Rtnl(proc)
    found = set()
    for message in kernel.dump(Request(RTM_GETADDR, 0, IFADDRMSG.pack(AF_INET, 0, 0, 0, 0))):
        values = attributes(message.body, IFADDRMSG.size)
        if IFA_LOCAL in values:
            found.add((string(values.get(IFA_LABEL, b"")), inet_ntoa(int.from_bytes(values[IFA_LOCAL]))))
    kernel.close()
    return found


def set_mark(p: Ping, sock: Socket) -> None:
    try:
        sock.setsockopt(SOL_SOCKET, SO_MARK, p.mark.to_bytes(4, "little"))
    except OSError as e:
        p.error(f"WARNING: failed to set mark: {p.mark}: {e.strerror}")


def socket_options(p: Ping) -> None:
    """What must be set before the source address is bound, and the filter of ICMP types."""
    if "b" in p.flags or is_multicast(p.whereto):
        p.multicast = True
        if p.pmtudisc < 0:
            p.pmtudisc = IP_PMTUDISC_DO
    if p.pmtudisc >= 0:
        setsockopt(p, p.sock, SOL_IP, IP_MTU_DISCOVER, p.pmtudisc, "IP_MTU_DISCOVER")
    port = p.ident if p.datagram and p.ident > 0 else 0
    if "B" in p.flags or port:
        try:
            p.sock.bind((p.source, port))
        except OSError as e:
            die(p, f"bind: {e.strerror}")
    if not p.datagram:
        errors = (ICMP_SOURCE_QUENCH, ICMP_DEST_UNREACH, ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB, ICMP_REDIRECT)
        set_filter(p, *errors, ICMP_ECHOREPLY)
    setsockopt(p, p.sock, SOL_IP, IP_RECVERR, 1, "WARNING: your kernel is veeery old. No problems.")
    if p.datagram:
        setsockopt(p, p.sock, SOL_IP, IP_RECVTTL, 1, "WARNING: setsockopt(IP_RECVTTL)")


def buffers(p: Ping) -> None:
    """Socket buffers by an estimate of what one packet takes in the kernel; failure is no matter."""
    packet = p.datalen + 8
    packet += (packet + 511) // 512 * (20 + 16 + 64 + 160)
    wanted = (packet * p.preload + 2**31) % 2**32 - 2**31  # an int
    for option, size in (SO_SNDBUF, p.sndbuf or packet), (SO_RCVBUF, max(wanted, 65536)):
        try:
            p.sock.setsockopt(SOL_SOCKET, option, min(size, INT_MAX))
        except OSError:
            continue
    if p.sock.getsockopt(SOL_SOCKET, SO_RCVBUF) < wanted:
        p.error("WARNING: probably, rcvbuf is not enough to hold preload")


def more_socket_options(p: Ping) -> None:
    if "b" in p.flags:
        setsockopt(p, p.sock, SOL_SOCKET, SO_BROADCAST, 1, "cannot set broadcasting")
    if "L" in p.flags:
        setsockopt(p, p.sock, SOL_IP, IP_MULTICAST_LOOP, 0, "cannot disable multicast loopback")
    if p.ttl is not None:
        setsockopt(p, p.sock, SOL_IP, IP_MULTICAST_TTL, p.ttl, "cannot set multicast time-to-live")
        setsockopt(p, p.sock, SOL_IP, IP_TTL, p.ttl, "cannot set unicast time-to-live")


def setup(p: Ping) -> None:
    """The last settings, the same for every protocol; then the clock starts."""
    if p.flood and "i" not in p.flags:
        p.interval = 0
    if p.interval >= INT_MAX // p.preload:
        die(p, f"illegal preload and/or interval: {p.interval}")
    for flag, option in ("d", SO_DEBUG), ("r", SO_DONTROUTE):
        if flag in p.flags:
            setsockopt(p, p.sock, SOL_SOCKET, option, 1, "setsockopt")
    if not p.latency:
        p.sock.setsockopt(SOL_SOCKET, SO_TIMESTAMP, 1)
    if p.mark is not None:
        set_mark(p, p.sock)
    if p.ident < 0 and not p.datagram:
        p.ident = p.proc.getpid() & 0xFFFF
    p.timing = p.datalen >= TIMEVAL
    constant = p.outpack[8 + (TIMEVAL if p.timing else 0) :]
    words = bytes(constant) + b"\0" * (len(constant) % 2)
    p.payload_sum = (ICMP_ECHO << 8) + (p.ident & 0xFFFF) + sum(word for (word,) in iter_unpack("!H", words))
    if "C" in p.flags:
        try:
            p.sock.connect((p.whereto, 1025))
        except OSError as e:
            die(p, f"connect failed: {e.strerror}")
    p.start_time = p.proc.monotonic()
    if p.deadline:
        p.alarm = p.start_time + p.deadline * 10**9
