"""Files that come by a source: told apart, read by its mapping, and refused while it rests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from coalition import purchases
from coalition.kernel import jobs
from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict, Invalid
from tests.coalition.api.till import Till
from tests.coalition.purchases.builders import CARD, a_body
from tests.coalition.purchases.registries.test_tables import HEADER, a_definition, a_row


def _define(till: Till, code: str = "tills", **more: Any) -> purchases.Source:
    given = {"kind": "registry", "name": "Tills", **more}
    return transact(lambda: purchases.define_source(till.shop.program.id, till.shop.partner.id, code, **given))


def _ndjson(*bodies: dict[str, Any]) -> bytes:
    return "".join(json.dumps(body) + "\n" for body in bodies).encode()


def test_a_purchase_says_by_which_source_it_came(till: Till) -> None:
    source = _define(till)
    till.post("/purchases", a_body(1000, external_id="A"))
    till.send("/registries", _ndjson(a_body(1000, external_id="B")), Content_Type="application/x-ndjson")
    till.send("/registries?source=tills", _ndjson(a_body(1000, external_id="C")), Content_Type="application/x-ndjson")
    jobs.run_due()

    rows = fetch_all("SELECT external_id, source_id FROM purchase ORDER BY external_id")

    assert [tuple(row) for row in rows] == [("A", None), ("B", None), ("C", source.id)]
    assert transact(lambda: purchases.brought([source.id])) == {source.id: purchases.Brought(1, 1, 1, 0, 0, 0)}
    assert [one.code for one in transact(lambda: purchases.sources(till.shop.program.id))] == ["tills"]


def test_a_source_brings_its_own_mapping(till: Till) -> None:
    transact(lambda: purchases.save_mapping(till.shop.partner.id, "till", a_definition()))
    _define(till, mapping="till")
    file = "\n".join((HEADER, a_row("A", "10,00", card=CARD))).encode("windows-1251")

    sent = till.send("/registries?source=tills", file, Content_Type="text/csv")
    jobs.run_due()

    assert till.get(f"/registries/{sent.json['id']}").json["accepted"] == 1


def test_nothing_is_taken_from_an_unknown_source_or_one_that_rests(till: Till) -> None:
    source = _define(till)
    transact(lambda: purchases.pause_source(source.id, paused=True))

    rests = till.send("/registries?source=tills", b"x", Content_Type="application/x-ndjson")
    unknown = till.send("/registries?source=other", b"x", Content_Type="application/x-ndjson")

    assert (rests.status_code, rests.json["code"]) == (409, "source_paused")
    assert (unknown.status_code, unknown.json["code"]) == (422, "unknown_source")


def test_a_source_that_makes_no_sense_is_refused(till: Till) -> None:
    _define(till)
    for more in (
        {"code": "X!"},
        {"kind": "fax"},
        {"kind": "s3"},
        {"bucket": "abc"},
        {"kind": "s3", "bucket": "../x"},
        {"every_s": 5},
        {"mapping": "nobody"},
    ):
        with pytest.raises(Invalid):
            _define(till, **{"code": "other", **more})
    with pytest.raises(Conflict, match="source_exists"):
        _define(till)
