# SPDX-License-Identifier: GPL-2.0-only
"""A packet's way as a row of stops: at each, which function had it, and what changed until the next one did.

    with Recorder(machine, snapshots=True) as trace: ...
    stops(trace, request, reply)

Every function of the packet's call graph is a stop as it is entered. A stop ends where the next begins, so what a
function does before it calls on is seen at its own stop. What it does after that call has returned is one more stop,
"back in" it, if anything changed.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from types import FunctionType
from typing import Any

from vethkernel.trace.callgraph import Step, call_graph
from vethkernel.trace.events import Call
from vethkernel.trace.frames import Field, fields_of
from vethkernel.trace.snapshots import SkbState, Snapshot
from vethkernel.trace.watched import Place, functions_of, mirrored_modules, place_of

Change = tuple[str, str, str]  # what, before, after


@dataclass(slots=True)
class Stop:
    """One moment of the way. `before` is the same packet's state at its last stop; None: no skb carries it."""

    call: Call
    packet: int
    part: str
    back: bool
    line: int  # of the function's source, from 0, that calls on; -1: none does
    state: SkbState | None
    before: SkbState | None
    counters: list[Change]
    seen: bool  # whether an skb has carried the packet by now

    @property
    def fields(self) -> list[Change]:
        """The skb's fields that changed."""
        if self.state is None:
            return []
        old = dict(self.before.fields) if self.before else {}
        return [(name, old.get(name, ""), new) for name, new in self.state.fields if old.get(name, "") != new]

    @property
    def bytes(self) -> list[Change]:
        """The headers' fields whose bytes changed, or which are there for the first time."""
        old = {field.full_name: field.value for field in frame_fields(self.before)}
        found = [(field.full_name, old.get(field.full_name, ""), field.value) for field in frame_fields(self.state)]
        return [(name, before, after) for name, before, after in found if before != after]

    @property
    def holder(self) -> str:
        """Who has the packet when the stop ends."""
        if self.state:
            return self.state.holder
        return "nobody: its skb has ended" if self.seen else "nobody: no skb carries it yet"

    @property
    def changed(self) -> bool:
        return self.state != self.before or bool(self.counters)


def frame_fields(state: SkbState | None) -> list[Field]:
    """The header fields of the skb's bytes, as they now lie in its buffer."""
    return fields_of(state.frame, state.start, state.ethernet) if state else []


@dataclass(slots=True)
class _Kept:
    """A call that is a stop, and for which packets in which part of their ways."""

    call: Call
    first: int
    last: int
    parts: dict[int, str]


def stops(trace: Any, *packets: int, **choice: Any) -> list[Stop]:
    """The stops of these packets' ways, in the order of time; `choice` as for `call_graph`."""
    if not trace.snapshots:
        raise ValueError("the recording has no snapshots: record with Recorder(machine, snapshots=True)")
    numbers = {id(event): number for number, event in enumerate(trace.events[: len(trace.snapshots)])}
    kept = _kept(trace, packets or tuple(trace.packets), numbers, choice)
    above = {id(child): call for root in trace.calls for call in root.walk() for child in call.children}
    cuts = sorted(cut for one in kept.values() for cut in ((one.first, True, one), (one.last, False, one)))
    return list(_walk(trace, cuts, above, numbers)) if cuts else []


def _kept(trace: Any, packets: tuple[int, ...], numbers: dict[int, int], choice: dict[str, Any]) -> dict[int, _Kept]:
    kept: dict[int, _Kept] = {}

    def visit(step: Step, packet: int, part: str) -> None:
        call = step.call
        if id(call.enter) in numbers:
            last = numbers.get(id(call.leave), len(numbers) - 1)
            one = kept.setdefault(id(call), _Kept(call, numbers[id(call.enter)], last, {}))
            one.parts.setdefault(packet, part)
        for child in step.children:
            visit(child, packet, part)

    for packet in packets:
        for run in call_graph(trace, packet=packet, **choice).runs:
            visit(run.root, packet, run.part)
    return kept


def _walk(
    trace: Any, cuts: list[tuple[int, bool, _Kept]], above: dict[int, Call], numbers: dict[int, int]
) -> Iterator[Stop]:
    snapshots: list[Snapshot] = trace.snapshots
    carriers = _carriers(trace)
    open_calls: list[_Kept] = []
    states: dict[int, SkbState | None] = {}
    seen: set[int] = set()
    counters = snapshots[cuts[0][0]].counters
    packet = next(iter(cuts[0][2].parts))
    for (_, entered, one), (end, more, following) in zip(cuts, [*cuts[1:], cuts[-1]], strict=True):
        if entered:
            open_calls.append(one)
        else:
            open_calls.remove(one)
        if not open_calls:
            continue
        here = open_calls[-1]
        packet = _whose(here, following if more else None, packet)
        state = _state(snapshots[end], carriers[end].get(packet, 0), packet)
        moved = [
            (name, str(counters.get(name, 0)), str(value))
            for name, value in snapshots[end].counters.items()
            if counters.get(name, 0) != value
        ]
        line = _line(here.call, following.call, above, numbers, snapshots) if more else -1
        before = states.get(packet)
        seen = seen | {packet} if state else seen
        stop = Stop(here.call, packet, here.parts[packet], not entered, line, state, before, moved, packet in seen)
        if entered or stop.changed:
            yield stop
            counters, states[packet] = snapshots[end].counters, state


def _carriers(trace: Any) -> list[dict[int, int]]:
    """At each event, for each packet: the number of the skb that was last at hand with it."""
    found: list[dict[int, int]] = []
    latest: dict[int, int] = {}
    for event in trace.events:
        if event.skb and latest.get(event.packet) != event.skb:
            latest = latest | {event.packet: event.skb}
        found.append(latest)
    return found


def _whose(here: _Kept, following: _Kept | None, before: int) -> int:
    """Which packet a stop is about, if its function serves several: the one it now calls on with, or the last one."""
    wanted = list(following.parts) if following and len(following.parts) == 1 else []
    return next((packet for packet in [*wanted, before] if packet in here.parts), next(iter(here.parts)))


def _state(now: Snapshot, skb: int, packet: int) -> SkbState | None:
    """The skb that carries the packet: the one at hand, or else the newest that is left."""
    if skb in now.skbs:
        return now.skbs[skb]
    carriers = [state for state in now.skbs.values() if state.packet == packet]
    return max(carriers, key=lambda state: state.number, default=None)


def _line(call: Call, following: Call, above: dict[int, Call], numbers: dict[int, int], seen: list[Snapshot]) -> int:
    """The line of the function from which the next one is reached."""
    while following is not None and above.get(id(following)) is not call:
        following = above.get(id(following))
    return seen[numbers[id(following.enter)]].line if following else -1


@dataclass(slots=True)
class Listing:
    """A function of the port as it stands in its module."""

    name: str
    path: str
    lines: list[str]
    place: Place


def listings() -> dict[tuple[str, str], FunctionType]:
    """The port's functions by name and C file, as events name them."""
    return {(f.__name__, place_of(f).file): f for module in mirrored_modules() for f in functions_of(module)}


def listing(function: FunctionType) -> Listing:
    """The source of a function, all of its lines."""
    lines = dedent(inspect.getsource(function)).rstrip("\n").split("\n")
    return Listing(function.__name__, function.__module__.replace(".", "/") + ".py", lines, place_of(function))
