"""The figures of a study, drawn from stored results only: PNG for screens, SVG for papers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from experiments.compare import Results
from experiments.outcomes import POOLS, style
from experiments.pictures.alluvial import alluvial
from experiments.pictures.base import Sketch, from_zero, grey_note, legend, panels, regimes, years
from experiments.pictures.distribution import concentration_curves, decile_bars, theil_areas
from experiments.pictures.effects import effects
from experiments.pictures.tiles import province_map
from experiments.words import chinese_font, province_name
from experiments.workers import processes

MEDIAN = "median"

mpl.rcParams["svg.hashsalt"] = "gongji"
mpl.rcParams["axes.unicode_minus"] = False


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A figure on disk with what it shows, in words."""

    name: str
    title: dict[str, str]
    alt: dict[str, str]
    languages: tuple[str, ...]


def draw_all(results: Results, folder: Path, workers: int = 1) -> list[Drawn]:
    """Draw every figure in English and, where a Chinese font is found, in Chinese, shared among so many processes."""
    folder.mkdir(parents=True, exist_ok=True)
    languages = ("en", "zh") if chinese_font() else ("en",)
    tasks = [(name, language) for name in FIGURES for language in languages]
    parts = [tasks[part::workers] for part in range(min(workers, len(tasks)))]
    if len(parts) == 1:
        draw_some(results, folder, tasks)
    else:
        with processes(len(parts) - 1) as pool:
            others = [pool.submit(draw_some, results, folder, part) for part in parts[1:]]
            draw_some(results, folder, parts[0])
            for other in others:
                other.result()
    titles = style()["titles"]
    return [Drawn(name, titles[name]["title"], titles[name]["alt"], languages) for name in FIGURES]


def draw_some(results: Results, folder: Path, tasks: Sequence[tuple[str, str]]) -> None:
    """Draw some figures, each in a language."""
    for name, language in tasks:
        with mpl.rc_context(font_of(language)):
            figure = FIGURES[name](Sketch(results, language))
            figure.suptitle(style()["titles"][name]["title"][language], fontsize="large", fontweight="bold")
            _save(figure, folder / (name if language == "en" else f"{name}_zh"))


def font_of(language: str) -> Any:
    """Return matplotlib's settings of a language: its fonts, as far as there are any, and the style's."""
    found = chinese_font() if language == "zh" else None
    return {"font.family": [*([found] if found else []), "DejaVu Sans"], **style()["figures"]["settings"]}


def _save(figure: Figure, path: Path) -> None:
    """Write a figure both ways; it is laid out once, since that takes as long as drawing."""
    raster: Any = FigureCanvasAgg(figure)
    raster.print_png(path.with_suffix(".png"), metadata={"Software": None})
    figure.set_layout_engine("none")
    vector: Any = FigureCanvasSVG(figure)
    vector.print_svg(path.with_suffix(".svg"), metadata={"Date": None})


def reserve_months(sketch: Sketch) -> Figure:
    """Draw a fan of reserve months over pools (median, middle half, middle 80 %), a column for each regime."""
    figure, axes = panels(len(POOLS), len(sketch.variants), sharey="row", sharex=True)
    base = sketch.results.study.baseline
    for axis, variant in zip(axes[0], sketch.variants):
        axis.set_title(sketch.label(variant), fontsize="medium")
    for row, fund in zip(axes, POOLS):
        thin = sketch.is_small("fund", fund, "reserve_months_median")
        for axis, variant in zip(row, sketch.variants):
            colour = style()["figures"]["grey"] if thin else sketch.look(variant)["color"]
            for low, high in (("p10", "p90"), ("p25", "p75")):
                edges = [sketch.mean(variant.name, "fund", fund, f"reserve_months_{at}") for at in (low, high)]
                axis.fill_between(edges[0].index, *edges, color=colour, alpha=style()["figures"]["band"], lw=0)
            middle = sketch.mean(variant.name, "fund", fund, f"reserve_months_{MEDIAN}")
            axis.plot(middle.index, middle, color=colour)
            if variant != base:
                middle_base = sketch.mean(base.name, "fund", fund, f"reserve_months_{MEDIAN}")
                axis.plot(middle_base.index, middle_base, color=style()["figures"]["grey"], lw=1, linestyle="--")
            years(axis, sketch.results)
        if thin:
            grey_note(sketch, row[0])
        months = sketch.say("months of spending", "可支付月数")
        row[0].set_ylabel(f"{sketch.of(style()['funds'][fund])}\n{months}")
        from_zero(row[0])
        row[0].set_ylim(top=max(axis.dataLim.y1 for axis in row) * (1 + style()["figures"]["margin"]))
    return figure


def pools_in_deficit(sketch: Sketch) -> Figure:
    """Draw how many pools spend more than they take in, and how many cannot pay alone, by year and regime."""
    figure, axes = panels(3, len(POOLS), sharex=True, sharey="row")
    rows = (
        ("pools_in_deficit", sketch.say("pools in deficit", "当期收不抵支统筹区数")),
        ("pools_short", sketch.say("pools short of reserves", "结余不足统筹区数")),
        ("pools_rescued", sketch.say("pools rescued", "靠兜底或拖欠的统筹区数")),
    )
    for row, (measure, words) in zip(axes, rows):
        for axis, fund in zip(row, POOLS):
            thin = sketch.is_small("fund", fund, measure)
            for variant in sketch.variants:
                line = sketch.mean(variant.name, "fund", fund, measure)
                look = sketch.look(variant) | ({"color": style()["figures"]["grey"]} if thin else {})
                axis.plot(line.index, line, label=sketch.label(variant), **look)
            if thin:
                grey_note(sketch, axis)
            axis.set_title(sketch.of(style()["funds"][fund]), fontsize="medium")
            years(axis, sketch.results)
        from_zero(row[0])
        row[0].set_ylim(top=max(axis.dataLim.y1 for axis in row) * (1 + style()["figures"]["margin"]) or 1)
        row[0].set_ylabel(words)
    regimes(figure, sketch)
    return figure


def benefit_by_province(sketch: Sketch) -> Figure:
    """Draw the benefit per head of every province in the last year, bars for the baseline, a sign for each reform."""
    rows = sketch.results.outcomes
    last = int(rows["year"].max())
    heads = rows[(rows["level"] == "province") & (rows["year"] == last)]
    heads = heads[heads["measure"].str.startswith("benefit_per_head")]
    means = heads.groupby(["measure", "unit", "reform"])["value"].mean()
    figure, axes = panels(1, len(style()["schemes"]))
    for axis, (scheme, words) in zip(axes.flat, style()["schemes"].items()):
        if (measure := f"benefit_per_head_{scheme}") not in means.index.get_level_values(0):
            continue
        wide = means[measure].unstack("reform").sort_values(sketch.results.study.baseline.name)
        place = np.arange(len(wide))
        axis.barh(
            place,
            wide[sketch.results.study.baseline.name],
            color=style()["figures"]["grey"],
            alpha=style()["figures"]["bar"],
            label=sketch.label(sketch.results.study.baseline),
        )
        for variant in sketch.variants[1:]:
            look = {**sketch.look(variant), "linestyle": ""}
            sure = sketch.told_apart(variant, "province", measure).reindex(wide.index, fill_value=False).to_numpy()
            axis.plot(wide[variant.name][sure], place[sure], label=sketch.label(variant), **look)
            grey = {**look, "color": style()["figures"]["grey"]}
            axis.plot(wide[variant.name][~sure], place[~sure], **grey)
        axis.set_yticks(place, [province_name(int(code), sketch.language) for code in wide.index], fontsize="small")
        for label, code in zip(axis.get_yticklabels(), wide.index):
            if sketch.is_small("province", str(code), measure):
                label.set_color(style()["figures"]["grey"])
                label.set_fontstyle("italic")
        axis.set_xlabel(sketch.say(f"yuan per member, {last}", f"元/参保人，{last}年"))
        axis.set_title(sketch.of(words), fontsize="medium")
        axis.grid(axis="y", visible=False)
        axis.set_xlim(left=0)
        axis.margins(y=style()["figures"]["margin"])
    figure.set_figheight(style()["figures"]["tall_height"])
    legend(figure, axes[0][0])
    return figure


def fund_paths(sketch: Sketch) -> Figure:
    """Draw income and spending of each fund in the baseline, and reserves of all funds under every regime."""
    rows = sketch.results.outcomes
    there = set(rows[rows["level"] == "fund"]["unit"])
    funds = {fund: words for fund, words in style()["funds"].items() if fund in there}
    others = {fund: words for fund, words in style()["adjustment_funds"].items() if fund in there}
    figure, axes = panels(len(funds) + bool(others), 2, sharex=True)
    for (left, right), (fund, words) in zip(axes, funds.items()):
        _in_and_out(sketch, left, fund, sketch.of(words))
        _reserves(sketch, right, fund, sketch.of(words))
    for axis, (fund, words) in zip(axes[len(funds) :].flat, others.items()):
        _reserves(sketch, axis, fund, sketch.of(words))
    for axis in axes.flat[2 * len(funds) + len(others) :]:
        axis.set_axis_off()
    for row in axes:
        row[0].set_ylabel(sketch.say("bn yuan", "十亿元"))
    axes[0][0].legend(frameon=False, loc="upper left")
    legend(figure, axes[0][1])
    figure.set_figheight(len(axes) * style()["figures"]["low_height"])
    return figure


def _in_and_out(sketch: Sketch, axis: Any, fund: str, name: str) -> None:
    base = sketch.results.study.baseline
    kinds = (
        ("income_fen", sketch.say("income", "收入"), "-"),
        ("spending_fen", sketch.say("spending", "支出"), "--"),
    )
    for measure, words, line in kinds:
        series = sketch.mean(base.name, "fund", fund, measure) / style()["fen_per_bn_yuan"]
        axis.plot(series.index, series, linestyle=line, label=words, color=sketch.look(base)["color"])
    axis.set_title(sketch.say(f"{name}: income and spending", f"{name}：收入与支出"), fontsize="medium")
    from_zero(axis)
    years(axis, sketch.results)


def _reserves(sketch: Sketch, axis: Any, fund: str, name: str) -> None:
    for variant in sketch.variants:
        series = sketch.mean(variant.name, "fund", fund, "closing_fen") / style()["fen_per_bn_yuan"]
        axis.plot(series.index, series, label=sketch.label(variant), **sketch.look(variant))
    axis.set_title(sketch.say(f"{name}: reserves at year end", f"{name}：年末结余"), fontsize="medium")
    from_zero(axis)
    years(axis, sketch.results)


def money_moved(sketch: Sketch) -> Figure:
    """Draw the money each step moved in a year, stacked, a panel for each regime, beside treasury and arrears."""
    kinds = style()["aid"]
    figure, axes = panels(1, len(sketch.variants), sharey=True)
    looks = style()["figures"]
    for axis, variant in zip(axes.flat, sketch.variants):
        span = np.array(sorted(sketch.results.outcomes["year"].unique()))
        below = np.zeros(len(span))
        for place, (kind, words) in enumerate(kinds.items()):
            amount = sketch.mean(variant.name, "flow", kind, "amount_fen").reindex(span, fill_value=0.0)
            height = amount.to_numpy() / style()["fen_per_bn_yuan"]
            colour = looks["colours"][(place + 1) % len(looks["colours"])]
            axis.bar(
                span,
                height,
                bottom=below,
                label=sketch.of(words),
                color=colour,
                hatch=looks["hatches"][place % len(looks["hatches"])],
                edgecolor="white",
            )
            below += height
        axis.set_title(sketch.label(variant), fontsize="medium")
        years(axis, sketch.results)
    axes[0][0].set_ylabel(sketch.say("bn yuan a year", "十亿元/年"))
    legend(figure, axes[0][0])
    return figure


FIGURES: dict[str, Callable[[Sketch], Figure]] = {
    draw.__name__: draw
    for draw in (
        effects,
        reserve_months,
        pools_in_deficit,
        concentration_curves,
        decile_bars,
        benefit_by_province,
        province_map,
        theil_areas,
        alluvial,
        fund_paths,
        money_moved,
    )
}
