# SPDX-License-Identifier: GPL-2.0-only
"""net/core/rtnetlink.c: what `ip link` asks for, and what it is told.

Requests come by `rtnetlink_rcv_msg`, which finds the function that was registered for the family and message type.
Those about devices are here: making (`rtnl_newlink`), changing (`rtnl_setlink`), deleting (`rtnl_dellink`), showing
(`rtnl_getlink`, `rtnl_dump_ifinfo`); each kind of device adds its own part by its rtnl_link_ops. `rtmsg_ifinfo` tells
listeners of a change. Left out: virtual functions and ports of hardware, XDP, the bridge's tables, statistics messages,
loading of modules.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import pack

from vethkernel.globals import g
from vethkernel.include.linux.bug import BUG_ON
from vethkernel.include.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from vethkernel.include.linux.gfp import GFP_KERNEL
from vethkernel.include.linux.jiffies import jiffies_to_clock_t
from vethkernel.include.linux.netdevice import (
    MAX_ADDR_LEN,
    MAX_PHYS_ITEM_ID_LEN,
    NET_ADDR_SET,
    NETDEV_CHANGE_TX_QUEUE_LEN,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEINFODATA,
    NETDEV_CHANGEMTU,
    NETDEV_CHANGENAME,
    NETDEV_CHANGEUPPER,
    NETDEV_FEAT_CHANGE,
    NETDEV_NOTIFY_PEERS,
    NETDEV_REBOOT,
    NETREG_REGISTERED,
    RTNL_LINK_INITIALIZED,
    RTNL_LINK_INITIALIZING,
    dev_net,
    dev_net_set,
    net_device,
    netif_carrier_ok,
    netif_dormant,
    netif_oper_up,
    netif_running,
    netif_testing,
    rtnl_link_stats64,
)
from vethkernel.include.linux.netlink import (
    NETLINK_CB,
    NL_SET_ERR_MSG,
    NL_SET_ERR_MSG_ATTR,
    NLMSG_GOODSIZE,
    netlink_callback,
    netlink_dump_control,
    netlink_ext_ack,
    netlink_kernel_cfg,
    netlink_kernel_create,
    nlmsg_hdr,
    nlmsghdr,
)
from vethkernel.include.linux.notifier import NOTIFY_DONE, notifier_block
from vethkernel.include.linux.rtnetlink import RTNL_FAMILY_MAX, ifinfomsg, rtgenmsg
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.dst import dst_entry
from vethkernel.include.net.net_namespace import for_each_net, get_net, net, net_eq, pernet_operations, put_net
from vethkernel.include.net.netlink import (
    NLA_BINARY,
    NLA_NESTED,
    NLA_NUL_STRING,
    NLA_REJECT,
    NLA_S32,
    NLA_STRING,
    NLA_U8,
    NLA_U32,
    NLA_VALIDATE_MIN,
    NLMSG_ALIGN,
    nl_dump_check_consistent,
    nla_data,
    nla_for_each_nested,
    nla_get_s32,
    nla_get_u8,
    nla_get_u32,
    nla_len,
    nla_nest_cancel,
    nla_nest_end,
    nla_nest_start,
    nla_nest_start_noflag,
    nla_parse_deprecated,
    nla_parse_nested_deprecated,
    nla_policy,
    nla_put,
    nla_put_s32,
    nla_put_string,
    nla_put_u8,
    nla_put_u32,
    nla_strscpy,
    nla_total_size,
    nla_type,
    nla_validate,
    nlattr,
    nlmsg_cancel,
    nlmsg_data,
    nlmsg_end,
    nlmsg_len,
    nlmsg_msg_size,
    nlmsg_new,
    nlmsg_parse,
    nlmsg_parse_deprecated,
    nlmsg_parse_deprecated_strict,
    nlmsg_put,
    nlmsg_report,
    nlmsg_seq,
    nlmsg_total_size,
    nlmsg_unicast,
)
from vethkernel.include.net.rtnetlink import (
    RTNL_FLAG_BULK_DEL_SUPPORTED,
    RTNL_FLAG_DOIT_UNLOCKED,
    RTNL_KIND_DEL,
    RTNL_KIND_GET,
    rtnl_af_ops,
    rtnl_doit_func,
    rtnl_dumpit_func,
    rtnl_link_ops,
    rtnl_msg_family,
    rtnl_msgtype_kind,
)
from vethkernel.include.net.sock import sock, sock_net
from vethkernel.include.uapi.asm_generic.errno import (
    EAFNOSUPPORT,
    EEXIST,
    EINVAL,
    EMSGSIZE,
    ENOBUFS,
    ENODATA,
    ENODEV,
    ENOENT,
    EOPNOTSUPP,
    EPERM,
)
from vethkernel.include.uapi.linux.if_ import (
    IF_OPER_DORMANT,
    IF_OPER_DOWN,
    IF_OPER_TESTING,
    IF_OPER_UNKNOWN,
    IF_OPER_UP,
    IFF_ALLMULTI,
    IFF_PROMISC,
    IFNAMSIZ,
)
from vethkernel.include.uapi.linux.if_link import (
    IFLA_ADDRESS,
    IFLA_AF_SPEC,
    IFLA_ALLMULTI,
    IFLA_ALT_IFNAME,
    IFLA_BROADCAST,
    IFLA_CARRIER,
    IFLA_CARRIER_CHANGES,
    IFLA_CARRIER_DOWN_COUNT,
    IFLA_CARRIER_UP_COUNT,
    IFLA_EVENT,
    IFLA_EXT_MASK,
    IFLA_GROUP,
    IFLA_GRO_MAX_SIZE,
    IFLA_GSO_MAX_SEGS,
    IFLA_GSO_MAX_SIZE,
    IFLA_IFALIAS,
    IFLA_IFNAME,
    IFLA_INFO_DATA,
    IFLA_INFO_KIND,
    IFLA_INFO_MAX,
    IFLA_INFO_SLAVE_DATA,
    IFLA_INFO_SLAVE_KIND,
    IFLA_LINK,
    IFLA_LINK_NETNSID,
    IFLA_LINKINFO,
    IFLA_LINKMODE,
    IFLA_MAP,
    IFLA_MASTER,
    IFLA_MAX,
    IFLA_MAX_MTU,
    IFLA_MIN_MTU,
    IFLA_MTU,
    IFLA_NET_NS_FD,
    IFLA_NET_NS_PID,
    IFLA_NEW_IFINDEX,
    IFLA_NEW_NETNSID,
    IFLA_NUM_RX_QUEUES,
    IFLA_NUM_TX_QUEUES,
    IFLA_OPERSTATE,
    IFLA_PARENT_DEV_BUS_NAME,
    IFLA_PARENT_DEV_NAME,
    IFLA_PERM_ADDRESS,
    IFLA_PHYS_PORT_ID,
    IFLA_PHYS_SWITCH_ID,
    IFLA_PORT_SELF,
    IFLA_PROMISCUITY,
    IFLA_PROP_LIST,
    IFLA_PROTINFO,
    IFLA_PROTO_DOWN,
    IFLA_PROTO_DOWN_REASON,
    IFLA_QDISC,
    IFLA_STATS,
    IFLA_STATS64,
    IFLA_TARGET_NETNSID,
    IFLA_TSO_MAX_SEGS,
    IFLA_TSO_MAX_SIZE,
    IFLA_TXQLEN,
    IFLA_VF_PORTS,
    IFLA_VFINFO_LIST,
    IFLA_WEIGHT,
    IFLA_XDP,
)
from vethkernel.include.uapi.linux.netlink import (
    NETLINK_ROUTE,
    NLA_HDRLEN,
    NLM_F_BULK,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_DUMP_FILTERED,
    NLM_F_EXCL,
    NLM_F_MULTI,
    NLM_F_REPLACE,
)
from vethkernel.include.uapi.linux.rtnetlink import (
    RTA_CACHEINFO,
    RTA_METRICS,
    RTAX_CC_ALGO,
    RTAX_MAX,
    RTM_BASE,
    RTM_DELLINK,
    RTM_GETADDR,
    RTM_GETLINK,
    RTM_GETNETCONF,
    RTM_GETROUTE,
    RTM_MAX,
    RTM_DELLINKPROP,
    RTM_NEWLINK,
    RTM_NEWLINKPROP,
    RTM_NR_MSGTYPES,
    RTM_SETLINK,
    RTNLGRP_LINK,
    RTNLGRP_MAX,
)
from vethkernel.include.uapi.linux.socket import AF_UNSPEC, PF_PACKET

PF_UNSPEC = AF_UNSPEC
IFALIASZ = 256
ALTIFNAMSIZ = 128
MODULE_NAME_LEN = 56
U16_MAX = 0xFFFF
GSO_MAX_SEGS = 65535
TSO_MAX_SIZE = GRO_MAX_SIZE = 524280
MAX_TCP_HEADER = 192
RTNL_MAX_TYPE = 50
RTNL_SLAVE_MAX_TYPE = 44
SIZEOF_LINK_STATS = 96
SIZEOF_LINK_STATS64 = 200
DO_SETLINK_MODIFIED = 0x01
DO_SETLINK_NOTIFY = 0x03


@dataclass(slots=True, eq=False)
class rtnl_link:
    """Who answers a message type of a family."""

    doit: rtnl_doit_func = None
    dumpit: rtnl_dumpit_func = None
    flags: int = 0


def rtnl_lock() -> None:
    """Begin a change to the network's configuration: with one thread there is nothing to lock.
    `net/core/rtnetlink.c:65`"""


def __rtnl_unlock() -> None:
    """End it without the rest of what rtnl_unlock does. `net/core/rtnetlink.c:71`"""


def rtnl_unlock() -> None:
    """End a change; devices that it unregistered end too. `net/core/rtnetlink.c:76`"""
    netdev_run_todo()


def rtm_msgindex(msgtype: int) -> int:
    """A message type's place in a family's table. `net/core/rtnetlink.c:105`"""
    msgindex = msgtype - RTM_BASE
    BUG_ON(msgindex < 0 or msgindex >= RTM_NR_MSGTYPES)
    return msgindex


def rtnl_get_link(protocol: int, msgtype: int) -> rtnl_link:
    """Who answers, or None. `net/core/rtnetlink.c:193 (6.1)`"""
    if protocol > RTNL_FAMILY_MAX:
        protocol = PF_UNSPEC
    tab = g.rtnl_msg_handlers.get(protocol) or g.rtnl_msg_handlers.get(PF_UNSPEC)
    return tab.get(msgtype) if tab else None


def rtnl_register(protocol: int, msgtype: int, doit: rtnl_doit_func, dumpit: rtnl_dumpit_func, flags: int) -> None:
    """Name the functions that answer a message type of a family, or of all. `net/core/rtnetlink.c:223`"""
    msgindex = rtm_msgindex(msgtype)
    link = g.rtnl_msg_handlers.setdefault(protocol, {}).setdefault(msgindex, rtnl_link())
    link.doit = doit or link.doit
    link.dumpit = dumpit or link.dumpit
    link.flags |= flags or 0


def rtnl_unregister(protocol: int, msgtype: int) -> int:
    """Nobody answers it any more. `net/core/rtnetlink.c:241`"""
    msgindex = rtm_msgindex(msgtype)
    if protocol not in g.rtnl_msg_handlers:
        return -ENOENT
    g.rtnl_msg_handlers[protocol].pop(msgindex, None)
    return 0


def rtnl_unregister_all(protocol: int) -> None:
    """Nobody answers for the family any more. `net/core/rtnetlink.c:265`"""
    g.rtnl_msg_handlers.pop(protocol, None)


def rtnl_link_ops_get(kind: str) -> rtnl_link_ops:
    """The operations of a kind of device, or None. `net/core/rtnetlink.c:276`"""
    for ops in g.link_ops:
        if ops.kind == kind:
            return ops
    return None


def __rtnl_link_register(ops: rtnl_link_ops) -> int:
    """Make a kind of device known. `net/core/rtnetlink.c:297`"""
    if rtnl_link_ops_get(ops.kind):
        return -EEXIST
    if (ops.setup is not None) and not ops.dellink:
        ops.dellink = unregister_netdevice_queue
    g.link_ops.append(ops)
    return 0


def rtnl_link_register(ops: rtnl_link_ops) -> int:
    """The same, for callers without the lock. `net/core/rtnetlink.c:316`"""
    rtnl_lock()
    err = __rtnl_link_register(ops)
    rtnl_unlock()
    return err


def __rtnl_kill_links(net: net, ops: rtnl_link_ops) -> None:
    """Delete all devices of a kind in a namespace. `net/core/rtnetlink.c:327`"""
    list_kill: list[net_device] = []
    for dev in list(net.dev_base_head):
        if dev.rtnl_link_ops is ops:
            ops.dellink(dev, list_kill)
    unregister_netdevice_many(list_kill)


def __rtnl_link_unregister(ops: rtnl_link_ops) -> None:
    """Forget a kind of device, and delete all of it. `net/core/rtnetlink.c:345`"""
    for each in for_each_net():
        __rtnl_kill_links(each, ops)
    g.link_ops.remove(ops)


def rtnl_link_unregister(ops: rtnl_link_ops) -> None:
    """The same, for callers without the lock. `net/core/rtnetlink.c:360`"""
    rtnl_lock()
    __rtnl_link_unregister(ops)
    rtnl_unlock()


def rtnl_link_get_slave_info_data_size(dev: net_device) -> int:
    """Room for what a master tells about its port. `net/core/rtnetlink.c:557 (6.1)`"""
    master_dev = netdev_master_upper_dev_get(dev)
    if not master_dev or not master_dev.rtnl_link_ops:
        return 0
    ops = master_dev.rtnl_link_ops
    if not ops.get_slave_size:
        return 0
    return nla_total_size(nlattr.SIZE) + ops.get_slave_size(master_dev, dev)


def rtnl_link_get_size(dev: net_device) -> int:
    """Room for what a device's kind tells about it. `net/core/rtnetlink.c:368`"""
    ops = dev.rtnl_link_ops
    if not ops:
        return 0
    size = nla_total_size(nlattr.SIZE) + nla_total_size(len(ops.kind) + 1)
    if ops.get_size:
        size += nla_total_size(nlattr.SIZE) + ops.get_size(dev)
    if ops.get_xstats_size:
        size += nla_total_size(ops.get_xstats_size(dev))
    return size + rtnl_link_get_slave_info_data_size(dev) + nla_total_size(MODULE_NAME_LEN)


def rtnl_af_lookup(family: int) -> rtnl_af_ops:
    """What an address family registered, or None. `net/core/rtnetlink.c:393`"""
    for ops in g.rtnl_af_ops:
        if ops.family == family:
            return ops
    return None


def __rtnl_af_register(ops: rtnl_af_ops) -> None:
    """Let an address family tell about devices. `net/core/rtnetlink.c:413`"""
    g.rtnl_af_ops.append(ops)


def rtnl_af_register(ops: rtnl_af_ops) -> None:
    """The same, for callers without the lock. `net/core/rtnetlink.c:426`"""
    rtnl_lock()
    __rtnl_af_register(ops)
    rtnl_unlock()


def __rtnl_af_unregister(ops: rtnl_af_ops) -> None:
    """The opposite. `net/core/rtnetlink.c:443`"""
    g.rtnl_af_ops.remove(ops)


def rtnl_af_unregister(ops: rtnl_af_ops) -> None:
    """The same, for callers without the lock. `net/core/rtnetlink.c:453`"""
    rtnl_lock()
    __rtnl_af_unregister(ops)
    rtnl_unlock()


def rtnl_link_get_af_size(dev: net_device, ext_filter_mask: int) -> int:
    """Room for what the address families tell. `net/core/rtnetlink.c:461`"""
    size = nla_total_size(nlattr.SIZE)
    for af_ops in g.rtnl_af_ops:
        if af_ops.get_link_af_size:
            size += nla_total_size(nlattr.SIZE) + af_ops.get_link_af_size(dev, ext_filter_mask)
    return size


def rtnl_have_link_slave_info(dev: net_device) -> bool:
    """Whether a master can tell about it. `net/core/rtnetlink.c:675 (6.1)`"""
    master_dev = netdev_master_upper_dev_get(dev)
    return bool(master_dev and master_dev.rtnl_link_ops)


def rtnl_link_slave_info_fill(skb: sk_buff, dev: net_device) -> int:
    """What its master tells about a device. `net/core/rtnetlink.c:689 (6.1)`"""
    master_dev = netdev_master_upper_dev_get(dev)
    if not master_dev or not master_dev.rtnl_link_ops:
        return 0
    ops = master_dev.rtnl_link_ops
    if nla_put_string(skb, IFLA_INFO_SLAVE_KIND, ops.kind) < 0:
        return -EMSGSIZE
    if ops.fill_slave_info:
        slave_data = nla_nest_start_noflag(skb, IFLA_INFO_SLAVE_DATA)
        if slave_data is None:
            return -EMSGSIZE
        err = ops.fill_slave_info(skb, master_dev, dev)
        if err < 0:
            nla_nest_cancel(skb, slave_data)
            return err
        nla_nest_end(skb, slave_data)
    return 0


def rtnl_link_info_fill(skb: sk_buff, dev: net_device) -> int:
    """What a device's kind tells about it. `net/core/rtnetlink.c:721 (6.1)`"""
    ops = dev.rtnl_link_ops
    if not ops:
        return 0
    if nla_put_string(skb, IFLA_INFO_KIND, ops.kind) < 0:
        return -EMSGSIZE
    if ops.fill_xstats:
        err = ops.fill_xstats(skb, dev)
        if err < 0:
            return err
    if ops.fill_info:
        data = nla_nest_start_noflag(skb, IFLA_INFO_DATA)
        if data is None:
            return -EMSGSIZE
        err = ops.fill_info(skb, dev)
        if err < 0:
            nla_nest_cancel(skb, data)
            return err
        nla_nest_end(skb, data)
    return 0


def rtnl_link_fill(skb: sk_buff, dev: net_device) -> int:
    """The part of a message that says what kind of device it is. `net/core/rtnetlink.c:480`"""
    linkinfo = nla_nest_start_noflag(skb, IFLA_LINKINFO)
    if linkinfo is None:
        return -EMSGSIZE
    err = rtnl_link_info_fill(skb, dev)
    if err >= 0:
        err = rtnl_link_slave_info_fill(skb, dev)
    if err < 0:
        nla_nest_cancel(skb, linkinfo)
        return err
    nla_nest_end(skb, linkinfo)
    return 0


def rtnetlink_send(skb: sk_buff, net: net, pid: int, group: int, echo: int) -> int:
    """Send to a group, and to the asker too if `echo`. `net/core/rtnetlink.c:520`"""
    return nlmsg_notify(net.rtnl, skb, pid, group, echo, GFP_KERNEL)


def rtnl_unicast(skb: sk_buff, net: net, pid: int) -> int:
    """Send to one socket. `net/core/rtnetlink.c:534`"""
    return nlmsg_unicast(net.rtnl, skb, pid)


def rtnl_notify(skb: sk_buff, net: net, pid: int, group: int, nlh: nlmsghdr, flags: int) -> None:
    """Tell a group of a change that the request `nlh` of `pid` made. `net/core/rtnetlink.c:542`"""
    nlmsg_notify(net.rtnl, skb, pid, group, nlmsg_report(nlh), flags)


def rtnl_set_sk_err(net: net, group: int, error: int) -> None:
    """Tell a group that a message was lost. `net/core/rtnetlink.c:555`"""
    netlink_set_err(net.rtnl, 0, group, error)


def rtnetlink_put_metrics(skb: sk_buff, metrics: list[int]) -> int:
    """Add a route's metrics, those that are set. `net/core/rtnetlink.c:563`"""
    if not metrics or not any(metrics):
        return 0
    mx = nla_nest_start_noflag(skb, RTA_METRICS)
    if mx is None:
        return -ENOBUFS
    for i in range(RTAX_MAX):
        if not metrics[i]:
            continue
        if i == RTAX_CC_ALGO - 1:
            full = nla_put_string(skb, i + 1, tcp_ca_get_name_by_key(metrics[i]))
        else:
            full = nla_put_u32(skb, i + 1, metrics[i])
        if full:
            nla_nest_cancel(skb, mx)
            return -EMSGSIZE
    return nla_nest_end(skb, mx)


def rtnl_put_cacheinfo(skb: sk_buff, dst: dst_entry, id: int, expires: int, error: int) -> int:
    """Add what is known about a route in use. `net/core/rtnetlink.c:593`"""
    clock = jiffies_to_clock_t(expires) if expires else 0
    ci = pack("<IIiIIIII", 0, 0, clock, error & 0xFFFFFFFF, 0, id, 0, 0)
    return nla_put(skb, RTA_CACHEINFO, len(ci), ci)


def set_operstate(dev: net_device, transition: int) -> None:
    """Move the operational state as a program asks, where that is allowed. `net/core/rtnetlink.c:615`"""
    operstate = dev.operstate
    if transition == IF_OPER_UP:
        waiting = operstate in (IF_OPER_DORMANT, IF_OPER_TESTING, IF_OPER_UNKNOWN)
        if waiting and not netif_dormant(dev) and not netif_testing(dev):
            operstate = IF_OPER_UP
    elif transition in (IF_OPER_TESTING, IF_OPER_DORMANT) and netif_oper_up(dev):
        operstate = transition
    if dev.operstate != operstate:
        dev.operstate = operstate
        netdev_state_change(dev)


def rtnl_dev_get_flags(dev: net_device) -> int:
    """The flags as the user set them. `net/core/rtnetlink.c:642`"""
    own = IFF_PROMISC | IFF_ALLMULTI
    return dev.flags & ~own | dev.gflags & own


def rtnl_dev_combine_flags(dev: net_device, ifm: ifinfomsg) -> int:
    """The flags that a request leads to: those it names changed, the others kept. `net/core/rtnetlink.c:648`"""
    flags = ifm.ifi_flags
    if ifm.ifi_change:
        flags = flags & ifm.ifi_change | rtnl_dev_get_flags(dev) & ~ifm.ifi_change
    return flags


def copy_rtnl_link_stats(b: rtnl_link_stats64) -> bytes:
    """The counters in 32 bits, as old programs read them. `net/core/rtnetlink.c:661`"""
    values = [getattr(b, name) & 0xFFFFFFFF for name in rtnl_link_stats64.__slots__]
    return pack("<24I", *values[:24])


def copy_rtnl_link_stats64(b: rtnl_link_stats64) -> bytes:
    """The counters in 64 bits. `net/core/rtnetlink.c:693`"""
    return pack("<25Q", *(getattr(b, name) for name in rtnl_link_stats64.__slots__))


def rtnl_prop_list_size(dev: net_device) -> int:
    """Room for the device's other names. `net/core/rtnetlink.c:1056 (6.1)`"""
    return nla_total_size(0) + len(dev.altnames) * nla_total_size(ALTIFNAMSIZ) if dev.altnames else 0


def if_nlmsg_size(dev: net_device, ext_filter_mask: int) -> int:
    """Room that a message about a device needs. `net/core/rtnetlink.c:742`"""
    return (
        NLMSG_ALIGN(ifinfomsg.SIZE)
        + 2 * nla_total_size(IFNAMSIZ)
        + nla_total_size(IFALIASZ)
        + nla_total_size(SIZEOF_LINK_STATS)
        + nla_total_size(SIZEOF_LINK_STATS64)
        + 3 * nla_total_size(MAX_ADDR_LEN)
        + 26 * nla_total_size(4)
        + 4 * nla_total_size(1)
        + 2 * nla_total_size(ALTIFNAMSIZ)
        + rtnl_prop_list_size(dev)
        + rtnl_link_get_size(dev)
        + rtnl_link_get_af_size(dev, ext_filter_mask)
    )


def rtnl_fill_stats(skb: sk_buff, dev: net_device) -> int:
    """Add the counters, in both widths. `net/core/rtnetlink.c:1267 (6.1)`"""
    sp = dev_get_stats(dev, rtnl_link_stats64())
    if nla_put(skb, IFLA_STATS64, SIZEOF_LINK_STATS64, copy_rtnl_link_stats64(sp)):
        return -EMSGSIZE
    return nla_put(skb, IFLA_STATS, SIZEOF_LINK_STATS, copy_rtnl_link_stats(sp))


def rtnl_get_event(event: int) -> int:
    """What a message says has happened, beyond what it shows. `net/core/rtnetlink.c:1579 (6.1)`"""
    return {NETDEV_REBOOT: 1, NETDEV_FEAT_CHANGE: 2, NETDEV_NOTIFY_PEERS: 4, NETDEV_CHANGEINFODATA: 6}.get(event, 0)


def rtnl_fill_alt_ifnames(skb: sk_buff, dev: net_device) -> int:
    """Add the device's other names: how many there are. `net/core/rtnetlink.c:1708 (6.1)`"""
    for name in dev.altnames:
        if nla_put_string(skb, IFLA_ALT_IFNAME, name):
            return -EMSGSIZE
    return len(dev.altnames)


def rtnl_fill_prop_list(skb: sk_buff, dev: net_device) -> int:
    """The same in a nest of their own, if there are any. `net/core/rtnetlink.c:1722 (6.1)`"""
    prop_list = nla_nest_start(skb, IFLA_PROP_LIST)
    if prop_list is None:
        return -EMSGSIZE
    ret = rtnl_fill_alt_ifnames(skb, dev)
    if ret <= 0:
        nla_nest_cancel(skb, prop_list)
        return ret
    nla_nest_end(skb, prop_list)
    return 0


def put_master_ifindex(skb: sk_buff, dev: net_device) -> int:
    """Add the number of the device's master, if it has one. `net/core/rtnetlink.c:1609 (6.1)`"""
    upper_dev = netdev_master_upper_dev_get(dev)
    return nla_put_u32(skb, IFLA_MASTER, upper_dev.ifindex) if upper_dev else 0


def nla_put_iflink(skb: sk_buff, dev: net_device, force: bool) -> int:
    """Add the number of the device's other end, if it has one. `net/core/rtnetlink.c:1624 (6.1)`"""
    ifindex = dev_get_iflink(dev)
    return nla_put_u32(skb, IFLA_LINK, ifindex) if force or dev.ifindex != ifindex else 0


def nla_put_ifalias(skb: sk_buff, dev: net_device) -> int:
    """Add the device's description, if it has one. `net/core/rtnetlink.c:1635 (6.1)`"""
    return nla_put_string(skb, IFLA_IFALIAS, dev.ifalias) if dev.ifalias else 0


def rtnl_fill_link_netnsid(skb: sk_buff, dev: net_device, src_net: net, gfp: int) -> int:
    """Add where the device's other end is: its number, and its namespace's. `net/core/rtnetlink.c:1645 (6.1)`"""
    put_iflink = False
    if dev.rtnl_link_ops and dev.rtnl_link_ops.get_link_net:
        link_net = dev.rtnl_link_ops.get_link_net(dev)
        if not net_eq(dev_net(dev), link_net):
            id = peernet2id_alloc(src_net, link_net, gfp)
            if nla_put_s32(skb, IFLA_LINK_NETNSID, id):
                return -EMSGSIZE
            put_iflink = True
    return nla_put_iflink(skb, dev, put_iflink)


def rtnl_fill_link_af(skb: sk_buff, dev: net_device, ext_filter_mask: int) -> int:
    """Add what the address families tell. `net/core/rtnetlink.c:1667 (6.1)`"""
    af_spec = nla_nest_start_noflag(skb, IFLA_AF_SPEC)
    if af_spec is None:
        return -EMSGSIZE
    for af_ops in g.rtnl_af_ops:
        if not af_ops.fill_link_af:
            continue
        af = nla_nest_start_noflag(skb, af_ops.family)
        if af is None:
            return -EMSGSIZE
        err = af_ops.fill_link_af(skb, dev, ext_filter_mask)
        if err == -ENODATA:
            nla_nest_cancel(skb, af)
        elif err < 0:
            return -EMSGSIZE
        else:
            nla_nest_end(skb, af)
    nla_nest_end(skb, af_spec)
    return 0


def rtnl_fill_proto_down(skb: sk_buff, dev: net_device) -> int:
    """Add whether a protocol holds the device down. `net/core/rtnetlink.c:1744 (6.1)`"""
    return nla_put_u8(skb, IFLA_PROTO_DOWN, int(dev.proto_down))


def rtnl_fill_ifinfo(
    skb: sk_buff,
    dev: net_device,
    src_net: net,
    type: int,
    pid: int,
    seq: int,
    change: int,
    flags: int,
    ext_filter_mask: int,
    event: int,
    new_nsid: int,
    new_ifindex: int,
    tgt_netnsid: int,
    gfp: int,
) -> int:
    """Write the message that shows a device: what `ip link` prints. `net/core/rtnetlink.c:849`"""
    nlh = nlmsg_put(skb, pid, seq, type, ifinfomsg.SIZE, flags)
    if nlh is None:
        return -EMSGSIZE
    ifm = ifinfomsg(nlh.head, nlmsg_data(nlh))
    ifm.ifi_family = AF_UNSPEC
    ifm.ifi_type = dev.type
    ifm.ifi_index = dev.ifindex
    ifm.ifi_flags = dev_get_flags(dev)
    ifm.ifi_change = change
    qdisc = dev.qdisc
    if (
        tgt_netnsid >= 0
        and nla_put_s32(skb, IFLA_TARGET_NETNSID, tgt_netnsid)
        or nla_put_string(skb, IFLA_IFNAME, dev.name)
        or nla_put_u32(skb, IFLA_TXQLEN, dev.tx_queue_len)
        or nla_put_u8(skb, IFLA_OPERSTATE, dev.operstate if netif_running(dev) else IF_OPER_DOWN)
        or nla_put_u8(skb, IFLA_LINKMODE, dev.link_mode)
        or nla_put_u32(skb, IFLA_MTU, dev.mtu)
        or nla_put_u32(skb, IFLA_MIN_MTU, dev.min_mtu)
        or nla_put_u32(skb, IFLA_MAX_MTU, dev.max_mtu)
        or nla_put_u32(skb, IFLA_GROUP, dev.group)
        or nla_put_u32(skb, IFLA_PROMISCUITY, dev.promiscuity)
        or nla_put_u32(skb, IFLA_ALLMULTI, dev.allmulti)
        or nla_put_u32(skb, IFLA_NUM_TX_QUEUES, dev.num_tx_queues)
        or nla_put_u32(skb, IFLA_GSO_MAX_SEGS, dev.gso_max_segs)
        or nla_put_u32(skb, IFLA_GSO_MAX_SIZE, dev.gso_max_size)
        or nla_put_u32(skb, IFLA_GRO_MAX_SIZE, dev.gro_max_size)
        or nla_put_u32(skb, IFLA_TSO_MAX_SIZE, TSO_MAX_SIZE)
        or nla_put_u32(skb, IFLA_TSO_MAX_SEGS, GSO_MAX_SEGS)
        or nla_put_u32(skb, IFLA_NUM_RX_QUEUES, dev.num_rx_queues)
        or put_master_ifindex(skb, dev)
        or nla_put_u8(skb, IFLA_CARRIER, int(netif_carrier_ok(dev)))
        or (qdisc and nla_put_string(skb, IFLA_QDISC, qdisc.ops.id))
        or nla_put_ifalias(skb, dev)
        or nla_put_u32(skb, IFLA_CARRIER_CHANGES, dev.carrier_up_count + dev.carrier_down_count)
        or nla_put_u32(skb, IFLA_CARRIER_UP_COUNT, dev.carrier_up_count)
        or nla_put_u32(skb, IFLA_CARRIER_DOWN_COUNT, dev.carrier_down_count)
        or rtnl_fill_proto_down(skb, dev)
        or event
        and nla_put_u32(skb, IFLA_EVENT, event)
        or dev.addr_len
        and nla_put(skb, IFLA_ADDRESS, dev.addr_len, dev.dev_addr)
        or dev.addr_len
        and nla_put(skb, IFLA_BROADCAST, dev.addr_len, dev.broadcast)
        or rtnl_fill_stats(skb, dev)
        or (dev.rtnl_link_ops or rtnl_have_link_slave_info(dev))
        and rtnl_link_fill(skb, dev) < 0
        or rtnl_fill_link_netnsid(skb, dev, src_net, gfp)
        or new_nsid is not None
        and nla_put_s32(skb, IFLA_NEW_NETNSID, new_nsid)
        or new_ifindex
        and nla_put_s32(skb, IFLA_NEW_IFINDEX, new_ifindex)
        or any(dev.perm_addr)
        and nla_put(skb, IFLA_PERM_ADDRESS, dev.addr_len, dev.perm_addr)
        or rtnl_fill_link_af(skb, dev, ext_filter_mask)
        or rtnl_fill_prop_list(skb, dev)
        or dev.parentbus
        and nla_put_string(skb, IFLA_PARENT_DEV_BUS_NAME, dev.parentbus)
    ):
        nlmsg_cancel(skb, nlh)
        return -EMSGSIZE
    nlmsg_end(skb, nlh)
    return 0


ifla_policy = {
    IFLA_IFNAME: nla_policy(NLA_STRING, IFNAMSIZ - 1),
    IFLA_ADDRESS: nla_policy(NLA_BINARY, MAX_ADDR_LEN),
    IFLA_BROADCAST: nla_policy(NLA_BINARY, MAX_ADDR_LEN),
    IFLA_MAP: nla_policy(len=28),
    IFLA_MTU: nla_policy(NLA_U32),
    IFLA_LINK: nla_policy(NLA_U32),
    IFLA_MASTER: nla_policy(NLA_U32),
    IFLA_CARRIER: nla_policy(NLA_U8),
    IFLA_TXQLEN: nla_policy(NLA_U32),
    IFLA_WEIGHT: nla_policy(NLA_U32),
    IFLA_OPERSTATE: nla_policy(NLA_U8),
    IFLA_LINKMODE: nla_policy(NLA_U8),
    IFLA_LINKINFO: nla_policy(NLA_NESTED),
    IFLA_NET_NS_PID: nla_policy(NLA_U32),
    IFLA_NET_NS_FD: nla_policy(NLA_U32),
    IFLA_IFALIAS: nla_policy(NLA_BINARY, IFALIASZ - 1),
    IFLA_VFINFO_LIST: nla_policy(NLA_NESTED),
    IFLA_VF_PORTS: nla_policy(NLA_NESTED),
    IFLA_PORT_SELF: nla_policy(NLA_NESTED),
    IFLA_AF_SPEC: nla_policy(NLA_NESTED),
    IFLA_EXT_MASK: nla_policy(NLA_U32),
    IFLA_PROMISCUITY: nla_policy(NLA_U32),
    IFLA_NUM_TX_QUEUES: nla_policy(NLA_U32),
    IFLA_NUM_RX_QUEUES: nla_policy(NLA_U32),
    IFLA_GSO_MAX_SEGS: nla_policy(NLA_U32),
    IFLA_GSO_MAX_SIZE: nla_policy(NLA_U32, validation_type=NLA_VALIDATE_MIN, min=MAX_TCP_HEADER + 1),
    IFLA_PHYS_PORT_ID: nla_policy(NLA_BINARY, MAX_PHYS_ITEM_ID_LEN),
    IFLA_CARRIER_CHANGES: nla_policy(NLA_U32),
    IFLA_PHYS_SWITCH_ID: nla_policy(NLA_BINARY, MAX_PHYS_ITEM_ID_LEN),
    IFLA_LINK_NETNSID: nla_policy(NLA_S32),
    IFLA_PROTO_DOWN: nla_policy(NLA_U8),
    IFLA_XDP: nla_policy(NLA_NESTED),
    IFLA_EVENT: nla_policy(NLA_U32),
    IFLA_GROUP: nla_policy(NLA_U32),
    IFLA_TARGET_NETNSID: nla_policy(NLA_S32),
    IFLA_CARRIER_UP_COUNT: nla_policy(NLA_U32),
    IFLA_CARRIER_DOWN_COUNT: nla_policy(NLA_U32),
    IFLA_MIN_MTU: nla_policy(NLA_U32),
    IFLA_MAX_MTU: nla_policy(NLA_U32),
    IFLA_PROP_LIST: nla_policy(NLA_NESTED),
    IFLA_ALT_IFNAME: nla_policy(NLA_STRING, ALTIFNAMSIZ - 1),
    IFLA_PERM_ADDRESS: nla_policy(NLA_REJECT),
    IFLA_PROTO_DOWN_REASON: nla_policy(NLA_NESTED),
    IFLA_NEW_IFINDEX: nla_policy(NLA_S32, validation_type=NLA_VALIDATE_MIN, min=1),
    IFLA_PARENT_DEV_NAME: nla_policy(NLA_NUL_STRING),
    IFLA_GRO_MAX_SIZE: nla_policy(NLA_U32),
    IFLA_TSO_MAX_SIZE: nla_policy(NLA_REJECT),
    IFLA_TSO_MAX_SEGS: nla_policy(NLA_REJECT),
    IFLA_ALLMULTI: nla_policy(NLA_REJECT),
}

ifla_info_policy = {
    IFLA_INFO_KIND: nla_policy(NLA_STRING),
    IFLA_INFO_DATA: nla_policy(NLA_NESTED),
    IFLA_INFO_SLAVE_KIND: nla_policy(NLA_STRING),
    IFLA_INFO_SLAVE_DATA: nla_policy(NLA_NESTED),
}


def linkinfo_to_kind_ops(nla: nlattr) -> rtnl_link_ops:
    """The kind of device that a request names, or None. `net/core/rtnetlink.c:2027 (6.1)`"""
    linfo: list[nlattr] = []
    if nla_parse_nested_deprecated(linfo, IFLA_INFO_MAX, nla, ifla_info_policy, None) < 0:
        return None
    if not linfo[IFLA_INFO_KIND]:
        return None
    return rtnl_link_ops_get(nla_strscpy(linfo[IFLA_INFO_KIND], MODULE_NAME_LEN))


def link_master_filtered(dev: net_device, master_idx: int) -> bool:
    """Whether a dump for one master's ports leaves the device out. `net/core/rtnetlink.c:2045 (6.1)`"""
    if not master_idx:
        return False
    master = netdev_master_upper_dev_get(dev)
    if master_idx == 0xFFFFFFFF:
        return bool(master)
    return not master or master.ifindex != master_idx


def link_kind_filtered(dev: net_device, kind_ops: rtnl_link_ops) -> bool:
    """Whether a dump for one kind leaves the device out. `net/core/rtnetlink.c:2066 (6.1)`"""
    return kind_ops is not None and dev.rtnl_link_ops is not kind_ops


def link_dump_filtered(dev: net_device, master_idx: int, kind_ops: rtnl_link_ops) -> bool:
    """Whether a dump leaves the device out. `net/core/rtnetlink.c:2075 (6.1)`"""
    return link_master_filtered(dev, master_idx) or link_kind_filtered(dev, kind_ops)


def rtnl_get_net_ns_capable(sk: sock, netnsid: int) -> net:
    """The namespace that the socket's own knows by this number, or an error. `net/core/rtnetlink.c:2094 (6.1)`"""
    return get_net_ns_by_id(sock_net(sk), netnsid) or ERR_PTR(-EINVAL)


def rtnl_valid_dump_ifinfo_req(nlh: nlmsghdr, strict_check: bool, tb: list[nlattr], extack: netlink_ext_ack) -> int:
    """Read a request for a dump of devices. `net/core/rtnetlink.c:2121 (6.1)`"""
    if strict_check:
        if nlh.nlmsg_len < nlmsg_msg_size(ifinfomsg.SIZE):
            NL_SET_ERR_MSG(extack, "Invalid header for link dump")
            return -EINVAL
        ifm = ifinfomsg(nlh.head, nlmsg_data(nlh))
        if ifm.ifi_pad or ifm.ifi_type or ifm.ifi_flags or ifm.ifi_change:
            NL_SET_ERR_MSG(extack, "Invalid values in header for link dump request")
            return -EINVAL
        if ifm.ifi_index:
            NL_SET_ERR_MSG(extack, "Filter by device index not supported for link dumps")
            return -EINVAL
        return nlmsg_parse_deprecated_strict(nlh, ifinfomsg.SIZE, tb, IFLA_MAX, ifla_policy, extack)
    hdrlen = rtgenmsg.SIZE if nlmsg_len(nlh) < ifinfomsg.SIZE else ifinfomsg.SIZE
    return nlmsg_parse_deprecated(nlh, hdrlen, tb, IFLA_MAX, ifla_policy, extack)


def rtnl_dump_ifinfo(skb: sk_buff, cb: netlink_callback) -> int:
    """Show all devices, or those of one kind or master, by their numbers. `net/core/rtnetlink.c:1033`"""
    nlh = cb.nlh
    net = sock_net(skb.sk)
    tgt_net = net
    tb: list[nlattr] = []
    ext_filter_mask = master_idx = 0
    kind_ops = None
    flags = NLM_F_MULTI
    netnsid = -1
    err = rtnl_valid_dump_ifinfo_req(nlh, cb.strict_check, tb, cb.extack)
    if err < 0:
        if cb.strict_check:
            return err
        tb = []
    for i, nla in enumerate(tb):
        if not nla:
            continue
        if i == IFLA_TARGET_NETNSID:
            netnsid = nla_get_s32(nla)
            tgt_net = rtnl_get_net_ns_capable(skb.sk, netnsid)
            if IS_ERR(tgt_net):
                NL_SET_ERR_MSG(cb.extack, "Invalid target network namespace id")
                return PTR_ERR(tgt_net)
        elif i == IFLA_EXT_MASK:
            ext_filter_mask = nla_get_u32(nla)
        elif i == IFLA_MASTER:
            master_idx = nla_get_u32(nla)
        elif i == IFLA_LINKINFO:
            kind_ops = linkinfo_to_kind_ops(nla)
        elif cb.strict_check:
            NL_SET_ERR_MSG(cb.extack, "Unsupported attribute in link dump request")
            return -EINVAL
    if master_idx or kind_ops:
        flags |= NLM_F_DUMP_FILTERED

    err = 0
    for ifindex in sorted(index for index in tgt_net.dev_index_head if index > cb.args[0]):
        dev = tgt_net.dev_index_head[ifindex]
        if not link_dump_filtered(dev, master_idx, kind_ops):
            err = rtnl_fill_ifinfo(
                skb, dev, net, RTM_NEWLINK, NETLINK_CB(cb.skb).portid, nlh.nlmsg_seq, 0, flags, ext_filter_mask,
                0, None, 0, netnsid, GFP_KERNEL,
            )  # fmt: skip
            if err < 0:
                break
        cb.args[0] = ifindex
    cb.seq = tgt_net.dev_base_seq
    nl_dump_check_consistent(cb, nlmsg_hdr(skb))
    if netnsid >= 0:
        put_net(tgt_net)
    return skb.len or err


def rtnl_nla_parse_ifinfomsg(tb: list[nlattr], nla_peer: nlattr, exterr: netlink_ext_ack) -> int:
    """Read what an attribute says of another device, as a message would. `net/core/rtnetlink.c:2267 (6.1)`"""
    if nla_len(nla_peer) < ifinfomsg.SIZE:
        return -EINVAL
    ifmp = ifinfomsg(nla_data(nla_peer))
    attrs = nlattr(nla_peer.head, nla_peer.off + NLA_HDRLEN + ifinfomsg.SIZE)
    if ifmp.ifi_index < 0:
        NL_SET_ERR_MSG_ATTR(exterr, nla_peer, "ifindex can't be negative")
        return -EINVAL
    return nla_parse_deprecated(tb, IFLA_MAX, attrs, nla_len(nla_peer) - ifinfomsg.SIZE, ifla_policy, exterr)


def rtnl_link_get_net(src_net: net, tb: list[nlattr]) -> net:
    """The namespace that a request wants the device in, held; or an error. `net/core/rtnetlink.c:1144`"""
    if tb[IFLA_NET_NS_PID]:
        return get_net_ns_by_pid(nla_get_u32(tb[IFLA_NET_NS_PID]))
    if tb[IFLA_NET_NS_FD]:
        return get_net_ns_by_fd(nla_get_u32(tb[IFLA_NET_NS_FD]))
    return get_net(src_net)


def rtnl_link_get_net_by_nlattr(src_net: net, tb: list[nlattr]) -> net:
    """The same, which may also be named by its number. `net/core/rtnetlink.c:2312 (6.1)`"""
    if tb[IFLA_NET_NS_PID] or tb[IFLA_NET_NS_FD]:
        return rtnl_link_get_net(src_net, tb)
    if not tb[IFLA_TARGET_NETNSID]:
        return get_net(src_net)
    return get_net_ns_by_id(src_net, nla_get_s32(tb[IFLA_TARGET_NETNSID])) or ERR_PTR(-EINVAL)


def rtnl_link_get_net_capable(skb: sk_buff, src_net: net, tb: list[nlattr], cap: int) -> net:
    """The same; everybody may. `net/core/rtnetlink.c:2330 (6.1)`"""
    return rtnl_link_get_net_by_nlattr(src_net, tb)


def rtnl_ensure_unique_netns(tb: list[nlattr], extack: netlink_ext_ack, netns_id_only: bool) -> int:
    """Refuse a request that names a namespace in two ways. `net/core/rtnetlink.c:2351 (6.1)`"""
    named = [tb[kind] for kind in (IFLA_NET_NS_PID, IFLA_NET_NS_FD, IFLA_TARGET_NETNSID) if tb[kind]]
    if netns_id_only:
        if not tb[IFLA_NET_NS_PID] and not tb[IFLA_NET_NS_FD]:
            return 0
        NL_SET_ERR_MSG(extack, "specified netns attribute not supported")
        return -EOPNOTSUPP
    if len(named) > 1:
        NL_SET_ERR_MSG(extack, "multiple netns identifying attributes specified")
        return -EINVAL
    return 0


GSO_LIMITS = (
    (IFLA_GSO_MAX_SIZE, TSO_MAX_SIZE, "gso_max_size"),
    (IFLA_GSO_MAX_SEGS, GSO_MAX_SEGS, "gso_max_segs"),
    (IFLA_GRO_MAX_SIZE, GRO_MAX_SIZE, "gro_max_size"),
)


def validate_linkmsg(dev: net_device, tb: list[nlattr], extack: netlink_ext_ack) -> int:
    """Look at what a request says about a device, whatever its kind. `net/core/rtnetlink.c:1160`"""
    if dev:
        if tb[IFLA_ADDRESS] and nla_len(tb[IFLA_ADDRESS]) < dev.addr_len:
            return -EINVAL
        if tb[IFLA_BROADCAST] and nla_len(tb[IFLA_BROADCAST]) < dev.addr_len:
            return -EINVAL
        for attr, most, what in GSO_LIMITS:
            if tb[attr] and nla_get_u32(tb[attr]) > most:
                NL_SET_ERR_MSG(extack, f"too big {what}")
                return -EINVAL
    for af in nla_for_each_nested(tb[IFLA_AF_SPEC]) if tb[IFLA_AF_SPEC] else ():
        af_ops = rtnl_af_lookup(nla_type(af))
        if not af_ops:
            return -EAFNOSUPPORT
        if not af_ops.set_link_af:
            return -EOPNOTSUPP
        if af_ops.validate_link_af:
            err = af_ops.validate_link_af(dev, af, extack)
            if err < 0:
                return err
    return 0


def do_set_master(dev: net_device, ifindex: int, extack: netlink_ext_ack) -> int:
    """Make a device a port of another, or of none. `net/core/rtnetlink.c:1251`"""
    upper_dev = netdev_master_upper_dev_get(dev)
    if upper_dev:
        if upper_dev.ifindex == ifindex:
            return 0
        if not upper_dev.netdev_ops.ndo_del_slave:
            return -EOPNOTSUPP
        err = upper_dev.netdev_ops.ndo_del_slave(upper_dev, dev)
        if err:
            return err
    if ifindex:
        upper_dev = __dev_get_by_index(dev_net(dev), ifindex)
        if not upper_dev:
            return -EINVAL
        if not upper_dev.netdev_ops.ndo_add_slave:
            return -EOPNOTSUPP
        return upper_dev.netdev_ops.ndo_add_slave(upper_dev, dev, extack)
    return 0


def do_setlink(
    skb: sk_buff, dev: net_device, ifm: ifinfomsg, extack: netlink_ext_ack, tb: list[nlattr], status: int
) -> int:
    """Change a device as a request asks, one thing after the other. `net/core/rtnetlink.c:1286`"""
    err = validate_linkmsg(dev, tb, extack)
    if err < 0:
        return err
    err, status = do_setlink_steps(skb, dev, ifm, extack, tb, status)
    if status & DO_SETLINK_NOTIFY == DO_SETLINK_NOTIFY:
        netdev_state_change(dev)
    return err


def do_setlink_steps(
    skb: sk_buff, dev: net_device, ifm: ifinfomsg, extack: netlink_ext_ack, tb: list[nlattr], status: int
) -> tuple[int, int]:
    """The changes themselves: what went wrong, and what is to be told."""
    ifname = nla_strscpy(tb[IFLA_IFNAME], IFNAMSIZ) if tb[IFLA_IFNAME] else ""
    if tb[IFLA_NET_NS_PID] or tb[IFLA_NET_NS_FD] or tb[IFLA_TARGET_NETNSID]:
        net = rtnl_link_get_net_capable(skb, dev_net(dev), tb, 0)
        if IS_ERR(net):
            return PTR_ERR(net), status
        new_ifindex = nla_get_s32(tb[IFLA_NEW_IFINDEX]) if tb[IFLA_NEW_IFINDEX] else 0
        err = dev_change_net_namespace(dev, net, ifname or None, new_ifindex, extack)
        put_net(net)
        if err:
            return err, status
        status |= DO_SETLINK_MODIFIED
    if tb[IFLA_MAP]:
        return -EOPNOTSUPP, status
    if tb[IFLA_ADDRESS]:
        err = dev_set_mac_address(dev, nla_data(tb[IFLA_ADDRESS])[: dev.addr_len])
        if err:
            return err, status
        status |= DO_SETLINK_MODIFIED
    if tb[IFLA_MTU]:
        err = dev_set_mtu_ext(dev, nla_get_s32(tb[IFLA_MTU]), extack)
        if err < 0:
            return err, status
        status |= DO_SETLINK_MODIFIED
    if tb[IFLA_GROUP]:
        dev_set_group(dev, nla_get_u32(tb[IFLA_GROUP]))
        status |= DO_SETLINK_NOTIFY
    if ifm.ifi_index > 0 and ifname:
        err = dev_change_name(dev, ifname)
        if err < 0:
            return err, status
        status |= DO_SETLINK_MODIFIED
    if tb[IFLA_IFALIAS]:
        err = dev_set_alias(dev, nla_strscpy(tb[IFLA_IFALIAS], IFALIASZ), nla_len(tb[IFLA_IFALIAS]))
        if err < 0:
            return err, status
        status |= DO_SETLINK_NOTIFY
    if tb[IFLA_BROADCAST]:
        dev.broadcast = nla_data(tb[IFLA_BROADCAST])[: dev.addr_len]
        call_netdevice_notifiers(NETDEV_CHANGEADDR, dev)
    if ifm.ifi_flags or ifm.ifi_change:
        err = dev_change_flags(dev, rtnl_dev_combine_flags(dev, ifm))
        if err < 0:
            return err, status
    if tb[IFLA_MASTER]:
        err = do_set_master(dev, nla_get_u32(tb[IFLA_MASTER]), extack)
        if err:
            return err, status
        status |= DO_SETLINK_MODIFIED
    return do_setlink_rest(dev, extack, tb, status)


def rtnl_set_sizes(dev: net_device, tb: list[nlattr]) -> int:
    """How large a packet may be that the device cuts up, or puts together. Parts of do_setlink and rtnl_create_link."""
    status = 0
    if tb[IFLA_GSO_MAX_SIZE]:
        dev.gso_max_size = nla_get_u32(tb[IFLA_GSO_MAX_SIZE])
        status |= DO_SETLINK_MODIFIED
    if tb[IFLA_GSO_MAX_SEGS]:
        dev.gso_max_segs = nla_get_u32(tb[IFLA_GSO_MAX_SEGS])
        status |= DO_SETLINK_MODIFIED
    if tb[IFLA_GRO_MAX_SIZE]:
        dev.gro_max_size = nla_get_u32(tb[IFLA_GRO_MAX_SIZE])
        status |= DO_SETLINK_MODIFIED
    return status


def do_setlink_rest(dev: net_device, extack: netlink_ext_ack, tb: list[nlattr], status: int) -> tuple[int, int]:
    """The changes that come last: carrier, queue, state, and what the address families keep."""
    if tb[IFLA_CARRIER]:
        err = dev_change_carrier(dev, nla_get_u8(tb[IFLA_CARRIER]))
        if err:
            return err, status
        status |= DO_SETLINK_MODIFIED
    if tb[IFLA_TXQLEN]:
        err = dev_change_tx_queue_len(dev, nla_get_u32(tb[IFLA_TXQLEN]))
        if err:
            return err, status
        status |= DO_SETLINK_MODIFIED
    status |= rtnl_set_sizes(dev, tb)
    if tb[IFLA_OPERSTATE]:
        set_operstate(dev, nla_get_u8(tb[IFLA_OPERSTATE]))
    if tb[IFLA_LINKMODE]:
        if dev.link_mode != nla_get_u8(tb[IFLA_LINKMODE]):
            status |= DO_SETLINK_NOTIFY
        dev.link_mode = nla_get_u8(tb[IFLA_LINKMODE])
    for af in nla_for_each_nested(tb[IFLA_AF_SPEC]) if tb[IFLA_AF_SPEC] else ():
        err = rtnl_af_lookup(nla_type(af)).set_link_af(dev, af, extack)
        if err < 0:
            return err, status
        status |= DO_SETLINK_NOTIFY
    if tb[IFLA_PROTO_DOWN] or tb[IFLA_PROTO_DOWN_REASON]:
        NL_SET_ERR_MSG(extack, "Protodown not supported by device")
        return -EOPNOTSUPP, status
    return 0, status


def rtnl_dev_get(net: net, tb: list[nlattr]) -> net_device:
    """The device that a request names, or None. `net/core/rtnetlink.c:3089 (6.1)`"""
    if tb[IFLA_IFNAME]:
        return __dev_get_by_name(net, nla_strscpy(tb[IFLA_IFNAME], IFNAMSIZ))
    if tb[IFLA_ALT_IFNAME]:
        return __dev_get_by_name(net, nla_strscpy(tb[IFLA_ALT_IFNAME], ALTIFNAMSIZ))
    return None


def rtnl_setlink(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """Answer RTM_SETLINK: change a device. `net/core/rtnetlink.c:1516`"""
    net = sock_net(skb.sk)
    tb: list[nlattr] = []
    err = nlmsg_parse_deprecated(nlh, ifinfomsg.SIZE, tb, IFLA_MAX, ifla_policy, extack)
    if err < 0:
        return err
    err = rtnl_ensure_unique_netns(tb, extack, False)
    if err < 0:
        return err
    ifm = ifinfomsg(nlh.head, nlmsg_data(nlh))
    if ifm.ifi_index > 0:
        dev = __dev_get_by_index(net, ifm.ifi_index)
    elif tb[IFLA_IFNAME] or tb[IFLA_ALT_IFNAME]:
        dev = rtnl_dev_get(net, tb)
    else:
        return -EINVAL
    if dev is None:
        return -ENODEV
    return do_setlink(skb, dev, ifm, extack, tb, 0)


def rtnl_group_dellink(net: net, group: int) -> int:
    """Delete all devices of a group, if all can be. `net/core/rtnetlink.c:3141 (6.1)`"""
    if not group:
        return -EPERM
    devices = [dev for dev in net.dev_base_head if dev.group == group]
    if any(not dev.rtnl_link_ops or not dev.rtnl_link_ops.dellink for dev in devices):
        return -EOPNOTSUPP
    if not devices:
        return -ENODEV
    list_kill: list[net_device] = []
    for dev in devices:
        if dev not in list_kill:
            dev.rtnl_link_ops.dellink(dev, list_kill)
    unregister_netdevice_many(list_kill)
    return 0


def rtnl_delete_link(dev: net_device) -> int:
    """Delete a device, if its kind allows. `net/core/rtnetlink.c:3177 (6.1)`"""
    list_kill: list[net_device] = []
    ops = dev.rtnl_link_ops
    if not ops or not ops.dellink:
        return -EOPNOTSUPP
    ops.dellink(dev, list_kill)
    unregister_netdevice_many(list_kill)
    return 0


def rtnl_dellink(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """Answer RTM_DELLINK: delete a device. `net/core/rtnetlink.c:1557`"""
    tgt_net = sock_net(skb.sk)
    tb: list[nlattr] = []
    err = nlmsg_parse_deprecated(nlh, ifinfomsg.SIZE, tb, IFLA_MAX, ifla_policy, extack)
    if err < 0:
        return err
    err = rtnl_ensure_unique_netns(tb, extack, True)
    if err < 0:
        return err
    if tb[IFLA_TARGET_NETNSID]:
        tgt_net = rtnl_get_net_ns_capable(NETLINK_CB(skb).sk, nla_get_s32(tb[IFLA_TARGET_NETNSID]))
        if IS_ERR(tgt_net):
            return PTR_ERR(tgt_net)
    err = -EINVAL
    dev = None
    ifm = ifinfomsg(nlh.head, nlmsg_data(nlh))
    if ifm.ifi_index > 0:
        dev = __dev_get_by_index(tgt_net, ifm.ifi_index)
    elif tb[IFLA_IFNAME] or tb[IFLA_ALT_IFNAME]:
        dev = rtnl_dev_get(tgt_net, tb)
    elif tb[IFLA_GROUP]:
        err = rtnl_group_dellink(tgt_net, nla_get_u32(tb[IFLA_GROUP]))
    if dev:
        err = rtnl_delete_link(dev)
    elif tb[IFLA_IFNAME] or tb[IFLA_ALT_IFNAME] or ifm.ifi_index > 0:
        err = -ENODEV
    if tb[IFLA_TARGET_NETNSID]:
        put_net(tgt_net)
    return err


def rtnl_configure_link(dev: net_device, ifm: ifinfomsg) -> int:
    """The last step of making a device: its flags, and the news of it. `net/core/rtnetlink.c:1596`"""
    old_flags = dev.flags
    if ifm and (ifm.ifi_flags or ifm.ifi_change):
        err = __dev_change_flags(dev, rtnl_dev_combine_flags(dev, ifm))
        if err < 0:
            return err
    dev.rtnl_link_state = RTNL_LINK_INITIALIZED
    rtmsg_ifinfo(RTM_NEWLINK, dev, 0xFFFFFFFF)
    __dev_notify_flags(dev, old_flags)
    return 0


def rtnl_create_link(
    net: net, ifname: str, ops: rtnl_link_ops, tb: list[nlattr], extack: netlink_ext_ack = None
) -> net_device:
    """A device of a kind, with what every kind can be given, not yet registered; or an error.
    `net/core/rtnetlink.c:1616`"""
    num_tx_queues = num_rx_queues = 1
    if tb[IFLA_NUM_TX_QUEUES]:
        num_tx_queues = nla_get_u32(tb[IFLA_NUM_TX_QUEUES])
    elif ops.get_num_tx_queues:
        num_tx_queues = ops.get_num_tx_queues()
    if tb[IFLA_NUM_RX_QUEUES]:
        num_rx_queues = nla_get_u32(tb[IFLA_NUM_RX_QUEUES])
    elif ops.get_num_rx_queues:
        num_rx_queues = ops.get_num_rx_queues()
    if not 1 <= num_tx_queues <= 4096:
        NL_SET_ERR_MSG(extack, "Invalid number of transmit queues")
        return ERR_PTR(-EINVAL)
    if not 1 <= num_rx_queues <= 4096:
        NL_SET_ERR_MSG(extack, "Invalid number of receive queues")
        return ERR_PTR(-EINVAL)
    dev = alloc_netdev_mqs(ops.priv_size, ifname, ops.setup, num_tx_queues, num_rx_queues)
    err = validate_linkmsg(dev, tb, extack)
    if err < 0:
        free_netdev(dev)
        return ERR_PTR(err)
    dev_net_set(dev, net)
    dev.rtnl_link_ops = ops
    dev.rtnl_link_state = RTNL_LINK_INITIALIZING
    if tb[IFLA_MTU]:
        mtu = nla_get_s32(tb[IFLA_MTU])
        err = dev_validate_mtu(dev, mtu, extack)
        if err:
            free_netdev(dev)
            return ERR_PTR(err)
        dev.mtu = mtu
    if tb[IFLA_ADDRESS]:
        dev.dev_addr = nla_data(tb[IFLA_ADDRESS])[: dev.addr_len]
        dev.addr_assign_type = NET_ADDR_SET
    if tb[IFLA_BROADCAST]:
        dev.broadcast = nla_data(tb[IFLA_BROADCAST])[: dev.addr_len]
    if tb[IFLA_TXQLEN]:
        dev.tx_queue_len = nla_get_u32(tb[IFLA_TXQLEN])
    if tb[IFLA_OPERSTATE]:
        set_operstate(dev, nla_get_u8(tb[IFLA_OPERSTATE]))
    if tb[IFLA_LINKMODE]:
        dev.link_mode = nla_get_u8(tb[IFLA_LINKMODE])
    if tb[IFLA_GROUP]:
        dev_set_group(dev, nla_get_u32(tb[IFLA_GROUP]))
    rtnl_set_sizes(dev, tb)
    return dev


def rtnl_group_changelink(
    skb: sk_buff, net: net, group: int, ifm: ifinfomsg, extack: netlink_ext_ack, tb: list[nlattr]
) -> int:
    """Change all devices of a group. `net/core/rtnetlink.c:1670`"""
    for dev in list(net.dev_base_head):
        if dev.group == group:
            err = do_setlink(skb, dev, ifm, extack, tb, 0)
            if err < 0:
                return err
    return 0


def rtnl_newlink_create(
    skb: sk_buff,
    ifm: ifinfomsg,
    ops: rtnl_link_ops,
    tb: list[nlattr],
    data: list[nlattr],
    extack: netlink_ext_ack,
) -> int:
    """Make a device as a request asks. `net/core/rtnetlink.c:3384 (6.1)`"""
    net = sock_net(skb.sk)
    if not ops.setup:
        return -EOPNOTSUPP
    ifname = nla_strscpy(tb[IFLA_IFNAME], IFNAMSIZ) if tb[IFLA_IFNAME] else f"{ops.kind}%d"
    dest_net = rtnl_link_get_net_capable(skb, net, tb, 0)
    if IS_ERR(dest_net):
        return PTR_ERR(dest_net)
    link_net = None
    if tb[IFLA_LINK_NETNSID]:
        link_net = get_net_ns_by_id(dest_net, nla_get_s32(tb[IFLA_LINK_NETNSID]))
        if link_net is None:
            NL_SET_ERR_MSG(extack, "Unknown network namespace id")
            put_net(dest_net)
            return -EINVAL
    err = rtnl_newlink_register(ifm, ops, tb, data, extack, (net, link_net, dest_net), ifname)
    if link_net:
        put_net(link_net)
    put_net(dest_net)
    return err


def rtnl_newlink_register(
    ifm: ifinfomsg,
    ops: rtnl_link_ops,
    tb: list[nlattr],
    data: list[nlattr],
    extack: netlink_ext_ack,
    nets: tuple[net, net, net],
    ifname: str,
) -> int:
    """The middle of rtnl_newlink_create, between taking the namespaces and letting them go."""
    net, link_net, dest_net = nets
    dev = rtnl_create_link(link_net or dest_net, ifname, ops, tb, extack)
    if IS_ERR(dev):
        return PTR_ERR(dev)
    dev.ifindex = ifm.ifi_index
    err = ops.newlink(link_net or net, dev, tb, data) if ops.newlink else register_netdevice(dev)
    if err < 0:
        free_netdev(dev)
        return err
    err = rtnl_configure_link(dev, ifm)
    if err >= 0 and link_net:
        err = dev_change_net_namespace(dev, dest_net, ifname, 0, extack)
    if err >= 0 and tb[IFLA_MASTER]:
        err = do_set_master(dev, nla_get_u32(tb[IFLA_MASTER]), extack)
    if err < 0:
        list_kill: list[net_device] = []
        ops.dellink(dev, list_kill)
        unregister_netdevice_many(list_kill)
    return err


def rtnl_get_peer_net(
    ops: rtnl_link_ops, src_net: net, tbp: list[nlattr], data: list[nlattr], extack: netlink_ext_ack
) -> net:
    """The namespace that a request wants the other end in, held; or what is wrong with that end.
    `net/core/rtnetlink.c` (6.13)"""
    if not data or not data[ops.peer_type]:
        return rtnl_link_get_net(src_net, tbp)
    tb: list[nlattr] = []
    err = rtnl_nla_parse_ifinfomsg(tb, data[ops.peer_type], extack)
    if err >= 0 and ops.validate:
        err = ops.validate(tb, None)
    return rtnl_link_get_net(src_net, tb) if err >= 0 else ERR_PTR(err)


def rtnl_check_nets(
    skb: sk_buff, ops: rtnl_link_ops, tb: list[nlattr], data: list[nlattr], extack: netlink_ext_ack
) -> int:
    """What a later rtnl_newlink looks at before all else: both namespaces, and the other end."""
    net = sock_net(skb.sk)
    if ops and ops.peer_type:
        peer_net = rtnl_get_peer_net(ops, net, tb, data, extack)
        if IS_ERR(peer_net):
            return PTR_ERR(peer_net)
        put_net(peer_net)
    tgt_net = rtnl_link_get_net_capable(skb, net, tb, 0)
    if IS_ERR(tgt_net):
        return PTR_ERR(tgt_net)
    put_net(tgt_net)
    return 0


def rtnl_device_net(skb: sk_buff, nlh: nlmsghdr, tb: list[nlattr]) -> net:
    """The namespace in which the device must not be there yet, or must be: a new one's is the one it is made for.
    A part of __rtnl_newlink since 6.15."""
    net = sock_net(skb.sk)
    if not (nlh.nlmsg_flags & NLM_F_CREATE and nlh.nlmsg_flags & NLM_F_EXCL):
        return net
    tgt_net = rtnl_link_get_net_capable(skb, net, tb, 0)
    if IS_ERR(tgt_net):
        return net
    put_net(tgt_net)
    return tgt_net


def __rtnl_newlink(skb: sk_buff, nlh: nlmsghdr, tb: list[nlattr], extack: netlink_ext_ack) -> int:
    """Answer RTM_NEWLINK: make a device, or change one that is there. `net/core/rtnetlink.c:3480 (6.1)`"""
    net = sock_net(skb.sk)
    err = nlmsg_parse_deprecated(nlh, ifinfomsg.SIZE, tb, IFLA_MAX, ifla_policy, extack)
    if err < 0:
        return err
    err = rtnl_ensure_unique_netns(tb, extack, False)
    if err < 0:
        return err
    ifm = ifinfomsg(nlh.head, nlmsg_data(nlh))
    dev = None
    link_specified = bool(ifm.ifi_index > 0 or tb[IFLA_IFNAME] or tb[IFLA_ALT_IFNAME])
    device_net = rtnl_device_net(skb, nlh, tb)
    if ifm.ifi_index > 0:
        dev = __dev_get_by_index(device_net, ifm.ifi_index)
    elif ifm.ifi_index < 0:
        NL_SET_ERR_MSG(extack, "ifindex can't be negative")
        return -EINVAL
    elif link_specified:
        dev = rtnl_dev_get(device_net, tb)
    master_dev = netdev_master_upper_dev_get(dev) if dev else None
    m_ops = master_dev.rtnl_link_ops if master_dev else None
    err = validate_linkmsg(dev, tb, extack)
    if err < 0:
        return err

    linkinfo: list[nlattr] = [None] * (IFLA_INFO_MAX + 1)
    if tb[IFLA_LINKINFO]:
        err = nla_parse_nested_deprecated(linkinfo, IFLA_INFO_MAX, tb[IFLA_LINKINFO], ifla_info_policy, None)
        if err < 0:
            return err
    ops = None
    if linkinfo[IFLA_INFO_KIND]:
        ops = rtnl_link_ops_get(nla_strscpy(linkinfo[IFLA_INFO_KIND], MODULE_NAME_LEN))
    data: list[nlattr] = None
    if ops and ops.maxtype and linkinfo[IFLA_INFO_DATA]:
        data = []
        err = nla_parse_nested_deprecated(data, ops.maxtype, linkinfo[IFLA_INFO_DATA], ops.policy, extack)
        if err < 0:
            return err
    if ops and ops.validate:
        err = ops.validate(tb, data)
        if err < 0:
            return err
    err = rtnl_check_nets(skb, ops, tb, data, extack)
    if err < 0:
        return err
    slave_data: list[nlattr] = None
    if m_ops and m_ops.slave_maxtype and linkinfo[IFLA_INFO_SLAVE_DATA]:
        slave_data = []
        err = nla_parse_nested_deprecated(
            slave_data, m_ops.slave_maxtype, linkinfo[IFLA_INFO_SLAVE_DATA], m_ops.slave_policy, extack
        )
        if err < 0:
            return err

    if dev:
        status = 0
        if nlh.nlmsg_flags & NLM_F_EXCL:
            return -EEXIST
        if nlh.nlmsg_flags & NLM_F_REPLACE:
            return -EOPNOTSUPP
        if linkinfo[IFLA_INFO_DATA]:
            if not ops or ops is not dev.rtnl_link_ops or not ops.changelink:
                return -EOPNOTSUPP
            err = ops.changelink(dev, tb, data)
            if err < 0:
                return err
            status |= DO_SETLINK_NOTIFY
        if linkinfo[IFLA_INFO_SLAVE_DATA]:
            if not m_ops or not m_ops.slave_changelink:
                return -EOPNOTSUPP
            err = m_ops.slave_changelink(master_dev, dev, tb, slave_data)
            if err < 0:
                return err
            status |= DO_SETLINK_NOTIFY
        return do_setlink(skb, dev, ifm, extack, tb, status)
    if not nlh.nlmsg_flags & NLM_F_CREATE:
        if not link_specified and tb[IFLA_GROUP]:
            return rtnl_group_changelink(skb, net, nla_get_u32(tb[IFLA_GROUP]), ifm, extack, tb)
        return -ENODEV
    if tb[IFLA_MAP] or tb[IFLA_PROTINFO]:
        return -EOPNOTSUPP
    if not ops:
        NL_SET_ERR_MSG(extack, "Unknown device type")
        return -EOPNOTSUPP
    return rtnl_newlink_create(skb, ifm, ops, tb, data, extack)


def rtnl_newlink(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """The same, with a place for the attributes. `net/core/rtnetlink.c:1688`"""
    tb: list[nlattr] = []
    return __rtnl_newlink(skb, nlh, tb, extack)


def rtnl_valid_getlink_req(skb: sk_buff, nlh: nlmsghdr, tb: list[nlattr], extack: netlink_ext_ack) -> int:
    """Read a request to show one device. `net/core/rtnetlink.c:3674 (6.1)`"""
    if nlh.nlmsg_len < nlmsg_msg_size(ifinfomsg.SIZE):
        NL_SET_ERR_MSG(extack, "Invalid header for get link")
        return -EINVAL
    if not netlink_strict_get_check(skb):
        return nlmsg_parse_deprecated(nlh, ifinfomsg.SIZE, tb, IFLA_MAX, ifla_policy, extack)
    ifm = ifinfomsg(nlh.head, nlmsg_data(nlh))
    if ifm.ifi_pad or ifm.ifi_type or ifm.ifi_flags or ifm.ifi_change:
        NL_SET_ERR_MSG(extack, "Invalid values in header for get link request")
        return -EINVAL
    err = nlmsg_parse_deprecated_strict(nlh, ifinfomsg.SIZE, tb, IFLA_MAX, ifla_policy, extack)
    if err:
        return err
    for i, nla in enumerate(tb):
        if nla and i not in (IFLA_IFNAME, IFLA_ALT_IFNAME, IFLA_EXT_MASK, IFLA_TARGET_NETNSID):
            NL_SET_ERR_MSG(extack, "Unsupported attribute in get link request")
            return -EINVAL
    return 0


def rtnl_getlink(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """Answer RTM_GETLINK: show one device. `net/core/rtnetlink.c:1843`"""
    net = sock_net(skb.sk)
    tgt_net = net
    tb: list[nlattr] = []
    netnsid = -1
    err = rtnl_valid_getlink_req(skb, nlh, tb, extack)
    if err < 0:
        return err
    err = rtnl_ensure_unique_netns(tb, extack, True)
    if err < 0:
        return err
    if tb[IFLA_TARGET_NETNSID]:
        netnsid = nla_get_s32(tb[IFLA_TARGET_NETNSID])
        tgt_net = rtnl_get_net_ns_capable(NETLINK_CB(skb).sk, netnsid)
        if IS_ERR(tgt_net):
            return PTR_ERR(tgt_net)
    ext_filter_mask = nla_get_u32(tb[IFLA_EXT_MASK]) if tb[IFLA_EXT_MASK] else 0
    ifm = ifinfomsg(nlh.head, nlmsg_data(nlh))
    err, dev = -ENODEV, None
    if ifm.ifi_index > 0:
        dev = __dev_get_by_index(tgt_net, ifm.ifi_index)
    elif tb[IFLA_IFNAME] or tb[IFLA_ALT_IFNAME]:
        dev = rtnl_dev_get(tgt_net, tb)
    else:
        err = -EINVAL
    if dev:
        linkwatch_sync_dev(dev)
        nskb = nlmsg_new(if_nlmsg_size(dev, ext_filter_mask), GFP_KERNEL)
        err = rtnl_fill_ifinfo(
            nskb, dev, net, RTM_NEWLINK, NETLINK_CB(skb).portid, nlh.nlmsg_seq, 0, 0, ext_filter_mask,
            0, None, 0, netnsid, GFP_KERNEL,
        )  # fmt: skip
        if err < 0:
            kfree_skb(nskb)
        else:
            err = rtnl_unicast(nskb, net, NETLINK_CB(skb).portid)
    if netnsid >= 0:
        put_net(tgt_net)
    return err


def rtnl_alt_ifname(cmd: int, dev: net_device, attr: nlattr, extack: netlink_ext_ack) -> int:
    """Give the device another name, or take one away. `net/core/rtnetlink.c:3788 (6.1)`"""
    err = nla_validate(attr, attr.nla_len, IFLA_MAX, ifla_policy, extack)
    if err:
        return err
    if cmd == RTM_NEWLINKPROP and rtnl_prop_list_size(dev) + nla_total_size(ALTIFNAMSIZ) >= U16_MAX:
        NL_SET_ERR_MSG(extack, "effective property list too long")
        return -EINVAL
    alt_ifname = nla_strscpy(attr, ALTIFNAMSIZ)
    if cmd == RTM_NEWLINKPROP:
        return netdev_name_node_alt_create(dev, alt_ifname)
    return netdev_name_node_alt_destroy(dev, alt_ifname)


def rtnl_linkprop(cmd: int, skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """Change the list of a device's other names. `net/core/rtnetlink.c:3830 (6.1)`"""
    net = sock_net(skb.sk)
    tb: list[nlattr] = []
    err = nlmsg_parse(nlh, ifinfomsg.SIZE, tb, IFLA_MAX, ifla_policy, extack)
    if err:
        return err
    err = rtnl_ensure_unique_netns(tb, extack, True)
    if err:
        return err
    ifm = ifinfomsg(nlh.head, nlmsg_data(nlh))
    if ifm.ifi_index > 0:
        dev = __dev_get_by_index(net, ifm.ifi_index)
    elif tb[IFLA_IFNAME] or tb[IFLA_ALT_IFNAME]:
        dev = rtnl_dev_get(net, tb)
    else:
        return -EINVAL
    if not dev:
        return -ENODEV
    changed = False
    for attr in nla_for_each_nested(tb[IFLA_PROP_LIST]) if tb[IFLA_PROP_LIST] else ():
        if nla_type(attr) == IFLA_ALT_IFNAME:
            err = rtnl_alt_ifname(cmd, dev, attr, extack)
            if err:
                return err
            changed = True
    if changed:
        netdev_state_change(dev)
    return 0


def rtnl_newlinkprop(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """Answer RTM_NEWLINKPROP. `net/core/rtnetlink.c:3878 (6.1)`"""
    return rtnl_linkprop(RTM_NEWLINKPROP, skb, nlh, extack)


def rtnl_dellinkprop(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """Answer RTM_DELLINKPROP. `net/core/rtnetlink.c:3884 (6.1)`"""
    return rtnl_linkprop(RTM_DELLINKPROP, skb, nlh, extack)


def rtnl_calcit(skb: sk_buff, nlh: nlmsghdr) -> int:
    """Room that the largest message of a dump of devices needs. `net/core/rtnetlink.c:1891`"""
    tb: list[nlattr] = []
    hdrlen = rtgenmsg.SIZE if nlmsg_len(nlh) < ifinfomsg.SIZE else ifinfomsg.SIZE
    ext_filter_mask = 0
    if nlmsg_parse_deprecated(nlh, hdrlen, tb, IFLA_MAX, ifla_policy, None) >= 0 and tb[IFLA_EXT_MASK]:
        ext_filter_mask = nla_get_u32(tb[IFLA_EXT_MASK])
    if not ext_filter_mask:
        return NLMSG_GOODSIZE
    sizes = [if_nlmsg_size(dev, ext_filter_mask) for dev in sock_net(skb.sk).dev_base_head]
    return nlmsg_total_size(max(sizes, default=0))


def rtnl_dump_all(skb: sk_buff, cb: netlink_callback) -> int:
    """Let all families tell, one after the other. `net/core/rtnetlink.c:1920`"""
    s_idx = cb.family or 1
    msgindex = cb.nlh.nlmsg_type - RTM_BASE
    ret = 0
    for idx in range(s_idx, RTNL_FAMILY_MAX + 1):
        link = g.rtnl_msg_handlers.get(idx, {}).get(msgindex) if idx != PF_PACKET else None
        if link is None or link.dumpit is None:
            continue
        if idx > s_idx:
            cb.args = [0] * 6
            cb.prev_seq = cb.seq = 0
        ret = link.dumpit(skb, cb)
        if ret:
            break
    cb.family = idx
    return skb.len or ret


def rtmsg_ifinfo_build_skb(
    type: int, dev: net_device, change: int, event: int, flags: int, new_nsid: int, new_ifindex: int,
    portid: int, seq: int,
) -> sk_buff:  # fmt: skip
    """The message that tells of a device. `net/core/rtnetlink.c:3971 (6.1)`"""
    net = dev_net(dev)
    skb = nlmsg_new(if_nlmsg_size(dev, 0), flags)
    err = rtnl_fill_ifinfo(skb, dev, net, type, portid, seq, change, 0, 0, event, new_nsid, new_ifindex, -1, flags)
    if err < 0:
        kfree_skb(skb)
        rtnl_set_sk_err(net, RTNLGRP_LINK, err)
        return None
    return skb


def rtmsg_ifinfo_send(skb: sk_buff, dev: net_device, flags: int, portid: int, nlh: nlmsghdr) -> None:
    """Send it to those who listen. `net/core/rtnetlink.c:4000 (6.1)`"""
    rtnl_notify(skb, dev_net(dev), portid, RTNLGRP_LINK, nlh, flags)


def rtmsg_ifinfo_event(
    type: int, dev: net_device, change: int, event: int, flags: int, new_nsid: int, new_ifindex: int,
    portid: int, nlh: nlmsghdr,
) -> None:  # fmt: skip
    """Tell of a device, and what happened to it. `net/core/rtnetlink.c:4008 (6.1)`"""
    if dev.reg_state != NETREG_REGISTERED and type != RTM_DELLINK:
        return
    skb = rtmsg_ifinfo_build_skb(type, dev, change, event, flags, new_nsid, new_ifindex, portid, nlmsg_seq(nlh))
    if skb is not None:
        rtmsg_ifinfo_send(skb, dev, flags, portid, nlh)


def rtmsg_ifinfo(type: int, dev: net_device, change: int) -> None:
    """Tell listeners that a device is new, changed (`change` says which flags), or gone.
    `net/core/rtnetlink.c:1947`"""
    rtmsg_ifinfo_event(type, dev, change, rtnl_get_event(0), GFP_KERNEL, None, 0, 0, None)


def rtmsg_ifinfo_newnet(type: int, dev: net_device, change: int, new_nsid: int, new_ifindex: int) -> None:
    """Tell listeners where a device that leaves goes. `net/core/rtnetlink.c:4031 (6.1)`"""
    rtmsg_ifinfo_event(type, dev, change, rtnl_get_event(0), GFP_KERNEL, new_nsid, new_ifindex, 0, None)


def rtnetlink_rcv_msg(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """Find who answers a request, and let them. `net/core/rtnetlink.c:2602`"""
    net = sock_net(skb.sk)
    if nlh.nlmsg_type > RTM_MAX:
        return -EOPNOTSUPP
    type = nlh.nlmsg_type - RTM_BASE
    if nlmsg_len(nlh) < rtgenmsg.SIZE:
        return 0
    family = rtnl_msg_family(nlh)
    kind = rtnl_msgtype_kind(type)
    if kind == RTNL_KIND_GET and nlh.nlmsg_flags & NLM_F_DUMP:
        link = rtnl_get_link(family, type)
        if not link or not link.dumpit:
            link = rtnl_get_link(PF_UNSPEC, type)
            if not link or not link.dumpit:
                return -EOPNOTSUPP
        min_dump_alloc = rtnl_calcit(skb, nlh) if type == RTM_GETLINK - RTM_BASE else 0
        c = netlink_dump_control(dump=link.dumpit, min_dump_alloc=min_dump_alloc)
        return netlink_dump_start(net.rtnl, skb, nlh, c)
    link = rtnl_get_link(family, type)
    if not link or not link.doit:
        link = rtnl_get_link(PF_UNSPEC, type)
        if not link or not link.doit:
            return -EOPNOTSUPP
    if kind == RTNL_KIND_DEL and nlh.nlmsg_flags & NLM_F_BULK and not link.flags & RTNL_FLAG_BULK_DEL_SUPPORTED:
        NL_SET_ERR_MSG(extack, "Bulk delete is not supported")
        return -EOPNOTSUPP
    if link.flags & RTNL_FLAG_DOIT_UNLOCKED:
        return link.doit(skb, nlh, extack)
    rtnl_lock()
    err = link.doit(skb, nlh, extack)
    rtnl_unlock()
    return err


def rtnetlink_rcv(skb: sk_buff) -> None:
    """A program's message has come. `net/core/rtnetlink.c:2661`"""
    netlink_rcv_skb(skb, rtnetlink_rcv_msg)


def rtnetlink_event(this: notifier_block, event: int, ptr: net_device) -> int:
    """Tell programs what the kernel's own listeners hear. `net/core/rtnetlink.c:2668`"""
    if event in rtnetlink_events:
        rtmsg_ifinfo_event(RTM_NEWLINK, ptr, 0, rtnl_get_event(event), GFP_KERNEL, None, 0, 0, None)
    return NOTIFY_DONE


rtnetlink_events = (
    NETDEV_REBOOT,
    NETDEV_CHANGEMTU,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGENAME,
    NETDEV_FEAT_CHANGE,
    NETDEV_NOTIFY_PEERS,
    NETDEV_CHANGEUPPER,
    NETDEV_CHANGEINFODATA,
    NETDEV_CHANGE_TX_QUEUE_LEN,
)

rtnetlink_dev_notifier = notifier_block(notifier_call=rtnetlink_event)


def rtnetlink_net_init(net: net) -> int:
    """The kernel's socket in a new namespace. `net/core/rtnetlink.c:2698`"""
    cfg = netlink_kernel_cfg(groups=RTNLGRP_MAX, input=rtnetlink_rcv)
    net.rtnl = netlink_kernel_create(net, NETLINK_ROUTE, cfg)
    return 0


def rtnetlink_net_exit(net: net) -> None:
    """Its end. `net/core/rtnetlink.c:2715`"""
    netlink_kernel_release(net.rtnl)
    net.rtnl = None


rtnetlink_net_ops = pernet_operations(init=rtnetlink_net_init, exit=rtnetlink_net_exit)


def rtnetlink_init() -> None:
    """The start: a socket for each namespace, and the answers about devices. `net/core/rtnetlink.c:2726`"""
    g.link_ops = []
    g.rtnl_af_ops = []
    linkwatch_init()
    register_pernet_subsys(rtnetlink_net_ops)
    register_netdevice_notifier(rtnetlink_dev_notifier)
    rtnl_register(PF_UNSPEC, RTM_GETLINK, rtnl_getlink, rtnl_dump_ifinfo, 0)
    rtnl_register(PF_UNSPEC, RTM_SETLINK, rtnl_setlink, None, 0)
    rtnl_register(PF_UNSPEC, RTM_NEWLINK, rtnl_newlink, None, 0)
    rtnl_register(PF_UNSPEC, RTM_DELLINK, rtnl_dellink, None, 0)
    rtnl_register(PF_UNSPEC, RTM_NEWLINKPROP, rtnl_newlinkprop, None, 0)
    rtnl_register(PF_UNSPEC, RTM_DELLINKPROP, rtnl_dellinkprop, None, 0)
    rtnl_register(PF_UNSPEC, RTM_GETADDR, None, rtnl_dump_all, 0)
    rtnl_register(PF_UNSPEC, RTM_GETROUTE, None, rtnl_dump_all, 0)
    rtnl_register(PF_UNSPEC, RTM_GETNETCONF, None, rtnl_dump_all, 0)


from vethkernel.include.linux.netlink import netlink_dump_start
from vethkernel.net.core.dev import (
    __dev_change_flags,
    __dev_get_by_index,
    __dev_get_by_name,
    __dev_notify_flags,
    alloc_netdev_mqs,
    call_netdevice_notifiers,
    dev_change_carrier,
    dev_change_flags,
    dev_change_name,
    dev_change_net_namespace,
    dev_change_tx_queue_len,
    dev_get_flags,
    dev_get_iflink,
    dev_get_stats,
    dev_set_alias,
    dev_set_group,
    dev_set_mac_address,
    dev_set_mtu_ext,
    dev_validate_mtu,
    free_netdev,
    netdev_master_upper_dev_get,
    netdev_name_node_alt_create,
    netdev_name_node_alt_destroy,
    netdev_run_todo,
    netdev_state_change,
    register_netdevice,
    register_netdevice_notifier,
    unregister_netdevice_many,
    unregister_netdevice_queue,
)
from vethkernel.net.core.link_watch import linkwatch_init, linkwatch_sync_dev
from vethkernel.net.core.net_namespace import (
    get_net_ns_by_fd,
    get_net_ns_by_id,
    get_net_ns_by_pid,
    peernet2id_alloc,
    register_pernet_subsys,
)
from vethkernel.net.core.skbuff import kfree_skb
from vethkernel.net.netlink.af_netlink import (
    netlink_kernel_release,
    netlink_rcv_skb,
    netlink_set_err,
    netlink_strict_get_check,
    nlmsg_notify,
)
from vethkernel.net.ipv4.tcp_cong import tcp_ca_get_name_by_key
