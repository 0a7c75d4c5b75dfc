"""What the pictures show, in SVG and in words, on every renderer."""

import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from xml.etree import ElementTree

import pytest

from vethkernel.drivers.net import veth
from vethkernel.machine import boot
from vethkernel.net.core.dev import net_rx_action
from vethkernel.net.core.skbuff import kfree_skb
from vethkernel.notebook import console, patched
from vethkernel.notebook.proof import aligned
from vethkernel.notebook.settings import PAIR
from vethkernel.pictures import draw, draw_difference, draw_objects, figure
from vethkernel.trace.callgraph import call_graph
from vethkernel.trace.difference import difference, sides
from vethkernel.trace.events import SOFTIRQ, walk
from vethkernel.trace.function_graph import parse_trace
from vethkernel.trace.recorder import Recorder

SVG = "{http://www.w3.org/2000/svg}"
WAY = """# way: call tree
sys_sendto
  raw_sendmsg
    alloc_skb
    dev_queue_xmit
      dev_hard_start_xmit
        veth_xmit
          eth_type_trans
          netif_rx
            enqueue_to_backlog
      do_softirq
        net_rx_action
          process_backlog
            __netif_receive_skb
              ip_rcv
                sock_queue_rcv_skb
sys_recvmsg
  skb_recv_datagram
"""
FILES = {
    "sys_sendto": "net/socket.c", "sys_recvmsg": "net/socket.c", "raw_sendmsg": "net/ipv4/raw.c",
    "alloc_skb": "include/linux/skbuff.h", "veth_xmit": "drivers/net/veth.c", "eth_type_trans": "net/ethernet/eth.c",
    "ip_rcv": "net/ipv4/ip_input.c", "sock_queue_rcv_skb": "net/core/sock.c", "do_softirq": "kernel/softirq.c",
    "skb_recv_datagram": "net/core/datagram.c",
}  # fmt: skip
WITHOUT_PACKET = {"sys_sendto", "raw_sendmsg", "do_softirq", "net_rx_action", "process_backlog", "sys_recvmsg"}


def way(text=WAY):
    """A trace of one packet's way, made by hand."""
    calls = parse_trace(text)
    for call in walk(calls):
        call.enter.file = FILES.get(call.name, "net/core/dev.c")
        call.enter.packet = 0 if call.name in WITHOUT_PACKET else 1
        call.enter.via = "ndo_start_xmit" if call.name == "veth_xmit" else ""
    for call in walk(calls):
        if call.name == "net_rx_action":
            for below in call.walk():
                below.enter.context = SOFTIRQ
    return calls


@pytest.fixture(params=["dot", "graphviz-pure"])
def program(request):
    """Each of the renderers that is installed."""
    path = shutil.which("dot") if request.param == "dot" else figure.pure_renderer()
    if not path:
        pytest.skip(f"{request.param} is not installed")
    return path


def texts(svg):
    """All that is written in the picture."""
    return [element.text.replace("\u00a0", " ").strip() for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_the_picture_shows_layers_functions_entries_and_the_seam(program):
    picture = draw(way(), packet=1)
    shown = texts(figure.clean(figure.render(picture.source, program), picture.title, picture.text))
    assert {"system call", "protocol stack", "network device layer", "driver", "soft interrupt"} <= set(shown)
    assert {"veth_xmit", "enqueue_to_backlog", "net_rx_action", "ndo_start_xmit"} <= set(shown)
    assert {"input_pkt_queue", "soft interrupt NET_RX"} <= set(shown)


def test_the_words_say_what_the_picture_says():
    assert draw(way(), packet=1, title="the way").text == (
        "the way\n"
        "system call           sys_sendto\n"
        "protocol stack          raw_sendmsg (+1 calls)\n"
        "network device layer      dev_queue_xmit (+1 calls)\n"
        "                            dev_hard_start_xmit\n"
        "driver                        veth_xmit through ndo_start_xmit\n"
        "network device layer            eth_type_trans\n"
        "                                netif_rx\n"
        "                                  enqueue_to_backlog\n"
        "~~ hand-over ~~       enqueue_to_backlog put it into input_pkt_queue; soft interrupt NET_RX\n"
        "soft interrupt        net_rx_action\n"
        "driver                  process_backlog\n"
        "network device layer      __netif_receive_skb\n"
        "protocol stack              ip_rcv\n"
        "                              sock_queue_rcv_skb\n"
        "~~ hand-over ~~       sock_queue_rcv_skb put it into sk_receive_queue; the reader wakes up\n"
        "system call           sys_recvmsg\n"
        "protocol stack          skb_recv_datagram\n"
    )


def test_the_seam_is_drawn_where_the_function_that_fills_the_queue_is_folded():
    graph = call_graph(way(), packet=1, only=("netif_rx", "ip_rcv"))
    seams = [(source[1], edge.queue[0], target[1]) for (source, target), edge in graph.edges.items() if edge.queue]
    assert seams == [
        ("netif_rx", "input_pkt_queue", "net_rx_action"),
        ("ip_rcv", "sk_receive_queue", "sys_recvmsg"),
    ]
    assert all(queue in draw(graph).source and queue in graph.text() for _, queue, _ in seams)


def test_a_box_that_is_entered_twice_has_its_name_above_its_functions(program):
    functions = ("veth_xmit", "eth_type_trans", "netif_rx")
    svg = figure.render(draw(way(), packet=1, part="send", only=functions).source, program)
    height = {word.text.strip(): float(word.get("y")) for word in ElementTree.fromstring(svg).iter(f"{SVG}text")}
    assert height["veth_xmit"] < height["network device layer"] < min(height["eth_type_trans"], height["netif_rx"])


def test_one_part_of_the_way_alone():
    functions = call_graph(way(), packet=1, part="receive").functions()
    assert "net_rx_action" in functions and "veth_xmit" not in functions


def test_a_depth_folds_what_lies_deeper_and_counts_it():
    graph = call_graph(way(), packet=1, part="send", depth=2)
    assert graph.functions() == {"sys_sendto", "raw_sendmsg"}
    assert graph.nodes["send", "raw_sendmsg"].folded.total() == 8


def test_a_hidden_function_leaves_its_calls_to_its_caller():
    graph = call_graph(way(), packet=1, hide={"netif_rx"})
    assert (("send", "veth_xmit"), ("send", "enqueue_to_backlog")) in graph.edges


def test_a_function_shown_on_demand():
    assert "alloc_skb" in call_graph(way(), packet=1, show={"alloc_skb"}).functions()


def test_nodes_link_to_the_source_appendix(program):
    picture = draw(way(), packet=1, link=lambda name: f"source.html#{name}")
    svg = figure.render(picture.source, program)
    assert 'xlink:href="source.html#veth_xmit"' in svg


def test_the_same_run_gives_the_same_source():
    assert draw(way(), packet=1).source == draw(way(), packet=1).source


def test_the_svg_has_no_page_colour_of_its_own_and_is_described(program):
    picture = draw(way(), packet=1, title="send & <receive>")
    svg = figure.clean(figure.render(picture.source, program), picture.title, picture.text)
    root = ElementTree.fromstring(svg)
    assert root.find(f"{SVG}title").text == "send & <receive>"
    assert root.find(f"{SVG}desc").text == picture.text
    assert root.get("role") == "img"
    assert 'stroke="currentColor"' in svg and 'stroke="black"' not in svg
    assert not re.search(r'<polygon fill="white" stroke="(none|transparent)"', svg)


def test_a_notebook_gets_the_picture_and_the_words():
    bundle = draw(way(), packet=1)._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == draw(way(), packet=1).text


def test_without_a_renderer_a_notebook_gets_the_words_and_dot(monkeypatch):
    monkeypatch.setattr(figure, "renderer", lambda: "")
    picture = draw(way(), packet=1)
    assert picture._repr_mimebundle_() == {"text/plain": picture.text, "text/vnd.graphviz": picture.source}
    with pytest.raises(RuntimeError, match="graphviz-pure"):
        figure.render(picture.source)


def test_the_renderer_beside_python_is_found_with_an_empty_path():
    code = "from vethkernel.pictures.figure import renderer; print(bool(renderer()))"
    done = subprocess.run([sys.executable, "-c", code], env={"PATH": ""}, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_a_picture_is_saved_as_svg_or_dot(tmp_path):
    picture = draw(way(), packet=1)
    picture.save(tmp_path / "p.svg")
    picture.save(tmp_path / "p.dot")
    assert (tmp_path / "p.svg").read_text().startswith("<svg")
    assert (tmp_path / "p.dot").read_text() == picture.source


LO = WAY.replace("veth_xmit", "loopback_xmit")


def test_the_difference_of_two_runs_names_what_only_one_has():
    both = difference(way(LO), way(), names=("lo", "veth"), packet=1)
    assert (both.functions(0), both.functions(1)) == (["loopback_xmit"], ["veth_xmit"])
    assert "only lo: 1 function\n  network device layer: loopback_xmit\n" in both.text()


def test_the_difference_is_drawn_with_words_not_colour_alone(program):
    picture = draw_difference(way(LO), way(), names=("lo", "veth"), packet=1)
    shown = texts(figure.render(picture.source, program))
    assert {"only lo", "only veth", "loopback_xmit", "veth_xmit", "netif_rx"} <= set(shown)


PREPARED = PAIR + "sysctl -q -w net.ipv4.conf.veth1.accept_local=1\n"


def pinged(setup, *changes):
    """A fresh machine's pings, one for each of the blocks in which they run, as recordings."""
    machine, traces = boot(cpus=1), []
    console(machine, setup)
    for change in changes:
        with change, Recorder(machine) as trace:
            console(machine, "ping -c 1 192.168.1.2 -I veth0")
        traces.append(trace)
    return traces


def ways_of(traces, packet):
    return [call_graph(trace, packet=trace.packet(packet)) for trace in traces]


TWO_RUNS = {  # how to make them, and what only the first has, only the second
    "first ping and second": (
        lambda: ways_of(pinged(PREPARED, nullcontext(), nullcontext()), "echo request"),
        {"arp_solicit", "neigh_update_queue"}, {"neigh_hh_output"}),
    "prepared and not": (
        lambda: ways_of(pinged(PREPARED, nullcontext()) + pinged(PAIR, nullcontext()), "ARP request"),
        {"arp_process_request"}, set()),
    "before and after a change": (
        lambda: ways_of(pinged(PREPARED, nullcontext(), patched(veth.veth_xmit, lambda skb, dev: kfree_skb(skb) or 0)),
                        "echo request"),
        {"dev_forward_skb"}, {"kfree_skb"}),
    "real kernel and model": (
        lambda: sides(aligned("iii_ping_veth_warm")), {"__dev_forward_skb"}, {"dev_forward_skb"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", TWO_RUNS)
def test_any_two_runs_can_be_told_apart_and_drawn(kind, program):
    two_runs, first, second = TWO_RUNS[kind]
    both = difference(*two_runs(), names=("one", "other"))
    assert first <= set(both.functions(0)) and second <= set(both.functions(1))
    shown = texts(figure.render(draw_difference(both).source, program))
    assert shown.count("only one") >= len(both.functions(0)) and shown.count("only other") >= len(both.functions(1))


def facts(svg):
    """What a renderer drew, without where: each node's and edge's name, words and tooltip."""
    found = []
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        if group.get("class") in ("node", "edge", "cluster"):
            words = "".join(text.text for text in group.iter(f"{SVG}text")).replace("\u00a0", " ")
            links = [sorted(link.attrib.items()) for link in group.iter(f"{SVG}a")]
            found.append((group.get("class"), group.findtext(f"{SVG}title"), words, links))
    return sorted(found)


KINDS = {
    "the whole way in one column": lambda pair: draw(way(), packet=1, columns=False, link=lambda name: f"#{name}"),
    "chosen functions alone": lambda pair: draw(way(), packet=1, only=["sys_sendto", "veth_xmit", "ip_rcv"]),
    "one part of the way": lambda pair: draw(way(), packet=1, part="receive"),
    "everything, counted": lambda pair: draw(way(WAY + WAY.partition("\n")[2]), everything=True),
    "a difference": lambda pair: draw_difference(way(LO), way(), names=("lo", "veth"), packet=1),
    "a whole difference": lambda pair: draw_difference(way(LO), way(), names=("lo", "veth"), packet=1, whole=True),
    "devices, tables, queues": lambda pair: draw_objects(pair),
    "chosen devices alone": lambda pair: draw_objects(pair, ops=False, queues=False, only=("veth0", "veth1")),
}


@pytest.mark.machine
@pytest.mark.parametrize("kind", KINDS)
def test_both_renderers_draw_the_same_facts(kind, machine, need):
    dot, pure = shutil.which("dot"), figure.pure_renderer()
    need(None if dot and pure else "dot or graphviz-pure is not installed")
    source = KINDS[kind](machine).source
    drawn = facts(figure.render(source, dot))
    assert drawn == facts(figure.render(source, pure))
    assert {each[0] for each in drawn} >= {"node", "edge"}


HOSTILE = ["<b>", '"x"', "%s%n", "a&amp;b", "链路", "\\N\\G", "<script>alert(1)</script>"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text(name, program):
    picture = figure.digraph("g")
    picture.node("a", figure.text(name))
    picture.node("b", f"<<table><tr><td>{figure.cell(name)}</td></tr></table>>")
    picture.edge("a", "b", label=figure.plaque(name))
    svg = figure.clean(figure.render(picture.source, program), name, name)
    assert texts(svg).count(name) == 3
    assert "<script" not in svg


@pytest.fixture
def machine():
    machine = boot(cpus=1)
    console(
        machine, "# ip link add veth0 type veth peer name veth1\n# ip netns add blue\n# ip link set veth1 netns blue"
    )
    return machine


def test_the_object_picture_shows_devices_pairs_tables_and_queues(machine, program):
    shown = texts(figure.render(draw_objects(machine).source, program))
    for words in ("net_device veth0", "priv->peer", "veth_netdev_ops", "ndo_start_xmit", "loopback_xmit"):
        assert words in shown
    assert {"init_net, where the machine began", "namespace blue", "softnet_data of CPU 0"} <= set(shown)


def test_the_object_picture_in_words(machine):
    assert draw_objects(machine, ops=False).text == (
        "init_net, where the machine began\n"
        "  net_device lo: ifindex 1, state down, netdev_ops loopback_ops\n"
        "  net_device veth0: ifindex 3, state down, no carrier, netdev_ops veth_netdev_ops, priv->peer veth1\n"
        "namespace blue\n"
        "  net_device lo: ifindex 1, state down, netdev_ops loopback_ops\n"
        "  net_device veth1: ifindex 2, state down, no carrier, netdev_ops veth_netdev_ops, priv->peer veth0\n"
        "softnet_data of CPU 0: input_pkt_queue 0 skbs, process_queue 0 skbs, poll_list empty, "
        "backlog.poll process_backlog\n"
    )


def test_the_object_picture_of_chosen_devices(machine):
    words = draw_objects(machine, ops=False, queues=False, only=("veth0",)).text
    assert "veth0:" in words and "net_device lo" not in words


def test_a_queue_is_drawn_while_a_packet_waits_in_it(machine):
    console(machine, "# ip link set lo up")
    seen = []

    def watching(h):
        seen.append(draw_objects(machine).text)
        return original(h)

    with patched(net_rx_action, watching) as original:
        console(machine, "# ping -c 1 127.0.0.1")
    assert "input_pkt_queue 1 skb: ICMP echo request 127.0.0.1 > 127.0.0.1, seq 1" in seen[0]
    assert "poll_list backlog" in seen[0]


def test_a_device_with_a_hostile_name_is_text_in_the_picture(machine, program):
    console(machine, "# ip link set veth0 name '<b>&amp;\"链'")
    picture = draw_objects(machine)
    svg = figure.clean(figure.render(picture.source, program), picture.title, picture.text)
    assert 'net_device <b>&amp;"链' in texts(svg)


def test_a_real_runs_graph_goes_from_system_call_to_system_call():
    machine = boot()
    console(machine, "# ip link set lo up")
    with Recorder(machine) as trace:
        console(machine, "# ping -c 1 127.0.0.1")
    reply = call_graph(trace, packet=trace.packet("echo reply"))
    assert [run.root.call.name for run in reply.runs] == ["icmp_reply", "net_rx_action", "sys_recvmsg"]
    assert reply.edges[("send", "dev_hard_start_xmit"), ("send", "loopback_xmit")].via == "ndo_start_xmit"
    request = call_graph(trace, packet=trace.packet("echo request"))
    assert [run.root.call.name for run in request.runs] == ["sys_sendto", "net_rx_action"]
    assert request.runs[1].queue == ("input_pkt_queue", "soft interrupt NET_RX")
