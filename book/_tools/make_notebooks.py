"""Make book/notebooks/NAME.ipynb, with outputs, from each chapter that has code cells.

usage: make_notebooks.py book/NAME.md...

The same chapter and package give the same bytes: a cell's id comes from its text, no time is recorded, streams are
joined, and pictures are drawn by the pinned graphviz-pure, whatever graphviz this machine has. Notebooks whose chapter
is gone are removed.
"""

import copy
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbclient import NotebookClient
from plain_markdown import plain_markdown

METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}
# What folds a cell in the published page folds it in Jupyter too.
FOLDED = {
    "hide-input": ("source_hidden",), "remove-input": ("source_hidden",),
    "hide-output": ("outputs_hidden",), "remove-output": ("outputs_hidden",),
    "hide-cell": ("source_hidden", "outputs_hidden"), "remove-cell": ("source_hidden", "outputs_hidden"),
    "solution": ("source_hidden", "outputs_hidden"),
}
BORDER = re.compile(r"^`{3,}\{solution-(?:start|end)\}.*?^`{3,}$\n?", re.M | re.S)
SOLUTION = "<details>\n<summary>Solution</summary>\n\n{}\n\n</details>"


def split_solutions(cells: list[nbformat.NotebookNode]) -> Iterator[nbformat.NotebookNode]:
    """The cells, their Markdown plain; those of a solution are tagged, and what stands around it is in other cells."""
    inside = False
    for cell in cells:
        texts = BORDER.split(cell.source) if cell.cell_type == "markdown" else [cell.source]
        for number, text in enumerate(texts):
            inside ^= number > 0
            if not text.strip() and not (inside and number):
                continue
            part = copy.deepcopy(cell)
            if cell.cell_type == "markdown":
                part.source = plain_markdown(text)
                if inside:
                    part.source = SOLUTION.format(part.source or "The cell below, which is folded too.")
            elif inside and not part.source.startswith("%%"):
                part.source = f"# A solution\n{part.source}"  # of a folded cell, Jupyter shows the first line
            if inside:
                part.metadata["tags"] = [*part.metadata.get("tags", []), "solution"]
            yield part


def read(chapter: Path) -> nbformat.NotebookNode:
    """The chapter as a notebook that plain Jupyter shows well, without outputs."""
    book = read_myst_markdown_notebook(
        chapter.read_text("utf-8"), config=MdParserConfig(), code_directive="{code-cell}", raw_directive="{raw-cell}")
    book.nbformat, book.nbformat_minor = 4, 5
    book.metadata = nbformat.from_dict(METADATA)
    book.cells = list(split_solutions(book.cells))
    seen: dict[str, int] = {}
    for cell in book.cells:
        name = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        seen[name] = seen.get(name, 0) + 1
        cell["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        hidden = {part: True for tag in tags for part in FOLDED.get(tag, ())}
        if hidden and cell.cell_type == "code":
            cell.metadata["jupyter"] = hidden
    book.cells = [c for c in book.cells if c.source.strip()]
    return book


def make(chapter: Path) -> Path | None:
    """Run the chapter's cells in its folder and write its notebook; None where there is no code."""
    book = read(chapter)
    if not any(c.cell_type == "code" for c in book.cells):
        return None
    NotebookClient(book, timeout=300, record_timing=False, coalesce_streams=True,
                   resources={"metadata": {"path": str(chapter.parent)}}).execute()
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream" and output.name == "stderr":
                raise RuntimeError(f"{chapter}: a cell writes to stderr:\n{cell.source}\n{output.text}")
    book.metadata = nbformat.from_dict(METADATA)
    nbformat.validate(book)
    target = chapter.parent / "notebooks" / (chapter.stem + ".ipynb")
    target.parent.mkdir(exist_ok=True)
    target.write_text(nbformat.writes(book, indent=1) + "\n", "utf-8", newline="\n")
    return target


def without_dot(path: str) -> str:
    """A PATH with no `dot` on it."""
    return os.pathsep.join(folder for folder in path.split(os.pathsep) if not shutil.which("dot", path=folder))


def main(chapters: list[Path]) -> None:
    os.environ["PATH"] = without_dot(os.environ["PATH"])
    with ProcessPoolExecutor() as workers:
        made = [target for target in workers.map(make, chapters) if target]
    for target in made:
        print(target)
    for folder in {t.parent for t in made}:
        for stray in (n for n in folder.glob("*.ipynb") if not (folder.parent / f"{n.stem}.md").exists()):
            print(f"{stray}: its chapter is gone, removed")
            stray.unlink()


if __name__ == "__main__":
    main([Path(a) for a in sys.argv[1:]])
