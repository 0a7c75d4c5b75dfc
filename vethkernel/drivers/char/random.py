# SPDX-License-Identifier: GPL-2.0-only
"""drivers/char/random.c: randomness, from the machine's own seed, so that a session can be repeated to the byte."""

from __future__ import annotations

from vethkernel.globals import g


def get_random_bytes(nbytes: int) -> bytes:
    """`nbytes` random bytes. `drivers/char/random.c:1057`"""
    return g.random.randbytes(nbytes)


def prandom_u32() -> int:
    """A random 32-bit number. `lib/random32.c:70`"""
    return g.random.getrandbits(32)


def prandom_u32_max(ep_ro: int) -> int:
    """A random number below `ep_ro`. `include/linux/prandom.h:27 (6.1)`"""
    return prandom_u32() * ep_ro >> 32
