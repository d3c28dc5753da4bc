"""Tables over HTTP: a mapping saved, a file in, counts and rejections out; and a dry run that leaves nothing."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from coalition.kernel import jobs
from coalition.kernel.db import fetch_all
from coalition.kernel.web.workbook import MIMETYPE as XLSX
from tests.books import a_book
from tests.coalition.api.till import Till
from tests.coalition.purchases.builders import CARD, a_body
from tests.coalition.purchases.registries.test_sheets import TITLES, a_sheets_row
from tests.coalition.purchases.registries.test_tables import HEADER, a_definition, a_row

CSV = "text/csv"


def _file(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows)).encode("windows-1251")


def _save(till: Till, name: str = "till", **more: Any) -> Any:
    return till.client.put(
        f"/api/v1/registry-mappings/{name}",
        json=a_definition(**more),
        headers={"Authorization": f"Bearer {till.token}"},
    )


def _sent(till: Till, file: bytes, query: str = "mapping=till", kind: str = CSV) -> dict[str, Any]:
    sent = till.send(f"/registries?{query}", file, Content_Type=kind)
    assert sent.status_code == 202, sent.json
    jobs.run_due()
    return dict(till.get(f"/registries/{sent.json['id']}").json)


def _counts(answer: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(answer[name] for name in ("state", "lines", "accepted", "replayed", "rejected", "points_issued"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_table_is_recorded_by_its_saved_mapping_and_once_only(till: Till, pack: type[bytes]) -> None:
    saved = _save(till)
    rows = [a_row(f"R{at // 2}", "10,00", card=CARD) for at in range(10)]
    file = pack(_file(*rows))

    first, again = _sent(till, file), _sent(till, file)

    assert (saved.status_code, saved.json["version"]) == (200, 1)
    assert _counts(first) == ("finished", 5, 5, 0, 0, 5 * 10)
    assert _counts(again) == ("finished", 5, 0, 5, 0, 0)


def test_one_bad_row_never_stops_a_table_and_each_says_its_line(till: Till) -> None:
    _save(till, grouping="row")
    good = [a_row(f"R{at}", "10,00", card=CARD) for at in range(4)]
    bad = [a_row("X1", "oops", card=CARD), a_row("X2", name='"'), a_row("X3") + ";1", "x" * (1 << 21), a_row("X\0")]

    answer = _sent(till, _file(*good[:2], *bad, *good[2:]))

    assert _counts(answer) == ("finished", 9, 4, 0, 5, 20)
    found = till.get(f"/registries/{answer['id']}/rejections").json["items"]
    assert [(one["line"], one["code"], one["field"]) for one in found] == [
        (4, "invalid", "Сумма"),
        (5, "not_csv", ""),
        (6, "wrong_columns", ""),
        (7, "line_too_long", ""),
        (8, "forbidden_character", ""),
    ]


def test_a_dry_run_says_what_would_happen_and_writes_nothing(till: Till) -> None:
    _save(till, grouping="row")
    file = _file(a_row("A", "10,00", card=CARD), a_row("B", "oops"), a_row("C", "10,00", card=CARD))

    answer = _sent(till, file, "mapping=till&dry_run=true")

    assert _counts(answer) == ("finished", 3, 2, 0, 1, 10)
    assert answer["dry_run"] is True
    assert len(till.get(f"/registries/{answer['id']}/rejections").json["items"]) == 1
    assert fetch_all("SELECT id FROM purchase") == fetch_all("SELECT id FROM entry") == []
    assert _counts(_sent(till, file))[:3] == ("finished", 3, 2)


def test_a_workbook_is_recorded_by_the_same_mapping_and_its_rows_are_those_of_the_sheet(till: Till) -> None:
    _save(till, grouping="row")
    rows = [a_sheets_row("A", 12.10, card=CARD), a_sheets_row("B", "oops"), a_sheets_row("C", 19.99, card=CARD)]
    book = a_book(TITLES, *rows)

    tried = _sent(till, book, "mapping=till&dry_run=true", XLSX)
    nothing = fetch_all("SELECT id FROM purchase") + fetch_all("SELECT id FROM entry")
    first, again = _sent(till, book, kind=XLSX), _sent(till, _file(a_row("A", "12,10", card=CARD)))

    assert (_counts(tried), nothing) == (("finished", 3, 2, 0, 1, 15), [])
    assert _counts(first) == ("finished", 3, 2, 0, 1, 15)
    assert _counts(again) == ("finished", 1, 0, 1, 0, 0), "the same receipt as text is the same receipt"
    assert [row.total_minor for row in fetch_all("SELECT total_minor FROM purchase ORDER BY 1")] == [1210, 1999]
    found = till.get(f"/registries/{first['id']}/rejections").json["items"]
    assert [(one["line"], one["code"], one["field"]) for one in found] == [(3, "invalid", "Сумма")]


def test_foreign_json_is_tried_and_recorded_by_a_saved_mapping(till: Till) -> None:
    columns = {"external_id": "doc.no", "occurred_at": "at", "outlet": "shop", "member": "card", "amount": "sum"}
    _save(till, columns=columns, date_format="iso", grouping="row")
    at = {"at": "2026-11-20T09:30:00Z", "shop": "S1", "card": CARD}
    lines = [{"doc": {"no": "A"}, **at, "sum": 12.1}, {"doc": {"no": "B"}, **at}, {"doc": {"no": "C"}, **at, "sum": 10}]
    file = "".join(json.dumps(line) + "\n" for line in lines).encode()

    tried = _sent(till, file, "mapping=till&dry_run=true", "application/x-ndjson")
    nothing = fetch_all("SELECT id FROM purchase")
    answer = _sent(till, file, kind="application/x-ndjson")

    assert (_counts(tried), nothing) == (("finished", 3, 2, 0, 1, 11), [])
    assert _counts(answer) == ("finished", 3, 2, 0, 1, 11)
    assert [row.total_minor for row in fetch_all("SELECT total_minor FROM purchase ORDER BY 1")] == [1000, 1210]
    found = till.get(f"/registries/{answer['id']}/rejections").json["items"]
    assert [(one["line"], one["field"]) for one in found] == [(2, "sum")]


@pytest.mark.parametrize(
    ("book", "query", "error"),
    [
        (a_book(TITLES)[:-30], "mapping=till", "truncated"),
        (a_book(), "mapping=till", "empty"),
        (a_book(TITLES), "", "mapping_missing"),
        (a_book(["x"]), "mapping=till", "columns_missing"),
        (a_book(TITLES), "mapping=other", "sheet_missing"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "mapping=till", "workbook_old"),
    ],
)
def test_a_workbook_that_cannot_be_read_fails_as_a_whole_and_says_why(
    till: Till, book: bytes, query: str, error: str
) -> None:
    _save(till)
    _save(till, "other", sheet="Чеки")

    answer = _sent(till, book, query, XLSX)

    assert (answer["state"], answer["error"], answer["lines"]) == ("failed", error, 0)


def test_a_file_keeps_the_version_of_the_mapping_it_began_with(till: Till) -> None:
    _save(till)
    sent = till.send("/registries?mapping=till", _file(a_row("A", "10,00", card=CARD)), Content_Type=CSV)

    changed = _save(till, encoding="utf-8")
    jobs.run_due()

    assert changed.json["version"] == 2
    assert till.get(f"/registries/{sent.json['id']}").json["accepted"] == 1
    listed = till.get("/registry-mappings").json["items"]
    assert [(one["name"], one["version"], one["encoding"]) for one in listed] == [("till", 2, "utf-8")]


def test_a_file_that_lacks_a_column_fails_as_a_whole(till: Till) -> None:
    _save(till)

    answer = _sent(till, b"a;b\n1;2\n")

    assert (answer["state"], answer["error"], answer["lines"]) == ("failed", "columns_missing", 0)


def test_unknown_and_impossible_mappings_are_refused(till: Till) -> None:
    unknown = till.send("/registries?mapping=nobody", b"x", Content_Type=CSV)
    none = till.send("/registries", b"x", Content_Type=CSV)
    impossible = _save(till, encoding="utf-7")
    bad_name, bad_sheet = _save(till, name="Kasse!"), _save(till, sheet="x" * 32)

    assert (unknown.status_code, unknown.json["code"]) == (422, "unknown_mapping")
    assert (none.status_code, none.json["errors"][0]["pointer"]) == (422, "/mapping")
    assert (impossible.status_code, impossible.json["errors"][0]["pointer"]) == (422, "/encoding")
    assert (bad_sheet.status_code, bad_sheet.json["errors"][0]["pointer"]) == (422, "/sheet")
    assert (bad_name.status_code, bad_name.json["errors"][0]["pointer"]) == (422, "/name")


def test_a_table_brings_returns_and_voids_of_what_it_and_others_have_sold(till: Till) -> None:
    columns = {"external_id": "Чек", "occurred_at": "Дата", "type": "Вид", "original": "Чек продажи", "no": "№"}
    columns |= {"member": "Карта", "qty": "Кол-во", "amount": "Сумма"}
    fixed = {"currency": "EUR", "member_kind": "card", "outlet": "S1"}
    assert _save(till, columns=columns, fixed=fixed, encoding="utf-8", date_format="iso").status_code == 200
    sold = till.post("/purchases", a_body(4000, external_id="API-1")).json
    at = a_body()["occurred_at"]
    rows = [
        "Чек;Дата;Вид;Чек продажи;№;Карта;Кол-во;Сумма",
        f"A;{at};;;;{CARD};2;20,00",
        f"A;{at};;;;{CARD};3;60,00",
        f"T-1;{at};return;A;2;{CARD};-1;-20,00",
        f"T-1;{at};return;A;1;{CARD};2;20,00",
        f"T-2;{at};return;A;2;;3;60,00",
        f"V-1;{at};void;API-1;;;;",
        f"T-3;{at};return;A;;;1;20,00",
        f"T-4;{at};return;;1;;1;20,00",
    ]

    answer = _sent(till, "\n".join(rows).encode(), "mapping=till")

    found = till.get(f"/registries/{answer['id']}/rejections").json["items"]
    assert _counts(answer) == ("finished", 6, 3, 0, 3, 40)
    assert [(one["line"], one["code"], one["field"]) for one in found] == [
        (6, "returned_too_much", "/lines/0/qty_m"),
        (8, "required", "№"),
        (9, "required", "Чек продажи"),
    ]
    back = fetch_all("SELECT external_id, kind, refund_minor FROM purchase_return ORDER BY external_id")
    assert [tuple(row) for row in back] == [("T-1", "return", 4000), ("V-1", "void", 4000)]
    assert till.get(f"/purchases/{sold['id']}").json["state"] == "voided"
    assert till.shop.available() == 20


def test_a_banks_table_brings_transactions_with_their_categories(till: Till) -> None:
    columns = {"external_id": "ref", "occurred_at": "at", "member": "token", "amount": "sum", "mcc": "mcc"}
    fixed = {"type": "bank.transaction", "currency": "EUR", "member_kind": "card"}
    definition = {"columns": {**columns, "merchant": "where"}, "fixed": fixed, "grouping": "receipt"}
    path, headers = "/api/v1/registry-mappings/bank", {"Authorization": f"Bearer {till.token}"}
    assert till.client.put(path, json=definition, headers=headers).status_code == 200
    at = "2026-11-20T09:30:00Z"
    file = f"ref,at,token,sum,mcc,where\nT1,{at},{CARD},10.00,5411,Shop\nT2,{at},{CARD},10.00,54,Shop\n" + (
        f"T3,{at},{CARD},10.00,5411,Shop\n" * 2
    )

    answer = _sent(till, file.encode(), "mapping=bank")

    assert _counts(answer) == ("finished", 3, 1, 0, 2, 5)
    found = till.get(f"/registries/{answer['id']}/rejections").json["items"]
    assert [(one["line"], one["code"], one["field"]) for one in found] == [
        (3, "invalid", "mcc"),
        (4, "rows_disagree", ""),
    ]
    kept = fetch_all("SELECT payments FROM purchase")
    assert [row.payments for row in kept] == [[{"kind": "bank_card", "amount": 1000, "mcc": "5411"}]]
