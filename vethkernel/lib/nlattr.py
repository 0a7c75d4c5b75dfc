# SPDX-License-Identifier: GPL-2.0-only
"""lib/nlattr.c: attributes of netlink messages: checked against a policy, sorted by type, added to a message.

It follows 6.1, whose policies say more and whose answers carry a text. It leans on headers alone. Left out: arrays of
nests, bit fields and ranges behind a pointer, which no policy here asks for.
"""

from __future__ import annotations

from struct import pack_into
from typing import TYPE_CHECKING

from vethkernel.include.linux.netlink import (
    NL_SET_BAD_ATTR,
    NL_SET_ERR_MSG,
    NL_SET_ERR_MSG_ATTR,
    NL_SET_ERR_MSG_ATTR_POL,
    netlink_ext_ack,
)
from vethkernel.include.linux.skbuff import __skb_put, sk_buff, skb_tailroom
from vethkernel.include.uapi.asm_generic.errno import EINVAL, EMSGSIZE, ERANGE
from vethkernel.include.uapi.linux.netlink import NLA_F_NESTED, NLA_HDRLEN

if TYPE_CHECKING:
    from vethkernel.include.net.netlink import nla_policy, nlattr

MAX_POLICY_RECURSION_DEPTH = 10
U32_MAX = 0xFFFFFFFF


def nla_get_range_unsigned(pt: nla_policy) -> tuple[int, int]:
    """The least and the greatest value that a policy allows. `lib/nlattr.c:119 (6.1)`"""
    least, greatest = 0, (1 << 8 * nla_attr_minlen.get(pt.type, 2)) - 1
    if pt.validation_type in (NLA_VALIDATE_RANGE, NLA_VALIDATE_RANGE_WARN_TOO_LONG, NLA_VALIDATE_MIN):
        least = pt.min
    if pt.validation_type in (NLA_VALIDATE_RANGE, NLA_VALIDATE_RANGE_WARN_TOO_LONG, NLA_VALIDATE_MAX):
        greatest = pt.max
    return least, greatest


def nla_validate_range_unsigned(pt: nla_policy, nla: nlattr, extack: netlink_ext_ack, validate: int) -> int:
    """Refuse a number, or a length, outside its policy's range. `lib/nlattr.c:169 (6.1)`"""
    binary = pt.type == NLA_BINARY
    order = "big" if pt.type in (NLA_BE16, NLA_BE32) else "little"
    size = nla_attr_minlen.get(pt.type, 0)
    value = nla_len(nla) if binary else int.from_bytes(nla_data(nla)[:size], order)  # type: ignore[arg-type]
    least, greatest = nla_get_range_unsigned(pt)
    if least <= value <= greatest:
        return 0
    text = "binary attribute size out of range" if binary else "integer out of range"
    NL_SET_ERR_MSG_ATTR_POL(extack, nla, pt, text)
    return -ERANGE


def nla_validate_int_range_signed(pt: nla_policy, nla: nlattr, extack: netlink_ext_ack) -> int:
    """Refuse a signed number outside its policy's range. `lib/nlattr.c:282 (6.1)`"""
    value = int.from_bytes(nla_data(nla)[: nla_attr_minlen[pt.type]], "little", signed=True)
    checks_min = pt.validation_type in (NLA_VALIDATE_RANGE, NLA_VALIDATE_MIN)
    checks_max = pt.validation_type in (NLA_VALIDATE_RANGE, NLA_VALIDATE_MAX)
    if checks_min and value < pt.min or checks_max and value > pt.max:
        NL_SET_ERR_MSG_ATTR_POL(extack, nla, pt, "integer out of range")
        return -ERANGE
    return 0


def nla_validate_int_range(pt: nla_policy, nla: nlattr, extack: netlink_ext_ack, validate: int) -> int:
    """Refuse a number outside its policy's range. `lib/nlattr.c:317 (6.1)`"""
    if pt.type in (NLA_S8, NLA_S16, NLA_S32, NLA_S64):
        return nla_validate_int_range_signed(pt, nla, extack)
    return nla_validate_range_unsigned(pt, nla, extack, validate)


def nla_validate_mask(pt: nla_policy, nla: nlattr, extack: netlink_ext_ack) -> int:
    """Refuse a number with a bit that its policy does not know. `lib/nlattr.c:343 (6.1)`"""
    if int.from_bytes(nla_data(nla), "little") & ~pt.mask:
        NL_SET_ERR_MSG_ATTR(extack, nla, "reserved bit set")
        return -EINVAL
    return 0


def validate_nla(nla: nlattr, maxtype: int, policy: dict, validate: int, extack: netlink_ext_ack, depth: int) -> int:
    """Hold an attribute against its policy. `lib/nlattr.c:380 (6.1)`"""
    type = nla_type(nla)
    if type <= 0 or type > maxtype:
        return 0
    if 0 in policy and policy[0].strict_start_type and type >= policy[0].strict_start_type:
        validate |= NL_VALIDATE_STRICT
    pt = policy.get(type, UNSPEC_POLICY)
    exact = nla_attr_len.get(pt.type)
    if exact and nla_len(nla) != exact and validate & NL_VALIDATE_STRICT_ATTRS:
        NL_SET_ERR_MSG_ATTR_POL(extack, nla, pt, "invalid attribute length")
        return -EINVAL
    if validate & NL_VALIDATE_NESTED:
        nested = bool(nla.nla_type & NLA_F_NESTED)
        if pt.type == NLA_NESTED and not nested:
            NL_SET_ERR_MSG_ATTR_POL(extack, nla, pt, "NLA_F_NESTED is missing")
            return -EINVAL
        if pt.type not in (NLA_NESTED, NLA_UNSPEC) and nested:
            NL_SET_ERR_MSG_ATTR_POL(extack, nla, pt, "NLA_F_NESTED not expected")
            return -EINVAL
    err = validate_nla_type(nla, pt, validate, extack, depth)
    return err or validate_nla_further(nla, pt, validate, extack)


def validate_nla_type(nla: nlattr, pt: nla_policy, validate: int, extack: netlink_ext_ack, depth: int) -> int:
    """The part of the check that depends on the kind of value."""
    attrlen = nla_len(nla)
    err = -ERANGE
    good = True
    if pt.type == NLA_REJECT:
        if extack is not None and pt.reject_message:
            NL_SET_BAD_ATTR(extack, nla)
            extack._msg = pt.reject_message
            return -EINVAL
        err, good = -EINVAL, False
    elif pt.type == NLA_FLAG:
        good = attrlen == 0
    elif pt.type in (NLA_NUL_STRING, NLA_STRING):
        data = nla_data(nla)
        if pt.type == NLA_NUL_STRING and b"\0" not in (data[: pt.len + 1] if pt.len else data):
            err, good = -EINVAL, False
        else:
            good = attrlen >= 1 and (not pt.len or attrlen - (data[-1] == 0) <= pt.len)
    elif pt.type == NLA_BINARY:
        good = not pt.len or attrlen <= pt.len
    elif pt.type == NLA_NESTED:
        if attrlen and attrlen < NLA_HDRLEN:
            good = False
        elif attrlen and pt.nested_policy:
            err = __nla_validate_parse(
                nla_first(nla), attrlen, pt.len, pt.nested_policy, validate, extack, None, depth + 1
            )
            if err < 0:
                return err
    elif pt.type == NLA_UNSPEC:
        if validate & NL_VALIDATE_UNSPEC:
            NL_SET_ERR_MSG_ATTR(extack, nla, "Unsupported attribute")
            return -EINVAL
        good = attrlen >= pt.len
    else:
        good = attrlen >= (pt.len or nla_attr_minlen[pt.type])
    if good:
        return 0
    NL_SET_ERR_MSG_ATTR_POL(extack, nla, pt, "Attribute failed policy validation")
    return err


def validate_nla_further(nla: nlattr, pt: nla_policy, validate: int, extack: netlink_ext_ack) -> int:
    """The part of the check that depends on the value itself."""
    if pt.validation_type == NLA_VALIDATE_NONE:
        return 0
    if pt.validation_type == NLA_VALIDATE_MASK:
        return nla_validate_mask(pt, nla, extack)
    if pt.validation_type == NLA_VALIDATE_FUNCTION:
        return pt.validate(nla, extack)
    return nla_validate_int_range(pt, nla, extack, validate)


def __nla_validate_parse(
    head: nlattr,
    len: int,
    maxtype: int,
    policy: dict,
    validate: int,
    extack: netlink_ext_ack,
    tb: list,
    depth: int,
) -> int:
    """Check a stream of attributes and put each in its place in `tb`. `lib/nlattr.c:582 (6.1)`"""
    if depth >= MAX_POLICY_RECURSION_DEPTH:
        NL_SET_ERR_MSG(extack, "allowed policy recursion depth exceeded")
        return -EINVAL
    if tb is not None:
        tb[:] = [None] * (maxtype + 1)
    nla, rem = head, len
    while nla_ok(nla, rem):
        type = nla_type(nla)
        if 0 < type <= maxtype:
            err = validate_nla(nla, maxtype, policy, validate, extack, depth) if policy else 0
            if err < 0:
                return err
            if tb is not None:
                tb[type] = nla
        elif validate & NL_VALIDATE_MAXTYPE:
            NL_SET_ERR_MSG_ATTR(extack, nla, "Unknown attribute type")
            return -EINVAL
        nla, rem = nla_next(nla, rem)
    if rem > 0:
        NL_SET_ERR_MSG(extack, "bytes leftover after parsing attributes")
        if validate & NL_VALIDATE_TRAILING:
            return -EINVAL
    return 0


def __nla_validate(head: nlattr, len: int, maxtype: int, policy: dict, validate: int, extack: netlink_ext_ack) -> int:
    """Check a stream of attributes. `lib/nlattr.c:651 (6.1)`"""
    return __nla_validate_parse(head, len, maxtype, policy, validate, extack, None, 0)


def __nla_parse(
    tb: list, maxtype: int, head: nlattr, len: int, policy: dict, validate: int, extack: netlink_ext_ack
) -> int:
    """Check a stream of attributes and sort it into `tb`. `lib/nlattr.c:705 (6.1)`"""
    return __nla_validate_parse(head, len, maxtype, policy, validate, extack, tb, 0)


def nla_find(head: nlattr, len: int, attrtype: int) -> nlattr:
    """The first attribute of a type in a stream, or None. `lib/nlattr.c:220`"""
    for nla in nla_for_each_attr(head, len):
        if nla_type(nla) == attrtype:
            return nla
    return None


def nla_strscpy(nla: nlattr, dstsize: int) -> str:
    """An attribute's string, cut to what a C buffer of `dstsize` bytes holds. `lib/nlattr.c:750 (6.1)`"""
    return nla_data(nla).split(b"\0")[0][: dstsize - 1].decode("latin-1")


def nla_strlcpy(nla: nlattr, dstsize: int) -> str:
    """The same under its name of v3.10. `lib/nlattr.c:244`"""
    return nla_strscpy(nla, dstsize)


def nla_strcmp(nla: nlattr, str: str) -> int:
    """0 if the attribute is this string. `lib/nlattr.c:304`"""
    return int(nla_data(nla).rstrip(b"\0") != str.encode("latin-1"))


def nla_memcmp(nla: nlattr, data: bytes, size: int) -> int:
    """0 if the attribute is these bytes. `lib/nlattr.c:288`"""
    return int(nla_data(nla) != data[:size])


def __nla_reserve(skb: sk_buff, attrtype: int, attrlen: int) -> nlattr:
    """Add an attribute's header and the room of its value. `lib/nlattr.c:328`"""
    total = nla_total_size(attrlen)
    at = __skb_put(skb, total)
    skb.head[at : at + total] = bytes(total)
    pack_into("<HH", skb.head, at, nla_attr_size(attrlen), attrtype)
    return nlattr(skb.head, at)


def nla_reserve(skb: sk_buff, attrtype: int, attrlen: int) -> nlattr:
    """The same, or None if the skb is full. `lib/nlattr.c:375`"""
    if skb_tailroom(skb) < nla_total_size(attrlen):
        return None
    return __nla_reserve(skb, attrtype, attrlen)


def __nla_put(skb: sk_buff, attrtype: int, attrlen: int, data: bytes) -> None:
    """Add an attribute where there is room for it. `lib/nlattr.c:413`"""
    nla = __nla_reserve(skb, attrtype, attrlen)
    at = nla.off + NLA_HDRLEN
    skb.head[at : at + attrlen] = data[:attrlen]


def nla_put(skb: sk_buff, attrtype: int, attrlen: int, data: bytes) -> int:
    """Add an attribute, if there is room. `lib/nlattr.c:451`"""
    if skb_tailroom(skb) < nla_total_size(attrlen):
        return -EMSGSIZE
    __nla_put(skb, attrtype, attrlen, data)
    return 0


from vethkernel.include.net.netlink import (
    NL_VALIDATE_MAXTYPE,
    NL_VALIDATE_NESTED,
    NL_VALIDATE_STRICT,
    NL_VALIDATE_STRICT_ATTRS,
    NL_VALIDATE_TRAILING,
    NL_VALIDATE_UNSPEC,
    NLA_BE16,
    NLA_BE32,
    NLA_BINARY,
    NLA_FLAG,
    NLA_MSECS,
    NLA_NESTED,
    NLA_NUL_STRING,
    NLA_REJECT,
    NLA_S8,
    NLA_S16,
    NLA_S32,
    NLA_S64,
    NLA_STRING,
    NLA_U8,
    NLA_U16,
    NLA_U32,
    NLA_U64,
    NLA_UNSPEC,
    NLA_VALIDATE_FUNCTION,
    NLA_VALIDATE_MASK,
    NLA_VALIDATE_MAX,
    NLA_VALIDATE_MIN,
    NLA_VALIDATE_NONE,
    NLA_VALIDATE_RANGE,
    NLA_VALIDATE_RANGE_WARN_TOO_LONG,
    nla_attr_size,
    nla_data,
    nla_first,
    nla_for_each_attr,
    nla_len,
    nla_next,
    nla_ok,
    nla_policy,
    nla_total_size,
    nla_type,
    nlattr,
)

nla_attr_len = {
    NLA_U8: 1,
    NLA_U16: 2,
    NLA_U32: 4,
    NLA_U64: 8,
    NLA_S8: 1,
    NLA_S16: 2,
    NLA_S32: 4,
    NLA_S64: 8,
    NLA_BE16: 2,
    NLA_BE32: 4,
}
nla_attr_minlen = {**nla_attr_len, NLA_MSECS: 8}
UNSPEC_POLICY = nla_policy()
