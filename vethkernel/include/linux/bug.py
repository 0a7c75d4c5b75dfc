# SPDX-License-Identifier: GPL-2.0-only
"""include/asm-generic/bug.h: what the kernel does when it finds itself in a state that cannot be."""


class KernelBug(AssertionError):
    """The kernel would stop here with an oops: the port (or a reader's change to it) broke a rule of its own."""


def BUG_ON(condition: object, message: str = "") -> None:
    """Stop if `condition` holds. `include/asm-generic/bug.h:55`"""
    if condition:
        raise KernelBug(message or "BUG_ON")
