"""Less of a page to download: markup that changes nothing that a reader sees, hears or prints.

Docutils and the theme write for every style sheet there might be: several wrappers around each cell, class names that
no rule uses, long names for short colours, a second list of contents, indented templates. A sixth of a page goes here.
Only pages for browsers are written so: an EPUB's must be XML.
"""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

# What is written, and what says the same to the theme's style sheets, to scripts and to a translating browser.
SHORTER = (
    (re.compile(r'<div class="highlight-ipython3 notranslate">'
                r'<div class="highlight"><pre>(.*?)</pre></div>\n</div>', re.S),
     r'<div class="highlight notranslate"><pre>\1</pre></div>'),
    (re.compile(r'<div class="(cell_input|cell_output) docutils container"'), r'<div class="\1"'),
    (re.compile(r'"docutils literal notranslate"'), '"literal notranslate"'),
    (re.compile(r'<a class="reference internal" ([^>]*)><span class="[^"]*">([^<]*)</span></a>'), r"<a \1>\2</a>"),
    (re.compile(r'<span class="(\w+)">([^<]*)</span>( *)<span class="\1">'), r'<span class="\1">\2\3'),
    # Pygments' classes have one to three letters; book.css keeps these elements upright.
    (re.compile(r'<span class="(?!doc|pre|std)([a-z][a-z0-9]{0,2})">([^<]*)</span>'), r"<i class=\1>\2</i>"),
    # A name that hides the words which are seen helps nobody who speaks to the machine.
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
)
INDENTED = re.compile(r"\s*\n\s*")


def shorten(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Write a page's text shorter."""
    if "body" not in context or app.builder.name != "html":
        return
    for longer, shorter in SHORTER:
        context["body"] = longer.sub(shorter, context["body"])


def squeeze(app: Sphinx, failed: Exception | None) -> None:
    """Take the templates' indentation and empty lines out of what stands around the pages' text."""
    if failed or app.builder.name != "html":
        return
    for page in sorted(app.env.found_docs):
        file = Path(app.outdir) / f"{page}.html"
        before, start, rest = file.read_text("utf-8").partition("<article")
        text, end, after = rest.partition("</article")
        file.write_text(INDENTED.sub("\n", before) + start + text + end + INDENTED.sub("\n", after), "utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", shorten, priority=900)  # after all that adds to a page
    app.connect("build-finished", squeeze)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
