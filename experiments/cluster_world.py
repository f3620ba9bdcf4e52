"""One large world on a cluster: Dask's workers live its parts, which lie in the results folder that all of them see.

Three times a year the law, the surroundings and what the year has brought so far go out, and sums by pool come back.
Workers keep nothing, so a lost one loses nothing: its parts are lived again by others, from the last closed year.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from experiments.nation import check_workers, world_folder
from experiments.run import Done, Job, Simulator, run_job
from model.parts import Found, Stage
from model.phases.ground import Ground
from model.phases.tally import Tally
from model.shelf import Shelf
from model.streaming import Streamed

SHARES = 4
"""Pieces of work for every thread of the workers: so much of a part of the year is lost with one at the most."""
DIED = "workers of the cluster died living parts (memory?); the same line goes on from the last closed year"
SENT = ("count", "pools", "block", "folder", "draft", "place")


class Clustered(Streamed):
    """Parts on a disk that all workers see, lived by them; takes what `Streamed` takes, and Dask's client first."""

    def __init__(self, client: Any, *words: Any, **options: Any) -> None:
        """Take up the parts, or let the workers make the first."""
        self.client = client
        self.sent: list[tuple[int, int]] = []
        """Of every pass over the parts: bytes sent to a worker, and most bytes that came back from one."""
        super().__init__(*words, **options)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a worker needs to live parts."""
        lived = [(stage.name, stage.laws, *frozen(stage.ground)) for stage in self.lived]
        return {name: getattr(self, name) for name in SENT} | {"lived": lived}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take up on a worker what was sent."""
        for name in SENT:
            setattr(self, name, state[name])
        self.lived = [thawed(*stage) for stage in state["lived"]]
        self.rows, self.shelves = [0] * self.count, [Shelf()]
        self.tallies, self.again = [Tally.empty(self.pools)], [Tally.empty(self.pools)]

    def _each(self, work: Callable[[int, int], Found]) -> list[Found]:
        """Let the workers do the work of every part, and add the sums they come to."""
        from distributed.protocol import pickle as any_pickle

        given = squeezed(any_pickle.dumps(sendable(work)))
        threads = sum(self.client.nthreads().values())
        pieces = [piece.tolist() for piece in np.array_split(range(self.count), SHARES * max(threads, 1)) if len(piece)]
        once = self.client.submit(bytes, given, pure=False)  # workers pass it on to each other
        futures = [self.client.submit(on_worker, piece, once, pure=False) for piece in pieces]
        found: list[Found] = []
        most = 0
        try:
            for piece, back in zip(pieces, self.client.gather(futures), strict=True):
                told, sums, rows = pickle.loads(loosened(back))
                found += told
                self.tallies[0].add(Tally(*sums))
                for part, count in zip(piece, rows, strict=True):
                    self.rows[part] = count
                most = max(most, len(back))
        except BaseException as problem:
            self.client.cancel(futures)
            if type(problem).__name__ == "KilledWorker":
                raise OSError(DIED) from None
            raise
        self.sent.append((len(given), most))
        return found


def sendable(work: Any) -> Any:
    """Return the work of a part with the stages it holds in a form that keeps what is read-only."""
    stages = work.keywords.get("stages")
    if stages is None:
        return work
    sent = [(stage.name, stage.laws, *frozen(stage.ground)) for stage in stages]
    return partial(work.func, **(work.keywords | {"stages": sent}))


def frozen(ground: Ground) -> tuple[tuple[Any, ...], list[bool]]:
    """Return surroundings as plain values, and which of them may be written."""
    return tuple(ground), [isinstance(each, np.ndarray) and bool(each.flags.writeable) for each in ground]


def thawed(name: str, laws: Any, ground: tuple[Any, ...], writeable: list[bool]) -> Stage:
    """Return a stage as it was before it was sent; compiled code knows read-only arrays from others."""
    laws.setflags(write=False)
    for each, may in zip(ground, writeable, strict=True):
        if isinstance(each, np.ndarray):
            each.setflags(write=may)
    return Stage(name, laws, Ground(*ground))


def on_worker(parts: list[int], given: bytes) -> bytes:
    """Do the work of some parts on a worker; return what it finds, the sums and the parts' people, squeezed."""
    work = pickle.loads(loosened(given))
    engine = work.func.__self__
    if "stages" in work.keywords:
        work = partial(work.func, **(work.keywords | {"stages": [thawed(*s) for s in work.keywords["stages"]]}))
    from model.engine import quiet_arithmetic

    with quiet_arithmetic():
        found = [work(part, 0) for part in parts]
    return squeezed(pickle.dumps((found, engine.tallies[0].arrays(), [engine.rows[part] for part in parts])))


def squeezed(plain: bytes) -> bytes:
    """Return bytes compressed, after their number."""
    return len(plain).to_bytes(8, "little") + bytes(pa.compress(plain, codec="zstd", asbytes=True))


def loosened(content: bytes) -> bytes:
    """Return bytes as they were before `squeezed`."""
    size = int.from_bytes(content[:8], "little")
    return bytes(pa.decompress(memoryview(content)[8:], decompressed_size=size, codec="zstd", asbytes=True))


def build(client: Any, folder: Path, scenario: Any, seed: int, threads: int) -> Any:
    """Return a world on the cluster whose people lie in a folder: taken up where a year was kept there, else new."""
    from model import parts
    from model.on_disk import on_disk

    return on_disk(folder, scenario, seed, part=parts.PART, kind=partial(Clustered, client))


def run_on_cluster(simulator: Simulator, job: Job, address: str, progress: Callable[[int], None]) -> Done:
    """Live one world of several parts on the workers of a scheduler, its people in the results folder.

    Errors: ScenarioError where no fitting worker answers, or where workers or the disk cannot hold the people.
    """
    import dataclasses

    from experiments.cluster import client_of

    with client_of(address, simulator.code_version, job.folder) as client:
        check_workers(client, job)
        there = dataclasses.replace(simulator, on_disk=partial(build, client))
        placed = dataclasses.replace(job, folder=job.folder.resolve(), disk=world_folder(job).resolve())
        return run_job(there, placed, progress)
