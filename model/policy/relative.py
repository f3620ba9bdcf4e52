"""Relative changes of a reform: the law plus or times a number, like another parameter, taking up what another loses.

Each is worked out against the law of the year, so that it follows later values, growth, calibration and parameter sets.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from model.policy.parameter import Entry, Number, Parameter, Setting
from model.policy.schema import PLACES, check_keys

LIKE, TAKES_UP, PLUS, TIMES = "like", "takes_up", "plus", "times"
WORDS = (LIKE, PLUS, TAKES_UP, TIMES)
EVIDENCE = ("value", "unit", "source", "article")
NO_SUMS = ("switch", "choice")
"""Units whose numbers are names: twice a choice means nothing."""
HOME = 10_000


@dataclass(frozen=True, slots=True)
class Shift:
    """A relative change: the value, or another parameter's, times a number plus a number plus what another loses."""

    since: datetime.date
    times: Number = 1
    plus: Number = 0
    like: str = ""
    takes_up: str = ""

    @property
    def others(self) -> tuple[str, ...]:
        """Return the paths of the other parameters that it looks at."""
        return tuple(path for path in (self.like, self.takes_up) if path)

    def told(self) -> list[Any]:
        """Return what it does, as JSON can write it."""
        return [self.times, self.plus, self.like, self.takes_up]


Shifts = Shift | dict[Any, Shift | None] | None
"""What is done to all numbers of a value, or by key; nothing where the value stands as it is."""


def is_relative(raw: object) -> bool:
    """Say whether a reform's value is given against the law and not as a number."""
    return isinstance(raw, Mapping) and not set(raw).isdisjoint(WORDS)


def read_shift(parameter: Parameter, reform: str, date: datetime.date, raw: Mapping[Any, Any]) -> Entry:
    """Return a reform's dated relative change; raise ValueError saying what was expected."""
    unknown = sorted(set(map(str, raw)) - {*WORDS, *EVIDENCE})
    if unknown:
        raise ValueError(f"expected {', '.join((*WORDS, *EVIDENCE))}, got {unknown[0]}")
    if LIKE in raw and "value" in raw:
        raise ValueError("expected value or like, got both")
    paths = {word: raw[word] for word in (LIKE, TAKES_UP) if word in raw}
    for word, path in paths.items():
        if not isinstance(path, str):
            raise ValueError(f"expected {word}: the path of a parameter, got {path!r}")
    numbers = {word: _numbers(parameter, word, raw[word]) for word in (TIMES, PLUS) if word in raw}
    keys: dict[Any, None] = {}
    for given in numbers.values():
        keys |= dict.fromkeys(given if isinstance(given, dict) else ())
    whole = bool(paths) or any(not isinstance(given, dict) for given in numbers.values())

    def shift(key: object) -> Shift:
        own = {word: given.get(key) if isinstance(given, dict) else given for word, given in numbers.items()}
        times, plus = own.get(TIMES), own.get(PLUS)
        times, plus = 1 if times is None else times, 0 if plus is None else plus
        return Shift(date, times, plus, paths.get(LIKE, ""), paths.get(TAKES_UP, ""))

    value: Shifts = shift(None)
    if keys:
        value = {key: shift(key) for key in ((*keys, "default") if whole and "default" not in keys else keys)}
    source = " ".join(str(raw[field]) for field in ("source", "article") if field in raw)
    return Entry(date, value, "reform", source=source, reform=reform)


def _numbers(parameter: Parameter, word: str, given: object) -> Number | dict[Any, Number]:
    if parameter.unit in NO_SUMS:
        raise ValueError(f"expected a value or like for a {parameter.unit}, got {word}")
    if isinstance(given, Mapping):
        check_keys(given, parameter.by)
        if not given or parameter.by == "nation":
            raise ValueError(f"expected {word}: a number, got {dict(given)!r}")
        return {key if parameter.by in PLACES else str(key): _number(word, one) for key, one in given.items()}
    return _number(word, given)


def _number(word: str, given: object) -> Number:
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
        raise ValueError(f"expected {word}: a number, got {given!r}")
    return given


def check_others(parameter: Parameter, entry: Entry, parameters: Mapping[str, Parameter]) -> None:
    """Raise ValueError where a change looks at a parameter that is not there or is of another kind."""
    for path in others((entry,)):
        if path not in parameters:
            raise ValueError(f"expected the path of a parameter, got {path}")
        other = parameters[path]
        if other.unit != parameter.unit:
            raise ValueError(f"expected a parameter in {parameter.unit}, got {path} in {other.unit}")
        if other.by not in {parameter.by, "nation"}:
            raise ValueError(f"expected a parameter by {parameter.by}, got {path} by {other.by}")


def others(entries: Iterable[Entry]) -> set[str]:
    """Return the paths of the parameters that dated changes look at."""
    found: set[str] = set()
    for entry in entries:
        for shift in entry.value.values() if isinstance(entry.value, dict) else (entry.value,):
            found |= set(shift.others if shift else ())
    return found


def ended(entry: Entry) -> Entry:
    """Return what a later number does to relative changes before it: it ends them, by key where it has keys."""
    value = dict.fromkeys(entry.value) if isinstance(entry.value, dict) else None
    return Entry(entry.date, value, "reform", reform=entry.reform)


def in_force(entries: Iterable[Entry], date: datetime.date) -> Shifts:
    """Return the changes in force on a date: the last one counts; a number ends them, one by key ends those keys'."""
    now: Shifts = None
    for entry in entries:
        if entry.date > date:
            break
        if isinstance(entry.value, dict) and None in entry.value.values():
            now = {**(now if isinstance(now, dict) else {"default": now}), **entry.value}
        else:
            now = entry.value
    return now


def resolved(
    parameter: Parameter,
    base: Setting,
    shifts: Shifts,
    setting: Callable[[str], Setting],
    before: Callable[[str, datetime.date], Setting],
) -> Setting:
    """Return a value with its changes.

    Args:
        parameter: the changed one.
        base: its value without them, in its unit.
        shifts: the changes.
        setting: tells another parameter's value in the year.
        before: tells it without what the reform does to it from a date on.

    """
    parts = [base, shifts]
    for shift in shifts.values() if isinstance(shifts, dict) else (shifts,):
        if shift is not None:
            parts += [setting(path) for path in shift.others]
            parts += [before(shift.takes_up, shift.since)] if shift.takes_up else []

    def number(key: object) -> Number:
        shift = at(shifts, key)
        value: Number = at(base, key)
        if shift is None:
            return value
        if shift.like:
            value = at(setting(shift.like), key)
        value = value if shift.times == 1 else value * shift.times
        value = value if shift.plus == 0 else value + shift.plus
        if shift.takes_up:
            value += at(before(shift.takes_up, shift.since), key) - at(setting(shift.takes_up), key)
        whole = parameter.measure.kind == "whole" and float(value).is_integer()
        return int(value) if whole else value

    keyed = [part for part in parts if isinstance(part, dict)]
    if not keyed:
        return number(None)
    keys = parameter.keys or tuple({"default": None, **{key: None for part in keyed for key in part}})
    return {key: number(key) for key in keys}


def at(value: Any, key: object) -> Any:
    """Return what a value or its changes say of a key: its own, else its province's, else the default."""
    if not isinstance(value, dict):
        return value
    for each in (key, key // HOME * HOME if isinstance(key, int) else key, "default"):
        if each in value:
            return value[each]
    return None
