# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/netdevice.h: the network device, its table of operations, and the per-CPU state of the receive side.

Interface, for a driver:
  - `alloc_netdev(priv_size, name, setup)` calls `setup(dev)`, which fills in `dev.netdev_ops`, a net_device_ops.
  - `netdev_priv(dev)` is the driver's own struct.
  - frames leave through `dev.netdev_ops.ndo_start_xmit(skb, dev)` and arrive by `netif_rx(skb)`.
Left out: many-queue mapping, offload settings, wireless, hardware filters, and the fields that only they use.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vethkernel.include.linux.skbuff import sk_buff, sk_buff_head
from vethkernel.include.uapi.asm_generic.errno import ENOBUFS
from vethkernel.include.uapi.linux.if_ import IF_OPER_UNKNOWN, IF_OPER_UP

# what a driver's transmit function returns, and what a queue discipline may add
NETDEV_TX_OK = 0x00
NETDEV_TX_BUSY = 0x10
NET_XMIT_SUCCESS = 0x00
NET_XMIT_DROP = 0x01
NET_XMIT_CN = 0x02
NET_XMIT_MASK = 0x0F
NET_RX_SUCCESS = 0
NET_RX_DROP = 1

MAX_ADDR_LEN = 32
MAX_PHYS_ITEM_ID_LEN = 32
LL_MAX_HEADER = 128
HH_DATA_MOD = 16
HH_DATA_MASK = ~(HH_DATA_MOD - 1)
NETDEV_ALIGN = 32
NAPI_POLL_WEIGHT = 64

# dev.state: bits, kept here as masks
__LINK_STATE_START = 1 << 0
__LINK_STATE_PRESENT = 1 << 1
__LINK_STATE_NOCARRIER = 1 << 2
__LINK_STATE_LINKWATCH_PENDING = 1 << 3
__LINK_STATE_DORMANT = 1 << 4
__LINK_STATE_TESTING = 1 << 5

# netdev_queue.state, napi_struct.state
__QUEUE_STATE_DRV_XOFF = 1 << 0
__QUEUE_STATE_STACK_XOFF = 1 << 1
__QUEUE_STATE_FROZEN = 1 << 2
QUEUE_STATE_ANY_XOFF = __QUEUE_STATE_DRV_XOFF | __QUEUE_STATE_STACK_XOFF
NAPI_STATE_SCHED = 1 << 0

# dev.reg_state
NETREG_UNINITIALIZED = 0
NETREG_REGISTERED = 1
NETREG_UNREGISTERING = 2
NETREG_UNREGISTERED = 3
NETREG_RELEASED = 4

# dev.rtnl_link_state
RTNL_LINK_INITIALIZED = 0
RTNL_LINK_INITIALIZING = 1

# dev.addr_assign_type
NET_ADDR_PERM = 0
NET_ADDR_RANDOM = 1
NET_ADDR_STOLEN = 2
NET_ADDR_SET = 3

# dev.name_assign_type
NET_NAME_UNKNOWN = 0
NET_NAME_ENUM = 1
NET_NAME_PREDICTABLE = 2
NET_NAME_USER = 3
NET_NAME_RENAMED = 4

# dev.priv_flags (include/linux/netdevice.h of 6.1; v3.10 kept them in include/uapi/linux/if.h)
IFF_XMIT_DST_RELEASE = 1 << 10
IFF_DONT_BRIDGE = 1 << 11
IFF_BRIDGE_PORT = 1 << 9
IFF_EBRIDGE = 1 << 1
IFF_TX_SKB_SHARING = 1 << 16
IFF_UNICAST_FLT = 1 << 17
IFF_LIVE_ADDR_CHANGE = 1 << 20
IFF_NO_QUEUE = 1 << 21

# dev.features (include/linux/netdev_features.h): what the driver does without software's help
NETIF_F_SG = 1 << 0
NETIF_F_IP_CSUM = 1 << 1
NETIF_F_HW_CSUM = 1 << 3
NETIF_F_HIGHDMA = 1 << 5
NETIF_F_FRAGLIST = 1 << 6
NETIF_F_LLTX = 1 << 12
NETIF_F_NETNS_LOCAL = 1 << 13
NETIF_F_UFO = 1 << 16
NETIF_F_ALL_TSO = 0xF << 16
NETIF_F_NO_CSUM = 1 << 23
NETIF_F_RXCSUM = 1 << 40
NETIF_F_NOCACHE_COPY = 1 << 41
NETIF_F_LOOPBACK = 1 << 42
NETIF_F_VLAN_CHALLENGED = 1 << 10
NETIF_F_GEN_CSUM = NETIF_F_NO_CSUM | NETIF_F_HW_CSUM
NETIF_F_ALL_CSUM = NETIF_F_GEN_CSUM | NETIF_F_IP_CSUM
NETIF_F_SOFT_FEATURES = 1 << 14

# what register_netdevice and others tell their listeners (include/linux/netdevice.h)
NETDEV_UP = 0x0001
NETDEV_DOWN = 0x0002
NETDEV_REBOOT = 0x0003
NETDEV_CHANGE = 0x0004
NETDEV_REGISTER = 0x0005
NETDEV_UNREGISTER = 0x0006
NETDEV_CHANGEMTU = 0x0007
NETDEV_CHANGEADDR = 0x0008
NETDEV_GOING_DOWN = 0x0009
NETDEV_CHANGENAME = 0x000A
NETDEV_FEAT_CHANGE = 0x000B
NETDEV_PRE_UP = 0x000D
NETDEV_POST_INIT = 0x0010
NETDEV_UNREGISTER_FINAL = 0x0011
NETDEV_RELEASE = 0x0012
NETDEV_NOTIFY_PEERS = 0x0013
NETDEV_CHANGEUPPER = 0x0015
NETDEV_PRECHANGEMTU = 0x0017
NETDEV_CHANGEINFODATA = 0x0018
NETDEV_CHANGE_TX_QUEUE_LEN = 0x001C


@dataclass(slots=True, eq=False)
class net_device_ops:
    """What a driver can do; an entry that is None it cannot, or leaves to the default."""

    ndo_init: Callable | None = None
    ndo_uninit: Callable | None = None
    ndo_open: Callable | None = None
    ndo_stop: Callable | None = None
    ndo_start_xmit: Callable | None = None
    ndo_select_queue: Callable | None = None
    ndo_change_rx_flags: Callable | None = None
    ndo_set_rx_mode: Callable | None = None
    ndo_set_mac_address: Callable | None = None
    ndo_validate_addr: Callable | None = None
    ndo_do_ioctl: Callable | None = None
    ndo_change_mtu: Callable | None = None
    ndo_neigh_setup: Callable | None = None
    ndo_get_stats64: Callable | None = None
    ndo_change_carrier: Callable | None = None
    ndo_get_iflink: Callable | None = None
    ndo_add_slave: Callable | None = None
    ndo_del_slave: Callable | None = None
    ndo_fix_features: Callable | None = None


@dataclass(slots=True, eq=False)
class header_ops:
    """How a kind of link layer makes and reads its header."""

    create: Callable | None = None
    parse: Callable | None = None
    rebuild: Callable | None = None
    cache: Callable | None = None
    cache_update: Callable | None = None


@dataclass(slots=True, eq=False)
class ethtool_ops:
    """What `ethtool` may ask of a driver. include/linux/ethtool.h"""

    get_settings: Callable | None = None
    get_drvinfo: Callable | None = None
    get_link: Callable | None = None
    get_strings: Callable | None = None
    get_sset_count: Callable | None = None
    get_ethtool_stats: Callable | None = None


@dataclass(slots=True, eq=False)
class rtnl_link_stats64:
    """A device's counters as `ip -s link` shows them, in the order of the message. include/uapi/linux/if_link.h"""

    rx_packets: int = 0
    tx_packets: int = 0
    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_errors: int = 0
    tx_errors: int = 0
    rx_dropped: int = 0
    tx_dropped: int = 0
    multicast: int = 0
    collisions: int = 0
    rx_length_errors: int = 0
    rx_over_errors: int = 0
    rx_crc_errors: int = 0
    rx_frame_errors: int = 0
    rx_fifo_errors: int = 0
    rx_missed_errors: int = 0
    tx_aborted_errors: int = 0
    tx_carrier_errors: int = 0
    tx_fifo_errors: int = 0
    tx_heartbeat_errors: int = 0
    tx_window_errors: int = 0
    rx_compressed: int = 0
    tx_compressed: int = 0
    rx_nohandler: int = 0
    rx_otherhost_dropped: int = 0


@dataclass(slots=True, eq=False)
class netdev_queue:
    """One transmit queue of a device and the discipline that manages it."""

    dev: "net_device"
    qdisc: Any = None
    qdisc_sleeping: Any = None
    state: int = 0
    trans_start: int = 0


@dataclass(slots=True, eq=False)
class napi_struct:
    """Somebody who has packets to be fetched: `poll(napi, quota)` fetches them and says how many it did."""

    poll: Callable[["napi_struct", int], int] | None = None
    weight: int = NAPI_POLL_WEIGHT
    state: int = 0
    dev: "net_device" = None
    container: Any = None


@dataclass(slots=True, eq=False)
class softnet_data:
    """A CPU's share of the receive side: who wants to be polled, and the queue behind `netif_rx`."""

    poll_list: list[napi_struct] = field(default_factory=list)
    process_queue: sk_buff_head = field(default_factory=sk_buff_head)
    input_pkt_queue: sk_buff_head = field(default_factory=sk_buff_head)
    backlog: napi_struct = field(default_factory=napi_struct)
    processed: int = 0
    time_squeeze: int = 0
    dropped: int = 0
    output_queue: list[Any] = field(default_factory=list)
    cpu: int = 0


@dataclass(slots=True, eq=False)
class packet_type:
    """A receiver of packets: of one protocol (ETH_P_IP), or of all (ETH_P_ALL, a tap); on one device, or on any."""

    type: int
    func: Callable[..., int] | None = None
    dev: "net_device" = None
    id_match: Callable | None = None
    af_packet_priv: Any = None
    af_packet_net: Any = None


class net_device:
    """A network interface, made of software or of metal; `alloc_netdev` makes one."""

    __slots__ = (
        "name", "altnames", "ifalias", "state", "features", "hw_features", "wanted_features", "ifindex", "netdev_ops",
        "ethtool_ops", "header_ops", "flags", "priv_flags", "gflags", "operstate", "link_mode", "mtu", "min_mtu",
        "max_mtu", "type", "hard_header_len", "needed_headroom", "needed_tailroom", "perm_addr", "addr_assign_type",
        "addr_len", "dev_id", "promiscuity", "allmulti", "uc_promisc", "ip_ptr", "dev_addr", "broadcast", "_tx",
        "num_tx_queues", "real_num_tx_queues", "num_rx_queues", "qdisc", "tx_queue_len", "watchdog_timeo",
        "reg_state", "dismantle", "rtnl_link_state", "destructor", "nd_net", "lstats", "vstats", "rx_dropped",
        "rx_otherhost_dropped", "flags_changed", "name_assign_type",
        "tx_dropped", "rx_handler", "rx_handler_data", "rtnl_link_ops", "group", "priv", "carrier_up_count",
        "carrier_down_count", "last_rx", "trans_start", "master", "napi_list", "proto_down", "gso_max_size",
        "gso_max_segs", "gro_max_size", "addr_genmode", "sysfs", "watchdog", "parentbus", "br_port", "todo",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.altnames: list[str] = []
        self.ifalias = ""
        self.state = 0
        self.features = self.hw_features = self.wanted_features = 0
        self.ifindex = 0
        self.netdev_ops: net_device_ops = None
        self.ethtool_ops: ethtool_ops = None
        self.header_ops: header_ops = None
        self.flags = self.priv_flags = self.gflags = self.flags_changed = 0
        self.operstate = IF_OPER_UNKNOWN
        self.link_mode = 0
        self.mtu = self.min_mtu = self.max_mtu = 0
        self.type = 0
        self.hard_header_len = self.needed_headroom = self.needed_tailroom = 0
        self.perm_addr = b""
        self.addr_assign_type = NET_ADDR_PERM
        self.addr_len = 0
        self.name_assign_type = NET_NAME_ENUM if "%" in name else NET_NAME_USER  # who makes a device tells it in C
        self.dev_id = 0
        self.promiscuity = self.allmulti = 0
        self.uc_promisc = False
        self.ip_ptr: Any = None
        self.dev_addr = b""
        self.broadcast = b""
        self._tx: list[netdev_queue] = []
        self.num_tx_queues = self.real_num_tx_queues = self.num_rx_queues = 1
        self.qdisc: Any = None
        self.tx_queue_len = 0
        self.watchdog_timeo = 0
        self.watchdog: Any = None
        self.reg_state = NETREG_UNINITIALIZED
        self.dismantle = False
        self.rtnl_link_state = RTNL_LINK_INITIALIZED
        self.destructor: Callable[[net_device], None] | None = None
        self.nd_net: Any = None
        self.lstats: Any = None
        self.vstats: Any = None
        self.rx_dropped = self.tx_dropped = self.rx_otherhost_dropped = 0
        self.rx_handler: Callable | None = None
        self.rx_handler_data: Any = None
        self.rtnl_link_ops: Any = None
        self.group = 0
        self.priv: Any = None
        self.carrier_up_count = self.carrier_down_count = 0
        self.last_rx = self.trans_start = 0
        self.master: net_device = None
        self.napi_list: list[napi_struct] = []
        self.proto_down = False
        self.gso_max_size = 65536
        self.gso_max_segs = 65535
        self.gro_max_size = 65536
        self.addr_genmode = 0
        self.sysfs: Any = None
        self.parentbus: str = None
        self.br_port: Any = None
        self.todo = False

    def __repr__(self) -> str:
        return f"<net_device {self.name!r} ifindex {self.ifindex}>"


def netdev_priv(dev: net_device) -> Any:
    """The driver's own struct of this device. `include/linux/netdevice.h:1461`"""
    return dev.priv


def dev_net(dev: net_device) -> Any:
    """The namespace the device lives in. `include/linux/netdevice.h:1421`"""
    return dev.nd_net


def dev_net_set(dev: net_device, net: Any) -> None:
    """Put the device into a namespace. `include/linux/netdevice.h:1427`"""
    dev.nd_net = net


def netdev_get_tx_queue(dev: net_device, index: int) -> netdev_queue:
    """The device's transmit queue number `index`. `include/linux/netdevice.h:1395`"""
    return dev._tx[index]


def netif_running(dev: net_device) -> bool:
    """True between open and stop. `include/linux/netdevice.h:2041`"""
    return dev.state & __LINK_STATE_START != 0


def netif_carrier_ok(dev: net_device) -> bool:
    """True if the other side can hear us. `include/linux/netdevice.h:2291`"""
    return dev.state & __LINK_STATE_NOCARRIER == 0


def netif_dormant(dev: net_device) -> bool:
    """True if the link waits for something else than a cable. `include/linux/netdevice.h:2341`"""
    return dev.state & __LINK_STATE_DORMANT != 0


def netif_testing(dev: net_device) -> bool:
    """True during a self-test. `include/linux/netdevice.h:4239 (6.1)`"""
    return dev.state & __LINK_STATE_TESTING != 0


def netif_oper_up(dev: net_device) -> bool:
    """True if packets can pass, as RFC 2863 defines it. `include/linux/netdevice.h:2353`"""
    return dev.operstate in (IF_OPER_UP, IF_OPER_UNKNOWN)


def netif_device_present(dev: net_device) -> bool:
    """True unless the hardware went away. `include/linux/netdevice.h:2365`"""
    return dev.state & __LINK_STATE_PRESENT != 0


def netif_xmit_stopped(dev_queue: netdev_queue) -> bool:
    """True if the queue takes no frames now. `include/linux/netdevice.h:1953`"""
    return dev_queue.state & QUEUE_STATE_ANY_XOFF != 0


def netif_xmit_frozen_or_stopped(dev_queue: netdev_queue) -> bool:
    """netif_xmit_stopped, or frozen by its device. `include/linux/netdevice.h:1958`"""
    return dev_queue.state & (__QUEUE_STATE_DRV_XOFF | __QUEUE_STATE_STACK_XOFF | __QUEUE_STATE_FROZEN) != 0


def netif_tx_start_queue(dev_queue: netdev_queue) -> None:
    """The driver takes frames from now on. `include/linux/netdevice.h:1846`"""
    dev_queue.state &= ~__QUEUE_STATE_DRV_XOFF


def netif_tx_stop_queue(dev_queue: netdev_queue) -> None:
    """The driver takes no more frames. `include/linux/netdevice.h:1906`"""
    dev_queue.state |= __QUEUE_STATE_DRV_XOFF


def netif_start_queue(dev: net_device) -> None:
    """netif_tx_start_queue for a device with one queue. `include/linux/netdevice.h:1857`"""
    netif_tx_start_queue(netdev_get_tx_queue(dev, 0))


def netif_stop_queue(dev: net_device) -> None:
    """netif_tx_stop_queue for a device with one queue. `include/linux/netdevice.h:1922`"""
    netif_tx_stop_queue(netdev_get_tx_queue(dev, 0))


def netif_tx_start_all_queues(dev: net_device) -> None:
    """Every queue of the device takes frames. `include/linux/netdevice.h:1862`"""
    for txq in dev._tx:
        netif_tx_start_queue(txq)


def dev_xmit_complete(rc: int) -> bool:
    """True if the driver, or an error, took the skb. `include/linux/netdevice.h:122`"""
    return rc < NET_XMIT_MASK


def net_xmit_errno(e: int) -> int:
    """What a sender is told of the verdict of a queue: nothing, if the frame may still get through.
    `include/linux/netdevice.h:105`"""
    return -ENOBUFS if e != NET_XMIT_CN else 0


def dev_hard_header(
    skb: sk_buff, dev: net_device, type: int, daddr: bytes | None, saddr: bytes | None, len: int
) -> int:
    """Put the device's link-layer header before the packet; returns its length, negative if an address is missing.
    `include/linux/netdevice.h:1754`"""
    if dev.header_ops is None or dev.header_ops.create is None:
        return 0
    return dev.header_ops.create(skb, dev, type, daddr, saddr, len)


def dev_parse_header(skb: sk_buff) -> bytes:
    """The sender's link-layer address of a received frame. `include/linux/netdevice.h:1765`"""
    dev = skb.dev
    if dev.header_ops is None or dev.header_ops.parse is None:
        return b""
    return dev.header_ops.parse(skb)


def LL_RESERVED_SPACE(dev: net_device) -> int:
    """Headroom that a packet for this device should have. `include/linux/netdevice.h:260`"""
    return (dev.hard_header_len + dev.needed_headroom & HH_DATA_MASK) + HH_DATA_MOD
