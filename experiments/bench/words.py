"""The words of the model as plain integers, which Python compares and compiled rules take without a detour."""

from __future__ import annotations

from typing import Any

from agents.codes import Care, Hukou, Kin, Scheme, Sex, Status, Work
from model.phases import joining, standing
from model.phases.tally import CareItem, EnrolmentItem, Head, ListedItem, Money, PairKind
from model.rules.codes import Claim, CoUse, Use


def interpreted(rule: Any) -> Any:
    """Return a rule as the plain function it was written as: boxing a code that compiled code returns takes longer."""
    return getattr(rule, "py_func", rule)


LISTED_COST, LISTED_BASIC = int(ListedItem.COST), int(ListedItem.BASIC)
WORKS, SCHEMES = [int(work) for work in Work], [int(scheme) for scheme in Scheme]
FEMALE = int(Sex.FEMALE)
MALE = int(Sex.MALE)
RURAL = int(Hukou.RURAL)
CHILD, PUPIL, STUDENT = int(Work.CHILD), int(Work.PUPIL), int(Work.STUDENT)
FLEXIBLE, FARMER, UNEMPLOYED = int(Work.FLEXIBLE), int(Work.FARMER), int(Work.UNEMPLOYED)
NOT_WORKING, RETIRED = int(Work.NOT_WORKING), int(Work.RETIRED)
NO_SCHEME, EMPLOYEE, RESIDENT = int(Scheme.NONE), int(Scheme.EMPLOYEE), int(Scheme.RESIDENT)
OUTSIDER, IS_ACTIVE = int(Status.NONE), int(Status.ACTIVE)
IS_RETIRED, IS_RESIDENT = int(Status.RETIRED), int(Status.RESIDENT)
OUTPATIENT, INPATIENT = int(Care.OUTPATIENT), int(Care.INPATIENT)

SELF, SPOUSE, PARENT, OWN_CHILD = int(Kin.SELF), int(Kin.SPOUSE), int(Kin.PARENT), int(Kin.CHILD)
SIBLING, GRANDPARENT, GRANDCHILD = int(Kin.SIBLING), int(Kin.GRANDPARENT), int(Kin.GRANDCHILD)
SPOUSE_PARENT, OTHER_KIN = int(Kin.SPOUSE_PARENT), int(Kin.OTHER)
FAMILY_RULE, NEAR_RELATIVES_RULE = int(CoUse.FAMILY), int(CoUse.NEAR_RELATIVES)
FOR_CARE, FOR_PREMIUM = int(Use.CARE), int(Use.CONTRIBUTION)
CRITICAL_CLAIM, BONUS_CLAIM = int(Claim.CRITICAL), int(Claim.BONUS)

PERSON_TO_ACCOUNT, PERSON_TO_POOL = int(Money.PERSON_TO_ACCOUNT), int(Money.PERSON_TO_POOL)
EMPLOYER, UNEMPLOYMENT, CREDIT = int(Money.EMPLOYER), int(Money.UNEMPLOYMENT), int(Money.CREDIT)
RESIDENT_CASH, RESIDENT_HELP = int(Money.RESIDENT_CASH), int(Money.RESIDENT_HELP)
LARGE_SUM_FROM_ACCOUNT = int(Money.LARGE_SUM_FROM_ACCOUNT)
LARGE_SUM_PREMIUM, ACCOUNT_INTEREST = int(Money.LARGE_SUM_PREMIUM), int(Money.ACCOUNT_INTEREST)
EMPLOYEE_HELP, CARE_INSURANCE = int(Money.EMPLOYEE_HELP), int(Money.CARE_INSURANCE)
MATERNITY, INHERIT_CASH, SUBSIDY_CENTRE = int(Money.MATERNITY), int(Money.INHERIT_CASH), int(Money.SUBSIDY_CENTRE)

HEAD_NONE, HEAD_ACTIVE = int(Head.NONE), int(Head.ACTIVE)
HEAD_RETIRED, HEAD_RESIDENT, SUBSIDISED = int(Head.RETIRED), int(Head.RESIDENT), int(Head.SUBSIDISED)
HEAD_OF_STATUS = {OUTSIDER: HEAD_NONE, IS_ACTIVE: HEAD_ACTIVE, IS_RETIRED: HEAD_RETIRED, IS_RESIDENT: HEAD_RESIDENT}
COVERED_ACTIVE, COVERED_RETIRED = int(Head.COVERED_ACTIVE), int(Head.COVERED_RETIRED)
COVERED_RESIDENT = int(Head.COVERED_RESIDENT)

PEOPLE, MEMBERS, ENTERED = int(EnrolmentItem.PEOPLE), int(EnrolmentItem.MEMBERS), int(EnrolmentItem.ENTERED)
LAPSED, RETURNED, WAITING = int(EnrolmentItem.LAPSED), int(EnrolmentItem.RETURNED), int(EnrolmentItem.WAITING)

VISITS, COST, BASIC = int(CareItem.VISITS), int(CareItem.COST), int(CareItem.BASIC)
CRITICAL, LARGE_SUM, ASSISTANCE = int(CareItem.CRITICAL), int(CareItem.LARGE_SUM), int(CareItem.ASSISTANCE)
OWN_ACCOUNT, FAMILY_ACCOUNT = int(CareItem.OWN_ACCOUNT), int(CareItem.FAMILY_ACCOUNT)
SELF_PAY, AWAY_COST, VISIT_COST = int(CareItem.SELF_PAY), int(CareItem.AWAY_COST), int(CareItem.VISIT_COST)

PAIR_FAMILY, PAIR_PREMIUM = int(PairKind.FAMILY_ACCOUNT), int(PairKind.PREMIUM)
PAIR_INHERIT, PAIR_MOVE = int(PairKind.INHERIT), int(PairKind.MOVE)

STATUS = [[int(standing.status_of(work, scheme)) for scheme in SCHEMES] for work in WORKS]
"""[work, scheme] the standing that care and benefits depend on."""
STANDING = [[int(joining.standing_of(scheme, age)) for age in (1, 0)] for scheme in SCHEMES]
"""[scheme, newborn] how a year counts for the resident scheme."""
