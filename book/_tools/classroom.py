"""Make dist/veth-classroom-VERSION.zip: all that a classroom needs, to work offline in plain Jupyter.

usage: classroom.py CHAPTER...     (in the order of the book)

In it are the committed notebooks, with and without solutions, the package's wheel, pinned requirements, what real
machines answered, the teacher's guide and the licences. Nothing is run; the same clone gives the same bytes.

book/classroom/guide.md names headings and predictions; what it says of them is taken from the notebooks:

    {{usage# Both go}}                   a heading or an exercise of that notebook, in italics
    {{usage? Which end | veth1}}         the prediction with these words, and what is wrong with this answer
"""

import copy
import os
import re
import sys
import tempfile
import zipfile
from datetime import datetime
from functools import cache
from pathlib import Path

import nbformat
from flit_core import buildapi
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "book" / "_ext"))

import built_from  # noqa: E402

NOTEBOOKS = ROOT / "book" / "notebooks"
OURS = ROOT / "book" / "classroom"
RECORDED = ("tests/transcript.py", "tests/transcripts/*.console", "tests/data/*.pcap")
LICENCES = ("LICENSE", "LICENSE-CC-BY-SA-4.0")
EXERCISES = re.compile(r"^## Exercises$", re.M)
MARKER = re.compile(r"\{\{([\w-]+)([#?]) (.+?)(?: \| (.+?))?\}\}")
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Teacher's guide</title>
<style>
  body {{ font: 1rem/1.45 system-ui, sans-serif; max-width: 46rem; margin: 1rem auto; padding: 0 1rem; }}
  h2 {{ margin-bottom: 0.3em; }} ul {{ margin: 0; padding-left: 1.2em; }}
  @page {{ size: A4; margin: 11mm 13mm; }}
  @media print {{
    body {{ font-size: 9pt; line-height: 1.32; max-width: none; margin: 0; padding: 0; }}
    h1 {{ font-size: 14pt; margin: 0; }} h2 {{ font-size: 10.5pt; margin: 0.6em 0 0.2em; }} p {{ margin: 0.4em 0; }}
  }}
</style></head><body>
{}</body></html>
"""


class Missing(Exception):
    """Something that the guide or the archive names is not there."""


@cache
def notebook(name: str) -> nbformat.NotebookNode:
    path = NOTEBOOKS / f"{name}.ipynb"
    if not path.exists():
        raise Missing(f"{path.relative_to(ROOT)} is not there: make notebooks")
    return nbformat.read(path, as_version=4)


def for_students(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without solutions: exercises have not been run yet, and nothing behind them tells the answers."""
    book = copy.deepcopy(book)
    kept, exercises = [], False
    for cell in book.cells:
        tags = cell.metadata.get("tags", ())
        exercises = exercises or (cell.cell_type == "markdown" and bool(EXERCISES.search(cell.source)))
        if "solution" in tags or (exercises and "claim" in tags):
            continue
        if exercises and cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        kept.append(cell)
    book.cells = kept
    return book


def predictions(name: str) -> list[tuple[str, str]]:
    """The predictions of a notebook: the heading above, and the plain text that the cell's output says."""
    found, above = [], ""
    for cell in notebook(name).cells:
        if cell.cell_type == "markdown":
            above = (re.findall(r"^## (.+)$", cell.source, re.M) or [above])[-1]
        texts = [output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", ())]
        found += [(above, text) for text in texts if text.startswith("Predict: ")]
    return found


def heading(name: str, title: str) -> str:
    """A heading's or an exercise's title, if the notebook has it."""
    lines = [line for cell in notebook(name).cells if cell.cell_type == "markdown" for line in cell.source.split("\n")]
    shown = {re.sub(r"^> \*\*Exercise: (.*)\*\*$|^#+ ", r"\1", line).replace("`", "") for line in lines}
    if title not in shown:
        raise Missing(f"guide.md: {name} has no heading or exercise {title!r}")
    return f"*{title}*"


def prediction(name: str, words: str, wrong: str) -> str:
    """Where it stands, the question, the right answer, and a wrong one with what is wrong with it."""
    found = [(above, text) for above, text in predictions(name) if words in text.split("\n")[0]]
    if len(found) != 1:
        raise Missing(f"guide.md: {len(found)} predictions of {name} have the words {words!r}; one is needed")
    above, text = found[0]
    question = text.split("\n")[0].removeprefix("Predict: ")
    options = re.findall(r"^  ([A-H])\. (.+)$", text, re.M)
    letters = {option: letter for letter, option in options}
    verdicts = dict(re.findall(r"^(?:Right|Not): ([A-H])\. (.+)$", text, re.M))
    right = re.search(r"^Right: ([A-H])\.", text, re.M)[1]
    if wrong not in letters or letters[wrong] == right:
        raise Missing(f"guide.md: {wrong!r} is no wrong answer to {question!r}")
    why = verdicts[letters[wrong]].removeprefix(wrong).strip()
    asked = f"**Predict** (*{above}*): “{question}” ({right}, *{dict(options)[right]}*)"
    return f"{asked} Often {letters[wrong]}, *{wrong}*: {why}"


def filled(marker: re.Match[str]) -> str:
    name, kind, words, wrong = marker.groups()
    return heading(name, words) if kind == "#" else prediction(name, words, wrong)


def guide() -> str:
    """The teacher's guide in Markdown."""
    return MARKER.sub(filled, (OURS / "guide.md").read_text("utf-8"))


def wheel() -> tuple[str, bytes]:
    """The package's wheel, built from this tree: its name and its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(ROOT)
        try:
            name = buildapi.build_wheel(folder)
        finally:
            os.chdir(before)
        return name, Path(folder, name).read_bytes()


def contents(chapters: list[str]) -> dict[str, bytes]:
    """Every file of the archive by its name in it."""
    wheel_name, wheel_bytes = wheel()
    guide_text = guide()
    read_me = (OURS / "README.md").read_text("utf-8").replace("VERSION", built_from.statement())
    read_me = read_me.replace("WHEEL", wheel_name).replace("NOTEBOOKS", ", ".join(f"`{name}`" for name in chapters))
    requirements = (OURS / "requirements.txt").read_text("utf-8") + f"\n# The package\n./{wheel_name}\n"
    files = {
        "README.md": read_me.encode(),
        "GUIDE.md": guide_text.encode(),
        "GUIDE.html": PAGE.format(MarkdownIt().render(guide_text)).encode(),
        "requirements.txt": requirements.encode(),
        wheel_name: wheel_bytes,
    }
    for name in chapters:
        for folder, book in (("students", for_students(notebook(name))), ("with-solutions", notebook(name))):
            files[f"{folder}/{name}.ipynb"] = (nbformat.writes(book, indent=1) + "\n").encode()
    for path in (p for pattern in (*RECORDED, *LICENCES) for p in sorted(ROOT.glob(pattern))):
        files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    return files


def pack(target: Path, files: dict[str, bytes], moment: datetime) -> None:
    """A zip file with one folder in it; names are sorted, and all times are that of the sources."""
    made = target.with_name(f"{target.name}.{os.getpid()}")  # two may be at it at once: CI's two Pythons
    with zipfile.ZipFile(made, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{target.stem}/{name}", moment.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    made.replace(target)


def main(chapters: list[str]) -> None:
    moment = built_from.for_files()
    target = ROOT / "dist" / f"veth-classroom-{built_from.version()}.zip"
    with_code = [name for name in chapters if (NOTEBOOKS / f"{name}.ipynb").exists()]
    files = contents(with_code)
    target.parent.mkdir(exist_ok=True)
    pack(target, files, moment)
    print(f"{target.relative_to(ROOT)}: {len(files)} files, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    try:
        main([Path(chapter).stem for chapter in sys.argv[1:]])
    except Missing as missing:
        sys.exit(str(missing))
