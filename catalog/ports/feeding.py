"""Where feed files come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Protocol


class FeedUnreachable(Exception):
    """The file could not be fetched whole; nothing was handed over. `code` is stable: `unreachable`, `too_large`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class FeedSource(Protocol):
    """Where feed files come from."""

    def fetch(self, url: str, alive: Callable[[], None]) -> BinaryIO:
        """The whole file behind `url`, at its beginning; the caller closes it. Raises FeedUnreachable.

        `alive` is called whenever more of it has come; what it raises ends the fetching.
        """
        ...
