"""Find work, earn, retire, and mark who dies: the first phases of a year, person by person."""

from __future__ import annotations

import numpy as np

from agents.career import (
    first_work,
    leaves_school,
    may_retire,
    next_job,
    retirement_age,
    scheme_of_work,
    year_more,
)
from agents.chance import Purpose, four
from agents.codes import Scheme, Work
from agents.compiled import compiled
from model.phases.ground import Ground
from model.phases.insuring import insure_at
from model.phases.tally import EnrolmentItem

MOST_YEARS = 255
AGES = 101
RANKS = 65536.0


@compiled
def mark_who_dies(p, first, last, law, ground: Ground) -> None:
    """Mark who dies in the middle of the year and who falls chronically ill."""
    for i in range(first, last):
        age = min(np.int64(p.age[i]), AGES - 1)
        u, v, _, _ = four(ground.seed, Purpose.LIFE, ground.year, p.key[i])
        level = np.int64(p.chronic[i])
        risk = ground.mortality[np.int64(p.sex[i]), age]
        p.dying[i] = np.int64(u < risk)
        onset = law.illness.onset_young if age < law.illness.onset_age else law.illness.onset_old
        worse = onset if level == 0 else law.illness.worsening
        if level < 2 and v < worse:
            p.chronic[i] = level + 1


@compiled
def find_work(p, first, last, law, ground: Ground, sums) -> None:
    """Move people through school, jobs and retirement, and set the scheme that follows from work."""
    for i in range(first, last):
        work = np.int64(p.work[i])
        if work == Work.RETIRED:
            continue
        age = np.int64(p.age[i])
        scheme = np.int64(p.scheme[i])
        u, v, w, x = four(ground.seed, Purpose.WORK, ground.year, p.key[i])
        joined = False
        if work == Work.CHILD or work == Work.PUPIL or work == Work.STUDENT:
            stage = leaves_school(
                age, work, law.work.school_age, law.work.leaving_age, law.work.graduation_age, u, law.work.university
            )
            work = stage
            if stage < 0:
                work = first_work(
                    np.int64(p.urban[i]),
                    np.int64(p.hukou_kind[i]),
                    v,
                    w,
                    law.work.public_share,
                    law.work.enterprise_share,
                    law.work.flexible_share,
                )
        else:
            threshold = retirement_age(
                np.int64(p.sex[i]), law.employee.retirement_age_men, law.employee.retirement_age_women
            )
            if age >= threshold:
                work = _at_retirement(p, i, age, threshold, work, scheme, law, np.int64(p.sex[i]))
            elif work != Work.PUBLIC:
                before = work
                work = next_job(
                    work, scheme, u, v, law.work.entry_rate, law.work.loss_rate, law.work.return_rate, law.work.join_rate
                )
                joined = work == Work.FLEXIBLE and (before != Work.FLEXIBLE or v < law.work.join_rate)
                if before == Work.ENTERPRISE and work == before and x < law.work.informal_rate:
                    work = Work.FLEXIBLE
                    scheme = Scheme.RESIDENT if w < law.work.informal_resident else Scheme.NONE
        p.work[i] = work
        p.scheme[i] = scheme_of_work(work, scheme, joined)
        if p.scheme[i] == Scheme.EMPLOYEE:
            insure_at(p, i, np.int64(p.home[i]), sums)
            if scheme != Scheme.EMPLOYEE:
                sums.enrolment[np.int64(p.home[i]), Scheme.EMPLOYEE, work, EnrolmentItem.ENTERED] += 1


@compiled
def _at_retirement(p, i, age, threshold, work, scheme, law, sex) -> int:
    """Return the work of a person at or past the age of retirement; farmers go on."""
    needed = law.employee.minimum_years_men if sex == 0 else law.employee.minimum_years_women
    if may_retire(age, threshold, scheme, np.int64(p.years[i]) + law.employee.years_bought, needed):
        return Work.RETIRED
    if scheme == Scheme.EMPLOYEE:
        return Work.FLEXIBLE
    if work == Work.FARMER and age < law.work.farming_ends:
        return Work.FARMER
    return Work.NOT_WORKING


@compiled
def earn(p, first, last, law, ground: Ground) -> None:
    """Set everybody's income of the year from work, place and rank, and count contribution years."""
    points = ground.shape.shape[1] - 1
    for i in range(first, last):
        work = np.int64(p.work[i])
        home = np.int64(p.home[i])
        urban = np.int64(p.urban[i])
        place = np.float64(p.rank[i]) / RANKS * np.float64(points)
        point = np.int64(place)
        low = ground.shape[urban, point]
        shape = low + (ground.shape[urban, point + 1] - low) * (place - np.float64(point))
        level = law.work.income_level[work]
        base = ground.wage[home] if law.work.income_of_wage[work] == 1 else ground.income[home, urban]
        p.income[i] = np.int64(np.floor(np.float64(base) * level * shape + 0.5))
        if p.scheme[i] == Scheme.EMPLOYEE and work != Work.RETIRED:
            p.years[i] = year_more(np.int64(p.years[i]), MOST_YEARS)
