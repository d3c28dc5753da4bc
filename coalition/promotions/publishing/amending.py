"""Changing what promotions have in common: campaigns, groups, what the program excludes.

What nothing published depends on is changed at once. The rest changes what is in force, so a second person has to
approve it; then it is kept and the next ruleset composed in one transaction, and the tests of all promotions must pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from coalition import access, partners
from coalition.kernel import approvals
from coalition.kernel.approvals import Approval
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Forbidden, Invalid
from coalition.promotions.publishing import campaigns, groups, settings
from coalition.promotions.publishing.compiling import Campaign
from coalition.promotions.publishing.composing import compose

KIND = "promotions.change"
ROLE = "marketer"
_MOST = 10_000
_IN_FORCE = (
    "SELECT p.code FROM promotion p JOIN promotion_version v ON v.promotion_id = p.id AND v.version = p.version"
    " WHERE p.program_id = :program AND p.state = 'published'"
)
# By what is changed: how it is kept, given a program and what was approved.
_KEEP: Mapping[str, Callable[[int, Mapping[str, Any]], None]] = {
    "campaign": lambda program_id, value: campaigns.put_campaign(program_id, campaigns.from_told(value)),
    "group": lambda program_id, value: groups.put_group(
        program_id, value["code"], {"mode": value["mode"], "scope": value["scope"]}
    ),
    "setting": lambda program_id, value: settings.put_setting(program_id, settings.Setting.read(value)),
}


def save_campaign(program_id: int, campaign: Campaign, note: str = "") -> Approval | None:
    """Keep a campaign; the request for a second person's approval if published promotions belong to it, else None.

    Invalid points at each thing that is wrong with it.
    """
    known = [one.code for one in partners.list_partners(program_id)]
    _examine(list(campaigns.campaign_problems(campaign, known)))
    return _change(program_id, "campaign", campaigns.told(campaign), note, _used(program_id, "campaign", campaign.code))


def set_group(program_id: int, code: str, *, mode: str, scope: str = "receipt", note: str = "") -> Approval | None:
    """Let promotions of the group `code` all apply, only the first one, or only the best, per receipt or per line.

    The request for a second person's approval if published promotions are in the group, else None. Invalid for what is
    no code, mode or scope.
    """
    value = {"code": code, "mode": mode, "scope": scope}
    _examine(groups.group_problems(code, value))
    return _change(program_id, "group", value, note, _used(program_id, "group", code))


def change_setting(
    program_id: int,
    *,
    exclude: Mapping[str, Any] | None,
    earn_on: str = "money",
    earn_not: Sequence[str] = (),
    day_starts_minutes: int = 0,
    earn_vat: str = "with",
    vat_bp: int = 0,
    note: str = "",
) -> Approval | None:
    """What lines count and earn nothing (a condition on a line; None: all count), and on what points are earned.

    `earn_on`: `money`, what is left after discounts and points paid, or `gross`, what was left before points paid.
    `earn_not`: kinds of payments on which nothing is earned; `day_starts_minutes`: when a day of business begins;
    `earn_vat`: on prices `with` VAT or `without`, at `vat_bp` where a product's rate is not known. The request for a
    second person's approval if anything is published, else None. Invalid points at what is wrong.
    """
    changed = settings.Setting(exclude, earn_on, tuple(earn_not), day_starts_minutes, earn_vat, vat_bp)
    _examine(settings.setting_problems(changed))
    used = fetch_one(f"{_IN_FORCE} LIMIT 1", {"program": program_id}) is not None
    return _change(program_id, "setting", changed.told(), note, used)


def _change(program_id: int, what: str, value: Mapping[str, Any], note: str, used: bool) -> Approval | None:
    if not used:
        _KEEP[what](program_id, value)
        return None
    row = fetch_one("SELECT last_no FROM promo_setting WHERE program_id = :program", {"program": program_id})
    about = f"{program_id}:{what}:{value.get('code', '')}:{row.last_no if row else 0}"
    payload = {"program_id": program_id, "what": what, "value": dict(value)}
    return approvals.request(KIND, payload, note.strip() or what, key=about, subject=f"program:{program_id}")


@approvals.executes(KIND)
def _apply(approval: Approval) -> dict[str, Any]:
    if not access.may_approve(str(approval.approver), ROLE):
        raise Forbidden("approver_refused", "Only a marketer can change what promotions have in common.")
    program_id, what = approval.payload["program_id"], approval.payload["what"]
    turn = settings.take_turn(program_id)
    _KEEP[what](program_id, approval.payload["value"])
    turn = settings.Turn(turn.no, settings.setting(program_id))
    rows = fetch_all(f"{_IN_FORCE} LIMIT :most", {"program": program_id, "most": _MOST})
    testing = [row.code for row in rows]
    made = compose(program_id, turn, actor=str(approval.approver), note=approval.reason, testing=testing)
    return {"ruleset": made.no}


def _used(program_id: int, by: str, code: str) -> bool:
    """Whether something published names this campaign or group."""
    row = fetch_one(
        f"{_IN_FORCE} AND v.document::jsonb ->> :by = :code LIMIT 1", {"program": program_id, "by": by, "code": code}
    )
    return row is not None


def _examine(problems: list[FieldError]) -> None:
    if problems:
        raise Invalid("invalid", "This cannot be set.", problems)
