"""What members hold that is no money follows them where they were merged."""

from __future__ import annotations

from coalition.kernel import outbox
from coalition.promotions import holdings


@outbox.subscribe("member.merged", consumer="promotions.holdings")
def follow(event: outbox.Event) -> None:
    """Hand over what the member who went has."""
    holdings.follow(event.payload["from_id"], event.payload["into_id"])
