"""Where work with an employer is found more easily: odds by pool, so that members stay near where they were counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from model import data
from model.demography import CENSUS
from model.errors import DataError
from model.synthesis.people import stock
from model.synthesis.targets import active_by_pool, working_age

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def job_odds(assumptions: Mapping[str, float]) -> NDArray[np.float64]:
    """Return by pool the odds that people of working age are members at work, over the nation's odds [pool; no unit].

    Members at work by pool are those the first population meets, at the census of 2020. Jobs end everywhere at one
    rate; found in proportion to these odds, they leave every pool's share where it is as long as the nation's stays.

    Errors: DataError for a pool with more members at work than people of working age.
    """
    people = stock(CENSUS, assumptions)
    grown, active = working_age(people), active_by_pool(assumptions, people, CENSUS)
    if (active >= grown).any():
        code = data.pools()["code"].to_numpy()[int((active / grown).argmax())]
        raise DataError(f"province_funds_derived.csv: pool {code}: members at work exceed its people of working age")
    share = active / grown
    nation = active.sum() / grown.sum()
    odds = np.asarray(share / (1.0 - share) * ((1.0 - nation) / nation), np.float64)
    odds.setflags(write=False)
    return odds
