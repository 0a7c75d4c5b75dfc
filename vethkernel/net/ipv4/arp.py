# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/arp.c: the Address Resolution Protocol (RFC 826): who has this IPv4 address, and at which hardware address?

`arp_solicit` asks, on behalf of the neighbour cache; `arp_rcv` hears questions and answers, and `arp_process` decides:
a request for an address of ours is answered and its sender noted, an answer to a question of ours completes the entry.
Whether an address is ours is asked of the routing table, by `ip_route_input_noref`: a request whose source address
the table does not believe (rp_filter, accept_local) gets no answer.
Left out: hardware other than Ethernet, and the filter hooks (arptables).
"""

from __future__ import annotations

from struct import pack_into, unpack_from
from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.err import IS_ERR, PTR_ERR
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.if_arp import arp_hdr, arp_hdr_len, arphdr
from vethkernel.include.linux.in_ import ipv4_is_loopback, ipv4_is_multicast
from vethkernel.include.linux.inetdevice import (
    IN_DEV_ARP_ACCEPT,
    IN_DEV_ARP_ANNOUNCE,
    IN_DEV_ARP_EVICT_NOCARRIER,
    IN_DEV_ARP_IGNORE,
    IN_DEV_ARPFILTER,
    IN_DEV_CONF_SET,
    IN_DEV_FORWARD,
    IN_DEV_MEDIUM_ID,
    IN_DEV_ORCONF,
    IN_DEV_PROXY_ARP,
    IN_DEV_PROXY_ARP_PVLAN,
    IN_DEV_ROUTE_LOCALNET,
    __in_dev_get_rcu,
    __in_dev_get_rtnl,
    in_device,
)
from vethkernel.include.linux.ip import ip_hdr
from vethkernel.include.linux.jiffies import time_after
from vethkernel.include.linux.netdevice import (
    LL_RESERVED_SPACE,
    NET_RX_DROP,
    NET_RX_SUCCESS,
    NETDEV_CHANGE,
    NETDEV_CHANGEADDR,
    dev_hard_header,
    net_device,
    netif_carrier_ok,
    packet_type,
)
from vethkernel.include.linux.notifier import NOTIFY_DONE, notifier_block
from vethkernel.include.linux.seq_file import SEQ_START_TOKEN, seq_file, seq_operations, seq_printf, seq_puts
from vethkernel.include.linux.skbuff import (
    sk_buff,
    skb_reserve,
    skb_reset_network_header,
)
from vethkernel.include.net.dropreason import SKB_DROP_REASON_NEIGH_FAILED
from vethkernel.include.net.dst import dst_link_failure
from vethkernel.include.net.ip import NET_INC_STATS_BH, ip_eth_mc_map
from vethkernel.include.net.neighbour import (
    LOCALLY_ENQUEUED,
    NEIGH_CB,
    NEIGH_SEQ_IS_PNEIGH,
    NEIGH_SEQ_SKIP_NOARP,
    NEIGH_UPDATE_F_ADMIN,
    NEIGH_UPDATE_F_OVERRIDE,
    NUD_VALID,
    __neigh_parms_put,
    neigh_ha_snapshot,
    neigh_hold,
    neigh_ops,
    neigh_parms_clone,
    neigh_table,
    neighbour,
    neighbour_cb,
    pneigh_entry,
)
from vethkernel.include.net.net_namespace import net, pernet_operations
from vethkernel.include.net.route import RTO_ONLINK, ip_route_output, rt_nexthop, rtable
from vethkernel.include.uapi.asm_generic.errno import EINVAL, ENODEV, ENOMEM, ENXIO, EPFNOSUPPORT
from vethkernel.include.uapi.linux.if_ import IFF_LOOPBACK, IFF_NOARP, IFF_POINTOPOINT
from vethkernel.include.uapi.linux.if_arp import (
    ARPHRD_ETHER,
    ARPHRD_IEEE802,
    ARPOP_REPLY,
    ARPOP_REQUEST,
    ATF_COM,
    ATF_DONTPUB,
    ATF_NETMASK,
    ATF_PERM,
    ATF_PUBL,
)
from vethkernel.include.uapi.linux.if_ether import ETH_P_ARP, ETH_P_IP
from vethkernel.include.uapi.linux.if_packet import PACKET_HOST, PACKET_LOOPBACK, PACKET_OTHERHOST
from vethkernel.include.uapi.linux.in_ import INADDR_ANY
from vethkernel.include.uapi.linux.ip import (
    IPV4_DEVCONF_DROP_GRATUITOUS_ARP,
    IPV4_DEVCONF_PROXY_ARP,
)
from vethkernel.include.uapi.linux.neighbour import (
    NUD_FAILED,
    NUD_NOARP,
    NUD_PERMANENT,
    NUD_REACHABLE,
    NUD_STALE,
)
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_UNICAST,
)
from vethkernel.include.uapi.linux.snmp import LINUX_MIB_ARPFILTER
from vethkernel.include.uapi.linux.socket import AF_INET
from vethkernel.include.uapi.linux.sockios import SIOCDARP, SIOCGARP, SIOCSARP


def arp_hashfn(key: int, dev: net_device, hash_rnd: int) -> int:
    """32 well mixed bits of address and device. `include/net/arp.h:12`"""
    return (key ^ dev.ifindex) * hash_rnd & 0xFFFFFFFF


def __ipv4_neigh_lookup_noref(dev: net_device, key: int) -> neighbour:
    """The neighbour with this address on the device, or None; a device without neighbours has one for all.
    `include/net/arp.h:19`"""
    if dev.flags & (IFF_LOOPBACK | IFF_POINTOPOINT):
        key = INADDR_ANY
    nht = g.arp_tbl.nht
    hash_val = (key ^ dev.ifindex) * nht.hash_rnd & 0xFFFFFFFF  # arp_hashfn()
    for n in nht.hash_buckets[hash_val >> 32 - nht.hash_shift]:
        if n.dev is dev and n.primary_key == key:
            return n
    return None


def __ipv4_neigh_lookup(dev: net_device, key: int) -> neighbour:
    """The same, held for the caller. `include/net/arp.h:36`"""
    n = __ipv4_neigh_lookup_noref(dev, key)
    if n is not None:
        neigh_hold(n)
    return n


def arp_mc_map(addr: int, dev: net_device, dir: int) -> tuple[int, bytes]:
    """The hardware address of a multicast group: (0, address) or an error. `net/ipv4/arp.c:189`"""
    if dev.type in (ARPHRD_ETHER, ARPHRD_IEEE802):
        return 0, ip_eth_mc_map(addr)
    if dir:
        return 0, dev.broadcast
    return -EINVAL, b""


def arp_hash(pkey: int, dev: net_device, hash_rnd: int) -> int:
    """The table's hash function. `net/ipv4/arp.c:213`"""
    return arp_hashfn(pkey, dev, hash_rnd)


def arp_is_multicast(pkey: int) -> bool:
    """True if the key is a multicast group's address. `net/ipv4/arp.c:957 (6.1)`"""
    return ipv4_is_multicast(pkey)


def arp_constructor(neigh: neighbour) -> int:
    """Set up a new entry: some addresses and devices need no asking. `net/ipv4/arp.c:220`"""
    dev = neigh.dev
    if dev.flags & (IFF_LOOPBACK | IFF_POINTOPOINT):
        neigh.primary_key = INADDR_ANY
    addr = neigh.primary_key
    in_dev = __in_dev_get_rcu(dev)
    if in_dev is None:
        return -EINVAL
    neigh.type = inet_addr_type_dev_table(dev.nd_net, dev, addr)
    __neigh_parms_put(neigh.parms)
    neigh.parms = neigh_parms_clone(in_dev.arp_parms)
    if dev.header_ops is None:
        neigh.nud_state = NUD_NOARP
        neigh.ops = arp_direct_ops
        neigh.output = neigh_direct_output
        return 0
    if neigh.type == RTN_MULTICAST:
        neigh.nud_state = NUD_NOARP
        neigh.ha = arp_mc_map(addr, dev, 1)[1]
    elif dev.flags & (IFF_NOARP | IFF_LOOPBACK):
        neigh.nud_state = NUD_NOARP
        neigh.ha = dev.dev_addr
    elif neigh.type == RTN_BROADCAST or dev.flags & IFF_POINTOPOINT:
        neigh.nud_state = NUD_NOARP
        neigh.ha = dev.broadcast
    neigh.ops = arp_hh_ops if dev.header_ops.cache is not None else arp_generic_ops
    neigh.output = neigh.ops.connected_output if neigh.nud_state & NUD_VALID else neigh.ops.output
    return 0


def arp_error_report(neigh: neighbour, skb: sk_buff) -> None:
    """Nobody answered: tell the packet's sender. `net/ipv4/arp.c:315`"""
    dst_link_failure(skb)
    kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED)


def arp_solicit(neigh: neighbour, skb: sk_buff) -> None:
    """Ask for the neighbour's address: the last known one first, then everybody. `net/ipv4/arp.c:321`"""
    dev = neigh.dev
    target = neigh.primary_key
    in_dev = __in_dev_get_rcu(dev)
    if in_dev is None:
        return
    saddr = 0
    announce = IN_DEV_ARP_ANNOUNCE(in_dev)
    if skb is not None and announce != 2:
        own = ip_hdr(skb).saddr
        if inet_addr_type_dev_table(dev.nd_net, dev, own) == RTN_LOCAL:
            if announce != 1 or inet_addr_onlink(in_dev, target, own):
                saddr = own
    if not saddr:
        saddr = inet_select_addr(dev, target, RT_SCOPE_LINK)
    probes = neigh.probes - neigh.parms.ucast_probes
    dst_hw = None
    if probes < 0:
        dst_hw = neigh_ha_snapshot(neigh, dev)
    elif probes < neigh.parms.app_probes:
        neigh_app_ns(neigh)
        return
    arp_send(ARPOP_REQUEST, ETH_P_ARP, target, dev, saddr, dst_hw, dev.dev_addr, None)


def arp_ignore(in_dev: in_device, sip: int, tip: int) -> bool:
    """True if the switch arp_ignore forbids to answer. `net/ipv4/arp.c:382`"""
    match IN_DEV_ARP_IGNORE(in_dev):
        case 1:
            return not inet_confirm_addr(in_dev.dev.nd_net, in_dev, 0, tip, RT_SCOPE_HOST)
        case 2:
            return not inet_confirm_addr(in_dev.dev.nd_net, in_dev, sip, tip, RT_SCOPE_HOST)
        case 3:
            return not inet_confirm_addr(in_dev.dev.nd_net, None, 0, tip, RT_SCOPE_LINK)
        case 8:
            return True
    return False


def arp_accept(in_dev: in_device, sip: int) -> bool:
    """True if an announcement nobody asked for makes a new entry. `net/ipv4/arp.c:432 (6.1)`"""
    match IN_DEV_ARP_ACCEPT(in_dev):
        case 1:
            return True
        case 2:
            return inet_confirm_addr(in_dev.dev.nd_net, in_dev, sip, 0, RT_SCOPE_LINK) != 0
    return False


def arp_filter(sip: int, tip: int, dev: net_device) -> bool:
    """True if the way back to the asker leads over another device. `net/ipv4/arp.c:416`"""
    net = dev.nd_net
    rt = ip_route_output(net, sip, tip, 0, 0)
    if IS_ERR(rt):
        return True
    if rt.dst.dev is not dev:
        NET_INC_STATS_BH(net, LINUX_MIB_ARPFILTER)
        return True
    return False


def arp_set_predefined(addr_hint: int, paddr: int, dev: net_device) -> bytes | None:
    """The hardware address that follows from the kind of `paddr`, or None. `net/ipv4/arp.c:445`"""
    if addr_hint == RTN_LOCAL:
        return dev.dev_addr
    if addr_hint == RTN_MULTICAST:
        return arp_mc_map(paddr, dev, 1)[1]
    if addr_hint == RTN_BROADCAST:
        return dev.broadcast
    return None


def arp_find(haddr: bytearray, skb: sk_buff) -> int:
    """Write the next hop's hardware address to `haddr`; 1 if it must be asked for first. `net/ipv4/arp.c:464`"""
    dev = skb.dev
    if skb.dst is None:
        kfree_skb(skb)
        return 1
    paddr = rt_nexthop(skb.dst.container, ip_hdr(skb).daddr)
    known = arp_set_predefined(inet_addr_type(dev.nd_net, paddr), paddr, dev)
    if known is None:
        n = __neigh_lookup(g.arp_tbl, paddr, dev, 1)
        if n is None:
            kfree_skb(skb)
            return 1
        n.used = g.jiffies
        if n.nud_state & NUD_VALID or neigh_event_send(n, skb) == 0:
            known = neigh_ha_snapshot(n, dev)
        neigh_release(n)
        if known is None:
            return 1
    haddr[: dev.addr_len] = known
    return 0


def arp_fwd_proxy(in_dev: in_device, dev: net_device, rt: rtable) -> bool:
    """True if we answer for an address that we would forward to. `net/ipv4/arp.c:502`"""
    if rt.dst.dev is dev or not IN_DEV_PROXY_ARP(in_dev):
        return False
    imi = IN_DEV_MEDIUM_ID(in_dev)
    if imi in (0, -1):
        return imi == 0
    out_dev = __in_dev_get_rcu(rt.dst.dev)
    omi = IN_DEV_MEDIUM_ID(out_dev) if out_dev is not None else -1
    return omi != imi and omi != -1


def arp_fwd_pvlan(in_dev: in_device, dev: net_device, rt: rtable, sip: int, tip: int) -> bool:
    """True if we answer for an address on the asker's own wire (RFC 3069). `net/ipv4/arp.c:547`"""
    return rt.dst.dev is dev and sip != tip and IN_DEV_PROXY_ARP_PVLAN(in_dev)


def arp_create(
    type: int, ptype: int, dest_ip: int, dev: net_device, src_ip: int, dest_hw: bytes | None, src_hw: bytes | None,
    target_hw: bytes | None,
) -> sk_buff:  # fmt: skip
    """An ARP packet in its frame; without `dest_hw` it is a broadcast. `net/ipv4/arp.c:573`"""
    hlen = LL_RESERVED_SPACE(dev)
    skb = alloc_skb(arp_hdr_len(dev) + hlen + dev.needed_tailroom, GFP_ATOMIC)
    skb_reserve(skb, hlen)
    skb_reset_network_header(skb)
    arp = arphdr(skb.head, skb_put(skb, arp_hdr_len(dev)))
    skb.dev = dev
    skb.protocol = ETH_P_ARP
    src_hw = src_hw or dev.dev_addr
    if dev_hard_header(skb, dev, ptype, dest_hw or dev.broadcast, src_hw, skb.len) < 0:
        kfree_skb(skb)
        return None
    arp.ar_hrd = dev.type
    arp.ar_pro = ETH_P_IP
    arp.ar_hln = dev.addr_len
    arp.ar_pln = 4
    arp.ar_op = type
    arp.ar_sha = src_hw
    arp.ar_sip = src_ip
    arp.ar_tha = target_hw or bytes(dev.addr_len)
    arp.ar_tip = dest_ip
    return skb


def arp_xmit(skb: sk_buff) -> None:
    """Send an ARP packet that is ready. `net/ipv4/arp.c:683`"""
    dev_queue_xmit(skb)


def arp_send(
    type: int, ptype: int, dest_ip: int, dev: net_device, src_ip: int, dest_hw: bytes | None, src_hw: bytes | None,
    target_hw: bytes | None,
) -> None:  # fmt: skip
    """Make an ARP packet and send it, on a device that does ARP. `net/ipv4/arp.c:693`"""
    if dev.flags & IFF_NOARP:
        return
    skb = arp_create(type, ptype, dest_ip, dev, src_ip, dest_hw, src_hw, target_hw)
    if skb is not None:
        arp_xmit(skb)


def arp_is_garp(net: net, dev: net_device, ar_op: int, sip: int, tip: int, sha: bytes, tha: bytes) -> bool:
    """True if somebody announces their own address. `net/ipv4/arp.c:671 (6.1)`"""
    if tip != sip or ar_op == ARPOP_REPLY and tha != sha:
        return False
    return inet_addr_type_dev_table(net, dev, sip) == RTN_UNICAST


def arp_process(skb: sk_buff) -> int:
    """Act on an ARP packet: answer it, learn from it, or neither. `net/ipv4/arp.c:720`"""
    dev = skb.dev
    net = dev.nd_net
    in_dev = __in_dev_get_rcu(dev)
    arp = arp_hdr(skb)
    op = arp.ar_op
    hardware = (ARPHRD_ETHER, ARPHRD_IEEE802) if dev.type == ARPHRD_ETHER else (dev.type,)
    if in_dev is None or arp.ar_hrd not in hardware or arp.ar_pro != ETH_P_IP or op not in (ARPOP_REPLY, ARPOP_REQUEST):
        kfree_skb(skb)
        return NET_RX_DROP
    sha, sip, tha, tip = arp.ar_sha, arp.ar_sip, arp.ar_tha, arp.ar_tip
    if (
        ipv4_is_multicast(tip)
        or ipv4_is_loopback(tip)
        and not IN_DEV_ROUTE_LOCALNET(in_dev)
        or sip == tip
        and IN_DEV_ORCONF(in_dev, IPV4_DEVCONF_DROP_GRATUITOUS_ARP)
    ):
        kfree_skb(skb)
        return NET_RX_DROP
    if sip == 0:  # somebody makes sure that an address is free (RFC 2131)
        if (
            op == ARPOP_REQUEST
            and inet_addr_type_dev_table(net, dev, tip) == RTN_LOCAL
            and not arp_ignore(in_dev, sip, tip)
        ):
            arp_send(ARPOP_REPLY, ETH_P_ARP, sip, dev, tip, sha, dev.dev_addr, sha)
        consume_skb(skb)
        return NET_RX_SUCCESS
    if op == ARPOP_REQUEST and ip_route_input_noref(skb, tip, sip, 0, dev) == 0:
        done = arp_process_request(skb, net, dev, in_dev, sha, sip, tip)
        if done is not None:
            if done:
                consume_skb(skb)
            return NET_RX_SUCCESS
    n = __neigh_lookup(g.arp_tbl, sip, dev, 0)
    accept = arp_accept(in_dev, sip)
    is_garp = (n is not None or accept) and arp_is_garp(net, dev, op, sip, tip, sha, tha)
    if n is None and accept:
        if is_garp or op == ARPOP_REPLY and inet_addr_type_dev_table(net, dev, sip) == RTN_UNICAST:
            n = __neigh_lookup(g.arp_tbl, sip, dev, 1)
    if n is not None:
        override = is_garp or time_after(g.jiffies, n.updated + n.parms.locktime)
        state = NUD_REACHABLE if op == ARPOP_REPLY and skb.pkt_type == PACKET_HOST else NUD_STALE
        neigh_update(n, sha, state, NEIGH_UPDATE_F_OVERRIDE if override else 0, 0)
        neigh_release(n)
    consume_skb(skb)
    return NET_RX_SUCCESS


def arp_process_request(
    skb: sk_buff, net: net, dev: net_device, in_dev: in_device, sha: bytes, sip: int, tip: int
) -> bool | None:
    """The part of arp_process that answers a request: True when done, False if the packet was queued, None to go on."""
    rt = skb.dst.container
    if rt.rt_type == RTN_LOCAL:
        dont_send = arp_ignore(in_dev, sip, tip) or IN_DEV_ARPFILTER(in_dev) and arp_filter(sip, tip, dev)
        if not dont_send:
            n = neigh_event_ns(g.arp_tbl, sha, sip, dev)
            if n is not None:
                arp_send(ARPOP_REPLY, ETH_P_ARP, sip, dev, tip, sha, dev.dev_addr, sha)
                neigh_release(n)
        return True
    if not IN_DEV_FORWARD(in_dev) or rt.rt_type != RTN_UNICAST:
        return None
    if not (
        arp_fwd_proxy(in_dev, dev, rt)
        or arp_fwd_pvlan(in_dev, dev, rt, sip, tip)
        or rt.dst.dev is not dev
        and pneigh_lookup(g.arp_tbl, net, tip, dev, 0) is not None
    ):
        return None
    n = neigh_event_ns(g.arp_tbl, sha, sip, dev)
    if n is not None:
        neigh_release(n)
    if NEIGH_CB(skb).flags & LOCALLY_ENQUEUED or skb.pkt_type == PACKET_HOST or in_dev.arp_parms.proxy_delay == 0:
        arp_send(ARPOP_REPLY, ETH_P_ARP, sip, dev, tip, sha, dev.dev_addr, sha)
        return True
    pneigh_enqueue(g.arp_tbl, in_dev.arp_parms, skb)
    return False


def parp_redo(skb: sk_buff) -> None:
    """A request that waited for its proxy's answer. `net/ipv4/arp.c:933`"""
    arp_process(skb)


def arp_rcv(skb: sk_buff, dev: net_device, pt: packet_type, orig_dev: net_device) -> int:
    """Take an ARP packet from the device layer. `net/ipv4/arp.c:943`"""
    if dev.flags & IFF_NOARP or skb.pkt_type in (PACKET_OTHERHOST, PACKET_LOOPBACK):
        consume_skb(skb)
        return NET_RX_SUCCESS
    skb = skb_share_check(skb, GFP_ATOMIC)
    if not pskb_may_pull(skb, arp_hdr_len(dev)):
        kfree_skb(skb)
        return NET_RX_DROP
    arp = arp_hdr(skb)
    if arp.ar_hln != dev.addr_len or arp.ar_pln != 4:
        kfree_skb(skb)
        return NET_RX_DROP
    skb.cb = neighbour_cb()
    return arp_process(skb)


class arpreq:
    """What the ioctls of `arp` speak of: an address, its hardware address, flags and device."""

    __slots__ = ("arp_pa_family", "arp_pa", "arp_ha_family", "arp_ha", "arp_flags", "arp_netmask", "arp_dev")
    SIZE = 68

    def __init__(self, arg: bytes) -> None:
        self.arp_pa_family, self.arp_pa = unpack_from("<H", arg, 0)[0], unpack_from("!I", arg, 4)[0]
        self.arp_ha_family, self.arp_ha = unpack_from("<H", arg, 16)[0], bytes(arg[18:24])
        self.arp_flags, self.arp_netmask = unpack_from("<i", arg, 32)[0], unpack_from("!I", arg, 40)[0]
        self.arp_dev = bytes(arg[52:68]).split(b"\0")[0].decode("latin-1")

    def __bytes__(self) -> bytes:
        out = bytearray(self.SIZE)
        pack_into("<H", out, 0, self.arp_pa_family)
        pack_into("!I", out, 4, self.arp_pa)
        pack_into("<H", out, 16, self.arp_ha_family)
        out[18 : 18 + len(self.arp_ha)] = self.arp_ha
        pack_into("<i", out, 32, self.arp_flags)
        pack_into("!I", out, 40, self.arp_netmask)
        pack_into("16s", out, 52, self.arp_dev.encode("latin-1"))
        return bytes(out)


def arp_req_set_proxy(net: net, dev: net_device, on: int) -> int:
    """Switch proxy ARP for a device, or for all. `net/ipv4/arp.c:983`"""
    if dev is None:
        net.ipv4.devconf_all.data[IPV4_DEVCONF_PROXY_ARP - 1] = on
        return 0
    if __in_dev_get_rtnl(dev) is not None:
        IN_DEV_CONF_SET(__in_dev_get_rtnl(dev), IPV4_DEVCONF_PROXY_ARP, on)
        return 0
    return -ENXIO


def arp_req_set_public(net: net, r: arpreq, dev: net_device) -> int:
    """Answer for an address, or for all that we forward to. `net/ipv4/arp.c:996`"""
    if r.arp_netmask not in (0, 0xFFFFFFFF):
        return -EINVAL
    if r.arp_netmask:
        pneigh_lookup(g.arp_tbl, net, r.arp_pa, dev, 1)
        return 0
    return arp_req_set_proxy(net, dev, 1)


def arp_req_device(net: net, ip: int, dev: net_device) -> Any:
    """The device an ioctl means when it names none: the one the address is reached by; or an error."""
    if dev is not None:
        return dev
    rt = ip_route_output(net, ip, 0, RTO_ONLINK, 0)
    return PTR_ERR(rt) if IS_ERR(rt) else rt.dst.dev


def arp_req_set(net: net, r: arpreq, dev: net_device) -> int:
    """SIOCSARP: make an entry. `net/ipv4/arp.c:1019`"""
    if r.arp_flags & ATF_PUBL:
        return arp_req_set_public(net, r, dev)
    if r.arp_flags & ATF_PERM:
        r.arp_flags |= ATF_COM
    dev = arp_req_device(net, r.arp_pa, dev)
    if IS_ERR(dev):
        return dev
    if r.arp_ha_family != dev.type:
        return -EINVAL
    neigh = __neigh_lookup_errno(g.arp_tbl, r.arp_pa, dev)
    if IS_ERR(neigh):
        return PTR_ERR(neigh)
    state = NUD_PERMANENT if r.arp_flags & ATF_PERM else NUD_STALE
    lladdr = r.arp_ha if r.arp_flags & ATF_COM else None
    err = neigh_update(neigh, lladdr, state, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN, 0)
    neigh_release(neigh)
    return err


def arp_state_to_flags(neigh: neighbour) -> int:
    """An entry's state as the flags of `arp -n`. `net/ipv4/arp.c:1078`"""
    if neigh.nud_state & NUD_PERMANENT:
        return ATF_PERM | ATF_COM
    return ATF_COM if neigh.nud_state & NUD_VALID else 0


def arp_req_get(r: arpreq, dev: net_device) -> int:
    """SIOCGARP: look an entry up. `net/ipv4/arp.c:1092`"""
    neigh = neigh_lookup(g.arp_tbl, r.arp_pa, dev)
    if neigh is None:
        return -ENXIO
    err = -ENXIO
    if not neigh.nud_state & NUD_NOARP:
        r.arp_ha = neigh.ha[: dev.addr_len]
        r.arp_flags = arp_state_to_flags(neigh)
        r.arp_ha_family = dev.type
        r.arp_dev = dev.name
        err = 0
    neigh_release(neigh)
    return err


def arp_invalidate(dev: net_device, ip: int, force: bool) -> int:
    """Forget an entry; unless `force`, only one that is not valid. `net/ipv4/arp.c:1144 (6.1)`"""
    neigh = neigh_lookup(g.arp_tbl, ip, dev)
    if neigh is None:
        return -ENXIO
    if neigh.nud_state & NUD_VALID and not force:
        neigh_release(neigh)
        return 0
    err = -ENXIO
    if neigh.nud_state & ~NUD_NOARP:
        err = neigh_update(neigh, None, NUD_FAILED, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN, 0)
    neigh_release(neigh)
    neigh_remove_one(neigh, g.arp_tbl)
    return err


def arp_req_delete_public(net: net, r: arpreq, dev: net_device) -> int:
    """Answer no longer for an address. `net/ipv4/arp.c:1129`"""
    if r.arp_netmask == 0xFFFFFFFF:
        return pneigh_delete(g.arp_tbl, net, r.arp_pa, dev)
    return -EINVAL if r.arp_netmask else arp_req_set_proxy(net, dev, 0)


def arp_req_delete(net: net, r: arpreq, dev: net_device) -> int:
    """SIOCDARP: forget an entry. `net/ipv4/arp.c:1144`"""
    if r.arp_flags & ATF_PUBL:
        return arp_req_delete_public(net, r, dev)
    dev = arp_req_device(net, r.arp_pa, dev)
    return dev if IS_ERR(dev) else arp_invalidate(dev, r.arp_pa, True)


def arp_ioctl(net: net, cmd: int, arg: bytes) -> tuple[int, bytes]:
    """The ioctls of `arp`: an errno, and what the struct then holds. `net/ipv4/arp.c:1169`"""
    if cmd not in (SIOCDARP, SIOCSARP, SIOCGARP):
        return -EINVAL, arg
    r = arpreq(arg)
    if r.arp_pa_family != AF_INET:
        return -EPFNOSUPPORT, arg
    if not r.arp_flags & ATF_PUBL and r.arp_flags & (ATF_NETMASK | ATF_DONTPUB):
        return -EINVAL, arg
    if not r.arp_flags & ATF_NETMASK:
        r.arp_netmask = 0xFFFFFFFF
    dev = None
    if r.arp_dev:
        dev = __dev_get_by_name(net, r.arp_dev)
        if dev is None:
            return -ENODEV, arg
        r.arp_ha_family = r.arp_ha_family or dev.type
        if r.arp_flags & ATF_COM and r.arp_ha_family != dev.type:
            return -EINVAL, arg
    elif cmd == SIOCGARP:
        return -ENODEV, arg
    if cmd == SIOCDARP:
        return arp_req_delete(net, r, dev), arg
    if cmd == SIOCSARP:
        return arp_req_set(net, r, dev), arg
    err = arp_req_get(r, dev)
    return err, bytes(r) if not err else arg


def arp_netdev_event(this: notifier_block, event: int, ptr: net_device) -> int:
    """A device changed its address, or lost its carrier: what was learned on it no longer holds.
    `net/ipv4/arp.c:1234`"""
    dev = ptr
    if event == NETDEV_CHANGEADDR:
        neigh_changeaddr(g.arp_tbl, dev)
        rt_cache_flush(dev.nd_net)
    elif event == NETDEV_CHANGE:
        if dev.flags_changed & IFF_NOARP:
            neigh_changeaddr(g.arp_tbl, dev)
        in_dev = __in_dev_get_rtnl(dev)
        evict_nocarrier = in_dev is None or IN_DEV_ARP_EVICT_NOCARRIER(in_dev)
        if evict_nocarrier and not netif_carrier_ok(dev):
            neigh_carrier_down(g.arp_tbl, dev)
    return NOTIFY_DONE


def arp_ifdown(dev: net_device) -> None:
    """The device is down: all its neighbours are forgotten. `net/ipv4/arp.c:1259`"""
    neigh_ifdown(g.arp_tbl, dev)


def arp_format_neigh_entry(seq: seq_file, n: neighbour) -> None:
    """One neighbour's line of /proc/net/arp. `net/ipv4/arp.c:1326`"""
    tbuf = ".".join(map(str, n.primary_key.to_bytes(4, "big")))
    hbuffer = n.ha[: n.dev.addr_len].hex(":")
    flags = arp_state_to_flags(n)
    seq_printf(seq, "%-16s 0x%-10x0x%-10x%-17s     *        %s\n", tbuf, n.dev.type, flags, hbuffer, n.dev.name)


def arp_format_pneigh_entry(seq: seq_file, n: pneigh_entry) -> None:
    """A proxy entry's line. `net/ipv4/arp.c:1359`"""
    tbuf = ".".join(map(str, n.key.to_bytes(4, "big")))
    hatype, name = (n.dev.type, n.dev.name) if n.dev is not None else (0, "*")
    zero = "00:00:00:00:00:00"
    seq_printf(seq, "%-16s 0x%-10x0x%-10x%s     *        %s\n", tbuf, hatype, ATF_PUBL | ATF_PERM, zero, name)


def arp_seq_show(seq: seq_file, v: Any) -> int:
    """One line of /proc/net/arp. `net/ipv4/arp.c:1372`"""
    if v is SEQ_START_TOKEN:
        seq_puts(seq, "IP address       HW type     Flags       HW address            Mask     Device\n")
    elif seq.private.flags & NEIGH_SEQ_IS_PNEIGH:
        arp_format_pneigh_entry(seq, v)
    else:
        arp_format_neigh_entry(seq, v)
    return 0


def arp_seq_start(seq: seq_file, pos: int) -> Any:
    """Begin to read /proc/net/arp, which leaves out entries that needed no asking. `net/ipv4/arp.c:1389`"""
    return neigh_seq_start(seq, pos, g.arp_tbl, NEIGH_SEQ_SKIP_NOARP)


def arp_net_init(net: net) -> int:
    """A new namespace gets its /proc/net/arp. `net/ipv4/arp.c:1421`"""
    return 0 if proc_create_net("arp", 0o444, net.proc_net, arp_seq_ops, 0) is not None else -ENOMEM


def arp_net_exit(net: net) -> None:
    """The namespace ends. `net/ipv4/arp.c:1428`"""
    remove_proc_entry("arp", net.proc_net)


def arp_init() -> None:
    """Set up the table, and receive ARP packets from now on. `net/ipv4/arp.c:1276`"""
    g.arp_tbl = neigh_table(
        family=AF_INET,
        key_len=4,
        protocol=ETH_P_IP,
        id="arp_cache",
        hash=arp_hash,
        constructor=arp_constructor,
        proxy_redo=parp_redo,
        is_multicast=arp_is_multicast,
    )
    neigh_table_init(g.arp_tbl)
    dev_add_pack(packet_type(type=ETH_P_ARP, func=arp_rcv))
    register_pernet_subsys(pernet_operations(init=arp_net_init, exit=arp_net_exit))
    neigh_sysctl_register(None, g.arp_tbl.parms, None)
    register_netdevice_notifier(notifier_block(arp_netdev_event))


from vethkernel.fs.proc.proc_net import proc_create_net, remove_proc_entry
from vethkernel.net.core.dev import (
    __dev_get_by_name,
    dev_add_pack,
    dev_queue_xmit,
    register_netdevice_notifier,
)
from vethkernel.net.core.neighbour import (
    __neigh_lookup,
    __neigh_lookup_errno,
    neigh_app_ns,
    neigh_carrier_down,
    neigh_changeaddr,
    neigh_connected_output,
    neigh_direct_output,
    neigh_event_ns,
    neigh_event_send,
    neigh_ifdown,
    neigh_lookup,
    neigh_release,
    neigh_remove_one,
    neigh_resolve_output,
    neigh_seq_next,
    neigh_seq_start,
    neigh_seq_stop,
    neigh_sysctl_register,
    neigh_table_init,
    neigh_update,
    pneigh_delete,
    pneigh_enqueue,
    pneigh_lookup,
)
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.skbuff import (
    alloc_skb,
    consume_skb,
    kfree_skb,
    kfree_skb_reason,
    pskb_may_pull,
    skb_put,
    skb_share_check,
)
from vethkernel.net.ipv4.devinet import inet_addr_onlink, inet_confirm_addr, inet_select_addr
from vethkernel.net.ipv4.fib_frontend import inet_addr_type, inet_addr_type_dev_table
from vethkernel.net.ipv4.route import ip_route_input_noref, rt_cache_flush

arp_generic_ops = neigh_ops(
    family=AF_INET,
    solicit=arp_solicit,
    error_report=arp_error_report,
    output=neigh_resolve_output,
    connected_output=neigh_connected_output,
)

arp_hh_ops = neigh_ops(
    family=AF_INET,
    solicit=arp_solicit,
    error_report=arp_error_report,
    output=neigh_resolve_output,
    connected_output=neigh_resolve_output,
)

arp_direct_ops = neigh_ops(family=AF_INET, output=neigh_direct_output, connected_output=neigh_direct_output)

arp_seq_ops = seq_operations(start=arp_seq_start, next=neigh_seq_next, stop=neigh_seq_stop, show=arp_seq_show)
