"""Fetching a feed: the whole file, or a refusal that says why."""

from __future__ import annotations

import httpx
import pytest

from catalog.ports import FeedUnreachable
from integrations.suppliers.feed_source import HttpFeedSource


def _source(answer: httpx.Response | Exception) -> HttpFeedSource:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return HttpFeedSource(httpx.Client(transport=httpx.MockTransport(handle)))


def test_a_file_comes_whole_and_from_its_beginning() -> None:
    with _source(httpx.Response(200, content=b"x" * 3_000_000)).fetch(
        "http://shop.example/feed.yml", lambda: None
    ) as file:
        assert file.read() == b"x" * 3_000_000


def test_while_a_file_comes_its_caller_hears_of_it_and_may_end_it() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        _source(httpx.Response(200, content=b"x" * 3_000_000)).fetch("http://shop.example/feed.yml", stop)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(302, headers={"Location": "http://169.254.169.254/"}),
        httpx.Response(500, content=b"<yml_catalog/>"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    ],
)
def test_anything_else_is_unreachable(answer: httpx.Response | Exception) -> None:
    with pytest.raises(FeedUnreachable) as refused:
        _source(answer).fetch("http://shop.example/feed.yml", lambda: None)

    assert refused.value.code == "unreachable"


@pytest.mark.parametrize("url", ["ftp://shop.example/feed.yml", "nonsense", "http://"])
def test_a_strange_address_is_unreachable(url: str) -> None:
    with pytest.raises(FeedUnreachable):
        HttpFeedSource().fetch(url, lambda: None)
