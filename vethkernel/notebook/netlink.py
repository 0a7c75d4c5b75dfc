# SPDX-License-Identifier: GPL-2.0-only
"""A link message byte by byte: what `ip link` says to the kernel when it asks for something.

    message(data)       each piece of the message: where it lies, its bytes, its name, its value
"""

from collections.abc import Iterator
from struct import unpack_from

from vethkernel.include.uapi.linux import if_link, netlink, rtnetlink, veth
from vethkernel.notebook.tables import Table

Row = tuple[str, str, str, str]
Names = dict[int, str]
IFINFOMSG = 16  # the size of struct ifinfomsg
REQUESTS = ("RTM_NEWLINK", "RTM_SETLINK", "RTM_DELLINK")
FLAGS = ("NLM_F_REQUEST", "NLM_F_ACK", "NLM_F_EXCL", "NLM_F_CREATE")

LINK: Names = {
    getattr(if_link, name): name
    for name in (
        "IFLA_ADDRESS", "IFLA_IFNAME", "IFLA_MTU", "IFLA_TXQLEN", "IFLA_LINKINFO", "IFLA_NET_NS_PID", "IFLA_NET_NS_FD"
    )
}  # fmt: skip
INFO: Names = {if_link.IFLA_INFO_KIND: "IFLA_INFO_KIND", if_link.IFLA_INFO_DATA: "IFLA_INFO_DATA"}
DATA: Names = {veth.VETH_INFO_PEER: "VETH_INFO_PEER"}
INSIDE = {"IFLA_LINKINFO": INFO, "IFLA_INFO_DATA": DATA, "VETH_INFO_PEER": LINK}  # attributes that hold attributes
TEXTS = ("IFLA_IFNAME", "IFLA_INFO_KIND")


def message(data: bytes) -> Table:
    """The message piece by piece; what lies in an attribute is indented. ValueError if it is cut or damaged."""
    if len(data) < 16 + IFINFOMSG:
        raise ValueError(f"{len(data)} bytes are no link message, which has {16 + IFINFOMSG} at least")
    _, kind, flags, sequence, _ = unpack_from("=IHHII", data)
    set_flags = " ".join(name.removeprefix("NLM_F_") for name in FLAGS if getattr(netlink, name) & flags)
    names = (name for name, number in vars(rtnetlink).items() if name in REQUESTS and number == kind)
    rows = [_row(data, 0, 4, "nlmsg_len", str(len(data))), _row(data, 4, 6, "nlmsg_type", next(names, str(kind)))]
    rows += [_row(data, 6, 8, "nlmsg_flags", set_flags), _row(data, 8, 16, "nlmsg_seq, nlmsg_pid", f"{sequence}, 0")]
    rows += [_ifinfomsg(data, 16, ""), *_attributes(data, 16 + IFINFOMSG, len(data), LINK, "")]
    return Table(f"a message of {len(data)} bytes", ("at", "bytes", "name", "value"), rows)


def _row(data: bytes, start: int, end: int, name: str, value: str) -> Row:
    return str(start), data[start:end].hex(" "), name, value


def _ifinfomsg(data: bytes, start: int, indent: str) -> Row:
    family, _, _, index, _, _ = unpack_from("=BBHiII", data, start)
    return _row(data, start, start + IFINFOMSG, f"{indent}struct ifinfomsg", f"family {family}, index {index}, ...")


def _attributes(data: bytes, start: int, end: int, names: Names, indent: str) -> Iterator[Row]:
    while start + 4 <= end:
        length, number = unpack_from("=HH", data, start)
        if not 4 <= length <= end - start:
            raise ValueError(f"at {start}: an attribute of {length} bytes, where {end - start} are left")
        name = names.get(number, f"attribute {number}")
        content = data[start + 4 : start + length]
        if name in INSIDE:
            yield _row(data, start, start + 4, indent + name, f"{length} bytes, holding:")
            inner = start + 4
            if name == "VETH_INFO_PEER" and length >= 4 + IFINFOMSG:
                yield _ifinfomsg(data, inner, indent + "· ")
                inner += IFINFOMSG
            yield from _attributes(data, inner, start + length, INSIDE[name], indent + "· ")
        else:
            value = content.rstrip(b"\0").decode("utf-8", "backslashreplace") if name in TEXTS else content.hex(" ")
            if not name.endswith("ADDRESS") and len(content) == 4 and name not in TEXTS:
                value = str(unpack_from("=I", content)[0])
            yield _row(data, start, start + length, indent + name, value)
        start += length + 3 & ~3
