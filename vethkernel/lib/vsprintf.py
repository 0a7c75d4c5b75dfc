# SPDX-License-Identifier: GPL-2.0-only
"""lib/vsprintf.c: how addresses look in the kernel's own messages."""

from __future__ import annotations


def ip4_addr_string(addr: int) -> str:
    """%pI4: four numbers with dots. `lib/vsprintf.c:915`"""
    return ".".join(str(addr >> shift & 255) for shift in (24, 16, 8, 0))


def hex_dump_to_buffer(buf: bytes) -> str:
    """Bytes in hexadecimal with blanks between. `lib/hexdump.c:83`"""
    return buf.hex(" ")
