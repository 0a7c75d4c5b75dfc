# SPDX-License-Identifier: GPL-2.0-only
"""A cell of commands for a machine of ours, typed and answered as at the article's console.

    %%console
    # ip link add veth0 type veth peer name veth1
    2# tcpdump -i veth0                  a second console, which goes on from cell to cell
    # ping -c 1 192.168.1.2 -I veth0
    2^C                                  interrupts what runs there

The prompt is `#`, `$` or none. The machine is the notebook's variable `machine`, or the one named in `%%console NAME`.
In Python: `console(machine, '''...''')`. No command reaches the reader's own computer.
"""

import re
from html import escape
from typing import Any
from weakref import WeakKeyDictionary

from vethkernel.machine import Machine, boot
from vethkernel.user.session import DRAIN, Consoles

TYPED = re.compile(r"(?P<console>\d*)(?P<prompt>[#$]) +(?P<command>.*)|(?P<broken>\d+)\^C")
COMMAND, OUTPUT, ERROR, STATUS = "command", "output", "error", "status"

_consoles: WeakKeyDictionary[Machine, "_Screen"] = WeakKeyDictionary()


class Transcript:
    """What was typed and answered: `lines` are (kind, text), kinds being command, output, error and status."""

    def __init__(self, lines: list[tuple[str, str]]) -> None:
        self.lines = lines

    def __repr__(self) -> str:
        return "\n".join(text for _, text in self.lines)

    def complaint(self) -> str:
        """The first command that failed, with what was printed; "" if none did."""
        first = next((n for n, (kind, _) in enumerate(self.lines) if kind in (ERROR, STATUS)), None)
        if first is None:
            return ""
        typed = [n for n, (kind, _) in enumerate(self.lines) if kind == COMMAND]
        begin = max(n for n in typed if n <= first)
        end = min((n for n in typed if n > first), default=len(self.lines))
        return "\n".join(text for _, text in self.lines[begin:end] if text)

    def _repr_html_(self) -> str:
        rows = "\n".join(_LOOK[kind].format(escape(text)) for kind, text in self.lines)
        return f'<pre class="vk-console" style="{LISTING}">{rows}</pre>'


# Jupyter would give the text of an output's <pre> letters of different widths, and break its lines anywhere.
LISTING = "font-family:var(--jp-code-font-family,monospace);white-space:pre;overflow-x:auto"
_LOOK = {
    COMMAND: '<b class="vk-command">{}</b>',
    OUTPUT: "{}",
    ERROR: '<i class="vk-error" title="standard error">{}</i>',
    STATUS: '<small class="vk-status">{}</small>',
}


class _Screen:
    """A machine's consoles, and how much of each one's output was already shown."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.consoles = Consoles(machine)
        self.seen: dict[str, list[int]] = {}

    def type(self, line: str) -> list[tuple[str, str]]:
        """Type one line, and give what is then to be seen."""
        typed = TYPED.fullmatch(line)
        if typed and typed["broken"]:
            number = typed["broken"]
            if number not in self.consoles.jobs:
                return [(COMMAND, line), (ERROR, "nothing runs on this console")]
            return [(COMMAND, line), *self._news(number, self.consoles.stop(number))]
        number, command = (typed["console"], typed["command"]) if typed else ("", line)
        echo = (COMMAND, line if typed else f"# {line}")
        if number:
            self.consoles.start(number, command)
            self.seen[number] = [0, 0]
            return [echo, *self._news(number, self.consoles.jobs[number])]
        job = self.consoles.run(command)
        return [echo, *_answer(job.stdout.getvalue(), job.stderr.getvalue()), *_status(job)]

    def settle(self) -> list[tuple[str, str]]:
        """What the other consoles have printed since; those that have ended are given up."""
        if self.consoles.jobs:
            self.machine.sleep(DRAIN)
        lines = []
        for number, job in list(self.consoles.jobs.items()):
            news = self._news(number, job)
            if news or not job.running:
                lines += [(COMMAND, f"{number}:"), *news]
            if not job.running:
                del self.consoles.jobs[number]
        return lines

    def _news(self, number: str, job: Any) -> list[tuple[str, str]]:
        texts = [job.stdout.getvalue(), job.stderr.getvalue()]
        new = [text[seen:] for text, seen in zip(texts, self.seen[number], strict=True)]
        self.seen[number] = [len(text) for text in texts]
        return [*_answer(*new), *([] if job.running else _status(job))]


def _answer(stdout: str, stderr: str) -> list[tuple[str, str]]:
    return [(kind, line) for kind, text in ((OUTPUT, stdout), (ERROR, stderr)) for line in text.splitlines()]


def _status(job: Any) -> list[tuple[str, str]]:
    return [(STATUS, f"[exit {job.status}]")] if job.status else []


def console(machine: Machine, text: str) -> Transcript:
    """Type the lines of `text` on the machine's consoles; what it answers displays itself."""
    if not isinstance(text, str):
        raise TypeError(f"the commands are one text, each on a line of its own, not {text!r}")
    screen = _consoles.setdefault(machine, _Screen(machine))
    lines: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.strip():
            lines += screen.type(line.strip())
    return Transcript(lines + screen.settle())


def console_magic(shell: Any, name: str, cell: str) -> Transcript:
    """What `%%console NAME` does: on a machine that is started if there is none yet."""
    name = name.strip() or "machine"
    if not name.isidentifier():
        raise ValueError(f"%%console takes the name of a variable, not {name!r}")
    machine = shell.user_ns.get(name)
    if machine is None:
        machine = shell.user_ns[name] = boot()
    if not isinstance(machine, Machine):
        raise TypeError(f"{name} is no machine; make one with {name} = boot()")
    return console(machine, cell)
