"""The page itself, on Solara as Mesa's pages are: controls, a progress bar, and what each year's end shows."""

from __future__ import annotations

import dataclasses
import io
import threading
import zipfile
from typing import Any

import pandas as pd
import solara

from experiments.outcomes import PROVINCE
from experiments.page import numbers, pictures
from experiments.page.lived import BASELINE, REFORM, Dashboard, Shown
from experiments.words import province_name, province_names
from model.errors import GongjiError
from model.scenario import REFORMS

SIZES = [5_000, 20_000, 100_000]
FIRST, LAST = 2024, 2040
CSS = """.gongji-table { overflow-x: auto }
.gongji-table td, .gongji-table th { padding: 2px 10px; text-align: right; white-space: nowrap }"""
TABLES = ("funds", "flows", "enrolment", "care", "measures")

language = solara.reactive("en")
chosen: solara.Reactive[list[str]] = solara.reactive(["steps_1_2_3"])
people = solara.reactive(SIZES[0])
end = solara.reactive(2028)
seeds = solara.reactive(1)
progress: solara.Reactive[float] = solara.reactive(0.0)
state = solara.reactive("ready")
message = solara.reactive("")
lived: solara.Reactive[Dashboard | None] = solara.reactive(None)
lived_to = solara.reactive(0)


@dataclasses.dataclass
class Worker:
    """The one run in hand; a new wish ends it at the next year's end."""

    stop: threading.Event = dataclasses.field(default_factory=threading.Event)


worker = Worker()


def say(key: str, **values: Any) -> str:
    """Return a word of the page in the chosen language."""
    return pictures.say(key, language.value, **values)


def reform_names() -> list[str]:
    """Return the shipped reforms by name."""
    return sorted(path.stem for path in REFORMS.glob("*.yaml"))


def live() -> None:
    """Build the worlds and live their years, telling the page after each; an error ends on the page."""
    worker.stop.clear()
    message.value, progress.value, state.value, lived_to.value = "", 0.0, "building", 0
    try:
        model = Dashboard(people.value, FIRST, end.value, tuple(chosen.value), seeds.value)
        lived.value, state.value = model, "living"
        while model.running and not worker.stop.is_set():
            model.step()
            lived_to.value = model.year
            progress.value = 100.0 * (model.year - FIRST + 1) / (end.value - FIRST + 1)
        state.value = "done"
    except (GongjiError, MemoryError) as error:
        message.value, state.value = str(error), "ready"


def start() -> None:
    """Begin a run beside the page."""
    threading.Thread(target=live, daemon=True).start()


def tables_zip() -> bytes:
    """Return the tables of all worlds as CSV files in one archive."""
    target = io.BytesIO()
    if lived.value is not None:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in TABLES:
                archive.writestr(f"{name}.csv", lived.value.table(name).to_csv(index=False))
    return target.getvalue()


@solara.component
def Controls() -> None:  # noqa: N802
    """Show what to live: reforms, people, years, seeds; the button; the bar."""
    busy = state.value in {"building", "living"}
    solara.Button(say("language"), text=True, on_click=lambda: language.set("zh" if language.value == "en" else "en"))
    solara.SelectMultiple(say("reforms"), chosen, reform_names(), dense=True)
    solara.Select(say("people"), SIZES, people)
    solara.SliderInt(f"{say('end')}: {end.value}", end, min=FIRST, max=LAST)
    solara.SliderInt(f"{say('seeds')}: {seeds.value}", seeds, min=1, max=5)
    if busy:
        solara.Button(say("stop"), on_click=worker.stop.set, outlined=True, color="primary")
    else:
        solara.Button(say("live"), on_click=start, color="primary", classes=["gongji-live"])
    solara.ProgressLinear(True if state.value == "building" else progress.value)
    if message.value:
        solara.Error(f"{say('error')}: {message.value}")
    shown = {"year": lived_to.value, "start": FIRST, "end": lived_to.value if state.value == "done" else end.value}
    solara.Text(say(state.value, **shown), classes=["gongji-state"])


@solara.component
def Headline(shown: Shown) -> None:  # noqa: N802
    """Show the last year's fund totals, both sides, with the interval of the difference."""
    table = numbers.headline(shown)
    for column in ("fund", "measure"):
        table[column] = [say(str(word)) for word in table[column]]
    numbers_shown = table.select_dtypes("number").columns
    table[numbers_shown] = table[numbers_shown].map(lambda value: "–" if pd.isna(value) else f"{value:,.1f}")
    names = {"fund": "", "measure": say("measure")}
    names |= {word: say(word) for word in (BASELINE, REFORM, "difference", "low", "high") if word in table}
    solara.HTML("div", table.rename(columns=names).to_html(index=False, border=0), classes=["gongji-table"])
    solara.Text(f"{say('bn_yuan')}. {say('mean_note')}", style="font-size: small")


@solara.component
def Provinces(shown: Shown) -> None:  # noqa: N802
    """Show the tile map, and the prefectures of one province."""
    fund, set_fund = solara.use_state(numbers.POOLS[1])
    what, set_what = solara.use_state(numbers.SHOWN[0])
    side, set_side = solara.use_state(BASELINE)
    code, set_code = solara.use_state(next(iter(province_names())))
    sides = [*shown.sides, "difference"] if REFORM in shown.sides else list(shown.sides)
    side = side if side in sides else BASELINE
    with solara.Row(style="flex-wrap: wrap"):
        Choice(say("show"), list(numbers.SHOWN), what, set_what)
        Choice("", list(numbers.POOLS), fund, set_fund)
        Choice(say("side"), sides, side, set_side)
    values = numbers.places(shown, fund, what)[side]
    signed = side == "difference" or what == "net_aid"
    solara.FigureMatplotlib(pictures.tile_map(values, what, language.value, signed), dependencies=[])
    with solara.Row(style="flex-wrap: wrap"):
        for each in province_names():
            button = {"outlined": each == code, "text": each != code, "dense": True}
            solara.Button(province_name(each, language.value), on_click=lambda each=each: set_code(each), **button)
    inside = numbers.places(shown, fund, what, "prefecture")
    inside = inside[inside.index // PROVINCE * PROVINCE == code].round(1)
    inside.columns = [say(str(column)) for column in inside.columns]
    solara.Text(f"{say('province')} {province_name(code, language.value)}: {say(what)}, {say(fund)}")
    solara.HTML("div", inside.rename_axis(None).to_html(border=0), classes=["gongji-table"])


@solara.component
def Choice(label: str, words: list[str], value: str, on_value: Any) -> None:  # noqa: N802
    """Offer a choice among words of the page, in its language."""
    shown = {say(word): word for word in words}
    solara.Select(label, list(shown), say(value), on_value=lambda name: on_value(shown[name]), style="max-width: 14rem")


@solara.component
def Paths(shown: Shown) -> None:  # noqa: N802
    """Show reserves over time."""
    solara.FigureMatplotlib(pictures.fund_paths(numbers.paths(shown), language.value), dependencies=[])


@solara.component
def Tenths(shown: Shown) -> None:  # noqa: N802
    """Show who pays and who receives."""
    solara.FigureMatplotlib(pictures.tenth_bars(numbers.tenths(shown), language.value), dependencies=[])


@solara.component
def Aid(shown: Shown) -> None:  # noqa: N802
    """Show mutual aid by province, of the side with the reforms where there is one."""
    side = REFORM if REFORM in shown.sides else BASELINE
    figure = pictures.aid_bars(numbers.aid(shown), side, language.value)
    if figure is None:
        solara.Text(say("no_aid"))
    else:
        solara.FigureMatplotlib(figure, dependencies=[])


COMPONENTS = {"headline": Headline, "map": Provinces, "paths": Paths, "deciles": Tenths, "flows": Aid}
"""The page's parts, each a component of what a year's end shows."""
WHILE_LIVING = {"headline"}
"""Parts quick enough to be shown after every year; the others wait for the last."""


@solara.component
def Page() -> None:  # noqa: N802
    """Show the controls and, once a year was lived, its results."""
    solara.Title(say("title"))
    solara.Style(CSS)
    with solara.Sidebar():
        Controls()
    with solara.Column(style="max-width: 60rem; padding: 0 1rem"):
        solara.Markdown(f"# {say('title')}")
        model = lived.value
        if model is None or model.shown is None or lived_to.value < FIRST:
            solara.Text(say("ready"))
            return
        for key, part in COMPONENTS.items():
            if key in WHILE_LIVING or state.value == "done":
                with solara.Card(say(key)):
                    part(model.shown)
        solara.FileDownload(tables_zip, filename="gongji_tables.zip", label=say("download"))
