"""The article's experiment on the model, against what a real 6.1 kernel did."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from vethkernel import boot
from vethkernel.include.uapi.linux.if_ether import ETH_P_ALL
from vethkernel.include.uapi.linux.socket import AF_PACKET, SOCK_RAW
from vethkernel.notebook.proof import DEVICES
from vethkernel.notebook.settings import PAIR
from vethkernel.user import pcap
from vethkernel.user.session import Consoles

DATA = Path(__file__).parent / "data"
ABLATION = json.loads((DATA / "ablation.json").read_text())
ARP, IP = 0x0806, 0x0800


def typed(machine, text):
    """Run each line of `text`; returns the last one's job."""
    consoles = Consoles(machine)
    return [consoles.run(line) for line in text.strip().splitlines()][-1]


def tap(machine, device):
    """A packet socket that sees every frame of `device`."""
    sock = machine.process("tap").socket(AF_PACKET, SOCK_RAW, 0)
    sock.bind((device, ETH_P_ALL))
    return sock


def drained(sock):
    """Every frame that waits in the socket."""
    frames = []
    while True:
        try:
            frames.append(sock.recv(65536))
        except BlockingIOError:
            return frames


def kind(frame):
    """What a frame is, in the words of the recording."""
    protocol = int.from_bytes(frame[12:14], "big")
    if protocol == ARP:
        return {1: "arp_req", 2: "arp_rep"}[frame[21]]
    return {8: "echo_req", 0: "echo_rep"}[frame[34]] if protocol == IP and frame[23] == 1 else "other"


def switches(cell):
    names = {"all_rp": "all.rp_filter", "veth0_rp": "veth0.rp_filter", "veth1_rp": "veth1.rp_filter",
             "veth0_al": "veth0.accept_local", "veth1_al": "veth1.accept_local"}
    return "\n".join(f"sysctl -w net.ipv4.conf.{name}={cell[key]}" for key, name in names.items())


def setting(cell):
    return " ".join(f"{key}={cell[key]}" for key in ("all_rp", "veth0_rp", "veth1_rp", "veth0_al", "veth1_al"))


@pytest.mark.parametrize("cell", ABLATION, ids=setting)
def test_each_of_the_32_settings_gives_the_recorded_packets(cell):
    machine = boot()
    typed(machine, PAIR + switches(cell))
    taps = {device: tap(machine, device) for device in DEVICES}

    ping = typed(machine, cell["cmd"])
    kinds = {device: [kind(frame) for frame in drained(sock)] for device, sock in taps.items()}
    neighbours = typed(machine, "ip neigh show").stdout.getvalue()

    assert ping.status == cell["exit"]
    assert f", {cell['replies']} received" in ping.stdout.getvalue()
    assert {device: len(seen) for device, seen in kinds.items()} == cell["packets"]
    for name in ("arp_req", "arp_rep", "echo_req", "echo_rep"):
        assert {device: seen.count(name) for device, seen in kinds.items()} == cell[name]
    states = [(line.split()[0], line.split()[2], line.split()[-1]) for line in neighbours.splitlines()]
    assert sorted(states) == sorted((n.split()[0], n.split()[2], n.split()[-1]) for n in cell["neigh"])


PREPARED = PAIR + "sysctl -w net.ipv4.conf.veth1.accept_local=1"


def captures():
    """The article's prepared ping on a fresh machine, captured on all devices: (machine, device -> pcap bytes)."""
    machine = boot()
    typed(machine, PREPARED)
    consoles = Consoles(machine)
    for number, device in enumerate(DEVICES, 2):
        consoles.start(str(number), f"tcpdump -i {device} -w /tmp/{device}.pcap")
    consoles.run("ping -c 3 -i 0.2 192.168.1.2 -I veth0")
    for number, _ in enumerate(DEVICES, 2):
        consoles.stop(str(number))
    return machine, {device: machine.read_file(f"/tmp/{device}.pcap") for device in DEVICES}


def equalised(frames):
    """Frames with what two runs may differ in made equal: addresses, identifiers, times, and the sums over them."""
    names: dict[bytes, int] = {}
    out = []
    for frame in frames:
        data = bytearray(frame)
        places = [0, 6] + ([22, 32] if kind(frame).startswith("arp") else [])
        for place in places:
            address = bytes(data[place : place + 6])
            if address not in (b"\xff" * 6, bytes(6)):
                data[place : place + 6] = names.setdefault(address, len(names) + 1).to_bytes(6, "big")
        if not kind(frame).startswith("arp"):
            data[18:20] = data[24:26] = b"\0\0"  # the packet's number, and the header's checksum
            data[36:40] = b"\0\0\0\0"  # the message's checksum, and ping's number
            data[42:58] = bytes(16)  # the time of sending
        out.append(bytes(data))
    return out


@pytest.mark.parametrize("device", DEVICES)
def test_the_captures_of_the_ping_equal_the_recorded_ones(device):
    recorded = [packet.data for packet in pcap.read((DATA / f"prepared_{device}.pcap").read_bytes())[2]]

    ours = [packet.data for packet in pcap.read(captures()[1][device])[2]]

    assert equalised(ours) == equalised(recorded)[: len(ours)]
    assert len(ours) == len(recorded)


def test_veth0_sees_one_question_one_answer_and_requests_only():
    frames = [packet.data for packet in pcap.read(captures()[1]["veth0"])[2]]

    assert [kind(frame) for frame in frames] == ["arp_req", "arp_rep", "echo_req", "echo_req", "echo_req"]


@pytest.mark.machine
@pytest.mark.parametrize("device", DEVICES)
def test_the_real_tcpdump_reads_a_capture_of_ours_as_ours_does(device, need, tmp_path):
    program = shutil.which("tcpdump")
    need(None if program else "tcpdump is not installed here")
    machine, files = captures()
    (tmp_path / "ours.pcap").write_bytes(files[device])

    theirs = subprocess.run([program, "-nn", "-e", "-vvv", "-r", str(tmp_path / "ours.pcap")], capture_output=True,
                            text=True, check=True, env={"TZ": "UTC", "PATH": ""}).stdout
    ours = typed(machine, f"tcpdump -nn -e -vvv -r /tmp/{device}.pcap").stdout.getvalue()

    assert theirs == ours
    assert "bad" not in theirs and "wrong" not in theirs


def test_the_same_session_gives_the_same_bytes_twice():
    assert captures()[1] == captures()[1]


def test_two_machines_in_one_process_do_not_see_each_other():
    one, other = boot(), boot(seed=2)

    typed(one, "ip link add veth0 type veth peer name veth1\nsysctl -w net.ipv4.conf.all.rp_filter=2")

    assert "veth0" not in typed(other, "ip link show").stdout.getvalue()
    assert typed(other, "sysctl -n net.ipv4.conf.all.rp_filter").stdout.getvalue() == "0\n"
