# SPDX-License-Identifier: GPL-2.0-only
"""The recorder: watches which kernel functions run, while the kernel code knows nothing of it.

    with Recorder() as trace:
        machine.run("ping -c 1 192.168.1.2 -I veth0")
    trace.calls        # the trees of calls
    trace.events       # the same as a list of moments
    trace.packets      # which packets were seen: number and what they carry

It uses the interpreter's own hooks: sys.monitoring from Python 3.12 on, switched on for the code of the mirrored
modules alone so that everything else runs at full speed, and sys.setprofile before. Both give the same events. Off, it
costs nothing; on, it only looks. Functions that are patched while a recording runs are not seen: patch first.
"""

import sys
from opcode import opname
from threading import get_ident
from types import CodeType, FrameType, TracebackType
from typing import Any, Self

from vethkernel.globals import g
from vethkernel.include.linux.interrupt import SOFTIRQ_OFFSET
from vethkernel.trace.events import ENTER, LEAVE, PROCESS, SOFTIRQ, UNWIND, Call, Event, calls_of
from vethkernel.trace.packets import Frame, Packets
from vethkernel.trace.sites import entry_called
from vethkernel.trace.snapshots import Snapshot, line_of_call, snapshot
from vethkernel.trace.watched import Watched, watched_code

_monitoring: Any = getattr(sys, "monitoring", None)


class Recorder:
    """Records one run, in the thread that opened it. `machine`: only that one; `inlines`: those of include/ too.

    `snapshots`: keep at each event, in a list beside `events`, what the skbs, queues and counters then were.
    """

    def __init__(
        self, machine: Any = None, inlines: bool = False, limit: int = 2_000_000, snapshots: bool = False
    ) -> None:
        self.events: list[Event] = []
        self.snapshots: list[Snapshot] | None = [] if snapshots else None
        self.truncated = False  # True once `limit` events were reached; later ones are not kept
        self._limit = limit
        self._variables = None if machine is None else machine.variables
        self._inlines = inlines
        self._packets = Packets()
        self._open: list[tuple[CodeType, Event, Any]] = []  # with the skb at hand
        self._calls: list[Call] | None = None

    def __enter__(self) -> Self:
        self._watched: dict[CodeType, Watched] = watched_code(self._inlines)
        self._thread = get_ident()
        self._hook = _Monitoring(self) if sys.version_info >= (3, 12) else _Profile(self)
        self._hook.start(list(self._watched))
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, where: TracebackType | None) -> None:
        self._hook.stop()
        self._open.clear()
        self._packets.forget_objects()

    @property
    def calls(self) -> list[Call]:
        """The recorded calls as trees, one for each time the kernel was entered."""
        if self._calls is None:
            self._calls = calls_of(self.events)
        return self._calls

    @property
    def packets(self) -> dict[int, str]:
        """What each packet carried when it first passed a device: {2: "ICMP echo request 10.0.0.1 > 10.0.0.2 ..."}."""
        return self._packets.described()

    @property
    def frames(self) -> list[Frame]:
        """The frames that passed the devices, in order: what a tap on each of them would have seen."""
        return self._packets.frames

    def packet(self, text: str) -> int:
        """The number of the first packet whose description contains `text`."""
        for number, description in self.packets.items():
            if text in description:
                return number
        raise LookupError(f"no packet like {text!r}; seen: {'; '.join(self.packets.values()) or 'none'}")

    def __repr__(self) -> str:
        return f"<Recorder: {len(self.events)} events, {len(self.packets)} packets>"

    # What the hooks call.

    def entered(self, code: CodeType, frame: FrameType) -> None:
        """A watched function begins; `frame` holds its arguments."""
        variables = g.__dict__
        if get_ident() != self._thread or (self._variables is not None and variables is not self._variables):
            return
        watched = self._watched[code]
        values = frame.f_locals
        parameters = watched.parameters
        packets = self._packets
        if watched.derives:
            packets.derive(values[parameters[0]], values[parameters[1]])
        skb, dev = packets.at_hand(values, parameters)
        event = Event(
            ENTER,
            watched.name,
            watched.file,
            len(self._open),
            variables.get("clock_ns", 0),
            variables.get("cpu", 0),
            SOFTIRQ if variables.get("preempt_count", 0) & SOFTIRQ_OFFSET else PROCESS,
            _task(variables.get("current")),
            *packets.numbers(skb),
            dev,
            entry_called(frame.f_back, code),
            tuple([(name, packets.shown(values[name])) for name in parameters]),
        )
        caller = self._open[-1][0] if self._open else None
        self._open.append((code, event, skb))
        self._keep(event)
        if self.snapshots is not None:
            self._look(line_of_call(frame, caller) if caller else -1)
        if watched.tap and skb is not None and not self.truncated:
            packets.keep_frame(skb, event, watched.tap, variables.get("wall_offset_ns", 0))

    def left(self, code: CodeType, result: Any, kind: str) -> None:
        """A watched function ends, by a return or by an exception."""
        if get_ident() != self._thread or not self._open or self._open[-1][0] is not code:
            return
        _, start, at_hand = self._open.pop()
        watched = self._watched[code]
        packets = self._packets
        if watched.makes:
            packets.adopt(result, start.packet if watched.makes == "same" else 0)
        skb, packet = start.skb, start.packet
        if not skb:
            skb, packet = packets.numbers(packets.returned(result))
        variables = g.__dict__
        event = Event(
            kind, start.function, start.file, start.depth, variables.get("clock_ns", 0), variables.get("cpu", 0),
            start.context, start.task, skb, packet, start.dev, start.via, (), packets.shown(result),
        )  # fmt: skip
        if watched.ends:
            packets.forget(at_hand)
        self._keep(event)
        if self.snapshots is not None:
            self._look(-1)

    def _keep(self, event: Event) -> None:
        self._calls = None
        if len(self.events) < self._limit:
            self.events.append(event)
        else:
            self.truncated = True

    def _look(self, line: int) -> None:
        if len(self.snapshots) < len(self.events):
            self.snapshots.append(snapshot(self._packets.live(), line, self.snapshots[-1] if self.snapshots else None))


def _task(current: Any) -> str:
    return "" if current is None else f"{current.comm}-{current.pid}"


class _Monitoring:
    """The hook of Python 3.12 and later: events only from the watched code; unwinding is looked at everywhere."""

    NAME = "vethkernel recorder"

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def start(self, codes: list[CodeType]) -> None:
        monitoring = _monitoring
        events = monitoring.events
        self.codes = codes
        watched = self.recorder._watched
        entered, left, getframe = self.recorder.entered, self.recorder.left, sys._getframe

        def on_start(code: CodeType, offset: int) -> None:
            entered(code, getframe(1))

        def on_return(code: CodeType, offset: int, result: Any) -> None:
            left(code, result, LEAVE)

        def on_unwind(code: CodeType, offset: int, error: BaseException) -> None:
            if code in watched:
                left(code, None, UNWIND)

        self.tool = _free_tool()
        monitoring.use_tool_id(self.tool, self.NAME)
        monitoring.register_callback(self.tool, events.PY_START, on_start)
        monitoring.register_callback(self.tool, events.PY_RETURN, on_return)
        monitoring.register_callback(self.tool, events.PY_UNWIND, on_unwind)
        monitoring.set_events(self.tool, events.PY_UNWIND)
        for code in codes:
            monitoring.set_local_events(self.tool, code, events.PY_START | events.PY_RETURN)

    def stop(self) -> None:
        monitoring = _monitoring
        events = monitoring.events
        monitoring.set_events(self.tool, 0)
        for code in self.codes:
            monitoring.set_local_events(self.tool, code, 0)
        for event in (events.PY_START, events.PY_RETURN, events.PY_UNWIND):
            monitoring.register_callback(self.tool, event, None)
        monitoring.free_tool_id(self.tool)


def _free_tool() -> int:
    """A tool number that nobody uses: the profilers' first."""
    for tool in (2, 3, 4, 0, 1, 5):
        if _monitoring.get_tool(tool) is None:
            return tool
    raise RuntimeError("all of Python's monitoring tools are in use; close a debugger, profiler or recorder first")


class _Profile:
    """The hook of Python 3.11: called for every function there is, so it looks quickly and goes on."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def start(self, codes: list[CodeType]) -> None:
        watched = self.recorder._watched
        entered, left = self.recorder.entered, self.recorder.left
        self.before = before = sys.getprofile()
        if before is not None and not isinstance(before, type(lambda: None)):
            raise RuntimeError("another profiler is running; stop it first")

        def on_event(frame: FrameType, what: str, value: Any) -> None:
            if before is not None:
                before(frame, what, value)
            if what == "call" and frame.f_code in watched:
                entered(frame.f_code, frame)
            elif what == "return" and frame.f_code in watched:
                returned = value is not None or _is_return(frame)
                left(frame.f_code, value, LEAVE if returned else UNWIND)

        sys.setprofile(on_event)

    def stop(self) -> None:
        sys.setprofile(self.before)


def _is_return(frame: FrameType) -> bool:
    """Whether the frame ended by a return, not by an exception, which sys.setprofile shows as None too."""
    return opname[frame.f_code.co_code[frame.f_lasti]].startswith("RETURN_")
