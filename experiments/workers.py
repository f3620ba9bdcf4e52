"""Jobs handed to worker processes, or done here one after another."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from multiprocessing.connection import wait

from experiments.run import Done, Job, Simulator, run_job


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


def do_all(simulator: Simulator, jobs: Sequence[Job], workers: int, tell: Callable[[Done], None]) -> list[Done]:
    """Do all jobs and report each as it ends; an error of a worker's disk or memory ends the study."""
    results: list[Done] = []
    if workers == 1:
        for job in jobs:
            results.append(run_job(simulator, job))
            tell(results[-1])
        return results
    try:
        with processes(max(1, min(workers, len(jobs)))) as pool:
            for future in as_completed([pool.submit(run_job, simulator, job) for job in jobs]):
                results.append(future.result())
                tell(results[-1])
    except BrokenExecutor:
        raise OSError("a worker process was ended from outside (memory?); the same line goes on from here") from None
    return results
