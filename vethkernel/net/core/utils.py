# SPDX-License-Identifier: GPL-2.0-only
"""net/core/utils.c: of all its small helpers only the limit on the network's messages."""

from __future__ import annotations

from vethkernel.globals import g


def net_ratelimit() -> int:
    """1 if the network may log one more message now. `net/core/utils.c:43`"""
    return ___ratelimit(g.net_ratelimit_state, "net_ratelimit")


from vethkernel.lib.ratelimit import ___ratelimit
