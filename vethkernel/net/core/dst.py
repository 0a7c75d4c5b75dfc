# SPDX-License-Identifier: GPL-2.0-only
"""net/core/dst.c: destinations in general. Only their making and their end are left: reference counts, the collector
of those that nobody holds, and the copying of metrics on write have nothing to do here."""

from __future__ import annotations

from vethkernel.include.linux.netdevice import net_device
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.dst import DST_OBSOLETE_DEAD, dst_entry, dst_init_metrics
from vethkernel.include.net.dst_ops import dst_ops
from vethkernel.include.uapi.linux.if_ import IFF_UP
from vethkernel.include.uapi.linux.rtnetlink import RTAX_MAX

dst_default_metrics = [0] * RTAX_MAX


def dst_discard(skb: sk_buff) -> int:
    """The way to nowhere. `net/core/dst.c:145`"""
    kfree_skb(skb)
    return 0


def dst_alloc(ops: dst_ops, dev: net_device, initial_ref: int, initial_obsolete: int, flags: int) -> dst_entry:
    """A new destination over `dev`, which discards what it gets until somebody says better. `net/core/dst.c:162`"""
    dst = dst_entry(ops, dev)
    dst_init_metrics(dst, dst_default_metrics, True)
    dst.input = dst.output = dst_discard
    dst.obsolete = initial_obsolete
    dst.flags = flags
    return dst


def ___dst_free(dst: dst_entry) -> None:
    """Mark the destination dead, for those who still know it. `net/core/dst.c:207`"""
    if dst.dev is None or not dst.dev.flags & IFF_UP:
        dst.input = dst.output = dst_discard
    dst.obsolete = DST_OBSOLETE_DEAD


def __dst_free(dst: dst_entry) -> None:
    """Give the destination up. `net/core/dst.c:217`"""
    ___dst_free(dst)


from vethkernel.net.core.skbuff import kfree_skb
