"""Where a world's people go: into memory, or in parts to the disk; and what cannot be held is refused before it begins.

What a person takes was measured on worlds of 20 million people and of everybody, on two threads
(`experiments/CLUSTER.md`); the bounds are rounded up.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from experiments.machine import MEBI, machine_bytes
from experiments.run import Job
from model.errors import GongjiError, ScenarioError

GIBI = 1024 * MEBI
BESIDE = GIBI // 2
"""What the program itself takes [bytes]."""
IN_MEMORY = 256
"""What a person of a world in memory takes at the most, measures and a part being made included [bytes]."""
OF_PART = 1024
"""What a person of a part that is being made takes in memory [bytes]."""
ON_DISK = 32
"""What a person of a world on disk takes there, with the year before, which stays until the next is whole [bytes]."""
MADE, LIVED = 1.2e-6, 0.5e-6
"""What it takes one thread to make a person, and to live a year of one on disk [s]."""
HOUR = 3600
WORLD = ".world-"
"""How the folder of a world on disk is named, before the key of its run."""


class StoppedError(GongjiError):
    """A world on disk was interrupted."""

    exit_code = 130


@dataclasses.dataclass(frozen=True)
class Needs:
    """What a world needs."""

    people: int
    parts: int
    in_memory: int
    of_parts: int
    on_disk: int
    hours: float


def needs_of(job: Job) -> Needs:
    """Return what a job's world needs, in memory or on disk [people, parts, bytes, bytes, bytes, hours].

    Errors: ScenarioError for more people than the nation has.
    """
    from model.parts import PART, parts_of
    from model.synthesis import world_size

    case = job.scenario
    assumed = {f"synthesis.{name}": value for name, value in case.law().group("synthesis", case.start).items()}
    people, weight = world_size(case.number, case.start, assumed)
    if weight == 1 and (case.number or 0) > people:
        raise ScenarioError(f"people {case.number}: expected at most the nation's {people}, or all")
    parts = parts_of(people, PART)
    years = case.end - case.start + 1
    at_once = -(-people // parts) * min(job.threads, parts)
    return Needs(
        people,
        parts,
        BESIDE + people * IN_MEMORY,
        BESIDE + at_once * OF_PART,
        people * ON_DISK,
        people * (MADE + years * LIVED) / job.threads / HOUR,
    )


def place_of(job: Job, tell: Callable[[str], None]) -> Job:
    """Return the job with the folder of its people where they do not fit into memory, and say what that takes.

    Errors: ScenarioError where neither memory nor disk can hold them, or where what is asked for needs memory.
    """
    needs, memory = needs_of(job), machine_bytes()
    for other, size in abandoned(job):
        tell(f"{other}: the people of an interrupted run, {gib(size)}; remove it unless that run is to go on")
    if not memory or needs.in_memory <= memory:
        return job
    room = _room(job.folder)
    words = (
        f"people {job.scenario.people}: {needs.people:,} people in {needs.parts:,} parts need {gib(needs.in_memory)} "
        f"of memory, or {gib(needs.of_parts)} of memory and {gib(needs.on_disk)} of disk; "
        f"found {gib(memory)} of memory and {gib(room)} of disk at {job.folder}"
    )
    folder = world_folder(job)
    if needs.of_parts > memory or (needs.on_disk > room and not folder.exists()):
        raise ScenarioError(f"{words}; expected fewer people")
    if job.export_people:
        raise ScenarioError(f"{words}; --export-people: expected people who fit into memory")
    tell(f"{words}; they live on disk, about {needs.hours:.1f} hours; yearly measures are sums over people only")
    return dataclasses.replace(job, disk=folder)


def check_workers(client: Any, job: Job) -> None:
    """Raise ScenarioError where a worker's memory or the folder's disk cannot hold a job's world in parts."""
    needs, room = needs_of(job), _room(job.folder)
    memory = min(client.run(machine_bytes).values())
    each = BESIDE + -(-needs.people // needs.parts) * OF_PART * max(client.nthreads().values())
    if (memory and each > memory) or (needs.on_disk > room and not world_folder(job).exists()):
        raise ScenarioError(
            f"people {job.scenario.people}: {needs.people:,} people in {needs.parts:,} parts need {gib(each)} "
            f"of memory on each worker and {gib(needs.on_disk)} of disk; "
            f"found {gib(memory)} and {gib(room)} at {job.folder}"
        )


def world_folder(job: Job) -> Path:
    """Return where the people of a job's world lie if they live on disk."""
    return job.folder / f"{WORLD}{job.key}"


def abandoned(job: Job) -> list[tuple[Path, int]]:
    """Return the folders in which other runs that ended left people on disk, and what they hold [bytes]."""
    from model.streaming import lives_now

    others = sorted(set(job.folder.glob(f"{WORLD}*")) - {world_folder(job)})
    folders = [each for each in others if not lives_now(each)]
    return [(each, sum(_size(path) for path in each.rglob("*"))) for each in folders]


def _size(path: Path) -> int:
    """Return the size of a file, nothing for a folder or what another run has just removed [bytes]."""
    with contextlib.suppress(OSError):
        return path.stat().st_size if path.is_file() else 0
    return 0


@contextlib.contextmanager
def told_where_stopped(job: Job) -> Iterator[None]:
    """Say of a world on disk that is interrupted what stays, and how it goes on.

    Errors: StoppedError instead of KeyboardInterrupt where people lie on disk.
    """
    try:
        yield
    except KeyboardInterrupt:
        folder = world_folder(job)
        if not folder.exists():
            raise
        raise StoppedError(
            f"interrupted: {folder} keeps the people; the same line goes on from the last closed year"
        ) from None


def _room(folder: Path) -> int:
    """Return the free bytes of the disk on which a folder lies or will lie."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def gib(size: int) -> str:
    """Return a number of bytes in words [GiB]."""
    return f"{size / GIBI:,.1f} GiB"
