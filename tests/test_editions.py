"""What is made from one source besides the notebooks: pages, EPUB and PDF; each says what it was made from."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import vethkernel

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "_build" / "html" / "book").glob("*.html"))
CHAPTERS = sorted((ROOT / "book").glob("*.md"))
EPUB, PDF = (ROOT / "dist" / f"veth-{vethkernel.__version__}.{kind}" for kind in ("epub", "pdf"))
EPUBCHECK = shutil.which("epubcheck")  # in Debian a command that is the archive for java itself
WIDTH, MARGIN = 595, 40  # of an A4 page, in points; the margin's least
sys.path.append(str(ROOT / "book" / "_ext"))

import built_from  # noqa: E402


@pytest.mark.parametrize(("epoch", "committed", "changes", "said"), [
    ("86400", "172800", "## 1.0.0 (1970-01-04)", "sources of 1970-01-02"),
    ("", "172800", "## 1.0.0 (1970-01-04)", "sources of 1970-01-03"),
    ("", "", "## 1.1.0 (1970-01-04)\n\n## 1.0.0 (1970-01-02)", "sources of 1970-01-04"),
    ("", "", "## 1.0.0 (not yet released)", "sources of an unknown date"),
])
def test_the_date_is_that_of_the_sources(epoch, committed, changes, said, tmp_path, monkeypatch):
    (tmp_path / "vethkernel").mkdir()
    (tmp_path / "vethkernel" / "__init__.py").write_text('__version__ = "9.8.7"\n')
    (tmp_path / "CHANGELOG.md").write_text(changes)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    monkeypatch.setattr(built_from, "ROOT", tmp_path)
    monkeypatch.setattr(built_from, "last_commit", lambda: committed)
    assert built_from.statement() == f"vethkernel 9.8.7, {said}"


def test_a_copy_without_git_has_no_last_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(built_from, "ROOT", tmp_path)
    assert built_from.last_commit() == ""


def test_the_changelog_has_an_entry_for_the_packages_version():
    assert built_from.version() == vethkernel.__version__
    assert f"\n## {vethkernel.__version__} (" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.machine
def test_every_page_says_the_packages_version_and_the_date_of_its_sources(need):
    need(None if PAGES else "the book is not built: make book")
    version = re.escape(vethkernel.__version__)
    stated = re.compile(rf"vethkernel {version}, sources of (\d{{4}}-\d\d-\d\d|an unknown date)")
    assert [page.name for page in PAGES if not stated.search(page.read_text("utf-8"))] == []


@pytest.fixture
def epub(need) -> Path:
    need(None if EPUB.exists() else "no EPUB is made: make epub")
    return EPUB


@pytest.fixture
def pdf(need) -> Path:
    need(None if PDF.exists() else "no PDF is made: make pdf")
    need(None if shutil.which("pdftotext") else "no poppler-utils to read the PDF with")
    return PDF


def text_of(pdf: Path, *options: str) -> str:
    return subprocess.run(["pdftotext", *options, pdf, "-"], capture_output=True, text=True, check=True).stdout


def one_line(text: str) -> str:
    return " ".join(text.replace("’", "'").split())


@pytest.mark.machine
def test_the_epub_has_no_fault_that_epubcheck_finds(epub, need):
    need(None if shutil.which("java") and EPUBCHECK else "no epubcheck to check with")
    checked = subprocess.run(["java", "-jar", EPUBCHECK, epub], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
    assert "No errors or warnings detected" in checked.stdout


@pytest.mark.machine
def test_the_epub_has_every_chapter_its_pictures_and_nothing_that_runs(epub):
    with zipfile.ZipFile(epub) as book:
        names = book.namelist()
        texts = {name: book.read(name).decode() for name in names if name.startswith("book/")}
    assert sorted(texts) == [f"book/{chapter.stem}.xhtml" for chapter in CHAPTERS]
    assert f"vethkernel {vethkernel.__version__}, sources of " in texts["book/index.xhtml"]
    folded = re.compile(r"<details(?![^>]*(?:vk-words|open=))")  # but the words of a picture may stay folded
    assert [name for name, text in texts.items() if "<script" in text or folded.search(text)] == []
    pictures = {name for text in texts.values() for name in re.findall(r'src="\.\./(_images/[^"]+)"', text)}
    assert pictures and pictures <= set(names)


@pytest.mark.machine
def test_the_pdf_has_a_title_contents_listings_pictures_and_captions(pdf):
    pages = one_line(text_of(pdf))
    listing = [line.strip() for line in inspect.getsource(vethkernel.veth.veth_xmit).splitlines() if len(line) < 80]
    captions = [one_line(caption).replace("`", "") for chapter in CHAPTERS
                for caption in re.findall(r"^\*([A-Z][^*{]+)\*$", chapter.read_text("utf-8"), re.M)]
    assert pages.startswith("Veth, by running it the vethkernel authors vethkernel " + vethkernel.__version__)
    assert [line for line in listing if one_line(line) not in pages] == []
    begun = [" ".join(caption.split()[:4]) for caption in captions]
    assert len(begun) > 5 and [words for words in begun if words not in pages] == []
    assert "1. How veth is used A machine of our own" in pages
    assert "namespace blue" in pages  # stands in a picture alone
    assert b"file:" not in pdf.read_bytes()  # no link to where it was made


@pytest.mark.machine
def test_no_line_of_the_pdf_is_cut_and_every_page_can_be_drawn(pdf, tmp_path):
    ends = [float(end) for end in re.findall(r'xMax="([\d.]+)"', text_of(pdf, "-bbox"))]
    assert len(ends) > 10_000 and max(ends) < WIDTH - MARGIN
    subprocess.run(["pdftoppm", "-r", "10", "-png", pdf, tmp_path / "page"], check=True)
    told = subprocess.run(["pdfinfo", pdf], capture_output=True, text=True, check=True).stdout
    assert len(list(tmp_path.iterdir())) == int(re.search(r"Pages: +(\d+)", told)[1])


def test_without_chromium_the_pdf_says_what_to_install():
    command = [sys.executable, ROOT / "book" / "_tools" / "editions.py", "pdf"]
    bare = {**os.environ, "PATH": "/nonexistent"}
    told = subprocess.run(command, env=bare, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "sudo apt install chromium" in told.stderr and "Traceback" not in told.stderr
