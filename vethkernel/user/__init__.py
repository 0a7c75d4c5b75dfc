# SPDX-License-Identifier: GPL-2.0-only
"""The programs that a user of the machine can type, by name; they reach the kernel by system calls alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vethkernel.user.ifconfig import main as ifconfig
from vethkernel.user.ip import main as ip
from vethkernel.user.ping import main as ping
from vethkernel.user.tcpdump import main as tcpdump

PROGRAMS: dict[str, Callable[..., Any]] = {"ifconfig": ifconfig, "ip": ip, "ping": ping, "tcpdump": tcpdump}
