"""Registries over HTTP: a file in, a job, counts and rejections out."""

from __future__ import annotations

import gzip
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from coalition import programs, promotions
from coalition.kernel import jobs
from coalition.kernel.db import transact
from coalition.kernel.laws import laws, offending
from tests.coalition.api.till import Till, a_till
from tests.coalition.members.builders import a_member
from tests.coalition.purchases.builders import CARD, a_body, a_shop

NDJSON = "application/x-ndjson"


def _ndjson(*bodies: Any) -> bytes:
    return b"".join(body if isinstance(body, bytes) else json.dumps(body).encode() + b"\n" for body in bodies)


def _counts(till: Till, registry: str) -> dict[str, Any]:
    answer = till.get(f"/registries/{registry}").json
    return {
        name: answer[name]
        for name in ("state", "lines", "accepted", "replayed", "rejected", "suspended", "points_issued")
    }


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_taken_in_and_its_purchases_recorded(till: Till, pack: type[bytes]) -> None:
    file = pack(_ndjson(*(a_body(1000 * at) for at in range(1, 31))))

    sent = till.send("/registries", file, Content_Type=NDJSON)
    assert sent.status_code == 202
    assert _counts(till, sent.json["id"])["state"] == "waiting"
    jobs.run_due()

    assert _counts(till, sent.json["id"]) == {
        "state": "finished",
        "lines": 30,
        "accepted": 30,
        "replayed": 0,
        "rejected": 0,
        "suspended": 0,
        "points_issued": 5 * sum(range(1, 31)),
    }


def test_points_of_several_currencies_are_told_apart(till: Till) -> None:
    shop, names = till.shop, {"name_en": "Miles", "name_ru": "Мили"}

    def offer_miles() -> None:
        miles = programs.add_currency(shop.program.id, "MIL", face_minor=Decimal(2), **names)
        where = (shop.program.id, shop.partner.id, miles.id)
        promotions.create_base_rule(*where, code="miles", points=3, each_minor=1000, **names)
        promotions.create_base_rule(*where, code="review", points=7, each_minor=1, event_type="review", **names)

    transact(offer_miles)
    review = {"type": "review", "external_id": "E-1", "occurred_at": a_body()["occurred_at"]}
    later = a_body(1000, member={"kind": "card", "value": "4276000055555555"})
    file = _ndjson(a_body(1000), a_body(2000), {**review, "member": a_body()["member"]}, later)

    sent = till.send("/registries", file, Content_Type=NDJSON)
    jobs.run_due()
    before = till.get(f"/registries/{sent.json['id']}").json
    transact(lambda: a_member(shop.program, shop.partner, card="4276000055555555"))
    jobs.run_due()
    after = till.get(f"/registries/{sent.json['id']}").json

    assert before["issued"] == [{"amount": 15, "currency": "BON"}, {"amount": 16, "currency": "MIL"}]
    assert before["points_issued"] == 31
    assert after["issued"] == [{"amount": 20, "currency": "BON"}, {"amount": 19, "currency": "MIL"}]
    assert [law.code for law in laws() if offending(law)] == []


def test_the_same_file_again_posts_nothing_twice(till: Till) -> None:
    file = _ndjson(*(a_body(1000) for _ in range(30)))
    for _ in range(2):
        sent = till.send("/registries", file, Content_Type=NDJSON)
        jobs.run_due()

    counts = _counts(till, sent.json["id"])

    assert (counts["accepted"], counts["replayed"], counts["points_issued"]) == (0, 30, 0)


def test_a_registry_and_the_api_know_each_others_purchases(till: Till) -> None:
    body = a_body(1000)
    till.post("/purchases", body)
    sent = till.send("/registries", _ndjson(body, a_body(2000, external_id="R-X")), Content_Type=NDJSON)
    jobs.run_due()

    again = till.post("/purchases", a_body(2000, external_id="R-X"))

    counts = _counts(till, sent.json["id"])
    assert (counts["accepted"], counts["replayed"]) == (1, 1)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_one_bad_line_never_stops_a_file_and_each_says_what_is_wrong(till: Till) -> None:
    good = [a_body(1000) for _ in range(30)]
    bad: list[Any] = [
        b"{not json\n",
        b'{"external_id": "a", "external_id": "b"}\n',
        b"[" * 50_000 + b"]" * 50_000 + b"\n",
        b'{"external_id":"\\ud800"}\n',
        b'{"amount": 1e400}\n',
        b"\xff\xfe\n",
        b"x" * (1 << 20) + b"yz\n",
        a_body(1000, member={"kind": "card", "value": "0"}),
        a_body(1000, outlet="S9"),
        a_body(1000, lines=[{"no": 1, "amount": -1, "qty_m": 1}]),
        a_body(1000, coupons=["X", " "]),
        a_body(2000, external_id=good[0]["external_id"]),
        a_body(1000, hold_id="hld_" + "0" * 26),
        b"\n",
    ]

    sent = till.send("/registries", _ndjson(*good[:15], *bad, *good[15:]), Content_Type=NDJSON)
    jobs.run_due()

    counts = _counts(till, sent.json["id"])
    assert (counts["state"], counts["accepted"], counts["rejected"], counts["suspended"]) == ("finished", 30, 12, 1)
    found = till.get(f"/registries/{sent.json['id']}/rejections").json["items"]
    assert [(one["line"] - 15, one["code"], one["field"]) for one in found] == [
        (1, "not_json", ""),
        (2, "duplicate_key", ""),
        (3, "too_deep", ""),
        (4, "forbidden_character", "/external_id"),
        (5, "not_an_integer", "/amount"),
        (6, "not_utf8", ""),
        (7, "line_too_long", ""),
        (9, "unknown_outlet", "/outlet"),
        (10, "invalid", "/lines/0/amount"),
        (11, "invalid", "/coupons/1"),
        (12, "external_id_conflict", ""),
        (13, "unknown_hold", "/hold_id"),
    ]


def test_rejections_come_page_by_page(till: Till) -> None:
    sent = till.send("/registries", b"x\n" * 5, Content_Type=NDJSON)
    jobs.run_due()
    path = f"/registries/{sent.json['id']}/rejections?limit=3"

    page = till.get(path).json
    rest = till.get(f"{path}&cursor={page['next_cursor']}").json

    assert [one["line"] for one in page["items"] + rest["items"]] == [1, 2, 3, 4, 5]
    assert rest["next_cursor"] is None


def test_a_form_may_carry_the_file(till: Till) -> None:
    form = {"file": (io.BytesIO(_ndjson(a_body(1000))), "purchases.ndjson")}

    sent = till.client.post("/api/v1/registries", data=form, headers={"Authorization": f"Bearer {till.token}"})
    jobs.run_due()

    assert (sent.status_code, _counts(till, sent.json["id"])["accepted"]) == (202, 1)


def test_the_one_file_of_a_form_is_taken_whatever_its_part_is_called(till: Till) -> None:
    def sent(*names: str) -> Any:
        form = {name: (io.BytesIO(_ndjson(a_body(1000))), "receipts.ndjson") for name in names}
        return till.client.post("/api/v1/registries", data=form, headers={"Authorization": f"Bearer {till.token}"})

    one, two, named = sent("receipts"), sent("a", "b"), sent("a", "file")
    jobs.run_due()

    assert (one.status_code, two.status_code, named.status_code) == (202, 422, 202)
    assert _counts(till, one.json["id"])["accepted"] == _counts(till, named.json["id"])["accepted"] == 1


@pytest.mark.parametrize("name", ["file", "receipts"])
def test_no_second_file_of_the_same_name_is_lost(till: Till, name: str) -> None:
    files = [(io.BytesIO(_ndjson(a_body(1000))), f"{at}.ndjson") for at in range(2)]

    sent = till.client.post("/api/v1/registries", data={name: files}, headers={"Authorization": f"Bearer {till.token}"})

    assert (sent.status_code, sent.json["errors"][0]["pointer"]) == (422, "/file")


def test_a_damaged_file_keeps_what_was_readable_and_says_so(till: Till) -> None:
    file = gzip.compress(_ndjson(*(a_body(1000 + at) for at in range(200))))

    sent = till.send("/registries", file[: len(file) // 2], Content_Type="application/gzip")
    jobs.run_due()

    answer = till.get(f"/registries/{sent.json['id']}").json
    assert (answer["state"], answer["error"]) == ("failed", "file_damaged")
    assert answer["lines"] == answer["accepted"] < 200


def test_an_empty_file_a_json_document_and_a_form_without_a_file_are_refused(till: Till) -> None:
    empty = till.send("/registries", b"", Content_Type=NDJSON)
    document = till.post("/registries", a_body(1000))
    form = till.client.post(
        "/api/v1/registries",
        data={"x": "1"},
        content_type="multipart/form-data",
        headers={"Authorization": f"Bearer {till.token}"},
    )

    assert (empty.status_code, empty.json["errors"][0]["code"]) == (422, "empty_file")
    assert (document.status_code, document.json["code"]) == (400, "not_ndjson")
    assert (form.status_code, form.json["errors"][0]["pointer"]) == (422, "/file")


def test_an_idempotency_key_stands_for_the_file_it_came_with(till: Till) -> None:
    file = _ndjson(a_body(1000))
    first = till.send("/registries", file, Content_Type=NDJSON, Idempotency_Key="k1")

    again = till.send("/registries", file, Content_Type=NDJSON, Idempotency_Key="k1")
    other = till.send("/registries", file + b"\n", Content_Type=NDJSON, Idempotency_Key="k1")

    assert (again.status_code, again.json) == (202, first.json)
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_another_partner_does_not_see_the_registry(till: Till) -> None:
    sent = till.send("/registries", _ndjson(a_body(1000)), Content_Type=NDJSON).json["id"]
    other = transact(lambda: a_till(a_shop(till.shop.program, card="77"), till.client))

    assert other.get(f"/registries/{sent}").status_code == 404
    assert other.get(f"/registries/{sent}/rejections").status_code == 404
    assert CARD not in str(till.get(f"/registries/{sent}").json)


def test_returns_voids_and_reversals_stand_in_a_registry_beside_what_they_undo(till: Till) -> None:
    one, two = a_body(1000, external_id="R-1"), a_body(2000, external_id="R-2")
    at = {"occurred_at": "2026-11-21T09:30:00Z"}
    paid = {"type": "bank.transaction", "external_id": "B-1", **at, "amount": 1000, "currency": "EUR", "mcc": "5411"}
    half = {"type": "return", "external_id": "T-1", "purchase_external_id": "R-1", **at}
    lines = [
        {**half, "lines": [{"no": 1, "qty_m": 500}]},
        one,
        two,
        {"type": "void", "external_id": "V-1", "purchase_external_id": "R-2"},
        {**paid, "member": one["member"]},
        {"type": "bank.reversed", "external_id": "B-2", "original": "B-1", **at, "amount": 400},
        {**half, "external_id": "T-2", "lines": [{"no": 1, "qty_m": 501}]},
        {**half, "external_id": "T-3", "purchase_external_id": "R-9", "lines": [{"no": 1}]},
        {**half, "external_id": "T-4", "lines": []},
    ]

    sent = [till.send("/registries", _ndjson(*lines), Content_Type=NDJSON).json["id"] for _ in range(2)]
    jobs.run_due()

    counts = [_counts(till, registry) for registry in sent]
    assert [(one["accepted"], one["replayed"], one["rejected"]) for one in counts] == [(6, 0, 3), (0, 6, 3)]
    rejected = till.get(f"/registries/{sent[0]}/rejections").json["items"]
    assert [(one["line"], one["code"]) for one in rejected] == [
        (7, "returned_too_much"),
        (8, "unknown_purchase"),
        (9, "invalid"),
    ]
    states = [till.get(f"/purchases?external_id={name}").json["items"][0]["state"] for name in ("R-1", "R-2", "B-1")]
    assert states == ["partly_returned", "voided", "partly_returned"]
    assert [law.code for law in laws() if offending(law)] == []
