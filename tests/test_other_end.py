"""What the other end of a pair takes, what it refuses, and what it may not see."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vethkernel import boot, dev, eth
from vethkernel.hardware import ARTICLE_HOST
from vethkernel.include.uapi.linux.if_packet import PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST
from vethkernel.net.ipv4.ip_output import ip_send_check
from vethkernel.notebook import console, device, patched
from vethkernel.notebook.settings import PAIR as ONE_NAMESPACE
from vethkernel.notebook.watch import books, watching

PAIR = """
    ip netns add B
    ip link add veth0 address 02:00:00:00:00:01 type veth peer name veth1 address 02:00:00:00:00:02 netns B
    ip addr add 10.0.0.1/24 dev veth0
    ip -n B addr add 10.0.0.2/24 dev veth1
    ip link set veth0 up
    ip -n B link set veth1 up"""
PING = "ping -c 1 -W 0.5 10.0.0.2"
PING_OVER_THE_CABLE = "ping -c 1 -W 0.5 192.168.1.2 -I veth0"


@pytest.fixture
def machine():
    made = boot(cpus=1)
    console(made, PAIR + "\n" + PING)
    return made


@pytest.mark.parametrize(("length", "before", "taken"), [
    (1518, "", True), (1519, "", False), (98, "", True), (98, "ip -n B link set veth1 down", False),
    (1018, "ip -n B link set veth1 mtu 1000", True), (1019, "ip -n B link set veth1 mtu 1000", False),
])
def test_an_end_takes_what_fits_its_mtu_while_it_is_up(machine, length, before, taken):
    console(machine, before)
    assert dev.is_skb_forwardable(device(machine, "veth1", "B"), SimpleNamespace(len=length)) is taken


def test_the_senders_mark_and_socket_do_not_cross_the_pair(machine):
    with watching(dev.dev_forward_skb, lambda rcv, skb: (skb.mark, skb.sk is None, skb.dst)) as seen:
        console(machine, PING + " -m 7")
    assert seen[0][0][:2] == (7, False) and seen[0][1] == (0, True, None)


@pytest.mark.parametrize(("to", "kind"), [
    ("02:00:00:00:00:02", PACKET_HOST), ("02:00:00:00:00:99", PACKET_OTHERHOST),
    ("ff:ff:ff:ff:ff:ff", PACKET_BROADCAST), ("01:00:5e:00:00:01", PACKET_MULTICAST),
])
def test_the_headers_first_six_bytes_say_whom_a_frame_is_for(machine, to, kind):
    console(machine, f"ip neigh replace 10.0.0.2 lladdr {to} dev veth0")
    with watching(eth.eth_type_trans, lambda skb, dev: skb.pkt_type) as seen:
        console(machine, PING)
    assert seen[0][1] == kind


def test_what_comes_when_the_queue_is_full_is_dropped(machine):
    assert "1 received" in str(console(machine, PING + " -s 4000"))
    console(machine, "sysctl -w net.core.netdev_max_backlog=0")
    assert "0 received" in str(console(machine, PING + " -s 4000")) and "CPU_BACKLOG" in str(books(machine))
    assert int(str(console(machine, "cat /proc/net/softnet_stat")).split()[-14], 16) > 0  # dropped


def test_a_peer_that_nobody_described_has_an_address_of_its_own():
    shown = console(boot(), "ip link add a0 address 02:00:00:00:00:07 type veth\nip -br link show type veth")
    assert str(shown).count("02:00:00:00:00:07") == 2  # as it was typed, and at one end


def test_a_packet_whose_headers_checksum_is_wrong_is_dropped(machine):
    with patched(ip_send_check, lambda iph: setattr(iph, "check", 0xBAD)):
        assert "0 received" in str(console(machine, PING))
    assert "IP_CSUM" in str(books(machine))


def test_an_end_that_was_up_arrives_down_in_another_namespace(machine):
    console(machine, "ip netns add C\nip link set veth0 netns C")
    assert "state DOWN" in str(console(machine, "ip -n C link show veth0"))
    assert "NO-CARRIER" in str(console(machine, "ip -n B link show veth1"))


@pytest.mark.parametrize(("logged", "lines"), [(0, 0), (1, 1)])
def test_a_martian_is_logged_if_somebody_wants_to_know(logged, lines):
    made = boot(cpus=1)
    console(made, ONE_NAMESPACE + f"sysctl -w net.ipv4.conf.all.log_martians={logged}\n{PING_OVER_THE_CABLE}")
    assert str(console(made, "dmesg")).count("martian source 192.168.1.2 from 192.168.1.1, on dev veth1") == lines


def test_hardware_whose_namespace_ends_comes_back_though_its_names_are_taken():
    made = boot(devices=ARTICLE_HOST)
    console(made, """
        ip netns add red
        ip link set eth0 netns red
        ip -n red link property add dev eth0 altname card altname kept
        ip link add eth0 type veth peer name dev2
        ip link property add dev eth0 altname card
        ip netns del red
        sleep 1""")
    shown = console(made, "ip -br link show kept\nip -br link show card")
    assert [text.split()[0] for kind, text in shown.lines if kind == "output"] == ["dev0", "eth0@dev2"]


@pytest.mark.parametrize(("commands", "logged"), [
    ("sysctl -w net.ipv4.icmp_ignore_bogus_error_responses=0\nip link set lo up\n2# ping -c 1 -W 6 10.0.0.99\nsleep 1\n"
     "ip route add broadcast 10.0.0.99 dev lo table local\nsleep 5\n2^C",
     "icmp: 10.0.0.1 sent an invalid ICMP type 3, code 1 error to a broadcast: 10.0.0.99 on lo"),
    ("sysctl -w net.ipv4.neigh.default.gc_thresh2=1 net.ipv4.neigh.default.gc_thresh3=1\nping -c 1 -W 1 10.0.0.98",
     "neighbour: arp_cache: neighbor table overflow!"),
])
def test_the_log_says_what_a_real_kernels_says(machine, commands, logged):
    console(machine, commands)
    assert logged in str(console(machine, "dmesg"))
