"""What our tools get wrong for a screen reader, or for who has no JavaScript, put right.

tests/test_reading.py looks for more.
"""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

FAULTS = (
    # A role that its standard has dropped, and a list whose entries it then no longer allows.
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
    (re.compile(r'(<div class="citation"[^>]*) role="doc-biblioentry"'), r"\1"),
    # A link whose line begins with a blank.
    (re.compile(r">Solution to(<a [^>]*>) "), r">Solution to \1"),
)


def mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put a page's markup right."""
    if "body" not in context or app.builder.format != "html":
        return
    for wrong, right in FAULTS:
        context["body"] = wrong.sub(right, context["body"])


def choose_colours(app: Sphinx, failed: Exception | None) -> None:
    """Name a theme that has colours: the script that chooses one may never run, and for "auto" there are none."""
    if failed or app.builder.name != "html":
        return
    for file in sorted(Path(app.outdir).rglob("*.html")):
        page = file.read_text("utf-8")
        chosen = page.replace(' data-theme="auto">', ' data-theme="light">', 1)
        if chosen != page:
            file.write_text(chosen, "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", mend, priority=700)
    app.connect("build-finished", choose_colours)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
