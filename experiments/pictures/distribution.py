"""Concentration curves, bars by income tenth, and Theil's index in areas over time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from experiments.outcomes import style
from experiments.pictures.base import Sketch, from_zero, grey_note, legend, panels, years
from experiments.precision import PEOPLE

TENTHS = [str(tenth) for tenth in range(1, 11)]


def _tenths(sketch: Sketch, reform: str, measure: str) -> pd.Series[float]:
    return sketch.units(reform, "income_decile", measure).reindex(TENTHS)


def _grey_tenths(sketch: Sketch, reform: str) -> NDArray[np.bool_]:
    """Return which tenths have too few simulated people to be shown in colour."""
    there = sketch.units(reform, "income_decile", PEOPLE)
    return np.array([tenth in there and sketch.is_small("income_decile", tenth, PEOPLE) for tenth in TENTHS])


def concentration_curves(sketch: Sketch) -> Figure:
    """Draw the Lorenz curve of income and concentration curves of contributions and benefits, of the last year."""
    figure, axes = panels(1, 1)
    axis, base = axes[0][0], sketch.results.study.baseline
    looks = style()["figures"]
    curves = {
        "income_share": sketch.say("income (Lorenz curve)", "收入（洛伦兹曲线）"),
        "contribution_share": sketch.say("own contributions", "个人缴费"),
        "benefit_share": sketch.say("insurance benefits", "医保待遇"),
    }
    small = _grey_tenths(sketch, base.name)
    if small.any():
        grey_note(sketch, axis)
    people = np.linspace(0, 1, len(TENTHS) + 1)
    axis.plot([0, 1], [0, 1], color=looks["grey"], lw=1, label=sketch.say("equal shares", "绝对平均线"))
    for place, (measure, words) in enumerate(curves.items()):
        heights = np.concatenate([[0.0], np.cumsum(_tenths(sketch, base.name, measure))])
        signs = {
            "color": looks["grey"] if small.any() else looks["colours"][place],
            "linestyle": looks["lines"][place],
            "marker": looks["markers"][place],
        }
        axis.plot(people, heights, label=words, ms=4, **signs)
    axis.set_xlim(0, 1)
    axis.set_ylim(0, 1)
    axis.set_aspect("equal")
    axis.set_xlabel(sketch.say("share of people, poorest first", "人口累计比例（由低到高）"))
    axis.set_ylabel(sketch.say("share of the total", "累计份额"))
    figure.set_figheight(looks["square_height"])
    legend(figure, axis)
    return figure


def decile_bars(sketch: Sketch) -> Figure:
    """Draw yuan per head paid and received by income tenth, and the net benefit under each regime."""
    figure, axes = panels(1, 1)
    axis, base = axes[0][0], sketch.results.study.baseline
    looks = style()["figures"]
    place = np.arange(len(TENTHS))
    bars = (
        ("benefit_per_head", sketch.say("benefits", "医保待遇"), 1),
        ("accounts_per_head", sketch.say("from accounts", "个人账户支付"), 1),
        ("contribution_per_head", sketch.say("own contributions", "个人缴费"), -1),
        ("cash_per_head", sketch.say("cash for care", "现金自付"), -1),
    )
    ends = {1: np.zeros(len(TENTHS)), -1: np.zeros(len(TENTHS))}
    small = _grey_tenths(sketch, base.name)
    if small.any():
        grey_note(sketch, axis)
    for number, (measure, words, side) in enumerate(bars):
        height = side * _tenths(sketch, base.name, measure).to_numpy()
        colour, hatch = looks["colours"][number + 1], looks["hatches"][number]
        colours = [looks["pale"] if grey else colour for grey in small]
        axis.bar(place[:1], 0, color=colour, hatch=hatch, edgecolor="white", label=words)  # the legend keeps its colour
        axis.bar(place, height, bottom=ends[side], color=colours, hatch=hatch, edgecolor="white")
        ends[side] = ends[side] + height
    for variant in sketch.variants:
        look = {**sketch.look(variant), "linestyle": ""}
        net = _tenths(sketch, variant.name, "net_benefit_per_head")
        axis.plot(place, net, label=sketch.say("net: ", "净待遇：") + sketch.label(variant), **look)
    axis.axhline(0, color="black", lw=1)
    axis.set_xticks(place, TENTHS)
    axis.set_xlabel(sketch.say("tenth of people by income, poorest first", "收入十等分组（由低到高）"))
    axis.set_ylabel(sketch.say(f"yuan per head, {sketch.last()}", f"元/人，{sketch.last()}年"))
    figure.set_figheight(looks["square_height"])
    legend(figure, axis, columns=4)
    return figure


def theil_areas(sketch: Sketch) -> Figure:
    """Draw Theil's index of benefits by year as areas: between provinces, between schemes inside them, inside both."""
    figure, axes = panels(1, len(sketch.variants), sharey=True)
    looks = style()["figures"]
    for axis, variant in zip(axes.flat, sketch.variants):
        parts = {
            words: sketch.mean(variant.name, "nation", "china", f"theil_benefit_{part}")
            for part, words in ((part, sketch.of(words)) for part, words in style()["theil_parts"].items())
        }
        first = next(iter(parts.values()))
        axis.set_title(sketch.label(variant), fontsize="medium")
        if not len(first):
            continue
        axis.stackplot(
            first.index, *parts.values(), labels=list(parts), colors=looks["colours"][1:], alpha=looks["area"]
        )
        years(axis, sketch.results)
        from_zero(axis)
    axes[0][0].set_ylabel(sketch.say("Theil's T of benefits [nats]", "待遇泰尔指数"))
    legend(figure, axes[0][0])
    return figure
