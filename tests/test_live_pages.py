"""Run in the page, in a browser: every cell gives again what its page shows, and nothing is asked of another host."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from browser import Browser, Page, Quiet, find_browser, serving

pytestmark = pytest.mark.machine

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(p.relative_to(SITE / "_live" / "pages").with_suffix("").as_posix()
               for p in (SITE / "_live" / "pages").rglob("*.json"))
USAGE = "book/usage"
CELLS = "[...document.querySelectorAll('div.cell')]"

# Of each cell with outputs: what kind each one is, its words, its links, its marked lines. A picture's words are its
# facts; where things stand in it is its renderer's business. A journey's words are those before it became a stepper.
FACTS = r"""(() => {
  const outputs = [...document.querySelectorAll("div.cell")].map((cell) => cell.querySelector(".cell_output"));
  // What is drawn as a file of its own, and where its functions lead.
  const picture = (element) => [
    element.localName, element.alt ?? element.getAttribute("aria-label"),
    ...[...element.contentDocument?.querySelectorAll("a") ?? []].map((e) => {
      const leads = e.href.baseVal && new URL(e.href.baseVal, element.contentDocument.baseURI);
      return `${e.textContent.replace(/\s+/g, "")} ${leads}`;
    }).sort(),
  ];
  const words = (element) => {
    const copy = element.cloneNode(true);
    const added = "button, style, script, .vk-lanes, .vk-controls, .vk-panel, .vk-say";
    copy.querySelectorAll(added).forEach((element) => element.remove());
    return {
      kind: [...copy.classList].sort().join(" "),
      words: copy.textContent.trimEnd(),
      pictures: [...element.querySelectorAll("img, object")].map(picture),
      links: [...copy.querySelectorAll("a")].map((e) => e.href),
      marks: [...copy.querySelectorAll("mark, b, i:not([class]), small")].map((e) => e.localName + " " + e.textContent),
    };
  };
  return JSON.stringify(outputs.map((output) => output && [...output.children].map(words)));
})()"""


DRAWN = """(async () => {
  const drawn = (object) => object.contentDocument?.querySelector("svg");
  const waiting = () => ![...document.querySelectorAll(".vk-picture object")].every(drawn);
  for (let n = 0; n < 200 && waiting(); n++) await new Promise((done) => setTimeout(done, 50));
  await new Promise((done) => setTimeout(done, 50));
})()"""


class Plain(Quiet):
    """Knows the types of what pages are made of and of nothing else, and has no file whose address contains `gone`."""

    types = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

    def __init__(self, *args: Any, gone: str = "nothing", **named: Any) -> None:
        self.gone = gone
        super().__init__(*args, **named)

    def guess_type(self, path: Any) -> str:
        return self.types.get(Path(path).suffix, "application/octet-stream")

    def do_GET(self) -> None:
        if self.gone in self.path:
            self.send_error(404)
        else:
            super().do_GET()


@pytest.fixture(scope="module")
def host(need):
    need(None if find_browser() else "no Chromium to run cells in")
    need(None if (SITE / "_live" / "live.json").exists() else "the book is not built, or without Run: make book")
    with serving(SITE, Plain) as address:
        yield address


@pytest.fixture(scope="module")
def browser(host):
    with Browser() as running:
        yield running


class Reader:
    """Somebody who presses buttons on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, cell: int, name: str = "Run") -> None:
        """Press a button of the cell of that number; -1 is the last."""
        pressed = self.page.evaluate(f"""(() => {{
            const buttons = {CELLS}.at({cell}).querySelectorAll(".vk-buttons button");
            const found = [...buttons].find((button) => button.textContent.replace(/^. /, "") === {json.dumps(name)});
            found?.click();
            return Boolean(found);
        }})()""")
        assert pressed, f"cell {cell} has no button {name}"

    def status(self) -> str:
        return self.page.evaluate("document.querySelector('.vk-bar [role=status]').textContent")

    def until(self, begins: tuple[str, ...], seconds: float = 120) -> str:
        """Wait until the page's status says one of these."""
        end = time.monotonic() + seconds
        while not (said := self.status()).startswith(begins):
            assert time.monotonic() < end, f"after {seconds} s the page still says {said!r}"
            self.page.browser.settle(0.05)
        return said

    def run(self, cell: int, name: str = "Run") -> str:
        """Press and wait until it is over."""
        self.page.evaluate("document.querySelector('.vk-bar [role=status]').textContent = ''")
        self.press(cell, name)
        return self.until(("Done", "Failed", "Stopped", "Run is not", "Run needs"))

    def until_shown(self, cell: int, text: str) -> None:
        """Wait until the cell's output contains the text."""
        end = time.monotonic() + 60
        while text not in self.output(cell):
            assert time.monotonic() < end, self.output(cell)
            self.page.browser.settle(0.05)

    def change(self, cell: int, old: str, new: str) -> None:
        """Edit the cell: that text becomes another."""
        self.press(cell, "Edit")
        assert self.page.evaluate(f"""(async () => {{
            const cell = {CELLS}.at({cell});
            while (!cell.querySelector("textarea")) await new Promise((done) => setTimeout(done, 20));
            const field = cell.querySelector("textarea"), before = field.value;
            field.value = before.replace({json.dumps(old)}, () => {json.dumps(new)});
            field.dispatchEvent(new Event("input"));
            return field.value !== before;
        }})()"""), f"cell {cell} does not contain {old!r}"

    def output(self, cell: int) -> str:
        return self.page.evaluate(
            f"{CELLS}.at({cell}).querySelector('.cell_output')?.textContent.trim() ?? ''")

    def facts(self) -> list:
        self.page.evaluate(DRAWN)
        return json.loads(self.page.evaluate(FACTS))


@pytest.fixture
def read(browser, host):
    """read(page) opens a page for a reader; at the end it must have asked no other host."""
    opened = []

    def open_page(name: str, address: str = host, **how: int | bool) -> Reader:
        opened.append(browser.open(f"{address}/{name}.html", **how))
        return Reader(opened[-1])

    yield open_page
    for page in opened:
        assert [r for r in page.requests if not r.startswith(("http://127.0.0.1:", "data:", "blob:", "file:"))] == []
        browser.close(page)


def cell_with(reader: Reader, text: str) -> int:
    """The number of the first cell whose shown code contains the text."""
    return reader.page.evaluate(f"""[...document.querySelectorAll("div.cell")].findIndex(
        (cell) => cell.querySelector(".cell_input")?.textContent.includes({json.dumps(text)}))""")


@pytest.fixture
def usage(read):
    """The first chapter, opened, and the number of the cell that boots its machine; the next one lists the devices."""
    reader = read(USAGE)
    return reader, cell_with(reader, "machine = boot(")


@pytest.mark.parametrize("name", PAGES)
def test_every_cell_of_a_page_gives_again_what_the_page_shows(name, read):
    reader = read(name)
    listed = json.loads((SITE / "_live" / "pages" / f"{name}.json").read_text("utf-8"))
    assert reader.page.evaluate("document.querySelectorAll('div.cell').length") == sum(c["shown"] for c in listed)
    assert reader.page.evaluate("document.querySelectorAll('.vk-buttons').length") == reader.page.evaluate(
        "document.querySelectorAll('div.cell:has(> *)').length")
    stored = reader.facts()
    assert reader.run(-1, "Run all above").startswith("Done"), reader.output(-1)
    assert reader.facts() == stored
    assert reader.page.evaluate("document.querySelectorAll('.cell_output.vk-live').length") == sum(map(bool, stored))
    assert reader.page.evaluate("document.querySelectorAll('.vk-journey:not(.vk-on)').length") == 0
    assert reader.page.complaints == []


def test_an_exercise_is_answered_in_the_page_and_reset_brings_the_chapters_own_back(read):
    reader = read(USAGE)
    before, cell = reader.facts(), cell_with(reader, "# yours")
    assert reader.output(cell).startswith("Not yet")
    reader.change(cell, "ip link add ...", "ip link add left type veth peer name right")
    assert reader.run(cell).startswith("Done")
    assert reader.output(cell) == "Right."
    reader.press(cell, "Reset")
    assert reader.facts() == before
    assert reader.page.evaluate(f"{CELLS}[{cell}].querySelectorAll('textarea, .vk-live').length") == 0
    assert reader.run(cell).startswith("Done")
    assert reader.output(cell).startswith("Not yet")


def test_a_failing_cell_shows_where_and_stops_those_that_need_it(usage):
    reader, boots = usage
    reader.change(boots, "machine = boot", "print('so far')\n1 / 0\nmachine = boot")
    assert reader.run(boots + 2) == f"Stopped at code cell {boots + 1}, which failed."
    lines = reader.output(boots).split("\n")
    assert lines[0] == "so far" and lines[1].startswith("Traceback")
    code = reader.page.evaluate(f"{CELLS}[{boots}].querySelector('textarea').value").split("\n")
    place = f'"<code cell {boots + 1}>", line {code.index("1 / 0") + 1}'
    assert [line for line in lines if line.startswith("  File")] == [f"  File {place}, in <module>"]
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert reader.page.evaluate(f"{CELLS}.slice({boots}, {boots + 3}).map((cell) => cell.dataset.vk ?? '')") == [
        "failed", "", ""]


def test_a_cell_that_never_ends_can_be_stopped_and_python_starts_anew(usage):
    reader, boots = usage
    endless = boots + 1
    reader.change(endless, "%%console\n# ip link show", "while True: print('again')")
    reader.press(endless)
    reader.until((f"Running code cell {endless + 1}, and ",))
    reader.until_shown(endless, "again\nagain\n")
    reader.press(endless, "Stop")
    assert reader.status().startswith("Stopped. Python was ended")
    assert reader.output(endless).startswith("again\nagain\n")
    reader.press(endless, "Reset")
    assert reader.run(endless) == f"Done: code cell {endless + 1}, after {endless} above."
    assert "lo: <LOOPBACK" in reader.output(endless)


HOSTILE = """
class Hostile:
    def _repr_html_(self):
        return '''<p onclick="document.title = 'bad'">kept</p><script>document.title = 'bad'</script>
            <img src="data:," onerror="document.title = 'bad'"><a href=" java\\tscript:document.title = 'bad'">link</a>
            <svg><script>document.title = 'bad'</script><a xlink:href="javascript:document.title = 'bad'">s</a></svg>'''

display(Hostile())
machine = boot"""


def test_what_a_cell_shows_never_acts(usage):
    reader, boots = usage
    title = reader.page.evaluate("document.title")
    reader.change(boots, "machine = boot", HOSTILE)
    assert reader.run(boots).startswith("Done"), reader.output(boots)
    reader.page.evaluate("document.querySelectorAll('.vk-live :is(p, a)').forEach((element) => "
                         "element.dispatchEvent(new MouseEvent('click', { bubbles: true })))")
    reader.page.browser.settle(0.3)
    assert reader.page.evaluate("document.title") == title
    assert reader.page.evaluate("document.querySelector('.vk-live p').textContent") == "kept"
    acting = "script, [onclick], [onerror], a[href], a[*|href]"
    assert reader.page.evaluate(f"document.querySelectorAll('.vk-live :is({acting})').length") == 0


def focused(reader: Reader) -> str:
    return reader.page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.localName")


def test_the_keyboard_alone_runs_edits_and_leaves_a_cell(usage):
    reader, boots = usage
    name = f"code cell {boots + 1}"
    reader.page.evaluate("document.querySelector('.bd-article h1 a').focus()")
    while focused(reader) != f"Run {name}":
        reader.page.press("Tab")
        assert focused(reader) != "body"
    reader.page.press("Enter")
    assert reader.until(("Done",)).startswith(f"Done: {name}")
    reader.page.press("Tab")
    reader.page.press("Tab")
    assert focused(reader) == f"Edit {name}"
    reader.page.press("Enter")
    reader.page.browser.settle(0.3)
    for key in ("End", "Enter"):
        reader.page.press(key)
    reader.page.call("Input.insertText", text="if True:")
    for key in ("Enter", "Tab"):
        reader.page.press(key)
    reader.page.call("Input.insertText", text="print('typed')")
    assert "\nif True:\n        print('typed')\n" in reader.page.evaluate("document.querySelector('textarea').value")
    reader.page.press("Enter", control=True)
    assert reader.until(("Running", "Done")) and reader.until(("Done",))
    assert reader.output(boots).endswith("\ntyped")
    reader.page.press("Escape")
    assert focused(reader) == f"Run {name}"


GONE = ["live.json", "/pages/", "worker.js", "pyodide.asm.wasm", "python_stdlib", "viz.js", "/code-"]


@pytest.mark.parametrize("gone", GONE)
def test_a_page_says_what_is_missing_and_stays_whole(gone, read):
    with serving(SITE, partial(Plain, gone=gone)) as address:
        reader = read(USAGE, address)
        stored = reader.facts()
        said = reader.run(2)
        assert said.startswith("Run is not available in this copy of the book") and gone.strip("/") in said
        assert reader.facts() == stored


def test_a_page_from_a_file_says_how_to_serve_it(read):
    assert "make serve" in read(USAGE, SITE.as_uri()).run(0)
