# SPDX-License-Identifier: GPL-2.0-only
"""fs/file.c: a task's table of open files. Left out: growing it, sharing it, counting who holds a file."""

from __future__ import annotations

from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.sched import file, task_struct
from vethkernel.include.uapi.asm_generic.errno import EBADF

FIRST_FD = 3  # 0, 1 and 2 are the terminal


def close_files(task: task_struct) -> None:
    """The task has ended: close all that it left open. `fs/file.c`"""
    for opened in task.files.fdt.values():
        filp_close(opened)
    task.files.fdt = {}


def get_unused_fd_flags(flags: int) -> int:
    """The lowest free number. `fs/file.c`"""
    fdt = g.current.files.fdt
    fd = FIRST_FD
    while fd in fdt:
        fd += 1
    return fd


def fd_install(fd: int, file: Any) -> None:
    """From now on the number means this file. `fs/file.c`"""
    g.current.files.fdt[fd] = file


def fget_light(fd: int) -> Any:
    """The file that a number means, or None. `fs/file.c`"""
    return g.current.files.fdt.get(fd)


def sys_close(fd: int) -> int:
    """Give a number back, and end what it meant. `fs/open.c`"""
    opened = g.current.files.fdt.pop(fd, None)
    if opened is None:
        return -EBADF
    filp_close(opened)
    return 0


def filp_close(filp: Any) -> int:
    """End an open file: a socket is released, a file of the tree lets go of what it held. `fs/open.c`"""
    if type(filp) is file:
        return filp.f_op.release(filp)
    vfs_close(filp)
    return 0


from vethkernel.vfs import vfs_close
