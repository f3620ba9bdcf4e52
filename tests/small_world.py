"""A tiny fund-side world for tests: a few pools with sums set by hand, no people."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np
import pandas as pd

from agents.codes import Care, Scheme, Status, Work
from model.kinds import EMPLOYEE_POOL, POOL_FUNDS, RESIDENT_POOL
from model.ledger import Ledger, account
from model.phases import backstop, behaviour, close, loans, money_in_funds, mutual_aid, release
from model.phases.fund_world import Institutions, new_fund_state
from model.phases.tally import CareItem, EnrolmentItem, Head, Money, Tally
from model.record import Record

CODES = (320100, 320200, 110000)
PROVINCES = (320000, 320000, 110000)

DEFAULTS: dict[str, dict[str, Any]] = {
    "pooling": {
        "employee_level": 0,
        "resident_level": 0,
        "allow_cross_fund": 0,
        "interest_rate": 0.0,
        "schemes_merged": 0,
    },
    "critical": {"premium": 0},
    "budget": {"release_share": 0.0},
    "warning": {"months_short": 3, "months_low": 6, "months_high": 9, "months_excess": 15, "projected_years": 1},
    "steps": {
        "order": 12,
        "step1_on": 0,
        "step1_both_ways": 1,
        "step1_trigger_months": 3,
        "step1_trigger_deficit": 0,
        "step1_target_months": 3,
        "step1_keep_months": 9,
        "step1_share": 0.5,
        "step1_interest": 0.0,
        "step1_term": 3,
        "step1_repay_share": 0.5,
        "step1_repay_floor": 6,
        "step1_default": 0,
        "step1_form": 0,
        "step2_on": 0,
        "step2_today": 0,
        "step2_own_first": 0,
        "step2_design": 0,
        "step2_upload_rate": 0.05,
        "step2_stop_months": 6,
        "step2_s0": 0.6,
        "step2_s1": 0.0,
        "step2_share": 0.9,
        "step2_managerial_share": 0.0,
        "step2_trigger_short": 0,
        "step2_trigger_foreseen": 0,
        "step2_trigger_deficit": 0,
        "step2_target_months": 0,
        "step2_weights": 1,
        "step2_weight_active": 1.0,
        "step2_weight_retired": 2.5,
        "step2_equalise_share": 0.5,
        "step3_on": 0,
        "step3_design": 0,
        "step3_upload_rate": 0.01,
        "step3_excess_rate": 0.0,
        "step3_stop_months": 2,
        "step3_base_share": 0.9,
        "step3_central_budget": 0.0,
        "step3_share": 1.0,
        "step3_deductible": 0.0,
        "step3_target_months": 0,
        "step3_cross_scheme": 0,
        "step3_equalise_share": 0.5,
    },
    "behaviour": {
        "react": 0,
        "effort_loss_adjusted": (0.0, 0.09, 0.06),
        "effort_loss_unified": (0.0, 0.12, 0.12),
        "drift_adjusted": (0.0, 0.0, 0.0),
        "drift_unified": (0.0, 0.18, 0.09),
        "years": 3,
        "cut_when_short": 0.0,
        "spend_when_exposed": 0.0,
    },
    "treasury": {
        "last_resort": 1,
        "backstop_share": 1.0,
        "backstop_limit": 0.05,
        "arrears_repay_share": 1.0,
        "cut_after_arrears": 0.03,
        "epidemic_cost": 0,
    },
}
BY_POOL = (
    ("pooling", "employee_level"),
    ("pooling", "resident_level"),
    ("steps", "step2_today"),
    ("steps", "step2_own_first"),
    ("steps", "step2_design"),
)


class SmallWorld(mesa.Model):
    """Lives the fund side of years from hand-set income and spending by fund and pool."""

    def __init__(self, codes: tuple[int, ...] = CODES, provinces: tuple[int, ...] = PROVINCES, **law: Any) -> None:
        super().__init__(rng=0)
        self.year, self.weight = 2023, 1
        self.pools = pd.DataFrame({"code": codes, "province": provinces})
        self.settings = {group: dict(values) for group, values in DEFAULTS.items()}
        self.change(**law)
        self.ledger = Ledger(dict(zip(codes, provinces)))
        self.institutions = Institutions(self, codes, provinces)
        self.funds = new_fund_state(self.pools, self.in_force)
        self.ages = np.zeros((len(codes), len(Scheme)))
        self.places = SimpleNamespace(wage=[60_000_00] * len(codes))
        self.tally, self.record = Tally.empty(len(codes)), Record()

    def change(self, **law: Any) -> None:
        """Change law values given as group__name=value; pooling levels and today's step 2 become arrays by pool."""
        for path, value in law.items():
            group, name = path.split("__")
            assert name in self.settings[group], path
            self.settings[group][name] = value
        n = len(self.pools)
        groups = {g: SimpleNamespace(**values) for g, values in self.settings.items()}
        for group, name in BY_POOL:
            setattr(groups[group], name, np.broadcast_to(np.asarray(self.settings[group][name]), n).astype(np.int64))
        self.in_force = SimpleNamespace(**groups)

    def endow(self, **balances: Any) -> None:
        """Open the ledgers of all funds with balances by pool; those not named open empty [fen]."""
        money_in_funds.endow(self.ledger, self.funds.areas, balances)

    def set_year(self, employee: Any, resident: Any, active: Any = 100, retired: Any = 50) -> None:
        """Set the year's (income, spending) of both funds, each a pair or a pair by pool [fen]."""
        self.tally.clear()
        n = len(self.pools)
        e, r = (np.broadcast_to(np.asarray(pairs), (n, 2)) for pairs in (employee, resident))
        self.tally.money[:, Money.EMPLOYER], self.tally.money[:, Money.RESIDENT_CASH] = e[:, 0], r[:, 0]
        for status, basic in ((Status.ACTIVE, e[:, 1]), (Status.RESIDENT, r[:, 1])):
            for item in (CareItem.COST, CareItem.BASIC):
                self.tally.care[:, status, Care.INPATIENT, item] = basic
        self.tally.heads[:, Head.ACTIVE], self.tally.heads[:, Head.RETIRED] = active, retired
        self.tally.heads[:, Head.COVERED_RESIDENT] = 200
        people = self.tally.enrolment
        for scheme, work, number in (
            (Scheme.EMPLOYEE, Work.ENTERPRISE, active),
            (Scheme.EMPLOYEE, Work.RETIRED, retired),
            (Scheme.RESIDENT, Work.FARMER, 200),
        ):
            people[:, scheme, work, EnrolmentItem.PEOPLE] = people[:, scheme, work, EnrolmentItem.MEMBERS] = number

    def step(self) -> None:
        """Live the fund side of one year."""
        self.year += 1
        money_in_funds.open_funds(self)
        loans.repay_loans(self)
        behaviour.feel(self)
        money_in_funds.money_in(self)
        mutual_aid.uploads(self)
        money_in_funds.care_money(self)
        money_in_funds.pay_interest(self)
        money_in_funds.pay_old_arrears(self)
        close.warn(self)
        mutual_aid.cascade(self)
        backstop.last_resort(self)
        money_in_funds.inherit(self)
        release.release_reserves(self)
        backstop.react(self)
        close.close_funds(self)

    def aged(self) -> Any:
        """Return members weighted by what care at their age costs, set by hand."""
        return self.ages

    def closing(self, fund: str) -> list[int]:
        """Return this year's closings of a fund by area code, in order [fen]."""
        rows = self.record.funds.query("year == @self.year and fund == @fund")
        return [int(x) for x in rows.sort_values("prefecture")["closing_fen"]]

    def flow(self, kind: str) -> dict[tuple[str, str], int]:
        """Return this year's flows of one kind by payer and payee [fen]."""
        rows = self.record.flows.query("year == @self.year and kind == @kind")
        return {(a, b): int(x) for a, b, x in zip(rows["payer"], rows["payee"], rows["amount_fen"])}


__all__ = ["EMPLOYEE_POOL", "POOL_FUNDS", "RESIDENT_POOL", "SmallWorld", "account"]
