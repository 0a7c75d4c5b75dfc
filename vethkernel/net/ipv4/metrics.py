# SPDX-License-Identifier: GPL-2.0-only
"""net/ipv4/metrics.c (6.1): a route's metrics out of a message. In v3.10 a loop inside fib_create_info."""

from __future__ import annotations

from vethkernel.include.linux.err import ERR_PTR
from vethkernel.include.linux.netlink import NL_SET_ERR_MSG, NL_SET_ERR_MSG_ATTR, netlink_ext_ack
from vethkernel.include.net.net_namespace import net as net_t
from vethkernel.include.net.netlink import nla_for_each_attr, nla_get_u32, nla_len, nla_type, nlattr
from vethkernel.include.uapi.asm_generic.errno import EINVAL
from vethkernel.include.uapi.linux.rtnetlink import (
    RTAX_ADVMSS,
    RTAX_CC_ALGO,
    RTAX_FEATURE_MASK,
    RTAX_FEATURES,
    RTAX_HOPLIMIT,
    RTAX_MAX,
    RTAX_MTU,
)

# the greatest value that makes sense; a greater one becomes this
METRIC_LIMIT = {RTAX_ADVMSS: 65535 - 40, RTAX_MTU: 65535 - 15, RTAX_HOPLIMIT: 255}


def ip_metrics_convert(
    net: net_t, fc_mx: nlattr, fc_mx_len: int, metrics: list[int], extack: netlink_ext_ack
) -> int:
    """Read the metrics into the list. `net/ipv4/metrics.c:10 (6.1)`"""
    for nla in nla_for_each_attr(fc_mx, fc_mx_len):
        type = nla_type(nla)
        if not type:
            continue
        if type > RTAX_MAX:
            NL_SET_ERR_MSG(extack, "Invalid metric type")
            return -EINVAL
        if type == RTAX_CC_ALGO:
            val, _ = tcp_ca_get_key_by_name(net, nla_strscpy(nla, TCP_CA_NAME_MAX))
            if val == TCP_CA_UNSPEC:
                NL_SET_ERR_MSG(extack, "Unknown tcp congestion algorithm")
                return -EINVAL
        elif nla_len(nla) != 4:
            NL_SET_ERR_MSG_ATTR(extack, nla, "Invalid attribute in metrics")
            return -EINVAL
        else:
            val = nla_get_u32(nla)
        if type == RTAX_FEATURES and val & ~RTAX_FEATURE_MASK:
            NL_SET_ERR_MSG(extack, "Unknown flag set in feature mask in metrics attribute")
            return -EINVAL
        metrics[type - 1] = min(val, METRIC_LIMIT.get(type, val))
    return 0


def ip_fib_metrics_init(net: net_t, fc_mx: nlattr, fc_mx_len: int, extack: netlink_ext_ack) -> list[int]:
    """The metrics that a route was asked for with, or an error. `net/ipv4/metrics.c:69 (6.1)`"""
    if fc_mx is None:
        return dst_default_metrics
    fib_metrics = [0] * RTAX_MAX
    err = ip_metrics_convert(net, fc_mx, fc_mx_len, fib_metrics, extack)
    return fib_metrics if not err else ERR_PTR(err)


from vethkernel.lib.nlattr import nla_strscpy
from vethkernel.net.core.dst import dst_default_metrics
from vethkernel.net.ipv4.tcp_cong import TCP_CA_NAME_MAX, TCP_CA_UNSPEC, tcp_ca_get_key_by_name
