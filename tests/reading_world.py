"""A world whose law tells which of its parameters were read; lived uncompiled, in a process of its own."""

from __future__ import annotations

import json
from typing import Any

from model import lived_law, new_money, pooling
from model.phases import behaviour
from model.policy import load_policy
from model.policy.policy import Policy
from model.policy.record import NEXT, law_record
from model.readings import readings_in_law
from model.scenario import Reform, Scenario

READ: set[str] = set()


class Group:
    """One group of the law: hands out its fields and notes their paths."""

    def __init__(self, record: Any, name: str) -> None:
        self._record, self._name = record, name

    def __getattr__(self, name: str) -> Any:
        READ.add(f"{self._name}.{name.removesuffix(NEXT)}")
        return getattr(self._record, name)


class Law:
    """The law in force: like the record, but it notes what is read."""

    def __init__(self, record: Any) -> None:
        self.record = record

    def __getitem__(self, index: Any) -> Any:
        return self if index == 0 else self.record[index]

    def copy(self) -> Law:
        """Return another that may be changed."""
        return Law(self.record.copy())

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.record[0], name)
        return (
            found if name == "year" or not hasattr(found, "dtype") or found.dtype.names is None else Group(found, name)
        )


def law_that_tells(policy: Policy, year: int, pools: Any, before: Any = None) -> Law:
    """Return the law of a year, reading."""
    return Law(law_record(policy, year, pools, getattr(before, "record", before)))


def value_that_tells(self: Policy, path: str, *place: Any, **places: Any) -> Any:
    """Return a value asked for by its path, noting it."""
    READ.add(path)
    return plain_value(self, path, *place, **places)


plain_value = Policy.value


class Told(dict[str, Any]):
    """Assumptions handed over in one piece: notes each that is asked for."""

    def __getitem__(self, path: str) -> Any:
        READ.add(path)
        return super().__getitem__(path)


plain_population = pooling.first_population


def population_that_tells(people: Any, year: int, seed: int, assumptions: dict[str, Any], *part: int) -> Any:
    """Return the first population, noting the assumptions it is made from."""
    return plain_population(people, year, seed, Told(assumptions), *part)


def read_by(people: int, start: int, end: int, changes: dict[str, Any]) -> None:
    """Live a world under some changes of the law and keep what it read."""
    reform = Reform("switches", changes={path: {f"{start}-01-01": value} for path, value in changes.items()})
    world = pooling.PoolingModel(Scenario(people, start, end, (reform,)), rng=0)
    while world.year < end:
        world.step()


SWITCHES: tuple[dict[str, Any], ...] = (
    {},
    {
        "pooling.allow_cross_fund": 1,
        "steps.step1_on": 1,
        "steps.step2_on": 1,
        "steps.step3_on": 1,
        "behaviour.react": 1,
        "resident.transfer_by_need": 1.0,
        "resident.poor_area_share": 0.9,
        "budget.release_share": 0.1,
        "employee.employer_rate": {"default": 0.001},
        "accounts.family_use_share": 1.0,
        "accounts.registered_share": 1.0,
        "assistance.subsidised_others_share": 0.3,
        "critical.threshold_income_share": 0.0,
        "critical.poor_threshold_factor": 0.0,
        "large_sum.self_paid_threshold": 0,
        "waiting.reading_r9": 1,
        "waiting.late_share": 0.5,
        "accounts.reading_s1": 1,
        "accounts.scope": 1,
        "resident.link_mode": 4,
        "employee.pension_base": 1,
        "employee.help_share": 0.5,
        "budget.overspend_share": 0.5,
        "benefit.new_money_to_outpatient": 0.5,
        "enrolment.duplicates": 40_000_000,
        "employee.minimum_years_men": 45,
        "employee.minimum_years_women": 45,
        "employee.retirement_age_men": 50.0,
        "family.marriage_level": 3.0,
        "family.last_marriage_age": 100,
        "moving.going_balance": 3.0,
        "moving.most_rate": 1.0,
    },
)


def tell() -> None:
    """Live the worlds and print every path that was read."""
    pooling.law_record = law_that_tells  # type: ignore[assignment]
    pooling.InForce = lambda law: law  # type: ignore[assignment,misc]
    lived_law.copied = behaviour.copied = new_money.copied = Law.copy  # type: ignore[assignment]
    pooling.first_population = population_that_tells
    Policy.value = value_that_tells  # type: ignore[method-assign]
    for changes in SWITCHES:
        read_by(3000 if changes else 400, 2025, 2026, changes)
    readings_in_law(load_policy(), 2025)
    print(json.dumps(sorted(READ)))


if __name__ == "__main__":
    tell()
