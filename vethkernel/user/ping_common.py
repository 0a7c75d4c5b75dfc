# SPDX-License-Identifier: GPL-2.0-only
"""ping's loop and its statistics (iputils 20221126, ping_common.c).

`main_loop` alternates between sending the probes that are due and waiting for what comes back. Times are in
milliseconds for the interval, microseconds for round trips, nanoseconds for the clocks, as in the original.
"""

from collections.abc import Generator
from struct import pack_into, unpack_from
from typing import Any

from vethkernel.include.uapi.asm_generic.errno import EAGAIN, ENOBUFS, ENOMEM
from vethkernel.include.uapi.linux.icmp import ICMP_ECHO
from vethkernel.syscalls import Poll, Socket
from vethkernel.user.libc import INT_MAX
from vethkernel.user.ping_reply import parse_reply, receive_error_msg
from vethkernel.user.ping_state import Ping, in_flight, update_interval

MININTERVAL = 10  # milliseconds: what a wait is rounded up to, and the pace of a flood that nobody answers
BUSY_ROUNDS, BUSY_SECONDS = 100, 0.001  # probes sent and answered without a wait take a real machine 10 us each
SENT_BUFFER_MAX = 70000  # nothing beyond 64 KiB is ever sent: sendto() refuses it by its length alone


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
    """The square root by Newton's steps, as the original takes it: now and then one more than the whole root."""
    previous, x = a + 1, a
    while 0 < x < previous:
        previous, x = x, (x + a // x) // 2
    return x if x > 0 else 0
