"""A person: the columns, and a read-only view of one row."""

from __future__ import annotations

from typing import Any, NamedTuple

from agents.codes import Aid, Code, Hukou, Scheme, Sex, Work
from agents.columns import Array, Column, Table
from agents.compiled import inlined

PERSON = {
    "key": Column("u8", "key", 0, "permanent name; founders are numbered in an order of likeness"),
    "household": Column("i4", "row", 0, "row of the household"),
    "spouse": Column("i4", "row", -1, "row of the husband or wife, -1 none"),
    "mother": Column("i4", "row", -1, "row of the living mother, -1 none"),
    "father": Column("i4", "row", -1, "row of the living father, -1 none"),
    "home": Column("i2", "pool", 0, "pool where the person lives"),
    "hukou": Column("i2", "pool", 0, "pool where the person is registered"),
    "insured": Column("i2", "pool", 0, "pool of insurance; the home pool where not insured"),
    "age": Column("u1", "years", 0, "completed years"),
    "sex": Column("u1", "Sex", 0, "sex"),
    "hukou_kind": Column("u1", "Hukou", 0, "kind of household registration"),
    "urban": Column("u1", "0/1", 0, "lives in a town"),
    "work": Column("u1", "Work", 0, "work"),
    "scheme": Column("u1", "Scheme", 0, "basic medical insurance scheme"),
    "aid": Column("u1", "Aid", 0, "low-income class"),
    "chronic": Column("u1", "level", 0, "chronic illness: 0 none, 1 mild, 2 severe"),
    "rank": Column("u2", "1/65536", 0, "place in the income distribution of the own group"),
    "years": Column("u1", "years", 0, "contribution years in the employee scheme"),
    "continuous": Column("u1", "years", 0, "consecutive years in the resident scheme"),
    "lapsed": Column("u1", "years", 0, "missed years since the last insured year"),
    "waiting": Column("u1", "months", 0, "months of waiting from January on; beyond twelve they go on"),
    "bonus_claims": Column("u1", "steps", 0, "cap bonus steps for years without claims"),
    "claimed": Column("u1", "level", 0, "this year: see Claim: nothing, fund paid, critical illness paid, bonus used"),
    "account_kind": Column("u1", "0/1", 0, "has an individual account when in the employee scheme"),
    "dying": Column("u1", "0/1", 0, "dies in the middle of this year"),
    "income": Column("i4", "fen/year", 0, "own income of the year"),
    "account": Column("i8", "fen", 0, "balance of the individual account"),
    "contribution": Column(
        "i4", "fen/year", 0, "own contributions, those paid by relatives' accounts included, by the own account not"
    ),
    "matched": Column("i4", "fen/year", 0, "paid for the person by employer, unemployment fund or treasury"),
    "cost": Column("i4", "fen/year", 0, "cost of all care"),
    "basic": Column("i4", "fen/year", 0, "paid by the basic scheme"),
    "supplement": Column("i4", "fen/year", 0, "paid by critical illness (residents) or large-sum cover (employees)"),
    "assistance": Column("i4", "fen/year", 0, "paid by medical assistance"),
    "own_account": Column("i4", "fen/year", 0, "paid from the own account"),
    "family_account": Column("i4", "fen/year", 0, "paid from relatives' accounts"),
    "self_pay": Column("i4", "fen/year", 0, "paid in cash"),
}


class Columns(NamedTuple):
    """The arrays of a people table in the form that compiled phases take; a test holds the fields to `PERSON`."""

    key: Array
    household: Array
    spouse: Array
    mother: Array
    father: Array
    home: Array
    hukou: Array
    insured: Array
    age: Array
    sex: Array
    hukou_kind: Array
    urban: Array
    work: Array
    scheme: Array
    aid: Array
    chronic: Array
    rank: Array
    years: Array
    continuous: Array
    lapsed: Array
    waiting: Array
    bonus_claims: Array
    claimed: Array
    account_kind: Array
    dying: Array
    income: Array
    account: Array
    contribution: Array
    matched: Array
    cost: Array
    basic: Array
    supplement: Array
    assistance: Array
    own_account: Array
    family_account: Array
    self_pay: Array


@inlined
def part_of(p: Columns, first: int, last: int) -> Columns:
    """Return some neighbours as columns of their own, counted from 0; pointers still name rows of the whole table."""
    return Columns(
        p.key[first:last],
        p.household[first:last],
        p.spouse[first:last],
        p.mother[first:last],
        p.father[first:last],
        p.home[first:last],
        p.hukou[first:last],
        p.insured[first:last],
        p.age[first:last],
        p.sex[first:last],
        p.hukou_kind[first:last],
        p.urban[first:last],
        p.work[first:last],
        p.scheme[first:last],
        p.aid[first:last],
        p.chronic[first:last],
        p.rank[first:last],
        p.years[first:last],
        p.continuous[first:last],
        p.lapsed[first:last],
        p.waiting[first:last],
        p.bonus_claims[first:last],
        p.claimed[first:last],
        p.account_kind[first:last],
        p.dying[first:last],
        p.income[first:last],
        p.account[first:last],
        p.contribution[first:last],
        p.matched[first:last],
        p.cost[first:last],
        p.basic[first:last],
        p.supplement[first:last],
        p.assistance[first:last],
        p.own_account[first:last],
        p.family_account[first:last],
        p.self_pay[first:last],
    )


CODED: dict[str, type[Code]] = {"sex": Sex, "hukou_kind": Hukou, "work": Work, "scheme": Scheme, "aid": Aid}


def columns_of(table: Table) -> Columns:
    """Return the arrays of a people table in the form that compiled phases take."""
    return Columns(*(getattr(table, name) for name in PERSON))


class Person:
    """A read-only view of one person."""

    def __init__(self, table: Table, row: int) -> None:
        """Look at one row of the people table."""
        self._table = table
        self.row = row

    def __getattr__(self, name: str) -> Any:
        """Return a column's value, as its code where it has one."""
        value = getattr(self._table, name)[self.row].item()
        kind: Any = CODED.get(name)
        return value if kind is None else kind(value)

    def __repr__(self) -> str:
        """Describe the person in a line."""
        return f"<{self.sex.en}, {self.age}, {self.work.en}, {self.scheme.en}>"
