# SPDX-License-Identifier: GPL-2.0-only
"""The prompt: a machine at the keyboard.

A line is run as bash runs it; `2$ COMMAND` starts one on a second console, `2^C` interrupts it there. On a terminal the
machine's time passes like the reader's, but no silence lasts longer than a second. Ctrl-C interrupts what runs, Ctrl-D
leaves. Nothing here starts a program, opens a file or a socket of the reader's own machine.
"""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from vethkernel.machine import Job, Machine
from vethkernel.user import PROGRAMS
from vethkernel.user.session import BREAK, PROMPT, Consoles

SLICE = 0.05  # seconds of the machine's time between two looks at the keyboard
SILENCE = 1.0  # the longest real wait for something to be printed
PATIENCE = 120.0  # without a terminal nobody can press Ctrl-C: a command is interrupted after so many seconds
WORDS = "link addr route neigh netns show add del set up down dev type veth peer name mtu address master via".split()
WELCOME = "A fresh machine. help says what there is; Ctrl-D leaves.\n"


class Unwritable(Exception):
    """The screen is gone or full. No OSError: the program that writes would take that for the model's own."""


class Terminal:
    """The reader's screen, as a program's output; it knows when something was last printed."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.printed = 0

    def write(self, text: str) -> int:
        self.printed += 1
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError as error:
            raise Unwritable from error
        return len(text)


class Prompt:
    """A machine, its consoles, and whether somebody sits there."""

    def __init__(self, machine: Machine, interactive: bool) -> None:
        self.machine = machine
        self.interactive = interactive
        self.consoles = Consoles(machine)
        self.interrupted = False
        self.viewer = machine.process("bash")

    def loop(self) -> int:
        """Read and run lines until there are no more; returns the last one's status."""
        status = 0
        if self.interactive:
            readline = line_editor()
            if readline:
                readline.set_completer(self.complete)
            sys.stdout.write(WELCOME)
        while True:
            try:
                line = input("$ " if self.interactive else "")
            except EOFError:
                sys.stdout.write("\n" if self.interactive else "")
                return status
            except KeyboardInterrupt:
                sys.stdout.write("\n")
                continue
            line = self.copied(line.strip()).removeprefix("$ ")
            if line in ("exit", "quit", "logout"):
                return status
            try:
                status = self.line(line)
            except Unwritable as unwritable:
                raise unwritable.__cause__
            except Exception as e:  # a fault of the model's must not end the session
                sys.stderr.write(f"vethkernel: the model itself failed, please report it: {e!r}\n")
                status = 1

    def copied(self, line: str) -> str:
        """The line without the `# ` that is the prompt in the book, and begins a comment in a file."""
        mark, *words = line.split(maxsplit=2) or [""]
        return line.removeprefix("# ") if self.interactive and mark == "#" and words and words[0] in PROGRAMS else line

    def line(self, line: str) -> int:
        """One line, for whichever console; returns its status."""
        screen, errors = Terminal(sys.stdout), Terminal(sys.stderr)
        if m := BREAK.fullmatch(line):
            job = self.consoles.stop(m[1])
            if job is None:
                errors.write(f"nothing runs on console {m[1]}\n")
                return 1
            screen.write(job.stdout.getvalue().rstrip("\n") + "\n")
            errors.write(job.stderr.getvalue())
            return job.status
        if (m := PROMPT.fullmatch(line)) and m[1]:
            self.consoles.start(m[1], m[2])
            return 0
        job = self.machine.spawn(["bash", "-i", "-c", line], screen, errors)
        if self.interactive:
            with self.keyboard():
                self.pace(job, screen)
        else:
            self.machine.run_job(job, PATIENCE)
        return job.status

    def pace(self, job: Job, screen: Terminal) -> None:
        """Let time pass, the machine's and the reader's together, until the command has ended."""
        printed, quiet = screen.printed, 0.0
        while job.running:
            if self.interrupted:
                self.interrupted = False
                job.interrupt()
            self.machine.sleep(SLICE)
            if screen.printed != printed:
                printed, quiet = screen.printed, 0.0
            if job.running and quiet < SILENCE:
                quiet += SLICE
                time.sleep(SLICE)

    @contextmanager
    def keyboard(self) -> Iterator[None]:
        """While a command runs, Ctrl-C is the machine's, and never stops the kernel in the middle of something."""

        def pressed(*_: Any) -> None:
            self.interrupted = True

        try:
            before = signal.signal(signal.SIGINT, pressed)
        except ValueError:  # not the main thread: there is no keyboard
            yield
            return
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def complete(self, text: str, state: int) -> str | None:
        """readline's question: the `state`th word that begins with `text`."""
        if "/" in text:
            folder, _, start = text.rpartition("/")
            found = [f"{folder}/{name}" for name in self.names(folder or "/") if name.startswith(start)]
        else:
            words = [*PROGRAMS, *WORDS, *self.names("/sys/class/net"), *self.names("/run/netns")]
            found = [f"{word} " for word in sorted(set(words)) if word.startswith(text)]
        return found[state] if state < len(found) else None

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(self.viewer.listdir(folder))
        except OSError:
            return []


def line_editor() -> ModuleType | None:
    """readline with history and completion, where this Python has it; the history stays in memory."""
    try:
        import readline
    except ImportError:
        return None
    readline.set_completer_delims(" \t")
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    readline.parse_and_bind("" if libedit else "set completion-query-items 200")
    return readline


def prompt(machine: Machine) -> int:
    """Let a reader, or a file of lines on standard input, type on a machine."""
    if sys.stdin is None:  # closed: there is nothing to read
        return 0
    for stream in sys.stdin, sys.stdout, sys.stderr:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return Prompt(machine, sys.stdin.isatty() and sys.stdout.isatty()).loop()
