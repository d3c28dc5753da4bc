"""Feed files over HTTP: fetched whole to disk before anybody looks at them, within a size and a time."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from typing import BinaryIO, cast

import httpx

from catalog.ports import FeedUnreachable

_TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_MAX_BYTES = 4_000_000_000
_MAX_S = 1800


class HttpFeedSource:
    """Fetches feeds with plain GET; redirects are not followed, the environment's proxies are not used."""

    def __init__(self, client: httpx.Client | None = None) -> None:
        self._client = client or httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False)

    def fetch(self, url: str, alive: Callable[[], None]) -> BinaryIO:
        """The whole file behind `url` in a temporary file. Raises FeedUnreachable."""
        file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
        try:
            self._download(url, file, alive)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            file.close()
            raise FeedUnreachable(
                "unreachable", f"The feed could not be fetched: {error or type(error).__name__}"
            ) from error
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def _download(self, url: str, file: BinaryIO, alive: Callable[[], None]) -> None:
        deadline = time.monotonic() + _MAX_S
        with self._client.stream("GET", url) as answer:
            if answer.status_code != httpx.codes.OK:
                raise FeedUnreachable("unreachable", f"The feed's address answers {answer.status_code}.")
            for chunk in answer.iter_bytes(1 << 16):
                if file.tell() + len(chunk) > _MAX_BYTES:
                    raise FeedUnreachable("too_large", f"The feed is larger than {_MAX_BYTES} bytes.")
                if time.monotonic() > deadline:
                    raise FeedUnreachable("unreachable", f"The feed was not complete after {_MAX_S} s.")
                file.write(chunk)
                alive()
