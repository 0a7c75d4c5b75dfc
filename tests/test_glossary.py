"""The glossary: every term is linked where a chapter uses it first, and used by some chapter."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[1] / "book"
sys.path.append(str(BOOK / "_tools"))

from link_terms import first_uses, link, terms_of, unlinked  # noqa: E402

import claims  # noqa: E402

TERMS = terms_of((BOOK / "glossary.md").read_text("utf-8"))
CHAPTERS = claims.CHAPTERS[1:]  # without the preface


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_links_each_term_where_it_uses_it_first(chapter):
    text = (BOOK / f"{chapter}.md").read_text("utf-8")
    assert unlinked(text, TERMS) == [], f"run book/_tools/link_terms.py book/glossary.md book/{chapter}.md"


def test_every_term_is_used_by_a_chapter_and_the_list_is_in_order():
    used = {use.term for chapter in CHAPTERS for use in first_uses((BOOK / f"{chapter}.md").read_text("utf-8"), TERMS)}
    assert [names for names in TERMS if not used.intersection(names)] == []
    assert [names[0].lower() for names in TERMS] == sorted(names[0].lower() for names in TERMS)


@pytest.mark.parametrize(("text", "linked"), [
    ("a tap, then a tap", "a {term}`tap`, then a tap"),
    ("Taps listen", "{term}`Taps <tap>` listen"),
    ("a raw\nsocket and a socket", "a {term}`raw\nsocket <raw socket>` and a {term}`socket`"),
    ("by MAC address, a hardware address", "by {term}`MAC address`, a hardware address"),
    ("# A tap\n`tap` [tap](tap.md) {doc}`tap`", "# A tap\n`tap` [tap](tap.md) {doc}`tap`"),
    ("```{code-cell}\ntap\n```\nno tap", "```{code-cell}\ntap\n```\nno {term}`tap`"),
    ("```{exercise} Tap\n:label: tap\nA tap.\n```", "```{exercise} Tap\n:label: tap\nA {term}`tap`.\n```"),
    ("one {term}`listener <tap>`, a tap", "one {term}`listener <tap>`, a tap"),
    ("an arp, tapes, a tap-dance", "an arp, tapes, a tap-dance"),
])
def test_first_uses_are_found_in_the_prose_alone(text, linked):
    terms = [["tap"], ["socket"], ["raw socket"], ["ARP"], ["hardware address", "MAC address"]]
    assert link(text, terms) == linked
    assert unlinked(linked, terms) == []
