"""Where feed files come from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol


class FeedUnreachable(Exception):
    """The file could not be fetched whole; nothing was handed over. `code` is stable: `unreachable`, `too_large`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class FeedPlace:
    """Where a feed lies: an address (`http`, `https`, `s3` or `sftp`), and what opens it.

    `secret` is a password, or for SFTP a private key as well; `host_key` is the one key that an SFTP server may show
    (`ssh-ed25519 AAAA...`).
    """

    url: str
    username: str | None = None
    secret: str | None = field(default=None, repr=False)
    host_key: str | None = None


@dataclass(frozen=True, slots=True)
class Validators:
    """What a place said of its file, to be shown again when asking whether there is another one."""

    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """The whole file at its beginning; who asked closes it. `modified_at`: when it was written, as far as told."""

    file: BinaryIO
    validators: Validators = Validators()
    modified_at: dt.datetime | None = None


class FeedSource(Protocol):
    """Fetches feed files."""

    def fetch(
        self, place: FeedPlace, known: Validators, most_bytes: int, alive: Callable[[], None]
    ) -> FetchedFeed | None:
        """The file, or None if it is the one that was known. Raises FeedUnreachable.

        `alive` is called whenever more of it has come; what it raises ends the fetching.
        """
        ...
