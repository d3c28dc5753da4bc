"""Every type of this floor: told after the real deed, by its documented schema, to the partner concerned alone."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator

from coalition import access, ledger, members
from coalition.kernel import audit, clock, ids, jobs
from coalition.kernel.db import execute, fetch_all, transact
from coalition.partners import webhooks
from tests.builders import a_partner
from tests.coalition.api.till import Till, a_till
from tests.coalition.members.builders import a_ladder, a_member
from tests.coalition.partners.webhooks.receiver import Receiver
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_receipt, a_shop

OF_THIS_FLOOR = {
    "points.issued",
    "points.redeemed",
    "points.expiring",
    "points.expired",
    "hold.released",
    "member.enrolled",
    "member.updated",
    "tier.changed",
    "registry.finished",
}


@dataclass
class Partners:
    """Two partners of a program, each with an endpoint for everything; what happens is the first one's alone."""

    till: Till
    receiver: Receiver
    stranger: int
    told: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    @property
    def shop(self) -> Shop:
        """The first partner's shop."""
        return self.till.shop

    def happened(self) -> list[dict[str, Any]]:
        """What the shop was told by now, each body checked against its schema; the stranger was told nothing."""
        jobs.run_due()
        rows = fetch_all("SELECT partner_id FROM webhook_event WHERE partner_id <> :id", {"id": self.shop.partner.id})
        assert rows == []
        bodies = [one.json for one in self.receiver.received]
        for body in bodies:
            known = webhooks.event_type(body["type"])
            assert known is not None
            Draft202012Validator(webhooks.envelope(known.schema)).validate(body)
        self.receiver.received.clear()
        return bodies


@pytest.fixture
def two(app: Flask, receiver: Receiver) -> Partners:
    names = [one.name for one in webhooks.event_types()]
    till = transact(lambda: a_till(a_shop(), app.test_client()))
    other = transact(lambda: a_partner(till.shop.program))
    for partner in (till.shop.partner, other):
        transact(lambda partner=partner: webhooks.create(partner.id, receiver.url, names))
    jobs.run_due()
    receiver.received.clear()
    return Partners(till, receiver, other.id)


def test_every_example_fits_its_schema_and_every_type_of_the_contract_is_there(app: Flask) -> None:
    for one in webhooks.event_types():
        Draft202012Validator.check_schema(webhooks.envelope(one.schema))
        Draft202012Validator(one.schema).validate(one.example)

    others = {"order.placed", "order.updated", "shipment.updated", "feed.needs_approval", "statement.closed"}
    assert {one.name for one in webhooks.event_types()} == OF_THIS_FLOOR | others


def test_points_that_are_earned_and_spent_are_told_to_the_shop(two: Partners) -> None:
    two.till.post("/purchases", a_body(10_000, external_id="R-1"))
    two.till.post("/purchases", a_body(1000, external_id="R-2", payments=[{"kind": "redeem", "amount": 9}]))

    told = two.happened()

    assert [(one["type"], one["data"]["external_id"], one["sequence"]) for one in told] == [
        ("points.issued", "R-1", 1),
        ("points.redeemed", "R-2", 2),
        ("points.issued", "R-2", 3),
    ]
    assert told[1]["data"]["points"] == [{"amount": 9, "currency": "BON"}]


def test_a_hold_is_told_when_it_is_captured_and_when_the_rest_goes_back(two: Partners) -> None:
    two.till.post("/purchases", a_body(10_000))
    body = {"member": {"kind": "card", "value": CARD}, "points": {"amount": 20, "currency": "BON"}, "ttl_s": 60}
    held = two.till.post("/holds", {"external_id": "H-1", "purpose": "till", **body}).json["id"]
    two.till.post(f"/holds/{held}/capture", {"external_id": "H-1c", "amount": 5})
    two.till.post(f"/holds/{held}/release", {"external_id": "H-1r"})

    told = two.happened()[1:]

    assert [one["type"] for one in told] == ["points.redeemed", "hold.released"]
    assert [one["data"]["hold_id"] for one in told] == [held, held]
    assert told[1]["data"]["points"]["amount"] == 15
    assert told[1]["data"]["reason"] == "released"


def test_a_hold_whose_time_is_over_is_told_as_expired(two: Partners) -> None:
    two.till.post("/purchases", a_body(10_000))
    body = {"member": {"kind": "card", "value": CARD}, "points": {"amount": 20, "currency": "BON"}, "ttl_s": 60}
    two.till.post("/holds", {"external_id": "H-2", "purpose": "till", **body})
    transact(lambda: execute("UPDATE hold SET expires_at = now() - interval '1 s'"))
    transact(lambda: ledger.expire_holds(10))

    assert [one["data"].get("reason") for one in two.happened()] == [None, "expired"]


def test_points_that_will_expire_and_have_expired_are_told_once(two: Partners) -> None:
    old = a_receipt(5000, occurred_at="2024-02-10T10:00:00Z")
    transact(lambda: two.shop.record(old))
    transact(lambda: two.shop.record(a_receipt(3000)))
    soon = clock.now() + dt.timedelta(days=10)
    transact(lambda: execute("UPDATE lot SET expires_at = :at WHERE expires_at > now()", {"at": soon}))
    two.happened()

    transact(lambda: ledger.expire(clock.now(), 100))
    for _ in range(2):
        transact(lambda: jobs.enqueue("webhooks.expiring", {}))
        jobs.run_due()
    told = two.happened()

    assert sorted((one["type"], one["data"]["points"]["amount"]) for one in told) == [
        ("points.expired", 25),
        ("points.expiring", 15),
    ]
    ended = next(one["data"]["expired_at"] for one in told if one["type"] == "points.expired")
    assert [(dt.datetime.fromisoformat(ended),)] == fetch_all("SELECT expires_at FROM entry WHERE kind = 6")


def test_what_was_swept_is_told_by_where_it_stands_in_the_journal_as_if_written_out(two: Partners) -> None:
    transact(lambda: two.shop.record(a_receipt(3000)))
    transact(lambda: ledger.expire(clock.now() + dt.timedelta(days=4000), 100))
    [(payload,)] = fetch_all("SELECT payload FROM outbox WHERE kind = 'points.expired'")
    expired = fetch_all("SELECT account_id, id, -amount, expires_at FROM entry WHERE kind = 6")

    told = ledger.expired(payload)

    assert told == [(account_id, number, 15, at.isoformat()) for account_id, number, _, at in expired]
    assert ledger.expired({"expired": [list(row) for row in told]}) == told
    assert ledger.expired({**payload, "first": payload["last"] + 1}) == []


def test_a_member_that_is_enrolled_and_climbs_is_told_to_who_enrolled_it(two: Partners) -> None:
    shop = two.shop
    made = transact(lambda: a_member(shop.program, shop.partner, card="4276000099990001"))
    transact(lambda: a_ladder(shop.program))
    transact(lambda: members.give_tier(shop.program.id, made.id, "gold", days=30))

    told = two.happened()

    assert [one["type"] for one in told] == ["member.enrolled", "tier.changed"]
    assert {one["about"] for one in told} == {ids.public("mbr", made.id)}
    assert (told[1]["data"]["from"], told[1]["data"]["to"]) == ("base", "gold")


def test_a_member_that_is_another_is_told_with_what_and_by_whom_and_what_is_as_it_was_is_not(two: Partners) -> None:
    shop, client = two.shop, access.clients_of(two.shop.partner.id)[0].client_id
    path = f"/members/{ids.public('mbr', shop.member.id)}"
    two.till.patch(path, {"profile": {"first_name": "Anna", "email": "anna@example.com", "locale": "ru"}})
    two.till.patch(path, {"profile": {"email": "anna@example.com"}})
    added = two.till.post(f"{path}/identifiers", {"kind": "nfc", "value": "AB:CD"}).json["id"]
    two.till.delete(f"{path}/identifiers/{added}")
    other = transact(lambda: a_member(shop.program, shop.partner))
    audit.set_origin(audit.Origin("user:7"))
    transact(lambda: members.merge(shop.program.id, other.id, shop.member.id, reason="one person"))
    audit.set_origin(audit.Origin())

    everything = [one["data"] for one in two.happened() if one["type"] == "member.updated"]
    told, gone = (
        [one for one in everything if (one["external_id"] == number)]
        for number in (shop.member.external_id, other.external_id)
    )

    own = {"made_by": "client", "client_id": client}
    assert [one["fields"] for one in told] == [["email", "locale"], *[["identifiers"]] * 3]
    assert [{**one, **own} for one in told[:3]] == told[:3]
    assert [(one["fields"], one["made_by"], one["client_id"]) for one in (*told[3:], *gone)] == [
        (["identifiers"], "person", None),
        (["identifiers", "state"], "person", None),
    ]


def test_who_reads_a_profile_by_consent_is_told_that_it_is_another_but_not_by_whom(two: Partners) -> None:
    shop = two.shop
    consent = {"purpose": "profile_sharing", "granted_at": "2026-01-01T00:00:00Z", "text_version": "1"}
    body = {"external_id": "S-1", "identifiers": [{"kind": "nfc", "value": "AB:CE"}], "consents": [consent]}
    path = f"/members/{two.till.post('/members', body).json['id']}"
    transact(lambda: members.identify(shop.program.id, two.stranger, [("nfc", "AB:CE")]))
    two.till.patch(path, {"profile": {"last_name": "Ozola"}})
    two.till.post(f"{path}/identifiers", {"kind": "nfc", "value": "AB:CF"})
    jobs.run_due()

    query = "SELECT partner_id, data FROM webhook_event WHERE type = 'member.updated' ORDER BY id"
    told = [(row.partner_id, row.data) for row in fetch_all(query)]

    mine = [data for partner, data in told if partner == shop.partner.id]
    (theirs,) = [data for partner, data in told if partner == two.stranger]
    assert [one["fields"] for one in mine] == [["last_name"], ["identifiers"]]
    assert theirs == {
        "member_id": mine[0]["member_id"],
        "external_id": None,
        "fields": ["last_name"],
        "made_by": "partner",
        "client_id": None,
    }


def test_a_registry_is_told_when_it_has_been_read(two: Partners) -> None:
    line = json.dumps(a_body(1000, external_id="F-1")).encode()
    opened = two.till.send("/registries", line, Content_Type="application/x-ndjson").json["id"]

    told = {one["type"]: one for one in two.happened()}

    assert set(told) == {"points.issued", "registry.finished"}
    assert told["registry.finished"]["about"] == opened
    assert told["registry.finished"]["data"]["accepted"] == 1


def test_no_canary_of_a_partner_or_of_a_member_stands_in_what_is_told(two: Partners) -> None:
    for number in range(3):
        two.till.post("/purchases", a_body(10_000, external_id=f"CANARY-{number}"))

    text = json.dumps(two.happened())

    assert "CANARY-2" in text
    assert not any(secret in text for secret in (CARD, "@", "+371", "Milk", two.shop.partner.name))
