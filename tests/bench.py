"""How fast the model carries packets: what `make bench` prints.

A flood ping between two network namespaces (`ping -f -q`), program, system calls and kernel together, in round trips a
second of processor time; compared, within this one run, with
  - PyTCP 2.7.6 under `python -O`, two of whose packet handlers ping each other without sockets (bench_pytcp.py),
  - as many calls of a Python function that does nothing.
All three take turns, since a machine's speed drifts, and of each the best round counts. PyTCP is installed once, into
.venv-bench, for the Python that runs this.

Then what the recorder costs: the same flood ping where it was never imported, where it was used and switched off again,
and while it records. Each in a process of its own, in turns, and again the best round counts.

usage: bench.py [COUNT]
"""

import subprocess
import sys
import time
from pathlib import Path

from vethkernel import Machine, boot

ROUNDS = 7
RECORDED = 1_000  # round trips of a flood that is recorded, all of whose events are kept
NEVER, OFF, ON = "never imported", "used, and off again", "on"
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


def flood_with_recorder(state: str, count: int) -> tuple[float, float]:
    """Round trips a second with the recorder in that state, and the events that it recorded for each."""
    if state == NEVER:
        rate = flood(count)
        assert "vethkernel.trace.recorder" not in sys.modules
        return rate, 0.0
    from vethkernel.trace.recorder import Recorder

    if state == OFF:
        with Recorder():
            flood(10)
        return flood(count), 0.0
    with Recorder() as trace:
        rate = flood(count)
    assert not trace.truncated
    return rate, len(trace.events) / count


def recorder_cost(count: int) -> dict[str, tuple[float, float]]:
    """The same for each state, the best of all rounds."""
    best = dict.fromkeys((NEVER, OFF, ON), (0.0, 0.0))
    for _ in range(ROUNDS):
        for state in best:
            command = [sys.executable, __file__, state, str(count)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rate, events = map(float, done.stdout.split())
            best[state] = max(best[state], (rate, events))
    return best


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
        made = pytcp(python, 100, "calls")
        print(f"PyTCP's packet handlers alone:     {theirs:8,.0f} a second, {made:.0f} calls each")
        print(f"  ours is {ours / theirs:.2f} times as fast")
    print(f"{calls:.0f} calls that do nothing:         {empty:8,.0f} times a second; ours has {ours / empty:.1%} of it")
    cost = recorder_cost(min(count, RECORDED))
    for state, (rate, events) in cost.items():
        ratio = f"{cost[NEVER][0] / rate:.2f} times the time" + (f", {events:.0f} events each" if events else "")
        print(f"recorder {state + ':':24s} {rate:9,.0f} round trips a second, {ratio}")


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in (NEVER, OFF, ON):
        print(*flood_with_recorder(sys.argv[1], int(sys.argv[2])))
    else:
        main(*map(int, sys.argv[1:]))
