"""What the package is made of: its parts depend one way, and most need nothing but Python."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "vethkernel"
PORT = {"drivers", "fs", "include", "kernel", "lib", "net"}
MODULES = sorted(p.relative_to(PACKAGE) for p in PACKAGE.rglob("*.py"))
BESIDE = [m for m in MODULES if m.parts[0] not in ("notebook", "pictures") and m.name != "__main__.py"]
# Which other packages a part may know.
OUTSIDE = {"notebook": {"IPython", "graphviz", "pygments"}, "pictures": {"graphviz"}}
# Who may import whom; DESIGN's picture, from left to right.
ORDER = ["notebook", "pictures", "trace", "user", "port"]

each_module = pytest.mark.parametrize("module", MODULES, ids=str)


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text("utf-8"))


def imports(module: Path) -> set[str]:
    """The modules that a module imports when it runs, by their full names."""
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
            found |= {f"vethkernel.{alias.name}" for alias in node.names if node.module == "vethkernel"}
    return found


def part(name: str) -> str | None:
    """Which part of the package a module's name belongs to, if the parts are ordered."""
    first = (name.split(".") + [""])[1]
    return "port" if first in PORT else first if first in ORDER else None


@each_module
def test_a_module_says_its_licence(module):
    text = (PACKAGE / module).read_text("utf-8")
    assert not text or text.startswith("# SPDX-License-Identifier: GPL-2.0-only\n")


@each_module
def test_a_module_imports_only_what_stands_right_of_it(module):
    if module.parts == ("__main__.py",):
        return
    mine = part(".".join(("vethkernel", *module.with_suffix("").parts)))
    if mine is None:
        return
    for name in (n for n in imports(module) if n.startswith("vethkernel.")):
        other = part(name)
        assert other is None or ORDER.index(other) >= ORDER.index(mine), f"{module} imports {name}"


@each_module
def test_a_module_needs_only_the_standard_library(module):
    allowed = sys.stdlib_module_names | {"vethkernel"} | OUTSIDE.get(module.parts[0], set())
    assert {name.split(".")[0] for name in imports(module)} <= allowed


@pytest.mark.parametrize("module", [m for m in MODULES if m.parts[0] == "user"], ids=str)
def test_a_program_knows_the_kernel_only_by_its_interface(module):
    mine = (n for n in imports(module) if n.startswith("vethkernel.") and part(n) == "port")
    assert [n for n in mine if not n.startswith("vethkernel.include.uapi.")] == []


@pytest.mark.parametrize("module", [m for m in MODULES if m.parts[0] in PORT], ids=str)
def test_kernel_code_carries_nothing_for_the_recorders_sake(module):
    decorators = {ast.unparse(d).split("(")[0] for n in ast.walk(tree(module))
                  if isinstance(n, ast.FunctionDef | ast.ClassDef) for d in n.decorator_list}
    assert decorators <= {"dataclass", "property", "staticmethod"} | {d for d in decorators if d.endswith(".setter")}
    assert not any(name.startswith("vethkernel.trace") for name in imports(module))


def test_everything_but_notebook_and_pictures_imports_on_a_bare_python():
    names = [".".join(("vethkernel", *m.with_suffix("").parts)).removesuffix(".__init__") for m in BESIDE]
    code = f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r})\nfor n in {names!r}: __import__(n)"
    bare = [sys.executable, "-I", "-S", "-W", "error", "-c", code]
    done = subprocess.run(bare, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
