"""What the book adds to Jupyter Book's pages: notebooks, words for pictures, and less to download.

- The theme's download and launch buttons hand out the Markdown source, which Jupyter does not open as a notebook. `make
  notebooks` makes `book/notebooks/NAME.ipynb` from each chapter; these go beside the pages; the buttons point there.
- A picture that a cell shows carries its title and the same facts in words inside the SVG. On the page the title
  becomes its alternative text and the words a fold below it; on a narrow screen it scrolls in its own box.
- A cell tagged `claim` checks what the text says; its fold is called so, and keeps in the background.
- Each page says from which version and which sources it was built.
- Highlighted code wraps each name and bracket into an element that looks like plain text. Those go: a third of a page.
"""

from __future__ import annotations

import re
import shutil
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the page's own Python uses `lighter` and `picture`, and has no Sphinx
    from sphinx.application import Sphinx
    from sphinx.config import Config

FOLDER = "_notebooks"
# Names, punctuation, blanks, operators; and the inside of `code`: nothing that a reader sees.
PLAIN = re.compile(r'<span class="(?:n|nn|p|w|o|pre)">([^<]*)</span>|<span></span>')
CLAIM = re.compile(r'(<div class="cell [^"]*tag_claim[^"]*">\s*<details[^>]*>\s*<summary[^>]*>).*?(</summary>)', re.S)
# A line pointed out in a listing, and a listing itself: the style sheet has their looks.
MARK = re.compile(r'<mark style="[^"]*">')
LISTING = re.compile(r'(<pre(?: class="vk-console")?) style="[^"]*">')
PICTURE = re.compile(r'<img alt="[^"]*_images/[^"]*" src="(?P<src>[^"]*_images/(?P<name>[^"/]+\.svg))" />')
PIXELS = 4 / 3  # in a point


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


def launch_notebook(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Let the buttons for Binder, JupyterHub and their like, where _config.yml asks for them, open the notebook."""
    groups = context.get("header_buttons", [])
    for group in [group for group in groups if group.get("label") == "launch-buttons"]:
        if not notebook_of(app, page).exists():
            groups.remove(group)
        for button in group["buttons"]:
            button["url"] = button["url"].replace(f"{page}.md", f"book/notebooks/{Path(page).name}.ipynb")


def copy_notebooks(app: Sphinx, failed: Exception | None) -> None:
    """The notebooks that the pages' buttons name."""
    if failed or app.builder.format != "html":
        return
    target = Path(app.outdir) / FOLDER
    target.mkdir(exist_ok=True)
    for page in app.env.found_docs:
        if notebook_of(app, page).exists():
            shutil.copy2(notebook_of(app, page), target)


def picture(svg: str, src: str) -> str | None:
    """A cell's picture with its title, its words and its width, if the SVG has them. It is fit for dark pages as it is,
    and `dark-light` tells the theme so, whose script lets keys reach an `output` that scrolls."""
    title, words = (re.search(f"<{name}>(.*?)</{name}>", svg, re.S) for name in ("title", "desc"))
    width = re.search(r'<svg width="([\d.]+)pt"', svg)
    if not (title and words and width):
        return None
    narrowest = f"min({float(width[1]) * PIXELS:.0f}px, 40rem)"
    image = f'<img class="dark-light" alt="{escape(unescape(title[1]))}" src="{src}" style="min-width:{narrowest}" />'
    return (f'<div class="output vk-picture">{image}</div>'
            f'<details class="vk-words"><summary>The same in words</summary><pre>{words[1].strip()}</pre></details>')


def lighter(html: str) -> str:
    """HTML without the elements that change nothing, and without looks that the style sheet has."""
    return LISTING.sub(r"\1>", MARK.sub('<mark class="vk-mark">', PLAIN.sub(r"\1", html)))


def finish_page(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give pictures their words and take out elements that change nothing."""
    if "body" not in context or app.builder.format != "html":
        return
    files = {name: Path(app.srcdir) / path for path, name in app.builder.images.items()}

    def describe(match: re.Match[str]) -> str:
        file = files.get(match["name"])
        return file and picture(file.read_text("utf-8"), match["src"]) or match[0]

    body = CLAIM.sub(r'\1<p class="admonition-title">The check behind these words</p>\2', context["body"])
    context["body"] = PICTURE.sub(describe, lighter(body))


def state_version(app: Sphinx, config: Config) -> None:
    """Put version and date into the footer, in the place of the theme's own date, which would be that of the build."""
    import built_from  # not at the top: the page's own Python has no such file

    config.version = config.release = built_from.version()
    config.html_theme_options["extra_footer"] = built_from.statement()
    config.html_theme_options["footer_content_items"] = ["author", "copyright", "extra-footer"]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", state_version)
    app.connect("html-page-context", offer_notebook, priority=600)  # the theme makes its buttons at 501
    app.connect("html-page-context", launch_notebook, priority=600)
    app.connect("html-page-context", finish_page, priority=600)
    app.connect("build-finished", copy_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
