"""A study: a question, a baseline and the reforms compared with it, read from YAML and checked."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pydantic

from model.errors import PolicyError, ReformError
from model.kinds import KINDS
from model.policy.files import fail, read_yaml
from model.scenario import FIRST_START, LAST_END, LAST_START, REFORMS, reform_path

Table = Literal["funds", "flows", "enrolment", "care", "measures"]
ALL_TABLES: tuple[Table, ...] = ("funds", "flows", "enrolment", "care", "measures")
Kind = Literal["factorial", "one_at_a_time", "latin_hypercube", "sobol", "morris", "saltelli"]
MOST_PARTS = 6
MOST_RUNS = 1_000_000
"""Seeds of a scenario, or points of a design, at the most."""
STUDIES = Path(__file__).resolve().parent / "studies"


FLOW = "flow"  # the level of sums over the flows of a kind


class StudyError(PolicyError):
    """A study file is wrong, or there is none of that name."""


class Text(pydantic.BaseModel):
    """The same words in English and Chinese."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    en: str
    zh: str


class Variant(pydantic.BaseModel):
    """One regime of a study: reforms laid over today's law."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Text
    reforms: tuple[str, ...] = ()
    counterfactual: bool = False
    case: str = ""


class Case(pydantic.BaseModel):
    """Assumptions under which all regimes are lived once more: parameters and their values from the first year on."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str = pydantic.Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
    label: Text
    changes: dict[str, Any] = pydantic.Field(min_length=1)


class Outcome(pydantic.BaseModel):
    """One number a year that the report shows: a measure of a unit at a level."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    level: str
    unit: str
    measure: str
    label: Text
    better: Literal["higher", "lower"] | None = None

    @pydantic.field_validator("unit")
    @classmethod
    def _flow_exists(cls, unit: str, given: pydantic.ValidationInfo) -> str:
        if given.data.get("level") == FLOW and unit not in KINDS:
            raise ValueError(f"expected a kind of flow, got {unit}{nearest(unit, KINDS)}")
        return unit


class Axis(pydantic.BaseModel):
    """One parameter of a design: its path and the range it is drawn from; an assumption has a range of its own."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    path: str
    low: float | None = None
    high: float | None = None
    levels: int = pydantic.Field(default=2, ge=2, le=MOST_RUNS)
    factor: bool = False
    since: int | None = pydantic.Field(default=None, alias="from", ge=datetime.MINYEAR, le=datetime.MAXYEAR)


class Design(pydantic.BaseModel):
    """How a sweep's points are chosen: every combination, one at a time, or so many points in the box."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    kind: Kind = "latin_hypercube"
    points: int = pydantic.Field(default=16, ge=1, le=MOST_RUNS)
    seed: int = pydantic.Field(default=0, ge=0)


class Precision(pydantic.BaseModel):
    """How exact every paired difference of one outcome's last year has to be, and the most seeds that may cost."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    level: str
    unit: str
    measure: str
    half_width: float = pydantic.Field(gt=0)
    at_most: int = pydantic.Field(ge=2, le=MOST_RUNS)


class Study(pydantic.BaseModel):
    """A question put to the model."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    question: Text
    people: int = pydantic.Field(ge=1)
    start: int
    end: int
    replications: int = pydantic.Field(ge=1, le=MOST_RUNS)
    fitted_sets: int = pydantic.Field(default=0, ge=0)  # stored parameter sets that seeds run over; 0: the best
    baseline: Variant
    reforms: tuple[Variant, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    parameters: tuple[Axis, ...] = ()
    design: Design = Design()
    precision: Precision | None = None
    branch: int | None = None
    package: tuple[str, ...] = pydantic.Field(default=(), max_length=MOST_PARTS)
    tables: tuple[Table, ...] = ALL_TABLES
    cases: tuple[Case, ...] = ()
    full: str = ""

    @pydantic.field_validator("people", "start", "end", "replications", "branch", mode="before")
    @classmethod
    def _is_number(cls, given: object) -> object:
        if isinstance(given, bool):
            raise ValueError(f"expected a whole number, got {str(given).lower()}")
        return given

    @pydantic.model_validator(mode="after")
    def _names_differ(self) -> Study:
        names = [variant.name for variant in self.lived]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each variant needs its own name; repeated: {', '.join(twice)}")
        self._no_path_twice([axis.path for axis in self.parameters], "parameter")
        self._no_path_twice(list(self.package), "reform of the package")
        if self.end < self.start:
            raise ValueError(f"end {self.end} lies before start {self.start}")
        if not (self.reforms or self.parameters):
            raise ValueError("expected reforms to compare or parameters to sweep")
        if self.branch is not None and not self.start - 1 <= self.branch < self.end:
            raise ValueError(f"branch {self.branch}: expected a year from {self.start - 1} to {self.end - 1}")
        if "funds" not in self.tables:
            raise ValueError("tables: expected funds among them; it marks a complete run")
        if self.precision is not None and self.precision.at_most < self.replications:
            raise ValueError(f"precision: expected at_most to be the {self.replications} replications or more")
        most = self.replications if self.precision is None else self.precision.at_most
        if self.fitted_sets and self.branch is not None:
            raise ValueError(
                "fitted_sets: expected 0 beside a branch: with sets no two seeds share their law before it"
            )
        if 1 < self.fitted_sets < most:
            raise ValueError(f"fitted_sets: expected 0, 1 or one for each of {most} seeds, got {self.fitted_sets}")
        return self

    def _no_path_twice(self, names: list[str], what: str) -> None:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each {what} once; repeated: {', '.join(twice)}")

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Return the baseline and the reforms."""
        return (self.baseline, *self.reforms)

    @property
    def lived(self) -> tuple[Variant, ...]:
        """Return every variant at central values and again in every case, where it is named case__variant."""
        again = ((case.name, variant) for case in self.cases for variant in self.variants)
        return self.variants + tuple(
            variant.model_copy(update={"name": named(case, variant.name), "case": case}) for case, variant in again
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known names most like one that is not, as the end of an error line."""
    near = difflib.get_close_matches(name, list(known), n=3)
    return f" (nearest: {', '.join(near)})" if near else ""


def check_recorded(study: Study, found: Iterable[tuple[str, str]]) -> None:
    """Raise StudyError for an outcome, declared or of the precision, of which no run has the measure at that level."""
    there = set(found)
    asked = [("outcomes", outcome.level, outcome.measure) for outcome in study.outcomes]
    if study.precision is not None:
        asked.append(("precision", study.precision.level, study.precision.measure))
    for place, level, measure in asked:
        if level != FLOW and (level, measure) not in there:
            wanted = f"{level} {measure}"
            raise StudyError(
                f"{study.name}: {place}: expected a level and measure that runs record, got {wanted}"
                f"{nearest(wanted, (f'{level} {measure}' for level, measure in there))}"
            )


def named(case: str, variant: str) -> str:
    """Return the name of a variant in a case; at central values its own."""
    return f"{case}__{variant}" if case else variant


def load_study(name: str) -> Study:
    """Return a study by its name in experiments/studies or by its path, its reforms' files found.

    Raises StudyError naming the file, the place in it and what was expected.
    """
    path = find_study(name)
    content = read_yaml(path, StudyError)
    try:
        study = Study.model_validate(content)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "study"
        raise fail(path, first["loc"], name, plain_words(first["msg"]), StudyError) from None
    baseline = _with_files(study.baseline, path, ("baseline", "reforms"))
    reforms = tuple(_with_files(each, path, ("reforms", n, "reforms")) for n, each in enumerate(study.reforms))
    for key, year, least, most in (
        ("start", study.start, FIRST_START, LAST_START),
        ("end", study.end, study.start, LAST_END),
    ):
        if not least <= year <= most:
            raise fail(path, (key,), key, f"expected a year from {least} to {most}, got {year}", StudyError)
    return study.model_copy(update={"baseline": baseline, "reforms": reforms})


def _with_files(variant: Variant, study: Path, place: tuple[str | int, ...]) -> Variant:
    """Return a regime with the files of its reforms as they are found: beside the study, else where one works."""
    found = []
    for number, name in enumerate(variant.reforms):
        file = Path(name)
        is_file = file.suffix in {".yaml", ".yml"} or file.parent != Path()
        there = [each for each in (study.parent / file, file) if each.is_file()]
        if is_file and not there:
            searched = dict.fromkeys(each.resolve().as_posix() for each in (study.parent, Path()))
            shipped = f" (the shipped one is named {file.stem})" if (REFORMS / f"{file.stem}.yaml").is_file() else ""
            words = f"expected a readable reform file in {' or '.join(searched)}, found no {file.as_posix()}{shipped}"
            raise fail(study, (*place, number), ".".join(map(str, place)), words, StudyError)
        if not is_file:
            try:
                reform_path(name)
            except ReformError as error:
                raise fail(study, (*place, number), ".".join(map(str, place)), str(error), StudyError) from None
        found.append(there[0].as_posix() if is_file else name)
    return variant.model_copy(update={"reforms": tuple(found)})


KINDS_OF_VALUES = {
    "tuple": "a list",
    "list": "a list",
    "dictionary": "a mapping",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
"""Pydantic's words for what stands in a file, and ours."""


def plain_words(message: str) -> str:
    """Return what pydantic complains of in the words of the other errors."""
    message = message.removeprefix("Value error, ").replace("Input should be", "expected")
    if "should match pattern" in message:
        return "expected a name of small letters, digits and _, beginning with a letter"
    message = re.sub(r"^(?:String|Tuple|Dictionary|List) should have", "expected", message)
    message = re.sub(r"\ba valid (\w+)", lambda found: KINDS_OF_VALUES.get(found[1], found[0]), message)
    return {"Field required": "expected this field", "Extra inputs are not permitted": "expected no such field"}.get(
        message, message
    )


def find_study(name: str) -> Path:
    """Return the file of a study."""
    known = sorted(path.stem for path in STUDIES.glob("*.yaml"))
    if name in known:
        return STUDIES / f"{name}.yaml"
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} and path.is_file():
        return path
    raise StudyError(f"{name}: expected a study ({', '.join(known)}) or the path of a YAML file")
