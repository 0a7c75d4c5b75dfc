# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/net.h: `struct socket`, what a program's file descriptor leads to, and the tables of the families."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NPROTO = 46  # AF_MAX
SOCK_MAX = 11
SOCK_TYPE_MASK = 0xF

SS_FREE = 0
SS_UNCONNECTED = 1
SS_CONNECTING = 2
SS_CONNECTED = 3


class socket:
    """The program's side of a socket; `sk` is the network's side."""

    __slots__ = ("state", "type", "flags", "ops", "file", "sk", "ino")

    def __init__(self) -> None:
        self.state = SS_UNCONNECTED
        self.type = 0
        self.flags = 0
        self.ops: proto_ops = None
        self.file: Any = None
        self.sk: Any = None
        self.ino = 0


@dataclass(slots=True, eq=False)
class proto_ops:
    """What a family does for each system call."""

    family: int
    release: Callable[..., int]
    bind: Callable[..., int]
    connect: Callable[..., int]
    getname: Callable[..., Any]
    poll: Callable[..., int]
    ioctl: Callable[..., int]
    shutdown: Callable[..., int]
    setsockopt: Callable[..., int]
    getsockopt: Callable[..., Any]
    sendmsg: Callable[..., int]
    recvmsg: Callable[..., int]


@dataclass(slots=True, eq=False)
class net_proto_family:
    """How a family makes a socket: create(net, sock, protocol, kern)."""

    family: int
    create: Callable[..., int]

POLLIN = 0x001
POLLPRI = 0x002
POLLOUT = 0x004
POLLERR = 0x008
POLLHUP = 0x010
POLLRDNORM = 0x040
POLLWRNORM = 0x100
POLLWRBAND = 0x200
