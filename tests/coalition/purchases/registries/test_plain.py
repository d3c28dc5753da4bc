"""Tables of our own titles: told apart from everything else, and read on from where a chunk ended."""

from __future__ import annotations

import io

import pytest

from coalition.purchases.receipts import Receipt
from coalition.purchases.registries import plain

HEADER = "external_id,occurred_at,outlet,currency,lines"
ROW = '{},2026-11-20T09:30:00Z,S1,EUR,"[{{""no"": 1, ""amount"": 100}}]"'


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("header", [HEADER, HEADER.replace(",", ";"), " external_id , occurred_at,,", '"external_id"'])
def test_a_header_that_names_the_external_id_makes_a_table(header: str, mark: bytes) -> None:
    file = io.BytesIO(mark + header.encode() + b"\r\n")

    assert plain.has_own_titles(file)
    assert file.tell() == 0


@pytest.mark.parametrize(
    "begin", [b"", b"\n", b'{"external_id": "R-1"}', b"receipt;sum", b"\x1f\x8bbroken", b"\xff\xfe", b'"external_id']
)
def test_anything_else_is_none(begin: bytes) -> None:
    assert not plain.has_own_titles(io.BytesIO(begin))


def test_a_table_is_read_on_from_the_end_of_any_chunk() -> None:
    file = io.BytesIO("\n".join((HEADER, *(ROW.format(f"R-{no}") for no in range(5_000)), "")).encode())
    header = plain.header_of(file)
    assert header is not None
    whole = list(plain.read_plain(file, header))
    first = whole[0][0]

    file.seek(0)
    rest = list(plain.read_plain(file, header, first.position, first.last_line))

    assert [readings for _, readings in rest] == [readings for _, readings in whole[1:]]
    found = [one for _, readings in whole for one in readings]
    assert [number for number, _ in found] == list(range(2, 5_002))
    assert [one.external_id for _, one in found if isinstance(one, Receipt)] == [f"R-{no}" for no in range(5_000)]
