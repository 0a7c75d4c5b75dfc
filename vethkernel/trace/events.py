# SPDX-License-Identifier: GPL-2.0-only
"""What a run consists of: one record for each function entered and left, and the tree of calls they make.

Every view is made from these two types alone: the function_graph text, the pictures, the difference of two runs,
the comparison with a real kernel. A trace that was read from ftrace's text has the same types, with fewer fields set.

    Event   one moment: a function is entered or left
    Call    one call from its first moment to its last, with the calls it made, in order
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

ENTER, LEAVE, UNWIND = "enter", "leave", "unwind"
PROCESS, SOFTIRQ = "process", "softirq"


@dataclass(slots=True)
class Event:
    """One moment of a run. On the way out `result` is set instead of `args`."""

    kind: str  # ENTER, LEAVE, or UNWIND: left by an exception
    function: str
    file: str = ""  # the C file that the function comes from, or "[veth]" where ftrace names a kernel module
    depth: int = 0
    time_ns: int = 0  # the machine's virtual time
    cpu: int = 0
    context: str = PROCESS  # or SOFTIRQ, inside __do_softirq
    task: str = ""  # "ping-103"
    skb: int = 0  # which struct sk_buff is at hand; 0: none
    packet: int = 0  # which packet that is: clones, copies and fragments bear their original's number
    dev: str = ""  # the device at hand
    via: str = ""  # the entry of the ops table, or the pointer, that the call went through: "ndo_start_xmit"
    args: tuple[tuple[str, Any], ...] = ()  # (parameter, value): numbers, texts and bytes as they are, structs named
    result: Any = None


@dataclass(slots=True)
class Call:
    """A call with all it called. `leave` is None if the recording ended before the function did."""

    enter: Event
    leave: Event | None = None
    children: list["Call"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.enter.function

    @property
    def file(self) -> str:
        return self.enter.file

    @property
    def context(self) -> str:
        return self.enter.context

    @property
    def via(self) -> str:
        return self.enter.via

    @property
    def args(self) -> tuple[tuple[str, Any], ...]:
        return self.enter.args

    @property
    def result(self) -> Any:
        return self.leave.result if self.leave else None

    @property
    def skb(self) -> int:
        return self.enter.skb or (self.leave.skb if self.leave else 0)

    @property
    def packet(self) -> int:
        return self.enter.packet or (self.leave.packet if self.leave else 0)

    @property
    def dev(self) -> str:
        return self.enter.dev or (self.leave.dev if self.leave else "")

    @property
    def duration_ns(self) -> int:
        return self.leave.time_ns - self.enter.time_ns if self.leave else 0

    def walk(self) -> Iterator["Call"]:
        """This call and all below it, in the order in which they were entered."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find(self, name: str) -> list["Call"]:
        """All calls of that function, here or below."""
        return [call for call in self.walk() if call.name == name]

    def __repr__(self) -> str:
        return f"<Call {self.name} with {sum(1 for _ in self.walk()) - 1} calls below>"


def calls_of(events: Iterable[Event]) -> list[Call]:
    """The events as trees: one for each function that was entered from outside. Tasks may be interleaved."""
    roots: list[Call] = []
    stacks: dict[str, list[Call]] = {}
    for event in events:
        stack = stacks.setdefault(event.task, [])
        if event.kind == ENTER:
            call = Call(event)
            (stack[-1].children if stack else roots).append(call)
            stack.append(call)
        elif stack:
            stack.pop().leave = event
    return roots


def walk(calls: Iterable[Call]) -> Iterator[Call]:
    """All calls of a forest, in the order in which they were entered."""
    for call in calls:
        yield from call.walk()


def tree_text(calls: Iterable[Call], indent: int = 0) -> str:
    """The forest as indented names, the shape of the recorded kernel trees."""
    lines: list[str] = []
    for call in calls:
        lines.append("  " * indent + call.name + "\n")
        lines.append(tree_text(call.children, indent + 1))
    return "".join(lines)
