"""Transfers for the resident scheme: need instead of regions, and the centre's part in very poor places.

All from document 002 section 5.01 (2); no formula is published there, so weights and lines are parameters.
"""

from __future__ import annotations

from agents.compiled import compiled


@compiled
def need_index(income: float, price: float, old: float, by_income: float, by_price: float, by_old: float) -> float:
    """Return a place's need, 1 at the nation's mean: more where income is low, care is dear and people are old.

    Income, price of care and share of the old are relative to the nation [ratio].
    Source: document 002 section 5.01 (2).
    """
    return max(1.0 + by_income * (1.0 - income) + by_price * (price - 1.0) + by_old * (old - 1.0), 0.0)


@compiled
def grant_share(tier: float, by_need: float, need: float, scale: float) -> float:
    """Return the centre's share of the standard subsidy: the tier of 2018, the place's need, or a mixture [share].

    `by_need` is the part of the grant that follows need, `scale` the share at mean need. Source: 国办发〔2018〕67号;
    document 002 section 5.01 (2).
    """
    return max(min((1.0 - by_need) * tier + by_need * (need * scale), 1.0), 0.0)


@compiled
def share_of_poor_place(
    share: float, income: float, tier: float, line: float, least_tier: float, least: float
) -> float:
    """Return the centre's share where places below an income line in the centre and west get at least `least` [share].

    Income is relative to the nation [ratio]; the centre and west are the tiers of `least_tier` and above. Source:
    document 002 section 5.01 (2).
    """
    if income < line and tier >= least_tier:
        return max(share, least)
    return share
