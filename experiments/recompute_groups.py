"""Who paid in and who drew out, once more from exported people; and what only the ledgers tell."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from experiments.recompute import FEN, TENTHS, Found, Year
from model import measures
from model.measuring.kernels import AGES
from model.measuring.sheet import AGE_STARTS

DECADE = 10
FUNDS_OF_SCHEME = {"employee": ("employee_pool", "employee_accounts"), "resident": ("resident_pool",)}


def who_paid(year: Year) -> Iterator[Found]:
    """Give paid in, drawn out and net by every grouping, and the money moved by both attributions."""
    p = year.p
    in_, out = p["contribution_fen"] + year.employer, year.benefit + year.accounts
    on_firms = p["employer_fen"] * int(not year.law["employer_on_wage"]) * year.weight
    unemployed = p["work"].astype(str) == "unemployed"
    others = {
        "employers": int(on_firms[~unemployed].sum()),
        "unemployment_fund": int(on_firms[unemployed].sum()),
        "treasury": year.treasury(),
    }
    starts = [f"{a}-{b - 1}" for a, b in itertools.pairwise(AGE_STARTS)] + [f"{AGE_STARTS[-1]}+"]
    age = np.minimum(p["age"].to_numpy().astype(int), AGES - 1)
    groups: dict[str, Any] = {
        "scheme": p["scheme"].astype(str),
        "area": np.where(p["urban"] == 1, "urban", "rural"),
        "province": p["province"].astype(str),
        "age_group": np.array(starts)[year.age],
        "cohort": ((year.year - age) // DECADE * DECADE).astype(str),
    }
    for level, group in groups.items():
        for unit, heads in p.groupby(np.asarray(group)).size().items():
            yield level, str(unit), "simulated_people", float(heads)
    for tenth in range(TENTHS):
        yield "income_decile", str(tenth + 1), "simulated_people", len(p) / TENTHS
    sums: dict[str, list[dict[Any, Any]]] = {
        level: [each.groupby(np.asarray(group)).sum().mul(year.weight).to_dict() for each in (in_, out)]
        for level, group in groups.items()
    }
    shares = [np.asarray(measures.benefit_incidence(each, year.x, K=TENTHS)) for each in (in_, out)]
    sums["income_decile"] = [
        {str(place + 1): share * float(each.sum()) * year.weight for place, share in enumerate(told)}
        for told, each in zip(shares, (in_, out))
    ]
    for level, (entered, left) in sums.items():
        yield from _closed(level, entered, left, others)


def _closed(level: str, entered: dict[Any, Any], left: dict[Any, Any], others: dict[str, int]) -> Iterator[Found]:
    """Give one grouping's accounts with those who are in no group and the reserve, and what moved between them."""
    paid = {**entered, **others}
    drawn = {**left, **dict.fromkeys(others, 0)}
    rest = sum(paid.values()) - sum(drawn.values())
    paid["reserve"], drawn["reserve"] = max(-rest, 0), max(rest, 0)
    net = {name: paid[name] - drawn[name] for name in paid}
    for name in paid:
        yield level, name, "paid_in_fen", float(paid[name])
        yield level, name, "drawn_out_fen", float(drawn[name])
        yield level, name, "net_paid_fen", float(net[name])
    c, b = (np.array([float(side[name]) for name in paid]) for side in (paid, drawn))
    gross = np.outer(c, b) / c.sum() if c.sum() > 0 else np.zeros((len(c), len(c)))
    yield level, "all", "moved_pro_rata_fen", float(np.maximum(gross - gross.T, 0).sum())
    yield level, "all", "moved_netted_fen", float(np.maximum(c - b, 0).sum())


def from_ledgers(funds: pd.DataFrame, flows: pd.DataFrame) -> Iterator[Found]:
    """Give slopes, dispersion and aid of a year from its stored funds and flows."""
    kinds = flows.groupby(flows["kind"].astype(str))["amount_fen"].sum()
    for step in ("step1", "step2", "step3"):
        reached = kinds.index.isin([f"{step}_loan", f"{step}_aid"])
        yield "nation", "china", f"{step}_money", float(kinds[reached].sum()) / FEN
    for kind in ("step2_upload", "step3_upload", "backstop", "arrears"):
        yield "nation", "china", f"{kind}_money", float(kinds.get(kind, 0)) / FEN
    for scheme, names in FUNDS_OF_SCHEME.items():
        kept = funds[funds["fund"].isin(names) & (funds["province"] > 0)]
        members = kept[kept["fund"] == names[0]].groupby("province")["members"].sum()
        members = members[members > 0]
        sums = kept.groupby("province")[["income_fen", "spending_fen"]].sum().loc[members.index]
        x, y = (sums[name] / members / FEN for name in ("income_fen", "spending_fen"))
        spread = ((x - x.mean()) ** 2).sum()
        slope = float(((x - x.mean()) * (y - y.mean())).sum() / spread)
        yield "scheme", scheme, "spending_on_income_slope", slope
        yield "scheme", scheme, "spending_on_income_intercept", float(y.mean() - slope * x.mean())
        yield "scheme", scheme, "spending_on_income_r2", float(np.corrcoef(x, y)[0, 1] ** 2)
        for name, values in (("income", x), ("spending", y)):
            mean = np.average(values, weights=members)
            wide = np.sqrt(np.average((values - mean) ** 2, weights=members)) / mean
            yield "scheme", scheme, f"{name}_per_member_dispersion_provinces", float(wide)
            even = values.std(ddof=0) / values.mean()
            yield "scheme", scheme, f"{name}_per_member_dispersion_provinces_unweighted", float(even)
            yield "scheme", scheme, f"{name}_per_member_max_over_min_provinces", float(values.max() / values.min())
