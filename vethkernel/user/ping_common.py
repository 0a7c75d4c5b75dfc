# SPDX-License-Identifier: GPL-2.0-only
"""ping's loop, its reading of replies and errors, and its statistics (iputils 20221126, ping_common.c and ping.c).

`main_loop` alternates between sending the probes that are due and waiting for what comes back. Times are in
milliseconds for the interval, microseconds for round trips, nanoseconds for the clocks, as in the original.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from struct import pack_into, unpack_from
from typing import Any

from vethkernel.include.uapi.asm_generic.errno import EAGAIN, EMSGSIZE, ENOBUFS, ENOMEM
from vethkernel.include.uapi.linux.errqueue import SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_LOCAL
from vethkernel.include.uapi.linux.icmp import (
    ICMP_DEST_UNREACH,
    ICMP_ECHO,
    ICMP_ECHOREPLY,
    ICMP_FILTER,
    ICMP_PARAMETERPROB,
    ICMP_REDIRECT,
    ICMP_SOURCE_QUENCH,
    ICMP_TIME_EXCEEDED,
)
from vethkernel.include.uapi.linux.in_ import IP_RECVERR, IP_TTL
from vethkernel.include.uapi.linux.socket import MSG_ERRQUEUE, SCM_TIMESTAMP, SOL_IP, SOL_RAW, SOL_SOCKET
from vethkernel.syscalls import Poll, Process, Socket
from vethkernel.user.libc import INT_MAX, getnameinfo, inet_ntoa

MININTERVAL = 10  # milliseconds: what a wait is rounded up to, and the pace of a flood that nobody answers
TIMEVAL = 16  # bytes of a struct timeval: the payload's first
BUSY_ROUNDS, BUSY_SECONDS = 100, 0.001  # probes sent and answered without a wait take a real machine 10 us each
SENT_BUFFER_MAX = 70000  # nothing beyond 64 KiB is ever sent: sendto() refuses it by its length alone

UNREACHABLE = (
    "Destination Net Unreachable",
    "Destination Host Unreachable",
    "Destination Protocol Unreachable",
    "Destination Port Unreachable",
    "",
    "Source Route Failed",
    "Destination Net Unknown",
    "Destination Host Unknown",
    "Source Host Isolated",
    "Destination Net Prohibited",
    "Destination Host Prohibited",
    "Destination Net Unreachable for Type of Service",
    "Destination Host Unreachable for Type of Service",
    "Packet filtered",
    "Precedence Violation",
    "Precedence Cutoff",
)
REDIRECT = ("Network", "Host", "Type of Service and Network", "Type of Service and Host")
EXCEEDED = ("Time to live exceeded", "Frag reassembly time exceeded")
OTHER_TYPES = {0: "Echo Reply", 4: "Source Quench", 8: "Echo Request", 13: "Timestamp", 14: "Timestamp Reply"} | {
    15: "Information Request",
    16: "Information Reply",
    17: "Address Mask Request",
    18: "Address Mask Reply",
}


@dataclass(slots=True)
class Ping:
    """What one ping was asked, and how far it is (struct ping_rts)."""

    proc: Process
    sock: Socket = None
    datagram: bool = False  # a ping socket: the kernel writes the identifier, and brings no IP header
    # what the command line says
    hostname: str = ""
    whereto: str = "0.0.0.0"
    source: str = "0.0.0.0"
    device: str | None = None
    npackets: int = 0
    interval: int = 1000
    preload: int = 1
    deadline: int = 0
    lingertime: int = 10000
    datalen: int = 56
    ident: int = -1
    ttl: int | None = None
    tos: int = 0
    mark: int | None = None
    sndbuf: int = 0
    pmtudisc: int = -1
    pattern: str | None = None
    family: str = ""
    ip_option: str = ""
    flags: set[str] = field(default_factory=set)
    flood: bool = False
    quiet: bool = False
    adaptive: bool = False
    latency: bool = False
    multicast: bool = False
    # the packet
    outpack: bytearray = field(default_factory=bytearray)
    payload_sum: int = 0
    timing: bool = False
    # counters
    ntransmitted: int = 0
    nreceived: int = 0
    nrepeats: int = 0
    nerrors: int = 0
    acked: int = 0
    pipesize: int = -1
    received: bytearray = field(default_factory=lambda: bytearray(0x10000))
    # times
    tmin: int = INT_MAX
    tmax: int = 0
    tsum: int = 0
    tsum2: int = 0
    rtt: int = 0
    rtt_addend: int = 0
    start_time: int = 0
    cur_time: int = 0
    tokens: int = 0
    oom_count: int = 0
    waittime: int = 0
    alarm: int = 0
    exiting: bool = False

    def error(self, text: str) -> None:
        self.proc.stderr.write(f"ping: {text}\n")

    def print_timestamp(self) -> None:
        if "D" in self.flags:
            seconds, ns = divmod(self.proc.clock_gettime(), 10**9)
            self.proc.stdout.write(f"[{seconds}.{ns // 1000:06}] ")

    def pr_addr(self, address: str) -> str:
        name = address if self.exiting or "n" in self.flags else getnameinfo(address)
        return address if name == address else f"{name} ({address})"


def in_flight(p: Ping) -> int:
    """Probes that nobody has answered yet."""
    diff = (p.ntransmitted - p.acked) & 0xFFFF
    return diff if diff <= 0x7FFF else p.ntransmitted - p.nreceived - p.nerrors


def acknowledge(p: Ping, seq: int) -> None:
    """Note the newest answered probe, and how many were under way then ("pipe")."""
    diff = (p.ntransmitted - seq) & 0xFFFF
    if diff <= 0x7FFF:
        if diff + 1 > p.pipesize:
            p.pipesize = diff + 1
        if (seq - p.acked) & 0xFFFF <= 0x7FFF:
            p.acked = seq


def schint(interval: int) -> int:
    return max(interval, MININTERVAL)


def send_probe(p: Ping) -> None:
    """Write the next echo request, its first bytes the time, and send it."""
    packet = p.outpack
    seq = (p.ntransmitted + 1) & 0xFFFF
    p.received[seq] = 0
    total = p.payload_sum + seq
    if p.timing:
        usec = p.proc.clock_gettime() // 1000
        pack_into("<qq", packet, 8, usec // 1000000, usec % 1000000)
        total += sum(unpack_from("!8H", packet, 8))
    pack_into("!BBHHH", packet, 0, ICMP_ECHO, 0, ~(total % 0xFFFF or 0xFFFF) & 0xFFFF, p.ident & 0xFFFF, seq)
    p.sock.sendto(bytes(packet), 0, (p.whereto, 0))


def pinger(p: Ping) -> int:
    """Send a probe if one is due; returns how many milliseconds to wait before the next."""
    if p.exiting or p.npackets and p.ntransmitted >= p.npackets and not p.deadline:
        return 1000
    now = p.proc.monotonic()
    if not p.cur_time:
        p.cur_time = now
        p.tokens = p.interval * (p.preload - 1)
    else:
        elapsed = (now - p.cur_time) // 1000000
        if not p.interval and elapsed < MININTERVAL and in_flight(p) >= p.preload:
            return MININTERVAL - elapsed  # a flood that nobody answers: 100 a second
        elapsed = min(elapsed + p.tokens, p.interval * p.preload)
        if elapsed < p.interval:
            return p.interval - elapsed
        p.cur_time = now
        p.tokens = elapsed - p.interval
    if "O" in p.flags and p.ntransmitted > 0 and not p.received[p.ntransmitted & 0xFFFF]:
        p.print_timestamp()
        p.proc.stdout.write(f"no answer yet for icmp_seq={p.ntransmitted % 0x10000}\n")
    while True:
        try:
            send_probe(p)
        except OSError as e:
            wait = send_failed(p, e)
            if wait is None:
                continue
            return wait
        p.oom_count = 0
        p.ntransmitted += 1
        if p.flood and not p.quiet:
            p.proc.stdout.write(".")
        return p.interval - p.tokens


def send_failed(p: Ping, failure: OSError) -> int | None:
    """What to do when sendto() fails: how long to wait, or None to send again at once."""
    report = False
    if failure.errno in (ENOBUFS, ENOMEM):
        p.tokens = 0
        p.rtt_addend += p.rtt // 8 if p.rtt < 8 * 50000 else 50000
        if p.adaptive:
            update_interval(p)
        pause = min(schint(p.interval // 2), 500)
        p.oom_count += 1
        if p.oom_count * pause < p.lingertime:
            return pause
        report = True
    elif failure.errno == EAGAIN:
        p.tokens += p.interval
        return MININTERVAL
    else:
        got = receive_error_msg(p)
        if got == 0:
            return None
        report = got > 0
    p.ntransmitted += 1  # as if it had been sent
    if report and not p.quiet:
        if p.flood:
            p.proc.stdout.write("E")
        else:
            p.error(f"sendmsg: {failure.strerror}")
    p.tokens = 0
    return schint(p.interval)


def schedule_exit(p: Ping, next_ms: int) -> int:
    """All probes are sent: set the alarm that ends the wait for the last answers."""
    if p.waittime:
        return next_ms
    p.waittime = max(2 * p.tmax, 1000 * p.interval) if p.nreceived else p.lingertime * 1000
    if next_ms < 0 or next_ms < p.waittime // 1000:
        next_ms = p.waittime // 1000
    p.alarm = p.proc.monotonic() + p.waittime * 1000 if p.waittime else 0
    return next_ms


def update_interval(p: Ping) -> None:
    """-A: the interval follows the round trip time."""
    estimate = p.rtt // 8 if p.rtt else p.interval * 1000
    p.interval = (estimate + p.rtt_addend + 500) // 1000


def wait(p: Ping, sockets: tuple[Socket, ...], milliseconds: float) -> Generator[Poll, Any, bool]:
    """Wait for the socket; the alarm and ^C make the loop end instead."""
    left = milliseconds * 1e6
    if p.alarm:
        left = max(min(left, p.alarm - p.proc.monotonic()), 0)
    try:
        ready = yield Poll(sockets, left / 1e9)
    except KeyboardInterrupt:
        p.exiting = True
        return False
    if p.alarm and p.proc.monotonic() >= p.alarm:
        p.exiting = True
    return bool(ready)


def main_loop(p: Ping) -> Generator[Poll, Any, int]:
    """Send, wait, receive, until all is answered, the time is over or ^C; returns the exit status."""
    busy = 0
    while not p.exiting and not (p.npackets and p.nreceived + p.nerrors >= p.npackets):
        if p.deadline and p.nerrors:
            break
        next_ms = 0
        while next_ms <= 0:
            next_ms = pinger(p)
            if p.npackets and p.ntransmitted >= p.npackets and not p.deadline:
                next_ms = schedule_exit(p, next_ms)
        blocking = True
        if p.adaptive or next_ms < schint(p.interval):
            if next_ms <= MININTERVAL and not in_flight(p):
                yield from wait(p, (), next_ms)  # the original spins: nothing is expected
                blocking = False
            elif p.adaptive or p.interval:
                if not (yield from wait(p, (p.sock,), max(next_ms, MININTERVAL))):
                    continue
                blocking = False
        waited = yield from receive(p, blocking)
        busy = 0 if waited else busy + 1
        if busy == BUSY_ROUNDS:
            busy = 0
            yield from wait(p, (), 1000 * BUSY_SECONDS)
    return finish(p)


def receive(p: Ping, blocking: bool) -> Generator[Poll, Any, bool]:
    """Take what has arrived, first waiting for it at most an interval if `blocking`; returns whether it waited."""
    waited, failed = False, not blocking
    while True:
        try:
            data, ancillary, _, sender = p.sock.recvmsg(p.datalen + 136, 512)
        except OSError as e:
            if e.errno == EAGAIN and blocking and not waited:
                waited = True
                if not (yield from wait(p, (p.sock,), schint(p.interval))):
                    return True
                failed = True  # an error may be all that there is to read
                continue
            if e.errno == EAGAIN and not failed:
                return waited
            failed = False
            receive_error_msg(p)
        else:
            blocking = False
            parse_reply(p, data, ancillary, sender[0])
        if p.acked == p.ntransmitted & 0xFFFF:  # none in flight
            return waited


def receive_error_msg(p: Ping) -> int:
    """Read one entry of the error queue: 1 for an ICMP error, -1 for a local one or none, 0 for another's."""
    try:
        data, ancillary, _, target = p.sock.recvmsg(8, 512, MSG_ERRQUEUE)
    except OSError:
        return -1
    entry = next((d for level, kind, d in ancillary if level == SOL_IP and kind == IP_RECVERR), bytes(32))
    errno, origin, kind, code, info = unpack_from("<IBBBxI", entry)
    if origin == SO_EE_ORIGIN_LOCAL:
        if p.quiet:
            return -1
        p.nerrors += 1
        if p.flood:
            p.proc.stdout.write("E")
        elif errno == EMSGSIZE:
            p.error(f"local error: message too long, mtu={info}")
        else:
            p.error(f"local error: Error {errno}")
        return -1
    if origin != SO_EE_ORIGIN_ICMP or len(data) < 8 or target[0] != p.whereto or data[0] != ICMP_ECHO:
        return 0
    ident, seq = unpack_from("!HH", data, 4)
    if not is_ours(p, ident):
        return 0
    acknowledge(p, seq)
    if not p.datagram:
        set_filter(p, ICMP_SOURCE_QUENCH, ICMP_REDIRECT, ICMP_ECHOREPLY)
    p.nerrors += 1
    if p.flood and not p.quiet:
        p.proc.stdout.write("\bE")
    elif not p.quiet:
        p.print_timestamp()
        offender = inet_ntoa(*unpack_from("!I", entry, 20))
        p.proc.stdout.write(f"From {p.pr_addr(offender)} icmp_seq={seq} {pr_icmph(p, kind, code, info)}\n")
    return 1


def set_filter(p: Ping, *types: int) -> None:
    """Let only these ICMP types reach the socket."""
    mask = ~sum(1 << t for t in types) & 0xFFFFFFFF
    p.sock.setsockopt(SOL_RAW, ICMP_FILTER, mask.to_bytes(4, "little"))


def pr_icmph(p: Ping, kind: int, code: int, info: int) -> str:
    """An ICMP message in words; `info` is the second word of its header."""
    if kind == ICMP_DEST_UNREACH:
        if code == 4:
            return f"Frag needed and DF set (mtu = {info})"
        return UNREACHABLE[code] if code < len(UNREACHABLE) else f"Dest Unreachable, Bad Code: {code}"
    if kind == ICMP_REDIRECT:
        what = f"Redirect {REDIRECT[code]}" if code < len(REDIRECT) else f"Redirect, Bad Code: {code}"
        return f"{what}(New nexthop: {p.pr_addr(inet_ntoa(info))})"
    if kind == ICMP_TIME_EXCEEDED:
        return EXCEEDED[code] if code < len(EXCEEDED) else f"Time exceeded, Bad Code: {code}"
    if kind == ICMP_PARAMETERPROB:
        return f"Parameter problem: pointer = {info >> 24}"
    return OTHER_TYPES.get(kind, f"Bad ICMP type: {kind}")


def is_ours(p: Ping, ident: int) -> bool:
    return p.datagram or ident == p.ident


def parse_reply(p: Ping, packet: bytes, ancillary: list[tuple[int, int, bytes]], sender: str) -> None:
    """A packet came to the socket: count and print it if it answers us."""
    hlen = 0 if p.datagram else (packet[0] & 15) * 4 if packet else 20
    if len(packet) < hlen + 8 or hlen < 20 and not p.datagram:
        if "v" in p.flags:
            p.error(f"packet too short ({len(packet)} bytes) from {p.pr_addr(sender)}")
        return
    if packet[hlen] == ICMP_ECHOREPLY:
        ident, seq = unpack_from("!HH", packet, hlen + 4)
        if ident == p.ident or p.datagram:
            gather_statistics(p, packet, hlen, seq, ancillary, sender)
        return
    kind, code, info = unpack_from("!BBxxI", packet, hlen)
    if kind == ICMP_ECHO:
        return
    quoted = packet[hlen + 8 :]
    inner = (quoted[0] & 15) * 4 if quoted else 0
    if kind in (ICMP_SOURCE_QUENCH, ICMP_REDIRECT, ICMP_DEST_UNREACH, ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB):
        if len(quoted) < max(28, inner + 8) or quoted[inner] != ICMP_ECHO:
            return
        ident, seq = unpack_from("!HH", quoted, inner + 4)
        if inet_ntoa(*unpack_from("!I", quoted, 16)) != p.whereto or not is_ours(p, ident):
            return
        if kind not in (ICMP_REDIRECT, ICMP_SOURCE_QUENCH):
            acknowledge(p, seq)
        elif not p.quiet and not p.flood:
            p.print_timestamp()
            text = pr_icmph(p, kind, code, info)
            p.proc.stdout.write(f"From {p.pr_addr(sender)}: icmp_seq={seq} {text}\n")
        return
    if p.flood and not p.quiet and "v" not in p.flags:
        p.proc.stdout.write("!E")
    elif "v" in p.flags:
        p.proc.stdout.write(f"From {p.pr_addr(sender)}: {pr_icmph(p, kind, code, info)}\n")


def gather_statistics(p: Ping, packet: bytes, hlen: int, seq: int, ancillary: list, sender: str) -> None:
    """Count a reply and its round trip, and print its line."""
    p.nreceived += 1
    acknowledge(p, seq)
    cc = len(packet) - hlen
    triptime = 0
    if p.timing and cc >= 8 + TIMEVAL:
        triptime = round_trip(p, packet, hlen + 8, ancillary)
        p.tsum += triptime
        p.tsum2 += triptime * triptime
        if triptime < p.tmin:
            p.tmin = triptime
        if triptime > p.tmax:
            p.tmax = triptime
        p.rtt += triptime - p.rtt // 8 if p.rtt else triptime * 8
        if p.adaptive:
            update_interval(p)
    duplicate = p.received[seq]
    if duplicate:
        p.nrepeats += 1
        p.nreceived -= 1
    p.received[seq] = 1
    if p.quiet:
        return
    if p.flood:
        p.proc.stdout.write("\b \b")
        return
    p.print_timestamp()
    text = f"{cc} bytes from {p.pr_addr(sender)}: icmp_seq={seq}"
    if "v" in p.flags and p.ident >= 0:
        text += f" ident={p.ident}"
    text += f" ttl={time_to_live(ancillary) if p.datagram else packet[8]}"
    if cc < p.datalen + 8:
        p.proc.stdout.write(text + " (truncated)\n")
        return
    if p.timing:
        text += f" time={milliseconds(triptime)} ms"
    if duplicate and (not p.multicast or "v" in p.flags):
        text += " (DUP!)"
    if not p.multicast and sender != p.whereto:
        text += " (DIFFERENT ADDRESS!)"
    text += wrong_data(p, packet[hlen + 8 :])
    p.proc.stdout.write(text + ("\a\n" if "a" in p.flags else "\n"))


def time_to_live(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The TTL of a packet that came without its IP header."""
    return next((data[0] for level, kind, data in ancillary if level == SOL_IP and kind == IP_TTL), 0)


def round_trip(p: Ping, packet: bytes, at: int, ancillary: list[tuple[int, int, bytes]]) -> int:
    """Microseconds from the time that the payload holds to that of the arrival."""
    seconds, usec = unpack_from("<qq", packet, at)
    sent = seconds * 1000000 + usec
    arrived = 0
    if not p.latency:
        for level, kind, data in ancillary:
            if level == SOL_SOCKET and kind == SCM_TIMESTAMP:
                seconds, usec = unpack_from("<qq", data)
                arrived = seconds * 1000000 + usec
    if not arrived:
        arrived = p.proc.clock_gettime() // 1000
    if arrived < sent:
        p.error(f"Warning: time of day goes back ({arrived - sent}us), taking countermeasures")
        return 0
    return arrived - sent


def milliseconds(us: int) -> str:
    """A round trip with the three or four digits that matter."""
    if us >= 100000 - 50:
        return str((us + 500) // 1000)
    if us >= 10000 - 5:
        return f"{(us + 50) // 1000}.{(us + 50) % 1000 // 100}"
    if us >= 1000:
        return f"{(us + 5) // 1000}.{(us + 5) % 1000 // 10:02}"
    return f"{us // 1000}.{us % 1000:03}"


def wrong_data(p: Ping, payload: bytes) -> str:
    """What to say of a payload that differs from what was sent, after the time."""
    sent = p.outpack[8 : 8 + p.datalen]
    if payload[TIMEVAL:] == sent[TIMEVAL:]:
        return ""
    for i in range(TIMEVAL, p.datalen):
        if payload[i] != sent[i]:
            text = f"\nwrong data byte #{i} should be 0x{sent[i]:x} but was 0x{payload[i]:x}"
            for j in range(TIMEVAL, p.datalen):
                text += (f"\n#{j}\t" if j % 32 == TIMEVAL else "") + f"{payload[j]:x} "
            return text
    return ""


def finish(p: Ping) -> int:
    """Print the statistics; returns the exit status: 0 if anything came back."""
    elapsed = p.cur_time - p.start_time
    text = f"\n--- {p.hostname} ping statistics ---\n{p.ntransmitted} packets transmitted, {p.nreceived} received"
    if p.nrepeats:
        text += f", +{p.nrepeats} duplicates"
    if p.nerrors:
        text += f", +{p.nerrors} errors"
    if p.ntransmitted:
        loss = (p.ntransmitted - p.nreceived) * 100 / p.ntransmitted
        text += f", {loss:g}% packet loss, time {(elapsed + 500000) // 1000000}ms"
    extra = []
    if p.nreceived and p.timing:
        total = p.nreceived + p.nrepeats
        average = p.tsum // total
        if p.tsum < INT_MAX:
            variance = int((p.tsum2 - p.tsum * p.tsum / total) / total)
        else:
            variance = int(p.tsum2 / total - average * average)
        times = "/".join(f"{t // 1000}.{t % 1000:03}" for t in (p.tmin, average, p.tmax, llsqrt(variance)))
        extra.append(f"rtt min/avg/max/mdev = {times} ms")
    if p.pipesize > 1:
        extra.append(f"pipe {p.pipesize}")
    if p.nreceived and (not p.interval or p.flood or p.adaptive) and p.ntransmitted > 1:
        ipg = elapsed // 1000 // (p.ntransmitted - 1)
        ewma = p.rtt // 8
        extra.append(f"ipg/ewma {ipg // 1000}.{ipg % 1000:03}/{ewma // 1000}.{ewma % 1000:03} ms")
    p.proc.stdout.write(f"{text}\n{', '.join(extra)}\n")
    return int(not p.nreceived or bool(p.deadline) and p.nreceived < p.npackets)


def llsqrt(a: int) -> int:
    """The whole square root, by Newton's steps."""
    previous, x = a + 1, a
    while 0 < x < previous:
        previous, x = x, (x + a // x) // 2
    return x if x > 0 else 0
