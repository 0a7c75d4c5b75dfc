"""Live values at a function's beginning and end, recordings as small tables, and the 32 settings."""

import pytest

from vethkernel import boot, dev, eth
from vethkernel.net.core import neighbour
from vethkernel.notebook import console, settings
from vethkernel.notebook.trace_tables import callers, counted, error_name, returned, way_to
from vethkernel.notebook.watch import books, neigh_values, queue_values, skb_values, watching
from vethkernel.trace.callgraph import call_graph
from vethkernel.trace.recorder import Recorder

PING = "ping -c 1 -W 0.5 192.168.1.2 -I veth0"


@pytest.fixture
def machine():
    made = boot(cpus=1)
    console(made, settings.PAIR)
    return made


@pytest.fixture
def answering(machine):
    console(machine, "sysctl -q -w net.ipv4.conf.veth1.accept_local=1\n" + PING)
    return machine


@pytest.fixture
def trace(answering):
    with Recorder(answering) as recorded:
        console(answering, PING)
    return recorded


def test_values_are_seen_as_the_function_begins_and_as_it_ends(answering):
    with watching(eth.eth_type_trans, lambda skb, dev: skb_values(skb)) as seen:
        console(answering, PING)
    rows = {row[0]: row[1:] for row in seen.table().rows}
    assert rows["skb.dev"] == ["veth0", "veth1", "*"] and rows["skb.pkt_type"] == ["HOST", "HOST", ""]


def test_watching_ends_with_its_block(answering):
    with watching(dev.enqueue_to_backlog, lambda *_: None) as seen:
        pass
    console(answering, PING)
    assert seen == []


def test_a_watched_function_is_not_changed_by_it(answering):
    with watching(dev.enqueue_to_backlog, lambda *_: queue_values()) as seen:
        answer = repr(console(answering, PING))
    assert "1 received" in answer and [result for _, _, result in seen] == [0, 0]


def test_the_queue_shows_what_waits_and_that_it_was_announced(answering):
    with watching(dev.enqueue_to_backlog, lambda *_: queue_values()) as seen:
        console(answering, PING)
    before, after, _ = seen[0]
    assert (before["input_pkt_queue"], before["NET_RX pending"]) == ("0 skbs", "no")
    assert (after["input_pkt_queue"], after["poll_list"], after["NET_RX pending"]) == ("1 skb", "backlog", "yes")


def test_a_neighbour_that_is_asked_for_has_the_packet_waiting(machine):
    with watching(neighbour.neigh_probe, lambda neigh: neigh_values(neigh)) as seen:
        console(machine, PING)
    assert seen[0][0] == {"state": "INCOMPLETE", "address": "00:00:00:00:00:00", "arp_queue": "1 skb"}


def test_the_books_balance_and_name_the_reason(machine):
    console(machine, PING + "\nsleep 10")
    rows = {row[0]: int(row[1]) for row in books(machine).rows}
    assert rows["dropped: SKB_DROP_REASON_NEIGH_FAILED"] == 1
    assert rows.pop("made") == sum(rows.values()) and rows["still alive"] == 0


def test_what_is_too_long_for_the_other_end_is_dropped_for_no_reason_by_name_as_in_the_kernel(answering):
    console(answering, "ip link set veth1 mtu 1000\nping -c 1 -W 0.5 -s 1200 192.168.1.2 -I veth0")
    reasons = {row[0] for row in books(answering).rows if "dropped" in row[0]}
    assert reasons == {"dropped: SKB_DROP_REASON_NO_SOCKET", "dropped: SKB_DROP_REASON_NOT_SPECIFIED"}


def test_the_way_to_a_function_leads_from_the_system_call_into_the_soft_interrupt(trace):
    rows = way_to(trace, "net_rx_action").rows
    assert rows[0][0] == "sys_sendto" and rows[-1][:3] == ["net_rx_action", "action", "softirq"]
    assert {row[2] for row in rows[:-1]} == {"process"}


def test_there_is_no_way_to_what_did_not_run(trace):
    assert callers(trace.calls, "arp_solicit") == []
    with pytest.raises(LookupError, match="arp_solicit did not run"):
        way_to(trace, "arp_solicit")


def test_returned_values_stand_in_the_order_of_returning(machine):
    with Recorder(machine) as failing:
        console(machine, PING)
    rows = returned(failing, ["arp_process", "fib_validate_source"]).rows
    assert rows == [["fib_validate_source", "veth1", "-EINVAL"], ["arp_process", "veth1", "0"]]


def test_calls_are_counted_in_each_recording(trace):
    rows = counted({"a": trace, "b": trace}, ["veth_xmit", "arp_solicit"]).rows
    assert rows == [["veth_xmit", "1", "1"], ["arp_solicit", "0", "0"]]


@pytest.mark.parametrize(("value", "name"), [(0, "0"), (-22, "-EINVAL"), (-9999, "-9999"), (None, "None")])
def test_an_error_is_called_by_its_name(value, name):
    assert error_name(value) == name


def test_a_graph_of_chosen_functions_holds_no_others(trace):
    chosen = {"sys_sendto", "veth_xmit", "enqueue_to_backlog", "net_rx_action", "icmp_rcv"}
    assert call_graph(trace, packet=trace.packet("echo request"), only=chosen).functions() == chosen


def test_all_settings_come_out_as_recorded_and_one_switch_decides():
    outcomes = settings.all_settings()
    assert settings.agreeing(outcomes) == len(outcomes) == 32
    assert settings.decisive(outcomes) == ["conf.veth1.accept_local"]
    assert [row[3:] for row in settings.by_verdict(outcomes).rows] == [
        ["-EINVAL", "0 of 4"], ["0", "4 of 4"], ["-EINVAL", "0 of 12"], ["-EXDEV", "0 of 12"]]


def test_a_flag_that_the_user_sets_is_told_to_the_listeners_once(machine):
    with Recorder(machine) as setting:
        console(machine, "ip link set veth0 promisc on")
    assert counted({"a": setting}, ["__dev_set_promiscuity", "rtmsg_ifinfo"]).rows == [
        ["__dev_set_promiscuity", "1"], ["rtmsg_ifinfo", "1"]]


def test_the_log_names_the_device_first_as_todays_kernel_does(machine):
    console(machine, "ip link set veth0 promisc on allmulticast on\nip link set veth0 promisc off allmulticast off")
    log = [text.split("] ")[1] for kind, text in console(machine, "dmesg").lines if "veth0: " in text]
    assert log == [
        "veth0: entered promiscuous mode", "veth0: entered allmulticast mode",
        "veth0: left promiscuous mode", "veth0: left allmulticast mode"]
