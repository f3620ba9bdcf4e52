"""A family of the plain Mesa model: an agent that decides on insurance, pays and inherits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mesa

from agents.chance import Purpose, four, uniform
from agents.enrolment import LEAST, family_leaning
from agents.numeric import fen_share, log
from experiments.bench.person import Person
from experiments.bench.words import (
    CARE_INSURANCE,
    CREDIT,
    EMPLOYEE,
    EMPLOYEE_HELP,
    EMPLOYER,
    FEMALE,
    FLEXIBLE,
    LARGE_SUM_FROM_ACCOUNT,
    LARGE_SUM_PREMIUM,
    MALE,
    NO_SCHEME,
    PERSON_TO_ACCOUNT,
    PERSON_TO_POOL,
    RESIDENT,
    RESIDENT_CASH,
    RESIDENT_HELP,
    RETIRED,
    SUBSIDISED,
    SUBSIDY_CENTRE,
    UNEMPLOYED,
    UNEMPLOYMENT,
)
from model.phases.dues import PAID_AHEAD, RANKS
from model.phases.paying import AVERAGE_PENSION, HELPED, WIDER
from model.phases.renewing import newborn_key
from model.rules.accounts import credit_active, credit_retired, own_to_account
from model.rules.codes import Link
from model.rules.contributions import (
    contribution_base,
    employer_contribution,
    fifth_of,
    flexible_contribution,
    income_counted,
    linked_contribution,
    low_wage_help,
    person_contribution,
    premium_help,
)

if TYPE_CHECKING:
    from experiments.bench.twin import PlainModel


FLAT = int(Link.FLAT)


class Family(mesa.Agent):
    """The people of one home, in order."""

    model: PlainModel

    def __init__(self, model: PlainModel) -> None:
        """Enter the model without members."""
        super().__init__(model)
        self.members: list[Person] = []
        self.arrivals: list[tuple[int, Person]] = []

    def bury(self) -> None:
        """Let those who died last year leave."""
        for person in self.members:
            if person.dying:
                person.remove()
        self.members = [person for person in self.members if not person.dying]

    def renew(self) -> None:
        """Let movers leave, children come and movers arrive, each with the newborn; an empty home ends."""
        staying = [person for person in self.members if person.target is None]
        self.members = staying + [self._child(mother) for mother in reversed(staying) if mother.bears]
        for _, person in sorted(self.arrivals, key=lambda arrival: arrival[0]) if staying else self.arrivals:
            person.family = self
            self.members.append(person)
            if person.bears:
                self.members.append(self._child(person))
        if not self.members:
            self.remove()

    def _child(self, mother: Person) -> Person:
        """Return the newborn child of a mother."""
        world = self.model
        key = int(newborn_key(world.key_of(mother.key), 0, world.year))
        u = uniform(world.seed_of_draws, int(Purpose.NEWBORN_KEY), world.year, world.key_of(key))
        child = Person(
            world, self, key=key, home=mother.home, hukou=mother.hukou, insured=mother.home,
            hukou_kind=mother.hukou_kind, urban=mother.urban, aid=mother.aid, rank=mother.rank, account_kind=1,
            sex=MALE if u < world.around.male_births else FEMALE,
        )  # fmt: skip
        child.mother, child.father = mother, mother.spouse
        child.link = four(world.seed_of_draws, int(Purpose.ACCOUNT), 0, world.key_of(key))
        return child

    def enrol(self) -> None:
        """Decide on the resident scheme from premium, income, illness, habit and what others do."""
        residents = [person for person in self.members if person.scheme != EMPLOYEE]
        leaning = common = 0.0
        if residents:
            leaning = self._leaning(residents)
            common = self.model.draws.family[self.members[0].place]
        for person in self.members:
            person.reclassify(len(self.members) == 1)
            person.enrol(leaning, common)

    def _leaning(self, residents: list[Person]) -> float:
        """Return what speaks for the resident scheme in the family as a whole [log odds]."""
        members, around, law = self.members, self.model.around, self.model.rules
        rules, home = law.enrolment, members[0].home
        mean = around.income[home][members[0].urban]
        income = max(float(sum(person.income for person in members)), float(rules.least_income))
        relative = income / len(members) / mean
        asked = sum(self.due(person, law.resident) for person in residents)
        growth = around.premium_growth
        if around.link_changed:
            before = sum(self.due(person, law.resident, around.link_before) for person in residents)
            growth = (1.0 + growth) * (asked / max(float(before), 1.0)) - 1.0
        chronic = any(person.chronic > 0 for person in members)
        leaning: float = rules.intercept + family_leaning(
            asked / income, log(max(relative, LEAST)), chronic, growth, around.peers[home], around.effort[home],
            rules.coefficient_income, rules.coefficient_premium, rules.coefficient_chronic, rules.coefficient_growth,
            rules.coefficient_peers, rules.coefficient_effort,
        )  # fmt: skip
        return leaning

    def contribute(self) -> None:
        """Pay the year's contributions and credit the individual accounts."""
        law = self.model.rules
        for person in self.members:
            person.need = (0, 0)
            if person.account > 0:
                person.credit_interest(law)
            if person.scheme == EMPLOYEE:
                self._employee(person, law)
        for person in self.members:
            if person.scheme == RESIDENT:
                self._resident(person, law)

    def _employee(self, person: Person, law: Any) -> None:
        """Collect from a member of the employee scheme and the employer, and credit the account."""
        rules, work, sums = law.employee, person.work, self.model.counts.money[person.insured]
        base_wage = self.model.around.base_wage[person.insured]
        own = credit = to_account = 0
        if work == RETIRED:
            average = rules.pension_base == AVERAGE_PENSION
            pension = fen_share(base_wage, rules.pension_share) if average else person.income
            own = person_contribution(pension, rules.retiree_rate)
            alike = rules.retiree_credit_base == AVERAGE_PENSION
            pension = self.model.around.credit_pension[person.insured] if alike else person.income
            credit = credit_retired(pension, rules.retiree_credit_rate)
        elif work == FLEXIBLE:
            rate = rules.flexible_rate if person.account_kind else rules.flexible_pooled_only_rate
            own = flexible_contribution(base_wage, rules.flexible_multiple, rate)
            credited = flexible_contribution(base_wage, rules.flexible_multiple, rules.flexible_account_rate)
            helped = low_wage_help(own, person.income, base_wage, rules.help_line, rules.help_share)
            own -= helped
            sums[EMPLOYEE_HELP] += helped
            to_account = person.account_kind * own_to_account(min(credited, own), law.accounts.person_share)
        elif work == UNEMPLOYED:
            person.matched = flexible_contribution(base_wage, rules.unemployment_base, rules.unemployment_rate)
            sums[UNEMPLOYMENT] += person.matched
        else:
            other = rules.other_income[fifth_of(person.rank, RANKS)]
            declared = math.floor(income_counted(person.income, other, rules.wage_base) * rules.declared_share + 0.5)
            base = contribution_base(declared, base_wage, rules.base_floor, rules.base_cap)
            own = person_contribution(base, rules.person_rate)
            rate = rules.employer_rate[person.insured] * (1.0 - rules.employer_relief)
            person.matched = employer_contribution(base, rate)
            sums[EMPLOYER] += person.matched
            to_account = person.account_kind * own_to_account(own, law.accounts.person_share)
            credit = credit_active(0, 0.0, person.matched, rules.employer_share_to_account)
        credit *= person.account_kind
        premium = 0 if work == RETIRED and law.large_sum.retirees_pay == 0 else law.large_sum.premium
        sums[PERSON_TO_ACCOUNT] += to_account
        sums[PERSON_TO_POOL] += own - to_account
        sums[CREDIT] += credit
        person.account += to_account + credit
        from_account = law.large_sum.from_account == 1 and person.account >= premium
        person.account -= premium if from_account else 0
        person.contribution = own if from_account else own + premium
        sums[LARGE_SUM_FROM_ACCOUNT if from_account else LARGE_SUM_PREMIUM] += premium
        if 0 < law.accounts.care_premium <= person.account:
            person.account -= law.accounts.care_premium
            sums[CARE_INSURANCE] += law.accounts.care_premium

    def _resident(self, person: Person, law: Any) -> None:
        """Collect a resident's premium: help for the poor, the rest in cash; relatives' accounts are asked for it."""
        counts, pool, accounts = self.model.counts, person.insured, law.accounts
        subsidy = self.model.around.subsidy[pool]
        due = self.due(person, law.resident)
        helped = premium_help(due, self._help_share(person, law.assistance))
        left = due - helped
        person.contribution += left
        allowed = accounts.pays_premium == 1 and (accounts.scope >= WIDER or accounts.reading_s2 == 0)
        covered = accounts.reading_s1 == 0 or person.continuous > 1
        if allowed and covered and person.link[3] < accounts.premium_use_share:
            person.need = (left, 0)
        sums = counts.money[pool]
        sums[RESIDENT_HELP] += helped
        sums[RESIDENT_CASH] += left
        counts.heads[pool][SUBSIDISED] += 1
        for level, share in enumerate(subsidy):
            sums[SUBSIDY_CENTRE + level] += share
        person.matched = sum(subsidy)

    def _help_share(self, person: Person, rules: Any) -> float:
        """Return the share of a premium that medical assistance pays: by class, or of some outside the classes."""
        share: float = rules.help_share[person.aid]
        others = rules.subsidised_others_share
        if person.aid == 0 and others > 0.0 and self.model.draws.enrolment[person.place][HELPED] < others:
            share = max(share, rules.subsidised_others_help)
        return share

    def due(self, person: Person, rules: Any, before: Any = None) -> int:
        """Return a resident's contribution of the year before any help, or by last year's link to incomes [fen]."""
        flat: int = rules.individual_next if rules.cash_year == PAID_AHEAD else rules.individual
        mode, rate, least, most = rules.link_mode, rules.link_rate, rules.link_floor, rules.link_cap
        brackets = rules.link_brackets
        if before is not None:
            mode, rate, least, most, *brackets = before
        if person.age == 0 and rules.newborn_free == 1:
            return 0
        if mode == FLAT:
            return flat
        place = int(self.model.around.living[person.insured])
        family = sum(member.income for member in self.members) // len(self.members)
        bracket = brackets[fifth_of(person.rank, RANKS)]
        due: int = linked_contribution(int(mode), flat, place, person.income, family, rate, bracket, least, most)
        return due

    def pay_bills(self) -> None:
        """Pay what the insurance left: from the own account, then in cash; ask relatives for their accounts."""
        law = self.model.rules
        for person in self.members:
            person.need = (0, 0)
            bill = person.bill
            if bill is None or bill.rest_out + bill.rest_in == 0:
                continue
            if law.accounts.in_list_only == 0 or person.scheme == NO_SCHEME:
                bill.listed_out, bill.listed_in = bill.rest_out, bill.rest_in
            if person.account > 0:
                bill.pay_from_own_account(law)
            bill.ask_relatives(law)
            bill.pay_in_cash()
