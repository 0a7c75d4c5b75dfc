# SPDX-License-Identifier: GPL-2.0-only
"""The notebook layer: `%load_ext vethkernel.notebook` brings `%%console`, and shows kernel structs as tables.

console(machine, "# ip link show")                   commands in Python
show_source(veth.veth_xmit, mark=["netif_rx"])       a function as it stands in the port
without_line(veth.veth_newlink, "priv.peer = peer")  a with-block in which that line is gone
patched(veth.veth_xmit, new)                         or the whole function is another
check(right), same(answer, right)                    an exercise's verdict, however the answer is written
fault(function, number)                              a function with one line gone, to be found
predict(question, options, answer, explanations)     a question with the model's own answer, folded
message(data)                                        a request of `ip link`, byte by byte
device(machine, "veth0"), interfaces(machine), neighbours(machine), routes(machine)
"""

from functools import partial
from typing import Any

from vethkernel.notebook.console import console, console_magic
from vethkernel.notebook.exercise import check, fault, same
from vethkernel.notebook.netlink import message
from vethkernel.notebook.patch import patched, without_line
from vethkernel.notebook.predict import predict
from vethkernel.notebook.source import show_source
from vethkernel.notebook.tables import device, interfaces, neighbours, register, routes

__all__ = [
    "check",
    "console",
    "device",
    "fault",
    "interfaces",
    "message",
    "neighbours",
    "patched",
    "predict",
    "routes",
    "same",
    "show_source",
    "without_line",
]


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext vethkernel.notebook` does."""
    shell.register_magic_function(partial(console_magic, shell), "cell", "console")
    register(shell)
