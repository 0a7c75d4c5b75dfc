# SPDX-License-Identifier: GPL-2.0-only
"""net/core/ethtool.c: only the default answer to "has the link carrier?"; no `ethtool` command is here to ask it."""

from __future__ import annotations

from vethkernel.include.linux.netdevice import net_device, netif_carrier_ok


def ethtool_op_get_link(dev: net_device) -> int:
    """1 if the device has carrier. `net/core/ethtool.c:35`"""
    return 1 if netif_carrier_ok(dev) else 0
