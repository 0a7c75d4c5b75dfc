# SPDX-License-Identifier: GPL-2.0-only
"""The options of `ip link add` and `ip link set`, one table for both and for the other end of a pair."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vethkernel.include.uapi.linux.if_ import (
    IFF_ALLMULTI,
    IFF_DYNAMIC,
    IFF_MULTICAST,
    IFF_NOARP,
    IFF_NOTRAILERS,
    IFF_PROMISC,
    IFF_UP,
)
from vethkernel.include.uapi.linux.if_link import (
    IFLA_ADDRESS,
    IFLA_AF_SPEC,
    IFLA_BROADCAST,
    IFLA_CARRIER,
    IFLA_GRO_MAX_SIZE,
    IFLA_GROUP,
    IFLA_GSO_MAX_SEGS,
    IFLA_GSO_MAX_SIZE,
    IFLA_IFALIAS,
    IFLA_IFNAME,
    IFLA_INET6_ADDR_GEN_MODE,
    IFLA_LINK,
    IFLA_LINKMODE,
    IFLA_MASTER,
    IFLA_MTU,
    IFLA_NET_NS_FD,
    IFLA_NET_NS_PID,
    IFLA_NEW_IFINDEX,
    IFLA_NUM_RX_QUEUES,
    IFLA_NUM_TX_QUEUES,
    IFLA_OPERSTATE,
    IFLA_PROTO_DOWN,
    IFLA_TXQLEN,
)
from vethkernel.include.uapi.linux.netlink import (
    NLM_F_CREATE,
)
from vethkernel.include.uapi.linux.rtnetlink import (
    RTM_GETLINK,
)
from vethkernel.include.uapi.linux.socket import AF_INET6
from vethkernel.user.ip.common import Ip, Words, look_up, matches, parse_lladdr
from vethkernel.user.ip.link_show import ADDR_GEN_MODES, LINK_MODES, OPER_STATES
from vethkernel.user.ip.links import NETNS_RUN_DIR
from vethkernel.user.ip.values import GROUPS, get_number, get_unsigned, valid_ifname
from vethkernel.user.libc import strtol
from vethkernel.user.rtnl import IFINFOMSG, Refused, Request, attributes, encode

IFALIASZ = 256
ANY_NAME = 1 << 20  # a device's other names may be this long
SWITCHES = {  # the flag that each changes, and the word that sets it
    "multicast": (IFF_MULTICAST, "on"),
    "allmulticast": (IFF_ALLMULTI, "on"),
    "promisc": (IFF_PROMISC, "on"),
    "trailers": (IFF_NOTRAILERS, "off"),
    "arp": (IFF_NOARP, "off"),
    "dynamic": (IFF_DYNAMIC, "on"),
}


class LinkRequest(Request):
    """A request that may name network namespaces by files: they stay open until the kernel has taken it."""

    def __init__(self, kind: int, flags: int, family: int) -> None:
        super().__init__(kind, flags, IFINFOMSG.pack(family, 0, 0, 0, 0), 1056)
        self.files: list[Any] = []


def lladdr_len(ip: Ip, name: str) -> int:
    """How many bytes a device's hardware address has; -1 if that is not known."""
    index = ip.links.index(name)
    if not index:
        return -1
    try:
        answer = ip.rtnl.talk(Request(RTM_GETLINK, 0, IFINFOMSG.pack(ip.family, 0, index, 0, 0)), answer=True)
    except Refused:
        return -1
    tb = attributes(answer.body, IFINFOMSG.size)
    return len(tb[IFLA_ADDRESS]) if IFLA_ADDRESS in tb else -1


class LinkWords:
    """The options of one device, as far as they were read."""

    def __init__(self, ip: Ip, words: Words, request: LinkRequest) -> None:
        self.ip = ip
        self.words = words
        self.request = request
        self.dev: str = None
        self.name: str = None
        self.dev_is_name = False  # only `name` was given: a device may still follow
        self.type: str = None
        self.link: str = None
        self.lladdr_len = 0
        self.index = 0
        self.ifi_index = 0
        self.flags = 0
        self.changed = 0
        self.moves = False
        self.once: dict[str, int] = {}

    @property
    def creates(self) -> bool:
        return bool(self.request.flags & NLM_F_CREATE)

    def header(self, family: int) -> bytes:
        return IFINFOMSG.pack(family, 0, self.ifi_index, self.flags, self.changed)

    def parse(self) -> None:
        """Read all words up to the end, or to `type KIND`."""
        while self.words and self.type is None:
            option = look_up(OPTIONS, self.words.word)
            if option:
                option(self)
            else:
                self.device()
            self.words.at += 1
        if not self.name or not self.dev:
            self.name = self.dev = self.name or self.dev
        self.check_lladdr()
        if self.index and not self.creates and not self.moves:
            self.ip.die("index can be used only when creating devices or when moving device to another netns.")
        if "group" in self.once and not self.dev:
            self.whole_group()
        else:
            self.target()

    def device(self) -> None:
        if matches(self.words.word, "help"):
            self.ip.usage("link")
        self.words.skip("dev")
        word = self.words.word
        if self.dev is not None and not self.dev_is_name:
            self.ip.duparg2("dev", word)
        if not valid_ifname(word, ANY_NAME):
            self.ip.invarg('"dev" not a valid ifname', word)
        self.dev, self.dev_is_name = word, False

    def check_lladdr(self) -> None:
        """A new hardware address must be as long as the device's."""
        if not self.dev or not self.lladdr_len or self.creates:
            return
        wanted = lladdr_len(self.ip, self.dev)
        if wanted not in (-1, self.lladdr_len):
            self.ip.die(f"Invalid address length {self.lladdr_len} - must be {wanted} bytes", 1)

    def whole_group(self) -> None:
        if self.words:
            self.ip.die(f'Garbage instead of arguments "{self.words.word} ...". Try "ip link help".')
        if self.creates:
            self.ip.die("group cannot be used when creating devices.")
        self.type = None

    def target(self) -> None:
        """Say in the request which device is meant, and what it will be called."""
        name = self.name
        if not self.creates:
            if not self.dev:
                self.ip.die('Not enough information: "dev" argument is required.')
            self.ifi_index = self.ip.ifindex(self.dev)
            if name == self.dev:
                name = None
            if self.index:
                self.request.u32(IFLA_NEW_IFINDEX, self.index)
        else:
            if name != self.dev:
                self.ip.die('both "name" and "dev" cannot be used when creating devices.')
            if self.link:
                self.request.u32(IFLA_LINK, self.ip.ifindex(self.link))
            self.ifi_index = self.index
        if name:
            self.request.string(IFLA_IFNAME, name)


# the options: each stands on its own word and stops on the last word it takes


def _up(o: LinkWords) -> None:
    o.changed |= IFF_UP
    o.flags |= IFF_UP


def _down(o: LinkWords) -> None:
    o.changed |= IFF_UP
    o.flags &= ~IFF_UP


def _name(o: LinkWords) -> None:
    word = o.words.next()
    if o.name is not None:
        o.ip.duparg("name", word)
    if not valid_ifname(word):
        o.ip.invarg('"name" not a valid ifname', word)
    o.name = word
    if o.dev is None:
        o.dev, o.dev_is_name = word, True


def _index(o: LinkWords) -> None:
    word = o.words.next()
    if o.index:
        o.ip.duparg("index", word)
    o.index = strtol(word, 10)[0]
    if not 0 < o.index <= 0x7FFFFFFF:
        o.ip.invarg('Invalid "index" value', word)


def _link(o: LinkWords) -> None:
    o.link = o.words.next()


def _lladdr(attr: int) -> Callable[[LinkWords], None]:
    def option(o: LinkWords) -> None:
        address = parse_lladdr(o.ip, o.words.next(), 32)
        if attr == IFLA_ADDRESS:
            o.lladdr_len = len(address)
        o.request.attr(attr, address)

    return option


def _integer(attr: int, key: str) -> Callable[[LinkWords], None]:
    """A number that may be given once."""

    def option(o: LinkWords) -> None:
        word = o.words.next()
        if o.once.get(key, -1) != -1:
            o.ip.duparg(key, word)
        o.once[key] = get_number(word, -0x80000000, 0x7FFFFFFF)
        if o.once[key] is None:
            o.ip.invarg(f'Invalid "{key}" value\n', word)
        o.request.u32(attr, o.once[key])

    return option


def _netns(o: LinkWords) -> None:
    word = o.words.next()
    if o.moves:
        o.ip.duparg("netns", word)
    try:
        file = o.ip.proc.open(word if "/" in word else f"{NETNS_RUN_DIR}/{word}")
        o.request.files.append(file)
        o.request.u32(IFLA_NET_NS_FD, file.fileno())
    except OSError:
        pid = get_number(word, -0x80000000, 0x7FFFFFFF)
        if pid is None:
            o.ip.invarg('Invalid "netns" value\n', word)
        o.request.u32(IFLA_NET_NS_PID, pid)
    o.moves = True


def _switch(key: str) -> Callable[[LinkWords], None]:
    flag, sets = SWITCHES[key]

    def option(o: LinkWords) -> None:
        word = o.words.next()
        o.changed |= flag
        if word not in ("on", "off"):
            o.ip.die(f'Error: argument of "{key}" must be "on" or "off", not "{word}"', 1)
        o.flags = o.flags | flag if word == sets else o.flags & ~flag

    return option


def _on_off(attr: int, key: str) -> Callable[[LinkWords], None]:
    """A word that may be shortened; it stands in an attribute, not in the flags."""

    def option(o: LinkWords) -> None:
        word = o.words.next()
        if not word or not ("off".startswith(word) or "on".startswith(word)):
            o.ip.die(f'Error: argument of "{key}" must be one of "off", "on", not "{word}"', 22)
        o.request.u8(attr, word == "on")

    return option


def _one_of(attr: int, names: tuple[str, ...], why: str) -> Callable[[LinkWords], None]:
    """A name from a list, in capitals or not."""

    def option(o: LinkWords) -> None:
        word = o.words.next().upper()
        o.request.u8(attr, names.index(word) if word in names else o.ip.invarg(why, o.words.word))

    return option


def _master(o: LinkWords) -> None:
    word = o.words.next()
    index = o.ip.links.index(word) or o.ip.invarg("Device does not exist\n", word)
    o.request.u32(IFLA_MASTER, index)


def _nomaster(o: LinkWords) -> None:
    o.request.u32(IFLA_MASTER, 0)


def _vrf(o: LinkWords) -> None:
    o.ip.invarg("Not a valid VRF name\n", o.words.next())


def _type(o: LinkWords) -> None:
    o.type = o.words.next()


def _alias(o: LinkWords) -> None:
    word = o.words.next()
    if len(encode(word)) >= IFALIASZ:
        o.ip.invarg("alias too long\n", word)
    o.request.attr(IFLA_IFALIAS, encode(word))


def _group(o: LinkWords) -> None:
    word = o.words.next()
    if o.once.get("group", -1) != -1:
        o.ip.duparg("group", word)
    o.once["group"] = GROUPS.number(word)
    if o.once["group"] is None:
        o.ip.invarg('Invalid "group" value\n', word)
    o.request.u32(IFLA_GROUP, o.once["group"])


def _size(attr: int, key: str, most: int) -> Callable[[LinkWords], None]:
    """A number that may be given again."""

    def option(o: LinkWords) -> None:
        word = o.words.next()
        number = get_unsigned(word)
        if number is None or number > most:
            o.ip.invarg(f'Invalid "{key}" value\n', word)
        o.request.u32(attr, number)

    return option


def _addrgenmode(o: LinkWords) -> None:
    word = o.words.next()
    if word.lower() not in ADDR_GEN_MODES:
        o.ip.invarg("Invalid address generation mode\n", word)
    with o.request.nest(IFLA_AF_SPEC), o.request.nest(AF_INET6):
        o.request.u8(IFLA_INET6_ADDR_GEN_MODE, ADDR_GEN_MODES.index(word.lower()))


def _unsupported(o: LinkWords) -> None:
    o.ip.unsupported(o.words.word)


OPTIONS: dict[str, Callable[[LinkWords], None]] = {
    "up": _up,
    "down": _down,
    "name": _name,
    "index": _index,
    "~link": _link,
    "~address": _lladdr(IFLA_ADDRESS),
    "~broadcast brd": _lladdr(IFLA_BROADCAST),
    "~txqueuelen qlen ~txqlen": _integer(IFLA_TXQLEN, "txqueuelen"),
    "mtu": _integer(IFLA_MTU, "mtu"),
    "netns": _netns,
    "multicast": _switch("multicast"),
    "allmulticast": _switch("allmulticast"),
    "promisc": _switch("promisc"),
    "trailers": _switch("trailers"),
    "arp": _switch("arp"),
    "carrier": _on_off(IFLA_CARRIER, "carrier"),
    "~master": _master,
    "vrf": _vrf,
    "~nomaster": _nomaster,
    "~dynamic": _switch("dynamic"),
    "~type": _type,
    "~alias": _alias,
    "group": _group,
    "mode": _one_of(IFLA_LINKMODE, LINK_MODES, "Invalid link mode\n"),
    "state": _one_of(IFLA_OPERSTATE, OPER_STATES, "Invalid operstate\n"),
    "~numtxqueues": _integer(IFLA_NUM_TX_QUEUES, "numtxqueues"),
    "~numrxqueues": _integer(IFLA_NUM_RX_QUEUES, "numrxqueues"),
    "vf xdp xdpgeneric xdpdrv xdpoffload ~link-netns ~link-netnsid": _unsupported,
    "~addrgenmode": _addrgenmode,
    "protodown": _on_off(IFLA_PROTO_DOWN, "protodown"),
    "gso_max_size": _size(IFLA_GSO_MAX_SIZE, "gso_max_size", 0xFFFFFFFF),
    "gso_max_segs": _size(IFLA_GSO_MAX_SEGS, "gso_max_segs", 65535),
    "gro_max_size": _size(IFLA_GRO_MAX_SIZE, "gro_max_size", 0xFFFFFFFF),
    "protodown_reason parentdev": _unsupported,
}
