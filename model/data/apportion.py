"""Whole numbers that add up: shares by largest remainder, and smooth curves through cumulative counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from model.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FINE = 1 << 45  # weights are compared as whole parts of the largest; exact in float64


def largest_remainder(total: int, weights: Sequence[float] | NDArray[Any]) -> NDArray[np.int64]:
    """Split a whole total in proportion to weights; parts are whole and add up exactly; ties go to the first.

    Errors: DataError if a weight is negative or not a number, or all are zero while the total is not.
    """
    values = [float(weight) for weight in weights]
    if not all(value >= 0 for value in values) or (total and not any(values)):
        raise DataError("shares: a weight is negative or all are zero: expected weights of zero or more, one above")
    if not total:
        return np.zeros(len(values), dtype=np.int64)
    top = max(values)
    parts = [round(value / top * FINE) for value in values]
    whole = sum(parts)
    shares = [total * part // whole for part in parts]
    left = total - sum(shares)
    order = sorted(range(len(parts)), key=lambda place: (-(total * parts[place] % whole), place))
    for place in order[:left]:
        shares[place] += 1
    return np.array(shares, dtype=np.int64)


def split_rows(totals: NDArray[np.int64], shape: NDArray[np.float64]) -> NDArray[np.int64]:
    """Split each row's whole total by the row's weights; parts are whole and each row adds up exactly.

    A row of zero weights is split evenly.
    """
    weights = np.maximum(shape, 0.0)
    sums = np.zeros(len(weights))
    for column in range(weights.shape[1]):
        sums = sums + weights[:, column]
    even = np.where(sums > 0, 0.0, 1.0)[:, None]
    quota = totals[:, None] * ((weights + even) / (sums + even[:, 0] * weights.shape[1])[:, None])
    parts = np.floor(quota).astype(np.int64)
    left = totals - parts.sum(axis=1)
    rank = np.argsort(np.argsort(-(quota - parts), axis=1, kind="stable"), axis=1, kind="stable")
    parts += rank < left[:, None]
    parts[:, 0] += totals - parts.sum(axis=1)
    return np.asarray(parts, dtype=np.int64)


def monotone(knots: NDArray[np.float64], heights: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Interpolate rising curves smoothly without overshoot; `heights` is [curve, knot] (Fritsch and Carlson 1980).

    The unit is that of the heights [any unit].

    Only + - * / are used, so results are the same on every machine.
    """
    width = np.diff(knots)
    slope = np.diff(heights, axis=1) / width
    left, right = slope[:, :-1], slope[:, 1:]
    weight_left, weight_right = 2 * width[1:] + width[:-1], width[1:] + 2 * width[:-1]
    same = left * right > 0
    safe_left, safe_right = np.where(same, left, 1.0), np.where(same, right, 1.0)
    inner = (weight_left + weight_right) / (weight_left / safe_left + weight_right / safe_right)
    tangent = np.zeros_like(heights)
    tangent[:, 1:-1] = np.where(same, inner, 0.0)
    tangent[:, 0], tangent[:, -1] = slope[:, 0], slope[:, -1]
    for end, near in ((0, 1), (-1, -2)):
        flat = slope[:, 0 if end == 0 else -1]
        tangent[:, end] = np.clip(1.5 * flat - 0.5 * tangent[:, near], 0.0, 3.0 * np.maximum(flat, 0.0))
    place = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    step = (at - knots[place]) / width[place]
    square, cube = step * step, step * step * step
    return (
        heights[:, place] * (2 * cube - 3 * square + 1)
        + tangent[:, place] * width[place] * (cube - 2 * square + step)
        + heights[:, place + 1] * (3 * square - 2 * cube)
        + tangent[:, place + 1] * width[place] * (cube - square)
    )
