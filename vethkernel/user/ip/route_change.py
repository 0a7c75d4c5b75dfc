# SPDX-License-Identifier: GPL-2.0-only
"""`ip route add` and its like: the options of a route, and the message that they make."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import pack

from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_NOWHERE,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RT_TABLE_UNSPEC,
    RTA_DST,
    RTA_GATEWAY,
    RTA_METRICS,
    RTA_OIF,
    RTA_PREFSRC,
    RTA_PRIORITY,
    RTA_SRC,
    RTA_TABLE,
    RTA_VIA,
    RTAX_CC_ALGO,
    RTAX_FEATURE_ECN,
    RTAX_FEATURES,
    RTAX_LOCK,
    RTAX_RTO_MIN,
    RTAX_RTT,
    RTAX_RTTVAR,
    RTM_DELROUTE,
    RTN_ANYCAST,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_NAT,
    RTN_UNICAST,
    RTN_UNSPEC,
    RTNH_F_ONLINK,
    RTPROT_BOOT,
    RTPROT_UNSPEC,
)
from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, AF_UNSPEC
from vethkernel.user.ip.common import Ip, Option, Words, beyond, get_address, get_prefix, look_up, matches, put
from vethkernel.user.ip.route_show import METRICS, Filter, Route, print_route, type_number
from vethkernel.user.ip.values import DSFIELDS, FAMILIES, PROTOCOLS, SCOPES, TABLES, Prefix, get_number
from vethkernel.user.libc import strtol
from vethkernel.user.rtnl import RTMSG, Request, encode


@dataclass(slots=True)
class Change:
    """The words of `ip route add` and its like, as far as they were read."""

    request: Request
    family: int
    deletes: bool
    dst: Prefix = None
    src_len: int = 0
    tos: int = 0
    table: int = None
    protocol: int = None
    scope: int = None
    type: int = None
    flags: int = 0
    dev: str = None
    gateway: bool = False
    metrics: Request = field(default_factory=lambda: Request(0))
    locked: int = 0


def modify(kind: int, flags: int) -> Callable[[Ip, Words], None]:
    """The command that sends a message of this kind."""

    def command(ip: Ip, words: Words) -> None:
        request = Request(kind, flags, bytes(RTMSG.size), 4124)
        c = Change(request, ip.family, kind == RTM_DELROUTE)
        while words:
            option = look_up(OPTIONS, words.word) or _destination
            option(ip, words, c)
            words.at += 1
        if not c.dst:
            ip.usage("route")
        if c.dev is not None:
            request.u32(RTA_OIF, ip.ifindex(c.dev))
        if c.metrics.body:
            if c.locked:
                c.metrics.u32(RTAX_LOCK, c.locked)
            request.attr(RTA_METRICS, bytes(c.metrics.body))
        request.body[: RTMSG.size] = _header(c)
        ip.change(request, lambda answer: print_route(ip, Route.read(answer), Filter()))

    return command


def _header(c: Change) -> bytes:
    """What the words left open follows from the route's type and from whether it has a gateway."""
    family = c.family or AF_INET
    kind = c.type if c.type is not None else RTN_UNSPEC if c.deletes else RTN_UNICAST
    table = c.table
    if table is None:
        table = RT_TABLE_LOCAL if kind in (RTN_LOCAL, RTN_BROADCAST, RTN_NAT, RTN_ANYCAST) else RT_TABLE_MAIN
    scope = c.scope
    if scope is None:
        scope = RT_SCOPE_NOWHERE if c.deletes else RT_SCOPE_UNIVERSE
        if family == AF_INET6:
            scope = RT_SCOPE_UNIVERSE
        elif kind in (RTN_LOCAL, RTN_NAT):
            scope = RT_SCOPE_HOST
        elif kind in (RTN_BROADCAST, RTN_MULTICAST, RTN_ANYCAST):
            scope = RT_SCOPE_LINK
        elif kind in (RTN_UNICAST, RTN_UNSPEC) and not c.deletes and not c.gateway:
            scope = RT_SCOPE_LINK
    protocol = c.protocol if c.protocol is not None else RTPROT_UNSPEC if c.deletes else RTPROT_BOOT
    table = table if table < 256 else RT_TABLE_UNSPEC
    return RTMSG.pack(family, c.dst.bits, c.src_len, c.tos, table, protocol, scope, kind, c.flags)


def _destination(ip: Ip, words: Words, c: Change) -> None:
    """The prefix, with the route's type before it if that is not unicast."""
    words.skip("to")
    kind = type_number(words.word) if words.word[:1] not in "0123456789" else None
    if kind is not None:
        c.type = kind
        words.next()
    if matches(words.word, "help"):
        ip.usage("route")
    if c.dst:
        ip.duparg2("to", words.word)
    c.dst = get_prefix(ip, words.word, c.family)
    c.family = c.family or c.dst.family
    if c.dst.data:
        c.request.attr(RTA_DST, c.dst.data)


def _src(ip: Ip, words: Words, c: Change) -> None:
    address = get_address(ip, words.next(), c.family)
    c.family = c.family or address.family
    c.request.attr(RTA_PREFSRC, address.data)


def _via(ip: Ip, words: Words, c: Change) -> None:
    if c.gateway:
        ip.invarg("use nexthop syntax to specify multiple via\n", words.word)
    c.gateway = True
    family = named_family(words) or c.family
    address = get_address(ip, words.word, family)
    c.family = c.family or address.family
    if address.family == c.family:
        c.request.attr(RTA_GATEWAY, address.data)
    else:
        c.request.attr(RTA_VIA, pack("<H", address.family) + address.data)


def named_family(words: Words) -> int:
    """The next word; if it names a family, that family, and the word after it."""
    family = FAMILIES.get(words.next(), AF_UNSPEC)
    if family:
        words.next()
    return family


def _from(ip: Ip, words: Words, c: Change) -> None:
    prefix = get_prefix(ip, words.next(), c.family)
    c.family = c.family or prefix.family
    if prefix.data:
        c.request.attr(RTA_SRC, prefix.data)
    c.src_len = prefix.bits


def _metric(ip: Ip, words: Words, c: Change) -> None:
    c.request.u32(RTA_PRIORITY, words.u32('"metric" value is invalid\n'))


def _table(ip: Ip, words: Words, c: Change) -> None:
    c.table = words.name(TABLES, '"table" value is invalid\n')
    if c.table > 255:
        c.request.u32(RTA_TABLE, c.table)


def _onlink(ip: Ip, words: Words, c: Change) -> None:
    c.flags |= RTNH_F_ONLINK


def _number(name: str, key: str = None, most: int = 0xFFFFFFFF) -> Option:
    """A metric that is a number, which `lock` fixes."""
    metric = {known: number for number, known in METRICS.items()}[name]

    def option(ip: Ip, words: Words, c: Change) -> None:
        _lock(words, c, metric)
        value = get_number(words.word, 0, most)
        if value is None:
            ip.invarg(f'"{key or name}" value is invalid\n', words.word)
        c.metrics.u32(metric, value)

    return option


def _switch(name: str) -> Option:
    """A metric that is 0 or 1."""
    metric = {known: number for number, known in METRICS.items()}[name]

    def option(ip: Ip, words: Words, c: Change) -> None:
        value = words.u32(f'"{name}" value is invalid\n')
        if value > 1:
            ip.invarg(f'"{name}" value should be 0 or 1\n', words.word)
        c.metrics.u32(metric, value)

    return option


def _time(metric: int, unit: int) -> Option:
    """A metric that is a time; with a unit it is kept in parts of a millisecond."""

    def option(ip: Ip, words: Words, c: Change) -> None:
        if metric == RTAX_RTO_MIN:
            words.next()
            c.locked |= 1 << metric
        else:
            _lock(words, c, metric)
        parsed = parse_time(words.word)
        if parsed is None:
            ip.invarg(f'"{METRICS[metric]}" value is invalid\n', words.word)
        value, raw = parsed
        c.metrics.u32(metric, value if raw else value * unit)

    return option


def parse_time(word: str) -> tuple[int, bool] | None:
    """Milliseconds, rounded up, and whether no unit was given."""
    m = re.fullmatch(r"(\d*\.\d*|0[xX][\da-fA-F]+|\d+)(s|secs?|ms|msecs?)?", word, re.ASCII | re.IGNORECASE)
    if not m or m[1] == ".":
        return None
    number = float(m[1]) if "." in m[1] else strtol(m[1], 0)[0]
    number *= 1000 if (m[2] or "m")[0] in "sS" else 1
    whole = int(number)
    return (whole + (whole < number)) & 0xFFFFFFFF, not m[2]


def _features(ip: Ip, words: Words, c: Change) -> None:
    if words.next() != "ecn":
        ip.invarg('"features" value not valid\n', words.word)
    c.metrics.u32(RTAX_FEATURES, RTAX_FEATURE_ECN)


def _congctl(ip: Ip, words: Words, c: Change) -> None:
    _lock(words, c, RTAX_CC_ALGO)
    c.metrics.attr(RTAX_CC_ALGO, encode(words.word))


def _lock(words: Words, c: Change, metric: int) -> None:
    if words.next() == "lock":
        c.locked |= 1 << metric
        words.next()


OPTIONS: dict[str, Option] = {
    "src": _src,
    "as": beyond,
    "via": _via,
    "from": _from,
    "tos ~dsfield": put("tos", lambda words: words.name(DSFIELDS, '"tos" value is invalid\n')),
    "expires": beyond,
    "~metric ~priority preference": _metric,
    "scope": put("scope", lambda words: words.name(SCOPES, 'invalid "scope" value\n')),
    "mtu": _number("mtu"),
    "hoplimit": _number("hoplimit", most=255),
    "advmss": _number("advmss", "mss"),
    "~reordering": _number("reordering"),
    "rtt": _time(RTAX_RTT, 8),
    "rto_min": _time(RTAX_RTO_MIN, 1),
    "~window": _number("window"),
    "~cwnd": _number("cwnd"),
    "~initcwnd": _number("initcwnd"),
    "~initrwnd": _number("initrwnd"),
    "~features": _features,
    "~quickack": _switch("quickack"),
    "~congctl": _congctl,
    "~rttvar": _time(RTAX_RTTVAR, 4),
    "~ssthresh": _number("ssthresh"),
    "~realms": beyond,
    "onlink": _onlink,
    "nexthop nhid": beyond,
    "~protocol": put("protocol", lambda words: words.name(PROTOCOLS, '"protocol" value is invalid\n')),
    "~table": _table,
    "~vrf": lambda ip, words, c: ip.invarg("Invalid VRF\n", words.next()),
    "dev oif": put("dev", Words.next),
    "~pref encap ttl-propagate": beyond,
    "~fastopen_no_cookie": _switch("fastopen_no_cookie"),
}
