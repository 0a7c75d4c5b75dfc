# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/sysctl_net_ipv4.c: the switches of /proc/sys/net/ipv4 itself. As since 4.x each belongs to its namespace.
Left out: those of TCP, and those whose protocol is left out."""

from __future__ import annotations

from vethkernel.include.linux.sysctl import ctl_table, ctl_table_header, int_ptr
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.net_namespace import pernet_operations
from vethkernel.include.uapi.asm_generic.errno import EINVAL

IP_TTL_MIN, IP_TTL_MAX = 1, 255
PORT_MIN, PORT_MAX = 1, 65535
GID_T_MAX = 0x7FFFFFFF


def set_local_port_range(net: net_t, range: list[int]) -> None:
    """From now on unbound sockets take their ports from here. `net/ipv4/sysctl_net_ipv4.c:43`"""
    net.ipv4.ip_local_ports.range[:] = range


def ipv4_local_port_range(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """Two ports, the lower one first. `net/ipv4/sysctl_net_ipv4.c:52`"""
    net = table.extra1
    range = list(net.ipv4.ip_local_ports.range)
    tmp = ctl_table("", [int_ptr(range, 0), int_ptr(range, 1)], extra1=PORT_MIN, extra2=PORT_MAX)
    ret, text = proc_dointvec_minmax(tmp, write, buffer, lenp, ppos)
    if write and ret == 0:
        if range[1] < range[0] or range[0] < net.ipv4.sysctl_ip_prot_sock:
            return -EINVAL, ""
        set_local_port_range(net, range)
    return ret, text


def set_ping_group_range(net: net_t, low: int, high: int) -> None:
    """From now on these groups may open ping sockets. `net/ipv4/sysctl_net_ipv4.c:93`"""
    net.ipv4.ping_group_range.range[:] = [low, high]


def ipv4_ping_group_range(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """Two groups; a range that is none becomes "1 0". `net/ipv4/sysctl_net_ipv4.c:103`"""
    net = table.extra1
    urange = list(net.ipv4.ping_group_range.range)
    tmp = ctl_table("", [int_ptr(urange, 0), int_ptr(urange, 1)], extra1=0, extra2=GID_T_MAX)
    ret, text = proc_dointvec_minmax(tmp, write, buffer, lenp, ppos)
    if write and ret == 0:
        low, high = urange
        set_ping_group_range(net, *((low, high) if low <= high else (1, 0)))
    return ret, text


def ipv4_privileged_ports(table: ctl_table, write: bool, buffer: str, lenp: int, ppos: int) -> tuple[int, str]:
    """The first port that anybody may bind; not above the local range. `net/ipv4/sysctl_net_ipv4.c:101 (6.1)`"""
    net = table.extra1
    pports = [net.ipv4.sysctl_ip_prot_sock]
    tmp = ctl_table("", int_ptr(pports, 0), extra1=0, extra2=PORT_MAX)
    ret, text = proc_dointvec_minmax(tmp, write, buffer, lenp, ppos)
    if write and ret == 0:
        if net.ipv4.ip_local_ports.range[0] < pports[0]:
            return -EINVAL, ""
        net.ipv4.sysctl_ip_prot_sock = pports[0]
    return ret, text


def ipv4_net_table(net: net_t) -> list[ctl_table]:
    """The table of a namespace. `net/ipv4/sysctl_net_ipv4.c:779`"""
    ipv4 = net.ipv4

    def u8(name: str, field: str, low: int | None = None, high: int | None = None) -> ctl_table:
        return ctl_table(name, int_ptr(ipv4, field), 1, 0o644, proc_dou8vec_minmax, low, high)

    def number(name: str, field: str, low: int | None = None, high: int | None = None) -> ctl_table:
        return ctl_table(name, int_ptr(ipv4, field), 4, 0o644, proc_dointvec_minmax, low, high)

    return [
        u8("icmp_echo_ignore_all", "sysctl_icmp_echo_ignore_all", 0, 1),
        u8("icmp_echo_enable_probe", "sysctl_icmp_echo_enable_probe", 0, 1),
        u8("icmp_echo_ignore_broadcasts", "sysctl_icmp_echo_ignore_broadcasts", 0, 1),
        u8("icmp_ignore_bogus_error_responses", "sysctl_icmp_ignore_bogus_error_responses", 0, 1),
        u8("icmp_errors_use_inbound_ifaddr", "sysctl_icmp_errors_use_inbound_ifaddr", 0, 1),
        ctl_table("icmp_ratelimit", int_ptr(ipv4, "sysctl_icmp_ratelimit"), 4, 0o644, proc_dointvec_ms_jiffies),
        ctl_table("icmp_ratemask", int_ptr(ipv4, "sysctl_icmp_ratemask"), 4, 0o644, proc_dointvec),
        number("icmp_msgs_per_sec", "sysctl_icmp_msgs_per_sec", 0),
        number("icmp_msgs_burst", "sysctl_icmp_msgs_burst", 0),
        ctl_table("ping_group_range", None, 8, 0o644, ipv4_ping_group_range, net),
        u8("raw_l3mdev_accept", "sysctl_raw_l3mdev_accept", 0, 1),
        u8("ip_dynaddr", "sysctl_ip_dynaddr"),
        u8("ip_early_demux", "sysctl_ip_early_demux"),
        u8("udp_early_demux", "sysctl_udp_early_demux"),
        u8("ip_default_ttl", "sysctl_ip_default_ttl", IP_TTL_MIN, IP_TTL_MAX),
        ctl_table("ip_local_port_range", None, 8, 0o644, ipv4_local_port_range, net),
        u8("ip_no_pmtu_disc", "sysctl_ip_no_pmtu_disc"),
        u8("ip_forward_use_pmtu", "sysctl_ip_fwd_use_pmtu"),
        u8("ip_forward_update_priority", "sysctl_ip_fwd_update_priority", 0, 1),
        u8("ip_nonlocal_bind", "sysctl_ip_nonlocal_bind"),
        u8("ip_autobind_reuse", "sysctl_ip_autobind_reuse", 0, 1),
        u8("fwmark_reflect", "sysctl_fwmark_reflect"),
        number("igmp_max_memberships", "sysctl_igmp_max_memberships"),
        number("igmp_max_msf", "sysctl_igmp_max_msf"),
        number("igmp_qrv", "sysctl_igmp_qrv", 1),
        u8("igmp_link_local_mcast_reports", "sysctl_igmp_link_local_mcast_reports"),
        u8("fib_multipath_use_neigh", "sysctl_fib_multipath_use_neigh", 0, 1),
        u8("fib_multipath_hash_policy", "sysctl_fib_multipath_hash_policy", 0, 3),
        ctl_table("ip_unprivileged_port_start", None, 4, 0o644, ipv4_privileged_ports, net),
        u8("udp_l3mdev_accept", "sysctl_udp_l3mdev_accept", 0, 1),
        number("udp_rmem_min", "sysctl_udp_rmem_min", 1),
        number("udp_wmem_min", "sysctl_udp_wmem_min", 1),
    ]


def ipv4_sysctl_init_net(net: net_t) -> int:
    """A namespace begins. `net/ipv4/sysctl_net_ipv4.c:843`"""
    net.ipv4.ipv4_hdr = register_net_sysctl(net, "net/ipv4", ipv4_net_table(net))
    return 0


def ipv4_sysctl_exit_net(net: net_t) -> None:
    """A namespace ends. `net/ipv4/sysctl_net_ipv4.c:897`"""
    header: ctl_table_header = net.ipv4.ipv4_hdr
    unregister_net_sysctl_table(header)


ipv4_sysctl_ops = pernet_operations(init=ipv4_sysctl_init_net, exit=ipv4_sysctl_exit_net)


def sysctl_ipv4_init() -> int:
    """Boot. `net/ipv4/sysctl_net_ipv4.c:911`"""
    return register_pernet_subsys(ipv4_sysctl_ops)


from vethkernel.fs.proc.proc_sysctl import register_net_sysctl, unregister_net_sysctl_table
from vethkernel.kernel.sysctl import (
    proc_dointvec,
    proc_dointvec_minmax,
    proc_dointvec_ms_jiffies,
    proc_dou8vec_minmax,
)
from vethkernel.net.core.net_namespace import register_pernet_subsys
