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
MOST = 10_000  # words: braces that ask for more stay as they are


def expand(letters: Letters) -> list[str]:
    """The words that the braces of one word make, with marks; those that are empty do not count."""
    words = ["".join(c if quoted else MARKS.get(c, c) for c, quoted in word) for word in braces(letters)]
    return [word for word in words if word] if words[1:] else words


def braces(word: Letters) -> list[Letters]:
    """The words that a word with braces stands for; the word alone if it has none."""
    for start, letter in enumerate(word):
        if letter != ("{", False):
            continue
        parts, end = alternatives(word, start)
        rest = braces(word[end:]) if parts else []
        if parts and len(parts) * len(rest) <= MOST:
            return [word[:start] + part + after for part in parts for after in rest]
    return [word]


def alternatives(word: Letters, start: int) -> tuple[list[Letters], int]:
    """What stands between a brace and its partner, taken apart, and the place behind that; nothing if it is no list."""
    parts: list[Letters] = [[]]
    depth = 0
    for end in range(start + 1, len(word)):
        c, quoted = word[end]
        if c == "}" and not quoted and not depth:
            if len(parts) > 1:
                return [made for part in parts for made in braces(part)], end + 1
            return sequence(parts[0]), end + 1
        depth += 0 if quoted else (c == "{") - (c == "}")
        if c == "," and not quoted and not depth:
            parts.append([])
        else:
            parts[-1].append((c, quoted))
    return [], len(word)


def sequence(inside: Letters) -> list[Letters]:
    """`1..3`, `c..a` and `0..9..3` as lists; nothing if it is none of them."""
    text = "".join(c for c, _ in inside)
    m = re.fullmatch(r"(-?\d{1,9})\.\.(-?\d{1,9})(?:\.\.(-?\d{1,9}))?|([a-zA-Z])\.\.([a-zA-Z])", text, re.A)
    if not m or any(quoted for _, quoted in inside):
        return []
    first, last = (int(m[1]), int(m[2])) if m[1] else (ord(m[4]), ord(m[5]))
    step = abs(int(m[3] or 1)) or 1
    if abs(last - first) // step >= MOST:
        return []
    numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    width = max(len(m[1]), len(m[2])) if m[1] and re.search(r"(^|\.|-)0\d", text) else 0
    return [[(c, False) for c in (f"{n:0{width}}" if m[1] else chr(n))] for n in numbers]


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
        fits = re.compile("".join(pieces(part)), re.S)
        there = proc.listdir(head or ".")
    except (OSError, re.error):  # no directory, or a class such as [z-a]
        return
    for name in there:
        if fits.fullmatch(name) and (part.startswith(".") or not name.startswith(".")):
            yield head + name


def pieces(part: str) -> Iterator[str]:
    """The same as a regular expression, piece by piece."""
    for m in re.finditer("(\2)|(\3)|\4([!^]?)([]]?[^]]*)]|(.)", part, re.S):
        if m[1] or m[2]:
            yield ".*" if m[1] else "."
        elif m[4]:
            inside = re.sub(r"([][&~|^\\])", r"\\\1", literal(m[4]))
            yield f"[{'^' if m[3] else ''}{inside}]"
        else:
            yield re.escape(literal(m[5] or m[0]))
