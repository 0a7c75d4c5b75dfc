# SPDX-License-Identifier: GPL-2.0-only
"""Pictures of what ran and of what is there, drawn by graphviz from recordings and live machines, never by hand.

    draw(call_graph(trace))             who called whom, by layers
    draw_difference(trace_lo, trace_veth, names=("lo", "veth"))
    draw_objects(machine)               devices, pairs, ops tables, namespaces, queues
    journey(trace, request, reply)      packets' ways, step by step; for a trace with snapshots

The first three return a Figure: it displays itself in a notebook, `.text` says the same in words, `.svg` and `.source`
are there to be kept. A `dot` on the PATH draws; without one, the program of the package graphviz-pure does. A Journey
displays itself too; it is HTML, and needs no graphviz to be drawn.
"""

from vethkernel.pictures.calls import draw, draw_difference
from vethkernel.pictures.figure import Figure
from vethkernel.pictures.journey import Journey, journey
from vethkernel.pictures.objects import draw_objects

__all__ = ["Figure", "Journey", "draw", "draw_difference", "draw_objects", "journey"]
