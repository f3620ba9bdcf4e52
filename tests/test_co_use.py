"""Relatives' accounts: links are those of the law, no account is overdrawn, a holder's loss is a user's gain."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.chance import Purpose, four
from agents.codes import Scheme
from agents.columns import Table
from agents.person import Columns, columns_of
from experiments.bench.kin import kin_of
from experiments.study import load_study
from model import co_use
from model.co_use import CoUse
from model.engine import Engine
from model.phases.holding import Holders
from model.phases.links import Links
from model.rules.codes import CoUse as Rule
from model.rules.codes import Use
from model.rules.sharing import area_between, kin_in_scope, ring_of
from model.scenario import Reform, load_reform
from tests.worlds import live, snapshot, world_of

YEAR = 2026
RESERVE = 300
EVERYBODY = Reform(
    "everybody",
    changes={f"accounts.{name}": {f"{YEAR}-01-01": 0.8} for name in ("registered_share", "wider_share")},
)
CHANGES: dict[str, dict[str, float]] = {
    "today": {},
    "2021": {"scope": 1, "area": 0},
    "province": {"area": 1, "wider_share": 0.6},
    "nation": {"registered_share": 0.8, "wider_share": 0.6, "wallet_share": 1.0, "reserve": RESERVE},
    "largest": {"registered_share": 0.8, "order": 1},
    "proportion": {"registered_share": 0.8, "order": 2},
    "whole premiums": {"registered_share": 0.8, "reading_s6": 1},
}


def changed_law(name: str) -> tuple[Reform, ...]:
    """Return the law of a case; every family uses accounts for premiums, so that many ask."""
    case = {"premium_use_share": 1.0} | CHANGES[name]
    changes = {f"accounts.{key}": {f"{YEAR}-01-01": value} for key, value in case.items()}
    return (Reform("law", changes=changes),)


@dataclass
class Shared:
    """One time that accounts paid: people before and after, and through which links."""

    before: dict[str, Any]
    after: dict[str, Any]
    links: Links
    everybody: Links
    """What the links were if everybody needed something."""
    law: Any
    province: Any


def found(p: Columns, laws: Any, ground: Any) -> Links:
    """Return the links of all insured people as if all of them needed something."""
    families = CoUse(len(p.key), 1, lambda work, items: [work(item) for item in items])  # type: ignore[arg-type, func-returns-value]
    families.need[0] = p.scheme != Scheme.NONE
    law = laws[0].accounts
    kin, holders = families._open(p, law, ground)
    return in_rows(families._find(Use.CARE, p, law, ground, kin, holders), holders)


def in_rows(links: Links, holders: Holders) -> Links:
    """Return a copy of links that names holders and users by their rows."""
    rows = {"holder": holders.row[links.holder], "user": links.row[links.user]}
    return Links(*(values.copy() for values in links._replace(**rows)))


@cache
def shared(name: str, threads: int = 1) -> dict[Use, Shared]:
    """Live a world through `YEAR` under a changed law and note what the year's two payments from accounts did."""
    world = live(world_of(start=YEAR, end=YEAR, reforms=changed_law(name), threads=threads), YEAR - 1)
    noted: dict[Use, Shared] = {}
    engine = world.engine
    share = Engine.share

    def noting(use: Use, laws: Any, ground: Any, tally: Any) -> None:
        co_use = engine._families()
        before = snapshot(engine.people)
        everybody = found(columns_of(engine.people), laws, ground)
        share(engine, use, laws, ground, tally)
        assert co_use.links is not None
        assert co_use.known is not None
        links = in_rows(co_use.links, co_use.known[1])
        noted[use] = Shared(before, snapshot(engine.people), links, everybody, laws[0].accounts, ground.province)

    engine.share = noting  # type: ignore[method-assign]
    world.step()
    engine.close()
    return noted


def by_row(links: Links, rows: Any, people: int) -> NDArray[np.int64]:
    return np.bincount(rows, links.paid, people).astype(np.int64)


BOTH = [(name, use) for name in CHANGES for use in (Use.CONTRIBUTION, Use.CARE)]


@pytest.mark.parametrize(("name", "use"), BOTH)
def test_check_9_every_holders_loss_is_a_users_gain(name: str, use: Use) -> None:
    one = shared(name)[use]
    people = len(one.before["key"])
    lost = one.before["account"] - one.after["account"]
    assert lost.sum() > 0
    assert (lost == by_row(one.links, one.links.holder, people)).all()
    gained = by_row(one.links, one.links.user, people)
    if use == Use.CARE:
        assert (one.after["family_account"] - one.before["family_account"] == gained).all()
        assert (one.before["self_pay"] - one.after["self_pay"] == gained).all()
        assert (one.after["self_pay"] >= 0).all()
    else:
        assert (gained <= one.before["contribution"]).all()
        assert (gained[one.before["scheme"] != Scheme.RESIDENT] == 0).all()
    same = set(one.before) - {"account", "family_account", "self_pay"}
    assert all((one.before[name] == one.after[name]).all() for name in same)


@pytest.mark.parametrize(("name", "use"), BOTH)
def test_check_9_no_account_pays_more_than_it_holds_above_the_reserve(name: str, use: Use) -> None:
    one = shared(name)[use]
    least = np.minimum(one.before["account"], int(one.law.reserve))
    assert (one.after["account"] >= least).all()
    assert (one.after["account"] >= 0).all()


def nodes(p: dict[str, Any]) -> list[SimpleNamespace]:
    """Return people who point to each other, from columns."""
    people = [SimpleNamespace(row=row) for row in range(len(p["key"]))]
    for name in ("spouse", "mother", "father"):
        for person, at in zip(people, p[name].tolist(), strict=True):
            setattr(person, name, people[at] if at >= 0 else None)
    return people


@pytest.mark.parametrize("name", ["today", "2021", "province", "nation"])
def test_links_are_all_kin_the_law_allows_and_no_others(name: str) -> None:
    one = shared(name)[Use.CONTRIBUTION]
    p, law = one.before, one.law
    people = nodes(p)
    rule = Rule.NEAR_RELATIVES if law.scope == 2 else Rule.FAMILY
    expected = set()
    for holder in np.flatnonzero(p["account"] > int(law.reserve)).tolist():
        turn, wallet, _, _ = four(0, int(Purpose.ACCOUNT), 0, p["key"][holder])
        if turn >= law.registered_share:
            continue
        for user in range(len(people)):
            kin = kin_of(people[holder], people[user])  # type: ignore[arg-type]
            pools = int(p["insured"][holder]), int(p["insured"][user])
            area = area_between(*pools, *(int(one.province[pool]) for pool in pools))
            allowed = kin_in_scope(int(rule), kin) == 1 and area <= law.area and (area < 2 or wallet < law.wallet_share)
            of_2021 = area == 0 and kin_in_scope(int(Rule.FAMILY), kin) == 1
            allowed = allowed and (of_2021 or turn < law.registered_share * law.wider_share)
            if holder != user and allowed and p["scheme"][user] != Scheme.NONE:
                away = int(p["household"][holder] != p["household"][user])
                expected.add((holder, user, ring_of(kin, area, away)))
    links = one.everybody
    told = list(zip(links.holder.tolist(), links.user.tolist(), links.ring.tolist(), strict=True))
    assert len(set(told)) == len(told)
    assert set(told) == expected
    for n in range(len(one.links.holder)):
        assert (one.links.holder[n], one.links.user[n], one.links.ring[n]) in expected
    assert len({ring for _, _, ring in told}) >= {"today": 6, "2021": 2, "province": 6, "nation": 7}[name]


def test_accounts_pay_in_other_homes_and_other_pools() -> None:
    for use in (Use.CONTRIBUTION, Use.CARE):
        one = shared("province")[use]
        paid = one.links.paid > 0
        p = one.before
        for column in ("household", "insured"):
            assert (paid & (p[column][one.links.holder] != p[column][one.links.user])).any(), column


def test_a_ring_waits_for_the_rings_before() -> None:
    """Nobody pays in a later ring while a holder of an earlier ring, who was not asked, still has money."""
    one = shared("nation")[Use.CARE]
    links = one.links
    spare = one.after["account"] - int(one.law.reserve)
    paid = defaultdict(lambda: -1)
    for n in np.flatnonzero(links.paid > 0).tolist():
        paid[int(links.user[n])] = max(paid[int(links.user[n])], int(links.ring[n]))
    for n in np.flatnonzero(links.asked < 0).tolist():
        if int(links.ring[n]) < paid[int(links.user[n])]:
            assert spare[links.holder[n]] <= 0
    assert paid


def test_the_largest_account_is_asked_first() -> None:
    one = shared("largest")[Use.CONTRIBUTION]
    links, balance = one.links, one.before["account"]
    paid = by_row(links, links.holder, len(balance))
    several = defaultdict(list)
    for n in range(len(links.holder)):
        several[int(links.user[n]), int(links.ring[n])].append(n)
    seen = 0
    for group in several.values():
        asked = [n for n in group if links.asked[n] >= 0]
        nobody_else = all(paid[links.holder[n]] == links.paid[n] for n in group)
        if len(group) > 1 and len(asked) == 1 and nobody_else:
            seen += 1
            assert balance[links.holder[asked[0]]] == max(balance[links.holder[n]] for n in group)
    assert seen > 0


@pytest.mark.parametrize("name", ["nation", "proportion"])
def test_three_threads_pay_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(co_use, "FEW", 0)
    for use, one in shared(name).items():
        other = shared(name, 3)[use]
        for column, values in one.after.items():
            assert (values == other.after[column]).all(), column


def test_a_full_table_of_links_is_made_again_with_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    new_links = co_use.new_links

    def little(users: int, links: int, *take: Any) -> Links:
        if take and take[0].keywords["purpose"] == "links":
            return new_links(users, links, *take)
        made.append(links)
        return new_links(users, max(links // 64, 1), *take)

    world = live(world_of(start=YEAR, end=YEAR, reforms=(EVERYBODY,)), YEAR)
    p = columns_of(world.engine.people)

    plenty = found(p, world.law, world.ground)
    monkeypatch.setattr(co_use, "new_links", little)
    tight = found(p, world.law, world.ground)
    assert len(made) > 1
    for name in ("holder", "user", "ring", "row"):
        assert (getattr(plenty, name) == getattr(tight, name)).all(), name


def test_no_link_is_lost_where_there_is_room_for_just_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    world = live(world_of(people=1500, start=YEAR, end=YEAR, reforms=(EVERYBODY,)), YEAR)
    p, made, new_links = columns_of(world.engine.people), [], co_use.new_links
    plenty = found(p, world.law, world.ground)
    monkeypatch.setattr(co_use, "new_links", lambda *words: made.append(words) or new_links(*words))

    def once(room: int) -> bool:
        """Say whether that much room is taken for enough at once."""
        monkeypatch.setattr(co_use, "ROOM", room - len(p.key))
        made.clear()
        tight = found(p, world.law, world.ground)
        assert np.array_equal(plenty.holder, tight.holder)
        assert np.array_equal(plenty.user, tight.user)
        return len(made) == enough

    enough = 0
    once(10 * len(p.key))
    enough = len(made)
    low, high = 1, 10 * len(p.key)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if once(middle) else (middle, high)
    assert once(high)
    assert not once(low)


def test_nothing_is_kept_between_years() -> None:
    world = live(world_of(start=YEAR, end=YEAR), YEAR)
    assert world.engine.co_use is None
    assert isinstance(world.engine.people, Table)


def test_the_shipped_study_of_co_use_loads() -> None:
    study = load_study("co_use")
    names = [variant.name for variant in study.variants]
    assert names[0] == "today"
    assert {"co_use_off", "co_use_2021", "co_use_2024", "care_only", "premiums_only"} <= set(names)
    for variant in study.variants:
        for reform in variant.reforms:
            assert all(path.startswith("accounts.") for path in load_reform(reform).changes)


def test_a_family_that_does_not_use_accounts_for_premiums_never_asks() -> None:
    """With a share of 0.3, just those whose draw lies below it ask, and for all they would have asked for anyway."""
    world = live(world_of(start=YEAR, end=YEAR, reforms=changed_law("nation")), YEAR)
    p, law = columns_of(world.engine.people), world.law.copy()
    law[0].accounts.premium_use_share = 0.3
    families = CoUse(len(p.key), 1, lambda work, items: [work(item) for item in items])  # type: ignore[arg-type, func-returns-value]
    families.need[0] = 100 * (np.arange(len(p.key)) % 3)
    kin, holders = families._open(p, law[0].accounts, world.ground)
    everybody = in_rows(families._find(Use.CARE, p, law[0].accounts, world.ground, kin, holders), holders)
    willing = in_rows(families._find(Use.CONTRIBUTION, p, law[0].accounts, world.ground, kin, holders), holders)
    use = np.array([four(0, int(Purpose.ACCOUNT), 0, key)[3] < 0.3 for key in p.key])
    assert 0 < use.sum() < len(use)
    asks = use[everybody.row]
    assert 0 < asks.sum() < len(asks)
    for name in ("row", "out", "inside"):
        assert (getattr(everybody, name)[asks] == getattr(willing, name)).all(), name
    assert (willing.out == families.need[0, willing.row]).all()
