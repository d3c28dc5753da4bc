"""Tables of our own titles: one purchase, return or event a row, the same fields as at their addresses, no mapping."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from coalition.kernel import jobs
from tests.coalition.api.till import Till
from tests.coalition.purchases.builders import CARD, a_body

TITLES = (
    "type",
    "external_id",
    "occurred_at",
    "outlet",
    "member.kind",
    "member.value",
    "currency",
    "lines",
    "payments",
)


def _table(titles: Sequence[str], *rows: dict[str, Any], delimiter: str = ",") -> bytes:
    """Rows as a till would write them: texts as they are, everything else as its JSON."""
    written = io.StringIO()
    table = csv.writer(written, delimiter=delimiter)
    table.writerow(titles)
    for row in rows:
        cells = [row.get(title, "") for title in titles]
        table.writerow([cell if isinstance(cell, str) else json.dumps(cell) for cell in cells])
    return written.getvalue().encode()


def _flat(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    member = body.pop("member")
    return {**body, "member.kind": member["kind"], "member.value": member["value"], **more}


def _sent(till: Till, file: bytes, kind: str = "text/csv") -> dict[str, Any]:
    sent = till.send("/registries", file, Content_Type=kind)
    assert sent.status_code == 202, sent.json
    jobs.run_due()
    return dict(till.get(f"/registries/{sent.json['id']}").json)


def _counts(answer: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(answer[name] for name in ("state", "lines", "accepted", "replayed", "rejected", "points_issued"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_table_of_our_own_titles_is_recorded_as_the_same_lines_would_be(
    till: Till, pack: type[bytes], delimiter: str
) -> None:
    bodies = [a_body(1000, external_id=f"R-{at}", payments=[{"kind": "card", "amount": 1000}]) for at in range(3)]
    lines = b"".join(json.dumps(body).encode() + b"\n" for body in bodies)

    first = _sent(till, pack(_table(TITLES, *(_flat(dict(body)) for body in bodies), delimiter=delimiter)))
    again = _sent(till, lines, "application/x-ndjson")

    assert _counts(first) == ("finished", 3, 3, 0, 0, 15)
    assert _counts(again) == ("finished", 3, 0, 3, 0, 0)


def test_a_row_is_a_purchase_a_return_or_an_event_by_its_type(till: Till) -> None:
    bought = a_body(1000, external_id="R-1")
    titles = (*TITLES, "purchase_external_id", "attributes.stars", "attributes.place")
    same = {"occurred_at": bought["occurred_at"]}
    given_back = {"type": "return", "external_id": "RT-1", "purchase_external_id": "R-1", "lines": [{"no": 1}], **same}
    member = {"member.kind": "card", "member.value": CARD}
    review = {
        "type": "review",
        "external_id": "E-1",
        "attributes.stars": 5,
        "attributes.place": "Riga",
        **member,
        **same,
    }

    answer = _sent(till, _table(titles, _flat(bought), given_back, review))

    assert _counts(answer) == ("finished", 3, 3, 0, 0, 5)
    assert till.get("/purchases?external_id=R-1").json["items"][0]["state"] == "returned"
    body = {"external_id": "E-1", "type": "review", "member": {"kind": "card", "value": CARD}, **same}
    again = till.post("/events", {**body, "attributes": {"stars": 5, "place": "Riga"}})
    assert again.headers["Idempotency-Replayed"] == "true"


def test_what_is_wrong_in_a_row_is_named_by_its_field_and_stops_nothing(till: Till) -> None:
    titles = (*TITLES, "points_paid", "member", "colour")
    good = _flat(a_body(1000, external_id="R-1"))
    wrong = [
        {**good, "points_paid": "1.5"},
        {**good, "points_paid": "none"},
        {**good, "lines": '[{"no": 1, "amount": 1, "amount": 2}]'},
        {**good, "member": {"kind": "card", "value": CARD}},
        {**good, "colour": "red"},
        {**good, "outlet": "a\0b"},
    ]
    file = _table(titles, good, *wrong) + b"too,short\n" + b'"' + b"x\xff,\n" + b'R-1,"\n'

    answer = _sent(till, file)

    assert _counts(answer)[:5] == ("finished", 10, 1, 0, 9)
    found = till.get(f"/registries/{answer['id']}/rejections").json["items"]
    assert [(one["line"], one["code"], one["field"]) for one in found] == [
        (3, "not_an_integer", "/points_paid"),
        (4, "invalid", "/points_paid"),
        (5, "invalid", "/lines"),
        (6, "duplicate_key", ""),
        (7, "unknown_field", "/colour"),
        (8, "forbidden_character", ""),
        (9, "wrong_columns", ""),
        (10, "not_utf8", ""),
        (11, "not_csv", ""),
    ]


def test_a_form_may_carry_such_a_table(till: Till) -> None:
    file = _table(TITLES, _flat(a_body(1000)))
    form = {"file": (io.BytesIO(file), "receipts.csv")}

    sent = till.client.post("/api/v1/registries", data=form, headers={"Authorization": f"Bearer {till.token}"})
    jobs.run_due()

    assert till.get(f"/registries/{sent.json['id']}").json["accepted"] == 1


def test_a_table_of_other_titles_needs_a_mapping(till: Till) -> None:
    refused = till.send("/registries", b"receipt,sum\n1,2\n", Content_Type="text/csv")

    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/mapping")
