"""A paper kit from a study's stored results: tables, figures, every quoted number as a macro, the methods in words.

Nothing is simulated and nothing depends on the hour, so that a kit built twice is the same to the last byte.
"""

from __future__ import annotations

import filecmp
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.compare import Results, collect, write_findings
from experiments.figures import draw_all
from experiments.outcomes import style
from experiments.precision import sets_words, size_words
from experiments.published import check_published
from experiments.report import headline_cell
from experiments.run import ROOT, Job, Simulator
from experiments.store import MARKER, Store, digest, read_manifest, read_run, write_text
from experiments.study import Outcome, Study
from experiments.tables import escaped, write_tables
from model.errors import GongjiError, ResultsError

KIT = "paper"
ODD = ROOT / "model" / "ODD.md"
HEAD = r"""% Every number of the paper, from {study}: \input{{numbers}}, then \gongji{{regime.level.unit.measure}}.
\makeatletter
\newcommand{{\gongji}}[1]{{\ifcsname gongji@#1\endcsname\csname gongji@#1\endcsname\else
  \errmessage{{no such number: #1}}\fi}}
"""


class StaleError(GongjiError):
    """A kit, or a stored table under it, is not what its results say."""

    exit_code = 1


def stored_results(simulator: Simulator, folder: Path) -> Results:
    """Return what a study's folder holds; raise ResultsError where it is not one, or was made by other code.

    Raises StaleError where a stored table was changed after it was written.
    """
    marker = folder / MARKER
    try:
        facts: dict[str, Any] = json.loads(marker.read_text(encoding="utf-8"))
        study = Study.model_validate(facts["definition"])
        runs = {tuple(name.rsplit(" ", 1)): key for name, key in facts["runs"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise ResultsError(f"{marker}: expected the folder of a finished compare ({problem})") from None
    here = simulator.code_version()
    if facts.get("code_version") != here:
        found = str(facts.get("code_version"))[:12]
        raise ResultsError(f"{folder}: expected results of code {here[:12]}, found {found}: the numbers are stale")
    store = Store(folder, study.name)
    jobs = {(name, int(seed)): Job(key, None, int(seed), folder, study.name) for (name, seed), key in runs.items()}
    for key in sorted(set(runs.values())):
        _check_untouched(store, key)
    return collect(study, jobs, store)


def _check_untouched(store: Store, key: str) -> None:
    manifest = read_manifest(store.place(key))
    if manifest["status"] != "complete":
        return
    for name, frame in read_run(store.place(key)).items():
        if manifest["tables"][name].get("sha256") not in {None, digest(frame)}:
            raise StaleError(f"{store.place(key) / name}.parquet: expected the table of its manifest; it was changed")


def build(results: Results, folder: Path) -> None:
    """Write the kit of stored results into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _, compared = check_published(results.outcomes, results.study.baseline.name)
    draw_all(results, folder / "figures")
    write_tables(results, compared, folder / "tables")
    write_findings(results, folder / "tables")
    write_text(folder / "numbers.tex", numbers(results))
    for language in ("en", "zh"):
        write_text(folder / f"methods_{language}.tex", escaped(methods(results, language)) + "\n")
    write_text(folder / "ODD.md", ODD.read_text(encoding="utf-8"))


def numbers(results: Results) -> str:
    """Return numbers.tex: a macro for the baseline's level and each reform's difference of every declared outcome."""
    study, year = results.study, int(results.outcomes["year"].max())
    lines = [HEAD.format(study=study.name).rstrip()]
    for key, text in [*_facts(results), *_quoted(results, year)]:
        lines.append(rf"\expandafter\def\csname gongji@{key}\endcsname{{{escaped(text)}}}")
    return "\n".join([*lines, r"\makeatother", ""])


def _facts(results: Results) -> Iterator[tuple[str, str]]:
    manifest = results.facts["manifest"]
    yield "people", f"{results.study.people:,}"
    yield "weight", f"{manifest['weight']:,}"
    yield "seeds", str(results.outcomes["seed"].nunique())
    yield "years", f"{results.outcomes['year'].min()}–{results.outcomes['year'].max()}"
    yield "code", str(manifest["code_version"])[:12]
    yield "data", str(manifest["data_hash"])[:12]


def _quoted(results: Results, year: int) -> Iterator[tuple[str, str]]:
    for variant in results.study.variants:
        for outcome in results.study.outcomes:
            yield number_key(variant.name, outcome), headline_cell(results, outcome, variant.name, year)


def number_key(regime: str, outcome: Outcome) -> str:
    """Return the name by which a paper quotes a number."""
    return f"{regime}.{outcome.level}.{outcome.unit}.{outcome.measure}"


def methods(results: Results, language: str) -> str:
    """Return the methods paragraph: what was run, how effects are measured, and with which versions."""
    study, manifest = results.study, results.facts["manifest"]
    fact = dict(_facts(results))
    tools = ", ".join(f"{name} {number}" for name, number in sorted(manifest["versions"].items()))
    level = f"{style()['per_cent'] * style()['confidence']:.0f}"
    sets, size = sets_words(study.fitted_sets), size_words(study.people) or ("", "")
    if language == "zh":
        regimes = "、".join(variant.label.zh for variant in study.variants)
        return (
            f"{study.question.zh}使用共济（Gongji）模型，模拟{fact['people']}名居民（每人代表{fact['weight']}人），"
            f"{fact['years']}年，制度包括：{regimes}；每种制度以相同的{fact['seeds']}个随机种子运行。"
            f"效应为同一种子下与“{study.baseline.label.zh}”之差的均值，括号内为{level}%的t区间。{sets[1]}{size[1]}"
            f"代码{fact['code']}，数据{fact['data']}；{tools}。"
        )
    regimes = ", ".join(variant.label.en for variant in study.variants)
    return (
        f"{study.question.en} The Gongji model was run with {fact['people']} simulated people, each standing for "
        f"{fact['weight']}, over {fact['years']}, under these regimes: {regimes}; each with the same {fact['seeds']} "
        f"seeds. An effect is the mean difference from {study.baseline.label.en} between runs of the same seed, with "
        f"its {level} % t-interval in brackets.{sets[0]}{size[0] and ' ' + size[0]} Code {fact['code']}, "
        f"data {fact['data']}; {tools}."
    )


def write_kit(simulator: Simulator, folder: Path) -> Path:
    """Build the kit of a study's folder, in one piece, and return where it lies."""
    results = stored_results(simulator, folder)
    kit = folder / KIT
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{KIT}-") as room:
        build(results, Path(room) / KIT)
        shutil.rmtree(kit, ignore_errors=True)
        (Path(room) / KIT).replace(kit)
    return kit


def check_kit(simulator: Simulator, folder: Path) -> int:
    """Build the kit again beside the one there and return how many files agree; raise StaleError at the first other."""
    kit = folder / KIT
    if not kit.is_dir():
        raise ResultsError(f"{kit}: expected a kit; the verb paper writes it")
    results = stored_results(simulator, folder)
    with tempfile.TemporaryDirectory(prefix="gongji-") as room:
        again = Path(room) / KIT
        build(results, again)
        names = sorted({str(p.relative_to(root)) for root in (kit, again) for p in root.rglob("*") if p.is_file()})
        for name in names:
            one, two = kit / name, again / name
            if not (one.is_file() and two.is_file() and filecmp.cmp(one, two, shallow=False)):
                raise StaleError(f"{one}: expected {_first_difference(one, two)}")
    return len(names)


def _first_difference(one: Path, two: Path) -> str:
    """Return the line that the results give where a text differs, or what else is wrong."""
    if not two.is_file():
        return "no such file in a kit of these results"
    if not one.is_file() or two.suffix not in {".tex", ".csv", ".md"}:
        return "the file of these results"
    old, new = (path.read_text(encoding="utf-8").splitlines() for path in (one, two))
    for was, now in zip(old, new):
        if was != now:
            return f"{now!r}, found {was!r}"
    return f"{len(new)} lines, found {len(old)}"
