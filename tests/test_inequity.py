"""Horizontal inequity of use: worked cases by hand, and properties."""

from __future__ import annotations

import math

import numpy as np
import pytest

from model import measures
from model.measuring.rows import reason_of

INCOME = [1, 2, 3, 4]


def test_use_that_follows_need_alone_is_equitable() -> None:
    # Need falls with income and use is twice need: C(use) = C(need) = 2 cov(use, rank)/mean. Ranks 1/8, 3/8, 5/8, 7/8,
    # use 8, 6, 4, 2: mean 5, cov = (3 (-3/8) + 1 (-1/8) - 1 (1/8) - 3 (3/8))/4 = -5/8, so C = -1/4.
    found = measures.horizontal_inequity([8, 6, 4, 2], INCOME, need=[[4, 3, 2, 1]])
    assert found.ci == pytest.approx(-0.25, abs=1e-14)
    assert found.ci_need == pytest.approx(-0.25, abs=1e-14)
    assert found.hi == pytest.approx(0, abs=1e-14)


def test_equal_need_leaves_all_concentration_as_inequity() -> None:
    found = measures.horizontal_inequity([2, 4, 6, 8], INCOME, need=[[5, 5, 5, 5]])
    assert found.ci_need == 0
    assert found.hi == pytest.approx(0.25, abs=1e-14)
    assert found.hi_generalised == pytest.approx(1.25, abs=1e-14)


def test_worked_case_with_need_that_explains_a_part() -> None:
    # Sick: the poorest and the third; use 3, 1, 5, 3. Means: sick 4, well 2, so expected use is 4, 2, 4, 2, mean 3.
    # cov(use, rank) = (0 (-3/8) - 2 (-1/8) + 2 (1/8) + 0 (3/8))/4 = 1/8, C = 2/8/3 = 1/12.
    # cov(expected, rank) = (1 (-3/8) - 1 (-1/8) + 1 (1/8) - 1 (3/8))/4 = -1/8, C = -1/12. HI = 1/6.
    found = measures.horizontal_inequity([3, 1, 5, 3], INCOME, need=[[1, 0, 1, 0]])
    assert found.ci == pytest.approx(1 / 12, abs=1e-14)
    assert found.ci_need == pytest.approx(-1 / 12, abs=1e-14)
    assert found.hi == pytest.approx(1 / 6, abs=1e-14)


def test_controls_take_their_part_out_of_need() -> None:
    # Use = 10 + 2 need + 3 insured exactly, with need and insurance related: need's own slope is 2, not what it looks.
    need, insured, income = np.array([0, 0, 1, 1, 1, 2.0]), np.array([0, 1, 0, 1, 1, 1.0]), np.arange(6.0)
    use = 10 + 2 * need + 3 * insured
    found = measures.horizontal_inequity(use, income, need=[need], control=[insured])
    expected = 2 * (need - need.mean())
    rank = (np.arange(6) + 0.5) / 6
    by_hand = 2 * np.mean(expected * (rank - 0.5)) / use.mean()
    assert found.ci_need == pytest.approx(by_hand, abs=1e-13)
    alone = measures.horizontal_inequity(use, income, need=[need])
    assert abs(alone.ci_need - by_hand) > 0.01


def test_weights_are_people() -> None:
    rows = [3, 1, 5, 3], INCOME, [[1, 0, 1, 0]], [[0, 1, 1, 0]]
    w = [2, 1, 3, 1]
    many = [np.repeat(rows[0], w), np.repeat(rows[1], w), [np.repeat(rows[2][0], w)], [np.repeat(rows[3][0], w)]]
    one, other = measures.horizontal_inequity(*rows, w=w), measures.horizontal_inequity(*many)
    assert one.hi == pytest.approx(other.hi, abs=1e-13)
    with_nobody = measures.horizontal_inequity(
        [*rows[0], 99], [*INCOME, 0], [[1, 0, 1, 0, 7]], [[0, 1, 1, 0, 5]], [*w, 0]
    )
    assert with_nobody.hi == pytest.approx(one.hi, abs=1e-13)


def test_ties_do_not_depend_on_the_order_of_rows() -> None:
    use, income, sick = [1, 9, 4, 2], [5, 5, 5, 5], [0, 1, 0, 1]
    found = measures.horizontal_inequity(use, income, [sick])
    assert (found.ci, found.hi) == pytest.approx((0, 0), abs=1e-14)


def test_undefined_results_have_a_reason_and_bad_input_names_the_argument() -> None:
    assert reason_of(measures.horizontal_inequity([0, 0], [1, 2], [[0, 1]]).hi) == "the mean is not positive"
    assert reason_of(measures.horizontal_inequity([1, 2], [1, 2], [[0, 1]], w=[0, 0]).hi) == "no row has weight"
    twice = measures.horizontal_inequity([1, 2, 4], [1, 2, 3], need=[[0, 1, 1]], control=[[1, 0, 0]])
    assert math.isnan(twice.hi)
    assert twice.ci > 0
    assert "controls" in reason_of(twice.hi)
    for arguments, word in (
        (([1, 2], [1, 2], [[0, 1, 2]]), r"need\[0\]"),
        (([1, 2], [1, 2], [[0, math.nan]]), r"need\[0\]"),
        (([1, 2], [1, 2], [[0, 1]], [[1]]), r"control\[0\]"),
        (([1, 2], [1, 2], [[0, 1]], None, [1, -1]), "w "),
        (([1, 2], [1], [[0, 1]]), "r "),
    ):
        with pytest.raises(ValueError, match=word):
            measures.horizontal_inequity(*arguments)
