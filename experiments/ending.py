"""How a command ends: with an exit code and, whatever went wrong, one line on stderr. Verbs and modules end alike."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from model.errors import GongjiError, LedgerError

OK, NO, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
_interruption = threading.Event()


def ended(work: Callable[[], int], stopped: str = "interrupted") -> int:
    """Do the work of a command and return the exit code; every error is one line on stderr."""
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    code = _done(work, stopped)
    try:
        sys.stdout.flush()
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):  # what is left to be printed goes nowhere
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO if isinstance(error, BrokenPipeError) else _not_written(error)
    return code


def _open_closed() -> None:
    """Let what is said go nowhere where the stream for it was closed, as by `>&-` or in a program without windows."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def _done(work: Callable[[], int], stopped: str) -> int:
    try:
        with _noting_interruptions():
            return work()
    except SystemExit as end:  # argparse's, after its help
        return end.code if isinstance(end.code, int) else OK
    except LedgerError as error:
        return fault(error)
    except GongjiError as error:
        return complain(str(error), error.exit_code)
    except KeyboardInterrupt:
        return complain(stopped, INTERRUPTED)
    except BrokenPipeError:
        return NO  # nobody reads on, as behind `| head`
    except OSError as error:
        return _not_written(error)
    except Exception as error:
        return fault(error)


@contextlib.contextmanager
def _noting_interruptions() -> Iterator[None]:
    """Take whatever goes wrong after Ctrl-C for the interruption.

    Where it arrives in what compiled code or its compiler calls, KeyboardInterrupt becomes another error or is lost.
    """
    mine = threading.current_thread() is threading.main_thread()
    if not mine or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    _interruption.clear()
    signal.signal(signal.SIGINT, _note)
    try:
        yield
    except Exception as error:
        if getattr(error, "exit_code", None) != INTERRUPTED:
            check_interrupted()
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _interruption.clear()


def _note(number: int, frame: Any) -> None:
    _interruption.set()
    signal.default_int_handler(number, frame)


def check_interrupted() -> None:
    """Raise KeyboardInterrupt where Ctrl-C has been pressed since this command began, whatever became of it."""
    if _interruption.is_set():
        raise KeyboardInterrupt


def _not_written(error: OSError) -> int:
    if error.errno == errno.ENAMETOOLONG:
        return complain("expected names short enough for this machine's files", BAD_INPUT)
    code = getattr(error, "exit_code", NO)
    return complain(str(error) if code == BAD_INPUT else f"{type(error).__name__}: {error}", code)


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
