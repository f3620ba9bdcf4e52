"""What is simulated: a reform changes the law, a scenario says which reforms, years and people. Both never change."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from model.coherence import check_steps
from model.errors import ReformError, ScenarioError
from model.policy.files import ROOT, fail, read_yaml, short
from model.policy.policy import AFTER, Policy, load_policy, plain
from model.policy.schema import as_date

FIRST_START, LAST_START, LAST_END = 2019, 2026, 2050
DEFAULT_PEOPLE = 3_000_000
REFORMS = ROOT / "experiments" / "reforms"
TEXTS = ("title", "question", "source")
Text = str | Mapping[str, str]


@dataclass(frozen=True)
class Reform:
    """Changes of the law by parameter path and date, with the question they answer and where they were proposed."""

    name: str
    title: Text = ""
    question: Text = ""
    source: Text = ""
    changes: Mapping[str, Mapping[Any, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Freeze the changes; a year stands for its 1 January."""
        frozen: dict[str, Mapping[Any, Any]] = {}
        for path, values in self.changes.items():
            if not isinstance(values, Mapping) or not values:
                raise ReformError(f"{self.name} {path}: expected {{date: value}}, got {values!r}")
            try:
                dated = {as_date(date): value for date, value in values.items()}
            except ValueError as problem:
                raise ReformError(f"{self.name} {path}: {problem}") from None
            if len(dated) != len(values):
                raise ReformError(f"{self.name} {path}: expected one value on each date, got two")
            frozen[str(path)] = MappingProxyType(dict(sorted(dated.items())))
        object.__setattr__(self, "changes", MappingProxyType(dict(sorted(frozen.items()))))

    def __hash__(self) -> int:
        """Hash by name and changed paths."""
        return hash((self.name, tuple(self.changes)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with plain dictionaries, so that workers can be given a reform."""
        changes = {path: dict(values) for path, values in self.changes.items()}
        return (Reform, (self.name, self.title, self.question, self.source, changes))

    def __or__(self, other: Reform) -> Reform:
        """Lay another reform over this one; raise ReformError where both change one parameter."""
        both = sorted(set(self.changes) & set(other.changes))
        if both:
            raise ReformError(f"{self.name} and {other.name} both change {both[0]}: expected one of them")
        texts = {t: joined(getattr(self, t), getattr(other, t)) for t in TEXTS}
        return Reform(f"{self.name}+{other.name}", changes={**self.changes, **other.changes}, **texts)

    def text(self, field_name: str, lang: str = "en") -> str:
        """Return title, question or source in a language; a plain text serves for both."""
        value = getattr(self, field_name)
        return str(value.get(lang, next(iter(value.values()), ""))) if isinstance(value, Mapping) else str(value)

    def canonical(self) -> dict[str, Any]:
        """Return what the reform does, as JSON can write it, without titles."""
        return {
            path: {date.isoformat(): plain(dict(v) if isinstance(v, Mapping) else v) for date, v in values.items()}
            for path, values in self.changes.items()
        }


def joined(one: Text, two: Text) -> Text:
    """Join two texts, by language where both have languages."""
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        return {lang: "; ".join(t for t in (one.get(lang, ""), two.get(lang, "")) if t) for lang in {**one, **two}}
    first = one.get("en", "") if isinstance(one, Mapping) else one
    second = two.get("en", "") if isinstance(two, Mapping) else two
    return "; ".join(t for t in (first, second) if t)


def reform_path(name_or_path: str | Path) -> Path:
    """Return the file of a reform given by name or path; raise ReformError naming the nearest."""
    text = str(name_or_path)
    path = Path(text)
    if path.suffix in {".yaml", ".yml"} or path.parent != Path():
        if not path.is_file():
            shipped = f" (the shipped one is named {path.stem})" if (REFORMS / f"{path.stem}.yaml").is_file() else ""
            raise ReformError(f"{path.as_posix()}: expected a readable reform file{shipped}")
        return path
    path = REFORMS / f"{text}.yaml"
    if not path.is_file():
        names = sorted(p.stem for p in REFORMS.glob("*.yaml"))
        near = difflib.get_close_matches(text.lower(), names, n=3)
        hint = f"nearest: {', '.join(near)}" if near else f"there are {', '.join(names)}"
        raise ReformError(f"reform {text}: expected a name in experiments/reforms ({hint}) or the path of a YAML file")
    return path


def load_reform(name_or_path: str | Path, policy: Policy | None = None) -> Reform:
    """Read a reform by name (experiments/reforms) or path and check every change against the law."""
    path = reform_path(name_or_path)
    content = read_yaml(path, ReformError)
    fields = {"name", *TEXTS, "changes"}
    for key in content:
        if key not in fields:
            raise fail(path, (key,), str(key), f"expected {', '.join(sorted(fields))}", ReformError)
    for key in ("name", "title", "question", "source"):
        if not content.get(key):
            raise fail(path, (key,), key, "expected a text, got nothing", ReformError)
        value = content[key]
        if isinstance(value, dict) and not set(value) <= {"en", "zh"}:
            raise fail(path, (key,), key, "expected en and zh", ReformError)
        texts_of = list(value.values()) if isinstance(value, dict) and key in TEXTS else [value]
        if not all(isinstance(each, str) for each in texts_of):
            raise fail(path, (key,), key, f"expected a text, got {value!r}", ReformError)
    changes = content.get("changes")
    if not isinstance(changes, dict):
        found = "nothing" if changes is None else repr(changes)
        words = f"expected {{path: {{date: value}}}}, or {{}} to change nothing, got {found}"
        raise fail(path, ("changes",), "changes", words, ReformError)
    law = policy or load_policy()
    for parameter, values in changes.items():
        check_change(law, path, str(content["name"]), str(parameter), values)
    texts = {t: content[t] for t in TEXTS}
    reform = Reform(str(content["name"]), changes=changes, **texts)
    check_together(law, path, reform)
    return reform


def check_together(law: Policy, file: Path, reform: Reform) -> None:
    """Lay a whole reform over the law: what is relative may look at its other changes; raise with file and line."""
    try:
        law.with_reforms((reform,))
    except ReformError as problem:
        path = str(problem).removeprefix(f"{reform.name} ").split(": ")[0]
        message = str(problem).removeprefix(f"{reform.name} {path}: ")
        raise fail(file, ("changes", path), path, message, ReformError) from None


def check_change(law: Policy, file: Path, name: str, parameter: str, values: Any) -> None:
    """Check one change of a reform file; raise ReformError with file and line."""
    keys: tuple[object, ...] = ("changes", parameter)
    if not isinstance(values, dict) or not values:
        raise fail(file, keys, parameter, f"expected {{date: value}}, got {values!r}", ReformError)
    for date, value in values.items():
        try:
            law.check_change(Reform(name, changes={parameter: {date: value}}))
        except ReformError as problem:
            message = str(problem).removeprefix(f"{name} {parameter}: ")
            raise fail(file, (*keys, date), parameter, message, ReformError) from None
    dates = [as_date(date) for date in values]
    twice = [date for place, date in enumerate(values) if dates[place] in dates[:place]]
    if twice:
        words = f"expected one value on each date, got two on {as_date(twice[0])}"
        raise fail(file, (*keys, twice[0]), parameter, words, ReformError)


@dataclass(frozen=True)
class Scenario:
    """The years, the number of simulated people and the reforms; the seed is not part of it.

    Args:
        people: simulated people, or "all" (or None) for everybody [persons]; rounded to an integer weight by the model.
        start: first year lived through, 2019 to 2026; the first population is that of the end of the year before.
        end: last year, at most 2050.
        reforms: laid over the law together; two may not change one parameter.

    """

    people: int | Literal["all"] | None = DEFAULT_PEOPLE
    start: int = 2024
    end: int = 2035
    reforms: tuple[Reform, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        """Check years, people and reforms, and that the steps of mutual aid agree with the law and each other."""
        self._check_years()
        if self.people in (None, "all"):
            object.__setattr__(self, "people", "all")
        elif isinstance(self.people, bool) or not isinstance(self.people, int) or self.people < 1:
            raise ScenarioError(f"people: expected a whole number of at least 1 or all, got {self.people!r}")
        reforms = (self.reforms,) if isinstance(self.reforms, Reform) else tuple(self.reforms)
        for reform in reforms:
            if not isinstance(reform, Reform):
                raise ScenarioError(f"reforms: expected reforms (see load_reform), got {reform!r}")
        object.__setattr__(self, "reforms", reforms)
        check_steps(self.law(), range(self.start, self.end + 1))

    def _check_years(self) -> None:
        for label, year in (("start", self.start), ("end", self.end)):
            if isinstance(year, bool) or not isinstance(year, int):
                raise ScenarioError(f"{label}: expected a year, got {year!r}")
        if not FIRST_START <= self.start <= LAST_START:
            raise ScenarioError(f"start: expected a year from {FIRST_START} to {LAST_START}, got {self.start}")
        if self.end < self.start:
            raise ScenarioError(f"end: expected a year not before the start {self.start}, got {self.end}")
        if self.end > LAST_END:
            raise ScenarioError(f"end: expected a year to {LAST_END}, got {self.end}")

    def year_after(self, year: int) -> int:
        """Return the next year to live [calendar year]; raise ScenarioError after the last."""
        if year >= self.end:
            raise ScenarioError(f"step: expected a year to the scenario's end {self.end}, which has been lived")
        return year + 1

    @property
    def reform(self) -> Reform:
        """Return all reforms as one; raise ReformError where two change one parameter."""
        if not self.reforms:
            return Reform("none")
        merged = self.reforms[0]
        for other in self.reforms[1:]:
            merged |= other
        return merged

    def law(self) -> Policy:
        """Return the law with the scenario's reforms laid over it."""
        return load_policy().with_reforms((self.reform,))

    @property
    def number(self) -> int | None:
        """Return the number of simulated people, or nothing for everybody."""
        return self.people if isinstance(self.people, int) else None

    @property
    def label(self) -> str:
        """Return the scenario's name, or its reforms' names."""
        return self.name or self.reform.name

    def canonical(self) -> dict[str, Any]:
        """Return what decides the results, as JSON can write it: the years, the people, the changes of the law."""
        return {"people": self.people, "start": self.start, "end": self.end, "changes": self.reform.canonical()}


__all__ = ["AFTER", "REFORMS", "Reform", "Scenario", "load_reform", "short"]
