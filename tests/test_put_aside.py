"""People of a world on disk are put aside in the middle of a year: nothing they lose is missed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.columns import Table
from agents.person import PERSON
from experiments import nation
from experiments.bench.touched import Touched, touched
from model import counting, streaming
from model.on_disk import on_disk
from model.packing import HOMES, LASTING, SIZES
from model.phases.tally import AGES
from model.renewal import YEARLY
from model.streaming import ALONE, ASIDE, CHANGING, CLOSED, MIDDLE, STAYING, SUFFIX, Streamed
from model.year import YEAR
from tests.test_parts import END, SMALL, in_parts, lived, tables
from tests.test_shelf import Spoiling
from tests.worlds import START, live

POOLS = 358


def test_people_put_aside_that_are_lost_are_lived_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies after it closed a part leaves nobody in the middle of the year."""
    written: list[str] = []
    put = Streamed._put

    def lossy(world: Streamed, part: int, suffix: str, *words: Any, **options: Any) -> None:
        put(world, part, suffix, *words, **options)
        written.append(suffix)
        if suffix == MIDDLE and part == 1:
            world._file(world.draft, part, suffix).unlink()

    monkeypatch.setattr(Streamed, "_put", lossy)
    assert tables(live(on_disk(tmp_path / "world", lived().case, part=SMALL))) == tables(lived())
    assert written.count(MIDDLE) == in_parts().parts * (END - START + 1)
    assert not list(tmp_path.rglob(f"*{MIDDLE}"))


def phases_of_people() -> list[tuple[str, Touched]]:
    return [(phase.stage, touched(does)) for phase in YEAR if phase.stage != "funds" for does in phase.does]


def test_no_phase_reads_what_is_not_put_aside() -> None:
    """People put aside keep no column of the year: what was written so far no later phase may read."""
    phases = phases_of_people()
    last = max(place for place, (stage, _) in enumerate(phases) if stage == ASIDE)
    written = {name for _, touch in phases[: last + 1] for name in touch.writes if name in YEARLY}
    assert written == {"income", "contribution", "matched"}
    assert not {name for _, touch in phases[last + 1 :] for name in touch.reads} & written


def test_what_lies_on_disk_while_a_year_is_lived_is_what_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = [0]
    put = Streamed._put

    def weighed(world: Streamed, *words: Any, **options: Any) -> None:
        put(world, *words, **options)
        files = [each for kind in (SUFFIX, MIDDLE, CLOSED) for each in tmp_path.rglob(f"*{kind}")]
        most[0] = max(most[0], sum(each.stat().st_size for each in files))

    monkeypatch.setattr(Streamed, "_put", weighed)
    world = live(on_disk(tmp_path / "world", lived().case, part=SMALL))
    assert world.engine.bytes_per_person < most[0] / len(world.engine) <= nation.ON_DISK


def test_what_is_written_once_no_later_phase_writes() -> None:
    """Of columns that last, those written after people were put aside are written again at the year's end."""
    phases = phases_of_people()
    last = max(place for place, (stage, _) in enumerate(phases) if stage == ASIDE)
    written = {name for _, touch in phases[last + 1 :] for name in touch.writes if name not in YEARLY}
    assert written == {*CHANGING, "dying"}  # marks of those who leave an inheritance are taken back
    assert {*CHANGING, *STAYING} == {*LASTING, SIZES, HOMES}


@pytest.mark.parametrize("stage", ALONE)
def test_a_stage_that_is_lived_alone_reads_what_it_is_given(stage: str) -> None:
    """Nothing of it was written after people were put aside, and nothing it writes is kept."""
    touches = [touch for of, touch in phases_of_people() if of == stage]
    assert touches
    assert set().union(*(touch.reads for touch in touches)) <= set(ALONE[stage])
    assert not set().union(*(touch.writes for touch in touches))
    assert not {*CHANGING, *YEARLY} & set(ALONE[stage])


def test_nobody_reads_what_was_not_read_from_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns that a stage does not need, and those that the year empties, hold rubbish until they are written."""
    monkeypatch.setattr(streaming, "Shelf", Spoiling)
    world = on_disk(tmp_path / "world", lived().case, part=SMALL)
    assert all(isinstance(shelf, Spoiling) for shelf in world.engine.shelves)
    assert tables(live(world)) == tables(lived())


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (counting.heads, (POOLS,)),
        (counting.profile, (np.full((2, AGES), 0.25),)),
        (counting.held_by_employees, ()),
        (counting.members_by_age, (POOLS,)),
    ],
)
def test_people_are_counted_by_the_columns_named(count: Any, words: tuple[Any, ...]) -> None:
    people = lived().engine.people
    named = {name: values if name in counting.READS[count] else values * 0 for name, values in people.arrays().items()}
    assert np.array_equal(count(Table(PERSON, len(people), named), *words), count(people, *words))


def test_where_accounts_alone_change_no_other_file_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    put = Streamed._put

    def noted(world: Streamed, part: int, suffix: str, *words: Any, **options: Any) -> None:
        put(world, part, suffix, *words, **options)
        written.append(suffix)

    monkeypatch.setattr(Streamed, "_put", noted)
    parts = on_disk(tmp_path / "world", lived().case, part=SMALL).parts
    assert (written.count(SUFFIX), written.count(CLOSED)) == (parts, 2 * parts)
