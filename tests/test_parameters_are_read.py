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
    """What two small worlds read, uncompiled: today's law, and one with every switch on."""
    run = run_apart("from tests.reading_world import tell; tell()", NUMBA_DISABLE_JIT="1")
    assert run.returncode == 0, run.stderr[-3000:]
    rates = {parameter.after.removeprefix("growth ") for parameter in POLICY.parameters.values()}
    return set(json.loads(run.stdout.splitlines()[-1])) | rates | set(INDEX_PATHS.values()) | read_by_places()


def read_by_places() -> set[str]:
    """What the code of places reads of its group, which is handed over in one piece."""
    text = "".join((ROOT / "model" / name).read_text(encoding="utf-8") for name in ("places.py", "openings.py"))
    return {f"places.{name}" for name in re.findall(r"spread\.(\w+)", text)}


def test_every_parameter_is_read_or_listed_as_unread(read: set[str]) -> None:
    silent = sorted(set(POLICY.parameters) - read - read_unread())
    assert not silent, f"no phase reads {', '.join(silent)}: read it or list it in unread.yaml"


def test_what_is_listed_as_unread_is_not_read(read: set[str]) -> None:
    stale = sorted(read_unread() & read)
    assert not stale, f"a phase reads {', '.join(stale)}: take it off unread.yaml"


def test_only_parameters_are_listed() -> None:
    assert read_unread() <= set(POLICY.parameters)
