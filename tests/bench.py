"""How fast the model carries packets: what `make bench` prints.

A flood ping between two network namespaces (`ping -f -q`), program, system calls and kernel together, in round trips a
second of processor time; compared, within this one run, with
  - PyTCP 2.7.6 under `python -O`, two of whose packet handlers ping each other without sockets (bench_pytcp.py),
  - as many calls of a Python function that does nothing.
All three take turns, since a machine's speed drifts, and of each the best round counts. PyTCP is installed once, into
.venv-bench, for the Python that runs this.

usage: bench.py [COUNT]
"""

import subprocess
import sys
import time
from pathlib import Path

from vethkernel import Machine, boot

ROUNDS = 7
YARDSTICK = "PyTCP==2.7.6"
ENVIRONMENT = Path(__file__).parent.parent / ".venv-bench"
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


def run(machine: Machine, command: str) -> str:
    """What a command prints."""
    job = machine.spawn(command.split())
    assert machine.run_job(job) == 0, (command, job.stderr.getvalue())
    return job.stdout.getvalue()


def flood(count: int) -> float:
    """Round trips a second of one flood ping on a fresh machine."""
    machine = boot()
    for line in SETUP.splitlines():
        run(machine, line)
    start = time.process_time()
    answer = run(machine, f"ip netns exec red ping -f -q -c {count} 192.0.2.2")
    seconds = time.process_time() - start
    assert f"{count} packets transmitted, {count} received" in answer, answer
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


def empty_calls(calls: float, count: int = 1_000_000) -> float:
    """Round trips a second, if each cost just `calls` calls that do nothing."""

    def nothing() -> None:
        pass

    start = time.process_time()
    for _ in range(count):
        nothing()
    return count / (time.process_time() - start) / calls


def environment() -> Path | None:
    """A Python of this one's version that has PyTCP, made at first; None, and why, if that does not succeed."""
    python = ENVIRONMENT / "bin" / "python"
    known = [str(python), "-c", "import sys, pytcp; print(sys.version)"]
    if python.exists() and subprocess.run(known, capture_output=True, text=True).stdout.strip() == sys.version:
        return python
    print(f"Installing {YARDSTICK} into {ENVIRONMENT.name}, once.", flush=True)
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)],
        [str(python), "-m", "pip", "install", "-qq", "--no-deps", YARDSTICK],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            print(f"{' '.join(command)} failed: {done.stderr.strip()}\nPyTCP is not compared.")
            return None
    return python


def pytcp(python: Path, count: int, *what: str) -> float:
    """Round trips a second of PyTCP; with "calls", Python calls for each."""
    script = str(Path(__file__).with_name("bench_pytcp.py"))
    done = subprocess.run([python, "-O", script, str(count), *what], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main(count: int = 5_000) -> None:
    python = environment()
    calls = calls_per_round_trip()
    ours = theirs = empty = 0.0
    for _ in range(ROUNDS):
        ours = max(ours, flood(count))
        empty = max(empty, empty_calls(calls))
        theirs = max(theirs, pytcp(python, count)) if python else 0.0
    print(f"flood ping through two namespaces: {ours:8,.0f} round trips a second, {calls:.0f} Python calls each")
    if python:
        print(f"PyTCP's packet handlers alone:     {theirs:8,.0f} a second, {pytcp(python, 100, 'calls'):.0f} calls each")
        print(f"  ours is {ours / theirs:.2f} times as fast")
    print(f"{calls:.0f} calls that do nothing:         {empty:8,.0f} times a second; ours has {ours / empty:.1%} of that speed")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
