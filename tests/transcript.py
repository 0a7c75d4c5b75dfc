"""Two transcripts of the same session held against each other. transcripts/README.md describes their format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

TYPED = re.compile(r"(\d*)(\$ .*|\^C)")


@dataclass
class Step:
    """One line typed on a console, and the lines that came back."""

    typed: str
    answer: list[str]


def answers(transcript: str) -> list[Step]:
    """A transcript's steps, with all that two true runs may differ in made equal."""
    found = [Step("", [])]
    for line in normal(transcript).splitlines():
        if TYPED.fullmatch(line):
            found.append(Step(line, []))
        elif not line.startswith("# "):
            found[-1].answer.append(line)
    return [Step(step.typed, "\n".join(step.answer).rstrip("\n").split("\n")) for step in found[1:]]


def normal(transcript: str) -> str:
    """A transcript with all that two true runs may differ in made equal."""
    for pattern, replacement in _differences():
        transcript = re.sub(pattern, replacement, transcript, flags=re.M)
    return transcript


def _differences() -> Iterator[tuple[str, str | Callable[[re.Match[str]], str]]]:
    yield r"[ \t]+$", ""
    # the kernel walks its hash of neighbours in an order of its own
    yield r"(?:^\d+\.\d+\.\d+\.\d+ dev \S+ .*\n){2,}", lambda m: "".join(sorted(m[0].splitlines(True)))
    # hardware addresses, all but nobody's and everybody's
    yield r"\b(?P<drawn>(?!00:00:00:00:00:00|ff:ff:ff:ff:ff:ff)[0-9a-f]{2}(?::[0-9a-f]{2}){5})\b", _numbered("MAC")
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


def _numbered(kind: str) -> Callable[[re.Match[str]], str]:
    """Name what a run draws by the order in which it appears: the first is KIND1 in every run."""
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        return match[0].replace(match["drawn"], names.setdefault(match["drawn"], f"{kind}{len(names) + 1}"))

    return name
