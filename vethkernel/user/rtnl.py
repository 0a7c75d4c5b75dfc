# SPDX-License-Identifier: GPL-2.0-only
"""Talking to the kernel in rtnetlink: requests, answers, dumps, attributes. Stands for iproute2's libnetlink.

    kernel = Rtnl(proc)
    request = Request(RTM_GETLINK, 0, IFINFOMSG.pack(AF_UNSPEC, 0, index, 0, 0))
    answer = kernel.talk(request, answer=True)      # a Message; raises Refused after telling the user why
    for message in kernel.dump(request): ...        # raises Refused if the kernel breaks off
    attributes(answer.body, IFINFOMSG.size)[IFLA_IFNAME]

All numbers in a message are in the machine's own byte order, but for addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from vethkernel.include.uapi.asm_generic.errno import EADDRNOTAVAIL, EMSGSIZE, ENOENT, EOPNOTSUPP
from vethkernel.include.uapi.linux.netlink import (
    NETLINK_EXT_ACK,
    NETLINK_GET_STRICT_CHK,
    NETLINK_ROUTE,
    NLA_F_NESTED,
    NLM_F_ACK,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLM_F_DUMP,
    NLM_F_DUMP_INTR,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NLMSGERR_ATTR_MSG,
)
from vethkernel.include.uapi.linux.socket import (
    AF_NETLINK,
    MSG_PEEK,
    SO_RCVBUF,
    SO_SNDBUF,
    SOCK_RAW,
    SOL_NETLINK,
    SOL_SOCKET,
)
from vethkernel.strerror import strerror

if TYPE_CHECKING:
    from vethkernel.syscalls import Process

NLMSGHDR = Struct("<IHHII")  # length, type, flags, sequence number, port
RTATTR = Struct("<HH")  # length, type
IFINFOMSG = Struct("<BxHiII")  # family, type, index, flags, change
IFADDRMSG = Struct("<BBBBI")  # family, prefix length, flags, scope, index
RTMSG = Struct("<BBBBBBBBI")  # family, lengths of destination and source, tos, table, protocol, scope, type, flags
NDMSG = Struct("<BxxxiHBB")  # family, index, state, flags, type
RTGENMSG = Struct("<Bxxx")  # family
U32, S32 = Struct("<I"), Struct("<i")

RECEIVE = 32768


class Refused(Exception):
    """The kernel answered with an error; the user has been told, unless asked otherwise."""

    def __init__(self, errno: int, *, told: bool = True) -> None:
        super().__init__(strerror(errno))
        self.errno = errno
        self.told = told


@dataclass(slots=True)
class Message:
    """One message from the kernel: `body` is all that follows the netlink header."""

    kind: int
    flags: int
    seq: int
    pid: int
    body: bytes

    def packed(self, kind: int, flags: int, seq: int) -> bytes:
        """The same body under another header, as flushing sends it back."""
        data = NLMSGHDR.pack(NLMSGHDR.size + len(self.body), kind, flags, seq, 0) + self.body
        return data + bytes(-len(data) % 4)


class Request:
    """A message to the kernel in the making; `room` is the number of bytes that iproute2 keeps for it."""

    def __init__(self, kind: int, flags: int = 0, header: bytes = b"", room: int = 4096) -> None:
        self.kind = kind
        self.flags = flags | NLM_F_REQUEST
        self.body = bytearray(header)
        self.room = room
        self.too_much = 0  # attributes that had no room

    def attr(self, kind: int, data: bytes = b"") -> None:
        """Append an attribute; one that does not fit is left out and noted."""
        length = RTATTR.size + len(data)
        if NLMSGHDR.size + len(self.body) + length > self.room:
            self.too_much += 1
            return
        self.body += RTATTR.pack(length, kind) + data + bytes(-length % 4)

    def u8(self, kind: int, value: int) -> None:
        self.attr(kind, bytes((value & 0xFF,)))

    def u32(self, kind: int, value: int) -> None:
        self.attr(kind, U32.pack(value & 0xFFFFFFFF))

    def string(self, kind: int, text: str) -> None:
        """A string with its closing zero."""
        self.attr(kind, encode(text) + b"\0")

    @contextmanager
    def nest(self, kind: int) -> Iterator[None]:
        """What is appended inside becomes the attribute's content."""
        start = len(self.body)
        self.attr(kind)
        yield
        if len(self.body) > start:
            RTATTR.pack_into(self.body, start, len(self.body) - start, kind)

    def packed(self, flags: int, seq: int) -> bytes:
        return NLMSGHDR.pack(NLMSGHDR.size + len(self.body), self.kind, self.flags | flags, seq, 0) + self.body


class Rtnl:
    """An open rtnetlink socket of one program."""

    def __init__(self, proc: Process, strict: bool = False) -> None:
        self.proc = proc
        self.sock = proc.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
        self.sock.setsockopt(SOL_SOCKET, SO_SNDBUF, RECEIVE)
        self.sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 20)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.bind((0, 0))
        self.pid = self.sock.getsockname()[0]
        self.seq = proc.clock_gettime() // 1_000_000_000 & 0x7FFFFFFF
        if strict:
            self.sock.setsockopt(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)

    def close(self) -> None:
        self.sock.close()

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq

    def ask(self, request: Request) -> int:
        """Send a request outside of any conversation and take what comes: the errno of the answer."""
        self.sock.send(request.packed(0, 0))
        for message in messages(self.sock.recv(RECEIVE)):
            if message.kind == NLMSG_ERROR:
                return -S32.unpack_from(message.body)[0]
        return 0

    def talk(self, request: Request, answer: bool = False, tell: bool = True) -> Message:
        """Send a request and wait for the kernel's yes (None) or, with `answer`, its message."""
        seq = self.next_seq()
        self.proc.stderr.write(f"addattr_l ERROR: message exceeded bound of {request.room}\n" * request.too_much)
        self.sock.send(request.packed(0 if answer else NLM_F_ACK, seq))
        while True:
            for message in messages(self.sock.recv(RECEIVE)):
                if (message.pid, message.seq) != (self.pid, seq):
                    continue
                if message.kind != NLMSG_ERROR:
                    if answer:
                        return message
                    self.proc.stderr.write("Unexpected reply!!!\n")
                    continue
                errno = -S32.unpack_from(message.body)[0]
                told = tell or not errno
                if told and not self._extack(message, errno) and errno:
                    self.proc.stderr.write(f"RTNETLINK answers: {strerror(errno)}\n")
                if errno:
                    raise Refused(errno, told=told)
                return None

    def dump(self, request: Request, forgive: int = 0) -> Iterator[Message]:
        """Everything the kernel has to say to a dump request; an end with errno `forgive` is a good end."""
        seq = self.next_seq()
        self.sock.send(request.packed(NLM_F_DUMP, seq))
        interrupted = False
        while True:
            for message in messages(self.sock.recv(RECEIVE)):
                if (message.pid, message.seq) != (self.pid, seq):
                    continue
                interrupted |= bool(message.flags & NLM_F_DUMP_INTR)
                if message.kind == NLMSG_ERROR:
                    errno = -S32.unpack_from(message.body)[0]
                    self.proc.stderr.write(f"RTNETLINK answers: {strerror(errno)}\n")
                    raise Refused(errno)
                if message.kind == NLMSG_DONE:
                    self._done(message, forgive)
                    if interrupted:
                        self.proc.stderr.write("Dump was interrupted and may be inconsistent.\n")
                    return
                yield message

    def push(self, data: bytes, forgive: int = EADDRNOTAVAIL) -> int:
        """Send several requests at once and look whether an error is already there: its errno, or 0."""
        self.sock.send(data)
        try:
            answers = self.sock.recv(1024, MSG_PEEK)
        except BlockingIOError:
            return 0
        errors = [-S32.unpack_from(m.body)[0] for m in messages(answers) if m.kind == NLMSG_ERROR]
        return errors[0] if errors and errors[0] != forgive else 0

    def _done(self, message: Message, forgive: int) -> None:
        errno = max(-S32.unpack_from(message.body)[0], 0)
        if not errno or errno == forgive:
            return
        text = attributes(message.body, S32.size).get(NLMSGERR_ATTR_MSG)
        if text:
            self._sentence("Error", string(text))
        elif errno == EMSGSIZE:
            self.proc.stderr.write("Error: Buffer too small for object.\n")
        elif errno not in (ENOENT, EOPNOTSUPP):
            self.proc.stderr.write(f"RTNETLINK answers: {strerror(errno)}\n")
        raise Refused(errno)

    def _extack(self, message: Message, errno: int) -> bool:
        """Pass on the kernel's own words on a request, if it has any."""
        if not message.flags & NLM_F_ACK_TLVS:
            return False
        start = S32.size + NLMSGHDR.size
        if not message.flags & NLM_F_CAPPED:
            start += U32.unpack_from(message.body, S32.size)[0] - NLMSGHDR.size
        text = string(attributes(message.body, start + 3 & ~3).get(NLMSGERR_ATTR_MSG, b""))
        if text:
            self._sentence("Error" if errno else "Warning", text)
        return bool(text)

    def _sentence(self, kind: str, text: str) -> None:
        self.proc.stderr.write(f"{kind}: {text}{'' if text.endswith('.') else '.'}\n")


def messages(data: bytes) -> Iterator[Message]:
    """The messages that one read from the socket brought."""
    at = 0
    while at + NLMSGHDR.size <= len(data):
        length, kind, flags, seq, pid = NLMSGHDR.unpack_from(data, at)
        if length < NLMSGHDR.size or at + length > len(data):
            return
        yield Message(kind, flags, seq, pid, data[at + NLMSGHDR.size : at + length])
        at += length + 3 & ~3


def attributes(data: bytes, start: int = 0) -> dict[int, bytes]:
    """The attributes from `start` on, by type; of several of one type the first."""
    found: dict[int, bytes] = {}
    for kind, content in attribute_list(data, start):
        found.setdefault(kind, content)
    return found


def attribute_list(data: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """The attributes from `start` on, in order."""
    at = start
    while at + RTATTR.size <= len(data):
        length, kind = RTATTR.unpack_from(data, at)
        if length < RTATTR.size or at + length > len(data):
            return
        yield kind & ~NLA_F_NESTED, data[at + RTATTR.size : at + length]
        at += length + 3 & ~3


def u32(data: bytes) -> int:
    """An attribute's number."""
    return U32.unpack_from(data)[0]


def string(data: bytes) -> str:
    """An attribute's text, up to its closing zero."""
    return data.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """A word of the command line as the bytes that the shell passed."""
    return text.split("\0", 1)[0].encode("utf-8", "surrogateescape")
