# SPDX-License-Identifier: GPL-2.0-only
"""The command `trace`: type a session on a machine, record what its kernel does, and write that in some format.

    python -m vethkernel trace SESSION.console --format function_graph|pcapng|chrome|json|dot|svg [-o FILE]
                               [--function NAME] [--depth N] [--layer LAYER] [--packet NUMBER|TEXT]
"""

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

from vethkernel.machine import Machine
from vethkernel.trace import exports
from vethkernel.trace.callgraph import CallGraph, call_graph
from vethkernel.trace.filters import filtered
from vethkernel.trace.function_graph import function_graph
from vethkernel.trace.recorder import Recorder
from vethkernel.user.session import played, steps

CHOICES = ("function", "depth", "layer", "packet")
Draw = Callable[[CallGraph], Any]


class Refused(Exception):
    """What was asked for cannot be had; says why."""


def trace(text: str, args: Namespace, machine: Machine, draw: Draw) -> None:
    """Record the session `text` and write it as `args` say; Refused if that cannot be done. `draw` makes a Figure."""
    if all(command is None or console == "#" for console, command in steps(text)):
        raise Refused(f"{args.file}: no command in it: a session's commands begin with $")
    if args.format == "pcapng" and (args.depth or args.layer):
        raise Refused("--depth and --layer choose calls, and a capture has none; use --function or --packet")
    if args.format == "pcapng" and not args.output and sys.stdout.isatty():
        raise Refused("a capture is not for the terminal: name a file with -o")
    with Recorder(machine) as recorded:
        for _ in played(text, machine):
            pass
    if recorded.truncated:
        count = len(recorded.events)
        sys.stderr.write(f"vethkernel: the recording was full after {count} events; the rest is missing\n")
    write(export(recorded, args, draw), args.output)


def export(recorded: Recorder, args: Namespace, draw: Draw) -> bytes:
    """The recording in the format, narrowed to what was chosen."""
    choice = {name: getattr(args, name) for name in CHOICES}
    if args.packet:
        choice["packet"] = packet_number(recorded, args.packet)
    if not filtered(recorded.calls, **choice):
        chosen = " ".join(f"--{name} {getattr(args, name)}" for name in CHOICES if choice[name])
        raise Refused(f"nothing that ran fits {chosen}")
    if args.format == "function_graph":
        return function_graph(recorded.calls, **choice).encode()
    if args.format == "pcapng":
        return exports.pcapng(recorded, choice["function"], choice["packet"])
    if args.format in ("chrome", "json"):
        return {"chrome": exports.chrome, "json": exports.events}[args.format](recorded, **choice).encode()
    try:
        figure = draw(graph(recorded, choice))
        return (figure.source if args.format == "dot" else figure.svg + "\n").encode()
    except ImportError:
        raise Refused("a picture needs the package graphviz; run: pip install graphviz graphviz-pure")
    except RuntimeError as error:
        raise Refused(f"the picture cannot be drawn: {error}")
    except CalledProcessError:  # what dot says of it, no reader understands
        raise Refused("so large a picture cannot be drawn: choose a part: --packet, --function, --layer or --depth")


def packet_number(recorded: Recorder, wanted: str) -> int:
    """The packet of that number, or the first whose description contains that text."""
    if not wanted.isdecimal():
        try:
            return recorded.packet(wanted)
        except LookupError as error:
            raise Refused(error.args[0])
    if not any(event.packet == int(wanted) for event in recorded.events if event.packet):
        seen = [f"\n  {number}  {words}" for number, words in recorded.packets.items()]
        raise Refused(f"no packet {wanted}; those that passed a device:" + "".join(seen or ["\n  none"]))
    return int(wanted)


def graph(recorded: Recorder, choice: dict[str, Any]) -> CallGraph:
    """The call graph of what was chosen; with a packet, its way from queue to queue."""
    calls = filtered(recorded.calls, choice["function"], layer=choice["layer"])
    title = recorded.packets.get(choice["packet"], choice["function"] or "all that ran")
    return call_graph(calls, packet=choice["packet"], depth=choice["depth"], title=title)


def write(data: bytes, output: Path | None) -> None:
    """To the file, or to standard output; OSError if that cannot be written."""
    if not output:
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise Refused(f"{output}: {error.strerror}")
