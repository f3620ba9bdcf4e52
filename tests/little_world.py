"""A little world with one family, lived by the plain twin of the engine, and a reader of sheets worked by hand."""

from __future__ import annotations

import ast
import csv
import operator
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mesa
import pandas as pd

from agents.codes import Aid, Sex, Tier, Work
from experiments.bench.bill import Bill
from experiments.bench.family import Family
from experiments.bench.person import YEARLY, Person
from experiments.bench.sharing import Sharing
from experiments.bench.words import EMPLOYEE, IS_ACTIVE, IS_RESIDENT, IS_RETIRED, RESIDENT
from model.policy import law_record, load_policy
from model.rules.contributions import subsidy_split
from model.scenario import load_reform

CASES = Path(__file__).parent / "cases"
POOLS = pd.DataFrame({"code": [320100], "province": [320000]})
LAW = load_policy().with_reforms((load_reform(CASES / "little_world.yaml"),))
YUAN = 100
AVERAGE_WAGE, AVERAGE_PENSION, LIVING = 100_000 * YUAN, 48_000 * YUAN, 40_000 * YUAN
PROVINCE_SHARE, EXTRA = 0.5, 30 * YUAN
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
WORDS = {"min": min, "max": max}


def law_of(year: int) -> Any:
    """Return the law of the little world in a year."""
    return law_record(LAW, year, POOLS)[0]


class LittleWorld(mesa.Model):
    """A place of one pool: an average wage of 100,000 yuan, incomes of 40,000 yuan a head, nobody else."""

    def __init__(self) -> None:
        super().__init__(rng=0)
        self.seed_of_draws, self.year = 0, 0
        self.draws = SimpleNamespace(family=defaultdict(float))
        self.home = Family(self)

    def begin(self, year: int) -> None:
        """Put a year's law in force."""
        self.year, self.rules = year, law_of(year)
        sums = {name: defaultdict(lambda: defaultdict(int)) for name in ("money", "heads", "care", "enrolment")}
        listed = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
        self.counts = SimpleNamespace(**sums, listed=listed, pairs=defaultdict(int))
        rules = self.rules.resident
        parts = subsidy_split(int(rules.subsidy), EXTRA, float(rules.central_share[0]), PROVINCE_SHARE)
        self.around = SimpleNamespace(
            base_wage=[AVERAGE_WAGE], credit_pension=[AVERAGE_PENSION], living=[LIVING],
            income=[[LIVING, LIVING]], subsidy=[[int(p) for p in parts]],
            coverage=[[1.0, 1.0, 1.0]], widened=1.0, province=[0],
        )  # fmt: skip


def people_of(world: LittleWorld) -> dict[str, Person]:
    """Return the family Li: a couple, his parents, their daughter; the order of the home is that of the table."""
    facts = {
        "Wei": (Work.ENTERPRISE, EMPLOYEE, IS_ACTIVE, Sex.MALE, 40, Aid.NONE),
        "Min": (Work.FLEXIBLE, EMPLOYEE, IS_ACTIVE, Sex.FEMALE, 38, Aid.NONE),
        "Fang": (Work.RETIRED, EMPLOYEE, IS_RETIRED, Sex.FEMALE, 66, Aid.NONE),
        "Guo": (Work.NOT_WORKING, RESIDENT, IS_RESIDENT, Sex.MALE, 68, Aid.MONITORED),
        "Na": (Work.PUPIL, RESIDENT, IS_RESIDENT, Sex.FEMALE, 10, Aid.NONE),
    }
    home: dict[str, Person] = {}
    for place, (name, (work, scheme, status, sex, age, aid)) in enumerate(facts.items()):
        person = Person(
            world, world.home, key=place + 1, work=int(work), scheme=scheme, sex=int(sex), age=age, aid=int(aid),
            account_kind=1, continuous=3,
        )  # fmt: skip
        person.status, person.place, person.need = status, place, (0, 0)
        person.link = (place / len(facts), 0.0, 0.0, 0.0)  # registered in turn; wallet, area and premium open to all
        home[name] = person
    home["Wei"].spouse, home["Min"].spouse = home["Min"], home["Wei"]
    home["Fang"].spouse, home["Guo"].spouse = home["Guo"], home["Fang"]
    home["Wei"].mother, home["Wei"].father = home["Fang"], home["Guo"]
    home["Na"].mother, home["Na"].father = home["Min"], home["Wei"]
    world.home.members = world.everybody = list(home.values())
    return home


def live_family(
    incomes: dict[int, dict[str, int]],
    bills: dict[int, dict[str, tuple[int, int, int, Tier, int, Tier]]],
    accounts: dict[str, int],
) -> dict[tuple[int, str, str], int]:
    """Live years of the family through the twin's own steps: contribute, be insured, pay; return every sum [fen].

    Incomes and opening accounts in yuan; a bill is outpatient, chronic, inpatient cost [yuan], level, stays, level.
    """
    world = LittleWorld()
    home = people_of(world)
    for name, yuan in accounts.items():
        home[name].account = yuan * YUAN
    found: dict[tuple[int, str, str], int] = {}
    for year in incomes:
        world.begin(year)
        for name, person in home.items():
            for item in YEARLY:
                setattr(person, item, 0)
            person.income, person.claimed, person.bill = incomes[year].get(name, 0) * YUAN, 0, None
        opening = {name: person.account for name, person in home.items()}
        world.home.contribute()
        sharing = Sharing(world)
        sharing.pay_premiums()
        for name, person in home.items():
            found[year, name, "put in"] = person.account - opening[name]
        for name, (out, chronic, inside, visit, stays, tier) in bills[year].items():
            person = home[name]
            person.cost = (out + chronic + inside) * YUAN
            person.bill = Bill(person, out * YUAN, chronic * YUAN, inside * YUAN, int(visit), stays, int(tier))
            person.bill.pay_insurance(world.rules)
        world.home.pay_bills()
        sharing.pay_care()
        for name, person in home.items():
            for item in (*YEARLY, "account"):
                found[year, name, item] = int(getattr(person, item))
    return found


def worked(text: str) -> Decimal:
    """Return what a line of arithmetic comes to, in exact decimals: numbers, + - * /, min and max, nothing else."""

    def value(node: ast.expr) -> Decimal:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return Decimal(ast.get_source_segment(text, node) or str(node.value))
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORDS:
            return WORDS[node.func.id](*map(value, node.args))
        raise ValueError(f"expected numbers and + - * / min max, got {ast.unparse(node)}")

    return value(ast.parse(text.strip(), mode="eval").body)


def fen(amount: Decimal) -> int:
    """Return yuan as whole fen, half a fen up."""
    return int((amount * YUAN).quantize(Decimal(1), ROUND_HALF_UP))


def sheet(name: str) -> list[dict[str, str]]:
    """Return the rows of a spreadsheet of tests/cases."""
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
