"""All promotions of a program in one document, to be carried to another installation, or kept in a repository.

`{"groups": {code: {mode, scope}}, "setting": {exclude, earn_on, ..}, "campaigns": [..], "promotions": [..]}`: documents
as they were written, with their tests, without their versions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from coalition import partners
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.publishing import campaigns, listing
from coalition.promotions.publishing.compiling import Campaign
from coalition.promotions.publishing.composing import publish
from coalition.promotions.publishing.documents import Document, content
from coalition.promotions.publishing.drafting import save_draft
from coalition.promotions.publishing.groups import group_problems, groups_of, put_group
from coalition.promotions.publishing.reading import Ruleset
from coalition.promotions.publishing.settings import Setting, setting, setting_problems
from coalition.promotions.publishing.sponsoring import meant
from coalition.promotions.publishing.types import Draft

_PARTS: Mapping[str, type] = {"groups": dict, "setting": dict, "campaigns": list, "promotions": list}
_IN_FORCE = ("scheduled", "active")


def bundle(program_id: int) -> dict[str, Any]:
    """What is scheduled and active, with what it has in common."""
    found = [one for one in listing.listed(program_id) if one.phase in _IN_FORCE and one.published is not None]
    common = setting(program_id)
    return {
        "groups": groups_of(program_id),
        "setting": common.told(),
        "campaigns": [campaigns.told(one) for one in campaigns.list_campaigns(program_id)],
        "promotions": [json.loads(content(one.document)) for one in sorted(found, key=lambda one: one.code)],
    }


def draft_bundle(program_id: int, given: Any, *, actor: str) -> list[Draft]:
    """Keep a bundle's promotions as drafts, and such groups and campaigns as the program has not got; nothing is in
    force by that. The drafts, with their problems. Invalid for what is no bundle."""
    _examine(program_id, given)
    here, groups = campaigns.by_code(program_id), groups_of(program_id)
    for one in _campaigns(given):
        if one.code not in here:
            campaigns.put_campaign(program_id, one)
    for code, group in _groups(given).items():
        if code not in groups:
            put_group(program_id, code, group)
    return [save_draft(program_id, str(one.get("id", "")), one, actor=actor) for one in given.get("promotions", ())]


def publish_bundle(program_id: int, given: Any, *, actor: str, note: str = "") -> Ruleset:
    """Let exactly the promotions of a bundle be in force, with its groups, campaigns and setting; see `publish`."""
    _examine(program_id, given)
    for one in _campaigns(given):
        campaigns.put_campaign(program_id, one)
    common = Setting.read(given["setting"]) if given.get("setting") else None
    documents: Sequence[Document] = given.get("promotions", [])
    try:
        return publish(program_id, documents, actor=actor, groups=_groups(given), setting=common, note=note)
    except Invalid as refusal:
        problems = [FieldError(f"/promotions{one.pointer}", one.code, one.detail) for one in refusal.errors]
        raise Invalid(refusal.code, refusal.detail, problems) from refusal


def _examine(program_id: int, given: Any) -> None:
    problems = [FieldError("", "not_an_object", "An object with promotions, campaigns, groups and a setting.")]
    if isinstance(given, dict):
        extra = sorted(given.keys() - _PARTS.keys())
        problems = [FieldError(f"/{name}", "unknown_field", meant(name, _PARTS)) for name in extra]
        for name, kind in _PARTS.items():
            if not isinstance(given.get(name, kind()), kind):
                problems.append(FieldError(f"/{name}", "invalid", "An object." if kind is dict else "A list."))
        for name in ("campaigns", "promotions"):
            for at, one in enumerate(given.get(name) or ()):
                if not isinstance(one, dict):
                    problems.append(FieldError(f"/{name}/{at}", "not_an_object", "An object."))
    if not problems:
        problems = list(_inside(program_id, given))
    if problems:
        raise Invalid("invalid", "This is no bundle of promotions.", problems)


def _inside(program_id: int, given: Mapping[str, Any]) -> Sequence[FieldError]:
    """What is wrong with the parts of a bundle whose shape is right; promotions are examined where they are kept."""
    known = [one.code for one in partners.list_partners(program_id)]
    found = []
    for at, one in enumerate(given.get("campaigns", ())):
        try:
            inner = list(campaigns.campaign_problems(campaigns.from_told(one), known))
        except (TypeError, ValueError, KeyError):
            inner = [FieldError("", "invalid", "A campaign has a code, names in two languages, dates as instants.")]
        found += [FieldError(f"/campaigns/{at}{it.pointer}", it.code, it.detail) for it in inner]
    for code, group in _groups(given).items():
        found += [FieldError(f"/groups/{code}{it.pointer}", it.code, it.detail) for it in group_problems(code, group)]
    if given.get("setting"):
        common = given["setting"]
        extra = sorted(common.keys() - set(Setting.__slots__))
        found += [FieldError(f"/setting/{name}", "unknown_field", meant(name, Setting.__slots__)) for name in extra]
        if not extra:
            inner = setting_problems(Setting.read(common))
            found += [FieldError(f"/setting{it.pointer}", it.code, it.detail) for it in inner]
    return found


def _campaigns(given: Mapping[str, Any]) -> list[Campaign]:
    return [campaigns.from_told(one) for one in given.get("campaigns", ())]


def _groups(given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    return {
        code: {"scope": "receipt", **(group if isinstance(group, dict) else {})}
        for code, group in given.get("groups", {}).items()
    }
