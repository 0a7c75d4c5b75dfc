"""A page written shorter says what it said."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.append(str(Path(__file__).parents[1] / "book" / "_ext"))

from lean_pages import shorten


def words(html: str) -> str:
    said: list[str] = []
    reader = HTMLParser()
    reader.handle_data = said.append
    reader.feed(html)
    return "".join(said)


@pytest.mark.parametrize(("written", "shorter"), [
    ('<code class="docutils literal notranslate">lo</code>', '<code class="literal notranslate">lo</code>'),
    ('<a class="reference internal" href="a.html"><span class="doc">A</span></a>', '<a href="a.html">A</a>'),
    ('<a class="reference internal" href="#x" title="X">x <em>y</em></a>',) * 2,
    ('<span class="ow">not</span> <span class="ow">in</span>', "<i class=ow>not in</i>"),
    ('<span class="s2">&lt;b&gt;</span><span class="mi">2</span>', "<i class=s2>&lt;b&gt;</i><i class=mi>2</i>"),
    ('<span class="doc">d</span><span class="caption-text">c</span>',) * 2,
    ('<div class="cell_input docutils container">', '<div class="cell_input">'),
    ('<div class="highlight-ipython3 notranslate"><div class="highlight"><pre>a\n\n  b\n</pre></div>\n</div>',
     '<div class="highlight notranslate"><pre>a\n\n  b\n</pre></div>'),
])
def test_markup_goes_and_no_word_changes(written, shorter):
    context = {"body": written}
    shorten(SimpleNamespace(builder=SimpleNamespace(name="html")), "page", "page.html", context, None)
    assert context["body"] == shorter
    assert words(shorter).split() == words(written).split()


def test_a_book_that_must_be_xml_stays_as_it_is():
    context = {"body": '<span class="k">if</span>'}
    shorten(SimpleNamespace(builder=SimpleNamespace(name="epub")), "page", "page.html", context, None)
    assert context["body"] == '<span class="k">if</span>'
