"""Shared by all tests: what may be skipped on a reader's machine may not be in CI."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

IN_CI = os.environ.get("CI") == "true"


@pytest.fixture(scope="session")
def need() -> Callable[..., None]:
    """need(reason) skips the test for the reason, if there is one. In CI it fails, or goes on where ci="goes on"."""
    def check(reason: str | None, ci: str = "fails") -> None:
        if not reason or (IN_CI and ci == "goes on"):
            return
        (pytest.fail if IN_CI else pytest.skip)(reason)
    return check
