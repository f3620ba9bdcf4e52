"""The real model behind the experiments: imported only when a command needs it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.run import Simulator, World

SMALL, YEAR = 2_000, 2026
LAST = ("weigh", "money_out", "premiums", "inherit", "relatives")
"""Stages of the year whose functions a second worker compiles ahead: half of the time that all take."""


def build(scenario: Any, seed: int, threads: int) -> World:
    """Return a new world of a scenario."""
    from model import PoolingModel

    world: World = PoolingModel(scenario, rng=seed, threads=threads)
    return world


def cold() -> bool:
    """Say whether the last of the year's drivers was not compiled yet of this code; the first people leave others."""
    from agents.compiled import CACHE, INTERPRETED

    return not INTERPRETED and not any(CACHE.rglob("drivers.money_out-*.nbi"))


def warm() -> None:
    """Compile what a year needs last, while another worker compiles the rest on its way.

    In the year accounts pay premiums too.
    """
    from model import PoolingModel, Scenario

    PoolingModel(Scenario(people=SMALL, start=YEAR, end=YEAR), rng=0).compile_ahead(*LAST)


def save(world: Any, folder: Path) -> None:
    """Put a world that has closed a year on disk."""
    from model import checkpoint

    checkpoint.save(world, folder)


def resume(folder: Path, scenario: Any, threads: int) -> World:
    """Take a world up from disk under a scenario."""
    from model import checkpoint

    world: World = checkpoint.Resumed(folder, scenario, threads)
    return world


def people_key(scenario: Any, seed: int) -> str:
    """Return what names a scenario's and seed's first people."""
    from model import founding

    return founding.people_key(scenario, seed)


def found(folder: Path, scenario: Any, seed: int, threads: int) -> World:
    """Return a new world of a scenario whose first people lie in a folder, or will."""
    from model import founding

    world: World = founding.Founded(folder, scenario, seed, threads)
    return world


def on_disk(folder: Path, scenario: Any, seed: int, threads: int) -> World:
    """Return a world whose people lie in a folder: taken up where a year was kept there, else a new one."""
    from model import on_disk as disk

    world: World = disk.on_disk(folder, scenario, seed, threads)
    return world


def restore(plain: Mapping[str, Any]) -> Any:
    """Return the scenario that a manifest describes."""
    from model import Reform, Scenario

    fields = dict(plain)
    reforms = tuple(
        Reform(**{**reform, "changes": _with_codes(reform["changes"])}) for reform in fields.pop("reforms", ())
    )
    return Scenario(reforms=reforms, **fields)


def _with_codes(value: Any) -> Any:
    """Return values by place with codes as numbers again; JSON keeps them as text."""
    if isinstance(value, Mapping):
        return {int(key) if str(key).isdigit() else key: _with_codes(item) for key, item in value.items()}
    return value


@functools.cache
def law_hash(scenario: Any) -> str:
    """Return the sha256 of the law with the scenario's reforms laid over it."""
    return str(scenario.law().hash())


def data_hash() -> str:
    """Return the sha256 of the data catalogue."""
    from model import data

    return str(data.data_hash())


def code_version() -> str:
    """Return the sha256 of the code."""
    from agents.compiled import CODE_VERSION

    return CODE_VERSION


MODEL = Simulator(
    build, restore, law_hash, data_hash, code_version, save, resume, people_key, found, cold, warm, on_disk
)
