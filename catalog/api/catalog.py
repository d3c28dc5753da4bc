"""The rewards catalog over HTTP, for partners' own sites and apps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalog import pricing, rewards
from catalog.api.schemas.catalog import (
    ForWhomSchema,
    OffersQuerySchema,
    OffersSchema,
    RewardQuerySchema,
    RewardSchema,
    RewardsSchema,
    told,
    told_facets,
    told_offer,
)
from catalog.api.schemas.members import member_named
from catalog.rewards import Reward, RewardQuery
from coalition import ledger, programs
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import part_of

blp = ApiBlueprint("catalog", __name__, description="Rewards, with their prices in points.")


@blp.route("/catalog/rewards")
@needs("catalog:read")
@blp.arguments(RewardQuerySchema, location="query")
@blp.response(200, RewardsSchema)
def search(wanted: dict[str, Any]) -> dict[str, Any]:
    """The rewards on sale that match; with `member` at the member's prices, with `affordable` what it can pay now."""
    return transact(lambda: _search(wanted))


@blp.route("/catalog/rewards/<reward>")
@needs("catalog:read")
@blp.arguments(ForWhomSchema, location="query")
@blp.response(200, RewardSchema)
def read(wanted: dict[str, Any], reward: str) -> Any:
    """One reward on sale; with `member` at the member's price."""
    return transact(lambda: _read(ids.parse("rew", reward), wanted))


@blp.route("/catalog/rewards/<reward>/offers")
@needs("catalog:read")
@blp.arguments(OffersQuerySchema, location="query")
@blp.response(200, OffersSchema)
def offers(wanted: dict[str, Any], reward: str) -> Any:
    """Every supplier's offer of the reward's product, itself included; with `member` at the member's prices."""
    return transact(lambda: _offers(ids.parse("rew", reward), wanted))


def _search(wanted: dict[str, Any]) -> dict[str, Any]:
    program_id, member_id = caller().program_id, _member(wanted)
    query = RewardQuery(
        q=wanted["q"],
        category=wanted["category"],
        supplier=wanted["supplier"],
        min_points=wanted["min_points"],
        max_points=_most(wanted, member_id),
        in_stock=wanted["in_stock"],
        brand=wanted["brand"],
        kind=wanted["kind"],
        electronic=wanted["delivery"] and wanted["delivery"] == "electronic",
        sort=wanted["sort"],
    )
    page, total = pricing.browse(program_id, member_id, query, cursor=wanted["cursor"], limit=wanted["limit"])
    facets = told_facets(rewards.facets(program_id, query)) if wanted["facets"] else None
    items = _told(program_id, member_id, page.items)
    return {"items": items, "total": total, "facets": facets, "next_cursor": page.next_cursor}


def _read(reward_id: int, wanted: dict[str, Any]) -> Any:
    return _told(caller().program_id, _member(wanted), [_on_sale(reward_id)])[0]


def _offers(reward_id: int, wanted: dict[str, Any]) -> dict[str, Any]:
    program_id, found = caller().program_id, _on_sale(reward_id)
    offered = rewards.offers_of(program_id, found.product_id) if found.product_id else [found]
    page = part_of(offered, wanted["cursor"], wanted["limit"])
    currency = programs.main_currency(program_id).code
    priced = pricing.personal(program_id, _member(wanted), [one.id for one in page.items])
    items = [told_offer(one, priced[one.id], currency) for one in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


def _on_sale(reward_id: int) -> Reward:
    found = rewards.get(caller().program_id, reward_id)
    if found.state != "on_sale":
        raise NotFound()
    return found


def _told(program_id: int, member_id: int | None, found: Sequence[Reward]) -> list[Mapping[str, Any]]:
    currency = programs.main_currency(program_id).code
    priced = pricing.personal(program_id, member_id, [one.id for one in found])
    cash = pricing.cash_option(program_id)
    return [told(one, priced[one.id], currency, cash=cash(priced[one.id].points)) for one in found]


def _member(wanted: dict[str, Any]) -> int | None:
    client = caller()
    return member_named(client.program_id, client.partner_id, wanted["member"]) if wanted["member"] else None


def _most(wanted: dict[str, Any], member_id: int | None) -> int | None:
    """The highest price asked for: the given one, the member's balance, or the lower of both."""
    limits = [] if wanted["max_points"] is None else [wanted["max_points"]]
    if wanted["affordable"]:
        if member_id is None:
            problem = FieldError("/member", "required", "Name the member who is to afford it.")
            raise Invalid("invalid", "What is affordable depends on a member.", [problem])
        currency_id = programs.main_currency(caller().program_id).id
        purses = ledger.balances(caller().program_id, member_id)
        limits.append(sum(purse.available for purse in purses if purse.currency_id == currency_id))
    return min(limits, default=None)
