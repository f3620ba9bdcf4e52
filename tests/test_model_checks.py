"""Model checks 13 to 18, 26, 27, 38 and 51: what names, order, weights, currency, seeds, pools, time and age do."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents.chance import Purpose, spread_keys
from agents.columns import Table
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model.engine import Engine
from model.measures import pooling_cv
from model.phases.tally import CareItem, Head, Need, Tally
from model.pooling import PoolingModel
from model.renewal import POINTERS
from model.reporting import Reporter
from model.scenario import Reform
from tests.oracles.adapter import compute
from tests.oracles.folder import metric_cases
from tests.small_world import SmallWorld
from tests.worlds import START, live, people_hash, table_hash, world_of

ERRORS = 4.5
PEOPLE = 2000
CODES = (320100, 320200, 320300, 330100, 330200)
PROVINCES = (320000, 320000, 320000, 330000, 330000)
YEARS = (
    (((1000, 950), (700, 690), (513, 611), (907, 873), (801, 1003)), ((500, 480), (300, 333), (211, 190), (405, 397))),
    (((1040, 1190), (720, 700), (530, 640), (930, 1100), (850, 901)), ((510, 530), (310, 300), (230, 260), (410, 450))),
)
OPENING = (317, 211, 97, 401, 53)
STEPS = {
    "pooling__allow_cross_fund": 1,
    "pooling__interest_rate": 0.02,
    "steps__step1_on": 1,
    "steps__step2_on": 1,
    "steps__step3_on": 1,
    "steps__step3_cross_scheme": 1,
}


# ---- funds under other names, in another order, with somebody absent, in another currency ---------------------------
def funds_of(order: list[int], names: dict[int, int], unit: int = 10**9, empty: int | None = None, **law: Any) -> Any:
    """Return the funds and flows of two years of five pools, in an order and under names; one more may be empty."""
    codes = [names.get(CODES[each], CODES[each]) for each in order]
    provinces = [names.get(PROVINCES[each], PROVINCES[each]) for each in order]
    extra = [] if empty is None else [empty]
    world = SmallWorld((*codes, *extra), (*provinces, *(each // 10000 * 10000 for each in extra)), **STEPS, **law)
    none = [0] * len(extra)
    world.places.wage = [6 * unit // 1000] * len(world.pools)
    world.endow(
        employee_pool=[OPENING[each] * unit for each in order] + none,
        resident_pool=[OPENING[each] * unit // 2 for each in order] + none,
    )
    for employee, resident in YEARS:
        money = [
            [[value * unit for value in pairs[each % len(pairs)]] for each in order] for pairs in (employee, resident)
        ]
        active = [100 + 10 * each for each in order] + none
        world.set_year(
            *(each + [[0, 0]] * len(none) for each in money), active=active, retired=[50] * len(order) + none
        )
        if extra:
            world.tally.heads[-1], world.tally.enrolment[-1] = 0, 0
        world.step()
    return world.record.funds, world.record.flows


def renamed(frame: pd.DataFrame, names: dict[int, int]) -> pd.DataFrame:
    """Return a table with names put back, its rows in the order of their content."""
    back = {str(new): str(old) for old, new in names.items()}
    frame = frame.copy()
    for column in {"payer", "payee"} & set(frame.columns):
        parts = frame[column].str.rsplit(":", n=1, expand=True)
        frame[column] = parts[0] + ":" + parts[1].map(lambda code: back.get(code, code)).fillna("")
    for column in {"prefecture", "province"} & set(frame.columns):
        frame[column] = frame[column].map(lambda code: int(back.get(str(code), code)))
    return frame.sort_values(sorted(frame.columns), ignore_index=True)


DESIGNS = [{}, {"steps__step2_design": 1, "steps__step3_design": 3}, {"steps__step3_design": 1}]


@pytest.mark.parametrize("law", DESIGNS)
def test_check_13_provinces_and_pools_under_other_names_in_another_order_are_the_same(law: dict[str, int]) -> None:
    plain = [renamed(table, {}) for table in funds_of([0, 1, 2, 3, 4], {}, **law)]
    names = {320100: 510700, 320200: 510300, 320300: 510900, 320000: 510000}
    names |= {330100: 410200, 330200: 410100, 330000: 410000}
    turned = [renamed(table, names) for table in funds_of([4, 1, 3, 0, 2], names, **law)]
    assert plain[1]["kind"].str.startswith("step").any()
    for one, other in zip(plain, turned, strict=True):
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("law", DESIGNS)
def test_check_18_a_province_without_people_changes_nothing(law: dict[str, int]) -> None:
    order = [0, 1, 2, 3, 4]
    funds, flows = funds_of(order, {}, **law)
    more, flowed = funds_of(order, {}, empty=540100, **law)
    here = ~more["prefecture"].isin([540100, 540000])
    assert (~here).any()
    assert not more.loc[~here, ["opening_fen", "received_fen", "paid_fen", "closing_fen", "members"]].any(axis=None)
    pd.testing.assert_frame_equal(renamed(more[here], {}), renamed(funds, {}))
    pd.testing.assert_frame_equal(renamed(flowed, {}), renamed(flows, {}))


@pytest.mark.parametrize("law", DESIGNS)
@pytest.mark.parametrize(("unit", "other"), [(10**9, 10**12), (10**10, 10**8)])
def test_check_17_money_of_another_unit_moves_alike(unit: int, other: int, law: dict[str, int]) -> None:
    order = [0, 1, 2, 3, 4]
    first, second = (funds_of(order, {}, each, **law) for each in (unit, other))
    for one, two, names in zip(first, second, (["year", "fund", "prefecture"], ["year", "payer", "payee", "kind"])):
        both = one.merge(two, on=names, how="outer", suffixes=("", "_other"))
        money = [name for name in one.columns if name.endswith("_fen")]
        coarse = min(unit, other)
        for name in money:
            apart = both[name].fillna(0) / unit - both[f"{name}_other"].fillna(0) / other
            assert apart.abs().max() < 20 / coarse, name  # what is rounded: a few fen of the coarser money
    months = [table.loc[table["members"] > 0, "reserve_months"].to_numpy() for table, _ in (first, second)]
    np.testing.assert_allclose(*months, rtol=1e-6)


# ---- people in another order -----------------------------------------------------------------------------------------
def shuffled(engine: Engine, pools: int) -> Engine:
    """Return an engine of the same people, home by home in another order."""
    people, homes = engine.people, engine.households
    order = np.argsort((np.arange(len(homes)) * 7919) % 104729, kind="stable")
    sizes = np.diff(homes.start, append=np.int32(len(people)))
    rows = np.concatenate([np.arange(homes.start[home], homes.start[home] + sizes[home]) for home in order])
    place = np.empty(len(rows), np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    columns = {name: values[rows] for name, values in people.arrays().items()}
    for name in POINTERS:
        columns[name] = np.where(columns[name] >= 0, place[columns[name]], -1).astype(np.int32)
    columns["household"] = np.repeat(np.arange(len(homes), dtype=np.int32), sizes[order])
    start = (np.cumsum(sizes[order]) - sizes[order]).astype(HOUSEHOLD["start"].dtype)
    table = Table(HOUSEHOLD, len(homes), {"start": start, "home": homes.home[order]})
    return Engine(Table(PERSON, len(rows), columns), table, pools)


def test_checks_13_and_14_the_order_of_people_changes_no_fen() -> None:
    """People keep their keys, by which everything is drawn; two years, with marriages, moves and inheritance."""
    plain, turned = world_of(), world_of()
    turned.engine = shuffled(turned.engine, len(turned.pools))
    assert people_hash(turned) != people_hash(plain)
    assert table_hash(live(turned)) == table_hash(live(plain))
    values = [
        world.record.measures.set_index(["year", "level", "unit", "measure"])["value"] for world in (plain, turned)
    ]
    pd.testing.assert_series_equal(*values, rtol=1e-9)
    keys = [np.sort(world.engine.people.key) for world in (plain, turned)]
    assert np.array_equal(*keys)


# ---- weights ---------------------------------------------------------------------------------------------------------
TOTALS = ("births", "deaths", "people", "people_60_and_over")
WEIGHED = [(metric, case) for metric, case in metric_cases() if case["status"] == "ok" and case["inputs"].get("w")]


def numbers(value: Any) -> list[float]:
    """Return all numbers of a result, in order."""
    if isinstance(value, dict):
        return [each for name in sorted(value) for each in numbers(value[name])]
    if isinstance(value, list):
        return [each for item in value for each in numbers(item)]
    return [] if value is None or isinstance(value, str | bool) else [float(value)]


@pytest.mark.parametrize(("metric", "case"), WEIGHED, ids=[case["id"] for _, case in WEIGHED])
def test_check_15_doubled_weights_leave_a_metric_as_it_is(metric: str, case: dict[str, Any]) -> None:
    inputs, params = case["inputs"], case.get("params", {})
    doubled = inputs | {"w": [2 * each for each in inputs["w"]]}
    found = [numbers(compute(metric, each, params)) for each in (inputs, doubled)]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12, atol=1e-14)


def test_check_15_doubled_weights_double_reported_totals_alone() -> None:
    """The same people, each standing for twice as many, under ledgers of twice the money."""
    world = live(world_of(end=START))
    once, last = Reporter().year(world), world.record.last

    def doubled(name: str) -> dict[str, Any]:
        table = dict(last(name))
        return table | {each: 2 * table[each] for each in table if each.endswith("_fen") or each == "members"}

    world.weight *= 2
    world.record.last = doubled  # type: ignore[method-assign]
    twice = Reporter().year(world)
    assert len(once) == len(twice)
    for (*place, name, value, _), (*other, _, more, _) in zip(once, twice, strict=True):
        factor = 2 if name in TOTALS or name.endswith(("_fen", "_money")) else 1
        assert (place, more) == (other[:3], pytest.approx(factor * value, rel=1e-12, nan_ok=True)), name
    assert sum(value != 0 for *_, name, value, _ in once if name.endswith("_fen")) > 50


# ---- seeds and pools -------------------------------------------------------------------------------------------------
def luck(seed: int) -> Any:
    """Return what chance drew in each pool and scheme above what its members' illnesses led to expect [ratio]."""
    world = live(world_of(end=START, rng=seed))
    need = world.tally.need.astype(float)
    drawn = need[:, :, [Need.DRAWN_VISITS, Need.DRAWN_TREATMENT, Need.DRAWN_STAYS]].sum(axis=2)
    expected = need[:, :, Need.MORBIDITY]
    return np.divide(drawn, expected, out=np.full(drawn.shape, np.nan), where=expected > 0).reshape(-1)


def correlation(one: Any, other: Any) -> tuple[float, int]:
    """Return the correlation of ranks, which no single large bill decides, and the number of pairs."""
    both = pd.DataFrame({"one": one, "other": other}).dropna().rank()
    return float(both["one"].corr(both["other"])), len(both)


def test_check_26_seeds_differ_and_are_independent() -> None:
    lucks = [luck(seed) for seed in range(4)]
    np.testing.assert_array_equal(lucks[0], luck(0))
    for one in range(4):
        for other in range(one):
            found, pairs = correlation(lucks[one], lucks[other])
            assert pairs > 400
            assert abs(found) < ERRORS / np.sqrt(pairs)


@pytest.mark.slow
def test_check_26_a_total_of_one_replication_says_nothing_of_the_next() -> None:
    totals = [live(world_of(people=500, end=START, rng=seed)).record.care["cost_fen"].sum() for seed in range(200)]
    found, pairs = correlation(totals[::2], totals[1::2])
    print(f"correlation {found:.3f} of {pairs} pairs")
    assert len(set(totals)) == len(totals)
    assert abs(found) < ERRORS / np.sqrt(pairs)


CHANCE = 20.0
FIRST_UNKNOWN = 2026


SEEDS = 4


@cache
def charged(person_cv: float, rng: int) -> tuple[Any, Any]:
    """Return what care costs in every pool in a year without other shocks, and the members there."""
    still = dict.fromkeys(("pool_shock", "province_shock", "nation_shock"), 0.0) | {"person_cv": person_cv}
    reform = Reform("chance alone", changes={f"care.{name}": {2019: value} for name, value in still.items()})
    world = live(world_of(people=4000, start=FIRST_UNKNOWN, end=FIRST_UNKNOWN, reforms=(reform,), rng=rng))
    cost = world.tally.care[:, :, :, CareItem.COST].sum(axis=(1, 2)) * world.weight
    assert cost.sum() == world.record.care["cost_fen"].sum()
    heads = world.tally.heads[:, Head.COVERED_ACTIVE : Head.COVERED_RESIDENT + 1].sum(axis=1) * world.weight
    return cost.astype(float), heads.astype(float)


def apart(k: int, rng: int) -> list[float]:
    """Return what luck does to the cost of k pools together, in units of what `pooling_cv` says."""
    (cost, members), (even, same) = charged(CHANCE, rng), charged(0.0, rng)
    assert np.array_equal(members, same)
    known = np.flatnonzero((even > 0) & (members > 0))
    known = known[np.argsort(members[known], kind="stable")]  # pools of a size together: they are almost identical
    found = []
    for at in range(0, len(known) - k + 1, k):
        group = known[at : at + k]
        expected = pooling_cv(members[group].tolist(), 1.0, CHANCE, 0.0)
        heads = cost[group] / even[group] * members[group]
        found.append(float((heads.sum() / members[group].sum() - 1) / expected.cv_merged))
    return found


@pytest.mark.parametrize("k", [1, 4, 9])
def test_check_27_in_a_world_pools_together_have_the_risk_of_all_their_members(k: int) -> None:
    """Prices, budgets and bills lie between the luck and the cost of everybody's care."""
    found = [each for rng in range(SEEDS) for each in apart(k, rng)]
    assert abs(np.std(found, ddof=1) - 1) < ERRORS / np.sqrt(2 * len(found))


# ---- time and age ----------------------------------------------------------------------------------------------------
def weighed(world: PoolingModel, year: int) -> Any:
    """Return what the same people, under the same law and levels, need in the draws of a year [pool, scheme, item]."""
    seed = world.seed_of_draws
    keys = {
        f"{name}_keys": np.array(spread_keys(seed, int(Purpose[name.upper()]), year), np.uint64)
        for name in ("birth", "life", "outpatient", "inpatient")
    }
    ground, tally = world.ground._replace(year=np.int64(year), **keys), Tally.empty(len(world.pools))
    world.engine.live("weigh", world._law_of_people(), ground, tally)
    return tally.need


def test_check_38_without_growth_or_ageing_years_have_no_trend() -> None:
    world = live(world_of(start=FIRST_UNKNOWN, end=FIRST_UNKNOWN))
    years = np.arange(30)
    need = (
        np.array([weighed(world, FIRST_UNKNOWN + 1 + year) for year in years.tolist()]).sum(axis=(1, 2)).astype(float)
    )
    for item in (Need.DRAWN_VISITS, Need.DRAWN_TREATMENT, Need.DRAWN_STAYS):
        values = need[:, item] / need[:, item].mean()
        slope, level = np.polyfit(years, values, 1)
        left = values - level - slope * years
        error = np.sqrt((left**2).sum() / (len(years) - 2) / ((years - years.mean()) ** 2).sum())
        assert values.std() > 0
        assert abs(slope) < ERRORS * error, item.name
    for item in (Need.VISITS, Need.TREATMENT, Need.STAYS, Need.MORBIDITY):
        assert (need[:, item] == need[0, item]).all(), item.name


def test_check_51_older_people_need_dearer_care() -> None:
    """Everybody from 30 on ten years older, in the same draws; pools are the sample."""
    world = live(world_of(start=FIRST_UNKNOWN, end=FIRST_UNKNOWN))
    people = world.engine.people
    young = weighed(world, FIRST_UNKNOWN).astype(float)
    people.age[:] = np.where(people.age >= 30, np.minimum(people.age + np.uint8(10), 100), people.age)
    old = weighed(world, FIRST_UNKNOWN).astype(float)
    drawn = [Need.DRAWN_VISITS, Need.DRAWN_TREATMENT, Need.DRAWN_STAYS]
    gain = (old - young)[:, :, drawn].sum(axis=(1, 2))
    gain = gain[young[:, :, drawn].sum(axis=(1, 2)) > 0]
    assert gain.mean() > ERRORS * gain.std(ddof=1) / np.sqrt(len(gain))
    assert old[:, :, Need.MORBIDITY].sum() > young[:, :, Need.MORBIDITY].sum()
