"""The 2020 census by pool, sex and age: five-year groups as published, single years by a smooth curve through them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from model.data.apportion import monotone, split_rows
from model.data.catalogue import cached, table
from model.data.pools import members, pools, sum_by_pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEXES = ("male", "female")
AGE_STARTS = (0, 1, *range(5, 90, 5))  # the census's groups: 0, 1-4, 5-9 … 80-84, 85 and over
OLD_STARTS = (85, 90, 95)  # groups of the projection that divide 85 and over
OLD_GROUPS = ("85-89", "90-94", "95_plus")
OLDEST = 100  # single years end with 100 and over
CENSUS_YEAR = 2020


def by_pool(name: str, columns: list[str], code: str = "prefecture_code") -> NDArray[Any]:
    """Add up a table of prefectures to pools; the XPCC's cities become one pool [pool, column]."""
    return sum_by_pool(table(name), code, columns)


@cached
def _age_groups() -> NDArray[np.int64]:
    """Return the census counts by pool, sex and age group."""
    frame = table("age_sex_2020")
    place = members() | {int(code): index for index, code in enumerate(pools()["code"])}
    names = [column for column in frame.columns if column.startswith("male_")]
    counts = np.zeros((len(pools()), len(SEXES), len(AGE_STARTS)), dtype=np.int64)
    rows = frame[frame["code"].isin(list(members()))]
    for position, sex in enumerate(SEXES):
        values = rows[[name.replace("male", sex, 1) for name in names]].to_numpy(dtype=np.int64)
        for row, code in enumerate(rows["code"]):
            counts[place[int(code)], position] += values[row]
    counts.setflags(write=False)
    return counts


def age_groups() -> NDArray[np.int64]:
    """Return persons of the 2020 census [pool 358, sex 2, age group 19], groups starting at AGE_STARTS.

    The ten XPCC cities, which the census lists one by one, are added up; the whole is 1,409,778,724.
    """
    return _age_groups()


@cached
def _single_ages() -> NDArray[np.int64]:
    """Return the census counts by single year."""
    groups = age_groups()
    shape = groups.shape[0] * groups.shape[1]
    counts = groups.reshape(shape, len(AGE_STARTS))
    old = np.stack([_old_shares(sex) for sex in SEXES])
    tail = split_rows(counts[:, -1], np.tile(old, (groups.shape[0], 1)))
    counts = np.concatenate([counts[:, :-1], tail], axis=1)
    knots = np.array([*AGE_STARTS[:-1], *OLD_STARTS, OLDEST + 1], dtype=np.float64)
    heights = np.concatenate([np.zeros((shape, 1)), counts.cumsum(axis=1)], axis=1).astype(np.float64)
    curve = monotone(knots, heights, np.arange(OLDEST + 2, dtype=np.float64))
    yearly = np.diff(curve, axis=1)
    result = np.zeros(yearly.shape, dtype=np.int64)
    starts = [int(knot) for knot in knots]
    for group, (start, end) in enumerate(pairwise(starts)):
        result[:, start:end] = split_rows(counts[:, group], yearly[:, start:end])
    years = result.reshape(groups.shape[0], groups.shape[1], OLDEST + 1)
    years.setflags(write=False)
    return years


def single_ages() -> NDArray[np.int64]:
    """Return persons of the 2020 census [pool 358, sex 2, age 0 to 100], the last age being 100 and over.

    Derived: a monotone curve through the cumulative counts of each pool and sex; 85 and over is divided first by the
    national shares of the UN's 2020 estimate. Every five-year group adds up to the census exactly.
    """
    return _single_ages()


def _old_shares(sex: str) -> NDArray[np.float64]:
    """Return how many of those of 85 and over are in each older group (UN WPP 2024, mid-2020)."""
    frame = table("projection_wpp2024")
    rows = frame[(frame["indicator"] == "population_mid_year") & (frame["year"] == CENSUS_YEAR) & (frame["sex"] == sex)]
    values = dict(zip(rows["age_group"], rows["value"], strict=True))
    return np.array([values[group] for group in OLD_GROUPS], dtype=np.float64)
