"""The law as a value: what is in force in a year, and what a reform makes of it."""

from __future__ import annotations

import datetime
import difflib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

from model.errors import PolicyError, ReformError
from model.policy.files import FOLDER, short
from model.policy.loader import latest, read_folder
from model.policy.measured import measured_entries
from model.policy.parameter import Entry, Number, Parameter, Setting, overlay, scaled
from model.policy.relative import WORDS, Shift, check_others, ended, is_relative, others, read_shift, resolved
from model.policy.relative import in_force as shifts_in_force
from model.policy.schema import PLACES, as_date, check_number, check_rule, check_value, first_year

INDEX_PATHS = {"indexed to income": "work.income_growth", "indexed to wages": "work.wage_growth"}
AFTER = ".after"
Laid = dict[str, tuple[Entry, ...]]
FIRST_YEAR, LAST_YEAR = 1998, 2050  # the year of the first law, 国发〔1998〕44号, and the last that can be lived


class Change(Protocol):
    """What the policy needs to know of a reform."""

    @property
    def name(self) -> str:
        """The reform's name."""
        ...

    @property
    def changes(self) -> Mapping[str, Mapping[Any, Any]]:
        """Values by path and date."""
        ...


@dataclass(frozen=True)
class Policy:
    """All parameters with the reforms laid over them; never changes, `with_reforms` returns another."""

    parameters: Mapping[str, Parameter] = field(repr=False)
    sources: Mapping[str, Any] = field(repr=False)
    overrides: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    rules: Mapping[str, tuple[tuple[datetime.date, str, str], ...]] = field(default_factory=dict)
    shifts: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    _before: dict[tuple[str, datetime.date], Policy] = field(default_factory=dict, repr=False, compare=False)
    _memo: dict[tuple[str, int], Setting] = field(default_factory=dict, repr=False, compare=False)
    _settled: dict[str, float] = field(default_factory=dict, repr=False, compare=False)
    _grown: dict[tuple[str, int, int], float] = field(default_factory=dict, repr=False, compare=False)

    def parameter(self, path: str) -> Parameter:
        """Return a parameter, or raise PolicyError naming near misses."""
        if path not in self.parameters:
            near = [p for p in self.parameters if p.split(".")[-1] == path.split(".")[-1]]
            hint = f" (there is {', '.join(near)})" if near else self._near(path)
            raise PolicyError(f"model/policy: expected a parameter path group.name, got {path}{hint}")
        return self.parameters[path]

    def entries(self, path: str) -> tuple[Entry, ...]:
        """Return the dated values before any reform; measured ones are read from the data."""
        parameter = self.parameter(path)
        return measured_entries(parameter) if parameter.measured else parameter.entries

    def in_force(self, path: str, year: int) -> Entry:
        """Return the last entry dated on or before 1 January, a reform's first; raise where there is none."""
        date = datetime.date(year, 1, 1)
        over = self.overrides.get(path, ())
        base = self.entries(path)
        shifts = self.shifts.get(path, ())
        if (i := latest(date, shifts)) >= 0 and is_shift(shifts[i]):
            return replace(shifts[i], value=self.setting(path, first_year(shifts[i].date)))
        if (i := latest(date, over)) >= 0:
            return over[i]
        if (i := latest(date, base)) >= 0:
            return base[i]
        first = f" (first value {base[0].date})" if base else ""
        raise PolicyError(f"{short(self.parameters[path].file)} {path}: no law for {path} in {year}{first}")

    def rule(self, path: str, year: int) -> str:
        """Return the projection rule in force in a year."""
        date = datetime.date(year, 1, 1)
        rule = self.parameters[path].after
        for since, text, _ in self.rules.get(path, ()):
            if since <= date:
                rule = text
        return rule

    def growth(self, path: str, start: int, year: int) -> float:
        """Return the factor of the projection rule from one year to another [ratio]."""
        if year <= start or (path not in self.rules and self.parameters[path].after == "frozen"):
            return 1.0
        if (path, start, year) not in self._grown:
            factor, rule = self.growth(path, start, year - 1), self.rule(path, year)
            if rule != "frozen":
                source = INDEX_PATHS.get(rule) or rule.removeprefix("growth ")
                factor *= 1.0 + float(self.setting(source, year))  # type: ignore[arg-type]
            self._grown[path, start, year] = factor
        return self._grown[path, start, year]

    def settled(self, path: str) -> float:
        """Return the year from which the value never changes again; infinity where it is projected."""
        if path not in self._settled:
            rules = {self.parameters[path].after, *(text for _, text, _ in self.rules.get(path, ()))}
            shifts = self.shifts.get(path, ())
            dates = [entry.date for entry in (*self.entries(path), *self.overrides.get(path, ()), *shifts)]
            last = max((float(first_year(date)) for date in dates), default=float(FIRST_YEAR))
            last = max(last, *map(self.settled, others(shifts)), last)
            self._settled[path] = last if rules == {"frozen"} else float("inf")
        return self._settled[path]

    @cached_property
    def _last_moves(self) -> dict[str, float]:
        """The year from which a path's fields of the record never change again, by path in order."""
        return {path: self.settled(path) + self.parameters[path].lag for path in sorted(self.parameters)}

    def moving(self, year: int) -> list[str]:
        """Return the paths whose fields of the record may still change after a year."""
        return [path for path, last in self._last_moves.items() if last > year]

    def setting(self, path: str, year: int) -> Setting:
        """Return the value in force in a year, projected where the law has ended, in the parameter's own unit."""
        if (path, year) not in self._memo:
            self._memo[path, year] = self._setting(path, year)
        return self._memo[path, year]

    def _setting(self, path: str, year: int) -> Setting:
        plainly = self._unshifted(path, year)
        if path not in self.shifts:
            return plainly
        shifts = shifts_in_force(self.shifts[path], datetime.date(year, 1, 1))

        def before(other: str, since: datetime.date) -> Setting:
            return self._without(other, since).setting(other, year)

        other = partial(self.setting, year=year)
        return plainly if shifts is None else resolved(self.parameters[path], plainly, shifts, other, before)

    def _without(self, path: str, since: datetime.date) -> Policy:
        """Return the law without what reforms do to one parameter from a date on."""
        if (path, since) not in self._before:
            over, shifts = (
                {**laid, path: tuple(e for e in laid.get(path, ()) if e.date < since)}
                for laid in (self.overrides, self.shifts)
            )
            rules = {**self.rules, path: tuple(rule for rule in self.rules.get(path, ()) if rule[0] < since)}
            self._before[path, since] = Policy(self.parameters, self.sources, over, rules, shifts)
        return self._before[path, since]

    def _unshifted(self, path: str, year: int) -> Setting:
        date = datetime.date(year, 1, 1)
        base = self.entries(path)
        over = tuple(e for e in self.overrides.get(path, ()) if e.date <= date)
        now = latest(date, base)
        current: Setting | None = None
        if now >= 0:
            for entry in base[: now + 1]:
                current = overlay(current, entry.value)
            if now == len(base) - 1:
                current = scaled(current, self.growth(path, first_year(base[-1].date), year))  # type: ignore[arg-type]
        end = first_year(base[-1].date) if base else year
        for entry in over:
            start = max(first_year(entry.date), min(end, year))
            current = overlay(current, scaled(entry.value, self.growth(path, start, year)))
        if current is None:
            self.in_force(path, year)
            raise PolicyError(f"{path}: no law for {path} in {year}")
        return current

    def value(self, path: str, year: int, province: int | None = None, pool: int | None = None) -> Any:
        """Return the value in force in a year: a number, numbers by key, or the number of a province or pool."""
        setting = self.setting(path, year)
        by = self.parameters[path].by
        if by in PLACES and (province is not None or pool is not None):
            return at_place(setting, pool or province or 0, province)
        return setting

    def group(self, group: str, year: int) -> dict[str, Any]:
        """Return the values in force in a year of all parameters of a group, by name."""
        paths = [path for path in self.parameters if path.startswith(f"{group}.")]
        return {path.removeprefix(f"{group}."): self.value(path, year) for path in paths}

    def with_reforms(self, reforms: Iterable[Change]) -> Policy:
        """Return the law with these reforms laid over it; raise ReformError where one does not fit."""
        overrides = dict(self.overrides)
        rules = dict(self.rules)
        shifts = dict(self.shifts)
        for reform in reforms:
            for path, values in reform.changes.items():
                if path.endswith(AFTER):
                    rules[path.removesuffix(AFTER)] = self._rule_change(reform, path, values)
                else:
                    self._lay(path, self._change(reform, path, values), overrides, shifts)
        changed = Policy(self.parameters, self.sources, overrides, rules, shifts)
        for path in {**overrides, **shifts}:
            self._not_twice(path, changed)
        for path in shifts:
            changed.check_relative(path)
        return changed

    def check_change(self, reform: Change) -> None:
        """Raise ReformError where a reform's values do not fit by themselves; relative ones are worked out later."""
        for path, values in reform.changes.items():
            (self._rule_change if path.endswith(AFTER) else self._change)(reform, path, values)

    @staticmethod
    def _lay(path: str, entries: Sequence[Entry], overrides: Laid, shifts: Laid) -> None:
        """Put one parameter's changes where they belong: numbers, and changes relative to what would else hold."""
        overrides.pop(path, None)
        shifts.pop(path, None)
        numbers = tuple(entry for entry in entries if not is_shift(entry))
        relative = [entry for entry in entries if is_shift(entry)]
        if numbers:
            overrides[path] = numbers
        if relative:
            dated = {entry.date for entry in relative}
            ends = [ended(entry) for entry in numbers if entry.date not in dated]
            shifts[path] = tuple(sorted([*relative, *ends], key=lambda e: e.date))

    def _not_twice(self, path: str, changed: Policy) -> None:
        """Raise where a reform already laid over this law is changed by another."""
        old, new = (
            {e.reform for e in (*law.overrides.get(path, ()), *law.shifts.get(path, ()))} for law in (self, changed)
        )
        if old and old != new:
            raise ReformError(f"reforms {', '.join(sorted(old | new))} both change {path}: expected one of them")

    def check_relative(self, path: str) -> None:
        """Raise ReformError where a relative change goes in a circle or brings a value beyond its bounds in a year."""
        entries, parameter = self.shifts[path], self.parameters[path]
        where = f"{entries[0].reform} {path}"
        self._no_circle(where, path, (path,))
        first = first_year(entries[0].date)
        for year in range(first, int(min(LAST_YEAR, max(first, self.settled(path)))) + 1):
            try:
                setting = self.setting(path, year)
                for number in setting.values() if isinstance(setting, dict) else (setting,):
                    check_number(number, parameter.measure, parameter.bounds)
            except (PolicyError, ValueError) as problem:
                raise ReformError(f"{where}: {problem} in {year} ({parameter.unit})") from None

    def _no_circle(self, where: str, path: str, way: tuple[str, ...]) -> None:
        """Raise where a value would be worked out from itself."""
        rules = {self.parameters[path].after, *(text for _, text, _ in self.rules.get(path, ()))} - {"frozen"}
        found = others(self.shifts.get(path, ())) | {INDEX_PATHS.get(r) or r.removeprefix("growth ") for r in rules}
        for other in sorted(found):
            if other in way:
                raise ReformError(f"{where}: expected no circle, got {' → '.join((*way, other))}")
            self._no_circle(where, other, (*way, other))

    def _near(self, path: str) -> str:
        """Return the paths that look most like one that does not exist, as the end of an error line."""
        near = difflib.get_close_matches(path.removesuffix(AFTER), self.parameters, n=3)
        return f" (nearest: {', '.join(near)})" if near else ""

    def _change(self, reform: Change, path: str, values: Mapping[Any, Any]) -> tuple[Entry, ...]:
        where = f"{reform.name} {path}"
        if path not in self.parameters:
            raise ReformError(f"{where}: expected the path of a parameter, got {path}{self._near(path)}")
        parameter = self.parameters[path]
        if not isinstance(values, Mapping) or not values:
            raise ReformError(f"{where}: expected {{date: value}}, got {values!r}")
        entries = []
        for key, raw in values.items():
            try:
                entries += reform_entries(parameter, reform.name, key, raw, self.parameters)
            except ValueError as problem:
                raise ReformError(f"{where}: {problem} ({parameter.unit})") from None
        return tuple(sorted(entries, key=lambda e: e.date))

    def _rule_change(
        self, reform: Change, path: str, values: Mapping[Any, Any]
    ) -> tuple[tuple[datetime.date, str, str], ...]:
        if path.removesuffix(AFTER) not in self.parameters:
            raise ReformError(f"{reform.name} {path}: expected the path of a parameter, got {path}{self._near(path)}")
        try:
            found = [(reform_date(key), check_rule(raw), reform.name) for key, raw in values.items()]
        except ValueError as problem:
            raise ReformError(f"{reform.name} {path}: {problem}") from None
        for _, rule, _ in found:
            source = INDEX_PATHS.get(rule) or rule.removeprefix("growth ")
            if rule != "frozen" and source not in self.parameters:
                raise ReformError(f"{reform.name} {path}: expected the path of a growth rate, got {source}")
        return tuple(sorted(found))

    def hash(self) -> str:
        """Return the sha256 of every value, rule and reform: 64 hex digits."""
        content = {path: self._canonical(path) for path in sorted(self.parameters)}
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def _canonical(self, path: str) -> list[Any]:
        p = self.parameters[path]
        over = self.overrides.get(path, ())
        values = [[e.date.isoformat(), plain(e.value)] for e in p.entries]
        changed = [[e.date.isoformat(), plain(e.value)] for e in over]
        rules = [[d.isoformat(), r] for d, r, _ in self.rules.get(path, ())]
        shifts = [[e.date.isoformat(), told(e.value)] for e in self.shifts.get(path, ())]
        return [p.unit, p.by, p.after, p.lag, str(p.measured), values, changed, rules, *([shifts] if shifts else [])]


def plain(value: Any) -> Any:
    """Return a value as JSON can write it, keys as text in order."""
    return {str(k): plain(value[k]) for k in sorted(value, key=str)} if isinstance(value, Mapping) else value


def told(value: Any) -> Any:
    """Return relative changes as JSON can write them."""
    return plain({k: v and v.told() for k, v in value.items()}) if isinstance(value, dict) else value and value.told()


def is_shift(entry: Entry) -> bool:
    """Say whether a reform's entry changes the law relatively."""
    value = entry.value
    return isinstance(value, Shift) or (isinstance(value, dict) and any(isinstance(v, Shift) for v in value.values()))


def reform_entries(
    parameter: Parameter, reform: str, key: object, raw: object, parameters: Mapping[str, Parameter]
) -> list[Entry]:
    """Return what a reform says on a date: a value, a relative change, or one of a value; raise ValueError."""
    if not (isinstance(raw, Mapping) and is_relative(raw)):
        return [reform_entry(parameter, reform, key, raw)]
    shift = read_shift(parameter, reform, reform_date(key), raw)
    check_others(parameter, shift, parameters)
    if "value" in raw:
        number = {field: raw[field] for field in raw if field not in WORDS}
        return [reform_entry(parameter, reform, key, number), shift]
    if raw.get("unit", parameter.unit) != parameter.unit:
        raise ValueError(f"expected the unit {parameter.unit}, got {raw['unit']}")
    return [shift]


def reform_entry(parameter: Parameter, reform: str, key: object, raw: object) -> Entry:
    """Return a reform's dated value, checked; raise ValueError saying what was expected."""
    date = reform_date(key)
    source = ""
    if isinstance(raw, Mapping) and "value" in raw:
        unknown = sorted(set(map(str, raw)) - {"value", "unit", "source", "article"})
        if unknown:
            raise ValueError(f"expected value, unit, source, article, got {unknown[0]}")
        if raw.get("unit", parameter.unit) != parameter.unit:
            raise ValueError(f"expected the unit {parameter.unit}, got {raw['unit']}")
        source = " ".join(str(raw[k]) for k in ("source", "article") if k in raw)
        raw = raw["value"]
    checked = raw if not isinstance(raw, Mapping) else dict(raw)
    value = check_value(checked, parameter.by, parameter.measure, parameter.bounds)
    return Entry(date, value, "reform", source=source, reform=reform)


def reform_date(key: object) -> datetime.date:
    """Return the date of a reform's value; raise ValueError for one before the first law or after the last year."""
    date = as_date(key)
    if not FIRST_YEAR <= date.year <= LAST_YEAR:
        raise ValueError(f"{date}: expected a date from {FIRST_YEAR} to {LAST_YEAR}, the years of the law")
    return date


def at_place(setting: Setting, code: int, province: int | None = None) -> Number:
    """Return the number of a pool or province: its own, else its province's, else the default."""
    if not isinstance(setting, dict):
        return setting
    home = province if province is not None else code // 10000 * 10000
    for key in (code, home, "default"):
        if key in setting:
            return setting[key]
    raise PolicyError(f"expected a default beside the values by place, got {sorted(map(str, setting))[:3]}")


def load_policy(folder: Path = FOLDER) -> Policy:
    """Load and check the whole law."""
    parameters, sources = read_folder(folder)
    policy = Policy(parameters, sources)
    for path, parameter in parameters.items():
        rule = parameter.after
        source = INDEX_PATHS.get(rule) or rule.removeprefix("growth ")
        if rule != "frozen" and source not in parameters:
            raise PolicyError(f"{short(parameter.file)} {path}: expected the path of a growth rate after, got {source}")
    return policy
