"""The file stores under one suite: whole files or none, and nothing outside of their place."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalition.kernel.config import S3Access
from coalition.ports import FileStore
from integrations.files.disk import DiskStore
from integrations.files.s3 import S3Store

Names = Callable[[], list[str]]


class _Breaking(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError("the other side went away")
        return super().read(4)


@pytest.fixture(params=["disk", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[FileStore, Names]:
    """A store, and how to see which keys lie in it."""
    if request.param == "disk":
        root = tmp_path / "files"
        return DiskStore(root), lambda: sorted(
            path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()
        )
    access: S3Access = request.getfixturevalue("s3_access")
    bucket, client = request.getfixturevalue("bucket"), request.getfixturevalue("s3")
    return S3Store(access, bucket), lambda: [
        one["Key"] for one in client.list_objects_v2(Bucket=bucket).get("Contents", [])
    ]


@pytest.mark.parametrize("size", [0, 7, 20_000_001])
def test_what_is_put_is_opened_again_and_read_from_any_place(kept: tuple[FileStore, Names], size: int) -> None:
    store, _ = kept
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]

    stored = store.put("feeds/1/2.yml", io.BytesIO(content))

    assert (stored.key, stored.size, stored.sha256) == ("feeds/1/2.yml", size, hashlib.sha256(content).hexdigest())
    with store.open("feeds/1/2.yml") as file:
        assert file.read() == content
        file.seek(3)
        assert file.read(4) == content[3:7]


def test_only_what_is_left_of_a_stream_is_stored_and_the_same_key_is_replaced(kept: tuple[FileStore, Names]) -> None:
    store, names = kept
    stream = io.BytesIO(b"skip,content")
    stream.seek(5)
    store.put("a", io.BytesIO(b"old"))

    assert store.put("a", stream).size == 7

    with store.open("a") as file:
        assert file.read() == b"content"
    assert names() == ["a"]


def test_a_file_that_breaks_off_leaves_the_old_one_and_no_trace(kept: tuple[FileStore, Names]) -> None:
    store, names = kept
    store.put("a", io.BytesIO(b"old"))

    with pytest.raises(OSError, match="went away"):
        store.put("a", _Breaking(b"new content"))

    with store.open("a") as file:
        assert file.read() == b"old"
    assert names() == ["a"]


def test_a_deleted_file_is_gone_and_may_be_deleted_again(kept: tuple[FileStore, Names]) -> None:
    store, names = kept
    store.put("a", io.BytesIO(b"content"))
    store.put("b", io.BytesIO(b"another"))

    store.delete("a")
    store.delete("a")

    assert names() == ["b"]


def test_a_missing_file_is_not_found(kept: tuple[FileStore, Names]) -> None:
    with pytest.raises(FileNotFoundError):
        kept[0].open("nothing")


@pytest.mark.parametrize("key", ["../escape", "/etc/passwd", "a/../../b", "", "."])
def test_no_key_leaves_the_place(kept: tuple[FileStore, Names], key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        kept[0].put(key, io.BytesIO(b"x"))


def test_a_bucket_of_another_service_is_chosen_by_the_configuration(
    base_config: Any, s3_access: S3Access, bucket: str
) -> None:
    from dataclasses import replace

    from coalition.kernel import ports
    from wsgi import create_app

    with create_app(replace(base_config, s3=s3_access, files_bucket=bucket)).app_context():
        store = ports.get(FileStore)

    assert isinstance(store, S3Store)
    assert "test-secret" not in repr(s3_access)
