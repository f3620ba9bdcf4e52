"""From a person's history, year by year, to the counters that the enrolment rules take. Plain Python, no chance.

Source: 国办发〔2024〕38号 and, where it is silent, the readings R1 to R14 of `model/rules/readings.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from model.rules.codes import Claim, EmployeeYear, Standing
from model.rules.enrolment import consecutive_years, missed_years, no_claim_steps, years_after_gap

STANDINGS = {
    "-": Standing.MISSED,
    "W": Standing.IN_WINDOW,
    "O": Standing.LATE,
    "N": Standing.NEWBORN,
    "E": Standing.EMPLOYEE,
}
T = TypeVar("T")
CLAIMS = {"Z": Claim.NONE, "R": Claim.FUND, "C": Claim.CRITICAL, "B": Claim.BONUS}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a history does not show: birth, earlier enrolment, low-income help, a late switch of scheme."""

    newborn: bool = False
    never_enrolled: bool = False
    born: int = 0
    assisted: bool = False
    listed: bool = False
    switched_in_time: bool = False


@dataclass(frozen=True, slots=True)
class Counters:
    """A person's counters in the year asked about: years and steps, and 1 or 0 for late, exempt and in force."""

    year: int
    gap_years: int
    late: int
    exempt: int
    consecutive: int
    years_in_force: int
    no_claim_steps: int


@dataclass(slots=True)
class Running:
    """The counters while a history is being read."""

    gap: int = 0
    open_gap: int = 0
    held: int = 0
    consecutive: int = 0
    in_force: int = 0
    no_claim: int = 0
    covered: bool = False


def read_years(text: str, letters: Mapping[str, T]) -> dict[int, T]:
    """Return year and letter by year of a text such as `2025W 2026-`; raise ValueError at anything else."""
    years: dict[int, T] = {}
    for token in text.split():
        match = re.fullmatch(r"(\d{4})(.)", token)
        if not match or match[2] not in letters:
            raise ValueError(f"history: {token!r} is not a year and one of {', '.join(letters)}")
        year = int(match[1])
        if years and year <= max(years):
            raise ValueError(f"history: {token!r} is out of order in {text!r}")
        years[year] = letters[match[2]]
    return years


def read_history(text: str) -> dict[int, Standing]:
    """Return the standing by year; raise ValueError if a year is missing or the last is not an enrolment."""
    years = read_years(text, STANDINGS)
    if not years or len(years) != max(years) - min(years) + 1:
        raise ValueError(f"history: expected consecutive years, got {text!r}")
    if years[max(years)] == Standing.MISSED:
        raise ValueError(f"history: not enrolled in the year asked about in {text!r}")
    return years


def is_exempt(last: Standing, first_year: bool, about: Circumstances, chosen: Mapping[str, str]) -> int:
    """Return 1 for newborns, the special groups (R11) and, if so chosen, a timely switch of scheme (R5)."""
    special = {"listed": about.listed, "all assisted": about.assisted, "newborns only": False}[chosen["R11"]]
    newborn = last == Standing.NEWBORN or (about.newborn and first_year)
    switched = about.switched_in_time and chosen["R5 switch"] == "off"
    return int(special or newborn or switched or last == Standing.EMPLOYEE)


def live(run: Running, year: int, standing: Standing, start: int, repaired: int, chosen: Mapping[str, str]) -> None:
    """Carry the counters of consecutive years over one more year of the history."""
    if standing == Standing.MISSED:
        if run.open_gap == 0:
            run.held = run.consecutive
        run.open_gap += 1
    elif run.open_gap > 0:
        run.consecutive = years_after_gap(run.held, run.open_gap, repaired, int(chosen["R7"] == "yes"))
        run.open_gap = 0
    late_breaks = int(chosen["R6"] == "breaks")
    employee = EmployeeYear.RESTARTS if chosen["R5"] == "covered" else EmployeeYear.COUNTS
    if year >= start or chosen["R9"] != "not counted":
        run.consecutive = consecutive_years(run.consecutive, int(standing), late_breaks, int(employee))
    since_start = min(run.consecutive, run.in_force + int(year >= start))
    run.in_force = since_start if chosen["R9"] == "count for entry only" else run.consecutive


def counters(
    history: str, claims: str, about: Circumstances, repaired: int, start: int, chosen: Mapping[str, str]
) -> Counters:
    """Return the counters of the last year of a history, under the chosen readings.

    `start` is the first year of the rule; claims of the year before it already count, those of the last year not yet.
    """
    years = read_history(history)
    claimed = read_years(claims, CLAIMS)
    asked = max(years)
    run = Running()
    employee_missed = int(chosen["R5"] == "missed")
    for year, standing in years.items():
        live(run, year, standing, start, repaired, chosen)
        if year == asked:
            break
        counted = int(year >= start or chosen["R3"] == "all")
        run.gap = missed_years(run.gap, int(standing), counted, employee_missed, int(chosen["R2"] == "all"))
        claim = claimed.get(year, Claim.FUND) if year >= start - 1 else Claim.FUND
        run.no_claim = no_claim_steps(run.no_claim, int(standing), int(claim), int(chosen["R8"] == "lost"))
        run.covered = run.covered or standing != Standing.MISSED
    gap, late = gap_and_late(years, run, about, start, chosen)
    exempt = is_exempt(years[asked], len(years) == 1, about, chosen)
    return Counters(asked, gap, late, int(exempt or asked < start), run.consecutive, run.in_force, run.no_claim)


def gap_and_late(
    years: Mapping[int, Standing], run: Running, about: Circumstances, start: int, chosen: Mapping[str, str]
) -> tuple[int, int]:
    """Return the missed years that count and 1 if the fixed months are due whatever the gap, by R2 to R5."""
    asked = max(years)
    late = int(years[asked] == Standing.LATE)
    if about.never_enrolled and not run.covered:
        if chosen["R4"] == "gap":
            return run.gap or asked - max(start, about.born), late
        return 0, int(late or chosen["R4"] == "fixed months")
    before = years.get(asked - 1)
    missed_before = before == Standing.MISSED or (before == Standing.EMPLOYEE and chosen["R5"] == "missed")
    gap = run.gap if missed_before else 0
    return gap, int(late or (missed_before and gap == 0 and chosen["R3"] == "fixed months only"))


def check_incentive(
    step_continuity: int, step_no_claim: int, limit: float, least_step: int, most_limit: float, small_accepted: bool
) -> None:
    """Raise ValueError if local steps or the limit of the bonus contradict the document (R14) [fen]."""
    for name, step in (("step_continuity", step_continuity), ("step_no_claim", step_no_claim)):
        if step < 0 or (step < least_step and not small_accepted):
            raise ValueError(f"{name}: expected at least {least_step} fen, got {step}")
    if not 0 <= limit <= most_limit:
        raise ValueError(f"cumulative_limit_share: expected a share between 0 and {most_limit}, got {limit}")
