# SPDX-License-Identifier: GPL-2.0-only
"""Traces as text, in the words of the kernel's own tracer: ftrace's `function_graph` written and read.

    print(function_graph(trace.calls))     # what /sys/kernel/tracing/trace shows on a real machine
    print(function_graph(trace.calls, function="ip_rcv", depth=3))    # a part of it: see filters.py
    read_trace("ping.function_graph.gz")   # a real machine's recording, as a forest of Call

Written with the tracer's options funcgraph-abstime, funcgraph-proc and funcgraph-tail, as the recordings were. Read is
any choice of columns, the text of the `function` tracer, and the indented trees that recordings are shortened to.
"""

import gzip
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

from vethkernel.trace.events import ENTER, LEAVE, Call, Event, calls_of
from vethkernel.trace.filters import filtered

HEADER = (
    "# tracer: function_graph\n"
    "#\n"
    "#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS\n"
    "#      |          |     |    |           |   |                     |   |   |   |\n"
)
DEEPEST = 200  # levels; the kernel's tracer gives up at 50
_RULE = " ------------------------------------------\n"
_COMM_LEN = 7
_TASK_WIDTH = 14
_NO_DURATION = " " * 14


class TraceError(ValueError):
    """A trace that cannot be read; says in which line, if in one."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


def function_graph(
    calls: Iterable[Call], function: str = "", depth: int = 0, layer: str = "", packet: int = 0
) -> str:
    """The calls as the function_graph tracer prints them; only what one function called, so many levels, one layer of
    `layers.LAYERS`, what had one packet in hand."""
    lines: list[str] = [HEADER]
    tasks: dict[int, str] = {}
    for call in filtered(calls, function, depth, layer, packet):
        before = tasks.setdefault(call.enter.cpu, call.enter.task)
        if before != call.enter.task:
            tasks[call.enter.cpu] = call.enter.task
            lines.append(_switch(call.enter.cpu, before, call.enter.task))
        _write(call, 0, lines)
    return "".join(lines)


def _write(call: Call, depth: int, lines: list[str]) -> None:
    name = f"{call.name} {call.file}" if call.file.startswith("[") else call.name
    pad = "  " * depth
    if call.leave is None:
        lines.append(f"{_columns(call.enter, None)}{pad}{name}() {{\n")
    elif not call.children:
        lines.append(f"{_columns(call.enter, call.duration_ns)}{pad}{name}();\n")
        return
    else:
        lines.append(f"{_columns(call.enter, None)}{pad}{name}() {{\n")
    for child in call.children:
        _write(child, depth + 1, lines)
    if call.leave is not None:
        lines.append(f"{_columns(call.leave, call.duration_ns)}{pad}}} /* {name} */\n")


def _columns(event: Event, duration_ns: int | None) -> str:
    seconds, rest = divmod(event.time_ns // 1000, 1_000_000)
    shown = _NO_DURATION if duration_ns is None else "  " + _duration(duration_ns)
    return f"{seconds:5d}.{rest:06d} |  {_place(event.cpu, event.task)} | {shown}|  "


def _place(cpu: int, task: str) -> str:
    comm, _, pid = task.rpartition("-")
    return f" {cpu}) {f'{comm[:_COMM_LEN]}-{pid}' if comm else '<...>-0':^{_TASK_WIDTH}}"


def _duration(ns: int) -> str:
    """Microseconds with as many decimals as fit: 12.809, 5948.794, 44413.90."""
    whole, rest = divmod(ns, 1000)
    digits = str(whole)
    if len(digits) < _COMM_LEN:
        digits += "." + f"{rest:03d}"[: max(0, 7 - len(digits))]
    return f"{digits} us ".ljust(12)


def _switch(cpu: int, before: str, after: str) -> str:
    there = _place(cpu, after).split(") ", 1)[1]
    return f"{_RULE}{_place(cpu, before)} => {there}\n{_RULE}\n"


# Reading.

_TIME = re.compile(r"\s*(\d+)\.(\d+)\s*\|\s*")
_CPU = re.compile(r"\s*(\d+)\)\s*")
_TASK = re.compile(r"\s*(.{1,16}?-\d+)\s*\|")
_DURATION = re.compile(r"[^\w|]*(?:(\d+)(?:\.(\d+))? us\s*)?\|  ")
_FUNCTION = re.compile(r"( *)([\w.$]+)((?: \[\w+\])?)\(\)(;| \{)(?: /\*.*\*/)?\s*$")
_END = re.compile(r"( *)\}(?: /\* ([\w.$]+)((?: \[\w+\])?)(?: ret=\S+)? \*/)?\s*$")
_SWITCH = re.compile(r"\s*\d+\)\s+(\S.*?-\d+)\s+=>\s+(\S.*?-\d+)\s*$")
_IGNORED = re.compile(r"\s*(#.*|-+)?$|.*(==========>|<==========) \|\s*$|(?:[^|]*\|){1,3}\s*/\*.*\*/\s*$")
_HIT = re.compile(
    r"\s*(.{1,16}?-\d+)\s+(?:\([-\d ]+\)\s+)?\[(\d+)\]\s+(?:\S+\s+)?(\d+)\.(\d+): "  # task, CPU, flags, time
    r"([\w.$]+)((?: \[\w+\])?) <-([\w.$]+)"  # function, kernel module, caller
)
_NAME = re.compile(r"( *)([\w.$]+)((?: \[\w+\])?)\s*$")


def read_trace(path: str | Path) -> list[Call]:
    """The calls in a file that ftrace wrote, gzipped or not; raises TraceError if it is none, OSError if unreadable."""
    data = Path(path).read_bytes()
    try:
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (EOFError, OSError, zlib.error):
        raise TraceError("the compressed file is damaged or cut short") from None
    except UnicodeDecodeError:
        raise TraceError("not a text file") from None
    return parse_trace(text)


def parse_trace(text: str) -> list[Call]:
    """The calls in ftrace's text: of function_graph, of function, or an indented tree of names."""
    start = text.lstrip()[:200]
    if start.startswith("# tracer: function_graph"):
        events = _parse_graph(text)
    elif start.startswith("# tracer: function\n"):
        events = _parse_function(text)
    elif start.startswith("# tracer:"):
        raise TraceError(f"written by the tracer {start.split()[2]}; function_graph or function is needed", 1)
    elif re.match(r"# \S+: call tree", start):
        events = _parse_tree(text)
    else:
        raise TraceError('not a trace: it does not begin with "# tracer: function_graph" or "# tracer: function"', 1)
    if not events:
        raise TraceError("the trace holds no calls")
    if max(event.depth for event in events) > DEEPEST:
        raise TraceError(f"no kernel's trace: its calls are nested more than {DEEPEST} deep")
    return calls_of(events)


_Open = list[tuple[Event, int, int]]  # the calls of a task that are not yet left: event, indentation, line


def _parse_graph(text: str) -> list[Event]:
    events: list[Event] = []
    tasks: dict[str, _Open] = {}
    current: dict[int, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if "LOST" in line and "EVENTS" in line:
            raise TraceError("the tracer lost events here; record again with a larger buffer_size_kb", number)
        if _IGNORED.match(line):
            continue
        if switch := _SWITCH.match(line):
            current[int(line.split(")")[0])] = switch[2]
            continue
        time_ns, cpu, task, duration_ns, rest = _split(line, number)
        task = task or current.setdefault(cpu, "")
        event = Event("", "", "", 0, time_ns, cpu, task=task)
        _graph_line(events, tasks.setdefault(task, []), rest, number, event, duration_ns)
    for unfinished in tasks.values():
        if unfinished:
            event, _, number = unfinished[-1]
            raise TraceError(f"{event.function} is entered here and never left: the trace is cut short", number)
    return events


def _split(line: str, number: int) -> tuple[int, int, str, int, str]:
    """The columns of a line, absent ones as 0 or "", and what follows them."""
    time_ns = cpu = duration_ns = 0
    task = ""
    if found := _TIME.match(line):
        time_ns = int(found[1]) * 10**9 + int(found[2].ljust(9, "0"))
        line = line[found.end() :]
    if found := _CPU.match(line):
        cpu = int(found[1])
        line = line[found.end() :]
    if found := _TASK.match(line):
        task = found[1]
        line = line[found.end() :]
    found = _DURATION.match(line)
    if not found:
        raise TraceError(f"not a line of function_graph: {line.strip()[:60]!r}", number)
    if found[1]:
        duration_ns = int(found[1]) * 1000 + int((found[2] or "0").ljust(3, "0"))
    return time_ns, cpu, task, duration_ns, line[found.end() :]


def _graph_line(events: list[Event], stack: _Open, rest: str, number: int, event: Event, duration_ns: int) -> None:
    """Add what one line says: a function entered, left, or both."""
    if found := _FUNCTION.match(rest):
        indent, event.kind, event.function, event.file = len(found[1]), ENTER, found[2], found[3].strip()
        if stack and indent <= stack[-1][1]:
            raise TraceError(f"{found[2]} stands left of the call that it is in, {stack[-1][0].function}", number)
        event.depth = len(stack)
        events.append(event)
        if found[4] == ";":
            events.append(_leaving(event, duration_ns))
        else:
            stack.append((event, indent, number))
    elif found := _END.match(rest):
        if not stack:
            raise TraceError("a function is left that was never entered: the trace begins within a call", number)
        start, indent, _ = stack.pop()
        if len(found[1]) != indent or (found[2] and found[2] != start.function):
            raise TraceError(f"the end of {start.function} is expected here, not {rest.strip()!r}", number)
        events.append(_leaving(start, duration_ns))
    else:
        raise TraceError(f"neither a call nor the end of one: {rest.strip()[:60]!r}", number)


def _leaving(start: Event, duration_ns: int) -> Event:
    time_ns = start.time_ns + duration_ns
    return Event(LEAVE, start.function, start.file, start.depth, time_ns, start.cpu, task=start.task)


def _parse_function(text: str) -> list[Event]:
    """Each line tells a function and its caller: it belongs under the caller's latest call that is still open."""
    events: list[Event] = []
    stacks: dict[str, list[Event]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _HIT.match(line)
        if not found:
            raise TraceError(f"not a line of the function tracer: {line.strip()[:60]!r}", number)
        stack = stacks.setdefault(found[1], [])
        time_ns = int(found[3]) * 10**9 + int(found[4].ljust(9, "0"))
        while stack and found[7] in [open_.function for open_ in stack] and stack[-1].function != found[7]:
            events.append(_leaving(stack.pop(), 0))
        if stack and stack[-1].function != found[7]:
            _close(events, stack)
        event = Event(ENTER, found[5], found[6].strip(), len(stack), time_ns, int(found[2]), task=found[1])
        events.append(event)
        stack.append(event)
    for stack in stacks.values():
        _close(events, stack)
    return events


def _parse_tree(text: str) -> list[Event]:
    events: list[Event] = []
    stack: list[Event] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _NAME.match(line)
        if not found or len(found[1]) % 2 or len(found[1]) // 2 > len(stack):
            raise TraceError(f"not a name indented by steps of two: {line.strip()[:60]!r}", number)
        while len(stack) > len(found[1]) // 2:
            events.append(_leaving(stack.pop(), 0))
        event = Event(ENTER, found[2], found[3].strip(), len(stack))
        events.append(event)
        stack.append(event)
    _close(events, stack)
    return events


def _close(events: list[Event], stack: list[Event]) -> None:
    while stack:
        events.append(_leaving(stack.pop(), 0))
