"""The live page's server: Solara in a process of its own, on this machine only unless told."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

from model.errors import GongjiError

APP = Path(__file__).resolve().parent / "page" / "app.py"
PORTS = 65_536


class PageError(GongjiError):
    """The page cannot be served here."""

    exit_code = 2


def serve(port: int, host: str, browser: bool) -> int:
    """Serve the page until it is stopped; raise PageError without the extra or where the port is taken."""
    if importlib.util.find_spec("solara") is None:
        raise PageError('dashboard: expected the extra page: pip install -e ".[page]"')
    if not 0 < port < PORTS:
        raise PageError(f"--port {port}: expected a number from 1 to {PORTS - 1}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PageError(f"--port {port}: expected a free port on {host} ({error.strerror})") from None
    line = [sys.executable, "-m", "solara", "run", str(APP), "--host", host, "--port", str(port), "--production"]
    print(f"http://{host}:{port}  (Ctrl-C ends it)")
    return subprocess.call([*line, "--open" if browser else "--no-open"], cwd=APP.parents[2])
