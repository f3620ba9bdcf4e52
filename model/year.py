"""A year, as a table to be read aloud: who does what, in which order, and what is written.

Each line of the table is a verb, the function that does it and the columns or ledgers it writes. Phases of people run
inside one compiled driver between two phases of pools; tests hold the drivers and every phase to their lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model.phases import (
    backstop,
    behaviour,
    budgets,
    caring,
    close,
    closing,
    covering,
    drawing,
    inheriting,
    joining,
    living,
    loans,
    money_in_funds,
    moving,
    mutual_aid,
    paying,
    relatives,
    release,
    renewing,
    settling,
)

if TYPE_CHECKING:
    from model.pooling import PoolingModel


@dataclass(frozen=True)
class Phase:
    """One line of the year: a verb in two languages, the functions that do it, and what they write."""

    en: str
    zh: str
    does: tuple[Callable[..., Any], ...]
    writes: tuple[str, ...]
    stage: str = "funds"


def people(stage: str, en: str, zh: str, does: Callable[..., Any], *writes: str) -> Phase:
    """Return a line of people, lived by the compiled driver of its stage."""
    return Phase(en, zh, (does,), writes, stage)


def funds(en: str, zh: str, does: tuple[Callable[..., Any], ...], *writes: str) -> Phase:
    """Return a line of funds."""
    return Phase(en, zh, does, writes)


IN, PREMIUMS, WEIGH, OUT, RELATIVES = "money_in", "premiums", "weigh", "money_out", "relatives"
ROWS = ("household", "spouse", "mother", "father")
BORN = (
    "key",
    "home",
    "hukou",
    "insured",
    "sex",
    "hukou_kind",
    "urban",
    "work",
    "scheme",
    "aid",
    "rank",
    "account_kind",
)
MOVE = ("home", "urban", "insured", "work")
COVER = ("work", "scheme", "insured", "waiting", "account_kind")
BILL = ("supplement", "claimed")

YEAR: tuple[Phase, ...] = (
    funds("open the books under the law in force", "按现行政策开账", (money_in_funds.open_funds,), "ledgers"),
    funds("repay aid loans", "归还互助借款", (loans.repay_loans,), "ledgers", "loans"),
    funds("react to who bears the deficit", "按赤字由谁承担调整征缴与支出", (behaviour.feel,), "effort"),
    people("renew", "grow older, plan the year: births, partners, moves", "增龄、婚育与迁移", moving.plan_year, "age"),
    people("renew", "marry", "结婚", settling.wed, "spouse", *MOVE),
    people(
        "renew", "part, go away, come back, set up a home", "离异、外出、返乡、分户", settling.depart, "spouse", *MOVE,
    ),
    people("renew", "be born, leave the tables", "出生、离世者移出", renewing.set_newborns, *ROWS, *BORN),
    people(IN, "find work, retire", "就业、退休", living.find_work, *COVER),
    people(IN, "earn", "取得收入", living.earn, "income", "years"),
    people(IN, "mark who dies, who falls chronically ill", "死亡与慢病", living.mark_who_dies, "dying", "chronic"),
    people(
        IN, "enrol: join, lapse, return, wait", "参保、断保、续保、等待期", joining.enrol,
        "aid", "scheme", "insured", "waiting", "continuous", "lapsed", "contribution",
    ),
    people(IN, "contribute, credit accounts", "缴费、划账", paying.contribute, "contribution", "matched", "account"),
    people(IN, "count who needs what", "统计就医需求构成", joining.count_profile),
    people(PREMIUMS, "relatives' accounts pay premiums", "亲属账户代缴保费", relatives.pay_premiums, "account"),
    funds(
        "take in contributions, subsidise, credit", "基金收入、财政补助、划账",
        (money_in_funds.money_in, money_in_funds.pay_interest), "ledgers",
    ),
    funds("adjust ex ante: uploads, formula allocations", "事前调剂：上解与分配", (mutual_aid.uploads,), "ledgers"),
    people(WEIGH, "fall ill, seek care, at prices of 1", "患病、就医（按单位价格）", caring.seek_care),
    people(WEIGH, "weigh each pool's draw against what was to be expected", "核对需求与期望值", caring.weigh_need),
    funds("set budgets: collect first, spend accordingly", "编制预算：以收定支", (budgets.set_budgets,), "budget"),
    people(OUT, "run up a bill at local prices", "按当地价格发生费用", caring.run_up_bills, "cost"),
    people(OUT, "basic benefit", "基本医保报销", covering.pay_basic, "basic", "claimed"),
    people(OUT, "critical illness, large-sum", "大病保险、大额补助", covering.pay_supplement, *BILL),
    people(OUT, "medical assistance", "医疗救助", covering.pay_assistance, "assistance"),
    people(
        OUT, "own account, cash; ask relatives", "本人账户、现金、申请亲属共济", drawing.pay_rest,
        "own_account", "self_pay", "account",
    ),
    people(OUT, "maternity", "生育待遇", closing.pay_maternity),
    people(OUT, "count years without claims", "零报销激励", closing.count_bonuses, "bonus_claims"),
    people(OUT, "count heads", "期末人数", closing.count_heads),
    people("inherit", "leave an inheritance", "账户继承", inheriting.leave_inheritance, "account"),
    people(
        RELATIVES, "relatives' accounts, at home and elsewhere", "亲属账户共济：同户与异地", relatives.pay_care,
        "family_account", "self_pay", "account",
    ),
    funds(
        "bill the year's care, pay old arrears", "结算当年待遇、清偿往年欠付",
        (money_in_funds.care_money, money_in_funds.pay_old_arrears), "ledgers", "arrears",
    ),
    funds("warn", "风险预警", (close.warn,), "pools"),
    funds("adjust ex post: step 1, step 2, step 3", "事后互助：三步", (mutual_aid.cascade,), "ledgers", "loans"),
    funds("last resort: treasury, arrears", "兜底：财政、欠付", (backstop.last_resort,), "ledgers", "arrears"),
    funds("clear the bills, inherit", "付清账单、入账继承", (money_in_funds.inherit,), "ledgers"),
    funds("release excess reserves", "盘活过多结存", (release.release_reserves,), "ledgers"),
    funds("react: benefits of next year", "反应：次年待遇", (backstop.react,), "coverage"),
    funds("record", "记录", (close.close_funds,), "tables"),
)  # fmt: skip


def live(world: PoolingModel) -> None:
    """Live one year: every line of the table in its order, people's lines stage by stage."""
    lived = ""
    for phase in YEAR:
        if phase.stage == "funds":
            for does in phase.does:
                does(world)
        elif phase.stage != lived:
            world.live_people(phase.stage)
        lived = phase.stage


def table(lang: str = "en") -> str:
    """Return the year as a Markdown table in English or Chinese."""
    head = ("what happens", "what it writes") if lang == "en" else ("步骤", "写入")
    lines = [f"| {head[0]} | {head[1]} |", "| --- | --- |"]
    lines += [f"| {getattr(phase, lang)} | {', '.join(phase.writes)} |" for phase in YEAR]
    return "\n".join(lines) + "\n"
