# SPDX-License-Identifier: GPL-2.0-only
"""net/core/skbuff.c: how an skb is made, shared, copied, cut and ended.

Every skb that `__alloc_skb` or `skb_clone` makes ends once: by `consume_skb`, when it has done its work, or by
`kfree_skb_reason`, when it is given up and the reason is counted in `g.drop_reasons`. `g.skb_made`, `g.skb_consumed`
and `g.drop_reasons` are the machine's books. Left out: page fragments and what only they need, GSO, recycling.
"""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.linux.bug import KernelBug
from vethkernel.include.linux.errqueue import SKB_EXT_ERR
from vethkernel.include.linux.gfp import GFP_ATOMIC
from vethkernel.include.linux.skbuff import (
    NET_SKB_PAD,
    SKB_DATA_ALIGN,
    SMP_CACHE_BYTES,
    __skb_dequeue,
    __skb_pull,
    __skb_trim,
    sk_buff,
    sk_buff_head,
    skb_cloned,
    skb_headlen,
    skb_headroom,
    skb_is_nonlinear,
    skb_peek,
    skb_shared,
    skb_shared_info,
    skb_shinfo,
    skb_tailroom,
)
from vethkernel.include.net.checksum import csum_partial
from vethkernel.include.net.dropreason import SKB_DROP_REASON_NOT_SPECIFIED, skb_drop_reason
from vethkernel.include.net.sock import SOCK_DEAD, sock, sock_flag
from vethkernel.include.uapi.asm_generic.errno import ENOMEM
from vethkernel.include.uapi.linux.errqueue import SO_EE_ORIGIN_ICMP


def skb_over_panic(skb: sk_buff, sz: int) -> None:
    """Somebody put more into an skb than it has room for. `net/core/skbuff.c:129`"""
    raise KernelBug(f"skb_over_panic: put {sz} bytes, {skb_tailroom(skb)} free")


def skb_under_panic(skb: sk_buff, sz: int) -> None:
    """Somebody pushed a longer header than the headroom holds. `net/core/skbuff.c:134`"""
    raise KernelBug(f"skb_under_panic: push {sz} bytes, {skb_headroom(skb)} free")


def __alloc_skb(size: int, gfp_mask: int, flags: int, node: int) -> sk_buff:
    """A new, empty skb with room for `size` bytes. `net/core/skbuff.c:226`"""
    size = size + SMP_CACHE_BYTES - 1 & ~(SMP_CACHE_BYTES - 1)  # SKB_DATA_ALIGN
    g.skb_made += 1
    return sk_buff(bytearray(size), size, skb_shared_info())


def alloc_skb(size: int, priority: int) -> sk_buff:
    """A new, empty skb with room for `size` bytes. `include/linux/skbuff.h:643`"""
    return __alloc_skb(size, priority, 0, -1)


def __netdev_alloc_skb(dev: object, length: int, gfp_mask: int) -> sk_buff:
    """An skb for a frame that `dev` received, with headroom for whoever forwards it. `net/core/skbuff.c:442`"""
    skb = __alloc_skb(length + NET_SKB_PAD, gfp_mask, 0, -1)
    skb.data = skb.tail = NET_SKB_PAD
    skb.dev = dev
    return skb


def netdev_alloc_skb(dev: object, length: int) -> sk_buff:
    """__netdev_alloc_skb from any context. `include/linux/skbuff.h:1967`"""
    return __netdev_alloc_skb(dev, length, GFP_ATOMIC)


def skb_release_head_state(skb: sk_buff) -> None:
    """Let go of the route and give the bytes back to the socket that paid for them. `net/core/skbuff.c:575`"""
    skb.dst = None
    if skb.destructor is not None:
        skb.destructor(skb)


def skb_release_data(skb: sk_buff, reason: skb_drop_reason | None) -> None:
    """One user of the bytes fewer; the last one ends the chain of fragments too. `net/core/skbuff.c:511`"""
    shinfo = skb.shinfo
    shinfo.dataref -= 1
    if not shinfo.dataref and shinfo.frag_list is not None:
        kfree_skb_list(shinfo.frag_list, reason)


def __kfree_skb(skb: sk_buff, reason: skb_drop_reason | None = None) -> None:
    """The end of an skb: its state and its bytes go, and the machine's books say how. `net/core/skbuff.c:620`"""
    skb_release_head_state(skb)
    skb_release_data(skb, reason)
    if reason is None:
        g.skb_consumed += 1
    else:
        g.drop_reasons[reason] += 1


def kfree_skb_reason(skb: sk_buff, reason: skb_drop_reason) -> None:
    """Give an skb up, and say why. `net/core/skbuff.c:885 (6.1)`"""
    if skb is not None:
        skb.users -= 1
        if not skb.users:
            __kfree_skb(skb, reason)


def kfree_skb(skb: sk_buff) -> None:
    """Give an skb up. `net/core/skbuff.c:634`"""
    kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED)


def kfree_skb_list(segs: sk_buff, reason: skb_drop_reason | None = SKB_DROP_REASON_NOT_SPECIFIED) -> None:
    """End a whole chain: given up for `reason`, or consumed where there is none. `net/core/skbuff.c:647`"""
    while segs is not None:
        next = segs.next
        if reason is None:
            consume_skb(segs)
        else:
            kfree_skb_reason(segs, reason)
        segs = next


def consume_skb(skb: sk_buff) -> None:
    """An skb has done its work. `net/core/skbuff.c:686`"""
    if skb is not None:
        skb.users -= 1
        if not skb.users:
            __kfree_skb(skb)


def __copy_skb_header(new: sk_buff, old: sk_buff) -> None:
    """All that is said about the packet, but not its bytes. `net/core/skbuff.c:699`"""
    new.tstamp = old.tstamp
    new.dev = old.dev
    new.transport_header = old.transport_header
    new.network_header = old.network_header
    new.mac_header = old.mac_header
    new.dst = old.dst
    new.cb = old.cb
    new.csum = old.csum
    new.csum_start = old.csum_start
    new.csum_offset = old.csum_offset
    new.local_df = old.local_df
    new.pkt_type = old.pkt_type
    new.ip_summed = old.ip_summed
    new.priority = old.priority
    new.protocol = old.protocol
    new.mark = old.mark
    new.skb_iif = old.skb_iif
    new.queue_mapping = old.queue_mapping
    new.dst_pending_confirm = old.dst_pending_confirm


def __skb_clone(n: sk_buff, skb: sk_buff) -> sk_buff:
    """Make `n` speak of the same bytes as `skb`, without an owner. `net/core/skbuff.c:752`"""
    n.next = n.sk = n.destructor = None
    __copy_skb_header(n, skb)
    n.head = skb.head
    n.end = skb.end
    n.shinfo = skb.shinfo
    n.len = skb.len
    n.data_len = skb.data_len
    n.data = skb.data
    n.tail = skb.tail
    n.truesize = skb.truesize
    n.users = 1
    n.cloned = True
    skb.shinfo.dataref += 1
    skb.cloned = True
    return n


def skb_clone(skb: sk_buff, gfp_mask: int) -> sk_buff:
    """A second skb on the same bytes: its fields are its own, the bytes may no longer be written.
    `net/core/skbuff.c:874`"""
    g.skb_made += 1
    return __skb_clone(sk_buff.__new__(sk_buff), skb)


def skb_morph(dst: sk_buff, src: sk_buff) -> sk_buff:
    """Let `dst`, which somebody holds, become a clone of `src`; its own bytes go. `net/core/skbuff.c:792`"""
    skb_release_head_state(dst)
    skb_release_data(dst, None)
    return __skb_clone(dst, src)


def skb_unclone(skb: sk_buff, pri: int) -> int:
    """Bytes of one's own, for an skb that stays the same. `include/linux/skbuff.h:856`"""
    return pskb_expand_head(skb, 0, 0, pri) if skb_cloned(skb) else 0


def copy_skb_header(new: sk_buff, old: sk_buff) -> None:
    """What is said about the packet, for a copy whose headers lie at the same offsets. `net/core/skbuff.c:916`"""
    __copy_skb_header(new, old)


def skb_copy(skb: sk_buff, gfp_mask: int) -> sk_buff:
    """A copy with bytes of its own, in one piece. `net/core/skbuff.c:959`"""
    headerlen = skb_headroom(skb)
    n = __alloc_skb(skb.end + skb.data_len, gfp_mask, 0, -1)
    n.data = n.tail = headerlen
    skb_put(n, skb.len)
    n.head[: headerlen + skb.len] = skb.head[:headerlen] + skb_copy_bits(skb, 0, skb.len)
    copy_skb_header(n, skb)
    return n


def pskb_expand_head(skb: sk_buff, nhead: int, ntail: int, gfp_mask: int) -> int:
    """Give the skb a new, unshared buffer with that many bytes more before and behind. `net/core/skbuff.c:1058`"""
    frag_list = skb_shinfo(skb).frag_list
    size = SKB_DATA_ALIGN(nhead + skb.end + ntail)
    head = bytearray(size)
    head[nhead : nhead + skb.tail] = skb.head[: skb.tail]
    shared = skb.shinfo
    skb.shinfo = skb_shared_info()
    if shared.dataref == 1:
        skb.shinfo.frag_list = frag_list
    elif frag_list is not None:
        skb.shinfo.frag_list = _clone_fraglist(frag_list)
    shared.dataref -= 1
    skb.head, skb.end = head, size
    skb.data += nhead
    skb.tail += nhead
    skb.csum_start += nhead
    skb.mac_header += nhead
    skb.network_header += nhead
    skb.transport_header += nhead
    skb.cloned = False
    return 0


def _clone_fraglist(segs: sk_buff) -> sk_buff:
    """The same chain once more: two buffers may not own one chain, since each would end it."""
    first = last = skb_clone(segs, GFP_ATOMIC)
    while segs.next is not None:
        segs = segs.next
        last.next = skb_clone(segs, GFP_ATOMIC)
        last = last.next
    return first


def skb_realloc_headroom(skb: sk_buff, headroom: int) -> sk_buff:
    """A copy with at least `headroom` bytes before the packet. `net/core/skbuff.c:1140`"""
    skb2 = skb_clone(skb, GFP_ATOMIC)
    delta = headroom - skb_headroom(skb)
    pskb_expand_head(skb2, SKB_DATA_ALIGN(max(delta, 0)), 0, GFP_ATOMIC)
    return skb2


def skb_cow(skb: sk_buff, headroom: int) -> int:
    """Make the bytes writable, with at least `headroom` before them. `include/linux/skbuff.h:2235`"""
    delta = max(headroom - skb_headroom(skb), 0)
    if delta or skb_cloned(skb):
        return pskb_expand_head(skb, SKB_DATA_ALIGN(delta), 0, GFP_ATOMIC)
    return 0


def skb_share_check(skb: sk_buff, pri: int) -> sk_buff:
    """An skb of one's own: a clone where others hold this one. `include/linux/skbuff.h:925`"""
    if skb_shared(skb):
        nskb = skb_clone(skb, pri)
        consume_skb(skb)
        return nskb
    return skb


def skb_unshare(skb: sk_buff, pri: int) -> sk_buff:
    """Bytes of one's own: a copy where a clone shares them. `include/linux/skbuff.h:960`"""
    if skb_cloned(skb):
        nskb = skb_copy(skb, pri)
        consume_skb(skb)
        return nskb
    return skb


def skb_put(skb: sk_buff, len: int) -> int:
    """Make the packet `len` bytes longer; returns the offset of the new bytes in `head`. `net/core/skbuff.c:1279`"""
    tmp = skb.tail
    skb.tail = tail = tmp + len
    skb.len += len
    if tail > skb.end:
        skb_over_panic(skb, len)
    return tmp


def skb_push(skb: sk_buff, len: int) -> int:
    """Put `len` bytes before the packet; returns their offset in `head`. `net/core/skbuff.c:1300`"""
    skb.data = data = skb.data - len
    skb.len += len
    if data < 0:
        skb_under_panic(skb, len)
    return data


def skb_pull(skb: sk_buff, len: int) -> int | None:
    """Take `len` bytes off the front; None if the packet is not that long. `net/core/skbuff.c:1320`"""
    if len > skb.len:
        return None
    skb.len -= len
    skb.data += len
    return skb.data


def skb_trim(skb: sk_buff, len: int) -> None:
    """Cut the packet down to `len` bytes, if it is longer. `net/core/skbuff.c:1335`"""
    if skb.len > len:
        __skb_trim(skb, len)


def ___pskb_trim(skb: sk_buff, len: int) -> int:
    """Cut a packet down to `len` bytes, its chain of fragments too. `net/core/skbuff.c:1345`"""
    if skb_is_nonlinear(skb) and len < skb.len:
        __skb_linearize(skb)
    __skb_trim(skb, len)
    return 0


def pskb_trim(skb: sk_buff, len: int) -> int:
    """___pskb_trim, if there is anything to cut. `include/linux/skbuff.h:1876`"""
    return ___pskb_trim(skb, len) if len < skb.len else 0


def __pskb_pull_tail(skb: sk_buff, delta: int) -> int | None:
    """Bring more of the packet into `head`; here all of it. `net/core/skbuff.c:1453`"""
    __skb_linearize(skb)
    return skb.tail


def __skb_linearize(skb: sk_buff) -> int:
    """The packet in one piece: the chain's bytes move into `head`. `include/linux/skbuff.h:2306`"""
    rest = skb_copy_bits(skb, skb_headlen(skb), skb.data_len)
    pskb_expand_head(skb, 0, max(len(rest) - (skb.end - skb.tail), 0), GFP_ATOMIC)
    skb.head[skb.tail : skb.tail + len(rest)] = rest
    skb.tail += len(rest)
    skb.data_len = 0
    chain, skb.shinfo.frag_list = skb.shinfo.frag_list, None
    kfree_skb_list(chain, None)
    return 0


def skb_linearize(skb: sk_buff) -> int:
    """__skb_linearize where it is needed. `include/linux/skbuff.h:2318`"""
    return __skb_linearize(skb) if skb_is_nonlinear(skb) else 0


def pskb_may_pull(skb: sk_buff, len: int) -> bool:
    """True if the first `len` bytes of the packet lie in `head`, bringing them there. `include/linux/skbuff.h:1459`"""
    if len <= skb.len - skb.data_len:
        return True
    if len > skb.len:
        return False
    return __pskb_pull_tail(skb, len - skb_headlen(skb)) is not None


def pskb_pull(skb: sk_buff, len: int) -> int | None:
    """Take `len` bytes off the front, wherever they lie; None if the packet is not that long.
    `include/linux/skbuff.h:1454`"""
    if not pskb_may_pull(skb, len):
        return None
    skb.len -= len
    skb.data += len
    return skb.data


def skb_copy_bits(skb: sk_buff, offset: int, len: int) -> bytes:
    """`len` bytes of the packet from `offset` on, wherever they lie. `net/core/skbuff.c:1585`"""
    headlen = skb.len - skb.data_len
    start = skb.data + offset
    if offset + len <= headlen:
        return bytes(skb.head[start : start + len])
    flat = skb.head[skb.data : skb.data + headlen]
    frag = skb.shinfo.frag_list
    while frag is not None:
        flat += skb_copy_bits(frag, 0, frag.len)
        frag = frag.next
    return bytes(flat[offset : offset + len])


def skb_checksum(skb: sk_buff, offset: int, len: int, csum: int) -> int:
    """The sum, unfolded, of `len` bytes from `offset` on, added to `csum`. `net/core/skbuff.c:1948`"""
    if skb.data_len:
        return csum_partial(skb_copy_bits(skb, offset, len), len, csum)
    start = skb.data + offset
    return csum_partial(skb.head[start : start + len], len, csum)


def skb_pull_rcsum(skb: sk_buff, len: int) -> int:
    """Take a header off; a checksum over the whole packet loses its bytes. `net/core/skbuff.c:2743`"""
    __skb_pull(skb, len)
    return skb.data


def pskb_trim_rcsum(skb: sk_buff, len: int) -> int:
    """Cut the packet; a checksum over all of it no longer holds. `include/linux/skbuff.h:2378`"""
    return ___pskb_trim(skb, len) if len < skb.len else 0


def skb_queue_head(list: sk_buff_head, newsk: sk_buff) -> None:
    """Put `newsk` first. `net/core/skbuff.c:2193`"""
    list.queue.appendleft(newsk)


def skb_queue_tail(list: sk_buff_head, newsk: sk_buff) -> None:
    """Put `newsk` last. `net/core/skbuff.c:2214`"""
    list.queue.append(newsk)


def skb_dequeue(list: sk_buff_head) -> sk_buff:
    """Take the first skb, or None. `net/core/skbuff.c:2134`"""
    return list.queue.popleft() if list.queue else None


def skb_unlink(skb: sk_buff, list: sk_buff_head) -> None:
    """Take `skb` out, wherever it stands. `net/core/skbuff.c:2234`"""
    list.queue.remove(skb)


def skb_queue_purge(list: sk_buff_head, reason: skb_drop_reason = SKB_DROP_REASON_NOT_SPECIFIED) -> None:
    """Give up all that waits in the queue. `net/core/skbuff.c:2174`"""
    while list.queue:
        kfree_skb_reason(list.queue.popleft(), reason)


def __skb_queue_purge(list: sk_buff_head) -> None:
    """Give up all that waits in a queue that nobody else looks at. `include/linux/skbuff.h:1937`"""
    while list.queue:
        kfree_skb(list.queue.popleft())


def skb_orphan(skb: sk_buff) -> None:
    """The socket that made the packet is no longer charged for it. `include/linux/skbuff.h:1904`"""
    if skb.destructor is not None:
        skb.destructor(skb)
    skb.destructor = None
    skb.sk = None


def skb_pull_inline(skb: sk_buff, len: int) -> int | None:
    """skb_pull, for callers in a hurry. `include/linux/skbuff.h:1438`"""
    if len > skb.len:
        return None
    skb.len -= len
    skb.data += len
    return skb.data


def sock_rmem_free(skb: sk_buff) -> None:
    """The socket is no longer charged for an error that waited. `net/core/skbuff.c:3290`"""
    skb.sk.sk_rmem_alloc -= skb.truesize


def sock_queue_err_skb(sk: sock, skb: sk_buff) -> int:
    """Let an error wait in the socket's error queue. `net/core/skbuff.c:3300`"""
    if sk.sk_rmem_alloc + skb.truesize >= sk.sk_rcvbuf:
        return -ENOMEM
    skb_orphan(skb)
    skb.sk = sk
    skb.destructor = sock_rmem_free
    sk.sk_rmem_alloc += skb.truesize
    skb_queue_tail(sk.sk_error_queue, skb)
    if not sock_flag(sk, SOCK_DEAD):
        sk.sk_data_ready(sk)
    return 0


def is_icmp_err_skb(skb: sk_buff) -> bool:
    """True for an error that an ICMP message reported. `net/core/skbuff.c:4856 (6.1)`"""
    return skb is not None and SKB_EXT_ERR(skb).ee.ee_origin == SO_EE_ORIGIN_ICMP


def sock_dequeue_err_skb(sk: sock) -> sk_buff:
    """The error that has waited longest, or None; the next one becomes the socket's error.
    `net/core/skbuff.c:4862 (6.1)`"""
    queue = sk.sk_error_queue
    skb = __skb_dequeue(queue)
    skb_next = skb_peek(queue) if skb is not None else None
    icmp_next = is_icmp_err_skb(skb_next)
    if icmp_next:
        sk.sk_err = SKB_EXT_ERR(skb_next).ee.ee_errno
    if is_icmp_err_skb(skb) and not icmp_next:
        sk.sk_err = 0
    if skb_next is not None:
        sk.sk_error_report(sk)
    return skb
