"""The ground a year stands on: what compiled phases read of places, time and chance, and the room they work in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.codes import Status, Tier
from agents.columns import Array
from agents.compiled import inlined, int64

HOME_FIELDS = ("f8", "f8", "f8", "f8", "i8", "i8", "i8", "i8", "u8")
"""What a block keeps for every home."""
FEN_FIELDS = 13
"""Sums of money that a block keeps for every person."""
FIFTHS = 5
"""Groups of equally many people by income."""
MOST_POOLS = 1 << 15
"""Pools that a column of 16 bits can name."""
Bounds = NDArray[np.int64]
Take = Callable[..., Array]
"""Gives an array of a type and a number of rows, for a purpose; it may hold anything."""


def new_array(kind: Any, rows: int, purpose: str = "") -> Array:
    """Return a new array that may hold anything."""
    return np.empty(rows, kind)


class Ground(NamedTuple):
    """What a year's phases read beside people and law; the tables of care stay empty until care is sought."""

    seed: int
    """World seed."""
    year: int
    """Year being lived."""
    province: Array
    """[pool] index of the province."""
    base_wage: Array
    """[pool] last year's average wage that bounds contribution bases [fen/year]."""
    wage: Array
    """[pool] this year's average wage [fen/year]."""
    income: Array
    """[pool, rural/urban] disposable income per head [fen/year]."""
    credit_pension: Array
    """[pool] average pension of which retirees' accounts are credited a share, where it is not the own [fen/year]."""
    living: Array
    """[pool] last year's disposable income a head, town and country together [fen/year]."""
    shape: Array
    """[rural/urban, point] income relative to the mean by place in the distribution."""
    subsidy: Array
    """[pool, centre/province/prefecture] treasury's subsidy of one resident [fen/year]."""
    peers: Array
    """[pool] share of the people outside the employee scheme who were insured last year."""
    effort: Array
    """[pool] local mobilisation, 1 = mean."""
    premium_growth: float
    """Growth of the residents' flat premium over the year before."""
    link_before: Array
    """[9] how last year's law linked premiums to incomes: mode, rate, least, most, then rates by fifth."""
    link_changed: int
    """1 where this year's law links them in another way, else 0."""
    member_leaning: Array
    """[chronic, age] what speaks for insuring a member of a family as a resident [log odds]."""
    job_odds: Array
    """[pool] odds of work with an employer, 1 = mean."""
    work_below: Array
    """[pool, work] number below which somebody's work may change this year."""
    work_ends: Array
    """[member of the employee scheme, sex, work, age] number below which school or work may end this year."""
    retirement: Array
    """[sex, age] chance of those at work to reach the own retirement age this year, early retirement apart."""
    large_stay: int
    """Cost of a year's stays, at prices of 1, beyond which chance is left as it falls [fen]."""
    onset: Array
    """[chronic, age] chance that chronic illness begins (none to mild) or worsens (mild to severe)."""
    mortality: Array
    """[sex, chronic, age] probability of dying within the year."""
    fertility: Array
    """[age] births a woman and year, the nation's mean."""
    birth_level: Array
    """[pool of living] births of women of an age, 1 = the nation's mean."""
    marriage: Array
    """[sex, age] chance of an unmarried person to look for a partner."""
    going: Array
    """[pool] chance of a grown-up at home to go away, at the mean age."""
    going_age: Array
    """[age] readiness to go away, 1 = mean."""
    destinations: Array
    """[from pool, to pool] cumulative shares of the pools that people go to."""
    male_births: float
    """Share of boys among births."""
    visits: Array
    """[dies, status, chronic, age] scale of the number of outpatient visits (agents.care.events)."""
    stays: Array
    """[dies, status, chronic, age] scale of the number of hospital stays."""
    stays_from: Array
    """[dies, status, chronic, age] number from which on somebody may have a stay: below it nobody has one."""
    visit_cost: Array
    """[status] mean cost of an outpatient visit [fen]."""
    pharmacy: float
    """Share of an account that employees carry to pharmacies in a year."""
    visit_tier: Array
    """[status, tier] cost of a visit by level of hospital, 1 = mean."""
    visit_fifth: Array
    """[fifth of income] cost of visits, 1 = mean."""
    stay_fifth: Array
    """[fifth of income] cost of stays, 1 = mean."""
    visit_edges: Array
    """[status, 2] cumulated shares of visitors of primary and of secondary hospitals."""
    stay_cost: Array
    """[status, tier] mean cost of a hospital stay [fen]."""
    stay_age: Array
    """[age] cost of a stay by age, 1 = mean."""
    chronic_cost: Array
    """[status, chronic] mean yearly cost of treatment of chronic illness out of hospital [fen/year]."""
    tier_edges: Array
    """[status, 2] cumulated shares of stays at primary and at secondary hospitals."""
    charged: Array
    """[pool, scheme, 4] what care is charged that costs 1 at prices of 1: local price, shocks and the pool's budget.

    For visits, treatment and stays with what takes the luck of the few simulated out of the cost of care; without it
    for what of stays lies beyond a large cost.
    """
    widened: float
    """Factor on what employee pools pay of visits, from the plan of their budgets."""
    coverage: Array
    """[pool, scheme] factor on basic benefits after arrears."""
    expected_cost: Array
    """[dies, status, chronic, age, 4] mean cost of a year's care at prices of 1 [fen].

    Visits, treatment and stays of whoever is counted at an age, ill or not; then all care of those who are as ill.
    """
    exponential: Array
    """Quantile table of the exponential distribution."""
    log_odds: Array
    """Table of log odds."""
    outpatient_spread: Array
    """Quantile table of the cost of a year's visits."""
    inpatient_spread: Array
    """Quantile table of the cost of a year's stays."""
    chronic_spread: Array
    """Quantile table of the cost of chronic care."""
    birth_keys: Array
    """[4] words of the year's evenly spread draws of births."""
    life_keys: Array
    """[4] words of the year's evenly spread draws of deaths and chronic illness."""
    outpatient_keys: Array
    """[4] words of the year's evenly spread outpatient draws."""
    inpatient_keys: Array
    """[4] words of the year's evenly spread inpatient draws."""


BEFORE_BUDGETS = {"pharmacy": 0.0, "widened": 1.0}
"""Numbers of the ground that are known once the budgets are set."""


class Illness(NamedTuple):
    """The care that chance drew for everybody this year, kept from the draw to the bill [person]."""

    visits: Array
    """Outpatient visits."""
    visit_tier: Array
    """Level of the hospital visited."""
    stays: Array
    """Hospital stays."""
    tier: Array
    """Level of the hospital."""
    away: Array
    """Whether outside the pool of insurance, and how (`Away`)."""
    outpatient: Array
    """Cost of visits at prices of 1 [fen]."""
    chronic: Array
    """Cost of treatment of chronic illness out of hospital at prices of 1 [fen]."""
    inpatient: Array
    """Cost of stays at prices of 1 [fen]."""


def new_illness(size: int, take: Take = new_array) -> Illness:
    """Return room for the care of a year, in arrays that may hold anything."""
    counts = [take(np.uint8, size) for _ in range(5)]
    return Illness(*counts, *(take(np.int32, size) for _ in range(3)))


@inlined
def illness_of(ill: Illness, first: int, last: int) -> Illness:
    """Return the care of some neighbours, counted from 0."""
    return Illness(
        ill.visits[first:last],
        ill.visit_tier[first:last],
        ill.stays[first:last],
        ill.tier[first:last],
        ill.away[first:last],
        ill.outpatient[first:last],
        ill.chronic[first:last],
        ill.inpatient[first:last],
    )


class Scratch(NamedTuple):
    """Passing numbers of a block of people, from one phase to the next [person in the block]."""

    visits: Array
    """Cost of visits [fen]."""
    outpatient: Array
    """Cost of visits and of what accounts carry to pharmacies [fen]."""
    chronic: Array
    """Cost of treatment of chronic illness out of hospital [fen]."""
    inpatient: Array
    """Cost of stays [fen]."""
    rest_out: Array
    """Outpatient cost still to be paid [fen]."""
    rest_in: Array
    """Inpatient cost still to be paid [fen]."""
    listed_out: Array
    """Part of the rest that is on the insurance's list, outpatient [fen]."""
    listed_in: Array
    """Part of the rest that is on the insurance's list, inpatient [fen]."""
    paid_out: Array
    """What the basic scheme pays of outpatient care [fen]."""
    paid_in: Array
    """What the basic scheme pays of inpatient care [fen]."""
    due: Array
    """A resident's premium, then what of it is the own [fen]."""
    helped: Array
    """What assistance pays of a resident's premium [fen]."""
    drawn: Array
    """Interest on the account [fen]."""
    leaning: Array
    """What speaks for the resident scheme in a home of the block [home in the block; log odds]."""
    common: Array
    """The number with which a home decides [home in the block]."""
    premium: Array
    """What is asked over the income of a home of the block [home in the block]."""
    growth: Array
    """Growth of what is asked over the year before [home in the block]."""
    earned: Array
    """Income of a home of the block, or its open accounts [home in the block; fen/year or number]."""
    residents: Array
    """Members outside the employee scheme, then what these are asked to pay [home in the block; number or fen]."""
    chronic_home: Array
    """Members chronically ill [home in the block]."""
    heads: Array
    """Pool where the home lies [home in the block]."""
    keys: Array
    """Keys of the first member [home in the block]."""
    marked: Array
    """Whether a phase looks more closely [person or home in the block]."""
    status: Array
    """Standing in the scheme (`Status`)."""
    chosen: Array
    """People whom a phase looks at more closely."""
    row: Array
    """Row of a table or of sums that a phase reads or adds to: found for everybody beforehand, several people at once.

    From `run_up_bills` to `pay_rest` it is that of the sums of care by pool and standing; nobody in between writes it.
    """
    kind: Array
    """Row of tables by dying, standing, chronic illness and age, in the order that the phase's tables have."""
    running: Array
    """[3, person] sums over everybody in the block before a person: income [fen/year], residents, chronically ill."""
    words: Array
    """[4, person] words of the phase's purpose."""
    pairs: Array
    """[2, person] words of evenly spread numbers for outpatient care."""
    more_pairs: Array
    """[2, person] words of evenly spread numbers for inpatient care."""
    prices: Array
    """[status, tier, fifth of income] cost of a visit at prices of 1 [fen]."""
    members: Array
    """[pool] residents of the block insured in the pool."""
    subsidised: Array
    """[pool] treasury's subsidy of one resident, all levels together [fen/year]."""
    need: Array
    """[2, row of the people table] what relatives' accounts are asked for this year [fen]."""


@inlined
def list_marked(marked: Array, chosen: Array) -> int:
    """List the places with a mark or a number above zero, and return how many they are."""
    number = int64(0)
    for i in range(marked.size):
        chosen[number] = i
        number += int64(marked[i] > 0)
    return number


class Sums(NamedTuple):
    """A thread's sums of a year, as `Tally` holds them."""

    money: Array
    heads: Array
    care: Array
    pairs: Array
    enrolment: Array
    profile: Array
    need: Array
    listed: Array


def new_scratch(size: int, need: Array) -> Scratch:
    """Return room for the passing numbers of a block of people, beside the year's needs of everybody."""
    fen = [np.zeros(size, np.int64) for _ in range(FEN_FIELDS)]
    homes = [np.zeros(size, kind) for kind in HOME_FIELDS]
    lists = np.zeros(size, np.uint8), np.zeros(size, np.uint8), np.zeros(size, np.int32)
    rows = np.zeros(size, np.uint32), np.zeros(size, np.uint32)
    draws = [np.zeros((kinds, size), np.uint32) for kinds in (4, 2, 2)]
    running, prices = np.zeros((3, size + 1), np.int64), np.zeros((len(Status), len(Tier), FIFTHS))
    pools = [np.zeros(MOST_POOLS, np.int64) for _ in range(2)]
    return Scratch(*[*fen, *homes, *lists, *rows, running, *draws, prices, *pools, need])


class Room(NamedTuple):
    """A thread's room to draw for some people at once; drawn together they cost a quarter."""

    row: Array
    """[place] row of the person."""
    key: Array
    """[place] key of the person."""
    words: Array
    """[4, place] words drawn."""
    marked: Array
    """[place] what a first look tells of the person."""


AT_ONCE = 1024


def new_room() -> Room:
    """Return room to draw for some people at once."""
    row, key, marked = (np.empty(AT_ONCE, kind) for kind in (np.int32, np.uint64, np.uint8))
    return Room(row, key, np.empty((4, AT_ONCE), np.uint32), marked)
