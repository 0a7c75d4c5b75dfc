# SPDX-License-Identifier: GPL-2.0-only
"""Two runs side by side: which functions and calls only one of them made, and which both.

print(difference(trace_lo, trace_veth, names=("lo", "veth")).text())
difference(*sides(alignment), names=("real kernel", "model"))          what `compare` aligned, as two runs of one graph
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from vethkernel.ledger import NEWER, originals
from vethkernel.trace.callgraph import CallGraph, Key, call_graph
from vethkernel.trace.compare import Alignment
from vethkernel.trace.events import ENTER, Call, Event
from vethkernel.trace.layers import LAYERS
from vethkernel.trace.watched import functions_of, mirrored_modules, place_of

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


def sides(alignment: Alignment) -> tuple[list[Call], list[Call]]:
    """The real kernel's calls and the model's, where functions that match have one name, the model's.

    No recording says which file a function is from. The model's docstrings do, or the ledger's data, or its caller.
    """
    files = {name: found[0].file for name, found in originals(NEWER).items()}
    files |= {f.__name__: place_of(f).file for module in mirrored_modules(inlines=True) for f in functions_of(module)}
    forests: tuple[list[Call], list[Call]] = ([], [])
    for side, roots in zip(("kernel", "model"), forests, strict=True):
        open_calls: list[tuple[int, Call]] = []
        for row in alignment.rows:
            if not getattr(row, side):
                continue
            while open_calls and open_calls[-1][0] >= row.depth:
                open_calls.pop()
            caller = open_calls[-1][1] if open_calls else None
            name = row.model or row.kernel
            call = Call(Event(ENTER, name, files.get(name) or (caller.file if caller else "")))
            (caller.children if caller else roots).append(call)
            open_calls.append((row.depth, call))
    return forests
