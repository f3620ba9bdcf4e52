"""How a person of the plain Mesa model plans the year, finds a partner, moves, and who goes along."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import mesa

from agents.chance import Purpose, uniform
from agents.numeric import fen_share
from experiments.bench.kin import is_parent, share_parent
from experiments.bench.words import (
    EMPLOYEE,
    FARMER,
    FEMALE,
    FLEXIBLE,
    INHERIT_CASH,
    MALE,
    PAIR_INHERIT,
    PAIR_MOVE,
    RESIDENT,
    RETIRED,
    RURAL,
    STUDENT,
)
from model.phases.marrying import AGE_BITS
from model.phases.moving import couple_key
from model.phases.tally import AGES

if TYPE_CHECKING:
    from experiments.bench.family import Family
    from experiments.bench.person import Person
    from experiments.bench.twin import PlainModel

GOES, RETURNS, SETS_UP = "goes away", "comes back", "sets up a home"


class Mover(mesa.Agent):
    """What a person plans for a year and does about it; a base of `Person`."""

    __slots__ = ("bears", "parts", "plan", "ready", "takes_family", "target", "wish")
    model: PlainModel
    target: Any
    plan: str | None
    urban: int
    spouse: Person | None

    def plan_year(self: Person, drawn: tuple[float, ...], wish: int, u: float) -> None:
        """Learn from the own draws whether a child comes, and what the year is planned to bring."""
        self.target = self.plan = None
        self.ready = self.parts = self.takes_family = False
        self.bears = self.gives_birth(u)
        if self.age < self.model.rules.moving.first_age:
            return
        self._plan_marriage(drawn[0], wish)
        self._plan_move(drawn[1], drawn[2])
        rules, grown = self.model.rules.family, self.spouse is None and self.plan is None
        grown = grown and rules.first_leaving_age <= min(self.age, AGES - 1) <= rules.last_marriage_age
        if grown and drawn[3] < rules.leaving_rate and self.with_parent():
            self.plan, self.takes_family = SETS_UP, True

    def gives_birth(self: Person, u: float) -> bool:
        """Say whether a woman has a child this year."""
        around = self.model.around
        risk: float = around.fertility[min(self.age, AGES - 1)] * around.birth_level[self.home]
        return self.sex == FEMALE and risk > 0.0 and u < risk

    def with_parent(self: Person) -> bool:
        """Say whether a living parent shares the home."""
        return any(parent is not None and parent.family is self.family for parent in (self.mother, self.father))

    def couple_draw(self: Person, husband: Person) -> float:
        """Return the year's number of a wife and her husband."""
        world = self.model
        key = couple_key(world.key_of(self.key), world.key_of(husband.key))
        return uniform(world.seed_of_draws, int(Purpose.COUPLE), world.year, key)

    def _plan_marriage(self: Person, u: float, wish: int) -> None:
        rules, spouse = self.model.rules.family, self.spouse
        if spouse is None:
            self.ready = u < self.model.around.marriage[self.sex][min(self.age, AGES - 1)]
            older = rules.husband_older if self.sex == MALE else 0
            self.wish = ((self.age - older) << AGE_BITS) + wish * rules.age_gap_spread
        elif self.sex == FEMALE and self.age <= rules.last_marriage_age:
            self.parts = self.couple_draw(spouse) < rules.divorce_rate

    def _plan_move(self: Person, u: float, v: float) -> None:
        rules, around = self.model.rules.moving, self.model.around
        spouse = self.spouse
        together = spouse is not None and spouse.family is self.family
        if self.home != self.hukou:
            leads = spouse is None or not together or (self.sex == MALE and spouse.hukou != self.home)
            if leads and u < rules.return_rate:
                self.plan, self.takes_family = RETURNS, True
            return
        chance = around.going[self.home] * around.going_age[min(self.age, AGES - 1)]
        chance *= rules.student_factor if self.work == STUDENT else 1.0
        if u < min(chance, rules.most_rate):
            self.plan = GOES
            self.takes_family = not together or (self.sex == MALE and v < rules.with_family_share)

    def near_kin(self: Person, other: Person) -> bool:
        """Say whether two people share a home or a parent, or one is the other's parent."""
        return (
            self.family is other.family or share_parent(self, other) or is_parent(self, other) or is_parent(other, self)
        )

    def wed(self: Person, husband: Person) -> None:
        """Marry: live in a home either has apart from parents (his first), a new one, or with his parents."""
        self.spouse, husband.spouse = husband, self
        at_his = husband.with_parent()
        if at_his and self.home == husband.home and not self.with_parent():
            husband.lead(self.family, self.home, self.urban)
        elif at_his and self.couple_draw(husband) < self.model.rules.family.found_home_share:
            home, pool, urban = self.model.found_home(), husband.home, husband.urban
            husband.lead(home, pool, urban)
            self.lead(home, pool, urban)
        else:
            self.lead(husband.family, husband.home, husband.urban)

    def part(self: Person) -> None:
        """Part from the husband, who leaves a home they share."""
        husband, leaves = self.spouse, self.husband_moves_out()
        assert husband is not None
        self.spouse = husband.spouse = None
        if leaves:
            husband.lead(self.model.found_home(), husband.home, husband.urban)

    def husband_moves_out(self: Person) -> bool:
        """Say whether the husband leaves: they share a home, he has no plan of his own and follows no parent."""
        husband = self.spouse
        assert husband is not None
        return husband.family is self.family and husband.plan is None and husband.target is None

    def go(self: Person) -> None:
        """Go away to a place drawn for it, or set up a home where one lives."""
        world = self.model
        pool, urban = self.home, self.urban
        if self.plan == GOES:
            u = uniform(world.seed_of_draws, int(Purpose.DESTINATION), world.year, world.key_of(self.key))
            pool, urban = min(bisect_right(world.around.destinations[pool], u), len(world.pools) - 1), 1
        self.lead(world.found_home(), pool, urban)

    def come_back(self: Person) -> None:
        """Come back to the place of registration: to the spouse, mother or father there, else to a new home."""
        kin = self.spouse
        if kin is None or kin.home != self.hukou or kin.target is not None or kin.plan is not None:
            parents = (self.mother, self.father)
            at_home = (one for one in parents if one is not None and one.home == one.hukou == self.hukou)
            kin = next((one for one in at_home if one.target is None), None)
        if kin is None:
            self.lead(self.model.found_home(), self.hukou, self.hukou_kind)
        else:
            self.lead(kin.family, self.hukou, kin.urban)

    def lead(self: Person, home: Family, pool: int, urban: int) -> None:
        """Move to a home with the wife or husband and the children who follow."""
        family, spouse = self.family.members, self.spouse
        self.move(home, self.key, pool, urban)
        if not self.takes_family:
            return
        if spouse is not None and (spouse.family is not self.family or spouse.target is not None or spouse.plan):
            spouse = None
        for person in family:
            if person is not self and (person is spouse or person.follows(self, spouse)):
                person.move(home, self.key, pool, urban)

    def follows(self: Person, leader: Person, spouse: Person | None) -> bool:
        """Say whether a child at home goes along with its mother, or its father where no mother is at home.

        Whoever has a plan of its own or marries does not.
        """
        if self.target is not None or self.takes_family or self.plan is not None:
            return False
        if self.age >= self.model.rules.family.grown_age:
            return False
        parent = self.mother
        if parent is None or parent.family is not self.family:
            parent = self.father
        return parent is not None and (parent is leader or parent is spouse)

    def move(self: Person, home: Family, leader: int, pool: int, urban: int) -> None:
        """Change the home at the end of renewing; insurance, its account and work follow at once."""
        before, self.target = self.home, home
        home.arrivals.append((leader, self))
        if self.work == FARMER and self.urban == 0 and urban == 1:
            self.work = FLEXIBLE
        elif self.work == FLEXIBLE and self.urban == 1 and urban == 0 and self.hukou_kind == RURAL:
            self.work = FARMER
        self.home, self.urban = pool, urban
        if pool == before:
            return
        retired = self.scheme == EMPLOYEE and self.work == RETIRED
        elsewhere = self.insured == self.hukou or self.insured != before
        if not retired and not (self.scheme == RESIDENT and pool != self.hukou and elsewhere):
            self.insure_at(pool)

    def insure_at(self: Person, pool: int) -> None:
        """Change the pool of insurance; the balance of an account moves along."""
        if pool == self.insured:
            return
        if self.account > 0:
            self.model.counts.pairs[PAIR_MOVE, self.insured, pool] += self.account
        self.insured = pool

    def inherits(self: Person) -> bool:
        """Say whether the person lives and has an account."""
        return not self.dying and self.scheme == EMPLOYEE

    def leave(self: Person, children: list[Person]) -> None:
        """Leave the account to the spouse, the first child, the mother or the father, else to the family in cash."""
        relatives = [self.spouse, *children, self.mother, self.father]
        heir = next((one for one in relatives if one is not None and one.inherits()), None)
        left, self.account = self.account, 0
        if heir is not None:
            kept = fen_share(left, self.model.rules.accounts.inherit_to_accounts)
            heir.account += kept
            self.model.counts.pairs[PAIR_INHERIT, self.insured, heir.insured] += kept
            left -= kept
        self.model.counts.money[self.insured][INHERIT_CASH] += left


def find_partners(world: PlainModel, people: list[Person]) -> list[tuple[Any, Any]]:
    """Return this year's wives and husbands: in the pool, else the province, else the nation, by wished age."""
    most = world.rules.family.most_age_gap << AGE_BITS
    province = world.around.province
    found: list[tuple[Any, Any]] = []
    free = [person for person in people if person.ready]
    for area in (lambda one: one.home, lambda one: province[one.home], lambda _: 0):
        free = sorted(free, key=lambda one: (area(one), one.wish))
        taken: set[int] = set()
        waiting: list[Person] = []
        here = -1
        for person in free:
            if waiting and (area(person) != here or person.wish - waiting[-1].wish > most):
                waiting = []
            here = area(person)
            if waiting and waiting[-1].sex != person.sex:
                other = waiting.pop()
                if not person.near_kin(other):
                    found.append((person, other) if person.sex == FEMALE else (other, person))
                    taken |= {person.key, other.key}
            else:
                waiting.append(person)
        free = [person for person in free if person.key not in taken]
    return found
