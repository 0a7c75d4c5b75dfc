# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/datagram.c: connect(2) on a datagram socket: choose a route and a source address, and remember both."""

from __future__ import annotations

from vethkernel.drivers.char.random import prandom_u32
from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.socket import sockaddr_in
from vethkernel.include.net.flow import flowi4
from vethkernel.include.net.sock import SOCK_BROADCAST, TCP_ESTABLISHED, sock, sock_flag
from vethkernel.include.uapi.asm_generic.errno import EACCES, EAFNOSUPPORT, EINVAL, ENETUNREACH
from vethkernel.include.uapi.linux.in_route import RTCF_BROADCAST
from vethkernel.include.uapi.linux.snmp import IPSTATS_MIB_OUTNOROUTES
from vethkernel.include.uapi.linux.socket import AF_INET


def ip4_datagram_connect(sk: sock, uaddr: sockaddr_in, addr_len: int) -> int:
    """From now on the socket talks to `uaddr` alone. `net/ipv4/datagram.c:23`"""
    inet = sk.container
    if addr_len < sockaddr_in.SIZE:
        return -EINVAL
    if uaddr.sa_family != AF_INET:
        return -EAFNOSUPPORT
    sk_dst_reset(sk)
    oif, saddr = sk.sk_bound_dev_if, inet.inet_saddr
    if ipv4_is_multicast(uaddr.sin_addr):
        oif = oif or inet.mc_index
        saddr = saddr or inet.mc_addr
    elif not oif:
        oif = inet.uc_index
    inet.cork.fl = fl4 = flowi4()
    rt = ip_route_connect(
        fl4, uaddr.sin_addr, saddr, RT_CONN_FLAGS(sk), oif, sk.sk_protocol, inet.inet_sport, uaddr.sin_port, sk, True
    )
    if IS_ERR(rt):
        if rt == -ENETUNREACH:
            IP_INC_STATS_BH(sk.sk_net, IPSTATS_MIB_OUTNOROUTES)
        return rt
    if rt.rt_flags & RTCF_BROADCAST and not sock_flag(sk, SOCK_BROADCAST):
        return -EACCES
    inet.inet_saddr = inet.inet_saddr or fl4.saddr
    if not inet.inet_rcv_saddr:
        inet.inet_rcv_saddr = fl4.saddr
        if sk.sk_prot.rehash:
            sk.sk_prot.rehash(sk)
    inet.inet_daddr = fl4.daddr
    inet.inet_dport = uaddr.sin_port
    sk.sk_state = TCP_ESTABLISHED
    inet.inet_id = prandom_u32() & 0xFFFF
    sk_dst_set(sk, rt.dst)
    return 0


from vethkernel.include.linux.in_ import ipv4_is_multicast
from vethkernel.include.net.ip import IP_INC_STATS_BH
from vethkernel.include.net.route import RT_CONN_FLAGS, ip_route_connect
from vethkernel.net.core.sock import sk_dst_reset, sk_dst_set
