# SPDX-License-Identifier: GPL-2.0-only
"""A recording as small tables: how a function was reached, what functions returned, how often each ran.

    way_to(trace, "net_rx_action")                      the callers, from the system call down
    returned(trace, ["arp_process", "fib_validate_source"])
    counted({"first": trace_1, "second": trace_2}, ["veth_xmit", "arp_solicit"])
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vethkernel.include.uapi.asm_generic import errno
from vethkernel.notebook.tables import Table
from vethkernel.trace.events import Call, walk


def callers(calls: Iterable[Call], name: str) -> list[Call]:
    """The calls from the outermost down to the first one of that function; empty if it never ran."""
    for call in calls:
        if call.name == name:
            return [call]
        below = callers(call.children, name)
        if below:
            return [call, *below]
    return []


def way_to(trace: Any, name: str) -> Table:
    """How the function was reached first, and in which context each of its callers ran."""
    rows = [(call.name, call.via, call.context, call.enter.task) for call in callers(trace.calls, name)]
    if not rows:
        raise LookupError(f"{name} did not run")
    return Table(f"from the system call to {name}", ("function", "through", "context", "task"), rows)


def returned(trace: Any, names: Sequence[str]) -> Table:
    """What those functions returned, in the order in which they did so."""
    order: list[Call] = []

    def visit(calls: Iterable[Call]) -> None:
        for call in calls:
            visit(call.children)
            if call.name in names:
                order.append(call)

    visit(trace.calls)
    rows = [(call.name, call.dev, error_name(call.result)) for call in order]
    return Table("who returned what", ("function", "device", "returned"), rows)


def counted(traces: Mapping[str, Any], names: Sequence[str]) -> Table:
    """How often each of the functions ran in each of the recordings."""
    counts = [Counter(call.name for call in walk(trace.calls)) for trace in traces.values()]
    rows = [(name, *(str(count[name]) for count in counts)) for name in names]
    return Table("how often each function ran", ("function", *traces), rows)


def error_name(value: Any) -> str:
    """What a kernel function returned: a negative number by its errno's name, anything else as it is."""
    if not isinstance(value, int) or value >= 0:
        return str(value)
    names = {number: name for name, number in vars(errno).items() if name.startswith("E")}
    return f"-{names.get(-value, -value)}"
