"""What higher pooling does to spending: pools that no longer keep their own purse spend more, over some years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agents.codes import Scheme
from agents.compiled import float64, int64
from model.policy.policy import Policy, at_place
from model.rules.funds import drifted

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MEASURED = 2023  # pooling that was there by then is in the measured cost of care
LEVELS = {Scheme.EMPLOYEE: "pooling.employee_level", Scheme.RESIDENT: "pooling.resident_level"}


def spending_drift(policy: Policy, law: Any, year: int, pools: pd.DataFrame) -> NDArray[np.float64]:
    """Return the factor on the cost of care by pool and scheme from pooling that rose after the measured years."""
    factor = np.ones((len(pools), len(Scheme)))
    size, over = float64(law.pooling.spending_drift), int64(law.pooling.drift_years)
    if size == 0.0:
        return factor
    for scheme, path in LEVELS.items():
        years = years_since_rise(policy, path, year, pools)
        factor[:, scheme] = [drifted(int64(n), over, size) for n in years]
    return factor


def years_since_rise(policy: Policy, path: str, year: int, pools: pd.DataFrame) -> NDArray[np.int64]:
    """Return the years since a pool's scheme was first pooled more widely than in the last measured year [years]."""
    homes = pools["province"].tolist()

    def levels(of_year: int) -> NDArray[np.int64]:
        setting = policy.setting(path, of_year)
        by_home = {home: int(at_place(setting, home, home)) for home in set(homes)}
        return np.array([by_home[home] for home in homes])

    first, since = levels(min(MEASURED, year)), np.zeros(len(pools), np.int64)
    for each in range(MEASURED + 1, year + 1):
        since = np.where((since > 0) | (levels(each) > first), since + 1, 0)
    return since
