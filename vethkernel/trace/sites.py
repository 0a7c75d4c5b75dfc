# SPDX-License-Identifier: GPL-2.0-only
"""How a function was called: by its name, or through an entry of an ops table.

The kernel calls a driver by `ops->ndo_start_xmit(skb, dev)` and ends up in veth_xmit. Which entry that was is read
off the caller's source, at the place where its frame stands: once for each such place.
"""

import ast
import inspect
import linecache
from itertools import islice
from types import CodeType, FrameType

from vethkernel.trace.watched import is_mirrored

_known: dict[tuple[CodeType, int, CodeType], str] = {}


def entry_called(caller: FrameType | None, callee: CodeType) -> str:
    """The entry or pointer through which `caller` now calls `callee`; "" where it calls it by its own name."""
    if caller is None:
        return ""
    site = (caller.f_code, caller.f_lasti, callee)
    entry = _known.get(site)
    if entry is None:
        entry = _known[site] = _read(caller, callee.co_name)
    return entry


def _read(caller: FrameType, callee: str) -> str:
    if not is_mirrored(caller.f_globals.get("__name__", ""), inlines=True):
        return ""
    code = caller.f_code
    lines = linecache.getlines(code.co_filename, caller.f_globals)
    called = _called_at(code, caller.f_lasti, lines)
    if isinstance(called, ast.Attribute):
        return "" if called.attr == callee else called.attr
    if isinstance(called, ast.Name) and called.id != callee:
        return _assigned_from(called.id, code, lines) or called.id
    return ""


def _called_at(code: CodeType, instruction: int, lines: list[str]) -> ast.expr | None:
    """The expression that is called by the instruction, or None if the source does not tell."""
    first, last, start, end = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    if first is None or last is None or start is None or end is None or last > len(lines):
        return None
    text = [line.encode() for line in lines[first - 1 : last]]
    text[-1] = text[-1][:end]
    text[0] = text[0][start:]
    try:
        expression = ast.parse(b"(" + b"".join(text) + b")", mode="eval").body
    except SyntaxError:
        return None
    return expression.func if isinstance(expression, ast.Call) else None


def _assigned_from(name: str, code: CodeType, lines: list[str]) -> str:
    """The attribute that a local name stands for: "ndo_start_xmit" after `xmit = ops.ndo_start_xmit`."""
    block = inspect.getblock(lines[code.co_firstlineno - 1 :])
    for node in ast.walk(ast.parse(inspect.cleandoc("\n" + "".join(block)))):
        if isinstance(node, ast.Assign | ast.NamedExpr) and isinstance(node.value, ast.Attribute):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return node.value.attr
    return ""
