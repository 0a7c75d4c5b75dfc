# SPDX-License-Identifier: GPL-2.0-only
"""What every layer of tcpdump's printing shares: how to print, the packet at hand, and reading its bytes.

A layer reads its fields by `u8`, `be16` and `be32`, which stop the whole packet with "[|protocol]" where the captured
bytes end, as tcpdump does, and writes by `say`.
"""

from dataclasses import dataclass, field
from time import gmtime, strftime

from vethkernel.syscalls import inet_ntoa
from vethkernel.user.libc import getnameinfo
from vethkernel.user.pcap import LINKTYPE_ETHERNET

OUI = {0x000000: "Ethernet", 0x00000C: "Cisco", 0x00005E: "IANA", 0x0080C2: "Ethernet bridged", 0x080007: "Appletalk"}


class Truncated(Exception):
    """The captured bytes end before the field does."""


@dataclass(slots=True)
class Printer:
    """How to print (tcpdump's flags), and the packet that is being printed."""

    linktype: int = LINKTYPE_ETHERNET
    names: bool = True
    verbose: int = 0
    quiet: int = 0
    link: bool = False
    stamps: int = 0
    hexadecimal: int = 0
    hex_and_ascii: int = 0
    ascii: int = 0
    checksums: bool = True
    number: bool = False
    interfaces: dict[int, str] = field(default_factory=dict)
    # what one packet leaves for the next
    reference: int | None = None
    # the packet at hand
    data: bytes = b""
    end: int = 0
    protocol: str = ""
    link_header: int = 0
    text: list[str] = field(default_factory=list)

    # ---- reading ----

    def have(self, at: int, size: int) -> bool:
        """Whether `size` bytes at `at` were captured."""
        return at + size <= self.end

    def need(self, at: int, size: int) -> None:
        if at + size > self.end:
            raise Truncated

    def u8(self, at: int) -> int:
        self.need(at, 1)
        return self.data[at]

    def be16(self, at: int) -> int:
        self.need(at, 2)
        return int.from_bytes(self.data[at : at + 2])

    def be32(self, at: int) -> int:
        self.need(at, 4)
        return int.from_bytes(self.data[at : at + 4])

    def octets(self, at: int, size: int) -> bytes:
        self.need(at, size)
        return self.data[at : at + size]

    def ipaddr(self, at: int) -> str:
        """The IPv4 address at `at`, by name if names are wanted and it has one."""
        address = inet_ntoa(self.be32(at))
        return getnameinfo(address) if self.names else address

    def etheraddr(self, at: int) -> str:
        """The hardware address at `at`, with who made it if names are wanted."""
        address = self.octets(at, 6)
        text = address.hex(":")
        if not self.names:
            return text
        return "Broadcast" if text == "ff:ff:ff:ff:ff:ff" else f"{text} (oui {OUI.get(self.be32(at) >> 8, 'Unknown')})"

    def linkaddr(self, at: int, size: int) -> str:
        """A hardware address of any length."""
        if size == 6:
            return self.etheraddr(at)
        return self.octets(at, size).hex(":") if size else "<empty>"

    # ---- writing ----

    def say(self, text: str) -> None:
        self.text.append(text)

    def truncated(self) -> None:
        self.say(f" [|{self.protocol}]")

    def stamp(self, time: int) -> str:
        """The time at the head of the line, as -t to -ttttt want it."""
        if self.stamps == 1:
            return ""
        if self.stamps in (3, 5):
            if self.reference is None:
                self.reference = time
            difference = time - self.reference
            if self.stamps == 3:
                self.reference = time
            return ("-" if difference < 0 else " ") + clock(abs(difference), "%H:%M:%S")
        if self.stamps == 2:
            return f"{time // 1000000}.{time % 1000000:06} "
        return clock(time, "%Y-%m-%d %H:%M:%S" if self.stamps == 4 else "%H:%M:%S")


def clock(time: int, layout: str) -> str:
    seconds, fraction = divmod(time, 1000000)
    if seconds & 0x80000000:
        return "[Error converting time] "
    return f"{strftime(layout, gmtime(seconds))}.{fraction:06} "
