# SPDX-License-Identifier: GPL-2.0-only
"""fs/seq_file.c: reads a file of records from its first to its last. Left out: reading it in pieces, and seeking."""

from __future__ import annotations

from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.seq_file import seq_file


def seq_read(m: seq_file) -> str | int:
    """The file's whole text, or a negative errno. `fs/seq_file.c:152`"""
    pos = 0
    p = m.op.start(m, pos)
    while p is not None and not IS_ERR(p):
        err = m.op.show(m, p)
        if err < 0:
            p = err
            break
        p = m.op.next(m, p, pos)
        pos += 1
    m.op.stop(m, p)
    return p if IS_ERR(p) else "".join(m.buf)
