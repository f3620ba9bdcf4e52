"""Small worlds for tests: built and lived once, shared, and the hashes by which they are compared."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.columns import Table
from model.engine import BLOCK
from model.pooling import PoolingModel
from model.scenario import REFORMS, Reform, Scenario, load_reform

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = int(os.environ.get("GONGJI_TEST_PEOPLE", "2000"))
START = 2024
SAME = ("funds", "flows", "enrolment", "care")
"""Tables that the contract promises to the bit."""
ALL_STEPS = "steps_1_2_3"
REFORM_NAMES = tuple(sorted(path.stem for path in REFORMS.glob("*.yaml")))


def world_of(
    *,
    people: int = PEOPLE,
    start: int = START,
    end: int = START + 1,
    reforms: tuple[Reform, ...] = (),
    rng: int = 0,
    threads: int = 1,
    block: int = BLOCK,
) -> PoolingModel:
    """Build a world that has not lived yet."""
    return PoolingModel(Scenario(people, start, end, reforms), rng=rng, threads=threads, block=block)


def live(world: PoolingModel, until: int | None = None) -> PoolingModel:
    """Live a world to a year, or to its end."""
    while world.year < (until or world.case.end):
        world.step()
    return world


@cache
def lived(end: int = START + 1, start: int = START, rng: int = 0, reforms: tuple[Reform, ...] = ()) -> PoolingModel:
    """Return a world lived to its end, shared between tests: look, don't touch."""
    return live(world_of(start=start, end=end, rng=rng, reforms=reforms))


# ---- reforms moved in time ------------------------------------------------------------------------------------------
def first_year(reform: Reform) -> int:
    """Return the first year in which a reform is in force."""
    date = min(date for values in reform.changes.values() for date in values)
    return int(date.year + ((date.month, date.day) > (1, 1)))


@cache
def moved(name: str, year: int) -> Reform:
    """Return a shipped reform with all its dates moved so that its first is 1 January of a year."""
    reform = load_reform(name)
    gap = year - first_year(reform)

    def later(date: datetime.date) -> datetime.date:
        return date.replace(year=date.year + gap)

    changes = {path: {later(date): value for date, value in values.items()} for path, values in reform.changes.items()}
    return Reform(f"{name}_{year}", changes=changes)


# ---- hashes ---------------------------------------------------------------------------------------------------------
def _bytes(values: Any) -> bytes:
    """Return a column as bytes that do not depend on widths, on pandas or on the sign of not-a-number."""
    array = np.asarray(values)
    if array.dtype == object or array.dtype.kind in "UT":
        return "\n".join(str(word) for word in array.tolist()).encode()
    if array.dtype.kind == "f":
        return np.where(np.isnan(array), np.nan, array).astype("<f8").tobytes()
    return array.astype("<u8" if array.dtype.kind == "u" else "<i8").tobytes()


def hash_of(columns: Mapping[str, Any]) -> str:
    """Return the sha256 of named columns, in the order given."""
    digest = hashlib.sha256()
    for name, values in columns.items():
        digest.update(name.encode())
        digest.update(_bytes(values))
    return digest.hexdigest()


def frame_hash(frame: pd.DataFrame) -> str:
    """Return the sha256 of a table, the order of its rows included."""
    return hash_of({str(name): frame[name].to_numpy() for name in frame.columns})


def table_hash(world: PoolingModel, before: int | None = None) -> dict[str, str]:
    """Return the sha256 of each table that must keep its bits, of all years or of those before one."""
    tables = {name: world.record.tables[name] for name in SAME}
    if before is not None:
        tables = {name: table[table["year"] < before] for name, table in tables.items()}
        assert all(len(table) for table in tables.values())
    return {name: frame_hash(table) for name, table in tables.items()}


def people_hash(world: PoolingModel) -> str:
    """Return the sha256 of all columns of people and households."""
    people, homes = world.engine.people, world.engine.households
    return hash_of(people.arrays() | {f"home {name}": values for name, values in homes.arrays().items()})


def hashes(world: PoolingModel) -> dict[str, str]:
    """Return the hashes of the tables and of the people."""
    return table_hash(world) | {"people": people_hash(world)}


def snapshot(table: Table) -> dict[str, Any]:
    """Return copies of all columns."""
    return {name: values.copy() for name, values in table.arrays().items()}


def changed(before: Mapping[str, Any], table: Table) -> set[str]:
    """Return the columns that differ from a snapshot."""
    return {name for name, values in table.arrays().items() if not np.array_equal(values, before[name])}


# ---- worlds in processes of their own -------------------------------------------------------------------------------
def run_apart(
    script: str, folder: Path = ROOT, python: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a Python script in another process, from the root of a copy of the tree."""
    return subprocess.run(
        [python, "-W", "ignore", "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )


def lived_apart(folder: Path = ROOT, python: str = sys.executable, **environment: str) -> dict[str, Any]:
    """Live the world of `lived()` in another process and return its hashes and versions."""
    run = run_apart("from tests.worlds import tell; tell()", folder, python, **environment)
    assert run.returncode == 0, run.stderr[-3000:]
    told: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return told


def tell() -> None:
    """Live the world of `lived()` and print its hashes and the versions that made it."""
    import mesa
    import numba

    world = lived()
    versions = {"code": world.code_version(), "mesa": mesa.__version__, "python": list(sys.version_info[:2])}
    print(json.dumps(hashes(world) | versions | {"compiled": not vars(numba.config)["DISABLE_JIT"]}))


EARLY = {"grown_age": 25, "marriage_age_women": 15, "divorce_rate": 0.2, "marriage_level": 3.0}
"""Law of families by which children follow to an age at which they may marry, and many part and marry again."""
EARLY_AT_HOME = EARLY | {"marriage_age_men": 15, "found_home_share": 0.0, "first_leaving_age": 40}


def family_law(law: dict[str, float]) -> Reform:
    """Return a reform that lays down a law of families from the start."""
    return Reform("families", changes={f"family.{name}": {f"{START}-01-01": value} for name, value in law.items()})
