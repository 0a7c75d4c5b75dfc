"""What the book adds to Jupyter Book: readers download a chapter's notebook, and pages ask no other host for anything.

The theme's download button hands out the Markdown source, which Jupyter does not open as a notebook. `make notebooks`
makes `book/notebooks/NAME.ipynb` from each chapter; this extension puts those beside the pages and points the button
at them.
"""

import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

FOLDER = "_notebooks"


def notebook_of(app: Sphinx, page: str) -> Path:
    """Where a page's committed notebook is, if it has one."""
    return Path(app.srcdir) / "book" / "notebooks" / (Path(page).name + ".ipynb")


def offer_notebook(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put the notebook first among the page's downloads, in the place of the Markdown source."""
    for group in context.get("header_buttons", ()):
        if group.get("label") != "download-buttons":
            continue
        kept = [b for b in group["buttons"] if not b["label"].startswith(("download-source", "download-notebook"))]
        if notebook_of(app, page).exists():
            kept.insert(0, {
                "type": "link",
                "url": context["pathto"](f"{FOLDER}/{Path(page).name}.ipynb", 1),
                "text": ".ipynb",
                "icon": "fas fa-code",
                "tooltip": "Download this chapter as a notebook",
                "label": "download-notebook-button",
            })
        group["buttons"] = kept


def copy_notebooks(app: Sphinx, failed: Exception | None) -> None:
    """The notebooks that the pages' buttons name."""
    if failed or app.builder.format != "html":
        return
    target = Path(app.outdir) / FOLDER
    target.mkdir(exist_ok=True)
    for page in app.env.found_docs:
        if notebook_of(app, page).exists():
            shutil.copy2(notebook_of(app, page), target)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", offer_notebook, priority=600)  # the theme makes its buttons at 501
    app.connect("build-finished", copy_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
