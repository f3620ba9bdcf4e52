"""How pools react to who bears their deficits: by hand on small worlds, and on the nation in a small sample."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from agents.codes import Scheme
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.pooling import PoolingModel
from model.scenario import Reform
from tests.small_world import SmallWorld
from tests.worlds import START, hashes, live, lived, world_of

EMPLOYEE, RESIDENT = int(Scheme.EMPLOYEE), int(Scheme.RESIDENT)
SAME = ((1000, 900), (1000, 900))


def years_of(world: SmallWorld, count: int) -> list[tuple[list[float], list[float]]]:
    """Live years alike and return effort and drift of employees by pool in each."""
    found = []
    for _ in range(count):
        world.set_year(*SAME)
        world.step()
        found.append((world.funds.effort[:, EMPLOYEE].tolist(), world.funds.drift[:, EMPLOYEE].tolist()))
    return found


def begun(**law: Any) -> SmallWorld:
    """Return a world that has lived a year under today's arrangement with behaviour switched on."""
    world = SmallWorld(behaviour__react=1, **law)
    world.endow(employee_pool=[800] * 3, resident_pool=[800] * 3)
    years_of(world, 1)
    return world


def test_effort_falls_over_three_years_where_a_province_bears_deficits_and_comes_back() -> None:
    world = begun()
    world.change(steps__step2_on=1)
    effort = [year[0] for year in years_of(world, 4)]
    assert effort == [pytest.approx([1 - loss, 1 - loss, 1.0]) for loss in (0.03, 0.06, 0.09, 0.09)]
    world.change(steps__step2_on=0)
    assert [year[0][0] for year in years_of(world, 3)] == pytest.approx([0.94, 0.97, 1.0])


def test_spending_drifts_only_where_funds_are_unified() -> None:
    world = begun()
    world.change(pooling__employee_level=1)
    drift = [year[1] for year in years_of(world, 3)]
    assert drift == [pytest.approx([rise, rise, 1.0]) for rise in (1.06, 1.12, 1.18)]
    assert world.funds.effort[:, EMPLOYEE] == pytest.approx([0.88, 0.88, 1.0])
    assert (world.funds.drift[:, RESIDENT] == 1.0).all()


def test_what_was_so_in_the_first_year_has_no_effect() -> None:
    world = begun(pooling__employee_level=1, steps__step2_today=3)
    years_of(world, 3)
    assert (world.funds.effort == 1.0).all()
    assert (world.funds.drift == 1.0).all()
    world.change(pooling__employee_level=0)
    years_of(world, 3)
    assert world.funds.effort[:2, EMPLOYEE] == pytest.approx(1 / 0.88)
    assert world.funds.drift[:2, EMPLOYEE] == pytest.approx(1 / 1.18)


@pytest.mark.parametrize(
    ("law", "loss"),
    [
        ({"steps__step1_on": 1, "pooling__allow_cross_fund": 1}, 0.0),
        ({"steps__step1_on": 1, "pooling__allow_cross_fund": 1, "steps__step1_form": 1}, 0.03),
        ({"steps__step1_on": 1, "steps__step1_form": 1}, 0.0),
        ({"pooling__schemes_merged": 1, "pooling__allow_cross_fund": 1}, 0.03),
        ({"steps__step3_on": 1}, 0.03),
        ({"steps__step3_on": 1, "steps__step3_design": 1}, 0.0),
        ({"steps__step3_on": 1, "steps__step3_design": 2}, 0.0),
        ({"steps__step3_on": 1, "steps__step3_design": 3}, 0.03),
        ({"steps__step3_on": 1, "steps__step3_design": 4}, 0.0),
        ({"pooling__employee_level": 2}, 0.04),
    ],
)
def test_loans_swaps_and_rules_blind_to_collection_cost_no_effort(law: dict[str, Any], loss: float) -> None:
    """The pension rule of 2018 does not reward slack, for it never looks at what was collected (institutions.md E6)."""
    world = begun()
    world.change(**law)
    years_of(world, 1)
    assert world.funds.effort[2, EMPLOYEE] == pytest.approx(1 - loss)


def test_the_short_cut_and_the_exposed_spend() -> None:
    world = SmallWorld(behaviour__react=1, behaviour__cut_when_short=0.04, behaviour__spend_when_exposed=0.02)
    world.endow(employee_pool=[0, 5000, 500])
    years_of(world, 2)
    assert world.funds.drift[:, EMPLOYEE].tolist() == [0.96, 1.0, 1.0]
    world.change(pooling__allow_cross_fund=1, steps__step1_on=1)
    years_of(world, 1)
    assert world.funds.drift[:, EMPLOYEE].tolist() == [0.96, 1.02, 1.0]


def test_one_switch_turns_it_all_off() -> None:
    world = SmallWorld(behaviour__cut_when_short=0.04, behaviour__spend_when_exposed=0.02)
    world.endow()
    years_of(world, 1)
    world.change(pooling__employee_level=1, steps__step2_on=1, steps__step3_on=1)
    years_of(world, 3)
    assert (world.funds.effort == 1.0).all()
    assert (world.funds.drift == 1.0).all()


# ---- the nation in a small sample -----------------------------------------------------------------------------------
@cache
def pooled(on: int, *more: tuple[str, Any]) -> PoolingModel:
    """Return a world whose provinces were unified in its second year, with or without behaviour."""
    level = {"pooling.employee_level": {2025: 1}, "pooling.resident_level": {2025: 1}}
    changes = level | {"behaviour.react": {START: on}} | {path: {START: value} for path, value in more}
    return live(world_of(end=2026, reforms=(Reform("unified", changes=changes),)))


def totals(world: PoolingModel, fund: str, column: str) -> Any:
    rows = world.record.funds.query("fund == @fund")
    return rows.groupby("year")[column].sum()


def test_unified_provinces_collect_less_and_spend_more() -> None:
    off, on = pooled(0), pooled(1)
    for fund in (EMPLOYEE_POOL, RESIDENT_POOL):
        assert totals(on, fund, "income_fen")[START] == totals(off, fund, "income_fen")[START]
        assert totals(on, fund, "income_fen")[2026] < totals(off, fund, "income_fen")[2026]
        assert totals(on, fund, "spending_fen")[2026] > totals(off, fund, "spending_fen")[2026]
    assert employers(on, 110000) == employers(off, 110000)
    assert employers(on, 610100) / employers(off, 610100) == pytest.approx(1 - 0.115 / 3, abs=1e-4)


def employers(world: PoolingModel, code: int) -> int:
    """Return what employers of a pool paid in the first year of the reform [fen]."""
    rows = world.record.flows.query("year == 2025 and kind == 'contribution_employer'")
    return int(rows[rows["payer"] == f"employers:{code}"]["amount_fen"].sum())


def test_an_idle_switch_changes_nothing() -> None:
    """Behaviour on, no arrangement changed but Shaanxi's and Sichuan's, all effects at zero: the same bits."""
    zero: dict[str, Any] = {"none": 0.0, "employee": 0.0, "resident": 0.0}
    paths = ("effort_loss_adjusted", "effort_loss_unified", "drift_adjusted", "drift_unified")
    changes: dict[str, Any] = {f"behaviour.{path}": {START: zero} for path in paths}
    changes |= {"behaviour.react": {START: 1}, "behaviour.cut_when_short": {START: 0.0}}
    changes |= {"behaviour.spend_when_exposed": {START: 0.0}}
    assert hashes(live(world_of(reforms=(Reform("idle", changes=changes),)))) == hashes(lived())


@pytest.mark.parametrize("gap", [-0.02, 0.02])
def test_the_growth_gap_moves_the_cost_of_care_year_by_year(gap: float) -> None:
    """Where budgets follow need alone, cost follows the gap; what is subsidised does not feel it."""
    free = {"budget.employee_strength": {START: 0.0}, "budget.resident_strength": {START: 0.0}}
    ties = {"budget.employee_tie": {START: 0.0}, "budget.resident_tie": {START: 0.0}}
    plain, moved = (
        live(world_of(reforms=(Reform("gap", changes=free | ties | {"care.growth_gap": {START: each}}),)))
        for each in (0.0, gap)
    )
    cost = [
        world.record.care.query("kind == 'inpatient'").groupby("year")["cost_fen"].sum() for world in (moved, plain)
    ]
    assert (cost[0] / cost[1]).tolist() == pytest.approx([1 + gap, (1 + gap) ** 2], rel=1e-3)
    subsidies = [
        w.record.flows.query("kind == 'subsidy' and payee.str.startswith('resident_pool')") for w in (moved, plain)
    ]
    collected = [rows.groupby("year")["amount_fen"].sum().to_dict() for rows in subsidies]
    assert collected[0] == collected[1]


def test_members_weighed_by_age_are_heavier_where_they_are_older() -> None:
    world = lived()
    aged, heads = world.aged(), world._heads() * world.weight
    assert aged[:, RESIDENT].sum() > 0
    people = world.engine.people
    residents = people.scheme == RESIDENT
    ages = np.bincount(people.insured[residents], people.age[residents], len(heads))
    count = np.bincount(people.insured[residents], minlength=len(heads))
    many = count > np.median(count)
    older = np.corrcoef((ages / np.maximum(count, 1))[many], (aged[:, RESIDENT] / np.maximum(count, 1))[many])[0, 1]
    assert older > 0.5


# ---- how far pools lie apart ----------------------------------------------------------------------------------------
def planned_spread(spread: float) -> float:
    """Return the deviation of logs of planned spending over income between resident areas in the first year."""
    reform = Reform("spread", changes={"budget.resident_spread": {START: spread}})
    world = live(world_of(end=START, reforms=(reform,)))
    assert world.funds.need is not None
    codes, place = world.funds.areas.places(RESIDENT_POOL)
    plan = np.bincount(place, (world.funds.need * world.funds.budget)[:, RESIDENT], len(codes))
    rows = world.record.funds.query("fund == 'resident_pool'").set_index("prefecture")["income_fen"]
    income = rows.reindex(codes).to_numpy(float)
    there = (plan > 0) & (income > 0)
    return float(np.log(plan[there] / income[there]).std())


def test_the_spread_of_plans_sets_how_far_surplus_rates_lie_apart() -> None:
    """Fully tied to income, a pool plans the nation's share of its income and its own leaning, nothing else."""
    for spread in (0.1, 0.3):
        assert planned_spread(spread) == pytest.approx(spread, rel=0.15)


def budgets_of(coupling: float, start: int, end: int) -> list[float]:
    """Return the factors on the cost of care of all pools after the last year, employees' and residents'."""
    names = ("budget.employee_coupling", "budget.resident_coupling")
    reform = Reform("coupling", changes={name: {start: coupling} for name in names})
    return [float(each) for each in live(world_of(start=start, end=end, reforms=(reform,))).funds.budget.ravel()]


def test_while_use_is_published_plans_share_its_cost_whatever_part_of_income_budgets_ask_for() -> None:
    """What the nation spends is then known; the part of income that budgets ask for says nothing, later it does."""
    assert budgets_of(0.6, 2020, 2022) == budgets_of(0.94, 2020, 2022)
    assert budgets_of(0.6, 2023, 2024) != budgets_of(0.94, 2023, 2024)


def test_care_in_a_pool_into_which_nobody_pays_costs_what_it_costs() -> None:
    """A tiny world has pools with ill people and no income in the first year; their care is not free for ever."""
    world = live(world_of(people=20_000, start=2020, end=2021))
    assert world.funds.need is not None
    assert (world.funds.budget[world.funds.need > 0] > 0).all()


def test_the_spread_of_openings_moves_money_between_pools_and_makes_none() -> None:
    worlds = [
        world_of(end=START, reforms=(Reform("openings", changes={"places.resident_spread": {START: spread}}),))
        for spread in (0.1, 0.6)
    ]
    held = [np.array([b.balance for b in w.ledger.books.values() if b.fund == RESIDENT_POOL], float) for w in worlds]
    assert held[0].sum() == held[1].sum()
    assert held[0].std() < held[1].std()
