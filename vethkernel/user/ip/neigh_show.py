# SPDX-License-Identifier: GPL-2.0-only
"""How a neighbour is read, selected and printed by `ip neigh`."""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack

from vethkernel.include.uapi.linux import neighbour
from vethkernel.include.uapi.linux.neighbour import (
    NDA_CACHEINFO,
    NDA_DST,
    NDA_FLAGS_EXT,
    NDA_LLADDR,
    NDA_PROBES,
    NDA_PROTOCOL,
    NTF_EXT_LEARNED,
    NTF_EXT_MANAGED,
    NTF_OFFLOADED,
    NTF_PROXY,
    NTF_ROUTER,
    NUD_NONE,
)
from vethkernel.include.uapi.linux.rtnetlink import RTM_DELNEIGH
from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, AF_UNSPEC
from vethkernel.user.ip.common import (
    Ip,
    look_up,
)
from vethkernel.user.ip.output import IFNAME, INET, INET6, MAC
from vethkernel.user.ip.values import PROTOCOLS, USER_HZ, Prefix, get_unsigned, host, lladdr_text
from vethkernel.user.rtnl import NDMSG, Message, attributes, u32

STATES = {
    name: getattr(neighbour, f"NUD_{name}")
    for name in "INCOMPLETE REACHABLE STALE DELAY PROBE FAILED NOARP PERMANENT".split()
}
# of these three the beginning is enough
STATE_WORDS = {("~" if n in ("PERMANENT", "REACHABLE", "FAILED") else "") + n.lower(): v for n, v in STATES.items()}
NO_STATE = 0x100  # in a filter: those without any state
FLAGS = (("router", NTF_ROUTER), ("proxy", NTF_PROXY), ("extern_learn", NTF_EXT_LEARNED), ("offload", NTF_OFFLOADED))


def state_number(word: str) -> int | None:
    """A state by name or by its bit."""
    state = NUD_NONE if word == "none" else look_up(STATE_WORDS, word)
    if state is None:
        state = get_unsigned(word)
        if state is not None and (state >= 0x100 or state & state - 1):
            return None
    return state


@dataclass(slots=True)
class Filter:
    """Which neighbours are wanted."""

    family: int
    states: int
    index: int = 0
    prefix: Prefix = None
    master: int = 0
    unused: bool = False
    protocol: int = 0
    flags: int = 0
    dev: str = None
    state_given: bool = False


@dataclass(slots=True)
class Neighbour:
    """One RTM_NEWNEIGH message, read."""

    message: Message
    family: int
    index: int
    state: int
    flags: int
    tb: dict[int, bytes]

    @classmethod
    def read(cls, message: Message) -> Neighbour:
        family, index, state, flags, _ = NDMSG.unpack_from(message.body)
        return cls(message, family, index, state, flags, attributes(message.body, NDMSG.size))

    @property
    def protocol(self) -> int:
        return self.tb.get(NDA_PROTOCOL, b"\0")[0]

    def wanted(self, f: Filter) -> bool:
        """Whether the filter lets it through."""
        if f.family not in (AF_UNSPEC, self.family) or f.index not in (0, self.index):
            return False
        by_state = f.states & self.state or (not self.state and f.states & NO_STATE)
        if not by_state and not self.flags & (NTF_PROXY | NTF_EXT_LEARNED):
            return False
        prefix = f.prefix
        if prefix and prefix.family and prefix.bits > 0:
            if prefix.family != self.family or not prefix.covers(self.tb.get(NDA_DST, b"")):
                return False
        if f.protocol not in (0, self.protocol):
            return False
        return not (f.unused and NDA_CACHEINFO in self.tb and unpack("<4I", self.tb[NDA_CACHEINFO])[3])


def print_neighbour(ip: Ip, n: Neighbour, index: int) -> None:
    """One neighbour, in a line; its device is left out where the filter names it."""
    out, tb = ip.out, n.tb
    lladdr = lladdr_text(tb[NDA_LLADDR]) if NDA_LLADDR in tb else None
    out.open()
    if n.message.kind == RTM_DELNEIGH:
        out.put("deleted", "Deleted ", True)
    if NDA_DST in tb:
        colour = {AF_INET: INET, AF_INET6: INET6}.get(n.family, 0)
        out.put("dst", "%-39s " if ip.brief else "%s ", host(n.family, tb[NDA_DST]), colour)
    if not index and n.index:
        out.text("" if ip.brief else "dev ")
        out.put("dev", "%-16s " if ip.brief else "%s ", ip.links.name(n.index), IFNAME)
    if lladdr:
        out.text("" if ip.brief else "lladdr ")
        out.put("lladdr", "%s" if ip.brief else "%s ", lladdr, MAC)
    if not ip.brief:
        _print_state(ip, n)
    out.text("\n")
    out.close()


def _print_state(ip: Ip, n: Neighbour) -> None:
    out, managed = ip.out, NDA_FLAGS_EXT in n.tb and u32(n.tb[NDA_FLAGS_EXT]) & NTF_EXT_MANAGED
    for name, flag in FLAGS:
        if name == "extern_learn" and managed:
            out.put("managed", "managed ")
        if n.flags & flag:
            out.put(name, f"{name} ")
    if ip.stats and NDA_CACHEINFO in n.tb:
        confirmed, used, updated, references = unpack("<4I", n.tb[NDA_CACHEINFO])
        if references:
            out.put("refcnt", " ref %d", references)
        for key, form, ticks in (
            ("used", " used %d", used),
            ("confirmed", "/%d", confirmed),
            ("updated", "/%d", updated),
        ):
            out.put(key, form, ticks // USER_HZ)
    if ip.stats and NDA_PROBES in n.tb:
        out.put("probes", "probes %d ", u32(n.tb[NDA_PROBES]))
    if n.state:
        out.array("state")
        for name, bit in STATES.items():
            if n.state & bit:
                out.put(None, "%s ", name)
        out.end()
    if n.protocol:
        out.put("protocol", "proto %s ", PROTOCOLS.name(n.protocol, ip.numeric))
