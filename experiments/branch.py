"""History once, many futures from it: worlds put on disk at the end of a study's branch year."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from experiments.ending import check_interrupted
from experiments.run import Done, Job, Simulator, describe, make_job, refusal
from experiments.store import Store, content_key
from experiments.study import Study, StudyError, Variant
from experiments.workers import do_all

HISTORIES = ".histories"
Key = TypeVar("Key", bound=Hashable)


def first_change(scenario: Any, base: Any) -> int | None:
    """Return the first year in which a scenario's reforms write what the baseline's do not; nothing if never."""

    def changes(of: Any) -> set[tuple[str, str, str]]:
        reforms = describe(of).get("reforms", [])
        dated = [(path, values) for reform in reforms for path, values in reform["changes"].items()]
        return {(path, str(date), repr(value)) for path, values in dated for date, value in values.items()}

    years = [int(date[:4]) for _, date, _ in changes(scenario) ^ changes(base)]
    return min(years) if years else None


def share_histories(
    simulator: Simulator,
    study: Study,
    base: Any,
    jobs: Mapping[Key, Job],
    store: Store,
    workers: int,
    tell: Callable[[Done], None],
    cluster: str | None = None,
    expect: Callable[[int], None] = lambda count: None,
) -> dict[Key, Job]:
    """Live each seed's history up to the study's branch year once, and return the jobs going on from there.

    Raises StudyError where a regime differs from the baseline before the branch.
    """
    if study.branch is None:
        return dict(jobs)
    check_branch(study, base, jobs)
    todo = {job.key: job for job in jobs.values() if store.status(job.key) == "absent"}
    history = dataclasses.replace(base, end=max(study.branch, study.start))
    folder = store.folder / HISTORIES
    folder.mkdir(exist_ok=True)
    Store(folder, study.name).clean()
    places = {seed: _history_job(simulator, history, seed, store, study.branch) for seed in _seeds(todo.values())}
    missing = [job for job in places.values() if not _is_there(job.history)]
    expect(len(missing))
    do_all(simulator, missing, workers, tell, cluster, live_history)
    return {
        key: dataclasses.replace(job, history=kept if _is_there(kept := _place(places, job.seed)) else None)
        for key, job in jobs.items()
    }


def check_branch(study: Study, base: Any, jobs: Mapping[Any, Job]) -> None:
    """Raise StudyError where a regime differs from the baseline before the study's branch, or in it."""
    if study.branch is None:
        return
    for job in jobs.values():
        first = first_change(job.scenario, base)
        if first is not None and first <= study.branch:
            raise StudyError(
                f"{study.name}: branch {study.branch}: expected no change of the law before {study.branch + 1}, "
                f"found one in {first}"
            )


def late_reforms(study: Study, scenario_of: Callable[[Variant], Any]) -> list[tuple[str, str, int]]:
    """Return regime, reform and first year of every reform that begins only after a study's last year."""
    found = []
    for variant in study.variants:
        for reform in describe(scenario_of(variant)).get("reforms", []):
            years = [int(str(date)[:4]) for values in reform["changes"].values() for date in values]
            if years and min(years) > study.end:
                found.append((variant.name, str(reform["name"]), min(years)))
    return found


def tell_late(study: Study, scenario_of: Callable[[Variant], Any]) -> None:
    """Warn of reforms that begin only after a study's last year, of each in a line."""
    for regime, reform, year in late_reforms(study, scenario_of):
        told = f"reform {reform} begins in {year}, after the last year {study.end}: it changes nothing here"
        print(f"warning: {regime}: {told}", flush=True)


def _place(places: Mapping[int, Job], seed: int) -> Path | None:
    return places[seed].history if seed in places else None


def _seeds(jobs: Any) -> list[int]:
    return sorted({job.seed for job in jobs})


def _history_job(simulator: Simulator, scenario: Any, seed: int, store: Store, year: int) -> Job:
    job = make_job(simulator, scenario, seed, store)
    key = content_key({**job.identity, "branch": year})
    return dataclasses.replace(
        job, key=key, history=store.folder / HISTORIES / key, identity={**job.identity, "branch": year}
    )


def _is_there(folder: Path | None) -> bool:
    return folder is not None and folder.is_dir()


def live_history(simulator: Simulator, job: Job) -> Done:
    """Live one seed's history and put its world on disk."""
    other = refusal(simulator, job)
    if other or job.history is None:
        return Done(job.key, "refused", 0.0, other, bad_input=True)
    begin = time.perf_counter()
    try:
        world = simulator.build(job.scenario, job.seed, job.threads)
        while world.year < int(job.identity["branch"]):
            world.step()
            check_interrupted()
    except OSError:
        raise
    except Exception as error:  # the seed's runs live it again themselves and keep the traceback
        check_interrupted()
        return Done(job.key, "failed", time.perf_counter() - begin, f"{type(error).__name__}: {error}")
    try:
        simulator.save(world, job.history)
    except OSError:
        if not _is_there(job.history):  # else a twin was faster
            raise
    return Done(job.key, "history", time.perf_counter() - begin)
