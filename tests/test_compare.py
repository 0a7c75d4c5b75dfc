"""The model's calls against a real kernel's: how they are aligned, and that nothing is left unexplained."""

import gzip
from importlib.resources import files

import pytest

from vethkernel.trace.compare import Alignment, Rule, Rules
from vethkernel.trace.function_graph import parse_trace
from vethkernel.trace.scenarios import main, nearest, rules, scenarios

RECORDED = files("vethkernel.data") / "trees"


def aligned(kernel, model, *table):
    return Alignment(parse_trace("# k: call tree\n" + kernel), parse_trace("# m: call tree\n" + model), Rules(table))


def rows(alignment):
    return [(row.kernel, row.model, row.rule.why if row.rule else "") for row in alignment.rows]


def test_equal_trees_match_call_by_call():
    same = aligned("a\n  b\n  c\n", "a\n  b\n  c\n")
    assert rows(same) == [("a", "a", ""), ("b", "b", ""), ("c", "c", "")]
    assert (same.matched, same.unexplained) == (3, [])


def test_a_call_of_one_side_is_unexplained_without_a_rule():
    different = aligned("a\n  b\n", "a\n  c\n")
    assert [(row.kernel, row.model) for row in different.unexplained] == [("b", ""), ("", "c")]


def test_the_order_of_calls_counts():
    assert len(aligned("a\n  b\n  c\n", "a\n  c\n  b\n").unexplained) == 2


def test_the_longest_common_part_is_found():
    alignment = aligned("a\n  x\na\n  b\n  c\n", "a\n  b\n  c\n")
    assert (alignment.matched, len(alignment.unexplained)) == (3, 2)


def test_a_renamed_function_matches_under_both_names():
    alignment = aligned("__x64_sys_a\n", "sys_a\n", Rule("renamed", "so", "__x64_sys_a", "sys_a"))
    assert rows(alignment) == [("__x64_sys_a", "sys_a", "renamed")]


def test_what_a_split_function_calls_belongs_to_its_caller():
    alignment = aligned("a\n  step\n    b\n", "a\n  b\n", Rule("split", "so", kernel="step"))
    assert rows(alignment) == [("a", "a", ""), ("step", "", "split"), ("b", "b", "")]


def test_an_inlined_function_is_the_models_alone():
    alignment = aligned("a\n  b\n", "a\n  small\n    b\n", Rule("inlined", "so", model="small"))
    assert rows(alignment) == [("a", "a", ""), ("", "small", "inlined"), ("b", "b", "")]


def test_what_is_left_out_takes_along_all_that_it_calls():
    alignment = aligned("a\n  lock\n    b\n", "a\n", Rule("left out", "so", kernel="lock"))
    assert [(row.kernel, row.count) for row in alignment.rows] == [("a", 1), ("lock", 2)]
    assert alignment.unexplained == []


def test_a_suffix_of_the_compiler_is_no_part_of_a_name():
    assert aligned("a.constprop.0\n", "a\n").matched == 1


@pytest.mark.parametrize(
    ("narrow", "explained"),
    [
        ({"under": "a"}, True), ({"under": "b"}, False),
        ({"within": "a"}, True), ({"within": "z"}, False),
        ({"containing": "y"}, True), ({"containing": "z"}, False),
        ({"without": "z"}, True), ({"without": "y"}, False),
        ({"after": "b"}, True), ({"after": "z"}, False),
    ],
)  # fmt: skip
def test_a_rule_may_be_narrowed(narrow, explained):
    alignment = aligned("a\n  b\n  x\n    y\n", "a\n  b\n", Rule("left out", "so", kernel="x", **narrow))
    assert (not alignment.unexplained) is explained


def test_the_more_special_rule_counts():
    table = Rule("left out", "in general", kernel="x"), Rule("outside", "here", kernel="x", under="a")
    assert rows(aligned("a\n  x\n", "a\n", *table))[1] == ("x", "", "outside")


def test_two_rules_for_the_same_call_are_an_error():
    with pytest.raises(ValueError, match="two rules for x"):
        aligned("x\n", "y\n", Rule("left out", "one", kernel="x"), Rule("outside", "two", kernel="x"))


def test_rules_that_explain_nothing_are_known():
    table = Rules([Rule("left out", "so", kernel="never")])
    Alignment([], [], table)
    assert [rule.kernel for rule in table.unused()] == ["never"]


@pytest.fixture(scope="session")
def alignments():
    """Every scenario, and the table that explained them."""
    table = rules()
    done = {each.name: Alignment(each.recorded(), each.modelled(), table) for each in scenarios().values()}
    return done, table


@pytest.mark.parametrize("name", scenarios())
def test_every_difference_to_the_recorded_kernel_has_its_rule(name, alignments):
    alignment = alignments[0][name]
    print(f"{name}: {alignment.summary()}")
    assert [row.kernel or row.model for row in alignment.unexplained] == []


def test_no_rule_of_the_table_is_idle(alignments):
    assert [(rule.kernel, rule.model, rule.under) for rule in alignments[1].unused()] == []


def test_every_rule_has_a_reason_and_names_its_function():
    assert all(rule.reason and (rule.kernel or rule.model) for rule in rules().all)
    assert not any("*" in rule.kernel + rule.model for rule in rules().all)


def test_the_nearest_scenario_is_found():
    assert nearest(scenarios()["iv_ping_lo"].recorded())[0].name == "iv_ping_lo"


def test_the_command_prints_the_alignment(capsys):
    assert main([str(RECORDED / "iv_ping_lo.function_graph.gz"), "--scenario", "iv_ping_lo"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("compared with: iv_ping_lo, a ping over lo\n")
    assert printed.rstrip().endswith("unexplained: 0")


def test_the_command_says_what_nothing_explains(tmp_path, capsys):
    text = gzip.decompress((RECORDED / "iv_ping_lo.function_graph.gz").read_bytes()).decode()
    (tmp_path / "other").write_text(text.replace("loopback_xmit", "dummy_xmit"))
    assert main([str(tmp_path / "other"), "--scenario", "iv_ping_lo", "--quiet"]) == 1
    assert "dummy_xmit: only in the real kernel" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello\n", "not a trace"),
        ("# tracer: function_graph\n 0)               |  a() {\n", "never left"),
        (None, "No such file"),
    ],
)
def test_the_command_refuses_what_it_cannot_read(tmp_path, capsys, content, message):
    path = tmp_path / "trace"
    if content:
        path.write_text(content)
    assert main([str(path)]) == 2
    refused = capsys.readouterr()
    assert message in refused.err and not refused.out
