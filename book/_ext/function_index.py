"""The index lists each function, struct and table that a chapter shows, with its C file, beside the glossary's terms.

An entry leads to the section in which a cell shows the source; nothing is written into the page for it.
"""

import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

SHOWN = re.compile(r'<figure class="vk-source"><figcaption>.*?<code>(\w+)</code>.*? after .*?>([\w./-]+)[:\s(]', re.S)


class IndexShown(SphinxTransform):
    """Index entries for the sources that a page's cells show."""

    default_priority = 800  # Sphinx collects the entries at 850

    def apply(self, **kwargs: Any) -> None:
        for section in self.document.findall(nodes.section):
            shown = {
                match[1]: match[2]
                for output in section.findall(nodes.raw) if section_of(output) is section
                for match in SHOWN.finditer(output.astext())
            }
            entries = [("single", f"{name} ({file})", section["ids"][0], "", None) for name, file in shown.items()]
            if entries:
                section.insert(1, addnodes.index(entries=entries))


def section_of(node: nodes.Node) -> nodes.Node | None:
    """The innermost section that a node stands in."""
    while node is not None and not isinstance(node, nodes.section):
        node = node.parent
    return node


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(IndexShown)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
