"""A member's own orders over HTTP, for an app that the member has allowed the scope `me`."""

from __future__ import annotations

from typing import Any

from catalog import orders
from catalog.api.schemas.me import OwnOrdersSchema
from catalog.orders import Summary
from coalition import programs
from coalition.api.me import the_member
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.web.api import ApiBlueprint, needs
from coalition.kernel.web.language import language
from coalition.kernel.web.paging import PagingSchema

blp = ApiBlueprint("my_orders", __name__, description="A member's own orders.")


@blp.route("/me/orders")
@needs("me")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, OwnOrdersSchema)
def list_orders(paging: dict[str, Any]) -> dict[str, Any]:
    """The member's orders, newest first, wherever they were placed."""

    def work() -> dict[str, Any]:
        member = the_member()
        page = orders.list_for(member.program_id, member.id, cursor=paging["cursor"], limit=paging["limit"])
        currency = programs.main_currency(member.program_id).code
        return {"items": [_told(one, currency) for one in page.items], "next_cursor": page.next_cursor}

    return transact(work)


def _told(order: Summary, currency: str) -> dict[str, Any]:
    return {
        "id": ids.public("ord", order.id),
        "placed_at": order.placed_at,
        "state": order.state,
        "points": {"amount": order.points, "currency": currency},
        "parcels": order.parcels,
        "expected_on": order.expected_on,
        "lines": [
            {
                "line": line.no,
                "reward_id": ids.public("rew", line.reward_id),
                "title": line.title(language()),
                "qty": line.qty,
            }
            for line in order.lines
        ],
    }
