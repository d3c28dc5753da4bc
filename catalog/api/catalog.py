"""The rewards catalog over HTTP, for partners' own sites and apps."""

from __future__ import annotations

from typing import Any

from catalog import rewards
from catalog.api.schemas.catalog import RewardQuerySchema, RewardSchema, RewardsSchema, told
from catalog.api.schemas.members import member_named
from catalog.rewards import RewardQuery
from coalition import ledger, programs
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.kernel.web.api import ApiBlueprint, caller, needs

blp = ApiBlueprint("catalog", __name__, description="Rewards, with their prices in points.")


@blp.route("/catalog/rewards")
@needs("catalog:read")
@blp.arguments(RewardQuerySchema, location="query")
@blp.response(200, RewardsSchema)
def search(wanted: dict[str, Any]) -> dict[str, Any]:
    """The rewards on sale that match; with `member` and `affordable` only what the member can pay for now."""
    return transact(lambda: _search(wanted))


@blp.route("/catalog/rewards/<reward>")
@needs("catalog:read")
@blp.response(200, RewardSchema)
def read(reward: str) -> Any:
    """One reward on sale."""
    return transact(lambda: _read(ids.parse("rew", reward)))


def _search(wanted: dict[str, Any]) -> dict[str, Any]:
    program_id = caller().program_id
    currency = programs.main_currency(program_id)
    query = RewardQuery(
        q=wanted["q"],
        category=wanted["category"],
        supplier=wanted["supplier"],
        min_points=wanted["min_points"],
        max_points=_most(wanted, currency.id),
        in_stock=wanted["in_stock"],
        sort=wanted["sort"],
    )
    page = rewards.search(program_id, query, cursor=wanted["cursor"], limit=wanted["limit"])
    items = [told(reward, currency.code) for reward in page.items]
    return {"items": items, "total": rewards.count(program_id, query), "next_cursor": page.next_cursor}


def _read(reward_id: int) -> Any:
    found = rewards.get(caller().program_id, reward_id)
    if found.state != "on_sale":
        raise NotFound()
    return told(found, programs.currency_by_id(found.currency_id).code)


def _most(wanted: dict[str, Any], currency_id: int) -> int | None:
    """The highest price asked for: the given one, the member's balance, or the lower of both."""
    limits = [] if wanted["max_points"] is None else [wanted["max_points"]]
    if wanted["member"] is not None:
        client = caller()
        member_id = member_named(client.program_id, client.partner_id, wanted["member"])
        if wanted["affordable"]:
            purses = ledger.balances(client.program_id, member_id)
            limits.append(sum(purse.available for purse in purses if purse.currency_id == currency_id))
    elif wanted["affordable"]:
        problem = FieldError("/member", "required", "Name the member who is to afford it.")
        raise Invalid("invalid", "What is affordable depends on a member.", [problem])
    return min(limits, default=None)
