"""Run in the page, without a browser: its Python does what a notebook's does, and what the site gets is this tree's."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import nbclient
import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT / "book" / name) for name in ("_ext", "_live", "_tools")]

import front  # noqa: E402
import live_files  # noqa: E402
import live_pages  # noqa: E402

CELLS = [
    "%load_ext vethkernel.notebook\nfrom vethkernel import boot",
    "%%console\n# ip -br link\n# ip link show nothing",
    "%%console other\n# ip -br link",
    "machine is not other",
    "_, Out[4], In[3]",
    "print('first')\n'second'",
    "None",
    "'hidden';",
    "'shown'  # ;",
    "x = 1",
    "for n in range(3):\n    print(n, end=' ')\nprint()\nn",
    "if True:\n    %load_ext vethkernel.notebook\n    print(1)",
    "'''a text\n%load_ext nothing\n'''",
    "list(range(60))",
    "{'names': {'lo', 'veth0'}, 'b' * 50: [('c' * 40, 1.50)], 'type': dict}",
    "display({1: 2}, 2)\nprint('between')\ndisplay('three')\n4",
    "import sys\nprint('out')\nprint('err', file=sys.stderr)",
    "from vethkernel.notebook import device\ndevice(machine, 'lo')",
    "def helper(a):\n    return a / 0\n\nprint('so far')\nhelper(1)",
    "this is no Python",
    "%%console 9lives\n# ip link",
    "class Shown:\n    def _repr_html_(self):\n        return '<b>bold</b>'\n"
    "    def __repr__(self):\n        return 'bold'\n\nShown()",
    "class Both:\n    def _repr_mimebundle_(self, include=None, exclude=None):\n"
    "        return {'text/plain': 'plain', 'text/html': '<i>rich</i>'}\n\nBoth()",
    "class Own:\n    def _ipython_display_(self):\n        print('itself')\n\nOwn()",
    "import inspect\ninspect.getsource(helper)",
    "__name__",
]


def normal(outputs: list) -> list:
    """Outputs with what only a terminal sees left out: the looks of tracebacks, counts."""
    found = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            found.append((output["name"], output["text"]))
        elif kind == "error":
            found.append((kind, output["ename"], output["evalue"]))
        else:
            found.append((kind, dict(output["data"])))
    return found


def test_a_cell_gives_in_the_page_what_it_gives_in_a_notebook():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    NotebookClient(notebook, timeout=60, allow_errors=True, coalesce_streams=True, record_timing=False).execute()
    main = sys.modules["__main__"]
    try:
        ours = []
        shell = front.Shell(lambda output: ours[-1].append(output))
        for cell in notebook.cells:
            ours.append([])
            well = shell.run_cell(cell.source)
            assert well == (not [o for o in cell.outputs if o.output_type == "error"]), cell.source
    finally:
        sys.modules["__main__"] = main
    for cell, outputs in zip(notebook.cells, ours, strict=True):
        theirs = normal(cell.outputs)
        if theirs and theirs[-1][:2] == ("error", "SyntaxError"):  # whose text names the file
            assert [o[:2] for o in normal(outputs)] == [o[:2] for o in theirs]
        else:
            assert normal(outputs) == theirs, cell.source


def test_a_text_that_is_printed_slowly_is_one_output_of_the_built_page(monkeypatch):
    monkeypatch.setattr(nbclient.NotebookClient, "__init__", nbclient.NotebookClient.__init__)  # put back at the end
    slowly = "import time\nprint('one', end='')\ntime.sleep(0.5)\nprint(' text')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(slowly)])
    live_pages.setup(SimpleNamespace(connect=lambda *_: None))
    nbclient.execute(notebook)
    assert normal(notebook.cells[0].outputs) == [("stdout", "one text\n")]


def run(text: str) -> list:
    outputs: list = []
    main = sys.modules["__main__"]
    try:
        front.Shell(outputs.append).run_cell(text)
    finally:
        sys.modules["__main__"] = main
    return outputs


def test_a_traceback_begins_in_the_cell_and_shows_its_line():
    lines = run("def f():\n    raise KeyError('gone')\nf()")[0]["traceback"]
    assert [line for line in lines if line.strip("~^ ")] == [  # from 3.13 on, there are more of these marks
        "Traceback (most recent call last):", '  File "<cell 1>", line 3, in <module>', "    f()",
        '  File "<cell 1>", line 2, in f', "    raise KeyError('gone')", "KeyError: 'gone'"]


@pytest.mark.parametrize(("cell", "said"), [
    ("%%bash\nls", "UsageError: the page does not know %%bash; a notebook may"),
    ("%timeit 1", "UsageError: the page does not know %timeit; a notebook may"),
])
def test_a_magic_that_only_notebooks_have_is_named(cell, said):
    assert run(cell)[-1]["traceback"] == [said]


def test_a_cell_that_prints_without_end_does_not_flood_the_page():
    shown = "".join(output["text"] for output in run("for n in range(10**6): print(n)"))
    assert len(shown) < front.ROOM + 100 and shown.endswith(f"the page shows a cell's first {front.ROOM} characters.\n")


@pytest.mark.parametrize(("output", "shown"), [
    ({"output_type": "stream", "name": "stdout", "text": "<b> & 'c'\n"},
     '<div class="output stream highlight-myst-ansi notranslate"><div class="highlight">'
     "<pre>&lt;b&gt; &amp; 'c'\n</pre></div></div>"),
    ({"output_type": "execute_result", "data": {"text/plain": "1", "text/html": '<b>y</b><span class="n">x</span>'}},
     '<div class="output text_html"><b>y</b>x</div>'),
])
def test_an_output_looks_as_on_the_built_page(output, shown):
    assert front.as_page(output) == shown


def test_the_code_for_the_page_is_this_trees_and_always_the_same_bytes():
    packed = live_files.code()
    assert packed == live_files.code()
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        names = archive.namelist()
        for path in (ROOT / "vethkernel").rglob("*.*"):
            if "__pycache__" not in path.parts:
                assert archive.read(path.relative_to(ROOT).as_posix()) == path.read_bytes()
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert {"front.py", "book_pages.py", "tests/transcript.py"} <= {*names}


def test_the_code_for_the_page_needs_no_other_package(tmp_path):
    (tmp_path / "code.zip").write_bytes(live_files.code())
    with zipfile.ZipFile(tmp_path / "code.zip") as archive:
        archive.extractall(tmp_path / "book")
    script = (
        "import front\nfrom vethkernel.notebook import show_source\nfrom vethkernel import pictures, veth\n"
        "shell = front.Shell(print)\nassert shell.run_cell('%load_ext vethkernel.notebook')\n"
        "assert 'class=' in show_source(veth.veth_xmit)._repr_html_()"
    )
    script = f"import sys\nsys.path.insert(0, {str(tmp_path / 'book')!r})\n{script}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def broken_npm(folder: Path, text: str) -> dict[str, str]:
    """An environment in which `npm` is this script, and nothing else is on the PATH."""
    folder.mkdir()
    (folder / "npm").write_text(f"#!{sys.executable}\n{text}\n")
    (folder / "npm").chmod(0o755)
    return {**os.environ, "PATH": str(folder)}


WRONG = "import pathlib; pathlib.Path('pyodide-314.0.7.tgz').write_text('another')"


@pytest.mark.parametrize(("npm", "reason"), [
    ("raise SystemExit(1)", "npm could not fetch pyodide 314.0.7; is the network there?"),
    (WRONG, "the package pyodide 314.0.7 that npm fetched is not the one that was published"),
])
@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_what_run_lacks_is_said_and_fails_in_ci_alone(npm, reason, ci, status, tmp_path):
    environment = {**broken_npm(tmp_path / "bin", npm), "CI": ci}
    done = subprocess.run([sys.executable, ROOT / "book" / "_tools" / "live_files.py", tmp_path / "build"],
                          env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (status, "")
    assert f"The pages' Run buttons are without Python: {reason}" in done.stdout
    assert not list((tmp_path / "build").rglob("live.json")) and not list((tmp_path / "build").rglob("*.tgz"))
