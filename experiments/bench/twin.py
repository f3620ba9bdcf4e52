"""The plain Mesa twin: the same year with one agent a person and one a family, instead of columns and blocks.

It is the honest peer of the benchmark and the referee of the engine: the same first people, law, draws, rules and fund
side, so every ledger must agree to the fen. Only the people's phases differ: agents' methods instead of kernels.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np

from agents.chance import Purpose
from agents.codes import Scheme
from experiments.bench.family import Family
from experiments.bench.mover import GOES, RETURNS, SETS_UP, find_partners
from experiments.bench.person import STATE, YEARLY, Person
from experiments.bench.plain import Counts, Draws, Keys, drawn_words, pairs, plain_ground, plain_law, several
from experiments.bench.sharing import Sharing
from model import PoolingModel, Scenario
from model.grounds import ground_before_care, ground_of_pools, ground_with_care

LINK_DRAWS = 4


class PlainModel(PoolingModel):
    """The world of `PoolingModel` whose people and families are Mesa agents that live phase after phase."""

    draws: Draws
    counts: Counts
    sharing: Sharing
    rules: SimpleNamespace
    around: SimpleNamespace

    def __init__(self, case: Scenario | None = None, rng: int = 0) -> None:
        """Build the first population as columns, make agents of it and let the columns go."""
        super().__init__(case, rng, measure=False)
        self._make_agents()
        del self.engine, self.population

    def _make_agents(self) -> None:
        """Make an agent of every family and person; relatives hold each other by reference."""
        table = self.engine.people
        families = [Family(self) for _ in range(len(self.engine.households))]
        rows = zip(*(getattr(table, name).tolist() for name in (*STATE, *YEARLY)), strict=True)
        homes = (families[home] for home in table.household.tolist())
        people = [Person(self, home, **dict(zip((*STATE, *YEARLY), row))) for home, row in zip(homes, rows)]
        for name in ("spouse", "mother", "father"):
            for person, row in zip(people, getattr(table, name).tolist()):
                setattr(person, name, people[row] if row >= 0 else None)
        links = several(self.seed_of_draws, Purpose.ACCOUNT, 0, self._number(), LINK_DRAWS)
        for person, link in zip(people, links, strict=True):
            person.family.members.append(person)
            person.link = link

    @property
    def everybody(self) -> mesa.agent.AgentSet:
        """All people as Mesa agents."""
        return self.agents_by_type[Person]

    @property
    def families(self) -> mesa.agent.AgentSet:
        """All families as Mesa agents."""
        return self.agents_by_type[Family]

    @staticmethod
    def key_of(key: int) -> Any:
        """Return a permanent key in the form that draws take."""
        return np.uint64(key)

    def _number(self) -> Keys:
        """Give everybody a place in this year's draws and return the keys in that order."""
        keys = []
        for place, person in enumerate(self.everybody):
            person.place = place
            keys.append(person.key)
        return np.array(keys, np.uint64)

    def live_people(self, stage: str) -> None:
        """Live the people's phases of one stage of the year."""
        stages = {"renew": self._renew, "money_in": self._money_in, "premiums": self._premiums, "weigh": self._weigh}
        stages |= {"money_out": self._money_out, "relatives": self._relatives, "inherit": self._inherit}
        stages[stage]()

    def _renew(self) -> None:
        """Grow older, marry, part and move, let the dead leave and children come, and draw the year's chance."""
        self.ground = ground_before_care(self)
        self.rules = plain_law(self._law_of_people()[0])
        self.around = plain_ground(self.ground)
        self.counts = Counts(self.tally)
        self.everybody.do("grow_older")
        self.families.do("bury")
        keys = self._number()
        births = pairs(self.ground, Purpose.BIRTH, self.ground.birth_keys, keys)
        plans = drawn_words(self.seed_of_draws, Purpose.FAMILY_LIFE, self.year, keys)
        people = list(self.everybody)
        for person, numbers, wish, (birth, _) in zip(people, *plans, births, strict=True):
            person.plan_year(numbers, wish, birth)
        self._move(people)
        for family in list(self.families):
            family.renew()
        self.draws = Draws(self.ground, self._number())
        self.counts.post(self.tally)

    def _move(self, people: list[Person]) -> None:
        """Let everybody do what the year's plans and partners bring; homes change when all is settled."""
        for family in self.families:
            family.arrivals = []
        weddings = list(find_partners(self, people))
        for couple in weddings:
            for person in couple:
                person.plan, person.takes_family = None, True
        for wife, husband in weddings:
            wife.wed(husband)
        parting = [person for person in people if person.parts]
        for person in parting:
            if person.spouse is not None and person.husband_moves_out():
                person.spouse.takes_family = True
        for person in parting:
            person.part()
        for person in people:
            if person.plan in {GOES, SETS_UP}:
                person.go()
        for person in people:
            if person.plan == RETURNS:
                person.come_back()

    def found_home(self) -> Family:
        """Return a new home without members."""
        return Family(self)

    def _money_in(self) -> None:
        """Work, earn, learn one's fate, enrol, contribute."""
        self.counts = Counts(self.tally)
        self.everybody.do("find_work").do("earn").do("risk_life")
        self.families.do("enrol").do("contribute")
        self.everybody.do("count_profile")
        self.counts.post(self.tally)
        self._count_duplicates()

    def _premiums(self) -> None:
        """Let relatives' accounts pay residents' premiums."""
        self.counts = Counts(self.tally)
        self.sharing = Sharing(self)
        self.sharing.pay_premiums()
        self.counts.post(self.tally)

    def _relatives(self) -> None:
        """Let relatives' accounts pay bills for care."""
        self.counts = Counts(self.tally)
        self.sharing.pay_care()
        self.counts.post(self.tally)

    def held_by_employees(self) -> int:
        """Return what members of the employee scheme hold in accounts [fen, simulated people]."""
        return sum(person.account for person in self.everybody if person.scheme == Scheme.EMPLOYEE)

    def _weigh(self) -> None:
        """Draw illness once and weigh each pool's draw against what was to be expected."""
        self.ground = ground_with_care(self)
        self.around = plain_ground(self.ground)
        self.counts = Counts(self.tally)
        self.everybody.do("weigh_need")
        self.counts.post(self.tally)

    def _money_out(self) -> None:
        """Fall ill, be treated, let insurance, accounts and cash pay, inherit, be counted."""
        self.ground = ground_of_pools(self)
        self.lived_law.spend_new_money(self.value, self.care.last_published, self.ground, self.tally)
        self.rules = plain_law(self._law_of_people()[0])
        self.around = plain_ground(self.ground)
        self.counts = Counts(self.tally)
        self.everybody.do("fall_ill")
        self.families.do("pay_bills")
        self.everybody.do("end_year")
        self.counts.post(self.tally)

    def _inherit(self) -> None:
        """Pass the accounts of those who died to relatives, wherever they live, else in cash."""
        self.counts = Counts(self.tally)
        dead = {person.key: person for person in self.everybody if person.dying and person.account > 0}
        children: dict[int, list[Person]] = {key: [] for key in dead}
        for person in self.everybody:
            if person.inherits():
                for parent in (person.mother, person.father):
                    if parent is not None and parent.key in dead:
                        children[parent.key].append(person)
        for key, person in dead.items():
            person.leave(sorted(children[key], key=lambda child: child.key))
        self.counts.post(self.tally)
