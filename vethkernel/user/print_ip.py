# SPDX-License-Identifier: GPL-2.0-only
"""IPv4, ICMP, UDP and TCP in tcpdump's words (print-ip.c, print-icmp.c, print-udp.c, print-tcp.c of 4.99.3)."""

from struct import pack

from vethkernel.include.uapi.linux.icmp import (
    ICMP_ADDRESSREPLY,
    ICMP_DEST_UNREACH,
    ICMP_ECHO,
    ICMP_ECHOREPLY,
    ICMP_PARAMETERPROB,
    ICMP_REDIRECT,
    ICMP_SOURCE_QUENCH,
    ICMP_TIME_EXCEEDED,
    ICMP_TIMESTAMP,
    ICMP_TIMESTAMPREPLY,
)
from vethkernel.include.uapi.linux.in_ import IPPROTO_ICMP, IPPROTO_IPIP, IPPROTO_TCP, IPPROTO_UDP
from vethkernel.user.printer import Printer, Truncated

IP_RESERVED, IP_DF, IP_MF, IP_OFFMASK = 0x8000, 0x4000, 0x2000, 0x1FFF
IP_HLEN, UDP_HLEN, TCP_HLEN = 20, 8, 20
ECN = ("", ",ECT(1)", ",ECT(0)", ",CE")
PROTOCOLS = {0: "Options", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 8: "EGP", 9: "IGRP", 17: "UDP"} | {
    33: "DCCP",
    41: "IPv6",
    43: "Routing",
    44: "Fragment",
    46: "RSVP",
    47: "GRE",
    50: "ESP",
    51: "AH",
    55: "Mobile IP",
    58: "ICMPv6",
    88: "EIGRP",
    89: "OSPF",
    103: "PIM",
    108: "Compressed IP",
    112: "VRRP",
    113: "PGM",
    132: "SCTP",
    135: "Mobility",
    143: "Ethernet",
}
PROTOCOL_NAMES = {1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah", 89: "ospf"} | {
    132: "sctp",
    136: "udplite",
    255: "reserved",
}
SERVICES = {
    "echo": (7, "tu"),
    "discard": (9, "tu"),
    "daytime": (13, "tu"),
    "chargen": (19, "tu"),
    "ssh": (22, "t"),
    "telnet": (23, "t"),
    "smtp": (25, "t"),
    "time": (37, "tu"),
    "domain": (53, "tu"),
    "bootps": (67, "u"),
    "bootpc": (68, "u"),
    "tftp": (69, "u"),
    "http": (80, "t"),
    "ntp": (123, "u"),
    "snmp": (161, "tu"),
    "https": (443, "tu"),
    "syslog": (514, "u"),
}
OPTIONS = {0: "EOL", 1: "NOP", 7: "RR", 68: "timestamp", 82: "traceroute", 130: "security", 131: "LSRR"} | {
    137: "SSRR",
    148: "RA",
}
UNREACHABLE = {
    0: "net {} unreachable",
    1: "host {} unreachable",
    5: "{} unreachable - source route failed",
    6: "net {} unreachable - unknown",
    7: "host {} unreachable - unknown",
    8: "{} unreachable - source host isolated",
    9: "net {} unreachable - admin prohibited",
    10: "host {} unreachable - admin prohibited",
    11: "net {} unreachable - tos prohibited",
    12: "host {} unreachable - tos prohibited",
    13: "host {} unreachable - admin prohibited filter",
    14: "host {} unreachable - host precedence violation",
    15: "host {} unreachable - precedence cutoff",
}
REDIRECTS = (
    "redirect {} to net {}",
    "redirect {} to host {}",
    "redirect-tos {} to net {}",
    "redirect-tos {} to host {}",
)
ICMP_TYPES = {
    4: "source quench",
    9: "router advertisement",
    10: "router solicitation",
    15: "information request",
    16: "information reply",
    17: "address mask request",
}
QUOTING = (ICMP_DEST_UNREACH, ICMP_SOURCE_QUENCH, ICMP_REDIRECT, ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB)


def in_cksum(data: bytes) -> int:
    """The Internet checksum of `data`: 0 where it holds a right one."""
    padded = data + b"\0" if len(data) % 2 else data
    return ~(int.from_bytes(padded) % 0xFFFF or (0xFFFF if any(data) else 0)) & 0xFFFF


def should_be(found: int, computed: int) -> int:
    """The right checksum, from the wrong one and what the sum over the data gives with it."""
    total = found + computed
    total = (total & 0xFFFF) + (total >> 16)
    return (total & 0xFFFF) + (total >> 16)


def service(p: Printer, port: int, protocol: str) -> str:
    """A port by its name, if names are wanted and it has one."""
    if p.names:
        for name, (number, protocols) in SERVICES.items():
            if number == port and protocol in protocols:
                return name
    return str(port)


# ---- IPv4 ----


def ip_print(p: Printer, at: int, length: int) -> None:
    """An IPv4 datagram at `at`, of which the layer below had `length` bytes."""
    p.protocol = "ip"
    version = p.u8(at) >> 4
    if version != 4:
        p.say("IP6, wrong link-layer encapsulation" if version == 6 else f"IP{version}")
        p.say(" (invalid)")
        return
    if not p.link:
        p.say("IP ")
    if not p.have(at, IP_HLEN):
        p.truncated()
        return
    hlen, total = (p.u8(at) & 15) * 4, p.be16(at + 2)
    if length < IP_HLEN:
        p.say(f"truncated-ip {length}")
        return
    if hlen < IP_HLEN:
        p.say(f"bad-hlen {hlen}")
        return
    if length < total:
        p.say(f"truncated-ip - {total - length} bytes missing! ")
    if total < hlen:
        if total:
            p.say(f"bad-len {total}")
            return
        total = length
    before, p.end = p.end, min(p.end, at + total)
    ip_header_and_payload(p, at, hlen, total - hlen)
    p.end = before


def ip_header_and_payload(p: Printer, at: int, hlen: int, length: int) -> None:
    off, protocol = p.be16(at + 6), p.u8(at + 9)
    if p.verbose and ip_header(p, at, hlen, off, protocol):
        p.say(f"{p.ipaddr(at + 12)} > {p.ipaddr(at + 16)}: ")
        p.truncated()
        return
    if off & IP_OFFMASK:
        if p.quiet > 1:
            return
        p.say(f"{p.ipaddr(at + 12)} > {p.ipaddr(at + 16)}: {protocol_name(p, protocol)}")
        return
    if protocol not in (IPPROTO_TCP, IPPROTO_UDP):
        p.say(f"{p.ipaddr(at + 12)} > {p.ipaddr(at + 16)}: ")
    if not p.have(at, hlen):
        p.say(f" [remaining caplen({p.end - at}) < header length({hlen})]")
        raise Truncated
    fragment = bool(off & IP_MF)
    if protocol == IPPROTO_ICMP:
        icmp_print(p, at + hlen, length, fragment)
    elif protocol == IPPROTO_UDP:
        udp_print(p, at + hlen, length, at, fragment)
    elif protocol == IPPROTO_TCP:
        tcp_print(p, at + hlen, length, at)
    elif protocol == IPPROTO_IPIP:
        ip_print(p, at + hlen, length)
    else:
        p.say(f" {protocol_name(p, protocol)} {length}")


def protocol_name(p: Printer, protocol: int) -> str:
    unknown = f"ip-proto-{protocol}"
    return PROTOCOL_NAMES.get(protocol, unknown) if p.names else unknown


def ip_header(p: Printer, at: int, hlen: int, off: int, protocol: int) -> bool:
    """-v: every field of the header; True if its options are not all there."""
    tos, ttl = p.u8(at + 1), p.u8(at + 8)
    p.say(f"(tos 0x{tos:x}{ECN[tos & 3]}" + (f", ttl {ttl}" if ttl else ""))
    flags = [name for name, bit in (("+", IP_MF), ("DF", IP_DF), ("rsvd", IP_RESERVED)) if off & bit]
    p.say(f", id {p.be16(at + 4)}, offset {(off & IP_OFFMASK) * 8}, flags [{', '.join(flags) or 'none'}]")
    p.say(f", proto {PROTOCOLS.get(protocol, 'unknown')} ({protocol}), length {p.be16(at + 2)}")
    missing = False
    if hlen > IP_HLEN:
        p.say(", options (")
        missing = not ip_options(p, at + IP_HLEN, hlen - IP_HLEN)
        p.say(" [truncated-option])" if missing else ")")
    if p.checksums and p.have(at, hlen):
        found, computed = p.be16(at + 10), in_cksum(p.octets(at, hlen))
        if computed:
            p.say(f", bad cksum {found:x} (->{should_be(found, computed):x})!")
    p.say(")\n    ")
    return missing


def ip_options(p: Printer, at: int, length: int) -> bool:
    """The options' names; False where they are cut off."""
    separator = ""
    while length > 0:
        code = p.u8(at)
        p.say(separator + OPTIONS.get(code, f"unknown {code}"))
        separator = ","
        size = 1 if code in (0, 1) else p.u8(at + 1)
        if code not in (0, 1) and size < 2 or size > length:
            p.say(f" [bad length {size}]")
            return True
        if not p.have(at, size):
            return False
        if code == 0:
            return True
        if code == 148 and size >= 4 and p.be16(at + 2):
            p.say(f" value {p.be16(at + 2)}")
        at, length = at + size, length - size
    return True


# ---- ICMP ----


def icmp_print(p: Printer, at: int, length: int, fragment: bool) -> None:
    """An ICMP message; with -v also the packet that an error quotes."""
    p.protocol = "icmp"
    kind, code = p.u8(at), p.u8(at + 1)
    try:
        text = icmp_text(p, at, kind, code)
    except Incomplete:
        p.truncated()
        return
    p.say(f"ICMP {text}, length {length}")
    if p.verbose and not fragment and p.have(at, length):
        found, computed = p.be16(at + 2), in_cksum(p.octets(at, length))
        if computed:
            p.say(f" (wrong icmp cksum {found:x} (->{should_be(found, computed):x})!)")
    if p.verbose and kind in QUOTING:
        p.say("\n\t")
        quoted, before = p.be16(at + 10), p.end
        p.end = min(p.end, at + 8 + quoted)
        ip_print(p, at + 8, quoted)
        p.end = before


class Incomplete(Exception):
    """A message breaks off at a place where tcpdump stops that layer alone."""


def icmp_text(p: Printer, at: int, kind: int, code: int) -> str:
    """What the message says."""
    destination = at + 8 + 16  # of the packet that an error quotes
    if kind in (ICMP_ECHO, ICMP_ECHOREPLY):
        which = "request" if kind == ICMP_ECHO else "reply"
        return f"echo {which}, id {p.be16(at + 4)}, seq {p.be16(at + 6)}"
    if kind == ICMP_DEST_UNREACH:
        return unreachable_text(p, at, code)
    if kind == ICMP_REDIRECT:
        layout = REDIRECTS[code] if code < len(REDIRECTS) else f"redirect-#{code} {{}} to {{}}"
        return layout.format(p.ipaddr(destination), p.ipaddr(at + 4))
    if kind == ICMP_TIME_EXCEEDED:
        if not p.have(destination, 4):
            raise Incomplete
        return {0: "time exceeded in-transit", 1: "ip reassembly time exceeded"}.get(code, f"time exceeded-#{code}")
    if kind == ICMP_PARAMETERPROB:
        return f"parameter problem - code {code}" if code else f"parameter problem - octet {p.u8(at + 4)}"
    if kind == ICMP_ADDRESSREPLY:
        return f"address mask is 0x{p.be32(at + 8):08x}"
    if kind == ICMP_TIMESTAMP:
        return f"time stamp query id {p.be16(at + 4)} seq {p.be16(at + 6)}"
    if kind == ICMP_TIMESTAMPREPLY:
        if not p.have(at + 16, 4):
            raise Incomplete
        times = (day_time(p.be32(at + i)) for i in (8, 12, 16))
        head = f"time stamp reply id {p.be16(at + 4)} seq {p.be16(at + 6)}"
        return "{}: org {}, recv {}, xmit {}".format(head, *times)
    return ICMP_TYPES.get(kind, f"type-#{kind}")


def unreachable_text(p: Printer, at: int, code: int) -> str:
    quoted = at + 8
    if code == 2:
        return f"{p.ipaddr(quoted + 16)} protocol {p.u8(quoted + 9)} unreachable"
    if code == 3:
        if not p.have(quoted + 9, 1):
            raise Incomplete
        port = p.be16(quoted + (p.u8(quoted) & 15) * 4 + 2)
        protocol = p.u8(quoted + 9)
        who = p.ipaddr(quoted + 16)
        if protocol in (IPPROTO_TCP, IPPROTO_UDP):
            name = "tcp" if protocol == IPPROTO_TCP else "udp"
            return f"{who} {name} port {service(p, port, name[0])} unreachable"
        return f"{who} protocol {protocol} port {port} unreachable"
    if code == 4:
        mtu = p.be16(at + 6)
        return f"{p.ipaddr(quoted + 16)} unreachable - need to frag" + (f" (mtu {mtu})" if mtu else "")
    return UNREACHABLE.get(code, f"{{}} unreachable - #{code}").format(p.ipaddr(quoted + 16))


def day_time(milliseconds: int) -> str:
    seconds, ms = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"


# ---- UDP and TCP ----


def pseudo_header(p: Printer, ip: int, protocol: int, length: int) -> bytes:
    return p.octets(ip + 12, 8) + pack("!BBH", 0, protocol, length & 0xFFFF)


def udp_print(p: Printer, at: int, length: int, ip: int, fragment: bool) -> None:
    """A UDP datagram; of its payload the length alone."""
    p.protocol = "udp"
    source, destination = p.ipaddr(ip + 12), p.ipaddr(ip + 16)
    if not p.have(at + 2, 2):
        p.say(f"{source} > {destination}: ")
        p.truncated()
        return
    p.say(f"{source}.{service(p, p.be16(at), 'u')} > {destination}.{service(p, p.be16(at + 2), 'u')}: ")
    if length < UDP_HLEN:
        p.say(f"truncated-udp {length}")
        return
    if not p.have(at + 4, 2):
        p.truncated()
        return
    ulen = p.be16(at + 4)
    if ulen < UDP_HLEN:
        p.say(f"truncated-udplength {ulen}")
        return
    ulen -= UDP_HLEN
    length = min(length - UDP_HLEN, ulen)
    if at + UDP_HLEN > p.end:
        p.truncated()
        return
    if p.verbose > 1 and p.checksums and not fragment:
        p.say(udp_checksum(p, at, length + UDP_HLEN, ip))
    p.say(f"UDP, bad length {ulen} > {length}" if ulen > length and not fragment else f"UDP, length {ulen}")


def udp_checksum(p: Printer, at: int, length: int, ip: int) -> str:
    found = p.be16(at + 6)
    if found == 0:
        return "[no cksum] "
    if not p.have(at, length):
        return ""
    computed = in_cksum(pseudo_header(p, ip, IPPROTO_UDP, length) + p.octets(at, length))
    return f"[bad udp cksum 0x{found:04x} -> 0x{should_be(found, computed):04x}!] " if computed else "[udp sum ok] "


def tcp_print(p: Printer, at: int, length: int, ip: int) -> None:
    """A TCP segment, in few words: this kernel sends none, but a capture file may hold some."""
    p.protocol = "tcp"
    source, destination = p.ipaddr(ip + 12), p.ipaddr(ip + 16)
    if not p.have(at, TCP_HLEN):
        p.say(f"{source} > {destination}:")
        p.truncated()
        return
    hlen = (p.u8(at + 12) >> 4) * 4
    ports = service(p, p.be16(at), "t"), service(p, p.be16(at + 2), "t")
    p.say(f"{source}.{ports[0]} > {destination}.{ports[1]}: tcp {length - hlen & 0xFFFFFFFF}")
    if hlen > length:
        p.say(f" [bad hdr length {hlen} - too long, > {length}]")
