"""Reconciliations over HTTP: a file is taken once, compared by a job, and read page by page by its partner alone."""

from __future__ import annotations

import gzip
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from coalition import access, purchases
from coalition.kernel import jobs
from coalition.kernel.db import transact
from tests.settlement.builders import count_rows
from tests.settlement.reconciliation.builders import Till, a_till, lines

PATH = "/api/v1/reconciliations"
FILE = lines({"external_id": "R1", "amount": 1000}, {"external_id": "R2", "amount": 1999}, {"external_id": "R9"})


@pytest.fixture
def till(live: Flask) -> Till:
    till = a_till()
    for number in (1, 2, 3):
        till.sell(f"R{number}", 1000 * number)
    till.accrue()
    return till


@pytest.fixture
def headers(till: Till) -> dict[str, str]:
    scopes = ["statements:read", "statements:write"]
    partner = till.shop.partner
    client = transact(lambda: access.create_client(partner.program_id, partner.id, "Books", scopes))
    return {"Authorization": f"Bearer {transact(lambda: access.issue_token(*client, scopes)).value}"}


def sent(live: Flask, headers: dict[str, str], data: Any = FILE, query: str = "period=2026-11", **more: Any) -> Any:
    more.setdefault("content_type", "application/x-ndjson")
    return live.test_client().post(f"{PATH}?{query}", headers=headers, data=data, **more)


def test_a_file_is_compared_and_its_differences_are_read_page_by_page(live: Flask, headers: dict[str, str]) -> None:
    answer = sent(live, headers)
    jobs.run_due(20)

    assert answer.status_code == 202
    path = f"{PATH}/{answer.json['id']}"
    found, cursor = [], ""
    while cursor is not None:
        page = live.test_client().get(f"{path}?limit=1{cursor and f'&cursor={cursor}'}", headers=headers).json
        found += page["items"]
        cursor = page["next_cursor"]
    assert {(one["external_id"], one["kind"]) for one in found} == {
        ("R2", "amount"),
        ("R3", "missing_there"),
        ("R9", "missing_here"),
    }
    assert (page["state"], page["lines"], page["rejected"]) == ("finished", 3, 0)
    totals = {one["kind"]: one for one in page["totals"]}
    assert totals["amount"]["yours"]["amount"] == 1999
    assert totals["amount"]["ours"] == {"amount": 2000, "points": 10, "points_redeemed": 0}
    only = live.test_client().get(f"{path}?kind=amount", headers=headers).json["items"]
    assert [one["external_id"] for one in only] == ["R2"]
    listed = live.test_client().get(PATH, headers=headers).json
    assert [one["id"] for one in listed["items"]] == [answer.json["id"]]


def test_a_table_of_our_own_titles_is_compared_as_the_same_lines_would_be(live: Flask, headers: dict[str, str]) -> None:
    table = "external_id,amount,rate\nR1,1000,\nR2,1999,\nR9,,0.01\nR3,1.5,\n"

    answer = sent(live, headers, table, content_type="text/csv")
    jobs.run_due(20)

    page = live.test_client().get(f"{PATH}/{answer.json['id']}", headers=headers).json
    kinds = {(one["external_id"], one["kind"]) for one in page["items"]}
    assert kinds == {("R2", "amount"), ("R3", "missing_there"), ("R9", "missing_here")}
    assert (page["state"], page["lines"], page["rejected"]) == ("finished", 3, 1)
    (wrong,) = live.test_client().get(f"{PATH}/{answer.json['id']}/rejections", headers=headers).json["items"]
    assert (wrong["line"], wrong["code"]) == (5, "not_an_integer")


def test_the_same_idempotency_key_takes_a_file_once(live: Flask, headers: dict[str, str]) -> None:
    keyed = {**headers, "Idempotency-Key": "k-1"}

    first, again = sent(live, keyed), sent(live, keyed)
    other = sent(live, keyed, FILE + "\n{}")

    assert (first.json, again.headers["Idempotency-Replayed"]) == (again.json, "true")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert count_rows("reconciliation") == 1


def test_a_form_and_a_packed_body_are_taken_like_a_plain_one(live: Flask, headers: dict[str, str]) -> None:
    packed = gzip.compress(FILE.encode())
    form = {"file": (BytesIO(packed), "november.ndjson.gz")}

    answers = [
        sent(live, headers, packed, content_type="application/gzip"),
        sent(live, headers, form, content_type="multipart/form-data"),
    ]
    jobs.run_due(20)

    for answer in answers:
        assert live.test_client().get(f"{PATH}/{answer.json['id']}", headers=headers).json["lines"] == 3


REFUSED: list[tuple[Any, str, str, str]] = [
    (FILE, "", "application/x-ndjson", "invalid"),
    (FILE, "period=2026-13", "application/x-ndjson", "bad_period"),
    (FILE, "period=2026-11&mapping=none", "text/csv", "unknown_mapping"),
    (FILE, "period=2026-11", "text/csv", "invalid"),
    (b"", "period=2026-11", "application/x-ndjson", "invalid"),
    (b"{}", "period=2026-11", "application/json", "not_ndjson"),
    (b"x=1", "period=2026-11", "multipart/form-data", "invalid"),
    (FILE, "period=2026-11&surprise=1", "application/x-ndjson", "invalid"),
]


def test_what_cannot_be_taken_is_refused_with_its_code(live: Flask, headers: dict[str, str]) -> None:
    answers = [sent(live, headers, data, query, content_type=kind) for data, query, kind, _ in REFUSED]

    assert [answer.json["code"] for answer in answers] == [code for *_, code in REFUSED]
    assert {answer.status_code for answer in answers} <= {400, 422}
    assert count_rows("reconciliation") == 0


def test_a_mapping_is_the_partners_own(live: Flask, till: Till, headers: dict[str, str]) -> None:
    columns = {"external_id": "no", "occurred_at": "at", "amount": "sum"}
    transact(lambda: purchases.save_mapping(till.shop.partner.id, "table", {"columns": columns}))
    table = "no,at,sum\nR1,2026-11-20T09:30:00Z,10.00\n"

    answer = sent(live, headers, table, "period=2026-11&mapping=table", content_type="text/csv")
    jobs.run_due(20)

    found = live.test_client().get(f"{PATH}/{answer.json['id']}", headers=headers).json
    assert {one["kind"]: one["count"] for one in found["totals"]} == {"matched": 1, "missing_there": 2}


def test_rejected_lines_are_told_and_another_partners_run_does_not_exist(
    live: Flask, till: Till, headers: dict[str, str]
) -> None:
    answer = sent(live, headers, FILE + "rubbish\n")
    jobs.run_due(20)
    operator = transact(lambda: _operator_headers(till))

    path = f"{PATH}/{answer.json['id']}"
    [rejected] = live.test_client().get(f"{path}/rejections", headers=headers).json["items"]

    assert (rejected["line"], rejected["code"]) == (4, "not_json")
    for one in (path, f"{path}/rejections"):
        assert live.test_client().get(one, headers=operator).status_code == 404


def _operator_headers(till: Till) -> dict[str, str]:
    from coalition import partners

    other = partners.operator_entity(till.shop.program.id).partner_id
    client = access.create_client(till.shop.program.id, other, "Other", ["statements:read"])
    return {"Authorization": f"Bearer {access.issue_token(*client, ['statements:read']).value}"}
