"""The Chrome trace opened by a program that is not ours: speedscope, from npm, in a headless browser."""

from __future__ import annotations

import json
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "book" / "_tools"))

import live_files

from browser import Browser, find_browser, serving
from test_exports import recorded
from vethkernel.trace import exports
from vethkernel.trace.events import ENTER

pytestmark = pytest.mark.machine

BUILD = Path(__file__).parents[1] / "_build"
SUM = "cpf9HWTZf1ijLXBJrk87Ve/54tnYx6rlf0gUThvn3ook6h63hLXVOQiMf44PT+XoV503cPfvfiT5gP5vojp6Ag=="


@pytest.fixture
def speedscope(need) -> bytes:
    """Its archive, as it was published."""
    try:
        return live_files.package(BUILD / "npm", "speedscope", "1.25.0", "speedscope-1.25.0.tgz", SUM)
    except live_files.Missing as reason:
        need(str(reason))


def test_speedscope_opens_the_trace_with_its_tracks_and_functions(speedscope, tmp_path, need):
    need(None if find_browser() else "no Chromium to look with")
    with tarfile.open(fileobj=BytesIO(speedscope)) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / "package" / "dist" / "release"
    trace = recorded()
    (folder / "ping.json").write_text(text := exports.chrome(trace), "utf-8")
    tracks = sum(row["name"] == "thread_name" for row in json.loads(text)["traceEvents"])
    with serving(folder) as address, Browser() as browser:
        page = browser.open(f"{address}/index.html#profileURL=ping.json")
        browser.settle(1)
        page.press("3")  # its list of functions
        browser.settle(1)
        shown = page.evaluate("document.body.innerText")
    assert page.complaints == [] and "soft interrupt" in shown and f"(1/{tracks})" in shown
    listed = {line.split()[0] for line in shown.splitlines() if '{"file":' in line}
    assert len(listed) > 10 and listed <= {event.function for event in trace.events if event.kind == ENTER}
