"""Fetching pictures: what a supplier writes as an address never leads into our own house."""

from __future__ import annotations

import httpx
import pytest

from catalog.ports import ImageUnreachable
from integrations.suppliers.image_source import HttpImageSource


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.png",
        "http://localhost:5432/x.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x.png",
        "http://10.0.0.1/x.png",
        "file:///etc/passwd",
        "ftp://pictures.example/x.png",
        "http://",
        "http://exa mple/",
    ],
)
def test_no_picture_is_fetched_from_inside(url: str) -> None:
    with pytest.raises(ImageUnreachable, match="Not fetched"):
        HttpImageSource().fetch(url, 100)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, b"", "gone"),
        (410, b"", "gone"),
        (302, b"", "unreachable"),
        (500, b"", "unreachable"),
        (200, b"x" * 11, "too_large"),
    ],
)
def test_only_a_whole_picture_of_a_fair_size_is_taken(status: int, body: bytes, code: str) -> None:
    headers = {"Location": "http://127.0.0.1/"} if status == 302 else {}
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers))
    source = HttpImageSource(client=httpx.Client(transport=transport))

    with pytest.raises(ImageUnreachable) as refused:
        source.fetch("https://pictures.example/x.png", 10)

    assert refused.value.code == code


def test_what_fits_is_handed_over_as_it_is() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x" * 10))

    assert (
        HttpImageSource(client=httpx.Client(transport=transport)).fetch("https://pictures.example/x", 10) == b"x" * 10
    )
