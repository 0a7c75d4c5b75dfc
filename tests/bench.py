"""How fast the model carries packets, compared within this one run: what `make bench` prints.

Flood ping between two network namespaces (`ping -f -q -c COUNT`), as round trips a second, against
  - PyTCP 2.7.6 with `-O`, two of whose packet handlers do the same (bench_pytcp.py), where a Python that has it is named;
  - the cost of the same number of Python calls that do nothing.
Each figure is the best of several rounds, taken in turn, since the machine's speed drifts.

usage: bench.py [COUNT [PYTHON_WITH_PYTCP]]
"""

import subprocess
import sys
import time
from pathlib import Path

from vethkernel import boot
from vethkernel.user.shell import run_line

ROUNDS = 5
SETUP = """\
ip netns add red
ip netns add blue
ip link add veth0 netns red type veth peer name veth1 netns blue
ip -n red addr add 192.0.2.1/24 dev veth0
ip -n blue addr add 192.0.2.2/24 dev veth1
ip -n red link set veth0 up
ip -n blue link set veth1 up
ip netns exec red ping -c 1 192.0.2.2
"""


def flood(count: int) -> float:
    """Round trips a second of one flood ping on a fresh machine."""
    machine = boot()
    for line in SETUP.splitlines():
        run_line(machine, line)
    start = time.perf_counter()
    answer = run_line(machine, f"ip netns exec red ping -f -q -c {count} 192.0.2.2")
    seconds = time.perf_counter() - start
    assert f"{count} packets transmitted, {count} received" in answer.stdout, answer
    return count / seconds


def calls_per_round_trip() -> float:
    """Python calls that one round trip makes."""
    made = 0

    def on_event(frame: object, event: str, arg: object) -> None:
        nonlocal made
        made += event == "call"

    def total(count: int) -> int:
        nonlocal made
        made = 0
        sys.setprofile(on_event)
        flood(count)
        sys.setprofile(None)
        return made

    return (total(300) - total(100)) / 200


def empty_calls(calls: float) -> float:
    """Round trips a second, if each cost just `calls` calls that do nothing."""

    def nothing() -> None:
        pass

    count = 1_000_000
    start = time.perf_counter()
    for _ in range(count):
        nothing()
    return count / (time.perf_counter() - start) / calls


def pytcp(python: str) -> float:
    """Round trips a second of PyTCP."""
    script = str(Path(__file__).with_name("bench_pytcp.py"))
    return float(subprocess.run([python, "-O", script, "4000"], capture_output=True, text=True, check=True).stdout)


def main(count: int = 20_000, python: str | None = None) -> None:
    calls = calls_per_round_trip()
    ours = theirs = empty = 0.0
    for _ in range(ROUNDS):
        ours = max(ours, flood(count))
        empty = max(empty, empty_calls(calls))
        if python:
            theirs = max(theirs, pytcp(python))
    print(f"flood ping through two namespaces: {ours:,.0f} round trips a second, {calls:.0f} Python calls each")
    print(f"  of the speed of as many empty calls: {ours / empty:.1%}")
    if python:
        print(f"  PyTCP 2.7.6 -O: {theirs:,.0f} a second; ours is {ours / theirs:.2f} times as fast")
    else:
        print("  PyTCP: not compared, since no Python that has it was named")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:2]), *sys.argv[2:3])
