# SPDX-License-Identifier: GPL-2.0-only
"""net/core/dev_ioctl.c: the old way to ask about devices and to change them, which `ifconfig` uses.

The argument is the bytes of a struct ifreq, answered in place; for SIOCGIFCONF those of a struct ifconf with the
buffer right behind it. Left out: loading of modules, time stamping, private requests of drivers, ethtool.
"""

from __future__ import annotations

from vethkernel.include.linux.netdevice import NETDEV_CHANGEADDR, netif_device_present
from vethkernel.include.net.net_namespace import net
from vethkernel.include.uapi.asm_generic.errno import EINVAL, ENODEV, ENOTTY, EOPNOTSUPP
from vethkernel.include.uapi.linux.if_ import ifconf, ifreq
from vethkernel.include.uapi.linux.sockios import (
    SIOCADDMULTI,
    SIOCBRADDIF,
    SIOCBRDELIF,
    SIOCDELMULTI,
    SIOCDEVPRIVATE,
    SIOCGIFCONF,
    SIOCGIFFLAGS,
    SIOCGIFHWADDR,
    SIOCGIFINDEX,
    SIOCGIFMAP,
    SIOCGIFMETRIC,
    SIOCGIFMTU,
    SIOCGIFNAME,
    SIOCGIFSLAVE,
    SIOCGIFTXQLEN,
    SIOCSIFFLAGS,
    SIOCSIFHWADDR,
    SIOCSIFHWBROADCAST,
    SIOCSIFMAP,
    SIOCSIFMETRIC,
    SIOCSIFMTU,
    SIOCSIFNAME,
    SIOCSIFTXQLEN,
)

SIOCGET = (
    SIOCGIFFLAGS,
    SIOCGIFMETRIC,
    SIOCGIFMTU,
    SIOCGIFHWADDR,
    SIOCGIFSLAVE,
    SIOCGIFMAP,
    SIOCGIFINDEX,
    SIOCGIFTXQLEN,
)
SIOCSET = (
    SIOCSIFNAME,
    SIOCSIFMAP,
    SIOCSIFTXQLEN,
    SIOCSIFFLAGS,
    SIOCSIFMETRIC,
    SIOCSIFMTU,
    SIOCSIFHWADDR,
    SIOCADDMULTI,
    SIOCDELMULTI,
    SIOCSIFHWBROADCAST,
    SIOCBRADDIF,
    SIOCBRDELIF,
)


def dev_ifname(net: net, arg: bytearray) -> int:
    """The name of a device whose number is known. `net/core/dev_ioctl.c:20`"""
    ifr = ifreq(arg)
    dev = dev_get_by_index_rcu(net, ifr.ifr_ifindex)
    if dev is None:
        return -ENODEV
    ifr.ifr_name = dev.name.encode()
    return 0


def dev_ifconf(net: net, arg: bytearray) -> int:
    """All devices that have an address, with it. `net/core/dev_ioctl.c:67`"""
    ifc = ifconf(arg)
    buf = bytearray() if len(arg) > ifconf.SIZE else None
    total = 0
    for dev in net.dev_base_head:
        room = ifc.ifc_len - total
        total += inet_gifconf(dev, buf, room, ifreq.SIZE)
    ifc.ifc_len = total
    if buf is not None:
        arg[ifconf.SIZE : ifconf.SIZE + len(buf)] = buf
    return 0


def dev_ifsioc_locked(net: net, ifr: ifreq, cmd: int) -> int:
    """Answer a question about a device. `net/core/dev_ioctl.c:121`"""
    dev = dev_get_by_name_rcu(net, ifname(ifr))
    if dev is None:
        return -ENODEV
    if cmd == SIOCGIFFLAGS:
        ifr.ifr_flags = dev_get_flags(dev) & 0xFFFF
    elif cmd == SIOCGIFMETRIC:
        ifr.ifr_metric = 0
    elif cmd == SIOCGIFMTU:
        ifr.ifr_mtu = dev.mtu
    elif cmd == SIOCGIFHWADDR:
        ifr.hwaddr_data = dev.dev_addr
        ifr.hwaddr_family = dev.type
    elif cmd == SIOCGIFMAP:
        ifr.head[16:40] = bytes(24)
    elif cmd == SIOCGIFINDEX:
        ifr.ifr_ifindex = dev.ifindex
    elif cmd == SIOCGIFTXQLEN:
        ifr.ifr_qlen = dev.tx_queue_len
    else:
        return -EINVAL
    return 0


def ifname(ifr: ifreq) -> str:
    """The device that a request names, without the label of an address behind a colon."""
    return ifr.ifr_name.split(b"\0")[0].split(b":")[0].decode("latin-1")


def dev_ifsioc(net: net, ifr: ifreq, cmd: int) -> int:
    """Change a device. `net/core/dev_ioctl.c:239`"""
    dev = __dev_get_by_name(net, ifname(ifr))
    if dev is None:
        return -ENODEV
    if cmd == SIOCSIFFLAGS:
        return dev_change_flags(dev, ifr.ifr_flags)
    if cmd == SIOCSIFMTU:
        return dev_set_mtu(dev, ifr.ifr_mtu)
    if cmd == SIOCSIFHWADDR:
        if ifr.hwaddr_family != dev.type:
            return -EINVAL
        return dev_set_mac_address(dev, ifr.hwaddr_data[: dev.addr_len])
    if cmd == SIOCSIFHWBROADCAST:
        if ifr.hwaddr_family != dev.type:
            return -EINVAL
        dev.broadcast = ifr.hwaddr_data[: dev.addr_len]
        call_netdevice_notifiers(NETDEV_CHANGEADDR, dev)
        return 0
    if cmd in (SIOCADDMULTI, SIOCDELMULTI):
        return -EINVAL
    if cmd == SIOCSIFTXQLEN:
        return -EINVAL if ifr.ifr_qlen < 0 else dev_change_tx_queue_len(dev, ifr.ifr_qlen)
    if cmd == SIOCSIFNAME:
        return dev_change_name(dev, ifr.ifr_newname[:15].split(b"\0")[0].decode("latin-1"))
    if cmd in (SIOCSIFMETRIC, SIOCSIFMAP) or not dev.netdev_ops.ndo_do_ioctl:
        return -EOPNOTSUPP
    return dev.netdev_ops.ndo_do_ioctl(dev, ifr, cmd) if netif_device_present(dev) else -ENODEV


def dev_ioctl(net: net, cmd: int, arg: bytearray) -> int:
    """Answer a request about a device, whatever socket it came by. `net/core/dev_ioctl.c:392`"""
    if cmd == SIOCGIFCONF:
        rtnl_lock()
        ret = dev_ifconf(net, arg)
        rtnl_unlock()
        return ret
    if cmd == SIOCGIFNAME:
        return dev_ifname(net, arg)
    if cmd in SIOCGET:
        return dev_ifsioc_locked(net, ifreq(arg), cmd)
    if cmd in SIOCSET or SIOCDEVPRIVATE <= cmd <= SIOCDEVPRIVATE + 15:
        rtnl_lock()
        ret = dev_ifsioc(net, ifreq(arg), cmd)
        rtnl_unlock()
        return ret
    return -ENOTTY


from vethkernel.net.core.dev import (
    __dev_get_by_name,
    call_netdevice_notifiers,
    dev_change_flags,
    dev_change_name,
    dev_change_tx_queue_len,
    dev_get_by_index_rcu,
    dev_get_by_name_rcu,
    dev_get_flags,
    dev_set_mac_address,
    dev_set_mtu,
)
from vethkernel.net.core.rtnetlink import rtnl_lock, rtnl_unlock
from vethkernel.net.ipv4.devinet import inet_gifconf
