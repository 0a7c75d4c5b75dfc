# SPDX-License-Identifier: GPL-2.0-only
"""How a device is printed: `ip link show`, the first two lines of `ip address show`."""

from __future__ import annotations

from dataclasses import dataclass

from vethkernel.include.uapi.linux import if_, if_link
from vethkernel.include.uapi.linux.if_ import IFF_POINTOPOINT, IFF_RUNNING, IFF_UP
from vethkernel.include.uapi.linux.if_arp import ARPHRD_ETHER, ARPHRD_LOOPBACK, ARPHRD_NONE, ARPHRD_VOID
from vethkernel.include.uapi.linux.if_link import (
    IFLA_ADDRESS,
    IFLA_AF_SPEC,
    IFLA_ALT_IFNAME,
    IFLA_BROADCAST,
    IFLA_GROUP,
    IFLA_IFALIAS,
    IFLA_IFNAME,
    IFLA_INET6_ADDR_GEN_MODE,
    IFLA_INFO_KIND,
    IFLA_INFO_SLAVE_KIND,
    IFLA_LINK,
    IFLA_LINK_NETNSID,
    IFLA_LINKINFO,
    IFLA_LINKMODE,
    IFLA_MASTER,
    IFLA_MTU,
    IFLA_OPERSTATE,
    IFLA_PERM_ADDRESS,
    IFLA_PROP_LIST,
    IFLA_PROTO_DOWN,
    IFLA_QDISC,
    IFLA_TXQLEN,
)
from vethkernel.include.uapi.linux.rtnetlink import RTM_DELLINK
from vethkernel.include.uapi.linux.socket import AF_INET6, AF_PACKET, AF_UNSPEC
from vethkernel.user.ip.common import Ip
from vethkernel.user.ip.link_stats import print_stats
from vethkernel.user.ip.output import IFNAME, MAC, OPER_DOWN, OPER_UP, Output
from vethkernel.user.ip.values import GROUPS, Prefix, lladdr_text
from vethkernel.user.rtnl import IFINFOMSG, S32, Message, attribute_list, attributes, string, u32

FLAGS = {
    name: getattr(if_, f"IFF_{name}")
    for name in (
        "LOOPBACK BROADCAST POINTOPOINT MULTICAST NOARP ALLMULTI PROMISC MASTER SLAVE DEBUG DYNAMIC AUTOMEDIA PORTSEL "
        "NOTRAILERS UP LOWER_UP DORMANT ECHO"
    ).split()
}
OPER_STATES = ("UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP")
OPER_COLOURS = {"UP": OPER_UP, "DOWN": OPER_DOWN}
LINK_MODES = ("DEFAULT", "DORMANT")
LINK_TYPES = {ARPHRD_ETHER: "ether", ARPHRD_LOOPBACK: "loopback", ARPHRD_NONE: "none", ARPHRD_VOID: "void"}
ADDR_GEN_MODES = ("eui64", "none", "stable_secret", "random")
# attributes that are numbers, by the names of their JSON fields: those before the kind of device, those after it
BEFORE_KIND = {"promiscuity": " promiscuity", "allmulti": " allmulti", "min_mtu": "minmtu", "max_mtu": "maxmtu"}
AFTER_KIND = {
    name: name.replace("num_", "num").replace("x_queues", "xqueues")
    for name in (
        "num_tx_queues num_rx_queues gso_max_size gso_max_segs tso_max_size tso_max_segs gro_max_size".split()
    )
}


@dataclass(slots=True)
class Filter:
    """Which devices and addresses `ip link` and `ip address` are to show, and how."""

    do_link: bool = False
    family: int = AF_UNSPEC
    ifindex: int = 0
    up: bool = False
    label: str = None
    group: int = -1
    master: int = 0
    kind: str = None
    slave_kind: str = None
    scope: int = 0
    scopemask: int = 0
    flags: int = 0
    flagmask: int = 0
    prefix: Prefix = None


def print_link(ip: Ip, wanted: Filter, n: Message) -> int:
    """Print a device unless it is filtered out: negative if it was, positive if all lines were printed."""
    family, kind, index, flags, _ = IFINFOMSG.unpack_from(n.body)
    tb = attributes(n.body, IFINFOMSG.size)
    if IFLA_IFNAME not in tb or (wanted.ifindex and index != wanted.ifindex) or (wanted.up and not flags & IFF_UP):
        return -1
    if wanted.label is not None:
        return 0
    info = attributes(tb[IFLA_LINKINFO]) if IFLA_LINKINFO in tb else {}
    if not _selected(wanted, tb, info):
        return -1
    out = ip.out
    if n.kind == RTM_DELLINK:
        out.put("deleted", "Deleted ", True)
    if ip.brief:
        _print_brief(ip, wanted, flags, kind, tb)
        return 0
    out.put("ifindex", "%d: ", index)
    down = _print_name(ip, "%s: ", tb)
    _print_flags(out, flags, down)
    if IFLA_MTU in tb:
        out.put("mtu", "mtu %d ", u32(tb[IFLA_MTU]))
    if IFLA_QDISC in tb:
        out.put("qdisc", "qdisc %s ", string(tb[IFLA_QDISC]))
    if IFLA_MASTER in tb:
        out.put("master", "master %s ", ip.links.name(u32(tb[IFLA_MASTER])))
    _print_operstate(ip, tb)
    if wanted.do_link and IFLA_LINKMODE in tb:
        mode = tb[IFLA_LINKMODE][0]
        known = mode < len(LINK_MODES)
        out.put("linkmode" if known else "linkmode_index", "mode %s ", LINK_MODES[mode] if known else mode)
    if IFLA_GROUP in tb:
        out.put("group", "group %s ", GROUPS.name(u32(tb[IFLA_GROUP]), ip.numeric))
    if IFLA_TXQLEN in tb and u32(tb[IFLA_TXQLEN]):
        out.put("txqlen", "qlen %d", S32.unpack(tb[IFLA_TXQLEN])[0])
    if wanted.family in (AF_UNSPEC, AF_PACKET) or ip.details:
        _print_hardware(ip, flags, kind, tb)
    _print_other_end(ip, tb)
    if tb.get(IFLA_PROTO_DOWN, b"\0")[0]:
        out.put("proto_down", " protodown on ", True)
    if ip.details:
        _print_details(ip, wanted, tb, info)
    if (wanted.do_link or ip.details) and IFLA_IFALIAS in tb:
        out.nl()
        out.put("ifalias", "    alias %s", string(tb[IFLA_IFALIAS]))
    if wanted.do_link and ip.stats:
        out.nl()
        print_stats(ip, tb)
    _print_altnames(out, tb)
    out.text("\n")
    return 1


def _selected(wanted: Filter, tb: dict[int, bytes], info: dict[int, bytes]) -> bool:
    if IFLA_GROUP in tb and wanted.group not in (-1, u32(tb[IFLA_GROUP])):
        return False
    if wanted.master > 0 and (IFLA_MASTER not in tb or u32(tb[IFLA_MASTER]) != wanted.master):
        return False
    for kind, attr in ((wanted.kind, IFLA_INFO_KIND), (wanted.slave_kind, IFLA_INFO_SLAVE_KIND)):
        if kind is not None and (IFLA_LINKINFO not in tb or string(info.get(attr, b"")) != kind):
            return False
    return True


def _print_brief(ip: Ip, wanted: Filter, flags: int, kind: int, tb: dict[int, bytes]) -> None:
    down = _print_name(ip, "%-16s ", tb)
    _print_operstate(ip, tb)
    if wanted.family == AF_PACKET:
        if IFLA_ADDRESS in tb:
            ip.out.put("address", "%s ", lladdr_text(tb[IFLA_ADDRESS]), MAC)
        _print_flags(ip.out, flags, down)
        ip.out.text("\n")


def _print_name(ip: Ip, form: str, tb: dict[int, bytes]) -> bool:
    """The name, with that of the other end behind an @; returns whether the other end is down."""
    name, other, down = string(tb[IFLA_IFNAME]), "", False
    if IFLA_LINK in tb:
        index = u32(tb[IFLA_LINK])
        if not index:
            ip.out.field("link", None)
            other = "NONE"
        elif IFLA_LINK_NETNSID in tb:
            ip.out.field("link_index", index)
            other = f"if{index}"
        else:
            other = ip.links.name(index)
            ip.out.field("link", other)
            down = ip.links.is_down(index)
    if other and not ip.out.active:
        name = f"{name}@{other}"[:63]
    ip.out.put("ifname", form, name, IFNAME)
    return down


def _print_flags(out: Output, flags: int, down: bool) -> None:
    names = ["NO-CARRIER"] if flags & IFF_UP and not flags & IFF_RUNNING else []
    names += [name for name, bit in FLAGS.items() if flags & bit]
    rest = flags & ~(sum(FLAGS.values()) | IFF_RUNNING)
    names += [f"{rest:x}"] if rest else []
    names += ["M-DOWN"] if down else []
    out.array("flags", "<" + ("," if names == ["M-DOWN"] else "") + ",".join(names))
    if out.active:
        for name in names:
            out.field(None, name)
    out.end("> ")


def _print_operstate(ip: Ip, tb: dict[int, bytes]) -> None:
    if IFLA_OPERSTATE not in tb:
        return
    state = tb[IFLA_OPERSTATE][0]
    if state >= len(OPER_STATES):
        ip.out.put("operstate_index", "state %#x", state)
        return
    name = OPER_STATES[state]
    ip.out.text("" if ip.brief else "state ")
    ip.out.put("operstate", "%-14s " if ip.brief else "%s ", name, OPER_COLOURS.get(name, 0))


def _print_hardware(ip: Ip, flags: int, kind: int, tb: dict[int, bytes]) -> None:
    out = ip.out
    out.nl()
    known = kind in LINK_TYPES and not ip.numeric
    out.put("link_type", "    link/%s ", LINK_TYPES[kind] if known else f"[{kind}]")
    if IFLA_ADDRESS in tb:
        out.put("address", "%s", lladdr_text(tb[IFLA_ADDRESS]), MAC)
    if IFLA_BROADCAST in tb:
        out.text(" peer " if flags & IFF_POINTOPOINT else " brd ")
        if flags & IFF_POINTOPOINT:
            out.field("link_pointtopoint", True)
        out.put("broadcast", "%s", lladdr_text(tb[IFLA_BROADCAST]), MAC)
    if IFLA_PERM_ADDRESS in tb and tb[IFLA_PERM_ADDRESS] != tb.get(IFLA_ADDRESS):
        out.text(" permaddr ")
        out.put("permaddr", "%s", lladdr_text(tb[IFLA_PERM_ADDRESS]), MAC)


def _print_other_end(ip: Ip, tb: dict[int, bytes]) -> None:
    """Where the other end is, if in another namespace."""
    if IFLA_LINK_NETNSID not in tb:
        return
    nsid = S32.unpack(tb[IFLA_LINK_NETNSID])[0]
    ip.out.field("link_netnsid", nsid)
    if ip.out.active:
        return
    name = ip.links.namespace(nsid) if nsid >= 0 else None
    ip.out.text(f" link-netns {name}" if name else f" link-netnsid {nsid if nsid >= 0 else 'unknown'}")


def _print_details(ip: Ip, wanted: Filter, tb: dict[int, bytes], info: dict[int, bytes]) -> None:
    out = ip.out
    _print_numbers(out, tb, BEFORE_KIND)
    if IFLA_LINKINFO in tb:
        out.open("linkinfo")
        for attr, key, form in (
            (IFLA_INFO_KIND, "info_kind", "    %s "),
            (IFLA_INFO_SLAVE_KIND, "info_slave_kind", "    %s_slave "),
        ):
            if attr in info:
                out.nl()
                out.put(key, form, string(info[attr]))
        out.close()
    if wanted.do_link and IFLA_AF_SPEC in tb:
        inet6 = attributes(attributes(tb[IFLA_AF_SPEC]).get(AF_INET6, b""))
        if IFLA_INET6_ADDR_GEN_MODE in inet6:
            mode = inet6[IFLA_INET6_ADDR_GEN_MODE][0]
            name = ADDR_GEN_MODES[mode] if mode < len(ADDR_GEN_MODES) else f"{mode:#04x}"
            out.put("inet6_addr_gen_mode", "addrgenmode %s ", name)
    _print_numbers(out, tb, AFTER_KIND)


def _print_numbers(out: Output, tb: dict[int, bytes], names: dict[str, str]) -> None:
    for key, word in names.items():
        attr = getattr(if_link, f"IFLA_{key.upper()}")
        if attr in tb:
            out.put(key, f"{word} %d ", u32(tb[attr]))


def _print_altnames(out: Output, tb: dict[int, bytes]) -> None:
    if IFLA_PROP_LIST not in tb:
        return
    out.array("altnames")
    for attr, name in attribute_list(tb[IFLA_PROP_LIST]):
        if attr == IFLA_ALT_IFNAME:
            out.text(f"{out.newline}    altname ")
            out.put(None, "%s", string(name))
    out.end()
