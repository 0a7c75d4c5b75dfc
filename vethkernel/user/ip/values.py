# SPDX-License-Identifier: GPL-2.0-only
"""Words and what they stand for: numbers as C reads them, names of numbers, addresses, prefixes."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from vethkernel.include.uapi.linux.if_ import IFNAMSIZ
from vethkernel.include.uapi.linux.rtnetlink import RT_TABLE_MAX
from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, AF_PACKET, AF_UNSPEC
from vethkernel.user.libc import strtol
from vethkernel.user.rtnl import encode

AF_BRIDGE, AF_MPLS = 7, 28
FAMILIES = {"inet": AF_INET, "inet6": AF_INET6, "link": AF_PACKET, "mpls": AF_MPLS, "bridge": AF_BRIDGE}
FAMILY_NAMES = {number: name for name, number in FAMILIES.items()}
BITS = {AF_INET: 32, AF_INET6: 128, AF_MPLS: 20}
SPACES = " \t\n\v\f\r"
FOREVER = 0xFFFFFFFF
USER_HZ = 100


def get_number(text: str, low: int, high: int, base: int = 0) -> int | None:
    """A word that is a number from `low` to `high`, or None."""
    value, rest = strtol(text, base)
    return value if text and not rest and low <= value <= high else None


def get_unsigned(text: str) -> int | None:
    return get_number(text, 0, 0xFFFFFFFF)


# names of numbers: what /etc/iproute2 holds on a fresh system


@dataclass(slots=True)
class Names:
    """Names for some of the numbers up to `limit`."""

    names: dict[int, str]
    limit: int = 255
    base: int = 0
    form: str = "%d"

    def name(self, number: int, numeric: bool = False) -> str:
        return self.form % number if numeric or number not in self.names else self.names[number]

    def number(self, text: str) -> int | None:
        for number, name in self.names.items():
            if name == text:
                return number
        return get_number(text, 0, self.limit, self.base)


def _table(text: str) -> dict[int, str]:
    return {int(number, 0): name for number, name in (pair.split(":") for pair in text.split())}


SCOPES = Names(_table("0:global 200:site 253:link 254:host 255:nowhere"))
TABLES = Names(_table("0:unspec 253:default 254:main 255:local"), RT_TABLE_MAX)
GROUPS = Names({0: "default"}, 0x7FFFFFFF)
PROTOCOLS = Names(
    _table(
        "0:unspec 1:redirect 2:kernel 3:boot 4:static 8:gated 9:ra 10:mrt 11:zebra 12:bird 13:dnrouted 14:xorp 15:ntk "
        "16:dhcp 18:keepalived 42:babel 99:openr 186:bgp 187:isis 188:ospf 189:rip 192:eigrp"
    )
)
DSFIELDS = Names(
    _table(
        "0:default 0x20:CS1 0x28:AF11 0x30:AF12 0x38:AF13 0x40:CS2 0x48:AF21 0x50:AF22 0x58:AF23 0x60:CS3 0x68:AF31 "
        "0x70:AF32 0x78:AF33 0x80:CS4 0x88:AF41 0x90:AF42 0x98:AF43 0xa0:CS5 0xb8:EF 0xc0:CS6 0xe0:CS7"
    ),
    base=16,
    form="0x%02x",
)


# addresses


@dataclass(slots=True)
class Prefix:
    """An address with the length of its network part; `given` tells that the length was written."""

    family: int = AF_UNSPEC
    data: bytes = b""
    bits: int = 0
    given: bool = False

    @property
    def head(self) -> int:
        """Its first bits as a number."""
        return _head(self.data, self.bits)

    def covers(self, data: bytes, bits: int = None) -> bool:
        """Whether `data` begins with the same bits: this prefix's own number of them, or `bits`."""
        bits = self.bits if bits is None else bits
        return bits <= 0 or _head(self.data, bits) == _head(data, bits)


def _head(data: bytes, bits: int) -> int:
    return int.from_bytes(data.ljust(16, b"\0"), "big") >> 128 - bits


def parse_ipv4(text: str) -> bytes | None:
    """Four numbers or fewer with dots between them: 10.8 is 10.8.0.0."""
    parts = text.split(".")
    numbers = [get_number(part, 0, 255) for part in parts]
    if len(parts) > 4 or None in numbers:
        return None
    return bytes(numbers).ljust(4, b"\0")


def parse_ipv6(text: str) -> bytes | None:
    try:
        return None if "%" in text else ipaddress.IPv6Address(text).packed
    except ValueError:
        return None


def get_netmask(text: str) -> int | None:
    """A prefix length, or a dotted mask without holes."""
    length = get_unsigned(text)
    mask = parse_ipv4(text) if length is None else None
    if mask is None:
        return length
    host = ~int.from_bytes(mask, "big") & 0xFFFFFFFF
    return 32 - host.bit_length() if host & host + 1 == 0 else None


def host(family: int, data: bytes) -> str:
    """An address as it is printed."""
    if family == AF_INET and len(data) >= 4:
        return ".".join(map(str, data[:4]))
    if family == AF_INET6 and len(data) >= 16:
        return str(ipaddress.IPv6Address(data[:16]))
    return lladdr_text(data) if family == AF_PACKET else "???"


def lladdr_text(data: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in data)


def valid_ifname(name: str, longest: int = IFNAMSIZ - 1) -> bool:
    """The kernel's rules for a device's name, but for those that it alone knows."""
    return 0 < len(encode(name)) <= longest and not any(c == "/" or c in SPACES for c in name)
