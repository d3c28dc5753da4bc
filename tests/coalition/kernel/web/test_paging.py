"""A cursor leads back to its place, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from coalition.kernel.errors import Invalid
from coalition.kernel.web.paging import decode_cursor, encode_cursor, part_of, place


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


def test_the_pages_of_a_short_list_are_the_list() -> None:
    whole, cursor, read = list(range(7)), None, []
    for size in (3, 3, 3):
        page = part_of(whole, cursor, size)
        read += page.items
        cursor = page.next_cursor

    assert (read, cursor) == (whole, None)
    assert part_of(whole, encode_cursor(-5), 3).items == [0, 1, 2]
    assert part_of(whole, encode_cursor(99), 3).items == []


@pytest.mark.parametrize(("text", "found"), [("17", 17), ("", None), (None, None), ("-1", None), ("9" * 19, None)])
def test_a_page_goes_on_from_the_number_of_a_row_alone(text: str | None, found: int | None) -> None:
    assert place(text) == found
