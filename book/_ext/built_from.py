"""What the book is built from: the package's version, and the date of the sources; the same clone says the same.

The date is SOURCE_DATE_EPOCH if that is set, else the last commit's. In a copy without git it is the newest date in
CHANGELOG.md, else unknown.
"""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)  # that a zip file can tell


def version() -> str:
    """The package's, from the one place that states it."""
    return re.search(r'^__version__ = "(.+)"$', (ROOT / "vethkernel" / "__init__.py").read_text("utf-8"), re.M)[1]


def moment() -> datetime | None:
    """When the sources were last changed, or None if nothing tells."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or last_commit()
    if seconds and not seconds.isdecimal():
        sys.exit(f"SOURCE_DATE_EPOCH={seconds}: it wants to be a number of seconds since 1970")
    if seconds:
        return datetime.fromtimestamp(int(seconds), UTC)
    dates = re.findall(r"^## .*(\d{4}-\d\d-\d\d)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    return datetime.fromisoformat(max(dates)).replace(tzinfo=UTC) if dates else None


def for_files() -> datetime:
    """The moment as files can tell it; it is also set for other programs that write files."""
    found = max(moment() or EARLIEST, EARLIEST)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(found.timestamp()))
    return found


def last_commit() -> str:
    """The last commit's seconds since 1970; empty where this folder is no clone of its own, or git is missing."""
    if not (ROOT / ".git").exists():
        return ""
    try:
        command = ["git", "-C", ROOT, "log", "-1", "--format=%ct"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def statement() -> str:
    """Version and date, as each page and edition shows them."""
    found = moment()
    return f"vethkernel {version()}, sources of {f'{found:%Y-%m-%d}' if found else 'an unknown date'}"
