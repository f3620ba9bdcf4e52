"""Chronic illness by age: none, mild or severe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agents.chance import Purpose
from model.data import cached, table
from model.errors import DataError
from model.synthesis.people import stock
from model.synthesis.tools import KIND, Columns, Seed, by_age, choose, looked_up

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PREVALENCE_YEAR = "2018"
ADULT, MIDDLE, OLD, OLDEST = 15, 45, 65, 80
ANY, SEVERE = range(2)  # streams of chance
PERCENT = 100


@cached
def published(group: str) -> float:
    """Return the share of an age group with a chronic illness (National Health Services Survey 2018)."""
    frame = table("health_use")
    rows = frame[(frame["indicator"] == "chronic_disease_prevalence") & (frame["age_group"] == group)]
    rows = rows[(rows["area_or_group"] == "national") & (rows["year"] == PREVALENCE_YEAR)]
    if len(rows) != 1:
        raise DataError(f"health_use.csv: chronic_disease_prevalence of {group} in {PREVALENCE_YEAR}: expected one row")
    return float(rows["value"].iloc[0]) / PERCENT


def prevalence(people: NDArray[np.float64], assumptions: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the share with a chronic illness by age [121]: linear between ages, meeting both published means."""
    size = people.shape[-1]
    number = people.sum(axis=(0, 1))
    child = assumptions["synthesis.chronic_at_15"]
    rise = assumptions["synthesis.chronic_rise_65_to_80"]
    old = by_age([(OLD, 1.0), (OLDEST, rise)], size)
    level = published("65+") * number[OLD:].sum() / (number[OLD:] * old[OLD:]).sum()
    known = by_age([(ADULT, child), (MIDDLE, 0.0), (OLD, level), (OLDEST, level * rise)], size)
    hat = by_age([(ADULT, 0.0), (MIDDLE, 1.0), (OLD, 0.0)], size)
    missing = published("15+") * number[ADULT:].sum() - (number[ADULT:] * known[ADULT:]).sum()
    result = known + hat * (missing / (number[ADULT:] * hat[ADULT:]).sum())
    result[:ADULT] = child / 2
    return np.asarray(np.clip(result, 0.0, 1.0), dtype=np.float64)


def chronic_shares(assumptions: Mapping[str, float]) -> NDArray[np.float64]:
    """Return the shares of each age with no, mild and severe chronic illness, as surveyed in 2018 [3, 121]."""
    people = stock(int(PREVALENCE_YEAR), assumptions)
    points = [
        (MIDDLE, assumptions["synthesis.severe_share_at_45"]),
        (OLDEST, assumptions["synthesis.severe_share_at_80"]),
    ]
    anything, severe = prevalence(people, assumptions), by_age(points, people.shape[-1])
    severe[0] = 0.0  # illness gets worse one level a year
    return np.stack([1 - anything, anything * (1 - severe), anything * severe])


def chronic(columns: Columns, seed: Seed, assumptions: Mapping[str, float]) -> NDArray[np.int8]:
    """Return 0, 1 or 2 for no, mild and severe chronic illness [code]."""
    age = columns["age"]
    cell = columns["band"] * 2 + columns["sex"]
    none, _, severe = chronic_shares(assumptions)
    worse = np.divide(severe, 1 - none, out=np.zeros(len(none)), where=none < 1)
    result, rows = np.zeros(len(age), dtype=KIND), np.arange(len(age))
    for stream, share in ((ANY, 1 - none), (SEVERE, worse)):
        rows = choose(rows, looked_up(share, age[rows]), cell, seed, Purpose.SYNTHESIS_HEALTH, stream)
        result[rows] = stream + 1
    return result
