"""Parameter sets that match history: what is stored, and how a set lies under a scenario's reforms."""

from __future__ import annotations

import datetime
from functools import partial
from pathlib import Path

import pytest

from experiments import compare, fit, sets, sweep
from experiments.simulator import MODEL
from experiments.store import Store
from experiments.study import Study
from model import Reform, Scenario
from model.errors import ScenarioError
from model.policy.files import ROOT


def test_at_least_thirty_sets_are_stored_and_all_differ() -> None:
    kept = sets.shares()
    assert len(set(kept)) == len(kept) > 30
    assert all(0.0 <= share <= 1.0 for one in kept for share in one)
    told = (ROOT / "model" / "TRACE.md").read_text(encoding="utf-8")
    assert f"The {len(kept) - 1} parameter sets stored beside the best" in told
    assert all(Scenario(people=10, reforms=(fit.reform_of(one),)).law() for one in (kept[0], kept[-1]))


def test_a_set_lies_under_a_scenario_and_gives_way_to_its_reform() -> None:
    reform = Reform("rates", changes={"employee.employer_rate": {"2027-01-01": 0.05}})
    laid = sets.with_set(Scenario(people=10, start=2024, end=2030, reforms=(reform,)), 1, 3)
    plain = sets.with_set(Scenario(people=10, start=2024, end=2030), 1, 3)
    for year in (2024, 2026):
        assert laid.law().value("employee.employer_rate", year) == plain.law().value("employee.employer_rate", year)
    assert laid.law().value("employee.employer_rate", 2028) == 0.05
    assert plain.law().value("employee.employer_rate", 2028) != 0.05
    assert min(laid.reform.changes["employee.employer_rate"]) < datetime.date(2027, 1, 1)


def test_seeds_take_turns_and_too_many_sets_are_refused() -> None:
    scenario = Scenario(people=10)
    assert sets.with_set(scenario, 5, 0) is scenario
    assert sets.with_set(scenario, 0, 2).canonical() == sets.with_set(scenario, 2, 2).canonical()
    assert sets.with_set(scenario, 0, 2).canonical() != sets.with_set(scenario, 1, 2).canonical()
    with pytest.raises(ScenarioError, match="fitted_sets: 9999"):
        sets.with_set(scenario, 0, 9999)


def study_over(count: int, **more: object) -> Study:
    words = {"en": "x", "zh": "x"}
    one = {"name": "one", "label": words, "reforms": ["step_1"]}
    told = {
        "name": "tried", "title": words, "question": words, "people": 10, "start": 2024, "end": 2025, "replications": 2,
        "baseline": {"name": "today", "label": words}, "reforms": [one], "fitted_sets": count,
    }  # fmt: skip
    return Study.model_validate({**told, **more})


def test_seeds_that_share_a_set_are_refused() -> None:
    """They are no independent draws of the parameters: an interval over them would be too narrow."""
    assert study_over(1, replications=5).fitted_sets == 1  # all have the best
    with pytest.raises(ValueError, match="fitted_sets: expected 0, 1 or one for each of 5 seeds, got 2"):
        study_over(2, replications=5)
    precision = {"level": "flow", "unit": "backstop", "measure": "amount_fen", "half_width": 1.0, "at_most": 9}
    with pytest.raises(ValueError, match="one for each of 9 seeds, got 5"):
        study_over(5, replications=5, precision=precision)


def test_sets_beside_a_branch_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 0 beside a branch"):
        study_over(2, branch=2024)


def test_a_sweep_runs_over_sets_too(tmp_path: Path) -> None:
    money = {"level": "fund", "unit": "employee_pool", "measure": "closing_fen", "label": {"en": "x", "zh": "x"}}
    axes = [{"path": "steps.step1_share", "low": 0.1, "high": 0.9}]
    laws = {}
    for count in (0, 2):
        study = study_over(count, reforms=[], parameters=axes, outcomes=[money], design={"kind": "one_at_a_time"})
        jobs = sweep.planned(MODEL, study, (0, 1), tmp_path / str(count))
        laws[count] = {seed: jobs[0, "today", seed].scenario.canonical() for seed in (0, 1)}
    assert laws[0][0] == laws[0][1]
    assert laws[2][0] != laws[2][1]


def test_a_study_runs_over_sets_in_pairs(tmp_path: Path) -> None:
    jobs = {}
    for count in (0, 2):
        study = study_over(count)
        store = Store(tmp_path / str(count), study.name)
        jobs[count] = compare.plan_jobs(MODEL, study, partial(compare.make_scenario, study), (0, 1), store)
    base = {seed: jobs[2]["today", seed].scenario.reform.changes for seed in (0, 1)}
    assert base[0] != base[1]
    for seed in (0, 1):
        changes = jobs[2]["one", seed].scenario.reform.changes
        assert all(changes[path] == values for path, values in base[seed].items())
    assert not jobs[0]["today", 0].scenario.reform.changes
