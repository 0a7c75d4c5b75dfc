# SPDX-License-Identifier: GPL-2.0-only
"""`ip route`: show, get, flush. Changes are in route_change.py, printing in route_show.py."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from struct import pack
from typing import Any

from vethkernel.include.uapi.asm_generic.errno import ENOENT
from vethkernel.include.uapi.linux.netlink import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_TABLE_MAIN,
    RTA_DPORT,
    RTA_DST,
    RTA_IIF,
    RTA_IP_PROTO,
    RTA_MARK,
    RTA_OIF,
    RTA_SPORT,
    RTA_SRC,
    RTA_TABLE,
    RTA_UID,
    RTM_DELROUTE,
    RTM_F_CLONED,
    RTM_F_FIB_MATCH,
    RTM_F_LOOKUP_TABLE,
    RTM_F_NOTIFY,
    RTM_GETROUTE,
    RTM_NEWROUTE,
)
from vethkernel.include.uapi.linux.socket import AF_INET, AF_UNSPEC
from vethkernel.user.ip.addr import push
from vethkernel.user.ip.common import (
    Command,
    Ip,
    Option,
    Words,
    beyond,
    get_prefix,
    look_up,
    matches,
    put,
    run,
    unsupported,
    usage,
)
from vethkernel.user.ip.route_change import modify, named_family
from vethkernel.user.ip.route_show import Filter, Route, print_route, type_number
from vethkernel.user.ip.values import BITS, DSFIELDS, PROTOCOLS, SCOPES, TABLES, Names
from vethkernel.user.rtnl import RTMSG, Refused, Request

IP_PROTOCOLS = Names({1: "icmp", 6: "tcp", 17: "udp"}, base=10)


def main(ip: Ip, words: Words) -> None:
    """`ip route`."""
    if not words:
        return show(ip, words)
    return run(ip, words, COMMANDS, "route")


def show(ip: Ip, words: Words) -> None:
    """`ip route show`."""
    f, family = selection(ip, words)
    try:
        routes = ip.rtnl.dump(_request(f, family), forgive=ENOENT if f.table == RT_TABLE_MAIN else 0)
        ip.out.start()
        for route in map(Route.read, routes):
            if route.wanted(ip, f):
                print_route(ip, route, f)
    except Refused:
        ip.die("Dump terminated", 2)
    ip.out.finish()


def flush(ip: Ip, words: Words) -> None:
    """`ip route flush`: delete the routes that are wanted until none is left."""
    if not words:
        ip.die('"ip route flush" requires arguments.', 1)
    f, family = selection(ip, words)
    if f.cloned:
        _flush_cache(ip)
        if family == AF_INET:
            return
    for rounds in count(0):
        try:
            found = [Route.read(n) for n in ip.rtnl.dump(_request(f, family)) if n.kind == RTM_NEWROUTE]
        except Refused:
            ip.die("Flush terminated", 2)
        doomed = [route for route in found if route.wanted(ip, f)]
        for route in doomed if ip.stats > 1 else ():
            print_route(ip, route, f)
        if not doomed:
            break
        push(ip, [route.message for route in doomed], RTM_DELROUTE, 2)
        if ip.stats:
            ip.out.write(f"\n*** Round {rounds + 1}, deleting {len(doomed)} entries ***\n")
    if ip.stats:
        s = "s" if rounds > 1 else ""
        nothing = rounds == 0 and not f.cloned
        ip.out.write("Nothing to flush.\n" if nothing else f"*** Flush is complete after {rounds} round{s} ***\n")


def _flush_cache(ip: Ip) -> None:
    path = "/proc/sys/net/ipv4/route/flush"
    try:
        file = ip.proc.open(path, "w")
    except OSError as error:
        ip.err(f'Cannot open "{path}": {error.strerror}')
    else:
        try:
            file.write("-1")
        except OSError:
            ip.err("Cannot flush routing cache")
        file.close()
    if ip.stats:
        ip.out.write("*** IPv4 routing cache is flushed.\n")


def _request(f: Filter, family: int) -> Request:
    flags = RTM_F_CLONED if f.cloned else 0
    request = Request(RTM_GETROUTE, 0, RTMSG.pack(family, 0, 0, 0, 0, f.protocol or 0, 0, 0, flags))
    if f.table:
        request.u32(RTA_TABLE, f.table)
    if f.oif:
        request.u32(RTA_OIF, f.oif)
    return request


# the filter


def selection(ip: Ip, words: Words) -> tuple[Filter, int]:
    """The filter that the words make, and the family to ask for."""
    f = Filter(table=RT_TABLE_MAIN)
    while words:
        option = look_up(SELECTORS, words.word) or _destination
        option(ip, words, f)
        words.at += 1
    f.iif = None if f.iif_name is None else ip.ifindex(f.iif_name)
    f.oif = None if f.oif_name is None else ip.ifindex(f.oif_name)
    return f, AF_INET if ip.family == AF_UNSPEC and f.table else ip.family


def _destination(ip: Ip, words: Words, f: Filter) -> None:
    if matches(words.word, "to"):
        words.next()
    _prefixes(ip, words, f, "root", "match")


def _source(ip: Ip, words: Words, f: Filter) -> None:
    words.next()
    _prefixes(ip, words, f, "from_root", "from_match")


def _prefixes(ip: Ip, words: Words, f: Filter, root: str, match: str) -> None:
    """`root` PREFIX: what lies inside it; `match` PREFIX: what lies around it; PREFIX or `exact` PREFIX: both."""
    kind = next((kind for kind in ("root", "match", "exact") if matches(words.word, kind)), None)
    if kind:
        words.next()
    prefix = get_prefix(ip, words.word, ip.family)
    if kind != "match":
        setattr(f, root, prefix)
    if kind != "root":
        setattr(f, match, prefix)


def _table(ip: Ip, words: Words, f: Filter) -> None:
    table = TABLES.number(words.next())
    if table is not None:
        f.table = table
    elif words.word == "all":
        f.table = 0
    elif words.word == "cache":
        f.cloned = True
    elif words.word == "help":
        ip.usage("route")
    else:
        ip.invarg("table id value is invalid\n", words.word)


def _named(key: str, names: Names) -> Option:
    """A number by its name; `all` is no filter."""

    def option(ip: Ip, words: Words, f: Filter) -> None:
        number = names.number(words.next())
        if number is None and words.word != "all":
            ip.invarg(f'invalid "{key}"\n', words.word)
        setattr(f, key, number)

    return option


def _type(ip: Ip, words: Words, f: Filter) -> None:
    f.type = type_number(words.next())
    if f.type is None:
        ip.invarg("node type value is invalid\n", words.word)


def _via(ip: Ip, words: Words, f: Filter) -> None:
    family = named_family(words) or ip.family
    f.via = get_prefix(ip, words.word, family)


def _src(ip: Ip, words: Words, f: Filter) -> None:
    f.src = get_prefix(ip, words.next(), ip.family)


def _vrf(ip: Ip, words: Words, o: Any) -> None:
    ip.invarg("Invalid VRF\n", words.next())


SELECTORS: dict[str, Option] = {
    "~table": _table,
    "~vrf": _vrf,
    "~cached ~cloned": put("cloned", bool),
    "tos ~dsfield": put("tos", lambda words: words.name(DSFIELDS, "TOS value is invalid\n")),
    "~protocol": _named("protocol", PROTOCOLS),
    "~scope": _named("scope", SCOPES),
    "~type": _type,
    "dev oif": put("oif_name", Words.next),
    "iif": put("iif_name", Words.next),
    "mark": put("mark", lambda words: words.u32("invalid mark value")),
    "~metric ~priority preference": put("metric", lambda words: words.u32('"metric" value is invalid\n')),
    "via": _via,
    "src": _src,
    "~realms": beyond,
    "~from": _source,
}


# ip route get


@dataclass(slots=True)
class Query:
    """The words of `ip route get`, as far as they were read."""

    request: Request
    family: int
    dst_len: int = None
    src_len: int = 0
    tos: int = 0
    flags: int = 0
    mark: int = 0
    iif: str = None
    oif: str = None


def get(ip: Ip, words: Words) -> None:
    """`ip route get`: which way a packet would take."""
    request = Request(RTM_GETROUTE, 0, bytes(RTMSG.size), 1052)
    q = Query(request, ip.family)
    while words:
        option = look_up(GET_OPTIONS, words.word) or _get_destination
        option(ip, words, q)
        words.at += 1
    if q.dst_len is None:
        ip.die("need at least a destination address", 1)
    for attr, name in ((RTA_IIF, q.iif), (RTA_OIF, q.oif)):
        if name is not None:
            request.u32(attr, ip.ifindex(name))
    if q.mark:
        request.u32(RTA_MARK, q.mark)
    family = q.family or AF_INET
    flags = q.flags | (RTM_F_LOOKUP_TABLE if family == AF_INET else 0)
    request.body[: RTMSG.size] = RTMSG.pack(family, q.dst_len, q.src_len, q.tos, 0, 0, 0, 0, flags)
    answer = ip.rtnl.talk(request, answer=True)
    ip.out.start()
    print_route(ip, Route.read(answer), Filter())
    ip.out.finish()


def _get_prefix(ip: Ip, words: Words, q: Query, attr: int) -> int:
    if matches(words.word, "help"):
        ip.usage("route")
    prefix = get_prefix(ip, words.word, q.family)
    q.family = q.family or prefix.family
    if prefix.data:
        q.request.attr(attr, prefix.data)
    return prefix.bits


def _get_destination(ip: Ip, words: Words, q: Query) -> None:
    words.skip("to")
    bits = _get_prefix(ip, words, q, RTA_DST)
    q.dst_len = BITS.get(q.family, bits)
    if bits != q.dst_len:
        ip.err(f"Warning: /{bits} as prefix is invalid, only /{q.dst_len} (or none) is supported.")


def _get_source(ip: Ip, words: Words, q: Query) -> None:
    words.next()
    q.src_len = _get_prefix(ip, words, q, RTA_SRC)


def _get_flag(flag: int) -> Option:
    def option(ip: Ip, words: Words, q: Query) -> None:
        q.flags |= flag

    return option


def _get_number(attr: int, form: str, most: int, why: str) -> Option:
    def option(ip: Ip, words: Words, q: Query) -> None:
        q.request.attr(attr, pack(form, words.number(0, most, why)))

    return option


def _get_protocol(ip: Ip, words: Words, q: Query) -> None:
    q.request.u8(RTA_IP_PROTO, words.name(IP_PROTOCOLS, 'Invalid "ipproto" value\n'))


GET_OPTIONS: dict[str, Option] = {
    "tos ~dsfield": put("tos", lambda words: words.name(DSFIELDS, "TOS value is invalid\n")),
    "~from": _get_source,
    "~iif": put("iif", Words.next),
    "~mark": put("mark", lambda words: words.u32("invalid mark value")),
    "~oif dev": put("oif", Words.next),
    "~notify": _get_flag(RTM_F_NOTIFY),
    "~connected": beyond,
    "~vrf": _vrf,
    "~uid": _get_number(RTA_UID, "<I", 0xFFFFFFFF, "invalid UID\n"),
    "~fibmatch": _get_flag(RTM_F_FIB_MATCH),
    "as": beyond,
    "~sport": _get_number(RTA_SPORT, "!H", 0xFFFF, "invalid sport\n"),
    "~dport": _get_number(RTA_DPORT, "!H", 0xFFFF, "invalid dport\n"),
    "~ipproto": _get_protocol,
}

COMMANDS: dict[str, Command] = {
    "~add": modify(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL),
    "~change chg": modify(RTM_NEWROUTE, NLM_F_REPLACE),
    "~replace": modify(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE),
    "~prepend": modify(RTM_NEWROUTE, NLM_F_CREATE),
    "~append": modify(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND),
    "~test": modify(RTM_NEWROUTE, NLM_F_EXCL),
    "~delete": modify(RTM_DELROUTE, 0),
    "~list ~show ~lst": show,
    "~get": get,
    "~flush": flush,
    "~save ~restore ~showdump": unsupported,
    "~help": usage("route"),
}
