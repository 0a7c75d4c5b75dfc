# SPDX-License-Identifier: GPL-2.0-only
"""The model's tree of calls held against a real kernel's, call by call.

A call matches one of the same name under the same caller, in the same order. What differs must be explained by exactly
one rule of data/trees/rules.toml, which names the function and the reason:

    renamed     the same function under another name          left out    on purpose, with all that it calls
    split       a step that only one version has: what it     outside     not on the packet's path, nor what it calls
                calls belongs to its caller in the other
    inlined     the compiler left no call to trace            untraced    the recording was not told to watch it

Nothing is explained by a pattern. What the compiler adds to a name (.constprop.0, .part.0, .isra.0) is not part of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vethkernel.trace.events import Call

RENAMED, SPLIT, INLINED, UNTRACED, LEFT_OUT, OUTSIDE = "renamed", "split", "inlined", "untraced", "left out", "outside"
SPLICED = (SPLIT, INLINED, UNTRACED)  # what the function calls counts as its caller's, unless the rule says "whole"
DROPPED = (LEFT_OUT, OUTSIDE)  # the function is explained together with all that it calls


@dataclass(slots=True, eq=False)
class Rule:
    """Why one function is on one side only, or has another name on the other.

    `under`: only when that function calls it; `within`: only somewhere below that one; `containing`, `without`: only if
    that one is, or is not, called below it; `after`: only if its caller called that one before. `whole`: together with
    all that it calls; `unmatched`: only where the other side does not make the same call.
    """

    why: str
    reason: str
    kernel: str = ""
    model: str = ""
    under: str = ""
    within: str = ""
    containing: str = ""
    without: str = ""
    after: str = ""
    whole: bool = False
    unmatched: bool = False

    @property
    def weight(self) -> int:
        """How special the rule is: of several that fit, the heaviest counts."""
        narrow = (self.within, self.under, self.without, self.containing, self.after)
        return sum(2**place for place, text in enumerate(narrow) if text)

    def fits(self, call: Call, callers: list[str], earlier: list[str]) -> bool:
        """Whether the rule speaks of this call, made by the last of `callers` after the calls `earlier`."""
        if self.under and self.under not in callers[-1:] or self.within and self.within not in callers:
            return False
        if self.after and self.after not in earlier:
            return False
        if not self.containing and not self.without:
            return True
        below = {plain(inner.name) for inner in call.walk()}
        return (not self.containing or self.containing in below) and (not self.without or self.without not in below)


class Rules:
    """The table of rules. Of those that fit a call the more special one counts; two equally special are an error."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.all = list(rules)
        self.used: Counter[int] = Counter()
        self._kernel: dict[str, list[Rule]] = {}
        self._model: dict[str, list[Rule]] = {}
        for rule in self.all:
            side, name = (self._kernel, rule.kernel) if rule.kernel else (self._model, rule.model)
            side.setdefault(name, []).append(rule)

    def for_kernel(self, *where: Any) -> tuple[Rule | None, Rule | None]:
        """The rules for a call of the real kernel: the first holds in any case, the second if nothing matches the call.
        What they look at is the call, the functions that it is in, and its caller's earlier calls."""
        return _choose(self._kernel.get(plain(where[0].name), ()), *where)

    def for_model(self, *where: Any) -> tuple[Rule | None, Rule | None]:
        """The rules for a call of the model."""
        return _choose(self._model.get(where[0].name, ()), *where)

    def unused(self) -> list[Rule]:
        """Rules that explained nothing so far."""
        return [rule for rule in self.all if not self.used[id(rule)]]


def _choose(
    rules: Iterable[Rule], call: Call, callers: list[str], earlier: list[str]
) -> tuple[Rule | None, Rule | None]:
    best: list[Rule | None] = [None, None]
    for rule in rules:
        if rule.fits(call, callers, earlier):
            other = best[rule.unmatched]
            if other and other.weight == rule.weight:
                raise ValueError(f"two rules for {call.name} called by {callers[-1:]}: {other.reason}; {rule.reason}")
            if not other or other.weight < rule.weight:
                best[rule.unmatched] = rule
    return best[False], best[True]


def plain(name: str) -> str:
    """A function's own name, without what the compiler added."""
    return name.partition(".")[0]


@dataclass(slots=True)
class Row:
    """One line of the alignment: the two names, one of them "" where only one side has the call."""

    depth: int
    kernel: str
    model: str
    rule: Rule | None = None
    count: int = 1  # calls that the row stands for, on its side

    @property
    def unexplained(self) -> bool:
        """Whether nothing says why only one side has the call."""
        return self.rule is None and not (self.kernel and self.model)


@dataclass(slots=True, eq=False)
class _Node:
    """A call as the alignment sees it: `name` to match by; a ghost is explained by its rule and matches nothing."""

    name: str
    shown: str
    children: list["_Node"] = field(default_factory=list)
    rule: Rule | None = None
    ghost: bool = False
    count: int = 1
    otherwise: Rule | None = None  # what explains it if nothing matches it


def _nodes(calls: Iterable[Call], choose: Callable[..., Any], callers: list[str]) -> Iterator[_Node]:
    earlier: list[str] = []
    for call in calls:
        name = plain(call.name)
        rule, otherwise = choose(call, callers, earlier)
        earlier.append(name)
        count = sum(1 for _ in call.walk())
        if rule and (rule.why in DROPPED or rule.whole):
            yield _Node("", name, rule=rule, ghost=True, count=count)
            continue
        below = list(_nodes(call.children, choose, [*callers, name]))
        if rule and rule.why in SPLICED:
            yield _Node("", name, rule=rule, ghost=True)
            yield from below
        else:
            yield _Node(rule.model if rule and rule.kernel else name, name, below, rule, False, count, otherwise)


class Alignment:
    """Two forests side by side, as rows."""

    def __init__(self, kernel: Iterable[Call], model: Iterable[Call], rules: Rules) -> None:
        self.rows: list[Row] = []
        self._scores: dict[tuple[int, int], int] = {}
        self._align(list(_nodes(kernel, rules.for_kernel, [])), list(_nodes(model, rules.for_model, [])), 0)
        rules.used.update(id(row.rule) for row in self.rows if row.rule)

    @property
    def matched(self) -> int:
        """How many calls the two have in common."""
        return sum(1 for row in self.rows if row.kernel and row.model)

    @property
    def unexplained(self) -> list[Row]:
        """The rows that only one side has and that no rule explains."""
        return [row for row in self.rows if row.unexplained]

    def _align(self, kernel: list[_Node], model: list[_Node], depth: int) -> None:
        at_kernel = at_model = 0
        for left, right in [*self._pairs(kernel, model), (len(kernel), len(model))]:
            for node in kernel[at_kernel:left]:
                self._alone(node, depth, True)
            for node in model[at_model:right]:
                self._alone(node, depth, False)
            if left < len(kernel):
                self.rows.append(Row(depth, kernel[left].shown, model[right].shown, kernel[left].rule))
                self._align(kernel[left].children, model[right].children, depth + 1)
            at_kernel, at_model = left + 1, right + 1

    def _alone(self, node: _Node, depth: int, kernel: bool) -> None:
        names = (node.shown, "") if kernel else ("", node.shown)
        if node.otherwise:
            self.rows.append(Row(depth, *names, node.otherwise, node.count))
            return
        self.rows.append(Row(depth, *names, node.rule if node.ghost else None, node.count if node.ghost else 1))
        for child in node.children:
            self._alone(child, depth + 1, kernel)

    def _score(self, left: _Node, right: _Node) -> int:
        """How many calls match if these two do; 0 if they cannot."""
        if left.ghost or right.ghost or left.name != right.name:
            return 0
        key = (id(left), id(right))
        if key not in self._scores:
            self._scores[key] = 1 + self._table(left.children, right.children)[0][0]
        return self._scores[key]

    def _table(self, kernel: list[_Node], model: list[_Node]) -> list[list[int]]:
        """best[i][j]: the most matches that kernel[i:] and model[j:] can have, in order."""
        best = [[0] * (len(model) + 1) for _ in range(len(kernel) + 1)]
        for i in range(len(kernel) - 1, -1, -1):
            for j in range(len(model) - 1, -1, -1):
                score = self._score(kernel[i], model[j])
                best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + score if score else 0)
        return best

    def _pairs(self, kernel: list[_Node], model: list[_Node]) -> list[tuple[int, int]]:
        best = self._table(kernel, model)
        pairs, i, j = [], 0, 0
        while i < len(kernel) and j < len(model):
            score = self._score(kernel[i], model[j])
            if score and best[i][j] == best[i + 1][j + 1] + score:
                pairs.append((i, j))
                i, j = i + 1, j + 1
            elif best[i][j] == best[i + 1][j]:
                i += 1
            else:
                j += 1
        return pairs

    def text(self) -> str:
        """The two trees side by side, and why they differ where they do."""
        return "\n".join([f"{'real kernel':{_WIDTH}}  {'model':{_WIDTH}}  why", *map(_line, self.rows)]) + "\n"

    def summary(self) -> str:
        """What is matched, by what the rest is explained, and what is not."""
        counts = Counter(dict.fromkeys((RENAMED, *SPLICED, *DROPPED), 0))
        for row in self.rows:
            counts[row.rule.why if row.rule else ""] += row.count
        sides = [sum(row.count for row in self.rows if getattr(row, side)) for side in ("kernel", "model")]
        parts = ", ".join(f"{counts[why]} {why}" for why in (*SPLICED, *DROPPED) if counts[why])
        return (
            f"real kernel: {sides[0]} calls; model: {sides[1]} calls; matched: {self.matched}, of these "
            f"{counts[RENAMED]} renamed; explained: {parts or 'none'}; unexplained: {len(self.unexplained)}"
        )


_WIDTH = 58


def _line(row: Row) -> str:
    more = f" (+{row.count - 1})" if row.count > 1 else ""
    left, right = (f"{' ' * row.depth}{name}{more}" if name else "" for name in (row.kernel, row.model))
    why = f"{row.rule.why}: {row.rule.reason}" if row.rule else "UNEXPLAINED" if row.unexplained else ""
    return f"{left:{_WIDTH}}  {right:{_WIDTH}}  {why}".rstrip()
