"""Pictures over HTTP: from public addresses only (`integrations.guarded`), within a size and a time."""

from __future__ import annotations

import time
from collections.abc import Sequence

import httpx

from catalog.ports import ImageUnreachable
from integrations.guarded import Network, guarded_client

MOST_S = 30.0
_CHUNK = 1 << 16


class HttpImageSource:
    """Fetches pictures with plain GET."""

    def __init__(self, admitted: Sequence[Network] = (), client: httpx.Client | None = None) -> None:
        self._client = client or guarded_client(admitted, httpx.Timeout(10.0, connect=5.0), MOST_S)

    def fetch(self, url: str, most_bytes: int) -> bytes:
        """The whole file. Raises ImageUnreachable; a redirect is not followed."""
        deadline = time.monotonic() + MOST_S
        try:
            with self._client.stream("GET", url, headers={"Accept": "image/*"}) as answer:
                if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
                    raise ImageUnreachable("gone", f"The address answers {answer.status_code}.")
                if answer.status_code != httpx.codes.OK:
                    raise ImageUnreachable("unreachable", f"The address answers {answer.status_code}.")
                return _read(answer, most_bytes, deadline)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ImageUnreachable("unreachable", f"Not fetched: {error or type(error).__name__}") from error


def _read(answer: httpx.Response, most_bytes: int, deadline: float) -> bytes:
    content = bytearray()
    for chunk in answer.iter_bytes(_CHUNK):
        content += chunk
        if len(content) > most_bytes:
            raise ImageUnreachable("too_large", f"The picture is larger than {most_bytes} bytes.")
        if time.monotonic() > deadline:
            raise ImageUnreachable("unreachable", f"The picture was not complete after {MOST_S:.0f} s.")
    return bytes(content)
