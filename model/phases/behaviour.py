"""How pools react to who bears their deficits: effort of collection, drift of spending, cuts, spending before giving.

What was the rule in a run's first year has no effect, for the data already show it. Employees' effort lowers what
employers pay, residents' the mobilisation for enrolment; drifts raise the cost of care, and budgets do not fight them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.phases.equalising import GAP_COVER, RISK_FUND, nation_shares, sharing_areas
from model.phases.fund_world import SCHEME, FundWorld, agencies
from model.phases.loans import GRANT
from model.policy.record import copied
from model.rules.behaviour import drift_against, effort_against, phased

Floats = NDArray[np.float64]
OWN, ADJUSTED, UNIFIED = 0, 1, 2  # who bears the deficits of a pool
BEARS = {GAP_COVER, RISK_FUND}  # designs of step 3 whose payments follow what was collected or spent
WORDS = ("start", "aim", "since", "now")


@dataclass
class Phased:
    """A factor by pool and scheme on its way to an aim: where it began, since which year, and where it is."""

    start: Floats
    aim: Floats
    since: NDArray[np.int64]
    now: Floats

    @classmethod
    def none(cls, like: Floats) -> Phased:
        """Return factors of one."""
        return cls(np.ones_like(like), np.ones_like(like), np.zeros(like.shape, np.int64), np.ones_like(like))

    def move(self, aim: Floats, year: int, ramp: int) -> None:
        """Go on to an aim, beginning anew wherever it has changed."""
        changed = aim != self.aim
        self.start[changed], self.since[changed] = self.now[changed], year
        self.aim = aim
        for place in zip(*np.nonzero(self.now != aim)):
            years = year + 1 - int(self.since[place])
            self.now[place] = phased(float(self.start[place]), float(aim[place]), years, ramp)


@dataclass
class Mood:
    """What pools make of their law: the arrangement at first, effort and drift."""

    at_first: NDArray[np.int64]
    effort: Phased
    drift: Phased


def arrays_of(mood: Mood) -> dict[str, NDArray[Any]]:
    """Return a mood as arrays by name, as a checkpoint keeps it."""
    parts = {"effort": mood.effort, "drift": mood.drift}
    phased = {f"{name} {word}": getattr(part, word) for name, part in parts.items() for word in WORDS}
    return {"at_first": mood.at_first} | phased


def mood_of(arrays: Mapping[str, NDArray[Any]]) -> Mood:
    """Return the mood that arrays by name hold."""
    parts = {name: Phased(*(arrays[f"{name} {word}"] for word in WORDS)) for name in ("effort", "drift")}
    return Mood(arrays["at_first"], parts["effort"], parts["drift"])


def feel(world: FundWorld) -> None:
    """Let pools set the year's effort and spending by who bears their deficits and how they stand."""
    funds, law = world.funds, world.in_force.behaviour
    now = np.zeros(funds.budget.shape, np.int64)
    for fund, scheme in SCHEME.items():
        now[:, scheme] = arrangement(world, fund)
    if funds.mood is None:
        funds.mood = Mood(now, Phased.none(funds.budget), Phased.none(funds.budget))
    mood = funds.mood
    funds.drift_before = funds.drift
    switch = float(law.react)
    losses = switch * table(law.effort_loss_adjusted, law.effort_loss_unified)
    drifts = switch * table(law.drift_adjusted, law.drift_unified)
    ramp = int(law.years)
    mood.effort.move(aims(effort_against, losses, now, mood.at_first), world.year, ramp)
    mood.drift.move(aims(drift_against, drifts, now, mood.at_first), world.year, ramp)
    funds.effort = mood.effort.now.copy()
    funds.drift = mood.drift.now * tempo(
        world, switch * float(law.cut_when_short), switch * float(law.spend_when_exposed)
    )


def with_effort(law: Any, effort: Floats) -> Any:
    """Return the law in force with employers' rates as far as pools care to collect; at full effort the law itself."""
    if (effort == 1.0).all():
        return law
    felt = copied(law)
    felt[0].employee.employer_rate[:] *= effort
    felt.setflags(write=False)
    return felt


def table(adjusted: Any, unified: Any) -> Floats:
    """Return numbers by arrangement and scheme; a pool on its own has none."""
    return np.stack([np.zeros(len(adjusted)), np.asarray(adjusted), np.asarray(unified)])


def aims(
    rule: Callable[[float, float], float], sizes: Floats, now: NDArray[np.int64], before: NDArray[np.int64]
) -> Floats:
    """Return the factor by pool and scheme that an arrangement leads to where another was there at first."""
    kinds, schemes = range(len(sizes)), range(sizes.shape[1])
    known = [[[rule(float(sizes[a, s]), float(sizes[b, s])) for s in schemes] for b in kinds] for a in kinds]
    return np.array(known)[now, before, np.arange(sizes.shape[1])]


def arrangement(world: FundWorld, fund: str) -> NDArray[np.int64]:
    """Return who bears the deficits of every pool's fund: itself, an adjustment fund, or a wider fund [code]."""
    areas, terms = world.funds.areas, world.terms
    sharing = {code for codes in sharing_areas(world, fund).values() for code in codes}
    nation = nation_shares(world) and terms.three.design in BEARS
    given = terms.allow_cross_fund and (terms.schemes_merged or (terms.one.on and terms.one.form == GRANT))
    area = np.array(areas.of[fund])
    adjusted = np.isin(area, [*sharing]) | nation | bool(given)
    return np.where(area != world.funds.codes, UNIFIED, np.where(adjusted, ADJUSTED, OWN))


def tempo(world: FundWorld, cut: float, spend: float) -> Floats:
    """Return the factor on spending of pools that are short, or have too much and must give."""
    areas, terms = world.funds.areas, world.terms
    result = np.ones(world.funds.budget.shape)
    for fund, scheme in SCHEME.items():
        exposed = bool(terms.one.on) or (nation_shares(world) and terms.three.excess_rate > 0.0)
        pools, spent = agencies(world, fund), spend if exposed else 0.0
        if cut or spent:
            result[:, scheme] = np.array([pool.tempo(fund, cut, spent) for pool in pools])[areas.places(fund)[1]]
    return result
