# SPDX-License-Identifier: GPL-2.0-only
"""The object picture: what a machine's kernel holds at this moment, and what points to what.

    draw_objects(machine)          net_devices in their namespaces, priv->peer, ops tables, each CPU's softnet_data

It reads the kernel's own structs and changes nothing.
"""

from dataclasses import dataclass, fields, is_dataclass
from ipaddress import IPv4Address
from typing import Any

from vethkernel.globals import g, inside
from vethkernel.include.linux.netdevice import net_device, netif_carrier_ok
from vethkernel.include.uapi.linux.if_ import IFF_UP
from vethkernel.pictures.figure import Figure, cell, digraph
from vethkernel.trace.frames import describe
from vethkernel.trace.names import readable
from vethkernel.trace.watched import all_modules
from vethkernel.vfs import NetNamespaceFile, lookup, visible

DEVICE_FILL, OPS_FILL, CPU_FILL, NET_FILL = "#d9f2e6", "#fde3cf", "#f6dfee", "#ececec"
DEVICE_LINE, OPS_LINE, CPU_LINE, NET_LINE = "#007a5a", "#b34700", "#9c3f7c", "#5f5f5f"


@dataclass(slots=True)
class Table:
    """A struct as the picture shows it: rows of (port, field, value); `points` are (port, the struct pointed to)."""

    title: str
    rows: list[tuple[str, str, str]]
    points: list[tuple[str, int]]
    fill: str
    line: str


@dataclass(slots=True)
class Objects:
    """All structs of the picture by id(), and which of them each namespace holds."""

    tables: dict[int, Table]
    namespaces: list[tuple[str, list[int]]]


def draw_objects(machine: Any, ops: bool = True, queues: bool = True, only: tuple[str, ...] = ()) -> Figure:
    """Draw the devices; `ops`, `queues`: with their ops tables and the CPUs' queues; `only`: these devices."""
    with inside(machine.variables):
        objects = collect(ops, queues, only)
    picture = digraph("objects", rankdir="LR", ranksep="0.6")
    names = {key: f"t{number}" for number, key in enumerate(objects.tables)}
    for number, (name, members) in reversed([*enumerate(objects.namespaces)]):  # the last is drawn on top
        with picture.subgraph(name=f"cluster_{number}") as box:
            label = f"<<b>{cell(name)}</b>>"
            box.attr(label=label, labeljust="l", style="filled,rounded", fillcolor=NET_FILL, color=NET_LINE)
            for key in members:
                _draw_table(box, names[key], objects.tables[key])
    home = {key: name for name, members in objects.namespaces for key in members}
    order = list(objects.tables)
    for key, table in objects.tables.items():
        if key not in home:
            _draw_table(picture, names[key], table)
        for port, target in table.points:
            if target in home:
                # between namespaces two arrows on one side would tangle; beside ops tables there is but one side
                aside = not ops and home[key] != home[target] and order.index(key) < order.index(target)
                side = "e" if aside else "w"
                picture.edge(f"{names[key]}:{port}{side}:{side}", f"{names[target]}:top:{side}", constraint="false")
            elif target in names:
                picture.edge(f"{names[key]}:{port}e:e", f"{names[target]}:top:w")
    _stack(picture, [names[key] for key, table in objects.tables.items() if table.fill == CPU_FILL])
    return Figure(picture.source, words(objects), _title(objects))


def _title(objects: Objects) -> str:
    """What the picture shows, in a line that tells it from another moment's."""
    found = [(objects.tables[key], name) for name, members in objects.namespaces for key in members]
    devices = [f"{table.title.removeprefix('net_device ')} in {name.partition(',')[0]}" for table, name in found]
    return f"{'; '.join(devices)}: what they hold and point to"


def _stack(picture: Any, names: list[str]) -> None:
    """What nothing points to, in a column beside the devices."""
    with picture.subgraph() as column:
        column.attr(rank="same")
        for above, below in zip(names, names[1:], strict=False):
            column.edge(above, below, style="invis")
    if names:
        picture.edge("t0", names[0], style="invis")


def collect(ops: bool, queues: bool, only: tuple[str, ...] = ()) -> Objects:
    """What the running kernel holds."""
    objects = Objects({}, [])
    names = namespace_names()
    tables = ops_tables()
    for net in g.net_namespace_list:
        devices = [dev for dev in net.dev_base_head if not only or readable(dev.name) in only]
        objects.namespaces.append((names.get(id(net), "a namespace without a name"), [id(dev) for dev in devices]))
        for dev in devices:
            objects.tables[id(dev)] = _device(dev, tables)
    for key, (name, table) in tables.items() if ops else ():
        if any((port, key) in shown.points for shown in list(objects.tables.values()) for port in ("ops",)):
            objects.tables[key] = _ops(name, table)
    for data in g.softnet_data if queues else ():
        objects.tables[id(data)] = _softnet(data)
    return objects


def namespace_names() -> dict[int, str]:
    """What the namespaces are called: init_net, and those that `ip netns add` gave a name."""
    found = {id(g.init_net): "init_net, where the machine began"}
    directory = lookup("/run/netns")
    for name, node in directory.entries.items():
        node = visible(node)
        if isinstance(node, NetNamespaceFile):
            found[id(node.net)] = f"namespace {name}"
    return found


def ops_tables() -> dict[int, tuple[str, Any]]:
    """The ops tables of all modules, with the names they are defined under."""
    return {
        id(value): (name, value)
        for module in all_modules()
        for name, value in vars(module).items()
        if type(value).__name__.endswith("_ops") and is_dataclass(value) and not isinstance(value, type)
    }


def _device(dev: net_device, tables: dict[int, tuple[str, Any]]) -> Table:
    state = ("up" if dev.flags & IFF_UP else "down") + ("" if netif_carrier_ok(dev) else ", no carrier")
    ifas = dev.ip_ptr.ifa_list if dev.ip_ptr else []
    rows = [("", "ifindex", str(dev.ifindex)), ("", "state", state)]
    rows += [("", "address", f"{IPv4Address(ifa.ifa_local)}/{ifa.ifa_prefixlen}") for ifa in ifas]
    rows.append(("ops", "netdev_ops", tables.get(id(dev.netdev_ops), ("?",))[0]))
    points = [("ops", id(dev.netdev_ops))]
    if hasattr(dev.priv, "peer"):
        peer = dev.priv.peer
        rows.append(("peer", "priv->peer", readable(peer.name) if peer else "NULL"))
        points += [("peer", id(peer))] if peer else []
    if dev.master is not None:
        rows.append(("master", "master", readable(dev.master.name)))
        points.append(("master", id(dev.master)))
    return Table(f"net_device {readable(dev.name)}", rows, points, DEVICE_FILL, DEVICE_LINE)


def _ops(name: str, table: Any) -> Table:
    entries = [(entry.name, getattr(table, entry.name)) for entry in fields(table)]
    rows = [("", entry, function.__name__) for entry, function in entries if callable(function)]
    return Table(name, rows, [], OPS_FILL, OPS_LINE)


def _softnet(data: Any) -> Table:
    polls = [f"{'backlog' if napi is data.backlog else 'napi'}" for napi in data.poll_list]
    rows = [("", "input_pkt_queue", _queue(data.input_pkt_queue)), ("", "process_queue", _queue(data.process_queue))]
    rows.append(("", "poll_list", ", ".join(polls) or "empty"))
    rows.append(("", "backlog.poll", getattr(data.backlog.poll, "__name__", "none")))
    return Table(f"softnet_data of CPU {data.cpu}", rows, [], CPU_FILL, CPU_LINE)


def _queue(queue: Any) -> str:
    frames = [describe(bytes(skb.head[skb.mac_header : skb.tail])) for skb in queue.queue]
    return f"{len(frames)} skb{'s' * (len(frames) != 1)}" + "".join(f": {frame}" for frame in frames[:1])


def _draw_table(picture: Any, name: str, table: Table) -> None:
    rows = ""
    for port, left, right in table.rows:
        ports = [f' port="{port}{side}"' if port else "" for side in "we"]
        rows += f'<tr><td align="left"{ports[0]}>{cell(left)}</td><td align="left"{ports[1]}>{cell(right)}</td></tr>'
    picture.node(
        name,
        f'<<table border="1" cellborder="0" cellspacing="0" cellpadding="3" bgcolor="#ffffff" color="{table.line}">'
        f'<tr><td colspan="2" port="top" bgcolor="{table.fill}"><b>{cell(table.title)}</b></td></tr>{rows}</table>>',
        shape="plain",
        style="",
    )


def words(objects: Objects) -> str:
    """The picture in words."""
    lines: list[str] = []
    inside: set[int] = set()
    for name, members in objects.namespaces:
        lines.append(name)
        for key in members:
            inside.add(key)
            lines.append("  " + _sentence(objects.tables[key]))
    lines += [_sentence(table) for key, table in objects.tables.items() if key not in inside]
    return "\n".join(lines) + "\n"


def _sentence(table: Table) -> str:
    return f"{table.title}: " + ", ".join(f"{left} {right}" for _, left, right in table.rows)
