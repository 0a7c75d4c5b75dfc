# SPDX-License-Identifier: GPL-2.0-only
"""Which functions the recorder watches: those of the modules that mirror a C file, and what is special about a few."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import CO_GENERATOR
from types import CodeType, FunctionType, ModuleType
from typing import NamedTuple

PACKAGE = "vethkernel"
MIRRORED = tuple(f"{PACKAGE}.{folder}." for folder in ("drivers", "net", "kernel", "lib", "fs"))
INLINES = f"{PACKAGE}.include."

# how packets keep their identity: the first parameter of these comes from the second ...
DERIVES = {"__skb_clone", "__copy_skb_header", "ip_copy_metadata"}
# ... what these return carries the packet they were given ...
SAME_PACKET = {"skb_clone", "skb_copy", "skb_realloc_headroom", "skb_share_check", "skb_unshare"}
# ... what these return is a new one, these end one, and here a frame passes a device
NEW_PACKET = {"__alloc_skb"}
ENDS_PACKET = {"__kfree_skb"}
TAPS = {"dev_hard_start_xmit": "out", "__netif_receive_skb_core": "in"}

_BROWSER = "https://elixir.bootlin.com/linux"
_FILE = re.compile(r"[\w-]+/[\w./-]+\.[ch]\b")
_PLACE = re.compile(r"`([\w./-]+\.[ch]):(\d+)(?: \(([^)]+)\))?`")


class Place(NamedTuple):
    """Where in a kernel a C original is: "drivers/net/veth.c:107 (v3.10.4)"; `line` is 0 if only the file is known."""

    file: str
    line: int = 0
    version: str = "v3.10.4"

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''} ({self.version})"

    @property
    def link(self) -> str:
        """The place in a public source browser."""
        return f"{_BROWSER}/{self.version}/source/{self.file}{f'#L{self.line}' if self.line else ''}"


@dataclass(slots=True)
class Watched:
    """What the recorder knows about a function before it runs."""

    name: str
    file: str
    parameters: tuple[str, ...]
    derives: bool
    makes: str  # "new", "same" or "": the packet in its result
    ends: bool
    tap: str  # "out", "in" or "": which way a frame passes here


def place_of(function: FunctionType) -> Place:
    """Where the C original is, by the docstring; line 0 if it is silent."""
    return place_in(function.__doc__ or "") or Place(file_of(function.__module__))


def place_in(docstring: str) -> Place | None:
    """The place that a docstring names, if it does."""
    found = _PLACE.search(docstring)
    return Place(found[1], int(found[2]), "v" + (found[3] or "3.10.4")) if found else None


def file_of(module: str) -> str:
    """The C file that a module mirrors: the first that its docstring names."""
    found = _FILE.search(getattr(sys.modules.get(module), "__doc__", None) or "")
    return found[0] if found else module.removeprefix(PACKAGE + ".").replace(".", "/") + ".c"


def is_mirrored(name: str, inlines: bool = False) -> bool:
    """Whether a module of that name mirrors a C file (`inlines`: or a header)."""
    return name.startswith(MIRRORED) or (inlines and name.startswith(INLINES))


def mirrored_modules(inlines: bool = False) -> list[ModuleType]:
    """All loaded modules that mirror a C file, by name."""
    return [sys.modules[name] for name in sorted(sys.modules) if is_mirrored(name, inlines)]


def functions_of(module: ModuleType) -> Iterator[FunctionType]:
    """The functions that a module defines itself, one name each; generators are no kernel functions."""
    for name, value in list(vars(module).items()):
        if isinstance(value, FunctionType) and value.__module__ == module.__name__ and value.__name__ == name:
            if not value.__code__.co_flags & CO_GENERATOR:
                yield value


def watched_code(inlines: bool = False) -> dict[CodeType, Watched]:
    """The code objects to watch, each with what is known about its function."""
    return {f.__code__: _watched(f) for module in mirrored_modules(inlines) for f in functions_of(module)}


def _watched(function: FunctionType) -> Watched:
    code, name = function.__code__, function.__name__
    return Watched(
        name,
        place_of(function).file,
        code.co_varnames[: code.co_argcount],
        name in DERIVES,
        "new" if name in NEW_PACKET else "same" if name in SAME_PACKET else "",
        name in ENDS_PACKET,
        TAPS.get(name, ""),
    )


def all_modules() -> list[ModuleType]:
    """All loaded modules of the package."""
    return [sys.modules[name] for name in sorted(sys.modules) if name.startswith(PACKAGE + ".")]
