"""Worlds whose people lie on disk: as large as the disk, and taken up after an interruption where a year was closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NoReturn, SupportsIndex

from agents.columns import Table
from model.checkpoint import STATE, Resumed, save_funds
from model.engine import BLOCK
from model.errors import ResultsError
from model.parts import PART, Make, parts_of
from model.pooling import PoolingModel
from model.scenario import Scenario
from model.streaming import Streamed
from model.synthesis import first_population, world_size

Kind = Callable[..., Streamed]


class OnDisk(PoolingModel):
    """A world whose people lie in a folder between the years; of measures it tells only sums over people."""

    engine: Streamed
    _disk: Path
    _kind: Kind
    _kept_year: Path | None = None

    def _engine(self, make: Make, threads: int, block: int) -> Streamed:
        """Return the engine of parts on disk; the first of them any process can make."""
        words = self.case.number, self.case.start, self.seed_of_draws, self._assumed(), self.parts
        make, count = partial(first_tables, *words), len(self.pools)
        return self._kind(make, self.parts, count, threads, block, folder=self._disk, kept=self._kept_year)

    def step(self) -> None:
        """Live one year and keep its end on disk."""
        super().step()
        self._keep()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        """Refuse to be pickled or copied: both worlds would live in one folder."""
        raise TypeError(
            f"{self._disk}: expected a world in memory to copy; model.checkpoint.save puts one on disk apart"
        )

    def _keep(self) -> None:
        self.engine.keep(str(self.year), partial(save_funds, self))


class Begun(OnDisk):
    """A world on disk from its first people on; takes an engine's kind, a folder, and what `PoolingModel` takes."""

    def __init__(
        self, kind: Kind, folder: Path, case: Scenario, rng: int, threads: int, block: int = BLOCK, part: int = PART
    ) -> None:
        """Make the first people, part by part, into the folder."""
        self._kind, self._disk = kind, folder
        super().__init__(case, rng, threads, block, part=part)
        self._keep()


class TakenUp(OnDisk, Resumed):
    """A world on disk that goes on where its last closed year ended."""

    def __init__(
        self,
        kind: Kind,
        folder: Path,
        kept: Path,
        case: Scenario,
        threads: int,
        block: int = BLOCK,
        *,
        seed: int,
        part: int = PART,
    ) -> None:
        """Take up the year that is kept in a subfolder, if it is of a seed and of parts of at most so many people."""
        self._kind, self._disk, self._kept_year = kind, folder, kept
        self._asked = seed, part
        Resumed.__init__(self, kept, case, threads, block)

    def _settle(self, threads: int, block: int) -> None:
        """Check that the kept year is of the seed and the parts asked for, and take it up."""
        seed, part = self._asked
        size, _ = world_size(self.case.number, self.case.start, self._assumed())
        for name, asked in (("seed", seed), ("parts", parts_of(size, part))):
            if self._kept[name] != asked:
                raise ResultsError(
                    f"{self._disk}: expected a world of {name} {asked}, found one of {name} {self._kept[name]}"
                )
        super()._settle(threads, block)


def kept_year(folder: Path) -> Path | None:
    """Return the subfolder of the last year that is kept whole in a folder, where there is one."""
    kept = [path.parent for path in folder.glob(f"[0-9]*/{STATE}") if path.parent.name.isdecimal()]
    return max(kept, key=lambda path: int(path.name), default=None)


def first_tables(
    people: int | None, start: int, seed: int, assumptions: Mapping[str, float], parts: int, part: int
) -> tuple[Table, Table]:
    """Return the first people and homes of a part; the words are those of `first_population`."""
    made = first_population(people, start, seed, assumptions, part, parts)
    return made.people, made.households


def on_disk(
    folder: Path,
    case: Scenario,
    rng: int = 0,
    threads: int = 1,
    block: int = BLOCK,
    part: int = PART,
    kind: Kind = Streamed,
) -> OnDisk:
    """Return a world whose people lie in a folder of its own: taken up where a year is kept there, else begun.

    The kind of engine says who lives the parts: threads of this process, or others.
    Errors: ResultsError where the folder cannot be written, or keeps a world of something else.
    """
    kept = kept_year(folder)
    if kept is None:
        return Begun(kind, folder, case, rng, threads, block, part)
    return TakenUp(kind, folder, kept, case, threads, block, seed=rng, part=part)
