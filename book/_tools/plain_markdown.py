"""MyST Markdown as plain Jupyter shows it: roles become text, directives become quotations, folds and pictures.

    {term}`net device <net_device>`     net device
    ```{note} ... ```                   a quotation that begins with a bold Note
    ```{dropdown} Answer ... ```        a fold that a click opens
"""

import re
from functools import cache
from pathlib import Path

BOOK = Path(__file__).parents[1]
ENTRY = re.compile(r"^@\w+\{([\w.-]+),\n(.*?)^\}", re.M | re.S)
FIELD = re.compile(r"^  (\w+) = \{(.*)\},$", re.M)
ROLE = re.compile(r"\{([a-z:-]+)\}`([^`]+)`")
TARGET = re.compile(r"^(.*?)\s*<[^<>]+>$", re.S)
LABEL = re.compile(r"^\([^()\s]+\)=[ \t]*\n", re.M)
COMMENT = re.compile(r"^%.*\n?", re.M)
PAGE = re.compile(r"(\]\([\w-]+)\.md(#[\w-]+)?\)")
FENCE = re.compile(
    r"^(?P<mark>`{3,}|:{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=mark)[ \t]*$", re.M | re.S)
CODE = re.compile(r"(^(?:```|~~~)(?!\{)[^\n]*\n(?s:.*?)^(?:```|~~~)[ \t]*$)", re.M)
OPTION = re.compile(r"^:([\w-]+):[ \t]*([^\n]*)\n", re.M)
SILENT = {"bibliography", "glossary", "tableofcontents"}


@cache
def chapter(name: str) -> str:
    """A link to another notebook, by the chapter's title."""
    title = re.search(r"^# (.*)", (BOOK / f"{name}.md").read_text("utf-8"), re.M)
    return f"[{title[1] if title else name}]({name}.ipynb)"


@cache
def source(key: str) -> str:
    """What a citation leads to, for there is no bibliography in a notebook: the title, or an RFC's number."""
    entries = dict(ENTRY.findall((BOOK / "references.bib").read_text("utf-8")))
    fields = dict(FIELD.findall(entries[key]))
    words = f"RFC {fields['number']}" if fields.get("type") == "RFC" else re.sub(r"[{}\\]", "", fields["title"])
    address = fields.get("url") or fields.get("howpublished", "").removeprefix("\\url{").removesuffix("}")
    return f"[{words}]({address})" if address else f"*{words}*"


def role(match: re.Match[str]) -> str:
    """What a reader of the page sees where the role stands, as near as one text can say it."""
    name, text = match[1], match[2]
    shown = TARGET.sub(r"\1", text)
    if name.startswith("cite"):
        return "[" + ", ".join(source(key.strip()) for key in text.split(",")) + "]"
    if name == "kbd":
        return f"`{shown}`"
    if name == "doc" and shown == text:
        return chapter(text)
    if name in ("ref", "numref", "any") and shown == text:
        return f"*{text.strip('/').replace('-', ' ').replace('_', ' ')}*"
    return shown


def quote(title: str, body: str) -> str:
    lines = [f"**{title}**", "", *body.strip().split("\n")]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def directive(match: re.Match[str]) -> str:
    """One fenced directive; those inside it first."""
    name, title, body = match["name"], match["title"].strip(), match["body"]
    options = {}
    while option := OPTION.match(body):
        options[option[1]] = option[2]
        body = body[option.end():]
    body = plain_markdown(body)
    if name in SILENT:
        return ""
    if name in ("figure", "image"):
        return f"![{options.get('alt', '')}](../{title})\n\n{body.strip()}".rstrip()
    if name == "code-block":
        return f"```{title}\n{body.rstrip()}\n```"
    if name == "dropdown":
        return f"<details>\n<summary>{title}</summary>\n\n{body.strip()}\n\n</details>"
    heading = title if name == "admonition" else name.capitalize() + (f": {title}" if title else "")
    return quote(heading, body)


def plain_markdown(text: str) -> str:
    """The text of one Markdown cell, for Jupyter; what stands in a fence of code stays as it is."""
    text = FENCE.sub(directive, text)
    parts = CODE.split(text)
    for n, part in enumerate(parts[::2]):
        part = COMMENT.sub("", LABEL.sub("", part))
        parts[2 * n] = PAGE.sub(r"\1.ipynb\2)", ROLE.sub(role, part))
    return "".join(parts).strip("\n")
