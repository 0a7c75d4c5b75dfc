# SPDX-License-Identifier: GPL-2.0-only
"""Sessions: files of commands and what a machine answered, run again on a machine of ours.

    # a comment
    $ COMMAND                 on the first console; then its output, "[stderr] ..." lines, "[exit N]", an empty line
    2$ COMMAND                started on a second console (3, 4 ... likewise), where it goes on running
    2^C                       interrupted there; then its output

`replay` runs a session's commands, whatever outputs it holds, and gives the session as it went. `normal` makes equal what
two runs of the same commands may differ in.
"""

import re
from collections.abc import Iterator
from typing import Any

PROMPT = re.compile(r"(\d*)\$ (.*)")
BREAK = re.compile(r"(\d+)\^C")
SETTLE, DRAIN = 1.0, 1.3  # seconds: after a second console's start, and before its end (tcpdump looks once a second)
PATIENCE = 120.0  # seconds after which a command that does not end is interrupted
KILLED = 130  # the status of a program that did not survive ^C; who waits for it sees a signal, which is 2


def steps(text: str) -> Iterator[tuple[str, str | None]]:
    """The session's steps in order: (console, command), (console, None) for ^C, and ("#", line) for a comment."""
    for line in text.splitlines():
        if m := PROMPT.fullmatch(line):
            yield m[1], m[2]
        elif m := BREAK.fullmatch(line):
            yield m[1], None
        elif line.startswith("# "):
            yield "#", line


class Consoles:
    """A machine's consoles: the first, which waits for each command, and the others, which do not."""

    def __init__(self, machine: Any) -> None:
        self.machine = machine
        self.jobs: dict[str, Any] = {}

    def run(self, command: str) -> Any:
        """Run a command to its end; returns the job."""
        job = self.machine.spawn(["bash", "-c", command])
        self.machine.run_job(job, PATIENCE)
        return job

    def start(self, console: str, command: str) -> None:
        """Start a command on another console, and let it settle."""
        if console in self.jobs:
            self.stop(console)
        self.jobs[console] = self.machine.spawn(["bash", "-c", f"exec {command}"])
        self.machine.sleep(SETTLE)

    def stop(self, console: str) -> Any:
        """Interrupt what runs on another console, a little later; returns the job, or None if there is none."""
        job = self.jobs.pop(console, None)
        if job is None:
            return None
        self.machine.sleep(DRAIN)
        if job.running:
            job.interrupt()
            self.machine.run_job(job, PATIENCE)
            job.status = -2 if job.status == KILLED else job.status
        return job


def shown(job: Any) -> list[str]:
    """A job's output as it stands in a session."""
    if job is None:
        return ["[stderr] nothing runs on this console", "[exit 1]"]
    lines = []
    for mark, stream in ("", job.stdout), ("[stderr] ", job.stderr):
        text = stream.getvalue().replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        lines += [(mark + line).rstrip() for line in text.split("\n")] if text else []
    return [*lines, f"[exit {job.status}]"]


def replay(text: str, machine: Any) -> Iterator[str]:
    """The session as it goes on `machine`, line by line."""
    consoles = Consoles(machine)
    gap = False  # an empty line stands between one step's output and the next step
    for console, command in steps(text):
        if gap:
            yield ""
        gap = False
        if console == "#":
            yield command
        elif console and command is not None:
            yield f"{console}$ {command}"
            consoles.start(console, command)
        elif console:
            yield f"{console}^C"
            yield from shown(consoles.stop(console))
            gap = True
        else:
            yield f"$ {command}"
            yield from shown(consoles.run(command))
            gap = True


class Names:
    """Gives each different text of one kind a name of its own, in the order of their appearance."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.seen: dict[str, str] = {}

    def __call__(self, m: re.Match[str]) -> str:
        return self.seen.setdefault(m[0].lower(), f"{self.kind}-{len(self.seen) + 1}")


ADDRESS = re.compile(r"\b(?!00:00:00:00:00:00|ff:ff:ff:ff:ff:ff)[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b")
ICMP_ID = re.compile(r"\bid \d+(?=, seq)")
NEIGHBOURS = re.compile(r"(?:^(?:\d+\.){3}\d+ dev .*\n){2,}", re.M)
EQUAL = [
    (re.compile(pattern, re.M), equal)
    for pattern, equal in (
        (r"[ \t]+$", ""),
        (r"^\d\d:\d\d:\d\d\.\d+", "<time>"),
        (r"time=[\d.]+ ms", "time=<time>"),
        (r", time \d+ms", ", time <time>"),
        (r"^rtt min/avg/max/mdev = .*", "rtt <times>"),
        (r", id \d+, offset", ", id <id>, offset"),
        (r"\bnum([tr])xqueues \d+", r"num\1xqueues <cpus>"),
        (r"^(\[stderr\] bash: )line \d+: ", r"\1"),
        (r"snapshot length \d+ bytes", "snapshot length <size>"),
    )
]


def normal(text: str) -> str:
    """A session without what two runs may differ in: hardware addresses, times, ICMP and IP identifiers, the order of a
    neighbour table, the number of queues, bash's line numbers, tcpdump's snapshot length, blanks at line ends."""
    text = NEIGHBOURS.sub(lambda m: "".join(sorted(m[0].splitlines(keepends=True))), text)
    text = ADDRESS.sub(Names("hardware"), text)
    text = ICMP_ID.sub(Names("id"), text)
    for pattern, equal in EQUAL:
        text = pattern.sub(equal, text)
    return text
