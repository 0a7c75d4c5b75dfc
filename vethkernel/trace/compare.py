# SPDX-License-Identifier: GPL-2.0-only
"""The model's tree of calls held against a real kernel's, call by call.

    python -m vethkernel compare TRACE [--scenario NAME] [--all]

TRACE is what ftrace wrote (function_graph or function; gzipped or not). The model runs the same scenario, and the two
trees are aligned: a call matches one of the same name under the same caller, in the same order. What differs must be
explained by exactly one rule of data/trees/rules.toml, which names the function and the reason:

    renamed     the same function under another name             inlined    the compiler left no call to trace
    split       a step that only one version has; its calls      left out   on purpose, with all below it
                belong to its caller in the other                outside    not on the packet's path, nor all below it

Nothing is explained by a pattern. What the compiler adds to a name (.constprop.0, .part.0, .isra.0) is not part of it.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

from vethkernel.trace.events import Call
from vethkernel.trace.function_graph import read_trace

SPLICED = ("split", "inlined")  # the function's own calls count as its caller's
DROPPED = ("left out", "outside")  # the function is explained together with all below it


@dataclass(slots=True, eq=False)
class Rule:
    """Why a function is on one side only, or has another name on the other. `under`: only when called by that one."""

    why: str
    reason: str
    kernel: str = ""
    model: str = ""
    under: str = ""


@dataclass(slots=True)
class Scenario:
    """A recording, and how the model does the same: `setup`, then the one `command` whose calls are compared."""

    name: str
    about: str
    setup: list[str]
    command: str
    recording: str


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


class Rules:
    """The table of rules, by side and function."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.all = list(rules)
        self.kernel = _by_name((rule.kernel, rule) for rule in self.all)
        self.model = _by_name((rule.model, rule) for rule in self.all if not rule.kernel)
        self.used: Counter[int] = Counter()

    def of(self, side: dict[tuple[str, str], Rule], name: str, caller: str) -> Rule | None:
        """The rule for a function when `caller` calls it."""
        rule = side.get((name, caller)) or side.get((name, ""))
        if rule:
            self.used[id(rule)] += 1
        return rule

    def unused(self) -> list[Rule]:
        """Rules that explained nothing so far."""
        return [rule for rule in self.all if not self.used[id(rule)]]


def _by_name(rules: Iterable[tuple[str, Rule]]) -> dict[tuple[str, str], Rule]:
    found: dict[tuple[str, str], Rule] = {}
    for name, rule in rules:
        if name and found.setdefault((name, rule.under), rule) is not rule:
            raise ValueError(f"two rules for {name}{f' under {rule.under}' if rule.under else ''}")
    return found


@dataclass(slots=True, eq=False)
class Node:
    """A call as the alignment sees it: `name` is the model's, `shown` its own; `ghost`: explained, matches nothing."""

    name: str
    shown: str
    children: list["Node"] = field(default_factory=list)
    rule: Rule | None = None
    ghost: bool = False
    count: int = 1


def _kernel_nodes(calls: Iterable[Call], rules: Rules, caller: str = "") -> Iterator[Node]:
    for call in calls:
        shown = call.name.split(".")[0]
        rule = rules.of(rules.kernel, shown, caller)
        name = rule.model if rule and rule.why == "renamed" else shown
        yield from _node(call, shown, rule, rules, name, _kernel_nodes)


def _model_nodes(calls: Iterable[Call], rules: Rules, caller: str = "") -> Iterator[Node]:
    for call in calls:
        rule = rules.of(rules.model, call.name, caller)
        yield from _node(call, call.name, rule, rules, call.name, _model_nodes)


def _node(call: Call, shown: str, rule: Rule | None, rules: Rules, name: str, below: Any) -> Iterator[Node]:
    if rule and rule.why in DROPPED:
        yield Node("", shown, rule=rule, ghost=True, count=sum(1 for _ in call.walk()))
        return
    children = list(below(call.children, rules, shown))
    if rule and rule.why in SPLICED:
        yield Node("", shown, rule=rule, ghost=True)
        yield from children
    else:
        yield Node(name, shown, children, rule)


class Alignment:
    """Two forests side by side, as rows."""

    def __init__(self, kernel: Iterable[Call], model: Iterable[Call], rules: Rules) -> None:
        self.rows: list[Row] = []
        self._scores: dict[tuple[int, int], int] = {}
        self._align(list(_kernel_nodes(kernel, rules)), list(_model_nodes(model, rules)), 0)

    @property
    def matched(self) -> int:
        """How many calls the two have in common."""
        return sum(1 for row in self.rows if row.kernel and row.model)

    @property
    def unexplained(self) -> list[Row]:
        """The rows that only one side has and that no rule explains."""
        return [row for row in self.rows if row.unexplained]

    def _align(self, kernel: list[Node], model: list[Node], depth: int) -> None:
        pairs = self._pairs(kernel, model)
        at_kernel = at_model = 0
        for left, right in [*pairs, (len(kernel), len(model))]:
            for node in kernel[at_kernel:left]:
                self._alone(node, depth, True)
            for node in model[at_model:right]:
                self._alone(node, depth, False)
            if left < len(kernel) and right < len(model):
                self.rows.append(Row(depth, kernel[left].shown, model[right].shown, kernel[left].rule))
                self._align(kernel[left].children, model[right].children, depth + 1)
            at_kernel, at_model = left + 1, right + 1

    def _alone(self, node: Node, depth: int, kernel: bool) -> None:
        rule = node.rule if node.ghost else None
        names = (node.shown, "") if kernel else ("", node.shown)
        self.rows.append(Row(depth, *names, rule, node.count))
        for child in node.children:
            self._alone(child, depth + 1, kernel)

    def _score(self, left: Node, right: Node) -> int:
        """How many calls match if these two do; 0 if they cannot."""
        if left.ghost or right.ghost or left.name != right.name:
            return 0
        key = (id(left), id(right))
        if key not in self._scores:
            self._scores[key] = 1 + self._table(left.children, right.children)[0][0]
        return self._scores[key]

    def _table(self, kernel: list[Node], model: list[Node]) -> list[list[int]]:
        """best[i][j]: the most matches between kernel[i:] and model[j:], in order."""
        best = [[0] * (len(model) + 1) for _ in range(len(kernel) + 1)]
        for i in range(len(kernel) - 1, -1, -1):
            for j in range(len(model) - 1, -1, -1):
                score = self._score(kernel[i], model[j])
                best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + score if score else 0)
        return best

    def _pairs(self, kernel: list[Node], model: list[Node]) -> list[tuple[int, int]]:
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

    def text(self, explained: bool = True) -> str:
        """The two trees side by side; without `explained` only what matches and what nothing explains."""
        lines = [f"{'kernel':{_WIDTH}}  {'model':{_WIDTH}}  why"]
        for row in self.rows:
            if explained or row.rule is None or (row.kernel and row.model):
                lines.append(_line(row))
        return "\n".join(lines) + "\n"

    def summary(self) -> str:
        """What is matched, by what the rest is explained, and what is not."""
        counts = Counter(dict.fromkeys(("renamed", *SPLICED, *DROPPED), 0))
        for row in self.rows:
            if row.rule:
                counts[row.rule.why] += row.count
        kernel = sum(row.count for row in self.rows if row.kernel)
        model = sum(row.count for row in self.rows if row.model)
        parts = ", ".join(f"{count} {why}" for why, count in counts.items() if count)
        return (
            f"kernel: {kernel} calls; model: {model} calls; matched: {self.matched}; "
            f"explained by rule: {parts or 'none'}; unexplained: {len(self.unexplained)}"
        )


_WIDTH = 58


def _line(row: Row) -> str:
    pad = " " * row.depth
    why = f"{row.rule.why}: {row.rule.reason}" if row.rule else "" if row.kernel and row.model else "UNEXPLAINED"
    more = f" (+{row.count - 1})" if row.count > 1 else ""
    left, right = (f"{pad}{name}{more}" if name else "" for name in (row.kernel, row.model))
    return f"{left:{_WIDTH}}  {right:{_WIDTH}}  {why}".rstrip()


@lru_cache(1)
def _data() -> dict[str, Any]:
    return tomllib.loads((files("vethkernel.data") / "trees" / "rules.toml").read_text("utf-8"))


def rules() -> Rules:
    """The rules that the package brings."""
    return Rules(Rule(**rule) for rule in _data()["rule"])


def scenarios() -> dict[str, Scenario]:
    """The recorded scenarios by name."""
    return {item["name"]: Scenario(**item) for item in _data()["scenario"]}


def recorded(scenario: Scenario) -> list[Call]:
    """The real kernel's calls in that scenario."""
    return read_trace(str(files("vethkernel.data") / "trees" / scenario.recording))
