# SPDX-License-Identifier: GPL-2.0-only
"""A recording in the formats that other people's tools open. The same recording gives the same bytes.

    pcapng(trace)    bytes: what a tap on every device saw, for Wireshark and tcpdump. One interface for each device, by
                     name; each packet has a comment that tells where it was seen and which one it is, and its direction
    chrome(trace)    text: the Trace Event Format, for Perfetto (ui.perfetto.dev) and speedscope (speedscope.app).
                     A process is a CPU, its threads are what ran there: the tasks, and the soft interrupt
    events(trace)    text: JSON with every event, as vethkernel/data/events.schema.json describes it

`choice` is what `filters.filtered` takes: function, depth, layer, packet. A capture knows function and packet only.
"""

import json
from collections.abc import Iterable
from importlib.resources import files
from struct import pack
from typing import Any

from vethkernel import __version__
from vethkernel.trace.events import ENTER, SOFTIRQ, UNWIND, Call, Event, walk
from vethkernel.trace.filters import filtered, moments
from vethkernel.trace.layers import layer_of
from vethkernel.trace.packets import Frame, Named
from vethkernel.user.pcap import LINKTYPE_ETHERNET, MAXIMUM_SNAPLEN

PRODUCER = f"vethkernel {__version__}"

# pcapng: IETF draft-ietf-opsawg-pcapng, sections 3.5 (options), 4.1 (section), 4.2 (interface), 4.3 (packet)
SECTION_BLOCK, INTERFACE_BLOCK, PACKET_BLOCK = 0x0A0D0D0A, 1, 6
BYTE_ORDER_MAGIC, LENGTH_UNKNOWN = 0x1A2B3C4D, -1
OPT_END, OPT_COMMENT, SHB_OS, SHB_USERAPPL, IF_NAME, IF_DESCRIPTION, IF_TSRESOL, EPB_FLAGS = 0, 1, 3, 4, 2, 3, 9, 2
NANOSECONDS = 9
DIRECTION_FLAGS = {"in": 1, "out": 2}
MAXIMUM_OPTION = 0xFFFF


def pcapng(trace: Any, function: str = "", packet: int = 0) -> bytes:
    """The frames that passed the devices, as a capture file."""
    frames: list[Frame] = trace.frames
    if function or packet:
        kept = {id(call.enter) for call in walk(filtered(trace.calls, function, packet=packet))}
        frames = [frame for frame in frames if id(frame.event) in kept]
    interfaces: dict[tuple[int, int, str], int] = {}
    for frame in frames:
        interfaces.setdefault(_interface(frame), len(interfaces))
    head = pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, LENGTH_UNKNOWN)
    about = _option(SHB_OS, "Linux, as a model of v3.10.4") + _option(SHB_USERAPPL, PRODUCER)
    blocks = [_block(SECTION_BLOCK, head + about + _option(OPT_END))]
    for namespace, ifindex, name in interfaces:
        where = f"device {ifindex} of network namespace {namespace}"
        options = _option(IF_NAME, name) + _option(IF_DESCRIPTION, where) + _option(IF_TSRESOL, bytes([NANOSECONDS]))
        head = pack("<HHI", LINKTYPE_ETHERNET, 0, MAXIMUM_SNAPLEN)
        blocks.append(_block(INTERFACE_BLOCK, head + options + _option(OPT_END)))
    for frame in frames:
        head = pack(
            "<IIIII", interfaces[_interface(frame)], frame.wall_ns >> 32, frame.wall_ns & 0xFFFFFFFF, len(frame.data),
            frame.length,
        )  # fmt: skip
        options = _option(OPT_COMMENT, _seen(frame)) + _option(EPB_FLAGS, pack("<I", DIRECTION_FLAGS[frame.direction]))
        blocks.append(_block(PACKET_BLOCK, head + _padded(frame.data) + options + _option(OPT_END)))
    return b"".join(blocks)


def _interface(frame: Frame) -> tuple[int, int, str]:
    """A device is one by its place and its name: one that is renamed is another interface of the capture."""
    return frame.namespace, frame.ifindex, frame.event.dev


def _seen(frame: Frame) -> str:
    event = frame.event
    by = f"{event.task}, " if event.task else ""
    return (
        f"{event.dev} {frame.direction}, in {event.function}() ({by}CPU {event.cpu}, {_context(event)}): "
        f"packet {event.packet}, skb#{event.skb}"
    )


def _context(event: Event) -> str:
    return "soft interrupt" if event.context == SOFTIRQ else "process"


def _block(kind: int, body: bytes) -> bytes:
    length = pack("<I", 12 + len(body))
    return pack("<I", kind) + length + body + length


def _option(code: int, value: str | bytes = b"") -> bytes:
    data = (value.encode("utf-8", "backslashreplace") if isinstance(value, str) else value)[:MAXIMUM_OPTION]
    return pack("<HH", code, len(data)) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


ABOUT_TIME = (
    "ts says in which order, not how long: the machine's clock stands still while the kernel works, so every moment is "
    "shown one microsecond after the one before it, or at its own virtual time if that is later. "
    "args.virtual_time_ns is the machine's clock."
)
STEP_NS = 1000


def chrome(trace: Any, **choice: Any) -> str:
    """The calls in the Trace Event Format: B and E for each call, X for none, M for the names of CPUs and tasks."""
    described = trace.packets
    tracks: dict[tuple[int, str], int] = {}
    rows: list[dict[str, Any]] = []
    now_ns = -STEP_NS

    def visit(call: Call) -> None:
        add("B", call, call.enter, {"file": call.file} | _args(call.enter, described))
        for child in call.children:
            visit(child)
        add("E", call, call.leave, _outcome(call.leave))

    def add(phase: str, call: Call, event: Event | None, args: dict[str, Any]) -> None:
        nonlocal now_ns
        now_ns = max(now_ns + STEP_NS, event.time_ns if event else 0)
        pid, tid = _track(call.enter, tracks)
        row = {"ph": phase, "name": call.name, "cat": layer_of(call.name, call.file), "pid": pid, "tid": tid}
        rows.append(row | {"ts": now_ns // 1000 if now_ns % 1000 == 0 else now_ns / 1000, "args": args})

    for call in filtered(trace.calls, **choice):
        visit(call)
    head = {
        "displayTimeUnit": "ns",
        "otherData": {"producer": PRODUCER, "time": ABOUT_TIME, "truncated": str(trace.truncated).lower()},
    }
    return _document(head, "traceEvents", [*_track_names(tracks), *rows])


def _track(event: Event, tracks: dict[tuple[int, str], int]) -> tuple[int, int]:
    """Where an event is drawn: the CPU, and a number there, 0 for the soft interrupt, else one for each task."""
    who = "" if event.context == SOFTIRQ else event.task or "kernel"
    return event.cpu, tracks.setdefault((event.cpu, who), len(tracks) + 1 if who else 0)


def _track_names(tracks: dict[tuple[int, str], int]) -> Iterable[dict[str, Any]]:
    for cpu in sorted({cpu for cpu, _ in tracks}):
        yield {"ph": "M", "name": "process_name", "pid": cpu, "tid": 0, "args": {"name": f"CPU {cpu}"}}
    for (cpu, who), tid in tracks.items():
        yield {"ph": "M", "name": "thread_name", "pid": cpu, "tid": tid, "args": {"name": who or "soft interrupt"}}


def _args(event: Event, described: dict[int, str]) -> dict[str, Any]:
    """What a call had at hand; what it had not is left out."""
    found = {
        "virtual_time_ns": event.time_ns,
        "skb": event.skb and f"skb#{event.skb}",
        "packet": event.packet and f"{event.packet}: {described.get(event.packet, 'seen on no device')}",
        "device": event.dev,
        "through": event.via,
        "arguments": {name: _plain(value) for name, value in event.args},
    }
    return {key: value for key, value in found.items() if value or key == "virtual_time_ns"}


def _outcome(event: Event | None) -> dict[str, Any]:
    if event is None:
        return {"unfinished": True}
    found = {"virtual_time_ns": event.time_ns, "result": _plain(event.result)}
    return found | ({"left by an exception": True} if event.kind == UNWIND else {})


def events(trace: Any, **choice: Any) -> str:
    """All events as JSON, one a line; `schema` tells how to read them."""
    chosen = moments(filtered(trace.calls, **choice)) if any(choice.values()) else trace.events
    head = {
        "format": "vethkernel events 1",
        "producer": PRODUCER,
        "truncated": trace.truncated,
        "packets": {str(number): words for number, words in trace.packets.items()},
    }
    return _document(head, "events", [_row(event) for event in chosen])


def schema() -> dict[str, Any]:
    """The JSON Schema of what `events` writes."""
    return json.loads((files("vethkernel.data") / "events.schema.json").read_text("utf-8"))


def _row(event: Event) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(event, name) for name in _FIELDS}
    row["layer"] = layer_of(event.function, event.file)
    if event.kind == ENTER:
        return row | {"via": event.via, "args": [[name, _plain(value)] for name, value in event.args]}
    return row | {"result": _plain(event.result)}


_FIELDS = ("kind", "function", "file", "depth", "time_ns", "cpu", "context", "task", "skb", "packet", "dev")


def _plain(value: Any) -> Any:
    """A value as JSON has it: bytes are {"bytes": "02ab"}, what only a name is kept of is {"name": "skb#3"}."""
    if isinstance(value, Named):
        return {"name": str(value)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _document(head: dict[str, Any], name: str, rows: list[dict[str, Any]]) -> str:
    """A JSON object whose last member is a long list, one row a line."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    return f"{json.dumps(head | {name: []}, indent=1)[:-4]}[\n{lines}\n]\n}}\n"
