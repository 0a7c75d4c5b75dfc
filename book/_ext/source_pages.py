"""The source appendix: a page for each ported module, made from the package when the book is built.

- Each function has its source, the place of its C original, the chapters that show it, and both directions of its
  calls; `vethkernel.crossref` finds these. Names in the source lead to where they are defined.
- These pages are no documents of Sphinx's, as those of sphinx.ext.viewcode are not: the sidebar stays as it is. The
  search finds them, by a small document for each that is indexed and thrown away.
- On the chapters' pages, listings lead to the appendix, and so does each function in a picture. For that a picture
  becomes an `<object>`: what is inside can be clicked and reached by keyboard, which an `<img>` does not allow.

Only the published book has this; notebooks and the one-file editions stay as they are.
"""

import ast
import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils import new_document
from function_index import section_of
from pygments.lexers import PythonLexer
from pygments.token import STANDARD_TYPES, Token
from sphinx.application import Sphinx

from vethkernel.crossref import Definition, Function, Key, Port, read_port
from vethkernel.ledger import Reasons, c_file_of, read_reasons

ENTRY = "book/source"  # the appendix's first page; the list of modules takes this element's place:
LIST = '<div class="vk-modules"></div>'
ELSEWHERE = "<p>The pages are in the published book; this edition does not have them.</p>"
NAMES = "functions.json"  # in _static: each function's page, for whoever draws a picture in the reader's browser
WEIGHT = 40_000  # of the source on one page: three times as much HTML, well under 150 kB
SEAM = "\n"  # what the search shows of a page is its text alone: without a blank two lines would be one word
MANY = 30  # callers; more than these are folded
LISTING = re.compile(r"(<figcaption>)<code>(\w+)</code> in <code>vethkernel/([\w/]+\.py)</code>")
PICTURE = re.compile(r'<img class="dark-light" alt="([^"]*)" src="([^"]*)" style="min-width:min\((\d+px), [^"]*" />')
NODE = re.compile(r'<g id="[^"]*" class="node">.*?(?=<g id="[^"]*" class="|\Z)', re.S)
SIZE = re.compile(r'(<svg) width="[^"]*" height="[^"]*"')
WORDS = re.compile(r"<text [^>]*>([^<]*)</text>")
STYLE = "<style>a[*|href]:hover text, a[*|href]:focus text { text-decoration: underline; }</style>"


@dataclass(slots=True)
class Page:
    """One page of the appendix: a module, or a part of a long one."""

    name: str
    module: str
    part: int
    parts: int = 1
    definitions: list[Definition] = field(default_factory=list)

    @property
    def title(self) -> str:
        file = c_file_of(self.module) or self.module
        return file + (f" ({self.part} of {self.parts})" if self.parts > 1 else "")


class Appendix:
    """All pages, and where on them each name is. `shown`: by function, the places in the chapters that show it."""

    def __init__(self, port: Port, reasons: Reasons) -> None:
        self.port, self.reasons = port, reasons
        self.pages: dict[str, Page] = {}
        self.page_of: dict[Key, str] = {}
        self.shown: dict[Key, list[tuple[str, str]]] = {}
        for module in port.modules.values():
            for page in _pages(module.path, module.definitions):
                self.pages[page.name] = page
                self.page_of |= {(module.path, name): page.name for d in page.definitions for name in d.names}
        self.named: dict[str, list[Key]] = {}
        for key in port.functions:
            self.named.setdefault(key[1], []).append(key)

    def titled(self, definition: Definition) -> bool:
        """Whether a definition has a heading of its own; other values stand together."""
        return definition.kind != "values" or bool(definition.names) and definition.key in self.port.tables

    def unique(self, name: str) -> Key | None:
        """The function of that name, if there is exactly one."""
        found = self.named.get(name, [])
        return found[0] if len(found) == 1 else None

    def link(self, start: str, key: Key) -> str:
        """The address of a name's definition, seen from the page `start`."""
        page = self.page_of[key]
        return f"#{key[1]}" if page == start else f"{_relative(page + '.html', start)}#{key[1]}"


def _relative(target: str, start: str) -> str:
    return posixpath.relpath(target, posixpath.dirname(start))


def _pages(module: str, definitions: list[Definition]) -> list[Page]:
    """A module's pages: its definitions in order, cut where a page would get too long."""
    stem = "source/" + module.removesuffix(".py")
    pages, weight = [Page(stem, module, 1)], 0
    for definition in definitions:
        own = len(definition.text) + 500
        if pages[-1].definitions and weight + own > WEIGHT:
            pages.append(Page(f"{stem}-{len(pages) + 1}", module, len(pages) + 1))
            weight = 0
        weight += own
        pages[-1].definitions.append(definition)
    for page in pages:
        page.parts = len(pages)
    return pages


# ---- one page

def body(appendix: Appendix, page: Page, titles: dict[str, str]) -> str:
    """A page's HTML inside the theme's frame."""
    module = appendix.port.modules[page.module]
    entry = _relative(ENTRY + ".html", page.name)
    parts = [f"<h1>{escape(page.title).replace('/', '/<wbr>')}</h1>",
             f'<p>In Python: <code>vethkernel/{page.module}</code>, of <a href="{entry}">the whole source</a></p>']
    if page.part == 1:
        parts += [f'<p>{_words(words)}</p>' for words in module.doc.split("\n\n")]
    values = ""
    for definition in page.definitions:
        titled = appendix.titled(definition)
        if values and titled:
            parts.append(_listing(values))
            values = ""
        source = "".join(_coloured(appendix, page, definition, anchors=not titled))
        if titled:
            parts.append(_section(appendix, page, definition, source, titles))
        else:
            values += source + "\n"
    return "\n".join([*parts, _listing(values) if values else "", _other_parts(appendix, page)])


def toc(appendix: Appendix, page: Page) -> str:
    """The page's table of contents, as Sphinx would give it for a document."""
    rows = [f'<li><a class="reference internal" href="#{d.key[1]}">{d.key[1]}</a></li>' for d in page.definitions
            if appendix.titled(d)]
    return f'<ul><li><a class="reference internal" href="#">{escape(page.title)}</a><ul>{"".join(rows)}</ul></li></ul>'


def _words(text: str) -> str:
    """Words of a docstring as HTML: what stands in backquotes is code, a list keeps its lines."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return text.replace("\n  - ", "<br>\n\u2013 ")


def _listing(source: str) -> str:
    return f'<div class="highlight"><pre>{source}</pre></div>'


def _section(appendix: Appendix, page: Page, definition: Definition, source: str, titles: dict[str, str]) -> str:
    name = definition.key[1]
    link = f'<a class="headerlink" href="#{name}" title="Link to this heading">#</a>'
    parts = [f'<section id="{name}"><h2><code>{name}</code>{link}</h2>', _listing(source)]
    if function := appendix.port.functions.get(definition.key):
        parts.insert(1, _place(appendix, function))
        rows = [f"<li><b>{what}</b> {where}</li>" for what, where in _references(appendix, page, function, titles)]
        parts.append(f'<ul class="vk-refs">{SEAM.join(rows)}</ul>' if rows else "")
    return SEAM.join([*parts, "</section>"])


def _place(appendix: Appendix, function: Function) -> str:
    """Where the C original is, and what the port does otherwise on purpose."""
    module, name = function.definition.key
    reasons = appendix.reasons
    for key in (f"{c_file_of(module)}:{name}", f"{function.place.file}:{name}"):
        if key in reasons.helpers:
            return f'<p class="vk-place">A part of other functions, ours: {escape(reasons.helpers[key])}</p>'
        if departure := reasons.departures.get(key):
            later = f"; like later kernels (since {escape(departure.since)}): {escape(departure.notice)}"
            break
    else:
        later = ""
    place = f'<a href="{escape(function.place.link)}">{escape(str(function.place))}</a>'
    return f'<p class="vk-place">After {place}{later}</p>'


def _references(
    appendix: Appendix, page: Page, function: Function, titles: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """Who shows, calls and names a function, and what it calls."""
    def links(keys: Iterable[Key]) -> str:
        found = [f'<a href="{appendix.link(page.name, key)}">{key[1]}</a>' for key in keys]
        text = ", ".join(found)
        return text if len(found) <= MANY else f"<details><summary>{len(found)} functions</summary>{text}</details>"

    shown = dict(reversed(appendix.shown.get(function.definition.key, [])))  # the first place in each chapter
    if shown:
        yield "Shown in", ", ".join(f'<a href="{_relative(doc + ".html", page.name)}#{shown[doc]}">{escape(title)}</a>'
                                    for doc, title in titles.items() if doc in shown)
    if function.callers:
        yield "Called by", links(function.callers)
    for slot, keys in function.reached.items():
        yield f"Called through <code>{_slot(slot)}</code> by", links(keys)
    if function.tables:
        yield "Entry", ", ".join(f"<code>{entry}</code> of {links([table])}" for table, entry in function.tables)
    if function.handed_on:
        yield "Handed on by", links(function.handed_on)
    if function.outside:
        yield "Used by", ", ".join(f"<code>vethkernel/{name}</code>" for name in function.outside)
    for slot, keys in function.through.items():
        yield f"Calls through <code>{_slot(slot)}</code>", links(keys)
    if function.calls:
        yield "Calls", links(function.calls)


def _slot(slot: tuple[str, str]) -> str:
    return ".".join(filter(None, slot))


def _other_parts(appendix: Appendix, page: Page) -> str:
    """Links to the other pages of a long module."""
    others = [p for p in appendix.pages.values() if p.module == page.module] if page.parts > 1 else []
    links = [f'<a href="{_relative(p.name + ".html", page.name)}">part {p.part}</a>' for p in others if p is not page]
    return f"<p>More of this file: {', '.join(links)}</p>" if links else ""


def _coloured(appendix: Appendix, page: Page, definition: Definition, anchors: bool) -> Iterator[str]:
    """The source with colours; names of the port lead to their definitions, or are `anchors` where they are defined."""
    links = _links(appendix, definition)
    line, column = definition.line, 0
    for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(definition.text):
        key = links.get((line, column)) if kind in Token.Name else None
        colour = STANDARD_TYPES.get(kind, "")
        html = escape(text, quote=False)
        if key and key != definition.key and key[1] not in definition.names:
            yield f'<a href="{appendix.link(page.name, key)}">{html}</a>'
        elif key and anchors:
            yield f'<span id="{key[1]}">{html}</span>'
        else:
            yield f'<span class="{colour}">{html}</span>' if colour else html
        line += text.count("\n")
        column = len(text) - text.rfind("\n") - 1 if "\n" in text else column + len(text)


def _links(appendix: Appendix, definition: Definition) -> dict[tuple[int, int], Key]:
    """Where in a definition a name of the port stands: by line and column, what it means."""
    names = [node for node in ast.walk(definition.tree) if isinstance(node, ast.Name)]
    own: set[str] = set()
    if definition.kind == "function":
        own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        own |= {node.arg for node in ast.walk(definition.tree) if isinstance(node, ast.arg)}
    lines = definition.text.split("\n")
    found = {}
    for node in names:
        key = appendix.port.resolve(definition.key[0], node.id) if node.id not in own else None
        if key in appendix.page_of:
            before = lines[node.lineno - definition.line].encode()[:node.col_offset].decode()
            found[node.lineno, len(before)] = key
    return found


# ---- what the chapters show

def find_shown(app: Sphinx, appendix: Appendix) -> None:
    """Note which places of the chapters show which function: in a listing or in a picture."""
    for doc in sorted(app.env.found_docs):
        for node in app.env.get_doctree(doc).findall(lambda n: isinstance(n, nodes.raw | nodes.image)):
            if isinstance(node, nodes.raw):
                keys = [(path, name) for _, name, path in LISTING.findall(node.astext())]
            elif node["uri"].endswith(".svg") and (file := Path(app.srcdir) / node["uri"]).exists():
                keys = [key for key in map(appendix.unique, _drawn(file.read_text("utf-8"))) if key]
            else:
                continue
            section = section_of(node)
            for key in dict.fromkeys(keys):
                appendix.shown.setdefault(key, []).append((doc, section["ids"][0] if section else ""))


# ---- pictures

def _drawn(svg: str) -> list[str]:
    """The first word of all that is written in a picture's nodes."""
    return [word for block in NODE.findall(svg) for text in WORDS.findall(block) if (word := _first(text))]


def _first(text: str) -> str:
    found = re.match(r"\w+", unescape(text).strip())
    return found[0] if found else ""


def linked(svg: str, appendix: Appendix) -> str:
    """A picture in which each function leads to the appendix; seen from the folder _images."""
    def opening(key: Key) -> str:
        return f'<a xlink:href="../{appendix.page_of[key]}.html#{key[1]}" target="_parent">'

    def words(match: re.Match[str]) -> str:
        key = appendix.unique(unescape(match[1]).strip())
        return f"{opening(key)}{match[0]}</a>" if key else match[0]

    def node(match: re.Match[str]) -> str:
        block = match[0]
        if "<a xlink:title" not in block:
            return WORDS.sub(words, block)
        found = WORDS.search(block)
        key = appendix.unique(_first(found[1])) if found else None
        return block.replace("<a", opening(key)[:-1], 1) if key else block

    svg = NODE.sub(node, svg).replace(' role="img"', ' role="group"', 1)
    svg = SIZE.sub(r"\1", svg, count=1)  # or it would not grow and shrink with its <object>
    return svg.replace("</title>", "</title>" + STYLE, 1)


# ---- at the build

def appendix_of(app: Sphinx) -> Appendix | None:
    """The appendix, read when the first page asks for it; None in editions that have none."""
    if app.builder.name != "html":
        return None
    if not hasattr(app, "vethkernel_appendix"):
        app.vethkernel_appendix = Appendix(read_port(), read_reasons())  # type: ignore[attr-defined]
    return app.vethkernel_appendix  # type: ignore[attr-defined]


def link_chapter(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Lead from a chapter's listings and pictures to the appendix; list the modules on the appendix's first page."""
    appendix = appendix_of(app)
    if "body" in context and appendix is None:
        context["body"] = context["body"].replace(LIST, ELSEWHERE)
    if "body" not in context or appendix is None or page in appendix.pages:
        return

    def listing(match: re.Match[str]) -> str:
        key = (match[3], match[2])
        if key not in appendix.page_of:
            return match[0]
        link = appendix.link(page, key)
        return f'{match[1]}<a href="{link}"><code>{match[2]}</code></a> in <code>vethkernel/{match[3]}</code>'

    def picture(match: re.Match[str]) -> str:
        title, src, width = match.groups()
        return f'<object type="image/svg+xml" data="{src}" aria-label="{title}" style="--w:{width}"></object>'

    text = LISTING.sub(listing, context["body"])
    context["body"] = PICTURE.sub(picture, text).replace(LIST, modules(appendix, page))


def modules(appendix: Appendix, start: str) -> str:
    """The list of all modules, by folder."""
    folders: dict[str, list[str]] = {}
    for module in appendix.port.modules.values():
        file = escape(c_file_of(module.path) or module.path)
        link = _relative(f"source/{module.path.removesuffix('.py')}.html", start)
        functions = sum(d.kind == "function" for d in module.definitions) or ""
        about = module.doc.split("\n\n")[0].replace("\n", " ")
        about = _words(about.partition(": ")[2] or about)
        folders.setdefault(posixpath.dirname(file), []).append(
            f'<tr><td><a href="{link}">{file}</a></td><td>{functions}</td><td>{about}</td></tr>')
    count = f"<p>{len(appendix.port.modules)} files, {len(appendix.port.functions)} functions.</p>\n"
    return count + "\n".join(
        f'<div class="pst-scrollable-table-container"><table class="vk-table vk-long"><caption>{folder}</caption>'
        f"<tr><th>file</th><th>functions</th><th>what it is</th></tr>{''.join(rows)}</table></div>"
        for folder, rows in folders.items())


def collect(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The appendix's pages for the builder."""
    appendix = appendix_of(app)
    if appendix is None:
        return
    find_shown(app, appendix)
    titles = {doc: app.env.titles[doc].astext() for doc in app.env.toctree_includes[app.config.root_doc]}
    for page in appendix.pages.values():
        yield page.name, {"title": page.title, "body": body(appendix, page, titles),
                          "toc": toc(appendix, page), "display_toc": True}, "page.html"


def finish(app: Sphinx, failed: Exception | None) -> None:
    """Put the links into the pictures, the pages into the search, and the table of pages beside them."""
    appendix = getattr(app, "vethkernel_appendix", None)
    if failed or appendix is None:  # or no page was written
        return
    out = Path(app.outdir)
    for path, name in app.builder.images.items():
        svg = (Path(app.srcdir) / path).read_text("utf-8") if name.endswith(".svg") else ""
        if 'class="vethkernel"' in svg:
            (out / "_images" / name).write_text(linked(svg, appendix), "utf-8")
    names = {name: f"{appendix.page_of[keys[0]]}.html" for name, keys in appendix.named.items() if len(keys) == 1}
    for page in appendix.pages.values():  # what else a listing may show, by its file too
        names |= {f"vethkernel/{page.module}:{d.key[1]}": f"{page.name}.html" for d in page.definitions
                  if appendix.titled(d) and appendix.unique(d.key[1]) is None}
    (out / "_static" / NAMES).write_text(json.dumps(names, separators=(",", ":"), sort_keys=True), "utf-8")
    builder: Any = app.builder
    for page in appendix.pages.values():  # only now: before it writes its index, Sphinx drops what is no document
        builder.indexer.feed(page.name, page.name + ".html", page.title, searchable(page))
    (out / builder.searchindex_filename).write_text(builder.indexer_format.dumps(builder.indexer.freeze()), "utf-8")


def searchable(page: Page) -> nodes.document:
    """A page's names as a document. Docstrings are not in it: every page of the book loads the index."""
    document = new_document(page.name)
    for definition in page.definitions:
        if definition.kind != "values":
            section = nodes.section(ids=[definition.key[1]])
            section += nodes.title(text=definition.key[1])
            document += section
    return document


def add_files(app: Sphinx) -> None:
    """Looks and script, for the published book alone."""
    if app.builder.name == "html":
        app.add_css_file("source.css")
        app.add_js_file("pictures.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", link_chapter, priority=700)  # book_pages has made the pictures at 600
    app.connect("html-collect-pages", collect)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
