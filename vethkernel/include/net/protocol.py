# SPDX-License-Identifier: GPL-2.0-only
"""include/net/protocol.h: what a protocol above IP (ICMP, UDP) registers to receive its packets."""

from collections.abc import Callable
from dataclasses import dataclass

from vethkernel.include.linux.skbuff import sk_buff

MAX_INET_PROTOS = 256


@dataclass(slots=True, eq=False, frozen=True)
class net_protocol:
    """Who takes a packet of this protocol, and who takes an ICMP error about one."""

    handler: Callable[[sk_buff], int]
    err_handler: Callable[[sk_buff, int], None] = None
    early_demux: Callable[[sk_buff], None] = None
    no_policy: bool = False
    netns_ok: bool = False
    icmp_strict_tag_validation: bool = False
