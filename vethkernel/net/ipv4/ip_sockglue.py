# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/ip_sockglue.c: the IP options of a socket, its control messages, and its queue of errors (IP_RECVERR).

Left out: options in the IP header, multicast memberships and filters, router alert, IPsec policies.
"""

from __future__ import annotations

from struct import pack, unpack_from

from vethkernel.include.linux.inetdevice import ip_dev_find
from vethkernel.include.linux.errqueue import SKB_EXT_ERR, sock_exterr_skb, sock_extended_err
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.icmp import icmp_hdr, icmphdr
from vethkernel.include.linux.ip import ip_hdr, iphdr
from vethkernel.include.linux.skbuff import (
    __skb_pull,
    sk_buff,
    skb_reset_network_header,
    skb_reset_transport_header,
)
from vethkernel.include.linux.socket import CMSG_LEN, msghdr, sockaddr_in
from vethkernel.include.net.flow import LOOPBACK_IFINDEX
from vethkernel.include.net.inet_sock import (
    IP_CMSG_ORIGDSTADDR,
    IP_CMSG_PKTINFO,
    IP_CMSG_RECVFRAGSIZE,
    IP_CMSG_RECVOPTS,
    IP_CMSG_RETOPTS,
    IP_CMSG_TOS,
    IP_CMSG_TTL,
    in_pktinfo,
)
from vethkernel.include.net.ip import IPCB, ipcm_cookie
from vethkernel.include.net.sock import sock
from vethkernel.include.uapi.asm_generic.errno import (
    EADDRNOTAVAIL,
    EAGAIN,
    EINVAL,
    ENOPROTOOPT,
    ENOTCONN,
    EOPNOTSUPP,
)
from vethkernel.include.uapi.linux.errqueue import SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_LOCAL
from vethkernel.include.uapi.linux.in_ import (
    IP_BIND_ADDRESS_NO_PORT,
    IP_FREEBIND,
    IP_HDRINCL,
    IP_MINTTL,
    IP_MTU,
    IP_MTU_DISCOVER,
    IP_MULTICAST_ALL,
    IP_MULTICAST_IF,
    IP_MULTICAST_LOOP,
    IP_MULTICAST_TTL,
    IP_NODEFRAG,
    IP_OPTIONS,
    IP_ORIGDSTADDR,
    IP_PKTINFO,
    IP_PMTUDISC_DONT,
    IP_PMTUDISC_OMIT,
    IP_PROTOCOL,
    IP_RECVERR,
    IP_RECVFRAGSIZE,
    IP_RECVOPTS,
    IP_RECVORIGDSTADDR,
    IP_RECVTOS,
    IP_RECVTTL,
    IP_RETOPTS,
    IP_TOS,
    IP_TRANSPARENT,
    IP_TTL,
    IP_UNICAST_IF,
)
from vethkernel.include.uapi.linux.socket import (
    AF_INET,
    MSG_ERRQUEUE,
    MSG_TRUNC,
    SO_MARK,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_STREAM,
    SOL_IP,
    SOL_SOCKET,
)

IPHDR_DADDR = 16  # offsetof(struct iphdr, daddr)

# options that ask for a control message with each packet received
_CMSG_FLAGS = {
    IP_PKTINFO: IP_CMSG_PKTINFO,
    IP_RECVTTL: IP_CMSG_TTL,
    IP_RECVTOS: IP_CMSG_TOS,
    IP_RECVOPTS: IP_CMSG_RECVOPTS,
    IP_RETOPTS: IP_CMSG_RETOPTS,
    IP_RECVORIGDSTADDR: IP_CMSG_ORIGDSTADDR,
    IP_RECVFRAGSIZE: IP_CMSG_RECVFRAGSIZE,
}
# options that are a field of the socket, 0 or 1
_SWITCHES = {
    IP_HDRINCL: "hdrincl",
    IP_NODEFRAG: "nodefrag",
    IP_BIND_ADDRESS_NO_PORT: "bind_address_no_port",
    IP_MULTICAST_LOOP: "mc_loop",
    IP_FREEBIND: "freebind",
    IP_TRANSPARENT: "transparent",
}


def ip_cmsg_recv_pktinfo(msg: msghdr, skb: sk_buff) -> None:
    """Tell by which device the packet came, and to which address. `net/ipv4/ip_sockglue.c:61`"""
    info = PKTINFO_SKB_CB(skb)
    data = pack("<i", info.ipi_ifindex) + pack("!II", info.ipi_spec_dst, ip_hdr(skb).daddr)
    put_cmsg(msg, SOL_IP, IP_PKTINFO, 12, data)


def ip_cmsg_recv_ttl(msg: msghdr, skb: sk_buff) -> None:
    """Tell the packet's TTL. `net/ipv4/ip_sockglue.c:70`"""
    put_cmsg(msg, SOL_IP, IP_TTL, 4, pack("<i", ip_hdr(skb).ttl))


def ip_cmsg_recv_tos(msg: msghdr, skb: sk_buff) -> None:
    """Tell the packet's TOS. `net/ipv4/ip_sockglue.c:76`"""
    put_cmsg(msg, SOL_IP, IP_TOS, 1, bytes((ip_hdr(skb).tos,)))


def ip_cmsg_recv_fragsize(msg: msghdr, skb: sk_buff) -> None:
    """Tell the size of the largest fragment that the packet was put together from.
    `net/ipv4/ip_sockglue.c:104 (6.1)`"""
    if IPCB(skb) is not None and IPCB(skb).frag_max_size:
        put_cmsg(msg, SOL_IP, IP_RECVFRAGSIZE, 4, pack("<i", IPCB(skb).frag_max_size))


def ip_cmsg_recv_dstaddr(msg: msghdr, skb: sk_buff) -> None:
    """Tell the address and port that the packet was sent to. `net/ipv4/ip_sockglue.c:126`"""
    if skb.transport_header - skb.data + 4 > skb.len:
        return
    port = skb.head[skb.transport_header + 2 : skb.transport_header + 4]
    sin = pack("<H", AF_INET) + port + pack("!I8x", ip_hdr(skb).daddr)
    put_cmsg(msg, SOL_IP, IP_ORIGDSTADDR, 16, sin)


def ip_cmsg_recv(msg: msghdr, skb: sk_buff) -> None:
    """Add the control messages that the socket asked for. `net/ipv4/ip_sockglue.c:148`"""
    flags = skb.sk.container.cmsg_flags
    if flags & IP_CMSG_PKTINFO:
        ip_cmsg_recv_pktinfo(msg, skb)
    if flags & IP_CMSG_TTL:
        ip_cmsg_recv_ttl(msg, skb)
    if flags & IP_CMSG_TOS:
        ip_cmsg_recv_tos(msg, skb)
    if flags & IP_CMSG_ORIGDSTADDR:
        ip_cmsg_recv_dstaddr(msg, skb)
    if flags & IP_CMSG_RECVFRAGSIZE:
        ip_cmsg_recv_fragsize(msg, skb)


def ip_cmsg_send(sk: sock, msg: msghdr, ipc: ipcm_cookie) -> int:
    """Read the control messages of one sendmsg into `ipc`. `net/ipv4/ip_sockglue.c:190`"""
    for level, type, data in msg.msg_control:
        cmsg_len = CMSG_LEN(len(data))
        if level == SOL_SOCKET:
            if type != SO_MARK:
                return -EINVAL
            continue
        if level != SOL_IP:
            continue
        if type == IP_PKTINFO:
            if cmsg_len != CMSG_LEN(12):
                return -EINVAL
            (ifindex,) = unpack_from("<i", data)
            ipc.oif = ifindex or ipc.oif
            (ipc.addr,) = unpack_from("!I", data, 4)
        elif type in (IP_TTL, IP_TOS, IP_PROTOCOL):
            if cmsg_len != CMSG_LEN(4) and (type != IP_TOS or cmsg_len != CMSG_LEN(1)):
                return -EINVAL
            val = int.from_bytes(data, "little", signed=len(data) == 4)
            if val < (type != IP_TOS) or val > 255:
                return -EINVAL
            if type == IP_TTL:
                ipc.ttl = val
            elif type == IP_TOS:
                ipc.tos = val
            else:
                ipc.protocol = val
        else:
            return -EINVAL
    return 0


def ip_icmp_error(sk: sock, skb: sk_buff, err: int, port: int, info: int, payload: int) -> None:
    """Queue what an ICMP error tells, with what it quotes from offset `payload` of the skb on.
    `net/ipv4/ip_sockglue.c:302`"""
    icmph = icmp_hdr(skb)
    skb = skb_clone(skb, GFP_ATOMIC)
    offset = icmph.off + icmphdr.SIZE + IPHDR_DADDR - skb.network_header
    ee = sock_extended_err(err, SO_EE_ORIGIN_ICMP, icmph.type, icmph.code, info)
    skb.cb = sock_exterr_skb(ee, IPCB(skb), offset, port)
    if skb_pull(skb, payload - skb.data) is not None:
        skb_reset_transport_header(skb)
        if sock_queue_err_skb(sk, skb) == 0:
            return
    kfree_skb(skb)


def ip_local_error(sk: sock, err: int, daddr: int, port: int, info: int) -> None:
    """Queue an error that our own side found, such as a packet too big for the path. `net/ipv4/ip_sockglue.c:331`"""
    if not sk.container.recverr:
        return
    skb = alloc_skb(iphdr.SIZE, GFP_ATOMIC)
    skb_put(skb, iphdr.SIZE)
    skb_reset_network_header(skb)
    ip_hdr(skb).daddr = daddr
    ee = sock_extended_err(err, SO_EE_ORIGIN_LOCAL, 0, 0, info)
    skb.cb = sock_exterr_skb(ee, None, IPHDR_DADDR, port)
    __skb_pull(skb, skb.tail - skb.data)
    skb_reset_transport_header(skb)
    if sock_queue_err_skb(sk, skb):
        kfree_skb(skb)


def ipv4_datagram_support_cmsg(sk: sock, skb: sk_buff, ee_origin: int) -> bool:
    """True if the error came in a packet, about which there is something to tell. `net/ipv4/ip_sockglue.c:495 (6.1)`"""
    return ee_origin == SO_EE_ORIGIN_ICMP


def ip_recv_error(sk: sock, msg: msghdr, len: int) -> int:
    """Fetch from the error queue: the packet that failed, whom it was for, and the error.
    `net/ipv4/ip_sockglue.c:371`"""
    skb = sock_dequeue_err_skb(sk)
    if skb is None:
        return -EAGAIN
    copied = skb.len
    if copied > len:
        msg.msg_flags |= MSG_TRUNC
        copied = len
    skb_copy_datagram_iovec(skb, 0, msg.msg_iov, copied)
    sock_recv_timestamp(msg, sk, skb)
    serr = SKB_EXT_ERR(skb)
    (addr,) = unpack_from("!I", skb.head, skb.network_header + serr.addr_offset)
    msg.msg_name = sockaddr_in(addr, serr.port)
    offender = bytes(16)
    if ipv4_datagram_support_cmsg(sk, skb, serr.ee.ee_origin):
        offender = pack("<HH", AF_INET, 0) + pack("!I8x", ip_hdr(skb).saddr)
        if sk.container.cmsg_flags:
            skb.cb = serr.header
            ip_cmsg_recv(msg, skb)
    errhdr = bytes(serr.ee) + offender
    put_cmsg(msg, SOL_IP, IP_RECVERR, errhdr.__len__(), errhdr)
    msg.msg_flags |= MSG_ERRQUEUE
    consume_skb(skb)
    return copied


def ip_sock_set_tos(sk: sock, val: int) -> None:
    """Set TOS, and with it how urgent the socket's packets are. `net/ipv4/ip_sockglue.c:599 (6.1)`"""
    if sk.container.tos != val:
        sk.container.tos = val
        sk.sk_priority = rt_tos2priority(val)
        sk_dst_reset(sk)


def ip_set_unicast_if(sk: sock, optval: bytes, optlen: int) -> int:
    """IP_UNICAST_IF: the device to send by where the routes leave a choice."""
    inet = sk.container
    if optlen != 4:
        return -EINVAL
    ifindex = int.from_bytes(optval[:4], "big", signed=True)
    if ifindex and dev_get_by_index(sk.sk_net, ifindex) is None:
        return -EADDRNOTAVAIL
    if ifindex and sk.sk_bound_dev_if:
        return -EINVAL
    inet.uc_index = ifindex
    return 0


def ip_set_multicast_if(sk: sock, optval: bytes, optlen: int) -> int:
    """IP_MULTICAST_IF: the device and address to send multicast from."""
    inet = sk.container
    if sk.sk_type == SOCK_STREAM or optlen < 4:
        return -EINVAL
    address, ifindex = int.from_bytes(optval[:4], "big"), 0
    if optlen >= 8:
        address = int.from_bytes(optval[4:8], "big")
    if optlen >= 12:
        ifindex = int.from_bytes(optval[8:12], "little", signed=True)
    if not ifindex and not address:
        inet.mc_index = inet.mc_addr = 0
        return 0
    dev = dev_get_by_index(sk.sk_net, ifindex) if ifindex else ip_dev_find(sk.sk_net, address)
    if dev is None:
        return -EADDRNOTAVAIL
    if sk.sk_bound_dev_if and dev.ifindex != sk.sk_bound_dev_if:
        return -EINVAL
    inet.mc_index, inet.mc_addr = dev.ifindex, address
    return 0


def do_ip_setsockopt(sk: sock, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """The options of level SOL_IP. `net/ipv4/ip_sockglue.c:454`"""
    inet = sk.container
    val = int.from_bytes(optval[:4], "little", signed=True) if optlen >= 4 else optval[0] if optlen else 0
    if optname in _CMSG_FLAGS:
        if optname == IP_RECVFRAGSIZE and sk.sk_type not in (SOCK_RAW, SOCK_DGRAM):
            return -EINVAL
        flag = _CMSG_FLAGS[optname]
        inet.cmsg_flags = inet.cmsg_flags | flag if val else inet.cmsg_flags & ~flag
    elif optname in _SWITCHES:
        if optname in (IP_HDRINCL, IP_NODEFRAG):
            if sk.sk_type != SOCK_RAW:
                return -ENOPROTOOPT
        elif optname != IP_BIND_ADDRESS_NO_PORT and optlen < 1:
            return -EINVAL
        setattr(inet, _SWITCHES[optname], 1 if val else 0)
    elif optname == IP_TOS:
        ip_sock_set_tos(sk, val & 0xFF)
    elif optname == IP_TTL:
        if optlen < 1 or val != -1 and (val < 1 or val > 255):
            return -EINVAL
        inet.uc_ttl = val
    elif optname == IP_MTU_DISCOVER:
        if val < IP_PMTUDISC_DONT or val > IP_PMTUDISC_OMIT:
            return -EINVAL
        inet.pmtudisc = val
    elif optname == IP_RECVERR:
        inet.recverr = 1 if val else 0
        if not val:
            skb_queue_purge(sk.sk_error_queue)
    elif optname == IP_MULTICAST_TTL:
        if sk.sk_type == SOCK_STREAM or optlen < 1 or val < -1 or val > 255:
            return -EINVAL
        inet.mc_ttl = 1 if val == -1 else val
    elif optname == IP_MULTICAST_ALL:
        if optlen < 1 or val not in (0, 1):
            return -EINVAL
        inet.mc_all = val
    elif optname == IP_MINTTL:
        if optlen < 1 or val < 0 or val > 255:
            return -EINVAL
        inet.min_ttl = val
    elif optname == IP_UNICAST_IF:
        return ip_set_unicast_if(sk, optval, optlen)
    elif optname == IP_MULTICAST_IF:
        return ip_set_multicast_if(sk, optval, optlen)
    else:
        return -ENOPROTOOPT
    return 0


def ipv4_pktinfo_prepare(sk: sock, skb: sk_buff) -> None:
    """Before the packet's route is dropped, note what IP_PKTINFO will tell of it. `net/ipv4/ip_sockglue.c:1037`"""
    if sk.container.cmsg_flags & IP_CMSG_PKTINFO:
        pktinfo = in_pktinfo(IPCB(skb).iif, IPCB(skb).frag_max_size)
        if skb.dst.container is not None:
            if pktinfo.ipi_ifindex in (0, LOOPBACK_IFINDEX):
                pktinfo.ipi_ifindex = inet_iif(skb)
            pktinfo.ipi_spec_dst = fib_compute_spec_dst(skb)
        skb.cb = pktinfo
    skb.dst = None


def ip_setsockopt(sk: sock, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """setsockopt(2) for IP. `net/ipv4/ip_sockglue.c:1051`"""
    if level != SOL_IP:
        return -ENOPROTOOPT
    return do_ip_setsockopt(sk, level, optname, optval, optlen)


def ip_option(sk: sock, optname: int) -> int | None:
    """The value of an option that is a number; None if there is no such option."""
    inet = sk.container
    if optname in _CMSG_FLAGS:
        return int(inet.cmsg_flags & _CMSG_FLAGS[optname] != 0)
    if optname in _SWITCHES:
        return getattr(inet, _SWITCHES[optname])
    return {
        IP_TOS: inet.tos, IP_TTL: sk.sk_net.ipv4.sysctl_ip_default_ttl if inet.uc_ttl == -1 else inet.uc_ttl,
        IP_MTU_DISCOVER: inet.pmtudisc, IP_RECVERR: inet.recverr, IP_MULTICAST_TTL: inet.mc_ttl,
        IP_UNICAST_IF: int.from_bytes(inet.uc_index.to_bytes(4, "big"), "little", signed=True),
        IP_MULTICAST_ALL: inet.mc_all, IP_MINTTL: inet.min_ttl, IP_PROTOCOL: inet.inet_num,
    }.get(optname)  # fmt: skip


def do_ip_getsockopt(sk: sock, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """(0, the option's value), or (negative errno, b""). `net/ipv4/ip_sockglue.c:1111`"""
    if level != SOL_IP:
        return -EOPNOTSUPP, b""
    if optlen < 0:
        return -EINVAL, b""
    if optname == IP_OPTIONS:
        return 0, b""
    if optname == IP_MULTICAST_IF:
        return 0, sk.container.mc_addr.to_bytes(4, "big")[:optlen]
    if optname == IP_MTU:
        dst = sk_dst_get(sk)
        val = dst_mtu(dst) if dst is not None else 0
        if not val:
            return -ENOTCONN, b""
    else:
        val = ip_option(sk, optname)
    if val is None:
        return -ENOPROTOOPT, b""
    if 0 < optlen < 4 and 0 <= val <= 255:
        return 0, bytes((val,))
    return 0, (val & 0xFFFFFFFF).to_bytes(4, "little")[:optlen]


def ip_getsockopt(sk: sock, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """getsockopt(2) for IP. `net/ipv4/ip_sockglue.c:1341`"""
    return do_ip_getsockopt(sk, level, optname, optlen)


def PKTINFO_SKB_CB(skb: sk_buff) -> in_pktinfo:
    """The note that ipv4_pktinfo_prepare made. `include/net/ip.h:112 (6.1)`"""
    return skb.cb if type(skb.cb) is in_pktinfo else in_pktinfo()


from vethkernel.include.net.dst import dst_mtu
from vethkernel.include.net.route import inet_iif, rt_tos2priority
from vethkernel.net.core.datagram import skb_copy_datagram_iovec
from vethkernel.net.core.dev import dev_get_by_index
from vethkernel.net.core.scm import put_cmsg
from vethkernel.net.core.skbuff import (
    alloc_skb,
    consume_skb,
    kfree_skb,
    skb_clone,
    skb_pull,
    skb_put,
    skb_queue_purge,
    sock_dequeue_err_skb,
    sock_queue_err_skb,
)
from vethkernel.net.core.sock import sk_dst_get, sk_dst_reset
from vethkernel.net.ipv4.fib_frontend import fib_compute_spec_dst
from vethkernel.net.socket import sock_recv_timestamp
