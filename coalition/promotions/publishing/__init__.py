"""Publishing: promotions from a draft to the ruleset that purchases go by, and back to any ruleset before.

A document (see docs/flows/publishing.md) is edited as a draft and becomes an immutable version once a second person has
approved it. A ruleset is all that is in force at once: the versions with their campaigns compiled in, the groups and
what the program excludes. Publishing adds one, atomically; nothing here is ever rewritten.
"""

from coalition.promotions.publishing.amending import change_setting, save_campaign, set_group
from coalition.promotions.publishing.assembling import try_tests
from coalition.promotions.publishing.bundling import bundle, draft_bundle, publish_bundle
from coalition.promotions.publishing.campaigns import campaign, list_campaigns
from coalition.promotions.publishing.compiling import Campaign
from coalition.promotions.publishing.composing import publish
from coalition.promotions.publishing.drafting import begin_draft, discard, draft, save_draft
from coalition.promotions.publishing.groups import groups_of
from coalition.promotions.publishing.laws import laws
from coalition.promotions.publishing.listing import listed, one, rulesets, versions
from coalition.promotions.publishing.living import archive, end, pause, resume, rollback
from coalition.promotions.publishing.reading import Ruleset, by_no, kept_ruleset, ruleset
from coalition.promotions.publishing.rehearsing import Rehearsal, rehearsal_of, rehearse, ruleset_by_id
from coalition.promotions.publishing.reviewing import approve, reject, submit
from coalition.promotions.publishing.segmenting import missing_segments, segments, unknown
from coalition.promotions.publishing.settings import Setting, draw_commitment, setting
from coalition.promotions.publishing.testing import Tested
from coalition.promotions.publishing.types import Draft, Promotion, Published, Version, Warned
from coalition.promotions.publishing.warning import warnings

__all__ = [
    "Campaign",
    "Draft",
    "Promotion",
    "Published",
    "Rehearsal",
    "Ruleset",
    "Setting",
    "Tested",
    "Version",
    "Warned",
    "approve",
    "archive",
    "begin_draft",
    "bundle",
    "by_no",
    "campaign",
    "change_setting",
    "discard",
    "draft",
    "draft_bundle",
    "draw_commitment",
    "end",
    "groups_of",
    "kept_ruleset",
    "laws",
    "list_campaigns",
    "listed",
    "missing_segments",
    "one",
    "pause",
    "publish",
    "publish_bundle",
    "rehearsal_of",
    "rehearse",
    "reject",
    "resume",
    "rollback",
    "ruleset",
    "ruleset_by_id",
    "rulesets",
    "save_campaign",
    "save_draft",
    "segments",
    "set_group",
    "setting",
    "submit",
    "try_tests",
    "unknown",
    "versions",
    "warnings",
]
