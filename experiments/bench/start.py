"""Starting up: how long a user waits before the first year, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments.bench.cost import NS
from experiments.bench.measure import START
from experiments.run import ROOT, make_job
from experiments.simulator import MODEL
from experiments.store import TABLES, Store
from model import PoolingModel, Scenario
from model.errors import GongjiError

PEOPLE = 2_000
YEAR = str(START)
COMMAND = (sys.executable, "-m", "experiments")
IMPORT = (sys.executable, "-c", "from model import PoolingModel; from model import engine")


@dataclass(frozen=True)
class StartUp:
    """How long a user waits: seconds of the first three, the rest by person."""

    help_seconds: float
    import_seconds: float
    first_run_seconds: float
    """A year of a small world, everything compiled before."""
    cold_run_seconds: float | None
    """The same with nothing compiled; measured only where asked for."""
    people: int
    """People of the world whose making and writing are timed."""
    synthesis_ns_per_person: float
    writing_ns_per_person_year: float
    """Tables of the years lived, without people."""


def start_up(people: int, cold: bool) -> StartUp:
    """Measure starting up; the first small run is made twice, and the second one counts."""
    small_run()
    return StartUp(
        help_seconds=waited((*COMMAND, "--help")),
        import_seconds=waited(IMPORT),
        first_run_seconds=small_run(),
        cold_run_seconds=cold_run() if cold else None,
        people=people,
        **made_and_written(people),
    )


def waited(command: Sequence[str], surroundings: Mapping[str, str] | None = None) -> float:
    """Return how long a command takes [seconds]. Errors: GongjiError where it fails."""
    begin = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(surroundings or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise GongjiError(f"{' '.join(command[1:])}: expected exit 0, got {done.returncode}: {done.stderr.strip()}")
    return time.perf_counter() - begin


def small_run(surroundings: Mapping[str, str] | None = None) -> float:
    """Return how long the run of a small world takes from the command line [seconds]."""
    with tempfile.TemporaryDirectory() as folder:
        line = (*COMMAND, "run", "--people", str(PEOPLE), "--start", YEAR, "--end", YEAR, "--out", folder)
        return waited(line, surroundings)


def cold_run() -> float:
    """Return how long the same takes with nothing compiled [seconds]."""
    with tempfile.TemporaryDirectory() as folder:
        return small_run({"GONGJI_CACHE": folder})


def made_and_written(people: int) -> dict[str, float]:
    """Return what making a world's first people and writing a year's tables take [ns a person]."""
    case = Scenario(people=people, start=START, end=START)
    begin = time.perf_counter()
    world = PoolingModel(case, rng=0)
    made = time.perf_counter() - begin
    world.step()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), "bench")
        job = make_job(MODEL, case, 0, store)
        begin = time.perf_counter()
        with store.draft(job.key) as draft:
            for name in TABLES:
                draft.add_table(name, getattr(world.record, name))
        written = time.perf_counter() - begin
    world.engine.close()
    heads = len(world.engine)
    return {"synthesis_ns_per_person": made / heads * NS, "writing_ns_per_person_year": written / heads * NS}


def values(found: StartUp) -> dict[str, Any]:
    """Return the numbers for a file, rounded to what they are good for."""
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(found).items()}


def words(found: StartUp) -> str:
    """Return the numbers as a line."""
    cold = "" if found.cold_run_seconds is None else f", {found.cold_run_seconds:.1f} s with nothing compiled"
    return (
        f"start-up: --help {found.help_seconds:.2f} s, import {found.import_seconds:.2f} s, first run of {PEOPLE:,} "
        f"people {found.first_run_seconds:.1f} s{cold}; first people {found.synthesis_ns_per_person:,.0f} ns a person, "
        f"writing tables {found.writing_ns_per_person_year:,.0f} ns a person-year at {found.people:,} people"
    )
