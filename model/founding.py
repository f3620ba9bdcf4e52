"""First populations on disk: made once, then mapped into memory by every world that begins with the same people."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from agents.columns import map_array, map_table, save_table
from agents.compiled import CODE_VERSION
from agents.household import HOUSEHOLD
from agents.person import PERSON
from model import data
from model.pooling import PoolingModel
from model.scenario import Scenario
from model.synthesis import Population, founding_values

FACTS = "facts.json"


def people_key(case: Scenario, seed: int) -> str:
    """Return 16 hex digits of all that decides the first population: people, start, seed, assumptions, data, code."""
    assumed = [[path, repr(value)] for path, value in sorted(founding_values(case.law(), case.start).items())]
    content = [case.people, case.start, seed, assumed, data.data_hash(), CODE_VERSION]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


class Founded(PoolingModel):
    """A world whose first people lie in a folder; the first world that finds none there puts them there.

    Columns are mapped copy on write: worlds on one machine share what none of them has changed.

    Args:
        folder: where the people lie or will lie; its name is to be their `people_key`.
        case: the scenario.
        rng: the seed of all chance.
        threads: threads that live people's phases; any number gives the same bits.

    """

    def __init__(self, folder: Path, case: Scenario, rng: int = 0, threads: int = 1) -> None:
        """Take the first people from the folder, or make them."""
        self._folder = folder
        super().__init__(case, rng, threads)

    def _first_people(self, part: int = 0) -> Population:
        folder = self._folder if self.parts == 1 else self._folder / str(part)
        return shared(folder, partial(super()._first_people, part))


def shared(folder: Path, make: Callable[[], Population]) -> Population:
    """Return the population in a folder; else make it and put it there, where that can be written."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        return load(folder)
    made = make()
    with contextlib.suppress(OSError):  # a full disk, or a twin was faster: these people serve as well
        save(made, folder)
    return made


def save(population: Population, folder: Path) -> None:
    """Write a population into a folder that does not exist yet, in one piece; raises OSError."""
    draft = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        save_table(population.people, draft, "people")
        save_table(population.households, draft, "homes")
        np.save(draft / "collective.npy", population.collective)
        facts = {"start": population.start, "weight": population.weight, "first": population.first}
        (draft / FACTS).write_text(json.dumps(facts), encoding="utf-8", newline="\n")
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load(folder: Path) -> Population:
    """Map a stored population into memory; raises OSError, ValueError or KeyError where it cannot be read."""
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    people, homes = map_table(PERSON, folder, "people"), map_table(HOUSEHOLD, folder, "homes")
    collective = map_array(folder / "collective.npy")
    return Population(facts["start"], facts["weight"], people, homes, collective, facts["first"])


__all__ = ["Founded", "load", "people_key", "save", "shared"]
