"""A supplier's orders: accept all or a part, pack, name the parcel, say what cannot be supplied, take back or not.

What people do here is what the supplier's system would have answered, through the same functions of the room: nothing
else can happen to an order. The first definite answer counts, whoever gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from catalog import orders, shipments
from catalog.orders import Served
from catalog.portal.frame import blueprint, own_suppliers
from catalog.ports import Accepted, Cancelled, CancelRefused, LineAnswer, Rejected
from coalition.console import forms
from coalition.kernel import audit
from coalition.kernel.db import transact
from coalition.kernel.errors import Conflict, FieldError, Invalid
from coalition.kernel.web import sheets
from coalition.kernel.web.pages import language
from coalition.kernel.web.paging import DEFAULT_LIMIT, Page

VIEWS = tuple(orders.SERVED)
REASONS = ("out_of_stock", "discontinued", "undeliverable", "supplier_refused")
_LABELS_AT_ONCE = 200
_COLUMNS = ("reference", "name", "phone", "country", "postal_code", "city", "line1", "articles")
_TEXTS = ("external_id", "reason", "short", "carrier", "tracking_no")
_PIECES = tuple(f"{deed}-{at}" for deed in ("take", "qty") for at in range(100))
_FIELDS = {
    "/parcel/tracking_no": "tracking_no",
    "/reason": "reason",
    "/pieces": "tracking_no",
    "/short": "short",
    **{f"/lines/{at}": f"take-{at}" for at in range(100)},
}


@blueprint.get("/orders")
def order_list() -> str:
    """What is to be answered, to be shipped, asked back; what was sent; what came to nothing."""
    view = request.args.get("view", "")

    def work() -> dict[str, Any]:
        own = own_suppliers()
        counts = orders.serving(own)
        chosen = view if view in VIEWS else ("answer" if counts["answer"] else "ship")
        page = orders.served(own, chosen, request.args.get("cursor"), DEFAULT_LIMIT)
        names = {number: one.name for number, one in own.items()} if len(own) > 1 else {}
        return {
            "orders": page.items,
            "next_cursor": page.next_cursor,
            "view": chosen,
            "counts": counts,
            "names": names,
        }

    shown = {"views": VIEWS, "language": language()}
    return render_template("supply/orders.html", nav="portal-supply", **shown, **transact(work))


@blueprint.get("/orders/labels.csv")
def labels() -> Response:
    """Names and addresses of everything that is to be shipped, a line each, for the carrier's own programs."""
    found = [one for one in _to_ship() if one.delivery_kind != "electronic"]
    transact(lambda: audit.record("consignment.labels", "portal", references=[one.client_ref for one in found]))
    return sheets.download(_label_lines(found), "labels.csv")


@blueprint.get("/orders/<reference>")
def order_page(reference: str) -> str:
    """One consignment with what is to be done."""
    return _page(reference, [], {})


@blueprint.post("/orders/<reference>/<any(accept, refuse, pack, parcel, give_back, keep):deed>")
def order_deed(reference: str, deed: str) -> Response | tuple[str, int]:
    """Answer, pack, send, or let it be cancelled."""
    given = forms.answers(*_TEXTS, *_PIECES)

    def work() -> None:
        own = own_suppliers()
        orders.locked_state(orders.one_served(own, reference).id)
        found = orders.one_served(own, reference)  # as it is now: of two who answer at once the second one is told
        _DEEDS[deed](found, given)
        audit.record(f"consignment.{deed}", f"consignment:{found.id}")

    errors, status = forms.tried(work, _FIELDS)
    if errors:
        return _page(reference, errors, given), status
    return redirect(url_for("supply.order_page", reference=reference, said=deed), code=303)


def _accept(found: Served, given: dict[str, str]) -> None:
    """Take what is promised of each line; what is not, goes back to its member. Nothing at all is a refusal."""
    _expect(found, orders.TO_ANSWER)
    answers = _promised(found, given)
    orders.answered(found.id, Accepted(given["external_id"][:100] or found.client_ref, answers))


def _promised(found: Served, given: dict[str, str]) -> tuple[LineAnswer, ...]:
    """The lines of which fewer pieces come than were ordered. A line without a number is taken whole.

    Raises Invalid for no number of pieces, for none in all, and where nobody says why they are fewer.
    """
    typed, why = [given.get(f"take-{at}") for at in range(len(found.lines))], given["short"]
    pieces = [forms.whole(text) if text else line.qty for text, line in zip(typed, found.lines, strict=True)]
    wrong = [at for at, (qty, line) in enumerate(zip(pieces, found.lines, strict=True)) if not _fits(qty, line.qty)]
    if wrong:
        problems = [FieldError(f"/lines/{at}", "invalid", "Write how many of the ordered pieces come.") for at in wrong]
        raise Invalid("invalid", "Write how many of the ordered pieces come.", problems)
    if not any(pieces):
        problem = FieldError("/lines/0", "invalid", "Nothing is left: say that you cannot supply the order.")
        raise Invalid("invalid", "Nothing is left: say that you cannot supply the order.", [problem])
    short = [(line.sku, qty or 0) for line, qty in zip(found.lines, pieces, strict=True) if qty != line.qty]
    if short and why not in REASONS:
        raise Invalid("invalid", "Say why.", [FieldError("/short", "required", "Say why.")])
    return tuple(LineAnswer(sku, "qty_changed" if qty else "rejected", qty, code=why) for sku, qty in short)


def _fits(qty: int | None, ordered: int) -> bool:
    return qty is not None and 0 <= qty <= ordered


def _refuse(found: Served, given: dict[str, str]) -> None:
    """Refused before it was accepted, it ends; afterwards the operator decides, as with any contradiction."""
    _expect(found, (*orders.TO_ANSWER, "confirmed", "preparing"))
    if given["reason"] not in REASONS:
        raise Invalid("invalid", "Say why.", [FieldError("/reason", "required", "Say why.")])
    orders.answered(found.id, Rejected(given["reason"]))


def _pack(found: Served, given: dict[str, str]) -> None:
    _expect(found, ("confirmed",))
    orders.progress(found.id, "preparing")


def _parcel(found: Served, given: dict[str, str]) -> None:
    _expect(found, (*orders.TO_SHIP, "shipped"))  # after what was lost; `register` refuses more than was ordered
    pieces = {line.sku: forms.whole(given.get(f"qty-{at}", "")) or 0 for at, line in enumerate(found.lines)}
    chosen = {sku: qty for sku, qty in pieces.items() if qty > 0}
    known = {one.code for one in shipments.carriers()}
    if given["carrier"] not in known or not given["tracking_no"] or not chosen:
        problem = FieldError("/parcel/tracking_no", "required", "Name the carrier, the number and what is inside.")
        raise Invalid("invalid", "Name the carrier, the number and what is inside.", [problem])
    shipments.register(found.id, given["carrier"], given["tracking_no"][:60], chosen)


def _give_back(found: Served, given: dict[str, str]) -> None:
    _expect(found, orders.ASKED_BACK)
    orders.undone(found.id, Cancelled())


def _keep(found: Served, given: dict[str, str]) -> None:
    _expect(found, orders.ASKED_BACK)
    orders.undone(found.id, CancelRefused("too_late"))


_DEEDS: dict[str, Callable[[Served, dict[str, str]], None]] = {
    "accept": _accept,
    "refuse": _refuse,
    "pack": _pack,
    "parcel": _parcel,
    "give_back": _give_back,
    "keep": _keep,
}


def _expect(found: Served, states: tuple[str, ...]) -> None:
    """Raises Conflict `consignment_moved` where this cannot be done any more, or not yet."""
    if found.state not in states or found.protocol != "goods":
        raise Conflict("consignment_moved", "The order has moved on meanwhile, or this is not done by hand.")


def _resends(found: Served) -> bool:
    """Whether a parcel came to nothing after all had been sent, and its pieces are to be sent again."""
    return found.state == "shipped" and shipments.is_owed(found.id)


def _page(reference: str, errors: forms.Errors, given: dict[str, str]) -> str:
    def work() -> dict[str, Any]:
        own = own_suppliers()
        found = orders.one_served(own, reference)
        if found.address is not None:
            audit.record("consignment.viewed", f"consignment:{found.id}", part="address")
        by_hand = found.protocol == "goods"
        return {
            "order": found,
            "supplier": own[found.supplier_id],
            "parcels": shipments.of_consignments([found.id])[found.id],
            "carriers": [(one.code, one.name) for one in shipments.carriers()],
            "to_answer": by_hand and found.state in orders.TO_ANSWER,
            "to_ship": by_hand and (found.state in orders.TO_SHIP or _resends(found)),
            "asked_back": by_hand and found.state in orders.ASKED_BACK,
        }

    shown = {"errors": errors, "answers": given, "reasons": REASONS, "language": language()}
    return render_template("supply/order.html", nav="portal-supply", **shown, **transact(work))


def _to_ship() -> Iterator[Served]:
    """Every consignment that waits to be sent, newest first, so many in a transaction."""

    def read(cursor: str | None) -> Page[Served]:
        return orders.served(own_suppliers(), "ship", cursor, _LABELS_AT_ONCE)

    page = transact(partial(read, None))
    yield from page.items
    while page.next_cursor is not None:
        page = transact(partial(read, page.next_cursor))
        yield from page.items


def _label_lines(found: Iterable[Served]) -> Iterator[str]:
    yield sheets.BOM + sheets.line(_COLUMNS)
    for one in found:
        if one.address is not None:
            articles = ", ".join(f"{line.qty} x {line.sku}" for line in one.lines)
            texts = [getattr(one.address, name) for name in _COLUMNS[1:-1]]
            yield sheets.line([sheets.guarded(text) for text in (one.client_ref, *texts, articles)])
