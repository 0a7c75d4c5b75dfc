# SPDX-License-Identifier: GPL-2.0-only
"""Make the ledger's data: which functions a kernel's C files define, on which line, and what each one calls.

usage: python -m vethkernel.data.collect KERNEL_TREE > vethkernel/data/calls-VERSION.json   (needs Universal Ctags)

Of the tree it reads the C files and headers that have a module in this package. The facts are names and line
numbers alone; no text of the kernel's is kept. A call through a function pointer is written `->member`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
MIRRORED = ("drivers", "fs", "include", "kernel", "lib", "net")
# Where newer kernels keep what v3.10 had in the file on the left.
MOVED = {
    "kernel/time.c": ["kernel/time/time.c"],
    "kernel/timer.c": ["kernel/time/timer.c"],
    "net/core/dev.c": ["net/core/dev.h", "net/core/gro.c"],
    "net/core/rtnetlink.c": ["net/core/dev_addr_lists.c"],
    "net/ipv4/fib_semantics.c": ["net/ipv4/fib_notifier.c"],
    "include/linux/netdevice.h": ["include/linux/rtnetlink.h"],
    "include/net/ip.h": ["include/net/ip_fib.h", "include/net/route.h"],
}
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


def c_files(tree: Path) -> list[str]:
    """The files of the tree that the modules mirror, and those that their functions moved to."""
    known = {plain(p.relative_to(tree)): p.relative_to(tree).as_posix()
             for folder in MIRRORED for p in (tree / folder).rglob("*.[ch]")
             if folder != "drivers" or p.relative_to(tree).parts[1] in ("net", "char")}
    found = {known[plain(m)] for m in mirrored_modules() if plain(m) in known}
    wanted = found | {new for old, news in MOVED.items() if old in found or not (tree / old).exists() for new in news}
    return sorted(f for f in wanted if (tree / f).exists())


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


def write(tree: Path, files: list[str]) -> None:
    """Print the data, a line for each file and function, so that two versions of it can be compared by eye."""
    table: dict[str, list[dict]] = {}
    for name, fact in functions(tree, files):
        table.setdefault(name, []).append(fact)
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(facts)}" for name, facts in sorted(table.items()))
    names = ",\n".join(f"  {json.dumps(f)}" for f in files)
    print(f'{{"version": "{version_of(tree)}",\n "files": [\n{names}],\n "functions": {{\n{rows}}}\n}}')


if __name__ == "__main__":
    write(Path(sys.argv[1]), c_files(Path(sys.argv[1])))
