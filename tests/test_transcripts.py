"""Every session, typed on the model and on this machine's own kernel, is answered as its file says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from vethkernel.user.session import replay

import live
from transcript import normal, sessions, steps

each_command = pytest.mark.parametrize(("session", "index"), [
    pytest.param(session, index, id=f"{session.stem}, {step}")
    for session in sessions() for index, step in enumerate(steps(session.read_text("utf-8")))])


Answer = tuple[str, str | None, tuple[str, ...]]  # console, command, lines


def compared(transcript: str) -> list[Answer]:
    return [(s.console, s.command, s.answer) for s in steps(normal(transcript))]


@cache
def recorded(session: Path) -> list[Answer]:
    return compared(session.read_text("utf-8"))


@cache
def models(session: Path) -> list[Answer]:
    return compared(replay(session.read_text("utf-8")))


def kernels_answers(session: Path) -> list[Answer]:
    """Up to five tries: a kernel's timers (neighbours, link watch) may fire before or after a command that sees it."""
    for _ in range(5):
        answers = compared(live.record(session))
        if answers == recorded(session):
            break
    return answers


@pytest.fixture(scope="session")
def kernels(need):
    """What this machine's kernel answers: all sessions at once, for they mostly wait."""
    need(live.why_not())
    need(live.other_versions(), ci="goes on")
    with ThreadPoolExecutor(6) as pool:
        jobs = {session: pool.submit(kernels_answers, session) for session in sessions()}
        yield lambda session: jobs[session].result()


@each_command
def test_the_model_answers_as_recorded(session, index):
    assert models(session)[index] == recorded(session)[index]


@each_command
@pytest.mark.machine
def test_this_kernel_answers_as_recorded(session, index, kernels):
    assert kernels(session)[index] == recorded(session)[index]


def test_the_same_session_twice_gives_the_same_bytes():
    text = sessions()[0].read_text("utf-8")
    assert replay(text) == replay(text)
