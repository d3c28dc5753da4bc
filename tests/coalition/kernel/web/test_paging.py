"""A cursor leads back to its place, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from coalition.kernel.errors import Invalid
from coalition.kernel.web.paging import decode_cursor, encode_cursor


def test_a_cursor_leads_back_to_its_place() -> None:
    assert decode_cursor(encode_cursor(7, "R-1"), int, str) == (7, "R-1")
    assert decode_cursor(None, int) is None


@pytest.mark.parametrize(
    "cursor", ["nonsense", "", encode_cursor("7"), encode_cursor(7, 8), encode_cursor(2**63), encode_cursor(-(2**70))]
)
def test_what_is_no_place_of_this_list_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        decode_cursor(cursor, int)


def test_a_text_that_no_database_holds_is_refused() -> None:
    with pytest.raises(Invalid):
        decode_cursor(encode_cursor("a\0b"), str)
