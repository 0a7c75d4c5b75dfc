"""Every session, typed on the model and on this machine's own kernel, is answered as its file says."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

import live
from transcript import Step, answers
from vethkernel.user.session import replay

SESSIONS = sorted((Path(__file__).parent / "transcripts").glob("*.console"))


# What a real kernel answers now so, now so. After the peer went down, link watch, which serves the whole machine, takes
# the queue away within a second: until then each ARP question is lost in the driver, later in the queue's place.
RACES = {("10-drops-and-counters", 18): r"(?<=5764       6      0       )[3-6](?=       0       0)"}


def settled(session: Path, index: int, step: Step) -> Step:
    """The step without the figures that a race decides."""
    race = RACES.get((session.stem, index))
    return step if race is None else Step(step.typed, [re.sub(race, "N", line) for line in step.answer])


@cache
def recorded(session: Path) -> list[Step]:
    return answers(session.read_text("utf-8"))


@cache
def models(session: Path) -> list[Step]:
    return answers(replay(session.read_text("utf-8")))


def kernels(session: Path) -> list[Step]:
    """Each command's answer, of up to five tries the one as recorded, if any is: a kernel's timers (neighbours, link
    watch, tcpdump's ring) may fire before or after a command that sees it, now here, now there."""
    wanted = recorded(session)
    found = answers(live.record(session))
    for _ in range(4):
        if all(settled(session, i, step) == settled(session, i, wanted[i]) for i, step in enumerate(found)):
            break
        again = answers(live.record(session))
        found = [step if step == want else other for step, want, other in zip(found, wanted, again, strict=True)]
    return found


@pytest.fixture(scope="session")
def kernel(need):
    """kernel(session): what this machine's kernel answers. Six sessions are asked at once, for they mostly wait,
    the longest file first, so that no long session is waited for alone."""
    need(live.why_not())
    need(live.other_versions(), ci="goes on")
    with ThreadPoolExecutor(6) as pool:
        jobs = {session: pool.submit(kernels, session) for session in sorted(SESSIONS, key=lambda s: -s.stat().st_size)}
        yield lambda session: jobs[session].result()


each_command = pytest.mark.parametrize(("session", "index"), [
    pytest.param(session, index, id=f"{session.stem}, {index + 1}: {step.typed}")
    for session in SESSIONS for index, step in enumerate(recorded(session))])


@each_command
def test_the_model_answers_as_recorded(session, index):
    assert models(session)[index] == recorded(session)[index]


@each_command
@pytest.mark.machine
def test_this_kernel_answers_as_recorded(session, index, kernel):
    theirs, wanted = kernel(session)[index], recorded(session)[index]
    assert settled(session, index, theirs) == settled(session, index, wanted)


def test_the_same_session_twice_gives_the_same_bytes():
    text = SESSIONS[0].read_text("utf-8")
    assert replay(text) == replay(text)
