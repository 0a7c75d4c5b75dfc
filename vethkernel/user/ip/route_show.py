# SPDX-License-Identifier: GPL-2.0-only
"""How a route is read, selected and printed by `ip route`."""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack

from vethkernel.include.uapi.linux import rtnetlink
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_UNIVERSE,
    RT_TABLE_MAIN,
    RTA_CACHEINFO,
    RTA_DST,
    RTA_FLOW,
    RTA_GATEWAY,
    RTA_IIF,
    RTA_MARK,
    RTA_METRICS,
    RTA_MULTIPATH,
    RTA_OIF,
    RTA_PREFSRC,
    RTA_PRIORITY,
    RTA_SRC,
    RTA_TABLE,
    RTA_UID,
    RTAX_CC_ALGO,
    RTAX_FEATURE_ECN,
    RTAX_FEATURES,
    RTAX_HOPLIMIT,
    RTAX_LOCK,
    RTAX_RTO_MIN,
    RTAX_RTT,
    RTAX_RTTVAR,
    RTM_DELROUTE,
    RTM_F_CLONED,
    RTN_UNICAST,
    RTPROT_BOOT,
)
from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, AF_UNSPEC
from vethkernel.user.ip.common import Ip, look_up
from vethkernel.user.ip.output import IFNAME, INET, INET6
from vethkernel.user.ip.values import (
    BITS,
    DSFIELDS,
    PROTOCOLS,
    SCOPES,
    TABLES,
    USER_HZ,
    Names,
    Prefix,
    get_number,
    host,
)
from vethkernel.user.rtnl import RTMSG, Message, attributes, string, u32

TYPES = Names(
    dict(
        enumerate(
            "none unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve".split()
        )
    )
)
# in the order in which iproute2 tries them, which decides what an abbreviation means
TYPE_WORDS = "local nat ~broadcast brd ~anycast ~multicast ~prohibit ~unreachable ~blackhole ~xresolve ~unicast throw"
METRICS = dict(
    enumerate(
        "mtu window rtt rttvar ssthresh cwnd advmss reordering hoplimit initcwnd features rto_min initrwnd quickack "
        "congctl fastopen_no_cookie".split(),
        2,
    )
)
FLAGS = {
    getattr(rtnetlink, name): name.split("_F_")[1].lower()
    for name in "RTNH_F_DEAD RTNH_F_ONLINK RTNH_F_PERVASIVE RTNH_F_OFFLOAD RTNH_F_TRAP RTM_F_NOTIFY RTNH_F_LINKDOWN "
    "RTNH_F_UNRESOLVED".split()
} | {0x4000: "rt_offload", 0x8000: "rt_trap", 0x20000000: "rt_offload_failed"}  # RTM_F_OFFLOAD and the like
CACHE_FLAGS = {  # of include/linux/in_route.h, in the order in which they are printed
    0x80000000: "local",
    0x40000000: "reject",
    0x20000000: "mc",
    0x10000000: "brd",
    0x08000000: "dst-nat",
    0x00800000: "src-nat",
    0x00400000: "masq",
    0x00020000: "dst-direct",
    0x04000000: "src-direct",
    0x00040000: "redirected",
    0x01000000: "redirect",
    0x00200000: "fastroute",
    0x00010000: "notify",
    0x00080000: "proxy",
}


@dataclass(slots=True)
class Filter:
    """Which routes are wanted; a prefix with 0 bits and no family wants anything."""

    table: int = 0
    cloned: bool = False
    protocol: int = None
    scope: int = None
    type: int = None
    tos: int = None
    iif: int = None
    oif: int = None
    iif_name: str = None
    oif_name: str = None
    mark: int = None
    metric: int = None
    via: Prefix = None
    src: Prefix = None
    root: Prefix = None  # destinations inside it
    match: Prefix = None  # destinations around it
    from_root: Prefix = None
    from_match: Prefix = None


@dataclass(slots=True)
class Route:
    """One RTM_NEWROUTE message, read."""

    message: Message
    family: int
    dst_len: int
    src_len: int
    tos: int
    protocol: int
    scope: int
    type: int
    flags: int
    tb: dict[int, bytes]
    table: int

    @classmethod
    def read(cls, message: Message) -> Route:
        family, dst_len, src_len, tos, table, protocol, scope, kind, flags = RTMSG.unpack_from(message.body)
        tb = attributes(message.body, RTMSG.size)
        table = u32(tb[RTA_TABLE]) if RTA_TABLE in tb else table
        return cls(message, family, dst_len, src_len, tos, protocol, scope, kind, flags, tb, table)

    def number(self, attr: int) -> int:
        return u32(self.tb[attr]) if attr in self.tb else 0

    def wanted(self, ip: Ip, f: Filter) -> bool:
        """Whether the filter lets it through."""
        if ip.family not in (AF_UNSPEC, self.family) or f.cloned != bool(self.flags & RTM_F_CLONED):
            return False
        if f.table and f.table != self.table:
            return False
        same = (
            (f.protocol, self.protocol),
            (f.scope, self.scope),
            (f.type, self.type),
            (f.tos, self.tos),
            (f.iif, self.number(RTA_IIF)),
            (f.oif, self.number(RTA_OIF)),
            (f.mark, self.number(RTA_MARK)),
            (f.metric, self.number(RTA_PRIORITY)),
        )
        if any(wish not in (None, number) for wish, number in same):
            return False
        return (
            self._inside(f.root, RTA_DST, self.dst_len)
            and self._around(f.match, RTA_DST, self.dst_len)
            and self._inside(f.from_root, RTA_SRC, self.src_len)
            and self._around(f.from_match, RTA_SRC, self.src_len)
            and self._inside(f.via, RTA_GATEWAY, 128)
            and self._inside(f.src, RTA_PREFSRC, 128)
        )

    def _inside(self, prefix: Prefix, attr: int, length: int) -> bool:
        if not prefix or not (prefix.family or prefix.given):
            return True
        if prefix.family not in (AF_UNSPEC, self.family) or prefix.bits > length:
            return False
        return prefix.covers(self.tb.get(attr, b""))

    def _around(self, prefix: Prefix, attr: int, length: int) -> bool:
        if not prefix or not (prefix.family or prefix.given):
            return True
        if prefix.family not in (AF_UNSPEC, self.family) or prefix.bits < length:
            return False
        return prefix.covers(self.tb.get(attr, b""), length)


def type_number(word: str) -> int | None:
    """A route's type by name, which may be abbreviated, or by number."""
    name = look_up({key: key.lstrip("~").replace("brd", "broadcast") for key in TYPE_WORDS.split()}, word)
    return TYPES.number(name) if name else get_number(word, 0, 255)


def print_route(ip: Ip, r: Route, f: Filter) -> None:
    """One route, in a line."""
    out, tb, details = ip.out, r.tb, ip.details > 0
    bits, colour = BITS.get(r.family, 0), {AF_INET: INET, AF_INET6: INET6}.get(r.family, 0)
    out.open()
    if r.message.kind == RTM_DELROUTE:
        out.put("deleted", "Deleted ", True)
    if r.type != RTN_UNICAST or details:
        out.put("type", "%s ", TYPES.name(r.type, ip.numeric))
    out.put("dst", "%s ", _prefix(r, RTA_DST, r.dst_len) or "default", colour if RTA_DST in tb else 0)
    source = _prefix(r, RTA_SRC, r.src_len)
    if source:
        out.put("from", "from %s ", source, colour)
    if r.tos and f.tos is None:
        out.put("tos", "tos %s ", DSFIELDS.name(r.tos, ip.numeric))
    if RTA_GATEWAY in tb and not (f.via and f.via.bits == bits):
        out.text("via ")
        out.put("gateway", "%s ", host(r.family, tb[RTA_GATEWAY]), colour)
    if RTA_OIF in tb and f.oif is None:
        _device(ip, "dev", r.number(RTA_OIF))
    if r.table and (r.table != RT_TABLE_MAIN or details) and not f.table:
        out.put("table", "table %s ", TABLES.name(r.table, ip.numeric))
    if not r.flags & RTM_F_CLONED:
        if (r.protocol != RTPROT_BOOT or details) and f.protocol is None:
            out.put("protocol", "proto %s ", PROTOCOLS.name(r.protocol, ip.numeric))
        if (r.scope != RT_SCOPE_UNIVERSE or details) and f.scope is None:
            out.put("scope", "scope %s ", SCOPES.name(r.scope, ip.numeric))
    if RTA_PREFSRC in tb and not (f.src and f.src.bits == bits):
        out.text("src ")
        out.put("prefsrc", "%s ", host(r.family, tb[RTA_PREFSRC]), colour)
    if RTA_PRIORITY in tb and f.metric is None:
        out.put("metric", "metric %d ", r.number(RTA_PRIORITY))
    _print_flags(ip, r.flags)
    if r.number(RTA_MARK):
        mark = r.number(RTA_MARK)
        out.put("mark", "mark %#x " if mark >= 16 else "mark %d ", mark)
    if RTA_FLOW in tb:
        out.text(f"realm {r.number(RTA_FLOW) & 0xFFFF} ")
    if RTA_UID in tb:
        out.put("uid", "uid %d ", r.number(RTA_UID))
    if r.flags & RTM_F_CLONED and r.family == AF_INET:
        _print_cache_flags(ip, r.flags)
    if RTA_CACHEINFO in tb:
        _print_cacheinfo(ip, tb[RTA_CACHEINFO])
    if RTA_METRICS in tb:
        _print_metrics(ip, tb[RTA_METRICS])
    if RTA_IIF in tb and f.iif is None:
        _device(ip, "iif", r.number(RTA_IIF))
    if RTA_MULTIPATH in tb:
        _print_nexthops(ip, r, tb[RTA_MULTIPATH])
    out.text("\n")
    out.close()


def _prefix(r: Route, attr: int, length: int) -> str:
    if attr not in r.tb:
        return f"0/{length}" if length else ""
    address = host(r.family, r.tb[attr])
    return address if length == BITS.get(r.family) else f"{address}/{length}"


def _device(ip: Ip, word: str, index: int) -> None:
    ip.out.text(f"{word} ")
    ip.out.put(word, "%s ", ip.links.name(index), IFNAME)


def _print_flags(ip: Ip, flags: int) -> None:
    ip.out.array("flags")
    for bit, name in FLAGS.items():
        if flags & bit:
            ip.out.put(None, "%s ", name)
    ip.out.end()


def _print_cache_flags(ip: Ip, flags: int) -> None:
    names = [name for bit, name in CACHE_FLAGS.items() if flags & bit]
    ip.out.array("cache", f"{ip.out.newline}    cache " + (f"<{','.join(names)}> " if names else ""))
    for name in names if ip.out.active else ():
        ip.out.field(None, name)
    ip.out.end()


def _print_cacheinfo(ip: Ip, data: bytes) -> None:
    users, lastuse, expires, error, used = unpack("<IIiII", data[:20])
    shown = [("expires", "expires %dsec ", int(expires / USER_HZ) if expires else None), ("error", "error %d ", error)]
    if ip.stats:
        shown += [("users", "users %d ", users), ("used", "used %d ", used)]
        shown += [("age", "age %dsec ", lastuse // USER_HZ if lastuse else None)]
    for key, form, value in shown:
        if value or (value == 0 and key in ("expires", "age")):
            ip.out.put(key, form, value)


def _print_metrics(ip: Ip, data: bytes) -> None:
    out, metrics = ip.out, attributes(data)
    locked = u32(metrics[RTAX_LOCK]) if RTAX_LOCK in metrics else 0
    out.array("metrics")
    out.open()
    for metric, name in METRICS.items():
        if metric not in metrics and not locked & 1 << metric:
            continue
        value = u32(metrics[metric]) if metric in metrics and metric != RTAX_CC_ALGO else 0
        if metric == RTAX_HOPLIMIT and value == 0xFFFFFFFF:
            continue
        out.text(f"{name} " + ("lock " if locked & 1 << metric else ""))
        if metric == RTAX_FEATURES:
            if value & RTAX_FEATURE_ECN:
                out.put("ecn", "ecn ")
            if value & ~RTAX_FEATURE_ECN:
                out.put("features", "%#x ", value)
        elif metric in (RTAX_RTT, RTAX_RTTVAR, RTAX_RTO_MIN):
            value //= {RTAX_RTT: 8, RTAX_RTTVAR: 4}.get(metric, 1)
            out.field(name, value)
            out.text(f"{value / 1000:g}s " if value >= 1000 else f"{value}ms ")
        elif metric == RTAX_CC_ALGO:
            out.put("congestion", "%s ", string(metrics.get(metric, b"")))
        else:
            out.put(name, "%d ", value)
    out.close()
    out.end()


def _print_nexthops(ip: Ip, r: Route, data: bytes) -> None:
    """The ways of a route that has several."""
    ip.out.array("nexthops")
    at = 0
    while at + 8 <= len(data):
        length, flags, hops, index = unpack("<HBBi", data[at : at + 8])
        if length < 8 or at + length > len(data):
            break
        tb = attributes(data[at + 8 : at + length])
        ip.out.open()
        ip.out.text(f"{ip.out.newline}\tnexthop ")
        if RTA_GATEWAY in tb:
            ip.out.text("via ")
            ip.out.put("gateway", "%s ", host(r.family, tb[RTA_GATEWAY]))
        ip.out.put("dev", "dev %s ", ip.links.name(index))
        ip.out.put("weight", "weight %d ", hops + 1)
        _print_flags(ip, flags)
        ip.out.close()
        at += length + 3 & ~3
    ip.out.end()
