# SPDX-License-Identifier: GPL-2.0-only
"""Constants of include/uapi/linux/if_ether.h."""

ETH_ALEN = 6
ETH_HLEN = 14
ETH_DATA_LEN = 1500
ETH_FRAME_LEN = 1514
ETH_MIN_MTU = 68
ETH_MAX_MTU = 65535
ETH_P_IP = 0x800
ETH_P_ARP = 0x806
ETH_P_IPV6 = 0x86dd
ETH_P_802_3_MIN = 0x600
ETH_P_802_3 = 1
ETH_P_ALL = 3
ETH_P_802_2 = 4
