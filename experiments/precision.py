"""How sure a result is: unpaired intervals, replications that a stated precision needs, cells too small to show."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from experiments.outcomes import style

MOST = 1_000_000
"""Replications beyond which a precision counts as out of reach."""


def unpaired(one: pd.DataFrame, two: pd.DataFrame) -> pd.DataFrame:
    """Return the difference of means of two sets of runs (columns) with Welch's interval; no common random numbers."""
    from scipy import stats

    counts = [frame.notna().sum(axis=1) for frame in (one, two)]
    parts = [frame.var(axis=1, ddof=1) / count for frame, count in zip((one, two), counts)]
    variance = parts[0] + parts[1]
    lost = parts[0] ** 2 / (counts[0] - 1) + parts[1] ** 2 / (counts[1] - 1)
    freedom = (variance**2 / lost.where(lost > 0)).fillna(1.0)
    mean, se = one.mean(axis=1) - two.mean(axis=1), np.sqrt(variance)
    reach = se * stats.t.ppf((1 + style()["confidence"]) / 2, freedom)
    return pd.DataFrame({"mean": mean, "se": se, "low": mean - reach, "high": mean + reach})


def replications_needed(se: float, replications: int, half_width: float) -> float:
    """Return how many replications bring the interval to a half-width; infinite: none can, NaN: no error is known."""
    from scipy import stats

    if replications < 1 or not se >= 0 or not half_width >= 0:
        return math.nan
    if se == 0:
        return replications
    if half_width == 0:
        return math.inf
    spread = se * math.sqrt(replications)
    low, high = 2, MOST

    def reach(count: int) -> float:
        return float(stats.t.ppf((1 + style()["confidence"]) / 2, count - 1)) * spread / math.sqrt(count)

    if reach(high) > half_width:
        return math.inf
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reach(middle) <= half_width else (middle + 1, high)
    return low


def with_needed(differences: pd.DataFrame) -> pd.DataFrame:
    """Return differences with the replications that bring the half-width to the stated share of the mean."""
    share = style()["precision"]
    needed = [
        replications_needed(se, count, share * abs(mean))
        for mean, se, count in zip(differences["mean"], differences["se"], differences["replications"])
    ]
    return differences.assign(**{f"replications_for_{round(share * 100)}_per_cent": needed})


def seeds_line(differences: pd.DataFrame) -> str:
    """Return in one line how many more seeds bring every one of these effects to the stated share of its mean."""
    told = with_needed(differences)
    share, needed = round(style()["per_cent"] * style()["precision"]), told[told.columns[-1]]
    some = (told["mean"] != 0) & needed.notna()
    if not some.any():
        return f"how exact: no effect differs from zero, or one seed only (asked for: ±{share} % of each effect)"
    reached = needed[some] <= told["replications"][some]
    finite = needed[some][np.isfinite(needed[some])]
    never = int(some.sum()) - len(finite)
    most = f"the least sure one would take {int(finite.max()):,}" if len(finite) else "no number of seeds is enough"
    if never and len(finite):
        most = f"{never} would take more than {MOST:,}, the least sure of the others {int(finite.max()):,}"
    seeds, all_ = int(told["replications"][some].max()), int(some.sum())
    return (
        f"how exact: with {seeds} seeds {int(reached.sum())} of {all_} effects "
        f"are known to ±{share} % of their size; {most}"
    )


Cells = set[tuple[str, str, str]]
OVER_POOLS = ("pools", "reserve_months_", "deficit_", "below_zero")
"""Beginnings of the measures of a fund that count or rank single pools."""
PEOPLE, MEMBERS, THIN = "simulated_people", "simulated_members", "pools_thin"


def small_cells(outcomes: pd.DataFrame) -> Cells:
    """Return (level, unit, scheme) of cells that rest on fewer simulated people than the stated bound in any run.

    Without a scheme the whole unit is small. A fund is where more of its pools are thin than the stated share.
    """
    counts = outcomes[outcomes["measure"].str.startswith((PEOPLE, MEMBERS))]
    few = counts[counts["value"] < style()["small_cell"]]
    names = (str(measure).removeprefix(PEOPLE).removeprefix(MEMBERS).lstrip("_") for measure in few["measure"])
    found = {(str(level), str(unit), name) for level, unit, name in zip(few["level"], few["unit"], names)}
    return found | {
        ("fund", unit, "") for unit, share in thin_shares(outcomes).items() if share > style()["thin_share"]
    }


def thin_shares(outcomes: pd.DataFrame) -> dict[str, float]:
    """Return by fund the largest share of its pools that rest on fewer simulated members than the stated bound."""
    rows = outcomes[(outcomes["level"] == "fund") & outcomes["measure"].isin(["pools", THIN])]
    if not len(rows):
        return {}
    keys = [name for name in ("reform", "seed", "year", "unit") if name in rows]
    wide = rows.pivot_table(index=keys, columns="measure", values="value").reindex(columns=["pools", THIN]).dropna()
    share = wide[THIN] / wide["pools"].where(wide["pools"] > 0)
    return {str(unit): float(value) for unit, value in share.groupby("unit").max().items()}


def is_small(small: Cells, level: str, unit: str, measure: str) -> bool:
    """Say whether a measure of a unit rests on a small cell."""
    if level == "fund":
        return ("fund", unit, "") in small and measure.startswith(OVER_POOLS)
    return any(level == at and unit == of and measure.endswith(scheme) for at, of, scheme in small)


def sets_words(count: int) -> tuple[str, str]:
    """Return, in both languages, what intervals hold beside chance where seeds run over parameter sets."""
    if count < 2:
        return "", ""
    return (
        " Each seed has a parameter set of its own that matches history as well as the best: intervals hold the chance "
        "of seeds and how far these sets lie apart (they are no sample of all that match), and narrow to the mean over "
        "sets as they are added.",
        "各种子使用各自一组与历史同样吻合的参数：区间同时包含随机误差与这些参数组之间的差异（并非全部吻合参数的抽样），"
        "且随种子增加收窄至各组参数的均值。",
    )


def size_words(people: int) -> tuple[str, str] | None:
    """Return, in both languages, what no interval over seeds holds of a small world; nothing of a large one."""
    many = style()["many_people"]
    if people >= many:
        return None
    return (
        f"No interval holds what the size of the world adds in every seed alike: with fewer than {many:,} simulated "
        "people single pools lie farther apart than with all, so that too many are short or rescued and aid moves and "
        "avoids too much (model/ODD.md, section 4, says how much).",
        f"区间不包含模拟规模带来的系统偏差：模拟居民少于{many:,}人时，各统筹区差异被高估，收支缺口与被救助的统筹区偏多，"
        "共济的资金规模与作用偏大（程度见 model/ODD.md 第4节）。",
    )


def with_small(frame: pd.DataFrame, small: Cells) -> pd.DataFrame:
    """Return a table of measures that says of each row whether it rests on a small cell."""
    places = zip(frame["level"].astype(str), frame["unit"].astype(str), frame["measure"].astype(str))
    return frame.assign(small_cell=[is_small(small, *place) for place in places])


def small_payments(payments: pd.DataFrame, small: Cells) -> pd.DataFrame:
    """Return who pays whom with a mark on flows of provinces in which some scheme has few simulated members."""
    few = {unit for level, unit, _ in small if level == "province"}
    sides = (payments[f"{side}_province"].astype(str).isin(few) for side in ("payer", "payee"))
    return payments.assign(small_cell=next(sides) | next(sides))
