"""Measure the cost of a person-year: the engine, a chain of it in numpy, floors of the machine, a plain Mesa model."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from experiments.bench import floors
from experiments.bench.cost import NS, Cost
from experiments.bench.moment import ByEngine, ByNumpy, moment
from experiments.bench.person import STATE, YEARLY, Person
from experiments.bench.twin import PlainModel
from model import PoolingModel, Scenario

START, YEARS = 2025, 3
"""The warm-up year, after which a rule of the law first read in that year is compiled, and the years timed after it."""
REHEARSAL = 1_000
"""People of the small worlds in which everything is compiled before anything is timed."""
LARGEST_PLAIN = 20_000
CHAINS = 5
"""How often a chain is lived; the median counts, as for years."""
ENGINE, MEASURED, PLAIN = "gongji", "gongji_measured", "plain_mesa"
CHAIN, NUMPY = "gongji_chain", "numpy_chain"
PARTS = (CHAIN, NUMPY, floors.MEMORY, floors.DRAWS, floors.PAIRS, floors.TABLE)
"""Rows that are no whole year."""
NOTE = (
    "Median yearly step after one warm-up year, with recording, without compilation and without synthesis. "
    f"{ENGINE} leaves out the yearly measures of inequality and protection, as {PLAIN} does; {MEASURED} has them. "
    "Bytes are what is held of people between years: columns, or agents with their attributes. "
    f"{CHAIN} and {NUMPY} are one part of the year, to death and illness, income, contributions and accounts, over the "
    "same people: the engine's compiled phases, and the same rules in plain numpy, column by column, whose random "
    "numbers are drawn beforehand and not counted. Floors are the least this machine takes: every column of a person "
    "read and written once, four independent words drawn, an evenly spread pair drawn, one look into a table."
)


def world_of(engine: str, people: int, threads: int) -> PoolingModel:
    """Return a new world of an engine."""
    case = Scenario(people=people, start=START, end=START + YEARS)
    if engine == PLAIN:
        return PlainModel(case, rng=0)
    return PoolingModel(case, rng=0, threads=threads, measure=engine == MEASURED)


def bench(sizes: Sequence[int], tell: Callable[[str], None] = lambda words: None) -> list[Cost]:
    """Return the costs at all sizes, one world after the other; the plain model at the smallest size only."""
    plain = min(min(sizes), LARGEST_PLAIN)
    plan = [(PLAIN, plain, 1)]
    plan += [row for size in sorted(set(sizes)) for row in ((ENGINE, size, 1), (ENGINE, size, 2), (MEASURED, size, 1))]
    for engine, threads in sorted({(engine, threads) for engine, _, threads in plan}):
        cost(engine, min(REHEARSAL, plain), threads)
    costs = []
    for engine, people, threads in plan:
        costs.append(cost(engine, people, threads))
        tell(f"{engine}, {people:,} people, {threads} thread{'s' if threads > 1 else ''}")
    for size in sorted(set(sizes)):
        costs += chains(size)
        tell(f"{CHAIN} and {NUMPY}, {size:,} people, 1 thread")
    return [*costs, *floors.costs(max(sizes))]


def chains(people: int) -> list[Cost]:
    """Return the cost of one chain of the year by the engine's phases and in numpy, from the same moment of a year."""
    world = world_of(ENGINE, people, 1)
    world.step()
    now, held = moment(world), bytes_per_person(world)
    world.engine.close()
    costs = []
    for name, kind in ((CHAIN, ByEngine), (NUMPY, ByNumpy)):
        spent = []
        for again in range(CHAINS + 1):
            lives = kind(now)
            begin = time.perf_counter()
            lives.live()
            if again:
                spent.append((time.perf_counter() - begin) / len(now.people.key))
        costs.append(Cost(name, people, 1, statistics.median(spent) * NS, held))
    return costs


def cost(engine: str, people: int, threads: int) -> Cost:
    """Live a world's warm-up year and the years after it, and return the median cost of a person-year."""
    world = world_of(engine, people, threads)
    world.step()
    spent = []
    for _ in range(YEARS):
        gc.collect()
        begin = time.perf_counter()
        world.step()
        spent.append((time.perf_counter() - begin) / heads(world))
    held = bytes_per_person(world)
    if not isinstance(world, PlainModel):
        world.engine.close()
    del world
    gc.collect()
    return Cost(engine, people, threads, statistics.median(spent) * NS, held)


def heads(world: PoolingModel) -> int:
    """Return the number of people simulated."""
    return len(world.everybody) if isinstance(world, PlainModel) else len(world.engine)


def bytes_per_person(world: PoolingModel) -> float:
    """Return what people and homes hold between years, per person; Mesa's own registers are left out [bytes]."""
    if not isinstance(world, PlainModel):
        return world.engine.bytes_per_person
    seen: set[int] = set()
    total = sum(_size(agent.__dict__, seen) + _size(agent, seen) for agent in [*world.everybody, *world.families])
    total += sum(_size(family.members, seen) for family in world.families)
    names = (*STATE, *YEARLY, "place", "status", "unique_id")
    for person in world.agents_by_type[Person]:
        total += sum(_size(getattr(person, name), seen) for name in names)
    return total / heads(world)


def _size(thing: Any, seen: set[int]) -> int:
    """Return the bytes of one object, nothing where it was counted before."""
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    return sys.getsizeof(thing)


def ratio(costs: Sequence[Cost], row: Cost) -> float:
    """Return how many times the plain model takes as long for a person-year."""
    plain = next(cost for cost in costs if cost.engine == PLAIN)
    return plain.ns_per_person_year / row.ns_per_person_year


def rows(costs: Sequence[Cost]) -> list[dict[str, Any]]:
    """Return the costs as the contract's JSON holds them."""
    kept = [asdict(cost) for cost in costs]
    return [
        {**row, **{name: round(row[name], 2) for name in ("ns_per_person_year", "bytes_per_person")}} for row in kept
    ]


def table(costs: Sequence[Cost]) -> str:
    """Return the costs as a plain table, each with how many times faster it is than the plain model."""
    head = f"{'engine':<16} {'people':>12} {'threads':>7} {'ns/person-year':>15} {'bytes/person':>13} {'times':>8}"
    lines = [
        f"{c.engine:<16} {c.people:>12,} {c.threads:>7} {c.ns_per_person_year:>15,.1f} {c.bytes_per_person:>13,.0f} "
        f"{'' if c.engine in PARTS else f'{ratio(costs, c):,.1f}':>8}"
        for c in costs
    ]
    return "\n".join([head, *lines])


def summary(costs: Sequence[Cost]) -> str:
    """Return in one line how many times faster the engine is than the plain model, at the same size and at best."""
    plain = next(cost for cost in costs if cost.engine == PLAIN)
    engine = [cost for cost in costs if cost.engine == ENGINE]
    best = max(engine, key=lambda cost: ratio(costs, cost))
    same = [cost for cost in engine if cost.people == plain.people and cost.threads == 1]
    words = [f"{ratio(costs, c):,.0f} times at {c.people:,} people on {c.threads} thread(s)" for c in [*same, best]]
    told = f"{ENGINE} is faster a person-year than {PLAIN} at {plain.people:,} people: {', '.join(words)}"
    chained = {cost.engine: cost for cost in costs if cost.engine in (CHAIN, NUMPY)}
    if len(chained) == len((CHAIN, NUMPY)):
        times = chained[NUMPY].ns_per_person_year / chained[CHAIN].ns_per_person_year
        told += f"; {CHAIN} than {NUMPY} {times:,.1f} times at {chained[CHAIN].people:,} people"
    return told
