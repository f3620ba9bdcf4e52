"""Checks of stored measures against each other, against the stored ledgers, and against exported people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from agents.units import MONTHS
from experiments.recompute import CONCEPTS, Found, Year, hits, recompute
from experiments.recompute_groups import from_ledgers, who_paid
from model import measures
from model.measures.common import ROUNDING

AGREEMENT = 1e-9  # agreement with the outside recomputation, relative above 1
IDENTITY = 1e-10
SHOWN = 5
BANDS = {"deficient": (-np.inf, 3), "low": (3, 6), "normal": (6, 9), "high": (9, 15), "excess": (15, np.inf)}
POOLED = ("employee_pool", "resident_pool")
Told = Mapping[tuple[str, str, str], float]


CHECKS = {
    59: "RE = RS - AP = V - H - R; Theil adds up; Kakwani by source; shares add to 1; nets to 0; H_W = H (1 - C_E)",
    60: "0 <= Gini < 1, |C| <= 1, AP >= 0, HHI in [1/n, 1], shares in [0, 1], ruin never falls, poor after >= before",
    61: "what is undefined is missing, with a reason, and nothing else is",
    62: "months, ratios and bands (3, 6, 9, 15) follow from the stored balances",
}
"""What each numbered check of stored measures holds (58, against people, is `check_people`)."""


def check_measures(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return what is wrong in a run's stored measures, one line each (checks 59 to 62)."""
    return [problem for wrong in by_number(tables).values() for problem in wrong]


def by_number(tables: Mapping[str, pd.DataFrame]) -> dict[int, list[str]]:
    """Return what is wrong in a run's stored measures by number of the check."""
    rows = tables["measures"]
    wrong: dict[int, list[str]] = {number: [] for number in CHECKS}
    wrong[61] = [f"undefined without a reason: {_name(row)}" for row in _undefined(rows)]
    for year, part in rows.groupby("year"):
        told = told_of(part)
        funds = tables["funds"][tables["funds"]["year"] == year]
        found = {59: _identities(told), 60: _bounds(told, funds), 62: _balances(told, funds)}
        for number, problems in found.items():
            wrong[number] += [f"{year}: {problem}" for problem in problems]
    wrong[60] += _never_falls(rows)
    return wrong


def told_of(rows: pd.DataFrame) -> Told:
    """Return values by level, unit and measure."""
    names = zip(rows["level"].astype(str), rows["unit"].astype(str), rows["measure"].astype(str))
    return dict(zip(names, rows["value"].astype(float)))


def _name(row: Any) -> str:
    return f"{row.year} {row.level} {row.unit} {row.measure}"


def _undefined(rows: pd.DataFrame) -> list[Any]:
    """Return rows whose value and reason do not fit: a reason belongs to what is undefined, and only to that."""
    if "reason" not in rows:
        return []
    off = rows["value"].isna() != (rows["reason"].astype(str) != "")
    return list(rows[off].itertuples())


def _differ(what: str, one: float, two: float, scale: float = 1.0) -> Iterator[str]:
    if abs(one - two) > IDENTITY * max(1.0, scale):
        yield f"{what}: {one} and {two}"


def _identities(told: Told) -> Iterator[str]:
    def nation(name: str) -> float:
        return told.get(("nation", "china", name), float("nan"))

    for concept in (*CONCEPTS, *(f"lifetime_{each}" for each in CONCEPTS)):
        re, rs, ap = (nation(f"{each}_{concept}") for each in ("redistribution", "reynolds_smolensky", "reranking"))
        v, h, r = (nation(f"{each}_{concept}") for each in ("vertical", "horizontal", "reranking_ajl"))
        yield from _differ(f"RE = RS - AP {concept}", re, rs - ap)
        yield from _differ(f"RE = V - H - R {concept}", re, v - h - r)
    for money in ("income", "benefit"):
        whole = nation(f"theil_{money}")
        for by in ("provinces", "schemes"):
            parts = nation(f"theil_{money}_between_{by}") + nation(f"theil_{money}_within_{by}")
            yield from _differ(f"Theil of {money} by {by}", whole, parts)
        nested = ("between_provinces", "schemes_within_provinces", "within_schemes_and_provinces")
        yield from _differ(f"Theil of {money} nested", whole, sum(nation(f"theil_{money}_{each}") for each in nested))
    sources = [
        name.removeprefix("contribution_share_") for _, _, name in told if name.startswith("contribution_share_")
    ]
    if sources:
        parts = sum(nation(f"contribution_share_{s}") * nation(f"kakwani_contribution_{s}") for s in sources)
        yield from _differ("Kakwani's index by source", nation("kakwani_contribution"), parts)
    for name in ("income_share", "benefit_share", "contribution_share"):
        shares = [value for (level, _, measure), value in told.items() if level == "income_decile" and measure == name]
        if shares:
            yield from _differ(f"sum of {name}", sum(shares), 1.0)
    for name in ("catastrophic_10", "catastrophic_25"):
        weighted = nation(name) * (1 - nation(f"concentration_{name}"))
        yield from _differ(f"rank-weighted {name}", nation(f"{name}_weighted"), weighted)
    for level in {level for level, _, measure in told if measure == "net_paid_fen"}:
        nets = [value for (at, _, measure), value in told.items() if at == level and measure == "net_paid_fen"]
        yield from _differ(f"sum of net payments by {level}", sum(nets), 0.0, max(map(abs, nets)))


OF_INCOME = "catastrophic_10", "catastrophic_25"
"""Shares of income: told of people of families with income."""
SHARES = (
    *("catastrophic_10", "catastrophic_25", "catastrophic_capacity_40", "impoverished", "poor_before", "poor_after"),
    *(
        "no_care",
        "unmet_need",
        "co_use_families_share",
        "deficit_share",
        "deficit_ever_share",
        "below_zero_alone_share",
    ),
)


def _bounds(told: Told, funds: pd.DataFrame) -> Iterator[str]:
    for (level, unit, name), value in told.items():
        low, high = -np.inf, np.inf
        if name in SHARES or name.removesuffix("_ever") in SHARES:
            low, high = 0.0, 1.0
        elif name in {"gini_income", "lifetime_gini_income"}:
            low, high = 0.0, np.nextafter(1.0, 0.0) - ROUNDING
        elif "hhi" in name:
            holders = funds[(funds["fund"] == unit) & (funds["province"] > 0)]["province"].nunique()
            low, high = 1 / max(holders, 1) if level == "fund" else 0.0, 1.0
        elif name.startswith("concentration_"):  # that of need is of fitted use, which may fall below zero
            low, high = -1.0, 1.0
        elif name.startswith("reranking_") and not name.startswith("reranking_ajl"):
            low = 0.0
        if not np.isnan(value) and not low - ROUNDING <= value <= high + ROUNDING:
            yield f"{level} {unit} {name} = {value} lies outside [{low:g}, {high:g}]"
    before, after = (told.get(("nation", "china", f"poor_{when}"), 0.0) for when in ("before", "after"))
    if after < before:
        yield f"fewer poor after cash payments ({after}) than before ({before})"


def _never_falls(rows: pd.DataFrame) -> list[str]:
    """Return shares of pools ever below nothing that fall from one year to the next."""
    ever = rows[rows["measure"] == "below_zero_alone_share"].sort_values("year")
    wrong = []
    for unit, part in ever.groupby("unit"):
        pools = rows[(rows["measure"] == "pools") & (rows["unit"] == unit)].sort_values("year")["value"].to_numpy()
        same = np.diff(pools) == 0
        if ((np.diff(part["value"].to_numpy()) < 0) & same).any():
            wrong.append(f"below_zero_alone_share of {unit} falls")
    return wrong


def _balances(told: Told, funds: pd.DataFrame) -> Iterator[str]:
    """Give months, bands and ratios that do not follow from the balances stored beside them."""
    for fund in POOLED:
        kept = funds[(funds["fund"] == fund) & (funds["spending_fen"] > 0)]
        if ("fund", fund, "pools") not in told or not len(kept):
            continue
        income, spending, closing = (int(kept[f"{name}_fen"].sum()) for name in ("income", "spending", "closing"))
        months = MONTHS * kept["closing_fen"] / kept["spending_fen"]
        expected = {
            "pools": len(kept),
            "pools_in_deficit": (kept["spending_fen"] > kept["income_fen"]).sum(),
            "reserve_months": MONTHS * closing / spending,
            "surplus_rate": (income - spending) / income if income else np.nan,
            "cumulative_to_income": closing / income if income else np.nan,
            "reserve_months_median": np.median(kept["reserve_months"][np.isfinite(kept["reserve_months"])]),
        }
        for band, (low, high) in BANDS.items():
            above = months > low if band in {"high", "excess"} else months >= low
            below = months <= high if band in {"normal", "high"} else months < high
            expected[f"pools_band_{band}"] = (above & below).sum()
        for name, value in expected.items():
            stored = told[("fund", fund, name)]
            yield from _differ(f"{fund} {name} stored and from its balances", stored, float(value), abs(float(value)))


def check_people(tables: Mapping[str, pd.DataFrame]) -> tuple[list[str], int, set[str]]:
    """Recompute measures from exported people; return what differs, how many agree, which were not recomputed."""
    rows, people = tables["measures"], tables["people"]
    wrong: list[str] = []
    agreed = 0
    left: set[str] = set()
    ever = Ever()
    for year, part in rows.groupby("year"):
        told = told_of(part)
        law = {name: value for (level, _, name), value in told.items() if level == "definition"}
        flows = tables["flows"][tables["flows"]["year"] == year]
        one = Year(people[people["year"] == year], flows, law)
        again = {(level, unit, name): value for level, unit, name, value in (*recompute(one), *ever.add(one))}
        held = tables["funds"][tables["funds"]["year"] == year]
        others = (*who_paid(one), *from_ledgers(held, flows))
        again |= {(level, unit, name): value for level, unit, name, value in others}
        mine = {name: value for name, value in told.items() if name[0] not in {"definition", "fund"}}
        for name, value in mine.items():
            if name not in again:
                left.add(name[2])
                continue
            both_missing = np.isnan(value) and np.isnan(again[name])
            if both_missing or abs(value - again[name]) <= AGREEMENT * max(1.0, abs(value)):
                agreed += 1
            else:
                wrong.append(f"{year} {' '.join(name)}: {value} stored, {again[name]} from the exported people")
    return wrong, agreed, left


class Ever:
    """Who was ever hit, and everybody's sums of money per head, by permanent key."""

    def __init__(self) -> None:
        """Start before the first year."""
        self.hit: dict[str, set[int]] = {}
        self.keys: set[int] = set()
        self.earners: set[int] = set()
        self.sums = pd.DataFrame(columns=["years", "x", *CONCEPTS], dtype=float)

    def add(self, year: Year) -> Iterator[Found]:
        """Add a year, and give the shares ever hit and the measures over the years lived so far."""
        keys = year.p["key"].to_numpy()
        self.keys.update(keys.tolist())
        self.earners.update(keys[year.x > 0].tolist())
        for name, hit in hits(year).items():
            self.hit.setdefault(name, set()).update(keys[hit].tolist())
            told_of = self.earners if name in OF_INCOME else self.keys
            yield "nation", "china", f"{name}_ever", len(self.hit[name]) / len(told_of) if told_of else np.nan
        after = {CONCEPTS[0]: year.x - year.paid - year.cash, CONCEPTS[1]: year.x - year.paid + year.expected}
        now = pd.DataFrame({"years": 1.0, "x": year.x, **after}, index=keys)
        self.sums = self.sums.add(now, fill_value=0.0)
        years = self.sums["years"].to_numpy()
        mean = {name: self.sums[name].to_numpy() / years for name in ("x", *CONCEPTS)}
        yield "nation", "china", "lifetime_years", float(years.mean())
        yield "nation", "china", "lifetime_gini_income", measures.gini(mean["x"], years)
        for concept in CONCEPTS:
            split = measures.ajl_exact(mean["x"], mean[concept], years)
            told = {
                "gini": split.gini_post,
                "redistribution": split.RE,
                "reynolds_smolensky": split.V,
                "reranking": split.AP,
            }
            told |= {"vertical": split.V, "horizontal": split.H, "reranking_ajl": split.R}
            for name, value in told.items():
                yield "nation", "china", f"{name}_lifetime_{concept}", value
