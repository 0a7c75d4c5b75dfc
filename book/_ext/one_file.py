"""What EPUB and PDF need beyond the pages: nothing to click, nothing folded, nothing that runs, and a title page.

- Hidden code and the checks behind the text (`claim`) are left out: the web pages and the notebooks have them.
- What is folded is opened; scripts and styles inside a cell's output go; each element of HTML is closed, as XML wants.
- There is a title page with version and date; the printed book has its table of contents behind the preface.
"""

import re
from typing import Any

import built_from
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform

STYLES = ("pygments.css", "one_file.css", "paper.css")
# What stands in a cell's HTML output: (what it looks like, what becomes of it).
CHANGES = [(re.compile(pattern, re.S), new) for pattern, new in (
    (r"<(script|style)\b.*?</\1>", ""),
    (r"<button\b.*?</button>", ""),
    (r"<(br|hr|img|input|wbr|col)\b([^>]*?)\s*/?>", r"<\1\2 />"),
    (r"<details(?![^>]*vk-words)([^>]*?)(?: open)?>", r'<details\1 open="open">'),
    (r"(?<=<summary>)Decide first, then open the answer", "The answer"),
    (r' id="(?:exercise|solution)-content"', ""),  # sphinx-exercise gives the same one to each
    (r'(<img [^>]*?) style="min-width:[^"]*"', r"\1"),
)]
SUMMARY = re.compile(r"(<summary[^>]*>)(.*?)(</summary>)", re.S)
CHAPTER = re.compile(
    r'<span id="(document-[^"]+)"></span><section[^>]*>\s*<h1>(.*?)</h1>(.*?)(?=<span id="document-|\Z)', re.S)
TITLE = """<section class="title-page">
<p class="title">{title}</p>
<p>{author}</p>
<p>{statement}</p>
<p>{licence}</p>
<p>Made by running its cells. The code of hidden cells and the checks behind the text are left out here;
the book's web pages and notebooks have them.</p>
</section>
"""


class LeaveOutHiddenCode(SphinxPostTransform):
    """Take out what is hidden on the pages, before they would put it into folds."""

    default_priority = 100
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        cells = [node for node in self.document.findall(nodes.container) if node.get("nb_element") == "cell_code"]
        for cell in cells:
            if "tag_claim" in cell["classes"]:
                cell.parent.remove(cell)
            elif hidden := cell.attributes.pop("hide_mode", ""):
                shown = [child for child in cell if child.get("nb_element") != "cell_code_source"]
                cell.children = list(cell) if hidden == "output" else shown


def chapters_last(app: Sphinx, doctree: nodes.document) -> None:
    """On one page the chapters follow the first one and are no part of its last section."""
    if app.builder.name == "singlehtml":
        for toctree in list(doctree.findall(addnodes.toctree)):
            wrapper = toctree.parent
            wrapper.parent.remove(wrapper)
            doctree.append(wrapper)


def with_contents(body: str) -> str:
    """The one page with its chapters and their sections listed where the first chapter says Contents."""
    rows = []
    for place, title, text in CHAPTER.findall(body):
        sections = " · ".join(re.findall("<h2>(.*?)</h2>", text, re.S))
        rows.append(f'<li><p><a href="#{place}">{title}</a></p><p>{sections}</p></li>')
    heading = "<h2>Contents</h2>"
    return body.replace(heading, f'{heading}<ul class="contents">{"".join(rows)}</ul>', 1)


def one_theme(app: Sphinx, config: Config) -> None:
    """Neither builder's theme knows the options of the pages' theme."""
    config.html_theme_options.clear()


def finish(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """The body as both formats want it, and the title page in front of the first."""
    context["css_files"] = [css for css in context["css_files"] if str(css.filename).endswith(STYLES)]
    context["script_files"] = []
    if "body" not in context:
        return
    body = context["body"]
    for pattern, new in CHANGES:
        body = pattern.sub(new, body)
    body = SUMMARY.sub(lambda m: m[1] + re.sub(r"<(/?)p\b", r"<\1span", m[2]) + m[3], body)
    if page == app.config.root_doc:
        config = app.config
        body = with_contents(body) if app.builder.name == "singlehtml" else body
        body = TITLE.format(title=config.project, author=config.author, statement=built_from.statement(),
                            licence=config.copyright) + body
    context["body"] = body


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_post_transform(LeaveOutHiddenCode)
    app.connect("doctree-read", chapters_last, priority=900)  # the table of contents is read in at 500
    app.connect("config-inited", one_theme, priority=700)
    app.connect("html-page-context", finish, priority=700)  # the pages' own finish comes at 600
    return {"parallel_read_safe": True, "parallel_write_safe": True}
