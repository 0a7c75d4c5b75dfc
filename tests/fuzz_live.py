"""A random walk on both machines: sessions that nobody thought of, typed on the model and on this machine's own kernel.

    sudo python tests/fuzz_live.py [SESSIONS [SEED [COMMANDS]]]        or: make fuzz-live N=1000 SEED=1

Each session has a fresh namespace of its own (see live.py). Where the answers differ, the session is tried again with
the live machine to itself; if they still do, commands are taken out for as long as a difference remains, and what is
left is printed. Exits with 1 if there was any.

What is not compared, because the answer is a matter of moments or of chance, is not typed at all, or is waited for
(see typist.paced); transcript.normal makes equal what any two runs may differ in. Not typed:
  - what counts seconds: lifetimes of addresses, `ip -s neigh`, the age of anything;
  - the order of the kernel's hash of neighbours: /proc/net/arp, `ip -j neigh`;
  - what belongs to the whole machine and not to a namespace: dmesg, softnet_stat, CPUs, process numbers (`ping -v`);
  - names of hosts, which the live machine would look up;
  - `ip link set ... netns NUMBER`: the numbers are those of the live machine's processes, and so would be the network;
  - what the model leaves out and says so: IPv6, IP options, policy rules, `ip -batch`, `protodown` and the like.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from random import Random

import live
from transcript import Step, answers
from typist import PROCESS, commands, paced
from vethkernel.user.session import replay

AT_ONCE = 16  # sessions on the live kernel at one time: they mostly wait


@dataclass
class Difference:
    """Commands that are answered differently, the last of them first, and how."""

    drawn: list[str]
    diff: list[str]


def compared(drawn: list[str]) -> Difference | None:
    """Type the commands on both machines."""
    session = paced(drawn)
    if PROCESS.search(session):
        raise ValueError("this session would reach out of its namespace")
    with tempfile.NamedTemporaryFile("w", suffix=".console") as file:
        file.write(session)
        file.flush()
        ours, theirs = answers(replay(session)), answers(live.record(Path(file.name)))
    for i, (our, their) in enumerate(zip(ours, theirs, strict=True), 1):
        if our != their:
            diff = unified_diff(shown(ours[:i]), shown(theirs[:i]), "model", "kernel", lineterm="", n=1000)
            return Difference(drawn[: len(drawn) - unreached(drawn, ours[i:])], list(diff))
    return None


def shown(session: list[Step]) -> list[str]:
    return [line for step in session for line in (step.typed, *step.answer)]


def unreached(drawn: list[str], rest: list[Step]) -> int:
    """How many of the drawn commands, counted from the end, are among the steps that are left."""
    missing = list(drawn)
    for step in reversed(rest):
        if missing and step.typed.removeprefix("$ ") == missing[-1]:
            missing.pop()
    return len(drawn) - len(missing)


def shortest(found: Difference) -> Difference:
    """Take out commands, halves first and then one by one, for as long as a difference remains."""
    size = len(found.drawn) // 2
    while size:
        at = 0
        while at < len(found.drawn):
            fewer = found.drawn[:at] + found.drawn[at + size :]
            less = compared(fewer) if fewer else None
            found, at = (less, at) if less else (found, at + size)
        size //= 2
    return found


def walk(sessions: int, seed: int, number: int, say: Callable[[str], None] = lambda _: None) -> Iterator[Difference]:
    """The sessions that differ, each as short as it can be made."""
    drawn = [commands(Random(f"{seed}.{i}"), number) for i in range(sessions)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        suspects = []
        for i, found in enumerate(pool.map(compared, drawn), 1):
            if found:
                suspects.append(found.drawn)
            if i % 50 == 0:
                say(f"{i} sessions, {len(suspects)} to be looked at again")
    for suspect in suspects:
        if found := compared(suspect):
            yield shortest(found)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser("fuzz_live.py", description="A random walk on the model and on this kernel.")
    for name, usual in (("sessions", 1000), ("seed", 1), ("commands", 20)):
        parser.add_argument(name, type=int, nargs="?", default=usual)
    sessions, seed, number = vars(parser.parse_args(argv)).values()
    if reason := live.why_not():
        print(reason)
        return 1
    found = 0
    for found, difference in enumerate(walk(sessions, seed, number, print), 1):
        print("\n".join(["", f"# difference {found}", *difference.diff]), flush=True)
    print(f"{sessions} sessions of {number} commands ran (seed {seed}): {found} differ")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
