"""What the book's own tools do to its chapters."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
sys.path.append(str(BOOK / "_tools"))

from plain_markdown import plain_markdown  # noqa: E402

CHAPTERS = sorted(BOOK.glob("*.md"))


def test_every_page_is_in_the_table_of_contents():
    listed = re.findall(r"(?:file|root): book/([\w-]+)", (ROOT / "_toc.yml").read_text("utf-8"))
    assert sorted(listed) == [c.stem for c in CHAPTERS]


def test_every_page_with_code_has_its_committed_notebook_and_no_other_is_there():
    with_code = {c.stem for c in CHAPTERS if "{code-cell}" in c.read_text("utf-8")}
    assert {n.stem for n in (BOOK / "notebooks").glob("*.ipynb")} == with_code


@pytest.mark.parametrize(("myst", "plain"), [
    ("a {term}`veth` pair", "a veth pair"),
    ("{term}`devices <net device>`", "devices"),
    ("see {doc}`the ledger <ledger>`", "see the ledger"),
    ("see {doc}`transmit-receive`", "see [How a frame travels](transmit-receive.ipynb)"),
    ("see {ref}`a-label`", "see *a label*"),
    ("as {cite}`rfc826, linux-3.10` say",
     "as [*RFC 826*, [Linux 3.10, source code](https://elixir.bootlin.com/linux/v3.10.4/source)] say"),
    ("press {kbd}`Ctrl-C`", "press `Ctrl-C`"),
    ("[next](creation.md) and [there](usage.md#pair)", "[next](creation.ipynb) and [there](usage.ipynb#pair)"),
    ("(a-label)=\n## Title", "## Title"),
    ("% a remark for authors\ntext", "text"),
    ("```{note}\nMind this.\n```", "> **Note**\n>\n> Mind this."),
    (":::{admonition} Know first\n:class: note\n- one\n- two\n:::", "> **Know first**\n>\n> - one\n> - two"),
    (":::{dropdown} Answer\nNo.\n:::", "<details>\n<summary>Answer</summary>\n\nNo.\n\n</details>"),
    ("````{note}\n```{kbd}\n```\nafter\n````", "> **Note**\n>\n> > **Kbd**\n> >\n> >\n> after"),
    ("```{exercise} Twice\n:label: twice\nDo it.\n```", "> **Exercise: Twice**\n>\n> Do it."),
    ("```{figure} _static/a.png\n:alt: An A\nA caption.\n```", "![An A](../_static/a.png)\n\nA caption."),
    ("```{code-block} console\n$ ip link\n```", "```console\n$ ip link\n```"),
    ("```python\n{not}`a role`\n```", "```python\n{not}`a role`\n```"),
])
def test_a_notebooks_text_reads_well_without_myst(myst, plain):
    assert plain_markdown(myst) == plain


def test_a_build_from_other_sources_forgets_the_outputs(tmp_path):
    source, build = tmp_path / "source", tmp_path / "build"
    (build / ".jupyter_cache").mkdir(parents=True)
    source.mkdir()
    (source / "a.py").write_text("one")

    def fresh() -> bool:
        subprocess.run([sys.executable, BOOK / "_tools" / "fresh.py", build, source], check=True)
        return (build / ".jupyter_cache").exists()

    assert not fresh()
    (build / ".jupyter_cache").mkdir()
    assert fresh()
    (source / "a.py").write_text("two")
    assert not fresh()
