"""Own arithmetic: as exact as the C library's, the same bits compiled and interpreted, and tables with mean 1."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from agents.care import events, step_scale, without_events
from agents.codes import Status, Tier
from agents.numeric import exp, fen_share, log, normal_quantile, take_logs
from agents.tables import (
    BODY_END,
    BODY_SCALE,
    STEPS,
    TAIL_SCALE,
    by_level,
    by_standing,
    exponential_table,
    log_odds,
    logistic_table,
    lognormal_table,
    look_up,
)
from tests.worlds import run_apart

CLOSE = 1e-14
MANY = 100_000
SIGMAS = (0.5, 0.8, 1.0, 1.25, 1.6)
few = settings(max_examples=300, deadline=None, derandomize=True)


def near(found: float, expected: float) -> bool:
    return math.isclose(found, expected, rel_tol=CLOSE, abs_tol=0.0)


# ---- against scipy and the C library --------------------------------------------------------------------------------
def test_logarithms_of_many_have_the_bits_of_one() -> None:
    numbers = np.concatenate([np.geomspace(1e-300, 1e300, 4_001), np.linspace(0.4, 2.1, 999), 2.0 ** np.arange(-9, 9)])
    together = numbers.copy()
    take_logs(together)
    assert together.tolist() == [log(x) for x in numbers.tolist()]


@few
@given(st.floats(-708, 708))
def test_exp(x: float) -> None:
    assert near(exp(x), math.exp(x))


@few
@given(st.floats(1e-300, 1e300))
def test_log(x: float) -> None:
    assert near(log(x), math.log(x))


@few
@given(st.floats(-0.3, 0.4))
def test_log_near_one(x: float) -> None:
    assert near(log(1.0 + x), math.log(1.0 + x))


@few
@given(st.floats(1e-300, 0.5))
def test_normal_quantile_below(p: float) -> None:
    assert near(normal_quantile(p), float(special.ndtri(p)))


@few
@given(st.floats(0.5, 1, exclude_max=True))
def test_normal_quantile_above(p: float) -> None:
    """Above the middle the distance to 1 is all that a number can carry."""
    expected = float(special.ndtri(p)) if p < 0.9 else -float(special.ndtri(1.0 - p))
    assert near(normal_quantile(p), expected)


def test_inverses_and_edges() -> None:
    assert exp(0.0) == 1.0
    assert log(1.0) == 0.0
    assert normal_quantile(0.5) == 0.0
    assert exp(1000.0) == math.inf
    assert exp(-1000.0) == 0.0
    assert log(0.0) == -math.inf
    assert math.isnan(log(-1.0))
    assert normal_quantile(0.0) == -math.inf
    assert normal_quantile(1.0) == math.inf
    for p in np.linspace(0.001, 0.999, 999):
        assert math.isclose(special.ndtr(normal_quantile(p)), p, rel_tol=1e-13)
        assert normal_quantile(1.0 - p) == pytest.approx(-normal_quantile(p), rel=1e-12, abs=1e-15)


@few
@given(st.integers(0, 10**12), st.floats(0, 1))
def test_a_share_is_rounded_half_up_to_whole_fen(amount: int, rate: float) -> None:
    share = fen_share(amount, rate)
    assert share == math.floor(amount * rate + 0.5)
    assert 0 <= share <= amount


def test_shares_of_an_odd_fen() -> None:
    assert [fen_share(n, 0.5) for n in (0, 1, 2, 3, 5)] == [0, 1, 1, 2, 3]


# ---- tables ---------------------------------------------------------------------------------------------------------
def middles() -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of every step of a table and its width: where the integral of straight lines is exact."""
    body = (np.arange(STEPS) + 0.5) / BODY_SCALE
    tail = BODY_END + (np.arange(STEPS) + 0.5) / TAIL_SCALE
    widths = np.repeat([1 / BODY_SCALE, 1 / TAIL_SCALE], STEPS)
    return np.concatenate([body, tail]), widths


@pytest.mark.parametrize("sigma", SIGMAS)
def test_lognormal_tables_have_mean_one_and_rise(sigma: float) -> None:
    table = lognormal_table(sigma)
    points, widths = middles()
    values = np.array([look_up(table, p) for p in points])
    assert (values * widths).sum() == pytest.approx(1.0, rel=1e-12)
    assert (np.diff(table, axis=1) > 0).all()
    assert table[0, -1] == pytest.approx(table[1, 0], rel=1e-12)
    assert all(look_up(table, p) >= 0 for p in (0.0, 1e-12, 0.5, BODY_END, 1 - 2**-33))


@pytest.mark.parametrize("sigma", SIGMAS)
def test_lognormal_tables_follow_the_distribution(sigma: float) -> None:
    table = lognormal_table(sigma)
    grid = np.linspace(0.001, 0.9999, 500)
    found = np.array([look_up(table, p) for p in grid])
    assert found == pytest.approx(stats.lognorm(s=sigma, scale=math.exp(-(sigma**2) / 2)).ppf(grid), rel=0.02)
    points, widths = middles()
    values = np.array([look_up(table, p) for p in points])
    spread = math.sqrt((values**2 * widths).sum() - 1)
    assert spread == pytest.approx(math.sqrt(math.exp(sigma**2) - 1), rel=0.1)


def test_the_exponential_table_has_mean_one_and_follows_the_distribution() -> None:
    table = exponential_table()
    points, widths = middles()
    assert sum(look_up(table, p) * w for p, w in zip(points, widths, strict=True)) == pytest.approx(1.0, rel=1e-12)
    grid = np.linspace(0.001, 0.9999, 500)
    assert [look_up(table, p) for p in grid] == pytest.approx(stats.expon.ppf(grid), rel=0.01, abs=1e-3)


@pytest.mark.parametrize("mean", [0.0, 0.01, 0.2, 1.0, 6.5, 20.0])
def test_events_have_their_mean_and_are_geometric(mean: float) -> None:
    table, scale = exponential_table(), float(step_scale(np.array([mean]))[0])
    drawn = np.array([events(table, (i + 0.5) / MANY, scale, 10**6) for i in range(MANY)])
    assert drawn.mean() == pytest.approx(mean, rel=0.01)
    for count in (0, 1, 2, 5):
        assert (drawn == count).mean() == pytest.approx(stats.geom.pmf(count + 1, 1 / (1 + mean)), abs=1e-3)
    assert max(events(table, (i + 0.5) / MANY, scale, 3) for i in range(0, MANY, 7)) <= 3


@pytest.mark.parametrize("mean", [0.0, 1e-6, 0.02, 0.16, 1.0, 7.0, 60.0])
def test_below_the_number_told_there_is_no_event(mean: float) -> None:
    table, scale = exponential_table(), step_scale(np.array([mean]))
    told = float(without_events(table, scale)[0])
    first = next((i for i in range(MANY) if events(table, (i + 0.5) / MANY, float(scale[0]), 10**6) > 0), MANY)
    assert told <= (first + 0.5) / MANY
    assert told >= min(first / MANY, 1.0) - 0.003, "few without an event are looked at"


def test_log_odds_are_fine_in_both_tails() -> None:
    table = logistic_table()
    grid = np.concatenate([np.linspace(0.0005, 0.9995, 400), [0.5]])
    found = np.array([log_odds(table, p) for p in grid])
    assert found == pytest.approx(special.logit(grid), rel=0.01, abs=1e-3)
    assert (np.diff(found[:-1]) > 0).all()
    assert found[:200] == pytest.approx(-found[399:199:-1], rel=1e-9)


def test_numbers_chosen_by_level_and_by_standing_are_those_looked_up() -> None:
    table = np.array([0.1, 0.2, 0.3, 0.4])
    assert [by_level(table, int(level)) for level in Tier] == table[[int(level) for level in Tier]].tolist()
    assert [by_standing(table, int(status)) for status in Status] == table[[int(status) for status in Status]].tolist()


# ---- the same bits --------------------------------------------------------------------------------------------------
def bits() -> list[str]:
    """Return answers on a grid and on edges, to the bit."""
    whole = [*np.linspace(-740.0, 740.0, 401).tolist(), 0.0, 1e-300, -1e-17, 709.0]
    some = [*np.geomspace(5e-324, 1.7e308, 401).tolist(), 0.0, 1.0, -1.0, 0.5, 2.0]
    shares = [*np.linspace(0.0, 1.0, 401).tolist(), 1e-300, 1e-16, 0.075, 0.925, 1.0 - 2**-53]
    table = lognormal_table(1.25)
    found = [exp(x) for x in whole] + [log(x) for x in some] + [normal_quantile(p) for p in shares]
    found += [look_up(table, min(p, 1.0 - 2**-33)) for p in shares]
    found += [by_level(table[0], n) for n in range(3)] + [by_standing(table[1], n) for n in range(4)]
    found += [float(fen_share(amount, p)) for p in shares for amount in (0, 1, 99, 123_456_789)]
    return [float(value).hex() for value in found]


def test_compiled_and_interpreted_give_the_same_bits() -> None:
    script = (
        "import json, numpy\n"
        "from tests.test_numeric import bits\n"
        "with numpy.errstate(all='ignore'):\n"
        "    print(json.dumps(bits()))"
    )
    run = run_apart(script, NUMBA_DISABLE_JIT="1")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == bits()
