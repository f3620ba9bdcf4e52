"""Threads that share out pieces of work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


class Crew:
    """A number of threads, the caller's among them, that take pieces of work as they get free."""

    def __init__(self, threads: int) -> None:
        """Hold so many threads."""
        self.threads = threads
        self.executor = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy as a crew of as many threads of its own."""
        return (Crew, (self.threads,))

    def each(self, work: Callable[[Item, int], Found], items: Iterable[Item]) -> list[Found]:
        """Do the work on every item, given the thread's number, and return what it finds in the items' order.

        After an error no more items are begun; it comes out here.
        """
        found: dict[int, Found] = {}
        left = iter(list(enumerate(items)))

        def live(thread: int) -> None:
            try:
                for place, item in left:
                    found[place] = work(item, thread)
            except BaseException:
                list(left)  # nothing is left to the others
                raise

        others = [self.executor.submit(live, thread) for thread in range(1, self.threads)] if self.executor else []
        live(0)
        for other in others:
            other.result()
        return [found[place] for place in sorted(found)]

    def close(self) -> None:
        """Let the threads go."""
        if self.executor is not None:
            self.executor.shutdown()
            self.executor = None
