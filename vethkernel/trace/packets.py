# SPDX-License-Identifier: GPL-2.0-only
"""Who is who in a recording: numbers for skbs and packets, and short names for what functions are given.

A struct sk_buff has a number of its own; the packet it carries has another, which its clones, copies and fragments
share and which stays when the skb crosses to the other end of a pair. Objects are kept only while a recording runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vethkernel.trace.events import Event
from vethkernel.trace.frames import describe
from vethkernel.trace.names import readable

_PLAIN = (int, str, bytes, type(None), bool, float)


class Named(str):
    """The name of a struct, which prints without quotes: veth0, skb#3, struct net."""

    def __repr__(self) -> str:
        return str(self)


@dataclass(slots=True)
class Frame:
    """A frame as it passed a device. `event` tells the function, the device's name, the packet and the rest."""

    event: Event
    direction: str  # "out" or "in", as the device sees it
    wall_ns: int  # since 1970, by the machine's own clock
    ifindex: int
    namespace: int  # the number of the device's network namespace
    length: int  # `data` may be less: what lies in the skb's first piece
    data: bytes


class Packets:
    """The numbers given out in one recording."""

    def __init__(self) -> None:
        self._numbers: dict[int, tuple[Any, int, int]] = {}  # id(skb) -> the skb, its number, its packet's number
        self._kinds: dict[type, str] = {}
        self._skbs = 0
        self._count = 0
        self.frames: list[Frame] = []

    def _kind(self, value: Any) -> str:
        kind = self._kinds.get(type(value))
        if kind is None:
            kind = self._kinds[type(value)] = type(value).__name__
        return kind

    def is_skb(self, value: Any) -> bool:
        return self._kind(value) == "sk_buff"

    def returned(self, result: Any) -> Any:
        """The skb that a function returned, alone or beside an error; None if it did not."""
        for value in result if type(result) is tuple else (result,):
            if self.is_skb(value):
                return value
        return None

    def numbers(self, skb: Any) -> tuple[int, int]:
        """The numbers of an skb and of its packet, new ones if it was not seen before; (0, 0) for None."""
        if skb is None:
            return 0, 0
        known = self._numbers.get(id(skb))
        if known is None:
            known = self._enter(skb, 0)
        return known[1:]

    def adopt(self, skb: Any, packet: int) -> None:
        """`skb` carries `packet` from now on; 0: one that never was before."""
        if not self.is_skb(skb):
            return
        known = self._numbers.get(id(skb))
        if known is None or known[2] != packet:
            self._enter(skb, packet)

    def derive(self, child: Any, parent: Any) -> None:
        """`child` carries the packet that `parent` does."""
        if child is not parent:
            self.adopt(child, self.numbers(parent)[1])

    def _enter(self, skb: Any, packet: int) -> tuple[Any, int, int]:
        known = self._numbers.get(id(skb))
        if known is None:
            self._skbs += 1
        number = known[1] if known else self._skbs
        if not packet:
            self._count += 1
        self._numbers[id(skb)] = entry = (skb, number, packet or self._count)
        return entry

    def live(self) -> list[tuple[Any, int, int]]:
        """The skbs there are now, each with its number and its packet's."""
        return list(self._numbers.values())

    def forget(self, skb: Any) -> None:
        """That skb has ended: the memory it had may become another one."""
        self._numbers.pop(id(skb), None)

    def forget_objects(self) -> None:
        """The recording is over: let go of all skbs; numbers and frames stay."""
        self._numbers.clear()

    def at_hand(self, values: Mapping[str, Any], parameters: Iterable[str]) -> tuple[Any, str]:
        """The first skb among a function's arguments, and the name of the first device, or else of the skb's device."""
        skb = dev = None
        for name in parameters:
            value = values.get(name)
            kind = self._kind(value)
            if kind == "sk_buff" and skb is None:
                skb = value
            elif kind == "net_device" and dev is None:
                dev = value
        if dev is None and skb is not None:
            dev = getattr(skb, "dev", None)  # one that is only being made has no fields yet
        return skb, readable(getattr(dev, "name", ""))

    def keep_frame(self, skb: Any, event: Event, direction: str, wall_offset_ns: int) -> None:
        """Remember the bytes that now pass the skb's device."""
        start = skb.data if direction == "out" or skb.mac_header < 0 else skb.mac_header
        dev = skb.dev
        namespace = getattr(getattr(dev, "nd_net", None), "inum", 0)
        place = getattr(dev, "ifindex", 0), namespace, skb.len + skb.data - start, bytes(skb.head[start : skb.tail])
        self.frames.append(Frame(event, direction, event.time_ns + wall_offset_ns, *place))

    def described(self) -> dict[int, str]:
        """What each packet that passed a device carried when it first did, by number."""
        first = {frame.event.packet: frame.data for frame in reversed(self.frames)}
        return {packet: describe(data) for packet, data in sorted(first.items())}

    def shown(self, value: Any) -> Any:
        """A value as it may be kept: plain ones as they are, structs as a name."""
        if type(value) in _PLAIN:
            return value
        kind = self._kind(value)
        if kind == "sk_buff":
            return Named(f"skb#{self.numbers(value)[0]}")
        if kind == "net_device":
            return Named(readable(getattr(value, "name", "?")))
        if kind == "tuple":
            return tuple([self.shown(item) for item in value])
        if isinstance(value, int):
            return Named(getattr(value, "name", int(value)))
        if callable(value):
            return Named(getattr(value, "__name__", kind))
        return Named(kind if kind in ("list", "dict", "bytearray", "memoryview") else f"struct {kind}")
