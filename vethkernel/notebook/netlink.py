# SPDX-License-Identifier: GPL-2.0-only
"""A link message on its way to the kernel, byte by byte: what `ip link` says when it asks for something.

    message(data)       each piece of a RTM_NEWLINK-like message: where it lies, its bytes, its name, its value
"""

from collections.abc import Iterator
from struct import unpack_from

from vethkernel.include.uapi.linux import if_link, netlink, rtnetlink, veth
from vethkernel.notebook.tables import Table

Row = tuple[str, str, str, str]
NAMES = {
    kind: {number: name for name, number in vars(module).items() if name.startswith(kind) and isinstance(number, int)}
    for kind, module in (("IFLA_", if_link), ("IFLA_INFO_", if_link), ("VETH_INFO_", veth), ("RTM_", rtnetlink))
}
NAMES["IFLA_"] = {
    number: next(n for n, v in vars(if_link).items() if n.startswith("IFLA_") and n.count("_") < 3 and v == number)
    for number in range(1, 14)
} | {if_link.IFLA_LINKINFO: "IFLA_LINKINFO", if_link.IFLA_NET_NS_FD: "IFLA_NET_NS_FD"}
FLAGS = ("NLM_F_REQUEST", "NLM_F_ACK", "NLM_F_EXCL", "NLM_F_CREATE")
NEST = "(holds what follows)"
