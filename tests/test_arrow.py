"""The table of people says what its columns mean; a selection says what it holds."""

from __future__ import annotations

import json

from experiments.arrow import of_people, to_arrow
from tests.worlds import lived


def test_every_column_of_people_has_a_unit_a_meaning_and_its_codes() -> None:
    frame = lived().people_frame()
    told = {field.name: field.metadata for field in to_arrow(frame, of_people()).schema}
    assert set(told) == set(frame.columns)
    assert all(each[b"unit"] and each[b"meaning"] for each in told.values())
    assert told["chronic"][b"meaning"].startswith(b"chronic illness")
    for name in ("sex", "work", "scheme", "chronic", "urban", "advised_stay", "used_care"):
        assert set(frame[name].astype(str)) <= set(json.loads(told[name][b"codes"]))


def test_a_selection_says_how_many_rows_it_holds() -> None:
    some = lived().people.select(at_most=3)
    assert repr(some).startswith(f"Selection(3 of {len(lived().people):,} rows; key, household, ")
