"""A study: a question, a baseline and the reforms compared with it, read from YAML and checked."""

from __future__ import annotations

from pathlib import Path

import pydantic

from model.errors import PolicyError
from model.policy.files import fail, read_yaml

STUDIES = Path(__file__).resolve().parent / "studies"


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


class Outcome(pydantic.BaseModel):
    """One number a year that the report shows: a measure of a unit at a level."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    level: str
    unit: str
    measure: str
    label: Text


class Study(pydantic.BaseModel):
    """A question put to the model."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str = pydantic.Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    question: Text
    people: int = pydantic.Field(ge=1)
    start: int
    end: int
    replications: int = pydantic.Field(ge=1)
    baseline: Variant
    reforms: tuple[Variant, ...] = pydantic.Field(min_length=1)
    outcomes: tuple[Outcome, ...] = ()

    @pydantic.model_validator(mode="after")
    def _names_differ(self) -> Study:
        names = [variant.name for variant in self.variants]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each variant needs its own name; repeated: {', '.join(twice)}")
        if self.end < self.start:
            raise ValueError(f"end {self.end} lies before start {self.start}")
        return self

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Return the baseline and the reforms."""
        return (self.baseline, *self.reforms)


def load_study(name: str) -> Study:
    """Return a study by its name in experiments/studies or by its path.

    Raises StudyError naming the file, the place in it and what was expected.
    """
    path = find_study(name)
    content = read_yaml(path, StudyError)
    try:
        return Study.model_validate(content)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "study"
        raise fail(path, first["loc"], name, first["msg"], StudyError) from None


def find_study(name: str) -> Path:
    """Return the file of a study."""
    known = sorted(path.stem for path in STUDIES.glob("*.yaml"))
    if name in known:
        return STUDIES / f"{name}.yaml"
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} and path.is_file():
        return path
    raise StudyError(f"{name}: expected a study ({', '.join(known)}) or the path of a YAML file")
