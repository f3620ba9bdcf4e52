"""Worked examples of the rules: every file of tests/cases that names a module of rules."""

from __future__ import annotations

import importlib
import inspect
from decimal import Decimal
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents import codes
from model.rules import codes as rule_codes

CASES = Path(__file__).parent / "cases"
FILES = ("accounts", "behaviour", "benefits", "contributions", "enrolment", "retirement", "sharing", "transfers")
FEWEST = 3


def load(name: str) -> dict[str, Any]:
    with (CASES / f"{name}.yaml").open(encoding="utf-8") as file:
        loaded: dict[str, Any] = yaml.safe_load(file)
    return loaded


def value(given: object) -> Any:
    """Turn yuan into fen, `Kin.SIBLING` into its number, `none` into the sign for no ceiling."""
    if isinstance(given, list):
        return tuple(value(part) for part in given)
    if not isinstance(given, str):
        return given
    if given == "none":
        return rule_codes.NO_CEILING
    if given.endswith(" yuan"):
        fen = Decimal(given.removesuffix(" yuan")) * 100
        assert fen == int(fen)
        return int(fen)
    kind, _, member = given.partition(".")
    enum: type[IntEnum] = getattr(codes, kind, None) or getattr(rule_codes, kind)
    return int(enum[member])


def arguments(rule: Any, inputs: dict[str, object]) -> dict[str, Any]:
    kinds = inspect.signature(getattr(rule, "py_func", rule)).parameters
    assert set(inputs) <= set(kinds)
    return {name: float(value(v)) if kinds[name].annotation == "float" else value(v) for name, v in inputs.items()}


EXAMPLES = [
    pytest.param(load(name)["module"], entry["rule"], case, id=f"{entry['rule']}-{number}")
    for name in FILES
    for entry in load(name)["rules"]
    for number, case in enumerate(entry["cases"])
]


@pytest.mark.parametrize(("module", "name", "case"), EXAMPLES)
def test_worked_example(module: str, name: str, case: dict[str, Any]) -> None:
    rule = getattr(importlib.import_module(module), name)
    assert rule(**arguments(rule, case["inputs"])) == value(case["expected"]), case["because"]


@pytest.mark.parametrize("name", FILES)
def test_every_rule_has_examples_and_a_source(name: str) -> None:
    loaded = load(name)
    module = importlib.import_module(loaded["module"])
    entries = {entry["rule"]: entry for entry in loaded["rules"]}
    rules = {
        word
        for word, item in vars(module).items()
        if getattr(item, "__module__", "") == module.__name__ and callable(item)
    }
    assert rules == set(entries)
    for entry in entries.values():
        assert entry["source"]
        assert len(entry["cases"]) >= FEWEST
        assert all(case["because"] for case in entry["cases"])
