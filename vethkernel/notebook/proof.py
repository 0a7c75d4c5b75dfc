# SPDX-License-Identifier: GPL-2.0-only
"""What holds the model to the truth, as tables: sessions, call trees, captures. The ledger has ledger_tables.

    sessions()                                   every recorded command, typed on the model
    aligned("iii_ping_veth_warm")                the model's calls against a real kernel's, as an Alignment
    trees()                                      all of these recordings, and how much of each is matched
    side_by_side(alignment, names)               some of an alignment's rows; reasons(alignment): all of them, counted
    ten_years(alignment), noticed(alignment)     what has changed since v3.10 on that way
    unexplained(alignment)                       what nothing explains, and who calls it
    captures()                                   the article's ping on three devices, real and modelled
    by_field(one, other)                         two frames of it, field by field
    compare("TRACE", "--quiet", folder=...)      `python -m vethkernel compare` as at a terminal

Sessions and captures lie in the project's folder `tests`, which an installed package does not bring: a classroom's
notebooks have it beside their own folder.
"""

import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from textwrap import wrap
from typing import Any

from vethkernel.ledger import BASE, originals, read_reasons
from vethkernel.machine import boot
from vethkernel.notebook.console import COMMAND, ERROR, OUTPUT, STATUS, Transcript, console
from vethkernel.notebook.settings import PAIR
from vethkernel.notebook.tables import Table
from vethkernel.trace.compare import DROPPED, RENAMED, SPLICED, SPLIT, Alignment, Row
from vethkernel.trace.frames import describe, fields_of
from vethkernel.trace.scenarios import FOLDER, main, rules, scenarios
from vethkernel.user import pcap
from vethkernel.user.session import replay

TESTS = (Path(__file__).parents[2] / "tests", Path("..") / "tests")
DEVICES = ("veth0", "veth1", "lo")
TIME = 16  # bytes of an echo message's data in which ping notes when it sent it
COLUMNS = 78
_KIND = re.compile(r"ARP \w+|ICMP echo \w+|.*")
_INDENT = "\N{NO-BREAK SPACE}"


def _tests(name: str) -> Path:
    for folder in TESTS:
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"tests/{name} is part of the project's folder; this package was installed without it")


# Sessions.


def transcript_module() -> Any:
    """tests/transcript.py: how two transcripts are compared."""
    name = "vethkernel_tests_transcript"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, _tests("transcript.py"))
        assert spec and spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def session_files() -> list[Path]:
    """The recorded sessions."""
    return sorted(_tests("transcripts").glob("*.console"))


def normal(transcript: str) -> str:
    """A transcript with all that two true runs may differ in made equal."""
    return transcript_module().normal(transcript)


def sessions() -> Table:
    """How many commands were recorded, and how many of them the model answers as recorded."""
    answers = transcript_module().answers
    counts: dict[str, list[int]] = {}
    for path in session_files():
        text = path.read_text("utf-8")
        theirs, ours = answers(text), answers(replay(text))
        alike = sum(their == our for their, our in zip(theirs, ours, strict=True))
        origin = "given to the project" if path.name[0].isdigit() else "recorded by the project"
        count = counts.setdefault(origin, [0, 0, 0])
        count[:] = [a + b for a, b in zip(count, (1, len(theirs), alike), strict=True)]
    counts["together"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    rows = [(origin, *map(str, count)) for origin, count in counts.items()]
    return Table("the same commands, typed twice", ("sessions", "files", "commands", "answered alike"), rows)


def differing(one: str, other: str) -> Table:
    """The lines in which two transcripts of one session differ, and what `normal` makes of the first's."""
    lines = [text.splitlines() for text in (one, other, normal(one), normal(other))]
    rows = []
    for first, second, common, check in zip(*lines, strict=True):
        if first != second:
            equal = [("made equal", common)] if common == check else [("still", common), ("and", check)]
            rows += [("first run", first), ("second run", second), *equal]
    return Table("what two runs differ in", ("of", "line"), rows)


# Call trees.


def aligned(name: str) -> Alignment:
    """A scenario, on the model as it is now, against its recording."""
    scenario = scenarios()[name]
    return Alignment(scenario.recorded(), scenario.modelled(), rules())


def trees() -> Table:
    """Every recorded scenario: the calls on both sides, how many are matched, and what is not explained."""
    rows = []
    for scenario in scenarios().values():
        alignment = aligned(scenario.name)
        kernel, model = (sum(row.count for row in alignment.rows if getattr(row, s)) for s in ("kernel", "model"))
        counts = kernel, model, alignment.matched, len(alignment.unexplained)
        rows.append((scenario.about, *map(str, counts)))
    head = ("what was done", "real kernel's calls", "model's", "matched", "unexplained")
    return Table(f"{len(rows)} recordings of a 6.1 kernel", head, rows)


def side_by_side(alignment: Alignment, names: Iterable[str], first: str = "", last: str = "") -> Table:
    """The rows of these functions, by either side's name, and how many stand between each and the next.

    Only from the last row of `first` to the next of `last`, if these are named.
    """
    rows = _part(alignment.rows, first, last)
    wanted = set(names) | {first, last}
    shown = [n for n, row in enumerate(rows) if wanted & {row.kernel, row.model}]
    parents: list[int] = []
    table = []
    for n, following in zip(shown, [*shown[1:], len(rows)], strict=True):
        row = rows[n]
        while parents and parents[-1] >= row.depth:
            parents.pop()
        indent = _INDENT * len(parents)
        parents.append(row.depth)
        hidden = following - n - 1
        sides = (indent + name if name else "" for name in (row.kernel, row.model))
        table.append((*sides, _why(row) + (f"{_INDENT}+{hidden}" if hidden else "")))
    return Table("calls, side by side", ("real kernel", "model", "reason"), table)


def _part(rows: Sequence[Row], first: str, last: str) -> Sequence[Row]:
    here = [n for n, row in enumerate(rows) if first in ("", row.kernel, row.model)]
    start = here[-1] if first and here else 0
    ends = (n + 1 for n, row in enumerate(rows) if n >= start and last and last in (row.kernel, row.model))
    return rows[start : next(ends, len(rows))]


def _why(row: Row) -> str:
    return row.rule.why if row.rule else "NOT EXPLAINED" if row.unexplained else "same"


def reasons(alignment: Alignment) -> Table:
    """How many calls each kind of reason stands for, on either side."""
    kernel, model = Counter[str](), Counter[str]()
    for row in alignment.rows:
        kernel[_why(row)] += row.count if row.kernel else 0
        model[_why(row)] += row.count if row.model else 0
    kinds = ("same", RENAMED, *SPLICED, *DROPPED, "NOT EXPLAINED")
    rows = [(kind, str(kernel[kind]), str(model[kind])) for kind in kinds]
    rows.append(("together", str(kernel.total()), str(model.total())))
    return Table("calls by the reason for their difference", ("reason", "real kernel", "model"), rows)


def unexplained(alignment: Alignment) -> Table:
    """The calls that one side makes alone, and no rule says why."""
    callers: list[Row] = []
    rows = []
    for row in alignment.rows:
        while callers and callers[-1].depth >= row.depth:
            callers.pop()
        if row.unexplained:
            caller = callers[-1] if callers else Row(0, "", "")
            side, by = ("the real kernel", caller.kernel) if row.kernel else ("the model", caller.model)
            rows.append((row.kernel or row.model, side, by))
        callers.append(row)
    return Table(f"not explained: {len(rows)}", ("call", "only in", "called by"), rows)


def ten_years(alignment: Alignment, within: str = "") -> Table:
    """Functions renamed or split since v3.10, with the table's reason; only those below the call `within`, if named.

    What the port itself divides or replaces is not among them: the old name must be v3.10's, a new name new.
    """
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for row in _below(alignment.rows, within):
        if row.rule and _has_changed(row):
            sides = found.setdefault(row.rule.reason, ({}, {}))
            for names, name in zip(sides, (row.model, row.kernel), strict=True):
                names.update({name: None} if name else {})
    rows = [(", ".join(old) or "-", ", ".join(new) or "-", reason) for reason, (old, new) in found.items()]
    return Table("names that have changed", ("v3.10", "6.1", "what has happened"), rows)


def _has_changed(row: Row) -> bool:
    before = originals(BASE)
    if row.rule.why == RENAMED:
        return row.model in before and row.kernel not in before
    return row.rule.why == SPLIT and (not row.model or row.model in before)


def _below(rows: Sequence[Row], name: str) -> Sequence[Row]:
    """The last row of that name and those deeper than it; all of them without a name."""
    here = [n for n, row in enumerate(rows) if name and name in (row.kernel, row.model)]
    if not here:
        return rows
    start = here[-1]
    end = next((n for n in range(start + 1, len(rows)) if rows[n].depth <= rows[start].depth), len(rows))
    return rows[start:end]


def noticed(alignment: Alignment, within: str = "") -> Table:
    """Functions of the model's run that follow a later kernel, where a reader could tell; below `within`, if named."""
    ran = {row.model for row in _below(alignment.rows, within)}
    rows = []
    for departure in read_reasons().departures.values():
        name = departure.function.partition(":")[2]
        if name in ran and not departure.notice.startswith("nothing"):
            rows.append((departure.since, name, departure.notice))
    rows = sorted(set(rows), key=lambda row: ([int(part) for part in row[0].split()[0].split(".")], row))
    return Table("what one can see of it", ("since", "function", "what a reader would notice"), rows)


# Captures.


def captured() -> dict[str, list[bytes]]:
    """The article's prepared ping on the model: the frames that tcpdump writes on each device."""
    machine = boot()
    console(machine, PAIR + "sysctl -w net.ipv4.conf.veth1.accept_local=1")
    for number, device in enumerate(DEVICES, 2):
        console(machine, f"{number}# tcpdump -i {device} -w /tmp/{device}.pcap")
    console(machine, "ping -c 3 -i 0.2 192.168.1.2 -I veth0")
    console(machine, "\n".join(f"{number}^C" for number, _ in enumerate(DEVICES, 2)))
    return {device: _frames(machine.read_file(f"/tmp/{device}.pcap")) for device in DEVICES}


def recorded_captures() -> dict[str, list[bytes]]:
    """The same on a real 6.1 kernel, as tcpdump wrote it there."""
    return {device: _frames(_tests(f"data/prepared_{device}.pcap").read_bytes()) for device in DEVICES}


def _frames(content: bytes) -> list[bytes]:
    return [bytes(packet.data) for packet in pcap.read(content)[2]]


def captures() -> Table:
    """The frames of both on each device, and the fields in which any pair of them differs."""
    real, ours = recorded_captures(), captured()
    rows = []
    for device in DEVICES:
        pairs = list(zip(real[device], ours[device], strict=True))
        names = dict.fromkeys(name for pair in pairs for name in differing_fields(*pair))
        size = sum(len(frame) for frame in real[device])
        what = Counter(_KIND.match(describe(frame))[0] for frame in real[device])
        counted = ", ".join(f"{count} {kind}" for kind, count in what.items())
        rows.append((device, counted, str(size), ", ".join(names) or "none"))
    return Table("the article's ping, captured", ("device", "frames", "bytes", "fields that differ"), rows)


def differing_fields(one: bytes, other: bytes) -> list[str]:
    """The names of the fields in which two frames differ."""
    if len(one) != len(other):
        return ["length"]
    found = []
    for field in fields_of(one):
        places = [at for at in range(field.start, field.end) if one[at] != other[at]]
        if places:
            when = " (time of sending)" if not field.name and places[-1] < field.start + TIME else ""
            found.append(field.full_name + when)
    return found


def by_field(one: bytes, other: bytes) -> Table:
    """Two frames of the same shape, the real kernel's and the model's, field by field."""
    rows = []
    for field in fields_of(one):
        starts = [field.start] if field.name else range(field.start, field.end, TIME)
        for start in starts:
            end = field.end if field.name else min(start + TIME, field.end)
            sides = [frame[start:end].hex(" ") for frame in (one, other)]
            rows.append((str(start), field.full_name, *sides, "" if sides[0] == sides[1] else "differs"))
    return Table(describe(one), ("at", "field", "real kernel", "model", "compared"), rows)


# The command.


def compare(*arguments: str, folder: Any = FOLDER) -> Transcript:
    """`python -m vethkernel compare ARGUMENTS`, typed in that folder, on a screen that breaks long lines."""
    output, errors = StringIO(), StringIO()
    with chdir(str(folder)), redirect_stdout(output), redirect_stderr(errors):
        status = main(list(arguments))
    lines = [(COMMAND, "$ " + " ".join(("python -m vethkernel compare", *arguments)))]
    for kind, text in ((OUTPUT, output), (ERROR, errors)):
        lines += [(kind, part) for line in text.getvalue().splitlines() for part in wrap(line, COLUMNS)]
    return Transcript(lines + ([(STATUS, f"[exit {status}]")] if status else []))
