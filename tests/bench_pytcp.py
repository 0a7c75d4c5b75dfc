"""Round trips a second of PyTCP, the yardstick of `make bench`; run with `python -O` where PyTCP 2.7.6 is installed.

Two of its packet handlers, joined by nothing but this loop, ping each other: one builds an echo request, its frame is
parsed and answered by the other, whose frame is parsed by the first. No threads and no tap device take part.
usage: bench_pytcp.py COUNT [calls]     prints round trips a second, or Python calls for each with `calls`
"""

import sys
import time

from pytcp.lib import stack
from pytcp.lib.ip4_address import Ip4Address, Ip4Host
from pytcp.lib.mac_address import MacAddress
from pytcp.lib.packet import PacketRx
from pytcp.protocols.icmp4.ps import ICMP4_ECHO_REQUEST
from pytcp.subsystems.packet_handler import PacketHandler

HOSTS = (("192.0.2.1", "02:00:00:00:00:01"), ("192.0.2.2", "02:00:00:00:00:02"))
PAYLOAD = bytes(range(56))


class Neighbours:
    """A neighbour table that knows both hosts, as a warm one would."""

    def __init__(self) -> None:
        self.entries = {Ip4Address(address): MacAddress(mac) for address, mac in HOSTS}

    def find_entry(self, ip4_address: Ip4Address) -> MacAddress:
        """The hardware address of either host."""
        return self.entries[ip4_address]


def handler(address: str, mac: str) -> PacketHandler:
    """A host of that address."""
    host = PacketHandler()
    host.mac_unicast = MacAddress(mac)
    host.ip4_host.append(Ip4Host(f"{address}/24"))
    return host


def take() -> bytearray:
    """The bytes of the frame that a handler has just put into the transmit ring."""
    packet = stack.tx_ring._tx_ring.pop()
    data = bytearray(len(packet))
    packet.assemble(memoryview(data))
    return data


def round_trips(count: int) -> None:
    """Let the first host ping the second `count` times."""
    near, far = (handler(*host) for host in HOSTS)
    source, target = (Ip4Address(address) for address, _ in HOSTS)
    for _ in range(count):  # one sequence number: PyTCP refuses a packet whose sum comes to 0xffff
        near._phtx_icmp4(ip4_src=source, ip4_dst=target, icmp4_type=ICMP4_ECHO_REQUEST, icmp4_ec_id=1,
                         icmp4_ec_seq=1, icmp4_ec_data=PAYLOAD)
        far._phrx_ether(PacketRx(take()))
        near._phrx_ether(PacketRx(take()))
    answered = far.packet_stats_rx.icmp4__echo_request__respond_echo_reply
    assert answered == count, f"{answered} of {count} requests were answered"


def main(count: int, calls: bool) -> None:
    stack.arp_cache = Neighbours()
    if calls:
        made = 0

        def on_event(frame: object, event: str, arg: object) -> None:
            nonlocal made
            made += event == "call"

        round_trips(1)
        sys.setprofile(on_event)
        round_trips(count)
        sys.setprofile(None)
        print(made / count)
    else:
        start = time.process_time()
        round_trips(count)
        print(count / (time.process_time() - start))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:] == ["calls"])
