"""Which drafts the program lets in: a pilot's members, no earning in its sunset, no redeeming while it is halted.

To a partner that is no issuer, or no redeemer, it is closed in the same way. In a live program this costs nothing. A
purchase that was recorded before is answered as ever, whatever the state is now. What is paid with points in the sunset
is recorded and earns nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from coalition import partners, programs
from coalition.kernel.errors import Refusal
from coalition.purchases.counter import Counter
from coalition.purchases.recording.storing import Draft, standing

Drafted = Draft | tuple[int, Refusal]


def admitted(at: Counter, drafted: Iterable[Drafted]) -> list[Drafted]:
    """The drafts, with a refusal (place, why) in place of each that may not be recorded now."""
    found = list(drafted)
    named = [one for one in found if isinstance(one, Draft) and one.member_id is not None]
    earners, redeemers = (
        {one.member_id for one in named if one.member_id},
        {one.member_id for one in named if one.member_id and one.receipt.spends},
    )
    earning = programs.admit(at.program, "earn", earners)
    redeeming = programs.admit(at.program, "redeem", redeemers)
    if refusal := partners.not_in_role(at.partner, "issuer"):
        earning = dict.fromkeys(earners, refusal) | earning
    if refusal := partners.not_in_role(at.partner, "redeemer"):
        redeeming = dict.fromkeys(redeemers, refusal) | redeeming
    if not earning and not redeeming:
        return found
    known = standing(at.partner.id, (one.receipt.external_id for one in named))
    fresh = {one.place for one in named if one.receipt.external_id not in known}
    return [_judged(one, earning, redeeming) if isinstance(one, Draft) and one.place in fresh else one for one in found]


def _judged(draft: Draft, earning: dict[int, Refusal], redeeming: dict[int, Refusal]) -> Drafted:
    member_id = draft.member_id or 0
    may_not_earn = earning.get(member_id)
    if not draft.receipt.spends:
        return (draft.place, may_not_earn) if may_not_earn else draft
    may_not_redeem = redeeming.get(member_id)
    return (draft.place, may_not_redeem) if may_not_redeem else replace(draft, earns=may_not_earn is None)
