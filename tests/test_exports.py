"""Recordings in other people's formats, each read back by a program that is not ours; and the command `trace`."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from pcapng_reader import read_pcapng
from vethkernel.__main__ import main
from vethkernel.machine import boot
from vethkernel.notebook import console
from vethkernel.pictures import draw, figure
from vethkernel.trace import exports
from vethkernel.trace.events import ENTER, Call, Event, tree_text, walk
from vethkernel.trace.filters import filtered, moments
from vethkernel.trace.function_graph import function_graph, parse_trace
from vethkernel.trace.layers import DEVICE, DRIVER, layer_of
from vethkernel.trace.recorder import Recorder

SETUP = """\
$ ip netns add red
$ ip netns add blue
$ ip link add veth0 netns red type veth peer name veth1 netns blue
$ ip -n red addr add 192.0.2.1/24 dev veth0
$ ip -n blue addr add 192.0.2.2/24 dev veth1
$ ip -n red link set veth0 up
$ ip -n blue link set veth1 up
"""
PING = "$ ip netns exec red ping -c 2 -i 0.2 192.0.2.2"
SESSION = SETUP + PING + "\n[stderr] an answer that does not matter\n"


def recorded():
    machine = boot()
    console(machine, SETUP)
    with Recorder(machine) as trace:
        console(machine, PING)
    return trace


@pytest.fixture(scope="module")
def ping():
    """Two pings from one namespace to another, recorded."""
    return recorded()


@pytest.fixture
def session(tmp_path):
    path = tmp_path / "ping.console"
    path.write_text(SESSION)
    return str(path)


# The capture.


def test_a_capture_has_one_interface_for_each_device_by_name(ping):
    interfaces, _ = read_pcapng(exports.pcapng(ping))
    assert [(each["name"], each["linktype"], each["resolution"]) for each in interfaces] == [
        ("veth0", 1, 9), ("veth1", 1, 9),
    ]  # fmt: skip
    assert interfaces[0]["description"].startswith("device 2 of network namespace 40265")
    assert interfaces[0]["description"] != interfaces[1]["description"]


def test_each_frame_is_there_as_it_left_one_end_and_as_it_came_in_at_the_other(ping):
    _, packets = read_pcapng(exports.pcapng(ping))
    seen = [(each["interface"], each["direction"]) for each in packets]
    assert Counter(seen) == {(dev, way): 3 for dev in ("veth0", "veth1") for way in ("out", "in")}
    assert [each["data"] for each in packets[::2]] == [each["data"] for each in packets[1::2]]


def test_a_comment_tells_where_a_frame_was_seen(ping):
    _, packets = read_pcapng(exports.pcapng(ping))
    request = ping.packet("echo request")
    comments = [each["comment"] for each in packets if f"packet {request}," in each["comment"]]
    assert [comment.partition(" (")[0] for comment in comments] == [
        "veth0 out, in dev_hard_start_xmit()", "veth1 in, in __netif_receive_skb_core()",
    ]  # fmt: skip
    assert "CPU 0, soft interrupt)" in comments[1]


def test_a_capture_can_be_of_one_packet_or_of_what_a_function_did(ping):
    one = read_pcapng(exports.pcapng(ping, packet=ping.packet("echo reply")))[1]
    assert [each["interface"] for each in one] == ["veth1", "veth0"]
    answered = read_pcapng(exports.pcapng(ping, function="icmp_reply"))[1]
    assert [(each["interface"], each["direction"]) for each in answered[:1]] == [("veth1", "out")]
    assert read_pcapng(exports.pcapng(ping, function="no_such"))[1] == []


@pytest.mark.machine
def test_tcpdump_reads_the_capture(ping, tmp_path, need):
    need(None if shutil.which("tcpdump") else "tcpdump is not installed")
    (tmp_path / "ping.pcapng").write_bytes(exports.pcapng(ping))
    done = subprocess.run(
        ["tcpdump", "-n", "-t", "-r", str(tmp_path / "ping.pcapng")], capture_output=True, text=True, check=True
    )
    assert [line.split(", id")[0] for line in done.stdout.splitlines()[4:8]] == [
        "IP 192.0.2.1 > 192.0.2.2: ICMP echo request", "IP 192.0.2.1 > 192.0.2.2: ICMP echo request",
        "IP 192.0.2.2 > 192.0.2.1: ICMP echo reply", "IP 192.0.2.2 > 192.0.2.1: ICMP echo reply",
    ]  # fmt: skip
    assert len(done.stdout.splitlines()) == 12


@pytest.mark.machine
def test_wireshark_reads_interface_names_and_comments(ping, tmp_path, need):
    need(None if shutil.which("tshark") else "tshark is not installed")
    (tmp_path / "ping.pcapng").write_bytes(exports.pcapng(ping))
    fields = ("frame.interface_name", "frame.comment", "frame.time_epoch")
    wanted = [word for field in fields for word in ("-e", field)]
    command = ["tshark", "-r", str(tmp_path / "ping.pcapng"), "-T", "fields", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    _, packets = read_pcapng(exports.pcapng(ping))
    assert [line.split("\t") for line in done.stdout.splitlines()] == [
        [each["interface"], each["comment"], f"{each['time_ns'] // 10**9}.{each['time_ns'] % 10**9:09}"]
        for each in packets
    ]


def test_a_capture_of_nothing_is_a_capture(tmp_path):
    with Recorder(boot()) as trace:
        pass
    assert read_pcapng(exports.pcapng(trace)) == ([], [])


# Chrome's trace.


@pytest.fixture(scope="module")
def chrome(ping):
    return json.loads(exports.chrome(ping))


def test_the_trace_events_have_what_the_format_demands(chrome):
    assert chrome["displayTimeUnit"] in ("ms", "ns")
    for row in chrome["traceEvents"]:
        assert row["ph"] in "BEM" and isinstance(row["name"], str)
        assert isinstance(row["pid"], int) and isinstance(row["tid"], int) and isinstance(row["args"], dict)
        assert row["ph"] == "M" or (isinstance(row["ts"], int | float) and isinstance(row["cat"], str))


def test_each_beginning_has_its_end_on_the_same_track(chrome):
    open_calls = {}
    for row in chrome["traceEvents"]:
        stack = open_calls.setdefault((row["pid"], row["tid"]), [])
        if row["ph"] == "B":
            stack.append(row["name"])
        elif row["ph"] == "E":
            assert stack.pop() == row["name"]
    assert not any(open_calls.values())


def test_no_two_trace_events_have_one_time_and_the_file_says_why(chrome):
    times = [row["ts"] for row in chrome["traceEvents"] if row["ph"] != "M"]
    assert all(before < after for before, after in zip(times, times[1:], strict=False))
    assert "not how long" in chrome["otherData"]["time"]


def test_a_trace_events_time_is_not_before_its_virtual_time(chrome):
    rows = [row for row in chrome["traceEvents"] if row["ph"] != "M"]
    assert all(row["ts"] * 1000 >= row["args"]["virtual_time_ns"] for row in rows)
    assert rows[-1]["ts"] * 1000 - rows[-1]["args"]["virtual_time_ns"] < 1000 * len(rows)


def test_the_soft_interrupt_has_a_track_of_its_own(chrome):
    names = {(r["pid"], r["tid"]): r["args"]["name"] for r in chrome["traceEvents"] if r["name"] == "thread_name"}
    tracks = {names[r["pid"], r["tid"]] for r in chrome["traceEvents"] if r["name"] in ("ip_rcv", "net_rx_action")}
    assert tracks == {"soft interrupt"}
    assert {r["args"]["name"] for r in chrome["traceEvents"] if r["name"] == "process_name"} == {"CPU 0"}


def test_a_trace_event_tells_packet_device_and_entry(chrome, ping):
    sent = next(row for row in chrome["traceEvents"] if row["name"] == "veth_xmit" and "packet" in row["args"])
    assert sent["cat"] == DRIVER
    assert (sent["args"]["device"], sent["args"]["through"]) == ("veth0", "ndo_start_xmit")
    number, _, words = sent["args"]["packet"].partition(": ")
    assert ping.packets[int(number)] == words


def test_a_call_that_was_never_left_is_closed_and_says_so():
    begun = Event(ENTER, "sys_sendto", "net/socket.c", task="ping-1")

    class Trace:
        calls, packets, truncated = [Call(begun)], {}, False

    rows = json.loads(exports.chrome(Trace))["traceEvents"]
    assert [row["ph"] for row in rows[-2:]] == ["B", "E"] and rows[-1]["args"] == {"unfinished": True}


# The events as JSON.


def test_the_events_are_what_the_schema_says(ping):
    Draft202012Validator.check_schema(exports.schema())
    document = json.loads(exports.events(ping))
    document["events"] = document["events"][:1500]
    Draft202012Validator(exports.schema()).validate(document)


def test_the_schema_refuses_what_it_does_not_know(ping):
    document = json.loads(exports.events(ping, packet=ping.packet("echo reply")))
    valid = Draft202012Validator(exports.schema())
    assert valid.is_valid(document)
    document["events"][0]["surplus"] = 1
    assert not valid.is_valid(document)


def test_the_schemas_layers_are_ours():
    from vethkernel.trace.layers import LAYERS

    assert sorted(exports.schema()["$defs"]["event"]["properties"]["layer"]["enum"]) == sorted(LAYERS)


def test_the_events_are_all_there_with_their_values(ping):
    document = json.loads(exports.events(ping))
    assert len(document["events"]) == len(ping.events)
    sent = next(row for row in document["events"] if row["function"] == "veth_xmit")
    assert [name for name, _ in sent["args"]] == ["skb", "dev"]
    assert sent["args"][1][1] == {"name": "veth0"} and sent["layer"] == DRIVER
    assert document["packets"] == {str(number): words for number, words in ping.packets.items()}


@pytest.mark.parametrize("export", [exports.pcapng, exports.chrome, exports.events], ids=lambda each: each.__name__)
def test_the_same_run_is_exported_the_same(ping, export):
    assert export(recorded()) == export(ping)


# Pictures.


def test_graphviz_reads_the_dot(ping):
    if not figure.renderer():
        pytest.skip("no renderer is installed")
    picture = draw(ping, packet=ping.packet("echo request"))
    assert ElementTree.fromstring(figure.render(picture.source)).tag.endswith("svg")


# A part of a recording.


def test_a_function_alone_with_all_it_called(ping):
    found = filtered(ping.calls, function="veth_xmit")
    assert {call.name for call in found} == {"veth_xmit"}
    whole = [call for call in walk(ping.calls) if call.name == "veth_xmit"]
    assert tree_text(found) == tree_text(whole)


def test_so_many_levels(ping):
    assert {call.name for call in walk(filtered(ping.calls, depth=1))} == {call.name for call in ping.calls}
    two = filtered(ping.calls, function="dev_hard_start_xmit", depth=2)
    assert "veth_xmit" in tree_text(two) and "eth_type_trans" not in tree_text(two)


def test_one_layer_alone_in_the_order_in_which_it_ran(ping):
    found = filtered(ping.calls, layer=DRIVER)
    assert {layer_of(call.name, call.file) for call in walk(found)} == {DRIVER}
    alone = [call.name for call in walk(ping.calls) if layer_of(call.name, call.file) == DRIVER]
    assert [call.name for call in walk(found)] == alone


def test_one_packet_with_what_was_done_for_it(ping):
    request, reply = ping.packet("echo request"), ping.packet("echo reply")
    calls = list(walk(filtered(ping.calls, packet=request)))
    assert {call.packet for call in calls} == {0, request}
    assert {"dev_queue_xmit", "veth_xmit", "ip_rcv", "icmp_echo"} <= {call.name for call in calls}
    answer = {call.name for call in walk(filtered(ping.calls, packet=reply))}
    assert "icmp_echo" not in answer and "veth_xmit" in answer


def test_filters_together_must_all_hold(ping):
    found = filtered(ping.calls, "dev_hard_start_xmit", 1, DEVICE, ping.packet("echo request"))
    assert tree_text(found) == "dev_hard_start_xmit\n"


def test_a_filter_leaves_the_recording_as_it_was(ping):
    before = tree_text(ping.calls)
    filtered(ping.calls, depth=1, layer=DRIVER)
    assert tree_text(ping.calls) == before


def test_an_unknown_layer_is_refused(ping):
    with pytest.raises(ValueError, match="no layer 'cable'; there are: system call"):
        filtered(ping.calls, layer="cable")


def test_filtered_calls_are_events_again(ping):
    assert list(moments(ping.calls)) == ping.events
    layered = list(moments(filtered(ping.calls, layer=DRIVER)))
    assert layered[0].depth == 0 and len(layered) == 2 * len(list(walk(filtered(ping.calls, layer=DRIVER))))


def test_function_graph_text_of_a_part_is_read_back(ping):
    text = function_graph(ping.calls, function="ip_rcv", depth=3)
    assert tree_text(parse_trace(text)) == tree_text(filtered(ping.calls, function="ip_rcv", depth=3))


def test_function_graph_text_of_one_layer_and_packet(ping):
    text = function_graph(ping.calls, layer=DRIVER, packet=ping.packet("echo request"))
    assert [line.split("|  ")[-1] for line in text.splitlines()[4:]] == ["veth_xmit();"]


# The command.


def traced(session, capsysbinary, *options):
    status = main(["trace", session, *options])
    return status, capsysbinary.readouterr().out


@pytest.mark.parametrize("form", ["function_graph", "pcapng", "chrome", "json", "dot"])
def test_the_command_writes_each_format_the_same_every_time(form, session, tmp_path):
    files = [tmp_path / "1", tmp_path / "2"]
    choice = ["--format", form, "--packet", "echo request"]
    assert [main(["trace", session, *choice, "-o", str(file)]) for file in files] == [0, 0]
    assert files[0].read_bytes() == files[1].read_bytes() != b""


def test_the_command_writes_ftraces_text_if_nothing_is_said(session, capsysbinary):
    status, out = traced(session, capsysbinary, "--function", "veth_xmit")
    assert status == 0 and out.startswith(b"# tracer: function_graph\n") and b"veth_xmit() {" in out


def test_a_capture_goes_to_a_pipe_as_it_is(session, capsysbinary):
    status, out = traced(session, capsysbinary, "--format", "pcapng")
    assert status == 0 and len(read_pcapng(out)[1]) == 12


def test_the_command_takes_filters_for_json(session, capsysbinary):
    status, out = traced(session, capsysbinary, "--format", "json", "--layer", "driver", "--depth", "1")
    assert status == 0 and {row["layer"] for row in json.loads(out)["events"]} == {"driver"}


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (None, [], "No such file or directory"),
        (b"\xff\xfe$ ip link", [], "not a text in UTF-8"),
        (b"", [], "no command in it"),
        (b"# only a comment\nprose\n", [], "no command in it"),
        (SESSION.encode(), ["--packet", "99999"], "no packet 99999; those that passed a device:\n  "),
        (SESSION.encode(), ["--packet", "TCP"], "no packet like 'TCP'; seen: ICMP echo request"),
        (SESSION.encode(), ["--function", "sys_reboot"], "nothing that ran fits --function sys_reboot"),
        (SESSION.encode(), ["--format", "pcapng", "--depth", "2"], "a capture has none"),
        (SESSION.encode(), ["-o", "no/such/folder/file"], "No such file or directory"),
    ],
)
def test_the_command_says_what_is_wrong_and_fails(content, options, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "s.console"
    if content is not None:
        file.write_bytes(content)
    assert main(["trace", str(file), *options]) == 2
    printed = capsys.readouterr()
    assert says in printed.err and printed.err.startswith("vethkernel: ") and printed.out == ""


@pytest.mark.parametrize("options", [["--depth", "0"], ["--depth", "x"], ["--layer", "cable"], ["--format", "pdf"]])
def test_the_command_refuses_options_that_mean_nothing(options, session, capsys):
    with pytest.raises(SystemExit) as refused:
        main(["trace", session, *options])
    assert refused.value.code == 2 and "error: argument" in capsys.readouterr().err


def test_a_picture_without_its_package_is_refused_in_words(session, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "vethkernel.pictures", None)
    assert main(["trace", session, "--format", "dot", "--packet", "echo reply"]) == 2
    assert "pip install graphviz" in capsys.readouterr().err


def test_svg_without_a_renderer_is_refused_in_words(session, monkeypatch, capsys):
    monkeypatch.setattr(figure, "renderer", lambda: "")
    assert main(["trace", session, "--format", "svg", "--packet", "echo reply"]) == 2
    assert "cannot be drawn: no program that draws" in capsys.readouterr().err


COMMANDS = ["trace SESSION --format json", "trace SESSION --format pcapng", "run SESSION", "compare --functions", ""]
each_command = pytest.mark.parametrize("command", COMMANDS)


def started(command, session, stdout, *options):
    words = [word.replace("SESSION", session) for word in command.split()]
    return subprocess.Popen([sys.executable, *options, "-m", "vethkernel", *words], text=True,
                            stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@each_command
def test_a_full_disk_is_told_without_a_traceback(command, session):
    with open("/dev/full", "wb") as full:
        process = started(command, session, full)
    assert process.communicate("ip link\n")[1] == "vethkernel: standard output: No space left on device\n"
    assert process.returncode == 2


@each_command
def test_a_reader_who_has_gone_is_no_error_to_tell_of(command, session):
    reader, pipe = os.pipe()
    os.close(reader)
    process = started(command, session, pipe)
    os.close(pipe)
    assert process.communicate("ip link\n")[1] == "" and process.returncode == 1


def test_ctrl_c_ends_a_session_at_once(tmp_path):
    (tmp_path / "long.console").write_text("$ ip link set lo up\n" + "$ ping -f -q -c 1000000 127.0.0.1\n" * 2)
    process = started("run SESSION", str(tmp_path / "long.console"), subprocess.PIPE, "-u")
    assert process.stdout.readline() == "$ ip link set lo up\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == "" and process.returncode == -signal.SIGINT


def test_a_full_recording_says_that_the_rest_is_missing(session, monkeypatch, capsys, tmp_path):
    from vethkernel.trace import command

    monkeypatch.setattr(command, "Recorder", lambda machine: Recorder(machine, limit=500))
    assert main(["trace", session, "-o", str(tmp_path / "out")]) == 0
    assert "full after 500 events" in capsys.readouterr().err
