# SPDX-License-Identifier: GPL-2.0-only
"""Show one function, struct or ops table of the port as it stands in its module, with the place of its C original.

show_source(veth.veth_xmit, mark=["rcv = ", "netif_rx"])
show_source(veth.veth_newlink, part=("peer = rtnl_create_link", "ifi_index"))    only from the one line to the other
"""

import ast
import inspect
import re
from collections.abc import Sequence
from html import escape
from textwrap import dedent
from types import FunctionType, ModuleType
from typing import Any

from vethkernel.notebook.console import LISTING
from vethkernel.trace.watched import Place, all_modules, file_of, place_of

PLAIN = re.compile(r'<span class="[npw]">([^<]*)</span>')  # names, punctuation, blanks: the most, and without a colour
MARK = (
    "display:block;color:inherit;background:rgba(230,159,0,.22)"
    ";border-inline-start:3px solid #b36b00;margin-inline-start:-3px"
)


class Source:
    """A piece of a module, ready to be displayed. `lines` are its lines, `marked` the numbers of those that matter."""

    def __init__(self, name: str, module: str, text: str, place: Place, marked: set[int]) -> None:
        self.name = name
        self.path = module.replace(".", "/") + ".py"
        self.lines = text.split("\n")
        self.place = place
        self.marked = marked

    def __repr__(self) -> str:
        lines = [f"{'>' if number in self.marked else ' '} {line}".rstrip() for number, line in enumerate(self.lines)]
        return "\n".join([f"{self.name}: {self.path}, after {self.place}", *lines])

    def _repr_html_(self) -> str:
        rows = coloured("\n".join(self.lines))
        marked = self.marked
        rows = [f'<mark style="{MARK}">{r or " "}</mark>' if n in marked else f"{r}\n" for n, r in enumerate(rows)]
        return (
            f'<figure class="vk-source"><figcaption>'
            f"<code>{escape(self.name)}</code> in <code>{escape(self.path)}</code>, "
            f'after <a href="{escape(self.place.link)}">{escape(str(self.place))}</a></figcaption>'
            f'<div class="highlight"><pre style="{LISTING}">{"".join(rows)}</pre></div></figure>'
        )


def show_source(thing: Any, mark: Sequence[str] = (), part: tuple[str, str] = ("", "")) -> Source:
    """The source of a function, class, or table of the port; each text in `mark` marks the lines that contain it.

    `part`: only from the first line that contains the one text to the next that contains the other.
    """
    name, module, text = source_of(thing)
    lines = dedent(text).rstrip("\n").split("\n")
    if any(part):
        lines = _between(lines, *part)
    marked: set[int] = set()
    for wanted in mark:
        found = {number for number, line in enumerate(lines) if wanted in line}
        if not found:
            raise ValueError(f"no line of {name} contains {wanted!r}")
        marked |= found
    place = place_of(thing) if isinstance(thing, FunctionType) else Place(file_of(module))
    return Source(name, module, dedent("\n".join(lines)), place, marked)


def _between(lines: list[str], first: str, last: str) -> list[str]:
    start = next((number for number, line in enumerate(lines) if first in line), -1)
    end = next((number for number, line in enumerate(lines) if number >= start and last in line), -1)
    if start < 0 or end < 0:
        raise ValueError(f"there is no part from {first!r} to {last!r}")
    return lines[start : end + 1]


def source_of(thing: Any) -> tuple[str, str, str]:
    """(name, module, source text) of a function, a class, or a value that a module defines."""
    if inspect.isfunction(thing) or inspect.isclass(thing):
        return thing.__name__, thing.__module__, inspect.getsource(thing)
    for module in all_modules():
        for name, value in vars(module).items():
            if value is thing and (text := _definition(module, name)):
                return name, module.__name__, text
    raise TypeError(f"{thing!r} is no function, class or table of the port")


def _definition(module: ModuleType, name: str) -> str:
    """The text of the assignment that defines `name` in `module`, or "" if it comes from elsewhere."""
    text = inspect.getsource(module)
    for node in ast.parse(text).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return ast.get_source_segment(text, node) or ""
    return ""


def coloured(text: str) -> list[str]:
    """Python source as lines of HTML, with the classes that notebooks and book pages give colours to."""
    from pygments import highlight  # IPython brings it
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    html = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    return PLAIN.sub(r"\1", html).rstrip("\n").split("\n")
