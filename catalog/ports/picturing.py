"""Where pictures of products come from."""

from __future__ import annotations

from typing import Protocol


class ImageUnreachable(Exception):
    """The picture could not be fetched whole. `code` is stable: `unreachable`, `too_large`, `gone`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class ImageSource(Protocol):
    """Fetches pictures from addresses that suppliers have written, never from inside our own house."""

    def fetch(self, url: str, most_bytes: int) -> bytes:
        """The whole file, as it is; nobody has looked at it yet. Raises ImageUnreachable."""
        ...
