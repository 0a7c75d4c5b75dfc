# SPDX-License-Identifier: GPL-2.0-only
"""net/core/scm.c: control messages. Left out: passing files and credentials between programs."""

from __future__ import annotations

from vethkernel.include.linux.socket import CMSG_HDRLEN, msghdr
from vethkernel.include.uapi.linux.socket import MSG_CTRUNC


def put_cmsg(msg: msghdr, level: int, type: int, len: int, data: bytes) -> int:
    """Add a control message, as far as the program left room for it. `net/core/scm.c:210`"""
    if msg.msg_control is None or msg.msg_controllen < CMSG_HDRLEN:
        msg.msg_flags |= MSG_CTRUNC
        return 0
    cmlen = CMSG_HDRLEN + len
    if msg.msg_controllen < cmlen:
        msg.msg_flags |= MSG_CTRUNC
        cmlen = msg.msg_controllen
    msg.msg_control.append((level, type, data[: cmlen - CMSG_HDRLEN]))
    msg.msg_controllen -= min(CMSG_HDRLEN + (len + 7 & ~7), msg.msg_controllen)  # CMSG_SPACE
    return 0
