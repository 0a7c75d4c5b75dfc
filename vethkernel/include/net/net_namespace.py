# SPDX-License-Identifier: GPL-2.0-only
"""include/net/net_namespace.h: `struct net`, one network namespace with all that belongs to it.

A namespace lives as long as somebody counts: a process in it, a socket, an open file of it, a mount at /run/netns.
Each takes its count by `get_net(net)` and gives it back by `put_net(net)`; the last one's put schedules its end.
What each part of the network keeps for a namespace is set up by the pernet_operations that it registers.
Left out: user namespaces, generic per-module data, and the parts of protocols that are not here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vethkernel.globals import g

if TYPE_CHECKING:
    from vethkernel.include.linux.netdevice import net_device
    from vethkernel.include.linux.notifier import notifier_block
    from vethkernel.include.net.netns_ipv4 import netns_ipv4
    from vethkernel.include.net.snmp import netns_mib
    from vethkernel.include.net.sock import sock
    from vethkernel.vfs import Directory

NETDEV_HASHENTRIES = 256
CLONE_NEWNET = 0x40000000


@dataclass(slots=True, eq=False)
class netns_core:
    """What net/core keeps for a namespace. include/net/netns/core.h"""

    sysctl_hdr: Any = None
    sysctl_somaxconn: int = 4096


@dataclass(slots=True, eq=False)
class netns_packet:
    """The packet sockets of a namespace, for /proc/net/packet. include/net/netns/packet.h"""

    sklist: list[sock] = field(default_factory=list)


@dataclass(slots=True, eq=False, repr=False)
class net:
    """A network namespace."""

    count: int = 0
    inum: int = 0
    hash_mix: int = 0
    user_ns: Any = None
    netns_ids: dict[int, net] = field(default_factory=dict)
    dev_base_seq: int = 0
    ifindex: int = 0
    dev_base_head: list[net_device] = field(default_factory=list)
    dev_name_head: dict[str, net_device] = field(default_factory=dict)
    dev_index_head: dict[int, net_device] = field(default_factory=dict)
    netdev_chain: list[notifier_block] = field(default_factory=list)
    loopback_dev: net_device = None
    rtnl: sock = None
    proc_net: Directory = None
    proc_sys_net: Directory = None
    rules_ops: list[Any] = field(default_factory=list)
    core: netns_core = field(default_factory=netns_core)
    mib: netns_mib = None
    packet: netns_packet = field(default_factory=netns_packet)
    ipv4: netns_ipv4 = None

    def __repr__(self) -> str:
        return f"<net {self.inum}: {', '.join(dev.name for dev in self.dev_base_head)}>"


@dataclass(slots=True, eq=False)
class pernet_operations:
    """What a part of the network does when a namespace begins and ends."""

    init: Callable[[net], int] = None
    exit: Callable[[net], None] = None
    exit_batch: Callable[[list[net]], None] = None


def get_net(net: net) -> net:
    """Count one more holder. `include/net/net_namespace.h:161`"""
    net.count += 1
    return net


def maybe_get_net(net: net) -> net:
    """Count one more holder of a namespace; None if it is about to end. `include/net/net_namespace.h:167`"""
    return get_net(net) if net.count else None


def put_net(net: net) -> None:
    """One holder fewer; with the last the namespace ends. `include/net/net_namespace.h:179`"""
    from vethkernel.net.core.net_namespace import __put_net  # a header loads no .c module

    net.count -= 1
    if not net.count:
        __put_net(net)


def net_eq(net1: net, net2: net) -> bool:
    """Whether both are the same. `include/net/net_namespace.h:186`"""
    return net1 is net2


def check_net(net: net) -> bool:
    """Whether anybody still holds it. `include/net/net_namespace.h:286 (6.1)`"""
    return net.count != 0


def hold_net(net: net) -> net:
    """A use that does not keep it alive. `include/net/net_namespace.h:220`"""
    return net


def release_net(net: net) -> None:
    """The end of such a use. `include/net/net_namespace.h:227`"""


def read_pnet(pnet: net) -> net:
    """The namespace that a field holds. `include/net/net_namespace.h:250`"""
    return pnet


def net_hash_mix(net: net) -> int:
    """What is mixed into hashes, so that namespaces differ in them. `include/net/netns/hash.h:8`"""
    return net.hash_mix


def for_each_net() -> list[net]:
    """All namespaces of the machine. `include/net/net_namespace.h:262`"""
    return list(g.net_namespace_list)
