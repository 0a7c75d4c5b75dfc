# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/in.h: which kind of IPv4 address a number is."""

from vethkernel.include.uapi.linux.in_ import INADDR_BROADCAST


def ipv4_is_loopback(addr: int) -> bool:
    """127.0.0.0/8: this host alone. `include/linux/in.h:42`"""
    return addr >> 24 == 127


def ipv4_is_multicast(addr: int) -> bool:
    """224.0.0.0/4: a group. `include/linux/in.h:47`"""
    return addr >> 28 == 14


def ipv4_is_local_multicast(addr: int) -> bool:
    """224.0.0.0/24: a group that no router forwards. `include/linux/in.h:52`"""
    return addr >> 8 == 0xE00000


def ipv4_is_lbcast(addr: int) -> bool:
    """255.255.255.255: all on this link. `include/linux/in.h:57`"""
    return addr == INADDR_BROADCAST


def ipv4_is_zeronet(addr: int) -> bool:
    """0.0.0.0, which stands for no address; v3.10 took all of 0.0.0.0/8 for that. `include/linux/in.h:63`"""
    return addr == 0
