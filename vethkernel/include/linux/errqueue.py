# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/errqueue.h: an error as a socket is told of it (IP_RECVERR): what, from whom, about which packet."""

from dataclasses import dataclass
from struct import Struct
from typing import Any

from vethkernel.include.linux.skbuff import sk_buff

_EE = Struct("<IBBBBII")


@dataclass(slots=True, eq=False)
class sock_extended_err:
    """The error; as bytes it is the struct that a program gets with MSG_ERRQUEUE."""

    ee_errno: int = 0
    ee_origin: int = 0
    ee_type: int = 0
    ee_code: int = 0
    ee_info: int = 0
    ee_data: int = 0

    def __bytes__(self) -> bytes:
        return _EE.pack(self.ee_errno, self.ee_origin, self.ee_type, self.ee_code, 0, self.ee_info, self.ee_data)


@dataclass(slots=True, eq=False)
class sock_exterr_skb:
    """The notes on an skb in an error queue: the error, and where in the packet the peer's address stands."""

    ee: sock_extended_err
    header: Any = None
    addr_offset: int = 0
    port: int = 0


def SKB_EXT_ERR(skb: sk_buff) -> sock_exterr_skb:
    """The error that an skb of an error queue carries. `include/linux/errqueue.h:11`"""
    return skb.cb
