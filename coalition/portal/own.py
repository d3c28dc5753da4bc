"""What is the viewer's partner's own, by the number in an address. Another partner's is NotFound."""

from __future__ import annotations

from coalition import members, purchases
from coalition.kernel import ids
from coalition.kernel.errors import NotFound
from coalition.members import Sight
from coalition.site.viewer import Colleague


def purchase(colleague: Colleague, public_id: str) -> tuple[purchases.Purchase, list[purchases.Line]]:
    """A purchase of the partner with its lines. Raises NotFound."""
    number = ids.parse("pur", public_id)
    purchases.own(colleague.partner_id, number)
    return purchases.whole(number)


def sight(colleague: Colleague, member_id: int | None) -> Sight | None:
    """A member as the partner sees it, today's one behind a merged one; None for nobody or one it does not know."""
    if member_id is None:
        return None
    try:
        today = members.survivor(member_id)
        return members.seen_by(colleague.program_id, colleague.partner_id, today)
    except NotFound:
        return None


def member(colleague: Colleague, public_id: str) -> Sight:
    """A member whom the partner knows, today's one behind a merged one. Raises NotFound."""
    found = sight(colleague, ids.parse("mbr", public_id))
    if found is None:
        raise NotFound()
    return found
