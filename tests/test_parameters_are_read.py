"""Every parameter is read when the world lives, or said to be unread: found out by a law that tells what is read."""

from __future__ import annotations

import json
import re

import pytest

from model.policy import load_policy
from model.policy.files import ROOT
from model.policy.loader import read_unread
from model.policy.policy import INDEX_PATHS
from tests.worlds import run_apart

POLICY = load_policy()


@pytest.fixture(scope="module")
def read() -> set[str]:
    """What two small worlds read, uncompiled (today's law, and one with every switch on), and case verdicts."""
    run = run_apart("from tests.reading_world import tell; tell()", NUMBA_DISABLE_JIT="1")
    assert run.returncode == 0, run.stderr[-3000:]
    rates = {parameter.after.removeprefix("growth ") for parameter in POLICY.parameters.values()}
    return set(json.loads(run.stdout.splitlines()[-1])) | rates | set(INDEX_PATHS.values()) | read_by_places()


def read_by_places() -> set[str]:
    """What the code of places reads of its group, which is handed over in one piece."""
    text = "".join((ROOT / "model" / name).read_text(encoding="utf-8") for name in ("places.py", "openings.py"))
    return {f"places.{name}" for name in re.findall(r"spread\.(\w+)", text)}


@pytest.mark.parametrize(("path", "mark"), [(path, each.kind) for path, each in sorted(POLICY.parameters.items())])
def test_every_parameter_has_a_mark_and_is_read(read: set[str], path: str, mark: str) -> None:
    assert mark in {"law", "measured", "assumed", "assumed: calibrated"}
    assert path in read, f"no phase and no verdict reads {path} ({mark})"


def test_nothing_is_listed_as_unread() -> None:
    assert read_unread() == set()
