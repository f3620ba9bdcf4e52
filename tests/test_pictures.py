"""What pictures of a study and of the board say of themselves."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from experiments.board_figure import CAPTION, FAR, bars
from experiments.compare import Results, compare
from experiments.figures import pools_in_deficit
from experiments.pictures.base import Sketch
from experiments.pictures.effects import effects
from experiments.study import Text
from tests.fake_world import SIMULATOR
from tests.test_report import scenario_of, study_of


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("results") / "fake"
    return compare(SIMULATOR, study_of("null", "aid"), folder, range(2), 1, lambda _: None, False, scenario_of)


def test_the_legend_keeps_its_colours_where_a_panel_is_grey(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sketch, "is_small", lambda self, level, unit, measure: unit == "employee_pool")
    sketch = Sketch(results, "en")
    handles: Any = pools_in_deficit(sketch).legends[0].legend_handles
    colours = [to_hex(handle.get_color()) for handle in handles]
    assert colours == [to_hex(sketch.look(variant)["color"]) for variant in sketch.variants]
    assert len(set(colours)) == 3


def test_every_declared_effect_is_drawn(results: Results) -> None:
    one = results.study.outcomes[0]
    many = tuple(one.model_copy(update={"label": Text(en=f"No {n}", zh=f"第{n}")}) for n in range(25))
    study = results.study.model_copy(update={"outcomes": many})
    figure = effects(Sketch(dataclasses.replace(results, study=study), "en"))
    assert [axis.get_title() for axis in figure.axes if axis.get_visible()] == [f"No {n}" for n in range(25)]


def test_a_bar_that_is_cut_says_so(tmp_path: Path) -> None:
    rows: Any = [
        {"name": name, "year": 2024, "error": error, "band": 0.1, "sample": "out"}
        for name, error in (("far", 1.26), ("below", -0.9), ("near", 0.2))
    ]
    axes = Figure().subplots()
    bars(axes, rows)
    assert [text.get_text().strip() for text in axes.texts] == ["13 ▶", "◀ -9"]
    assert f"cut at {FAR:.0f} bands" in CAPTION
    assert axes.get_title(loc="left") == CAPTION
