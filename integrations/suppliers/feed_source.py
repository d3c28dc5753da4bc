"""Feed files from wherever they lie: fetched whole to disk before anybody looks at them, within a size and a time."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import BinaryIO, cast
from urllib.parse import urlsplit

import httpx

from catalog.ports import FeedPlace, FeedSource, FeedUnreachable, FetchedFeed, Validators
from integrations.guarded import Network, guarded_client

MOST_S = 1800
_CHUNK = 1 << 16


class FeedSources:
    """Asks the source for an address's scheme. Raises FeedUnreachable for a scheme that nobody serves."""

    def __init__(self, **by_scheme: FeedSource) -> None:
        self._by_scheme = by_scheme

    def fetch(
        self, place: FeedPlace, known: Validators, most_bytes: int, alive: Callable[[], None]
    ) -> FetchedFeed | None:
        """The file, or None if it is the one that was known."""
        scheme = urlsplit(place.url).scheme
        if scheme not in self._by_scheme:
            raise FeedUnreachable("unreachable", f"Nothing is fetched by {scheme or 'no scheme'!r} here.")
        return self._by_scheme[scheme].fetch(place, known, most_bytes, alive)


class HttpFeedSource:
    """Fetches feeds with plain GET, from guarded addresses only; redirects are not followed."""

    def __init__(self, admitted: Sequence[Network] = (), client: httpx.Client | None = None) -> None:
        self._client = client or guarded_client(admitted, longest_s=MOST_S)

    def fetch(
        self, place: FeedPlace, known: Validators, most_bytes: int, alive: Callable[[], None]
    ) -> FetchedFeed | None:
        """The whole file in a temporary file, or None for "not modified". Raises FeedUnreachable."""
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
        request = {name: value for name, value in headers.items() if value}
        auth = httpx.BasicAuth(place.username, place.secret or "") if place.username else None
        try:
            with self._client.stream("GET", place.url, headers=request, auth=auth) as answer:
                if answer.status_code == httpx.codes.NOT_MODIFIED and request:
                    return None
                if answer.status_code != httpx.codes.OK:
                    raise FeedUnreachable("unreachable", f"The feed's address answers {answer.status_code}.")
                file = _spooled(answer, Spool(most_bytes, alive))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = f"The feed could not be fetched: {error or type(error).__name__}"
            raise FeedUnreachable("unreachable", why) from error
        told = answer.headers
        validators = Validators(told.get("ETag"), told.get("Last-Modified"))
        return FetchedFeed(file, validators, _instant(validators.modified))


class Spool:
    """A temporary file that a feed is written to: no larger than it may be, no longer than it may take."""

    def __init__(self, most_bytes: int, alive: Callable[[], None]) -> None:
        self.file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - who fetched the feed closes it
        self._most, self._alive = most_bytes, alive
        self._deadline = time.monotonic() + MOST_S

    def write(self, chunk: bytes) -> None:
        """Raises FeedUnreachable, and whatever `alive` raises; the file is closed then."""
        try:
            if self.file.tell() + len(chunk) > self._most:
                raise FeedUnreachable("too_large", f"The feed is larger than {self._most} bytes.")
            if time.monotonic() > self._deadline:
                raise FeedUnreachable("unreachable", f"The feed was not complete after {MOST_S} s.")
            self.file.write(chunk)
            self._alive()
        except BaseException:
            self.file.close()
            raise

    def done(self) -> BinaryIO:
        """The file at its beginning."""
        self.file.seek(0)
        return self.file


def _spooled(answer: httpx.Response, spool: Spool) -> BinaryIO:
    try:
        for chunk in answer.iter_bytes(_CHUNK):
            spool.write(chunk)
    except BaseException:
        spool.file.close()
        raise
    return spool.done()


def _instant(text: str | None) -> dt.datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
