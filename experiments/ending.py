"""How a command ends: with an exit code and, whatever went wrong, one line on stderr. Verbs and modules end alike."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable

from model.errors import GongjiError, LedgerError

OK, NO, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def ended(work: Callable[[], int], stopped: str = "interrupted") -> int:
    """Do the work of a command and return the exit code; every error is one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        return work()
    except LedgerError as error:
        return fault(error)
    except GongjiError as error:
        return complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return complain(stopped, INTERRUPTED)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return complain("expected names short enough for this machine's files", BAD_INPUT)
        return complain(f"{type(error).__name__}: {error}", NO)
    except Exception as error:
        return fault(error)


def fault(error: Exception) -> int:
    """Keep the traceback of a fault of the program in a file, say where in one line, and return the exit code."""
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(error))
    with tempfile.NamedTemporaryFile(
        "w", prefix="gongji-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    told = f"{type(error).__name__}: {error}"
    return complain(f"a fault of the program, not of its input: {told}; its traceback is in {file.name}", NO)


def complain(message: str, code: int) -> int:
    """Print one line to stderr and return the exit code."""
    print(f"gongji: {' '.join(message.split())}", file=sys.stderr)
    return code
