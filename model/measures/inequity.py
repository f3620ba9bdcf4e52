"""Horizontal inequity: who uses more or less care than people of like need.

Wagstaff & van Doorslaer 2000, J Human Resources 35:716; O'Donnell, van Doorslaer, Wagstaff, Lindelow 2008, chapter 15.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.measures.common import Array, Codes, Fields, Values, clean, mean, numbers, same_length, weights
from model.measures.inequality import MEAN_NOT_POSITIVE, NO_WEIGHT
from model.measures.ranking import generalised, ranked

RANK_LIMIT: Final = 1e-10
"""What a column adds to those before it counts as nothing below this share of its length."""
NOT_APART: Final = "need and controls cannot be told apart"


@dataclass(frozen=True, slots=True, eq=False)
class HorizontalInequity(Fields):
    """Concentration of use, of use expected from need, their difference (no unit; and in units of use)."""

    ci: float
    ci_need: float
    hi: float
    hi_generalised: float


def columns(name: str, values: Sequence[Values] | None, size: int) -> Array:
    """Return variables as a matrix with a column each; none gives no column."""
    if values is None:
        return np.empty((size, 0))
    parts = [numbers(f"{name}[{place}]", each) for place, each in enumerate(values)]
    same_length("h", size, **{f"{name}[{place}]": part for place, part in enumerate(parts)})
    return np.column_stack(parts) if parts else np.empty((size, 0))


def horizontal_inequity(
    h: Values,
    r: Values,
    need: Sequence[Values],
    control: Sequence[Values] | None = None,
    w: Values | None = None,
) -> HorizontalInequity:
    """Return HI = C(h) - C(use expected from need) over the ranks of r; positive: the rich use more than they need.

    Expected use comes from a weighted linear regression on need and controls, with controls held at their means
    (indirect standardisation). `need` and `control` are sequences of variables, each with a value for every row.
    Undefined without weight, where the mean of h is not positive, or where need is a combination of the controls.
    """
    size = numbers("h", h).size
    needs, controls = columns("need", need, size), columns("control", control, size)
    keep = weights(w, size, "h") > 0
    w, h, r, *all_columns = clean(w, h=h, r=r, **_named(needs, "need"), **_named(controls, "control"))
    if not keep.any():
        return HorizontalInequity.void(NO_WEIGHT)
    mu = mean(h, w)
    if mu <= 0:
        return HorizontalInequity.void(MEAN_NOT_POSITIVE)
    centred = [column - float(np.sum(w * column)) / float(np.sum(w)) for column in all_columns]
    split = needs.shape[1]
    fitted = from_need(h - mu, centred[:split], centred[split:], w)
    by = ranked(r, w)
    ci = generalised(h, mu, by) / mu
    if fitted is None:
        return HorizontalInequity.void(NOT_APART, ci=ci)
    ci_need = generalised(fitted, 0.0, by) / mu
    return HorizontalInequity(ci=ci, ci_need=ci_need, hi=ci - ci_need, hi_generalised=(ci - ci_need) * mu)


def _named(matrix: Array, name: str) -> dict[str, Array]:
    return {f"{name}[{place}]": matrix[:, place] for place in range(matrix.shape[1])}


def from_need(h: Array, need: Sequence[Array], control: Sequence[Array], w: Array) -> Array | None:
    """Return what centred need explains of centred uses (a column each), or None where controls explain need."""
    variables = np.array([*control, *need], dtype=np.float64).reshape(-1, len(h))
    root = np.sqrt(w)
    split, weighted = len(control), variables * root
    upper, parts, kept = orthogonal(weighted, (h.T * root).T)
    if not all(kept[split:]):  # else need adds to the controls, and the more so to itself
        alone = orthogonal(weighted[split:], np.zeros(len(h)))[2]
        if np.count_nonzero(kept[split:]) != np.count_nonzero(alone):
            return None
    places = np.flatnonzero(kept[split:])
    slopes = _slopes(upper[split:, split:], parts[split:], places)
    fitted = np.zeros(h.shape[::-1])
    for place in places:
        fitted += np.multiply.outer(slopes[place], variables[split + place])
    return fitted.T


def _slopes(upper: Array, parts: Array, places: Codes) -> Array:
    """Return the slopes of uses on the variables at some places, from R and Q'h, last to first."""
    slopes = np.zeros(parts.shape)
    for at in reversed(range(len(places))):
        place, later = places[at], places[at + 1 :]
        known = np.cumsum(np.multiply(upper[place, later], slopes[later].T), axis=-1)  # added up one by one
        rest = parts[place] - known[..., -1] if len(later) else parts[place]
        slopes[place] = rest / upper[place, place]
    return slopes


def orthogonal(variables: Array, h: Array) -> tuple[Array, Array, list[bool]]:
    """Return R, Q'h and which variables add to those before them (Gram and Schmidt, each variable twice)."""
    width, rows = variables.shape
    upper, parts = np.zeros((width, width)), np.zeros((width, *h.shape[1:]))
    basis, kept = np.zeros((width, rows)), [False] * width
    for place, variable in enumerate(variables):
        column = variable.copy()
        length = math.sqrt(np.add.reduce(column * column))
        before = basis[:place]
        for _ in range(2):
            shadows = np.einsum("kn,n->k", before, column)
            column -= np.einsum("kn,k->n", before, shadows)
            upper[:place, place] += shadows
        rest = math.sqrt(np.add.reduce(column * column))
        if rest > RANK_LIMIT * length:
            kept[place] = True
            upper[place, place] = rest
            np.divide(column, rest, out=basis[place])
            parts[place] = np.add.reduce((h.T * basis[place]).T, axis=0)
    return upper, parts, kept
