# SPDX-License-Identifier: GPL-2.0-only
"""`ip address`: add, change, delete, flush. What it shows is in addr_show.py."""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack

from vethkernel.include.uapi.linux.if_addr import (
    IFA_ADDRESS,
    IFA_ANYCAST,
    IFA_BROADCAST,
    IFA_CACHEINFO,
    IFA_F_MCAUTOJOIN,
    IFA_F_SECONDARY,
    IFA_FLAGS,
    IFA_LABEL,
    IFA_LOCAL,
    IFA_RT_PRIORITY,
)
from vethkernel.include.uapi.linux.netlink import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_HOST,
    RTM_DELADDR,
    RTM_NEWADDR,
)
from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, AF_PACKET
from vethkernel.strerror import strerror
from vethkernel.user.ip.addr_show import FLAGS, Address, addresses_request, print_address, selection, show_addresses
from vethkernel.user.ip.common import (
    Command,
    Ip,
    Words,
    get_address,
    get_prefix,
    matches,
    run,
    text,
    unsupported,
    usage,
)
from vethkernel.user.ip.values import FOREVER, SCOPES, Prefix, get_unsigned
from vethkernel.user.rtnl import (
    IFADDRMSG,
    Message,
    Refused,
    Request,
)

FLUSH_ROOM = 4096 - 512  # bytes of deletions that go out at once


def flush(ip: Ip, words: Words) -> None:
    """Delete all addresses that are wanted, again and again until none is left."""
    if not words:
        ip.die("Flush requires arguments.", 1)
    if ip.family == AF_PACKET:
        ip.die("Cannot flush link addresses.", 1)
    wanted, _ = selection(ip, words)
    only_primary = wanted.flagmask & IFA_F_SECONDARY and not wanted.flags & IFA_F_SECONDARY
    rounds = 0
    while ip.flush_loops == 0 or rounds < ip.flush_loops:
        try:
            found = [Address.read(n) for n in ip.rtnl.dump(addresses_request(wanted)) if n.kind == RTM_NEWADDR]
        except Refused:
            ip.die("Flush terminated", 1)
        doomed = [a for a in found if wanted.ifindex in (0, a.index) and a.wanted(ip, wanted)]
        if not doomed:
            return flushed(ip, rounds)
        if ip.stats > 1:
            for address in doomed:
                print_address(ip, address, numbered=True)
        rounds += 1
        push(ip, [a.message for a in doomed], RTM_DELADDR)
        if ip.stats:
            ip.out.write(f"\n*** Round {rounds}, deleting {len(doomed)} addresses ***\n")
        if only_primary:
            return flushed(ip, rounds)
    ip.die(f"*** Flush remains incomplete after {ip.flush_loops} rounds. ***")


def flushed(ip: Ip, rounds: int) -> None:
    """Say what a flush has done, if counters are asked for."""
    if ip.stats:
        s = "s" if rounds > 1 else ""
        ip.out.write(f"*** Flush is complete after {rounds} round{s} ***\n" if rounds else "Nothing to flush.\n")


def push(ip: Ip, doomed: list[Message], kind: int, status: int = 255) -> None:
    """Send all messages back as deletions, as many at once as iproute2 does."""
    batch = b""
    for n in [*doomed, None]:
        if batch and (n is None or len(batch) + 16 + len(n.body) > FLUSH_ROOM):
            errno = ip.rtnl.push(batch)
            if errno:
                ip.die(f"Failed to send flush request: {strerror(errno)}", status)
            batch = b""
        if n is not None:
            batch += n.packed(kind, NLM_F_REQUEST, ip.rtnl.next_seq())


# changing


@dataclass(slots=True)
class Change:
    """The words of `ip address add` and its like, as far as they were read."""

    family: int
    local: Prefix = None
    local_word: str = ""
    peer: Prefix = None
    broadcast: str = ""
    anycast: bool = False
    scope: int = None
    dev: str = None
    flags: int = 0
    valid: int = None
    preferred: int = None


def _modify(kind: int, flags: int) -> Command:
    """The command that sends a message of this kind."""

    def command(ip: Ip, words: Words) -> None:
        request = Request(kind, flags, bytes(IFADDRMSG.size), 280)
        c = Change(ip.family)
        while words:
            _word(ip, words, c, request)
            words.at += 1
        _complete(ip, c, request)
        ip.change(request, lambda answer: print_address(ip, Address.read(answer), numbered=True))

    return command


def _word(ip: Ip, words: Words, c: Change, request: Request) -> None:
    """One option with its value."""
    word = words.word
    if word in ("peer", "remote"):
        words.next()
        if c.peer and c.peer.data:
            ip.duparg("peer", words.word)
        c.peer = get_prefix(ip, words.word, c.family)
        c.family = c.family or c.peer.family
        request.attr(IFA_ADDRESS, c.peer.data)
    elif matches(word, "broadcast") or word == "brd":
        words.next()
        if c.broadcast:
            ip.duparg("broadcast", words.word)
        c.broadcast = words.word
        if c.broadcast not in ("+", "-"):
            _plain(ip, words, c, request, IFA_BROADCAST)
    elif word == "anycast":
        words.next()
        if c.anycast:
            ip.duparg("anycast", words.word)
        c.anycast = _plain(ip, words, c, request, IFA_ANYCAST)
    elif word == "scope":
        c.scope = words.name(SCOPES, "invalid scope value.")
    elif word == "dev":
        c.dev = words.next()
    elif word == "label":
        request.string(IFA_LABEL, words.next())
    elif any(matches(word, full) for full in ("metric", "priority", "preference")):
        request.u32(IFA_RT_PRIORITY, words.u32('"metric" value is invalid\n'))
    elif matches(word, "valid_lft"):
        c.valid = _lifetime(ip, words, "valid_lft", c.valid)
    elif matches(word, "preferred_lft"):
        c.preferred = _lifetime(ip, words, "preferred_lft", c.preferred)
    elif word in FLAGS:
        _flag(ip, word, c)
    else:
        words.skip("local")
        if matches(words.word, "help"):
            ip.usage("address")
        if c.local and c.local.data:
            ip.duparg2("local", words.word)
        c.local_word = words.word
        c.local = get_prefix(ip, words.word, c.family)
        c.family = c.family or c.local.family
        request.attr(IFA_LOCAL, c.local.data)


def _plain(ip: Ip, words: Words, c: Change, request: Request, attr: int) -> bool:
    address = get_address(ip, words.word, c.family)
    c.family = c.family or address.family
    request.attr(attr, address.data)
    return bool(address.data)


def _lifetime(ip: Ip, words: Words, key: str, before: int | None) -> int:
    if before is not None:
        ip.duparg(key, words.word)
    seconds = FOREVER if words.next() == "forever" else get_unsigned(words.word)
    return seconds if seconds is not None else ip.invarg(f"{key} value", words.word)


def _flag(ip: Ip, word: str, c: Change) -> None:
    if FLAGS[word].readonly:
        ip.err(f"Warning: {word} option is not mutable from userspace")
    elif FLAGS[word].inet6 and c.family != AF_INET6:
        ip.err(f"Warning: {word} option can be set only for IPv6 addresses")
    else:
        c.flags |= FLAGS[word].mask


def _complete(ip: Ip, c: Change, request: Request) -> None:
    """What the words did not say follows from what they did; then the header."""
    deletes = request.kind == RTM_DELADDR
    if c.flags > 0xFF:
        request.u32(IFA_FLAGS, c.flags)
    if c.dev is None:
        ip.die('Not enough information: "dev" argument is required.', 1)
    prefixlen = c.peer.bits if c.peer else 0
    local = c.local or Prefix()
    if not (c.peer and c.peer.data) and local.data:
        if deletes and local.family == AF_INET and not local.given:
            ip.proc.stderr.write(text("wildcard deletion") % (c.local_word, len(local.data) * 8))
        else:
            c.peer = local
            request.attr(IFA_ADDRESS, local.data)
    prefixlen = prefixlen or local.bits
    if c.broadcast in ("+", "-") and not deletes:
        _broadcast(ip, c, request)
    if c.scope is None:
        c.scope = RT_SCOPE_HOST if local.family == AF_INET and local.data[:1] == b"\x7f" and not deletes else 0
    index = ip.ifindex(c.dev)
    if c.valid is not None or c.preferred is not None:
        _cacheinfo(ip, c, request)
    if c.flags & IFA_F_MCAUTOJOIN and not _multicast(local):
        ip.die("autojoin needs multicast address", 1)
    flags = c.flags if c.flags <= 0xFF else 0
    request.body[: IFADDRMSG.size] = IFADDRMSG.pack(c.family, prefixlen, flags, c.scope, index)


def _broadcast(ip: Ip, c: Change, request: Request) -> None:
    """`+` sets all bits behind the prefix, `-` none of them."""
    if c.family != AF_INET:
        ip.die("Broadcast can be set only for IPv4 addresses", 1)
    if not c.peer or c.peer.bits > 30:
        return
    behind = (1 << 32 - c.peer.bits) - 1
    number = int.from_bytes(c.peer.data.ljust(4, b"\0"), "big")
    number = number | behind if c.broadcast == "+" else number & ~behind
    request.attr(IFA_BROADCAST, number.to_bytes(4, "big"))


def _cacheinfo(ip: Ip, c: Change, request: Request) -> None:
    valid = FOREVER if c.valid is None else c.valid
    preferred = FOREVER if c.preferred is None else c.preferred
    if not valid:
        ip.die("valid_lft is zero", 1)
    if valid < preferred:
        ip.die("preferred_lft is greater than valid_lft", 1)
    request.attr(IFA_CACHEINFO, pack("<IIII", preferred, valid, 0, 0))


def _multicast(prefix: Prefix) -> bool:
    return prefix.data[:1] == b"\xff" if prefix.family == AF_INET6 else b"\xe0" <= prefix.data[:1] < b"\xf0"


def main(ip: Ip, words: Words) -> None:
    """`ip address`."""
    if not words:
        return show_addresses(ip, words)
    return run(ip, words, COMMANDS, "address")


COMMANDS: dict[str, Command] = {
    "~add": _modify(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL),
    "~change chg": _modify(RTM_NEWADDR, NLM_F_REPLACE),
    "~replace": _modify(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE),
    "~delete": _modify(RTM_DELADDR, 0),
    "~list ~show ~lst": show_addresses,
    "~flush": flush,
    "~save ~showdump ~restore": unsupported,
    "~help": usage("address"),
}
