"""Balance of the pooled funds and aid between them, from the year's tables of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.units import MONTHS
from model import measures
from model.kinds import EMPLOYEE_ACCOUNTS, EMPLOYEE_POOL, RESIDENT_POOL
from model.measures import undefined
from model.measures.balance import bands
from model.measures.common import over
from model.measuring import kernels as k
from model.measuring.rows import FEN, NATION, Measure, by_word
from model.measuring.sheet import Floats, Sheet

Columns = dict[str, NDArray[Any]]
BANDS = ("deficient", "low", "normal", "high", "excess")
POOLED = (EMPLOYEE_POOL, RESIDENT_POOL)
QUANTILES = (("p10", 0.1), ("p25", 0.25), ("median", 0.5), ("p75", 0.75), ("p90", 0.9))
MUTUAL_AID = {step: (f"{step}_loan", f"{step}_aid") for step in ("step1", "step2", "step3")}
"""What reaches funds by each step; uploads bring together the same money, repayments give it back."""
UPLOADS = ("step2_upload", "step3_upload")
SHORT = "short"
SCHEME_FUNDS = {"employee": (EMPLOYEE_POOL, EMPLOYEE_ACCOUNTS), "resident": (RESIDENT_POOL,)}
"""Funds of a scheme as K1 and K2 count them: employees with accounts."""
LARGEST = 6
"""Provinces whose share of all reserves is told, as document 002 does."""
NO_POOL = "no pool spent anything"


@dataclass
class Passage:
    """What each pool's own money has come to since its first year, who had a deficit, who first fell below nothing."""

    own: dict[str, int] = field(default_factory=dict)
    deficit: set[str] = field(default_factory=set)
    ruined: dict[str, int] = field(default_factory=dict)

    def add(self, year: int, names: Sequence[str], openings: Sequence[int], nets: Sequence[int]) -> None:
        """Add a year: deficits, and the first year-end at which own income alone would have left less than nothing."""
        for name, opening, net in zip(names, openings, nets, strict=True):
            self.own[name] = left = self.own.get(name, opening) + net
            if net < 0:
                self.deficit.add(name)
            if left < 0:
                self.ruined.setdefault(name, year)


def funds(now: Columns, year: int, past: Passage) -> Iterator[Measure]:
    """Give pools in deficit, short, empty; months of reserve and bands; ratios; first passage; where reserves lie."""
    for fund in POOLED:
        some = (now["fund"] == fund) & (now["spending_fen"] > 0)
        column = {name: values[some] for name, values in now.items()}
        income, spending = int(column["income_fen"].sum()), int(column["spending_fen"].sum())
        closing, pools = int(column["closing_fen"].sum()), int(some.sum())
        deficit = int((column["spending_fen"] > column["income_fen"]).sum())
        told = {
            "pools": pools,
            "pools_in_deficit": deficit,
            "pools_short": int((column["status"] == SHORT).sum()),
            "pools_empty": int((column["closing_fen"] <= 0).sum()),
            "reserve_months": measures.reserve_months(closing, spending).months,
            "current_balance_fen": income - spending,
            "surplus_rate": over(income - spending, income, "there is no income"),
            "cumulative_to_income": over(closing, income, "there is no income"),
            "owed_fen": int(column["owed_fen"].sum()),
            "deficit_share": over(deficit, pools, NO_POOL),
        }
        yield from (("fund", fund, name, value) for name, value in told.items())
        months = column["reserve_months"][np.isfinite(column["reserve_months"])]
        values = np.quantile(months, [at for _, at in QUANTILES]).tolist() if len(months) else None
        for place, (name, _) in enumerate(QUANTILES):
            yield "fund", fund, f"reserve_months_{name}", values[place] if values else undefined(NO_POOL)
        found = bands(MONTHS * column["closing_fen"] / column["spending_fen"])
        for band in BANDS:
            yield "fund", fund, f"pools_band_{band}", found.count(band)
        yield from _passage(fund, column, year, past)
        yield from _where(fund, column)


def _passage(fund: str, column: Columns, year: int, past: Passage) -> Iterator[Measure]:
    """Give the share of pools ever in deficit and ever below nothing on their own money, aid and loans left out."""
    own = f"{fund}:"
    names = [f"{own}{code}" for code in column["prefecture"].tolist()]
    net = column["income_fen"] - column["spending_fen"]
    past.add(year, names, column["opening_fen"].tolist(), net.tolist())
    pools = [name for name in past.own if name.startswith(own)]
    ruined = [past.ruined[name] for name in pools if name in past.ruined]
    yield "fund", fund, "deficit_ever_share", over(len(past.deficit.intersection(pools)), len(pools), NO_POOL)
    yield "fund", fund, "below_zero_alone_share", over(len(ruined), len(pools), NO_POOL)
    first = float(np.mean(ruined)) if ruined else undefined("no pool has fallen below nothing")
    yield "fund", fund, "below_zero_alone_first_year", first


def _where(fund: str, column: Columns) -> Iterator[Measure]:
    """Give how reserves are concentrated on provinces."""
    _, place = np.unique(column["province"], return_inverse=True)
    held = np.bincount(place, weights=column["closing_fen"].astype(np.float64)) if len(place) else np.zeros(0)
    found = measures.reserve_concentration(held, k=min(LARGEST, max(len(held), 1)))
    yield "fund", fund, f"reserves_share_of_{LARGEST}_provinces", found.top_share
    yield "fund", fund, "reserves_hhi_provinces", found.hhi


def slopes(now: Columns) -> Iterator[Measure]:
    """Give slopes of spending on income per member over provinces, unweighted (K1 residents, K2 employees)."""
    codes, place = np.unique(now["province"], return_inverse=True)

    def by_province(name: str, some: NDArray[np.bool_]) -> Floats:
        return np.bincount(place[some], now[name][some].astype(np.float64), len(codes)).astype(np.float64)

    for scheme, kinds in SCHEME_FUNDS.items():
        pooled, *accounts = ((now["fund"] == kind) & (now["province"] > 0) for kind in kinds)
        members, both = by_province("members", pooled), np.logical_or.reduce([pooled, *accounts])
        heads = members[members > 0] * FEN
        x, y = (by_province(name, both)[members > 0] / heads for name in ("income_fen", "spending_fen"))
        line = measures.province_slope(y, x)
        yield "scheme", scheme, "spending_on_income_slope", line.slope
        yield "scheme", scheme, "spending_on_income_intercept", line.intercept
        yield "scheme", scheme, "spending_on_income_r2", line.r2
        for name, values in (("income", x), ("spending", y)):
            spread = measures.pool_dispersion(values, heads)
            even = measures.pool_dispersion(values)
            yield "scheme", scheme, f"{name}_per_member_dispersion_provinces", spread.cv
            yield "scheme", scheme, f"{name}_per_member_dispersion_provinces_unweighted", even.cv
            yield "scheme", scheme, f"{name}_per_member_max_over_min_provinces", spread.maxmin


def aid(flows: Columns) -> Iterator[Measure]:
    """Give what reached funds as loans and aid of each step in the year, uploads, and the last resort [yuan]."""
    told = by_word(flows["kind"], flows["amount_fen"])
    for step, kinds in MUTUAL_AID.items():
        yield *NATION, f"{step}_money", sum(told.get(kind, 0) for kind in kinds) / FEN
    for kind in (*UPLOADS, "backstop", "arrears"):
        yield *NATION, f"{kind}_money", told.get(kind, 0) / FEN


def benefits(sheet: Sheet, codes: Sequence[int]) -> Iterator[Measure]:
    """Give benefits per member, of births too, by province and scheme, their spread, and their simulated people."""
    told = sheet.pools.sum(axis=2)
    for scheme, name in ((1, "employee"), (2, "resident")):
        members, sums = (
            np.bincount(sheet.province, told[:, scheme, item], len(codes)) for item in (k.PEOPLE, k.BENEFIT)
        )
        some = members > 0
        heads: Floats = np.divide(sums, members * FEN, out=np.zeros(len(codes)), where=some)
        for code, value, count in zip(codes, heads.tolist(), members.tolist(), strict=True):
            yield "province", str(code), f"simulated_members_{name}", count
            if count:
                yield "province", str(code), f"benefit_per_head_{name}", value
        spread = measures.pool_dispersion(heads[some], members[some])
        yield "scheme", name, "benefit_dispersion_provinces", spread.cv
        yield "scheme", name, "simulated_members", members.sum()
        yield "scheme", name, "benefit_per_head", over(float(sums.sum()), float(members.sum() * FEN), "no members")
