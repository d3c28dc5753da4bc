"""Fetching a feed over HTTP: the whole file, nothing if it is the same, or a refusal that says why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import httpx
import pytest

from catalog.ports import FeedPlace, FeedUnreachable, FetchedFeed, Validators
from integrations.suppliers.feed_source import FeedSources, HttpFeedSource

_PLACE = FeedPlace("http://shop.example/feed.yml")


def _nothing() -> None:
    """Nobody listens."""


def _source(answer: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]) -> HttpFeedSource:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    return HttpFeedSource(client=httpx.Client(transport=httpx.MockTransport(handle)))


def _fetch(source: HttpFeedSource, place: FeedPlace = _PLACE, known: Validators = Validators()) -> FetchedFeed | None:
    return source.fetch(place, known, 10_000_000, _nothing)


def test_a_file_comes_whole_and_from_its_beginning() -> None:
    fetched = _fetch(_source(httpx.Response(200, content=b"x" * 3_000_000)))

    assert fetched is not None
    with fetched.file as file:
        assert file.read() == b"x" * 3_000_000


def test_what_the_server_said_of_a_file_is_shown_to_it_again_and_the_same_file_is_not_fetched_twice() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return httpx.Response(304)
        headers = {"ETag": '"v1"', "Last-Modified": "Fri, 20 Nov 2026 09:00:00 GMT"}
        return httpx.Response(200, content=b"x", headers=headers)

    first = _fetch(_source(answer))

    assert first is not None
    first.file.close()
    assert first.validators == Validators('"v1"', "Fri, 20 Nov 2026 09:00:00 GMT")
    assert first.modified_at == dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
    assert _fetch(_source(answer), known=first.validators) is None


def test_a_feed_behind_a_password_is_asked_for_with_it() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        right = request.headers.get("Authorization") == "Basic c2hvcDpzZWNyZXQ="
        return httpx.Response(200 if right else 401, content=b"x")

    fetched = _fetch(_source(answer), FeedPlace(_PLACE.url, "shop", "secret"))

    assert fetched is not None
    fetched.file.close()
    with pytest.raises(FeedUnreachable, match="401"):
        _fetch(_source(answer))


def test_while_a_file_comes_its_caller_hears_of_it_and_may_end_it() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        _source(httpx.Response(200, content=b"x" * 3_000_000)).fetch(_PLACE, Validators(), 10_000_000, stop)


def test_a_file_larger_than_the_feed_may_be_is_not_fetched_to_its_end() -> None:
    with pytest.raises(FeedUnreachable) as refused:
        _source(httpx.Response(200, content=b"x" * 3_000_000)).fetch(_PLACE, Validators(), 1_000_000, _nothing)

    assert refused.value.code == "too_large"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(304),
        httpx.Response(302, headers={"Location": "http://169.254.169.254/"}),
        httpx.Response(500, content=b"<yml_catalog/>"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
    ],
)
def test_anything_else_is_unreachable(answer: httpx.Response | Exception) -> None:
    with pytest.raises(FeedUnreachable) as refused:
        _fetch(_source(answer))

    assert refused.value.code == "unreachable"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/feed.yml", "http://169.254.169.254/latest", "http://"])
def test_an_address_of_our_own_house_is_unreachable(url: str) -> None:
    with pytest.raises(FeedUnreachable):
        _fetch(HttpFeedSource(), FeedPlace(url))


@pytest.mark.parametrize("url", ["ftp://shop.example/feed.yml", "file:///etc/passwd", "nonsense"])
def test_an_address_that_nobody_serves_is_unreachable(url: str) -> None:
    with pytest.raises(FeedUnreachable):
        FeedSources(http=HttpFeedSource()).fetch(FeedPlace(url), Validators(), 1, _nothing)
