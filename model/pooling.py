"""The world: people, institutions and ledgers under a law, living year after year."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pandas as pd

from agents.columns import Selection, Table
from agents.compiled import CODE_VERSION
from agents.person import Person
from model import counting, data
from model.check import check_people
from model.demography import demography
from model.engine import BLOCK, Engine, quiet_arithmetic
from model.errors import ScenarioError
from model.grounds import ground_before_care, ground_of_pools, ground_with_care, share_carried
from model.job_market import job_odds
from model.ledger import Ledger
from model.lived_law import LivedLaw
from model.openings import openings
from model.parts import PART, Make, Parts, parts_of, scale_all_accounts
from model.phases.fund_world import Institutions, new_fund_state
from model.phases.money_in_funds import endow
from model.phases.tally import Head, Tally
from model.places import Growth, Places, Spread, places
from model.policy.record import InForce, law_record
from model.record import Record
from model.reporters import REPORTERS
from model.reporting import Reporter, people_frame
from model.scenario import Scenario
from model.surroundings import (
    CareLevels,
    expected_need,
    local_price,
)
from model.synthesis import Population, chronic_shares, first_population, founding_values, world_size
from model.year import live

Counts = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, Any]


class PoolingModel(mesa.Model):
    """China's basic medical insurance: individuals and families, prefecture pools, provinces and the centre.

    Args:
        case: the scenario: people, years, reforms.
        rng: the seed of all chance; not part of a scenario.
        threads: threads that live people's phases; any number gives the same bits.
        block: people in a block; any number gives the same bits.
        measure: work out the yearly measures, which sort everybody by income.
        part: people of a part at the most; a world of more is made in several, each marrying among itself.
        check: hold people and homes to `model.check` twice a year (debug runs; every world is checked at birth).

    Errors: GongjiError for an impossible scenario, law or table.

    """

    def __init__(
        self,
        case: Scenario | None = None,
        rng: int = 0,
        threads: int = 1,
        block: int = BLOCK,
        measure: bool = True,
        check: bool = False,
        part: int = PART,
    ) -> None:
        """Build the first population, the institutions and their opening balances."""
        check_whole("seed", rng, 0)
        for name, number in (("threads", threads), ("block", block), ("part", part)):
            check_whole(name, number, 1)
        if not isinstance(case, Scenario | None):
            raise ScenarioError(f"case: expected a Scenario, got {case!r}")
        super().__init__(rng=int(rng))
        self.case = case if case is not None else Scenario()
        self.seed_of_draws = int(rng)
        self.year = self.case.start - 1
        self.policy = self.case.law()
        self.pools = data.pools()
        self.demography = demography()
        self.spread = Spread.of(self.policy.group("places", self.case.start))
        self.growth = Growth.sampled(
            lambda year: self.value("work.wage_growth", year),
            lambda year: self.value("work.income_growth", year),
            FIRST_GROWTH,
            max(self.case.end, LAST_SAMPLED) + 1,
        )
        self._put_in_force(law_record(self.policy, self.case.start, self.pools))
        self.lived_law, self.job_odds = LivedLaw(), job_odds(self._assumed())
        self.ill_by_age = chronic_shares(self._assumed())
        self.part = part
        self._settle(threads, block)
        self._open()
        self.record = Record()
        self.measure, self.check = measure, check
        self.reporter = Reporter()
        self.datacollector = mesa.DataCollector(model_reporters=REPORTERS)

    def _put_in_force(self, law: Any) -> None:
        """Take a record of the law, and the same for Python code, as the law of the year."""
        self.law, self.in_force = law, InForce(law[0])

    def value(self, path: str, year: int) -> float:
        """Return a number of the law with its reforms in a year, by its path [unit of the parameter]."""
        return float(self.policy.value(path, year))

    def _settle(self, threads: int, block: int) -> None:
        """Build the first population and give it to the engine."""
        size, self.weight = world_size(self.case.number, self.case.start, self._assumed())
        self.parts = parts_of(size, self.part)
        self.engine = self._engine(self._first_tables, threads, block)
        self.tally = Tally.empty(len(self.pools))
        self.care = CareLevels(self._last_published())
        if self.case.start > self.care.last_published:
            before = law_record(self.policy, self.case.start - 1, self.pools, self.law)
            self.care.remember(InForce(before[0]), self._first_profile())
        self.heads_before = self._heads()

    def _engine(self, make: Make, threads: int, block: int) -> Engine | Parts:
        """Return the engine of the people and homes that a function gives for every part of the world."""
        if self.parts > 1:
            return Parts(make, self.parts, len(self.pools), threads, block)
        return Engine(*make(0), len(self.pools), threads, block)

    def _first_people(self, part: int = 0) -> Population:
        """Return the first population of the scenario and seed, or a part of it."""
        words = self.case.number, self.case.start, self.seed_of_draws, self._assumed()
        return first_population(*words, part, self.parts)

    def _first_tables(self, part: int) -> tuple[Table, Table]:
        """Return the first people and homes of a part."""
        made = self._first_people(part)
        if self.parts == 1:
            self.population = made
        return made.people, made.households

    def _assumed(self) -> dict[str, float]:
        """Return what the first population assumes."""
        return founding_values(self.policy, self.case.start)

    def _last_published(self) -> int:
        """Return the last year whose published use of care the law lets the model read."""
        measured = self.policy.parameters["care.resident_admissions"].measured
        return measured.last if measured is not None else self.case.start - 1

    def count(self, count: Callable[..., Any], *words: Any) -> Any:
        """Return a sum over people, as they are now, of what a function of `counting` counts."""
        return sum(self.engine.visit(lambda engine: count(engine.people, *words), counting.READS[count]))

    def _heads(self) -> Counts:
        """Return heads by pool of the first population, as a year's tally counts them."""
        return np.asarray(self.count(counting.heads, len(self.pools)))

    def _first_profile(self) -> Floats:
        """Return heads of the first population by standing, illness, age and expected death, as a year counts them."""
        death = self.demography.death[self.demography.place(self.case.start - 1)]
        return np.asarray(self.count(counting.profile, death))

    def _open(self) -> None:
        """Place the institutions and open the ledgers with the published closings of the year before."""
        codes, provinces = self.pools["code"].tolist(), self.pools["province"].tolist()
        self.institutions = Institutions(self, codes, provinces)
        self.funds = new_fund_state(self.pools, self.in_force)
        self.ledger = Ledger(dict(zip(codes, provinces, strict=True)))
        heads = self.heads_before * self.weight
        self.funds.know(heads)
        self.age_cost: Floats | None = None
        employees = heads[:, Head.ACTIVE] + heads[:, Head.RETIRED]
        before = law_record(self.policy, self.year, self.pools, self.law)[0]
        standard = int(before.resident.individual + before.resident.subsidy)
        balances = openings(
            self.year, employees, heads[:, Head.RESIDENT], standard, self.spread, self.growth, weight=self.weight
        )
        accounts = scale_all_accounts(self.engine, balances["employee_accounts"], self.weight)
        balances["employee_accounts"] = accounts
        endow(self.ledger, self.funds.areas, {fund: amounts.tolist() for fund, amounts in balances.items()})
        self.carried = share_carried(self)

    def step(self) -> None:
        """Live and collect one year; with the scenario's last, `running` ends. Errors: ScenarioError beyond it."""
        self.year = self.case.year_after(self.year)
        self.running = self.year < self.case.end
        self._put_in_force(law_record(self.policy, self.year, self.pools, self.law))
        self.places: Places = places(self.year, self.spread, self.growth)
        self.tally.clear()
        live(self)
        self._check()
        if self.measure:
            self.record.add_measures(self.reporter.year(self))
        self.datacollector.collect(self)
        self.heads_before = self.tally.heads.copy()

    def _check(self, *, renewed: bool = False) -> None:
        """Hold people and homes to what can be, where the world was asked to."""
        if self.check:
            pools, year = len(self.pools), self.year
            self.engine.visit(lambda e: check_people(e.people, e.households, pools, year, renewed=renewed))

    def live_people(self, stage: str) -> None:
        """Live the people's phases of one stage of the year."""
        if stage == "renew":
            self.ground = ground_before_care(self)
        if stage == "weigh":
            self.ground = ground_with_care(self)
        if stage == "money_out":
            self.ground = ground_of_pools(self)
            self.lived_law.spend_new_money(self.value, self.care.last_published, self.ground, self.tally)
        law = self.law if stage in {"renew", "inherit"} else self._law_of_people()
        with quiet_arithmetic():
            self.engine.live(stage, law, self.ground, self.tally)
        if stage == "renew":
            self._check(renewed=True)
        if stage == "premiums":
            self._count_duplicates()

    def compile_ahead(self, *stages: str) -> None:
        """Compile the drivers of some stages, or read them from the cache; nobody lives."""
        self.places = places(self.year, self.spread, self.growth)
        self.ground = ground_before_care(self)
        self.engine.visit(lambda engine: setattr(engine, "idle", True))
        for stage in stages:
            self.live_people(stage)

    def _law_of_people(self) -> Any:
        """Return the law in force as people live it."""
        return self.lived_law.of(self.law, self.funds.effort, self.value, self.care.last_published)

    def measured_use(self) -> bool:
        """Say whether the year's use of care is published; then only its spread over people and pools is simulated."""
        return self.year <= self.care.last_published

    def need(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return the year's expected cost of care at national and at local prices [pool, scheme; fen]."""
        national = expected_need(self.tally.need).sum(axis=-1) * (self.weight * self.dearer())
        return national, national * local_price(self.places.price, self.tally.heads)[:, None]

    def dearer(self) -> float:
        """Return how much dearer care is than projected, by the growth gap since the last published year [ratio]."""
        factor = 1.0
        for year in range(self.care.last_published + 1, self.year + 1):
            factor *= 1.0 + self.value("care.growth_gap", year)
        return factor

    def aged(self) -> np.ndarray[Any, Any] | None:
        """Return today's members weighted by what care at their age cost last year; none in the first year.

        [pool, scheme; fen]
        """
        if self.age_cost is None:
            return None
        members = np.asarray(self.count(counting.members_by_age, len(self.pools)))
        return counting.weighed_by_age(members, self.age_cost, self.weight)

    def held_by_employees(self) -> int:
        """Return what members of the employee scheme hold in accounts [fen, simulated people]."""
        return int(self.count(counting.held_by_employees))

    def _count_duplicates(self) -> None:
        """Add memberships held twice."""
        counting.add_duplicates(self.tally, self.in_force.enrolment, self.weight, self.ground.subsidy)

    @property
    def people(self) -> Selection:
        """Everybody, under Mesa's AgentSet words."""
        return Selection(self.engine.people, view=Person)

    @property
    def households(self) -> Table:
        """The household table."""
        return self.engine.households

    def people_frame(self) -> pd.DataFrame:
        """Return the year just lived, a row for every simulated person, as the contract's `people` table."""
        return people_frame(self)

    def law_hash(self) -> str:
        """Return the sha256 of the law with the scenario's reforms."""
        return self.policy.hash()

    def data_hash(self) -> str:
        """Return the sha256 of the data tables."""
        return data.data_hash()

    def code_version(self) -> str:
        """Return the sha256 of the code that ran."""
        return CODE_VERSION


def check_whole(name: str, value: object, least: int) -> None:
    """Raise ScenarioError unless a value is a whole number of at least so much that 64 bits hold."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= MOST_WHOLE:
        raise ScenarioError(f"{name}: expected a whole number of at least {least}, at most {MOST_WHOLE}, got {value!r}")


MOST_WHOLE = 2**63 - 1
FIRST_GROWTH = 2018
LAST_SAMPLED = 2024  # levels are measured in years to 2023, so growth must reach them
