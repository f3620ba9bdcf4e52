"""The README says what is so: same lines in both languages, and the table of the year is the code's."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    return re.findall(r"^```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_both_languages_have_the_same_lines() -> None:
    assert blocks(ENGLISH) == blocks(CHINESE)


def test_the_line_that_ci_runs_is_the_second() -> None:
    section = re.search(r"<!-- test line -->\n```bash\n(python3 .*)\n```", ENGLISH)
    assert section is not None
    assert section[1] + "\n" == blocks(ENGLISH)[1]
    assert "-m pytest" in section[1]


def test_links_lead_somewhere() -> None:
    for text in (ENGLISH, CHINESE):
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert target.startswith("https://") or (ROOT / target).exists(), target


def test_no_line_names_a_place_of_one_machine() -> None:
    for name in ("README.md", "README.zh-CN.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "constraints.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"@ file:|index-url|(^|\s)/(home|root|work|tmp)/", text, re.MULTILINE), name


def test_tables_on_pages_are_the_codes() -> None:
    from experiments.readme import PAGES, with_tables

    for name, language in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        assert text == with_tables(text, language), f"{name}: run python -m experiments.readme"


def test_the_glossary_is_current_and_knows_every_kind_of_flow() -> None:
    from experiments import glossary
    from model.kinds import KINDS

    assert set(glossary.words()["flows"]) == set(KINDS)
    assert glossary.PAGE.read_text(encoding="utf-8") == glossary.page()
