"""The tables: listed, unaltered, consistent, and the same in any order of rows."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from model import data
from model.errors import DataError

CENSUS = 1_409_778_724


def copy(target: Path, change: dict[str, Callable[[list[str]], list[str]]], resign: bool = False) -> Path:
    """Copy the tables to a folder and change the rows of some; `resign` writes the new sha256 into the catalogue."""
    shutil.copytree(data.folder(), target, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    listing = target / "catalogue.yaml"
    document = yaml.safe_load(listing.read_text(encoding="utf-8"))
    for name, edit in change.items():
        path = target / f"{name}.csv"
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        path.write_bytes(("\n".join([header, *edit(rows)]) + "\n").encode())
        if resign:
            document["tables"][name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    listing.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return target


def refused(target: Path, name: str) -> str:
    """Return the one line with which a table is refused."""
    with data.use(target), pytest.raises(DataError) as caught:
        data.table(name)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{name}.csv: ")
    return message


def test_every_table_is_read_and_complete():
    for name, entry in data.catalogue().items():
        assert len(data.table(name)) == entry["rows"], name
        assert {"title", "source", "status", "licence", "units", "keys", "sha256"} <= set(entry), name
        assert entry["title"]["en"], name
        assert entry["title"]["zh"], name


def test_only_listed_files_lie_in_the_folder():
    files = {path.name for path in data.folder().glob("*.csv")}
    assert files == {entry["file"] for entry in data.catalogue().values()}


def test_unlisted_table_is_refused():
    with pytest.raises(DataError, match="no table 'elsewhere': expected one of"):
        data.table("elsewhere")


def test_pools_are_those_of_the_contract():
    pools = data.pools()
    assert len(pools) == 358
    assert pools["code"].is_monotonic_increasing
    assert pools["kind"].value_counts().to_dict() == {
        "prefecture_city": 293,
        "autonomous_prefecture": 30,
        "directly_administered_county": 20,
        "prefecture": 7,
        "municipality": 4,
        "league": 3,
        "corps": 1,
    }
    assert len(data.province_codes()) == 31
    divisions = data.table("prefectures").set_index("prefecture_code")
    for index, row in pools.iterrows():
        assert data.pool_index(row["code"]) == index
        if row["code"] != data.CORPS:
            assert divisions.loc[row["code"], "name_zh"] == row["name_zh"]
            assert divisions.loc[row["code"], "province_code"] == row["province"]
    assert sorted(set(data.members().values())) == list(range(358))
    with pytest.raises(DataError, match="no pool 123"):
        data.pool_index(123)


def test_ages_add_up_to_the_census_everywhere():
    groups, years = data.age_groups(), data.single_ages()
    assert groups.shape == (358, 2, len(data.AGE_STARTS))
    assert years.shape == (358, 2, data.OLDEST + 1)
    assert groups.sum() == years.sum() == CENSUS
    assert years.min() >= 0
    ends = [*data.AGE_STARTS[1:], data.OLDEST + 1]
    for group, (start, end) in enumerate(zip(data.AGE_STARTS, ends, strict=True)):
        np.testing.assert_array_equal(years[:, :, start:end].sum(axis=2), groups[:, :, group])
    population = data.by_pool("prefectures", ["pop_census2020_persons"])[:, 0]
    np.testing.assert_array_equal(groups.sum(axis=(1, 2)), population)


def test_series_takes_the_better_source():
    members = data.series("enrolment", "employee")
    assert members[2024] == 37948.34
    assert data.series("enrolment", "all", unit="100m_persons")[2024] == pytest.approx(13.266208)
    assert data.series("fund_income", "employee_pooled")[2023] == 16580.30
    assert data.series("fund_income", "employee_pooled", prefer=("nhsa_quick_report",))[2023] == 16636.07
    assert data.fen(30445.50) == 304_455_000_000_000
    with pytest.raises(DataError, match="indicator 'nothing'"):
        data.series("nothing", "employee")
    with pytest.raises(DataError, match="expected one that converts to persons"):
        data.series("fund_income", "employee", unit="persons")


def test_order_of_rows_does_not_matter(tmp_path):
    names = list(data.catalogue())
    before = {name: data.table(name) for name in names}
    ages, whole = data.single_ages(), data.data_hash()
    turned = copy(tmp_path / "turned", dict.fromkeys(names, lambda rows: rows[1::2][::-1] + rows[::2]))
    with data.use(turned):
        assert data.data_hash() == whole
        for name in names:
            assert data.table(name).equals(before[name]), name
        np.testing.assert_array_equal(data.single_ages(), ages)


def test_windows_line_ends_are_accepted(tmp_path):
    target = copy(tmp_path / "crlf", {})
    path = target / "households.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    with data.use(target):
        assert len(data.table("households")) == 64


def test_environment_names_the_folder(tmp_path, monkeypatch):
    target = copy(tmp_path / "elsewhere", {})
    monkeypatch.setenv("GONGJI_DATA", str(target))
    assert data.folder() == target
    assert len(data.pools()) == 358
    monkeypatch.setenv("GONGJI_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="expected the catalogue"):
        data.table("pools")


def swap(old: str, new: str) -> Callable[[list[str]], list[str]]:
    """Return an edit that replaces the first occurrence of a text in the rows."""

    def edit(rows: list[str]) -> list[str]:
        place = next(index for index, row in enumerate(rows) if old in row)
        return [*rows[:place], rows[place].replace(old, new, 1), *rows[place + 1 :]]

    return edit


@pytest.mark.parametrize("resign", [False, True])
@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("employment", "110000,", "990000,", "code 990000 lies in no known province"),
        ("migration_od_2020", "120000,Tianjin", "910000,Tianjin", "origin_code 910000"),
        ("age_sex_2020", "21893095", "21893096", "total_persons is 21893096 for 110000: expected the sum of its parts"),
        ("age_sex_2020", "130100,", "130199,", "code 130199 is no known division"),
        ("households", ",8230792,", ",-8230792,", "family_households is -8230792 in one row: expected zero or more"),
        ("provinces", "120000,Tianjin", "110000,Tianjin", "province_code 110000 appears twice"),
        ("income_distribution", "national,2019,gini,0.465", "national,2019,gini,high", "value holds text"),
    ],
)
def test_bad_tables_are_refused_in_one_line(tmp_path, name, old, new, says, resign):
    assert says in refused(copy(tmp_path / "bad", {name: swap(old, new)}, resign), name)


def test_altered_and_short_tables_are_refused(tmp_path):
    altered = copy(tmp_path / "altered", {"national_series": swap("512", "513")})
    assert "sha256" in refused(altered, "national_series")
    short = copy(tmp_path / "short", {"national_series": lambda rows: rows[1:]})
    assert "1275 rows: expected 1276" in refused(short, "national_series")
    (short / "pools.csv").unlink()
    with data.use(short), pytest.raises(DataError, match=r"pools\.csv: cannot be read"):
        data.table("pools")
