"""The queue at members: who records for them holds them first, and their wallets, before anything that others share.

One order for everybody: members (where promotions ask what they have bought before, or may change their tier), wallets
ascending, the purchase's key, limits of funders, codes of coupons, progress, counters of limits in the order of their
keys, holdings. Whoever has several purchases in a transaction holds all of their members before the first one.
"""

from __future__ import annotations

from collections.abc import Iterable

from coalition import ledger, members
from coalition.promotions import granting
from coalition.purchases.counter import Counter
from coalition.purchases.recording.promoting import ruleset_of
from coalition.purchases.recording.remembering import remembers
from coalition.purchases.recording.storing import Draft

TIER = "tier.change"


def queue(at: Counter, drafts: Iterable[Draft], *, alone: bool) -> None:
    """Hold the members of purchases that are to be recorded until the transaction ends, and their wallets.

    `alone`: there is one purchase, which locks its member's wallets in the statement that writes it.
    """
    mine = [draft for draft in drafts if draft.member_id is not None]
    turns = {draft.member_id for draft in mine if draft.earns and _holds(at, draft)}
    if turns:
        members.take_turns(sorted(of for of in turns if of is not None))
    if not alone and mine:
        ledger.lock_owners(at.program.id, {draft.member_id for draft in mine if draft.member_id is not None})


def _holds(at: Counter, draft: Draft) -> bool:
    """Whether the ruleset of a purchase wants its member to stand still."""
    ruleset = ruleset_of(at, draft)
    if ruleset is None:
        return False
    wanted = granting.asked(ruleset)
    return remembers(wanted) or TIER in wanted.gives
