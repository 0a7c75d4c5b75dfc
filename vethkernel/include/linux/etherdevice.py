# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/etherdevice.h: what an Ethernet address says about itself, and how a random one is made."""

from vethkernel.drivers.char.random import get_random_bytes
from vethkernel.include.linux.netdevice import NET_ADDR_RANDOM, net_device
from vethkernel.include.uapi.linux.if_ether import ETH_ALEN


def is_zero_ether_addr(addr: bytes) -> bool:
    """True for 00:00:00:00:00:00. `include/linux/etherdevice.h:82`"""
    return addr == bytes(ETH_ALEN)


def is_multicast_ether_addr(addr: bytes | bytearray) -> bool:
    """True if the frame goes to a group, which includes everybody. `include/linux/etherdevice.h:94`"""
    return bool(addr[0] & 1)


def is_broadcast_ether_addr(addr: bytes) -> bool:
    """True if the frame goes to everybody. `include/linux/etherdevice.h:116`"""
    return addr == b"\xff" * ETH_ALEN


def is_valid_ether_addr(addr: bytes) -> bool:
    """True for an address that a card may bear: neither a group's nor zero. `include/linux/etherdevice.h:141`"""
    return not is_multicast_ether_addr(addr) and not is_zero_ether_addr(addr)


def eth_random_addr() -> bytes:
    """A random address, marked as locally administered. `include/linux/etherdevice.h:155`"""
    addr = bytearray(get_random_bytes(ETH_ALEN))
    addr[0] = addr[0] & 0xFE | 0x02
    return bytes(addr)


def eth_hw_addr_random(dev: net_device) -> None:
    """Give `dev` a random address, and note that it is one. `include/linux/etherdevice.h:195`"""
    dev.addr_assign_type = NET_ADDR_RANDOM
    dev.dev_addr = eth_random_addr()
