# SPDX-License-Identifier: GPL-2.0-only
"""Call graphs drawn: boxes by layer, the send path on the left, the receive path on the right, the seam between them.

A plain arrow is a call by name. An arrow that begins with a diamond is a call through an ops table or a pointer, and
bears the entry's name. A thick dotted arrow is no call: one side queued the packet, the other took it up later.
"""

from collections.abc import Callable
from typing import Any

from vethkernel.pictures.figure import Figure, digraph, plaque, text
from vethkernel.trace.callgraph import RECEIVE, SEND, CallGraph, Edge, Key, Node, call_graph
from vethkernel.trace.difference import BOTH, Difference, difference
from vethkernel.trace.layers import (
    BUFFER,
    DEVICE,
    DRIVER,
    KERNEL,
    NEIGHBOUR,
    NETLINK,
    SOFTIRQ,
    STACK,
    SYSCALL,
)

# (fill, border): tints of Okabe and Ito's colours; the layer's name stands in the box as well
COLOURS = {
    SYSCALL: ("#ececec", "#5f5f5f"),
    NETLINK: ("#e0f4fb", "#2a7fa8"),
    STACK: ("#dbeafb", "#0067a5"),
    NEIGHBOUR: ("#fdf3c4", "#8a6d00"),
    DEVICE: ("#d9f2e6", "#007a5a"),
    DRIVER: ("#fde3cf", "#b34700"),
    SOFTIRQ: ("#f6dfee", "#9c3f7c"),
    BUFFER: ("#f5f5f5", "#767676"),
    KERNEL: ("#f5f5f5", "#767676"),
}
Link = Callable[[str], str]


def draw(graph: CallGraph | Any, link: Link | None = None, columns: bool = True, **choice: Any) -> Figure:
    """Draw a call graph, or the one that `call_graph(trace, **choice)` makes of a recording.

    `link` gives a function's address in the source appendix; without `columns` the receive path stands below.
    """
    if not isinstance(graph, CallGraph):
        graph = call_graph(graph, **choice)
    picture = digraph("calls", rankdir="TB", newrank="true")
    names = {key: f"n{number}" for number, key in enumerate(graph.nodes)}
    for number, nodes in enumerate(_groups(graph)):
        with picture.subgraph(name=f"cluster_{number}") as box:
            layer = nodes[0].layer
            fill, border = COLOURS[layer]
            box.attr(style="filled,rounded", fillcolor=fill, color=border)
            _name_beside(box, f"l{number}", layer, names[nodes[0].part, nodes[0].name])
            for node in nodes:
                more = {"tooltip": text(node.file)} | ({"URL": link(node.name)} if link else {})
                box.node(names[node.part, node.name], text(_label(node)), color=border, **more)
    for edge in graph.edges.values():
        picture.edge(names[edge.source], names[edge.target], **_edge_look(edge, graph, columns))
    return Figure(picture.source, graph.text(), graph.title or "call graph")


def _groups(graph: CallGraph) -> list[list[Node]]:
    """The boxes: nodes of one layer that hang together, in the order in which they first ran."""
    groups: dict[int, list[Node]] = {}
    for node in graph.nodes.values():
        groups.setdefault(node.group, []).append(node)
    return list(groups.values())


def _name_beside(box: Any, name: str, words: str, first: str) -> None:
    """A box's name to the left of its first node, where no arrow runs through it."""
    with box.subgraph() as row:
        row.attr(rank="same")
        row.node(name, text(words), shape="plaintext", style="", margin="0", fontsize="12")
        row.node(first)
        row.edge(name, first, style="invis")


def _label(node: Node) -> str:
    count = f" ×{node.count}" if node.count > 1 else ""
    return f"{node.name}{count}" + (f"\n+{node.folded} calls" if node.folded else "")


def _edge_look(edge: Edge, graph: CallGraph, columns: bool) -> dict[str, str]:
    if edge.queue:
        seam = edge.source[0] == SEND and edge.target[0] == RECEIVE and columns
        label = plaque(f"{edge.queue[0]}: {edge.queue[1]}")
        look = {"style": "dotted", "penwidth": "3", "label": label}
        return look | ({"constraint": "false"} if seam else {})
    look = {}
    if edge.via:
        look = {"dir": "both", "arrowtail": "odiamond", "label": plaque(edge.via)}
    elif edge.count not in (1, graph.nodes[edge.target].count):
        look = {"label": plaque(f"×{edge.count}")}
    return look


_SIDES = (
    {"style": "filled,dashed", "penwidth": "2"},  # only the first
    {"style": "filled,bold", "penwidth": "2.5"},  # only the second
    {"style": "filled"},  # both
)


def draw_difference(
    first: Any, second: Any = None, names: tuple[str, str] = ("first", "second"), **choice: Any
) -> Figure:
    """Draw two runs in one picture: dashed boxes ran only in the first, bold ones only in the second, each says so."""
    both = first if isinstance(first, Difference) else difference(first, second, names, **choice)
    nodes = {**both.graphs[0].nodes, **both.graphs[1].nodes}
    keys = both.keys()
    ids = {key: f"n{number}" for number, key in enumerate(keys)}
    picture = digraph("difference", rankdir="TB")
    boxes: dict[tuple[str, str], list[Key]] = {}
    for key in keys:
        boxes.setdefault((nodes[key].part, nodes[key].layer), []).append(key)
    for number, ((_, layer), members) in enumerate(boxes.items()):
        with picture.subgraph(name=f"cluster_{number}") as box:
            fill, border = COLOURS[layer]
            box.attr(label=text(layer), labeljust="l", style="filled,rounded", fillcolor=fill, color=border)
            for key in members:
                side = both.side(key)
                name = key[1] if side == BOTH else f"{key[1]}\nonly {both.names[side]}"
                box.node(ids[key], text(name), **({"color": border} | _SIDES[side]))
    for ends, edge in ({**both.graphs[0].edges, **both.graphs[1].edges}).items():
        graph = both.graphs[ends in both.graphs[1].edges]
        look = {"style": ("dashed", "bold", "solid")[both.edge_side(ends)]} | _edge_look(edge, graph, columns=False)
        picture.edge(ids[ends[0]], ids[ends[1]], **look)
    return Figure(picture.source, both.text(), f"{both.names[0]} and {both.names[1]}: what differs")
