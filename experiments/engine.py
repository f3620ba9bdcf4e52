"""The real model behind the experiments: imported only when a command needs it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from experiments.run import Engine, World


def build(scenario: Any, seed: int, threads: int) -> World:
    """Return a new world of a scenario."""
    from model import PoolingModel  # noqa: PLC0415

    world: World = PoolingModel(scenario, rng=seed, threads=threads)
    return world


def restore(plain: Mapping[str, Any]) -> Any:
    """Return the scenario that a manifest describes."""
    from model import Reform, Scenario  # noqa: PLC0415

    fields = dict(plain)
    reforms = tuple(Reform(**reform) for reform in fields.pop("reforms", ()))
    return Scenario(reforms=reforms, **fields)


@functools.cache
def law_hash(scenario: Any) -> str:
    """Return the sha256 of the law with the scenario's reforms laid over it."""
    from model.policy import load_policy  # noqa: PLC0415

    return load_policy().with_reforms(scenario.reforms).hash()


def data_hash() -> str:
    """Return the sha256 of the data catalogue."""
    from model import data  # noqa: PLC0415

    return str(data.data_hash())


def code_version() -> str:
    """Return the sha256 of the code."""
    from agents.compiled import CODE_VERSION  # noqa: PLC0415

    return CODE_VERSION


MODEL = Engine(build, restore, law_hash, data_hash, code_version)
