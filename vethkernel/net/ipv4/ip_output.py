# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/ip_output.c: how an IPv4 packet goes out.

A socket's data becomes one or more skbs by `ip_append_data` (`ip_make_skb` for those who need no queue), which get
their header in `__ip_make_skb` and leave by `ip_send_skb`. From `ip_local_out` on each packet follows its route,
`skb.dst.output`: `ip_output`, `ip_finish_output` which splits what is too long (`ip_fragment`), and `ip_finish_output2`
which finds the neighbour and hands the packet to it. Left out: IP options, multicast routing, GSO, UDP offload,
pages of data, IPsec, the filter hooks, and what only TCP calls.

A `getfrag(from_, to, offset, len, odd, skb)` copies `len` bytes, from `offset` on, of whatever `from_` is to
`skb.head[to:]`, and adds their sum to `skb.csum` unless the checksum is left for later (CHECKSUM_PARTIAL).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.ip import (
    IPHDR,
    IPHDR_CHECK,
    IPHDR_DADDR,
    IPHDR_TOT_LEN,
    ip_hdr,
    iphdr,
    IPHDR_ID,
    IPHDR_FRAG_OFF,
)
from vethkernel.include.linux.netdevice import (
    LL_RESERVED_SPACE,
    NETIF_F_HW_CSUM,
    NETIF_F_IP_CSUM,
    NETIF_F_SG,
    net_xmit_errno,
    HH_DATA_MASK,
    HH_DATA_MOD,
)
from vethkernel.include.linux.skbuff import (
    CHECKSUM_NONE,
    CHECKSUM_PARTIAL,
    __skb_dequeue,
    __skb_dequeue_tail,
    __skb_pull,
    __skb_push,
    __skb_trim,
    sk_buff,
    sk_buff_head,
    skb_cloned,
    skb_has_frag_list,
    skb_headlen,
    skb_headroom,
    skb_network_header_len,
    skb_network_offset,
    skb_reserve,
    skb_reset_network_header,
    skb_reset_transport_header,
    skb_shared,
    skb_shinfo,
    skb_tailroom,
)
from vethkernel.include.net.checksum import csum_block_add, csum_partial, csum_sub, ip_fast_csum
from vethkernel.include.net.dropreason import SKB_DROP_REASON_NEIGH_CREATEFAIL
from vethkernel.include.net.dst import dst_entry, dst_mtu
from vethkernel.include.net.flow import flowi4
from vethkernel.include.net.inet_sock import inet_cork, inet_sock
from vethkernel.include.net.ip import (
    IP_DF,
    IP_INC_STATS,
    IP_MAX_MTU,
    IP_MF,
    IP_OFFSET,
    IP_UPD_PO_STATS,
    IPCB,
    IPSKB_FORWARDED,
    IPSKB_FRAG_COMPLETE,
    inet_skb_parm,
    ip_dont_fragment,
    ip_is_fragment,
    ipcm_cookie,
    IPV4_MIN_MTU,
)
from vethkernel.include.net.net_namespace import net
from vethkernel.include.net.neighbour import neighbour
from vethkernel.include.net.route import rtable
from vethkernel.include.net.snmp import IPSTATS_MIB_OUTBCAST, IPSTATS_MIB_OUTMCAST
from vethkernel.include.net.sock import sock
from vethkernel.include.uapi.asm_generic.errno import EFAULT, EMSGSIZE, ENETUNREACH, ENOBUFS
from vethkernel.include.uapi.linux.icmp import ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED
from vethkernel.include.uapi.linux.if_ether import ETH_P_IP
from vethkernel.include.uapi.linux.in_route import RTCF_BROADCAST, RTCF_MULTICAST
from vethkernel.include.uapi.linux.in_ import IP_PMTUDISC_DO, IP_PMTUDISC_PROBE, IPPROTO_ICMP, IP_PMTUDISC_OMIT
from vethkernel.include.uapi.linux.rtnetlink import RTAX_MTU, RTN_BROADCAST, RTN_MULTICAST, RTAX_HOPLIMIT
from vethkernel.include.uapi.linux.snmp import (
    IPSTATS_MIB_FRAGCREATES,
    IPSTATS_MIB_FRAGFAILS,
    IPSTATS_MIB_FRAGOKS,
    IPSTATS_MIB_OUTDISCARDS,
    IPSTATS_MIB_OUTOCTETS,
    IPSTATS_MIB_OUTPKTS,
    IPSTATS_MIB_OUTREQUESTS,
)
from vethkernel.include.uapi.linux.socket import MSG_CONFIRM, MSG_DONTWAIT, MSG_MORE, MSG_PROBE
from vethkernel.wire import put_be16, get_be32

getfrag_t = Callable[[Any, int, int, int, int, sk_buff], int]
output_t = Callable[[sk_buff], int]


def ip_send_check(iph: iphdr) -> None:
    """Write the header's checksum. `net/ipv4/ip_output.c:87`"""
    head, off = iph.head, iph.off
    put_be16(head, off + IPHDR_CHECK, 0)
    put_be16(head, off + IPHDR_CHECK, ip_fast_csum(head, off, head[off] & 0xF))


def __ip_local_out(skb: sk_buff) -> int:
    """Complete the header of a packet that starts here: length and checksum. `net/ipv4/ip_output.c:94`"""
    iph = iphdr(skb.head, skb.network_header)
    skb.dst.dev.nd_net.mib.ip_statistics[IPSTATS_MIB_OUTREQUESTS] += 1
    put_be16(iph.head, iph.off + IPHDR_TOT_LEN, skb.len)
    ip_send_check(iph)
    skb.protocol = ETH_P_IP
    return 1


def ip_local_out(skb: sk_buff) -> int:
    """Send a packet that starts here along its route. `net/ipv4/ip_output.c:104`"""
    err = __ip_local_out(skb)
    if err == 1:
        err = skb.dst.output(skb)
    return err


def ip_select_ttl(inet: inet_sock, dst: dst_entry) -> int:
    """The TTL of a packet: the socket's, or else the route's. `net/ipv4/ip_output.c:116`"""
    ttl = inet.uc_ttl
    if ttl < 0:  # ip4_dst_hoplimit
        ttl = dst._metrics[RTAX_HOPLIMIT - 1] or dst.dev.nd_net.ipv4.sysctl_ip_default_ttl
    return ttl


def ip_finish_output2(skb: sk_buff) -> int:
    """Find the next hop's neighbour entry and send the packet through it. `net/ipv4/ip_output.c:166`"""
    dst = skb.dst
    rt = dst.container
    dev = dst.dev
    mib = dev.nd_net.mib.ip_statistics
    if rt.rt_type == RTN_MULTICAST:
        IP_UPD_PO_STATS(dev.nd_net, IPSTATS_MIB_OUTMCAST, skb.len)
    elif rt.rt_type == RTN_BROADCAST:
        IP_UPD_PO_STATS(dev.nd_net, IPSTATS_MIB_OUTBCAST, skb.len)
    mib[IPSTATS_MIB_OUTPKTS] += 1
    mib[IPSTATS_MIB_OUTOCTETS] += skb.len
    hh_len = (dev.hard_header_len + dev.needed_headroom & HH_DATA_MASK) + HH_DATA_MOD  # LL_RESERVED_SPACE
    if skb.data < hh_len and dev.header_ops is not None:
        skb2 = skb_realloc_headroom(skb, hh_len)
        if skb.sk is not None:
            skb_set_owner_w(skb2, skb.sk)
        consume_skb(skb)
        skb = skb2
    nexthop = rt.rt_gateway or get_be32(skb.head, skb.network_header + IPHDR_DADDR)[0]
    neigh = __ipv4_neigh_lookup_noref(dev, nexthop)
    if neigh is None:
        neigh = __neigh_create(g.arp_tbl, nexthop, dev, False)
        if IS_ERR(neigh):
            kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_CREATEFAIL)
            return PTR_ERR(neigh)
    if skb.dst_pending_confirm:
        sock_confirm_neigh(skb, neigh)
    return neigh_output(neigh, skb, False)


def sock_confirm_neigh(skb: sk_buff, n: neighbour) -> None:
    """The sender knows that its packets arrive (MSG_CONFIRM), so the neighbour lives.
    `include/net/sock.h:2341 (6.1)`"""
    n.confirmed = g.jiffies


def ip_dst_mtu_maybe_forward(dst: dst_entry, forwarding: bool) -> int:
    """How long packets may be; what is only forwarded does not rely on discovered MTUs. `include/net/ip.h:458 (6.1)`"""
    if not forwarding or dst.dev.nd_net.ipv4.sysctl_ip_fwd_use_pmtu:
        return dst_mtu(dst)
    return min(dst._metrics[RTAX_MTU - 1] or dst.dev.mtu, IP_MAX_MTU)


def ip_skb_dst_mtu(skb: sk_buff) -> int:
    """How long this packet may be. `net/ipv4/ip_output.c:214`"""
    sk = skb.sk
    if sk is None or sk.container.pmtudisc < IP_PMTUDISC_PROBE:  # ip_sk_use_pmtu
        if skb.cb is not None and skb.cb.flags & IPSKB_FORWARDED:
            return ip_dst_mtu_maybe_forward(skb.dst, True)
        return skb.dst.ops.mtu(skb.dst)  # dst_mtu
    return min(skb.dst.dev.mtu, IP_MAX_MTU)


def ip_finish_output(skb: sk_buff) -> int:
    """Split the packet if it is too long for its way. `net/ipv4/ip_output.c:222`"""
    mtu = ip_skb_dst_mtu(skb)
    if skb.len > mtu or skb.cb is not None and IPCB(skb).frag_max_size:
        return ip_fragment(skb, mtu, ip_finish_output2)
    return ip_finish_output2(skb)


def ip_mc_output(skb: sk_buff) -> int:
    """The way out of multicasts and broadcasts: who is here hears them too. `net/ipv4/ip_output.c:237`"""
    rt = skb.dst.container
    dev = rt.dst.dev
    skb.dev = dev
    skb.protocol = ETH_P_IP
    if rt.rt_flags & RTCF_MULTICAST:
        if sk_mc_loop(skb.sk):
            dev_loopback_xmit(skb_clone(skb, GFP_ATOMIC))
        if ip_hdr(skb).ttl == 0:
            kfree_skb(skb)
            return 0
    if rt.rt_flags & RTCF_BROADCAST:
        dev_loopback_xmit(skb_clone(skb, GFP_ATOMIC))
    return ip_finish_output(skb)


def sk_mc_loop(sk: sock) -> bool:
    """True if the sender's own machine hears its multicasts. `include/net/ip.h:363`"""
    return sk is None or sk.container.mc_loop != 0


def ip_output(skb: sk_buff) -> int:
    """The way out of all other packets. `net/ipv4/ip_output.c:298`"""
    skb.dev = skb.dst.dev
    skb.protocol = ETH_P_IP
    return ip_finish_output(skb)


def ip_copy_addrs(iph: iphdr, fl4: flowi4) -> None:
    """Write the addresses of the route lookup into the header. `net/ipv4/ip_output.c:318`"""
    iph.saddr = fl4.saddr
    iph.daddr = fl4.daddr


def ip_copy_metadata(to: sk_buff, from_: sk_buff) -> None:
    """A fragment goes where its packet would have gone. `net/ipv4/ip_output.c:416`"""
    to.pkt_type = from_.pkt_type
    to.priority = from_.priority
    to.protocol = from_.protocol
    to.skb_iif = from_.skb_iif
    to.dst = from_.dst
    to.dev = from_.dev
    to.mark = from_.mark


def ip_fragment(skb: sk_buff, mtu: int, output: output_t) -> int:
    """Split a packet and send the pieces, or tell its sender that it may not be split. `net/ipv4/ip_output.c:449`"""
    if ip_hdr(skb).frag_off & IP_DF == 0:
        return ip_do_fragment(skb, output)
    frag_max_size = IPCB(skb).frag_max_size if skb.cb is not None else 0
    if not skb.local_df or frag_max_size > mtu:
        IP_INC_STATS((skb.dst.dev).nd_net, IPSTATS_MIB_FRAGFAILS)
        icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu)
        kfree_skb(skb)
        return -EMSGSIZE
    return ip_do_fragment(skb, output)


def ip_do_fragment(skb: sk_buff, output: output_t) -> int:
    """Send a packet in pieces: as they already are in its chain, or else by copying.
    `net/ipv4/ip_output.c:765 (6.1)`"""
    net = (skb.dst.dev).nd_net
    if skb.ip_summed == CHECKSUM_PARTIAL:
        skb_checksum_help(skb)
    if skb.cb is None:
        skb.cb = inet_skb_parm()
    iph = ip_hdr(skb)
    hlen = iph.ihl * 4
    mtu = ip_skb_dst_mtu(skb)
    if IPCB(skb).frag_max_size:
        mtu = min(mtu, IPCB(skb).frag_max_size)
    if mtu < hlen + 8:
        kfree_skb(skb)
        IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS)
        return -EMSGSIZE
    mtu -= hlen
    IPCB(skb).flags |= IPSKB_FRAG_COMPLETE
    if skb_has_frag_list(skb) and ip_fraglist_fits(skb, iph, hlen, mtu):
        return ip_fraglist_send(skb, iph, hlen, output)
    state = ip_frag_state(skb, hlen, LL_RESERVED_SPACE(skb.dst.dev), mtu)
    while state.left > 0:
        skb2 = ip_frag_next(skb, state)
        skb2.cb = inet_skb_parm()
        IPCB(skb2).flags = IPCB(skb).flags
        err = output(skb2)
        if err:
            kfree_skb(skb)
            IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS)
            return err
        IP_INC_STATS(net, IPSTATS_MIB_FRAGCREATES)
    consume_skb(skb)
    IP_INC_STATS(net, IPSTATS_MIB_FRAGOKS)
    return 0


def ip_fraglist_fits(skb: sk_buff, iph: iphdr, hlen: int, mtu: int) -> bool:
    """The check of ip_do_fragment whether each skb of the chain can become a fragment as it is; then they are owned."""
    ll_rs = LL_RESERVED_SPACE(skb.dst.dev)
    first_len = skb_headlen(skb)
    if first_len - hlen > mtu or first_len - hlen & 7 or ip_is_fragment(iph) or skb_cloned(skb):
        return False
    frag = skb_shinfo(skb).frag_list
    while frag is not None:
        if frag.len > mtu or frag.len & 7 and frag.next is not None:
            return False
        if skb_headroom(frag) < hlen + ll_rs or skb_shared(frag):
            return False
        frag = frag.next
    frag = skb_shinfo(skb).frag_list
    while frag is not None:
        if skb.sk is not None:
            frag.sk = skb.sk
            frag.destructor = sock_wfree
        skb.truesize -= frag.truesize
        frag = frag.next
    return True


def ip_fraglist_send(skb: sk_buff, iph: iphdr, hlen: int, output: output_t) -> int:
    """The fast half of ip_do_fragment: give each skb of the chain a header and send it."""
    net = (skb.dst.dev).nd_net
    frag, skb_shinfo(skb).frag_list = skb_shinfo(skb).frag_list, None
    first_len = skb_headlen(skb)
    skb.data_len = 0
    skb.len = first_len
    iph.tot_len = first_len
    iph.frag_off = IP_MF
    ip_send_check(iph)
    offset = 0
    while True:
        if frag is not None:
            ip_fraglist_prepare(skb, frag, iph, hlen, offset := offset + skb.len - hlen)
            iph = ip_hdr(frag)
        err = output(skb)
        if not err:
            IP_INC_STATS(net, IPSTATS_MIB_FRAGCREATES)
        if err or frag is None:
            break
        skb, frag = frag, frag.next
        skb.next = None
    if err:
        kfree_skb_list(frag)
    IP_INC_STATS(net, IPSTATS_MIB_FRAGFAILS if err else IPSTATS_MIB_FRAGOKS)
    return err


def ip_fraglist_prepare(skb: sk_buff, frag: sk_buff, iph: iphdr, hlen: int, offset: int) -> None:
    """Make the next skb of the chain a fragment that follows `skb`. `net/ipv4/ip_output.c:622 (6.1)`"""
    frag.ip_summed = CHECKSUM_NONE
    skb_reset_transport_header(frag)
    __skb_push(frag, hlen)
    skb_reset_network_header(frag)
    frag.head[frag.data : frag.data + hlen] = iph.head[iph.off : iph.off + hlen]
    frag.cb = inet_skb_parm()
    IPCB(frag).flags = IPCB(skb).flags
    iph = ip_hdr(frag)
    iph.tot_len = frag.len
    ip_copy_metadata(frag, skb)
    iph.frag_off = offset >> 3 | (IP_MF if frag.next is not None else 0)
    ip_send_check(iph)


class ip_frag_state:
    """How far a packet has been copied into fragments. `include/net/ip.h:205 (6.1)`"""

    __slots__ = ("hlen", "ll_rs", "mtu", "left", "ptr", "offset", "not_last_frag")

    def __init__(self, skb: sk_buff, hlen: int, ll_rs: int, mtu: int) -> None:
        frag_off = ip_hdr(skb).frag_off
        self.hlen = self.ptr = hlen
        self.ll_rs = ll_rs
        self.mtu = mtu
        self.left = skb.len - hlen
        self.offset = (frag_off & IP_OFFSET) << 3
        self.not_last_frag = frag_off & IP_MF


def ip_frag_next(skb: sk_buff, state: ip_frag_state) -> sk_buff:
    """The next fragment, copied out of the packet. `net/ipv4/ip_output.c:682 (6.1)`"""
    len = min(state.left, state.mtu)
    if len < state.left:
        len &= ~7
    hlen = state.hlen
    skb2 = alloc_skb(len + hlen + state.ll_rs, GFP_ATOMIC)
    ip_copy_metadata(skb2, skb)
    skb_reserve(skb2, state.ll_rs)
    at = skb_put(skb2, len + hlen)
    skb_reset_network_header(skb2)
    skb2.transport_header = skb2.network_header + hlen
    if skb.sk is not None:
        skb_set_owner_w(skb2, skb.sk)
    skb2.head[at : at + hlen] = skb.head[skb.network_header : skb.network_header + hlen]
    skb2.head[at + hlen : at + hlen + len] = skb_copy_bits(skb, state.ptr, len)
    state.left -= len
    iph = ip_hdr(skb2)
    iph.frag_off = state.offset >> 3 | (IP_MF if state.left > 0 or state.not_last_frag else 0)
    state.ptr += len
    state.offset += len
    iph.tot_len = len + hlen
    ip_send_check(iph)
    return skb2


def ip_generic_getfrag(from_: list[bytes], to: int, offset: int, length: int, odd: int, skb: sk_buff) -> int:
    """The getfrag of sockets: `from_` is the message's data, `msg.msg_iov`. `net/ipv4/ip_output.c:721`"""
    data = from_[0] if len(from_) == 1 else b"".join(from_)
    piece = data[offset : offset + length]
    skb.head[to : to + length] = piece
    if skb.ip_summed != CHECKSUM_PARTIAL:
        skb.csum = csum_block_add(skb.csum, csum_partial(piece, length, 0), odd)
    return 0


def __ip_append_data(
    sk: sock, fl4: flowi4, queue: sk_buff_head, cork: inet_cork, getfrag: getfrag_t, from_: Any, length: int,
    transhdrlen: int, flags: int,
) -> int:  # fmt: skip
    """Add `length` bytes, a transport header included, to the datagram in `queue`: each skb of it will be a fragment.
    `net/ipv4/ip_output.c:796`"""
    rt = cork.dst.container
    dev = rt.dst.dev
    skb = queue.queue[-1] if queue.queue else None
    exthdrlen = rt.dst.header_len if skb is None else 0
    mtu = cork.fragsize
    hh_len = (dev.hard_header_len + dev.needed_headroom & HH_DATA_MASK) + HH_DATA_MOD  # LL_RESERVED_SPACE
    fragheaderlen = iphdr.SIZE
    maxfraglen = (mtu - fragheaderlen & ~7) + fragheaderlen
    pmtudisc = sk.container.pmtudisc
    ignore_df = pmtudisc < IP_PMTUDISC_DO or pmtudisc == IP_PMTUDISC_OMIT  # ip_sk_ignore_df
    if cork.length + length > (IP_MAX_MTU if ignore_df else mtu) - fragheaderlen:
        ip_local_error(sk, EMSGSIZE, fl4.daddr, sk.container.inet_dport, mtu)
        return -EMSGSIZE
    csummode = CHECKSUM_NONE
    if transhdrlen and length + fragheaderlen <= mtu and dev.features & (NETIF_F_HW_CSUM | NETIF_F_IP_CSUM):
        if not flags & MSG_MORE and not exthdrlen:
            csummode = CHECKSUM_PARTIAL
    cork.length += length
    offset = 0
    fresh = skb is None
    while length > 0 or fresh:
        copy = 0
        if not fresh:
            copy = mtu - skb.len
            if copy < length:
                copy = maxfraglen - skb.len
        if copy > 0:
            copy = min(copy, length)
            off = skb.len
            if skb_tailroom(skb) < copy:
                pskb_expand_head(skb, 0, copy, GFP_ATOMIC)
            if getfrag(from_, skb_put(skb, copy), offset, copy, off, skb) < 0:
                __skb_trim(skb, off)
                return ip_append_error(sk, cork, length, -EFAULT)
            offset += copy
            length -= copy
            continue
        skb_prev = skb
        fresh = False
        fraggap = skb_prev.len - maxfraglen if skb_prev is not None else 0
        datalen = length + fraggap
        if datalen > mtu - fragheaderlen:
            datalen = maxfraglen - fragheaderlen
        fraglen = datalen + fragheaderlen
        alloclen = mtu if flags & MSG_MORE and not dev.features & NETIF_F_SG else fraglen
        alloclen += hh_len + 15 + exthdrlen
        if transhdrlen:
            skb, err = sock_alloc_send_pskb(sk, alloclen, 0, flags & MSG_DONTWAIT)  # sock_alloc_send_skb
        else:
            skb = sock_wmalloc(sk, alloclen, 1, sk.sk_allocation) if sk.sk_wmem_alloc <= 2 * sk.sk_sndbuf else None
            err = -ENOBUFS
        if skb is None:
            return ip_append_error(sk, cork, length, err)
        skb.ip_summed = csummode
        skb.csum = 0
        skb.data = skb.tail = hh_len
        data = skb_put(skb, fraglen + exthdrlen) + fragheaderlen + exthdrlen
        skb.network_header = skb.data + exthdrlen
        skb.transport_header = skb.network_header + fragheaderlen
        if fraggap:
            data = ip_append_fraggap(skb_prev, skb, maxfraglen, data, transhdrlen, fraggap)
        copy = datalen - transhdrlen - fraggap
        if copy > 0 and getfrag(from_, data + transhdrlen, offset, copy, fraggap, skb) < 0:
            kfree_skb(skb)
            return ip_append_error(sk, cork, length, -EFAULT)
        offset += copy
        length -= copy + transhdrlen
        transhdrlen = 0
        exthdrlen = 0
        csummode = CHECKSUM_NONE
        if flags & MSG_CONFIRM and skb_prev is None:
            skb.dst_pending_confirm = True
        queue.queue.append(skb)
    return 0


def ip_append_fraggap(
    skb_prev: sk_buff, skb: sk_buff, maxfraglen: int, data: int, transhdrlen: int, fraggap: int
) -> int:
    """A step of __ip_append_data: the last skb turns out not to be the last fragment, so its length must be a multiple
    of 8: what is beyond moves on. Returns where the new data goes."""
    gap = skb_copy_bits(skb_prev, maxfraglen, fraggap)
    skb.head[data + transhdrlen : data + transhdrlen + fraggap] = gap
    skb.csum = csum_partial(gap, fraggap, 0)
    skb_prev.csum = csum_sub(skb_prev.csum, skb.csum)
    __skb_trim(skb_prev, maxfraglen)
    return data + fraggap


def ip_append_error(sk: sock, cork: inet_cork, length: int, err: int) -> int:
    """The end of __ip_append_data for data that could not be added."""
    cork.length -= length
    IP_INC_STATS(sk.sk_net, IPSTATS_MIB_OUTDISCARDS)
    return err


def ip_setup_cork(sk: sock, cork: inet_cork, ipc: ipcm_cookie, rt: rtable) -> int:
    """Note what all skbs of a datagram have in common. `net/ipv4/ip_output.c:1038`"""
    if rt is None:
        return -EFAULT
    cork.dst = dst = rt.dst
    cork.fragsize = dst.ops.mtu(dst) if sk.container.pmtudisc < IP_PMTUDISC_PROBE else dst.dev.mtu
    if cork.fragsize < IPV4_MIN_MTU:  # inetdev_valid_mtu
        return -ENETUNREACH
    cork.length = 0
    cork.ttl = ipc.ttl
    cork.tos = ipc.tos
    return 0


def ip_append_data(
    sk: sock, fl4: flowi4, getfrag: getfrag_t, from_: Any, length: int, transhdrlen: int, ipc: ipcm_cookie,
    rt: rtable, flags: int,
) -> int:  # fmt: skip
    """Add data to the datagram that the socket is putting together; ip_push_pending_frames will send it.
    `net/ipv4/ip_output.c:1087`"""
    if flags & MSG_PROBE:
        return 0
    queue, cork = sk.sk_write_queue, sk.container.cork
    if not queue.queue:
        err = ip_setup_cork(sk, cork, ipc, rt)
        if err:
            return err
    else:
        transhdrlen = 0
    return __ip_append_data(sk, fl4, queue, cork, getfrag, from_, length, transhdrlen, flags)


def ip_cork_release(cork: inet_cork) -> None:
    """The datagram is complete, or given up. `net/ipv4/ip_output.c:1258`"""
    cork.dst = None


def ip_select_ident(net: net, skb: sk_buff, sk: sock) -> None:
    """Number the packet, so that its fragments can be told from those of others. `include/net/ip.h:581 (6.1)`"""
    head, off = skb.head, skb.network_header
    if sk is not None and sk.container.inet_daddr:
        sk.container.inet_id = sk.container.inet_id + 1 & 0xFFFF
        put_be16(head, off + IPHDR_ID, sk.container.inet_id)
    elif skb.local_df or not head[off + IPHDR_FRAG_OFF] & IP_DF >> 8:
        __ip_select_ident(net, iphdr(head, off), 1)
    else:
        put_be16(head, off + IPHDR_ID, 0)


def __ip_make_skb(sk: sock, fl4: flowi4, queue: sk_buff_head, cork: inet_cork) -> sk_buff:
    """Make one packet of all skbs in `queue` and write its IP header. `net/ipv4/ip_output.c:1271`"""
    if not queue.queue:
        return None
    skb = queue.queue.popleft()
    inet = sk.container
    net = sk.sk_net
    rt = cork.dst.container
    if skb.data < skb.network_header:
        __skb_pull(skb, skb_network_offset(skb))
    tail = None
    while queue.queue:
        tmp_skb = __skb_dequeue(queue)
        __skb_pull(tmp_skb, skb_network_header_len(skb))
        if tail is None:
            skb_shinfo(skb).frag_list = tmp_skb
        else:
            tail.next = tmp_skb
        tail = tmp_skb
        skb.len += tmp_skb.len
        skb.data_len += tmp_skb.len
        skb.truesize += tmp_skb.truesize
        tmp_skb.destructor = None
        tmp_skb.sk = None
    pmtudisc = inet.pmtudisc
    skb.local_df = pmtudisc < IP_PMTUDISC_DO or pmtudisc == IP_PMTUDISC_OMIT  # ip_sk_ignore_df
    df = 0
    if pmtudisc == IP_PMTUDISC_DO or pmtudisc == IP_PMTUDISC_PROBE:
        df = IP_DF
    elif pmtudisc and skb.len <= cork.fragsize and ip_dont_fragment(sk, rt.dst):
        df = IP_DF
    if cork.ttl:
        ttl = cork.ttl
    elif rt.rt_type == RTN_MULTICAST:
        ttl = inet.mc_ttl
    else:
        ttl = ip_select_ttl(inet, rt.dst)
    tos = cork.tos if cork.tos != -1 else inet.tos
    # version 4, five words; length, number and checksum come later
    IPHDR.pack_into(skb.head, skb.network_header, 0x45, tos, 0, 0, df, ttl, sk.sk_protocol, 0, fl4.saddr, fl4.daddr)
    ip_select_ident(net, skb, sk)
    skb.priority = sk.sk_priority
    skb.mark = sk.sk_mark
    skb.dst = rt.dst
    if sk.sk_protocol == IPPROTO_ICMP:
        icmp_out_count(net, skb.head[skb.transport_header])
    cork.dst = None  # ip_cork_release
    return skb


def ip_send_skb(net: net, skb: sk_buff) -> int:
    """Send a packet; what a full queue did to it is an error for the sender only if it is lost.
    `net/ipv4/ip_output.c:1360`"""
    err = ip_local_out(skb)
    if err:
        if err > 0:
            err = net_xmit_errno(err)
        if err:
            IP_INC_STATS(net, IPSTATS_MIB_OUTDISCARDS)
    return err


def ip_push_pending_frames(sk: sock, fl4: flowi4) -> int:
    """Send the datagram that the socket has put together. `net/ipv4/ip_output.c:1375`"""
    skb = __ip_make_skb(sk, fl4, sk.sk_write_queue, sk.container.cork)  # ip_finish_skb
    if skb is None:
        return 0
    return ip_send_skb(sk.sk_net, skb)


def __ip_flush_pending_frames(sk: sock, queue: sk_buff_head, cork: inet_cork) -> None:
    """Give up a datagram that is not complete. `net/ipv4/ip_output.c:1390`"""
    while (skb := __skb_dequeue_tail(queue)) is not None:
        kfree_skb(skb)
    ip_cork_release(cork)


def ip_flush_pending_frames(sk: sock) -> None:
    """Give up what the socket was putting together. `net/ipv4/ip_output.c:1402`"""
    __ip_flush_pending_frames(sk, sk.sk_write_queue, sk.container.cork)


def ip_make_skb(
    sk: sock, fl4: flowi4, getfrag: getfrag_t, from_: Any, length: int, transhdrlen: int, ipc: ipcm_cookie,
    rt: rtable, flags: int,
) -> sk_buff:  # fmt: skip
    """A packet of a whole datagram at once, without the socket's queue; or an error. `net/ipv4/ip_output.c:1407`"""
    if flags & MSG_PROBE:
        return None
    queue = sk_buff_head()
    cork = inet_cork()
    err = ip_setup_cork(sk, cork, ipc, rt)
    if err:
        return ERR_PTR(err)
    err = __ip_append_data(sk, fl4, queue, cork, getfrag, from_, length, transhdrlen, flags)
    if err:
        __ip_flush_pending_frames(sk, queue, cork)
        return ERR_PTR(err)
    return __ip_make_skb(sk, fl4, queue, cork)


def ip_init() -> None:
    """Set IPv4 up. `net/ipv4/ip_output.c:1540`"""
    ip_rt_init()


from vethkernel.net.core.dev import dev_loopback_xmit, skb_checksum_help
from vethkernel.net.core.neighbour import __neigh_create, neigh_output
from vethkernel.net.core.skbuff import (
    alloc_skb,
    consume_skb,
    kfree_skb,
    kfree_skb_list,
    kfree_skb_reason,
    pskb_expand_head,
    skb_clone,
    skb_copy_bits,
    skb_put,
    skb_realloc_headroom,
)
from vethkernel.net.core.sock import skb_set_owner_w, sock_alloc_send_pskb, sock_wfree, sock_wmalloc
from vethkernel.net.ipv4.arp import __ipv4_neigh_lookup_noref
from vethkernel.net.ipv4.icmp import icmp_out_count, icmp_send
from vethkernel.net.ipv4.ip_sockglue import ip_local_error
from vethkernel.net.ipv4.route import __ip_select_ident, ip_rt_init
