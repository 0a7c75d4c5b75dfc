# SPDX-License-Identifier: GPL-2.0-only
"""Make the ledger's data: which functions a kernel's C files define, on which line, and what each one calls.

usage: python -m vethkernel.data.collect KERNEL_TREE > vethkernel/data/calls-VERSION.json   (needs Universal Ctags)

Kept are the functions of the C files and headers that have a module in this package, and, wherever else they are found,
those that a module defines or that omitted.toml names. The facts are names and line numbers alone; no text of the
kernel's is kept. A call through a function pointer is written `->member`.
"""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
MIRRORED = ("drivers", "fs", "include", "kernel", "lib", "net")
# Where a function may be that is not in the file its module mirrors: it moved, or a header has it.
SEARCHED = ("fs/*.c", "fs/proc/*.c", "kernel/*.c", "kernel/time/*.c", "kernel/printk/*.c", "lib/*.c", "net/core/*.[ch]",
            "net/ipv4/*.c", "net/*.c", "include/linux/*.h", "include/net/*.h")
NOT_CALLS = {"if", "for", "while", "switch", "return", "sizeof", "typeof", "defined", "do", "else", "case",
             "__attribute__", "__typeof__"}
NOISE = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])+'""", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|.)*", re.M)
CALL = re.compile(r"(->|\.)?\s*\b([A-Za-z_]\w*)\s*\(")
SYSCALL = re.compile(r"SYSCALL_DEFINE\d\(\s*(\w+)")


def plain(path: Path) -> str:
    """A path as both languages may write it: `net-procfs.c` and net_procfs.py, `if.h` and if_.py."""
    return re.sub(r"_$", "", path.with_suffix("").as_posix().replace("-", "_"))


def mirrored_modules() -> Iterator[Path]:
    """The package's modules that stand for a C file or header, by their path in the package."""
    for folder in MIRRORED:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            if path.name != "__init__.py":
                yield path.relative_to(PACKAGE)


def mirrored_files(tree: Path) -> set[str]:
    """The files of the tree that the modules stand for."""
    found = set()
    for module in mirrored_modules():
        suffix = ".h" if module.parts[0] == "include" else ".c"
        folder = tree / module.parent.as_posix().replace("_", "-" if suffix == ".h" else "_")
        found |= {p.relative_to(tree).as_posix() for p in folder.glob(f"*{suffix}")
                  if plain(p.relative_to(tree)) == plain(module)}
    return found


def wanted_names() -> set[str]:
    """The functions that the port defines, or says that it leaves out or folds into others."""
    trees = (ast.parse((PACKAGE / m).read_text("utf-8")) for m in mirrored_modules())
    names = {n.name for tree in trees for n in tree.body if isinstance(n, ast.FunctionDef)}
    reasons = tomllib.loads((PACKAGE / "omitted.toml").read_text("utf-8"))
    return names | {call for entry in reasons["folded"] for call in entry["calls"]}


def calls_of(body: str) -> list[str]:
    """The names called in a function's body, each once, in order."""
    body = DIRECTIVE.sub("", body[body.find("{"):] if "{" in body else "")
    names = (("->" if pointer else "") + name for pointer, name in CALL.findall(body) if name not in NOT_CALLS)
    return list(dict.fromkeys(names))


def functions(tree: Path, files: list[str]) -> Iterator[tuple[str, dict]]:
    """Each definition as (name, {file, line, calls})."""
    ctags = ["ctags", "--languages=C", "--map-C=+.h", "--kinds-C=f", "--fields=+ne", "--output-format=json", "-f", "-"]
    tags = subprocess.run([*ctags, *files], cwd=tree, capture_output=True, text=True, check=True).stdout
    texts: dict[str, list[str]] = {}
    for tag in map(json.loads, tags.splitlines()):
        if "end" not in tag:
            continue
        path, first = tag["path"], tag["line"] - 1
        if path not in texts:
            text = (tree / path).read_text(errors="replace")
            texts[path] = NOISE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text).split("\n")
        lines = texts[path][first: tag["end"]]
        name = tag["name"]
        if hidden := SYSCALL.search(lines[0]):
            name = "sys_" + hidden[1]
        yield name, {"file": path, "line": tag["line"], "calls": calls_of("\n".join(lines))}


def version_of(tree: Path) -> str:
    """The kernel's version, as its Makefile begins."""
    numbers = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL) = (\d+)", (tree / "Makefile").read_text(), re.M))
    return ".".join(numbers[k] for k in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))


def write(tree: Path) -> None:
    """Print the data, a line for each file and function, so that two versions of it can be compared by eye."""
    mirrored, names = mirrored_files(tree), wanted_names()
    searched = {p.relative_to(tree).as_posix() for pattern in SEARCHED for p in tree.glob(pattern)}
    table: dict[str, list[dict]] = {}
    for name, fact in functions(tree, sorted(mirrored | searched)):
        if fact["file"] in mirrored or name in names:
            table.setdefault(name, []).append(fact)
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(facts)}" for name, facts in sorted(table.items()))
    files = ",\n".join(f"  {json.dumps(f)}" for f in sorted(mirrored))
    print(f'{{"version": "{version_of(tree)}",\n "files": [\n{files}],\n "functions": {{\n{rows}}}\n}}')


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1], "Makefile").exists():
        sys.exit(__doc__)
    write(Path(sys.argv[1]))
