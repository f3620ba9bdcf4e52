"""The three steps and the last resort on small worlds with answers by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from agents.pool import Experience
from model.identities import check_identities
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.rules.funds import largest_remainder
from tests.small_world import SmallWorld

ONE = ((320100,), (320000,))
LEND = {"pooling__allow_cross_fund": 1, "steps__step1_on": 1}
ADJUST = {"steps__step2_on": 1, "steps__step2_s0": 1.0, "steps__step2_share": 1.0}
YEARS = ((1000, 900), (1000, 900))


def lived(world: SmallWorld, *years: tuple[Any, Any]) -> SmallWorld:
    """Live years given as (income, spending) of the employee and of the resident fund."""
    for employee, resident in years:
        world.set_year(employee, resident)
        world.step()
    assert check_identities(world.record.tables) == []
    return world


def kinds(world: SmallWorld) -> set[str]:
    return {kind for kind in world.record.flows["kind"] if kind.startswith("step")}


# ---- step 1 -------------------------------------------------------------------------------------------------------
def borrowing(**law: Any) -> SmallWorld:
    """Return a prefecture whose resident fund had to borrow 350 from its employee fund in 2024."""
    world = SmallWorld(*ONE, **(LEND | law))
    world.endow(employee_pool=[3000], resident_pool=[0])
    return lived(world, ((1000, 1000), (1150, 1200)))


def test_a_loan_brings_the_brother_fund_to_three_months() -> None:
    world = borrowing()
    assert world.flow("step1_loan") == {("employee_pool:320100", "resident_pool:320100"): 350}
    assert (world.closing(EMPLOYEE_POOL), world.closing(RESIDENT_POOL)) == ([2650], [300])
    rows = world.record.funds.set_index("fund")
    assert (rows.loc[EMPLOYEE_POOL, "lent_fen"], rows.loc[RESIDENT_POOL, "owed_fen"]) == (350, 350)


def test_the_donor_lends_a_share_of_what_it_holds_above_nine_months() -> None:
    world = SmallWorld(*ONE, **LEND)
    world.endow(employee_pool=[850], resident_pool=[0])
    lived(world, ((1000, 1000), (1150, 1200)))
    assert world.flow("step1_loan") == {("employee_pool:320100", "resident_pool:320100"): 50}


def test_employees_may_borrow_from_residents_where_both_ways() -> None:
    for both, expected in ((1, 350), (0, 0)):
        world = SmallWorld(*ONE, **LEND, steps__step1_both_ways=both)
        world.endow(employee_pool=[0], resident_pool=[3000])
        lived(world, ((1150, 1200), (1000, 1000)))
        assert world.flow("step1_loan").get(("resident_pool:320100", "employee_pool:320100"), 0) == expected


@pytest.mark.parametrize("law", [{"pooling__allow_cross_fund": 0}, {"steps__step1_on": 0}, {"steps__step1_share": 0.0}])
def test_no_loan_without_law_switch_or_share(law: dict[str, Any]) -> None:
    assert not kinds(borrowing(**law))


def test_repayment_takes_half_the_surplus_above_six_months() -> None:
    world = borrowing(steps__step1_term=5)
    lived(world, ((1000, 1000), (1800, 1200)), ((1000, 1000), (1200, 1200)))
    assert world.flow("step1_repay") == {("resident_pool:320100", "employee_pool:320100"): 300}
    lived(world, ((1000, 1000), (1200, 1200)))
    assert world.flow("step1_repay") == {}
    assert world.record.funds.query("year == 2027 and fund == 'resident_pool'")["owed_fen"].item() == 50


@pytest.mark.parametrize(("rule", "owed", "flow", "donor"), [(0, 350, 0, 2650), (1, 0, 350, 3000), (2, 0, 0, 2650)])
def test_a_loan_that_is_due_and_unpaid(rule: int, owed: int, flow: int, donor: int) -> None:
    world = borrowing(steps__step1_term=1, steps__step1_default=rule)
    lived(world, ((1000, 1000), (1200, 1200)))
    rows = world.record.funds.query("year == 2025").set_index("fund")
    assert (rows.loc[RESIDENT_POOL, "owed_fen"], rows.loc[EMPLOYEE_POOL, "closing_fen"]) == (owed, donor)
    assert world.flow("backstop").get(("treasury:320100", "resident_pool:320100"), 0) == flow
    assert world.flow("step1_repay").get(("resident_pool:320100", "employee_pool:320100"), 0) == flow


def test_when_due_all_above_the_floor_is_repaid() -> None:
    world = borrowing(steps__step1_term=2)
    lived(world, ((1000, 1000), (1540, 1200)), ((1000, 1000), (1200, 1200)))
    assert sum(world.flow("step1_repay").values()) == 40


def test_interest_is_paid_or_added() -> None:
    world = borrowing(steps__step1_interest=0.1)
    lived(world, ((1000, 1000), (1800, 1200)))
    assert world.record.funds.query("year == 2025 and fund == 'resident_pool'")["owed_fen"].item() == 385
    lived(world, ((1000, 1000), (1200, 1200)))
    assert sum(world.flow("step1_interest").values()) == 39
    assert sum(world.flow("step1_repay").values()) == 261


def test_one_resident_fund_of_a_province_borrows_from_all_its_employee_funds() -> None:
    world = SmallWorld(**LEND, pooling__resident_level=1)
    world.endow(employee_pool=[3000, 1750, 0], resident_pool=[0, 0, 500])
    lived(world, ((1000, 1000), [(1000, 1200), (1150, 1200), (1000, 1000)]))
    assert world.flow("step1_loan") == {
        ("employee_pool:320100", "resident_pool:320000"): 588,
        ("employee_pool:320200", "resident_pool:320000"): 262,
    }


# ---- step 2 -------------------------------------------------------------------------------------------------------
def test_uploads_and_graded_aid_by_hand() -> None:
    world = SmallWorld(**ADJUST | {"steps__step2_s0": 0.5, "steps__step2_s1": 0.25})
    world.endow(employee_pool=[500, 0, 100], resident_pool=[500] * 3)
    residents = (1000, 1000)
    lived(world, ((1000, 900), residents))
    world.set_year([(1000, 900), (1000, 1140), (1000, 900)], residents, active=[100, 50, 100], retired=[50, 50, 0])
    world.step()
    uploads = {name: amount for name, amount in world.flow("step2_upload").items() if "employee" in name[0]}
    assert uploads == {
        ("employee_pool:320100", "provincial_adjustment:320000"): 50,
        ("employee_pool:320200", "provincial_adjustment:320000"): 50,
    }
    # 2024: 100 uploaded in all; 2025: 320200 has 50 + 1000 - 50 - 1140 = -140; index 1 at 2024's ages, share 0.75
    assert world.flow("step2_aid") == {("provincial_adjustment:320000", "employee_pool:320200"): 105}
    assert sum(world.flow("backstop").values()) == 35


def test_older_pools_get_a_larger_share() -> None:
    world = SmallWorld(**ADJUST | {"steps__step2_s0": 0.2, "steps__step2_s1": 0.3, "steps__step2_share": 0.9})
    world.endow(employee_pool=[10_000, 10_000, 0])
    for _ in range(3):
        world.set_year((9000, 9000), (10, 0), active=[100, 100, 100], retired=[20, 60, 0])
        world.step()
    world.set_year([(9000, 18800), (9000, 18800), (9000, 9000)], (10, 0), active=100, retired=[20, 60, 0])
    world.step()
    gap = 18800 - 9000 - 10_000 + 4 * 450
    aid = world.flow("step2_aid")
    assert aid["provincial_adjustment:320000", "employee_pool:320100"] == round(gap * (0.2 + 0.3 * 0.5))
    assert aid["provincial_adjustment:320000", "employee_pool:320200"] == round(gap * (0.2 + 0.3 * 1.5))


def test_an_empty_fund_pays_by_largest_remainder_and_no_more_than_it_has() -> None:
    world = SmallWorld(**ADJUST, steps__step2_upload_rate=0.001)
    world.endow(employee_pool=[0, 0, 0])
    lived(world, ([(1000, 2000), (2000, 2500), (100, 50)], (0, 0)))
    assert list(world.flow("step2_aid").values()) == [2, 1]
    assert world.closing("provincial_adjustment") == [0]


def test_uploads_stop_when_the_province_covers_six_months() -> None:
    world = SmallWorld(**ADJUST, steps__step2_upload_rate=0.3)
    world.endow(employee_pool=[5000, 5000, 0], resident_pool=[9] * 3)
    lived(world, *[((1000, 900), (0, 0))] * 4)
    assert world.flow("step2_upload") == {}
    # 2024: 600 of the 1000 that half of last year's income is; 2025: 600 again; then 1200 cover half of 1800
    assert world.closing("provincial_adjustment") == [1200]


def test_single_pool_provinces_neither_upload_nor_receive() -> None:
    world = SmallWorld((110000, 659000), (110000, 650000), **ADJUST)
    world.endow(employee_pool=[0, 100])
    lived(world, *[((1000, 1100), (100, 120))] * 3)
    assert not kinds(world)


def test_pools_alike_and_solvent_receive_nothing() -> None:
    world = SmallWorld(**ADJUST | LEND, steps__step3_on=1)
    world.endow(employee_pool=[800] * 3, resident_pool=[800] * 3)
    lived(world, *[((1000, 950), (1000, 950))] * 3)
    assert kinds(world) == {"step2_upload", "step3_upload"}


def test_already_pooled_provinces_do_not_upload_and_take_over_the_adjustment_fund() -> None:
    world = SmallWorld(**ADJUST)
    world.endow(employee_pool=[100] * 3, resident_pool=[100] * 3)
    lived(world, YEARS)
    world.change(pooling__employee_level=1, pooling__resident_level=1)
    lived(world, YEARS)
    assert world.flow("step2_upload") == {}
    assert world.flow("merge")["provincial_adjustment:320000", "employee_pool:320000"] == 100
    assert world.closing("provincial_adjustment") == [0]
    assert world.closing(EMPLOYEE_POOL) == [300, 600, 0, 0]


def test_unified_design_pools_the_province() -> None:
    world = SmallWorld(**ADJUST, steps__step2_design=2)
    world.endow(employee_pool=[100, 0, 100])
    lived(world, ([(1000, 900), (1000, 1190), (1000, 900)], (0, 0)))
    assert world.closing(EMPLOYEE_POOL) == [200, 10]
    assert not kinds(world)


@pytest.mark.parametrize(("alpha", "moved"), [(0.0, 0), (0.25, 100), (0.5, 200), (1.0, 400)])
def test_equalisation_before_the_year_is_linear_up_to_equal_income_a_head(alpha: float, moved: int) -> None:
    world = SmallWorld(
        **ADJUST, steps__step2_design=1, steps__step2_equalise_share=alpha, steps__step2_weight_retired=1
    )
    incomes = [(1800, 0), (1000, 0), (900, 0)]
    world.endow()
    lived(world, (incomes, (0, 0)), (incomes, (0, 0)))
    flows = world.flow("step2_upload"), world.flow("step2_aid")
    assert sum(flows[0].values()) == sum(flows[1].values()) == 2800 * alpha
    assert world.closing(EMPLOYEE_POOL) == [900 * 2, 3600 - moved, 2000 + moved]


@pytest.mark.parametrize(
    ("trigger", "spending", "aid"),
    [
        ("none", 1100, 0),
        ("none", 1200, 0),
        ("short", 1100, 0),
        ("short", 1200, 400),
        ("foreseen", 1100, 250),
        ("deficit", 1100, 250),
    ],
)
def test_triggers_of_step_two(trigger: str, spending: int, aid: int) -> None:
    law = {} if trigger == "none" else {f"steps__step2_trigger_{trigger}": 1}
    world = SmallWorld(**ADJUST, **law, steps__step2_target_months=6, steps__step2_upload_rate=0.1)
    world.endow(employee_pool=[9000, 600, 0])
    lived(world, ((1000, 1000), (0, 0)), ([(1000, 900), (1000, spending), (1000, 900)], (0, 0)))
    # 600 less two uploads of 100 less the year's deficit: 300 or 200; months 3.3 or 2.0, and less a year on
    assert sum(world.flow("step2_aid").values()) == aid


# ---- step 3 -------------------------------------------------------------------------------------------------------
def test_the_nation_covers_what_is_left_beyond_a_provinces_own_part() -> None:
    world = SmallWorld(steps__step3_on=1, steps__step3_upload_rate=0.1, steps__step3_deductible=0.02)
    world.change(steps__step3_share=0.5)
    world.endow(employee_pool=[500, 0, 500])
    lived(world, ([(1000, 900), (1000, 1000), (1000, 900)], (0, 0)))
    assert sum(world.flow("step3_upload").values()) == 300
    # 320200 lacks the 100 it paid up; its province spends 1900 and bears 38; half of 62
    assert world.flow("step3_aid") == {("national_adjustment:0", "employee_pool:320200"): 31}


def test_one_province_alone_has_no_step_three() -> None:
    world = SmallWorld((320100, 320200), (320000, 320000), steps__step3_on=1)
    world.endow(employee_pool=[500, 0])
    lived(world, *[((1000, 1100), (0, 0))] * 2)
    assert not kinds(world)


def test_employee_money_crosses_schemes_only_if_both_switches_are_on() -> None:
    for switch, allowed, expected in ((1, 1, 30), (1, 0, 0), (0, 1, 0)):
        world = SmallWorld(steps__step3_on=1, steps__step3_cross_scheme=switch, pooling__allow_cross_fund=allowed)
        world.endow(employee_pool=[500] * 3)
        lived(world, ((1000, 900), [(0, 500), (0, 0), (0, 0)]))
        assert world.flow("step3_aid").get(("national_adjustment:0", "resident_pool:320100"), 0) == expected


def test_central_budget_and_excess_reserves_feed_the_national_fund() -> None:
    world = SmallWorld(steps__step3_on=1, steps__step3_central_budget=0.05, steps__step3_excess_rate=0.1)
    world.endow(employee_pool=[500, 5000, 0])
    lived(world, ((1000, 900), (0, 0)))
    assert world.flow("subsidy")["treasury:centre", "national_adjustment:0"] == 150
    uploads = world.flow("step3_upload")
    assert uploads["employee_pool:320200", "national_adjustment:0"] == 10 + (5000 - 1250) // 10
    assert uploads["employee_pool:320100", "national_adjustment:0"] == 10


def test_the_pension_rule_pays_out_all_by_weighted_heads() -> None:
    world = SmallWorld(steps__step3_on=1, steps__step3_design=1, steps__step3_upload_rate=0.03)
    world.endow(employee_pool=[10**10] * 3)
    world.places.wage = [100_000_00, 80_000_00, 120_000_00]
    lived(world, YEARS, YEARS)
    due = [270_000_00, 216_000_00, 324_000_00]
    assert sorted(world.flow("step3_upload").values())[-3:] == sorted(due)
    assert sorted(world.flow("step3_aid").values())[-3:] == [sum(due) // 3 + 30] * 3  # and the 30 of each that nobody
    # could claim in the first year, when heads were not yet known
    assert world.closing("national_adjustment") == [0]


def test_rich_provinces_lend_to_poor_ones_in_the_swap() -> None:
    world = SmallWorld(steps__step3_on=1, steps__step3_design=2, steps__step3_target_months=3)
    world.endow(employee_pool=[0, 1000, 5000])
    lived(world, ([(1000, 1200), (1000, 1000), (1000, 1200)], (0, 0)))
    assert world.flow("step3_loan") == {("employee_pool:110000", "employee_pool:320100"): 500}


# ---- order, last resort, invariants -------------------------------------------------------------------------------
def test_the_province_pays_first_if_the_law_says_so() -> None:
    loans = {}
    for order in (12, 21):
        world = SmallWorld(**ADJUST | LEND, steps__order=order, steps__step1_target_months=0)
        world.endow(employee_pool=[9000] * 3, resident_pool=[100] * 3)
        lived(world, ((1000, 900), [(1000, 1200), (1000, 900), (1000, 900)]))
        loans[order] = sum(world.flow("step1_loan").values()), sum(world.flow("step2_aid").values())
    # 320100 lacks 150 after its upload of 50; the provincial fund holds 100
    assert loans == {12: (150, 0), 21: (50, 100)}


def test_treasury_then_arrears_then_smaller_benefits_then_repayment() -> None:
    world = SmallWorld(treasury__backstop_share=0.6, treasury__backstop_limit=0.05)
    world.endow(resident_pool=[100, 0, 0])
    lived(world, ((0, 0), [(1000, 900), (1000, 1200), (1000, 1020)]))
    assert world.flow("backstop") == {
        ("treasury:110000", "resident_pool:110000"): 12,
        ("treasury:320200", "resident_pool:320200"): 50,
    }
    assert world.flow("arrears") == {
        ("providers:110000", "resident_pool:110000"): 8,
        ("providers:320200", "resident_pool:320200"): 150,
    }
    assert world.funds.coverage[:, 2].tolist() == [1.0, 0.97, 0.97]
    assert world.institutions.pools[320200].arrears[RESIDENT_POOL] == 150
    lived(world, ((0, 0), [(1000, 900), (1000, 900), (1000, 995)]))
    assert world.flow("arrears_paid") == {
        ("resident_pool:110000", "providers:110000"): 5,
        ("resident_pool:320200", "providers:320200"): 100,
    }
    assert world.funds.coverage[:, 2].tolist() == [1.0, 1.0, 1.0]
    assert world.record.funds.query("year == 2025")["owed_fen"].sum() == 53


def test_a_pool_without_members_is_left_alone() -> None:
    world = SmallWorld(**ADJUST | LEND, steps__step3_on=1, steps__step2_trigger_short=1, steps__step2_target_months=3)
    world.endow(employee_pool=[0, 5000, 5000], resident_pool=[0, 100, 100])
    lived(world, *[([(0, 0), (1000, 900), (1000, 900)], [(0, 0), (1000, 900), (1000, 900)])] * 3)
    rows = world.record.funds.query("prefecture == 320100")
    assert (rows[["received_fen", "paid_fen"]] == 0).all().all()
    assert set(rows["status"]) == {""}


def test_warnings_reach_pools_and_province() -> None:
    world = SmallWorld()
    world.endow(employee_pool=[100, 900, 0])
    lived(world, ([(1000, 1080), (1000, 1050), (1000, 900)], (0, 0)))
    pool = world.institutions.pools[320100]
    assert pool.status(EMPLOYEE_POOL) == "short"
    assert pool.in_deficit(EMPLOYEE_POOL)
    assert pool.runs_dry(EMPLOYEE_POOL) == 2024.25
    assert world.institutions.provinces[320000].warned[EMPLOYEE_POOL] == (320100, 320200)
    assert {type(agent).__name__ for agent in world.agents} == {"Pool", "Province", "Centre"}
    assert len(list(world.agents)) == 6


PAIRS = st.tuples(st.integers(0, 2000), st.integers(0, 2000))
FUND = st.lists(PAIRS, min_size=3, max_size=3)


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.lists(st.tuples(FUND, FUND), min_size=2, max_size=4),
    st.lists(st.integers(0, 3000), min_size=6, max_size=6),
    st.sampled_from([12, 21]),
    st.sampled_from([0, 1, 2]),
    st.sampled_from([0, 1, 2]),
    st.sampled_from([0, 1]),
)
def test_whatever_happens_no_ledger_ends_below_zero(
    years: list[tuple[Any, Any]], opening: list[int], order: int, two: int, three: int, cross: int
) -> None:
    world = SmallWorld(**LEND, steps__step2_on=1, steps__step3_on=1, steps__order=order, steps__step2_design=two)
    world.change(steps__step3_design=three, steps__step3_cross_scheme=cross, steps__step2_target_months=3)
    world.change(steps__step2_trigger_short=1, steps__step1_term=1, steps__step1_default=1, steps__step1_interest=0.02)
    world.endow(employee_pool=opening[:3], resident_pool=opening[3:])
    for number, (employee, resident) in enumerate(years):
        world.change(pooling__resident_level=number % 3)
        world.set_year(employee, resident)
        world.step()
    assert check_identities(world.record.tables) == []
    assert (world.record.funds["closing_fen"] >= 0).all()
    aid = world.record.flows[world.record.flows["kind"].str.startswith("step")]
    outside = aid["payer"].str.contains("treasury|providers") | aid["payee"].str.contains("treasury|providers")
    assert not outside.any()


def test_pools_expect_the_mean_of_the_growth_they_have_seen() -> None:
    seen = Experience.none(np.array([110000, 120000]))
    first = np.array([100, 0]), np.array([50, 80])
    assert seen.learn(*first).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert seen.learn(np.array([110, 10]), np.array([75, 80]))[0].tolist() == [110 / 100 - 1, 75 / 50 - 1]
    seen = seen.of_areas(np.array([110000, 130000]))
    grown = seen.learn(np.array([110, 10]), np.array([75, 80]))
    assert grown.tolist() == [[(110 / 100 - 1) / 2, (75 / 50 - 1) / 2], [0.0, 0.0]]


def test_many_parts_are_split_as_few_are() -> None:
    weights = [(7 * place) % 11 for place in range(100)]
    exact = 2**62  # the products of this pass 64 bits
    for total in (0, 1, 17, 500):
        parts = largest_remainder(total, weights)
        ideal = [total * weight / sum(weights) for weight in weights]
        assert sum(parts) == total
        assert all(abs(part - share) < 1 for part, share in zip(parts, ideal))
        assert parts == [
            part - exact * weight
            for part, weight in zip(largest_remainder(total + exact * sum(weights), weights), weights)
        ]
