# SPDX-License-Identifier: GPL-2.0-only
"""What a recording may keep besides its events: at each of them, the packets' skbs, the queues and the counters.

    with Recorder(machine, snapshots=True) as trace: ...
    trace.snapshots[n]         the state at trace.events[n]

Read from outside, while nothing runs: no kernel function knows of it.
"""

from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.interrupt import NET_RX_SOFTIRQ
from vethkernel.include.linux.netdevice import rtnl_link_stats64
from vethkernel.include.uapi.linux.snmp import ICMP_MIB_INERRORS, ICMP_MIB_INMSGS, ICMP_MIB_OUTMSGS
from vethkernel.net.core.dev import dev_get_stats
from vethkernel.net.ipv4.proc import snmp4_ipstats_list, snmp4_net_list, snmp4_udp_list
from vethkernel.trace.names import readable

PACKET_TYPES = ("HOST", "BROADCAST", "MULTICAST", "OTHERHOST", "OUTGOING", "LOOPBACK")
CHECKSUMS = ("NONE", "UNNECESSARY", "COMPLETE", "PARTIAL")
ICMP_COUNTERS = {"InMsgs": ICMP_MIB_INMSGS, "InErrors": ICMP_MIB_INERRORS, "OutMsgs": ICMP_MIB_OUTMSGS}
LINK_COUNTERS = ("rx_packets", "tx_packets", "rx_dropped", "tx_dropped")
ETH_HLEN = 14


@dataclass(frozen=True, slots=True)
class SkbState:
    """An skb at one moment."""

    number: int
    packet: int
    fields: tuple[tuple[str, str], ...]
    holder: str  # the queue that it lies in, or else the device or socket that it belongs to
    frame: bytes  # `head` up to `tail`
    start: int  # where in it the first header is
    ethernet: bool  # whether that header is Ethernet's


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at one event. `line`: where in its caller's source a function was called, from 0; -1 if unknown."""

    skbs: dict[int, SkbState]
    counters: dict[str, int]
    line: int


def snapshot(live: list[tuple[Any, int, int]], line: int, before: Snapshot | None) -> Snapshot:
    """The state now. `live`: skbs with their own and their packets' numbers; what is as `before` is kept only once."""
    states = [_skb_state(skb, number, packet) for skb, number, packet in live]
    skbs = {state.number: state for state in states if state is not None}
    counters = _counters()
    if before is not None:
        skbs = {n: before.skbs[n] if before.skbs.get(n) == state else state for n, state in skbs.items()}
        counters = before.counters if before.counters == counters else counters
    return Snapshot(skbs, counters, line)


def line_of_call(frame: FrameType, caller: CodeType) -> int:
    """The line of `caller` at which it, or a helper of its own, calls what `frame` runs: from its `def`, which is 0."""
    above = frame.f_back
    while above is not None and above.f_code is not caller:
        above = above.f_back
    return -1 if above is None else above.f_lineno - caller.co_firstlineno


def _skb_state(skb: Any, number: int, packet: int) -> SkbState | None:
    """None for one that is only being made, and does not have all its fields yet."""
    if not all(hasattr(skb, name) for name in skb.__slots__):
        return None
    ethernet = 0 <= skb.mac_header < skb.tail and skb.mac_header <= skb.data
    start = skb.mac_header
    if not ethernet:
        ethernet = skb.network_header >= ETH_HLEN and skb.data == skb.network_header - ETH_HLEN
        start = skb.data if ethernet or skb.network_header < 0 else min(skb.data, skb.network_header)
    fields = (
        ("skb", f"#{number}"),
        ("dev", readable(skb.dev.name) if skb.dev else "none"),
        ("sk", "a socket" if skb.sk else "none"),
        ("dst.dev", readable(skb.dst.dev.name) if skb.dst else "none"),
        ("len", str(skb.len)),
        ("data", str(skb.data)),
        ("tail", str(skb.tail)),
        *((name, _offset(getattr(skb, name))) for name in ("mac_header", "network_header", "transport_header")),
        ("protocol", f"{skb.protocol:#06x}"),
        ("pkt_type", PACKET_TYPES[skb.pkt_type]),
        ("ip_summed", CHECKSUMS[skb.ip_summed]),
        ("users", str(skb.users)),
        ("cloned", "yes" if skb.cloned else "no"),
    )
    return SkbState(number, packet, fields, _holder(skb), bytes(skb.head[: skb.tail]), start, ethernet)


def _offset(value: int) -> str:
    return str(value) if value >= 0 else "not set"


def _holder(skb: Any) -> str:
    for cpu, data in enumerate(g.softnet_data):
        for name in ("input_pkt_queue", "process_queue"):
            if skb in getattr(data, name).queue:
                return f"{name} of CPU {cpu}"
    for name in ("sk_receive_queue", "sk_write_queue"):
        if skb.sk and skb in getattr(skb.sk, name).queue:
            return f"{name} of a socket"
    for bucket in g.arp_tbl.nht.hash_buckets:
        if any(skb in neigh.arp_queue.queue for neigh in bucket):
            return "arp_queue of a neighbour"
    if skb.dev:
        return f"device {readable(skb.dev.name)}"
    return "a socket" if skb.sk else "the protocol stack"


def _counters() -> dict[str, int]:
    """All queues' lengths and all counters that may move, by name; namespaces but the first are numbered."""
    found: dict[str, int] = {}
    for cpu, data in enumerate(g.softnet_data):
        on = f" of CPU {cpu}"
        found[f"input_pkt_queue{on}"] = len(data.input_pkt_queue.queue)
        found[f"process_queue{on}"] = len(data.process_queue.queue)
        found[f"poll_list{on}"] = len(data.poll_list)
        found[f"NET_RX pending{on}"] = g.softirq_pending[cpu] >> NET_RX_SOFTIRQ & 1
    for number, net in enumerate(g.net_namespace_list):
        where = f" in namespace {number + 1}" if number else ""
        for dev in net.dev_base_head:
            stats = dev_get_stats(dev, rtnl_link_stats64())
            for name in LINK_COUNTERS:
                found[f"{readable(dev.name)}.{name}{where}"] = getattr(stats, name)
        for prefix, counted, names in (
            ("Ip", net.mib.ip_statistics, snmp4_ipstats_list),
            ("Icmp", net.mib.icmp_statistics, ICMP_COUNTERS),
            ("Udp", net.mib.udp_statistics, snmp4_udp_list),
            ("", net.mib.net_statistics, snmp4_net_list),
        ):
            for name, index in names.items():
                found[f"{prefix}{name}{where}"] = counted[index]
    return found
