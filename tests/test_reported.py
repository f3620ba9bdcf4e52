"""What a run reports: model_checks 58 to 63 on stored tables, exported people, and truths known beforehand."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest

from agents.chance import Purpose, uniform
from experiments.compare import interval
from experiments.precision import (
    is_small,
    replications_needed,
    seeds_line,
    small_cells,
    small_payments,
    unpaired,
    with_small,
)
from experiments.reported import AGREEMENT, by_number, check_measures, check_people, told_of
from model import measures
from model.pooling import PoolingModel
from model.scenario import Reform, Scenario, load_reform
from tests.worlds import START, lived

YEARS = 2
NOT_EXPORTED = {"people", "people_60_and_over", "births", "deaths", "in_list_ratio"}
"""Measures of who is alive at the end of the year, and of bills before they are split: no stored table tells these."""
FIRST = {"2019-01-01": 1}
BEARINGS = {
    "on_firms": {},
    "on_wages_taxes_by_income": {"measure.employer_on_wage": FIRST, "measure.treasury_by": FIRST},
    "taxes_by_consumption": {"measure.treasury_by": {"2019-01-01": 2}},
}


@cache
def exported(bearing: str, threads: int = 1) -> dict[str, pd.DataFrame]:
    """Return the tables of a small run with its people, every year measured over lifetimes too."""
    reforms = load_reform("lifetime"), Reform(bearing, changes=BEARINGS[bearing])
    world = PoolingModel(Scenario(1500, START, START + YEARS - 1, reforms), threads=threads)
    people = []
    for _ in range(YEARS):
        world.step()
        people.append(world.people_frame())
    return {**world.record.tables, "people": pd.concat(people, ignore_index=True)}


@pytest.mark.parametrize("bearing", BEARINGS)
def test_every_reported_measure_follows_from_exported_people_and_ledgers(bearing: str) -> None:
    tables = exported(bearing)
    assert check_measures(tables) == []
    wrong, agreed, left = check_people(tables)
    assert wrong == []
    assert left == NOT_EXPORTED
    assert agreed > 1000


@pytest.mark.parametrize(
    ("level", "measure", "word"),
    [
        ("nation", "gini_ex_ante", "exported people"),
        ("nation", "horizontal_inequity_cost", "exported people"),
        ("income_decile", "benefit_per_head", "exported people"),
        ("province", "net_paid_fen", "exported people"),
    ],
)
def test_a_forged_measure_is_found_in_the_people(level: str, measure: str, word: str) -> None:
    tables = dict(exported("on_firms"))
    tables["measures"] = forged(tables["measures"], level, measure, 1 + 100 * AGREEMENT)
    wrong, *_ = check_people(tables)
    assert wrong
    assert all(measure in line and word in line for line in wrong)


@pytest.mark.parametrize(
    ("measure", "word"),
    [
        ("redistribution_ex_post", "RE = RS - AP"),
        ("theil_income_within_provinces", "Theil"),
        ("kakwani_contribution", "Kakwani"),
        ("benefit_share", "benefit_share"),
        ("net_paid_fen", "net payments"),
        ("reserve_months", "balances"),
        ("pools_band_excess", "balances"),
    ],
)
def test_a_forged_measure_breaks_an_identity(measure: str, word: str) -> None:
    tables = dict(exported("on_firms"))
    tables["measures"] = forged(tables["measures"], None, measure, 1.5)
    assert any(word in line for line in check_measures(tables))


def test_concentration_is_bounded_but_that_of_fitted_need_is_not() -> None:
    """Need is what use would be at the same income: it may fall below zero, as in worlds of some forty people."""
    tables = dict(exported("on_firms"))
    rows = tables["measures"]
    for measure, told in (("concentration_cost", True), ("need_concentration_cost", False)):
        beyond = rows["value"].where(rows["measure"] != measure, 1.2)
        found = check_measures({**tables, "measures": rows.assign(value=beyond)})
        assert any(f" {measure} = 1.2 lies outside" in line for line in found) == told


def forged(rows: pd.DataFrame, level: str | None, measure: str, factor: float) -> pd.DataFrame:
    """Return measures with the largest value of one changed."""
    chosen = rows[(rows["measure"] == measure) & ((rows["level"] == level) | (level is None))]
    place = chosen["value"].abs().idxmax()
    return rows.assign(value=rows["value"].where(rows.index != place, rows["value"] * factor))


def test_what_is_undefined_has_a_reason() -> None:
    rows = exported("on_firms")["measures"]
    assert (rows["value"].isna() == (rows["reason"] != "")).all()
    without = {**exported("on_firms"), "measures": rows.assign(value=rows["value"].where(rows.index != 0))}
    assert any("without a reason" in line for line in check_measures(without))


def test_measures_do_not_depend_on_threads() -> None:
    one, two = exported("on_firms")["measures"], exported("on_firms", threads=2)["measures"]
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_who_bears_what_moves_no_money() -> None:
    for table in ("funds", "flows", "care", "people"):
        pd.testing.assert_frame_equal(exported("on_firms")[table], exported("taxes_by_consumption")[table])


def test_income_before_payments_is_the_same_in_every_scenario() -> None:
    base = lived().people_frame().set_index("key")["income_fen"]
    for name in ("none", "co_use_off", "frozen_premium"):
        assert lived(reforms=(load_reform(name),)).people_frame().set_index("key")["income_fen"].equals(base)


def test_a_null_reform_differs_by_exactly_zero() -> None:
    pd.testing.assert_frame_equal(
        lived().record.measures, lived(reforms=(load_reform("empty"),)).record.measures, check_exact=True
    )


# ---- errors ---------------------------------------------------------------------------------------------------------
SAMPLE, REPLICATIONS, RUNS = 40, 8, 2000


def drawn_gini(run: int, replication: int) -> float:
    """Return the Gini of exponential incomes of one small synthetic run; its expectation is (n - 1)/2n."""
    draws = [uniform(run, int(Purpose.BIRTH), replication, key) for key in range(SAMPLE)]
    return measures.gini(-np.log1p(-np.array(draws)))


@pytest.mark.slow
def test_the_interval_covers_a_known_truth() -> None:
    found = interval(pd.DataFrame([[drawn_gini(run, r) for r in range(REPLICATIONS)] for run in range(RUNS)]))
    truth = (SAMPLE - 1) / SAMPLE / 2
    covered = ((found["low"] <= truth) & (truth <= found["high"])).mean()
    print(f"covered {covered:.4f}")
    assert 0.93 <= covered <= 0.97


@pytest.mark.slow
def test_two_unpaired_sets_of_seeds_flag_one_measure_in_twenty() -> None:
    runs, half = 40, 20
    values = []
    for seed in range(runs):
        world = PoolingModel(Scenario(1000, START, START), rng=seed)
        world.step()
        values.append(world.record.measures.set_index(["level", "unit", "measure"])["value"].rename(seed))
    wide = pd.concat(values, axis=1).replace([np.inf, -np.inf], np.nan).dropna()
    moving = wide[wide.std(axis=1) > 0]
    chosen = moving.iloc[np.linspace(0, len(moving) - 1, 200).astype(int)]
    flagged = []
    for split in range(40):
        order = np.argsort([uniform(split, int(Purpose.BIRTH), 0, seed) for seed in range(runs)])
        found = unpaired(chosen.iloc[:, order[:half]], chosen.iloc[:, order[half:]])
        flagged.append(((found["low"] > 0) | (found["high"] < 0)).mean())
    print(f"{len(chosen)} measures, flagged {np.mean(flagged):.4f}")
    assert len(chosen) == 200
    assert 0.03 <= np.mean(flagged) <= 0.07


def test_replications_needed() -> None:
    assert replications_needed(0.0, 5, 0.1) == 5
    assert math.isnan(replications_needed(math.nan, 1, 0.1))
    assert math.isinf(replications_needed(1.0, 5, 0.0))
    enough = int(replications_needed(1.0, 16, 0.5))
    pairs = pd.DataFrame([np.linspace(-1, 1, enough)])
    spread = pairs.std(axis=1, ddof=1).iloc[0]
    reach = interval(pairs * 4 / spread)
    assert (reach["high"] - reach["mean"]).iloc[0] <= 0.5
    fewer = interval(pairs.iloc[:, : enough - 1] * 4 / pairs.iloc[:, : enough - 1].std(axis=1, ddof=1).iloc[0])
    assert (fewer["high"] - fewer["mean"]).iloc[0] > 0.5


def test_checks_are_told_by_their_number() -> None:
    tables = dict(exported("on_firms"))
    assert by_number(tables) == {59: [], 60: [], 61: [], 62: []}
    for number, measure, factor in ((59, "benefit_share", 1.5), (60, "gini_income", 9.0), (62, "reserve_months", 1.5)):
        wrong = by_number({**tables, "measures": forged(tables["measures"], None, measure, factor)})
        assert wrong[number]
        assert number != 62 or not wrong[60]


def test_hhi_lies_above_one_over_the_holders() -> None:
    tables = dict(exported("on_firms"))
    low = forged(tables["measures"], None, "reserves_hhi_provinces", 0.1)
    assert any("reserves_hhi_provinces" in line for line in by_number({**tables, "measures": low})[60])


def test_unmet_need_stands_beside_catastrophic_spending() -> None:
    tables = exported("on_firms")
    told = told_of(tables["measures"][tables["measures"]["year"] == START])
    people = tables["people"][tables["people"]["year"] == START]
    advised = people[people["advised_stay"] != "none"]
    given_up = float((advised["advised_stay"] == "given_up").mean())
    assert 0.0 < given_up < 1.0
    assert told["nation", "china", "unmet_need"] == pytest.approx(given_up, abs=1e-12)
    assert {("nation", "china", name) in told for name in ("catastrophic_10", "catastrophic_25")} == {True}
    assert ("nation", "china", "catastrophic_capacity_40") in told


def test_small_cells_are_known_by_their_simulated_people() -> None:
    rows = pd.DataFrame(
        {
            "level": ["province", "province", "scheme"],
            "unit": ["540000", "440000", "employee"],
            "measure": ["simulated_members_employee", "simulated_members_employee", "simulated_members"],
            "value": [3.0, 10_000.0, 20_000.0],
        }
    )
    assert small_cells(rows) == {("province", "540000", "employee")}


def test_a_cell_without_a_scheme_is_small_in_all_its_measures() -> None:
    few = [("income_decile", "1", "simulated_people", 99.0), ("age_group", "85+", "simulated_people", 100.0)]
    pools = [("fund", fund, name, value) for fund, thin in (("employee_pool", 6.0), ("resident_pool", 5.0))
             for name, value in (("pools", 10.0), ("pools_thin", thin))]  # fmt: skip
    rows = pd.DataFrame([*few, *pools], columns=["level", "unit", "measure", "value"]).assign(year=START)
    small = small_cells(rows)
    assert small == {("income_decile", "1", ""), ("fund", "employee_pool", "")}
    assert is_small(small, "income_decile", "1", "benefit_per_head")
    assert not is_small(small, "age_group", "85+", "paid_in_fen")
    assert is_small(small, "fund", "employee_pool", "reserve_months_p10")
    assert not is_small(small, "fund", "employee_pool", "closing_fen")
    marked = with_small(rows, small)
    assert marked["small_cell"].tolist() == [True, False, True, True, False, False]
    paid = pd.DataFrame({"payer_province": [540000, 110000], "payee_province": [110000, 110000]})
    assert small_payments(paid, {("province", "540000", "employee")})["small_cell"].tolist() == [True, False]


def test_seeds_still_needed_are_said_in_a_line() -> None:
    found = pd.DataFrame({"mean": [10.0, 1.0, 0.0, 1.0], "se": [0.1, 1.0, 0.0, 0.036], "replications": [5] * 4})
    needed = int(replications_needed(1.0, 5, 0.1))
    assert replications_needed(0.036, 5, 0.1) == 5  # just enough
    assert seeds_line(found) == (
        "how exact: with 5 seeds 2 of 3 effects are known to ±10 % of their size; "
        f"the least sure one would take {needed:,}"
    )
    never = pd.DataFrame({"mean": [1e-6], "se": [1.0], "replications": [5]})
    told = seeds_line(pd.concat([found, never]))
    assert told.endswith(f"1 would take more than 1,000,000, the least sure of the others {needed:,}")
