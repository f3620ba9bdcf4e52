"""What a row of measures is: level, unit, name, value; undefined values carry their reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.codes import Scheme
from model.measures import Undefined

Measure = tuple[str, str, str, float]
Row = tuple[int, str, str, str, float, str]
NATION: Final = ("nation", "china")
FEN: Final = 100
"""Fen in a yuan."""
SCHEMES: Final = tuple((scheme, scheme.name.lower()) for scheme in (Scheme.EMPLOYEE, Scheme.RESIDENT))
NO_REASON: Final = "not a number"


def dated(year: int, measures: Iterable[Measure]) -> list[Row]:
    """Return rows of the year; an undefined value is NaN with its reason, any other has none."""
    return [(year, level, unit, name, float(value), reason_of(value)) for level, unit, name, value in measures]


def reason_of(value: float) -> str:
    """Return why a value is undefined, or nothing."""
    if value == value:
        return ""
    return value.reason if isinstance(value, Undefined) else NO_REASON


def by_word(words: NDArray[Any], amounts: NDArray[np.int64]) -> dict[str, int]:
    """Return the sum of amounts by word [unit of the amounts]."""
    place, names = pd.factorize(words)
    sums = np.zeros(len(names), np.int64)
    np.add.at(sums, place, amounts)
    return dict(zip(names.tolist(), sums.tolist(), strict=True))
