# SPDX-License-Identifier: GPL-2.0-only
"""`ip link`: add, set, delete. What it shows is in addr.py and link_show.py.

`peer` after `type veth` takes the options again, for the other end: they go through the same table into an
attribute that begins with a link header of its own.
"""

from __future__ import annotations

from vethkernel.include.uapi.linux.if_link import (
    IFLA_ALT_IFNAME,
    IFLA_INFO_DATA,
    IFLA_INFO_KIND,
    IFLA_INFO_SLAVE_DATA,
    IFLA_LINKINFO,
    IFLA_PROP_LIST,
)
from vethkernel.include.uapi.linux.netlink import (
    NLA_F_NESTED,
    NLM_F_ACK,
    NLM_F_APPEND,
    NLM_F_CREATE,
    NLM_F_EXCL,
    NLM_F_REPLACE,
)
from vethkernel.include.uapi.linux.rtnetlink import RTM_DELLINK, RTM_DELLINKPROP, RTM_NEWLINK, RTM_NEWLINKPROP
from vethkernel.include.uapi.linux.socket import AF_UNSPEC
from vethkernel.include.uapi.linux.veth import VETH_INFO_PEER
from vethkernel.user.ip.addr_show import show_links
from vethkernel.user.ip.common import Command, Ip, Words, matches, run, text, unsupported
from vethkernel.user.ip.link_options import ANY_NAME, LinkRequest, LinkWords
from vethkernel.user.ip.link_show import Filter, print_link
from vethkernel.user.ip.values import valid_ifname
from vethkernel.user.libc import Exit
from vethkernel.user.rtnl import IFINFOMSG, Request, encode

# kinds of device that have options of their own in iproute2
KINDS = (
    "amt bareudp batadv bond bond_slave bridge bridge_slave can dsa dummy erspan geneve gre gretap gtp hsr ifb "
    "ip6erspan ip6gre ip6gretap ip6tnl ipip ipoib ipvlan ipvtap macsec macvlan macvtap netdevsim nlmon rmnet sit team "
    "team_slave vcan virt_wifi vlan vrf vrf_slave vti vti6 vxcan vxlan wwan xfrm"
).split()


def main(ip: Ip, words: Words) -> None:
    """`ip link`."""
    if not words:
        return show_links(ip, words)
    # iproute2 first asks the kernel for nothing, to learn whether it makes links at all
    ip.rtnl.ask(Request(RTM_NEWLINK, NLM_F_ACK, IFINFOMSG.pack(AF_UNSPEC, 0, 0, 0, 0)))
    return run(ip, words, COMMANDS, "link")


def modify(kind: int, flags: int) -> Command:
    """The command that sends a message of this kind."""

    def command(ip: Ip, words: Words) -> None:
        request = LinkRequest(kind, flags, ip.family)
        link = LinkWords(ip, words, request)
        link.parse()
        if link.type is not None:
            with request.nest(IFLA_LINKINFO):
                link_info(link)
        elif flags & NLM_F_CREATE:
            ip.die('Not enough information: "type" argument is required', 1)
        request.body[: IFINFOMSG.size] = link.header(ip.family)
        ip.change(request, lambda answer: print_link(ip, Filter(do_link=True), answer))

    return command


def link_info(link: LinkWords) -> None:
    """What comes after `type`: the kind, and its own options."""
    ip, request, words, kind = link.ip, link.request, link.words, link.type
    request.attr(IFLA_INFO_KIND, encode(kind))
    if not words:
        return
    if kind == "veth":
        with request.nest(IFLA_INFO_DATA):
            veth_peer(link)
    elif kind in KINDS:
        with request.nest(IFLA_INFO_SLAVE_DATA if kind.endswith("_slave") else IFLA_INFO_DATA):
            pass  # no option of theirs means anything to a kernel without them
    elif matches(words.word, "help"):
        ip.usage("link")
    else:
        ip.die(f'Garbage instead of arguments "{words.word} ...". Try "ip link help".', 1)


def veth_peer(link: LinkWords) -> None:
    """`peer` and the options of the other end."""
    ip, request, words = link.ip, link.request, link.words
    if words.word != "peer":
        ip.out.write(text("veth"))
        raise Exit(1)
    words.at += 1
    with request.nest(VETH_INFO_PEER):
        start = len(request.body)
        request.body += bytes(IFINFOMSG.size)
        peer = LinkWords(ip, words, request)
        try:
            peer.parse()
        except Exit as end:
            raise Exit(255 if end.status == 255 else 1)
        if peer.type is not None:
            ip.duparg("type", peer.type)
        request.body[start : start + IFINFOMSG.size] = peer.header(AF_UNSPEC)


def link_property(ip: Ip, words: Words) -> None:
    """`ip link property add` and `del`: a device's other names."""
    if not words or matches(words.word, "help"):
        ip.usage("link")
    kinds = {"add": (RTM_NEWLINKPROP, NLM_F_EXCL | NLM_F_CREATE | NLM_F_APPEND), "del": (RTM_DELLINKPROP, 0)}
    kind, flags = next((do for name, do in kinds.items() if matches(words.word, name)), (0, 0))
    if not kind:
        ip.die("Operator required")
    words.at += 1
    request = LinkRequest(kind, flags, ip.family)
    dev = None
    with request.nest(IFLA_PROP_LIST | NLA_F_NESTED):
        while words:
            if matches(words.word, "altname"):
                name = words.next()
                if not valid_ifname(name, ANY_NAME):
                    ip.invarg("not a valid altname", name)
                request.string(IFLA_ALT_IFNAME, name)
            elif matches(words.word, "help"):
                ip.usage("link")
            else:
                dev = _device(ip, words, dev)
            words.at += 1
    if not dev:
        ip.die('Not enough of information: "dev" argument is required.')
    request.body[: IFINFOMSG.size] = IFINFOMSG.pack(ip.family, 0, ip.ifindex(dev), 0, 0)
    ip.rtnl.talk(request)


def _device(ip: Ip, words: Words, before: str | None) -> str:
    word = words.next() if words.word == "dev" else words.word
    if before:
        ip.duparg2("dev", word)
    if not valid_ifname(word, ANY_NAME):
        ip.invarg('"dev" not a valid ifname', word)
    return word


def explain(ip: Ip, words: Words) -> None:
    """`ip link help`, and `ip link help veth`."""
    if not words or words.word != "veth":
        ip.usage("link")
    ip.out.write(text("veth"))


COMMANDS: dict[str, Command] = {
    "~add": modify(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL),
    "~set ~change": modify(RTM_NEWLINK, 0),
    "~replace": modify(RTM_NEWLINK, NLM_F_CREATE | NLM_F_REPLACE),
    "~delete": modify(RTM_DELLINK, 0),
    "~show ~lst ~list": show_links,
    "~property": link_property,
    "~xstats ~afstats": unsupported,
    "~help": explain,
}
