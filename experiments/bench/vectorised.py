"""What LLVM's vectoriser says of every loop of a year: `python -m experiments.bench.vectorised` (minutes).

The year is compiled anew in a process of its own, with an empty cache; loops of drivers repeat those of their phases.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence

from experiments.command import Parser, in_one_line
from experiments.ending import NO, complain
from experiments.run import ROOT

YEAR = """
import llvmlite.binding
llvmlite.binding.set_option("", "--debug-only=loop-vectorize")
from model import PoolingModel, Scenario
PoolingModel(Scenario(people=2_000, start=2025, end=2025), rng=0, measure=False).step()
"""
LOOP = re.compile(r"LV: Checking a loop in '_ZN(\w+)'")
WIDE = re.compile(r"LV: Found a vectorizable loop \((\d+)\)")
WHY = {
    "Can't vectorize due to memory conflicts": "may write where a neighbour reads or writes",
    "Found an unidentified PHI": "each turn needs the one before",
    "Control flow cannot be substituted": "a branch that cannot be a choice of values",
    "possible but not beneficial": "several at once costs more",
    "Early exit": "leaves early",
}
DONE = "Disabled/already vectorized"
ONE_BY_ONE = "one by one, other reason"


def report(lines: Iterable[str]) -> dict[str, Counter[str]]:
    """Return what the vectoriser says of every function of the model, by module and name."""
    found: dict[str, Counter[str]] = {}
    function, said = "", ""
    for line in [*lines, "LV: Checking a loop in '_ZN'"]:
        if "LV: Checking a loop in" in line:
            if function.startswith(("model.", "agents.")) and DONE not in said:
                found.setdefault(function, Counter())[verdict(said)] += 1
            begun = LOOP.search(line)
            function, said = name_of(begun[1]) if begun else "", ""
        else:
            said += line
    return found


def verdict(said: str) -> str:
    """Return in words what came of one loop."""
    wide = WIDE.search(said)
    if wide:
        return f"{wide[1]} at once"
    return next((words for sign, words in WHY.items() if sign in said), ONE_BY_ONE)


def name_of(mangled: str) -> str:
    """Return the dotted name in a mangled one: parts with their lengths before them."""
    parts: list[str] = []
    while length := re.match(r"\d+", mangled):
        end = length.end() + int(length[0])
        parts.append(mangled[length.end() : end])
        mangled = mangled[end:]
    return ".".join(parts)


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Compile a year and print the report."""
    Parser(prog="python -m experiments.bench.vectorised", description=str(__doc__).splitlines()[0]).parse_args(
        arguments
    )
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", YEAR],
            cwd=ROOT,
            env={**os.environ, "GONGJI_CACHE": folder},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    found = report(done.stderr.splitlines())
    for function, verdicts in found.items():
        print(f"{function}: {'; '.join(f'{number} x {words}' for words, number in verdicts.items())}")
    if done.returncode or not found:
        return complain(f"expected a report of the vectoriser, got exit {done.returncode}", NO)
    return 0


if __name__ == "__main__":
    sys.exit(main())
