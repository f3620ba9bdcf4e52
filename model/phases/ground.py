"""The ground a year stands on: what compiled phases read of places, time and chance, beside people and law."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
from numpy.typing import NDArray

GROUND = {
    "seed": "world seed",
    "year": "year being lived",
    "province": "[pool] index of the province",
    "base_wage": "[pool] last year's average wage that bounds contribution bases [fen/year]",
    "wage": "[pool] this year's average wage [fen/year]",
    "income": "[pool, rural/urban] disposable income per head [fen/year]",
    "shape": "[rural/urban, point] income relative to the mean by place in the distribution",
    "subsidy": "[pool, centre/province/prefecture] treasury's subsidy of one resident [fen/year]",
    "peers": "[pool] share of the people outside the employee scheme who were insured last year",
    "effort": "[pool] local mobilisation, 1 = mean",
    "premium_growth": "growth of the residents' premium over the year before",
    "expected_benefit": "[chronic, age] what a resident may expect from the scheme [fen/year]",
    "onset": "[chronic, age] chance that chronic illness begins (none to mild) or worsens (mild to severe)",
    "mortality": "[sex, age] probability of dying within the year",
    "fertility": "[age] births a woman and year",
    "male_births": "share of boys among births",
    "visits": "[dies, status, chronic, age] scale of the number of outpatient visits (agents.care.events)",
    "stays": "[dies, status, chronic, age] scale of the number of hospital stays",
    "visit_cost": "[status] mean cost of an outpatient visit [fen]",
    "visit_tier": "[status, tier] cost of a visit by level of hospital, 1 = mean",
    "visit_edges": "[status, 2] cumulated shares of visitors of primary and of secondary hospitals",
    "stay_cost": "[status, tier] mean cost of a hospital stay [fen]",
    "stay_age": "[age] cost of a stay by age, 1 = mean",
    "chronic_cost": "[status, chronic] mean yearly cost of treatment of chronic illness out of hospital [fen/year]",
    "tier_edges": "[status, 2] cumulated shares of stays at primary and at secondary hospitals",
    "price": "[pool] local price of care with the year's shocks, 1 = national mean",
    "budget": "[pool, scheme] factor on the cost of care from the pool's budget",
    "coverage": "[pool, scheme] factor on basic benefits after arrears",
    "exponential": "quantile table of the exponential distribution",
    "log_odds": "table of log odds",
    "outpatient_spread": "quantile table of the cost of a year's visits",
    "inpatient_spread": "quantile table of the cost of a year's stays",
    "chronic_spread": "quantile table of the cost of chronic care",
    "outpatient_keys": "[4] words of the year's evenly spread outpatient draws",
    "inpatient_keys": "[4] words of the year's evenly spread inpatient draws",
}

Bounds = NDArray[np.int64]

Ground = namedtuple("Ground", list(GROUND))

SCRATCH = {
    "visits": "outpatient visits",
    "visit_tier": "level of the hospital visited",
    "stays": "hospital stays",
    "tier": "level of the hospital",
    "outpatient": "cost of visits [fen]",
    "chronic": "cost of treatment of chronic illness out of hospital [fen]",
    "inpatient": "cost of stays [fen]",
    "rest_out": "outpatient cost still to be paid [fen]",
    "rest_in": "inpatient cost still to be paid [fen]",
    "listed_out": "part of the rest that is on the insurance's list, outpatient [fen]",
    "listed_in": "part of the rest that is on the insurance's list, inpatient [fen]",
}

DRAWS = {
    "words": "[4, person] words of the phase's purpose",
    "pairs": "[2, person] evenly spread numbers for outpatient care",
    "more_pairs": "[2, person] evenly spread numbers for inpatient care",
}

Scratch = namedtuple("Scratch", [*SCRATCH, *DRAWS])


def new_scratch(size: int) -> Scratch:
    """Return room for the passing numbers of a block of people."""
    draws = np.zeros((4, size), np.uint32), np.zeros((2, size)), np.zeros((2, size))
    return Scratch(*np.zeros((len(SCRATCH), size), np.int64), *draws)


Sums = namedtuple("Sums", ["money", "heads", "care", "pairs", "enrolment", "profile"])
