# SPDX-License-Identifier: GPL-2.0-only
"""Look at live values at the moment a kernel function begins and ends, while commands run.

    with watching(eth_type_trans, lambda skb, dev: skb_values(skb)) as seen:
        console(machine, "ping -c 1 192.168.1.2 -I veth0")
    seen.table()                 the first call: each value before and after

queue_values()  a CPU's queues of received packets    skb_values(skb)  where an skb lies
books(machine)  how many skbs were made, and how each one ended
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, cast

from vethkernel.accounts import accounts
from vethkernel.globals import g
from vethkernel.include.linux.interrupt import NET_RX_SOFTIRQ
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.uapi.linux import neighbour
from vethkernel.notebook.patch import patched
from vethkernel.notebook.tables import Table, name_of
from vethkernel.trace.names import readable
from vethkernel.trace.snapshots import PACKET_TYPES

Look = Callable[..., Any]


class Seen(list[tuple[Any, Any, Any]]):
    """One (before, after, result) for each call that was watched, in the order in which they ended."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def table(self, number: int = 0) -> Table:
        """One call whose `look` gave a dict: its values before and after; a star marks those that differ.

        LookupError if there was no such call.
        """
        if not -len(self) <= number < len(self):
            raise LookupError(f"{self.name} ran {len(self)} times; there is no call {number}")
        before, after, _ = self[number]
        rows = [(key, before[key], after[key], "*" if before[key] != after[key] else "") for key in before]
        return Table(f"{self.name}, before and after", ("value", "before", "after", "changed"), rows)


@contextmanager
def watching(function: Callable[..., Any], look: Look) -> Iterator[Seen]:
    """Within the block, call `look` with the function's arguments whenever it begins, and again when it ends."""
    seen = Seen(function.__name__)

    def watched(*arguments: Any) -> Any:
        before = look(*arguments)
        result = original(*arguments)
        seen.append((before, look(*arguments), result))
        return result

    with patched(cast(FunctionType, function), watched) as original:
        yield seen


def skb_values(skb: sk_buff) -> dict[str, str]:
    """Whose an skb is, and which of its bytes are in use."""
    return {
        "skb.dev": readable(skb.dev.name),
        "skb.data": str(skb.data),
        "skb.len": str(skb.len),
        "skb.mac_header": str(skb.mac_header),
        "skb.pkt_type": PACKET_TYPES[skb.pkt_type],
    }


def queue_values() -> dict[str, str]:
    """What waits on this CPU to be received, and whether the soft interrupt knows of it."""
    data = g.softnet_data[g.cpu]
    return {
        "input_pkt_queue": _skbs(len(data.input_pkt_queue.queue)),
        "process_queue": _skbs(len(data.process_queue.queue)),
        "poll_list": "backlog" if data.backlog in data.poll_list else "empty",
        "NET_RX pending": "yes" if g.softirq_pending[g.cpu] & 1 << NET_RX_SOFTIRQ else "no",
    }


def _skbs(count: int) -> str:
    return f"{count} skb{'s' * (count != 1)}"


def books(machine: Any) -> Table:
    """The machine's books of skbs: every one that was made is used up, dropped for a reason, or still somewhere."""
    now = accounts(machine)
    rows = [("made", str(now.made)), ("consumed: did their work", str(now.consumed))]
    rows += [(f"dropped: {reason}", str(count)) for reason, count in now.dropped.items()]
    rows.append(("still alive", str(now.made - now.consumed - sum(now.dropped.values()))))
    return Table("skbs since the machine was started", ("skbs", "how many"), rows)


def neigh_values(neigh: Any) -> dict[str, str]:
    """What is known of a neighbour, and how many packets wait for more."""
    state = name_of(neighbour, "NUD_", neigh.nud_state)
    return {"state": state, "address": neigh.ha.hex(":"), "arp_queue": _skbs(neigh.arp_queue.qlen)}
