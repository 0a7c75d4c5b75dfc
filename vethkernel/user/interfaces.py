# SPDX-License-Identifier: GPL-2.0-only
"""What `ifconfig` knows of an interface, and how it prints it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from struct import pack, unpack_from
from typing import TYPE_CHECKING

from vethkernel.include.uapi.linux import if_
from vethkernel.include.uapi.linux.if_ import IFF_BROADCAST, IFF_POINTOPOINT, IFNAMSIZ, ifconf
from vethkernel.include.uapi.linux.if_arp import ARPHRD_ETHER, ARPHRD_LOOPBACK
from vethkernel.include.uapi.linux.socket import AF_INET
from vethkernel.include.uapi.linux.sockios import (
    SIOCGIFADDR,
    SIOCGIFBRDADDR,
    SIOCGIFCONF,
    SIOCGIFDSTADDR,
    SIOCGIFFLAGS,
    SIOCGIFHWADDR,
    SIOCGIFMTU,
    SIOCGIFNETMASK,
    SIOCGIFTXQLEN,
)

if TYPE_CHECKING:
    from vethkernel.syscalls import Process, Socket

IFREQ = 40  # bytes of a struct ifreq: a name, and 24 bytes of what is asked or told
PROC_NET_DEV = "/proc/net/dev"
FLAG_NAMES = (
    "UP BROADCAST DEBUG LOOPBACK POINTOPOINT NOTRAILERS RUNNING NOARP PROMISC ALLMULTI SLAVE MASTER MULTICAST DYNAMIC"
).split()
FLAG_LETTERS = (
    "A:ALLMULTI B:BROADCAST D:DEBUG L:LOOPBACK M:MULTICAST d:DYNAMIC P:PROMISC N:NOTRAILERS O:NOARP P:POINTOPOINT "
    "s:SLAVE m:MASTER R:RUNNING U:UP"
).split()
COUNTERS = (
    "rx_bytes rx_packets rx_errors rx_dropped rx_fifo rx_frame rx_compressed rx_multicast "
    "tx_bytes tx_packets tx_errors tx_dropped tx_fifo collisions tx_carrier tx_compressed"
).split()
SHORT_HEAD = "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
HARDWARE = {ARPHRD_LOOPBACK: ("loop", "Local Loopback"), ARPHRD_ETHER: ("ether", "Ethernet")}
ADDRESSES = {
    "inet": SIOCGIFADDR,
    "destination": SIOCGIFDSTADDR,
    "broadcast": SIOCGIFBRDADDR,
    "netmask": SIOCGIFNETMASK,
}


@dataclass(slots=True)
class Interface:
    """A device or an address label, as the kernel describes it."""

    name: str
    counters: dict[str, int] = None
    flags: int = 0
    mtu: int = 0
    txqueuelen: int = -1
    type: int = 0
    lladdr: bytes = b""
    addresses: dict[str, str] = field(default_factory=dict)


def flag(name: str) -> int:
    """A device's flag by its name without IFF_."""
    return getattr(if_, f"IFF_{name}")


def ask(sock: Socket, request: int, name: str, data: bytes = b"") -> bytes:
    """An ioctl about an interface: what the kernel put behind the name."""
    label = name.encode("utf-8", "surrogateescape")[: IFNAMSIZ - 1]
    return sock.ioctl(request, pack("<16s24s", label, data))[IFNAMSIZ:]


def read_counters(proc: Process) -> dict[str, dict[str, int]]:
    """The counters of all devices, from /proc/net/dev."""
    try:
        lines = proc.open(PROC_NET_DEV).read().splitlines()[2:]
    except OSError as error:
        proc.stderr.write(f"Warning: cannot open {PROC_NET_DEV} ({error.strerror}). Limited output.\n")
        return {}
    found = {}
    for line in lines:
        name, _, numbers = line.strip().rpartition(":")
        found[name] = dict(zip(COUNTERS, map(int, numbers.split()), strict=False))
    return found


def read_labels(sock: Socket) -> list[str]:
    """The names that addresses bear: those of their devices, or aliases such as veth0:1."""
    room = 30
    while True:
        question = bytearray(ifconf.SIZE + room * IFREQ)
        ifconf(question).ifc_len = room * IFREQ
        reply = sock.ioctl(SIOCGIFCONF, bytes(question))
        length = ifconf(reply).ifc_len
        if length < room * IFREQ:
            places = range(ifconf.SIZE, ifconf.SIZE + length, IFREQ)
            names = (reply[at : at + IFNAMSIZ].split(b"\0", 1)[0] for at in places)
            return [name.decode("utf-8", "surrogateescape") for name in names]
        room *= 2


def sort_key(name: str) -> tuple[str, int, str, int]:
    """eth2 comes before eth10, and eth2:1 between them."""
    base, _, alias = m.groups() if (m := re.fullmatch(r"(.*[^:])(:)(\d+)", name, re.ASCII)) else (name, "", "")
    digits = re.search(r"\d*$", base, re.ASCII)[0]
    return base.removesuffix(digits), int(digits or 0), base, int(alias) if alias else -1


def fetch(sock: Socket, interface: Interface) -> None:
    """Ask for everything that is printed of an interface."""
    name = interface.name
    (interface.flags,) = unpack_from("<h", ask(sock, SIOCGIFFLAGS, name))
    hardware = ask(sock, SIOCGIFHWADDR, name)
    interface.type, interface.lladdr = unpack_from("<H", hardware)[0], hardware[2:8]
    (interface.mtu,) = unpack_from("<i", ask(sock, SIOCGIFMTU, name))
    (interface.txqueuelen,) = unpack_from("<i", ask(sock, SIOCGIFTXQLEN, name))
    reply = pack("<H", AF_INET)
    for key, request in ADDRESSES.items():
        try:
            reply = ask(sock, request, name, reply)  # each question carries the answer before it, and finds its address
        except OSError:
            return
        interface.addresses[key] = ".".join(map(str, reply[4:8]))


def short(i: Interface) -> str:
    """A line of `ifconfig -s`."""
    c = i.counters
    if c:
        numbers = (
            f"{c['rx_packets']:8} {c['rx_errors']:6} {c['rx_dropped']:6} {c['rx_fifo']:<6} "
            f"{c['tx_packets']:8} {c['tx_errors']:6} {c['tx_dropped']:6} {c['tx_fifo']:6} "
        )
    else:
        numbers = f"{'     - no statistics available -':<56}"
    letters = "".join(entry[0] for entry in FLAG_LETTERS if i.flags & flag(entry[2:]))
    return f"{i.name[:15]:<15} {i.mtu:5} {numbers}{letters if i.flags else '[NO FLAGS]'}\n"


def long(i: Interface) -> str:
    """An interface in several lines."""
    names = ",".join(name for name in FLAG_NAMES if i.flags & flag(name))
    lines = [f"{i.name}: flags={i.flags}<{names}>  mtu {i.mtu}"]
    a = i.addresses
    if a:
        line = f"inet {a['inet']}  netmask {a['netmask']}"
        line += f"  broadcast {a['broadcast']}" if i.flags & IFF_BROADCAST else ""
        line += f"  destination {a['destination']}" if i.flags & IFF_POINTOPOINT else ""
        lines.append(line)
    kind, title = HARDWARE.get(i.type, ("unspec", "UNSPEC"))
    lladdr = " " + ":".join(f"{byte:02x}" for byte in i.lladdr) if kind == "ether" else ""
    queue = f"  txqueuelen {i.txqueuelen}" if i.txqueuelen != -1 else ""
    lines.append(f"{kind}{lladdr}{queue}  ({title})")
    c = i.counters
    if c:
        lines += [
            f"RX packets {c['rx_packets']}  bytes {c['rx_bytes']} ({human(c['rx_bytes'])})",
            f"RX errors {c['rx_errors']}  dropped {c['rx_dropped']}  overruns {c['rx_fifo']}  frame {c['rx_frame']}",
            f"TX packets {c['tx_packets']}  bytes {c['tx_bytes']} ({human(c['tx_bytes'])})",
            f"TX errors {c['tx_errors']}  dropped {c['tx_dropped']} overruns {c['tx_fifo']}  "
            f"carrier {c['tx_carrier']}  collisions {c['collisions']}",
        ]
    return "\n        ".join(lines) + "\n\n"


def human(count: int) -> str:
    """A number of bytes in the largest unit that it exceeds, with one digit, cut off."""
    power = next((power for power in (6, 5, 4, 3, 2, 1) if count > 1024**power), 0)
    tenths = count * 10 // 1024**power
    return f"{tenths // 10}.{tenths % 10} {('B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB')[power]}"
