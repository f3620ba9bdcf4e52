"""One family's years: who paid what, by which rule, as a waterfall whose lines add up."""

from __future__ import annotations

import dataclasses
import functools
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from agents.units import FEN_PER_YUAN
from experiments.outcomes import style
from model.errors import ScenarioError

if TYPE_CHECKING:
    from model.pooling import PoolingModel
    from model.scenario import Scenario

LINES = Path(__file__).resolve().parent / "life.yaml"
PAYERS = ("basic", "supplement", "assistance", "own_account", "family_account", "self_pay")
WIDER = {"flexible": "active", "unemployed": "active", "linked": "resident"}
"""Kinds of member whose lines differ from those of the kind they belong to in what is paid in."""
WIDTH = 52
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "year": "{year}",
        "age": ", {age}, ",
        "waiting": ", waiting {months} months",
        "dies": ", dies",
        "member": "{words}; {status}, {place}; income {income} yuan",
        "read": "read:",
        "reform": "reform {name}",
        "values": "{count} values by {by}",
        "left": "not accounted for",
        "of_year": "{path} ({year})",
        "minimum": "  of it the minimum subsidy",
        "unpaid": "  of which does not come in",
        "extra": "  and the place's own extra",
        "axis": "yuan",
        "active": "active",
        "retired": "retired",
        "resident": "resident",
        "uninsured": "uninsured",
    },
    "zh": {
        "year": "{year} 年",
        "age": "，{age}岁，",
        "waiting": "，等待期{months}个月",
        "dies": "，当年死亡",
        "member": "{words}；{status}，{place}；收入 {income} 元",
        "read": "所用参数：",
        "reform": "改革方案 {name}",
        "values": "{count} 个取值，按{by}",
        "left": "未能归属",
        "of_year": "{path}（{year}年）",
        "minimum": "  其中：补助最低标准",
        "unpaid": "  其中：未到位",
        "extra": "  其中：当地加补",
        "axis": "元",
        "active": "在职职工",
        "retired": "退休职工",
        "resident": "城乡居民",
        "uninsured": "未参保",
    },
}


@dataclasses.dataclass(frozen=True)
class Member:
    """One member of the family in one year [fen]."""

    key: int
    words: str
    status: str
    basis: str
    place: str
    income: int
    account: int
    amounts: dict[str, int]
    subsidy: dict[str, int]


@dataclasses.dataclass(frozen=True)
class FamilyYear:
    """A family in one year, with the values of the parameters its lines read."""

    year: int
    members: list[Member]
    parameters: dict[str, str]


@functools.cache
def lines() -> dict[str, dict[str, Any]]:
    """Return the lines of a waterfall: words, rules and parameters."""
    content: dict[str, dict[str, Any]] = yaml.safe_load(LINES.read_text(encoding="utf-8"))
    return content


def basis(line: str, kind: str) -> dict[str, list[str]]:
    """Return the rules and parameters behind a line for a kind of member, or for the wider kind it belongs to."""
    groups = lines()[line]
    known = (groups[name] for name in (kind, WIDER.get(kind), "all") if name in groups)
    found: dict[str, list[str]] = next(known, {"rules": [], "reads": []})
    return found


def live_family(
    scenario: Scenario, seed: int, household: int, year: int | None = None, lang: str = "en"
) -> Iterator[FamilyYear]:
    """Live a world and yield the years of a household of its first population, or the one year asked for.

    The household is followed by its members: where they part, by the first of them who is still there.
    Raises ScenarioError where there is no such household or year, or nobody of it is left.
    """
    from model.pooling import PoolingModel

    if year is not None and not scenario.start <= year <= scenario.end:
        raise ScenarioError(f"--year {year}: expected a year from {scenario.start} to {scenario.end}")
    world = PoolingModel(scenario, rng=seed, measure=False)
    count = len(world.households)
    if not 0 <= household < count:
        raise ScenarioError(f"--household {household}: expected a number from 0 to {count - 1}")
    first, last = world.engine.bounds[household : household + 2]
    keys = world.engine.people.key[first:last].tolist()
    while world.year < (year or scenario.end):
        world.step()
        if year in {None, world.year}:
            found = _year(world, keys, lang)
            if found is None:
                raise ScenarioError(f"--household {household}: expected somebody alive in {world.year}, all have died")
            yield found


def _year(world: PoolingModel, keys: list[int], lang: str) -> FamilyYear | None:
    """Return the year just lived of the home of the first of these people who is still there."""
    people = world.engine.people
    rows = np.flatnonzero(np.isin(people.key, np.array(keys, dtype=people.key.dtype)))
    place = {int(people.key[row]): int(row) for row in rows}
    followed = [place[key] for key in keys if key in place]
    if not followed:
        return None
    home = int(people.household[followed[0]])
    first, last = world.engine.bounds[home : home + 2]
    members = [_member(world, row, lang) for row in range(int(first), int(last))]
    read = {
        path for m in members for line, amount in m.amounts.items() if amount for path in basis(line, m.basis)["reads"]
    }
    return FamilyYear(world.year, members, dict(_parameter(world, path, lang) for path in sorted(read)))


def _member(world: PoolingModel, row: int, lang: str) -> Member:
    from agents.person import Person
    from experiments.words import pool_name

    person = Person(world.engine.people, row)
    kind = _kind(world, person.scheme, person.work)
    status = WIDER.get(kind, kind)
    code, said = int(world.pools["code"].iloc[person.insured]), WORDS[lang]
    sex, work = (person.sex.zh, person.work.zh) if lang == "zh" else (person.sex.en, person.work.en)
    words = sex + said["age"].format(age=person.age) + work
    words += said["waiting"].format(months=person.waiting) if person.waiting else ""
    words += said["dies"] if person.dying else ""
    amounts = {line: int(getattr(person, line)) for line in lines()}
    place = f"{pool_name(code, lang)} {code}"
    parts = _subsidy(world, person.insured, amounts["matched"]) if status == "resident" else {}
    return Member(int(person.key), words, status, kind, place, person.income, person.account, amounts, parts)


def _kind(world: PoolingModel, scheme: int, work: int) -> str:
    """Return the kind of member whose rules work out what somebody pays."""
    from agents.codes import Scheme, Work

    if scheme == Scheme.NONE:
        return "uninsured"
    if scheme == Scheme.RESIDENT:
        return "linked" if int(world.in_force.resident.link_mode) else "resident"
    kinds: dict[int, str] = {Work.RETIRED: "retired", Work.FLEXIBLE: "flexible", Work.UNEMPLOYED: "unemployed"}
    return kinds.get(work, "active")


def _subsidy(world: PoolingModel, pool: int, paid: int) -> dict[str, int]:
    """Return the parts of a resident's subsidy: the law's minimum, what of it does not come in, the place's extra."""
    minimum = int(world.in_force.resident.subsidy)
    unpaid = int(np.floor(world.places.unpaid[pool] * minimum + 0.5))
    return {"minimum": minimum, "unpaid": -unpaid, "extra": paid - minimum + unpaid}


def year_read(world: PoolingModel, path: str) -> int:
    """Return the year whose value the world's year reads: the one before for what a notice sets for the next year."""
    from model.phases.dues import PAID_AHEAD

    if path == "resident.individual" and int(world.in_force.resident.cash_year) == PAID_AHEAD:
        return world.year
    return world.year - world.policy.parameter(path).lag


def _parameter(world: PoolingModel, path: str, lang: str) -> tuple[str, str]:
    """Return a parameter's path and its value as the world's year reads it, with unit and source, in a language."""
    from experiments.explain import BYS_ZH, evidence, source_text, unit_text, value_text

    parameter, year, words = world.policy.parameter(path), year_read(world, path), WORDS[lang]
    value = world.policy.setting(path, year)
    if isinstance(value, dict) and len(value) > len(parameter.keys) > 0:
        value = {key: number for key, number in value.items() if key in parameter.keys}
    text = (
        words["values"].format(count=len(value), by=BYS_ZH[parameter.by] if lang == "zh" else parameter.by)
        if isinstance(value, dict) and not parameter.keys
        else value_text(value, parameter.by, lang)
    )
    entry = world.policy.in_force(path, year)
    reform = entry.reform and words["reform"].format(name=entry.reform)
    source = reform or source_text(world.policy, entry) or evidence(world.policy, entry, lang)
    name = path if year == world.year else words["of_year"].format(path=path, year=year)
    return name, f"{text} [{unit_text(parameter, lang)}]; {source}"


def yuan(amount: int) -> str:
    """Return an amount of fen in yuan."""
    return f"{amount / FEN_PER_YUAN:,.2f}"


def tell(family: FamilyYear, lang: str = "en") -> str:
    """Return the year as text: for each member what was paid in, then the cost of care down to the cash left."""
    words = WORDS[lang]
    out = [words["year"].format(year=family.year)]
    for number, member in enumerate(family.members, start=1):
        facts = {"words": member.words, "status": words[member.status], "place": member.place}
        out.append(f"  {number}. " + words["member"].format(income=yuan(member.income), **facts))
        out += [f"     {text}" for text in _told(member, lang)]
    if family.parameters:
        out.append(f"  {words['read']}")
        out += [f"     {path} = {text}" for path, text in family.parameters.items()]
    return "\n".join(out)


def _told(member: Member, lang: str) -> Iterator[str]:
    for line, amount in member.amounts.items():
        if amount == 0 and line != "cost":
            continue
        sign = "−" if line in PAYERS and line != "self_pay" else ""
        equals = "= " if line == "self_pay" else ""
        rules = ", ".join(basis(line, member.basis)["rules"])
        text = f"{equals}{lines()[line]['words'][lang]}"
        yield f"{padded(text)}{sign + yuan(amount):>16}  {rules}".rstrip()
        if line == "matched":
            parts = ((WORDS[lang][name], part) for name, part in member.subsidy.items() if part)
            yield from (f"{padded(name)}{yuan(part).replace('-', '−'):>16}" for name, part in parts)
    left = member.amounts["cost"] - sum(member.amounts[payer] for payer in PAYERS)
    if left:
        yield f"{padded(WORDS[lang]['left'])}{yuan(left):>16}"


def padded(text: str) -> str:
    """Return text filled up with blanks to the width of a waterfall's words; a Chinese character is two wide."""
    wide = sum(unicodedata.east_asian_width(letter) in {"W", "F"} for letter in text)
    return text + " " * (WIDTH - len(text) - wide)


def draw(years: list[FamilyYear], path: Path, lang: str = "en") -> None:
    """Draw each year as a waterfall from the family's cost of care down to the cash it paid."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from experiments.words import chinese_font

    look, font = style()["figures"], chinese_font() if lang == "zh" else None
    lang = lang if font else "en"
    with mpl.rc_context({"font.family": font} if font else {}):
        figure = Figure(figsize=(look["width"], look["low_height"] * len(years)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(years), 1, squeeze=False, sharex=True)[:, 0]
        names = [lines()[line]["words"][lang] for line in ("cost", *PAYERS)]
        for axis, family in zip(axes, years):
            sums = [sum(m.amounts[line] for m in family.members) / FEN_PER_YUAN for line in ("cost", *PAYERS)]
            falls = np.cumsum(sums[1:-1])
            feet = [0.0, *(sums[0] - falls).tolist(), 0.0]
            axis.barh(names, sums, left=feet, color=look["colours"][1])
            axis.invert_yaxis()
            axis.set_title(str(family.year), loc="left")
        axes[-1].set_xlabel(WORDS[lang]["axis"])
        figure.savefig(path, dpi=look["dpi"])


__all__ = ["FamilyYear", "Member", "basis", "draw", "lines", "live_family", "tell"]
