# SPDX-License-Identifier: GPL-2.0-only
"""include/net/snmp.h: the counters that /proc/net/snmp and /proc/net/netstat show.

Each set of counters is a list, indexed by the numbers of include/uapi/linux/snmp.h; `net.mib` holds a namespace's sets.
The kernel keeps one list for each CPU and adds them up when somebody reads; one thread needs only one.
"""

from dataclasses import dataclass, field

from vethkernel.include.uapi.linux.snmp import (
    IPSTATS_MIB_INBCASTOCTETS,
    IPSTATS_MIB_INBCASTPKTS,
    IPSTATS_MIB_INMCASTOCTETS,
    IPSTATS_MIB_INMCASTPKTS,
    IPSTATS_MIB_INOCTETS,
    IPSTATS_MIB_INPKTS,
    IPSTATS_MIB_OUTBCASTOCTETS,
    IPSTATS_MIB_OUTBCASTPKTS,
    IPSTATS_MIB_OUTMCASTOCTETS,
    IPSTATS_MIB_OUTMCASTPKTS,
    IPSTATS_MIB_OUTOCTETS,
    IPSTATS_MIB_OUTPKTS,
)

IPSTATS_MIB_MAX = 38
ICMP_MIB_MAX = 30
ICMPMSG_MIB_MAX = 512
UDP_MIB_MAX = 10
LINUX_MIB_MAX = 128

# A packet counter and its octet counter, which C's macros make of one name (`basefield##PKTS`).
IPSTATS_MIB_IN = (IPSTATS_MIB_INPKTS, IPSTATS_MIB_INOCTETS)
IPSTATS_MIB_OUT = (IPSTATS_MIB_OUTPKTS, IPSTATS_MIB_OUTOCTETS)
IPSTATS_MIB_INMCAST = (IPSTATS_MIB_INMCASTPKTS, IPSTATS_MIB_INMCASTOCTETS)
IPSTATS_MIB_OUTMCAST = (IPSTATS_MIB_OUTMCASTPKTS, IPSTATS_MIB_OUTMCASTOCTETS)
IPSTATS_MIB_INBCAST = (IPSTATS_MIB_INBCASTPKTS, IPSTATS_MIB_INBCASTOCTETS)
IPSTATS_MIB_OUTBCAST = (IPSTATS_MIB_OUTBCASTPKTS, IPSTATS_MIB_OUTBCASTOCTETS)


@dataclass(slots=True, eq=False)
class netns_mib:
    """One network namespace's counters. `include/net/netns/mib.h:6`"""

    ip_statistics: list[int] = field(default_factory=lambda: [0] * IPSTATS_MIB_MAX)
    icmp_statistics: list[int] = field(default_factory=lambda: [0] * ICMP_MIB_MAX)
    icmpmsg_statistics: list[int] = field(default_factory=lambda: [0] * ICMPMSG_MIB_MAX)
    udp_statistics: list[int] = field(default_factory=lambda: [0] * UDP_MIB_MAX)
    net_statistics: list[int] = field(default_factory=lambda: [0] * LINUX_MIB_MAX)
