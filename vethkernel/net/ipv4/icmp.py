# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/icmp.c: the Internet Control Message Protocol (RFC 792): echo, and complaints about packets that went wrong.

`icmp_rcv` checks a message and calls its type's handler from `icmp_pointers`; `icmp_echo` answers by `icmp_reply`;
any part of the kernel complains by `icmp_send`, within two rate limits (per namespace and per receiver). Both send
through a kernel-side raw socket of the namespace, one for each CPU. Left out: IPsec's second route lookup, the
reply's IP options, extended echo (PROBE).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vethkernel.globals import g
from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.icmp import icmp_hdr, icmphdr, ICMPHDR_CHECKSUM
from vethkernel.include.linux.ip import ip_hdr, iphdr, iphdr_route
from vethkernel.include.linux.jiffies import HZ
from vethkernel.include.linux.ktime import ktime_get_real
from vethkernel.include.linux.netdevice import NET_RX_DROP, NET_RX_SUCCESS
from vethkernel.include.linux.percpu import for_each_possible_cpu
from vethkernel.include.linux.skbuff import (
    CHECKSUM_COMPLETE,
    CHECKSUM_NONE,
    SKB_TRUESIZE,
    sk_buff,
    skb_network_offset,
)
from vethkernel.include.net.checksum import csum_fold, csum_partial
from vethkernel.include.net.dropreason import (
    SKB_DROP_REASON_ICMP_CSUM,
    SKB_DROP_REASON_INVALID_PROTO,
    SKB_DROP_REASON_IP_INHDR,
    SKB_DROP_REASON_NOT_SPECIFIED,
    SKB_DROP_REASON_PKT_TOO_SMALL,
    SKB_DROP_REASON_UNHANDLED_PROTO,
    SKB_NOT_DROPPED_YET,
    skb_drop_reason,
)
from vethkernel.include.net.dst import dst_mtu
from vethkernel.include.net.flow import flowi4
from vethkernel.include.net.icmp import (
    ICMP_INC_STATS_BH,
    icmp_err as icmp_err_t,
)
from vethkernel.include.net.ip import IP_OFFSET, ipcm_cookie
from vethkernel.include.net.net_namespace import net, pernet_operations
from vethkernel.include.net.route import (
    RT_TOS,
    inet_iif,
    rt_is_input_route,
    rtable,
)
from vethkernel.include.net.sock import SOCK_USE_WRITE_QUEUE, sock, sock_set_flag
from vethkernel.include.uapi.asm_generic.errno import (
    ECONNREFUSED,
    EHOSTDOWN,
    EHOSTUNREACH,
    EMSGSIZE,
    ENETUNREACH,
    ENONET,
    ENOPROTOOPT,
    EOPNOTSUPP,
)
from vethkernel.include.uapi.linux.icmp import (
    ICMP_ADDRESS,
    ICMP_ADDRESSREPLY,
    ICMP_DEST_UNREACH,
    ICMP_ECHO,
    ICMP_ECHOREPLY,
    ICMP_EXC_FRAGTIME,
    ICMP_FRAG_NEEDED,
    ICMP_INFO_REPLY,
    ICMP_INFO_REQUEST,
    ICMP_PARAMETERPROB,
    ICMP_REDIRECT,
    ICMP_SOURCE_QUENCH,
    ICMP_TIME_EXCEEDED,
    ICMP_TIMESTAMP,
    ICMP_TIMESTAMPREPLY,
    NR_ICMP_TYPES,
    NR_ICMP_UNREACH,
)
from vethkernel.include.uapi.linux.if_ import IFF_LOOPBACK
from vethkernel.include.uapi.linux.if_packet import PACKET_HOST
from vethkernel.include.uapi.linux.in_ import INADDR_DUMMY, IP_PMTUDISC_DONT, IPPROTO_ICMP, IPPROTO_RAW
from vethkernel.include.uapi.linux.in_route import RTCF_BROADCAST, RTCF_LOCAL, RTCF_MULTICAST
from vethkernel.include.uapi.linux.ip import IPTOS_PREC_INTERNETCONTROL, IPTOS_TOS_MASK
from vethkernel.include.uapi.linux.rtnetlink import RT_SCOPE_LINK, RTN_BROADCAST, RT_SCOPE_UNIVERSE
from vethkernel.include.uapi.linux.snmp import (
    ICMP_MIB_CSUMERRORS,
    ICMP_MIB_INERRORS,
    ICMP_MIB_INMSGS,
    ICMP_MIB_OUTERRORS,
    ICMP_MIB_OUTMSGS,
    ICMP_MIB_RATELIMITGLOBAL,
    ICMP_MIB_RATELIMITHOST,
)
from vethkernel.include.uapi.linux.socket import MSG_DONTWAIT, PF_INET, SOCK_RAW
from vethkernel.wire import put_be16


class icmp_bxm:
    """A message to be sent: its header with what follows it, and the packet whose bytes come last.
    `net/ipv4/icmp.c:104`"""

    __slots__ = ("skb", "offset", "data_len", "data", "head_len")

    def __init__(self, skb: sk_buff, offset: int, data_len: int, data: bytearray) -> None:
        self.skb = skb
        self.offset = offset
        self.data_len = data_len
        self.data = data
        self.head_len = len(data)


class icmp_control(NamedTuple):
    """What to do with a type of message, and whether it is a complaint. `net/ipv4/icmp.c:192`"""

    handler: Callable[[sk_buff], skb_drop_reason]
    error: bool = False


# What a socket is told for each code of ICMP_DEST_UNREACH (RFC 1122, 3.2.2.1).
icmp_err_convert = (
    icmp_err_t(ENETUNREACH, False),
    icmp_err_t(EHOSTUNREACH, False),
    icmp_err_t(ENOPROTOOPT, True),
    icmp_err_t(ECONNREFUSED, True),
    icmp_err_t(EMSGSIZE, False),
    icmp_err_t(EOPNOTSUPP, False),
    icmp_err_t(ENETUNREACH, True),
    icmp_err_t(EHOSTDOWN, True),
    icmp_err_t(ENONET, True),
    icmp_err_t(ENETUNREACH, True),
    icmp_err_t(EHOSTUNREACH, True),
    icmp_err_t(ENETUNREACH, False),
    icmp_err_t(EHOSTUNREACH, False),
    icmp_err_t(EHOSTUNREACH, True),
    icmp_err_t(EHOSTUNREACH, True),
    icmp_err_t(EHOSTUNREACH, True),
)


def icmp_sk(net: net) -> sock:
    """The namespace's ICMP socket of this CPU. `net/ipv4/icmp.c:206`"""
    return net.ipv4.icmp_sk[g.cpu]


def icmp_xmit_lock(net: net) -> sock:
    """Begin to send: soft interrupts wait until icmp_xmit_unlock. `net/ipv4/icmp.c:211`"""
    local_bh_disable()
    return net.ipv4.icmp_sk[g.cpu]  # icmp_sk


def icmp_xmit_unlock(sk: sock) -> None:
    """The message is on its way. `net/ipv4/icmp.c:229`"""
    local_bh_enable()


def icmp_global_allow(net: net) -> bool:
    """True unless the namespace sent too many complaints lately. `net/ipv4/icmp.c:233 (6.1)`"""
    ipv4 = net.ipv4
    if ipv4.icmp_global_credit > 0:
        return True
    now = g.jiffies
    delta = min(now - ipv4.icmp_global_stamp, HZ)
    incr = ipv4.sysctl_icmp_msgs_per_sec * delta // HZ
    if delta < HZ // 50 or not incr:
        return False
    ipv4.icmp_global_stamp = now
    ipv4.icmp_global_credit = min(ipv4.icmp_global_credit + incr, ipv4.sysctl_icmp_msgs_burst)
    return True


def icmp_global_consume(net: net) -> None:
    """One more complaint was sent; what it costs is random, so that nobody can count ours.
    `net/ipv4/icmp.c:266 (6.1)`"""
    net.ipv4.icmp_global_credit -= prandom_u32_max(3)


def icmpv4_mask_allow(net: net, type: int, code: int) -> bool:
    """True if this kind of message is not limited at all. `net/ipv4/icmp.c:276 (6.1)`"""
    if type > NR_ICMP_TYPES or type == ICMP_DEST_UNREACH and code == ICMP_FRAG_NEEDED:
        return True
    return not 1 << type & net.ipv4.sysctl_icmp_ratemask


def icmpv4_global_allow(net: net, type: int, code: int) -> tuple[bool, bool]:
    """Whether the message may be sent, and whether its receiver's limit applies too. `net/ipv4/icmp.c:292 (6.1)`"""
    if icmpv4_mask_allow(net, type, code):
        return True, False
    if icmp_global_allow(net):
        return True, True
    ICMP_INC_STATS_BH(net, ICMP_MIB_RATELIMITGLOBAL)
    return False, False


def icmpv4_xrlim_allow(
    net: net, rt: rtable, fl4: flowi4, type: int, code: int, apply_ratelimit: bool
) -> bool:
    """True unless the receiver got too many complaints lately; on lo there are never too many. `net/ipv4/icmp.c:238`"""
    if not apply_ratelimit:
        return True
    rc = True
    if not rt.dst.dev.flags & IFF_LOOPBACK:
        peer = inet_getpeer_v4(net.ipv4.peers, fl4.daddr, 1)
        rc = inet_peer_xrlim_allow(peer, net.ipv4.sysctl_icmp_ratelimit)
    if rc:
        icmp_global_consume(net)
    else:
        ICMP_INC_STATS_BH(net, ICMP_MIB_RATELIMITHOST)
    return rc


def icmp_out_count(net: net, type: int) -> None:
    """Count a message that is sent. `net/ipv4/icmp.c:270`"""
    net.mib.icmpmsg_statistics[type + 256] += 1
    net.mib.icmp_statistics[ICMP_MIB_OUTMSGS] += 1


def icmp_glue_bits(from_: icmp_bxm, to: int, offset: int, len: int, odd: int, skb: sk_buff) -> int:
    """The getfrag of ICMP: the bytes of the packet that the message is about. `net/ipv4/icmp.c:280`"""
    piece = skb_copy_bits(from_.skb, from_.offset + offset, len)
    skb.head[to : to + len] = piece
    csum = csum_partial(piece, len, 0)
    skb.csum += csum << 8 if odd & 1 else csum  # csum_block_add
    return 0


def icmp_push_reply(icmp_param: icmp_bxm, fl4: flowi4, ipc: ipcm_cookie, rt: rtable) -> None:
    """Put the message together, compute its checksum, and send it. `net/ipv4/icmp.c:296`"""
    sk = rt.dst.dev.nd_net.ipv4.icmp_sk[g.cpu]
    head_len = icmp_param.head_len
    length = icmp_param.data_len + head_len
    if ip_append_data(sk, fl4, icmp_glue_bits, icmp_param, length, head_len, ipc, rt, MSG_DONTWAIT) < 0:
        ICMP_INC_STATS_BH(sk.sk_net, ICMP_MIB_OUTERRORS)
        ip_flush_pending_frames(sk)
        return
    if not sk.sk_write_queue.queue:
        return
    skb = sk.sk_write_queue.queue[0]
    csum = csum_partial(icmp_param.data, head_len, 0)
    for skb1 in sk.sk_write_queue.queue:
        csum += skb1.csum
    at = skb.transport_header
    skb.head[at : at + head_len] = icmp_param.data
    put_be16(skb.head, at + ICMPHDR_CHECKSUM, csum_fold(csum))
    skb.ip_summed = CHECKSUM_NONE
    ip_push_pending_frames(sk, fl4)


def icmp_reply(icmp_param: icmp_bxm, skb: sk_buff) -> None:
    """Answer a message: back to where it came from. `net/ipv4/icmp.c:331`"""
    net = skb.dst.dev.nd_net
    type, code = icmp_param.data[0], icmp_param.data[1]
    allowed, apply_ratelimit = icmpv4_global_allow(net, type, code)
    if not allowed:
        return
    sk = icmp_xmit_lock(net)
    icmp_param.data[2:4] = b"\0\0"  # the checksum
    tos, daddr, _ = iphdr_route(skb.head, skb.network_header)
    sk.container.tos = tos
    ipc = ipcm_cookie(daddr)
    saddr = fib_compute_spec_dst(skb)
    fl4 = flowi4(daddr, saddr, 0, 0, 0, tos & IPTOS_TOS_MASK, RT_SCOPE_UNIVERSE, IPPROTO_ICMP)
    rt = ip_route_output_flow(net, fl4, None)  # ip_route_output_key
    if not isinstance(rt, int) and icmpv4_xrlim_allow(net, rt, fl4, type, code, apply_ratelimit):
        icmp_push_reply(icmp_param, fl4, ipc, rt)
    icmp_xmit_unlock(sk)


def icmp_route_lookup(
    net: net, fl4: flowi4, skb_in: sk_buff, iph: iphdr, saddr: int, tos: int, type: int, code: int, param: icmp_bxm
) -> rtable:
    """The way of a complaint to the sender of the packet it is about; or an error. `net/ipv4/icmp.c:378`"""
    fl4.daddr = iph.saddr
    fl4.saddr = saddr
    fl4.flowi4_tos = RT_TOS(tos)
    fl4.flowi4_proto = IPPROTO_ICMP
    fl4.fl4_icmp_type = type
    fl4.fl4_icmp_code = code
    return __ip_route_output_key(net, fl4)


def icmp_send(skb_in: sk_buff, type: int, code: int, info: int) -> None:
    """Tell the sender of `skb_in` what went wrong with it; never about a broadcast, a later fragment, or a complaint
    (RFC 1122, 3.2.2). `net/ipv4/icmp.c:481`"""
    rt = skb_in.dst.container
    if rt is None:
        return
    net = rt.dst.dev.nd_net
    iph = ip_hdr(skb_in)
    if skb_in.network_header < 0 or skb_in.network_header + iphdr.SIZE > skb_in.tail:
        return
    if skb_in.pkt_type != PACKET_HOST or rt.rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST) or iph.frag_off & IP_OFFSET:
        return
    if icmp_pointers[type].error and iph.protocol == IPPROTO_ICMP:
        itp = skb_in.network_header + iph.ihl * 4
        inner_type = skb_in.head[itp] if itp < skb_in.tail else None
        if inner_type is None or inner_type > NR_ICMP_TYPES or icmp_pointers[inner_type].error:
            return
    apply_ratelimit = False
    if skb_in.dev is None or not skb_in.dev.flags & IFF_LOOPBACK:
        allowed, apply_ratelimit = icmpv4_global_allow(net, type, code)
        if not allowed:
            return
    sk = icmp_xmit_lock(net)
    icmp_send_from(sk, net, skb_in, iph, rt, type, code, info, apply_ratelimit)
    icmp_xmit_unlock(sk)


def icmp_send_from(
    sk: sock, net: net, skb_in: sk_buff, iph: iphdr, rt: rtable, type: int, code: int, info: int, apply_ratelimit: bool
) -> None:
    """The second half of icmp_send: the complaint is justified, so find its way and push it out."""
    saddr = iph.daddr
    if not rt.rt_flags & RTCF_LOCAL:
        dev = None
        if rt_is_input_route(rt) and net.ipv4.sysctl_icmp_errors_use_inbound_ifaddr:
            dev = dev_get_by_index_rcu(net, inet_iif(skb_in))
        saddr = inet_select_addr(dev, iph.saddr, RT_SCOPE_LINK) if dev is not None else 0
    tos = RT_TOS(iph.tos) | IPTOS_PREC_INTERNETCONTROL if icmp_pointers[type].error else iph.tos
    data = bytearray(icmphdr.SIZE)
    icmph = icmphdr(data)
    icmph.type = type
    icmph.code = code
    icmph.gateway = info
    icmp_param = icmp_bxm(skb_in, skb_network_offset(skb_in), 0, data)
    sk.container.tos = tos
    fl4 = flowi4()
    rt = icmp_route_lookup(net, fl4, skb_in, iph, saddr, tos, type, code, icmp_param)
    if IS_ERR(rt) or not icmpv4_xrlim_allow(net, rt, fl4, type, code, apply_ratelimit):
        return
    room = min(dst_mtu(rt.dst), 576) - iphdr.SIZE - icmphdr.SIZE
    if room <= iphdr.SIZE:
        return
    icmp_param.data_len = min(skb_in.len - icmp_param.offset, room)
    fl4.saddr = fl4.saddr or INADDR_DUMMY
    icmp_push_reply(icmp_param, fl4, ipcm_cookie(iph.saddr), rt)


def icmp_socket_deliver(skb: sk_buff, info: int) -> None:
    """Give a complaint to the protocol, and the raw sockets, of the packet it is about. `net/ipv4/icmp.c:638`"""
    iph = iphdr(skb.head, skb.data)
    protocol = iph.protocol
    if not pskb_may_pull(skb, iph.ihl * 4 + 8) or protocol == IPPROTO_RAW:
        ICMP_INC_STATS_BH(skb.dev.nd_net, ICMP_MIB_INERRORS)
        return
    raw_icmp_error(skb, protocol, info)
    ipprot = g.inet_protos[protocol]
    if ipprot is not None and ipprot.err_handler is not None:
        ipprot.err_handler(skb, info)


def icmp_tag_validation(proto: int) -> bool:
    """True if the protocol makes sure that a complaint is about a packet of its own. `net/ipv4/icmp.c:894 (6.1)`"""
    ipprot = g.inet_protos[proto]
    return ipprot is not None and ipprot.icmp_strict_tag_validation


def icmp_unreach(skb: sk_buff) -> skb_drop_reason:
    """A complaint came: unreachable, too old, source quench, bad parameter. `net/ipv4/icmp.c:663`"""
    net = skb.dst.dev.nd_net
    info = 0
    if not pskb_may_pull(skb, iphdr.SIZE):
        ICMP_INC_STATS_BH(net, ICMP_MIB_INERRORS)
        return SKB_DROP_REASON_NOT_SPECIFIED
    icmph = icmp_hdr(skb)
    iph = iphdr(skb.head, skb.data)
    if iph.ihl < 5:
        ICMP_INC_STATS_BH(net, ICMP_MIB_INERRORS)
        return SKB_DROP_REASON_IP_INHDR
    type = icmph.type
    if type == ICMP_DEST_UNREACH:
        if icmph.code & 15 == ICMP_FRAG_NEEDED:
            no_pmtu_disc = net.ipv4.sysctl_ip_no_pmtu_disc
            if no_pmtu_disc == 2 or no_pmtu_disc == 3 and not icmp_tag_validation(iph.protocol):
                return SKB_NOT_DROPPED_YET
            if no_pmtu_disc in (0, 3):
                info = icmph.mtu
        if icmph.code > NR_ICMP_UNREACH:
            return SKB_NOT_DROPPED_YET
    elif type == ICMP_PARAMETERPROB:
        info = icmph.gateway >> 24
    elif type == ICMP_TIME_EXCEEDED and icmph.code == ICMP_EXC_FRAGTIME:
        return SKB_NOT_DROPPED_YET
    if (
        not net.ipv4.sysctl_icmp_ignore_bogus_error_responses
        and inet_addr_type_dev_table(net, skb.dev, iph.daddr) == RTN_BROADCAST
    ):
        sender, about = ip4_addr_string(ip_hdr(skb).saddr), ip4_addr_string(iph.daddr)
        error = f"invalid ICMP type {type}, code {icmph.code} error"
        printk(f"icmp: {sender} sent an {error} to a broadcast: {about} on {skb.dev.name}")
        return SKB_NOT_DROPPED_YET
    icmp_socket_deliver(skb, info)
    return SKB_NOT_DROPPED_YET


def icmp_redirect(skb: sk_buff) -> skb_drop_reason:
    """Somebody knows a shorter way. `net/ipv4/icmp.c:757`"""
    if skb.len < iphdr.SIZE:
        ICMP_INC_STATS_BH(skb.dev.nd_net, ICMP_MIB_INERRORS)
        return SKB_DROP_REASON_PKT_TOO_SMALL
    pskb_may_pull(skb, iphdr.SIZE)
    icmp_socket_deliver(skb, icmp_hdr(skb).gateway)
    return SKB_NOT_DROPPED_YET


def icmp_echo(skb: sk_buff) -> skb_drop_reason:
    """A ping: send it back. `net/ipv4/icmp.c:782`"""
    net = skb.dst.dev.nd_net
    if not net.ipv4.sysctl_icmp_echo_ignore_all:
        at = skb.transport_header
        data = skb.head[at : at + icmphdr.SIZE]
        data[0] = ICMP_ECHOREPLY
        icmp_reply(icmp_bxm(skb, 0, skb.len, data), skb)
    return SKB_NOT_DROPPED_YET


def icmp_timestamp(skb: sk_buff) -> skb_drop_reason:
    """Somebody asks what time it is, in milliseconds since midnight UT. `net/ipv4/icmp.c:807`"""
    if skb.len < 4:
        ICMP_INC_STATS_BH(skb.dst.dev.nd_net, ICMP_MIB_INERRORS)
        return SKB_DROP_REASON_PKT_TOO_SMALL
    now = (ktime_get_real() // 1_000_000 % 86_400_000).to_bytes(4, "big")
    at = skb.transport_header
    data = skb.head[at : at + icmphdr.SIZE] + skb_copy_bits(skb, 0, 4) + now + now
    data[0], data[1] = ICMP_TIMESTAMPREPLY, 0
    icmp_reply(icmp_bxm(skb, 0, 0, data), skb)
    return SKB_NOT_DROPPED_YET


def icmp_discard(skb: sk_buff) -> skb_drop_reason:
    """A message that nothing needs to be done about. `net/ipv4/icmp.c:841`"""
    return SKB_NOT_DROPPED_YET


def icmp_rcv(skb: sk_buff) -> int:
    """Take an ICMP message: look whether it is sound, and call its type's handler. `net/ipv4/icmp.c:848`"""
    rt = skb.dst.container
    net = rt.dst.dev.nd_net
    net.mib.icmp_statistics[ICMP_MIB_INMSGS] += 1
    if skb.ip_summed == CHECKSUM_NONE or skb.ip_summed == CHECKSUM_COMPLETE:
        skb.csum = 0
        if __skb_checksum_complete(skb):
            ICMP_INC_STATS_BH(net, ICMP_MIB_CSUMERRORS)
            return icmp_rcv_error(skb, net, SKB_DROP_REASON_ICMP_CSUM)
    if skb.len - skb.data_len < icmphdr.SIZE and not pskb_may_pull(skb, icmphdr.SIZE):
        return icmp_rcv_error(skb, net, SKB_DROP_REASON_NOT_SPECIFIED)
    skb.len -= icmphdr.SIZE
    skb.data += icmphdr.SIZE
    type = skb.head[skb.transport_header]
    net.mib.icmpmsg_statistics[type] += 1
    if type > NR_ICMP_TYPES:
        return icmp_rcv_error(skb, net, SKB_DROP_REASON_UNHANDLED_PROTO)
    if rt.rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST):
        ignored = type in (ICMP_ECHO, ICMP_TIMESTAMP) and net.ipv4.sysctl_icmp_echo_ignore_broadcasts
        if ignored or type not in (ICMP_ECHO, ICMP_TIMESTAMP, ICMP_ADDRESS, ICMP_ADDRESSREPLY):
            return icmp_rcv_error(skb, net, SKB_DROP_REASON_INVALID_PROTO)
    reason = icmp_pointers[type].handler(skb)
    if not reason:
        consume_skb(skb)
        return NET_RX_SUCCESS
    kfree_skb_reason(skb, reason)
    return NET_RX_DROP


def icmp_rcv_error(skb: sk_buff, net: net, reason: skb_drop_reason) -> int:
    """The end of icmp_rcv for a message that is not sound."""
    ICMP_INC_STATS_BH(net, ICMP_MIB_INERRORS)
    kfree_skb_reason(skb, reason)
    return NET_RX_DROP


def icmp_err(skb: sk_buff, info: int) -> None:
    """A complaint came about an ICMP message of ours. `net/ipv4/icmp.c:939`"""
    iph = iphdr(skb.head, skb.data)
    icmph = icmphdr(skb.head, skb.data + iph.ihl * 4)
    type, code = icmp_hdr(skb).type, icmp_hdr(skb).code
    net = skb.dev.nd_net
    if icmph.type != ICMP_ECHOREPLY:
        ping_err(skb, info)
    elif type == ICMP_DEST_UNREACH and code == ICMP_FRAG_NEEDED:
        ipv4_update_pmtu(skb, net, info, 0, 0, IPPROTO_ICMP, 0)
    elif type == ICMP_REDIRECT:
        ipv4_redirect(skb, net, 0, 0, IPPROTO_ICMP, 0)


def icmp_sk_exit(net: net) -> None:
    """A namespace ends, and with it its sockets. `net/ipv4/icmp.c:1036`"""
    for sk in net.ipv4.icmp_sk:
        inet_ctl_sock_destroy(sk)
    net.ipv4.icmp_sk = []


def icmp_sk_init(net: net) -> int:
    """A new namespace gets an ICMP socket for each CPU. `net/ipv4/icmp.c:1046`"""
    for _ in for_each_possible_cpu():
        err, sk = inet_ctl_sock_create(PF_INET, SOCK_RAW, IPPROTO_ICMP, net)
        if err < 0:
            icmp_sk_exit(net)
            return err
        net.ipv4.icmp_sk.append(sk)
        sk.sk_sndbuf = 2 * SKB_TRUESIZE(64 * 1024)
        sock_set_flag(sk, SOCK_USE_WRITE_QUEUE)
        sk.container.pmtudisc = IP_PMTUDISC_DONT
    return 0


def icmp_init() -> int:
    """Have ICMP in every namespace. `net/ipv4/icmp.c:1114`"""
    return register_pernet_subsys(pernet_operations(init=icmp_sk_init, exit=icmp_sk_exit))


from vethkernel.drivers.char.random import prandom_u32_max
from vethkernel.kernel.printk import printk
from vethkernel.kernel.softirq import local_bh_disable, local_bh_enable
from vethkernel.lib.vsprintf import ip4_addr_string
from vethkernel.net.core.datagram import __skb_checksum_complete
from vethkernel.net.core.dev import dev_get_by_index_rcu
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.skbuff import consume_skb, kfree_skb_reason, pskb_may_pull, skb_copy_bits
from vethkernel.net.ipv4.af_inet import inet_ctl_sock_create, inet_ctl_sock_destroy
from vethkernel.net.ipv4.devinet import inet_select_addr
from vethkernel.net.ipv4.fib_frontend import fib_compute_spec_dst, inet_addr_type_dev_table
from vethkernel.net.ipv4.inetpeer import inet_getpeer_v4, inet_peer_xrlim_allow
from vethkernel.net.ipv4.ip_output import ip_append_data, ip_flush_pending_frames, ip_push_pending_frames
from vethkernel.net.ipv4.ping import ping_err, ping_rcv
from vethkernel.net.ipv4.raw import raw_icmp_error
from vethkernel.net.ipv4.route import __ip_route_output_key, ipv4_redirect, ipv4_update_pmtu, ip_route_output_flow

_handlers = {
    ICMP_ECHOREPLY: icmp_control(ping_rcv),
    ICMP_DEST_UNREACH: icmp_control(icmp_unreach, True),
    ICMP_SOURCE_QUENCH: icmp_control(icmp_unreach, True),
    ICMP_REDIRECT: icmp_control(icmp_redirect, True),
    ICMP_ECHO: icmp_control(icmp_echo),
    ICMP_TIME_EXCEEDED: icmp_control(icmp_unreach, True),
    ICMP_PARAMETERPROB: icmp_control(icmp_unreach, True),
    ICMP_TIMESTAMP: icmp_control(icmp_timestamp),
    ICMP_TIMESTAMPREPLY: icmp_control(icmp_discard),
    ICMP_INFO_REQUEST: icmp_control(icmp_discard),
    ICMP_INFO_REPLY: icmp_control(icmp_discard),
    ICMP_ADDRESS: icmp_control(icmp_discard),
    ICMP_ADDRESSREPLY: icmp_control(icmp_discard),
}
icmp_pointers = tuple(_handlers.get(type, icmp_control(icmp_discard, True)) for type in range(NR_ICMP_TYPES + 1))
