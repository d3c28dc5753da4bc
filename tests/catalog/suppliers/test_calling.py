"""The log of calls: what operators read, that nobody rewrites it, and that it is forgotten in time."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import ProgrammingError

from catalog import suppliers
from coalition.kernel import jobs
from coalition.kernel.db import execute, transact
from tests.builders import a_program
from tests.catalog.builders import a_supplier


@pytest.fixture
def supplier_id(app: Flask) -> int:
    return transact(lambda: a_supplier(a_program()).id)


def a_call(supplier_id: int, ref: str) -> suppliers.Call:
    return suppliers.Call(supplier_id, "confirm", ref, "POST", "/orders", 201, True, 40, "{}", '{"state": "accepted"}')


def test_calls_are_read_latest_first_or_by_reference(supplier_id: int) -> None:
    for ref in ("con_1", "con_2", "con_1"):
        transact(lambda ref=ref: suppliers.record_call(a_call(supplier_id, ref)))

    assert [call.client_ref for call in suppliers.calls(supplier_id)] == ["con_1", "con_2", "con_1"]
    assert len(suppliers.calls(supplier_id, "con_1")) == 2
    assert suppliers.calls(supplier_id + 1) == []


@pytest.mark.parametrize("crime", ["UPDATE supplier_call SET answer = ''", "DELETE FROM supplier_call"])
def test_nobody_rewrites_what_was_said(supplier_id: int, crime: str) -> None:
    transact(lambda: suppliers.record_call(a_call(supplier_id, "con_1")))

    with pytest.raises(ProgrammingError, match="permission denied"):
        transact(lambda: execute(crime))


def test_calls_are_forgotten_after_thirty_days_and_not_before(supplier_id: int) -> None:
    sql = (
        "INSERT INTO supplier_call (at, supplier_id, operation, client_ref, method, path, sent, took_ms, request,"
        " answer) SELECT now() - make_interval(days => day), :id, 'quote', day::text, 'GET', '/', true, 1, '', ''"
        " FROM unnest(ARRAY[29, 31, 400]) AS day"
    )
    transact(lambda: execute(sql, {"id": supplier_id}))
    transact(lambda: jobs.enqueue("suppliers.prune", {}))

    jobs.run_due(5)

    assert [call.client_ref for call in suppliers.calls(supplier_id)] == ["29"]
