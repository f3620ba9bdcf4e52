"""A family's years: every line adds up and names rules and parameters that exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from agents.codes import Scheme, Work
from experiments import cli
from experiments.life import PAYERS, FamilyYear, basis, draw, lines, live_family, tell
from model.policy.policy import load_policy
from model.rules.contributions import flexible_contribution, low_wage_help
from model.scenario import Reform, Scenario
from tests.worlds import START, lived

SCENARIO = Scenario(2000, START, START + 1)


@pytest.fixture(scope="module")
def families() -> list[FamilyYear]:
    return [*live_family(SCENARIO, 0, 40), *live_family(SCENARIO, 0, 700)]


def test_every_line_names_rules_and_parameters_there_are() -> None:
    policy = load_policy()
    for line in lines():
        for status in ("active", "flexible", "unemployed", "retired", "resident", "linked", "uninsured"):
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


def test_what_is_paid_in_names_the_rules_of_the_persons_work() -> None:
    rules = {"active": "person_contribution", "flexible": "flexible_contribution", "retired": "person_contribution"}
    for kind, rule in rules.items():
        assert f"contributions.{rule}" in basis("contribution", kind)["rules"]
    assert "employee.flexible_rate" in basis("contribution", "flexible")["reads"]
    assert basis("matched", "retired") == {"rules": [], "reads": []}
    assert basis("matched", "linked") == basis("matched", "resident")
    assert basis("basic", "flexible") == basis("basic", "active")
    world = lived()
    people = world.engine.people
    law, rates = world.in_force.employee, world.ground.base_wage
    self_employed = np.flatnonzero((people.scheme == Scheme.EMPLOYEE) & (people.work == Work.FLEXIBLE))
    assert len(self_employed) > 20
    for row in self_employed.tolist():
        rate = law.flexible_rate if people.account_kind[row] == 1 else law.flexible_pooled_only_rate
        wage = int(rates[people.insured[row]])
        due = flexible_contribution(wage, law.flexible_multiple, rate)
        due -= low_wage_help(due, int(people.income[row]), wage, law.help_line, law.help_share)
        assert people.contribution[row] - due in {0, world.in_force.large_sum.premium}  # unless the account pays it


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
    if lang == "zh":
        text = "\n".join(tell(family, lang) for family in live_family(SCENARIO, 0, 40, START, lang))
    assert "not accounted for" not in text
    assert "contributions.linked_contribution" in text
    notice = {"en": f"resident.individual ({START - 1})", "zh": f"resident.individual（{START - 1}年）"}[lang]
    assert f"{notice} = {load_policy().value('resident.individual', START - 1):,.0f} " in text
    assert {"en": "cost of care", "zh": "医疗费用"}[lang] in text


def test_a_contribution_is_what_the_notice_that_is_read_says() -> None:
    """The notice of a year buys the next year's cover; where the year of payment counts, the year's own is read."""
    ahead = Reform("ahead", changes={"resident.cash_year": {f"{START}-01-01": 1}})
    for reforms, year in (((), START - 1), ((ahead,), START)):
        (family,) = live_family(Scenario(2000, START, START, reforms), 0, 40)
        (member,) = family.members
        due = load_policy().value("resident.individual", year)
        assert member.amounts["contribution"] == round(due * 100)
        name = "resident.individual" if year == START else f"resident.individual ({year})"
        read = family.parameters[name]
        assert read.startswith(f"{due:,.0f} ")
        assert str(year) in read.partition(";")[2]


@pytest.mark.parametrize(("household", "place", "part"), [(2, 110000, "extra"), (40, 130300, "unpaid")])
def test_a_subsidy_is_told_in_parts(household: int, place: int, part: str) -> None:
    """Beijing adds to the minimum; in Hebei a part of it does not come in, as its published income says."""
    world = lived()
    pool = int(world.pools.index[world.pools["code"] == place][0])
    (family,) = live_family(SCENARIO, 0, household, START + 1)
    found = [member for member in family.members if member.status == "resident"]
    assert found
    for member in found:
        assert member.place.endswith(str(place))
        assert sum(member.subsidy.values()) == member.amounts["matched"]
        extra = world.places.extra[pool] * load_policy().value("resident.extra_factor", START + 1)
        assert member.subsidy["extra"] == int(extra + 0.5)
        assert member.subsidy[part] != 0
    assert {"resident.subsidy", "resident.extra_factor", "places.unpaid_share"} <= set(family.parameters)
    assert {"extra": "and the place's own extra", "unpaid": "does not come in"}[part] in tell(family)


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
