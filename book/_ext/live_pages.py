"""Run in the page: gives each page with cells the script that makes its buttons, and the text of its cells.

The text is the chapter's own, also of cells that the page does not show: `_live/pages/NAME.json` lists, in order, each
cell's code and whether the page has an element for it. What the buttons load is put there by book/_tools/live_files.py.
"""

from __future__ import annotations

import json
import shutil
from functools import partialmethod
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from sphinx.application import Sphinx

SCRIPTS = ("book/_live/run.js", "book/_live/run.css", "book/_live/worker.js", "vethkernel/pictures/journey.js")


def cells_of(app: Sphinx, page: str) -> list[dict[str, Any]]:
    """The page's cells as they were run."""
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{page}.ipynb"
    if not executed.exists():
        return []
    notebook = json.loads(executed.read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [
        {
            "code": "".join(cell["source"]).rstrip("\n"),
            "shown": "remove-cell" not in cell["metadata"].get("tags", ()),
        }
        for cell in cells
    ]


def copy_scripts(app: Sphinx) -> None:
    if app.builder.name == "html":
        target = Path(app.outdir) / "_live"
        target.mkdir(parents=True, exist_ok=True)
        for script in SCRIPTS:
            shutil.copyfile(Path(app.srcdir) / script, target / Path(script).name)


def add_script(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Only to pages that have cells."""
    cells = cells_of(app, page) if app.builder.name == "html" and doctree else []
    if cells:
        listed = Path(app.outdir) / "_live" / "pages" / f"{page}.json"
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text(json.dumps(cells), "utf-8")
        app.add_js_file("../_live/run.js", defer="defer", **{"data-page": page})


def setup(app: Sphinx) -> dict[str, Any]:
    # In how many pieces a printed text arrives is chance; Jupyter Book has no setting for it that keeps the text.
    NotebookClient.__init__ = partialmethod(NotebookClient.__init__, coalesce_streams=True)
    app.connect("builder-inited", copy_scripts)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
