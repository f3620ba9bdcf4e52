"""No rule is without worked examples and properties."""

from __future__ import annotations

import ast
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from model.rules import enrolment, funds
from tests.test_rules_cases import CASES, load

NOT_RULES = {"__init__", "codes", "readings", "histories"}


def rules() -> dict[str, str]:
    """Return every public rule by name with its module."""
    found: dict[str, str] = {}
    for path in sorted(Path(funds.__file__).parent.glob("*.py")):
        if path.stem in NOT_RULES:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                assert node.name not in found, f"two rules {node.name}"
                found[node.name] = path.stem
    return found


def words_of_properties() -> set[str]:
    """Return every name that a property test speaks of."""
    words: set[str] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("given" in ast.unparse(d) for d in node.decorator_list):
                words |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
                words |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return words


def test_every_rule_has_properties() -> None:
    missing = sorted(set(rules()) - words_of_properties())
    assert not missing, f"no property test calls {', '.join(missing)}"


def test_every_rule_has_worked_examples_with_arithmetic_and_source() -> None:
    """At least three a rule and eighty in all; the splitting of an amount among many has its own tests."""
    examples = {e["rule"]: e for path in CASES.glob("*.yaml") for e in load(path.stem).get("rules", [])}
    assert set(rules()) - set(examples) == {"largest_remainder"}
    assert all(len(entry["cases"]) >= 3 and entry["source"] for entry in examples.values())
    assert sum(len(entry["cases"]) for entry in examples.values()) >= 80
    assert all(case["because"] for entry in examples.values() for case in entry["cases"])


@given(st.integers(0, 600), st.integers(0, 600), st.integers(0, 600), st.integers(0, 600))
def test_benefit_years_rise_with_what_was_paid(paid: int, short: int, middle: int, longest: int) -> None:
    years = enrolment.benefit_years(paid, short, middle, longest)
    assert 0 <= 12 * years <= max(short, middle, longest) * (1 + 1e-12)
    assert enrolment.benefit_years(0, short, middle, longest) == 0
    assert enrolment.benefit_years(paid + 1, short, short, short) >= enrolment.benefit_years(paid, short, short, short)
