# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/sched.h, nsproxy.h, fdtable.h, fs.h: as much of a running program as the network stack asks about.

Every task is root: credentials and capabilities are left out.
"""

from typing import Any


class file_operations:
    """What can be done with an open file; an entry is None where it cannot."""

    __slots__ = ("poll", "unlocked_ioctl", "release")

    def __init__(self, poll: Any = None, unlocked_ioctl: Any = None, release: Any = None) -> None:
        self.poll = poll
        self.unlocked_ioctl = unlocked_ioctl
        self.release = release


class file:
    """An open file: what it is by its operations, and whose it is in `private_data`."""

    __slots__ = ("f_op", "f_flags", "private_data")

    def __init__(self, f_op: Any, private_data: Any = None, f_flags: int = 0) -> None:
        self.f_op = f_op
        self.private_data = private_data
        self.f_flags = f_flags


class files_struct:
    """A task's open files by number; 0, 1 and 2 are the terminal, which is not the kernel's business here."""

    __slots__ = ("fdt",)

    def __init__(self) -> None:
        self.fdt: dict[int, Any] = {}


class nsproxy:
    """The namespaces a task lives in: the network's, and that of what it sees mounted (None: the first one)."""

    __slots__ = ("net_ns", "mnt_ns")

    def __init__(self, net_ns: Any, mnt_ns: Any = None) -> None:
        self.net_ns = net_ns
        self.mnt_ns = mnt_ns


class task_struct:
    """A running program."""

    __slots__ = ("pid", "comm", "nsproxy", "files")

    def __init__(self, pid: int, comm: str, nsproxy: nsproxy) -> None:
        self.pid = pid
        self.comm = comm
        self.nsproxy = nsproxy
        self.files = files_struct()
