"""Promotions: what a purchase earns and why. Base rules today; the rules engine stands ready in `engine`."""

from coalition.promotions import wording
from coalition.promotions.engine.vectors import returned, vector
from coalition.promotions.evaluation import Award, Earner, Reason, Rule, evaluate, evaluate_event
from coalition.promotions.publishing import (
    Rehearsal,
    Ruleset,
    change_setting,
    publish,
    rehearsal_of,
    rehearse,
    ruleset,
    ruleset_by_id,
)
from coalition.promotions.reasons import called, number, sentence
from coalition.promotions.rules import create_base_rule, in_force, list_rules

__all__ = [
    "Award",
    "Earner",
    "Reason",
    "Rehearsal",
    "Rule",
    "Ruleset",
    "called",
    "change_setting",
    "create_base_rule",
    "evaluate",
    "evaluate_event",
    "in_force",
    "list_rules",
    "number",
    "publish",
    "rehearsal_of",
    "rehearse",
    "returned",
    "ruleset",
    "ruleset_by_id",
    "sentence",
    "vector",
    "wording",
]
