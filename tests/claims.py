"""The claims of each chapter, and what checks them.

usage: claims.py [CHAPTER...]     the list, by chapter and section; all chapters if none is named

A cell tagged `claim` begins each of its checks with what it holds true, in the words of the prose or near them:

    # claim: an end has a carrier only while both ends are up
    assert ...

The cell stands in the section that says so, and fails when it stops being so.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BOOK = Path(__file__).parents[1] / "book"
sys.path.append(str(BOOK / "_tools"))

from make_notebooks import read  # noqa: E402

TOC = (BOOK.parent / "_toc.yml").read_text("utf-8").partition("Appendices")[0]
CHAPTERS = re.findall(r"book/([\w-]+)$", TOC, re.M)
HEADING = re.compile(r"^#{1,2} +(.+)$", re.M)
CLAIM = re.compile(r"^ *# claim: (.+)$")


@dataclass
class Cell:
    """A code cell: its number in the chapter, its tags and its text."""

    number: int
    tags: tuple[str, ...]
    source: str

    @property
    def predictions(self) -> int:
        return len(re.findall(r"^predict\(", self.source, re.M))

    def claims(self) -> Iterator[tuple[str, str]]:
        """Each claim with the code that stands below it, up to the next one."""
        text, code = "", []
        for line in self.source.split("\n"):
            if found := CLAIM.match(line):
                if text:
                    yield text, "\n".join(code)
                text, code = found[1], []
            else:
                code.append(line)
        if text:
            yield text, "\n".join(code)

    def asserts(self) -> int:
        """How many checks there are in the cell."""
        plain = "\n".join(line for line in self.source.split("\n") if not line.startswith("%"))
        return sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(plain)))


@dataclass
class Section:
    """What stands under one heading."""

    chapter: str
    title: str
    words: int = 0
    cells: list[Cell] = field(default_factory=list)

    @property
    def checks(self) -> list[Cell]:
        return [cell for cell in self.cells if "claim" in cell.tags]


def sections(chapter: str) -> list[Section]:
    """The chapter's sections in order; what stands before the first second-level heading bears the chapter's title."""
    found: list[Section] = []
    cells = read(BOOK / f"{chapter}.md").cells
    for number, cell in enumerate(cells):
        if cell.cell_type == "code":
            found[-1].cells.append(Cell(number, tuple(cell.metadata.get("tags", ())), cell.source))
            continue
        before, *pairs = HEADING.split(cell.source)
        if found:
            found[-1].words += len(before.split())
        for title, text in zip(pairs[::2], pairs[1::2], strict=True):
            found.append(Section(chapter, title.strip(), len(text.split())))
    return found


def listing(chapter: str) -> list[str]:
    """The chapter's claims as lines of text, each with the cell that checks it, and at the end how many there are."""
    lines, claims, checks, predictions = [chapter], 0, 0, 0
    for section in sections(chapter):
        predictions += sum(cell.predictions for cell in section.cells)
        for cell in section.checks:
            checks += cell.asserts()
            for text, _ in cell.claims():
                claims += 1
                lines.append(f"  {section.title} [{cell.number}]: {text}")
    return [*lines, f"  {claims} claims, {checks} checks, {predictions} predictions"]


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(CHAPTERS):
        sys.exit(f"no chapter: {', '.join(sorted(unknown))}; there are {', '.join(CHAPTERS)}")
    for name in sys.argv[1:] or CHAPTERS:
        print("\n".join(listing(name)))
