"""Product cards: found by words, their texts put right for this program, hidden, and merged where two are one."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import rewards
from catalog.console.frame import blueprint, choices, chosen_program, page
from coalition.console import forms
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import NotFound
from coalition.kernel.web.pages import language
from coalition.programs import Program, main_currency

PAGE = 50
TEXTS = ("title_en", "title_ru", "description_en", "description_ru", "brand")


@blueprint.get("/products")
def product_list() -> str:
    """The program's cards, the newest first, or those that a word finds."""
    return render_template(
        "desk/products.html", **page("products"), **transact(lambda: listed(request.args.get("cursor"), PAGE))
    )


@blueprint.get("/products/<product>")
def product(product: str) -> str:
    """One card with the offers under it."""
    return _page(product, [], {})


@blueprint.post("/products/<product>")
def edit_product(product: str) -> Response | tuple[str, int]:
    """Put our own words over the feeds', another shelf, or hide the card."""
    given, number = forms.answers(*TEXTS, "category", "hidden"), ids.parse("prd", product)

    def work() -> None:
        program = chosen_program()
        shelf = rewards.category(program.id, given["category"]).id if given["category"] else None
        texts = {name: given[name] for name in TEXTS}
        rewards.edit_card(program.id, number, texts, category_id=shelf, hidden=bool(given["hidden"]))
        rewards.republish(program.id)

    errors, status = forms.tried(work, {f"/{name}": name for name in TEXTS})
    return (_page(product, errors, given), status) if errors else _done(product, "card_saved")


@blueprint.post("/products/<product>/merge")
def merge_product(product: str) -> Response | tuple[str, int]:
    """Put everything of this card under another."""
    given, number = forms.answers("into"), ids.parse("prd", product)
    try:
        into = ids.parse("prd", given["into"])
        errors, status = forms.tried(lambda: _merge(number, into), {"/into": "into"})
    except NotFound:
        errors, status = [forms.error("into", "invalid")], 422
    return (_page(product, errors, given), status) if errors else _done(given["into"], "card_merged")


@blueprint.post("/products/<product>/split")
def split_product(product: str) -> Response:
    """Give one offer a card of its own."""
    reward = ids.parse("rew", forms.answers("reward")["reward"])

    def work() -> int:
        program = chosen_program()
        made = rewards.split_card(program.id, reward)
        rewards.republish(program.id)
        return made

    return _done(ids.public("prd", transact(work)), "card_split")


def _merge(number: int, into: int) -> None:
    program = chosen_program()
    rewards.merge_cards(program.id, number, into)
    rewards.republish(program.id)


def _done(product: str, what: str) -> Response:
    program = transact(chosen_program)
    return redirect(url_for("desk.product", product=product, program=program.code, done=what), code=303)


def listed(cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of the cards, or of those that the word in the address finds."""
    program, q = chosen_program(), request.args.get("q", "").strip()[:100]
    found = rewards.cards(program.id, q, cursor=cursor, limit=limit)
    cards = [_told(program, one) for one in found.items]
    return {**choices(program), "q": q, "cards": cards, "next_cursor": found.next_cursor}


def _told(program: Program, card: rewards.Card) -> dict[str, Any]:
    shelves = {one.code: one.name(language()) for one in rewards.all_categories(program.id)}
    title = card.texts.get("title_ru" if language() == "ru" else "title_en") or card.texts.get("title_en")
    return {
        "id": ids.public("prd", card.product_id),
        "title": title,
        "brand": card.texts.get("brand"),
        "gtin": card.gtin,
        "mpn": card.mpn,
        "category": shelves.get(card.category_code or ""),
        "own": card.own,
        "hidden": card.hidden,
        "offers": card.offers,
        "on_sale": card.on_sale,
        "points": card.points,
        "decimals": main_currency(program.id).decimals,
    }


def _page(product: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        program, number = chosen_program(), ids.parse("prd", product)
        card = rewards.card(program.id, number)
        own = {name: card.texts.get(name) or "" if name in card.own else "" for name in TEXTS}
        known = {**own, "category": card.own_category or "", "hidden": "yes" if card.hidden else "", "into": ""}
        return {
            **choices(program),
            "card": _told(program, card),
            "texts": card.texts,
            "offers": [_offer(one) for one in rewards.offers_of(program.id, number)],
            "categories": [(one.code, one.name(language())) for one in rewards.all_categories(program.id)],
            "answers": {**known, **given},
        }

    return render_template("desk/product.html", errors=errors, **page("products"), **transact(work))


def _offer(found: rewards.Reward) -> dict[str, Any]:
    return {
        "id": ids.public("rew", found.id),
        "supplier": found.supplier_name,
        "sku": found.supplier_sku,
        "points": found.points,
        "in_stock": found.in_stock,
        "state": found.state,
    }
