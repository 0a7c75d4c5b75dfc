# SPDX-License-Identifier: GPL-2.0-only
"""python -m vethkernel: a prompt on a fresh machine; `run FILE` types a whole session on one; `trace FILE` writes what
its kernel did for other tools; `compare TRACE` holds a real kernel's trace against the model."""

import argparse
import errno
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vethkernel import __version__
from vethkernel.hardware import HOSTS
from vethkernel.machine import Machine, boot
from vethkernel.trace.layers import LAYERS
from vethkernel.user.prompt import prompt
from vethkernel.user.session import played

SESSION = "a .console file: on each line $ and a command, or # and a comment; the answers it holds do not matter"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        status = command(argv)
        print(end="", flush=True)
    except OSError as error:  # of standard output: all other files are looked after where they are used
        sys.stdout = None  # what it still holds cannot be written at the end either
        gone = error.errno in (errno.EPIPE, errno.EINVAL)  # whoever read it; the second is how Windows says so
        return 1 if gone else complain(f"standard output: {error.strerror}")
    return status


def command(argv: list[str]) -> int:
    """The command that the words name; OSError if standard output cannot be written."""
    if argv[:1] == ["compare"]:
        from vethkernel.trace.scenarios import main as compare  # only here: the prompt starts sooner without it

        with ended_by_ctrl_c():
            return compare(argv[1:])
    args = arguments().parse_args(argv)
    machine = boot(devices=HOSTS[args.hardware])
    if not args.command:
        return prompt(machine)
    with ended_by_ctrl_c():
        return trace(args, machine) if args.command == "trace" else run(args.file, machine)


@contextmanager
def ended_by_ctrl_c() -> Iterator[None]:
    """Ctrl-C ends the process: as an exception, the machine would take it for a ^C typed to its own program."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vethkernel",
        description="A small Linux machine on which the kernel's network path can be watched. It is all simulated: "
        "nothing typed on it reaches your own machine.",
    )
    parser.add_argument("--version", action="version", version=f"vethkernel {__version__}")
    hardware = parser.add_mutually_exclusive_group()
    hardware.add_argument("--hardware", choices=sorted(HOSTS), default="plain", help="what the machine has besides lo")
    hardware.add_argument(
        "--article",
        dest="hardware",
        action="store_const",
        const="article",
        help="the article's host, with eth0 and eth1",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    typed = commands.add_parser("run", help="type a session's commands and print the transcript")
    typed.add_argument("file", metavar="FILE", type=Path, help=SESSION)
    trace_arguments(commands.add_parser("trace", help="type a session's commands and write what the kernel did"))
    commands.add_parser("compare", help="hold a real kernel's call trace against the model (compare --help)")
    return parser


def trace_arguments(parser: argparse.ArgumentParser) -> None:
    formats = ["function_graph", "pcapng", "chrome", "json", "dot", "svg"]
    parser.description = "Type a session's commands, record what the kernel does, and write it for other tools to read."
    parser.add_argument("file", metavar="FILE", type=Path, help=SESSION)
    for_whom = "ftrace's text; pcapng for Wireshark and tcpdump, chrome for Perfetto and speedscope, dot for Graphviz"
    parser.add_argument("--format", choices=formats, default=formats[0], help=for_whom)
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to write; otherwise standard output")
    parser.add_argument("--function", metavar="NAME", default="", help="only what this function does")
    parser.add_argument("--depth", metavar="N", type=positive, default=0, help="only so many levels of calls")
    parser.add_argument("--layer", choices=LAYERS, default="", metavar="LAYER",
                        help=f"only functions of this layer: {', '.join(LAYERS)}")  # fmt: skip
    parser.add_argument("--packet", metavar="PACKET", default="", help="only what concerns this packet: its number, or "
                        "a text that its description has, like 'echo request'")  # fmt: skip


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"not a number from 1 on: {text!r}")
    return int(text)


def trace(args: argparse.Namespace, machine: Machine) -> int:
    """Type the commands of a .console file and write what the kernel did."""
    from vethkernel.trace import command  # only here, as above

    try:
        command.trace(session(args.file), args, machine, picture)
    except (BadSession, command.Refused) as refused:
        return complain(str(refused))
    return 0


def picture(graph: Any) -> Any:
    from vethkernel.pictures import draw  # only here: it needs the package graphviz

    return draw(graph)


class BadSession(Exception):
    """The file cannot be read as a session; says why."""


def session(file: Path) -> str:
    """The text of a .console file."""
    try:
        return file.read_text("utf-8-sig")  # Windows' editors begin a text with a mark
    except OSError as e:
        raise BadSession(f"{file}: {e.strerror}")
    except ValueError:
        raise BadSession(f"{file}: not a text in UTF-8")


def run(file: Path, machine: Machine) -> int:
    """Type the commands of a .console file and print what the machine answers, in the same format."""
    try:
        text = session(file)
    except BadSession as e:
        return complain(str(e))
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    for line in played(text, machine):
        print(line)
    return 0


def complain(message: str) -> int:
    sys.stderr.write(f"vethkernel: {message}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
