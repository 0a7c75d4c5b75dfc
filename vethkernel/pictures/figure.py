# SPDX-License-Identifier: GPL-2.0-only
"""A picture and the same facts in words; how DOT becomes SVG that is readable on light and on dark pages.

Rules for all pictures: text stands on a fill of its own, so the page's colour does not matter; lines are grey, and
follow the page's text colour where it sets one (`svg.vethkernel {color: inherit}`); colour never says anything that
a label or a shape does not say too; names that a user chose are text, whatever they contain.
"""

import re
import shutil
import sysconfig
from html import escape
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import graphviz

LINE = "#767676"  # drawn as currentColor; this grey is seen on white and on black
INK = "#1a1a1a"
PAPER = "#ffffff"
FONT = "Helvetica"
_FONTS = 'font-family="Helvetica, Arial, sans-serif"'


class Figure:
    """A picture. `source` is its DOT, `text` its facts in words, `title` one line of them."""

    def __init__(self, source: str, text: str, title: str) -> None:
        self.source = source
        self.text = text
        self.title = title

    @property
    def svg(self) -> str:
        """The picture as one `<svg>` element, to stand in a page or in a file."""
        return clean(render(self.source), self.title, self.text)

    def save(self, path: str | Path) -> None:
        """Write the picture to a file, as DOT if the name ends so, otherwise as SVG."""
        Path(path).write_text(self.source if str(path).endswith((".dot", ".gv")) else self.svg + "\n", "utf-8")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": self.text}
        if renderer():
            bundle["image/svg+xml"] = self.svg
        else:  # a browser may have a renderer of its own
            bundle["text/vnd.graphviz"] = self.source
        return bundle

    def __repr__(self) -> str:
        return self.text


def renderer() -> str:
    """The program that draws: dot on the PATH, or else graphviz-pure; "" if there is neither."""
    return shutil.which("dot") or pure_renderer()


def pure_renderer() -> str:
    """The program of the package graphviz-pure, on the PATH or beside this Python; "" without it."""
    scripts = sysconfig.get_path("scripts")
    return shutil.which("graphviz-pure") or shutil.which("graphviz-pure", path=scripts) or ""


def render(source: str, program: str = "") -> str:
    """DOT drawn as SVG, by `program` or by what `renderer` finds."""
    program = program or renderer()
    if not program:
        raise RuntimeError("no program that draws: install Graphviz, or run: pip install graphviz-pure")
    before = graphviz.backend.dot_command.DOT_BINARY
    graphviz.backend.dot_command.DOT_BINARY = Path(program)
    try:
        return graphviz.pipe("dot", "svg", source.encode(), quiet=True).decode()
    finally:
        graphviz.backend.dot_command.DOT_BINARY = before


def clean(svg: str, title: str, description: str) -> str:
    """The renderer's SVG without its traces, with the page's colour for lines, and with words for who cannot see it."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<!--.*?-->\n?|<title>.*?</title>\n?", "", svg, flags=re.S)
    svg = re.sub(r'font-family="[^"]*"', _FONTS, svg)
    svg = svg.replace(f'"{LINE}"', '"currentColor"')
    head, rest = svg.split(">", 1)
    words = f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>"
    return f'{head} class="vethkernel" role="img" color="{LINE}">\n{words}{rest}'


def text(words: str) -> str:
    """Words as a DOT label, taken literally."""
    return graphviz.escape(_with_room(words).replace("&", "&amp;"))


def cell(words: str) -> str:
    """The same for a cell of an HTML-like label."""
    return escape(_with_room(words)).replace("\\", "&#92;&#92;")


def _with_room(words: str) -> str:
    """Words with room behind them for letters whose width the renderers do not know."""
    return words + "\u00a0" * (2 * sum(east_asian_width(letter) in "WF" for letter in words))


def plaque(words: str, size: int = 10) -> str:
    """An edge's label: words on a fill of their own, wherever the edge runs."""
    return (
        f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="2"><tr><td bgcolor="{PAPER}">'
        f'<font point-size="{size}" color="{INK}">{cell(words)}</font></td></tr></table>>'
    )


def digraph(name: str, **attributes: str) -> Any:
    """An empty graph with the look that all our pictures share."""
    graph = graphviz.Digraph(name)
    graph.attr(
        "graph", bgcolor="transparent", fontname=FONT, fontsize="12", fontcolor=INK, ranksep="0.3", nodesep="0.25"
    )
    graph.attr("graph", **attributes)
    graph.attr("node", fontname=FONT, fontsize="11", fontcolor=INK, shape="box", style="filled", fillcolor=PAPER)
    graph.attr("node", color=LINE, height="0.3", margin="0.1,0.04")
    graph.attr("edge", fontname=FONT, fontsize="10", fontcolor=INK, color=LINE, arrowsize="0.7")
    return graph
