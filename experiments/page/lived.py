"""Two worlds side by side, today's law and a reform, over a few seeds: a Mesa model whose step is one year of all."""

from __future__ import annotations

import dataclasses

import mesa
import pandas as pd

from model import PoolingModel, Scenario, load_reform

BASELINE, REFORM = "baseline", "reform"


@dataclasses.dataclass(frozen=True)
class Shown:
    """What is known at the end of a year; it does not change while the next year is lived."""

    year: int
    sides: tuple[str, ...]
    seeds: int
    months_short: float
    funds: pd.DataFrame
    flows: pd.DataFrame
    people: pd.DataFrame


class Dashboard(mesa.Model):
    """Today's law and the chosen reforms, the same seeds on both sides; every argument has a default."""

    def __init__(
        self,
        people: int = 20_000,
        start: int = 2024,
        end: int = 2030,
        reforms: tuple[str, ...] = (),
        seeds: int = 1,
        rng: int = 0,
    ) -> None:
        """Build the worlds; raises what a Scenario raises for a reform, year or size that cannot be."""
        super().__init__(rng=rng)
        self.first, self.last = start, end
        self.chosen = tuple(reforms)
        sides = {BASELINE: ()} | ({REFORM: self.chosen} if self.chosen else {})
        self.seeds = seeds
        self.shown: Shown | None = None
        self.worlds: dict[tuple[str, int], PoolingModel] = {}
        for side, names in sides.items():
            case = Scenario(people=people, start=start, end=end, reforms=tuple(load_reform(name) for name in names))
            for seed in range(rng, rng + seeds):
                self.worlds[side, seed] = PoolingModel(case, rng=seed)

    @property
    def year(self) -> int:
        """The year lived last by all worlds; the year before the first where none was."""
        return min(world.year for world in self.worlds.values())

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides that are lived: the baseline, and the reform where one was chosen."""
        return tuple(dict.fromkeys(side for side, _ in self.worlds))

    def step(self) -> None:
        """Live one year of every world; the model stops running after its last year."""
        if self.year < self.last:
            for world in self.worlds.values():
                world.step()
            self.shown = self._shown()
        self.running = self.year < self.last

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the contract's tables of all worlds, with `side` and `seed` in front."""
        parts = [
            getattr(world.record, name).assign(side=side, seed=seed) for (side, seed), world in self.worlds.items()
        ]
        whole = pd.concat(parts, ignore_index=True)
        first = ["side", "seed"]
        return pd.DataFrame(whole[[*first, *(column for column in whole.columns if column not in first)]])

    def _shown(self) -> Shown:
        """Return the tables of the years so far; people are those of the first seed."""
        first = min(seed for _, seed in self.worlds)
        people = [self.worlds[side, first].people_frame().assign(side=side) for side in self.sides]
        short = float(self.worlds[BASELINE, first].law[0].warning.months_short)
        tables = self.table("funds"), self.table("flows"), pd.concat(people, ignore_index=True)
        return Shown(self.year, self.sides, self.seeds, short, *tables)
