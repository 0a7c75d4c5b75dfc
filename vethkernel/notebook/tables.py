# SPDX-License-Identifier: GPL-2.0-only
"""Kernel structs as tables to read: a device, an skb byte by byte, the neighbours, the routes.

    device(machine, "veth0")      neighbours(machine)      routes(machine)      interfaces(machine)

In a notebook a net_device, sk_buff, neigh_table or fib_table that a cell ends with shows itself this way too.
"""

import re
from collections.abc import Callable, Sequence
from html import escape
from ipaddress import IPv4Address
from typing import Any

from vethkernel.globals import g, inside
from vethkernel.include.linux.netdevice import net_device, netif_carrier_ok, rtnl_link_stats64
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.ip_fib import fib_table
from vethkernel.include.net.neighbour import neigh_table
from vethkernel.include.uapi.linux import if_, neighbour, rtnetlink
from vethkernel.net.core.dev import dev_get_stats
from vethkernel.trace.frames import fields_of
from vethkernel.trace.names import kernels, readable
from vethkernel.vfs import NetNamespaceFile, lookup

SENTENCE = 40  # letters from which a cell is one, and wants room


class Table:
    """Rows of texts under a head; shows as text in columns and as HTML."""

    def __init__(self, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.title = title
        self.head = list(head)
        self.rows = [list(row) for row in rows]

    def __repr__(self) -> str:
        widths = [max(len(row[n]) for row in [self.head, *self.rows]) for n in range(len(self.head))]
        lines = [self.title, *("  ".join(map(str.ljust, row, widths)).rstrip() for row in [self.head, *self.rows])]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.head)
        rows = "".join("<tr>" + "".join(f"<td>{_cell(item)}</td>" for item in row) + "</tr>" for row in self.rows)
        kind = "vk-table vk-long" if any(len(item) > SENTENCE for row in self.rows for item in row) else "vk-table"
        return (
            f'<table class="{kind}"><caption>{escape(self.title)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _cell(item: str) -> str:
    """A cell's text: a path may break after its folders, an arrow may not, and an indentation can be seen."""
    broken = re.sub(r"(?<=[a-z0-9]/)(?=[a-z])", "<wbr>", escape(item)).replace(" &lt;- ", "\u00a0&lt;-\u00a0")
    return re.sub("^\u00a0+", lambda indent: indent[0].replace("\u00a0", "\u00a0\u202f"), broken)


def device(machine: Any, name: str, netns: str = "") -> net_device:
    """The kernel's struct of a device; LookupError if there is none of that name in that namespace."""
    with inside(machine.variables):
        dev = _namespace(netns).dev_name_head.get(kernels(name))
    if dev is None:
        raise LookupError(f"no device {name!r}" + (f" in namespace {netns!r}" if netns else ""))
    return dev


def interfaces(machine: Any, netns: str = "") -> Table:
    """All devices of a namespace, with their counters."""
    with inside(machine.variables):
        return _interfaces(_namespace(netns).dev_base_head)


_BOTH = (rtnetlink.RT_TABLE_LOCAL, rtnetlink.RT_TABLE_MAIN)


def neighbours(machine: Any) -> Table:
    """What the machine knows of its neighbours, in all namespaces."""
    with inside(machine.variables):
        return neighbour_table(g.arp_tbl)


def routes(machine: Any, netns: str = "") -> Table:
    """The routes of a namespace: the tables local and main."""
    with inside(machine.variables):
        return route_table(_namespace(netns).ipv4.fib_main, _BOTH)


def _namespace(name: str) -> Any:
    if not name:
        return g.init_net
    node = lookup(f"/run/netns/{name}")
    if not isinstance(node, NetNamespaceFile):
        raise LookupError(f"no namespace {name!r}")
    return node.net


def _names(module: Any, prefix: str, value: int) -> list[str]:
    """The names of the flags in `value`."""
    flags = {name.removeprefix(prefix): flag for name, flag in vars(module).items() if name.startswith(prefix)}
    return [name for name, flag in flags.items() if flag & value and not flag & (flag - 1)]


def name_of(module: Any, prefix: str, value: int) -> str:
    """The name of the constant that is `value`, without its prefix; the number where there is none."""
    names = (name for name, number in vars(module).items() if name.startswith(prefix) and number == value)
    return next(names, str(value)).removeprefix(prefix)


def device_table(dev: net_device) -> Table:
    """A device's most telling fields."""
    peer = getattr(dev.priv, "peer", None)
    addresses = [f"{IPv4Address(i.ifa_local)}/{i.ifa_prefixlen}" for i in (dev.ip_ptr.ifa_list if dev.ip_ptr else ())]
    rows = [
        ("ifindex", str(dev.ifindex)),
        ("flags", " ".join(_names(if_, "IFF_", dev.flags)) or "none"),
        ("carrier", "yes" if netif_carrier_ok(dev) else "no"),
        ("operstate", name_of(if_, "IF_OPER_", dev.operstate)),
        ("mtu", str(dev.mtu)),
        ("dev_addr", dev.dev_addr.hex(":")),
        *([("priv.peer", readable(peer.name))] if peer is not None else []),
        *[("address", address) for address in addresses],
    ]
    return Table(f"net_device {readable(dev.name)}", ("field", "value"), rows)


def _interfaces(devices: list[net_device]) -> Table:
    rows = []
    for dev in devices:
        stats = dev_get_stats(dev, rtnl_link_stats64())
        counters = [stats.rx_packets, stats.tx_packets, stats.rx_dropped, stats.tx_dropped]
        flags = " ".join(_names(if_, "IFF_", dev.flags))
        rows.append([str(dev.ifindex), readable(dev.name), flags, *map(str, counters)])
    head = ("ifindex", "name", "flags", "RX packets", "TX packets", "RX dropped", "TX dropped")
    return Table("interfaces", head, rows)


def skb_table(skb: sk_buff) -> Table:
    """An skb's bytes, each named by the header field it belongs to."""
    ethernet = 0 <= skb.mac_header < skb.tail
    start = skb.mac_header if ethernet else max(skb.network_header, skb.data)
    frame = bytes(skb.head[: skb.tail])
    rows = []
    for field in fields_of(frame, start, ethernet):
        shown = frame[field.start : field.end]
        dump = shown.hex(" ") if len(shown) <= 16 else shown[:16].hex(" ") + " ..."
        here = " <- data" if field.start == skb.data else ""
        rows.append((f"{field.start}{here}", dump, field.full_name, field.value))
    where = readable(skb.dev.name) if skb.dev else "no device"
    title = f"sk_buff on {where}: data {skb.data}, tail {skb.tail}, end {skb.end}, len {skb.len}"
    return Table(title, ("at", "bytes", "field", "value"), rows)


def neighbour_table(table: neigh_table) -> Table:
    """A neighbour table's entries by address."""
    entries = [entry for bucket in table.nht.hash_buckets for entry in bucket]
    entries.sort(key=lambda entry: (entry.dev.ifindex, entry.primary_key))
    rows = []
    for n in entries:
        state = name_of(neighbour, "NUD_", n.nud_state)
        address, waiting = str(IPv4Address(n.primary_key)), str(n.arp_queue.qlen)
        rows.append((address, readable(n.dev.name), n.ha.hex(":"), state, waiting))
    return Table("neighbours", ("address", "device", "lladdr", "state", "waiting skbs"), rows)


def route_table(table: fib_table, ids: tuple[int, ...] = ()) -> Table:
    """A routing table's entries, the longest prefix first."""
    rows = []
    for _, length, leaves in table.tb_data.levels:
        for key, aliases in sorted(leaves.items()):
            for alias in aliases:
                if alias.tb_id in (ids or (table.tb_id,)):
                    rows.append(_route(key, length, alias))
    return Table("routes", ("table", "type", "destination", "device", "gateway", "source", "scope"), rows)


def _route(key: int, length: int, alias: Any) -> tuple[str, ...]:
    info = alias.fa_info
    hop = info.fib_nh[0] if info.fib_nh else None
    return (
        name_of(rtnetlink, "RT_TABLE_", alias.tb_id).lower(),
        name_of(rtnetlink, "RTN_", alias.fa_type).lower(),
        f"{IPv4Address(key)}/{length}",
        readable(hop.nh_dev.name) if hop and hop.nh_dev else "",
        str(IPv4Address(hop.nh_gw)) if hop and hop.nh_gw else "",
        str(IPv4Address(info.fib_prefsrc)) if info.fib_prefsrc else "",
        name_of(rtnetlink, "RT_SCOPE_", info.fib_scope).lower(),
    )


SHOWN: dict[type, Callable[[Any], Table]] = {
    net_device: device_table,
    sk_buff: skb_table,
    neigh_table: neighbour_table,
    fib_table: route_table,
}


def register(shell: Any) -> None:
    """Let a notebook show these structs as tables."""
    formatters = shell.display_formatter.formatters
    for kind, table in SHOWN.items():
        formatters["text/html"].for_type(kind, lambda value, table=table: table(value)._repr_html_())
        formatters["text/plain"].for_type(kind, lambda value, p, cycle, table=table: p.text(repr(table(value))))
