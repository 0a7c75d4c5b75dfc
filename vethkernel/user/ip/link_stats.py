# SPDX-License-Identifier: GPL-2.0-only
"""A device's counters, as `ip -s link` prints them."""

from __future__ import annotations

from struct import unpack

from vethkernel.include.uapi.linux.if_link import IFLA_CARRIER_CHANGES, IFLA_STATS, IFLA_STATS64
from vethkernel.user.ip.common import Ip
from vethkernel.user.ip.output import Output
from vethkernel.user.rtnl import u32

# the fields of struct rtnl_link_stats64, in order
STATS = (
    "rx_packets tx_packets rx_bytes tx_bytes rx_errors tx_errors rx_dropped tx_dropped multicast collisions "
    "rx_length_errors rx_over_errors rx_crc_errors rx_frame_errors rx_fifo_errors rx_missed_errors tx_aborted_errors "
    "tx_carrier_errors tx_fifo_errors tx_heartbeat_errors tx_window_errors rx_compressed tx_compressed rx_nohandler "
    "rx_otherhost_dropped"
).split()
RX = "rx_bytes rx_packets rx_errors rx_dropped rx_missed_errors multicast rx_compressed".split()
TX = "tx_bytes tx_packets tx_errors tx_dropped tx_carrier_errors collisions tx_compressed".split()
RX_ERRORS = (
    "rx_length_errors rx_crc_errors rx_frame_errors rx_fifo_errors rx_over_errors rx_nohandler rx_otherhost_dropped"
).split()
TX_ERRORS = "tx_aborted_errors tx_fifo_errors tx_window_errors tx_heartbeat_errors".split()
RX_HEADS = "packets errors dropped missed mcast".split()
TX_HEADS = "packets errors dropped carrier collsns".split()
RX_ERROR_HEADS = "length crc frame fifo overrun".split()
TX_ERROR_HEADS = "aborted fifo window heartbt".split()
WIDTHS = (10, 7, 6, 7, 7, 7, 10, 9)


def print_stats(ip: Ip, tb: dict[int, bytes]) -> None:
    """A device's counters: two blocks of aligned columns, wide enough for their numbers."""
    if IFLA_STATS64 in tb:
        numbers = unpack(f"<{len(tb[IFLA_STATS64]) // 8}Q", tb[IFLA_STATS64])
    elif IFLA_STATS in tb:
        numbers = unpack(f"<{len(tb[IFLA_STATS]) // 4}I", tb[IFLA_STATS])
    else:
        return
    s = dict.fromkeys(STATS, 0) | dict(zip(STATS, numbers, strict=False))
    changes = u32(tb[IFLA_CARRIER_CHANGES]) if IFLA_CARRIER_CHANGES in tb else None
    if ip.out.active:
        _stats_fields(ip, s, changes, "stats64" if IFLA_STATS64 in tb else "stats")
        return
    rows = [[s[name] for name in RX], [s[name] for name in TX]]
    if ip.stats > 1:
        rows.append([0, *(s[name] for name in RX_ERRORS)])
        rows.append([0, 0, *(s[name] for name in TX_ERRORS), changes or 0])
    w = list(WIDTHS)
    if not ip.human:
        for row in rows:
            for column, number in enumerate(row):
                w[column] = max(w[column], len(str(number)))
    _block(ip, w, "RX", rows[0], RX_HEADS)
    if ip.stats > 1:
        extra = [(name, width, s[key]) for name, width, key in _optional(w) if s[key]]
        _error_block(ip, w, "RX", RX_ERROR_HEADS, [s[name] for name in RX_ERRORS[:5]], extra)
    ip.out.nl()
    _block(ip, w, "TX", rows[1], TX_HEADS)
    if ip.stats > 1:
        last = [] if changes is None else [changes]
        heads = [*TX_ERROR_HEADS, "transns" if last else ""]
        _error_block(ip, w, "TX", heads, [*(s[name] for name in TX_ERRORS), *last], [])


def _optional(w: list[int]) -> tuple[tuple[str, int, str], ...]:
    return (("nohandler", w[6], "rx_nohandler"), ("otherhost", w[7], "rx_otherhost_dropped"))


def _block(ip: Ip, w: list[int], side: str, row: list[int], heads: list[str]) -> None:
    *always, compressed = row
    titles = " ".join(f"{head:>{w[column + 1]}}" for column, head in enumerate(heads))
    last = "compressed" if compressed else ""
    ip.out.write(f"    {side}: {'bytes':>{w[0] - 4}} {titles} {last:>{w[6]}}{ip.out.newline}    ")
    for column, number in enumerate(row if compressed else always):
        _number(ip, w[column], number)


def _error_block(
    ip: Ip, w: list[int], side: str, heads: list[str], numbers: list[int], extra: list[tuple[str, int, int]]
) -> None:
    titles = " ".join(f"{head:>{w[column + 1]}}" for column, head in enumerate(heads))
    titles += "".join(f"{' ' + head:>{width + 1}}" for head, width, _ in extra)
    newline = ip.out.newline
    ip.out.write(f"{newline}    {side} errors:{'':>{w[0] - 10}} {titles}{newline}{'':>{w[0] + 5}}")
    for column, number in enumerate(numbers):
        _number(ip, w[column + 1], number)
    for _, width, number in extra:
        _number(ip, width, number)


def _number(ip: Ip, width: int, count: int) -> None:
    """A number in its column; under -h with a prefix and about three digits."""
    base = 1024 if ip.iec else 1000
    if not ip.human or count < base:
        ip.out.write(f"{count:>{width}} ")
        return
    power, prefixes = base, "kMGTPE"
    while count // base >= power and len(prefixes) > 1:
        power, prefixes = power * base, prefixes[1:]
    precision = next((2 - i for i in range(2) if count // power < 10 ** (i + 1)), 0)
    text = f"{count / power:.{precision}f}{prefixes[0]}{'i' if ip.iec else ''}"
    ip.out.write(f"{text:>{width}} ")


def _stats_fields(ip: Ip, s: dict[str, int], changes: int | None, key: str) -> None:
    """The counters as JSON objects."""
    out = ip.out
    out.open(key)
    for side, row, more in (("rx", RX, RX_ERRORS), ("tx", TX, TX_ERRORS)):
        out.open(side)
        names = [n for n in row if n != "rx_missed_errors"] if side == "rx" else row
        for name in names:
            if "compressed" in name and not s[name]:
                continue
            if name == "multicast":
                out.field("over_errors", s["rx_over_errors"])
            out.field(name if name in ("multicast", "collisions") else name[3:], s[name])
        if ip.stats > 1:
            _error_fields(out, s, side, more, changes)
        out.close()
    out.close()


def _error_fields(out: Output, s: dict[str, int], side: str, names: list[str], changes: int | None) -> None:
    for name in names:
        if name == "rx_over_errors":
            out.field("missed_errors", s["rx_missed_errors"])
        elif name in ("rx_nohandler", "rx_otherhost_dropped"):
            if s[name]:
                out.field(name.split("_")[1], s[name])
        else:
            out.field(name[3:], s[name])
    if side == "tx" and changes is not None:
        out.field("carrier_changes", changes)
