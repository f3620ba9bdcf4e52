"""The subsidy of a resident by level: tiers of 2018 to the fen, need for the same money, very poor places."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from model import data
from model.places import Growth, Spread, living, places
from model.policy import law_record, load_policy
from model.scenario import Reform, load_reform
from model.transfers import central_shares, old_share, subsidies
from tests.worlds import PEOPLE, live, world_of

YEAR = 2027
POLICY = load_policy()


@pytest.fixture(scope="module")
def ground():
    """The levels, last year's incomes and residents of a year, the residents by census heads."""
    spread = Spread.of({p.split(".")[1]: POLICY.value(p, YEAR) for p in POLICY.parameters if p.startswith("places.")})
    rates = (lambda y: POLICY.value("work.wage_growth", y)), (lambda y: POLICY.value("work.income_growth", y))
    growth = Growth.sampled(*rates, 2018, YEAR + 1)
    heads = data.age_groups().sum(axis=(1, 2))
    return places(YEAR, spread, growth), heads, living(places(YEAR - 1, spread, growth))


def law_of(*reforms: Reform, year: int = YEAR):
    return law_record(POLICY.with_reforms(reforms), year, data.pools())[0]


def test_the_tiers_split_the_subsidy_to_the_fen(ground) -> None:
    level, heads, income = ground
    law = law_of(year=2023)
    parts = subsidies(replace(level, unpaid=0.0 * level.unpaid), law, heads, income)
    extra = np.floor(level.extra * law.resident.extra_factor + 0.5)
    np.testing.assert_array_equal(parts.sum(axis=1), 64_000 + extra)
    assert parts.min() >= 0
    assert parts[data.pool_index(210200), 0] == 19_200  # Dalian has the fourth tier: 30 %
    assert parts[data.pool_index(210100), 0] == 32_000


def test_what_does_not_come_in_is_missing_at_every_level(ground) -> None:
    level, heads, income = ground
    short, law = level.unpaid > 0, law_of(year=2023)
    assert set(data.province_index()[short]) == {data.province_codes().index(code) for code in (130000, 210000, 340000)}
    paid, due = (subsidies(each, law, heads, income) for each in (level, replace(level, unpaid=0.0 * level.unpaid)))
    np.testing.assert_array_equal(paid[~short], due[~short])
    np.testing.assert_allclose(paid[short] / due[short], np.repeat(1 - level.unpaid[short, None], 3, axis=1), rtol=2e-4)


def test_the_tiers_of_the_law_are_those_of_the_data() -> None:
    frame, place = data.table("prefectures"), data.members()
    shares = law_of().resident.central_share
    for code, percent in zip(frame["prefecture_code"], frame["rbmi_central_share_percent"], strict=True):
        assert shares[place[int(code)]] == pytest.approx(percent / 100), code


def test_need_costs_the_centre_the_same_and_moves_money_to_the_poor(ground) -> None:
    level, heads, income = ground
    tiers = np.asarray(law_of().resident.central_share)
    needs = central_shares(level, law_of(load_reform("needs_based_transfer")), heads, income)
    assert math.fsum((needs * heads).tolist()) == pytest.approx(math.fsum((tiers * heads).tolist()), rel=1e-9)
    assert needs.min() >= 0
    assert needs.max() <= 1
    east = np.isin(data.pools()["province"], [110000, 310000, 330000])
    poor = income < np.quantile(income, 0.2)
    assert (needs[east] * heads[east]).sum() / heads[east].sum() < (needs[poor] * heads[poor]).sum() / heads[poor].sum()


def test_very_poor_places_of_centre_and_west_get_the_least_share(ground) -> None:
    level, heads, income = ground
    law = law_of(load_reform("centre_pays_poor_areas"))
    tiers, shares = np.asarray(law.resident.central_share), central_shares(level, law, heads, income)
    line = law.resident.poor_area_line * (income * heads).sum() / heads.sum()
    poor = (income < line) & (tiers >= law.resident.poor_area_tier)
    assert 0 < poor.sum() < len(poor)
    assert (shares[poor] >= law.resident.poor_area_share).all()
    np.testing.assert_array_equal(shares[~poor], tiers[~poor])


def test_old_places_are_old() -> None:
    share = old_share()
    assert share[data.pool_index(440300)] < 0.07 < 0.2 < share[data.pool_index(320600)]  # Shenzhen, Nantong
    assert share.mean() == pytest.approx(0.187, abs=0.03)


def test_a_lived_year_books_what_the_rule_says() -> None:
    reform = Reform("poor", changes={"resident.poor_area_share": {2025: 1.0}, "resident.poor_area_line": {2025: 1.0}})
    one, two = (live(world_of(people=PEOPLE, end=2025, reforms=reforms)) for reforms in ((), (reform,)))
    paid = [w.record.flows.query("year == 2025 and kind == 'subsidy'") for w in (one, two)]
    centre = [flows.groupby("payer").amount_fen.sum() for flows in paid]
    assert centre[1]["treasury:centre"] > centre[0]["treasury:centre"]
    assert centre[1].sum() == pytest.approx(centre[0].sum(), rel=1e-3)
