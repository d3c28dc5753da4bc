"""A marketer tries a promotion on stored receipts: asks, follows, cancels, reads the figures and takes them away."""

from __future__ import annotations

import datetime as dt
import re

from flask.testing import FlaskClient

from coalition import insight, promotions
from coalition.kernel import clock, jobs
from coalition.kernel.db import transact
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_receipt

ASKED = {"promotion": "nine", "since": "2026-11-01", "until": "2026-11-30", "margin": "12.5", "redeemed": "80"}


def _prepared(shop: Shop, *amounts: int) -> None:
    limit = {"metric": "units", "per": "promotion", "period": "life", "value": 150}
    badge = {"kind": "badge.grant", "badge": "first"}
    published = a_document("half", a_credit(bp=50))
    draft = a_document("nine", a_credit(bp=2_000), badge, limits=[limit], name={"en": "A fifth", "ru": "Пятая часть"})

    def work() -> None:
        promotions.publish(shop.program.id, [published], actor=ACTOR)
        promotions.save_draft(shop.program.id, "nine", draft, actor=ACTOR, seen=0)
        for amount in amounts:
            shop.record(a_receipt(amount))

    transact(work)


def test_a_draft_is_tried_followed_and_read_in_money(first: FlaskClient, shop: Shop) -> None:
    _prepared(shop, 400, 1_000)
    form = first.get("/console/backtests/new?promotion=nine").text
    assert re.search(r'<option value="nine" selected>\s*A fifth', form)

    sent = first.post("/console/backtests/new", data=ASKED)
    waiting = first.get(sent.location).text
    jobs.run_due()
    page = first.get(sent.location).text

    assert "It waits for a worker" in waiting and 'http-equiv="refresh"' in waiting
    assert 'http-equiv="refresh"' not in page
    # half a percent: 2 + 5; a fifth: 80, and 70 of 200 that the budget of 150 has left
    for figure in ("€1.57", "+€1.50", "+€1.20", "1 receipt brings its member more than the margin of 12.5%"):
        assert figure in page, figure
    listed = first.get("/console/backtests").text
    assert sent.location in listed and "done" in listed
    rows = first.get(f"{sent.location}/differences.csv").text.splitlines()
    assert [row.split(",")[2:] for row in rows[1:]] == [["BON", "2", "82"], ["BON", "5", "75"]]


def test_what_is_wrong_with_the_question_is_said_beside_its_field(first: FlaskClient, shop: Shop) -> None:
    _prepared(shop, 400, 1_000)

    wrong = first.post("/console/backtests/new", data={**ASKED, "promotion": "none", "since": "1", "margin": "x"})
    turned = first.post("/console/backtests/new", data={**ASKED, "until": "2026-10-01"})

    assert (wrong.status_code, turned.status_code) == (422, 422)
    for field in ("promotion", "since", "margin"):
        assert f'href="#{field}"' in wrong.text
    assert "The last day lies before the first" in turned.text


def test_a_back_test_that_is_cancelled_shows_no_figures(first: FlaskClient, shop: Shop) -> None:
    _prepared(shop, 400, 1_000)
    sent = first.post("/console/backtests/new", data=ASKED)

    assert first.post(f"{sent.location}/cancel").location == sent.location
    first.post(f"{sent.location}/cancel")
    jobs.run_due()

    page = first.get(sent.location).text
    assert "cancelled" in page and "It adds" not in page
    assert first.get("/console/backtests/999999").status_code == 404


def test_a_result_is_read_in_russian_too(first: FlaskClient, shop: Shop) -> None:
    _prepared(shop, 400, 1_000)
    sent = first.post("/console/backtests/new", data=ASKED)
    jobs.run_due()
    first.set_cookie("language", "ru")

    page = first.get(sent.location).text

    assert "Пятая часть" in page and "Кто платит" in page


def test_an_installation_without_back_tests_says_so(first: FlaskClient, shop: Shop) -> None:
    assert "Nothing was tried yet" in first.get("/console/backtests").text
    assert insight.listed(shop.program.id) == []


def test_the_builder_tries_a_draft_on_the_receipts_of_the_last_thirty_days(first: FlaskClient, shop: Shop) -> None:
    _prepared(shop)
    yesterday = (clock.now() - dt.timedelta(days=1)).isoformat()
    transact(lambda: shop.record(a_receipt(600, occurred_at=yesterday)))

    tried = first.get("/console/promotions/nine/try")
    page = first.get(tried.location).text

    assert tried.location == "/console/promotions/nine/edit?replay=yes"
    assert "On the last 30 days" in page and "120 BON" in page and "€1.20" in page
    assert "On the last 30 days" not in first.get("/console/promotions/nine/edit").text


def test_a_draft_that_cannot_be_published_is_not_tried(first: FlaskClient, shop: Shop) -> None:
    transact(lambda: promotions.save_draft(shop.program.id, "bare", {"effects": []}, actor=ACTOR, seen=0))

    page = first.get("/console/promotions/bare/edit?replay=yes").text

    assert "once nothing stands in the way" in page
