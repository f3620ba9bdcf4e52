"""Columns: people and households as arrays that declare what they hold, and Mesa's AgentSet verbs over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Column:
    """One declared column: storage type, unit, default and meaning."""

    dtype: str
    unit: str
    default: int
    meaning: str


class Table:
    """A set of equally long arrays named by a declaration; `table.age` is the array itself."""

    def __init__(self, declared: Mapping[str, Column], rows: int, arrays: Mapping[str, Array] | None = None) -> None:
        """Take given arrays (checked against the declaration) or fill a number of rows with the defaults."""
        self.declared = dict(declared)
        self.rows = rows
        self.left = False
        for name, column in self.declared.items():
            array = None if arrays is None else arrays.get(name)
            if array is None:
                zero = column.default == 0
                array = np.zeros(rows, column.dtype) if zero else np.full(rows, column.default, column.dtype)
            if array.dtype != np.dtype(column.dtype) or array.shape != (rows,):
                message = f"column {name}: expected {column.dtype} of length {rows}, got {array.dtype} {array.shape}"
                raise ValueError(message)
            setattr(self, name, array)

    def __getattr__(self, name: str) -> Array:
        """Say which columns exist when an unknown one is asked for, or that all have been let go."""
        if self.__dict__.get("left"):
            raise AttributeError(f"column {name}: a year has been lived since; ask the world for its people again")
        message = f"no column {name!r}; columns are {', '.join(self.__dict__.get('declared', ()))}"
        raise AttributeError(message)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.rows

    def leave(self) -> None:
        """Let all columns go, since others take their memory: who still asks for one is refused."""
        self.left = True
        for name in self.declared:
            delattr(self, name)

    def arrays(self) -> dict[str, Array]:
        """Return all columns by name."""
        return {name: getattr(self, name) for name in self.declared}

    @property
    def bytes_per_row(self) -> int:
        """Return the bytes one row takes in memory [bytes]."""
        return sum(np.dtype(column.dtype).itemsize for column in self.declared.values())


def save_table(table: Table, folder: Path, name: str) -> None:
    """Write every column of a table as one file of a folder."""
    for column, values in table.arrays().items():
        np.save(folder / f"{name}.{column}.npy", values)


def map_table(declared: Mapping[str, Column], folder: Path, name: str) -> Table:
    """Return a table whose columns are mapped into memory copy on write: its readers share what none has changed."""
    arrays = {column: map_array(folder / f"{name}.{column}.npy") for column in declared}
    return Table(declared, len(next(iter(arrays.values()))), arrays)


def map_array(path: Path) -> Array:
    """Return an array on disk mapped into memory copy on write [unit of the file's]."""
    return np.asarray(np.load(path, mmap_mode="c"))


class Selection:
    """Rows of a table under Mesa's AgentSet words: select, get, set, agg, groupby, len, iteration."""

    def __init__(
        self, table: Table, rows: NDArray[np.int64] | None = None, view: Callable[[Table, int], Any] | None = None
    ) -> None:
        """Hold the given rows of a table (all rows where none are given) and the way to look at one row."""
        self.table = table
        self.index = np.arange(len(table), dtype=np.int64) if rows is None else rows
        self.view = view

    def __repr__(self) -> str:
        """Say how many rows of how many are held, and which columns they have."""
        return f"Selection({len(self):,} of {len(self.table):,} rows; {', '.join(self.table.declared)})"

    def __len__(self) -> int:
        """Return the number of rows held."""
        return int(self.index.size)

    def __iter__(self) -> Iterator[Any]:
        """Look at the rows one by one."""
        return (self._look(int(row)) for row in self.index)

    def _look(self, row: int) -> Any:
        return _Row(self.table, np.array([row])) if self.view is None else self.view(self.table, row)

    def select(self, filter_func: Callable[[Any], Array | bool] | None = None, at_most: int | None = None) -> Selection:
        """Return the rows for which a condition on columns holds, the first `at_most` of them."""
        rows = self.index
        if filter_func is not None:
            chosen = np.asarray(filter_func(_Row(self.table, rows)))
            rows = rows[np.broadcast_to(chosen, rows.shape)]
        return Selection(self.table, rows[:at_most], self.view)

    def get(self, name: str) -> Array:
        """Return a column of the rows held [unit of the column]."""
        values: Array = getattr(self.table, name)[self.index]
        return values

    def set(self, name: str, value: Array | int) -> Selection:
        """Write a column of the rows held and return the selection."""
        if name not in self.table.declared:
            getattr(self.table, name)
        getattr(self.table, name)[self.index] = value
        return self

    def agg(self, name: str, func: Callable[[Array], Any]) -> Any:
        """Return a function of a column; integers are summed as 64-bit."""
        values = self.get(name)
        if np.issubdtype(values.dtype, np.integer):
            values = values.astype(np.int64 if values.dtype != np.uint64 else np.uint64)
        return values.sum() if func is sum else func(values)

    def groupby(self, name: str) -> dict[Any, Selection]:
        """Return one selection for every value of a column, in ascending order."""
        values = self.get(name)
        order = np.argsort(values, kind="stable")
        keys, starts = np.unique(values[order], return_index=True)
        parts = np.split(self.index[order], starts[1:])[: keys.size]  # no rows: no groups
        return {key.item(): Selection(self.table, part, self.view) for key, part in zip(keys, parts, strict=True)}


class _Row:
    """Columns restricted to some rows, for conditions such as `lambda p: p.age >= 60`."""

    def __init__(self, table: Table, rows: NDArray[np.int64]) -> None:
        self._table = table
        self._rows = rows

    def __getattr__(self, name: str) -> Array:
        values: Array = getattr(self._table, name)[self._rows]
        return values
