# SPDX-License-Identifier: GPL-2.0-only
"""vethkernel: a small, faithful Python port of Linux's veth and of the network path around it.

    from vethkernel import boot, veth, dev, eth, loopback

`boot()` starts a machine; the four modules are the heart of the port, each the image of the C file of its name.
"""

__version__ = "1.0.0"

from vethkernel.net.core import dev  # isort: skip  # first: the kernel's files import each other in circles
from vethkernel.drivers.net import loopback, veth
from vethkernel.machine import Machine, boot
from vethkernel.net.ethernet import eth

__all__ = ["Machine", "boot", "dev", "eth", "loopback", "veth"]
