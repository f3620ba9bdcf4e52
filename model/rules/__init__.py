"""The law's arithmetic: one small pure function a rule, for one person or one fund."""

from model.rules.enrolment import cap_bonus, waiting_period
from model.rules.sharing import may_share

__all__ = ["cap_bonus", "may_share", "waiting_period"]
