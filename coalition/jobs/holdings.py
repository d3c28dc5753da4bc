"""What follows from what members hold: a completed achievement or a new tier is an event; a merge moves holdings."""

from __future__ import annotations

import datetime as dt

from coalition import partners, purchases
from coalition.kernel import clock, outbox
from coalition.promotions import granting, holdings
from coalition.purchases import Following


@outbox.subscribe("member.merged", consumer="promotions.holdings")
def follow(event: outbox.Event) -> None:
    """Hand over what the member who went has, and what it has used of limits."""
    pair = (event.payload["from_id"], event.payload["into_id"])
    granting.follow(*pair)
    holdings.follow(*pair)


@outbox.subscribe(holdings.DERIVED, consumer="purchases.following")
def derived(event: outbox.Event) -> None:
    """Ask promotions about what follows from what they gave."""
    told = event.payload
    purchases.record_following(
        Following(
            partner_id=told["partner_id"],
            member_id=told["member_id"],
            type=told["type"],
            occurred_at=dt.datetime.fromisoformat(told["occurred_at"]),
            root=told["root"],
            depth=told["depth"],
            of=(told["source"], told["source_id"], told["place"]),
            attributes=told["attributes"],
        )
    )


@outbox.subscribe("tier.changed", consumer="purchases.following")
def tier_changed(event: outbox.Event) -> None:
    """Ask promotions about a member's new tier: it is the operator's event."""
    told = event.payload
    purchases.record_following(
        Following(
            partner_id=partners.operator(told["program_id"]).id,
            member_id=told["member_id"],
            type="tier.changed",
            occurred_at=clock.now(),
            root=f"tier:{event.id}",
            depth=1,
            of=("tier", event.id, 0),
            attributes={"from": told["from"], "to": told["to"], "why": told["why"]},
        )
    )
