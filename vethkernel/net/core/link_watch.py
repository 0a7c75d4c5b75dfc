# SPDX-License-Identifier: GPL-2.0-only
"""net/core/link_watch.c: works out a device's operational state when its carrier comes or goes.

The work is done soon after, not at once, and at most once a second unless it is urgent. Left out: link aggregation.
"""

from __future__ import annotations

from vethkernel.globals import g
from vethkernel.include.linux.jiffies import HZ, time_after
from vethkernel.include.linux.netdevice import (
    __LINK_STATE_LINKWATCH_PENDING,
    net_device,
    netif_carrier_ok,
    netif_device_present,
    netif_dormant,
    netif_running,
    netif_testing,
)
from vethkernel.include.net.sch_generic import qdisc_tx_changing
from vethkernel.include.uapi.linux.if_ import (
    IF_LINK_MODE_DORMANT,
    IF_LINK_MODE_TESTING,
    IF_OPER_DORMANT,
    IF_OPER_DOWN,
    IF_OPER_LOWERLAYERDOWN,
    IF_OPER_TESTING,
    IF_OPER_UP,
    IFF_UP,
)

LW_URGENT = 1 << 0


def linkwatch_init() -> None:
    """The file's variables at boot: nothing waits. `net/core/link_watch.c:28`"""
    g.linkwatch_flags = 0
    g.linkwatch_nextevent = g.jiffies
    g.lweventlist = []
    g.linkwatch_work = delayed_work(work_struct(linkwatch_event))


def default_operstate(dev: net_device) -> int:
    """The state that the carrier, and that of what lies below, gives. `net/core/link_watch.c:40`"""
    if netif_testing(dev):
        return IF_OPER_TESTING
    if not netif_carrier_ok(dev):
        iflink = dev_get_iflink(dev)
        if iflink == dev.ifindex:
            return IF_OPER_DOWN
        peer = __dev_get_by_index(dev.nd_net, iflink)  # by its number alone, even if it lives in another namespace
        return IF_OPER_DOWN if peer is None or netif_carrier_ok(peer) else IF_OPER_LOWERLAYERDOWN
    if netif_dormant(dev):
        return IF_OPER_DORMANT
    return IF_OPER_UP


def rfc2863_policy(dev: net_device) -> None:
    """Set the operational state, as RFC 2863 defines it. `net/core/link_watch.c:53`"""
    operstate = default_operstate(dev)
    if operstate == dev.operstate:
        return
    if dev.link_mode == IF_LINK_MODE_TESTING and operstate == IF_OPER_UP:
        operstate = IF_OPER_TESTING
    elif dev.link_mode == IF_LINK_MODE_DORMANT and operstate == IF_OPER_UP:
        operstate = IF_OPER_DORMANT
    dev.operstate = operstate


def linkwatch_init_dev(dev: net_device) -> None:
    """A new device's state, if its carrier was set before it was registered. `net/core/link_watch.c:79`"""
    if not netif_carrier_ok(dev) or netif_dormant(dev) or netif_testing(dev):
        rfc2863_policy(dev)


def linkwatch_urgent_event(dev: net_device) -> bool:
    """Whether others should hear at once. `net/core/link_watch.c:87`"""
    if not netif_running(dev):
        return False
    if dev.ifindex != dev_get_iflink(dev):
        return True
    return netif_carrier_ok(dev) and qdisc_tx_changing(dev)


def linkwatch_add_event(dev: net_device) -> None:
    """Note the device. `net/core/link_watch.c:99`"""
    if dev not in g.lweventlist:
        g.lweventlist.append(dev)


def linkwatch_schedule_work(urgent: bool) -> None:
    """Have the noted devices looked at: at once, or when a second has passed since the last time.
    `net/core/link_watch.c:112`"""
    delay = g.linkwatch_nextevent - g.jiffies
    if g.linkwatch_flags & LW_URGENT:
        return
    if urgent:
        g.linkwatch_flags |= LW_URGENT
        delay = 0
    if not 0 <= delay <= HZ:
        delay = 0
    if g.linkwatch_flags & LW_URGENT:
        mod_delayed_work(g.linkwatch_work, 0)
    else:
        schedule_delayed_work(g.linkwatch_work, delay)


def linkwatch_do_dev(dev: net_device) -> None:
    """Work out one device's state, let its queues follow, and tell everybody. `net/core/link_watch.c:141`"""
    dev.state &= ~__LINK_STATE_LINKWATCH_PENDING
    rfc2863_policy(dev)
    if dev.flags & IFF_UP:
        if netif_carrier_ok(dev):
            dev_activate(dev)
        else:
            dev_deactivate(dev)
        netdev_state_change(dev)


def __linkwatch_run_queue(urgent_only: bool) -> None:
    """Go through the noted devices; those that can wait, wait. `net/core/link_watch.c:166`"""
    if not urgent_only:
        g.linkwatch_nextevent = g.jiffies + HZ
    elif time_after(g.linkwatch_nextevent, g.jiffies + HZ):
        g.linkwatch_nextevent = g.jiffies
    g.linkwatch_flags &= ~LW_URGENT
    wrk, g.lweventlist = g.lweventlist, []
    for dev in wrk:
        if not netif_device_present(dev) or urgent_only and not linkwatch_urgent_event(dev):
            g.lweventlist.append(dev)
        else:
            linkwatch_do_dev(dev)
    if g.lweventlist:
        linkwatch_schedule_work(False)


def linkwatch_forget_dev(dev: net_device) -> None:
    """The device goes: do for it what still waits. `net/core/link_watch.c:208`"""
    if dev in g.lweventlist:
        g.lweventlist.remove(dev)
        linkwatch_do_dev(dev)


def linkwatch_sync_dev(dev: net_device) -> None:
    """Somebody asks for the device's state: do for it what still waits. `net/core/link_watch.c` (6.8)"""
    linkwatch_forget_dev(dev)


def linkwatch_run_queue() -> None:
    """Do now all that waits. `net/core/link_watch.c:225`"""
    __linkwatch_run_queue(False)


def linkwatch_event(dummy: work_struct) -> None:
    """The time has come. `net/core/link_watch.c:231`"""
    rtnl_lock()
    __linkwatch_run_queue(time_after(g.linkwatch_nextevent, g.jiffies))
    rtnl_unlock()


def linkwatch_fire_event(dev: net_device) -> None:
    """A driver says that the carrier came or went. `net/core/link_watch.c:239`"""
    urgent = linkwatch_urgent_event(dev)
    if not dev.state & __LINK_STATE_LINKWATCH_PENDING:
        dev.state |= __LINK_STATE_LINKWATCH_PENDING
        linkwatch_add_event(dev)
    elif not urgent:
        return
    linkwatch_schedule_work(urgent)


from vethkernel.kernel.workqueue import (
    delayed_work,
    mod_delayed_work,
    schedule_delayed_work,
    work_struct,
)
from vethkernel.net.core.dev import __dev_get_by_index, dev_get_iflink, netdev_state_change
from vethkernel.net.core.rtnetlink import rtnl_lock, rtnl_unlock
from vethkernel.net.sched.sch_generic import dev_activate, dev_deactivate
