# SPDX-License-Identifier: GPL-2.0-only
"""`ip neigh`: show, add, change, delete, get, flush. How a neighbour is printed is in neigh_show.py."""

from __future__ import annotations

from dataclasses import dataclass

from vethkernel.include.uapi.linux.neighbour import (
    NDA_DST,
    NDA_FLAGS_EXT,
    NDA_IFINDEX,
    NDA_LLADDR,
    NDA_MASTER,
    NDA_PROTOCOL,
    NTF_EXT_LEARNED,
    NTF_EXT_MANAGED,
    NTF_PROXY,
    NTF_ROUTER,
    NTF_USE,
    NUD_FAILED,
    NUD_NOARP,
    NUD_NONE,
    NUD_PERMANENT,
)
from vethkernel.include.uapi.linux.netlink import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from vethkernel.include.uapi.linux.rtnetlink import RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH
from vethkernel.user.ip.addr import push
from vethkernel.user.ip.common import (
    Command,
    Ip,
    Option,
    Words,
    get_address,
    get_prefix,
    look_up,
    matches,
    parse_lladdr,
    put,
    run,
    usage,
)
from vethkernel.user.ip.neigh_show import NO_STATE, Filter, Neighbour, print_neighbour, state_number
from vethkernel.user.ip.values import PROTOCOLS, Prefix
from vethkernel.user.libc import Exit
from vethkernel.user.rtnl import NDMSG, Refused, Request

ROUNDS = 10


def main(ip: Ip, words: Words) -> None:
    """`ip neigh`."""
    return run(ip, words, COMMANDS, "neigh") if words else show(ip, words)


# showing


def selection(ip: Ip, words: Words, states: int, flushes: bool) -> Filter:
    """The filter that the words make."""
    f = Filter(ip.family, states)
    while words:
        word = words.word
        if word == "dev":
            words.next()
            if f.dev is not None:
                ip.duparg("dev", words.word)
            f.dev = words.word
        elif word == "nud":
            _state_filter(ip, words, f, flushes)
        elif option := look_up(SELECTORS, word):
            option(ip, words, f)
        else:
            words.skip("to")
            if matches(words.word, "help"):
                ip.usage("neigh")
            f.prefix = get_prefix(ip, words.word, f.family)
            f.family = f.family or f.prefix.family
        words.at += 1
    ip.links.fill()
    if f.dev is not None:
        f.index = ip.ifindex(f.dev)
    return f


def _state_filter(ip: Ip, words: Words, f: Filter, flushes: bool) -> None:
    state = state_number(words.next())
    if state is None and words.word != "all":
        ip.invarg("nud state is bad", words.word)
    if state is None:
        state = ~NUD_NOARP if flushes else ~0
    f.states = (f.states if f.state_given else 0) | (state or NO_STATE)
    f.state_given = True


def _master(ip: Ip, words: Words, f: Filter) -> None:
    f.master = ip.links.index(words.next()) or ip.invarg("Device does not exist\n", words.word)


def _protocol(ip: Ip, words: Words, f: Filter) -> None:
    f.protocol = PROTOCOLS.number(words.next()) or 0
    if PROTOCOLS.number(words.word) is None and words.word != "all":
        ip.invarg('invalid "protocol"\n', words.word)


SELECTORS: dict[str, Option] = {
    "master": _master,
    "vrf": lambda ip, words, f: ip.invarg("Not a valid VRF name\n", words.next()),
    "nomaster": put("master", lambda words: -1),
    "unused": put("unused", bool),
    "proxy": put("flags", lambda words: NTF_PROXY),
    "~protocol": _protocol,
}


def _dump(ip: Ip, f: Filter) -> list[Neighbour]:
    request = Request(RTM_GETNEIGH, 0, NDMSG.pack(f.family, 0, 0, f.flags, 0))
    if f.index:
        request.u32(NDA_IFINDEX, f.index)
    if f.master:
        request.u32(NDA_MASTER, f.master)
    return [n for n in map(Neighbour.read, ip.rtnl.dump(request)) if n.wanted(f)]


def show(ip: Ip, words: Words) -> None:
    """`ip neigh show`."""
    f = selection(ip, words, 0xFF & ~NUD_NOARP, False)
    ip.out.start()
    try:
        for each in _dump(ip, f):
            print_neighbour(ip, each, f.index)
    except Refused:
        ip.die("Dump terminated", 1)
    ip.out.finish()


def flush(ip: Ip, words: Words) -> None:
    """`ip neigh flush`: delete what is wanted; what has failed already is asked for only once."""
    if not words:
        ip.die("Flush requires arguments.", 1)
    f = selection(ip, words, ~(NUD_PERMANENT | NUD_NOARP), True)
    for rounds in range(ROUNDS):
        try:
            doomed = _dump(ip, f)
        except Refused:
            ip.die("Flush terminated", 1)
        for each in doomed if ip.stats > 1 else ():
            print_neighbour(ip, each, f.index)
        if not doomed:
            if ip.stats:
                s = "s" if rounds > 1 else ""
                done = f"*** Flush is complete after {rounds} round{s} ***\n"
                ip.out.write(done if rounds else "Nothing to flush.\n")
            return
        push(ip, [n.message for n in doomed], RTM_DELNEIGH, 1)
        if ip.stats:
            ip.out.write(f"\n*** Round {rounds + 1}, deleting {len(doomed)} entries ***\n")
        f.states &= ~NUD_FAILED
    ip.out.write(f"*** Flush not complete bailing out after {ROUNDS} rounds\n")
    raise Exit(255)


# changing


@dataclass(slots=True)
class Change:
    """The words of `ip neigh add` and its like, as far as they were read."""

    request: Request
    state: int = NUD_PERMANENT
    flags: int = 0
    managed: bool = False
    dst: Prefix = None
    dev: str = None
    lladdr: str = None


def _modify(kind: int, flags: int) -> Command:
    """The command that sends a message of this kind."""

    def command(ip: Ip, words: Words) -> None:
        request = Request(kind, flags, bytes(NDMSG.size), 284)
        c = Change(request)
        while words:
            option = look_up(OPTIONS, words.word) or _address
            option(ip, words, c)
            words.at += 1
        if not c.dst or not c.dst.family or (c.dev is None and not c.flags & NTF_PROXY):
            ip.die("Device and destination are required arguments.")
        request.attr(NDA_DST, c.dst.data)
        if c.managed:
            request.u32(NDA_FLAGS_EXT, NTF_EXT_MANAGED)
        if c.lladdr not in (None, "null"):
            request.attr(NDA_LLADDR, parse_lladdr(ip, c.lladdr, 20))
        ip.links.fill()
        index = 0 if c.dev is None else ip.ifindex(c.dev)
        request.body[: NDMSG.size] = NDMSG.pack(c.dst.family, index, c.state, c.flags, 0)
        ip.rtnl.talk(request)

    return command


def _lladdr(ip: Ip, words: Words, c: Change) -> None:
    words.next()
    if c.lladdr is not None:
        ip.duparg("lladdr", words.word)
    c.lladdr = words.word


def _nud(ip: Ip, words: Words, c: Change) -> None:
    c.state = state_number(words.next())
    if c.state is None:
        ip.invarg("nud state is bad", words.word)


def _proxy(ip: Ip, words: Words, c: Change) -> None:
    if matches(words.next(), "help"):
        ip.usage("neigh")
    if c.dst:
        ip.duparg("address", words.word)
    c.dst = get_address(ip, words.word, ip.family)
    c.flags |= NTF_PROXY


def _flag(flag: int) -> Option:
    def option(ip: Ip, words: Words, c: Change) -> None:
        c.flags |= flag

    return option


def _managed(ip: Ip, words: Words, c: Change) -> None:
    c.managed, c.state = True, NUD_NONE


def _protocol_of(ip: Ip, words: Words, c: Change) -> None:
    c.request.u8(NDA_PROTOCOL, words.name(PROTOCOLS, '"protocol" value is invalid\n'))


def _address(ip: Ip, words: Words, c: Change) -> None:
    words.skip("to")
    if matches(words.word, "help"):
        if c.request.kind == RTM_GETNEIGH:
            ip.usage("neigh")
        words.next()
    if c.dst:
        ip.duparg2("to", words.word)
    c.dst = get_address(ip, words.word, ip.family)


OPTIONS: dict[str, Option] = {
    "~lladdr": _lladdr,
    "nud": _nud,
    "~proxy": _proxy,
    "router": _flag(NTF_ROUTER),
    "use": _flag(NTF_USE),
    "managed": _managed,
    "~extern_learn": _flag(NTF_EXT_LEARNED),
    "dev": put("dev", Words.next),
    "~protocol": _protocol_of,
}
GET_OPTIONS: dict[str, Option] = {"dev": put("dev", Words.next), "~proxy": _proxy}


def get(ip: Ip, words: Words) -> None:
    """`ip neigh get`: one neighbour."""
    c = Change(Request(RTM_GETNEIGH, 0, bytes(NDMSG.size), 1052))
    while words:
        option = look_up(GET_OPTIONS, words.word) or _address
        option(ip, words, c)
        words.at += 1
    if not c.dst or not c.dst.family or (c.dev is None and not c.flags & NTF_PROXY):
        ip.die("Device and address are required arguments.", 1)
    c.request.attr(NDA_DST, c.dst.data)
    index = 0 if c.dev is None else ip.ifindex(c.dev)
    c.request.body[: NDMSG.size] = NDMSG.pack(c.dst.family, index, 0, c.flags, 0)
    answer = Neighbour.read(ip.rtnl.talk(c.request, answer=True))
    print_neighbour(ip, answer, 0)


COMMANDS: dict[str, Command] = {
    "~add": _modify(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL),
    "~change chg": _modify(RTM_NEWNEIGH, NLM_F_REPLACE),
    "~replace": _modify(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE),
    "~delete": _modify(RTM_DELNEIGH, 0),
    "~get": get,
    "~show ~lst ~list": show,
    "~flush": flush,
    "~help": usage("neigh"),
}
