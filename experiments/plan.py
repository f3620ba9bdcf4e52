"""What a study will take: runs, time, memory and disk, from a short probe."""

from __future__ import annotations

import math
import sys
import time

from experiments.compare import make_scenario
from experiments.run import Simulator
from experiments.store import TABLES
from experiments.study import Study

MEBI = 1024 * 1024


def plan_study(simulator: Simulator, study: Study, seeds: int, workers: int) -> str:
    """Return one line a resource; lives the baseline's first two years once, writes nothing."""
    scenario = make_scenario(study, study.baseline)
    begin = time.perf_counter()
    world = simulator.build(scenario, 0, 1)
    built = time.perf_counter()
    world.step()
    warm = time.perf_counter()
    years = study.end - study.start + 1
    if years > 1:
        world.step()
    stepped = time.perf_counter()
    step = stepped - warm if years > 1 else warm - built
    size = sum(getattr(world.record, name).memory_usage(deep=True).sum() for name in TABLES) / min(years, 2)
    runs = len(study.variants) * seeds
    one = (built - begin) + (warm - built) + (years - 1) * step
    rounds = math.ceil(runs / workers)
    lines = [
        f"{study.name}: {len(study.variants)} regimes, {seeds} seeds each, {years} years, {study.people:,} people",
        f"runs: {runs} on {workers} processes; nothing was started",
        f"time: {one:.1f} s a run, first compile included; about {rounds * one / 60:.1f} minutes in all",
        f"memory: about {workers * peak_mebibytes():,.0f} MiB",
        f"disk: at most {runs * years * size / MEBI:,.0f} MiB before compression",
    ]
    return "\n".join(lines)


def peak_mebibytes() -> float:
    """Return this process's peak memory [MiB]; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEBI if sys.platform == "darwin" else peak / 1024
