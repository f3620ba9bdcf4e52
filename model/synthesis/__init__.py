"""The first population, built from the census and published totals: see `first_population`."""

from __future__ import annotations

from model.synthesis.assumed import founding_values
from model.synthesis.build import first_population, world_size
from model.synthesis.health import chronic_shares
from model.synthesis.population import Population, check_population, held_by_pool, reachable, scale_accounts

__all__ = [
    "Population",
    "check_population",
    "chronic_shares",
    "first_population",
    "founding_values",
    "held_by_pool",
    "reachable",
    "scale_accounts",
    "world_size",
]
