# SPDX-License-Identifier: GPL-2.0-only
"""Where `ip` prints: the same calls give lines of text or, between start() and finish(), JSON.

    out.put("mtu", "mtu %d ", 1500)     text `mtu 1500 `, or the JSON field "mtu": 1500
    out.text("brd ")                    text only;  out.field("kind", value): JSON only
    out.open(key), out.close()          a JSON object;  out.array(key, "<"), out.end("> "): a list, with text around it
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

INET, INET6, IFNAME, MAC, OPER_UP, OPER_DOWN = 35, 34, 36, 33, 32, 31  # the terminal's colours
ESCAPES = str.maketrans(
    {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\b": "\\b", "\\": "\\\\", '"': '\\"'}
)


def _format(form: str, value: Any) -> str:
    """`form % value` with widths in bytes, as C's printf counts them."""
    if not isinstance(value, str) or value.isascii():
        return form % value
    return (form.encode() % value.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


class Output:
    """Standard output in the shape that the global options ask for."""

    def __init__(self, write: Callable[[str], Any]) -> None:
        self.write = write
        self.json = False  # asked for
        self.pretty = False
        self.coloured = False
        self.newline = "\n"
        self.active = False  # inside a JSON document
        self._depth = 0
        self._comma = ""

    def put(self, key: str, form: str, value: Any = None, colour: int = 0) -> None:
        """A value, under its key in JSON, by its format in text."""
        if self.active:
            self.field(key, value)
        else:
            text = _format(form, value) if "%" in form else form
            self.write(f"\033[{colour}m{text}\033[0m" if colour and self.coloured else text)

    def text(self, text: str) -> None:
        if not self.active:
            self.write(text)

    def nl(self) -> None:
        """The end of a line, or a backslash under -oneline."""
        self.text(self.newline)

    def field(self, key: str, value: Any) -> None:
        if self.active:
            self._name(key)
            self._value(value)

    def start(self) -> None:
        """Begin the JSON document, if JSON was asked for."""
        self.active = self.json
        if self.active:
            self._depth, self._comma = 0, ""
            self._begin("[ " if self.pretty else "[")

    def finish(self) -> None:
        if self.active:
            self.end()
            self.write("\n")
            self.active = False

    def open(self, key: str = None) -> None:
        if self.active:
            self._name(key)
            self._begin("{")

    def close(self) -> None:
        if self.active:
            self._finish("}")

    def array(self, key: str, text: str = "") -> None:
        if self.active:
            self._name(key)
            self._begin("[ " if self.pretty else "[")
        else:
            self.write(text)

    def end(self, text: str = "") -> None:
        if self.active:
            self.write(" " if self.pretty and self._comma else "")
            self._comma = ""
            self._finish("]")
        else:
            self.write(text)

    def _name(self, key: str) -> None:
        if key is None:
            return
        indent = "\n" + "    " * self._depth if self.pretty else ""
        self.write(f'{self._comma}{indent}"{key}":{" " if self.pretty else ""}')
        self._comma = ""

    def _value(self, value: Any) -> None:
        if isinstance(value, str):
            literal = f'"{value.translate(ESCAPES)}"'
        else:
            literal = "null" if value is None else str(value).lower()  # True is true
        self.write(self._comma + literal)
        self._comma = ","

    def _begin(self, bracket: str) -> None:
        self.write(self._comma + bracket)
        self._depth += 1
        self._comma = ""

    def _finish(self, bracket: str) -> None:
        self._depth -= 1
        if self._comma and self.pretty:
            self.write("\n" + "    " * self._depth)
        self.write(bracket)
        self._comma = ","
