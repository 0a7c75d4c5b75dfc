# SPDX-License-Identifier: GPL-2.0-only
"""net/core/iovec.c: the pieces in which a program hands its data over. Here they are a list of bytes.

To send, the program's pieces are read from an offset on; to receive, what the kernel copies out is one piece more.
"""

from __future__ import annotations


def memcpy_fromiovecend(iov: list[bytes], offset: int, len: int) -> bytes:
    """`len` bytes of the program's data, from `offset` on. `net/core/iovec.c:106`"""
    first = iov[0]
    if offset + len <= first.__len__():
        return first if not offset and len == first.__len__() else first[offset : offset + len]
    return b"".join(iov)[offset : offset + len]


def memcpy_fromiovec(iov: list[bytes], len: int) -> bytes:
    """The first `len` bytes of the program's data, which are thereby used up. `net/core/iovec.c:104`"""
    data = b"".join(iov)
    iov[:] = [data[len:]]
    return data[:len]
