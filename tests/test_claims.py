"""The book's claims: each has a check, and each section that tells how something behaves has claims.

`pytest -rP tests/test_claims.py` prints the list; so does `python tests/claims.py`.
"""

from __future__ import annotations

import ast

import pytest

from claims import CHAPTERS, Cell, Section, listing, sections

# Sections without a claim of their own: they tell of the book and not of the kernel, or say again what was checked.
EXEMPT = {
    "For whom": "about the reader",
    "How to read it": "about the book",
    "Three uses of one source": "about the book",
    "The article": "about a source",
    "Contents": "a list of links",
    "What to take with you": "says again what the sections above have checked",
    "Five lines to keep": "says again what the sections above have checked",
    "Where to go next": "links",
    "Three questions to walk with": "its predictions are answered by the run",
    "Exercises": "each has a cell that checks the answer: test_plan.py",
}
# Synopses: they say first what the sections check.
WITHOUT = {
    ("usage", "How veth is used"), ("creation", "How a pair is made"), ("transmit-receive", "How a frame travels"),
    ("summary", "lo and veth, side by side"), ("is-it-true", "Is it true?"),
}  # fmt: skip


def all_sections() -> list[Section]:
    return [section for chapter in CHAPTERS for section in sections(chapter)]


def check_cells() -> list[tuple[Section, Cell]]:
    return [(section, cell) for section in all_sections() for cell in section.checks]


@pytest.mark.parametrize(
    "section",
    [s for s in all_sections() if s.title not in EXEMPT and (s.chapter, s.title) not in WITHOUT],
    ids=lambda s: f"{s.chapter}: {s.title}",
)
def test_a_section_that_tells_how_something_behaves_has_a_claim_that_is_checked(section):
    assert section.checks


@pytest.mark.parametrize(("section", "cell"), check_cells(), ids=lambda v: getattr(v, "chapter", None) or v.number)
def test_a_check_says_which_claims_it_holds_and_asserts_each(section, cell):
    claims = list(cell.claims())
    assert claims
    for text, code in claims:
        assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(code))), text


def test_every_exemption_is_of_a_section_that_is_there():
    titles = {section.title for section in all_sections()}
    assert titles >= set(EXEMPT) and {(s.chapter, s.title) for s in all_sections()} >= WITHOUT


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_claims_of_a_chapter_are_listed(chapter):
    lines = listing(chapter)
    print("\n".join(lines))
    assert len(lines) == 2 + sum(len(list(cell.claims())) for s in sections(chapter) for cell in s.checks) > 2
