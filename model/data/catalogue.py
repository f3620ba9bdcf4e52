"""Reads the tables the catalogue lists, and no others, and checks each before anybody sees it."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import pandas as pd
import yaml

from model.data.checks import check
from model.errors import DataError

HERE = Path(__file__).resolve().parent
CATALOGUE = "catalogue.yaml"
FEW = 32
"""Results that `cached_few` remembers."""
P = ParamSpec("P")
T = TypeVar("T")
_chosen: list[Path] = []
_clear: list[Callable[[], None]] = []


def folder() -> Path:
    """Return the folder the tables are read from: the last `use`, else GONGJI_DATA, else the model's own."""
    if _chosen:
        return _chosen[-1]
    named = os.environ.get("GONGJI_DATA")
    return Path(named).resolve() if named else HERE


@contextmanager
def use(place: Path | str) -> Iterator[Path]:
    """Read the tables from another folder while the block lasts; the folder holds its own catalogue.yaml."""
    _chosen.append(Path(place).resolve())
    _forget()
    try:
        yield _chosen[-1]
    finally:
        _chosen.pop()
        _forget()


def _forget() -> None:
    """Forget everything remembered, so that a folder that changed is read again."""
    for clear in _clear:
        clear()


def cached(function: Callable[P, T]) -> Callable[P, T]:
    """Remember a function's results for each folder of tables; its arguments must be hashable."""
    return _remembering(function, None)


def cached_few(function: Callable[P, T]) -> Callable[P, T]:
    """Remember the last results only: for functions of parameters, of which a sweep draws ever new ones."""
    return _remembering(function, FEW)


def _remembering(function: Callable[P, T], most: int | None) -> Callable[P, T]:
    """Return the function with a memory of so many results at the most."""
    store = lru_cache(maxsize=most)(lambda _folder, args, named: function(*args, **dict(named)))

    _clear.append(store.cache_clear)

    @wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> T:
        return store(folder(), args, tuple(sorted(kwargs.items())))

    return remembered


@cached
def catalogue() -> dict[str, dict[str, Any]]:
    """Return the catalogue's entries by table name.

    Errors: DataError if catalogue.yaml is missing or is not a mapping with `tables` and `provinces`.
    """
    return cast("dict[str, dict[str, Any]]", _document()["tables"])


@cached
def known_provinces() -> frozenset[int]:
    """Return the 31 province codes that tables may use (GB/T 2260)."""
    return frozenset(int(code) for code in _document()["provinces"])


def table(name: str) -> pd.DataFrame:
    """Return a table of the catalogue, its rows sorted by the keys the catalogue declares.

    Errors: DataError if the table is not listed, is missing, was altered, or fails a declared check.
    """
    return _table(name).copy()


@cached
def data_hash() -> str:
    """Return one sha256 over the contents of all tables; the order of rows does not matter [64 hex digits].

    A table that is only compared with, and that no world reads, is left out.
    """
    digest = hashlib.sha256()
    for name in sorted(name for name, entry in catalogue().items() if not entry.get("compared_only")):
        digest.update(f"{name}:{_rows_sha256(_read(name))}\n".encode())
    return digest.hexdigest()


@cached
def _document() -> dict[str, Any]:
    """Return catalogue.yaml as parsed."""
    path = folder() / CATALOGUE
    try:
        with path.open(encoding="utf-8") as stream:
            document = yaml.safe_load(stream)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): expected the catalogue of the tables") from error
    except yaml.YAMLError as error:
        raise DataError(f"{path}: not YAML: expected the catalogue of the tables ({error})") from error
    if not isinstance(document, dict) or not {"tables", "provinces"} <= set(document):
        raise DataError(f"{path}: expected the keys `provinces` and `tables`")
    return document


@cached
def _table(name: str) -> pd.DataFrame:
    """Read, check and sort one table."""
    entry = _entry(name)
    file = str(entry["file"])
    content = _read(name)
    try:
        text = content.decode("utf-8")
        frame = pd.read_csv(io.StringIO(text), low_memory=False, dtype=_text_columns(entry))
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: byte {error.start} is not UTF-8: expected a UTF-8 CSV table") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise DataError(f"{file}: expected a CSV table with a header ({error})") from error
    check(file, frame, entry, known_provinces(), _divisions(entry))
    _check_altered(file, content, entry)
    keys = [str(key) for key in entry["keys"]]
    rest = [column for column in frame.columns if column not in keys]
    return frame.sort_values([*keys, *rest], kind="stable", na_position="first").reset_index(drop=True)


def _text_columns(entry: dict[str, Any]) -> dict[str, type[str]]:
    """Return the columns that are read as text."""
    return {str(column): str for column in entry.get("text", [])}


def _divisions(entry: dict[str, Any]) -> frozenset[int]:
    """Return the codes of all divisions, where a table declares columns of them."""
    if not entry.get("divisions"):
        return frozenset()
    listed = table("prefectures")["prefecture_code"]
    return frozenset(int(code) for code in listed) | known_provinces() | {0}


def _check_altered(file: str, content: bytes, entry: dict[str, Any]) -> None:
    """Refuse a table whose contents are not the catalogue's; another order of rows is accepted."""
    found = hashlib.sha256(content).hexdigest()
    if found != entry["sha256"] and _rows_sha256(content) != entry.get("rows_sha256"):
        raise DataError(f"{file}: sha256 {found}: expected {entry['sha256']} as in {CATALOGUE}")


def _entry(name: str) -> dict[str, Any]:
    """Return a table's catalogue entry."""
    try:
        return catalogue()[name]
    except KeyError:
        raise DataError(f"{CATALOGUE}: no table {name!r}: expected one of {', '.join(sorted(catalogue()))}") from None


def _read(name: str) -> bytes:
    """Return a table's bytes with line ends as LF."""
    path = folder() / str(_entry(name)["file"])
    try:
        return path.read_bytes().replace(b"\r\n", b"\n")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}): expected the table {name}") from error


def _rows_sha256(content: bytes) -> str:
    """Return the sha256 of a table's header and sorted rows [64 hex digits]."""
    header, *rows = content.rstrip(b"\n").split(b"\n")
    return hashlib.sha256(b"\n".join([header, *sorted(rows)])).hexdigest()
