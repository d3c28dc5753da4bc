"""News of points that purchases, events and tills move: for the partner that sent them, and for nobody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from coalition import ledger, programs, purchases
from coalition.kernel import ids
from coalition.kernel.outbox import Event
from coalition.ledger import Operation
from coalition.partners.webhooks import News, Wanted, translates


@translates("purchases.recorded")
def recorded(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """New purchases: what they gave, and the points that paid for them. Redemptions first, as they were booked."""
    source = {number: event.id for event in events for number in event.payload["purchase_ids"]}
    own = {number for event in events if _asks(event, wanted) for number in event.payload["purchase_ids"]}
    for moved in purchases.points_redeemed(own, wanted.get("points.redeemed", ())):
        told = {"purchase_id": ids.public("pur", moved.id), "hold_id": None, "external_id": moved.external_id}
        points = [_points(moved.program_id, part.currency_id, part.units) for part in moved.parts]
        yield _news("points.redeemed", moved, source[moved.id], {**told, "points": points}, f"purchase:{moved.id}")
    for moved in purchases.points_issued(own, wanted.get("points.issued", ())):
        told = {"purchase_id": ids.public("pur", moved.id), "event_id": None, "external_id": moved.external_id}
        yield _news("points.issued", moved, source[moved.id], {**told, **_awards(moved)}, f"purchase:{moved.id}")


@translates("events.recorded")
def happened(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """New events that are no purchases: what they gave."""
    source = {number: event.id for event in events for number in event.payload["event_ids"]}
    own = {number for event in events if _asks(event, wanted) for number in event.payload["event_ids"]}
    for moved in purchases.points_issued_for_events(own, wanted.get("points.issued", ())):
        told = {"purchase_id": None, "event_id": ids.public("evt", moved.id), "external_id": moved.external_id}
        yield _news("points.issued", moved, source[moved.id], {**told, **_awards(moved)}, f"event:{moved.id}")


@translates("hold.captured")
def captured(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """A till has captured points of its hold."""
    for event, member_id, told in _of_wallets(events, wanted.get("points.redeemed", ())):
        paid = {"purchase_id": None, "hold_id": told["hold_id"], "external_id": told["external_id"]}
        data = {"member_id": told["member_id"], **paid, "points": [told["points"]]}
        cause = f"capture:{event.payload['account_id']}:{event.payload['entry_id']}"
        yield _of_member("points.redeemed", event, member_id, data, cause)


@translates("hold.released")
def released(events: Sequence[Event], wanted: Wanted) -> Iterator[News]:
    """A till's hold has been put back; the holds of orders and exchanges are nobody's till's."""
    tills = [event for event in events if event.payload["operation"] == Operation.HOLD]
    for event, member_id, told in _of_wallets(tills, wanted.get("hold.released", ())):
        cause = f"hold:{event.payload['account_id']}:{event.payload['hold_id']}"
        yield _of_member("hold.released", event, member_id, {**told, "reason": event.payload["state"]}, cause)


def _asks(event: Event, wanted: Wanted) -> bool:
    return any(event.payload["partner_id"] in wanted.get(name, ()) for name in ("points.issued", "points.redeemed"))


def _of_wallets(events: Sequence[Event], partner_ids: Iterable[int]) -> Iterator[tuple[Event, int, dict[str, Any]]]:
    """Events of wallets at these partners, with the member and what is told of all of them."""
    chosen = [event for event in events if event.payload["partner_id"] in partner_ids]
    owners = ledger.owners({event.payload["account_id"] for event in chosen}) if chosen else {}
    for event in chosen:
        at = event.payload
        if member_id := owners.get(at["account_id"]):
            yield (
                event,
                member_id,
                {
                    "member_id": ids.public("mbr", member_id),
                    "hold_id": ids.public("hld", at["account_id"], at["hold_id"]),
                    "external_id": at["external_id"],
                    "points": {"amount": at["amount"], "currency": programs.currency_by_id(at["currency_id"]).code},
                },
            )


def _of_member(name: str, event: Event, member_id: int, data: dict[str, Any], cause: str) -> News:
    at = dt.datetime.fromisoformat(event.payload["at"])
    return News(name, event.payload["partner_id"], ids.public("mbr", member_id), cause, at, data, event.id)


def _news(name: str, moved: purchases.PointsMoved, event_id: int, data: dict[str, Any], cause: str) -> News:
    member = ids.public("mbr", moved.member_id)
    told = {"member_id": member, **data}
    return News(name, moved.partner_id, member, cause, moved.occurred_at, told, event_id)


def _awards(moved: purchases.PointsMoved) -> dict[str, Any]:
    return {
        "awards": [
            {
                "promotion": part.promotion,
                "points": _points(moved.program_id, part.currency_id, part.units),
                "available_at": part.available_at.isoformat() if part.available_at else None,
                "expires_at": part.expires_at.isoformat() if part.expires_at else None,
            }
            for part in moved.parts
        ]
    }


def _points(program_id: int, currency_id: int, units: int) -> dict[str, Any]:
    return {"amount": units, "currency": programs.policies(program_id).currencies[currency_id].code}
