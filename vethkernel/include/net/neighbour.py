# SPDX-License-Identifier: GPL-2.0-only
"""include/net/neighbour.h: who is next to us on a link, and by which hardware address.

A neigh_table (`g.arp_tbl`) holds a neighbour for each address and device that was asked for, a neigh_parms for each
device (how often to ask, how long to believe), and the rare proxy entries. A neighbour's `nud_state` says what is
known of it: the states and their sets are below, the machine that moves between them is net/core/neighbour.py.
Keys are addresses as numbers. Left out: entries learned or managed by others, several rounds of garbage collection.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vethkernel.include.linux.jiffies import HZ
from vethkernel.include.linux.skbuff import sk_buff, sk_buff_head
from vethkernel.include.uapi.linux.neighbour import (
    NUD_DELAY,
    NUD_INCOMPLETE,
    NUD_NOARP,
    NUD_PERMANENT,
    NUD_PROBE,
    NUD_REACHABLE,
    NUD_STALE,
)

if TYPE_CHECKING:
    from vethkernel.include.linux.netdevice import net_device
    from vethkernel.include.net.net_namespace import net

NUD_IN_TIMER = NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE
NUD_VALID = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY
NUD_CONNECTED = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE

NEIGH_UPDATE_F_OVERRIDE = 1 << 0
NEIGH_UPDATE_F_WEAK_OVERRIDE = 1 << 1
NEIGH_UPDATE_F_OVERRIDE_ISROUTER = 1 << 2
NEIGH_UPDATE_F_USE = 1 << 3
NEIGH_UPDATE_F_EXT_LEARNED = 1 << 5
NEIGH_UPDATE_F_ISROUTER = 1 << 6
NEIGH_UPDATE_F_ADMIN = 1 << 7

NEIGH_SEQ_NEIGH_ONLY = 1
NEIGH_SEQ_IS_PNEIGH = 2
NEIGH_SEQ_SKIP_NOARP = 4

LOCALLY_ENQUEUED = 1


@dataclass(slots=True, eq=False)
class neigh_parms:
    """How a device's neighbours are treated; times in jiffies. The table's own are the defaults of new devices."""

    net: "net" = None
    dev: "net_device" = None
    neigh_setup: "Callable[[neighbour], int] | None" = None
    tbl: "neigh_table" = None
    sysctl_table: Any = None
    dead: bool = False
    refcnt: int = 1
    base_reachable_time: int = 30 * HZ
    retrans_time: int = 1 * HZ
    gc_staletime: int = 60 * HZ
    reachable_time: int = 30 * HZ
    delay_probe_time: int = 5 * HZ
    interval_probe_time: int = 5 * HZ
    queue_len_bytes: int = 212992
    ucast_probes: int = 3
    app_probes: int = 0
    mcast_probes: int = 3
    mcast_reprobes: int = 0
    anycast_delay: int = 1 * HZ
    proxy_delay: int = 8 * HZ // 10
    proxy_qlen: int = 64
    locktime: int = 1 * HZ
    data_state: set[str] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class neigh_statistics:
    """What the table did since boot."""

    allocs: int = 0
    destroys: int = 0
    hash_grows: int = 0
    res_failed: int = 0
    lookups: int = 0
    hits: int = 0
    rcv_probes_mcast: int = 0
    rcv_probes_ucast: int = 0
    periodic_gc_runs: int = 0
    forced_gc_runs: int = 0
    unres_discards: int = 0
    table_fulls: int = 0


class hh_cache:
    """A link-layer header made ready, to be copied before each packet. `include/linux/netdevice.h:238`"""

    __slots__ = ("hh_len", "hh_data")

    def __init__(self) -> None:
        self.hh_len = 0
        self.hh_data = b""


class neighbour:
    """One address next to us on one device."""

    __slots__ = (
        "tbl", "parms", "confirmed", "updated", "refcnt", "arp_queue", "arp_queue_len_bytes", "timer", "used",
        "probes", "flags", "nud_state", "type", "dead", "ha", "hh", "output", "ops", "dev", "primary_key", "protocol",
    )  # fmt: skip

    def __init__(self) -> None:
        self.tbl: neigh_table = None
        self.parms: neigh_parms = None
        self.confirmed = self.updated = self.used = 0
        self.refcnt = 1
        self.arp_queue = sk_buff_head()
        self.arp_queue_len_bytes = 0
        self.timer: Any = None
        self.probes = 0
        self.flags = self.nud_state = self.type = self.protocol = 0
        self.dead = True
        self.ha = b"\0\0\0\0\0\0"
        self.hh = hh_cache()
        self.output: Callable[[neighbour, sk_buff], int] = None
        self.ops: neigh_ops = None
        self.dev: net_device = None
        self.primary_key = 0


@dataclass(slots=True, eq=False, frozen=True)
class neigh_ops:
    """What differs between kinds of neighbours: how to ask, to complain, to send before and after the answer."""

    family: int
    output: Callable[[neighbour, sk_buff], int]
    connected_output: Callable[[neighbour, sk_buff], int]
    solicit: Callable[[neighbour, sk_buff], None] = None
    error_report: Callable[[neighbour, sk_buff], None] = None


@dataclass(slots=True, eq=False)
class pneigh_entry:
    """An address that we answer for in another's place."""

    net: "net"
    dev: "net_device"
    key: int
    flags: int = 0
    permanent: bool = False
    protocol: int = 0


class neigh_hash_table:
    """The neighbours by hash of address and device; a bucket is a list, the newest first."""

    __slots__ = ("hash_buckets", "hash_shift", "hash_rnd")

    def __init__(self, hash_shift: int, hash_rnd: int) -> None:
        self.hash_buckets: list[list[neighbour]] = [[] for _ in range(1 << hash_shift)]
        self.hash_shift = hash_shift
        self.hash_rnd = hash_rnd


@dataclass(slots=True, eq=False)
class neigh_table:
    """All neighbours of one protocol, in all namespaces."""

    family: int
    key_len: int
    protocol: int
    id: str
    hash: "Callable[[int, net_device, int], int]"
    constructor: Callable[[neighbour], int]
    proxy_redo: Callable[[sk_buff], None]
    is_multicast: Callable[[int], bool]
    parms: neigh_parms = field(default_factory=neigh_parms)
    parms_list: list[neigh_parms] = field(default_factory=list)
    gc_interval: int = 30 * HZ
    gc_thresh1: int = 128
    gc_thresh2: int = 512
    gc_thresh3: int = 1024
    last_flush: int = 0
    gc_work: Any = None
    proxy_timer: Any = None
    proxy_queue: sk_buff_head = field(default_factory=sk_buff_head)
    entries: int = 0
    last_rand: int = 0
    stats: neigh_statistics = field(default_factory=neigh_statistics)
    nht: neigh_hash_table = None
    phash_buckets: list[list[pneigh_entry]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class neighbour_cb:
    """What the proxy queue notes on an skb."""

    sched_next: int = 0
    flags: int = 0


@dataclass(slots=True, eq=False)
class neigh_seq_state:
    """Where a reader of /proc/net/arp stands."""

    tbl: neigh_table = None
    nht: neigh_hash_table = None
    bucket: int = 0
    flags: int = 0


def NEIGH_CB(skb: sk_buff) -> neighbour_cb:
    """The neighbour layer's notes on the skb. `include/net/neighbour.h:391`"""
    return skb.cb


def NEIGH_CACHE_STAT_INC(tbl: neigh_table, field: str) -> None:
    """Count one event of the table. `include/net/neighbour.h:91`"""
    setattr(tbl.stats, field, getattr(tbl.stats, field) + 1)


def neigh_parms_net(parms: neigh_parms) -> "net":
    """The namespace of a device's parameters. `include/net/neighbour.h:234`"""
    return parms.net


def pneigh_net(pneigh: pneigh_entry) -> "net":
    """The namespace of a proxy entry. `include/net/neighbour.h:251`"""
    return pneigh.net


def neigh_parms_clone(parms: neigh_parms) -> neigh_parms:
    """One more user of these parameters. `include/net/neighbour.h:288`"""
    parms.refcnt += 1
    return parms


def __neigh_parms_put(parms: neigh_parms) -> None:
    """One user less, known not to be the last. `include/net/neighbour.h:283`"""
    parms.refcnt -= 1


def neigh_hold(n: neighbour) -> None:
    """One more user of the entry. `include/net/neighbour.h:311`"""
    n.refcnt += 1


def neigh_ha_snapshot(n: neighbour, dev: "net_device") -> bytes:
    """The neighbour's hardware address. `include/net/neighbour.h:393`"""
    return n.ha[: dev.addr_len]
