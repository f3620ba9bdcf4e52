"""Sweeps: points inside their bounds, runs that resume, failures that stay data, histories lived once."""

from __future__ import annotations

import dataclasses
import gc
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments import cli, workers
from experiments.branch import HISTORIES
from experiments.compare import compare, precision_words, seeds_wanted
from experiments.design import points_of
from experiments.plan import check_memory
from experiments.run import Done, Job, Simulator, make_job, run_job
from experiments.simulator import MODEL
from experiments.store import Store, read_manifest
from experiments.study import Study, StudyError, Variant
from experiments.sweep import Swept, scenarios_of, sweep
from model.errors import ScenarioError
from tests import fake_world
from tests.fake_world import SIMULATOR, FakeReform, FakeScenario, FakeWorld
from tests.test_report import scenario_of as fake_regime
from tests.test_report import study_of

AXES = [
    {"path": "steps.step1_share", "low": 0.1, "high": 0.9, "from": 2025},
    {"path": "employee.minimum_years_men"},
    {"path": "benefit.resident_rate", "factor": True, "low": 0.8, "high": 1.1},
]
MONEY = {"level": "fund", "unit": "employee_pool", "measure": "closing_fen", "label": {"en": "Left", "zh": "结余"}}


def swept_study(*reforms: str, axes: list[dict[str, Any]] | None = None, **more: Any) -> Study:
    plain = study_of("null").model_dump(by_alias=True)
    plain |= {"reforms": [v.model_dump() for v in study_of(*reforms).reforms] if reforms else []}
    plain |= {"parameters": AXES[:1] if axes is None else axes, "replications": 1, "outcomes": [MONEY]}
    return Study.model_validate({**plain, **more})


def fake_scenario(variant: Variant, point: Any) -> FakeScenario:
    """Read the first parameter of a point as aid; above 0.8 the run breaks."""
    laid = fake_regime(variant).reforms
    if point is None:
        return FakeScenario(reforms=laid)
    share = next(iter(next(iter(point.changes.values())).values()))
    values = {"aid": {"2025-01-01": round(10 * share)}, **({"crash": {"2025-01-01": 0}} if share > 0.8 else {})}
    return FakeScenario(reforms=(*laid, FakeReform(point.name, values)))


def swept(study: Study, folder: Path, simulator: Simulator = SIMULATOR) -> tuple[Swept, list[Done]]:
    told: list[Done] = []
    return sweep(simulator, study, folder, range(study.replications), 1, told.append, scenario_of=fake_scenario), told


@pytest.mark.parametrize(
    ("kind", "points", "count"),
    [("factorial", 1, 8), ("one_at_a_time", 1, 7), ("latin_hypercube", 10, 10), ("sobol", 16, 16)],
)
def test_designs_stay_inside_their_ranges(kind: str, points: int, count: int) -> None:
    found = points_of(swept_study(axes=AXES, design={"kind": kind, "points": points}))
    frame = found.frame
    assert len(frame) == count
    assert frame["steps.step1_share"].between(0.1, 0.9).all()
    years = frame["employee.minimum_years_men"]
    assert years.between(15, 30).all()  # the assumption's own range
    assert (years == years.astype(int)).all()
    law = scenarios_of(swept_study(axes=AXES))
    for point in range(count):
        law(study_of("null").baseline, found.reform(point))  # refused by the scenario if out of bounds
    assert np.array_equal(found.units, points_of(swept_study(axes=AXES, design={"kind": kind, "points": points})).units)


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        ({"path": "steps.step1_share", "low": 0.1, "high": 1.5}, "between 0 and 1"),
        ({"path": "steps.step1_share", "low": 0.9, "high": 0.1}, "low below high"),
        ({"path": "employee.base_cap"}, "expected low and high"),
        ({"path": "employee.minimum_years_men", "low": 15.5, "high": 20}, "whole numbers"),
        ({"path": "benefit.resident_rate", "low": 0.1, "high": 0.2}, "factor: true"),
        ({"path": "benefit.resident_rate", "factor": True, "low": 1, "high": 9}, "between 0 and 1"),
    ],
)
def test_a_range_outside_its_bounds_is_one_line(axis: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words):
        points_of(swept_study(axes=[axis]))


def test_a_path_or_name_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="each parameter once"):
        swept_study(axes=[AXES[0], AXES[0]])
    with pytest.raises(ValueError, match="its own name"):
        swept_study("aid", "aid")
    with pytest.raises(ValueError, match="funds among them"):
        swept_study(tables=["care"])


def test_a_sweep_resumes_and_keeps_what_failed(tmp_path: Path) -> None:
    study = swept_study("aid", design={"kind": "factorial"}, axes=[{**AXES[0], "levels": 3}])
    done, told = swept(study, tmp_path / "fake")
    assert [result.status for result in told].count("failed") == 2  # one point breaks, with and without the reform
    assert len(done.failed) == 2
    assert "money was lost" in done.failed[0]["error"]
    first = {path: path.read_bytes() for path in (tmp_path / "fake").rglob("*.*") if path.is_file()}
    _, again = swept(study, tmp_path / "fake")
    assert all(result.message == "already there" for result in again)
    assert first == {path: path.read_bytes() for path in (tmp_path / "fake").rglob("*.*") if path.is_file()}
    outcomes = pd.read_parquet(tmp_path / "fake" / "outcomes.parquet")
    assert set(outcomes["measure"]) == {"closing_fen"}
    assert not list((tmp_path / "fake").glob(".*"))


def test_only_the_tables_asked_for_are_kept(tmp_path: Path) -> None:
    study = swept_study(tables=["funds", "measures"])
    swept(study, tmp_path / "fake")
    folder = next((tmp_path / "fake").glob("*/funds.parquet")).parent
    assert {p.stem for p in folder.glob("*.parquet")} == {"funds", "measures", "outcomes"}
    assert set(read_manifest(folder)["tables"]) == {"funds", "measures", "outcomes"}
    full = dataclasses.replace(job_in(folder), tables=("funds", "flows"))
    assert run_job(SIMULATOR, full).message == ""
    assert {p.stem for p in folder.glob("*.parquet")} == {"funds", "flows", "measures", "outcomes"}


def job_in(folder: Path) -> Job:
    manifest = read_manifest(folder)
    scenario = fake_world.restore(manifest["scenario"])
    return make_job(SIMULATOR, scenario, manifest["seed"], Store(folder.parent, manifest["study"]))


def test_a_run_is_refused_where_the_code_differs(tmp_path: Path) -> None:
    store = Store(tmp_path / "results", "run")
    store.claim()
    job = make_job(SIMULATOR, FakeScenario(), 0, store)
    done = run_job(dataclasses.replace(SIMULATOR, code_version=lambda: "another"), job)
    assert done.bad_input
    assert "expected a worker with code code, found another" in done.message
    assert not store.place(job.key).exists()


def test_drafts_of_other_machines_are_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "results", "run")
    store.claim()
    theirs = store.folder / ".0123456789abcdef.partial-1@another-machine"
    theirs.mkdir()
    store.clean()
    assert theirs.exists()
    store.clean(all_hosts=True)
    assert not theirs.exists()


def test_more_people_than_the_machine_holds_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ScenarioError, match="expected at most"):
        check_memory(10**12, 2)
    check_memory(1000, 2)
    assert cli.main(["compare", "three_steps", "--people", "999999999999"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_seeds_are_added_until_the_precision_is_met(tmp_path: Path) -> None:
    precision = {"level": "flow", "unit": "step3_aid", "measure": "amount_fen", "half_width": 1.0, "at_most": 9}
    study = study_of("aid", precision=precision, replications=2)  # type: ignore[arg-type]
    results = compare(SIMULATOR, study, tmp_path / "fake", range(2), 1, lambda done: None, scenario_of=fake_regime)
    assert set(results.outcomes["seed"]) == {0, 1}  # the aid is the same for every seed: two are enough
    assert precision_words(results).startswith("precision reached: half-width 0 of 1, 2 seeds")
    gain = results.differences["mean"] * 0 + 1.0
    noisy = results.differences.assign(
        se=gain, low=results.differences["mean"] - 12.7, high=results.differences["mean"] + 12.7
    )
    wanted = seeds_wanted(dataclasses.replace(results, differences=noisy), 2)
    assert wanted == 9  # (12.7 × √2)² is 323, at most 9 are allowed
    assert seeds_wanted(dataclasses.replace(results, differences=noisy), 9) == 9
    lonely = results.differences.assign(se=np.nan, low=np.nan, high=np.nan)  # all seeds but one failed
    assert seeds_wanted(dataclasses.replace(results, differences=lonely), 2) == 3
    both = pd.concat([results.differences, lonely.assign(reform="other")])
    assert seeds_wanted(dataclasses.replace(results, differences=both), 2) == 3
    assert precision_words(dataclasses.replace(results, differences=both)).startswith("precision NOT reached")


def test_history_is_lived_once_and_nothing_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = [{"path": "resident.individual", "low": 380, "high": 500, "from": 2026}]
    plain = swept_study(axes=axes, people=2000, end=2026, design={"kind": "factorial"})
    branched = plain.model_copy(update={"branch": 2025})
    built: list[int] = []

    def counted(make: Any) -> Any:
        return lambda *given: built.append(1) or make(*given)  # type: ignore[func-returns-value]

    counting = dataclasses.replace(MODEL, build=counted(MODEL.build), found=counted(MODEL.found))
    for study, name in ((plain, "straight"), (branched, "branched")):
        built.clear()
        sweep(counting, study, tmp_path / name, range(1), 1, lambda done: None)
        assert len(built) == (2 if name == "straight" else 1)
    assert len(list((tmp_path / "branched" / HISTORIES).iterdir())) == 1
    for path in (tmp_path / "straight").rglob("*.parquet"):
        twin = tmp_path / "branched" / path.relative_to(tmp_path / "straight")
        assert path.read_bytes() == twin.read_bytes()
    early = branched.model_copy(
        update={"branch": 2024, "parameters": (plain.parameters[0].model_copy(update={"since": 2024}),)}
    )
    with pytest.raises(StudyError, match="found one in 2024"):
        sweep(MODEL, early, tmp_path / "early", range(1), 1, lambda done: None)


@pytest.mark.slow
def test_the_runner_costs_little_over_the_bare_model(tmp_path: Path) -> None:
    axes = [{"path": "resident.individual", "low": 380, "high": 500, "from": 2026}]
    study = swept_study(
        axes=axes,
        people=100_000,
        end=2033,
        design={"kind": "latin_hypercube", "points": 12},
        tables=["funds", "measures"],
    )
    jobs: list[float] = []
    begin = time.perf_counter()
    sweep(MODEL, study, tmp_path / "sweep", range(1), 2, lambda done: jobs.append(done.seconds))
    whole = time.perf_counter() - begin
    monkey = BareRuns(study)
    begin = time.perf_counter()
    monkey.live(2)
    bare = time.perf_counter() - begin
    print(f"runner {whole / 12:.2f} s a run, bare model {bare / 12:.2f}, overhead {whole / bare - 1:.1%}")
    assert whole <= 1.25 * bare


class BareRuns:
    """The same worlds lived on the same processes with nothing kept."""

    def __init__(self, study: Study) -> None:
        points, scenario_of = points_of(study), scenarios_of(study)
        self.scenarios = [scenario_of(study.baseline, points.reform(point)) for point in range(len(points.units))]

    def live(self, processes: int) -> None:
        with workers.processes(processes) as pool:
            assert all(pool.map(bare_run, self.scenarios))


def bare_run(scenario: Any) -> bool:
    world: Any = MODEL.build(scenario, 0, 1)
    while world.year < scenario.end:
        world.step()
    return True


def told_frozen(simulator: Simulator, job: Job) -> Done:
    """Do a job and tell how many objects the collector passes over when it is done."""
    return dataclasses.replace(run_job(simulator, job), message=str(gc.get_freeze_count()))


def another_world_goes(job: Job) -> bool:
    """Return whether a world that lives beside a run in this process is collected when nobody holds it any more."""
    other = FakeWorld(FakeScenario(), 1)
    other.itself = other
    seen = weakref.ref(other)
    beside = threading.Thread(target=run_job, args=(SIMULATOR, job))
    beside.start()
    beside.join()
    del other
    gc.collect()
    return seen() is None


def test_workers_that_live_one_run_at_a_time_spare_the_collector_their_code(tmp_path: Path) -> None:
    """Of three jobs on two processes, one process does a second: by then its code is passed over."""
    store = Store(tmp_path / "runs", "study")
    store.claim()
    jobs = [make_job(SIMULATOR, FakeScenario(), seed, store) for seed in range(3)]
    done = workers.do_all(SIMULATOR, jobs, 2, lambda done: None, work=told_frozen)
    frozen = sorted(int(each.message) for each in done)
    assert frozen[0] == 0 < frozen[-1]


def test_a_run_keeps_no_world_of_another_thread(tmp_path: Path) -> None:
    """Workers of a cluster may live several runs at a time in one process."""
    store = Store(tmp_path / "runs", "study")
    store.claim()
    job = make_job(SIMULATOR, FakeScenario(), 0, store)
    with workers.processes(1) as pool:
        assert pool.submit(another_world_goes, job).result()
    assert gc.get_freeze_count() == 0
