# SPDX-License-Identifier: GPL-2.0-only
"""net/core/net_namespace.c: how a network namespace begins and ends, and the numbers by which others know it.

Each part of the network registers its pernet_operations; a new namespace runs their `init` in that order, an ending
one their `exit` in the opposite order, devices before the rest. Left out: generic per-module data, user namespaces.
"""

from __future__ import annotations

from dataclasses import dataclass

from vethkernel.globals import g
from vethkernel.include.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from vethkernel.include.linux.gfp import GFP_KERNEL
from vethkernel.include.linux.netlink import (
    NETLINK_CB,
    NL_SET_BAD_ATTR,
    NL_SET_ERR_MSG,
    netlink_callback,
    netlink_ext_ack,
    nlmsghdr,
)
from vethkernel.include.linux.rtnetlink import rtgenmsg
from vethkernel.include.linux.sched import nsproxy, task_struct
from vethkernel.include.linux.skbuff import sk_buff
from vethkernel.include.net.net_namespace import (
    CLONE_NEWNET,
    for_each_net,
    get_net,
    maybe_get_net,
    net,
    net_eq,
    pernet_operations,
    put_net,
)
from vethkernel.include.net.netlink import (
    NLA_S32,
    NLA_U32,
    NLA_UNSPEC,
    NLMSG_ALIGN,
    nla_get_s32,
    nla_get_u32,
    nla_policy,
    nla_put_s32,
    nla_total_size,
    nlattr,
    nlmsg_cancel,
    nlmsg_data,
    nlmsg_end,
    nlmsg_free,
    nlmsg_new,
    nlmsg_parse_deprecated,
    nlmsg_parse_deprecated_strict,
    nlmsg_put,
)
from vethkernel.include.net.netns_ipv4 import netns_ipv4
from vethkernel.include.net.sock import sock, sock_net
from vethkernel.include.net.snmp import netns_mib
from vethkernel.include.uapi.asm_generic.errno import EEXIST, EINVAL, EMSGSIZE, ENOENT, ENOSPC, ESRCH
from vethkernel.include.uapi.linux.net_namespace import (
    NETNSA_CURRENT_NSID,
    NETNSA_FD,
    NETNSA_MAX,
    NETNSA_NONE,
    NETNSA_NSID,
    NETNSA_NSID_NOT_ASSIGNED,
    NETNSA_PID,
    NETNSA_TARGET_NSID,
)
from vethkernel.include.uapi.linux.netlink import NLM_F_MULTI
from vethkernel.include.uapi.linux.rtnetlink import RTM_DELNSID, RTM_GETNSID, RTM_NEWNSID, RTNLGRP_NSID
from vethkernel.include.uapi.linux.socket import AF_UNSPEC
from vethkernel.vfs import Directory

PF_UNSPEC = AF_UNSPEC
PROC_NET_INIT_INO = 0xF0000000


def ops_init(ops: pernet_operations, net: net) -> int:
    """Let one part of the network set itself up in a namespace. `net/core/net_namespace.c:90`"""
    return ops.init(net) if ops.init else 0


def ops_exit_list(ops: pernet_operations, net_exit_list: list[net]) -> None:
    """Let one part clean up in the namespaces that end. `net/core/net_namespace.c:125`"""
    if ops.exit:
        for net in net_exit_list:
            ops.exit(net)
    if ops.exit_batch:
        ops.exit_batch(net_exit_list)


def alloc_netid(net: net, peer: net, reqid: int) -> int:
    """Give `peer` a number in `net`: the lowest free one, or the one asked for. `net/core/net_namespace.c:191 (6.1)`"""
    id = reqid
    if reqid < 0:
        id = next(n for n in range(len(net.netns_ids) + 1) if n not in net.netns_ids)
    elif reqid in net.netns_ids:
        return -ENOSPC
    net.netns_ids[id] = peer
    return id


def __peernet2id(net: net, peer: net) -> int:
    """The number by which `net` knows `peer`, if it has one. `net/core/net_namespace.c:217 (6.1)`"""
    for id in sorted(net.netns_ids):
        if net_eq(net.netns_ids[id], peer):
            return id
    return NETNSA_NSID_NOT_ASSIGNED


def peernet2id_alloc(net: net, peer: net, gfp: int = GFP_KERNEL) -> int:
    """The same, giving a number where there is none. `net/core/net_namespace.c:235 (6.1)`"""
    if not net.count:
        return NETNSA_NSID_NOT_ASSIGNED
    id = __peernet2id(net, peer)
    if id >= 0:
        return id
    if not maybe_get_net(peer):
        return NETNSA_NSID_NOT_ASSIGNED
    id = alloc_netid(net, peer, -1)
    put_net(peer)
    rtnl_net_notifyid(net, RTM_NEWNSID, id, 0, None, gfp)
    return id


def peernet2id(net: net, peer: net) -> int:
    """The number by which `net` knows `peer`, if it has one. `net/core/net_namespace.c:273 (6.1)`"""
    return __peernet2id(net, peer)


def peernet_has_id(net: net, peer: net) -> bool:
    """Whether it has one. `net/core/net_namespace.c:288 (6.1)`"""
    return peernet2id(net, peer) >= 0


def get_net_ns_by_id(net: net, id: int) -> net:
    """The namespace that `net` knows by this number, or None. `net/core/net_namespace.c:293 (6.1)`"""
    peer = net.netns_ids.get(id)
    return maybe_get_net(peer) if peer else None


def setup_net(net: net, user_ns: object) -> int:
    """Run all initialisers for a new namespace; undo them if one fails. `net/core/net_namespace.c:150`"""
    net.count = 1
    net.hash_mix = int.from_bytes(get_random_bytes(4), "little")
    net.dev_base_seq = 1
    net.user_ns = user_ns
    done: list[pernet_operations] = []
    for ops in g.pernet_list:
        error = ops_init(ops, net)
        if error < 0:
            for undo in reversed(done):
                ops_exit_list(undo, [net])
            return error
        done.append(ops)
    g.net_namespace_list.append(net)
    return 0


def net_alloc() -> net:
    """An empty namespace. `net/core/net_namespace.c:196`"""
    made = net(ipv4=netns_ipv4(), mib=netns_mib())
    made.proc_net = Directory(net=made)
    made.proc_sys_net = Directory(net=made)
    return made


def copy_net_ns(flags: int, user_ns: object, old_net: net) -> net:
    """A new namespace if the flags ask for one, else the old; or an error. `net/core/net_namespace.c:238`"""
    if not flags & CLONE_NEWNET:
        return get_net(old_net)
    net = net_alloc()
    rv = setup_net(net, user_ns)
    return net if rv == 0 else ERR_PTR(rv)


def unhash_nsid(net: net, last: net) -> None:
    """Let all others forget the number of a namespace that ends. `net/core/net_namespace.c:553 (6.1)`"""
    for tmp in for_each_net():
        id = __peernet2id(tmp, net)
        if id >= 0:
            del tmp.netns_ids[id]
            rtnl_net_notifyid(tmp, RTM_DELNSID, id, 0, None, GFP_KERNEL)
        if tmp is last:
            break
    net.netns_ids.clear()


def cleanup_net(work: work_struct) -> None:
    """End the namespaces that nobody holds any more. `net/core/net_namespace.c:272`"""
    net_exit_list, g.cleanup_list = g.cleanup_list, []
    for dead in net_exit_list:
        g.net_namespace_list.remove(dead)
    last = g.net_namespace_list[-1]
    for dead in net_exit_list:
        unhash_nsid(dead, last)
    for ops in reversed(g.pernet_list):
        ops_exit_list(ops, net_exit_list)


def __put_net(net: net) -> None:
    """The last holder has gone: schedule the end. `net/core/net_namespace.c:325`"""
    g.cleanup_list.append(net)
    schedule_work(g.net_cleanup_work)


def get_net_ns_by_fd(fd: int) -> net:
    """The namespace that an open file of the current process stands for, or an error. `net/core/net_namespace.c:338`"""
    file = proc_ns_fget(fd)
    if IS_ERR(file):
        return ERR_PTR(file)
    return get_net(get_proc_ns(file))


def get_net_ns_by_pid(pid: int) -> net:
    """The namespace that a process is in, or an error. `net/core/net_namespace.c:365`"""
    tsk = find_task_by_vpid(pid)
    if tsk and tsk.nsproxy:
        return get_net(tsk.nsproxy.net_ns)
    return ERR_PTR(-ESRCH)


def net_ns_net_init(net: net) -> int:
    """Number the namespace, as its file's inode. `net/core/net_namespace.c:385`"""
    g.last_inum += 1
    net.inum = g.last_inum
    return 0


def net_ns_net_exit(net: net) -> None:
    """Give the number back. `net/core/net_namespace.c:390`"""


net_ns_ops = pernet_operations(init=net_ns_net_init, exit=net_ns_net_exit)

rtnl_net_policy = {
    NETNSA_NONE: nla_policy(NLA_UNSPEC),
    NETNSA_NSID: nla_policy(NLA_S32),
    NETNSA_PID: nla_policy(NLA_U32),
    NETNSA_FD: nla_policy(NLA_U32),
    NETNSA_TARGET_NSID: nla_policy(NLA_S32),
}


def rtnl_net_newid(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """Answer RTM_NEWNSID: give another namespace a number here. `net/core/net_namespace.c:781 (6.1)`"""
    net = sock_net(skb.sk)
    tb: list[nlattr] = []
    err = nlmsg_parse_deprecated(nlh, rtgenmsg.SIZE, tb, NETNSA_MAX, rtnl_net_policy, extack)
    if err < 0:
        return err
    if not tb[NETNSA_NSID]:
        NL_SET_ERR_MSG(extack, "nsid is missing")
        return -EINVAL
    nsid = nla_get_s32(tb[NETNSA_NSID])
    if tb[NETNSA_PID]:
        nla, peer = tb[NETNSA_PID], get_net_ns_by_pid(nla_get_u32(tb[NETNSA_PID]))
    elif tb[NETNSA_FD]:
        nla, peer = tb[NETNSA_FD], get_net_ns_by_fd(nla_get_u32(tb[NETNSA_FD]))
    else:
        NL_SET_ERR_MSG(extack, "Peer netns reference is missing")
        return -EINVAL
    if IS_ERR(peer):
        NL_SET_BAD_ATTR(extack, nla)
        NL_SET_ERR_MSG(extack, "Peer netns reference is invalid")
        return PTR_ERR(peer)
    if __peernet2id(net, peer) >= 0:
        err = -EEXIST
        NL_SET_BAD_ATTR(extack, nla)
        NL_SET_ERR_MSG(extack, "Peer netns already has a nsid assigned")
    else:
        err = alloc_netid(net, peer, nsid)
        if err >= 0:
            rtnl_net_notifyid(net, RTM_NEWNSID, err, NETLINK_CB(skb).portid, nlh, GFP_KERNEL)
            err = 0
        elif err == -ENOSPC and nsid >= 0:
            err = -EEXIST
            NL_SET_BAD_ATTR(extack, tb[NETNSA_NSID])
            NL_SET_ERR_MSG(extack, "The specified nsid is already used")
    put_net(peer)
    return err


def rtnl_net_get_size() -> int:
    """Room that an answer needs. `net/core/net_namespace.c:842 (6.1)`"""
    return NLMSG_ALIGN(rtgenmsg.SIZE) + nla_total_size(4) + nla_total_size(4)


@dataclass(slots=True, eq=False)
class net_fill_args:
    """What rtnl_net_fill says."""

    portid: int = 0
    seq: int = 0
    flags: int = 0
    cmd: int = RTM_NEWNSID
    nsid: int = 0
    add_ref: bool = False
    ref_nsid: int = 0


def rtnl_net_fill(skb: sk_buff, args: net_fill_args) -> int:
    """Write a message that says a namespace's number. `net/core/net_namespace.c:860 (6.1)`"""
    nlh = nlmsg_put(skb, args.portid, args.seq, args.cmd, rtgenmsg.SIZE, args.flags)
    if nlh is None:
        return -EMSGSIZE
    rth = rtgenmsg(nlh.head, nlmsg_data(nlh))
    rth.rtgen_family = AF_UNSPEC
    if nla_put_s32(skb, NETNSA_NSID, args.nsid) or (
        args.add_ref and nla_put_s32(skb, NETNSA_CURRENT_NSID, args.ref_nsid)
    ):
        nlmsg_cancel(skb, nlh)
        return -EMSGSIZE
    nlmsg_end(skb, nlh)
    return 0


def rtnl_net_valid_getid_req(skb: sk_buff, nlh: nlmsghdr, tb: list, extack: netlink_ext_ack) -> int:
    """Read a request for a number, strictly if the socket wants that. `net/core/net_namespace.c:888 (6.1)`"""
    if not netlink_strict_get_check(skb):
        return nlmsg_parse_deprecated(nlh, rtgenmsg.SIZE, tb, NETNSA_MAX, rtnl_net_policy, extack)
    err = nlmsg_parse_deprecated_strict(nlh, rtgenmsg.SIZE, tb, NETNSA_MAX, rtnl_net_policy, extack)
    if err:
        return err
    for i, nla in enumerate(tb):
        if nla and i not in (NETNSA_PID, NETNSA_FD, NETNSA_NSID, NETNSA_TARGET_NSID):
            NL_SET_ERR_MSG(extack, "Unsupported attribute in peer netns getid request")
            return -EINVAL
    return 0


def rtnl_net_getid(skb: sk_buff, nlh: nlmsghdr, extack: netlink_ext_ack) -> int:
    """Answer RTM_GETNSID: by which number a namespace is known here. `net/core/net_namespace.c:925 (6.1)`"""
    net = sock_net(skb.sk)
    tb: list[nlattr] = []
    fillargs = net_fill_args(NETLINK_CB(skb).portid, nlh.nlmsg_seq)
    err = rtnl_net_valid_getid_req(skb, nlh, tb, extack)
    if err < 0:
        return err
    if tb[NETNSA_PID]:
        nla, peer = tb[NETNSA_PID], get_net_ns_by_pid(nla_get_u32(tb[NETNSA_PID]))
    elif tb[NETNSA_FD]:
        nla, peer = tb[NETNSA_FD], get_net_ns_by_fd(nla_get_u32(tb[NETNSA_FD]))
    elif tb[NETNSA_NSID]:
        nla, peer = tb[NETNSA_NSID], get_net_ns_by_id(net, nla_get_s32(tb[NETNSA_NSID])) or ERR_PTR(-ENOENT)
    else:
        NL_SET_ERR_MSG(extack, "Peer netns reference is missing")
        return -EINVAL
    if IS_ERR(peer):
        NL_SET_BAD_ATTR(extack, nla)
        NL_SET_ERR_MSG(extack, "Peer netns reference is invalid")
        return PTR_ERR(peer)
    target = net
    if tb[NETNSA_TARGET_NSID]:
        target = rtnl_get_net_ns_capable(NETLINK_CB(skb).sk, nla_get_s32(tb[NETNSA_TARGET_NSID]))
        if IS_ERR(target):
            NL_SET_BAD_ATTR(extack, tb[NETNSA_TARGET_NSID])
            NL_SET_ERR_MSG(extack, "Target netns reference is invalid")
            put_net(peer)
            return PTR_ERR(target)
        fillargs.add_ref = True
        fillargs.ref_nsid = peernet2id(net, peer)
    msg = nlmsg_new(rtnl_net_get_size(), GFP_KERNEL)
    fillargs.nsid = peernet2id(target, peer)
    err = rtnl_net_fill(msg, fillargs)
    if err < 0:
        nlmsg_free(msg)
    else:
        err = rtnl_unicast(msg, net, NETLINK_CB(skb).portid)
    if fillargs.add_ref:
        put_net(target)
    put_net(peer)
    return err


@dataclass(slots=True, eq=False)
class rtnl_net_dump_cb:
    """A dump of all numbers, in progress."""

    tgt_net: net
    skb: sk_buff
    fillargs: net_fill_args
    s_idx: int
    idx: int = 0
    ref_net: net = None


def rtnl_net_dumpid_one(id: int, peer: net, net_cb: rtnl_net_dump_cb) -> int:
    """Tell one number. `net/core/net_namespace.c:1013 (6.1)`"""
    if net_cb.idx >= net_cb.s_idx:
        net_cb.fillargs.nsid = id
        if net_cb.fillargs.add_ref:
            net_cb.fillargs.ref_nsid = __peernet2id(net_cb.ref_net, peer)
        ret = rtnl_net_fill(net_cb.skb, net_cb.fillargs)
        if ret < 0:
            return ret
    net_cb.idx += 1
    return 0


def rtnl_valid_dump_net_req(nlh: nlmsghdr, sk: sock, net_cb: rtnl_net_dump_cb, cb: netlink_callback) -> int:
    """Read a request for a dump, strictly. `net/core/net_namespace.c:1033 (6.1)`"""
    extack = cb.extack
    tb: list[nlattr] = []
    err = nlmsg_parse_deprecated_strict(nlh, rtgenmsg.SIZE, tb, NETNSA_MAX, rtnl_net_policy, extack)
    if err < 0:
        return err
    for i, nla in enumerate(tb):
        if not nla:
            continue
        if i != NETNSA_TARGET_NSID:
            NL_SET_BAD_ATTR(extack, nla)
            NL_SET_ERR_MSG(extack, "Unsupported attribute in dump request")
            return -EINVAL
        net = rtnl_get_net_ns_capable(sk, nla_get_s32(nla))
        if IS_ERR(net):
            NL_SET_BAD_ATTR(extack, nla)
            NL_SET_ERR_MSG(extack, "Invalid target network namespace id")
            return PTR_ERR(net)
        net_cb.fillargs.add_ref = True
        net_cb.ref_net, net_cb.tgt_net = net_cb.tgt_net, net
    return 0


def rtnl_net_dumpid(skb: sk_buff, cb: netlink_callback) -> int:
    """Tell all numbers that namespaces have here. `net/core/net_namespace.c:1075 (6.1)`"""
    fillargs = net_fill_args(NETLINK_CB(cb.skb).portid, cb.nlh.nlmsg_seq, NLM_F_MULTI)
    net_cb = rtnl_net_dump_cb(sock_net(skb.sk), skb, fillargs, cb.args[0])
    err = 0
    if cb.strict_check:
        err = rtnl_valid_dump_net_req(cb.nlh, skb.sk, net_cb, cb)
    if err >= 0:
        for id in sorted(net_cb.tgt_net.netns_ids):
            if rtnl_net_dumpid_one(id, net_cb.tgt_net.netns_ids[id], net_cb) < 0:
                break
        cb.args[0] = net_cb.idx
    if net_cb.fillargs.add_ref:
        put_net(net_cb.tgt_net)
    return err if err < 0 else skb.len


def rtnl_net_notifyid(net: net, cmd: int, id: int, portid: int, nlh: nlmsghdr, gfp: int) -> None:
    """Tell listeners that a number was given or taken. `net/core/net_namespace.c:1108 (6.1)`"""
    fillargs = net_fill_args(portid, nlh.nlmsg_seq if nlh else 0, 0, cmd, id)
    msg = nlmsg_new(rtnl_net_get_size(), gfp)
    err = rtnl_net_fill(msg, fillargs)
    if err < 0:
        nlmsg_free(msg)
        rtnl_set_sk_err(net, RTNLGRP_NSID, err)
        return
    rtnl_notify(msg, net, portid, RTNLGRP_NSID, nlh, gfp)


def net_ns_init() -> None:
    """Begin with one namespace, the machine's own. `net/core/net_namespace.c:400`"""
    g.net_namespace_list, g.pernet_list, g.cleanup_list = [], [], []
    g.first_device = None
    g.last_inum = PROC_NET_INIT_INO
    g.net_cleanup_work = work_struct(cleanup_net)
    g.rtnl_msg_handlers = {}  # rtnetlink.c's table, empty before its first user
    g.init_net = net_alloc()
    setup_net(g.init_net, None)
    register_pernet_subsys(net_ns_ops)
    rtnl_register(PF_UNSPEC, RTM_NEWNSID, rtnl_net_newid, None, RTNL_FLAG_DOIT_UNLOCKED)
    rtnl_register(PF_UNSPEC, RTM_GETNSID, rtnl_net_getid, rtnl_net_dumpid, RTNL_FLAG_DOIT_UNLOCKED)


def __register_pernet_operations(list: pernet_operations, ops: pernet_operations) -> int:
    """Note the operations before those of `list`, and run them for all namespaces there are.
    `net/core/net_namespace.c:439`"""
    g.pernet_list.insert(g.pernet_list.index(list) if list else len(g.pernet_list), ops)
    nets = for_each_net()
    for i, made in enumerate(nets):
        error = ops_init(ops, made)
        if error:
            g.pernet_list.remove(ops)
            ops_exit_list(ops, nets[:i])
            return error
    return 0


def __unregister_pernet_operations(ops: pernet_operations) -> None:
    """Forget the operations, and clean up after them everywhere. `net/core/net_namespace.c:465`"""
    g.pernet_list.remove(ops)
    ops_exit_list(ops, for_each_net())


def register_pernet_operations(list: pernet_operations, ops: pernet_operations) -> int:
    """Register operations before those of `list`, at the end if that is None. `net/core/net_namespace.c:497`"""
    return __register_pernet_operations(list, ops)


def unregister_pernet_operations(ops: pernet_operations) -> None:
    """The opposite. `net/core/net_namespace.c:524`"""
    __unregister_pernet_operations(ops)


def register_pernet_subsys(ops: pernet_operations) -> int:
    """Register a part that devices may need: it begins before them, and ends after. `net/core/net_namespace.c:552`"""
    return register_pernet_operations(g.first_device, ops)


def unregister_pernet_subsys(ops: pernet_operations) -> None:
    """The opposite. `net/core/net_namespace.c:571`"""
    unregister_pernet_operations(ops)


def register_pernet_device(ops: pernet_operations) -> int:
    """Register a part that makes devices. `net/core/net_namespace.c:598`"""
    error = register_pernet_operations(None, ops)
    if not error and g.first_device is None:
        g.first_device = ops
    return error


def unregister_pernet_device(ops: pernet_operations) -> None:
    """The opposite. `net/core/net_namespace.c:619`"""
    if ops is g.first_device:
        after = g.pernet_list[g.pernet_list.index(ops) + 1 :]
        g.first_device = after[0] if after else None
    unregister_pernet_operations(ops)


def netns_get(task: task_struct) -> net:
    """The namespace of a process, for its file under /proc. `net/core/net_namespace.c:630`"""
    return get_net(task.nsproxy.net_ns) if task.nsproxy else None


def netns_put(ns: net) -> None:
    """Let go of it. `net/core/net_namespace.c:644`"""
    put_net(ns)


def netns_install(nsproxy: nsproxy, ns: net) -> int:
    """Put a process into a namespace: the end of setns(). `net/core/net_namespace.c:649`"""
    put_net(nsproxy.net_ns)
    nsproxy.net_ns = get_net(ns)
    return 0


from vethkernel.drivers.char.random import get_random_bytes
from vethkernel.fs.proc.namespaces import get_proc_ns, proc_ns_fget
from vethkernel.kernel.pid import find_task_by_vpid
from vethkernel.kernel.workqueue import schedule_work, work_struct
from vethkernel.net.core.rtnetlink import (
    RTNL_FLAG_DOIT_UNLOCKED,
    rtnl_get_net_ns_capable,
    rtnl_notify,
    rtnl_register,
    rtnl_set_sk_err,
    rtnl_unicast,
)
from vethkernel.net.netlink.af_netlink import netlink_strict_get_check
