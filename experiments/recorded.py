"""What runs record, kept so that a study is checked before any work: `python -m experiments.recorded` lists it anew.

recorded.yaml holds by level the units and the measures of small worlds under today's law and under reforms that make
funds or measures of their own, and the funds that may be held.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from experiments.command import Parser, in_one_line
from experiments.store import write_text
from experiments.study import FLOW, Study, StudyError, nearest
from model import kinds
from model.scenario import LAST_END

FILE = Path(__file__).resolve().parent / "recorded.yaml"
HEAD = "# Made by `python -m experiments.recorded`: levels, units and measures of what runs record.\n"
WORLDS = ((), ("steps_1_2_3",), ("lifetime",), ("schemes_merged",), ("national_pooling",), ("provincial_pooling",))
PEOPLE, FIRST, LAST = 2_000, 2026, 2030
FUNDS = {
    *kinds.POOL_FUNDS, kinds.PROVINCIAL_ADJUSTMENT, kinds.PROVINCIAL_RESIDENT_ADJUSTMENT, kinds.NATIONAL_ADJUSTMENT,
    kinds.NATIONAL_RESIDENT_ADJUSTMENT,
}  # fmt: skip
"""Funds that may be held; which are depends on the law."""
COHORTS = range(1910, LAST_END + 1, 10)
Known = dict[str, dict[str, list[str]]]


@functools.cache
def known() -> Known:
    """Return by level the units and the measures that runs record."""
    content: Known = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return content


def check_known(study: Study) -> None:
    """Raise StudyError for an outcome, declared or of the precision, whose level, unit or measure no run records."""
    asked: list[tuple[str, Any]] = [("outcomes", outcome) for outcome in study.outcomes]
    asked += [] if study.precision is None else [("precision", study.precision)]
    for place, each in asked:
        where, there = f"{study.name}: {place}", known()
        if each.level not in there:
            raise StudyError(
                f"{where}: expected a level that runs record, got {each.level}{nearest(each.level, there)}"
            )
        for kind, name in (("measure", each.measure), ("unit", each.unit)):
            if (kind, each.level) == ("unit", FLOW):
                continue  # checked where the study is read: a kind of flow need not run
            names = there[each.level][f"{kind}s"]
            if name not in names:
                told = f"expected a {kind} that runs record at level {each.level}"
                raise StudyError(f"{where}: {told}, got {name}{nearest(name, names)}")


def listed() -> Known:
    """Return by level the units and measures that small worlds record."""
    from experiments.outcomes import outcomes
    from model import PoolingModel, Scenario, load_reform

    found: dict[str, dict[str, set[str]]] = {}
    for names in WORLDS:
        reforms = tuple(map(load_reform, names))
        world = PoolingModel(Scenario(people=PEOPLE, start=FIRST, end=LAST, reforms=reforms), rng=0)
        while world.year < LAST:
            world.step()
        said = outcomes(world.record.tables, world.weight)
        for level, rows in said.groupby("level"):
            entry = found.setdefault(str(level), {"units": set(), "measures": set()})
            entry["units"] |= set(rows["unit"].astype(str))
            entry["measures"] |= set(rows["measure"].astype(str))
    found["fund"]["units"] |= FUNDS
    found["cohort"]["units"] |= {str(decade) for decade in COHORTS}
    return {level: {kind: sorted(names) for kind, names in found[level].items()} for level in sorted(found)}


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """List what runs record and return the exit code."""
    Parser(prog="python -m experiments.recorded", description=str(__doc__).splitlines()[0]).parse_args(arguments)
    write_text(FILE, HEAD + yaml.safe_dump(listed(), width=120, default_flow_style=None, sort_keys=False))
    print(f"wrote {FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
