"""A person of the plain Mesa model: an agent with attributes, and a method for every phase of the year."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from agents.care import events, hospital_tier
from agents.career import first_work, leaves_school, next_job, scheme_of_work, year_more
from agents.enrolment import joins as joins_scheme
from agents.enrolment import return_leaning
from agents.numeric import fen_share
from agents.tables import look_up
from experiments.bench.bill import Bill
from experiments.bench.mover import Mover
from experiments.bench.words import (
    ACCOUNT_INTEREST,
    CHILD,
    COST,
    COVERED_ACTIVE,
    COVERED_RESIDENT,
    COVERED_RETIRED,
    EMPLOYEE,
    ENTERED,
    FARMER,
    FEMALE,
    FLEXIBLE,
    HEAD_OF_STATUS,
    INPATIENT,
    LAPSED,
    MATERNITY,
    MEMBERS,
    NO_SCHEME,
    NOT_WORKING,
    OUTPATIENT,
    OUTSIDER,
    PEOPLE,
    PUPIL,
    RESIDENT,
    RETIRED,
    RETURNED,
    RURAL,
    STANDING,
    STATUS,
    STUDENT,
    VISITS,
    WAITING,
    interpreted,
)
from model.phases import joining
from model.phases.living import MOST_INCOME, MOST_SEVERE, MOST_YEARS, RANKS
from model.phases.tally import AGES
from model.rules.accounts import account_interest
from model.rules.contributions import by_sex, may_stop_contributing
from model.rules.enrolment import consecutive_years, missed_years, no_claim_steps, waiting_period

if TYPE_CHECKING:
    from experiments.bench.family import Family
    from experiments.bench.twin import PlainModel

tier_of = interpreted(hospital_tier)
STATE = (
    "key", "home", "hukou", "insured", "age", "sex", "hukou_kind", "urban", "work", "scheme", "aid", "chronic", "rank",
    "years", "continuous", "lapsed", "waiting", "bonus_claims", "claimed", "account_kind", "dying", "account",
)  # fmt: skip
"""What a person carries from year to year."""
YEARLY = (
    "income", "contribution", "matched", "cost", "basic", "supplement", "assistance", "own_account", "family_account",
    "self_pay",
)  # fmt: skip
"""What a person earns, pays and is paid in one year [fen]."""
HELD = "bill", "drawn", "family", "father", "link", "mother", "need", "place", "spouse", "status"
DEFAULT_READINGS = (1, 1)
"""The defaults of `waiting_period`, given by hand: compiled code that fills in defaults of 1 is called far slower."""


class Person(Mover):
    """Somebody who works, is insured, falls ill and pays, with the family and the relatives beside."""

    __slots__ = (*STATE, *YEARLY, *HELD)
    model: PlainModel
    family: Family
    spouse: Person | None
    mother: Person | None
    father: Person | None
    bill: Bill | None
    drawn: tuple[int, ...]
    key: int
    home: int
    hukou: int
    insured: int
    age: int
    sex: int
    work: int
    scheme: int
    aid: int
    chronic: int
    years: int
    status: int
    continuous: int
    lapsed: int
    waiting: int
    bonus_claims: int
    claimed: int
    dying: int
    income: int
    account: int
    place: int
    link: tuple[float, ...]
    """Draws of the link to relatives: the turn of its registration, the wallet, premiums."""
    need: tuple[int, int]
    """What is still asked of relatives' accounts, outpatient (or premium) and inpatient [fen]."""

    def __init__(self, model: PlainModel, family: Family, **state: int) -> None:
        """Enter the model as a member of a family; what is not given is zero."""
        super().__init__(model)
        self.family = family
        self.spouse = self.mother = self.father = None
        self.bill = None
        self.need = (0, 0)
        self.target = None
        self.bears = False
        for name in (*STATE, *YEARLY):
            setattr(self, name, state.get(name, 0))

    def grow_older(self) -> None:
        """Add a year to the age, put last year's sums away and part from relatives who died."""
        if self.age < MOST_YEARS:
            self.age += 1
        self.contribution = self.matched = self.cost = self.basic = self.supplement = 0
        self.assistance = self.own_account = self.family_account = self.self_pay = 0
        for relative in ("spouse", "mother", "father"):
            known = getattr(self, relative)
            if known is not None and known.dying:
                setattr(self, relative, None)

    def find_work(self) -> None:
        """Move through school, jobs and retirement, and take the scheme that follows from work."""
        if self.work == RETIRED:
            return
        before = self.scheme
        self.work, joins = self._next_work()
        self.scheme = scheme_of_work(self.work, before, joins)
        if self.scheme == EMPLOYEE:
            self.insure_at(self.home)
            if before != EMPLOYEE:
                self.model.counts.enrolment[self.home, EMPLOYEE, self.work][ENTERED] += 1

    def _next_work(self) -> tuple[int, int]:
        """Return this year's work and whether a flexible worker joins (1), leaves (0) or keeps (-1) the scheme."""
        law, age, work = self.model.rules, self.age, self.work
        rules = law.work
        u, v, w, x = self.model.draws.work[self.place]
        if work in {CHILD, PUPIL, STUDENT}:
            graduates = rules.leave_university_age + rules.leave_university_spread * (self.rank / RANKS * 2.0 - 1.0)
            ages = rules.school_age, rules.leave_school_age, graduates
            stage = leaves_school(age, work, *ages, u, rules.university_share)
            if stage >= 0:
                return stage, -1
            employed = rules.graduate_employee_share if work == STUDENT else rules.leaver_employee_share
            rural = self.urban == 0 and self.hukou_kind == RURAL
            found = first_work(rural, v, x, employed, rules.leaver_flexible_share, rules.public_entrants)
            return found, self._joins(w)
        threshold = by_sex(self.sex, law.employee.retirement_age_men, law.employee.retirement_age_women)
        retires = age >= threshold
        if self.sex == FEMALE:
            last, first = (threshold + side * law.employee.retirement_spread_women for side in (1, -1))
            retires = age >= last or (age >= first and v * (last - age + 1.0) < 1.0)
            threshold = min(threshold, age)
        if retires:
            return self._at_retirement(threshold, law), -1
        entry = rules.entry_rate * law.enrolment.compliance_enterprise
        found = next_job(
            work, u, v, entry, rules.exit_rate, rules.unemployment_rate, rules.benefit_share, rules.benefit_years
        )
        stays = found == FLEXIBLE and work == FLEXIBLE and x >= law.enrolment.flexible_switch
        return found, -1 if stays else self._joins(w)

    def _joins(self, u: float) -> int:
        """Say (1 or 0) whether a flexible worker would choose the employee scheme; hukou may stand in the way."""
        rules = self.model.rules.enrolment
        chance = rules.flexible_join
        if self.home != self.hukou and rules.flexible_open_everywhere == 0:
            chance *= rules.flexible_migrant_factor
        return int(u < chance)

    def _at_retirement(self, threshold: float, law: Any) -> int:
        """Return the work at or past the age of retirement; farmers go on."""
        rules, age = law.employee, self.age
        if self.scheme == EMPLOYEE:
            needed = by_sex(self.sex, rules.minimum_years_men, rules.minimum_years_women)
            enough = may_stop_contributing(age, int(threshold), self.years, needed) == 1
            return RETIRED if enough or age >= threshold + rules.grace_years else FLEXIBLE
        return FARMER if self.work == FARMER and age < law.work.resident_retirement_age else NOT_WORKING

    def earn(self) -> None:
        """Take the year's income from work, place and rank, and count contribution years."""
        around, law, work = self.model.around, self.model.rules.work, self.work
        curve = around.shape[self.urban]
        at = self.rank / RANKS * (len(curve) - 1)
        point = int(at)
        shape = curve[point] + (curve[point + 1] - curve[point]) * (at - point)
        base = around.wage[self.home] if law.income_base[work] == 1 else around.income[self.home][self.urban]
        self.income = math.floor(min(base * law.income_level[work] * shape, MOST_INCOME) + 0.5)
        if self.scheme == EMPLOYEE and work != RETIRED:
            self.years = year_more(self.years, MOST_YEARS)

    def risk_life(self) -> None:
        """Learn whether this is the last year and whether chronic illness begins or worsens."""
        around, age = self.model.around, min(self.age, AGES - 1)
        u, v = self.model.draws.life[self.place]
        self.dying = int(u < around.mortality[self.sex][age])
        if self.chronic < MOST_SEVERE and v < around.onset[self.chronic][age]:
            self.chronic += 1

    def enrol(self, family: float, common: float) -> None:
        """Take the scheme that work or the family's decision gives, and keep the books of membership."""
        before = self.scheme
        if before != EMPLOYEE:
            self.scheme = self._choose(before, family, common)
        self.status = STATUS[self.work][self.scheme]
        self._keep_books(before)
        self._count_enrolment(before)

    def _choose(self, before: int, family: float, common: float) -> int:
        """Return the scheme of somebody outside the employee scheme after the family's decision."""
        rules = self.model.rules.enrolment
        u, v, w = self.model.draws.enrolment[self.place]
        if not self._wants_insurance(before, family, u if w < rules.member_noise else common):
            self.insure_at(self.home)
            return NO_SCHEME
        if before != RESIDENT:
            local = self.home == self.hukou or v < rules.migrant_resident_share
            self.insure_at(self.home if local else self.hukou)
        return RESIDENT

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
            leaning += rules.coefficient_habit
        else:
            wait = self._wait(law.waiting)
            leaning += return_leaning(self.lapsed, wait, rules.return_penalty, rules.coefficient_waiting)
        if self.home != self.hukou:
            far = around.province[self.home] != around.province[self.hukou]
            leaning += rules.migrant_penalty_province if far else rules.migrant_penalty_city
        return joins_scheme(around.log_odds, u, leaning)

    def _wait(self, rules: Any) -> int:
        """Return the months of waiting that a return would bring [months]."""
        if rules.in_force == 0:
            return 0
        return waiting_period(
            self.lapsed, 0, 0, 0, rules.fixed_months, rules.months_per_gap_year, rules.long_gap_years,
            rules.long_gap_minimum, *DEFAULT_READINGS,
        )  # fmt: skip

    def _keep_books(self, before: int) -> None:
        """Count consecutive and missed years and set the waiting months of the year."""
        rules, newborn = self.model.rules.waiting, self.age == 0
        standing = STANDING[self.scheme][self.age == 0]
        wait = 0
        if self.scheme == RESIDENT and before == NO_SCHEME and not (newborn and rules.newborn_exempt == 1):
            wait = self._wait(rules)
        self.waiting = min(wait, joining.MONTHS)
        self.continuous = min(consecutive_years(self.continuous, standing), joining.MOST)
        self.lapsed = min(missed_years(self.lapsed, standing, rules.in_force), joining.MOST)

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

    def credit_interest(self, law: Any) -> None:
        """Earn the year's interest on the balance brought forward."""
        gain = account_interest(self.account, law.accounts.interest_rate)
        if gain > 0:
            self.account += gain
            self.model.counts.money[self.insured][ACCOUNT_INTEREST] += gain

    def count_profile(self) -> None:
        """Be counted by standing, chronic illness and age."""
        self.model.counts.profile[self.status][self.chronic][min(self.age, AGES - 1)][self.dying] += 1

    def fall_ill(self) -> None:
        """Fall ill and seek care; what it costs becomes a bill, and the insurance pays its part."""
        self.claimed = 0
        self.bill = bill = self._seek_care()
        if bill is not None:
            bill.pay_insurance(self.model.rules)

    def weigh_need(self) -> None:
        """Draw the year's care, at prices of 1, and weigh it against what was to be expected."""
        self.drawn = self._care()
        around, need = self.model.around, self.model.counts.need[self.insured][self.scheme]
        need[0] += sum(self.drawn[4:])
        need[1] += int(around.expected_cost[self.dying][self.status][self.chronic][min(self.age, AGES - 1)])

    def _care(self) -> tuple[int, ...]:
        """Return visits, their tier, stays, their tier, and the cost of visits, treatment and stays at prices of 1."""
        world, status, chronic = self.model, self.status, self.chronic
        around, law, age, dies = world.around, world.rules.care, min(self.age, AGES - 1), self.dying
        u, v = world.draws.outpatient[self.place]
        s, t = world.draws.inpatient[self.place]
        where = world.draws.place_of_care[self.place]
        visits = events(around.exponential, u, around.visits[dies][status][chronic][age], law.most_visits)
        stays = events(around.exponential, s, around.stays[dies][status][chronic][age], law.most_stays)
        visit_tier = tier = out = treatment = inside = 0
        if visits > 0:
            visit_tier = int(tier_of(where[0], *around.visit_edges[status]))
            cost = around.visit_cost[status] * around.visit_tier[status][visit_tier]
            out = int(visits * cost * look_up(around.outpatient_spread, v))
        if chronic > 0:
            cost = around.chronic_cost[dies][status][chronic]
            treatment = int(cost * look_up(around.chronic_spread, 1.0 - v))
        if stays > 0:
            tier = int(tier_of(where[1], *around.tier_edges[status]))
            cost = around.stay_cost[status][tier] * around.stay_age[age]
            inside = int(stays * cost * look_up(around.inpatient_spread, t))
        return visits, visit_tier, stays, tier, out, treatment, inside

    def _seek_care(self) -> Bill | None:
        """Return the bill of the year's visits, chronic treatment and stays, or None without any."""
        world, around = self.model, self.model.around
        level = around.price[self.insured] * around.budget[self.insured][self.scheme]
        visits, visit_tier, stays, tier, *costs = self.drawn
        out, treatment, inside = (fen_share(cost, level) for cost in costs)
        if self.scheme == EMPLOYEE:
            out += int(self.account * around.pharmacy)
        self.cost = out + treatment + inside
        if self.cost == 0:
            return None
        for kind, number, spent in ((OUTPATIENT, visits, out + treatment), (INPATIENT, stays, inside)):
            care = world.counts.care[self.insured, self.status, kind]
            care[VISITS] += number
            care[COST] += spent
        return Bill(self, out, treatment, inside, visit_tier, stays, tier)

    def end_year(self) -> None:
        """Let maternity benefit be paid at a birth, count years without claims, and be counted at year end."""
        law, counts = self.model.rules, self.model.counts
        mother = self.mother
        if self.age == 0 and mother is not None and mother.scheme == EMPLOYEE:
            counts.money[mother.insured][MATERNITY] += law.employee.maternity_cost
        if law.waiting.in_force:
            standing = STANDING[self.scheme][self.age == 0]
            self.bonus_claims = min(no_claim_steps(self.bonus_claims, standing, self.claimed), joining.MOST)
        self.bill = None
        if self.dying:
            return
        here = counts.enrolment[self.insured, self.scheme, self.work]
        here[PEOPLE] += 1
        if self.status != OUTSIDER:
            here[MEMBERS] += 1
        counts.heads[self.insured][HEAD_OF_STATUS[self.status]] += 1
