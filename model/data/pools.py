"""The 358 pools: 333 prefectures, 4 municipalities, 20 directly administered counties and the XPCC as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from model.data.catalogue import cached, table
from model.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

CORPS = 659000  # the Xinjiang Production and Construction Corps as one pool
CORPS_KIND = "xpcc_city"


def pools() -> pd.DataFrame:
    """Return the table of pools, index 0 to 357, sorted by code.

    Columns: code, name_en, name_zh, province, kind, city_class.
    """
    return _pools().copy()


@cached
def _pools() -> pd.DataFrame:
    """Return the table of pools as read; nobody may change it."""
    frame = table("pools").set_index("index")
    if frame.index.tolist() != list(range(len(frame))) or not frame["code"].is_monotonic_increasing:
        raise DataError("pools.csv: index does not follow the codes: expected 0, 1, 2 … in the order of code")
    return frame


@cached
def _index() -> dict[int, int]:
    """Return the index of each pool's code."""
    return {int(code): index for index, code in enumerate(_pools()["code"])}


@cached
def members() -> dict[int, int]:
    """Return the pool index of each division of prefectures.csv; the cities of the XPCC share one pool."""
    frame = table("prefectures")
    places = _index()
    return {
        int(code): places[CORPS if kind == CORPS_KIND else int(code)]
        for code, kind in zip(frame["prefecture_code"], frame["division_type"], strict=True)
    }


def pool_index(code: int) -> int:
    """Return the index of a pool's code.

    Errors: DataError if no pool has the code.
    """
    try:
        return _index()[int(code)]
    except KeyError:
        raise DataError(f"pools.csv: no pool {code}: expected a code of the table") from None


@cached
def province_codes() -> tuple[int, ...]:
    """Return the 31 province codes in order."""
    return tuple(sorted({int(code) for code in _pools()["province"]}))


@cached
def province_index() -> NDArray[np.int64]:
    """Return for each pool the place 0 to 30 of its province in the order of codes; read-only."""
    order = {code: place for place, code in enumerate(province_codes())}
    result = np.array([order[int(code)] for code in _pools()["province"]], dtype=np.int64)
    result.setflags(write=False)
    return result


def sum_by_pool(frame: pd.DataFrame, code: str, columns: list[str]) -> NDArray[Any]:
    """Add up rows of divisions to pools; a pool without a row stays at zero [pool, column]."""
    place = members()
    values = frame[columns].to_numpy(dtype=np.float64)
    result = np.zeros((len(pools()), len(columns)), dtype=np.float64)
    for row, division in enumerate(frame[code]):
        if int(division) in place:
            result[place[int(division)]] += np.nan_to_num(values[row])
    return result
