# SPDX-License-Identifier: GPL-2.0-only
"""`ip rule show`: in which order the routing tables are asked. Changing rules is beyond this program."""

from __future__ import annotations

from struct import Struct

from vethkernel.include.uapi.linux.fib_rules import (
    FIB_RULE_INVERT,
    FR_ACT_NOP,
    FR_ACT_TO_TBL,
    FRA_DST,
    FRA_FWMARK,
    FRA_IIFNAME,
    FRA_OIFNAME,
    FRA_PRIORITY,
    FRA_PROTOCOL,
    FRA_SRC,
    FRA_TABLE,
)
from vethkernel.include.uapi.linux.rtnetlink import RTM_GETRULE, RTPROT_KERNEL
from vethkernel.include.uapi.linux.socket import AF_INET
from vethkernel.user.ip.common import Command, Ip, Words, run, unsupported, usage
from vethkernel.user.ip.output import INET
from vethkernel.user.ip.route_show import TYPES
from vethkernel.user.ip.values import BITS, DSFIELDS, PROTOCOLS, TABLES, host
from vethkernel.user.rtnl import Message, Refused, Request, attributes, string, u32

FIB_RULE_HDR = Struct("<BBBBBBBBI")  # family, lengths of destination and source, tos, table, two spare, action, flags


def main(ip: Ip, words: Words) -> None:
    """`ip rule`."""
    return run(ip, words, COMMANDS, "rule") if words else show(ip, words)


def show(ip: Ip, words: Words) -> None:
    """All rules, in order."""
    if words:
        ip.unsupported(words.word)
    request = Request(RTM_GETRULE, 0, FIB_RULE_HDR.pack(ip.family or AF_INET, 0, 0, 0, 0, 0, 0, 0, 0))
    ip.out.start()
    try:
        for message in ip.rtnl.dump(request):
            _print(ip, message)
    except Refused:
        ip.die("Dump terminated")
    ip.out.finish()


def _print(ip: Ip, message: Message) -> None:
    family, dst_len, src_len, tos, table, _, _, action, flags = FIB_RULE_HDR.unpack_from(message.body)
    tb = attributes(message.body, FIB_RULE_HDR.size)
    table = u32(tb[FRA_TABLE]) if FRA_TABLE in tb else table
    out = ip.out
    out.open()
    out.put("priority", "%d:\t", u32(tb[FRA_PRIORITY]) if FRA_PRIORITY in tb else 0)
    if flags & FIB_RULE_INVERT:
        out.put("not", "not ")
    for attr, length, key, word, absent in (
        (FRA_SRC, src_len, "src", "from ", "all"),
        (FRA_DST, dst_len, "dst", " to ", None),
    ):
        if attr in tb or length or absent:
            out.text(word)
            out.put(key, "%s", host(family, tb[attr]) if attr in tb else "0" if length else absent, INET * (attr in tb))
            if length not in (0, BITS.get(family)):
                out.put(f"{key}len", "/%d", length)
    if tos:
        out.put("tos", " tos %s", DSFIELDS.name(tos, ip.numeric))
    if FRA_FWMARK in tb:
        out.put("fwmark", " fwmark %#x", u32(tb[FRA_FWMARK]))
    for attr, key in ((FRA_IIFNAME, "iif"), (FRA_OIFNAME, "oif")):
        if attr in tb:
            out.put(key, f" {key} %s", string(tb[attr]))
    if table:
        out.put("table", " lookup %s", TABLES.name(table, ip.numeric))
    if action == FR_ACT_NOP:
        out.put("nop", " nop")
    elif action != FR_ACT_TO_TBL:
        out.put("action", " %s", TYPES.name(action, ip.numeric))
    protocol = tb.get(FRA_PROTOCOL, b"\0")[0]
    if FRA_PROTOCOL in tb and (protocol not in (0, RTPROT_KERNEL) or ip.details):
        out.put("protocol", " proto %s", PROTOCOLS.name(protocol, ip.numeric))
    out.text("\n")
    out.close()


COMMANDS: dict[str, Command] = {
    "~list ~lst ~show": show,
    "~save ~restore ~add ~delete ~flush": unsupported,
    "~help": usage("rule"),
}
