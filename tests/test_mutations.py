"""The table of mutations fits the port: each can be made, and leaves a module. `make mutations` tries them all."""

from __future__ import annotations

import pytest

import claims
import mutations
from mutations import ROOT, Mutation, MutationError, read_mutations, summary, tried

MUTATIONS = read_mutations()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_mutation_finds_its_line_and_leaves_a_module_that_compiles(mutation):
    text = (ROOT / "vethkernel" / mutation.file).read_text("utf-8")
    broken = mutation.apply(text)
    compile(broken, mutation.file, "exec")
    assert broken != text and broken.count("\n") == text.count("\n")


def test_the_cells_of_every_chapter_are_tried():
    assert sorted(mutations.CHAPTERS) == sorted(claims.CHAPTERS)


def test_each_mutation_has_a_name_of_its_own_and_there_are_at_least_twenty():
    assert len({m.name for m in MUTATIONS}) == len(MUTATIONS) >= 20


@pytest.mark.parametrize(("function", "old", "new", "said"), [
    ("veth_close", "netif_carrier_off(nobody)", "pass", "stands not in veth_close"),
    ("veth_stats_one", "x", "y", "stands not in"),
    ("veth_dellink", "priv.peer = None", "pass", "stands 2 times in veth_dellink"),
    ("veth_sleep", "pass", "pass", "has no function veth_sleep"),
    ("veth_open", "netif_carrier_on(dev)", "pass\npass", "1 lines would become 2"),
])
def test_a_mutation_that_does_not_fit_says_why(function, old, new, said):
    text = (ROOT / "vethkernel/drivers/net/veth.py").read_text("utf-8")
    with pytest.raises(MutationError, match=said):
        Mutation("a test", "drivers/net/veth.py", function, old, new, "").apply(text)


def test_two_mutations_are_noticed_by_the_cells_and_by_the_tests():
    names = ("the second pointer is not set", "what waited for a neighbour is thrown away")
    results = list(tried([m for m in MUTATIONS if m.name in names], chapters=["usage"]))
    print(summary(results))
    assert len(results) == 2 and all(result.fails and result.test for result in results)
