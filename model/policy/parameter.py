"""One parameter of the law with its dated values and where each comes from."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.policy.schema import KEYS, PLACES, UNITS, Unit

Number = float | int
Setting = Number | dict[Any, Number]
ALWAYS = datetime.date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A dated value: a number or numbers by key, its evidence, and the reform that set it (empty: the law itself)."""

    date: datetime.date
    value: Any
    kind: str
    source: str = ""
    article: str = ""
    why: str = ""
    low: Any = None
    high: Any = None
    reform: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A measured series: indicator and scheme of a table, divided by another where `over` is given."""

    table: str
    indicator: str
    scheme: str
    over: tuple[str, str] | None
    factor: float
    last: int
    held_back: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: what it means, its unit, its bounds, its dated values and how it goes on after the last of them."""

    group: str
    name: str
    title: tuple[str, str]
    unit: str
    by: str
    bounds: tuple[float, float]
    after: str
    kind: str
    file: Path
    lag: int = 0
    options: tuple[tuple[int, str, str], ...] = ()  # number, what it means in English and in Chinese
    entries: tuple[Entry, ...] = ()
    measured: Series | None = None
    why: str = ""
    note: str = ""
    targets: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Return the path group.name by which law and reforms name it."""
        return f"{self.group}.{self.name}"

    @property
    def measure(self) -> Unit:
        """Return the unit with its storage kind."""
        return UNITS[self.unit]

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys in the order of the record's array; empty for one number or for places."""
        return () if self.by in PLACES else KEYS[self.by]


def overlay(old: Setting | None, new: Setting) -> Setting:
    """Lay a later value over an earlier one: a number replaces all, a mapping replaces its own keys."""
    if not isinstance(new, dict) or old is None:
        return new
    if not isinstance(old, dict):
        old = {"default": old}
    return {**old, **new}


def scaled(setting: Setting, factor: float) -> Setting:
    """Multiply every number of a value by a growth factor (one leaves it as it is, to the last bit)."""
    if factor == 1:
        return setting
    if isinstance(setting, dict):
        return {key: number * factor for key, number in setting.items()}
    return setting * factor
