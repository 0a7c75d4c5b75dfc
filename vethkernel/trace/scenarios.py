# SPDX-License-Identifier: GPL-2.0-only
"""The recorded scenarios, the same on the model, and the rules by which the two are compared.

    python -m vethkernel compare TRACE [--scenario NAME] [--quiet]
    python -m vethkernel compare --functions

TRACE is what ftrace wrote on a real machine (function_graph or function; gzipped or not). It should have watched the
functions that --functions lists, for these are what the recordings watched and saw.
"""

import argparse
import sys
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from vethkernel.machine import boot
from vethkernel.trace.compare import Alignment, Rule, Rules, plain
from vethkernel.trace.events import Call, walk
from vethkernel.trace.function_graph import TraceError, read_trace
from vethkernel.trace.recorder import Recorder
from vethkernel.user.session import Consoles

FOLDER = files("vethkernel.data") / "trees"
NARROWER = ("within", "containing", "without", "after", "whole", "unmatched")


@dataclass(slots=True)
class Scenario:
    """A recording of a real kernel, and how the model does the same: `setup`, then the one `command` that counts."""

    name: str
    about: str
    recording: str
    setup: list[str]
    command: str
    program: str  # whose calls count, of those that the command runs

    def recorded(self) -> list[Call]:
        """The real kernel's calls."""
        return read_trace(str(FOLDER / self.recording))

    def modelled(self) -> list[Call]:
        """The model's calls."""
        machine = boot(cpus=1)
        consoles = Consoles(machine)
        for command in self.setup:
            consoles.run(command)
        with Recorder(machine) as trace:
            consoles.run(self.command)
        return [call for call in trace.calls if call.enter.task.rpartition("-")[0] == self.program]


@lru_cache(1)
def _table() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "rules.toml").read_text("utf-8"))


def rules() -> Rules:
    """The rules that the package brings: an entry may name several functions, which then have one reason."""
    found: list[Rule] = []
    for entry in _table()["rule"]:
        more = {key: entry[key] for key in NARROWER if key in entry}
        kernel, model = (_list(entry.get(side, [])) for side in ("kernel", "model"))
        width = max(len(kernel), len(model))
        pairs = zip(kernel or [""] * width, model or [""] * width, strict=True)
        callers = _list(entry.get("under", ""))
        found += [Rule(entry["why"], entry["reason"], *pair, under, **more) for pair in pairs for under in callers]
    return Rules(found)


def _list(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def scenarios() -> dict[str, Scenario]:
    """The recorded scenarios by name."""
    return {entry["name"]: Scenario(**entry) for entry in _table()["scenario"]}


def watched() -> list[str]:
    """The functions that ran in any of the recordings."""
    return sorted({plain(call.name) for scenario in scenarios().values() for call in walk(scenario.recorded())})


def nearest(kernel: list[Call]) -> tuple[Scenario, Alignment]:
    """The scenario whose model has most in common with these calls."""
    tried = [(scenario, Alignment(kernel, scenario.modelled(), rules())) for scenario in scenarios().values()]
    return max(tried, key=lambda each: each[1].matched / len(each[1].rows))


def main(argv: list[str]) -> int:
    """The command `compare`: 0 if all is explained, 1 if something is not, 2 if the file cannot be read."""
    parser = argparse.ArgumentParser(
        "python -m vethkernel compare", description="Hold a real kernel's trace against the model's."
    )
    parser.add_argument(
        "trace", nargs="?", help="what ftrace's function_graph or function tracer wrote, gzipped or not"
    )
    parser.add_argument(
        "--scenario", choices=list(scenarios()), help="what was recorded; otherwise the nearest is taken"
    )
    parser.add_argument("--quiet", action="store_true", help="only the counts, and what nothing explains")
    parser.add_argument(
        "--functions", action="store_true", help="list the functions that a recording should watch, one a line"
    )
    chosen = parser.parse_args(argv)
    if chosen.functions:
        print(*watched(), sep="\n")
        return 0
    if not chosen.trace:
        parser.error("name a TRACE, or ask for --functions")
    try:
        kernel = read_trace(chosen.trace)
    except (TraceError, OSError) as error:
        print(f"{chosen.trace}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return 2
    if chosen.scenario:
        scenario = scenarios()[chosen.scenario]
        alignment = Alignment(kernel, scenario.modelled(), rules())
    else:
        scenario, alignment = nearest(kernel)
    print(f"compared with: {scenario.name}, {scenario.about}")
    if chosen.quiet:
        for row in alignment.unexplained:
            print(f"  {row.kernel or row.model}: only in the {'real kernel' if row.kernel else 'model'}")
    else:
        print(alignment.text(), end="")
    print(alignment.summary())
    return 1 if alignment.unexplained else 0
