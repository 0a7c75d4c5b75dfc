# SPDX-License-Identifier: GPL-2.0-only
"""Change a function of the port for a while, everywhere at once, and have it back afterwards.

    with without_line(veth.veth_newlink, "priv.peer = peer"):
        ...                                  # the pair is made, and one end knows no peer
    with patched(veth.veth_xmit, new) as original:
        ...                                  # `new`: the text of a function of that name, or any function

The function object stays and only its code changes, so whoever imported it, and every ops table that names it, calls
the changed one. A text sees the names of the port's module, a function those of where it was written. Two machines
share the code: both see the change.
"""

import ast
import inspect
import linecache
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from textwrap import dedent
from types import CodeType, FunctionType

_STAND_IN = "__stands_in_for_{}"


@contextmanager
def patched(function: FunctionType, new: str | Callable) -> Iterator[FunctionType]:
    """Within the block, `function` does what `new` does. Gives a function that does what `function` did."""
    before = function.__code__
    original = FunctionType(before, function.__globals__, function.__name__, function.__defaults__)
    stand_in = _STAND_IN.format(function.__name__)
    code = _compiled(function, new) if isinstance(new, str) else _calling(function, new, stand_in)
    if not isinstance(new, str):
        function.__globals__[stand_in] = _numeric(function, new) if _is_int(function) else new
    function.__code__ = code
    try:
        yield original
    finally:
        function.__code__ = before
        function.__globals__.pop(stand_in, None)


def without_line(function: FunctionType, line: str) -> AbstractContextManager[FunctionType]:
    """patched(), with the one statement taken out that begins in a line containing `line`."""
    return patched(function, source_without(function, line))


def source_without(function: FunctionType, line: str) -> str:
    """The function's source with that statement replaced by `pass`; the other lines keep their places."""
    if not isinstance(function, FunctionType):
        raise TypeError(f"the function itself is wanted, such as veth.veth_xmit, not {function!r}")
    if not isinstance(line, str):
        raise TypeError(f"the line to take out is a text, in quotes, not {line!r}")
    text = dedent(inspect.getsource(function))
    lines = text.split("\n")
    inner = [node for node in ast.walk(ast.parse(text).body[0]) if isinstance(node, ast.stmt)][1:]
    found = [node for node in inner if squeezed(line) in squeezed(lines[node.lineno - 1])]
    starts = {node.lineno for node in found}
    if len(starts) != 1:
        raise ValueError(f"{len(starts) or 'no'} lines of {function.__name__} contain {line!r}; exactly one is needed")
    node = min(found, key=lambda node: node.col_offset)
    first, last = node.lineno - 1, (node.end_lineno or node.lineno)
    indent = lines[first][: node.col_offset]
    lines[first:last] = [f"{indent}pass  # taken out: {lines[first].strip()}", *[""] * (last - first - 1)]
    return "\n".join(lines)


def squeezed(text: str) -> str:
    """Code without its blanks, which nobody remembers."""
    return "".join(text.split())


def _compiled(function: FunctionType, text: str) -> CodeType:
    """The code of the function that `text` defines, with a file name of its own under which its lines can be shown."""
    text = dedent(text)
    filename = f"<{function.__name__}, changed>"
    scope: dict[str, FunctionType] = {}
    exec(compile(text, filename, "exec", dont_inherit=True), function.__globals__, scope)
    if function.__name__ not in scope:
        raise ValueError(f"the new source does not define {function.__name__}")
    code = scope[function.__name__].__code__
    if _parameters(code) != _parameters(function.__code__):
        raise _wrong_parameters(function)
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return code


def _calling(function: FunctionType, new: Callable, stand_in: str) -> CodeType:
    """Code that does nothing but hand its arguments to `new`."""
    names = _parameters(function.__code__)
    try:
        inspect.signature(new).bind(*names)
    except TypeError:
        raise _wrong_parameters(function) from None
    arguments = ", ".join(names)
    scope: dict[str, FunctionType] = {}
    exec(f"def {function.__name__}({arguments}): return {stand_in}({arguments})", function.__globals__, scope)
    return scope[function.__name__].__code__


def _is_int(function: FunctionType) -> bool:
    return function.__annotations__.get("return") in (int, "int")


def _numeric(function: FunctionType, new: Callable) -> Callable:
    """`new`, which must give a number as the function does: callers would stumble over None, far from here."""

    def number(*arguments: object) -> object:
        result = new(*arguments)
        if result is None:
            raise TypeError(f"{function.__name__} returns a number, 0 if all went well; its stand-in returned None")
        return result

    return number


def _parameters(code: CodeType) -> tuple[str, ...]:
    return code.co_varnames[: code.co_argcount]


def _wrong_parameters(function: FunctionType) -> ValueError:
    return ValueError(f"{function.__name__} takes ({', '.join(_parameters(function.__code__))}); so must its stand-in")
