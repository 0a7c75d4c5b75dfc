# SPDX-License-Identifier: GPL-2.0-only
"""fs/proc/proc_sysctl.c (and net/sysctl_net.c): puts a table of switches into the file tree as a directory of files.

The kernel's own inodes, its look-up and its sets of tables are left out: vfs.py keeps a tree for each namespace.
"""

from __future__ import annotations

from vethkernel.include.linux.sysctl import ctl_table, ctl_table_header
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.vfs import Directory, File, make, remove


def register_net_sysctl(net: net_t, path: str, table: list[ctl_table]) -> ctl_table_header:
    """Make a file of each entry below `path`, "net/ipv4/conf/lo", in this namespace.
    `include/net/net_namespace.h:323`"""
    header = ctl_table_header(table, path.removeprefix("net/"), net)
    for entry in table:
        make(net.proc_sys_net, f"{header.path}/{entry.procname}", proc_sys_make_inode(entry))
    return header


def unregister_net_sysctl_table(header: ctl_table_header) -> None:
    """Take the files of the table away, and the directory with its last one. `include/net/net_namespace.h:328`"""
    directory: Directory = header.net.proc_sys_net
    for name in header.path.split("/"):
        directory = directory.entries[name]
    for entry in header.ctl_table_arg:
        remove(directory, entry.procname)
    if not directory.entries:
        remove(header.net.proc_sys_net, header.path)


def proc_sys_make_inode(table: ctl_table) -> File:
    """The file of one entry. `fs/proc/proc_sysctl.c:395`"""
    return File(lambda: proc_sys_read(table), lambda text: proc_sys_write(table, text), table.mode)


def proc_sys_call_handler(table: ctl_table, write: bool, buf: str) -> tuple[int, str]:
    """Let the entry's handler read or write. `fs/proc/proc_sysctl.c:479`"""
    return table.proc_handler(table, write, buf, len(buf), 0)


def proc_sys_read(table: ctl_table) -> str | int:
    """The file's text, or a negative errno. `fs/proc/proc_sysctl.c:515`"""
    error, text = proc_sys_call_handler(table, False, "")
    return error or text


def proc_sys_write(table: ctl_table, text: str) -> int:
    """How much was taken, or a negative errno. `fs/proc/proc_sysctl.c:521`"""
    error, _ = proc_sys_call_handler(table, True, text)
    return error or len(text)
