"""Pages that answer for the model: checklists under their headings, how-to pages that run, a citation, API pages."""

from __future__ import annotations

import datetime
import re
import textwrap
from pathlib import Path

import pytest
import yaml

from experiments import api, cli, fit
from experiments.document import Grid, Heading, Words, page
from experiments.explain import explain_reform
from model import load_reform
from tests.test_docstrings import ALL
from tests.worlds import lived

ROOT = Path(__file__).resolve().parent.parent
STRESS = (
    "1.1 Purpose", "1.2 Outputs", "1.3 Aims of the experiments",
    "2.1 Overview", "2.2 Base model", "2.3 Scenarios", "2.4 Algorithms", "2.5 Components",
    "3.1 Sources", "3.2 Processing", "3.3 Input parameters", "3.4 Assumptions",
    "4.1 Initialisation", "4.2 Run length", "4.3 Estimation",
    "5.1 Software", "5.2 Random sampling", "5.3 Execution", "5.4 System", "6.1 Sharing",
)  # fmt: skip
TRACE = (
    "Problem formulation", "Model description", "Data evaluation", "Conceptual model evaluation",
    "Implementation verification", "Model output verification", "Model analysis", "Model output corroboration",
)  # fmt: skip
TASKS = ("Write a reform", "Bring your own provincial table", "Run on SLURM", "Calibrate again", "Add a rule")
PAGES = (
    "model/STRESS.md",
    "model/TRACE.md",
    "experiments/HOWTO.md",
    "experiments/STUDIES.md",
    "experiments/CLUSTER.md",
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_stress_has_every_item() -> None:
    assert tuple(re.findall(r"^\*\*(\d\.\d [^*]+?)\.\*\*", text_of("model/STRESS.md"), re.MULTILINE)) == STRESS


def test_trace_has_every_heading_and_says_what_was_not_done() -> None:
    text = text_of("model/TRACE.md")
    assert tuple(re.findall(r"^## \d\. (.*)$", text, re.MULTILINE)) == TRACE
    assert len(re.findall(r"^\*(Not done|Weak|Known)\.\*", text, re.MULTILINE)) >= 6


def test_the_free_parameters_told_are_those_fitted() -> None:
    told = [text_of("model/TRACE.md"), text_of("README.md"), text_of("README.zh-CN.md")]
    count = len(fit.free())
    assert f"\nThe {count} free parameters are fitted" in told[0]
    assert f"the {count} again within two standard deviations" in told[1]
    assert f"{count}个参数中有" in told[2]


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_exists(page: str) -> None:
    text = text_of(page)
    for name in re.findall(r"`((?:model|experiments|tests|agents)/[\w./*]+)`", text):
        assert list(ROOT.glob(name.rstrip("/"))) or name == "results/api/", name
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or ((ROOT / page).parent / target).exists(), target
    for target in re.findall(r"\]\(#([^)]+)\)", text):
        headings = [
            re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)$", text, re.M)
        ]
        assert target in headings, target
    verbs = {command.name or command.callback.__name__ for command in cli.app.registered_commands if command.callback}
    for module, verb in re.findall(r"python -m experiments(\.\w+)?(?: (\w+))?", text):
        assert (ROOT / "experiments" / f"{module[1:]}.py").exists() if module else verb in verbs, (module, verb)


def test_how_to_has_every_task() -> None:
    assert set(TASKS) <= set(re.findall(r"^## (.*)$", text_of("experiments/HOWTO.md"), re.MULTILINE))


def test_the_how_tos_reform_and_study_load(tmp_path: Path) -> None:
    text = text_of("experiments/HOWTO.md")
    blocks = [textwrap.dedent(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    reform = tmp_path / "my_reform.yaml"
    reform.write_text(blocks[0].rstrip(), encoding="utf-8")
    assert "0.02 → 0.03" in explain_reform(load_reform(str(reform)))
    shipped = yaml.safe_load(text_of("experiments/studies/three_steps.yaml"))
    study = (
        {key: value for key, value in shipped.items() if key != "full"}
        | {"name": "my_study"}
        | yaml.safe_load(blocks[1])
    )
    study["reforms"][0]["reforms"] = [str(reform)]
    (tmp_path / "my_study.yaml").write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
    from experiments.study import load_study

    assert [variant.name for variant in load_study(str(tmp_path / "my_study.yaml")).variants] == ["today", "mine"]


def test_the_citation_is_valid() -> None:
    citation = yaml.safe_load(text_of("CITATION.cff"))
    needed = {
        "cff-version": str,
        "message": str,
        "title": str,
        "authors": list,
        "type": str,
        "version": str,
        "license": str,
    }
    assert {key: kind for key, kind in needed.items() if not isinstance(citation.get(key), kind)} == {}
    known = set(needed) | {
        "date-released",
        "keywords",
        "abstract",
        "repository-code",
        "url",
        "doi",
        "identifiers",
        "references",
    }
    assert set(citation) <= known
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert all(author.keys() & {"name", "family-names"} for author in citation["authors"])
    assert isinstance(citation.get("date-released", datetime.date.min), datetime.date)
    import tomllib

    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])


def test_api_pages_hold_every_public_name(tmp_path: Path) -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in api.write(tmp_path))
    for each in ALL:
        path, *names = each.name.split(":")
        module = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        assert f'id="{module}.{".".join(names)}"' in pages, each.name
    assert "Return an employee&#x27;s own contribution [fen a year]" in pages


def test_a_report_has_a_form_for_phone_print_and_each_language() -> None:
    grid = Grid([("Outcome", "指标"), ("today", "现行")], [[("Aid, bn yuan", "调剂（十亿元）"), "+1.0 [-0.5, +2.5]"]])
    text = page("A study", [Heading(("Results", "结果")), Words("Words."), Words("文字。", "zh"), grid])
    for form in ("@media print", "@media screen and (max-width", "#en:checked ~ main", "#zh:checked ~ main"):
        assert form in text
    assert re.findall(r'<input type="radio" name="language" id="(\w+)"', text) == ["both", "en", "zh"]
    assert (
        '<h2><span lang="en">Results</span><span class="between"> · </span><span lang="zh-Hans">结果</span></h2>'
        in text
    )
    cells = re.findall(r"<td.*?</td>", text)
    assert len(cells) == 1
    assert "today" in cells[0]  # its column's words, for screens too narrow for a table
    assert "<small>[-0.5, +2.5]</small>" in cells[0]
    assert not re.search(r'(src|href)="', text)


def test_what_is_said_of_the_table_of_people_holds() -> None:
    """Not multiplied, the year's dead in it, the place that of the insuring pool: as README and HOWTO say."""
    world = lived()
    frame, people = world.people_frame(), world.engine.people
    assert people.dying.sum() > 0
    assert len(frame) == len(people)
    assert frame["cost_fen"].sum() * world.weight == world.record.care.query(f"year == {world.year}")["cost_fen"].sum()
    assert (frame["prefecture"] == world.pools["code"].to_numpy()[people.insured]).all()
    assert (people.insured != people.home).any()
    assert "`weight`" in text_of("README.md")
    assert "`weight`" in text_of("README.zh-CN.md")
    assert "died in the year" in text_of("experiments/HOWTO.md")


def test_nobody_counts_the_parameters_that_use_2024() -> None:
    """ODD names them in its section 6; a count elsewhere goes stale."""
    assert "compared, not fitted, except in `" in text_of("model/ODD.md")
    for name in ("README.md", "model/TRACE.md"):
        assert re.findall(r"but (?:for )?(\S+ \S+) ODD", text_of(name)) == ["those that"], name
    assert "ODD 第6节列明的几项" in text_of("README.zh-CN.md")
