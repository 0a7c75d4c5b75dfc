# SPDX-License-Identifier: GPL-2.0-only
"""include/net/icmp.h: ICMP's counters, and the errno that each kind of "destination unreachable" means."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vethkernel.include.net.net_namespace import net


class icmp_err(NamedTuple):
    """What a socket is told: an errno, and whether that ends a connection."""

    errno: int
    fatal: bool


def ICMP_INC_STATS(net: "net", field: int) -> None:
    """Count one event of ICMP. `include/net/icmp.h:32`"""
    net.mib.icmp_statistics[field] += 1


def ICMPMSGOUT_INC_STATS(net: "net", field: int) -> None:
    """Count one message of this type as sent. `include/net/icmp.h:34`"""
    net.mib.icmpmsg_statistics[field + 256] += 1


def ICMPMSGIN_INC_STATS_BH(net: "net", field: int) -> None:
    """Count one message of this type as received. `include/net/icmp.h:35`"""
    net.mib.icmpmsg_statistics[field] += 1


ICMP_INC_STATS_BH = ICMP_INC_STATS
