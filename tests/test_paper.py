"""A paper kit is made from stored results alone, twice the same, and says so when a number is stale."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from experiments.paper import StaleError, check_kit, numbers, stored_results, write_kit
from experiments.store import read_table, write_table
from model.errors import ResultsError
from tests.fake_world import SIMULATOR
from tests.test_report import compared, study_of


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paper") / "fake"
    plain = study_of("null", "aid").model_dump(by_alias=True)
    plain["outcomes"] = [{**outcome, "better": "higher"} for outcome in plain["outcomes"]]
    study = type(study_of("null")).model_validate({**plain, "package": ["aid"]})
    compared(study, folder)
    write_kit(SIMULATOR, folder)
    return folder


@pytest.fixture
def folder(kit: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kit, tmp_path / "fake"))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_kit_is_whole_and_built_twice_the_same(folder: Path) -> None:
    first = bytes_of(folder / "paper")
    assert {"numbers.tex", "methods_en.tex", "methods_zh.tex", "ODD.md", "tables/differences.csv"} <= set(first)
    assert {"tables/ranking.tex", "tables/pareto.csv", "tables/package.csv"} <= set(first)
    assert {Path(name).suffix for name in first if name.startswith("figures")} == {".png", ".svg"}
    write_kit(SIMULATOR, folder)
    assert bytes_of(folder / "paper") == first
    assert check_kit(SIMULATOR, folder) == len(first)
    assert not list(folder.glob(".*"))


def test_every_number_of_the_report_is_a_macro(folder: Path) -> None:
    text = numbers(stored_results(SIMULATOR, folder))
    assert r"\csname gongji@aid.flow.step3_aid.amount_fen\endcsname{+4.0 bn yuan [+4.0, +4.0]}" in text
    assert r"\csname gongji@null.flow.step3_aid.amount_fen\endcsname{+0.0 bn yuan [+0.0, +0.0]}" in text
    assert r"\csname gongji@seeds\endcsname{3}" in text
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert "+4.0 [+4.0, +4.0]" in report


def test_a_stale_number_fails(folder: Path) -> None:
    path = folder / "paper" / "numbers.tex"
    path.write_text(path.read_text(encoding="utf-8").replace("+4.0 bn", "+5.0 bn"), encoding="utf-8")
    with pytest.raises(StaleError, match=r"expected .*\+4\.0 bn.*found .*\+5\.0 bn") as stale:
        check_kit(SIMULATOR, folder)
    assert stale.value.exit_code == 1


def test_a_changed_table_or_other_code_fails(folder: Path) -> None:
    other = dataclasses.replace(SIMULATOR, code_version=lambda: "other")
    with pytest.raises(ResultsError, match="stale"):
        write_kit(other, folder)
    shard = next(folder.glob("*/flows.parquet"))
    write_table(read_table(shard).assign(amount_fen=1), shard)
    with pytest.raises(StaleError, match="it was changed"):
        write_kit(SIMULATOR, folder)
    with pytest.raises(ResultsError, match="expected the folder of a finished compare"):
        write_kit(SIMULATOR, shard.parent)
