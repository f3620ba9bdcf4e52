"""The coupling of budgets to income, for which prices are fitted anew to the published slopes K1 and K2."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments import eta, full
from experiments.study import load_study
from model.errors import ScenarioError
from model.policy import load_policy

K1, K2 = 1.0833, 0.426


def test_the_published_slopes_fit_exactly_and_an_edge_of_a_band_is_one() -> None:
    assert eta.misfit((K1, K2)) == 0
    assert eta.misfit((K1 + 0.075, K2)) == pytest.approx(1.0)
    assert eta.misfit((K1 + 0.075, K2 - 0.1)) == pytest.approx(2.0)


@pytest.mark.parametrize("best", [0.37, 0.2, 0.8])
def test_the_share_of_price_is_where_the_slopes_are_best_met(best: float) -> None:
    """Slopes that miss in proportion to the distance from a share: a parabola with its foot there."""
    found = {price: (K1 + price - best, K2 + best - price) for price in eta.prices()}
    assert eta.best_price(found) == pytest.approx(best)


def test_beyond_its_prior_range_the_end_of_the_range_is_taken() -> None:
    found = {price: (K1 - 2.0 + price, K2) for price in eta.prices()}
    assert eta.best_price(found) == pytest.approx(max(eta.prices()))


@pytest.mark.parametrize("name", eta.STUDY_FILES)
def test_every_coupling_has_its_own_price_inside_the_prior_range(name: str) -> None:
    entry = load_policy().in_force(eta.PRICE, eta.YEAR)
    cases = {case.name: case.changes for case in load_study(name).cases}
    for case, value in eta.COUPLINGS.items():
        assert entry.low <= cases[case][eta.PRICE] <= entry.high
        tied = [number for path, number in cases[case].items() if path.startswith("budget.")]
        assert tied == [value] * 4


def test_only_the_price_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = eta.STUDIES / "three_steps_full.yaml"
    text = source.read_text(encoding="utf-8")
    (tmp_path / "some.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(eta, "STUDIES", tmp_path)
    eta.write("some", {"eta_half": 0.123})
    now = (tmp_path / "some.yaml").read_text(encoding="utf-8").splitlines()
    changed = [new for old, new in zip(text.splitlines(), now, strict=True) if old != new]
    assert len(changed) == 1
    assert changed[0].endswith("places.price_shrink: 0.123}")
    with pytest.raises(ValueError, match="expected one case eta_9"):
        eta.write("some", {"eta_9": 0.1})


def test_a_full_study_can_be_lived_in_some_of_its_cases() -> None:
    study = load_study("pooling_levels")
    assert [case.name for case in full.with_cases(study, ["gap_plus_2", "behaviour"]).cases] == [
        "behaviour",
        "gap_plus_2",
    ]
    assert full.with_cases(study, None) is study
    with pytest.raises(ScenarioError, match="gap_3"):
        full.with_cases(study, ["gap_3"])
