"""What the fund side of a year needs of the world, and what it keeps there from one phase to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import mesa
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents.centre import Centre
from agents.codes import Scheme
from agents.pool import Experience, Pool
from agents.province import Province
from model.kinds import (
    CENTRE,
    CRITICAL_ILLNESS,
    EMPLOYEE_ACCOUNTS,
    EMPLOYEE_POOL,
    INTEREST,
    LARGE_SUM,
    MEDICAL_ASSISTANCE,
    POOL_FUNDS,
    RESIDENT_POOL,
    TREASURY,
)
from model.ledger import Book, Ledger, Parties, Whole, account
from model.phases.areas import Areas
from model.phases.tally import EnrolmentItem, Head, Tally
from model.phases.terms import Terms, terms_of
from model.record import Record

PROVINCES = "provinces"  # the treasuries of the pools' provinces, in a row
EX_POST, EX_ANTE, UNIFIED = 0, 1, 2  # designs of step 2
SCHEME = {EMPLOYEE_POOL: Scheme.EMPLOYEE, RESIDENT_POOL: Scheme.RESIDENT}
SCHEME_OF = {
    EMPLOYEE_POOL: (Scheme.EMPLOYEE,),
    EMPLOYEE_ACCOUNTS: (Scheme.EMPLOYEE,),
    LARGE_SUM: (Scheme.EMPLOYEE,),
    RESIDENT_POOL: (Scheme.RESIDENT,),
    CRITICAL_ILLNESS: (Scheme.RESIDENT,),
    MEDICAL_ASSISTANCE: (Scheme.EMPLOYEE, Scheme.RESIDENT),
}
HEADS_OF = {Scheme.EMPLOYEE: (Head.ACTIVE, Head.RETIRED), Scheme.RESIDENT: (Head.RESIDENT,)}


class Institutions:
    """The agents that keep the funds: a pool for every area, the provinces and the centre."""

    def __init__(self, model: mesa.Model, codes: Sequence[int], provinces: Sequence[int]) -> None:
        """Place a pool for every prefecture, a province for every one of theirs, and the centre."""
        self.model = model
        self.province_of = {int(code): int(home) for code, home in zip(codes, provinces)}
        self.centre = Centre(model)
        self.provinces = {code: Province(model, code) for code in sorted(set(self.province_of.values()))}
        self.pools = {code: Pool(model, code, home) for code, home in self.province_of.items()}

    def pool(self, code: int) -> Pool:
        """Return the agency of an area, founding it when funds are first pooled so widely."""
        found = self.pools.get(code)
        if found is None:
            found = self.pools[code] = Pool(self.model, code, self.province_of.get(code, code))
        return found


@dataclass
class FundState:
    """What the fund side keeps between phases and years."""

    codes: Whole  # of pools
    provinces: Whole  # of pools
    areas: Areas
    coverage: NDArray[np.float64]  # [pool, scheme] share of benefits granted
    budget: NDArray[np.float64]  # [pool, scheme] factor on the cost of care
    rows: dict[str, Parties] = field(default_factory=dict)  # payers and payees by pool, until areas change
    books: dict[str, dict[int, Book]] = field(default_factory=dict)  # by fund and area, until areas change
    held: dict[str, Parties] = field(default_factory=dict)  # the same as parties in a row
    agencies: dict[str, list[Pool]] = field(default_factory=dict)  # that keep them, by fund
    seen: dict[str, Experience] = field(default_factory=dict)  # of growth, by fund
    members: dict[str, list[int]] = field(default_factory=dict)  # by fund and pool, at the last year's end
    active: list[int] = field(default_factory=list)
    retired: list[int] = field(default_factory=list)
    need: NDArray[np.float64] | None = None  # [pool, scheme] last year's expected cost of care at local prices [fen]
    effort: NDArray[np.float64] = field(default_factory=lambda: np.ones((0, 0)))  # [pool, scheme] factor on collection
    drift: NDArray[np.float64] = field(default_factory=lambda: np.ones((0, 0)))  # [pool, scheme] factor on spending
    drift_before: NDArray[np.float64] = field(default_factory=lambda: np.ones((0, 0)))  # the same a year ago
    widened: float = 1.0  # factor on what employee pools pay of visits
    mood: Any = None  # what behaviour keeps from year to year
    expected: NDArray[np.float64] | None = None  # the same at prices of the nation

    def know(self, heads: Whole) -> None:
        """Keep members by fund and pool, and the active and retired, from heads by pool with the weight [persons]."""
        for fund, schemes in SCHEME_OF.items():
            columns = [head for scheme in schemes for head in HEADS_OF[scheme]]
            self.members[fund] = heads[:, columns].sum(axis=1).tolist()
        self.active, self.retired = heads[:, Head.ACTIVE].tolist(), heads[:, Head.RETIRED].tolist()

    def redraw(self, areas: Areas) -> None:
        """Go over to other areas, and forget who kept the funds of those before."""
        self.areas = areas
        for kept in (self.rows, self.books, self.held, self.agencies):
            kept.clear()


class FundWorld(Protocol):
    """The part of the world that fund phases read and write."""

    year: int
    in_force: Any
    weight: int
    ledger: Ledger
    tally: Tally
    places: Any
    institutions: Institutions
    funds: FundState
    terms: Terms
    record: Record

    def aged(self) -> NDArray[np.float64]:
        """Return members weighted by what care at their age costs on average [pool, scheme]."""
        ...


def areas_of(codes: Whole, provinces: Whole, law: Any, terms: Terms) -> Areas:
    """Return the areas under the law in force; where step 2 is unified, a province pools all its funds."""
    unified = np.asarray(terms.two.design) == UNIFIED
    known = ((EMPLOYEE_POOL, law.pooling.employee_level), (RESIDENT_POOL, law.pooling.resident_level))
    levels = (np.maximum(level, np.asarray(terms.step2_on[fund]) * unified) for fund, level in known)
    return Areas.of_year(codes, provinces, *levels)


def new_fund_state(pools: pd.DataFrame, law: Any) -> FundState:
    """Return the state before the first year, under the law then in force."""
    codes, provinces = pools["code"].to_numpy(np.int64), pools["province"].to_numpy(np.int64)
    areas, shape = areas_of(codes, provinces, law, terms_of(law)), (len(pools), len(Scheme))
    coverage, budget, effort, drift, before = (np.ones(shape) for _ in range(5))
    return FundState(codes, provinces, areas, coverage, budget, effort=effort, drift=drift, drift_before=before)


def books(world: FundWorld, fund: str) -> dict[int, Book]:
    """Return the ledgers of a fund by area code, in order of code."""
    found = world.funds.books.get(fund)
    if found is None:
        codes = world.funds.areas.places(fund)[0]
        found = world.funds.books[fund] = {code: world.ledger.book(account(fund, code)) for code in codes}
    return found


def rows_of(world: FundWorld, fund: str, codes: Sequence[int]) -> Parties:
    """Return the ledgers of some areas of a fund in a row, in the order of the codes given."""
    found = books(world, fund)
    return np.array([found[code].number for code in codes], np.int64)


def held(world: FundWorld, fund: str) -> Parties:
    """Return the ledgers of a fund in a row, in order of area code."""
    found = world.funds.held.get(fund)
    if found is None:
        found = world.funds.held[fund] = world.ledger.parties(world.funds.areas.ledgers(fund))
    return found


def agencies(world: FundWorld, fund: str) -> list[Pool]:
    """Return the agencies that keep a fund, in order of area code."""
    found = world.funds.agencies.get(fund)
    if found is None:
        codes = world.funds.areas.places(fund)[0]
        found = world.funds.agencies[fund] = [world.institutions.pool(code) for code in codes]
    return found


def experience(world: FundWorld, fund: str) -> Experience:
    """Return what the agencies that keep a fund have seen of its growth, in order of area code."""
    codes, seen = np.array(world.funds.areas.places(fund)[0], np.int64), world.funds.seen
    if fund not in seen:
        seen[fund] = Experience.none(codes)
    elif not np.array_equal(seen[fund].codes, codes):
        seen[fund] = seen[fund].of_areas(codes)
    return seen[fund]


def row(world: FundWorld, name: str) -> Parties:
    """Return the payers or payees of one name for every pool: ledgers by area of the fund, outside parties by code."""
    found = world.funds.rows.get(name)
    if found is None:
        areas = world.funds.areas
        if name in POOL_FUNDS:
            names = areas.names(name)
        elif name == PROVINCES:
            names = [account(TREASURY, code) for code in world.funds.provinces.tolist()]
        elif name in (CENTRE, INTEREST):
            names = [name] * len(areas.codes)
        else:
            names = [account(name, code) for code in areas.codes]
        found = world.funds.rows[name] = world.ledger.parties(names)
    return found


def count_members(world: FundWorld) -> dict[str, Whole]:
    """Keep the year's members by fund and pool, and the active and retired, with the weight; return the members."""
    members = world.tally.enrolment[:, :, :, EnrolmentItem.MEMBERS].sum(axis=2) * world.weight
    counted = {schemes: members[:, list(schemes)].sum(axis=1) for schemes in set(SCHEME_OF.values())}
    found = {fund: counted[schemes] for fund, schemes in SCHEME_OF.items()}
    world.funds.members = {fund: counts.tolist() for fund, counts in found.items()}
    world.funds.active = (world.tally.heads[:, Head.ACTIVE] * world.weight).tolist()
    world.funds.retired = (world.tally.heads[:, Head.RETIRED] * world.weight).tolist()
    return found
