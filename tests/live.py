"""Type a session's commands on this machine's own Linux kernel and show what it answers.

    sudo python tests/live.py SESSION.console... > RECORDED.console

Each session gets a fresh network namespace, a private /run/netns and a private /sys; nothing outside them changes.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from vethkernel.user.session import steps

INSIDE = "VETHKERNEL_LIVE_SESSION"  # set in the child that has the namespace to itself
TOOLS = ("bash", "unshare", "mount", "ip", "ping", "tcpdump", "ifconfig", "sysctl", "cat", "sleep")
# As the recordings were made: IPv6 off, no reverse path filter, and network namespaces of its own.
FRESH = """
mount -t tmpfs none /run/netns
mount -t sysfs none /sys
for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done
for i in all default lo; do echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done
"""
STARTED, READ = 1.0, 1.3  # seconds a second console needs to begin, and tcpdump to read its ring once more
ENVIRONMENT = dict(os.environ, LC_ALL="C", LANG="C", PATH="/usr/sbin:/usr/bin:/sbin:/bin")


def why_not() -> str | None:
    """Why this machine's kernel cannot be asked, if it cannot."""
    if platform.system() != "Linux":
        return "no Linux kernel to ask"
    if os.geteuid() != 0:
        return "asking the kernel takes root"
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=ENVIRONMENT["PATH"])]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = run("unshare", "-n", "-m", "true")
    return f"no network namespace can be made: {tried.stderr.strip()}" if tried.returncode else None


def other_versions() -> str | None:
    """How this machine differs from the one that the transcripts were recorded on, if it does."""
    asked = {
        "Linux 6.18": platform.release(),
        "iproute2-6.1.0": _says("ip", "-V"),
        "iputils 20221126": _says("ping", "-V"),
        "tcpdump version 4.99.3": _says("tcpdump", "--version"),
        "net-tools 2.10": _says("ifconfig", "--version"),
    }
    return ", ".join(f"{want} wanted, {said.splitlines()[0]} found" for want, said in asked.items()
                     if want.split()[-1] not in said) or None


def _says(*command: str) -> str:
    done = run(*command)
    return done.stdout + done.stderr or "nothing"


def run(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command, run to its end in the recordings' environment."""
    environment = {**ENVIRONMENT, **more}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600, check=False)


def record(session: Path) -> str:
    """A session's transcript, made in a namespace of its own."""
    os.makedirs("/run/netns", exist_ok=True)
    done = run("unshare", "-n", "-m", sys.executable, __file__, str(session), **{INSIDE: "1"})
    if done.returncode:
        raise RuntimeError(f"{session}: {done.stderr}")
    return done.stdout


def shown(stdout: str, stderr: str, status: int) -> str:
    """An answer, as transcripts write it."""
    lines = stdout.rstrip("\n").split("\n") if stdout.strip("\n") else []
    lines += [f"[stderr] {line}" for line in stderr.rstrip("\n").split("\n")] if stderr.strip("\n") else []
    return "\n".join(line.rstrip() for line in [*lines, f"[exit {status}]"]) + "\n"


def play(text: str) -> None:
    """Type the commands in the namespace that this process is in, and print the transcript."""
    subprocess.run(["bash", "-ec", FRESH], check=True)
    running: dict[str, subprocess.Popen[str]] = {}
    try:
        for console, command in steps(text):
            if console == "#":
                print(command)
            elif console and command is not None:
                print(f"{console}$ {command}")
                running[console] = subprocess.Popen(["bash", "-c", "exec " + command], env=ENVIRONMENT, text=True,
                                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                time.sleep(STARTED)
            elif console:
                job = running.pop(console)
                time.sleep(READ)
                job.send_signal(signal.SIGINT)
                print(f"{console}^C")
                print(shown(*job.communicate(timeout=20), job.returncode))
            else:
                print(f"$ {command}")
                done = run("bash", "-c", command)
                if made := re.match(r"ip netns add (\S+)", command):  # a new namespace starts with IPv6 on
                    for i in ("all", "default"):
                        run("ip", "netns", "exec", made[1], "sysctl", "-qw", f"net.ipv6.conf.{i}.disable_ipv6=1")
                print(shown(done.stdout, done.stderr, done.returncode))
    finally:  # a session may end while a console is still at work
        for job in running.values():
            job.kill()
            job.communicate()


if __name__ == "__main__":
    if INSIDE in os.environ:
        play(Path(sys.argv[1]).read_text("utf-8"))
    elif reason := why_not():
        sys.exit(reason)
    else:
        print("\n".join(record(Path(a)).rstrip("\n") + "\n" for a in sys.argv[1:]), end="")
