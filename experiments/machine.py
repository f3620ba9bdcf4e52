"""What this machine and this process have of memory."""

from __future__ import annotations

import os
import sys

MEBI = 1024 * 1024


def peak_mebibytes() -> float:
    """Return this process's peak memory [MiB]; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / MEBI if sys.platform == "darwin" else peak / 1024


def machine_bytes() -> int:
    """Return this machine's memory [bytes]; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
