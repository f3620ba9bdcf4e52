"""Families across places: partners, moves, homes and estates; what one family does changes no draw of another."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from agents.codes import Scheme, Sex, Work
from agents.columns import Table
from agents.household import HOUSEHOLD
from agents.person import PERSON, columns_of
from model import PoolingModel, Scenario
from model.data import by_pool, province_index
from model.engine import Engine
from model.mobility import destinations, drawn, going_ages, going_rates, marriage_chances, ways
from model.phases.ground import new_room
from model.phases.marrying import AGE_BITS, couples
from model.phases.moving import DEAD, insured_after, plan_year, work_after
from model.phases.tally import Head, Money, PairKind
from model.pulls import migrants
from tests.worlds import EARLY, EARLY_AT_HOME, START, family_law, live, snapshot, world_of

LAST = START + 19
POINTERS = ("spouse", "mother", "father")


# ---- twenty years ---------------------------------------------------------------------------------------------------
@cache
def twenty_years() -> tuple[PoolingModel, tuple[dict[str, Any], ...]]:
    """Return a small world held to model.check twice a year for twenty years, and its people at every year's end."""
    world = PoolingModel(Scenario(2_000, START, LAST), rng=0, measure=False, check=True)
    told = []
    while world.year < LAST:
        world.step()
        heads = world.tally.heads[:, [Head.NONE, Head.ACTIVE, Head.RETIRED, Head.RESIDENT]].sum()
        told.append(snapshot(world.engine.people) | {"heads": int(heads)})
    return world, tuple(told)


def test_nobody_is_there_twice_and_nobody_comes_back() -> None:
    gone: set[int] = set()
    for people in twenty_years()[1]:
        keys = people["key"].tolist()
        assert len(set(keys)) == len(keys)
        assert not gone & set(keys), "the dead neither pay nor claim"
        gone |= set(people["key"][people["dying"] == 1].tolist())


@pytest.mark.parametrize("law", [EARLY, EARLY_AT_HOME], ids=["brides", "husbands who part"])
def test_nobody_who_follows_a_parent_moves_twice(law: dict[str, float]) -> None:
    """Where children follow to an age at which they may marry, many part and many marry again."""
    world = PoolingModel(
        Scenario(20_000, START, START + 4, reforms=(family_law(law),)), rng=0, measure=False, check=True
    )
    while world.running:
        world.step()
    assert len(np.unique(world.engine.people.key)) == len(world.engine.people)


def test_kin_stay_symmetric_and_parents_stay_parents() -> None:
    known: dict[int, tuple[int, int]] = {}
    for people in twenty_years()[1]:
        keys, rows = people["key"], np.arange(len(people["key"]))
        married = np.flatnonzero(people["spouse"] >= 0)
        assert (people["spouse"][people["spouse"][married]] == rows[married]).all()
        for name in ("mother", "father"):
            at = np.flatnonzero(people[name] >= 0)
            for child, parent in zip(keys[at].tolist(), keys[people[name][at]].tolist()):
                assert known.setdefault((child, name), parent) == parent  # type: ignore[call-overload]


def test_members_and_outsiders_are_all_people() -> None:
    world, years = twenty_years()
    for year, people in zip(range(START, LAST + 1), years):
        living = int((people["dying"] == 0).sum())
        assert people["heads"] == living
        rows = world.record.enrolment[world.record.enrolment["year"] == year]
        assert rows["people"].sum() == living * world.weight
        assert rows["members"].sum() >= (people["scheme"][people["dying"] == 0] != Scheme.NONE).sum() * world.weight


def test_homes_stay_about_as_large_and_the_married_about_as_many() -> None:
    _, years = twenty_years()
    size = [len(people["key"]) / (people["household"].max() + 1) for people in years]
    assert 1.9 < min(size) <= max(size) < 2.6
    grown = [people["spouse"][people["age"] >= 40] >= 0 for people in years]
    assert all(0.6 < married.mean() < 0.9 for married in grown)


# ---- what one family does -------------------------------------------------------------------------------------------
def fates(world: PoolingModel) -> dict[int, int]:
    """Return what next year holds for everybody, by key, as their own draws and families say."""
    people = columns_of(world.engine.people)
    fate, plans = np.zeros(len(people.key), np.uint8), np.empty(len(people.key), np.int64)
    people = people._replace(age=people.age.copy())
    ground = world.ground._replace(year=world.year + 1)
    plan_year(people, 0, len(people.key), world.law[0], ground, new_room(), fate, plans)
    return dict(zip(people.key.tolist(), fate.tolist(), strict=True))


def family_of(p: Table, row: int) -> set[int]:
    """Return the keys of everybody in a person's home and of the relatives of these."""
    rows = set(np.flatnonzero(p.household == p.household[row]).tolist())
    for name in POINTERS:
        pointed = getattr(p, name)
        rows |= {int(pointed[i]) for i in list(rows) if pointed[i] >= 0}
        rows |= set(np.flatnonzero(np.isin(pointed, list(rows))).tolist())
    return {int(p.key[i]) for i in rows}


def dies(p: Table, row: int) -> None:
    p.dying[row] = 1


def moves(p: Table, row: int) -> None:
    for i in np.flatnonzero(p.household == p.household[row]):
        p.home[i] = (p.home[i] + 1) % 358


def bears(p: Table, row: int) -> None:
    p.age[row] = 25


@pytest.mark.parametrize("event", [dies, moves, bears], ids=lambda event: event.__name__)
def test_an_event_in_one_family_changes_no_draw_of_anybody_else(event: Any) -> None:
    calm, other = (live(world_of(end=START + 2), START) for _ in range(2))
    p = other.engine.people
    row = int(np.flatnonzero((p.spouse >= 0) & (p.sex == Sex.FEMALE) & (p.dying == 0) & (p.age < 45))[0])
    touched = family_of(p, row)
    event(p, row)
    before, after = fates(calm), fates(other)
    assert {key for key in before if before[key] != after[key]} <= touched
    for world in (calm, other):
        world.step()
    told = [dict(zip(w.engine.people.key.tolist(), zip(*state(w.engine.people)))) for w in (calm, other)]
    differ = {key for key in told[0].keys() | told[1].keys() if told[0].get(key) != told[1].get(key)}
    assert len(differ - touched) <= 12, "the family, and whom its members meet or would have met"


def state(people: Table) -> list[Any]:
    """Return what a person's own draws decide, whatever pools and prices do."""
    return [getattr(people, name).tolist() for name in ("age", "dying", "chronic", "work", "hukou", "sex")]


# ---- partners -------------------------------------------------------------------------------------------------------
def test_partners_are_no_kin_of_both_sexes_and_near_in_age() -> None:
    world = live(world_of(people=20_000), START)
    p, law = columns_of(world.engine.people), world.law[0]
    wished = p.age.astype(int) - np.where(p.sex == Sex.MALE, law.family.husband_older, 0)
    rows = np.flatnonzero((p.spouse < 0) & (wished >= 22) & (wished < 40) & (p.dying == 0))
    husbands, wives = couples(p, rows, world.ground.province, law, world.ground)
    assert len(husbands) > 300
    both = np.concatenate([husbands, wives])
    assert np.unique(both).size == both.size
    assert (p.sex[husbands] == Sex.MALE).all()
    assert (p.sex[wives] == Sex.FEMALE).all()
    gap = p.age[husbands].astype(int) - p.age[wives]
    assert abs(gap.mean() - law.family.husband_older) < 1.5
    assert (np.abs(gap - law.family.husband_older) <= law.family.most_age_gap + law.family.age_gap_spread).all()
    assert (p.household[husbands] != p.household[wives]).all()
    for name in ("mother", "father"):
        parents = getattr(p, name)
        assert ((parents[husbands] < 0) | (parents[husbands] != parents[wives])).all()
    assert (p.home[husbands] == p.home[wives]).mean() > 0.7


def test_a_line_without_the_other_sex_marries_nobody() -> None:
    world = live(world_of(), START)
    p = columns_of(world.engine.people)
    men = np.flatnonzero((p.sex == Sex.MALE) & (p.age > 20))
    husbands, wives = couples(p, men, world.ground.province, world.law[0], world.ground)
    assert husbands.size == wives.size == 0
    assert AGE_BITS == 32


# ---- chances --------------------------------------------------------------------------------------------------------
def test_chances_to_marry_follow_age_and_law() -> None:
    rules = world_of().law[0].family
    chance = marriage_chances(rules)
    assert (chance[Sex.MALE, : rules.marriage_age_men] == 0).all()
    assert (chance[Sex.FEMALE, : rules.marriage_age_women] == 0).all()
    assert (chance[:, rules.last_marriage_age + 1 :] == 0).all()
    assert ((chance >= 0) & (chance < 0.5)).all()
    assert chance[Sex.FEMALE, 27] > chance[Sex.FEMALE, 21]


def test_migrants_are_those_of_the_census() -> None:
    moved = migrants(215e6)
    assert moved.sum() == pytest.approx(215e6, rel=1e-6)
    assert (np.diag(moved) == 0).all()
    far = province_index()[:, None] != province_index()[None, :]
    counted = by_pool("prefectures", ["in_migrants_other_province_persons"])[:, 0]
    assert (moved * far).sum(axis=0) == pytest.approx(counted, rel=1e-6, abs=1)


ALIKE = (1.0,) * 31
"""Pulls of provinces none of which draws more than another."""


def test_people_go_where_migrants_are_and_as_many_as_come_back() -> None:
    world = world_of()
    rules, moves = world.law[0].moving, drawn(215e6, ALIKE)
    ends = destinations(moves)
    np.testing.assert_array_equal(moves, migrants(215e6))
    sends = moves.sum(axis=1) > 0
    assert sends.mean() > 0.95
    assert (np.diff(ends, axis=1) >= 0).all()
    assert ends[:, -1] == pytest.approx(1.0)
    away, known = ways(215e6, ALIKE)
    np.testing.assert_array_equal(known, ends)
    rates = going_rates(away, rules)
    assert ((rates >= 0) & (rates <= rules.most_rate)).all()
    assert ((rates > 0) == sends).all()
    weights = {"synthesis.migrant_weight_18_to_45": 3.0, "synthesis.migrant_weight_under_16": 1.0}
    ages = going_ages(weights | {"synthesis.migrant_weight_46_to_59": 2.0}, 16)
    assert (ages[:16] == 0).all()
    assert ages[20] == pytest.approx(3 * ages[70])


# ---- where movers are insured and work ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("scheme", "work", "insured", "after", "expected"),
    [
        (Scheme.EMPLOYEE, Work.ENTERPRISE, 1, 2, 2),
        (Scheme.EMPLOYEE, Work.RETIRED, 1, 2, 1),
        (Scheme.RESIDENT, Work.FARMER, 0, 2, 0),  # insured at the registration: stays so
        (Scheme.RESIDENT, Work.FARMER, 1, 2, 2),  # insured where it lived: insured where it lives
        (Scheme.RESIDENT, Work.FARMER, 1, 0, 0),  # back at the registration
        (Scheme.RESIDENT, Work.FARMER, 3, 0, 0),
        (Scheme.NONE, Work.FARMER, 1, 2, 2),
    ],
)
def test_insurance_after_a_move(scheme: int, work: int, insured: int, after: int, expected: int) -> None:
    assert insured_after.py_func(int(scheme), int(work), insured, 1, after, 0) == expected


def test_land_is_left_for_the_town_and_taken_up_again() -> None:
    change = work_after.py_func
    assert change(int(Work.FARMER), 0, 1, 0) == Work.FLEXIBLE
    assert change(int(Work.FLEXIBLE), 1, 0, 0) == Work.FARMER
    assert change(int(Work.FLEXIBLE), 1, 0, 1) == Work.FLEXIBLE
    assert change(int(Work.ENTERPRISE), 1, 0, 0) == Work.ENTERPRISE


def test_movers_keep_registration_and_years_and_their_accounts_go_along() -> None:
    world = live(world_of(people=20_000), START)
    before = snapshot(world.engine.people)
    moved = np.zeros((358, 358), np.int64)
    ground = world.ground._replace(year=START + 1)
    world.engine.renew(world.law, ground, moved)
    p = world.engine.people
    order = np.argsort(p.key)
    old = np.flatnonzero(before["dying"] == 0)
    now = order[np.searchsorted(p.key[order], before["key"][old])]
    away = p.home[now] != before["home"][old]
    assert 0.003 < away.mean() < 0.03
    assert (p.hukou[now] == before["hukou"][old]).all()
    assert (p.years[now] == before["years"][old]).all()
    assert (p.account[now] == before["account"][old]).all()
    changed = p.insured[now] != before["insured"][old]
    flows = np.zeros_like(moved)
    np.add.at(flows, (before["insured"][old][changed], p.insured[now][changed]), p.account[now][changed])
    assert (flows == moved).all()
    assert moved.sum() > 0
    assert (away & (p.scheme[now] == Scheme.RESIDENT) & (p.insured[now] != p.home[now])).any(), "insured elsewhere"


# ---- estates --------------------------------------------------------------------------------------------------------
def estate(**roles: dict[str, int]) -> tuple[Table, Engine]:
    """Return people by role, each in a home and pool of the own, all with an account unless told otherwise."""
    people = Table(PERSON, len(roles))
    names = list(roles)
    for row, role in enumerate(names):
        values = {"key": row, "household": row, "home": row, "insured": row, "scheme": int(Scheme.EMPLOYEE)}
        for name, value in (values | roles[role]).items():
            getattr(people, name)[row] = names.index(value) if isinstance(value, str) else value
    homes = Table(HOUSEHOLD, len(roles), {"start": np.arange(len(roles), dtype=np.int32), "home": people.home.copy()})
    return people, Engine(people, homes, 358, threads=2)


@pytest.mark.parametrize(
    ("heirs", "heir"),
    [
        ({"wife": {}, "son": {}, "mother": {}}, "wife"),
        ({"wife": {"scheme": 2}, "son": {}, "daughter": {}, "mother": {}}, "son"),
        ({"wife": {"dying": 1}, "son": {"scheme": 0}, "daughter": {}, "mother": {}}, "daughter"),
        ({"son": {"scheme": 2}, "mother": {}, "father": {}}, "mother"),
        ({"mother": {"dying": 1}, "father": {}}, "father"),
        ({"son": {"scheme": 2}}, None),
        ({}, None),
    ],
    ids=str,
)
def test_an_estate_goes_to_the_nearest_relative_wherever_he_lives(heirs: Any, heir: str | None) -> None:
    own: dict[str, Any] = {"dying": 1, "account": 1_001} | {n: n for n in ("mother", "father") if n in heirs}
    roles = {"dead": own | ({"spouse": "wife"} if "wife" in heirs else {}), **heirs}
    for role in ("son", "daughter"):
        if role in roles:
            roles[role] = roles[role] | {"father": "dead"}
    if "wife" in roles:
        roles["wife"] = roles["wife"] | {"spouse": "dead"}
    people, engine = estate(**roles)
    world = world_of()
    engine.inherit(world.law, world.tally)
    engine.close()
    share = float(world.law[0].accounts.inherit_to_accounts)
    kept = 0 if heir is None else int(np.floor(1_001 * share + 0.5))
    assert people.account.sum() == kept
    assert (people.dying <= 1).all()
    assert world.tally.money[0, Money.INHERIT_CASH] == 1_001 - kept
    if heir is not None:
        row = list(roles).index(heir)
        assert people.account[row] == kept
        assert world.tally.pairs[PairKind.INHERIT, 0, row] == kept


def test_dead_is_a_fate() -> None:
    world = live(world_of(), START)
    fate = fates(world)
    people = world.engine.people
    for key, dying in zip(people.key.tolist(), people.dying.tolist()):
        assert (fate[key] == DEAD) == (dying == 1)
