"""The laws of webhooks hold after a full story, and each sees the crime that it is there for."""

from __future__ import annotations

import psycopg
import pytest

from coalition.kernel import following
from coalition.kernel.db import fetch_all, session
from coalition.partners import webhooks
from coalition.partners.webhooks.laws import laws
from coalition.ports import WebhookAnswer
from tests.builders import a_program
from tests.coalition.purchases.builders import a_receipt, a_shop

CRIMES = {
    "WH1": (
        "UPDATE webhook_secret SET ends_at = now()",
        "INSERT INTO webhook_secret (endpoint_id, sealed, ends_at)"
        " SELECT id, 'x', now() + interval '1 day' FROM webhook_endpoint, generate_series(1, 2)",
    ),
    "WH2": (
        "UPDATE webhook_delivery SET state = 'waiting', decided_at = NULL WHERE sequence = 1 AND attempts = 1",
        "UPDATE webhook_attempt SET at = at - interval '1 day'",
    ),
    "WH3": (
        "DELETE FROM webhook_delivery WHERE sequence = 2",
        "UPDATE webhook_line SET last_sequence = last_sequence + 1",
    ),
    "WH4": (
        "UPDATE webhook_delivery SET due_at = NULL",
        "UPDATE webhook_delivery SET due_at = now() WHERE state = 'waiting'",
    ),
    "WH5": ("UPDATE webhook_delivery SET due_at = now() - interval '11 minutes' WHERE due_at IS NOT NULL",),
    "WH6": ("UPDATE webhook_endpoint SET state = 'off'",),
    "WH7": (
        "UPDATE webhook_event SET program_id = program_id + 1",
        "UPDATE webhook_endpoint SET program_id = (SELECT max(id) FROM program)",
        "UPDATE change_feed SET program_id = (SELECT max(id) FROM program)",
    ),
    "WH8": ("UPDATE purchase SET partner_id = partner_id + 1",),
    "WH9": (
        "DELETE FROM change WHERE number = 2",
        "UPDATE change_feed SET last_number = last_number + 1",
        "UPDATE webhook_event SET data = NULL",
    ),
}


def story() -> None:
    """A partner is told of five purchases of a member: two are taken, the third is refused, the others wait."""
    shop = a_shop()
    a_program()
    at, _ = webhooks.create(shop.partner.id, "http://127.0.0.1:9/hooks", ["points.issued"])
    webhooks.changes(shop.partner.id, None, 1)
    with session().begin_nested():  # what is told within a savepoint can be read before the end
        shop.record(*(a_receipt(1000) for _ in range(5)))
    rows = fetch_all("SELECT id, kind, key, payload FROM outbox WHERE kind = 'purchases.recorded' ORDER BY id")
    _store([following.Event(*row) for row in rows])
    for status in (204, 204, 500):
        turn = webhooks.pick(at.id)
        assert len(turn.messages) == 1
        webhooks.record(turn, [WebhookAnswer(status, None, 7)])
    webhooks.proceed(at.id)


def _store(events: list[following.Event]) -> None:
    from coalition.partners.webhooks.news import news_of

    webhooks.store(news_of(events))


@pytest.mark.parametrize("code", sorted(CRIMES))
def test_a_law_of_webhooks_holds_until_it_is_broken(owner: psycopg.Connection, code: str) -> None:
    law = next(law for law in laws() if law.code == code)

    for crime in CRIMES[code]:
        with owner.transaction(force_rollback=True):
            owner.execute(crime.encode())
            assert owner.execute(law.sql.encode()).fetchall(), crime


def test_every_law_of_webhooks_is_tried() -> None:
    assert {law.code for law in laws()} == set(CRIMES)
