"""Excess reserves into payment reform: the part beyond the line, to providers by their bills, no benefit."""

from __future__ import annotations

from model.identities import check_identities
from model.kinds import EMPLOYEE_POOL, RESIDENT_POOL
from model.scenario import load_reform
from tests.small_world import SmallWorld
from tests.worlds import live, world_of


def lived(share: float) -> SmallWorld:
    world = SmallWorld((320100,), (320000,), budget__release_share=share)
    world.endow(employee_pool=[2900], resident_pool=[9000])
    world.set_year((1300, 1200), (1200, 1200))
    world.step()
    return world


def test_a_share_beyond_fifteen_months_goes_to_hospitals() -> None:
    """2,900 + 1,300 - 1,200 = 3,000 fen; fifteen months of 1,200 a year are 1,500; a fifth of 1,500 is 300."""
    world = lived(0.2)
    assert world.flow("payment_reform") == {("employee_pool:320100", "providers:320100"): 300}
    assert (world.closing(EMPLOYEE_POOL), world.closing(RESIDENT_POOL)) == ([2700], [9000])
    row = world.record.funds.set_index("fund").loc[EMPLOYEE_POOL]
    assert (row.income_fen, row.spending_fen) == (1300, 1200)
    assert check_identities(world.record.tables) == []


def test_nothing_is_released_without_the_law() -> None:
    assert lived(0.0).flow("payment_reform") == {}


def test_the_reform_releases_from_its_year_on() -> None:
    world = live(world_of(start=2025, end=2026, reforms=(load_reform("excess_to_hospitals"),)))
    flows = world.record.flows.query("kind == 'payment_reform'")
    assert set(flows["year"]) == {2026}
    assert flows["amount_fen"].gt(0).any()
    assert flows["payer"].str.startswith("employee_pool:").all()
    assert check_identities(world.record.tables) == []
