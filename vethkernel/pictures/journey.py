# SPDX-License-Identifier: GPL-2.0-only
"""A packet's journey as a figure to step through: by arrow keys, buttons or a slider, or as a list to read.

    with Recorder(machine, snapshots=True) as trace: ...
    journey(trace, trace.packet("echo request"), trace.packet("echo reply"))

The list is the HTML, and all that is changed at a step is in it; journey.js makes a stepper of it, which also shows
the whole function and the whole skb. As text, the figure is the same list. It needs nothing from anywhere.
"""

import json
import re
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from vethkernel.trace.callgraph import RECEIVE
from vethkernel.trace.events import SOFTIRQ as IN_SOFTIRQ
from vethkernel.trace.journey import Listing, Stop, frame_fields, listing, listings, stops
from vethkernel.trace.layers import DEVICE, DRIVER, NEIGHBOUR, SOFTIRQ, STACK, SYSCALL, layer_of
from vethkernel.trace.snapshots import SkbState

SENDING = (SYSCALL, STACK, NEIGHBOUR, DEVICE, DRIVER)
LANES = (*SENDING, SOFTIRQ, *reversed(SENDING))


class Journey:
    """The steps of one or more packets' ways. `text`: all of them in words; `html`: the figure."""

    def __init__(self, steps: list[Stop], packets: dict[int, str], title: str) -> None:
        self.title = title
        self.steps = steps
        self._packets = packets
        functions = listings()
        self._listings: dict[str, Listing] = {}  # by the C file and the name, in the order in which they first ran
        for step in steps:
            function = functions.get((step.call.name, step.call.file))
            if function and _key(step) not in self._listings:
                self._listings[_key(step)] = listing(function)

    @property
    def text(self) -> str:
        """The readable list."""
        lines = [self.title]
        for number, step in enumerate(self.steps, 1):
            lines += ["", f"{number}. {_head(step)}{_via(step)}", f"   {self._place(step)}"]
            lines += [f"   > {line}" for line in self._line(step)]
            lines.append(f"   who has the packet: {step.holder}")
            lines += [f"   {change}" for change in _changes(step)]
        return "\n".join(lines)

    def _place(self, step: Stop) -> str:
        """Which packet, its layer and direction, and in whose time the function runs."""
        call = step.call
        direction = "receiving" if step.part == RECEIVE else "sending"
        when = "in the soft interrupt, " if call.context == IN_SOFTIRQ else ""
        layer, task = layer_of(call.name, call.file), call.enter.task or "no task"
        return f"{self._packets[step.packet]}: {layer}, {direction}, {when}in the time of {task}"

    def _line(self, step: Stop) -> list[str]:
        """The line that calls on, if there is one."""
        found = self._listings.get(_key(step))
        return [found.lines[step.line].strip()] if found and 0 <= step.line < len(found.lines) else []

    @property
    def html(self) -> str:
        """The figure, whole: list, functions, data, looks and script."""
        here = files("vethkernel.pictures")
        items = "".join(self._item(step) for step in self.steps)
        return (
            f'<style>{here.joinpath("journey.css").read_text("utf-8").strip()}</style>\n'
            f'<div class="vk-journey" role="group" aria-label="{escape(self.title)}"><p><b>{escape(self.title)}</b></p>'
            f'<ol class="vk-steps">{items}</ol>\n'
            f'<details class="vk-functions"><summary>The functions, as they stand in the model</summary>'
            f"{''.join(_figure(found) for found in self._listings.values())}</details>\n"
            f'<script type="application/json">{_harmless(self._data())}</script></div>\n'
            f"<script>{here.joinpath('journey.js').read_text('utf-8').strip()}</script>"
        )

    def _item(self, step: Stop) -> str:
        line = "".join(f"<pre>{escape(line)}</pre>" for line in self._line(step))
        changes = "".join(f"<li>{escape(change)}</li>" for change in _changes(step))
        via = f" through <code>{escape(step.call.via)}</code>" if _via(step) else ""
        return (
            f"<li><p><b>{escape(_head(step))}</b>{via}<br><small>{escape(self._place(step))}</small></p>{line}"
            f"<p>Who has the packet: {escape(step.holder)}</p>{f'<ul>{changes}</ul>' if changes else ''}</li>\n"
        )

    def _data(self) -> dict[str, Any]:
        """What the stepper shows besides: each function, set of fields and set of bytes once, named by number."""
        functions = {key: number for number, key in enumerate(self._listings)}
        fields: dict[str, int] = {}
        frames: dict[str, int] = {}
        rows = []
        latest: dict[int, int] = {}
        for number, step in enumerate(self.steps):
            skb = [-1, -1]
            if step.state:
                values, frame = json.dumps([value for _, value in step.state.fields]), json.dumps(_frame(step.state))
                skb = [fields.setdefault(values, len(fields)), frames.setdefault(frame, len(frames))]
            rows.append([_lane(step), functions.get(_key(step), -1), step.line, *skb, latest.get(step.packet, -1)])
            latest[step.packet] = number
        names = next(([name for name, _ in step.state.fields] for step in self.steps if step.state), [])
        return {
            "lanes": LANES,
            "names": names,
            "fields": [json.loads(values) for values in fields],
            "frames": [json.loads(frame) for frame in frames],
            "steps": rows,
        }

    def save(self, path: str | Path) -> None:
        """Write a page of its own that shows the figure, from a file too."""
        page = (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
            f"<title>{escape(self.title)}</title></head><body>\n{self.html}\n</body></html>\n"
        )
        Path(path).write_text(page, "utf-8")

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def journey(trace: Any, *packets: int, title: str = "", **choice: Any) -> Journey:
    """The journey of these packets, or of all that a driver saw; `choice` is what `call_graph` may be asked for."""
    known = {packet: trace.packets.get(packet, f"packet {packet}") for packet in packets or trace.packets}
    steps = stops(trace, *known, **choice)
    return Journey(steps, {packet: _kind(words) for packet, words in known.items()}, title or "; ".join(known.values()))


def _kind(description: str) -> str:
    """What a packet is, without whose: "ICMP echo request"."""
    return re.split(r",? \d", description, maxsplit=1)[0] if " > " in description else description


def _key(step: Stop) -> str:
    return f"{step.call.file}:{step.call.name}"


def _head(step: Stop) -> str:
    return f"back in {step.call.name}" if step.back else step.call.name


def _via(step: Stop) -> str:
    return f" through {step.call.via}" if step.call.via and not step.back else ""


def _lane(step: Stop) -> int:
    """Which of LANES is lit; -1: a function beside them."""
    layer = layer_of(step.call.name, step.call.file)
    if layer not in LANES:
        return -1
    return len(LANES) - 1 - LANES.index(layer) if step.part == RECEIVE else LANES.index(layer)


def _changes(step: Stop) -> list[str]:
    fresh = step.state is not None and step.before is None
    skb = [_change(f"skb.{name}" if name != "skb" else "skb", *values) for name, *values in step.fields]
    found = [f"a new skb: {', '.join(f'{name} {new}' for name, _, new in step.fields)}"] if fresh else skb
    found += [_change(name, *values) for name, *values in step.bytes]
    if step.before and not step.state:
        found.append("the skb has ended")
    return found + [_change(name, *values) for name, *values in step.counters]


def _change(name: str, before: str, after: str) -> str:
    return f"{name}: {before} → {after}" if before else f"{name}: {after}, new"


def _frame(state: SkbState) -> list[list[Any]]:
    """The bytes by header field: header, field, place in the buffer, hex, value."""
    rows = []
    for field in frame_fields(state):
        raw = state.frame[field.start : field.end]
        rows.append([field.header, field.name, field.start, raw.hex(" "), field.value if field.name else ""])
    return rows


def _figure(found: Listing) -> str:
    source = escape("\n".join(found.lines))
    return (
        f'<figure><figcaption><code>{escape(found.name)}</code> in <code>{escape(found.path)}</code>, after '
        f'<a href="{escape(found.place.link)}">{escape(str(found.place))}</a></figcaption><pre>{source}</pre></figure>'
    )


def _harmless(data: Any) -> str:
    """JSON that may stand in a page whatever texts it holds."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


