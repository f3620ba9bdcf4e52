"""Family sharing of personal accounts: whose account may pay what, for whom and where."""

from __future__ import annotations

from agents.codes import Kin, Scheme
from agents.compiled import compiled
from model.rules.codes import Area, CoUse, Ring, Tie, Use


@compiled
def kin_in_scope(rule_year: int, kin: int) -> int:
    """Return 1 if an account may pay for this relative of its holder under the rule in force, named by its year.

    Before 2021 only for the holder. Source: 国办发〔2021〕14号 (spouse, parents, children); 国办发〔2024〕38号
    sec. 2(2) and 民法典 art. 1045 (near relatives).
    """
    if kin == Kin.SELF:
        return 1
    if kin == Kin.SPOUSE or kin == Kin.PARENT or kin == Kin.CHILD:
        return 1 if rule_year >= CoUse.FAMILY else 0
    if kin == Kin.SIBLING or kin == Kin.GRANDPARENT or kin == Kin.GRANDCHILD:
        return 1 if rule_year >= CoUse.NEAR_RELATIVES else 0
    return 0


@compiled
def kin_by_law(kin: int, tie: int, by_civil_law: int) -> int:
    """Return the relation that counts: by civil law (S5) or by life, for relatives in law only or in life only.

    Source: 民法典 art. 1072, 1111.
    """
    if (tie == Tie.LAW_ONLY and by_civil_law == 0) or (tie == Tie.LIFE_ONLY and by_civil_law == 1):
        return Kin.OTHER.value
    return kin


@compiled
def area_between(holder_pool: int, user_pool: int, holder_province: int, user_province: int) -> int:
    """Return where a user is insured as seen from the holder: same pool, same province, other province [code].

    Source: institutions C5.
    """
    if holder_pool == user_pool:
        return Area.SAME_POOL.value
    if holder_province == user_province:
        return Area.SAME_PROVINCE.value
    return Area.OTHER_PROVINCE.value


@compiled
def area_in_scope(reach: int, area: int, wallets_open: int) -> int:
    """Return 1 if sharing reaches that area; across provinces both areas must have opened the wallet (医保钱包).

    `reach` is the widest area that the law in force allows. Source: doc 000 (whole province; wallet since end of 2024),
    institutions C5.
    """
    if area > reach:
        return 0
    if area == Area.OTHER_PROVINCE and wallets_open == 0:
        return 0
    return 1


@compiled
def ring_of(kin: int, area: int, away: int) -> int:
    """Return when an account pays for a relative, 0 first: even inside the home, odd for those elsewhere [code].

    First spouse, parents and children in the same pool, then near relatives there, then the province, then the nation:
    what a wider law adds never takes from those whom the narrower law served. Source: order open (institutions C5);
    each ring from the date of its law (国办发〔2021〕14号; 国办发〔2024〕38号; doc 000).
    """
    ring = Ring.NATION.value
    if area == Area.SAME_PROVINCE:
        ring = Ring.PROVINCE.value
    elif area == Area.SAME_POOL:
        ring = Ring.FAMILY.value if kin_in_scope(CoUse.FAMILY, kin) == 1 else Ring.NEAR_RELATIVES.value
    return ring + ring + away


@compiled
def link_registered(kin: int, area: int, wider: int) -> int:
    """Return 1 if who registered links has one to such a relative there, 0 if not.

    Links that the law of 2024 added, to near relatives and beyond the own pool, are registered apart (`wider`).
    Source: 国办发〔2024〕38号 sec. 2(2); doc 000.
    """
    return 1 if area == Area.SAME_POOL and kin_in_scope(CoUse.FAMILY, kin) == 1 else wider


@compiled
def purpose_in_scope(
    rule_year: int, purpose: int, user_scheme: int, before_cover: int, contribution_2021: int, outside_list: int
) -> int:
    """Return 1 if account money may pay this for a person with this cover.

    Readings: S1 `before_cover` (a contribution of a relative not yet enrolled), S2 `contribution_2021` (contributions
    under the rule of 2021), S3 `outside_list`. Source: 国办发〔2021〕14号; 国办发〔2024〕38号 sec. 2(2); doc 000.
    """
    if purpose == Use.CONTRIBUTION:
        if user_scheme == Scheme.EMPLOYEE or (user_scheme == Scheme.NONE and before_cover == 0):
            return 0
        return 1 if rule_year >= CoUse.NEAR_RELATIVES else contribution_2021
    if user_scheme == Scheme.NONE:
        return 0
    if purpose == Use.CARE or purpose == Use.DRUGS or purpose == Use.DEVICES:
        return 1
    if purpose == Use.OUTSIDE_LIST:
        return outside_list
    return 0


@compiled
def may_share(
    rule_year: int,
    kin: int,
    holder_has_account: int,
    user_scheme: int,
    registered: int,
    purpose: int,
    area: int,
    reach: int,
    wallets_open: int,
    before_cover: int = 1,
    contribution_2021: int = 1,
    outside_list: int = 0,
) -> int:
    """Return 1 if the holder's account may pay this for this user, 0 if not.

    The holder's own use needs neither registration nor a wallet; everybody else must be kin in scope, registered and
    in an area within reach. The last three are the readings S1, S2 and S3 with their defaults. Source:
    国办发〔2024〕38号 sec. 2(2), institutions C3-C5.
    """
    if holder_has_account == 0 or kin_in_scope(rule_year, kin) == 0:
        return 0
    if kin != Kin.SELF and (registered == 0 or area_in_scope(reach, area, wallets_open) == 0):
        return 0
    return purpose_in_scope(rule_year, purpose, user_scheme, before_cover, contribution_2021, outside_list)


@compiled
def may_pay_part(purpose: int, balance: int, due: int, part_payment: int = 1) -> int:
    """Return 0 if a balance too small for a contribution may not pay a part of it (S6), else 1."""
    if purpose == Use.CONTRIBUTION and balance < due and part_payment == 0:
        return 0
    return 1


@compiled
def pays_from_account(allowed: int, balance: int, due: int) -> int:
    """Return what the account pays of an amount due, never more than its balance [fen]; institutions C5."""
    if allowed == 0:
        return 0
    return max(min(balance, due), 0)
