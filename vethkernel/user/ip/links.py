# SPDX-License-Identifier: GPL-2.0-only
"""What `ip` knows of devices: name, number and flags, asked of the kernel when needed and kept. Iproute2's ll_map.

Names of network namespaces are here too, since a link's other end may live in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack, unpack_from
from typing import TYPE_CHECKING

from vethkernel.include.uapi.linux.if_ import IFF_UP, IFNAMSIZ
from vethkernel.include.uapi.linux.if_link import IFLA_ALT_IFNAME, IFLA_EXT_MASK, IFLA_IFNAME, IFLA_PROP_LIST
from vethkernel.include.uapi.linux.net_namespace import NETNSA_FD, NETNSA_NSID
from vethkernel.include.uapi.linux.rtnetlink import (
    RTEXT_FILTER_SKIP_STATS,
    RTEXT_FILTER_VF,
    RTM_DELLINK,
    RTM_GETLINK,
    RTM_GETNSID,
    RTM_NEWLINK,
)
from vethkernel.include.uapi.linux.socket import AF_INET, AF_UNSPEC, SOCK_DGRAM
from vethkernel.include.uapi.linux.sockios import SIOCGIFINDEX
from vethkernel.user.ip.values import valid_ifname
from vethkernel.user.libc import strtol
from vethkernel.user.rtnl import (
    IFINFOMSG,
    RTGENMSG,
    S32,
    Message,
    Refused,
    Request,
    Rtnl,
    attribute_list,
    attributes,
    encode,
    string,
)

if TYPE_CHECKING:
    from vethkernel.syscalls import Process
    from vethkernel.user.ip.common import Ip

NETNS_RUN_DIR = "/run/netns"


@dataclass(slots=True)
class Link:
    """What is remembered of one device."""

    index: int
    name: str
    flags: int


class Links:
    """The devices met so far, by number and by name."""

    def __init__(self, ip: Ip) -> None:
        self.ip = ip
        self.by_index: dict[int, Link] = {}
        self.by_name: dict[str, Link] = {}
        self.filled = False
        self.namespaces: dict[int, str] = None

    def remember(self, message: Message) -> None:
        """Keep what a message about a link tells."""
        if message.kind not in (RTM_NEWLINK, RTM_DELLINK):
            return
        _, _, index, flags, _ = IFINFOMSG.unpack_from(message.body)
        self.forget(index)
        tb = attributes(message.body, IFINFOMSG.size)
        if message.kind == RTM_DELLINK or IFLA_IFNAME not in tb:
            return
        link = Link(index, string(tb[IFLA_IFNAME]), flags)
        self.by_index[index] = self.by_name[link.name] = link
        for kind, name in attribute_list(tb.get(IFLA_PROP_LIST, b"")):
            if kind == IFLA_ALT_IFNAME:
                self.by_name[string(name)] = link

    def forget(self, index: int) -> None:
        link = self.by_index.pop(index, None)
        for name in [name for name, known in self.by_name.items() if known is link]:
            del self.by_name[name]

    def fill(self) -> None:
        """Ask for all devices, once."""
        if self.filled:
            return
        request = Request(RTM_GETLINK, 0, IFINFOMSG.pack(AF_UNSPEC, 0, 0, 0, 0))
        request.u32(IFLA_EXT_MASK, RTEXT_FILTER_VF)
        try:
            for message in self.ip.rtnl.dump(request):
                self.remember(message)
        except Refused:
            self.ip.die("Dump terminated", 1)
        self.filled = True

    def name(self, index: int) -> str:
        if index == 0:
            return "*"
        if index not in self.by_index:
            self._ask("", index)
        return self.by_index[index].name if index in self.by_index else f"if{index}"

    def index(self, name: str) -> int:
        """A device's number, or 0; `if3` is number 3 where no device has that name."""
        if name in self.by_name:
            return self.by_name[name].index
        return self._ask(name, 0) or self._nametoindex(name) or self._numbered(name)

    def is_down(self, index: int) -> bool:
        return index in self.by_index and not self.by_index[index].flags & IFF_UP

    def _ask(self, name: str, index: int) -> int:
        """Look one device up at the kernel: its number, or 0."""
        request = Request(RTM_GETLINK, 0, IFINFOMSG.pack(AF_UNSPEC, 0, index, 0, 0), 1056)
        request.u32(IFLA_EXT_MASK, RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS)
        if not index:
            request.string(IFLA_IFNAME if valid_ifname(name) else IFLA_ALT_IFNAME, name)
        rtnl = Rtnl(self.ip.proc)
        try:
            answer = rtnl.talk(request, answer=True, tell=False)
        except Refused:
            return 0
        finally:
            rtnl.close()
        self.remember(answer)
        return IFINFOMSG.unpack_from(answer.body)[2]

    def _nametoindex(self, name: str) -> int:
        """The C library's if_nametoindex; the kernel takes veth0:1 for veth0 here."""
        if len(encode(name)) >= IFNAMSIZ:
            return 0
        sock = self.ip.proc.socket(AF_INET, SOCK_DGRAM)
        try:
            return unpack_from("<i", sock.ioctl(SIOCGIFINDEX, pack("<16s24x", encode(name))), IFNAMSIZ)[0]
        except OSError:
            return 0
        finally:
            sock.close()

    def _numbered(self, name: str) -> int:
        return max(strtol(name[2:], 10)[0], 0) & 0xFFFFFFFF if name.startswith("if") else 0

    def namespace(self, nsid: int) -> str | None:
        """The name under /run/netns of the namespace that the kernel calls `nsid` here."""
        if self.namespaces is None:
            self.namespaces = {}
            for name in listdir(self.ip.proc, NETNS_RUN_DIR):
                found = get_nsid(self.ip, name)
                if found >= 0:
                    self.namespaces.setdefault(found, name)
        return self.namespaces.get(nsid)


def listdir(proc: Process, path: str) -> list[str]:
    """A directory's names; none if there is no such directory."""
    try:
        return proc.listdir(path)
    except OSError:
        return []


def get_nsid(ip: Ip, name: str) -> int:
    """The number that this namespace has given to a named one; negative if it has none."""
    try:
        file = ip.proc.open(name if "/" in name else f"{NETNS_RUN_DIR}/{name}")
    except OSError:
        return -1
    request = Request(RTM_GETNSID, 0, RTGENMSG.pack(AF_UNSPEC))
    request.u32(NETNSA_FD, file.fileno())
    rtnl = Rtnl(ip.proc)
    try:
        answer = rtnl.talk(request, answer=True)
    except Refused:
        return -2
    finally:
        rtnl.close()
        file.close()
    tb = attributes(answer.body, RTGENMSG.size)
    return S32.unpack_from(tb[NETNSA_NSID])[0] if NETNSA_NSID in tb else -1
