"""Reading a registry file: chunks, positions, lines that are too long, files that are damaged."""

from __future__ import annotations

import gzip
import io

import pytest

from coalition.purchases.registries import streaming
from coalition.purchases.registries.streaming import CHUNK_LINES, LINE_MAX, Chunk, Unreadable, chunks


def _all(content: bytes, position: int = 0, last_line: int = 0) -> list[tuple[int, bytes | None]]:
    return [line for chunk in chunks(io.BytesIO(content), position, last_line) for line in chunk.lines]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_lines_keep_their_numbers_and_blank_ones_are_left_out(pack: type[bytes]) -> None:
    content = pack(b"\xef\xbb\xbf{1}\r\n\n  \n{4}\n{5}")

    assert _all(content) == [(1, b"{1}"), (4, b"{4}"), (5, b"{5}")]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_from_any_chunks_position_the_rest_of_the_file_follows(pack: type[bytes]) -> None:
    content = pack(b"".join(b"{%d}\n" % at for at in range(1, 2 * CHUNK_LINES + 100)))
    made = list(chunks(io.BytesIO(content)))
    assert [len(chunk.lines) for chunk in made] == [CHUNK_LINES, CHUNK_LINES, 99]

    for before, chunk in enumerate(made[:-1]):
        rest = _all(content, chunk.position, chunk.last_line)
        assert rest == [line for later in made[before + 1 :] for line in later.lines]


def test_a_line_that_is_too_long_is_skipped_and_what_follows_is_read() -> None:
    long = b"x" * (LINE_MAX + 1)
    fits = b"y" * (LINE_MAX - 1)

    found = _all(long + b"\n" + fits + b"\n" + long * 3 + b"\n{4}\n" + long)

    assert [(number, line and len(line)) for number, line in found] == [
        (1, None),
        (2, LINE_MAX - 1),
        (3, None),
        (4, 3),
        (5, None),
    ]


class _Endless(io.RawIOBase):
    """A gigabyte without a line's end, of which nothing is stored."""

    left = 1 << 30

    def readline(self, size: int | None = -1, /) -> bytes:
        given = b"z" * min(size or 0, self.left)
        self.left -= len(given)
        return given

    def read(self, size: int = -1, /) -> bytes:
        return b"z" * size

    def seek(self, *_: int) -> int:
        return 0


def test_an_endless_line_gives_signs_of_life_and_is_never_held() -> None:
    made: list[Chunk] = list(chunks(_Endless()))  # type: ignore[arg-type]

    assert len(made) > 100
    assert [chunk.lines for chunk in made if chunk.lines] == [[(1, None)]]
    assert all(chunk.position == 0 for chunk in made[:-1])


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_on_the_way_back_to_a_far_position_there_are_signs_of_life(
    pack: type[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "SKIP_BYTES", 1000)
    done = b"{1}\n" * 1000
    file = io.BytesIO(pack(done + b"{1001}\n"))

    *signs, last = chunks(file, len(done), 1000)

    assert [(chunk.position, chunk.last_line, chunk.lines) for chunk in signs] == [(4000, 1000, [])] * 3
    assert last.lines == [(1001, b"{1001}")]


def test_a_damaged_file_gives_what_was_readable_and_says_so() -> None:
    whole = gzip.compress(b"".join(b"{%d}\n" % (at * 7919) for at in range(1, 20_000)))
    made = []

    with pytest.raises(Unreadable, match="file_damaged"):
        for chunk in chunks(io.BytesIO(whole[: len(whole) // 2])):
            made.append(chunk)

    assert made[0].lines[0] == (1, b"{7919}")


def test_a_file_that_is_no_longer_as_long_as_it_was_is_damaged() -> None:
    with pytest.raises(Unreadable, match="file_damaged"):
        _all(gzip.compress(b"{1}\n"), 100, 10)
