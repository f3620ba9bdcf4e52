"""Who used care, who was advised a stay and who gave it up: the year's draws once more, which no column keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.care import events
from agents.chance import Purpose, draw_pairs, four, unit
from agents.codes import Advice, Scheme
from agents.columns import Table
from agents.compiled import compiled, int64
from agents.person import Columns, columns_of
from model.measures import undefined
from model.measuring import kernels as k
from model.measuring.rows import NATION, Measure
from model.phases.caring import RANK_BITS
from model.phases.ground import AT_ONCE, FIFTHS, Ground
from model.phases.standing import status_of
from model.phases.tally import AGES

NOBODY_ADVISED = "nobody was advised a stay"
Each = Callable[[Callable[[int], None], Iterable[int]], None]


def one_by_one(work: Callable[[int], None], items: Iterable[int]) -> None:
    """Do the work on every item."""
    for item in items:
        work(item)


class Sought(NamedTuple):
    """What care everybody sought in a year [person]."""

    advised: NDArray[np.uint8]
    """Whether a stay was advised, and whether it was given up (`Advice`)."""
    used: NDArray[np.uint8]
    """1 with a visit, treatment of chronic illness or a stay, else 0; medicine bought from accounts is none of them."""


def sought(people: Table, ground: Ground, care: Any, each: Each = one_by_one, threads: int = 1) -> Sought:
    """Return who was advised a stay in the year just lived and who gave it up [Advice], and who used care [0/1].

    Args:
        people: the people as they are at the end of the year.
        ground: the ground on which they sought care.
        care: the law's numbers of care.
        each: does a piece of work on every thread.
        threads: how many there are.

    """
    found = Sought(np.zeros(len(people), np.uint8), np.zeros(len(people), np.uint8))
    rows = np.linspace(0, len(people), threads + 1).astype(np.int64)
    shares, columns = np.array(care.unmet_need_poor, np.float64), columns_of(people)

    def look(thread: int) -> None:
        first, last, room = rows[thread], rows[thread + 1], np.empty((2, AT_ONCE), np.uint32)
        treat(
            columns, first, last, ground.seed, ground.year, ground.outpatient_keys, ground.visits, ground.chronic_cost,
            ground.exponential, int(care.most_visits), room, found.used,
        )  # fmt: skip
        advise(
            columns, first, last, ground.seed, ground.year, ground.inpatient_keys, ground.stays, ground.stays_from,
            ground.exponential, int(care.most_stays), shares, room, found.advised, found.used,
        )  # fmt: skip

    each(look, range(threads))
    return found


@compiled
def treat(
    p: Columns,
    first: int,
    last: int,
    seed: int,
    year: int,
    spread: Any,
    visits: Any,
    chronic_cost: Any,
    exponential: Any,
    most: int,
    pairs: Any,
    used: Any,
) -> None:
    """Write who of some people had a visit or treatment of chronic illness, as `caring.seek_care` draws it."""
    for start in range(first, last, pairs.shape[1]):
        keys = p.key[start : min(start + pairs.shape[1], last)]
        draw_pairs(seed, int64(Purpose.OUTPATIENT), year, spread, keys, pairs)
        for n in range(keys.size):
            i = start + n
            dying, chronic, age = int64(p.dying[i]), int64(p.chronic[i]), min(int64(p.age[i]), AGES - 1)
            status = status_of(int64(p.work[i]), int64(p.scheme[i]))
            treated = chronic > 0 and chronic_cost[dying, status, chronic] > 0.0
            scale = visits[dying, status, chronic, age]
            used[i] = int64(treated or events(exponential, unit(pairs[0, n]), scale, most) > 0)


@compiled
def advise(
    p: Columns,
    first: int,
    last: int,
    seed: int,
    year: int,
    spread: Any,
    stays: Any,
    stays_from: Any,
    exponential: Any,
    most: int,
    shares: Any,
    pairs: Any,
    told: Any,
    used: Any,
) -> None:
    """Write who of some people was advised a stay, who gave it up and who had it, as `caring.seek_care` draws it."""
    for start in range(first, last, pairs.shape[1]):
        keys = p.key[start : min(start + pairs.shape[1], last)]
        draw_pairs(seed, int64(Purpose.INPATIENT), year, spread, keys, pairs)
        for n in range(keys.size):
            i = start + n
            dying, chronic, age = int64(p.dying[i]), int64(p.chronic[i]), min(int64(p.age[i]), AGES - 1)
            status = status_of(int64(p.work[i]), int64(p.scheme[i]))
            u = unit(pairs[0, n])
            if u < stays_from[dying, status, chronic, age]:
                continue
            if events(exponential, u, stays[dying, status, chronic, age], most) > 0:
                _, _, _, luck = four(seed, int64(Purpose.PLACE_OF_CARE), year, keys[n])
                gives_up = luck < shares[int64(p.rank[i]) * FIFTHS >> RANK_BITS]
                told[i] = int64(Advice.GIVEN_UP) if gives_up else int64(Advice.TAKEN)
                if not gives_up:
                    used[i] = 1


def unmet_need(told: NDArray[np.uint8], cell_of: NDArray[np.int16]) -> Iterator[Measure]:
    """Give people who gave up a stay over people advised one: of everybody, by scheme and by fifth of family income.

    Args:
        told: [person] `Advice`.
        cell_of: [person] cell, whose last axes are scheme and fifth.

    """
    groups, kinds = k.SCHEMES * k.FIFTHS, len(Advice)
    counts = np.zeros((groups, kinds), np.int64)
    asked = np.flatnonzero(told)
    np.add.at(counts, (cell_of[asked] % groups, told[asked]), 1)
    by_group = counts.reshape(k.SCHEMES, k.FIFTHS, kinds)
    yield *NATION, "unmet_need", _given_up(by_group)
    for scheme in Scheme:
        yield "scheme", scheme.name.lower(), "unmet_need", _given_up(by_group[scheme])
    for fifth in range(k.FIFTHS):
        yield "income_fifth", str(fifth + 1), "unmet_need", _given_up(by_group[:, fifth])


def _given_up(counts: NDArray[np.int64]) -> float:
    """Return the share of those advised a stay who gave it up, of counts by `Advice` in the last axis."""
    taken, given_up = (int(counts[..., kind].sum()) for kind in (Advice.TAKEN, Advice.GIVEN_UP))
    return given_up / (taken + given_up) if taken + given_up else undefined(NOBODY_ADVISED)


__all__ = ["Advice", "Sought", "sought", "unmet_need"]
