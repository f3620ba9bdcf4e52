"""Results on disk: one folder a run, complete or absent.

A run is written into `.<key>.partial-<pid>` beside its place and renamed when everything is in it; `funds.parquet` gets
its name last. What a dead process left is removed at the next call. Nothing complete is ever deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import reprlib
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.arrow import of_people, to_arrow
from experiments.options import MOST_WHOLE
from model.errors import ResultsError

PROJECT = "gongji"
TABLES = ("funds", "flows", "enrolment", "care", "measures")
MANIFEST = "manifest.json"
MARKER = "study.json"
OUTCOMES = "outcomes"
PEOPLE = "people"
PARTIAL = re.compile(r"^\.(?P<key>.+)\.partial-(?P<pid>\d+)(?P<host>@.+)?$")
HOST = "@" + re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname())
INPUT_FILES = {".yaml", ".yml"}


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write one table as Parquet, compressed, with units in its schema."""
    with path.open("wb") as file:  # opened here: pyarrow takes names for UTF-8 where the system's are something else
        pq.write_table(to_arrow(frame), file, compression="zstd")


def read_table(path: Path) -> pd.DataFrame:
    """Read one table, or say in one line why it cannot be read."""
    try:
        with path.open("rb") as file:
            frame: pd.DataFrame = pd.read_parquet(file)
    except (OSError, ValueError, pa.ArrowException) as error:
        found = error if path.exists() else "there is none"
        raise ResultsError(f"{path}: expected a readable Parquet table ({found})") from None
    return frame


def digest(frame: pd.DataFrame) -> str:
    """Return the sha256 of a table's column names and values, whatever its file format."""
    result = hashlib.sha256()
    for name in frame.columns:
        values = frame[name]
        result.update(f"\x1e{name}\x1f".encode())
        if pd.api.types.is_numeric_dtype(values.dtype):
            wide = {"i": np.int64, "u": np.uint64, "b": np.int64}.get(values.dtype.kind, np.float64)
            result.update(np.ascontiguousarray(values.to_numpy(), dtype=wide).tobytes())
        else:
            result.update("\x1f".join(map(str, values.to_numpy(object).tolist())).encode())
    return result.hexdigest()


def content_key(identity: dict[str, Any]) -> str:
    """Return the folder name of a run: 16 hex digits of the sha256 of everything that decides its result."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file in one piece: to a temporary name, then renamed."""
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_text(path, text)


def write_text(path: Path, text: str) -> None:
    """Write a text file in one piece, with Unix line ends on every system; raises OSError and then leaves nothing."""
    draft = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run folder; anything else is somebody else's folder, or broken."""
    content = _read_ours(folder / MANIFEST)
    for name, (expected, fits) in SHAPES.items():
        asked = name not in OF_COMPLETE or content["status"] == "complete"
        if asked and not (name in content and fits(content[name])):
            found = reprlib.repr(content[name]) if name in content else "nothing"
            raise ResultsError(f"{folder / MANIFEST}: {name}: expected {expected}, got {found}")
    return content


def _is_scenario(found: Any) -> bool:
    """Return whether a value looks like a scenario; whether it can be lived, the model says."""
    if not (isinstance(found, dict) and isinstance(found.get("name", ""), str)):
        return False
    reforms = found.get("reforms", [])
    sized = found.get("people") == "all" or _is_whole(found.get("people"))
    return sized and all(_is_whole(found.get(year)) for year in ("start", "end")) and _are_reforms(reforms)


def _are_reforms(found: Any) -> bool:
    """Return whether a value looks like reforms: each with a name, changes and texts, plain or by language."""
    return isinstance(found, list) and all(
        isinstance(each, dict)
        and isinstance(each.get("name"), str)
        and isinstance(each.get("changes"), dict)
        and all(_is_text(each.get(name, "")) for name in ("title", "question", "source"))
        for each in found
    )


def _is_text(found: Any) -> bool:
    return all(isinstance(words, str) for words in (found.values() if isinstance(found, dict) else [found]))


def _is_whole(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= MOST_WHOLE


def _are_tables(found: Any) -> bool:
    """Return whether a value tells the tables of a run, each with what is known of it; funds are always kept."""
    if not (isinstance(found, dict) and "funds" in found and found.keys() <= {*TABLES, PEOPLE, OUTCOMES}):
        return False
    return all(isinstance(told, dict) and isinstance(told.get("sha256", ""), str) for told in found.values())


SHAPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "status": ("complete or failed", lambda found: found in ("complete", "failed")),
    "scenario": ("fields of a scenario (people, start, end), its reforms with names, texts and changes", _is_scenario),
    "seed": (f"a whole number from 0 to {MOST_WHOLE}", _is_whole),
    "key": ("a text", lambda found: isinstance(found, str)),
    "study": ("a text", lambda found: isinstance(found, str)),
    "tables": ("names of tables, funds among them, with rows and sha256", _are_tables),
    "weight": (f"a whole number from 0 to {MOST_WHOLE}", _is_whole),
}
"""What a manifest must hold, in words and as a check."""
OF_COMPLETE = {"tables", "weight"}
"""What of it only a run has that was lived to its end."""


def _read_ours(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: expected a {path.name} written by {PROJECT} ({error})") from None
    if not isinstance(content, dict) or content.get("project") != PROJECT:
        raise ResultsError(f"{path}: expected project: {PROJECT}; the folder belongs to something else")
    return content


def is_complete(folder: Path) -> bool:
    """Return whether a run folder holds a finished run."""
    return (folder / MANIFEST).is_file() and (folder / "funds.parquet").is_file()


def is_alive(pid: int) -> bool:
    """Return whether another process with this id is running now; this process itself has left nothing behind."""
    if pid == os.getpid():
        return False
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x1000, 0, pid)  # PROCESS_QUERY_LIMITED_INFORMATION; os.kill would end it
        if handle:
            kernel.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class Draft:
    """A run folder being written; it becomes visible only by `finish` or `fail`."""

    def __init__(self, folder: Path, final: Path) -> None:
        self.folder = folder
        self.final = final
        self.tables: dict[str, dict[str, Any]] = {}
        self._people: pq.ParquetWriter | None = None

    def add_table(self, name: str, frame: pd.DataFrame) -> None:
        """Write one table; `funds` waits under another name until the folder is complete."""
        suffix = "partial" if name == "funds" else "parquet"
        write_table(frame, self.folder / f"{name}.{suffix}")
        self.tables[name] = {"rows": len(frame), "sha256": digest(frame)}

    def add_people(self, frame: pd.DataFrame) -> None:
        """Append one year's people to the table of people."""
        table = to_arrow(frame, of_people())
        if self._people is None:
            self._people = pq.ParquetWriter(self.folder / f"{PEOPLE}.parquet", table.schema, compression="zstd")
            self.tables[PEOPLE] = {"rows": 0}
        self._people.write_table(table)
        self.tables[PEOPLE]["rows"] += len(frame)

    def close(self) -> None:
        """Close open files."""
        if self._people is not None:
            self._people.close()
            self._people = None

    def finish(self, manifest: dict[str, Any]) -> None:
        """Publish the complete run under its key; a twin that finished first wins, but gets tables that it lacks."""
        self.close()
        if is_complete(self.final):
            there = read_manifest(self.final)["tables"]
            new = [each for each in self.tables if not (each in there and (self.final / f"{each}.parquet").is_file())]
            for name in new:
                (self.folder / f"{name}.parquet").replace(self.final / f"{name}.parquet")
            if new:
                write_json(self.final / MANIFEST, {**manifest, "tables": {**self.tables, **there}})
            shutil.rmtree(self.folder, ignore_errors=True)
            return
        write_json(self.folder / MANIFEST, {**manifest, "tables": self.tables})
        self.folder.replace(self.final)
        _name_funds(self.final)

    def fail(self, manifest: dict[str, Any]) -> None:
        """Publish only the manifest of a failed run."""
        self.close()
        for path in self.folder.iterdir():
            path.unlink()
        write_json(self.folder / MANIFEST, manifest)
        self.folder.replace(self.final)


def _name_funds(folder: Path) -> None:
    """Give the complete folder its last file; another process may have done so already."""
    with contextlib.suppress(FileNotFoundError):
        (folder / "funds.partial").replace(folder / "funds.parquet")


class Store:
    """The folder of one study: a subfolder a run, named by the key."""

    def __init__(self, folder: Path, study: str) -> None:
        self.folder = folder
        self.study = study
        self.made = not folder.exists()

    def claim(self, **facts: Any) -> dict[str, Any]:
        """Take the folder for this study, clean what dead processes left, and return what its marker said before.

        Raises ResultsError where the folder holds something else.
        """
        before: dict[str, Any] = {}
        marker = self.folder / MARKER
        if self.folder.exists() and not self.folder.is_dir():
            raise ResultsError(f"{self.folder}: expected a results folder, found a file")
        if marker.exists():
            before = _read_ours(marker)
            if before.get("study") != self.study:
                raise ResultsError(
                    f"{self.folder}: expected results of {self.study}, found those of {before.get('study')}"
                )
        elif self.folder.exists() and any(_is_foreign(path) for path in self.folder.iterdir()):
            raise ResultsError(
                f"{self.folder}: expected an empty folder or results of {self.study}; it belongs to something else"
            )
        made = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_json(marker, {**before, "project": PROJECT, "study": self.study, **facts})
        except OSError as problem:
            for path in made:
                with contextlib.suppress(OSError):
                    path.rmdir()
            wanted = "expected a folder that can be made and written"
            raise ResultsError(f"{self.folder}: {wanted}, got {problem.strerror}") from None
        self.clean()
        return before

    def clean(self, all_hosts: bool = False) -> None:
        """Remove what dead processes left half-written, and finish what lacked only its last rename.

        Only where no other machine can be writing may its drafts be taken for dead.
        """
        for path in self.folder.iterdir():
            found = PARTIAL.match(path.name)
            elsewhere = found is not None and found["host"] not in {None, HOST}
            if found and (all_hosts if elsewhere else not is_alive(int(found["pid"]))):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            elif not found and (path / "funds.partial").is_file():
                _name_funds(path)

    def leave_unused(self) -> None:
        """Remove the folder again where it was made here and no run came in."""
        if self.made and [path.name for path in self.folder.iterdir()] == [MARKER]:
            shutil.rmtree(self.folder)

    def place(self, key: str) -> Path:
        """Return where the run of this key lies or will lie."""
        return self.folder / key

    def status(self, key: str) -> str:
        """Return 'complete', 'failed' or 'absent'; raise ResultsError for a folder that no run may take or go round."""
        folder = self.place(key)
        if not folder.exists():
            return "absent"
        status = str(read_manifest(folder)["status"])
        unnamed = (folder / "funds.partial").is_file()  # looked for first: another process may be naming it now
        if status == "failed" or is_complete(folder):
            return status
        if not unnamed:
            raise ResultsError(f"{folder}: expected a complete run; funds.parquet is missing: move the folder away")
        return "absent"

    def has_tables(self, key: str, names: Iterable[str]) -> bool:
        """Return whether a complete run holds all these tables."""
        return all((self.place(key) / f"{name}.parquet").is_file() for name in names)

    def set_aside(self, key: str) -> None:
        """Keep the record of a failed run under another name so that the run can be tried again."""
        count = 1
        while (kept := self.folder / f"{key}.failed-{count}").exists():
            count += 1
        self.place(key).replace(kept)

    @contextlib.contextmanager
    def draft(self, key: str) -> Iterator[Draft]:
        """Open a draft of a run; whatever interrupts it leaves nothing behind."""
        folder = self.folder / f".{key}.partial-{os.getpid()}{HOST}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        draft = Draft(folder, self.place(key))
        try:
            yield draft
        finally:
            with contextlib.suppress(Exception):
                draft.close()
            shutil.rmtree(folder, ignore_errors=True)


def _is_foreign(path: Path) -> bool:
    """Return whether a file or folder can not be ours nor an input lying beside its results."""
    if path.name.startswith(".") or (path.is_file() and path.suffix in INPUT_FILES):
        return False
    return not (path.is_dir() and (path / MANIFEST).is_file() and _read_ours(path / MANIFEST))


def read_run(folder: Path, untouched: bool = False) -> dict[str, pd.DataFrame]:
    """Return the stored tables of a complete run by name, if asked only untouched; a study may have asked for some."""
    asked = read_manifest(folder).get("tables", {})
    tables = {name: read_table(folder / f"{name}.parquet") for name in TABLES if name in asked}
    for name, frame in tables.items() if untouched else ():
        if asked[name].get("sha256") not in {None, digest(frame)}:
            raise ResultsError(f"{folder / name}.parquet: expected the table of its manifest; it was changed")
    return tables
