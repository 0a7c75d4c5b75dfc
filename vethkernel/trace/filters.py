# SPDX-License-Identifier: GPL-2.0-only
"""A part of a recording: what one function called, so many levels, one layer, one packet; as trace-cmd's options do.

    filtered(trace.calls, function="ip_rcv")              its calls and all below them     (trace-cmd -g ip_rcv)
    filtered(trace.calls, depth=3)                        no more than three levels        (--max-graph-depth 3)
    filtered(trace.calls, layer="driver")                 only that layer's functions      (-l, for each of them)
    filtered(trace.calls, packet=trace.packet("reply"))   only what had that packet in hand, and what that called

Given together, all must hold, in this order: function, packet, layer, depth. Where a call is left out, those below it
that stay move up into its place.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from vethkernel.trace.events import Call, Event
from vethkernel.trace.layers import LAYERS, layer_of


def filtered(
    calls: Iterable[Call], function: str = "", depth: int = 0, layer: str = "", packet: int = 0
) -> list[Call]:
    """The forest that is left of `calls`, which stay as they are; 0 and "" leave out nothing."""
    if layer and layer not in LAYERS:
        raise ValueError(f"no layer {layer!r}; there are: {', '.join(LAYERS)}")
    found = list(calls)
    if function:
        found = [below for call in found for below in outermost(call, function)]
    if packet:
        found = [kept for call in found for kept in _of_packet(call, packet, False)]
    if layer:
        found = _only(found, lambda call: layer_of(call.name, call.file) == layer)
    return _down_to(found, depth) if depth else found


def outermost(call: Call, name: str) -> list[Call]:
    """The calls of that function, without those inside of another one."""
    if call.name == name:
        return [call]
    return [found for child in call.children for found in outermost(child, name)]


def _of_packet(call: Call, packet: int, inherited: bool) -> list[Call]:
    """What carries the packet; and what carries none, if its caller has the packet and runs in the same context."""
    kept = call.packet == packet or (inherited and not call.packet)
    below = [
        found
        for child in call.children
        for found in _of_packet(child, packet, kept and child.context == call.context)
    ]
    return [Call(call.enter, call.leave, below)] if kept else below


def _only(calls: Iterable[Call], wanted: Callable[[Call], bool]) -> list[Call]:
    found: list[Call] = []
    for call in calls:
        below = _only(call.children, wanted)
        found += [Call(call.enter, call.leave, below)] if wanted(call) else below
    return found


def _down_to(calls: Iterable[Call], depth: int) -> list[Call]:
    return [Call(call.enter, call.leave, _down_to(call.children, depth - 1)) for call in calls] if depth else []


def moments(calls: Iterable[Call], depth: int = 0) -> Iterator[Event]:
    """The forest as events again, in order; `depth` as it now is."""
    for call in calls:
        yield replace(call.enter, depth=depth)
        yield from moments(call.children, depth + 1)
        if call.leave:
            yield replace(call.leave, depth=depth)
