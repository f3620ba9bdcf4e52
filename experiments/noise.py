"""How much a pool's cost per head moves by chance of the sample alone: `python -m experiments.noise 100000 200000`.

Shocks and the true members' chance are switched off, so that what is left is noise of the sample. Every seed draws a
new population and one year, once with evenly spread draws of illness and once with independent ones. With `--money` the
table is that of funds: spending a head of the median pool, what steps 1 to 3 move in two years when all three begin at
once, and what critical illness and large-sum cover pay in them. One world is held at a time, in memory, or with
`--disk FOLDER` in parts there. The median pool's spread is the root of the median of variances, which over few seeds
lies below the true one by a known factor (that of chi-square) and is divided by it. With `--against RUN` smaller worlds
are held to the first year of a stored run, such as one of everybody, under its law, seed and shocks.
"""

from __future__ import annotations

import argparse
import gc
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import chi2

from agents.chance import BORN_LATER
from agents.codes import Scheme
from experiments.command import Parser, in_one_line, whole
from experiments.odd import markdown
from experiments.options import check, check_folder
from experiments.outcomes import POOLS, style
from experiments.plan import check_memory
from experiments.run import cpu_count, identify
from experiments.simulator import MODEL
from experiments.store import MANIFEST, read_manifest, read_table
from experiments.study import MOST_RUNS
from experiments.verify import lived_scenario, other_version
from model import PoolingModel, Reform, Scenario, load_reform
from model.errors import ResultsError
from model.on_disk import on_disk

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
        world.engine.change(lambda _, engine: drawn_apart(engine.people.key))
    world.step()
    p = world.engine.people
    insured = p.scheme != Scheme.NONE
    heads = np.bincount(p.insured[insured], minlength=len(world.pools))
    cost = np.bincount(p.insured[insured], p.cost[insured], minlength=len(world.pools))
    return cost / np.maximum(heads, 1), heads, world


def drawn_apart(keys: NDArray[np.uint64]) -> None:
    """Make keys those of people born later, who draw independently."""
    keys |= BORN_LATER


def middle_spread(drawn: NDArray[Any]) -> float:
    """Return the coefficient of variation over seeds [seed, pool] in the median pool, as of endless seeds."""
    free = len(drawn) - 1
    drawn = drawn[:, drawn.mean(axis=0) > 0]  # where nothing is ever spent, nothing spreads
    squares = np.square(drawn.std(axis=0, ddof=1) / drawn.mean(axis=0))
    return float(np.sqrt(np.median(squares) * free / chi2.median(free)))


def noise(people: int, seeds: int = SEEDS) -> tuple[str, ...]:
    """Return a row of the table: the coefficient of variation over seeds in the median pool, and the true one."""
    spreads = []
    for independent in (False, True):
        rows = []
        for seed in range(seeds):
            cost, heads, world = cost_per_head(people, seed, independent)
            rows.append(cost)
            if seed == 0:
                kept_heads, rows_lived, weight = heads, len(world.engine), world.weight
            del world
            gc.collect()
        costs = np.array(rows)
        kept = (kept_heads > 0) & (costs.mean(axis=0) > 0)
        spreads.append(middle_spread(costs[:, kept]))
    middle = float(np.median(kept_heads[kept]))
    cv = float(Scenario(people=people, start=YEAR, end=YEAR).law().value("care.person_cv", YEAR))
    shown = [f"{PERCENT * value:.2g} %" for value in (*spreads, cv / np.sqrt(middle * weight))]
    return f"{rows_lived:,}", f"{middle:.0f}", *shown


def steps_at_once() -> Reform:
    """Return the three steps with every change put into the first year."""
    changes = load_reform("steps_1_2_3").changes
    return Reform("at_once", changes={path: {YEAR: list(dated.values())[-1]} for path, dated in changes.items()})


def money_of(people: int, seed: int, disk: Path | None = None) -> tuple[pd.Series[float], dict[str, float], int]:
    """Give spending a member by pool [yuan], what steps move and covers pay [bn yuan, two years], and people lived.

    The people lie in a folder of the disk where one is given; it is removed afterwards.
    """
    case = Scenario(people=people, start=YEAR, end=YEAR + 1, reforms=(CALM, steps_at_once()))
    world: PoolingModel
    if disk is None:
        world = PoolingModel(case, rng=seed, threads=cpu_count(), measure=False)
    else:
        world = on_disk(disk / f"{people}-{seed}", case, seed, cpu_count())
    while world.year < YEAR + 1:
        world.step()
    funds, flows, care = world.record.funds, world.record.flows, world.record.care
    heads = first_year(funds, YEAR)
    spent = heads["spending_fen"] / heads["members"] / style()["fen_per_yuan"]
    sums = flows.groupby("kind")["amount_fen"].sum() / style()["fen_per_bn_yuan"]
    moved = {kind: float(sums.get(kind, 0.0)) for kind in MOVED}
    moved |= {cover: float(care[f"{cover}_fen"].sum()) / style()["fen_per_bn_yuan"] for cover in COVERS}
    lived = len(world.engine)
    world.engine.close()
    if disk is not None:
        shutil.rmtree(disk / f"{people}-{seed}")
    return spent, moved, lived


def money_noise(people: int, seeds: int = SEEDS, disk: Path | None = None) -> tuple[str, ...]:
    """Return a row of the table of funds: spread of spending a head over seeds, and mean and sd of money moved."""
    found = []
    for seed in range(seeds):
        found.append(money_of(people, seed, disk))
        gc.collect()
    spent = pd.DataFrame([spent for spent, _, _ in found]).dropna(axis="columns")
    kinds = [spent.xs(fund, level="fund", axis="columns") for fund in POOLS]
    funds = [f"{PERCENT * middle_spread(kind.to_numpy()):.2g} %" for kind in (*kinds, spent)]
    sums = pd.DataFrame([moved for _, moved, _ in found])
    shown = [f"{sums[name].mean():,.3g} ± {sums[name].std(ddof=1):,.2g}" for name in (*MOVED, *COVERS)]
    return f"{found[0][2]:,}", str(seeds), *funds, *shown


@dataclass(frozen=True)
class Stored:
    """A stored run to be held to: its scenario and seed, its funds, and what differs from law, data and code here."""

    case: Scenario
    seed: int
    funds: pd.DataFrame
    other: str


def stored(folder: Path) -> Stored:
    """Return a stored run; raise ResultsError where the folder is not that of one that was lived to its end."""
    if not (folder / MANIFEST).is_file():
        raise ResultsError(f"{folder}: expected the folder of one run, with its {MANIFEST}")
    manifest, file = read_manifest(folder), folder / "funds.parquet"
    if manifest["status"] != "complete":
        raise ResultsError(f"{folder / MANIFEST}: status: expected complete, got {manifest['status']}")
    case, funds = lived_scenario(MODEL, folder, manifest), read_table(file)
    for name in READ:
        if name not in funds or pd.api.types.is_numeric_dtype(funds[name]) == (name == "fund"):
            raise ResultsError(f"{file}: expected the column {name}, {'a text' if name == 'fund' else 'numbers'}")
    if first_year(funds, case.start).empty:
        raise ResultsError(f"{file}: expected pools with members in {case.start}, the first year")
    seed = int(manifest["seed"])
    return Stored(case, seed, funds, other_version(manifest, identify(MODEL, case, seed)))


def against(told: Stored, people: int) -> tuple[str, ...]:
    """Return a row: how far a world of so many people is from a stored run in that run's first year.

    Spending a head as a coefficient of variation in the median pool; of the nation's income and spending the farthest.
    """
    start = told.case.start
    world = PoolingModel(
        replace(told.case, people=people, end=start), rng=told.seed, threads=cpu_count(), measure=False
    )
    world.step()
    both = [first_year(funds, start) for funds in (world.record.funds, told.funds)]
    spent = [each["spending_fen"] / each["members"] for each in both]
    apart = (spent[0] / spent[1] - 1.0).dropna()
    sums = [each.groupby("fund")[["income_fen", "spending_fen"]].sum() for each in both]
    funds = [apart.xs(fund, level="fund") for fund in POOLS]
    middles = [np.sqrt(np.median(np.square(each)) / chi2.median(1)) for each in (*funds, apart)]
    farthest = float((sums[0] / sums[1] - 1.0).abs().to_numpy().max())
    lived = len(world.engine)
    world.engine.close()
    return f"{lived:,}", *(f"{PERCENT * value:.2g} %" for value in (*middles, farthest))


def first_year(funds: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the pools that have members in a year, by fund and prefecture."""
    there = (funds["year"] == year) & funds["fund"].isin(POOLS) & (funds["members"] > 0)
    return funds[there].set_index(["fund", "prefecture"])


MOVED = ("step1_loan", "step2_aid", "step3_aid")
COVERS = ("critical", "large_sum")
MONEY_HEAD = (
    "people",
    "seeds",
    "employee pool: spending a head",
    "resident pool: spending a head",
    "all pools: spending a head",
    *(f"{name} [bn yuan]" for name in ("step 1 loans", "step 2 aid", "step 3 aid", "critical illness", "large-sum")),
)
AGAINST_HEAD = ("people", *(cell.split(" [")[0] for cell in MONEY_HEAD[2:5]), "nation: income and spending")

READ = ("year", "fund", "prefecture", "members", "income_fen", "spending_fen")
"""Columns of the funds that are read of a stored run."""


@in_one_line
def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table asked for; return the exit code."""
    given = options(arguments)
    if given.against is not None:
        told, head = stored(given.against), AGAINST_HEAD
        if told.other:
            print(f"note: {given.against}: {told.other}", file=sys.stderr)
        rows = [against(told, size) for size in given.people]
    elif given.money:
        head = MONEY_HEAD
        rows = [money_noise(size, given.seeds, given.disk) for size in given.people]
    else:
        head = HEAD
        rows = [noise(size, given.seeds) for size in given.people]
    print(markdown(head, rows), end="")
    return 0


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command's options, checked."""
    parser = Parser(prog="python -m experiments.noise", description=str(__doc__).splitlines()[0])
    parser.add_argument("people", nargs="*", type=whole(1), default=[100_000, 200_000])
    parser.add_argument("--seeds", type=whole(2, MOST_RUNS), help=f"worlds of each size; {SEEDS} unless told")
    parser.add_argument("--money", action="store_true", help="the table of funds and of money moved")
    parser.add_argument("--disk", type=Path, help="with --money: a folder for the people of worlds beyond memory")
    parser.add_argument("--against", type=Path, metavar="RUN", help="the folder of a stored run to be held to")
    given = parser.parse_args(arguments)
    if given.against is not None:
        beside = [name for name in ("seeds", "money", "disk") if getattr(given, name)]
        check(not beside, f"--against {given.against}: expected it alone, got --{' and --'.join(beside)} beside it")
    check(given.money or given.disk is None, f"--disk {given.disk}: expected it with --money")
    if given.disk is None:
        check_memory(max(given.people), 1)
    else:
        check_folder("--disk", given.disk)
    given.seeds = given.seeds or SEEDS
    return given


if __name__ == "__main__":
    sys.exit(main())
