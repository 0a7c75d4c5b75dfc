# SPDX-License-Identifier: GPL-2.0-only
"""include/net/dst.h: a destination, which is how every packet knows its way on: `skb.dst.input` or `skb.dst.output`.

The protocol family's own struct, IPv4's rtable, is its `container`. Nothing counts references: what nobody names any
more is gone by itself; dst_hold and dst_release stay out. IPsec's chains of destinations are left out.
"""

from collections.abc import Callable
from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.err import IS_ERR
from vethkernel.include.linux.netdevice import net_device
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.dst_ops import dst_ops
from vethkernel.include.uapi.linux.rtnetlink import RTAX_ADVMSS, RTAX_LOCK

DST_HOST = 0x0001
DST_NOXFRM = 0x0002
DST_NOPOLICY = 0x0004
DST_NOCACHE = 0x0010
DST_OBSOLETE_NONE = 0
DST_OBSOLETE_DEAD = 2
DST_OBSOLETE_FORCE_CHK = -1
DST_OBSOLETE_KILL = -2


class dst_entry:
    """Where packets of one kind go: the device, and the functions that take them there."""

    __slots__ = (
        "dev", "ops", "_metrics", "expires", "input", "output", "flags", "error", "obsolete", "header_len",
        "trailer_len", "container",
    )  # fmt: skip

    def __init__(self, ops: dst_ops, dev: net_device, container: Any = None) -> None:
        self.dev = dev
        self.ops = ops
        self._metrics: list[int] = []
        self.expires = 0
        self.input: Callable[[sk_buff], int] = None
        self.output: Callable[[sk_buff], int] = None
        self.flags = self.error = self.obsolete = 0
        self.header_len = self.trailer_len = 0
        self.container = container


def dst_init_metrics(dst: dst_entry, src_metrics: list[int], read_only: bool) -> None:
    """Let the destination have the metrics of its route. `include/net/dst.h:145`"""
    dst._metrics = src_metrics


def dst_metrics_ptr(dst: dst_entry) -> list[int]:
    """The destination's metrics, indexed by RTAX_X - 1. `include/net/dst.h:164`"""
    return dst._metrics


def dst_metric_raw(dst: dst_entry, metric: int) -> int:
    """One metric; 0 if the route says nothing. `include/net/dst.h:170`"""
    return dst._metrics[metric - 1]


def dst_metric(dst: dst_entry, metric: int) -> int:
    """The same, for those without a rule of their own. `include/net/dst.h:178`"""
    return dst_metric_raw(dst, metric)


def dst_metric_advmss(dst: dst_entry) -> int:
    """The largest segment to advertise. `include/net/dst.h:187`"""
    return dst_metric_raw(dst, RTAX_ADVMSS) or dst.ops.default_advmss(dst)


def dst_mtu(dst: dst_entry) -> int:
    """The largest packet that gets through as a whole. `include/net/dst.h:211`"""
    return dst.ops.mtu(dst)


def dst_metric_locked(dst: dst_entry, metric: int) -> int:
    """Whether the route fixes this metric. `include/net/dst.h:230`"""
    return dst_metric(dst, RTAX_LOCK) & 1 << metric


def dst_set_expires(dst: dst_entry, timeout: int) -> None:
    """Let the destination expire in `timeout` jiffies, if not earlier. `include/net/dst.h:434`"""
    expires = g.jiffies + timeout or 1
    if dst.expires == 0 or expires < dst.expires:
        dst.expires = expires


def dst_neigh_lookup(dst: dst_entry, daddr: int) -> Any:
    """The neighbour on the way to `daddr`. `include/net/dst.h:414`"""
    n = dst.ops.neigh_lookup(dst, None, daddr)
    return None if IS_ERR(n) else n


def dst_neigh_lookup_skb(dst: dst_entry, skb: sk_buff) -> Any:
    """The neighbour on the packet's way. `include/net/dst.h:420`"""
    n = dst.ops.neigh_lookup(dst, skb, None)
    return None if IS_ERR(n) else n


def dst_link_failure(skb: sk_buff) -> None:
    """Tell the sender that the packet's neighbour does not answer. `include/net/dst.h:427`"""
    dst = skb.dst
    if dst is not None and dst.ops.link_failure:
        dst.ops.link_failure(skb)


def dst_output(skb: sk_buff) -> int:
    """Send the packet on its way out. `include/net/dst.h:446`"""
    return skb.dst.output(skb)


def dst_input(skb: sk_buff) -> int:
    """Take the packet in, or on. `include/net/dst.h:452`"""
    return skb.dst.input(skb)


def dst_check(dst: dst_entry, cookie: int) -> dst_entry:
    """The destination if it still holds, else None. `include/net/dst.h:457`"""
    return dst.ops.check(dst, cookie) if dst.obsolete else dst
