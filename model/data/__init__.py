"""What was measured: tables with a catalogue entry, checked when they are read.

`table(name)` gives a table, `pools()` the 358 insurance pools, `series(indicator, scheme)` one national value a year.
Another folder of tables can be put in place by the environment variable GONGJI_DATA or by `use(folder)`.
"""

from __future__ import annotations

from model.data.catalogue import cached, cached_few, catalogue, data_hash, folder, table, use
from model.data.census import AGE_STARTS, OLDEST, age_groups, by_pool, single_ages
from model.data.national import SOURCES, fen, origin, series
from model.data.pools import CORPS, members, pool_index, pools, province_codes, province_index

__all__ = [
    "AGE_STARTS",
    "CORPS",
    "OLDEST",
    "SOURCES",
    "age_groups",
    "by_pool",
    "cached",
    "cached_few",
    "catalogue",
    "data_hash",
    "fen",
    "folder",
    "members",
    "origin",
    "pool_index",
    "pools",
    "province_codes",
    "province_index",
    "series",
    "single_ages",
    "table",
    "use",
]
