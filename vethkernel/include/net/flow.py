# SPDX-License-Identifier: GPL-2.0-only
"""include/net/flow.h: what a route is looked up by. A field that is 0 says nothing."""

FLOWI_FLAG_ANYSRC = 0x01
FLOWI_FLAG_KNOWN_NH = 0x02
LOOPBACK_IFINDEX = 1


class flowi4:
    """The question that the routing tables answer; the answer writes the chosen `saddr` and `flowi4_oif` into it.
    The ports, the user and the ICMP message are set by those who ask for them."""

    __slots__ = (
        "daddr", "saddr", "flowi4_oif", "flowi4_iif", "flowi4_mark", "flowi4_tos", "flowi4_scope", "flowi4_proto",
        "flowi4_flags", "flowi4_uid", "fl4_sport", "fl4_dport", "fl4_icmp_type", "fl4_icmp_code",
    )  # fmt: skip
    flowi4_uid: int
    fl4_sport: int
    fl4_dport: int
    fl4_icmp_type: int
    fl4_icmp_code: int

    def __init__(
        self,
        daddr: int = 0,
        saddr: int = 0,
        flowi4_oif: int = 0,
        flowi4_iif: int = 0,
        flowi4_mark: int = 0,
        flowi4_tos: int = 0,
        flowi4_scope: int = 0,
        flowi4_proto: int = 0,
        flowi4_flags: int = 0,
    ) -> None:
        self.daddr = daddr
        self.saddr = saddr
        self.flowi4_oif = flowi4_oif
        self.flowi4_iif = flowi4_iif
        self.flowi4_mark = flowi4_mark
        self.flowi4_tos = flowi4_tos
        self.flowi4_scope = flowi4_scope
        self.flowi4_proto = flowi4_proto
        self.flowi4_flags = flowi4_flags


def flowi4_init_output(
    fl4: flowi4, oif: int, mark: int, tos: int, scope: int, proto: int, flags: int, daddr: int, saddr: int,
    dport: int, sport: int,
) -> None:  # fmt: skip
    """Ask for the way out to `daddr`. `include/net/flow.h:77`"""
    fl4.flowi4_oif = oif
    fl4.flowi4_iif = 0
    fl4.flowi4_mark = mark
    fl4.flowi4_tos = tos
    fl4.flowi4_scope = scope
    fl4.flowi4_proto = proto
    fl4.flowi4_flags = flags
    fl4.daddr = daddr
    fl4.saddr = saddr
    fl4.fl4_dport = dport
    fl4.fl4_sport = sport


def flowi4_update_output(fl4: flowi4, oif: int, tos: int, daddr: int, saddr: int) -> None:
    """Ask again, with what a first answer filled in. `include/net/flow.h:98`"""
    fl4.flowi4_oif = oif
    fl4.flowi4_tos = tos
    fl4.daddr = daddr
    fl4.saddr = saddr
