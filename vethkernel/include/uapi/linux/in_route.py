# SPDX-License-Identifier: GPL-2.0-only
"""Constants of include/uapi/linux/in_route.h: what a route's flags say to user programs."""

RTCF_NOTIFY = 0x00010000
RTCF_REDIRECTED = 0x00040000
RTCF_DOREDIRECT = 0x01000000
RTCF_BROADCAST = 0x10000000
RTCF_MULTICAST = 0x20000000
RTCF_LOCAL = 0x80000000
