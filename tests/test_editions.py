"""What is made from one source besides the notebooks: pages, EPUB and PDF; each says what it was made from."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import vethkernel

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "_build" / "html" / "book").glob("*.html"))
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
