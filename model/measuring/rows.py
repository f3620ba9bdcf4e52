"""What a row of measures is: level, unit, name, value; undefined values carry their reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

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
