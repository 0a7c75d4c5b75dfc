# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/seq_file.h: files whose text is made record by record.

`start(seq, pos)` gives the record at position `pos` or None, `next(seq, v, pos)` the one behind `v`, where `pos` is
the position of `v`; `show(seq, v)` adds its text; `stop(seq, v)` ends the reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SEQ_START_TOKEN = object()


@dataclass(slots=True, eq=False)
class seq_operations:
    """How to walk the records of a file."""

    start: Callable[[seq_file, int], Any]
    stop: Callable[[seq_file, Any], None]
    next: Callable[[seq_file, Any, int], Any]
    show: Callable[[seq_file, Any], int]


@dataclass(slots=True, eq=False)
class seq_file:
    """A reading in progress: the text so far, and what the file keeps for itself."""

    op: seq_operations = None
    net: Any = None
    private: Any = None
    buf: list[str] = field(default_factory=list)


def seq_printf(m: seq_file, f: str, *args: Any) -> int:
    """Add text, formatted as printf does. `fs/seq_file.c:408`"""
    m.buf.append(f % args)
    return 0


def seq_puts(m: seq_file, s: str) -> int:
    """Add text. `fs/seq_file.c:682`"""
    m.buf.append(s)
    return 0


def seq_putc(m: seq_file, c: str) -> int:
    """Add a character. `fs/seq_file.c:672`"""
    m.buf.append(c)
    return 0


def seq_file_net(seq: seq_file) -> Any:
    """The namespace that the file is about. `include/linux/seq_file_net.h:21`"""
    return seq.net
