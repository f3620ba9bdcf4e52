"""The live page: its numbers equal the model's own, its words exist in both languages, its pictures draw."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from experiments.cli import main
from experiments.page import numbers, pictures
from experiments.page.lived import BASELINE, REFORM, Dashboard
from experiments.pictures.tiles import grid
from experiments.words import province_names

BN = 1e11  # fen in a billion yuan


@pytest.fixture(scope="module")
def lived() -> Dashboard:
    model = Dashboard(people=2_000, start=2024, end=2025, reforms=("steps_1_2_3",), seeds=2)
    while model.running:
        model.step()
    return model


def test_every_word_has_both_languages() -> None:
    for key, word in pictures.words().items():
        assert set(word) == {"en", "zh"}, key
        assert all(word.values()), key


def test_every_province_has_one_tile() -> None:
    places = [tuple(at) for at in grid()["inside"].values()]
    places += [tuple(place["at"]) for place in grid()["outside"].values()]
    assert set(grid()["inside"]) == set(province_names())
    assert len(places) == len(set(places))


def test_the_model_lives_both_sides_to_the_last_year(lived: Dashboard) -> None:
    assert lived.year == 2025
    assert not lived.running
    assert lived.sides == (BASELINE, REFORM)
    assert lived.shown is not None
    assert lived.shown.year == 2025


def test_the_headline_is_the_worlds_own_sum(lived: Dashboard) -> None:
    table = numbers.headline(lived.shown).set_index(["fund", "measure"])
    for side in lived.sides:
        incomes = []
        for seed in (0, 1):
            funds = lived.worlds[side, seed].record.funds
            rows = funds[(funds["year"] == 2025) & (funds["fund"] == "resident_pool")]
            incomes.append(rows["income_fen"].sum() / BN)
        assert table.loc[("resident_pool", "income"), side] == pytest.approx(np.mean(incomes), rel=1e-12)
    row = table.loc[("resident_pool", "closing")]
    assert row["difference"] == pytest.approx(row[REFORM] - row[BASELINE], abs=1e-9)
    assert row["low"] <= row["difference"] <= row["high"]


def test_a_province_is_the_sum_of_its_prefectures(lived: Dashboard) -> None:
    funds = lived.shown.funds
    rows = funds[(funds["year"] == 2025) & (funds["fund"] == "employee_pool") & (funds["side"] == BASELINE)]
    rows = rows[rows["province"] == 320000]
    expected = 12 * rows["closing_fen"].sum() / rows["spending_fen"].sum()
    shown = numbers.places(lived.shown, "employee_pool", "reserve_months")
    assert shown.loc[320000, BASELINE] == pytest.approx(expected, rel=1e-12)


def test_tenths_hold_everybodys_money(lived: Dashboard) -> None:
    people = lived.shown.people
    mine = people[people["side"] == BASELINE]
    received = mine[["basic_fen", "critical_fen", "large_sum_fen", "assistance_fen"]].sum().sum() / 100 / len(mine)
    sizes = np.histogram(np.ceil(10 * mine["income_fen"].rank(method="first", pct=True)), bins=range(1, 12))[0]
    paid = mine[["contribution_fen", "self_pay_fen"]].sum().sum() / 100 / len(mine)
    shown = numbers.tenths(lived.shown).loc[BASELINE]
    for column, amount in (("receives", received), ("pays", paid)):
        assert (shown[column].to_numpy() * sizes).sum() / len(mine) == pytest.approx(amount, rel=1e-9)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pictures_draw(lived: Dashboard, lang: str) -> None:
    shown = lived.shown
    assert pictures.fund_paths(numbers.paths(shown), lang).axes
    assert pictures.tenth_bars(numbers.tenths(shown), lang).axes
    aid = pictures.aid_bars(numbers.aid(shown), REFORM, lang)
    assert aid is None or aid.axes


def test_tiles_are_coloured_by_their_numbers(lived: Dashboard) -> None:
    values = numbers.places(lived.shown, "resident_pool", "benefit_head")[BASELINE]
    fills, low, high = pictures.tile_colours(values, diverging=False)
    assert set(fills) == set(values.dropna().index)
    assert (low, high) == (values.min(), values.max())
    assert fills[values.idxmin()][0] == "#440154"  # the dark end of viridis
    _, low, high = pictures.tile_colours(values - values.mean(), diverging=True)
    assert low == -high
    assert [pictures.number_text(value) for value in (float("nan"), -0.01, 99.94, -1234.5)] == [
        "–",
        "0.0",
        "99.9",
        "-1,234",
    ]


def test_who_pays_whom_is_the_worlds_own_sum(lived: Dashboard) -> None:
    table = numbers.between(lived.shown)
    flows = lived.worlds[REFORM, 0].record.flows, lived.worlds[REFORM, 1].record.flows
    total = sum(int(each[each["year"] == 2025]["amount_fen"].sum()) for each in flows) / 2 / BN
    assert table[REFORM].sum() == pytest.approx(total, rel=1e-12)


def test_a_taken_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("solara")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["dashboard", "--port", str(port), "--no-browser"]) == 2
    assert f"--port {port}: expected a free port" in capsys.readouterr().err
