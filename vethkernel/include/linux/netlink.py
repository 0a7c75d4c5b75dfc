# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/netlink.h and the structs of its uapi half: messages, the extended answer, dumps in progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.wire import Header, s32, u16, u32

if TYPE_CHECKING:
    from vethkernel.include.net.net_namespace import net
    from vethkernel.include.net.netlink import nla_policy, nlattr
    from vethkernel.include.net.sock import sock

NLMSG_GOODSIZE = 3776  # what a page holds beside the shared info
NLMSG_DEFAULT_SIZE = NLMSG_GOODSIZE - 16
NL_CFG_F_NONROOT_RECV = 1 << 0
NL_CFG_F_NONROOT_SEND = 1 << 1


class nlmsghdr(Header):
    """The head of each netlink message."""

    __slots__ = ()
    SIZE = 16
    nlmsg_len = u32(0)
    nlmsg_type = u16(4)
    nlmsg_flags = u16(6)
    nlmsg_seq = u32(8)
    nlmsg_pid = u32(12)


class nlmsgerr(Header):
    """The answer to a request: an errno, then the request's own header."""

    __slots__ = ()
    SIZE = 20
    error = s32(0)


@dataclass(slots=True, eq=False)
class netlink_skb_parms:
    """What netlink notes on an skb: who sent it, to which group."""

    portid: int = 0
    dst_group: int = 0
    flags: int = 0
    sk: sock = None
    nsid_is_set: bool = False
    nsid: int = 0


@dataclass(slots=True, eq=False)
class netlink_kernel_cfg:
    """What a kernel-side netlink socket is made with."""

    groups: int = 0
    flags: int = 0
    input: Callable[[sk_buff], None] = None


@dataclass(slots=True, eq=False)
class netlink_ext_ack:
    """What a request's answer says beyond its errno."""

    _msg: str = None
    bad_attr: nlattr = None
    policy: nla_policy = None
    miss_nest: nlattr = None
    miss_type: int = 0


@dataclass(slots=True, eq=False)
class netlink_callback:
    """A dump in progress: where it stopped, in `args`, and how to go on."""

    skb: sk_buff = None
    nlh: nlmsghdr = None
    dump: Callable[[sk_buff, netlink_callback], int] = None
    done: Callable[[netlink_callback], int] = None
    data: Any = None
    extack: netlink_ext_ack = None
    family: int = 0
    answer_flags: int = 0
    min_dump_alloc: int = 0
    prev_seq: int = 0
    seq: int = 0
    strict_check: bool = False
    args: list[int] = field(default_factory=lambda: [0] * 6)


@dataclass(slots=True, eq=False)
class netlink_dump_control:
    """What a dump is started with."""

    start: Callable[[netlink_callback], int] = None
    dump: Callable[[sk_buff, netlink_callback], int] = None
    done: Callable[[netlink_callback], int] = None
    data: Any = None
    min_dump_alloc: int = 0


def nlmsg_hdr(skb: sk_buff) -> nlmsghdr:
    """The message that an skb begins with. `include/linux/netlink.h:13`"""
    return nlmsghdr(skb.head, skb.data)


def NETLINK_CB(skb: sk_buff) -> netlink_skb_parms:
    """Netlink's notes on an skb. `include/linux/netlink.h:32`"""
    return skb.cb


def NL_SET_ERR_MSG(extack: netlink_ext_ack, msg: str) -> None:
    """Say what is wrong, if anybody listens. `include/linux/netlink.h:95 (6.1)`"""
    if extack is not None:
        extack._msg = msg


def NL_SET_BAD_ATTR(extack: netlink_ext_ack, attr: nlattr) -> None:
    """Say which attribute is wrong. `include/linux/netlink.h:115 (6.1)`"""
    if extack is not None:
        extack.bad_attr = attr


def NL_SET_ERR_MSG_ATTR_POL(extack: netlink_ext_ack, attr: nlattr, pol: nla_policy, msg: str) -> None:
    """Say what is wrong, with which attribute, by which policy. `include/linux/netlink.h:117 (6.1)`"""
    if extack is not None:
        extack._msg, extack.bad_attr, extack.policy = msg, attr, pol


def NL_SET_ERR_MSG_ATTR(extack: netlink_ext_ack, attr: nlattr, msg: str) -> None:
    """Say what is wrong with an attribute. `include/linux/netlink.h:130 (6.1)`"""
    NL_SET_ERR_MSG_ATTR_POL(extack, attr, None, msg)


def NL_SET_ERR_ATTR_MISS(extack: netlink_ext_ack, nest: nlattr, type: int) -> None:
    """Say which attribute is missing. `include/linux/netlink.h:133 (6.1)`"""
    if extack is not None:
        extack.miss_nest, extack.miss_type = nest, type


def NL_REQ_ATTR_CHECK(extack: netlink_ext_ack, nest: nlattr, tb: list, type: int) -> bool:
    """True, and said so, if a needed attribute is missing. `include/linux/netlink.h:142 (6.1)`"""
    if tb[type] is not None:
        return False
    NL_SET_ERR_ATTR_MISS(extack, nest, type)
    return True


def netlink_kernel_create(net: net, unit: int, cfg: netlink_kernel_cfg) -> sock:
    """A kernel-side netlink socket. `include/linux/netlink.h:55`"""
    from vethkernel.net.netlink.af_netlink import __netlink_kernel_create  # a header loads no .c module

    return __netlink_kernel_create(net, unit, cfg)


def netlink_dump_start(ssk: sock, skb: sk_buff, nlh: nlmsghdr, control: netlink_dump_control) -> int:
    """Begin to answer `nlh` with a dump. `include/linux/netlink.h:137`"""
    from vethkernel.net.netlink.af_netlink import __netlink_dump_start  # a header loads no .c module

    return __netlink_dump_start(ssk, skb, nlh, control)
