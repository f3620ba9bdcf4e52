"""What a study will take: runs, time, memory and disk, from a short probe; and what this machine cannot hold."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Collection
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from experiments.arrow import to_arrow
from experiments.compare import make_scenario
from experiments.machine import MEBI, machine_bytes, peak_mebibytes
from experiments.run import Job, Simulator
from experiments.study import Study
from model.errors import ScenarioError

CLOCK = 60  # seconds a minute


def plan_study(simulator: Simulator, study: Study, jobs: Collection[Job], workers: int) -> str:
    """Return one line a resource; lives the baseline's first years twice, writes nothing.

    Jobs of one law and seed are one run. Gathering and drawing come on top and are not timed.

    The first world compiles; the second is timed. Disk is what the stored tables of a year take as Parquet.
    """
    scenario = make_scenario(study, study.baseline)
    years = study.end - study.start + 1
    begin = time.perf_counter()
    _probe(simulator, scenario, min(years, 2))
    compiled = time.perf_counter()
    world, built, steps = _probe(simulator, scenario, min(years, 2))
    one = built + steps[0] + (years - 1) * steps[-1]
    runs = len({job.key for job in jobs})
    same = f" ({len(jobs) - runs} more are the same law and seed as one of these)" if len(jobs) > runs else ""
    rounds = math.ceil(runs / workers)
    first = max(compiled - begin - built - sum(steps), 0.0)
    disk = sum(_bytes(getattr(world.record, name)) for name in study.tables) / len(steps) * years
    if study.branch is not None:
        one -= built + max(study.branch - study.start, 0) * steps[-1]
    minutes = (first + rounds * one) / CLOCK
    lines = [
        f"{study.name}: {study.people:,} people, {years} years",
        f"runs: {runs} on {workers} processes{same}; nothing was started",
        f"time: {one:.1f} s a run; about {minutes:.1f} minutes in all, then gathering and drawing",
        f"memory: about {workers * peak_mebibytes():,.0f} MiB of {machine_bytes() / MEBI:,.0f} MiB",
        f"disk: about {runs * disk / MEBI:,.1f} MiB",
    ]
    return "\n".join(lines)


def _probe(simulator: Simulator, scenario: Any, years: int) -> tuple[Any, float, list[float]]:
    """Return a world that lived its first years, the seconds it took to build and those of each year."""
    begin = time.perf_counter()
    world = simulator.build(scenario, 0, 1)
    built = time.perf_counter() - begin
    steps = []
    for _ in range(years):
        begin = time.perf_counter()
        world.step()
        steps.append(time.perf_counter() - begin)
    return world, built, steps


def _bytes(frame: pd.DataFrame) -> int:
    """Return what a table takes on disk."""
    room = io.BytesIO()
    pq.write_table(to_arrow(frame), room, compression="zstd")
    return room.tell()


def check_memory(people: int | str | None, worlds: int) -> None:
    """Raise ScenarioError where the people's columns alone, of so many worlds at once, exceed this machine's memory."""
    from agents.columns import Table
    from agents.person import PERSON
    from model.demography import CENSUS, total_population

    there = machine_bytes()
    count = people if isinstance(people, int) else round(total_population(CENSUS))
    needed = count * Table(PERSON, 0).bytes_per_row * worlds
    if there and needed > there:
        raise ScenarioError(
            f"people {people}: expected at most {there // (needed // count):,} people on this machine in {worlds} "
            f"worlds at once; their columns alone take {needed / MEBI:,.0f} MiB of {there / MEBI:,.0f} MiB"
        )
