"""Measures mean what their names say: each computed once more in a few lines from the people of a world."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from agents.codes import Advice
from experiments.reported import told_of
from model import measures
from model.identities import check_people
from model.measuring import kernels as k
from model.measuring.balance import aid
from model.measuring.unmet import sought
from model.phases.caring import RANK_BITS
from model.phases.ground import FIFTHS
from model.pooling import PoolingModel
from model.rules.codes import Use
from tests.worlds import START, live, world_of

EVERYBODY = ("nation", "china")
SOUGHT = ("visits", "chronic", "stays")


@cache
def first_year() -> tuple[PoolingModel, pd.DataFrame, dict[str, NDArray[np.int64]]]:
    """Return a world lived for a year, its people, and the care that the year's phases noted of each."""
    world = world_of(people=6000, end=START + 2)
    engine: Any = world.engine
    share, care = engine.share, {}

    def noting(use: Use, *words: Any) -> None:
        if use == Use.CARE:
            care.update({name: getattr(engine.illness, name).astype(np.int64) for name in SOUGHT})
        share(use, *words)

    engine.share = noting
    world.step()
    engine.share = share
    return world, world.people_frame(), care


def told(world: PoolingModel, year: int = START) -> Any:
    rows = world.record.measures
    return told_of(rows[rows["year"] == year])


def per_head(people: pd.DataFrame, amounts: pd.Series) -> NDArray[np.float64]:
    """Return the family's money per head of every person [fen]."""
    by = amounts.groupby(people["household"])
    return np.asarray(by.transform("sum") / by.transform("size"))


# ---- unmet need -----------------------------------------------------------------------------------------------------
def test_who_took_an_advised_stay_is_who_had_one() -> None:
    world, people, care = first_year()
    found, used = sought(world.engine.people, world.ground, world.in_force.care)
    assert ((found == Advice.TAKEN) == (care["stays"] > 0)).all()
    assert (people["advised_stay"].to_numpy() == np.array(["none", "taken", "given_up"])[found]).all()
    apart = sought(world.engine.people, world.ground, world.in_force.care, threads=3)
    assert (apart.advised == found).all()
    assert (apart.used == used).all()


def test_advised_stays_are_given_up_as_often_as_the_law_of_care_says() -> None:
    world = first_year()[0]
    found, _ = sought(world.engine.people, world.ground, world.in_force.care)
    fifth = world.engine.people.rank.astype(np.int64) * FIFTHS >> RANK_BITS
    for place, share in enumerate(world.in_force.care.unmet_need_poor):
        asked = found[(fifth == place) & (found != Advice.NONE)]
        error = np.sqrt(share * (1 - share) / len(asked))
        assert float((asked == Advice.GIVEN_UP).mean()) == pytest.approx(share, abs=4 * error)


def test_unmet_need_is_who_gave_up_of_who_was_advised() -> None:
    world, people, _ = first_year()
    rank = measures.fractional_rank(per_head(people, people["income_fen"]))
    fifth = np.clip(np.floor(FIFTHS * rank + 1e-12), 0, FIFTHS - 1).astype(int)
    asked = people[people["advised_stay"] != "none"].assign(fifth=fifth[people["advised_stay"] != "none"])
    gave_up = asked["advised_stay"] == "given_up"
    found = told(world)
    assert found[*EVERYBODY, "unmet_need"] == pytest.approx(gave_up.mean(), abs=1e-12)
    shares = world.in_force.care.unmet_need_poor
    assert min(shares) < gave_up.mean() < max(shares)
    for place, share in gave_up.groupby(asked["fifth"]).mean().items():
        assert found["income_fifth", str(place + 1), "unmet_need"] == pytest.approx(share, abs=1e-12)
    for scheme, share in gave_up.groupby(asked["scheme"]).mean().items():
        assert found["scheme", scheme, "unmet_need"] == pytest.approx(share, abs=1e-12)
    assert found["income_fifth", "1", "unmet_need"] > found["income_fifth", "5", "unmet_need"]


# ---- use of care ----------------------------------------------------------------------------------------------------
def test_who_used_care_had_a_visit_treatment_or_a_stay_whatever_the_account_bought() -> None:
    world, people, care = first_year()
    used = np.any([care[name] > 0 for name in SOUGHT], axis=0)
    assert (people["used_care"].to_numpy() == used).all()
    for name in SOUGHT:
        assert (used & ~np.any([care[other] > 0 for other in SOUGHT if other != name], axis=0)).any()  # none is idle
    bought = people[~used & (people["cost_fen"] > 0)]
    assert (bought["scheme"] == "employee").all()  # at pharmacies, with what is in the account
    assert len(bought) > 100
    found = told(world)
    assert found[*EVERYBODY, "no_care"] == pytest.approx(1 - used.mean(), abs=1e-12)
    for scheme in ("none", "employee", "resident"):
        share = 1 - used[people["scheme"] == scheme].mean()
        assert found["scheme", scheme, "no_care"] == pytest.approx(share, abs=1e-12)
    assert found["scheme", "employee", "no_care"] > 0.1
    x = per_head(people, people["income_fen"])
    index = measures.concentration_index(used.astype(float), x).ci
    assert found[*EVERYBODY, "concentration_use"] == pytest.approx(index, abs=1e-12)


# ---- mutual aid -----------------------------------------------------------------------------------------------------
def test_money_of_a_step_is_what_reached_funds_once() -> None:
    moved = {
        "step1_loan": 100, "step1_aid": 200, "step1_repay": 300, "step1_interest": 400, "step2_upload": 500,
        "step2_aid": 600, "step3_loan": 700, "step3_repay": 800, "step3_upload": 900, "step3_aid": 1000, "backstop": 50,
    }  # fmt: skip
    flows = {"kind": np.array([*moved], object), "amount_fen": np.array([*moved.values()])}
    found = {name: value for _, _, name, value in aid(flows)}
    assert found == {
        "step1_money": 3.0, "step2_money": 6.0, "step3_money": 17.0, "step2_upload_money": 5.0,
        "step3_upload_money": 9.0, "backstop_money": 0.5, "arrears_money": 0.0,
    }  # fmt: skip


# ---- benefits -------------------------------------------------------------------------------------------------------
def test_benefit_per_head_is_what_funds_spent_on_members_births_included() -> None:
    world, people, _ = first_year()
    flows, found = world.record.flows, told(world)
    paid = flows[flows["kind"].isin(["basic", "critical", "large_sum", "assistance", "maternity"])]
    per_member = {
        scheme: found["scheme", scheme, "benefit_per_head"] * int((people["scheme"] == scheme).sum()) * 100
        for scheme in ("employee", "resident")
    }
    uninsured = int(people.loc[people["scheme"] == "none", "assistance_fen"].sum())
    assert sum(per_member.values()) + uninsured == pytest.approx(int(paid["amount_fen"].sum()) / world.weight, rel=1e-9)
    births = int(people["maternity_fen"].sum())
    assert births > 0.01 * per_member["employee"]
    tenths = sum(found["income_decile", str(n + 1), "benefit_per_head"] for n in range(10)) / 10
    assert tenths * len(people) * 100 == pytest.approx(sum(per_member.values()) + uninsured, rel=1e-9)


# ---- who pays whom --------------------------------------------------------------------------------------------------
def test_maternity_benefits_are_drawn_out_by_mothers() -> None:
    world, people, _ = first_year()
    flows = world.record.flows
    paid = int(flows["amount_fen"][flows["kind"] == "maternity"].sum())
    mothers = people[people["maternity_fen"] > 0]
    assert int(people["maternity_fen"].sum()) * world.weight == paid > 0
    assert (mothers["sex"] == "female").all()
    assert (mothers["scheme"] == "employee").all()
    assert mothers["age"].between(15, 54).all()
    payers = ("basic", "critical", "large_sum", "assistance", "own_account", "family_account", "maternity")
    drawn = people[[f"{payer}_fen" for payer in payers]].sum(axis=1) * world.weight
    found = told(world)
    for level in ("scheme", "province"):
        for unit, value in drawn.groupby(people[level].astype(str)).sum().items():
            assert found.get((level, unit, "drawn_out_fen"), 0.0) == float(value)
    groups = [value for (level, unit, name), value in found.items()
              if (level, name) == ("income_decile", "drawn_out_fen") and unit.isdigit()]  # fmt: skip
    assert sum(groups) == pytest.approx(float(drawn.sum()), abs=k.DECILES)


def test_employers_pay_what_employers_paid_and_the_unemployment_fund_the_rest() -> None:
    world, _, _ = first_year()
    flows, found = world.record.flows, told(world)
    paid = flows.groupby(flows["kind"].astype(str))["amount_fen"].sum()
    for level in ("scheme", "province", "income_decile", "age_group"):
        assert found[level, "employers", "paid_in_fen"] == paid["contribution_employer"]
        assert found[level, "unemployment_fund", "paid_in_fen"] == paid["contribution_unemployment"] > 0


def test_what_accounts_pay_for_large_sum_cover_is_no_second_contribution() -> None:
    world, people, _ = first_year()
    flows, law = world.record.flows, world.law[0].large_sum
    amounts = flows.groupby(["kind", flows["payee"].str.split(":").str[0]])["amount_fen"].sum()
    from_accounts = int(amounts["premium_from_account", "large_sum"])
    assert law.from_account == 1
    assert from_accounts > 0
    employees = people["contribution_fen"].where(people["scheme"] == "employee", 0)
    paid = [amounts[("contribution_person", fund)] for fund in ("employee_accounts", "employee_pool", "large_sum")]
    assert int(employees.sum()) * world.weight == sum(paid)
    retired = people[(people["scheme"] == "employee") & (people["work"] == "retired") & (people["account_fen"] > 0)]
    assert retired["contribution_fen"].min() == 0  # their account pays, and nothing leaves their pension
    x, t = (per_head(people, amounts) for amounts in (people["income_fen"], employees))
    index = measures.kakwani_contribution(x, t).kakwani
    assert told(world)[*EVERYBODY, "kakwani_contribution_employee"] == pytest.approx(index, abs=1e-12)


# ---- hardship -------------------------------------------------------------------------------------------------------
def test_ever_is_this_year_in_the_first_year_and_never_less_among_those_left() -> None:
    world = world_of(people=6000, end=START + 2)
    for year in range(START, START + 3):
        live(world, year)
        found, people = told(world, year), world.people_frame()
        x, cash = (per_head(people, people[f"{name}_fen"]) for name in ("income", "self_pay"))
        earns, flags = x > 0, world.reporter.lives.flags
        assert 0 < (~earns).sum() < len(people) or year > START
        for bit, share in enumerate((0.1, 0.25)):
            name = f"catastrophic_{round(100 * share)}"
            now = cash[earns] / x[earns] > share
            ever = flags[earns] & (1 << bit) > 0
            assert found[*EVERYBODY, name] == pytest.approx(now.mean(), abs=1e-12)
            assert (ever | ~now).all()
            assert ever.mean() >= found[*EVERYBODY, name]
            if year == START:
                assert found[*EVERYBODY, f"{name}_ever"] == found[*EVERYBODY, name]
            else:
                assert found[*EVERYBODY, f"{name}_ever"] > found[*EVERYBODY, name]
        assert ((flags & (1 << k.EARNED) > 0) | ~earns).all()


# ---- identities -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["contribution", "maternity", "self_pay"])
def test_people_whose_money_is_not_in_the_flows_are_noticed(name: str) -> None:
    world, people, _ = first_year()
    flows = world.record.flows
    assert check_people(flows, people) == []
    column = f"{name}_fen"
    off = people.assign(**{column: people[column] + (people.index == 0)})
    assert [line.partition(":")[0] for line in check_people(flows, off)] == [f"people and flows differ in {name}"]
