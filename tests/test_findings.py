"""Indices, rankings and split packages against answers known beforehand."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.design import Points, Range, choose
from experiments.package import rounded, shapley, split, subset_name, subsets, summary
from experiments.ranking import letters, pareto, rank, rankings
from experiments.sensitivity import analyse, flips, least_points
from experiments.study import Design, Outcome, Study
from experiments.sweep import effects, in_all_regimes, unsaid
from tests.test_report import study_of


def box(low: float, high: float, count: int) -> tuple[Range, ...]:
    return tuple(Range(f"x{i}", low, high, 3, False, 2024, (low + high) / 2, None) for i in range(count))


def points(kind: str, count: int, ranges: tuple[Range, ...]) -> tuple[Points, Design]:
    design = Design.model_validate({"kind": kind, "points": count})
    return Points(ranges, choose(design, ranges)), design


def found(points: Points, design: Design, values: np.ndarray) -> pd.DataFrame:
    return analyse(points, design, pd.Series(values)).set_index(["parameter", "index"])


# ---- sensitivity ----------------------------------------------------------------------------------------------------
def test_sobol_on_ishigami_gives_its_analytic_indices() -> None:
    pytest.importorskip("SALib", reason="needs the extra: sensitivity")
    a, b = 7.0, 0.1
    made, design = points("saltelli", 4096, box(-math.pi, math.pi, 3))
    x = made.frame.to_numpy()[:, 1:]
    y = np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])
    v1 = (1 + b * math.pi**4 / 5) ** 2 / 2
    v2, v13 = a**2 / 8, b**2 * math.pi**8 * (1 / 18 - 1 / 50)
    total = v1 + v2 + v13
    known = {"S1": (v1, v2, 0.0), "ST": (v1 + v13, v2, v13)}
    table = found(made, design, y)
    for index, parts in known.items():
        for place, part in enumerate(parts):
            row = table.loc[(f"x{place}", index)]
            assert row["value"] == pytest.approx(part / total, abs=0.02), (index, place)
            assert row["low"] <= row["value"] <= row["high"]
            assert row["low"] - 0.01 <= part / total <= row["high"] + 0.01


def test_morris_on_a_plane_gives_its_slopes() -> None:
    pytest.importorskip("SALib", reason="needs the extra: sensitivity")
    made, design = points("morris", 10, box(0.0, 1.0, 3))
    x = made.frame.to_numpy()[:, 1:]
    table = found(made, design, x @ np.array([3.0, -2.0, 0.0]))
    assert table.xs("mu_star", level="index")["value"].tolist() == pytest.approx([3.0, 2.0, 0.0])
    assert table.xs("mu", level="index")["value"].tolist() == pytest.approx([3.0, -2.0, 0.0])
    assert table.xs("sigma", level="index")["value"].tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
    assert found(made, design, np.full(len(x), 5.0)).index.unique("index").tolist() == ["did not move"]


def test_rank_correlations_and_effects() -> None:
    made, design = points("latin_hypercube", 60, box(0.0, 1.0, 3))
    x = made.frame.to_numpy()[:, 1:]
    table = found(made, design, np.exp(5 * x[:, 0]) - 0.1 * x[:, 1])
    assert table.loc[("x0", "prcc"), "value"] > 0.99
    assert table.loc[("x2", "prcc"), "low"] < 0 < table.loc[("x2", "prcc"), "high"]
    made, design = points("factorial", 1, box(0.0, 2.0, 2))
    x = made.frame.to_numpy()[:, 1:]
    assert found(made, design, 10 * x[:, 0] - x[:, 1])["value"].tolist() == pytest.approx([20.0, -2.0])
    holes = np.where(np.arange(9) == 4, np.nan, 1.0)
    assert found(made, design, holes)["value"].isna().all()
    assert found(made, design, holes).index.unique("index").tolist() == ["did not move"]


def test_only_points_that_agree_in_all_else_tell_an_effect() -> None:
    at_its_low = Range("a", 0.0, 1.0, 2, False, 2024, 0.0, None)
    ranges = (at_its_low, Range("b", 0.0, 1.0, 2, False, 2024, 0.5, None))
    made, design = points("one_at_a_time", 1, ranges)
    x = made.units
    assert found(made, design, x[:, 0] + 100 * x[:, 1] ** 2)["value"].tolist() == [1.0, 100.0]
    made, design = points("factorial", 1, ranges)
    y = 10 * made.units[:, 0] + made.units[:, 1]
    failed = np.where(y == 11, np.nan, y)
    assert found(made, design, failed)["value"].tolist() == [10.0, 1.0]
    made, design = points("one_at_a_time", 1, box(0.0, 1.0, 1))
    assert found(made, design, 3 * made.units[:, 0])["value"].tolist() == [3.0]


def test_rank_correlations_are_of_the_values_lived() -> None:
    switch = Range("on", 0, 1, 2, True, 2024, 0, None)
    made, design = points("latin_hypercube", 40, (switch, *box(0.0, 1.0, 1)))
    on = made.frame["on"].to_numpy()
    table = found(made, design, 5.0 * on + 0.001 * made.frame["x0"].to_numpy())
    assert table.loc[("on", "prcc"), "value"] > 0.95
    still = found(Points((switch, *box(0.0, 1.0, 1)), made.units * [0.4, 1.0]), design, made.units[:, 1])
    assert math.isnan(still.loc[("on", "did not move"), "value"])
    assert still.loc[("x0", "prcc"), "value"] == pytest.approx(1.0)
    names = {"what": "level", "reform": "today", "unit": "pool", "measure": "money"}
    (line,) = unsaid(still.reset_index().assign(**names), 40, 2)
    assert line == "sensitivity.csv: no index for parameters with one value at all points that ended: on"


def test_regimes_are_compared_over_the_seeds_that_both_lived() -> None:
    study = study_of("aid")
    rows = [("today", 0, 10.0), ("today", 1, 20.0), ("aid", 1, 21.0)]  # seed 0 of the reform failed
    last = pd.DataFrame(rows, columns=["reform", "seed", "value"])
    last = last.assign(point=0, level="fund", unit="pool", measure="money")
    table = effects(last, study).set_index("what")
    assert table.loc["difference", "value"] == 1.0
    assert table.loc["level", "value"] == 15.0
    assert set(in_all_regimes(last)["seed"]) == {1}


def test_too_few_points_and_an_outcome_that_stands_still_are_said() -> None:
    made, design = points("latin_hypercube", 6, box(0.0, 1.0, 4))
    x = made.frame.to_numpy()[:, 1:]
    table = found(made, design, x[:, 0]).reset_index()
    assert table["index"].tolist() == ["too few points"] * 4
    assert table["value"].isna().all()
    assert found(made, design, np.zeros(6)).index.unique("index").tolist() == ["did not move"]
    names = {"what": "level", "reform": "today", "unit": "pool", "measure": "money"}
    (line,) = unsaid(table.assign(**names), 6, 4)
    assert line.startswith("sensitivity.csv: no partial rank correlations from 6 points, at least 7 ")
    assert line.endswith("level today pool money")
    made, design = points("latin_hypercube", least_points(4), box(0.0, 1.0, 4))
    told = found(made, design, made.frame["x0"].to_numpy() ** 2 - made.frame["x1"].to_numpy()).reset_index()
    assert told["value"].notna().all()
    assert not list(unsaid(told.assign(**names), 7, 4))


OUTCOME = {"level": "fund", "unit": "pool", "measure": "money", "label": {"en": "Money", "zh": "钱"}}
MONEY = Outcome.model_validate({**OUTCOME, "better": "higher"})


def test_an_assumption_that_flips_the_ranking_is_named() -> None:
    made, _ = points("one_at_a_time", 1, box(0.0, 1.0, 2))
    x = made.frame.set_index("point")
    rows = [(point, "a", 1.0) for point in x.index] + [(point, "b", 2 * x.loc[point, "x0"] + 0.1) for point in x.index]
    last = pd.DataFrame(rows, columns=["point", "reform", "value"]).assign(level="fund", unit="pool", measure="money")
    table = flips(made, last, MONEY).set_index("parameter")
    assert table.loc["x0", "flipped"] == 2  # the low end against the centre and against the high end
    assert table.loc["x0", "between"] == "a; b"
    assert table.loc["x1", "flipped"] == 0


# ---- ranking --------------------------------------------------------------------------------------------------------
def noisy(seeds: int = 12) -> pd.DataFrame:
    wave = np.sin(np.arange(seeds) * 12.9898) * 3
    small = np.cos(np.arange(seeds) * 78.233) * 0.05
    return pd.DataFrame({"today": wave, "null": wave, "good": wave + 1 + small, "same": wave + 1 - small})


def test_a_null_reform_is_indistinguishable_and_pairs_tell_small_effects_apart() -> None:
    table = rank(noisy(), "higher").set_index("reform")
    assert table.loc["null", "group"] == table.loc["today", "group"]
    assert table.loc["good", "group"] == table.loc["same", "group"] != table.loc["null", "group"]
    assert table.loc["null", "best"] == 0 == table.loc["today", "best"]
    assert table["best"].sum() == pytest.approx(1.0)
    assert table.loc["null", "rank"] == table.loc["today", "rank"] == 3.5
    assert table.loc["good", "rank_low"] == 1.0
    assert table.loc["good", "rank_high"] == 2.0
    worst = rank(noisy(), "lower").set_index("reform")
    assert worst.loc["null", "best"] == worst.loc["today", "best"] == pytest.approx(0.5)


def test_one_seed_says_nothing_about_chance() -> None:
    table = rank(noisy(1), "higher")
    assert table["best"].isna().all()
    assert set(table["group"]) == {"a"}


def test_letters_overlap_where_neighbours_do() -> None:
    seeds = np.linspace(-1, 1, 9)
    wide = pd.DataFrame({"a": seeds * 0.0, "b": 0.5 + seeds[::-1], "c": 1.0 + 0.2 * seeds})
    assert letters(wide, ["a", "b", "c"]) == ["a", "ab", "b"]


def outcomes_of(values: dict[tuple[str, str], list[float]]) -> pd.DataFrame:
    rows = [
        {
            "reform": reform,
            "seed": seed,
            "year": 2026,
            "level": "fund",
            "unit": "pool",
            "measure": measure,
            "value": value,
        }
        for (reform, measure), series in values.items()
        for seed, value in enumerate(series)
    ]
    return pd.DataFrame(rows)


def test_pareto_drops_what_another_beats_on_every_count() -> None:
    study = ranked_study()
    values = {
        ("today", "money"): [1.0, 1.1, 0.9],
        ("today", "cost"): [5.0, 5.1, 5.0],
        ("cheap", "money"): [1.0, 1.2, 0.8],
        ("cheap", "cost"): [2.0, 2.2, 2.1],
        ("rich", "money"): [9.0, 9.1, 9.0],
        ("rich", "cost"): [8.0, 8.3, 8.0],
    }
    table = pareto(outcomes_of(values), study).set_index("reform")
    assert table["undominated"].to_dict() == {"today": False, "cheap": True, "rich": True}
    assert table.loc["rich", "chance"] > 0.99
    assert table.loc["today", "chance"] < 0.6
    order = rankings(outcomes_of(values), study)
    assert order[order["measure"] == "cost"]["reform"].tolist() == ["cheap", "today", "rich"]


def test_one_seed_does_not_say_how_sure_it_is_that_nothing_is_better() -> None:
    values = {(name, measure): [1.0] for name in ("today", "cheap", "rich") for measure in ("money", "cost")}
    table = pareto(outcomes_of(values), ranked_study())
    assert table["undominated"].all()
    assert table["chance"].isna().all()


def ranked_study(**more: object) -> Study:
    plain = study_of("cheap", "rich").model_dump(by_alias=True)
    asked = [{**OUTCOME, "better": "higher"}, {**OUTCOME, "measure": "cost", "better": "lower"}]
    return Study.model_validate({**plain, "outcomes": asked, **more})


# ---- packages -------------------------------------------------------------------------------------------------------
PARTS = ("a", "b", "c")
MONEY_OF = st.integers(-(10**17), 10**17).map(lambda fen: fen / 100)


@given(st.lists(MONEY_OF, min_size=8, max_size=8))
def test_parts_sum_to_the_whole_exactly(values: list[float]) -> None:
    worth = dict(zip(subsets(PARTS), values))
    shares = shapley(worth, PARTS)
    assert sum(shares.values()) == Fraction(worth[PARTS]) - Fraction(worth[()])
    parts, total = rounded(shares)
    for order in permutations(parts.values()):
        assert sum(order) == total
    scale = max(map(abs, values))
    assert total == pytest.approx(values[-1] - values[0], abs=1e-12 * scale)


@given(st.lists(MONEY_OF, min_size=8, max_size=8))
def test_shares_are_the_mean_over_all_orders(values: list[float]) -> None:
    worth = {frozenset(chosen): Fraction(value) for chosen, value in zip(subsets(PARTS), values)}
    mean = dict.fromkeys(PARTS, Fraction(0))
    for order in permutations(PARTS):
        for place, part in enumerate(order):
            mean[part] += (worth[frozenset(order[: place + 1])] - worth[frozenset(order[:place])]) / 6
    assert shapley(dict(zip(subsets(PARTS), values)), PARTS) == mean


def test_a_package_is_split_seed_by_seed() -> None:
    study = ranked_study(package=["x", "y"])
    worth = {(): 10.0, ("x",): 13.0, ("y",): 11.0, ("x", "y"): 20.0}
    values = {(subset_name(chosen), "money"): [value, value + 1] for chosen, value in worth.items()}
    parts = split(outcomes_of(values), study)
    assert parts.query("seed == 0").set_index("part")["value"].to_dict() == {"x": 6.0, "y": 4.0, "package": 10.0}
    table = summary(parts).set_index("part")
    assert table.loc["x", "mean"] == 6.0
    assert table.loc["x", "se"] == 0.0
