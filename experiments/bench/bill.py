"""A year's bill for care, and how it is paid: insurance, assistance, accounts, cash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agents.numeric import fen_share
from agents.units import MONTHS
from experiments.bench.words import (
    ASSISTANCE,
    BASIC,
    BONUS_CLAIM,
    CRITICAL,
    CRITICAL_CLAIM,
    EMPLOYEE,
    INPATIENT,
    IS_RETIRED,
    LARGE_SUM,
    LISTED_BASIC,
    LISTED_COST,
    NO_SCHEME,
    OUTPATIENT,
    OWN_ACCOUNT,
    RESIDENT,
    SELF_PAY,
    interpreted,
)
from model.phases import covering
from model.phases.covering import MILD, SEVERE
from model.rules.accounts import draw
from model.rules.benefits import (
    assistance,
    basic_inpatient,
    basic_outpatient,
    critical_illness,
    deductible_of_stay,
    in_list,
    in_list_away,
    large_sum,
    split_in_two,
)
from model.rules.codes import NO_CEILING
from model.rules.enrolment import cap_bonus, continuity_steps, person_cap

if TYPE_CHECKING:
    from experiments.bench.person import Person

cut_away = interpreted(covering.cut_away)


class Bill:
    """What one person's care of a year costs and how much of it is still to be paid [fen]."""

    __slots__ = (
        "away", "chronic", "inpatient", "listed_in", "listed_out", "outpatient", "person", "rest_in", "rest_out",
        "stays", "tier", "visit_tier",
    )  # fmt: skip

    def __init__(
        self, person: Person, outpatient: int, chronic: int, inpatient: int, visit_tier: int, stays: int, tier: int,
        away: int = 0,
    ) -> None:  # fmt: skip
        """Open the bill: visits, treatment of chronic illness, stays; the levels of the hospitals; whether away."""
        self.person = person
        self.outpatient = outpatient
        self.chronic = chronic
        self.inpatient = inpatient
        self.visit_tier = visit_tier
        self.stays = stays
        self.tier = tier
        self.away = away
        self.rest_out = outpatient + chronic
        self.rest_in = inpatient
        self.listed_out = 0
        self.listed_in = 0

    def count(self, item: int, out: int, inside: int) -> None:
        """Add a payment for outpatient and inpatient care to the year's sums."""
        person = self.person
        care = person.model.counts.care
        care[person.insured, person.status, OUTPATIENT][item] += out
        care[person.insured, person.status, INPATIENT][item] += inside

    def pay_insurance(self, law: Any) -> None:
        """Let the basic scheme pay, then critical-illness or large-sum cover, then assistance."""
        person = self.person
        if person.scheme == NO_SCHEME:
            return
        self._pay_basic(law)
        if self.listed_out + self.listed_in > 0 and person.waiting == 0:
            self._pay_supplement(law)
        if self.listed_out + self.listed_in > 0 and law.assistance.rate[person.aid] > 0:
            self._pay_assistance(law)

    def _pay_basic(self, law: Any) -> None:
        person = self.person
        ground = person.model.around
        open_share = max(MONTHS - person.waiting, 0.0) / MONTHS * ground.coverage[person.insured][person.scheme]
        paid = self._employee(law.benefit) if person.scheme == EMPLOYEE else self._resident(law.benefit)
        out, inside = int(paid[0] * open_share), int(paid[1] * open_share)
        listed = person.model.counts.listed[person.scheme][self.tier]
        listed[LISTED_COST] += self.listed_in
        listed[LISTED_BASIC] += inside
        self.rest_out -= out
        self.rest_in -= inside
        self.listed_out = max(self.listed_out - out, 0)
        self.listed_in = max(self.listed_in - inside, 0)
        person.basic = out + inside
        person.claimed = int(out + inside > 0)
        self.count(BASIC, out, inside)

    def _employee(self, rules: Any) -> tuple[int, int]:
        """Return what the employee pool pays for visits with chronic treatment, and stays [fen]."""
        retired = self.person.status == IS_RETIRED
        visits, chronic, stays = self._listed(
            rules.outpatient_in_list_share[1], rules.employee_in_list_share[self.tier], rules
        )
        paid_visits = 0
        if visits > 0:
            rate = rules.employee_outpatient_rate[self.visit_tier]
            deductible, cap = rules.employee_outpatient_deductible, rules.employee_outpatient_cap
            if retired:
                rate += rules.retiree_outpatient_bonus
                deductible, cap = rules.retiree_outpatient_deductible, rules.retiree_outpatient_cap
            on = rules.employee_outpatient_on * self.person.model.around.widened
            paid_visits = min(fen_share(basic_outpatient(visits, deductible, rate, cap), on), visits)
        extra = rules.retiree_bonus if retired else 0.0
        paid_chronic = self._chronic(chronic, rules.chronic_rate_employee + extra, rules)
        paid_stays = 0
        if stays > 0:
            deductible = self._deductible(rules.employee_deductible[self.tier], rules)
            rate = min(rules.employee_rate[self.tier] + extra, 1.0)
            paid_stays = basic_inpatient(stays, deductible, rate, rules.employee_cap)
        return paid_visits + paid_chronic, paid_stays

    def _resident(self, rules: Any) -> tuple[int, int]:
        """Return what the resident pool pays for visits with chronic treatment, and stays [fen]."""
        visits, chronic, stays = self._listed(
            rules.outpatient_in_list_share[2], rules.resident_in_list_share[self.tier], rules
        )
        paid_visits = 0
        if visits > 0:
            rate = rules.resident_outpatient_rate[self.visit_tier]
            deductible, cap = rules.resident_outpatient_deductible, rules.resident_outpatient_cap
            if self.person.chronic == MILD:
                cap += rules.resident_chronic_drug_cap
            paid_visits = basic_outpatient(visits, deductible, rate, cap)
        paid_chronic = self._chronic(chronic, rules.chronic_rate_resident, rules)
        paid_stays = 0
        if stays > 0:
            deductible = self._deductible(rules.resident_deductible[self.tier], rules)
            paid_stays = basic_inpatient(stays, deductible, rules.resident_rate[self.tier], rules.resident_cap)
        return paid_visits + paid_chronic, paid_stays

    def _listed(self, outpatient_share: float, inpatient_share: float, rules: Any) -> tuple[int, int, int]:
        """Return the parts of visits, chronic treatment and stays on the insurance's list, and note them [fen]."""
        visits = in_list(self.outpatient, outpatient_share) if self.outpatient else 0
        chronic = in_list(self.chronic, outpatient_share) if self.chronic else 0
        stays = in_list(self.inpatient, inpatient_share) if self.inpatient else 0
        if self.away:
            cut = cut_away(self.away, rules)
            stays = in_list_away(stays, cut)
            if self.person.home != self.person.insured:
                visits, chronic = in_list_away(visits, cut), in_list_away(chronic, cut)
        self.listed_out = visits + chronic
        self.listed_in = stays
        return visits, chronic, stays

    def _chronic(self, listed: int, rate: float, rules: Any) -> int:
        """Return what the pool pays for chronic treatment out of hospital, by severity [fen]."""
        if listed == 0:
            return 0
        cap = rules.chronic_cap_severe if self.person.chronic == SEVERE else rules.chronic_cap_mild
        return basic_outpatient(listed, rules.chronic_deductible, min(rate, 1.0), cap)

    def _deductible(self, first: int, rules: Any) -> int:
        """Return the deductibles of the year's stays together; later stays may carry less [fen]."""
        later = (
            deductible_of_stay(first, number, rules.second_stay_factor, rules.third_stay_factor)
            for number in range(2, self.stays + 1)
        )
        return first + sum(later)

    def _pay_supplement(self, law: Any) -> None:
        """Pay critical-illness cover to residents and large-sum cover to employees, above their thresholds."""
        listed = self.listed_out + self.listed_in
        if self.person.scheme == RESIDENT:
            self._critical(listed, law)
        elif listed > law.large_sum.self_paid_threshold:
            paid = large_sum(listed - law.large_sum.self_paid_threshold, law.large_sum.rate, law.large_sum.cap)
            self._share_out(paid, self.listed_out, LARGE_SUM)
            self.person.supplement = paid

    def _critical(self, listed: int, law: Any) -> None:
        """Pay a resident's critical-illness benefit, tilted to the poor, up to the cap with bonus."""
        person, rules = self.person, law.critical
        threshold = person.model.around.living[person.insured] * rules.threshold_income_share
        tilt = 0.0
        if person.aid > 0:
            threshold *= rules.poor_threshold_factor
            tilt = rules.poor_bonus
        if listed <= threshold:
            return
        cap = NO_CEILING if person.aid > 0 and rules.poor_no_cap == 1 else self._cap(law)
        paid = critical_illness(
            listed, int(threshold), rules.edge1, rules.edge2,
            rules.rate1 + tilt, rules.rate2 + tilt, rules.rate3 + tilt, cap,
        )  # fmt: skip
        if paid > 0:
            person.claimed = BONUS_CLAIM if cap >= 0 and paid > rules.cap else CRITICAL_CLAIM
            person.supplement = paid
            self._share_out(paid, self.listed_out, CRITICAL)

    def _cap(self, law: Any) -> int:
        """Return the ceiling of critical-illness cover with the bonuses earned so far [fen]."""
        person, rules, cap = self.person, law.waiting, law.critical.cap
        if rules.in_force == 0:
            return int(cap)
        in_force = person.continuous if rules.reading_r9 == 0 else law.year - rules.start + 1
        steps = continuity_steps(person.continuous, rules.bonus_years, in_force, rules.reading_r12)
        bonus = cap_bonus(
            steps, person.bonus_claims, rules.bonus_continuity, rules.bonus_claims, rules.bonus_limit, cap
        )
        return person_cap(cap, bonus, 0)

    def _share_out(self, paid: int, outpatient: int, item: int) -> None:
        """Take a payment off what is left to pay, split between what counts of outpatient and inpatient care."""
        out, inside = split_in_two(paid, outpatient, self.listed_in)
        self.listed_out -= out
        self.listed_in -= inside
        self.rest_out -= out
        self.rest_in -= inside
        self.count(item, out, inside)

    def _pay_assistance(self, law: Any) -> None:
        """Pay medical assistance to the low-income classes out of what is left inside the list."""
        person, rules = self.person, law.assistance
        threshold = int(person.model.around.living[person.insured] * rules.threshold_income_share[person.aid])
        outpatient = self.listed_out * rules.outpatient_on
        listed = outpatient + self.listed_in
        paid = assistance(listed, threshold, rules.rate[person.aid], rules.cap[person.aid])
        if paid > 0:
            person.assistance = paid
            self._share_out(paid, outpatient, ASSISTANCE)

    def pay_from_own_account(self, law: Any) -> None:
        """Draw on the person's own account, outpatient bills first."""
        person, part = self.person, law.accounts.use_share
        out = draw(person.account, min(fen_share(self.rest_out, part), self.listed_out)) if self.rest_out else 0
        left = person.account - out
        inside = draw(left, min(fen_share(self.rest_in, part), self.listed_in)) if self.rest_in else 0
        if out + inside == 0:
            return
        person.account -= out + inside
        person.own_account = out + inside
        self.rest_out -= out
        self.rest_in -= inside
        self.listed_out -= out
        self.listed_in -= inside
        self.count(OWN_ACCOUNT, out, inside)

    def ask_relatives(self, law: Any) -> None:
        """Note what relatives' accounts are asked for."""
        accounts = law.accounts
        if accounts.scope > 0 and accounts.pays_relatives_care and self.person.scheme != NO_SCHEME:
            rests = (self.rest_out, self.listed_out), (self.rest_in, self.listed_in)
            out, inside = (min(fen_share(rest, accounts.family_use_share), most) if rest else 0 for rest, most in rests)
            self.person.need = (out, inside)

    def pay_in_cash(self) -> None:
        """Let the person pay the rest; what relatives' accounts pay of it comes back before the year ends."""
        self.person.self_pay = self.rest_out + self.rest_in
        self.count(SELF_PAY, self.rest_out, self.rest_in)
