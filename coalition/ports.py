"""What this floor asks of the outside world. `integrations` binds the adapters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it lies in the store: its key, size in bytes and SHA-256 (hex)."""

    key: str
    size: int
    sha256: str


class FileStore(Protocol):
    """Where files are kept that outlive a request: registries, feeds, statements. Keys are ours, never a user's."""

    def put(self, key: str, stream: BinaryIO) -> StoredFile:
        """Store everything from the stream's position on under `key`, whole or not at all; the same key is replaced."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The stored file at its beginning; the caller closes it. Raises FileNotFoundError."""
        ...
