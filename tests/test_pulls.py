"""Provinces grow as published: births by place, and pulls with which moves come to what is left."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.codes import Sex
from model.data import province_codes, province_index
from model.demography import birth_pattern, older
from model.errors import DataError
from model.mobility import at_home, drawn, going_rates, mobility, provinces_pulls, ways
from model.pulls import balanced, migrants_between, net_moves, pulls
from model.scenario import Reform
from model.synthesis.people import (
    birth_levels,
    birth_rates,
    carried,
    mover_weights,
    natural_change,
    province_totals,
)
from tests.worlds import live, world_of

OUTSIDE = 215e6
MOVERS = mover_weights({f"synthesis.migrant_weight_{ages}": 1.0 for ages in ("under_16", "18_to_45", "46_to_59")})
GOING, RETURNING = 0.04, 0.04
HEILONGJIANG, ZHEJIANG = (province_codes().index(code) for code in (230000, 330000))


def moved(flows, pull) -> np.ndarray:
    """Return what comes less what goes when flows follow the ratios of pulls."""
    flows = flows * (np.asarray(pull)[None, :] / np.asarray(pull)[:, None])
    return flows.sum(axis=0) - flows.sum(axis=1)


@given(
    flows=arrays(float, (4, 4), elements=st.floats(1.0, 100.0)),
    net=arrays(float, 3, elements=st.floats(-100.0, 100.0)),
)
def test_flows_at_the_pulls_come_to_the_net_that_is_asked(flows, net) -> None:
    np.fill_diagonal(flows, 0.0)
    wanted = np.append(net, -net.sum())
    pull = balanced(flows, wanted)
    assert (pull > 0).all()
    assert pull.mean() == pytest.approx(1.0)
    assert moved(flows, pull) == pytest.approx(wanted, abs=1e-6)


def test_what_no_pull_can_do_is_refused() -> None:
    flows = np.array([[0.0, 5.0, 1.0], [2.0, 0.0, 4.0], [0.0, 0.0, 0.0]])  # nobody leaves the third
    with pytest.raises(DataError, match="population_year_end"):
        balanced(flows, np.array([1.0, 1.0, -2.0]))


def test_birth_rates_are_the_years_own_where_known() -> None:
    np.testing.assert_array_equal(birth_rates(2018), birth_rates(2019))
    np.testing.assert_array_equal(birth_rates(2020), birth_rates(2030))
    assert (birth_rates(2019) > birth_rates(2021)).mean() > 0.9


def test_flows_that_are_as_asked_need_no_pull() -> None:
    flows = np.array([[0.0, 5.0, 1.0], [2.0, 0.0, 4.0], [3.0, 1.0, 0.0]])
    assert balanced(flows, moved(flows, np.ones(3))) == pytest.approx(1.0)


@pytest.mark.parametrize("year", [2019, 2021, 2023])
def test_net_moves_are_what_births_and_deaths_leave_unsaid(year: int) -> None:
    moves, own = net_moves(year, MOVERS), province_totals(year) - province_totals(year - 1)
    assert moves.sum() == pytest.approx(0.0, abs=1e-3)
    assert own - natural_change(year, MOVERS) - moves == pytest.approx(0.0, abs=0.003 * province_totals(year).max())
    assert moves[HEILONGJIANG] < 0 < moves[ZHEJIANG]
    back = RETURNING * (migrants_between(OUTSIDE).sum(axis=1) - migrants_between(OUTSIDE).sum(axis=0))
    found = moved(GOING * migrants_between(OUTSIDE), pulls(year, year, OUTSIDE, MOVERS, GOING, RETURNING))
    assert found + back == pytest.approx(moves, abs=1.0)


def test_later_years_follow_the_mean_and_no_year_none() -> None:
    mean = sum(net_moves(year, MOVERS) for year in (2022, 2023)) / 2
    back = RETURNING * (migrants_between(OUTSIDE).sum(axis=1) - migrants_between(OUTSIDE).sum(axis=0))
    found = moved(GOING * migrants_between(OUTSIDE), pulls(2022, 2023, OUTSIDE, MOVERS, GOING, RETURNING))
    assert found + back == pytest.approx(mean, abs=1.0)
    assert set(pulls(2019, 2018, OUTSIDE, MOVERS, GOING, RETURNING)) == {1.0}
    assert set(pulls(2019, 2023, OUTSIDE, MOVERS, 0.0, RETURNING)) == {1.0}


def test_moves_inside_a_province_know_no_pull() -> None:
    pull = pulls(2023, 2023, OUTSIDE, MOVERS, GOING, RETURNING)
    before, after = drawn(OUTSIDE, (1.0,) * len(pull)), drawn(OUTSIDE, pull)
    place = province_index()
    same = place[:, None] == place[None, :]
    np.testing.assert_array_equal(before[same], after[same])
    assert (before[~same] != after[~same]).any()
    assert at_home(OUTSIDE).min() >= 1.0


def test_the_year_and_the_last_population_decide_the_pulls() -> None:
    rules = world_of().law[0].moving
    at = {year: provinces_pulls(year, OUTSIDE, MOVERS, rules) for year in (2020, 2023, 2024, 2040)}
    assert at[2020] != at[2023] != at[2024]
    assert at[2024] == at[2040]
    law = world_of(reforms=(Reform("alike", changes={"moving.last_population": {2018: 2018}}),)).law[0]
    assert set(provinces_pulls(2024, OUTSIDE, MOVERS, law.moving)) == {1.0}
    known = mobility(law, 2024)
    np.testing.assert_array_equal(known["going"], going_rates(ways(OUTSIDE, (1.0,) * 31)[0], law.moving))


def test_births_by_place_keep_the_nations_and_the_published_rates() -> None:
    levels, people = birth_levels(2021, MOVERS), carried(2020, MOVERS)
    women = (older(people, np.zeros(people.shape[:2]))[:, Sex.FEMALE] * birth_pattern(2021)).sum(axis=1)
    assert (levels * women).sum() == pytest.approx(women.sum())
    rates = np.bincount(province_index(), levels * women) / np.bincount(province_index(), people.sum(axis=(1, 2)))
    assert rates / rates.mean() == pytest.approx(birth_rates(2021) / birth_rates(2021).mean(), rel=1e-9)


@pytest.mark.slow
def test_a_lived_history_follows_the_provinces_populations() -> None:
    world = world_of(people=200_000, start=2019, end=2023, threads=2)
    place, size = province_index(), len(province_codes())
    before = np.bincount(place[world.engine.people.home], minlength=size)
    people = live(world).engine.people
    after = np.bincount(place[people.home[people.dying == 0]], minlength=size)
    grown, published = after / before, province_totals(2023) / province_totals(2018)
    assert np.corrcoef(np.log(grown), np.log(published))[0, 1] > 0.8
    assert np.median(np.abs(grown / published / (grown / published).mean() - 1)) < 0.01
