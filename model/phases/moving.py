"""Go away, come back, set up a home: who leaves a home this year, who goes along, and where they settle.

A person's own key draws what the person plans; a couple's draw takes both keys. Whoever has no plan of the own and is
the wife or child of somebody who takes the family along, follows. No plan depends on another family's draws; only
partners (model.phases.marrying) are found among all who look for one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agents.chance import Purpose, draw_pairs, draw_words, unit
from agents.codes import Hukou, Scheme, Sex, Work
from agents.compiled import compiled, float64, inlined, int64, phase
from agents.person import Columns, part_of
from model.phases.ground import Bounds, Ground, Room
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


MAY_PLAN, MAY_BEAR, IS_WIFE = 1, 2, 4
"""What a first look tells of a person, as bits."""


@compiled
def plan_year(p: Columns, first: int, last: int, law: Any, ground: Ground, room: Room, fate: Any, plans: Any) -> int:
    """Add a year to every age, write what the year holds for everybody on these rows, and list for whom it holds some.

    Returns how many are listed. A first look at some people at once finds whom a plan or a draw may concern.
    """
    most = _most_likely(law, ground)
    for start in range(first, last, room.row.size):
        end = min(start + room.row.size, last)
        _look(part_of(p, start, end), most, law, ground, room, fate[start:end])
        _plan(
            p, start, law, ground, room, _likely(p, start, law, ground, room, _list(room, start, end, MAY_PLAN)), fate
        )
        _give_birth(p, ground, room, _list(room, start, end, MAY_BEAR), fate)
        _part(p, law, ground, room, _list(room, start, end, IS_WIFE), fate)
    return _list_fated(first, fate[first:last], plans)


@compiled
def _list_fated(first: int, fate: Any, plans: Bounds) -> int:
    """List the rows of those with a fate, counted from `first`, and return how many they are."""
    n = int64(0)
    for i in range(fate.size):
        plans[n] = first + i
        n += int64(fate[i] > 0)
    return n


@phase
def _look(p: Columns, most: float, law: Any, ground: Ground, room: Room, fate: Any) -> None:
    """Let some people grow older, and mark who may have a plan, give birth or part."""
    draw_words(ground.seed, int64(Purpose.FAMILY_LIFE), ground.year, p.key, room.words)
    partners, roads, doors = room.words[0], room.words[1], room.words[3]
    for i in range(p.key.size):
        years = min(int64(p.age[i]) + 1, MOST_YEARS)
        age = min(years, AGES - 1)
        sex = int64(p.sex[i])
        may = (unit(partners[i]) < ground.marriage[sex, age]) | (unit(roads[i]) < most)
        may |= unit(doors[i]) < law.family.leaving_rate
        grown = years >= law.moving.first_age
        bears = (sex == Sex.FEMALE) & (ground.fertility[age] > 0.0)
        wife = (sex == Sex.FEMALE) & (p.spouse[i] >= 0) & grown & (years <= law.family.last_marriage_age)
        marks = int64(may & grown) * MAY_PLAN | int64(bears) * MAY_BEAR | int64(wife) * IS_WIFE
        room.marked[i] = marks * int64(p.dying[i] == 0)
        p.age[i] = years
        fate[i] = int64(p.dying[i]) * DEAD


@inlined
def _list(room: Room, start: int, end: int, mark: int) -> int:
    """List the rows of those who are marked, and return how many they are."""
    n = int64(0)
    for i in range(end - start):
        room.row[n] = start + i
        n += int64(int64(room.marked[i]) & mark > 0)
    return n


@inlined
def _most_likely(law: Any, ground: Ground) -> float:
    """Return a chance that nobody's to go away or to return exceeds."""
    place = 0.0
    for chance in ground.going:
        place = max(place, chance)
    age = 0.0
    for chance in ground.going_age:
        age = max(age, chance)
    going = min(place * age * max(law.moving.student_factor, 1.0), law.moving.most_rate)
    return float64(max(going, law.moving.return_rate))


@inlined
def _give_birth(p: Columns, ground: Ground, room: Room, n: int, fate: Any) -> None:
    """Mark the listed women who have a child this year."""
    for k in range(n):
        room.key[k] = p.key[room.row[k]]
    draw_pairs(ground.seed, int64(Purpose.BIRTH), ground.year, ground.birth_keys, room.key[:n], room.words)
    for k in range(n):
        i = room.row[k]
        if unit(room.words[0, k]) < ground.fertility[min(int64(p.age[i]), AGES - 1)] * ground.birth_level[p.home[i]]:
            fate[i] = int64(fate[i]) | BIRTH


@inlined
def _part(p: Columns, law: Any, ground: Ground, room: Room, n: int, fate: Any) -> None:
    """Mark the listed wives of couples who part; the draw takes both keys."""
    for k in range(n):
        i = room.row[k]
        room.key[k] = couple_key(p.key[i], p.key[p.spouse[i]])
    draw_words(ground.seed, int64(Purpose.COUPLE), ground.year, room.key[:n], room.words)
    for k in range(n):
        i = room.row[k]
        if unit(room.words[0, k]) < law.family.divorce_rate and p.dying[p.spouse[i]] == 0:
            fate[i] = int64(fate[i]) | PARTS


@inlined
def _likely(p: Columns, start: int, law: Any, ground: Ground, room: Room, n: int) -> int:
    """Keep those of the listed whose draws let them look for a partner, go away, return or leave; return how many."""
    kept = int64(0)
    for at in range(n):
        i = int64(room.row[at])
        k = i - start
        age = min(int64(p.age[i]), AGES - 1)
        spouse = int64(p.spouse[i])
        single = (spouse < 0) | (p.dying[spouse] != 0)
        away = p.hukou[i] != p.home[i]
        chance = law.moving.return_rate if away else _chance_to_go(p, i, age, law, ground)
        ready = unit(room.words[0, k]) < ground.marriage[int64(p.sex[i]), age]
        leaves = unit(room.words[3, k]) < law.family.leaving_rate
        room.row[kept] = i
        kept += int64((single & (ready | leaves)) | (unit(room.words[1, k]) < chance))
    return kept


@inlined
def _chance_to_go(p: Columns, i: int, age: int, law: Any, ground: Ground) -> float:
    """Return the chance of a grown-up at home to go away."""
    chance = ground.going[int64(p.home[i])] * ground.going_age[age]
    factor = law.moving.student_factor if p.work[i] == Work.STUDENT else 1.0
    return float64(min(chance * factor, law.moving.most_rate))


@inlined
def _plan(p: Columns, start: int, law: Any, ground: Ground, room: Room, n: int, fate: Any) -> None:
    """Write the plans of the listed."""
    for at in range(n):
        i = int64(room.row[at])
        k = i - start
        drawn = room.words[0, k], room.words[1, k], room.words[2, k], room.words[3, k]
        fate[i] = int64(fate[i]) | _plans(p, i, drawn, law, ground)


@inlined
def _plans(p: Columns, i: int, drawn: Any, law: Any, ground: Ground) -> int:
    """Return a grown-up's plans for the year."""
    mark = int64(0)
    age = min(int64(p.age[i]), AGES - 1)
    spouse = int64(p.spouse[i])
    married = lives(p, spouse)
    together = married and p.household[spouse] == p.household[i]
    if not married and unit(drawn[0]) < ground.marriage[int64(p.sex[i]), age]:
        mark = int64(READY)
    home = int64(p.home[i])
    if p.hukou[i] != home:
        leads = not together or (p.sex[i] == Sex.MALE and p.hukou[spouse] != home)
        if leads and unit(drawn[1]) < law.moving.return_rate:
            mark |= RETURNS | FAMILY
    else:
        if unit(drawn[1]) < _chance_to_go(p, i, age, law, ground):
            mark |= GOES
            if not together or (p.sex[i] == Sex.MALE and unit(drawn[2]) < law.moving.with_family_share):
                mark |= FAMILY
    grown = not married and law.family.first_leaving_age <= age <= law.family.last_marriage_age
    if mark < GOES and grown and unit(drawn[3]) < law.family.leaving_rate and with_parent(p, i):
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
