# SPDX-License-Identifier: GPL-2.0-only
"""include/net/checksum.h and arch/x86's checksum.h: the Internet checksum (RFC 1071), as few big-integer steps.

Bytes are summed as 16-bit words in one's complement arithmetic, in which 2**16 is 1: so the sum of all words of a
buffer is the buffer, read as one number, modulo 0xffff. Only 0 needs care: it has two names, 0 (nothing but zero
bytes was summed) and 0xffff (all else). A sum that is not folded yet (C's __wsum) is a plain number of any size.
"""

from vethkernel.wire import Buffer

CSUM_MANGLED_0 = 0xFFFF
from_bytes = int.from_bytes


def csum_partial(buff: Buffer, len: int, sum: int) -> int:
    """`sum` plus the words of the first `len` bytes of `buff`. `lib/checksum.c`"""
    n = from_bytes(buff[:len], "big")
    if len & 1:
        n <<= 8
    return sum + (n % 0xFFFF or (0xFFFF if n else 0))


def csum_fold(csum: int) -> int:
    """The checksum as a header holds it: the complement of the 16-bit sum. `include/asm-generic/checksum.h`"""
    return 0xFFFF - (csum % 0xFFFF or 0xFFFF) if csum else 0xFFFF


def ip_fast_csum(head: Buffer, off: int, ihl: int) -> int:
    """The checksum of an IP header of `ihl` words, at `off` in `head`: 0 if it holds a right one. `lib/checksum.c`"""
    n = from_bytes(head[off : off + 4 * ihl], "big") % 0xFFFF
    return 0xFFFF - n if n else 0


def ip_compute_csum(buff: Buffer, len: int) -> int:
    """The checksum of `len` bytes. `lib/checksum.c`"""
    return csum_fold(csum_partial(buff, len, 0))


def csum_tcpudp_nofold(saddr: int, daddr: int, len: int, proto: int, sum: int) -> int:
    """`sum` plus the pseudo header that UDP's checksum covers. `lib/checksum.c`"""
    return sum + saddr + daddr + len + proto


def csum_tcpudp_magic(saddr: int, daddr: int, len: int, proto: int, sum: int) -> int:
    """The checksum of a datagram whose words sum up to `sum`. `include/asm-generic/checksum.h`"""
    return csum_fold(sum + saddr + daddr + len + proto)


def csum_add(csum: int, addend: int) -> int:
    """The sum of two sums. `include/net/checksum.h:60`"""
    return csum + addend


def csum_sub(csum: int, addend: int) -> int:
    """`csum` without the words that gave `addend`. `include/net/checksum.h:67`"""
    return csum + csum_fold(addend)


def csum_block_add(csum: int, csum2: int, offset: int) -> int:
    """`csum` plus the sum of a block that begins `offset` bytes on: swapped if that is odd.
    `include/net/checksum.h:73`"""
    return csum + (csum2 << 8 if offset & 1 else csum2)
