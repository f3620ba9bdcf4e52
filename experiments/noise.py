"""How much a pool's cost per head moves by chance of the sample alone: `python -m experiments.noise 100000 200000`.

Shocks and the true members' chance are switched off, so that what is left is noise of the sample. Every seed draws a
new population and one year, once with evenly spread draws of illness and once with independent ones.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.chance import BORN_LATER
from agents.codes import Scheme
from experiments.odd import markdown
from model import PoolingModel, Reform, Scenario

SEEDS = 8
YEAR = 2024
PERCENT = 100
SHOCKS = ("person_cv", "pool_shock", "province_shock", "nation_shock")
CALM = Reform("calm", changes={f"care.{name}": {2018: 0.0} for name in SHOCKS})
HEAD = ("people", "insured in the median pool", "evenly spread draws", "independent draws", "chance among true members")


def cost_per_head(people: int, seed: int, independent: bool) -> tuple[NDArray[Any], NDArray[Any], PoolingModel]:
    """Return cost of care per insured person [fen] and insured rows, by pool, after one calm year; and the world."""
    world = PoolingModel(Scenario(people=people, start=YEAR, end=YEAR, reforms=(CALM,)), rng=seed, measure=False)
    if independent:
        keys = world.engine.people.arrays()["key"]
        keys |= BORN_LATER  # keys of people born later draw independently
    world.step()
    p = world.engine.people
    insured = p.scheme != Scheme.NONE
    heads = np.bincount(p.insured[insured], minlength=len(world.pools))
    cost = np.bincount(p.insured[insured], p.cost[insured], minlength=len(world.pools))
    return cost / np.maximum(heads, 1), heads, world


def noise(people: int, seeds: int = SEEDS) -> tuple[str, ...]:
    """Return a row of the table: the coefficient of variation over seeds in the median pool, and the true one."""
    spreads = []
    for independent in (False, True):
        years = [cost_per_head(people, seed, independent) for seed in range(seeds)]
        costs = np.array([cost for cost, _, _ in years])
        heads, world = years[0][1:]
        kept = (heads > 0) & (costs.mean(axis=0) > 0)
        spreads.append(float(np.median(costs[:, kept].std(axis=0, ddof=1) / costs[:, kept].mean(axis=0))))
    middle = float(np.median(heads[kept]))
    cv = float(Scenario(people=people, start=YEAR, end=YEAR).law().value("care.person_cv", YEAR))
    shown = [f"{PERCENT * value:.2g} %" for value in (*spreads, cv / np.sqrt(middle * world.weight))]
    return f"{len(world.engine.people):,}", f"{middle:.0f}", *shown


if __name__ == "__main__":
    print(markdown(HEAD, [noise(int(size)) for size in sys.argv[1:] or ["100000", "200000"]]), end="")
