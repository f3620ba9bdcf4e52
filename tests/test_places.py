"""Levels by pool and opening balances: they keep to the published totals and to the tables of provinces."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from model import data, province_estimates
from model.data.apportion import largest_remainder, monotone, split_rows
from model.errors import DataError
from model.openings import AT_ZERO, SIX, national, openings
from model.places import Growth, Places, Spread, mean, people, places, resident_estimates, usual_financing
from model.shape import quantiles

VALUES = {
    "last_base": 2024,
    "last_income": 2023,
    "wage_power": 1.0,
    "wage_local": 0.25,
    "income_local": 0.25,
    "level_limit": 1.0,
    "rural_catch_up": 0.015,
    "bottom": 0.3,
    "top_power": 3,
    "price_shrink": 0.5,
    "price_local": 0.1,
    "price_spread": 0.08,
    "extra_power": 2.0,
    "extra_local": 0.5,
    "extra_growth": 0.01,
    "unpaid_share": 1.0,
    "fund_interest": 0.02,
    "province_share": 0.5,
    "balance_tilt": 0.5,
    "employee_spread": 0.3,
    "resident_spread": 0.3,
}
SPREAD = Spread.of(VALUES)
GROWTH = Growth.sampled(lambda year: 0.05, lambda year: 0.06, 2019, 2051)
STANDARD = 99_000
YUAN = 100


@pytest.fixture(scope="module")
def level() -> Places:
    return places(2023, SPREAD, GROWTH)


def members() -> tuple[np.ndarray, np.ndarray]:
    persons = data.age_groups().sum(axis=(1, 2))
    return persons // 4, persons * 2 // 3


def test_spread_wants_exactly_its_parameters():
    with pytest.raises(DataError, match=r"places\.wage_local: expected exactly"):
        Spread.of({name: value for name, value in VALUES.items() if name != "wage_local"})
    with pytest.raises(DataError, match=r"places\.other"):
        Spread.of(VALUES | {"other": 1.0})


def test_wages_keep_to_the_provinces(level):
    provinces = data.table("provinces").set_index("province_code")
    urban = people()[:, 0]
    later = places(2024, SPREAD, GROWTH)
    for place, code in enumerate(data.province_codes()):
        inside = data.province_index() == place
        base = provinces.loc[code, "pension_base_2023_yuan_per_month"] * 12 * YUAN
        assert set(level.base_wage[inside]) == {base}
        assert mean(level.wage[inside], urban[inside]) == pytest.approx(later.base_wage[inside][0], rel=1e-7)


def test_wages_beyond_the_base_widen_the_gaps_and_keep_the_mean(level):
    wider = places(2024, Spread.of(VALUES | {"wage_power": 1.3}), GROWTH)
    plain, urban = places(2024, SPREAD, GROWTH), people()[:, 0]
    assert mean(wider.wage.astype(float), urban) == pytest.approx(mean(plain.wage.astype(float), urban), rel=0.005)
    assert np.std(np.log(wider.wage)) > 1.1 * np.std(np.log(plain.wage))
    np.testing.assert_array_equal(wider.base_wage, plain.base_wage)


def test_wages_go_back_and_forward_by_growth(level):
    before, after = places(2019, SPREAD, GROWTH), places(2050, SPREAD, GROWTH)
    np.testing.assert_allclose(before.base_wage * 1.05**4, level.base_wage, rtol=1e-6)
    np.testing.assert_allclose(after.base_wage, places(2024, SPREAD, GROWTH).base_wage * 1.05**26, rtol=1e-6)
    with pytest.raises(DataError, match="growth in 2052: expected a year from 2019 to 2051"):
        places(2052, SPREAD, GROWTH)


def test_incomes_keep_to_the_provinces(level):
    provinces = data.table("provinces").set_index("province_code")
    urban, persons = people()[:, 0], people()[:, 1]
    for place, code in enumerate(data.province_codes()):
        inside = data.province_index() == place
        for column, weights, area in ((0, persons - urban, "rural"), (1, urban, "urban")):
            found = mean(level.income[inside, column], weights[inside]) / YUAN
            assert found == pytest.approx(provinces.loc[code, f"income_2023_{area}_yuan"], rel=1e-6)
    assert (level.income[:, 1] > level.income[:, 0]).all()


@pytest.mark.parametrize("area", ["rural", "urban"])
def test_shape_has_the_published_fifths(area):
    curve = quantiles(area, 2023, 0.3, 3)
    assert curve.shape == (65,)
    assert (np.diff(curve) >= 0).all()
    frame = data.table("income_distribution")
    rows = frame[(frame["area"] == area) & (frame["year"] == 2023) & frame["group"].str.startswith("quintile")]
    published = rows.sort_values("value")["value"].to_numpy()
    fine = np.interp((np.arange(6400) + 0.5) / 6400, np.arange(65) / 64, curve)
    np.testing.assert_allclose(fine.reshape(5, -1).mean(axis=1), published / published.mean(), rtol=2e-3)
    assert fine.mean() == pytest.approx(1, abs=1e-3)


def test_price_is_one_on_average_and_rises_with_spending(level):
    assert mean(level.price, people()[:, 1]) == pytest.approx(1)
    assert level.price[data.pool_index(110000)] > 1.3
    flat = places(2023, dataclasses.replace(SPREAD, price_shrink=0.0, price_local=0.0, price_spread=0.0), GROWTH)
    np.testing.assert_allclose(flat.price, 1.0)


PUBLISHED = {110000: 2858, 310000: 2844, 330000: 1868, 210000: 952, 130000: 961, 340000: 989}
"""Financing a resident in 2023 [yuan], of six provinces (document 002); the last three lie below the standards."""


def financing(level) -> dict[int, float]:
    """Return what the levels bring in a resident of 2023, by province [yuan]."""
    persons, index = people()[:, 1], data.province_index()
    own = level.extra / YUAN - level.unpaid * 640
    return {
        code: usual_financing(SPREAD) + mean(own[index == p], persons[index == p])
        for p, code in enumerate(data.province_codes())
    }


def test_financing_of_residents_is_the_published_one(level):
    heads, per_head = resident_estimates(), financing(level)
    for code, value in PUBLISHED.items():
        assert per_head[code] == pytest.approx(value, abs=0.1), code
    total = math.fsum((heads * np.array(list(per_head.values()))).tolist()) / math.fsum(heads.tolist())
    assert total == pytest.approx(1097.7, abs=0.2)


def test_gaps_below_the_standards_may_be_read_as_nothing():
    level = places(2023, dataclasses.replace(SPREAD, unpaid_share=0.0), GROWTH)
    assert not level.unpaid.any()
    for code in (210000, 130000, 340000):
        assert financing(level)[code] == pytest.approx(usual_financing(SPREAD))


@pytest.mark.parametrize("year", range(2018, 2026))
def test_openings_add_up_to_the_nation(year):
    employees, residents = members()
    balances = openings(year, employees, residents, STANDARD, SPREAD, GROWTH)
    for fund, total in national(year).items():
        assert balances[fund].sum() == total.fen
        assert balances[fund].min() > 0
        assert balances[fund].dtype == np.int64
    for fund in AT_ZERO:
        assert not balances[fund].any()


def test_national_closings_are_the_published_ones():
    assert national(2024)["employee_pool"].fen == 304_455_000_000_000
    assert national(2024)["employee_pool"].status == "published"
    assert national(2023)["employee_accounts"].status == "derived"
    assert national(2019)["employee_pool"].fen == data.fen(14128)
    assert national(2018)["employee_pool"].fen == data.fen(11466 + (14128 - 13573.79))
    assert {fund: total.status for fund, total in national(2018).items()} == {
        "employee_pool": "derived", "resident_pool": "derived", "employee_accounts": "assumed",
    }  # fmt: skip
    assert national(2025)["resident_pool"].fen == data.fen(2 * 8183.02 - 7663.70)
    assert national(2025)["resident_pool"].status == "assumed"
    for year in (2017, 2026):
        with pytest.raises(DataError, match="expected a year from 2018 to 2025"):
            national(year)


def test_six_provinces_hold_their_share():
    employees, residents = members()
    balances = openings(2023, employees, residents, STANDARD, SPREAD, GROWTH)
    inside = data.pools()["province"].isin(SIX).to_numpy()
    whole = balances["employee_pool"] + balances["employee_accounts"]
    assert whole[inside].sum() / whole.sum() == pytest.approx(0.5414, abs=1e-6)


def test_accounts_are_multiples_of_the_weight():
    employees, residents = members()
    holders = np.where(np.arange(358) % 7 == 0, 0, employees)
    balances = openings(2023, employees, residents, STANDARD, SPREAD, GROWTH, holders, weight=1409)
    accounts = balances["employee_accounts"]
    assert not (accounts % 1409).any()
    assert not accounts[holders == 0].any()
    assert 0 <= national(2023)["employee_accounts"].fen - accounts.sum() < 1409
    assert balances["employee_pool"].sum() == national(2023)["employee_pool"].fen


def test_shares_add_up():
    assert largest_remainder(10, [1, 1, 1]).tolist() == [4, 3, 3]
    assert largest_remainder(0, [0, 0]).tolist() == [0, 0]
    assert largest_remainder(10**15 + 7, [3, 0, 1]).sum() == 10**15 + 7
    with pytest.raises(DataError, match="a weight is negative"):
        largest_remainder(1, [1, -1])
    with pytest.raises(DataError, match="all are zero"):
        largest_remainder(1, [0, 0])
    parts = split_rows(np.array([10, 7]), np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]))
    assert parts.sum(axis=1).tolist() == [10, 7]
    assert parts[0, 2] == 0


def test_curves_pass_through_their_knots_and_rise():
    knots = np.array([0.0, 1.0, 5.0, 6.0])
    heights = np.array([[0.0, 1.0, 1.0, 9.0], [0.0, 3.0, 4.0, 4.0]])
    np.testing.assert_allclose(monotone(knots, heights, knots), heights)
    assert (np.diff(monotone(knots, heights, np.linspace(0, 6, 200)), axis=1) >= -1e-12).all()


def test_members_of_provinces_rest_on_2019_and_add_up():
    found = province_estimates.members()
    employees, residents = (data.series("enrolment", s, unit="persons")[2019] for s in ("employee", "resident"))
    assert math.fsum(found["employee"].tolist()) == pytest.approx(employees)
    assert math.fsum(found["resident"].tolist()) == pytest.approx(residents)
    assert min(found["employee"].min(), found["resident"].min()) > 0
    order = list(data.province_codes())
    assert province_estimates.spending()[order.index(110000)] == pytest.approx(1319.9999)


def test_what_provinces_spent_after_2019_is_not_read(monkeypatch):
    whole, asked = data.table, []

    def without(name):
        frame = whole(name)
        if name == "province_funds":
            asked.append(name)
            frame = frame.assign(value=frame["value"].where((frame["year"] != 2020) & (frame["year"] != 2021)))
        if name == "province_funds_derived":
            later = [each for each in frame.columns if "expenditure" in each or "method_a" in each]
            later += ["employee_enrolment_est_10k_persons", "resident_enrolment_est_10k_persons"]
            frame = frame.drop(columns=later)
        return frame

    monkeypatch.setattr(data, "table", without)
    for cached in (province_estimates.members, province_estimates.spending):
        np.testing.assert_array_equal(_flat(cached.__wrapped__()), _flat(cached()))
    assert asked


def _flat(found):
    return np.concatenate(list(found.values())) if isinstance(found, dict) else found
