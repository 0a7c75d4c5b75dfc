"""Every chapter keeps the same plan: a reader finds the question, the predictions and the exercises as in the last."""

from __future__ import annotations

import json
import re

import pytest

import claims
from claims import BOOK, Cell, sections

LONGEST = 12  # lines of a cell that is neither folded nor in a solution
SOLUTION = re.compile(r"^```\{solution-start\}.*?^```\{solution-end\}\n```", re.M | re.S)
UNFOLDED = re.compile(
    r"^```\{code-cell\} ipython3\n(?!:tags: \[(?:hide-cell|hide-input|remove))(?!%%console)(.+?)\n```", re.M | re.S)

# What is left out of a chapter's plan, and why.
LEFT_OUT = {
    ("journey", "picture"): "its one figure is the chapter",
    ("is-it-true", "picture"): "its pictures are tables: two columns side by side",
}
CHAPTERS = claims.CHAPTERS[1:]  # without the preface

ABSENT = re.compile(r"^\s*(?:from|import) (?:IPython|asyncio|multiprocessing|os|socket|subprocess|threading)\b", re.M)


class Chapter:
    """A chapter's text, with the questions that the plan asks of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = (BOOK / f"{name}.md").read_text("utf-8")
        self.opening = self.text.partition("\n## ")[0]
        self.cells: list[Cell] = [cell for section in sections(name) for cell in section.cells]

    def paragraph(self, label: str) -> str:
        """The paragraph that begins with a bold label, without the label; "" if there is none."""
        found = re.search(rf"^\*\*{re.escape(label)}\*\* (.+?)(?:\n\n|\Z)", self.text, re.M | re.S)
        return found[1] if found else ""

    def bullets(self) -> int:
        """How many lines there are to take away."""
        found = re.search(r"^## (?:What to take with you|Five lines to keep)\n\n(.+?)\n\n", self.text, re.M | re.S)
        return len(re.findall(r"^- ", found[1], re.M)) if found else 0

    def exercises(self) -> list[tuple[str, str]]:
        """(label, what stands from there to the end of its solution), in order."""
        parts = re.split(r"^```\{exercise\}.*\n:label: (\S+)\n", self.text, flags=re.M)
        return list(zip(parts[1::2], parts[2::2], strict=True))

    def has_solved_exercises(self) -> bool:
        return len(self.exercises()) >= 3 and all(
            f"```{{solution-start}} {label}\n" in text and len(re.findall(r"\bcheck\(", text)) >= 2
            for label, text in self.exercises())


# Each part of the plan, and how to tell that it is there.
PLAN = {
    "question": lambda chapter: chapter.paragraph("The question.").count("?") >= 1,
    "answer in three sentences": lambda chapter: len(
        re.findall(r"[.!?](?=\s|$)", chapter.paragraph("The answer, in three sentences."))) == 3,
    "picture": lambda chapter: re.search(r"^draw\w*\(", chapter.opening, re.M),
    "what you need first": lambda chapter: re.fullmatch(
        r"([^\n]+\n){0,4}[^\n]+", chapter.paragraph("What you need to know first.")),
    "three predictions": lambda chapter: sum(cell.predictions for cell in chapter.cells) >= 3,
    "five lines to take away": lambda chapter: chapter.bullets() == 5,
    "next": lambda chapter: "{doc}" in chapter.paragraph("Next."),
    "background": lambda chapter: "{cite}" in chapter.paragraph("Background."),
    "exercises": Chapter.has_solved_exercises,
    "a fault to find": lambda chapter: any(
        re.search(r"\bfault\(", text) and "is_line(found)" in text for _, text in chapter.exercises()),
}


@pytest.fixture(scope="module", params=CHAPTERS)
def chapter(request):
    return Chapter(request.param)


@pytest.mark.parametrize("part", PLAN)
def test_a_chapter_has_each_part_of_the_plan_or_a_reason_not_to(chapter, part):
    assert bool(PLAN[part](chapter)) != ((chapter.name, part) in LEFT_OUT)


def test_no_cell_is_a_wall_of_code(chapter):
    assert [cell for cell in UNFOLDED.findall(SOLUTION.sub("", chapter.text)) if cell.count("\n") >= LONGEST] == []


def test_a_cell_needs_nothing_that_a_browser_has_not(chapter):
    text = "\n".join(cell.source for cell in chapter.cells)
    assert set(re.findall(r"^(%+\w+|!\w+)", text, re.M)) <= {"%load_ext", "%%console"}
    assert not ABSENT.search(text)


def test_exercises_range_from_one_line_to_an_hour():
    texts = [text for name in CHAPTERS for _, text in Chapter(name).exercises()]
    assert sum("One line" in text for text in texts) >= 3 and sum("hour" in text for text in texts) >= 3


def test_each_solution_is_right_by_its_own_check(chapter):
    notebook = json.loads((BOOK / "notebooks" / f"{chapter.name}.ipynb").read_text("utf-8"))
    shown = "".join(text for cell in notebook["cells"] for output in cell.get("outputs", ())
                    for text in output.get("data", {}).get("text/plain", ()))
    assert shown.count("Right.") == len(chapter.exercises())
