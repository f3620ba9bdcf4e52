"""Horizontal inequity: who uses more or less care than people of like need.

Wagstaff & van Doorslaer 2000, J Human Resources 35:716; O'Donnell, van Doorslaer, Wagstaff, Lindelow 2008, chapter 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from model.measures.common import Array, Fields, Values, clean, mean, numbers, same_length, weights
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
    matrix = np.column_stack([np.zeros((len(h), 0)), *control, *need])
    root = np.sqrt(w)
    split, weighted = len(control), matrix * root[:, None]
    upper, parts, kept = orthogonal(weighted, (h.T * root).T)
    if not all(kept[split:]):  # else need adds to the controls, and the more so to itself
        alone = orthogonal(weighted[:, split:], np.zeros(len(h)))[2]
        if np.count_nonzero(kept[split:]) != np.count_nonzero(alone):
            return None
    slopes = np.zeros((len(need), *h.shape[1:]))
    places = [place for place in range(len(need)) if kept[split + place]]
    for place in reversed(places):
        later = [other for other in places if other > place]
        row = upper[split + place]
        known = sum((row[split + other] * slopes[other] for other in later), np.zeros(h.shape[1:]))
        slopes[place] = (parts[split + place] - known) / row[split + place]
    fitted = np.zeros(h.shape)
    for place in places:
        fitted += np.multiply.outer(matrix[:, split + place], slopes[place])
    return fitted


def orthogonal(matrix: Array, h: Array) -> tuple[Array, Array, list[bool]]:
    """Return R, Q'h and which columns add to those before them (Gram and Schmidt, each column twice)."""
    rows, width = matrix.shape
    upper, parts = np.zeros((width, width)), np.zeros((width, *h.shape[1:]))
    basis, done = np.zeros((width, rows)), []
    for place in range(width):
        column = matrix[:, place].copy()
        length = float(np.sqrt(np.sum(column * column)))
        for _ in range(2):
            shadows = np.einsum("kn,n->k", basis[:place], column)
            column -= np.einsum("kn,k->n", basis[:place], shadows)
            upper[:place, place] += shadows
        rest = float(np.sqrt(np.sum(column * column)))
        if rest > RANK_LIMIT * length:
            done.append(place)
            basis[place] = column / rest
            upper[place, place] = rest
            parts[place] = np.sum((h.T * basis[place]).T, axis=0)
    return upper, parts, [place in done for place in range(width)]
