"""The calibrated values: what they may rest on, what they are checked against, and how well they fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from experiments import calibrate
from experiments.national import published, simulated
from model import PoolingModel, Scenario
from model.kinds import RESIDENT_POOL
from model.phases import budgets
from model.policy.files import read_yaml
from model.policy.policy import load_policy

FILE = Path(calibrate.FILE)
LAST = 2023
TOLERANCE = {
    "active": 0.02,
    "retired": 0.04,
    "residents": 0.01,
    "employee_income": 0.02,
    "resident_income": 0.02,
    "pool_spending": 0.03,
    "resident_spending": 0.03,
    "account_spending": 0.12,
    "maternity": 0.15,
}


def entries() -> list[tuple[str, dict[str, object]]]:
    content = read_yaml(FILE)
    return [(f"{group}.{name}", spec) for group, members in content.items() for name, spec in members.items()]


def test_every_calibrated_value_names_its_targets_and_none_is_of_a_later_year() -> None:
    for path, spec in entries():
        assert spec["targets"], path
        dates = spec["values"]
        assert isinstance(dates, dict)
        assert max(date.year for date in dates) <= LAST, path
    assert FILE.read_text(encoding="utf-8").startswith(calibrate.HEAD)


def test_measured_values_and_targets_end_with_the_last_year_that_may_be_used() -> None:
    for path, parameter in load_policy().parameters.items():
        assert parameter.measured is None or parameter.measured.last <= LAST, path
    assert max(year for by_year in published(LAST).values() for year in by_year) <= LAST
    assert calibrate.LAST == LAST


def test_every_lever_is_a_parameter_of_the_file_with_a_published_target() -> None:
    paths, goals = dict(entries()), published(LAST)
    for lever in calibrate.LEVERS:
        assert lever.path in paths
        assert set(lever.years) <= set(goals[lever.target]), lever


def test_values_are_written_and_read_again_unchanged(tmp_path: Path) -> None:
    copy = tmp_path / "calibration.yaml"
    copy.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    goals = published(LAST)
    totals = {
        str(year): {e.target: goals[e.target].get(year, 1.0) for e in calibrate.LEVERS} for year in range(2019, 2024)
    }
    calibrate.write({"values": calibrate.start_values(), "totals": totals}, "a command", "a day", copy)
    one, two = read_yaml(FILE), read_yaml(copy)
    assert one.keys() == two.keys()
    for group, members in one.items():
        for name, spec in members.items():
            written = {date: value for date, value in two[group][name]["values"].items() if date in spec["values"]}
            assert written == spec["values"], f"{group}.{name}"


def test_the_split_of_2022_adds_up_to_the_published_whole() -> None:
    goals = published(LAST)
    for year in (2020, 2021, 2022):
        for column in ("income", "spending"):
            parts = goals[f"pool_{column}"][year] + goals[f"account_{column}"][year]
            assert parts == pytest.approx(goals[f"employee_{column}"][year])


def test_pools_share_the_plan_by_income_by_need_or_between() -> None:
    income, need, even = np.array([3.0, 1.0, 0.0]), np.array([1.0, 1.0, 1.0]), np.zeros(3)
    assert budgets.shares(income, need, 1.0, even) == pytest.approx([0.75, 0.25, 0.0])
    assert budgets.shares(income, need, 0.0, even) == pytest.approx([0.5, 0.5, 0.0])
    between = budgets.shares(income, need, 0.5, even)
    assert between[0] / between[1] == pytest.approx(3.0**0.5)
    assert budgets.shares(income, need, 1.0, np.array([0.0, np.log(3.0), 0.0])) == pytest.approx([0.5, 0.5, 0.0])


def test_a_budget_moves_towards_its_plan_within_the_largest_change() -> None:
    law = {"strength": 0.5, "largest": 0.03}
    assert budgets.drawn(1.0, 102.0, 100.0, law) == pytest.approx(1.01)
    assert budgets.drawn(1.0, 80.0, 100.0, law) == pytest.approx(0.97)
    assert budgets.drawn(1.0, 0.0, 100.0, law) == 1.0


def test_a_pool_lies_apart_from_its_income_by_the_same_distance_for_ever() -> None:
    gaps = [budgets.gap(code, RESIDENT_POOL, 0.1) for code in range(110000, 112000)]
    assert gaps == [budgets.gap(code, RESIDENT_POOL, 0.1) for code in range(110000, 112000)]
    assert float(np.std(gaps)) == pytest.approx(0.1, rel=0.1)
    assert abs(float(np.mean(gaps))) < 0.01


@pytest.mark.slow
def test_the_nation_of_2023_is_met() -> None:
    world = PoolingModel(Scenario(people=100_000, start=2019, end=LAST), rng=0, threads=2)
    while world.year < LAST:
        world.step()
    told, goals = simulated(world.record, LAST), published(LAST)
    errors = {name: told[name] / goals[name][LAST] - 1.0 for name in TOLERANCE}
    assert {name: error for name, error in errors.items() if abs(error) > TOLERANCE[name]} == {}
