# SPDX-License-Identifier: GPL-2.0-only
"""What the exercises of the book need: a verdict on an answer, and a fault to look for.

    check(2 + 2 == 4)                      says whether the answer is right, and is no error if it is not
    broken = fault(veth.veth_open, 1)      the same function without its second statement
    with broken: ...                       the symptom
    check(broken.is_line("netif_carrier"))
"""

import ast
import inspect
from textwrap import dedent
from types import FunctionType, TracebackType

from vethkernel.notebook.patch import patched

RIGHT, NOT_YET = "Right.", "Not yet: change the cell above and run it again."


class Verdict:
    """Whether an answer is right, as a cell shows it."""

    def __init__(self, right: bool) -> None:
        self.right = right

    def __repr__(self) -> str:
        return RIGHT if self.right else NOT_YET

    def __bool__(self) -> bool:
        return self.right


def check(right: object) -> Verdict:
    """Tell the reader whether the answer is right."""
    return Verdict(bool(right))


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
        self._statement = "\n".join(lines[node.lineno - 1 : node.end_lineno]).strip()
        indent = " " * node.col_offset
        lines[node.lineno - 1 : node.end_lineno] = [f"{indent}pass"]
        self._source = "\n".join(lines)

    def is_line(self, text: str) -> bool:
        """True if `text` is the statement, or enough of it to tell it from the function's others."""
        wanted = " ".join(text.split())
        source = dedent(inspect.getsource(self.function))
        found = [line for line in source.split("\n") if wanted and wanted in " ".join(line.split())]
        return len(found) == 1 and wanted in " ".join(self._statement.split())

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
