"""Reading comfort, asked of the built book: contrast and names, keys, links, search, print."""

# ruff: noqa: F811, of fixtures that are imported

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from browser import Page
from test_pages import CHAPTERS, PAGES, SITE, browser, host, visit  # noqa: F401  (three fixtures)

pytestmark = pytest.mark.machine

CHECKER = "axe_playwright_python"  # brings axe-core; of the package itself nothing is used
ABSENT = f"no {CHECKER} to check with: .ci/run says how to install it"
# Measuring colours takes nine tenths of the time: once for each theme, and once for each width.
VIEWS = ((1280, "light"), (360, "dark"))  # what is there depends on the width alone, and colours on the theme
STANDS = "new Promise(done => setTimeout(done, 400))"  # the theme looks for scrolling boxes a third of a second later


@pytest.fixture(scope="module")
def checker(need) -> str:
    found = importlib.util.find_spec(CHECKER)
    need(None if found else ABSENT)
    return Path(found.origin).with_name("axe.min.js").read_text("utf-8")


def complaints(page: Page) -> list[str]:
    """What axe-core finds wrong with a page, with the first element and what to do about it."""
    return page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], preload: false}).then(result => result.violations"
        ".map(v => `${v.id} (${v.nodes.length}): ${v.nodes[0].target} ${v.nodes[0].failureSummary}`))")


@pytest.mark.parametrize("name", PAGES)
def test_axe_has_nothing_to_say_against_a_page_wide_and_light_or_narrow_and_dark(name, visit, checker):
    page = visit(name)
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    page.evaluate("document.querySelectorAll('tr:nth-child(n+20)').forEach(row => row.remove())")  # as the 19 before
    page.evaluate(f"{checker}; 0")
    found = {}
    for width, theme in VIEWS:
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        page.call("Emulation.setDeviceMetricsOverride", **screen)
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'; {STANDS}")
        found[width, theme] = complaints(page)
    assert found == dict.fromkeys(found, [])


def test_axe_would_find_grey_words_a_nameless_button_and_a_picture_without_words(visit, checker):
    page = visit("book/index.html")
    page.evaluate("document.querySelector('article').insertAdjacentHTML('beforeend', "
                  "'<p style=\"color:#999;background:#fff\">grey</p><button></button><img src=\"logo.svg\">')")
    page.evaluate(f"{checker}; 0")
    found = " ".join(complaints(page))
    assert all(rule in found for rule in ("color-contrast", "button-name", "image-alt"))


# The element with the focus: its tag and classes, its name, and whether a ring is seen around it.
FOCUSED = """(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  element.getAnimations({subtree: true}).forEach(one => one.finish());
  const style = getComputedStyle(element);
  const name = element.getAttribute('aria-label') || element.title || element.innerText || element.dataset.tooltip
    || element.querySelector('img')?.alt || element.placeholder || '';
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
  return [`${element.tagName.toLowerCase()} ${element.className}`, name.trim(), ring && style.opacity === '1'];
})()"""


def test_keys_reach_everything_and_show_where_they_are(visit):
    page = visit("book/journey.html")
    stops = []
    page.press("Tab")
    while len(stops) < 400 and (stop := page.evaluate(FOCUSED)):
        stops.append(stop)
        page.press("Tab")
    assert stops[0][1] == "Skip to main content"
    assert [stop for stop in stops if not stop[1] or not stop[2]] == []
    reached = "\n".join(stop[0] for stop in stops)
    parts = "search-button theme-switch dropdown-toggle copybtn summary vk-journey input left-prev"
    assert [part for part in parts.split() if part not in reached] == []


def test_the_skip_link_jumps_over_the_menu(visit):
    page = visit("book/usage.html")
    page.press("Tab")
    page.press("Enter")
    page.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_keys_alone_find_a_word_in_the_book(visit, host):
    page = visit("book/usage.html")
    page.press("k", control=True)
    assert page.evaluate("document.activeElement.name") == "q"
    page.call("Input.insertText", text="netif_rx")
    page.press("Enter")
    page.browser.settle(1)
    found = page.evaluate("[...document.querySelectorAll('#search-results li a')].map(a => a.pathname)")
    assert "/book/transmit-receive.html" in found
    assert [r for r in page.requests if not r.startswith((host, "data:", "blob:"))] == []
    assert page.complaints == []


@pytest.mark.parametrize("word", ["carrier", "netif_rx"])
def test_the_list_of_what_was_found_is_at_ease_on_a_phone_in_the_dark(word, visit, checker):
    page = visit(f"search.html?q={word}", width=360, dark=True)
    page.browser.settle(1)
    assert page.evaluate("document.querySelectorAll('#search-results li').length") > 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.evaluate(f"{checker}; 0")
    assert complaints(page) == []


PAPER = 24 / 2.54 * 96  # what A4 has between its margins, in pixels
# How many elements of these kinds would be printed.
SEEN = "[...document.querySelectorAll('{}')].filter(e => e.checkVisibility({{visibilityProperty: true}})).length"


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_printed_page_is_its_text_with_folds_open_and_nothing_to_press(name, visit):
    page = visit(name, width=700)
    page.call("Emulation.setEmulatedMedia", media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(SEEN.format("button, input, .bd-sidebar, .bd-header-article, .prev-next-footer")) == 0
    assert page.evaluate(SEEN.format("article h1")) == 1
    assert page.evaluate("[...document.querySelectorAll('details')].filter(fold => !fold.open).length") == 0
    assert page.evaluate("[...document.querySelectorAll('article pre')]"
                         ".filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).length") == 0
    assert page.evaluate("[...document.querySelectorAll('article :is(img, object)')]"
                         f".filter(e => e.offsetWidth > 700 || e.offsetHeight > {PAPER}).length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.querySelectorAll('details[open]').length") == 0


def test_the_index_lists_every_source_that_a_chapter_shows_and_the_glossary_leads_to_it(need):
    need(None if PAGES else "the book is not built: make book")
    shown = {
        name for page in CHAPTERS
        for figure in (SITE / page).read_text("utf-8").split('<figure class="vk-source">')[1:]
        for name in re.findall(r"<code[^>]*>(\w+)</code>", figure)[:1]
    }
    listed = set(re.findall(r">(\w+) \([\w./-]+\)<", (SITE / "genindex.html").read_text("utf-8")))
    assert "veth_xmit" in shown and shown - listed == set()
    assert 'href="../genindex.html"' in (SITE / "book" / "glossary.html").read_text("utf-8")
