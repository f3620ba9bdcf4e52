"""Go away, come back, set up a home: who leaves a home this year, who goes along, and where they settle.

A person's own key draws what the person plans; a couple's draw takes both keys. Whoever has no plan of the own and is
the wife or child of somebody who takes the family along, follows. No plan depends on another family's draws; only
partners (model.phases.marrying) are found among all who look for one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.chance import Purpose, draw_words, uniform, unit
from agents.codes import Hukou, Scheme, Sex, Work
from agents.compiled import compiled, inlined, int64
from agents.person import Columns
from model.phases.ground import Ground
from model.phases.tally import AGES

ONE = np.uint64(1)
SHIFT = np.uint64(63)


BIRTH, DEAD, LEAVES, READY, PARTS, FAMILY, GOES, RETURNS = (1 << bit for bit in range(8))
"""What the year holds for a person, as bits of its fate."""
SETS_UP = GOES | RETURNS
PLAN = SETS_UP
"""The two bits that hold the plan: to go away, to return, to set up a home of the own."""
AWAY = DEAD | LEAVES
MOST_YEARS = 255


@compiled
def couple_key(wife: Any, husband: Any) -> Any:
    """Return the key of a couple's draws from the keys of both."""
    return np.uint64(((wife << ONE) | (wife >> SHIFT)) ^ husband)


@inlined
def lives(p: Columns, i: int) -> bool:
    """Say whether a relative's row holds somebody who lives."""
    return bool(i >= 0 and p.dying[i] == 0)


@inlined
def with_parent(p: Columns, i: int) -> bool:
    """Say whether a person shares a home with a living parent."""
    mother = int64(p.mother[i])
    father = int64(p.father[i])
    return bool(
        (lives(p, mother) and p.household[mother] == p.household[i])
        or (lives(p, father) and p.household[father] == p.household[i])
    )


@inlined
def gives_birth(p: Columns, i: int, ground: Ground) -> bool:
    """Say whether a living woman has a child this year."""
    if p.sex[i] != Sex.FEMALE:
        return False
    risk = ground.fertility[min(int64(p.age[i]), AGES - 1)]
    return bool(risk > 0.0 and uniform(ground.seed, int64(Purpose.BIRTH), ground.year, p.key[i]) < risk)


@compiled
def plan_year(p: Columns, first: int, last: int, law: Any, ground: Ground, words: Any, fate: Any, plans: Any) -> int:
    """Add a year to every age, write what the year holds for everybody on these rows, and list those with plans.

    `words` is room for the draws of a block. Returns how many have plans.
    """
    planned = int64(0)
    for i in range(first, last):
        if p.age[i] < MOST_YEARS:
            p.age[i] = int64(p.age[i]) + 1
    for start in range(first, last, words.shape[1]):
        end = min(start + words.shape[1], last)
        draw_words(ground.seed, int64(Purpose.FAMILY_LIFE), ground.year, p.key[start:end], words)
        for i in range(start, end):
            mark = int64(0)
            if p.dying[i] == 1:
                mark = int64(DEAD)
            else:
                if gives_birth(p, i, ground):
                    mark = int64(BIRTH)
                if p.age[i] >= law.moving.first_age:
                    k = i - start
                    mark |= _plans(p, i, words[0, k], words[1, k], words[2, k], words[3, k], law, ground)
            if mark > DEAD:
                plans[planned] = i
                planned += 1
            fate[i] = mark
    return planned


@inlined
def _plans(p: Columns, i: int, a: Any, b: Any, c: Any, d: Any, law: Any, ground: Ground) -> int:
    """Return a grown-up's plans for the year."""
    mark = int64(0)
    age = min(int64(p.age[i]), AGES - 1)
    spouse = int64(p.spouse[i])
    married = lives(p, spouse)
    together = married and p.household[spouse] == p.household[i]
    if married:
        if p.sex[i] == Sex.FEMALE and age <= law.family.last_marriage_age:
            u = uniform(ground.seed, int64(Purpose.COUPLE), ground.year, couple_key(p.key[i], p.key[spouse]))
            if u < law.family.divorce_rate:
                mark = int64(PARTS)
    elif unit(a) < ground.marriage[int64(p.sex[i]), age]:
        mark = int64(READY)
    home = int64(p.home[i])
    if p.hukou[i] != home:
        leads = not together or (p.sex[i] == Sex.MALE and p.hukou[spouse] != home)
        if leads and unit(b) < law.moving.return_rate:
            mark |= RETURNS | FAMILY
    else:
        chance = ground.going[home] * ground.going_age[age]
        if p.work[i] == Work.STUDENT:
            chance *= law.moving.student_factor
        if unit(b) < min(chance, law.moving.most_rate):
            mark |= GOES
            if not together or (p.sex[i] == Sex.MALE and unit(c) < law.moving.with_family_share):
                mark |= FAMILY
    grown = not married and law.family.first_leaving_age <= age <= law.family.last_marriage_age
    if mark < GOES and grown and unit(d) < law.family.leaving_rate and with_parent(p, i):
        mark |= SETS_UP | FAMILY
    return mark


@compiled
def destination(ground: Ground, home: int, u: float) -> int:
    """Return the pool to which somebody goes from a pool, for a uniform number."""
    low = int64(0)
    high = int64(ground.destinations.shape[1] - 1)
    while low < high:
        middle = (low + high) // 2
        if u < ground.destinations[home, middle]:
            high = middle
        else:
            low = middle + 1
    return low


@inlined
def insured_after(scheme: int, work: int, insured: int, before: int, after: int, hukou: int) -> int:
    """Return the pool of insurance after moving from one pool to another [row of the pool].

    Employees are insured where they work, pensioners where they retired, residents at home or at their registration.
    """
    if scheme == Scheme.EMPLOYEE:
        return insured if work == Work.RETIRED else after
    if scheme == Scheme.RESIDENT and after != hukou and (insured == hukou or insured != before):
        return insured
    return after


@inlined
def work_after(work: int, urban_before: int, urban_after: int, kind: int) -> int:
    """Return the work after a change of home: land is left for odd jobs in town, taken up again at return [code]."""
    if work == Work.FARMER and urban_before == 0 and urban_after == 1:
        return int64(Work.FLEXIBLE)
    if work == Work.FLEXIBLE and urban_before == 1 and urban_after == 0 and kind == Hukou.RURAL:
        return int64(Work.FARMER)
    return work


@inlined
def settle(p: Columns, i: int, pool: int, urban: int, moved: Any) -> None:
    """Let a person live in a pool's town or country; the registration stays, an account moves with the insurance."""
    before = int64(p.home[i])
    p.work[i] = work_after(int64(p.work[i]), int64(p.urban[i]), urban, int64(p.hukou_kind[i]))
    p.home[i] = pool
    p.urban[i] = urban
    if pool == before:
        return
    old = int64(p.insured[i])
    new = insured_after(int64(p.scheme[i]), int64(p.work[i]), old, before, pool, int64(p.hukou[i]))
    if new != old:
        moved[old, new] += int64(p.account[i])
        p.insured[i] = new
