"""The disk's file store: whole files or none, and nothing outside of its folder."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from integrations.files.disk import DiskStore


class _Breaking(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError("the other side went away")
        return super().read(4)


def test_what_is_put_is_opened_again(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "files")

    stored = store.put("feeds/1/2.yml", io.BytesIO(b"content"))

    assert (stored.key, stored.size, stored.sha256) == ("feeds/1/2.yml", 7, hashlib.sha256(b"content").hexdigest())
    with store.open("feeds/1/2.yml") as file:
        assert file.read() == b"content"


def test_a_file_that_breaks_off_leaves_the_old_one_and_no_trace(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    store.put("a", io.BytesIO(b"old"))

    with pytest.raises(OSError, match="went away"):
        store.put("a", _Breaking(b"new content"))

    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DiskStore(tmp_path).open("nothing")


@pytest.mark.parametrize("key", ["../escape", "/etc/passwd", "a/../../b", "", "."])
def test_no_key_leaves_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        DiskStore(tmp_path / "files").put(key, io.BytesIO(b"x"))
