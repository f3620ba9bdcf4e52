"""Runs on a cluster: Dask's workers do the jobs, each with its own compile cache, all with the same code.

The results folder has to be one that every worker sees. Start scheduler and workers as Dask's users do:

    dask scheduler
    dask worker ADDRESS --nworkers 2 --nthreads 1 --name box1
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from model.errors import ScenarioError

WAIT = 10  # seconds for a scheduler and its first worker to answer
MISSING = "--cluster: expected the package distributed (install the extra: cluster)"
CACHE = "GONGJI_CACHE"
ADDRESS = re.compile(r"(?:(?:tcp|tls|wss?|ucxx?)://)?(?:[\w.-]+|\[[0-9A-Fa-f:.%]+\]):(\d{1,5})", re.ASCII)
LAST_PORT = 2**16 - 1


def own_cache(worker: str) -> None:
    """Give this worker process a compile cache of its own, unless compiled code is loaded already."""
    if "agents.compiled" in sys.modules:
        return
    base = os.environ.get(CACHE) or str(Path(tempfile.gettempdir()) / "gongji-cache")
    os.environ[CACHE] = str(Path(base) / f"worker-{re.sub(r'[^A-Za-z0-9.-]', '_', worker)}")


def facts(version: Callable[[], str], folder: str) -> tuple[str, bool]:
    """Return a worker's code version and whether it sees the results folder."""
    return version(), Path(folder).is_dir()


@contextlib.contextmanager
def cluster(address: str, version: Callable[[], str], folder: Path) -> Iterator[Executor]:
    """Open an executor on the workers of a Dask scheduler; errors are those of `client_of`."""
    with client_of(address, version, folder) as client:
        yield client.get_executor(pure=False)


def is_address(text: str) -> bool:
    """Return whether a text is HOST:PORT, with a scheme of Dask such as tcp:// before it or without."""
    found = ADDRESS.fullmatch(text)
    return found is not None and 0 < int(found[1]) <= LAST_PORT


@contextlib.contextmanager
def client_of(address: str, version: Callable[[], str], folder: Path) -> Iterator[Any]:
    """Open a client of a Dask scheduler whose workers can do our work.

    Raises ScenarioError for what is no address, where no scheduler or worker answers within ten seconds, where a worker
    has other code, or where it does not see the results folder.
    """
    if not is_address(address):  # a client made with one that is none complains once more when it is collected
        raise ScenarioError(f"--cluster {address}: expected HOST:PORT of a Dask scheduler, as tcp://127.0.0.1:8786")
    try:
        from distributed import Client
    except ImportError:
        raise ScenarioError(MISSING) from None
    _check_scheme(address)
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client: Any = Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError, TypeError) as problem:
        words = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise ScenarioError(
            f"--cluster {address}: expected a Dask scheduler to answer within {WAIT} seconds ({words})"
        ) from None
    try:
        _check_workers(client, address, version, folder.resolve())
        yield client
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=WAIT)


def _check_scheme(address: str) -> None:
    """Raise ScenarioError where Dask here cannot speak an address's scheme; a client would complain when collected."""
    from distributed.comm.addressing import parse_address
    from distributed.comm.registry import get_backend
    from distributed.security import Security

    scheme = parse_address(address)[0]
    try:
        get_backend(scheme).get_connector()
        open_to = scheme != "tls" or Security().get_connection_args("client")["ssl_context"]
    except (ImportError, RuntimeError, OSError, ValueError, TypeError, Warning) as problem:
        told = f"expected a scheme that Dask speaks on this machine, got {scheme} ({problem})"
        raise ScenarioError(f"--cluster {address}: {told}") from None
    if not open_to:
        raise ScenarioError(f"--cluster {address}: expected certificates in Dask's configuration, distributed.comm.tls")


def _check_workers(client: Any, address: str, version: Callable[[], str], folder: Path) -> None:
    """Prepare all workers, now and those that join later, and refuse those that cannot do our runs."""
    from distributed import TimeoutError as TimedOut
    from distributed import WorkerPlugin

    class Prepare(WorkerPlugin):
        name = "gongji"

        def setup(self, worker: Any) -> None:
            from experiments.cluster import own_cache

            own_cache(str(worker.name))

    try:
        client.wait_for_workers(1, timeout=WAIT)
    except (TimedOut, TimeoutError):
        raise ScenarioError(f"--cluster {address}: expected a worker to join within {WAIT} seconds") from None
    try:
        client.register_plugin(Prepare())
        found: dict[str, tuple[str, bool]] = client.run(facts, version, str(folder))
    except ImportError as problem:
        raise ScenarioError(f"--cluster {address}: expected workers started in this project ({problem})") from None
    here = version()
    for worker, (code, sees) in found.items():
        if code != here:
            raise ScenarioError(
                f"--cluster {address}: worker {worker}: expected code {here[:12]}, found {code[:12]}; "
                "give it this project's files and start it again"
            )
        if not sees:
            raise ScenarioError(f"--cluster {address}: worker {worker}: expected to see the folder {folder}")
