# SPDX-License-Identifier: GPL-2.0-only
"""include/net/route.h: an IPv4 route as a packet has it: a dst_entry (its field `dst`) and what IPv4 adds."""

from typing import Any

from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.dst import dst_entry
from vethkernel.include.net.flow import FLOWI_FLAG_ANYSRC, flowi4, flowi4_init_output, flowi4_update_output
from vethkernel.include.net.sock import SOCK_LOCALROUTE, sock_flag
from vethkernel.include.uapi.linux.ip import IPTOS_TOS_MASK
from vethkernel.include.uapi.linux.rtnetlink import RTAX_HOPLIMIT

RTO_ONLINK = 0x01
IPTOS_RT_MASK = IPTOS_TOS_MASK & ~3


class rtable:
    """One way that packets go."""

    __slots__ = (
        "dst", "rt_genid", "rt_flags", "rt_type", "rt_is_input", "rt_uses_gateway", "rt_iif", "rt_gateway", "rt_pmtu",
        "rt_mtu_locked",
    )  # fmt: skip

    def __init__(self, dst: dst_entry) -> None:
        self.dst = dst
        self.rt_genid = self.rt_flags = self.rt_type = 0
        self.rt_is_input = self.rt_uses_gateway = False
        self.rt_iif = self.rt_gateway = self.rt_pmtu = 0
        self.rt_mtu_locked = False


def skb_rtable(skb: sk_buff) -> rtable:
    """The packet's route, or None. `include/linux/skbuff.h:624`"""
    dst = skb.dst
    return None if dst is None else dst.container


def RT_TOS(tos: int) -> int:
    """The bits of TOS that routes are chosen by. `include/uapi/linux/in_route.h:30`"""
    return tos & IPTOS_TOS_MASK


def rt_is_input_route(rt: rtable) -> bool:
    """Whether packets came in to take it. `include/net/route.h:65`"""
    return rt.rt_is_input


def rt_is_output_route(rt: rtable) -> bool:
    """Whether packets start here. `include/net/route.h:70`"""
    return not rt.rt_is_input


def rt_nexthop(rt: rtable, daddr: int) -> int:
    """Whose link-layer address is needed: the gateway's, or else the receiver's. `include/net/route.h:75`"""
    return rt.rt_gateway or daddr


# Priorities of include/uapi/linux/pkt_sched.h, and which one a type of service has (net/ipv4/route.c:179)
TC_PRIO_BESTEFFORT, TC_PRIO_BULK, TC_PRIO_INTERACTIVE_BULK, TC_PRIO_INTERACTIVE = 0, 2, 4, 6
ip_tos2prio = (
    *(TC_PRIO_BESTEFFORT,) * 4,
    *(TC_PRIO_BULK,) * 4,
    *(TC_PRIO_INTERACTIVE,) * 4,
    *(TC_PRIO_INTERACTIVE_BULK,) * 4,
)


def RT_CONN_FLAGS(sk: Any) -> int:
    """A socket's TOS as routes are chosen by it, and whether it stays on the link. `include/net/route.h:41`"""
    return RT_TOS(sk.container.tos) | sock_flag(sk, SOCK_LOCALROUTE)


def rt_tos2priority(tos: int) -> int:
    """How urgent a packet of this TOS is. `include/net/route.h:214`"""
    return ip_tos2prio[RT_TOS(tos) >> 1]


def inet_iif(skb: sk_buff) -> int:
    """The device that a packet is said to have come in by. `include/net/route.h:300`"""
    rt = skb.dst.container
    return rt is not None and rt.rt_iif or skb.skb_iif


def ip4_dst_hoplimit(dst: dst_entry) -> int:
    """The TTL that packets start with. `include/net/route.h:311`"""
    return dst._metrics[RTAX_HOPLIMIT - 1] or dst.dev.nd_net.ipv4.sysctl_ip_default_ttl


# A header loads no .c module: these look for theirs when they are called.


def ip_route_output_key(net: Any, flp: flowi4) -> Any:
    """The way out for what is asked in `flp`. `include/net/route.h:119`"""
    from vethkernel.net.ipv4.route import ip_route_output_flow

    return ip_route_output_flow(net, flp, None)


def ip_route_output(net: Any, daddr: int, saddr: int, tos: int, oif: int) -> Any:
    """The way out to an address. `include/net/route.h:124`"""
    return ip_route_output_key(net, flowi4(daddr, saddr, oif, flowi4_tos=tos))


def ip_route_output_ports(
    net: Any, fl4: flowi4, sk: Any, daddr: int, saddr: int, dport: int, sport: int, proto: int, tos: int, oif: int
) -> Any:
    """The way out for a socket with ports. `include/net/route.h:136`"""
    from vethkernel.net.ipv4.route import ip_route_output_flow

    flowi4_init_output(fl4, oif, sk.sk_mark if sk else 0, tos, 0, proto, 0, daddr, saddr, dport, sport)
    return ip_route_output_flow(net, fl4, sk)


def ip_route_connect_init(
    fl4: flowi4, dst: int, src: int, tos: int, oif: int, protocol: int, sport: int, dport: int, sk: Any,
    can_sleep: bool,
) -> None:  # fmt: skip
    """Ask for the way out of a socket that is being connected. `include/net/route.h:243`"""
    flow_flags = FLOWI_FLAG_ANYSRC if sk.container.transparent else 0
    flowi4_init_output(fl4, oif, sk.sk_mark, tos, 0, protocol, flow_flags, dst, src, dport, sport)


def ip_route_connect(
    fl4: flowi4, dst: int, src: int, tos: int, oif: int, protocol: int, sport: int, dport: int, sk: Any,
    can_sleep: bool,
) -> Any:  # fmt: skip
    """The way out of that socket, or an error: asked twice if an address is to be chosen first.
    `include/net/route.h:259`"""
    from vethkernel.net.ipv4.route import __ip_route_output_key, ip_route_output_flow

    net = sk.sk_net
    ip_route_connect_init(fl4, dst, src, tos, oif, protocol, sport, dport, sk, can_sleep)
    if not dst or not src:
        rt = __ip_route_output_key(net, fl4)
        if IS_ERR(rt):
            return rt
        flowi4_update_output(fl4, oif, tos, fl4.daddr, fl4.saddr)
    return ip_route_output_flow(net, fl4, sk)


def ip_route_input(skb: sk_buff, dst: int, src: int, tos: int, devin: Any) -> int:
    """Find the way of a received packet. `include/net/route.h:168`"""
    from vethkernel.net.ipv4.route import ip_route_input_noref

    return ip_route_input_noref(skb, dst, src, tos, devin)
