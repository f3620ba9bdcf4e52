"""Closed forms and recursions for limiting models, and the measures in the limit of large samples."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import special

from model import measures
from model.measures import limits
from tests.oracles.adapter import plain
from tests.oracles.bigcase_generator import _stream
from tests.oracles.check_oracles import same
from tests.oracles.folder import cases

CASES = cases("analytic_cases.json")
RENAMED = {
    "T": "years",
    "return_": "come_back",
    "B0": "opening",
    "i": "interest",
    "I0": "income",
    "g": "growth",
    "X0": "spending",
    "h": "spending_growth",
}
UNUSED = {"ruin_exponential": "intensity", "ruin_erlang2": "intensity", "pool_deficit_gamma": "mean_cost"}
ONLY_OUTPUT = {
    "ruin_exponential": "psi",
    "ruin_erlang2": "psi",
    "ruin_walk_infinite": "psi",
    "ruin_symmetric": "p_no_ruin",
    "ruin_discrete": "p_ruin",
    "deficit_normal": "p_deficit",
    "adjustment_fund": "net_received",
}
CLOSED = [case for case in CASES if case["family"] not in {"benefit_stack", "law_inequality"}]


def fraction(value):
    if isinstance(value, list):
        return [fraction(each) for each in value]
    return float(Fraction(value)) if isinstance(value, str) and "/" in value else value


def arguments(case):
    given = {RENAMED.get(name, name): fraction(value) for name, value in case["params"].items()}
    given.pop(UNUSED.get(case["family"], ""), None)
    return given


@pytest.mark.parametrize("case", CLOSED, ids=[case["id"] for case in CLOSED])
def test_closed_form(case):
    family = case["family"]
    found = getattr(limits, family)(**arguments(case))
    got = plain({ONLY_OUTPUT[family]: found} if family in ONLY_OUTPUT else found)
    assert same(case["expected"], got, {"abs": 1e-12, "rel": 1e-11}) is None


def uniforms(seed, column, shape):
    return (_stream(seed, column, int(np.prod(shape))) >> np.uint64(11)).astype(float).reshape(shape) / 2**53


@pytest.mark.parametrize("case", [c for c in CASES if c["family"] == "ruin_discrete"], ids=lambda c: c["id"])
def test_simulated_ruin_meets_the_recursion(case):
    given, paths = arguments(case), 100_000
    steps = np.searchsorted(np.cumsum(given["probabilities"])[:-1], uniforms(1, 0, (paths, given["years"])), "right")
    found = measures.deficit_first_passage(given["u0"], np.array(given["values"])[steps])
    want = np.array(case["expected"]["p_ruin"])
    error = np.sqrt(want * (1 - want) / paths)
    assert np.all(np.abs(found.p_ruin - want) <= case["check"]["z"] * error)


@pytest.mark.parametrize("flow", [special.ndtri, lambda u: u - 0.5, lambda u: np.log(u / (1 - u))])
def test_symmetric_flows_meet_sparre_andersen(flow):
    paths, years = 100_000, 6
    found = measures.deficit_first_passage(0, flow(uniforms(7, 1, (paths, years)) + 2.0**-54))
    want = 1 - np.array([limits.ruin_symmetric(n) for n in range(1, years + 1)])
    assert np.all(np.abs(found.p_ruin - want) <= 4.5 * np.sqrt(want * (1 - want) / paths))


QUANTILES = {
    "lognormal": lambda u, sdlog: np.exp(sdlog * special.ndtri(u)),
    "exponential": lambda u: -np.log1p(-u),
}


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c["family"] == "law_inequality" and c["params"]["law"] in QUANTILES],
    ids=lambda c: c["id"],
)
def test_inequality_of_income_laws(case):
    points = (np.arange(1_000_000) + 0.5) / 1_000_000
    y = QUANTILES[case["params"]["law"]](points, **case["params"]["parameters"])
    theil = measures.theil(y)
    found = {
        "gini": measures.gini(y),
        "theil_T": theil.T,
        "theil_L": theil.L,
        "atkinson_1": measures.atkinson(y, epsilon=1),
        "top10": measures.income_shares(y).top10,
    }
    assert same(case["expected"], found, {"rel": case["check"]["rel"]}) is None


def test_layers_add_up_and_pools_shrink_risk():
    gamma = {"shape": 2.0, "scale": 3.0}
    layers = [limits.limited_expectation("gamma", gamma, limit) for limit in (0, 1, 5, 50, 1e9)]
    assert layers == sorted(layers)
    assert layers[-1] == pytest.approx(6)
    assert limits.layer_expectation("gamma", gamma, 0, 1, None).expected_self_payment == pytest.approx(0, abs=1e-12)
    large = limits.pool_deficit_panjer(2000, 0.5, [1, 4, 10], [0.5, 0.25, 0.25], 4000)
    deviation = (4000.5 - large.mean) / np.sqrt(large.variance)
    assert large.p_exceed == pytest.approx(special.ndtr(-deviation), abs=0.01)
    with pytest.raises(ValueError, match=r"^law"):
        limits.limited_expectation("normal", gamma, 1)


def test_merged_pool_of_equals_is_the_old_pool():
    merged = measures.pooling_heterogeneous([100] * 4, [10] * 4, [30] * 4)
    same_pools = measures.pooling_cv([100] * 4, 10, 30, 0)
    assert merged.cv_merged == pytest.approx(same_pools.cv_merged)
    assert merged.var_between == 0
