"""Names of provinces and the choice of a Chinese font: English where the machine has none."""

from __future__ import annotations

import functools
import warnings

from experiments.outcomes import PROVINCE, style


@functools.cache
def province_names() -> dict[int, tuple[str, str]]:
    """Return the English and Chinese name of every province by code."""
    from model import data  # noqa: PLC0415

    table = data.table("provinces")
    return {int(row.province_code): (str(row.name_en), str(row.name_zh)) for row in table.itertuples()}


def province_name(code: int, language: str = "en") -> str:
    """Return a province's name, or its code where it has none."""
    names = province_names().get(code // PROVINCE * PROVINCE)
    return str(code) if names is None else names[int(language == "zh")]


@functools.cache
def chinese_font() -> str | None:
    """Return a font of this machine that has Chinese characters; warn once where there is none."""
    from matplotlib import font_manager  # noqa: PLC0415

    here = {font.name for font in font_manager.fontManager.ttflist}
    for name in style()["figures"]["chinese_fonts"]:
        if name in here:
            return str(name)
    warnings.warn("no Chinese font found on this machine: figures are in English only", stacklevel=2)
    return None
