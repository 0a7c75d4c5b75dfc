# SPDX-License-Identifier: GPL-2.0-only
"""net/core/sysctl_net_core.c: the switches of /proc/sys/net/core. Most are the machine's own and show in its first
namespace only. Left out: those of busy polling, of RPS, of the BPF compiler, and the queue disciplines' default."""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.linux.sysctl import ctl_table, int_ptr
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.net_namespace import pernet_operations

SOCK_MIN_RCVBUF = 2304
SOCK_MIN_SNDBUF = 4608
SOMAXCONN = 4096


def net_core_table() -> list[ctl_table]:
    """The machine's own table. `net/core/sysctl_net_core.c:89`"""
    minmax = proc_dointvec_minmax
    return [
        ctl_table("wmem_max", int_ptr(g, "sysctl_wmem_max"), 4, 0o644, minmax, SOCK_MIN_SNDBUF),
        ctl_table("rmem_max", int_ptr(g, "sysctl_rmem_max"), 4, 0o644, minmax, SOCK_MIN_RCVBUF),
        ctl_table("wmem_default", int_ptr(g, "sysctl_wmem_default"), 4, 0o644, minmax, SOCK_MIN_SNDBUF),
        ctl_table("rmem_default", int_ptr(g, "sysctl_rmem_default"), 4, 0o644, minmax, SOCK_MIN_RCVBUF),
        ctl_table("dev_weight", int_ptr(g, "dev_weight"), 4, 0o644, minmax, 1),
        ctl_table("netdev_max_backlog", int_ptr(g, "netdev_max_backlog"), 4, 0o644, proc_dointvec),
        ctl_table("message_cost", int_ptr(g.net_ratelimit_state, "interval"), 4, 0o644, proc_dointvec_jiffies),
        ctl_table("message_burst", int_ptr(g.net_ratelimit_state, "burst"), 4, 0o644, proc_dointvec),
        ctl_table("optmem_max", int_ptr(g, "sysctl_optmem_max"), 4, 0o644, minmax, 0),
        ctl_table("netdev_budget", int_ptr(g, "netdev_budget"), 4, 0o644, proc_dointvec),
    ]


def sysctl_core_net_init(net: net_t) -> int:
    """A namespace begins. `net/core/sysctl_net_core.c:212`"""
    net.core.sysctl_somaxconn = SOMAXCONN
    tbl = [ctl_table("somaxconn", int_ptr(net.core, "sysctl_somaxconn"), 4, 0o644, proc_dointvec_minmax, 0)]
    net.core.sysctl_hdr = register_net_sysctl(net, "net/core", tbl)
    return 0


def sysctl_core_net_exit(net: net_t) -> None:
    """A namespace ends. `net/core/sysctl_net_core.c:245`"""
    unregister_net_sysctl_table(net.core.sysctl_hdr)


sysctl_core_ops = pernet_operations(init=sysctl_core_net_init, exit=sysctl_core_net_exit)


def sysctl_core_init() -> int:
    """Boot; the buffers' and the queues' sizes must be there. `net/core/sysctl_net_core.c:260`"""
    g.net_ratelimit_state = ratelimit_state()
    register_net_sysctl(g.init_net, "net/core", net_core_table())
    return register_pernet_subsys(sysctl_core_ops)


from vethkernel.fs.proc.proc_sysctl import register_net_sysctl, unregister_net_sysctl_table
from vethkernel.include.linux.ratelimit import ratelimit_state
from vethkernel.kernel.sysctl import proc_dointvec, proc_dointvec_jiffies, proc_dointvec_minmax
from vethkernel.net.core.net_namespace import register_pernet_subsys
