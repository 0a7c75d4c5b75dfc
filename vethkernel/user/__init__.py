# SPDX-License-Identifier: GPL-2.0-only
"""The programs that a user of the machine can type, by name; they reach the kernel by system calls alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vethkernel.user import small
from vethkernel.user.ifconfig import main as ifconfig
from vethkernel.user.ip import main as ip
from vethkernel.user.ping import main as ping
from vethkernel.user.shell import main as bash
from vethkernel.user.sysctl import main as sysctl
from vethkernel.user.tcpdump import main as tcpdump

PROGRAMS: dict[str, Callable[..., Any]] = {
    "bash": bash,
    "cat": small.cat,
    "dmesg": small.dmesg,
    "drops": small.drops,
    "echo": small.echo,
    "false": small.false,
    "help": small.help_,
    "ifconfig": ifconfig,
    "ip": ip,
    "ls": small.ls,
    "ping": ping,
    "sh": bash,
    "sleep": small.sleep,
    "sysctl": sysctl,
    "tcpdump": tcpdump,
    "true": small.true,
}
