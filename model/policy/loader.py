"""From the YAML files to checked parameters; whatever is wrong is refused with file, line and parameter."""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from model.errors import PolicyError
from model.policy.files import FOLDER, fail, read_yaml
from model.policy.parameter import ALWAYS, Entry, Parameter, Series
from model.policy.schema import (
    FIELDS,
    FIELDS_ENTRY,
    KEYS,
    MARKS,
    PLACES,
    UNITS,
    as_date,
    check_rule,
    check_value,
)

KIND_OF_FILE = {"assumptions": "assumed", "calibration": "assumed: calibrated", "measured": "measured"}
ORDER = ("law", "assumed", "assumed: calibrated", "measured")
ASSUMED = "assumed"  # the folder of the assumptions, one file a group
SOURCE_FIELDS = {"issuer", "number", "title", "date", "read", "mark"}


class Reader:
    """Reads one parameter of one file and words its errors."""

    def __init__(self, file: Path, kind: str, group: str, name: str, nested: bool) -> None:
        """Remember where the parameter stands."""
        self.file, self.kind, self.group, self.name = file, kind, group, name
        self.keys: tuple[object, ...] = (group, name) if nested else (name,)

    def error(self, message: str, *inside: object) -> PolicyError:
        """Return the error for this parameter, at the line of the keys inside it."""
        return fail(self.file, self.keys + inside, f"{self.group}.{self.name}", message)

    def text(self, spec: dict[str, Any], field: str) -> str:
        """Return a text field that must be there."""
        if not isinstance(spec.get(field), str) or not spec[field].strip():
            raise self.error(f"expected {field}: a text, got {spec.get(field)!r}", field)
        return str(spec[field]).strip()

    def head(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Check title, unit, by, bounds, options and lag."""
        unknown = sorted(set(map(str, spec)) - FIELDS[self.kind])
        if unknown:
            raise self.error(
                f"expected the fields {', '.join(sorted(FIELDS[self.kind]))}, got {unknown[0]}", unknown[0]
            )
        title = spec.get("title")
        if not isinstance(title, dict) or set(title) != {"en", "zh"}:
            raise self.error("expected title: {en: ..., zh: ...}", "title")
        unit = spec.get("unit")
        if unit not in UNITS:
            raise self.error(f"expected a unit of the list ({', '.join(UNITS)}), got {unit!r}", "unit")
        by = spec.get("by", "nation")
        if by not in KEYS and by not in PLACES:
            raise self.error(f"expected by: {', '.join((*KEYS, *PLACES))}, got {by!r}", "by")
        bounds = spec.get("bounds")
        if not (isinstance(bounds, list) and len(bounds) == 2 and all(isinstance(b, int | float) for b in bounds)):
            raise self.error(f"expected bounds: [low, high], got {bounds!r}", "bounds")
        options = spec.get("options", {})
        if UNITS[unit].kind == "whole" and unit == "choice" and not options:
            raise self.error("expected options: {0: {en: ..., zh: ...}, ...} for a choice", "unit")
        return {
            "title": (str(title["en"]), str(title["zh"])),
            "unit": unit,
            "by": by,
            "bounds": (float(bounds[0]), float(bounds[1])),
            "options": tuple((int(k), *self.meaning(k, v)) for k, v in options.items()),
            "lag": int(spec.get("lag", 0)),
            "note": str(spec.get("note", "")),
        }

    def meaning(self, key: object, raw: object) -> tuple[str, str]:
        """Return what an option means in English and in Chinese."""
        if not isinstance(raw, dict) or set(raw) != {"en", "zh"} or not all(isinstance(t, str) for t in raw.values()):
            raise self.error("expected the meaning of an option as {en: ..., zh: ...}", "options", key)
        return raw["en"], raw["zh"]

    def value(self, raw: object, head: dict[str, Any], *inside: object) -> Any:
        """Check one value against unit, bounds and keys."""
        try:
            return check_value(raw, head["by"], UNITS[head["unit"]], head["bounds"])
        except ValueError as problem:
            raise self.error(f"{problem} ({head['unit']})", *inside) from None

    def entry(
        self, key: object, raw: object, spec: dict[str, Any], head: dict[str, Any], sources: dict[str, Any]
    ) -> Entry:
        """Check one dated value and its evidence."""
        try:
            date = as_date(key)
        except ValueError as problem:
            raise self.error(str(problem), "values", key) from None
        fields = raw if isinstance(raw, dict) and "value" in raw else {"value": raw}
        unknown = sorted(set(map(str, fields)) - FIELDS_ENTRY[self.kind])
        if unknown:
            raise self.error(f"expected {', '.join(sorted(FIELDS_ENTRY[self.kind]))}, got {unknown[0]}", "values", key)
        value = self.value(fields["value"], head, "values", key)
        if self.kind == "law":
            return Entry(date, value, "law", *self.evidence(fields, key, sources))
        why = str(fields.get("why", spec.get("why", ""))).strip()
        low, high = fields.get("low", spec.get("low")), fields.get("high", spec.get("high"))
        if not why:
            raise self.error("expected why: a reason for the assumption", "why")
        if (low is None or high is None) and self.kind == "assumed":
            raise self.error("expected low: and high: beside an assumed value", "values", key)
        low, high = (None if edge is None else self.value(edge, head, "low") for edge in (low, high))
        if self.kind == "assumed" and not within(value, low, high):
            raise self.error("expected a value between low and high", "values", key)
        return Entry(date, value, self.kind, why=why, low=low, high=high)

    def evidence(self, fields: dict[str, Any], key: object, sources: dict[str, Any]) -> tuple[str, str]:
        """Return source and article of a law value, or raise: what has none is an assumption."""
        source, article = fields.get("source"), fields.get("article")
        if source not in sources:
            raise self.error(f"expected a source of sources.yaml, got {source!r}", "values", key)
        if not article or not str(article).strip():
            raise self.error(f"expected the article of {source}, got {article!r}", "values", key)
        return str(source), str(article)

    def rule(self, spec: dict[str, Any], dated: bool) -> str:
        """Return the projection rule; a dated parameter must say it."""
        if "after" not in spec and not dated:
            return "frozen"
        try:
            return check_rule(spec.get("after"))
        except ValueError as problem:
            raise self.error(str(problem), "after") from None

    def complete(self, entry: Entry, head: dict[str, Any]) -> None:
        """Raise where the first value leaves a key open."""
        if not isinstance(entry.value, dict) or "default" in entry.value:
            return
        missing = ["default"] if head["by"] in PLACES else [k for k in KEYS[head["by"]] if k not in entry.value]
        if missing:
            raise self.error(f"expected a value for {missing[0]} as well", "values", entry.date)

    def earlier(self, raw: object, first: Entry, head: dict[str, Any]) -> Entry:
        """Return the value before the first date: what held without the rule, or `first` for the first value itself."""
        if raw == "first":
            return replace(first, date=ALWAYS, why="before the first year, as in it")
        value = self.value(raw, head, "before")
        return Entry(ALWAYS, value, self.kind, first.source, "not yet in force", why="not yet in force")

    def series(self, spec: dict[str, Any]) -> Series:
        """Check the reference to a measured series."""
        own, over = spec.get("measured"), spec.get("over")
        for field, part in (("measured", own), ("over", over)):
            if part is None and field == "over":
                continue
            if not isinstance(part, dict) or not {"indicator", "scheme"} <= set(part):
                raise self.error(f"expected {field}: {{table, indicator, scheme}}", field)
        assert isinstance(own, dict)
        last = spec.get("to")
        if not isinstance(last, int):
            raise self.error("expected to: the last year that may be used", "to")
        below = (over["indicator"], over["scheme"]) if isinstance(over, dict) else None
        table = str(own.get("table", "national_series.csv"))
        if spec.get("before", "first") != "first":
            raise self.error(f"expected before: first (the first measured value), got {spec['before']!r}", "before")
        factor = float(spec.get("factor", 1))
        return Series(table, own["indicator"], own["scheme"], below, factor, last, "before" in spec)

    def parameter(self, spec: object, sources: dict[str, Any]) -> Parameter:
        """Check the whole parameter."""
        if not isinstance(spec, dict):
            raise self.error(f"expected a mapping with title, unit, bounds and values, got {spec!r}")
        head = self.head(spec)
        common = {"group": self.group, "name": self.name, "kind": self.kind, "file": self.file, **head}
        why = str(spec.get("why", "")).strip()
        if self.kind == "measured":
            return Parameter(**common, after=self.rule(spec, True), measured=self.series(spec), why=why)
        dated = "values" in spec
        if dated == ("value" in spec):
            raise self.error("expected either values: {date: ...} or value:")
        raw = spec["values"] if dated else {ALWAYS: {k: spec[k] for k in ("value", "low", "high") if k in spec}}
        if not isinstance(raw, dict) or not raw:
            raise self.error("expected values: {date: {value: ...}}", "values")
        entries = sorted((self.entry(k, v, spec, head, sources) for k, v in raw.items()), key=lambda e: e.date)
        for one, two in pairwise(entries):
            if one.date == two.date:
                raise self.error(f"expected one value on {one.date}, got two", "values", two.date)
        if "before" in spec:
            entries.insert(0, self.earlier(spec["before"], entries[0], head))
        if not spec.get("completes"):
            self.complete(entries[0], head)
        targets = tuple(map(str, spec.get("targets", ())))
        return Parameter(**common, after=self.rule(spec, dated), entries=tuple(entries), why=why, targets=targets)


def within(value: Any, low: Any, high: Any) -> bool:
    """Say whether every number of a value lies in its range; what has no range is in it."""

    def part(edge: Any, key: object) -> Any:
        return edge.get(key) if isinstance(edge, dict) else edge

    for key, number in (value if isinstance(value, dict) else {"": value}).items():
        least, most = part(low, key), part(high, key)
        if (least is not None and number < least) or (most is not None and number > most):
            return False
    return True


def read_sources(folder: Path) -> dict[str, Any]:
    """Read sources.yaml: issuer, number, title, date, where it was read, evidence mark."""
    path = folder / "sources.yaml"
    sources = read_yaml(path)
    for name, source in sources.items():
        missing = SOURCE_FIELDS - set(source if isinstance(source, dict) else ())
        if missing:
            raise fail(
                path, (name,), name, f"expected {', '.join(sorted(SOURCE_FIELDS))}, missing {sorted(missing)[0]}"
            )
        if not str(source["mark"]).startswith(MARKS) or str(source["mark"]).endswith("-"):
            raise fail(path, (name, "mark"), name, f"expected mark S0..S4 or V, got {source['mark']!r}: not law")
    return sources


def merge(law: Parameter, more: Parameter) -> Parameter:
    """Complete a law parameter by assumed values of other dates; two values on one date are refused."""
    dates = {e.date for e in law.entries}
    for entry in more.entries:
        if entry.date in dates:
            keys = (more.group, more.name, "values", entry.date)
            raise fail(more.file, keys, more.path, f"expected no value on {entry.date}: the law has one")
    entries = tuple(sorted(law.entries + more.entries, key=lambda e: e.date))
    return Parameter(**{**{f: getattr(law, f) for f in Parameter.__slots__}, "entries": entries})


def inherit(spec: object, law: Parameter | None) -> object:
    """Return a completing spec with the head of the law parameter it completes."""
    if law is None or not isinstance(spec, dict):
        return spec
    head = {
        "title": {"en": law.title[0], "zh": law.title[1]},
        "unit": law.unit,
        "by": law.by,
        "bounds": list(law.bounds),
        "options": {number: {"en": en, "zh": zh} for number, en, zh in law.options},
        "after": law.after,
    }
    return {**head, **spec}


def kind_of(file: Path) -> str:
    """Return what a file holds: law, assumed, calibrated or measured numbers."""
    return "assumed" if file.parent.name == ASSUMED else KIND_OF_FILE.get(file.stem, "law")


def files_of(folder: Path) -> list[Path]:
    """Return the files that define parameters; law first, then what completes it, last what was calibrated."""
    files = [p for p in folder.glob("*.yaml") if p.stem not in {"sources", "unread"}]
    files += folder.glob(f"{ASSUMED}/*.yaml")
    return sorted(files, key=lambda p: (ORDER.index(kind_of(p)), p.stem))


def specs(file: Path) -> list[tuple[str, str, object, bool]]:
    """Return (group, name, spec, nested) of every parameter in a file."""
    content = read_yaml(file)
    if kind_of(file) == "law":
        return [(file.stem, str(name), spec, False) for name, spec in content.items()]
    out = []
    for group, members in content.items():
        if not isinstance(members, dict):
            raise fail(file, (group,), str(group), "expected a mapping of parameters")
        out += [(str(group), str(name), spec, True) for name, spec in members.items()]
    return out


def read_parameters(folder: Path) -> tuple[dict[str, Parameter], dict[str, Any]]:
    """Read every file of the folder; law first, then what completes it."""
    sources = read_sources(folder)
    found: dict[str, Parameter] = {}
    for file in files_of(folder):
        kind = kind_of(file)
        for group, name, spec, nested in specs(file):
            reader = Reader(file, kind, group, name, nested)
            completes = isinstance(spec, dict) and bool(spec.get("completes"))
            old = found.get(f"{group}.{name}")
            if completes != (old is not None):
                said = "a parameter of the law to complete" if completes else "one definition of this parameter"
                raise reader.error(f"expected {said}")
            parameter = reader.parameter(inherit(spec, old), sources)
            found[parameter.path] = merge(old, parameter) if old else parameter
    return found, sources


def read_unread(folder: Path = FOLDER) -> frozenset[str]:
    """Return the parameters that no rule or phase reads yet."""
    path = folder / "unread.yaml"
    return frozenset(map(str, read_yaml(path).get("paths", ()))) if path.is_file() else frozenset()


def read_idle(folder: Path = FOLDER) -> dict[str, dict[str, Any]]:
    """Return the parameters without effect while others have certain values, with these [unit of the parameter]."""
    path = folder / "unread.yaml"
    groups = read_yaml(path).get("idle", ()) if path.is_file() else ()
    return {str(each): dict(group["while"]) for group in groups for each in group["paths"]}


@lru_cache(maxsize=4)
def read_folder(folder: Path = FOLDER) -> tuple[dict[str, Parameter], dict[str, Any]]:
    """Read a folder once per process."""
    return read_parameters(folder)


def latest(date: datetime.date, entries: tuple[Entry, ...]) -> int:
    """Return the index of the last entry dated on or before a date, or -1."""
    index = -1
    for i, entry in enumerate(entries):
        if entry.date <= date:
            index = i
    return index
