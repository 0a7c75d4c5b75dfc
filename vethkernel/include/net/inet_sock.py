# SPDX-License-Identifier: GPL-2.0-only
"""include/net/inet_sock.h: what all IPv4 sockets share: addresses, ports, and the IP options of setsockopt."""

from typing import Any

from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.sock import sock

IPCORK_OPT = 1

IP_CMSG_PKTINFO = 1
IP_CMSG_TTL = 2
IP_CMSG_TOS = 4
IP_CMSG_RECVOPTS = 8
IP_CMSG_RETOPTS = 16
IP_CMSG_ORIGDSTADDR = 64
IP_CMSG_RECVFRAGSIZE = 256

FLOWI_FLAG_ANYSRC = 0x01  # include/net/flow.h


class inet_cork:
    """What the datagram that is being put together has in common for all its parts."""

    __slots__ = ("flags", "addr", "opt", "fragsize", "length", "dst", "ttl", "tos", "priority", "mark",
                 "transmit_time", "fl")  # fmt: skip

    def __init__(self) -> None:
        self.flags = self.addr = self.fragsize = self.length = 0
        self.ttl = self.priority = self.mark = self.transmit_time = 0
        self.tos = -1
        self.opt: Any = None
        self.dst: Any = None
        self.fl: Any = None


class in_pktinfo:
    """What IP_PKTINFO tells: by which device, and our own address on that way. Lies over the notes that IP made."""

    __slots__ = ("ipi_ifindex", "ipi_spec_dst", "frag_max_size")

    def __init__(self, ipi_ifindex: int = 0, frag_max_size: int = 0) -> None:
        self.ipi_ifindex = ipi_ifindex
        self.ipi_spec_dst = 0
        self.frag_max_size = frag_max_size


class inet_sock:
    """An IPv4 socket."""

    __slots__ = (
        "container", "sk", "inet_daddr", "inet_rcv_saddr", "inet_dport", "inet_num", "inet_saddr", "uc_ttl",
        "cmsg_flags", "inet_sport", "inet_id", "inet_opt", "rx_dst_ifindex", "tos", "min_ttl", "mc_ttl", "pmtudisc",
        "recverr", "is_icsk", "freebind", "hdrincl", "mc_loop", "transparent", "mc_all", "nodefrag", "rcv_tos",
        "bind_address_no_port", "uc_index", "mc_index", "mc_addr", "mc_list", "cork",
    )  # fmt: skip

    def __init__(self, container: Any) -> None:
        self.container = container
        self.sk = sock(self)
        self.inet_daddr = self.inet_rcv_saddr = self.inet_dport = self.inet_num = self.inet_saddr = 0
        self.uc_ttl = self.cmsg_flags = self.inet_sport = self.inet_id = self.rx_dst_ifindex = self.tos = 0
        self.min_ttl = self.mc_ttl = self.pmtudisc = self.recverr = self.is_icsk = self.freebind = 0
        self.hdrincl = self.mc_loop = self.transparent = self.mc_all = self.nodefrag = self.rcv_tos = 0
        self.bind_address_no_port = self.uc_index = self.mc_index = self.mc_addr = 0
        self.inet_opt: Any = None
        self.mc_list: Any = None
        self.cork = inet_cork()


def inet_sk(sk: sock) -> inet_sock:
    """The IPv4 socket around a sock. `include/net/inet_sock.h:183`"""
    return sk.container


def inet_sk_flowi_flags(sk: sock) -> int:
    """What the socket asks of the route lookup. `include/net/inet_sock.h:244`"""
    return FLOWI_FLAG_ANYSRC if sk.container.transparent or sk.container.hdrincl else 0


def inet_reset_saddr(sk: sock) -> None:
    """Forget the address that a connection chose. `include/net/ip.h:348`"""
    sk.container.inet_rcv_saddr = sk.container.inet_saddr = 0


def inet_sdif(skb: sk_buff) -> int:
    """The enslaved device behind a VRF; there are none. `include/net/ip.h:115 (6.1)`"""
    return 0


def swab32(addr: int) -> int:
    """An address as a little-endian machine reads it from memory, for /proc/net. `include/uapi/linux/swab.h:57`"""
    return int.from_bytes(addr.to_bytes(4, "little"), "big")
