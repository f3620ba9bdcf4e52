"""Can the stored numbers be made again? Yes or no for every table, with the first number that differs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.run import Job, Simulator, identify, live
from experiments.store import MANIFEST, digest, is_complete, read_manifest, read_run, read_table
from model.errors import GongjiError, ResultsError

LABELS = {"year", "province", "prefecture", "fund", "payer", "payee", "kind", "scheme", "work", "level", "unit"}


@dataclasses.dataclass(frozen=True)
class Answer:
    """Whether one thing holds, and where it first does not."""

    what: str
    holds: bool
    words: str


def run_folders(folder: Path) -> list[Path]:
    """Return the run folders in a folder: itself, or those of its study."""
    if not folder.is_dir():
        raise ResultsError(f"{folder}: expected a results folder")
    if (folder / MANIFEST).exists():
        return [folder]
    found = sorted(path.parent for path in folder.glob(f"[!.]*/{MANIFEST}") if not path.parent.suffix)
    without = [path.parent for path in folder.glob("[!.]*/funds.parquet") if not (path.parent / MANIFEST).exists()]
    if without:
        raise ResultsError(f"{min(without)}: expected a {MANIFEST} beside its tables")
    if not found:
        raise ResultsError(f"{folder}: expected a {MANIFEST} in it or in its subfolders")
    return found


def verify(simulator: Simulator, folder: Path, threads: int, tell: Callable[[Answer], None]) -> bool:
    """Run the manifest of a folder again and compare every stored number exactly; return whether all agree."""
    manifest = read_manifest(folder)
    if manifest.get("status") == "failed":
        tell(Answer("run", False, "the run failed; its traceback is in the manifest"))
        return False
    if not is_complete(folder):
        raise ResultsError(f"{folder}: expected a complete run; funds.parquet is missing")
    stored = read_run(folder)
    scenario, seed = lived_scenario(simulator, folder, manifest), manifest["seed"]
    identity = identify(simulator, scenario, seed)
    job = Job(manifest["key"], scenario, seed, folder.parent, manifest["study"], threads, identity=identity)
    other = other_version(manifest, identity)
    answers = [Answer("note", True, f"{other}: the numbers decide" if other else "")]
    _, again = live(simulator, job)
    answers += [compare_table(name, stored[name], again[name]) for name in stored]
    answers += [_untouched(name, stored[name], manifest) for name in stored]
    for answer in answers:
        if answer.words:
            tell(answer)
    return all(answer.holds for answer in answers)


def lived_scenario(simulator: Simulator, folder: Path, manifest: dict[str, Any]) -> Any:
    """Return the scenario of a run folder's manifest; raise ResultsError where it is none."""
    try:
        return simulator.restore(manifest["scenario"])
    except (GongjiError, TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        raise ResultsError(f"{folder / MANIFEST}: scenario: expected one that can be lived ({error})") from None


def other_version(manifest: dict[str, Any], identity: dict[str, Any]) -> str:
    """Say what differs between a run's law, data or code and those here, or nothing."""
    other = [name for name in ("law_hash", "data_hash", "code_version") if manifest.get(name) != identity[name]]
    return f"made with another {', '.join(other)}" if other else ""


def _untouched(name: str, stored: pd.DataFrame, manifest: dict[str, Any]) -> Answer:
    """Compare a stored table with the checksum its manifest kept."""
    kept = manifest["tables"][name].get("sha256")
    if kept in {None, digest(stored)}:
        return Answer(name, True, "")
    return Answer(name, False, "stored values differ from the manifest's checksum: the file was changed")


def compare_table(name: str, stored: pd.DataFrame, again: pd.DataFrame) -> Answer:
    """Compare two tables number by number and name the first that differs."""
    if list(stored.columns) != list(again.columns):
        return Answer(name, False, f"columns {list(stored.columns)} stored, {list(again.columns)} now")
    if len(stored) != len(again):
        return Answer(name, False, f"{len(stored)} rows stored, {len(again)} now")
    unequal = np.zeros((len(stored), len(stored.columns)), dtype=bool)
    for place, column in enumerate(stored.columns):
        one, two = stored[column].to_numpy(), again[column].to_numpy()
        both_missing = pd.isna(one) & pd.isna(two)
        unequal[:, place] = (one != two) & ~both_missing
    if not unequal.any():
        return Answer(name, True, f"{len(stored)} rows, {stored.size} numbers")
    row, place = (int(index[0]) for index in np.nonzero(unequal))
    column = stored.columns[place]
    where = ", ".join(f"{label} {stored[label].iloc[row]}" for label in stored.columns if label in LABELS)
    was, now = stored[column].iloc[row], again[column].iloc[row]
    return Answer(
        name, False, f"{int(unequal.sum())} numbers differ, first: {column} of {where}: {was} stored, {now} now"
    )


def verify_identities(folder: Path, tell: Callable[[Answer], None]) -> bool:
    """Check the stored tables alone, without a simulation: every fen, and the measures by the numbers of the checks.

    Raises ResultsError where the run did not keep the tables that the checks read.
    """
    from experiments.reported import AGREEMENT, CHECKS, by_number, check_people
    from model.identities import check_identities

    manifest = read_manifest(folder)
    if manifest.get("status") == "failed":
        tell(Answer("run", False, "the run failed; its traceback is in the manifest"))
        return False
    tables = read_run(folder)
    missing = [name for name in ("funds", "flows", "measures") if name not in tables]
    if missing:
        raise ResultsError(f"{folder}: expected the table {missing[0]}; the study's `tables` left it out")
    if (folder / "people.parquet").is_file():
        tables["people"] = read_table(folder / "people.parquet")
    broken = [str(problem) for problem in check_identities(tables)]
    tell(Answer("identities", not broken, broken[0] if broken else f"{len(tables)} tables"))
    off = by_number(tables)
    for number, what in CHECKS.items():
        tell(Answer(f"check {number}", not off[number], told(off[number], what)))
    good = not broken and not any(off.values())
    if "people" not in tables:
        tell(Answer("check 58", True, "not done: the run kept no people (--export-people)"))
        return good
    differ, agreed, left = check_people(tables)
    words = f"{agreed} measures recomputed from exported people agree within {AGREEMENT:g}"
    words += f"; not told by people or ledgers: {', '.join(sorted(left))}" if left else ""
    tell(Answer("check 58", not differ, told(differ, words)))
    return good and not differ


def told(wrong: list[str], words: str) -> str:
    """Return the first thing wrong and how many more there are, or the words."""
    return f"{wrong[0]} ({len(wrong)} in all)" if wrong else words
