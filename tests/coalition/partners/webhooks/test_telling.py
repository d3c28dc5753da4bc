"""From what happens to a verified request: partners are told what concerns them, once, in the order of each member."""

from __future__ import annotations

import pytest
from flask import Flask
from standardwebhooks import WebhookVerificationError

from coalition.kernel import ids, jobs
from coalition.kernel.db import execute, transact
from coalition.partners import webhooks
from tests.coalition.partners.webhooks.receiver import Receiver
from tests.coalition.purchases.builders import a_receipt, a_shop

ALL = ["points.issued", "points.redeemed", "member.enrolled", "hold.released", "registry.finished", "tier.changed"]


def test_a_purchase_is_told_to_its_partner_signed_by_standard_webhooks(app: Flask, receiver: Receiver) -> None:
    shop = transact(a_shop)
    _, secret = transact(lambda: webhooks.create(shop.partner.id, receiver.url, ["points.issued"]))

    (recorded,) = transact(lambda: shop.record(a_receipt(1000)))
    jobs.run_due()

    (one,) = receiver.received
    body = one.verified_with(secret)
    assert (body["type"], body["sequence"], body["test"]) == ("points.issued", 1, False)
    assert body["about"] == ids.public("mbr", shop.member.id)
    assert body["data"]["purchase_id"] == ids.public("pur", recorded.id)
    assert body["data"]["awards"][0]["points"] == {"amount": 5, "currency": "BON"}
    assert body["id"] == one.headers["webhook-id"]


def test_a_body_that_was_touched_does_not_verify(app: Flask, receiver: Receiver) -> None:
    shop = transact(a_shop)
    _, secret = transact(lambda: webhooks.create(shop.partner.id, receiver.url, ["points.issued"]))
    transact(lambda: shop.record(a_receipt(1000)))
    jobs.run_due()

    (one,) = receiver.received
    forged = type(one)(one.headers, one.body.replace(b'"amount":5', b'"amount":9'))

    with pytest.raises(WebhookVerificationError):
        forged.verified_with(secret)


def test_the_second_event_of_a_member_waits_until_the_first_is_taken(app: Flask, receiver: Receiver) -> None:
    shop = transact(a_shop)
    transact(lambda: webhooks.create(shop.partner.id, receiver.url, ["points.issued"]))
    receiver.refuse()
    for amount in (1000, 2000, 3000):
        transact(lambda amount=amount: shop.record(a_receipt(amount)))
        jobs.run_due()

    assert receiver.told() == [("points.issued", 1)]

    receiver.accept()
    transact(lambda: execute("UPDATE webhook_delivery SET due_at = now() WHERE due_at IS NOT NULL"))
    transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'due'"))
    jobs.run_due()

    assert receiver.told() == [("points.issued", number) for number in (1, 1, 2, 3)]
    assert len({one.headers["webhook-id"] for one in receiver.received[:2]}) == 1
