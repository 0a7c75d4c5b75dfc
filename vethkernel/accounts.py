# SPDX-License-Identifier: GPL-2.0-only
"""The machine's accounts of skbs: each one made has done its work, was dropped for a reason, or waits somewhere.

    accounts(machine)             Accounts(made, consumed, dropped, queued): made == consumed + dropped's sum + queued
    cat /proc/vethkernel/skbs     the same as text, for programs; the command `drops` shows it

The first three are counted as it happens (net/core/skbuff.py); what waits is found by looking into every queue.
No real kernel has such a file: it would have to stop the world to look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vethkernel import vfs
from vethkernel.globals import g, inside
from vethkernel.include.linux.sched import file
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.dropreason import skb_drop_reason
from vethkernel.include.uapi.linux.socket import AF_NETLINK

if TYPE_CHECKING:
    from vethkernel.machine import Machine

PATH = "/proc/vethkernel/skbs"


@dataclass(slots=True)
class Accounts:
    """How many skbs were made since boot, and where they are."""

    made: int
    consumed: int
    dropped: dict[str, int]
    queued: int


def accounts(machine: Machine) -> Accounts:
    """The accounts of a machine as they stand."""
    with inside(machine.variables):
        return take()


def take() -> Accounts:
    """The accounts of the machine that runs."""
    dropped = {skb_drop_reason(reason).name: count for reason, count in sorted(g.drop_reasons.items()) if count}
    return Accounts(g.skb_made, g.skb_consumed, dropped, len({id(skb) for skb in waiting()}))


def read() -> str:
    """The file's text: a word and a number on each line; reasons by the kernel's names."""
    now = take()
    rows = [("made", now.made), ("consumed", now.consumed), *now.dropped.items(), ("queued", now.queued)]
    return "".join(f"{name} {count}\n" for name, count in rows)


def accounts_init() -> None:
    """Offer the file."""
    vfs.mount(PATH, vfs.File(read, mode=vfs.S_IRUGO))


def waiting() -> Iterator[sk_buff]:
    """Every skb that waits; one that waits in two places comes twice."""
    for queue in queues():
        for skb in queue:
            yield from with_fragments(skb)


def with_fragments(skb: sk_buff) -> Iterator[sk_buff]:
    """An skb and those that hang from it."""
    yield skb
    for fragment in chain(skb.shinfo.frag_list):
        yield from with_fragments(fragment)


def chain(skb: sk_buff) -> Iterator[sk_buff]:
    """skbs that are linked by `next`."""
    while skb is not None:
        yield skb
        skb = skb.next


def queues() -> Iterator[Any]:
    """What skbs can wait in: on their way up, for a neighbour, a device, their other fragments, or a program."""
    for data in g.softnet_data:
        yield data.input_pkt_queue.queue
        yield data.process_queue.queue
    for table in g.neigh_tables:
        yield table.proxy_queue.queue
        for bucket in table.nht.hash_buckets:
            for neigh in bucket:
                yield neigh.arp_queue.queue
    for net in g.net_namespace_list:
        for dev in net.dev_base_head:
            yield from device_queues(dev)
    for chains in g.ip4_frags.hash:
        for datagram in chains:
            yield chain(datagram.fragments)
    for sk in sockets():
        yield sk.sk_receive_queue.queue
        yield sk.sk_write_queue.queue
        yield sk.sk_error_queue.queue
        if sk.sk_family == AF_NETLINK and sk.container.cb_running:
            yield [sk.container.cb.skb]  # the request whose answer the program has not read to its end


def device_queues(dev: Any) -> Iterator[Any]:
    """What waits to be sent, in the disciplines of a device's queues."""
    for txq in dev._tx:
        if txq.qdisc is not None:
            yield txq.qdisc.gso_skb.queue
            for band in getattr(txq.qdisc.priv, "q", ()):
                yield band.queue


def sockets() -> Iterator[Any]:
    """Every socket: the programs' and the kernel's own."""
    for task in g.pid_hash.values():
        for opened in task.files.fdt.values():
            if type(opened) is file:
                yield opened.private_data.sk
    for net in g.net_namespace_list:
        yield net.rtnl
        yield from net.ipv4.icmp_sk
