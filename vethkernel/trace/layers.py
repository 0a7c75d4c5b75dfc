# SPDX-License-Identifier: GPL-2.0-only
"""Which layer a kernel function belongs to: the article's layers in its order, then those beside a packet's path."""

SYSCALL = "system call"
STACK = "protocol stack"
NEIGHBOUR = "neighbour subsystem"
DEVICE = "network device layer"
DRIVER = "driver"
SOFTIRQ = "soft interrupt"
NETLINK = "netlink"
BUFFER = "socket buffer"
KERNEL = "kernel"

LAYERS = (SYSCALL, NETLINK, STACK, NEIGHBOUR, DEVICE, DRIVER, SOFTIRQ, BUFFER, KERNEL)

# a file or a folder ("net/ipv4/"); the longest that fits decides
_FILES = {
    "net/socket.c": SYSCALL,
    "fs/": SYSCALL,
    "include/linux/net.h": SYSCALL,
    "include/linux/socket.h": SYSCALL,
    "net/core/datagram.c": STACK,
    "net/core/sock.c": STACK,
    "net/core/dst.c": STACK,
    "net/ipv4/": STACK,
    "net/packet/": STACK,
    "include/net/": STACK,
    "include/linux/ip.h": STACK,
    "include/linux/icmp.h": STACK,
    "include/linux/udp.h": STACK,
    "include/linux/inetdevice.h": STACK,
    "net/core/neighbour.c": NEIGHBOUR,
    "net/ipv4/arp.c": NEIGHBOUR,
    "include/net/neighbour.h": NEIGHBOUR,
    "include/net/arp.h": NEIGHBOUR,
    "include/linux/if_arp.h": NEIGHBOUR,
    "net/core/": DEVICE,
    "net/sched/": DEVICE,
    "net/ethernet/": DEVICE,
    "net/bridge/": DRIVER,
    "include/net/sch_generic.h": DEVICE,
    "include/net/pkt_sched.h": DEVICE,
    "include/linux/netdevice.h": DEVICE,
    "include/linux/etherdevice.h": DEVICE,
    "include/linux/if_ether.h": DEVICE,
    "drivers/net/": DRIVER,
    "kernel/softirq.c": SOFTIRQ,
    "include/linux/interrupt.h": SOFTIRQ,
    "include/linux/preempt_mask.h": SOFTIRQ,
    "net/netlink/": NETLINK,
    "net/core/rtnetlink.c": NETLINK,
    "include/net/netlink.h": NETLINK,
    "include/net/rtnetlink.h": NETLINK,
    "include/linux/netlink.h": NETLINK,
    "lib/nlattr.c": NETLINK,
    "net/core/skbuff.c": BUFFER,
    "include/linux/skbuff.h": BUFFER,
}

# functions that do another layer's work than their file's: the soft interrupt's handlers live in net/core/dev.c, and
# process_backlog stands where a real card's driver has its own poll function
_FUNCTIONS = {
    "net_rx_action": SOFTIRQ,
    "net_tx_action": SOFTIRQ,
    "process_backlog": DRIVER,
    "net_timestamp_check": KERNEL,
}


def layer_of(function: str, file: str) -> str:
    """The layer of a function of that C file."""
    if function in _FUNCTIONS:
        return _FUNCTIONS[function]
    while file:
        if file in _FILES:
            return _FILES[file]
        file = file[: file.rstrip("/").rfind("/") + 1]
    return KERNEL
