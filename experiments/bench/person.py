"""A person of the plain Mesa model: an agent with attributes, and a method for every phase of the year."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from agents.care import events, hospital_tier, left_by_tier
from agents.career import account_after, at_odds, first_work, leaves_school, next_job, scheme_of_work, year_more
from agents.numeric import fen_share
from agents.tables import look_up
from experiments.bench.bill import Bill
from experiments.bench.joiner import Joiner
from experiments.bench.words import (
    ACCOUNT_INTEREST,
    AWAY_COST,
    CHILD,
    COST,
    EMPLOYEE,
    ENTERED,
    FARMER,
    FEMALE,
    FLEXIBLE,
    HEAD_OF_STATUS,
    INPATIENT,
    MALE,
    MATERNITY,
    MEMBERS,
    NOT_WORKING,
    OUTPATIENT,
    OUTSIDER,
    PEOPLE,
    PUPIL,
    RETIRED,
    RURAL,
    STANDING,
    STUDENT,
    VISIT_COST,
    VISITS,
    interpreted,
)
from model.phases import caring, joining
from model.phases.ground import FIFTHS
from model.phases.living import MOST_INCOME, MOST_SEVERE, MOST_YEARS, RANKS
from model.phases.tally import AGES, CARES, Need
from model.rules.accounts import account_interest
from model.rules.codes import Away
from model.rules.contributions import by_sex, may_stop_contributing
from model.rules.enrolment import benefit_years, no_claim_steps
from model.rules.retirement import early_chance, stopping_chance

if TYPE_CHECKING:
    from experiments.bench.family import Family
    from experiments.bench.twin import PlainModel

tier_of, left_of = interpreted(hospital_tier), interpreted(left_by_tier)
how_away = interpreted(caring.how_away)
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


class Person(Joiner):
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
    account_kind: int
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
        before, worked = self.scheme, self.work
        self.work, joins = self._next_work()
        self.scheme = scheme_of_work(self.work, before, joins)
        if self.scheme == EMPLOYEE:
            self.insure_at(self.home)
            self._take_cover(before, worked, joins)
            if before != EMPLOYEE:
                self.model.counts.enrolment[self.home, EMPLOYEE, self.work][ENTERED] += 1
                self._wait_as_employee(before)

    def _take_cover(self, before: int, worked: int, joins: int) -> None:
        """Take cover with or without an account after a change of work."""
        rules, luck = self.model.rules.employee, self.model.draws.work[self.place][2]
        if self.work == FLEXIBLE and joins == 1:
            luck /= self._chance_to_join()
        shares = rules.pooled_only_flexible, rules.pooled_only_others
        self.account_kind = account_after(self.account_kind, worked, self.work, before == EMPLOYEE, luck, *shares)

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
            public = rules.public_entrants * law.enrolment.compliance_public
            employed = at_odds(employed, self.model.around.job_odds[self.home])
            found = first_work(rural, v, x, employed, rules.leaver_flexible_share, public)
            return found, self._joins(w)
        chance = self._retirement_chance(law.employee)
        if v < chance:
            return self._past_retirement(law, v / chance, x), -1
        v = (v - chance) / (1.0 - chance)
        entry = rules.entry_rate * law.enrolment.compliance_enterprise * self.model.around.job_odds[self.home]
        months = law.enrolment
        by_years = months.benefit_months_short, months.benefit_months_middle, months.benefit_months_long
        longest = benefit_years(self.years, *by_years)
        found = next_job(work, u, v, entry, rules.exit_rate, rules.unemployment_rate, rules.benefit_share, longest)
        stays = found == FLEXIBLE and work == FLEXIBLE and x >= law.enrolment.flexible_switch
        return found, -1 if stays else self._joins(w)

    def _retirement_chance(self, rules: Any) -> float:
        """Return the chance to retire this year; men of long standing may do so early."""
        chance = float(self.model.around.retirement[self.sex][min(self.age, AGES - 1)])
        if self.sex == MALE and self.scheme == EMPLOYEE and self.years >= rules.least_years:
            threshold = rules.retirement_age_men
            chance = max(chance, early_chance(self.age, threshold, rules.early_years_men, rules.early_rate_men))
        return chance

    def _past_retirement(self, law: Any, v: float, x: float) -> int:
        """Return the work past retirement age: members retire or pay on for years they lack, others work on."""
        rules, age, work = law.employee, self.age, self.work
        if self.scheme == EMPLOYEE:
            if self.years >= x * rules.least_years:
                threshold = min(by_sex(self.sex, rules.retirement_age_men, rules.retirement_age_women), age)
                needed = by_sex(self.sex, rules.minimum_years_men, rules.minimum_years_women)
                enough = may_stop_contributing(age, int(threshold), self.years, needed) == 1
                return RETIRED if enough or age >= threshold + rules.grace_years else FLEXIBLE
            work = FARMER if self.urban == 0 and self.hukou_kind == RURAL else NOT_WORKING
        if work == FARMER:
            middle, spread = law.work.farmers_stop_age, law.work.farmers_stop_spread
        elif work == FLEXIBLE:
            middle, spread = law.work.informal_stop_age, law.work.informal_stop_spread
        else:
            return NOT_WORKING
        return NOT_WORKING if v < stopping_chance(age, middle - spread, middle + spread) else work

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
        self.dying = int(u < around.mortality[self.sex][self.chronic][age])
        if self.chronic < MOST_SEVERE and v < around.onset[self.chronic][age]:
            self.chronic += 1

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
        expected = around.expected_cost[self.dying][self.status][self.chronic][min(self.age, AGES - 1)]
        for care in range(CARES):
            need[Need.DRAWN_VISITS + care] += self.drawn[5 + care]
            need[Need.VISITS + care] += int(expected[care])
        need[Need.DRAWN_BEYOND] += max(self.drawn[-1] - around.large_stay, 0)
        need[Need.MORBIDITY] += int(expected[CARES])

    def _care(self) -> tuple[int, ...]:
        """Return visits, tier, stays, tier, whether away; cost of visits, treatment and stays at prices of 1."""
        world, status, chronic = self.model, self.status, self.chronic
        around, law, age, dies = world.around, world.rules.care, min(self.age, AGES - 1), self.dying
        u, v = world.draws.outpatient[self.place]
        s, t = world.draws.inpatient[self.place]
        where = world.draws.place_of_care[self.place]
        visits = events(around.exponential, u, around.visits[dies][status][chronic][age], law.most_visits)
        stays = events(around.exponential, s, around.stays[dies][status][chronic][age], law.most_stays)
        fifth = self.rank * FIFTHS >> caring.RANK_BITS
        if where[3] < law.unmet_need_poor[fifth]:
            stays = 0
        visit_tier = tier = away = out = treatment = inside = 0
        far = self.home != self.insured
        if visits > 0:
            visit_tier = int(tier_of(where[0], *around.visit_edges[status]))
            cost = around.visit_cost[status] * around.visit_tier[status][visit_tier] * around.visit_fifth[fifth]
            out = int(visits * cost * look_up(around.outpatient_spread, v))
        if chronic > 0:
            cost = around.chronic_cost[dies][status][chronic]
            treatment = int(cost * look_up(around.chronic_spread, 1.0 - v))
        if stays > 0:
            edges = around.tier_edges[status]
            tier = int(tier_of(t, *edges))
            cost = around.stay_cost[status][tier] * around.stay_age[age] * around.stay_fifth[fifth]
            away, left = how_away(far, self.scheme, left_of(t, tier, *edges), law)
            inside = int(stays * cost * look_up(around.inpatient_spread, left))
        elif far:
            away, _ = how_away(far, self.scheme, where[2], law)
        return visits, visit_tier, stays, tier, away, out, treatment, inside

    def _seek_care(self) -> Bill | None:
        """Return the bill of the year's visits, chronic treatment and stays, or None without any."""
        world, around = self.model, self.model.around
        visits, visit_tier, stays, tier, away, *costs = self.drawn
        *levels, dear = around.charged[self.insured][self.scheme]
        costs[-1], beyond = min(costs[-1], around.large_stay), max(costs[-1] - around.large_stay, 0)
        out, treatment, inside = (fen_share(cost, level) for cost, level in zip(costs, levels, strict=True))
        inside += fen_share(beyond, dear)
        seen = out
        if self.scheme == EMPLOYEE:
            out += int(self.account * around.pharmacy)
        self.cost = out + treatment + inside
        if self.cost == 0:
            return None
        far = self.home != self.insured
        for kind, number, spent, alone, elsewhere in (
            (OUTPATIENT, visits, out + treatment, seen, far),
            (INPATIENT, stays, inside, inside, away != Away.NOT),
        ):
            care = world.counts.care[self.insured, self.status, kind]
            care[VISITS] += number
            care[COST] += spent
            care[VISIT_COST] += alone
            care[AWAY_COST] += spent * elsewhere
        return Bill(self, out, treatment, inside, visit_tier, stays, tier, away)

    def end_year(self) -> None:
        """Let maternity benefit be paid at a birth, count years without claims, and be counted at year end."""
        law, counts, around = self.model.rules, self.model.counts, self.model.around
        mother = self.mother
        if self.age == 0 and mother is not None and mother.scheme == EMPLOYEE:
            counts.money[mother.insured][MATERNITY] += law.employee.maternity_cost
        if self.sex == FEMALE and self.scheme == EMPLOYEE:
            risk, level = around.fertility[min(self.age, AGES - 1)], around.birth_level[self.home]
            counts.need[self.insured][EMPLOYEE][Need.BIRTHS] += int(law.employee.maternity_cost * risk * level)
        if law.waiting.in_force:
            standing = STANDING[self.scheme][self.age == 0]
            self.bonus_claims = min(
                no_claim_steps(self.bonus_claims, standing, self.claimed, law.waiting.reading_r8), joining.MOST
            )
        self.bill = None
        if self.dying:
            return
        here = counts.enrolment[self.insured, self.scheme, self.work]
        here[PEOPLE] += 1
        if self.status != OUTSIDER:
            here[MEMBERS] += 1
        counts.heads[self.insured][HEAD_OF_STATUS[self.status]] += 1
