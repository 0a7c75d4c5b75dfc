# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/socket.h: socket addresses, and the message header that carries data through the layers.

Addresses and ports are numbers, so a sockaddr is an object with C's field names. In a `msghdr` the pieces of data are
a list, `msg_iov`: to send, it holds the program's buffers; to receive, it is empty at first and each layer appends
the bytes that C would copy to the program. `msg_control` is a list of control messages (level, type, bytes), or None
where the program asked for none.
"""

from typing import Any

from vethkernel.include.uapi.linux.socket import AF_INET, AF_NETLINK, AF_PACKET

CMSG_HDRLEN = 16  # sizeof(struct cmsghdr) on a 64-bit machine


class sockaddr_in:
    """Address of an IPv4 socket."""

    __slots__ = ("sa_family", "sin_addr", "sin_port")
    SIZE = 16

    def __init__(self, sin_addr: int = 0, sin_port: int = 0, sa_family: int = AF_INET) -> None:
        self.sa_family = sa_family
        self.sin_addr = sin_addr
        self.sin_port = sin_port


class sockaddr_ll:
    """Address of a packet socket: device, protocol, and what happened to the packet."""

    __slots__ = ("sa_family", "sll_protocol", "sll_ifindex", "sll_hatype", "sll_pkttype", "sll_halen", "sll_addr")
    SIZE = 20

    def __init__(
        self, sll_ifindex: int = 0, sll_protocol: int = 0, sll_pkttype: int = 0, sll_hatype: int = 0,
        sll_addr: bytes = b"",
    ) -> None:  # fmt: skip
        self.sa_family = AF_PACKET
        self.sll_protocol = sll_protocol
        self.sll_ifindex = sll_ifindex
        self.sll_hatype = sll_hatype
        self.sll_pkttype = sll_pkttype
        self.sll_halen = len(sll_addr)
        self.sll_addr = sll_addr


class sockaddr_nl:
    """Address of a netlink socket: port id and multicast groups."""

    __slots__ = ("sa_family", "nl_pid", "nl_groups")
    SIZE = 12

    def __init__(self, nl_pid: int = 0, nl_groups: int = 0) -> None:
        self.sa_family = AF_NETLINK
        self.nl_pid = nl_pid
        self.nl_groups = nl_groups


class msghdr:
    """One message on its way between a program and a protocol."""

    __slots__ = ("msg_name", "msg_iov", "msg_control", "msg_controllen", "msg_flags")

    def __init__(self, msg_name: Any, msg_iov: list[bytes], msg_control: list[tuple[int, int, bytes]] | None,
                 msg_controllen: int, msg_flags: int) -> None:  # fmt: skip
        self.msg_name = msg_name
        self.msg_iov = msg_iov
        self.msg_control = msg_control
        self.msg_controllen = msg_controllen
        self.msg_flags = msg_flags


def CMSG_ALIGN(len: int) -> int:
    """Control messages lie at multiples of 8. `include/linux/socket.h:83`"""
    return (len + 7) & ~7


def CMSG_SPACE(len: int) -> int:
    """Room that a control message of `len` bytes takes. `include/linux/socket.h:86`"""
    return CMSG_HDRLEN + CMSG_ALIGN(len)


def CMSG_LEN(len: int) -> int:
    """Length that a control message of `len` bytes states. `include/linux/socket.h:87`"""
    return CMSG_HDRLEN + len
