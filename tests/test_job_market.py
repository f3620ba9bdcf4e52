"""Jobs are found where members are counted: every pool's share at work stays, and impossible tables are refused."""

from __future__ import annotations

import numpy as np
import pytest

from model import data, job_market
from model.demography import CENSUS
from model.errors import DataError
from model.scenario import Scenario
from model.synthesis.people import stock
from model.synthesis.targets import active_by_pool, working_age

EXIT = 0.08


@pytest.fixture(scope="module")
def assumed() -> dict[str, float]:
    """Return what the first population assumes."""
    return {f"synthesis.{name}": value for name, value in Scenario().law().group("synthesis", 2024).items()}


def test_every_pool_keeps_its_share_where_the_nation_does(assumed: dict[str, float]) -> None:
    """Entry that holds the nation's share, times the odds, balances the leavers of every pool."""
    people = stock(CENSUS, assumed)
    share = active_by_pool(assumed, people, CENSUS) / working_age(people)
    nation = active_by_pool(assumed, people, CENSUS).sum() / working_age(people).sum()
    entry = EXIT * nation / (1.0 - nation)
    found = entry * job_market.job_odds(assumed) * (1.0 - share)
    np.testing.assert_allclose(found, EXIT * share, rtol=1e-12)
    assert share.max() / share.min() > 2


def test_more_members_than_people_of_working_age_are_refused(
    assumed: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line names the table and the pool."""
    many = active_by_pool(assumed, stock(CENSUS, assumed), CENSUS)
    many[3] *= 50
    monkeypatch.setattr(job_market, "active_by_pool", lambda *_: many)
    with pytest.raises(DataError, match=f"province_funds_derived.csv: pool {data.pools()['code'][3]}: members at work"):
        job_market.job_odds(assumed)
