"""Console transcripts: what they hold, and what two true ones may differ in. The format is in transcripts/README.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "transcripts"
TYPED = re.compile(r"^(?P<console>\d*)(?:\$ (?P<command>.*)|\^C)$")


@dataclass(frozen=True)
class Step:
    """One line typed on a console, or ^C where `command` is None, and the lines that it was answered."""

    line: int
    console: str
    command: str | None
    answer: tuple[str, ...]

    def __str__(self) -> str:
        return f"line {self.line}: {self.console}{'^C' if self.command is None else '$ ' + self.command}"


def steps(text: str) -> list[Step]:
    """The steps of a transcript in order; comments and blank lines between them are left out."""
    found: list[tuple[int, re.Match[str], list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if match := TYPED.match(line):
            found.append((number, match, []))
        elif found and _answering(found[-1]):
            found[-1][2].append(line)
    return [Step(number, m["console"], m["command"], tuple(lines)) for number, m, lines in found]


def _answering(step: tuple[int, re.Match[str], list[str]]) -> bool:
    """Whether more of the answer is to come: it ends with the exit status, and a second console's start has none."""
    _, typed, lines = step
    return not (typed["console"] and typed["command"]) and not (lines and lines[-1].startswith("[exit "))


def sessions() -> list[Path]:
    return sorted(FOLDER.glob("*.console"))


# ---- what may differ

def _numbered(kind: str, kept: tuple[str, ...] = ()) -> Callable[[re.Match[str]], str]:
    """Name what a run draws by the order in which it appears: the first is KIND1 in every run."""
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        drawn = match["drawn"].lower()
        given = drawn if drawn in kept else names.setdefault(drawn, f"{kind}{len(names) + 1}")
        return match[0].replace(match["drawn"], given)

    return name


def _rules() -> Iterator[tuple[str, str | Callable[[re.Match[str]], str]]]:
    yield r"[ \t]+$", ""
    # the kernel walks its hash of neighbours in an order of its own
    yield r"(?:^\d+\.\d+\.\d+\.\d+ dev \S+ .*\n){2,}", lambda m: "".join(sorted(m[0].splitlines(True)))
    yield r"\b(?P<drawn>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})\b", _numbered("MAC", ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"))
    # times
    yield r"^\d\d:\d\d:\d\d\.\d+", "TIME"
    yield r"time=[\d.]+ ms", "time=T ms"
    yield r", time \d+ms", ", time Tms"
    yield r"^rtt min/avg/max/mdev = .*$", "rtt T"
    # identifiers of echo requests and of IPv4 packets
    yield r"\bid (?P<drawn>\d+)(?=, seq)", _numbered("ID")
    yield r"(, id )\d+(, offset)", r"\1N\2"
    # what depends on the machine: CPUs, the shell, the capture's page size
    yield r"\b(num[tr]xqueues) \d+", r"\1 N"
    yield r"^(\[stderr\] bash: )line \d+: ", r"\1"
    yield r"snapshot length \d+ bytes", "snapshot length N bytes"


def normal(text: str) -> str:
    """A transcript with all that two true runs may differ in made equal."""
    for pattern, replacement in _rules():
        text = re.sub(pattern, replacement, text, flags=re.M)
    return text
