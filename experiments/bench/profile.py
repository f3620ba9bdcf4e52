"""What each stage and phase of a year takes here, beside the machine's floor: `python -m experiments.bench.profile`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.bench.cost import NS
from experiments.bench.floors import Floors, floors, lower, row_bytes
from experiments.bench.measure import START
from experiments.bench.moment import instead
from experiments.bench.timed import CLOCK, Timed
from experiments.bench.touched import Touched, least, touched, width
from experiments.command import Parser, in_one_line, whole
from experiments.options import MOST_WORKERS, check_file
from experiments.plan import check_memory
from model import PoolingModel, Scenario
from model.phases import drivers, holding, inheriting, kinfolk, moving, relatives
from model.renewal import EMPTY, POINTERS
from model.scenario import LAST_END

DRIVEN = ("money_in", "weigh", "money_out")
STAGES = ("renew", "money_in", "premiums", "weigh", "money_out", "inherit", "relatives")
FUNDS, MEASURES, BETWEEN = "funds", "measures", "between"
FAMILIES = (holding.open_accounts, kinfolk.find_links)
"""What families' shared accounts read of people."""
OTHERS: dict[str, tuple[Callable[..., Any], ...]] = {
    "premiums": (*FAMILIES, relatives.pay_premiums),
    "relatives": (*FAMILIES, relatives.pay_care),
    "inherit": (inheriting.list_estates, inheriting.list_children),
}


@dataclass(frozen=True)
class Line:
    """A stage of the year, or a phase of a stage: medians over years, a person-year each [ns]."""

    stage: str
    phase: str
    """Empty for the whole stage."""
    wall: float | None
    cpu: float
    floor: float | None

    @property
    def times(self) -> float | None:
        """How many times the floor the processor works."""
        return None if self.floor is None else self.cpu / self.floor


@dataclass(frozen=True)
class Profile:
    """A year's lines, and what they were measured with."""

    people: int
    threads: int
    years: int
    lines: tuple[Line, ...]
    floors: Floors

    def stages(self) -> list[Line]:
        """Return the lines of whole stages; together they are the year."""
        return [line for line in self.lines if not line.phase]

    def finest(self) -> list[Line]:
        """Return the finest lines: phases where they were timed, else stages; together they are the year."""
        split = {line.stage for line in self.lines if line.phase}
        return [line for line in self.lines if line.phase or line.stage not in split]


class Clock:
    """Wall and processor time by what was lived, added up."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.spent: dict[str, tuple[float, float]] = {}

    def time(self, name: str, work: Callable[[], Any]) -> Any:
        """Do a piece of work and add its time."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        before = self.spent.get(name, (0.0, 0.0))
        self.spent[name] = before[0] + time.perf_counter() - wall, before[1] + time.process_time() - cpu
        return result


@contextmanager
def timing(world: PoolingModel, clock: Clock) -> Iterator[dict[str, Timed]]:
    """Time every stage of a world's people, its measures, and every phase of the compiled drivers."""
    live, measured = world.live_people, world.reporter.year
    told: Any = world
    told.live_people = lambda stage: clock.time(stage, lambda: live(stage))
    told.reporter.year = lambda *asked: clock.time(MEASURES, lambda: measured(*asked))
    timed = {stage: Timed(stage) for stage in DRIVEN} if CLOCK is not None else {}
    with ExitStack() as stack:
        for stage, driver in timed.items():
            stack.enter_context(instead(stage, driver))
        yield timed
    del told.live_people, told.reporter.year


def profile(people: int, threads: int, years: int, tell: Callable[[str], None] = lambda words: None) -> Profile:
    """Live a warm-up year and so many more, and return the median times of every stage and phase."""
    floor = floors(threads)
    world = PoolingModel(Scenario(people=people, start=START, end=START + years), rng=0, threads=threads)
    clock = Clock()
    taken: list[dict[tuple[str, str], tuple[float | None, float]]] = []
    with timing(world, clock) as timed:
        for year in range(years + 1):
            clock.spent.clear()
            for driver in timed.values():
                driver.clear()
            clock.time("", world.step)
            heads = len(world.engine)
            if year:
                taken.append(year_of(clock, timed, NS / heads))
            tell(str(world.year))
    world.engine.close()
    floor = lower(floor, floors(threads))
    least_of = floors_of(timed, floor)
    lines = []
    for stage, phase in taken[0]:
        walls, cpus = zip(*(year[stage, phase] for year in taken))
        wall = None if phase else statistics.median(walls)
        lines.append(Line(stage, phase, wall, statistics.median(cpus), least_of.get((stage, phase))))
    return Profile(people, threads, years, tuple(lines), floor)


def year_of(clock: Clock, timed: dict[str, Timed], scale: float) -> dict[tuple[str, str], tuple[float | None, float]]:
    """Return a year's times by stage and phase; what no stage of people took is the funds' [ns a person]."""
    year: dict[tuple[str, str], tuple[float | None, float]] = {}
    whole = clock.spent.pop("")
    for stage in STAGES:
        wall, cpu = clock.spent[stage]
        year[stage, ""] = wall * scale, cpu * scale
        if stage in timed:
            phases = timed[stage].spent / NS * scale
            year |= {(stage, name): (None, float(spent)) for name, spent in zip(timed[stage].phases, phases)}
            year[stage, BETWEEN] = None, cpu * scale - float(phases.sum())
    people = np.array(list(clock.spent.values())).sum(axis=0)
    wall, cpu = clock.spent[MEASURES]
    rest = (np.array(whole) - people) * scale
    return year | {(FUNDS, ""): (float(rest[0]), float(rest[1])), (MEASURES, ""): (wall * scale, cpu * scale)}


def floors_of(timed: dict[str, Timed], floor: Floors) -> dict[tuple[str, str], float]:
    """Return the floors of stages and phases of people [ns a person]."""
    found = {("renew", ""): _renewing(floor)}
    for stage, functions in OTHERS.items():
        reads = frozenset().union(*(touched(function).reads for function in functions))
        found[stage, ""] = width(reads) / floor.bytes_per_ns
    for stage in DRIVEN:
        if stage in timed:
            parts: dict[str, Touched] = {name: touched(getattr(drivers, name)) for name in timed[stage].phases}
            phases = least(parts, floor)
            found |= {(stage, name): ns for name, ns in phases.items()}
            found[stage, ""] = sum(phases.values())
    return found


def _renewing(floor: Floors) -> float:
    """Return the floor of a renewal: columns copied, those of the year emptied, and rows of kin read [ns a person]."""
    emptied = width(frozenset(EMPTY))
    copied = row_bytes() - emptied
    plan = touched(moving.plan_year)
    draws = plan.words * floor.words + plan.pairs * floor.pair
    return (2 * copied + emptied + width(frozenset(POINTERS))) / floor.bytes_per_ns + draws


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print the profile; with --write, make model/SPEED.md and its figures anew."""
    parser = Parser(prog="python -m experiments.bench.profile", description=str(__doc__).splitlines()[0])
    parser.add_argument("--people", type=whole(1), default=1_000_000, help="people simulated")
    parser.add_argument("--threads", type=whole(1, MOST_WORKERS), default=1, help="threads")
    parser.add_argument("--years", type=whole(1, LAST_END - START), default=3, help="years timed after one of warm-up")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the page, with figures beside it")
    asked = parser.parse_args(arguments)
    check_memory(asked.people, 1)
    if asked.write:
        check_file("--write", asked.write)
    from experiments.bench import speed

    measured = profile(asked.people, asked.threads, asked.years, lambda year: print(f"lived {year}", flush=True))
    print(speed.table(measured))
    if asked.write:
        print(f"wrote {', '.join(str(path) for path in speed.write(measured, asked.write))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
