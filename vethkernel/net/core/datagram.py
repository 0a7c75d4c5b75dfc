# SPDX-License-Identifier: GPL-2.0-only
"""net/core/datagram.c: how a packet leaves a socket's receive queue for the program.

Left out: waiting, which a program does by poll alone; zero copy; memory pressure.
"""

from __future__ import annotations

from typing import Any

from vethkernel.include.linux.net import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRBAND, POLLWRNORM, socket
from vethkernel.include.linux.skbuff import (
    CHECKSUM_UNNECESSARY,
    __skb_unlink,
    sk_buff,
    skb_peek,
    skb_queue_empty,
)
from vethkernel.include.net.checksum import csum_fold
from vethkernel.include.net.dropreason import skb_drop_reason
from vethkernel.include.net.sock import RCV_SHUTDOWN, SHUTDOWN_MASK, sock, sock_error, sock_writeable
from vethkernel.include.uapi.asm_generic.errno import EAGAIN, ENOENT
from vethkernel.include.uapi.linux.socket import MSG_PEEK


def __skb_recv_datagram(sk: sock, flags: int) -> tuple[sk_buff, int]:
    """The first packet of the queue, and 0; or None and why there is none. Peeking leaves it there.
    `net/core/datagram.c:162`"""
    if sk.sk_err:
        return None, sock_error(sk)
    queue = sk.sk_receive_queue.queue
    if not queue:
        return None, -EAGAIN
    if flags & MSG_PEEK:
        skb = queue[0]
        skb.users += 1
        return skb, 0
    return queue.popleft(), 0


def skb_recv_datagram(sk: sock, flags: int) -> tuple[sk_buff, int]:
    """The next packet for the program, and 0; or None and a negative errno. `net/core/datagram.c:225`"""
    return __skb_recv_datagram(sk, flags)


def skb_free_datagram(sk: sock, skb: sk_buff) -> None:
    """The program has what it wanted of the packet. `net/core/datagram.c:235`"""
    consume_skb(skb)


def skb_kill_datagram(sk: sock, skb: sk_buff, flags: int, reason: skb_drop_reason) -> int:
    """The packet turned out to be bad: off the queue with it, if it was only peeked at. `net/core/datagram.c:282`"""
    err = 0
    if flags & MSG_PEEK:
        err = -ENOENT
        if skb is skb_peek(sk.sk_receive_queue):
            __skb_unlink(skb, sk.sk_receive_queue)
            skb.users -= 1
            err = 0
    kfree_skb_reason(skb, reason)
    sk.sk_drops += 1
    return err


def skb_copy_datagram_iovec(skb: sk_buff, offset: int, to: list[bytes], len: int) -> int:
    """Copy `len` bytes of the packet to the program. `net/core/datagram.c:314`"""
    if offset + len <= skb.len - skb.data_len:
        start = skb.data + offset
        to.append(bytes(skb.head[start : start + len]))
    else:
        to.append(skb_copy_bits(skb, offset, len))
    return 0


def __skb_checksum_complete_head(skb: sk_buff, len: int) -> int:
    """0 if the checksum over `len` bytes and what skb.csum adds is right. `net/core/datagram.c:660`"""
    sum = csum_fold(skb_checksum(skb, 0, len, skb.csum))
    if not sum:
        skb.ip_summed = CHECKSUM_UNNECESSARY
    return sum


def __skb_checksum_complete(skb: sk_buff) -> int:
    """0 if the checksum over the whole packet is right. `net/core/datagram.c:674`"""
    return __skb_checksum_complete_head(skb, skb.len)


def datagram_poll(file: Any, sock: socket) -> int:
    """What a program could do now without waiting. `net/core/datagram.c:747`"""
    sk = sock.sk
    mask = 0
    if sk.sk_err or not skb_queue_empty(sk.sk_error_queue):
        mask |= POLLERR
    if sk.sk_shutdown & RCV_SHUTDOWN:
        mask |= POLLIN | POLLRDNORM
    if sk.sk_shutdown == SHUTDOWN_MASK:
        mask |= POLLHUP
    if not skb_queue_empty(sk.sk_receive_queue):
        mask |= POLLIN | POLLRDNORM
    if sock_writeable(sk):
        mask |= POLLOUT | POLLWRNORM | POLLWRBAND
    return mask


from vethkernel.net.core.skbuff import consume_skb, kfree_skb_reason, skb_checksum, skb_copy_bits
