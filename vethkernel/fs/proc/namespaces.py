# SPDX-License-Identifier: GPL-2.0-only
"""fs/proc/namespaces.c: a process's open file, seen as a namespace."""

from __future__ import annotations

from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.err import ERR_PTR
from vethkernel.include.net.net_namespace import net
from vethkernel.include.uapi.asm_generic.errno import EBADF, EINVAL
from vethkernel.vfs import vfs_namespace


def proc_ns_fget(fd: int) -> Any:
    """The current process's open file `fd`, which must be a namespace's; or an error. `fs/proc/namespaces.c:322`"""
    file = g.current.files.fdt.get(fd)
    if file is None:
        return ERR_PTR(-EBADF)
    return file if get_proc_ns(file) else ERR_PTR(-EINVAL)


def get_proc_ns(file: Any) -> net:
    """The namespace that an open file stands for, or None. `include/linux/proc_ns.h` (6.1)"""
    return vfs_namespace(file)
