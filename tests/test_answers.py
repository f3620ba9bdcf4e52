"""The answers of a study of mutual aid: by hand on little tables, and whole on made-up and on small real worlds."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments import answers, robust, run_facts
from experiments.compare import compare, make_scenario
from experiments.report import headline_cell
from experiments.run import Done
from experiments.study import Study, StudyError, load_study
from model.scenario import load_reform
from tests.fake_world import SIMULATOR
from tests.test_report import scenario_of, study_of

YUAN = 100


def held(*paths: tuple[int, list[tuple[int, int]]], members: int = 10) -> pd.DataFrame:
    """Return the funds table of resident pools: an opening and (income, spending) by year for each [fen]."""
    rows = [
        {
            "year": 2024 + number,
            "fund": "resident_pool",
            "prefecture": 320100 + place,
            "opening_fen": opening,
            "income_fen": income,
            "spending_fen": spending,
            "members": members,
        }
        for place, (opening, years) in enumerate(paths)
        for number, (income, spending) in enumerate(years)
    ]
    return pd.DataFrame(rows)


def test_what_a_pool_must_collect_more_is_the_worst_of_its_years() -> None:
    """After 2024 100 yuan are missing (10 members: 10 a head), after 2025 150 (20 member-years: 7.5 a head)."""
    alone = held((0, [(0, 100 * YUAN), (0, 50 * YUAN)]), (500 * YUAN, [(0, 100 * YUAN), (0, 50 * YUAN)]))
    assert run_facts.extra_needed(alone).tolist() == [10.0, 0.0]


def test_a_pool_that_merges_has_no_price_of_its_own() -> None:
    some = held((0, [(0, 100)]), (0, [(0, 100), (0, 100)]))
    assert len(run_facts.extra_needed(some)) == 1


@pytest.mark.parametrize(("rescued", "price"), [(0, 9.0), (1, 5.0), (2, 1.0), (3, 0.0), (4, 0.0)])
def test_the_price_of_not_pooling_leaves_as_many_dry_as_the_reform(rescued: int, price: float) -> None:
    """Needs of 9, 5, 1 and 0 yuan: with 5 yuan each one pool runs dry, with 1 yuan two."""
    base = pd.DataFrame({"extra_yuan": [5.0, 9.0, 0.0, 1.0], "rescued_fen": [1, 1, 0, 1]})
    reform = pd.DataFrame({"rescued_fen": [1] * rescued + [0] * (4 - rescued)})
    found = answers.price_of_not_pooling(base, reform)
    assert found == {"ruined_alone": 0.75, "ruined_with": rescued / 4, "extra_yuan_a_head": price}


def test_a_pool_in_forty_nine_is_counted_whole() -> None:
    """A share of 1 / 49 times 49 pools falls short of one: the pool that the reform leaves rescued may run dry."""
    base = pd.DataFrame({"extra_yuan": np.arange(49.0), "rescued_fen": 0})
    reform = pd.DataFrame({"rescued_fen": [1] + [0] * 48})
    assert answers.price_of_not_pooling(base, reform)["extra_yuan_a_head"] == 47.0


def receipts(a_head: Any, members: Any = 1.0) -> answers.Receipts:
    """Return what pools (rows) received in seeds (columns) [fen a member], with so many members."""
    heads = pd.DataFrame(a_head) * 0.0 + members
    return answers.Receipts(pd.DataFrame(a_head) * heads, heads)


def test_transfers_are_split_into_structure_and_chance() -> None:
    steady = receipts([[5.0, 5.0], [-5.0, -5.0]])
    found = answers.what_aid_repairs(steady)
    assert (found["structure"], found["chance"]) == (1.0, 0.0)
    assert np.isnan(found["behaviour_adds"])
    assert np.isnan(answers.what_aid_repairs(receipts([[5.0], [-5.0]]))["chance"])
    draws = np.array([[(-1) ** (i + (i // 2) * s) for s in range(40)] for i in range(40)], float)
    mixed = answers.what_aid_repairs(receipts(3.0 + draws))
    assert mixed["structure"] + mixed["chance"] == pytest.approx(1.0)
    assert 0 < mixed["chance"] < mixed["structure"]


def test_behaviour_adds_what_squared_receipts_grow() -> None:
    """Receipts of 5 that become 10 are four times as large squared, those that become 4 are a third smaller."""
    steady = receipts([[5.0, 5.0], [-5.0, -5.0]])
    for other, adds in (([[10.0, 10.0], [-10.0, -10.0]], 3.0), ([[4.0, 4.0], [-4.0, -4.0]], -0.36)):
        found = answers.what_aid_repairs(steady, receipts(other))
        assert found == pytest.approx({"structure": 1.0, "chance": 0.0, "behaviour_adds": adds})


def test_what_aid_repairs_counts_members_and_leaves_out_pools_without_any() -> None:
    """By hand: 9 members get 1 fen each always, 1 member 1 and 3 fen; the empty pool's billion counts for nobody.

    The whole is (9 * 1 + 1 * 5) / 10, the variance between seeds (9 * 0 + 1 * 2) / 10.
    """
    members = pd.DataFrame([[9, 9], [1, 1], [0, 7]])
    net_fen = pd.DataFrame([[9, 9], [1, 3], [10**9, 7]])
    found = answers.what_aid_repairs(answers.Receipts(net_fen, members))
    assert (found["structure"], found["chance"]) == pytest.approx((12 / 14, 2 / 14))
    emptied = answers.Receipts(net_fen, pd.DataFrame([[9, 9], [0, 1], [7, 7]]))
    found = answers.what_aid_repairs(answers.Receipts(net_fen, members), emptied)
    assert found["behaviour_adds"] == 0.0
    alone = answers.Receipts(net_fen.tail(1), members.tail(1))
    assert np.isnan(answers.what_aid_repairs(alone)["structure"])


def test_receipts_come_from_a_studys_runs() -> None:
    def run(net: list[int], members: list[int]) -> run_facts.RunFacts:
        pools = pd.DataFrame({"net_aid_fen": net, "members": members}, index=[11, 12])
        return run_facts.RunFacts(pools, pd.Series(dtype=np.int64), pd.Series(dtype=np.int64))

    lived = {("aid", 0): run([10, 10**9], [5, 0]), ("aid", 1): run([20, 4], [5, 2])}
    found = answers.receipts(lived, "aid", [0, 1, 2])
    assert found is not None
    assert found.a_head().to_dict() == {0: {11: 2.0}, 1: {11: 4.0}}
    assert answers.receipts(lived, "other", [0, 1]) is None


def test_chance_alone_leaves_no_structure_but_noise() -> None:
    from tests.test_measures_limits import uniforms

    found = answers.what_aid_repairs(receipts(uniforms(3, 0, (2000, 5)) - 0.5))
    assert found["chance"] == pytest.approx(1.0, abs=0.05)
    assert found["structure"] == pytest.approx(0.0, abs=0.05)


def test_who_would_agree() -> None:
    base = pd.Series({1: 100, 2: 100, 3: 100, 4: 100})
    reform = pd.Series({1: 150, 2: 100, 3: 80, 5: 900})
    gained = answers.gains(base, reform, 2, 0.0)
    assert gained.to_dict() == {1: 50.0, 2: 0.0, 3: -20.0}
    found = answers.who_would_agree(gained, pd.Series({1: 10, 2: 10, 3: 20}))
    assert found == {"places": pytest.approx(2 / 3), "members": 0.5, "compensation_fen": 20.0}
    assert answers.gains(base, reform, 2, 0.25)[3] == pytest.approx(-20 / 1.25**2)


@pytest.mark.parametrize(
    ("gain", "reacting", "loss"), [(100.0, -100.0, 0.05), (100.0, 0.0, 0.1), (100.0, 100.0, np.nan), (-1.0, -5.0, 0.0)]
)
def test_the_effort_loss_at_which_a_gain_vanishes(gain: float, reacting: float, loss: float) -> None:
    assert answers.effort_at_which_it_vanishes(gain, reacting, 0.1) == pytest.approx(loss, nan_ok=True)


def test_payout_ratio_and_deficit_avoided_per_yuan() -> None:
    def facts_of_money(**money: int) -> answers.RunFacts:
        return answers.RunFacts(pd.DataFrame(), pd.Series(money), pd.Series({0: 0}))

    base = facts_of_money(backstop=40, arrears=60, step2_aid=10, step2_upload=20)
    reform = facts_of_money(backstop=10, arrears=0, step1_loan=50, step2_aid=30, step2_upload=120, step3_upload=7)
    found = answers.money_of(base, reform)
    assert found["payout_step2"] == 0.25
    assert found["payout_step3"] == 0.0
    assert found["avoided_per_yuan_moved"] == 90 / 70
    assert (found["treasury_fen"], found["arrears_fen"], found["uploaded_fen"]) == (-30.0, -60.0, 127.0)


def facts(**money: int) -> run_facts.RunFacts:
    pools = pd.DataFrame(
        {"province": [1, 1, 2], "assets_fen": [70, 30, 5], "backstop_fen": [0, 9, 0]}, index=[11, 12, 21]
    )
    return run_facts.RunFacts(pools, pd.Series(money), pd.Series({0: 500, 1: 140, 2: 5}), 1000)


def test_a_place_is_its_fund_less_what_its_treasury_paid() -> None:
    """The province's own fund of 40 is the province's; a fund wider than a province has no place."""
    assert answers.standing(facts(), "pool").to_dict() == {11: 70, 12: 21, 21: 5}
    assert answers.standing(facts(), "province").to_dict() == {1: 131, 2: 5}
    wide = facts()
    wide.pools.loc[21, "province"] = 0
    assert not len(answers.standing(wide, "province"))


def test_what_pools_earn_less_by_behaviour_is_the_difference_of_differences() -> None:
    worlds = [dataclasses.replace(facts(), earned=earned) for earned in (1000, 990, 1000, 900)]
    assert answers.lost_by_behaviour((worlds[0], worlds[1]), (worlds[2], worlds[3])) == 90
    assert answers.rescues_avoided(facts(backstop=50, arrears=7), facts(arrears=10)) == 47


# ---- what is robust ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("low", "high", "sign"), [(1, 2, "+"), (-2, -1, "-"), (-1, 1, "0"), (0, 0, "0"), (np.nan, 1, "?")]
)
def test_an_effect_has_a_sign_where_its_interval_leaves_out_zero(low: float, high: float, sign: str) -> None:
    assert robust.sign_of(low, high) == sign


def test_what_is_robust_and_what_is_not_is_said_in_both_languages() -> None:
    outcome = {"level": "fund", "unit": "resident_pool", "measure": "pools_rescued"}
    other = {"level": "nation", "unit": "china", "measure": "theil"}
    still = {"central": "-", "behaviour": "-", "gap_plus_2": "-", "spread_high": "-"}
    summary = {
        "cases": ["behaviour", "spread_high", "gap_plus_2"],
        "reforms": {"step_1": {"en": "step 1", "zh": "第一步"}, "none": {"en": "none", "zh": "无"}},
        "outcomes": {
            "fund/resident_pool/pools_rescued": {"en": "Pools rescued", "zh": "靠兜底"},
            "nation/china/theil": {"en": "Theil", "zh": "泰尔指数"},
        },
        "effects": [
            {"reform": "step_1", **outcome, "signs": still},
            {"reform": "step_1", **other, "signs": still | {"behaviour": "+", "gap_plus_2": "0"}},
            {"reform": "none", **outcome, "signs": dict.fromkeys(still, "0")},
        ],
    }
    heads, rows, unsure = robust.table_of(summary)
    assert heads[1:] == [("step 1", "第一步"), ("none", "无")]
    assert rows[0] == [("Pools rescued", "靠兜底"), ("down, in every case", "下降，各情形均成立"), "–"]
    assert rows[1][1] == (
        "down; not under behaviour of pools, the growth gap",
        "下降；不稳健于：统筹区行为反应、费用与筹资增速差",
    )
    assert unsure == {(0, 2), (1, 2)}
    assert robust.counts_of(summary) == {"step_1": (1, 1, 0), "none": (0, 0, 1)}


def test_every_case_of_the_full_studies_belongs_to_one_question() -> None:
    for name in ("three_steps_full", "pooling_levels"):
        cases = [case.name for case in load_study(name).cases]
        found = [case for axis in robust.axes_of(cases).values() for case in axis]
        assert sorted(found) == sorted(cases)
        assert robust.OTHER not in robust.axes_of(cases)


def test_cases_of_ones_own_count_for_what_holds_in_every_case() -> None:
    signs = {"central": "+", "wages_low": "-"}
    summary = {
        "cases": ["wages_low"],
        "reforms": {"step_1": {"en": "step 1", "zh": "第一步"}},
        "outcomes": {"nation/china/theil": {"en": "Theil", "zh": "泰尔指数"}},
        "effects": [{"reform": "step_1", "level": "nation", "unit": "china", "measure": "theil", "signs": signs}],
    }
    assert robust.counts_of(summary) == {"step_1": (0, 1, 0)}
    _, rows, _ = robust.table_of(summary)
    assert rows[0][1] == ("up; not under other cases of the study", "上升；不稳健于：本研究的其他情形")


def test_of_a_regime_that_was_never_lived_no_flow_is_known(tmp_path: Path) -> None:
    study = study_of("aid", "broken", replications=1)
    results = compare(SIMULATOR, study, tmp_path / "fake", range(1, 2), 1, lambda _: None, False, scenario_of)
    assert [row["reform"] for row in results.failed] == ["broken"]
    flow = study.outcomes[0]
    assert flow.level == "flow"
    assert np.isnan(robust.effect_of(robust.last_effects(results), flow, "broken")).all()
    assert headline_cell(results, flow, "broken", 2026) == "–"


def test_unsure_effects_are_grey(tmp_path: Path) -> None:
    compare(SIMULATOR, study_of("null", "aid"), tmp_path / "fake", range(3), 1, lambda _: None, False, scenario_of)
    page = (tmp_path / "fake" / "report.html").read_text(encoding="utf-8")
    grey = re.findall(r'<td class="unsure">(.*?)</td>', page)
    assert any("+0.0" in cell for cell in grey)  # the empty reform
    assert "+4.0" in page
    assert not any("+4.0" in cell for cell in grey)
    told = (tmp_path / "fake" / "report.md").read_text(encoding="utf-8")
    assert re.search(r"\| \*\+0\.0 [^|]*\[\+0\.0, \+0\.0\][^|]*\* \|", told)
    assert re.search(r"\| \+4\.0 ", told)


def test_a_stored_summary_says_where_it_came_from() -> None:
    """What is committed beside the full studies can be read, and names code, people and seeds."""
    assert robust.stored("three_steps_full") is not None
    for name in ("three_steps_full", "pooling_levels"):
        summary = robust.stored(name)
        if summary is None:
            continue
        assert (summary["study"], len(summary["code_version"])) == (name, 64)
        assert summary["people"] >= 20_000
        assert len(summary["seeds"]) >= 2
        assert summary["failed"] == 0
        known = {variant.name for variant in load_study(name).reforms}
        assert set(summary["reforms"]) == known
        text = robust.as_text(name)
        assert summary["code_version"][:12] in text
        assert len(text.splitlines()) == len(known) + 2
        assert max(map(len, text.splitlines()[1:])) <= 120
    assert "no summary stored" in robust.as_text("other")


# ---- studies with cases ---------------------------------------------------------------------------------------------
CASES = [{"name": "behaviour", "label": {"en": "react", "zh": "反应"}, "changes": {"behaviour.react": 1}}]


def with_cases(study: Study, cases: Any = CASES) -> Study:
    return Study.model_validate({**study.model_dump(), "cases": cases})


def test_every_case_is_compared_with_its_own_baseline(tmp_path: Path) -> None:
    told: list[Done] = []
    study = with_cases(study_of("null", "aid"))
    assert [v.name for v in study.lived][3:] == ["behaviour__today", "behaviour__null", "behaviour__aid"]
    results = compare(SIMULATOR, study, tmp_path / "fake", range(3), 1, told.append, False, scenario_of)
    pairs = set(zip(results.differences["reform"], results.differences["against"]))
    assert pairs == {
        ("null", "today"),
        ("aid", "today"),
        ("behaviour__null", "behaviour__today"),
        ("behaviour__aid", "behaviour__today"),
    }
    page = (tmp_path / "fake" / "answers.md").read_text(encoding="utf-8")
    assert "Every effect under every case" in page
    report = (tmp_path / "fake" / "report.md").read_text(encoding="utf-8")
    assert "What is robust, and what is not" in report
    giving = report.partition("## From whom to whom")[2].split("\n\n")[3].splitlines()
    assert giving[2:] == [
        "| today · 现行 | 0 | 0 | 0 | – | – |",
        "| null | 0 | 0 | 0 | – | – |",
        "| aid | 4 | 4 | -8 | – | Beijing 8 · 北京市 8 |",
    ]
    assert giving[0] == (
        "| Reform · 改革 | Employee pool · 职工统筹基金 | Resident pool · 居民统筹基金 | Adjustment funds · 调剂金 | "
        "Give most · 净付出最多 | Get most · 净所得最多 |"
    )
    money = pd.read_csv(tmp_path / "fake" / "tables" / "answers_money.csv")
    assert len(money) == 4
    assert (money.query("reform == 'aid'")["paid_out_bn_yuan"] > 0).all()
    summary = json.loads((tmp_path / "fake" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["people"], summary["seeds"], summary["cases"]) == (1000, [0, 1, 2], ["behaviour"])
    assert "3 regimes in 2 cases, 3 seeds" in robust.provenance(summary, "en")
    aid = next(row for row in summary["effects"] if row["reform"] == "aid" and row["measure"] == "amount_fen")
    assert aid["signs"] == {"central": "+", "behaviour": "+"}


def test_a_case_changes_assumptions_from_the_first_year() -> None:
    study = with_cases(load_study("three_steps"))
    variant = next(v for v in study.lived if v.name == "behaviour__step_1")
    law = make_scenario(study, variant).law()
    assert law.value("behaviour.react", study.start) == 1
    assert law.value("steps.step1_on", 2026) == 1
    plain = next(v for v in study.lived if v.name == "step_1")
    assert make_scenario(study, plain).law().value("behaviour.react", study.start) == 0


def test_a_case_that_names_no_parameter_is_refused() -> None:
    wrong = [{"name": "typo", "label": {"en": "t", "zh": "t"}, "changes": {"behaviour.reacts": 1}}]
    study = with_cases(load_study("three_steps"), wrong)
    with pytest.raises(StudyError, match=r"three_steps: typo__none.*behaviour\.reacts"):
        make_scenario(study, study.lived[-1])


@pytest.mark.parametrize("name", ["three_steps_full", "pooling_levels"])
def test_the_full_studies_are_whole(name: str) -> None:
    """Every regime, and the baseline in every case, is a scenario that the model accepts, to 2040."""
    study = load_study(name)
    assert (study.start, study.end) == (2024, 2040)
    assert {"behaviour", "eta_0", "eta_half", "eta_1", "spread_low", "spread_high"} <= {
        case.name for case in study.cases
    }
    assert {"gap_minus_2", "gap_plus_2", "shocks_low", "shocks_high"} <= {case.name for case in study.cases}
    for variant in study.lived:
        if not (variant.case and variant.reforms):
            make_scenario(study, variant)
    touched = {path for case in study.cases for path in case.changes}
    for variant in study.reforms:
        assert not touched & set(load_reform(*variant.reforms).changes)
    assert not study.baseline.reforms
    assert all(variant.counterfactual == (variant.reforms == ("none",)) for variant in study.lived)
