# SPDX-License-Identifier: GPL-2.0-only
"""vethkernel: a small, faithful Python port of Linux's veth and of the network path around it."""

__version__ = "1.0.0"
