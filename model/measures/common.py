"""What every measure shares: reading its arguments, undefined results, and results with named fields.

Conventions: rows of weight 0 are dropped first; a missing or infinite value, a negative weight or unequal lengths
raise ValueError naming the argument; what has no value is NaN with a reason, never 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Values = npt.ArrayLike

ROUNDING: Final = 16 * float(np.finfo(np.float64).eps)
"""Relative difference below which two computed amounts count as equal (some units in the last place)."""


class Undefined(float):
    """A NaN that knows why it is one; sums, differences, products and quotients with it keep the reason."""

    reason: str

    def __new__(cls, reason: str) -> Self:
        """Keep the reason beside the NaN."""
        value = super().__new__(cls, float("nan"))
        value.reason = reason
        return value

    def _same(self, _other: float) -> Self:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same

    def __repr__(self) -> str:
        return f"nan ({self.reason})"

    def __reduce__(self) -> tuple[type[Undefined], tuple[str]]:
        return Undefined, (self.reason,)


def undefined(reason: str) -> float:
    """Return NaN with the reason kept in its attribute `reason`."""
    return Undefined(reason)


@dataclass(frozen=True, slots=True, eq=False)
class Fields(Mapping[str, Any]):
    """A result with several outputs: `result.name`, `result["name"]` and `dict(result)` all work."""

    def __getitem__(self, name: str) -> Any:
        if name not in self.__dataclass_fields__:
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return (field.name for field in fields(self))

    def __len__(self) -> int:
        return len(self.__dataclass_fields__)

    @classmethod
    def void(cls, reason: str, **known: Any) -> Self:
        """Return a result in which everything but `known` is undefined."""
        return cls(**{field.name: known.get(field.name, undefined(reason)) for field in fields(cls)})


def numbers(name: str, values: Values, dimensions: int = 1) -> Array:
    """Return an argument as float64 array of the wanted dimensions; missing values stay NaN."""
    try:
        raw = np.asarray(values)
        if raw.dtype.kind not in "biufO":
            raise TypeError(raw.dtype)
        array = raw.astype(np.float64, copy=False)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{name} must hold numbers only ({problem})") from None
    if array.ndim != dimensions and array.size:
        raise ValueError(f"{name} must have {dimensions} dimension(s), it has {array.ndim}")
    return array


def finite(name: str, array: Array) -> Array:
    """Return the array unless it holds a missing or infinite value."""
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has a missing or infinite value")
    return array


def number(name: str, value: float) -> float:
    """Return one finite number."""
    return float(finite(name, numbers(name, value, dimensions=0)))


def count(name: str, value: int) -> int:
    """Return one whole number of at least 1."""
    whole = number(name, value)
    if whole < 1 or whole != np.floor(whole):
        raise ValueError(f"{name} must be a whole number of at least 1, it is {value}")
    return int(whole)


def same_length(first: str, size: int, /, **columns: npt.NDArray[Any]) -> None:
    """Raise unless every column has the wanted number of rows."""
    for name, array in columns.items():
        if array.shape[:1] != (size,):
            raise ValueError(f"{name} has {array.size} rows where {first} has {size}")


def weights(w: Values | None, size: int, first: str) -> Array:
    """Return the weights (1 for everyone when None), checked."""
    if w is None:
        return np.ones(size)
    array = finite("w", numbers("w", w))
    same_length(first, size, w=array)
    if array.size and array.min() < 0:
        raise ValueError("w has a negative value")
    return array


def clean(w: Values | None, /, **columns: Values) -> tuple[Array, ...]:
    """Return (w, *columns) as checked float64 arrays without the rows of weight 0."""
    arrays = {name: numbers(name, values) for name, values in columns.items()}
    first, head = next(iter(arrays.items()))
    same_length(first, head.size, **arrays)
    w_all = weights(w, head.size, first)
    keep = w_all > 0
    if not keep.all():
        w_all, arrays = w_all[keep], {name: array[keep] for name, array in arrays.items()}
    return w_all, *(finite(name, array) for name, array in arrays.items())


def labelled(w: Values | None, y: Values, **labels: Values) -> tuple[Array, Array, list[npt.NDArray[Any]]]:
    """Return (w, y, labels) checked and without the rows of weight 0."""
    groups = {name: np.asarray(values) for name, values in labels.items()}
    size = numbers("y", y).size
    same_length("y", size, **groups)
    keep = weights(w, size, "y") > 0
    w_kept, y_kept = clean(w, y=y)
    kept = [group[keep] for group in groups.values()]
    for name, group in zip(groups, kept):
        if group.dtype.kind == "f":
            finite(name, group)
        if group.dtype.kind == "O" and any(label is None or label != label for label in group):
            raise ValueError(f"{name} has a missing label")
    return w_kept, y_kept, kept


def coded(labels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Codes]:
    """Return the distinct labels and the place of every row's label among them."""
    if labels.dtype.kind in "biu" and labels.size:
        low, high = int(labels.min()), int(labels.max())
        if high - low < labels.size:
            shifted = labels.astype(np.int64) - low
            present = np.bincount(shifted) > 0
            return np.flatnonzero(present) + low, (np.cumsum(present) - 1)[shifted]
    distinct, codes = np.unique(labels, return_inverse=True)
    return distinct, codes.astype(np.int64)


def group_sums(codes: Codes, values: Array) -> Array:
    """Return the sum of the values of every group [unit of the values]."""
    return np.bincount(codes, weights=values).astype(np.float64)


def mean(y: Array, w: Array) -> float:
    """Return the weighted mean: exact where all values are equal, 0 where signs cancel but for rounding [unit of y]."""
    if y[0] == y[-1] and np.all(y == y[0]):
        return float(y[0])
    total = float(np.sum(w))
    value = float(np.sum(w * y)) / total
    if y.min() < 0 and abs(value) <= ROUNDING * float(np.sum(w * np.abs(y))) / total:
        return 0.0
    return value


def over(numerator: float, denominator: float, reason: str) -> float:
    """Return numerator/denominator, undefined where the denominator is 0 [unit of the ratio]."""
    return numerator / denominator if denominator != 0 else undefined(reason)


def exceeds(a: Array, b: Array | float, scale: Array | float | None = None) -> npt.NDArray[np.bool_]:
    """Return a > b, where a difference within rounding (relative to `scale`, by default b) counts as equal."""
    return a - b > ROUNDING * np.abs(b if scale is None else scale)


@dataclass(frozen=True, slots=True, eq=False)
class Coverage(Fields):
    """What to report beside a measure: rows, weight, shares of zero and of negative values."""

    rows: int
    weight: float
    share_zero: float
    share_negative: float


def coverage(y: Values, w: Values | None = None) -> Coverage:
    """Return how many rows and how much weight a measure of y rests on."""
    w, y = clean(w, y=y)
    if not y.size:
        return Coverage.void("no row has weight", rows=0, weight=0.0)
    total = float(np.sum(w))
    return Coverage(
        rows=y.size,
        weight=total,
        share_zero=float(np.sum(w[y == 0])) / total,
        share_negative=float(np.sum(w[y < 0])) / total,
    )
