# SPDX-License-Identifier: GPL-2.0-only
"""net/socket.c: the system calls on sockets. Each finds the socket behind a descriptor and hands on to its family.

Left out: listen, accept, socketpair, sendfile and the like, which only streams have; copying to and from the program's
memory, which syscalls.py does; security modules; asynchronous input and output, and with it struct kiocb, which later
kernels took out of these calls too.
"""

from __future__ import annotations

from struct import Struct
from typing import Any

from vethkernel.fs.file import fd_install, get_unused_fd_flags
from vethkernel.globals import g
from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.errno import ENOIOCTLCMD
from vethkernel.include.linux.net import (
    NPROTO,
    SOCK_MAX,
    SOCK_TYPE_MASK,
    net_proto_family,
    socket,
)
from vethkernel.include.linux.sched import file, file_operations
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.linux.socket import msghdr
from vethkernel.include.net.sock import SOCK_RCVTSTAMP, SOCK_RCVTSTAMPNS, SOCK_RXQ_OVFL, sock
from vethkernel.include.uapi.asm_generic.errno import (
    EAFNOSUPPORT,
    EBADF,
    EEXIST,
    EINVAL,
    ENOBUFS,
    ENOTSOCK,
)
from vethkernel.include.uapi.linux.socket import (
    AF_INET,
    AF_PACKET,
    MSG_DONTWAIT,
    SCM_TIMESTAMP,
    SO_RXQ_OVFL,
    SO_TIMESTAMPNS,
    SOCK_CLOEXEC,
    SOCK_NONBLOCK,
    SOCK_PACKET,
    SOL_SOCKET,
)

FIRST_SOCKET_INO = 4096  # sockets are numbered from here on
NSEC_PER_SEC = 1_000_000_000
NSEC_PER_USEC = 1_000
TIMEVAL = Struct("<qq")  # struct timeval, and struct timespec


def sock_alloc_file(sock: socket, flags: int) -> file:
    """The open file through which a program holds the socket. `net/socket.c:349`"""
    sock.file = file(socket_file_ops, sock, flags & SOCK_NONBLOCK)
    return sock.file


def sock_map_fd(sock: socket, flags: int) -> int:
    """Give the socket a descriptor. `net/socket.c:386`"""
    fd = get_unused_fd_flags(flags)
    fd_install(fd, sock_alloc_file(sock, flags))
    return fd


def sockfd_lookup_light(fd: int) -> tuple[int, socket]:
    """The socket behind a descriptor: (0, it), or (negative errno, None). `net/socket.c:444`"""
    filp = g.current.files.fdt.get(fd)  # fget_light
    if filp is None:
        return -EBADF, None
    if type(filp) is not file or filp.f_op is not socket_file_ops:  # sock_from_file
        return -ENOTSOCK, None
    return 0, filp.private_data


def sock_alloc() -> socket:
    """A socket that no family has yet. `net/socket.c:530`"""
    sock = socket()
    g.last_ino += 1
    sock.ino = g.last_ino
    return sock


def sock_release(sock: socket) -> None:
    """The end of a socket. `net/socket.c:578`"""
    if sock.ops is not None:
        sock.ops.release(sock)
        sock.ops = None
    sock.file = None


def sock_sendmsg(sock: socket, msg: msghdr, size: int) -> int:
    """Let the family send the message. `net/socket.c:636`"""
    return sock.ops.sendmsg(sock, msg, size)


def __sock_recv_timestamp(msg: msghdr, sk: sock, skb: sk_buff) -> None:
    """Tell when the packet came in, as SO_TIMESTAMP or SO_TIMESTAMPNS asked. `net/socket.c:687`"""
    if not skb.tstamp:
        __net_timestamp(skb)
    seconds, rest = divmod(skb.tstamp, NSEC_PER_SEC)
    if sk.sk_flags & 1 << SOCK_RCVTSTAMPNS:
        put_cmsg(msg, SOL_SOCKET, SO_TIMESTAMPNS, 16, TIMEVAL.pack(seconds, rest))
    else:
        put_cmsg(msg, SOL_SOCKET, SCM_TIMESTAMP, 16, TIMEVAL.pack(seconds, rest // NSEC_PER_USEC))


def sock_recv_timestamp(msg: msghdr, sk: sock, skb: sk_buff) -> None:
    """Tell or remember when the packet came in. `include/net/sock.h:2120`"""
    if sk.sk_flags & 1 << SOCK_RCVTSTAMP:
        __sock_recv_timestamp(msg, sk, skb)
    else:
        sk.sk_stamp = skb.tstamp


def sock_recv_drops(msg: msghdr, sk: sock, skb: sk_buff) -> None:
    """Tell how many packets the full queue turned away before this one. `net/socket.c:749`"""
    if sk.sk_flags & 1 << SOCK_RXQ_OVFL and sk.sk_drops:
        put_cmsg(msg, SOL_SOCKET, SO_RXQ_OVFL, 4, sk.sk_drops.to_bytes(4, "little"))


def __sock_recv_ts_and_drops(msg: msghdr, sk: sock, skb: sk_buff) -> None:
    """The control messages about a packet's time and about lost ones. `net/socket.c:757`"""
    sock_recv_timestamp(msg, sk, skb)
    sock_recv_drops(msg, sk, skb)


def sock_recv_ts_and_drops(msg: msghdr, sk: sock, skb: sk_buff) -> None:
    """The same, if anybody asked for them. `include/net/sock.h:2153`"""
    if sk.sk_flags & (1 << SOCK_RXQ_OVFL | 1 << SOCK_RCVTSTAMP):
        __sock_recv_ts_and_drops(msg, sk, skb)
    else:
        sk.sk_stamp = skb.tstamp


def sock_recvmsg(sock: socket, msg: msghdr, size: int, flags: int) -> int:
    """Let the family fetch a message. `net/socket.c:787`"""
    return sock.ops.recvmsg(sock, msg, size, flags)


def sock_do_ioctl(net: Any, sock: socket, cmd: int, arg: bytearray) -> int:
    """Ask the family first, then the devices. `net/socket.c:1015`"""
    err = sock.ops.ioctl(sock, cmd, arg)
    if err == -ENOIOCTLCMD:
        err = dev_ioctl(net, cmd, arg)
    return err


def sock_ioctl(file: file, cmd: int, arg: bytearray) -> int:
    """ioctl(2) on a socket. `net/socket.c:1038`"""
    sock = file.private_data
    return sock_do_ioctl(sock.sk.sk_net, sock, cmd, arg)


def sock_poll(file: file) -> int:
    """What a program could do now without waiting. `net/socket.c:1143`"""
    sock = file.private_data
    return sock.ops.poll(file, sock)


def sock_close(filp: file) -> int:
    """The last descriptor of the socket was closed. `net/socket.c:1161`"""
    sock_release(filp.private_data)
    return 0


socket_file_ops = file_operations(poll=sock_poll, unlocked_ioctl=sock_ioctl, release=sock_close)


def __sock_create(net: Any, family: int, type: int, protocol: int, kern: int) -> Any:
    """A new socket of that family, or a negative errno. `net/socket.c:1235`"""
    if family < 0 or family >= NPROTO:
        return -EAFNOSUPPORT
    if type < 0 or type >= SOCK_MAX:
        return -EINVAL
    if family == AF_INET and type == SOCK_PACKET:
        family = AF_PACKET
    sock = sock_alloc()
    sock.type = type
    pf = g.net_families[family]
    if pf is None:
        sock_release(sock)
        return -EAFNOSUPPORT
    err = pf.create(net, sock, protocol, kern)
    if err < 0:
        sock.ops = None
        sock_release(sock)
        return err
    return sock


def sock_create(family: int, type: int, protocol: int) -> Any:
    """A new socket for the running program, in its namespace. `net/socket.c:1348`"""
    return __sock_create(g.current.nsproxy.net_ns, family, type, protocol, 0)


def sock_create_kern(net: Any, family: int, type: int, protocol: int) -> Any:
    """A new socket for the kernel itself. `net/socket.c:1622 (6.1)`"""
    return __sock_create(net, family, type, protocol, 1)


def sys_socket(family: int, type: int, protocol: int) -> int:
    """socket(2): a descriptor, or a negative errno. `net/socket.c:1360`"""
    flags = type & ~SOCK_TYPE_MASK
    if flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK):
        return -EINVAL
    sock = sock_create(family, type & SOCK_TYPE_MASK, protocol)
    if IS_ERR(sock):
        return sock
    return sock_map_fd(sock, flags)


def sys_bind(fd: int, umyaddr: Any, addrlen: int) -> int:
    """bind(2). `net/socket.c:1497`"""
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err
    return sock.ops.bind(sock, umyaddr, addrlen)


def sys_connect(fd: int, uservaddr: Any, addrlen: int) -> int:
    """connect(2). `net/socket.c:1658`"""
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err
    return sock.ops.connect(sock, uservaddr, addrlen, sock.file.f_flags)


def sys_getsockname(fd: int) -> tuple[int, Any]:
    """getsockname(2): (0, address), or (negative errno, None). `net/socket.c:1690`"""
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err, None
    return sock.ops.getname(sock, 0)


def sys_getpeername(fd: int) -> tuple[int, Any]:
    """getpeername(2): (0, address), or (negative errno, None). `net/socket.c:1721`"""
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err, None
    return sock.ops.getname(sock, 1)


def sys_sendto(fd: int, buff: bytes, len: int, flags: int, addr: Any, addr_len: int) -> int:
    """sendto(2), and send(2), which has no address: how much was sent, or a negative errno. `net/socket.c:1753`"""
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err
    if sock.file.f_flags & SOCK_NONBLOCK:
        flags |= MSG_DONTWAIT
    return sock_sendmsg(sock, msghdr(addr, [buff], None, 0, flags), len)


def sys_setsockopt(fd: int, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """setsockopt(2). `net/socket.c:1868`"""
    if optlen < 0:
        return -EINVAL
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err
    if level == SOL_SOCKET:
        return sock_setsockopt(sock, level, optname, optval, optlen)
    return sock.ops.setsockopt(sock, level, optname, optval, optlen)


def sys_getsockopt(fd: int, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """getsockopt(2): (0, value of at most `optlen` bytes), or (negative errno, b""). `net/socket.c:1902`"""
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err, b""
    if level == SOL_SOCKET:
        return sock_getsockopt(sock, level, optname, optlen)
    return sock.ops.getsockopt(sock, level, optname, optlen)


def sys_shutdown(fd: int, how: int) -> int:
    """shutdown(2). `net/socket.c:1932`"""
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err
    return sock.ops.shutdown(sock, how)


def __sys_sendmsg(fd: int, msg: msghdr, flags: int) -> int:
    """The work of sendmsg(2). `net/socket.c:2074`"""
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err
    return ___sys_sendmsg(sock, msg, flags)


def ___sys_sendmsg(sock: socket, msg: msghdr, flags: int) -> int:
    """Send what the program's header describes. `net/socket.c:1959`"""
    total_len = sum(map(len, msg.msg_iov))
    if sum(len(control[2]) for control in msg.msg_control) > g.sysctl_optmem_max:
        return -ENOBUFS
    msg.msg_flags = flags | MSG_DONTWAIT if sock.file.f_flags & SOCK_NONBLOCK else flags
    return sock_sendmsg(sock, msg, total_len)


def sys_sendmsg(fd: int, msg: msghdr, flags: int) -> int:
    """sendmsg(2). `net/socket.c:2091`"""
    return __sys_sendmsg(fd, msg, flags)


def __sys_recvmsg(fd: int, msg: msghdr, size: int, flags: int) -> int:
    """The work of recvmsg(2). `net/socket.c:2258`"""
    err, sock = sockfd_lookup_light(fd)
    if sock is None:
        return err
    if sock.file.f_flags & SOCK_NONBLOCK:
        flags |= MSG_DONTWAIT
    return sock_recvmsg(sock, msg, size, flags)


def sys_recvmsg(fd: int, msg: msghdr, size: int, flags: int) -> int:
    """recvmsg(2): the message's length, or a negative errno. `net/socket.c:2275`"""
    return __sys_recvmsg(fd, msg, size, flags)


def sock_register(ops: net_proto_family) -> int:
    """A family makes itself known. `net/socket.c:2552`"""
    if g.net_families[ops.family] is not None:
        return -EEXIST
    g.net_families[ops.family] = ops
    return 0


def sock_init() -> int:
    """At boot: no families yet, and how much memory a socket may use. `net/socket.c:2604`"""
    g.sysctl_wmem_default = g.sysctl_rmem_default = SK_MEM_DEFAULT
    g.sysctl_wmem_max = g.sysctl_rmem_max = SK_MEM_MAX
    g.sysctl_optmem_max = OPTMEM_MAX
    g.net_families = [None] * NPROTO
    g.last_ino = FIRST_SOCKET_INO
    return 0


from vethkernel.net.core.dev import __net_timestamp
from vethkernel.net.core.dev_ioctl import dev_ioctl
from vethkernel.net.core.scm import put_cmsg
from vethkernel.net.core.sock import OPTMEM_MAX, SK_MEM_DEFAULT, SK_MEM_MAX, sock_getsockopt, sock_setsockopt
