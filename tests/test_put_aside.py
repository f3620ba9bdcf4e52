"""People of a world on disk are put aside in the middle of a year: nothing they lose is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments import nation
from experiments.bench.touched import touched
from model.on_disk import on_disk
from model.renewal import YEARLY
from model.streaming import ASIDE, MIDDLE, SUFFIX, Streamed
from model.year import YEAR
from tests.test_parts import END, SMALL, in_parts, lived, tables
from tests.worlds import START, live


def test_people_put_aside_that_are_lost_are_lived_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies after it closed a part leaves nobody in the middle of the year."""
    written: list[str] = []
    put = Streamed._put

    def lossy(world: Streamed, part: int, path: Path, content: bytes) -> None:
        put(world, part, path, content)
        written.append(path.suffix)
        if path.suffix == MIDDLE and part == 1:
            path.unlink()

    monkeypatch.setattr(Streamed, "_put", lossy)
    assert tables(live(on_disk(tmp_path / "world", lived().case, part=SMALL))) == tables(lived())
    assert written.count(MIDDLE) == in_parts().parts * (END - START + 1)
    assert not list(tmp_path.rglob(f"*{MIDDLE}"))


def test_no_phase_reads_what_is_not_put_aside() -> None:
    """People put aside keep no column of the year: what was written so far no later phase may read."""
    phases = [(phase.stage, touched(does)) for phase in YEAR if phase.stage != "funds" for does in phase.does]
    last = max(place for place, (stage, _) in enumerate(phases) if stage == ASIDE)
    written = {name for _, touch in phases[: last + 1] for name in touch.writes if name in YEARLY}
    assert written == {"income", "contribution", "matched"}
    assert not {name for _, touch in phases[last + 1 :] for name in touch.reads} & written


def test_what_lies_on_disk_while_a_year_is_lived_is_what_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = [0]
    put = Streamed._put

    def weighed(world: Streamed, part: int, path: Path, content: bytes) -> None:
        put(world, part, path, content)
        files = [each for kind in (SUFFIX, MIDDLE.strip(".")) for each in tmp_path.rglob(f"*.{kind}")]
        most[0] = max(most[0], sum(each.stat().st_size for each in files))

    monkeypatch.setattr(Streamed, "_put", weighed)
    world = live(on_disk(tmp_path / "world", lived().case, part=SMALL))
    assert world.engine.bytes_per_person < most[0] / len(world.engine) <= nation.ON_DISK
