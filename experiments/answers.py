"""What decision makers ask of a study of mutual aid, answered from its stored tables.

The price of not pooling, what aid repairs, who would agree, and order and dates; each is a function on small tables.
A pool is a ledger of one fund in one area; pools that merge on the way are counted by province only.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.compare import Results
from experiments.outcomes import POOLS, RESCUES, style
from experiments.run_facts import RunFacts, facts_of
from experiments.store import read_table
from experiments.study import named

TABLES = ("funds", "flows")
FEN = "_fen"  # ends the names of money before it is told in bn yuan
DIGITS = 6  # of bn yuan: what lies below is the noise of sums


def read_facts(results: Results, folder: Path) -> dict[tuple[str, int], RunFacts]:
    """Return what every complete run of a study says, by variant and seed; runs of the same law are read once."""
    read: dict[str, RunFacts] = {}
    found = {}
    complete = set(zip(results.outcomes["reform"], results.outcomes["seed"]))
    for name_and_seed, key in results.facts["runs"].items():
        name, seed = name_and_seed.rsplit(" ", 1)
        if (name, int(seed)) in complete:
            if key not in read:
                read[key] = facts_of({table: read_table(folder / key / f"{table}.parquet") for table in TABLES})
            found[name, int(seed)] = read[key]
    return found


# ---- the price of not pooling ---------------------------------------------------------------------------------------
def price_of_not_pooling(base: pd.DataFrame, reform: pd.DataFrame) -> dict[str, float]:
    """Return what every pool of a fund would have to collect more to be ruined as seldom as under a reform.

    ruined_alone and ruined_with are shares of pools rescued at least once by the treasury or by arrears; the price is
    the smallest sum a member and year [yuan] that leaves no more pools dry alone than the reform leaves rescued.
    """
    need = base["extra_yuan"].dropna().sort_values(ascending=False).to_numpy()
    rescued = float((reform["rescued_fen"] > 0).mean()) if len(reform) else np.nan
    place = int((reform["rescued_fen"] > 0).sum()) * len(need) // max(len(reform), 1)
    return {
        "ruined_alone": float((base["rescued_fen"] > 0).mean()),
        "ruined_with": rescued,
        "extra_yuan_a_head": float(need[place]) if place < len(need) else 0.0,
    }


# ---- what aid repairs -----------------------------------------------------------------------------------------------
@dataclasses.dataclass(frozen=True)
class Receipts:
    """What pools received on balance and how many members they have, by pool and seed."""

    net_fen: pd.DataFrame
    members: pd.DataFrame

    def a_head(self) -> pd.DataFrame:
        """Return net receipts [fen a member] of the pools that have members in every seed."""
        kept = self.members[(self.members > 0).all(axis=1)]
        return self.net_fen.reindex(kept.index) / kept


def what_aid_repairs(still: Receipts, reacting: Receipts | None = None) -> dict[str, float]:
    """Return the shares of transfers that are predictable structure and chance, and what behaviour adds to the whole.

    The whole is the mean over members of the square of what their pool received a member [fen]; pools without members
    in some seed are left out. What a pool receives on average over seeds is structure (age, wages, habits), less the
    chance left in a mean of few seeds; what differs between seeds is chance; the two add up to one. What behaviour
    adds is how much larger the whole is in a world whose pools react, as a share; below zero where less is moved.
    """
    a_head = still.a_head()
    seeds, heads = a_head.shape[1], still.members.reindex(a_head.index).mean(axis=1)
    whole = _mean_over(heads, np.square(a_head).mean(axis=1))
    if seeds < 2 or not whole > 0:
        return {"structure": np.nan, "chance": np.nan, "behaviour_adds": np.nan}
    chance = _mean_over(heads, a_head.var(axis=1, ddof=1)) / whole
    adds = np.nan if reacting is None else _behaviour_adds(still, reacting)
    return {"structure": 1.0 - chance, "chance": chance, "behaviour_adds": adds}


def _behaviour_adds(still: Receipts, reacting: Receipts) -> float:
    """Return by what share squared receipts a member grow where pools react; over pools and seeds of both worlds."""
    before, after = still.a_head(), reacting.a_head()
    pools, seeds = before.index.intersection(after.index), before.columns.intersection(after.columns)
    heads = still.members.loc[pools, seeds].mean(axis=1)
    whole, moved = (_mean_over(heads, np.square(each.loc[pools, seeds]).mean(axis=1)) for each in (before, after))
    return moved / whole - 1.0 if whole > 0 else np.nan


def _mean_over(heads: pd.Series[float], values: pd.Series[float]) -> float:
    """Return the mean over members of what holds for all of a pool."""
    return float((heads * values).sum() / heads.sum()) if len(heads) else np.nan


# ---- who would agree ------------------------------------------------------------------------------------------------
def gains(base: pd.Series[int], reform: pd.Series[int], years: int, rate: float) -> pd.Series[float]:
    """Return the present value of what a reform adds to net assets at the end, by pool or province [fen]."""
    both = base.index.intersection(reform.index)
    factor = float(np.prod([1.0 + rate] * years))
    return (reform[both] - base[both]).astype(np.float64) / factor


def standing(facts: RunFacts, level: str) -> pd.Series[int]:
    """Return what places have at the end less what their treasuries paid in as backstop, by pool or province [fen].

    A province's own adjustment funds count for the province, not for its pools. Empty for provinces where a fund is
    wider than a province: what it holds has no place.
    """
    if level == "pool":
        return facts.pools["assets_fen"] - facts.pools["backstop_fen"]
    if (facts.pools["province"] == 0).any():
        return pd.Series(dtype=np.int64)
    paid = facts.pools.groupby("province")["backstop_fen"].sum()
    return facts.assets.drop(0, errors="ignore").sub(paid, fill_value=0)


def who_would_agree(gained: pd.Series[float], members: pd.Series[int]) -> dict[str, float]:
    """Return the shares of places and of members that do not lose, and the least sum that makes losses good [fen]."""
    if not len(gained):
        return {"places": np.nan, "members": np.nan, "compensation_fen": np.nan}
    heads = members.reindex(gained.index).fillna(0).astype(np.float64)
    fine = gained >= 0
    share = float(heads[fine].sum() / heads.sum()) if heads.sum() else np.nan
    return {"places": float(fine.mean()), "members": share, "compensation_fen": float(-gained[~fine].sum())}


def effort_at_which_it_vanishes(gain: float, gain_reacting: float, loss: float) -> float:
    """Return the loss of effort [share] at which a nation's gain is zero, on the line through two runs; or nan."""
    if gain <= 0:
        return 0.0
    return np.nan if gain_reacting >= gain else loss * gain / (gain - gain_reacting)


def rescues_avoided(base: RunFacts, reform: RunFacts) -> float:
    """Return what treasury and providers did not have to give [fen]; the gain of the nation, as money is conserved."""
    return total(base, *RESCUES) - total(reform, *RESCUES)


def lost_by_behaviour(still: tuple[RunFacts, RunFacts], reacting: tuple[RunFacts, RunFacts]) -> float:
    """Return what funds earn less under a reform because pools react: base and reform without and with it [fen]."""
    calm, moved = (float(after.earned - before.earned) for before, after in (still, reacting))
    return calm - moved


# ---- money moved ----------------------------------------------------------------------------------------------------
def money_of(base: RunFacts, reform: RunFacts) -> dict[str, float]:
    """Return what a regime moved and saved in all [fen], its payout ratios, and deficit avoided per yuan moved."""
    uploads = {step: total(reform, f"{step}_upload") for step in ("step2", "step3")}
    aid = {step: total(reform, f"{step}_aid") for step in ("step2", "step3")}
    moved = sum(aid.values()) + total(reform, "step1_loan", "step1_aid", "step3_loan", "scheme_merge")
    more = moved - sum(aid_of(base))
    avoided = total(base, *RESCUES) - total(reform, *RESCUES)
    ratio = {f"payout_{step}": aid[step] / uploads[step] if uploads[step] else np.nan for step in aid}
    return {
        "lent_or_given_fen": total(reform, "step1_loan", "step1_aid", "step3_loan", "scheme_merge"),
        "uploaded_fen": sum(uploads.values()),
        "paid_out_fen": sum(aid.values()),
        "treasury_fen": total(reform, "backstop") - total(base, "backstop"),
        "arrears_fen": total(reform, "arrears") - total(base, "arrears"),
        "avoided_per_yuan_moved": avoided / more if more > 0 else np.nan,
        **ratio,
    }


def from_whom_to_whom(facts: RunFacts) -> list[dict[str, Any]]:
    """Return net receipts of the pools of both funds, and of the provinces that give and get most [bn yuan]."""
    net = facts.pools["net_aid_fen"] / float(style()["fen_per_bn_yuan"])
    received = {fund: float(net[facts.pools.index.get_level_values("fund") == fund].sum()) for fund in POOLS}
    received["adjustment_funds"] = -sum(received.values())
    rows: list[dict[str, Any]] = [{"who": who, "net_received_bn_yuan": value} for who, value in received.items()]
    by_province = net.groupby(facts.pools["province"]).sum().round(DIGITS)
    rows += [
        {"who": f"province:{code}", "net_received_bn_yuan": float(value)}
        for code, value in by_province.items()
        if code != 0
    ]
    return rows


def total(facts: RunFacts, *kinds: str) -> float:
    """Return what flows of some kinds came to over all years [fen]."""
    return float(sum(int(facts.money.get(kind, 0)) for kind in kinds))


def aid_of(facts: RunFacts) -> list[float]:
    """Return what a run's aid, loans and levelling came to, by kind [fen]."""
    kinds = ("step1_loan", "step1_aid", "step2_aid", "step3_aid", "step3_loan", "scheme_merge")
    return [float(facts.money.get(kind, 0)) for kind in kinds]


def ruin_by_year(pools: pd.DataFrame, years: list[int]) -> pd.DataFrame:
    """Return the share of pools of each fund rescued at least once by the end of each year."""
    rows = [
        (year, str(fund), float((some["first_rescue"] <= year).mean()))
        for year in years
        for fund, some in pools.groupby("fund")
    ]
    return pd.DataFrame(rows, columns=["year", "fund", "share"])


# ---- over a study ---------------------------------------------------------------------------------------------------
def answers(results: Results, facts: dict[tuple[str, int], RunFacts], rate: float) -> dict[str, pd.DataFrame]:
    """Return the tables of answers of a study, means over seeds; money in bn yuan."""
    study, seeds = results.study, sorted({seed for _, seed in facts})
    years = [int(year) for year in sorted(results.outcomes["year"].unique())]
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ("price", "money", "giving", "agree", "ruin")}
    for variant in study.lived:
        base = named(variant.case, study.baseline.name)
        pairs = [
            (facts[base, s], facts[variant.name, s]) for s in seeds if {(base, s), (variant.name, s)} <= set(facts)
        ]
        for before, after in pairs:
            told = {"reform": variant.name, "case": variant.case}
            for row in ruin_by_year(after.pools, years).itertuples():
                found["ruin"].append(told | {"year": row.year, "fund": row.fund, "share": row.share})
            found["giving"] += [told | row for row in from_whom_to_whom(after)]
            if variant.name == base:
                continue
            found["money"].append(told | in_bn(money_of(before, after)))
            for fund in POOLS:
                alone, with_aid = (
                    each.pools[each.pools.index.get_level_values("fund") == fund] for each in (before, after)
                )
                found["price"].append(told | {"fund": fund} | price_of_not_pooling(alone, with_aid))
            for level, heads in (
                ("pool", before.pools["members"]),
                ("province", before.pools.groupby("province")["members"].sum()),
            ):
                gained = gains(standing(before, level), standing(after, level), len(years), rate)
                found["agree"].append(told | {"level": level} | in_bn(who_would_agree(gained, heads)))
    tables = {name: mean_over_seeds(rows) for name, rows in found.items()}
    tables["repairs"] = pd.DataFrame(repairs(results, facts, seeds))
    tables["effort"] = pd.DataFrame(vanishing(results, facts, seeds))
    return tables


def in_bn(numbers: dict[str, float]) -> dict[str, float]:
    """Return what is in fen in bn yuan, and named so; shares and ratios as they are."""
    scale = style()["fen_per_bn_yuan"]
    money = {name: value for name, value in numbers.items() if name.endswith(FEN)}
    told = {name: f"{name.removesuffix(FEN)}_bn_yuan" for name in money}
    return {told.get(name, name): value / scale if name in money else value for name, value in numbers.items()}


def mean_over_seeds(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the mean of numbers over seeds, by whatever is not a number, in order of appearance."""
    if not rows:
        return pd.DataFrame()
    frame = pd.DataFrame(rows)
    by = [name for name in frame.columns if frame[name].dtype.kind not in "fi" or name == "year"]
    return frame.groupby(by, sort=False).mean().reset_index()


def repairs(results: Results, facts: dict[tuple[str, int], RunFacts], seeds: list[int]) -> list[dict[str, Any]]:
    """Return for each reform what its transfers repair, and what behaviour adds where a case switches it on."""
    study = results.study
    reacting = next((case.name for case in study.cases if case.changes.get("behaviour.react")), "")
    rows = []
    for variant in study.reforms:
        still = receipts(facts, variant.name, seeds)
        moved = receipts(facts, named(reacting, variant.name), seeds) if reacting else None
        if still is not None:
            rows.append({"reform": variant.name, **what_aid_repairs(still, moved)})
    return rows


def receipts(facts: dict[tuple[str, int], RunFacts], name: str, seeds: list[int]) -> Receipts | None:
    """Return net receipts and members by pool and seed, or nothing where no seed was lived."""
    there = {seed: facts[name, seed].pools for seed in seeds if (name, seed) in facts}
    if not there:
        return None
    received, members = (
        pd.DataFrame({seed: pools[column] for seed, pools in there.items()}).dropna().astype(np.float64)
        for column in ("net_aid_fen", "members")
    )
    return Receipts(received, members)


def vanishing(results: Results, facts: dict[tuple[str, int], RunFacts], seeds: list[int]) -> list[dict[str, Any]]:
    """Return the loss of effort at which what pools collect less is as much as the rescues a reform avoids."""
    study, rows = results.study, []
    reacting = next((case for case in study.cases if case.changes.get("behaviour.react")), None)
    for variant in study.reforms:
        if reacting is None:
            break
        found = []
        for seed in seeds:
            names = [
                (case, seed)
                for one in ("", reacting.name)
                for case in (named(one, study.baseline.name), named(one, variant.name))
            ]
            if set(names) <= set(facts):
                one, two, three, four = (facts[name] for name in names)
                lost = lost_by_behaviour((one, two), (three, four))
                found.append((rescues_avoided(one, two), rescues_avoided(three, four) - lost))
        if found:
            plain, after = (float(np.mean(each)) for each in zip(*found, strict=True))
            lost = effort_at_which_it_vanishes(plain, after, central_loss())
            told = in_bn({"gain_fen": plain, "gain_reacting_fen": after, "effort_loss": lost})
            rows.append({"reform": variant.name, **told})
    return rows


def central_loss() -> float:
    """Return the loss of effort of employees under an adjustment fund that the law of behaviour assumes [share]."""
    from model.policy import load_policy

    return float(load_policy().value("behaviour.effort_loss_adjusted", 2024)["employee"])


__all__ = ["answers", "facts_of", "read_facts"]
