# SPDX-License-Identifier: GPL-2.0-only
"""net/packet/af_packet.c: packet sockets, the taps by which tcpdump sees every frame of a device.

A socket hangs its `prot_hook` into the lists of packet types; `packet_rcv` then gets what comes in and what goes out.
Left out: the rings of mapped memory, fan-out over several sockets, socket filters, SOCK_PACKET, and VLAN.
"""

from __future__ import annotations

from typing import Any

from vethkernel.include.linux.errno import ENOIOCTLCMD
from vethkernel.include.linux.gfp import GFP_ATOMIC, GFP_KERNEL
from vethkernel.include.linux.if_ether import VLAN_HLEN, eth_hdr
from vethkernel.include.linux.net import SS_UNCONNECTED, net_proto_family, proto_ops, socket
from vethkernel.include.linux.netdevice import (
    LL_RESERVED_SPACE,
    NETDEV_DOWN,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    dev_hard_header,
    dev_net,
    dev_parse_header,
    net_device,
    net_xmit_errno,
    packet_type,
)
from vethkernel.include.linux.notifier import NOTIFY_DONE, notifier_block
from vethkernel.include.linux.seq_file import SEQ_START_TOKEN, seq_file, seq_operations, seq_printf, seq_puts
from vethkernel.include.linux.skbuff import (
    CHECKSUM_PARTIAL,
    sk_buff,
    skb_csum_unnecessary,
    skb_network_offset,
    skb_peek,
    skb_reserve,
    skb_reset_mac_header,
    skb_reset_network_header,
    skb_shared,
)
from vethkernel.include.linux.socket import msghdr, sockaddr_ll
from vethkernel.include.net.sock import SOCK_DEAD, proto, sk_wmem_alloc_get, sock, sock_flag, sock_net, sock_orphan
from vethkernel.include.uapi.asm_generic.errno import (
    EINVAL,
    EMSGSIZE,
    ENETDOWN,
    ENODEV,
    ENOPROTOOPT,
    ENXIO,
    EOPNOTSUPP,
    ESOCKTNOSUPPORT,
)
from vethkernel.include.uapi.linux.if_ import IFF_UP
from vethkernel.include.uapi.linux.if_arp import ARPHRD_ETHER, ARPHRD_LOOPBACK
from vethkernel.include.uapi.linux.if_ether import ETH_P_ALL
from vethkernel.include.uapi.linux.if_packet import (
    PACKET_ADD_MEMBERSHIP,
    PACKET_AUXDATA,
    PACKET_DROP_MEMBERSHIP,
    PACKET_LOOPBACK,
    PACKET_MR_ALLMULTI,
    PACKET_MR_MULTICAST,
    PACKET_MR_PROMISC,
    PACKET_MR_UNICAST,
    PACKET_ORIGDEV,
    PACKET_OUTGOING,
    PACKET_STATISTICS,
    PACKET_TX_TIMESTAMP,
)
from vethkernel.include.uapi.linux.socket import (
    AF_PACKET,
    MSG_DONTWAIT,
    MSG_ERRQUEUE,
    MSG_PEEK,
    MSG_TRUNC,
    PF_PACKET,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_PACKET,
)
from vethkernel.include.uapi.linux.sockios import SIOCINQ, SIOCOUTQ

TP_STATUS_USER = 1
TP_STATUS_CSUMNOTREADY = 1 << 3
TP_STATUS_CSUM_VALID = 1 << 7


class packet_mclist:
    """One thing that a socket made a device listen to: all frames, or all multicasts."""

    __slots__ = ("ifindex", "type", "addr", "count")

    def __init__(self, ifindex: int, type: int, addr: bytes) -> None:
        self.ifindex = ifindex
        self.type = type
        self.addr = addr
        self.count = 1


class packet_skb_cb:
    """The notes on a captured frame: its address as the program will see it, and its length on the wire."""

    __slots__ = ("sa", "origlen")

    def __init__(self, sa: sockaddr_ll, origlen: int) -> None:
        self.sa = sa
        self.origlen = origlen


class packet_sock:
    """A packet socket."""

    __slots__ = ("sk", "tp_packets", "tp_drops", "running", "auxdata", "origdev", "ifindex", "num", "mclist",
                 "prot_hook")  # fmt: skip

    def __init__(self) -> None:
        self.sk = sock(self)
        self.tp_packets = self.tp_drops = self.ifindex = self.num = 0
        self.running = self.auxdata = self.origdev = False
        self.mclist: list[packet_mclist] = []
        self.prot_hook = packet_type(0)


def pkt_sk(sk: sock) -> packet_sock:
    """The packet socket around a sock. `net/packet/internal.h:119`"""
    return sk.container


def PACKET_SKB_CB(skb: sk_buff) -> packet_skb_cb:
    """The notes on a captured frame. `net/packet/af_packet.c:226`"""
    return skb.cb


def register_prot_hook(sk: sock) -> None:
    """From now on the socket gets packets. `net/packet/af_packet.c:244`"""
    po = pkt_sk(sk)
    if not po.running:
        dev_add_pack(po.prot_hook)
        po.running = True


def __unregister_prot_hook(sk: sock, sync: bool) -> None:
    """From now on it gets none. `net/packet/af_packet.c:264`"""
    po = pkt_sk(sk)
    po.running = False
    __dev_remove_pack(po.prot_hook)


def unregister_prot_hook(sk: sock, sync: bool) -> None:
    """The same, if it got any. `net/packet/af_packet.c:282`"""
    if pkt_sk(sk).running:
        __unregister_prot_hook(sk, sync)


def packet_sock_destruct(sk: sock) -> None:
    """Nothing of the socket is under way any more. `net/packet/af_packet.c:1109`"""
    skb_queue_purge(sk.sk_error_queue)


def packet_rcv(skb: sk_buff, dev: net_device, pt: packet_type, orig_dev: net_device) -> int:
    """A frame passes: queue it, from its link-layer header on, or without that header for SOCK_DGRAM.
    `net/packet/af_packet.c:1594`"""
    sk: sock = pt.af_packet_priv
    if skb.pkt_type == PACKET_LOOPBACK or dev.nd_net is not sk.sk_net:
        consume_skb(skb)
        return 0
    po = pkt_sk(sk)
    skb_head, skb_len = skb.data, skb.len
    skb.dev = dev
    if dev.header_ops is not None:
        if sk.sk_type != SOCK_DGRAM:
            skb_push(skb, skb.data - skb.mac_header)
        elif skb.pkt_type == PACKET_OUTGOING:
            skb_pull(skb, skb_network_offset(skb))
    if sk.sk_rmem_alloc >= sk.sk_rcvbuf:
        po.tp_drops += 1
        sk.sk_drops += 1
        if skb_shared(skb):
            skb.data, skb.len = skb_head, skb_len
        kfree_skb(skb)
        return 0
    if skb_shared(skb):
        nskb = skb_clone(skb, GFP_ATOMIC)
        skb.data, skb.len = skb_head, skb_len
        consume_skb(skb)
        skb = nskb
    ifindex = orig_dev.ifindex if po.origdev else dev.ifindex
    sll = sockaddr_ll(ifindex, 0, skb.pkt_type, dev.type, dev_parse_header(skb))
    skb.cb = packet_skb_cb(sll, skb.len)
    skb_set_owner_r(skb, sk)
    skb.dev = None
    skb.dst = None
    po.tp_packets += 1
    sk.sk_receive_queue.queue.append(skb)
    sk.sk_data_ready(sk)
    return 0


def packet_alloc_skb(sk: sock, prepad: int, reserve: int, len: int, linear: int, noblock: int) -> tuple[sk_buff, int]:
    """An skb for `len` bytes to send, and 0; or None and a negative errno. `net/packet/af_packet.c:2172`"""
    skb, err = sock_alloc_send_pskb(sk, prepad + len, 0, noblock)
    if skb is None:
        return None, err
    skb_reserve(skb, reserve)
    skb_put(skb, len)
    return skb, 0


def packet_parse_headers(skb: sk_buff, sock: socket) -> None:
    """Find out the frame's protocol, if the program did not say it. `net/packet/af_packet.c:1995 (6.1)`"""
    skb_reset_mac_header(skb)
    if skb.protocol in (0, ETH_P_ALL) and sock.type == SOCK_RAW and skb.dev.type in (ARPHRD_ETHER, ARPHRD_LOOPBACK):
        skb.protocol = eth_hdr(skb).h_proto
    if skb.transport_header < 0:
        skb.transport_header = skb.data


def packet_snd(sock: socket, msg: msghdr, len: int) -> int:
    """Send a frame as the program wrote it, or give its data a link-layer header for SOCK_DGRAM.
    `net/packet/af_packet.c:2196`"""
    sk = sock.sk
    po = pkt_sk(sk)
    saddr: sockaddr_ll = msg.msg_name
    if saddr is None:
        dev, protocol, addr = po.prot_hook.dev, po.num, None
    else:
        dev, protocol = dev_get_by_index(sock_net(sk), saddr.sll_ifindex), saddr.sll_protocol
        addr = saddr.sll_addr if sock.type == SOCK_DGRAM else None
        if addr is not None and dev is not None and addr.__len__() < dev.addr_len:
            addr = addr.ljust(dev.addr_len, b"\0")
    if dev is None:
        return -ENXIO
    if not dev.flags & IFF_UP:
        return -ENETDOWN
    reserve = dev.hard_header_len if sock.type == SOCK_RAW else 0
    if len > dev.mtu + reserve + VLAN_HLEN:
        return -EMSGSIZE
    hlen = LL_RESERVED_SPACE(dev)
    skb, err = packet_alloc_skb(sk, hlen + dev.needed_tailroom, hlen, len, reserve, msg.msg_flags & MSG_DONTWAIT)
    if skb is None:
        return err
    skb_reset_network_header(skb)
    if sock.type == SOCK_DGRAM:
        if dev_hard_header(skb, dev, protocol, addr, None, len) < 0:
            kfree_skb(skb)
            return -EINVAL
        start = skb.network_header
    else:
        skb.data -= reserve
        skb.tail -= reserve
        start = skb.data
    skb.head[start : start + len] = memcpy_fromiovecend(msg.msg_iov, 0, len) if len else b""
    too_long = len > dev.mtu + reserve
    if too_long or len < reserve or not len:
        kfree_skb(skb)
        return -EMSGSIZE if too_long else -EINVAL
    skb.protocol = protocol
    skb.dev = dev
    skb.priority = sk.sk_priority
    skb.mark = sk.sk_mark
    packet_parse_headers(skb, sock)
    err = dev_queue_xmit(skb)
    if err > 0:
        err = net_xmit_errno(err)
    return err or len


def packet_sendmsg(sock: socket, msg: msghdr, len: int) -> int:
    """sendmsg(2). `net/packet/af_packet.c:2392`"""
    return packet_snd(sock, msg, len)


def packet_release(sock: socket) -> int:
    """The program has closed the socket. `net/packet/af_packet.c:2408`"""
    sk = sock.sk
    if sk is None:
        return 0
    po = pkt_sk(sk)
    sock_net(sk).packet.sklist.remove(sk)
    unregister_prot_hook(sk, False)
    po.prot_hook.dev = None
    packet_flush_mclist(sk)
    sock_orphan(sk)
    sock.sk = None
    skb_queue_purge(sk.sk_receive_queue)
    sock_put(sk)
    return 0


def packet_do_bind(sk: sock, ifindex: int, protocol: int) -> int:
    """Listen to this protocol on this device alone, or on all for 0. `net/packet/af_packet.c:2471`"""
    po = pkt_sk(sk)
    protocol = protocol or po.num
    dev = None
    if ifindex:
        dev = dev_get_by_index_rcu(sock_net(sk), ifindex)
        if dev is None:
            return -ENODEV
    if po.prot_hook.type == protocol and po.prot_hook.dev is dev:
        return 0
    unregister_prot_hook(sk, True)
    po.num = protocol
    po.prot_hook.type = protocol
    po.prot_hook.dev = dev
    po.ifindex = ifindex
    if protocol == 0:
        return 0
    if dev is None or dev.flags & IFF_UP:
        register_prot_hook(sk)
    else:
        sk.sk_err = ENETDOWN
        if not sock_flag(sk, SOCK_DEAD):
            sk.sk_error_report(sk)
    return 0


def packet_bind(sock: socket, uaddr: sockaddr_ll, addr_len: int) -> int:
    """bind(2). `net/packet/af_packet.c:2537`"""
    if addr_len < sockaddr_ll.SIZE or uaddr.sa_family != AF_PACKET:
        return -EINVAL
    return packet_do_bind(sock.sk, uaddr.sll_ifindex, uaddr.sll_protocol)


def packet_create(net: Any, sock: socket, protocol: int, kern: int) -> int:
    """Make a packet socket; with a protocol it listens at once, on all devices. `net/packet/af_packet.c:2576`"""
    if sock.type not in (SOCK_DGRAM, SOCK_RAW):
        return -ESOCKTNOSUPPORT
    sock.state = SS_UNCONNECTED
    sk = sk_alloc(net, PF_PACKET, GFP_KERNEL, packet_proto, kern)
    sock.ops = packet_ops
    sock_init_data(sock, sk)
    po = pkt_sk(sk)
    sk.sk_family = PF_PACKET
    po.num = protocol
    sk.sk_destruct = packet_sock_destruct
    po.prot_hook.func = packet_rcv
    po.prot_hook.af_packet_priv = sk
    po.prot_hook.af_packet_net = net
    if protocol:
        po.prot_hook.type = protocol
        register_prot_hook(sk)
    net.packet.sklist.append(sk)
    return 0


def packet_recvmsg(sock: socket, msg: msghdr, len: int, flags: int) -> int:
    """Fetch a frame. `net/packet/af_packet.c:2691`"""
    sk = sock.sk
    if flags & ~(MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_ERRQUEUE):
        return -EINVAL
    if flags & MSG_ERRQUEUE:
        return sock_recv_errqueue(sk, msg, len, SOL_PACKET, PACKET_TX_TIMESTAMP)
    skb, err = skb_recv_datagram(sk, flags)
    if skb is None:
        return err
    copied = skb.len
    if copied > len:
        copied = len
        msg.msg_flags |= MSG_TRUNC
    skb_copy_datagram_iovec(skb, 0, msg.msg_iov, copied)
    sock_recv_ts_and_drops(msg, sk, skb)
    sll = PACKET_SKB_CB(skb).sa
    sll.sll_protocol = skb.protocol
    msg.msg_name = sll
    if pkt_sk(sk).auxdata:
        put_cmsg(msg, SOL_PACKET, PACKET_AUXDATA, 20, packet_auxdata(skb))
    if flags & MSG_TRUNC:
        copied = skb.len
    skb_free_datagram(sk, skb)
    return copied


def packet_auxdata(skb: sk_buff) -> bytes:
    """struct tpacket_auxdata, in bytes: status, lengths, where the headers are; in C a part of packet_recvmsg."""
    status = TP_STATUS_USER
    if skb.ip_summed == CHECKSUM_PARTIAL:
        status |= TP_STATUS_CSUMNOTREADY
    elif skb.pkt_type != PACKET_OUTGOING and skb_csum_unnecessary(skb):
        status |= TP_STATUS_CSUM_VALID
    words = (status, PACKET_SKB_CB(skb).origlen, skb.len)
    halves = (0, skb_network_offset(skb) & 0xFFFF, 0, 0)
    return b"".join(n.to_bytes(4, "little") for n in words) + b"".join(n.to_bytes(2, "little") for n in halves)


def packet_getname(sock: socket, peer: int) -> tuple[int, sockaddr_ll]:
    """getsockname(2). `net/packet/af_packet.c:2865`"""
    if peer:
        return -EOPNOTSUPP, None
    sk = sock.sk
    po = pkt_sk(sk)
    dev = dev_get_by_index_rcu(sock_net(sk), po.ifindex)
    if dev is None:
        return 0, sockaddr_ll(po.ifindex, po.num)
    return 0, sockaddr_ll(po.ifindex, po.num, 0, dev.type, dev.dev_addr)


def packet_dev_mc(dev: net_device, i: packet_mclist, what: int) -> int:
    """Make the device listen to it, or no longer. Groups need nothing: no device here filters multicasts.
    `net/packet/af_packet.c:2896`"""
    if i.type == PACKET_MR_PROMISC:
        return dev_set_promiscuity(dev, what)
    if i.type == PACKET_MR_ALLMULTI:
        return dev_set_allmulti(dev, what)
    if i.type in (PACKET_MR_MULTICAST, PACKET_MR_UNICAST) and len(i.addr) != dev.addr_len:
        return -EINVAL
    return 0


def packet_dev_mclist(dev: net_device, i: list[packet_mclist], what: int) -> None:
    """A device goes: take back all that the socket made it listen to. `net/packet/af_packet.c:2928`"""
    for ml in i[:]:
        if ml.ifindex == dev.ifindex:
            packet_dev_mc(dev, ml, what)
            i.remove(ml)


def packet_mc_add(sk: sock, ifindex: int, type: int, addr: bytes) -> int:
    """PACKET_ADD_MEMBERSHIP: promiscuous mode, or all multicasts. `net/packet/af_packet.c:2936`"""
    po = pkt_sk(sk)
    dev = __dev_get_by_index(sock_net(sk), ifindex)
    if dev is None:
        return -ENODEV
    if len(addr) > dev.addr_len:
        return -EINVAL
    for ml in po.mclist:
        if (ml.ifindex, ml.type, ml.addr) == (ifindex, type, addr):
            ml.count += 1
            return 0
    i = packet_mclist(ifindex, type, addr)
    err = packet_dev_mc(dev, i, 1)
    if not err:
        po.mclist.insert(0, i)
    return err


def packet_mc_drop(sk: sock, ifindex: int, type: int, addr: bytes) -> int:
    """PACKET_DROP_MEMBERSHIP: take it back. `net/packet/af_packet.c:2990`"""
    po = pkt_sk(sk)
    for ml in po.mclist:
        if (ml.ifindex, ml.type, ml.addr) == (ifindex, type, addr):
            ml.count -= 1
            if not ml.count:
                po.mclist.remove(ml)
                dev = __dev_get_by_index(sock_net(sk), ifindex)
                if dev is not None:
                    packet_dev_mc(dev, ml, -1)
            break
    return 0


def packet_flush_mclist(sk: sock) -> None:
    """The socket goes: take back all that it made devices listen to. `net/packet/af_packet.c:3017`"""
    po = pkt_sk(sk)
    for ml in po.mclist:
        dev = __dev_get_by_index(sock_net(sk), ml.ifindex)
        if dev is not None:
            packet_dev_mc(dev, ml, -1)
    po.mclist = []


def packet_setsockopt(sock: socket, level: int, optname: int, optval: bytes, optlen: int) -> int:
    """setsockopt(2): memberships, and what to tell with each frame. `net/packet/af_packet.c:3039`"""
    po = pkt_sk(sock.sk)
    if level != SOL_PACKET:
        return -ENOPROTOOPT
    if optname in (PACKET_ADD_MEMBERSHIP, PACKET_DROP_MEMBERSHIP):
        if optlen < 16:
            return -EINVAL
        ifindex = int.from_bytes(optval[:4], "little", signed=True)
        type, alen = int.from_bytes(optval[4:6], "little"), int.from_bytes(optval[6:8], "little")
        if optlen < 8 + alen:
            return -EINVAL
        function = packet_mc_add if optname == PACKET_ADD_MEMBERSHIP else packet_mc_drop
        return function(sock.sk, ifindex, type, optval[8 : 8 + alen])
    if optname in (PACKET_AUXDATA, PACKET_ORIGDEV):
        if optlen < 4:
            return -EINVAL
        val = any(optval[:4])
        if optname == PACKET_AUXDATA:
            po.auxdata = val
        else:
            po.origdev = val
        return 0
    return -ENOPROTOOPT


def packet_getsockopt(sock: socket, level: int, optname: int, optlen: int) -> tuple[int, bytes]:
    """getsockopt(2): how many frames came and how many were lost since it was last asked, and the settings.
    `net/packet/af_packet.c:3234`"""
    po = pkt_sk(sock.sk)
    if level != SOL_PACKET:
        return -ENOPROTOOPT, b""
    if optlen < 0:
        return -EINVAL, b""
    if optname == PACKET_STATISTICS:
        stats = (po.tp_packets + po.tp_drops).to_bytes(4, "little") + po.tp_drops.to_bytes(4, "little")
        po.tp_packets = po.tp_drops = 0
        return 0, stats[:optlen]
    if optname not in (PACKET_AUXDATA, PACKET_ORIGDEV):
        return -ENOPROTOOPT, b""
    val = po.auxdata if optname == PACKET_AUXDATA else po.origdev
    return 0, int(val).to_bytes(4, "little")[:optlen]


def packet_notifier(this: notifier_block, msg: int, data: net_device) -> int:
    """A device comes up, goes down or goes away: the sockets bound to it start, stop and are told.
    `net/packet/af_packet.c:3333`"""
    dev = data
    for sk in dev_net(dev).packet.sklist:
        po = pkt_sk(sk)
        if msg == NETDEV_UNREGISTER:
            packet_dev_mclist(dev, po.mclist, -1)
        if dev.ifindex != po.ifindex:
            continue
        if msg in (NETDEV_DOWN, NETDEV_UNREGISTER):
            if po.running:
                __unregister_prot_hook(sk, False)
                sk.sk_err = ENETDOWN
                if not sock_flag(sk, SOCK_DEAD):
                    sk.sk_error_report(sk)
            if msg == NETDEV_UNREGISTER:
                po.ifindex = -1
                po.prot_hook.dev = None
        elif msg == NETDEV_UP and po.num:
            register_prot_hook(sk)
    return NOTIFY_DONE


def packet_ioctl(sock: socket, cmd: int, arg: bytearray) -> int:
    """How much waits to be sent, how long the first frame in the queue is; all else as for AF_INET.
    `net/packet/af_packet.c:3382`"""
    sk = sock.sk
    if cmd == SIOCOUTQ:
        arg[:4] = sk_wmem_alloc_get(sk).to_bytes(4, "little")
        return 0
    if cmd == SIOCINQ:
        skb = skb_peek(sk.sk_receive_queue)
        arg[:4] = (skb.len if skb is not None else 0).to_bytes(4, "little")
        return 0
    if cmd in INET_IOCTLS:
        return inet_dgram_ops.ioctl(sock, cmd, arg)
    return -ENOIOCTLCMD


def packet_seq_start(seq: seq_file, pos: int) -> Any:
    """The heading of /proc/net/packet, then the sockets. `net/packet/af_packet.c:3827`"""
    if not pos:
        return SEQ_START_TOKEN
    sklist = seq.net.packet.sklist
    return sklist[pos - 1] if pos <= len(sklist) else None


def packet_seq_next(seq: seq_file, v: Any, pos: int) -> Any:
    """The socket after `v`. `net/packet/af_packet.c:3836`"""
    return packet_seq_start(seq, pos + 1)


def packet_seq_stop(seq: seq_file, v: Any) -> None:
    """Nothing to give back. `net/packet/af_packet.c:3842`"""


def packet_seq_show(seq: seq_file, v: Any) -> int:
    """One line of /proc/net/packet. `net/packet/af_packet.c:3848`"""
    if v is SEQ_START_TOKEN:
        seq_puts(seq, "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n")
        return 0
    po = pkt_sk(v)
    seq_printf(
        seq, "%016x %-6d %-4d %04x   %-5d %1d %-6u %-6u %-6u\n",
        0, 3, v.sk_type, po.num, po.ifindex, po.running, v.sk_rmem_alloc, 0, sock_i_ino(v),
    )  # fmt: skip
    return 0


packet_seq_ops = seq_operations(packet_seq_start, packet_seq_stop, packet_seq_next, packet_seq_show)


def packet_net_init(net: Any) -> int:
    """A new namespace gets its /proc/net/packet. `net/packet/af_packet.c:3895`"""
    net.packet.sklist = []
    proc_create_net("packet", 0, net.proc_net, packet_seq_ops, 0)
    return 0


def packet_net_exit(net: Any) -> None:
    """A namespace ends. `net/packet/af_packet.c:3906`"""
    remove_proc_entry("packet", net.proc_net)


def packet_init() -> int:
    """At boot: make the family known. `net/packet/af_packet.c:3925`"""
    sock_register(packet_family_ops)
    register_pernet_subsys(pernet_operations(init=packet_net_init, exit=packet_net_exit))
    register_netdevice_notifier(notifier_block(packet_notifier))
    return 0


from vethkernel.fs.proc.proc_net import proc_create_net, remove_proc_entry
from vethkernel.include.net.net_namespace import pernet_operations
from vethkernel.net.core.datagram import (
    datagram_poll,
    skb_copy_datagram_iovec,
    skb_free_datagram,
    skb_recv_datagram,
)
from vethkernel.net.core.dev import (
    __dev_get_by_index,
    __dev_remove_pack,
    dev_add_pack,
    dev_get_by_index,
    dev_get_by_index_rcu,
    dev_queue_xmit,
    dev_set_allmulti,
    dev_set_promiscuity,
    register_netdevice_notifier,
)
from vethkernel.net.core.iovec import memcpy_fromiovecend
from vethkernel.net.core.net_namespace import register_pernet_subsys
from vethkernel.net.core.scm import put_cmsg
from vethkernel.net.core.skbuff import (
    consume_skb,
    kfree_skb,
    skb_clone,
    skb_pull,
    skb_push,
    skb_put,
    skb_queue_purge,
)
from vethkernel.net.core.sock import (
    sk_alloc,
    skb_set_owner_r,
    sock_alloc_send_pskb,
    sock_i_ino,
    sock_init_data,
    sock_no_connect,
    sock_no_shutdown,
    sock_put,
    sock_recv_errqueue,
)
from vethkernel.net.ipv4.af_inet import INET_IOCTLS, inet_dgram_ops
from vethkernel.net.socket import sock_recv_ts_and_drops, sock_register

packet_proto = proto(name="PACKET", slab=lambda: packet_sock().sk)
packet_ops = proto_ops(
    family=PF_PACKET,
    release=packet_release,
    bind=packet_bind,
    connect=sock_no_connect,
    getname=packet_getname,
    poll=datagram_poll,
    ioctl=packet_ioctl,
    shutdown=sock_no_shutdown,
    setsockopt=packet_setsockopt,
    getsockopt=packet_getsockopt,
    sendmsg=packet_sendmsg,
    recvmsg=packet_recvmsg,
)
packet_family_ops = net_proto_family(PF_PACKET, packet_create)
