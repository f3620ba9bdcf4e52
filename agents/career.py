"""How people move through school, work and retirement: one year's step for one person."""

from __future__ import annotations

import numpy as np

from agents.codes import Hukou, Scheme, Sex, Work
from agents.compiled import compiled


@compiled
def retirement_age(sex: int, men: int, women: int) -> int:
    """Return the age at which a person may retire [years]."""
    return men if sex == Sex.MALE else women


@compiled
def in_employee_work(work: int) -> bool:
    """Say whether the work makes the employee scheme compulsory."""
    return work == Work.ENTERPRISE or work == Work.PUBLIC or work == Work.UNEMPLOYED or work == Work.RETIRED


@compiled
def first_work(
    urban: int, hukou: int, u: float, v: float, public: float, enterprise: float, flexible: float
) -> int:
    """Return the work that a school leaver finds; rural people without employer farm."""
    if u < enterprise:
        return Work.PUBLIC if v < public else Work.ENTERPRISE
    if u < enterprise + flexible:
        return Work.FLEXIBLE
    if urban == 0 and hukou == Hukou.RURAL:
        return Work.FARMER
    return Work.NOT_WORKING


@compiled
def leaves_school(age: int, work: int, school: int, leaving: int, graduation: int, u: float, university: float) -> int:
    """Return the stage of schooling of a young person, or -1 when schooling ends this year."""
    if work == Work.CHILD:
        return Work.PUPIL if age >= school else Work.CHILD
    if work == Work.PUPIL:
        if age < leaving:
            return Work.PUPIL
        return Work.STUDENT if u < university else -1
    if age < graduation:
        return Work.STUDENT
    return -1


@compiled
def next_job(work: int, scheme: int, u: float, v: float, entry: float, loss: float, back: float, join: float) -> int:
    """Return the work of a grown-up of working age after a year in which jobs are found and lost."""
    if work == Work.ENTERPRISE:
        return Work.UNEMPLOYED if u < loss else work
    if work == Work.UNEMPLOYED:
        return Work.ENTERPRISE if u < back else Work.NOT_WORKING
    if work == Work.FLEXIBLE and scheme == Scheme.EMPLOYEE:
        return work
    if work == Work.FLEXIBLE or work == Work.FARMER or work == Work.NOT_WORKING:
        if u < entry:
            return Work.ENTERPRISE
        if v < join:
            return Work.FLEXIBLE
    return work


@compiled
def scheme_of_work(work: int, scheme: int, joined: bool) -> int:
    """Return the scheme that follows from work; who leaves the employee scheme passes to the residents' first."""
    if in_employee_work(work):
        return Scheme.EMPLOYEE
    if work == Work.FLEXIBLE and (joined or scheme == Scheme.EMPLOYEE):
        return Scheme.EMPLOYEE
    return Scheme.RESIDENT if scheme == Scheme.EMPLOYEE else scheme


@compiled
def may_retire(age: int, threshold: int, scheme: int, years: int, needed: int) -> bool:
    """Say whether a member of the employee scheme retires with lifelong cover (国发〔1998〕44号; years are local)."""
    return scheme == Scheme.EMPLOYEE and age >= threshold and years >= needed


@compiled
def year_more(years: int, most: int) -> int:
    """Return a counter increased by one, at most a ceiling."""
    return np.int64(min(years + 1, most))
