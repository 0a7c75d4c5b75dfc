"""Link each term of the glossary where a chapter uses it first.

usage: link_terms.py book/glossary.md CHAPTER.md...

What is linked already stays; `unlinked` is what the tests ask. A use is a word of the prose: headings, code, and the
texts of other links do not count. Names that share a definition are one term.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

GLOSSARY = re.compile(r"^```\{glossary\}\n(.*?)^```$", re.M | re.S)
ENTRY = re.compile(r"^((?:\S.*\n)+)(?:^ .*\n?)+", re.M)
FENCE = re.compile(r"^(?P<mark>`{3,}|:{3,})(?P<what>[^\n]*)\n(?P<body>.*?)^(?P=mark)[ \t]*$", re.M | re.S)
PROSE = re.compile(r"\{(?:exercise|note|tip|hint|warning|important|admonition|dropdown|solution|seealso)\}")
OPTIONS = re.compile(r"\A(?::[\w-]+:.*\n)+")
NOT_PROSE = (
    re.compile(r"\A---\n.*?^---$", re.M | re.S),
    re.compile(r"^(?:#{1,6} |%|\([\w-]+\)=).*$", re.M),
    re.compile(r"\{[\w:-]+\}`[^`]+`"),
    re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S),
    re.compile(r"!?\[[^\]]*\]\([^)]*\)"),
)
ROLE = re.compile(r"\{term\}`(?:[^`<]*<)?\s*([^`<>]+?)\s*>?`")


class Use(NamedTuple):
    """A place in a text that uses a term: by which of its names, and whether it is a link."""

    start: int
    end: int
    term: str
    linked: bool


def terms_of(glossary: str) -> list[list[str]]:
    """The terms of a glossary page; each is the list of its names."""
    body = GLOSSARY.search(glossary)
    return [entry[1].splitlines() for entry in ENTRY.finditer(body[1] if body else "")]


def prose(text: str) -> str:
    """The text with blanks for all that is not prose, so that places stay places."""
    def blank(match: re.Match[str]) -> str:
        return re.sub(r"\S", " ", match[0])

    def fence(match: re.Match[str]) -> str:
        if not PROSE.match(match["what"]):
            return blank(match)
        body = FENCE.sub(fence, OPTIONS.sub(blank, match["body"]))
        return " " * (match.start("body") - match.start() - 1) + "\n" + body + " " * (match.end() - match.end("body"))

    text = FENCE.sub(fence, text)
    for pattern in NOT_PROSE:
        text = pattern.sub(blank, text)
    return text


def pattern(name: str) -> re.Pattern[str]:
    """A name as a text may write it: at the end of a line, at the beginning of a sentence, as one or many."""
    words = r"\s+".join(map(re.escape, name.split()))
    endings = "es" if name.endswith("s") else "s|ed|ing"
    return re.compile(rf"(?<![\w-]){words}(?:{endings})?(?![\w-])", 0 if name != name.lower() else re.I)


def first_uses(text: str, terms: list[list[str]]) -> Iterator[Use]:
    """The first use of each term that the text uses; a name within a longer one is no use of its own."""
    words = prose(text)
    linked = {match[1]: match for match in reversed(list(ROLE.finditer(text)))}
    uses: dict[str, Use] = {}
    for name, term in sorted(((n, t[0]) for t in terms for n in t), key=lambda pair: -len(pair[0])):
        found = [Use(m.start(), m.end(), name, False) for m in pattern(name).finditer(words)]
        found += [Use(m.start(), m.end(), name, True) for m in [linked.get(name)] if m]
        for use in found:
            if not use.linked:
                words = words[: use.start] + " " * (use.end - use.start) + words[use.end :]
            uses[term] = min(use, uses.get(term, use))
    yield from sorted(uses.values())


def unlinked(text: str, terms: list[list[str]]) -> list[str]:
    """The terms whose first use in the text is no link, each with the line of that use."""
    return [f"{text.count(chr(10), 0, use.start) + 1}: {use.term}" for use in first_uses(text, terms) if not use.linked]


def link(text: str, terms: list[list[str]]) -> str:
    """The text with a link at the first use of each term."""
    for use in reversed([use for use in first_uses(text, terms) if not use.linked]):
        shown = text[use.start : use.end]
        target = shown if shown == use.term else f"{shown} <{use.term}>"
        text = f"{text[: use.start]}{{term}}`{target}`{text[use.end :]}"
    return text


def main(glossary: Path, chapters: list[Path]) -> None:
    terms = terms_of(glossary.read_text("utf-8"))
    for chapter in chapters:
        text = chapter.read_text("utf-8")
        for place in unlinked(text, terms):
            print(f"{chapter}:{place}")
        chapter.write_text(link(text, terms), "utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), [Path(a) for a in sys.argv[2:]])
