"""The live page in a real Chromium: what is chosen is lived, and what is shown equals the public API's numbers.

Screenshots at desktop and phone width in both languages go to the folder in GONGJI_SCREENSHOTS, or the test's own.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments.page.pictures import number_text, words
from experiments.words import pool_name
from model import PoolingModel, Scenario, load_reform

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = [name for name in ("solara", "playwright") if importlib.util.find_spec(name) is None]
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
FIRST, LAST, PEOPLE = 2024, 2026, 5_000
REFORM = "steps_1_2_3"
BN, YUAN = 1e11, 100  # fen
SICHUAN = 510000
SOON, COMPILED = 60_000, 900_000  # milliseconds; the first run compiles

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(MISSING), reason=f"needs {' and '.join(MISSING)}: pip install -e '.[browser]'"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found on this machine"),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get("GONGJI_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    number = free_port()
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with log.open("w", encoding="utf-8") as heard:
        line = [sys.executable, "-m", "experiments", "dashboard", "--port", str(number), "--no-browser"]
        server = subprocess.Popen(line, cwd=ROOT, stdout=heard, stderr=heard, start_new_session=True)
        try:
            for _ in range(240):
                assert server.poll() is None, log.read_text(encoding="utf-8")
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{number}/", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.5)
            yield number
        finally:
            os.killpg(server.pid, 15)
            server.wait(30)


@pytest.fixture(scope="module")
def page(port: int) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        width, height = WIDTHS["desktop"]
        view = browser.new_page(viewport={"width": width, "height": height})
        view.set_default_timeout(SOON)
        view.goto(f"http://127.0.0.1:{port}/")
        view.wait_for_selector(".gongji-live")
        yield view
        browser.close()


@pytest.fixture(scope="module")
def lived(page: Any) -> Any:
    """Choose steps 1 to 3 in the list, end in 2026, run: the page with results."""
    choose(page, "steps_1_2_3")
    slider = page.locator(".gongji-end .v-slider__thumb-container, .gongji-end [role=slider]").first
    slider.focus()
    for _ in range(2028 - LAST):
        page.keyboard.press("ArrowLeft")
    page.wait_for_selector(f"text={words()['end']['en']}: {LAST}")
    page.click(".gongji-live")
    page.wait_for_selector(f"text=Lived {FIRST} to {LAST}", timeout=COMPILED)
    page.wait_for_selector(".gongji-flows")
    return page


@pytest.fixture(scope="module")
def worlds() -> dict[str, PoolingModel]:
    """The same scenario through the public API."""
    lived_to = {}
    for side, reforms in {"baseline": (), "reform": (load_reform(REFORM),)}.items():
        world = PoolingModel(Scenario(people=PEOPLE, start=FIRST, end=LAST, reforms=reforms), rng=0)
        while world.year < LAST:
            world.step()
        lived_to[side] = world
    return lived_to


def choose(page: Any, *names: str) -> None:
    """Leave exactly these reforms chosen."""
    wanted = {load_reform(name).text("title", "en") for name in names}
    page.locator(".gongji-reforms .v-select__slot").click()
    menu = page.locator(".menuable__content__active")
    menu.locator(".v-list-item").first.wait_for()
    for _ in range(4):  # the list grows as it is scrolled
        menu.evaluate("menu => { menu.scrollTop = menu.scrollHeight }")
        page.wait_for_timeout(300)
    while menu.locator(".v-list-item--active").count():
        menu.locator(".v-list-item--active").first.click()
        page.wait_for_timeout(500)
    for title in wanted:
        menu.get_by_text(title, exact=True).click()
        page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    for title in wanted:
        page.locator(".gongji-reforms").get_by_text(title).wait_for()


def table(page: Any, selector: str) -> list[list[str]]:
    rows = page.locator(f"{selector} tr").all()
    return [[cell.strip() for cell in row.locator("th, td").all_inner_texts()] for row in rows]


def last_funds(world: PoolingModel, fund: str) -> pd.DataFrame:
    funds = world.record.funds
    return funds[(funds["year"] == LAST) & (funds["fund"] == fund)]


def test_numbers_equal_the_apis(lived: Any, worlds: dict[str, PoolingModel]) -> None:
    shown = {(row[0], row[1]): row[2:5] for row in table(lived, ".gongji-headline")[1:]}
    assert len(shown) == 8
    moved = False
    for fund in ("employee_pool", "resident_pool"):
        rows = {side: last_funds(world, fund) for side, world in worlds.items()}
        for measure in ("income", "spending", "closing"):
            sums = [rows[side][f"{measure}_fen"].sum() / BN for side in ("baseline", "reform")]
            expected = [f"{value:,.1f}" for value in (*sums, sums[1] - sums[0])]
            assert shown[words()[fund]["en"], words()[measure]["en"]] == expected
            moved = moved or expected[0] != expected[1]
    assert moved  # else the reform was not lived


def test_a_tile_and_its_pools_equal_the_apis(lived: Any, worlds: dict[str, PoolingModel]) -> None:
    lived.locator(f".gongji-tile-{SICHUAN}").click()
    lived.locator(".gongji-of", has_text="Sichuan").wait_for()
    rows = last_funds(worlds["baseline"], "resident_pool")
    rows = rows[rows["province"] == SICHUAN]
    months = 12 * rows["closing_fen"].sum() / rows["spending_fen"].sum()
    assert lived.locator(f".gongji-tile-{SICHUAN} b").inner_text() == number_text(months)
    shown = {row[0]: row[1] for row in table(lived, ".gongji-inside")[1:]}
    spent = rows[rows["spending_fen"] > 0]
    assert set(shown) == {pool_name(int(code)) for code in rows["prefecture"]}
    for row in spent.itertuples():
        assert shown[pool_name(int(row.prefecture))] == number_text(12 * row.closing_fen / row.spending_fen)


def test_the_tables_can_be_downloaded(lived: Any, worlds: dict[str, PoolingModel], tmp_path: Path) -> None:
    with lived.expect_download() as waiting:
        lived.get_by_text(words()["download"]["en"]).click()
    waiting.value.save_as(tmp_path / "tables.zip")
    with zipfile.ZipFile(tmp_path / "tables.zip") as archive:
        assert {"funds.csv", "flows.csv", "enrolment.csv", "care.csv", "measures.csv"} == set(archive.namelist())
        funds = pd.read_csv(archive.open("funds.csv"))
    for side, world in worlds.items():
        mine = funds[funds["side"] == side]
        assert mine["closing_fen"].sum() == world.record.funds["closing_fen"].sum()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_reads_at_every_width(lived: Any, shots: Path, lang: str) -> None:
    switch = lived.locator(".gongji-language")
    if lang == "zh":
        switch.click()
        lived.locator("h1", has_text=words()["title"]["zh"]).wait_for()
    for width, size in WIDTHS.items():
        lived.set_viewport_size({"width": size[0], "height": size[1]})
        lived.wait_for_timeout(2000)
        assert lived.evaluate("document.documentElement.scrollWidth") <= size[0]  # nothing sticks out
        lived.set_viewport_size({"width": size[0], "height": size[1] + lived.evaluate(BELOW)})
        lived.wait_for_timeout(2000)
        lived.evaluate("document.querySelectorAll('*').forEach(e => e.scrollTo(0, 0))")
        lived.wait_for_timeout(500)
        lived.screenshot(path=shots / f"page_{lang}_{width}.png")
        assert lived.evaluate(OVERLAPS) == []
    text = lived.inner_text("main, body")
    if lang == "zh":
        names = ("headline", "map", "paths", "deciles", "flows", "download", "reserve_months", "difference", "click")
        assert all(words()[name]["zh"] in text for name in names)
        left = {line for line in text.splitlines() if re.search(r"[A-Za-z]{3}", line)}
        assert left <= {"English", "This website runs on Solara"}, left
    lived.set_viewport_size(dict(zip(("width", "height"), WIDTHS["desktop"])))
    if lang == "zh":
        lived.locator(".gongji-language").click()
        lived.locator("h1", has_text=words()["title"]["en"]).wait_for()


BELOW = "Math.max(...[...document.querySelectorAll('*')].map(e => e.scrollHeight)) - window.innerHeight"
OVERLAPS = """() => {
  const words = '.gongji-tile, .gongji-table td, .gongji-table th, h1, .v-card__title';
  const extent = e => { const g = document.createRange(); g.selectNodeContents(e); return g.getBoundingClientRect(); };
  const all = [...document.querySelectorAll(words)].filter(e => e.offsetParent !== null);
  const boxes = all.map(e => ({r: extent(e), t: e.innerText, e})).filter(b => b.r.width > 0);
  const cut = (a, b, low, high) => Math.min(a[high], b[high]) - Math.max(a[low], b[low]) > 1;
  const found = [];
  for (const a of boxes) for (const b of boxes)
    if (a !== b && a.e.parentElement === b.e.parentElement
        && cut(a.r, b.r, 'left', 'right') && cut(a.r, b.r, 'top', 'bottom')) found.push([a.t, b.t]);
  return found;
}"""


def test_an_error_is_shown_on_the_page(lived: Any) -> None:
    choose(lived, "step_1", "steps_1_2")
    lived.click(".gongji-live")
    lived.get_by_text("pooling.allow_cross_fund").first.wait_for()
    assert words()["error"]["en"] in lived.inner_text("body")
    lived.locator(".gongji-live").wait_for()


def answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((address, port)) == 0


def test_it_listens_on_this_machine_only(port: int) -> None:
    assert answers("127.0.0.1", port)
    found = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    assert not [address for address in found if not address.startswith("127.") and answers(str(address), port)]
