"""A family's years: every line adds up and names rules and parameters that exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from experiments import cli
from experiments.life import PAYERS, FamilyYear, basis, draw, lines, live_family, tell
from model.policy.policy import load_policy
from model.scenario import Scenario
from tests.worlds import START, lived

SCENARIO = Scenario(2000, START, START + 1)


@pytest.fixture(scope="module")
def families() -> list[FamilyYear]:
    return [*live_family(SCENARIO, 0, 40), *live_family(SCENARIO, 0, 700)]


def test_every_line_names_rules_and_parameters_there_are() -> None:
    policy = load_policy()
    for line in lines():
        for status in ("active", "retired", "resident", "uninsured"):
            for rule in basis(line, status)["rules"]:
                module, name = rule.split(".")
                assert callable(getattr(importlib.import_module(f"model.rules.{module}"), name)), rule
            for path in basis(line, status)["reads"]:
                policy.parameter(path)


def test_the_waterfall_ends_in_what_was_simulated(families: list[FamilyYear]) -> None:
    people = lived().engine.people
    keys = people.key.tolist()
    for family in families:
        for member in family.members:
            assert member.amounts["cost"] == sum(member.amounts[payer] for payer in PAYERS)
            if family.year == START + 1:
                row = keys.index(member.key)
                assert member.amounts == {line: int(getattr(people, line)[row]) for line in lines()}
    assert sum(member.amounts["cost"] for family in families for member in family.members) > 0
    assert [family.year for family in families] == [START, START + 1] * 2


def test_chinese_is_chinese_to_the_last_word() -> None:
    (family,) = live_family(SCENARIO, 0, 40, START, "zh")
    told, _, read = tell(family, "zh").partition("所用参数：")
    rules = {rule for line in lines() for group in lines()[line].values() for rule in group.get("rules", [])}
    for rule in rules:
        told = told.replace(rule, "")
    assert not re.findall(r"[A-Za-z]{2,}", told)
    for line in read.strip().splitlines():
        assert re.search("[\u4e00-\u9fff]", line.partition(" = ")[2]), line


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_text_shows_each_sum_and_its_rule(families: list[FamilyYear], lang: str) -> None:
    text = "\n".join(tell(family, lang) for family in families)
    assert "not accounted for" not in text
    assert "contributions.linked_contribution" in text
    assert f"resident.individual = {load_policy().value('resident.individual', START):,.0f}" in text
    assert {"en": "cost of care", "zh": "医疗费用"}[lang] in text


def test_the_figure_is_drawn(families: list[FamilyYear], tmp_path: Path) -> None:
    draw(families[:2], tmp_path / "family.svg")
    assert "<svg" in (tmp_path / "family.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words", [["--household", "999999"], ["--year", "2051"], ["--figure", "family.doc"], ["--lang", "fr"]]
)
def test_bad_input_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["life", "--people", "2000", "--end", "2024", *words]) == 2
    heard = capsys.readouterr().err
    assert heard.count("\n") == 1
    assert words[1] in heard
