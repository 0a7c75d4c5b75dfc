"""The packet's journey: what its steps say, and how the figure behaves in a page."""

import gzip
import json
import re
import sys
from pathlib import Path

import pytest

from browser import Browser, find_browser
from test_hostile_names import Page
from vethkernel.hardware import ARTICLE_HOST
from vethkernel.machine import boot
from vethkernel.notebook import console
from vethkernel.pictures import Journey, journey
from vethkernel.trace import recorder
from vethkernel.trace.journey import stops
from vethkernel.trace.recorder import Recorder


def recorded(peer="veth1", **how):
    """The article's second ping, to an end of that name."""
    machine = boot(cpus=1, devices=ARTICLE_HOST)
    quoted = "'" + peer.replace("'", "'\\''") + "'"
    console(machine, f"""
        ip link add veth0 type veth peer name {quoted}
        ip addr add 192.168.1.1/24 dev veth0
        ip addr add 192.168.1.2/24 dev {quoted}
        ip link set veth0 up
        ip link set {quoted} up
        sysctl -w net.ipv4.conf.all.accept_local=1
        ping -c 1 192.168.1.2 -I veth0""")
    with Recorder(machine, **how) as trace:
        console(machine, "ping -c 1 192.168.1.2 -I veth0")
    return trace


def both_ways(trace) -> Journey:
    return journey(trace, trace.packet("echo request"), trace.packet("echo reply"))


@pytest.fixture(scope="module")
def trace():
    return recorded(snapshots=True)


@pytest.fixture(scope="module")
def way(trace):
    return both_ways(trace)


def step(way, name, packet="request", back=False):
    number = {"request": way.steps[0].packet, "reply": way.steps[-1].packet}[packet]
    return next(s for s in way.steps if (s.call.name, s.packet, s.back) == (name, number, back))


def test_request_and_reply_pass_both_drivers_and_both_ends(way):
    drivers = [s.call.name for s in way.steps if s.call.via == "ndo_start_xmit" and not s.back]
    assert drivers == ["veth_xmit", "loopback_xmit"]
    assert (way.steps[0].call.name, way.steps[-1].call.name) == ("sys_sendto", "raw_recvmsg")


def test_the_turn_changes_the_device_and_the_beginning_and_no_byte(way):
    turn = step(way, "eth_type_trans")
    assert turn.fields == [("dev", "veth0", "veth1"), ("len", "98", "84"), ("data", "2", "16")]
    assert turn.bytes == [] and turn.holder == "device veth1"


def test_the_step_that_writes_the_link_layers_header_shows_its_fields(way):
    names = [name for name, _, _ in step(way, "neigh_hh_output").bytes]
    assert names == ["ethhdr.h_dest", "ethhdr.h_source", "ethhdr.h_proto"]


def test_a_queue_holds_the_packet_between_sender_and_receiver(way):
    queued = step(way, "enqueue_to_backlog", back=True)
    assert queued.holder == "input_pkt_queue of CPU 0"
    assert queued.counters == [("input_pkt_queue of CPU 0", "0", "1")]
    assert step(way, "process_backlog").counters == [("input_pkt_queue of CPU 0", "1", "0")]


def test_a_counter_moves_at_the_step_of_the_function_that_counts(way):
    counted = {name for name, _, _ in step(way, "veth_xmit", back=True).counters}
    assert counted == {"veth0.tx_packets", "veth1.rx_packets"}
    assert step(way, "ip_rcv").counters == [("IpInReceives", "2", "3")]


def test_a_clone_is_seen_as_another_skb(way):
    assert step(way, "raw_v4_input", "reply").fields[0][0] == "skb"


def test_an_skb_that_has_ended_is_held_by_nobody(way):
    assert step(way, "icmp_rcv", back=True).holder == "nobody: its skb has ended"


def test_the_marked_line_is_the_one_that_calls_on(way):
    assert "> rc = ops.ndo_start_xmit(skb, dev)" in way.text
    assert "> if dev_forward_skb(rcv, skb)" in way.text


def test_a_packet_that_waits_for_its_neighbour_is_held_by_it():
    machine = boot(cpus=1)
    console(machine, "ip link add veth0 type veth peer name veth1\n"
                     "ip addr add 10.0.0.1/24 dev veth0\nip link set veth0 up\nip link set veth1 up")
    with Recorder(machine, snapshots=True) as trace:
        console(machine, "ping -c 1 -W 1 10.0.0.2")
    assert "arp_queue of a neighbour" in {state.holder for now in trace.snapshots for state in now.skbs.values()}


def test_the_list_is_the_html_and_says_what_the_text_says(way):
    page = Page(way.html.split("<details")[0])
    assert way.html.count('<li><p><b>') == len(way.steps)
    assert {"ol", "li", "b", "pre"} <= page.tags
    assert all(line.strip(" >") in page.text for line in way.text.split("\n") if line.startswith("   > "))
    assert repr(way) == way.text and way._repr_html_() == way.html


def test_the_same_run_gives_the_same_bytes(way):
    again = both_ways(recorded(snapshots=True))
    assert again.html == way.html and again.text == way.text


def test_the_articles_ping_takes_at_most_60_kb_gzipped_script_and_all(way):
    assert len(gzip.compress(way.html.encode())) <= 60_000


@pytest.mark.parametrize("name", ["<b>x", "'\"&;", "<script>", "<!--", "größe"])
def test_a_devices_name_is_text_whatever_it_is(name):
    way = both_ways(recorded(name, snapshots=True))
    page, plain = Page(way.html), Page(both_ways(recorded(snapshots=True)).html)
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', way.html, re.S)[1])
    assert (page.tags, page.attributes) == (plain.tags, plain.attributes)
    assert f"skb.dev: veth0 → {name}" in page.text
    assert any(name in values for values in data["fields"])


def test_the_figure_asks_no_other_host_and_holds_no_markup_in_its_script(way):
    script = way.html.rpartition("<script>")[2]
    assert "innerHTML" not in script and "fetch(" not in script and "http" not in script


def test_a_recording_without_snapshots_is_refused():
    with pytest.raises(ValueError, match="snapshots=True"):
        both_ways(recorded())


def test_looking_changes_nothing_of_the_run(trace):
    blind = recorded()
    assert blind.snapshots is None
    assert [(e.kind, e.function, e.time_ns, e.args) for e in blind.events] == [
        (e.kind, e.function, e.time_ns, e.args) for e in trace.events]
    assert len(trace.snapshots) == len(trace.events)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python has no sys.monitoring before 3.12")
def test_both_of_pythons_hooks_see_the_same(way, monkeypatch):
    monkeypatch.setattr(recorder, "_Monitoring", recorder._Profile)
    assert both_ways(recorded(snapshots=True)).html == way.html


def test_a_choice_shows_more_or_fewer_functions(trace):
    request = trace.packet("echo request")
    assert {s.call.name for s in stops(trace, request, only=["veth_xmit", "ip_rcv"])} >= {"veth_xmit", "ip_rcv"}
    assert len(stops(trace, request, everything=True)) > len(stops(trace, request))


@pytest.fixture(scope="module")
def browser(need):
    need(None if find_browser() else "no Chromium to look with")
    with Browser() as running:
        yield running


@pytest.fixture
def page_of(way, browser, tmp_path):
    opened = []

    def open_page(**how):
        way.save(tmp_path / "journey.html")
        opened.append(page := browser.open((tmp_path / "journey.html").as_uri(), **how))
        return page

    yield open_page
    for page in opened:
        browser.close(page)


def press(page, key):
    page.evaluate("document.querySelector('.vk-journey').focus()")
    page.press(key)


def now(page):
    return page.evaluate("document.querySelector('.vk-steps > [aria-current] b').textContent")


@pytest.mark.machine
def test_keys_buttons_and_slider_move_a_step_from_a_file(page_of):
    page = page_of()
    assert now(page) == "sys_sendto"
    press(page, "ArrowRight")
    assert now(page) == "sock_sendmsg"
    press(page, "ArrowLeft")
    assert now(page) == "sys_sendto"
    press(page, "End")
    assert now(page) == "back in raw_recvmsg"
    press(page, "Home")
    assert now(page) == "sys_sendto"
    page.evaluate("document.querySelectorAll('.vk-controls button')[2].click()")
    assert now(page) == "sock_sendmsg"
    page.evaluate("{ const s = document.querySelector('.vk-controls input'); s.value = 15; "
                  "s.dispatchEvent(new Event('input')) }")
    assert now(page) == "veth_xmit"
    assert page.complaints == []


@pytest.mark.machine
def test_a_step_lights_its_layer_marks_its_line_and_says_itself(page_of):
    page = page_of()
    page.evaluate("{ const s = document.querySelector('.vk-controls input'); s.value = 17; "
                  "s.dispatchEvent(new Event('input')) }")
    assert page.evaluate("document.querySelector('.vk-lanes [aria-current]').textContent") == "network device layer"
    assert page.evaluate("[...document.querySelectorAll('.vk-new')].map(e => e.textContent)")[:2] == [
        "dev veth1 (changed)", "len 84 (changed)"]
    assert page.evaluate("document.querySelector('[aria-live]').textContent").startswith(
        "Step 17 of 80: eth_type_trans. ")
    press(page, "ArrowLeft")
    assert "eth_type_trans(skb, dev)" in page.evaluate("document.querySelector('mark.vk-line').textContent")
    assert page.complaints == []


@pytest.mark.machine
def test_the_figure_fits_a_phone_in_the_dark(page_of):
    page = page_of(width=360, dark=True)
    press(page, "End")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(255, 255, 255)"
    assert page.complaints == []


@pytest.mark.machine
def test_without_its_script_the_figure_is_a_list(way, browser, tmp_path: Path):
    file = tmp_path / "plain.html"
    file.write_text(f"<meta charset=utf-8>{way.html.rpartition('<script>')[0]}", "utf-8")
    page = browser.open(file.as_uri())
    shown = "[...document.querySelectorAll('.vk-steps > li')].filter(e => e.offsetParent !== null).length"
    assert page.evaluate(shown) == len(way.steps)
    browser.close(page)
