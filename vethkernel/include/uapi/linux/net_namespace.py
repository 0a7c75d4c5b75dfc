# SPDX-License-Identifier: GPL-2.0-only
"""Constants of include/uapi/linux/net_namespace.h."""

NETNSA_NSID_NOT_ASSIGNED = -1
NETNSA_MAX = 5
NETNSA_NONE = 0
NETNSA_NSID = 1
NETNSA_PID = 2
NETNSA_FD = 3
NETNSA_TARGET_NSID = 4
NETNSA_CURRENT_NSID = 5
