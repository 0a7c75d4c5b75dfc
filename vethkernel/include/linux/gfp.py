# SPDX-License-Identifier: GPL-2.0-only
"""include/linux/gfp.h: how an allocation may behave. The port hands the flags on as C does; memory does not run out."""

GFP_ATOMIC = 0x20
GFP_KERNEL = 0xD0
