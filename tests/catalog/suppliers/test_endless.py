"""A file that never ends is refused while it is still small."""

from __future__ import annotations

import io
from typing import Any

import pytest

from catalog.suppliers import FeedRefused, open_feed


class _Endless(io.RawIOBase):
    """Ten gigabytes on one line, made while they are read."""

    def __init__(self, head: bytes) -> None:
        self.head, self.at, self.given = head, 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, at: int, whence: int = 0) -> int:
        self.at = at + (10 * 1024**3 if whence == io.SEEK_END else 0)
        return self.at

    def readinto(self, buffer: Any) -> int:
        piece = self.head[self.at :][: len(buffer)] or b"x" * len(buffer)
        buffer[: len(piece)] = piece
        self.at += len(piece)
        self.given += len(piece)
        return len(piece)


@pytest.mark.parametrize(
    ("form", "head", "code"),
    [
        ("csv", b"sku;title;price\nA1;", "line_too_long"),
        ("ndjson", b'{"sku": "', "line_too_long"),
        ("yml", b"<yml_catalog><offer id='1'><name>", "broken"),
        ("google_xml", b"<rss><item><title>", "broken"),
    ],
)
def test_ten_gigabytes_on_one_line_are_refused_early(form: str, head: bytes, code: str) -> None:
    endless = _Endless(head)

    with pytest.raises(FeedRefused) as refused:
        list(open_feed(form, endless))  # type: ignore[arg-type]

    assert refused.value.code == code
    assert endless.given < 20_000_000
