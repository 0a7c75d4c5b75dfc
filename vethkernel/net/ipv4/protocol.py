# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/protocol.c: the table of protocols above IPv4, `g.inet_protos`, indexed by protocol number."""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.net.protocol import net_protocol
from vethkernel.include.uapi.asm_generic.errno import EINVAL


def inet_add_protocol(prot: net_protocol, protocol: int) -> int:
    """From now on `prot` receives this protocol's packets; -1 if another one does. `net/ipv4/protocol.c:38`"""
    if not prot.netns_ok:
        return -EINVAL
    if g.inet_protos[protocol] is not None:
        return -1
    g.inet_protos[protocol] = prot
    return 0


def inet_del_protocol(prot: net_protocol, protocol: int) -> int:
    """Receive them no longer. `net/ipv4/protocol.c:62`"""
    if g.inet_protos[protocol] is not prot:
        return -1
    g.inet_protos[protocol] = None
    return 0
