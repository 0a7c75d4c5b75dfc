"""Sessions that nobody thought of: commands drawn at random, most of them sensible, some of them wrong.

`commands(random, number)` draws them; a Typist remembers roughly which devices, addresses and namespaces there are, so
that most commands find what they ask for. `paced(commands)` types them on the model and puts in a `sleep` wherever a
timer would otherwise decide what the next command sees; see there for what is kept out in this way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from vethkernel.globals import g, inside
from vethkernel.include.linux.jiffies import HZ
from vethkernel.include.uapi.linux.if_ import IFF_UP
from vethkernel.include.uapi.linux.neighbour import NUD_REACHABLE
from vethkernel.kernel.workqueue import delayed_work_timer_fn
from vethkernel.machine import Machine, boot
from vethkernel.user.session import Consoles, steps

NAMES = ["veth0", "veth1", "veth2", "left", "right", "v-2.x"]
ODD_NAMES = ["nosuch", "a", "abcdefghijklmnop", "a/b", ".", "lo", "veth%d", "''", "'a b'", "if2"]
SPACES = ["red", "blue"]
NETS = ["10.0.0", "10.0.1", "192.168.1"]
ODD_ADDRESSES = ["10.0.0.300", "10.0.0", "10.0.0.1/33", "224.0.0.5", "255.255.255.255", "0.0.0.0", "127.0.0.9", "foo"]
ODD_WORDS = ["", "0", "-1", "1", "999999999999", "zz", "dev", "via", "lo", "nosuch", "all", "type",
             "10.0.0.9", "up", "help"]
ODD_MACS = ["00:00:00:00:00:00", "01:00:00:00:00:01", "02:00:00", "02:00:00:00:00:0g", "ff:ff:ff:ff:ff:ff"]
MTUS = [68, 100, 576, 1000, 1400, 1500, 1514, 9000, 65535]
ODD_MTUS = ["67", "0", "65536", "-1", "12x", "0x500", "99999999999"]
SIZES = [0, 7, 8, 15, 16, 56, 100, 548, 972, 973, 1372, 1373, 1472, 1473, 3000, 8972, 20000]
SWITCHES = ["rp_filter", "accept_local", "arp_ignore", "arp_announce", "arp_filter", "forwarding",
            "promote_secondaries", "route_localnet", "log_martians", "proxy_arp", "send_redirects",
            "accept_source_route", "arp_notify"]
STATISTICS = ["rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_dropped", "tx_dropped", "rx_errors"]
FILES = ["address", "mtu", "flags", "ifindex", "iflink", "tx_queue_len", "ifalias", "carrier", "operstate", "type",
         "netdev_group", "addr_assign_type", "carrier_changes", "proto_down", "broadcast", "duplex", "speed"]


def ip(space: str) -> str:
    return f"ip -n {space}" if space else "ip"


def within(space: str, command: str) -> str:
    return f"ip netns exec {space} {command}" if space else command


# Words that would name a process's namespace: the live machine's processes are not ours, and nor is their network.
PROCESS = re.compile(r"\bnetns[ \t]+['\"]?[-+]?\d")


@dataclass
class Typist:
    """Somebody who types, and what he believes the machine to hold."""

    random: Random
    links: list[tuple[str, str]] = field(default_factory=list)  # (namespace, name); "" is the first namespace
    spaces: list[str] = field(default_factory=list)
    addresses: list[tuple[str, str, str]] = field(default_factory=list)  # (namespace, name, address with prefix)
    watching: str = ""

    # ---- words ----

    def one(self, *choices: str) -> str:
        return self.random.choice(choices)

    def seldom(self, chance: float) -> bool:
        return self.random.random() < chance

    def link(self) -> tuple[str, str]:
        """A device and its namespace; now and then one that is not there."""
        if self.seldom(0.06):
            return self.space(), self.random.choice(NAMES + ODD_NAMES)
        return self.random.choice([*self.links, *self.links, *self.links, ("", "lo")])

    def name(self) -> str:
        return self.random.choice(ODD_NAMES) if self.seldom(0.08) else self.random.choice(NAMES)

    def space(self) -> str:
        return self.random.choice(["", "", *self.spaces])

    def mac(self) -> str:
        if self.seldom(0.15):
            return self.random.choice(ODD_MACS)
        return f"02:00:00:00:00:{self.random.randrange(1, 6):02x}"

    def mtu(self) -> str:
        return self.random.choice(ODD_MTUS) if self.seldom(0.15) else str(self.random.choice(MTUS))

    def address(self) -> str:
        if self.seldom(0.06):
            return self.random.choice(ODD_ADDRESSES)
        return f"{self.random.choice(NETS)}.{self.random.choice([0, 1, 2, 2, 3, 77, 255])}"

    def prefix(self) -> str:
        return self.one("0.0.0.0/0", "default", "10.0.0.0/8", "10.9.0.0/16", "10.0.0.128/25", "10.9.9.9",
                        "192.168.1.0/24", "10.0.0.1/24", "172.16.0.0/12", "10.9.0.0/33")

    # ---- commands that change something ----

    def add_pair(self) -> str:
        space, one, two = self.space(), self.name(), self.name()
        words = [ip(space), "link add", one]
        words += self.options(0.2)
        words += ["type veth"]
        there = space
        if not self.seldom(0.1):
            words += ["peer name", two, *self.options(0.2)]
            if self.spaces and self.seldom(0.3):
                there = self.random.choice(self.spaces)
                words += ["netns", there]
            self.links.append((there, two))
        self.links.append((space, one))
        return " ".join(words)

    def options(self, chance: float) -> Iterator[str]:
        if self.seldom(chance):
            yield f"mtu {self.mtu()}"
        if self.seldom(chance):
            yield f"address {self.mac()}"
        if self.seldom(chance / 4):
            yield self.one("up", "txqueuelen 5", "index 9", "index 0", "numtxqueues 2", "broadcast 02:00:00:00:00:ff")

    def add_space(self) -> str:
        name = self.random.choice(SPACES)
        if name not in self.spaces:
            self.spaces.append(name)
        return f"ip netns add {name}"

    def up(self) -> str:
        space, name = self.link()
        return f"{ip(space)} link set {name} up"

    def down(self) -> str:
        space, name = self.link()
        return f"{ip(space)} link set {self.one('', 'dev ')}{name} down"

    def change(self) -> str:
        space, name = self.link()
        draw: list[Callable[[], str]] = [
            lambda: f"mtu {self.mtu()}", lambda: f"mtu {self.mtu()}", lambda: f"address {self.mac()}",
            lambda: "arp " + self.one("on", "off", "off", "maybe"), lambda: "multicast " + self.one("on", "off"),
            lambda: "promisc " + self.one("on", "off"), lambda: "allmulticast " + self.one("on", "off"),
            lambda: "txqueuelen " + self.one("0", "1", "500", "-1", "x"),
            lambda: "alias " + self.one("one", "''", "'a b'"),
            lambda: "group " + self.one("0", "5", "default", "nosuch"), lambda: "carrier " + self.one("on", "off"),
            lambda: "master " + self.one("lo", "nosuch"), lambda: "nomaster",
            lambda: "broadcast 02:00:00:00:00:ff", lambda: "dynamic on",
            lambda: f"{self.one('gso', 'gro')}_max_size {self.one('1000', '65535', '700000', 'x')}",
            lambda: "gso_max_segs " + self.one("0", "7", "65536"),
            lambda: "addrgenmode " + self.one("none", "eui64", "random", "stable_secret", "nosuch"),
        ]
        words = [self.random.choice(draw)() for _ in range(self.random.choice([1, 1, 1, 2]))]
        return f"{ip(space)} link set {name} " + " ".join(words)

    def rename(self) -> str:
        (space, old), new = self.link(), self.name()
        if (space, old) in self.links:
            self.links[self.links.index((space, old))] = (space, new)
        return f"{ip(space)} link set {old} name {new}"

    def other_name(self) -> str:
        (space, name), other = self.link(), self.name()
        if self.seldom(0.3):
            return f"{ip(space)} link property del dev {name} altname {other}"
        self.links.append((space, other))
        return f"{ip(space)} link property add dev {name} altname {other}"

    def move(self) -> str:
        (space, name), target = self.link(), self.one("nosuch", *self.spaces * 8)
        if (space, name) in self.links and target in self.spaces:
            self.links[self.links.index((space, name))] = (target, name)
        return f"{ip(space)} link set {name} netns {target}"

    def delete(self) -> str:
        space, name = self.link()
        if (space, name) in self.links and len(self.links) > 1:
            self.links.remove((space, name))
        return f"{ip(space)} link del {name}"

    def add_address(self) -> str:
        (space, name), address = self.link(), f"{self.address()}/{self.one('24', '24', '24', '16', '32', '30', '8')}"
        words = [ip(space), "addr", self.one("add", "add", "add", "replace", "change"), address]
        if self.seldom(0.35):
            words.append(self.one("brd +", "brd -", "brd 10.0.0.99", "scope link", "scope host", "label x",
                                  f"label {name}:x",
                                  "metric 7", "noprefixroute", "peer 10.0.0.9", "scope nosuch"))
        self.addresses.append((space, name, address))
        return " ".join([*words, "dev", name])

    def any_address(self) -> tuple[str, str, str]:
        return self.random.choice(self.addresses) if self.addresses else ("", "lo", "127.0.0.1/8")

    def delete_address(self) -> str:
        space, name, address = self.any_address()
        if self.seldom(0.15):
            return f"{ip(space)} addr flush dev {name}"
        return f"{ip(space)} addr del {self.one(address, address, address.split('/')[0])} dev {name}"

    def change_route(self) -> str:
        (space, name), way = self.link(), self.one("via", "dev", "dev", "both", "kind")
        verb = self.one("add", "add", "add", "replace", "append", "prepend", "change", "del", "del")
        words = [ip(space), "route", verb]
        if way == "kind":
            words.append(self.one("unreachable", "blackhole", "prohibit", "throw", "local", "broadcast", "unicast"))
        words.append(self.prefix())
        if way in ("via", "both"):
            words += ["via", self.address()]
        if way in ("dev", "both"):
            words += ["dev", name]
        if self.seldom(0.35):
            words.append(self.one("metric 5", "src 10.0.0.1", "mtu 1000", "mtu lock 600", "scope link", "scope host",
                                  "onlink", "table 100", "proto static", "tos 0x10", "advmss 500", "table local",
                                  "scope nosuch"))
        return " ".join(words)

    def change_neighbour(self) -> str:
        (space, name), verb = self.link(), self.one("add", "add", "replace", "change", "del", "del", "flush")
        if verb == "flush":
            return f"{ip(space)} {self.one('', '-s ')}neigh flush {self.one('all', 'dev ' + name)}"
        words = [ip(space), "neigh", verb, self.address(), "dev", name]
        if verb != "del":
            words += ["lladdr", self.mac()]
            words += [f"nud {self.one('permanent', 'stale', 'noarp', 'nosuch')}"] if self.seldom(0.4) else []
        elif self.seldom(0.1):
            return " ".join([*words[:1], "neigh", self.one("add", "del"), "proxy", self.address(), "dev", name])
        return " ".join(words)

    def switch(self) -> str:
        (space, name), value = self.link(), self.one("0", "1", "1", "1", "2", "x", "-1")
        where = self.one("all", "default", name, name)
        if self.seldom(0.3):
            key = "net.ipv4." + self.one("ip_forward", "icmp_echo_ignore_all", "ip_default_ttl", "ip_nonlocal_bind",
                                         "icmp_errors_use_inbound_ifaddr", "icmp_echo_ignore_broadcasts")
            value = "64" if "ttl" in key and value in "01" else value
        else:
            key = f"net.ipv4.conf.{where.replace('.', '/')}.{self.random.choice(SWITCHES)}"
        if " " in key or "''" in key:
            key = "net.ipv4.nosuch"
        return within(space, f"sysctl {key}" if self.seldom(0.15) else f"sysctl -w {key}={value}")

    def old_style(self) -> str:
        space, name = self.link()
        word = self.one("up", "down", f"mtu {self.mtu()}", f"hw ether {self.mac()}", "10.0.0.1/24",
                        "10.0.1.2 netmask 255.255.255.0", "-arp", "arp", "promisc", "-promisc", "txqueuelen 9",
                        "broadcast 10.0.0.7", "pointopoint 10.0.0.8", "0.0.0.0", "-multicast", "allmulti",
                        "netmask 255.255.0.0")
        self.addresses.append((space, name, "10.0.0.1/24"))
        return within(space, f"ifconfig {name}{self.one('', '', '', '', ':1')} {word}")

    # ---- commands that send ----

    def ping(self) -> str:
        known = [address.split("/")[0] for _, _, address in self.addresses[-4:]]
        (space, name), target = self.link(), self.one(*known, self.address())
        if not all(part.isdigit() and int(part) < 256 for part in target.split(".")):
            target = "10.0.0.2"  # a name would be looked up, which takes the live machine's resolver
        words = [self.one("-c 1", "-c 1", "-c 2 -i 0.2", "-q -c 3 -i 0.2", "-n -c 1"), "-W 3.5"]
        if self.seldom(0.35):
            words.append(f"-s {self.random.choice(SIZES)}")
        if self.seldom(0.2):
            words.append("-M " + self.one("do", "dont", "want", "nosuch"))
        if self.seldom(0.15):
            words.append("-t " + self.one("1", "2", "64", "255", "0", "256"))
        if self.seldom(0.3):
            words.append("-I " + self.one(name, name, self.any_address()[2].split("/")[0]))
        if self.seldom(0.15):
            words.append(self.one("-b", "-Q 16", "-p ff00", "-r", "-m 5", "-s x", "-S 1000"))
        return within(space, "ping " + " ".join([*words, target]))

    def watch(self) -> str:
        """tcpdump on a second console, or its end."""
        if self.watching:
            self.watching = ""
            return "2^C"
        space, name = self.link()
        self.watching = name
        return "2$ " + within(space, f"tcpdump -i {name} -nn " + self.one("-e", "-v", "-vvv", "-q", "-t"))

    # ---- commands that look ----

    def show_links(self) -> str:
        space, name = self.link()
        option = self.one("", "", "-d ", "-s ", "-s -s ", "-br ", "-o ", "-j ", "-j -p -d -s ", "-s -d ")
        what = self.one("", "", f" show {name}", f" show dev {name}", " show up", " show type veth", " show group 5")
        return f"{ip(space)} {option}link{what}"

    def show_addresses(self) -> str:
        space, name = self.link()
        option = self.one("", "", "-d ", "-s ", "-br ", "-o ", "-4 ", "-j ", "-o -4 ")
        what = self.one("", "", f" show {name}", f" show dev {name}", " show up", " show scope host",
                        " show to 10.0.0.0/24")
        return f"{ip(space)} {option}addr{what}"

    def show_routes(self) -> str:
        space, name = self.link()
        what = self.one("route", "route", "route show table local", "route show table all", f"route show dev {name}",
                        f"route show {self.prefix()}", "-d route", "-j route", "-s route")
        words = what.split(" ", 1)
        return f"{ip(space)} " + (f"{words[0]} {words[1]}" if words[0][0] == "-" else what)

    def get_route(self) -> str:
        (space, name), words = self.link(), [f"route get {self.address()}"]
        if self.seldom(0.4):
            words.append(self.one(f"oif {name}", f"from {self.address()}", f"from {self.address()} iif {name}",
                                  "mark 5", "fibmatch"))
        return f"{ip(space)} {' '.join(words)}"

    def show_neighbours(self) -> str:
        space, name = self.link()
        return f"{ip(space)} {self.one('', '-o ')}neigh{self.one('', ' show', f' show dev {name}', ' show nud all')}"

    def read(self) -> str:
        space, name = self.link()
        file, count, switch = map(self.random.choice, (FILES, STATISTICS, SWITCHES))
        path = self.one("/proc/net/dev", "/proc/net/dev", "/proc/net/route", "/proc/net/snmp",
                        f"/sys/class/net/{name}/{file}", f"/sys/class/net/{name}/{file}",
                        f"/sys/class/net/{name}/statistics/{count}", f"/proc/sys/net/ipv4/conf/{name}/{switch}")
        return within(space, f"cat {path}")

    def show_old_style(self) -> str:
        space, name = self.link()
        return within(space, f"ifconfig {self.one('-a', '', name, '-s', '-a -s')}".rstrip())

    def show_spaces(self) -> str:
        return self.one("ip netns", "ip netns list", "ip netns list-id")

    # ---- all together ----

    def begin(self) -> list[str]:
        """Where to start: two or three namespaces in a row, one that answers itself, a loop, or next to nothing."""
        scene = self.one("two", "two", "row", "one", "lo", "bare", "bare")
        if scene == "lo":
            self.addresses.append(("", "lo", "127.0.0.1/8"))
            return ["ip link set lo up"]
        if scene == "bare":
            return [self.add_space(), self.add_pair()] if self.seldom(0.5) else [self.add_pair()]
        self.spaces += {"two": ["red"], "row": ["red", "blue"], "one": []}[scene]
        begun = [f"ip netns add {space}" for space in self.spaces] or ["ip link set lo up"]
        for number, far in enumerate(self.spaces or [""]):
            here, there = NAMES[2 * number : 2 * number + 2]
            begun += [f"ip link add {here} type veth peer name {there}{f' netns {far}' if far else ''}"]
            for host, (space, name) in enumerate([("", here), (far, there)], 1):
                self.links.append((space, name))
                self.addresses.append((space, name, f"10.0.{number}.{host}/24"))
                begun += [f"{ip(space)} addr add 10.0.{number}.{host}/24 dev {name}; {ip(space)} link set {name} up"]
        if scene == "row":
            routes = [f"ip -n {space} route add default via 10.0.{i}.1" for i, space in enumerate(self.spaces)]
            begun += ["; ".join([*routes, "sysctl -w net.ipv4.ip_forward=1"])]
        return begun if scene != "one" else [*begun, f"sysctl -w net.ipv4.conf.{there}.accept_local=1"]

    def command(self) -> str:
        """The next command: one in twelve is garbled."""
        weighted = {
            self.add_pair: 3, self.add_space: 1, self.up: 12, self.down: 3, self.change: 8, self.rename: 2,
            self.other_name: 3, self.move: 4, self.delete: 1, self.add_address: 12, self.delete_address: 3,
            self.change_route: 7, self.switch: 6, self.change_neighbour: 5, self.old_style: 4, self.ping: 24,
            self.watch: 2.5, self.show_links: 10, self.show_addresses: 6, self.show_routes: 6, self.get_route: 4,
            self.show_neighbours: 4, self.read: 6, self.show_old_style: 2, self.show_spaces: 1,
        }  # fmt: skip
        command = self.random.choices(list(weighted), list(weighted.values()))[0]()
        fit = command.startswith("ip ") and " exec " not in command
        return self.garbled(command) if fit and self.seldom(0.08) else command

    def garbled(self, command: str) -> str:
        """A command with a word too many, too few, or wrong."""
        words = command.split(" ")
        at = self.random.randrange(1, len(words))
        match self.random.randrange(4):
            case 0:
                del words[at]
            case 1:
                words.insert(at, words[at])
            case 2:
                words[at] = self.random.choice(ODD_WORDS) or "''"
            case 3:
                words[at] = words[at][:-1] or "''"
        odd = " ".join(words)
        return command if PROCESS.search(odd) else odd


def commands(random: Random, number: int) -> list[str]:
    """`number` commands, the first of which mostly make something that the others can use."""
    typist = Typist(random)
    drawn = typist.begin()
    while len(drawn) < number:
        drawn.append(typist.command())
    return drawn[:number]


# ---- time ----

EDGE = 2.5  # seconds by which the live machine may be late; a timer that is due sooner is waited for
SETTLED = 0.7  # and a little more, for a wheel of timers that is the coarser the longer they run
LINKWATCH = 1.3  # the live machine's link watch sees to most events once a second, for all its namespaces together
ENDED = 2.0  # a namespace ends when a kernel thread comes to it
BELIEVED = 9.0  # a neighbour is believed for 15 to 45 seconds, by a number that each kernel draws


def paced(drawn: list[str]) -> str:
    """The session that types these commands, with the pauses that make two machines agree on what comes first.

    Before a command is typed, every timer that is due within EDGE seconds fires; after a change of carrier the link
    watch has had its turn; before the time is up that a neighbour's answer is believed for, all of them are forgotten.
    """
    machine = boot()
    consoles = Consoles(machine)
    typed: list[str] = []

    def type_(line: str) -> None:
        typed.append(line)
        for console, command in steps(line):
            consoles.type(console, command)

    def wait(seconds: float) -> None:
        if typed[-1].startswith("$ sleep "):
            seconds += float(typed.pop().split()[-1])
        typed.append(f"$ sleep {seconds:.1f}")
        machine.sleep(seconds)

    def forget() -> None:
        if _look(machine, _believing):
            for name in ["", *machine.process().listdir("/run/netns")]:
                type_(f"$ {ip(name)} neigh flush all")

    for command in drawn:
        if command.startswith("2") and command.startswith("2$") == ("2" in consoles.jobs):
            continue  # there is one second console: it is taken, or nothing runs there
        before = machine.variables["linkwatch_nextevent"]
        type_(command if command[:2] in ("2$", "2^") else f"$ {command}")
        if " netns del" in command:
            wait(ENDED)
        if machine.variables["linkwatch_nextevent"] != before or _look(machine, _carrier_changes):
            wait(LINKWATCH)
        forget()
        while seconds := _look(machine, _until_timer):
            wait(seconds)
            forget()
    return "\n".join(typed) + "\n"


def _look(machine: Machine, what: Callable[[], Any]) -> Any:
    with inside(machine.variables):
        return what()


def _carrier_changes() -> bool:
    """Whether the link watch still has to look at a device that is up."""
    return any(dev.flags & IFF_UP for dev in g.lweventlist)


def _until_timer() -> float:
    """Seconds until a timer has fired that is due within EDGE, if there is one; housekeeping does not count."""
    due = [expires for expires, number, timer in g.timers if timer.pending == number
           and timer.function is not delayed_work_timer_fn and expires <= g.jiffies + EDGE * HZ]
    return max(0, max(due) - g.jiffies) / HZ + SETTLED if due else 0.0


def _believing() -> bool:
    """Whether the time is near at which a neighbour is believed no more."""
    return any(neigh.nud_state & NUD_REACHABLE and g.jiffies - neigh.confirmed > BELIEVED * HZ
               for bucket in g.arp_tbl.nht.hash_buckets for neigh in bucket)
