# SPDX-License-Identifier: GPL-2.0-only
"""net/core/scm.c: control messages. Left out: passing files and credentials between programs."""

from __future__ import annotations

from vethkernel.include.linux.socket import CMSG_HDRLEN, CMSG_LEN, CMSG_SPACE, msghdr
from vethkernel.include.uapi.linux.socket import MSG_CTRUNC


def put_cmsg(msg: msghdr, level: int, type: int, len: int, data: bytes) -> int:
    """Add a control message, as far as the program left room for it. `net/core/scm.c:210`"""
    if msg.msg_control is None or msg.msg_controllen < CMSG_HDRLEN:
        msg.msg_flags |= MSG_CTRUNC
        return 0
    cmlen = CMSG_LEN(len)
    if msg.msg_controllen < cmlen:
        msg.msg_flags |= MSG_CTRUNC
        cmlen = msg.msg_controllen
    msg.msg_control.append((level, type, data[: cmlen - CMSG_HDRLEN]))
    msg.msg_controllen -= min(CMSG_SPACE(len), msg.msg_controllen)
    return 0
