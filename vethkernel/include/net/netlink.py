# SPDX-License-Identifier: GPL-2.0-only
"""include/net/netlink.h: building and reading netlink messages and their attributes.

A message is a header, a fixed struct of its family, and attributes: type, length, value, padded to four bytes.

    building:  nlh = nlmsg_put(skb, portid, seq, type, payload, flags)
               nla_put_u32(skb, IFLA_MTU, 1500)
               nlmsg_end(skb, nlh)
               a put returns 0, or -EMSGSIZE when the skb is full; nlmsg_put then returns None
    reading:   tb: list[nlattr] = []
               err = nlmsg_parse_deprecated(nlh, ifinfomsg.SIZE, tb, IFLA_MAX, policy, extack)
               fills tb: tb[IFLA_MTU] is an nlattr or None; nla_get_u32(), nla_data() (bytes), nla_strscpy() read it
    pointers:  nlmsg_data(nlh) is the payload's offset in nlh.head: ifinfomsg(nlh.head, nlmsg_data(nlh))
               a stream of attributes is a view of its first one and a length: nlattr(some_bytes, offset), len

Addresses (be32) are numbers here, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import pack, unpack_from
from typing import TYPE_CHECKING, Any

from vethkernel.include.linux.netlink import (
    NETLINK_CB,
    NL_SET_ERR_MSG,
    NL_SET_ERR_MSG_ATTR,
    netlink_callback,
    netlink_ext_ack,
    nlmsghdr,
)
from vethkernel.include.linux.skbuff import __skb_trim, sk_buff, skb_tailroom
from vethkernel.include.uapi.asm_generic.errno import EINVAL
from vethkernel.include.uapi.linux.netlink import (
    NLA_F_NESTED,
    NLA_HDRLEN,
    NLA_TYPE_MASK,
    NLM_F_DUMP_INTR,
    NLM_F_ECHO,
    NLMSG_HDRLEN,
)
from vethkernel.include.uapi.linux.socket import MSG_DONTWAIT
from vethkernel.wire import Header, u16

if TYPE_CHECKING:
    from vethkernel.include.net.sock import sock

NLA_UNSPEC = 0
NLA_U8 = 1
NLA_U16 = 2
NLA_U32 = 3
NLA_U64 = 4
NLA_STRING = 5
NLA_FLAG = 6
NLA_MSECS = 7
NLA_NESTED = 8
NLA_NESTED_ARRAY = 9
NLA_NUL_STRING = 10
NLA_BINARY = 11
NLA_S8 = 12
NLA_S16 = 13
NLA_S32 = 14
NLA_S64 = 15
NLA_BITFIELD32 = 16
NLA_REJECT = 17
NLA_BE16 = 18
NLA_BE32 = 19

NLA_VALIDATE_NONE = 0
NLA_VALIDATE_RANGE = 1
NLA_VALIDATE_RANGE_WARN_TOO_LONG = 2
NLA_VALIDATE_MIN = 3
NLA_VALIDATE_MAX = 4
NLA_VALIDATE_MASK = 5
NLA_VALIDATE_RANGE_PTR = 6
NLA_VALIDATE_FUNCTION = 7

NL_VALIDATE_LIBERAL = 0
NL_VALIDATE_TRAILING = 1 << 0
NL_VALIDATE_MAXTYPE = 1 << 1
NL_VALIDATE_UNSPEC = 1 << 2
NL_VALIDATE_STRICT_ATTRS = 1 << 3
NL_VALIDATE_NESTED = 1 << 4
NL_VALIDATE_DEPRECATED_STRICT = NL_VALIDATE_TRAILING | NL_VALIDATE_MAXTYPE
NL_VALIDATE_STRICT = (
    NL_VALIDATE_TRAILING | NL_VALIDATE_MAXTYPE | NL_VALIDATE_UNSPEC | NL_VALIDATE_STRICT_ATTRS | NL_VALIDATE_NESTED
)


class nlattr(Header):
    """The head of an attribute; also a pointer to a stream of them, whose first it is."""

    __slots__ = ()
    SIZE = 4
    nla_len = u16(0)
    nla_type = u16(2)


@dataclass(slots=True, eq=False)
class nla_policy:
    """What an attribute must look like; a table of them is a dict by attribute type."""

    type: int = NLA_UNSPEC
    len: int = 0
    validation_type: int = NLA_VALIDATE_NONE
    min: int = 0
    max: int = 0
    nested_policy: dict[int, nla_policy] = None
    reject_message: str = None
    strict_start_type: int = 0
    mask: int = 0
    validate: Callable[[nlattr, netlink_ext_ack], int] = None


@dataclass(slots=True, eq=False)
class nl_info:
    """On whose behalf a change is made, for the notification of it."""

    nlh: nlmsghdr = None
    nl_net: Any = None
    portid: int = 0
    skip_notify: bool = False


def NLA_ALIGN(len: int) -> int:
    """`len` rounded up to four bytes. `include/uapi/linux/netlink.h:181`"""
    return (len + 3) & ~3


def NLMSG_ALIGN(len: int) -> int:
    """`len` rounded up to four bytes. `include/uapi/linux/netlink.h:80`"""
    return (len + 3) & ~3


def nlmsg_msg_size(payload: int) -> int:
    """A message's length with its header, without padding. `include/net/netlink.h:275`"""
    return NLMSG_HDRLEN + payload


def nlmsg_total_size(payload: int) -> int:
    """A message's length with header and padding. `include/net/netlink.h:284`"""
    return NLMSG_ALIGN(nlmsg_msg_size(payload))


def nlmsg_data(nlh: nlmsghdr) -> int:
    """Where the payload begins in nlh.head. `include/net/netlink.h:302`"""
    return nlh.off + NLMSG_HDRLEN


def nlmsg_len(nlh: nlmsghdr) -> int:
    """Length of the payload. `include/net/netlink.h:311`"""
    return nlh.nlmsg_len - NLMSG_HDRLEN


def nlmsg_attrdata(nlh: nlmsghdr, hdrlen: int) -> nlattr:
    """The first attribute, behind a family header of `hdrlen` bytes. `include/net/netlink.h:321`"""
    return nlattr(nlh.head, nlmsg_data(nlh) + NLMSG_ALIGN(hdrlen))


def nlmsg_attrlen(nlh: nlmsghdr, hdrlen: int) -> int:
    """Length of all attributes. `include/net/netlink.h:333`"""
    return nlmsg_len(nlh) - NLMSG_ALIGN(hdrlen)


def nla_parse(tb: list, maxtype: int, head: nlattr, len: int, policy: dict, extack: netlink_ext_ack) -> int:
    """Sort a stream of attributes into `tb`, in the strict way. `include/net/netlink.h:661 (6.1)`"""
    return __nla_parse(tb, maxtype, head, len, policy, NL_VALIDATE_STRICT, extack)


def nla_parse_deprecated(tb: list, maxtype: int, head: nlattr, len: int, policy: dict, extack: netlink_ext_ack) -> int:
    """Sort a stream of attributes into `tb`, unknown ones left aside. `include/net/netlink.h:686 (6.1)`"""
    return __nla_parse(tb, maxtype, head, len, policy, NL_VALIDATE_LIBERAL, extack)


def __nlmsg_parse(
    nlh: nlmsghdr, hdrlen: int, tb: list, maxtype: int, policy: dict, validate: int, extack: netlink_ext_ack
) -> int:
    """Sort the attributes of a message into `tb`. `include/net/netlink.h:733 (6.1)`"""
    if nlh.nlmsg_len < nlmsg_msg_size(hdrlen):
        NL_SET_ERR_MSG(extack, "Invalid header length")
        return -EINVAL
    return __nla_parse(tb, maxtype, nlmsg_attrdata(nlh, hdrlen), nlmsg_attrlen(nlh, hdrlen), policy, validate, extack)


def nlmsg_parse(nlh: nlmsghdr, hdrlen: int, tb: list, maxtype: int, policy: dict, extack: netlink_ext_ack) -> int:
    """The same in the strict way. `include/net/netlink.h:760 (6.1)`"""
    return __nlmsg_parse(nlh, hdrlen, tb, maxtype, policy, NL_VALIDATE_STRICT, extack)


def nlmsg_parse_deprecated(
    nlh: nlmsghdr, hdrlen: int, tb: list, maxtype: int, policy: dict, extack: netlink_ext_ack
) -> int:
    """The same in the old, liberal way. `include/net/netlink.h:780 (6.1)`"""
    return __nlmsg_parse(nlh, hdrlen, tb, maxtype, policy, NL_VALIDATE_LIBERAL, extack)


def nlmsg_parse_deprecated_strict(
    nlh: nlmsghdr, hdrlen: int, tb: list, maxtype: int, policy: dict, extack: netlink_ext_ack
) -> int:
    """The same, refusing unknown types and leftover bytes. `include/net/netlink.h:801 (6.1)`"""
    return __nlmsg_parse(nlh, hdrlen, tb, maxtype, policy, NL_VALIDATE_DEPRECATED_STRICT, extack)


def nlmsg_find_attr(nlh: nlmsghdr, hdrlen: int, attrtype: int) -> nlattr:
    """One attribute of a message, or None. `include/net/netlink.h:397`"""
    return nla_find(nlmsg_attrdata(nlh, hdrlen), nlmsg_attrlen(nlh, hdrlen), attrtype)


def nla_validate(head: nlattr, len: int, maxtype: int, policy: dict, extack: netlink_ext_ack) -> int:
    """Look whether a stream of attributes is well formed, in the strict way. `include/net/netlink.h:858 (6.1)`"""
    return __nla_validate(head, len, maxtype, policy, NL_VALIDATE_STRICT, extack)


def nla_validate_deprecated(head: nlattr, len: int, maxtype: int, policy: dict, extack: netlink_ext_ack) -> int:
    """Look whether a stream of attributes is well formed. `include/net/netlink.h:839 (6.1)`"""
    return __nla_validate(head, len, maxtype, policy, NL_VALIDATE_LIBERAL, extack)


def nlmsg_validate_deprecated(nlh: nlmsghdr, hdrlen: int, maxtype: int, policy: dict, extack: netlink_ext_ack) -> int:
    """Look whether a message and its attributes are well formed. `include/net/netlink.h:878 (6.1)`"""
    if nlh.nlmsg_len < nlmsg_msg_size(hdrlen):
        return -EINVAL
    return __nla_validate(
        nlmsg_attrdata(nlh, hdrlen), nlmsg_attrlen(nlh, hdrlen), maxtype, policy, NL_VALIDATE_LIBERAL, extack
    )


def nlmsg_seq(nlh: nlmsghdr) -> int:
    """The number of the request, 0 if there is none. `include/net/netlink.h:910 (6.1)`"""
    return nlh.nlmsg_seq if nlh else 0


def nlmsg_report(nlh: nlmsghdr) -> int:
    """Whether the sender wants a copy of the notification. `include/net/netlink.h:428`"""
    return nlh.nlmsg_flags & NLM_F_ECHO if nlh else 0


def nlmsg_put(skb: sk_buff, portid: int, seq: int, type: int, payload: int, flags: int) -> nlmsghdr:
    """Add a message's header and the room of its family header; None if the skb is full. `include/net/netlink.h:456`"""
    from vethkernel.net.netlink.af_netlink import __nlmsg_put  # a header loads no .c module

    if skb_tailroom(skb) < nlmsg_total_size(payload):
        return None
    return __nlmsg_put(skb, portid, seq, type, payload, flags)


def nlmsg_put_answer(skb: sk_buff, cb: netlink_callback, type: int, payload: int, flags: int) -> nlmsghdr:
    """The same, as part of a dump. `include/net/netlink.h:476`"""
    return nlmsg_put(skb, NETLINK_CB(cb.skb).portid, cb.nlh.nlmsg_seq, type, payload, flags)


def nlmsg_new(payload: int, flags: int) -> sk_buff:
    """An empty skb with room for a message. `include/net/netlink.h:493`"""
    from vethkernel.net.core.skbuff import alloc_skb  # a header loads no .c module

    return alloc_skb(nlmsg_total_size(payload), flags)


def nlmsg_end(skb: sk_buff, nlh: nlmsghdr) -> int:
    """Write the length of the finished message. `include/net/netlink.h:509`"""
    nlh.nlmsg_len = skb.tail - nlh.off
    return skb.len


def nlmsg_get_pos(skb: sk_buff) -> int:
    """Where the next thing will be put. `include/net/netlink.h:522`"""
    return skb.tail


def nlmsg_trim(skb: sk_buff, mark: int) -> None:
    """Take back all that was put since `mark`. `include/net/netlink.h:534`"""
    if mark is not None:
        __skb_trim(skb, mark - skb.data)


def nlmsg_cancel(skb: sk_buff, nlh: nlmsghdr) -> None:
    """Take back the whole message. `include/net/netlink.h:548`"""
    nlmsg_trim(skb, nlh.off)


def nlmsg_free(skb: sk_buff) -> None:
    """Give a message up. `include/net/netlink.h:557`"""
    from vethkernel.net.core.skbuff import kfree_skb  # a header loads no .c module

    kfree_skb(skb)


def nlmsg_multicast(sk: sock, skb: sk_buff, portid: int, group: int, flags: int) -> int:
    """Send to all members of a group but one. `include/net/netlink.h:570`"""
    from vethkernel.net.netlink.af_netlink import netlink_broadcast  # a header loads no .c module

    NETLINK_CB(skb).dst_group = group
    err = netlink_broadcast(sk, skb, portid, group, flags)
    return 0 if err > 0 else err


def nlmsg_unicast(sk: sock, skb: sk_buff, portid: int) -> int:
    """Send to one socket. `include/net/netlink.h:590`"""
    from vethkernel.net.netlink.af_netlink import netlink_unicast  # a header loads no .c module

    err = netlink_unicast(sk, skb, portid, MSG_DONTWAIT)
    return 0 if err > 0 else err


def nl_dump_check_consistent(cb: netlink_callback, nlh: nlmsghdr) -> None:
    """Mark a dump that something changed under. `include/net/netlink.h:629`"""
    if cb.prev_seq and cb.seq != cb.prev_seq:
        nlh.nlmsg_flags |= NLM_F_DUMP_INTR
    cb.prev_seq = cb.seq


def nla_attr_size(payload: int) -> int:
    """An attribute's length with its header. `include/net/netlink.h:645`"""
    return NLA_HDRLEN + payload


def nla_total_size(payload: int) -> int:
    """The same with padding. `include/net/netlink.h:654`"""
    return NLA_ALIGN(nla_attr_size(payload))


def nla_type(nla: nlattr) -> int:
    """Its type, without flags. `include/net/netlink.h:672`"""
    return nla.nla_type & NLA_TYPE_MASK


def nla_data(nla: nlattr) -> bytes:
    """Its value. `include/net/netlink.h:681`"""
    return bytes(nla.head[nla.off + NLA_HDRLEN : nla.off + nla.nla_len])


def nla_len(nla: nlattr) -> int:
    """Length of its value. `include/net/netlink.h:690`"""
    return nla.nla_len - NLA_HDRLEN


def nla_ok(nla: nlattr, remaining: int) -> bool:
    """Whether a whole attribute stands there. `include/net/netlink.h:700`"""
    return remaining >= NLA_HDRLEN and NLA_HDRLEN <= nla.nla_len <= remaining


def nla_next(nla: nlattr, remaining: int) -> tuple[nlattr, int]:
    """The attribute behind this one, and what then remains. `include/net/netlink.h:715`"""
    totlen = NLA_ALIGN(nla.nla_len)
    return nlattr(nla.head, nla.off + totlen), remaining - totlen


def nla_for_each_attr(head: nlattr, len: int) -> Iterator[nlattr]:
    """Each attribute of a stream. `include/net/netlink.h:1187`"""
    while nla_ok(head, len):
        yield head
        head, len = nla_next(head, len)


def nla_for_each_nested(nla: nlattr) -> Iterator[nlattr]:
    """Each attribute inside another. `include/net/netlink.h:1198`"""
    return nla_for_each_attr(nla_first(nla), nla_len(nla))


def nla_first(nla: nlattr) -> nlattr:
    """The first attribute inside another: what C has by casting nla_data()."""
    return nlattr(nla.head, nla.off + NLA_HDRLEN)


def nla_find_nested(nla: nlattr, attrtype: int) -> nlattr:
    """One attribute inside another, or None. `include/net/netlink.h:731`"""
    return nla_find(nla_first(nla), nla_len(nla), attrtype)


def nla_parse_nested(tb: list, maxtype: int, nla: nlattr, policy: dict, extack: netlink_ext_ack) -> int:
    """Sort the attributes inside another into `tb`, strictly. `include/net/netlink.h:1247 (6.1)`"""
    if not nla.nla_type & NLA_F_NESTED:
        NL_SET_ERR_MSG_ATTR(extack, nla, "NLA_F_NESTED is missing")
        return -EINVAL
    return __nla_parse(tb, maxtype, nla_first(nla), nla_len(nla), policy, NL_VALIDATE_STRICT, extack)


def nla_parse_nested_deprecated(tb: list, maxtype: int, nla: nlattr, policy: dict, extack: netlink_ext_ack) -> int:
    """Sort the attributes inside another into `tb`. `include/net/netlink.h:1271 (6.1)`"""
    return __nla_parse(tb, maxtype, nla_first(nla), nla_len(nla), policy, NL_VALIDATE_LIBERAL, extack)


def nla_put_u8(skb: sk_buff, attrtype: int, value: int) -> int:
    """Add a byte. `include/net/netlink.h:758`"""
    return nla_put(skb, attrtype, 1, pack("B", value & 0xFF))


def nla_put_u16(skb: sk_buff, attrtype: int, value: int) -> int:
    """Add a 16-bit number. `include/net/netlink.h:769`"""
    return nla_put(skb, attrtype, 2, pack("<H", value))


def nla_put_be16(skb: sk_buff, attrtype: int, value: int) -> int:
    """Add a 16-bit number in network order. `include/net/netlink.h:780`"""
    return nla_put(skb, attrtype, 2, pack("!H", value))


def nla_put_u32(skb: sk_buff, attrtype: int, value: int) -> int:
    """Add a 32-bit number. `include/net/netlink.h:813`"""
    return nla_put(skb, attrtype, 4, pack("<I", value & 0xFFFFFFFF))


def nla_put_be32(skb: sk_buff, attrtype: int, value: int) -> int:
    """Add a 32-bit number in network order. `include/net/netlink.h:824`"""
    return nla_put(skb, attrtype, 4, pack("!I", value))


def nla_put_u64_64bit(skb: sk_buff, attrtype: int, value: int, padattr: int) -> int:
    """Add a 64-bit number. `include/net/netlink.h:1405 (6.1)`"""
    return nla_put(skb, attrtype, 8, pack("<Q", value))


def nla_put_s32(skb: sk_buff, attrtype: int, value: int) -> int:
    """Add a 32-bit number with a sign. `include/net/netlink.h:923`"""
    return nla_put(skb, attrtype, 4, pack("<i", value))


def nla_put_string(skb: sk_buff, attrtype: int, str: str) -> int:
    """Add a name and the zero behind it. `include/net/netlink.h:945`"""
    data = str.encode("latin-1") + b"\0"
    return nla_put(skb, attrtype, len(data), data)


def nla_put_flag(skb: sk_buff, attrtype: int) -> int:
    """Add an attribute that says all by being there. `include/net/netlink.h:956`"""
    return nla_put(skb, attrtype, 0, b"")


def nla_put_msecs(skb: sk_buff, attrtype: int, njiffies: int, padattr: int) -> int:
    """Add a time in jiffies as milliseconds. `include/net/netlink.h:967`"""
    return nla_put_u64_64bit(skb, attrtype, njiffies, padattr)


def nla_put_in_addr(skb: sk_buff, attrtype: int, addr: int) -> int:
    """Add an IPv4 address. `include/net/netlink.h:1557 (6.1)`"""
    return nla_put_be32(skb, attrtype, addr)


def nla_get_u32(nla: nlattr) -> int:
    """Its value as a 32-bit number. `include/net/netlink.h:978`"""
    return unpack_from("<I", nla.head, nla.off + NLA_HDRLEN)[0]


def nla_get_be32(nla: nlattr) -> int:
    """Its value as a 32-bit number in network order. `include/net/netlink.h:987`"""
    return unpack_from("!I", nla.head, nla.off + NLA_HDRLEN)[0]


def nla_get_u16(nla: nlattr) -> int:
    """Its value as a 16-bit number. `include/net/netlink.h:996`"""
    return unpack_from("<H", nla.head, nla.off + NLA_HDRLEN)[0]


def nla_get_be16(nla: nlattr) -> int:
    """Its value as a 16-bit number in network order. `include/net/netlink.h:1005`"""
    return unpack_from("!H", nla.head, nla.off + NLA_HDRLEN)[0]


def nla_get_u8(nla: nlattr) -> int:
    """Its value as a byte. `include/net/netlink.h:1023`"""
    return nla.head[nla.off + NLA_HDRLEN]


def nla_get_u64(nla: nlattr) -> int:
    """Its value as a 64-bit number. `include/net/netlink.h:1032`"""
    return unpack_from("<Q", nla.head, nla.off + NLA_HDRLEN)[0]


def nla_get_s32(nla: nlattr) -> int:
    """Its value as a 32-bit number with a sign. `include/net/netlink.h:1058`"""
    return unpack_from("<i", nla.head, nla.off + NLA_HDRLEN)[0]


def nla_get_flag(nla: nlattr) -> bool:
    """Whether it is there. `include/net/netlink.h:1098`"""
    return nla is not None


def nla_get_msecs(nla: nlattr) -> int:
    """Its milliseconds as jiffies. `include/net/netlink.h:1109`"""
    return nla_get_u64(nla)


def nla_get_in_addr(nla: nlattr) -> int:
    """Its value as an IPv4 address. `include/net/netlink.h:1757 (6.1)`"""
    return nla_get_be32(nla)


def nla_nest_start_noflag(skb: sk_buff, attrtype: int) -> nlattr:
    """Begin an attribute that holds others; None if the skb is full. `include/net/netlink.h:1807 (6.1)`"""
    start = skb.tail
    return None if nla_put(skb, attrtype, 0, b"") < 0 else nlattr(skb.head, start)


def nla_nest_start(skb: sk_buff, attrtype: int) -> nlattr:
    """The same, marked as nested. `include/net/netlink.h:1828 (6.1)`"""
    return nla_nest_start_noflag(skb, attrtype | NLA_F_NESTED)


def nla_nest_end(skb: sk_buff, start: nlattr) -> int:
    """Write the length of the finished nest. `include/net/netlink.h:1143`"""
    start.nla_len = skb.tail - start.off
    return skb.len


def nla_nest_cancel(skb: sk_buff, start: nlattr) -> None:
    """Take back the nest and all in it. `include/net/netlink.h:1157`"""
    if start is not None:
        nlmsg_trim(skb, start.off)


from vethkernel.lib.nlattr import __nla_parse, __nla_validate, nla_find, nla_put
from vethkernel.lib.nlattr import nla_strlcpy as nla_strlcpy
from vethkernel.lib.nlattr import nla_strscpy as nla_strscpy
