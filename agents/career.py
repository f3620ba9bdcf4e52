"""How people move through school, work and retirement: one year's step for one person."""

from __future__ import annotations

from agents.codes import Scheme, Work
from agents.compiled import compiled, float64, int64


@compiled
def in_employee_work(work: int) -> bool:
    """Say whether the work makes the employee scheme compulsory."""
    return work == Work.ENTERPRISE or work == Work.PUBLIC or work == Work.UNEMPLOYED or work == Work.RETIRED


@compiled
def leaves_school(
    age: int, work: int, school: float, leaving: float, graduation: float, u: float, university: float
) -> int:
    """Return the stage of schooling of a young person, or -1 when it ends this year (ages in years) [code]."""
    years = float64(age)
    if work == Work.CHILD:
        return int64(Work.PUPIL) if years >= school else int64(Work.CHILD)
    if work == Work.PUPIL:
        if years < leaving:
            return int64(Work.PUPIL)
        return int64(Work.STUDENT) if u < university else int64(-1)
    return int64(Work.STUDENT) if years < graduation else int64(-1)


@compiled
def at_odds(share: float, odds: float) -> float:
    """Return a share whose odds are multiplied [share]."""
    return share * odds / (1.0 - share + share * odds)


@compiled
def first_work(rural: bool, u: float, v: float, employed: float, flexible: float, public: float) -> int:
    """Return the work that a school leaver finds; rural people who find none farm [code of work]."""
    if u < employed:
        return int64(Work.PUBLIC) if v < public else int64(Work.ENTERPRISE)
    if u < employed + flexible:
        return int64(Work.FLEXIBLE)
    return int64(Work.FARMER) if rural else int64(Work.NOT_WORKING)


@compiled
def next_job(
    work: int, u: float, v: float, entry: float, leave: float, lose: float, benefit: float, benefit_years: float
) -> int:
    """Return the work of a grown-up after a year in which jobs are found, left and lost (shares a year)."""
    if work == Work.ENTERPRISE:
        if u < lose:
            return int64(Work.UNEMPLOYED) if v < benefit else int64(Work.FLEXIBLE)
        return int64(Work.FLEXIBLE) if u < lose + leave else work
    if work == Work.UNEMPLOYED:
        return int64(Work.ENTERPRISE) if u * benefit_years < 1.0 else work
    if work == Work.FLEXIBLE or work == Work.FARMER or work == Work.NOT_WORKING:
        return int64(Work.ENTERPRISE) if u < entry else work
    return work


@compiled
def scheme_of_work(work: int, scheme: int, joins: int) -> int:
    """Return the scheme that follows from work; who leaves the employee scheme passes to the residents' first [code].

    `joins`: a flexible worker joins (1), leaves (0) or keeps (-1) the scheme.
    """
    if in_employee_work(work):
        return int64(Scheme.EMPLOYEE)
    if work == Work.FLEXIBLE and (joins == 1 or (joins < 0 and scheme == Scheme.EMPLOYEE)):
        return int64(Scheme.EMPLOYEE)
    return int64(Scheme.RESIDENT) if scheme == Scheme.EMPLOYEE else scheme


@compiled
def account_after(kind: int, before: int, work: int, member: bool, luck: float, flexible: float, others: float) -> int:
    """Return whether a member has an individual account (1) or pooled-only cover (0) after a change of work [code].

    `flexible`, `others`: parts of flexible workers and of all others who enter without account; who stays on the same
    side of that line, is unemployed on benefit or retires keeps the cover.
    """
    same = (work == Work.FLEXIBLE) == (before == Work.FLEXIBLE)
    if member and (same or work == Work.RETIRED):
        return kind
    return int64(luck >= (flexible if work == Work.FLEXIBLE else others))


@compiled
def year_more(years: int, most: int) -> int:
    """Return a counter increased by one, at most a ceiling [years]."""
    return min(years + 1, most)
