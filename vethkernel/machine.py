# SPDX-License-Identifier: GPL-2.0-only
"""A machine: its kernel's variables, its clock, and the programs that run on it.

    machine = boot()
    job = machine.spawn(["ping", "-c", "1", "127.0.0.1"])
    status = machine.run_job(job)
    print(job.stdout.getvalue())

Time is the machine's own. It passes a little with each system call and, when every program waits, in one leap to the
next moment at which something happens: a timer, or the end of a program's patience. Two machines share nothing that
changes; the same commands on the same `seed` print the same bytes.
"""

from __future__ import annotations

import io
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from random import Random
from typing import Any

from vethkernel import vfs
from vethkernel.accounts import accounts_init
from vethkernel.drivers.net.veth import veth_init
from vethkernel.globals import enter, g, leave
from vethkernel.include.linux.inetdevice import in_device
from vethkernel.include.linux.interrupt import TIMER_SOFTIRQ
from vethkernel.include.linux.jiffies import INITIAL_JIFFIES, NSEC_PER_JIFFY
from vethkernel.include.linux.sched import nsproxy, task_struct
from vethkernel.include.net.net_namespace import get_net
from vethkernel.include.uapi.asm_generic.errno import EACCES, ENOENT
from vethkernel.include.uapi.linux.ip import IPV4_DEVCONF_RP_FILTER
from vethkernel.kernel.pid import pid_hash_add, pidhash_init
from vethkernel.kernel.printk import log_init
from vethkernel.kernel.softirq import __raise_softirq_irqoff, do_softirq, run_ksoftirqd, softirq_init
from vethkernel.kernel.timer import init_timers, next_timer_jiffy
from vethkernel.kernel.workqueue import run_workqueue
from vethkernel.net.core.dev import dev_data, net_dev_init
from vethkernel.net.core.fib_rules import fib_rules_init
from vethkernel.net.core.neighbour import neigh_init
from vethkernel.net.core.net_namespace import net_ns_init
from vethkernel.net.core.sysctl_net_core import sysctl_core_init
from vethkernel.net.ipv4.af_inet import inet_init
from vethkernel.net.ipv4.sysctl_net_ipv4 import sysctl_ipv4_init
from vethkernel.net.ipv6.addrconf import addrconf_init
from vethkernel.net.ipv6.fib6_rules import fib6_rules_init
from vethkernel.net.netlink.af_netlink import netlink_proto_init
from vethkernel.net.packet.af_packet import packet_init
from vethkernel.net.socket import sock_init
from vethkernel.strerror import oserror
from vethkernel.syscalls import Poll, Process, Socket
from vethkernel.user import PROGRAMS

PROGRAM_NS = 2_000_000
EPOCH_NS = 1_372_586_379_000_000_000  # the wall clock at boot: 30 June 2013, the day of v3.10, 09:59:39 UTC
PATIENCE = 3600.0  # seconds after which a command that nobody interrupts is interrupted

Program = Generator[Poll, list[Socket], int]


class Job:
    """A program that was started: what it waits for, what it printed, and how it ended."""

    def __init__(self, process: Process, argv: Sequence[str], stdout: Any, stderr: Any) -> None:
        self.process = process
        self.argv = list(argv)
        self.stdout = stdout
        self.stderr = stderr
        self.status: int | None = None
        self.program: Program | None = None
        self.sockets: Sequence[Socket] = ()
        self.deadline: int | None = None
        self.interrupted = False

    @property
    def running(self) -> bool:
        """True until the program has ended."""
        return self.status is None

    def interrupt(self) -> None:
        """Press ^C: the program hears of it when it next waits, which it does now."""
        self.interrupted = True


class Machine:
    """One machine. `variables` are its kernel's globals; everything else is the world around the kernel."""

    def __init__(self, cpus: int = 2, seed: int = 1, devices: Sequence[Any] = ()) -> None:
        if cpus < 1:
            raise ValueError(f"a machine has one CPU at least, not {cpus}")
        self.variables: dict[str, Any] = {}
        self.jobs: list[Job] = []
        self._next_pid = 1000
        before = enter(self.variables)
        try:
            start_kernel(cpus, seed)
            for device in devices:
                device.install()
            self.run_due()
        finally:
            leave(before)

    # ---- the clock ----

    def monotonic(self) -> int:
        """Nanoseconds since the machine was started."""
        return self.variables["clock_ns"]

    def run_due(self) -> None:
        """A system call ends: what the kernel has put off until now is done, timers that fell due fire."""
        if g.ksoftirqd[g.cpu]:
            run_ksoftirqd(g.cpu)
        if g.timers and g.timers[0][0] <= g.jiffies:
            timer_interrupt()
        if g.workqueue:
            run_workqueue()

    def _pass(self, ns: int) -> None:
        """Let `ns` nanoseconds pass, timers firing on the way; programs that wait do not get their turn."""
        until = self.monotonic() + ns
        while self.monotonic() < until:
            self._leap(until)

    def read_file(self, path: str) -> bytes:
        """The bytes of a file on the machine, such as a capture that `tcpdump -w` wrote. OSError if there is none."""
        content = self.process("cat").open(path).read()
        return content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")

    def _leap(self, moment: int) -> None:
        """Let time pass until `moment`, in nanoseconds, or until the first timer before it has fired."""
        if self.variables["preempt_count"]:  # or its timers, which are soft interrupts, would be waited for without end
            raise RuntimeError("an error ended this machine's kernel in the middle of its work: boot() another")
        before = enter(self.variables)
        try:
            jiffy = next_timer_jiffy()
            if jiffy is not None:
                moment = min(moment, (jiffy - INITIAL_JIFFIES) * NSEC_PER_JIFFY)
            g.clock_ns = max(g.clock_ns, moment)
            g.jiffies = INITIAL_JIFFIES + g.clock_ns // NSEC_PER_JIFFY
            self.run_due()
        finally:
            leave(before)

    # ---- programs ----

    def process(self, comm: str = "python", stdout: Any = None, stderr: Any = None, netns: Any = None) -> Process:
        """A new process, in the first network namespace or in `netns`."""
        self._next_pid += 1
        before = enter(self.variables)
        try:
            net = netns or g.init_net
            task = task_struct(self._next_pid, comm, nsproxy(net))
            get_net(net)
            pid_hash_add(task)
        finally:
            leave(before)
        return Process(self, task, stdout or io.StringIO(), stderr or io.StringIO())

    def spawn(self, argv: Sequence[str], stdout: Any = None, stderr: Any = None, netns: Any = None) -> Job:
        """Start a program; it runs until it first waits. OSError ENOENT if there is none of that name."""
        if argv[0] not in PROGRAMS:
            raise oserror(ENOENT)
        stdout, stderr = stdout or io.StringIO(), stderr or io.StringIO()
        self._pass(PROGRAM_NS)
        job = Job(self.process(argv[0], stdout, stderr, netns), argv, stdout, stderr)
        self.jobs.append(job)
        job.program = self.exec(job.process, list(argv))
        self._resume(job, None)
        return job

    def exec(self, process: Process, argv: list[str]) -> Program:
        """Run the program that `argv` names in this process; returns its exit status."""
        if argv[0] not in PROGRAMS:
            raise oserror(EACCES if "/" in argv[0] and process.exists(argv[0]) else ENOENT)
        process.task.comm = argv[0]
        result = PROGRAMS[argv[0]](process, argv)
        if isinstance(result, Generator):
            result = yield from result
        return result

    def _resume(self, job: Job, ready: list[Socket] | None) -> None:
        """Let a program go on until it waits again, or ends."""
        try:
            if job.interrupted:
                job.interrupted = False
                poll = job.program.throw(KeyboardInterrupt())
            else:
                poll = job.program.send(ready)
        except StopIteration as end:
            self._end(job, end.value)
        except KeyboardInterrupt:
            self._end(job, 130)
        else:
            job.sockets = poll.sockets
            job.deadline = None if poll.timeout is None else self.monotonic() + int(poll.timeout * 1e9)

    def _end(self, job: Job, status: int) -> None:
        job.status = status
        self.jobs.remove(job)
        job.process.exit()

    def _run_ready(self) -> bool:
        """Let every program go on that has something to read, or has waited long enough; False if none had."""
        ran = False
        for job in list(self.jobs):
            ready = job.process.poll(job.sockets) if job.sockets else []
            if ready or job.interrupted or job.deadline is not None and job.deadline <= self.monotonic():
                self._resume(job, ready)
                ran = True
        return ran

    def run_job(self, job: Job, patience: float = PATIENCE) -> int:
        """Let time pass until `job` has ended; after `patience` seconds it is interrupted. Returns its exit status."""
        limit = self.monotonic() + int(patience * 1e9)
        while job.running:
            if self.monotonic() >= limit:
                job.interrupt()
                limit += int(1e9)
            if not self._run_ready():
                self._leap(min([j.deadline for j in self.jobs if j.deadline is not None] + [limit]))
        return job.status

    def sleep(self, seconds: float) -> None:
        """Let time pass, and with it whatever runs in the background."""
        until = self.monotonic() + int(seconds * 1e9)
        while self.monotonic() < until:
            if not self._run_ready():
                self._leap(min([j.deadline for j in self.jobs if j.deadline is not None] + [until]))
        self._run_ready()


# a kernel's parts in the order in which they start: include/linux/init.h's levels
INITCALLS: tuple[Callable[[], object], ...] = (
    log_init,
    pidhash_init,
    softirq_init,
    init_timers,
    dev_data,
    vfs.vfs_init,
    accounts_init,
    net_ns_init,
    sock_init,
    netlink_proto_init,
    net_dev_init,
    neigh_init,
    fib_rules_init,
    sysctl_core_init,
    inet_init,
    sysctl_ipv4_init,
    addrconf_init,
    fib6_rules_init,
    packet_init,
    veth_init,
)


def timer_interrupt() -> None:
    """The clock's interrupt: raise the timers' soft interrupt and serve it."""
    __raise_softirq_irqoff(TIMER_SOFTIRQ)
    do_softirq()


def start_kernel(cpus: int, seed: int) -> None:
    """Bring the kernel up, part by part, in the order that a real one does."""
    g.nr_cpu_ids = cpus
    g.cpu = 0
    g.clock_ns = 0
    g.wall_offset_ns = EPOCH_NS
    g.jiffies = INITIAL_JIFFIES
    g.random = Random(seed)
    g.workqueue = deque()
    g.skb_made = g.skb_consumed = 0
    g.drop_reasons = Counter()
    for initcall in INITCALLS:
        initcall()
    rest_init()


def rest_init() -> None:
    """The first program, as far as anybody sees it: process 1 lives in the first network namespace, and its start-up
    files have written the 0 into rp_filter that stands there. conf/default reaches no device after that."""
    pid_hash_add(task_struct(1, "init", nsproxy(get_net(g.init_net))))
    g.init_net.ipv4.devconf_dflt.state.add(IPV4_DEVCONF_RP_FILTER - 1)
    lo: in_device = g.init_net.loopback_dev.ip_ptr
    if lo:  # not in a kernel whose inetdev_event somebody replaced
        lo.cnf.state.add(IPV4_DEVCONF_RP_FILTER - 1)


def boot(cpus: int = 2, seed: int = 1, devices: Sequence[Any] = ()) -> Machine:
    """Start a machine: `cpus` processors, lo and, if given, hardware `devices` (see hardware.py)."""
    return Machine(cpus, seed, devices)
