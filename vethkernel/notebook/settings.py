# SPDX-License-Identifier: GPL-2.0-only
"""The article's ping under all 32 settings of its five switches: what the model says, and what a real 6.1 kernel said.

    outcomes = all_settings()        32 machines, one ping each
    by_verdict(outcomes)             who said no, and why: four rows
    agreeing(outcomes)               how many of the 32 came out as recorded
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import product

from vethkernel.machine import boot
from vethkernel.net.ipv4.arp import arp_solicit
from vethkernel.net.ipv4.fib_frontend import fib_validate_source
from vethkernel.notebook.console import console
from vethkernel.notebook.tables import Table, neighbours
from vethkernel.notebook.trace_tables import error_name
from vethkernel.notebook.watch import watching

SWITCHES = (
    "conf.all.rp_filter", "conf.veth0.rp_filter", "conf.veth1.rp_filter",
    "conf.veth0.accept_local", "conf.veth1.accept_local",
)  # fmt: skip
PAIR = """
ip link set lo up
ip link add veth0 type veth peer name veth1
ip addr add 192.168.1.1/24 dev veth0
ip addr add 192.168.1.2/24 dev veth1
ip link set veth0 up
ip link set veth1 up
"""
PING = "ping -c 2 -i 0.2 -W 1 192.168.1.2 -I veth0"
Setting = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the ping: replies, ARP requests sent, the neighbour table; `verdict` is the model's alone."""

    replies: int
    arp_requests: int
    neighbours: tuple[str, ...]
    verdict: int = 0


def pinged(setting: Setting) -> Outcome:
    """The ping on a fresh machine with the five switches so set; `verdict`: of fib_validate_source on the question."""
    machine = boot(cpus=1)
    switches = [f"sysctl -q -w net.ipv4.{name}={value}" for name, value in zip(SWITCHES, setting, strict=True)]
    console(machine, PAIR + "\n".join(switches))
    with watching(fib_validate_source, lambda *_: None) as asked, watching(arp_solicit, lambda *_: None) as requests:
        answer = repr(console(machine, PING))
    rows = [row for row in neighbours(machine).rows if row[3] != "NOARP"]  # which `ip neigh` does not list either
    table = tuple(f"{address} dev {device} {state}" for address, device, _, state, _ in rows)
    return Outcome(answer.count("bytes from"), len(requests), tuple(sorted(table)), asked[0][2])


def all_settings() -> dict[Setting, Outcome]:
    """All 32, in order."""
    return {setting: pinged(setting) for setting in product((0, 1), repeat=len(SWITCHES))}


def recorded() -> dict[Setting, Outcome]:
    """What a real kernel of version 6.1 did."""
    table = json.loads((files("vethkernel.data") / "settings-6.1.json").read_text("utf-8"))
    return {
        tuple(row["setting"]): Outcome(row["replies"], row["arp_requests"], tuple(sorted(row["neighbours"])))
        for row in table
    }


def agreeing(outcomes: dict[Setting, Outcome]) -> int:
    """How many outcomes are those that were recorded, neighbour states included."""
    truth = recorded()
    seen = {s: Outcome(o.replies, o.arp_requests, o.neighbours) for s, o in outcomes.items()}
    return sum(seen[setting] == truth[setting] for setting in truth)


def by_verdict(outcomes: dict[Setting, Outcome]) -> Table:
    """The outcomes by what veth1 asks for: the greater of its own rp_filter and all's, and its accept_local."""
    rows = []
    for strict, local in product((0, 1), repeat=2):
        alike = [o for s, o in outcomes.items() if (max(s[0], s[2]), s[4]) == (strict, local)]
        verdicts = ", ".join(error_name(v) for v in sorted({o.verdict for o in alike}))
        answered = sum(o.replies > 0 for o in alike)
        rows.append((str(strict), str(local), str(len(alike)), verdicts, f"{answered} of {len(alike)}"))
    head = ("rp_filter in force", "accept_local", "settings", "fib_validate_source", "answered")
    return Table("what veth1 makes of the question", head, rows)


def decisive(outcomes: dict[Setting, Outcome], among: Setting = (0, 0, 0)) -> Sequence[str]:
    """The switches that alone change the outcome, where the first ones (the three rp_filter) are so set."""
    fixed = {s: o.replies > 0 for s, o in outcomes.items() if s[: len(among)] == among}
    found = []
    for place, name in enumerate(SWITCHES):
        flipped = ((s, (*s[:place], 1 - s[place], *s[place + 1 :])) for s in fixed)
        if any(fixed[s] != fixed[other] for s, other in flipped if other in fixed):
            found.append(name)
    return found
