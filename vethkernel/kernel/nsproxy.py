# SPDX-License-Identifier: GPL-2.0-only
"""kernel/nsproxy.c: how a program changes its network namespace. Left out: all other kinds of namespace."""

from __future__ import annotations

from vethkernel.fs.file import fget_light
from vethkernel.globals import g
from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.sched import task_struct
from vethkernel.include.net.net_namespace import CLONE_NEWNET, put_net
from vethkernel.include.uapi.asm_generic.errno import EBADF, EINVAL
from vethkernel.net.core.net_namespace import copy_net_ns, netns_install
from vethkernel.vfs import file, vfs_namespace


def exit_task_namespaces(p: task_struct) -> None:
    """A program has ended, and with it its hold on the namespace. `kernel/nsproxy.c`"""
    put_net(p.nsproxy.net_ns)


def sys_unshare(unshare_flags: int) -> int:
    """unshare(2): go on in a new namespace. `kernel/fork.c:1802`"""
    if unshare_flags & ~CLONE_NEWNET:
        return -EINVAL
    tsk = g.current
    made = copy_net_ns(unshare_flags, None, tsk.nsproxy.net_ns)
    if IS_ERR(made):
        return made
    netns_install(tsk.nsproxy, made)
    put_net(made)
    return 0


def sys_setns(fd: int, nstype: int) -> int:
    """setns(2): go on in the namespace that an open file stands for. `@217@`"""
    opened = fget_light(fd)
    if opened is None:
        return -EBADF
    if type(opened) is not file or vfs_namespace(opened) is None or nstype not in (0, CLONE_NEWNET):
        return -EINVAL
    return netns_install(g.current.nsproxy, vfs_namespace(opened))
