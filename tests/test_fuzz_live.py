"""Thirty sessions that nobody thought of are answered by the model as by this machine's own kernel."""

from __future__ import annotations

import pytest

import live
from fuzz_live import walk


@pytest.mark.machine
def test_a_random_walk_goes_the_same_way_on_both_machines(need):
    need(live.why_not())
    need(live.other_versions(), ci="goes on")
    assert [difference.diff for difference in walk(30, seed=1, number=20)] == []
