# SPDX-License-Identifier: GPL-2.0-only
"""A packet in tcpdump's words, from its first byte to its last: link layer, ARP, and the hexadecimal dumps.

`pretty_print_packet()` gives the text of one packet, whatever its bytes are. IPv4 and what it carries: print_ip. Of
the many protocols that tcpdump knows, those that this kernel sends are here; the others are shown as unknown ones are.
"""

from vethkernel.include.uapi.linux.if_arp import ARPOP_REPLY, ARPOP_REQUEST
from vethkernel.include.uapi.linux.if_ether import ETH_HLEN, ETH_P_ARP, ETH_P_IP
from vethkernel.user.pcap import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2, MAXIMUM_SNAPLEN, Packet
from vethkernel.user.print_ip import ip_print
from vethkernel.user.printer import Printer, Truncated

SLL_HDR_LEN, SLL2_HDR_LEN = 16, 20
MAX_ETHERNET_LENGTH = 1500
ETHERTYPES = {
    ETH_P_IP: "IPv4",
    ETH_P_ARP: "ARP",
    0x8100: "802.1Q",
    0x0600: "NS",
    0x1000: "Trail",
    0x6558: "TEB",
    0x8035: "Reverse ARP",
    0x809B: "Appletalk",
    0x80F3: "Appletalk ARP",
    0x8137: "IPX",
    0x86DD: "IPv6",
    0x8808: "MPCP",
    0x8809: "Slow Protocols",
    0x8847: "MPLS unicast",
    0x8848: "MPLS multicast",
    0x8863: "PPPoE D",
    0x8864: "PPPoE S",
    0x888E: "EAPOL",
    0x88A2: "AoE",
    0x88A8: "802.1Q-QinQ",
    0x88CC: "LLDP",
    0x88E5: "802.1AE MACsec",
    0x88F7: "PTP",
    0x9000: "Loopback",
}
HARDWARE = {1: "Ethernet", 6: "TokenRing", 7: "ArcNet", 23: "Strip", 24: "IEEE 1394", 32: "InfiniBand"}
ARP_OPERATIONS = {1: "Request", 2: "Reply", 3: "Reverse Request", 4: "Reverse Reply", 8: "Inverse Request"} | {
    9: "Inverse Reply",
    10: "NACK Reply",
}
PACKET_TYPES = {0: "In", 1: "B", 2: "M", 3: "P", 4: "Out"}


def pretty_print_packet(p: Printer, packet: Packet, number: int = 1) -> str:
    """The lines that tcpdump prints for a packet, the `number`th."""
    p.text = [f"{number:5}  "] if p.number else []
    wrong = invalid(packet)
    if wrong:
        return "".join(p.text) + f"[Invalid header:{','.join(wrong)}]\n"
    p.say(p.stamp(packet.time))
    p.data, p.end, p.protocol, p.link_header = packet.data, len(packet.data), "", 0
    try:
        LINK_LAYERS.get(p.linktype, unsupported)(p, packet.length)
    except Truncated:
        p.truncated()
        p.link_header = 0
    p.end = len(p.data)
    dump(p)
    return "".join(p.text) + "\n"


def invalid(packet: Packet) -> list[str]:
    """What is wrong with the lengths that a capture file gives."""
    caplen, length = len(packet.data), packet.length
    wrong = [" caplen==0"] if caplen == 0 else []
    if length == 0:
        wrong.append(" len==0")
    elif length < caplen:
        wrong.append(f" len({length}) < caplen({caplen})")
    if length > MAXIMUM_SNAPLEN:
        wrong.append(f" len({length}) > {MAXIMUM_SNAPLEN}")
    return wrong


def unsupported(p: Printer, length: int) -> None:
    hex_and_ascii(p, 0)


# ---- link layers ----


def ether(p: Printer, length: int) -> None:
    """An Ethernet frame."""
    p.protocol = "ether"
    whole = length
    if p.end < ETH_HLEN:
        p.truncated()
        p.link_header += p.end
        return
    p.link_header = ETH_HLEN
    if p.link:
        p.say(f"{p.etheraddr(6)} > {p.etheraddr(0)}, ")
    kind, at = p.be16(12), ETH_HLEN
    length -= at
    if kind <= MAX_ETHERNET_LENGTH:
        if p.link:
            p.say(f"802.3, length {min(kind, length)}: ")
        p.end = min(p.end, at + min(kind, length))
        default_print(p, at)
        return
    if p.link:
        p.say(f"{ethertype(p, kind)}, length {whole}: ")
    if not network_layer(p, kind, at, length):
        if not p.link:
            p.say(f"{p.etheraddr(6)} > {p.etheraddr(0)}, {ethertype(p, kind)}, length {whole}: ")
        default_print(p, at)


def ethertype(p: Printer, kind: int) -> str:
    if p.quiet:
        return ETHERTYPES.get(kind, f"Unknown Ethertype (0x{kind:04x})")
    return f"ethertype {ETHERTYPES.get(kind, 'Unknown')} (0x{kind:04x})"


def cooked(p: Printer, length: int) -> None:
    """A packet of the "any" device: the interface and direction stand before it."""
    p.protocol = "sll2"
    p.need(0, SLL2_HDR_LEN)
    kind, index = p.be16(0), p.be32(4)
    p.say(f"{p.interfaces.get(index, '?'):<5} {PACKET_TYPES.get(p.u8(10), '?'):<3} ")
    if p.link:
        cooked_header(p, kind, index, length)
    p.link_header = SLL2_HDR_LEN
    if not network_layer(p, kind, SLL2_HDR_LEN, length - SLL2_HDR_LEN):
        if not p.link:
            cooked_header(p, kind, index, length)
        default_print(p, SLL2_HDR_LEN)


def cooked_header(p: Printer, kind: int, index: int, length: int) -> None:
    p.say(f"ifindex {index} ")
    if p.u8(11) == 6:
        p.say(f"{p.etheraddr(12)} ")
    if not p.quiet:
        p.say(f"ethertype {ETHERTYPES.get(kind, 'Unknown')} (0x{kind:04x}), length {length}: ")


def cooked_v1(p: Printer, length: int) -> None:
    """The older form of it, which names no interface."""
    p.protocol = "sll"
    p.need(0, SLL_HDR_LEN)
    kind = p.be16(14)
    if p.link:
        cooked_v1_header(p, kind, length)
    p.link_header = SLL_HDR_LEN
    if not network_layer(p, kind, SLL_HDR_LEN, length - SLL_HDR_LEN):
        if not p.link:
            cooked_v1_header(p, kind, length)
        default_print(p, SLL_HDR_LEN)


def cooked_v1_header(p: Printer, kind: int, length: int) -> None:
    p.say(f"{PACKET_TYPES.get(p.be16(0), '?'):>3} ")
    if p.be16(4) == 6:
        p.say(f"{p.etheraddr(6)} ")
    if not p.quiet:
        p.say(f"ethertype {ETHERTYPES.get(kind, 'Unknown')} (0x{kind:04x}), length {length}: ")


LINK_LAYERS = {LINKTYPE_ETHERNET: ether, LINKTYPE_LINUX_SLL: cooked_v1, LINKTYPE_LINUX_SLL2: cooked}


def network_layer(p: Printer, kind: int, at: int, length: int) -> bool:
    """Print what the link layer carries; False if it is nothing that is known here."""
    if kind == ETH_P_IP:
        ip_print(p, at, length)
    elif kind in (ETH_P_ARP, 0x8035):
        arp_print(p, at, length)
    else:
        return False
    return True


# ---- ARP ----


def arp_print(p: Printer, at: int, length: int) -> None:
    """An ARP message (print-arp.c)."""
    p.protocol = "arp"
    p.need(at, 8)
    hardware, protocol, hlen, plen, op = p.be16(at), p.be16(at + 2), p.u8(at + 4), p.u8(at + 5), p.be16(at + 6)
    sha = at + 8
    spa, tha = sha + hlen, sha + hlen + plen
    tpa = tha + hlen
    p.need(tpa, plen)
    if not p.link:
        p.say("ARP, ")
    is_ip = protocol in (ETH_P_IP, 0x1000)
    if not is_ip or plen != 4 or hlen == 0 or p.verbose:
        kind = HARDWARE.get(hardware, f"Unknown Hardware ({hardware})")
        name = ETHERTYPES.get(protocol, f"Unknown Protocol (0x{protocol:04x})")
        p.say(f"{kind} (len {hlen}), {name} (len {plen})")
        if not p.verbose:
            p.say(f", length {length}")
            return
    p.say(f"{', ' if p.verbose else ''}{ARP_OPERATIONS.get(op, f'Unknown ({op})')} ")

    def address(where: int) -> str:
        return "<wrong proto type>" if not is_ip else "<wrong len>" if plen != 4 else p.ipaddr(where)

    if op == ARPOP_REQUEST:
        target = f" ({p.linkaddr(tha, hlen)})" if any(p.octets(tha, hlen)) else ""
        p.say(f"who-has {address(tpa)}{target} tell {address(spa)}")
    elif op == ARPOP_REPLY:
        p.say(f"{address(spa)} is-at {p.linkaddr(sha, hlen)}")
    elif op in (3, 8):
        p.say(f"who-is {p.linkaddr(tha, hlen)} tell {p.linkaddr(sha, hlen)}")
    elif op in (4, 9):
        p.say(f"{p.linkaddr(tha if op == 4 else sha, hlen)} at {address(tpa if op == 4 else spa)}")
    else:
        hex_and_ascii(p, at)
        return
    p.say(f", length {length}")


# ---- dumps ----


def default_print(p: Printer, at: int) -> None:
    """Bytes that nobody here understands, unless the whole packet is dumped anyway or quiet is wanted."""
    if not (p.quiet or p.hexadecimal or p.hex_and_ascii):
        hex_and_ascii(p, at)


def dump(p: Printer) -> None:
    """-x, -X, -A: the packet's bytes; doubled, with its link-layer header."""
    start = p.link_header
    if p.hex_and_ascii:
        hex_and_ascii(p, 0 if p.hex_and_ascii > 1 else start)
    elif p.hexadecimal:
        hexadecimal(p, 0 if p.hexadecimal > 1 else start)
    elif p.ascii and (p.ascii > 1 or p.end > start):
        graphic(p, 0 if p.ascii > 1 else start)


def words(data: bytes) -> str:
    return "".join(f" {data[i : i + 2].hex()}" for i in range(0, len(data), 2))


def hexadecimal(p: Printer, at: int) -> None:
    for i in range(at, p.end, 16):
        p.say(f"\n\t0x{i - at:04x}: {words(p.data[i : min(i + 16, p.end)])}")


def hex_and_ascii(p: Printer, at: int) -> None:
    for i in range(at, p.end, 16):
        line = p.data[i : min(i + 16, p.end)]
        readable = "".join(chr(b) if 0x21 <= b <= 0x7E else "." for b in line)
        p.say(f"\n\t0x{i - at:04x}: {words(line):<40}  {readable}")


def graphic(p: Printer, at: int) -> None:
    data = p.data[at : p.end]
    p.say("\n")
    for i, b in enumerate(data):
        if b == 0x0D:
            p.say("." if len(data) - i - 1 > 1 and data[i + 1] != 0x0A else "")
        else:
            p.say(chr(b) if 0x21 <= b <= 0x7E or b in b"\t \n" else ".")
