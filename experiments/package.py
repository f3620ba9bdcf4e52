"""A package of reforms split into its parts, whatever their order: Shapley's division, parts summing exactly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from experiments.study import Study, Text, Variant

TOTAL = "package"
UNIT = ["year", "level", "unit", "measure"]
SPARE_BITS = 8  # room for sums of parts that cancel


def subset_name(parts: Sequence[str]) -> str:
    """Return the name of the regime with these reforms of a package laid over the baseline."""
    return "package_" + "_and_".join(parts) if parts else "package_empty"


def subsets(package: Sequence[str]) -> list[tuple[str, ...]]:
    """Return every choice of the package's reforms, the empty one first."""
    return [chosen for size in range(len(package) + 1) for chosen in itertools.combinations(package, size)]


def package_variants(study: Study) -> list[Variant]:
    """Return the regimes of a package: every choice of its reforms over the baseline's."""
    return [
        Variant(
            name=subset_name(chosen),
            label=Text(
                en=" + ".join(chosen) or study.baseline.label.en, zh="＋".join(chosen) or study.baseline.label.zh
            ),
            reforms=(*study.baseline.reforms, *chosen),
        )
        for chosen in subsets(study.package)
    ]


def shapley(values: Mapping[tuple[str, ...], float], package: Sequence[str]) -> dict[str, Fraction]:
    """Return each reform's exact share: its mean contribution over all orders in which the package can be put up.

    Args:
        values: the outcome of every choice of reforms, keyed in the package's order.
        package: the reforms.

    """
    exact = {frozenset(chosen): Fraction(value) for chosen, value in values.items()}
    count = len(package)
    shares = {}
    for part in package:
        others = [each for each in package if each != part]
        total = Fraction(0)
        for chosen in subsets(others):
            weight = Fraction(
                math.factorial(len(chosen)) * math.factorial(count - len(chosen) - 1), math.factorial(count)
            )
            total += weight * (exact[frozenset((*chosen, part))] - exact[frozenset(chosen)])
        shares[part] = total
    return shares


def rounded(shares: Mapping[str, Fraction]) -> tuple[dict[str, float], float]:
    """Return the shares as floats and their total, such that adding the floats in any order gives the total exactly.

    All are whole multiples of one small unit; what rounding leaves goes to the parts with the largest remainders.
    """
    total = sum(shares.values(), Fraction(0))
    largest = max((abs(x) for x in (*shares.values(), total)), default=Fraction(0))
    if largest == 0:
        return dict.fromkeys(shares, 0.0), 0.0
    unit = Fraction(math.ulp(float(largest))) * 2**SPARE_BITS
    whole = {part: share // unit for part, share in shares.items()}
    goal = round(total / unit)
    for part, _ in sorted(shares.items(), key=lambda item: (-(item[1] / unit - whole[item[0]]), item[0])):
        if sum(whole.values()) < goal:
            whole[part] += 1
    return {part: float(count * unit) for part, count in whole.items()}, float(goal * unit)


def split(outcomes: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return each part's share of the package's effect on the declared outcomes, by seed and year.

    Columns: year, level, unit, measure, seed, part, value; part `package` is the whole effect.
    """
    wanted = {(outcome.level, outcome.unit, outcome.measure) for outcome in study.outcomes}
    names = {subset_name(chosen): chosen for chosen in subsets(study.package)}
    named = [key in wanted for key in zip(outcomes["level"], outcomes["unit"], outcomes["measure"])]
    rows = outcomes[np.asarray(named) & outcomes["reform"].isin(list(names))]
    wide = rows.pivot_table(index=[*UNIT, "seed"], columns="reform", values="value").reindex(columns=list(names))
    found = []
    wide = wide.dropna()
    for index, row in zip(wide.index, wide.to_numpy()):
        parts, total = rounded(shapley(dict(zip(names.values(), row.tolist())), study.package))
        found += [(*index, part, value) for part, value in (*parts.items(), (TOTAL, total))]
    return pd.DataFrame(found, columns=[*UNIT, "seed", "part", "value"])


def summary(parts: pd.DataFrame) -> pd.DataFrame:
    """Return mean, standard error and interval over seeds of every part's share."""
    from experiments.compare import interval

    if not len(parts):
        return pd.DataFrame(columns=[*UNIT, "part", "mean", "se", "low", "high", "replications"])
    wide = parts.set_index([*UNIT, "part", "seed"])["value"].unstack("seed")
    return interval(wide).reset_index()
