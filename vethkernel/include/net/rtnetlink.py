# SPDX-License-Identifier: GPL-2.0-only
"""include/net/rtnetlink.h: what a kind of device (veth) or an address family offers to `ip link`.

A doit function is called doit(skb, nlh, extack) and returns 0 or a negative errno; a dumpit, dumpit(skb, cb), returns
how much it wrote (skb.len), 0 when nothing is left, or a negative errno.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vethkernel.include.linux.netlink import netlink_callback, netlink_ext_ack, nlmsghdr
from vethkernel.include.linux.rtnetlink import ifinfomsg, rtgenmsg
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.netlink import nla_policy, nlmsg_data, nlmsg_len
from vethkernel.include.uapi.linux.socket import AF_UNSPEC

RTNL_FLAG_DOIT_UNLOCKED = 1 << 0
RTNL_FLAG_BULK_DEL_SUPPORTED = 1 << 1

RTNL_KIND_NEW = 0
RTNL_KIND_DEL = 1
RTNL_KIND_GET = 2
RTNL_KIND_SET = 3
RTNL_KIND_MASK = 3

SIZEOF_IFINFOMSG = ifinfomsg.SIZE

rtnl_doit_func = Callable[[sk_buff, nlmsghdr, netlink_ext_ack], int]
rtnl_dumpit_func = Callable[[sk_buff, netlink_callback], int]


@dataclass(slots=True, eq=False)
class rtnl_link_ops:
    """A kind of device, as `ip link add type KIND` knows it."""

    kind: str
    priv_size: Any = None
    setup: Callable[..., None] = None
    maxtype: int = 0
    peer_type: int = 0
    policy: dict[int, nla_policy] = None
    validate: Callable[..., int] = None
    newlink: Callable[..., int] = None
    changelink: Callable[..., int] = None
    dellink: Callable[..., None] = None
    get_size: Callable[..., int] = None
    fill_info: Callable[..., int] = None
    get_xstats_size: Callable[..., int] = None
    fill_xstats: Callable[..., int] = None
    get_num_tx_queues: Callable[[], int] = None
    get_num_rx_queues: Callable[[], int] = None
    slave_maxtype: int = 0
    slave_policy: dict[int, nla_policy] = None
    slave_changelink: Callable[..., int] = None
    get_slave_size: Callable[..., int] = None
    fill_slave_info: Callable[..., int] = None
    get_link_net: Callable[..., Any] = None


@dataclass(slots=True, eq=False)
class rtnl_af_ops:
    """What an address family tells about a device: fill_link_af(skb, dev, ext_filter_mask)."""

    family: int
    fill_link_af: Callable[..., int] = None
    get_link_af_size: Callable[..., int] = None
    validate_link_af: Callable[..., int] = None
    set_link_af: Callable[..., int] = None


def rtnl_msgtype_kind(msgtype: int) -> int:
    """Whether a message asks, makes, changes or deletes. `include/net/rtnetlink.h:25 (6.1)`"""
    return msgtype & RTNL_KIND_MASK


def rtnl_msg_family(nlh: nlmsghdr) -> int:
    """The address family that a message is about. `include/net/rtnetlink.h:20`"""
    if nlmsg_len(nlh) >= rtgenmsg.SIZE:
        return rtgenmsg(nlh.head, nlmsg_data(nlh)).rtgen_family
    return AF_UNSPEC
