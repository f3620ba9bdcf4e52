"""One world lived from its first to its last year, and the folder that keeps it."""

from __future__ import annotations

import dataclasses
import functools
import gc
import os
import platform
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from experiments.ending import check_interrupted
from experiments.machine import peak_mebibytes
from experiments.outcomes import declared
from experiments.store import OUTCOMES, PROJECT, TABLES, Draft, Store, content_key
from model.errors import GongjiError, LedgerError, ScenarioError

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("gongji", "mesa", "numba", "numpy", "pandas", "pyarrow", "scipy")
FORMAT = 1


class Record(Protocol):
    """The tidy tables of the years lived so far."""

    funds: pd.DataFrame
    flows: pd.DataFrame
    enrolment: pd.DataFrame
    care: pd.DataFrame
    measures: pd.DataFrame


class World(Protocol):
    """What an experiment asks of a model."""

    year: int
    weight: int

    @property
    def record(self) -> Any:
        """Return the tables so far."""

    def step(self) -> None:
        """Live one year."""

    def people_frame(self) -> pd.DataFrame:
        """Return the people of the year just lived."""


def _no_checkpoints(*_: Any) -> Any:
    raise ScenarioError("branch: expected a model that can be put on disk")


def _alone(*_: Any) -> str:
    """Say that no other run begins with the same people."""
    return ""


def _never() -> bool:
    """Say that nothing is to be compiled."""
    return False


def _nothing() -> None:
    """Compile nothing."""


@dataclasses.dataclass(frozen=True)
class Simulator:
    """How worlds are made and named; importable functions only, so that a worker process gets the same."""

    build: Callable[[Any, int, int], World]
    restore: Callable[[Mapping[str, Any]], Any]
    law_hash: Callable[[Any], str]
    data_hash: Callable[[], str]
    code_version: Callable[[], str]
    save: Callable[[Any, Path], None] = _no_checkpoints
    resume: Callable[[Path, Any, int], World] = _no_checkpoints
    people_key: Callable[[Any, int], str] = _alone
    found: Callable[[Path, Any, int, int], World] = _no_checkpoints
    cold: Callable[[], bool] = _never
    warm: Callable[[], None] = _nothing
    on_disk: Callable[[Path, Any, int, int], World] = _no_checkpoints


@dataclasses.dataclass(frozen=True)
class Job:
    """One run to do: a scenario, a seed and where the result goes."""

    key: str
    scenario: Any
    seed: int
    folder: Path
    study: str
    threads: int = 1
    export_people: bool = False
    tables: tuple[str, ...] = TABLES
    keep: tuple[tuple[str, str, str], ...] = ()
    history: Path | None = None
    people: Path | None = None
    disk: Path | None = None
    identity: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Done:
    """What became of a job."""

    key: str
    status: str
    seconds: float
    message: str = ""
    bad_input: bool = False


def describe(scenario: Any) -> dict[str, Any]:
    """Return a scenario as plain values: everything needed to make it again."""
    plain = _plain(scenario)
    if not isinstance(plain, dict):
        raise ScenarioError(f"{scenario!r}: expected a scenario of fields")
    return plain


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump())
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return str(value)


def identify(simulator: Simulator, scenario: Any, seed: int) -> dict[str, Any]:
    """Return what decides a run's result: scenario without words, seed, law, data, code."""
    plain = describe(scenario)
    plain.pop("name", None)
    reforms = [reform.get("changes", {}) for reform in plain.pop("reforms", [])]
    merged = {path: values for changes in reforms for path, values in changes.items()}
    return {
        "scenario": {**plain, "changes": merged},
        "seed": seed,
        "law_hash": simulator.law_hash(scenario),
        "data_hash": simulator.data_hash(),
        "code_version": simulator.code_version(),
    }


def make_job(simulator: Simulator, scenario: Any, seed: int, store: Store, **options: Any) -> Job:
    """Return the job of a scenario and seed in a store."""
    identity = identify(simulator, scenario, seed)
    return Job(content_key(identity), scenario, seed, store.folder, store.study, identity=identity, **options)


def live(
    simulator: Simulator, job: Job, draft: Draft | None = None, progress: Callable[[int], None] | None = None
) -> tuple[World, dict[str, pd.DataFrame]]:
    """Live all years of a scenario and return the world and its tables; people go straight to the draft."""
    if job.history is not None:
        world = simulator.resume(job.history, job.scenario, job.threads)
    elif job.people is not None:
        world = simulator.found(job.people, job.scenario, job.seed, job.threads)
    elif job.disk is not None:
        world = simulator.on_disk(job.disk, job.scenario, job.seed, job.threads)
    else:
        world = simulator.build(job.scenario, job.seed, job.threads)
    while world.year < job.scenario.end:
        world.step()
        check_interrupted()
        if draft is not None and job.export_people:
            draft.add_people(world.people_frame())
        if progress is not None:
            progress(world.year)
    return world, {name: getattr(world.record, name) for name in TABLES}


def run_job(simulator: Simulator, job: Job, progress: Callable[[int], None] | None = None) -> Done:
    """Do one job unless it is done; a run that fails is kept as a manifest with its traceback.

    Raises OSError where results cannot be written, and KeyboardInterrupt; then nothing is left behind.
    """
    store = Store(job.folder, job.study)
    begin = time.perf_counter()
    other = refusal(simulator, job)
    if other:
        return Done(job.key, "refused", 0.0, other, bad_input=True)
    status = store.status(job.key)
    if status == "failed" or is_done(store, job):
        return Done(job.key, status, 0.0, "already there")
    with store.draft(job.key) as draft:
        try:
            world, tables = live(simulator, job, draft, progress)
        except OSError:
            raise
        except Exception as error:
            check_interrupted()
            if isinstance(error, GongjiError) and not isinstance(error, LedgerError):
                return Done(job.key, "refused", 0.0, str(error), bad_input=True)
            seconds = time.perf_counter() - begin
            draft.fail({**manifest(job, seconds, None), "status": "failed", "traceback": traceback.format_exc()})
            return Done(job.key, "failed", seconds, f"{type(error).__name__}: {error}")
        for name in job.tables:
            draft.add_table(name, tables[name])
        if job.keep:
            draft.add_table(OUTCOMES, declared(tables, job.keep, int(world.weight)))
        seconds = time.perf_counter() - begin
        draft.finish({**manifest(job, seconds, world), "status": "complete"})
    if job.disk is not None:
        shutil.rmtree(job.disk, ignore_errors=True)
    del world, tables
    gc.collect()  # a world is a ring of references: without this its columns would wait for the collector's hour
    return Done(job.key, "complete", seconds)


def is_done(store: Store, job: Job) -> bool:
    """Return whether a job's run is complete, with all tables that it asks for."""
    wanted = (*job.tables, *(["people"] if job.export_people else []), *([OUTCOMES] if job.keep else []))
    return store.status(job.key) == "complete" and store.has_tables(job.key, wanted)


def refusal(simulator: Simulator, job: Job) -> str:
    """Return why this process must not do a job: its code is not that of the one who gave it; else nothing."""
    asked, here = job.identity.get("code_version"), simulator.code_version()
    if asked in {None, here}:
        return ""
    return f"{platform.node()}: expected a worker with code {str(asked)[:12]}, found {here[:12]}"


def manifest(job: Job, seconds: float, world: World | None) -> dict[str, Any]:
    """Return what a stranger needs to make the run again, and where and when it was made."""
    return {
        "project": PROJECT,
        "format": FORMAT,
        "study": job.study,
        "key": job.key,
        "scenario": describe(job.scenario),
        **{name: job.identity.get(name) for name in ("seed", "law_hash", "data_hash", "code_version")},
        "weight": None if world is None else int(world.weight),
        "commit": commit(),
        "versions": versions(),
        "platform": platform.platform(),
        "times": {
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": round(seconds, 3),
            "threads": job.threads,
            "peak_mib": round(peak_mebibytes(), 1),
        },
    }


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decide a result."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


@functools.cache
def commit() -> str | None:
    """Return the commit the code was at, with a plus sign where files differ from it, or nothing outside git."""
    try:
        head = _git("rev-parse", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return done.stdout.strip()


def cpu_count() -> int:
    """Return how many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
