"""The page itself, on Solara as Mesa's pages are: controls, a progress bar, and what each year's end shows."""

from __future__ import annotations

import dataclasses
import io
import threading
import traceback
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import solara

from experiments.outcomes import PROVINCE
from experiments.page import numbers, pictures
from experiments.page.lived import BASELINE, REFORM, Dashboard, Shown
from experiments.pictures.tiles import grid, short
from experiments.words import pool_name, province_name, province_names
from model.errors import GongjiError
from model.scenario import REFORMS, load_reform

SIZES = [5_000, 20_000, 100_000]
FIRST, LAST = 2024, 2040
CSS = (Path(__file__).resolve().parent / "page.css").read_text(encoding="utf-8")
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


def reform_titles() -> dict[str, str]:
    """Return the shipped reforms by title in the chosen language: title, name."""
    names = sorted(path.stem for path in REFORMS.glob("*.yaml"))
    return {load_reform(name).text("title", language.value): name for name in names}


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
    except GongjiError as error:
        message.value, state.value = str(error), "ready"
    except Exception as error:
        traceback.print_exc()
        message.value, state.value = f"{type(error).__name__}: {error}", "ready"


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
    other = "zh" if language.value == "en" else "en"
    solara.Button(say("language"), text=True, on_click=lambda: language.set(other), classes=["gongji-language"])
    names = reform_titles()
    titles = [title for title, name in names.items() if name in chosen.value]
    solara.SelectMultiple(
        say("reforms"),
        titles,
        list(names),
        on_value=lambda picked: chosen.set([names[each] for each in picked]),
        classes=["gongji-reforms"],
    )
    solara.Select(say("people"), SIZES, people)
    with solara.Div(classes=["gongji-end"]):
        solara.SliderInt(say("labelled", name=say("end"), value=end.value), end, min=FIRST, max=LAST)
    solara.SliderInt(say("labelled", name=say("seeds"), value=seeds.value), seeds, min=1, max=5)
    if busy:
        solara.Button(say("stop"), on_click=worker.stop.set, outlined=True, color="primary")
    else:
        solara.Button(say("live"), on_click=start, color="primary", classes=["gongji-live"])
    solara.ProgressLinear(True if state.value == "building" else progress.value)
    if message.value:
        solara.Error(say("labelled", name=say("error"), value=message.value))
    shown = {"year": lived_to.value, "start": FIRST, "end": lived_to.value if state.value == "done" else end.value}
    solara.Text(say(state.value, **shown), classes=["gongji-state"])


@solara.component
def Headline(shown: Shown) -> None:  # noqa: N802
    """Show the last year's fund totals, both sides, with the interval of the difference."""
    table = numbers.headline(shown)
    solara.HTML("div", as_html(table, ("fund", "measure")), classes=["gongji-table", "gongji-headline"])
    solara.Text(say("unit_note", unit=say("bn_yuan"), note=say("mean_note")), style="font-size: small")


def as_html(table: pd.DataFrame, wordy: tuple[str, ...]) -> str:
    """Return a table with its columns' words in the page's language and numbers to one digit."""
    table = table.copy()
    for column in wordy:
        table[column] = [say(str(word)) for word in table[column]]
    plain = [column for column in table.columns if column not in wordy]
    table[plain] = table[plain].map(lambda value: "–" if pd.isna(value) else f"{value:,.1f}")
    return str(
        table.rename(columns={str(word): say(str(word)) for word in table.columns}).to_html(index=False, border=0)
    )


@solara.component
def Provinces(shown: Shown) -> None:  # noqa: N802
    """Show the tile map, and the prefectures of the province that was clicked."""
    fund, set_fund = solara.use_state(numbers.POOLS[1])
    what, set_what = solara.use_state(numbers.SHOWN[0])
    side, set_side = solara.use_state(BASELINE)
    code, set_code = solara.use_state(next(iter(province_names())))
    sides = [*shown.sides, "difference"] if REFORM in shown.sides else list(shown.sides)
    side = side if side in sides else BASELINE
    with solara.Row(style="flex-wrap: wrap"):
        Choice(say("show"), list(numbers.SHOWN), what, set_what)
        Choice(say("fund"), list(numbers.POOLS), fund, set_fund)
        Choice(say("side"), sides, side, set_side)
    signed = side == "difference" or what == "net_aid"
    Tiles(numbers.places(shown, fund, what)[side], what, signed, code, set_code)
    inside = numbers.places(shown, fund, what, "prefecture")
    inside = inside[inside.index // PROVINCE * PROVINCE == code].map(pictures.number_text)
    inside.index = pd.Index([pool_name(int(pool), language.value) for pool in inside.index])
    inside.columns = [say(str(column)) for column in inside.columns]
    words = {"place": province_name(code, language.value), "what": say(what), "fund": say(fund), "year": shown.year}
    solara.Text(say("province", **words), classes=["gongji-of"])
    solara.HTML("div", inside.to_html(border=0), classes=["gongji-table", "gongji-inside"])


@solara.component
def Tiles(values: Any, what: str, signed: bool, code: int, set_code: Any) -> None:  # noqa: N802
    """Show a number of every province on the tile grid; a click chooses a province."""
    fills, low, high = pictures.tile_colours(values, signed)
    with solara.Div(classes=["gongji-map", f"gongji-map-{language.value}"]):
        for each, (row, column) in grid()["inside"].items():
            fill, ink = fills.get(each, ("#ffffff", "#000000"))
            place = f"grid-area: {row + 1} / {column + 1}; background-color: {fill} !important; color: {ink} !important"
            name, number = province_name(each, language.value), pictures.number_text(values.get(each, float("nan")))
            inside = [solara.HTML("span", short(name)), solara.HTML("b", number)]
            classes = ["gongji-tile", f"gongji-tile-{each}", *(["gongji-chosen"] if each == code else [])]
            options = {"classes": classes, "style": place, "depressed": True, "tile": True}
            solara.Button(children=inside, on_click=lambda each=each: set_code(each), **options)
        for outside in grid()["outside"].values():
            row, column = outside["at"]
            place = f"grid-area: {row + 1} / {column + 1}"
            solara.HTML("div", outside[language.value], classes=["gongji-tile", "gongji-outside"], style=place)
    strip = f'<span>{pictures.number_text(low)}</span><i style="background: {pictures.scale_strip(signed)}"></i>'
    strip += f"<span>{pictures.number_text(high)}</span>"
    solara.HTML("div", strip, classes=["gongji-scale"])
    words = {"what": say(what), "outside": say("outside"), "click": say("click")}
    solara.Text(say("map_note", **words), style="font-size: small")


@solara.component
def Choice(label: str, words: list[str], value: str, on_value: Any) -> None:  # noqa: N802
    """Offer a choice among words of the page, in its language."""
    shown = {say(word): word for word in words}
    solara.Select(label, list(shown), say(value), on_value=lambda name: on_value(shown[name]), style="max-width: 14rem")


@solara.component
def Picture(figure: Any, words: str) -> None:  # noqa: N802
    """Show a figure as wide as the page, with words for who cannot see it."""
    solara.HTML("div", pictures.as_image(figure, words), classes=["gongji-picture"])


@solara.component
def Paths(shown: Shown) -> None:  # noqa: N802
    """Show reserves over time."""
    Picture(
        pictures.fund_paths(numbers.paths(shown), language.value),
        say("unit_note", unit=say("paths"), note=say("paths_alt")),
    )


@solara.component
def Tenths(shown: Shown) -> None:  # noqa: N802
    """Show who pays and who receives."""
    Picture(
        pictures.tenth_bars(numbers.tenths(shown), language.value),
        say("unit_note", unit=say("deciles"), note=say("deciles_alt")),
    )


@solara.component
def Aid(shown: Shown) -> None:  # noqa: N802
    """Show who pays whom between schemes and outside, and mutual aid by province, with the reforms where there are."""
    side = REFORM if REFORM in shown.sides else BASELINE
    solara.HTML("div", as_html(numbers.between(shown), ("payer", "payee")), classes=["gongji-table", "gongji-flows"])
    solara.Text(say("bn_yuan"), style="font-size: small")
    solara.Text(say("aid"), classes=["gongji-of"])
    figure = pictures.aid_bars(numbers.aid(shown), side, language.value)
    if figure is None:
        solara.Text(say("no_aid"))
    else:
        Picture(figure, say("unit_note", unit=say("aid"), note=say("aid_alt")))


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
    with solara.Column(style="max-width: 60rem; padding: 0 1rem 4rem"):
        solara.Markdown(f"# {say('title')}")
        model, last, now = lived.value, lived_to.value, state.value  # all are read, so that each redraws the page
        if model is None or model.shown is None or last < FIRST:
            solara.Text(say("ready"))
            return
        for key, part in COMPONENTS.items():
            if key in WHILE_LIVING or now == "done":
                with solara.Card(say(key)):
                    part(model.shown)
        solara.FileDownload(tables_zip, filename="gongji_tables.zip", label=say("download"))
