"""Every oracle case of the measures, published numbers, and the conventions on errors and undefined results."""

from __future__ import annotations

import ast
import csv
import inspect
import math
import pickle
from collections import Counter

import numpy as np
import pytest

from model import measures
from model.measures.redistribution import bins
from tests.oracles import adapter
from tests.oracles.adapter import compute
from tests.oracles.check_oracles import is_void, same
from tests.oracles.folder import FOLDER, cases, metric_cases

CASES = metric_cases()
PUBLISHED = {case["id"]: case for case in cases("published_checks.json")}


@pytest.mark.parametrize(("metric", "case"), CASES, ids=[case["id"] for _, case in CASES])
def test_oracle_case(metric, case):
    if case["status"] == "error":
        with pytest.raises(ValueError, match=r"\w"):
            compute(metric, case["inputs"], case["params"])
        return
    got = compute(metric, case["inputs"], case["params"])
    if case["status"] == "undefined":
        assert is_void(got)
    else:
        assert same(case["expected"], got, case["tol"]) is None


def test_every_case_of_the_index_is_there():
    with (FOLDER / "index.csv").open(encoding="utf-8", newline="") as file:
        listed = Counter(row["metric"] for row in csv.DictReader(file) if row["file"].startswith("metrics/"))
    assert listed == Counter(metric for metric, _ in CASES)
    assert len(listed) == 35


def test_every_metric_of_the_oracles_is_a_public_measure():
    names = {metric for metric, _ in CASES}
    assert names <= set(measures.__all__)
    assert all(callable(getattr(measures, name)) for name in names)


def test_the_adapter_has_no_arithmetic_of_its_own():
    tree = ast.parse(inspect.getsource(adapter))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr)]
    found += [node for node in ast.walk(tree) if isinstance(node, ast.AugAssign | ast.UnaryOp)]
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not found
    assert not names & {"sum", "min", "max", "abs", "round", "pow", "divmod"}


def test_published_concentration_index():
    case = PUBLISHED["published.04"]
    assert measures.concentration_index(**case["inputs"]).ci == pytest.approx(-0.1694, abs=case["tol"]["abs"])


def test_published_total_is_the_weighted_sum_of_sources():
    case = PUBLISHED["published.01"]
    given = case["inputs"]
    mixed = np.dot(given["ci"], given["fraction"])
    assert mixed == pytest.approx(case["expected"]["overall"], abs=case["tol"]["abs"])
    x = [1.0, 2.0, 4.0, 9.0]
    found = measures.kakwani_sources(x, {"a": [0, 1, 2, 9], "b": [3, 3, 3, 3]})
    assert found.total == pytest.approx(sum(found.kakwani[s] * found.share[s] for s in ("a", "b")), abs=1e-14)


def test_published_ratios_are_over_income():
    given = PUBLISHED["published.09"]["inputs"]
    pooled, account, income = (given[f"{name}_100m"] for name in ("pooled_balance", "account_balance", "income"))
    first = pooled / given["pooled_ratio"]
    found = first + account / given["account_ratio"]
    assert found == pytest.approx(income, abs=PUBLISHED["published.09"]["tol"]["abs"])
    assert measures.balance_ratio(first, 1, pooled).cumulative_ratio == pytest.approx(given["pooled_ratio"])


def test_published_amounts_per_head():
    case = PUBLISHED["published.05"]
    given = case["inputs"]
    for name in ("income", "expenditure"):
        per_head = 1e4 * given[f"{name}_100m"] / given["members_10k"]
        assert per_head == pytest.approx(case["expected"][f"{name}_per_head"], abs=case["tol"]["abs"])


def test_published_mean_positive_overshoot():
    found = measures.che_budget([20, 30, 45, 0, 10], [100] * 5, z=0.1)
    assert (found.headcount, found.overshoot) == (pytest.approx(0.6), pytest.approx(0.13))
    case = PUBLISHED["published.10"]
    assert found.mpo == pytest.approx(case["expected"]["mpo"], abs=case["tol"]["abs"])


ONE = {
    "gini": ("y", {}),
    "lorenz": ("y", {}),
    "theil": ("y", {}),
    "generalised_entropy": ("y", {"alpha": 2}),
    "atkinson": ("y", {"epsilon": 1}),
    "income_shares": ("y", {}),
    "fractional_rank": ("r", {}),
    "pool_dispersion": ("x", {}),
    "concentration_index": ("h r", {}),
    "concentration_bounded": ("h r", {"lo": 0, "hi": 9}),
    "concentration_curve": ("h r", {}),
    "benefit_incidence": ("b r", {"K": 5}),
    "kakwani_contribution": ("x t", {}),
    "kakwani_benefit": ("x b", {}),
    "redistribution": ("x t b", {}),
    "ajl_exact": ("x y", {}),
    "ajl_close": ("x y", {"bandwidth": 2}),
    "theil_decomposition": ("y g", {}),
    "theil_nested": ("y outer inner", {}),
    "province_slope": ("y x", {}),
    "che_budget": ("oop total r", {"z": 0.1}),
    "che_who_food": ("total food oop size", {"line": 1}),
    "che_who_europe": ("total oop adults children", {"line": 1}),
    "impoverishment": ("x oop", {"line": 2}),
}


@pytest.mark.parametrize("metric", ONE)
def test_bad_arguments_are_named(metric):
    names, params = ONE[metric]
    good = {name: [3, 1, 2] for name in names.split()}
    measure = getattr(measures, metric)
    measure(**good, **params, w=[1, 2, 0])
    for bad in ([1, 1, -1], [1, None, 1], [1, math.inf, 1], [1, 1]):
        with pytest.raises(ValueError, match=r"\bw\b"):
            measure(**good, **params, w=bad)
    for name in good:
        for bad in ([1, None, 2], [1, math.nan, 2], [1, 2]):
            with pytest.raises(ValueError, match=rf"\b{name}\b"):
                measure(**(good | {name: bad}), **params, w=[1, 1, 1])


@pytest.mark.parametrize("metric", ONE)
def test_rows_without_weight_do_not_count(metric):
    names, params = ONE[metric]
    good = {name: [3, 1, 2, 5] for name in names.split()}
    padded = {name: [3, 1, None, 2, 5] for name in good}
    if metric == "fractional_rank":
        padded = {"r": [3, 1, 4, 2, 5]}
    got = compute(metric, {**padded, "w": [1, 2, 0, 2, 1]}, params)
    want = compute(metric, {**good, "w": [1, 2, 2, 1]}, params)
    if metric == "fractional_rank":
        got["rank"].pop(2)
    assert same(want, got, {"abs": 1e-15}) is None


@pytest.mark.parametrize("metric", ONE)
def test_without_any_weight_all_is_undefined(metric):
    names, params = ONE[metric]
    for w, rows in (([0, 0], [1, 2]), ([], [])):
        got = compute(metric, {**dict.fromkeys(names.split(), rows), "w": w}, params)
        if metric == "che_who_europe":
            assert is_void(got.pop("shares"))
        assert is_void(got)


def test_undefined_says_why():
    value = measures.gini([0, 0])
    assert math.isnan(value)
    assert "mean" in value.reason
    assert pickle.loads(pickle.dumps(value)).reason == value.reason
    assert measures.redistribution([1, 2], [0, 0], [0, 0]).kakwani_t.reason == "mean contribution is not positive"


def test_results_read_as_attributes_and_as_mapping():
    found = measures.concentration_index([1, 2, 3], [1, 2, 3])
    assert found["ci"] == found.ci
    assert dict(found) == {"ci": found.ci, "gci": found.gci}
    with pytest.raises(KeyError):
        found["nothing"]


@pytest.mark.parametrize(
    ("measure", "arguments", "named"),
    [
        (measures.lorenz, {"y": [1, 2], "p": [1.1]}, "p"),
        (measures.atkinson, {"y": [1, 2], "epsilon": -1}, "epsilon"),
        (measures.concentration_bounded, {"h": [2], "r": [1], "lo": 0, "hi": 1}, "h"),
        (measures.concentration_bounded, {"h": [1], "r": [1], "lo": 1, "hi": 1}, "lo"),
        (measures.benefit_incidence, {"b": [2], "r": [1], "K": 0}, "K"),
        (measures.ajl_close, {"x": [1], "y": [1], "bandwidth": 0}, "bandwidth"),
        (measures.kakwani_sources, {"x": [1, 2], "t": {}}, "t"),
        (measures.kakwani_sources, {"x": [1, 2], "t": {"a": [1]}}, "t"),
        (measures.che_budget, {"oop": [1], "total": [-1], "z": 0.1}, "total"),
        (measures.che_who_food, {"total": [1], "food": [1], "oop": [0], "size": [0]}, "size"),
        (measures.che_who_europe, {"total": [1], "oop": [1], "adults": [0], "children": [0], "line": 1}, "adults"),
        (measures.reserve_months, {"balance": None, "expenditure": 1}, "balance"),
        (measures.balance_ratio, {"income": 1, "expenditure": math.nan, "cumulative": 1}, "expenditure"),
        (measures.deficit_first_passage, {"u0": 0, "flows": [[1, 2], [1]]}, "flows"),
        (measures.reserve_concentration, {"balance": [1], "k": 0}, "k"),
        (measures.pooling_cv, {"n": [0], "mean": 1, "sd": 1, "rho": 0}, "n"),
        (measures.pooling_cv, {"n": [10], "mean": 1, "sd": 1, "rho": -0.5}, "rho"),
        (measures.buhlmann_straub, {"x": [[1, 2]], "m": [[1]]}, "m"),
        (measures.cross_subsidy, {"names": ["a", "a"], "paid_in": [1, 1], "drawn_out": [1, 1]}, "names"),
        (measures.gini, {"y": ["a", "b"]}, "y"),
        (measures.gini, {"y": 3}, "y"),
    ],
)
def test_values_outside_the_domain_raise(measure, arguments, named):
    with pytest.raises(ValueError, match=rf"^{named}\b"):
        measure(**arguments)


def test_boundaries_hold_with_decimal_amounts():
    assert measures.che_budget([0.3], [3], z=0.1).headcount == 0
    assert measures.che_budget([12.3], [123], z=0.1).headcount == 0
    assert measures.impoverishment([100.1], [0.1], line=100).headcount_net == 0
    assert measures.che_who_europe([2.2 * 7 + 0.4], [0.16], [2], [1], line=7).headcount == 0
    assert bins(np.array([0.3, 0.29, 0.7, -0.3]), 0.1).tolist() == [3, 2, 7, -3]
    assert math.isnan(measures.deficit_first_passage(0.3, [[-0.1, -0.1, -0.1]]).first_passage[0])
    assert measures.cross_subsidy(["a", "b"], [0.1, 0.2], [0.3, 0]).total_transferred == pytest.approx(0.2)
    assert measures.reserve_months(0.9, 1.2).band == "normal"


def test_signs_that_cancel_leave_no_mean():
    found = measures.concentration_index([-0.1, -0.2, 0.3], [1, 2, 3])
    assert math.isnan(found.ci)
    assert found.gci > 0


def test_zero_share_below_gives_an_infinite_ratio():
    found = measures.income_shares([0] * 4 + [1] * 6, [0.1] * 10)
    assert (found.bottom40, found.palma) == (0, math.inf)
    assert math.isnan(measures.income_shares([-1, 1, 1, 1, 1]).s80s20)


def test_group_without_income():
    found = measures.theil_decomposition([0, 0, 1, 3], ["a", "a", "b", "b"])
    assert found.T_between + found.T_within == pytest.approx(found.T)
    assert found.T_within == pytest.approx(measures.theil([1, 3]).T)
    assert math.isnan(found.groups["a"].T)
    assert (found.L, found.L_between, found.L_within) == (math.inf,) * 3


def test_empty_system_moves_nothing():
    found = measures.cross_subsidy(["a", "b"], [0, 0], [0, 0])
    assert not found.gross.any()
    assert not found.netting.any()


def test_credibility_limits():
    same_every_year = measures.buhlmann([[1, 1], [3, 3]])
    assert (same_every_year.Z, same_every_year.k) == (1, 0)
    equal_exposure = measures.buhlmann_straub([[3, 5, 4], [8, 9, 10], [1, 2, 3]], [[1] * 3] * 3)
    plain = measures.buhlmann([[3, 5, 4], [8, 9, 10], [1, 2, 3]])
    np.testing.assert_allclose(equal_exposure.premium, plain.premium, rtol=1e-13)
    unseen = measures.buhlmann_straub([[3, None], [8, 9], [1, 2]], [[1, 0], [1, 1], [1, 1]])
    assert unseen.pool_mean.tolist() == [3, 8.5, 1.5]


def test_coverage_counts_rows_and_zeros():
    found = measures.coverage([0, -1, 3, 4], [1, 1, 2, 0])
    assert dict(found) == {"rows": 3, "weight": 4, "share_zero": 0.25, "share_negative": 0.25}
