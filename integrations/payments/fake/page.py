"""The hosted page: the bank's part, played by whoever looks at it. Plain, accessible, without script."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, render_template_string, request
from werkzeug.wrappers import Response as BaseResponse

from integrations.payments.fake import checkout
from integrations.payments.fake.book import Book, Object

CARDS = (
    ("4242424242424242", "4242 4242 4242 4242: the bank agrees"),
    ("4000000000000002", "4000 0000 0000 0002: the bank declines"),
    ("4000000000009995", "4000 0000 0000 9995: too little money"),
)
_WORDS = {
    "en": {
        "title": "Test payment",
        "warning": "This page only plays a bank. No card is charged.",
        "card": "Card",
        "pay": "Pay",
        "leave": "Leave without paying",
        "declined": "The bank has declined this card. You can choose another one.",
        "over": "This page is over. Nothing was paid.",
        "paid": "This is paid already.",
        "back": "Back to the shop",
    },
    "ru": {
        "title": "Пробная оплата",
        "warning": "Эта страница только изображает банк. С карты ничего не спишется.",
        "card": "Карта",
        "pay": "Заплатить",
        "leave": "Уйти, не заплатив",
        "declined": "Банк отклонил эту карту. Можно выбрать другую.",
        "over": "Время этой страницы истекло. Ничего не заплачено.",
        "paid": "Это уже оплачено.",
        "back": "Вернуться в магазин",
    },
}
_PAGE = """<!doctype html>
<html lang="{{ language }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ words.title }}</title><link rel="stylesheet" href="/page.css"></head>
<body><main><h1>{{ words.title }}</h1><p class="note">{{ words.warning }}</p>
<p>{{ description }}</p><p class="sum"><strong>{{ amount }}</strong></p>
{% if declined %}<p class="bad" role="alert">{{ words.declined }}</p>{% endif %}
{% if status == "open" %}
<form method="post"><p><label for="card">{{ words.card }}</label>
<select id="card" name="card">
{% for number, name in cards %}<option value="{{ number }}">{{ name }}</option>{% endfor %}
</select></p>
<p><button name="action" value="pay">{{ words.pay }}</button>
<button name="action" value="leave" class="plain">{{ words.leave }}</button></p></form>
{% else %}<p role="status">{{ words.over if status == "expired" else words.paid }}</p>
<p><a href="{{ back }}">{{ words.back }}</a></p>{% endif %}
</main></body></html>"""
_STYLE = """
:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 8vh auto; padding: 0 1rem; }
label, select, button { display: block; width: 100%; font: inherit; }
select, button { padding: .7rem; margin: .4rem 0; border-radius: .4rem; border: 1px solid GrayText; }
button { background: #1a5c38; color: #fff; cursor: pointer; } .plain { background: Canvas; color: CanvasText; }
.sum { font-size: 1.6rem; } .note { border-left: .3rem solid #b8860b; padding-left: .7rem; }
.bad { border-left: .3rem solid #b3261e; padding-left: .7rem; }
"""


def open_page(app: Flask, book: Book) -> None:
    """The page of a session, and its style."""

    @app.get("/page.css")
    def style() -> Response:
        return Response(_STYLE, content_type="text/css; charset=utf-8")

    @app.get("/c/pay/<page>")
    def hosted_page(page: str) -> Response:
        with book.deed():
            session = checkout.on_page(book, page)
        return _shown(session)

    @app.post("/c/pay/<page>")
    def play(page: str) -> BaseResponse:
        with book.deed():
            session = checkout.on_page(book, page)
            if session is not None and request.form.get("action") == "pay":
                session = checkout.pay(book, session, request.form.get("card", ""))
        if session is not None and session["status"] == "complete":
            return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)
        if session is not None and request.form.get("action") == "leave" and session["cancel_url"]:
            return redirect(session["cancel_url"], 303)
        return _shown(session)


def _shown(session: Object | None) -> Response:
    if session is None:
        return Response("There is no such page.", 404, content_type="text/plain; charset=utf-8")
    language = "ru" if session["locale"] == "ru" else "en"
    facts: dict[str, Any] = {
        "language": language,
        "words": _WORDS[language],
        "cards": CARDS,
        "status": session["status"],
        "declined": session["stand_in"]["declined"],
        "description": session["stand_in"]["description"],
        "amount": f"{session['amount_total'] // 100}.{session['amount_total'] % 100:02d} {session['currency'].upper()}",
        "back": session["cancel_url"],
    }
    response = Response(render_template_string(_PAGE, **facts), content_type="text/html; charset=utf-8")
    shop = urlsplit(session["success_url"])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; form-action 'self' {shop.scheme}://{shop.netloc}; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return response
