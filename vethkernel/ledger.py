# SPDX-License-Identifier: GPL-2.0-only
"""The ledger: is each ported function what its C original is, call by call?

Three sources are compared. `data/calls-3.10.json` and `data/calls-6.1.json` say which functions the C files define
and what each calls; the syntax trees of the package's mirrored modules say the same of the port; `omitted.toml` gives
the reasons for whatever differs. A difference without a reason is a row of the ledger, and so is a reason without a
difference:

    missing   the C function makes a call that the port neither makes nor leaves out with a reason
    added     the port makes a call to a kernel-named function that the C function does not make
    unknown   a function of a mirrored module that no kernel file defines
    absent    a file that is ported whole has a C function that is neither ported nor left out
    stale     omitted.toml explains what is not there

A function is held to v3.10, or to 6.1 where a departure follows it or v3.10 does not have it. A departure that follows
a kernel later still changes what the function does, not which functions it calls. The port's own helpers,
parts of a function that was cut to fit a screen, count as the function that calls them.

`python -m vethkernel.ledger [MODULE | FOLDER | REASONS.toml]...` prints the rows of these modules, or of all, and
exits 1 if there is any. Reasons files named there are read in addition to omitted.toml.
"""

from __future__ import annotations

import ast
import builtins
import json
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from vethkernel.data.collect import PACKAGE, mirrored_modules, plain

BASE, NEWER = "3.10", "6.1"
WHOLE = ("drivers/net/veth.c", "drivers/net/loopback.c", "net/ethernet/eth.c")
PYTHONS = set(dir(builtins))  # max(), len(), print(): Python's own, whatever the kernel calls by that name
METHODS = {n for t in (list, dict, set, bytes, bytearray, str, int) for n in dir(t)}


# ---- the C side

@dataclass(slots=True, frozen=True)
class Original:
    """A function as a kernel version defines it; `calls` in order."""

    name: str
    file: str
    line: int
    calls: tuple[str, ...]


@cache
def data(version: str) -> dict[str, Any]:
    """What `data/collect.py` found in a version's files."""
    return json.loads((PACKAGE / "data" / f"calls-{version}.json").read_text("utf-8"))


@cache
def originals(version: str) -> dict[str, list[Original]]:
    """Every function of a version's files, by name."""
    return {name: [Original(name, d["file"], d["line"], tuple(d["calls"])) for d in found]
            for name, found in data(version)["functions"].items()}


@cache
def kernel_names() -> frozenset[str]:
    """All names of functions and macros that the C files define or call."""
    names = set[str]()
    for version in (BASE, NEWER):
        for name, found in originals(version).items():
            names.add(name)
            names.update(call for o in found for call in o.calls)
    return frozenset(names)


@cache
def c_file_of(module: str) -> str | None:
    """The C file that a module mirrors: `net/core/net_procfs.py` is net/core/net-procfs.c."""
    files = {f for version in (BASE, NEWER) for f in data(version)["files"]}
    names = {plain(Path(f)): f for f in sorted(files, reverse=True)}  # .c before .h of the same name
    if module.startswith("include/"):
        names = {plain(Path(f)): f for f in files if f.endswith(".h")}
    return names.get(plain(Path(module)))


def find(version: str, file: str, name: str) -> list[Original]:
    """The definitions of a function, those in its own file if there are any; more than one where #ifdef chooses."""
    found = originals(version).get(name, [])
    return [o for o in found if o.file == file] or found


# ---- the Python side

@dataclass(slots=True)
class Ported:
    """A function of a mirrored module and the names it calls; `->name` through a pointer."""

    name: str
    module: str
    line: int
    calls: set[str]


@dataclass(slots=True)
class Module:
    """A mirrored module: its functions, its structs, and the names that are not the kernel's."""

    path: str
    functions: list[Ported] = field(default_factory=list)
    structs: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)


def calls_in(function: ast.AST) -> set[str]:
    """What a function calls, helpers inside it included."""
    calls = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                calls.add(node.func.id)
            elif isinstance(node.func, ast.Attribute):
                calls.add("->" + node.func.attr)
    return calls


def is_mirrored(imported_from: str) -> bool:
    """Whether an import names one of the kernel's own files."""
    parts = imported_from.split(".")
    return parts[0] == PACKAGE.name and len(parts) > 2 and (PACKAGE / parts[1]).is_dir() and parts[1] in {
        m.parts[0] for m in all_paths()}


@cache
def all_paths() -> tuple[Path, ...]:
    return tuple(mirrored_modules())


@cache
def read_module(path: Path) -> Module:
    """A module's functions by its syntax tree; nothing is imported."""
    module = Module(path.as_posix())
    for node in ast.parse((PACKAGE / path).read_text("utf-8"), str(path)).body:
        if isinstance(node, ast.FunctionDef):
            module.functions.append(Ported(node.name, module.path, node.lineno, calls_in(node)))
        elif isinstance(node, ast.ClassDef):
            module.structs.add(node.name)
        elif isinstance(node, ast.ImportFrom) and not is_mirrored(node.module):
            module.foreign.update(a.asname or a.name for a in node.names)
    return module


# ---- the reasons

@dataclass(slots=True, frozen=True)
class Departure:
    """A function that follows a later kernel, and what a reader would notice."""

    function: str
    since: str
    follows: str
    notice: str


@dataclass(slots=True)
class Reasons:
    """omitted.toml, by what it explains. Functions are keyed as `net/core/dev.c:netif_rx`."""

    everywhere: dict[str, str] = field(default_factory=dict)
    accessors: dict[str, str] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    instead: dict[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    calls: dict[tuple[str, str], str] = field(default_factory=dict)
    adds: dict[tuple[str, str], str] = field(default_factory=dict)
    departures: dict[str, Departure] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)

    def _put(self, table: dict, key: str | tuple[str, str], value: object) -> None:
        if table.get(key, value) != value:
            self.twice.append(key if isinstance(key, str) else " -> ".join(key))
        table[key] = value

    def read(self, path: Path) -> None:
        """Add a file's reasons; what is wrong with the file is said with its name."""
        try:
            tables = tomllib.loads(path.read_text("utf-8"))
            for kind in ("everywhere", "accessors", "folded"):
                for entry in tables.pop(kind, ()):
                    for call in entry["calls"]:
                        self._put(getattr(self, kind), call, entry["reason"])
            for entry in tables.pop("instead", ()):
                for call in entry["calls"]:
                    self._put(self.instead, call, (tuple(entry["port"]), entry["reason"]))
            for kind in ("functions", "helpers"):
                for entry in tables.pop(kind, ()):
                    for name in entry["names"]:
                        self._put(getattr(self, kind), f"{entry['file']}:{name}", entry["reason"])
            for kind in ("calls", "adds"):
                for entry in tables.pop(kind, ()):
                    for call in entry["calls"]:
                        self._put(getattr(self, kind), (entry["function"], call), entry["reason"])
            for entry in tables.pop("departures", ()):
                self._put(self.departures, entry["function"], Departure(**entry))
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise SystemExit(f"{path}: {error!r}") from error
        if tables:
            raise SystemExit(f"{path}: unknown tables: {', '.join(tables)}")


def read_reasons(more: Iterable[Path] = ()) -> Reasons:
    reasons = Reasons()
    for path in (PACKAGE / "omitted.toml", *more):
        reasons.read(path)
    return reasons


# ---- the ledger

@dataclass(slots=True, frozen=True)
class Row:
    """One difference without a reason, or one reason without a difference."""

    kind: str
    module: str
    line: int
    function: str
    names: tuple[str, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        names = ": " + ", ".join(self.names) if self.names else ""
        note = f"  ({self.note})" if self.note else ""
        return f"{self.module}:{self.line}: {self.kind:8}{self.function}{names}{note}"


@dataclass(slots=True)
class Entry:
    """A ported function with its original, call by call. `left` and `added` hold the reasons; the rows have none."""

    ported: Ported
    key: str
    version: str
    original: Original
    made: tuple[str, ...] = ()
    left: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


def unexplained(entry: Entry) -> int:
    return sum(len(row.names) for row in entry.rows)


def with_helpers(calls: set[str], helpers: dict[str, set[str]]) -> set[str]:
    """A function's calls with those of the helpers that it calls, and of theirs, in the helpers' place."""
    found, todo = set[str](), list(calls)
    while todo:
        call = todo.pop()
        if call not in found:
            found.add(call)
            todo.extend(helpers.get(call, ()))
    return found.difference(helpers)


class Ledger:
    """All mirrored modules against their originals."""

    def __init__(self, reasons: Reasons | None = None) -> None:
        self.reasons = reasons or read_reasons()
        self.modules = [read_module(p) for p in all_paths()]
        self.structs = {s for m in self.modules for s in m.structs}
        self._by_module()
        self.unknown: list[Row] = []
        self.entries = [e for m in self.modules if (file := c_file_of(m.path)) for e in self._entries(m, file)]
        self.outside = [m.path for m in self.modules if m.functions and not c_file_of(m.path)]

    def _by_module(self) -> None:
        """Key the reasons by the C file that the function's module mirrors, where they name the one that defines it."""
        keys = {f"{c_file_of(m.path)}:{f.name}": f.name for m in self.modules for f in m.functions}
        moved = {f"{o.file}:{name}": key for key, name in keys.items() for v in (BASE, NEWER)
                 for o in originals(v).get(name, ()) if f"{o.file}:{name}" not in keys}
        r = self.reasons
        r.calls = {(moved.get(key, key), call): reason for (key, call), reason in r.calls.items()}
        r.adds = {(moved.get(key, key), call): reason for (key, call), reason in r.adds.items()}
        r.departures = {moved.get(key, key): departure for key, departure in r.departures.items()}

    def _entries(self, module: Module, file: str) -> Iterator[Entry]:
        helpers = {f.name: f.calls for f in module.functions if f"{file}:{f.name}" in self.reasons.helpers}
        for ported in module.functions:
            key = f"{file}:{ported.name}"
            old, new = find(BASE, file, ported.name), find(NEWER, file, ported.name)
            whole = replace(ported, calls=with_helpers(ported.calls, helpers))
            if ported.name in helpers:
                continue
            departure = self.reasons.departures.get(key)
            if new and (not old or departure and departure.follows == NEWER):
                yield self._best(whole, key, NEWER, new, module)
            elif old:
                entry = self._best(whole, key, BASE, old, module)
                newer = self._best(whole, key, NEWER, new, module) if new and entry.rows else entry
                if unexplained(newer) < unexplained(entry):
                    hint = f"; {NEWER} would leave {unexplained(newer)} of {unexplained(entry)}"
                    entry.rows = [replace(r, note=r.note + hint) for r in entry.rows]
                yield entry
            elif ported.name not in kernel_names():
                self.unknown.append(Row("unknown", module.path, ported.line, ported.name))

    def _best(self, ported: Ported, key: str, version: str, originals: list[Original], module: Module) -> Entry:
        """Against the definition that leaves least unexplained, where #ifdef chooses between several."""
        return min((self._compare(Entry(ported, key, version, o), module) for o in originals), key=unexplained)

    def _compare(self, entry: Entry, module: Module) -> Entry:
        """Fill in an entry: each call of either side is made by both, explained, or in a row."""
        ported, original, reasons = entry.ported, entry.original, self.reasons
        entry.made = tuple(c for c in original.calls if c in ported.calls)
        stand_ins = self._calls_of_folded(original.calls)
        missing, added = [], []
        for call in (c for c in original.calls if c not in ported.calls):
            others, why = reasons.instead.get(call, ((), ""))
            stand_ins.update(others)
            if ported.calls.intersection(others):
                entry.left[call] = why
            elif reason := self._why_left_out(entry.key, call):
                entry.left[call] = reason
            else:
                missing.append(call)
        for call in sorted(c for c in ported.calls.difference(original.calls) if self._is_kernels(c, module)):
            reason = reasons.adds.get((entry.key, call)) or reasons.accessors.get(call)
            if reason:
                entry.added[call] = reason
            elif call not in stand_ins:
                added.append(call)
        note = f"{original.file}:{original.line}, {entry.version}"
        for kind, calls in (("missing", missing), ("added", added)):
            if calls:
                entry.rows.append(Row(kind, ported.module, ported.line, ported.name, tuple(calls), note))
        return entry

    def _calls_of_folded(self, calls: Iterable[str]) -> set[str]:
        """What those of the calls make that have no function of their own in the port, and so on in turn."""
        found, todo = set[str](), [c for c in calls if c in self.reasons.folded]
        while todo:
            call = todo.pop()
            inner = {c for v in (BASE, NEWER) for original in originals(v).get(call, ()) for c in original.calls}
            todo.extend(c for c in inner - found if c in self.reasons.folded)
            found |= inner
        return found

    def _why_left_out(self, key: str, call: str) -> str | None:
        r = self.reasons
        return r.calls.get((key, call)) or r.everywhere.get(call) or r.accessors.get(call) or r.folded.get(call)

    def _is_kernels(self, call: str, module: Module) -> bool:
        if call not in kernel_names() or call in module.foreign or call in PYTHONS or call in self.structs:
            return False
        return not call.startswith("->") or call[2:] not in METHODS

    def absent(self) -> list[Row]:
        """Functions of the files that are ported whole, neither ported nor left out."""
        have = {e.key for e in self.entries} | set(self.reasons.functions)
        return [Row("absent", file, o.line, name) for file in WHOLE for name, found in originals(BASE).items()
                for o in found if o.file == file and f"{file}:{name}" not in have]

    def stale(self) -> list[Row]:
        """Reasons that explain nothing."""
        r, ported = self.reasons, {e.key for e in self.entries}
        defined = {f"{c_file_of(m.path)}:{f.name}" for m in self.modules for f in m.functions}
        left = {(e.key, c) for e in self.entries for c in e.left}
        added = {(e.key, c) for e in self.entries for c in e.added}
        left_out, extra = {c for _, c in left}, {c for _, c in added}
        inner = self._calls_of_folded(left_out)
        needless = {
            "everywhere: nothing is left out by it": [c for c in r.everywhere if c not in left_out],
            "accessors: nothing differs by it": [c for c in r.accessors if c not in left_out | extra],
            "folded: nothing is left out by it": [c for c in r.folded if c not in left_out | inner],
            "instead: nothing stands for it": [c for c in r.instead if c not in left_out],
            "helpers: not there, or the kernel's": [k for k in r.helpers if k not in defined or k in ported],
            "functions: ported, or not in C": [k for k in r.functions if k in ported or not self._exists(k)],
            "calls: nothing is left out there": [" -> ".join(k) for k in r.calls if k not in left],
            "adds: nothing is added there": [" -> ".join(k) for k in r.adds if k not in added],
            "departures: not a function of the port": [k for k in r.departures if k not in ported],
            "two different reasons": r.twice,
        }
        return [Row("stale", "omitted.toml", 0, name, note=note) for note, names in needless.items() for name in names]

    @staticmethod
    def _exists(key: str) -> bool:
        file, _, name = key.rpartition(":")
        return any(o.file == file for version in (BASE, NEWER) for o in originals(version).get(name, ()))

    def rows(self) -> list[Row]:
        """Everything unexplained; empty when the port is what it says it is."""
        return [r for e in self.entries for r in e.rows] + self.unknown + self.absent() + self.stale()


def main(arguments: list[str]) -> int:
    ledger = Ledger(read_reasons(Path(a) for a in arguments if a.endswith(".toml")))
    asked = [a.removeprefix("./").removeprefix("vethkernel/") for a in arguments if not a.endswith(".toml")]
    wanted = tuple(plain(Path(a)) + "/" for a in asked) or ("",)
    modules = [plain(path) + "/" for path in mirrored_modules()]
    for name, path in zip(asked, wanted, strict=False):  # nothing asked for is everything
        if not any(module.startswith(path) for module in modules):
            sys.stderr.write(f"no module of the port is called {name}; one is drivers/net/veth.py\n")
            return 2
    rows = [r for r in ledger.rows() if (plain(Path(r.module)) + "/").startswith(wanted)]
    for row in rows:
        print(row)
    made, left = sum(len(e.made) for e in ledger.entries), sum(len(e.left) for e in ledger.entries)
    print(f"{len(rows)} unexplained; {len(ledger.entries)} functions, {made} calls made as in C, {left} left out")
    if ledger.outside:
        print("not compared, for no C file of theirs is in the data: " + ", ".join(ledger.outside))
    return 1 if rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
