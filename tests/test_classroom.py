"""The classroom's archive: what it leaves out, what its guide says, and that it works alone and without a network."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
sys.path += [str(ROOT / "book" / "_tools"), str(ROOT / "book" / "_ext")]

import book_pages  # noqa: E402
import classroom  # noqa: E402

from browser import Browser, find_browser  # noqa: E402

NAMES = sorted(path.stem for path in classroom.NOTEBOOKS.glob("*.ipynb"))
# Runs each notebook of the folders named on a kernel of this Python, and says that there was no network.
# Files serve as sockets: a new network namespace has not even a loopback device that is up.
RUN = """
import socket, sys, tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import nbformat
from nbclient import NotebookClient
from traitlets.config import Config
import vethkernel

def run(path):
    book = nbformat.read(path, as_version=4)
    by_files = Config({"KernelManager": {"transport": "ipc", "ip": tempfile.mkdtemp() + "/kernel"}})
    NotebookClient(book, timeout=300, config=by_files, resources={"metadata": {"path": str(path.parent)}}).execute()
    return f"{path} {sum(cell.cell_type == 'code' for cell in book.cells)} {vethkernel.__file__}"

if __name__ == "__main__":
    try:
        socket.create_connection(("192.0.2.1", 80), 5)
    except OSError as error:
        print("offline:", error.strerror)
    with ProcessPoolExecutor(2) as workers:
        for line in workers.map(run, [p for name in sys.argv[1:] for p in sorted(Path(name).glob("*.ipynb"))]):
            print(line)
"""


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text("utf-8"), re.M))


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """The archive, made and unpacked in an empty folder."""
    folder = tmp_path_factory.mktemp("classroom")
    made = subprocess.run([sys.executable, classroom.__file__, *NAMES], capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")
    with zipfile.ZipFile(ROOT / made.stdout.split(":")[0]) as packed:
        packed.extractall(folder)
    return next(folder.iterdir())


def test_what_the_classroom_and_the_book_both_pin_is_the_same():
    ours, theirs = pins(ROOT / "requirements.txt"), pins(classroom.OURS / "requirements.txt")
    assert {name: version for name, version in theirs.items() if ours.get(name, version) != version} == {}
    assert {"jupyterlab", "notebook", "ipykernel", "graphviz", "graphviz-pure"} <= set(theirs)


def test_the_files_that_repo2docker_is_told_of_are_there():
    folder = ROOT / ".binder"
    named = re.findall(r"^-[re] (.+)", (folder / "requirements.txt").read_text("utf-8"), re.M)
    assert [(folder / named[0]).resolve(), ROOT / named[1]] == [classroom.OURS / "requirements.txt", ROOT]


@pytest.mark.parametrize(("page", "launched"), [
    ("book/usage", ["https://hub.example/lab/tree/book/notebooks/usage.ipynb"]),
    ("book/glossary", []),  # no code, no notebook
])
def test_a_launch_button_opens_the_notebook_and_not_the_markdown(page, launched):
    app = SimpleNamespace(srcdir=ROOT)
    theirs = {"label": "launch-buttons", "buttons": [{"url": f"https://hub.example/lab/tree/{page}.md"}]}
    context = {"header_buttons": [{"label": "download-buttons", "buttons": []}, theirs]}
    book_pages.launch_notebook(app, page, "page.html", context, None)
    assert [button["url"] for group in context["header_buttons"] for button in group["buttons"]] == launched


@pytest.mark.parametrize("name", NAMES)
def test_a_students_notebook_tells_no_solution(name):
    whole, open_ = classroom.notebook(name), classroom.for_students(classroom.notebook(name))
    solutions = [cell for cell in whole.cells if "solution" in cell.metadata.get("tags", ())]
    exercises = sum(cell.source.count("**Exercise") for cell in whole.cells)
    assert len([cell for cell in solutions if cell.source.startswith("<details>")]) >= exercises
    assert sum(cell.source.count("**Exercise") for cell in open_.cells) == exercises
    assert not {cell.id for cell in solutions} & {cell.id for cell in open_.cells}
    assert not any("Not yet" in str(cell.get("outputs")) or "is_line(\"" in cell.source for cell in open_.cells)


def test_the_guide_asks_predictions_of_the_book_and_says_what_is_wrong_with_an_answer():
    text = classroom.guide()
    assert text.count("**Predict**") >= 9 and text.count(" Often ") == text.count("**Predict**")
    assert "{{" not in text and text.count("\n## Lesson ") == 3


@pytest.mark.parametrize(("marker", "complaint"), [
    ("{{usage# No such heading}}", "usage has no heading or exercise 'No such heading'"),
    ("{{usage? reply | veth1}}", "2 predictions of usage have the words 'reply'"),
    ("{{usage? Which end | both, at once}}", "'both, at once' is no wrong answer"),
    ("{{nowhere# Title}}", "nowhere.ipynb is not there"),
])
def test_a_guide_that_names_what_is_not_in_the_book_is_refused(marker, complaint):
    with pytest.raises(classroom.Missing, match=complaint):
        classroom.MARKER.sub(classroom.filled, marker)


def test_the_archive_holds_what_its_readme_says(archive):
    listed = re.findall(r"^\| (.+?) \|", (archive / "README.md").read_text("utf-8"), re.M)
    named = [name for cell in listed for name in re.findall(r"`(.+?)`", cell)]
    assert len(named) > 4 and [name for name in named if not (archive / name).exists()] == []
    installed = re.findall(r"^\./(.+)$", (archive / "requirements.txt").read_text("utf-8"), re.M)
    assert installed == [wheel.name for wheel in archive.glob("*.whl")]


@pytest.mark.machine
def test_the_guide_prints_on_one_page(archive, need):
    need(None if find_browser() else "no Chromium to print with")
    with Browser() as browser:
        page = browser.open((archive / "GUIDE.html").as_uri())
        printed = base64.b64decode(page.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.machine
def test_every_notebook_runs_from_the_archive_alone_without_a_network(archive, tmp_path, need):
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    can = shutil.which("unshare") and subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0
    need(None if can else "no network namespace to be alone in")
    home = tmp_path / "jupyter"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    site = next((home / "lib").glob("python3.*")) / "site-packages"
    # All packages that the tests have, but not the editable one: its path file is not read from here.
    Path(site, "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    offline = ["--no-index", "--no-deps", "--ignore-installed", *archive.glob("*.whl")]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "-q", *offline], check=True)
    for twin in (archive / "students").iterdir():
        solved = archive / "with-solutions" / twin.name
        if solved.read_bytes() == twin.read_bytes():
            solved.unlink()
    script = tmp_path / "run.py"
    script.write_text(RUN)
    with tempfile.TemporaryDirectory() as short:  # a socket's path may have 107 letters
        settings = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": short}
        done = subprocess.run([*alone, python, script, "students", "with-solutions"], cwd=archive, env=settings,
                              capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    assert first.startswith("offline: ") and len(lines) >= len(NAMES)
    assert [line for line in lines if not line.endswith(f" {site}/vethkernel/__init__.py")] == []
