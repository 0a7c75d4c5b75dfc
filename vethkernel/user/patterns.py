# SPDX-License-Identifier: GPL-2.0-only
"""What bash makes of a word that is a pattern: of `{a,b}` and `{1..3}` several words, of `*`, `?` and `[ab]` the names
that there are.

A word is a list of letters, each with whether it was quoted, until its braces are done; then a str, in which the marks
of MARKS stand for the unquoted `*`, `?` and `[`. `literal` makes them plain again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vethkernel.syscalls import Process

Letters = list[tuple[str, bool]]

MARKS = {"*": "\2", "?": "\3", "[": "\4"}
LITERAL = str.maketrans({mark: c for c, mark in MARKS.items()})
MARKED = re.compile("[\2\3\4]")
MOST = 10_000  # words that braces may make
DEEPEST = 50  # braces within braces


class TooMany(Exception):
    """Braces ask for more words than a machine of ours should hold."""


def expand(letters: Letters) -> list[str]:
    """The words that the braces of one word make, with marks; those that are empty do not count. TooMany if so."""
    words = ["".join(c if quoted else MARKS.get(c, c) for c, quoted in word) for word in braces(letters)]
    return [word for word in words if word] if words[1:] else words


def braces(word: Letters, depth: int = 0) -> list[Letters]:
    """The words that a word with braces stands for; the word alone if it has none."""
    if depth > DEEPEST:
        raise TooMany
    words: list[Letters] = [[]]
    done = at = 0
    while at < len(word):
        parts, end = alternatives(word, at, depth) if word[at] == ("{", False) else ([], at)
        if not parts:
            at += 1
            continue
        if len(words) * len(parts) > MOST:
            raise TooMany
        words = [before + word[done:at] + part for before in words for part in parts]
        done = at = end
    return [before + word[done:] for before in words]


def alternatives(word: Letters, start: int, depth: int) -> tuple[list[Letters], int]:
    """What stands between a brace and its partner, taken apart, and the place behind that; nothing if it is no list."""
    parts: list[Letters] = [[]]
    inner = 0
    for end in range(start + 1, len(word)):
        c, quoted = word[end]
        if c == "}" and not quoted and not inner:
            return (several(parts, depth) if len(parts) > 1 else sequence(parts[0])), end + 1
        inner += 0 if quoted else (c == "{") - (c == "}")
        if c == "," and not quoted and not inner:
            parts.append([])
        else:
            parts[-1].append((c, quoted))
    return [], len(word)


def several(parts: list[Letters], depth: int) -> list[Letters]:
    """What the braces inside each part make of it."""
    made: list[Letters] = []
    for part in parts:
        made += braces(part, depth + 1)
        if len(made) > MOST:
            raise TooMany
    return made


def sequence(inside: Letters) -> list[Letters]:
    """`1..3`, `c..a` and `0..9..3` as lists; nothing if it is none of them."""
    text = "".join(c for c, _ in inside)
    number = r"-?\d{1,18}"
    m = re.fullmatch(rf"(?:({number})\.\.({number})|([a-zA-Z])\.\.([a-zA-Z]))(?:\.\.({number}))?", text, re.A)
    if not m or any(quoted for _, quoted in inside):
        return []
    first, last = (int(m[1]), int(m[2])) if m[1] else (ord(m[3]), ord(m[4]))
    step = abs(int(m[5] or 1)) or 1
    if abs(last - first) // step >= MOST:
        raise TooMany
    numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    if not m[1]:
        return [[(chr(n), False)] for n in numbers]
    width = max(len(m[1]), len(m[2])) if any(re.match(r"-?0\d", end, re.A) for end in m.group(1, 2)) else 0
    return [[(c, False) for c in f"{n:0{width}}"] for n in numbers]


def literal(word: str) -> str:
    """The word as it was typed."""
    return word.translate(LITERAL)


def names(proc: Process, word: str) -> list[str]:
    """The files that a word with marks means, in order; the word itself if there is none."""
    if not MARKED.search(word):
        return [word]
    found = [""]
    for at, part in enumerate(word.split("/")):
        found = [name for before in found for name in one_level(proc, before, part, at)]
    return sorted(name for name in found if proc.exists(name)) or [literal(word)]


def one_level(proc: Process, before: str, part: str, at: int) -> Iterator[str]:
    """The paths that go on from `before` with a name that fits."""
    head = f"{before}/" if at else ""
    if not MARKED.search(part):
        yield head + part
        return
    try:
        fits = re.compile(expression(part), re.S)
        there = proc.listdir(head or ".")
    except (OSError, re.error):  # no directory, or a class such as [z-a]
        return
    for name in there:
        if fits.fullmatch(name) and (part.startswith(".") or not name.startswith(".")):
            yield head + name


def expression(part: str) -> str:
    """The same as a regular expression, in which what follows a star is looked for once: all ways would take for ever.
    """
    first, *runs = "".join(pieces(part)).split("\2")
    if not runs:
        return first
    return first + "".join(f"(?>.*?{run})" for run in runs[:-1] if run) + ".*" + runs[-1]


def pieces(part: str) -> Iterator[str]:
    """Its pieces, and a star as its mark."""
    for m in re.finditer("(\2)|(\3)|\4([!^]?)([]]?[^]]*)]|(.)", part, re.S):
        if m[1] or m[2]:
            yield m[1] or "."
        elif m[4]:
            inside = re.sub(r"([][&~|^\\])", r"\\\1", literal(m[4]))
            inside = re.sub("(?<=.)--", r"-\\-", inside)  # a range up to -, and no difference of two sets
            yield f"[{'^' if m[3] else ''}{inside}]"
        else:
            yield re.escape(literal(m[5] or m[0]))
