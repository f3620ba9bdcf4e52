"""Names of provinces and the choice of a Chinese font: English where the machine has none."""

from __future__ import annotations

import contextlib
import functools
import sys

from experiments.outcomes import PROVINCE, style


@functools.cache
def province_names() -> dict[int, tuple[str, str]]:
    """Return the English and Chinese name of every province by code."""
    from model import data

    table = data.table("provinces")
    codes = table["province_code"].astype(int)
    return dict(zip(codes, zip(table["name_en"].astype(str), table["name_zh"].astype(str))))


def province_name(code: int, language: str = "en") -> str:
    """Return a province's name, or its code where it has none."""
    names = province_names().get(code // PROVINCE * PROVINCE)
    return str(code) if names is None else names[int(language == "zh")]


@functools.cache
def _pool_names() -> dict[int, tuple[str, str]]:
    from model import data

    table = data.pools()
    return dict(zip(table["code"].astype(int), zip(table["name_en"].astype(str), table["name_zh"].astype(str))))


def pool_name(code: int, language: str = "en") -> str:
    """Return the name of a pool, or of the province whose code a wider pool carries."""
    names = _pool_names().get(code)
    return province_name(code, language) if names is None else names[int(language == "zh")]


@functools.cache
def chinese_font() -> str | None:
    """Return a font of this machine that has Chinese characters; warn once where there is none."""
    from matplotlib import font_manager

    names = [str(name) for name in style()["figures"]["chinese_fonts"]]
    known = font_manager.fontManager
    if not any(font.name in names for font in known.ttflist):
        _add_new_fonts({font.fname for font in known.ttflist})
    here = {font.name for font in known.ttflist}
    for name in names:
        if name in here:
            return name
    print("gongji: no Chinese font found on this machine: figures are in English only", file=sys.stderr)
    return None


def _add_new_fonts(seen: set[str]) -> None:
    """Add the fonts that were installed after matplotlib made its list, which it keeps for good."""
    from matplotlib import font_manager

    for path in sorted(set(font_manager.findSystemFonts()) - seen):
        with contextlib.suppress(Exception):  # as matplotlib does: a malformed font may raise anything
            font_manager.fontManager.addfont(path)
