# SPDX-License-Identifier: GPL-2.0-only
"""include/net/ip.h: what the parts of the IPv4 layer tell each other: flags, counters, and a packet's notes (IPCB).

Left out: the options of an IP header, and the settings and the inlines that only other transports use.
"""

from typing import TYPE_CHECKING

from vethkernel.include.linux.ip import ip_hdr, iphdr
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.dst import dst_entry
from vethkernel.include.net.sock import SOCK_LOCALROUTE
from vethkernel.include.uapi.linux.in_ import IP_PMTUDISC_DO, IP_PMTUDISC_OMIT, IP_PMTUDISC_PROBE, IP_PMTUDISC_WANT
from vethkernel.include.uapi.linux.ip import IPTOS_TOS_MASK
from vethkernel.include.uapi.linux.rtnetlink import RTAX_LOCK, RTAX_MTU

if TYPE_CHECKING:
    from vethkernel.include.net.inet_sock import inet_sock
    from vethkernel.include.net.net_namespace import net
    from vethkernel.include.net.sock import sock

IP_CE = 0x8000
IP_DF = 0x4000
IP_MF = 0x2000
IP_OFFSET = 0x1FFF
IP_MAX_MTU = 0xFFFF
IPV4_MIN_MTU = 68

IPSKB_FORWARDED = 1
IPSKB_FRAG_COMPLETE = 8
IPSKB_REROUTED = 16
IPSKB_DOREDIRECT = 32
IPSKB_FRAG_PMTU = 64

IP_DEFRAG_LOCAL_DELIVER = 0
IP_DEFRAG_CALL_RA_CHAIN = 1
IP_DEFRAG_AF_PACKET = 10


class inet_skb_parm:
    """What the IPv4 layer notes on an skb."""

    __slots__ = ("iif", "flags", "frag_max_size", "offset")

    def __init__(self) -> None:
        self.iif = 0
        self.flags = 0
        self.frag_max_size = 0
        self.offset = 0  # of struct ipfrag_skb_cb, which begins with an inet_skb_parm


class ipcm_cookie:
    """What one call of sendmsg asks of the packets it makes."""

    __slots__ = ("addr", "oif", "ttl", "tos", "protocol")

    def __init__(self, addr: int = 0) -> None:
        self.addr = addr
        self.oif = self.ttl = self.protocol = 0
        self.tos = -1


def IPCB(skb: sk_buff) -> inet_skb_parm:
    """The IPv4 layer's notes on the skb, made when somebody first asks for them. `include/net/ip.h:61`"""
    if skb.cb is None:
        skb.cb = inet_skb_parm()
        skb.cb.iif = skb.skb_iif
    return skb.cb


def ipcm_init_sk(ipcm: ipcm_cookie, inet: "inet_sock") -> None:
    """What the socket's options ask of each packet. `include/net/ip.h:99 (6.1)`"""
    ipcm.oif = inet.sk.sk_bound_dev_if
    ipcm.addr = inet.inet_saddr
    ipcm.protocol = inet.inet_num


def get_rttos(ipc: ipcm_cookie, inet: "inet_sock") -> int:
    """The TOS to look the route up by: this call's own, or the socket's. `include/net/ip.h:255 (6.1)`"""
    return (ipc.tos if ipc.tos != -1 else inet.tos) & IPTOS_TOS_MASK


def get_rtconn_flags(ipc: ipcm_cookie, sk: "sock") -> int:
    """The same, and RTO_ONLINK (1) if the socket wants no gateway. `include/net/ip.h:260 (6.1)`"""
    tos = ipc.tos if ipc.tos != -1 else sk.container.tos
    return tos & IPTOS_TOS_MASK | sk.sk_flags >> SOCK_LOCALROUTE & 1


def ip_hdrlen(skb: sk_buff) -> int:
    """Length of the packet's IP header in bytes. `include/net/ip.h:49`"""
    return ip_hdr(skb).ihl * 4


def ip_is_fragment(iph: iphdr) -> bool:
    """True if the packet is a piece of a longer one. `include/net/ip.h:228`"""
    return iph.frag_off & (IP_MF | IP_OFFSET) != 0


def ip_decrease_ttl(iph: iphdr) -> int:
    """One hop less to live; the checksum is mended without summing again. `include/net/ip.h:239`"""
    check = iph.check + 0x0100
    iph.check = check + (check >= 0xFFFF) & 0xFFFF
    iph.ttl -= 1
    return iph.ttl


def ip_dont_fragment(sk: "sock", dst: "dst_entry") -> bool:
    """True if the socket wants routers to refuse rather than to split. `include/net/ip.h:248`"""
    pmtudisc = sk.container.pmtudisc
    locked = dst._metrics[RTAX_LOCK - 1] & 1 << RTAX_MTU
    return pmtudisc == IP_PMTUDISC_DO or pmtudisc == IP_PMTUDISC_WANT and not locked


def ip_sk_use_pmtu(sk: "sock") -> bool:
    """True if the socket believes in discovered path MTUs. `include/net/ip.h:447 (6.1)`"""
    return sk.container.pmtudisc < IP_PMTUDISC_PROBE


def ip_sk_ignore_df(sk: "sock") -> bool:
    """True if our own side may split what others may not. `include/net/ip.h:452 (6.1)`"""
    pmtudisc = sk.container.pmtudisc
    return pmtudisc < IP_PMTUDISC_DO or pmtudisc == IP_PMTUDISC_OMIT


def ip_eth_mc_map(naddr: int) -> bytes:
    """The Ethernet address of an IPv4 multicast group (RFC 1112). `include/net/ip.h:287`"""
    return b"\x01\x00\x5e" + (naddr & 0x7FFFFF).to_bytes(3, "big")


def IP_INC_STATS(net: "net", field: int) -> None:
    """Count one event of IP. `include/net/ip.h:175`"""
    net.mib.ip_statistics[field] += 1


def IP_ADD_STATS(net: "net", field: int, val: int) -> None:
    """Count `val` events of IP. `include/net/ip.h:177`"""
    net.mib.ip_statistics[field] += val


def IP_UPD_PO_STATS(net: "net", field: tuple[int, int], val: int) -> None:
    """Count a packet of `val` bytes. `include/net/ip.h:179`"""
    mib = net.mib.ip_statistics
    mib[field[0]] += 1
    mib[field[1]] += val


def NET_INC_STATS(net: "net", field: int) -> None:
    """Count one event of the rest of the stack. `include/net/ip.h:181`"""
    net.mib.net_statistics[field] += 1


IP_INC_STATS_BH = IP_INC_STATS
IP_ADD_STATS_BH = IP_ADD_STATS
IP_UPD_PO_STATS_BH = IP_UPD_PO_STATS
NET_INC_STATS_BH = NET_INC_STATS
