"""Catastrophic spending, impoverishment, people without care, and use of relatives' accounts: this year and ever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.codes import Scheme
from model.engine import Engine
from model.measures import undefined
from model.measures.common import ROUNDING
from model.measuring import kernels as k
from model.measuring.rows import FEN, NATION, Measure
from model.measuring.sheet import PARTS, Floats, Sheet, cuts

CATASTROPHIC = (0.1, 0.25)
"""Shares of income above which cash payments count as catastrophic (SDG indicator 3.8.2)."""
CAPACITY = 0.4
"""Share of income above subsistence from which cash payments count as catastrophic (Cylus, Thomson, Evetovits 2018)."""
KINDS = ("catastrophic_10", "catastrophic_25", "catastrophic_capacity_40", "impoverished")
NOBODY = "nobody"
NO_EARNER = "nobody has an income"


@dataclass
class Lives:
    """What of everybody's life under this run is kept: flags of hardship, and sums of money per head over the years.

    People who died are counted with the years they lived.
    """

    flags: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    gone: NDArray[np.int64] = field(default_factory=lambda: np.zeros(k.FLAGS + 1, np.int64))
    money: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    dead: list[Floats] = field(default_factory=list)

    def mark(self, engine: Engine, flags: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Add this year's flags of families; return how many people ever had each, then how many people there were."""
        people = len(engine.people)
        before = np.array([*(np.count_nonzero(self.flags & (1 << bit)) for bit in range(k.FLAGS)), len(self.flags)])
        source = engine.source if len(self.flags) else np.full(people, -1, np.int32)
        new, counts = np.empty(people, np.uint8), np.zeros((engine.threads, 2, k.FLAGS + 1), np.int64)
        home, rows = engine.people.household, np.linspace(0, people, engine.threads + 1).astype(np.int64)

        def add(thread: int) -> None:
            k.remember(rows[thread], rows[thread + 1], source, self.flags, home, flags, new, counts[thread])

        engine.each(add, range(engine.threads))
        carried, told = counts.sum(axis=0)
        self.gone += before - carried
        self.flags = new
        return np.asarray(self.gone + told)

    def live(self, engine: Engine, money: Floats) -> Floats:
        """Add this year's money per head of families; return everybody's sums, the dead included, years first."""
        people, width = len(engine.people), money.shape[1] + 1
        first = not len(self.money)
        source = np.full(people, -1, np.int32) if first else engine.source
        if not first:
            left = np.ones(len(self.money), bool)
            left[source[source >= 0]] = False
            self.dead.append(self.money[left])
        new = np.empty((people, width))
        yearly = np.column_stack([np.ones(len(money)), money])
        k.add_lives(source, self.money if not first else np.zeros((1, width)), engine.people.household, yearly, new)
        self.money = new
        return np.concatenate([*self.dead, new])


def hardship(sheet: Sheet, engine: Engine, lives: Lives) -> Iterator[Measure]:
    """Give catastrophic spending and impoverishment by cash, of the year and ever since the run began.

    Shares of income are told of people of families with income, ever of those who ever lived in one; the rest of all.
    """
    flags, out, heads, line = _hardship(sheet, engine)
    everybody, earners = float(heads[0]), float(heads[0] - heads[1])
    for turn, name in enumerate(KINDS[:2]):
        above, over, ranked, ranked_over = out[turn].tolist()
        none = undefined(NO_EARNER)
        share = above / earners if earners else none
        yield *NATION, name, share
        yield *NATION, f"{name}_overshoot", over / earners if earners else none
        yield *NATION, f"{name}_mean_overshoot", over / above if above else undefined("nobody is above the threshold")
        yield *NATION, f"{name}_weighted", share - ranked / earners**2 if earners else none
        yield *NATION, f"{name}_overshoot_weighted", (over / earners - ranked_over / earners**2) if earners else none
        yield *NATION, f"concentration_{name}", ranked / (earners * above) if above else undefined(NOBODY)
    yield *NATION, KINDS[2], out[2, 0] / everybody
    yield *NATION, "subsistence_per_head", line / FEN
    yield *NATION, "poor_before", out[2, 1] / everybody
    yield *NATION, "poor_after", out[2, 2] / everybody
    yield *NATION, "poverty_gap_before", out[2, 3] / everybody / FEN
    yield *NATION, "poverty_gap_after", out[3, 0] / everybody / FEN
    yield *NATION, KINDS[3], out[3, 1] / everybody
    ever = lives.mark(engine, flags)
    earned = ever[k.EARNED]
    for bit, name in enumerate(KINDS):
        told_of = earned if bit < len(CATASTROPHIC) else ever[-1]
        yield *NATION, f"{name}_ever", ever[bit] / told_of if told_of else undefined(NO_EARNER)


def _hardship(sheet: Sheet, engine: Engine) -> tuple[NDArray[np.uint8], Floats, NDArray[Any], float]:
    """Return families' flags, sums over families, people with those without income, and the line [fen per head]."""
    line = max(sheet.bearing.subsistence_share * sheet.income / sheet.people, 0.0)
    law = np.array([*CATASTROPHIC, CAPACITY, line, ROUNDING])
    heads = np.array([sheet.people, sheet.without_income], np.int64)
    flags = np.empty(len(sheet.before), np.uint8)
    parts, ends = np.zeros((PARTS, 4, 4)), cuts(engine)

    def add(thread: int) -> None:
        k.hardship(
            ends,
            thread,
            engine.threads,
            sheet.order.place,
            sheet.size,
            sheet.before,
            sheet.cash,
            law,
            heads,
            flags,
            parts,
        )

    engine.each(add, range(engine.threads))
    return flags, parts.sum(axis=0), heads, line


def no_care(sheet: Sheet) -> Iterator[Measure]:
    """Give the share without a visit, treatment of chronic illness or stay in the year."""
    told = sheet.cells.sum(axis=(0, 1, 2))
    yield *NATION, "no_care", _without(told, ...)
    for scheme in Scheme:
        yield "scheme", scheme.name.lower(), "no_care", _without(told, scheme)
    for fifth in range(k.FIFTHS):
        yield "income_fifth", str(fifth + 1), "no_care", _without(told, (slice(None), fifth))
    for fifth, heads in enumerate(told[..., k.PEOPLE].sum(axis=0).tolist()):
        yield "income_fifth", str(fifth + 1), "simulated_people", float(heads)


def _without(told: NDArray[np.int64], chosen: Any) -> float:
    """Return the share of people without care in some cells by scheme and fifth of income."""
    heads, users = (int(told[..., item][chosen].sum()) for item in (k.PEOPLE, k.USERS))
    return 1 - users / heads if heads else undefined(NOBODY)


def co_use(sheet: Sheet) -> Iterator[Measure]:
    """Give how far care paid from relatives' accounts is spread over families, and concentrated on one member inside.

    Premiums that relatives' accounts pay are no part of it.
    """
    total = float(sheet.sums(k.CO_USE).sum())
    families, squares = sheet.logs[2:].tolist()
    yield *NATION, "co_use_families_share", families / len(sheet.before)
    yield *NATION, "co_use_inside_families_hhi", squares / total if total > 0 else undefined("no account was shared")
