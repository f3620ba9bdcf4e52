"""Whole numbers in ascending order: what numpy sorts, and numbers whose last bits stand in order already."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import sorting
from agents.sorting import ascending

MANY = 3_000
MOST = np.iinfo(np.int64).max
few = settings(max_examples=200, deadline=None, derandomize=True)


@pytest.fixture(autouse=True)
def _digits_of_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the digits of few numbers too."""
    monkeypatch.setattr(sorting, "FEW", 0)


def test_worked_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """Digits of two bits: by the last, 0, 12, 13, 9, 7; then, by the one before it, 0, 7, 9, 12, 13."""
    monkeypatch.setattr(sorting, "DIGIT", 2)
    assert ascending(np.array([13, 7, 0, 12, 9])).tolist() == [0, 7, 9, 12, 13]


def test_last_bits_in_order_are_not_looked_at() -> None:
    """Three groups of two bits each, and a row in three bits: only the groups are sorted."""
    keys = [group << 3 | row for row, group in enumerate([2, 0, 3, 2, 0])]
    assert ascending(np.array(keys), 3).tolist() == [0 << 3 | 1, 0 << 3 | 4, 2 << 3 | 0, 2 << 3 | 3, 3 << 3 | 2]


def test_groups_that_agree_are_in_order() -> None:
    assert ascending(np.array([8, 9, 10]), 3).tolist() == [8, 9, 10]
    assert ascending(np.empty(0, np.int64)).tolist() == []


@few
@given(st.lists(st.integers(0, MOST) | st.integers(0, 9), max_size=60))
def test_as_numpy_sorts(numbers: list[int]) -> None:
    assert ascending(np.array(numbers, np.int64)).tolist() == sorted(numbers)


@few
@given(st.lists(st.integers(-MOST, MOST), max_size=60))
def test_numbers_below_zero(numbers: list[int]) -> None:
    assert ascending(np.array(numbers, np.int64)).tolist() == sorted(numbers)


@few
@given(st.lists(st.integers(-(MOST >> 8), MOST >> 8) | st.integers(-2, 2), max_size=200), st.booleans())
def test_rows_behind_keys(groups: list[int], roomy: bool) -> None:
    keys = np.array([group << 8 | row for row, group in enumerate(groups)], np.int64)
    room = np.full(len(keys), -1) if roomy else None
    assert ascending(keys.copy(), 8, room).tolist() == sorted(keys.tolist())


@pytest.mark.parametrize("bits", [1, 10, 11, 20, 21, 63])
def test_many(bits: int) -> None:
    """As many digits as numbers of so many bits have."""
    keys = np.arange(MANY) * 0x5851F42D4C957F2D & ((1 << bits) - 1)
    assert np.array_equal(ascending(keys.copy()), np.sort(keys))


@pytest.mark.parametrize("kind", ["i2", "u2", "i4", "u4", "u8"])
def test_numbers_of_other_widths(kind: str) -> None:
    numbers = np.arange(MANY)[::-1] % 1_000
    assert ascending(numbers.astype(kind)).tolist() == sorted(numbers.tolist())
