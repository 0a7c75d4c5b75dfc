# SPDX-License-Identifier: GPL-2.0-only
"""Sessions: files of commands and what a machine answered, run again on a machine of ours.

    # a comment
    $ COMMAND                 on the first console; then its output, "[stderr] ..." lines, "[exit N]", an empty line
    2$ COMMAND                started on a second console (3, 4 ... likewise), where it goes on running; or 2# COMMAND
    2^C                       interrupted there; then its output

`replay` types a session's commands on a machine, whatever answers the file holds, and gives the session as it went.
"""

import re
from collections.abc import Iterator

from vethkernel.machine import Job, Machine, boot

PROMPT = re.compile(r"(\d*)(?:\$|(?<=\d)#) (.*)")
BREAK = re.compile(r"(\d+)\^C")
SETTLE, DRAIN = 1.0, 1.3  # seconds: after a second console's start, and before its end (tcpdump looks once a second)
LOAD, UNLOAD = 0.003, 0.02  # seconds that a real machine takes to start a program, and to let one go
PATIENCE = 120.0  # seconds after which a command that nobody interrupts is interrupted
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

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.jobs: dict[str, Job] = {}

    def type(self, console: str, command: str | None) -> Job | None:
        """Do one step of a session; returns the job that has ended by it, if one has."""
        if not console:
            return self.run(command)
        if command is None:
            return self.stop(console)
        self.start(console, command)
        return None

    def run(self, command: str) -> Job:
        """Run a command to its end; returns the job."""
        self.machine.sleep(LOAD)
        job = self.machine.spawn(["bash", "-c", command])
        self.machine.run_job(job, PATIENCE)
        return job

    def start(self, console: str, command: str) -> None:
        """Start a command on another console, and let it settle."""
        if console in self.jobs:
            self.stop(console)
        self.jobs[console] = self.machine.spawn(["bash", "-c", f"exec {command}"])
        self.machine.sleep(SETTLE)

    def stop(self, console: str) -> Job | None:
        """Interrupt what runs on another console, a little later; returns the job, or None if there is none."""
        job = self.jobs.pop(console, None)
        if job is None:
            return None
        self.machine.sleep(DRAIN)
        if job.running:
            job.interrupt()
            self.machine.run_job(job, PATIENCE)
            job.status = -2 if job.status == KILLED else job.status
        self.machine.sleep(UNLOAD)
        return job


def shown(job: Job | None) -> list[str]:
    """A job's output as it stands in a session."""
    if job is None:
        return ["[stderr] nothing runs on this console", "[exit 1]"]
    lines = []
    for mark, stream in ("", job.stdout), ("[stderr] ", job.stderr):
        text = stream.getvalue().replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
        lines += [(mark + line).rstrip() for line in text.split("\n")] if text else []
    return [*lines, f"[exit {job.status}]"]


def replay(text: str, machine: Machine | None = None) -> str:
    """The session as it goes on `machine`, or on a fresh one."""
    return "".join(f"{line}\n" for line in played(text, machine or boot()))


def played(text: str, machine: Machine) -> Iterator[str]:
    """The session's lines, as they come."""
    consoles = Consoles(machine)
    gap = False  # an empty line stands between one step's output and the next step
    for console, command in steps(text):
        if gap:
            yield ""
        gap = False
        if console == "#":
            yield command
            continue
        yield f"{console}^C" if command is None else f"{console}$ {command}"
        job = consoles.type(console, command)
        gap = not console or command is None
        if gap:
            yield from shown(job)
