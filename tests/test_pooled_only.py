"""Pooled-only cover: who has no individual account, at first and after changes of work."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.career import account_after
from agents.codes import Scheme, Work
from model import PoolingModel, Scenario
from model.data import series
from model.policy import load_policy
from tests.worlds import lived

ACCOUNT, POOLED = 1, 0
FLEXIBLE, OTHERS = 0.4, 0.1
KEEP = (Work.RETIRED, Work.UNEMPLOYED)


def after(kind: int, before: Work, work: Work, *, member: bool, luck: float) -> int:
    """Return the kind of cover after a change of work, at the shares of these tests."""
    return int(account_after(kind, int(before), int(work), member, luck, FLEXIBLE, OTHERS))


@pytest.mark.parametrize(
    ("kind", "before", "work", "member", "luck", "expected"),
    [
        (ACCOUNT, Work.ENTERPRISE, Work.ENTERPRISE, True, 0.0, ACCOUNT),
        (POOLED, Work.UNEMPLOYED, Work.ENTERPRISE, True, 0.9, POOLED),
        (POOLED, Work.FLEXIBLE, Work.FLEXIBLE, True, 0.9, POOLED),
        (POOLED, Work.FLEXIBLE, Work.ENTERPRISE, True, 0.2, ACCOUNT),
        (ACCOUNT, Work.ENTERPRISE, Work.FLEXIBLE, True, 0.2, POOLED),
        (ACCOUNT, Work.FARMER, Work.FLEXIBLE, False, 0.39, POOLED),
        (ACCOUNT, Work.FARMER, Work.FLEXIBLE, False, 0.41, ACCOUNT),
        (ACCOUNT, Work.FLEXIBLE, Work.FLEXIBLE, False, 0.39, POOLED),
        (POOLED, Work.STUDENT, Work.PUBLIC, False, 0.11, ACCOUNT),
        (ACCOUNT, Work.STUDENT, Work.PUBLIC, False, 0.09, POOLED),
        (POOLED, Work.FLEXIBLE, Work.RETIRED, True, 0.9, POOLED),
    ],
)
def test_cover_is_drawn_anew_where_work_changes_its_kind(
    kind: int, before: Work, work: Work, member: bool, luck: float, expected: int
) -> None:
    assert after(kind, before, work, member=member, luck=luck) == expected


@given(
    kind=st.sampled_from((POOLED, ACCOUNT)),
    before=st.sampled_from(list(Work)),
    work=st.sampled_from(list(Work)),
    low=st.floats(0.0, 1.0, exclude_max=True),
    high=st.floats(0.0, 1.0, exclude_max=True),
)
def test_more_luck_never_takes_an_account(kind: int, before: Work, work: Work, low: float, high: float) -> None:
    low, high = sorted((low, high))
    for member in (False, True):
        assert after(kind, before, work, member=member, luck=low) <= after(kind, before, work, member=member, luck=high)
    if (work in KEEP and before != Work.FLEXIBLE) or work == Work.RETIRED:
        assert after(kind, before, work, member=True, luck=low) == kind


def pooled_only(world: PoolingModel, *work: Work) -> float:
    """Return the part of members, or of those at some kinds of work, who have no account."""
    people = world.engine.people
    member = people.scheme == Scheme.EMPLOYEE
    if work:
        member &= np.isin(people.work, work)
    return float((people.account_kind[member] == POOLED).mean())


@pytest.mark.parametrize("start", [2019, 2024, 2026])
def test_first_members_without_account_are_as_many_as_published(start: int) -> None:
    world = PoolingModel(Scenario(people=30_000, start=start, end=start), measure=False)
    assert pooled_only(world) == pytest.approx(load_policy().group("synthesis", start)["pooled_only_share"], abs=0.002)
    assert pooled_only(world, Work.FLEXIBLE) > 5 * pooled_only(world, Work.ENTERPRISE)


def test_cover_without_account_lasts() -> None:
    """In a world from 2019 as many lack an account in 2024 as were published; flexible workers as often as assumed."""
    world = PoolingModel(Scenario(people=100_000, start=2019, end=2024), measure=False)
    shares = load_policy().group("employee", world.case.end)
    while world.running:
        world.step()
    members, with_account = (series(name, "employee")[2024] for name in ("enrolment", "enrolment_pool_and_account"))
    assert pooled_only(world) == pytest.approx(1 - with_account / members, abs=0.006)
    assert pooled_only(world, Work.FLEXIBLE) == pytest.approx(shares["pooled_only_flexible"], abs=0.05)
    assert pooled_only(world, Work.ENTERPRISE) == pytest.approx(shares["pooled_only_others"], abs=0.01)


def test_flexible_workers_without_account_pay_six_hundredths_and_those_with_one_eight() -> None:
    """By hand: 6 or 8 % of 65 % of the pool's wage of last year; and 120 yuan in cash where no account pays them."""
    world = lived()
    p, wage = world.engine.people, world.ground.base_wage
    flexible = np.flatnonzero((p.scheme == Scheme.EMPLOYEE) & (p.work == Work.FLEXIBLE))
    assert {0, 1} == set(p.account_kind[flexible].tolist())
    for row in flexible[:200]:
        base = int(np.floor(0.65 * wage[p.insured[row]] + 0.5))
        rate, large_sum = (0.08, {0}) if p.account_kind[row] else (0.06, {0, 12_000})
        assert min(abs(p.contribution[row] - rate * base - cash) for cash in large_sum) <= 0.5
