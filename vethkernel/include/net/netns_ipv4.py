# SPDX-License-Identifier: GPL-2.0-only
"""include/net/netns/ipv4.h: what each network namespace keeps for IPv4, `net.ipv4`."""

from typing import Any

from vethkernel.include.linux.jiffies import HZ
from vethkernel.include.linux.inetdevice import ipv4_devconf


class local_ports:
    """The range that unbound sockets take their ports from."""

    __slots__ = ("range",)

    def __init__(self, low: int, high: int) -> None:
        self.range = [low, high]


class ping_group_range:
    """The groups whose members may open ping sockets; low above high: none."""

    __slots__ = ("range",)

    def __init__(self, low: int, high: int) -> None:
        self.range = [low, high]


class netns_ipv4:
    """The field names are those of 6.1, where each switch belongs to a namespace; the values, what it starts with."""

    __slots__ = (
        "forw_hdr", "frags_hdr", "ipv4_hdr", "route_hdr", "devconf_all", "devconf_dflt", "rules_ops",
        "fib_main", "fib_default", "fib_table_hash", "fib_has_custom_rules", "fib_has_custom_local_routes",
        "inet_addr_lst", "icmp_sk", "icmp_global_credit", "icmp_global_stamp", "tcp_sk", "peers", "frags",
        "dev_addr_genid", "rt_genid", "fnhe_genid",
        "ip_id", "udp_table", "raw_hash", "ping_table",
        "sysctl_icmp_echo_ignore_all", "sysctl_icmp_echo_enable_probe", "sysctl_icmp_echo_ignore_broadcasts",
        "sysctl_icmp_ignore_bogus_error_responses", "sysctl_icmp_errors_use_inbound_ifaddr",
        "sysctl_icmp_ratelimit", "sysctl_icmp_ratemask", "sysctl_icmp_msgs_per_sec", "sysctl_icmp_msgs_burst",
        "ip_rt_min_pmtu", "ip_rt_mtu_expires", "ip_rt_min_advmss", "ip_local_ports", "ping_group_range",
        "sysctl_ip_default_ttl", "sysctl_ip_no_pmtu_disc", "sysctl_ip_fwd_use_pmtu",
        "sysctl_ip_fwd_update_priority", "sysctl_ip_nonlocal_bind", "sysctl_ip_autobind_reuse",
        "sysctl_ip_dynaddr", "sysctl_ip_early_demux", "sysctl_fwmark_reflect", "sysctl_ip_prot_sock",
        "sysctl_raw_l3mdev_accept", "sysctl_udp_early_demux", "sysctl_udp_rmem_min", "sysctl_udp_wmem_min",
        "sysctl_udp_l3mdev_accept", "sysctl_fib_multipath_hash_policy", "sysctl_fib_multipath_use_neigh",
        "sysctl_igmp_max_memberships", "sysctl_igmp_max_msf", "sysctl_igmp_qrv",
        "sysctl_igmp_link_local_mcast_reports",
    )  # fmt: skip

    def __init__(self) -> None:
        self.forw_hdr: Any = None
        self.frags_hdr: Any = None
        self.ipv4_hdr: Any = None
        self.route_hdr: Any = None
        self.devconf_all: ipv4_devconf = None
        self.devconf_dflt: ipv4_devconf = None
        self.rules_ops: Any = None
        self.fib_main: Any = None
        self.fib_default: Any = None
        self.fib_table_hash: list[list[Any]] = []
        self.fib_has_custom_rules = False
        self.fib_has_custom_local_routes = False
        self.inet_addr_lst: dict[int, list[Any]] = {}
        self.icmp_sk: list[Any] = []
        self.icmp_global_credit = self.icmp_global_stamp = 0
        self.tcp_sk: list[Any] = []
        self.peers: Any = None
        self.frags: Any = None
        self.dev_addr_genid = self.rt_genid = self.fnhe_genid = 0
        self.ip_id: Any = None
        self.udp_table: Any = None
        self.raw_hash: Any = None
        self.ping_table: Any = None
        self.sysctl_icmp_echo_ignore_all = 0
        self.sysctl_icmp_echo_enable_probe = 0
        self.sysctl_icmp_echo_ignore_broadcasts = 1
        self.sysctl_icmp_ignore_bogus_error_responses = 1
        self.sysctl_icmp_errors_use_inbound_ifaddr = 0
        self.sysctl_icmp_ratelimit = HZ
        self.sysctl_icmp_ratemask = 0x1818
        self.sysctl_icmp_msgs_per_sec = 1000
        self.sysctl_icmp_msgs_burst = 50
        self.ip_rt_min_pmtu = 552
        self.ip_rt_mtu_expires = 10 * 60 * HZ
        self.ip_rt_min_advmss = 256
        self.ip_local_ports = local_ports(32768, 60999)
        self.ping_group_range = ping_group_range(1, 0)
        self.sysctl_ip_default_ttl = 64
        self.sysctl_ip_no_pmtu_disc = 0
        self.sysctl_ip_fwd_use_pmtu = 0
        self.sysctl_ip_fwd_update_priority = 1
        self.sysctl_ip_nonlocal_bind = 0
        self.sysctl_ip_autobind_reuse = 0
        self.sysctl_ip_dynaddr = 0
        self.sysctl_ip_early_demux = 1
        self.sysctl_fwmark_reflect = 0
        self.sysctl_ip_prot_sock = 1024
        self.sysctl_raw_l3mdev_accept = 1
        self.sysctl_udp_early_demux = 1
        self.sysctl_udp_rmem_min = 4096
        self.sysctl_udp_wmem_min = 4096
        self.sysctl_udp_l3mdev_accept = 0
        self.sysctl_fib_multipath_hash_policy = 0
        self.sysctl_fib_multipath_use_neigh = 0
        self.sysctl_igmp_max_memberships = 20
        self.sysctl_igmp_max_msf = 10
        self.sysctl_igmp_qrv = 2
        self.sysctl_igmp_link_local_mcast_reports = 1
