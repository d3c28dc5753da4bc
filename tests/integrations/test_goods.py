"""What a supplier's answer means, whatever it sends: nothing raises, and nothing is passed on that cannot be kept."""

from __future__ import annotations

import httpx
import pytest

from catalog.ports import Accepted, Address, Outcome, Rejected, SupplierAccess, SupplierLine, Unknown
from integrations.suppliers.goods import GoodsSupplier
from tests.catalog.builders import SECRET

HOME = Address("Anna Ozola", "anna@example.com", "+37120000000", "LV", "Riga", "LV-1010", "Brivibas iela 40")


def _confirm(status: int, content: bytes) -> Outcome:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status, content=content)))
    access = SupplierAccess("shop", "http://shop.example", SECRET)
    return GoodsSupplier(client).confirm(access, "con_1", [SupplierLine("A1", 1)], HOME)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"[]",
        b"[" * 200_000,
        b'{"state": "accepted"}',
        b'{"state": "accepted", "external_id": 7}',
        b'{"state": "accepted", "external_id": "X\\u0000"}',
        b'{"state": "accepted", "external_id": "\\ud800"}',
    ],
)
def test_an_acceptance_that_cannot_be_read_or_kept_leaves_us_in_doubt(content: bytes) -> None:
    assert _confirm(201, content) == Unknown()


@pytest.mark.parametrize("content", [b"", b'{"code": "X\\u0000"}', b"[" * 200_000])
def test_a_refusal_without_a_readable_reason_is_still_one(content: bytes) -> None:
    assert _confirm(409, content) == Rejected("refused")


def test_what_else_an_acceptance_tells_does_no_harm() -> None:
    assert _confirm(201, b'{"state": "accepted", "external_id": "X-1", "total": 12.5}') == Accepted("X-1")
