"""Run the cells of chapters in one process, without a Jupyter kernel: quick, for checks that run a chapter many times.

usage: run_cells.py CELLS.json [EXPECTED.json]

CELLS.json: {chapter: [source, ...]}. Prints as JSON what each cell of each chapter showed as text. With EXPECTED.json,
which is such an answer: the first cell that failed, and before it the first that showed something else.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

# The source itself, which is no behaviour: a listing, or the line that a step of the journey quotes.
SOURCE = re.compile(r"^\w+: vethkernel/\S+\.py, after (?s:.*)|^   > .*$", re.M)


def fresh_shell() -> InteractiveShell:
    """A shell without history whose cells show text alone: no picture is drawn."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.display_formatter.active_types = ["text/plain"]
    shell.displayhook.write_output_prompt = lambda: None
    shell.showtraceback = lambda *_, **__: None
    return shell


def run(shell: InteractiveShell, source: str) -> tuple[str, BaseException | None]:
    """What the cell showed, and its error if it failed."""
    with capture_output() as captured:
        result = shell.run_cell(source, store_history=False)
    texts = [output.data.get("text/plain", "") for output in captured.outputs]
    shown = "\n".join(SOURCE.sub("", text) for text in (captured.stdout, *texts))
    return shown, result.error_in_exec or result.error_before_exec


def chapter(sources: list[str]) -> list[str]:
    """What each cell of a chapter shows; SystemExit if one fails."""
    shell, shown = fresh_shell(), []
    for source in sources:
        text, error = run(shell, source)
        if error is not None:
            raise SystemExit(f"a cell fails: {error!r}\n{source}")
        shown.append(text)
    return shown


def compared(cells: dict[str, list[str]], expected: dict[str, list[str]]) -> dict[str, Any]:
    """{"fails": [chapter, cell, error], "differs": [chapter, cell]}, each only if there is one."""
    found: dict[str, Any] = {}
    for name, sources in cells.items():
        shell = fresh_shell()
        for number, source in enumerate(sources):
            text, error = run(shell, source)
            if error is not None:
                return found | {"fails": [name, number, f"{type(error).__name__}: {error}"]}
            if text != expected[name][number]:
                found.setdefault("differs", [name, number])
    return found


def main(cells: str, expected: str = "") -> None:
    chapters = json.loads(Path(cells).read_text("utf-8"))
    if expected:
        print(json.dumps(compared(chapters, json.loads(Path(expected).read_text("utf-8")))))
    else:
        print(json.dumps({name: chapter(sources) for name, sources in chapters.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
