# SPDX-License-Identifier: GPL-2.0-only
"""Constants of include/uapi/linux/fib_rules.h."""

from vethkernel.wire import Header, u8, u32

FIB_RULE_INVERT = 2
FRA_DST = 1
FRA_SRC = 2
FRA_IIFNAME = 3
FRA_PRIORITY = 6
FRA_FWMARK = 10
FRA_SUPPRESS_PREFIXLEN = 14
FRA_TABLE = 15
FRA_OIFNAME = 17
FRA_PROTOCOL = 21
FR_ACT_TO_TBL = 1
FR_ACT_NOP = 3


class fib_rule_hdr(Header):
    """The fixed part of a message about a rule."""

    __slots__ = ()
    SIZE = 12
    family = u8(0)
    dst_len = u8(1)
    src_len = u8(2)
    tos = u8(3)
    table = u8(4)
    res1 = u8(5)
    res2 = u8(6)
    action = u8(7)
    flags = u32(8)
