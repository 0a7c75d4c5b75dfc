# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/igmp.c: which multicast groups a device listens to. All that is here is the group of all hosts, 224.0.0.1,
which every device that is up belongs to; joining others, and IGMP itself, are left out."""

from __future__ import annotations

from vethkernel.include.linux.inetdevice import in_device
from vethkernel.include.uapi.linux.in_ import INADDR_ALLHOSTS_GROUP


def ip_mc_down(in_dev: in_device) -> None:
    """The device goes down. `net/ipv4/igmp.c:1358`"""
    if INADDR_ALLHOSTS_GROUP in in_dev.mc_list:
        in_dev.mc_list.remove(INADDR_ALLHOSTS_GROUP)


def ip_mc_up(in_dev: in_device) -> None:
    """The device comes up. `net/ipv4/igmp.c:1401`"""
    if INADDR_ALLHOSTS_GROUP not in in_dev.mc_list:
        in_dev.mc_list.append(INADDR_ALLHOSTS_GROUP)


def ip_check_mc_rcu(in_dev: in_device, mc_addr: int, src_addr: int, proto: int) -> int:
    """1 if the device listens to the group. `net/ipv4/igmp.c:2321`"""
    return int(mc_addr in in_dev.mc_list)
