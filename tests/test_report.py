from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from experiments.compare import Results, compare, interval
from experiments.document import Grid, Words, markdown, page
from experiments.figures import font_of
from experiments.outcomes import outcomes, style, who_pays_whom
from experiments.paper import ODD, methods
from experiments.pictures.base import Sketch
from experiments.pictures.effects import effects
from experiments.precision import size_words
from experiments.published import banner, check_published
from experiments.ranking import by_seed
from experiments.report import _small_words, headline_cell
from experiments.run import Done
from experiments.store import read_run
from experiments.study import Axis, Study, StudyError, Text, Variant, load_study
from experiments.sweep import sweep
from experiments.units import shown
from model.errors import ResultsError
from tests.fake_world import FEN_PER_BN, SIMULATOR, FakeScenario, reform

README = (ODD.parent.parent / "README.md").read_text(encoding="utf-8")
REFORMS = {"null": reform("null"), "aid": reform("aid", aid=2), "broken": reform("broken", crash=1)}
REFORMS["long"] = reform("long", **{"measure.long": 1})


def study_of(*names: str, **options: int) -> Study:
    return Study.model_validate(
        {
            "name": "fake",
            "title": {"en": "Fake", "zh": "假"},
            "question": {"en": "What?", "zh": "何？"},
            "people": 1000,
            "start": 2024,
            "end": 2026,
            "replications": 3,
            **options,
            "baseline": {"name": "today", "label": {"en": "today", "zh": "现行"}},
            "reforms": [{"name": name, "label": {"en": name, "zh": name}, "reforms": [name]} for name in names],
            "outcomes": [
                {"level": "flow", "unit": "step3_aid", "measure": "amount_fen", "label": {"en": "Aid", "zh": "调剂"}},
                {
                    "level": "fund",
                    "unit": "employee_pool",
                    "measure": "pools_rescued",
                    "label": {"en": "Short", "zh": "无力"},
                },
            ],
        }
    )


def scenario_of(variant: Variant) -> FakeScenario:
    return FakeScenario(reforms=tuple(REFORMS[name] for name in variant.reforms))


def compared(
    study: Study, folder: Path, seeds: int = 3, workers: int = 1, force: bool = False
) -> tuple[Results, list[Done]]:
    told: list[Done] = []
    results = compare(SIMULATOR, study, folder, range(seeds), workers, told.append, force, scenario_of)
    return results, told


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    folder = tmp_path_factory.mktemp("results") / "fake"
    results, _ = compared(study_of("null", "aid"), folder)
    return folder, results


def test_everything_promised_is_there(made: tuple[Path, Results]) -> None:
    folder, _ = made
    differences = pd.read_parquet(folder / "differences.parquet")
    assert list(differences.columns) == [
        "year",
        "level",
        "unit",
        "measure",
        "reform",
        "against",
        "mean",
        "se",
        "low",
        "high",
        "replications",
    ]
    for name in ("report.md", "report.html", "who_pays_whom.csv", "tables/outcomes.csv", "tables/differences.tex"):
        assert (folder / name).stat().st_size > 0
    assert {path.suffix for path in (folder / "figures").iterdir()} == {".png", ".svg"}
    assert not list(folder.glob(".*"))


def test_an_empty_reform_differs_by_exactly_zero(made: tuple[Path, Results]) -> None:
    null = made[1].differences.query("reform == 'null'")
    assert len(null)
    assert (null[["mean", "se", "low", "high"]] == 0).all(axis=None)
    assert (null["replications"] == 3).all()


def test_a_flow_the_baseline_lacks_counts_as_zero_there(made: tuple[Path, Results]) -> None:
    aid = made[1].differences.query("reform == 'aid' and level == 'flow' and unit == 'step3_aid'")
    assert list(aid["mean"]) == [0.0, 4.0 * FEN_PER_BN, 4.0 * FEN_PER_BN][-len(aid) :]
    assert len(aid) >= 2


def test_a_flow_that_ran_in_one_seed_counts_as_zero_in_the_others_that_were_lived(tmp_path: Path) -> None:
    """The treasury pays 2 billion yuan for each of two pools in 2026, for seed 0 alone; seed 1 of the reform fails."""
    flow = {"level": "flow", "unit": "backstop", "measure": "amount_fen", "label": {"en": "B", "zh": "兜"}}
    plain = study_of("broken").model_dump(by_alias=True)
    study = Study.model_validate({**plain, "outcomes": [{**flow, "better": "lower"}]})
    results, _ = compared(study, tmp_path / "fake")
    paid = results.rows_of("today", "flow", "amount_fen").query("unit == 'backstop' and year == 2026")
    assert paid["value"].tolist() == [4.0 * FEN_PER_BN, 0.0, 0.0]
    assert headline_cell(results, study.outcomes[0], "today", 2026, unit=False) == "1.3"
    wide = by_seed(results.outcomes, study.outcomes[0], study)
    assert wide.to_dict("list") == {"today": [4.0 * FEN_PER_BN, 0.0], "broken": [4.0 * FEN_PER_BN, 0.0]}
    assert wide.index.tolist() == [0, 2]


def test_pairs_and_intervals_by_hand() -> None:
    pairs = pd.DataFrame([[1.0, 2.0, 3.0], [5.0, np.nan, np.nan]])
    found = interval(pairs)
    assert found["mean"].tolist() == [2.0, 5.0]
    assert found["se"].iloc[0] == pytest.approx(1 / np.sqrt(3))
    assert found["high"].iloc[0] - 2.0 == pytest.approx(4.302652729911275 / np.sqrt(3))  # t, 2 degrees of freedom
    assert found.iloc[1][["se", "low", "high"]].isna().all()
    assert found["replications"].tolist() == [3, 1]


def test_the_same_line_again_runs_nothing_and_writes_the_same(made: tuple[Path, Results]) -> None:
    folder, _ = made
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    _, told = compared(study_of("null", "aid"), folder)
    assert {done.message for done in told} == {"already there"}
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_processes_give_the_same_as_one(made: tuple[Path, Results], tmp_path: Path) -> None:
    folder, _ = made
    compared(study_of("null", "aid"), tmp_path / "fake", workers=2)
    for name in ("differences.parquet", "tables/outcomes.csv", "who_pays_whom.csv"):
        assert (tmp_path / "fake" / name).read_bytes() == (folder / name).read_bytes()


def test_a_failed_run_does_not_stop_the_study(tmp_path: Path) -> None:
    results, told = compared(study_of("broken"), tmp_path / "fake")
    assert [done.status for done in told].count("failed") == 1
    assert [(row["reform"], row["seed"]) for row in results.failed] == [("broken", 1)]
    assert set(results.differences["replications"]) == {2}
    assert "1 runs failed" in (tmp_path / "fake" / "report.md").read_text(encoding="utf-8")
    _, told = compared(study_of("broken"), tmp_path / "fake", force=True)
    assert len(list((tmp_path / "fake").glob("*.failed-1"))) == 1


def test_the_report_reads_alone_and_in_two_languages(made: tuple[Path, Results]) -> None:
    folder, _ = made
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert 'name="viewport"' in page
    assert "问题" in page
    assert 'lang="zh-Hans"' in page
    images = re.findall(r"<img [^>]*>", page)
    assert len(images) >= 5
    assert all('alt="' in image and 'src="data:image/png;base64,' in image for image in images)
    assert not re.search(r'(src|href)="(?!data:)', page)


def test_a_missed_band_stands_at_the_top(made: tuple[Path, Results]) -> None:
    folder, results = made
    year, table = check_published(results.outcomes, "today")
    assert year == 2024
    assert not table["holds"].all()
    text = banner(year, table)
    assert text is not None
    assert "employee members" in text["en"]
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert report.index("misses its band") < report.index("## ")


def test_published_numbers_are_those_of_the_bulletin(made: tuple[Path, Results]) -> None:
    _, table = check_published(made[1].outcomes, "today")
    published = dict(zip(table["target"], table["published"]))
    assert published["employee members"] == pytest.approx(379.4834)
    assert published["resident pool spending"] == pytest.approx(1066.149)
    assert published["employee pool surplus rate"] == pytest.approx(23.8, abs=0.1)


def test_a_study_without_the_year_says_so(made: tuple[Path, Results]) -> None:
    later = made[1].outcomes.query("year > 2024")
    assert not len(check_published(later, "today")[1])


def test_outcomes_by_hand(made: tuple[Path, Results]) -> None:
    folder, results = made
    tables = read_run(folder / results.facts["runs"]["aid 0"])
    said = outcomes(tables, weight=1000).set_index(["level", "unit", "measure", "year"])["value"]
    assert said["fund", "employee_pool", "income_fen", 2024] == (30 + 31 + 32 + 33) * FEN_PER_BN
    assert said["fund", "employee_pool", "pools_in_deficit", 2024] == 2  # 30 < 33 and 31 < 32
    assert said["fund", "employee_pool", "balance_fen", 2024] == (126 - 126) * FEN_PER_BN
    assert said["fund", "employee_pool", "pools_rescued", 2024] == 0
    paid = who_pays_whom(tables["flows"])
    assert paid["amount_fen"].sum() == tables["flows"]["amount_fen"].sum()
    assert paid.query("kind == 'step3_aid'")["payer"].tolist() == ["national_adjustment"] * 2


def test_results_of_other_code_stay_apart(made: tuple[Path, Results], tmp_path: Path) -> None:
    import dataclasses

    compared(study_of("null"), tmp_path / "fake", seeds=1)
    other = dataclasses.replace(SIMULATOR, code_version=lambda: "other")
    arguments = (study_of("null"), tmp_path / "fake", range(1), 1, lambda done: None)
    with pytest.raises(ResultsError, match="--force"):
        compare(other, *arguments, False, scenario_of)
    compare(other, *arguments, True, scenario_of)
    assert len(list((tmp_path / "fake").glob("*/manifest.json"))) == 2  # an empty reform is the baseline


@pytest.mark.parametrize(
    "options",
    [
        {
            "precision": {
                "level": "fund",
                "unit": "employee_pool",
                "measure": "pools_rich",
                "half_width": 1,
                "at_most": 9,
            }
        },
        {
            "outcomes": [
                {"level": "fund", "unit": "employee_pool", "measure": "pools_rich", "label": {"en": "x", "zh": "x"}}
            ]
        },
    ],
)
def test_what_no_run_records_ends_a_study_after_its_first_run(tmp_path: Path, options: dict[str, object]) -> None:
    study = Study.model_validate(study_of("null", "aid").model_dump(by_alias=True) | options)
    with pytest.raises(StudyError, match=f"{next(iter(options))}: expected a level and measure .*fund pools_rich"):
        compared(study, tmp_path / "fake")
    assert len(list((tmp_path / "fake").glob("*/manifest.json"))) == 1


def test_what_one_regime_alone_records_is_no_reason_to_end(tmp_path: Path) -> None:
    """The baseline ends first and does not measure it."""
    plain = study_of("null", "long").model_dump(by_alias=True)
    outcome = {"level": "nation", "unit": "nation", "measure": "gini_long", "label": {"en": "x", "zh": "x"}}
    results, _ = compared(Study.model_validate(plain | {"outcomes": [outcome]}), tmp_path / "fake")
    assert "gini_long" in set(results.outcomes["measure"])


def test_shipped_studies_load() -> None:
    study = load_study("three_steps")
    assert [variant.name for variant in study.variants] == ["today", "step_1", "steps_1_2", "steps_1_2_3", "none"]
    assert study.reforms[-1].counterfactual


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[", "expected"),
        ("name: 3", "name"),
        ("people: 0", "people"),
        ("colour: red", "colour"),
        (f"replications: {'9' * 23}", "replications: expected less than or equal to 1000000"),
    ],
)
def test_a_wrong_study_file_is_one_line(tmp_path: Path, text: str, expected: str) -> None:
    good = load_study("three_steps").model_dump(mode="json")
    path = tmp_path / "mine.yaml"
    import yaml

    content = text if text == "[" else yaml.safe_dump({**good, **yaml.safe_load(text)}, allow_unicode=True)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(StudyError, match=expected) as caught:
        load_study(str(path))
    assert "\n" not in str(caught.value)
    assert "mine.yaml" in str(caught.value)


def test_a_repeated_name_and_an_unknown_study_are_refused() -> None:
    with pytest.raises(ValueError, match="repeated: aid"):
        study_of("aid", "aid")
    with pytest.raises(StudyError, match="three_steps"):
        load_study("no_such")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_long_names_of_effects_do_not_run_into_each_other(made: tuple[Path, Results], language: str) -> None:
    _, results = made
    label = {"en": "Benefit between provinces and schemes " * 2, "zh": "职工人均待遇省际差异" * 3}
    outcome = results.study.outcomes[0].model_copy(update={"label": Text(**label)})
    study = results.study.model_copy(update={"outcomes": (outcome, outcome)})
    with mpl.rc_context(font_of(language)):
        figure = effects(Sketch(dataclasses.replace(results, study=study), language))
        FigureCanvasAgg(figure).draw()
    left, right = figure.axes[:2]
    assert left.title.get_window_extent().x1 < right.title.get_window_extent().x0
    assert left.get_xlabel() == {"en": "bn yuan", "zh": "十亿元"}[language]


def with_outcome(**names: str) -> Study:
    """Return the fake study with one outcome, of these level, unit and measure."""
    plain = study_of("aid").model_dump()
    return Study.model_validate(plain | {"outcomes": [{**names, "label": {"en": "One", "zh": "其一"}}]})


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [
        ("benefit_per_head", 1234.5, "1,234 yuan"),
        ("net_benefit_per_head", -367.8, "-368 yuan"),
        ("poverty_gap_after", 558.3, "558 yuan"),
        ("backstop_money", 3.3e9, "3.3 bn yuan"),
        ("closing_fen", 3.3e11, "3.3 bn yuan"),
        ("deaths", 17620875.0, "17.62 million"),
        ("simulated_members", 563.0, "563"),
        ("gini_income", 0.42791, "0.4279"),
        ("gini_income", -0.0000312, "-0.000031"),
        ("gini_income", 1e-12, "0.0000"),
    ],
)
def test_outcomes_are_read_in_units_of_their_kind(measure: str, value: float, text: str) -> None:
    (outcome,) = with_outcome(level="nation", unit="china", measure=measure).outcomes
    assert shown(value, outcome) == text


def test_an_outcome_of_a_flow_that_cannot_run_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a kind of flow, got step3_aidd \(nearest: step3_aid"):
        with_outcome(level="flow", unit="step3_aidd", measure="amount_fen")


def test_an_outcome_that_no_run_records_is_named(tmp_path: Path) -> None:
    study = with_outcome(level="fund", unit="employee_pool", measure="pools_resqued")
    with pytest.raises(StudyError, match=r"got fund pools_resqued \(nearest: fund pools_rescued"):
        compared(study, tmp_path / "fake", seeds=1)
    swept = study.model_copy(update={"parameters": (Axis(path="employee.person_rate", low=0.01, high=0.02),)})
    with pytest.raises(StudyError, match=r"got fund pools_resqued"):
        sweep(
            SIMULATOR, swept, tmp_path / "swept", range(1), 1, lambda _: None, scenario_of=lambda v, _: scenario_of(v)
        )


def test_few_people_and_intervals_that_hold_zero_have_marks_of_their_own(tmp_path: Path) -> None:
    grid = Grid(["what", "a", "b"], [[("one", "一"), "1", "2"], ["two", "3", "4"]], few={0}, unsure={(0, 1), (1, 2)})
    assert markdown([grid], tmp_path).splitlines()[2:] == ["| one † · 一 † | *1* | 2 |", "| two | 3 | *4* |"]
    told = page("", [grid])
    assert '<th scope="row" class="few"><span lang="en">one †</span>' in told
    assert re.findall(r'<td class="([^"]*)">', told) == ["few unsure", "few", "unsure"]


def test_a_small_world_is_said_to_move_too_much(made: tuple[Path, Results]) -> None:
    for name in ("report.md", "report.html"):
        text = (made[0] / name).read_text(encoding="utf-8")
        assert "No interval holds what the size of the world adds" in text
        assert "区间不包含模拟规模带来的系统偏差" in text
    assert size_words(style()["many_people"]) is None
    for language, words in zip(("en", "zh"), size_words(made[1].study.people) or ()):
        assert words in methods(made[1], language)
    moved = re.search(
        r"that begin in 2024 move in two years.*?bn yuan as loans of step 1", ODD.read_text(encoding="utf-8")
    )
    loans = [float(each) for each in re.findall(r"([0-9.]+) ±", moved[0])] if moved else []
    assert loans == sorted(loans, reverse=True)
    assert loans[0] > 2 * loans[-1]
    for told in (loans[1], loans[2], loans[-1]):
        assert f"{told:g}" in next(line for line in README.splitlines() if "loans of step 1 with 100,000" in line)


def test_both_marks_are_explained(made: tuple[Path, Results]) -> None:
    folder, results = made
    told = (folder / "report.md").read_text(encoding="utf-8")
    assert "it is in italics" in told
    assert "以斜体" in told
    said = [block.text for block in _small_words(results, True) if isinstance(block, Words)]
    assert "Rows marked †" in said[0]
    assert "标†的行" in said[1]
