"""What a parameter is in a year, and what a reform changes: value, unit, source, evidence; no simulation."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from agents.codes import Aid, Care, Code, Hukou, Kin, Scheme, Sex, Status, Tier, Work
from model.errors import PolicyError
from model.policy.loader import read_idle, read_unread
from model.policy.parameter import Entry, Parameter
from model.policy.policy import AFTER, Policy, load_policy, plain
from model.policy.relative import LIKE, PLUS, TAKES_UP, TIMES, is_relative
from model.policy.schema import PLACES, first_year
from model.scenario import Reform

LATER = 2035
"""The later year for which a relative change that moves on is shown [calendar year]."""
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "value": "value",
        "unit": "unit",
        "since": "since",
        "source": "source",
        "mark": "evidence",
        "reform": "set by reform",
        "range": "range",
        "why": "why",
        "after": "after the last value",
        "projected": "projected from",
        "read": "read in",
        "by": "one value by",
        "option": "meaning",
        "change": "change",
        "from": "from",
        "nothing": "changes nothing",
        "question": "question",
        "law": "law",
        "assumed": "assumed",
        "assumed: calibrated": "assumed: calibrated",
        "measured": "measured",
        "targets": "calibrated to",
        "note": "note",
        "like": "like",
        "times": "times",
        "plus": "plus",
        "takes_up": "takes up what is no longer in",
        "next": "paid for the year after the notice",
        "always": "always",
        "unread": "no phase reads this yet: changing it changes nothing",
        "idle": "changes nothing while",
    },
    "zh": {
        "value": "取值",
        "unit": "单位",
        "since": "起始日期",
        "source": "来源",
        "mark": "证据类别",
        "reform": "所属改革方案",
        "range": "取值范围",
        "why": "理由",
        "after": "末次取值之后",
        "projected": "外推起点",
        "read": "阅读出处",
        "by": "取值维度",
        "option": "含义",
        "change": "变动",
        "from": "自",
        "nothing": "不作任何改变",
        "question": "问题",
        "law": "法规",
        "assumed": "假设",
        "assumed: calibrated": "假设（校准）",
        "measured": "实测",
        "targets": "校准目标",
        "note": "说明",
        "like": "同",
        "times": "乘以",
        "plus": "加",
        "takes_up": "承接以下参数减少的部分",
        "next": "公告次年缴费适用",
        "always": "始终",
        "unread": "尚无模块读取该参数，改变它不产生影响",
        "idle": "满足以下条件时，改变它不产生影响",
    },
}
RULES_ZH = {"frozen": "保持不变", "indexed to income": "随人均可支配收入增长", "indexed to wages": "随平均工资增长"}
CODES: dict[str, type[Code]] = {
    "tier": Tier,
    "class": Aid,
    "scheme": Scheme,
    "status": Status,
    "care": Care,
    "work": Work,
    "kin": Kin,
    "sex": Sex,
    "hukou": Hukou,
}
KEYS_ZH = {
    "none": "无",
    "mild": "轻症",
    "severe": "重症",
    "small": "小城市",
    "medium": "中等城市",
    "large": "大城市",
    "very_large": "特大城市",
    "super_large": "超大城市",
    "lowest": "低收入组",
    "second": "中间偏下收入组",
    "middle": "中间收入组",
    "fourth": "中间偏上收入组",
    "highest": "高收入组",
}
BYS_ZH = {
    "nation": "全国",
    "province": "省份",
    "pool": "统筹区",
    "tier": "医院级别",
    "class": "救助对象类别",
    "scheme": "险种",
    "status": "参保身份",
    "care": "服务类型",
    "work": "就业类型",
    "kin": "亲属关系",
    "sex": "性别",
    "hukou": "户口类型",
    "chronic": "慢性病程度",
    "city": "城市规模",
    "fifth": "收入五等分",
    "age": "年龄组",
}


def number_text(value: float | int) -> str:
    """Return a number without needless digits."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) >= 1 else f"{value:.6g}"


def value_text(value: Any, by: str, lang: str) -> str:
    """Return a value: a number, or key: number pairs, the keys in words of the language."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key_text(key, by, lang)}: {number_text(number)}" for key, number in value.items())
    return number_text(value)


def key_text(key: object, by: str, lang: str) -> str:
    """Return a key of a value: a place by code and name, a word by its label."""
    if key == "default":
        return "其他" if lang == "zh" else "others"
    if by in PLACES:
        return f"{key} {place_names(lang).get(int(str(key)), '')}".strip()
    if by in CODES:
        code = CODES[by][str(key).upper()]
        return code.zh if lang == "zh" else str(key)
    return KEYS_ZH.get(str(key), str(key)) if lang == "zh" else str(key)


@cache
def place_names(lang: str) -> dict[int, str]:
    """Return the names of provinces and pools by code."""
    from model import data  # data is large; read only when a place is asked for

    names: dict[int, str] = {}
    for frame, code in ((data.table("provinces"), "province_code"), (data.pools(), "code")):
        names |= dict(zip(map(int, frame[code]), map(str, frame[f"name_{lang}"]), strict=True))
    return names


def unit_text(parameter: Parameter, lang: str) -> str:
    """Return the unit in a language."""
    return parameter.measure.zh if lang == "zh" else parameter.unit


def rule_text(rule: str, lang: str) -> str:
    """Return a projection rule in a language."""
    if lang == "en":
        return rule
    return RULES_ZH.get(rule) or "按 " + rule.removeprefix("growth ") + " 增长"


def date_text(date: datetime.date, lang: str) -> str:
    """Return a date, or the word for always where an undated assumption holds."""
    return date.isoformat() if date.year > 1900 else WORDS[lang]["always"]


def option_text(parameter: Parameter, value: Any, lang: str) -> str:
    """Return the meaning of a chosen option, or nothing."""
    if isinstance(value, Mapping):
        return ""
    return {number: zh if lang == "zh" else en for number, en, zh in parameter.options}.get(int(value), "")


def source_text(policy: Policy, entry: Entry) -> str:
    """Return where a value stands: number and title of the act with article, or the table."""
    if entry.kind == "law":
        act = policy.sources[entry.source]
        return f"{act['number']} {act['title']}, {entry.article}"
    return entry.source


def evidence(policy: Policy, entry: Entry, lang: str) -> str:
    """Return the kind of number and, for law, the mark of how it was read."""
    words = WORDS[lang]
    if entry.kind == "law":
        act = policy.sources[entry.source]
        return f"{words['law']} [{act['mark']}], {words['read']} {act['read']}"
    return words.get(entry.kind, entry.kind)


def explain_parameter(path: str, year: int, lang: str = "en", reforms: tuple[Reform, ...] = ()) -> str:
    """Return what a parameter is in a year, in English or Chinese; raise PolicyError where there is none."""
    words = WORDS[lang]
    policy = load_policy().with_reforms(reforms)
    parameter = policy.parameter(path)
    entry = policy.in_force(path, year)
    value = policy.setting(path, year)
    lines = [f"{path} {year}: {parameter.title[1 if lang == 'zh' else 0]}"]

    def say(word: str, text: str) -> None:
        if text:
            lines.append(f"  {words[word]}: {text}")

    say("value", value_text(value, parameter.by, lang))
    say("option", option_text(parameter, value, lang))
    say("unit", unit_text(parameter, lang))
    say("by", BYS_ZH[parameter.by] if lang == "zh" else parameter.by)
    say("since", date_text(entry.date, lang))
    last = [e for e in policy.entries(path) if first_year(e.date) <= year][-1:]
    rule = policy.rule(path, year)
    if (
        rule != "frozen"
        and path not in policy.shifts
        and last
        and first_year(entry.date) < year
        and value != entry.value
    ):
        say("projected", f"{value_text(entry.value, parameter.by, lang)} ({entry.date}), {rule_text(rule, lang)}")
    say("source", source_text(policy, entry))
    say("mark", evidence(policy, entry, lang) if not entry.reform else words["change"])
    say("reform", entry.reform)
    if entry.low is not None and entry.high is not None:
        say("range", " … ".join(value_text(edge, parameter.by, lang) for edge in (entry.low, entry.high)))
    say("why", entry.why)
    say("targets", "; ".join(parameter.targets))
    say("after", rule_text(rule, lang))
    say("note", parameter.note)
    if path in read_unread():
        lines.append(f"  {words['unread']}")
    say("idle", idle_text(policy, path, (year,)))
    return "\n".join(lines)


def idle_text(policy: Policy, path: str, years: Sequence[int]) -> str:
    """Return what other parameters have to be for a parameter to change nothing, or nothing if some year differs."""
    others = read_idle().get(path, {})
    if any(policy.setting(other, year) != value for other, value in others.items() for year in years):
        return ""
    return ", ".join(f"{other} = {number_text(value)}" for other, value in others.items())


def old_value(policy: Policy, path: str, year: int, lang: str) -> str:
    """Return the law's own value in a year, or a dash where there is none yet."""
    try:
        return value_text(policy.setting(path, year), policy.parameters[path].by, lang)
    except PolicyError:
        return "–"


def source_lines(raw: Any, lang: str) -> list[str]:
    """Return the line that says where a reform's value was proposed, or none."""
    source = " ".join(str(raw[k]) for k in ("source", "article") if isinstance(raw, Mapping) and k in raw)
    return [f"    {WORDS[lang]['source']}: {source}"] if source else []


def relative_lines(
    policy: Policy, changed: Policy, path: str, date: datetime.date, raw: Mapping[str, Any], lang: str
) -> list[str]:
    """Return the lines of a relative change: what it does, and old and new value in its first and in a later year."""
    words, parameter, year = WORDS[lang], policy.parameter(path), first_year(date)
    how = [f"{words['value']}: {value_text(raw['value'], parameter.by, lang)}"] if "value" in raw else []
    for word in (LIKE, TIMES, PLUS, TAKES_UP):
        if word in raw:
            told = raw[word] if isinstance(raw[word], str) else value_text(raw[word], parameter.by, lang)
            how.append(f"{words[word]} {told}")
    lines = [f"    {words['from']} {date}: {', '.join(how)} [{unit_text(parameter, lang)}]"]
    for shown in dict.fromkeys((year, *((max(year + 1, LATER),) if changed.settled(path) > year else ()))):
        new = value_text(changed.setting(path, shown), parameter.by, lang)
        year_word = f"{shown}年" if lang == "zh" else str(shown)
        lines.append(f"      {year_word}: {old_value(policy, path, shown, lang)} → {new}")
    return [*lines, *source_lines(raw, lang)]


def change_lines(policy: Policy, changed: Policy, path: str, values: Mapping[Any, Any], lang: str) -> list[str]:
    """Return the lines of one changed parameter: old, new, unit and date for each date; and if it changes nothing."""
    words = WORDS[lang]
    lines = []
    base = path.removesuffix(AFTER)
    parameter = policy.parameter(base)
    lines.append(f"  {path}: {parameter.title[1 if lang == 'zh' else 0]}")
    for date, raw in values.items():
        year = first_year(date)
        if path.endswith(AFTER):
            lines.append(
                f"    {words['from']} {date}: {rule_text(policy.rule(base, year), lang)} → {rule_text(str(raw), lang)}"
            )
            continue
        if is_relative(raw):
            lines += relative_lines(policy, changed, base, date, raw, lang)
            continue
        new = raw["value"] if isinstance(raw, Mapping) and "value" in raw else raw
        meaning = option_text(parameter, new, lang)
        plain_new = plain(new) if isinstance(new, Mapping) else new
        text = f"{old_value(policy, base, year, lang)} → {value_text(plain_new, parameter.by, lang)}"
        said = f"{unit_text(parameter, lang)}{': ' + meaning if meaning else ''}"
        lines.append(f"    {words['from']} {date}: {text} [{said}]")
        lines += source_lines(raw, lang)
    if base in read_unread():
        lines.append(f"    {words['unread']}")
    idle = idle_text(changed, base, [first_year(date) for date in values])
    return [*lines, f"    {words['idle']}: {idle}"] if idle else lines


def explain_reform(reform: Reform, lang: str = "en") -> str:
    """Return what a reform changes, in English or Chinese: old and new value, unit, date and source."""
    words = WORDS[lang]
    policy = load_policy()
    changed = policy.with_reforms((reform,))
    lines = [f"{reform.name}: {reform.text('title', lang)}"]
    said = [(words[name], reform.text(name, lang)) for name in ("question", "source")]
    lines += [f"  {word}: {text}" for word, text in said if text]
    if not reform.changes:
        lines.append(f"  {words['nothing']}")
    for path, values in reform.changes.items():
        lines += change_lines(policy, changed, path, values, lang)
    return "\n".join(lines)


__all__ = ["explain_parameter", "explain_reform"]
