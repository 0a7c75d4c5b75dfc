# SPDX-License-Identifier: GPL-2.0-only
"""include/net/ip_fib.h: the routing tables, the Forwarding Information Base.

    fib_table  --prefix-->  fib_alias (type, TOS)  -->  fib_info (scope, source, metrics)  -->  fib_nh (next hop)

Many aliases share a fib_info. `fib_lookup(net, flowi4, result, flags)` fills a fib_result in, or returns an errno; it
stands beside fib_table_lookup in net/ipv4/fib_trie.py, since a header loads no .c module.
"""

from dataclasses import dataclass, field
from typing import Any

from vethkernel.include.linux.netdevice import net_device
from vethkernel.include.net.netlink import nl_info, nlattr

FIB_LOOKUP_NOREF = 1
FIB_LOOKUP_IGNORE_LINKSTATE = 2
FIB_TABLE_HASHSZ = 256
FNHE_RECLAIM_DEPTH = 5
FA_S_ACCESSED = 0x01


@dataclass(slots=True, eq=False)
class fib_config:
    """A route to be added or deleted, as somebody asked for it."""

    fc_dst_len: int = 0
    fc_tos: int = 0
    fc_protocol: int = 0
    fc_scope: int = 0
    fc_type: int = 0
    fc_gw_family: int = 0
    fc_table: int = 0
    fc_dst: int = 0
    fc_gw: int = 0
    fc_oif: int = 0
    fc_flags: int = 0
    fc_priority: int = 0
    fc_prefsrc: int = 0
    fc_mx: nlattr = None
    fc_mx_len: int = 0
    fc_mp: nlattr = None
    fc_mp_len: int = 0
    fc_nlflags: int = 0
    fc_nlinfo: nl_info = field(default_factory=nl_info)


@dataclass(slots=True, eq=False)
class fib_nh_exception:
    """What was learnt of one address behind a next hop: a smaller MTU, a better gateway."""

    fnhe_daddr: int = 0
    fnhe_pmtu: int = 0
    fnhe_mtu_locked: bool = False
    fnhe_gw: int = 0
    fnhe_expires: int = 0
    fnhe_rth_input: Any = None
    fnhe_rth_output: Any = None
    fnhe_stamp: int = 0
    fnhe_genid: int = 0


class fib_nh:
    """A next hop: out of this device, to this gateway or (0) to the receiver itself; with its ready-made routes."""

    __slots__ = (
        "nh_dev", "nh_parent", "nh_flags", "nh_scope", "nh_weight", "nh_upper_bound", "nh_oif", "nh_gw",
        "nh_gw_family", "nh_saddr", "nh_saddr_genid", "nh_rth_output", "nh_rth_input", "nh_exceptions",
    )  # fmt: skip

    def __init__(self, nh_parent: "fib_info") -> None:
        self.nh_dev: net_device = None
        self.nh_parent = nh_parent
        self.nh_flags = self.nh_scope = self.nh_oif = self.nh_gw = self.nh_gw_family = 0
        self.nh_weight = 1
        self.nh_upper_bound = 0
        self.nh_saddr = 0
        self.nh_saddr_genid = -1
        self.nh_rth_output: Any = None
        self.nh_rth_input: Any = None
        self.nh_exceptions: dict[int, fib_nh_exception] = None


class fib_info:
    """What routes have in common that differ in prefix, type or TOS only."""

    __slots__ = (
        "fib_net", "fib_treeref", "fib_flags", "fib_dead", "fib_protocol", "fib_scope", "fib_type", "fib_prefsrc",
        "fib_tb_id", "fib_priority", "fib_metrics", "fib_nhs", "fib_nh", "pfsrc_removed",
    )  # fmt: skip

    def __init__(self) -> None:
        self.fib_net: Any = None
        self.fib_treeref = self.fib_flags = 0
        self.fib_dead = False
        self.fib_protocol = self.fib_scope = self.fib_type = 0
        self.fib_prefsrc = self.fib_tb_id = self.fib_priority = 0
        self.fib_metrics: list[int] = []
        self.fib_nhs = 0
        self.fib_nh: list[fib_nh] = []
        self.pfsrc_removed = False

    @property
    def fib_dev(self) -> net_device:
        return self.fib_nh[0].nh_dev


class fib_alias:
    """An entry of a table: under its prefix, in the order of preference."""

    __slots__ = ("fa_tos", "fa_type", "fa_state", "fa_slen", "fa_info", "tb_id", "fa_default")

    def __init__(self, fa_info: fib_info, fa_tos: int, fa_type: int, fa_slen: int, tb_id: int) -> None:
        self.fa_info = fa_info
        self.fa_tos = fa_tos
        self.fa_type = fa_type
        self.fa_state = 0
        self.fa_slen = fa_slen
        self.tb_id = tb_id
        self.fa_default = -1


class fib_result:
    """The answer of a lookup."""

    __slots__ = ("prefix", "prefixlen", "nh_sel", "type", "scope", "tos", "fi", "table", "fa_head")
    prefix: int
    prefixlen: int
    nh_sel: int
    scope: int
    fa_head: list[fib_alias]

    def __init__(self) -> None:
        self.type = self.tos = 0
        self.fi: fib_info = None
        self.table: fib_table = None


@dataclass(slots=True, eq=False)
class fib_rt_info:
    """An entry with its place, for a message about it. `include/net/ip_fib.h:220 (6.1)`"""

    fi: fib_info
    tb_id: int
    dst: int
    dst_len: int
    tos: int
    type: int


@dataclass(slots=True, eq=False)
class fib_dump_filter:
    """Which entries a dump is asked for. `include/net/ip_fib.h:261 (6.1)`"""

    table_id: int = 0
    filter_set: bool = False
    dump_routes: bool = True
    dump_exceptions: bool = True
    protocol: int = 0
    rt_type: int = 0
    flags: int = 0
    dev: net_device = None


@dataclass(slots=True, eq=False)
class fib_table:
    """A table by its number. `tb_data` holds the entries; the tables local and main hold theirs together."""

    tb_id: int
    tb_data: Any
    tb_num_default: int = 0


def FIB_RES_NH(res: fib_result) -> fib_nh:
    """The next hop of a result. `include/net/ip_fib.h:155`"""
    return res.fi.fib_nh[res.nh_sel]


def FIB_RES_GW(res: fib_result) -> int:
    """Its gateway. `include/net/ip_fib.h:173`"""
    return res.fi.fib_nh[res.nh_sel].nh_gw


def FIB_RES_DEV(res: fib_result) -> net_device:
    """Its device. `include/net/ip_fib.h:174`"""
    return res.fi.fib_nh[res.nh_sel].nh_dev


def FIB_RES_OIF(res: fib_result) -> int:
    """The number of that device. `include/net/ip_fib.h:175`"""
    return res.fi.fib_nh[res.nh_sel].nh_oif
