"""Where the features of the source documents are represented: the page model/COVERAGE.md, made from coverage.yaml."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

from model import measures
from model.errors import PolicyError
from model.policy.files import read_yaml
from model.policy.loader import read_unread
from model.policy.policy import load_policy
from model.scenario import REFORMS

ROOT = Path(__file__).resolve().parent.parent
FILE, PAGE = ROOT / "model" / "coverage.yaml", ROOT / "model" / "COVERAGE.md"
FIRST, LAST = 1, 182
FIELDS = {"doc", "priority", "what", "by", "missing", "out"}
HEAD = """# Where the source documents are represented

Each of the 182 features of documents 000 to 004 (actors, enrolment, contributions, accounts, benefits, funds and mutual
aid, providers, goals), and where it stands: a parameter of the law (`explain` tells it), a rule, a phase, a reform, a
measure, a table. P1 is core, P2 realism or a scenario, P3 context, V a number to check against. This page is printed
from `model/coverage.yaml` by `python -m experiments.readme`; tests hold every reference to what exists.

"""


def features() -> dict[int, dict[str, Any]]:
    """Return the features by number; raises PolicyError where one is not as expected."""
    found = {int(number): spec for number, spec in read_yaml(FILE).items()}
    if sorted(found) != list(range(FIRST, LAST + 1)):
        raise PolicyError(f"model/coverage.yaml: expected every number from {FIRST} to {LAST}")
    for number, spec in found.items():
        if set(spec) - FIELDS or not {"doc", "priority", "what"} <= set(spec) or ("out" in spec) == ("by" in spec):
            raise PolicyError(f"model/coverage.yaml {number}: expected doc, priority, what and either by or out")
    return found


@cache
def known() -> dict[str, set[str]]:
    """Return what may be referred to, by kind of reference."""
    rules, phases = set(), set()
    for path in (ROOT / "model").rglob("*.py"):
        names = [n.name for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.FunctionDef)]
        if path.parent.name == "rules":
            rules |= set(names)
        elif path.parent.name == "phases":
            phases |= {f"{path.stem}.{name}" for name in names}
    return {
        "parameter": set(load_policy().parameters),
        "rule": rules,
        "phase": phases,
        "reform": {path.stem for path in REFORMS.glob("*.yaml")},
        "measure": set(measures.__all__),
        "data": {path.name for path in (ROOT / "model" / "data").glob("*.csv")},
        "code": {
            path.relative_to(ROOT).as_posix()
            for folder in ("agents", "model", "experiments")
            for path in (ROOT / folder).rglob("*.*")
            if path.suffix in {".py", ".yaml"}
        },
    }


def wrong_references() -> list[str]:
    """Return the references that name nothing, with the number of their feature."""
    wrong = []
    for number, spec in features().items():
        for reference in spec.get("by", ()):
            kind, _, name = str(reference).partition(" ")
            if name not in known().get(kind, set()):
                wrong.append(f"{number}: {reference}")
    return wrong


def unsaid() -> list[str]:
    """Return features that name only parameters no phase reads and do not say that something is missing."""
    unread = read_unread()
    return [
        f"{number}: {spec['what']}"
        for number, spec in features().items()
        if not spec.get("missing") and spec.get("by") and all(str(r).partition(" ")[2] in unread for r in spec["by"])
    ]


def page() -> str:
    """Return the page as Markdown."""
    lines = [
        "| no. | document | priority | feature | represented by | not represented |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for number, spec in sorted(features().items()):
        by = ", ".join(f"{kind} `{name}`" for kind, _, name in (str(r).partition(" ") for r in spec.get("by", ())))
        missing = spec.get("missing", "") or (f"left out: {spec['out']}" if "out" in spec else "")
        lines.append(f"| {number} | {spec['doc']} | {spec['priority']} | {spec['what']} | {by} | {missing} |")
    return HEAD + "\n".join(lines) + "\n"
