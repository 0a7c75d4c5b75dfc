# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/errno.h: error numbers that stay inside the kernel."""

ENOIOCTLCMD = 515
