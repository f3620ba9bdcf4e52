"""Options that several verbs share, and how they become a study, its seeds and its processes."""

from __future__ import annotations

import dataclasses
import errno
import reprlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model.errors import ScenarioError

if TYPE_CHECKING:
    from experiments.study import Study

StudyName = Annotated[str, typer.Argument(help="a name in experiments/studies or a YAML file")]
Number = Annotated[str | None, typer.Option(help="simulated people")]
Replications = Annotated[int | None, typer.Option(help="seeds of each scenario")]
FirstSeed = Annotated[int, typer.Option(help="first seed")]
LastYear = Annotated[int | None, typer.Option(help="last year lived")]
Workers = Annotated[int, typer.Option(help="processes; 0 for one a processor")]
Out = Annotated[Path | None, typer.Option(help="folder of the results")]
Plan = Annotated[bool, typer.Option("--plan", help="print runs, time, memory and disk; start nothing")]
Force = Annotated[
    bool, typer.Option("--force", help="add to results of other code, try failed runs again; deletes nothing")
]
Cluster = Annotated[str | None, typer.Option(help="address of a Dask scheduler whose workers do the runs")]


MOST_WHOLE = 2**63 - 1  # what a signed number of 64 bits holds
MOST_WORKERS = 1024
"""Processes at the most; more than machines have processors."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """A study with the options of a command line laid over it."""

    plain: Study
    study: Study
    seeds: range
    processes: int


def study_asked(
    name: str,
    people: str | None,
    replications: int | None,
    end: int | None,
    seed: int,
    workers: int,
    design: str | None = None,
) -> Asked:
    """Return the study of a name with the options laid over it; raise what a user must mend."""
    from experiments.recorded import check_known
    from experiments.run import cpu_count
    from experiments.study import load_study
    from experiments.sweep import with_design

    check_workers(workers)
    check_seed(seed)
    size = people and people_of(people)
    check(size != "all", "--people all: expected a whole number of simulated people; only `run` lives everybody")
    plain = with_design(load_study(name), design)
    given = {"people": size, "replications": replications, "end": end}
    study = checked_study(plain, {each: value for each, value in given.items() if value is not None})
    last = MOST_WHOLE - study.replications + 1
    check_known(study)
    check(seed <= last, f"--seed {seed}: expected at most {last} with {study.replications} replications")
    return Asked(plain, study, range(seed, seed + study.replications), workers or cpu_count())


def check(holds: bool, message: str) -> None:
    """Raise ScenarioError with the message unless the condition holds."""
    if not holds:
        raise ScenarioError(message)


def check_seed(seed: int) -> None:
    """Raise ScenarioError for a seed that draws cannot be made from."""
    check(0 <= seed <= MOST_WHOLE, f"--seed {seed}: expected a whole number from 0 to {MOST_WHOLE}")


def check_workers(workers: int) -> None:
    """Raise ScenarioError for a number of processes that no machine has use for."""
    check(0 <= workers <= MOST_WORKERS, f"--workers {workers}: expected a whole number from 0 to {MOST_WORKERS}")


def check_file(option: str, path: Path) -> None:
    """Raise ScenarioError where no file of this name can be written, before any work is done for it."""
    _check_name(option, path)
    check(not path.is_dir(), f"{option} {path}: expected a file, found a folder")
    check(_takes_files(path.absolute().parent), f"{option} {path}: expected a place where a file can be written")


def check_folder(option: str, path: Path) -> None:
    """Raise ScenarioError where no files can be written into a folder of this name, there already or to be made."""
    _check_name(option, path)
    check(path.is_dir() or not path.exists(), f"{option} {path}: expected a folder, found a file")
    check(_takes_files(path.absolute()), f"{option} {path}: expected a folder that can be made and written")


def check_outputs(folder: Path, files: Iterable[str], folders: Iterable[str] = ()) -> None:
    """Raise ScenarioError where a results folder has no room for the files and folders that its command writes last."""
    for name in files:
        check_file("--out", folder / name)
    for name in folders:
        check_folder("--out", folder / name)


def _check_name(option: str, path: Path) -> None:
    """Raise ScenarioError where a part of a path is longer than this machine's names are."""
    try:
        path.lstat()
    except OSError as problem:
        told = f"expected names short enough for this machine's files, got {reprlib.repr(str(path))}"
        check(problem.errno != errno.ENAMETOOLONG, f"{option}: {told}")


def _takes_files(folder: Path) -> bool:
    """Return whether a folder, or the nearest above it that is there, takes a file."""
    above = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=above):  # what the system says of rights is no proof, as under /proc
            return True
    except OSError:
        return False


def people_of(text: str) -> Any:
    """Return the number of people asked for: a whole number of at least one, or the word all."""
    if text == "all":
        return "all"
    check(
        text.isascii() and text.isdigit() and int(text) > 0, f"--people {text}: expected a whole number from 1, or all"
    )
    return int(text)


def checked_study(study: Study, changes: dict[str, Any]) -> Study:
    """Return the study with options laid over it, checked again."""
    import pydantic

    try:
        return type(study).model_validate({**study.model_dump(), **changes})
    except pydantic.ValidationError as error:
        from experiments.study import plain_words

        first = error.errors()[0]
        option = "".join(f"--{part} {changes.get(str(part), '')}: " for part in first["loc"][:1])
        raise ScenarioError(f"{study.name}: {option}{plain_words(first['msg'])}") from None
