"""What our tools get wrong for a screen reader, put right. tests/test_reading.py looks for more."""

import re
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


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", mend, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
