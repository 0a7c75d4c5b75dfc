# SPDX-License-Identifier: GPL-2.0-only
"""include/net/sock.h: `struct sock`, the network's side of a socket, and `struct proto`, what a protocol does for it.

A protocol's own struct holds an inet_sock, which holds a sock; the slot `container` leads outwards again, where C
casts. Left out: memory pressure, backlog and lock (one thread runs the machine), reference counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vethkernel.include.linux.skbuff import sk_buff_head

SHUTDOWN_MASK = 3
RCV_SHUTDOWN = 1
SEND_SHUTDOWN = 2

SOCK_SNDBUF_LOCK = 1
SOCK_RCVBUF_LOCK = 2
SOCK_BINDADDR_LOCK = 4
SOCK_BINDPORT_LOCK = 8

SOCK_MIN_SNDBUF = (2048 + 256) * 2
SOCK_MIN_RCVBUF = 2048 + 256

TCP_ESTABLISHED = 1
TCP_CLOSE = 7

SK_NO_REUSE = 0
SK_CAN_REUSE = 1

# enum sock_flags
SOCK_DEAD = 0
SOCK_URGINLINE = 2
SOCK_KEEPOPEN = 3
SOCK_BROADCAST = 5
SOCK_TIMESTAMP = 6
SOCK_ZAPPED = 7
SOCK_USE_WRITE_QUEUE = 8
SOCK_DBG = 9
SOCK_RCVTSTAMP = 10
SOCK_RCVTSTAMPNS = 11
SOCK_LOCALROUTE = 12
SOCK_RXQ_OVFL = 25


class sock:
    """What every protocol's socket has: where it is bound, its queues and their limits, its options, its callbacks."""

    __slots__ = (
        "container", "sk_net", "sk_net_refcnt", "sk_prot", "sk_family", "sk_type", "sk_protocol", "sk_state",
        "sk_reuse", "sk_reuseport", "sk_bound_dev_if", "sk_hash", "sk_receive_queue", "sk_write_queue",
        "sk_error_queue", "sk_rmem_alloc", "sk_wmem_alloc", "sk_omem_alloc", "sk_rcvbuf", "sk_sndbuf", "sk_userlocks",
        "sk_rcvlowat", "sk_rcvtimeo", "sk_sndtimeo", "sk_drops", "sk_flags", "sk_no_check", "sk_shutdown", "sk_err",
        "sk_err_soft", "sk_priority", "sk_mark", "sk_stamp", "sk_dst_cache", "sk_filter", "sk_socket", "sk_wq",
        "sk_allocation", "sk_route_caps", "sk_state_change", "sk_data_ready", "sk_write_space", "sk_error_report",
        "sk_destruct", "sk_user_data",
    )  # fmt: skip

    def __init__(self, container: Any) -> None:
        self.container = container
        self.sk_net: Any = None
        self.sk_net_refcnt = False
        self.sk_prot: proto = None
        self.sk_family = self.sk_type = self.sk_protocol = self.sk_state = self.sk_reuse = self.sk_reuseport = 0
        self.sk_bound_dev_if = self.sk_hash = 0
        self.sk_receive_queue = sk_buff_head()
        self.sk_write_queue = sk_buff_head()
        self.sk_error_queue = sk_buff_head()
        self.sk_rmem_alloc = self.sk_omem_alloc = self.sk_rcvbuf = self.sk_sndbuf = 0
        self.sk_wmem_alloc = 1
        self.sk_userlocks = self.sk_rcvlowat = self.sk_rcvtimeo = self.sk_sndtimeo = 0
        self.sk_drops = self.sk_flags = self.sk_no_check = self.sk_shutdown = self.sk_err = self.sk_err_soft = 0
        self.sk_priority = self.sk_mark = self.sk_stamp = self.sk_allocation = self.sk_route_caps = 0
        self.sk_dst_cache: Any = None
        self.sk_filter: Any = None
        self.sk_socket: Any = None
        self.sk_wq: list[Callable[[], None]] = []
        self.sk_state_change: Any = None
        self.sk_data_ready: Any = None
        self.sk_write_space: Any = None
        self.sk_error_report: Any = None
        self.sk_destruct: Any = None
        self.sk_user_data: Any = None


@dataclass(slots=True, eq=False)
class proto:
    """A protocol's entries, None where it has no such step; `slab` makes its struct and returns the sock within."""

    name: str
    slab: Callable[[], sock]
    close: Callable[..., None] | None = None
    connect: Callable[..., int] | None = None
    disconnect: Callable[..., int] | None = None
    ioctl: Callable[..., int] | None = None
    init: Callable[..., int] | None = None
    destroy: Callable[..., None] | None = None
    setsockopt: Callable[..., int] | None = None
    getsockopt: Callable[..., Any] | None = None
    sendmsg: Callable[..., int] | None = None
    recvmsg: Callable[..., int] | None = None
    bind: Callable[..., int] | None = None
    backlog_rcv: Callable[..., int] | None = None
    release_cb: Callable[..., None] | None = None
    hash: Callable[..., Any] | None = None
    unhash: Callable[..., None] | None = None
    rehash: Callable[..., None] | None = None
    get_port: Callable[..., int] | None = None


def sock_net(sk: sock) -> Any:
    """The namespace that the socket was made in. `include/net/sock.h:2205`"""
    return sk.sk_net


def sock_net_set(sk: sock, net: Any) -> None:
    """Say which namespace the socket belongs to. `include/net/sock.h:2211`"""
    sk.sk_net = net


def sock_set_flag(sk: sock, flag: int) -> None:
    """Switch a flag on. `include/net/sock.h:678`"""
    sk.sk_flags |= 1 << flag


def sock_reset_flag(sk: sock, flag: int) -> None:
    """Switch a flag off. `include/net/sock.h:683`"""
    sk.sk_flags &= ~(1 << flag)


def sock_valbool_flag(sk: sock, bit: int, valbool: int) -> None:
    """Switch a flag on or off. `net/core/sock.c:608`"""
    if valbool:
        sock_set_flag(sk, bit)
    else:
        sock_reset_flag(sk, bit)


def sock_flag(sk: sock, flag: int) -> bool:
    """True if the flag is on. `include/net/sock.h:688`"""
    return sk.sk_flags >> flag & 1 == 1


def sk_set_socket(sk: sock, sock: Any) -> None:
    """Say which program's side belongs to this socket. `include/net/sock.h:1669`"""
    sk.sk_socket = sock


def sock_orphan(sk: sock) -> None:
    """The program is gone; the network's side goes on alone until nothing holds it. `include/net/sock.h:1687`"""
    sock_set_flag(sk, SOCK_DEAD)
    sk_set_socket(sk, None)
    sk.sk_wq = []


def sk_wmem_alloc_get(sk: sock) -> int:
    """Bytes of memory that what it sent still takes. `include/net/sock.h:1881`"""
    return sk.sk_wmem_alloc - 1


def sk_rmem_alloc_get(sk: sock) -> int:
    """Bytes of memory that what it received and nobody read takes. `include/net/sock.h:1892`"""
    return sk.sk_rmem_alloc


def sock_error(sk: sock) -> int:
    """The error that waited to be told, as a negative errno; telling it clears it. `include/net/sock.h:2017`"""
    err = sk.sk_err
    if not err:
        return 0
    sk.sk_err = 0
    return -err


def sock_writeable(sk: sock) -> bool:
    """True if less than half of the send buffer is in use. `include/net/sock.h:2081`"""
    return sk.sk_wmem_alloc < sk.sk_sndbuf >> 1


def sk_rcvqueues_full(sk: sock, limit: int) -> bool:
    """True if the receive queue has used up its memory. `include/net/sock.h:1109 (6.1)`"""
    return sk.sk_rmem_alloc > limit
