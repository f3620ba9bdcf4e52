"""Enrolment of residents: waiting months, the bonus on the critical-illness ceiling, and who may join where.

All from 国办发〔2024〕38号 sec. 2(1) and 2(3); what the document leaves open is an argument, named after its reading.
"""

from __future__ import annotations

from agents.codes import Aid
from agents.compiled import compiled, int64
from agents.numeric import fen_share
from agents.units import MONTHS
from model.rules.codes import NO_CEILING, City, Claim, EmployeeYear, Entrant, Standing

OLD = 60
MIDDLE_YEARS, LONG_YEARS = 5, 10
"""Years of contributions from which unemployment benefit lasts longer (失业保险条例 art. 17)."""


@compiled
def next_class(aid: int, age: int, alone: int, luck: float, enters: float, leaves: float) -> int:
    """Return somebody's low-income class a year later, by an evenly spread number between 0 and 1 [code].

    Who is in a class, old, and `alone` without work or pension becomes destitute with the chance `enters`; who is
    monitored leaves the classes with the chance `leaves`. Source: 国发〔2016〕14号 on the destitute (recalled); both
    chances are assumptions.
    """
    if aid == Aid.NONE or aid == Aid.DESTITUTE:
        return int64(aid)
    if alone == 1 and age >= OLD and luck < enters:
        return int64(Aid.DESTITUTE)
    return int64(Aid.NONE) if aid == Aid.MONITORED and luck >= 1.0 - leaves else int64(aid)


@compiled
def missed_years(before: int, standing: int, counted: int = 1, employee_missed: int = 0, all_gaps: int = 0) -> int:
    """Return the missed years [years] after a year of this standing, given those before.

    Readings: `all_gaps` R2 (a covered year does not close the count), `counted` R3 (0 for a year before the rule),
    `employee_missed` R5.
    """
    if standing == Standing.MISSED or (standing == Standing.EMPLOYEE and employee_missed == 1):
        return before + counted
    return before if all_gaps == 1 else 0


@compiled
def waiting_parts(
    gap_years: int,
    late: int,
    exempt: int,
    repaired: int,
    fixed_months: int,
    months_per_gap_year: int,
    long_gap_years: int,
    long_gap_min_total: int,
    first_year_counts: int = 1,
    minimum_holds: int = 1,
) -> tuple[int, int, int]:
    """Return the fixed months and the variable months before and after repair [months].

    `late` is 1 for enrolment outside the collection window; both causes together set the fixed months once. Readings:
    `first_year_counts` R1; `minimum_holds` R10 (0: the minimum after a long gap never exceeds the unrepaired wait).
    """
    if exempt == 1 or (late == 0 and gap_years <= 0):
        return 0, 0, 0
    counted = max(gap_years, 0)
    if first_year_counts == 0:
        counted = max(gap_years - 1, 0)
    before = counted * months_per_gap_year
    after = max(counted - repaired, 0) * months_per_gap_year
    if gap_years >= long_gap_years:
        least = long_gap_min_total - fixed_months
        if minimum_holds == 0:
            least = min(least, before)
        after = max(after, least)
    return fixed_months, before, after


@compiled
def waiting_period(
    gap_years: int,
    late: int,
    exempt: int,
    repaired: int,
    fixed_months: int,
    months_per_gap_year: int,
    long_gap_years: int,
    long_gap_min_total: int,
    first_year_counts: int = 1,
    minimum_holds: int = 1,
) -> int:
    """Return the months without benefits after a late enrolment or a gap, repairs deducted [months]."""
    fixed, _, after = waiting_parts(
        gap_years,
        late,
        exempt,
        repaired,
        fixed_months,
        months_per_gap_year,
        long_gap_years,
        long_gap_min_total,
        first_year_counts,
        minimum_holds,
    )
    return fixed + after


@compiled
def most_repairs(
    gap_years: int,
    fixed_months: int,
    months_per_gap_year: int,
    long_gap_years: int,
    long_gap_min_total: int,
    first_year_counts: int = 1,
    minimum_holds: int = 1,
) -> int:
    """Return how many missed years may be repaired: as many as take a month off the wait [years].

    After a long gap the least wait stays, whatever is repaired. Readings R1 and R10 as in `waiting_parts`. Source:
    国办发〔2024〕38号 sec. 2(3); institutions A4.
    """
    if gap_years <= 0 or months_per_gap_year <= 0:
        return 0
    counted = gap_years if first_year_counts == 1 else gap_years - 1
    if gap_years < long_gap_years:
        return counted
    least = max(long_gap_min_total - fixed_months, 0)
    if minimum_holds == 0:
        least = min(least, counted * months_per_gap_year)
    return max(counted - least // months_per_gap_year, 0)


@compiled
def repair_cost(repaired: int, contribution: int) -> int:
    """Return the price of paying missed years at this year's contribution in the place of enrolment [fen]."""
    return repaired * contribution


@compiled
def consecutive_years(before: int, standing: int, late_breaks: int = 0, employee_year: int = 0) -> int:
    """Return the consecutive resident years up to and with a year of this standing [years].

    Readings: `late_breaks` R6, `employee_year` R5 (restarts, pauses or counts).
    """
    if standing == Standing.MISSED:
        return 0
    if standing == Standing.EMPLOYEE:
        if employee_year == EmployeeYear.COUNTS:
            return before + 1
        return before if employee_year == EmployeeYear.PAUSES else 0
    if standing == Standing.LATE and late_breaks == 1:
        return 1
    return before + 1


@compiled
def years_after_gap(before_gap: int, gap_years: int, repaired: int, repair_restores: int = 0) -> int:
    """Return the consecutive years that a returner brings along [years]: none; under R7 all if the gap is repaired."""
    if repair_restores == 1 and gap_years > 0 and repaired >= gap_years:
        return before_gap + gap_years
    return 0


@compiled
def continuity_steps(consecutive: int, entry_years: int, years_in_force: int, later: int = 0) -> int:
    """Return the steps earned by consecutive years beyond the entry years, at most the years that the rule counts.

    Readings: `years_in_force` R9 (the consecutive years themselves where earlier years count), `later` R12.
    """
    return max(min(consecutive - entry_years - later, years_in_force), 0)


@compiled
def no_claim_steps(before: int, standing: int, claim: int, break_loses: int = 0) -> int:
    """Return the steps earned by years without reimbursement, after a year of this standing and claim [steps].

    A critical-illness payment that used the bonus clears them; `break_loses` is reading R8.
    """
    if standing == Standing.MISSED:
        return 0 if break_loses == 1 else before
    if standing == Standing.EMPLOYEE:
        return before
    if claim == Claim.BONUS:
        return 0
    return before + 1 if claim == Claim.NONE else before


@compiled
def cap_bonus(
    steps_continuity: int,
    steps_no_claim: int,
    step_continuity: int,
    step_no_claim: int,
    cumulative_limit_share: float,
    original_cap: int,
    bonus_without_ceiling: int = 0,
) -> int:
    """Return the rise of the critical-illness ceiling, limited to a share of the original one [fen].

    An original ceiling below zero means none: no bonus (R15).
    """
    bonus = steps_continuity * step_continuity + steps_no_claim * step_no_claim
    if original_cap < 0:
        return bonus if bonus_without_ceiling == 1 else 0
    return min(bonus, fen_share(original_cap, cumulative_limit_share))


@compiled
def cap_reduction(reduction: int, gap_years: int, per_year: int = 0) -> int:
    """Return the cut of the ceiling in the year of return after a gap, once or for every missed year (R13) [fen]."""
    if gap_years <= 0:
        return 0
    return reduction * gap_years if per_year == 1 else reduction


@compiled
def person_cap(original_cap: int, bonus: int, reduction: int) -> int:
    """Return a person's ceiling of critical-illness cover; below zero means none [fen]."""
    if original_cap < 0:
        return NO_CEILING
    return max(original_cap + bonus - reduction, 0)


@compiled
def benefit_years(paid: int, short: int, middle: int, longest: int) -> float:
    """Return the years of unemployment benefit after so many years of contributions [years], from months by law.

    None before a year has been paid. Source: 失业保险条例 art. 17.
    """
    months = 0 if paid < 1 else short
    if paid >= MIDDLE_YEARS:
        months = middle
    if paid >= LONG_YEARS:
        months = longest
    return months / MONTHS


@compiled
def hukou_admits(
    entrant: int,
    local: int,
    city: int,
    permit: int,
    workplace_open: int,
    super_large_open: int,
    children_open: int,
    adults_by_permit: int,
    open_city: int,
) -> int:
    """Return 1 if a person may join where the person lives or works, by hukou, city class and the switches in force.

    Switches: limits at the workplace abolished everywhere (June 2025) or in super-large cities (2024), children with a
    residence permit admitted in very large and super-large cities (2024), adults by permit and all comers locally.
    Source: 国办发〔2024〕38号 sec. 2(1), doc 000, institutions A2.
    """
    if local == 1 or open_city == 1 or entrant == Entrant.EMPLOYED:
        return 1
    if entrant == Entrant.FLEXIBLE:
        return 1 if workplace_open == 1 or (super_large_open == 1 and city == City.SUPER_LARGE) else 0
    if entrant == Entrant.CHILD and children_open == 1 and city >= City.VERY_LARGE and permit == 1:
        return 1
    return 1 if adults_by_permit == 1 and permit == 1 else 0
