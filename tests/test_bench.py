"""The benchmark's numbers, their file and their words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from agents.person import Columns
from experiments import cli
from experiments.bench import figure, measure
from experiments.bench.cost import Cost
from experiments.bench.measure import ENGINE, LARGEST_PLAIN, MEASURED, PARTS, PLAIN
from experiments.bench.moment import ByEngine, ByNumpy, Moment, moment
from model import PoolingModel, Scenario
from model.errors import ScenarioError
from model.phases.tally import Money
from model.rules.codes import Link

LATER = {Money.MATERNITY, Money.INHERIT_CASH, Money.EMPLOYEE_HELP, Money.CARE_INSURANCE}
"""Money of other phases, or that the law in force does not know."""
FIELDS = {"engine", "people", "threads", "ns_per_person_year", "bytes_per_person"}
COSTS = [
    Cost(PLAIN, 100, 1, 30_000.0, 2_000.0),
    Cost(ENGINE, 100, 1, 600.0, 110.0),
    Cost(ENGINE, 9_000, 2, 60.0, 110.0),
]


def test_the_command_measures_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new" / "cost.json"
    assert cli.main(["bench", "--people", "400", "--json", str(path)]) == 0
    rows = json.loads(path.read_text(encoding="utf-8"))
    assert all(set(row) == FIELDS for row in rows)
    found = sorted((row["engine"], row["people"], row["threads"]) for row in rows)
    ours = [(engine, 400, n) for engine, n in ((ENGINE, 1), (ENGINE, 2), (MEASURED, 1), *((part, 1) for part in PARTS))]
    assert found == sorted([(PLAIN, 400, 1), *ours])
    cost = {(row["engine"], row["people"], row["threads"]): row for row in rows}
    assert 100 < cost[ENGINE, 400, 1]["bytes_per_person"] < 200 < cost[PLAIN, 400, 1]["bytes_per_person"]
    assert all(row["ns_per_person_year"] > 0 for row in rows)
    begun = json.loads(path.with_suffix(".start.json").read_text(encoding="utf-8"))
    assert begun.pop("cold_run_seconds") is None
    assert all(value > 0 for value in begun.values())
    told = capsys.readouterr().out
    assert "ns/person-year" in told
    assert str(path) in told
    assert path.with_suffix(".png").stat().st_size > 0
    assert "yearly measures" in path.with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize("sizes", ["", "0", "-3", "many", "400,", "all", "400;600"])
def test_a_bad_size_is_one_line(sizes: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "--people", sizes]) == cli.BAD_INPUT
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--people" in error


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "--json", str(tmp_path)]) == cli.BAD_INPUT
    assert "--json" in capsys.readouterr().err


def test_the_plain_model_runs_at_the_smallest_size_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int, int]] = []

    def noted(engine: str, people: int, threads: int) -> Cost:
        asked.append((engine, people, threads))
        return Cost(engine, people, threads, 1.0, 1.0)

    monkeypatch.setattr(measure, "cost", noted)
    monkeypatch.setattr(measure, "chains", lambda size: [])
    monkeypatch.setattr(measure.floors, "costs", lambda size: [])
    costs = measure.bench([1_000_000, 50_000, 50_000])
    assert [cost.people for cost in costs if cost.engine == PLAIN] == [LARGEST_PLAIN]
    assert [(cost.people, cost.threads) for cost in costs if cost.engine == ENGINE] == [
        (50_000, 1), (50_000, 2), (1_000_000, 1), (1_000_000, 2),
    ]  # fmt: skip
    assert {row[:1] + row[2:] for row in asked} == {(PLAIN, 1), (ENGINE, 1), (ENGINE, 2), (MEASURED, 1)}


def test_the_words_say_the_ratio(tmp_path: Path) -> None:
    assert measure.ratio(COSTS, COSTS[2]) == 500
    assert measure.summary(COSTS).endswith(
        "50 times at 100 people on 1 thread(s), 500 times at 9,000 people on 2 thread(s)"
    )
    assert measure.table(COSTS).count("\n") == len(COSTS)
    assert [path.exists() for path in figure.write(COSTS, tmp_path / "a.json")] == [True] * 3


@pytest.fixture(scope="module")
def now() -> Moment:
    world = PoolingModel(Scenario(people=3_000, start=2025, end=2026), rng=1, measure=False)
    world.step()
    return moment(world)


def test_the_numpy_chain_gives_what_the_engine_gives(now: Moment) -> None:
    engine, plain = ByEngine(now), ByNumpy(now)
    engine.live()
    plain.live()
    for name in Columns._fields:
        assert np.array_equal(getattr(engine.people, name), getattr(plain.people, name)), name
    for name in ("money", "heads"):
        assert np.array_equal(getattr(engine.tally, name), getattr(plain.tally, name)), name
    assert np.array_equal(engine.need, plain.need)
    changed = [name for name in Columns._fields if (getattr(now.people, name) != getattr(plain.people, name)).any()]
    assert set(changed) >= {"dying", "chronic", "income", "years", "account", "contribution", "matched"}
    assert plain.tally.money[:, list(set(Money) - LATER)].sum(axis=0).all()


def test_the_numpy_chain_refuses_a_law_it_does_not_know(now: Moment) -> None:
    laws = now.laws.copy()
    laws["resident"]["link_mode"] = Link.OWN
    with pytest.raises(ScenarioError, match="link_mode"):
        ByNumpy(now._replace(laws=laws)).live()
