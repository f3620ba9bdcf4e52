"""ODD.md says what is so: its headings, its tables, and every file, parameter and command it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scipy.stats import norm

from agents.chance import Purpose
from experiments import odd
from experiments.readme import MARKED, tables, with_tables
from model.kinds import KINDS, POOL_FUNDS, held_fund, outside
from model.policy.loader import read_unread
from model.policy.policy import load_policy
from model.scenario import Reform, load_reform
from tests.worlds import ALL_STEPS, START, lived

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "model" / "ODD.md").read_text(encoding="utf-8")
PROSE = MARKED.sub("", TEXT)
NAMED = set(re.findall(r"`([^`\n]+)`", PROSE))
HEADINGS = (
    "1. Purpose and patterns",
    "2. Entities, state variables and scales",
    "3. Process overview and scheduling",
    "4. Design concepts",
    "5. Initialization",
    "6. Input data",
    "7. Submodels",
)
CONCEPTS = (
    "Basic principles",
    "Emergence",
    "Adaptation",
    "Objectives",
    "Learning",
    "Prediction",
    "Sensing",
    "Interaction",
    "Stochasticity",
    "Collectives",
    "Observation",
)
MOST_LINES = 200
END = START + 2


def test_headings_are_those_of_the_protocol() -> None:
    assert tuple(re.findall(r"^## (.*)$", TEXT, re.MULTILINE)) == HEADINGS


def test_all_eleven_concepts_are_there_in_order() -> None:
    section = TEXT.split("## 4.")[1].split("## 5.")[0]
    assert tuple(re.findall(r"^- \*\*([^*]+)\.\*\*", section, re.MULTILINE)) == CONCEPTS


def test_the_text_is_short() -> None:
    assert len(PROSE.splitlines()) <= MOST_LINES


def test_every_table_is_on_a_page_and_current() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {found[2] for page in (TEXT, readme) for found in MARKED.finditer(page)} == set(tables("en"))
    assert with_tables(TEXT, "en") == TEXT, "run python -m experiments.readme"


def test_an_edited_table_is_noticed() -> None:
    assert with_tables(TEXT.replace("| `age` | u1 |", "| `age` | u2 |"), "en") == TEXT


def test_files_named_exist() -> None:
    files = {name for name in NAMED if re.fullmatch(r"[\w./]+\.(py|yaml|csv|md)|model/\w+", name)}
    assert files
    for name in files:
        places = (ROOT / name, ROOT / "model" / "data" / name)
        assert any(place.exists() for place in places), name


def test_parameters_named_exist() -> None:
    law = load_policy().parameters
    groups = {path.split(".")[0] for path in law}
    paths = {name for name in NAMED if name.split(".")[0] in groups and re.fullmatch(r"[a-z]+\.[a-z_0-9]+", name)}
    assert paths
    assert paths <= set(law)
    assert not paths & read_unread()


def test_commands_named_exist() -> None:
    from experiments.cli import app

    verbs = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for words in re.findall(r"python -m experiments(\.\w+)?(?: (\w+))?", PROSE):
        module, verb = words
        assert (ROOT / "experiments" / f"{module[1:]}.py").exists() if module else verb in verbs, words


def test_every_purpose_is_told_where_it_is_drawn_and_only_there() -> None:
    for purpose in Purpose:
        assert bool(odd.drawn_in(purpose)) == (purpose in odd.DECIDES), purpose.name


def test_every_kind_of_flow_and_ledger_is_told() -> None:
    assert set(odd.PARTIES) == set(KINDS)
    assert set(odd.LEDGERS) == {*POOL_FUNDS, *odd.PROVINCIAL, *odd.NATIONAL}


def test_numbers_of_chance_are_the_laws() -> None:
    law = load_policy()
    told = {name: float(law.value(f"care.{name}", START)) for name in ("person_cv", "pool_shock", "province_shock")}
    words = " ".join(PROSE.split())
    assert f"({told['person_cv']} / √members)" in words
    shocks = f"{told['pool_shock']}, {told['province_shock']} and {law.value('care.nation_shock', START):g} in logs"
    assert shocks in words
    both = 100 * (told["pool_shock"] ** 2 + told["province_shock"] ** 2) ** 0.5
    assert f"pool and province together {both:.1f} %" in words
    assert f"for {100 * law.value('enrolment.member_noise', START):.0f} % of members" in words


@pytest.mark.parametrize("steps", [False, True])
def test_a_lived_year_pays_as_told(steps: bool) -> None:
    at_once = {path: {START: list(dates.values())[-1]} for path, dates in load_reform(ALL_STEPS).changes.items()}
    world = lived(END, reforms=(Reform("at_once", changes=at_once),) if steps else ())
    flows = world.record.flows[["payer", "payee", "kind"]].drop_duplicates()
    assert flows["kind"].str.startswith("step3").any() == steps
    for row in flows.itertuples():
        for name, told in zip((row.payer, row.payee), odd.PARTIES[str(row.kind)], strict=True):
            fund = held_fund(str(name))
            assert fund or outside(str(name))
            assert (fund or str(name).split(":")[0]) in told, (row.kind, name)


def test_the_noise_of_the_sample_can_be_measured() -> None:
    from experiments.noise import HEAD, noise

    row = noise(2000, seeds=2)
    assert len(row) == len(HEAD)
    assert all(re.fullmatch(r"[\d.e+-]+ %", cell) for cell in row[2:])


def test_a_world_is_held_to_a_stored_one(tmp_path: Path) -> None:
    """The same world is nowhere apart; one of half the people is."""
    from experiments.cli import main
    from experiments.noise import AGAINST_HEAD, against, stored

    assert main(["run", "--people", "4000", "--end", "2024", "--out", str(tmp_path)]) == 0
    (folder,) = [path.parent for path in tmp_path.glob("*/funds.parquet")]
    told = stored(folder)
    assert told.other == ""
    same, half = against(told, 4000), against(told, 2000)
    assert same[1:] == ("0 %",) * (len(AGAINST_HEAD) - 1)
    assert all(float(cell.removesuffix(" %")) > 1.0 for cell in half[1:])


@pytest.mark.parametrize("seeds", [2, 4, 8])
def test_the_noise_told_of_few_seeds_is_that_of_many(seeds: int) -> None:
    from experiments.noise import middle_spread

    drawn = norm(1.0, 0.02).rvs((seeds, 20_000), random_state=0)
    assert middle_spread(drawn) == pytest.approx(0.02, rel=0.03)
    drawn[:, 0] = 0.0  # a pool in which nothing is ever spent
    assert middle_spread(drawn) == pytest.approx(0.02, rel=0.03)
