"""What plain Python agents read and fill: law and surroundings as Python numbers, a year's draws, a year's sums."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.chance import HALF_STEP, TO_UNIT, Purpose, draw_pairs, draw_words
from model.phases.ground import Ground
from model.phases.marrying import WISH
from model.phases.tally import CareItem, EnrolmentItem, Tally

TABLES = ("exponential", "log_odds", "outpatient_spread", "inpatient_spread", "chronic_spread")
"""Tables that the compiled rules look numbers up in; they stay arrays."""
Keys = NDArray[np.uint64]
Sparse = defaultdict[tuple[int, int, int], list[int]]


def plain_law(record: Any) -> SimpleNamespace:
    """Return the law in force as Python numbers and lists: `law.employee.person_rate`, read once a year."""
    groups = {}
    for name in record.dtype.names:
        group = record[name]
        fields = group.dtype.names
        groups[name] = (
            np.asarray(group).tolist() if fields is None else SimpleNamespace(**{f: group[f].tolist() for f in fields})
        )
    return SimpleNamespace(**groups)


def plain_ground(ground: Ground) -> SimpleNamespace:
    """Return the surroundings of the year as Python numbers and lists; tables to look up in stay arrays."""
    values = ground._asdict()
    return SimpleNamespace(**{n: v if n in TABLES else np.asarray(v).tolist() for n, v in values.items()})


class Draws:
    """A year's uniform numbers, one batch a purpose; `draws.work[person.place]` are a person's numbers."""

    def __init__(self, ground: Ground, keys: Keys) -> None:
        """Draw whatever the year may ask of the people with these keys, in their order."""
        self._ground = ground
        self._keys = keys
        self.work = self._several(Purpose.WORK, 4)
        self.life = self._pair(Purpose.LIFE, ground.life_keys)
        self.enrolment = self._several(Purpose.ENROLMENT, 4)
        self.place_of_care = self._several(Purpose.PLACE_OF_CARE, 4)
        self.family = uniforms(ground.seed, Purpose.FAMILY, ground.year, keys)
        self.outpatient = self._pair(Purpose.OUTPATIENT, ground.outpatient_keys)
        self.inpatient = self._pair(Purpose.INPATIENT, ground.inpatient_keys)

    def _several(self, purpose: Purpose, number: int) -> list[tuple[float, ...]]:
        """Return up to four independent numbers of every person."""
        return several(self._ground.seed, purpose, self._ground.year, self._keys, number)

    def _pair(self, purpose: Purpose, spread: Any) -> list[tuple[float, ...]]:
        """Return the evenly spread pair of every person."""
        return pairs(self._ground, purpose, spread, self._keys)


def pairs(ground: Ground, purpose: Purpose, spread: Any, keys: Keys) -> list[tuple[float, ...]]:
    """Return the evenly spread pair of every key for one purpose and year."""
    out = np.empty((2, len(keys)), np.uint32)
    draw_pairs(ground.seed, int(purpose), ground.year, spread, keys, out)
    return list(zip(*((out + HALF_STEP) * TO_UNIT).tolist()))


def several(seed: int, purpose: Purpose, year: int, keys: Keys, number: int) -> list[tuple[float, ...]]:
    """Return up to four independent numbers of every key for one purpose and year."""
    return list(zip(*_words(seed, purpose, year, keys, number).tolist()))


def uniforms(seed: int, purpose: Purpose, year: int, keys: Keys) -> list[float]:
    """Return one number of every key for one purpose and year."""
    drawn: list[float] = _words(seed, purpose, year, keys, 1)[0].tolist()
    return drawn


def drawn_words(seed: int, purpose: Purpose, year: int, keys: Keys) -> tuple[list[tuple[float, ...]], list[int]]:
    """Return four numbers of every key for one purpose and year, and the third as the whole word it comes from."""
    out = np.empty((4, len(keys)), np.uint32)
    draw_words(seed, int(purpose), year, keys, out)
    return list(zip(*((out + HALF_STEP) * TO_UNIT).tolist())), out[WISH].tolist()


def _words(seed: int, purpose: Purpose, year: int, keys: Keys, number: int) -> NDArray[np.float64]:
    """Return the first numbers of every key for one purpose and year [number, key]."""
    out = np.empty((4, len(keys)), np.uint32)
    draw_words(seed, int(purpose), year, keys, out)
    return np.asarray((out[:number] + HALF_STEP) * TO_UNIT)


class Counts:
    """Sums of one stage of the year: lists by pool, and lists that begin where somebody is first counted."""

    def __init__(self, tally: Tally) -> None:
        """Start at zero."""
        self.money = np.zeros_like(tally.money).tolist()
        self.heads = np.zeros_like(tally.heads).tolist()
        self.profile = np.zeros_like(tally.profile).tolist()
        self.need = np.zeros_like(tally.need).tolist()
        self.listed = np.zeros_like(tally.listed).tolist()
        self.care: Sparse = defaultdict(lambda: [0] * len(CareItem))
        """[pool, status, care] sums by item."""
        self.enrolment: Sparse = defaultdict(lambda: [0] * len(EnrolmentItem))
        """[pool, scheme, work] counts by item."""
        self.pairs: defaultdict[tuple[int, int, int], int] = defaultdict(int)
        """[kind, holder's pool, user's pool] money."""

    def post(self, tally: Tally) -> None:
        """Add everything to a tally."""
        for name in ("money", "heads", "profile", "need", "listed"):
            sums = getattr(tally, name)
            sums += np.array(getattr(self, name), np.int64)
        for sums, counted in ((tally.care, self.care), (tally.enrolment, self.enrolment), (tally.pairs, self.pairs)):
            if counted:
                sums[tuple(np.array(list(counted)).T)] += np.array(list(counted.values()), np.int64)
