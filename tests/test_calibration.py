"""The calibrated values: what they may rest on, what they are checked against, and how well they fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from experiments import board, calibrate, fit, recovery
from experiments.national import published, simulated
from experiments.simulator import data_hash
from model import PoolingModel, Scenario
from model.errors import DataError
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.phases import budgets
from model.phases.areas import Areas
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


def test_every_calibrated_value_names_its_targets_and_later_ones_are_of_a_parameter_that_fitted_years_tell() -> None:
    told = {(each.path, year) for each in fit.free() if min(each.years) <= LAST for year in each.years}
    for path, spec in entries():
        assert spec["targets"], path
        dates = spec["values"]
        assert isinstance(dates, dict)
        later = {(path, date.year) for date in dates if date.year > LAST}
        assert later <= told, path
    assert max(year for _, year in fit.goals(fit.free())) <= LAST
    assert FILE.read_text(encoding="utf-8").startswith(calibrate.HEAD)


def test_measured_values_and_targets_end_with_the_last_year_that_may_be_used() -> None:
    for path, parameter in load_policy().parameters.items():
        assert parameter.measured is None or parameter.measured.last <= LAST, path
    assert max(year for by_year in published(LAST).values() for year in by_year) <= LAST
    assert fit.LAST == LAST


def test_every_free_parameter_is_in_the_file_and_informed_by_a_target_that_may_move_it() -> None:
    paths = dict(entries())
    for each in fit.free():
        assert each.path in paths, each.name
        low, high = each.prior
        assert low < high, each.name
        assert each.informs, each.name
    goals = fit.goals(fit.free())
    assert goals
    assert max(year for _, year in goals) <= LAST
    assert len(fit.free()) <= 36


def test_a_free_parameter_without_a_known_target_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = fit.FILE.read_text(encoding="utf-8").replace("informs: [assistance]", "informs: [rain]")
    copy = tmp_path / "free.yaml"
    copy.write_text(text, encoding="utf-8")
    monkeypatch.setattr(fit, "FILE", copy)
    with pytest.raises(DataError, match="poor_before: informs 'rain'"):
        fit.free.__wrapped__()


def test_shares_of_the_prior_ranges_become_law_of_the_years() -> None:
    shares = np.full(len(fit.free()), 0.5)
    law = fit.law_of(shares)
    assert law["employee.declared_share"][2019] == pytest.approx(1.1)
    assert law["employee.declared_share"][2020] == pytest.approx((1.1 + 1.075) / 2)
    assert law["employee.employer_relief"][2023] == -law["employee.employer_relief"][2022]
    rates = law["assistance.rate"][2018]
    assert rates == {"none": pytest.approx(0.15), "destitute": 0.95, "minimum_living": 0.78, "monitored": 0.68}


def test_a_parameter_set_leaves_the_law_of_later_years_as_it_is() -> None:
    scenario = Scenario(people=10, start=2023, end=2025, reforms=(fit.reform_of(np.full(len(fit.free()), 0.4)),))
    ours, law = scenario.law(), load_policy()
    for path in ("employee.employer_share_to_account", "employee.employer_relief"):
        assert ours.value(path, 2023) != law.value(path, 2023) or path.endswith("relief")
        assert ours.value(path, 2025) == law.value(path, 2025), path


def test_a_world_of_the_fit_that_is_made_in_parts_has_the_people_of_one_piece() -> None:
    scenario = Scenario(people=2_000, start=2019, end=2019)
    whole, parts = (fit.lived(scenario, 0, part)["2019"] for part in (2_000, 700))
    for name in ("people", "residents", "resident_income"):
        assert parts[name] == pytest.approx(whole[name], rel=0.05), name


def test_residuals_are_errors_in_half_bands_and_bridges_correct_them() -> None:
    wanted = {("resident_income", 2023): 1000.0, ("resident_surplus", 2023): 0.01}
    told = [{"2023": {"resident_income": 1030.0, "resident_surplus": 0.02}}]
    terms = board.terms()
    weights = [terms["classes"][name]["weight"] for name in ("money", "surplus")]
    expected = [2.0 * weights[0] ** 0.5, 2.0 * weights[1] ** 0.5]
    assert fit.residuals(told, wanted) == pytest.approx(expected)
    large = [{"2023": {"resident_income": 515.0, "resident_surplus": 0.03}}]
    bridge = fit.bridged(large, told, wanted)
    assert bridge == {("resident_income", 2023): pytest.approx(0.5), ("resident_surplus", 2023): pytest.approx(0.01)}
    assert fit.residuals(told, wanted, bridge) == pytest.approx(fit.residuals(large, wanted))


def test_what_matches_history() -> None:
    best = np.array([0.5, 4.0])
    assert fit.matches(np.array([1.9, 4.9]), best, 2)
    assert not fit.matches(np.array([2.1, 4.0]), best, 2)
    assert not fit.matches(np.array([0.5, 5.1]), best, 2)
    assert fit.matches(np.array([0.5, 4.0, 99.0]), best, 2)


def test_draws_are_different_and_match_by_the_emulator() -> None:
    jacobian = np.vstack([np.array([[8.0, 0.0], [4.0, 4.0]]), 4.0 * np.eye(2)])
    found = fit.Fit(np.array([0.5, 0.4]), 1.0, jacobian, True, 1)
    residual = np.array([0.3, -0.2])
    places = fit.draws(found, residual, 2, 40)
    assert len({tuple(place) for place in places}) == 40
    for place in places:
        assert fit.matches(residual + jacobian[:2] @ (place - found.shares), residual, 2)
    assert np.std([place[1] for place in places]) > 0.02


def test_values_are_written_and_read_again(tmp_path: Path) -> None:
    copy = tmp_path / "calibration.yaml"
    copy.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    law = fit.law_of(np.full(len(fit.free()), 0.3))
    calibrate.write(law, f"{calibrate.HEAD} a test.\n", copy)
    assert copy.read_text(encoding="utf-8").startswith(calibrate.HEAD)
    before, after = read_yaml(FILE), read_yaml(copy)
    assert before.keys() == after.keys()
    for path, by_year in law.items():
        group, name = path.split(".")
        values = {date.year: value for date, value in after[group][name]["values"].items()}
        for year, value in by_year.items():
            got = values[year]["value"] if isinstance(values[year], dict) else values[year]
            assert got == pytest.approx(value), (path, year)
        assert {date.year for date in before[group][name]["values"]} <= set(values)


def test_the_time_given_ends_a_fit_and_nothing_is_lost(tmp_path: Path) -> None:
    plan = fit.Plan(1_000, (0,), tmp_path, fit.free(), until=0.0)
    shares = fit.key_of(np.full(len(fit.free()), 0.5))
    with pytest.raises(fit.OutOfTimeError):
        fit.evaluate(plan, shares)
    assert not list(tmp_path.iterdir())


def test_the_split_of_2022_adds_up_to_the_published_whole() -> None:
    goals = published(LAST)
    for year in (2020, 2021, 2022):
        for column in ("income", "spending"):
            parts = goals[f"pool_{column}"][year] + goals[f"account_{column}"][year]
            assert parts == pytest.approx(goals[f"employee_{column}"][year])


def test_pools_share_the_plan_by_income_by_need_or_between() -> None:
    income, need, even = np.array([3.0, 1.0, 0.0]), np.array([1.0, 1.0, 1.0]), np.zeros(3)
    one = np.zeros(3, np.int64), np.zeros(3, np.bool_)
    assert budgets.shares(income, need, 1.0, even, *one) == pytest.approx([0.75, 0.25, 0.0])
    assert budgets.shares(income, need, 0.0, even, *one) == pytest.approx([0.5, 0.5, 0.0])
    between = budgets.shares(income, need, 0.5, even, *one)
    assert between[0] / between[1] == pytest.approx(3.0**0.5)
    assert budgets.shares(income, need, 1.0, np.array([0.0, np.log(3.0), 0.0]), *one) == pytest.approx([0.5, 0.5, 0.0])


def test_a_budget_moves_towards_its_plan_within_the_largest_change() -> None:
    law = {"strength": 0.5, "largest": 0.03}
    assert budgets.drawn(1.0, 102.0, 100.0, law) == pytest.approx(1.01)
    assert budgets.drawn(1.0, 80.0, 100.0, law) == pytest.approx(0.97)
    assert budgets.drawn(1.0, 0.0, 100.0, law) == 1.0


@pytest.mark.parametrize(("share", "cost", "paid"), [(0.0, 1.1, 1.0), (1.0, 1.0, 1.4), (0.5, 1.0488, 1.1952)])
def test_what_employees_plan_moves_goes_into_cost_or_into_what_is_paid_of_visits(
    share: float, cost: float, paid: float
) -> None:
    world = world_of_benefits(share)
    left = budgets.into_benefits(world, np.array([1.1, 2.2]), 1.1)
    assert left == pytest.approx([cost, 2.0 * cost], abs=1e-4)
    assert world.funds.widened == pytest.approx(paid, abs=1e-3)


def test_visits_are_not_paid_less_than_nothing() -> None:
    world = world_of_benefits(1.0)
    budgets.into_benefits(world, np.ones(1), 0.7)
    assert world.funds.widened == 0.0


def test_what_benefits_cannot_bear_goes_into_cost() -> None:
    world = world_of_benefits(1.0)
    left = [float(budgets.into_benefits(world, np.array([1.2]), 1.2)[0]) for _ in range(3)]
    assert world.funds.widened == pytest.approx(1.0 / 0.5)
    assert left == pytest.approx([1.0, 1.2 / (1.0 + 0.25 * (2.0 / 1.8 - 1.0)), 1.2])


def world_of_benefits(share: float) -> Any:
    """Return a world whose employee pools pay a quarter for visits, at rates of a half and more."""
    budget = SimpleNamespace(employee_into_benefits=share, employee_visits_part=0.25)
    benefit = SimpleNamespace(employee_outpatient_rate=[0.7, 0.6, 0.5])
    return SimpleNamespace(in_force=SimpleNamespace(budget=budget, benefit=benefit), funds=SimpleNamespace(widened=1.0))


def test_what_sets_a_pool_apart_is_a_normal_draw_for_ever_the_same() -> None:
    gaps = [budgets.gap(code, RESIDENT_POOL) for code in range(110000, 112000)]
    assert gaps == [budgets.gap(code, RESIDENT_POOL) for code in range(110000, 112000)]
    assert float(np.std(gaps)) == pytest.approx(1.0, rel=0.1)
    assert abs(float(np.mean(gaps))) < 0.1


def test_what_sets_pools_apart_moves_no_money_between_provinces() -> None:
    income, need = np.array([3.0, 1.0, 2.0, 5.0]), np.array([2.0, 2.0, 1.0, 4.0])
    province, gaps = np.array([0, 0, 1, 2]), np.array([0.5, -0.3, 0.8, -2.0])
    even, apart = (
        budgets.shares(income, need, 0.5, each, province, np.zeros(4, np.bool_)) for each in (np.zeros(4), gaps)
    )
    assert np.bincount(province, apart) == pytest.approx(np.bincount(province, even))
    assert apart[2:] == pytest.approx(even[2:])
    assert apart[0] / apart[1] == pytest.approx(even[0] / even[1] * np.exp(0.8))


def test_a_pool_short_of_reserves_plans_no_more_than_its_income_asks_for() -> None:
    """What it would have had beyond goes to the others of its province; where all are short, to the nation."""
    same, province = np.ones(4), np.array([0, 0, 0, 1])
    for gaps in (np.array([0.3, 0.1, -0.2, 0.0]), np.array([0.0, -0.06, -0.1, 0.0])):
        got = budgets.shares(same, same, 1.0, gaps, province, np.array([True, False, False, False]))
        assert got[0] == pytest.approx(0.25)
        assert got[1] / got[2] == pytest.approx(np.exp(gaps[1] - gaps[2]))
        assert got[:3].sum() == pytest.approx(0.75)
    poor = budgets.shares(same, same, 1.0, np.array([0.3, 0.1, -0.2, 0.0]), province, province == 0)
    assert (poor[:3] <= poor[3] * (1 + 1e-12)).all()
    assert float(poor.sum()) == pytest.approx(1.0)


def test_areas_know_their_province_and_the_corps_is_one_of_its_own() -> None:
    codes, provinces = np.array([650100, 410100, 659000, 410200]), np.array([650000, 410000, 650000, 410000])
    apart = Areas.of_year(codes, provinces, 0, 0)
    assert apart.places(RESIDENT_POOL)[0] == [410100, 410200, 650100, 659000]
    assert apart.provinces(RESIDENT_POOL).tolist() == [0, 0, 1, 2]
    wide = Areas.of_year(codes, provinces, 1, 2)
    assert wide.provinces(EMPLOYEE_POOL).tolist() == [0, 1, 2]
    assert len(wide.provinces(RESIDENT_POOL)) == 1


@pytest.mark.slow
def test_the_nation_of_2023_is_met() -> None:
    world = PoolingModel(Scenario(people=100_000, start=2019, end=LAST), rng=0, threads=2)
    while world.year < LAST:
        world.step()
    told, goals = simulated(world.record, LAST), published(LAST)
    errors = {name: told[name] / goals[name][LAST] - 1.0 for name in TOLERANCE}
    assert {name: error for name, error in errors.items() if abs(error) > TOLERANCE[name]} == {}


def test_a_fit_to_data_made_by_the_model_finds_the_parameters_again(tmp_path: Path) -> None:
    names = ("declared_2019", "declared_after", "extra_2019", "extra_2023", "resident_list_2023")
    chosen = tuple(each for each in fit.free() if each.name in names)
    plan = fit.Plan(3_000, (0,), tmp_path / "evaluations", chosen)
    result = recovery.recover(plan, fake_seed=0)
    assert set(result.names) == set(names)
    assert np.abs(result.found - result.truth).max() < 0.06
    assert np.abs(0.5 - result.truth).min() > 0.1
    recovery.draw(result, tmp_path / "recovery.png")
    assert (tmp_path / "recovery.png").stat().st_size > 0
    kept = len(list((tmp_path / "evaluations").iterdir()))
    again = recovery.recover(replace(plan, until=0.0), fake_seed=0)
    assert (again.found == result.found).all()
    assert len(list((tmp_path / "evaluations").iterdir())) == kept


def test_what_a_fit_finds_again_is_counted_and_kept(tmp_path: Path) -> None:
    found = np.array([0.31, 0.5, 0.69])
    result = recovery.Recovered(("a", "b", "c"), np.array([0.3, 0.7, 0.7]), found, np.array([0.02, 0.09, 0.004]))
    assert recovery.inside(result) == 1  # the gaps are 0.5, 2.2 and 2.5 standard deviations
    assert recovery.told(replace(result, deviation=np.array([0.02, 0.125, 0.13]))) == 2  # the prior's is 0.25
    recovery.write(result, 10, tmp_path / "kept.json")
    again = recovery.read(tmp_path / "kept.json")
    assert again.names == result.names
    assert (again.found == found).all()


def test_the_kept_recovery_is_of_these_parameters_and_finds_most() -> None:
    kept = recovery.read()
    assert kept.names == tuple(each.name for each in fit.free())
    assert set(kept.truth.tolist()) == {recovery.LOW, recovery.HIGH}
    assert recovery.inside(kept) >= 2 / 3 * len(kept.names)
    assert recovery.told(kept) >= 2 / 3 * len(kept.names)
    assert np.median(np.abs(kept.found - kept.truth)) < 0.1


def test_tables_that_changed_since_the_fit_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "sets.json"
    monkeypatch.setattr(calibrate, "SETS", kept)
    told = calibrate.data_note()
    assert told is not None
    assert "no record" in told
    kept.write_text('{"data_hash": "other"}', encoding="utf-8")
    told = calibrate.data_note()
    assert told is not None
    assert "changed since the fit" in told
    kept.write_text(f'{{"data_hash": "{data_hash()}"}}', encoding="utf-8")
    assert calibrate.data_note() is None


def test_the_head_says_which_start_did_not_converge() -> None:
    ends = [fit.Fit(np.array([0.5]), 1.0, np.eye(1), good, 3) for good in (True, False)]
    found = {"starts": ends, "wanted": {("active", 2023): 1.0}, "residual": np.array([0.5])}
    facts = calibrate.provenance(found, "a command", "a day")
    told = calibrate.head(found, facts)
    assert told.startswith(calibrate.HEAD)
    assert "1.0, 1.0 (did not converge)" in told
    assert "active 2023: +0.25" in told
    assert set(facts) >= {"date", "code_version", "data_hash", "targets", "free_parameters"}
