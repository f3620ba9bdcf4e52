"""The year is what its table says: drivers call its lines in order, and every line writes only what it declares."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.chance import BORN_LATER
from agents.person import PERSON
from model import Reform, year
from model.co_use import CoUse
from model.engine import Engine
from model.phases import drivers, relatives
from model.phases.tally import PairKind
from model.pooling import PoolingModel
from model.renewal import YEARLY
from model.year import YEAR, Phase
from tests.worlds import ALL_STEPS, ROOT, START, changed, live, moved, run_apart, snapshot, world_of

PEOPLE_STAGES = ("money_in", "weigh", "money_out")
SHARED_STAGES = ("premiums", "relatives")
"""Stages lived in passes over users and holders, not block by block."""
BOOKED = {"pay_premiums": "book_premiums", "pay_care": "book_care"}
"""What lines lived in passes leave to a second function, which notes what was paid."""
GLOBAL = ("renew", "inherit")
"""Stages lived once a year over all people, outside the blocks."""
LINES = [phase for phase in YEAR if phase.stage in (*PEOPLE_STAGES, *SHARED_STAGES)]
FUNDS = [phase for phase in YEAR if phase.stage == "funds"]
LAST = START + 2
KEPT = ("ledgers", "loans", "arrears", "coverage", "budget", "tables")
"""What lines of funds declare and can be compared before and after."""
name_of: Callable[[Callable[..., Any]], str] = lambda does: does.__name__  # noqa: E731


def names(phases: list[Phase]) -> list[str]:
    return [name_of(does) for phase in phases for does in phase.does]


# ---- the table and the drivers --------------------------------------------------------------------------------------
def test_lines_declare_known_columns() -> None:
    for phase in YEAR:
        if phase.stage != "funds":
            assert set(phase.writes) <= set(PERSON), phase.en
            assert len(phase.does) == 1
        assert len(set(phase.writes)) == len(phase.writes), phase.en
        assert phase.en
        assert phase.zh
    assert next(phase.stage for phase in YEAR if phase.stage != "funds") == "renew"


def test_every_column_of_people_is_written_by_some_line() -> None:
    written = {column for phase in YEAR if phase.stage != "funds" for column in phase.writes}
    assert set(PERSON) - written == set()


def test_the_table_prints_every_line() -> None:
    for lang in ("en", "zh"):
        lines = year.table(lang).splitlines()
        assert len(lines) == len(YEAR) + 2
        for phase, line in zip(YEAR, lines[2:], strict=True):
            assert getattr(phase, lang) in line
            assert all(word in line for word in phase.writes)


def functions_of(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def calls(node: ast.AST) -> list[str]:
    """Return the names of plain functions called in a node, in the order of the text."""
    found = [n for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    return [n.func.id for n in sorted(found, key=lambda n: (n.lineno, n.col_offset)) if isinstance(n.func, ast.Name)]


NO_LINES = {"range", "part_of", "illness_of", "homes_of", "add_heads"}
"""What drivers call that is no line of the year: the last adds up by pool what the line `count_heads` counted."""


@pytest.mark.parametrize("stage", PEOPLE_STAGES)
def test_the_driver_calls_exactly_the_lines_of_its_stage_in_order(stage: str) -> None:
    driver = functions_of(ROOT / "model" / "phases" / "drivers.py")[stage]
    called = [name for name in calls(driver) if name not in NO_LINES]
    mine = [phase for phase in LINES if phase.stage == stage]
    assert called == names(mine)
    for phase in mine:
        assert getattr(drivers, name_of(phase.does[0])) is phase.does[0]


def test_lines_of_a_stage_lie_together() -> None:
    stages = [phase.stage for phase in YEAR]
    for stage in (*GLOBAL, *PEOPLE_STAGES, *SHARED_STAGES):
        at = [i for i, one in enumerate(stages) if one == stage]
        assert at == list(range(at[0], at[-1] + 1))


def test_the_engine_renews_with_the_function_of_the_table() -> None:
    lines = [phase for phase in YEAR if phase.stage == "renew"]
    functions = functions_of(ROOT / "model" / "renewal.py")
    source = ast.unparse(functions["live"]).replace("self._plans(", ast.unparse(functions["_plans"]))
    at = [source.index(f"{name}(") for name in names(lines)]
    assert at == sorted(at)


def test_passes_settle_with_the_functions_of_the_table() -> None:
    source = ast.unparse(ast.parse((ROOT / "model" / "co_use.py").read_text(encoding="utf-8")))
    lines = [phase for phase in YEAR if phase.stage in SHARED_STAGES]
    assert len(lines) == len(SHARED_STAGES)
    assert CoUse.__module__ == "model.co_use"
    for phase in lines:
        assert f"relatives.{name_of(phase.does[0])}" in source


# ---- what is written, uncompiled, a phase at a time -----------------------------------------------------------------
Wrote = dict[str, set[str]]


def watched_people(
    does: Callable[..., None], wrote: Wrote, order: list[str], line: str | None = None
) -> Callable[..., None]:
    """Return a people's phase that notes which columns it changes, for its own line or another."""
    name = line or name_of(does)

    def watched(p: Any, *rest: Any) -> None:
        before = {name: values.copy() for name, values in p._asdict().items()}
        does(p, *rest)
        wrote.setdefault(name, set()).update(
            column for column, values in p._asdict().items() if not np.array_equal(values, before[column])
        )
        if order[-1:] != [name]:
            order.append(name)

    return watched


def state(world: PoolingModel) -> dict[str, Any]:
    """Return what lines of funds may change, as far as it can be compared."""
    people, funds = world.engine.people, world.funds
    books = {n: (b.balance, b.payable, b.receivable) for n, b in world.ledger.books.items() if any_money(b)}
    return {name: values.tobytes() for name, values in people.arrays().items()} | {
        "ledgers": books,
        "loans": [(loan.lender, loan.borrower, loan.outstanding) for loan in world.ledger.loans if loan.outstanding],
        "arrears": dict(world.ledger.arrears),
        "coverage": funds.coverage.tobytes(),
        "budget": funds.budget.tobytes(),
        "tables": {name: len(table) for name, table in world.record.tables.items()},
    }


def any_money(book: Any) -> bool:
    return bool(book.balance or book.payable or book.receivable)


def watched_funds(does: Callable[..., None], wrote: Wrote, order: list[str]) -> Callable[..., None]:
    """Return a line of funds that notes what it changes."""

    def watched(world: PoolingModel) -> None:
        before = state(world)
        does(world)
        after = state(world)
        wrote.setdefault(name_of(does), set()).update(name for name in before if before[name] != after[name])
        order.append(name_of(does))

    return watched


def watch() -> None:
    """Live three years with all steps of mutual aid and a hungry resident pool, and print what every line wrote."""
    wrote: Wrote = {}
    order: list[str] = []
    for phase in LINES:
        place = relatives if phase.stage in SHARED_STAGES else drivers
        setattr(place, name_of(phase.does[0]), watched_people(phase.does[0], wrote, order))
        if book := BOOKED.get(name_of(phase.does[0])):
            setattr(relatives, book, watched_people(getattr(relatives, book), wrote, order, name_of(phase.does[0])))
    year.YEAR = tuple(
        replace(phase, does=tuple(watched_funds(does, wrote, order) for does in phase.does))
        if phase.stage == "funds"
        else phase
        for phase in YEAR
    )
    more = {"critical.threshold_income_share": 0.0, "assistance.destitute_entry": 1.0}
    events = Reform("events", changes={path: {START: value} for path, value in more.items()})
    world = world_of(end=LAST, reforms=(moved(ALL_STEPS, START), events))
    world.step()
    order.clear()
    world.step()
    second = list(order)
    live(world)
    print(json.dumps({"wrote": {name: sorted(found) for name, found in wrote.items()}, "order": second}))


@cache
def told() -> dict[str, Any]:
    run = run_apart("from tests.test_year import watch; watch()", NUMBA_DISABLE_JIT="1")
    assert run.returncode == 0, run.stderr[-3000:]
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def test_a_year_is_lived_in_the_order_of_its_table() -> None:
    assert told()["order"] == names([phase for phase in YEAR if phase.stage not in GLOBAL])


@pytest.mark.parametrize("phase", LINES, ids=names(LINES))
def test_a_phase_of_people_writes_only_its_columns(phase: Phase) -> None:
    wrote = set(told()["wrote"][name_of(phase.does[0])])
    assert wrote <= set(phase.writes)


@pytest.mark.parametrize("phase", LINES, ids=names(LINES))
def test_a_phase_of_people_writes_what_it_declares(phase: Phase) -> None:
    wrote = set(told()["wrote"][name_of(phase.does[0])])
    assert set(phase.writes) <= wrote


@pytest.mark.parametrize("phase", FUNDS, ids=lambda phase: name_of(phase.does[0]))
def test_a_line_of_funds_writes_no_people_and_only_what_it_declares(phase: Phase) -> None:
    wrote = set().union(*(told()["wrote"][name_of(does)] for does in phase.does))
    assert wrote & set(PERSON) == set()
    assert wrote & set(KEPT) <= set(phase.writes)


# ---- renewing: the one line that moves people -----------------------------------------------------------------------
def test_renewing_writes_only_its_columns() -> None:
    world = live(world_of(), START)
    lines = [phase for phase in YEAR if phase.stage == "renew"]
    writes = {column for line in lines for column in line.writes}
    before = snapshot(world.engine.people)
    engine = Engine(world.engine.people, world.engine.households, len(world.pools))
    engine.renew(world.law, world.ground._replace(year=START + 1), world.tally.pairs[PairKind.MOVE])
    people = engine.people
    kept = np.flatnonzero(before["dying"] == 0)
    order = np.argsort(people.key)
    now = order[np.searchsorted(people.key[order], before["key"][kept])]
    assert (people.key[now] == before["key"][kept]).all()
    differ = {name for name, values in people.arrays().items() if (values[now] != before[name][kept]).any()}
    moves = {"age", "household", "spouse", "mother", "father", "home", "urban", "insured", "work"}
    assert differ - set(YEARLY) <= moves <= writes
    new = np.setdiff1d(np.arange(len(people)), now)
    assert (people.key[new] >= BORN_LATER).all()
    given = {name for name, c in PERSON.items() if (getattr(people, name)[new] != c.default).any()}
    assert given <= writes


def test_looking_at_a_world_changes_nothing() -> None:
    world = live(world_of(), START)
    before = snapshot(world.engine.people)
    world.people_frame()
    world.people.groupby("scheme")
    assert changed(before, world.engine.people) == set()
