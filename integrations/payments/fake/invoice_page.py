"""The page of an invoice: what is owed and by whom, and a button to pay it. Plain, accessible, without script."""

from __future__ import annotations

import datetime as dt

from flask import Flask, Response, render_template_string, request

from integrations.payments.fake import invoices
from integrations.payments.fake.book import Book, Object
from integrations.payments.fake.page import CARDS

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Invoice {{ number }}</title><link rel="stylesheet" href="/page.css"></head>
<body><main><h1>Invoice {{ number }}</h1><p class="note">This page only plays a bank. No card is charged.</p>
<p>{{ customer }}</p><p>{{ description }}</p>
<p class="sum"><strong>{{ amount }}</strong></p><p>Due on {{ due }}</p>
{% if declined %}<p class="bad" role="alert">The bank has declined this card. You can choose another one.</p>{% endif %}
{% if status == "open" %}
<form method="post"><p><label for="card">Card</label>
<select id="card" name="card">
{% for number, name in cards %}<option value="{{ number }}">{{ name }}</option>{% endfor %}
</select></p><p><button>Pay the invoice</button></p></form>
{% else %}<p role="status">This invoice is {{ status }}.</p>{% endif %}
</main></body></html>"""


def open_invoice_page(app: Flask, book: Book) -> None:
    """The page of an invoice, where its customer pays it."""

    @app.get("/i/<page>")
    def invoice_page(page: str) -> Response:
        with book.deed():
            return _shown(book, invoices.on_page(book, page))

    @app.post("/i/<page>")
    def pay_invoice_page(page: str) -> Response:
        with book.deed():
            invoice = invoices.on_page(book, page)
            if invoice is not None:
                invoice = invoices.pay(book, invoice, request.form.get("card", ""))
            return _shown(book, invoice)


def _shown(book: Book, invoice: Object | None) -> Response:
    if invoice is None:
        return Response("There is no such page.", 404, content_type="text/plain; charset=utf-8")
    customer = book.find("customer", invoice["customer"]) or {}
    page = render_template_string(
        _PAGE,
        number=invoice["number"] or "",
        status=invoice["status"],
        customer=customer.get("name") or "",
        description=invoice["description"] or "",
        amount=f"{invoice['total'] // 100}.{invoice['total'] % 100:02d} {invoice['currency'].upper()}",
        due=dt.datetime.fromtimestamp(invoice["due_date"] or 0, dt.UTC).date().isoformat(),
        declined=invoice["stand_in"]["declined"],
        cards=CARDS,
    )
    response = Response(page, content_type="text/html; charset=utf-8")
    policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    response.headers["Content-Security-Policy"] = policy
    return response
