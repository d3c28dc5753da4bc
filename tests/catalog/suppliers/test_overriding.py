"""A supplier may differ from its protocol, in what exists and within reason."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from catalog import suppliers
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid
from integrations.suppliers.gateway import ProtocolGateway
from tests.builders import a_program
from tests.catalog.builders import a_supplier


@pytest.fixture
def supplier_id(app: Flask) -> int:
    return transact(lambda: a_supplier(a_program()).id)


def test_what_is_overridden_holds_and_the_rest_is_the_protocols(supplier_id: int) -> None:
    caps: dict[str, Any] = {"hold": False, "max_rps": 2.5, "concurrency": None, "void_window_s": 60}
    transact(lambda: suppliers.override(supplier_id, caps))

    told = ProtocolGateway().caps(suppliers.access(supplier_id))

    assert (told.hold, told.max_rps, told.concurrency, told.void_window_s) == (False, 2.5, None, 60)
    assert (told.partial, told.idempotent_create) == (True, True)


@pytest.mark.parametrize(
    "caps",
    [
        {"fly": True},
        {"hold": 1},
        {"hold": None},
        {"max_rps": 0},
        {"max_rps": "2"},
        {"concurrency": 1.5},
        {"webhook": "y"},
    ],
)
def test_what_no_supplier_can_do_is_pointed_at_and_changes_nothing(supplier_id: int, caps: dict[str, Any]) -> None:
    before = suppliers.access(supplier_id)

    with pytest.raises(Invalid) as refused:
        transact(lambda: suppliers.override(supplier_id, caps))

    assert [one.pointer for one in refused.value.errors] == [f"/{name}" for name in caps]
    assert suppliers.access(supplier_id) == before
