"""A person of the plain Mesa model comes into, stays in or leaves the schemes: decision, waiting, books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.chance import Purpose, four
from agents.enrolment import joins as joins_scheme
from agents.enrolment import return_leaning
from agents.units import MONTHS
from experiments.bench.mover import Mover
from experiments.bench.words import (
    CHILD,
    COVERED_ACTIVE,
    COVERED_RESIDENT,
    COVERED_RETIRED,
    EMPLOYEE,
    ENTERED,
    FARMER,
    FLEXIBLE,
    LAPSED,
    NO_SCHEME,
    NOT_WORKING,
    PUPIL,
    RESIDENT,
    RESIDENT_CASH,
    RETIRED,
    RETURNED,
    STANDING,
    STATUS,
    STUDENT,
    SUBSIDY_CENTRE,
    WAITING,
)
from model.phases import joining
from model.phases.tally import AGES
from model.rules.codes import City
from model.rules.enrolment import consecutive_years, missed_years, most_repairs, next_class, waiting_period

if TYPE_CHECKING:
    from experiments.bench.twin import PlainModel

VERY_LARGE, SUPER_LARGE = int(City.VERY_LARGE), int(City.SUPER_LARGE)


class Joiner(Mover):
    """Somebody who is insured or not, and what follows from it."""

    model: PlainModel
    key: int
    home: int
    hukou: int
    insured: int
    age: int
    work: int
    scheme: int
    aid: int
    chronic: int
    status: int
    continuous: int
    lapsed: int
    waiting: int
    place: int
    contribution: int

    def _chance_to_join(self) -> float:
        """Return the chance that a flexible worker chooses the employee scheme; hukou may stand in the way."""
        rules = self.model.rules.enrolment
        chance = rules.flexible_join
        opened = rules.flexible_open_super_large and rules.city_class[self.home] == SUPER_LARGE
        if self.home != self.hukou and not rules.flexible_open_everywhere and not opened:
            chance *= rules.flexible_migrant_factor
        return float(chance)

    def _joins(self, u: float) -> int:
        """Say (1 or 0) whether a flexible worker would choose the employee scheme."""
        return int(u < self._chance_to_join())

    def _wait_as_employee(self, before: int) -> None:
        """Wait as a flexible worker who comes to the employee scheme after a long gap without any cover."""
        rules = self.model.rules.waiting
        gap = MONTHS * max(self.lapsed, 1)
        self.waiting = MONTHS
        if before == NO_SCHEME and self.work == FLEXIBLE and rules.in_force and gap > rules.employee_gap_months:
            self.waiting += rules.employee_wait_months

    def enrol(self, family: float, common: float) -> None:
        """Take the scheme that work or the family's decision gives, and keep the books of membership."""
        before, rules = self.scheme, self.model.rules.waiting
        ended = MONTHS if before == EMPLOYEE or rules.carry_over else joining.MOST
        self.waiting = max(self.waiting - ended, 0)
        if before != EMPLOYEE:
            self.scheme = self._choose(before, family, common)
        self.status = STATUS[self.work][self.scheme]
        self._keep_books(before)
        self._count_enrolment(before)

    def reclassify(self, alone: bool) -> None:
        """Become destitute if old, alone, without work and in a low-income class, or leave the classes."""
        rules, luck = self.model.rules.assistance, self.model.draws.enrolment[self.place][joining.CLASS]
        alone = alone and self.work in {NOT_WORKING, FARMER}
        self.aid = next_class(self.aid, self.age, int(alone), luck, rules.destitute_entry, rules.monitored_exit)

    def _choose(self, before: int, family: float, common: float) -> int:
        """Return the scheme of somebody outside the employee scheme after the family's decision."""
        rules = self.model.rules.enrolment
        u, v, w, _ = self.model.draws.enrolment[self.place]
        if not self._wants_insurance(before, family, u if w < rules.member_noise else common):
            self.insure_at(self.home)
            return NO_SCHEME
        share = 1.0 if self.home == self.hukou else self._local_share(rules)
        if before != RESIDENT:
            self.insure_at(self.home if v < share else self.hukou)
        elif rules.migrant_resident_share >= 1.0 and share >= 1.0:
            self.insure_at(self.home)
        return RESIDENT

    def _local_share(self, rules: Any) -> float:
        """Return the chance to be insured where living and not where registered."""
        share: float = rules.migrant_resident_share
        if self.work == STUDENT:
            share = rules.student_campus_share
        elif self.work in {CHILD, PUPIL} and rules.children_open_large and rules.city_class[self.home] >= VERY_LARGE:
            share = 1.0
        return share

    def _wants_insurance(self, before: int, family: float, u: float) -> bool:
        """Say whether this member of the family is insured as a resident this year."""
        law, around = self.model.rules, self.model.around
        rules = law.enrolment
        if self.aid > 0:
            return bool(u < rules.aid_share)
        if self.age == 0:
            return bool(u < rules.newborn_share)
        if self.work == PUPIL:
            return bool(u < rules.pupil_share)
        leaning: float = family + around.member_leaning[self.chronic][min(self.age, AGES - 1)]
        if before == RESIDENT:
            bonus = law.waiting.in_force * (law.waiting.bonus_continuity + law.waiting.bonus_claims)
            leaning += rules.coefficient_habit + rules.coefficient_bonus * (bonus / joining.THOUSAND_YUAN)
            leaning += rules.coefficient_threat * self._wait(law.waiting, 0, 0, 0, lapsed=1)
        else:
            wait = self._wait(law.waiting, 0, 0, 0)
            leaning += return_leaning(self.lapsed, wait, rules.return_penalty, rules.coefficient_waiting)
        if self.home != self.hukou:
            far = around.province[self.home] != around.province[self.hukou]
            leaning += rules.migrant_penalty_province if far else rules.migrant_penalty_city
        return joins_scheme(around.log_odds, u, leaning)

    def _missed(self, rules: Any) -> int:
        """Return the missed years that count: by reading R4 none of somebody never enrolled."""
        return 0 if 0 < self.age <= self.lapsed and rules.reading_r4 != joining.THIRD else self.lapsed

    def _repairable(self, rules: Any) -> int:
        """Return how many missed years may be repaired: as many as shorten the wait."""
        readings = 1 - rules.reading_r1, 1 - rules.reading_r10
        law = rules.fixed_months, rules.months_per_gap_year, rules.long_gap_years, rules.long_gap_minimum
        return most_repairs(self._missed(rules), *law, *readings)

    def _wait(self, rules: Any, late: int, exempt: int, repaired: int, lapsed: int = 0) -> int:
        """Return the months of waiting that an entry would bring, or one after so many lapsed years [months]."""
        if rules.in_force == 0:
            return 0
        never = rules.reading_r4 == joining.SECOND and 0 < self.age <= self.lapsed
        fixed = never or (rules.reading_r3 == joining.THIRD and self.lapsed == 0 and self.age > 0)
        return waiting_period(
            lapsed or self._missed(rules), int(late or fixed), exempt, repaired, rules.fixed_months,
            rules.months_per_gap_year, rules.long_gap_years, rules.long_gap_minimum, 1 - rules.reading_r1,
            1 - rules.reading_r10,
        )  # fmt: skip

    def _enter(self, law: Any) -> int:
        """Return the months without benefits after an entry, late or after a gap; some repair their gap."""
        world, rules = self.model, law.waiting
        u, v, w, _ = four(world.seed_of_draws, int(Purpose.RETURN), world.year, world.key_of(self.key))
        late, exempt = int(u < rules.late_share), int(rules.reading_r11 == joining.SECOND and self.aid > 0)
        repaired = self._repairable(rules) if exempt == 0 and w < rules.repair_share else 0
        wait, paid_in = self._wait(rules, late, exempt, repaired), int(v * MONTHS) * late
        if repaired > 0:
            cost, money = repaired * self.family.due(self, law.resident), world.counts.money[self.insured]
            self.contribution += cost
            money[RESIDENT_CASH] += cost
            if law.resident.repair_draws_subsidy:
                for level, share in enumerate(world.around.subsidy[self.insured]):
                    money[SUBSIDY_CENTRE + level] += repaired * share
        return max(paid_in, wait) if rules.clock_start == 1 else paid_in + wait

    def _keep_books(self, before: int) -> None:
        """Count consecutive and missed years and set the waiting months of who comes or goes."""
        law, newborn = self.model.rules, self.age == 0
        rules = law.waiting
        standing = STANDING[self.scheme][newborn]
        if before not in {self.scheme, EMPLOYEE}:
            self.waiting = 0
            if self.scheme == RESIDENT and rules.in_force and not (newborn and rules.newborn_exempt == 1):
                self.waiting = min(self._enter(law), joining.MOST)
        counted = int(rules.in_force or law.year >= rules.start or rules.reading_r3 == joining.SECOND)
        self.continuous = min(consecutive_years(self.continuous, standing, 0, 0), joining.MOST)
        self.lapsed = min(missed_years(self.lapsed, standing, counted, 0, rules.reading_r2), joining.MOST)

    def _count_enrolment(self, before: int) -> None:
        """Count the way into, out of and back to the scheme, and the head insured during the year."""
        counts, scheme, work = self.model.counts, self.scheme, self.work
        pool = self.insured
        if scheme == RESIDENT and before == NO_SCHEME:
            counts.enrolment[pool, scheme, work][ENTERED if self.age == 0 else RETURNED] += 1
        elif scheme == NO_SCHEME and before == RESIDENT:
            counts.enrolment[pool, RESIDENT, work][LAPSED] += 1
        if self.waiting > 0:
            counts.enrolment[pool, scheme, work][WAITING] += 1
        if scheme == EMPLOYEE:
            counts.heads[pool][COVERED_RETIRED if work == RETIRED else COVERED_ACTIVE] += 1
        elif scheme == RESIDENT:
            counts.heads[pool][COVERED_RESIDENT] += 1
