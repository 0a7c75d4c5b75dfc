# SPDX-License-Identifier: GPL-2.0-only
"""Two runs side by side: which functions and calls only one of them made, and which both.

print(difference(trace_lo, trace_veth, names=("lo", "veth")).text())
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from vethkernel.trace.callgraph import CallGraph, Key, call_graph
from vethkernel.trace.layers import LAYERS

FIRST, SECOND, BOTH = 0, 1, 2


@dataclass(slots=True)
class Difference:
    """`graphs` are the two runs' call graphs, `names` what to call them."""

    graphs: tuple[CallGraph, CallGraph]
    names: tuple[str, str]

    def side(self, key: Key) -> int:
        """Whether that function ran in the FIRST, the SECOND or BOTH."""
        return _side(key in self.graphs[0].nodes, key in self.graphs[1].nodes)

    def edge_side(self, ends: tuple[Key, Key]) -> int:
        """The same for a call or a hand-over."""
        return _side(ends in self.graphs[0].edges, ends in self.graphs[1].edges)

    def keys(self) -> list[Key]:
        """The functions of both, in the second's order with the first's own put where they ran."""
        keys = list(self.graphs[1].nodes)
        place = 0
        for key in self.graphs[0].nodes:
            if key in self.graphs[1].nodes:
                place = keys.index(key) + 1
            else:
                keys.insert(place, key)
                place += 1
        return keys

    def functions(self, side: int) -> list[str]:
        """The names of the functions of that side, once each."""
        both = [graph.functions() for graph in self.graphs]
        names = dict.fromkeys(name for _, name in self.keys())
        return [name for name in names if _side(name in both[0], name in both[1]) == side]

    def text(self) -> str:
        """The difference in words, by layer."""
        layers = {key[1]: node.layer for graph in self.graphs for key, node in graph.nodes.items()}
        lines: list[str] = []
        for side, head in enumerate((f"only {self.names[0]}", f"only {self.names[1]}", "both")):
            functions = self.functions(side)
            lines.append(f"{head}: {len(functions)} function{'s' * (len(functions) != 1)}")
            count = Counter(layers[name] for name in functions)
            for layer in LAYERS:
                if count[layer]:
                    lines.append(f"  {layer}: " + ", ".join(name for name in functions if layers[name] == layer))
        return "\n".join(lines) + "\n"


def difference(first: Any, second: Any, names: tuple[str, str] = ("first", "second"), **choice: Any) -> Difference:
    """Compare two call graphs, or two recordings, of which `call_graph(trace, **choice)` makes the graphs."""
    graphs = [run if isinstance(run, CallGraph) else call_graph(run, **choice) for run in (first, second)]
    return Difference((graphs[0], graphs[1]), names)


def _side(in_first: bool, in_second: bool) -> int:
    return BOTH if in_first and in_second else FIRST if in_first else SECOND
