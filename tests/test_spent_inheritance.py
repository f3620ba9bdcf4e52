"""Heirs may spend an inherited account in the year they get it, elsewhere than where the dead were insured."""

from __future__ import annotations

from model import PoolingModel, Scenario


def test_an_heir_alone_in_a_pool_may_spend_what_came_from_another_pool() -> None:
    """In this world accounts of a pool pay more in 2027 than stood in them without what was inherited."""
    world = PoolingModel(Scenario(people=4_000, start=2024, end=2028), rng=77)
    for _ in range(5):
        world.step()
    funds = world.record.funds
    accounts = funds[(funds["fund"] == "employee_accounts") & (funds["prefecture"] == 211100) & (funds["year"] == 2027)]
    inherited = world.record.flows.query("year == 2027 and kind == 'inherit' and payee == 'employee_accounts:211100'")
    spent = int(accounts["paid_fen"].sum())
    others = int((accounts["opening_fen"] + accounts["received_fen"]).sum()) - int(inherited["amount_fen"].sum())
    assert inherited["amount_fen"].sum() > 0
    assert spent > others
    assert (funds["closing_fen"] >= 0).all()
