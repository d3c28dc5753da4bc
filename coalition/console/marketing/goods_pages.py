"""Product groups and assortments: which of a partner's products promotions treat alike, and what they know of them."""

from __future__ import annotations

import re
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from coalition import partners
from coalition.console import forms
from coalition.console.marketing.frame import blueprint, choices, chosen_program, page
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid

_SPLIT = re.compile(r"[\s,;]+")
_MOST = 1_000
_TOLD = 10  # of the wrong places of a table


@blueprint.get("/product-groups")
def product_groups() -> str:
    """The product groups of a program."""
    return _page([], {})


@blueprint.post("/product-groups")
def add_product_group() -> Response | tuple[str, int]:
    """Add a group, or give one other names."""
    given = forms.answers("code", "name_en", "name_ru")
    errors = [forms.error(name, "required") for name in ("name_en", "name_ru") if not given[name]]
    if not forms.is_code(given["code"]):
        errors.insert(0, forms.error("code", "code"))
    if not errors:
        names = {"name_en": given["name_en"], "name_ru": given["name_ru"]}
        errors, _ = forms.tried(lambda: partners.add_group(chosen_program().id, given["code"], **names), {})
    if errors:
        return _page(errors, given), 422
    return redirect(url_for("marketing.product_groups", done="group_saved"), code=303)


@blueprint.post("/product-groups/assign")
def assign_products() -> Response | tuple[str, int]:
    """Put products of a partner into a group."""
    given = forms.answers("partner", "group", "skus")
    skus = [sku for sku in _SPLIT.split(given["skus"]) if sku]
    errors = [forms.error("skus", "required")] if not skus else []
    errors += [forms.error("skus", "too_long")] if len(skus) > _MOST or any(len(sku) > 200 for sku in skus) else []
    if not errors:
        errors, _ = forms.tried(lambda: _assign(given, skus), {"/group": "group", "/partner": "partner"})
    if errors:
        return _page(errors, given), 422
    return redirect(url_for("marketing.product_groups", done="products_assigned"), code=303)


@blueprint.post("/product-groups/assortment")
def describe_products() -> Response | tuple[str, int]:
    """Take a partner's assortment from a table: all of it, or nothing."""
    given, sent = forms.answers("described"), request.files.get("table")
    table = sent.read() if sent else b""
    errors = [] if table else [forms.error("table", "required")]
    if table:
        try:
            transact(lambda: partners.describe(partners.by_code(chosen_program().id, given["described"]).id, table))
        except Invalid as refusal:
            errors = [forms.error("table", "not_understood", _where(one)) for one in refusal.errors[:_TOLD]]
    if errors:
        return _page(errors, given), 422
    return redirect(url_for("marketing.product_groups", done="products_described"), code=303)


def _where(one: FieldError) -> str:
    """What is wrong with a table, and in which line and column."""
    line, _, column = one.pointer.strip("/").partition("/")
    place = gettext("Line %(number)s", number=line) + (f", {column}" if column else "") if line else ""
    return f"{place}: {one.detail}" if place else one.detail


def _assign(given: dict[str, str], skus: list[str]) -> None:
    partners.assign(partners.by_code(chosen_program().id, given["partner"]).id, given["group"], skus)


def listed() -> dict[str, Any]:
    """The product groups of the chosen program, and the partners whose products can be put into them."""
    program = chosen_program()
    known = [(one.code, one.name) for one in partners.list_partners(program.id)]
    return {**choices(program), "groups": partners.groups(program.id), "partners": known}


def _page(errors: forms.Errors, given: dict[str, str]) -> str:
    context = {**page("goods"), **transact(listed)}
    return render_template("marketing/goods.html", errors=errors, answers=given, **context)
