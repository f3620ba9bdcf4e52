"""Every declared effect of the last year with its interval: grey where the interval holds zero."""

from __future__ import annotations

import math
import textwrap

import pandas as pd
from matplotlib.figure import Figure

from experiments.outcomes import style
from experiments.pictures.base import Sketch, panels
from experiments.robust import UNSURE, effect_of, last_effects, sign_of
from experiments.units import unit_of

PLACES = 4  # panels in a row


def effects(sketch: Sketch) -> Figure:
    """Draw paired differences of every outcome, a panel each and a line for every reform; grey if unsure."""
    study, looks = sketch.results.study, style()["figures"]
    shown, found = study.outcomes, last_effects(sketch.results)
    reforms = [variant for variant in sketch.variants if variant.name != study.baseline.name]
    figure, axes = panels(max(1, math.ceil(len(shown) / PLACES)), PLACES, sharey=True)
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    for axis, outcome in zip(axes.flat, shown):
        unit = unit_of(outcome)
        for place, variant in enumerate(reforms):
            mean, low, high = (each / unit.scale for each in effect_of(found, outcome, variant.name))
            unsure = sign_of(low, high) == UNSURE
            colour = looks["grey"] if unsure else sketch.look(variant)["color"]
            reach = None if pd.isna(low) else [[mean - low], [high - mean]]
            axis.errorbar([mean], [place], xerr=reach, color=colour, marker=sketch.look(variant)["marker"], capsize=2)
        axis.axvline(0.0, color=looks["grey"], lw=1)
        name = textwrap.fill(sketch.of(outcome.label.model_dump()), looks["title_letters"][sketch.language])
        axis.set_title(name, fontsize="xx-small")
        axis.set_xlabel(sketch.of({"en": unit.en, "zh": unit.zh}), fontsize="xx-small")
        axis.tick_params(labelsize="xx-small")
        axis.locator_params(axis="x", nbins=looks["few_ticks"])
    if reforms:
        axes[0][0].set_yticks(range(len(reforms)), [sketch.label(variant) for variant in reforms])
        axes[0][0].invert_yaxis()
    figure.set_figheight(len(axes) * looks["low_height"] * (2 + len(reforms)) / (2 + PLACES))
    return figure
