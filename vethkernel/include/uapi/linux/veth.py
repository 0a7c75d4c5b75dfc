# SPDX-License-Identifier: GPL-2.0-only
"""Constants of include/uapi/linux/veth.h."""

VETH_INFO_MAX = 1
VETH_INFO_UNSPEC = 0
VETH_INFO_PEER = 1
