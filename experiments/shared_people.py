"""First populations made once: runs that begin with the same people find them in one folder of the study.

The first run of such people writes them, the others map them into memory; when the last has ended they are removed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from experiments.run import Done, Job, Simulator
from experiments.store import Store

FOLDER = ".first_people"
Tell = Callable[[Done], None]


@contextlib.contextmanager
def shared_people(
    simulator: Simulator, jobs: Sequence[Job], store: Store, tell: Tell
) -> Iterator[tuple[list[Job], Tell]]:
    """Give the jobs with the folder of their first people, where several share them, and what is to be told of each."""
    keys = {job.key: simulator.people_key(job.scenario, job.seed) for job in jobs if _begins(job, store)}
    left = Counter(key for key in keys.values() if key)
    several = {key for key, count in left.items() if count > 1}
    folder = store.folder / FOLDER

    def told(done: Done) -> None:
        people = keys.get(done.key, "")
        left[people] -= 1
        if people in several and not left[people]:
            shutil.rmtree(folder / people, ignore_errors=True)
        tell(done)

    try:
        yield (
            [
                dataclasses.replace(job, people=folder / keys[job.key]) if keys.get(job.key) in several else job
                for job in jobs
            ],
            told,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _begins(job: Job, store: Store) -> bool:
    """Return whether a job will live a world from its first population on."""
    return job.history is None and store.status(job.key) == "absent"


__all__ = ["FOLDER", "shared_people"]
