"""The board: what it compares, naive forecasts, intervals, and one tiny world through the verb."""

from __future__ import annotations

import copy
import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments import add_table, board, cli, limits, provinces, validate
from experiments.gauges import mean_and_interval
from experiments.store import TABLES
from model import data
from model.errors import DataError

FIELDS = {
    "target", "year", "published", "simulated", "low", "high", "sample", "band", "holds", "naive_growth", "naive_trend",
}  # fmt: skip
ONE_SEED = ("validate", "--people", "3000", "--replications", "1", "--workers", "1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], Path]:
    out = tmp_path_factory.mktemp("validate")
    assert cli.main([*ONE_SEED, "--out", str(out), "--json", str(out / "told.json")]) == 0
    return json.loads((out / "told.json").read_text(encoding="utf-8")), out


def test_the_json_holds_what_the_contract_names(made: tuple[list[dict[str, Any]], Path]) -> None:
    rows, out = made
    assert all(set(row) >= FIELDS for row in rows)
    assert {row["sample"] for row in rows} == {"in", "out"}
    assert all(isinstance(row["holds"], bool) and row["source"] for row in rows)
    keys = [(row["target"], row["year"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert (out / "board.md").stat().st_size > 0
    assert (out / "board.png").stat().st_size > 0
    assert {path.stem for path in out.glob("*/*.parquet")} >= set(TABLES)


def test_what_is_wrong_comes_first(made: tuple[list[dict[str, Any]], Path]) -> None:
    rows, out = made
    holds = [row["holds"] for row in rows]
    assert holds == sorted(holds)
    page = (out / "board.md").read_text(encoding="utf-8")
    assert page.index("What is wrong") < page.index("What holds")
    missed = board.row("births", board.of_class(board.terms()["targets"]["births"]), 2023, 9.02, [{}])
    assert missed["simulated"] is None
    assert not missed["holds"]
    assert board.ordered([*rows, missed])[0] is missed
    assert "not simulated" in validate.page([missed], 3000, 1)
    assert all(f"| {row['name']} [" in page for row in rows)


def test_a_row_holds_exactly_inside_its_band(made: tuple[list[dict[str, Any]], Path]) -> None:
    rows, _ = made
    judged = [row for row in rows if row["kind"] == "share" and row["simulated"] is not None and row["band"]]
    assert {row["holds"] for row in judged} == {True, False}
    for row in judged:
        assert row["holds"] == (abs(row["simulated"] / row["published"] - 1) <= row["band"]), row["target"]


def test_years_and_targets_of_the_issue_are_there(made: tuple[list[dict[str, Any]], Path]) -> None:
    rows, _ = made
    years: dict[str, set[int]] = {}
    for row in rows:
        years.setdefault(row["target"], set()).add(row["year"])
    every = set(range(2019, 2025))
    for name in ("resident_surplus", "employee_surplus", "resident_income", "employee_spending", "account_balance"):
        assert years[name] == every, name
    for name in ("active", "retired", "residents", "employee_stays", "resident_stays", "births", "deaths", "maternity"):
        assert years[name] == every, name
    assert years["in_list_employee_tertiary"] == years["in_list_resident_primary"] == {2023}
    assert years["people_60_and_over_2035"] == {2035}
    assert years["agreement_resident_balance"] == years["nearer_than_naive"] == {2024}
    assert "account_income_from_2019" in years


MONEY = ("employee", "pool", "account", "resident")


@pytest.mark.parametrize("run", ["", board.HISTORY])
def test_both_runs_are_held_against_naive_forecasts_on_income_and_spending_of_every_fund(run: str) -> None:
    rows = {row["target"]: row for row in limits.kept() if row["year"] == board.LAST}
    ratios = []
    for fund, flow in itertools.product(MONEY, ("income", "spending")):
        row = rows[f"{fund}_{flow}{run}"]
        ratios.append(abs(row["error"]) / min(abs(row["naive_growth"]), abs(row["naive_trend"])))
    assert rows[f"nearer_than_naive{run}"]["simulated"] == sum(ratio < 1 for ratio in ratios) / len(ratios)
    assert rows[f"worst_against_naive{run}"]["simulated"] == max(ratios)


def test_only_years_to_2023_and_what_is_marked_may_move_a_parameter(made: tuple[list[dict[str, Any]], Path]) -> None:
    rows, _ = made
    late = {row["target"].removesuffix(board.HISTORY) for row in rows if row["year"] > 2023 and row["sample"] == "in"}
    assert late == {"shared", "shared_bills", "shared_premium_part"}


def test_surplus_rates_are_the_published_ones() -> None:
    resident, employee = board.all_published()["resident_surplus"], board.all_published()["employee_surplus"]
    told = [resident[year] for year in range(2019, 2024)]
    assert told == pytest.approx([0.045, 0.104, 0.044, 0.077, 0.011], abs=0.0005)
    assert [employee[year] for year in range(2019, 2023)] == pytest.approx([0.201, 0.182, 0.224, 0.267], abs=0.0005)


def test_shares_of_cost_are_the_issues() -> None:
    told = board.all_published()
    assert told["pool_share_of_cost"][2024] == pytest.approx(0.574, abs=0.0005)
    assert told["account_share_of_cost"][2024] == pytest.approx(0.261, abs=0.0005)
    assert told["resident_share_of_cost"][2024] == pytest.approx(0.525, abs=0.0005)
    assert told["out_of_area_resident"][2024] == pytest.approx(0.231, abs=0.0005)
    assert told["out_of_area_employee"][2024] == pytest.approx(0.155, abs=0.0005)


def test_naive_forecasts() -> None:
    values = {2019: 100.0, 2022: 140.0, 2023: 160.0, 2024: 176.0}
    same, trend = board.naive("share", values, 2024)
    assert same == pytest.approx(160 / 176 - 1)
    assert trend == pytest.approx(160 * 1.6**0.25 / 176 - 1)
    same, trend = board.naive("points", {2019: 0.02, 2023: 0.06, 2024: 0.05}, 2024)
    assert (same, trend) == (pytest.approx(0.01), pytest.approx(0.02))
    assert board.naive("share", {2023: 1.0, 2024: 2.0}, 2024) == (-0.5, None)
    assert board.naive("share", values, 2022) == (None, None)


def test_interval_over_seeds() -> None:
    middle, low, high = mean_and_interval([1.0, 2.0, 3.0])
    assert middle == 2.0
    assert high - middle == pytest.approx(4.302652729911275 / 3**0.5)
    assert middle - low == pytest.approx(high - middle)
    assert mean_and_interval([2.0]) == (2.0, None, None)  # one seed says nothing of chance
    assert mean_and_interval([2.0, 2.0]) == (2.0, 2.0, 2.0)


def test_a_target_without_a_source_is_refused() -> None:
    content = copy.deepcopy(board.terms())
    del content["targets"]["resident_income"]["rows"]
    with pytest.raises(DataError, match="resident_income: expected a source"):
        board.check_targets(content)


def test_recalled_and_derived_values_weigh_less() -> None:
    target = board.of_class(board.terms()["targets"]["resident_income"])
    assert board.mark_of(target, 2020) == "recalled"
    assert board.mark_of(target, 2023) == "published"
    weights = [board.row("resident_income", target, year, 1.0, [{}])["weight"] for year in (2020, 2023)]
    assert weights[0] < weights[1]


def test_patterns_of_provinces() -> None:
    wanted = pd.Series({110000: 1.0, 120000: 2.0, 130000: 4.0})
    correlation, error = provinces.pattern(wanted * 7, wanted)
    assert (correlation, error) == (pytest.approx(1.0), pytest.approx(0.0))
    correlation, error = provinces.pattern(pd.Series({110000: 4.0, 120000: 2.0, 130000: 1.0}), wanted)
    assert (correlation, error) == (pytest.approx(-1.0), pytest.approx(0.75))
    spent = provinces.published("fund_expenditure", "all", provinces.YEAR)
    assert len(spent) == 31
    assert spent[110000] == pytest.approx(146_563_280_000)
    assert np.isfinite(provinces.formula()).all()


@pytest.mark.parametrize("words", [("--replications", "0"), ("--workers", "-1"), ("--people", "none")])
def test_bad_input_is_one_line(words: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", *words]) == 2
    told = capsys.readouterr().err
    assert words[0] in told
    assert told.count("\n") == 1


def added_table(file: Path, **changed: Any) -> Path:
    rows = []
    for place, code in enumerate(sorted(provinces.people().index)):
        for scheme in ("employee", "resident"):
            income = 1000.0 + 100 * place
            told = {"fund_income": income, "fund_expenditure": 200 + 0.5 * income, "enrolment": 1.0}
            for indicator, value in told.items():
                unit = "10k_persons" if indicator == "enrolment" else "yuan"
                value *= 1 if indicator == "enrolment" else 10_000
                rows.append([code, "x", "x", 2023, scheme, indicator, value, unit, "a yearbook", "book", "", "yes"])
    frame = pd.DataFrame(rows, columns=list(add_table.COLUMNS)).assign(**changed)
    frame.to_csv(file, index=False)
    return file


def copied_data(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    shutil.copytree(data.folder(), place, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return place


def test_a_table_by_province_that_is_added_is_used_at_once(tmp_path: Path) -> None:
    funds = pd.DataFrame([
        {
            "year": 2023, "fund": fund, "prefecture": code, "members": 10, "income_fen": 100 * 10 * (1000 + 100 * i),
            "spending_fen": 100 * 10 * (200 + 500 + 50 * i), "closing_fen": 0,
        }
        for i, code in enumerate(sorted(provinces.people().index))
        for fund in ("employee_pool", "employee_accounts", "resident_pool")
    ])  # fmt: skip
    with data.use(copied_data(tmp_path)):
        assert provinces.added([{"funds": funds}]) == []
        hashed = data.data_hash()
        assert add_table.main([str(added_table(tmp_path / "Yearbook 2024.csv"))]) == 0
        assert data.data_hash() == hashed  # no world reads it: nothing is to be fitted or lived again
        rows = {row["target"]: row for row in provinces.added([{"funds": funds}])}
        assert add_table.main([str(tmp_path / "Yearbook 2024.csv")]) == 2
    assert rows["added_resident_correlation"]["simulated"] == pytest.approx(1.0)
    assert rows["added_resident_slope"]["published"] == pytest.approx(0.5)
    assert rows["added_resident_slope"]["simulated"] == pytest.approx(0.5)
    assert all(row["holds"] and row["sample"] == "out" for row in rows.values())


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"unit": "dollars"}, "unit 'dollars'"),
        ({"unit": "yuan"}, "wrong.csv: unit 'yuan' of enrolment: expected one of persons, 10k_persons"),
        ({"unit": "persons"}, "wrong.csv: unit 'persons' of fund_income: expected one of yuan, 100m_yuan"),
        ({"year": 1023}, "wrong.csv: year 1023: expected a year from 2000 to "),
        ({"year": 2999}, "wrong.csv: year 2999"),
        ({"note": "two\nlines"}, "wrong.csv: expected one line a row"),
        ({"province_code": 110000}, "wrong.csv: "),
        ({"indicator": "x"}, "indicator 'x'"),
        *[({"value": value}, "a number from 0 in value") for value in ("?", float("nan"), float("inf"), True, -5)],
        ({"year": 2023.5}, "expected a year"),
        ({"province_code": 999999}, "province_code 999999"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(
    tmp_path: Path, changed: dict[str, Any], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = copied_data(tmp_path)
    before = (place / "catalogue.yaml").read_bytes()
    with data.use(place):
        assert add_table.main([str(added_table(tmp_path / "wrong.csv", **changed))]) == 2
    told = capsys.readouterr().err
    assert expected in told
    assert told.count("\n") == 1
    assert not list(place.glob("*added*"))
    assert (place / "catalogue.yaml").read_bytes() == before


def test_adding_a_table_says_what_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = pd.read_csv(added_table(tmp_path / "whole.csv"))
    few = whole[whole["province_code"].isin(sorted(set(whole["province_code"]))[:5])]
    parts = {"whole": whole, "few": few.assign(year=2022), "old": whole.assign(year=2012)}
    told = {}
    with data.use(copied_data(tmp_path)):
        for name, frame in parts.items():
            frame.to_csv(tmp_path / f"{name}.csv", index=False)
            assert add_table.main([str(tmp_path / f"{name}.csv")]) == 0
            told[name] = capsys.readouterr().out
    assert "employee 2023: compared: 31 provinces" in told["whole"]
    assert "resident 2022: not compared: 5 provinces with fund_income" in told["few"]
    assert "expected at least 20" in told["few"]
    assert "employee 2012: not compared: expected a year from 2019 to 2024" in told["old"]


def test_two_added_tables_may_not_say_two_things_of_one_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = pd.read_csv(added_table(tmp_path / "first.csv"))
    other = first.assign(value=first["value"].where(first.index != 3, 7.0))
    other.to_csv(tmp_path / "other.csv", index=False)
    with data.use(copied_data(tmp_path)):
        assert add_table.main([str(tmp_path / "first.csv")]) == 0
        assert add_table.main([str(tmp_path / "other.csv")]) == 2
        first.to_csv(tmp_path / "again.csv", index=False)
        assert add_table.main([str(tmp_path / "again.csv")]) == 0
    told = capsys.readouterr().err
    assert "other.csv: 110000 2023 resident fund_income: expected the value of province_funds_added_first.csv" in told
    assert told.count("\n") == 1


def test_every_target_that_the_stored_board_misses_has_a_reason_in_both_languages() -> None:
    rows = limits.kept()
    missed = [row for row in rows if not row["holds"]]
    assert missed
    for row in missed:
        reason = limits.reason_of(row)
        assert reason is not None, row["target"]
        assert reason["en"]
        assert reason["zh"]
        assert row["name"].removesuffix(board.HISTORY_NAME) in limits.limits("en")
        assert row["zh"].removesuffix(board.ZH_HISTORY) in limits.limits("zh")


def test_what_was_fitted_is_counted_apart_from_what_was_not() -> None:
    plain: dict[str, Any] = {"sample": "out", "kind": "share", "target": "births", "holds": True}
    rows = [plain, plain | {"holds": False}, plain | {"sample": "in"}, plain | {"kind": "reported"}]
    rows.append(plain | {"target": "agreement_pool_income"})
    assert limits.counts(rows) == [(1, 1), (1, 2), (2, 2)]
    (fitted, may), (unseen, other), (own, rest) = limits.counts(limits.kept())
    assert may + other + rest == len(limits.kept())
    first = limits.limits("en").splitlines()[0]
    assert f"{fitted} of {may} with values that may have moved a parameter" in first
    assert f"{unseen} of {other} with published values that moved none" in first
    assert f"{own} of {rest} of the model with itself" in first


def test_the_stored_board_covers_all_targets_of_today() -> None:
    told = {(row["target"], row["year"]) for row in limits.kept()}
    years = set(range(2019, 2025))
    for name, values in board.all_published().items():
        assert {(name, year) for year in values if year in years} <= told, name
