"""Yearly measures once more, from exported people and the public functions alone: no part of the model's own passes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from model import measures
from model.measuring.protection import CAPACITY, CATASTROPHIC
from model.measuring.sheet import AGE_STARTS, TAX_BY_CONSUMPTION

Found = tuple[str, str, str, float]
NATION = ("nation", "china")
FEN = 100
TENTHS, FIFTHS = 10, 5
EDGE = 1e-12  # ranks at the edge of a fifth belong to the fifth above
SCHEMES = ("employee", "resident")
CONCEPTS = ("ex_post", "ex_ante")
CELL = ["age", "sex", "ill", "scheme", "fifth"]
WIDER: tuple[list[str], ...] = (CELL, CELL[:4], ["age", "ill", "scheme"], ["ill", "scheme"], ["scheme"], [])
"""What small cells are widened to, step by step."""


class Year:
    """One year's exported people, and for each the family's money per head, the cell, the expected benefit."""

    def __init__(self, people: pd.DataFrame, flows: pd.DataFrame, law: dict[str, float]) -> None:
        """Work out money per head; `law` holds who bears what, as the run told it."""
        self.law, self.flows = law, flows
        self.p = p = people.reset_index(drop=True)
        self.year, self.weight = int(p["year"].iloc[0]), int(p["weight"].iloc[0])
        self.size = p.groupby("household")["key"].transform("size").to_numpy().astype(float)
        self.benefit = sum(
            (p[f"{n}_fen"] for n in ("basic", "critical", "large_sum", "assistance", "maternity")),
            pd.Series(0, p.index),
        )
        self.accounts = p["own_account_fen"] + p["family_account_fen"]
        employee = p["scheme"] == "employee"
        self.employer = p["employer_fen"] * int(law["employer_on_wage"])
        self.matched = p["employer_fen"].where(employee, p["subsidy_fen"])
        self.x = self.per_head(p["income_fen"] + self.employer)
        self.paid = self.per_head(p["contribution_fen"] + self.employer) + self.tax()
        self.cash = self.per_head(p["self_pay_fen"])
        self.rank = measures.fractional_rank(self.x)
        self.fifth = np.clip(np.floor(FIFTHS * self.rank + EDGE), 0, FIFTHS - 1).astype(int)
        self.age = np.searchsorted(AGE_STARTS, p["age"].to_numpy(), side="right") - 1
        self.expected = self.per_head(self.expectation())

    def per_head(self, money: pd.Series) -> np.ndarray[Any, Any]:
        """Return the family's money per head of every person."""
        return np.asarray(money.groupby(self.p["household"]).transform("sum").to_numpy() / self.size)

    def treasury(self) -> int:
        """Return what the treasury paid in the year [fen, nation]."""
        return int(self.flows["amount_fen"][self.flows["payer"].astype(str).str.startswith("treasury:")].sum())

    def tax(self) -> np.ndarray[Any, Any]:
        """Return taxes per head by the run's assumption."""
        by, x = int(self.law["treasury_by"]), np.maximum(self.x, 0)
        if by == 0:
            return np.zeros(len(x))
        base = x ** self.law["consumption_elasticity"] if by == TAX_BY_CONSUMPTION else x
        return np.asarray(base * (self.treasury() / self.weight / base.sum()))

    def expectation(self) -> pd.Series:
        """Return everybody's expected benefit: the cell's mean times the level of the pool."""
        p = self.p
        cell = pd.DataFrame(
            {"age": self.age, "sex": p["sex"], "ill": p["chronic"], "scheme": p["scheme"], "fifth": self.fifth}
        )
        value = pd.Series(np.nan, p.index)
        for names in WIDER:
            groups = [cell[name] for name in names] or [pd.Series(0, p.index)]
            told = self.benefit.groupby(groups)
            mean, heads = told.transform("mean"), told.transform("size")
            good = value.isna() & ((heads >= self.law["cell_people"]) if names else True)
            value = value.where(~good, mean)
        return value * self.level(value)

    def level(self, value: pd.Series) -> pd.Series:
        """Return benefits over expected benefits of everybody's pool and scheme, small pools together."""
        p, fewest = self.p, self.law["pool_people"]
        group = p["prefecture"].astype(str)
        small = group.groupby([p["scheme"], group]).transform("size") < fewest
        group = group.where(~small, "rest of " + p["province"].astype(str))
        small = group.groupby([p["scheme"], group]).transform("size") < fewest
        group = group.where(~small, "rest")
        paid, told = (each.groupby([p["scheme"], group]).transform("sum") for each in (self.benefit, value))
        return (paid / told.where(told > 0)).fillna(0.0)


def recompute(year: Year) -> Iterator[Found]:
    """Give every measure of the year that follows from people alone."""
    yield from _redistribution(year)
    yield from _concentration(year)
    yield from _inequity(year)
    yield from _incidence(year)
    yield from _theil(year)
    yield from _hardship(year)
    yield from _care(year)


def _redistribution(year: Year) -> Iterator[Found]:
    x, t, zero = year.x, year.paid, np.zeros(len(year.x))
    yield *NATION, "gini_income", measures.gini(x)
    for concept, (out, in_) in zip(CONCEPTS, ((t + year.cash, zero), (t, year.expected))):
        whole, split = measures.redistribution(x, out, in_), measures.ajl_exact(x, x - out + in_)
        yield *NATION, f"gini_{concept}", whole.gini_post
        yield *NATION, f"redistribution_{concept}", whole.re
        yield *NATION, f"reynolds_smolensky_{concept}", whole.rs
        yield *NATION, f"reranking_{concept}", whole.reranking_ap
        yield *NATION, f"vertical_{concept}", split.V
        yield *NATION, f"horizontal_{concept}", split.H
        yield *NATION, f"reranking_ajl_{concept}", split.R
    told = measures.kakwani_benefit(x, year.expected)
    yield *NATION, "concentration_expected_benefit", told.ci_b
    yield *NATION, "kakwani_expected_benefit", told.kakwani_b
    own = year.p["contribution_fen"]
    sources = {name: year.per_head(own.where(year.p["scheme"] == name, 0)) for name in SCHEMES}
    if year.law["employer_on_wage"]:
        sources["employer"] = year.per_head(year.employer)
    if year.law["treasury_by"]:
        sources["tax"] = year.tax()
    found = measures.kakwani_sources(x, sources)
    yield *NATION, "kakwani_contribution", found.total
    yield *NATION, "contribution_rate", sum(part.sum() for part in sources.values()) / x.sum()
    for name in sources:
        yield *NATION, f"kakwani_contribution_{name}", found.kakwani[name]
        yield *NATION, f"contribution_share_{name}", found.share[name]
    yield *NATION, "kakwani_benefit", measures.kakwani_benefit(x, year.per_head(year.benefit)).kakwani_b


def uses(year: Year) -> dict[str, pd.Series]:
    """Return what horizontal inequity is told of, by person."""
    return {"cost": year.p["cost_fen"], "use": year.p["used_care"].astype(int), "benefit": year.benefit}


def _concentration(year: Year) -> Iterator[Found]:
    money = uses(year) | {
        "accounts": year.accounts,
        "cash": year.p["self_pay_fen"],
        "co_use": year.p["family_account_fen"],
        "subsidy": year.p["subsidy_fen"],
    }
    for name, values in money.items():
        yield *NATION, f"concentration_{name}", measures.concentration_index(values, year.x).ci
    for scheme in SCHEMES:
        some = (year.p["scheme"] == scheme).to_numpy()
        for name, values in uses(year).items():
            yield "scheme", scheme, f"concentration_{name}", measures.concentration_index(values[some], year.x[some]).ci


def _inequity(year: Year) -> Iterator[Found]:
    def indicators(codes: Any) -> list[Any]:
        return [(codes == code).astype(float) for code in np.unique(codes)[1:]]

    for scheme in (None, *SCHEMES):
        some = np.ones(len(year.x), bool) if scheme is None else (year.p["scheme"] == scheme).to_numpy()
        sex = (year.p["sex"] == "female").to_numpy()[some]
        need = indicators(year.age[some] * 2 + sex) + indicators(year.p["chronic"].to_numpy()[some])
        control = indicators(year.fifth[some])
        if scheme is None:
            control += indicators(year.p["scheme"].to_numpy().astype(str))
        level = NATION if scheme is None else ("scheme", scheme)
        for name, values in uses(year).items():
            found = measures.horizontal_inequity(values[some], year.x[some], need, control)
            yield *level, f"need_concentration_{name}", found.ci_need
            yield *level, f"horizontal_inequity_{name}", found.hi


def _incidence(year: Year) -> Iterator[Found]:
    heads = len(year.x) / TENTHS
    columns = {
        "contribution": year.p["contribution_fen"],
        "cost": year.p["cost_fen"],
        "benefit": year.benefit,
        "accounts": year.accounts,
        "cash": year.p["self_pay_fen"],
        "employer": year.p["employer_fen"],
        "subsidy": year.p["subsidy_fen"],
    }
    shares = {name: np.asarray(measures.benefit_incidence(each, year.x, K=TENTHS)) for name, each in columns.items()}
    heads_of = {name: np.nan_to_num(shares[name]) * columns[name].sum() / heads / FEN for name in columns}
    income = np.asarray(measures.benefit_incidence(year.x, year.x, K=TENTHS))
    for decile in range(TENTHS):
        unit = "income_decile", str(decile + 1)
        yield *unit, "income_share", income[decile]
        yield *unit, "benefit_share", shares["benefit"][decile]
        yield *unit, "contribution_share", shares["contribution"][decile]
        for name, values in heads_of.items():
            yield *unit, f"{name}_per_head", values[decile]
        yield *unit, "net_benefit_per_head", heads_of["benefit"][decile] - heads_of["contribution"][decile]


def _theil(year: Year) -> Iterator[Found]:
    provinces, schemes = year.p["province"].to_numpy(), year.p["scheme"].to_numpy().astype(str)
    for name, values in (("income", year.x), ("benefit", year.per_head(year.benefit))):
        outer, inner = measures.theil_decomposition(values, provinces), measures.theil_decomposition(values, schemes)
        nested = measures.theil_nested(values, provinces, schemes)
        yield *NATION, f"theil_{name}", outer.T
        yield *NATION, f"theil_{name}_between_provinces", outer.T_between
        yield *NATION, f"theil_{name}_within_provinces", outer.T_within
        yield *NATION, f"theil_{name}_between_schemes", inner.T_between
        yield *NATION, f"theil_{name}_within_schemes", inner.T_within
        yield *NATION, f"theil_{name}_schemes_within_provinces", nested.T_inner_within_outer
        yield *NATION, f"theil_{name}_within_schemes_and_provinces", nested.T_within_cell


def _hardship(year: Year) -> Iterator[Found]:
    earning = year.x > 0
    for share, name in zip(CATASTROPHIC, ("catastrophic_10", "catastrophic_25")):
        found = measures.che_budget(year.cash[earning], year.x[earning], z=share)
        yield *NATION, name, found.headcount
        yield *NATION, f"{name}_overshoot", found.overshoot
        yield *NATION, f"{name}_mean_overshoot", found.mpo
        yield *NATION, f"{name}_weighted", found.headcount_weighted
        yield *NATION, f"{name}_overshoot_weighted", found.overshoot_weighted
        yield *NATION, f"concentration_{name}", found.ci_headcount
    line = year.law["subsistence_share"] * year.x.mean()
    poor = measures.impoverishment(year.x, year.cash, line=line)
    yield *NATION, "subsistence_per_head", line / FEN
    yield *NATION, "poor_before", poor.headcount_gross
    yield *NATION, "poor_after", poor.headcount_net
    yield *NATION, "poverty_gap_before", poor.gap_gross / FEN
    yield *NATION, "poverty_gap_after", poor.gap_net / FEN
    for name, hit in hits(year).items():
        if name in ("catastrophic_capacity_40", "impoverished"):
            yield *NATION, name, float(np.mean(hit))


def hits(year: Year) -> dict[str, np.ndarray[Any, Any]]:
    """Return who is hit by each kind of hardship."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(year.x > 0, year.cash / year.x, 0.0)
    line = year.law["subsistence_share"] * year.x.mean()
    return {
        **{f"catastrophic_{round(FEN * each)}": share > each for each in CATASTROPHIC},
        "catastrophic_capacity_40": (year.cash > 0) & (year.cash >= CAPACITY * (year.x - line)),
        "impoverished": (year.x >= line) & (year.x - year.cash < line),
    }


def _care(year: Year) -> Iterator[Found]:
    none, advised = (year.p["used_care"] == 0).to_numpy(), year.p["advised_stay"].to_numpy()
    everybody = np.ones(len(none), bool)
    for name, counted, hit in (("no_care", everybody, none), ("unmet_need", advised != "none", advised == "given_up")):
        parts = [(NATION, counted)]
        parts += [(("scheme", s), counted & (year.p["scheme"] == s).to_numpy()) for s in ("none", *SCHEMES)]
        parts += [(("income_fifth", str(fifth + 1)), counted & (year.fifth == fifth)) for fifth in range(FIFTHS)]
        for unit, some in parts:
            yield *unit, name, float(hit[some].mean()) if some.any() else float("nan")
    for fifth in range(FIFTHS):
        yield "income_fifth", str(fifth + 1), "simulated_people", float((year.fifth == fifth).sum())
    used = year.p["family_account_fen"].astype(float).groupby(year.p["household"])
    total, squares = used.sum(), used.apply(lambda each: float((each**2).sum()))
    shared = total > 0
    yield *NATION, "co_use_families_share", float(shared.mean())
    yield (
        *NATION,
        "co_use_inside_families_hhi",
        (squares[shared] / total[shared]).sum() / total.sum() if shared.any() else np.nan,
    )
    for scheme in SCHEMES:
        chosen = (year.p["scheme"] == scheme).to_numpy()
        by = year.p["province"][chosen].astype(str)
        heads, sums = by.groupby(by).size(), year.benefit[chosen].groupby(by).sum()
        per_head = sums / heads / FEN
        for code in year.p["province"].astype(str).unique():
            yield "province", code, f"simulated_members_{scheme}", float(heads.get(code, 0))
            if code in heads:
                yield "province", code, f"benefit_per_head_{scheme}", float(per_head[code])
        yield "scheme", scheme, "simulated_members", float(chosen.sum())
        yield "scheme", scheme, "benefit_per_head", float(sums.sum() / heads.sum() / FEN) if len(heads) else np.nan
        yield "scheme", scheme, "benefit_dispersion_provinces", measures.pool_dispersion(per_head, heads).cv
