"""Foreign JSON by the mapping of a table: fields under other names, exact numbers, and every wrong line named."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from coalition.kernel.errors import Refusal
from coalition.purchases import Receipt, Unreadable, read_mapping
from coalition.purchases.registries.tables import read_table
from tests.coalition.purchases.registries.test_tables import a_definition

_COLUMNS = {
    "external_id": ["till", "receipt.no"],
    "occurred_at": "when",
    "outlet": "shop",
    "member": "card",
    "sku": "article",
    "amount": "sum",
}
_LINE = {"till": 7, "receipt": {"no": "A"}, "when": "20.11.2026 11:30:00", "shop": "S1", "card": "42", "article": "SKU"}


def _read(*lines: dict[str, Any] | str | bytes, grouping: str = "row") -> list[Any]:
    texts = [line if isinstance(line, str | bytes) else json.dumps(line) for line in lines]
    content = b"\n".join(text if isinstance(text, bytes) else text.encode() for text in texts)
    mapping = read_mapping("foreign", a_definition(columns=_COLUMNS, grouping=grouping))
    return [one for _, readings in read_table(io.BytesIO(content), mapping, 2) for one in readings]


def test_foreign_fields_become_a_receipt_and_numbers_are_read_digit_by_digit() -> None:
    line = json.dumps(_LINE)[:-1]

    found = _read(f'{line}, "sum": 12.10}}', f'{line}, "sum": "8,99", "more": [1]}}', f'{line}, "sum": 5}}')

    assert [receipt.total for _, receipt in found] == [1210, 899, 500]
    (number, first) = found[0]
    assert (number, type(first), first.external_id, first.member) == (1, Receipt, "7 A", ("card", "42"))
    assert first.occurred_at.isoformat() == "2026-11-20T09:30:00+00:00"


def test_lines_of_one_number_are_one_receipt() -> None:
    found = _read({**_LINE, "sum": 1}, {**_LINE, "sum": 2}, {**_LINE, "till": 8, "sum": 3}, grouping="receipt")

    assert [(line, receipt.total) for line, receipt in found] == [(1, 300), (3, 300)]


def test_lines_that_have_nothing_of_the_receipts_number_are_unreadable() -> None:
    with pytest.raises(Unreadable, match="columns_missing"):
        _read({"external_id": "A", "lines": []})


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ({**_LINE}, "required", "sum"),
        ({**_LINE, "sum": None}, "required", "sum"),
        ({**_LINE, "sum": 8.999}, "invalid", "sum"),
        ({**_LINE, "sum": [1]}, "invalid", "sum"),
        ({**_LINE, "sum": 1e30}, "invalid", "sum"),
        ({**_LINE, "sum": 1, "card": "4\x002"}, "forbidden_character", "card"),
        ({**_LINE, "sum": 1, "card": "\ud800"}, "forbidden_character", "card"),
        ({**_LINE, "sum": 1, "receipt": "A", "till": None}, "required", "till + receipt.no"),
        ("[1]", "not_an_object", ""),
        ("{no", "not_json", ""),
        ('{"sum": NaN}', "not_json", ""),
        ('{"sum": 1, "sum": 2}', "duplicate_key", ""),
        ('{"a": ' + "[" * 50_000, "too_deep", ""),
        (b'{"sum": "\xff"}', "not_text", ""),
    ],
)
def test_a_bad_line_is_refused_alone_and_names_its_field(line: Any, code: str, field: str) -> None:
    found = _read({**_LINE, "sum": 1}, line, {**_LINE, "sum": 2})

    refusal = found[1][1]
    assert isinstance(refusal, Refusal)
    assert [(number, type(one)) for number, one in found] == [(1, Receipt), (2, type(refusal)), (3, Receipt)]
    problem = refusal.errors[0] if refusal.errors else refusal
    assert (problem.code, getattr(problem, "pointer", "")) == (code, field)
