"""Outcome measures: pure functions of arrays and weights, without knowledge of the model.

Undefined results are NaN (`Undefined`, with a `reason`); bad arguments raise ValueError naming the argument.
A measure with one output returns a number or an array, others a result with named fields (`Fields`).
"""

from model.measures.balance import balance_ratio, deficit_first_passage, reserve_months
from model.measures.common import Fields, Undefined, coverage, undefined
from model.measures.concentration import (
    benefit_incidence,
    concentration_bounded,
    concentration_curve,
    concentration_index,
    kakwani_benefit,
    kakwani_contribution,
    kakwani_sources,
)
from model.measures.credibility import buhlmann, buhlmann_straub
from model.measures.decomposition import theil_decomposition, theil_nested
from model.measures.flows import cross_subsidy
from model.measures.inequality import atkinson, generalised_entropy, gini, gini_sample, income_shares, lorenz, theil
from model.measures.inequity import horizontal_inequity
from model.measures.pools import (
    pool_dispersion,
    pooling_cv,
    pooling_heterogeneous,
    province_slope,
    reserve_concentration,
)
from model.measures.protection import che_budget, che_who_europe, che_who_food, impoverishment
from model.measures.ranking import fractional_rank
from model.measures.redistribution import ajl_close, ajl_exact, redistribution

__all__ = [
    "Fields",
    "Undefined",
    "ajl_close",
    "ajl_exact",
    "atkinson",
    "balance_ratio",
    "benefit_incidence",
    "buhlmann",
    "buhlmann_straub",
    "che_budget",
    "che_who_europe",
    "che_who_food",
    "concentration_bounded",
    "concentration_curve",
    "concentration_index",
    "coverage",
    "cross_subsidy",
    "deficit_first_passage",
    "fractional_rank",
    "generalised_entropy",
    "gini",
    "gini_sample",
    "horizontal_inequity",
    "impoverishment",
    "income_shares",
    "kakwani_benefit",
    "kakwani_contribution",
    "kakwani_sources",
    "lorenz",
    "pool_dispersion",
    "pooling_cv",
    "pooling_heterogeneous",
    "province_slope",
    "redistribution",
    "reserve_concentration",
    "reserve_months",
    "theil",
    "theil_decomposition",
    "theil_nested",
    "undefined",
]
