# SPDX-License-Identifier: GPL-2.0-only
"""The call graph of a run, by layers: which functions ran, who called whom how often, and where a packet was queued.

    graph = call_graph(trace, packet=trace.packet("echo request"))
    print(graph.text())        # the same facts that vethkernel.pictures draws

With a packet, the graph shows that packet's way alone, cut where it is handed over: a function puts it into a queue
and returns; later, often in the soft interrupt, another one takes it out. Such a hand-over is no call, even where the
soft interrupt happens to run inside the sender's own call. What does not lie on the way is folded: counted, not shown.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vethkernel.trace.events import Call
from vethkernel.trace.filters import outermost
from vethkernel.trace.layers import BUFFER, KERNEL, layer_of

SEND, RECEIVE, REST = "send", "receive", ""
Key = tuple[str, str]  # a node: its part of the graph and the function's name

# where a packet waits: the function that puts it there, the queue, and who goes on with it
QUEUES = {
    "enqueue_to_backlog": ("input_pkt_queue", "soft interrupt NET_RX"),
    "__neigh_event_send": ("arp_queue", "until the neighbour answers"),
    "sock_queue_rcv_skb": ("sk_receive_queue", "the reader wakes up"),
    "sock_queue_rcv_skb_reason": ("sk_receive_queue", "the reader wakes up"),
}
# where a way ends: with the reader, in an answer, or nowhere; what these call is no longer the packet's way
ENDS = {"skb_recv_datagram", "icmp_reply", "kfree_skb_reason"}
DROP = "kfree_skb_reason"  # unless another copy was delivered
# side steps that are worth a node of their own: those the article names, and those that decide
SHOWN = {
    "ip_route_output_flow", "ip_route_input_noref", "fib_validate_source", "__neigh_create", "neigh_resolve_output",
    "arp_solicit", "neigh_update", "eth_header", "dev_queue_xmit_nit", "eth_type_trans", "dev_forward_skb",
    "____napi_schedule", "__raise_softirq_irqoff",
    "process_backlog", "__netif_receive_skb_core", "deliver_skb",
}  # fmt: skip


@dataclass(slots=True)
class Step:
    """One call on the way, with the calls below it that are shown; `folded` names those that are not."""

    call: Call
    children: list["Step"] = field(default_factory=list)
    folded: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """An unbroken piece of the way: one tree of calls, from where the packet was taken up to where it was put down."""

    part: str  # SEND before the packet crosses, RECEIVE after; REST for a graph of no packet in particular
    root: Step
    queue: tuple[str, str] | None = None  # how it was handed over to here: the queue, and what goes on with it
    queued_by: str = ""


@dataclass(slots=True)
class Node:
    """A function in one part of the graph."""

    part: str
    name: str
    file: str
    layer: str
    context: str
    group: int  # nodes of one layer that hang together have the same
    count: int = 0
    folded: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Edge:
    """`source` called `target` that many times; or, with a `queue`, put there what `target` took up."""

    source: Key
    target: Key
    via: str = ""
    count: int = 0
    queue: tuple[str, str] | None = None


class CallGraph:
    """Nodes by (part, function name), edges by the two ends; in the order in which they first ran."""

    def __init__(self, runs: list[Run], title: str = "") -> None:
        self.title = title
        self.runs = runs
        self.nodes: dict[Key, Node] = {}
        self.edges: dict[tuple[Key, Key], Edge] = {}
        self._groups: dict[tuple[int, str], int] = {}
        for number, run in enumerate(runs):
            self._add(run.root, run.part, -1 - number, "")
        for before, run in zip(runs, runs[1:], strict=False):
            if run.queue:
                source, target = (before.part, run.queued_by), (run.part, run.root.call.name)
                if source not in self.nodes:
                    source = (before.part, _folded_into(before.root, run.queued_by))
                if source in self.nodes:
                    self.edges.setdefault((source, target), Edge(source, target, queue=run.queue)).count += 1

    def _add(self, step: Step, part: str, caller_group: int, caller_layer: str) -> None:
        call = step.call
        key = (part, call.name)
        node = self.nodes.get(key)
        if node is None:
            layer, group = layer_of(call.name, call.file), caller_group
            if layer != caller_layer:
                group = self._groups.setdefault((caller_group, layer), len(self._groups))
            node = self.nodes[key] = Node(part, call.name, call.file, layer, call.context, group)
        node.count += 1
        node.folded.update(step.folded)
        for child in step.children:
            self._add(child, part, node.group, node.layer)
            target = (part, child.call.name)
            edge = self.edges.setdefault((key, target), Edge(key, target, child.call.via))
            edge.count += 1

    def functions(self) -> set[str]:
        """The names of all functions shown."""
        return {name for _, name in self.nodes}

    def text(self) -> str:
        """The graph in words: the layer on the left, the calls indented, hand-overs as lines of their own."""
        lines = [self.title] if self.title else []
        for run in self.runs:
            if run.queue:
                queue, then = run.queue
                lines.append(f"{'~~ hand-over ~~':{_LAYER_WIDTH}}{run.queued_by} put it into {queue}; {then}")
            self._lines(run.root, 0, lines, "")
        return "\n".join(lines) + "\n"

    def _lines(self, step: Step, depth: int, lines: list[str], layer_before: str) -> str:
        call = step.call
        layer = layer_of(call.name, call.file)
        notes = f" through {call.via}" if call.via else ""
        notes += f" (+{len(step.folded)} calls)" if step.folded else ""
        lines.append(f"{layer if layer != layer_before else '':{_LAYER_WIDTH}}{'  ' * depth}{call.name}{notes}")
        for child in step.children:
            layer = self._lines(child, depth + 1, lines, layer)
        return layer


_LAYER_WIDTH = 22


def call_graph(
    trace: Any,
    packet: int = 0,
    part: str = "",
    show: Collection[str] = (),
    hide: Collection[str] = (),
    only: Collection[str] = (),
    root: str = "",
    depth: int = 0,
    everything: bool = False,
    title: str = "",
) -> CallGraph:
    """The graph of a recording (or of a forest of calls).

    `packet`: only that packet's way; `part`: only SEND or RECEIVE; `root`: only what those functions call; `depth`: so
    many levels; `show`, `hide`: functions to show besides, or never; `only`: no others, and what lies between two of
    them is left out; `everything`: fold nothing but helpers.
    """
    calls: list[Call] = trace if isinstance(trace, list) else trace.calls
    if root:
        calls = [found for call in calls for found in outermost(call, root)]
    runs = _runs_of_packet(calls, packet) if packet else _runs_of_all(calls)
    if part:
        runs = [run for run in runs if run.part == part]
    delivered = any(call.name == "skb_recv_datagram" for run in runs for call in _calls_with(run.root, packet))
    choice = _Choice(
        packet, {*show, *only}, set(hide) | ({DROP} if delivered else set()), everything or not packet, depth
    )
    runs = [run for run in runs if _fold(run.root, choice) or not packet]
    for run in runs if only else ():
        _keep_only(run.root, set(only))
    if packet and not title:
        title = getattr(trace, "packets", {}).get(packet, "")
    return CallGraph(runs, title)


def _runs_of_all(calls: Iterable[Call]) -> list[Run]:
    """All calls, each entry into the kernel and each soft interrupt a run of its own."""
    runs: list[Run] = []

    def visit(call: Call) -> Step:
        step = Step(call)
        for child in call.children:
            if child.context != call.context:
                runs.append(Run(REST, visit(child)))
            else:
                step.children.append(visit(child))
        return step

    for call in calls:
        place = len(runs)
        runs.insert(place, Run(REST, visit(call)))
    return runs


def _runs_of_packet(calls: Iterable[Call], packet: int) -> list[Run]:
    """The pieces of one packet's way, in the order of time."""
    order: dict[int, int] = {}
    roots: list[Step] = []

    def visit(call: Call, inherited: int) -> list[Step]:
        order[id(call)] = len(order)
        own = call.packet or inherited
        kept: list[Step] = []
        for child in call.children:
            same = child.context == call.context
            steps = visit(child, own if same else 0)
            (kept if same else roots).extend(steps)
        if call.packet not in (0, packet):  # it carries another packet: the way of ours begins below it
            if kept:
                roots.append(Step(call, kept))
            return []
        return [Step(call, kept)] if kept or own == packet else []

    for call in calls:
        roots.extend(visit(call, 0))
    roots.sort(key=lambda root: next((order[id(call)] for call in _calls_with(root, packet)), 0))
    return _linked(roots, packet)


def _linked(roots: list[Step], packet: int) -> list[Run]:
    runs: list[Run] = []
    crossed = False
    queued_by = ""
    for root in roots:
        run = Run(RECEIVE if crossed else SEND, root, QUEUES.get(queued_by), queued_by if queued_by in QUEUES else "")
        runs.append(run)
        for call in _calls_with(root, packet):
            if call.name in QUEUES:
                queued_by = call.name
                crossed = crossed or queued_by == "enqueue_to_backlog"
    return runs


def _calls_with(step: Step, packet: int) -> Iterable[Call]:
    if step.call.packet == packet:
        yield step.call
    for child in step.children:
        yield from _calls_with(child, packet)


@dataclass(slots=True)
class _Choice:
    packet: int
    show: set[str]
    hide: set[str]
    everything: bool
    depth: int

    def wanted(self, step: Step) -> bool:
        """Whether this call is a point that the way must show."""
        name = step.call.name
        if name in self.hide:
            return False
        if name in self.show:
            return True
        if self.everything:
            return layer_of(name, step.call.file) not in (BUFFER, KERNEL)
        return name in SHOWN or name in QUEUES or (name in ENDS and step.call.packet == self.packet)


def _fold(step: Step, choice: _Choice, level: int = 1) -> bool:
    """Take out what lies below `step` and leads to no point, but keep its name; returns whether `step` leads to one."""
    kept: list[Step] = []
    on_the_way = choice.wanted(step)
    if on_the_way and step.call.name in ENDS and not choice.everything:
        step.folded, step.children = list(_names(step.children)), []
    for child in step.children:
        leads_on = _fold(child, choice, level + 1)
        on_the_way = on_the_way or leads_on
        if leads_on and not (choice.depth and level >= choice.depth):
            kept.extend(_without(child, choice.hide))
        else:
            step.folded.extend(_names([child]))
    step.children = kept
    return on_the_way


def _keep_only(step: Step, names: set[str]) -> None:
    """Leave below `step` only those functions, each under the nearest of them."""
    kept: list[Step] = []
    for child in step.children:
        _keep_only(child, names)
        if child.call.name in names:
            kept.append(child)
        else:
            kept.extend(child.children)
            step.folded += [child.call.name, *child.folded]
    step.children = kept


def _without(step: Step, hide: set[str]) -> list[Step]:
    """The step, or, where it is hidden, those below it."""
    return step.children if step.call.name in hide else [step]


def _names(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        yield step.call.name
        yield from step.folded
        yield from _names(step.children)


def _folded_into(step: Step, name: str) -> str:
    """The function whose number stands for the last call of `name` below `step`; "" if there is none."""
    below = next((found for child in reversed(step.children) if (found := _folded_into(child, name))), "")
    return below or (step.call.name if name in step.folded else "")
