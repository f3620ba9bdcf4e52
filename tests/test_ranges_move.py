"""Every assumption with a range moves a table from its low to its high, under some law, or says why it does not."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from model import PoolingModel, Reform, Scenario
from model.policy import load_policy
from model.policy.loader import read_idle
from model.policy.parameter import Parameter
from tests.test_levers import DEARER, LONG, LOW_CEILING
from tests.worlds import START, frame_hash, live

PEOPLE = 20_000
POLICY = load_policy()
ALWAYS, LATER = 2019, START + 1
Changes = Mapping[str, Any]


class Law(NamedTuple):
    """A law under which parameters are felt that are not under today's, and the years it is lived."""

    changes: Changes = MappingProxyType({})
    since: int = LATER
    years: int = 3
    start: int = START


LOANS: Changes = {"pooling.allow_cross_fund": 1, "steps.step1_on": 1}
STEPS: Changes = LOANS | {"steps.step2_on": 1, "steps.step3_on": 1, "steps.step3_cross_scheme": 1}
TRIGGERS = ("steps.step2_trigger_short", "steps.step2_trigger_foreseen", "steps.step2_trigger_deficit")
UNTRIGGERED: Changes = {"steps.step2_on": 1} | dict.fromkeys(TRIGGERS, 0)
LINKED: Changes = {"resident.link_mode": 3}
CAPPED: Changes = {"critical.cap": 20_000, "critical.threshold_income_share": 0.0, "waiting.bonus_limit": 1.0}
POOR: Changes = {"resident.poor_area_share": 0.9}
FELT: tuple[tuple[Law, str], ...] = (
    (Law({"pooling.allow_cross_fund": 1}, ALWAYS), "pooling.schemes_merged steps.step1_on"),
    (
        Law(STEPS, years=4),
        "steps.order steps.step1_trigger_months steps.step1_target_months steps.step1_keep_months steps.step1_share "
        "steps.step1_interest steps.step1_form steps.step1_both_ways steps.step3_design steps.step3_upload_rate "
        "steps.step3_share steps.step3_deductible steps.step3_cross_scheme steps.step3_central_budget "
        "steps.step3_excess_rate steps.step3_target_months",
    ),
    (
        Law(STEPS, years=8),
        "steps.step1_term steps.step1_repay_share steps.step1_repay_floor steps.step1_default steps.step2_stop_months",
    ),
    (Law(LOANS | {"steps.step1_trigger_months": 0}, years=5), "steps.step1_trigger_deficit"),
    (Law(UNTRIGGERED, years=5), " ".join(TRIGGERS)),
    (Law(UNTRIGGERED | {"steps.step2_trigger_foreseen": 1}, years=5), "warning.projected_years"),
    (Law(STEPS | {"steps.step3_design": 1}), "steps.step3_base_share"),
    (Law(STEPS | {"steps.step3_design": 3}), "steps.step3_equalise_share"),
    (Law({"steps.step3_on": 1, "steps.step3_upload_rate": 0.03}, years=7), "steps.step3_stop_months"),
    (
        Law(STEPS | {"behaviour.react": 1}),
        "behaviour.effort_loss_adjusted behaviour.drift_adjusted behaviour.years behaviour.cut_when_short "
        "behaviour.spend_when_exposed",
    ),
    (
        Law({"pooling.employee_level": 1, "pooling.resident_level": 1, "behaviour.react": 1}),
        "behaviour.effort_loss_unified behaviour.drift_unified",
    ),
    (
        Law(DEARER),
        "care.price_elasticity_outpatient care.price_elasticity_inpatient care.outpatient_substitutes",
    ),
    (Law({"budget.overspend_share": 0.5}), "care.drg_odds_resident"),
    (Law({"assistance.subsidised_others_share": 0.08}), "assistance.subsidised_others_help"),
    (Law({"employee.grace_years": 5}), "employee.minimum_years_men employee.minimum_years_women"),
    (Law({"employee.retiree_rate": 0.02}), "employee.pension_base"),
    (Law({"employee.wage_base": 1}), "employee.other_income"),
    (Law({"employee.help_share": 0.5}), "employee.help_line"),
    (Law({"enrolment.duplicates": 40_000_000}), "enrolment.duplicate_subsidised"),
    (Law(start=2021), "synthesis.duplicates_to_2021"),
    (Law({"measure.treasury_by": 2}), "measure.consumption_elasticity"),
    (Law({"moving.going_balance": 3.0}), "moving.most_rate"),
    (Law(LINKED), "resident.link_rate resident.link_floor resident.link_cap"),
    (Law({"resident.link_mode": 4}), "resident.link_brackets"),
    (
        Law({"resident.transfer_by_need": 1.0}),
        "resident.need_weight_income resident.need_weight_price resident.need_weight_old",
    ),
    (Law(POOR), "resident.poor_area_line"),
    (Law(POOR | {"resident.poor_area_line": 0.75}), "resident.poor_area_tier"),
    (Law({"accounts.scope": 1, "accounts.registered_share": 1.0}), "accounts.reading_s2"),
    (Law(CAPPED), "synthesis.yearly_lapse waiting.reading_r9"),
    (Law(LONG, START), "waiting.reading_r10"),
    (Law(LOW_CEILING, START), "waiting.reading_r12"),
)
VERDICTS = "read by verdicts on cases alone"
PERSONS = "moves columns of people, and tables too seldom for so few (test_levers has it)"
UNFELT = {
    **dict.fromkeys((f"accounts.reading_s{number}" for number in (3, 4, 5)), VERDICTS),
    **dict.fromkeys((f"waiting.reading_r{number}" for number in (5, 6, 7, 13, 14, 15)), VERDICTS),
    "waiting.reading_r5_switch": VERDICTS,
    **dict.fromkeys((f"waiting.reading_r{number}" for number in (2, 8, 11)), PERSONS),
    "waiting.employee_gap_months": "a gap is counted in whole years, longer than the range; more than a year is felt",
    "benefit.chronic_cap_severe": "no year's treatment out of hospital comes to so much",
}
"""What no law here lets be felt, and why; nothing else with a range may be so."""


def ranged(parameter: Parameter) -> bool:
    """Say whether a sweep may draw a parameter from a range of its own."""
    last = parameter.entries[-1] if parameter.entries else None
    return parameter.kind == "assumed" and last is not None and last.low != last.high


def tables(law: Law, path: str = "", value: Any = None) -> dict[str, str]:
    """Return the hashes of the tables under a law and, from always on, one more value."""
    changes = {
        name: {f"{year}-01-01": one for year, one in (given if dated(given) else {law.since: given}).items()}
        for name, given in law.changes.items()
    } | ({path: {f"{ALWAYS}-01-01": value}} if path else {})
    case = Scenario(PEOPLE, law.start, law.start + law.years - 1, (Reform("range", changes=changes),))
    found = live(PoolingModel(case, rng=0)).record.tables
    found["measures"] = found["measures"][found["measures"]["level"] != "definition"]
    return {name: frame_hash(table) for name, table in found.items()}


def dated(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(key, int) and key < 3000 for key in value)


@cache
def before(place: int) -> dict[str, str]:
    """Return the hashes under one of the laws, or under today's."""
    return tables(FELT[place][0] if place >= 0 else Law())


def moves(path: str) -> bool:
    last = POLICY.parameters[path].entries[-1]
    place = next((at for at, (_, paths) in enumerate(FELT) if path in paths.split()), -1)
    law = FELT[place][0] if place >= 0 else Law()
    return any(tables(law, path, edge) != before(place) for edge in (last.low, last.high))


def test_what_is_listed_exists_once() -> None:
    listed = [path for _, paths in FELT for path in paths.split()] + list(UNFELT)
    assert len(listed) == len(set(listed))
    assert all(ranged(POLICY.parameters[path]) for path in listed)
    assert set(read_idle()) <= set(listed)


GROUPS = sorted({path.split(".")[0] for path, each in POLICY.parameters.items() if ranged(each)})


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS)
def test_ranges_move_a_table_or_say_why_not(group: str) -> None:
    paths = [path for path, each in POLICY.parameters.items() if path.split(".")[0] == group and ranged(each)]
    assert {path for path in paths if not moves(path)} == {path for path in paths if path in UNFELT}
