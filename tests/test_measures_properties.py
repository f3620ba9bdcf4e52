"""Properties that hold for every population: against exact definitions, identities, and what must not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model import measures
from tests.oracles import definitions as exact

CLOSE = {"abs": 1e-12, "rel": 1e-12}
few = settings(max_examples=60, deadline=None)


def near(a, b):
    return float(a) == pytest.approx(float(b), **CLOSE)


@st.composite
def rows(draw, columns=1, low=0, high=9):
    """Whole values with many ties, and weights of which some are 0."""
    size = draw(st.integers(1, 9))
    table = [draw(st.lists(st.integers(low, high), min_size=size, max_size=size)) for _ in range(columns)]
    w = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    assume(any(w))
    return w, *table


@few
@given(rows(columns=2, low=-3))
def test_indices_follow_their_definitions(data):
    w, h, r = exact.kept(*data)
    found = measures.concentration_index(data[1], data[2], data[0])
    assert near(found.gci, exact.absolute_concentration(w, h, r))
    if exact.average(w, h) > 0:
        assert near(found.ci, exact.concentration(w, h, r))
        assert near(measures.gini(data[1], data[0]), exact.gini(w, h))
    else:
        assert math.isnan(found.ci)
        assert math.isnan(measures.gini(data[1], data[0]))


@few
@given(rows(columns=2, low=0))
def test_exact_equals_follow_their_definition(data):
    w, x, y = exact.kept(*data)
    assume(any(x) and any(y))
    found = measures.ajl_exact(data[1], data[2], data[0])
    for got, want in zip((found.V, found.H, found.R), exact.ajl_exact(w, x, y)):
        assert near(got, want)
    assert near(found.RE, found.V - found.H - found.R)
    assert near(found.AP, found.H + found.R)


@few
@given(rows(columns=2, low=1), st.integers(1, 5))
def test_close_equals_follow_their_definition(data, bandwidth):
    w, x, y = exact.kept(*data)
    found = measures.ajl_close(data[1], data[2], data[0], bandwidth=bandwidth)
    for got, want in zip((found.V, found.H, found.R_within, found.R_ajl), exact.ajl_close(w, x, y, bandwidth)):
        assert near(got, want)
    assert near(found.RE, found.V - found.H - found.AP)
    assert near(found.AP, found.R_within + found.R_ajl)
    assert near(found.RS, found.V - found.H)


@few
@given(rows(columns=3, low=1))
def test_redistribution_identities(data):
    w, x, t, b = data
    y = np.subtract(x, t) + b
    found = measures.redistribution(x, t, b, w)
    assume(not math.isnan(found.re))
    assert near(found.re, found.rs - found.reranking_ap)
    assert found.reranking_ap >= -1e-12
    tau, beta = found.rate_t, found.rate_b
    assert near(found.rs, (tau * found.kakwani_t + beta * found.kakwani_b) / (1 - tau + beta))
    split = measures.ajl_exact(x, y, w)
    assert near(split.RE, found.re)
    assert near(split.AP, found.reranking_ap)


@few
@given(rows(columns=3, low=1))
def test_neither_order_nor_replication_nor_scale_matters(data):
    w, x, t, b = (np.array(each) for each in data)
    turned = np.arange(w.size)[::-1]
    repeated = np.repeat(np.arange(w.size), w)
    for measure in (measures.redistribution, lambda *a: measures.theil_nested(*a)):
        usual = measure(x, t, b, w)
        for other in (
            measure(x[turned], t[turned], b[turned], w[turned]),
            measure(x[repeated], t[repeated], b[repeated]),
            measure(x, t, b, w / 7),
        ):
            np.testing.assert_allclose(list(other.values()), list(usual.values()), atol=1e-12)
    assert near(measures.gini(x * 100, w), measures.gini(x, w))
    assert near(measures.atkinson(x * 100, w, epsilon=1.5), measures.atkinson(x, w, epsilon=1.5))


@few
@given(rows(columns=3))
def test_theil_parts_add_up(data):
    w, y, g, k = data
    whole = measures.theil(y, w)
    assume(not math.isnan(whole.T))
    split = measures.theil_decomposition(y, g, w)
    assert near(split.T, whole.T)
    assert near(split.T, split.T_between + split.T_within)
    nested = measures.theil_nested(y, g, k, w)
    assert near(nested.T, nested.T_between_outer + nested.T_inner_within_outer + nested.T_within_cell)
    assert near(nested.T_between_outer, split.T_between)
    if math.isfinite(whole.L):
        assert near(whole.L, split.L_between + split.L_within)
        assert near(whole.L, nested.L_between_outer + nested.L_inner_within_outer + nested.L_within_cell)
    else:
        assert math.inf in {split.L_between, split.L_within}
    assert sum(each.pop_share for each in split.groups.values()) == pytest.approx(1)


@few
@given(rows(low=1), st.floats(-2, 3))
def test_entropy_family_is_one(data, alpha):
    w, y = data
    z = np.array(y) / np.average(y, weights=w)
    assert near(measures.generalised_entropy(y, w, alpha=2), measures.pool_dispersion(y, w).cv ** 2 / 2)
    assert near(measures.atkinson(y, w, epsilon=1), 1 - math.exp(-measures.theil(y, w).L))
    if min(abs(alpha), abs(alpha - 1)) > 0.1:
        plain = (np.average(z**alpha, weights=w) - 1) / (alpha * (alpha - 1))
        assert measures.generalised_entropy(y, w, alpha=alpha) == pytest.approx(plain, abs=1e-11)
        if alpha < 1:
            plain = 1 - np.average(z**alpha, weights=w) ** (1 / alpha)
            assert measures.atkinson(y, w, epsilon=1 - alpha) == pytest.approx(plain, abs=1e-11)


def test_entropy_is_continuous_and_does_not_overflow():
    y = [1, 5, 7, 20]
    for alpha, limit in ((0, measures.theil(y).L), (1, measures.theil(y).T)):
        for step in (1e-9, -1e-9):
            assert measures.generalised_entropy(y, alpha=alpha + step) == pytest.approx(limit, rel=1e-7)
    assert measures.atkinson(y, epsilon=1 + 1e-9) == pytest.approx(measures.atkinson(y, epsilon=1), rel=1e-7)
    assert measures.atkinson([1e-9, 1], epsilon=500) == pytest.approx(1 - 2e-9, rel=1e-11)
    assert measures.atkinson([0, 1], epsilon=0.5) == pytest.approx(0.5)
    assert measures.generalised_entropy([0, 1], alpha=-1) == math.inf


@few
@given(rows(columns=2), st.integers(1, 12))
def test_curves_agree_with_indices_and_incidence(data, k):
    w, h, r = data
    assume(sum(a * b for a, b in zip(w, h)) > 0)
    shares = measures.benefit_incidence(h, r, w, K=k)
    assert math.fsum(shares) == pytest.approx(1)
    np.testing.assert_allclose(np.cumsum(shares), measures.concentration_curve(h, r, w, np.arange(1, k + 1) / k))
    ranks = np.unique(measures.fractional_rank(r, w), return_inverse=True)
    corners = np.concatenate(([0], np.cumsum(np.bincount(ranks[1], weights=w)) / sum(w)))
    area = np.trapezoid(measures.concentration_curve(h, r, w, np.minimum(corners, 1)), corners)
    assert near(measures.concentration_index(h, r, w).ci, 1 - 2 * area)


@few
@given(rows(columns=1))
def test_ranks_average_one_half(data):
    w, r = data
    assert near(np.average(measures.fractional_rank(r, w), weights=w), 0.5)


@few
@given(rows(columns=2, low=1))
def test_weighted_protection_agrees_with_concentration(data):
    w, oop, total = data
    found = measures.che_budget(oop, total, w=w, z=0.5)
    assert near(found.headcount, np.average(np.greater(np.multiply(oop, 2), total), weights=w))
    if found.headcount > 0:
        assert near(found.headcount_weighted, found.headcount * (1 - found.ci_headcount))


@few
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6))
def test_cross_subsidy_conserves_money(pairs):
    paid, drawn = (list(side) for side in zip(*pairs))
    gap = sum(paid) - sum(drawn)
    paid.append(max(-gap, 0))
    drawn.append(max(gap, 0))
    found = measures.cross_subsidy([str(each) for each in range(len(paid))], paid, drawn)
    net = np.subtract(paid, drawn)
    np.testing.assert_allclose(found.gross.sum(axis=1), paid, atol=1e-12)
    np.testing.assert_allclose(found.gross.sum(axis=0), drawn, atol=1e-12)
    np.testing.assert_allclose(found.net_pro_rata.sum(axis=1), net, atol=1e-12)
    np.testing.assert_allclose(found.netting.sum(axis=1) - found.netting.sum(axis=0), net, atol=1e-12)
    assert near(found.total_transferred, np.abs(net).sum() / 2)


@few
@given(st.floats(0, 1), st.lists(st.integers(0, 9), min_size=2, max_size=8))
def test_large_and_fractional_values_sort_like_small_whole_ones(shift, y):
    assume(sum(y) > 0)
    w = list(range(1, len(y) + 1))
    moved = np.array(y) * 1e15 + shift
    assert measures.gini(moved, w) == pytest.approx(measures.gini(y, w), rel=1e-12)
    assert measures.fractional_rank(moved, w).tolist() == measures.fractional_rank(y, w).tolist()
