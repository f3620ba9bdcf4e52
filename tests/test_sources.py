"""What is said of a document is in the document said: law, targets of the board and the tables name the same one."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from experiments import board
from model.policy import load_policy
from model.policy.files import ROOT

DOCUMENT = re.compile(r"\b00[0-4]\b")
POLICY = load_policy()
LAW = {path: each.entries for path, each in sorted(POLICY.parameters.items()) if each.kind == "law"}


def documents(text: object) -> set[str]:
    """Return the numbers of the source documents that a text names."""
    return set(DOCUMENT.findall(str(text)))


@pytest.mark.parametrize("path", LAW)
def test_the_documents_that_an_article_names_are_those_its_source_was_read_in(path: str) -> None:
    for entry in LAW[path]:
        if entry.source:
            assert documents(entry.article) <= documents(POLICY.sources[entry.source]["read"]), entry.article


@pytest.mark.parametrize(
    ("target", "indicator"),
    [
        ("people_60_and_over_2035", "population_60_plus_projection"),
        ("share_60_and_over", "population_60_plus_share_projection"),
        ("shared_bills", "account_mutual_aid_amount_h1_institutions"),
        ("shared_premium_part", "account_mutual_aid_amount_h1_premiums"),
        ("resident_slope", "slope_expenditure_on_financing_per_head"),
        ("employee_income_range", "ratio_max_to_min_province_income_per_head"),
        ("six_provinces_share", "share_of_balance_six_provinces"),
    ],
)
def test_a_target_names_the_document_that_its_table_names(target: str, indicator: str) -> None:
    table = pd.read_csv(ROOT / "model" / "data" / "national_series.csv")
    written = table.loc[table["indicator"] == indicator, "source"]
    assert documents(board.terms()["targets"][target]["source"]) == {name[:3] for name in written}
