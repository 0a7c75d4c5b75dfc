# SPDX-License-Identifier: GPL-2.0-only
"""How a struct lies in bytes: views that read and write named fields of a buffer, in network byte order.

A header is a class whose attributes say where each field lies; reading one reads the buffer, assigning one
writes it, so what a reader sees is always what would go over the wire:

    class arphdr(Header):
        SIZE = 8
        ar_hrd = be16(0)
        ar_op = be16(6)

    arphdr(frame, 14).ar_op        # bytes 20 and 21 of the frame, as a number
"""

from struct import Struct
from typing import Any

Buffer = bytearray | bytes | memoryview


class Header:
    """A view of the bytes of `head` from `off` on; subclasses name the fields and their SIZE in bytes."""

    __slots__ = ("head", "off")
    SIZE = 0

    def __init__(self, head: Any, off: int = 0) -> None:
        self.head = head
        self.off = off

    def __bytes__(self) -> bytes:
        return bytes(self.head[self.off : self.off + self.SIZE])

    def __repr__(self) -> str:
        fields = (n for c in reversed(type(self).__mro__) for n, v in vars(c).items() if isinstance(v, property))
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in fields)})"


def _field(offset: int, layout: str) -> Any:
    packed = Struct(layout)
    unpack, pack = packed.unpack_from, packed.pack_into

    def get(self: Header) -> Any:
        return unpack(self.head, self.off + offset)[0]

    def put(self: Header, value: Any) -> None:
        pack(self.head, self.off + offset, value)

    return property(get, put)


put_be16 = Struct("!H").pack_into  # one number at a place in a buffer, for those who handle every packet
get_be16 = Struct("!H").unpack_from
get_be32 = Struct("!I").unpack_from


def u8(offset: int) -> Any:
    """An 8-bit number at `offset`."""

    def get(self: Header) -> int:
        return self.head[self.off + offset]

    def put(self: Header, value: int) -> None:
        self.head[self.off + offset] = value

    return property(get, put)


def be16(offset: int) -> Any:
    """A 16-bit number in network byte order."""
    return _field(offset, "!H")


def be32(offset: int) -> Any:
    """A 32-bit number in network byte order."""
    return _field(offset, "!I")


def u16(offset: int) -> Any:
    """A 16-bit number in the machine's own byte order, which is x86's: netlink and ioctl structs have those."""
    return _field(offset, "<H")


def u32(offset: int) -> Any:
    """A 32-bit number in the machine's own byte order."""
    return _field(offset, "<I")


def s32(offset: int) -> Any:
    """A 32-bit number with a sign, in the machine's own byte order; as in C, what is assigned keeps its low bits."""
    field = _field(offset, "<i")

    def put(self: Header, value: int) -> None:
        field.fset(self, (value + 0x80000000 & 0xFFFFFFFF) - 0x80000000)

    return property(field.fget, put)


def octets(offset: int, length: int) -> Any:
    """`length` bytes as they are, such as a hardware address."""
    return _field(offset, f"{length}s")


def bits(offset: int, shift: int, width: int) -> Any:
    """`width` bits of the byte at `offset`, `shift` bits above its lowest: IPv4's version and header length."""
    mask = (1 << width) - 1

    def get(self: Header) -> int:
        return self.head[self.off + offset] >> shift & mask

    def put(self: Header, value: int) -> None:
        at = self.off + offset
        self.head[at] = self.head[at] & ~(mask << shift) | (value & mask) << shift

    return property(get, put)
