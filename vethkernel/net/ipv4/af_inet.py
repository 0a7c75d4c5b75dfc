# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/af_inet.c: the family AF_INET: which protocol a new socket gets, what all its sockets do, and IPv4's start.

Left out: streams (there is no TCP: asking for one says that the type is not supported), routes set by ioctl,
offload, and IPsec.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.errno import ENOIOCTLCMD
from vethkernel.include.linux.gfp import GFP_KERNEL
from vethkernel.include.linux.net import SOCK_MAX, SS_UNCONNECTED, net_proto_family, proto_ops, socket
from vethkernel.include.linux.netdevice import packet_type
from vethkernel.include.linux.socket import msghdr, sockaddr_in
from vethkernel.include.net.inet_sock import inet_sock
from vethkernel.include.net.protocol import MAX_INET_PROTOS, net_protocol
from vethkernel.include.net.raw import raw_hashinfo
from vethkernel.include.net.sock import (
    SHUTDOWN_MASK,
    SK_CAN_REUSE,
    SOCK_BINDADDR_LOCK,
    SOCK_BINDPORT_LOCK,
    TCP_CLOSE,
    proto,
    sock,
)
from vethkernel.include.uapi.asm_generic.errno import (
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EAGAIN,
    EINVAL,
    ENOTCONN,
    EPROTONOSUPPORT,
    ESOCKTNOSUPPORT,
)
from vethkernel.include.uapi.linux.if_ether import ETH_P_IP
from vethkernel.include.uapi.linux.in_ import (
    INADDR_ANY,
    IP_PMTUDISC_DONT,
    IP_PMTUDISC_WANT,
    IPPROTO_ICMP,
    IPPROTO_IP,
    IPPROTO_MAX,
    IPPROTO_RAW,
    IPPROTO_UDP,
)
from vethkernel.include.uapi.linux.rtnetlink import RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST
from vethkernel.include.uapi.linux.socket import AF_INET, AF_UNSPEC, PF_INET, SOCK_DGRAM, SOCK_RAW
from vethkernel.include.uapi.linux.sockios import (
    SIOCADDRT,
    SIOCDELRT,
    SIOCDARP,
    SIOCGARP,
    SIOCGIFADDR,
    SIOCGIFBRDADDR,
    SIOCGIFDSTADDR,
    SIOCGIFNETMASK,
    SIOCGIFPFLAGS,
    SIOCRTMSG,
    SIOCSARP,
    SIOCSIFADDR,
    SIOCSIFBRDADDR,
    SIOCSIFDSTADDR,
    SIOCSIFFLAGS,
    SIOCSIFNETMASK,
    SIOCSIFPFLAGS,
)

INET_PROTOSW_REUSE = 1
INET_PROTOSW_PERMANENT = 2

DEVINET_IOCTLS = (
    SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK, SIOCGIFDSTADDR, SIOCGIFPFLAGS,
    SIOCSIFADDR, SIOCSIFBRDADDR, SIOCSIFNETMASK, SIOCSIFDSTADDR, SIOCSIFPFLAGS, SIOCSIFFLAGS,
)  # fmt: skip
INET_IOCTLS = (SIOCDARP, SIOCGARP, SIOCSARP, *DEVINET_IOCTLS)  # those that any socket may ask


@dataclass(slots=True, eq=False)
class inet_protosw:
    """What a new socket of this type and protocol is made of. include/net/protocol.h"""

    type: int
    protocol: int
    prot: proto
    ops: proto_ops
    flags: int


def inet_sock_destruct(sk: sock) -> None:
    """Nothing of the socket is under way any more: what nobody read is given up. `net/ipv4/af_inet.c:134`"""
    skb_queue_purge(sk.sk_receive_queue)
    skb_queue_purge(sk.sk_error_queue)
    sk.container.inet_opt = None
    sk.sk_dst_cache = None


def inet_autobind(sk: sock) -> int:
    """A socket that sends or connects without a port gets one. `net/ipv4/af_inet.c:175`"""
    inet = sk.container
    if not inet.inet_num:
        if sk.sk_prot.get_port(sk, 0):
            return -EAGAIN
        inet.inet_sport = inet.inet_num
    return 0


def inet_create(net: Any, sock: socket, protocol: int, kern: int) -> int:
    """Make an AF_INET socket: `inetsw` says which protocols its type may have. `net/ipv4/af_inet.c:277`"""
    if protocol < 0 or protocol >= IPPROTO_MAX:
        return -EINVAL
    sock.state = SS_UNCONNECTED
    err = -ESOCKTNOSUPPORT
    for answer in g.inetsw[sock.type]:
        if protocol == answer.protocol != IPPROTO_IP or answer.protocol == IPPROTO_IP != protocol:
            break
        if protocol == IPPROTO_IP != answer.protocol:
            protocol = answer.protocol
            break
        err = -EPROTONOSUPPORT
    else:
        return err
    sock.ops = answer.ops
    sk = sk_alloc(net, PF_INET, GFP_KERNEL, answer.prot, kern)
    if answer.flags & INET_PROTOSW_REUSE:
        sk.sk_reuse = SK_CAN_REUSE
    inet_init_sock(sk.container, net, sock.type, protocol)
    sock_init_data(sock, sk)
    sk.sk_destruct = inet_sock_destruct
    sk.sk_protocol = protocol
    inet = sk.container
    if inet.inet_num:
        inet.inet_sport = inet.inet_num
        sk.sk_prot.hash(sk)
    if sk.sk_prot.init:
        err = sk.sk_prot.init(sk)
        if err:
            sk_common_release(sk)
            sock.sk = None
            return err
    return 0


def inet_init_sock(inet: inet_sock, net: Any, type: int, protocol: int) -> None:
    """What IP's options are at first; in C a part of inet_create."""
    if type == SOCK_RAW:
        inet.inet_num = protocol
        inet.hdrincl = int(protocol == IPPROTO_RAW)
    inet.pmtudisc = IP_PMTUDISC_DONT if net.ipv4.sysctl_ip_no_pmtu_disc else IP_PMTUDISC_WANT
    inet.uc_ttl = -1
    inet.mc_loop = inet.mc_ttl = inet.mc_all = 1


def inet_release(sock: socket) -> int:
    """The program has closed the socket. `net/ipv4/af_inet.c:426`"""
    sk = sock.sk
    if sk is not None:
        sock.sk = None
        sk.sk_prot.close(sk, 0)
    return 0


def inet_can_nonlocal_bind(net: Any, inet: inet_sock) -> bool:
    """True if the socket may take an address that is not ours. `include/net/inet_sock.h:386 (6.1)`"""
    return bool(net.ipv4.sysctl_ip_nonlocal_bind or inet.freebind or inet.transparent)


def inet_addr_valid_or_nonlocal(net: Any, inet: inet_sock, addr: int, addr_type: int) -> bool:
    """True if the socket may be bound to the address. `include/net/inet_sock.h:393 (6.1)`"""
    return (
        inet_can_nonlocal_bind(net, inet)
        or addr == INADDR_ANY
        or addr_type in (RTN_LOCAL, RTN_MULTICAST, RTN_BROADCAST)
    )


def inet_bind(sock: socket, uaddr: sockaddr_in, addr_len: int) -> int:
    """bind(2): receive only what is for this address and port, and send from them. `net/ipv4/af_inet.c:460`"""
    sk = sock.sk
    inet, net = sk.container, sk.sk_net
    if sk.sk_prot.bind:
        return sk.sk_prot.bind(sk, uaddr, addr_len)
    if addr_len < sockaddr_in.SIZE:
        return -EINVAL
    if uaddr.sa_family != AF_INET and (uaddr.sa_family != AF_UNSPEC or uaddr.sin_addr != INADDR_ANY):
        return -EAFNOSUPPORT
    chk_addr_ret = inet_addr_type(net, uaddr.sin_addr)
    if not inet_addr_valid_or_nonlocal(net, inet, uaddr.sin_addr, chk_addr_ret):
        return -EADDRNOTAVAIL
    if sk.sk_state != TCP_CLOSE or inet.inet_num:
        return -EINVAL
    snum = uaddr.sin_port
    inet.inet_rcv_saddr = inet.inet_saddr = uaddr.sin_addr
    if chk_addr_ret in (RTN_MULTICAST, RTN_BROADCAST):
        inet.inet_saddr = 0
    if (snum or not inet.bind_address_no_port) and sk.sk_prot.get_port(sk, snum):
        inet.inet_saddr = inet.inet_rcv_saddr = 0
        return -EADDRINUSE
    if inet.inet_rcv_saddr:
        sk.sk_userlocks |= SOCK_BINDADDR_LOCK
    if snum:
        sk.sk_userlocks |= SOCK_BINDPORT_LOCK
    inet.inet_sport = inet.inet_num
    inet.inet_daddr = inet.inet_dport = 0
    sk_dst_reset(sk)
    return 0


def inet_dgram_connect(sock: socket, uaddr: sockaddr_in, addr_len: int, flags: int) -> int:
    """connect(2) on a datagram socket: remember whom it talks to. `net/ipv4/af_inet.c:554`"""
    sk = sock.sk
    if uaddr.sa_family == AF_UNSPEC:
        return sk.sk_prot.disconnect(sk, flags)
    if not sk.container.inet_num and inet_autobind(sk):
        return -EAGAIN
    return sk.sk_prot.connect(sk, uaddr, addr_len)


def inet_getname(sock: socket, peer: int) -> tuple[int, sockaddr_in]:
    """getsockname(2), getpeername(2). `net/ipv4/af_inet.c:732`"""
    sk = sock.sk
    inet = sk.container
    if peer:
        if not inet.inet_dport or sk.sk_state == TCP_CLOSE and peer == 1:
            return -ENOTCONN, None
        return 0, sockaddr_in(inet.inet_daddr, inet.inet_dport)
    return 0, sockaddr_in(inet.inet_rcv_saddr or inet.inet_saddr, inet.inet_sport)


def inet_sendmsg(sock: socket, msg: msghdr, size: int) -> int:
    """Send by the socket's protocol. `net/ipv4/af_inet.c:760`"""
    sk = sock.sk
    if not sk.container.inet_num and inet_autobind(sk):
        return -EAGAIN
    return sk.sk_prot.sendmsg(sk, msg, size)


def inet_recvmsg(sock: socket, msg: msghdr, size: int, flags: int) -> int:
    """Receive by the socket's protocol. `net/ipv4/af_inet.c:794`"""
    sk = sock.sk
    return sk.sk_prot.recvmsg(sk, msg, size, flags)


def inet_shutdown(sock: socket, how: int) -> int:
    """shutdown(2): 0 no more reading, 1 no more writing, 2 neither. `net/ipv4/af_inet.c:811`"""
    sk = sock.sk
    how += 1
    if how & ~SHUTDOWN_MASK or not how:
        return -EINVAL
    sk.sk_shutdown |= how
    sk.sk_state_change(sk)
    return -ENOTCONN if sk.sk_state == TCP_CLOSE else 0


def inet_ioctl(sock: socket, cmd: int, arg: bytearray) -> int:
    """ioctl(2): addresses and neighbours as they were set before netlink. `net/ipv4/af_inet.c:876`"""
    sk = sock.sk
    net = sk.sk_net
    if cmd in (SIOCADDRT, SIOCDELRT, SIOCRTMSG):
        return -EINVAL
    if cmd in (SIOCDARP, SIOCGARP, SIOCSARP):
        err, arg[:] = arp_ioctl(net, cmd, bytes(arg))
        return err
    if cmd in DEVINET_IOCTLS:
        return devinet_ioctl(net, cmd, arg)
    return sk.sk_prot.ioctl(sk, cmd, arg) if sk.sk_prot.ioctl else -ENOIOCTLCMD


def inet_register_protosw(p: inet_protosw) -> None:
    """Let sockets of this type and protocol be made: permanent entries are asked first, then the newest.
    `net/ipv4/af_inet.c:1072`"""
    head = g.inetsw[p.type]
    head.insert(sum(answer.flags & INET_PROTOSW_PERMANENT != 0 for answer in head), p)


def inet_ctl_sock_create(family: int, type: int, protocol: int, net: Any) -> tuple[int, sock]:
    """A socket by which the kernel itself sends: (0, it), or (negative errno, None). `net/ipv4/af_inet.c:1453`"""
    sock = sock_create_kern(net, family, type, protocol)
    if IS_ERR(sock):
        return sock, None
    sock.sk.sk_prot.unhash(sock.sk)
    return 0, sock.sk


def inet_ctl_sock_destroy(sk: sock) -> None:
    """The end of such a socket. `include/net/inet_common.h:41`"""
    sock_release(sk.sk_socket)


def inet_init() -> int:
    """At boot: everything of IPv4 is set up and made known. `net/ipv4/af_inet.c:1698`"""
    g.raw_v4_hashinfo = raw_hashinfo()
    sock_register(inet_family_ops)
    g.inet_protos = [None] * MAX_INET_PROTOS
    inet_add_protocol(icmp_protocol, IPPROTO_ICMP)
    inet_add_protocol(udp_protocol, IPPROTO_UDP)
    g.inetsw = [[] for _ in range(SOCK_MAX)]
    for q in inetsw_array:
        inet_register_protosw(q)
    arp_init()
    ip_init()
    udp_init()
    ping_init()
    icmp_init()
    ipv4_proc_init()
    ipfrag_init()
    dev_add_pack(packet_type(ETH_P_IP, ip_rcv))
    return 0


def ipv4_proc_init() -> int:
    """The files of IPv4 under /proc/net. `net/ipv4/af_inet.c:1831`"""
    raw_proc_init()
    udp4_proc_init()
    ping_proc_init()
    ip_misc_proc_init()
    return 0


inet_dgram_ops = proto_ops(
    family=PF_INET,
    release=inet_release,
    bind=inet_bind,
    connect=inet_dgram_connect,
    getname=inet_getname,
    poll=None,
    ioctl=inet_ioctl,
    shutdown=inet_shutdown,
    setsockopt=None,
    getsockopt=None,
    sendmsg=inet_sendmsg,
    recvmsg=inet_recvmsg,
)
inet_sockraw_ops = proto_ops(
    family=PF_INET,
    release=inet_release,
    bind=inet_bind,
    connect=inet_dgram_connect,
    getname=inet_getname,
    poll=None,
    ioctl=inet_ioctl,
    shutdown=inet_shutdown,
    setsockopt=None,
    getsockopt=None,
    sendmsg=inet_sendmsg,
    recvmsg=inet_recvmsg,
)
inet_family_ops = net_proto_family(PF_INET, inet_create)


from vethkernel.net.core.datagram import datagram_poll
from vethkernel.net.core.dev import dev_add_pack
from vethkernel.net.core.skbuff import skb_queue_purge
from vethkernel.net.core.sock import (
    sk_alloc,
    sk_common_release,
    sk_dst_reset,
    sock_common_getsockopt,
    sock_common_setsockopt,
    sock_init_data,
)
from vethkernel.net.ipv4.arp import arp_init, arp_ioctl
from vethkernel.net.ipv4.devinet import devinet_ioctl
from vethkernel.net.ipv4.fib_frontend import inet_addr_type
from vethkernel.net.ipv4.icmp import icmp_err, icmp_init, icmp_rcv
from vethkernel.net.ipv4.ip_fragment import ipfrag_init
from vethkernel.net.ipv4.ip_input import ip_rcv
from vethkernel.net.ipv4.ip_output import ip_init
from vethkernel.net.ipv4.ping import ping_init, ping_proc_init, ping_prot
from vethkernel.net.ipv4.proc import ip_misc_proc_init
from vethkernel.net.ipv4.protocol import inet_add_protocol
from vethkernel.net.ipv4.raw import raw_proc_init, raw_prot
from vethkernel.net.ipv4.udp import udp4_proc_init, udp_err, udp_init, udp_poll, udp_prot, udp_rcv
from vethkernel.net.socket import sock_create_kern, sock_register, sock_release

inet_dgram_ops.poll = udp_poll
inet_sockraw_ops.poll = datagram_poll
for _ops in (inet_dgram_ops, inet_sockraw_ops):
    _ops.setsockopt = sock_common_setsockopt
    _ops.getsockopt = sock_common_getsockopt
inetsw_array = (
    inet_protosw(SOCK_DGRAM, IPPROTO_UDP, udp_prot, inet_dgram_ops, INET_PROTOSW_PERMANENT),
    inet_protosw(SOCK_DGRAM, IPPROTO_ICMP, ping_prot, inet_sockraw_ops, INET_PROTOSW_REUSE),
    inet_protosw(SOCK_RAW, IPPROTO_IP, raw_prot, inet_sockraw_ops, INET_PROTOSW_REUSE),
)
udp_protocol = net_protocol(handler=udp_rcv, err_handler=udp_err, no_policy=True, netns_ok=True)
icmp_protocol = net_protocol(handler=icmp_rcv, err_handler=icmp_err, no_policy=True, netns_ok=True)
