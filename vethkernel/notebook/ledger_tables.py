# SPDX-License-Identifier: GPL-2.0-only
"""The ledger as tables to read: in numbers, file by file, one function call by call, and every reason.

in_numbers()    files()    function("drivers/net/veth.c:veth_xmit")    left_out()    departures()
"""

from collections import Counter
from functools import cache

from vethkernel.ledger import BASE, NEWER, Ledger, c_file_of, data, originals
from vethkernel.notebook.tables import Table


@cache
def _ledger() -> Ledger:
    return Ledger()


def _names(names: list[str]) -> str:
    return ", ".join(sorted(names))


def _by_reason(table: dict[str, str]) -> list[tuple[str, list[str]]]:
    """What one reason explains, the commonest reason first."""
    grouped: dict[str, list[str]] = {}
    for name, reason in table.items():
        grouped.setdefault(reason, []).append(name)
    return sorted(grouped.items(), key=lambda item: (-len(item[1]), item[0]))


def in_numbers() -> Table:
    """How much is ported, and how much of it needs a reason."""
    ledger = _ledger()
    entries, versions = ledger.entries, {v: data(v)["version"] for v in (BASE, NEWER)}
    newer = [e for e in entries if e.version == NEWER]
    departed = Counter(e.version for e in entries if e.key in ledger.reasons.departures)
    counts = [
        ("modules that mirror a C file or header", len(ledger.modules)),
        ("functions in them", len(entries)),
        (f"of these, held to v{versions[BASE]}", len(entries) - len(newer)),
        (f"held to {versions[NEWER]}: newer than v{BASE}", sum(e.key not in ledger.reasons.departures for e in newer)),
        (f"held to {versions[NEWER]}: departures", departed[NEWER]),
        (f"held to v{versions[BASE]}, with something that a later kernel does", departed[BASE]),
        ("calls that C makes and the port makes", sum(len(e.made) for e in entries)),
        ("calls that C makes and the port leaves out, each with a reason", sum(len(e.left) for e in entries)),
        ("calls that the port adds, each with a reason", sum(len(e.added) for e in entries)),
        ("differences that nothing explains", len(ledger.rows())),
    ]
    return Table("The port in numbers", ("what", "how many"), [(what, str(count)) for what, count in counts])


def files() -> Table:
    """The C files that have a module, and how much of each is there."""
    defined = Counter(o.file for found in originals(BASE).values() for o in found)
    rows = []
    for module in _ledger().modules:
        file = c_file_of(module.path)
        entries = [e for e in _ledger().entries if e.ported.module == module.path]
        if file and file.endswith(".c") and entries:
            calls = (
                sum(len(part) for part in parts)
                for parts in zip(*((e.made, e.left, e.added) for e in entries), strict=True)
            )
            rows.append((file, str(len(entries)), str(defined[file] or "none"), *map(str, calls)))
    head = ("C file", "functions ported", f"functions in v{BASE}", "calls made", "left out", "added")
    return Table("File by file", head, rows)


def function(key: str) -> Table:
    """One function against its original, call by call, in the original's order. LookupError if it is not ported."""
    entry = next((e for e in _ledger().entries if e.key == key), None)
    if entry is None:
        raise LookupError(f"no ported function {key!r}; a key is like drivers/net/veth.c:veth_xmit")
    original = entry.original
    rows = [(c, "made" if c in entry.made else "left out", entry.left.get(c, "")) for c in original.calls]
    rows += [(c, "added", reason) for c, reason in entry.added.items()]
    place = f"{original.file}:{original.line}, v{data(entry.version)['version']}"
    return Table(f"{original.name} ({place})", ("call", "in the port", "because"), rows)


def left_out() -> Table:
    """Every reason for a call that is not made, and the calls."""
    table = {call: reason for e in _ledger().entries for call, reason in e.left.items()}
    rows = [(reason, _names(calls)) for reason, calls in _by_reason(table)]
    return Table("Calls left out", ("because", "calls"), rows)


def added() -> Table:
    """Every call that the port makes and its original does not."""
    rows = [
        (e.ported.name, call, reason)
        for e in _ledger().entries
        for call, reason in e.added.items()
        if call not in _ledger().reasons.accessors
    ]
    return Table("Calls added", ("function", "call", "because"), rows)


def not_ported() -> Table:
    """Functions of the C files that are left out, where a reason was written down."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for key, reason in _ledger().reasons.functions.items():
        file, _, name = key.rpartition(":")
        grouped.setdefault((file, reason), []).append(name)
    rows = [(file, _names(names), reason) for (file, reason), names in sorted(grouped.items())]
    return Table("Functions left out", ("C file", "functions", "because"), rows)


def departures() -> Table:
    """Functions that follow a later kernel, and what a reader would notice."""
    found = sorted(_ledger().reasons.departures.values(), key=lambda d: d.function)
    rows = [(*d.function.split(":"), d.since, d.follows, d.notice) for d in found]
    head = ("C file", "function", "since", "follows", "what a reader would notice")
    return Table(f"Departures from v{BASE}", head, rows)


def newer() -> Table:
    """Functions that v3.10 does not have, by file."""
    grouped: dict[str, list[str]] = {}
    for e in _ledger().entries:
        if e.version == NEWER and e.key not in _ledger().reasons.departures:
            grouped.setdefault(e.original.file, []).append(e.ported.name)
    rows = [(file, _names(names)) for file, names in sorted(grouped.items())]
    return Table(f"Functions that came after v{BASE}", ("C file", "functions"), rows)
