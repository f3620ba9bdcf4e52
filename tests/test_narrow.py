"""Columns in few bits come out as they went in, whatever they hold, and spoilt bytes are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.narrow import TIME, WIDTHS, bits_for, narrowed, widened
from model.shelf import Shelf

KINDS = ("u1", "u2", "u4", "u8", "i2", "i4", "i8")
SPARE = 16


def in_bytes(values: Any) -> tuple[Any, Any]:
    out = np.full(2 * values.nbytes + SPARE, 1, "u1")
    told = narrowed("column", values, out, Shelf())
    return told, out[: sum(told.sizes)]


@given(st.data())
def test_numbers_come_out_as_they_went_in(data: st.DataObject) -> None:
    kind = np.dtype(data.draw(st.sampled_from(KINDS)))
    small = st.integers(0, data.draw(st.sampled_from((0, 1, 2, 3, 14, 100))))
    whole = st.integers(int(np.iinfo(kind).min), int(np.iinfo(kind).max))
    numbers = data.draw(st.lists(small | small | whole))
    values = np.array(numbers * data.draw(st.sampled_from((1, 2, 300))), kind)
    told, content = in_bytes(values)
    out = np.full_like(values, 1)
    widened(told, content, out, Shelf())
    assert np.array_equal(out, values)


@pytest.mark.parametrize("bits", [2, 3, 4, 7, 8, 20])
def test_the_escape_itself_and_those_above_are_told_in_full(bits: int) -> None:
    """A few large numbers do not widen the many."""
    values = np.zeros(10_000, np.uint32)
    values[::2] = (1 << bits) - 2
    values[::100] = (1 << bits) - 1
    values[1::100] = 1 << 30
    told, content = in_bytes(values)
    assert (told.bits, told.rare, told.whole) == (bits, 200, 31)
    out = np.empty_like(values)
    widened(told, content, out, Shelf())
    assert np.array_equal(out, values)


def test_numbers_take_the_bits_that_make_the_fewest_bytes() -> None:
    """Of the rare ones, told in full, each counts somewhat more."""
    scattered = np.arange(4096) * 7919 % 4096
    for share in (0.0, 0.05, 0.4, 1.0):
        values = np.where(scattered < share * 4096, scattered % 999 + 1, 1).astype(np.uint16)
        sizes = {}
        for bits in WIDTHS[: WIDTHS.index(12) + 1]:
            large = np.count_nonzero(values - 1 >= (1 << bits) - 1) if 998 >> bits else 0
            sizes[bits] = bits + (10 + TIME) * large / 4096
        assert sizes[bits_for(values, 1, 999)] == min(sizes.values())


def test_spoilt_bytes_are_refused() -> None:
    told, content = in_bytes(np.arange(100, dtype=np.int32))
    for place in (0, len(content) - 1):
        spoilt = content.copy()
        spoilt[place] ^= 1
        with pytest.raises(ValueError, match="column: its bytes are others"):
            widened(told, spoilt, np.empty(100, np.int32), Shelf())
