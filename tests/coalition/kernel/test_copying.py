"""COPY of rows made as text: what went in comes out, whatever it holds."""

from __future__ import annotations

import gc

from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from coalition.kernel.copying import array, copy_csv, quoted
from coalition.kernel.db import raw
from coalition.kernel.garbage import no_search_for_cycles

_texts = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


def test_every_text_and_none_comes_out_as_it_went_in(app: Flask) -> None:
    raw().execute("CREATE TEMP TABLE copied (no int, word text, amount bigint) ON COMMIT DROP")

    @given(st.lists(st.tuples(_texts, st.none() | st.integers(-(2**63), 2**63 - 1)), max_size=5))
    @example([("None", None), (None, 1), ("", 2), ("\\.", 3), ('"', 4), ("a,b\r\nc\n", 5), ("\\N", 6)])
    def copied(rows: list[tuple[str | None, int | None]]) -> None:
        raw().execute("TRUNCATE copied")
        lines = (f"{no},{quoted(word)},{amount}" for no, (word, amount) in enumerate(rows))

        copy_csv("copied", "no, word, amount", lines)

        assert raw().execute("SELECT word, amount FROM copied ORDER BY no").fetchall() == rows

    copied()


def test_an_array_comes_out_as_it_went_in(app: Flask) -> None:
    @given(st.lists(_texts, max_size=5), st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=5))
    @example(["NULL", None, "", " ", "{}", ",", '"', "\\", '\\"', "a\nb"], [None, 0])
    def sent(words: list[str | None], numbers: list[int | None]) -> None:
        row = raw().execute("SELECT %s::text[], %s::bigint[]", (array(words), array(numbers))).fetchone()

        assert row == (words, numbers)

    sent()


def test_more_rows_than_a_block_holds_all_arrive(app: Flask) -> None:
    raw().execute("CREATE TEMP TABLE copied (no int) ON COMMIT DROP")

    copy_csv("copied", "no", map(str, range(9_001)))

    assert raw().execute("SELECT count(*), max(no) FROM copied").fetchone() == (9_001, 9_000)


def test_the_search_for_cycles_rests_inside_and_goes_on_after() -> None:
    with no_search_for_cycles() as search:
        assert not gc.isenabled()
        search()

    assert gc.isenabled()
