# SPDX-License-Identifier: GPL-2.0-only
"""python -m vethkernel: a prompt on a fresh machine; `run FILE` types a whole session on one; `compare TRACE` holds a
real kernel's trace against the model."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vethkernel import __version__
from vethkernel.hardware import HOSTS
from vethkernel.machine import Machine, boot
from vethkernel.user.prompt import prompt
from vethkernel.user.session import played


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] == ["compare"]:
        from vethkernel.trace.scenarios import main as compare  # only here: the prompt starts sooner without it

        return compare(argv[1:])
    args = arguments().parse_args(argv)
    machine = boot(devices=HOSTS[args.hardware])
    try:
        return run(args.file, machine) if args.command == "run" else prompt(machine)
    except BrokenPipeError:  # whoever read our output has gone
        sys.stdout = None
        return 1


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
    session = commands.add_parser("run", help="type a session's commands and print the transcript")
    session.add_argument("file", metavar="FILE", type=Path, help="a .console file; the answers it holds do not matter")
    commands.add_parser("compare", help="hold a real kernel's call trace against the model (compare --help)")
    return parser


def run(file: Path, machine: Machine) -> int:
    """Type the commands of a .console file and print what the machine answers, in the same format."""
    try:
        text = file.read_text("utf-8")
    except OSError as e:
        return complain(f"{file}: {e.strerror}")
    except ValueError:
        return complain(f"{file}: not a text in UTF-8")
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
