"""Do the checks bite? Break the port, one line at a time, and see which cells of the book and which tests notice.

usage: mutations.py [WORDS...]     only the mutations whose names contain one of the words

Each mutation of mutations.toml is made in a copy of the project, never in the tree itself. There the chapters' cells
run, and then the tests, each until something notices:

- the cells notice if one of them fails, or shows something else than in the unbroken port (but for the source itself);
- the tests notice if one of them fails. The ledger comes last: it sees that a call is missing, not what that does.

Ends with 1 if a mutation escapes the cells or the tests, with 2 if one cannot be made.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_suffix(".toml")
COPIED = ("vethkernel", "tests", "pyproject.toml")
CHAPTERS = ("index", "usage", "journey", "summary", "creation", "transmit-receive", "is-it-true")  # quick ones first
TESTS = (
    "article", "transcripts", "other_end", "notebook", "watch", "recorder", "journey", "programs", "properties",
    "compare", "proof", "exports", "ledger",
)  # fmt: skip
AT_ONCE = 2
PATIENCE = 240  # seconds: a broken port may run for ever
FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?:\[| - |$)", re.M)


class MutationError(Exception):
    """A mutation that cannot be made; the message says which, and why."""


@dataclass(frozen=True)
class Mutation:
    """One way to break the port: in `function` of `file`, the lines `new` in the place of `old`."""

    name: str
    file: str
    function: str
    old: str
    new: str
    notice: str

    def apply(self, text: str) -> str:
        """The module's text, broken. MutationError if the old lines are not there exactly once."""
        lines = text.split("\n")
        first, last = self._span(text)
        old, new = _stripped(self.old), _stripped(self.new)
        found = [at for at in range(first, last) if _stripped("\n".join(lines[at : at + len(old)])) == old]
        if len(found) != 1:
            times = "not" if not found else f"{len(found)} times"
            raise MutationError(f"{self.name}: {old[0]!r} stands {times} in {self.function} of {self.file}")
        if len(new) != len(old):
            raise MutationError(f"{self.name}: {len(old)} lines would become {len(new)}")
        for at, line in enumerate(new, found[0]):
            lines[at] = lines[at][: len(lines[at]) - len(lines[at].lstrip())] + line
        return "\n".join(lines)

    def _span(self, text: str) -> tuple[int, int]:
        """The function's lines, counted from 0."""
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name == self.function:
                return node.lineno - 1, node.end_lineno or node.lineno
        raise MutationError(f"{self.name}: {self.file} has no function {self.function}")


def _stripped(text: str) -> list[str]:
    return [line.strip() for line in text.strip("\n").split("\n")]


def read_mutations(table: Path = TABLE) -> list[Mutation]:
    """The table. MutationError if it cannot be read."""
    try:
        return [Mutation(**row) for row in tomllib.loads(table.read_text("utf-8"))["mutation"]]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise MutationError(f"{table}: {error}") from None


def read_cells(chapters: Sequence[str]) -> dict[str, list[str]]:
    """The cells of the chapters, each at its number; those without code are empty."""
    sys.path.append(str(ROOT / "book" / "_tools"))
    from make_notebooks import read

    return {
        name: [cell.source * (cell.cell_type == "code") for cell in read(ROOT / "book" / f"{name}.md").cells]
        for name in chapters
    }


def run(folder: Path, *command: str | Path) -> tuple[int, str]:
    """A Python command in the copy: its status (-1 if it had to be stopped) and what it printed."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", *command], cwd=folder, capture_output=True, text=True, timeout=PATIENCE,
            env={**os.environ, "PYTHONPATH": str(folder), "IPYTHONDIR": str(folder)})  # fmt: skip
    except subprocess.TimeoutExpired:
        return -1, ""
    return done.returncode, done.stdout + done.stderr


@dataclass(frozen=True)
class Caught:
    """Who noticed a mutation: a cell that fails or a cell that differs, and a test; each "" if there is none."""

    mutation: Mutation
    fails: str
    differs: str
    test: str


class Trial:
    """The copies in which mutations are tried, and what the unbroken port shows."""

    def __init__(self, folder: Path, chapters: Sequence[str]) -> None:
        self.folder = folder
        self.cells = folder / "cells.json"
        self.expected = folder / "expected.json"
        self.cells.write_text(json.dumps(read_cells(chapters)))
        status, shown = run(self.copy("unbroken"), "tests/run_cells.py", self.cells)
        if status:
            raise MutationError(f"the cells of the unbroken port fail:\n{shown}")
        self.expected.write_text(shown)

    def copy(self, name: str) -> Path:
        """A fresh copy of what is run."""
        target = self.folder / name
        target.mkdir()
        for part in COPIED:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        return target

    def of(self, number: int, mutation: Mutation) -> Caught:
        """Try one."""
        folder = self.copy(str(number))
        module = folder / "vethkernel" / mutation.file
        module.write_text(mutation.apply(module.read_text("utf-8")), "utf-8")
        caught = Caught(mutation, *self.noticed_by_cells(folder), self.noticed_by_tests(folder))
        shutil.rmtree(folder)
        return caught

    def noticed_by_cells(self, folder: Path) -> tuple[str, str]:
        """The first cell that fails, and the first that differs before it."""
        status, shown = run(folder, "tests/run_cells.py", self.cells, self.expected)
        if status:
            return ("the cells do not end" if status < 0 else shown.strip().rpartition("\n")[2]), ""
        found = json.loads(shown)
        fails, differs = ("{}, cell {}".format(*found[how]) if how in found else "" for how in ("fails", "differs"))
        return fails, differs

    def noticed_by_tests(self, folder: Path) -> str:
        """The first test that fails."""
        files = [f"tests/test_{name}.py" for name in TESTS]
        status, shown = run(folder, "-m", "pytest", "-xq", "-m", "not machine", "-p", "no:cacheprovider", *files)
        if status <= 0:
            return "the tests do not end" if status else ""
        failed = FIRST_FAILURE.search(shown)
        if not failed:
            raise MutationError(f"the tests cannot be run:\n{shown}")
        return failed[1].removeprefix("tests/")


def tried(mutations: Sequence[Mutation], chapters: Sequence[str] = CHAPTERS) -> Iterator[Caught]:
    """What caught each of them, of these chapters' cells and of all tests."""
    with TemporaryDirectory(prefix="mutations-") as folder, ThreadPoolExecutor(AT_ONCE) as workers:
        trial = Trial(Path(folder), chapters)
        yield from workers.map(trial.of, range(len(mutations)), mutations)


def summary(results: Sequence[Caught]) -> str:
    """How many were caught, and by whom."""
    by_claim, by_cell = (sum(bool(x) for x in column) for column in (
        [r.fails for r in results], [r.fails or r.differs for r in results]))
    return (f"{len(results)} mutations: {by_cell} noticed by the book's cells ({by_claim} by a cell that fails), "
            f"{sum(bool(r.test) for r in results)} by the tests")


def main(words: list[str]) -> int:
    try:
        chosen = [m for m in read_mutations() if not words or any(word in m.name for word in words)]
        if not chosen:
            raise MutationError(f"no mutation's name contains {' or '.join(words)}")
        results = []
        for result in tried(chosen):
            results.append(result)
            m = result.mutation
            print(f"{m.name}\n    {m.file}, {m.function}: {_stripped(m.old)[-1]}")
            print(f"    cells: {result.fails or result.differs and result.differs + ', differs' or 'NOTHING'}")
            print(f"    tests: {result.test or 'NOTHING'}", flush=True)
    except MutationError as error:
        print(error, file=sys.stderr)
        return 2
    print(summary(results))
    return int(not all((r.fails or r.differs) and r.test for r in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
