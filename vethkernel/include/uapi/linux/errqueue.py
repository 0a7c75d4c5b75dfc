# SPDX-License-Identifier: GPL-2.0-only
"""Constants of include/uapi/linux/errqueue.h."""

SO_EE_ORIGIN_LOCAL = 1
SO_EE_ORIGIN_ICMP = 2
