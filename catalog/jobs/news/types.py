"""The types of this floor's events: what has happened, who is told, the schema and an example of `data`."""

from __future__ import annotations

from typing import Any

from catalog.orders.states import CONSIGNMENT, ORDER
from coalition.partners.webhooks import EventType, declare
from coalition.partners.webhooks.types import one_of, public_id, record, text

_OPERATOR = "the operator and the partner that ordered; for a consignment also the partner whose the supplier is"
_NOBODY = "; null for the supplier's partner"
_ORDER = {
    "order_id": public_id("ord", "the order" + _NOBODY, null=True),
    "external_id": text("the number that the ordering partner gave it" + _NOBODY, null=True),
    "member_id": public_id("mbr", "who ordered" + _NOBODY, null=True),
}
_CONSIGNMENT = record(
    reference=public_id("con", "our reference, by which the supplier knows it"),
    supplier=text("the supplier's code"),
    state=one_of("what it has become", *CONSIGNMENT),
)
_SHARE = {**_CONSIGNMENT, "description": "one supplier's share of the order, whose parcel it is"}
_REF = {"reference": "con_0000000000031", "supplier": "nordgoods", "state": "shipped"}
_OWN: dict[str, Any] = {"order_id": "ord_000000000001b", "external_id": "O-5", "member_id": "mbr_000000000002a"}
_STATES = sorted(state for state in ORDER if state)
_MAYBE = {"anyOf": [_CONSIGNMENT, {"type": "null"}], "description": "null: it is the order itself that has changed"}
_STATE = {"type": ["string", "null"], "enum": [*_STATES, None], "description": "what the order is now" + _NOBODY}
_TYPES = (
    EventType(
        "order.placed",
        "An order has been placed; its suppliers have still to say whether they deliver.",
        "the program's operator and the partner that ordered",
        record(**_ORDER, state=_STATE, consignment=_MAYBE, reason=text("why", null=True)),
        {**_OWN, "state": "placing", "consignment": None, "reason": None},
    ),
    EventType(
        "order.updated",
        "An order, or one supplier's share of it (a consignment), has another state.",
        _OPERATOR,
        record(**_ORDER, state=_STATE, consignment=_MAYBE, reason=text("why, where it failed", null=True)),
        {**_OWN, "state": "in_progress", "consignment": _REF, "reason": None},
    ),
    EventType(
        "shipment.updated",
        "A parcel has another status, as its carrier says.",
        _OPERATOR,
        record(**_ORDER, consignment=_SHARE, tracking_number=text("the parcel"), status=text("its status")),
        {**_OWN, "consignment": _REF, "tracking_number": "JD0146000033", "status": "in_transit"},
    ),
    EventType(
        "feed.needs_approval",
        "A supplier's feed was held back until a person decides, or refused.",
        "the program's operator and the partner whose the supplier is",
        record(
            supplier=text("the supplier's code"),
            feed=text("the feed's code"),
            run_id=public_id("run", "the run"),
            state=one_of("what became of it", "held", "refused"),
            reason_code=text("why; see the catalogue of error codes"),
        ),
        {
            "supplier": "nordgoods",
            "feed": "goods",
            "run_id": "run_000000000000c",
            "state": "held",
            "reason_code": "too_many_missing",
        },
    ),
)


def declare_all() -> None:
    """Add these types to those that partners may choose."""
    declare(*_TYPES)
