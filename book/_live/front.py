# SPDX-License-Identifier: GPL-2.0-only
"""Runs cells where IPython is not: in the page, by Pyodide. What a chapter's cells ask of IPython, and no more.

    shell = Shell(emit)          emit(output) is called for each output as it comes, in the shape that notebooks keep
    shell.run_cell(text)         True, or False if the cell failed; its traceback was then its last output
    as_page(output)              the HTML that the built page would show for an output

A cell's last expression displays itself; `%load_ext`, magics that an extension registers, `display`, `_`, `Out` and
`In` are there; values look as IPython prints them, because its own pretty printer is brought along.
"""

import ast
import builtins
import importlib
import json
import linecache
import re
import sys
import time
import tokenize
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from html import escape
from io import StringIO, TextIOBase
from types import ModuleType
from typing import Any
from urllib.parse import quote

from book_pages import lighter, picture
from IPython.lib.pretty import RepresentationPrinter

Output = dict[str, Any]
METHODS = {
    "text/html": "_repr_html_", "image/svg+xml": "_repr_svg_", "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
}  # fmt: skip
MAGIC = re.compile(r"^(?P<indent>[ \t]*)%(?P<name>\w+)[ \t]*(?P<line>.*)$", re.M)
CELL_MAGIC = re.compile(r"\s*%%(?P<name>\w+)[ \t]*(?P<line>[^\n]*)\n?(?P<body>.*)", re.S)
PAUSE = 0.1  # seconds between two looks at a text that is still being printed
ROOM = 400_000  # characters a cell may print: more would only hold up the page


class UsageError(Exception):
    """A magic that is not there: said in one line, as IPython does."""


class Stream(TextIOBase):
    """A cell's standard output or error: texts are joined and handed on now and then."""

    def __init__(self, name: str, shell: "Shell") -> None:
        self.name, self.shell = name, shell
        self.parts: list[str] = []
        self.room, self.last = ROOM, time.monotonic()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self.room > 0:
            self.shell.flush(besides=self)
            self.parts.append(text[: self.room])
            self.room -= len(text)
            if self.room <= 0:
                self.parts.append(f"\n... and more: the page shows a cell's first {ROOM} characters.\n")
            if time.monotonic() - self.last > PAUSE:
                self.flush()
        return len(text)

    def flush(self) -> None:
        if self.parts:
            text, self.parts = "".join(self.parts), []
            self.shell.emit({"output_type": "stream", "name": self.name, "text": text})
        self.last = time.monotonic()


class Formatter:
    """How values of a type are shown in one format, for those who register it: `for_type(kind, function)`."""

    def __init__(self) -> None:
        self.types: dict[type, Callable[..., Any]] = {}

    def for_type(self, kind: type, function: Callable[..., Any]) -> None:
        self.types[kind] = function

    def find(self, value: Any) -> Callable[..., Any] | None:
        return next((self.types[kind] for kind in type(value).__mro__ if kind in self.types), None)


class DisplayFormatter:
    """What a value may be shown as: a text for each MIME type."""

    def __init__(self) -> None:
        self.formatters = {mime: Formatter() for mime in (*METHODS, "text/plain")}

    def format(self, value: Any) -> dict[str, str]:
        whole = None if isinstance(value, type) else getattr(value, "_repr_mimebundle_", None)
        bundle = whole(include=None, exclude=None) if whole else {}
        data = dict(bundle[0] if isinstance(bundle, tuple) else bundle or {})
        for mime, method in METHODS.items():
            registered = self.formatters[mime].find(value)
            own = None if isinstance(value, type) else getattr(value, method, None)
            shown = None if mime in data else registered(value) if registered else own() if own else None
            if shown is not None:
                data[mime] = shown
        data.setdefault("text/plain", self.plain(value))
        return data

    def plain(self, value: Any) -> str:
        text = StringIO()
        printer = RepresentationPrinter(text)
        printer.type_pprinters.update(self.formatters["text/plain"].types)
        printer.pretty(value)
        printer.flush()
        return text.getvalue()


class Shell:
    """A notebook's Python: its variables, and what has been asked of it so far."""

    def __init__(self, emit: Callable[[Output], None]) -> None:
        self.emit = emit
        self.display_formatter = DisplayFormatter()
        self.loaded: set[str] = set()
        self.magics: dict[str, dict[str, Callable[..., Any]]] = {"line": {}, "cell": {}}
        self.register_magic_function(self.load_ext)
        self.register_magic_function(self.reload_ext)
        self.count = 0
        self.last: Any = ""
        main = ModuleType("__main__")
        sys.modules["__main__"] = main
        self.user_ns = main.__dict__
        self.user_ns |= {"In": [""], "Out": {}, "_": "", "display": self.display, "get_ipython": lambda: self}
        self.user_ns["__builtins__"] = builtins
        self.streams = [Stream("stdout", self), Stream("stderr", self)]

    # What extensions and cells call.

    def register_magic_function(self, function: Callable[..., Any], kind: str = "line", name: str = "") -> None:
        """Let `%name` or `%%name` call it."""
        self.magics[kind][name or function.__name__] = function

    def load_ext(self, name: str) -> None:
        """What `%load_ext NAME` does."""
        if name in self.loaded:
            print(f"The {name} extension is already loaded. To reload it, use:\n  %reload_ext {name}")
        else:
            self.reload_ext(name)

    def reload_ext(self, name: str) -> None:
        """What `%reload_ext NAME` does."""
        importlib.import_module(name).load_ipython_extension(self)
        self.loaded.add(name)

    def run_line_magic(self, name: str, line: str) -> Any:
        return self._magic("line", "%", name)(line.strip())

    def run_cell_magic(self, name: str, line: str, body: str) -> Any:
        return self._magic("cell", "%%", name)(line, body)

    def _magic(self, kind: str, mark: str, name: str) -> Callable[..., Any]:
        if name not in self.magics[kind]:
            raise UsageError(f"the page does not know {mark}{name}; a notebook may")
        return self.magics[kind][name]

    def display(self, *values: Any) -> None:
        """Show values, as a cell's last expression is shown."""
        for value in values:
            self._show("display_data", value)

    # What runs a cell.

    def run_cell(self, text: str, name: str = "") -> bool:
        """Run a cell; whether it ended well. Tracebacks call it by its name, or by its number."""
        self.count += 1
        source = as_python(text)
        self.user_ns["In"].append(source.rstrip("\n"))
        filename = f"<{name or f'cell {self.count}'}>"
        for stream in self.streams:
            stream.room = ROOM
        with redirect_stdout(self.streams[0]), redirect_stderr(self.streams[1]):
            try:
                self._run(source, filename)
            except UsageError as error:
                self.flush()
                self.emit(_failure("UsageError", str(error), [f"UsageError: {error}"]))
            except BaseException as error:
                self.flush()
                self.emit(_failure(type(error).__name__, str(error), _traceback(error, filename)))
            else:
                self.flush()
                return True
        return False

    def _run(self, source: str, filename: str) -> None:
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        tree = ast.parse(source, filename)
        shown = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) and not silent(source) else None
        exec(compile(tree, filename, "exec"), self.user_ns)
        if isinstance(shown, ast.Expr):
            value = eval(compile(ast.Expression(shown.value), filename, "eval"), self.user_ns)
            if value is not None:
                self._result(value)

    def _result(self, value: Any) -> None:
        self._show("execute_result", value)
        self.user_ns["Out"][self.count] = value
        if self.user_ns.get("_") is self.last:  # unless the reader has a `_` of their own
            self.user_ns["_"] = self.last = value

    def _show(self, kind: str, value: Any) -> None:
        own = None if isinstance(value, type) else getattr(value, "_ipython_display_", None)
        if own:
            own()
            return
        data = self.display_formatter.format(value)
        self.flush()
        self.emit({"output_type": kind, "data": data, "metadata": {}})

    def flush(self, besides: Stream | None = None) -> None:
        """Hand on what was printed, so that it stands before what comes next."""
        for stream in self.streams:
            if stream is not besides:
                stream.flush()


def as_python(text: str) -> str:
    """A cell's text with its magics turned into calls."""
    if whole := CELL_MAGIC.fullmatch(text):
        body = whole["body"].rstrip("\n") + "\n"
        return f"get_ipython().run_cell_magic({whole['name']!r}, {whole['line']!r}, {body!r})\n"
    try:
        ast.parse(text)
    except SyntaxError:
        return MAGIC.sub(lambda m: f"{m['indent']}get_ipython().run_line_magic({m['name']!r}, {m['line']!r})", text)
    return text


def silent(source: str) -> bool:
    """True if the cell ends in a semicolon: its last value is then not shown."""
    passing = (tokenize.ENDMARKER, tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT)
    tokens = [token for token in tokenize.generate_tokens(StringIO(source).readline) if token.type not in passing]
    return bool(tokens) and tokens[-1].string == ";"


def _failure(name: str, value: str, lines: list[str]) -> Output:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": lines}


def _traceback(error: BaseException, filename: str) -> list[str]:
    """The traceback from the cell on: what runs the cell is not the reader's business."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename != filename:
        trace = trace.tb_next
    where = re.compile(rf"{re.escape(__file__.rpartition('/')[0])}/(?=\w)")
    text = "".join(traceback.format_exception(type(error), error, trace))
    return where.sub("", text).rstrip("\n").split("\n")


# Looks.


def as_page(output: Output) -> str:
    """An output as the built page shows it."""
    if output["output_type"] == "stream":
        return _text("stream" if output["name"] == "stdout" else "stderr", output["text"])
    if output["output_type"] == "error":
        return _text("traceback", "\n".join(output["traceback"]), "ipythontb")
    data = output["data"]
    if "text/html" in data:
        return f'<div class="output text_html">{lighter(data["text/html"])}</div>'
    if "image/svg+xml" in data:
        svg = data["image/svg+xml"]
        address = "data:image/svg+xml," + quote(svg)
        return picture(svg, address) or f'<img alt="" src="{address}">'
    return _text("text_plain", data["text/plain"])


def _text(kind: str, text: str, language: str = "myst-ansi") -> str:
    highlight = f'<div class="highlight"><pre>{escape(text, quote=False)}</pre></div>'
    return f'<div class="output {kind} highlight-{language} notranslate">{highlight}</div>'


# In the page.


def in_page(page: Any) -> Shell:
    """A shell whose outputs go to `page.emit`, and whose pictures `page.dot` draws."""
    from vethkernel.pictures import figure

    def emit(output: Output) -> None:
        stream = {"stream": output["name"], "text": output["text"]} if output["output_type"] == "stream" else {}
        page.emit(json.dumps({"html": as_page(output), **stream}))

    figure.renderer = lambda: "Viz.js"
    figure.render = lambda source, program="": page.dot(source)
    sys.stdin = StringIO()
    return Shell(emit)
