"""Levers that are off, or rarely felt, today: each changes the simulated years once it is moved within its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from model.policy import load_policy
from model.readings import PATHS, readings_in_law
from model.scenario import Reform
from tests.worlds import START, hashes, live, world_of

Changes = Mapping[str, Any]
COMINGS: Changes = {
    "enrolment.intercept": {START: -9.0, START + 1: 3.0},
    "waiting.in_force": 1,
    "enrolment.newborn_share": {START: 0.0, START + 1: 1.0},
    "enrolment.aid_share": {START: 0.5, START + 1: 1.0},
}
"""A world in which many lapse in the first year, under the waiting rules, and come back in the second."""
LATE: Changes = COMINGS | {"waiting.late_share": 1.0}
LONG: Changes = COMINGS | {"waiting.long_gap_years": 1, "waiting.long_gap_minimum": 12}
FLEXIBLE: Changes = COMINGS | {
    "enrolment.flexible_switch": 1.0,
    "enrolment.flexible_join": {START: 0.0, START + 1: 1.0},
}
IN_CITIES: Changes = COMINGS | {"enrolment.city_class": 4, "enrolment.migrant_resident_share": 0.0}
JOBLESS: Changes = {"work.unemployment_rate": 0.3, "work.benefit_share": 1.0}
RETIREES: Changes = {"employee.retiree_rate": 0.02, "employee.pension_base": 1}
DEARER: Changes = {
    "benefit.resident_outpatient_rate": {"primary": 0.1, "secondary": 0.1, "tertiary": 0.1},
    "benefit.resident_rate": {"primary": 0.5, "secondary": 0.5, "tertiary": 0.5},
}
LOW_CEILING: Changes = {
    "waiting.in_force": 1,
    "critical.cap": 1000,
    "waiting.bonus_years": 0,
    "waiting.bonus_limit": 1.0,
    "critical.threshold_income_share": 0.0,
}
PREMIUMS: Changes = {"accounts.scope": 1, "accounts.pays_premium": 1, "accounts.registered_share": 1.0}
PREMIUMS_ALL: Changes = COMINGS | PREMIUMS | {"accounts.scope": 2, "accounts.premium_area_share": 1.0}
ALL_AREAS: Changes = {"accounts.premium_area_share": 1.0, "accounts.premium_use_share": 1.0}
LEVERS: dict[str, tuple[Any, Changes]] = {
    "accounts.care_premium": (100, {}),
    "accounts.in_list_only": (1, {}),
    "accounts.person_share": (0.5, {}),
    "accounts.reading_s1": (1, PREMIUMS_ALL | ALL_AREAS),
    "accounts.reading_s2": (1, PREMIUMS | ALL_AREAS),
    "accounts.wider_share": (1.0, {"accounts.scope": 2, "accounts.area": 1}),
    "assistance.outpatient_on": (0, {}),
    "assistance.rate_floor": (1.0, {}),
    "assistance.subsidised_others_help": (1.0, {"assistance.subsidised_others_share": 0.1}),
    "assistance.destitute_entry": (1.0, {}),
    "assistance.monitored_exit": (0.5, {}),
    "assistance.subsidised_others_share": (0.3, {}),
    "benefit.new_money_to_outpatient": (1.0, {}),
    "benefit.out_of_area_referred": (0.5, {}),
    "benefit.out_of_area_registered": (0.5, {}),
    "benefit.out_of_area_unregistered": (0.5, {}),
    "benefit.resident_chronic_drug_cap": (0, {}),
    "budget.overspend_share": (0.5, {}),
    "care.away_discount": (0.5, {}),
    "care.away_share": ({"none": 0.5, "employee": 0.5, "resident": 0.5}, {}),
    "care.chronic_mortality_risk": ({"none": 0.1, "mild": 1.0, "severe": 20.0}, {}),
    "care.drg_odds_resident": (1.0, {"budget.overspend_share": 0.5}),
    "care.income_elasticity_inpatient": (1.0, {}),
    "care.income_elasticity_outpatient": (1.0, {}),
    "care.outpatient_substitutes": (-1.0, DEARER),
    "care.price_elasticity_inpatient": (0.0, DEARER),
    "care.price_elasticity_outpatient": (0.0, DEARER),
    "care.registered_share": (0.0, {}),
    "care.unmet_need_poor": (0.0, {}),
    "employee.employer_rate_guide": (0.08, {}),
    "employee.help_line": (0.0, {"employee.help_share": 0.5}),
    "employee.help_share": (0.5, {}),
    "employee.other_income": (3.0, {"employee.wage_base": 1}),
    "employee.pension_base": (0, RETIREES),
    "employee.pension_share": (1.0, RETIREES),
    "employee.retiree_credit_base": (0, {}),
    "employee.wage_base": (1, {}),
    "enrolment.benefit_months_long": (60, JOBLESS),
    "enrolment.benefit_months_middle": (60, JOBLESS),
    "enrolment.benefit_months_short": (60, JOBLESS),
    "enrolment.children_open_large": (1, IN_CITIES),
    "enrolment.city_class": (4, COMINGS | {"enrolment.flexible_open_super_large": 1, "enrolment.flexible_switch": 1.0}),
    "enrolment.coefficient_bonus": (2.0, {"waiting.in_force": 1}),
    "enrolment.compliance_public": (0.0, {"work.public_entrants": 1.0}),
    "enrolment.flexible_open_super_large": (1, {"enrolment.city_class": 4, "enrolment.flexible_switch": 1.0}),
    "enrolment.student_campus_share": (0.0, COMINGS),
    "resident.cash_year": (1, {}),
    "resident.link_brackets": (0.1, {"resident.link_mode": 4}),
    "resident.link_cap": (50.0, {"resident.link_mode": 3}),
    "resident.link_floor": (0.0, {"resident.link_mode": 3}),
    "resident.link_mode": (5, {}),
    "resident.repair_draws_subsidy": (1, COMINGS),
    "waiting.carry_over": (0, LATE | {"waiting.fixed_months": {START: 0, START + 1: 12}}),
    "waiting.clock_start": (1, LATE),
    "waiting.employee_gap_months": (12, FLEXIBLE),
    "waiting.employee_wait_months": (12, FLEXIBLE),
    "waiting.late_share": (1.0, COMINGS),
    "waiting.reading_r1": (1, COMINGS),
    "waiting.reading_r10": (1, LONG),
    "waiting.reading_r11": (1, LATE),
    "waiting.reading_r12": (1, LOW_CEILING),
    "waiting.reading_r2": (1, COMINGS),
    "waiting.reading_r3": (2, {}),
    "waiting.reading_r4": (2, COMINGS),
    "waiting.reading_r8": (1, COMINGS),
    "waiting.repair_share": (1.0, COMINGS),
    "work.pension_growth": (0.3, {}),
}
YEARS = {"waiting.carry_over": 3, "waiting.reading_r12": 3}
"""Years to live where two are too few."""


def lived_under(changes: Changes, years: int) -> dict[str, str]:
    """Return the hashes of a world under changes of the law from its first year on."""
    dated = {
        path: {
            f"{year}-01-01": one
            for year, one in (value if isinstance(value, dict) and START in value else {START: value}).items()
        }
        for path, value in changes.items()
    }
    reforms = (Reform("levers", changes=dated),) if dated else ()
    return hashes(live(world_of(end=START + years - 1, reforms=reforms)))


@cache
def before(extras: tuple[tuple[str, str], ...], years: int) -> dict[str, str]:
    """Return the hashes of the world in which a lever is felt, before it is moved; `extras` tells worlds apart."""
    return lived_under(next(extra for _, extra in LEVERS.values() if told(extra) == extras), years)


def told(extra: Changes) -> tuple[tuple[str, str], ...]:
    """Return changes as something that can be looked up."""
    return tuple((path, repr(value)) for path, value in extra.items())


@pytest.mark.parametrize("path", LEVERS)
def test_a_lever_that_is_moved_is_felt(path: str) -> None:
    value, extra = LEVERS[path]
    years = YEARS.get(path, 2)
    assert lived_under({**extra, path: value}, years) != before(told(extra), years)


def test_every_reading_moves_the_year_or_the_verdicts() -> None:
    policy = load_policy()
    today = readings_in_law(policy, START + 1)
    for name, path in PATHS.items():
        moved = policy.with_reforms((Reform("reading", changes={path: {f"{START}-01-01": 1}}),))
        assert readings_in_law(moved, START + 1)[name] != today[name], name
