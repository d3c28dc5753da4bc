"""A supplier's stock: what we know of each article, and saying how many pieces there are now."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import rewards
from catalog.portal.frame import blueprint, own_supplier, own_suppliers
from coalition.console import forms
from coalition.kernel import audit, clock
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.web.pages import language
from coalition.kernel.web.paging import DEFAULT_LIMIT

_MOST = 9_999_999


@blueprint.get("/stock")
def stock_list() -> str:
    """The articles of the partner's suppliers with their stock."""
    return _page([])


@blueprint.post("/stock/<code>")
def count_stock(code: str) -> Response | tuple[str, int]:
    """Take over a count made now: of the articles whose number was typed anew."""
    counted: list[int] = []

    def work() -> None:
        supplier = own_supplier(code)
        counts = _counts()
        applied = rewards.apply_stock(supplier.id, clock.now(), counts) if counts else None
        audit.record("stock.count", f"supplier:{supplier.id}", counts=dict(counts[:100]))
        counted.append(applied.applied if applied else 0)

    errors, status = forms.tried(work, {"/qty": "qty"})
    if errors:
        return _page(errors), status
    sought = request.form.get("q", "")[:100]
    return redirect(url_for("supply.stock_list", q=sought or None, said="counted", count=counted[0]), code=303)


def _counts() -> list[tuple[str, int]]:
    """Article and pieces where something was typed that is not what stood there. Raises Invalid for no number."""
    skus, typed = request.form.getlist("sku")[:DEFAULT_LIMIT], request.form.getlist("qty")[:DEFAULT_LIMIT]
    found: dict[str, int] = {}
    for sku, text in zip(skus, typed, strict=False):
        if not text.strip():
            continue
        number = forms.whole(text)
        if number is None or not 0 <= number <= _MOST:
            detail = "Pieces are a whole number, not below zero."
            raise Invalid("invalid", detail, [FieldError("/qty", "invalid", detail)])
        found[sku[:100]] = number
    return sorted(found.items())


def _page(errors: forms.Errors) -> str:
    sought = request.values.get("q", "").strip()[:100]

    def work() -> dict[str, Any]:
        own = own_suppliers()
        page = rewards.counted(own, sought, request.args.get("cursor"), DEFAULT_LIMIT)
        groups = [(one, [row for row in page.items if row.supplier_id == one.id]) for one in own.values()]
        return {"groups": [(one, rows) for one, rows in groups if rows], "next_cursor": page.next_cursor}

    shown = {"errors": errors, "q": sought, "language": language()}
    return render_template("supply/stock.html", nav="portal-stock", **shown, **transact(work))
