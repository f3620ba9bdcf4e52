"""The JSON Schema of the law: every file meets it, wrong files do not, and it is made from the loader's own lists."""

from __future__ import annotations

import copy
import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from model.policy import json_schema
from model.policy.files import FOLDER, read_yaml
from model.policy.loader import files_of
from model.scenario import REFORMS

FILES = [*files_of(FOLDER), FOLDER / "sources.yaml"]
SCHEMA = json_schema.schema()


def check(content: Any, definition: str) -> list[str]:
    """Return what a file's content violates."""
    whole = {"$ref": f"#/$defs/{definition}", "$defs": SCHEMA["$defs"]}
    return [error.message for error in jsonschema.Draft202012Validator(whole).iter_errors(written(content))]


def written(content: Any) -> Any:
    """Return YAML content as JSON has it: keys are text, dates too."""
    if isinstance(content, dict):
        return {str(key): written(value) for key, value in content.items()}
    if isinstance(content, list):
        return [written(value) for value in content]
    return content.isoformat() if isinstance(content, datetime.date) else content


def test_the_schema_is_one_and_is_written_down() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json_schema.FILE.read_text(encoding="utf-8") == json_schema.text(), "run python -m experiments.readme"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_every_file_of_the_law_meets_it(path: Path) -> None:
    assert check(read_yaml(path), json_schema.definition_of(path)) == []


@pytest.mark.parametrize("path", sorted(REFORMS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_reform_meets_it(path: Path) -> None:
    assert check(read_yaml(path), "reform file") == []


LAW = {
    "rate": {
        "title": {"en": "a", "zh": "b"},
        "unit": "share",
        "bounds": [0, 1],
        "after": "frozen",
        "values": {"2020-01-01": {"value": 0.1, "source": "act", "article": "1"}},
    }
}
GUESS = {"group": {"rate": {**{k: LAW["rate"][k] for k in ("title", "unit", "bounds")}, "value": 0.1, "why": "w"}}}
REFORM = {"name": "n", "title": "t", "question": "q", "source": "s", "changes": {"a.b": {"2026-01-01": 1}}}


@pytest.mark.parametrize(
    ("definition", "content", "path", "wrong"),
    [
        ("law file", LAW, ("rate", "unit"), "parsec"),
        ("law file", LAW, ("rate", "bounds"), [0]),
        ("law file", LAW, ("rate", "title"), {"en": "a"}),
        ("law file", LAW, ("rate", "after"), "someday"),
        ("law file", LAW, ("rate", "values", "2020-01-01"), 0.1),
        ("law file", LAW, ("rate", "values", "2020-01-01"), {"value": 0.1, "source": "act"}),
        ("law file", LAW, ("rate", "values", "2020-01-01"), {"value": "much", "source": "act", "article": "1"}),
        ("law file", LAW, ("rate", "values"), {"soon": {"value": 0.1, "source": "act", "article": "1"}}),
        ("law file", LAW, ("rate", "colour"), "red"),
        ("assumed file", GUESS, ("group", "rate", "values"), {"2020-01-01": 1}),
        ("assumed file", GUESS, ("group", "rate", "low"), "a little"),
        ("reform file", REFORM, ("source",), ""),
        ("reform file", REFORM, ("changes", "a"), {"2026-01-01": 1}),
        ("reform file", REFORM, ("changes", "a.b"), {}),
        ("reform file", REFORM, ("changes", "a.b"), {"2026-01-01": {"value": 1, "unit": "parsec"}}),
    ],
)
def test_wrong_files_do_not(definition: str, content: Any, path: tuple[str, ...], wrong: Any) -> None:
    spoilt = copy.deepcopy(content)
    place = spoilt
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = wrong
    assert check(content, definition) == []
    assert check(spoilt, definition)


def test_a_law_without_source_or_title_does_not() -> None:
    for field in ("title", "unit", "bounds", "after", "values"):
        spoilt = copy.deepcopy(LAW)
        del spoilt["rate"][field]
        assert check(spoilt, "law file"), field


@pytest.mark.parametrize("folder", ["model", "experiments", "tests"])
def test_every_yaml_file_is_read_by_the_plain_loader_too(folder: str) -> None:
    """Where PyYAML comes without its C library, files must not mean something else or nothing."""
    for path in sorted((FOLDER.parent.parent / folder).rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        assert yaml.safe_load(text) == read_yaml(path) or not text.strip(), path.name
