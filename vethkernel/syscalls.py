# SPDX-License-Identifier: GPL-2.0-only
"""The boundary between programs and kernel: all that a program may use.

A program gets a `Process` and asks it for sockets and files, as Python's own `socket` and `open` would give them. Here
addresses become sockaddrs, a negative errno becomes an OSError with Linux's number, the machine's turn is taken,
and the running task is this process's. Nothing waits here: an empty socket says EAGAIN. A program that wants to wait
is a generator function and yields a `Poll`; time passes only then, and a little with each call.

    def main(proc, argv):
        sock = proc.socket(AF_INET, SOCK_DGRAM)
        sock.sendto(b"hello", 0, ("10.0.0.2", 7))
        if (yield Poll((sock,), 1.0)):
            data, addr = sock.recvfrom(1500)
        return 0
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import lru_cache
from typing import Any

from vethkernel import vfs
from vethkernel.fs.file import close_files, fd_install, fget_light, get_unused_fd_flags, sys_close
from vethkernel.globals import enter, g, leave
from vethkernel.include.linux.jiffies import INITIAL_JIFFIES, NSEC_PER_JIFFY
from vethkernel.include.linux.net import POLLERR, POLLHUP, POLLIN
from vethkernel.include.linux.sched import file, task_struct
from vethkernel.include.linux.socket import msghdr, sockaddr_in, sockaddr_ll, sockaddr_nl
from vethkernel.include.net.net_namespace import CLONE_NEWNET
from vethkernel.include.uapi.asm_generic.errno import EAFNOSUPPORT, EBADF, EINVAL, ENODEV, ENOTTY
from vethkernel.include.uapi.linux.if_ import IFNAMSIZ
from vethkernel.include.uapi.linux.socket import AF_INET, AF_NETLINK, AF_PACKET, MSG_DONTWAIT
from vethkernel.include.uapi.linux.sockios import SIOCGIFINDEX, SIOCGIFNAME
from vethkernel.kernel.nsproxy import exit_task_namespaces, sys_setns, sys_unshare
from vethkernel.kernel.pid import detach_pid
from vethkernel.net.socket import (
    sys_bind,
    sys_connect,
    sys_getpeername,
    sys_getsockname,
    sys_getsockopt,
    sys_recvmsg,
    sys_sendmsg,
    sys_sendto,
    sys_setsockopt,
    sys_shutdown,
    sys_socket,
)
from vethkernel.strerror import oserror

SYSCALL_NS = 2_000  # what a system call costs, and the start of a program: the figures are the model's own

Address = tuple[Any, ...]


class Poll:
    """What a waiting program yields: the sockets it waits for, and the longest time in seconds (None: for ever)."""

    __slots__ = ("sockets", "timeout")

    def __init__(self, sockets: Sequence[Socket], timeout: float | None = None) -> None:
        self.sockets = sockets
        self.timeout = timeout


class Process:
    """A running program as it sees itself: its number, its terminal, and the system calls."""

    def __init__(self, machine: Any, task: task_struct, stdout: Any, stderr: Any) -> None:
        self.machine = machine
        self.task = task
        self.stdout = stdout
        self.stderr = stderr

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Enter the kernel: `function(*args)` runs as this process, then whatever fell due. Errors are raised."""
        machine = self.machine
        before = enter(machine.variables)
        try:
            g.current = self.task
            g.clock_ns += SYSCALL_NS
            g.jiffies = INITIAL_JIFFIES + g.clock_ns // NSEC_PER_JIFFY
            ret = function(*args)
            if g.workqueue or g.ksoftirqd[g.cpu] or g.timers and g.timers[0][0] <= g.jiffies:
                machine.run_due()
        finally:
            leave(before)
        if type(ret) is int and ret < 0:
            raise oserror(-ret)
        return ret

    def exit(self) -> None:
        """The program has ended: what it left open is closed."""
        self.call(_exit, self.task)

    def getpid(self) -> int:
        """The process's number."""
        return self.task.pid

    def clock_gettime(self) -> int:
        """The wall clock, in nanoseconds since 1970."""
        variables = self.machine.variables
        return variables["clock_ns"] + variables["wall_offset_ns"]

    def monotonic(self) -> int:
        """Nanoseconds since the machine was switched on."""
        return self.machine.variables["clock_ns"]

    def socket(self, family: int, type: int, protocol: int = 0) -> Socket:
        """socket(2)."""
        return Socket(self, self.call(sys_socket, family, type, protocol), family)

    def poll(self, sockets: Sequence[Socket]) -> list[Socket]:
        """Those of `sockets` that have something to read or an error to tell: what answers a `Poll`."""
        before = enter(self.machine.variables)
        try:
            ready = []
            for sock in sockets:
                g.current = sock.proc.task  # a shell waits on behalf of the program that it runs
                if _poll(sock.fd) & (POLLIN | POLLERR | POLLHUP):
                    ready.append(sock)
            return ready
        finally:
            leave(before)

    def open(self, path: str, mode: str = "r") -> File:
        """open(2): "r" to read, "w" to write anew, "a" to append, "x" to create."""
        return File(self, self.call(_open, path, mode))

    def listdir(self, path: str) -> list[str]:
        """The names in a directory."""
        return [_text(name) for name in self.call(vfs.vfs_listdir, _octets(path))]

    def exists(self, path: str) -> bool:
        """True if there is something at `path`."""
        return self.call(vfs.vfs_exists, _octets(path))

    def stat(self, path: str) -> int:
        """stat(2): the inode number of what is at `path`, by which two names of one namespace are told."""
        return self.call(vfs.vfs_stat, _octets(path))

    def creat(self, path: str) -> None:
        """Make an empty file that does not exist yet."""
        self.call(vfs.vfs_creat, _octets(path))

    def mkdir(self, path: str) -> None:
        """Make an empty directory."""
        self.call(vfs.vfs_mkdir, _octets(path))

    def unlink(self, path: str) -> None:
        """Remove a file's name."""
        self.call(vfs.vfs_unlink, _octets(path))

    def mount_bind(self, src: str, dst: str) -> None:
        """Let the file at `src` be seen at `dst` too."""
        self.call(vfs.vfs_bind_mount, _octets(src), _octets(dst))

    def umount(self, path: str) -> None:
        """Undo the newest mount at `path`."""
        self.call(vfs.vfs_umount, _octets(path))

    def unshare_net(self) -> None:
        """unshare(CLONE_NEWNET): go on in a new network namespace."""
        self.call(sys_unshare, CLONE_NEWNET)

    def unshare_mounts(self) -> None:
        """unshare(CLONE_NEWNS), and no mount comes back to the parent: what is mounted from now on ends with us."""
        nsproxy = self.task.nsproxy
        nsproxy.mnt_ns = vfs.MountNamespace(nsproxy.mnt_ns)

    def setns(self, file: File) -> None:
        """setns(2): go on in the namespace that an open file stands for."""
        self.call(sys_setns, file.fd, CLONE_NEWNET)

    def fork(self, stdout: Any = None, stderr: Any = None) -> Process:
        """fork(2): a child in the same network namespace, with no file open; `exit` it when it is done."""
        nsproxy = self.task.nsproxy
        child: Process = self.machine.process(
            self.task.comm, stdout or self.stdout, stderr or self.stderr, nsproxy.net_ns
        )
        if nsproxy.mnt_ns:
            nsproxy.mnt_ns.count += 1
            child.task.nsproxy.mnt_ns = nsproxy.mnt_ns
        return child

    def exec(self, argv: list[str]) -> Generator[Poll, list[Socket], int]:
        """Run another program in this process's place: `status = yield from proc.exec(argv)`."""
        return self.machine.exec(self, argv)


class Socket:
    """A socket, with the methods of Python's own."""

    __slots__ = ("proc", "fd", "family")

    def __init__(self, proc: Process, fd: int, family: int) -> None:
        self.proc = proc
        self.fd = fd
        self.family = family

    def fileno(self) -> int:
        """The descriptor's number."""
        return self.fd

    def bind(self, address: Address) -> None:
        """bind(2)."""
        addr = _sockaddr(self, address)
        self.proc.call(sys_bind, self.fd, addr, addr.SIZE)

    def connect(self, address: Address) -> None:
        """connect(2)."""
        addr = _sockaddr(self, address)
        self.proc.call(sys_connect, self.fd, addr, addr.SIZE)

    def send(self, data: bytes, flags: int = 0) -> int:
        """send(2)."""
        return self.proc.call(sys_sendto, self.fd, data, len(data), flags | MSG_DONTWAIT, None, 0)

    def sendto(self, data: bytes, flags: int | Address, address: Address = None) -> int:
        """sendto(2); like Python's own it also takes (data, address)."""
        if isinstance(flags, tuple):
            return self.sendto(data, 0, flags)
        addr = _sockaddr(self, address)
        return self.proc.call(sys_sendto, self.fd, data, len(data), flags | MSG_DONTWAIT, addr, addr.SIZE)

    def sendmsg(
        self, buffers: Sequence[bytes], ancdata: Sequence[tuple[int, int, bytes]] = (), flags: int = 0,
        address: Address = None,
    ) -> int:  # fmt: skip
        """sendmsg(2)."""
        addr = _sockaddr(self, address) if address is not None else None
        msg = msghdr(addr, list(buffers), list(ancdata), 0, 0)
        return self.proc.call(sys_sendmsg, self.fd, msg, flags | MSG_DONTWAIT)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """recv(2)."""
        return self.recvmsg(size, 0, flags)[0]

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, Address]:
        """recvfrom(2)."""
        data, _, _, address = self.recvmsg(size, 0, flags)
        return data, address

    def recvmsg(
        self, size: int, ancbufsize: int = 0, flags: int = 0
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, Address]:
        """recvmsg(2): (data, control messages, flags, address)."""
        return self.proc.call(_recvmsg, self.fd, size, ancbufsize, flags | MSG_DONTWAIT)

    def setsockopt(self, level: int, option: int, value: int | bytes) -> None:
        """setsockopt(2): a number stands for a C int."""
        if isinstance(value, int):
            value = value.to_bytes(4, "little", signed=value < 0)
        self.proc.call(sys_setsockopt, self.fd, level, option, value, len(value))

    def getsockopt(self, level: int, option: int, buflen: int = 0) -> Any:
        """getsockopt(2): a number, or bytes if `buflen` says how many."""
        err, value = self.proc.call(sys_getsockopt, self.fd, level, option, buflen or 4)
        if err < 0:
            raise oserror(-err)
        return value if buflen else int.from_bytes(value, "little", signed=True)

    def getsockname(self) -> Address:
        """getsockname(2)."""
        return self.proc.call(_getname, sys_getsockname, self.fd)

    def getpeername(self) -> Address:
        """getpeername(2)."""
        return self.proc.call(_getname, sys_getpeername, self.fd)

    def shutdown(self, how: int) -> None:
        """shutdown(2)."""
        self.proc.call(sys_shutdown, self.fd, how)

    def ioctl(self, request: int, arg: bytes = b"") -> bytes:
        """ioctl(2): the argument's bytes go in, what the kernel made of them comes back."""
        buffer = bytearray(arg)
        self.proc.call(_ioctl, self.fd, request, buffer)
        return bytes(buffer)

    def close(self) -> None:
        """close(2)."""
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            self.proc.call(sys_close, fd)

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class File:
    """An open file of the machine's own tree."""

    __slots__ = ("proc", "fd")

    def __init__(self, proc: Process, fd: int) -> None:
        self.proc = proc
        self.fd = fd

    def fileno(self) -> int:
        """The descriptor's number."""
        return self.fd

    def read(self) -> str:
        """All that is left to read."""
        return self.proc.call(_read, self.fd)

    def write(self, text: str) -> int:
        """Write `text` in one go."""
        return self.proc.call(_write, self.fd, text)

    def close(self) -> None:
        """close(2)."""
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            self.proc.call(sys_close, fd)

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


# ---- what runs inside the kernel's turn ----


def _octets(text: str) -> str:
    """A name as the kernel keeps it, which knows no alphabet: each character is one byte."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _text(octets: str) -> str:
    """What the kernel wrote, as a terminal shows it."""
    if octets.isascii():
        return octets
    try:
        return octets.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return octets


def _open(path: str, mode: str) -> int:
    opened = vfs.vfs_open(_octets(path), mode)
    if type(opened) is int:
        return opened
    fd = get_unused_fd_flags(0)
    fd_install(fd, opened)
    return fd


def _read(fd: int) -> Any:
    opened = fget_light(fd)
    text = vfs.vfs_read(opened) if type(opened) is vfs.file else -EBADF
    return _text(text) if isinstance(text, str) else text


def _write(fd: int, text: str) -> int:
    opened = fget_light(fd)
    return vfs.vfs_write(opened, text) if type(opened) is vfs.file else -EBADF


def _poll(fd: int) -> int:
    opened = fget_light(fd)
    return opened.f_op.poll(opened) if type(opened) is file else POLLIN


def _ioctl(fd: int, request: int, arg: bytearray) -> int:
    opened = fget_light(fd)
    if opened is None:
        return -EBADF
    return opened.f_op.unlocked_ioctl(opened, request, arg) if type(opened) is file else -ENOTTY


def _exit(task: task_struct) -> None:
    close_files(task)
    vfs.put_mnt_ns(task.nsproxy.mnt_ns)
    exit_task_namespaces(task)
    detach_pid(task)


def _recvmsg(fd: int, size: int, ancbufsize: int, flags: int) -> Any:
    msg = msghdr(None, [], [], ancbufsize, 0)
    ret = sys_recvmsg(fd, msg, size, flags)
    if ret < 0:
        return ret
    iov = msg.msg_iov
    data = iov[0] if len(iov) == 1 else b"".join(iov)
    name = msg.msg_name
    return data, msg.msg_control, msg.msg_flags, None if name is None else _address(name, fd)


def _getname(function: Callable[[int], Any], fd: int) -> Any:
    err, name = function(fd)
    return err if err < 0 else _address(name, fd)


# ---- addresses: Python's tuples and the kernel's sockaddrs ----


def _sockaddr(sock: Socket, address: Address) -> Any:
    if sock.family == AF_INET:
        return sockaddr_in(inet_aton(address[0]), address[1])
    if sock.family == AF_NETLINK:
        return sockaddr_nl(*address)
    if sock.family == AF_PACKET:
        name, protocol, *rest = address
        return sockaddr_ll(sock.proc.call(_ifindex, sock.fd, name) if name else 0, protocol, *rest)
    raise oserror(EAFNOSUPPORT)


def _address(name: Any, fd: int) -> Address:
    if name.sa_family == AF_INET:
        return inet_ntoa(name.sin_addr), name.sin_port
    if name.sa_family == AF_NETLINK:
        return name.nl_pid, name.nl_groups
    ifname = _ifname(fd, name.sll_ifindex) if name.sll_ifindex > 0 else ""
    return ifname, name.sll_protocol, name.sll_pkttype, name.sll_hatype, name.sll_addr


def _ifindex(fd: int, name: str) -> int:
    ifreq = bytearray(name.encode().ljust(40, b"\0"))
    if len(name) >= IFNAMSIZ:
        return -ENODEV
    err = _ioctl(fd, SIOCGIFINDEX, ifreq)
    return err if err < 0 else int.from_bytes(ifreq[IFNAMSIZ : IFNAMSIZ + 4], "little")


def _ifname(fd: int, ifindex: int) -> str:
    ifreq = bytearray(IFNAMSIZ) + ifindex.to_bytes(24, "little")
    return "" if _ioctl(fd, SIOCGIFNAME, ifreq) < 0 else ifreq[:IFNAMSIZ].split(b"\0")[0].decode(errors="replace")


@lru_cache(1024)
def inet_aton(text: str) -> int:
    """The number of an address in dotted form; "" is any address, "<broadcast>" all ones, as in Python."""
    if not text:
        return 0
    if text == "<broadcast>":
        return 0xFFFFFFFF
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isdecimal() and int(part) < 256 for part in parts):
        raise oserror(EINVAL)
    return int.from_bytes(bytes(map(int, parts)), "big")


@lru_cache(1024)
def inet_ntoa(addr: int) -> str:
    """The dotted form of an address."""
    return f"{addr >> 24}.{addr >> 16 & 255}.{addr >> 8 & 255}.{addr & 255}"
