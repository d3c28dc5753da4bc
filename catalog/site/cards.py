"""A reward told to a template: its card, its price for whoever looks, its ways of delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from catalog import pricing
from catalog.pricing import DeliveryOption, Price
from catalog.rewards import Category, Reward
from catalog.site import tender
from catalog.site.pictures import picture_url
from coalition import ledger, programs
from coalition.kernel import ids
from coalition.kernel.web.pages import language
from coalition.site import viewer

Options = Mapping[int, Sequence[DeliveryOption]]


def cards(found: Sequence[Reward], options: Options | None = None) -> list[dict[str, Any]]:
    """The cards of these rewards, priced for the viewer; `options` are the suppliers' deliveries, if known already."""
    offered = options if options is not None else pricing.delivery_options({one.supplier_id for one in found})
    priced = prices(found)
    pays = _card_pays(found[0].program_id) if found else None
    return [
        {**card(one, offered, priced[one.id]), "card_pays": pays is not None and pays(priced[one.id].points)}
        for one in found
    ]


def prices(found: Sequence[Reward]) -> dict[int, Price]:
    """What these rewards of one program cost the viewer."""
    member = viewer.current_member()
    if not found:
        return {}
    return pricing.personal(found[0].program_id, member.member_id if member else None, [one.id for one in found])


def card(found: Reward, options: Options, price: Price) -> dict[str, Any]:
    """One card."""
    first = deliveries(found, options)[:1]
    cheaper = price.points < price.base_points
    return {
        "id": ids.public("rew", found.id),
        "title": found.title(language()),
        "supplier": found.supplier_name,
        "delivery": {"kind": first[0]["kind"], "days": first[0]["days_min"]} if first else None,
        "price": price.points,
        "was": price.base_points if cheaper else None,
        "artwork": found.artwork,
        "picture_url": picture_url(found),
        "badge": "yours" if cheaper else None,
        "in_stock": found.in_stock,
    }


def _card_pays(program_id: int) -> Callable[[int], bool] | None:
    """Whether the viewer could pay such a price partly by card; None where nobody can."""
    spendable = available(program_id)
    policy = pricing.cash_policy(program_id) if spendable is not None and tender.cash_taken() else None
    if policy is None:
        return None

    def pays(points: int) -> bool:
        least = -(-points * policy.points_min_bp // 10_000)
        return -(-least // policy.points_step) * policy.points_step <= min(spendable or 0, points - 1)

    return pays


def deliveries(found: Reward, options: Options) -> list[dict[str, Any]]:
    """How this reward can arrive, the cheapest way first."""
    fitting: Iterable[DeliveryOption] = [
        one for one in options.get(found.supplier_id, []) if one.electronic == found.electronic
    ]
    if found.electronic and not fitting:
        return [{"kind": "electronic", "days_min": 0, "days_max": 0, "points": 0}]
    names = ("kind", "days_min", "days_max", "points")
    return [{name: getattr(one, name) for name in names} for one in fitting]


def category(one: Category) -> dict[str, str]:
    """A shelf in the viewer's language."""
    return {"code": one.code, "name": one.name(language()), "icon": one.icon}


def available(program_id: int) -> int | None:
    """What the signed-in member can spend; nobody's limit is none."""
    member = viewer.current_member()
    if member is None:
        return None
    currency = programs.main_currency(program_id)
    purses = ledger.balances(program_id, member.member_id)
    return sum(purse.available for purse in purses if purse.currency_id == currency.id)
