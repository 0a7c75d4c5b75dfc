"""The built book in a browser: each page whole, alone on its own host, at ease on a phone and in the dark."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser import Browser, Page, find_browser, serving

pytestmark = pytest.mark.machine

SITE = Path(__file__).parents[1] / "_build" / "html"
ALL = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html") if "_static" not in p.parts)
# Of the source appendix's many pages the smallest and the largest are opened; tests/test_source.py reads them all.
SOURCE = sorted((p for p in ALL if p.startswith("source/")), key=lambda p: (SITE / p).stat().st_size)
PAGES = [p for p in ALL if p not in SOURCE[1:-1] and p != "index.html"]  # which only sends on to book/index.html
CHAPTERS = [p for p in PAGES if p.startswith("book/")]
SHOTS = SITE.parent / "screenshots"


@pytest.fixture(scope="module")
def host(need):
    need(None if find_browser() else "no Chromium to look with")
    need(None if PAGES else "the book is not built: make book")
    with serving(SITE) as address:
        yield address


@pytest.fixture(scope="module")
def browser(host):
    with Browser() as running:
        yield running


@pytest.fixture
def visit(browser, host):
    """visit(page, width=360, dark=True) opens a page of the book; it is closed at the end."""
    opened = []

    def open_page(name: str, **how: int | bool) -> Page:
        opened.append(browser.open(f"{host}/{name}", **how))
        return opened[-1]

    yield open_page
    for page in opened:
        browser.close(page)


@pytest.fixture
def look(visit):
    """The same, and a picture of the page is kept in _build/screenshots."""
    def open_page(name: str, **how: int | bool) -> Page:
        page = visit(name, **how)
        SHOTS.mkdir(exist_ok=True)
        stem = name.removesuffix(".html").replace("/", "-")
        page.screenshot(SHOTS / f"{stem}{''.join(f'-{k}{v}' for k, v in how.items())}.png")
        return page

    return open_page


def test_the_book_is_built_where_its_pages_are_tested(need):
    need(None if PAGES else "the book is not built: make book")


def test_the_front_page_sends_on_to_the_book(host):
    assert 'content="0; url=book/index.html"' in (SITE / "index.html").read_text("utf-8")
    assert "book/index.html" in PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_other_host_and_complains_of_nothing(name, look, host):
    page = look(name)
    assert [r for r in page.requests if not r.startswith((host, "data:", "blob:"))] == []
    assert page.complaints == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_without_sideways_scrolling(name, look):
    page = look(name, width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_is_dark_for_readers_who_ask_for_it(name, look):
    page = look(name, dark=True)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.complaints == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapters_page_is_under_150_kb(name):
    assert (SITE / name).stat().st_size < 150_000


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_with_code_hands_out_its_notebook(name, visit):
    page = visit(name)
    cells = page.evaluate("document.querySelectorAll('div.cell').length")
    links = page.evaluate("[...document.querySelectorAll('.dropdown-download-buttons a')].map(a => a.href)")
    notebooks = [link for link in links if link.endswith(".ipynb")]
    assert len(notebooks) == (1 if cells else 0)
    assert not [link for link in links if link.endswith(".md")]
    for link in notebooks:
        assert page.evaluate(f"fetch({link!r}).then(r => r.json()).then(n => n.nbformat)") == 4


def test_the_book_has_one_search_box_on_a_page(visit):
    page = visit(CHAPTERS[0])
    assert page.evaluate("[...document.querySelectorAll('.search-button-field, form.bd-search')]"
                         ".filter(e => e.offsetParent !== null).length") == 1


def test_the_search_finds_a_function_in_the_source_appendix(visit):
    page = visit("search.html?q=dev_forward_skb")
    page.browser.settle(1)
    links = page.evaluate("[...document.querySelectorAll('#search-results li > a')].map(a => a.getAttribute('href'))")
    assert any(link.startswith("source/net/core/dev") and link.endswith("#dev_forward_skb") for link in links)


def test_a_function_in_a_picture_leads_to_its_source(visit):
    page = visit("book/summary.html")
    link = page.evaluate("document.querySelector('.vk-picture object').contentDocument.querySelector('a[*|href]')"
                         ".href.baseVal")
    page.evaluate("document.querySelector('.vk-picture object').contentDocument.querySelector('a[*|href]')"
                  ".dispatchEvent(new MouseEvent('click'))")
    page.browser.settle(1)
    assert page.evaluate("location.href").endswith(link.removeprefix(".."))
