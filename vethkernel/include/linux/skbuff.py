# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/skbuff.h: the socket buffer, the one structure that every layer hands on, and its small operations.

A frame's bytes lie in `head`, a bytearray shared by all clones; `data`, `tail`, `end` and the header fields are
offsets into it, so moving `data` is all that adding or taking off a header costs:

    head (0)      data            tail         end
      |  headroom  |  the packet   |  tailroom  |

What is longer than one buffer hangs as a chain on `skb_shinfo(skb).frag_list`. Left out: page fragments, GSO, and
the fields that only other protocols read.
"""

from collections import deque
from typing import Any

from vethkernel.include.uapi.linux.if_packet import PACKET_HOST

CHECKSUM_NONE = 0
CHECKSUM_UNNECESSARY = 1
CHECKSUM_COMPLETE = 2
CHECKSUM_PARTIAL = 3

NET_SKB_PAD = 64
SMP_CACHE_BYTES = 64
SKB_MAX_ALLOC = 1 << 20
SKB_SHARED_INFO_SIZE = 320  # what struct skb_shared_info costs a socket's budget on x86-64
SK_BUFF_SIZE = 256  # likewise struct sk_buff


def SKB_DATA_ALIGN(x: int) -> int:
    """`x` rounded up to a cache line. `include/linux/skbuff.h:43`"""
    return (x + SMP_CACHE_BYTES - 1) & ~(SMP_CACHE_BYTES - 1)


def SKB_TRUESIZE(x: int) -> int:
    """The memory, in bytes, that a buffer of `x` bytes is charged for. `include/linux/skbuff.h:53`"""
    return x + SKB_DATA_ALIGN(SK_BUFF_SIZE) + SKB_DATA_ALIGN(SKB_SHARED_INFO_SIZE)


class skb_shared_info:
    """What all clones of a buffer share besides its bytes: who else uses them, and the chain of fragments."""

    __slots__ = ("dataref", "frag_list")

    def __init__(self) -> None:
        self.dataref = 1
        self.frag_list: sk_buff = None


class sk_buff:
    """One packet on its way; the field names are the kernel's, the offsets count from the start of `head`."""

    __slots__ = (
        "next", "tstamp", "sk", "dev", "cb", "dst", "len", "data_len", "csum", "csum_start", "csum_offset",
        "priority", "local_df", "cloned", "ip_summed", "pkt_type", "protocol", "destructor", "skb_iif",
        "queue_mapping", "mark", "transport_header", "network_header", "mac_header", "tail", "end", "head", "data",
        "truesize", "users", "shinfo", "dst_pending_confirm",
    )  # fmt: skip

    def __init__(self, head: bytearray, end: int, shinfo: skb_shared_info) -> None:
        self.next: sk_buff = None
        self.tstamp = 0
        self.sk: Any = None
        self.dev: Any = None
        self.cb: Any = None
        self.dst: Any = None
        self.len = self.data_len = 0
        self.csum = self.csum_start = self.csum_offset = 0
        self.priority = 0
        self.local_df = False
        self.cloned = False
        self.ip_summed = CHECKSUM_NONE
        self.pkt_type = PACKET_HOST
        self.protocol = 0
        self.destructor: Any = None
        self.skb_iif = 0
        self.queue_mapping = 0
        self.mark = 0
        self.dst_pending_confirm = False
        self.transport_header = self.network_header = self.mac_header = -1
        self.data = self.tail = 0
        self.head = head
        self.end = end
        self.truesize = end + SK_BUFF_SIZE + SKB_SHARED_INFO_SIZE
        self.users = 1
        self.shinfo = shinfo


class sk_buff_head:
    """A queue of skbs, first in first out."""

    __slots__ = ("queue",)

    def __init__(self) -> None:
        self.queue: deque[sk_buff] = deque()

    @property
    def qlen(self) -> int:
        return len(self.queue)


def skb_shinfo(skb: sk_buff) -> skb_shared_info:
    """The part of a buffer that its clones share. `include/linux/skbuff.h:744`"""
    return skb.shinfo


def skb_queue_head_init(list: sk_buff_head) -> None:
    """An empty queue. `include/linux/skbuff.h:1071`"""
    list.queue = deque()


def skb_queue_empty(list: sk_buff_head) -> bool:
    """True if the queue holds nothing. `include/linux/skbuff.h:757`"""
    return not list.queue


def skb_queue_len(list: sk_buff_head) -> int:
    """How many skbs wait. `include/linux/skbuff.h:1042`"""
    return len(list.queue)


def skb_peek(list_: sk_buff_head) -> sk_buff:
    """The first skb of the queue, left where it is. `include/linux/skbuff.h:985`"""
    return list_.queue[0] if list_.queue else None


def skb_peek_tail(list_: sk_buff_head) -> sk_buff:
    """The last skb of the queue, left where it is. `include/linux/skbuff.h:1026`"""
    return list_.queue[-1] if list_.queue else None


def __skb_queue_tail(list: sk_buff_head, newsk: sk_buff) -> None:
    """Put `newsk` at the end. `include/linux/skbuff.h:1234`"""
    list.queue.append(newsk)


def __skb_queue_head(list: sk_buff_head, newsk: sk_buff) -> None:
    """Put `newsk` before all others. `include/linux/skbuff.h:1217`"""
    list.queue.appendleft(newsk)


def __skb_dequeue(list: sk_buff_head) -> sk_buff:
    """Take the first skb, or None. `include/linux/skbuff.h:1266`"""
    queue = list.queue
    return queue.popleft() if queue else None


def __skb_dequeue_tail(list: sk_buff_head) -> sk_buff:
    """Take the last skb, or None. `include/linux/skbuff.h:1283`"""
    return list.queue.pop() if list.queue else None


def __skb_unlink(skb: sk_buff, list: sk_buff_head) -> None:
    """Take `skb` out, wherever it stands. `include/linux/skbuff.h:1245`"""
    list.queue.remove(skb)


def skb_queue_splice_tail_init(list: sk_buff_head, head: sk_buff_head) -> None:
    """Move all of `list` to the end of `head`. `include/linux/skbuff.h:1168`"""
    head.queue.extend(list.queue)
    list.queue.clear()


def skb_shared(skb: sk_buff) -> bool:
    """True if somebody else holds this very skb. `include/linux/skbuff.h:907`"""
    return skb.users != 1


def skb_get(skb: sk_buff) -> sk_buff:
    """One more holder of the same skb. `include/linux/skbuff.h:831`"""
    skb.users += 1
    return skb


def skb_cloned(skb: sk_buff) -> bool:
    """True if its bytes are shared with a clone, so that they may not be written. `include/linux/skbuff.h:850`"""
    return skb.cloned and skb.shinfo.dataref != 1


def skb_is_nonlinear(skb: sk_buff) -> bool:
    """True if part of the packet lies outside `head`. `include/linux/skbuff.h:1292`"""
    return skb.data_len != 0


def skb_headlen(skb: sk_buff) -> int:
    """Bytes of the packet that lie in `head`. `include/linux/skbuff.h:1297`"""
    return skb.len - skb.data_len


def skb_has_frag_list(skb: sk_buff) -> bool:
    """True if a chain of further skbs belongs to the packet. `include/linux/skbuff.h:2421`"""
    return skb.shinfo.frag_list is not None


def skb_headroom(skb: sk_buff) -> int:
    """Free bytes before the packet. `include/linux/skbuff.h:1474`"""
    return skb.data


def skb_tailroom(skb: sk_buff) -> int:
    """Free bytes behind it; none where a chain follows. `include/linux/skbuff.h:1485`"""
    return 0 if skb.data_len else skb.end - skb.tail


def skb_reserve(skb: sk_buff, len: int) -> None:
    """Leave `len` bytes of headroom in a still empty skb. `include/linux/skbuff.h:1513`"""
    skb.data += len
    skb.tail += len


def __skb_put(skb: sk_buff, len: int) -> int:
    """skb_put without the check. `include/linux/skbuff.h:1413`"""
    tmp = skb.tail
    skb.tail += len
    skb.len += len
    return tmp


def __skb_push(skb: sk_buff, len: int) -> int:
    """skb_push without the check. `include/linux/skbuff.h:1423`"""
    skb.data -= len
    skb.len += len
    return skb.data


def __skb_pull(skb: sk_buff, len: int) -> int:
    """Take `len` bytes off the front. `include/linux/skbuff.h:1431`"""
    skb.len -= len
    skb.data += len
    return skb.data


def __skb_trim(skb: sk_buff, len: int) -> None:
    """Cut a packet that lies in one buffer down to `len` bytes. `include/linux/skbuff.h:1856`"""
    skb.len = len
    skb.tail = skb.data + len


def skb_reset_mac_header(skb: sk_buff) -> None:
    """The link-layer header begins where the packet now begins. `include/linux/skbuff.h:1631`"""
    skb.mac_header = skb.data


def skb_reset_network_header(skb: sk_buff) -> None:
    """The network header begins where the packet now begins. `include/linux/skbuff.h:1610`"""
    skb.network_header = skb.data


def skb_reset_transport_header(skb: sk_buff) -> None:
    """The transport header begins where the packet now begins. `include/linux/skbuff.h:1593`"""
    skb.transport_header = skb.data


def skb_set_network_header(skb: sk_buff, offset: int) -> None:
    """The network header begins `offset` bytes into the packet. `include/linux/skbuff.h:1615`"""
    skb.network_header = skb.data + offset


def skb_set_transport_header(skb: sk_buff, offset: int) -> None:
    """The transport header begins `offset` bytes into the packet. `include/linux/skbuff.h:1598`"""
    skb.transport_header = skb.data + offset


def skb_set_mac_header(skb: sk_buff, offset: int) -> None:
    """The link-layer header begins `offset` bytes into the packet. `include/linux/skbuff.h:1636`"""
    skb.mac_header = skb.data + offset


def skb_transport_header_was_set(skb: sk_buff) -> bool:
    """True once somebody said where the transport header is. `include/linux/skbuff.h:1583`"""
    return skb.transport_header >= 0


def skb_mac_header_was_set(skb: sk_buff) -> bool:
    """True once somebody said where the link-layer header is. `include/linux/skbuff.h:1626`"""
    return skb.mac_header >= 0


def skb_network_offset(skb: sk_buff) -> int:
    """Bytes from the packet's start to its network header; negative once that was pulled.
    `include/linux/skbuff.h:1791`"""
    return skb.network_header - skb.data


def skb_transport_offset(skb: sk_buff) -> int:
    """Bytes from the packet's start to its transport header. `include/linux/skbuff.h:1776`"""
    return skb.transport_header - skb.data


def skb_network_header_len(skb: sk_buff) -> int:
    """Length of the network header with its options. `include/linux/skbuff.h:1781`"""
    return skb.transport_header - skb.network_header


def skb_checksum_start_offset(skb: sk_buff) -> int:
    """Bytes from the packet's start to where a partial checksum begins. `include/linux/skbuff.h:1771`"""
    return skb.csum_start - skb.data


def skb_checksum_none_assert(skb: sk_buff) -> None:
    """Nobody has looked at the packet's checksum. `include/linux/skbuff.h:2912`"""
    skb.ip_summed = CHECKSUM_NONE


def skb_forward_csum(skb: sk_buff) -> None:
    """A sum over the received packet does not hold for the sent one. `include/linux/skbuff.h:2897`"""
    if skb.ip_summed == CHECKSUM_COMPLETE:
        skb.ip_summed = CHECKSUM_NONE


def skb_csum_unnecessary(skb: sk_buff) -> bool:
    """True if the checksum was already checked, or is still to be filled in. `include/linux/skbuff.h:2658`"""
    return bool(skb.ip_summed & CHECKSUM_UNNECESSARY)


def skb_dst(skb: sk_buff) -> Any:
    """The route that the packet follows. `include/linux/skbuff.h:556`"""
    return skb.dst


def skb_dst_set(skb: sk_buff, dst: Any) -> None:
    """Give the packet its route. `include/linux/skbuff.h:575`"""
    skb.dst = dst


def skb_dst_set_noref(skb: sk_buff, dst: Any) -> None:
    """Give the packet a route that it does not hold. `include/linux/skbuff.h:593`"""
    skb.dst = dst


def skb_dst_drop(skb: sk_buff) -> None:
    """The packet lets go of its route. `include/net/dst.h:279`"""
    skb.dst = None
