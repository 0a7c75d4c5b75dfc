# SPDX-License-Identifier: GPL-2.0-only
"""What the exercises of the book need: a verdict on an answer, and a fault to look for.

    check(2 + 2 == 4)                      says whether the answer is right, and is no error if it is not
    check(right, console(machine, mine))   and, if it is not, which of the reader's commands failed, and how
    check(same(mine, ["0", "error"]))      however the reader wrote it
    broken = fault(veth.veth_open, 1)      the same function without its second statement
    with broken: ...                       the symptom
    check(broken.is_line("netif_carrier"))
"""

import ast
import inspect
from collections.abc import Collection
from textwrap import dedent
from types import FunctionType, TracebackType
from typing import Any

from vethkernel.notebook.console import Transcript
from vethkernel.notebook.patch import patched, squeezed

RIGHT, NOT_YET = "Right.", "Not yet: change the cell above and run it again."
OPEN = ("?", "")  # what stands in the book where an answer goes


class Verdict:
    """Whether an answer is right, as a cell shows it; with a hint if it is not and there is something to tell."""

    def __init__(self, right: bool, hint: str = "") -> None:
        self.right = right
        self.hint = hint

    def __repr__(self) -> str:
        return RIGHT if self.right else f"Not yet: {self.hint}" if self.hint else NOT_YET

    def __bool__(self) -> bool:
        return self.right


def check(right: object, *said: Transcript) -> Verdict:
    """Tell the reader whether the answer is right; and if not, which command failed of those in `said`."""
    if isinstance(right, Verdict):
        return right
    complaint = next((failed for transcript in said if (failed := transcript.complaint())), "")
    return Verdict(bool(right), f"here is what failed.\n{complaint}" if complaint else "")


def same(answer: object, right: object, among: Collection[str] = ()) -> Verdict:
    """Whether `answer` says what `right` does; "4" for 4, a tuple for a list, capitals and blanks make no difference.

    `among`: the words that an answer is made of, if only these are.
    """
    if isinstance(right, dict):
        if isinstance(answer, dict):
            answer = [answer.get(key) for key in right]
        right = list(right.values())
    if isinstance(right, list | tuple) and isinstance(answer, str):
        answer = answer.replace(",", " ").split()
    mine, wanted = _plain(answer), _plain(right)
    strange = [word for word in mine if among and word not in (*_plain(list(among)), *OPEN)]
    if mine == wanted:
        return Verdict(True)
    if strange:
        return Verdict(False, f"{strange[0]!r} is none of {', '.join(sorted(among))}.")
    if len(wanted) == 1 or set(mine) & set(OPEN):
        return Verdict(False)
    if len(mine) != len(wanted):
        return Verdict(False, f"{len(wanted)} are asked for, not {len(mine)}.")
    return Verdict(False, f"{sum(map(str.__eq__, mine, wanted))} of {len(wanted)} right.")


def _plain(value: Any) -> list[str]:
    """The words of an answer, without what makes no difference to its meaning."""
    values = value if isinstance(value, list | tuple) else [value]
    while len(values) == 1 and isinstance(values[0], list | tuple):
        values = values[0]
    values = [int(each) if isinstance(each, float) and each.is_integer() else each for each in values]
    return [str(each).strip(" \t\n`;:").removesuffix("()").lower() for each in values]


class Fault:
    """A function with one statement taken out, for as long as a with-block lasts; it does not tell which."""

    def __init__(self, function: FunctionType, number: int) -> None:
        self.function = function
        lines = dedent(inspect.getsource(function)).split("\n")
        body = ast.parse("\n".join(lines)).body[0]
        simple = [node for node in ast.walk(body) if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr)]
        simple = [node for node in simple if not isinstance(getattr(node, "value", None), ast.Constant)]
        simple.sort(key=lambda node: node.lineno)
        if not 0 <= number < len(simple):
            raise ValueError(f"{function.__name__} has statements 0 to {len(simple) - 1}")
        node = simple[number]
        taken = slice(node.lineno - 1, node.end_lineno)
        self._statement = squeezed("".join(lines[taken]))
        self._others = [squeezed(line) for line in lines[: taken.start] + lines[taken.stop :]]
        lines[taken] = [f"{' ' * node.col_offset}pass"]
        self._source = "\n".join(lines)

    def is_line(self, text: str) -> Verdict:
        """Whether `text` is the statement, or enough of it to tell it from the function's others."""
        if not isinstance(text, str):
            return Verdict(False, "write the line as a text, in quotes.")
        wanted, name = squeezed(text.strip("`>; \t\n")), self.function.__name__
        if wanted in OPEN:
            return Verdict(False)
        right = wanted in self._statement
        lines = right + sum(wanted in line for line in self._others)
        if not lines:
            return Verdict(False, f"no line of {name} contains {text.strip()!r}.")
        if lines > 1:
            return Verdict(False, f"{lines} lines of {name} contain {text.strip()!r}; write more of yours.")
        return Verdict(right, "that line is still there. Which one is missing?")

    def __enter__(self) -> "Fault":
        self._patch = patched(self.function, self._source)
        self._patch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._patch.__exit__(kind, error, traceback)


def fault(function: FunctionType, number: int) -> Fault:
    """`function` without its statement number `number`, counted from 0 in the order of its source."""
    return Fault(function, number)
