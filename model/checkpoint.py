"""A world put on disk at the end of a year and taken up again, under the same law so far and any law from there on."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.columns import Table, map_table, save_table
from agents.compiled import CODE_VERSION
from agents.household import HOUSEHOLD
from agents.person import PERSON
from agents.pool import Experience, Pool, Standing
from model import data
from model.books import BOOK_FEN, Book, Loan, account
from model.engine import BLOCK
from model.errors import ResultsError
from model.ledger import Ledger
from model.phases import behaviour
from model.phases.fund_world import SCHEME, Institutions, new_fund_state
from model.phases.tally import Tally
from model.policy.record import law_record
from model.pooling import FIRST_GROWTH, PoolingModel
from model.scenario import Scenario
from model.surroundings import CareLevels

STATE, ARRAYS, DIGESTS = "state.json", "arrays.npz", "digests.json"
TABLES = ("funds", "flows", "enrolment", "care", "measures")
TABLE_OF = {"people": PERSON, "homes": HOUSEHOLD}
MEMORIES = ("deficit_years", "arrears", "coverage")
NOTES = ("collected", "granted")


def law_until(case: Scenario, year: int) -> str:
    """Return the sha256 of the law in force in every year to this one, and in the first year of the scenario."""
    policy, pools = case.law(), data.pools()
    digest, record = hashlib.sha256(), None
    for each in range(min(FIRST_GROWTH, case.start - 1), max(year, case.start) + 1):
        record = law_record(policy, each, pools, record)
        digest.update(record.tobytes())
    return digest.hexdigest()


def save(world: PoolingModel, folder: Path | str) -> None:
    """Write a world that has closed a year, or lived none, into a folder that does not exist yet; in one piece.

    Raises OSError where it cannot be written; then no folder of that name is left.
    """
    folder = Path(folder)
    draft = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        for part, tables in enumerate(world.engine.visit(lambda engine: (engine.people, engine.households))):
            for name, table in zip(TABLE_OF, tables, strict=True):
                save_table(table, draft, name_of(name, part))
        save_funds(world, draft)
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def save_funds(world: PoolingModel, folder: Path) -> None:
    """Write all of a world but its people into a folder, and a digest of each file; raises OSError."""
    np.savez(folder / ARRAYS, **_arrays(world))
    for name, frame in world.record.tables.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    text = json.dumps(_state(world), default=_plain, ensure_ascii=False)
    (folder / STATE).write_text(text, encoding="utf-8", newline="\n")
    (folder / DIGESTS).write_text(json.dumps(digests(folder)), encoding="utf-8", newline="\n")


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file that `save_funds` writes, by name; raises OSError."""
    names = (STATE, ARRAYS, *(f"{name}.parquet" for name in TABLES))
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def name_of(table: str, part: int) -> str:
    """Return the name of a table's files: its own, with the number of a later part of the world."""
    return f"{table}-{part}" if part else table


def _plain(value: Any) -> Any:
    """Return a number of numpy as Python's, to the last bit."""
    return value.item()


def _arrays(world: PoolingModel) -> dict[str, Any]:
    funds = world.funds
    arrays: dict[str, Any] = {"heads_before": world.heads_before, "coverage": funds.coverage, "budget": funds.budget}
    arrays |= {f"norm {name}": values for name, values in world.care.norms.items()}
    arrays |= {"drift": funds.drift, "widened": np.array(funds.widened)}
    for fund, seen in funds.seen.items():
        arrays |= {f"seen {fund} {name}": values for name, values in vars(seen).items()}
    lives = world.reporter.lives
    arrays |= {"lives flags": lives.flags, "lives gone": lives.gone, "lives money": lives.money}
    arrays |= {f"dead {number:04d}": sums for number, sums in enumerate(lives.dead)}
    if funds.mood is not None:
        arrays |= {f"mood {name}": values for name, values in behaviour.arrays_of(funds.mood).items()}
    if funds.need is None:
        return arrays
    return arrays | {"need": funds.need, "expected": funds.expected, "age_cost": world.age_cost}


def _state(world: PoolingModel) -> dict[str, Any]:
    ledger, funds, agents = world.ledger, world.funds, world.institutions
    return {
        "year": world.year,
        "start": world.case.start,
        "people": world.case.people,
        "seed": world.seed_of_draws,
        "weight": world.weight,
        "parts": world.parts,
        "law": law_until(world.case, world.year),
        "data": world.data_hash(),
        "code": CODE_VERSION,
        "carried": world.carried,
        "care_records": world.care.records,
        "collected": world.datacollector.model_vars,
        "passage": [(p := world.reporter.passage).own, sorted(p.deficit), p.ruined],
        "books": [[book.fund, book.code, *_money(book)] for book in ledger.books.values()],
        "loans": [astuple(loan) for loan in ledger.loans],
        "arrears": [[*pair, amount] for pair, amount in ledger.arrears.items()],
        "members": funds.members,
        "active": funds.active,
        "retired": funds.retired,
        "pools": [[code, _memory(pool)] for code, pool in agents.pools.items()],
        "provinces": [[code, [getattr(p, n) for n in NOTES], p.warned] for code, p in agents.provinces.items()],
        "centre": [getattr(agents.centre, name) for name in NOTES],
    }


def _money(book: Book) -> list[int]:
    return [getattr(book, name) for name in BOOK_FEN]


def _memory(pool: Pool) -> list[Any]:
    return [
        pool.standing,
        *(getattr(pool, name) for name in MEMORIES),
    ]


class Resumed(PoolingModel):
    """A world taken up from a folder that `save` wrote.

    Args:
        folder: the checkpoint, its columns are mapped into memory, so that worlds of one folder share them.
        case: the scenario from here on; its law must be that of the checkpoint up to the checkpoint's year.
        threads: threads that live people's phases; any number gives the same bits.
        block: people in a block; any number gives the same bits.
        measure: work out the yearly measures.

    Errors: ResultsError for an unreadable checkpoint, or one of other people, years, law, data or code.

    """

    def __init__(
        self, folder: Path | str, case: Scenario, threads: int = 1, block: int = BLOCK, measure: bool = True
    ) -> None:
        """Read the checkpoint, check that it fits the scenario, and take the world up."""
        try:
            self._folder = folder = Path(folder)
            self._kept, self._kept_arrays = _read(folder)
            check(self._kept, case, folder)
            super().__init__(case, self._kept["seed"], threads, block, measure)
            self._reread()
        except (OSError, EOFError, ValueError, KeyError, RecursionError) as problem:
            raise ResultsError(f"{folder}: expected a checkpoint of a world ({problem})") from None
        del self._kept, self._kept_arrays

    def _settle(self, threads: int, block: int) -> None:
        """Map the people and homes into memory and give them to the engine."""
        kept = self._kept
        self.year = int(kept["year"])
        self._put_in_force(law_record(self.policy, max(self.year, self.case.start), self.pools))
        self.weight, self.parts = int(kept["weight"]), int(kept["parts"])
        self.engine = self._engine(self._kept_tables, threads, block)
        self.tally = Tally.empty(len(self.pools))
        self.care = CareLevels(self._last_published())
        self.care.records = float(kept["care_records"])
        self.care.norms = {
            name.removeprefix("norm "): values for name, values in self._kept_arrays.items() if name.startswith("norm ")
        }
        self.heads_before = self._kept_arrays["heads_before"]

    def _kept_tables(self, part: int) -> tuple[Table, Table]:
        """Return the people and homes of a part, mapped into memory."""
        people, homes = (map_table(kind, self._folder, name_of(name, part)) for name, kind in TABLE_OF.items())
        return people, homes

    def _open(self) -> None:
        """Place the institutions with their memories and open the ledgers as they were left."""
        kept = self._kept
        codes, provinces = self.pools["code"].tolist(), self.pools["province"].tolist()
        self.institutions = Institutions(self, codes, provinces)
        self.funds = new_fund_state(self.pools, self.in_force)
        self.funds.coverage, self.funds.budget = self._kept_arrays["coverage"], self._kept_arrays["budget"]
        self.funds.drift, self.funds.widened = self._kept_arrays["drift"], self._kept_arrays["widened"].item()
        self.funds.need, self.funds.expected = (self._kept_arrays.get(name) for name in ("need", "expected"))
        if self.funds.need is not None:
            self.age_cost = self._kept_arrays["age_cost"]
        mood = {n.removeprefix("mood "): a for n, a in self._kept_arrays.items() if n.startswith("mood ")}
        self.funds.mood = behaviour.mood_of(mood) if mood else None
        self.funds.seen = {
            fund: Experience(*(self._kept_arrays[f"seen {fund} {each.name}"] for each in fields(Experience)))
            for fund in SCHEME
            if f"seen {fund} codes" in self._kept_arrays
        }
        self.funds.members = kept["members"]
        self.funds.active, self.funds.retired = kept["active"], kept["retired"]
        self.ledger = Ledger(dict(zip(codes, provinces, strict=True)))
        for fund, code, *money in kept["books"]:
            book = self.ledger.book(account(fund, code))
            for name, amount in zip(BOOK_FEN, money, strict=True):
                setattr(book, name, amount)
        self.ledger.loans = [Loan(*values) for values in kept["loans"]]
        self.ledger.arrears = {(provider, name): amount for provider, name, amount in kept["arrears"]}
        self.carried = float(kept["carried"])
        self._remember()

    def _remember(self) -> None:
        """Give pools, provinces and the centre their memories back."""
        for code, (standing, *memories) in self._kept["pools"]:
            pool = self.institutions.pool(code)
            pool.standing = {fund: Standing(*values) for fund, values in standing.items()}
            for name, memory in zip(MEMORIES, memories, strict=True):
                setattr(pool, name, memory)
        agents = [(self.institutions.centre, self._kept["centre"])]
        for code, notes, warned in self._kept["provinces"]:
            province = self.institutions.provinces[code]
            province.warned = {fund: tuple(codes) for fund, codes in warned.items()}
            agents.append((province, notes))
        for agent, notes in agents:
            for name, note in zip(NOTES, notes, strict=True):
                setattr(agent, name, note)

    def _reread(self) -> None:
        """Take over the tables of the years before."""
        self.datacollector.model_vars = self._kept["collected"]
        lives, kept = self.reporter.lives, self._kept_arrays
        lives.flags, lives.gone, lives.money = kept["lives flags"], kept["lives gone"], kept["lives money"]
        lives.dead = [kept[name] for name in sorted(kept) if name.startswith("dead ")]
        passage = self.reporter.passage
        own, deficit, passage.ruined = self._kept["passage"]
        passage.own, passage.deficit = own, set(deficit)
        for name in TABLES:
            frame = pd.read_parquet(self._folder / f"{name}.parquet")
            if len(frame):
                self.record.add_frame(name, frame)


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a checkpoint holds but people and tables; raises OSError or ValueError where it cannot be read."""
    told, found = json.loads((folder / DIGESTS).read_text(encoding="utf-8")), digests(folder)
    others = [name for name, digest in found.items() if not isinstance(told, dict) or told.get(name) != digest]
    if others:
        raise ValueError(f"{', '.join(others)}: other bytes than were written")
    kept = json.loads((folder / STATE).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS) as arrays:
        return kept, {name: arrays[name] for name in arrays.files}


def check(kept: dict[str, Any], case: Scenario, folder: Path) -> None:
    """Raise ResultsError unless a checkpoint can go on under a scenario."""
    asked = {"start": case.start, "people": case.people, "data": data.data_hash(), "code": CODE_VERSION}
    for name, value in asked.items():
        if kept[name] != value:
            raise ResultsError(f"{folder}: expected {name} {value}, found a checkpoint of {kept[name]}")
    if not case.start - 1 <= kept["year"] <= case.end:
        raise ResultsError(f"{folder}: expected a year from {case.start - 1} to {case.end}, found {kept['year']}")
    if kept["law"] != law_until(case, kept["year"]):
        raise ResultsError(
            f"{folder}: expected the law of the checkpoint up to its year {kept['year']}; "
            f"the scenario {case.label} changes it before {kept['year'] + 1}"
        )


__all__ = ["Resumed", "law_until", "save", "save_funds"]
