"""What does a reform change for one family? `python -m experiments.one_family_two_laws`."""

from __future__ import annotations

import sys

from experiments.command import without_options
from experiments.life import live_family, tell
from model import Scenario, load_reform


def main(reform: str = "co_use_off", household: int = 40, year: int = 2027, people: int = 20_000) -> str:
    """Return one family's year under today's law and under a reform, with the same chance."""
    told = []
    for reforms in ((), (load_reform(reform),)):
        scenario = Scenario(people=people, start=2024, end=year, reforms=reforms)
        family = next(iter(live_family(scenario, 0, household, year)))
        told.append(f"{scenario.label if reforms else 'today'}\n{tell(family)}")
    return "\n\n".join(told)


if __name__ == "__main__":
    sys.exit(without_options("one_family_two_laws", __doc__, lambda: print(main())))
