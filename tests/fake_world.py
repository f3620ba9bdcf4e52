"""A stand-in for the model: consistent little tables made by arithmetic alone, for tests of the experiments."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pandas as pd

from experiments.run import Simulator
from model.errors import LedgerError, ScenarioError

PREFECTURES = (110000, 320100, 320500, 620100)
FEN_PER_BN = 10**11


@dataclasses.dataclass(frozen=True)
class FakeReform:
    name: str
    changes: dict[str, dict[str, Any]]
    title: str = ""


@dataclasses.dataclass(frozen=True)
class FakeScenario:
    people: int = 1000
    start: int = 2024
    end: int = 2026
    reforms: tuple[FakeReform, ...] = ()

    def change(self, path: str) -> Any:
        for reform in self.reforms:
            for value in reform.changes.get(path, {}).values():
                return value
        return None


class FakeWorld:
    weight = 1000

    def __init__(self, scenario: FakeScenario, seed: int) -> None:
        self.case, self.seed, self.year = scenario, seed, scenario.start - 1
        if scenario.change("bad"):
            raise ScenarioError("fake.yaml: bad: expected good")
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("funds", "flows", "enrolment", "care", "measures")
        }
        self.closing = {
            (fund, code): 10 * FEN_PER_BN for fund in ("employee_pool", "resident_pool") for code in PREFECTURES
        }

    @property
    def record(self) -> SimpleNamespace:
        return SimpleNamespace(**{name: pd.DataFrame(rows) for name, rows in self.rows.items()})

    def step(self) -> None:
        self.year += 1
        if self.case.change("crash") == self.seed and self.year > self.case.start:
            raise LedgerError("money was lost")
        aid = int(self.case.change("aid") or 0) * FEN_PER_BN
        for place, code in enumerate(PREFECTURES):
            for scheme in ("employee", "resident"):
                self._pool(f"{scheme}_pool", scheme, code, place, aid)
        self._measure()
        if self.case.change("measure.long"):
            self._add("nation", "nation", {"gini_long": 0.3})
        self.rows["measures"].append(
            {
                "year": self.year,
                "level": "nation",
                "unit": "nation",
                "measure": "gini",
                "value": 0.4,
            }
        )

    def _measure(self) -> None:
        held = pd.DataFrame(self.rows["funds"]).query(f"year == {self.year}")
        for fund, rows in held.groupby("fund"):
            deficit = rows["spending_fen"] > rows["income_fen"]
            rate = 1 - rows["spending_fen"].sum() / rows["income_fen"].sum()
            found = {"pools": len(rows), "pools_in_deficit": deficit.sum(), "pools_short": 0, "surplus_rate": rate}
            for name, share in (("p10", 0.1), ("median", 0.5), ("p90", 0.9)):
                found[f"reserve_months_{name}"] = rows["reserve_months"].quantile(share)
            self._add("fund", str(fund), found)
            scheme = str(fund).removesuffix("_pool")
            self._add("scheme", scheme, {"benefit_per_head": rows["spending_fen"].sum() / rows["members"].sum() / 100})
            for province, some in rows.groupby("province"):
                head = some["spending_fen"].sum() / some["members"].sum() / 100
                self._add("province", str(province), {f"benefit_per_head_{scheme}": head})

    def _add(self, level: str, unit: str, found: dict[str, Any]) -> None:
        for measure, value in found.items():
            row = {"year": self.year, "level": level, "unit": unit, "measure": measure, "value": float(value)}
            self.rows["measures"].append(row)

    def _pool(self, fund: str, scheme: str, code: int, place: int, aid: int) -> None:
        income = (30 + self.seed + place) * FEN_PER_BN
        spending = (33 - place + self.year - self.case.start) * FEN_PER_BN
        opening = self.closing[fund, code]
        ledger = f"{fund}:{code}"
        flows = [
            (f"households:{code}", ledger, "contribution_person", income),
            (ledger, f"providers:{code}", "basic", spending),
        ]
        helped = aid if place == 0 and self.year > self.case.start else 0
        if helped:
            flows.append(("national_adjustment:0", ledger, "step3_aid", helped))
        missing = max(0, spending - income - opening - helped)
        if missing:
            flows.append((f"treasury:{code}", ledger, "backstop", missing))
        closing = opening + income + helped + missing - spending
        self.closing[fund, code] = closing
        year = self.year
        self.rows["flows"] += [
            dict(zip(("year", "payer", "payee", "kind", "amount_fen"), (year, *flow))) for flow in flows
        ]
        self.rows["funds"].append(
            {
                "year": year,
                "province": code // 10000 * 10000,
                "prefecture": code,
                "fund": fund,
                "opening_fen": opening,
                "received_fen": income + helped + missing,
                "paid_fen": spending,
                "closing_fen": closing,
                "members": 10**6,
                "spending_fen": spending,
                "income_fen": income,
                "lent_fen": 0,
                "owed_fen": 0,
                "reserve_months": 12 * closing / spending,
                "status": "",
            }
        )
        self.rows["enrolment"].append(
            {
                "year": year,
                "prefecture": code,
                "scheme": scheme,
                "work": "farmer",
                "people": 10**6,
                "members": 10**6,
                "duplicates": 0,
                "entered": 0,
                "lapsed": 0,
                "returned": 0,
                "waiting": 0,
            }
        )
        zero = dict.fromkeys(
            (
                "critical_fen",
                "large_sum_fen",
                "assistance_fen",
                "own_account_fen",
                "family_account_fen",
                "self_pay_fen",
                "away_cost_fen",
                "visit_cost_fen",
            ),
            0,
        )
        self.rows["care"].append(
            {
                "year": year,
                "province": code // 10000 * 10000,
                "scheme": scheme,
                "status": "active",
                "kind": "inpatient",
                "visits": 10**5,
                "cost_fen": spending,
                "basic_fen": spending,
                **zero,
            }
        )

    def people_frame(self) -> pd.DataFrame:
        return pd.DataFrame({"year": [self.year], "key": [self.seed], "age": [30], "cost_fen": [100]})


def build(scenario: FakeScenario, seed: int, threads: int) -> FakeWorld:
    return FakeWorld(scenario, seed)


def restore(plain: Mapping[str, Any]) -> FakeScenario:
    fields = dict(plain)
    return FakeScenario(reforms=tuple(FakeReform(**reform) for reform in fields.pop("reforms")), **fields)


def law_hash(scenario: FakeScenario) -> str:
    return json.dumps([reform.changes for reform in scenario.reforms if reform.changes])


def data_hash() -> str:
    return "data"


def code_version() -> str:
    return "code"


class SlowWorld(FakeWorld):
    def step(self) -> None:
        time.sleep(0.1)
        super().step()


def build_slow(scenario: FakeScenario, seed: int, threads: int) -> SlowWorld:
    return SlowWorld(scenario, seed)


SIMULATOR = Simulator(build, restore, law_hash, data_hash, code_version)
SLOW = Simulator(build_slow, restore, law_hash, data_hash, code_version)


def reform(name: str, **values: Any) -> FakeReform:
    return FakeReform(name, {path: {"2025-01-01": value} for path, value in values.items()})
