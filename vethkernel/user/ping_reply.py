# SPDX-License-Identifier: GPL-2.0-only
"""What comes back to ping: replies and errors, what it prints of them and counts (iputils 20221126, ping.c)."""

from struct import unpack_from

from vethkernel.include.uapi.asm_generic.errno import EMSGSIZE
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
from vethkernel.syscalls import inet_ntoa
from vethkernel.user.ping_state import TIMEVAL, Ping, acknowledge, is_ours, update_interval

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


def pr_iph(p: Ping, header: bytes) -> None:
    """The header that an error quotes, in the byte order of this kind of machine."""
    first, tos, length, ident, fragment, ttl, protocol, check = unpack_from("<BBHHHBBH", header)
    source, target = (inet_ntoa(address) for address in unpack_from("!II", header, 12))
    p.proc.stdout.write(
        "Vr HL TOS  Len   ID Flg  off TTL Pro  cks      Src      Dst Data\n"
        f" {first >> 4:x}  {first & 15:x}  {tos:02x} {length:04x} {ident:04x}"
        f"   {fragment >> 13:x} {fragment & 0x1FFF:04x}  {ttl:02x}  {protocol:02x} {check:04x} {source}  {target} \n"
    )


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
            if "v" in p.flags:
                pr_iph(p, quoted)
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
