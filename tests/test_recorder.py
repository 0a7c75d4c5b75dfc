"""What the recorder sees, and what it leaves alone."""

import gzip
import importlib.util
import sys
from pathlib import Path

import pytest

from vethkernel.globals import g
from vethkernel.include.linux.interrupt import SOFTIRQ_OFFSET
from vethkernel.include.linux.ip import iphdr
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.machine import boot
from vethkernel.notebook import console
from vethkernel.trace import frames, recorder
from vethkernel.trace.callgraph import RECEIVE, SEND, call_graph
from vethkernel.trace.events import ENTER, LEAVE, PROCESS, SOFTIRQ, UNWIND, tree_text, walk
from vethkernel.trace.function_graph import TraceError, function_graph, parse_trace, read_trace
from vethkernel.trace.recorder import Recorder

TOY = '''
from vethkernel.globals import g
from vethkernel.include.linux.interrupt import SOFTIRQ_OFFSET
from vethkernel.include.linux.skbuff import sk_buff, skb_shared_info
from vethkernel.net.core.skbuff import __alloc_skb, skb_clone


class net_device:
    def __init__(self, name, xmit):
        self.name = name
        self.netdev_ops = ops(xmit)


class ops:
    def __init__(self, xmit):
        self.ndo_start_xmit = xmit


def send(dev):
    skb = __alloc_skb(64, 0, 0, -1)
    skb.dev = dev
    skb.tail = skb.len = 40
    dev_hard_start_xmit(skb, dev)
    __do_softirq()
    return 0


def dev_hard_start_xmit(skb, dev):
    """`net/core/dev.c:2567`"""
    tap = skb_clone(skb, 0)
    xmit = dev.netdev_ops.ndo_start_xmit
    return xmit(skb, dev)


def toy_xmit(skb, dev):
    skb.dev = dev.peer
    return enqueue_to_backlog(skb)


def enqueue_to_backlog(skb):
    dev_queue.append(skb)
    return 0


def __do_softirq():
    g.preempt_count = SOFTIRQ_OFFSET
    net_rx_action(None)
    g.preempt_count = 0


def net_rx_action(h):
    __netif_receive_skb(dev_queue.pop())


def __netif_receive_skb(skb):
    return [sock_queue_rcv_skb(None, s) for s in (skb,)]


def sock_queue_rcv_skb(sk, skb):
    return 0


def helper_of(skb):
    return skb


def fails():
    raise KeyError


def survives():
    try:
        fails()
    except KeyError:
        return 1


dev_queue = []
'''


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A module that stands where a mirrored one would, with two devices, a and b."""
    path = tmp_path / "toy.py"
    path.write_text(TOY)
    spec = importlib.util.spec_from_file_location("vethkernel.net.toy", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "vethkernel.net.toy", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(g, "__dict__", {"clock_ns": 5000, "cpu": 1, "preempt_count": 0, "skb_made": 0})
    module.a = module.net_device("a", module.toy_xmit)
    module.a.peer = module.net_device("b", module.toy_xmit)
    return module


def test_the_tree_of_calls_is_what_ran(toy):
    with Recorder() as trace:
        toy.send(toy.a)
    assert tree_text(trace.calls) == (
        "send\n"
        "  __alloc_skb\n"
        "  dev_hard_start_xmit\n"
        "    skb_clone\n"
        "      __skb_clone\n"
        "        __copy_skb_header\n"
        "    toy_xmit\n"
        "      enqueue_to_backlog\n"
        "  __do_softirq\n"
        "    net_rx_action\n"
        "      __netif_receive_skb\n"
        "        sock_queue_rcv_skb\n"
    )


def test_an_event_tells_where_when_and_with_what(toy):
    with Recorder() as trace:
        toy.send(toy.a)
    event = next(event for event in trace.events if event.function == "dev_hard_start_xmit")
    assert (event.kind, event.depth, event.time_ns, event.cpu) == (ENTER, 1, 5000, 1)
    assert (event.file, event.dev, event.skb, event.packet) == ("net/core/dev.c", "a", 1, 1)
    assert repr(event.args) == "(('skb', skb#1), ('dev', a))"


def test_a_leave_event_has_the_result(toy):
    with Recorder() as trace:
        toy.send(toy.a)
    last = trace.events[-1]
    assert (last.kind, last.function, last.depth, last.result) == (LEAVE, "send", 0, 0)


def test_the_soft_interrupt_is_another_context(toy):
    with Recorder() as trace:
        toy.send(toy.a)
    contexts = {call.name: call.context for call in walk(trace.calls)}
    assert contexts["__do_softirq"] == PROCESS
    assert contexts["net_rx_action"] == SOFTIRQ
    assert contexts["sock_queue_rcv_skb"] == SOFTIRQ


def test_a_packet_keeps_its_number_as_a_clone_and_on_the_other_device(toy):
    with Recorder() as trace:
        toy.send(toy.a)
        toy.send(toy.a)
    seen = [(call.name, call.skb, call.packet, call.dev) for call in walk(trace.calls) if call.skb]
    assert ("__skb_clone", 2, 1, "") in seen
    assert ("sock_queue_rcv_skb", 1, 1, "b") in seen
    assert ("sock_queue_rcv_skb", 3, 2, "b") in seen


def test_a_call_through_an_ops_table_bears_the_entry(toy):
    with Recorder() as trace:
        toy.send(toy.a)
    via = {call.name: call.via for call in walk(trace.calls)}
    assert via["toy_xmit"] == "ndo_start_xmit"
    assert via["enqueue_to_backlog"] == ""


def test_a_function_left_by_an_exception_is_unwound(toy):
    with Recorder() as trace:
        toy.survives()
    assert [(event.kind, event.function) for event in trace.events] == [
        (ENTER, "survives"), (ENTER, "fails"), (UNWIND, "fails"), (LEAVE, "survives"),
    ]  # fmt: skip


def test_the_recorder_leaves_nothing_behind(toy):
    profile = sys.getprofile()
    with Recorder():
        toy.send(toy.a)
    tools = [sys.monitoring.get_tool(tool) for tool in range(6)] if sys.version_info >= (3, 12) else []
    assert "vethkernel recorder" not in tools
    assert sys.getprofile() is profile


def test_nothing_is_recorded_after_the_block(toy):
    with Recorder() as trace:
        toy.survives()
    before = len(trace.events)
    toy.survives()
    assert len(trace.events) == before


def test_two_recorders_see_the_same(toy):
    with Recorder() as outer, Recorder() as inner:
        toy.send(toy.a)
    assert outer.events == inner.events


def test_a_recorder_of_one_machine_is_blind_to_another(toy):
    class Other:
        variables = {}

    with Recorder(Other) as trace:
        toy.send(toy.a)
    assert trace.events == []


def test_too_many_events_are_cut_off_and_it_says_so(toy):
    with Recorder(limit=3) as trace:
        toy.send(toy.a)
    assert (len(trace.events), trace.truncated) == (3, True)


def test_the_way_of_a_packet_is_cut_where_it_is_handed_over(toy):
    with Recorder() as trace:
        toy.send(toy.a)
    graph = call_graph(trace, packet=1)
    assert [(run.part, run.root.call.name) for run in graph.runs] == [(SEND, "send"), (RECEIVE, "net_rx_action")]
    seam = [edge for edge in graph.edges.values() if edge.queue]
    assert [(edge.source, edge.target) for edge in seam] == [((SEND, "enqueue_to_backlog"), (RECEIVE, "net_rx_action"))]
    assert (SEND, "__do_softirq") not in graph.nodes


def test_function_graph_text_has_the_kernels_columns(toy):
    with Recorder() as trace:
        toy.survives()
    assert function_graph(trace.calls).split("\n")[4:] == [
        "    0.000005 |   1)    <...>-0     |               |  survives() {",
        "    0.000005 |   1)    <...>-0     |   0.000 us    |    fails();",
        "    0.000005 |   1)    <...>-0     |   0.000 us    |  } /* survives */",
        "",
    ]


def test_function_graph_text_is_read_back(toy):
    with Recorder() as trace:
        toy.send(toy.a)
    assert tree_text(parse_trace(function_graph(trace.calls))) == tree_text(trace.calls)


GRAPH = """# tracer: function_graph
#
# CPU  DURATION                  FUNCTION CALLS
# |     |   |                     |   |   |   |
 0)               |  dev_hard_start_xmit() {
 0)   0.201 us    |    skb_clone();
 0)   ==========> |
 0) + 12.000 us   |    veth_xmit [veth]();
 0)               |    /* a comment of trace_printk */
 0) ! 130.500 us  |  }
"""


@pytest.mark.parametrize("tail", ["", " /* dev_hard_start_xmit */"], ids=["", "funcgraph-tail"])
def test_a_graph_with_the_tracers_own_choice_of_columns_is_read(tail):
    calls = parse_trace(GRAPH.replace("}\n", f"}}{tail}\n"))
    assert tree_text(calls) == "dev_hard_start_xmit\n  skb_clone\n  veth_xmit\n"
    assert (calls[0].children[1].file, calls[0].duration_ns) == ("[veth]", 130_500)


def test_two_tasks_in_one_graph_are_kept_apart():
    text = (
        "# tracer: function_graph\n"
        " 0)    ping-1    |               |  sys_a() {\n"
        " 0)    sshd-2    |   1.000 us    |  sys_b();\n"
        " 0)    ping-1    |   2.000 us    |    inner();\n"
        " 0)    ping-1    |   9.000 us    |  }\n"
    )
    assert tree_text(parse_trace(text)) == "sys_a\n  inner\nsys_b\n"


def test_the_function_tracers_text_becomes_a_tree():
    text = (
        "# tracer: function\n"
        "#\n"
        "            ping-125     [000] d.s2.    17.309713: ip_output <-ip_push_pending_frames\n"
        "            ping-125     [000] d.s2.    17.309714: ip_finish_output <-ip_output\n"
        "            ping-125     [000] .....    17.309715: veth_xmit [veth] <-ip_finish_output\n"
        "            ping-125     [000] .....    17.309716: kfree_skb <-ip_output\n"
    )
    assert tree_text(parse_trace(text)) == "ip_output\n  ip_finish_output\n    veth_xmit\n  kfree_skb\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "not a trace"),
        ("hello\nworld\n", 1, "not a trace"),
        ("# tracer: nop\n#\n", 1, "written by the tracer nop"),
        (GRAPH.rsplit("\n", 2)[0], 5, "dev_hard_start_xmit is entered here and never left"),
        (GRAPH.replace("skb_clone();", "skb_cl"), 6, "neither a call nor the end of one"),
        (GRAPH.replace(" 0)   0.201 us    |", "garbage"), 6, "not a line of function_graph"),
        (GRAPH.replace("  }", "  }\n 0)   1.000 us  |  }"), 11, "never entered"),
        (GRAPH.replace("  }", "    }"), 10, "the end of dev_hard_start_xmit is expected here"),
        (GRAPH.replace("    skb_clone();", "  skb_clone();"), 6, "stands left of"),
        (GRAPH + "CPU:0 [LOST 12 EVENTS]\n", 11, "lost events"),
        ("# tracer: function\n nonsense\n", 2, "not a line of the function tracer"),
        ("# x: call tree\na\n      b\n", 3, "not a name indented"),
    ],
)
def test_a_damaged_trace_is_refused_with_its_line(text, line, message):
    with pytest.raises(TraceError, match=message) as refused:
        parse_trace(text)
    assert refused.value.line == line


def test_a_trace_deeper_than_any_kernels_is_refused():
    with pytest.raises(TraceError, match="nested more than 200 deep"):
        parse_trace("# x: call tree\n" + "".join(f"{'  ' * depth}f\n" for depth in range(2000)))


def test_a_trace_without_calls_is_refused():
    with pytest.raises(TraceError, match="holds no calls"):
        parse_trace("# tracer: function_graph\n#\n")


@pytest.mark.parametrize("harm", [lambda data: data[:-10], lambda data: data[:10] + b"\xff" * 9 + data[19:]])
def test_a_compressed_file_cut_short_or_damaged_is_refused(harm, tmp_path):
    path = tmp_path / "trace.gz"
    path.write_bytes(harm(gzip.compress(GRAPH.encode())))
    with pytest.raises(TraceError, match="damaged or cut short"):
        read_trace(path)


def test_a_trace_from_windows_is_read_as_the_same(tmp_path):
    (tmp_path / "trace").write_bytes(b"\xef\xbb\xbf" + GRAPH.replace("\n", "\r\n").encode())
    assert tree_text(read_trace(tmp_path / "trace")) == tree_text(parse_trace(GRAPH))


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "trace"
    path.write_bytes(b"# tracer: function_graph\n\xff\xfe")
    with pytest.raises(TraceError, match="not a text file"):
        read_trace(path)


def test_the_kernels_own_text_is_written_back_as_it_was():
    recording = Path(__file__).parent.parent / "vethkernel" / "data" / "trees" / "iii_ping_veth_warm.function_graph.gz"
    text = gzip.decompress(recording.read_bytes()).decode()
    written = function_graph(parse_trace(text))
    closing = "} /*"  # the tracer stamps a function's end a little later than its duration says
    assert [row[13:] if closing in row else row for row in written.split("\n")] == [
        row[13:] if closing in row else row for row in text.split("\n")
    ]


FRAME = bytes.fromhex(
    "02000000000b 02000000000a 0800"
    "4500 0054 0001 4000 40 01 b755 c0a80101 c0a80102"
    "0800 1234 0007 0001"
) + bytes(range(56))  # fmt: skip


def test_a_frame_is_described_in_words():
    assert frames.describe(FRAME) == "ICMP echo request 192.168.1.1 > 192.168.1.2, seq 1"
    assert frames.describe(FRAME[:20]) == "protocol 0x0800, 20 bytes"
    assert frames.describe(b"") == "0 bytes"


def test_every_byte_of_a_frame_belongs_to_one_field():
    fields = frames.fields_of(FRAME)
    assert [field.start for field in fields[1:]] == [field.end for field in fields[:-1]]
    assert (fields[0].start, fields[-1].end) == (0, len(FRAME))


def test_a_fields_place_is_where_the_header_writes_it():
    for header in frames.headers_of(FRAME):
        for name, (start, end) in frames.EXTENTS[type(header)].items():
            changed = bytearray(FRAME)
            for at in range(header.off + start, header.off + end):
                changed[at] ^= 0xFF
            names = name.split(", ")
            after = type(header)(changed, header.off)
            assert all(getattr(after, field) != getattr(header, field) for field in names), name


def test_a_frame_with_ip_options_names_them():
    frame = bytearray(FRAME[:34] + bytes(4) + FRAME[34:])
    iphdr(frame, 14).ihl = 6
    assert [field.name for field in frames.fields_of(bytes(frame)) if field.header == "iphdr"][-1] == "options"


def test_softirq_offset_is_what_marks_the_context(toy):
    g.preempt_count = SOFTIRQ_OFFSET
    with Recorder() as trace:
        toy.survives()
    assert {event.context for event in trace.events} == {SOFTIRQ}


def test_a_struct_that_is_only_being_made_does_not_disturb(toy):
    with Recorder() as trace:
        toy.helper_of(sk_buff.__new__(sk_buff))
    assert [(event.skb, event.dev) for event in trace.events] == [(1, ""), (1, "")]


ARTICLE = """# ip link add veth0 type veth peer name veth1
# ip addr add 192.168.1.1/24 dev veth0
# ip addr add 192.168.1.2/24 dev veth1
# ip link set lo up
# ip link set veth0 up
# ip link set veth1 up
# echo 1 > /proc/sys/net/ipv4/conf/veth1/accept_local
# echo 1 > /proc/sys/net/ipv4/conf/veth0/accept_local
"""
PING = "# ping -c 1 -I veth0 192.168.1.2"


def test_recording_changes_nothing():
    plain, recorded = boot(), boot()
    answers = repr(console(plain, ARTICLE + PING)), repr(console(plain, "# ip -s link\n# cat /proc/net/snmp"))
    with Recorder(recorded):
        first = repr(console(recorded, ARTICLE + PING))
    assert (first, repr(console(recorded, "# ip -s link\n# cat /proc/net/snmp"))) == answers


@pytest.fixture(scope="module")
def ping():
    """The article's ping, recorded."""
    machine = boot()
    console(machine, ARTICLE)
    with Recorder(machine) as trace:
        console(machine, PING)
    return trace


def test_the_packets_of_a_ping_are_known_by_what_they_carry(ping):
    assert list(ping.packets.values()) == [
        "ICMP echo request 192.168.1.1 > 192.168.1.2, seq 1",
        "ARP request who-has 192.168.1.2 tell 192.168.1.1",
        "ARP reply 192.168.1.2 is-at " + ping.packets[ping.packet("ARP reply")].split()[-1],
        "ICMP echo reply 192.168.1.2 > 192.168.1.1, seq 1",
    ]


def test_a_packet_that_was_not_seen_is_an_error_that_lists_those_that_were(ping):
    with pytest.raises(LookupError, match="no packet like 'TCP'; seen: ICMP echo request"):
        ping.packet("TCP")


def test_a_packet_is_the_same_at_both_ends_of_the_pair(ping):
    request = ping.packet("echo request")
    devices = [call.dev for call in walk(ping.calls) if call.packet == request and call.name in ("veth_xmit", "ip_rcv")]
    assert devices == ["veth0", "veth1"]


def test_the_request_waits_for_the_neighbour_and_crosses_by_the_soft_interrupt(ping):
    runs = call_graph(ping, packet=ping.packet("echo request")).runs
    assert [run.queue[0] for run in runs if run.queue] == ["arp_queue", "input_pkt_queue"]
    assert [run.part for run in runs] == [SEND, SEND, RECEIVE]


def test_the_reply_goes_over_lo_as_the_recordings_say(ping):
    functions = call_graph(ping, packet=ping.packet("echo reply")).functions()
    assert "loopback_xmit" in functions and "veth_xmit" not in functions


def test_calls_through_tables_and_pointers_bear_their_entries(ping):
    via = {call.name: call.via for call in walk(ping.calls)}
    assert (via["veth_xmit"], via["process_backlog"], via["eth_header"]) == ("ndo_start_xmit", "poll", "create")
    assert (via["raw_sendmsg"], via["ip_rcv"], via["net_rx_action"]) == ("sendmsg", "func", "action")


def test_the_soft_interrupt_runs_inside_the_senders_own_call(ping):
    sender = next(call for call in ping.calls if call.name == "sys_sendto" and call.find("raw_sendmsg"))
    assert sender.context == PROCESS
    assert {call.context for call in sender.find("ip_rcv")} == {SOFTIRQ}


def test_the_same_run_is_recorded_the_same(ping):
    machine = boot()
    console(machine, ARTICLE)
    with Recorder(machine) as trace:
        console(machine, PING)
    assert trace.events == ping.events


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python has no sys.monitoring before 3.12")
def test_both_of_pythons_hooks_record_the_same(ping, monkeypatch):
    monkeypatch.setattr(recorder, "_Monitoring", recorder._Profile)
    machine = boot()
    console(machine, ARTICLE)
    with Recorder(machine) as trace:
        console(machine, PING)
    assert trace.events == ping.events
