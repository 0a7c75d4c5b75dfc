"""A headless Chromium, driven through a pipe by its own DevTools protocol: nothing to install but the browser.

    with Browser() as browser:
        page = browser.open("http://127.0.0.1:8000/", width=360, dark=True)
        page.evaluate("document.title"), page.requests, page.complaints

https://chromedevtools.github.io/devtools-protocol/ describes the messages.
"""

from __future__ import annotations

import base64
import functools
import http.server
import json
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

# The numbers by which pages know keys that print nothing.
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39}
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# A profile of its own, and none of the things that a browser asks its maker's hosts for.
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
           "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
           "--remote-debugging-pipe")


def find_browser() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that does not tell what it was asked for."""

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(folder: Path, handler: Callable[..., Quiet] = Quiet) -> Iterator[str]:
    """The folder's files on a port of their own: the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Page:
    """An open page: what it asked for and what it complained of, so far."""

    browser: Browser
    session: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    loaded: bool = False

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.call(method, self.session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, awaited if it is a promise."""
        done = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"])
        return done["result"].get("value")

    def press(self, key: str, control: bool = False) -> None:
        """Press and release a key, as a keyboard does."""
        number = KEYS.get(key) or ord(key.upper())
        which = {"key": key, "code": key, "windowsVirtualKeyCode": number, "modifiers": 2 * control}
        text = "\r" if key == "Enter" else key if len(key) == 1 and not control else ""
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **which)
        self.call("Input.dispatchKeyEvent", type="keyUp", **which)

    def screenshot(self, path: Path, whole: bool = True) -> None:
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def hear(self, method: str, said: dict[str, Any]) -> None:
        """Keep what an event tells of the page."""
        if method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif method == "Network.loadingFailed" and not said.get("canceled"):
            self.complaints.append(f"failed to load: {said.get('errorText')}")
        elif method == "Network.responseReceived" and said["response"]["status"] >= 400:
            self.complaints.append(f"{said['response']['status']} {said['response']['url']}")
        elif method == "Runtime.exceptionThrown":
            details = said["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and said["type"] in ("error", "assert"):
            self.complaints.append(" ".join(str(a.get("value", a.get("description"))) for a in said["args"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] == "error":
            self.complaints.append(said["entry"]["text"])
        elif method == "Page.loadEventFired":
            self.loaded = True


class Browser:
    """One Chromium process; `with` ends it."""

    def __init__(self) -> None:
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()

        def as_3_and_4() -> None:  # where the protocol's pipes are expected
            first, second = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(first, 3)
            os.dup2(second, 4)

        command = [find_browser(), *OPTIONS, f"--user-data-dir={self.profile.name}", "about:blank"]
        self.process = subprocess.Popen(command, pass_fds=(3, 4), preexec_fn=as_3_and_4,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.number = 0
        self.unread = b""
        self.pages: dict[str, Page] = {}

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.terminate()
        self.process.wait(20)
        os.close(self.out)
        os.close(self.into)
        self.profile.cleanup()

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come before it go to their pages."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(60)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _next(self, seconds: float) -> dict[str, Any]:
        """The next message; an event is heard by its page on the way."""
        until = time.monotonic() + seconds
        while b"\0" not in self.unread:
            if not select.select([self.into], [], [], max(0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            self.unread += os.read(self.into, 1 << 20)
        text, _, self.unread = self.unread.partition(b"\0")
        message = json.loads(text)
        if "method" in message and message.get("sessionId") in self.pages:
            self.pages[message["sessionId"]].hear(message["method"], message["params"])
        return message

    def open(self, url: str, width: int = 1280, height: int = 900, dark: bool = False) -> Page:
        """A new page that has loaded `url` and asked for nothing more for a third of a second."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        for domain in ("Page", "Network", "Runtime", "Log"):
            page.call(f"{domain}.enable")
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        page.call("Emulation.setDeviceMetricsOverride", **screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        page.call("Page.navigate", url=url)
        while not page.loaded:
            self._next(60)
        self.settle(0.3)
        return page

    def settle(self, quiet: float) -> None:
        """Wait until the browser has said nothing for `quiet` seconds."""
        try:
            while True:
                self._next(quiet)
        except TimeoutError:
            pass

    def close(self, page: Page) -> None:
        page.call("Page.close")
        del self.pages[page.session]
