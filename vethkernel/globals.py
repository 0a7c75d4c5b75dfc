# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's global variables: one set for each machine, all reached by the name `g`.

C's globals keep their names and stay out of the functions' parameters: where C says `jiffies`, the port says
`g.jiffies`. Which machine's they are is decided at the system-call boundary, which swaps the whole set by
`enter()` and back by `leave()`; kernel code never does. Each global is declared here, with the C file that owns it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections import Counter, deque
    from random import Random

    from vethkernel.include.linux.interrupt import softirq_action
    from vethkernel.include.linux.net import net_proto_family
    from vethkernel.include.linux.netdevice import net_device, packet_type, softnet_data
    from vethkernel.include.linux.notifier import notifier_block
    from vethkernel.include.linux.ratelimit import ratelimit_state
    from vethkernel.include.linux.sched import task_struct
    from vethkernel.include.net.inet_frag import inet_frags
    from vethkernel.include.net.ip_fib import fib_info, fib_nh
    from vethkernel.include.net.neighbour import neigh_table
    from vethkernel.include.net.net_namespace import net, pernet_operations
    from vethkernel.include.net.ping import ping_table
    from vethkernel.include.net.protocol import net_protocol
    from vethkernel.include.net.raw import raw_hashinfo
    from vethkernel.include.net.rtnetlink import rtnl_af_ops, rtnl_link_ops
    from vethkernel.include.net.udp import udp_table
    from vethkernel.kernel.timer import timer_list
    from vethkernel.kernel.workqueue import delayed_work, work_struct
    from vethkernel.net.core.rtnetlink import rtnl_link
    from vethkernel.net.ipv4.af_inet import inet_protosw
    from vethkernel.net.netlink.af_netlink import netlink_table
    from vethkernel.vfs import Directory


class Globals:
    """What a C file would declare at its top level and change while it runs."""

    # the machine itself: init/main.c, kernel/cpu.c, kernel/time/timekeeping.c, drivers/char/random.c, kernel/printk.c
    nr_cpu_ids: int
    cpu: int
    current: task_struct
    jiffies: int
    clock_ns: int
    wall_offset_ns: int
    random: Random
    log_buf: list[tuple[int, str]]

    # kernel/softirq.c, kernel/timer.c, kernel/workqueue.c
    preempt_count: int
    softirq_pending: list[int]
    softirq_vec: list[softirq_action]
    ksoftirqd: list[bool]
    timers: list[tuple[int, int, timer_list]]
    timer_count: int
    workqueue: deque[work_struct]

    # net/core/skbuff.c: the books of what was made and how it ended
    skb_made: int
    skb_consumed: int
    drop_reasons: Counter[int]

    # net/core/dev.c
    netdev_chain: list[notifier_block]
    net_todo_list: list[net_device]
    netstamp_needed: int
    xmit_recursion: int
    netdev_max_backlog: int
    netdev_budget: int
    dev_weight: int
    ptype_all: list[packet_type]
    ptype_base: dict[int, list[packet_type]]
    softnet_data: list[softnet_data]

    # net/core/neighbour.c, net/ipv4/arp.c
    neigh_tables: list[neigh_table]
    arp_tbl: neigh_table

    # net/ipv4/protocol.c, net/ipv4/ip_fragment.c
    inet_protos: list[net_protocol]
    ip4_frags: inet_frags

    # net/socket.c, net/core/sock.c
    net_families: list[net_proto_family]
    last_ino: int
    sysctl_wmem_max: int
    sysctl_wmem_default: int
    sysctl_rmem_max: int
    sysctl_rmem_default: int
    sysctl_optmem_max: int

    # net/ipv4/af_inet.c, net/ipv4/raw.c, net/ipv4/udp.c, net/ipv4/ping.c
    inetsw: list[list[inet_protosw]]
    raw_v4_hashinfo: raw_hashinfo
    udp_table: udp_table
    ping_table: ping_table
    ping_port_rover: int

    # kernel/pid.c
    pid_hash: dict[int, task_struct]

    # net/core/net_namespace.c
    init_net: net
    net_namespace_list: list[net]
    pernet_list: list[pernet_operations]
    first_device: pernet_operations
    cleanup_list: list[net]
    net_cleanup_work: work_struct
    last_inum: int

    # net/netlink/af_netlink.c, net/core/rtnetlink.c
    nl_table: list[netlink_table]
    nl_rover: int
    rtnl_msg_handlers: dict[int, dict[int, rtnl_link]]
    link_ops: list[rtnl_link_ops]
    rtnl_af_ops: list[rtnl_af_ops]

    # net/ipv4/devinet.c, fib_semantics.c, route.c; net/core/utils.c
    inetaddr_chain: list[notifier_block]
    check_lifetime_work: delayed_work
    fib_info_hash: dict[tuple[int, ...], list[fib_info]]
    fib_info_laddrhash: dict[int, list[fib_info]]
    fib_info_devhash: dict[net_device, list[fib_nh]]
    ip_idents: dict[tuple[bytes, int], tuple[int, int]]
    net_ratelimit_state: ratelimit_state

    # net/core/link_watch.c
    linkwatch_flags: int
    linkwatch_nextevent: int
    linkwatch_work: delayed_work
    lweventlist: list[net_device]

    # vfs.py
    root: Directory


g = Globals()
_turn = RLock()


def enter(variables: dict[str, Any]) -> dict[str, Any]:
    """Make `variables` the globals of the running kernel; returns those that were, for `leave`."""
    _turn.acquire()
    before = g.__dict__
    g.__dict__ = variables
    return before


def leave(before: dict[str, Any]) -> None:
    """Give the turn back to the machine that had it before."""
    g.__dict__ = before
    _turn.release()


@contextmanager
def inside(variables: dict[str, Any]) -> Iterator[None]:
    """Both, around a block: for who looks into a machine now and then."""
    before = enter(variables)
    try:
        yield
    finally:
        leave(before)
