"""Forget the outputs of a build made from other code.

usage: fresh.py BUILD_FOLDER SOURCE...

Jupyter Book runs a chapter again when its text changes, but does not see a change in the package that its cells
import. So the sum of all sources is kept in the build folder; where it differs, cached outputs and pages go.
"""

import hashlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path


def files(source: Path) -> Iterator[Path]:
    """The files of a folder in a fixed order, or the file itself."""
    if source.is_file():
        yield source
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def main(build: Path, sources: list[Path]) -> None:
    total = hashlib.sha256()
    for path in (p for s in sources for p in files(s)):
        total.update(path.as_posix().encode() + b"\0" + path.read_bytes())
    stamp = build / "sources.sha256"
    if stamp.exists() and stamp.read_text() == total.hexdigest():
        return
    for stale in (".jupyter_cache", ".doctrees", "jupyter_execute", "html"):
        shutil.rmtree(build / stale, ignore_errors=True)
    build.mkdir(exist_ok=True)
    stamp.write_text(total.hexdigest())


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(a) for a in sys.argv[2:]])
