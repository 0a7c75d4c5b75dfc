# SPDX-License-Identifier: GPL-2.0-only
"""Names of devices between kernel and reader: the kernel keeps them as bytes, one letter of its strings for each."""


def readable(name: str) -> str:
    """A kernel's name as people read it; one that is no UTF-8 stays as it is."""
    try:
        return name.encode("latin-1").decode()
    except UnicodeError:
        return name


def kernels(name: str) -> str:
    """What a reader typed, as the kernel keeps it."""
    return name.encode("utf-8", "surrogateescape").decode("latin-1")
