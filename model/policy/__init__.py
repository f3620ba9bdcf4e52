"""The law as dated YAML: parameters, loader, and the record that phases read."""

from model.policy.policy import Policy, load_policy
from model.policy.record import law_record

__all__ = ["Policy", "law_record", "load_policy"]
