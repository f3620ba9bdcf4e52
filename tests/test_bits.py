"""The same bits in every process, compiled or not, under any hash seed and Python; other bits when a rule is edited."""

from __future__ import annotations

import json
import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agents.compiled import CODE_VERSION
from tests.worlds import ROOT, hashes, lived, lived_apart, run_apart

HASHED = ("funds", "flows", "enrolment", "care", "people")


def kept(told: dict[str, Any]) -> dict[str, Any]:
    """Return the hashes without the versions."""
    return {name: told[name] for name in HASHED}


# ---- the same bits --------------------------------------------------------------------------------------------------
@cache
def interpreted() -> dict[str, Any]:
    return lived_apart(NUMBA_DISABLE_JIT="1")


def test_interpreted_is_compiled() -> None:
    told = interpreted()
    assert not told["compiled"]
    assert kept(told) == hashes(lived())


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_hash_seeds_do_not_matter(seed: str) -> None:
    told = lived_apart(PYTHONHASHSEED=seed)
    assert kept(told) == hashes(lived())
    assert told["code"] == CODE_VERSION


def python312() -> str:
    """Return an interpreter of Python 3.12 that can run the project, or skip."""
    named = os.environ.get("GONGJI_PYTHON312") or shutil.which("python3.12")
    if named is None:
        pytest.skip("no python3.12 on PATH and GONGJI_PYTHON312 not set")
    tried = run_apart(
        "import sys, mesa, numba, scipy, pydantic; print(sys.version_info[:2], mesa.__version__)", ROOT, named
    )
    if tried.returncode != 0 or not tried.stdout.startswith("(3, 12)"):
        pytest.skip(f"{named} lacks the project's packages: set GONGJI_PYTHON312 to a Python 3.12 that has them")
    return named


def test_python_3_12_and_its_mesa_give_the_same_bits() -> None:
    told = lived_apart(python=python312(), NUMBA_DISABLE_JIT="1")
    assert told["python"] == [3, 12]
    assert told["mesa"] >= "3.5"
    assert kept(told) == hashes(lived())


@pytest.mark.slow
def test_python_3_12_compiled_gives_the_same_bits() -> None:
    told = lived_apart(python=python312())
    assert told["compiled"]
    assert kept(told) == hashes(lived())


# ---- other bits when a rule is edited -------------------------------------------------------------------------------
ROUNDING = ("agents/numeric.py", "rate + 0.5))", "rate))")
ONE_YUAN_MORE = ("agents/numeric.py", "rate + 0.5))", "rate + 0.5) + 100)")


def copied(folder: Path) -> Path:
    """Return a copy of the tree that can live a world."""
    for part in ("agents", "model", "tests", "experiments/reforms"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def told_by(folder: Path, cache_folder: Path) -> tuple[str, int]:
    """Return the code version and the answer of a compiled rule whose own file is not the one that is edited."""
    script = (
        "import json\n"
        "from agents.compiled import CODE_VERSION\n"
        "from model.rules.contributions import person_contribution\n"
        "print(json.dumps([CODE_VERSION, person_contribution(12345, 0.02)]))"
    )
    run = run_apart(script, folder, GONGJI_CACHE=str(cache_folder))
    assert run.returncode == 0, run.stderr
    version, answer = json.loads(run.stdout)
    return version, answer


def test_a_compiled_rule_sees_an_edit_in_another_file(tmp_path: Path) -> None:
    tree, kept_in = copied(tmp_path / "tree"), tmp_path / "cache"
    before = told_by(tree, kept_in)
    assert before == told_by(tree, kept_in) == (CODE_VERSION, 247)
    edit(tree, *ONE_YUAN_MORE)
    after = told_by(tree, kept_in)
    assert after[1] == 347
    assert after[0] != CODE_VERSION
    edit(tree, ONE_YUAN_MORE[0], ONE_YUAN_MORE[2], ONE_YUAN_MORE[1])
    assert told_by(tree, kept_in) == before


def test_line_ends_and_place_do_not_change_the_code_version(tmp_path: Path) -> None:
    tree = copied(tmp_path / "elsewhere")
    for path in (tree / "agents").rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    run = run_apart("from agents.compiled import CODE_VERSION; print(CODE_VERSION)", tree)
    assert run.stdout.strip() == CODE_VERSION


def assert_edited(told: dict[str, Any]) -> None:
    assert told["code"] != CODE_VERSION
    ours = hashes(lived())
    for name in ("funds", "flows", "care", "people"):
        assert told[name] != ours[name], name


def test_editing_a_rule_changes_the_year(tmp_path: Path) -> None:
    tree = copied(tmp_path / "tree")
    edit(tree, *ROUNDING)
    assert_edited(lived_apart(tree, NUMBA_DISABLE_JIT="1"))


@pytest.mark.slow
def test_editing_a_rule_changes_the_compiled_year(tmp_path: Path) -> None:
    tree = copied(tmp_path / "tree")
    assert kept(lived_apart(tree)) == hashes(lived())
    edit(tree, *ROUNDING)
    assert_edited(lived_apart(tree, sys.executable))
