"""Limits of pooling with known answers: model checks 6 to 9, 27 to 34, 48 and 49, on small worlds."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from model.identities import check_identities
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.measures import pooling_cv
from model.phases.fund_world import SCHEME
from model.surroundings import shocks
from tests.oracles.folder import cases
from tests.small_world import SmallWorld
from tests.test_measures_limits import uniforms

ORACLES = {case["id"]: case for case in cases("analytic_cases.json")}
NONE = (0, 0)
PROVINCE = (320100, 320200, 320300), (320000,) * 3
ALIKE = (320100, 320200, 330100, 330200), (320000, 320000, 330000, 330000)
ERRORS = 4.5
FEN = 10**8  # fen in a unit of the oracles: what is rounded is below their tolerance
ALL_ON = {
    "pooling__allow_cross_fund": 1,
    "steps__step1_on": 1,
    "steps__step2_on": 1,
    "steps__step3_on": 1,
    "steps__step3_cross_scheme": 1,
}


def of_family(family: str) -> list[Any]:
    return [pytest.param(case, id=name) for name, case in ORACLES.items() if case["family"] == family]


def one_pool_each(count: int) -> SmallWorld:
    """Return a world of many provinces with one pool each, whom nobody helps."""
    codes = tuple(110000 + 10 * number for number in range(count))
    return SmallWorld(codes, codes, treasury__backstop_limit=1.0)


# ---- risk shared (checks 27, 28, 48) --------------------------------------------------------------------------------
def costs(pools: int, members: float, years: int, **spread: float) -> Any:
    """Return the cost a head by year and pool, mean 1."""
    care = dict.fromkeys(("person_cv", "pool_shock", "province_shock", "nation_shock", "shock_persistence"), 0.0)
    law, codes = SimpleNamespace(care=SimpleNamespace(**care | spread)), np.arange(pools) * 10 + 110000
    return np.array([shocks(1, year, codes, np.full(pools, members), law) for year in range(years)])


def deviation_error(sd: float, years: int) -> float:
    return ERRORS * sd / np.sqrt(2 * years)


@pytest.mark.parametrize("k", [4, 9])
def test_check_27_pooling_identical_pools_divides_risk_by_the_root_of_their_number(k: int) -> None:
    years, members, cv = 4000, 10_000.0, 2.0
    each = costs(k, members, years, person_cv=cv)
    merged, one = each.mean(axis=1).std(ddof=1), costs(1, members * k, years, person_cv=cv)[:, 0].std(ddof=1)
    alone = each[:, 0].std(ddof=1)
    expected = pooling_cv([members] * k, 1.0, cv, 0.0)
    for found, sd in ((alone, expected.cv[0]), (merged, expected.cv_merged), (one, expected.cv_merged)):
        assert abs(found - sd) < deviation_error(sd, years)
    assert expected.reduction == pytest.approx(1 / np.sqrt(k))


def test_check_28_a_common_shock_is_where_the_gain_of_pooling_stops() -> None:
    """With own and common shocks of 4 and 3 % the floor is 3 %: the root of the correlation times the deviation."""
    years = 4000
    for k in (1, 4, 16):
        merged = costs(k, 1e12, years, pool_shock=0.04, nation_shock=0.03).mean(axis=1).std(ddof=1)
        expected = pooling_cv([1.0] * k, 1.0, 0.05, 0.36).cv_merged
        assert expected == pytest.approx(np.sqrt(0.04**2 / k + 0.03**2))
        assert abs(merged - expected) < deviation_error(expected, years) + 0.05**3


def test_check_48_a_merged_pool_has_the_sum_and_no_deficit_where_the_sum_has_none() -> None:
    """Check 48: 30 years of three pools of a province, apart and merged."""
    rng = np.linspace(0.1, 0.9, 90).reshape(30, 3)
    spending = (900 + 200 * np.sin(40 * rng)).astype(int)
    worlds = [SmallWorld(*PROVINCE, pooling__employee_level=level) for level in (0, 1)]
    for world in worlds:
        world.endow(employee_pool=[20_000] * 3)
        for year in spending:
            world.set_year([(1000, int(spent)) for spent in year], NONE)
            world.step()
    apart, merged = (world.record.funds.query("fund == 'employee_pool' and members > 0") for world in worlds)
    balance = [rows["income_fen"] - rows["spending_fen"] for rows in (apart, merged)]
    sums = [each.groupby(rows["year"]).sum() for each, rows in zip(balance, (apart, merged))]
    deficits = [(each < 0).groupby(rows["year"]).sum() for each, rows in zip(balance, (apart, merged))]
    assert (sums[0] == sums[1]).all()
    assert (deficits[1][sums[1] >= 0] == 0).all()
    assert (deficits[1] <= deficits[0]).all()
    assert (deficits[0][sums[0] >= 0] > 0).any()


# ---- nothing to share (checks 29, 30) -------------------------------------------------------------------------------
def test_check_29_one_pool_is_full_pooling() -> None:
    """Three pools pooled by the nation and one pool with their sums: the same balances and no transfers."""
    nation = SmallWorld(**ALL_ON, pooling__employee_level=2, pooling__resident_level=2)
    single = SmallWorld((110000,), (110000,), **ALL_ON)
    nation.endow(employee_pool=[300, 200, 100], resident_pool=[50, 60, 70])
    single.endow(employee_pool=[600], resident_pool=[180])
    for employee, resident in (((1000, 950), (500, 480)), ((1000, 1080), (500, 505))):
        for world, times in ((nation, 1), (single, 3)):
            world.set_year(*(tuple(times * each for each in pair) for pair in (employee, resident)))
            world.step()
        assert nation.closing(EMPLOYEE_POOL)[0] == single.closing(EMPLOYEE_POOL)[0]
        assert nation.closing(RESIDENT_POOL)[0] == single.closing(RESIDENT_POOL)[0]
    for world in (nation, single):
        assert not world.record.flows["kind"].str.startswith(("step2", "step3")).any()


@pytest.mark.parametrize("two", [0, 1, 2])
@pytest.mark.parametrize("three", [0, 1, 2, 3, 4])
def test_check_30_identical_pools_transfer_nothing_net(two: int, three: int) -> None:
    """Equal and certain costs: no aid by gaps; what formulas collect comes back to the fen; no rescue."""
    world = SmallWorld(*ALIKE)
    world.endow(employee_pool=[9000] * 4, resident_pool=[9000] * 4)
    for number in range(3):
        world.set_year((900, 900), (600, 600))
        world.funds.expected = np.full((4, len(SCHEME) + 1), 100.0)
        world.step()
        if number == 0:
            world.change(**ALL_ON, steps__step2_design=two, steps__step3_design=three)
    flows = world.record.flows
    assert not flows["kind"].isin(["backstop", "arrears", "step1_loan", "step3_loan"]).any()
    by_formula = {"step2": two == 1, "step3": three in (1, 3, 4)}
    for step, formula in by_formula.items():
        mine = flows[flows["kind"].str.startswith(step)]
        aid = mine[mine["kind"].str.endswith("_aid")].groupby(["year", "payee"])["amount_fen"].sum()
        uploaded = mine[mine["kind"].str.endswith("_upload")].groupby(["year", "payer"])["amount_fen"].sum()
        if formula:
            assert aid.to_dict() == uploaded.to_dict()
        else:
            assert not len(aid)


# ---- known paths (checks 31 to 34) ----------------------------------------------------------------------------------
@pytest.mark.parametrize("case", of_family("projection"))
def test_check_31_a_certain_path_follows_the_recursion(case: Any) -> None:
    given, expected = case["params"], case["expected"]
    world = SmallWorld((110000,), (110000,), pooling__interest_rate=given["i"], treasury__backstop_limit=1.0)
    world.endow(employee_pool=[given["B0"] * FEN])
    first_deficit = None
    for number, balance in enumerate(expected["balance"]):
        income = given["I0"] * (1 + Fraction(str(given["g"]))) ** number
        spending = given["X0"] * (1 + Fraction(str(given["h"]))) ** number
        world.set_year((round(income * FEN), round(spending * FEN)), NONE)
        world.step()
        pool = world.institutions.pools[110000]
        first_deficit = first_deficit or (number + 1 if pool.in_deficit(EMPLOYEE_POOL) else None)
        rescued = bool(world.flow("backstop") or world.flow("arrears"))
        assert rescued == (number + 1 == expected["first_negative_year"])
        if rescued:
            assert pool.standing[EMPLOYEE_POOL].position / FEN == pytest.approx(balance, rel=1e-9, abs=1e-6)
            break
        assert world.closing(EMPLOYEE_POOL)[0] / FEN == pytest.approx(balance, rel=1e-9, abs=1e-6)
    assert first_deficit == expected["first_deficit_year"]


def ruined(world: SmallWorld, flows: Any, opening: int) -> Any:
    """Return by year the share of pools that could not pay once, from net flows by pool and year [fen]."""
    world.endow(employee_pool=[opening] * len(flows))
    ever, shares = np.zeros(len(flows), bool), []
    codes = world.pools["code"].tolist()
    for year in flows.T:
        world.set_year(np.stack([np.maximum(year, 0), np.maximum(-year, 0)], axis=1), NONE)
        world.step()
        rescued = {int(name.split(":")[1]) for kind in ("backstop", "arrears") for _, name in world.flow(kind)}
        ever |= np.isin(codes, list(rescued))
        shares.append(ever.mean())
    return np.array(shares)


@pytest.mark.parametrize("case", of_family("ruin_discrete"))
def test_check_34_pools_that_cannot_pay_are_as_many_as_the_enumeration_says(case: Any) -> None:
    given, pools, years = case["params"], 1200, min(case["params"]["T"], 12)
    chances = [float(Fraction(each)) for each in given["probabilities"]]
    draws = np.array(given["values"])[np.searchsorted(np.cumsum(chances)[:-1], uniforms(5, 0, (pools, years)), "right")]
    found = ruined(one_pool_each(pools), draws, given["u0"])
    expected = np.array(case["expected"]["p_ruin"][:years])
    assert (np.abs(found - expected) <= ERRORS * np.sqrt(expected * (1 - expected) / pools)).all()


@pytest.mark.parametrize("case", of_family("ruin_symmetric"))
def test_check_34_symmetric_flows_without_reserve(case: Any) -> None:
    years, pools = case["params"]["n"], 1500
    draws = (10**6 * ndtri(uniforms(6, 0, (pools, years)) + 2.0**-54)).astype(np.int64)
    survive = case["expected"]["p_no_ruin"]
    found = 1 - ruined(one_pool_each(pools), draws, 0)[-1]
    assert abs(found - survive) <= ERRORS * np.sqrt(survive * (1 - survive) / pools)


@pytest.mark.parametrize("case", of_family("deficit_normal"))
def test_check_32_deficits_are_as_frequent_as_the_normal_law_says(case: Any) -> None:
    mu, sigma = case["params"]["mu"], case["params"]["sigma"]
    pools, years = 1500, 6
    world = one_pool_each(pools)
    world.endow(employee_pool=[10**12] * pools)
    draws = mu + sigma * ndtri(uniforms(7, 0, (years, pools)) + 2.0**-54)
    for year in draws:
        spending = np.rint(10**6 - 1000 * year).astype(np.int64)
        world.set_year(np.stack([np.full(pools, 10**6), spending], axis=1), NONE)
        world.step()
    rows = world.record.funds.query("fund == 'employee_pool'")
    chance = case["expected"]["p_deficit"]
    assert chance == pytest.approx(ndtr(-mu / sigma))
    found = (rows["spending_fen"] > rows["income_fen"]).mean()
    assert abs(found - chance) <= ERRORS * np.sqrt(chance * (1 - chance) / (pools * years))


# ---- formulas (checks 7, 49 and the oracles of adjustment funds) ----------------------------------------------------
def adjusted(case: Any, **law: Any) -> tuple[SmallWorld, list[int]]:
    """Return the world of an adjustment-fund oracle after two equal years, and what each pool received net."""
    given = case["params"]
    income, spending = (np.array(given[name]) * FEN for name in ("income", "expenditure"))
    world = SmallWorld(*PROVINCE, steps__step2_on=1, **law)
    own = np.rint(given["alpha"] * income).astype(np.int64)
    world.endow(employee_pool=own)
    if law.get("steps__step2_design") == 1:
        world.set_year(np.stack([income, income], axis=1), NONE, active=given["members"], retired=0)
        world.step()
    world.set_year(np.stack([income, spending], axis=1), NONE, active=given["members"], retired=0)
    world.step()
    net = dict.fromkeys(world.pools["code"], 0)
    for (_, payee), amount in world.flow("step2_aid").items():
        net[int(payee.split(":")[1])] += amount
    for (payer, _), amount in world.flow("step2_upload").items():
        net[int(payer.split(":")[1])] -= amount
    return world, list(net.values())


@pytest.mark.parametrize("case", of_family("adjustment_fund"))
def test_adjustment_funds_of_the_oracles(case: Any) -> None:
    """By heads it is Fujian's rule; by shortfalls Shaanxi's, where what was uploaded does not count as a gap."""
    alpha = case["params"]["alpha"]
    if case["params"]["mode"] == "head":
        design = {"steps__step2_design": 1, "steps__step2_equalise_share": alpha, "steps__step2_weights": 0}
    else:
        design = {"steps__step2_upload_rate": alpha, "steps__step2_s0": 1.0, "steps__step2_share": 1.0}
    _, net = adjusted(case, **design)
    assert [each / FEN for each in net] == pytest.approx(case["expected"]["net_received"], rel=1e-9, abs=1e-6)
    assert sum(net) == 0


@pytest.mark.parametrize("case", of_family("full_pooling"))
def test_full_pooling_moves_what_the_oracle_says(case: Any) -> None:
    given, expected = case["params"], case["expected"]
    members, cost, income = (np.array(given[name]) for name in ("members", "cost", "income"))
    paid = np.rint(expected["tau"] * income * members * FEN).astype(np.int64)
    world = SmallWorld(*PROVINCE, pooling__employee_level=2)
    world.endow()
    world.set_year(np.stack([paid, members * cost * FEN], axis=1), NONE)
    world.step()
    care, money = (world.flow(kind) for kind in ("basic", "contribution_employer"))
    into = {int(payee.split(":")[1]): amount for (_, payee), amount in care.items()}
    out = {int(payer.split(":")[1]): amount for (payer, _), amount in money.items()}
    net = [(into[code] - out[code]) / FEN for code in PROVINCE[0]]
    assert net == pytest.approx(expected["net_receipt"], rel=1e-7, abs=1e-6)


@pytest.mark.parametrize("level", ["province", "nation"])
def test_check_49_equalisation_is_none_at_zero_equal_income_at_one_and_linear_between(level: str) -> None:
    """Check 49, inside a province and over the nation."""
    if level == "province":
        name, law, full = (
            "step2",
            {"steps__step2_on": 1, "steps__step2_design": 1, "steps__step2_weights": 0},
            [-400, 400, 0],
        )
    else:
        name, law, full = "step3", {"steps__step3_on": 1, "steps__step3_design": 3}, [-900, -100, 1000]
    for alpha in (0.0, 0.25, 0.5, 1.0):
        world_law = law | {f"steps__{name}_equalise_share": alpha}
        late = {f"steps__{name}_on": 0}
        first, second = second_year(world_law, late)
        assert second == [round(alpha * each) for each in full]
        assert first == [0, 0, 0]


def second_year(law: dict[str, Any], late: dict[str, Any]) -> tuple[list[int], list[int]]:
    """Return the net receipts of a first year without the step and of a second year with it."""
    world, on = SmallWorld(**law | late), {name: law[name] for name in late}
    world.endow()
    incomes, receipts = np.array([1800, 1000, 800]), []
    for number in range(2):
        before = np.zeros(3, int) if number == 0 else np.array(held(world))
        world.change(**(late if number == 0 else on))
        world.set_year(np.stack([incomes, incomes * 0], axis=1), NONE, active=[150, 150, 300], retired=0)
        world.funds.expected = np.zeros((3, len(SCHEME) + 1))
        world.funds.expected[:, SCHEME[EMPLOYEE_POOL]] = [150, 150, 300]
        world.step()
        receipts.append((np.array(held(world)) - before - incomes).tolist())
    return receipts[0], receipts[1]


def held(world: SmallWorld) -> list[int]:
    """Return the employee funds' closings in the order of the pools."""
    by_code = dict(zip(sorted(world.pools["code"]), world.closing(EMPLOYEE_POOL)))
    return [by_code[code] for code in world.pools["code"]]


# ---- nobody pays out of nothing (check 8), no cycle of lenders ------------------------------------------------------
@pytest.mark.parametrize("three", [0, 1, 2, 3, 4])
def test_check_8_with_tiny_reserves_every_payment_has_a_source(three: int) -> None:
    chance = uniforms(8, three, (12, 3, 6))
    world = SmallWorld(**ALL_ON, steps__step3_design=three, steps__step1_default=1, steps__step1_term=1)
    world.endow(employee_pool=[10, 0, 40], resident_pool=[5, 0, 0])
    for year in (2000 * chance).astype(np.int64):
        world.set_year(year[:, :2], year[:, 2:4], retired=year[:, 4])
        world.funds.expected = np.repeat(year[:, 5:], len(SCHEME) + 1, axis=1).astype(float)
        world.step()
        for loan in world.ledger.loans:
            assert not world.ledger._owes(loan.lender, loan.borrower)
    assert check_identities(world.record.tables) == []
    assert (world.record.funds["closing_fen"] >= 0).all()
