# SPDX-License-Identifier: GPL-2.0-only
"""net/core/net-procfs.c: /proc/net/dev, softnet_stat and ptype. Left out: dev_mcast and wireless."""

from __future__ import annotations

from typing import Any

from vethkernel.globals import g
from vethkernel.include.linux.netdevice import dev_net, net_device, packet_type, rtnl_link_stats64, softnet_data
from vethkernel.include.linux.seq_file import (
    SEQ_START_TOKEN,
    seq_file,
    seq_file_net,
    seq_operations,
    seq_printf,
    seq_puts,
)
from vethkernel.include.linux.skbuff import skb_queue_len
from vethkernel.include.net.net_namespace import net, pernet_operations
from vethkernel.include.uapi.linux.if_ether import ETH_P_ALL

PTYPE_HASH_MASK = 15
S_IRUGO = 0o444


def dev_from_bucket(seq: seq_file, pos: int) -> net_device:
    """The namespace's device at a position, by number; None behind the last. `net/core/net-procfs.c:31`"""
    devices = sorted(seq_file_net(seq).dev_base_head, key=lambda dev: dev.ifindex)
    return devices[pos - 1] if pos <= len(devices) else None


def dev_seq_start(seq: seq_file, pos: int) -> Any:
    """The heading, then the devices. `net/core/net-procfs.c:52`"""
    return SEQ_START_TOKEN if not pos else dev_from_bucket(seq, pos)


def dev_seq_next(seq: seq_file, v: Any, pos: int) -> net_device:
    """The next device. `net/core/net-procfs.c:65`"""
    return dev_from_bucket(seq, pos + 1)


def dev_seq_stop(seq: seq_file, v: Any) -> None:
    """Nothing to let go of. `net/core/net-procfs.c:71`"""


def dev_seq_printf_stats(seq: seq_file, dev: net_device) -> None:
    """A device's line. `net/core/net-procfs.c:77`"""
    stats = dev_get_stats(dev, rtnl_link_stats64())
    seq_printf(
        seq,
        "%6s: %7d %7d %4d %4d %4d %5d %10d %9d %8d %7d %4d %4d %4d %5d %7d %10d\n",
        dev.name,
        stats.rx_bytes,
        stats.rx_packets,
        stats.rx_errors,
        stats.rx_dropped + stats.rx_missed_errors,
        stats.rx_fifo_errors,
        stats.rx_length_errors + stats.rx_over_errors + stats.rx_crc_errors + stats.rx_frame_errors,
        stats.rx_compressed,
        stats.multicast,
        stats.tx_bytes,
        stats.tx_packets,
        stats.tx_errors,
        stats.tx_dropped,
        stats.tx_fifo_errors,
        stats.collisions,
        stats.tx_carrier_errors + stats.tx_aborted_errors + stats.tx_window_errors + stats.tx_heartbeat_errors,
        stats.tx_compressed,
    )


def dev_seq_show(seq: seq_file, v: Any) -> int:
    """The heading, or a device's line. `net/core/net-procfs.c:105`"""
    if v is SEQ_START_TOKEN:
        seq_puts(
            seq,
            "Inter-|   Receive                                                |  Transmit\n"
            " face |bytes    packets errs drop fifo frame compressed multicast"
            "|bytes    packets errs drop fifo colls carrier compressed\n",
        )
    else:
        dev_seq_printf_stats(seq, v)
    return 0


def softnet_backlog_len(sd: softnet_data) -> int:
    """How many frames wait for a CPU. `net/core/net-procfs.c:118 (6.1)`"""
    return skb_queue_len(sd.input_pkt_queue) + skb_queue_len(sd.process_queue)


def softnet_get_online(pos: int) -> softnet_data:
    """The receive side of CPU `pos`, None behind the last. `net/core/net-procfs.c:118`"""
    return g.softnet_data[pos] if pos < g.nr_cpu_ids else None


def softnet_seq_start(seq: seq_file, pos: int) -> softnet_data:
    """The first CPU. `net/core/net-procfs.c:131`"""
    return softnet_get_online(pos)


def softnet_seq_next(seq: seq_file, v: softnet_data, pos: int) -> softnet_data:
    """The next CPU. `net/core/net-procfs.c:136`"""
    return softnet_get_online(pos + 1)


def softnet_seq_stop(seq: seq_file, v: softnet_data) -> None:
    """Nothing to let go of. `net/core/net-procfs.c:142`"""


def softnet_seq_show(seq: seq_file, v: softnet_data) -> int:
    """A CPU's line: frames processed, dropped, times that the budget ran out, and what waits.
    `net/core/net-procfs.c:146`"""
    queued, processing = skb_queue_len(v.input_pkt_queue), skb_queue_len(v.process_queue)
    columns = (v.processed, v.dropped, v.time_squeeze, *[0] * 8, softnet_backlog_len(v), v.cpu, queued, processing)
    seq_puts(seq, " ".join(f"{column:08x}" for column in columns) + "\n")
    return 0


dev_seq_ops = seq_operations(start=dev_seq_start, next=dev_seq_next, stop=dev_seq_stop, show=dev_seq_show)
softnet_seq_ops = seq_operations(
    start=softnet_seq_start, next=softnet_seq_next, stop=softnet_seq_stop, show=softnet_seq_show
)


def ptype_get_idx(seq: seq_file, pos: int) -> packet_type:
    """The receiver at a position: the taps first, then the protocols. `net/core/net-procfs.c:198`"""
    receivers = list(g.ptype_all)
    for type in sorted(g.ptype_base, key=lambda type: type & PTYPE_HASH_MASK):
        receivers += g.ptype_base[type]
    return receivers[pos] if pos < len(receivers) else None


def ptype_seq_start(seq: seq_file, pos: int) -> Any:
    """The heading, then the receivers. `net/core/net-procfs.c:220`"""
    return ptype_get_idx(seq, pos - 1) if pos else SEQ_START_TOKEN


def ptype_seq_next(seq: seq_file, v: Any, pos: int) -> packet_type:
    """The next receiver. `net/core/net-procfs.c:227`"""
    return ptype_get_idx(seq, pos)


def ptype_seq_stop(seq: seq_file, v: Any) -> None:
    """Nothing to let go of. `net/core/net-procfs.c:256`"""


def ptype_seq_show(seq: seq_file, v: Any) -> int:
    """A receiver's line, if it can receive from this namespace. `net/core/net-procfs.c:262`"""
    if v is SEQ_START_TOKEN:
        seq_puts(seq, "Type Device      Function\n")
    elif v.dev is None or dev_net(v.dev) is seq_file_net(seq):
        seq_puts(seq, "ALL " if v.type == ETH_P_ALL else f"{v.type:04x}")
        seq_printf(seq, " %-8s %s\n", v.dev.name if v.dev else "", v.func.__name__)
    return 0


ptype_seq_ops = seq_operations(start=ptype_seq_start, next=ptype_seq_next, stop=ptype_seq_stop, show=ptype_seq_show)


def dev_proc_net_init(net: net) -> int:
    """The files of a new namespace. `net/core/net-procfs.c:303`"""
    proc_create_net("dev", S_IRUGO, net.proc_net, dev_seq_ops, 0)
    proc_create_net("softnet_stat", S_IRUGO, net.proc_net, softnet_seq_ops, 0)
    proc_create_net("ptype", S_IRUGO, net.proc_net, ptype_seq_ops, 0)
    return 0


def dev_proc_net_exit(net: net) -> None:
    """The end of them. `net/core/net-procfs.c:329`"""
    remove_proc_entry("ptype", net.proc_net)
    remove_proc_entry("softnet_stat", net.proc_net)
    remove_proc_entry("dev", net.proc_net)


dev_proc_ops = pernet_operations(init=dev_proc_net_init, exit=dev_proc_net_exit)


def dev_proc_init() -> int:
    """The files begin with each namespace. `net/core/net-procfs.c:405`"""
    return register_pernet_subsys(dev_proc_ops)


from vethkernel.fs.proc.proc_net import proc_create_net, remove_proc_entry
from vethkernel.net.core.dev import dev_get_stats
from vethkernel.net.core.net_namespace import register_pernet_subsys
