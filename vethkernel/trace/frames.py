# SPDX-License-Identifier: GPL-2.0-only
"""A frame's bytes in a few words, and field by field: for packet lists, pictures and the display of an skb."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from vethkernel.include.linux.icmp import icmphdr
from vethkernel.include.linux.if_arp import arphdr
from vethkernel.include.linux.if_ether import ethhdr
from vethkernel.include.linux.ip import iphdr
from vethkernel.include.linux.udp import udphdr
from vethkernel.include.net.ip import IP_MF, IP_OFFSET
from vethkernel.include.uapi.linux.icmp import ICMP_DEST_UNREACH, ICMP_ECHO, ICMP_ECHOREPLY, ICMP_TIME_EXCEEDED
from vethkernel.include.uapi.linux.if_arp import ARPOP_REPLY, ARPOP_REQUEST
from vethkernel.include.uapi.linux.if_ether import ETH_P_ARP, ETH_P_IP
from vethkernel.include.uapi.linux.in_ import IPPROTO_ICMP, IPPROTO_UDP

ICMP_NAMES = {
    ICMP_ECHOREPLY: "echo reply",
    ICMP_DEST_UNREACH: "destination unreachable",
    ICMP_ECHO: "echo request",
    ICMP_TIME_EXCEEDED: "time exceeded",
}
ARP_PACKET_SIZE = 28


@dataclass(slots=True)
class Field:
    """One named piece of a frame: where it lies, and its value as people write it."""

    header: str
    name: str
    start: int
    end: int
    value: str

    @property
    def full_name(self) -> str:
        """With its header's: "iphdr.ttl"; the data behind all headers have no more than "data"."""
        return f"{self.header}.{self.name}" if self.name else self.header


def headers_of(frame: bytes, start: int = 0, ethernet: bool = True) -> list[Any]:
    """The headers of a frame that are there whole, outermost first; without `ethernet` it begins with IP's."""
    found: list[Any] = []
    protocol = ETH_P_IP
    if ethernet:
        if len(frame) < start + ethhdr.SIZE:
            return found
        found.append(ethhdr(frame, start))
        protocol = found[0].h_proto
        start += ethhdr.SIZE
    if protocol == ETH_P_ARP and len(frame) >= start + ARP_PACKET_SIZE:
        found.append(arphdr(frame, start))
    elif protocol == ETH_P_IP and len(frame) >= start + iphdr.SIZE:
        ip = iphdr(frame, start)
        found.append(ip)
        inner = {IPPROTO_ICMP: icmphdr, IPPROTO_UDP: udphdr}.get(ip.protocol)
        start += ip.ihl * 4
        if inner and not ip.frag_off & IP_OFFSET and len(frame) >= start + inner.SIZE:
            found.append(inner(frame, start))
    return found


def describe(frame: bytes) -> str:
    """The frame in one line: "ICMP echo request 10.0.0.1 > 10.0.0.2, seq 1"."""
    headers = {type(header): header for header in headers_of(frame)}
    if arphdr in headers:
        return _arp(headers[arphdr])
    if iphdr in headers:
        return _ip(headers)
    if ethhdr in headers:
        return f"protocol {headers[ethhdr].h_proto:#06x}, {len(frame)} bytes"
    return f"{len(frame)} bytes"


def _arp(arp: Any) -> str:
    if arp.ar_op == ARPOP_REQUEST:
        return f"ARP request who-has {IPv4Address(arp.ar_tip)} tell {IPv4Address(arp.ar_sip)}"
    if arp.ar_op == ARPOP_REPLY:
        return f"ARP reply {IPv4Address(arp.ar_sip)} is-at {arp.ar_sha.hex(':')}"
    return f"ARP operation {arp.ar_op}"


def _ip(headers: dict[type, Any]) -> str:
    ip = headers[iphdr]
    ends = f"{IPv4Address(ip.saddr)} > {IPv4Address(ip.daddr)}"
    piece = f", fragment at {(ip.frag_off & IP_OFFSET) * 8}" if ip.frag_off & (IP_OFFSET | IP_MF) else ""
    if icmphdr in headers:
        icmp = headers[icmphdr]
        kind = ICMP_NAMES.get(icmp.type, f"type {icmp.type}")
        sequence = f", seq {icmp.sequence}" if icmp.type in (ICMP_ECHO, ICMP_ECHOREPLY) else ""
        return f"ICMP {kind} {ends}{sequence}{piece}"
    if udphdr in headers:
        udp = headers[udphdr]
        return f"UDP {IPv4Address(ip.saddr)}:{udp.source} > {IPv4Address(ip.daddr)}:{udp.dest}{piece}"
    return f"IP protocol {ip.protocol} {ends}{piece}"


EXTENTS = {
    ethhdr: {"h_dest": (0, 6), "h_source": (6, 12), "h_proto": (12, 14)},
    arphdr: {
        "ar_hrd": (0, 2), "ar_pro": (2, 4), "ar_hln": (4, 5), "ar_pln": (5, 6), "ar_op": (6, 8),
        "ar_sha": (8, 14), "ar_sip": (14, 18), "ar_tha": (18, 24), "ar_tip": (24, 28),
    },
    iphdr: {
        "version, ihl": (0, 1), "tos": (1, 2), "tot_len": (2, 4), "id": (4, 6), "frag_off": (6, 8), "ttl": (8, 9),
        "protocol": (9, 10), "check": (10, 12), "saddr": (12, 16), "daddr": (16, 20),
    },
    icmphdr: {"type": (0, 1), "code": (1, 2), "checksum": (2, 4), "id": (4, 6), "sequence": (6, 8)},
    udphdr: {"source": (0, 2), "dest": (2, 4), "len": (4, 6), "check": (6, 8)},
}  # fmt: skip
_HEX = ("h_proto", "ar_pro", "check", "checksum")
_ADDRESSES = ("saddr", "daddr", "ar_sip", "ar_tip")


def fields_of(frame: bytes, start: int = 0, ethernet: bool = True) -> list[Field]:
    """The frame's header fields in order, then the data behind them as one field."""
    found: list[Field] = []
    end = start
    for header in headers_of(frame, start, ethernet):
        for name, (first, last) in EXTENTS[type(header)].items():
            end = header.off + last
            found.append(Field(type(header).__name__, name, header.off + first, end, _value(header, name)))
        if isinstance(header, iphdr) and header.ihl * 4 > iphdr.SIZE:
            options = header.off + header.ihl * 4
            found.append(Field("iphdr", "options", end, options, bytes(frame[end:options]).hex(" ")))
            end = options
    if end < len(frame):
        found.append(Field("data", "", end, len(frame), f"{len(frame) - end} bytes"))
    return found


def _value(header: Any, name: str) -> str:
    if name == "version, ihl":
        return f"{header.version}, {header.ihl}"
    value = getattr(header, name)
    if isinstance(value, bytes):
        return value.hex(":")
    if name in _ADDRESSES:
        return str(IPv4Address(value))
    return f"{value:#06x}" if name in _HEX else str(value)
