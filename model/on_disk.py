"""Worlds whose people lie on disk: as large as the disk, and taken up after an interruption where a year was closed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from model.checkpoint import STATE, Resumed, save_funds
from model.engine import BLOCK
from model.parts import PART, Make
from model.pooling import PoolingModel
from model.scenario import Scenario
from model.streaming import Streamed


class OnDisk(PoolingModel):
    """A world whose people lie in a folder between the years; of measures it tells only sums over people."""

    engine: Streamed
    _disk: Path
    _kept_year: Path | None = None

    def _engine(self, make: Make, threads: int, block: int) -> Streamed:
        """Return the engine of parts on disk."""
        count = len(self.pools)
        return Streamed(make, self.parts, count, threads, block, folder=self._disk, kept=self._kept_year)

    def step(self) -> None:
        """Live one year and keep its end on disk."""
        super().step()
        self._keep()

    def _keep(self) -> None:
        self.engine.keep(str(self.year), partial(save_funds, self))


class Begun(OnDisk):
    """A world on disk from its first people on; takes what `PoolingModel` takes, and the folder first."""

    def __init__(
        self, folder: Path, case: Scenario, rng: int = 0, threads: int = 1, block: int = BLOCK, part: int = PART
    ) -> None:
        """Make the first people, part by part, into the folder."""
        self._disk = folder
        super().__init__(case, rng, threads, block, part=part)
        self._keep()


class TakenUp(OnDisk, Resumed):
    """A world on disk that goes on where its last closed year ended."""

    def __init__(self, folder: Path, kept: Path, case: Scenario, threads: int = 1, block: int = BLOCK) -> None:
        """Take up the year that is kept in a subfolder."""
        self._disk, self._kept_year = folder, kept
        Resumed.__init__(self, kept, case, threads, block)


def kept_year(folder: Path) -> Path | None:
    """Return the subfolder of the last year that is kept whole in a folder, where there is one."""
    kept = [path.parent for path in folder.glob(f"[0-9]*/{STATE}")]
    return max(kept, key=lambda path: int(path.name), default=None)


def on_disk(
    folder: Path, case: Scenario, rng: int = 0, threads: int = 1, block: int = BLOCK, part: int = PART
) -> PoolingModel:
    """Return a world whose people lie in a folder of its own: taken up where a year is kept there, else begun.

    Errors: ResultsError where the folder cannot be written, or keeps a world of something else.
    """
    kept = kept_year(folder)
    if kept is not None:
        return TakenUp(folder, kept, case, threads, block)
    return Begun(folder, case, rng, threads, block, part)
