# SPDX-License-Identifier: GPL-2.0-only
"""What one ping knows: its orders, its packet, its counters and its clocks (iputils' struct ping_rts)."""

from dataclasses import dataclass, field

from vethkernel.syscalls import Process, Socket
from vethkernel.user.libc import INT_MAX, getnameinfo

TIMEVAL = 16  # bytes of a struct timeval: the payload's first


@dataclass(slots=True)
class Ping:
    """What one ping was asked, and how far it is (struct ping_rts)."""

    proc: Process
    sock: Socket = None
    datagram: bool = False  # a ping socket: the kernel writes the identifier, and brings no IP header
    # what the command line says
    hostname: str = ""
    whereto: str = "0.0.0.0"
    source: str = "0.0.0.0"
    device: str | None = None
    npackets: int = 0
    interval: int = 1000
    preload: int = 1
    deadline: int = 0
    lingertime: int = 10000
    datalen: int = 56
    ident: int = -1
    ttl: int | None = None
    tos: int = 0
    mark: int | None = None
    sndbuf: int = 0
    pmtudisc: int = -1
    pattern: str | None = None
    family: str = ""
    ip_option: str = ""
    flags: set[str] = field(default_factory=set)
    flood: bool = False
    quiet: bool = False
    adaptive: bool = False
    latency: bool = False
    multicast: bool = False
    # the packet
    outpack: bytearray = field(default_factory=bytearray)
    payload_sum: int = 0
    timing: bool = False
    # counters
    ntransmitted: int = 0
    nreceived: int = 0
    nrepeats: int = 0
    nerrors: int = 0
    acked: int = 0
    pipesize: int = -1
    received: bytearray = field(default_factory=lambda: bytearray(0x10000))
    # times
    tmin: int = INT_MAX
    tmax: int = 0
    tsum: int = 0
    tsum2: int = 0
    rtt: int = 0
    rtt_addend: int = 0
    start_time: int = 0
    cur_time: int = 0
    tokens: int = 0
    oom_count: int = 0
    waittime: int = 0
    alarm: int = 0
    exiting: bool = False

    def error(self, text: str) -> None:
        self.proc.stderr.write(f"ping: {text}\n")

    def print_timestamp(self) -> None:
        if "D" in self.flags:
            seconds, ns = divmod(self.proc.clock_gettime(), 10**9)
            self.proc.stdout.write(f"[{seconds}.{ns // 1000:06}] ")

    def pr_addr(self, address: str) -> str:
        name = address if self.exiting or "n" in self.flags else getnameinfo(address)
        return address if name == address else f"{name} ({address})"


def in_flight(p: Ping) -> int:
    """Probes that nobody has answered yet."""
    diff = (p.ntransmitted - p.acked) & 0xFFFF
    return diff if diff <= 0x7FFF else p.ntransmitted - p.nreceived - p.nerrors


def acknowledge(p: Ping, seq: int) -> None:
    """Note the newest answered probe, and how many were under way then ("pipe")."""
    diff = (p.ntransmitted - seq) & 0xFFFF
    if diff <= 0x7FFF:
        if diff + 1 > p.pipesize:
            p.pipesize = diff + 1
        if (seq - p.acked) & 0xFFFF <= 0x7FFF:
            p.acked = seq


def update_interval(p: Ping) -> None:
    """-A: the interval follows the round trip time."""
    estimate = p.rtt // 8 if p.rtt else p.interval * 1000
    p.interval = (estimate + p.rtt_addend + 500) // 1000


def is_ours(p: Ping, ident: int) -> bool:
    return p.datagram or ident == p.ident
