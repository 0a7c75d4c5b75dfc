# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/ip_input.c: how an IPv4 packet comes in (RFC 791, RFC 1122).

`ip_rcv` looks whether it is sound, `ip_rcv_finish` asks the routing table whose it is and hands it on by
`skb.dst.input`: to `ip_local_deliver` if it is ours, to `ip_forward` if it may go on, to `ip_error` if neither.
Left out: IP options (a packet with options is taken, the options are not looked at), IPsec, the filter hooks.
"""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.inetdevice import IN_DEV_ORCONF, __in_dev_get_rcu
from vethkernel.include.linux.ip import IPHDR_FRAG_OFF, IPHDR_PROTOCOL, iphdr, iphdr_route, iphdr_start
from vethkernel.include.linux.netdevice import NET_RX_DROP, net_device, packet_type
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.checksum import ip_fast_csum
from vethkernel.include.net.dropreason import (
    SKB_DROP_REASON_IP_CSUM,
    SKB_DROP_REASON_IP_INHDR,
    SKB_DROP_REASON_IP_NOPROTO,
    SKB_DROP_REASON_IP_RPFILTER,
    SKB_DROP_REASON_NOT_SPECIFIED,
    SKB_DROP_REASON_OTHERHOST,
    SKB_DROP_REASON_PKT_TOO_SMALL,
    SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST,
    skb_drop_reason,
)
from vethkernel.include.net.ip import (
    IP_DEFRAG_LOCAL_DELIVER,
    IP_INC_STATS_BH,
    IP_UPD_PO_STATS_BH,
    NET_INC_STATS_BH,
)
from vethkernel.include.net.snmp import IPSTATS_MIB_INBCAST, IPSTATS_MIB_INMCAST
from vethkernel.include.uapi.asm_generic.errno import EXDEV
from vethkernel.include.uapi.linux.icmp import ICMP_DEST_UNREACH, ICMP_PROT_UNREACH
from vethkernel.include.uapi.linux.if_packet import PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST
from vethkernel.include.uapi.linux.ip import IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST
from vethkernel.include.uapi.linux.rtnetlink import RTN_BROADCAST, RTN_MULTICAST
from vethkernel.include.uapi.linux.snmp import (
    IPSTATS_MIB_CSUMERRORS,
    IPSTATS_MIB_INDELIVERS,
    IPSTATS_MIB_INDISCARDS,
    IPSTATS_MIB_INHDRERRORS,
    IPSTATS_MIB_INOCTETS,
    IPSTATS_MIB_INPKTS,
    IPSTATS_MIB_INTRUNCATEDPKTS,
    IPSTATS_MIB_INUNKNOWNPROTOS,
    IPSTATS_MIB_NOECTPKTS,
    LINUX_MIB_IPRPFILTER,
)

INET_ECN_MASK = 3


def ip_local_deliver_finish(skb: sk_buff) -> int:
    """Take the IP header off and hand the rest to its protocol, a copy to raw sockets. `net/ipv4/ip_input.c:189`"""
    net = skb.dev.nd_net
    skb.len += skb.data - skb.transport_header
    skb.data = skb.transport_header
    protocol = skb.head[skb.network_header + IPHDR_PROTOCOL]
    while True:
        raw = raw_local_deliver(skb, protocol)
        ipprot = g.inet_protos[protocol]
        if ipprot is not None:
            ret = ipprot.handler(skb)
            if ret < 0:
                protocol = -ret
                continue
            net.mib.ip_statistics[IPSTATS_MIB_INDELIVERS] += 1
        elif raw:
            net.mib.ip_statistics[IPSTATS_MIB_INDELIVERS] += 1
            consume_skb(skb)
        else:
            IP_INC_STATS_BH(net, IPSTATS_MIB_INUNKNOWNPROTOS)
            icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0)
            kfree_skb_reason(skb, SKB_DROP_REASON_IP_NOPROTO)
        return 0


def ip_local_deliver(skb: sk_buff) -> int:
    """The packet is for this machine: put it together if it came in pieces. `net/ipv4/ip_input.c:244`"""
    frag_off = skb.network_header + IPHDR_FRAG_OFF
    if skb.head[frag_off] & 0x3F or skb.head[frag_off + 1]:  # ip_is_fragment
        if ip_defrag(skb, IP_DEFRAG_LOCAL_DELIVER):
            return 0
    return ip_local_deliver_finish(skb)


def ip_rcv_finish(skb: sk_buff) -> int:
    """Ask the routing table whose packet this is, and let it go there. `net/ipv4/ip_input.c:311`"""
    dev = skb.dev
    net = dev.nd_net
    if skb.dst is None:
        tos, saddr, daddr = iphdr_route(skb.head, skb.network_header)
        err = ip_route_input_noref(skb, daddr, saddr, tos, dev)
        if err:
            reason = SKB_DROP_REASON_NOT_SPECIFIED
            if err == -EXDEV:
                reason = SKB_DROP_REASON_IP_RPFILTER
                NET_INC_STATS_BH(net, LINUX_MIB_IPRPFILTER)
            kfree_skb_reason(skb, reason)
            return NET_RX_DROP
    rt_type = skb.dst.container.rt_type
    if rt_type == RTN_MULTICAST:
        IP_UPD_PO_STATS_BH(net, IPSTATS_MIB_INMCAST, skb.len)
    elif rt_type == RTN_BROADCAST:
        IP_UPD_PO_STATS_BH(net, IPSTATS_MIB_INBCAST, skb.len)
    elif skb.pkt_type == PACKET_BROADCAST or skb.pkt_type == PACKET_MULTICAST:
        in_dev = __in_dev_get_rcu(dev)
        if in_dev is not None and IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST):
            kfree_skb_reason(skb, SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST)
            return NET_RX_DROP
    return skb.dst.input(skb)


def ip_rcv(skb: sk_buff, dev: net_device, pt: packet_type, orig_dev: net_device) -> int:
    """Take an IPv4 packet from the device layer, if it is a sound one. `net/ipv4/ip_input.c:375`"""
    net = dev.nd_net
    if skb.pkt_type == PACKET_OTHERHOST:
        dev.rx_otherhost_dropped += 1
        kfree_skb_reason(skb, SKB_DROP_REASON_OTHERHOST)
        return NET_RX_DROP
    mib = net.mib.ip_statistics
    mib[IPSTATS_MIB_INPKTS] += 1
    mib[IPSTATS_MIB_INOCTETS] += skb.len
    if skb.users != 1:
        skb = skb_share_check(skb, GFP_ATOMIC)
    if skb.len - skb.data_len < iphdr.SIZE and not pskb_may_pull(skb, iphdr.SIZE):
        return ip_rcv_error(skb, SKB_DROP_REASON_IP_INHDR)
    version_ihl, tos, len = iphdr_start(skb.head, skb.network_header)
    ihl = version_ihl & 0xF
    if ihl < 5 or version_ihl >> 4 != 4:
        return ip_rcv_error(skb, SKB_DROP_REASON_IP_INHDR)
    mib[IPSTATS_MIB_NOECTPKTS + (tos & INET_ECN_MASK)] += 1
    if ihl > 5 and not pskb_may_pull(skb, ihl * 4):
        return ip_rcv_error(skb, SKB_DROP_REASON_IP_INHDR)
    if ip_fast_csum(skb.head, skb.network_header, ihl):
        mib[IPSTATS_MIB_CSUMERRORS] += 1
        return ip_rcv_error(skb, SKB_DROP_REASON_IP_CSUM)
    if skb.len < len:
        mib[IPSTATS_MIB_INTRUNCATEDPKTS] += 1
        kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_SMALL)
        return NET_RX_DROP
    if len < ihl * 4:
        return ip_rcv_error(skb, SKB_DROP_REASON_IP_INHDR)
    if skb.len > len and pskb_trim_rcsum(skb, len):
        mib[IPSTATS_MIB_INDISCARDS] += 1
        kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED)
        return NET_RX_DROP
    skb.transport_header = skb.network_header + ihl * 4
    skb.cb = None
    if skb.destructor is not None:
        skb_orphan(skb)
    return ip_rcv_finish(skb)


def ip_rcv_error(skb: sk_buff, reason: skb_drop_reason) -> int:
    """The end of ip_rcv for a packet whose header is wrong."""
    IP_INC_STATS_BH(skb.dev.nd_net, IPSTATS_MIB_INHDRERRORS)
    kfree_skb_reason(skb, reason)
    return NET_RX_DROP


from vethkernel.net.core.skbuff import (
    consume_skb,
    kfree_skb_reason,
    pskb_may_pull,
    pskb_trim_rcsum,
    skb_orphan,
    skb_share_check,
)
from vethkernel.net.ipv4.icmp import icmp_send
from vethkernel.net.ipv4.ip_fragment import ip_defrag
from vethkernel.net.ipv4.raw import raw_local_deliver
from vethkernel.net.ipv4.route import ip_route_input_noref
