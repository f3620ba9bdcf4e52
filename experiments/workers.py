"""Jobs handed to worker processes, or done here one after another."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing.connection import wait

from experiments.run import Done, Job, Simulator, run_job

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
Work = Callable[[Simulator, Job], Done]
ENDED = (
    "a worker process was ended from outside (memory, or a script that does not begin its work below "
    '`if __name__ == "__main__":`?); the same line goes on from here'
)


def start_worker() -> None:
    """Prepare a worker process: Ctrl-C is the parent's business, and without the parent there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """End this process when the parent has ended, however it ended."""
    wait([sentinel])
    os._exit(1)


@contextlib.contextmanager
def processes(workers: int) -> Iterator[Executor]:
    """Open an executor of so many processes; when interrupted, end them at once."""
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=start_worker)
    before = set(multiprocessing.active_children())
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
            process.join()
        raise
    pool.shutdown()


def do_all(
    simulator: Simulator,
    jobs: Sequence[Job],
    workers: int,
    tell: Callable[[Done], None],
    cluster: str | None = None,
    work: Work = run_job,
) -> list[Done]:
    """Do all jobs and report each as it ends; an error of a worker's disk or memory ends the study."""
    results: list[Done] = []

    def take(done: Done) -> None:
        results.append(done)
        tell(done)

    if cluster is None and workers == 1:
        for job in jobs:
            take(work(simulator, job))
    elif jobs:
        done_there = partial(in_own_process, work) if cluster is None else work
        with _executor(simulator, jobs, workers, cluster) as pool:
            _drain(pool, done_there, simulator, [_absolute(job) for job in jobs], take)
    return results


def in_own_process(work: Work, simulator: Simulator, job: Job) -> Done:
    """Do a job in a process of `processes`, which does one at a time: nobody else's world is there between two."""
    done = work(simulator, job)
    keep_code()
    return done


@functools.cache
def keep_code() -> None:
    """Let the collector pass over what this process has loaded by the end of its first run: code, which stays.

    Else it looks at all of it after every run, which takes a sixth of a small one.
    """
    gc.collect()  # what a run that failed left is no code
    gc.freeze()


def _executor(
    simulator: Simulator, jobs: Sequence[Job], workers: int, address: str | None
) -> contextlib.AbstractContextManager[Executor]:
    """Return the workers: of a cluster where an address is given, else processes here."""
    if address is None:
        return processes(max(1, min(workers, len(jobs))))
    from experiments.cluster import cluster

    return cluster(address, simulator.code_version, jobs[0].folder)


def _absolute(job: Job) -> Job:
    """Return the job with whole paths: a worker may have been started elsewhere."""
    history = None if job.history is None else job.history.resolve()
    people = None if job.people is None else job.people.resolve()
    return dataclasses.replace(job, folder=job.folder.resolve(), history=history, people=people)


def _drain(pool: Executor, work: Work, simulator: Simulator, jobs: Sequence[Job], take: Callable[[Done], None]) -> None:
    """Submit all jobs and take each as it ends; on an error or Ctrl-C the rest is not begun."""
    futures = [pool.submit(work, simulator, jobs[0])]
    if simulator.cold():
        pool.submit(simulator.warm)  # a second worker compiles what the first will need last
    futures += [pool.submit(work, simulator, job) for job in jobs[1:]]
    try:
        for future in as_completed(futures):
            take(future.result())
    except BrokenExecutor:
        raise OSError(ENDED) from None
    except BaseException as error:
        for future in futures:
            future.cancel()
        if type(error).__name__ == "KilledWorker":
            raise OSError(
                "workers of the cluster died doing a run (memory?); the same line goes on from here"
            ) from None
        raise
