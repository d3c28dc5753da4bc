"""Statements over HTTP: figures that add up, and nobody else's."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.web.paging import encode_cursor
from settlement import accruals, statements
from settlement.terms import Prices
from tests.settlement.builders import Coalition

MAY = dt.date(2026, 5, 5)
BOTH = Prices(
    funding_mode="hybrid",
    issue_price=Decimal("0.006"),
    redemption_price=Decimal("0.004"),
    service_price=Decimal("0.0015"),
    redeemer_rate=Decimal("0.0095"),
    vat_rate=Decimal("0.21"),
)


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition()
    coalition.join("A", BOTH)
    coalition.join("B", BOTH)
    coalition.join("S", Prices(vat_rate=Decimal("0.21")))
    for points in (1001, 2002, 3003):
        coalition.issue(points, MAY, {"A": 60, "B": 40})
    coalition.redeem(3333, MAY, "B")
    coalition.deliver("S", MAY, 520, 80)
    coalition.close_and_send("2026-05")
    return coalition


def bearer(coalition: Coalition, name: str, scope: str = "statements:read") -> dict[str, str]:
    client = transact(lambda: access.create_client(coalition.program.id, coalition.partners[name], "Books", [scope]))
    token = transact(lambda: access.issue_token(*client, [scope]))
    return {"Authorization": f"Bearer {token.value}"}


def read(live: Flask, path: str, headers: dict[str, str], status: int = 200) -> dict[str, Any]:
    answer = live.test_client().get(f"/api/v1{path}", headers=headers)
    assert answer.status_code == status, answer.json
    return answer.json


def every_line(live: Flask, statement_id: str, headers: dict[str, str], limit: int = 2) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        page = read(live, f"/statements/{statement_id}/lines?limit={limit}{cursor}", headers)
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize("begins", ["x", "2026-05-05T10:00:00", "2026-02-30T10:00:00Z"])
def test_a_cursor_that_is_no_instant_is_not_one_of_ours(live: Flask, coalition: Coalition, begins: str) -> None:
    headers = bearer(coalition, "A")
    statement_id = read(live, "/statements", headers)["items"][0]["id"]

    refused = read(live, f"/statements/{statement_id}/lines?cursor={encode_cursor(begins, 'y')}", headers, 422)

    assert refused["errors"][0]["code"] == "bad_cursor"


@pytest.mark.parametrize("name", ["A", "B", "S"])
def test_a_page_of_lines_ends_at_its_limit_though_a_movement_has_several(
    live: Flask, coalition: Coalition, name: str
) -> None:
    headers = bearer(coalition, name)
    statement_id = read(live, "/statements", headers)["items"][0]["id"]

    whole = read(live, f"/statements/{statement_id}/lines?limit=200", headers)["items"]

    assert len(whole) > len({line["movement"] for line in whole}) or name == "S"
    for limit in (1, 3):
        assert every_line(live, statement_id, headers, limit) == whole


@pytest.mark.parametrize("limits", [(4, 1), (1, 4), (3, 1, 2)])
def test_every_line_is_told_once_though_each_page_asks_for_another_number(
    live: Flask, coalition: Coalition, limits: tuple[int, ...]
) -> None:
    headers = bearer(coalition, "A")
    statement_id = read(live, "/statements", headers)["items"][0]["id"]
    whole = read(live, f"/statements/{statement_id}/lines?limit=200", headers)["items"]

    found, cursor = [], ""
    for limit in itertools.cycle(limits):
        page = read(live, f"/statements/{statement_id}/lines?limit={limit}{cursor}", headers)
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert found == whole


@pytest.mark.parametrize("name", ["A", "B", "S"])
def test_a_statement_can_be_recomputed_from_its_lines(live: Flask, coalition: Coalition, name: str) -> None:
    headers = bearer(coalition, name)
    [head] = read(live, "/statements?period=2026-05", headers)["items"]

    statement = read(live, f"/statements/{head['id']}", headers)
    lines = every_line(live, head["id"], headers)

    assert len({(line["movement"], line["code"]) for line in lines}) == len(lines)
    position = 0
    for document in statement["documents"]:
        for line in document["lines"]:
            beneath = [one for one in lines if one["code"] == line["code"]]
            exact = abs(sum(Decimal(one["amount"]) for one in beneath)) * 100
            assert line["net"] == int((exact + Decimal("0.5")) // 1)
        assert document["net"] == sum(line["net"] for line in document["lines"])
        assert document["vat"] == int((document["net"] * Decimal(document["vat_rate"]) + Decimal("0.5")) // 1)
        position += document["sign"] * document["gross"]
    assert statement["position"] == {"amount": position, "currency": "EUR"} == head["position"]


def test_another_partners_statement_does_not_exist(live: Flask, coalition: Coalition) -> None:
    theirs = read(live, "/statements", bearer(coalition, "A"))["items"][0]["id"]
    mine = bearer(coalition, "B")

    for path in (f"/statements/{theirs}", f"/statements/{theirs}/lines", f"/statements/{ids.public('stm', 10**6)}"):
        assert read(live, path, mine, 404)["code"] == "not_found"


def test_reading_statements_needs_its_scope(live: Flask, coalition: Coalition) -> None:
    assert read(live, "/statements", bearer(coalition, "A", "members:read"), 403)["code"] == "insufficient_scope"


def test_a_period_without_statements_is_an_empty_list(live: Flask, coalition: Coalition) -> None:
    answer = read(live, "/statements?period=2025-01", bearer(coalition, "A"))

    assert answer == {"items": [], "next_cursor": None}


def test_the_statements_of_a_period_of_any_days_are_asked_for_by_its_code(live: Flask, coalition: Coalition) -> None:
    code = "2026-07-10--2026-08-20"
    transact(lambda: accruals.open_period(coalition.program.id, code))
    coalition.issue(500, dt.date(2026, 7, 20), {"A": 1})
    closed = coalition.close(code)
    transact(lambda: [statements.send(number, "user:1") for number in closed.statements])

    told = read(live, f"/statements?period={code}", bearer(coalition, "A"))["items"]

    assert [one["period"] for one in told] == [code]


def test_a_partner_agrees_to_a_statement_that_was_sent_to_it_and_to_no_other(live: Flask, coalition: Coalition) -> None:
    june = dt.date(2026, 6, 5)
    coalition.issue(500, june, {"A": 1})
    closed = coalition.close("2026-06")
    own = [number for number in closed.statements if _entity_of(number) == coalition.entities["A"]]
    reading, headers = bearer(coalition, "A"), bearer(coalition, "A", "statements:write")
    public_id = ids.public("stm", own[0])
    client, path = live.test_client(), f"/api/v1/statements/{public_id}/agree"

    assert client.post(path, headers=headers).status_code == 404
    for beneath in ("", "/lines", "/bundle", "/invoices", "/disputes"):
        read(live, f"/statements/{public_id}{beneath}", reading, 404)
    assert read(live, "/statements?period=2026-06", reading)["items"] == []
    transact(lambda: statements.send(own[0], "test"))
    assert [one["id"] for one in read(live, "/statements?period=2026-06", reading)["items"]] == [public_id]
    agreed, again = (client.post(path, headers=headers) for _ in range(2))

    assert [answer.json["state"] for answer in (agreed, again)] == ["agreed", "agreed"]
    assert client.post(path, headers=bearer(coalition, "A")).status_code == 403
    assert client.post(path, headers=bearer(coalition, "B", "statements:write")).status_code == 404


def _entity_of(statement_id: int) -> int:
    return transact(lambda: statements.get(statement_id)).legal_entity_id
