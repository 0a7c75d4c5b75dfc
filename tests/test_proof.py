"""What the chapter "Is it true?" is made of: the four proofs as tables."""

import pytest

from test_compare import aligned
from vethkernel.net.ipv4 import icmp
from vethkernel.notebook import proof, without_line
from vethkernel.trace.compare import Rule
from vethkernel.trace.events import walk
from vethkernel.trace.scenarios import main, scenarios, watched


def texts(table):
    return [[item.strip().replace("\N{NO-BREAK SPACE}", " ") for item in row] for row in table.rows]


def test_every_recorded_command_is_counted():
    *parts, together = proof.sessions().rows
    commands = sum(len(proof.transcript_module().answers(p.read_text("utf-8"))) for p in proof.session_files())
    assert together[2] == together[3] == str(commands) == str(sum(int(row[2]) for row in parts))


def test_two_transcripts_are_shown_where_they_differ():
    shown = proof.differing("a\nttl=64 time=1 ms\n", "a\nttl=64 time=2 ms\n")
    assert shown.rows == [
        ["first run", "ttl=64 time=1 ms"], ["second run", "ttl=64 time=2 ms"], ["made equal", "ttl=64 time=T ms"]]


def test_what_normal_leaves_different_is_shown_twice():
    assert proof.differing("ttl=64\n", "ttl=63\n").rows[2:] == [["still", "ttl=64"], ["and", "ttl=63"]]


def test_rows_that_are_not_shown_are_counted():
    table = proof.side_by_side(aligned("a\n  b\n  c\n    d\n", "a\n  b\n  c\n    d\n"), ["a", "d"])
    assert texts(table) == [["a", "a", "same +2"], ["d", "d", "same"]]
    assert table.rows[1][0] == "\N{NO-BREAK SPACE}d"


def test_a_part_reaches_from_the_last_first_to_the_next_last():
    table = proof.side_by_side(aligned("a\nb\na\nc\nd\n", "a\nb\na\nc\nd\n"), [], "a", "c")
    assert texts(table) == [["a", "a", "same"], ["c", "c", "same"]]


def test_the_reasons_add_up():
    alignment = aligned("a\n  lock\n    inner\n  x\n", "a\n  y\n", Rule("left out", "so", kernel="lock"))
    rows = {row[0]: row[1:] for row in proof.reasons(alignment).rows}
    assert rows["same"] == ["1", "1"] and rows["left out"] == ["2", "0"] and rows["NOT EXPLAINED"] == ["1", "1"]
    assert rows["together"] == ["4", "2"]


def test_an_unexplained_call_is_named_with_its_caller():
    assert proof.unexplained(aligned("a\n  b\n", "a\n  c\n")).rows == [
        ["b", "the real kernel", "a"], ["c", "the model", "a"]]


def test_a_missing_line_of_the_port_is_found():
    with without_line(icmp.icmp_rcv, "kfree_skb_reason(skb, reason)"):
        ill = proof.aligned("iii_ping_veth_warm")
    assert proof.unexplained(ill).rows[0] == ["kfree_skb_reason", "the real kernel", "icmp_rcv"]


def test_names_that_changed_are_v3_10s_and_new_ones():
    table = {tuple(row[:2]) for row in proof.ten_years(proof.aligned("iii_ping_veth_warm"), "sys_sendto").rows}
    assert ("dev_forward_skb", "__dev_forward_skb, __dev_forward_skb2") in table
    assert not any("ip_route_input_local" in old or "skb_copy_and_csum_bits" in new for old, new in table)


def test_what_a_reader_would_notice_is_of_functions_that_ran():
    rows = proof.noticed(proof.aligned("iv_ping_lo"), "sys_sendto").rows
    assert "netif_rx" in [row[1] for row in rows] and "veth_xmit" not in [row[1] for row in rows]


def test_every_recording_is_listed():
    assert len(proof.trees().rows) == len(scenarios())


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        (bytes(14), b"\1" + bytes(13), ["ethhdr.h_dest"]),
        (bytes(14), bytes(15), ["length"]),
        (bytes(40), bytes(20) + b"\1" + bytes(19), ["data (time of sending)"]),
        (bytes(40), bytes(39) + b"\1", ["data"]),
    ],
)
def test_fields_that_differ_are_named(one, other, names):
    assert proof.differing_fields(one, other) == names


def test_two_frames_are_shown_field_by_field():
    rows = proof.by_field(bytes(40), bytes(39) + b"\1").rows
    assert [row[0] for row in rows] == ["0", "6", "12", "14", "30"]
    assert [row[-1] for row in rows] == ["", "", "", "", "differs"]


def test_the_command_is_shown_as_typed(tmp_path):
    shown = proof.compare("nowhere", folder=tmp_path)
    assert str(shown) == "$ python -m vethkernel compare nowhere\nnowhere: No such file or directory\n[exit 2]"


def test_a_trace_made_as_the_book_says_is_read_and_explained(capsys):
    assert main([str(proof.FOLDER / "second_machine.function_graph.gz"), "--quiet"]) == 0
    assert capsys.readouterr().out.startswith("compared with: A_ping_prepared_warm,")


def test_a_long_line_is_broken_as_on_a_screen():
    lines = [text for _, text in proof.compare("iv_ping_lo.function_graph.gz", "--quiet").lines]
    assert max(map(len, lines)) <= proof.COLUMNS and lines[-1].endswith("unexplained: 0")


def test_the_functions_to_watch_are_those_that_were_recorded(capsys):
    assert main(["--functions"]) == 0
    assert capsys.readouterr().out.split() == watched()
    assert {"veth_xmit", "__netif_receive_skb_core"} <= set(watched())
    assert len(watched()) == len({call.name for s in scenarios().values() for call in walk(s.recorded())})


def test_without_a_trace_the_command_asks_for_one(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "name a TRACE" in capsys.readouterr().err
