"""The law's history: the first law plus the acts since is today's law, in every year and for every parameter."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import replace

import pytest

from experiments.explain import WORDS, explain_parameter
from model.errors import PolicyError
from model.policy import load_policy
from model.policy.loader import read_unread
from model.policy.parameter import Setting, overlay
from model.policy.policy import Policy
from model.scenario import Reform

POLICY = load_policy()
YEARS = range(1999, 2051)
DATED = {path: POLICY.entries(path) for path in POLICY.parameters}


def in_force(policy: Policy, path: str, year: int) -> Setting | None:
    """Return a value in a year, or nothing where there is no law yet."""
    try:
        return policy.setting(path, year)
    except PolicyError:
        return None


def first_law() -> Policy:
    """Return the law with the first value of every parameter only, going on as it is; measured ones are no acts."""
    parameters = {
        path: p if p.measured else replace(p, entries=p.entries[:1], after="frozen")
        for path, p in POLICY.parameters.items()
    }
    return Policy(parameters, POLICY.sources)


def acts() -> tuple[Reform, ...]:
    """Return the acts since as one reform a day: what each date set; the rule of projection begins after the last."""
    days: dict[datetime.date, dict[str, dict[datetime.date, object]]] = defaultdict(dict)
    for path, entries in DATED.items():
        parameter = POLICY.parameters[path]
        if parameter.measured:
            continue
        for entry in entries[1:]:
            days[entry.date][path] = {entry.date: entry.value}
        if parameter.after != "frozen":
            day = entries[-1].date + datetime.timedelta(days=1)
            days[day][f"{path}.after"] = {day: parameter.after}
    return tuple(Reform(f"act of {day}", changes=changes) for day, changes in sorted(days.items()))


def test_the_first_law_plus_the_acts_since_is_the_law_of_every_year() -> None:
    together: dict[str, dict[datetime.date, object]] = defaultdict(dict)
    for act in acts():
        for path, values in act.changes.items():
            together[path].update(values)
    rebuilt = first_law().with_reforms((Reform("the acts since", changes=together),))
    known = 0
    for path in POLICY.parameters:
        for year in YEARS:
            assert in_force(rebuilt, path, year) == in_force(POLICY, path, year), f"{path} {year}"
            known += in_force(POLICY, path, year) is not None
    assert known > len(YEARS) * len(POLICY.parameters) // 2


def test_the_acts_of_each_year_carry_the_law_to_the_next() -> None:
    """Yesterday's law plus this year's acts is today's law: parameter by parameter, act by act."""
    for year in (2019, 2021, 2024, 2025):
        for path, entries in DATED.items():
            if POLICY.parameters[path].measured or in_force(POLICY, path, year) is None:
                continue
            last, now = datetime.date(year, 1, 1), datetime.date(year + 1, 1, 1)
            setting = in_force(POLICY, path, year)
            new = [entry for entry in entries if last < entry.date <= now]
            for entry in new:
                setting = overlay(setting, entry.value)
            if new or entries[-1].date > last:
                assert setting == in_force(POLICY, path, year + 1), f"{path} {year}"


def test_there_are_many_acts_and_each_changes_something() -> None:
    assert len(acts()) > 40
    for act in acts():
        day = min(min(values) for values in act.changes.values())
        for path, values in act.changes.items():
            if path.endswith(".after"):
                continue
            before = [e for e in DATED[path] if e.date < day]
            old: Setting | None = None
            for entry in before:
                old = overlay(old, entry.value)
            assert old is not None, path
            assert values[day] == next(e.value for e in DATED[path] if e.date == day)


def test_residents_have_their_history_since_2003() -> None:
    for year in range(2003, 2027):
        assert in_force(POLICY, "resident.individual", year) is not None
        assert in_force(POLICY, "resident.subsidy", year) is not None
    paid = [POLICY.value("resident.individual", year) for year in range(2003, 2027)]
    subsidised = [POLICY.value("resident.subsidy", year) for year in range(2003, 2027)]
    assert paid == sorted(paid)
    assert subsidised == sorted(subsidised)
    assert (paid[0], subsidised[0]) == (10, 20)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("year", [2019, 2024, 2026, 2040])
def test_every_parameter_says_value_unit_source_mark_and_reform(lang: str, year: int) -> None:
    """Value, unit, source or reason, evidence mark; for law the act and its article; unread ones say so."""
    words, unread = WORDS[lang], read_unread()
    for path, parameter in POLICY.parameters.items():
        if in_force(POLICY, path, year) is None:
            continue
        text = explain_parameter(path, year, lang)
        entry = POLICY.in_force(path, year)
        for word in ("value", "unit", "mark"):
            assert f"  {words[word]}: " in text, f"{path} {word}"
        if entry.kind == "law":
            act = POLICY.sources[entry.source]
            assert str(act["number"]) in text, path
            assert entry.article in text, path
            assert f"[{act['mark']}]" in text, path
        else:
            assert f"  {words['why']}: " in text or f"  {words['source']}: " in text, path
        assert (words["unread"] in text) == (path in unread), path
        assert parameter.title[lang == "zh"] in text


def test_every_parameter_names_the_reform_that_set_it() -> None:
    for path, parameter in POLICY.parameters.items():
        now = POLICY.value(path, 2030)
        reform = Reform("said so", changes={path: {2030: now if isinstance(now, int | float) else dict(now)}})
        low, high = parameter.bounds
        numbers = now.values() if isinstance(now, dict) else [now]
        if not all(low <= number <= high for number in numbers):
            continue
        text = explain_parameter(path, 2030, "en", (reform,))
        assert "set by reform: said so" in text, path
