"""Command lines of modules that are no verb, such as `python -m experiments.noise`: bad input is one line there too."""

from __future__ import annotations

import argparse
import datetime
import functools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, ParamSpec

from experiments.ending import ended
from experiments.options import MOST_WHOLE
from model.errors import ScenarioError

P = ParamSpec("P")


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is an error of the project, not a page."""

    def error(self, message: str) -> NoReturn:
        """Raise ScenarioError with the complaint."""
        raise ScenarioError(f"{message.removeprefix('argument ')} (help: {self.prog} --help)")


def in_one_line(command: Callable[P, int]) -> Callable[P, int]:
    """Let a command say in one line what was wrong with what it was given, and return the exit code."""

    @functools.wraps(command)
    def told(*words: P.args, **options: P.kwargs) -> int:
        return ended(lambda: command(*words, **options))

    return told


@in_one_line
def without_options(
    name: str, page: str | None, work: Callable[[], object], arguments: Sequence[str] | None = None
) -> int:
    """Do the work of a module's command that takes no options, and return the exit code."""
    Parser(prog=f"python -m experiments.{name}", description=str(page).splitlines()[0]).parse_args(arguments)
    work()
    return 0


def whole(least: int, most: int = MOST_WHOLE) -> Callable[[str], int]:
    """Return what reads a whole number that is at least so large, and at most."""

    def read(text: str) -> int:
        digits = text.removeprefix("-")
        fits = len(digits) <= len(str(MOST_WHOLE)) and digits.isascii() and digits.isdigit()
        if not (fits and least <= int(text) <= most):
            told = "" if most == MOST_WHOLE else f" to {most}"
            raise argparse.ArgumentTypeError(f"expected a whole number from {least}{told}, got {text}")
        return int(text)

    return read


def some_minutes(text: str) -> float:
    """Read a number of minutes, none at the least and not without end."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number from 0, got {text}")
    return number


def day(text: str) -> str:
    """Read a day of the calendar, and leave it as it is written."""
    try:
        written = datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        written = ""
    if written != text:
        raise argparse.ArgumentTypeError(f"expected a day as 2026-01-31, got {text}")
    return text


def file_of_kind(suffix: str) -> Callable[[str], Path]:
    """Return what reads the path of a file whose name ends so."""

    def read(text: str) -> Path:
        if Path(text).suffix != suffix:
            raise argparse.ArgumentTypeError(f"expected a file ending in {suffix}, got {text}")
        return Path(text)

    return read
