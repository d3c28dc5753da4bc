"""The file store on a local disk: one folder, written through a temporary name so that no half file is ever seen."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from coalition.ports import StoredFile

_CHUNK = 1 << 20


class DiskStore:
    """Keeps files under `root`; a key is a relative path that may not leave it."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def put(self, key: str, stream: BinaryIO) -> StoredFile:
        """Store the rest of the stream under `key`, whole or not at all."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(descriptor, "wb") as part:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    part.write(chunk)
                part.flush()
                os.fsync(part.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return StoredFile(key, size, digest.hexdigest())

    def open(self, key: str) -> BinaryIO:
        """The stored file. Raises FileNotFoundError."""
        return self._path(key).open("rb")

    def delete(self, key: str) -> None:
        """Forget the file, if it is there."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        path = (self._root / key).resolve()
        if not path.is_relative_to(self._root) or path == self._root:
            raise ValueError(f"{key!r} is no key of this store")
        return path
