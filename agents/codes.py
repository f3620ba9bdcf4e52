"""The words of the model as small integers, each with its English and Chinese name."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class Code(IntEnum):
    """An integer code that knows its English and Chinese label."""

    en: str
    zh: str

    def __new__(cls, value: int, en: str, zh: str) -> Self:
        """Make a member from its value and its two labels."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.en = en
        member.zh = zh
        return member


class Sex(Code):
    """Sex as registered."""

    MALE = 0, "male", "男"
    FEMALE = 1, "female", "女"


class Hukou(Code):
    """Kind of household registration."""

    RURAL = 0, "rural", "农业户口"
    URBAN = 1, "urban", "非农业户口"


class Work(Code):
    """What a person does for a living."""

    CHILD = 0, "pre-school child", "学龄前儿童"
    PUPIL = 1, "pupil", "中小学生"
    STUDENT = 2, "university student", "大学生"
    ENTERPRISE = 3, "employee of an enterprise", "企业职工"
    PUBLIC = 4, "employee of government or public institution", "机关事业单位职工"
    FLEXIBLE = 5, "flexible worker", "灵活就业人员"
    FARMER = 6, "farmer", "务农人员"
    UNEMPLOYED = 7, "unemployed on benefit", "领取失业保险金人员"
    NOT_WORKING = 8, "not working", "未就业人员"
    RETIRED = 9, "retired employee", "退休人员"


class Scheme(Code):
    """Basic medical insurance scheme."""

    NONE = 0, "none", "未参保"
    EMPLOYEE = 1, "employee", "职工医保"
    RESIDENT = 2, "resident", "居民医保"


class Aid(Code):
    """Low-income class with help towards the premium and the bill."""

    NONE = 0, "none", "无"
    DESTITUTE = 1, "destitute", "特困人员"
    MINIMUM_LIVING = 2, "minimum living allowance", "低保对象"
    MONITORED = 3, "monitored against poverty", "防止返贫监测对象"


class Advice(Code):
    """Whether somebody was advised to go to hospital in a year, and went."""

    NONE = 0, "no stay advised", "未被建议住院"
    TAKEN = 1, "advised stay taken", "应住院已住院"
    GIVEN_UP = 2, "advised stay given up", "应住院未住院"


class Status(Code):
    """Standing in the scheme, as the care table reports it."""

    NONE = 0, "none", "未参保"
    ACTIVE = 1, "active", "在职"
    RETIRED = 2, "retired", "退休"
    RESIDENT = 3, "resident", "居民"


class Care(Code):
    """Kind of care."""

    OUTPATIENT = 0, "outpatient", "门诊"
    INPATIENT = 1, "inpatient", "住院"


class Tier(Code):
    """Level of a hospital."""

    PRIMARY = 0, "primary", "一级及以下"
    SECONDARY = 1, "secondary", "二级"
    TERTIARY = 2, "tertiary", "三级"


class Kin(Code):
    """Relation of the user of an account to its holder."""

    SELF = 0, "holder", "本人"
    SPOUSE = 1, "spouse", "配偶"
    PARENT = 2, "parent", "父母"
    CHILD = 3, "child", "子女"
    SIBLING = 4, "sibling", "兄弟姐妹"
    GRANDPARENT = 5, "grandparent", "祖父母、外祖父母"
    GRANDCHILD = 6, "grandchild", "孙子女、外孙子女"
    SPOUSE_PARENT = 7, "spouse's parent", "配偶父母"
    OTHER = 8, "other", "其他"
