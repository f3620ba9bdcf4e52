"""A world in parts on disk: one part a thread is in memory, and only the end of each year is kept.

Within a year a part is read again at every barrier. Its people are written once, when contributions are known and
before accounts pay them; no later phase reads the year's own columns written until then, and few that last are written
later (tests say so): those are put aside beside the others, and written again where the year is closed. What else the
year has brought is lived again, which costs less than to keep it. So the bits are those of the same parts in memory,
and an interruption loses the year in hand.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.columns import Array, Table
from agents.person import PERSON
from model.engine import BLOCK, Engine
from model.errors import ResultsError, ScenarioError
from model.packing import BYTES, HOMES, LASTING, NOTHING, SIZES, Packed, packed, unpacked
from model.parts import Make, Names, Parts, Stage
from model.phases.ground import Ground
from model.phases.tally import Tally
from model.shelf import Shelf

DRAFT = ".draft"
FIRST, ASIDE = "renew", "money_in"
"""The stage that begins a year, and empties the columns of the year; the one after which people are put aside."""
SUFFIX, MIDDLE, CLOSED = ".people", ".middle", ".closed"
"""How files of a part end: columns that stay after that stage; the others as they are then, and at the year's end."""
CHANGING = ("account", "claimed", "bonus_claims")
"""Columns that last and are written after people were put aside."""
STAYING = (SIZES, HOMES, *(name for name in LASTING if name not in CHANGING))
ASKED = "asked"
ALONE = {"weigh": ("key", "age", "chronic", "dying", "home", "insured", "rank", "scheme", "work")}
"""A stage that reads only these columns, nothing that was written since people were put aside, and writes none."""


class Streamed(Parts):
    """Parts that lie packed in a folder, a subfolder for the end of each year; only the last that is kept stays.

    Args:
        make: returns the first people and homes of a part; not asked where a year is kept.
        count: number of parts.
        pools: number of pools whose sums are kept.
        threads: threads that live parts; as many are in memory at once.
        block: people in a block.
        folder: where the parts lie; the world's alone.
        kept: the subfolder of a year that was kept, to go on from.

    Errors: ResultsError where the folder cannot be written or read, or another process lives the world in it.

    """

    def __init__(
        self, make: Make, count: int, pools: int, threads: int, block: int = BLOCK, *, folder: Path, kept: Path | None
    ) -> None:
        """Take up the parts of a year, or make the first."""
        self.folder, self.draft = folder, draft_after(folder, kept)
        self.place = kept or self.draft
        self.lived: list[Stage] = []
        self.again = [Tally.empty(pools) for _ in range(threads)]
        self.shelves = [Shelf() for _ in range(threads)]
        take_alone(folder)
        for left in folder.glob(f"{DRAFT}*"):
            shutil.rmtree(left, ignore_errors=True)
        super().__init__(make, count, pools, threads, block)

    def _found(self, part: int, thread: int, *, make: Make) -> None:
        """Make the first people of a part and put them on disk, unless they lie there whole."""
        if self.place == self.draft:
            self.rows[part] = self._write(part, *make(part), thread)
        else:
            people, _, _ = self._read(self.place, part, (SUFFIX, CLOSED), thread)
            self.rows[part] = len(people)
            self.shelves[thread].lay_down(*people.arrays().values())

    def _file(self, folder: Path, part: int, suffix: str = SUFFIX) -> Path:
        return folder / f"{part}{suffix}"

    def _mark(self, part: int, suffix: str) -> str:
        """Return what tells a part's file from others."""
        return f"{part + 1} of {self.count}{suffix}"

    def _write(self, part: int, people: Table, households: Table, thread: int = 0, changed: Names = PERSON) -> int:
        """Put the people of a part into the draft, or what has changed of them, and return their number [people]."""
        if not {*changed} <= {*CHANGING}:
            self._put(part, SUFFIX, people, households, STAYING, thread=thread)
        self._put(part, CLOSED, people, households, CHANGING, thread=thread)
        return len(people)

    def _put(
        self,
        part: int,
        suffix: str,
        people: Table,
        households: Table,
        names: tuple[str, ...],
        more: Mapping[str, Array] = NOTHING,
        thread: int = 0,
    ) -> None:
        """Write columns of a part into a file of the draft in one piece."""
        shelf, path = self.shelves[thread], self._file(self.draft, part, suffix)
        half = path.with_suffix(f".{platform.node()}-{os.getpid()}.half")
        content = packed(people, households, self._mark(part, suffix), names, more, shelf)
        try:
            self.draft.mkdir(parents=True, exist_ok=True)
            half.write_bytes(content.data)
            half.replace(path)
        except OSError as problem:
            half.unlink(missing_ok=True)
            words = f"{problem.strerror or problem}; the same line goes on from the last year that is whole"
            raise ResultsError(f"{self.folder}: expected room for part {part + 1} of {self.count} ({words})") from None
        shelf.lay_down(content, purpose=BYTES)

    def _read(
        self, folder: Path, part: int, suffixes: tuple[str, ...], thread: int, names: Iterable[str] = PERSON
    ) -> tuple[Table, Table, dict[str, Array]]:
        """Read the people of a part, of their columns at least those named, from its files in a folder."""
        shelf, packs, path = self.shelves[thread], dict[str, Packed](), folder
        try:
            for suffix in suffixes:
                path = self._file(folder, part, suffix)
                packs[suffix] = Packed(content_of(path, shelf, suffix), self._mark(part, suffix))
            found = unpacked(packs.values(), shelf, names)
        except (OSError, ValueError) as problem:
            raise ResultsError(f"{path}: expected the people of a part ({problem})") from None
        for suffix, pack in packs.items():
            shelf.lay_down(pack.content, purpose=suffix)
        return found

    def _live(self, part: int, thread: int, *, stages: list[Stage], last: bool) -> None:
        """Live some stages in one part, and put its people aside in the middle of the year."""
        names = [stage.name for stage in stages]
        written = ASIDE in names or self._is_aside(part)
        engine = self._open(part, thread, names)
        for stage in stages:
            engine.live(*stage, self.tallies[thread])
            if stage.name == ASIDE:
                self._put(part, SUFFIX, engine.people, engine.households, STAYING, thread=thread)
                self._put(part, MIDDLE, engine.people, engine.households, CHANGING, {ASKED: engine.asked}, thread)
        if last and written:
            self._put(part, CLOSED, engine.people, engine.households, CHANGING, thread=thread)
        self._shut(part, thread, engine, changed=PERSON if last and not written else ())
        if last:
            self._file(self.draft, part, MIDDLE).unlink(missing_ok=True)

    def _is_aside(self, part: int) -> bool:
        """Return whether a part was put aside this year, and is there."""
        return ASIDE in [stage.name for stage in self.lived] and self._file(self.draft, part, MIDDLE).exists()

    def _open(self, part: int, thread: int, stages: Sequence[str] = (), reads: Names = PERSON) -> Engine:
        """Read a part and live again what the year has brought since it was put aside, or all of it.

        No more is read and lived than the stages need that are to be lived; without any, people are looked at, of
        whom the named columns are read at least, and those that change.
        """
        shelf, lived, more = self.shelves[thread], self.lived, dict[str, Array]()
        if not self._is_aside(part):
            known = [*(stage.name for stage in lived), *stages]
            reads = LASTING if known[:1] == [FIRST] else PERSON if known else {*reads, *CHANGING}
            people, homes, _ = self._read(self.place, part, (SUFFIX, CLOSED), thread, reads)
        elif len(stages) == 1 and stages[0] in ALONE:
            people, homes, _ = self._read(self.draft, part, (SUFFIX,), thread, ALONE[stages[0]])
            lived = []
        else:
            people, homes, more = self._read(self.draft, part, (SUFFIX, MIDDLE), thread)
            lived = lived[[stage.name for stage in lived].index(ASIDE) + 1 :]
        engine = self._engine(people, homes, shelf)
        if ASKED in more:
            engine.asked[:] = more[ASKED]
            shelf.lay_down(more[ASKED])
        for stage in lived:
            if stages or stage.name not in ALONE:
                engine.live(*stage, self.again[thread])
        return engine

    def _shut(self, part: int, thread: int, engine: Engine, *, changed: Names) -> None:
        """Write a part whose people have changed for good; of any other forget what can be lived again."""
        super()._shut(part, thread, engine, changed=changed)
        if changed:
            self._write(part, engine.people, engine.households, thread, changed)
        engine.lay_down()

    def live(self, stage: str, laws: Any, ground: Ground, tally: Tally) -> None:
        """Live a stage, under surroundings as they are now, though funds may change them in place later."""
        before = [*self.lived, *self.waiting]
        held = before[-1].ground if before else (None,) * len(ground)
        super().live(stage, laws, Ground(*(copied(*pair) for pair in zip(ground, held, strict=True))), tally)

    def _lived(self, stages: list[Stage], *, last: bool) -> None:
        """Note what is to be lived again, until the year is closed and lies in the draft."""
        self.lived = [] if last else [*self.lived, *stages]
        if last:
            self.place = self.draft

    def keep(self, name: str, write: Callable[[Path], None]) -> None:
        """Keep the year just closed, with what `write` puts beside its people, and let go of the one before."""
        try:
            for left in (*self.draft.glob("*.half"), *self.draft.glob(f"*{MIDDLE}")):  # of workers that were lost
                left.unlink()
            write(self.draft)
            kept = self.folder / name
            self.draft.replace(kept)
        except OSError as problem:
            raise ResultsError(f"{self.folder}: expected room for the year's funds ({problem})") from None
        self.place, self.draft = kept, draft_after(self.folder, kept)
        for other in self.folder.iterdir():
            if other != kept:
                shutil.rmtree(other, ignore_errors=True)

    def joined(self) -> None:
        """Say that the people are not in memory together."""

    def _together(self) -> Engine:
        raise ScenarioError("people: expected a world in memory; of one on disk only sums are told")

    @property
    def bytes_per_person(self) -> float:
        """Return what lies on disk between years, per person [bytes]."""
        files = [self._file(self.place, part, suffix) for part in range(self.count) for suffix in (SUFFIX, CLOSED)]
        return sum(file.stat().st_size for file in files) / len(self)


def draft_after(folder: Path, kept: Path | None) -> Path:
    """Return where the year after a kept one is written: no late worker of one year can write into another's."""
    return folder / (DRAFT if kept is None else f"{DRAFT}-after-{kept.name}")


def content_of(path: Path, shelf: Shelf, purpose: str) -> Array:
    """Return a file in an array of a shelf [bytes]. Errors: OSError where it cannot be read."""
    with path.open("rb") as file:
        content = shelf.take("u1", os.fstat(file.fileno()).st_size, purpose)
        return content[: file.readinto(content.data)]


_taken: dict[Path, int] = {}
"""Open folders by their paths: each is this process's alone until it ends, however it ends."""


def take_alone(folder: Path) -> None:
    """Take a folder for this process alone; Windows and disks that know no such hold let anybody in.

    Errors: ResultsError where another process has taken it, or it cannot be made.
    """
    if sys.platform == "win32":
        return
    import fcntl

    place = folder.absolute()
    if place in _taken:
        os.close(_taken.pop(place))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        opened = os.open(folder, os.O_RDONLY)
    except OSError as problem:
        raise ResultsError(f"{folder}: expected a folder that can be made ({problem.strerror})") from None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        raise ResultsError(f"{folder}: expected a world that no other process lives now") from None
    except OSError:
        pass
    _taken[place] = opened


def lives_now(folder: Path) -> bool:
    """Return whether a process lives the world in a folder; never, where there is no such hold."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(opened)
    return False


def copied(value: Any, held: Any) -> Any:
    """Return a copy of an array that compiled code takes for the same kind, the one held where that is equal."""
    if not isinstance(value, np.ndarray):
        return value
    if isinstance(held, np.ndarray) and held.dtype == value.dtype and np.array_equal(held, value):
        return held
    copy = value.copy(order="K")
    copy.setflags(write=value.flags.writeable)
    return copy
