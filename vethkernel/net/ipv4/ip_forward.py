# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/ip_forward.c: a packet that is for somebody else goes on, one hop older. Left out: IPsec, IP options."""

from __future__ import annotations

from vethkernel.include.linux.ip import ip_hdr
from vethkernel.include.linux.netdevice import LL_RESERVED_SPACE, NET_RX_DROP
from vethkernel.include.linux.skbuff import sk_buff, skb_forward_csum
from vethkernel.include.net.dropreason import (
    SKB_DROP_REASON_IP_INHDR,
    SKB_DROP_REASON_NOT_SPECIFIED,
    SKB_DROP_REASON_PKT_TOO_BIG,
)
from vethkernel.include.net.dst import dst_output
from vethkernel.include.net.ip import IP_DF, IP_INC_STATS, IP_INC_STATS_BH, IPCB, IPSKB_DOREDIRECT, IPSKB_FORWARDED
from vethkernel.include.net.ip import ip_decrease_ttl
from vethkernel.include.net.route import rt_tos2priority
from vethkernel.include.uapi.linux.icmp import (
    ICMP_DEST_UNREACH,
    ICMP_EXC_TTL,
    ICMP_FRAG_NEEDED,
    ICMP_TIME_EXCEEDED,
)
from vethkernel.include.uapi.linux.if_packet import PACKET_HOST
from vethkernel.include.uapi.linux.snmp import (
    IPSTATS_MIB_FRAGFAILS,
    IPSTATS_MIB_INHDRERRORS,
    IPSTATS_MIB_OUTFORWDATAGRAMS,
)


def ip_exceeds_mtu(skb: sk_buff, mtu: int) -> bool:
    """True if the packet is too long for its next hop and may not be split. `net/ipv4/ip_forward.c:43 (6.1)`"""
    if skb.len <= mtu or ip_hdr(skb).frag_off & IP_DF == 0:
        return False
    return IPCB(skb).frag_max_size > mtu or not skb.local_df


def ip_forward_finish(skb: sk_buff) -> int:
    """Send it on. `net/ipv4/ip_forward.c:42`"""
    return dst_output(skb)


def ip_forward(skb: sk_buff) -> int:
    """Send a packet on along its route, unless it is too old or too long; then its sender is told.
    `net/ipv4/ip_forward.c:55`"""
    reason = SKB_DROP_REASON_NOT_SPECIFIED
    net = skb.dev.nd_net
    rt = skb.dst.container
    if skb.pkt_type != PACKET_HOST or skb.sk is not None:
        kfree_skb_reason(skb, reason)
        return NET_RX_DROP
    skb_forward_csum(skb)
    if ip_hdr(skb).ttl <= 1:
        IP_INC_STATS_BH(net, IPSTATS_MIB_INHDRERRORS)
        icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0)
        kfree_skb_reason(skb, SKB_DROP_REASON_IP_INHDR)
        return NET_RX_DROP
    IP_INC_STATS_BH(net, IPSTATS_MIB_OUTFORWDATAGRAMS)
    IPCB(skb).flags |= IPSKB_FORWARDED
    mtu = ip_dst_mtu_maybe_forward(rt.dst, True)
    if ip_exceeds_mtu(skb, mtu):
        IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS)
        icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu)
        kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_BIG)
        return NET_RX_DROP
    if skb_cow(skb, LL_RESERVED_SPACE(rt.dst.dev) + rt.dst.header_len):
        kfree_skb_reason(skb, reason)
        return NET_RX_DROP
    iph = ip_hdr(skb)
    ip_decrease_ttl(iph)
    if IPCB(skb).flags & IPSKB_DOREDIRECT:
        ip_rt_send_redirect(skb)
    if net.ipv4.sysctl_ip_fwd_update_priority:
        skb.priority = rt_tos2priority(iph.tos)
    return ip_forward_finish(skb)


from vethkernel.net.core.skbuff import kfree_skb_reason, skb_cow
from vethkernel.net.ipv4.icmp import icmp_send
from vethkernel.net.ipv4.ip_output import ip_dst_mtu_maybe_forward
from vethkernel.net.ipv4.route import ip_rt_send_redirect
