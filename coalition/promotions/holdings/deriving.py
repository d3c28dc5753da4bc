"""What follows from what promotions gave: a completed achievement is an event, about which promotions are asked.

It leaves by the outbox, in the transaction that made it true. A chain has at most three steps after what began it.
"""

from __future__ import annotations

from collections.abc import Sequence

from coalition.kernel import outbox
from coalition.promotions.granting import Given

DERIVED = "promotions.derived"
COMPLETED = "achievement.completed"
DEPTH_MAX = 3


def derive(given: Sequence[Given]) -> None:
    """Announce every achievement that these effects have completed, while the chain is not too long."""
    for one in given:
        times = one.what.get("completed")
        if one.kind == "progress.add" and times and one.depth < DEPTH_MAX:
            root = one.root or one.event_id
            payload = {
                "program_id": one.program_id,
                "partner_id": one.partner_id,
                "member_id": one.member_id,
                "type": COMPLETED,
                "occurred_at": one.occurred_at.isoformat(),
                "attributes": {"achievement": str(one.what.get("achievement")), "times": times},
                "source": one.source,
                "source_id": one.source_id,
                "place": one.place,
                "root": root,
                "depth": one.depth + 1,
            }
            outbox.publish(DERIVED, payload, key=f"member:{one.member_id}")
