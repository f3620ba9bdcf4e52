"""What a year is reported by: the table of people, and the first measures of redistribution, balance and protection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.codes import Code, Scheme, Sex, Tier, Work
from model import data, measures
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL

if TYPE_CHECKING:
    from model.pooling import PoolingModel

Row = tuple[int, str, str, str, float]
Floats = NDArray[np.float64]
NATION = "nation"
CATASTROPHIC = (0.1, 0.25)
"""Shares of income above which cash payments count as catastrophic (SDG indicator 3.8.2)."""
BANDS = ("short", "low", "normal", "high", "excess")
MUTUAL_AID = ("step1_", "step2_", "step3_")
FEN = 100
OLD = 60
"""Age from which people count as old [years]."""


def words(codes: NDArray[Any], kind: type[Code]) -> NDArray[Any]:
    """Return the names of codes, in lower case."""
    return np.asarray(np.array([member.name.lower() for member in kind], dtype=object)[codes])


def people_frame(world: PoolingModel) -> pd.DataFrame:
    """Return the year just lived with a row for every simulated person: own fen, unweighted (contract: `people`)."""
    p = world.engine.people
    codes = world.pools["code"].to_numpy()
    employee = p.scheme == Scheme.EMPLOYEE
    resident = p.scheme == Scheme.RESIDENT
    return pd.DataFrame(
        {
            "year": np.full(len(p), world.year, np.int64),
            "key": p.key,
            "household": p.household,
            "weight": np.full(len(p), world.weight, np.int64),
            "province": world.pools["province"].to_numpy()[p.insured],
            "prefecture": codes[p.insured],
            "hukou_prefecture": codes[p.hukou],
            "age": p.age,
            "sex": words(p.sex, Sex),
            "work": words(p.work, Work),
            "scheme": words(p.scheme, Scheme),
            "income_fen": p.income.astype(np.int64),
            "contribution_fen": p.contribution.astype(np.int64),
            "employer_fen": np.where(employee, p.matched, 0).astype(np.int64),
            "subsidy_fen": np.where(resident, p.matched, 0).astype(np.int64),
            "waiting_months": p.waiting,
            "cost_fen": p.cost.astype(np.int64),
            "basic_fen": p.basic.astype(np.int64),
            "critical_fen": np.where(resident, p.supplement, 0).astype(np.int64),
            "large_sum_fen": np.where(employee, p.supplement, 0).astype(np.int64),
            "assistance_fen": p.assistance.astype(np.int64),
            "own_account_fen": p.own_account.astype(np.int64),
            "family_account_fen": p.family_account.astype(np.int64),
            "self_pay_fen": p.self_pay.astype(np.int64),
            "account_fen": p.account,
        }
    )


def year_measures(world: PoolingModel) -> list[Row]:
    """Return the year's measures: (year, level, unit, measure, value)."""
    rows = [*_equality(world), *_by_scheme(world), *_balance(world), *_aid(world), *_people(world), *_listed(world)]
    return [(world.year, level, unit, name, float(value)) for level, unit, name, value in rows]


Measure = tuple[str, str, str, float]


def _per_head(world: PoolingModel, values: NDArray[Any]) -> Floats:
    """Return each person's share of a sum over the home family [yuan]."""
    household = world.engine.people.household
    sizes = np.bincount(household)
    sums = np.bincount(household, weights=values.astype(np.float64))
    return np.asarray((sums / sizes)[household] / FEN)


def _equality(world: PoolingModel) -> Iterator[Measure]:
    """Give inequality before and after, by family income per head; ex post: income less contributions and cash."""
    p = world.engine.people
    income = _per_head(world, p.income)
    paid = _per_head(world, p.contribution)
    cash = _per_head(world, p.self_pay)
    benefit = _per_head(world, p.basic.astype(np.int64) + p.supplement + p.assistance)
    subsidy = _per_head(world, np.where(p.scheme == Scheme.RESIDENT, p.matched, 0))
    after = income - paid - cash
    yield NATION, "china", "gini_income", measures.gini(income)
    yield NATION, "china", "redistribution_ex_post", measures.gini(income) - measures.gini(np.maximum(after, 0.0))
    yield NATION, "china", "kakwani_contribution", measures.kakwani_contribution(income, paid).kakwani
    yield NATION, "china", "concentration_cost", measures.concentration_index(_per_head(world, p.cost), income).ci
    yield NATION, "china", "concentration_benefit", measures.concentration_index(benefit, income).ci
    yield NATION, "china", "concentration_subsidy", measures.concentration_index(subsidy, income).ci
    shares = measures.benefit_incidence(benefit, income, K=5)
    for fifth, share in enumerate(np.asarray(shares).tolist(), start=1):
        yield "income_fifth", str(fifth), "benefit_share", share
    earning = income > 0
    for line in CATASTROPHIC:
        share = measures.che_budget(cash[earning], income[earning], z=line).headcount
        yield NATION, "china", f"catastrophic_{round(line * FEN)}", share


def _by_scheme(world: PoolingModel) -> Iterator[Measure]:
    """Give benefits per member by province and scheme and how unequal they are between provinces."""
    p = world.engine.people
    home = data.province_index()[p.insured]
    codes = data.province_codes()
    benefit = p.basic.astype(np.float64) + p.supplement + p.assistance
    for scheme in (Scheme.EMPLOYEE, Scheme.RESIDENT):
        chosen = p.scheme == scheme
        members = np.bincount(home[chosen], minlength=len(codes))
        sums = np.bincount(home[chosen], weights=benefit[chosen], minlength=len(codes))
        some = members > 0
        heads = np.divide(sums, members * FEN, out=np.zeros(len(codes)), where=some)
        for code, value, present in zip(codes, heads.tolist(), some.tolist(), strict=True):
            if present:
                yield "province", str(code), f"benefit_per_head_{scheme.name.lower()}", value
        spread = measures.pool_dispersion(heads[some], members[some])
        yield "scheme", scheme.name.lower(), "benefit_dispersion_provinces", spread.cv
        if members.sum():
            yield "scheme", scheme.name.lower(), "benefit_per_head", float(sums.sum() / members.sum() / FEN)


def _balance(world: PoolingModel) -> Iterator[Measure]:
    """Give pools in deficit and in want, months of reserve, income, spending and balance of the two pooled funds."""
    now = world.record.last("funds")
    for fund in (EMPLOYEE_POOL, RESIDENT_POOL):
        kept = now[(now["fund"] == fund) & (now["spending_fen"] > 0)]
        income, spending = int(kept["income_fen"].sum()), int(kept["spending_fen"].sum())
        closing = int(kept["closing_fen"].sum())
        deficit = kept["spending_fen"] > kept["income_fen"]
        yield "fund", fund, "pools", len(kept)
        yield "fund", fund, "pools_in_deficit", int(deficit.sum())
        yield "fund", fund, "pools_short", int((kept["status"] == BANDS[0]).sum())
        yield "fund", fund, "pools_empty", int((kept["closing_fen"] <= 0).sum())
        yield "fund", fund, "reserve_months", measures.reserve_months(closing, spending).months
        yield "fund", fund, "surplus_rate", (income - spending) / income if income else float("nan")
        yield "fund", fund, "owed_fen", int(kept["owed_fen"].sum())
        months = kept["reserve_months"].to_numpy()
        for name, at in (("p10", 0.1), ("median", 0.5), ("p90", 0.9)):
            yield "fund", fund, f"reserve_months_{name}", float(np.nanquantile(months, at)) if len(months) else np.nan


def _aid(world: PoolingModel) -> Iterator[Measure]:
    """Give the money that mutual aid and the last resort moved in the year [yuan]."""
    now = world.record.last("flows")
    sums = now.groupby("kind")["amount_fen"].sum()
    for step in MUTUAL_AID:
        moved = int(sum(amount for kind, amount in sums.items() if str(kind).startswith(step)))
        yield NATION, "china", f"{step}money", moved / FEN
    for kind in ("backstop", "arrears"):
        yield NATION, "china", f"{kind}_money", int(sums.get(kind, 0)) / FEN


def _people(world: PoolingModel) -> Iterator[Measure]:
    """Give the nation's people at year end, the old among them, and the year's births and deaths [persons]."""
    heads = world.tally.profile.sum(axis=(0, 1)) * world.weight
    living, dead = heads[:, 0], heads[:, 1]
    yield NATION, "china", "people", int(living.sum())
    yield NATION, "china", "people_60_and_over", int(living[OLD:].sum())
    yield NATION, "china", "births", int(heads[0].sum())
    yield NATION, "china", "deaths", int(dead.sum())


def _listed(world: PoolingModel) -> Iterator[Measure]:
    """Give what basic cover pays of the cost of stays inside the list, by scheme and level of hospital."""
    for scheme in (Scheme.EMPLOYEE, Scheme.RESIDENT):
        sums, name = world.tally.listed[scheme], scheme.name.lower()
        units = [(name, sums.sum(axis=0)), *((f"{name}_{tier.name.lower()}", sums[tier]) for tier in Tier)]
        for unit, (cost, basic) in ((unit, pair.tolist()) for unit, pair in units):
            if cost:
                yield "scheme", unit, "in_list_ratio", basic / cost


__all__ = ["people_frame", "year_measures"]
