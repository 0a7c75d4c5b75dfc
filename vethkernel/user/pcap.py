# SPDX-License-Identifier: GPL-2.0-only
"""Capture files: the classic pcap format, as tcpdump and Wireshark read and write it.

A file is a header of 24 bytes and then, for each packet, a header of 16 and its bytes. `capture_file` and `record`
make them; `read` takes them apart, in either byte order, with times in micro- or nanoseconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import pack, unpack_from

MAGIC_MICROSECONDS, MAGIC_NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2 = 1, 113, 276
LINKTYPES = {
    LINKTYPE_ETHERNET: ("EN10MB", "Ethernet"),
    LINKTYPE_LINUX_SLL: ("LINUX_SLL", "Linux cooked v1"),
    LINKTYPE_LINUX_SLL2: ("LINUX_SLL2", "Linux cooked v2"),
    101: ("RAW", "Raw IP"),
}
MAXIMUM_SNAPLEN = 262144


class BadFile(Exception):
    """The file is not a capture, or breaks off; the message is libpcap's."""


@dataclass(slots=True)
class Packet:
    """A captured packet: when (in microseconds since 1970), its bytes, how long it was on the wire, did it leave."""

    time: int
    data: bytes
    length: int
    outgoing: bool | None = None


def capture_file(linktype: int = LINKTYPE_ETHERNET, snaplen: int = MAXIMUM_SNAPLEN) -> bytes:
    """The header that a capture file begins with."""
    return pack("<IHHiIII", MAGIC_MICROSECONDS, 2, 4, 0, 0, snaplen, linktype)


def record(packet: Packet) -> bytes:
    """One packet as it stands in the file."""
    seconds, microseconds = divmod(packet.time, 1000000)
    return pack("<IIII", seconds & 0xFFFFFFFF, microseconds, len(packet.data), packet.length) + packet.data


def read(content: bytes) -> tuple[int, int, Iterator[Packet]]:
    """Link type, snapshot length and the packets of a capture; the packets raise BadFile where the file breaks off."""
    if len(content) < 4:
        raise BadFile(f"truncated dump file; tried to read 4 file header bytes, only got {len(content)}")
    for order in "<>":
        (magic,) = unpack_from(order + "I", content)
        if magic in (MAGIC_MICROSECONDS, MAGIC_NANOSECONDS):
            break
    else:
        raise BadFile("unknown file format")
    if len(content) < 24:
        raise BadFile(f"truncated dump file; tried to read 24 file header bytes, only got {len(content)}")
    major, minor, _, _, snaplen, linktype = unpack_from(order + "HHiIII", content, 4)
    if major < 2:
        raise BadFile("archaic pcap savefile format")
    if (major, minor) not in ((2, 4), (2, 3), (543, 0)):
        raise BadFile(f"unsupported pcap savefile version {major}.{minor}")
    if not 0 < snaplen < 1 << 31:
        snaplen = MAXIMUM_SNAPLEN
    return linktype & 0x03FFFFFF, snaplen, _records(content, order, 1000 if magic == MAGIC_NANOSECONDS else 1)


def _records(content: bytes, order: str, divisor: int) -> Iterator[Packet]:
    at = 24
    while at < len(content):
        if len(content) - at < 16:
            raise BadFile(f"truncated dump file; tried to read 16 header bytes, only got {len(content) - at}")
        seconds, fraction, caplen, length = unpack_from(order + "IIII", content, at)
        if caplen > MAXIMUM_SNAPLEN:
            raise BadFile(f"invalid packet capture length {caplen}, bigger than maximum of {MAXIMUM_SNAPLEN}")
        at += 16
        if len(content) - at < caplen:
            got = len(content) - at
            raise BadFile(f"truncated dump file; tried to read {caplen} captured bytes, only got {got}")
        yield Packet(seconds * 1000000 + fraction // divisor, content[at : at + caplen], length)
        at += caplen
