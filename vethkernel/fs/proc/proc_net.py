# SPDX-License-Identifier: GPL-2.0-only
"""fs/proc/proc_net.c and fs/proc/generic.c: puts files into a namespace's /proc/net. The tree itself is vfs.py's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vethkernel.fs.seq_file import seq_read
from vethkernel.include.linux.seq_file import seq_file, seq_operations
from vethkernel.vfs import Directory, File, make, remove


def proc_mkdir(name: str, parent: Directory) -> Directory:
    """A directory below `parent`. `fs/proc/generic.c:458`"""
    made = Directory(net=parent.net)
    make(parent, name, made)
    return made


def proc_create_net(name: str, mode: int, parent: Directory, ops: seq_operations, state_size: int) -> File:
    """A file of records about the namespace that `parent` belongs to. `include/linux/proc_fs.h:135 (6.1)`"""
    made = File(lambda: seq_read(seq_file(ops, parent.net)), None, mode or 0o444)
    make(parent, name, made)
    return made


def proc_create_net_single(
    name: str, mode: int, parent: Directory, show: Callable[[seq_file, Any], int], data: Any
) -> File:
    """A file that one function writes as a whole. `fs/proc/proc_net.c` (6.1)"""

    def read() -> str | int:
        seq = seq_file(None, parent.net, data)
        return show(seq, None) or "".join(seq.buf)

    made = File(read, None, mode or 0o444)
    make(parent, name, made)
    return made


def remove_proc_entry(name: str, parent: Directory) -> None:
    """Take a file or a directory away. `fs/proc/generic.c:527`"""
    remove(parent, name)
