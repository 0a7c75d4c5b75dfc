"""What holds for every session, whatever is typed, and for every frame, whatever is in it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from typist import commands
from vethkernel.accounts import accounts
from vethkernel.globals import g, inside
from vethkernel.include.net.checksum import csum_tcpudp_magic, ip_compute_csum, ip_fast_csum
from vethkernel.include.uapi.linux.if_ether import ETH_P_ALL, ETH_P_IP
from vethkernel.include.uapi.linux.in_ import IPPROTO_ICMP, IPPROTO_UDP
from vethkernel.include.uapi.linux.socket import AF_PACKET, SO_RCVBUFFORCE, SOCK_RAW, SOL_SOCKET
from vethkernel.machine import Machine, boot
from vethkernel.syscalls import Socket
from vethkernel.user.session import Consoles, replay, steps
from vethkernel.user.shell import run_line

some = settings(max_examples=60, deadline=None, derandomize=True, database=None,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
more = settings(some, max_examples=150)

# ---- what is typed and sent ----

drawn = st.builds(lambda seed, number: commands(Random(seed), number), st.integers(0, 1 << 64), st.integers(10, 30))
WORDS = """ip link addr route neigh netns add del set show get flush dev veth0 veth1 lo up down type veth peer name mtu
    1400 -s -d -j -o -br -4 -n red exec 10.0.0.1/24 10.0.0.2 default via lladdr 02:00:00:00:00:01 ping -c 1 -W -I -M do
    ifconfig sysctl -w net.ipv4.ip_forward=1 cat /proc/net/dev ls /proc tcpdump -i -nn icmp and drops help echo > >> &&
    || ; 2>&1 ' " \\ $? # - -- 0 -1 999999999999999999999 0x10 1e9 nan""".split()
BEGUN = ["ip link add", "ip link set veth0", "ip addr add", "ip route add", "ip neigh add", "ip route get", "ping -c 1",
         "tcpdump -c 1 -i", "ifconfig veth0", "sysctl", "cat", "ip -n red"]
lines = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
    st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=6).map(" ".join),
    st.tuples(st.sampled_from(BEGUN), st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)).map(" ".join),
)

ETHERNET, ADDRESSES, REQUEST = "020000000001 020000000002 0800", "0a000002 0a000001", "0800 f7fe 0000 0001"
FRAMES = [bytes.fromhex(text) for text in [
    "ffffffffffff 020000000002 0806 0001 0800 06 04 0001 020000000002 0a000002 000000000000 0a000001",
    f"{ETHERNET} 4500001c 00010000 4001 66de {ADDRESSES} {REQUEST}",
    f"{ETHERNET} 4500001e 00010000 4011 66cc {ADDRESSES} 0035 0035 000a 0000 6869",
    f"{ETHERNET} 4500001c 00012000 4001 46de {ADDRESSES} {REQUEST}",  # the first fragment of more
    f"{ETHERNET} 4500001c 00010001 4001 66dd {ADDRESSES} {REQUEST}",  # its last
    f"{ETHERNET} 47000024 00010000 4001 59cf {ADDRESSES} 0707040000000000 {REQUEST}",  # options: record the route
    f"{ETHERNET} 45000038 00010000 4001 66c2 {ADDRESSES} 0301 fcfe 00000000 "  # an error about a packet of ours
    f"4500001c 00010000 4001 66de 0a000001 0a000002 {REQUEST}",
]]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A frame that was right, with some of its bytes changed, perhaps cut or lengthened."""
    frame = bytearray(draw(st.sampled_from(FRAMES)))
    for at, value in draw(st.lists(st.tuples(st.integers(12, len(frame) - 1), st.integers(0, 255)), max_size=4)):
        frame[at] = value
    if draw(st.booleans()) and frame[12:14] == b"\x08\x00":
        right_header(frame)
    if draw(st.booleans()):
        del frame[draw(st.integers(0, len(frame))) :]
    return bytes(frame) + draw(st.binary(max_size=9))


def right_header(frame: bytearray) -> None:
    """Make the IP header's checksum right again, so that the packet gets farther."""
    frame[24:26] = b"\0\0"
    frame[24:26] = ip_fast_csum(frame, 14, frame[14] & 15).to_bytes(2, "big")


# ---- what is held against it ----

def every_device(machine: Machine) -> Iterator[object]:
    with inside(machine.variables):
        yield from [dev for net in g.net_namespace_list for dev in net.dev_base_head]


def check_accounts(machine: Machine) -> None:
    now = accounts(machine)
    assert now.made == now.consumed + sum(now.dropped.values()) + now.queued, now


def check_peers(machine: Machine) -> None:
    peers = {dev: dev.priv.peer for dev in every_device(machine) if hasattr(dev.priv, "peer")}
    assert all(peers.get(peer) is dev for dev, peer in peers.items())


def check_frame(frame: bytes) -> None:
    """The checksums that a frame carries are right."""
    if int.from_bytes(frame[12:14], "big") != ETH_P_IP:
        return
    header, length = 4 * (frame[14] & 15), int.from_bytes(frame[16:18], "big")
    assert ip_fast_csum(frame, 14, header // 4) == 0
    fragment, protocol, body = int.from_bytes(frame[20:22], "big") & 0x3FFF, frame[23], frame[14 + header : 14 + length]
    if protocol == IPPROTO_ICMP and not fragment:
        assert ip_compute_csum(body, len(body)) == 0
    if protocol == IPPROTO_UDP and not fragment and body[6:8] != b"\0\0":
        sender, receiver = int.from_bytes(frame[26:30], "big"), int.from_bytes(frame[30:34], "big")
        words = sum(int.from_bytes(body[i : i + 2].ljust(2, b"\0"), "big") for i in range(0, len(body), 2))
        assert csum_tcpudp_magic(sender, receiver, len(body), protocol, words) == 0


class Taps:
    """A tap on all devices of each namespace, as soon as there is one."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.taps: dict[object, Socket] = {}

    def frames(self) -> Iterator[bytes]:
        """What was seen since the last time."""
        for net in list(self.machine.variables["net_namespace_list"]):
            if net not in self.taps:
                self.taps[net] = tap = self.machine.process(netns=net).socket(AF_PACKET, SOCK_RAW, ETH_P_ALL)
                tap.setsockopt(SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        for tap in self.taps.values():
            while tap.proc.poll([tap]):
                yield tap.recv(1 << 16)


def typed(machine: Machine, session: list[str]) -> Iterator[str]:
    """Type the commands one by one, on a first and a second console."""
    consoles = Consoles(machine)
    for line in session:
        for console, command in steps(line if line[:2] in ("2$", "2^") else f"$ {line}"):
            consoles.type(console, command)
        yield line


def two_ends() -> tuple[Machine, Socket]:
    """A machine with a pair that is up, and a raw socket on its far end."""
    machine = boot()
    pair = "ip link add veth0 address 02:00:00:00:00:01 type veth peer veth1 address 02:00:00:00:00:02 netns red"
    for line in ["ip netns add red", pair, "ip addr add 10.0.0.1/24 dev veth0", "ip link set veth0 up",
                 "ip -n red addr add 10.0.0.2/24 dev veth1", "ip -n red link set veth1 up", "ip link set lo up",
                 "sysctl -w net.ipv4.ip_forward=1"]:
        assert run_line(machine, line).status == 0, line
    far = machine.variables["net_namespace_list"][-1]
    sock = machine.process(netns=far).socket(AF_PACKET, SOCK_RAW, ETH_P_ALL)
    sock.bind(("veth1", ETH_P_ALL))
    return machine, sock


# ---- the properties ----

@some
@given(drawn)
def test_after_every_command_each_skb_is_accounted_for(session):
    machine = boot()
    for _ in typed(machine, session):
        check_accounts(machine)


@some
@given(drawn)
def test_a_peers_peer_is_the_device_itself(session):
    machine = boot()
    for _ in typed(machine, session):
        check_peers(machine)


@some
@given(drawn)
def test_every_frame_that_a_tap_sees_has_right_checksums(session):
    machine = boot()
    taps = Taps(machine)
    for _ in typed(machine, session):
        for frame in taps.frames():
            check_frame(frame)


@some
@given(drawn)
def test_the_same_session_twice_gives_the_same_bytes(session):
    text = "".join(f"{line}\n" if line[:2] in ("2$", "2^") else f"$ {line}\n" for line in session)
    assert replay(text) == replay(text)


@more
@given(st.lists(lines, min_size=1, max_size=12))
def test_no_command_line_raises_an_exception(typed_lines):
    machine = boot()
    run_line(machine, "ip link add veth0 type veth peer name veth1")
    for line in typed_lines:
        run_line(machine, line)
    check_accounts(machine)


@more
@given(st.lists(st.one_of(mutated(), st.binary(max_size=1600)), min_size=1, max_size=20))
def test_no_frame_raises_an_exception_or_gets_lost_from_the_accounts(frames):
    machine, sock = two_ends()
    for frame in frames:
        try:
            sock.send(frame)
        except OSError:
            pass  # the kernel refuses what is too short or too long
        check_accounts(machine)
    machine.sleep(60)  # fragments that never became whole are given up
    check_accounts(machine)
