"""Publishing: promotions from a draft to the ruleset that purchases go by, and back to any ruleset before.

A document (see docs/flows/publishing.md) is edited as a draft and becomes an immutable version once a second person has
approved it. A ruleset is all that is in force at once: the versions with their campaigns compiled in, the groups and
what the program excludes. Publishing adds one, atomically; nothing here is ever rewritten.
"""

from coalition.promotions.publishing.composing import publish
from coalition.promotions.publishing.rehearsing import Rehearsal, rehearsal_of, rehearse, ruleset_by_id
from coalition.promotions.publishing.rulesets import Ruleset, ruleset
from coalition.promotions.publishing.setting import change_setting

__all__ = [
    "Rehearsal",
    "Ruleset",
    "change_setting",
    "publish",
    "rehearsal_of",
    "rehearse",
    "ruleset",
    "ruleset_by_id",
]
