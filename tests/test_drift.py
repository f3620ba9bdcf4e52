"""Wider pooling and dearer care: nothing by default, over some years where the law says so, not before it rose."""

from __future__ import annotations

import numpy as np

from agents.codes import Scheme
from model import data
from model.drift import spending_drift, years_since_rise
from model.policy import law_record, load_policy
from model.scenario import Reform, load_reform

POOLS = data.pools()
POLICY = load_policy()
COSTLY = POLICY.with_reforms((load_reform("provincial_pooling_costly"),))


def factor(policy, year: int) -> np.ndarray:
    return spending_drift(policy, law_record(policy, year, POOLS)[0], year, POOLS)


def test_nothing_drifts_by_default() -> None:
    assert (factor(POLICY, 2035) == 1.0).all()


def test_spending_drifts_over_three_years_where_pooling_rose() -> None:
    rose = ~POOLS["province"].isin([110000, 120000, 310000, 460000, 500000, 630000]).to_numpy()
    for year, share in ((2026, 0.0), (2027, 1 / 3), (2028, 2 / 3), (2029, 1.0), (2040, 1.0)):
        found = factor(COSTLY, year)[:, Scheme.EMPLOYEE]
        np.testing.assert_allclose(found[rose], 1.0 + 0.186 * share)
        assert (found[~rose] == 1.0).all(), "pooled by province before: in the measured cost already"
    assert (factor(COSTLY, 2040)[:, Scheme.NONE] == 1.0).all()


def test_years_count_from_the_rise() -> None:
    policy = POLICY.with_reforms((Reform("x", changes={"pooling.resident_level": {2026: {320000: 1}}}),))
    years = years_since_rise(policy, "pooling.resident_level", 2028, POOLS)
    in_jiangsu = (POOLS["province"] == 320000).to_numpy()
    assert set(years[in_jiangsu]) == {3}
    assert not years[~in_jiangsu].any()
