# SPDX-License-Identifier: GPL-2.0-only
"""Call graphs drawn: boxes by layer, the send path on the left, the receive path on the right, the seam between them.

A plain arrow is a call by name. An arrow that begins with a diamond is a call through an ops table or a pointer, and
bears the entry's name. A thick dotted line is no call: it runs through the queue where one side put the packet and
the other took it up later. A small +9 counts the calls that a function made and that are not shown; which, the tooltip
tells.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from vethkernel.pictures.figure import INK, Figure, cell, digraph, plaque, text
from vethkernel.trace.callgraph import RECEIVE, SEND, CallGraph, Edge, Key, Node, call_graph
from vethkernel.trace.difference import BOTH, Difference, difference
from vethkernel.trace.layers import BUFFER, DEVICE, DRIVER, KERNEL, NEIGHBOUR, NETLINK, SOFTIRQ, STACK, SYSCALL

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
Look = dict[str, str]
Link = Callable[[str], str]


def draw(graph: CallGraph | Any, link: Link | None = None, columns: bool = True, **choice: Any) -> Figure:
    """Draw a call graph, or the one that `call_graph(trace, **choice)` makes of a recording.

    `link` gives a function's address in the source appendix; without `columns` the receive path stands below.
    """
    if not isinstance(graph, CallGraph):
        graph = call_graph(graph, **choice)

    def look(key: Key, node: Node) -> Look:
        folded = (f"{name} ×{count}" if count > 1 else name for name, count in node.folded.items())
        tooltip = f"{node.file}; folded: {', '.join(folded)}" if node.folded else node.file
        return {"label": _label(node), "tooltip": text(tooltip)} | ({"URL": link(node.name)} if link else {})

    def edge_look(ends: tuple[Key, Key], edge: Edge) -> Look:
        counted = edge.count not in (1, graph.nodes[edge.target].count)
        return {"label": plaque(f"×{edge.count}")} if counted and not edge.via else {}

    return Figure(_picture(graph, look, edge_look, columns), graph.text(), graph.title or "call graph")


def _picture(
    graph: CallGraph,
    look: Callable[[Key, Node], Look],
    edge_look: Callable[[tuple[Key, Key], Edge], Look],
    columns: bool,
) -> str:
    """The graph as DOT; the two functions say what is special about a node and about an edge."""
    picture = digraph("calls", rankdir="TB", newrank="true")
    names = {key: f"n{number}" for number, key in enumerate(graph.nodes)}
    for number, members in enumerate(_groups(graph.nodes)):
        layer = members[0][1].layer
        fill, border = COLOURS[layer]
        with picture.subgraph(name=f"cluster_{number}") as box:
            box.attr(style="filled,rounded", fillcolor=fill, color=border)
            box.node(f"l{number}", text(layer), shape="plaintext", style="", margin="0", fontsize="12")
            for key, node in members:
                box.node(names[key], **({"color": border} | look(key, node)))
            calls = [(names[source], names[target]) for source, target in _entries(graph, {key for key, _ in members})]
            _place_name(picture, box, f"l{number}", names[members[0][0]], calls)
    for ends, edge in graph.edges.items():
        source, target = (names[end] for end in ends)
        if edge.queue:
            _hand_over(picture, source, target, edge, columns)
            continue
        entry = {"dir": "both", "arrowtail": "odiamond", "label": plaque(edge.via)} if edge.via else {}
        picture.edge(source, target, **(entry | edge_look(ends, edge)))
    return picture.source


def _groups(nodes: dict[Key, Node]) -> Iterable[list[tuple[Key, Node]]]:
    """The boxes: nodes of one layer that hang together, in the order in which they first ran."""
    groups: dict[int, list[tuple[Key, Node]]] = {}
    for key, node in nodes.items():
        groups.setdefault(node.group, []).append((key, node))
    return groups.values()


def _entries(graph: CallGraph, members: set[Key]) -> Iterable[tuple[Key, Key]]:
    """The calls that come to a box's nodes from elsewhere, but for those from functions that the box's own call."""
    below = members
    while more := {target for source, target in graph.edges if source in below} - below:
        below = below | more
    calls = (ends for ends, edge in graph.edges.items() if not edge.queue)
    return [(source, target) for source, target in calls if target in members and source not in below]


def _place_name(picture: Any, box: Any, name: str, first: str, calls: list[tuple[str, str]]) -> None:
    """Put a box's name to the left of its first node, or, where calls come to others too, above these."""
    if {target for _, target in calls} <= {first}:
        with box.subgraph() as row:
            row.attr(rank="same")
            row.edge(name, first, style="invis")
        return
    for source, target in calls:
        picture.edge(source, name, style="invis", weight="0")
        picture.edge(name, target, style="invis", weight="0")


def _hand_over(picture: Any, source: str, target: str, edge: Edge, columns: bool) -> None:
    """The queue as a node of its own, on a dotted line; from column to column that line may run upwards."""
    queue, then = edge.queue or ("", "")
    picture.node(f"q{source}", text(f"{queue}\n{then}"), shape="cds", penwidth="1.5", margin="0.3,0.15")
    picture.edge(source, f"q{source}", style="dotted", penwidth="3", arrowhead="none")
    upwards = columns and (edge.source[0], edge.target[0]) == (SEND, RECEIVE)
    aside = {"constraint": "false", "tailport": "e"} if upwards else {}
    picture.edge(f"q{source}", target, style="dotted", penwidth="3", **aside)


def _label(node: Node) -> str:
    count = f" ×{node.count}" if node.count > 1 else ""
    folded = f' <font point-size="10">+{node.folded.total()}</font>' if node.folded else ""
    return f"<{cell(node.name + count)}{folded}>"


# How a node and an edge look that only the first run has, only the second, or both.
_NODES: tuple[Look, ...] = (
    {"style": "filled,dashed", "penwidth": "2"},
    {"style": "filled,bold", "penwidth": "2.5"},
    {},
)
_EDGES: tuple[Look, ...] = ({"style": "dashed"}, {"style": "bold"}, {})


@dataclass(slots=True)
class _Folded:
    """The union of two graphs, where neighbours that both have, far from any that differs, are one node."""

    graph: CallGraph
    names: dict[Key, list[str]]


def draw_difference(
    first: Any, second: Any = None, names: tuple[str, str] = ("first", "second"), whole: bool = False, **choice: Any
) -> Figure:
    """Draw two runs in one picture: dashed boxes ran only in the first, bold ones only in the second, each says so.

    What is the same in both and touches nothing that differs is folded to its number, unless the `whole` is wanted.
    """
    both = first if isinstance(first, Difference) else difference(first, second, names, **choice)
    union = CallGraph([*both.graphs[0].runs, *both.graphs[1].runs])
    folded = _Folded(union, {}) if whole else _fold_same(union, both)

    def look(key: Key, node: Node) -> Look:
        if key in folded.names:
            names = ", ".join(folded.names[key])
            label = text(f"{len(folded.names[key])} the same")
            return {"label": label, "style": "filled,rounded", "fontcolor": INK, "tooltip": text(f"folded: {names}")}
        side = both.side(key)
        label = text(node.name if side == BOTH else f"{node.name}\nonly {both.names[side]}")
        return {"label": label, "tooltip": text(node.file)} | _NODES[side]

    def edge_look(ends: tuple[Key, Key], edge: Edge) -> Look:
        return _EDGES[both.edge_side(ends)] if ends in union.edges else {}

    title = f"{both.names[0]} and {both.names[1]}: what differs"
    return Figure(_picture(folded.graph, look, edge_look, columns=True), both.text(), title)


def _fold_same(union: CallGraph, both: Difference) -> _Folded:
    """Keep what differs, what calls it or is called by it, and both ends of a hand-over; fold the rest by layer."""
    kept = {key for key in union.nodes if both.side(key) != BOTH}
    kept |= {end for ends in union.edges if kept.intersection(ends) for end in ends}
    kept |= {end for ends, edge in union.edges.items() if edge.queue for end in ends}
    stands_for = {key: key for key in union.nodes}
    for source, target in union.edges:
        if not kept.intersection((source, target)) and union.nodes[source].group == union.nodes[target].group:
            first, second = stands_for[source], stands_for[target]
            stands_for |= {key: first for key, stand_in in stands_for.items() if stand_in == second}
    names: dict[Key, list[str]] = {}
    for key in union.nodes:
        if key not in kept:
            names.setdefault(stands_for[key], []).append(key[1])
    shown = CallGraph([])
    shown.nodes = {key: node for key, node in union.nodes.items() if stands_for[key] == key}
    for ends, edge in union.edges.items():
        source, target = (stands_for[end] for end in ends)
        if source != target:
            shown.edges.setdefault((source, target), edge)
    return _Folded(shown, names)
