# SPDX-License-Identifier: GPL-2.0-only
"""net/core/net-sysfs.c: /sys/class/net/NAME, a device as a directory of files.

A file's `show` returns its text or a negative errno; its `store` takes what is written. Left out: the queues'
directories, receive steering, events for udev, ownership.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from vethkernel.include.linux.netdevice import (
    NET_NAME_UNKNOWN,
    NETREG_REGISTERED,
    net_device,
    netif_carrier_ok,
    netif_dormant,
    netif_running,
    netif_testing,
    rtnl_link_stats64,
)
from vethkernel.include.net.net_namespace import net
from vethkernel.include.uapi.asm_generic.errno import EINVAL, EOPNOTSUPP, ERANGE
from vethkernel.vfs import Directory, File, per_net

S_IRUGO = 0o444
S_IWUSR = 0o200
ULONG_MAX = (1 << 64) - 1

fmt_hex = "%#x\n"
fmt_dec = "%d\n"
SIGN = 1 << 31  # what %d takes for the sign of an unsigned number


def dev_isalive(dev: net_device) -> bool:
    """Whether the device is still there. `net/core/net-sysfs.c:36`"""
    return dev.reg_state <= NETREG_REGISTERED


def netdev_show(dev: net_device, format: Callable[[net_device], str | int]) -> str | int:
    """What `format` says, as long as the device is there. `net/core/net-sysfs.c:42`"""
    return format(dev) if dev_isalive(dev) else -EINVAL


def kstrtoul(s: str, base: int) -> tuple[int, int]:
    """A number in C's notation, and nothing else; or a negative errno. `include/linux/kernel.h:242`"""
    text = s.removesuffix("\n").removeprefix("+").lower()
    base = 16 if text.startswith("0x") else 8 if text.startswith("0") else 10
    digits = "0123456789abcdef"[:base]
    text = text.removeprefix("0x")
    if not text or any(c not in digits for c in text):
        return -EINVAL, 0
    value = int(text, base)
    return (0, value) if value <= ULONG_MAX else (-ERANGE, 0)


def netdev_store(dev: net_device, buf: str, set: Callable[[net_device, int], int]) -> int:
    """Read a number and let `set` do something with it. `net/core/net-sysfs.c:71`"""
    ret, new = kstrtoul(buf, 0)
    if ret:
        return ret
    rtnl_lock()
    ret = set(dev, new) if dev_isalive(dev) else -EINVAL
    rtnl_unlock()
    return ret


def show_address(dev: net_device) -> str | int:
    """The hardware address. `net/core/net-sysfs.c:108`"""
    return sysfs_format_mac(dev.dev_addr, dev.addr_len) if dev_isalive(dev) else -EINVAL


def name_assign_type_show(dev: net_device) -> str | int:
    """Who chose the name: the kernel, the user, or whoever renamed the device. `net/core/net-sysfs.c:130 (6.1)`"""
    return fmt_dec % dev.name_assign_type if dev.name_assign_type != NET_NAME_UNKNOWN else -EINVAL


def show_broadcast(dev: net_device) -> str | int:
    """The address that everybody listens to. `net/core/net-sysfs.c:121`"""
    return sysfs_format_mac(dev.broadcast, dev.addr_len) if dev_isalive(dev) else -EINVAL


def change_carrier(net: net_device, new_carrier: int) -> int:
    """Pull or plug the cable. `net/core/net-sysfs.c:130`"""
    if not netif_running(net):
        return -EINVAL
    return dev_change_carrier(net, int(bool(new_carrier)))


def store_carrier(dev: net_device, buf: str) -> int:
    """The same by writing to the file, where the driver can do it. `net/core/net-sysfs.c:137`"""
    return netdev_store(dev, buf, change_carrier) if dev.netdev_ops.ndo_change_carrier else -EOPNOTSUPP


def show_carrier(dev: net_device) -> str | int:
    """1 with carrier, 0 without; an error while the device is down. `net/core/net-sysfs.c:143`"""
    if not netif_running(dev):
        return -EINVAL
    linkwatch_sync_dev(dev)
    return fmt_dec % netif_carrier_ok(dev)


def show_speed(dev: net_device) -> str | int:
    """Megabits a second, if the driver knows. `net/core/net-sysfs.c:153`"""
    if not netif_running(dev) or not dev.ethtool_ops or not dev.ethtool_ops.get_settings:
        return -EINVAL
    return fmt_dec % dev.ethtool_ops.get_settings(dev)["speed"]


def show_duplex(dev: net_device) -> str | int:
    """Whether both ways at once, if the driver knows. `net/core/net-sysfs.c:171`"""
    if not netif_running(dev) or not dev.ethtool_ops or not dev.ethtool_ops.get_settings:
        return -EINVAL
    return "full\n" if dev.ethtool_ops.get_settings(dev)["duplex"] else "half\n"


def testing_show(dev: net_device) -> str | int:
    """Whether it tests itself. `net/core/net-sysfs.c:269 (6.1)`"""
    return fmt_dec % netif_testing(dev) if netif_running(dev) else -EINVAL


def show_dormant(dev: net_device) -> str | int:
    """Whether it waits for something else than a cable. `net/core/net-sysfs.c:202`"""
    return fmt_dec % netif_dormant(dev) if netif_running(dev) else -EINVAL


operstates = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")


def show_operstate(dev: net_device) -> str | int:
    """The operational state; down for a device that is not running. `net/core/net-sysfs.c:223`"""
    operstate = operstates[dev.operstate] if netif_running(dev) else "down"
    return f"{operstate}\n"


def carrier_changes_show(dev: net_device) -> str | int:
    """How often the carrier came or went. `net/core/net-sysfs.c:320 (6.1)`"""
    return fmt_dec % (dev.carrier_up_count + dev.carrier_down_count)


def change_mtu(net: net_device, new_mtu: int) -> int:
    """Change the MTU. `net/core/net-sysfs.c:244`"""
    return dev_set_mtu(net, new_mtu)


def change_flags(net: net_device, new_flags: int) -> int:
    """Change the flags. `net/core/net-sysfs.c:257`"""
    return dev_change_flags(net, new_flags)


def change_tx_queue_len(net: net_device, new_len: int) -> int:
    """Change the length of the queue. `net/core/net-sysfs.c:270`"""
    return dev_change_tx_queue_len(net, new_len)


def store_ifalias(dev: net_device, buf: str) -> int:
    """Note a description, without the line's end. `net/core/net-sysfs.c:286`"""
    text = buf.removesuffix("\n")
    rtnl_lock()
    ret = dev_set_alias(dev, text, len(text))
    rtnl_unlock()
    return ret


def show_ifalias(dev: net_device) -> str | int:
    """The description. `net/core/net-sysfs.c:309`"""
    return f"{dev.ifalias}\n" if dev.ifalias else ""


def change_group(net: net_device, new_group: int) -> int:
    """Put it into a group. `net/core/net-sysfs.c:325`"""
    dev_set_group(net, new_group)
    return 0


def change_proto_down(dev: net_device, proto_down: int) -> int:
    """No device here supports it. `net/core/net-sysfs.c:482 (6.1)`"""
    return -EOPNOTSUPP


def netstat_show(dev: net_device, name: str) -> str | int:
    """One counter. `net/core/net-sysfs.c:362`"""
    if not dev_isalive(dev):
        return -EINVAL
    return fmt_dec % getattr(dev_get_stats(dev, rtnl_link_stats64()), name)


read_only: dict[str, Callable[[net_device], str | int]] = {
    "addr_assign_type": lambda dev: fmt_dec % dev.addr_assign_type,
    "addr_len": lambda dev: fmt_dec % dev.addr_len,
    "address": show_address,
    "broadcast": show_broadcast,
    "carrier_changes": carrier_changes_show,
    "carrier_down_count": lambda dev: fmt_dec % dev.carrier_down_count,
    "carrier_up_count": lambda dev: fmt_dec % dev.carrier_up_count,
    "dev_id": lambda dev: f"{dev.dev_id:#x}\n",
    "dev_port": lambda dev: fmt_dec % 0,
    "dormant": show_dormant,
    "duplex": show_duplex,
    "ifindex": lambda dev: fmt_dec % dev.ifindex,
    "iflink": lambda dev: fmt_dec % dev_get_iflink(dev),
    "link_mode": lambda dev: fmt_dec % dev.link_mode,
    "name_assign_type": name_assign_type_show,
    "operstate": show_operstate,
    "speed": show_speed,
    "testing": testing_show,
    "type": lambda dev: fmt_dec % dev.type,
    "uevent": lambda dev: f"INTERFACE={dev.name}\nIFINDEX={dev.ifindex}\n",
}

read_write: dict[str, tuple[Callable[[net_device], str | int], Callable[[net_device, int], int]]] = {
    "flags": (lambda dev: fmt_hex % dev.flags, change_flags),
    "mtu": (lambda dev: fmt_dec % dev.mtu, change_mtu),
    "netdev_group": (lambda dev: fmt_dec % ((dev.group ^ SIGN) - SIGN), change_group),
    "proto_down": (lambda dev: fmt_dec % dev.proto_down, change_proto_down),
    "tx_queue_len": (lambda dev: fmt_dec % ((dev.tx_queue_len ^ SIGN) - SIGN), change_tx_queue_len),
}


def netdev_register_kobject(net: net_device) -> int:
    """Make the directory of a device. `net/core/net-sysfs.c:1257`"""
    files: dict[str, Any] = {}
    for name, show in read_only.items():
        files[name] = File(partial(netdev_show, net, show), None, S_IRUGO)
    for name, (show, set) in read_write.items():
        files[name] = File(partial(netdev_show, net, show), partial(netdev_store, net, set=set), S_IRUGO | S_IWUSR)
    files["carrier"] = File(partial(show_carrier, net), partial(store_carrier, net), S_IRUGO | S_IWUSR)
    files["ifalias"] = File(partial(show_ifalias, net), partial(store_ifalias, net), S_IRUGO | S_IWUSR)
    names = rtnl_link_stats64.__slots__[:-1]
    files["statistics"] = Directory({name: File(partial(netstat_show, net, name), None, S_IRUGO) for name in names})
    net.sysfs = Directory(dict(sorted(files.items())))
    return 0


def netdev_unregister_kobject(net: net_device) -> None:
    """Take it away. `net/core/net-sysfs.c:1243`"""
    net.sysfs = None


def sys_class_net(net: net) -> Directory:
    """The directories of a namespace's devices."""
    return Directory({dev.name: dev.sysfs for dev in net.dev_base_head if dev.sysfs})


def netdev_kobject_init() -> int:
    """/sys/class/net begins: each process sees its own namespace's. `net/core/net-sysfs.c:1314`"""
    per_net("/sys/class/net", sys_class_net)
    return 0


from vethkernel.net.core.dev import (
    dev_change_carrier,
    dev_change_flags,
    dev_change_tx_queue_len,
    dev_get_iflink,
    dev_get_stats,
    dev_set_alias,
    dev_set_group,
    dev_set_mtu,
)
from vethkernel.net.core.link_watch import linkwatch_sync_dev
from vethkernel.net.core.rtnetlink import rtnl_lock, rtnl_unlock
from vethkernel.net.ethernet.eth import sysfs_format_mac
