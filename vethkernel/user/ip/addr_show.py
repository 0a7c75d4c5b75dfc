# SPDX-License-Identifier: GPL-2.0-only
"""`ip address show`, and `ip link show`, which is the same without the addresses."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from struct import unpack_from

from vethkernel.include.uapi.linux.if_addr import (
    IFA_ADDRESS,
    IFA_ANYCAST,
    IFA_BROADCAST,
    IFA_CACHEINFO,
    IFA_F_DADFAILED,
    IFA_F_DEPRECATED,
    IFA_F_HOMEADDRESS,
    IFA_F_MANAGETEMPADDR,
    IFA_F_MCAUTOJOIN,
    IFA_F_NODAD,
    IFA_F_NOPREFIXROUTE,
    IFA_F_OPTIMISTIC,
    IFA_F_PERMANENT,
    IFA_F_SECONDARY,
    IFA_F_STABLE_PRIVACY,
    IFA_F_TENTATIVE,
    IFA_FLAGS,
    IFA_LABEL,
    IFA_LOCAL,
    IFA_RT_PRIORITY,
)
from vethkernel.include.uapi.linux.if_link import (
    IFLA_ALT_IFNAME,
    IFLA_EXT_MASK,
    IFLA_IFNAME,
    IFLA_INFO_KIND,
    IFLA_LINKINFO,
    IFLA_MASTER,
)
from vethkernel.include.uapi.linux.rtnetlink import (
    RT_SCOPE_NOWHERE,
    RTEXT_FILTER_SKIP_STATS,
    RTEXT_FILTER_VF,
    RTM_DELADDR,
    RTM_GETADDR,
    RTM_GETLINK,
)
from vethkernel.include.uapi.linux.socket import AF_INET, AF_INET6, AF_PACKET, AF_UNSPEC
from vethkernel.strerror import strerror
from vethkernel.user.ip.common import Ip, Words, get_prefix, matches
from vethkernel.user.ip.link_show import Filter, print_link
from vethkernel.user.ip.link_stats import print_stats
from vethkernel.user.ip.output import INET, INET6
from vethkernel.user.ip.values import FAMILY_NAMES, FOREVER, GROUPS, SCOPES, host, valid_ifname
from vethkernel.user.rtnl import (
    IFADDRMSG,
    IFINFOMSG,
    Message,
    Refused,
    Request,
    attributes,
    encode,
    string,
    u32,
)

COLOURS = {AF_INET: INET, AF_INET6: INET6}


@dataclass(slots=True, frozen=True)
class AddressFlag:
    """A flag of an address; some are only read, some are IPv6's alone."""

    mask: int
    readonly: bool
    inet6: bool = True


FLAGS = {
    "secondary": AddressFlag(IFA_F_SECONDARY, True, False),
    "temporary": AddressFlag(IFA_F_SECONDARY, True, False),
    "nodad": AddressFlag(IFA_F_NODAD, False),
    "optimistic": AddressFlag(IFA_F_OPTIMISTIC, False),
    "dadfailed": AddressFlag(IFA_F_DADFAILED, True),
    "home": AddressFlag(IFA_F_HOMEADDRESS, False),
    "deprecated": AddressFlag(IFA_F_DEPRECATED, True),
    "tentative": AddressFlag(IFA_F_TENTATIVE, True),
    "permanent": AddressFlag(IFA_F_PERMANENT, True),
    "mngtmpaddr": AddressFlag(IFA_F_MANAGETEMPADDR, False),
    "noprefixroute": AddressFlag(IFA_F_NOPREFIXROUTE, False, False),
    "autojoin": AddressFlag(IFA_F_MCAUTOJOIN, False, False),
    "stable-privacy": AddressFlag(IFA_F_STABLE_PRIVACY, True),
}


@dataclass(slots=True)
class Address:
    """One RTM_NEWADDR message, read."""

    message: Message
    family: int
    prefixlen: int
    flags: int
    scope: int
    index: int
    tb: dict[int, bytes]

    @classmethod
    def read(cls, message: Message) -> Address:
        family, prefixlen, flags, scope, index = IFADDRMSG.unpack_from(message.body)
        tb = attributes(message.body, IFADDRMSG.size)
        tb.setdefault(IFA_LOCAL, tb.get(IFA_ADDRESS, b""))
        tb.setdefault(IFA_ADDRESS, tb[IFA_LOCAL])
        return cls(message, family, prefixlen, u32(tb[IFA_FLAGS]) if IFA_FLAGS in tb else flags, scope, index, tb)

    def wanted(self, ip: Ip, wanted: Filter) -> bool:
        """Whether the filter lets it through."""
        if wanted.family and wanted.family != self.family:
            return False
        if (wanted.scope ^ self.scope) & wanted.scopemask or (wanted.flags ^ self.flags) & wanted.flagmask:
            return False
        if wanted.label is not None:
            label = string(self.tb[IFA_LABEL]) if IFA_LABEL in self.tb else ip.links.name(self.index)
            if not fnmatchcase(label, wanted.label):
                return False
        prefix = wanted.prefix
        if not prefix or prefix.family == AF_UNSPEC or prefix.bits <= 0:
            return True
        return prefix.family == self.family and prefix.covers(self.tb[IFA_LOCAL])


# showing


def show_links(ip: Ip, words: Words) -> None:
    """`ip link show`."""
    ip.family = AF_PACKET
    _show(ip, *selection(ip, words, do_link=True))


def show_addresses(ip: Ip, words: Words) -> None:
    """`ip address show`."""
    _show(ip, *selection(ip, words))


def selection(ip: Ip, words: Words, do_link: bool = False) -> tuple[Filter, str | None]:
    """The filter that the words make, and the device that they name."""
    wanted = Filter(do_link=do_link, family=ip.family)
    dev = _read_filter(ip, words, wanted)
    if dev is not None:
        wanted.ifindex = ip.links.index(dev) or ip.die(f'Device "{dev}" does not exist.', 1)
    return wanted, dev


def _read_filter(ip: Ip, words: Words, wanted: Filter) -> str | None:
    """Read the words that select; returns the device's name, if one is named."""
    dev = None
    while words:
        word = words.word
        if word == "to":
            wanted.prefix = get_prefix(ip, words.next(), wanted.family)
            wanted.family = wanted.family or wanted.prefix.family
        elif word == "scope":
            scope = SCOPES.number(words.next())
            if scope is None and words.word != "all":
                ip.invarg('invalid "scope"\n', words.word)
            wanted.scope = RT_SCOPE_NOWHERE if scope is None else scope
            wanted.scopemask = 0 if scope is None else -1
        elif word == "up":
            wanted.up = True
        elif _flag_filter(word, wanted):
            pass
        elif word == "label":
            wanted.label = words.next()
        elif word == "group":
            wanted.group = words.name(GROUPS, 'Invalid "group" value\n')
        elif word == "master":
            wanted.master = ip.links.index(words.next()) or ip.invarg("Device does not exist\n", words.word)
        elif word == "vrf":
            ip.invarg("Not a valid VRF name\n", words.next())
        elif word == "nomaster":
            wanted.master = -1
        elif word == "type":
            kind = words.next()
            if kind.endswith("_slave"):
                wanted.slave_kind = kind.removesuffix("_slave")
            else:
                wanted.kind = kind
        else:
            if word == "dev":
                words.next()
            elif matches(word, "help"):
                ip.usage("link" if wanted.do_link else "address")
            if dev is not None:
                ip.duparg2("dev", words.word)
            dev = words.word
        words.at += 1
    return dev


def _flag_filter(word: str, wanted: Filter) -> bool:
    """`secondary`, `-deprecated`, `dynamic` and their like."""
    absent = word.startswith("-")
    name = word.removeprefix("-")
    opposite = {"dynamic": "permanent", "primary": "secondary"}
    absent ^= name in opposite
    flag = FLAGS.get(opposite.get(name, name))
    if not flag:
        return False
    wanted.flags = wanted.flags & ~flag.mask if absent else wanted.flags | flag.mask
    wanted.flagmask |= flag.mask
    return True


def _show(ip: Ip, wanted: Filter, dev: str | None) -> None:
    """Print the devices that are wanted, each with its addresses."""
    ip.out.start()
    if dev is not None and wanted.group == -1 and wanted.do_link:
        _show_one_link(ip, wanted, dev)
    else:
        _show_list(ip, wanted)
    ip.out.finish()


def _show_one_link(ip: Ip, wanted: Filter, dev: str) -> None:
    request = Request(RTM_GETLINK, 0, IFINFOMSG.pack(ip.family, 0, 0, 0, 0), 1056)
    request.string(IFLA_IFNAME if valid_ifname(dev) else IFLA_ALT_IFNAME, dev)
    request.u32(IFLA_EXT_MASK, RTEXT_FILTER_VF)
    try:
        answer = ip.rtnl.talk(request, answer=True)
    except Refused as refused:
        ip.out.finish()
        ip.die(f"Cannot send link get request: {strerror(refused.errno)}", 1)
    ip.out.open()
    print_link(ip, wanted, answer)
    ip.out.close()


def _show_list(ip: Ip, wanted: Filter) -> None:
    try:
        links = _links(ip, wanted)
    except Refused as refused:
        ip.err(f"Cannot send link request: {strerror(refused.errno)}" if wanted.ifindex else "Dump terminated")
        return
    addresses = []
    if wanted.family != AF_PACKET:
        try:
            addresses = [Address.read(n) for n in ip.rtnl.dump(addresses_request(wanted))]
        except Refused:
            ip.err("Dump terminated")
            return
        links = [n for n in links if _link_wanted(ip, wanted, _index(n), addresses)]
    for n in links:
        printed = 0
        ip.out.open()
        if ip.brief or wanted.family == AF_PACKET or not ip.oneline:
            printed = print_link(ip, wanted, n)
        if printed >= 0 and wanted.family != AF_PACKET:
            _print_addresses(ip, wanted, n, addresses)
        if printed > 0 and not wanted.do_link and ip.stats:
            print_stats(ip, attributes(n.body, IFINFOMSG.size))
            ip.out.nl()
        ip.out.close()


def _index(n: Message) -> int:
    return IFINFOMSG.unpack_from(n.body)[2]


def _links(ip: Ip, wanted: Filter) -> list[Message]:
    """The devices that the kernel tells of, remembered on the way."""
    if wanted.ifindex:
        request = Request(RTM_GETLINK, 0, IFINFOMSG.pack(wanted.family, 0, wanted.ifindex, 0, 0), 1056)
        request.u32(IFLA_EXT_MASK, RTEXT_FILTER_VF | (0 if ip.stats else RTEXT_FILTER_SKIP_STATS))
        links = [ip.rtnl.talk(request, answer=True)]
    else:
        request = Request(RTM_GETLINK, 0, IFINFOMSG.pack(ip.family, 0, 0, 0, 0), 1056)
        if ip.family in (AF_UNSPEC, AF_PACKET):
            request.u32(IFLA_EXT_MASK, RTEXT_FILTER_VF)
            if wanted.master:
                request.u32(IFLA_MASTER, wanted.master)
            if wanted.kind is not None:
                with request.nest(IFLA_LINKINFO):
                    request.attr(IFLA_INFO_KIND, encode(wanted.kind))
        links = list(ip.rtnl.dump(request))
    for n in links:
        ip.links.remember(n)
    return links


def addresses_request(wanted: Filter) -> Request:
    return Request(RTM_GETADDR, 0, IFADDRMSG.pack(wanted.family, 0, 0, 0, wanted.ifindex))


def _link_wanted(ip: Ip, wanted: Filter, index: int, addresses: list[Address]) -> bool:
    own = [a for a in addresses if a.index == index]
    if not own:
        return wanted.family in (AF_UNSPEC, AF_PACKET)
    return any(a.wanted(ip, wanted) for a in own)


def _print_addresses(ip: Ip, wanted: Filter, n: Message, addresses: list[Address]) -> None:
    _, _, index, flags, _ = IFINFOMSG.unpack_from(n.body)
    ip.out.array("addr_info")
    for address in addresses:
        if address.index == index and (not wanted.up or flags & 1) and wanted.family in (AF_UNSPEC, address.family):
            ip.out.open()
            if address.wanted(ip, wanted):
                print_address(ip, address, numbered=ip.oneline)
            ip.out.close()
    ip.out.end()
    if ip.brief:
        ip.out.text("\n")


def print_address(ip: Ip, a: Address, numbered: bool) -> None:
    """One address; `numbered` puts the device's number and name before it."""
    out, colour = ip.out, COLOURS.get(a.family, 0)
    if a.message.kind == RTM_DELADDR:
        out.put("deleted", "Deleted ", True)
    if not ip.brief:
        if numbered:
            name = ip.links.name(a.index)
            out.field("index", a.index)
            out.field("dev", name)
            out.text(f"{a.index}: {name}")
        out.put("family", "    %s ", FAMILY_NAMES[a.family])
    if a.tb[IFA_LOCAL]:
        out.put("local", "%s", host(a.family, a.tb[IFA_LOCAL]), colour)
        if a.tb[IFA_ADDRESS] != a.tb[IFA_LOCAL]:
            out.text(" peer ")
            out.put("address", "%s", host(a.family, a.tb[IFA_ADDRESS]), colour)
        out.put("prefixlen", "/%d ", a.prefixlen)
        if IFA_RT_PRIORITY in a.tb:
            out.put("metric", "metric %d ", u32(a.tb[IFA_RT_PRIORITY]))
    if ip.brief:
        return
    for attr, key, word in ((IFA_BROADCAST, "broadcast", "brd "), (IFA_ANYCAST, "anycast", "any ")):
        if attr in a.tb:
            out.text(word)
            out.put(key, "%s ", host(a.family, a.tb[attr]), colour)
    out.put("scope", "scope %s ", SCOPES.name(a.scope, ip.numeric))
    _print_flags(ip, a)
    if IFA_LABEL in a.tb:
        out.put("label", "%s", string(a.tb[IFA_LABEL]))
    if IFA_CACHEINFO in a.tb:
        _print_lifetimes(ip, a)
    out.text("\n")


def _print_flags(ip: Ip, a: Address) -> None:
    flags = a.flags
    for name, flag in FLAGS.items():
        if flag.mask == IFA_F_PERMANENT:
            if not flags & flag.mask:
                ip.out.put("dynamic", "dynamic ", True)
        elif flags & flag.mask:
            shown = "temporary" if flag.mask == IFA_F_SECONDARY and a.family == AF_INET6 else name
            ip.out.put(shown, f"{shown} ", True)
        flags &= ~flag.mask
    if flags:
        ip.out.field("ifa_flags", f"{flags:02x}")
        ip.out.text(f"flags {flags:02x} ")


def _print_lifetimes(ip: Ip, a: Address) -> None:
    preferred, valid = unpack_from("<II", a.tb[IFA_CACHEINFO])
    ip.out.nl()
    for key, word, seconds in (
        ("valid_life_time", "       valid_lft ", valid),
        ("preferred_life_time", " preferred_lft ", preferred),
    ):
        ip.out.text(word)
        ip.out.put(key, "forever" if seconds == FOREVER else "%dsec", seconds)
